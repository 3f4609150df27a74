/*-------------------------------------------------------------------------
 * identity_sql.c
 *	  The SQL face of identity keys: what a lead is known by, and claiming it
 *	  for leads that were there before their keys.
 *
 * Leads get their claims when they arrive.  Rows that came while the triggers
 * were off (a restore, a migration), and leads whose keys a merge that is
 * undone gives back, get them here, by the same decision.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "lead_row.h"
#include "settle.h"

/* Leads read at a time; pairs found are written as often. */
#define CLAIM_BATCH		1000

static void claim_row(Workspace *ws, SettleFrame *frame, SPITupleTable *rows, uint64 row,
					  TupleTableSlot *slot, SPIPlanPtr claims, int64 *claimed);
static bool bears_claim(const IdentityKey *key);
static void promote_waiting(Workspace *ws);
static bool none_pending(int64 lead);
static SPIPlanPtr prepare(Workspace *ws, const char *query, int nargs, Oid *types);

PG_FUNCTION_INFO_V1(leadcrm_identity_keys_sql);
PG_FUNCTION_INFO_V1(leadcrm_claim_keys_sql);
PG_FUNCTION_INFO_V1(leadcrm_drop_keys_sql);

/*
 * leadcrm_identity_keys_sql
 *		identity_keys(lead regclass, id bigint): the keys that the lead's row
 *		bears under the workspace's active rules.
 *
 * The row is read as the caller, with his rights and policies; no rows if he
 * sees none.  Raises 39P01 if the table is not the lead table of a workspace.
 */
Datum
leadcrm_identity_keys_sql(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Relation	lead = table_open(PG_GETARG_OID(0), AccessShareLock);
	Workspace  *ws;
	Oid			types[1] = {INT8OID};
	Datum		values[1] = {PG_GETARG_DATUM(1)};

	InitMaterializedSRF(fcinfo, 0);
	ws = leadcrm_workspace_of(lead);
	SPI_connect();
	if (SPI_execute_with_args(psprintf("SELECT * FROM %s.lead WHERE id OPERATOR(pg_catalog.=) $1", ws->name),
							  1, types, values, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read the lead");
	if (SPI_processed > 0)
	{
		TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsHeapTuple);
		IdentityKey keys[IDENTITY_MAX_KEYS];
		int			n;

		ExecStoreHeapTuple(leadcrm_lead_row(SPI_tuptable, 0, RelationGetDescr(lead)), slot, false);
		n = leadcrm_identity_keys(ws, slot, keys);
		for (int i = 0; i < n; i++)
		{
			Datum		row[5];
			bool		nulls[5] = {false};

			row[0] = CStringGetTextDatum(keys[i].rule->code);
			row[1] = PointerGetDatum(keys[i].rule->kind_text);
			row[2] = PointerGetDatum(keys[i].scope);
			row[3] = PointerGetDatum(keys[i].key);
			row[4] = BoolGetDatum(keys[i].weak);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row, nulls);
		}
		ExecDropSingleTupleTableSlot(slot);
	}
	SPI_finish();
	table_close(lead, AccessShareLock);
	return (Datum) 0;
}

/*
 * leadcrm_claim_keys_sql
 *		claim_keys(lead regclass, leads bigint[]): claim the keys that living
 *		leads bear and have no claim on; returns how many.
 *
 * leads: these only; NULL: all, the oldest first, after keys that nobody
 * holds any more went to those who wait for them.
 *
 * A key that another lead holds is noted as waiting, and the pair goes to
 * review: nothing is merged.  For roles with the rights of the workspace's
 * owner (42501); raises what a claim may raise, see dedup.c.
 */
Datum
leadcrm_claim_keys_sql(PG_FUNCTION_ARGS)
{
	Oid			lead_type = INT8ARRAYOID;
	Datum		values[1] = {(Datum) 0};
	bool		all = PG_ARGISNULL(1);
	int64		claimed = 0;
	Relation	lead;
	Workspace  *ws;
	SettleFrame *frame;
	TupleTableSlot *slot;
	SPIPlanPtr	claims;
	Portal		portal;
	OwnerSave	save;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	ws = leadcrm_workspace_of(lead);
	leadcrm_owner_required(ws, lead);
	if (!all)
		values[0] = PG_GETARG_DATUM(1);

	leadcrm_owner_begin(ws, &save);
	SPI_connect();
	frame = palloc0(sizeof(SettleFrame));
	frame->cxt = AllocSetContextCreate(CurrentMemoryContext, "leadcrm claims", ALLOCSET_DEFAULT_SIZES);
	frame->lead = RelationGetRelid(lead);
	frame->now = GetCurrentTransactionStartTimestamp();
	slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsHeapTuple);
	if (all)
		promote_waiting(ws);

	claims = prepare(ws, "SELECT kind, scope, key FROM %s.identity WHERE lead_id = $1",
					 1, (Oid[]) {INT8OID});
	portal = SPI_cursor_open(NULL,
							 prepare(ws, all ?
									 "SELECT * FROM %s.lead WHERE merged_into IS NULL ORDER BY id" :
									 "SELECT * FROM %s.lead WHERE merged_into IS NULL AND id = ANY ($1) ORDER BY id",
									 all ? 0 : 1, &lead_type),
							 values, NULL, false);
	for (;;)
	{
		SPITupleTable *rows;
		uint64		n;

		SPI_cursor_fetch(portal, true, CLAIM_BATCH);
		rows = SPI_tuptable;
		n = SPI_processed;
		for (uint64 i = 0; i < n; i++)
		{
			CHECK_FOR_INTERRUPTS();
			claim_row(ws, frame, rows, i, slot, claims, &claimed);
		}
		SPI_freetuptable(rows);
		if (frame->npairs > 0)
		{
			SPI_connect();
			leadcrm_settle_pairs(ws, frame);
			SPI_finish();
			MemoryContextReset(frame->cxt);
			frame->pair = NULL;
			frame->npairs = frame->maxpairs = 0;
		}
		if (n < CLAIM_BATCH)
			break;
	}
	SPI_cursor_close(portal);
	ExecDropSingleTupleTableSlot(slot);
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_INT64(claimed);
}

