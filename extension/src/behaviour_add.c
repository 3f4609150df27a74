/*-------------------------------------------------------------------------
 * behaviour_add.c
 *	  New activities, added to the behaviour of their leads.
 *
 * The cost is that of the new activities, whatever the lead's history: all
 * that is read of it is the beginning of a day whose number of activities is
 * limited, and the few activities next to a new one that an intent rule counts
 * together with it.  An activity that comes late is paid for by its lead:
 * those after it in the span of a rule are read, and where it takes the place
 * of one that counted on a full day the lead is summed up anew.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "behaviour.h"
#include "columns.h"
#include "dedup.h"

/* New activities of one kind, lead and day. */
typedef struct FullDay
{
	int			first;			/* of the activities, up to before last */
	int			last;
	Behaviour  *behaviour;
} FullDay;

/* An intent rule that new activities of one lead may fulfil. */
typedef struct SignalAsked
{
	int			signal;
	Behaviour  *behaviour;
	const Activity *first;		/* of the new ones that it counts */
	TimestampTz until;			/* the last that it can count with new ones */
	int			n;
	int			max;
	TimestampTz *at;			/* of all that it counts together with them */
} SignalAsked;

static void limit_days(Workspace *ws, Activity *activity, int n, Behaviour *behaviour, int nleads);
static void limit_day(Activity *activity, FullDay *day, int cap, ArrayType *first);
static void find_signals(Workspace *ws, const Activity *activity, int n,
						 Behaviour *behaviour, int nleads);
static void find_signal(Workspace *ws, const Activity *activity, int n, Behaviour *behaviour,
						int s, SignalAsked *asked);
static void read_around(Workspace *ws, SignalAsked *asked, int nasked);
static Behaviour *behaviour_of(Behaviour *behaviour, int n, int64 lead);

/*
 * leadcrm_behaviour_add
 *		Add new activities to the behaviour of their leads.
 *
 * activity, n: in the order of lead, kind, at and id; which of them count is
 * scribbled on.  leads, nleads: their leads, sorted, each once.  alone: nobody
 * else has a say in this statement; what changes is given to whoever takes it.
 *
 * Returns false when no more may be added in this statement: it wrote to
 * leads that were merged, whose activities have gone to others.  The caller
 * acts as the owner.  Locks and writes as behaviour_lead.c does.
 */
bool
leadcrm_behaviour_add(Workspace *ws, Activity *activity, int n, const int64 *leads, int nleads,
					  bool alone)
{
	Behaviour  *behaviour;
	int64	   *recount;
	int			nfound;
	int			nrecount = 0;
	bool		merged = false;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (!alone)
		leadcrm_behaviour_write_taken(ws);
	behaviour = leadcrm_behaviour_lock(ws, leads, nleads, &nfound);
	recount = palloc(Max(nfound, 1) * sizeof(int64));
	for (int i = 0; i < nfound; i++)
	{
		merged |= behaviour[i].merged_into != 0;
		behaviour[i].recount = behaviour[i].strange;
	}

	if (merged)
	{
		leadcrm_behaviour_write_taken(ws);
		leadcrm_behaviour_redirect(ws, behaviour, nfound);
		SPI_finish();
		leadcrm_behaviour_recount(ws, leads, nleads);
		return false;
	}

	PushActiveSnapshot(GetLatestSnapshot());
	limit_days(ws, activity, n, behaviour, nfound);
	find_signals(ws, activity, n, behaviour, nfound);
	PopActiveSnapshot();

	for (int i = 0; i < n; i++)
	{
		const ActivityKind *kind = &ws->activity_kind[activity[i].kind];
		Behaviour  *b;

		if (!activity[i].counts)
			continue;
		b = behaviour_of(behaviour, nfound, activity[i].lead);
		if (b != NULL)
			leadcrm_decay_add(&b->points[kind->half_life], kind->points, activity[i].at,
							  ws->half_life[kind->half_life].half_life);
	}
	leadcrm_behaviour_give(ws, behaviour, nfound);
	for (int i = 0; i < nfound; i++)
	{
		if (behaviour[i].recount)
			recount[nrecount++] = behaviour[i].lead;
	}
	if (nrecount > 0)
		leadcrm_behaviour_recount(ws, recount, nrecount);
	SPI_finish();
	return true;
}

/*
 * leadcrm_behaviour_redirect
 *		What a writer does with a lead that was merged, its living lead did:
 *		move its activities there, as those moved that it had when it was merged.
 *
 * behaviour, n: leads as they were locked.  The caller is connected to SPI and
 * acts as the owner.
 */
