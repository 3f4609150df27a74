/*-------------------------------------------------------------------------
 * rule_safe.c
 *	  Casts and arithmetic that give NULL instead of an error.
 *
 * Rules use them by name, and rule_zone.c puts them in the place of what
 * depends on the session's time zone.  All are immutable: they read no setting.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "fold.h"
#include "moment.h"
#include "rule_allow.h"
#include "text.h"

/* Longest text that num() reads, in bytes; longer ones are no amounts. */
#define NUM_MAX			100

/* Words of flag(), folded; the first of each half is what other tools write. */
static const char *const flag_true[] = {"true", "t", "yes", "y", "on", "1", "是", "有", "对", "真", NULL};
static const char *const flag_false[] = {"false", "f", "no", "n", "off", "0", "否", "无", "没有", "错", "假", NULL};

static bool num_read(const char *s, size_t len, char *number);
static bool is_one_of(const char *const *words, const char *s, size_t len);
static bool read_moment(text *t, Moment *m, struct pg_tm *tm);
static pg_tz *zone_argument(FunctionCallInfo fcinfo, int n);
static bool local_of(TimestampTz moment, pg_tz *tz, Timestamp *local);
static bool moment_of(Timestamp local, pg_tz *tz, TimestampTz *moment);
static bool timestamp_of(DateADT date, Timestamp *local);
static bool shift(Timestamp from, const Interval *span, int sign, pg_tz *tz, Timestamp *result);
static bool shift_field(int32 field, int32 by, int sign, int32 *result);

/*
 * num(text) -> numeric
 *		The number that a text is: 1234.5, -3, 1,234.50, １２３; else NULL.
 *
 * No exponent, no unit, no currency: see quantity_low() and quantity_high().
 */
PG_FUNCTION_INFO_V1(leadcrm_num);
Datum
leadcrm_num(PG_FUNCTION_ARGS)
{
	char		number[NUM_MAX + 1];
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);

	if (!num_read(s, len, number))
		PG_RETURN_NULL();
	return DirectFunctionCall3(numeric_in, CStringGetDatum(number),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

/*
 * flag(text) -> boolean
 *		true, t, yes, y, on, 1, 是, 有 ... and their contraries; else NULL.
 */
PG_FUNCTION_INFO_V1(leadcrm_flag);
Datum
leadcrm_flag(PG_FUNCTION_ARGS)
{
	char		word[16];
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);
	bool		truncated;

	len = leadcrm_fold(s, len, word, sizeof(word),
					   FOLD_WIDTH | FOLD_SIMPLIFY | FOLD_LOWER | FOLD_SPACE, &truncated);
	if (!truncated && is_one_of(flag_true, word, len))
		PG_RETURN_BOOL(true);
	if (!truncated && is_one_of(flag_false, word, len))
		PG_RETURN_BOOL(false);
	PG_RETURN_NULL();
}

/*
 * day(text) -> date
 *		The day that a text names, year first, as it stands there: 2026-01-05,
 *		2026/1/5 9:30, 2026年1月5日, 20260105; else NULL.
 */
PG_FUNCTION_INFO_V1(leadcrm_day);
Datum
leadcrm_day(PG_FUNCTION_ARGS)
{
	Moment		m;
	struct pg_tm tm;

	/* seconds since 1970 are another day in another zone */
	if (!read_moment(PG_GETARG_TEXT_PP(0), &m, &tm) || m.epoch)
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE);
}

/*
 * moment(text [, zone text]) -> timestamptz
 *		The moment that a text names: 2026-01-05T09:30:00+08:00, 2026-01-05
 *		01:30Z, milliseconds since 1970; without an offset, in the zone; NULL
 *		when there is no zone either.
 */
