/*-------------------------------------------------------------------------
 * columns.h
 *	  The rows of a set-wise write, column by column.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_COLUMNS_H
#define LEADCRM_COLUMNS_H

/* Values for one column of a set-wise write. */
typedef struct Column
{
	Oid			type;
	Datum	   *value;
	bool	   *isnull;
} Column;

extern Column leadcrm_column_new(Oid type, int n);
extern void leadcrm_column_set(Column *column, int row, Datum value, bool isnull);
extern Datum leadcrm_column_array(const Column *column, int n);

#endif							/* LEADCRM_COLUMNS_H */
