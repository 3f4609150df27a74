/*-------------------------------------------------------------------------
 * release.c
 *	  Giving identity claims up, and who holds the key afterwards.
 *
 * When a live claim goes, because its lead is deleted or bears the key no
 * more, the oldest living lead that waits for the key becomes its holder: the
 * key of a living lead is never held by nobody.  A claimant that hit the
 * holder just before has its row locked (dedup.c); we waited for it, so it is
 * there now, and the transaction's snapshot may be too old to show it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "dedup.h"
#include "lead_row.h"

static void keep_for_merged(Workspace *ws, Relation lead, Datum *values);
static void dedup_promote(Workspace *ws, ArrayType *kinds, ArrayType *scopes, ArrayType *keys);
static void promote_released(Workspace *ws, uint64 n);
static ArrayType *text_array(Datum *value, int n);

/*
 * leadcrm_dedup_release
 *		Give up every claim of leads that are gone, and promote who waits.
 *
 * The caller is connected to SPI and acts as the owner.  Raises 40001 when a
 * claimant waits that the transaction's snapshot cannot see.
 */
void
leadcrm_dedup_release(Workspace *ws, ArrayType *leads)
{
	Datum		values[1];
	uint64		n;

	values[0] = PointerGetDatum(leads);
	n = leadcrm_workspace_run(ws, PLAN_DROP_CLAIMS,
							  "DELETE FROM %s.identity WHERE lead_id = ANY ($1)"
							  " RETURNING live, kind::pg_catalog.text, scope::pg_catalog.text, key::pg_catalog.text",
							  1, (Oid[]) {INT8ARRAYOID}, values);
	promote_released(ws, n);
}

/*
 * leadcrm_dedup_reconcile
 *		Drop the claims of a lead that its row, as it now stands, does not bear.
 *
 * Used after the statement for rows whose keys changed or whose insertion
 * did not happen.  Keys that merged rows brought or bear stay; a key that the row
 * bears as a weak one is noted, not held.  The caller is
 * connected to SPI and acts as the owner.
 */
void
leadcrm_dedup_reconcile(Workspace *ws, Relation lead, int64 id)
{
	Datum		values[5];
	IdentityKey keys[IDENTITY_MAX_KEYS];
	Datum		kind[IDENTITY_MAX_KEYS];
	Datum		scope[IDENTITY_MAX_KEYS];
	Datum		key[IDENTITY_MAX_KEYS];
	Datum		weak[IDENTITY_MAX_KEYS];
	DedupSubject subject = {.id = id, .now = GetCurrentTransactionStartTimestamp()};
	int			nkeys = 0;
	uint64		n;

	values[0] = Int64GetDatum(id);
	if (leadcrm_workspace_run(ws, PLAN_EXISTING,
							  "SELECT * FROM %s.lead WHERE id = $1 AND merged_into IS NULL",
							  1, (Oid[]) {INT8OID}, values) > 0)
	{
		TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsHeapTuple);

		ExecStoreHeapTuple(leadcrm_lead_row(SPI_tuptable, 0, RelationGetDescr(lead)), slot, false);
		nkeys = leadcrm_identity_keys(ws, slot, keys);
		ExecDropSingleTupleTableSlot(slot);
	}
	for (int i = 0; i < nkeys; i++)
	{
		kind[i] = PointerGetDatum(keys[i].rule->kind_text);
		scope[i] = PointerGetDatum(keys[i].scope);
		key[i] = PointerGetDatum(keys[i].key);
		weak[i] = BoolGetDatum(keys[i].weak);
	}

	values[1] = PointerGetDatum(text_array(kind, nkeys));
	values[2] = PointerGetDatum(text_array(scope, nkeys));
	values[3] = PointerGetDatum(text_array(key, nkeys));
	values[4] = PointerGetDatum(construct_array(weak, nkeys, BOOLOID, sizeof(bool), true, TYPALIGN_CHAR));
	keep_for_merged(ws, lead, values);
	n = leadcrm_workspace_run(ws, PLAN_DROP_KEYS,
							  "DELETE FROM %s.identity i WHERE i.lead_id = $1 AND i.brought_by IS NULL"
							  " AND NOT EXISTS (SELECT FROM unnest($2, $3, $4, $5) AS k (kind, scope, key, weak)"
							  " WHERE k.kind = i.kind AND k.scope = i.scope AND k.key = i.key"
							  " AND NOT (i.live AND k.weak))"
							  " RETURNING i.live, i.kind::pg_catalog.text, i.scope::pg_catalog.text, i.key::pg_catalog.text",
							  5, (Oid[]) {INT8OID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, BOOLARRAYOID}, values);
	promote_released(ws, n);
	for (int i = 0; i < nkeys; i++)
	{
		if (keys[i].weak)
			leadcrm_dedup_note(ws, &subject, &keys[i], "weak");
	}
}

