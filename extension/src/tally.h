/*-------------------------------------------------------------------------
 * tally.h
 *	  How many durations fell into each bucket, for several series of them.
 *
 * Takes memory by what it holds, not by what it could.  A series is a number
 * from 0 to TALLY_SERIES_MAX - 1.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_TALLY_H
#define LEADCRM_TALLY_H

#include "datatype/timestamp.h"

#include "summary.h"

#define TALLY_SERIES_MAX	64

typedef struct Tally Tally;

extern Tally *leadcrm_tally_make(void);
extern void leadcrm_tally_add(Tally *tally, int series, int64 duration);
extern void leadcrm_tally_merge(Tally *tally, const Tally *other, int sign);
extern void leadcrm_tally_write(SummaryWriter *out, const Tally *tally);
extern Tally *leadcrm_tally_read(SummaryReader *in, int nseries);
extern Interval *leadcrm_tally_quantile(const Tally *tally, int series, int percent);

#endif							/* LEADCRM_TALLY_H */
