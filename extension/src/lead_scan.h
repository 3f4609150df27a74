/*-------------------------------------------------------------------------
 * lead_scan.h
 *	  Looking leads up by id without a statement.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_LEAD_SCAN_H
#define LEADCRM_LEAD_SCAN_H

#include "access/genam.h"
#include "executor/tuptable.h"

#include "workspace.h"

typedef struct LeadScan
{
	Relation	index;
	IndexScanDesc scan;
	TupleTableSlot *slot;		/* the lead that was found */
} LeadScan;

extern bool leadcrm_lead_scan_begin(LeadScan *scan, Workspace *ws, Relation lead);
extern bool leadcrm_lead_scan_find(LeadScan *scan, int64 id);
extern bool leadcrm_lead_scan_lock(LeadScan *scan, int64 id);
extern void leadcrm_lead_scan_end(LeadScan *scan);

#endif							/* LEADCRM_LEAD_SCAN_H */
