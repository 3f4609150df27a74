/*-------------------------------------------------------------------------
 * score.c
 *	  What a lead is worth and how warm it is: the decision.
 *
 * Score = points of the rules that match the row, each group capped (fit),
 * plus the points of what the customer did, each half-life class worn off,
 * rounded and capped.  All of it is integers once rounded, so the parts that
 * explain_score() lists sum to the score exactly.
 *
 * The level of intent is a state machine, see intent.c; its state is kept in
 * the row: intent, intent_since, intent_before, signals.  Whoever grades a
 * lead first replays what time alone has caused since, from the row as it
 * was, so the history does not depend on how often tick() runs.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "score.h"
#include "signals.h"

/* Looks that time may demand since the last one; each costs microseconds. */
#define REPLAY_MAX		1000

/* Signals of one lead, until when each rule of the model holds it. */
typedef struct Signals
{
	int			n;
	IntentSignal *signal;
	int			held;			/* a level that a rule demands, or -1 */
	int			held_rule;
	TimestampTz held_until;
} Signals;

static int64 *signals_stored(ScoreModel *model, const Jsonb *stored);
static void signals_now(Workspace *ws, ScoreModel *model, TupleTableSlot *slot, TimestampTz as_of,
						ScoreState *state, Signals *signals);
static void signals_list(ScoreModel *model, const int64 *until, Signals *signals);
static Jsonb *signals_store(ScoreModel *model, const int64 *until);
static void input_init(ScoreModel *model, const ScoreCurve *curve, const Signals *signals,
					   IntentInput *input);
static void look(Workspace *ws, ScoreModel *model, TupleTableSlot *slot, TupleTableSlot *behaviour,
				 TimestampTz at, ScoreState *state, IntentChange *changes, int *n);
static TimestampTz rules_due(ScoreModel *model, TupleTableSlot *slot, TimestampTz as_of);
static void record(IntentChange *changes, int *n, const IntentChange *change);

/*
 * leadcrm_score_begin
 *		The state of a lead as its row keeps it.
 *
 * old: the row as it was, or NULL for one that arrives.
 */
void
leadcrm_score_begin(Workspace *ws, ScoreModel *model, TupleTableSlot *old, ScoreState *state)
{
	bool		isnull;
	Datum		value;

	memset(state, 0, sizeof(ScoreState));
	state->due = INTENT_NEVER;
	state->intent.before = -1;
	if (old == NULL)
		return;
	leadcrm_score_curve(ws, model, old, &state->curve);
	value = slot_getattr(old, ws->column[LEAD_FIT], &isnull);
	state->curve.fit = isnull ? 0 : DatumGetInt32(value);

	value = slot_getattr(old, ws->column[LEAD_INTENT], &isnull);
	if (!isnull)
	{
		char	   *code = TextDatumGetCString(value);
		char	   *before = NULL;

		value = slot_getattr(old, ws->column[LEAD_INTENT_BEFORE], &isnull);
		if (!isnull)
			before = TextDatumGetCString(value);
		for (int i = 0; i < model->nlevels; i++)
		{
			if (strcmp(model->level_code[i], code) == 0)
			{
				state->graded = true;
				state->intent.level = i;
			}
			if (before != NULL && strcmp(model->level_code[i], before) == 0)
				state->intent.before = i;
		}
	}
	value = slot_getattr(old, ws->column[LEAD_INTENT_SINCE], &isnull);
	state->intent.since = isnull ? 0 : DatumGetTimestampTz(value);
	value = slot_getattr(old, ws->column[LEAD_INTENT_DUE_AT], &isnull);
	state->due = isnull ? INTENT_NEVER : DatumGetTimestampTz(value);
	value = slot_getattr(old, ws->column[LEAD_SIGNALS], &isnull);
	state->signals = isnull ? NULL : DatumGetJsonbP(value);
}

/*
 * leadcrm_score_curve
 *		The points of behaviour in a row, as a curve over time; its fit is 0.
 */
void
leadcrm_score_curve(Workspace *ws, ScoreModel *model, TupleTableSlot *slot, ScoreCurve *curve)
{
	curve->fit = 0;
	for (int n = 0; n < DECAY_CLASSES; n++)
	{
		bool		isnull;
		Datum		value = slot_getattr(slot, ws->column[LEAD_BEHAVIOUR_1 + 2 * n], &isnull);

		curve->half_life[n] = model->half_life[n];
		curve->most[n] = model->most[n];
		curve->sum[n].value = isnull ? 0 : DatumGetFloat8(value);
		value = slot_getattr(slot, ws->column[LEAD_BEHAVIOUR_1 + 2 * n + 1], &isnull);
		curve->sum[n].at = isnull ? 0 : DatumGetTimestampTz(value);
	}
}