void
leadcrm_behaviour_redirect(Workspace *ws, const Behaviour *behaviour, int n)
{
	int64	   *merged = palloc(Max(n, 1) * sizeof(int64));
	int			nmerged = 0;
	Datum		values[1];

	for (int i = 0; i < n; i++)
	{
		if (behaviour[i].merged_into != 0)
			merged[nmerged++] = behaviour[i].lead;
	}
	if (nmerged == 0)
		return;
	values[0] = PointerGetDatum(leadcrm_int8_array(merged, nmerged));
	(void) leadcrm_workspace_run(ws, PLAN_BEHAVIOUR_REDIRECT,
								 "UPDATE %s.activity a SET lead_id = l.merged_into,"
								 " brought_by = coalesce(a.brought_by, l.id)"
								 " FROM %s.lead l WHERE l.id OPERATOR(pg_catalog.=) ANY ($1)"
								 " AND l.merged_into IS NOT NULL"
								 " AND a.lead_id OPERATOR(pg_catalog.=) l.id",
								 1, (Oid[]) {INT8ARRAYOID}, values);
}

/*
 * Of the new activities of a kind with a daily cap, let only those count that
 * are among the first of their day.  A lead in whose day one takes the place
 * of an older one is marked for a recount.
 */
static void
limit_days(Workspace *ws, Activity *activity, int n, Behaviour *behaviour, int nleads)
{
	FullDay    *day = palloc_extended(n * sizeof(FullDay), MCXT_ALLOC_HUGE);
	Column		leads = leadcrm_column_new(INT8OID, n);
	Column		kinds = leadcrm_column_new(TEXTOID, n);
	Column		directions = leadcrm_column_new(TEXTOID, n);
	Column		begins = leadcrm_column_new(TIMESTAMPTZOID, n);
	Column		ends = leadcrm_column_new(TIMESTAMPTZOID, n);
	Column		rows = leadcrm_column_new(INT8OID, n);
	Datum		values[6];
	int			ndays = 0;

	for (int i = 0; i < n; i++)
	{
		const ActivityKind *kind = &ws->activity_kind[activity[i].kind];
		Behaviour  *b = behaviour_of(behaviour, nleads, activity[i].lead);
		int			first = i;
		int64		fresh = 1;
		TimestampTz begin;
		TimestampTz end;

		if (!activity[i].counts || kind->daily_cap == 0 || b == NULL)
			continue;
		leadcrm_local_day(ws->time_zone, activity[i].at, &begin, &end);
		for (; i + 1 < n && activity[i + 1].lead == b->lead &&
			 activity[i + 1].kind == activity[first].kind && activity[i + 1].at < end; i++)
			fresh += activity[i + 1].counts;

		day[ndays].first = first;
		day[ndays].last = i + 1;
		day[ndays].behaviour = b;
		leadcrm_column_set(&leads, ndays, Int64GetDatum(b->lead), false);
		leadcrm_column_set(&kinds, ndays, CStringGetTextDatum(kind->kind), false);
		leadcrm_column_set(&directions, ndays,
						   kind->direction ? CStringGetTextDatum(kind->direction) : (Datum) 0,
						   kind->direction == NULL);
		leadcrm_column_set(&begins, ndays, TimestampTzGetDatum(begin), false);
		leadcrm_column_set(&ends, ndays, TimestampTzGetDatum(end), false);
		leadcrm_column_set(&rows, ndays, Int64GetDatum(kind->daily_cap + fresh), false);
		ndays++;
	}
	if (ndays == 0)
		return;

	values[0] = leadcrm_column_array(&leads, ndays);
	values[1] = leadcrm_column_array(&kinds, ndays);
	values[2] = leadcrm_column_array(&directions, ndays);
	values[3] = leadcrm_column_array(&begins, ndays);
	values[4] = leadcrm_column_array(&ends, ndays);
	values[5] = leadcrm_column_array(&rows, ndays);
	(void) leadcrm_workspace_read(ws, PLAN_BEHAVIOUR_OF_DAY,
								  "SELECT d.n, ARRAY(SELECT a.id FROM %s.activity a"
								  " WHERE a.lead_id OPERATOR(pg_catalog.=) d.lead"
								  " AND a.kind OPERATOR(pg_catalog.=) d.kind"
								  " AND (d.direction IS NULL OR a.direction OPERATOR(pg_catalog.=) d.direction)"
								  " AND a.at OPERATOR(pg_catalog.>=) d.day_begin"
								  " AND a.at OPERATOR(pg_catalog.<) d.day_end"
								  " ORDER BY a.at, a.id LIMIT d.most)"
								  " FROM unnest($1, $2, $3, $4, $5, $6) WITH ORDINALITY"
								  " AS d (lead, kind, direction, day_begin, day_end, most, n)",
								  6, (Oid[]) {INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
								  TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, INT8ARRAYOID}, values);
	for (int i = 0; i < ndays; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		bool		isnull;
		int			place = (int) DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull)) - 1;
		Datum		first = SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull);

		limit_day(activity, &day[place], ws->activity_kind[activity[day[place].first].kind].daily_cap,
				  DatumGetArrayTypeP(first));
	}
}

