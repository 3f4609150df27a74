/*-------------------------------------------------------------------------
 * ledger.c
 *	  Tables whose rows are added to by many at once, and nobody waits.
 *
 * A number that all writers change is kept as the sum of several rows.  Who
 * changes it adds to a row that nobody else is writing, in place, or inserts
 * another; commit and rollback make the sum exact.  Here is how such rows are
 * found and written; what they add up to is their owners' business: load.c,
 * cube_write.c.
 *
 * Rows are found by an index under a dirty snapshot, which shows what is
 * committed or in flight, whatever the isolation level, and leaves no
 * predicate locks.  They are read and written past the executor (see direct.c);
 * an update is a HOT one as a rule, for no indexed column changes and the pages
 * are not filled.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "utils/rel.h"

#include "ledger.h"
#include "ledger_trail.h"

static void ledger_see(Ledger *ledger);
static void ledger_written(Ledger *ledger);

/*
 * leadcrm_ledger_open
 *		Open a ledger for one statement.
 *
 * index: one of the table's, whose first column is looked up by `equal`.
 * cxt: where the result lives; a context of the current subtransaction.
 */
Ledger *
leadcrm_ledger_open(DirectTable *table, Relation index, RegProcedure equal, MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	Ledger	   *ledger = palloc0(sizeof(Ledger));

	ledger->cxt = cxt;
	ledger->table = table;
	ledger->slot = table_slot_create(table->rel, NULL);
	InitDirtySnapshot(ledger->dirty);
	ledger->scan = index_beginscan_compat(table->rel, index, &ledger->dirty, 1);
	ScanKeyInit(&ledger->key, 1, BTEqualStrategyNumber, equal, (Datum) 0);
	MemoryContextSwitchTo(old);
	return ledger;
}

/*
 * leadcrm_ledger_seek
 *		Begin to look for rows with a key, under &ledger->dirty or another
 *		snapshot.  The key must live until the last one is found.
 */
void
leadcrm_ledger_seek(Ledger *ledger, Datum key, Snapshot snapshot)
{
	MemoryContext old = MemoryContextSwitchTo(ledger->cxt); /* the scan's */

	ledger->key.sk_argument = key;
	ledger->scan->xs_snapshot = snapshot;
	index_rescan(ledger->scan, &ledger->key, 1, NULL, 0);
	MemoryContextSwitchTo(old);
}

/*
 * leadcrm_ledger_next
 *		The next version of a row with that key; after the last no page is
 *		pinned.
 *
 * Versions of one row in one page come in the order in which they were
 * written.  This is index_getnext_slot(), but for entries that need no look.
 */
bool
leadcrm_ledger_next(Ledger *ledger)
{
	MemoryContext old = MemoryContextSwitchTo(ledger->cxt);
	IndexScanDesc scan = ledger->scan;
	bool		found = false;

	do
	{
		if (!scan->xs_heap_continue)
		{
			ItemPointer tid = index_getnext_tid(scan, ForwardScanDirection);

			if (tid == NULL)
				break;
			if (leadcrm_ledger_trail_has(ledger->table->rel, tid))
				continue;
			ledger->version.entry = *tid;
		}
		found = index_fetch_heap(scan, ledger->slot);
	} while (!found);

	if (found)
		ledger_see(ledger);
	else
	{
		ExecClearTuple(ledger->slot);
		index_rescan(scan, &ledger->key, 1, NULL, 0);
	}
	MemoryContextSwitchTo(old);
	return found;
}

/* What is to be known about the version in the slot. */
static void
ledger_see(Ledger *ledger)
{
	HeapTupleHeader tuple = ExecFetchSlotHeapTuple(ledger->slot, false, NULL)->t_data;
	LedgerVersion *version = &ledger->version;
	bool		dirty = ledger->scan->xs_snapshot == &ledger->dirty;

	slot_getallattrs(ledger->slot);
	version->tid = ledger->slot->tts_tid;
	version->ours = !HeapTupleHeaderXminCommitted(tuple) &&
		TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetRawXmin(tuple));
	version->in_flight = dirty && TransactionIdIsValid(ledger->dirty.xmin);
	version->busy = version->in_flight || (dirty && TransactionIdIsValid(ledger->dirty.xmax));
}

/*
 * leadcrm_ledger_lock
 *		Lock a row by the version last seen of it, for writing.
 *
 * Returns the slot of the row to be written, with the values that it has; they
 * live until it is written.  NULL when somebody else is at it, or was.
 */
