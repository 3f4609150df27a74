/*-------------------------------------------------------------------------
 * score.h
 *	  How a workspace scores and grades its leads.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_SCORE_H
#define LEADCRM_SCORE_H

#include "utils/jsonb.h"

#include "intent.h"
#include "rule.h"
#include "settle.h"
#include "workspace.h"

/* One active row of score_rule; its condition is in ScoreModel.fit_rules. */
typedef struct ScoreRule
{
	char	   *code;
	int			points;
	int			cap;			/* place in ScoreModel.cap, or -1 */
	TimestampTz valid_from;
	TimestampTz valid_to;		/* exclusive */
} ScoreRule;

typedef struct ScoreCap
{
	char	   *cap_group;
	int			most;
	int64		sum;			/* of the row at hand, before the cap */
} ScoreCap;

/* One active row of intent_rule. */
typedef struct IntentRule
{
	char	   *code;
	int			level;
	bool		hold;			/* exactly this level, not at least */
	int			condition;		/* place in ScoreModel.intent_rules, or -1 */
	int64		holds_for;		/* microseconds, or -1: while it matches */
} IntentRule;

/* The rules of one workspace, compiled; built when first needed. */
typedef struct ScoreModel
{
	MemoryContext cxt;
	RuleSet    *fit_rules;
	int			nrules;
	ScoreRule  *rule;
	bool		dated;			/* some rule is valid from or to a moment */
	int			ncaps;
	ScoreCap   *cap;
	RuleSet    *intent_rules;
	int			nintent;
	IntentRule *intent;			/* the holding ones first */
	int			nlevels;
	IntentLevel level[INTENT_MAX_LEVELS];
	char	   *level_code[INTENT_MAX_LEVELS];
	int64		half_life[DECAY_CLASSES];
	int64		most[DECAY_CLASSES];
} ScoreModel;

/* The state of a lead that scoring keeps in its row. */
typedef struct ScoreState
{
	bool		graded;			/* intent is set */
	bool		anew;			/* forget signals of conditions and the level */
	IntentState intent;
	TimestampTz due;			/* INTENT_NEVER: none */
	Jsonb	   *signals;		/* NULL: none */
	ScoreCurve	curve;
} ScoreState;

#define SCORE_MAX_CHANGES	16	/* that one look records; a lead makes a few a month */

extern ScoreModel *leadcrm_score_model(Workspace *ws, Relation lead);
extern void leadcrm_score_begin(Workspace *ws, ScoreModel *model, TupleTableSlot *old,
								ScoreState *state);
extern void leadcrm_score_curve(Workspace *ws, ScoreModel *model, TupleTableSlot *slot,
								ScoreCurve *curve);
extern int	leadcrm_score_fit(ScoreModel *model, TupleTableSlot *slot, TimestampTz as_of,
							  uint64 *matched);
extern int	leadcrm_score_grade(Workspace *ws, ScoreModel *model, TupleTableSlot *old,
								TupleTableSlot *slot, TupleTableSlot *behaviour, TimestampTz as_of,
								ScoreState *state, IntentChange *changes);

/* score_trigger.c */
extern bool leadcrm_score_computes(const char *column);
extern bool leadcrm_score_regrading(void);
extern uint64 leadcrm_score_regrade(Workspace *ws, ArrayType *leads, TimestampTz as_of, bool anew);
extern void leadcrm_score_join(Workspace *ws, int64 lead, ArrayType *others);

/* score_event.c */
extern void leadcrm_intent_queue(Relation lead, int64 id, ScoreModel *model,
								 const IntentChange *change);
extern void leadcrm_score_settle(Workspace *ws, SettleFrame *frame);

#endif							/* LEADCRM_SCORE_H */
