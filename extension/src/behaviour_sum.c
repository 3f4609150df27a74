/*-------------------------------------------------------------------------
 * behaviour_sum.c
 *	  The behaviour of leads from all of their activities.
 *
 * What a row of lead keeps is the sum of what stands in activity: of each
 * kind that gives points those in its direction, of each local day the first
 * daily_cap in the order (at, id).  behaviour.c adds what is new; here the sum
 * is taken anew, after activities were corrected or deleted, when one came
 * late into a day that was full, and for leads that came without triggers.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "behaviour.h"
#include "dedup.h"

/* Activities read at a time. */
#define SUM_BATCH		1000

/* Sums that differ by less are the same: rounding alone differs by less. */
#define SUM_SAME		1e-12

/* Activities that one lead's intent rules may ask for. */
typedef struct SignalRows
{
	int			n;
	int			max;
	TimestampTz *at;
	int		   *kind;
} SignalRows;

/* How often behaviour was taken anew in this backend. */
static uint64 recounts = 0;

static void recount(Workspace *ws, const int64 *leads, int n);
static void sum_all(Workspace *ws, Behaviour *behaviour, int n);
static void sum_kind(Behaviour *behaviour, KindSum *sum);
static void note_signal(SignalRows *rows, int kind, TimestampTz at);
static void sum_signals(Workspace *ws, Behaviour *behaviour, SignalRows *rows);
static void keep_same(Workspace *ws, Behaviour *behaviour);
static TimestampTz day_start(pg_tz *zone, int julian);
static int	compare_moments(const void *a, const void *b);

/*
 * leadcrm_behaviour_recount
 *		Sum up the behaviour of leads from all of their activities.
 *
 * leads, n: their ids, sorted, each once; those that are gone are passed by.
 *
 * The caller acts as the owner.  Locks and writes as behaviour_lead.c does, a
 * batch after the other.
 */
void
leadcrm_behaviour_recount(Workspace *ws, const int64 *leads, int n)
{
	recounts++;
	for (int from = 0; from < n; from += BEHAVIOUR_BATCH)
		recount(ws, leads + from, Min(n - from, BEHAVIOUR_BATCH));
}

/*
 * leadcrm_behaviour_recount_all
 *		The same for every lead that has activities or behaviour.
 */
void
leadcrm_behaviour_recount_all(Workspace *ws)
{
	int64	   *leads = palloc(BEHAVIOUR_BATCH * sizeof(int64));
	int64		last = PG_INT64_MIN;
	int			n;

	do
	{
		Datum		values[1] = {Int64GetDatum(last)};

		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		n = (int) leadcrm_workspace_run(ws, PLAN_BEHAVIOUR_LEADS,
										"SELECT id FROM %s.lead l WHERE id OPERATOR(pg_catalog.>) $1"
										" AND (behaviour_1 IS NOT NULL OR behaviour_2 IS NOT NULL"
										" OR behaviour_3 IS NOT NULL OR behaviour_4 IS NOT NULL"
										" OR signals IS NOT NULL OR EXISTS (SELECT FROM %s.activity a"
										" WHERE a.lead_id OPERATOR(pg_catalog.=) l.id))"
										" ORDER BY id LIMIT " CppAsString2(BEHAVIOUR_BATCH),
										1, (Oid[]) {INT8OID}, values);
		for (int i = 0; i < n; i++)
		{
			bool		isnull;

			leads[i] = last = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i],
														  SPI_tuptable->tupdesc, 1, &isnull));
		}
		SPI_finish();
		leadcrm_behaviour_recount(ws, leads, n);
	} while (n == BEHAVIOUR_BATCH);
	pfree(leads);
}

/*
 * leadcrm_behaviour_recounts
 *		How often behaviour was taken anew.
 *
 * A statement that finds another number at its end than at its beginning
 * must not add its activities: they may be in the sums already.
 */
uint64
leadcrm_behaviour_recounts(void)
{
	return recounts;
}

static void
recount(Workspace *ws, const int64 *leads, int n)
{
	Behaviour  *behaviour;
	int			nfound;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	leadcrm_behaviour_write_taken(ws);
	behaviour = leadcrm_behaviour_lock(ws, leads, n, &nfound);
	for (int i = 0; i < nfound; i++)
	{
		memset(behaviour[i].points, 0, sizeof(behaviour[i].points));
		for (int s = 0; s < ws->nsignals; s++)
			behaviour[i].until[s] = DT_NOBEGIN;
	}

	/* Whoever had the locks before has committed since. */
	PushActiveSnapshot(GetLatestSnapshot());
	sum_all(ws, behaviour, nfound);
	PopActiveSnapshot();
	for (int i = 0; i < nfound; i++)
		keep_same(ws, &behaviour[i]);
	leadcrm_behaviour_write(ws, behaviour, nfound);
	SPI_finish();
}

