/*-------------------------------------------------------------------------
 * attempt.c
 *	  Work whose error is caught: compiling or evaluating an expression.
 *
 * It runs in a subtransaction.  Before 17 a parallel plan allows none, not even
 * in the leader; there a resource owner of its own gathers what the work takes,
 * and gives it back.  That is enough for work that writes nothing and pushes no
 * snapshot, and for errors that are raised with no lock on shared memory held,
 * as those of parser and functions are; the caller raises all others again.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "utils/guc.h"

#include "attempt.h"

static void release(const Attempt *attempt, bool keep);

/*
 * leadcrm_attempt_begin
 *		Begin; memory is still taken from the caller's context.
 */
void
leadcrm_attempt_begin(Attempt *attempt)
{
	attempt->cxt = CurrentMemoryContext;
	attempt->owner = CurrentResourceOwner;
	attempt->own = NULL;
	if (InternalSubTransactionsRefused())
	{
		attempt->nestlevel = NewGUCNestLevel();
		attempt->own = ResourceOwnerCreate(attempt->owner, "leadcrm attempt");
		CurrentResourceOwner = attempt->own;
		return;
	}
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(attempt->cxt);
}

/*
 * leadcrm_attempt_keep
 *		End what went well.
 */
void
leadcrm_attempt_keep(const Attempt *attempt)
{
	if (attempt->own != NULL)
		release(attempt, true);
	else
		ReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(attempt->cxt);
	CurrentResourceOwner = attempt->owner;
}

/*
 * leadcrm_attempt_undo
 *		End what went wrong; returns the error, in the caller's context.
 */
ErrorData *
leadcrm_attempt_undo(const Attempt *attempt)
{
	ErrorData  *error;

	MemoryContextSwitchTo(attempt->cxt);
	error = CopyErrorData();
	FlushErrorState();
	if (attempt->own != NULL)
		release(attempt, false);
	else
		RollbackAndReleaseCurrentSubTransaction();
	MemoryContextSwitchTo(attempt->cxt);
	CurrentResourceOwner = attempt->owner;
	return error;
}

/* As a subtransaction's end does it. */
static void
release(const Attempt *attempt, bool keep)
{
	ResourceOwnerRelease(attempt->own, RESOURCE_RELEASE_BEFORE_LOCKS, keep, false);
	ResourceOwnerRelease(attempt->own, RESOURCE_RELEASE_LOCKS, keep, false);
	ResourceOwnerRelease(attempt->own, RESOURCE_RELEASE_AFTER_LOCKS, keep, false);
	AtEOXact_GUC(keep, attempt->nestlevel);
	CurrentResourceOwner = attempt->owner;
	ResourceOwnerDelete(attempt->own);
}
