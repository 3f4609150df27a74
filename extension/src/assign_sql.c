/*-------------------------------------------------------------------------
 * assign_sql.c
 *	  The SQL face of assignment: moving leads on purpose, explaining and trying
 *	  what the rules would do, and replaying history under them.
 *
 * All of it is for roles with the rights of the workspace's owner; the
 * functions of the workspace decide who else may ask for what.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "assign.h"
#include "dedup.h"
#include "lead_row.h"
#include "owner.h"
#include "process.h"

/* Leads that a simulation reads at a time. */
#define SIMULATION_BATCH	1000

static char *text_arg(FunctionCallInfo fcinfo, int n);
static ArrayType *lock_leads(Workspace *ws, ArrayType *leads);
static TupleTableSlot *lead_slot(Workspace *ws, Relation lead, int64 id);
static void simulate_leads(AssignState *state, Relation lead, WorkspacePlan which, const char *query,
						   Oid type, Datum value, ReturnSetInfo *rsinfo);
static void simulate_lead(AssignState *state, HeapTuple tuple, TupleTableSlot *slot, ReturnSetInfo *rsinfo);
static void explain_rule(AssignState *state, int rule, TupleTableSlot *lead, bool *decided,
						 ReturnSetInfo *rsinfo);
static void explain_ranking(AssignState *state, int number, int territory, TupleTableSlot *lead,
							bool *decided, ReturnSetInfo *rsinfo);
static void explain_row(ReturnSetInfo *rsinfo, int position, const char *rule, const char *outcome,
						AssignState *state, int rep, const RankedRep *standing, const char *verdict);

PG_FUNCTION_INFO_V1(leadcrm_move_leads);
PG_FUNCTION_INFO_V1(leadcrm_explain_assignment);
PG_FUNCTION_INFO_V1(leadcrm_try_assignment);
PG_FUNCTION_INFO_V1(leadcrm_simulate_assignment);

/*
 * leadcrm_move_leads
 *		move_leads(lead regclass, leads bigint[], owner text, pool text, reason
 *		text, note text, batch bigint, avoid text) returns bigint
 *
 * Gives leads to an owner, to a pool, or, both NULL, by the rules to whoever
 * they name but the one to avoid.  Leads that are gone or merged are passed
 * by.  Returns how many rows were written.
 *
 * Raises 22023 when both or no reason is given, 23503 for an owner or pool
 * that is not there, 54000 for an owner who is full: then nothing has moved.
 * Locks the leads in the order of their ids.
 */
Datum
leadcrm_move_leads(PG_FUNCTION_ARGS)
{
	Relation	lead;
	Workspace  *ws;
	AssignMove	move = {0};
	const AssignMove *outer;
	ArrayType  *leads;
	char	   *owner = text_arg(fcinfo, 2);
	char	   *pool = text_arg(fcinfo, 3);
	uint64		n = 0;
	OwnerSave	save;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_INT64(0);
	move.reason = text_arg(fcinfo, 4);
	move.note = text_arg(fcinfo, 5);
	move.batch = PG_ARGISNULL(6) ? 0 : PG_GETARG_INT64(6);
	move.avoid = text_arg(fcinfo, 7);
	if (move.reason == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("moving leads needs a reason")));
	if (owner != NULL && pool != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a lead cannot have an owner and wait in a pool")));

	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	ws = leadcrm_workspace_of(lead);
	leadcrm_owner_required(ws, lead);
	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	leads = lock_leads(ws, PG_GETARG_ARRAYTYPE_P(1));
	outer = leadcrm_assign_move_begin(&move);
	PG_TRY();
	{
		Datum		values[3];
		char		nulls[3];

		values[0] = PointerGetDatum(leads);
		values[1] = owner ? CStringGetTextDatum(owner) : (Datum) 0;
		values[2] = pool ? CStringGetTextDatum(pool) : (Datum) 0;
		nulls[0] = ' ';
		nulls[1] = owner ? ' ' : 'n';
		nulls[2] = pool ? ' ' : 'n';
		if (leads != NULL)
			n = leadcrm_workspace_run_nulls(ws, PLAN_MOVE_LEADS,
											"UPDATE %s.lead SET owner = $2, pool = $3"
											" WHERE id = ANY ($1) AND merged_into IS NULL",
											3, (Oid[]) {INT8ARRAYOID, TEXTOID, TEXTOID}, values, nulls);
	}
	PG_FINALLY();
	{
		leadcrm_assign_move_end(outer);
	}
	PG_END_TRY();
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_INT64((int64) n);
}

