/*-------------------------------------------------------------------------
 * phone_plan.c
 *	  The numbering plans: which digits are a phone number.
 *
 * China's plan is known in full: mobile, area codes with the length of their
 * numbers, service numbers.  Of other countries the lengths by leading digit
 * are known; ranges come and go there, and an answer must not.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "phone_plan.h"
#include "phone_table.h"

#define PHONE_CN_CODE		"86"

/* Does a string of n digits begin with this text? */
static bool
phone_begins(const char *d, int n, const char *with)
{
	int			len = (int) strlen(with);

	return n >= len && memcmp(d, with, len) == 0;
}

/*
 * phone_put
 *		Write the normal form of a calling code and a national number.
 */
static PhoneFault
phone_put(const char *code, const char *d, int n, PhoneClass kind, PhoneNumber *out)
{
	out->kind = kind;
	out->code_len = strlen(code);
	out->text[0] = '+';
	memcpy(out->text + 1, code, out->code_len);
	memcpy(out->text + 1 + out->code_len, d, n);
	out->len = out->key_len = 1 + out->code_len + n;
	out->text[out->len] = '\0';
	return PHONE_OK;
}

/* Short, long, or with an unknown beginning: why n digits are not a number. */
static PhoneFault
phone_misfit(int n, int shortest, int longest)
{
	return n < shortest ? PHONE_SHORT : n > longest ? PHONE_LONG : PHONE_UNKNOWN_PREFIX;
}

/*
 * phone_cn_area_len
 *		Length of the Chinese area code that n digits begin with, or 0.
 *
 * *plan gets '7', '8' or 'b': the digits of its subscribers' numbers.
 */
static int
phone_cn_area_len(const char *d, int n, char *plan)
{
	int			len = (n > 0 && d[0] <= '2') ? 2 : 3;
	int			index;

	if (n < len || d[0] == '0')
		return 0;
	index = d[1] - '0';
	if (len == 3)
		index = index * 10 + (d[2] - '0');
	*plan = phone_cn_area[d[0] - '0'][index];
	return *plan == '.' ? 0 : len;
}

/*
 * phone_cn_is_service
 *		Is it a service number that counts only with +86 or a 0 before it?
 *
 * area: length of the area code.  These are short numbers of banks and
 * utilities behind an area code (010 95588), 950 numbers, toll-free numbers
 * for calls from abroad (10 800), and information lines (160, 168).
 */
static bool
phone_cn_is_service(const char *d, int n, int area)
{
	const char *local = d + area;
	int			rest = n - area;

	if (phone_begins(d, n, "950"))
		return n == 10 || n == 11;
	if (phone_begins(d, n, "10800") || phone_begins(d, n, "21800"))
		return n == 12;
	if (phone_begins(d, n, "160") || phone_begins(d, n, "168"))
		return n == 8;
	if (area == 0)
		return false;
	return ((rest == 5 || rest == 6) &&
			(phone_begins(local, rest, "95") || phone_begins(local, rest, "96"))) ||
		(rest == 5 && phone_begins(local, rest, "100"));
}

/*
 * phone_cn_read
 *		A number inside China: n digits without a calling code.
 *
 * marked: a calling code stood before it.  strict: in running text, where an
 * area code without its 0 is more likely an order number.
 */
static PhoneFault
phone_cn_read(const char *d, int n, bool marked, bool strict, PhoneNumber *out)
{
	PhoneClass	kind = PHONE_NONE;
	int			area;
	int			rest;
	char		plan = '.';

	if (n > 0 && d[0] == '0')
	{
		marked = true;
		d++;
		n--;
	}

	area = phone_cn_area_len(d, n, &plan);
	rest = n - area;
	if (n == 11 && d[0] == '1' && d[1] >= '3')
		kind = PHONE_CN_MOBILE;
	else if (n == 10 && (phone_begins(d, n, "400") || phone_begins(d, n, "800")))
		kind = PHONE_CN_SERVICE;
	else if (area > 0 && (marked || !strict) &&
			 ((rest == 7 && plan != '8') || (rest == 8 && plan != '7')))
		kind = PHONE_CN_LANDLINE;
	else if (marked && phone_cn_is_service(d, n, area))
		kind = PHONE_CN_SERVICE;

	if (kind != PHONE_NONE)
		return phone_put(PHONE_CN_CODE, d, n, kind, out);
	if (n > 1 && d[0] == '1' && d[1] >= '3')
		return phone_misfit(n, 11, 11);
	if (area > 0)
		return phone_misfit(n, area + (plan == '8' ? 8 : 7), area + (plan == '7' ? 7 : 8));
	return phone_misfit(n, 10, 11);
}

/* Is there a number of n digits like d in this country? */
static bool
phone_country_has(const PhoneCountry *country, const char *d, int n)
{
	return n > 0 && n < 32 && (country->lengths[d[0] - '0'] & (1u << n)) != 0;
}

/*
 * phone_country_read
 *		A number inside another country: n digits without a calling code.
 *
 * The national trunk prefix goes, unless only with it is the number one.
 */
