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

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#define CHUNK	256				/* bytes of UTF-8 converted at a time */

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

/*
 * leadcrm_key_from_utf8
 *		The same for a key, which is compared and not read.
 *
 * A character that the server encoding lacks stands as \u and its code point:
 * whoever brings a Japanese firm to an EUC_JP database must not be refused
 * because its key is in simplified characters.
 */
text *
leadcrm_key_from_utf8(const char *s, size_t len)
{
	int			encoding = GetDatabaseEncoding();
	StringInfoData key;
	Oid			proc;

	if (encoding_is_utf8())
		return leadcrm_from_utf8(s, len);
	proc = FindDefaultConversionProc(PG_UTF8, encoding);
	if (!OidIsValid(proc))
		return leadcrm_from_utf8(s, len);	/* raises */
	initStringInfo(&key);
	while (len > 0)
	{
		char		chunk[CHUNK * MAX_CONVERSION_GROWTH + 1];
		int			n = pg_do_encoding_conversion_buf(proc, PG_UTF8, encoding,
													  (unsigned char *) s, (int) Min(len, CHUNK),
													  (unsigned char *) chunk, sizeof(chunk), true);

		appendStringInfoString(&key, chunk);
		if (n == 0)
		{
			appendStringInfo(&key, "\\u%04x", utf8_to_unicode((const unsigned char *) s));
			n = pg_encoding_mblen(PG_UTF8, s);
		}
		s += n;
		len -= n;
	}
	return cstring_to_text_with_len(key.data, key.len);
}
