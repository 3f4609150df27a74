/*-------------------------------------------------------------------------
 * score_trigger.c
 *	  The trigger leadcrm.score() on a workspace's lead table.
 *
 * Scores and grades every row that is inserted or updated, on every path.
 * Score, fit, intent and its state are computed, not written: what a writer
 * puts there is passed over.  Points of behaviour and the signals of
 * activities come from behaviour.c alone, when it says that it is writing;
 * otherwise they stay as they were.
 *
 * It sets columns of its own row; what happened to the level is queued in the
 * statement's frame and becomes events when the statement ends.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "behaviour.h"
#include "row_trigger.h"
#include "score.h"
#include "settle.h"

/* The columns that are computed, in the order of their values below. */
static const LeadColumn computed[] = {
	LEAD_INTENT, LEAD_INTENT_SINCE, LEAD_INTENT_BEFORE, LEAD_INTENT_DUE_AT, LEAD_SIGNALS,
	LEAD_SCORE, LEAD_FIT,
	LEAD_BEHAVIOUR_1, LEAD_BEHAVIOUR_1_AT, LEAD_BEHAVIOUR_2, LEAD_BEHAVIOUR_2_AT,
	LEAD_BEHAVIOUR_3, LEAD_BEHAVIOUR_3_AT, LEAD_BEHAVIOUR_4, LEAD_BEHAVIOUR_4_AT
};

#define NCOMPUTED		lengthof(computed)

/* An UPDATE of leadcrm's own, which changes nothing that anybody wrote. */
typedef struct Regrade
{
	TimestampTz as_of;
	bool		anew;			/* as if the leads had just arrived */
	bool		joins;			/* it writes the signals of other leads, too */
	const struct Regrade *outer;
} Regrade;

/* The one that is running, or NULL. */
static const Regrade *regrade = NULL;

static HeapTuple score_row(Workspace *ws, TriggerData *trigdata);
static uint64 regrade_run(Workspace *ws, Regrade *run, WorkspacePlan plan, const char *query,
						  int nargs, Oid *argtypes, Datum *values);
static void computed_values(ScoreModel *model, const ScoreState *state, TimestampTz as_of,
							Datum *value, bool *isnull);

PG_FUNCTION_INFO_V1(leadcrm_score);

/*
 * leadcrm_score
 *		Trigger: BEFORE INSERT OR UPDATE ON lead FOR EACH ROW.
 *
 * Made by create_workspace() as lead_40_score.  Never returns NULL.  Raises
 * 39P01 when it hangs elsewhere; a rule that fails raises nothing, it does
 * not match and is counted.
 */
Datum
leadcrm_score(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = leadcrm_row_trigger(fcinfo, "leadcrm.score");

	return PointerGetDatum(score_row(leadcrm_workspace_of(trigdata->tg_relation), trigdata));
}

/*
 * leadcrm_score_computes
 *		Is that a column of lead that scoring computes?
 */
bool
leadcrm_score_computes(const char *column)
{
	for (int i = 0; i < NCOMPUTED; i++)
	{
		if (strcmp(column, leadcrm_workspace_column(computed[i])) == 0)
			return true;
	}
	return false;
}

/*
 * leadcrm_score_regrading
 *		Is the running UPDATE leadcrm's own, which changes nothing that
 *		anybody wrote?
 */
bool
leadcrm_score_regrading(void)
{
	return regrade != NULL;
}

static HeapTuple
score_row(Workspace *ws, TriggerData *trigdata)
{
	bool		update = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event);
	Relation	lead = trigdata->tg_relation;
	TupleTableSlot *slot = leadcrm_row_slot(trigdata);
	TupleTableSlot *old = update ? trigdata->tg_trigslot : NULL;
	TupleTableSlot *behaviour = leadcrm_behaviour_writing() || (regrade && regrade->joins) ? slot : old;
	TimestampTz as_of = regrade ? regrade->as_of : GetCurrentTransactionStartTimestamp();
	ScoreModel *model = leadcrm_score_model(ws, lead);
	IntentChange changes[SCORE_MAX_CHANGES];
	ScoreState	state;
	int			nchanges;
	Datum		value[NCOMPUTED];
	bool		isnull[NCOMPUTED];
	bool		changed = false;
	bool		merged;
	bool		none;

	leadcrm_score_begin(ws, model, old, &state);
	state.anew = regrade && regrade->anew;
	(void) slot_getattr(slot, ws->column[LEAD_MERGED_INTO], &none);
	merged = !none;
	if (merged)
		state.due = INTENT_NEVER;	/* nothing happens to it of itself */
	nchanges = leadcrm_score_grade(ws, model, old, slot, behaviour, as_of, &state, changes);
	if (merged)
		state.due = INTENT_NEVER;
	else if (nchanges > 0)
	{
		int64		id = DatumGetInt64(slot_getattr(slot, ws->column[LEAD_ID], &none));

		for (int i = 0; i < nchanges; i++)
			leadcrm_intent_queue(lead, id, model, &changes[i]);
	}

	computed_values(model, &state, as_of, value, isnull);
	for (int i = 0; i < NCOMPUTED; i++)
	{
		int			column = ws->column[computed[i]] - 1;
		Form_pg_attribute att = TupleDescAttr(RelationGetDescr(lead), column);

		if (slot->tts_isnull[column] == isnull[i] &&
			(isnull[i] || datumIsEqual(slot->tts_values[column], value[i], att->attbyval, att->attlen)))
			continue;
		slot->tts_values[column] = value[i];
		slot->tts_isnull[column] = isnull[i];
		changed = true;
	}
	return leadcrm_row_result(trigdata, leadcrm_settle_chain(trigdata), changed);
}

