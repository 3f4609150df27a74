/*-------------------------------------------------------------------------
 * activity_kind.h
 *	  What kinds of activity are worth, and what they say of a customer.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_ACTIVITY_KIND_H
#define LEADCRM_ACTIVITY_KIND_H

#include "datatype/timestamp.h"
#include "nodes/bitmapset.h"

#include "workspace.h"

/* As many points as half_life.most may allow. */
#define HALF_LIFE_MOST		1000000

/* A kind of activity that gives points or that an intent rule asks for. */
typedef struct ActivityKind
{
	char	   *kind;
	double		points;			/* 0: gives none */
	int			half_life;		/* class, from 0 */
	char	   *direction;		/* of those that give points; NULL: any */
	int			daily_cap;		/* of those that give points; 0: none */
	bool		signals;		/* an intent rule asks for it */
} ActivityKind;

/* An active intent rule that asks for activities. */
typedef struct ActivitySignal
{
	char	   *code;
	Bitmapset  *kinds;			/* places in Workspace.activity_kind */
	int			times;
	int64		within;			/* microseconds; 0: any span */
	int64		holds_for;
} ActivitySignal;

extern void leadcrm_activity_kinds_load(Workspace *ws);
extern int	leadcrm_activity_kind_find(const Workspace *ws, const char *kind, size_t len);
extern int64 leadcrm_interval_span(const Interval *interval);

#endif							/* LEADCRM_ACTIVITY_KIND_H */
