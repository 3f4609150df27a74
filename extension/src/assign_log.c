/*-------------------------------------------------------------------------
 * assign_log.c
 *	  What assigning the leads of a statement leaves behind: loads, history,
 *	  tasks (assign_task.c), events.
 *
 * Gathered while rows pass and written once per statement, each table by
 * direct.c if it is as the template makes it, else by one statement.  A row
 * for which somebody was chosen may never have been inserted; the transition
 * table says which rows were, and the places of the others go back.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "acting_role.h"
#include "assign.h"
#include "columns.h"
#include "dedup.h"
#include "direct.h"
#include "event.h"
#include "owner.h"
#include "process.h"
#include "row_json.h"
#include "rule_failure.h"

/* Columns of assignment_log, in the order in which the template makes them. */
enum
{
	LOG_ID,
	LOG_LEAD_ID,
	LOG_AT,
	LOG_REASON,
	LOG_RULE,
	LOG_STRATEGY,
	LOG_OWNER_BEFORE,
	LOG_POOL_BEFORE,
	LOG_OWNER,
	LOG_TEAM,
	LOG_POOL,
	LOG_DUE_AT,
	LOG_RUNNERS_UP,
	LOG_PASSED,
	LOG_BATCH,
	LOG_NOTE,
	LOG_ACTOR,
	LOG_NCOLUMNS
};

static const DirectColumn log_column[] = {
	[LOG_ID] = {"id", INT8OID},
	[LOG_LEAD_ID] = {"lead_id", INT8OID},
	[LOG_AT] = {"at", TIMESTAMPTZOID},
	[LOG_REASON] = {"reason", TEXTOID},
	[LOG_RULE] = {"rule", TEXTOID},
	[LOG_STRATEGY] = {"strategy", TEXTOID},
	[LOG_OWNER_BEFORE] = {"owner_before", TEXTOID},
	[LOG_POOL_BEFORE] = {"pool_before", TEXTOID},
	[LOG_OWNER] = {"owner", TEXTOID},
	[LOG_TEAM] = {"team", TEXTOID},
	[LOG_POOL] = {"pool", TEXTOID},
	[LOG_DUE_AT] = {"due_at", TIMESTAMPTZOID},
	[LOG_RUNNERS_UP] = {"runners_up", TEXTARRAYOID},
	[LOG_PASSED] = {"passed", JSONBOID},
	[LOG_BATCH] = {"batch", INT8OID},
	[LOG_NOTE] = {"note", TEXTOID},
	[LOG_ACTOR] = {"actor", TEXTOID},
};

