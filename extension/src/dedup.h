/*-------------------------------------------------------------------------
 * dedup.h
 *	  Who an arriving or changed lead is: its claims and the decision.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_DEDUP_H
#define LEADCRM_DEDUP_H

#include "datatype/timestamp.h"
#include "utils/array.h"

#include "claim.h"
#include "identity.h"
#include "owner.h"

/* A key of ours that is held by somebody. */
typedef struct DedupHit
{
	IdentityKey *key;
	int64		holder;			/* living lead; 0: the key is known as shared */
	text	   *name;			/* of the holder, or NULL */
	TimestampTz last_inbound_at;
} DedupHit;

/* A pair for the table duplicate. */
typedef struct DedupPair
{
	int64		lead;			/* one side */
	int64		other;
	const IdentityRule *rule;
	const char *status;			/* "open" or "linked" */
	const char *reason;			/* NULL, or why it is no merge */
} DedupPair;

typedef struct DedupDecision
{
	int64		winner;			/* living lead to merge into, or 0 */
	const IdentityRule *rule;	/* that decided; NULL when nothing was hit */
	int			npairs;
	DedupPair	pair[IDENTITY_MAX_KEYS];
} DedupDecision;

/* The row whose keys are claimed. */
typedef struct DedupSubject
{
	int64		id;
	const text *name;			/* NULL when unknown */
	bool		arriving;		/* false: an UPDATE of a living lead */
	bool		reject;			/* its source wants 23505, not a merge */
	TimestampTz now;
	int			claimed;		/* strong keys claimed already; -1: not tried */
} DedupSubject;

/* Is that id a row whose insertion an outer statement has not finished? */
typedef bool (*DedupPending) (int64 lead);

extern void leadcrm_dedup_decide(Workspace *ws, const DedupSubject *subject,
								 IdentityKey *keys, int nkeys,
								 DedupPending pending, DedupDecision *decision);
extern bool leadcrm_dedup_arrive(Workspace *ws, Relation lead, ClaimTarget *claims,
								 DedupSubject *subject, IdentityKey *keys, int nkeys,
								 DedupDecision *decision);
extern IdentityAction leadcrm_dedup_choose(const DedupSubject *subject,
										   const DedupHit *hits, int nhits,
										   DedupDecision *decision);
extern void leadcrm_dedup_note(Workspace *ws, const DedupSubject *subject,
							   const IdentityKey *key, const char *state);
extern void leadcrm_dedup_release(Workspace *ws, ArrayType *leads);
extern void leadcrm_dedup_reconcile(Workspace *ws, Relation lead, int64 id);

extern int	leadcrm_int8_compare(const void *a, const void *b);
extern ArrayType *leadcrm_int8_array(const int64 *value, int n);

#endif							/* LEADCRM_DEDUP_H */