/*
 * leadcrm_explain_assignment
 *		explain_assignment(lead regclass, id bigint) returns table: what the
 *		rules would do with a lead now.
 *
 * A row for each rule that does not match or has no candidates, else a row for
 * each of its candidates, the best first; after the rule that decides nothing
 * follows.  Loads are those of this moment; the lead's own place in the load of
 * its owner counts.  Raises 42704 when there is no such lead.
 */
Datum
leadcrm_explain_assignment(PG_FUNCTION_ARGS)
{
	Relation	lead;
	Workspace  *ws;
	AssignState *state;
	TupleTableSlot *slot;
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];
	bool		decided = false;
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	ws = leadcrm_workspace_of(lead);
	leadcrm_owner_required(ws, lead);
	slot = lead_slot(ws, lead, PG_GETARG_INT64(1));
	state = leadcrm_assign_begin(ws, lead, GetCurrentTransactionStartTimestamp(), false,
								 CurrentMemoryContext);
	if (state->model->nrules > 0)
		leadcrm_rule_set_match(state->model->conditions, slot, state->now, matched);
	for (int r = 0; r < state->model->nrules && !decided; r++)
	{
		if (RULE_MATCHED(matched, r))
			explain_rule(state, r, slot, &decided, rsinfo);
		else
			explain_row(rsinfo, r + 1, state->model->rule[r].code, "does not match", state,
						ASSIGN_NONE, NULL, NULL);
	}
	if (!decided)
		explain_row(rsinfo, state->model->nrules + 1, NULL, "fallback or pool", state, ASSIGN_NONE, NULL, NULL);
	leadcrm_assign_settle_loads(state);
	ExecDropSingleTupleTableSlot(slot);
	table_close(lead, NoLock);
	return (Datum) 0;
}

/*
 * leadcrm_try_assignment
 *		try_assignment(lead regclass, leads bigint[], avoid text) returns table:
 *		whom the rules would give these leads now, in the order of their ids.
 *
 * avoid: a rep who must not get them, or NULL.  Each lead takes its place for
 * those after it, but only in memory: nothing is written.  Leads that are gone
 * or merged are passed by.
 */
Datum
leadcrm_try_assignment(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	lead;
	Workspace  *ws;
	AssignState *state;
	char	   *avoid = text_arg(fcinfo, 2);

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		return (Datum) 0;
	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	ws = leadcrm_workspace_of(lead);
	leadcrm_owner_required(ws, lead);
	state = leadcrm_assign_begin(ws, lead, GetCurrentTransactionStartTimestamp(), false,
								 CurrentMemoryContext);
	state->trial = true;
	if (avoid != NULL)
		state->avoid = leadcrm_assign_find_rep(state->model, avoid, strlen(avoid));
	simulate_leads(state, lead, PLAN_TRY_ASSIGNMENT,
				   "SELECT * FROM %s.lead WHERE id = ANY ($1) AND merged_into IS NULL ORDER BY id",
				   INT8ARRAYOID, PG_GETARG_DATUM(1), rsinfo);
	leadcrm_assign_settle_loads(state);
	table_close(lead, NoLock);
	return (Datum) 0;
}

/*
 * leadcrm_simulate_assignment
 *		simulate_assignment(lead regclass, days integer) returns table: whom the
 *		rules as they are now would have given the leads of the last days.
 *
 * The leads are dealt in the order of their creation, each as it is now and at
 * the moment of its creation; loads begin empty and a lead that is closed by
 * now takes no place.  Writes nothing.
 */
Datum
leadcrm_simulate_assignment(PG_FUNCTION_ARGS)
{
	int32		days = PG_GETARG_INT32(1);
	Relation	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	Workspace  *ws = leadcrm_workspace_of(lead);
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	AssignState *state;

	leadcrm_owner_required(ws, lead);
	if (days <= 0 || days > 36500)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of days to replay must be between 1 and %d", 36500)));
	InitMaterializedSRF(fcinfo, 0);
	state = leadcrm_assign_begin(ws, lead, GetCurrentTransactionStartTimestamp(), true,
								 CurrentMemoryContext);
	simulate_leads(state, lead, PLAN_SIMULATION,
				   "SELECT * FROM %s.lead WHERE created_at >= $1 AND merged_into IS NULL"
				   " ORDER BY created_at, id",
				   TIMESTAMPTZOID, TimestampTzGetDatum(state->now - (int64) days * USECS_PER_DAY), rsinfo);
	table_close(lead, NoLock);
	return (Datum) 0;
}

