/* fuzz: phone.c phone_plan.c */
/*-------------------------------------------------------------------------
 * phone_fuzz.c
 *	  libFuzzer target for phone.c and phone_plan.c.
 *
 * The first two bytes choose the region, the rest is the text.  Besides
 * memory errors it looks for a normal form that does not read back as itself
 * and for a scan that leaves its text or stands still.
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "phone.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stop where the fuzzer can see it. */
static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* A number in normal form must be whole and read back as itself. */
static void
check_number(const PhoneNumber *number)
{
	PhoneNumber again;

	require(number->len < PHONE_TEXT_MAX && strlen(number->text) == number->len);
	require(number->text[0] == '+' && number->kind != PHONE_NONE);
	require(number->code_len >= 1 && number->code_len < number->key_len);
	require(number->key_len <= number->len);
	require(number->key_len == strcspn(number->text, ";"));
	require(leadcrm_phone_parse(number->text, number->len, NULL, &again) == PHONE_OK);
	require(strcmp(again.text, number->text) == 0 && again.kind == number->kind &&
			again.key_len == number->key_len && again.code_len == number->code_len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char		region[3] = {0};
	char	   *text;
	const char *p;
	const char *end;
	const char *from;
	const char *to;
	PhoneNumber number;

	if (size < 2)
		return 0;
	memcpy(region, data, 2);
	size -= 2;

	/* a copy of its own, so that a read past the end is seen */
	text = malloc(size > 0 ? size : 1);
	if (text == NULL)
		return 0;
	memcpy(text, data + 2, size);

	if (leadcrm_phone_parse(text, size, NULL, &number) == PHONE_OK)
		check_number(&number);
	if (leadcrm_phone_parse(text, size, region, &number) == PHONE_OK)
		check_number(&number);

	p = text;
	end = text + size;
	to = text;
	for (;;)
	{
		const char *behind = to;

		if (!leadcrm_phone_scan(&p, end, &number, &from, &to))
			break;
		require(behind <= from && from < to && to <= end && p == to);
		check_number(&number);
	}
	require(p == end);

	free(text);
	return 0;
}