/*
 * leadcrm_drop_keys_sql
 *		drop_keys(lead regclass, id bigint): drop the claims that a lead has by
 *		its own row and the row does not bear; who waits for them gets them.
 *
 * For roles with the rights of the workspace's owner (42501); 40001 as in
 * dedup.c.
 */
Datum
leadcrm_drop_keys_sql(PG_FUNCTION_ARGS)
{
	Relation	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	Workspace  *ws = leadcrm_workspace_of(lead);
	OwnerSave	save;

	leadcrm_owner_required(ws, lead);
	leadcrm_owner_begin(ws, &save);
	SPI_connect();
	leadcrm_dedup_reconcile(ws, lead, PG_GETARG_INT64(1));
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_VOID();
}

/*
 * Claim what one lead bears and has no claim on.  On an SPI level of its own,
 * whose memory goes with it.
 */
static void
claim_row(Workspace *ws, SettleFrame *frame, SPITupleTable *rows, uint64 row,
		  TupleTableSlot *slot, SPIPlanPtr claims, int64 *claimed)
{
	IdentityKey keys[IDENTITY_MAX_KEYS];
	DedupSubject subject;
	DedupDecision decision;
	Datum		values[1];
	Datum		d;
	bool		isnull;
	int			nkeys;
	int			n = 0;

	SPI_connect();
	ExecStoreHeapTuple(leadcrm_lead_row(rows, row, slot->tts_tupleDescriptor), slot, false);
	nkeys = leadcrm_identity_keys(ws, slot, keys);
	subject.id = DatumGetInt64(slot_getattr(slot, ws->column[LEAD_ID], &isnull));
	d = slot_getattr(slot, ws->column[LEAD_NAME], &isnull);
	subject.name = isnull ? NULL : DatumGetTextPP(d);
	subject.arriving = false;
	subject.claimed = -1;
	subject.reject = false;
	subject.now = frame->now;

	values[0] = Int64GetDatum(subject.id);
	if (nkeys > 0 && SPI_execute_plan(claims, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the claims of a lead");
	for (int i = 0; i < nkeys; i++)
	{
		if (!bears_claim(&keys[i]))
			keys[n++] = keys[i];
	}
	if (n > 0)
	{
		leadcrm_dedup_decide(ws, &subject, keys, n, none_pending, &decision);
		leadcrm_settle_add_decision(frame, subject.id, &decision);
		*claimed += n;
	}
	ExecClearTuple(slot);
	SPI_finish();
}

/* Is the key among the claims (kind, scope, key) that SPI has just read? */
static bool
bears_claim(const IdentityKey *key)
{
	const text *part[3] = {key->rule->kind_text, key->scope, key->key};

	for (uint64 r = 0; r < SPI_processed; r++)
	{
		bool		equal = true;

		for (int i = 0; i < 3 && equal; i++)
		{
			bool		isnull;
			text	   *t = DatumGetTextPP(SPI_getbinval(SPI_tuptable->vals[r],
														 SPI_tuptable->tupdesc, i + 1, &isnull));

			equal = VARSIZE_ANY_EXHDR(t) == VARSIZE_ANY_EXHDR(part[i]) &&
				memcmp(VARDATA_ANY(t), VARDATA_ANY(part[i]), VARSIZE_ANY_EXHDR(t)) == 0;
		}
		if (equal)
			return true;
	}
	return false;
}

/* Keys that somebody waits for and nobody holds: the oldest gets them. */
static void
promote_waiting(Workspace *ws)
{
	SPIPlanPtr	plan = prepare(ws,
							   "UPDATE %s.identity i SET live = true, state = 'held'"
							   " FROM (SELECT DISTINCT ON (w.kind, w.scope, w.key) w.lead_id, w.kind, w.scope, w.key"
							   "       FROM %s.identity w"
							   "       JOIN %s.lead l ON l.id = w.lead_id AND l.merged_into IS NULL"
							   "       WHERE NOT w.live AND w.state IN ('review', 'linked', 'expired')"
							   "       AND NOT EXISTS (SELECT FROM %s.identity h WHERE h.kind = w.kind"
							   "        AND h.scope = w.scope AND h.key = w.key AND h.live)"
							   "       ORDER BY w.kind, w.scope, w.key, w.lead_id) AS first"
							   " WHERE i.lead_id = first.lead_id AND i.kind = first.kind"
							   " AND i.scope = first.scope AND i.key = first.key",
							   0, NULL);

	if (SPI_execute_plan(plan, NULL, NULL, false, 0) != SPI_OK_UPDATE)
		elog(ERROR, "could not promote waiting leads");
}

/* No INSERT is under way in these rows. */
static bool
none_pending(int64 lead)
{
	return false;
}

/* A statement for this call only; %s in it is the workspace's schema. */
static SPIPlanPtr
prepare(Workspace *ws, const char *query, int nargs, Oid *types)
{
	StringInfoData buf;
	const char *mark;
	SPIPlanPtr	plan;

	initStringInfo(&buf);
	while ((mark = strstr(query, "%s")) != NULL)
	{
		appendBinaryStringInfo(&buf, query, mark - query);
		appendStringInfoString(&buf, ws->name);
		query = mark + strlen("%s");
	}
	appendStringInfoString(&buf, query);
	plan = SPI_prepare(buf.data, nargs, types);
	if (plan == NULL)
		elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
	return plan;
}