/*
 * The same for one day.  first: the ids of its first activities in order, as
 * many as may count and as are new.
 */
static void
limit_day(Activity *activity, FullDay *day, int cap, ArrayType *first)
{
	int			nnew = 0;
	int64	   *fresh = palloc_extended((day->last - day->first) * sizeof(int64), MCXT_ALLOC_HUGE);
	Datum	   *ids;
	int			nids;
	int64		last = 0;		/* the last new one that counts */
	bool		any = false;

	for (int i = day->first; i < day->last; i++)
	{
		if (activity[i].counts)
			fresh[nnew++] = activity[i].id;
	}
	qsort(fresh, nnew, sizeof(int64), leadcrm_int8_compare);
	deconstruct_array(first, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &ids, NULL, &nids);
	for (int i = 0; i < nids; i++)
	{
		int64		id = DatumGetInt64(ids[i]);
		bool		is_new = bsearch(&id, fresh, nnew, sizeof(int64), leadcrm_int8_compare) != NULL;

		if (is_new && i < cap)
		{
			any = true;
			last = id;
		}
		else if (!is_new && i >= cap && any)
			day->behaviour->recount = true;
	}

	/* They stand in the same order here as in the day. */
	for (int i = day->last - 1; i >= day->first; i--)
	{
		if (any && activity[i].id == last)
			break;
		activity[i].counts = false;
	}
	pfree(fresh);
}

/* Find out which intent rules new activities fulfil, and until when. */
static void
find_signals(Workspace *ws, const Activity *activity, int n, Behaviour *behaviour, int nleads)
{
	SignalAsked *asked = palloc_extended(Max(nleads * ws->nsignals, 1) * sizeof(SignalAsked),
										 MCXT_ALLOC_HUGE);
	int			nasked = 0;
	int			end;

	for (int begin = 0; begin < n; begin = end)
	{
		Behaviour  *b = behaviour_of(behaviour, nleads, activity[begin].lead);

		for (end = begin + 1; end < n && activity[end].lead == activity[begin].lead; end++)
			 /* one lead */ ;
		for (int s = 0; s < ws->nsignals && b != NULL; s++)
		{
			find_signal(ws, &activity[begin], end - begin, b, s, &asked[nasked]);
			if (asked[nasked].first != NULL)
				nasked++;
		}
	}
	if (nasked > 0)
		read_around(ws, asked, nasked);
	for (int i = 0; i < nasked; i++)
	{
		TimestampTz *until = &asked[i].behaviour->until[asked[i].signal];

		*until = Max(*until, leadcrm_signal_end(&ws->signal[asked[i].signal],
												asked[i].at, asked[i].n));
	}
	pfree(asked);
}

/*
 * The same for one lead and one rule.  A rule that wants one activity is
 * answered at once; what another has to read is in *asked, whose first is
 * NULL if there is nothing to ask.
 */
static void
find_signal(Workspace *ws, const Activity *activity, int n, Behaviour *behaviour, int s,
			SignalAsked *asked)
{
	const ActivitySignal *signal = &ws->signal[s];
	TimestampTz last = DT_NOBEGIN;

	memset(asked, 0, sizeof(SignalAsked));
	for (int i = 0; i < n; i++)
	{
		if (!activity[i].signals || !bms_is_member(activity[i].kind, signal->kinds))
			continue;
		if (asked->first == NULL || activity[i].at < asked->first->at ||
			(activity[i].at == asked->first->at && activity[i].id < asked->first->id))
			asked->first = &activity[i];
		last = Max(last, activity[i].at);
	}
	if (asked->first == NULL)
		return;
	if (signal->times == 1)
	{
		behaviour->until[s] = Max(behaviour->until[s], leadcrm_signal_end(signal, &last, 1));
		asked->first = NULL;
		return;
	}
	asked->signal = s;
	asked->behaviour = behaviour;
	if (signal->within == 0 ||
		pg_add_s64_overflow(last, signal->within, &asked->until) ||
		!IS_VALID_TIMESTAMP(asked->until))
		asked->until = END_TIMESTAMP - 1;
}

/*
 * Read the activities that rules count together with new ones: of each kind
 * those from the first new one on, as far as its span reaches, and before
 * it as many as may come before the last of a rule's number.
 */
