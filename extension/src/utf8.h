/*-------------------------------------------------------------------------
 * utf8.h
 *	  A bounded UTF-8 decoder and encoder for the parsers.
 *
 * The parsers work on UTF-8 whatever the server encoding is, and without a
 * server at all when a fuzzer drives them, so they use no function of
 * PostgreSQL.  Nothing here reads past the end pointer it was given.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_UTF8_H
#define LEADCRM_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an invalid byte decodes to; one byte is consumed for it. */
#define UTF8_BAD	((uint32_t) 0xFFFD)

/* Longest encoding of one code point, in bytes. */
#define UTF8_MAX	4

/* utf8_next() for what is not ASCII; apart, so that the rest is inlined. */
static inline uint32_t
utf8_next_wide(const char **p, const char *end)
{
	const unsigned char *s = (const unsigned char *) *p;
	size_t		left = (size_t) (end - *p);
	uint32_t	c = s[0];

	if (c >= 0xC2 && c <= 0xDF && left >= 2 && (s[1] & 0xC0) == 0x80)
	{
		*p += 2;
		return ((c & 0x1F) << 6) | (s[1] & 0x3F);
	}
	if (c >= 0xE0 && c <= 0xEF && left >= 3 &&
		(s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80)
	{
		c = ((c & 0x0F) << 12) | ((uint32_t) (s[1] & 0x3F) << 6) | (s[2] & 0x3F);
		if (c >= 0x800 && (c < 0xD800 || c > 0xDFFF))
		{
			*p += 3;
			return c;
		}
	}
	else if (c >= 0xF0 && c <= 0xF4 && left >= 4 &&
			 (s[1] & 0xC0) == 0x80 && (s[2] & 0xC0) == 0x80 && (s[3] & 0xC0) == 0x80)
	{
		c = ((c & 0x07) << 18) | ((uint32_t) (s[1] & 0x3F) << 12) |
			((uint32_t) (s[2] & 0x3F) << 6) | (s[3] & 0x3F);
		if (c >= 0x10000 && c <= 0x10FFFF)
		{
			*p += 4;
			return c;
		}
	}
	*p += 1;
	return UTF8_BAD;
}

/*
 * utf8_next
 *		Decode one code point at *p and move *p behind it.
 *
 * *p must be below end.  Overlong forms, surrogates, values above U+10FFFF
 * and truncated sequences give UTF8_BAD and consume one byte.
 */
static inline uint32_t
utf8_next(const char **p, const char *end)
{
	unsigned char c = (unsigned char) **p;

	if (c >= 0x80)
		return utf8_next_wide(p, end);
	*p += 1;
	return c;
}

/*
 * utf8_put
 *		Encode c (a valid scalar value) at dst, which has UTF8_MAX bytes of room.
 *
 * Returns the number of bytes written.
 */
static inline size_t
utf8_put(char *dst, uint32_t c)
{
	unsigned char *d = (unsigned char *) dst;

	if (c < 0x80)
	{
		d[0] = (unsigned char) c;
		return 1;
	}
	if (c < 0x800)
	{
		d[0] = (unsigned char) (0xC0 | (c >> 6));
		d[1] = (unsigned char) (0x80 | (c & 0x3F));
		return 2;
	}
	if (c < 0x10000)
	{
		d[0] = (unsigned char) (0xE0 | (c >> 12));
		d[1] = (unsigned char) (0x80 | ((c >> 6) & 0x3F));
		d[2] = (unsigned char) (0x80 | (c & 0x3F));
		return 3;
	}
	d[0] = (unsigned char) (0xF0 | (c >> 18));
	d[1] = (unsigned char) (0x80 | ((c >> 12) & 0x3F));
	d[2] = (unsigned char) (0x80 | ((c >> 6) & 0x3F));
	d[3] = (unsigned char) (0x80 | (c & 0x3F));
	return 4;
}

#endif							/* LEADCRM_UTF8_H */
