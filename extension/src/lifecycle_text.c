/*-------------------------------------------------------------------------
 * lifecycle_text.c
 *	  The text of a lifecycle: {new@2026-01-05T01:00:00Z,won@2026-02-01T00:00:00Z}
 *
 * Times are written in UTC and the Gregorian calendar as PostgreSQL writes
 * them: microseconds where there are any, "BC" behind years before 1.  They
 * are read with Z or an offset, so that no setting of the session matters.  A
 * name with a character of the syntax stands in quotes, with \ before " and \.
 *-------------------------------------------------------------------------
 */
#include <stdio.h>
#include <string.h>

#include "lifecycle_form.h"

#define USECS_PER_SECOND	INT64_C(1000000)
#define USECS_PER_DAY		(INT64_C(86400) * USECS_PER_SECOND)

/* Days from 0000-03-01 to 2000-01-01, and in 400 years. */
#define EPOCH_DAY			730425
#define DAYS_PER_ERA		146097

/* What is left to read. */
typedef struct Text
{
	const char *p;
	const char *end;
} Text;

static bool is_space(char c);
static bool is_plain(char c);
static void skip_space(Text *text);
static bool take_char(Text *text, char c);
static bool take_number(Text *text, int digits_min, int digits_max, int64_t *value);
static LifecycleFault take_stage(Text *text, char **names, LifecycleEntry *entry);
static bool take_date(Text *text, int64_t *year, int64_t *month, int64_t *day);
static bool take_offset(Text *text, int64_t *seconds);
static LifecycleFault take_time(Text *text, int64_t *at);
static int64_t day_number(int64_t year, int64_t month, int64_t day);

/*
 * leadcrm_lifecycle_count
 *		How many entries a text has at most: room to parse it.
 */
int
leadcrm_lifecycle_count(const char *s, size_t len)
{
	int			count = 1;

	for (size_t i = 0; i < len && count < LIFECYCLE_ENTRIES_MAX; i++)
		count += s[i] == '@';
	return count;
}

/*
 * leadcrm_lifecycle_parse
 *		Read the text of a lifecycle.
 *
 * names: len bytes, to which the entries will point.  entries: room for
 * leadcrm_lifecycle_count of the text.  *nentries gets how many there are.
 *
 * Order, names and ranges are for leadcrm_lifecycle_plan to check.
 */
LifecycleFault
leadcrm_lifecycle_parse(const char *s, size_t len, char *names,
						LifecycleEntry *entries, int *nentries)
{
	Text		text = {s, s + len};
	int			n = 0;

	*nentries = 0;
	skip_space(&text);
	if (!take_char(&text, '{'))
		return LIFECYCLE_SYNTAX;
	skip_space(&text);
	if (!take_char(&text, '}'))
	{
		do
		{
			LifecycleFault fault;

			if (n == LIFECYCLE_ENTRIES_MAX)
				return LIFECYCLE_ENTRIES_MANY;
			skip_space(&text);
			if ((fault = take_stage(&text, &names, &entries[n])) != LIFECYCLE_OK ||
				(fault = take_time(&text, &entries[n].at)) != LIFECYCLE_OK)
				return fault;
			n++;
			skip_space(&text);
		} while (take_char(&text, ','));
		if (!take_char(&text, '}'))
			return LIFECYCLE_SYNTAX;
	}
	skip_space(&text);
	*nentries = n;
	return text.p == text.end ? LIFECYCLE_OK : LIFECYCLE_SYNTAX;
}

/*
 * leadcrm_lifecycle_parse_time
 *		Read a text that is one time.
 */
LifecycleFault
leadcrm_lifecycle_parse_time(const char *s, size_t len, int64_t *at)
{
	Text		text = {s, s + len};
	LifecycleFault fault = take_time(&text, at);

	skip_space(&text);
	return fault == LIFECYCLE_OK && text.p < text.end ? LIFECYCLE_TIME : fault;
}

/*
 * leadcrm_lifecycle_print_stage
 *		Write the name of a stage as it stands in the text.
 *
 * out: LIFECYCLE_STAGE_TEXT bytes.  Returns how many were written; no NUL.
 */