/*
 * Promote who waits for the live ones among n claims just dropped, which are
 * in SPI_tuptable as (live, kind, scope, key).
 */
static void
promote_released(Workspace *ws, uint64 n)
{
	SPITupleTable *rows = SPI_tuptable;
	Datum	   *kinds = palloc(Max(n, 1) * sizeof(Datum));
	Datum	   *scopes = palloc(Max(n, 1) * sizeof(Datum));
	Datum	   *keys = palloc(Max(n, 1) * sizeof(Datum));
	int			nlive = 0;

	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;

		if (!DatumGetBool(SPI_getbinval(rows->vals[i], rows->tupdesc, 1, &isnull)))
			continue;
		kinds[nlive] = SPI_getbinval(rows->vals[i], rows->tupdesc, 2, &isnull);
		scopes[nlive] = SPI_getbinval(rows->vals[i], rows->tupdesc, 3, &isnull);
		keys[nlive] = SPI_getbinval(rows->vals[i], rows->tupdesc, 4, &isnull);
		nlive++;
	}
	if (nlive > 0)
		dedup_promote(ws, text_array(kinds, nlive), text_array(scopes, nlive),
					  text_array(keys, nlive));
}

/*
 * A lead speaks for the rows merged into it: a key that it held, does not
 * bear any more and one of them bears stays, as brought by that row.
 *
 * values: the lead's id and, in values[1] to values[3], the keys its own row
 * bears.
 */
