/*-------------------------------------------------------------------------
 * claim.c
 *	  Inserting identity claims without a statement for each row.
 *
 * What is done here is INSERT INTO identity … ON CONFLICT (kind, scope, key)
 * WHERE live DO NOTHING, step by step as ExecInsert() in nodeModifyTable.c
 * does it: look whether somebody holds the key, waiting for transactions that
 * come or go; insert speculatively; take the row back if somebody was faster.
 * The guarantee is the unique index's, as it is there.  The look-up is apart
 * from the insertion, so that a row's keys are all looked up before any is
 * claimed, and one speculative lock serves all of them.
 *
 * Where direct.c will not open the table, claims are made through SPI
 * (dedup.c).
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "claim.h"
#include "direct.h"

/* Columns of identity, in the order in which the template makes them. */
enum
{
	CLAIM_LEAD_ID,
	CLAIM_KIND,
	CLAIM_SCOPE,
	CLAIM_KEY,
	CLAIM_LIVE,
	CLAIM_STATE,
	CLAIM_BROUGHT_BY,
	CLAIM_CLAIMED_AT
};

static const DirectColumn claim_column[] = {
	[CLAIM_LEAD_ID] = {"lead_id", INT8OID},
	[CLAIM_KIND] = {"kind", TEXTOID},
	[CLAIM_SCOPE] = {"scope", TEXTOID},
	[CLAIM_KEY] = {"key", TEXTOID},
	[CLAIM_LIVE] = {"live", BOOLOID},
	[CLAIM_STATE] = {"state", TEXTOID},
	[CLAIM_BROUGHT_BY] = {"brought_by", INT8OID},
	[CLAIM_CLAIMED_AT] = {"claimed_at", TIMESTAMPTZOID},
};

/* Columns of the unique index of live claims. */
#define LIVE_KEY_COLUMNS	3

/*
 * A claim that is taken back costs as much as two or three look-ups.  So many
 * claims must have come in before we leave these out, and so many for each
 * key that was held.
 */
#define FREE_MIN_CLAIMS		32
#define FREE_MIN_SHARE		4

/*
 * What a list brings twice, it brings while we know it: a bit for each of the
 * last keys claimed, by their hash, forgotten when every fourth is set.
 */
#define SEEN_BITS			(1 << 19)
#define SEEN_MAX			(SEEN_BITS / 4)

struct ClaimTarget
{
	MemoryContext cxt;
	DirectTable *table;
	Datum		held;			/* state of a live claim */
	TupleTableSlot *row;		/* the claim as it is stored */
	TupleTableSlot *holder;		/* for looking at a claim */
	SnapshotData dirty;			/* what others have not committed shows, too */
	IndexScanDesc scan;			/* of identity_live_key, under that snapshot */
	ScanKeyData key[LIVE_KEY_COLUMNS];
	uint32		token;			/* of the row being claimed for */
	int64		nclaimed;		/* keys found free */
	int64		nheld;			/* keys found held */
	uint8	   *seen;			/* bits, or NULL */
	int			nseen;
};

static Relation claim_prepare_indexes(ResultRelInfo *result);
static bool claim_index_is_ours(Relation index, const IndexInfo *info);
static bool claim_predicate_is_live(List *predicate, bool *negated);
static void claim_check_visible(ClaimTarget *target);
static uint32 claim_seen_bit(const IdentityKey *key);
static void claim_set_seen(ClaimTarget *target, const IdentityKey *key);

/*
 * leadcrm_claim_open
 *		Open the workspace's identity table for claims of one statement.
 *
 * cxt: where the result lives; a context of the current subtransaction.
 *
 * Returns NULL when the table is not as the template makes it.  Locks it in
 * ROW EXCLUSIVE mode.
 */
