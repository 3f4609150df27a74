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
 * (release.c), with the latest snapshot, and gives up with 40001 where
 * his own snapshot cannot see them.  A holder that vanished between the hit
 * and the lock frees the key: claim again.
 *
 * That takes several statements.  What most arrivals need, new keys or one
 * holder to be merged into, dedup_direct.c does without any.
 *
 * A claim counts only if its lead exists.  Rows that are claimed for but never
 * inserted (ON CONFLICT on another index, a trigger that returns NULL) leave
 * claims behind until the end of their statement; a later row of the same
 * statement takes them over.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
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

static void drop_waiting(Workspace *ws, const DedupSubject *subject,
						 IdentityKey *keys, int nkeys);
static int	claim_keys(Workspace *ws, const DedupSubject *subject,
					   IdentityKey **keys, int nkeys);
static int	find_hits(Workspace *ws, const DedupSubject *subject,
					  IdentityKey **keys, int nkeys, DedupPending pending,
					  DedupHit *hits, int *nfree, IdentityKey **free_keys, bool *exists);
static void give_up(Workspace *ws, const IdentityKey *key);
static bool lock_holder(Workspace *ws, const IdentityKey *key, int64 *holder);
static void read_holders(Workspace *ws, const DedupSubject *subject, DedupPending pending,
						 DedupHit *hits, int *nhits, bool *exists);
static HeapTuple find_lead(SPITupleTable *leads, uint64 n, int64 id);
static void key_values(const IdentityKey *key, Datum *values);
static bool holder_expired(const DedupSubject *subject, const DedupHit *hit);
static const DedupHit *deciding_hit(const DedupHit *hits, int nhits);
static void decide(Workspace *ws, const DedupSubject *subject, const DedupHit *hits, int nhits,
				   int nclaimed, DedupDecision *decision);
static void give_to_winner(Workspace *ws, int64 loser, int64 winner, int nclaimed);
static void note_weak_key(Workspace *ws, const DedupSubject *subject,
						  const IdentityKey *key, DedupDecision *decision);
static void add_pair(DedupDecision *decision, int64 lead, int64 other,
					 const IdentityRule *rule, bool linked, const char *reason);

/*
 * leadcrm_dedup_decide
 *		Claim the keys of a row and say what it is, whatever that takes.
 *
 * keys: sorted by leadcrm_identity_compare().  pending: tells the rows that
 * outer statements are still inserting.
 *
 * The caller is connected to SPI and acts as the owner of the workspace.
 * Writes identity only.  Raises 23505 where a rule or the source rejects
 * duplicates, 40001 when a holder changes under it again and again or the
 * isolation level demands it, 55000 when a trigger or rule on identity keeps
 * claims from being stored; waits for transactions that hold one of the keys,
 * as long as lock_timeout allows.
 */
void
leadcrm_dedup_decide(Workspace *ws, const DedupSubject *subject,
					 IdentityKey *keys, int nkeys,
					 DedupPending pending, DedupDecision *decision)
{
	IdentityKey *wanted[IDENTITY_MAX_KEYS];
	DedupHit			hits[IDENTITY_MAX_KEYS];
	int			nwanted = 0;
	int			nclaimed = 0;
	int			nhits = 0;
	bool		exists = false;

	decision->winner = 0;
	decision->rule = NULL;
	decision->npairs = 0;

	if (!subject->arriving)
		drop_waiting(ws, subject, keys, nkeys);
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
		if (tries == 0 && subject->claimed >= 0)
			n = subject->claimed;
		else
			n = claim_keys(ws, subject, wanted, nwanted);
		nclaimed += n;
		if (n == nwanted)
			break;
		if (tries == CLAIM_MAX_TRIES)
			give_up(ws, wanted[0]);
		nhits += find_hits(ws, subject, wanted, nwanted, pending,
						   &hits[nhits], &nfree, free_keys, &exists);
		memcpy(wanted, free_keys, nfree * sizeof(IdentityKey *));
		nwanted = nfree;
	}

	/*
	 * A row whose id is taken will not be inserted.  Deciding about it would
	 * give the claims of the lead that has the id to somebody else.
	 */
	if (nhits > 0 && subject->arriving && exists)
		return;
	if (nhits > 0)
		decide(ws, subject, hits, nhits, nclaimed, decision);

	/* What a row that lives no more is known by is its winner's affair. */
	for (int i = 0; i < nhits && decision->winner == 0; i++)
	{
		if (hits[i].holder == 0)
			note_weak_key(ws, subject, hits[i].key, decision);
	}
	for (int i = 0; i < nkeys && decision->winner == 0; i++)
	{
		if (keys[i].weak)
			note_weak_key(ws, subject, &keys[i], decision);
	}
}

