/*-------------------------------------------------------------------------
 * recycle.h
 *	  When a lead goes from its owner back into a pool.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RECYCLE_H
#define LEADCRM_RECYCLE_H

#include "rule.h"
#include "workspace.h"

/* An active row of pool_rule; its condition is in RecycleModel.conditions. */
typedef struct RecycleRule
{
	char	   *code;
	bool		exempt;
	int			follow_up_days; /* 0: not asked */
	int			progress_days;	/* 0: not asked */
	int			warn_days;
} RecycleRule;

/* The rules of one workspace, compiled; built when first needed. */
typedef struct RecycleModel
{
	MemoryContext cxt;
	int			nrules;
	RecycleRule *rule;			/* in order */
	RuleSet    *conditions;
} RecycleModel;

/* What becomes of a lead that nobody touches; DT_NOEND: never. */
typedef struct Recycling
{
	int			rule;			/* the one that decides, or -1 */
	TimestampTz warn_at;		/* due_at where nobody is warned */
	TimestampTz due_at;
	TimestampTz change_at;		/* time alone may change all this then */
} Recycling;

extern RecycleModel *leadcrm_recycle_model(Workspace *ws, Relation lead);
extern void leadcrm_recycle_decide(Workspace *ws, RecycleModel *model, TupleTableSlot *slot,
								   TimestampTz as_of, Recycling *result);
extern TimestampTz leadcrm_recycle_look(const Recycling *recycling, TimestampTz planned);
extern void leadcrm_recycle_settle(Workspace *ws, TimestampTz now);

/* recycle_trigger.c */
extern bool leadcrm_recycle_planning(void);

#endif							/* LEADCRM_RECYCLE_H */
