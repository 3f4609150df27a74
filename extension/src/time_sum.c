/*-------------------------------------------------------------------------
 * time_sum.c
 *	  Sums of durations, exact beyond what microseconds in 64 bits hold.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "leadcrm.h"
#include "time_sum.h"

static void time_change(TimeSum *sum, int64 days, int64 rest, int sign);
static Interval *time_make(int64 days, int64 rest);

/*
 * leadcrm_time_add
 *		Add the time from one moment to one that is not earlier.
 */
void
leadcrm_time_add(TimeSum *sum, TimestampTz from, TimestampTz to)
{
	uint64		between = (uint64) to - (uint64) from;

	time_change(sum, between / USECS_PER_DAY, between % USECS_PER_DAY, 1);
}

void
leadcrm_time_merge(TimeSum *sum, const TimeSum *other, int sign)
{
	time_change(sum, other->days, other->rest, sign);
}

void
leadcrm_time_write(SummaryWriter *out, const TimeSum *sum)
{
	leadcrm_summary_put_int(out, sum->days);
	leadcrm_summary_put_int(out, sum->rest);
}

bool
leadcrm_time_read(SummaryReader *in, TimeSum *sum)
{
	return leadcrm_summary_get_int(in, SUMMARY_ANY, &sum->days) &&
		leadcrm_summary_get_int(in, 0, USECS_PER_DAY - 1, &sum->rest);
}

/*
 * leadcrm_time_micros
 *		The sum in microseconds.
 */
Datum
leadcrm_time_micros(const TimeSum *sum)
{
	Datum		days = DirectFunctionCall2(numeric_mul,
										   DirectFunctionCall1(int8_numeric, Int64GetDatum(sum->days)),
										   DirectFunctionCall1(int8_numeric, Int64GetDatum(USECS_PER_DAY)));

	return DirectFunctionCall2(numeric_add, days,
							   DirectFunctionCall1(int8_numeric, Int64GetDatum(sum->rest)));
}

/*
 * leadcrm_time_total
 *		The sum as an interval of days and time.  Raises 22008 if it is too long.
 */
Interval *
leadcrm_time_total(const TimeSum *sum)
{
	return time_make(sum->days, sum->rest);
}

/*
 * leadcrm_time_mean
 *		The Nth part of the sum, to the microsecond; NULL if N is not positive.
 */
Interval *
leadcrm_time_mean(const TimeSum *sum, int64 n)
{
	Datum		mean;

	if (n <= 0)
		return NULL;
	mean = DirectFunctionCall2(numeric_div_trunc, leadcrm_time_micros(sum),
							   DirectFunctionCall1(int8_numeric, Int64GetDatum(n)));
	return leadcrm_time_interval(DatumGetInt64(DirectFunctionCall1(numeric_int8, mean)));
}

/*
 * leadcrm_time_interval
 *		Microseconds as an interval of days and time.
 */
Interval *
leadcrm_time_interval(int64 duration)
{
	return time_make(duration / USECS_PER_DAY, duration % USECS_PER_DAY);
}

static void
time_change(TimeSum *sum, int64 days, int64 rest, int sign)
{
	leadcrm_summary_count(&sum->days, days, sign);
	sum->rest += sign * rest;
	if (sum->rest >= USECS_PER_DAY)
	{
		sum->rest -= USECS_PER_DAY;
		leadcrm_summary_count(&sum->days, 1, 1);
	}
	else if (sum->rest < 0)
	{
		sum->rest += USECS_PER_DAY;
		leadcrm_summary_count(&sum->days, 1, -1);
	}
}

static Interval *
time_make(int64 days, int64 rest)
{
	Interval   *interval = palloc0(sizeof(Interval));

	if (days != (int32) days)
		ereport(ERROR,
				(errcode(ERRCODE_INTERVAL_FIELD_OVERFLOW),
				 errmsg("interval out of range")));
	interval->day = (int32) days;
	interval->time = rest;
	return interval;
}