ClaimTarget *
leadcrm_claim_open(Workspace *ws, MemoryContext cxt)
{
	ClaimTarget *target;
	DirectTable *table;
	MemoryContext old;
	Relation	index;

	table = leadcrm_direct_open(ws, "identity", claim_column, lengthof(claim_column), cxt);
	if (table == NULL)
		return NULL;
	index = claim_prepare_indexes(table->result);
	if (index == NULL)
	{
		leadcrm_direct_close(table);
		return NULL;
	}

	old = MemoryContextSwitchTo(cxt);
	target = palloc0(sizeof(ClaimTarget));
	target->cxt = cxt;
	target->table = table;
	target->held = CStringGetTextDatum("held");
	target->row = MakeSingleTupleTableSlot(RelationGetDescr(table->rel), &TTSOpsHeapTuple);
	target->holder = table_slot_create(table->rel, NULL);
	InitDirtySnapshot(target->dirty);
	target->scan = index_beginscan_compat(table->rel, index, &target->dirty, LIVE_KEY_COLUMNS);
	for (int i = 0; i < LIVE_KEY_COLUMNS; i++)
		ScanKeyInit(&target->key[i], i + 1, BTEqualStrategyNumber, F_TEXTEQ, (Datum) 0);
	MemoryContextSwitchTo(old);
	return target;
}

/*
 * leadcrm_claim_find
 *		Is a key held, and by which claim?
 *
 * Waits for a transaction that is about to hold or to give up the key.  Raises
 * 40001 where the isolation level forbids to act on a claim that the snapshot
 * cannot see.
 */
bool
leadcrm_claim_find(ClaimTarget *target, const IdentityKey *key, Claim *claim)
{
	TupleTableSlot *slot = target->holder;
	const int16 *column = target->scan->indexRelation->rd_index->indkey.values;
	bool		found;

	for (int i = 0; i < LIVE_KEY_COLUMNS; i++)
		target->key[i].sk_argument = PointerGetDatum(column[i] == CLAIM_KEY + 1 ? key->key :
													 column[i] == CLAIM_KIND + 1 ? key->rule->kind_text :
													 key->scope);
	for (;;)
	{
		MemoryContext old = MemoryContextSwitchTo(target->cxt);	/* the scan's */
		TransactionId xwait;
		uint32		token;
		bool		isnull;

		index_rescan(target->scan, target->key, LIVE_KEY_COLUMNS, NULL, 0);
		found = index_getnext_slot(target->scan, ForwardScanDirection, slot);
		MemoryContextSwitchTo(old);
		if (!found)
			break;
		xwait = TransactionIdIsValid(target->dirty.xmin) ? target->dirty.xmin : target->dirty.xmax;
		token = target->dirty.speculativeToken;
		claim->tid = slot->tts_tid;
		if (!TransactionIdIsValid(xwait))
		{
			claim->lead = DatumGetInt64(slot_getattr(slot, CLAIM_LEAD_ID + 1, &isnull));
			claim->own = TransactionIdIsCurrentTransactionId(
				DatumGetTransactionId(slot_getsysattr(slot, MinTransactionIdAttributeNumber, &isnull)));
			claim_check_visible(target);
		}

		/* No pin of ours is in anybody's way while we wait, or do other things. */
		ExecClearTuple(slot);
		index_rescan(target->scan, target->key, LIVE_KEY_COLUMNS, NULL, 0);
		if (!TransactionIdIsValid(xwait))
			break;
		if (token != 0)
			SpeculativeInsertionWait(xwait, token);
		else
			XactLockTableWait(xwait, target->table->rel, &claim->tid, XLTW_InsertIndex);
		CHECK_FOR_INTERRUPTS();
	}
	if (found)
		target->nheld++;
	return found;
}

/*
 * leadcrm_claim_likely_free
 *		Will nobody hold these keys, as far as this statement can tell?
 *
 * So it was with nearly all that it brought until now, and these are new to it.
 */
bool
leadcrm_claim_likely_free(const ClaimTarget *target, const IdentityKey *keys, int nkeys)
{
	if (target->nclaimed < FREE_MIN_CLAIMS || target->nclaimed < FREE_MIN_SHARE * target->nheld)
		return false;
	for (int i = 0; i < nkeys; i++)
	{
		uint32		bit = claim_seen_bit(&keys[i]);

		if (target->seen != NULL && (target->seen[bit / 8] & (1 << bit % 8)) != 0)
			return false;
	}
	return true;
}

/*
 * leadcrm_claim_lock
 *		Lock a claim FOR SHARE, so that nobody moves or retires it before this
 *		transaction ends; false when somebody has.
 *
 * What this transaction inserted is out of everybody's reach as it is.  The
 * current command must not have inserted it.
 */
