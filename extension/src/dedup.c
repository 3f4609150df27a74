/*-------------------------------------------------------------------------
 * dedup.c
 *	  Who an arriving or changed lead is: its claims and the decision.
 *
 * The invariant: no two living leads hold one identity key.  The mechanism is
 * the unique index identity_live_key (kind, scope, key) WHERE live.  A lead's
 * keys are inserted there with ON CONFLICT DO NOTHING by the statement that
 * brings the lead, in the order (kind, scope, key), so that of two sessions
 * one waits for the other at the index, whatever it could see before, and two
 * rows with the same keys cannot wait for each other.
 *
 * Who hits a claim locks the holder's row FOR SHARE before deciding.  While he
 * decides and until he commits, nobody can move, retire or delete that claim;
 * who waits to do so looks afterwards for those who hit it meanwhile
 * (dedup_promote), with the latest snapshot, and gives up with 40001 where
 * his own snapshot cannot see them.  A holder that vanished between the hit
 * and the lock frees the key: claim again.
 *
 * A claim counts only if its lead exists.  Rows that are claimed for but never
 * inserted (ON CONFLICT on another index, a trigger that returns NULL) leave
 * claims behind until the end of their statement; a later row of the same
 * statement takes them over.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "dedup.h"

/*
 * A weak key that so many leads have noted is known to be shared: no further
 * arrival is sent to review for it.  Odoo drops such a criterion at 21 hits;
 * a reviewer's patience ends sooner.
 */
#define WEAK_KEY_MAX_LEADS	10

/* A holder can vanish between hit and lock; more often is a storm. */
#define CLAIM_MAX_TRIES		3

/* A key of ours that is held by somebody. */
typedef struct Hit
{
	IdentityKey *key;
	int64		holder;			/* living lead; 0: the key is known as shared */
	text	   *name;			/* of the holder, or NULL */
	TimestampTz last_inbound_at;
} Hit;

static int	claim_keys(Workspace *ws, const DedupSubject *subject,
					   IdentityKey **keys, int nkeys);
static int	find_hits(Workspace *ws, const DedupSubject *subject,
					  IdentityKey **keys, int nkeys, DedupPending pending,
					  Hit *hits, int *nfree, IdentityKey **free_keys);
static void read_holders(Workspace *ws, const DedupSubject *subject, DedupPending pending,
						 Hit *hits, int *nhits);
static bool holder_expired(const DedupSubject *subject, const Hit *hit);
static const Hit *deciding_hit(const Hit *hits, int nhits);
static void decide(Workspace *ws, const DedupSubject *subject, const Hit *hits, int nhits,
				   int nclaimed, DedupDecision *decision);
static void note_key(Workspace *ws, const DedupSubject *subject,
					 const IdentityKey *key, const char *state);
static void note_weak_key(Workspace *ws, const DedupSubject *subject,
						  const IdentityKey *key, DedupDecision *decision);
static void add_pair(DedupDecision *decision, int64 lead, int64 other,
					 const IdentityRule *rule, bool linked, const char *reason);
static void dedup_promote(Workspace *ws, ArrayType *kinds, ArrayType *scopes, ArrayType *keys);
static ArrayType *text_array(Datum *value, int n);
static uint64 run(SPIPlanPtr plan, Datum *values, const char *nulls);

/*
 * leadcrm_dedup_decide
 *		Claim the keys of a row and say what it is.
 *
 * keys: sorted by leadcrm_identity_compare().  pending: tells the rows that
 * outer statements are still inserting.
 *
 * The caller is connected to SPI and acts as the owner of the workspace.
 * Writes identity only.  Raises 23505 where a rule or the source rejects
 * duplicates, 40001 when a holder changes under it again and again or the
 * isolation level demands it; waits for transactions that hold one of the
 * keys, as long as lock_timeout allows.
 */