/* Sum up all activities of leads, which are sorted by id. */
static void
sum_all(Workspace *ws, Behaviour *behaviour, int n)
{
	int64	   *ids = palloc(Max(n, 1) * sizeof(int64));
	Datum		values[1];
	Portal		portal;
	SignalRows	rows = {0};
	KindSum		sum = {0};
	int			current = -1;	/* the lead that is being summed up */
	int			kind = -1;		/* and the kind */
	uint64		fetched;

	if (n == 0)
		return;
	for (int i = 0; i < n; i++)
		ids[i] = behaviour[i].lead;
	values[0] = PointerGetDatum(leadcrm_int8_array(ids, n));
	portal = leadcrm_workspace_cursor(ws, PLAN_BEHAVIOUR_ALL,
									  "SELECT l.n, coalesce(a.kind::pg_catalog.text, ''),"
									  " coalesce(a.direction::pg_catalog.text, ''),"
									  " a.at::pg_catalog.timestamptz"
									  " FROM pg_catalog.unnest($1) WITH ORDINALITY AS l (id, n)"
									  " CROSS JOIN LATERAL (SELECT c.kind, c.direction, c.at, c.id"
									  " FROM %s.activity c WHERE c.lead_id OPERATOR(pg_catalog.=) l.id"
									  " ORDER BY c.kind, c.at, c.id) a",
									  1, (Oid[]) {INT8ARRAYOID}, values);
	do
	{
		SPITupleTable *table;

		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, SUM_BATCH);
		table = SPI_tuptable;
		fetched = SPI_processed;
		for (uint64 i = 0; i < fetched; i++)
		{
			HeapTuple	row = table->vals[i];
			bool		isnull;
			int			lead = (int) DatumGetInt64(SPI_getbinval(row, table->tupdesc, 1, &isnull)) - 1;
			text	   *name = DatumGetTextPP(SPI_getbinval(row, table->tupdesc, 2, &isnull));
			text	   *direction = DatumGetTextPP(SPI_getbinval(row, table->tupdesc, 3, &isnull));
			TimestampTz at = DatumGetTimestampTz(SPI_getbinval(row, table->tupdesc, 4, &isnull));
			int			found;

			if (TIMESTAMP_NOT_FINITE(at))
				continue;
			found = leadcrm_activity_kind_find(ws, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
			if (lead != current || found != kind)
			{
				if (current >= 0)
					sum_kind(&behaviour[current], &sum);
				if (current >= 0 && lead != current)
					sum_signals(ws, &behaviour[current], &rows);
				leadcrm_kind_sum_begin(&sum, ws, found);
				current = lead;
				kind = found;
			}
			if (kind < 0)
				continue;
			if (leadcrm_activity_counts(&ws->activity_kind[kind], VARDATA_ANY(direction),
										VARSIZE_ANY_EXHDR(direction)))
				leadcrm_kind_sum_add(&sum, at);
			if (ws->activity_kind[kind].signals &&
				leadcrm_activity_signals(VARDATA_ANY(direction), VARSIZE_ANY_EXHDR(direction)))
				note_signal(&rows, kind, at);
		}
		SPI_freetuptable(table);
	} while (fetched > 0);
	SPI_cursor_close(portal);
	if (current >= 0)
	{
		sum_kind(&behaviour[current], &sum);
		sum_signals(ws, &behaviour[current], &rows);
	}
}

/* Add the points of a kind to those of its class. */
static void
sum_kind(Behaviour *behaviour, KindSum *sum)
{
	int			class;

	if (sum->kind == NULL || sum->points.value == 0)
		return;
	class = sum->kind->half_life;
	leadcrm_decay_add(&behaviour->points[class], sum->points.value, sum->points.at,
					  sum->ws->half_life[class].half_life);
}

static void
note_signal(SignalRows *rows, int kind, TimestampTz at)
{
	if (rows->n == rows->max)
	{
		rows->max = Max(2 * rows->max, 64);
		rows->at = rows->at ? repalloc_huge(rows->at, rows->max * sizeof(TimestampTz)) :
			palloc(rows->max * sizeof(TimestampTz));
		rows->kind = rows->kind ? repalloc_huge(rows->kind, rows->max * sizeof(int)) :
			palloc(rows->max * sizeof(int));
	}
	rows->at[rows->n] = at;
	rows->kind[rows->n++] = kind;
}

/* Ends of the intent rules of one lead, from its rows, which are used up. */
static void
sum_signals(Workspace *ws, Behaviour *behaviour, SignalRows *rows)
{
	TimestampTz *at = palloc_extended(Max(rows->n, 1) * sizeof(TimestampTz), MCXT_ALLOC_HUGE);

	for (int s = 0; s < ws->nsignals && rows->n > 0; s++)
	{
		int			n = 0;

		for (int i = 0; i < rows->n; i++)
		{
			if (bms_is_member(rows->kind[i], ws->signal[s].kinds))
				at[n++] = rows->at[i];
		}
		behaviour->until[s] = leadcrm_signal_end(&ws->signal[s], at, n);
	}
	pfree(at);
	rows->n = 0;
}

