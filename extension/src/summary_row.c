/*-------------------------------------------------------------------------
 * summary_row.c
 *	  Rows that set-returning functions make of a summary, column by column.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

#include "leadcrm.h"
#include "summary_row.h"

/* Digits behind the point of a rate. */
#define RATE_SCALE		4

static void
put(SummaryRow *row, Datum value, bool isnull)
{
	Assert(row->n < SUMMARY_ROW_COLUMNS);
	row->values[row->n] = value;
	row->nulls[row->n++] = isnull;
}

void
leadcrm_row_int4(SummaryRow *row, int32 value)
{
	put(row, Int32GetDatum(value), false);
}

void
leadcrm_row_int8(SummaryRow *row, int64 value)
{
	put(row, Int64GetDatum(value), false);
}

void
leadcrm_row_date(SummaryRow *row, int32 value)
{
	put(row, DateADTGetDatum(value), false);
}

void
leadcrm_row_text(SummaryRow *row, const char *s, int len)
{
	put(row, PointerGetDatum(cstring_to_text_with_len(s, len)), false);
}

void
leadcrm_row_numeric(SummaryRow *row, Numeric value)
{
	put(row, NumericGetDatum(value), value == NULL);
}

void
leadcrm_row_interval(SummaryRow *row, Interval *value)
{
	put(row, IntervalPGetDatum(value), value == NULL);
}

/*
 * leadcrm_row_rate
 *		The part of a whole, to four digits; NULL where the whole is not
 *		positive.
 */
void
leadcrm_row_rate(SummaryRow *row, int64 part, int64 whole)
{
	Datum		rate = (Datum) 0;

	if (whole > 0)
		rate = DirectFunctionCall2(numeric_round,
								   DirectFunctionCall2(numeric_div,
													   DirectFunctionCall1(int8_numeric, Int64GetDatum(part)),
													   DirectFunctionCall1(int8_numeric, Int64GetDatum(whole))),
								   Int32GetDatum(RATE_SCALE));
	put(row, rate, whole <= 0);
}

/*
 * leadcrm_row_put
 *		Give the row back to the caller of a function that began with
 *		InitMaterializedSRF().
 */
void
leadcrm_row_put(SummaryRow *row, FunctionCallInfo fcinfo)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	Assert(row->n == rsinfo->setDesc->natts);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row->values, row->nulls);
}
