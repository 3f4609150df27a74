/*-------------------------------------------------------------------------
 * region.c
 *	  The region a text or a telephone number points to.
 *
 * Evidence in falling strength: an address, a place in the name of a firm, the
 * area code of a landline, the prefix of a mobile.  Only the first
 * REGION_TEXT_MAX bytes of a text are looked at.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "company.h"
#include "fold.h"
#include "region.h"
#include "region_table.h"
#include "utf8.h"

/* The beginning of a source text, folded, and where each byte came from. */
typedef struct RegionText
{
	size_t		len;
	char		s[REGION_TEXT_MAX + UTF8_MAX];
	uint16_t	from[REGION_TEXT_MAX + UTF8_MAX + 1];
} RegionText;

static void text_fold(const char *s, size_t len, RegionText *text);
static bool address_find(const RegionText *text, RegionMatch *out);
static bool company_find(const char *s, size_t len, const RegionText *text, RegionMatch *out);
static bool phone_find(const RegionText *text, RegionMatch *out);

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * leadcrm_region_find
 *		The region a text of any kind points to.
 *
 * s: UTF-8, not folded.  Looks at the first REGION_TEXT_MAX bytes only.
 * out->from and out->to are bytes of s.
 *
 * Returns false if nothing in the text tells a region.
 */
bool
leadcrm_region_find(const char *s, size_t len, RegionMatch *out)
{
	RegionText	text;
	bool		has_digit = false;

	text_fold(s, len, &text);
	for (size_t i = 0; i < text.len; i++)
		has_digit |= is_digit(text.s[i]);

	/* the name of a firm has no digits, an address mostly has some */
	if (has_digit)
		return address_find(&text, out) ||
			company_find(s, len, &text, out) ||
			phone_find(&text, out);
	return company_find(s, len, &text, out) ||
		address_find(&text, out);
}

/* Write a region given as a number. */
static void
match_set_code(RegionMatch *out, uint32_t code)
{
	char		digits[PLACE_CODE_SIZE];
	int			n = 0;

	for (; code > 0; code /= 10)
		digits[n++] = (char) ('0' + code % 10);
	for (int i = 0; i < n; i++)
		out->code[i] = digits[n - 1 - i];
	out->code[n] = '\0';
}

/* The region of a mobile number of 11 digits, 0 if unknown. */
static uint32_t
mobile_region(const char *digits)
{
	int			prefix = 0;
	int			left;
	const uint16_t *run;
	const uint16_t *end;

	for (int i = 0; i < 7; i++)
		prefix = prefix * 10 + (digits[i] - '0');
	prefix -= 1300000;
	if (prefix < 0 || prefix >= 700000)
		return 0;
	run = &region_mobile_runs[region_mobile_blocks[prefix / 1000]];
	end = &region_mobile_runs[region_mobile_blocks[prefix / 1000 + 1]];
	left = prefix % 1000;
	for (; run < end; run++)
	{
		left -= (*run >> 9) + 1;
		if (left < 0)
			return region_mobile_regions[*run & 0x1FF];
	}
	return 0;
}

/* The region of an area code without its 0, 0 if unknown. */
static uint32_t
area_region(int area)
{
	int			low = 0;
	int			high = REGION_AREA_CODES - 1;

	while (low <= high)
	{
		int			mid = (low + high) / 2;

		if (region_area_codes[mid] == area)
			return region_area_regions[mid];
		if (region_area_codes[mid] < area)
			low = mid + 1;
		else
			high = mid - 1;
	}
	return 0;
}

/*
 * leadcrm_region_of_phone
 *		The region a telephone number is at home in.
 *
 * e164: "+8613800138000", "+862363812345", without extension.  Hong Kong, Macao
 * and Taiwan answer 81, 82, 71.  A number that was ported to another operator
 * keeps its home.  out->from and out->to cover the digits that told.
 *
 * Returns false for numbers elsewhere, without a home (400, 800) or unknown.
 */
