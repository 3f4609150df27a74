/*-------------------------------------------------------------------------
 * ledger_trail.c
 *	  The versions of rows of a ledger that this transaction has left behind.
 *
 * A transaction of many statements adds to the same few rows again and again,
 * and what it replaces cannot be pruned before it ends.  Its own scans would
 * walk past all of it, longer for each statement.  So, whenever a page is full
 * and a row moves to the next, or a row goes, the index entry that led to it is
 * noted here, and scans pass it by.
 *
 * Such an entry leads to nothing as long as the transaction that moved the row
 * is ours: if a subtransaction, then until that is rolled back, whereupon it is
 * no current one any more.  The place cannot be given to another row before.
 * The notes end with the transaction.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "common/hashfn.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "ledger_trail.h"

typedef struct TrailKey
{
	Oid			storage;		/* TRUNCATE begins another */
	ItemPointerData entry;
} TrailKey;

typedef struct TrailEntry
{
	TrailKey	key;
	TransactionId mover;
	char		status;
} TrailEntry;

#define SH_PREFIX		trail
#define SH_ELEMENT_TYPE	TrailEntry
#define SH_KEY_TYPE		TrailKey
#define SH_KEY			key
#define SH_HASH_KEY(tb, k) \
	murmurhash32((k).storage ^ ItemPointerGetBlockNumberNoCheck(&(k).entry) << 11 ^ \
				 ItemPointerGetOffsetNumberNoCheck(&(k).entry))
#define SH_EQUAL(tb, a, b) \
	((a).storage == (b).storage && ItemPointerEquals(&(a).entry, &(b).entry))
#define SH_SCOPE		static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static trail_hash *trail;

static void trail_forget(void *arg);

/*
 * leadcrm_ledger_trail_add
 *		The current subtransaction has moved the last version of a row that an
 *		index entry led to, to a place with an entry of its own, or deleted it.
 */
void
leadcrm_ledger_trail_add(Relation rel, const ItemPointerData *entry)
{
	TrailKey	key = {rel->rd_rel->relfilenode, *entry};
	bool		found;

	if (trail == NULL)
	{
		MemoryContext cxt = AllocSetContextCreate(TopTransactionContext, "leadcrm ledger trail",
												  ALLOCSET_SMALL_SIZES);
		MemoryContextCallback *callback = MemoryContextAllocZero(cxt, sizeof(MemoryContextCallback));
		trail_hash *made = trail_create(cxt, 64, NULL);

		callback->func = trail_forget;
		MemoryContextRegisterResetCallback(cxt, callback);
		trail = made;
	}
	trail_insert(trail, key, &found)->mover = GetCurrentTransactionId();
}

/*
 * leadcrm_ledger_trail_has
 *		Does an index entry lead only to what this transaction has left behind?
 */
bool
leadcrm_ledger_trail_has(Relation rel, const ItemPointerData *entry)
{
	TrailKey	key = {rel->rd_rel->relfilenode, *entry};
	TrailEntry *e;

	if (trail == NULL)
		return false;
	e = trail_lookup(trail, key);
	return e != NULL && TransactionIdIsCurrentTransactionId(e->mover);
}

static void
trail_forget(void *arg)
{
	trail = NULL;
}
