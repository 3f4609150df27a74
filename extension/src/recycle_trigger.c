/*-------------------------------------------------------------------------
 * recycle_trigger.c
 *	  The trigger leadcrm.recycle() on a workspace's lead table, and the SQL
 *	  face of recycling.
 *
 * The trigger plans each row: lead.recycle_at is the moment at which tick()
 * must look at the lead, to warn its owner, to put it into a pool, or because
 * time alone may make another rule decide; NULL where nothing of that will
 * ever be.  The invariant: under the rules by which it was written, nothing is
 * to be done about a row before its recycle_at.  So tick() reads one index, as
 * far as it is due.  Rules that change make plans wrong; tick() goes through
 * the leads once then, see _replan_recycling() of the workspace.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "owner.h"
#include "recycle.h"
#include "row_trigger.h"
#include "settle.h"

/* An UPDATE of leadcrm's own that only plans. */
typedef struct Planning
{
	TimestampTz as_of;
	bool		warned;			/* the owners have been */
	TimestampTz not_before;
	const struct Planning *outer;
} Planning;

/* The one that is running, or NULL. */
static const Planning *planning = NULL;

static HeapTuple plan_row(Workspace *ws, TriggerData *trigdata);
static TupleDesc result_type(FunctionCallInfo fcinfo);

PG_FUNCTION_INFO_V1(leadcrm_recycle);
PG_FUNCTION_INFO_V1(leadcrm_recycling);
PG_FUNCTION_INFO_V1(leadcrm_plan_recycling);

/*
 * leadcrm_recycle
 *		Trigger: BEFORE INSERT OR UPDATE ON lead FOR EACH ROW.
 *
 * Made by create_workspace() as lead_55_recycle, behind the trigger that
 * assigns.  Sets recycle_at, whatever a writer puts there.  Never returns
 * NULL.  Raises 39P01 when it hangs elsewhere; a rule that fails raises
 * nothing, it does not match and is counted.
 */
Datum
leadcrm_recycle(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = leadcrm_row_trigger(fcinfo, "leadcrm.recycle");

	return PointerGetDatum(plan_row(leadcrm_workspace_of(trigdata->tg_relation), trigdata));
}

/*
 * leadcrm_recycle_planning
 *		Is the running UPDATE one that only plans?
 */
bool
leadcrm_recycle_planning(void)
{
	return planning != NULL;
}

static HeapTuple
plan_row(Workspace *ws, TriggerData *trigdata)
{
	Relation	lead = trigdata->tg_relation;
	TupleTableSlot *slot = leadcrm_row_slot(trigdata);
	TimestampTz as_of = planning ? planning->as_of : GetCurrentTransactionStartTimestamp();
	int			column = ws->column[LEAD_RECYCLE_AT] - 1;
	TimestampTz planned;
	TimestampTz look;
	Recycling	recycling;

	leadcrm_recycle_decide(ws, leadcrm_recycle_model(ws, lead), slot, as_of, &recycling);
	planned = slot->tts_isnull[column] ? DT_NOEND : DatumGetTimestampTz(slot->tts_values[column]);
	look = leadcrm_recycle_look(&recycling,
								planning && planning->warned ? recycling.due_at : planned);
	if (planning && look < planning->not_before)
		look = planning->not_before;
	slot->tts_values[column] = TimestampTzGetDatum(look);
	slot->tts_isnull[column] = look == DT_NOEND;
	return leadcrm_row_result(trigdata, leadcrm_settle_chain(trigdata), look != planned);
}

/*
 * leadcrm_recycling
 *		recycling(lead record, as_of timestamptz) returns record (rule,
 *		warn_at, due_at, look_at): what becomes of a lead that nobody touches,
 *		and when tick() looks at it.
 *
 * Raises 39P01 if the row is not one of a workspace's lead table.
 */
