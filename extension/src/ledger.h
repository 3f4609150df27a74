/*-------------------------------------------------------------------------
 * ledger.h
 *	  Tables whose rows are added to by many at once, and nobody waits.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_LEDGER_H
#define LEADCRM_LEDGER_H

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "utils/snapmgr.h"

#include "direct.h"

/* A version of a row, as a scan came by it. */
typedef struct LedgerVersion
{
	ItemPointerData tid;
	ItemPointerData entry;		/* the index entry that led there */
	bool		ours;			/* written by this transaction */
	bool		in_flight;		/* written by another that is in progress */
	bool		busy;			/* that, or being replaced by another */
} LedgerVersion;

/* A ledger opened for one statement. */
typedef struct Ledger
{
	MemoryContext cxt;
	DirectTable *table;
	TupleTableSlot *slot;		/* the version being looked at, all columns */
	LedgerVersion version;		/* the same */
	SnapshotData dirty;			/* what is committed or in flight */
	IndexScanDesc scan;
	ScanKeyData key;
} Ledger;

extern Ledger *leadcrm_ledger_open(DirectTable *table, Relation index, RegProcedure equal,
								   MemoryContext cxt);
extern void leadcrm_ledger_seek(Ledger *ledger, Datum key, Snapshot snapshot);
extern bool leadcrm_ledger_next(Ledger *ledger);
extern TupleTableSlot *leadcrm_ledger_lock(Ledger *ledger, const LedgerVersion *version);
extern void leadcrm_ledger_update(Ledger *ledger, const LedgerVersion *version);
extern void leadcrm_ledger_delete(Ledger *ledger, const LedgerVersion *version);
extern void leadcrm_ledger_insert(Ledger *ledger);
extern bool leadcrm_ledger_superseded(HeapTupleHeader tuple, TransactionId writer);
extern void leadcrm_ledger_close(Ledger *ledger);

#endif							/* LEADCRM_LEDGER_H */
