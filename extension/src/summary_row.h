/*-------------------------------------------------------------------------
 * summary_row.h
 *	  Rows that set-returning functions make of a summary, column by column.
 *
 * Each leadcrm_row_TYPE() fills the next column.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_SUMMARY_ROW_H
#define LEADCRM_SUMMARY_ROW_H

#include "datatype/timestamp.h"
#include "fmgr.h"
#include "utils/numeric.h"

#define SUMMARY_ROW_COLUMNS		12

/* All zeros is a row without columns. */
typedef struct SummaryRow
{
	int			n;
	Datum		values[SUMMARY_ROW_COLUMNS];
	bool		nulls[SUMMARY_ROW_COLUMNS];
} SummaryRow;

extern void leadcrm_row_int4(SummaryRow *row, int32 value);
extern void leadcrm_row_int8(SummaryRow *row, int64 value);
extern void leadcrm_row_date(SummaryRow *row, int32 value);
extern void leadcrm_row_text(SummaryRow *row, const char *s, int len);
extern void leadcrm_row_numeric(SummaryRow *row, Numeric value);
extern void leadcrm_row_interval(SummaryRow *row, Interval *value);
extern void leadcrm_row_rate(SummaryRow *row, int64 part, int64 whole);
extern void leadcrm_row_put(SummaryRow *row, FunctionCallInfo fcinfo);

#endif							/* LEADCRM_SUMMARY_ROW_H */
