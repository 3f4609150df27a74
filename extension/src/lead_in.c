/*-------------------------------------------------------------------------
 * lead_in.c
 *	  The trigger leadcrm.lead_in(): the INSERT and COPY face for applications.
 *
 * A writer has no right on any table.  He inserts into the view lead_in, and
 * the trigger inserts into lead as the owner of both.  Each row is a
 * statement of its own.  A row with an external_id that has come before is
 * answered as it was then and writes nothing: the unique index
 * lead_external_id_key is looked at first and settles races afterwards.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "acting_role.h"
#include "dedup.h"
#include "lead_row.h"
#include "workspace.h"

static Relation open_lead(TriggerData *trigdata);
static bool find_external(Workspace *ws, TupleDesc viewdesc, TupleDesc leaddesc, HeapTuple row,
						  HeapTuple *found);
static HeapTuple insert_lead(Workspace *ws, TupleDesc viewdesc, TupleDesc leaddesc, HeapTuple row);
static HeapTuple insert_or_find(Workspace *ws, TupleDesc viewdesc, TupleDesc leaddesc,
								HeapTuple row, bool *known);
static SPIPlanPtr insert_plan(Workspace *ws, TupleDesc viewdesc);
static bool may_know_leads(Workspace *ws);
static HeapTuple answer(Workspace *ws, TupleDesc viewdesc, TupleDesc leaddesc,
						HeapTuple row, HeapTuple lead, bool known, bool may_know);
static Datum view_value(TupleDesc viewdesc, HeapTuple row, const char *column, bool *isnull);

PG_FUNCTION_INFO_V1(leadcrm_lead_in);

/*
 * leadcrm_lead_in
 *		Trigger: INSTEAD OF INSERT ON lead_in FOR EACH ROW.
 *
 * RETURNING gives the row as normalised, and as id the living lead where the
 * acting role may know it, else NULL.  Raises 39P01 when it hangs elsewhere,
 * 428C9 for an id given by the writer, and what lead's triggers raise.
 */
Datum
leadcrm_lead_in(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TupleDesc	viewdesc;
	TupleDesc	leaddesc;
	Relation	lead;
	Workspace  *ws;
	HeapTuple	row;
	HeapTuple	stored;
	HeapTuple	result;
	MemoryContext caller = CurrentMemoryContext;
	OwnerSave	save;
	bool		known = false;	/* stored before, under the same external_id */
	bool		isnull;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "leadcrm.lead_in")));
	lead = open_lead(trigdata);
	ws = leadcrm_workspace_of(lead);
	leaddesc = RelationGetDescr(lead);
	viewdesc = RelationGetDescr(trigdata->tg_relation);
	row = trigdata->tg_trigtuple;

	(void) view_value(viewdesc, row, "id", &isnull);
	if (!isnull)
		ereport(ERROR,
				(errcode(ERRCODE_GENERATED_ALWAYS),
				 errmsg("column \"%s\" is set by leadcrm", "id"),
				 errhint("Leave it out, or give the key of your own system as external_id.")));

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	(void) view_value(viewdesc, row, "external_id", &isnull);
	if (isnull)
		stored = insert_lead(ws, viewdesc, leaddesc, row);
	else if (find_external(ws, viewdesc, leaddesc, row, &stored))
		known = true;
	else
		stored = insert_or_find(ws, viewdesc, leaddesc, row, &known);

	{
		bool		may_know = may_know_leads(ws);
		MemoryContext old = MemoryContextSwitchTo(caller);

		result = answer(ws, viewdesc, leaddesc, row, stored, known, may_know);
		MemoryContextSwitchTo(old);
	}
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	return PointerGetDatum(result);
}

