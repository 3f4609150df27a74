/*-------------------------------------------------------------------------
 * cohort.c
 *	  Leads by the period in which they began, and how many of each reached a
 *	  stage in time: the type and aggregate cohort.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "keyed.h"
#include "leadcrm.h"
#include "lifecycle.h"
#include "summary.h"
#include "summary_row.h"
#include "time_sum.h"
#include "window_funnel.h"

typedef enum CohortUnit
{
	COHORT_DAY,
	COHORT_WEEK,
	COHORT_MONTH,
	COHORT_QUARTER,
	COHORT_YEAR
} CohortUnit;

static const char *const unit_names[] = {"day", "week", "month", "quarter", "year"};

/* What is counted. */
typedef struct CohortSettings
{
	const char *stage;
	int			stage_len;
	CohortUnit	unit;
	const char *zone;
	int			zone_len;
	int64		within;			/* microseconds */
} CohortSettings;

/* The leads that began in one period. */
typedef struct CohortPeriod
{
	KeyedKey	key;			/* its first day, nothing */
	int64		leads;
	int64		reached;
} CohortPeriod;

typedef struct Cohort
{
	CohortSettings settings;
	Keyed	   *periods;
	pg_tz	   *zone;			/* of a running aggregate, else NULL */
} Cohort;

static void *cohort_make(const void *settings);
static void *cohort_read(SummaryReader *in);
static void cohort_write(SummaryWriter *out, const void *body);
static void cohort_merge(void *body, const void *other, int sign);
static CohortSettings row_settings(FunctionCallInfo fcinfo);
static bool settings_same(const CohortSettings *a, const CohortSettings *b);
static pg_noreturn void settings_differ(void);
static CohortUnit unit_of(const char *name, int len);
static int64 window_of(const Interval *within);
static pg_tz *zone_of(const CohortSettings *settings);
static DateADT period_start(TimestampTz at, CohortUnit unit, pg_tz *zone);

static const SummaryType leadcrm_cohort_type = {"cohort", cohort_read, cohort_write, cohort_merge};

SUMMARY_FUNCTIONS(cohort);

/*
 * leadcrm_cohort_take
 *		Transition function of cohort(lifecycle, stage, unit, zone, within).
 *
 * A lead belongs to the period of its first entry in the time zone.  A row
 * without a lifecycle is passed over, an empty one too.  Raises 22023 for
 * settings that are wrong or not those of the rows before.
 */
PG_FUNCTION_INFO_V1(leadcrm_cohort_take);
Datum
leadcrm_cohort_take(PG_FUNCTION_ARGS)
{
	CohortSettings settings;
	Datum		state;
	Cohort	   *cohort;
	CohortPeriod *period;
	LifecycleReader r;
	TimestampTz first;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	settings = row_settings(fcinfo);
	cohort = leadcrm_summary_state(fcinfo, &leadcrm_cohort_type, cohort_make, &settings, &state);
	if (!settings_same(&cohort->settings, &settings))
		settings_differ();
	if (cohort->zone == NULL)
		cohort->zone = zone_of(&settings);

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(1));
	if (!lifecycle_step(&r))
		PG_RETURN_DATUM(state);
	first = r.at;
	period = leadcrm_keyed_get(cohort->periods, period_start(first, settings.unit, cohort->zone), "", 0);
	period->leads++;
	do
	{
		int			len;
		const char *name = leadcrm_lifecycle_stage(&r, r.stage, &len);

		if (leadcrm_time_between(first, r.at) > settings.within)
			break;
		if (len == settings.stage_len && memcmp(name, settings.stage, len) == 0)
		{
			period->reached++;
			break;
		}
	} while (lifecycle_step(&r));
	PG_RETURN_DATUM(state);
}

/*
 * leadcrm_cohort_rows
 *		cohort_rows(cohort): a row for each period, by date.
 */
