/*-------------------------------------------------------------------------
 * summary_scan.c
 *	  The items that a stored summary is made of, as bytes and as text.
 *-------------------------------------------------------------------------
 */
#include "summary_scan.h"

/* Longest number in decimal. */
#define DECIMAL_MAX		20

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/*
 * leadcrm_pack_int
 *		Write a whole number into at most SUMMARY_INT_SIZE bytes; how many it took.
 */
int
leadcrm_pack_int(char *out, int64_t value)
{
	uint64_t	rest = ((uint64_t) value << 1) ^ (value < 0 ? UINT64_MAX : 0);
	int			n = 0;

	while (rest >= 0x80)
	{
		out[n++] = (char) (rest | 0x80);
		rest >>= 7;
	}
	out[n++] = (char) rest;
	return n;
}

/*
 * leadcrm_unpack_int
 *		Read a whole number; false if there is none, or if it was not written
 *		as leadcrm_pack_int does.
 */
bool
leadcrm_unpack_int(SummaryInput *in, int64_t *value)
{
	uint64_t	bits = 0;

	for (int n = 0; n < SUMMARY_INT_SIZE && in->s < in->end; n++)
	{
		uint64_t	byte = (unsigned char) *in->s++;

		if (n == SUMMARY_INT_SIZE - 1 && byte > 1)
			return false;		/* beyond 64 bits */
		bits |= (byte & 0x7f) << (7 * n);
		if (byte < 0x80)
		{
			*value = (int64_t) ((bits >> 1) ^ (bits & 1 ? UINT64_MAX : 0));
			return n == 0 || byte > 0;
		}
	}
	return false;
}

/*
 * leadcrm_unpack_text
 *		Read a text: where it lies in the input, and its length.
 */
bool
leadcrm_unpack_text(SummaryInput *in, const char **text, size_t *len)
{
	int64_t		n;

	if (!leadcrm_unpack_int(in, &n) || n < 0 || n > in->end - in->s)
		return false;
	*text = in->s;
	*len = n;
	in->s += n;
	return true;
}

void
leadcrm_scan_space(SummaryInput *in)
{
	while (in->s < in->end && is_space(*in->s))
		in->s++;
}

/*
 * leadcrm_scan_char
 *		Pass over a mark, and white space before it.
 */
bool
leadcrm_scan_char(SummaryInput *in, char c)
{
	leadcrm_scan_space(in);
	if (in->s == in->end || *in->s != c)
		return false;
	in->s++;
	return true;
}

/*
 * leadcrm_scan_word
 *		Read what goes on until white space or a brace.
 */
bool
leadcrm_scan_word(SummaryInput *in, const char **word, size_t *len)
{
	leadcrm_scan_space(in);
	*word = in->s;
	while (in->s < in->end && !is_space(*in->s) && *in->s != '{' && *in->s != '}' && *in->s != '"')
		in->s++;
	*len = in->s - *word;
	return *len > 0;
}

/*
 * leadcrm_scan_int
 *		Read a whole number in decimal; false if it is none, or beyond 64 bits.
 */
bool
leadcrm_scan_int(SummaryInput *in, int64_t *value)
{
	const char *word;
	size_t		len;
	bool		minus;
	uint64_t	sum = 0;

	if (!leadcrm_scan_word(in, &word, &len))
		return false;
	minus = *word == '-';
	if (len == minus || len - minus > DECIMAL_MAX - 1)
		return false;
	for (size_t i = minus; i < len; i++)
	{
		if (word[i] < '0' || word[i] > '9')
			return false;
		sum = sum * 10 + (word[i] - '0');
	}
	if (sum > (uint64_t) INT64_MAX + minus)
		return false;
	*value = minus ? (int64_t) (UINT64_MAX - sum + 1) : (int64_t) sum;
	return true;
}

/*
 * leadcrm_scan_text
 *		Read a text in double quotes: what stands between them, with its
 *		backslashes.
 */
bool
leadcrm_scan_text(SummaryInput *in, const char **quoted, size_t *len)
{
	if (!leadcrm_scan_char(in, '"'))
		return false;
	*quoted = in->s;
	for (; in->s < in->end; in->s++)
	{
		if (*in->s == '"')
		{
			*len = in->s++ - *quoted;
			return true;
		}
		if (*in->s == '\\')
		{
			in->s++;
			if (in->s == in->end || (*in->s != '"' && *in->s != '\\'))
				return false;
		}
	}
	return false;
}

/*
 * leadcrm_scan_unquote
 *		Write what leadcrm_scan_text found without its backslashes; OUT has
 *		room for as many bytes.  The length of what was written.
 */
size_t
leadcrm_scan_unquote(const char *quoted, size_t len, char *out)
{
	size_t		n = 0;

	for (size_t i = 0; i < len; i++)
	{
		if (quoted[i] == '\\')
			i++;
		out[n++] = quoted[i];
	}
	return n;
}