bool
leadcrm_region_of_phone(const char *e164, size_t len, RegionMatch *out)
{
	static const struct
	{
		char		country[5];
		uint32_t	code;
	}			special[] = {{"+852", 81}, {"+853", 82}, {"+886", 71}};
	const char *national = e164 + 3;
	size_t		n;
	uint32_t	code;

	if (len < 8 || len > 16 || e164[0] != '+')
		return false;
	for (size_t i = 1; i < len; i++)
		if (!is_digit(e164[i]))
			return false;
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (memcmp(e164, special[i].country, 4) == 0)
		{
			match_set_code(out, special[i].code);
			out->kind = REGION_AREA_CODE;
			memcpy(out->digits, e164, 4);
			out->to = 4;
			return true;
		}
	if (memcmp(e164, "+86", 3) != 0)
		return false;
	n = len - 3;
	out->from = 3;
	if (n == 11 && national[0] == '1' && national[1] >= '3')
	{
		code = mobile_region(national);
		out->kind = REGION_MOBILE;
		memcpy(out->digits, national, 7);
		out->to = out->from + 7;
	}
	else if (n >= 9 && n <= 11 && national[0] != '0')
	{
		/* 10 and 20 to 29 have two digits, all others three */
		size_t		digits = national[0] == '2' || memcmp(national, "10", 2) == 0 ? 2 : 3;
		int			area = 0;

		for (size_t i = 0; i < digits; i++)
			area = area * 10 + (national[i] - '0');
		code = area_region(area);
		out->kind = REGION_AREA_CODE;
		out->digits[0] = '0';
		memcpy(out->digits + 1, national, digits);
		out->to = out->from + digits;
	}
	else
		return false;
	if (code == 0)
		return false;
	match_set_code(out, code);
	return true;
}

/*
 * text_fold
 *		Fold the beginning of a text, character by character, so that every byte
 *		remembers its source.
 */
static void
text_fold(const char *s, size_t len, RegionText *text)
{
	const char *p = s;
	const char *end = s + (len < REGION_TEXT_MAX ? len : REGION_TEXT_MAX);

	/* growth: no character folds to more bytes than it has */
	text->len = 0;
	while (p < end)
	{
		const char *at = p;
		uint32_t	c = leadcrm_fold_char(utf8_next(&p, end),
										  FOLD_WIDTH | FOLD_SIMPLIFY | FOLD_LOWER | FOLD_SPACE);
		char		bytes[UTF8_MAX];
		size_t		n;

		if (c == 0)
			continue;
		n = utf8_put(bytes, c);
		if (text->len + n > REGION_TEXT_MAX)
			break;
		for (size_t i = 0; i < n; i++)
		{
			text->s[text->len] = bytes[i];
			text->from[text->len++] = (uint16_t) (at - s);
		}
	}
	text->from[text->len] = (uint16_t) (p - s);
}

/*
 * address_find
 *		The best chain of division names in a text.
 *
 * A full name or a chain of names is strong, one short form is weak; the first
 * strong one counts, else the first weak one.  What comes later may add detail
 * (深圳高新园南山区) and decide between divisions of one name (南山区, 深圳),
 * never contradict.  A district right behind a city that has none of this name
 * (东莞东城区) is a part of the city that has no code.
 */
