/*-------------------------------------------------------------------------
 * claim.h
 *	  Inserting identity claims without a statement for each row.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_CLAIM_H
#define LEADCRM_CLAIM_H

#include "datatype/timestamp.h"
#include "storage/itemptr.h"

#include "identity.h"

typedef struct ClaimTarget ClaimTarget;

/* A live claim, as found or made. */
typedef struct Claim
{
	ItemPointerData tid;
	int64		lead;			/* who holds the key; 0: it is known as shared */
	bool		own;			/* made by this transaction */
} Claim;

extern ClaimTarget *leadcrm_claim_open(Workspace *ws, MemoryContext cxt);
extern bool leadcrm_claim_find(ClaimTarget *target, const IdentityKey *key, Claim *claim);
extern bool leadcrm_claim_lock(ClaimTarget *target, Claim *claim);
extern bool leadcrm_claim_likely_free(const ClaimTarget *target, const IdentityKey *keys, int nkeys);
extern void leadcrm_claim_begin(ClaimTarget *target);
extern bool leadcrm_claim_insert(ClaimTarget *target, int64 lead, int64 brought_by,
								 TimestampTz now, const IdentityKey *key, Claim *claim);
extern void leadcrm_claim_finish(ClaimTarget *target, const Claim *claim, bool stands);
extern void leadcrm_claim_end(ClaimTarget *target);
extern void leadcrm_claim_retract(ClaimTarget *target, Claim *claim);
extern void leadcrm_claim_close(ClaimTarget *target);

#endif							/* LEADCRM_CLAIM_H */