size_t
leadcrm_lifecycle_print_stage(const char *stage, int len, char *out)
{
	char	   *p = out;
	bool		quote = false;

	for (int i = 0; i < len; i++)
		quote |= !is_plain(stage[i]);
	if (quote)
		*p++ = '"';
	for (int i = 0; i < len; i++)
	{
		if (stage[i] == '"' || stage[i] == '\\')
			*p++ = '\\';
		*p++ = stage[i];
	}
	if (quote)
		*p++ = '"';
	return p - out;
}

/*
 * leadcrm_lifecycle_print_time
 *		Write a finite time.
 *
 * out: LIFECYCLE_TIME_TEXT bytes.  Returns how many were written; no NUL
 * counted.
 */
size_t
leadcrm_lifecycle_print_time(int64_t at, char *out)
{
	int64_t		day = at / USECS_PER_DAY;
	int64_t		usecs = at % USECS_PER_DAY;
	int			seconds;
	int			fraction;
	int64_t		era;
	int			day_of_era;
	int			year_of_era;
	int			day_of_year;
	int			month;
	int64_t		year;
	char	   *p = out;

	if (usecs < 0)
	{
		usecs += USECS_PER_DAY;
		day--;
	}
	seconds = (int) (usecs / USECS_PER_SECOND);
	fraction = (int) (usecs % USECS_PER_SECOND);

	/* years from March, so that a leap day is the last of its year */
	day += EPOCH_DAY;
	era = (day >= 0 ? day : day - (DAYS_PER_ERA - 1)) / DAYS_PER_ERA;
	day_of_era = (int) (day - era * DAYS_PER_ERA);
	year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	month = (5 * day_of_year + 2) / 153;
	year = year_of_era + era * 400 + (month >= 10);

	p += sprintf(p, "%04d-%02d-%02dT%02d:%02d:%02d",
				 (int) (year > 0 ? year : 1 - year), month < 10 ? month + 3 : month - 9,
				 day_of_year - (153 * month + 2) / 5 + 1,
				 seconds / 3600, seconds / 60 % 60, seconds % 60);
	if (fraction != 0)
	{
		p += sprintf(p, ".%06d", fraction);
		while (p[-1] == '0')
			p--;
	}
	*p++ = 'Z';
	if (year <= 0)
		p += sprintf(p, " BC");
	return p - out;
}

/* White space is that of ASCII: no locale decides. */
static bool
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* May a name without quotes have this byte? */
static bool
is_plain(char c)
{
	return c != '\0' && !is_space(c) && strchr("{},@\"\\", c) == NULL;
}

static void
skip_space(Text *text)
{
	while (text->p < text->end && is_space(*text->p))
		text->p++;
}

static bool
take_char(Text *text, char c)
{
	if (text->p == text->end || *text->p != c)
		return false;
	text->p++;
	return true;
}

/*
 * take_number
 *		Read so many digits, at most 18.
 */
static bool
take_number(Text *text, int digits_min, int digits_max, int64_t *value)
{
	int			digits = 0;

	*value = 0;
	while (digits < digits_max && text->p < text->end &&
		   *text->p >= '0' && *text->p <= '9')
	{
		*value = *value * 10 + (*text->p++ - '0');
		digits++;
	}
	return digits >= digits_min;
}

/*
 * take_stage
 *		Read a name and the @ behind it; the name goes to *names.
 */
static LifecycleFault
take_stage(Text *text, char **names, LifecycleEntry *entry)
{
	char	   *name = *names;

	entry->stage = name;
	if (take_char(text, '"'))
	{
		while (!take_char(text, '"'))
		{
			if (take_char(text, '\\') && text->p == text->end)
				return LIFECYCLE_SYNTAX;
			if (text->p == text->end || *text->p == '\0')
				return LIFECYCLE_SYNTAX;
			*name++ = *text->p++;
		}
	}
	else
	{
		while (text->p < text->end && is_plain(*text->p))
			*name++ = *text->p++;
	}
	if (name - *names > LIFECYCLE_STAGE_MAX)
		return LIFECYCLE_STAGE_LONG;
	entry->len = (int) (name - *names);
	*names = name;
	skip_space(text);
	return take_char(text, '@') ? LIFECYCLE_OK : LIFECYCLE_SYNTAX;
}

