/*-------------------------------------------------------------------------
 * moment.c
 *	  Dates and times as files write them.
 *
 * Without a format only what can be read in one way is read: year first, in
 * four digits (2026-01-05, 2026/1/5 9:30, 2026年1月5日, 20260105, ISO 8601), and
 * seconds or milliseconds since 1970.  01/02/2026 needs a format.
 *
 * Pure C over UTF-8, linear, no memory of its own: see text.h.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "fold.h"
#include "moment.h"
#include "text.h"

/* A text that is longer when folded tells no moment. */
#define MOMENT_MAX		64

static const char *const date_separators[] = {"-", "/", ".", "年", "月", "日", NULL};
static const char *const time_separators[] = {":", "时", "点", "分", "秒", NULL};

static bool
moment_valid(const Moment *m)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		leap = (m->year % 4 == 0 && m->year % 100 != 0) || m->year % 400 == 0;

	return m->year >= 1 && m->month >= 1 && m->month <= 12 && m->day >= 1 &&
		m->day <= days[m->month - 1] + (leap && m->month == 2) &&
		m->hour <= 23 && m->minute <= 59 && m->second <= 59 &&
		m->offset >= -15 * 3600 && m->offset <= 15 * 3600;
}

/* Read up to max digits; false without any. */
static bool
read_digits(const char **p, const char *end, int max, int *value)
{
	int			n = 0;

	*value = 0;
	while (*p < end && text_is_digit(**p) && n < max)
	{
		*value = *value * 10 + (**p - '0');
		(*p)++;
		n++;
	}
	return n > 0;
}

static void
skip(const char **p, const char *end, const char *const *words)
{
	*p += text_prefix(*p, (size_t) (end - *p), words);
	while (*p < end && **p == ' ')
		(*p)++;
}

/* "Z", "+08:00", "+0800", "+08" */
static bool
read_offset(const char **p, const char *end, Moment *m)
{
	int			sign = **p == '-' ? -1 : 1;
	int			hours;
	int			minutes = 0;

	m->has_offset = true;
	if (**p == 'Z' || **p == 'z')
	{
		(*p)++;
		return true;
	}
	(*p)++;
	if (!read_digits(p, end, 2, &hours))
		return false;
	if (*p < end && **p == ':')
		(*p)++;
	if (*p < end && !read_digits(p, end, 2, &minutes))
		return false;
	if (minutes > 59)
		return false;
	m->offset = sign * (hours * 3600 + minutes * 60);
	return true;
}

static bool
read_time(const char **p, const char *end, Moment *m)
{
	if (!read_digits(p, end, 2, &m->hour))
		return false;
	skip(p, end, time_separators);
	if (*p == end || !read_digits(p, end, 2, &m->minute))
		return false;
	skip(p, end, time_separators);
	if (*p < end && text_is_digit(**p))
	{
		(void) read_digits(p, end, 2, &m->second);
		if (*p < end && (**p == '.' || **p == ','))
		{
			(*p)++;
			for (int unit = 100000; *p < end && text_is_digit(**p); unit /= 10)
				m->microsecond += (*(*p)++ - '0') * unit;
		}
		skip(p, end, time_separators);
	}
	if (*p < end && (**p == 'Z' || **p == 'z' || **p == '+' || **p == '-'))
		return read_offset(p, end, m);
	return true;
}

/* Seconds since 1970 as a date, in UTC. */
static void
read_epoch(int64_t seconds, Moment *m)
{
	/* Howard Hinnant's days-to-civil algorithm, era of 400 years from 0000-03-01 */
	int64_t		z = seconds / 86400 + 719468;
	int64_t		era = z / 146097;
	int64_t		doe = z - era * 146097;
	int64_t		yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t		doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t		mp = (5 * doy + 2) / 153;

	m->day = (int) (doy - (153 * mp + 2) / 5 + 1);
	m->month = (int) (mp < 10 ? mp + 3 : mp - 9);
	m->year = (int) (yoe + era * 400 + (m->month <= 2));
	m->hour = (int) (seconds % 86400 / 3600);
	m->minute = (int) (seconds % 3600 / 60);
	m->second = (int) (seconds % 60);
	m->has_offset = true;
	m->epoch = true;
}

