/*-------------------------------------------------------------------------
 * behaviour.h
 *	  What customers do, summed up in the rows of their leads.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_BEHAVIOUR_H
#define LEADCRM_BEHAVIOUR_H

#include "datatype/timestamp.h"
#include "utils/jsonb.h"

#include "activity_kind.h"
#include "decay.h"

/* Leads that are locked, summed up and written at a time. */
#define BEHAVIOUR_BATCH		10000

/* One lead: what its row says, and what it shall say. */
typedef struct Behaviour
{
	int64		lead;
	int64		merged_into;	/* 0: it lives */
	Decay		was[HALF_LIFE_CLASSES];
	Decay		points[HALF_LIFE_CLASSES];
	Jsonb	   *signals;		/* NULL: none */
	TimestampTz *until;			/* of each of the workspace's signals */
	bool		strange;		/* the row is not what these half-lives make */
	bool		recount;		/* only all of its activities tell */
} Behaviour;

/* What the row of a lead is to say of its behaviour. */
typedef struct BehaviourResult
{
	int64		lead;
	Decay		points[HALF_LIFE_CLASSES];
	Jsonb	   *signals;		/* NULL: none */
} BehaviourResult;

/* Results for somebody who is about to write the same leads himself. */
typedef struct BehaviourTaken
{
	MemoryContext cxt;
	BehaviourResult *item;		/* in the order of leads */
	int			n;
	int			max;
} BehaviourTaken;

/* A row of activity, as far as it matters. */
typedef struct Activity
{
	int64		lead;
	int64		id;
	TimestampTz at;
	int			kind;			/* its place in ws->activity_kind */
	bool		counts;			/* gives points */
	bool		signals;		/* intent rules ask for it */
} Activity;

/* The activities of one kind of one lead, counted in the order of time. */
typedef struct KindSum
{
	const Workspace *ws;
	const ActivityKind *kind;
	Decay		points;
	int64		counted;
	int			today;			/* of the day that is being counted */
	TimestampTz day_begin;
	TimestampTz day_end;
} KindSum;

/* behaviour_add.c */
extern bool leadcrm_behaviour_add(Workspace *ws, Activity *activity, int n,
								  const int64 *leads, int nleads, bool alone);
extern void leadcrm_behaviour_redirect(Workspace *ws, const Behaviour *behaviour, int n);

/* behaviour_lead.c */
extern Behaviour *leadcrm_behaviour_lock(Workspace *ws, const int64 *leads, int n, int *nfound);
extern void leadcrm_behaviour_write(Workspace *ws, const Behaviour *behaviour, int n);
extern void leadcrm_behaviour_take(BehaviourTaken *taken);
extern void leadcrm_behaviour_give(Workspace *ws, const Behaviour *behaviour, int n);
extern void leadcrm_behaviour_write_taken(Workspace *ws);
extern uint64 leadcrm_behaviour_run(Workspace *ws, WorkspacePlan which, const char *query,
									int nargs, Oid *argtypes, Datum *values, const char *nulls);
extern bool leadcrm_behaviour_writing(void);

/* behaviour_sum.c */
extern void leadcrm_behaviour_recount(Workspace *ws, const int64 *leads, int n);
extern void leadcrm_behaviour_recount_all(Workspace *ws);
extern uint64 leadcrm_behaviour_recounts(void);
extern void leadcrm_kind_sum_begin(KindSum *sum, const Workspace *ws, int kind);
extern void leadcrm_kind_sum_add(KindSum *sum, TimestampTz at);
extern bool leadcrm_activity_counts(const ActivityKind *kind, const char *direction, size_t len);
extern void leadcrm_local_day(pg_tz *zone, TimestampTz at, TimestampTz *begin, TimestampTz *end);
extern bool leadcrm_activity_signals(const char *direction, size_t len);
extern TimestampTz leadcrm_signal_end(const ActivitySignal *signal, TimestampTz *at, int n);

#endif							/* LEADCRM_BEHAVIOUR_H */
