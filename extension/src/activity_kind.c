/*-------------------------------------------------------------------------
 * activity_kind.c
 *	  What kinds of activity are worth, and what they say of a customer.
 *
 * The part of a workspace's cache (workspace.c) that behaviour.c works by:
 * half-lives, the kinds that give points, the intent rules that ask for
 * activities, and the time zone in which days are counted.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "activity_kind.h"

static void load_time_zone(Workspace *ws);
static void load_half_lives(Workspace *ws);
static void load_kinds(Workspace *ws);
static void load_signals(Workspace *ws);
static int	kind_compare(const char *a, size_t alen, const char *b, size_t blen);
static int	compare_kinds(const void *a, const void *b);

/*
 * leadcrm_activity_kinds_load
 *		Read it from the tables, while the cache is being built.
 */
void
leadcrm_activity_kinds_load(Workspace *ws)
{
	load_time_zone(ws);
	load_half_lives(ws);
	load_kinds(ws);
	load_signals(ws);
}

/*
 * leadcrm_activity_kind_find
 *		The place of a kind in ws->activity_kind, or -1: it gives no points and
 *		no intent rule asks for it.
 */
int
leadcrm_activity_kind_find(const Workspace *ws, const char *kind, size_t len)
{
	int			low = 0;
	int			high = ws->nactivity_kinds;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		const char *other = ws->activity_kind[middle].kind;
		int			order = kind_compare(kind, len, other, strlen(other));

		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return -1;
}

/*
 * leadcrm_interval_span
 *		An interval in microseconds: months have 30 days and days 24 hours, as
 *		where intervals are compared.  The longest that there is for a longer one.
 */
int64
leadcrm_interval_span(const Interval *interval)
{
	int64		days = (int64) interval->month * DAYS_PER_MONTH + interval->day;
	int64		span;

	if (pg_mul_s64_overflow(days, USECS_PER_DAY, &span) ||
		pg_add_s64_overflow(span, interval->time, &span))
		return days < 0 ? PG_INT64_MIN : PG_INT64_MAX;
	return span;
}

/* Days are counted in the time zone of the workspace. */
static void
load_time_zone(Workspace *ws)
{
	if (leadcrm_workspace_config("s", psprintf("SELECT time_zone FROM %s.workspace", ws->name)) > 0)
		ws->time_zone = pg_tzset(SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1));

	/* A zone that this server does not know must not keep leads out. */
	if (ws->time_zone == NULL)
		ws->time_zone = pg_tzset("GMT");
}

static void
load_half_lives(Workspace *ws)
{
	int			n;

	n = leadcrm_workspace_config("IVi", psprintf("SELECT class::pg_catalog.int4, half_life, most"
										  " FROM %s.half_life", ws->name));
	for (int i = 0; i < n; i++)
	{
		bool		isnull;
		int			class = DatumGetInt32(leadcrm_workspace_value(i, "class", &isnull));
		HalfLife   *half_life;
		Datum		value;

		if (class < 1 || class > HALF_LIFE_CLASSES)
			continue;
		half_life = &ws->half_life[class - 1];
		value = leadcrm_workspace_value(i, "half_life", &isnull);
		half_life->half_life = leadcrm_interval_span(DatumGetIntervalP(value));
		value = leadcrm_workspace_value(i, "most", &isnull);
		half_life->most = isnull ? HALF_LIFE_MOST : DatumGetInt32(value);
	}
}