/* Order of int64 values, for qsort() and bsearch(). */
int
leadcrm_int8_compare(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return (x > y) - (x < y);
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
 * Drop what an existing lead has noted of keys that it now claims anew: a
 * weak key becomes a strong one when the lead's kind or a rule changes.  One
 * that it has to note again keeps its time.
 */
static void
drop_waiting(Workspace *ws, const DedupSubject *subject, IdentityKey *keys, int nkeys)
{
	for (int i = 0; i < nkeys; i++)
	{
		Datum		values[4];

		values[0] = Int64GetDatum(subject->id);
		values[1] = PointerGetDatum(keys[i].rule->kind_text);
		values[2] = PointerGetDatum(keys[i].scope);
		values[3] = PointerGetDatum(keys[i].key);
		if (leadcrm_workspace_run(ws, PLAN_DROP_WAITING,
								  "DELETE FROM %s.identity WHERE lead_id = $1 AND NOT live"
								  " AND kind = $2 AND scope = $3 AND key = $4 RETURNING claimed_at",
								  4, (Oid[]) {INT8OID, TEXTOID, TEXTOID, TEXTOID}, values) > 0)
		{
			bool		isnull;

			keys[i].noted_at = DatumGetTimestampTz(SPI_getbinval(SPI_tuptable->vals[0],
																 SPI_tuptable->tupdesc, 1, &isnull));
		}
	}
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
		claimed += (int) leadcrm_workspace_run(ws, which, NULL, 2 + 3 * n, types, values);
	}
	return claimed;
}

/*
 * A key that nobody holds could not be claimed, however often it was tried.
 *
 * Where a trigger or a rule decides what is stored, it is that which keeps the
 * claim out: trying again would not help.
 */
static void
give_up(Workspace *ws, const IdentityKey *key)
{
	Relation	identity = table_open(leadcrm_workspace_table(ws->namespace_oid, "identity"),
									  AccessShareLock);
	TriggerDesc *triggers = identity->trigdesc;

	if ((triggers != NULL && triggers->trig_insert_before_row) || identity->rd_rules != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("identity key of kind \"%s\" was not stored, and nobody holds it",
						key->rule->kind),
				 errhint("Look for a trigger on table \"%s\" that returns NULL, or for a rule.", "identity"),
				 errtable(identity)));
	ereport(ERROR,
			(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
			 errmsg("could not claim an identity key of kind \"%s\": its holder changed %d times",
					key->rule->kind, CLAIM_MAX_TRIES),
			 errhint("Retry the transaction.")));
}

/*
 * Lock the holders of keys that we may not have got and read who they are.
 *
 * Adds a hit for each key that another living lead holds.  Keys that nobody
 * holds any more are returned in free_keys.  *exists tells whether a lead
 * with the subject's id is stored already.
 */
