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
 * Where the template gives a table triggers that fire after its rows, they are
 * fired as COPY fires them.
 *
 * That holds for a table as the template makes it.  One that has been given
 * other triggers, forced row security, other columns, defaults that count or another
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
#include "catalog/pg_opfamily.h"
#include "commands/sequence.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "direct.h"

static const char *const side_table[] = {
	[SIDE_EVENT] = "event",
	[SIDE_MERGE_LOG] = "merge_log",
	[SIDE_ASSIGNMENT_LOG] = "assignment_log",
	[SIDE_TASK] = "task",
	[SIDE_REP_LOAD] = "rep_load",
	[SIDE_ACTIVITY] = "activity",
};

/* What a table may be besides plain. */
#define MAY_BE_PARTITION	1
#define MAY_FIRE			2		/* triggers after INSERT */

static DirectTable *direct_open(Workspace *ws, const char *name, const DirectColumn *column,
								int ncolumns, int allowed, MemoryContext cxt);
static DirectTable *direct_number(Workspace *ws, WorkspaceSide which, DirectTable *table);
static bool direct_is_plain(Workspace *ws, Relation rel, const DirectColumn *column, int ncolumns,
							int allowed);

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
	return direct_open(ws, name, column, ncolumns, 0, cxt);
}

/*
 * leadcrm_direct_open_partition
 *		The same for what may be a partition: the caller knows that its rows
 *		belong there.
 */
DirectTable *
leadcrm_direct_open_partition(Workspace *ws, const char *partition, const DirectColumn *column,
							  int ncolumns, MemoryContext cxt)
{
	return direct_open(ws, partition, column, ncolumns, MAY_BE_PARTITION, cxt);
}

static DirectTable *
direct_open(Workspace *ws, const char *name, const DirectColumn *column, int ncolumns, int allowed,
			MemoryContext cxt)
{
	DirectTable *table;
	Relation	rel;
	MemoryContext old;

	rel = table_open(leadcrm_workspace_table(ws->namespace_oid, name), RowExclusiveLock);
	if (!direct_is_plain(ws, rel, column, ncolumns, allowed))
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
	return direct_number(ws, which, direct_open(ws, side_table[which], column, ncolumns, 0, cxt));
}

/*
 * leadcrm_direct_open_fired
 *		The same for a table whose rows fire triggers.
 *
 * It begins a statement, which leadcrm_direct_close() ends; until then nothing
 * but rows of it may be written.  The caller acts as the owner.
 */
DirectTable *
leadcrm_direct_open_fired(Workspace *ws, WorkspaceSide which, const DirectColumn *column,
						  int ncolumns, MemoryContext cxt)
{
	DirectTable *table = direct_number(ws, which, direct_open(ws, side_table[which], column,
															  ncolumns, MAY_FIRE, cxt));
	TriggerDesc *triggers;

	if (table == NULL)
		return NULL;
	triggers = table->result->ri_TrigDesc;
	table->fired = true;
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	table->estate->es_snapshot = GetActiveSnapshot();
	table->estate->es_output_cid = GetCurrentCommandId(true);
	table->estate->es_opened_result_relations = list_make1(table->result);
	AfterTriggerBeginQuery();
	ExecBSInsertTriggers(table->estate, table->result);
	table->transition = MakeTransitionCaptureState(triggers, RelationGetRelid(table->rel), CMD_INSERT);
	return table;
}

/*
 * leadcrm_direct_trust
 *		Do not look up the row that a foreign key of one column refers to.
 *
 * The caller has all of these rows locked until the end of the transaction.
 */
