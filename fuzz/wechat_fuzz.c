/* fuzz: wechat.c fold.c */
/*-------------------------------------------------------------------------
 * wechat_fuzz.c
 *	  Fuzz target of wechat.c: bounds, and ids that stay ids.
 *-------------------------------------------------------------------------
 */
#include <assert.h>

#include "text.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char		id[WECHAT_MAX];
	char		again[WECHAT_MAX];
	size_t		n = leadcrm_wechat_parse((const char *) data, size, id);

	assert(n == 0 || (n >= WECHAT_MIN && n <= WECHAT_MAX));
	assert(leadcrm_wechat_parse(id, n, again) == n && memcmp(id, again, n) == 0);
	n = leadcrm_wechat_find((const char *) data, size, id);
	assert(n == 0 || (n >= WECHAT_MIN && n <= WECHAT_MAX));
	assert(leadcrm_wechat_parse(id, n, again) == n && memcmp(id, again, n) == 0);
	return 0;
}
