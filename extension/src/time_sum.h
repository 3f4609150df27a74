/*-------------------------------------------------------------------------
 * time_sum.h
 *	  Sums of durations, exact beyond what microseconds in 64 bits hold.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_TIME_SUM_H
#define LEADCRM_TIME_SUM_H

#include "datatype/timestamp.h"

#include "summary.h"

typedef struct TimeSum
{
	int64		days;
	int64		rest;			/* microseconds, 0 to less than a day's */
} TimeSum;

extern void leadcrm_time_add(TimeSum *sum, TimestampTz from, TimestampTz to);
extern void leadcrm_time_merge(TimeSum *sum, const TimeSum *other, int sign);
extern void leadcrm_time_write(SummaryWriter *out, const TimeSum *sum);
extern bool leadcrm_time_read(SummaryReader *in, TimeSum *sum);
extern Datum leadcrm_time_micros(const TimeSum *sum);
extern Interval *leadcrm_time_total(const TimeSum *sum);
extern Interval *leadcrm_time_mean(const TimeSum *sum, int64 n);
extern Interval *leadcrm_time_interval(int64 duration);

/*
 * leadcrm_time_between
 *		Microseconds from one moment to one that is not earlier; what 64 bits
 *		do not hold is as long as they do.
 */
static inline int64
leadcrm_time_between(TimestampTz from, TimestampTz to)
{
	uint64		between = (uint64) to - (uint64) from;

	return between > PG_INT64_MAX ? PG_INT64_MAX : (int64) between;
}

#endif							/* LEADCRM_TIME_SUM_H */