static PhoneFault
phone_country_read(const PhoneCountry *country, const char *d, int n, PhoneNumber *out)
{
	int			trunk = (int) strlen(country->trunk);
	uint32_t	lengths;
	int			longest = 31;

	if (trunk > 0 && phone_begins(d, n, country->trunk) &&
		phone_country_has(country, d + trunk, n - trunk))
		return phone_put(country->code, d + trunk, n - trunk, PHONE_FOREIGN, out);
	if (phone_country_has(country, d, n))
		return phone_put(country->code, d, n, PHONE_FOREIGN, out);

	if (n == 0)
		return PHONE_SHORT;
	lengths = country->lengths[d[0] - '0'];
	if (lengths == 0)
		return PHONE_UNKNOWN_PREFIX;
	while (!(lengths & (1u << longest)))
		longest--;
	return n > longest ? PHONE_LONG : PHONE_SHORT;
}

/*
 * phone_abroad_read
 *		A number with its calling code, n digits in all.
 */
static PhoneFault
phone_abroad_read(const char *d, int n, PhoneNumber *out)
{
	int			low = 0;
	int			high = (int) (sizeof(phone_country) / sizeof(phone_country[0])) - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;
		const PhoneCountry *country = &phone_country[middle];
		int			len = (int) strlen(country->code);
		int			order = memcmp(d, country->code, len < n ? len : n);

		if (order == 0 && n < len)
			return PHONE_SHORT;
		if (order == 0 && strcmp(country->code, PHONE_CN_CODE) == 0)
			return phone_cn_read(d + len, n - len, true, false, out);
		if (order == 0)
			return phone_country_read(country, d + len, n - len, out);
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return PHONE_UNKNOWN_PREFIX;
}

/*
 * leadcrm_phone_plan_read
 *		Which number n digits are, if any.
 *
 * d: ASCII digits, not NUL-terminated.  plus: a plus stood before them.
 * region: how to read them if they carry no international prefix.  strict: in
 * running text, where an area code without its 0 is more likely an order
 * number.
 *
 * Returns PHONE_OK and fills *out but for an extension, or says why not; *out
 * is then undefined.
 */
PhoneFault
leadcrm_phone_plan_read(const char *d, int n, bool plus, const PhoneRegion *region,
						bool strict, PhoneNumber *out)
{
	const PhoneCountry *country = &phone_country[region->country];
	int			code = (int) strlen(country->code);
	int			abroad = (int) strlen(region->abroad);
	PhoneFault	fault;

	if (plus || phone_begins(d, n, "00"))
	{
		/* +0086 is a common slip */
		int			prefix = phone_begins(d, n, "00") ? 2 : 0;

		fault = phone_abroad_read(d + prefix, n - prefix, out);
		if (fault == PHONE_OK || plus || abroad == 0)
			return fault;
	}
	if (abroad > 0 && phone_begins(d, n, region->abroad) &&
		phone_abroad_read(d + abroad, n - abroad, out) == PHONE_OK)
		return PHONE_OK;

	if (strcmp(country->code, PHONE_CN_CODE) != 0)
	{
		fault = phone_country_read(country, d, n, out);
		if (fault != PHONE_OK && phone_begins(d, n, country->code) &&
			phone_country_read(country, d + code, n - code, out) == PHONE_OK)
			return PHONE_OK;
		return fault;
	}

	fault = phone_cn_read(d, n, false, strict, out);
	if (fault != PHONE_OK && (phone_begins(d, n, "86") || phone_begins(d, n, "086")))
	{
		/* 86 without its +, or with one 0 too few */
		int			prefix = d[0] == '0' ? 3 : 2;

		if (phone_cn_read(d + prefix, n - prefix, true, strict, out) == PHONE_OK)
			return PHONE_OK;
	}
	/* IP dialling of the 2000s, kept in old address books: 17951 138... */
	if (fault != PHONE_OK && n > 5 &&
		(phone_begins(d, n, "179") || phone_begins(d, n, "12593")) &&
		phone_cn_read(d + 5, n - 5, false, true, out) == PHONE_OK)
		return PHONE_OK;
	return fault;
}

/*
 * leadcrm_phone_region
 *		The region of an ISO 3166 code in either case, or NULL.
 *
 * iso: NUL-terminated.
 */
const PhoneRegion *
leadcrm_phone_region(const char *iso)
{
	int			low = 0;
	int			high = (int) (sizeof(phone_region) / sizeof(phone_region[0])) - 1;
	char		code[3];

	for (int i = 0; i < 2; i++)
	{
		code[i] = iso[i] >= 'a' && iso[i] <= 'z' ? (char) (iso[i] - 'a' + 'A') : iso[i];
		if (code[i] == '\0')
			return NULL;
	}
	code[2] = '\0';
	if (iso[2] != '\0')
		return NULL;
	while (low <= high)
	{
		int			middle = (low + high) / 2;
		int			order = memcmp(code, phone_region[middle].iso, 2);

		if (order == 0)
			return &phone_region[middle];
		if (order < 0)
			high = middle - 1;
		else
			low = middle + 1;
	}
	return NULL;
}
