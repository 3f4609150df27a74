/*-------------------------------------------------------------------------
 * identity.h
 *	  The identity keys of a lead.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_IDENTITY_H
#define LEADCRM_IDENTITY_H

#include "datatype/timestamp.h"
#include "executor/tuptable.h"

#include "workspace.h"

/* Keys of one lead; rules beyond this bound are not looked at. */
#define IDENTITY_MAX_KEYS	16

typedef struct IdentityKey
{
	const IdentityRule *rule;	/* the first rule that names this key */
	text	   *scope;
	text	   *key;
	bool		weak;			/* never held: noted, and reviewed or linked */
	TimestampTz noted_at;		/* when an existing lead noted it, else 0 */
} IdentityKey;

extern int	leadcrm_identity_keys(Workspace *ws, TupleTableSlot *slot,
								  IdentityKey *keys);
extern bool leadcrm_identity_same(Workspace *ws, TupleTableSlot *a, TupleTableSlot *b);
extern int	leadcrm_identity_compare(const IdentityKey *a, const IdentityKey *b);
extern bool leadcrm_identity_names_differ(const text *a, const text *b);

#endif							/* LEADCRM_IDENTITY_H */
