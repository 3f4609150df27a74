/*-------------------------------------------------------------------------
 * amount_sum.h
 *	  Sums of amounts, exactly what sum(numeric) gives.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_AMOUNT_SUM_H
#define LEADCRM_AMOUNT_SUM_H

#include "fmgr.h"
#include "utils/numeric.h"

#include "summary.h"

/* All zeros is the sum of nothing. */
typedef struct AmountSum
{
	Numeric		value;			/* of what was merged, or NULL */
	void	   *running;		/* sum(numeric)'s own state of the rest, or NULL */
} AmountSum;

extern void leadcrm_amount_add(AmountSum *sum, Datum amount, FunctionCallInfo aggregate);
extern void leadcrm_amount_merge(AmountSum *sum, const AmountSum *other, int sign,
								 MemoryContext context);
extern Numeric leadcrm_amount_value(const AmountSum *sum);
extern bool leadcrm_amount_is_zero(const AmountSum *sum);
extern void leadcrm_amount_write(SummaryWriter *out, const AmountSum *sum);
extern bool leadcrm_amount_read(SummaryReader *in, AmountSum *sum);

#endif							/* LEADCRM_AMOUNT_SUM_H */
