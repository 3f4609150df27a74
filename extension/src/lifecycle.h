/*-------------------------------------------------------------------------
 * lifecycle.h
 *	  Values of the SQL type leadcrm.lifecycle: the dated stages of one lead.
 *
 *		LifecycleReader r;
 *		int			stage;
 *		TimestampTz at;
 *
 *		leadcrm_lifecycle_begin(&r, value);
 *		while (leadcrm_lifecycle_next(&r, &stage, &at))
 *			... leadcrm_lifecycle_stage(&r, stage, &len) ...
 *
 * r.nentries and r.nstages are known from the beginning.  The reader allocates
 * nothing and points into the value.  Entries never go back in time; those of
 * one moment come in the order in which they were added.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_LIFECYCLE_H
#define LEADCRM_LIFECYCLE_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#include "lifecycle_form.h"

#define PG_GETARG_LIFECYCLE_PP(n)	((struct varlena *) PG_GETARG_VARLENA_PP(n))

extern void leadcrm_lifecycle_begin(LifecycleReader *r, const struct varlena *value);
extern struct varlena *leadcrm_lifecycle_make(const LifecycleEntry *entries, int nentries);
extern struct varlena *leadcrm_lifecycle_make_softly(const LifecycleEntry *entries, int nentries,
													 struct Node *context);
extern struct varlena *leadcrm_lifecycle_append(const struct varlena *value,
												const char *stage, int len, TimestampTz at);
extern bool leadcrm_lifecycle_fault(LifecycleFault fault, struct Node *context);

/* lifecycle_type.c: a state of the aggregates looks like a lifecycle outside. */
extern PGDLLEXPORT Datum leadcrm_lifecycle_in(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum leadcrm_lifecycle_out(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum leadcrm_lifecycle_recv(PG_FUNCTION_ARGS);
extern PGDLLEXPORT Datum leadcrm_lifecycle_send(PG_FUNCTION_ARGS);

/*
 * leadcrm_lifecycle_next
 *		The next entry: its stage's number in the dictionary, and its time.
 *
 * Returns false behind the last.
 */
static inline bool
leadcrm_lifecycle_next(LifecycleReader *r, int *stage, TimestampTz *at)
{
	if (!lifecycle_step(r))
		return false;
	*stage = r->stage;
	*at = r->at;
	return true;
}

#endif							/* LEADCRM_LIFECYCLE_H */
