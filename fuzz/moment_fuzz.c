/* fuzz: moment.c fold.c */
/*-------------------------------------------------------------------------
 * moment_fuzz.c
 *	  Fuzz target of moment.c: a moment that is read is one of the calendar.
 *
 * The input is the text, and after a newline the format.
 *-------------------------------------------------------------------------
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "moment.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *) data;
	const char *newline = size ? memchr(s, '\n', size) : NULL;
	size_t		len = newline ? (size_t) (newline - s) : size;
	const char *format = newline ? newline + 1 : NULL;
	size_t		format_len = newline ? size - len - 1 : 0;
	Moment		m;

	if (format != NULL && !leadcrm_moment_format_ok(format, format_len))
		return 0;
	if (leadcrm_moment_parse(s, len, format, format_len, &m))
		assert(m.month >= 1 && m.month <= 12 && m.day >= 1 && m.day <= 31 &&
			   m.hour >= 0 && m.hour <= 24 && m.minute >= 0 && m.minute <= 59);
	return 0;
}
