/*-------------------------------------------------------------------------
 * columns.c
 *	  The rows of a set-wise write, column by column.
 *
 * One statement writes them all: it gets an array for each column and reads
 * them side by side with unnest().
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "utils/array.h"
#include "utils/lsyscache.h"

#include "columns.h"

/*
 * leadcrm_column_new
 *		A column of n values, in the current context.
 */
Column
leadcrm_column_new(Oid type, int n)
{
	Column		column;

	column.type = type;
	column.value = palloc_extended(n * sizeof(Datum), MCXT_ALLOC_HUGE);
	column.isnull = palloc_extended(n * sizeof(bool), MCXT_ALLOC_HUGE);
	return column;
}

/*
 * leadcrm_column_set
 *		Set the value of one row; it is not copied.
 */
void
leadcrm_column_set(Column *column, int row, Datum value, bool isnull)
{
	column->value[row] = value;
	column->isnull[row] = isnull;
}

/*
 * leadcrm_column_array
 *		The first n values as an array of the column's type.
 */
Datum
leadcrm_column_array(const Column *column, int n)
{
	int			lower = 1;
	int16		typlen;
	bool		typbyval;
	char		typalign;

	get_typlenbyvalalign(column->type, &typlen, &typbyval, &typalign);
	return PointerGetDatum(construct_md_array(column->value, column->isnull, 1, &n, &lower,
											  column->type, typlen, typbyval, typalign));
}