void
leadcrm_dedup_decide(Workspace *ws, const DedupSubject *subject,
					 IdentityKey *keys, int nkeys,
					 DedupPending pending, DedupDecision *decision)
{
	IdentityKey *wanted[IDENTITY_MAX_KEYS];
	Hit			hits[IDENTITY_MAX_KEYS];
	int			nwanted = 0;
	int			nclaimed = 0;
	int			nhits = 0;

	decision->winner = 0;
	decision->rule = NULL;
	decision->npairs = 0;

	for (int i = 0; i < nkeys; i++)
	{
		if (!keys[i].weak)
			wanted[nwanted++] = &keys[i];
	}

	for (int tries = 0; nwanted > 0; tries++)
	{
		IdentityKey *free_keys[IDENTITY_MAX_KEYS];
		int			nfree = 0;
		int			n;

		CHECK_FOR_INTERRUPTS();
		n = claim_keys(ws, subject, wanted, nwanted);
		nclaimed += n;
		if (n == nwanted)
			break;
		if (tries == CLAIM_MAX_TRIES)
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("could not claim an identity key: its holder changed %d times",
							CLAIM_MAX_TRIES),
					 errhint("Retry the transaction.")));
		nhits += find_hits(ws, subject, wanted, nwanted, pending,
						   &hits[nhits], &nfree, free_keys);
		memcpy(wanted, free_keys, nfree * sizeof(IdentityKey *));
		nwanted = nfree;
	}

	if (nhits > 0)
		decide(ws, subject, hits, nhits, nclaimed, decision);

	/* What a row that lives no more is known by is its winner's affair. */
	if (decision->winner != 0)
		return;
	for (int i = 0; i < nhits; i++)
	{
		if (hits[i].holder == 0)
			note_weak_key(ws, subject, hits[i].key, decision);
	}
	for (int i = 0; i < nkeys; i++)
	{
		if (keys[i].weak)
			note_weak_key(ws, subject, &keys[i], decision);
	}
}

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
	SPIPlanPtr	plan;
	Datum		values[1];
	Datum	   *kinds;
	Datum	   *scopes;
	Datum	   *keys;
	uint64		n;
	int			nlive = 0;

	plan = leadcrm_workspace_plan(ws, PLAN_DROP_CLAIMS,
								  "DELETE FROM %s.identity WHERE lead_id = ANY ($1)"
								  " RETURNING live, kind, scope, key",
								  1, (Oid[]) {INT8ARRAYOID});
	values[0] = PointerGetDatum(leads);
	n = run(plan, values, NULL);
	kinds = palloc(Max(n, 1) * sizeof(Datum));
	scopes = palloc(Max(n, 1) * sizeof(Datum));
	keys = palloc(Max(n, 1) * sizeof(Datum));
	for (uint64 i = 0; i < n; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	tupdesc = SPI_tuptable->tupdesc;
		bool		isnull;

		if (!DatumGetBool(SPI_getbinval(row, tupdesc, 1, &isnull)))
			continue;
		kinds[nlive] = SPI_getbinval(row, tupdesc, 2, &isnull);
		scopes[nlive] = SPI_getbinval(row, tupdesc, 3, &isnull);
		keys[nlive] = SPI_getbinval(row, tupdesc, 4, &isnull);
		nlive++;
	}
	if (nlive > 0)
		dedup_promote(ws, text_array(kinds, nlive), text_array(scopes, nlive),
					  text_array(keys, nlive));
}

/*
 * leadcrm_dedup_reconcile
 *		Drop the claims of a lead that its row, as it now stands, does not bear.
 *
 * Used after the statement for rows whose keys changed or whose insertion
 * did not happen.  Keys that merged rows brought stay.  The caller is
 * connected to SPI and acts as the owner.
 */
