/*-------------------------------------------------------------------------
 * guard_key.c
 *	  The trigger leadcrm.guard_key(): nobody goes whom a lead still names.
 *
 * A lead names its owner, team and pool without a foreign key, for the sake
 * of those who write leads: they look the code up in their cache once they
 * hold their lock on the lead table, and touch no row of anybody else.  So it
 * is the named table that looks the other way.  It locks out the writers of
 * leads, waiting for those that are under way, and then looks at the leads
 * with the latest snapshot.  Who writes a lead after that finds the row gone,
 * for the lock lasts to the end of the transaction and his cache hears of the
 * change before he gets his own.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "guard_key.h"
#include "owner.h"
#include "workspace.h"

static const char *guarded_column(TriggerData *trigdata);
static char *row_key(TriggerData *trigdata, HeapTuple row);
static void refuse_named(TriggerData *trigdata, const char *column, const char *key);

PG_FUNCTION_INFO_V1(leadcrm_guard_key);

/*
 * leadcrm_guard_key
 *		Trigger: refuse to remove a row that leads name, or to change its code.
 *
 *	CREATE TRIGGER guard_key AFTER UPDATE OR DELETE ON rep
 *		FOR EACH ROW EXECUTE FUNCTION leadcrm.guard_key('owner');
 *	CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON rep
 *		FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.guard_key('owner');
 *
 * Argument: the column of lead that names the rows of this table by their
 * column code: owner, team or pool.  Every lead counts, merged and closed
 * ones too.  Raises 23503 while a lead names the row, and 39P01 when it hangs
 * elsewhere.  Locks lead in SHARE mode to the end of the transaction: writers
 * of leads wait, readers do not.  Two transactions that have both written
 * leads and both get here deadlock, and one of them is ended.
 */
Datum
leadcrm_guard_key(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	const char *column;
	char	   *key = NULL;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "leadcrm.guard_key")));
	column = guarded_column(trigdata);
	if (!TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event))
	{
		key = row_key(trigdata, trigdata->tg_trigtuple);
		if (key == NULL)
			return PointerGetDatum(NULL);
		if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		{
			char	   *now = row_key(trigdata, trigdata->tg_newtuple);

			if (now != NULL && strcmp(key, now) == 0)
				return PointerGetDatum(NULL);
		}
	}
	refuse_named(trigdata, column, key);
	return PointerGetDatum(NULL);
}

/* The trigger's argument; raises 39P01 unless the trigger hangs where it should. */
static const char *
guarded_column(TriggerData *trigdata)
{
	static const char *const columns[] = {"owner", "team", "pool"};
	TriggerEvent event = trigdata->tg_event;

	if (!(TRIGGER_FIRED_FOR_ROW(event) && TRIGGER_FIRED_AFTER(event) &&
		  (TRIGGER_FIRED_BY_UPDATE(event) || TRIGGER_FIRED_BY_DELETE(event))) &&
		!(TRIGGER_FIRED_BY_TRUNCATE(event) && TRIGGER_FIRED_BEFORE(event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger function \"%s\" must be fired AFTER UPDATE OR DELETE for each row or BEFORE TRUNCATE",
						"leadcrm.guard_key")));
	for (int i = 0; i < lengthof(columns) && trigdata->tg_trigger->tgnargs == 1; i++)
	{
		if (strcmp(trigdata->tg_trigger->tgargs[0], columns[i]) == 0)
			return columns[i];
	}
	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("trigger function \"%s\" must be told which column of table \"%s\" names the rows",
					"leadcrm.guard_key", "lead"),
			 errhint("Its argument is \"owner\", \"team\" or \"pool\".")));
	return NULL;				/* keep compiler quiet */
}

/* The code of a row, or NULL. */
static char *
row_key(TriggerData *trigdata, HeapTuple row)
{
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);
	int			attnum = SPI_fnumber(tupdesc, "code");
	Datum		value;
	bool		isnull;

	if (attnum <= 0 || TupleDescAttr(tupdesc, attnum - 1)->atttypid != TEXTOID)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("table \"%s\" has no column \"%s\" of type %s",
						RelationGetRelationName(trigdata->tg_relation), "code", "text")));
	value = heap_getattr(row, attnum, tupdesc, &isnull);
	return isnull ? NULL : TextDatumGetCString(value);
}

/*
 * leadcrm_guard_count
 *		Lock the writers of leads out and count the leads of which a condition
 *		holds; *first gets the first of them.
 *
 * Raises 39P01 unless the trigger's table belongs to the owner of the leads.
 * The leads are read as their owner, whoever changes the row, and with the
 * latest snapshot: above READ COMMITTED the transaction's own may be older than
 * the leads that we have just waited for.
 */
int64
leadcrm_guard_count(TriggerData *trigdata, const char *condition, int nargs, Oid *types, Datum *values,
					int64 *first)
{
	Relation	rel = trigdata->tg_relation;
	Relation	lead = table_open(leadcrm_workspace_table(RelationGetNamespace(rel), "lead"),
								  AccessShareLock);
	Workspace  *ws = leadcrm_workspace_of(lead);
	OwnerSave	save;
	int64		n;
	bool		isnull;

	if (rel->rd_rel->relowner != ws->owner)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("table \"%s\" does not belong to the owner of its workspace",
						RelationGetRelationName(rel))));
	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_execute(psprintf("LOCK TABLE %s.lead IN SHARE MODE", ws->name), false, 0) < 0)
		elog(ERROR, "could not lock the leads of workspace %s", ws->name);
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute_with_args(psprintf("SELECT pg_catalog.count(*), pg_catalog.min(id) FROM %s.lead WHERE %s",
									   ws->name, condition),
							  nargs, types, values, NULL, true, 0) != SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "could not read the leads of workspace %s", ws->name);
	PopActiveSnapshot();
	n = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	*first = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	return n;
}

/* Raise 23503 if a lead names the key, or, with key NULL, any. */
static void
refuse_named(TriggerData *trigdata, const char *column, const char *key)
{
	Relation	rel = trigdata->tg_relation;
	const char *table = RelationGetRelationName(rel);
	Datum		value = key != NULL ? CStringGetTextDatum(key) : (Datum) 0;
	int64		first;
	int64		n = leadcrm_guard_count(trigdata,
										psprintf("%s %s", column,
												 key != NULL ? "OPERATOR(pg_catalog.=) $1" : "IS NOT NULL"),
										key != NULL ? 1 : 0, (Oid[]) {TEXTOID}, &value, &first);

	if (n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 key == NULL ?
				 errmsg("cannot truncate table \"%s\" while leads name its rows", table) :
				 TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
				 errmsg("cannot change the code of %s \"%s\" while leads name it", table, key) :
				 errmsg("cannot delete %s \"%s\" while leads name it", table, key),
				 key == NULL ?
				 errdetail_plural("Column \"%s\" of %lld lead is filled: lead %lld.",
								  "Column \"%s\" of %lld leads is filled, the first is lead %lld.",
								  n, column, (long long) n, (long long) first) :
				 errdetail_plural("Column \"%s\" of %lld lead names it: lead %lld.",
								  "Column \"%s\" of %lld leads names it, the first is lead %lld.",
								  n, column, (long long) n, (long long) first),
				 errhint("Set column \"active\" to false instead, or first give its leads to others, merged and closed ones too."),
				 errtable(rel)));
}