/* The lead table beside the view; checks where the trigger hangs. */
static Relation
open_lead(TriggerData *trigdata)
{
	Relation	view = trigdata->tg_relation;
	Relation	lead;

	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		!TRIGGER_FIRED_INSTEAD(trigdata->tg_event) ||
		!TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger function \"%s\" must be fired INSTEAD OF INSERT for each row",
						"leadcrm.lead_in")));
	lead = table_open(leadcrm_workspace_table(RelationGetNamespace(view), "lead"),
					  RowExclusiveLock);
	if (lead->rd_rel->relowner != view->rd_rel->relowner ||
		strcmp(RelationGetRelationName(view), "lead_in") != 0 ||
		SPI_fnumber(RelationGetDescr(view), "id") <= 0 ||
		SPI_fnumber(RelationGetDescr(view), "external_id") <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("view \"%s\" is not the lead_in view of a workspace",
						RelationGetRelationName(view)),
				 errhint("It is made by leadcrm.create_workspace() and leadcrm.repair_workspace().")));
	return lead;
}

/* The lead that came before under the row's source and external_id. */
static bool
find_external(Workspace *ws, TupleDesc viewdesc, TupleDesc leaddesc, HeapTuple row,
			  HeapTuple *found)
{
	Datum		values[2];
	bool		isnull;

	values[0] = view_value(viewdesc, row, "first_source", &isnull);
	if (isnull)
		values[0] = view_value(viewdesc, row, "last_source", &isnull);
	if (isnull)
		values[0] = CStringGetTextDatum("unknown");
	values[1] = view_value(viewdesc, row, "external_id", &isnull);
	if (SPI_execute_plan(leadcrm_workspace_plan(ws, PLAN_FIND_EXTERNAL,
												"SELECT * FROM %s.lead WHERE first_source = $1 AND external_id = $2",
												2, (Oid[]) {TEXTOID, TEXTOID}),
						 values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up external_id");
	if (SPI_processed == 0)
		return false;
	*found = leadcrm_lead_row(SPI_tuptable, 0, leaddesc);
	return true;
}

/* INSERT INTO lead; returns the stored row. */
static HeapTuple
insert_lead(Workspace *ws, TupleDesc viewdesc, TupleDesc leaddesc, HeapTuple row)
{
	SPIPlanPtr	plan = insert_plan(ws, viewdesc);
	Datum	   *values = palloc(viewdesc->natts * sizeof(Datum));
	char	   *nulls = palloc(viewdesc->natts + 1);
	int			n = 0;

	for (int i = 0; i < viewdesc->natts; i++)
	{
		bool		isnull;

		if (strcmp(NameStr(TupleDescAttr(viewdesc, i)->attname), "id") == 0)
			continue;
		values[n] = heap_getattr(row, i + 1, viewdesc, &isnull);
		nulls[n++] = isnull ? 'n' : ' ';
	}
	nulls[n] = '\0';
	if (SPI_execute_plan(plan, values, nulls, false, 0) != SPI_OK_INSERT_RETURNING ||
		SPI_processed != 1)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a trigger of table \"%s\" dropped the row", "lead")));
	return leadcrm_lead_row(SPI_tuptable, 0, leaddesc);
}

/*
 * Insert; where another session has brought the same external_id since we
 * looked, give what it stored.
 */
static HeapTuple
insert_or_find(Workspace *ws, TupleDesc viewdesc, TupleDesc leaddesc, HeapTuple row, bool *known)
{
	MemoryContext old = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	HeapTuple volatile stored = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(old);
	PG_TRY();
	{
		stored = insert_lead(ws, viewdesc, leaddesc, row);
		ReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(old);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *error;
		HeapTuple	found;

		MemoryContextSwitchTo(old);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(old);
		CurrentResourceOwner = owner;
		if (error->sqlerrcode != ERRCODE_UNIQUE_VIOLATION ||
			error->constraint_name == NULL ||
			strcmp(error->constraint_name, "lead_external_id_key") != 0)
			ReThrowError(error);
		if (!find_external(ws, viewdesc, leaddesc, row, &found))
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("could not serialize access due to concurrent arrival of a lead"),
					 errhint("Retry the transaction.")));
		stored = found;
		*known = true;
	}
	PG_END_TRY();
	return stored;
}

