/*-------------------------------------------------------------------------
 * window_funnel.h
 *	  How far a sequence of events got through the steps of a funnel.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_WINDOW_FUNNEL_H
#define LEADCRM_WINDOW_FUNNEL_H

#include "datatype/timestamp.h"
#include "utils/array.h"

#include "lifecycle.h"

/* As many as ClickHouse has. */
#define FUNNEL_STEPS_MAX	32

/* Flags; none of them is the mode "default". */
typedef enum FunnelMode
{
	FUNNEL_DEFAULT = 0,
	FUNNEL_STRICT_DEDUPLICATION = 1,
	FUNNEL_STRICT_ORDER = 2,
	FUNNEL_STRICT_INCREASE = 4
} FunnelMode;

/* An event that is a step, counted from 1, or 0: none of them. */
typedef struct FunnelEvent
{
	TimestampTz at;
	int			step;
} FunnelEvent;

/* The names of the steps; they point into the array they came from. */
typedef struct FunnelSteps
{
	int			n;
	const char *name[FUNNEL_STEPS_MAX];
	int			len[FUNNEL_STEPS_MAX];
	int			next[FUNNEL_STEPS_MAX]; /* the next step of that name, from 1;
										 * 0: there is none */
} FunnelSteps;

extern int	leadcrm_window_funnel(const FunnelEvent *sorted, int n, int nsteps,
								  int64 within, FunnelMode mode, TimestampTz *reached);
extern void leadcrm_funnel_steps(FunnelSteps *steps, ArrayType *array);
extern int64 leadcrm_funnel_within(const Interval *within);
extern FunnelMode leadcrm_funnel_mode(const text *mode);
extern int	leadcrm_funnel_depth(const struct varlena *lifecycle, const FunnelSteps *steps,
								 int64 within, FunnelMode mode, TimestampTz *reached);

#endif							/* LEADCRM_WINDOW_FUNNEL_H */
