/*-------------------------------------------------------------------------
 * event.h
 *	  The events of leads.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_EVENT_H
#define LEADCRM_EVENT_H

#include "datatype/timestamp.h"

#include "workspace.h"

/* One of a set that is written together. */
typedef struct LeadEvent
{
	const char *kind;
	int64		lead;
	Datum		data;			/* jsonb */
} LeadEvent;

extern void leadcrm_event_write(Workspace *ws, const LeadEvent *event, int n, TimestampTz at);
extern bool leadcrm_event_arrived(Workspace *ws, const char *kind, const int64 *lead,
								  const int64 *merged, int n, TimestampTz at);

#endif							/* LEADCRM_EVENT_H */
