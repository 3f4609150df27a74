/*-------------------------------------------------------------------------
 * score_event.c
 *	  What grading leaves behind: the history of intents, failures of rules.
 *
 * Both are gathered while rows are graded and written once per statement.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "acting_role.h"
#include "columns.h"
#include "dedup.h"
#include "rule_failure.h"
#include "score.h"

static void write_intents(Workspace *ws, SettleFrame *frame);
static char **condition_codes(const ScoreModel *model);

/*
 * leadcrm_intent_queue
 *		Remember a change of a lead's intent until its statement ends.
 */
void
leadcrm_intent_queue(Relation lead, int64 id, ScoreModel *model, const IntentChange *change)
{
	SettleFrame *frame = leadcrm_settle_frame(lead, false);
	MemoryContext old = MemoryContextSwitchTo(frame->cxt);
	SettleIntent *intent;

	if (frame->nintents == frame->maxintents)
	{
		frame->maxintents = Max(2 * frame->maxintents, 16);
		frame->intent = frame->intent == NULL ?
			palloc(frame->maxintents * sizeof(SettleIntent)) :
			repalloc_huge(frame->intent, frame->maxintents * sizeof(SettleIntent));
	}
	intent = &frame->intent[frame->nintents++];
	intent->lead = id;
	intent->from = pstrdup(model->level_code[change->from]);
	intent->to = pstrdup(model->level_code[change->to]);
	intent->at = change->at;
	intent->score = (int32) change->score;
	intent->rule = change->rule >= 0 ? pstrdup(model->intent[change->rule].code) : NULL;
	MemoryContextSwitchTo(old);
}

/*
 * leadcrm_score_settle
 *		Write what grading the rows of a statement left behind.
 *
 * Side writes are the table owner's.
 */
void
leadcrm_score_settle(Workspace *ws, SettleFrame *frame)
{
	OwnerSave	save;
	bool		failed = ws->score != NULL &&
		(leadcrm_rule_set_has_failures(ws->score->fit_rules) ||
		 leadcrm_rule_set_has_failures(ws->score->intent_rules));

	if (frame->nintents == 0 && !failed)
		return;
	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (frame->nintents > 0)
		write_intents(ws, frame);
	if (failed)
	{
		ScoreModel *model = ws->score;
		char	  **code = palloc(Max(model->nrules, 1) * sizeof(char *));

		for (int i = 0; i < model->nrules; i++)
			code[i] = model->rule[i].code;
		leadcrm_rule_failures_write(ws, "score_rule", model->fit_rules, code, frame->now);
		leadcrm_rule_failures_write(ws, "intent_rule", model->intent_rules, condition_codes(model),
									frame->now);
	}
	SPI_finish();
	leadcrm_owner_end(&save);
}

static void
write_intents(Workspace *ws, SettleFrame *frame)
{
	int			n = frame->nintents;
	Column		lead = leadcrm_column_new(INT8OID, n);
	Column		from = leadcrm_column_new(TEXTOID, n);
	Column		to = leadcrm_column_new(TEXTOID, n);
	Column		at = leadcrm_column_new(TIMESTAMPTZOID, n);
	Column		score = leadcrm_column_new(INT4OID, n);
	Column		rule = leadcrm_column_new(TEXTOID, n);
	Datum		values[7];

	for (int i = 0; i < n; i++)
	{
		SettleIntent *intent = &frame->intent[i];

		leadcrm_column_set(&lead, i, Int64GetDatum(intent->lead), false);
		leadcrm_column_set(&from, i, CStringGetTextDatum(intent->from), false);
		leadcrm_column_set(&to, i, CStringGetTextDatum(intent->to), false);
		leadcrm_column_set(&at, i, TimestampTzGetDatum(intent->at), false);
		leadcrm_column_set(&score, i, Int32GetDatum(intent->score), false);
		leadcrm_column_set(&rule, i, intent->rule ? CStringGetTextDatum(intent->rule) : (Datum) 0,
						   intent->rule == NULL);
	}
	values[0] = leadcrm_column_array(&lead, n);
	values[1] = leadcrm_column_array(&from, n);
	values[2] = leadcrm_column_array(&to, n);
	values[3] = leadcrm_column_array(&at, n);
	values[4] = leadcrm_column_array(&score, n);
	values[5] = leadcrm_column_array(&rule, n);
	values[6] = CStringGetTextDatum(leadcrm_acting_role_name());
	(void) leadcrm_workspace_run(ws, PLAN_ADD_INTENTS,
								 "INSERT INTO %s.event (kind, lead_id, at, actor, data)"
								 " SELECT 'intent.changed', lead, at, $7, pg_catalog.jsonb_strip_nulls("
								 "pg_catalog.jsonb_build_object('from', before, 'to', after, 'score', score, 'rule', rule))"
								 " FROM unnest($1, $2, $3, $4, $5, $6) AS c (lead, before, after, at, score, rule)",
								 7, (Oid[]) {INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
								 TIMESTAMPTZARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TEXTOID}, values);
}

/* The codes of the intent rules that have a condition, by its place in the set. */
static char **
condition_codes(const ScoreModel *model)
{
	char	  **code = palloc0(Max(model->nintent, 1) * sizeof(char *));

	for (int i = 0; i < model->nintent; i++)
	{
		if (model->intent[i].condition >= 0)
			code[model->intent[i].condition] = model->intent[i].code;
	}
	return code;
}
