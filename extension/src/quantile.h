/*-------------------------------------------------------------------------
 * quantile.h
 *	  Fixed buckets for quantiles of durations.
 *
 * Every power of two from 128 on is cut into 128 buckets of equal width;
 * below, each whole number is a bucket.  A bucket is thus at most 1/128 of its
 * lowest value wide, and whichever of its values stands for it is wrong by
 * less than 0.79 %.  The buckets never move, so counts of them can be added
 * and taken away in any order.  The principle is that of HdrHistogram.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_QUANTILE_H
#define LEADCRM_QUANTILE_H

#include <stdint.h>

#define QUANTILE_BITS		7
#define QUANTILE_BUCKETS	((64 - QUANTILE_BITS) << QUANTILE_BITS)

extern int	leadcrm_quantile_bucket(int64_t value);
extern int64_t leadcrm_quantile_lowest(int bucket);
extern int64_t leadcrm_quantile_value(int bucket);

#endif							/* LEADCRM_QUANTILE_H */
