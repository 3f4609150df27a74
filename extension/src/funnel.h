/*-------------------------------------------------------------------------
 * funnel.h
 *	  Many leads' way through the steps of a funnel, summed up.
 *
 * Each lead is counted once, at the last step that it reached; how many
 * entered a step is the sum over that step and all behind it.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_FUNNEL_H
#define LEADCRM_FUNNEL_H

#include "datatype/timestamp.h"

#include "amount_sum.h"
#include "keyed.h"
#include "leadcrm.h"
#include "summary.h"
#include "tally.h"
#include "window_funnel.h"

/* The leads that reached this step and no further. */
typedef struct FunnelStep
{
	const char *name;
	int			len;
	int64		leads;
	AmountSum	amount;
} FunnelStep;

/* Those of them that were lost for one reason. */
typedef struct FunnelLoss
{
	KeyedKey	key;			/* position of the step from 1, reason */
	int64		leads;
	AmountSum	amount;
} FunnelLoss;

typedef struct Funnel
{
	MemoryContext context;		/* holds all of it */
	int64		within;			/* microseconds */
	int			nsteps;
	FunnelStep *steps;
	Tally	   *times;
	Keyed	   *losses;
	uint64		call;			/* that feeds it, see funnel_agg.c; 0: none yet */
} Funnel;

/* What else is known of a lead. */
typedef struct FunnelLead
{
	bool		has_amount;
	Datum		amount;			/* numeric */
	const char *loss_reason;	/* not terminated, or NULL: not lost */
	int			loss_reason_len;
} FunnelLead;

/* Series of times: from the first step, and from the step before. */
#define FUNNEL_FROM_FIRST(step)		(2 * (step))
#define FUNNEL_FROM_PREVIOUS(step)	((step) == 1 ? FUNNEL_FROM_FIRST(1) : 2 * (step) + 1)

extern const SummaryType leadcrm_funnel_type;

extern void *leadcrm_funnel_make(const void *settings);
extern bool leadcrm_funnel_is_for(const Funnel *funnel, const FunnelSettings *settings);
extern pg_noreturn void leadcrm_funnel_settings_differ(void);
extern void leadcrm_funnel_count(Funnel *funnel, int depth, const TimestampTz *reached,
								 const FunnelLead *lead, FunctionCallInfo aggregate);

#endif							/* LEADCRM_FUNNEL_H */
