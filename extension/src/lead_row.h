/*-------------------------------------------------------------------------
 * lead_row.h
 *	  Rows of the lead table that a statement returned.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_LEAD_ROW_H
#define LEADCRM_LEAD_ROW_H

#include "access/htup.h"
#include "executor/spi.h"

extern HeapTuple leadcrm_lead_row(SPITupleTable *rows, uint64 n, TupleDesc lead);

#endif							/* LEADCRM_LEAD_ROW_H */
