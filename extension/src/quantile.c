/*-------------------------------------------------------------------------
 * quantile.c
 *	  Fixed buckets for quantiles of durations: which, and what stands for it.
 *-------------------------------------------------------------------------
 */
#include "quantile.h"

#define HALF	(1 << QUANTILE_BITS)

/* Units people think in, in microseconds, the longest first. */
static const int64_t units[] = {
	INT64_C(86400000000), INT64_C(3600000000), INT64_C(60000000), INT64_C(1000000), 1000, 1
};

/*
 * leadcrm_quantile_bucket
 *		The bucket of a value that is not negative: 0 to QUANTILE_BUCKETS - 1,
 *		ascending with the value.
 */
int
leadcrm_quantile_bucket(int64_t value)
{
	int			shift = 63 - QUANTILE_BITS - __builtin_clzll((uint64_t) value | HALF);

	return (shift << QUANTILE_BITS) + (int) (value >> shift);
}

/*
 * leadcrm_quantile_lowest
 *		The lowest value of a bucket.
 */
int64_t
leadcrm_quantile_lowest(int bucket)
{
	int			shift = (bucket >> QUANTILE_BITS) - 1;

	if (shift <= 0)
		return bucket;
	return (int64_t) (HALF | (bucket & (HALF - 1))) << shift;
}

/*
 * leadcrm_quantile_value
 *		What stands for a bucket of microseconds: its roundest value, in days,
 *		else hours, and so on; of several one near the middle.
 *
 * Durations between dates thus come out exact, up to half a year.
 */
int64_t
leadcrm_quantile_value(int bucket)
{
	int64_t		lowest = leadcrm_quantile_lowest(bucket);
	int			shift = (bucket >> QUANTILE_BITS) - 1;
	int64_t		width = shift <= 0 ? 1 : INT64_C(1) << shift;
	int64_t		highest = lowest + (width - 1);

	for (int i = 0;; i++)
	{
		int64_t		unit = units[i];
		int64_t		value;

		if (highest / unit * unit < lowest)
			continue;			/* no multiple of the unit lies in it */
		value = (lowest + width / 2) / unit * unit;
		if (value < lowest)
			value += unit;
		return value;
	}
}
