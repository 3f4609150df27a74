/*-------------------------------------------------------------------------
 * repeat.h
 *	  What repeat inquiries leave behind: log, activity, event.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_REPEAT_H
#define LEADCRM_REPEAT_H

#include "datatype/timestamp.h"

#include "workspace.h"

/* A repeat inquiry: a row that is merged into a living lead. */
typedef struct Repeat
{
	int64		lead;			/* the living one */
	int64		merged;
	Datum		rule;			/* text, its code */
	Datum		before;			/* jsonb, for unmerge() */
	Datum		source;			/* text */
	Datum		content;		/* text, or 0 */
	TimestampTz at;				/* when it came in */
} Repeat;

extern void leadcrm_repeat_log(Workspace *ws, const Repeat *repeat, int n, TimestampTz now);
extern void leadcrm_repeat_add(Workspace *ws, const Repeat *repeat, int n);

#endif							/* LEADCRM_REPEAT_H */
