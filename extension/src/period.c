/*-------------------------------------------------------------------------
 * period.c
 *	  The week, month, quarter and year that a day lies in.
 *
 * What date_trunc() and extract() say of the day, without the way over
 * timestamps, field names and numeric: reports ask it of every row that they
 * read.  Days that are not finite stay what they are and lie in no year.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "fmgr.h"
#include "utils/date.h"
#include "utils/datetime.h"

static DateADT first_day(DateADT day, int months);
static DateADT valid_day(DateADT day);

PG_FUNCTION_INFO_V1(leadcrm_period_week);

/*
 * leadcrm._week(day date) returns date
 *		The Monday of its week.
 *
 * This and the next two raise 22008 when it lies before the first date.
 */
Datum
leadcrm_period_week(PG_FUNCTION_ARGS)
{
	DateADT		day = PG_GETARG_DATEADT(0);

	if (DATE_NOT_FINITE(day))
		PG_RETURN_DATEADT(day);
	PG_RETURN_DATEADT(valid_day(day - (j2day(day + POSTGRES_EPOCH_JDATE) + 6) % 7));
}

PG_FUNCTION_INFO_V1(leadcrm_period_month);

/*
 * leadcrm._month(day date) returns date
 *		The first day of its month.
 */
Datum
leadcrm_period_month(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(first_day(PG_GETARG_DATEADT(0), 1));
}

PG_FUNCTION_INFO_V1(leadcrm_period_quarter);

/*
 * leadcrm._quarter(day date) returns date
 *		The first day of its quarter.
 */
Datum
leadcrm_period_quarter(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(first_day(PG_GETARG_DATEADT(0), 3));
}

PG_FUNCTION_INFO_V1(leadcrm_period_year);

/*
 * leadcrm._year(day date) returns integer
 *		Its year, negative before Christ; NULL when the day is not finite.
 */
Datum
leadcrm_period_year(PG_FUNCTION_ARGS)
{
	DateADT		day = PG_GETARG_DATEADT(0);
	int			year,
				month,
				day_of_month;

	if (DATE_NOT_FINITE(day))
		PG_RETURN_NULL();
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	PG_RETURN_INT32(year > 0 ? year : year - 1);	/* there was no year 0 */
}

/* The first day of the part of the year, so many months long, around a day. */
static DateADT
first_day(DateADT day, int months)
{
	int			year,
				month,
				day_of_month;

	if (DATE_NOT_FINITE(day))
		return day;
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	if (months == 1)
		return valid_day(day - (day_of_month - 1));
	return valid_day(date2j(year, month - (month - 1) % months, 1) - POSTGRES_EPOCH_JDATE);
}

static DateADT
valid_day(DateADT day)
{
	if (!IS_VALID_DATE(day))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("date out of range")));
	return day;
}