void
leadcrm_dedup_reconcile(Workspace *ws, Relation lead, int64 id)
{
	SPIPlanPtr	plan;
	Datum		values[4];
	IdentityKey keys[IDENTITY_MAX_KEYS];
	Datum		kind[IDENTITY_MAX_KEYS];
	Datum		scope[IDENTITY_MAX_KEYS];
	Datum		key[IDENTITY_MAX_KEYS];
	int			nkeys = 0;
	uint64		n;
	int			nlive = 0;
	Datum	   *kinds;
	Datum	   *scopes;
	Datum	   *gone;

	plan = leadcrm_workspace_plan(ws, PLAN_EXISTING,
								  "SELECT * FROM %s.lead WHERE id = $1 AND merged_into IS NULL",
								  1, (Oid[]) {INT8OID});
	values[0] = Int64GetDatum(id);
	if (run(plan, values, NULL) > 0)
	{
		TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsHeapTuple);

		ExecStoreHeapTuple(SPI_tuptable->vals[0], slot, false);
		nkeys = leadcrm_identity_keys(ws, slot, keys);
		ExecDropSingleTupleTableSlot(slot);
	}
	for (int i = 0; i < nkeys; i++)
	{
		kind[i] = PointerGetDatum(keys[i].rule->kind_text);
		scope[i] = PointerGetDatum(keys[i].scope);
		key[i] = PointerGetDatum(keys[i].key);
	}

	plan = leadcrm_workspace_plan(ws, PLAN_DROP_KEYS,
								  "DELETE FROM %s.identity i WHERE i.lead_id = $1 AND i.brought_by IS NULL"
								  " AND NOT EXISTS (SELECT FROM unnest($2, $3, $4) AS k (kind, scope, key)"
								  " WHERE k.kind = i.kind AND k.scope = i.scope AND k.key = i.key)"
								  " RETURNING i.live, i.kind, i.scope, i.key",
								  4, (Oid[]) {INT8OID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID});
	values[1] = PointerGetDatum(text_array(kind, nkeys));
	values[2] = PointerGetDatum(text_array(scope, nkeys));
	values[3] = PointerGetDatum(text_array(key, nkeys));
	n = run(plan, values, NULL);
	kinds = palloc(Max(n, 1) * sizeof(Datum));
	scopes = palloc(Max(n, 1) * sizeof(Datum));
	gone = palloc(Max(n, 1) * sizeof(Datum));
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;

		if (!DatumGetBool(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull)))
			continue;
		kinds[nlive] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 2, &isnull);
		scopes[nlive] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 3, &isnull);
		gone[nlive] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 4, &isnull);
		nlive++;
	}
	if (nlive > 0)
		dedup_promote(ws, text_array(kinds, nlive), text_array(scopes, nlive),
					  text_array(gone, nlive));
}

/*
 * leadcrm_owner_begin
 *		Act as the owner of the workspace, as foreign keys act as their table's.
 *
 * The caller restores with SetUserIdAndSecContext(); an error does it by
 * itself.
 */
void
leadcrm_owner_begin(Workspace *ws, Oid *save_userid, int *save_sec_context)
{
	GetUserIdAndSecContext(save_userid, save_sec_context);
	SetUserIdAndSecContext(ws->owner, *save_sec_context | SECURITY_LOCAL_USERID_CHANGE);
}

/*
 * leadcrm_index_plans_begin
 *		Have what is planned from here on look rows up by index.
 *
 * The statements are prepared once and kept.  Planned while a workspace is
 * nearly empty they would scan its tables, and go on doing so to the end of
 * the COPY that fills them.  Returns a nesting level for AtEOXact_GUC().
 */
