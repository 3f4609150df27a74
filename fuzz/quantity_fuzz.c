/* fuzz: quantity.c fold.c */
/*-------------------------------------------------------------------------
 * quantity_fuzz.c
 *	  Fuzz target of quantity.c: bounds, and sides in order.
 *-------------------------------------------------------------------------
 */
#include <assert.h>

#include "text.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *currency = leadcrm_quantity_currency((const char *) data, size);
	Quantity	q;

	assert(currency == NULL || strlen(currency) == 3);
	if (!leadcrm_quantity_parse((const char *) data, size, &q))
		return 0;
	assert(q.has_low || q.has_high);
	assert(q.low >= 0 && q.low <= QUANTITY_MAX);
	assert(q.high >= 0 && q.high <= QUANTITY_MAX);
	assert(!(q.has_low && q.has_high) || q.low <= q.high);
	assert(q.vague || (q.has_low && q.has_high));
	assert(q.currency == currency);
	return 0;
}
