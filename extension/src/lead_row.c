/*-------------------------------------------------------------------------
 * lead_row.c
 *	  Rows of the lead table that a statement returned.
 *
 * Users add columns to their lead table, and drop them.  A dropped column
 * keeps its place in the table's rows and has none in those of SELECT *, so
 * whatever comes after it must not be looked for by the table's numbers there.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/tupconvert.h"

#include "lead_row.h"

/*
 * leadcrm_lead_row
 *		The n-th row that SELECT * or RETURNING * on a lead table returned, laid
 *		out as the table's.
 *
 * lead: the table's descriptor.  Returns the row itself where no column was
 * ever dropped, else a copy in the current context.
 */
HeapTuple
leadcrm_lead_row(SPITupleTable *rows, uint64 n, TupleDesc lead)
{
	TupleConversionMap *map;
	HeapTuple	row;

	if (rows->tupdesc->natts == lead->natts)
		return rows->vals[n];
	map = convert_tuples_by_name(rows->tupdesc, lead);
	row = execute_attr_map_tuple(rows->vals[n], map);
	free_conversion_map(map);
	return row;
}