int
leadcrm_index_plans_begin(void)
{
	static const char *const off[] = {"enable_seqscan", "enable_hashjoin", "enable_mergejoin"};
	int			nestlevel = NewGUCNestLevel();

	for (int i = 0; i < lengthof(off); i++)
		(void) set_config_option(off[i], "off", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return nestlevel;
}

/* An int8[] of n values, in the current context. */
ArrayType *
leadcrm_int8_array(const int64 *value, int n)
{
	Datum	   *datum = palloc(Max(n, 1) * sizeof(Datum));

	for (int i = 0; i < n; i++)
		datum[i] = Int64GetDatum(value[i]);
	return construct_array(datum, n, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
}

/*
 * Insert claims; returns how many came in.  The others are held: by somebody
 * else, or by this very lead already.
 */
static int
claim_keys(Workspace *ws, const DedupSubject *subject, IdentityKey **keys, int nkeys)
{
	int			claimed = 0;

	for (int from = 0; from < nkeys; from += CLAIM_MAX_KEYS)
	{
		int			n = Min(nkeys - from, CLAIM_MAX_KEYS);
		WorkspacePlan which = PLAN_CLAIM + n - 1;
		Datum		values[2 + 3 * CLAIM_MAX_KEYS];
		Oid			types[2 + 3 * CLAIM_MAX_KEYS];
		StringInfoData query;

		types[0] = INT8OID;
		types[1] = TIMESTAMPTZOID;
		values[0] = Int64GetDatum(subject->id);
		values[1] = TimestampTzGetDatum(subject->now);
		for (int i = 0; i < n; i++)
		{
			types[2 + 3 * i] = types[3 + 3 * i] = types[4 + 3 * i] = TEXTOID;
			values[2 + 3 * i] = PointerGetDatum(keys[from + i]->rule->kind_text);
			values[3 + 3 * i] = PointerGetDatum(keys[from + i]->scope);
			values[4 + 3 * i] = PointerGetDatum(keys[from + i]->key);
		}
		if (ws->plan[which] == NULL)
		{
			initStringInfo(&query);
			appendStringInfoString(&query,
								   "INSERT INTO %s.identity (lead_id, claimed_at, live, state, kind, scope, key) VALUES");
			for (int i = 0; i < n; i++)
				appendStringInfo(&query, "%s ($1, $2, true, 'held', $%d, $%d, $%d)",
								 i > 0 ? "," : "", 3 + 3 * i, 4 + 3 * i, 5 + 3 * i);
			appendStringInfoString(&query, " ON CONFLICT (kind, scope, key) WHERE live DO NOTHING");
			(void) leadcrm_workspace_plan(ws, which, query.data, 2 + 3 * n, types);
			pfree(query.data);
		}
		claimed += (int) run(ws->plan[which], values, NULL);
	}
	return claimed;
}

/*
 * Lock the holders of keys we did not get and read who they are.
 *
 * Adds a hit for each key that another living lead holds.  Keys that nobody
 * holds any more are returned in free_keys.
 */
static int
find_hits(Workspace *ws, const DedupSubject *subject, IdentityKey **keys, int nkeys,
		  DedupPending pending, Hit *hits, int *nfree, IdentityKey **free_keys)
{
	Datum		kind[IDENTITY_MAX_KEYS];
	Datum		scope[IDENTITY_MAX_KEYS];
	Datum		key[IDENTITY_MAX_KEYS];
	Datum		values[3];
	bool		expiring = false;
	SPIPlanPtr	plan;
	uint64		n;
	int			nhits = 0;

	for (int i = 0; i < nkeys; i++)
	{
		kind[i] = PointerGetDatum(keys[i]->rule->kind_text);
		scope[i] = PointerGetDatum(keys[i]->scope);
		key[i] = PointerGetDatum(keys[i]->key);
		expiring |= keys[i]->rule->max_age != NULL;
	}
	values[0] = PointerGetDatum(text_array(kind, nkeys));
	values[1] = PointerGetDatum(text_array(scope, nkeys));
	values[2] = PointerGetDatum(text_array(key, nkeys));

	/* Who may retire the claim takes the stronger lock at once. */
#define HOLDERS_QUERY \
		"SELECT i.kind, i.scope, i.key, i.lead_id FROM %s.identity i" \
		" JOIN unnest($1, $2, $3) AS k (kind, scope, key)" \
		" ON i.kind = k.kind AND i.scope = k.scope AND i.key = k.key" \
		" WHERE i.live ORDER BY i.kind, i.scope, i.key"
	if (expiring)
		plan = leadcrm_workspace_plan(ws, PLAN_HOLDERS_EXPIRING,
									  HOLDERS_QUERY " FOR UPDATE OF i",
									  3, (Oid[]) {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID});
	else
		plan = leadcrm_workspace_plan(ws, PLAN_HOLDERS,
									  HOLDERS_QUERY " FOR SHARE OF i",
									  3, (Oid[]) {TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID});
	n = run(plan, values, NULL);

	*nfree = 0;
	for (int i = 0; i < nkeys; i++)
	{
		bool		held = false;

		for (uint64 r = 0; r < n && !held; r++)
		{
			HeapTuple	row = SPI_tuptable->vals[r];
			TupleDesc	tupdesc = SPI_tuptable->tupdesc;
			bool		isnull;

			held = DatumGetBool(DirectFunctionCall2Coll(texteq, C_COLLATION_OID, kind[i],
														SPI_getbinval(row, tupdesc, 1, &isnull))) &&
				DatumGetBool(DirectFunctionCall2Coll(texteq, C_COLLATION_OID, scope[i],
													 SPI_getbinval(row, tupdesc, 2, &isnull))) &&
				DatumGetBool(DirectFunctionCall2Coll(texteq, C_COLLATION_OID, key[i],
													 SPI_getbinval(row, tupdesc, 3, &isnull)));
			if (held)
			{
				int64		holder = DatumGetInt64(SPI_getbinval(row, tupdesc, 4, &isnull));

				if (holder != subject->id)
				{
					hits[nhits].key = keys[i];
					hits[nhits].holder = holder;
					hits[nhits].name = NULL;
					nhits++;
				}
			}
		}
		if (!held)
			free_keys[(*nfree)++] = keys[i];
	}

	if (nhits > 0)
		read_holders(ws, subject, pending, hits, &nhits);

	/* Holders too old for their rule make room. */
	for (int i = 0; i < nhits;)
	{
		if (hits[i].holder != 0 && holder_expired(subject, &hits[i]))
		{
			plan = leadcrm_workspace_plan(ws, PLAN_RETIRE_EXPIRED,
										  "UPDATE %s.identity SET live = false, state = 'expired'"
										  " WHERE kind = $1 AND scope = $2 AND key = $3 AND live",
										  3, (Oid[]) {TEXTOID, TEXTOID, TEXTOID});
			values[0] = PointerGetDatum(hits[i].key->rule->kind_text);
			values[1] = PointerGetDatum(hits[i].key->scope);
			values[2] = PointerGetDatum(hits[i].key->key);
			(void) run(plan, values, NULL);
			free_keys[(*nfree)++] = hits[i].key;
			hits[i] = hits[--nhits];
		}
		else
			i++;
	}
	return nhits;
}

/*
 * Fill in name and age of the holders; drop hits whose lead does not exist,
 * taking its claim over.
 */
static void
read_holders(Workspace *ws, const DedupSubject *subject, DedupPending pending,
			 Hit *hits, int *nhits)
{
	int64		ids[IDENTITY_MAX_KEYS];
	Datum		values[5];
	SPIPlanPtr	plan;
	SPITupleTable *leads;
	uint64		n;

	for (int i = 0; i < *nhits; i++)
		ids[i] = hits[i].holder;
	plan = leadcrm_workspace_plan(ws, PLAN_HOLDER_LEADS,
								  "SELECT id, merged_into, name, last_inbound_at FROM %s.lead WHERE id = ANY ($1)",
								  1, (Oid[]) {INT8ARRAYOID});
	values[0] = PointerGetDatum(leadcrm_int8_array(ids, *nhits));
	n = run(plan, values, NULL);
	leads = SPI_tuptable;

	for (int i = 0; i < *nhits;)
	{
		bool		exists = hits[i].holder == 0;

		for (uint64 r = 0; r < n && !exists; r++)
		{
			HeapTuple	row = leads->vals[r];
			bool		isnull;
			Datum		d;

			if (DatumGetInt64(SPI_getbinval(row, leads->tupdesc, 1, &isnull)) != hits[i].holder)
				continue;
			exists = true;
			d = SPI_getbinval(row, leads->tupdesc, 2, &isnull);
			if (!isnull)
				hits[i].holder = DatumGetInt64(d);
			d = SPI_getbinval(row, leads->tupdesc, 3, &isnull);
			hits[i].name = isnull ? NULL : DatumGetTextPP(d);
			hits[i].last_inbound_at =
				DatumGetTimestampTz(SPI_getbinval(row, leads->tupdesc, 4, &isnull));
		}
		if (exists)
		{
			i++;
			continue;
		}

		if (pending(hits[i].holder))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("a lead with the same identity key is being inserted by the statement that fired this one"),
					 errhint("Insert into the lead table from an AFTER trigger instead.")));
		plan = leadcrm_workspace_plan(ws, PLAN_TAKE_OVER,
									  "UPDATE %s.identity SET lead_id = $1, claimed_at = $2, brought_by = NULL"
									  " WHERE kind = $3 AND scope = $4 AND key = $5 AND live",
									  5, (Oid[]) {INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID});
		values[0] = Int64GetDatum(subject->id);
		values[1] = TimestampTzGetDatum(subject->now);
		values[2] = PointerGetDatum(hits[i].key->rule->kind_text);
		values[3] = PointerGetDatum(hits[i].key->scope);
		values[4] = PointerGetDatum(hits[i].key->key);
		(void) run(plan, values, NULL);
		hits[i] = hits[--(*nhits)];
	}
}

