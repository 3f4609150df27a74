/*-------------------------------------------------------------------------
 * intent.h
 *	  How warm a lead is, and when time alone can change that.
 *
 * Pure: no PostgreSQL in it.  Times are microseconds, as timestamptz stores
 * them.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_INTENT_H
#define LEADCRM_INTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "decay.h"

#define INTENT_NEVER		INT64_MAX
#define INTENT_MAX_LEVELS	3
#define DECAY_CLASSES		4

/* What a lead is worth at any moment: fixed points and points that wear off. */
typedef struct ScoreCurve
{
	int64_t		fit;
	Decay		sum[DECAY_CLASSES];
	int64_t		half_life[DECAY_CLASSES];	/* 0: no such class */
	int64_t		most[DECAY_CLASSES];	/* INT64_MAX: no cap */
} ScoreCurve;

/* Levels stand in order, the coldest first. */
typedef struct IntentLevel
{
	int64_t		enter_at;		/* score; INT64_MIN for the lowest */
	int64_t		leave_at;
	int64_t		minimum_stay;	/* before the direction turns */
} IntentLevel;

typedef struct IntentState
{
	int			level;
	int			before;			/* the level before the last change, or -1 */
	int64_t		since;
} IntentState;

/* A rule that keeps the lead at least at a level until some moment. */
typedef struct IntentSignal
{
	int			rule;			/* the caller's number of it */
	int			level;
	int64_t		until;			/* exclusive, or INTENT_NEVER */
} IntentSignal;

/* All that the level depends on but the state itself. */
typedef struct IntentInput
{
	int			nlevels;
	const IntentLevel *level;
	const ScoreCurve *curve;
	int			nsignals;
	const IntentSignal *signal;
	int			held;			/* a level that a rule demands, or -1 */
	int			held_rule;
} IntentInput;

/* One step of the history. */
typedef struct IntentChange
{
	int			from;
	int			to;
	int64_t		at;
	int64_t		score;
	int			rule;			/* that raised or held it; -1: the score did */
} IntentChange;

extern int64_t leadcrm_score_class(const ScoreCurve *curve, int n, int64_t at);
extern int64_t leadcrm_score_at(const ScoreCurve *curve, int64_t at);
extern void leadcrm_intent_begin(const IntentInput *input, int64_t at, IntentState *state,
								 IntentChange *first);
extern bool leadcrm_intent_step(const IntentInput *input, int64_t at, IntentState *state,
								IntentChange *change);
extern int64_t leadcrm_intent_due(const IntentInput *input, const IntentState *state, int64_t at);

#endif							/* LEADCRM_INTENT_H */