/* Leave a row alone where it differs by no more than rounding does. */
static void
keep_same(Workspace *ws, Behaviour *behaviour)
{
	for (int c = 0; c < HALF_LIFE_CLASSES; c++)
	{
		const Decay *was = &behaviour->was[c];
		double		now;

		if (was->value == 0 || behaviour->points[c].value == 0 || behaviour->strange)
			continue;
		now = leadcrm_decay_points(&behaviour->points[c], was->at, ws->half_life[c].half_life);
		if (fabs(now - was->value) <= SUM_SAME * was->value)
			behaviour->points[c] = *was;
	}
}

/*
 * leadcrm_kind_sum_begin
 *		Begin to count activities of one kind of one lead.
 *
 * kind: its place in ws->activity_kind, or -1 for one that counts nothing.
 */
void
leadcrm_kind_sum_begin(KindSum *sum, const Workspace *ws, int kind)
{
	memset(sum, 0, sizeof(KindSum));
	sum->ws = ws;
	sum->kind = kind < 0 ? NULL : &ws->activity_kind[kind];
	sum->day_begin = DT_NOEND;
	sum->day_end = DT_NOBEGIN;
}

/*
 * leadcrm_kind_sum_add
 *		Count the next activity, unless its day is full.
 */
void
leadcrm_kind_sum_add(KindSum *sum, TimestampTz at)
{
	const ActivityKind *kind = sum->kind;

	if (kind->daily_cap > 0)
	{
		if (at < sum->day_begin || at >= sum->day_end)
		{
			leadcrm_local_day(sum->ws->time_zone, at, &sum->day_begin, &sum->day_end);
			sum->today = 0;
		}
		if (sum->today >= kind->daily_cap)
			return;
		sum->today++;
	}
	sum->counted++;
	leadcrm_decay_add(&sum->points, kind->points, at,
					  sum->ws->half_life[kind->half_life].half_life);
}

/*
 * leadcrm_activity_counts
 *		Does an activity of that kind in that direction give points?
 */
bool
leadcrm_activity_counts(const ActivityKind *kind, const char *direction, size_t len)
{
	return kind->points > 0 &&
		(kind->direction == NULL ||
		 (strlen(kind->direction) == len && memcmp(kind->direction, direction, len) == 0));
}

/*
 * leadcrm_activity_signals
 *		Does it come from the customer?  Only then intent rules ask for it.
 */
bool
leadcrm_activity_signals(const char *direction, size_t len)
{
	return len == 2 && memcmp(direction, "in", 2) == 0;
}

/*
 * leadcrm_signal_end
 *		Until when activities make an intent rule hold: holds_for after the last
 *		one that was the `times`-th within the rule's span; DT_NOBEGIN if that
 *		has never been or is over.
 *
 * at, n: moments of activities of its kinds, which get sorted.
 */
TimestampTz
leadcrm_signal_end(const ActivitySignal *signal, TimestampTz *at, int n)
{
	int			times = signal->times;

	qsort(at, n, sizeof(TimestampTz), compare_moments);
	for (int i = n - 1; i >= times - 1; i--)
	{
		TimestampTz until;
		int64		span;

		if (signal->within > 0 &&
			(pg_sub_s64_overflow(at[i], at[i - times + 1], &span) || span > signal->within))
			continue;
		if (pg_add_s64_overflow(at[i], signal->holds_for, &until) || !IS_VALID_TIMESTAMP(until))
			until = END_TIMESTAMP - 1;
		return until > GetCurrentTransactionStartTimestamp() ? until : DT_NOBEGIN;
	}
	return DT_NOBEGIN;
}

/*
 * leadcrm_local_day
 *		The day of a moment, from its beginning to before the next one's.
 *
 * A day begins when PostgreSQL says that its midnight is.
 */
void
leadcrm_local_day(pg_tz *zone, TimestampTz at, TimestampTz *begin, TimestampTz *end)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;
	int			julian;

	if (timestamp2tm(at, &offset, &tm, &fsec, NULL, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	julian = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday);

	/*
	 * Where clocks go back over midnight, its second coming counts, and the
	 * moments before are of the day before.
	 */
	*begin = day_start(zone, julian);
	while (at < *begin)
		*begin = day_start(zone, --julian);
	*end = day_start(zone, julian + 1);
	Assert(at < *end);
}

static TimestampTz
day_start(pg_tz *zone, int julian)
{
	struct pg_tm tm = {0};
	TimestampTz start;
	int			offset;

	j2date(julian, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	offset = DetermineTimeZoneOffset(&tm, zone);
	if (tm2timestamp(&tm, 0, &offset, &start) != 0)
		return julian > POSTGRES_EPOCH_JDATE ? DT_NOEND : DT_NOBEGIN;
	return start;
}

static int
compare_moments(const void *a, const void *b)
{
	TimestampTz x = *(const TimestampTz *) a;
	TimestampTz y = *(const TimestampTz *) b;

	return (x > y) - (x < y);
}