static bool
holder_expired(const DedupSubject *subject, const Hit *hit)
{
	TimestampTz end;

	if (hit->key->rule->max_age == NULL)
		return false;
	end = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												  TimestampTzGetDatum(hit->last_inbound_at),
												  IntervalPGetDatum(hit->key->rule->max_age)));
	return end < subject->now;
}

/* The first rule in order decides, then the oldest lead. */
static const Hit *
deciding_hit(const Hit *hits, int nhits)
{
	const Hit  *best = NULL;

	for (int i = 0; i < nhits; i++)
	{
		if (hits[i].holder == 0)
			continue;			/* a key known as shared decides nothing */
		if (best == NULL || hits[i].key->rule < best->key->rule ||
			(hits[i].key->rule == best->key->rule && hits[i].holder < best->holder))
			best = &hits[i];
	}
	return best;
}

/* Apply the deciding rule; what else was hit becomes a pair for review. */
static void
decide(Workspace *ws, const DedupSubject *subject, const Hit *hits, int nhits,
	   int nclaimed, DedupDecision *decision)
{
	const Hit  *first = deciding_hit(hits, nhits);
	IdentityAction action;
	const char *reason = NULL;

	if (first == NULL)
		return;
	decision->rule = first->key->rule;
	action = decision->rule->action;

	if (action == IDENTITY_REJECT || (subject->reject && action == IDENTITY_MERGE))
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("lead duplicates an existing one by identity rule \"%s\"",
						decision->rule->code),
				 errdetail("Lead " INT64_FORMAT " holds the same %s.",
						   first->holder, decision->rule->kind),
				 errhint("Look it up with explain_identity() or find_lead().")));

	if (action == IDENTITY_MERGE && decision->rule->check_name &&
		leadcrm_identity_names_differ(subject->name, first->name))
	{
		action = IDENTITY_REVIEW;
		reason = "names differ";
	}
	if (!subject->arriving && action != IDENTITY_REVIEW)
	{
		action = IDENTITY_REVIEW;
		reason = "key given to an existing lead";
	}

	if (action == IDENTITY_MERGE)
	{
		decision->winner = first->holder;
		if (nclaimed > 0)
		{
			Datum		values[2];

			/* The winner may wait for a key that is now his: not twice. */
			values[0] = Int64GetDatum(subject->id);
			values[1] = Int64GetDatum(first->holder);
			(void) run(leadcrm_workspace_plan(ws, PLAN_DROP_WAITING_OF_WINNER,
											  "DELETE FROM %s.identity w USING %s.identity i"
											  " WHERE i.lead_id = $1 AND w.lead_id = $2 AND NOT w.live"
											  " AND w.kind = i.kind AND w.scope = i.scope AND w.key = i.key",
											  2, (Oid[]) {INT8OID, INT8OID}), values, NULL);
			(void) run(leadcrm_workspace_plan(ws, PLAN_GIVE_TO_WINNER,
											  "UPDATE %s.identity SET lead_id = $2, brought_by = $1"
											  " WHERE lead_id = $1",
											  2, (Oid[]) {INT8OID, INT8OID}), values, NULL);
		}
		for (int i = 0; i < nhits; i++)
		{
			if (hits[i].holder != 0 && hits[i].holder != decision->winner)
				add_pair(decision, decision->winner, hits[i].holder, hits[i].key->rule,
						 false, "one arrival has keys of both");
		}
		return;
	}

	for (int i = 0; i < nhits; i++)
	{
		if (hits[i].holder == 0)
			continue;
		note_key(ws, subject, hits[i].key, action == IDENTITY_LINK ? "linked" : "review");
		add_pair(decision, subject->id, hits[i].holder, hits[i].key->rule,
				 action == IDENTITY_LINK, reason);
	}
}

