/*-------------------------------------------------------------------------
 * event.h
 *	  The events of leads that arrive.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_EVENT_H
#define LEADCRM_EVENT_H

#include "datatype/timestamp.h"

#include "workspace.h"

extern bool leadcrm_event_arrived(Workspace *ws, const char *kind, const int64 *lead,
								  const int64 *merged, int n, TimestampTz at);

#endif							/* LEADCRM_EVENT_H */