static void drop_missing(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
static void log_moves(Workspace *ws, const SettleFrame *frame);
static void log_values(const SettleFrame *frame, const SettleMove *move, Datum actor,
					   Datum *value, bool *isnull);
static void log_by_statement(Workspace *ws, const SettleFrame *frame, Datum actor);
static void add_events(Workspace *ws, const SettleFrame *frame);
static Datum event_data(const SettleFrame *frame, const SettleMove *move);
static Datum runners_up(const AssignModel *model, const SettleMove *move);
static Datum passed_rules(const AssignModel *model, const SettleMove *move);
static void push_text(JsonbParseState **state, const char *key, const char *value);

/*
 * leadcrm_assign_settle
 *		After a statement on lead: bring the loads to what its rows used.
 *
 * Comes before all else that the statement settles: that may assign, too.
 */
void
leadcrm_assign_settle(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	if (frame->assign == NULL)
		return;
	if (frame->insert && frame->nmoves > 0 &&
		tuplestore_tuple_count(trigdata->tg_newtable) != frame->nrows)
		drop_missing(ws, frame, trigdata);
	leadcrm_assign_settle_loads(frame->assign);
}

/*
 * leadcrm_assign_log
 *		After that: write history, tasks and events.
 *
 * Side writes are the table owner's.
 */
void
leadcrm_assign_log(Workspace *ws, SettleFrame *frame)
{
	AssignModel *model;
	OwnerSave	save;

	if (frame->assign == NULL)
		return;
	model = frame->assign->model;
	if (frame->nmoves == 0 && !leadcrm_rule_set_has_failures(model->conditions))
		return;
	leadcrm_owner_begin(ws, &save);
	if (frame->nmoves > 0)
	{
		log_moves(ws, frame);
		leadcrm_assign_tasks(ws, frame);
		add_events(ws, frame);
	}
	if (leadcrm_rule_set_has_failures(model->conditions))
	{
		char	  **code = palloc(model->nrules * sizeof(char *));

		for (int i = 0; i < model->nrules; i++)
			code[i] = model->rule[i].code;
		leadcrm_rule_failures_write(ws, "assignment_rule", model->conditions, code, frame->now);
	}
	leadcrm_owner_end(&save);
}

/*
 * leadcrm_assign_settle_delete
 *		After a DELETE on lead: the loads lose the leads, which lose their
 *		history and tasks.
 *
 * leads: their ids.  The caller is connected to SPI and acts as the owner.
 */
void
leadcrm_assign_settle_delete(Workspace *ws, TriggerData *trigdata, ArrayType *leads)
{
	Relation	lead = trigdata->tg_relation;
	Tuplestorestate *store = trigdata->tg_oldtable;
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsMinimalTuple);
	MemoryContext cxt = AllocSetContextCreate(CurTransactionContext, "leadcrm loads", ALLOCSET_SMALL_SIZES);
	AssignState *state = NULL;
	Datum		values[] = {PointerGetDatum(leads)};

	tuplestore_select_read_pointer(store, tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND));
	tuplestore_rescan(store);
	while (tuplestore_gettupleslot(store, true, false, slot))
	{
		bool		isnull;
		Datum		owner = slot_getattr(slot, ws->column[LEAD_OWNER], &isnull);

		if (isnull || !leadcrm_stage_is_open(ws, slot))
			continue;
		if (state == NULL)
			state = leadcrm_assign_begin(ws, lead, GetCurrentTransactionStartTimestamp(), false, cxt);
		leadcrm_assign_use(state, leadcrm_assign_rep_state(state, TextDatumGetCString(owner)), "", -1, 0, 0);
	}
	ExecDropSingleTupleTableSlot(slot);
	if (state != NULL)
		leadcrm_assign_settle_loads(state);
	MemoryContextDelete(cxt);

	(void) leadcrm_workspace_run(ws, PLAN_DELETE_TASKS,
								 "DELETE FROM %s.task WHERE lead_id = ANY ($1)",
								 1, (Oid[]) {INT8ARRAYOID}, values);
	(void) leadcrm_workspace_run(ws, PLAN_DELETE_ASSIGNMENTS,
								 "DELETE FROM %s.assignment_log WHERE lead_id = ANY ($1)",
								 1, (Oid[]) {INT8ARRAYOID}, values);
}

/*
 * Forget rows that were not inserted; nobody got them.  Of several with the
 * same id, of which ON CONFLICT let one through, that is the first.
 */