/* Store a claim that does not hold. */
static void
note_key(Workspace *ws, const DedupSubject *subject, const IdentityKey *key, const char *state)
{
	Datum		values[6];

	values[0] = Int64GetDatum(subject->id);
	values[1] = TimestampTzGetDatum(subject->now);
	values[2] = CStringGetTextDatum(state);
	values[3] = PointerGetDatum(key->rule->kind_text);
	values[4] = PointerGetDatum(key->scope);
	values[5] = PointerGetDatum(key->key);
	(void) run(leadcrm_workspace_plan(ws, PLAN_NOTE,
									  "INSERT INTO %s.identity (lead_id, claimed_at, live, state, kind, scope, key)"
									  " VALUES ($1, $2, false, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
									  6, (Oid[]) {INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}),
			   values, NULL);
}

/*
 * Note a weak key and pair the lead with the oldest other living lead that
 * has it.  Two sessions that bring the same weak key at the same moment may
 * both miss the other: weak keys guard nothing.
 */
static void
note_weak_key(Workspace *ws, const DedupSubject *subject, const IdentityKey *key,
			  DedupDecision *decision)
{
	Datum		values[5];
	uint64		n;

	values[0] = Int64GetDatum(subject->id);
	values[1] = PointerGetDatum(key->rule->kind_text);
	values[2] = PointerGetDatum(key->scope);
	values[3] = PointerGetDatum(key->key);
	values[4] = Int32GetDatum(WEAK_KEY_MAX_LEADS);
	n = run(leadcrm_workspace_plan(ws, PLAN_WEAK_OTHERS,
								   "SELECT l.id FROM (SELECT lead_id FROM %s.identity"
								   "  WHERE kind = $2 AND scope = $3 AND key = $4 AND live UNION ALL"
								   "  (SELECT lead_id FROM %s.identity"
								   "   WHERE kind = $2 AND scope = $3 AND key = $4 AND NOT live"
								   "   ORDER BY lead_id LIMIT $5 + 1)) AS i"
								   " JOIN %s.lead l ON l.id = i.lead_id"
								   " WHERE l.id <> $1 AND l.merged_into IS NULL"
								   " ORDER BY l.id LIMIT $5",
								   5, (Oid[]) {INT8OID, TEXTOID, TEXTOID, TEXTOID, INT4OID}),
			values, NULL);
	if (n > 0 && n < WEAK_KEY_MAX_LEADS)
	{
		bool		isnull;

		add_pair(decision, subject->id,
				 DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)),
				 key->rule, key->rule->action == IDENTITY_LINK, "weak key");
		if (decision->rule == NULL)
			decision->rule = key->rule;
	}
	note_key(ws, subject, key, "weak");
}