static char *
text_arg(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(n));
}

/* Lock leads in the order of their ids; those that are there, or NULL. */
static ArrayType *
lock_leads(Workspace *ws, ArrayType *leads)
{
	Datum		values[] = {PointerGetDatum(leads)};
	int64	   *ids;
	uint64		n;

	n = leadcrm_workspace_run(ws, PLAN_LOCK_LEADS,
							  "SELECT id FROM %s.lead WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
							  1, (Oid[]) {INT8ARRAYOID}, values);
	if (n == 0)
		return NULL;
	ids = palloc_extended(n * sizeof(int64), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;

		ids[i] = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	}
	return leadcrm_int8_array(ids, (int) n);
}

/* The row of a lead, in a slot of the current context. */
static TupleTableSlot *
lead_slot(Workspace *ws, Relation lead, int64 id)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsHeapTuple);
	MemoryContext cxt = CurrentMemoryContext;
	Datum		values[] = {Int64GetDatum(id)};
	OwnerSave	save;

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (leadcrm_workspace_run(ws, PLAN_FIND_LEAD, "SELECT * FROM %s.lead WHERE id = $1",
							  1, (Oid[]) {INT8OID}, values) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no lead " INT64_FORMAT, id)));
	MemoryContextSwitchTo(cxt);
	ExecForceStoreHeapTuple(heap_copytuple(leadcrm_lead_row(SPI_tuptable, 0, RelationGetDescr(lead))),
							slot, false);
	SPI_finish();
	leadcrm_owner_end(&save);
	return slot;
}

static void
explain_rule(AssignState *state, int number, TupleTableSlot *lead, bool *decided, ReturnSetInfo *rsinfo)
{
	const AssignRule *rule = &state->model->rule[number];

	if (rule->sticky)
	{
		int			rep = leadcrm_assign_sticky_owner(state, lead);
		RepVerdict	verdict = rep < 0 ? REP_ELIGIBLE : leadcrm_assign_verdict(state, rep, rule);

		if (rep >= 0)
		{
			*decided = verdict == REP_ELIGIBLE;
			explain_row(rsinfo, number + 1, rule->code, "earlier owner", state, rep, NULL,
						*decided ? "chosen" : leadcrm_assign_verdict_text(verdict));
		}
		else if (rule->strategy == ASSIGN_STICKY)
			explain_row(rsinfo, number + 1, rule->code, "no earlier owner", state, ASSIGN_NONE, NULL, NULL);
		if (*decided || rule->strategy == ASSIGN_STICKY)
			return;
	}
	if (rule->strategy == ASSIGN_POOL)
	{
		*decided = true;
		explain_row(rsinfo, number + 1, rule->code, "to the pool", state, ASSIGN_NONE, NULL, "chosen");
	}
	else if (rule->by_territory)
	{
		int			territory = leadcrm_assign_lead_territory(state, lead);

		if (territory < 0)
			explain_row(rsinfo, number + 1, rule->code, "no territory", state, ASSIGN_NONE, NULL, NULL);
		for (int steps = 0; territory >= 0 && steps < state->model->nterritories && !*decided; steps++)
		{
			explain_ranking(state, number, territory, lead, decided, rsinfo);
			territory = state->model->territory[territory].parent;
		}
	}
	else
		explain_ranking(state, number, ASSIGN_NONE, lead, decided, rsinfo);
}

static void
explain_ranking(AssignState *state, int number, int territory, TupleTableSlot *lead,
				bool *decided, ReturnSetInfo *rsinfo)
{
	const AssignRule *rule = &state->model->rule[number];
	const char *where = territory < 0 ? "matches" :
		psprintf("matches, territory %s", state->model->territory[territory].code);
	Ranking		ranking;

	leadcrm_assign_rank(state, rule, territory, lead, &ranking);
	if (ranking.n == 0)
		explain_row(rsinfo, number + 1, rule->code, psprintf("%s, no candidates", where), state,
					ASSIGN_NONE, NULL, NULL);
	qsort(ranking.item, ranking.neligible, sizeof(RankedRep), leadcrm_assign_ranked_compare);
	for (int i = 0; i < ranking.n; i++)
	{
		const RankedRep *item = &ranking.item[i];
		bool		eligible = i < ranking.neligible;

		explain_row(rsinfo, number + 1, rule->code, where, state, item->rep, eligible ? item : NULL,
					!eligible ? leadcrm_assign_verdict_text(ranking.verdict[item->rep]) :
					i == 0 ? "chosen" : "eligible");
	}
	*decided = ranking.neligible > 0;
}

