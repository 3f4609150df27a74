/*-------------------------------------------------------------------------
 * guard_key.h
 *	  Looking for leads that name a row, while nobody writes any.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_GUARD_KEY_H
#define LEADCRM_GUARD_KEY_H

#include "commands/trigger.h"

extern int64 leadcrm_guard_count(TriggerData *trigdata, const char *condition, int nargs,
								 Oid *types, Datum *values, int64 *first);

#endif							/* LEADCRM_GUARD_KEY_H */