TupleTableSlot *
leadcrm_ledger_lock(Ledger *ledger, const LedgerVersion *version)
{
	Relation	rel = ledger->table->rel;
	TupleTableSlot *slot = ledger->table->slot;
	ItemPointerData tid = version->tid;

	/* What this transaction wrote, nobody else can have locked against it. */
	if (version->ours)
	{
		if (!table_tuple_fetch_row_version(rel, &tid, SnapshotAny, ledger->slot))
			elog(ERROR, "lost a row of \"%s\"", RelationGetRelationName(rel));
	}
	else
	{
		TM_FailureData tmfd;

		if (table_tuple_lock(rel, &tid, SnapshotAny, ledger->slot, GetCurrentCommandId(false),
							 LockTupleNoKeyExclusive, LockWaitSkip, 0, &tmfd) != TM_Ok)
		{
			ExecClearTuple(ledger->slot);
			return NULL;
		}
	}

	slot_getallattrs(ledger->slot);
	ExecClearTuple(slot);
	memcpy(slot->tts_values, ledger->slot->tts_values,
		   slot->tts_tupleDescriptor->natts * sizeof(Datum));
	memcpy(slot->tts_isnull, ledger->slot->tts_isnull,
		   slot->tts_tupleDescriptor->natts * sizeof(bool));
	return slot;
}

/*
 * leadcrm_ledger_update
 *		Write what has become of the slot of leadcrm_ledger_lock().
 */
void
leadcrm_ledger_update(Ledger *ledger, const LedgerVersion *version)
{
	Relation	rel = ledger->table->rel;
	TupleTableSlot *slot = ledger->table->slot;
	ItemPointerData tid = version->tid;
	UpdateIndexes_compat indexes;

	ExecStoreVirtualTuple(slot);
	simple_table_tuple_update(rel, &tid, slot, SnapshotAny, &indexes);
	if (indexes)
	{
		(void) ExecUpdateIndexTuples_compat(ledger->table->result, slot, ledger->table->estate,
											indexes);
		leadcrm_ledger_trail_add(rel, &version->entry);
	}
	ledger_written(ledger);
}

/*
 * leadcrm_ledger_delete
 *		Delete a row that leadcrm_ledger_lock() has locked.
 */
void
leadcrm_ledger_delete(Ledger *ledger, const LedgerVersion *version)
{
	ItemPointerData tid = version->tid;

	simple_table_tuple_delete(ledger->table->rel, &tid, SnapshotAny);
	leadcrm_ledger_trail_add(ledger->table->rel, &version->entry);
	ledger_written(ledger);
}

/*
 * leadcrm_ledger_insert
 *		Insert the row in the slot of leadcrm_direct_row() at once.
 */
void
leadcrm_ledger_insert(Ledger *ledger)
{
	TupleTableSlot *slot = ledger->table->slot;

	ExecStoreVirtualTuple(slot);
	table_tuple_insert(ledger->table->rel, slot, GetCurrentCommandId(true), 0, NULL);
	(void) ExecInsertIndexTuples_compat(ledger->table->result, slot, ledger->table->estate,
										false, NULL, NIL);
	ledger_written(ledger);
}

/* After a row is written: it may be written again, and scans see it. */
static void
ledger_written(Ledger *ledger)
{
	ExecClearTuple(ledger->table->slot);
	ExecClearTuple(ledger->slot);
	ResetPerTupleExprContext(ledger->table->estate);
	CommandCounterIncrement();
}

/*
 * leadcrm_ledger_superseded
 *		Has the transaction that wrote this version replaced it on the same page?
 *		Then it will never count, and there is another that may.
 */
bool
leadcrm_ledger_superseded(HeapTupleHeader tuple, TransactionId writer)
{
	return (tuple->t_infomask & HEAP_XMAX_IS_MULTI) == 0 &&
		!HEAP_XMAX_IS_LOCKED_ONLY(tuple->t_infomask) &&
		HeapTupleHeaderIsHotUpdated(tuple) &&
		TransactionIdEquals(HeapTupleHeaderGetRawXmax(tuple), writer);
}

/*
 * leadcrm_ledger_close
 *		Close the ledger and its table, whose lock stays to the end.
 */
void
leadcrm_ledger_close(Ledger *ledger)
{
	ResourceOwner owner = CurrentResourceOwner;

	CurrentResourceOwner = ledger->table->owner;
	index_endscan(ledger->scan);
	ExecDropSingleTupleTableSlot(ledger->slot);
	CurrentResourceOwner = owner;
	leadcrm_direct_close(ledger->table);
}
