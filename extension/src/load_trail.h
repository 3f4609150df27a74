/*-------------------------------------------------------------------------
 * load_trail.h
 *	  The versions of rows of rep_load that this transaction has left behind.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_LOAD_TRAIL_H
#define LEADCRM_LOAD_TRAIL_H

#include "storage/itemptr.h"
#include "utils/relcache.h"

extern void leadcrm_load_trail_add(Relation rel, const ItemPointerData *entry);
extern bool leadcrm_load_trail_has(Relation rel, const ItemPointerData *entry);

#endif							/* LEADCRM_LOAD_TRAIL_H */