/*
 * leadcrm_score_fit
 *		The points of the rules that match a row at a moment, groups capped.
 *
 * matched: RULE_WORDS(model->nrules) words; on return the rules that match
 * and are valid then.  ScoreCap.sum is left at each group's sum before its
 * cap.
 */
int
leadcrm_score_fit(ScoreModel *model, TupleTableSlot *slot, TimestampTz as_of, uint64 *matched)
{
	int64		fit = 0;

	leadcrm_rule_set_match(model->fit_rules, slot, as_of, matched);
	for (int c = 0; c < model->ncaps; c++)
		model->cap[c].sum = 0;
	for (int w = 0; w < RULE_WORDS(model->nrules); w++)
	{
		for (uint64 rest = matched[w]; rest != 0; rest &= rest - 1)
		{
			int			bit = pg_rightmost_one_pos64(rest);
			ScoreRule  *rule = &model->rule[w * 64 + bit];

			if (as_of < rule->valid_from || as_of >= rule->valid_to)
				matched[w] &= ~(UINT64CONST(1) << bit);
			else if (rule->cap >= 0)
				model->cap[rule->cap].sum += rule->points;
			else
				fit += rule->points;
		}
	}
	for (int c = 0; c < model->ncaps; c++)
		fit += Max(Min(model->cap[c].sum, model->cap[c].most), -model->cap[c].most);
	return (int) fit;
}

/*
 * leadcrm_score_grade
 *		Grade a lead at a moment.
 *
 * old: the row as it was, NULL for one that arrives.  slot: the row as it is
 * to be.  behaviour: the row whose points of behaviour and signals count, NULL
 * for none.  state: what leadcrm_score_begin() found in old; on return the new
 * state.  changes: room for SCORE_MAX_CHANGES, filled with what happened to
 * the lead's level since the last look, in order; when there was more, the
 * last ones.
 *
 * Returns the number of changes.  New signals are in the current context.
 */
int
leadcrm_score_grade(Workspace *ws, ScoreModel *model, TupleTableSlot *old, TupleTableSlot *slot,
					TupleTableSlot *behaviour, TimestampTz as_of,
					ScoreState *state, IntentChange *changes)
{
	bool		anew = state->anew;
	int			n = 0;

	/* What time alone did to the row as it was. */
	state->anew = false;
	for (int i = 0; i < REPLAY_MAX && state->graded && state->due <= as_of; i++)
		look(ws, model, old, old, state->due, state, changes, &n);
	state->anew = anew;
	look(ws, model, slot, behaviour, as_of, state, changes, &n);
	return n;
}

/* Grade a row as it is at one moment, and find when to look again. */
static void
look(Workspace *ws, ScoreModel *model, TupleTableSlot *slot, TupleTableSlot *behaviour,
	 TimestampTz at, ScoreState *state, IntentChange *changes, int *n)
{
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];
	Signals		signals;
	IntentInput input;
	IntentChange change;

	memset(&state->curve, 0, sizeof(ScoreCurve));
	state->signals = NULL;
	if (behaviour != NULL)
	{
		bool		isnull;
		Datum		stored = slot_getattr(behaviour, ws->column[LEAD_SIGNALS], &isnull);

		leadcrm_score_curve(ws, model, behaviour, &state->curve);
		if (!isnull)
			state->signals = DatumGetJsonbP(stored);
	}
	state->curve.fit = leadcrm_score_fit(model, slot, at, matched);
	state->due = INTENT_NEVER;
	if (model->nlevels == 0)
	{
		state->graded = false;
		return;
	}

	signals_now(ws, model, slot, at, state, &signals);
	input_init(model, &state->curve, &signals, &input);
	if (state->graded && state->anew)
	{
		int			level = state->intent.level;

		leadcrm_intent_begin(&input, at, &state->intent, &change);
		change.from = level;
		if (change.to != level)
			record(changes, n, &change);
	}
	else if (!state->graded)
	{
		leadcrm_intent_begin(&input, at, &state->intent, &change);
		state->graded = true;
	}
	else if (leadcrm_intent_step(&input, at, &state->intent, &change))
		record(changes, n, &change);

	state->due = leadcrm_intent_due(&input, &state->intent, at);
	state->due = Min(state->due, signals.held_until);
	state->due = Min(state->due, rules_due(model, slot, at));
}

/* Keep a change; when there is no room, forget the oldest. */
static void
record(IntentChange *changes, int *n, const IntentChange *change)
{
	if (*n == SCORE_MAX_CHANGES)
		memmove(changes, changes + 1, --(*n) * sizeof(IntentChange));
	changes[(*n)++] = *change;
}