/* standing: of an eligible candidate; what counts first, the least wins. */
static void
explain_row(ReturnSetInfo *rsinfo, int position, const char *rule, const char *outcome,
			AssignState *state, int rep, const RankedRep *standing, const char *verdict)
{
	Datum		value[9];
	bool		isnull[9];

	memset(isnull, true, sizeof(isnull));
#define COLUMN(n, datum) (isnull[n] = false, value[n] = (datum))
	COLUMN(0, Int32GetDatum(position));
	if (rule != NULL)
		COLUMN(1, CStringGetTextDatum(rule));
	COLUMN(2, CStringGetTextDatum(outcome));
	if (rep >= 0)
	{
		RepState   *load = leadcrm_assign_read(state, rep, "", NULL);

		COLUMN(3, PointerGetDatum(state->model->rep[rep].code_text));
		COLUMN(4, Int64GetDatum(load->open));
		COLUMN(5, Int32GetDatum(state->model->rep[rep].capacity));
		COLUMN(6, Int64GetDatum(load->dealt));
	}
	if (standing != NULL)
		COLUMN(7, Float8GetDatum(standing->first));
	if (verdict != NULL)
		COLUMN(8, CStringGetTextDatum(verdict));
#undef COLUMN
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
}

/* Decide about the leads that a query finds, one after the other. */
static void
simulate_leads(AssignState *state, Relation lead, WorkspacePlan which, const char *query,
			   Oid type, Datum value, ReturnSetInfo *rsinfo)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsHeapTuple);
	MemoryContext row_cxt = AllocSetContextCreate(CurrentMemoryContext, "leadcrm simulation",
												  ALLOCSET_SMALL_SIZES);
	Portal		portal;
	OwnerSave	save;

	leadcrm_owner_begin(state->ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	portal = leadcrm_workspace_cursor(state->ws, which, query, 1, &type, &value);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, SIMULATION_BATCH);
		if (SPI_processed == 0)
			break;
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			MemoryContext old = MemoryContextSwitchTo(row_cxt);

			simulate_lead(state, leadcrm_lead_row(SPI_tuptable, i, RelationGetDescr(lead)), slot, rsinfo);
			MemoryContextSwitchTo(old);
			MemoryContextReset(row_cxt);
		}
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	SPI_finish();
	leadcrm_owner_end(&save);
	ExecDropSingleTupleTableSlot(slot);
}

static void
simulate_lead(AssignState *state, HeapTuple tuple, TupleTableSlot *slot, ReturnSetInfo *rsinfo)
{
	const AssignModel *model = state->model;
	Assignment	result;
	DateADT		day = state->today;
	Datum		value[4];
	bool		isnull[4] = {false};

	ExecForceStoreHeapTuple(tuple, slot, false);
	if (state->pretend)
		leadcrm_assign_set_time(state, DatumGetTimestampTz(slot_getattr(slot, state->ws->column[LEAD_CREATED_AT],
																		&isnull[0])));
	for (int r = 0; r < model->nreps && day != state->today; r++)
	{
		state->rep[r].dealt = 0;	/* another day */
		state->rep[r].day_over = false;
	}
	leadcrm_assign_decide(state, slot, &result);
	if (state->pretend && result.rep >= 0 && !leadcrm_stage_is_open(state->ws, slot))
		leadcrm_assign_use(state, &state->rep[result.rep], model->rule[result.rule].code, -1, 0, 0);

	value[0] = slot_getattr(slot, state->ws->column[LEAD_ID], &isnull[0]);
	isnull[1] = result.rule < 0;
	value[1] = isnull[1] ? (Datum) 0 : PointerGetDatum(model->rule[result.rule].code_text);
	isnull[2] = result.rep < 0;
	value[2] = isnull[2] ? (Datum) 0 : PointerGetDatum(model->rep[result.rep].code_text);
	isnull[3] = result.pool < 0;
	value[3] = isnull[3] ? (Datum) 0 : PointerGetDatum(model->pool[result.pool].code_text);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
	ExecClearTuple(slot);
}
