/*-------------------------------------------------------------------------
 * stage_log.c
 *	  What moving the leads of a statement leaves behind: history, events,
 *	  approvals that are used up.
 *
 * Gathered while rows pass and written once per statement, each table by
 * direct.c if it is as the template makes it, else by one statement.  A row
 * whose lead entered a stage may never have been written: somebody's trigger
 * passed it by, or it ran into a conflict.  Nothing is written for it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "acting_role.h"
#include "columns.h"
#include "dedup.h"
#include "direct.h"
#include "event.h"
#include "lifecycle.h"
#include "owner.h"
#include "process.h"
#include "row_json.h"
#include "rule_failure.h"

/* Columns of stage_change, in the order in which the template makes them. */
enum
{
	CHANGE_LEAD_ID,
	CHANGE_POSITION,
	CHANGE_PROCESS,
	CHANGE_FROM_STAGE,
	CHANGE_TO_STAGE,
	CHANGE_AT,
	CHANGE_CAUSE,
	CHANGE_REASON,
	CHANGE_NOTE,
	CHANGE_COMPETITOR,
	CHANGE_AMOUNT,
	CHANGE_OWNER,
	CHANGE_ACTOR,
	CHANGE_NCOLUMNS
};

static const DirectColumn change_column[] = {
	[CHANGE_LEAD_ID] = {"lead_id", INT8OID},
	[CHANGE_POSITION] = {"position", INT4OID},
	[CHANGE_PROCESS] = {"process", TEXTOID},
	[CHANGE_FROM_STAGE] = {"from_stage", TEXTOID},
	[CHANGE_TO_STAGE] = {"to_stage", TEXTOID},
	[CHANGE_AT] = {"at", TIMESTAMPTZOID},
	[CHANGE_CAUSE] = {"cause", TEXTOID},
	[CHANGE_REASON] = {"reason", TEXTOID},
	[CHANGE_NOTE] = {"note", TEXTOID},
	[CHANGE_COMPETITOR] = {"competitor", TEXTOID},
	[CHANGE_AMOUNT] = {"amount", NUMERICOID},
	[CHANGE_OWNER] = {"owner", TEXTOID},
	[CHANGE_ACTOR] = {"actor", TEXTOID},
};