/* The kinds that give points, and those that intent rules ask for. */
static void
load_kinds(Workspace *ws)
{
	int			n;

	n = leadcrm_workspace_config("sfisis", psprintf("SELECT a.kind, a.points::pg_catalog.float8,"
										  " h.class::pg_catalog.int4, a.direction, a.daily_cap,"
										  " false AS signals"
										  " FROM %s.activity_kind a JOIN %s.half_life h"
										  " ON h.class OPERATOR(pg_catalog.=) a.class"
										  " WHERE a.active AND a.points OPERATOR(pg_catalog.>) 0"
										  " UNION ALL"
										  " SELECT pg_catalog.unnest(activity_kinds), NULL, NULL, NULL, NULL, true"
										  " FROM %s.intent_rule WHERE active",
										  ws->name, ws->name, ws->name));
	ws->activity_kind = MemoryContextAllocZero(ws->cxt, (n + 1) * sizeof(ActivityKind));
	for (int i = 0; i < n; i++)
	{
		char	   *name = leadcrm_workspace_copy(ws, i, "kind");
		ActivityKind *kind = ws->activity_kind;
		bool		isnull;
		Datum		value;

		if (name == NULL)
			continue;
		while (kind->kind != NULL && strcmp(kind->kind, name) != 0)
			kind++;
		kind->kind = name;
		ws->nactivity_kinds = Max(ws->nactivity_kinds, kind - ws->activity_kind + 1);
		if (leadcrm_workspace_flag(i, "signals"))
		{
			kind->signals = true;
			continue;
		}
		value = leadcrm_workspace_value(i, "points", &isnull);
		kind->points = DatumGetFloat8(value);
		value = leadcrm_workspace_value(i, "class", &isnull);
		kind->half_life = DatumGetInt32(value) - 1;
		kind->direction = leadcrm_workspace_copy(ws, i, "direction");
		value = leadcrm_workspace_value(i, "daily_cap", &isnull);
		kind->daily_cap = isnull ? 0 : DatumGetInt32(value);
	}
	qsort(ws->activity_kind, ws->nactivity_kinds, sizeof(ActivityKind), compare_kinds);
}

static void
load_signals(Workspace *ws)
{
	int			n;

	n = leadcrm_workspace_config("SAivV", psprintf("SELECT code, activity_kinds, times, within, holds_for"
										  " FROM %s.intent_rule"
										  " WHERE active AND activity_kinds IS NOT NULL"
										  " AND holds_for IS NOT NULL ORDER BY code", ws->name));
	ws->signal = MemoryContextAllocZero(ws->cxt, Max(n, 1) * sizeof(ActivitySignal));
	ws->nsignals = n;
	for (int i = 0; i < n; i++)
	{
		ActivitySignal *signal = &ws->signal[i];
		bool		isnull;
		Datum		value;
		Datum	   *kinds;
		bool	   *nulls;
		int			nkinds;

		signal->code = leadcrm_workspace_copy(ws, i, "code");
		value = leadcrm_workspace_value(i, "times", &isnull);
		signal->times = DatumGetInt32(value);
		value = leadcrm_workspace_value(i, "within", &isnull);
		signal->within = isnull ? 0 : leadcrm_interval_span(DatumGetIntervalP(value));
		value = leadcrm_workspace_value(i, "holds_for", &isnull);
		signal->holds_for = leadcrm_interval_span(DatumGetIntervalP(value));

		value = leadcrm_workspace_value(i, "activity_kinds", &isnull);
		deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT,
						  &kinds, &nulls, &nkinds);
		for (int k = 0; k < nkinds; k++)
		{
			text	   *kind = nulls[k] ? NULL : DatumGetTextPP(kinds[k]);
			MemoryContext old = MemoryContextSwitchTo(ws->cxt);

			if (kind != NULL)
				signal->kinds = bms_add_member(signal->kinds,
											   leadcrm_activity_kind_find(ws, VARDATA_ANY(kind),
																		  VARSIZE_ANY_EXHDR(kind)));
			MemoryContextSwitchTo(old);
		}
	}
}

static int
kind_compare(const char *a, size_t alen, const char *b, size_t blen)
{
	int			order = memcmp(a, b, Min(alen, blen));

	return order != 0 ? order : (alen > blen) - (alen < blen);
}

static int
compare_kinds(const void *a, const void *b)
{
	const char *x = ((const ActivityKind *) a)->kind;
	const char *y = ((const ActivityKind *) b)->kind;

	return kind_compare(x, strlen(x), y, strlen(y));
}
