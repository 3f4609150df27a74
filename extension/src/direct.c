/*-------------------------------------------------------------------------
 * direct.c
 *	  Inserting into a table of a workspace without a statement for each row.
 *
 * Starting and ending an executor costs more than the row it inserts.  What
 * every arriving lead writes, its claims and its event or the log of its merge,
 * goes into tables that only leadcrm writes; for these the table and its indexes
 * are opened once per statement on lead and rows are inserted as COPY does it,
 * many at a time.
 *
 * That holds for a table as the template makes it.  One that has been given
 * triggers, forced row security, other columns, defaults that count or another
 * owner, or that another engine keeps elsewhere, is not opened: its writer then
 * goes through SPI, which honours all of that.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "commands/sequence.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "direct.h"

static const char *const side_table[] = {
	[SIDE_EVENT] = "event",
	[SIDE_MERGE_LOG] = "merge_log",
	[SIDE_ASSIGNMENT_LOG] = "assignment_log",
	[SIDE_TASK] = "task",
	[SIDE_REP_LOAD] = "rep_load",
};

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
	table = palloc0(sizeof(DirectTable));
	table->rel = rel;
	table->cxt = cxt;
	table->owner = CurrentResourceOwner;
	table->estate = CreateExecutorState();
	table->result = makeNode(ResultRelInfo);
	InitResultRelInfo(table->result, rel, 0, NULL, 0);
	ExecOpenIndices(table->result, false);
	leadcrm_direct_prepare(ws, table->result);
	table->slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsVirtual);
	MemoryContextSwitchTo(old);
	return table;
}

/*
 * leadcrm_direct_open_side
 *		The same for a table whose first column numbers its rows.
 */
DirectTable *
leadcrm_direct_open_side(Workspace *ws, WorkspaceSide which, const DirectColumn *column,
						 int ncolumns, MemoryContext cxt)
{
	DirectTable *table = leadcrm_direct_open(ws, side_table[which], column, ncolumns, cxt);

	if (table == NULL)
		return NULL;
	table->sequence = leadcrm_workspace_sequence(ws, which, table->rel);
	if (OidIsValid(table->sequence))
		return table;
	leadcrm_direct_close(table);
	return NULL;
}

/*
 * leadcrm_direct_row
 *		The slot for the next row: numbered, if it has a number, and else NULL.
 *		The caller sets values that live until leadcrm_direct_insert().
 */
TupleTableSlot *
leadcrm_direct_row(DirectTable *table)
{
	TupleTableSlot *slot = table->slot;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	slot->tts_tableOid = RelationGetRelid(table->rel);
	if (OidIsValid(table->sequence))
	{
		slot->tts_values[0] = Int64GetDatum(nextval_internal(table->sequence, false));
		slot->tts_isnull[0] = false;
	}
	return slot;
}

/*
 * leadcrm_direct_insert
 *		Insert the row in the slot, at the latest with leadcrm_direct_flush().
 *
 * Raises what INSERT would: 23505, 23502, 23514.
 */
void
leadcrm_direct_insert(DirectTable *table)
{
	TupleTableSlot *row;

	ExecStoreVirtualTuple(table->slot);
	if (RelationGetDescr(table->rel)->constr != NULL)
		ExecConstraints(table->result, table->slot, table->estate);

	row = table->row[table->nrows];
	if (row == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(table->cxt);

		row = table->row[table->nrows] =
			MakeSingleTupleTableSlot(RelationGetDescr(table->rel), &TTSOpsHeapTuple);
		MemoryContextSwitchTo(old);
	}
	ExecCopySlot(row, table->slot);
	table->nrows++;
	ResetPerTupleExprContext(table->estate);
	if (table->nrows == DIRECT_MAX_ROWS)
		leadcrm_direct_flush(table);
}

/*
 * leadcrm_direct_flush
 *		Insert what has not been inserted yet.
 */
void
leadcrm_direct_flush(DirectTable *table)
{
	CommandId	cid;

	if (table->nrows == 0)
		return;
	CHECK_FOR_INTERRUPTS();
	cid = GetCurrentCommandId(true);
	if (table->nrows == 1)
		table_tuple_insert(table->rel, table->row[0], cid, 0, NULL);
	else
	{
		MemoryContext old = MemoryContextSwitchTo(GetPerTupleMemoryContext(table->estate));

		table_multi_insert(table->rel, table->row, table->nrows, cid, 0, NULL);
		MemoryContextSwitchTo(old);
	}
	for (int i = 0; i < table->nrows; i++)
	{
		if (table->result->ri_NumIndices > 0)
			(void) ExecInsertIndexTuples_compat(table->result, table->row[i], table->estate,
												false, NULL, NIL);
		ResetPerTupleExprContext(table->estate);
		ExecClearTuple(table->row[i]);
	}
	table->nrows = 0;
}

/*
 * leadcrm_direct_close
 *		Insert what is left and close the table; its lock stays to the end.
 */
void
leadcrm_direct_close(DirectTable *table)
{
	ResourceOwner owner = CurrentResourceOwner;

	leadcrm_direct_flush(table);
	CurrentResourceOwner = table->owner;
	for (int i = 0; i < DIRECT_MAX_ROWS && table->row[i] != NULL; i++)
		ExecDropSingleTupleTableSlot(table->row[i]);
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
		tupdesc->natts != ncolumns ||
		rel->trigdesc != NULL)
		return false;
	for (int i = 0; i < ncolumns; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);

		if (att->atttypid != column[i].type || strcmp(NameStr(att->attname), column[i].name) != 0 ||
			(att->atthasdef && column[i].left_out) || att->attgenerated != '\0')
			return false;
	}
	return true;
}