static void
read_around(Workspace *ws, SignalAsked *asked, int nasked)
{
	int			n = 0;
	Column		places;
	Column		leads;
	Column		kinds;
	Column		sinces;
	Column		ids;
	Column		untils;
	Column		befores;
	Datum		values[7];

	for (int i = 0; i < nasked; i++)
		n += bms_num_members(ws->signal[asked[i].signal].kinds);
	places = leadcrm_column_new(INT4OID, n);
	leads = leadcrm_column_new(INT8OID, n);
	kinds = leadcrm_column_new(TEXTOID, n);
	sinces = leadcrm_column_new(TIMESTAMPTZOID, n);
	ids = leadcrm_column_new(INT8OID, n);
	untils = leadcrm_column_new(TIMESTAMPTZOID, n);
	befores = leadcrm_column_new(INT8OID, n);
	n = 0;
	for (int i = 0; i < nasked; i++)
	{
		const ActivitySignal *signal = &ws->signal[asked[i].signal];
		int			kind = -1;

		while ((kind = bms_next_member(signal->kinds, kind)) >= 0)
		{
			leadcrm_column_set(&places, n, Int32GetDatum(i), false);
			leadcrm_column_set(&leads, n, Int64GetDatum(asked[i].behaviour->lead), false);
			leadcrm_column_set(&kinds, n, CStringGetTextDatum(ws->activity_kind[kind].kind), false);
			leadcrm_column_set(&sinces, n, TimestampTzGetDatum(asked[i].first->at), false);
			leadcrm_column_set(&ids, n, Int64GetDatum(asked[i].first->id), false);
			leadcrm_column_set(&untils, n, TimestampTzGetDatum(asked[i].until), false);
			leadcrm_column_set(&befores, n, Int64GetDatum(signal->times - 1), false);
			n++;
		}
	}
	values[0] = leadcrm_column_array(&places, n);
	values[1] = leadcrm_column_array(&leads, n);
	values[2] = leadcrm_column_array(&kinds, n);
	values[3] = leadcrm_column_array(&sinces, n);
	values[4] = leadcrm_column_array(&ids, n);
	values[5] = leadcrm_column_array(&untils, n);
	values[6] = leadcrm_column_array(&befores, n);
	(void) leadcrm_workspace_read(ws, PLAN_BEHAVIOUR_AROUND,
								  "SELECT g.place, ARRAY("
								  "(SELECT a.at FROM %s.activity a"
								  " WHERE a.lead_id OPERATOR(pg_catalog.=) g.lead"
								  " AND a.kind OPERATOR(pg_catalog.=) g.kind"
								  " AND a.direction OPERATOR(pg_catalog.=) 'in'"
								  " AND (a.at, a.id) OPERATOR(pg_catalog.>=) (g.since, g.id)"
								  " AND a.at OPERATOR(pg_catalog.<=) g.until)"
								  " UNION ALL "
								  "(SELECT a.at FROM %s.activity a"
								  " WHERE a.lead_id OPERATOR(pg_catalog.=) g.lead"
								  " AND a.kind OPERATOR(pg_catalog.=) g.kind"
								  " AND a.direction OPERATOR(pg_catalog.=) 'in'"
								  " AND (a.at, a.id) OPERATOR(pg_catalog.<) (g.since, g.id)"
								  " ORDER BY a.at DESC, a.id DESC LIMIT g.before))"
								  " FROM unnest($1, $2, $3, $4, $5, $6, $7)"
								  " AS g (place, lead, kind, since, id, until, before)",
								  7, (Oid[]) {INT4ARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID,
								  INT8ARRAYOID, TIMESTAMPTZARRAYOID, INT8ARRAYOID}, values);
	for (int i = 0; i < n; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		bool		isnull;
		SignalAsked *a = &asked[DatumGetInt32(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull))];
		Datum		array = SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &isnull);
		Datum	   *at;
		int			nat;

		deconstruct_array(DatumGetArrayTypeP(array), TIMESTAMPTZOID, sizeof(TimestampTz),
						  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &at, NULL, &nat);
		if (a->n + nat > a->max)
		{
			a->max = a->n + nat;
			a->at = a->at ? repalloc_huge(a->at, a->max * sizeof(TimestampTz)) :
				palloc_extended(a->max * sizeof(TimestampTz), MCXT_ALLOC_HUGE);
		}
		for (int k = 0; k < nat; k++)
		{
			if (!TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(at[k])))
				a->at[a->n++] = DatumGetTimestampTz(at[k]);
		}
	}
}

static Behaviour *
behaviour_of(Behaviour *behaviour, int n, int64 lead)
{
	/* The lead's id is the first member, as the comparison wants it. */
	return bsearch(&lead, behaviour, n, sizeof(Behaviour), leadcrm_int8_compare);
}