static void
keep_for_merged(Workspace *ws, Relation lead, Datum *values)
{
	SPITupleTable *rows;
	TupleTableSlot *slot;
	Datum		args[8];
	Datum	   *column[4];
	uint64		nrows;
	int			n = 0;

	nrows = leadcrm_workspace_run(ws, PLAN_MERGED_ROWS,
								  "SELECT * FROM %s.lead WHERE merged_into = $1",
								  1, (Oid[]) {INT8OID}, values);
	if (nrows == 0)
		return;
	rows = SPI_tuptable;
	for (int i = 0; i < lengthof(column); i++)
		column[i] = palloc_extended(nrows * IDENTITY_MAX_KEYS * sizeof(Datum), MCXT_ALLOC_HUGE);
	slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsHeapTuple);
	for (uint64 r = 0; r < nrows; r++)
	{
		IdentityKey keys[IDENTITY_MAX_KEYS];
		bool		isnull;
		int			nkeys;

		ExecStoreHeapTuple(leadcrm_lead_row(rows, r, RelationGetDescr(lead)), slot, false);
		nkeys = leadcrm_identity_keys(ws, slot, keys);
		for (int i = 0; i < nkeys; i++)
		{
			if (keys[i].weak)
				continue;
			column[0][n] = slot_getattr(slot, ws->column[LEAD_ID], &isnull);
			column[1][n] = PointerGetDatum(keys[i].rule->kind_text);
			column[2][n] = PointerGetDatum(keys[i].scope);
			column[3][n] = PointerGetDatum(keys[i].key);
			n++;
		}
	}
	ExecDropSingleTupleTableSlot(slot);

	memcpy(args, values, 4 * sizeof(Datum));
	args[4] = PointerGetDatum(construct_array(column[0], n, INT8OID, sizeof(int64),
											  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	for (int i = 1; i < lengthof(column); i++)
		args[4 + i] = PointerGetDatum(text_array(column[i], n));
	(void) leadcrm_workspace_run(ws, PLAN_KEEP_FOR_MERGED,
								 "UPDATE %s.identity i SET brought_by = m.id"
								 " FROM (SELECT DISTINCT ON (kind, scope, key) * FROM unnest($5, $6, $7, $8)"
								 "       AS m (id, kind, scope, key) ORDER BY kind, scope, key, id) AS m"
								 " WHERE i.lead_id = $1 AND i.brought_by IS NULL AND i.live"
								 " AND i.kind = m.kind AND i.scope = m.scope AND i.key = m.key"
								 " AND NOT EXISTS (SELECT FROM unnest($2, $3, $4) AS k (kind, scope, key)"
								 " WHERE k.kind = i.kind AND k.scope = i.scope AND k.key = i.key)",
								 8, (Oid[]) {INT8OID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
											 INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID}, args);
}

/*
 * Keys have come free: make the oldest waiting living claimant of each the
 * holder.
 *
 * A claimant that hit the old holder while we waited for its lock has
 * committed since.  At READ COMMITTED a new statement sees it.  Above, the
 * transaction's snapshot may not: then nobody may be promoted by guesswork,
 * and the transaction has to be run again.
 */
static void
dedup_promote(Workspace *ws, ArrayType *kinds, ArrayType *scopes, ArrayType *keys)
{
	Oid			types[3] = {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID};
	Datum		values[3];

	values[0] = PointerGetDatum(kinds);
	values[1] = PointerGetDatum(scopes);
	values[2] = PointerGetDatum(keys);

	if (IsolationUsesXactSnapshot())
	{
		SPIPlanPtr	plan = leadcrm_workspace_plan(ws, PLAN_WAITING,
												  "SELECT FROM %s.identity i JOIN unnest($1, $2, $3) AS k (kind, scope, key)"
												  " ON i.kind = k.kind AND i.scope = k.scope AND i.key = k.key"
												  " WHERE NOT i.live",
												  3, types);
		uint64		mine = leadcrm_workspace_run(ws, PLAN_WAITING, NULL, 3, types, values);
		uint64		latest;

		if (SPI_execute_snapshot(plan, values, NULL, GetLatestSnapshot(), InvalidSnapshot,
								 true, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "SPI_execute_snapshot failed");
		latest = SPI_processed;
		if (latest != mine)
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("could not serialize access due to concurrent arrival of a lead"),
					 errhint("Retry the transaction.")));
	}

	(void) leadcrm_workspace_run(ws, PLAN_PROMOTE,
								 "UPDATE %s.identity i SET live = true, state = 'held'"
								 " FROM (SELECT DISTINCT ON (w.kind, w.scope, w.key)"
								 "       w.lead_id, w.kind, w.scope, w.key"
								 "       FROM unnest($1, $2, $3) AS k (kind, scope, key)"
								 "       JOIN %s.identity w ON w.kind = k.kind AND w.scope = k.scope AND w.key = k.key"
								 "       JOIN %s.lead l ON l.id = w.lead_id AND l.merged_into IS NULL"
								 "       WHERE NOT w.live AND w.state IN ('review', 'linked', 'expired')"
								 "       ORDER BY w.kind, w.scope, w.key, w.lead_id) AS first"
								 " WHERE i.lead_id = first.lead_id AND i.kind = first.kind"
								 " AND i.scope = first.scope AND i.key = first.key"
								 " AND NOT EXISTS (SELECT FROM %s.identity h WHERE h.kind = i.kind"
								 " AND h.scope = i.scope AND h.key = i.key AND h.live)",
								 3, types, values);
}

/* A text[] of n text datums, in the current context. */
static ArrayType *
text_array(Datum *value, int n)
{
	return construct_array(value, n, TEXTOID, -1, false, TYPALIGN_INT);
}