static void drop_missing(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
static void drop_vetoed(Workspace *ws, SettleFrame *frame);
static void write_changes(Workspace *ws, const SettleFrame *frame);
static void change_values(const SettleStage *change, Datum cause, Datum actor, Datum *value, bool *isnull);
static void write_by_statement(Workspace *ws, const SettleFrame *frame, Datum actor);
static void add_events(Workspace *ws, const SettleFrame *frame);
static Datum event_data(const SettleStage *change);
static void push_text(JsonbParseState **state, const char *key, const text *value);
static void use_approvals(Workspace *ws, const SettleFrame *frame);
static void write_failures(Workspace *ws, ProcessModel *model, TimestampTz now);

/*
 * leadcrm_stage_note_owner
 *		Say who owns a lead, once that is decided: stages that it has entered in
 *		this statement, it entered as his.
 */
void
leadcrm_stage_note_owner(SettleFrame *frame, int64 lead, Datum owner, bool isnull)
{
	for (int i = frame->nstages - 1; i >= 0 && frame->stage[i].lead == lead; i--)
	{
		SettleStage *change = &frame->stage[i];

		if (isnull)
			change->owner = NULL;
		else if (change->owner == NULL || !datum_image_eq(PointerGetDatum(change->owner), owner, false, -1))
		{
			MemoryContext old = MemoryContextSwitchTo(frame->cxt);

			change->owner = (text *) DatumGetPointer(datumCopy(PointerGetDatum(DatumGetTextPP(owner)), false, -1));
			MemoryContextSwitchTo(old);
		}
	}
}

/*
 * leadcrm_stage_settle
 *		After a statement on lead: write what its moves leave behind.
 *
 * Side writes are the table owner's.
 */
void
leadcrm_stage_settle(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	ProcessModel *model = ws->process;
	bool		failed = model != NULL && model->conditions != NULL &&
		(leadcrm_rule_set_has_failures(model->processes) ||
		 leadcrm_rule_set_has_failures(model->rules) ||
		 leadcrm_rule_set_has_failures(model->transitions));
	OwnerSave	save;

	if (frame->nstages == 0 && !failed)
		return;
	leadcrm_owner_begin(ws, &save);
	if (frame->nstages > 0 && frame->insert &&
		tuplestore_tuple_count(trigdata->tg_newtable) != frame->nstaged)
		drop_missing(ws, frame, trigdata);
	else if (frame->nstages > 0 && !frame->insert && frame->chain.others)
		drop_vetoed(ws, frame);
	if (frame->nstages > 0)
	{
		write_changes(ws, frame);
		add_events(ws, frame);
		use_approvals(ws, frame);
	}
	if (failed)
		write_failures(ws, model, frame->now);
	leadcrm_owner_end(&save);
}

/*
 * leadcrm_stage_settle_delete
 *		After a DELETE on lead: the history of the leads goes, too.
 *
 * The caller is connected to SPI and acts as the owner.
 */
void
leadcrm_stage_settle_delete(Workspace *ws, ArrayType *leads)
{
	Datum		values[] = {PointerGetDatum(leads)};

	(void) leadcrm_workspace_run(ws, PLAN_DELETE_STAGE_CHANGES,
								 "DELETE FROM %s.stage_change WHERE lead_id = ANY ($1)",
								 1, (Oid[]) {INT8ARRAYOID}, values);
}

/* Forget rows that were not inserted; of several with one id, all but the first. */
static void
drop_missing(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	int64		ninserted;
	int64	   *inserted = leadcrm_settle_inserted(ws, trigdata, &ninserted);
	int32	   *seen = palloc_extended(Max(ninserted, 1) * sizeof(int32),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int			kept = 0;

	for (int i = 0; i < frame->nstages; i++)
	{
		SettleStage *change = &frame->stage[i];
		int64	   *found = bsearch(&change->lead, inserted, ninserted, sizeof(int64), leadcrm_int8_compare);

		if (found != NULL && change->position == seen[found - inserted] + 1)
		{
			seen[found - inserted]++;
			frame->stage[kept++] = *change;
		}
	}
	frame->nstages = kept;
}

/*
 * Forget rows that were not updated, where triggers of others had a say: their
 * lifecycles do not have the entry.
 */
static void
drop_vetoed(Workspace *ws, SettleFrame *frame)
{
	int64	   *lead = palloc_extended(frame->nstages * sizeof(int64), MCXT_ALLOC_HUGE);
	int			kept = 0;
	Datum		values[1];

	for (int i = 0; i < frame->nstages; i++)
		lead[i] = frame->stage[i].lead;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	values[0] = PointerGetDatum(leadcrm_int8_array(lead, frame->nstages));
	(void) leadcrm_workspace_run(ws, PLAN_STAGE_WRITTEN,
								 "SELECT l.lifecycle FROM unnest($1) WITH ORDINALITY AS m (id, n)"
								 " LEFT JOIN %s.lead l ON l.id = m.id ORDER BY m.n",
								 1, (Oid[]) {INT8ARRAYOID}, values);
	for (int i = 0; i < frame->nstages; i++)
	{
		bool		isnull;
		Datum		value = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);
		LifecycleReader reader;

		if (isnull)
			continue;
		leadcrm_lifecycle_begin(&reader, PG_DETOAST_DATUM_PACKED(value));
		if (reader.nentries >= frame->stage[i].position)
			frame->stage[kept++] = frame->stage[i];
	}
	SPI_finish();
	frame->nstages = kept;
}

static void
write_changes(Workspace *ws, const SettleFrame *frame)
{
	Datum		actor = CStringGetTextDatum(leadcrm_acting_role_name());
	DirectTable *table = leadcrm_direct_open(ws, "stage_change", change_column,
											 lengthof(change_column), CurrentMemoryContext);
	const char *last = NULL;
	Datum		cause = (Datum) 0;

	if (table == NULL)
	{
		write_by_statement(ws, frame, actor);
		return;
	}
	for (int i = 0; i < frame->nstages; i++)
	{
		TupleTableSlot *slot = leadcrm_direct_row(table);

		if (frame->stage[i].cause != last)
		{
			last = frame->stage[i].cause;
			cause = CStringGetTextDatum(last);
		}
		change_values(&frame->stage[i], cause, actor, slot->tts_values, slot->tts_isnull);
		leadcrm_direct_insert(table);
	}
	leadcrm_direct_close(table);
}

/* The columns of a row of stage_change. */
static void
change_values(const SettleStage *change, Datum cause, Datum actor, Datum *value, bool *isnull)
{
#define CHANGE_SET(column, given, datum) \
	(isnull[column] = !(given), value[column] = isnull[column] ? (Datum) 0 : (datum))

	CHANGE_SET(CHANGE_LEAD_ID, true, Int64GetDatum(change->lead));
	CHANGE_SET(CHANGE_POSITION, true, Int32GetDatum(change->position));
	CHANGE_SET(CHANGE_PROCESS, true, PointerGetDatum(change->process));
	CHANGE_SET(CHANGE_FROM_STAGE, change->from != NULL, PointerGetDatum(change->from));
	CHANGE_SET(CHANGE_TO_STAGE, true, PointerGetDatum(change->to));
	CHANGE_SET(CHANGE_AT, true, TimestampTzGetDatum(change->at));
	CHANGE_SET(CHANGE_CAUSE, true, cause);
	CHANGE_SET(CHANGE_REASON, change->reason != NULL, PointerGetDatum(change->reason));
	CHANGE_SET(CHANGE_NOTE, change->note != NULL, PointerGetDatum(change->note));
	CHANGE_SET(CHANGE_COMPETITOR, change->competitor != NULL, PointerGetDatum(change->competitor));
	CHANGE_SET(CHANGE_AMOUNT, change->amount != 0, change->amount);
	CHANGE_SET(CHANGE_OWNER, change->owner != NULL, PointerGetDatum(change->owner));
	CHANGE_SET(CHANGE_ACTOR, true, actor);
#undef CHANGE_SET
}

static void
write_by_statement(Workspace *ws, const SettleFrame *frame, Datum actor)
{
	int			n = frame->nstages;
	Column		column[CHANGE_NCOLUMNS];
	Datum		value[CHANGE_NCOLUMNS];
	bool		isnull[CHANGE_NCOLUMNS];
	Datum		values[CHANGE_NCOLUMNS];
	Oid			types[CHANGE_NCOLUMNS];

	for (int c = 0; c < CHANGE_NCOLUMNS; c++)
		column[c] = leadcrm_column_new(change_column[c].type, n);
	for (int i = 0; i < n; i++)
	{
		change_values(&frame->stage[i], CStringGetTextDatum(frame->stage[i].cause), actor, value, isnull);
		for (int c = 0; c < CHANGE_NCOLUMNS; c++)
			leadcrm_column_set(&column[c], i, value[c], isnull[c]);
	}
	for (int c = 0; c < CHANGE_NCOLUMNS; c++)
	{
		values[c] = leadcrm_column_array(&column[c], n);
		types[c] = get_array_type(column[c].type);
	}
	(void) leadcrm_workspace_run_alone(ws, PLAN_ADD_STAGE_CHANGES,
									   "INSERT INTO %s.stage_change (lead_id, position, process, from_stage, to_stage, at,"
									   " cause, reason, note, competitor, amount, owner, actor)"
									   " SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
									   CHANGE_NCOLUMNS, types, values);
}

/* An event for each move; that a lead has begun, another event says. */
static void
add_events(Workspace *ws, const SettleFrame *frame)
{
	LeadEvent  *event = palloc_extended(frame->nstages * sizeof(LeadEvent), MCXT_ALLOC_HUGE);
	int			n = 0;

	for (int i = 0; i < frame->nstages; i++)
	{
		if (frame->stage[i].position == 1)
			continue;
		event[n].kind = "lead.stage";
		event[n].lead = frame->stage[i].lead;
		event[n++].data = event_data(&frame->stage[i]);
	}
	if (n > 0)
		leadcrm_event_write(ws, event, n, frame->now);
	pfree(event);
}

/* {"process": code, "from": code, "to": code, "reason": code} */
static Datum
event_data(const SettleStage *change)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	push_text(&state, "process", change->process);
	push_text(&state, "from", change->from);
	push_text(&state, "to", change->to);
	push_text(&state, "reason", change->reason);
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

static void
push_text(JsonbParseState **state, const char *key, const text *value)
{
	JsonbValue	v;

	if (value == NULL)
		return;
	leadcrm_json_key(state, key);
	v.type = jbvString;
	v.val.string.val = VARDATA_ANY(value);
	v.val.string.len = VARSIZE_ANY_EXHDR(value);
	pushJsonbValue(state, WJB_VALUE, &v);
}

static void
use_approvals(Workspace *ws, const SettleFrame *frame)
{
	int64	   *approval = palloc_extended(frame->nstages * sizeof(int64), MCXT_ALLOC_HUGE);
	int			n = 0;
	Datum		values[2];

	for (int i = 0; i < frame->nstages; i++)
	{
		if (frame->stage[i].approval != 0)
			approval[n++] = frame->stage[i].approval;
	}
	if (n > 0)
	{
		values[0] = PointerGetDatum(leadcrm_int8_array(approval, n));
		values[1] = TimestampTzGetDatum(frame->now);
		(void) leadcrm_workspace_run_alone(ws, PLAN_USE_APPROVALS,
										   "UPDATE %s.approval SET status = 'used', used_at = $2 WHERE id = ANY ($1)",
										   2, (Oid[]) {INT8ARRAYOID, TIMESTAMPTZOID}, values);
	}
	pfree(approval);
}

static void
write_failures(Workspace *ws, ProcessModel *model, TimestampTz now)
{
	char	  **code = palloc(Max(Max(model->nrules, model->nprocesses), 1) * sizeof(char *));

	for (int i = 0; i < model->nprocesses; i++)
		code[i] = model->process[i].code;
	leadcrm_rule_failures_write(ws, "process", model->processes, code, now);
	for (int i = 0; i < model->nrules; i++)
		code[i] = model->rule[i].code;
	leadcrm_rule_failures_write(ws, "stage_rule", model->rules, code, now);
	leadcrm_rule_failures_write(ws, "transition", model->transitions, model->condition_code, now);
}
