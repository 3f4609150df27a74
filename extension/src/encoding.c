/*-------------------------------------------------------------------------
 * encoding.c
 *	  The bridge between the server encoding and the parsers' UTF-8.
 *
 * The parsers give one answer for a text whatever encoding the server keeps
 * it in, so every SQL face converts at its edge and nowhere else.  Under
 * SQL_ASCII the bytes are taken as UTF-8 as they stand: the parsers treat an
 * invalid byte as a character that means nothing.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"

/*
 * encoding_is_utf8
 *		Can bytes pass between server and parser as they are?
 */
static bool
encoding_is_utf8(void)
{
	int			encoding = GetDatabaseEncoding();

	return encoding == PG_UTF8 || encoding == PG_SQL_ASCII;
}

/*
 * leadcrm_to_utf8
 *		The bytes of a text in UTF-8.
 *
 * t: a detoasted text (PG_GETARG_TEXT_PP).  *len gets the length in bytes.
 *
 * The result is not NUL-terminated and may point into t: it lives as long
 * as t and the current memory context do.
 */
const char *
leadcrm_to_utf8(const text *t, size_t *len)
{
	const char *s = VARDATA_ANY(t);
	int			n = VARSIZE_ANY_EXHDR(t);

	if (!encoding_is_utf8() && n > 0)
	{
		char	   *converted = pg_server_to_any(s, n, PG_UTF8);

		if (converted != s)
		{
			*len = strlen(converted);
			return converted;
		}
	}
	*len = n;
	return s;
}

/*
 * leadcrm_from_utf8
 *		A text in the server encoding from len bytes of UTF-8.
 *
 * Raises 22P05 when the server encoding has no such character.
 */
text *
leadcrm_from_utf8(const char *s, size_t len)
{
	if (!encoding_is_utf8() && len > 0)
	{
		char	   *converted = pg_any_to_server(s, (int) len, PG_UTF8);

		if (converted != s)
			return cstring_to_text(converted);
	}
	return cstring_to_text_with_len(s, (int) len);
}