static int
find_hits(Workspace *ws, const DedupSubject *subject, IdentityKey **keys, int nkeys,
		  DedupPending pending, DedupHit *hits, int *nfree, IdentityKey **free_keys, bool *exists)
{
	int			nhits = 0;

	*nfree = 0;
	for (int i = 0; i < nkeys; i++)
	{
		int64		holder;

		if (!lock_holder(ws, keys[i], &holder))
			free_keys[(*nfree)++] = keys[i];
		else if (holder != subject->id)
		{
			hits[nhits].key = keys[i];
			hits[nhits].holder = holder;
			hits[nhits].name = NULL;
			nhits++;
		}
	}
	if (nhits > 0)
		read_holders(ws, subject, pending, hits, &nhits, exists);

	/* Holders too old for their rule make room. */
	for (int i = 0; i < nhits;)
	{
		if (hits[i].holder != 0 && holder_expired(subject, &hits[i]))
		{
			Datum		values[3];

			key_values(hits[i].key, values);
			(void) leadcrm_workspace_run(ws, PLAN_RETIRE_EXPIRED,
										 "UPDATE %s.identity SET live = false, state = 'expired'"
										 " WHERE kind = $1 AND scope = $2 AND key = $3 AND live",
										 3, (Oid[]) {TEXTOID, TEXTOID, TEXTOID}, values);
			free_keys[(*nfree)++] = hits[i].key;
			hits[i] = hits[--nhits];
		}
		else
			i++;
	}
	return nhits;
}

/*
 * Lock the live claim of a key; false when there is none.
 *
 * FOR SHARE keeps others from moving or retiring it.  Who may retire it
 * himself takes the stronger lock at once: two who share could not.
 */
static bool
lock_holder(Workspace *ws, const IdentityKey *key, int64 *holder)
{
	static const char *const query[] = {
		"SELECT lead_id FROM %s.identity WHERE kind = $1 AND scope = $2 AND key = $3 AND live FOR SHARE",
		"SELECT lead_id FROM %s.identity WHERE kind = $1 AND scope = $2 AND key = $3 AND live FOR UPDATE"
	};
	bool		expiring = key->rule->max_age != NULL;
	Datum		values[3];
	bool		isnull;

	key_values(key, values);
	if (leadcrm_workspace_run(ws, expiring ? PLAN_HOLDER_EXPIRING : PLAN_HOLDER, query[expiring],
							  3, (Oid[]) {TEXTOID, TEXTOID, TEXTOID}, values) == 0)
		return false;
	*holder = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	return true;
}

/*
 * Fill in name and age of the holders; drop hits whose lead does not exist,
 * taking its claim over.
 */
static void
read_holders(Workspace *ws, const DedupSubject *subject, DedupPending pending,
			 DedupHit *hits, int *nhits, bool *exists)
{
	int64		ids[IDENTITY_MAX_KEYS + 1];
	Datum		values[5];
	SPITupleTable *leads;
	uint64		n;

	for (int i = 0; i < *nhits; i++)
		ids[i] = hits[i].holder;
	ids[*nhits] = subject->id;
	values[0] = PointerGetDatum(leadcrm_int8_array(ids, *nhits + 1));
	n = leadcrm_workspace_run(ws, PLAN_HOLDER_LEADS,
							  "SELECT id, merged_into, name, last_inbound_at FROM %s.lead WHERE id = ANY ($1)",
							  1, (Oid[]) {INT8ARRAYOID}, values);
	leads = SPI_tuptable;
	*exists = find_lead(leads, n, subject->id) != NULL;

	for (int i = 0; i < *nhits;)
	{
		HeapTuple	row = find_lead(leads, n, hits[i].holder);
		bool		isnull;
		Datum		d;

		if (row != NULL)
		{
			d = SPI_getbinval(row, leads->tupdesc, 2, &isnull);
			if (!isnull)
				hits[i].holder = DatumGetInt64(d);
			d = SPI_getbinval(row, leads->tupdesc, 3, &isnull);
			hits[i].name = isnull ? NULL : DatumGetTextPP(d);
			hits[i].last_inbound_at =
				DatumGetTimestampTz(SPI_getbinval(row, leads->tupdesc, 4, &isnull));
		}
		if (row != NULL || hits[i].holder == 0)
		{
			i++;
			continue;
		}

		if (pending(hits[i].holder))
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_IN_USE),
					 errmsg("a lead with the same identity key is being inserted by the statement that fired this one"),
					 errhint("Insert into the lead table from an AFTER trigger instead.")));
		key_values(hits[i].key, values);
		values[3] = Int64GetDatum(subject->id);
		values[4] = TimestampTzGetDatum(subject->now);
		(void) leadcrm_workspace_run(ws, PLAN_TAKE_OVER,
									 "UPDATE %s.identity SET lead_id = $4, claimed_at = $5, brought_by = NULL"
									 " WHERE kind = $1 AND scope = $2 AND key = $3 AND live",
									 5, (Oid[]) {TEXTOID, TEXTOID, TEXTOID, INT8OID, TIMESTAMPTZOID}, values);
		hits[i] = hits[--(*nhits)];
	}
}

