/*-------------------------------------------------------------------------
 * attempt.h
 *	  Work whose error is caught.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_ATTEMPT_H
#define LEADCRM_ATTEMPT_H

#include "utils/resowner.h"

/* Begun before PG_TRY(), kept at its end, or undone first thing in PG_CATCH(). */
typedef struct Attempt
{
	MemoryContext cxt;			/* of the caller, as is the next */
	ResourceOwner owner;
	ResourceOwner own;			/* instead of a subtransaction, else NULL */
	int			nestlevel;		/* of the settings, with it */
} Attempt;

extern void leadcrm_attempt_begin(Attempt *attempt);
extern void leadcrm_attempt_keep(const Attempt *attempt);
extern ErrorData *leadcrm_attempt_undo(const Attempt *attempt);

#endif							/* LEADCRM_ATTEMPT_H */