/* Prepared anew when the view has been given other columns. */
static SPIPlanPtr
insert_plan(Workspace *ws, TupleDesc viewdesc)
{
	StringInfoData columns;
	StringInfoData values;
	Oid		   *types;
	int			n = 0;

	if (ws->plan[PLAN_LEAD_IN] != NULL && ws->lead_in_natts == viewdesc->natts)
		return ws->plan[PLAN_LEAD_IN];
	if (ws->plan[PLAN_LEAD_IN] != NULL)
	{
		SPI_freeplan(ws->plan[PLAN_LEAD_IN]);
		ws->plan[PLAN_LEAD_IN] = NULL;
	}

	initStringInfo(&columns);
	initStringInfo(&values);
	types = palloc(viewdesc->natts * sizeof(Oid));
	for (int i = 0; i < viewdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(viewdesc, i);
		const char *name = NameStr(att->attname);

		if (strcmp(name, "id") == 0)
			continue;
		types[n++] = att->atttypid;
		appendStringInfo(&columns, "%s%s", n > 1 ? ", " : "", quote_identifier(name));
		appendStringInfoString(&values, n > 1 ? ", " : "");
		if (strcmp(name, "kind") == 0)
			appendStringInfo(&values, "coalesce($%d, 'contact')", n);
		else if (strcmp(name, "attrs") == 0)
			appendStringInfo(&values, "coalesce($%d, '{}')", n);
		else
			appendStringInfo(&values, "$%d", n);
	}
	ws->lead_in_natts = viewdesc->natts;
	return leadcrm_workspace_plan(ws, PLAN_LEAD_IN,
								  psprintf("INSERT INTO %%s.lead (%s) VALUES (%s) RETURNING *",
										   columns.data, values.data),
								  n, types);
}

/* May the acting role know the ids of leads?  Owner, admins and writers may. */
static bool
may_know_leads(Workspace *ws)
{
	Datum		values[2];
	bool		isnull;

	if (!OidIsValid(leadcrm_acting_role_oid()))
		return false;
	values[0] = ObjectIdGetDatum(leadcrm_acting_role_oid());
	values[1] = ObjectIdGetDatum(ws->owner);
	if (SPI_execute_plan(leadcrm_workspace_plan(ws, PLAN_MAY_KNOW,
												"SELECT pg_catalog.pg_has_role($1, $2, 'USAGE') OR EXISTS"
												" (SELECT FROM %s.access a JOIN pg_catalog.pg_roles r ON r.rolname = a.role"
												"  WHERE a.kind IN ('admin', 'writer')"
												"  AND pg_catalog.pg_has_role($1, r.oid, 'USAGE'))",
												2, (Oid[]) {OIDOID, OIDOID}),
						 values, NULL, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not read access");
	return DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/*
 * The view's row, under the id that the writer may know: what was stored for
 * him; what he gave where the lead was known, for that may be another's.
 */
static HeapTuple
answer(Workspace *ws, TupleDesc viewdesc, TupleDesc leaddesc,
	   HeapTuple row, HeapTuple lead, bool known, bool may_know)
{
	Datum	   *values = palloc(viewdesc->natts * sizeof(Datum));
	bool	   *nulls = palloc(viewdesc->natts * sizeof(bool));

	for (int i = 0; i < viewdesc->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(viewdesc, i)->attname);

		if (strcmp(name, "id") == 0)
		{
			values[i] = heap_getattr(lead, ws->column[LEAD_MERGED_INTO], leaddesc, &nulls[i]);
			if (nulls[i])
				values[i] = heap_getattr(lead, ws->column[LEAD_ID], leaddesc, &nulls[i]);
			nulls[i] = !may_know;
		}
		else if (known)
			values[i] = heap_getattr(row, i + 1, viewdesc, &nulls[i]);
		else
			values[i] = heap_getattr(lead, SPI_fnumber(leaddesc, name), leaddesc, &nulls[i]);
	}
	return heap_form_tuple(viewdesc, values, nulls);
}

static Datum
view_value(TupleDesc viewdesc, HeapTuple row, const char *column, bool *isnull)
{
	return heap_getattr(row, SPI_fnumber(viewdesc, column), viewdesc, isnull);
}