PG_FUNCTION_INFO_V1(leadcrm_moment);
Datum
leadcrm_moment(PG_FUNCTION_ARGS)
{
	Moment		m;
	struct pg_tm tm;
	int			offset;
	TimestampTz result;

	if (!read_moment(PG_GETARG_TEXT_PP(0), &m, &tm))
		PG_RETURN_NULL();
	if (m.has_offset)
		offset = -m.offset;
	else
	{
		pg_tz	   *tz = PG_NARGS() > 1 ? zone_argument(fcinfo, 1) : NULL;

		if (tz == NULL)
			PG_RETURN_NULL();
		offset = DetermineTimeZoneOffset(&tm, tz);
	}
	if (tm2timestamp(&tm, m.microsecond, &offset, &result) != 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(result);
}

/*
 * add, subtract, multiply, divide (numeric, numeric) -> numeric
 *		NULL out of range and for a division by zero.
 */
static Datum
numeric_operation(FunctionCallInfo fcinfo, Numeric (*operation) (Numeric, Numeric, bool *))
{
	bool		failed = false;
	Numeric		result = operation(PG_GETARG_NUMERIC(0), PG_GETARG_NUMERIC(1), &failed);

	if (failed)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(result);
}

PG_FUNCTION_INFO_V1(leadcrm_numeric_add);
Datum
leadcrm_numeric_add(PG_FUNCTION_ARGS)
{
	return numeric_operation(fcinfo, numeric_add_opt_error);
}

PG_FUNCTION_INFO_V1(leadcrm_numeric_subtract);
Datum
leadcrm_numeric_subtract(PG_FUNCTION_ARGS)
{
	return numeric_operation(fcinfo, numeric_sub_opt_error);
}

PG_FUNCTION_INFO_V1(leadcrm_numeric_multiply);
Datum
leadcrm_numeric_multiply(PG_FUNCTION_ARGS)
{
	return numeric_operation(fcinfo, numeric_mul_opt_error);
}

PG_FUNCTION_INFO_V1(leadcrm_numeric_divide);
Datum
leadcrm_numeric_divide(PG_FUNCTION_ARGS)
{
	return numeric_operation(fcinfo, numeric_div_opt_error);
}

/*
 * at_zone(timestamptz, zone text) -> timestamp
 *		What a clock in the zone shows.
 */
PG_FUNCTION_INFO_V1(leadcrm_local_at_zone);
Datum
leadcrm_local_at_zone(PG_FUNCTION_ARGS)
{
	pg_tz	   *tz = zone_argument(fcinfo, 1);
	Timestamp	local;

	if (tz == NULL || !local_of(PG_GETARG_TIMESTAMPTZ(0), tz, &local))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMP(local);
}

/*
 * at_zone(timestamp, zone text) -> timestamptz
 *		The moment at which a clock in the zone shows that.
 */
PG_FUNCTION_INFO_V1(leadcrm_moment_at_zone);
Datum
leadcrm_moment_at_zone(PG_FUNCTION_ARGS)
{
	pg_tz	   *tz = zone_argument(fcinfo, 1);
	TimestampTz moment;

	if (tz == NULL || !moment_of(PG_GETARG_TIMESTAMP(0), tz, &moment))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(moment);
}

/*
 * at_zone(date, zone text) -> timestamptz
 *		The moment at which the day begins in the zone.
 */
PG_FUNCTION_INFO_V1(leadcrm_day_at_zone);
Datum
leadcrm_day_at_zone(PG_FUNCTION_ARGS)
{
	pg_tz	   *tz = zone_argument(fcinfo, 1);
	Timestamp	local;
	TimestampTz moment;

	if (tz == NULL || !timestamp_of(PG_GETARG_DATEADT(0), &local) ||
		!moment_of(local, tz, &moment))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(moment);
}

/*
 * start_of(unit text, timestamp) -> timestamp
 *		The beginning of the year, quarter, month, week, day, hour or minute.
 *
 * Raises 22023 for another unit.
 */
PG_FUNCTION_INFO_V1(leadcrm_start_of);
Datum
leadcrm_start_of(PG_FUNCTION_ARGS)
{
	static const char *const units[] = {"year", "quarter", "month", "week", "day", "hour", "minute", NULL};
	char	   *unit = text_to_cstring(PG_GETARG_TEXT_PP(0));
	Timestamp	local = PG_GETARG_TIMESTAMP(1);
	bool		known = false;

	for (int i = 0; units[i] != NULL; i++)
		known |= pg_strcasecmp(units[i], unit) == 0;
	if (!known)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unit \"%s\" not recognized", unit),
				 errhint("Units are year, quarter, month, week, day, hour, minute.")));

	/* the year of the first possible day begins before it */
	if (!TIMESTAMP_NOT_FINITE(local) && local < MIN_TIMESTAMP + 366 * USECS_PER_DAY)
		PG_RETURN_NULL();
	return DirectFunctionCall2(timestamp_trunc, PG_GETARG_DATUM(0), PG_GETARG_DATUM(1));
}

