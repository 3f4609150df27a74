/*-------------------------------------------------------------------------
 * lead_scan.c
 *	  Looking leads up by id without a statement.
 *
 * For transactions at READ COMMITTED, where each statement has a snapshot of
 * its own: this is the statement SELECT ... WHERE id = $1, with or without FOR
 * NO KEY UPDATE.  Rows are read past row security: that is meant, for the
 * triggers that read them act as the table's owner.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/stratnum.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "lead_scan.h"

/*
 * leadcrm_lead_scan_begin
 *		Open the lead table for look-ups; false when its primary key is not id.
 *
 * Its snapshot is new, so that it shows what this transaction has written and
 * what others have committed, and it is the active one until the end.
 */
bool
leadcrm_lead_scan_begin(LeadScan *scan, Workspace *ws, Relation lead)
{
	Oid			primary = RelationGetPrimaryKeyIndex_compat(lead);

	Assert(!IsolationUsesXactSnapshot());
	if (!OidIsValid(primary))
		return false;
	scan->index = index_open(primary, AccessShareLock);
	if (scan->index->rd_index->indnkeyatts != 1 ||
		scan->index->rd_index->indkey.values[0] != ws->column[LEAD_ID])
	{
		index_close(scan->index, AccessShareLock);
		return false;
	}
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	scan->slot = table_slot_create(lead, NULL);
	scan->scan = index_beginscan_compat(lead, scan->index, GetActiveSnapshot(), 1);
	return true;
}

/*
 * leadcrm_lead_scan_find
 *		Find a lead; it is in the scan's slot until the next call.
 */
bool
leadcrm_lead_scan_find(LeadScan *scan, int64 id)
{
	ScanKeyData key;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	index_rescan(scan->scan, &key, 1, NULL, 0);
	return index_getnext_slot(scan->scan, ForwardScanDirection, scan->slot);
}

/*
 * leadcrm_lead_scan_lock
 *		Lock a lead FOR NO KEY UPDATE; false when it is gone.
 *
 * Waits for whoever is changing it, and finds what he made of it.
 */
bool
leadcrm_lead_scan_lock(LeadScan *scan, int64 id)
{
	ItemPointerData tid;
	TM_FailureData tmfd;

	if (!leadcrm_lead_scan_find(scan, id))
		return false;
	tid = scan->slot->tts_tid;
	return table_tuple_lock(scan->scan->heapRelation, &tid, GetActiveSnapshot(), scan->slot,
							GetCurrentCommandId(false), LockTupleNoKeyExclusive, LockWaitBlock,
							TUPLE_LOCK_FLAG_LOCK_UPDATE_IN_PROGRESS | TUPLE_LOCK_FLAG_FIND_LAST_VERSION,
							&tmfd) == TM_Ok;
}

/*
 * leadcrm_lead_scan_end
 *		Close it; locks on leads stay.
 */
void
leadcrm_lead_scan_end(LeadScan *scan)
{
	index_endscan(scan->scan);
	ExecDropSingleTupleTableSlot(scan->slot);
	PopActiveSnapshot();
	index_close(scan->index, AccessShareLock);
}