Datum
leadcrm_recycling(PG_FUNCTION_ARGS)
{
	HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(0);
	Oid			relid = typeidTypeRelid(HeapTupleHeaderGetTypeId(header));
	HeapTupleData tuple;
	TupleTableSlot *slot;
	Relation	lead;
	Workspace  *ws;
	RecycleModel *model;
	Recycling	recycling;
	Datum		planned;
	Datum		values[4];
	bool		nulls[4] = {false};

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("argument is not a row of a lead table"),
				 errhint("Give the table's alias: SELECT leadcrm.recycling(l, now()) FROM lead l.")));
	lead = table_open(relid, AccessShareLock);
	ws = leadcrm_workspace_of(lead);
	model = leadcrm_recycle_model(ws, lead);
	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = relid;
	tuple.t_data = header;
	slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsHeapTuple);
	ExecStoreHeapTuple(&tuple, slot, false);

	leadcrm_recycle_decide(ws, model, slot, PG_GETARG_TIMESTAMPTZ(1), &recycling);
	planned = slot_getattr(slot, ws->column[LEAD_RECYCLE_AT], &nulls[3]);
	values[0] = recycling.rule < 0 ? (Datum) 0 :
		CStringGetTextDatum(model->rule[recycling.rule].code);
	values[1] = TimestampTzGetDatum(recycling.warn_at);
	values[2] = TimestampTzGetDatum(recycling.due_at);
	values[3] = TimestampTzGetDatum(leadcrm_recycle_look(&recycling,
														 nulls[3] ? DT_NOEND : DatumGetTimestampTz(planned)));
	nulls[0] = recycling.rule < 0;
	for (int i = 1; i < lengthof(values); i++)
		nulls[i] = DatumGetTimestampTz(values[i]) == DT_NOEND;
	ExecDropSingleTupleTableSlot(slot);
	table_close(lead, AccessShareLock);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(result_type(fcinfo), values, nulls)));
}

/* What the function returns, found out once for all its calls in a query. */
static TupleDesc
result_type(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;

	if (flinfo->fn_extra == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(flinfo->fn_mcxt);
		TupleDesc	tupdesc;

		if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		flinfo->fn_extra = BlessTupleDesc(tupdesc);
		MemoryContextSwitchTo(old);
	}
	return flinfo->fn_extra;
}

/*
 * leadcrm_plan_recycling
 *		plan_recycling(lead regclass, leads bigint[], as_of timestamptz, warned
 *		boolean, not_before timestamptz) returns bigint: plan leads anew as of
 *		a moment.
 *
 * warned: their owners have been, what is left is the moment at which they
 * are due.  not_before: nobody looks at them until then.  For roles with the
 * rights of the workspace's owner (42501).  Returns the number of leads.
 */
Datum
leadcrm_plan_recycling(PG_FUNCTION_ARGS)
{
	Relation	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	Workspace  *ws = leadcrm_workspace_of(lead);
	Datum		values[] = {PG_GETARG_DATUM(1)};
	Planning	run = {
		.as_of = PG_GETARG_TIMESTAMPTZ(2),
		.warned = PG_GETARG_BOOL(3),
		.not_before = PG_GETARG_TIMESTAMPTZ(4),
		.outer = planning
	};
	OwnerSave	save;
	uint64		n;

	leadcrm_owner_required(ws, lead);
	leadcrm_owner_begin(ws, &save);
	SPI_connect();
	planning = &run;
	PG_TRY();
	{
		n = leadcrm_workspace_run(ws, PLAN_PLAN_RECYCLING,
								  "UPDATE %s.lead SET recycle_at = recycle_at"
								  " WHERE id OPERATOR(pg_catalog.=) ANY ($1)",
								  1, (Oid[]) {INT8ARRAYOID}, values);
	}
	PG_CATCH();
	{
		planning = run.outer;
		PG_RE_THROW();
	}
	PG_END_TRY();
	planning = run.outer;
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_INT64(n);
}