/* The values of the computed columns. */
static void
computed_values(ScoreModel *model, const ScoreState *state, TimestampTz as_of,
				Datum *value, bool *isnull)
{
	int			n = 0;

#define COMPUTED(given, datum) \
	(isnull[n] = !(given), value[n] = isnull[n] ? (Datum) 0 : (datum), n++)

	COMPUTED(state->graded, CStringGetTextDatum(model->level_code[state->intent.level]));
	COMPUTED(state->graded, TimestampTzGetDatum(state->intent.since));
	COMPUTED(state->graded && state->intent.before >= 0,
			 CStringGetTextDatum(model->level_code[state->intent.before]));
	COMPUTED(state->due != INTENT_NEVER, TimestampTzGetDatum(state->due));
	COMPUTED(state->signals != NULL, JsonbPGetDatum(state->signals));
	COMPUTED(true, Int32GetDatum((int32) leadcrm_score_at(&state->curve, as_of)));
	COMPUTED(true, Int32GetDatum((int32) state->curve.fit));
	for (int c = 0; c < DECAY_CLASSES; c++)
	{
		COMPUTED(state->curve.sum[c].value != 0, Float8GetDatum(state->curve.sum[c].value));
		COMPUTED(state->curve.sum[c].value != 0, TimestampTzGetDatum(state->curve.sum[c].at));
	}
#undef COMPUTED
}

/*
 * leadcrm_score_regrade
 *		Grade leads as of a moment: what tick() and rescore() do.
 *
 * leads: ids; those that are gone are passed by.  anew: as if they had just
 * arrived, without the signals and the level they had before.  The caller is
 * connected to SPI and acts as the table's owner.  Returns the number of leads.
 */
uint64
leadcrm_score_regrade(Workspace *ws, ArrayType *leads, TimestampTz as_of, bool anew)
{
	Regrade		run = {.as_of = as_of, .anew = anew};
	Datum		values[] = {PointerGetDatum(leads)};

	return regrade_run(ws, &run, PLAN_REGRADE,
					   "UPDATE %s.lead SET score = score WHERE id = ANY ($1)",
					   1, (Oid[]) {INT8ARRAYOID}, values);
}

/*
 * leadcrm_score_join
 *		Give a lead the signals of others, which are merged into it, too.
 *
 * The later end counts where both have one.  As leadcrm_score_regrade().
 */
void
leadcrm_score_join(Workspace *ws, int64 lead, ArrayType *others)
{
	Regrade		run = {.as_of = GetCurrentTransactionStartTimestamp(), .joins = true};
	Datum		values[] = {Int64GetDatum(lead), PointerGetDatum(others)};

	(void) regrade_run(ws, &run, PLAN_JOIN_SIGNALS,
					   "UPDATE %s.lead w SET signals ="
					   " (SELECT pg_catalog.jsonb_object_agg(s.rule, s.until)"
					   "  FROM (SELECT DISTINCT ON (e.key) e.key AS rule, e.value AS until"
					   "        FROM %s.lead l, pg_catalog.jsonb_each_text(l.signals) e"
					   "        WHERE l.id = w.id OR l.id = ANY ($2)"
					   "        ORDER BY e.key, e.value::pg_catalog.timestamptz DESC) s)"
					   " WHERE w.id = $1"
					   " AND EXISTS (SELECT FROM %s.lead l WHERE l.id = ANY ($2) AND l.signals IS NOT NULL)",
					   2, (Oid[]) {INT8OID, INT8ARRAYOID}, values);
}

/* Run such an UPDATE; the trigger sees it while it runs. */
static uint64
regrade_run(Workspace *ws, Regrade *run, WorkspacePlan plan, const char *query,
			int nargs, Oid *argtypes, Datum *values)
{
	uint64		n;

	run->outer = regrade;
	regrade = run;
	PG_TRY();
	{
		n = leadcrm_workspace_run(ws, plan, query, nargs, argtypes, values);
	}
	PG_CATCH();
	{
		regrade = run->outer;
		PG_RE_THROW();
	}
	PG_END_TRY();
	regrade = run->outer;
	return n;
}