static void
input_init(ScoreModel *model, const ScoreCurve *curve, const Signals *signals, IntentInput *input)
{
	input->nlevels = model->nlevels;
	input->level = model->level;
	input->curve = curve;
	input->nsignals = signals->n;
	input->signal = signals->signal;
	input->held = signals->held;
	input->held_rule = signals->held_rule;
}

/* The next moment at which rules may match otherwise though the row is the same. */
static TimestampTz
rules_due(ScoreModel *model, TupleTableSlot *slot, TimestampTz as_of)
{
	TimestampTz due = Min(leadcrm_rule_set_next_change(model->fit_rules, slot, as_of),
						  leadcrm_rule_set_next_change(model->intent_rules, slot, as_of));

	for (int i = 0; i < model->nrules && model->dated; i++)
	{
		if (model->rule[i].valid_from > as_of)
			due = Min(due, model->rule[i].valid_from);
		if (model->rule[i].valid_to > as_of && model->rule[i].valid_to != DT_NOEND)
			due = Min(due, model->rule[i].valid_to);
	}
	return due;
}

/*
 * Until when each rule of the model holds the lead by what is stored, 0 for
 * not at all; NULL when nothing is stored.
 */
static int64 *
signals_stored(ScoreModel *model, const Jsonb *stored)
{
	int64	   *until;

	if (stored == NULL)
		return NULL;
	until = palloc0(Max(model->nintent, 1) * sizeof(int64));
	for (int i = 0; i < model->nintent; i++)
	{
		TimestampTz end = leadcrm_signals_until(stored, model->intent[i].code);

		until[i] = end == DT_NOBEGIN ? 0 : end;
	}
	return until;
}

/* The signals that hold the lead now; state->signals follows. */
static void
signals_now(Workspace *ws, ScoreModel *model, TupleTableSlot *slot, TimestampTz as_of,
			ScoreState *state, Signals *signals)
{
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];
	int			kept = 0;
	int64	   *until = signals_stored(model, state->signals);
	bool		changed = false;
	TimestampTz inbound_at = 0;
	bool		isnull;

	signals->held = -1;
	signals->held_rule = -1;
	signals->held_until = INTENT_NEVER;
	leadcrm_rule_set_match(model->intent_rules, slot, as_of, matched);
	inbound_at = DatumGetTimestampTz(slot_getattr(slot, ws->column[LEAD_LAST_INBOUND_AT], &isnull));
	if (isnull)
		inbound_at = as_of;

	for (int i = 0; i < model->nintent; i++)
	{
		IntentRule *rule = &model->intent[i];
		int64		end;

		if (state->anew && until != NULL && rule->condition >= 0)
			until[i] = 0;
		if (rule->condition >= 0 && RULE_MATCHED(matched, rule->condition))
		{
			end = rule->holds_for < 0 ? INTENT_NEVER : inbound_at + rule->holds_for;
			if (rule->hold)
			{
				if (signals->held < 0 && end > as_of)
				{
					signals->held = rule->level;
					signals->held_rule = i;
					signals->held_until = end;
				}
				continue;
			}
			if (end > as_of)
			{
				if (until == NULL)
					until = palloc0(model->nintent * sizeof(int64));
				if (end > until[i])
				{
					until[i] = end;
					changed |= end != INTENT_NEVER;
				}
			}
		}
		if (until != NULL && until[i] != 0 && until[i] <= as_of)
			until[i] = 0;
		kept += until != NULL && until[i] != 0 && until[i] != INTENT_NEVER;
	}
	if (changed || kept != (state->signals == NULL ? 0 : JB_ROOT_COUNT(state->signals)))
		state->signals = kept > 0 ? signals_store(model, until) : NULL;
	signals_list(model, until, signals);
}

/* Those that have an end, as lead.signals keeps them. */
static Jsonb *
signals_store(ScoreModel *model, const int64 *until)
{
	Signal	   *kept = palloc(Max(model->nintent, 1) * sizeof(Signal));
	int			n = 0;

	for (int i = 0; i < model->nintent; i++)
	{
		if (until[i] == 0 || until[i] == INTENT_NEVER)
			continue;
		kept[n].code = model->intent[i].code;
		kept[n++].until = until[i];
	}
	return leadcrm_signals_set(NULL, kept, n);
}

static void
signals_list(ScoreModel *model, const int64 *until, Signals *signals)
{
	signals->n = 0;
	signals->signal = NULL;
	if (until == NULL)
		return;
	signals->signal = palloc(Max(model->nintent, 1) * sizeof(IntentSignal));
	for (int i = 0; i < model->nintent; i++)
	{
		if (until[i] == 0)
			continue;
		signals->signal[signals->n].rule = i;
		signals->signal[signals->n].level = model->intent[i].level;
		signals->signal[signals->n].until = until[i];
		signals->n++;
	}
}