/*
 * add, subtract (timestamptz, interval, zone text) -> timestamptz
 * add, subtract (timestamp, interval) -> timestamp
 * add, subtract (date, interval) -> timestamp
 */
static Datum
shifted(FunctionCallInfo fcinfo, Timestamp from, int sign, pg_tz *tz)
{
	Timestamp	result;

	if (!shift(from, PG_GETARG_INTERVAL_P(1), sign, tz, &result))
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMP(result);
}

static Datum
shifted_moment(FunctionCallInfo fcinfo, int sign)
{
	pg_tz	   *tz = zone_argument(fcinfo, 2);

	if (tz == NULL)
		PG_RETURN_NULL();
	return shifted(fcinfo, PG_GETARG_TIMESTAMPTZ(0), sign, tz);
}

static Datum
shifted_date(FunctionCallInfo fcinfo, int sign)
{
	Timestamp	local;

	if (!timestamp_of(PG_GETARG_DATEADT(0), &local))
		PG_RETURN_NULL();
	return shifted(fcinfo, local, sign, NULL);
}

PG_FUNCTION_INFO_V1(leadcrm_moment_add);
Datum
leadcrm_moment_add(PG_FUNCTION_ARGS)
{
	return shifted_moment(fcinfo, 1);
}

PG_FUNCTION_INFO_V1(leadcrm_moment_subtract);
Datum
leadcrm_moment_subtract(PG_FUNCTION_ARGS)
{
	return shifted_moment(fcinfo, -1);
}

PG_FUNCTION_INFO_V1(leadcrm_timestamp_add);
Datum
leadcrm_timestamp_add(PG_FUNCTION_ARGS)
{
	return shifted(fcinfo, PG_GETARG_TIMESTAMP(0), 1, NULL);
}

PG_FUNCTION_INFO_V1(leadcrm_timestamp_subtract);
Datum
leadcrm_timestamp_subtract(PG_FUNCTION_ARGS)
{
	return shifted(fcinfo, PG_GETARG_TIMESTAMP(0), -1, NULL);
}

PG_FUNCTION_INFO_V1(leadcrm_date_add);
Datum
leadcrm_date_add(PG_FUNCTION_ARGS)
{
	return shifted_date(fcinfo, 1);
}

PG_FUNCTION_INFO_V1(leadcrm_date_subtract);
Datum
leadcrm_date_subtract(PG_FUNCTION_ARGS)
{
	return shifted_date(fcinfo, -1);
}

/*
 * add, subtract (date, days integer) -> date
 */
static Datum
shifted_days(FunctionCallInfo fcinfo, int sign)
{
	DateADT		date = PG_GETARG_DATEADT(0);
	DateADT		result;

	if (DATE_NOT_FINITE(date))
		PG_RETURN_DATEADT(date);
	if (!shift_field(date, PG_GETARG_INT32(1), sign, &result) || !IS_VALID_DATE(result))
		PG_RETURN_NULL();
	PG_RETURN_DATEADT(result);
}

PG_FUNCTION_INFO_V1(leadcrm_days_add);
Datum
leadcrm_days_add(PG_FUNCTION_ARGS)
{
	return shifted_days(fcinfo, 1);
}

PG_FUNCTION_INFO_V1(leadcrm_days_subtract);
Datum
leadcrm_days_subtract(PG_FUNCTION_ARGS)
{
	return shifted_days(fcinfo, -1);
}

/*
 * subtract(date, date) -> integer
 *		Days from the second to the first; NULL if one is infinite.
 */