/* Add a pair, once per two leads. */
static void
add_pair(DedupDecision *decision, int64 lead, int64 other, const IdentityRule *rule,
		 bool linked, const char *reason)
{
	DedupPair  *pair;

	for (int i = 0; i < decision->npairs; i++)
	{
		pair = &decision->pair[i];
		if (pair->lead == lead && pair->other == other)
		{
			if (!linked)
				pair->status = "open";
			return;
		}
	}
	if (decision->npairs == IDENTITY_MAX_KEYS)
		return;
	pair = &decision->pair[decision->npairs++];
	pair->lead = lead;
	pair->other = other;
	pair->rule = rule;
	pair->status = linked ? "linked" : "open";
	pair->reason = reason;
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
		uint64		mine = run(plan, values, NULL);
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

	(void) run(leadcrm_workspace_plan(ws, PLAN_PROMOTE,
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
									  3, types), values, NULL);
}

/* A text[] of n text datums, in the current context. */
static ArrayType *
text_array(Datum *value, int n)
{
	return construct_array(value, n, TEXTOID, -1, false, TYPALIGN_INT);
}

/* Execute a plan that may write; the snapshot is new. */
static uint64
run(SPIPlanPtr plan, Datum *values, const char *nulls)
{
	int			rc = SPI_execute_plan(plan, values, nulls, false, 0);

	if (rc < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(rc));
	return SPI_processed;
}