static void
drop_missing(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	int64		ninserted;
	int64	   *inserted = leadcrm_settle_inserted(ws, trigdata, &ninserted);
	bool	   *seen = palloc_extended(Max(ninserted, 1) * sizeof(bool),
									   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int			kept = 0;

	for (int i = 0; i < frame->nmoves; i++)
	{
		SettleMove *move = &frame->move[i];
		int64	   *found = bsearch(&move->lead, inserted, ninserted, sizeof(int64), leadcrm_int8_compare);

		if (found != NULL && !seen[found - inserted])
		{
			seen[found - inserted] = true;
			frame->move[kept++] = *move;
		}
		else if (move->open)
			leadcrm_assign_use(frame->assign, move->owner, move->via, -1, move->dealt ? -1 : 0, -move->turn);
	}
	frame->nmoves = kept;
}

static void
log_moves(Workspace *ws, const SettleFrame *frame)
{
	Datum		actor = CStringGetTextDatum(leadcrm_acting_role_name());
	DirectTable *table = leadcrm_direct_open_side(ws, SIDE_ASSIGNMENT_LOG, log_column,
												  lengthof(log_column), CurrentMemoryContext);

	if (table == NULL)
	{
		log_by_statement(ws, frame, actor);
		return;
	}
	for (int i = 0; i < frame->nmoves; i++)
	{
		TupleTableSlot *slot = leadcrm_direct_row(table);

		log_values(frame, &frame->move[i], actor, slot->tts_values, slot->tts_isnull);
		leadcrm_direct_insert(table);
	}
	leadcrm_direct_close(table);
}

/* The columns of a row of the log, but its id. */
static void
log_values(const SettleFrame *frame, const SettleMove *move, Datum actor,
		   Datum *value, bool *isnull)
{
	const AssignModel *model = frame->assign->model;
	int			rep = move->owner ? (int) (move->owner - frame->assign->rep) : ASSIGN_NONE;
	int			team = move->owner ? model->rep[rep].team :
		(move->pool >= 0 ? model->pool[move->pool].team : ASSIGN_NONE);

#define LOG_SET(column, given, datum) \
	(isnull[column] = !(given), value[column] = isnull[column] ? (Datum) 0 : (datum))

	LOG_SET(LOG_LEAD_ID, true, Int64GetDatum(move->lead));
	LOG_SET(LOG_AT, true, TimestampTzGetDatum(frame->now));
	LOG_SET(LOG_REASON, true, CStringGetTextDatum(move->reason));
	LOG_SET(LOG_RULE, move->rule >= 0, PointerGetDatum(model->rule[move->rule].code_text));
	LOG_SET(LOG_STRATEGY, move->rule >= 0, PointerGetDatum(model->rule[move->rule].strategy_text));
	LOG_SET(LOG_OWNER_BEFORE, move->owner_before != NULL, CStringGetTextDatum(move->owner_before));
	LOG_SET(LOG_POOL_BEFORE, move->pool_before != NULL, CStringGetTextDatum(move->pool_before));
	LOG_SET(LOG_OWNER, rep >= 0, PointerGetDatum(model->rep[rep].code_text));
	LOG_SET(LOG_TEAM, team >= 0, PointerGetDatum(model->team[team].code_text));
	LOG_SET(LOG_POOL, move->pool >= 0, PointerGetDatum(model->pool[move->pool].code_text));
	LOG_SET(LOG_DUE_AT, move->due != DT_NOEND, TimestampTzGetDatum(move->due));
	LOG_SET(LOG_RUNNERS_UP, move->nrunners > 0, runners_up(model, move));
	LOG_SET(LOG_PASSED, move->npassed > 0, passed_rules(model, move));
	LOG_SET(LOG_BATCH, move->batch != 0, Int64GetDatum(move->batch));
	LOG_SET(LOG_NOTE, move->note != NULL, CStringGetTextDatum(move->note));
	LOG_SET(LOG_ACTOR, true, actor);
#undef LOG_SET
}

static void
log_by_statement(Workspace *ws, const SettleFrame *frame, Datum actor)
{
	int			n = frame->nmoves;
	Column		column[LOG_NCOLUMNS];
	Datum		value[LOG_NCOLUMNS];
	bool		isnull[LOG_NCOLUMNS];
	Datum		values[LOG_NCOLUMNS - 1];
	Oid			types[LOG_NCOLUMNS - 1];

	/* Arrays cannot pass through unnest() row by row: the runners-up go as text. */
	for (int c = LOG_LEAD_ID; c < LOG_NCOLUMNS; c++)
		column[c] = leadcrm_column_new(c == LOG_RUNNERS_UP ? TEXTOID : log_column[c].type, n);
	for (int i = 0; i < n; i++)
	{
		log_values(frame, &frame->move[i], actor, value, isnull);
		if (!isnull[LOG_RUNNERS_UP])
			value[LOG_RUNNERS_UP] = CStringGetTextDatum(OidOutputFunctionCall(F_ARRAY_OUT, value[LOG_RUNNERS_UP]));
		for (int c = LOG_LEAD_ID; c < LOG_NCOLUMNS; c++)
			leadcrm_column_set(&column[c], i, value[c], isnull[c]);
	}
	for (int c = LOG_LEAD_ID; c < LOG_NCOLUMNS; c++)
	{
		values[c - 1] = leadcrm_column_array(&column[c], n);
		types[c - 1] = get_array_type(column[c].type);
	}
	(void) leadcrm_workspace_run_alone(ws, PLAN_ADD_ASSIGNMENTS,
									   "INSERT INTO %s.assignment_log (lead_id, at, reason, rule, strategy, owner_before,"
									   " pool_before, owner, team, pool, due_at, runners_up, passed, batch, note, actor)"
									   " SELECT m.lead_id, m.at, m.reason, m.rule, m.strategy, m.owner_before, m.pool_before,"
									   " m.owner, m.team, m.pool, m.due_at, m.runners_up::text[], m.passed, m.batch, m.note, m.actor"
									   " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
									   " AS m (lead_id, at, reason, rule, strategy, owner_before, pool_before, owner, team,"
									   " pool, due_at, runners_up, passed, batch, note, actor)",
									   LOG_NCOLUMNS - 1, types, values);
}

static void
add_events(Workspace *ws, const SettleFrame *frame)
{
	LeadEvent  *event = palloc_extended(frame->nmoves * sizeof(LeadEvent), MCXT_ALLOC_HUGE);

	for (int i = 0; i < frame->nmoves; i++)
	{
		const SettleMove *move = &frame->move[i];

		event[i].kind = move->owner ? "lead.assigned" : "lead.pooled";
		event[i].lead = move->lead;
		event[i].data = event_data(frame, move);
	}
	leadcrm_event_write(ws, event, frame->nmoves, frame->now);
}

/* {"owner": code, "pool": code, "rule": code, "reason": ..., "due_at": ...} */
static Datum
event_data(const SettleFrame *frame, const SettleMove *move)
{
	const AssignModel *model = frame->assign->model;
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (move->owner != NULL)
		push_text(&state, "owner", move->owner->code);
	if (move->pool >= 0)
		push_text(&state, "pool", model->pool[move->pool].code);
	push_text(&state, "reason", move->reason);
	if (move->rule >= 0)
		push_text(&state, "rule", model->rule[move->rule].code);
	if (move->due != DT_NOEND)
	{
		leadcrm_json_key(&state, "due_at");
		leadcrm_json_value(&state, WJB_VALUE, TimestampTzGetDatum(move->due), false, TIMESTAMPTZOID);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}

static Datum
runners_up(const AssignModel *model, const SettleMove *move)
{
	Datum		code[ASSIGN_RUNNERS_UP];

	for (int i = 0; i < move->nrunners; i++)
		code[i] = PointerGetDatum(model->rep[move->runner[i]].code_text);
	return PointerGetDatum(construct_array(code, move->nrunners, TEXTOID, -1, false, TYPALIGN_INT));
}

/* [{"rule": code, "why": ...}, ...] */
static Datum
passed_rules(const AssignModel *model, const SettleMove *move)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < move->npassed; i++)
	{
		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_text(&state, "rule", model->rule[move->passed[i].rule].code);
		push_text(&state, "why", move->passed[i].why);
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_ARRAY, NULL)));
}

static void
push_text(JsonbParseState **state, const char *key, const char *value)
{
	JsonbValue	v;

	leadcrm_json_key(state, key);
	v.type = jbvString;
	v.val.string.val = unconstify(char *, value);
	v.val.string.len = strlen(value);
	pushJsonbValue(state, WJB_VALUE, &v);
}