PG_FUNCTION_INFO_V1(leadcrm_days_between);
Datum
leadcrm_days_between(PG_FUNCTION_ARGS)
{
	DateADT		a = PG_GETARG_DATEADT(0);
	DateADT		b = PG_GETARG_DATEADT(1);

	if (DATE_NOT_FINITE(a) || DATE_NOT_FINITE(b))
		PG_RETURN_NULL();
	PG_RETURN_INT32(a - b);
}

/*
 * subtract(timestamptz, timestamptz) -> interval
 * subtract(timestamp, timestamp) -> interval
 *		Days of 24 hours and the rest; NULL if one is infinite.
 */
PG_FUNCTION_INFO_V1(leadcrm_time_between);
Datum
leadcrm_time_between(PG_FUNCTION_ARGS)
{
	Timestamp	a = PG_GETARG_TIMESTAMP(0);
	Timestamp	b = PG_GETARG_TIMESTAMP(1);
	Interval   *result;

	if (TIMESTAMP_NOT_FINITE(a) || TIMESTAMP_NOT_FINITE(b))
		PG_RETURN_NULL();
	result = palloc0(sizeof(Interval));
	if (pg_sub_s64_overflow(a, b, &result->time))
		PG_RETURN_NULL();
	result->day = (int32) (result->time / USECS_PER_DAY);
	result->time %= USECS_PER_DAY;
	PG_RETURN_INTERVAL_P(result);
}

/*
 * leadcrm_time_zone
 *		A zone by the name that SET TIME ZONE takes, or NULL.
 */
pg_tz *
leadcrm_time_zone(const char *name)
{
	pg_tz	   *tz = pg_tzset(name);

	return tz != NULL && pg_tz_acceptable(tz) ? tz : NULL;
}

/* Copy a number without its separators; false if the text is none. */
static bool
num_read(const char *s, size_t len, char *number)
{
	char		text[NUM_MAX + 1];
	bool		truncated;
	size_t		n = leadcrm_fold(s, len, text, NUM_MAX, FOLD_WIDTH | FOLD_SPACE, &truncated);
	const char *p = text;
	char	   *out = number;
	int			group = 0;		/* digits since the last separator */
	bool		grouped = false;

	if (truncated)
		return false;
	text[n] = '\0';
	if (*p == '-' || *p == '+')
		*out++ = *p++;
	if (!text_is_digit(*p))
		return false;
	for (; text_is_digit(*p) || *p == ','; p++)
	{
		if (*p == ',')
		{
			if (grouped ? group != 3 : group > 3)
				return false;
			grouped = true;
			group = 0;
			continue;
		}
		*out++ = *p;
		group++;
	}
	if (grouped && group != 3)
		return false;
	if (*p == '.')
	{
		if (!text_is_digit(p[1]))
			return false;
		do
			*out++ = *p++;
		while (text_is_digit(*p));
	}
	*out = '\0';
	return *p == '\0';
}

static bool
is_one_of(const char *const *words, const char *s, size_t len)
{
	for (; *words != NULL; words++)
	{
		if (strlen(*words) == len && memcmp(*words, s, len) == 0)
			return true;
	}
	return false;
}

static bool
read_moment(text *t, Moment *m, struct pg_tm *tm)
{
	size_t		len;
	const char *s = leadcrm_to_utf8(t, &len);

	if (!leadcrm_moment_parse(s, len, NULL, 0, m))
		return false;
	memset(tm, 0, sizeof(*tm));
	tm->tm_year = m->year;
	tm->tm_mon = m->month;
	tm->tm_mday = m->day;
	tm->tm_hour = m->hour;
	tm->tm_min = m->minute;
	tm->tm_sec = m->second;
	return true;
}

