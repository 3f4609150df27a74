/*-------------------------------------------------------------------------
 * claim.c
 *	  Inserting identity claims without a statement for each row.
 *
 * What is done here for one key is INSERT INTO identity … ON CONFLICT (kind,
 * scope, key) WHERE live DO NOTHING, step by step as ExecInsert() in
 * nodeModifyTable.c does it: look for a conflict, insert speculatively, take
 * the tuple back and look again if somebody was faster.  The guarantee is the
 * unique index's, as it is there.  Where direct.c will not open the table,
 * claims are made through SPI (dedup.c).
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/genam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
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

struct ClaimTarget
{
	DirectTable *table;
	TupleTableSlot *conflict;	/* for looking at a conflicting row; made when needed */
	List	   *arbiter;		/* OID of identity_live_key */
	Datum		held;			/* state of a live claim */
};

static Oid	claim_prepare_indexes(ResultRelInfo *result);
static bool claim_predicate_is_live(List *predicate, bool *negated);
static void claim_check_visible(ClaimTarget *target, ItemPointer tid);

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
	Oid			arbiter;

	table = leadcrm_direct_open(ws, "identity", claim_column, lengthof(claim_column), true, cxt);
	if (table == NULL)
		return NULL;
	arbiter = claim_prepare_indexes(table->result);
	if (!OidIsValid(arbiter))
	{
		leadcrm_direct_close(table);
		return NULL;
	}

	old = MemoryContextSwitchTo(cxt);
	target = palloc0(sizeof(ClaimTarget));
	target->table = table;
	target->held = CStringGetTextDatum("held");
	target->arbiter = list_make1_oid(arbiter);
	MemoryContextSwitchTo(old);
	return target;
}

/*
 * leadcrm_claim_insert
 *		Claim one key for a lead; false when somebody holds it.
 *
 * Waits for a transaction that holds or gives up the key.  Raises 40001 where
 * the isolation level forbids to act on a row that the snapshot cannot see.
 */
bool
leadcrm_claim_insert(ClaimTarget *target, int64 lead, TimestampTz now, const IdentityKey *key)
{
	DirectTable *table = target->table;
	TupleTableSlot *slot = leadcrm_direct_row(table);
	bool		inserted = false;

	memset(slot->tts_isnull, false, lengthof(claim_column) * sizeof(bool));
	slot->tts_values[CLAIM_LEAD_ID] = Int64GetDatum(lead);
	slot->tts_values[CLAIM_KIND] = PointerGetDatum(key->rule->kind_text);
	slot->tts_values[CLAIM_SCOPE] = PointerGetDatum(key->scope);
	slot->tts_values[CLAIM_KEY] = PointerGetDatum(key->key);
	slot->tts_values[CLAIM_LIVE] = BoolGetDatum(true);
	slot->tts_values[CLAIM_STATE] = target->held;
	slot->tts_isnull[CLAIM_BROUGHT_BY] = true;
	slot->tts_values[CLAIM_CLAIMED_AT] = TimestampTzGetDatum(now);
	ExecStoreVirtualTuple(slot);

	while (!inserted)
	{
		ItemPointerData tid;
		uint32		token;
		bool		conflict = false;

		CHECK_FOR_INTERRUPTS();
		if (!ExecCheckIndexConstraints_compat(table->result, slot, table->estate, &tid, target->arbiter))
		{
			claim_check_visible(target, &tid);
			break;
		}
		token = SpeculativeInsertionLockAcquire(GetCurrentTransactionId());
		table_tuple_insert_speculative(table->rel, slot, GetCurrentCommandId(true), 0, NULL, token);
		(void) ExecInsertIndexTuples_compat(table->result, slot, table->estate,
											true, &conflict, target->arbiter);
		table_tuple_complete_speculative(table->rel, slot, token, !conflict);
		SpeculativeInsertionLockRelease(GetCurrentTransactionId());
		inserted = !conflict;
	}
	ResetPerTupleExprContext(table->estate);
	return inserted;
}

/*
 * leadcrm_claim_close
 *		Close what leadcrm_claim_open() opened; locks stay to the end.
 */
void
leadcrm_claim_close(ClaimTarget *target)
{
	if (target->conflict != NULL)
		ExecDropSingleTupleTableSlot(target->conflict);
	leadcrm_direct_close(target->table);
}

/*
 * Find the unique index of live claims; InvalidOid when it is not there.
 *
 * Every row inserted here is live: an index WHERE live takes it without
 * asking, an index WHERE NOT live never.  Saying so once saves compiling
 * both predicates for each statement.
 */
static Oid
claim_prepare_indexes(ResultRelInfo *result)
{
	Oid			arbiter = InvalidOid;
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
			if (strcmp(RelationGetRelationName(index), "identity_live_key") == 0 &&
				info->ii_Unique && info->ii_NumIndexKeyAttrs == 3 &&
				index->rd_index->indimmediate && index->rd_index->indisvalid)
				arbiter = RelationGetRelid(index);
		}
		result->ri_IndexRelationDescs[kept] = index;
		result->ri_IndexRelationInfo[kept] = info;
		kept++;
	}
	result->ri_NumIndices = kept;
	return arbiter;
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
claim_check_visible(ClaimTarget *target, ItemPointer tid)
{
	Relation	identity = target->table->rel;
	bool		visible;

	if (!IsolationUsesXactSnapshot())
		return;
	if (target->conflict == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(GetMemoryChunkContext(target));

		target->conflict = table_slot_create(identity, NULL);
		MemoryContextSwitchTo(old);
	}
	if (!table_tuple_fetch_row_version(identity, tid, SnapshotAny, target->conflict))
		elog(ERROR, "failed to fetch conflicting tuple");
	visible = table_tuple_satisfies_snapshot(identity, target->conflict, GetTransactionSnapshot());
	if (!visible)
	{
		bool		isnull;
		Datum		xmin = slot_getsysattr(target->conflict, MinTransactionIdAttributeNumber, &isnull);

		/* Our own row is fine, whatever command of ours inserted it. */
		visible = TransactionIdIsCurrentTransactionId(DatumGetTransactionId(xmin));
	}
	ExecClearTuple(target->conflict);
	if (!visible)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update")));
}
