/* fuzz: email.c fold.c */
/*-------------------------------------------------------------------------
 * email_fuzz.c
 *	  Fuzz target of email.c: bounds, and canonical forms that stay.
 *-------------------------------------------------------------------------
 */
#include <assert.h>

#include "text.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
email_check(const Email *email)
{
	Email		again;
	Email		key;

	assert(email->len <= EMAIL_MAX && email->local_len >= 1 &&
		   email->text[email->local_len] == '@');
	assert(leadcrm_email_parse(email->text, email->len, &again));
	assert(again.len == email->len && memcmp(again.text, email->text, again.len) == 0);

	key = *email;
	leadcrm_email_key(&key);
	assert(key.len <= email->len);
	assert(leadcrm_email_parse(key.text, key.len, &again));
	leadcrm_email_key(&again);
	assert(again.len == key.len && memcmp(again.text, key.text, key.len) == 0);
	leadcrm_email_shared(email);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *) data;
	const char *end = p + size;
	const char *before;
	Email		email;

	if (leadcrm_email_parse(p, size, &email))
		email_check(&email);
	for (before = p; leadcrm_email_next(&p, end, &email); before = p)
	{
		assert(p > before && p <= end);
		email_check(&email);
	}
	return 0;
}