bool
leadcrm_claim_lock(ClaimTarget *target, Claim *claim)
{
	TM_FailureData tmfd;
	TM_Result	result;

	if (claim->own)
		return true;
	result = table_tuple_lock(target->table->rel, &claim->tid, SnapshotAny, target->holder,
							  GetCurrentCommandId(false), LockTupleShare, LockWaitBlock, 0, &tmfd);
	ExecClearTuple(target->holder);
	return result == TM_Ok;
}

/*
 * leadcrm_claim_begin
 *		Before the claims of a row are inserted.
 *
 * Until leadcrm_claim_end() nothing may be done but that: others wait for it.
 */
void
leadcrm_claim_begin(ClaimTarget *target)
{
	target->token = SpeculativeInsertionLockAcquire(GetCurrentTransactionId());
}

/*
 * leadcrm_claim_insert
 *		Claim a key; false when somebody holds it.
 *
 * brought_by: the merged row that bears the key, or 0.  claim gets what
 * leadcrm_claim_finish() and leadcrm_claim_retract() need; the former has to
 * follow before leadcrm_claim_end().
 */
bool
leadcrm_claim_insert(ClaimTarget *target, int64 lead, int64 brought_by, TimestampTz now,
					 const IdentityKey *key, Claim *claim)
{
	DirectTable *table = target->table;
	TupleTableSlot *slot = leadcrm_direct_row(table);
	bool		conflict = false;

	memset(slot->tts_isnull, false, lengthof(claim_column) * sizeof(bool));
	slot->tts_values[CLAIM_LEAD_ID] = Int64GetDatum(lead);
	slot->tts_values[CLAIM_KIND] = PointerGetDatum(key->rule->kind_text);
	slot->tts_values[CLAIM_SCOPE] = PointerGetDatum(key->scope);
	slot->tts_values[CLAIM_KEY] = PointerGetDatum(key->key);
	slot->tts_values[CLAIM_LIVE] = BoolGetDatum(true);
	slot->tts_values[CLAIM_STATE] = target->held;
	slot->tts_values[CLAIM_BROUGHT_BY] = Int64GetDatum(brought_by);
	slot->tts_isnull[CLAIM_BROUGHT_BY] = brought_by == 0;
	slot->tts_values[CLAIM_CLAIMED_AT] = TimestampTzGetDatum(now);
	ExecStoreVirtualTuple(slot);
	ExecConstraints(table->result, slot, table->estate);

	/* Every unique index reports a conflict, none raises it. */
	ExecCopySlot(target->row, slot);
	table_tuple_insert_speculative(table->rel, target->row, GetCurrentCommandId(true), 0, NULL,
								   target->token);
	slot->tts_tid = target->row->tts_tid;
	(void) ExecInsertIndexTuples_compat(table->result, slot, table->estate, true, &conflict, NIL);
	ResetPerTupleExprContext(table->estate);
	claim->tid = slot->tts_tid;
	claim->lead = lead;
	claim->own = true;
	if (conflict)
		target->nheld++;
	else
	{
		target->nclaimed++;
		claim_set_seen(target, key);
	}
	return !conflict;
}

/*
 * leadcrm_claim_finish
 *		Let a claim that was just inserted stand, or make as if it never was.
 */
void
leadcrm_claim_finish(ClaimTarget *target, const Claim *claim, bool stands)
{
	target->row->tts_tid = claim->tid;
	table_tuple_complete_speculative(target->table->rel, target->row, target->token, stands);
}

/*
 * leadcrm_claim_end
 *		After the claims of a row were inserted.
 */
void
leadcrm_claim_end(ClaimTarget *target)
{
	SpeculativeInsertionLockRelease(GetCurrentTransactionId());
}

/*
 * leadcrm_claim_retract
 *		Take back a claim that this statement has made.
 */
void
leadcrm_claim_retract(ClaimTarget *target, Claim *claim)
{
	CommandCounterIncrement();
	simple_heap_delete(target->table->rel, &claim->tid);
}

/*
 * leadcrm_claim_close
 *		Close what leadcrm_claim_open() opened; locks stay to the end.
 */
void
leadcrm_claim_close(ClaimTarget *target)
{
	ResourceOwner owner = CurrentResourceOwner;

	CurrentResourceOwner = target->table->owner;
	index_endscan(target->scan);
	ExecDropSingleTupleTableSlot(target->holder);
	ExecDropSingleTupleTableSlot(target->row);
	CurrentResourceOwner = owner;
	leadcrm_direct_close(target->table);
}

