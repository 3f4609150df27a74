/*-------------------------------------------------------------------------
 * claim.h
 *	  Inserting identity claims without a statement for each row.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_CLAIM_H
#define LEADCRM_CLAIM_H

#include "datatype/timestamp.h"

#include "identity.h"

typedef struct ClaimTarget ClaimTarget;

extern ClaimTarget *leadcrm_claim_open(Workspace *ws, MemoryContext cxt);
extern bool leadcrm_claim_insert(ClaimTarget *target, int64 lead, TimestampTz now,
								 const IdentityKey *key);
extern void leadcrm_claim_close(ClaimTarget *target);

#endif							/* LEADCRM_CLAIM_H */