PG_FUNCTION_INFO_V1(leadcrm_cohort_rows);
Datum
leadcrm_cohort_rows(PG_FUNCTION_ARGS)
{
	const Cohort *cohort = leadcrm_summary_body(PG_GETARG_DATUM(0), &leadcrm_cohort_type);
	CohortPeriod **periods = (CohortPeriod **) leadcrm_keyed_sorted(cohort->periods);
	int			n = leadcrm_keyed_count(cohort->periods);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		SummaryRow	row = {0};

		leadcrm_row_date(&row, periods[i]->key.number);
		leadcrm_row_int8(&row, periods[i]->leads);
		leadcrm_row_int8(&row, periods[i]->reached);
		leadcrm_row_rate(&row, periods[i]->reached, periods[i]->leads);
		leadcrm_row_put(&row, fcinfo);
	}
	return (Datum) 0;
}

static void *
cohort_make(const void *arg)
{
	const CohortSettings *settings = arg;
	Cohort	   *cohort = palloc0(sizeof(Cohort));

	cohort->settings = *settings;
	cohort->settings.stage = pnstrdup(settings->stage, settings->stage_len);
	cohort->settings.zone = pnstrdup(settings->zone, settings->zone_len);
	cohort->periods = leadcrm_keyed_make(sizeof(CohortPeriod));
	return cohort;
}

/*
 * The items: stage, unit, zone, window; number of periods; of each its first
 * day in days since 2000-01-01, leads and how many reached the stage.
 */
static void
cohort_write(SummaryWriter *out, const void *body)
{
	const Cohort *cohort = body;
	const CohortSettings *settings = &cohort->settings;
	CohortPeriod **periods = (CohortPeriod **) leadcrm_keyed_sorted(cohort->periods);
	int			n = leadcrm_keyed_count(cohort->periods);
	int			kept = 0;

	leadcrm_summary_put_text(out, settings->stage, settings->stage_len);
	leadcrm_summary_put_text(out, unit_names[settings->unit], strlen(unit_names[settings->unit]));
	leadcrm_summary_put_text(out, settings->zone, settings->zone_len);
	leadcrm_summary_put_int(out, settings->within);
	for (int i = 0; i < n; i++)
	{
		if (periods[i]->leads != 0 || periods[i]->reached != 0)
			periods[kept++] = periods[i];
	}
	leadcrm_summary_put_int(out, kept);
	for (int i = 0; i < kept; i++)
	{
		leadcrm_summary_put_int(out, periods[i]->key.number);
		leadcrm_summary_put_int(out, periods[i]->leads);
		leadcrm_summary_put_int(out, periods[i]->reached);
	}
	pfree(periods);
}

static void *
cohort_read(SummaryReader *in)
{
	CohortSettings settings;
	const char *unit;
	int			unit_len;
	Cohort	   *cohort;
	int64		n;

	if (!leadcrm_summary_get_text(in, &settings.stage, &settings.stage_len) ||
		!leadcrm_summary_get_text(in, &unit, &unit_len) ||
		!leadcrm_summary_get_text(in, &settings.zone, &settings.zone_len) ||
		!leadcrm_summary_get_int(in, 0, PG_INT64_MAX, &settings.within) ||
		!leadcrm_summary_get_int(in, 0, PG_INT64_MAX, &n))
		return NULL;
	settings.unit = unit_of(unit, unit_len);
	if (settings.unit > COHORT_YEAR)
		return NULL;
	cohort = cohort_make(&settings);
	while (n-- > 0)
	{
		int64		day;
		int64		leads;
		int64		reached;
		CohortPeriod *period;

		if (!leadcrm_summary_get_int(in, DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE,
									 DATE_END_JULIAN - POSTGRES_EPOCH_JDATE - 1, &day) ||
			!leadcrm_summary_get_int(in, SUMMARY_ANY, &leads) ||
			!leadcrm_summary_get_int(in, SUMMARY_ANY, &reached))
			return NULL;
		period = leadcrm_keyed_get(cohort->periods, (int32) day, "", 0);
		leadcrm_summary_count(&period->leads, leads, 1);
		leadcrm_summary_count(&period->reached, reached, 1);
	}
	return cohort;
}

