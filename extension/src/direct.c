/*-------------------------------------------------------------------------
 * direct.c
 *	  Inserting into a table of a workspace without a statement for each row.
 *
 * Starting and ending an executor costs more than the row it inserts.  What
 * every arriving lead writes, its claims and its event, goes into tables that
 * only leadcrm writes; for these the table and its indexes are opened once per
 * statement on lead and rows are inserted as ExecInsert() inserts them.
 *
 * That holds for a table as the template makes it.  One that has been given
 * triggers, checks, forced row security, other columns or another owner, or
 * that another engine keeps elsewhere, is not opened: its writer then goes
 * through SPI, which honours all of that.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "utils/rel.h"

#include "direct.h"

static bool direct_is_plain(Workspace *ws, Relation rel, const DirectColumn *column, int ncolumns);

/*
 * leadcrm_direct_open
 *		Open a table for rows of one statement.
 *
 * column, ncolumns: its columns.  cxt: where the result lives, a context of
 * the current subtransaction.
 *
 * Returns NULL when the table is not as the template makes it.  Locks it in
 * ROW EXCLUSIVE mode; raises 42P01 when it is gone.
 */
DirectTable *
leadcrm_direct_open(Workspace *ws, const char *name, const DirectColumn *column, int ncolumns,
					MemoryContext cxt)
{
	DirectTable *table;
	Relation	rel;
	MemoryContext old;

	rel = table_open(leadcrm_workspace_table(ws->namespace_oid, name), RowExclusiveLock);
	if (!direct_is_plain(ws, rel, column, ncolumns))
	{
		table_close(rel, RowExclusiveLock);
		return NULL;
	}

	old = MemoryContextSwitchTo(cxt);
	table = palloc(sizeof(DirectTable));
	table->rel = rel;
	table->owner = CurrentResourceOwner;
	table->estate = CreateExecutorState();
	table->result = makeNode(ResultRelInfo);
	InitResultRelInfo(table->result, rel, 0, NULL, 0);
	ExecOpenIndices(table->result, false);
	table->slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsVirtual);
	MemoryContextSwitchTo(old);
	return table;
}

/*
 * leadcrm_direct_row
 *		The slot for the next row, every column NULL; the caller sets values
 *		that live until the row is inserted.
 */
TupleTableSlot *
leadcrm_direct_row(DirectTable *table)
{
	TupleTableSlot *slot = table->slot;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	slot->tts_tableOid = RelationGetRelid(table->rel);
	return slot;
}

/*
 * leadcrm_direct_insert
 *		Insert the row in the slot; raises 23505 where an index says so.
 */
void
leadcrm_direct_insert(DirectTable *table)
{
	ExecStoreVirtualTuple(table->slot);
	table_tuple_insert(table->rel, table->slot, GetCurrentCommandId(true), 0, NULL);
	if (table->result->ri_NumIndices > 0)
		(void) ExecInsertIndexTuples_compat(table->result, table->slot, table->estate,
											false, NULL, NIL);
	ResetPerTupleExprContext(table->estate);
}

/*
 * leadcrm_direct_close
 *		Close what leadcrm_direct_open() opened; the lock stays to the end.
 */
void
leadcrm_direct_close(DirectTable *table)
{
	ResourceOwner owner = CurrentResourceOwner;

	CurrentResourceOwner = table->owner;
	ExecDropSingleTupleTableSlot(table->slot);
	ExecCloseIndices(table->result);
	table_close(table->rel, NoLock);
	CurrentResourceOwner = owner;
	FreeExecutorState(table->estate);
}

/* Is the table nothing but what the template makes of it? */
static bool
direct_is_plain(Workspace *ws, Relation rel, const DirectColumn *column, int ncolumns)
{
	TupleDesc	tupdesc = RelationGetDescr(rel);

	if (ws->distributed ||
		rel->rd_rel->relkind != RELKIND_RELATION ||
		rel->rd_rel->relam != HEAP_TABLE_AM_OID ||
		rel->rd_rel->relowner != ws->owner ||
		rel->rd_rel->relforcerowsecurity ||
		rel->rd_rel->relispartition ||
		rel->rd_rel->relhasrules ||
		rel->trigdesc != NULL ||
		tupdesc->natts != ncolumns ||
		(tupdesc->constr != NULL &&
		 (tupdesc->constr->num_check > 0 || tupdesc->constr->num_defval > 0)))
		return false;
	for (int i = 0; i < ncolumns; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);

		if (att->atttypid != column[i].type || strcmp(NameStr(att->attname), column[i].name) != 0)
			return false;
	}
	return true;
}
