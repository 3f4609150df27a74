/*-------------------------------------------------------------------------
 * claim.c
 *	  Inserting identity claims without a statement for each row.
 *
 * What is done here for one key is INSERT INTO identity … ON CONFLICT (kind,
 * scope, key) WHERE live DO NOTHING, step by step as ExecInsert() in
 * nodeModifyTable.c does it: look for a conflict, insert speculatively, take
 * the tuple back and look again if somebody was faster.  The guarantee is the
 * unique index's, as it is there.  The difference is that the table and its
 * indexes are opened once per statement on lead, not once per row: starting
 * and ending an executor for each row of a COPY cost more than the claims.
 *
 * It is used for the identity table as the template makes it.  One that has
 * been given triggers, checks, forced row security or another owner, or that
 * another engine keeps elsewhere, is written through SPI (dedup.c).
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/heapam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

#include "claim.h"

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
	CLAIM_CLAIMED_AT,
	CLAIM_NCOLUMNS
};

static const struct
{
	const char *name;
	Oid			type;
}			claim_column[CLAIM_NCOLUMNS] = {
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
	Relation	identity;
	EState	   *estate;
	ResultRelInfo *result;
	TupleTableSlot *slot;
	TupleTableSlot *conflict;	/* for looking at a conflicting row */
	List	   *arbiter;		/* OID of identity_live_key */
	ResourceOwner owner;		/* of the references to table and indexes */
	Datum		held;			/* state of a live claim */
};

static bool claim_is_plain(Workspace *ws, Relation identity);
static Oid	claim_arbiter(ResultRelInfo *result);
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
	Relation	identity;
	MemoryContext old;
	Oid			arbiter;

	identity = table_open(leadcrm_workspace_table(ws->namespace_oid, "identity"),
						  RowExclusiveLock);
	if (!claim_is_plain(ws, identity))
	{
		table_close(identity, RowExclusiveLock);
		return NULL;
	}

	old = MemoryContextSwitchTo(cxt);
	target = palloc0(sizeof(ClaimTarget));
	target->identity = identity;
	target->owner = CurrentResourceOwner;
	target->estate = CreateExecutorState();
	target->result = makeNode(ResultRelInfo);
	InitResultRelInfo(target->result, identity, 0, NULL, 0);
	ExecOpenIndices(target->result, true);
	target->slot = MakeSingleTupleTableSlot(RelationGetDescr(identity), &TTSOpsVirtual);
	target->conflict = table_slot_create(identity, NULL);
	target->held = CStringGetTextDatum("held");
	arbiter = claim_arbiter(target->result);
	if (OidIsValid(arbiter))
		target->arbiter = list_make1_oid(arbiter);
	MemoryContextSwitchTo(old);

	if (!OidIsValid(arbiter))
	{
		leadcrm_claim_close(target);
		return NULL;
	}
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
	TupleTableSlot *slot = target->slot;
	EState	   *estate = target->estate;
	bool		inserted = false;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, false, CLAIM_NCOLUMNS * sizeof(bool));
	slot->tts_values[CLAIM_LEAD_ID] = Int64GetDatum(lead);
	slot->tts_values[CLAIM_KIND] = PointerGetDatum(key->rule->kind_text);
	slot->tts_values[CLAIM_SCOPE] = PointerGetDatum(key->scope);
	slot->tts_values[CLAIM_KEY] = PointerGetDatum(key->key);
	slot->tts_values[CLAIM_LIVE] = BoolGetDatum(true);
	slot->tts_values[CLAIM_STATE] = target->held;
	slot->tts_isnull[CLAIM_BROUGHT_BY] = true;
	slot->tts_values[CLAIM_CLAIMED_AT] = TimestampTzGetDatum(now);
	ExecStoreVirtualTuple(slot);
	slot->tts_tableOid = RelationGetRelid(target->identity);

	while (!inserted)
	{
		ItemPointerData tid;
		uint32		token;
		bool		conflict = false;

		CHECK_FOR_INTERRUPTS();
		if (!ExecCheckIndexConstraints_compat(target->result, slot, estate, &tid, target->arbiter))
		{
			claim_check_visible(target, &tid);
			break;
		}
		token = SpeculativeInsertionLockAcquire(GetCurrentTransactionId());
		table_tuple_insert_speculative(target->identity, slot, GetCurrentCommandId(true),
									   0, NULL, token);
		(void) ExecInsertIndexTuples_compat(target->result, slot, estate, &conflict, target->arbiter);
		table_tuple_complete_speculative(target->identity, slot, token, !conflict);
		SpeculativeInsertionLockRelease(GetCurrentTransactionId());
		inserted = !conflict;
	}
	ResetPerTupleExprContext(estate);
	return inserted;
}

/*
 * leadcrm_claim_close
 *		Close what leadcrm_claim_open() opened; locks stay to the end.
 */
void
leadcrm_claim_close(ClaimTarget *target)
{
	ResourceOwner owner = CurrentResourceOwner;

	CurrentResourceOwner = target->owner;
	ExecDropSingleTupleTableSlot(target->slot);
	ExecDropSingleTupleTableSlot(target->conflict);
	ExecCloseIndices(target->result);
	table_close(target->identity, NoLock);
	CurrentResourceOwner = owner;
	FreeExecutorState(target->estate);
}

/* Is the table nothing but what the template makes of it? */
static bool
claim_is_plain(Workspace *ws, Relation identity)
{
	TupleDesc	tupdesc = RelationGetDescr(identity);

	if (identity->rd_rel->relkind != RELKIND_RELATION ||
		identity->rd_rel->relowner != ws->owner ||
		identity->rd_rel->relam != HEAP_TABLE_AM_OID ||
		identity->rd_rel->relforcerowsecurity ||
		identity->rd_rel->relispartition ||
		identity->trigdesc != NULL ||
		(tupdesc->constr != NULL && (tupdesc->constr->num_check > 0 || tupdesc->constr->num_defval > 0)) ||
		tupdesc->natts != CLAIM_NCOLUMNS ||
		OidIsValid(get_extension_oid("citus", true)))
		return false;
	for (int i = 0; i < CLAIM_NCOLUMNS; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);

		if (att->atttypid != claim_column[i].type ||
			strcmp(NameStr(att->attname), claim_column[i].name) != 0)
			return false;
	}
	return true;
}

/* The unique index of live claims, or InvalidOid. */
static Oid
claim_arbiter(ResultRelInfo *result)
{
	for (int i = 0; i < result->ri_NumIndices; i++)
	{
		Relation	index = result->ri_IndexRelationDescs[i];

		if (strcmp(RelationGetRelationName(index), "identity_live_key") == 0 &&
			index->rd_index->indisunique && index->rd_index->indimmediate &&
			index->rd_index->indisvalid &&
			index->rd_index->indnkeyatts == 3 &&
			RelationGetIndexPredicate(index) != NIL)
			return RelationGetRelid(index);
	}
	return InvalidOid;
}

/*
 * At REPEATABLE READ and above a conflict with a row that the snapshot does
 * not show must not be acted on; as ExecCheckTIDVisible() in core.
 */
static void
claim_check_visible(ClaimTarget *target, ItemPointer tid)
{
	bool		visible;

	if (!IsolationUsesXactSnapshot())
		return;
	if (!table_tuple_fetch_row_version(target->identity, tid, SnapshotAny, target->conflict))
		elog(ERROR, "failed to fetch conflicting tuple");
	visible = table_tuple_satisfies_snapshot(target->identity, target->conflict,
											 GetTransactionSnapshot());
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
