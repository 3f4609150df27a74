/* fuzz: inquiry.c person.c fold.c email.c wechat.c quantity.c phone.c phone_plan.c company.c place.c */
/*-------------------------------------------------------------------------
 * inquiry_fuzz.c
 *	  Fuzz target of inquiry.c: no part is longer than its room.
 *-------------------------------------------------------------------------
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "inquiry.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Inquiry    *inquiry = malloc(sizeof(Inquiry));

	leadcrm_inquiry_read((const char *) data, size, inquiry);
	assert(inquiry->name_len <= sizeof(inquiry->name));
	assert(inquiry->company_len <= sizeof(inquiry->company));
	assert(inquiry->budget_len <= sizeof(inquiry->budget));
	assert(inquiry->need_len <= sizeof(inquiry->need));
	free(inquiry);
	return 0;
}