void
leadcrm_direct_trust(DirectTable *table, AttrNumber column, Oid referenced, AttrNumber key)
{
	TriggerDesc *triggers = table->result->ri_TrigDesc;
	ListCell   *cell;

	foreach(cell, RelationGetFKeyList(table->rel))
	{
		ForeignKeyCacheInfo *fk = lfirst(cell);

		if (fk->nkeys != 1 || fk->conkey[0] != column || fk->confrelid != referenced ||
			fk->confkey[0] != key)
			continue;
		for (int i = 0; i < triggers->numtriggers; i++)
		{
			/* The description is a copy, for this statement only. */
			if (triggers->triggers[i].tgconstraint == fk->conoid &&
				triggers->triggers[i].tgfoid == F_RI_FKEY_CHECK_INS)
				triggers->triggers[i].tgenabled = TRIGGER_DISABLED;
		}
	}
}

/*
 * leadcrm_direct_index
 *		The btree on one bigint column and nothing else, of all rows; NULL when
 *		it is not there.
 *
 * column: counted from 0, as in DirectColumn.
 */
Relation
leadcrm_direct_index(const DirectTable *table, int column)
{
	const ResultRelInfo *result = table->result;

	for (int i = 0; i < result->ri_NumIndices; i++)
	{
		Relation	index = result->ri_IndexRelationDescs[i];
		const IndexInfo *info = result->ri_IndexRelationInfo[i];

		if (info->ii_NumIndexKeyAttrs == 1 &&
			info->ii_IndexAttrNumbers[0] == column + 1 &&
			index->rd_opfamily[0] == INTEGER_BTREE_FAM_OID &&
			info->ii_Predicate == NIL &&
			index->rd_index->indisvalid)
			return index;
	}
	return NULL;
}

/* Find what numbers the rows of a table; closes it where nothing does. */
static DirectTable *
direct_number(Workspace *ws, WorkspaceSide which, DirectTable *table)
{
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
		List	   *recheck = NIL;

		if (table->result->ri_NumIndices > 0)
			recheck = ExecInsertIndexTuples_compat(table->result, table->row[i], table->estate,
												   false, NULL, NIL);
		if (table->fired)
			ExecARInsertTriggers(table->estate, table->result, table->row[i], recheck,
								 table->transition);
		ResetPerTupleExprContext(table->estate);
		ExecClearTuple(table->row[i]);
	}
	table->nrows = 0;
}

/*
 * leadcrm_direct_close
 *		Insert what is left, end the statement that fires triggers, and close the
 *		table; its lock stays to the end.
 */
void
leadcrm_direct_close(DirectTable *table)
{
	ResourceOwner owner = CurrentResourceOwner;

	leadcrm_direct_flush(table);
	if (table->fired)
	{
		ExecASInsertTriggers(table->estate, table->result, table->transition);
		AfterTriggerEndQuery(table->estate);
		PopActiveSnapshot();
	}
	CurrentResourceOwner = table->owner;
	for (int i = 0; i < DIRECT_MAX_ROWS && table->row[i] != NULL; i++)
		ExecDropSingleTupleTableSlot(table->row[i]);
	ExecDropSingleTupleTableSlot(table->slot);
	ExecCloseIndices(table->result);
	table_close(table->rel, NoLock);
	CurrentResourceOwner = owner;
	ExecResetTupleTable(table->estate->es_tupleTable, false);
	FreeExecutorState(table->estate);
}

/* Is the table nothing but what the template makes of it? */
static bool
direct_is_plain(Workspace *ws, Relation rel, const DirectColumn *column, int ncolumns, int allowed)
{
	TupleDesc	tupdesc = RelationGetDescr(rel);

	if (ws->distributed ||
		rel->rd_rel->relkind != RELKIND_RELATION ||
		rel->rd_rel->relam != HEAP_TABLE_AM_OID ||
		rel->rd_rel->relowner != ws->owner ||
		rel->rd_rel->relforcerowsecurity ||
		(rel->rd_rel->relispartition && !(allowed & MAY_BE_PARTITION)) ||
		rel->rd_rel->relhasrules ||
		tupdesc->natts != ncolumns ||
		(rel->trigdesc != NULL &&
		 (!(allowed & MAY_FIRE) || rel->trigdesc->trig_insert_before_row || rel->trigdesc->trig_insert_instead_row)))
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