/* A run of digits alone: 20260105, 20260105093000, or an epoch. */
static bool
read_run(const char *p, size_t len, Moment *m)
{
	const char *end = p + len;
	int64_t		value = 0;

	if (len == 8 || len == 14)
	{
		(void) read_digits(&p, end, 4, &m->year);
		(void) read_digits(&p, end, 2, &m->month);
		(void) read_digits(&p, end, 2, &m->day);
		(void) read_digits(&p, end, 2, &m->hour);
		(void) read_digits(&p, end, 2, &m->minute);
		(void) read_digits(&p, end, 2, &m->second);
		return true;
	}
	if (len != 10 && len != 13)
		return false;
	for (; p < end; p++)
		value = value * 10 + (*p - '0');
	if (len == 13)
		m->microsecond = (int) (value % 1000) * 1000;
	read_epoch(len == 13 ? value / 1000 : value, m);
	return true;
}

static bool
read_plain(const char *p, const char *end, Moment *m)
{
	const char *q = p;

	while (q < end && text_is_digit(*q))
		q++;
	if (q == end)
		return read_run(p, (size_t) (end - p), m);
	if (q - p != 4)
		return false;
	(void) read_digits(&p, end, 4, &m->year);
	skip(&p, end, date_separators);
	if (!read_digits(&p, end, 2, &m->month))
		return false;
	skip(&p, end, date_separators);
	if (!read_digits(&p, end, 2, &m->day))
		return false;
	skip(&p, end, date_separators);
	if (p < end && (*p == 'T' || *p == 't'))
		p++;
	if (p < end && !read_time(&p, end, m))
		return false;
	return p == end;
}

/* Where a token of a format stores what it reads; its digits in *max. */
static int *
format_token(const char **f, const char *end, Moment *m, int *max)
{
	static const struct
	{
		const char *name;
		int			max;
	}			token[] = {{"YYYY", 4}, {"MM", 2}, {"DD", 2}, {"HH24", 2}, {"MI", 2}, {"SS", 2}};
	int		   *field[] = {&m->year, &m->month, &m->day, &m->hour, &m->minute, &m->second};

	for (size_t i = 0; i < sizeof(token) / sizeof(token[0]); i++)
	{
		size_t		n = strlen(token[i].name);

		if ((size_t) (end - *f) >= n && memcmp(*f, token[i].name, n) == 0)
		{
			*f += n;
			*max = token[i].max;
			return field[i];
		}
	}
	return NULL;
}

static bool
read_formatted(const char *p, const char *end, const char *f, const char *fend, Moment *m)
{
	while (f < fend)
	{
		int			max;
		int		   *field = format_token(&f, fend, m, &max);

		if (field != NULL)
		{
			/* a time may be left out at the end */
			if (p == end && max == 2 && m->day > 0)
				return true;
			if (!read_digits(&p, end, max, field))
				return false;
		}
		else if (p == end && m->day > 0)
			return true;
		else if (p == end || *p++ != *f++)
			return false;
	}
	return p == end;
}

/*
 * leadcrm_moment_format_ok
 *		Does a format tell year, month and day, each once?
 */
bool
leadcrm_moment_format_ok(const char *format, size_t len)
{
	const char *f = format;
	Moment		m = {0};

	while (f < format + len)
	{
		int			max;
		int		   *field = format_token(&f, format + len, &m, &max);

		if (field == NULL)
			f++;
		else if ((*field)++ > 0)
			return false;
	}
	return m.year == 1 && m.month == 1 && m.day == 1 && m.hour >= m.minute && m.minute >= m.second;
}

/*
 * leadcrm_moment_parse
 *		Read a moment; false when the text is none, or none by the calendar.
 *
 * format: NULL, or tokens YYYY MM DD HH24 MI SS and what stands between them;
 * a number may have fewer digits, a time may be missing.
 */
bool
leadcrm_moment_parse(const char *s, size_t len, const char *format, size_t format_len, Moment *m)
{
	char		text[MOMENT_MAX];
	bool		truncated;
	size_t		n = leadcrm_fold(s, len, text, sizeof(text), FOLD_WIDTH | FOLD_SPACE, &truncated);

	memset(m, 0, sizeof(*m));
	if (truncated || n == 0)
		return false;
	if (format != NULL)
		return read_formatted(text, text + n, format, format + format_len, m) && moment_valid(m);
	return read_plain(text, text + n, m) && moment_valid(m);
}