static bool
address_find(const RegionText *text, RegionMatch *out)
{
	PlaceChain	chain;
	int			best = -1;
	bool		strong = false;
	size_t		from = 0;
	size_t		to = 0;
	int			npending = 0;
	int			pending[PLACE_MAX_CANDIDATES];
	size_t		pending_from = 0;

	for (size_t at = 0; at < text->len;)
	{
		leadcrm_place_chain(text->s, text->len, at, true, &chain);
		if (chain.nlinks > 0)
		{
			int			row = chain.link[chain.nlinks - 1].row;
			bool		row_strong = chain.link[0].full || chain.nlinks > 1;

			if (best >= 0 && at == to && leadcrm_place_level(chain.link[0].row) == 3 &&
				!leadcrm_place_within(row, best))
				row_strong = false;

			if (best < 0 || (row_strong && !strong) ||
				leadcrm_place_within(row, best))
			{
				/* a short form that only confirms takes nothing away */
				if (best < 0 || !leadcrm_place_within(best, row))
				{
					best = row;
					from = at;
					to = chain.skip;
				}
				strong |= row_strong;
			}
			for (int i = 0; i < npending; i++)
				if (leadcrm_place_within(pending[i], row) && leadcrm_place_within(pending[i], best))
				{
					best = pending[i];
					from = pending_from;
					strong = true;
					npending = 0;
				}
		}
		else if (chain.ncandidates > 0 && npending == 0)
		{
			int			n = 0;

			for (int i = 0; i < chain.ncandidates; i++)
				if (best < 0 || leadcrm_place_within(chain.candidate[i], best))
					pending[n++] = chain.candidate[i];
			if (best >= 0 && n == 1)
			{
				best = pending[0];
				to = chain.skip;
				strong = true;
			}
			else
			{
				npending = n;
				pending_from = at;
			}
		}
		if (chain.skip > at)
			at = chain.skip;
		else
		{
			const char *p = text->s + at;

			(void) utf8_next(&p, text->s + text->len);
			at = (size_t) (p - text->s);
		}
	}
	if (best < 0)
		return false;
	memset(out, 0, sizeof(*out));
	leadcrm_place_code(best, out->code);
	out->kind = REGION_ADDRESS;
	out->from = text->from[from];
	out->to = text->from[to];
	return true;
}

/* The place in the name of a firm; the text must be such a name. */
static bool
company_find(const char *s, size_t len, const RegionText *text, RegionMatch *out)
{
	CompanyParts parts;

	if (!leadcrm_company_parse(s, len, &parts) || parts.region[0] == '\0' ||
		(parts.form.len == 0 && parts.branch.len == 0))
		return false;
	memset(out, 0, sizeof(*out));
	memcpy(out->code, parts.region, sizeof(out->code));
	out->kind = REGION_COMPANY;
	out->from = 0;
	out->to = text->from[text->len];
	return true;
}

/*
 * digits_take
 *		Copy the digits of a number at byte *at of a text to dst and move *at
 *		behind it.
 *
 * One or two of " -()." may stand between digits.  *end gets the byte behind
 * the last digit.  Returns how many there are; 0 if more than size.
 */
static size_t
digits_take(const RegionText *text, size_t *at, size_t *end, char *dst, size_t size)
{
	size_t		n = 0;
	int			separators = 0;

	for (; *at < text->len && separators <= 2; (*at)++)
	{
		char		c = text->s[*at];

		if (is_digit(c))
		{
			if (n < size)
				dst[n] = c;
			n++;
			*end = *at + 1;
			separators = 0;
		}
		else if (memchr(" -().", c, 5) != NULL)
			separators++;
		else
			break;
	}
	return n <= size ? n : 0;
}

/*
 * phone_find
 *		The home of the first telephone number in a text.
 *
 * Mobiles with or without 86, landlines with their 0, numbers with a country
 * behind + or 00.
 */
static bool
phone_find(const RegionText *text, RegionMatch *out)
{
	for (size_t at = 0; at < text->len;)
	{
		char		number[3 + 15] = "+86";
		char	   *digits = number + 3;
		size_t		start = at;
		size_t		end = at;
		size_t		n;
		size_t		drop;			/* digits that lead to the country or the area */

		if (!is_digit(text->s[at]))
		{
			at++;
			continue;
		}
		n = digits_take(text, &at, &end, digits, sizeof(number) - 3);
		if (n < 8)
			continue;
		if (memcmp(digits, "00", 2) == 0)
			drop = 2;
		else if ((start > 0 && text->s[start - 1] == '+') || (n == 13 && memcmp(digits, "861", 3) == 0))
			drop = 0;
		else if ((n == 11 && digits[0] == '1') || (n <= 12 && digits[0] == '0'))
		{
			/* a national number: put +86 for its 0 */
			size_t		zero = digits[0] == '0' ? 1 : 0;

			memmove(digits, digits + zero, n - zero);
			n += 2 - zero;
			memmove(digits + 2, digits, n - 2);
			memcpy(digits, "86", 2);
			drop = 0;
		}
		else
			continue;
		digits += drop;
		digits[-1] = '+';
		if (leadcrm_region_of_phone(digits - 1, n - drop + 1, out))
		{
			out->from = text->from[start];
			out->to = text->from[end];
			return true;
		}
	}
	return false;
}
