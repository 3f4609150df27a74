/*-------------------------------------------------------------------------
 * ledger_trail.h
 *	  The versions of rows of a ledger that this transaction has left behind.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_LEDGER_TRAIL_H
#define LEADCRM_LEDGER_TRAIL_H

#include "storage/itemptr.h"
#include "utils/relcache.h"

extern void leadcrm_ledger_trail_add(Relation rel, const ItemPointerData *entry);
extern bool leadcrm_ledger_trail_has(Relation rel, const ItemPointerData *entry);

#endif							/* LEADCRM_LEDGER_TRAIL_H */