/* The zone that argument n names, looked up once as long as it is the same. */
static pg_tz *
zone_argument(FunctionCallInfo fcinfo, int n)
{
	typedef struct ZoneCache
	{
		pg_tz	   *tz;
		int			len;
		char		name[TZ_STRLEN_MAX + 1];
	} ZoneCache;
	ZoneCache  *cache = fcinfo->flinfo->fn_extra;
	text	   *t = PG_GETARG_TEXT_PP(n);
	int			len = VARSIZE_ANY_EXHDR(t);

	if (len > TZ_STRLEN_MAX)
		return NULL;
	if (cache == NULL)
	{
		cache = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(ZoneCache));
		cache->len = -1;
		fcinfo->flinfo->fn_extra = cache;
	}
	if (cache->len != len || memcmp(cache->name, VARDATA_ANY(t), len) != 0)
	{
		memcpy(cache->name, VARDATA_ANY(t), len);
		cache->name[len] = '\0';
		cache->len = len;
		cache->tz = leadcrm_time_zone(cache->name);
	}
	return cache->tz;
}

/* As the cast of PostgreSQL in the zone, but false out of range. */
static bool
local_of(TimestampTz moment, pg_tz *tz, Timestamp *local)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;

	*local = moment;
	return TIMESTAMP_NOT_FINITE(moment) ||
		(timestamp2tm(moment, &offset, &tm, &fsec, NULL, tz) == 0 &&
		 tm2timestamp(&tm, fsec, NULL, local) == 0);
}

static bool
moment_of(Timestamp local, pg_tz *tz, TimestampTz *moment)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;

	*moment = local;
	if (TIMESTAMP_NOT_FINITE(local))
		return true;
	if (timestamp2tm(local, NULL, &tm, &fsec, NULL, NULL) != 0)
		return false;
	offset = DetermineTimeZoneOffset(&tm, tz);
	*moment = local + offset * USECS_PER_SEC;
	return IS_VALID_TIMESTAMP(*moment);
}

static bool
timestamp_of(DateADT date, Timestamp *local)
{
	int			overflow;

	*local = date2timestamp_opt_overflow(date, &overflow);
	return overflow == 0;
}

/*
 * from + sign * span: months, then days, on the clock of the zone, then the
 * rest, as timestamptz_pl_interval() does; tz NULL: of a timestamp.
 */
static bool
shift(Timestamp from, const Interval *span, int sign, pg_tz *tz, Timestamp *result)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset = 0;
	int64		time;

	*result = from;
	if (INTERVAL_NOT_FINITE(span))
		return false;
	if (TIMESTAMP_NOT_FINITE(from))
		return true;

	for (int step = 0; step < 2; step++)
	{
		if ((step == 0 ? span->month : span->day) == 0)
			continue;
		if (timestamp2tm(*result, tz ? &offset : NULL, &tm, &fsec, NULL, tz) != 0)
			return false;
		if (step == 0)
		{
			if (!shift_field(tm.tm_mon - 1, span->month, sign, &tm.tm_mon))
				return false;
			/* floored division: months before January belong to earlier years */
			tm.tm_year += tm.tm_mon / MONTHS_PER_YEAR;
			tm.tm_mon %= MONTHS_PER_YEAR;
			if (tm.tm_mon < 0)
			{
				tm.tm_mon += MONTHS_PER_YEAR;
				tm.tm_year--;
			}
			tm.tm_mday = Min(tm.tm_mday, day_tab[isleap(tm.tm_year)][tm.tm_mon]);
			tm.tm_mon++;
		}
		else
		{
			int			julian;

			if (!shift_field(date2j(tm.tm_year, tm.tm_mon, tm.tm_mday), span->day, sign, &julian) ||
				julian < -1)
				return false;
			j2date(julian, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
		}
		if (tz != NULL)
			offset = DetermineTimeZoneOffset(&tm, tz);
		if (tm2timestamp(&tm, fsec, tz ? &offset : NULL, result) != 0)
			return false;
	}

	time = span->time;
	if (sign < 0 ? pg_sub_s64_overflow(*result, time, result) :
		pg_add_s64_overflow(*result, time, result))
		return false;
	return IS_VALID_TIMESTAMP(*result);
}

static bool
shift_field(int32 field, int32 by, int sign, int32 *result)
{
	return !(sign < 0 ? pg_sub_s32_overflow(field, by, result) :
			 pg_add_s32_overflow(field, by, result));
}
