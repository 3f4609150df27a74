/*-------------------------------------------------------------------------
 * event.h
 *	  The event of each lead that arrives.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_EVENT_H
#define LEADCRM_EVENT_H

#include "datatype/timestamp.h"
#include "utils/tuplestore.h"

#include "workspace.h"

extern bool leadcrm_event_created(Workspace *ws, Tuplestorestate *arrived,
								  TupleDesc tupdesc, TimestampTz at);

#endif							/* LEADCRM_EVENT_H */