/*
 * Find the unique index of live claims; NULL when it is not there.
 *
 * Every row inserted here is live: an index WHERE live takes it without
 * asking, an index WHERE NOT live never.  Saying so once saves compiling
 * both predicates for each statement.
 */
static Relation
claim_prepare_indexes(ResultRelInfo *result)
{
	Relation	live_key = NULL;
	int			kept = 0;

	for (int i = 0; i < result->ri_NumIndices; i++)
	{
		Relation	index = result->ri_IndexRelationDescs[i];
		IndexInfo  *info = result->ri_IndexRelationInfo[i];
		bool		negated;

		if (claim_predicate_is_live(info->ii_Predicate, &negated))
		{
			if (negated)
			{
				index_close(index, NoLock);
				continue;
			}
			info->ii_Predicate = NIL;
			if (claim_index_is_ours(index, info))
				live_key = index;
		}
		result->ri_IndexRelationDescs[kept] = index;
		result->ri_IndexRelationInfo[kept] = info;
		kept++;
	}
	result->ri_NumIndices = kept;
	return live_key;
}

/* Does an index WHERE live keep every key unique, and as its bytes are? */
static bool
claim_index_is_ours(Relation index, const IndexInfo *info)
{
	Bitmapset  *columns = NULL;

	if (strcmp(RelationGetRelationName(index), "identity_live_key") != 0 ||
		!info->ii_Unique || !index->rd_index->indimmediate || !index->rd_index->indisvalid ||
		info->ii_NumIndexAttrs != LIVE_KEY_COLUMNS || info->ii_NumIndexKeyAttrs != LIVE_KEY_COLUMNS)
		return false;
	for (int i = 0; i < LIVE_KEY_COLUMNS; i++)
	{
		if (index->rd_opfamily[i] != TEXT_BTREE_FAM_OID || index->rd_indcollation[i] != C_COLLATION_OID)
			return false;
		columns = bms_add_member(columns, info->ii_IndexAttrNumbers[i]);
	}
	return bms_num_members(columns) == LIVE_KEY_COLUMNS &&
		bms_is_member(CLAIM_KIND + 1, columns) && bms_is_member(CLAIM_SCOPE + 1, columns) &&
		bms_is_member(CLAIM_KEY + 1, columns);
}

/* Is a predicate just "live" or "NOT live"? */
static bool
claim_predicate_is_live(List *predicate, bool *negated)
{
	Node	   *node;

	if (list_length(predicate) != 1)
		return false;
	node = linitial(predicate);
	*negated = is_notclause(node);
	if (*negated)
		node = (Node *) get_notclausearg(node);
	return IsA(node, Var) && ((Var *) node)->varattno == CLAIM_LIVE + 1;
}

/*
 * At REPEATABLE READ and above a conflict with a row that the snapshot does
 * not show must not be acted on; as ExecCheckTIDVisible() in core.
 */
static void
claim_check_visible(ClaimTarget *target)
{
	bool		isnull;
	Datum		xmin;

	if (!IsolationUsesXactSnapshot() ||
		table_tuple_satisfies_snapshot(target->table->rel, target->holder, GetTransactionSnapshot()))
		return;

	/* Our own row is fine, whatever command of ours inserted it. */
	xmin = slot_getsysattr(target->holder, MinTransactionIdAttributeNumber, &isnull);
	if (!TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin)))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
}

static uint32
claim_seen_bit(const IdentityKey *key)
{
	return hash_bytes((const unsigned char *) VARDATA_ANY(key->key),
					  VARSIZE_ANY_EXHDR(key->key)) % SEEN_BITS;
}

static void
claim_set_seen(ClaimTarget *target, const IdentityKey *key)
{
	uint32		bit;

	if (target->nclaimed < FREE_MIN_CLAIMS)
		return;					/* a short statement needs none */
	if (target->seen == NULL)
		target->seen = MemoryContextAllocZero(target->cxt, SEEN_BITS / 8);
	if (target->nseen == SEEN_MAX)
	{
		memset(target->seen, 0, SEEN_BITS / 8);
		target->nseen = 0;
	}
	bit = claim_seen_bit(key);
	target->seen[bit / 8] |= 1 << bit % 8;
	target->nseen++;
}
