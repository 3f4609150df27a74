/* fuzz: summary_scan.c quantile.c */
/*-------------------------------------------------------------------------
 * summary_fuzz.c
 *	  Fuzz target of summary_scan.c and quantile.c: what is read lies inside
 *	  what was given and reads back, and a bucket holds its values.
 *
 * The first byte chooses how the rest is read.
 *-------------------------------------------------------------------------
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "quantile.h"
#include "summary_scan.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
inside(const SummaryInput *in, const char *s, size_t len, const char *start)
{
	return s >= start && s + len <= in->s && in->s <= in->end;
}

/* Numbers and texts, as bytes. */
static void
unpack(SummaryInput in)
{
	const char *start = in.s;
	const char *before = in.s;
	int64_t		value;
	const char *text;
	size_t		len;
	char		packed[SUMMARY_INT_SIZE];

	while (leadcrm_unpack_int(&in, &value))
	{
		int			n = leadcrm_pack_int(packed, value);

		assert(n == in.s - before && memcmp(packed, before, n) == 0);
		if (leadcrm_unpack_text(&in, &text, &len))
			assert(inside(&in, text, len, start));
		before = in.s;
	}
	assert(in.s <= in.end);
}

/* The same as text. */
static void
scan(SummaryInput in)
{
	const char *start = in.s;
	int64_t		value;
	const char *text;
	size_t		len;
	bool		more = leadcrm_scan_char(&in, '{');

	while (more)
	{
		SummaryInput rest = in;

		more = false;
		if (leadcrm_scan_int(&rest, &value))
			more = true;
		else if (rest = in, leadcrm_scan_text(&rest, &text, &len))
		{
			char	   *out = malloc(len + 1);	/* of its own, to see overruns */

			assert(inside(&rest, text, len, start));
			assert(leadcrm_scan_unquote(text, len, out) <= len);
			free(out);
			more = true;
		}
		else if (rest = in, leadcrm_scan_word(&rest, &text, &len))
		{
			assert(len > 0 && inside(&rest, text, len, start));
			more = true;
		}
		in = rest;
		assert(in.s <= in.end);
	}
	leadcrm_scan_space(&in);
	assert(in.s <= in.end);
}

/* A duration finds a bucket that holds it and stands near to it. */
static void
bucket(const uint8_t *data, size_t size)
{
	int64_t		value;
	int			at;
	int64_t		estimate;

	if (size < sizeof(value))
		return;
	memcpy(&value, data, sizeof(value));
	value &= INT64_MAX;
	at = leadcrm_quantile_bucket(value);
	estimate = leadcrm_quantile_value(at);
	assert(at >= 0 && at < QUANTILE_BUCKETS);
	assert(leadcrm_quantile_lowest(at) <= value);
	assert(at == QUANTILE_BUCKETS - 1 || leadcrm_quantile_lowest(at + 1) > value);
	assert(leadcrm_quantile_bucket(estimate) == at);
	assert((estimate > value ? estimate - value : value - estimate) <= value / 128);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *copy;
	SummaryInput in;

	if (size == 0)
		return 0;
	copy = malloc(size);		/* of its own, to see overruns */
	memcpy(copy, data + 1, size - 1);
	in.s = copy;
	in.end = copy + size - 1;
	switch (data[0] % 3)
	{
		case 0:
			unpack(in);
			break;
		case 1:
			scan(in);
			break;
		case 2:
			bucket(data + 1, size - 1);
			break;
	}
	free(copy);
	return 0;
}
