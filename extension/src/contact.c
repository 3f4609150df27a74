/*-------------------------------------------------------------------------
 * contact.c
 *	  When salespeople were in contact with their leads, in the leads' rows.
 *
 * An activity in direction "out" is a contact: it sets lead.first_contacted_at
 * if nothing has, moves last_contacted_at forward, and does the tasks that ask
 * for one.  Deleting or correcting an activity takes nothing back.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/timestamp.h"

#include "assign.h"
#include "behaviour.h"
#include "columns.h"
#include "contact.h"
#include "dedup.h"

static int	contact_compare(const void *a, const void *b);

/*
 * leadcrm_is_contact
 *		Is that the direction of a contact?
 */
bool
leadcrm_is_contact(const char *direction, size_t len)
{
	return len == 3 && memcmp(direction, "out", 3) == 0;
}

/*
 * leadcrm_contact_write
 *		Note contacts in the rows of their leads, and do the tasks that ask for
 *		one.
 *
 * leads, nleads: all leads that the running statement touches, sorted, each
 * once: whatever else it does to them follows, and locks none besides.
 * contact, n: gets sorted.
 *
 * Leads that are gone are passed by.  What was written to one that is merged
 * goes to its living lead, and counts there when the trigger on activities
 * sees it arrive.  A task asks for contacts since the minute it was made:
 * people give times to the minute.
 *
 * The caller acts as the owner.  Locks leads FOR NO KEY UPDATE in the order
 * of their ids.
 */
void
leadcrm_contact_write(Workspace *ws, const int64 *leads, int nleads, Contact *contact, int n)
{
	Column		ids = leadcrm_column_new(INT8OID, n);
	Column		firsts = leadcrm_column_new(TIMESTAMPTZOID, n);
	Column		lasts = leadcrm_column_new(TIMESTAMPTZOID, n);
	Oid			types[] = {INT8ARRAYOID, TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID};
	Datum		values[lengthof(types)];
	Behaviour  *lead;
	int			nfound;
	int			nlive = 0;
	int			next;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	lead = leadcrm_behaviour_lock(ws, leads, nleads, &nfound);
	leadcrm_behaviour_redirect(ws, lead, nfound);

	qsort(contact, n, sizeof(Contact), contact_compare);
	for (int i = 0; i < n; i = next)
	{
		/* A lead's id is the first member of both. */
		Behaviour  *found = bsearch(&contact[i], lead, nfound, sizeof(Behaviour), leadcrm_int8_compare);

		for (next = i + 1; next < n && contact[next].lead == contact[i].lead; next++)
			 /* one lead */ ;
		if (found == NULL || found->merged_into != 0)
			continue;
		leadcrm_column_set(&ids, nlive, Int64GetDatum(contact[i].lead), false);
		leadcrm_column_set(&firsts, nlive, TimestampTzGetDatum(contact[i].at), false);
		leadcrm_column_set(&lasts, nlive, TimestampTzGetDatum(contact[next - 1].at), false);
		nlive++;
	}
	if (nlive > 0)
	{
		values[0] = leadcrm_column_array(&ids, nlive);
		values[1] = leadcrm_column_array(&firsts, nlive);
		values[2] = leadcrm_column_array(&lasts, nlive);
		(void) leadcrm_workspace_run(ws, PLAN_CONTACT_WRITE,
									 "UPDATE %s.lead l SET"
									 " first_contacted_at = coalesce(l.first_contacted_at, c.first),"
									 " last_contacted_at = greatest(l.last_contacted_at, c.last)"
									 " FROM unnest($1, $2, $3) AS c (id, first, last)"
									 " WHERE l.id = c.id AND (l.first_contacted_at IS NULL"
									 " OR l.last_contacted_at IS NULL OR l.last_contacted_at < c.last)",
									 lengthof(types), types, values);
		(void) leadcrm_workspace_run(ws, PLAN_CONTACT_TASKS,
									 "UPDATE %s.task t SET done_at = greatest(c.first, t.created_at)"
									 " FROM unnest($1, $2, $3) AS c (id, first, last)"
									 " WHERE t.lead_id = c.id AND coalesce(t.done_at, t.cancelled_at) IS NULL"
									 " AND t.kind IN ('" FIRST_CONTACT_TASK "', '" REPEAT_TASK "', '" RECYCLE_TASK "')"
									 " AND c.last >= pg_catalog.date_trunc('minute', t.created_at)",
									 lengthof(types), types, values);
	}
	SPI_finish();
}

/* By lead, then by moment. */
static int
contact_compare(const void *a, const void *b)
{
	const Contact *x = a;
	const Contact *y = b;

	if (x->lead != y->lead)
		return x->lead < y->lead ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}
