/*-------------------------------------------------------------------------
 * dedup_direct.c
 *	  Who an arriving lead is, found out without a statement.
 *
 * Most arrivals have keys that nobody holds, and most others are merged into
 * the lead that holds them.  Both are decided here as dedup.c decides them,
 * with the same locks in the same order, but on the indexes themselves.  What
 * is anything else, or what changes while it is looked at, is left to dedup.c
 * as if nothing had happened.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"

#include "dedup.h"
#include "lead_scan.h"

static bool choose_winner(Workspace *ws, Relation lead, ClaimTarget *claims,
						  const DedupSubject *subject, IdentityKey *keys, int nkeys,
						  const bool *held, Claim *claim, DedupDecision *decision);
static bool read_holders(Workspace *ws, Relation lead, const DedupSubject *subject,
						 DedupHit *hits, int nhits);
static int	claim_unseen(ClaimTarget *claims, const DedupSubject *subject,
						 const IdentityKey *keys, int nkeys);
static int	claim_free(ClaimTarget *claims, const DedupSubject *subject, int64 winner,
					   const IdentityKey *keys, int nkeys, const bool *held, Claim *claim);

/*
 * leadcrm_dedup_arrive
 *		Claim the keys of an arriving row and say what it is, if it is new or
 *		to be merged.
 *
 * keys: sorted by leadcrm_identity_compare().  claims: open for this statement.
 *
 * Returns false if leadcrm_dedup_decide() has to; subject->claimed then says
 * what is claimed already.  Waits and raises as that does.
 */
bool
leadcrm_dedup_arrive(Workspace *ws, Relation lead, ClaimTarget *claims, DedupSubject *subject,
					 IdentityKey *keys, int nkeys, DedupDecision *decision)
{
	bool		held[IDENTITY_MAX_KEYS];	/* or not to be claimed at all */
	Claim		claim[IDENTITY_MAX_KEYS];
	int			nhits = 0;
	int			nfree = 0;
	int			nclaimed;

	decision->winner = 0;
	decision->rule = NULL;
	decision->npairs = 0;
	if (leadcrm_claim_likely_free(claims, keys, nkeys))
	{
		subject->claimed = claim_unseen(claims, subject, keys, nkeys);
		if (subject->claimed >= 0)
			return subject->claimed == nkeys;
	}

	for (int i = 0; i < nkeys; i++)
	{
		held[i] = keys[i].weak || leadcrm_claim_find(claims, &keys[i], &claim[i]);
		if (!held[i])
			nfree++;
		else if (!keys[i].weak)
			nhits++;
	}

	if (nhits == 0 ||
		!choose_winner(ws, lead, claims, subject, keys, nkeys, held, claim, decision))
	{
		subject->claimed = nfree > 0 ? claim_free(claims, subject, 0, keys, nkeys, held, claim) : 0;
		return subject->claimed == nkeys;
	}

	/* Keys that nobody holds are claimed for the winner at once. */
	if (nfree == 0)
		return true;
	nclaimed = claim_free(claims, subject, decision->winner, keys, nkeys, held, claim);
	if (nclaimed == nfree)
		return true;
	for (int i = 0; i < nkeys && nclaimed > 0; i++)
	{
		if (held[i])
			continue;
		leadcrm_claim_retract(claims, &claim[i]);
		nclaimed--;
	}
	subject->claimed = -1;
	return false;
}

/*
 * Choose the lead that the row is merged into; false when it may be another
 * case.  The claims that were hit are locked then.
 */
static bool
choose_winner(Workspace *ws, Relation lead, ClaimTarget *claims, const DedupSubject *subject,
			  IdentityKey *keys, int nkeys, const bool *held, Claim *claim,
			  DedupDecision *decision)
{
	DedupHit	hits[IDENTITY_MAX_KEYS];
	int			nhits = 0;

	/* With one snapshot for all, what to do about others' rows is SPI's to know. */
	if (IsolationUsesXactSnapshot())
		return false;
	CommandCounterIncrement();	/* show what this statement has inserted */
	for (int i = 0; i < nkeys; i++)
	{
		if (!held[i] || keys[i].weak)
			continue;
		if (keys[i].rule->max_age != NULL || claim[i].lead == subject->id ||
			!leadcrm_claim_lock(claims, &claim[i]))
			return false;
		hits[nhits].key = &keys[i];
		hits[nhits].holder = claim[i].lead;
		hits[nhits].name = NULL;
		hits[nhits].last_inbound_at = 0;	/* no rule asks */
		nhits++;
	}
	return read_holders(ws, lead, subject, hits, nhits) &&
		leadcrm_dedup_choose(subject, hits, nhits, decision) == IDENTITY_MERGE;
}

/*
 * Read who the holders are; false when one is not stored, or when the
 * subject's own id is.
 */
static bool
read_holders(Workspace *ws, Relation lead, const DedupSubject *subject, DedupHit *hits, int nhits)
{
	LeadScan	scan;
	bool		good = true;

	if (!leadcrm_lead_scan_begin(&scan, ws, lead))
		return false;
	for (int i = 0; good && i < nhits; i++)
	{
		bool		isnull;
		Datum		d;

		if (hits[i].holder == 0)
			continue;
		good = leadcrm_lead_scan_find(&scan, hits[i].holder);
		if (!good)
			break;
		d = slot_getattr(scan.slot, ws->column[LEAD_MERGED_INTO], &isnull);
		if (!isnull)
			hits[i].holder = DatumGetInt64(d);
		d = slot_getattr(scan.slot, ws->column[LEAD_NAME], &isnull);
		hits[i].name = isnull ? NULL : DatumGetTextPCopy(d);
	}
	good = good && !leadcrm_lead_scan_find(&scan, subject->id);
	leadcrm_lead_scan_end(&scan);
	return good;
}

/*
 * Claim the keys without having looked who holds them; returns how many these
 * are.  -1 if one is held: then all are as they were, and none is ours while
 * we wait for its holder.
 */
static int
claim_unseen(ClaimTarget *claims, const DedupSubject *subject, const IdentityKey *keys, int nkeys)
{
	Claim		claim[IDENTITY_MAX_KEYS];
	int			nclaimed = 0;
	bool		all = true;

	leadcrm_claim_begin(claims);
	for (int i = 0; i < nkeys && all; i++)
	{
		if (!keys[i].weak)
			all = leadcrm_claim_insert(claims, subject->id, 0, subject->now, &keys[i],
									   &claim[nclaimed++]);
	}
	for (int i = 0; i < nclaimed; i++)
		leadcrm_claim_finish(claims, &claim[i], all);
	leadcrm_claim_end(claims);
	return all ? nclaimed : -1;
}

/*
 * Claim the keys that nobody held, for the winner or, if there is none, for
 * the subject itself.  Returns how many came in; the first that did not ends it.
 */
static int
claim_free(ClaimTarget *claims, const DedupSubject *subject, int64 winner,
		   const IdentityKey *keys, int nkeys, const bool *held, Claim *claim)
{
	int			nclaimed = 0;

	leadcrm_claim_begin(claims);
	for (int i = 0; i < nkeys; i++)
	{
		bool		came_in;

		if (held[i])
			continue;
		came_in = leadcrm_claim_insert(claims, winner != 0 ? winner : subject->id,
									   winner != 0 ? subject->id : 0, subject->now, &keys[i], &claim[i]);
		leadcrm_claim_finish(claims, &claim[i], came_in);
		if (!came_in)
			break;
		nclaimed++;
	}
	leadcrm_claim_end(claims);
	return nclaimed;
}