static void
cohort_merge(void *body, const void *other, int sign)
{
	Cohort	   *cohort = body;
	const Cohort *more = other;
	CohortPeriod **periods = (CohortPeriod **) leadcrm_keyed_sorted(more->periods);
	int			n = leadcrm_keyed_count(more->periods);

	if (!settings_same(&cohort->settings, &more->settings))
		settings_differ();
	for (int i = 0; i < n; i++)
	{
		CohortPeriod *period = leadcrm_keyed_get(cohort->periods, periods[i]->key.number, "", 0);

		leadcrm_summary_count(&period->leads, periods[i]->leads, sign);
		leadcrm_summary_count(&period->reached, periods[i]->reached, sign);
	}
	pfree(periods);
}

/* What the row at hand asks for; the texts point into its arguments. */
static CohortSettings
row_settings(FunctionCallInfo fcinfo)
{
	CohortSettings settings;
	text	   *stage;
	text	   *unit;
	text	   *zone;

	for (int i = 2; i <= 5; i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("stage, unit, time zone and window of a cohort must not be null")));
	}
	stage = PG_GETARG_TEXT_PP(2);
	unit = PG_GETARG_TEXT_PP(3);
	zone = PG_GETARG_TEXT_PP(4);
	settings.stage = VARDATA_ANY(stage);
	settings.stage_len = VARSIZE_ANY_EXHDR(stage);
	settings.zone = VARDATA_ANY(zone);
	settings.zone_len = VARSIZE_ANY_EXHDR(zone);
	settings.within = window_of(PG_GETARG_INTERVAL_P(5));
	settings.unit = unit_of(VARDATA_ANY(unit), VARSIZE_ANY_EXHDR(unit));
	if (settings.unit > COHORT_YEAR)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("unit \"%s\" of a cohort is not known", text_to_cstring(unit)),
				 errhint("Give day, week, month, quarter or year.")));
	return settings;
}

static bool
settings_same(const CohortSettings *a, const CohortSettings *b)
{
	return a->unit == b->unit && a->within == b->within &&
		a->stage_len == b->stage_len && memcmp(a->stage, b->stage, a->stage_len) == 0 &&
		a->zone_len == b->zone_len && memcmp(a->zone, b->zone, a->zone_len) == 0;
}

static void
settings_differ(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("cohorts of different stages, units, time zones or windows cannot be put together")));
}

/* The unit of that name; what is behind the last one is none. */
static CohortUnit
unit_of(const char *name, int len)
{
	int			unit = COHORT_DAY;

	while (unit <= COHORT_YEAR &&
		   (strlen(unit_names[unit]) != len || memcmp(unit_names[unit], name, len) != 0))
		unit++;
	return unit;
}

/* Microseconds of a window, as those of funnels. */
static int64
window_of(const Interval *within)
{
	if (INTERVAL_NOT_FINITE(within) || within->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("window of a cohort must be in days and time"),
				 errdetail("Months and years do not have one length.")));
	return leadcrm_window_usecs(within, "cohort");
}

static pg_tz *
zone_of(const CohortSettings *settings)
{
	char	   *name = pnstrdup(settings->zone, settings->zone_len);
	pg_tz	   *zone = pg_tzset(name);

	if (zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", name)));
	return zone;
}

/* The first day of the period that a moment lies in. */
static DateADT
period_start(TimestampTz at, CohortUnit unit, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			tz;
	int			day;

	if (timestamp2tm(at, &tz, &tm, &fsec, NULL, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	switch (unit)
	{
		case COHORT_DAY:
			break;
		case COHORT_WEEK:		/* from Monday */
			day = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday);
			return day - (j2day(day) + 6) % 7 - POSTGRES_EPOCH_JDATE;
		case COHORT_YEAR:
			tm.tm_mon = 1;
			tm.tm_mday = 1;
			break;
		case COHORT_QUARTER:
			tm.tm_mon -= (tm.tm_mon - 1) % 3;
			tm.tm_mday = 1;
			break;
		case COHORT_MONTH:
			tm.tm_mday = 1;
			break;
	}
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}
