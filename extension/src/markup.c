/*-------------------------------------------------------------------------
 * markup.c
 *	  Text as it may stand in HTML, XML and SVG.
 *
 * Everything that is not ASCII is written as a character reference: a client
 * saves a report in whatever encoding it speaks, and the file is right all
 * the same.  A server does not know the reader's fonts, so widths are upper
 * bounds, from the widest of the fonts that systems draw labels with.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/float.h"

#include "utf8.h"

/* Room that the mark of a shortened text takes. */
#define ELLIPSIS		0x2026
#define ELLIPSIS_WIDTH	1.0

PG_FUNCTION_INFO_V1(leadcrm_markup);
PG_FUNCTION_INFO_V1(leadcrm_text_width);
PG_FUNCTION_INFO_V1(leadcrm_unescape);

/*
 * char_width
 *		How wide a character is at most, in ems.
 *
 * The numbers are those of DejaVu Sans, the widest common one, rounded up;
 * Chinese characters are 1 wide in every font, emoji up to 1.3.
 */
static double
char_width(uint32_t c)
{
	if (c >= 0x1F000)
		return 1.4;
	if (c >= 0x80 || strchr("mwMW@%", (int) c) != NULL)
		return 1.0;
	if ((c >= 'A' && c <= 'Z') || strchr("&+<=>~#_^", (int) c) != NULL)
		return 0.85;
	return 0.65;
}

/* Is it a character that neither XML nor HTML may hold, not even escaped? */
static bool
char_illegal(uint32_t c)
{
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') ||
		(c >= 0x7F && c <= 0x9F) ||
		(c >= 0xFDD0 && c <= 0xFDEF) ||
		(c & 0xFFFE) == 0xFFFE;
}

static void
append_markup(StringInfo buf, uint32_t c)
{
	if (char_illegal(c))
		c = UTF8_BAD;
	if (c >= 0x80 || c < 0x20 || strchr("<>&\"'", (int) c) != NULL)
		appendStringInfo(buf, "&#%u;", c);
	else
		appendStringInfoChar(buf, (char) c);
}

/*
 * leadcrm._markup(text, ems float8) returns text
 *		A text for an element or a quoted attribute, shortened to ems if these
 *		are given and it is wider.
 */
Datum
leadcrm_markup(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s;
	const char *end;
	double		room = PG_ARGISNULL(1) ? get_float8_infinity() : PG_GETARG_FLOAT8(1);
	double		used = 0;
	int			fits = 0;		/* length of what leaves room for the ellipsis */
	StringInfoData buf;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);
	end = s + len;
	initStringInfo(&buf);
	while (s < end)
	{
		uint32_t	c = utf8_next(&s, end);

		used += char_width(c);
		if (used > room)
		{
			buf.len = fits;
			append_markup(&buf, ELLIPSIS);
			break;
		}
		append_markup(&buf, c);
		if (used + ELLIPSIS_WIDTH <= room)
			fits = buf.len;
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(buf.data, buf.len));
}

/*
 * leadcrm._text_width(text) returns float8
 *		How wide a text is drawn at most, in ems.
 */
Datum
leadcrm_text_width(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);
	const char *end = s + len;
	double		width = 0;

	while (s < end)
		width += char_width(utf8_next(&s, end));
	PG_RETURN_FLOAT8(width);
}

/*
 * leadcrm._unescape(text) returns text
 *		A text with its \uXXXX read as characters.
 *
 * As unistr() does, but where the server has no encoding, too: there it is
 * UTF-8.  Anything else stands for itself.
 */
Datum
leadcrm_unescape(PG_FUNCTION_ARGS)
{
	const char *s = text_to_cstring(PG_GETARG_TEXT_PP(0));
	StringInfoData buf;

	initStringInfo(&buf);
	while (*s != '\0')
	{
		unsigned	c;
		char		utf8[UTF8_MAX];

		if (s[0] == '\\' && s[1] == 'u' && strspn(s + 2, "0123456789abcdef") >= 4 && sscanf(s + 2, "%4x", &c) == 1)
		{
			appendBinaryStringInfo(&buf, utf8, (int) utf8_put(utf8, c));
			s += 6;
		}
		else
			appendStringInfoChar(&buf, *s++);
	}
	PG_RETURN_TEXT_P(leadcrm_from_utf8(buf.data, buf.len));
}
