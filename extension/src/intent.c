/*-------------------------------------------------------------------------
 * intent.c
 *	  How warm a lead is, and when time alone can change that.
 *
 * The level follows the score with hysteresis: a lead enters a level at one
 * threshold and leaves it at a lower one.  After a change it does not turn
 * back before a minimum stay is over, so a score that wavers about a
 * threshold moves the level at most once in that time; going on in the same
 * direction is free.  Rules stand above the score: a signal raises the lead
 * at once for as long as it holds, and a rule that holds a level decides alone.
 *
 * The score can only fall while nothing happens, so the moments at which
 * time alone may change the level are few: the score reaches the threshold
 * for leaving, a signal ends, the minimum stay is over.  The due moment is
 * the earliest of them; evaluated there, and only there, the level is the
 * same as if somebody had looked at every instant.
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "intent.h"

static int	level_by_score(const IntentInput *input, const IntentState *state, int64_t score);
static int	level_by_signal(const IntentInput *input, int64_t at, int *rule);
static bool must_stay(const IntentInput *input, const IntentState *state, int level, int64_t at);
static int	level_at(const IntentInput *input, const IntentState *state, int64_t at, int *rule);
static int64_t falls_below(const ScoreCurve *curve, int64_t threshold, int64_t at);
static int64_t later(int64_t at, int64_t span);

/*
 * leadcrm_score_class
 *		Whole points of half-life class n at a moment, its cap applied.
 */
int64_t
leadcrm_score_class(const ScoreCurve *curve, int n, int64_t at)
{
	double		points;

	if (curve->half_life[n] <= 0)
		return 0;
	points = round(leadcrm_decay_points(&curve->sum[n], at, curve->half_life[n]));
	if (points >= 1e9)
		points = 1e9;
	return (int64_t) points < curve->most[n] ? (int64_t) points : curve->most[n];
}

/*
 * leadcrm_score_at
 *		The score at a moment.
 */
int64_t
leadcrm_score_at(const ScoreCurve *curve, int64_t at)
{
	int64_t		score = curve->fit;

	for (int n = 0; n < DECAY_CLASSES; n++)
		score += leadcrm_score_class(curve, n, at);
	return score;
}

/*
 * leadcrm_intent_begin
 *		Grade a lead for the first time; that is no change.
 *
 * first says what decided, its `from` and `to` being the level.
 */
void
leadcrm_intent_begin(const IntentInput *input, int64_t at, IntentState *state,
					 IntentChange *first)
{
	state->level = 0;
	state->before = -1;
	state->since = at;
	state->level = level_at(input, state, at, &first->rule);
	first->from = first->to = state->level;
	first->at = at;
	first->score = leadcrm_score_at(input->curve, at);
}

/*
 * leadcrm_intent_step
 *		Grade a lead again.
 *
 * at: not before the state's last evaluation.
 *
 * Returns whether the level changed, and then how.
 */
bool
leadcrm_intent_step(const IntentInput *input, int64_t at, IntentState *state,
					IntentChange *change)
{
	const IntentState was = *state;
	const int	from = was.level;
	int			level;
	int			rule;

	/* A rise by a signal may set free a further one by the score. */
	for (int i = 0; i < input->nlevels; i++)
	{
		level = level_at(input, state, at, &rule);
		if (level == state->level)
			break;
		change->rule = rule;
		state->before = from;
		state->level = level;
		state->since = at;
	}
	if (state->level == from)
	{
		*state = was;
		return false;
	}
	change->from = from;
	change->to = state->level;
	change->at = at;
	change->score = leadcrm_score_at(input->curve, at);
	return true;
}

/*
 * leadcrm_intent_due
 *		The earliest moment after `at` at which the level can be another
 *		without anything having happened, or INTENT_NEVER.
 *
 * state: as leadcrm_intent_step() left it at that moment.
 */
int64_t
leadcrm_intent_due(const IntentInput *input, const IntentState *state, int64_t at)
{
	int64_t		due = INTENT_NEVER;
	int64_t		score = leadcrm_score_at(input->curve, at);
	int64_t		leave = input->level[state->level].leave_at;

	if (input->held >= 0)
		return INTENT_NEVER;
	for (int i = 0; i < input->nsignals; i++)
	{
		if (input->signal[i].until > at && input->signal[i].until < due)
			due = input->signal[i].until;
	}
	if (must_stay(input, state, level_by_score(input, state, score), at))
	{
		int64_t		over = later(state->since, input->level[state->level].minimum_stay);

		if (over < due)
			due = over;
	}
	if (state->level > 0 && score >= leave)
	{
		int64_t		fall = falls_below(input->curve, leave, at);

		if (fall < due)
			due = fall;
	}
	return due;
}

/* The level that rules and score give at a moment, and the rule that did it. */
static int
level_at(const IntentInput *input, const IntentState *state, int64_t at, int *rule)
{
	int			by_score;
	int			by_signal;

	if (input->held >= 0)
	{
		*rule = input->held_rule;
		return input->held;
	}
	by_signal = level_by_signal(input, at, rule);
	by_score = level_by_score(input, state, leadcrm_score_at(input->curve, at));
	if (must_stay(input, state, by_score, at))
		by_score = state->level;
	if (by_signal > by_score)
		return by_signal;
	*rule = -1;
	return by_score;
}

/* The level that the score alone asks for, coming from the present one. */
static int
level_by_score(const IntentInput *input, const IntentState *state, int64_t score)
{
	int			level = input->nlevels - 1;

	while (level > state->level && score < input->level[level].enter_at)
		level--;
	if (level > state->level)
		return level;
	while (level > 0 && score < input->level[level].leave_at)
		level--;
	return level;
}

static int
level_by_signal(const IntentInput *input, int64_t at, int *rule)
{
	int			level = -1;

	*rule = -1;
	for (int i = 0; i < input->nsignals; i++)
	{
		if (at < input->signal[i].until && input->signal[i].level > level)
		{
			level = input->signal[i].level;
			*rule = input->signal[i].rule;
		}
	}
	return level;
}

/* Would that level turn the last change back, too early? */
static bool
must_stay(const IntentInput *input, const IntentState *state, int level, int64_t at)
{
	if (state->before < 0 || level == state->level)
		return false;
	if ((level > state->level) == (state->level > state->before))
		return false;			/* further in the same direction */
	return at < later(state->since, input->level[state->level].minimum_stay);
}

/* The first moment after `at` when a score that reaches the threshold does not. */
static int64_t
falls_below(const ScoreCurve *curve, int64_t threshold, int64_t at)
{
	int64_t		low = at;
	int64_t		high = at;

	if (curve->fit >= threshold)
		return INTENT_NEVER;
	/* When the last class has worn off, only the fixed points are left. */
	for (int n = 0; n < DECAY_CLASSES; n++)
	{
		int64_t		gone;

		if (curve->half_life[n] > 0 &&
			leadcrm_decay_moment(&curve->sum[n], 0.25, curve->half_life[n], &gone) &&
			gone > high)
			high = gone;
	}
	if (leadcrm_score_at(curve, high) >= threshold)
		return INTENT_NEVER;
	while (high - low > 1)
	{
		int64_t		middle = low + (high - low) / 2;

		if (leadcrm_score_at(curve, middle) >= threshold)
			low = middle;
		else
			high = middle;
	}
	return high;
}

/* at + span, but never beyond the end of time. */
static int64_t
later(int64_t at, int64_t span)
{
	return at > INTENT_NEVER - span ? INTENT_NEVER : at + span;
}