static HeapTuple
find_lead(SPITupleTable *leads, uint64 n, int64 id)
{
	bool		isnull;

	for (uint64 i = 0; i < n; i++)
	{
		if (DatumGetInt64(SPI_getbinval(leads->vals[i], leads->tupdesc, 1, &isnull)) == id)
			return leads->vals[i];
	}
	return NULL;
}

/* Kind, scope and key as the first parameters of a statement. */
static void
key_values(const IdentityKey *key, Datum *values)
{
	values[0] = PointerGetDatum(key->rule->kind_text);
	values[1] = PointerGetDatum(key->scope);
	values[2] = PointerGetDatum(key->key);
}

static bool
holder_expired(const DedupSubject *subject, const DedupHit *hit)
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
static const DedupHit *
deciding_hit(const DedupHit *hits, int nhits)
{
	const DedupHit  *best = NULL;

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

/*
 * leadcrm_dedup_choose
 *		Let the deciding rule speak; what else was hit becomes a pair for review.
 *
 * Reads nothing and writes the decision only.  Returns what is to be done; to
 * merge or to reject means nothing where nobody was hit (decision->rule is
 * NULL).  Raises 23505 where the rule or the source rejects duplicates.
 */
IdentityAction
leadcrm_dedup_choose(const DedupSubject *subject, const DedupHit *hits, int nhits,
					 DedupDecision *decision)
{
	const DedupHit *first = deciding_hit(hits, nhits);
	IdentityAction action;
	const char *reason = NULL;

	decision->winner = 0;
	decision->rule = NULL;
	decision->npairs = 0;
	if (first == NULL)
		return IDENTITY_REVIEW;
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
		decision->winner = first->holder;
	else						/* the deciding rule stands for its pair, whatever else the two share */
		add_pair(decision, subject->id, first->holder, decision->rule,
				 action == IDENTITY_LINK, reason);
	for (int i = 0; i < nhits; i++)
	{
		if (hits[i].holder == 0 || hits[i].holder == decision->winner)
			continue;
		if (action == IDENTITY_MERGE)
			add_pair(decision, decision->winner, hits[i].holder, hits[i].key->rule,
					 false, "one arrival has keys of both");
		else
			add_pair(decision, subject->id, hits[i].holder, hits[i].key->rule,
					 action == IDENTITY_LINK, reason);
	}
	return action;
}

/* Decide, and write in identity what that means for the keys. */
static void
decide(Workspace *ws, const DedupSubject *subject, const DedupHit *hits, int nhits,
	   int nclaimed, DedupDecision *decision)
{
	IdentityAction action = leadcrm_dedup_choose(subject, hits, nhits, decision);

	if (decision->rule == NULL)
		return;
	if (action == IDENTITY_MERGE)
	{
		if (nclaimed > 0)
			give_to_winner(ws, subject->id, decision->winner, nclaimed);
		return;
	}
	for (int i = 0; i < nhits; i++)
	{
		if (hits[i].holder != 0)
			leadcrm_dedup_note(ws, subject, hits[i].key, action == IDENTITY_LINK ? "linked" : "review");
	}
}

/* The claims of a row that is merged become its winner's. */
static void
give_to_winner(Workspace *ws, int64 loser, int64 winner, int nclaimed)
{
	Datum		values[2];

	values[0] = Int64GetDatum(loser);
	values[1] = Int64GetDatum(winner);
	for (;;)
	{
		nclaimed -= (int) leadcrm_workspace_run(ws, PLAN_GIVE_TO_WINNER,
												"UPDATE %s.identity i SET lead_id = $2, brought_by = $1"
												" WHERE i.lead_id = $1"
												" AND NOT EXISTS (SELECT FROM %s.identity w WHERE w.lead_id = $2"
												" AND w.kind = i.kind AND w.scope = i.scope AND w.key = i.key)",
												2, (Oid[]) {INT8OID, INT8OID}, values);
		if (nclaimed <= 0)
			return;

		/* The winner waits for a key that is now his: not twice. */
		if (leadcrm_workspace_run(ws, PLAN_DROP_WAITING_OF_WINNER,
								  "DELETE FROM %s.identity w USING %s.identity i"
								  " WHERE i.lead_id = $1 AND w.lead_id = $2 AND NOT w.live"
								  " AND w.kind = i.kind AND w.scope = i.scope AND w.key = i.key",
								  2, (Oid[]) {INT8OID, INT8OID}, values) == 0)
			elog(ERROR, "could not give the claims of lead " INT64_FORMAT " to lead " INT64_FORMAT,
				 loser, winner);
	}
}

/*
 * leadcrm_dedup_note
 *		Store a claim that does not hold.
 */
void
leadcrm_dedup_note(Workspace *ws, const DedupSubject *subject, const IdentityKey *key, const char *state)
{
	Datum		values[6];

	values[0] = Int64GetDatum(subject->id);
	values[1] = TimestampTzGetDatum(key->noted_at != 0 ? key->noted_at : subject->now);
	values[2] = CStringGetTextDatum(state);
	values[3] = PointerGetDatum(key->rule->kind_text);
	values[4] = PointerGetDatum(key->scope);
	values[5] = PointerGetDatum(key->key);
	(void) leadcrm_workspace_run(ws, PLAN_NOTE,
								 "INSERT INTO %s.identity (lead_id, claimed_at, live, state, kind, scope, key)"
								 " VALUES ($1, $2, false, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
								 6, (Oid[]) {INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID}, values);
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
	n = leadcrm_workspace_run(ws, PLAN_WEAK_OTHERS,
							  "SELECT l.id FROM (SELECT lead_id FROM %s.identity"
							  "  WHERE kind = $2 AND scope = $3 AND key = $4 AND live UNION ALL"
							  "  (SELECT lead_id FROM %s.identity"
							  "   WHERE kind = $2 AND scope = $3 AND key = $4 AND NOT live"
							  "   ORDER BY lead_id LIMIT $5 + 1)) AS i"
							  " JOIN %s.lead l ON l.id = i.lead_id"
							  " WHERE l.id <> $1 AND l.merged_into IS NULL"
							  " ORDER BY l.id LIMIT $5",
							  5, (Oid[]) {INT8OID, TEXTOID, TEXTOID, TEXTOID, INT4OID}, values);
	if (n > 0 && n < WEAK_KEY_MAX_LEADS)
	{
		bool		isnull;

		add_pair(decision, subject->id,
				 DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)),
				 key->rule, key->rule->action == IDENTITY_LINK, "weak key");
		if (decision->rule == NULL)
			decision->rule = key->rule;
	}
	leadcrm_dedup_note(ws, subject, key, "weak");
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