/*
 * take_date
 *		Read YYYY-MM-DD; "BC" comes later and makes another year of it.
 */
static bool
take_date(Text *text, int64_t *year, int64_t *month, int64_t *day)
{
	return take_number(text, 4, 6, year) && take_char(text, '-') &&
		take_number(text, 2, 2, month) && take_char(text, '-') &&
		take_number(text, 2, 2, day) &&
		*year >= 1 && *month >= 1 && *month <= 12 && *day >= 1 && *day <= 31;
}

/*
 * take_offset
 *		Read Z or the like of +08, +0530 and -03:30.
 */
static bool
take_offset(Text *text, int64_t *seconds)
{
	int64_t		hours;
	int64_t		minutes = 0;
	bool		minus;

	*seconds = 0;
	if (take_char(text, 'Z') || take_char(text, 'z'))
		return true;
	minus = take_char(text, '-');
	if ((!minus && !take_char(text, '+')) || !take_number(text, 2, 2, &hours))
		return false;
	if ((take_char(text, ':') ||
		 (text->p < text->end && *text->p >= '0' && *text->p <= '9')) &&
		!take_number(text, 2, 2, &minutes))
		return false;
	if (hours > 15 || minutes > 59)
		return false;
	*seconds = hours * 3600 + minutes * 60;
	if (minus)
		*seconds = -*seconds;
	return true;
}

/*
 * take_time
 *		Read YYYY-MM-DDTHH:MM:SS[.ffffff] and an offset, then BC.
 */
static LifecycleFault
take_time(Text *text, int64_t *at)
{
	int64_t		year;
	int64_t		month;
	int64_t		day;
	int64_t		hour;
	int64_t		minute;
	int64_t		second;
	int64_t		offset;
	int64_t		fraction = 0;
	int64_t		number;

	skip_space(text);
	if (text->end - text->p >= 8 && memcmp(text->p, "infinity", 8) == 0)
		return LIFECYCLE_TIME_RANGE;
	if (text->end - text->p >= 9 && memcmp(text->p, "-infinity", 9) == 0)
		return LIFECYCLE_TIME_RANGE;
	if (!take_date(text, &year, &month, &day) ||
		!(take_char(text, 'T') || take_char(text, 't') || take_char(text, ' ')) ||
		!take_number(text, 2, 2, &hour) || !take_char(text, ':') ||
		!take_number(text, 2, 2, &minute) || !take_char(text, ':') ||
		!take_number(text, 2, 2, &second) ||
		hour > 23 || minute > 59 || second > 59)
		return LIFECYCLE_TIME;
	if (take_char(text, '.'))
	{
		const char *digits = text->p;

		if (!take_number(text, 1, 6, &fraction))
			return LIFECYCLE_TIME;
		for (int n = (int) (text->p - digits); n < 6; n++)
			fraction *= 10;
	}
	if (!take_offset(text, &offset))
		return LIFECYCLE_TIME;
	skip_space(text);
	if (take_char(text, 'B'))
	{
		if (!take_char(text, 'C'))
			return LIFECYCLE_TIME;
		year = 1 - year;
	}

	/* there is no such day if it is one of the next month */
	number = day_number(year, month, day);
	if (day > 28 && number >= day_number(month < 12 ? year : year + 1, month < 12 ? month + 1 : 1, 1))
		return LIFECYCLE_TIME;

	/* years of six digits stay far within 64 bits as seconds */
	number = number * 86400 + hour * 3600 + minute * 60 + second - offset;
	if (number < LIFECYCLE_TIME_MIN / USECS_PER_SECOND ||
		number >= LIFECYCLE_TIME_END / USECS_PER_SECOND)
		return LIFECYCLE_TIME_RANGE;
	*at = number * USECS_PER_SECOND + fraction;
	return LIFECYCLE_OK;
}

/*
 * day_number
 *		Days since 2000-01-01 in the Gregorian calendar; year 0 is 1 BC.
 */
static int64_t
day_number(int64_t year, int64_t month, int64_t day)
{
	int64_t		era;
	int64_t		year_of_era;

	if (month <= 2)
		year--;
	era = (year >= 0 ? year : year - 399) / 400;
	year_of_era = year - era * 400;
	return era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
		(153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1 - EPOCH_DAY;
}
