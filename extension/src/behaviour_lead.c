/*-------------------------------------------------------------------------
 * behaviour_lead.c
 *	  Behaviour in the rows of leads: locked, read and written set-wise.
 *
 * lead.behaviour_n and behaviour_n_at are a Decay of half-life class n, both
 * NULL where there is nothing; lead.signals is as signals.c writes it.  Nobody
 * else writes them: the triggers of lead ask leadcrm_behaviour_writing().
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/datum.h"
#include "utils/timestamp.h"

#include "behaviour.h"
#include "columns.h"
#include "dedup.h"
#include "signals.h"

/* How many writes of ours are running, one inside the other. */
static int	writing = 0;

/* What is given instead of written, or NULL. */
static BehaviourTaken *taking = NULL;

static void read_row(Workspace *ws, Behaviour *behaviour, HeapTuple row, TupleDesc tupdesc);
static TimestampTz stored_until(Workspace *ws, const Behaviour *behaviour, int i);
static bool find_result(Workspace *ws, const Behaviour *behaviour, BehaviourResult *result);
static void write_results(Workspace *ws, const BehaviourResult *result, int n);
static bool changed_points(const Behaviour *behaviour);
static Jsonb *changed_signals(Workspace *ws, const Behaviour *behaviour, bool *changed);

/*
 * leadcrm_behaviour_writing
 *		Is leadcrm itself writing the behaviour of leads just now?
 *
 * Otherwise a trigger of lead gives behaviour columns and signals back their
 * old values: they are computed, not written.
 */
bool
leadcrm_behaviour_writing(void)
{
	return writing > 0;
}

/*
 * leadcrm_behaviour_lock
 *		Lock leads against whoever else would sum up their behaviour.
 *
 * leads, n: their ids, sorted, each once.
 *
 * Returns those that are there, and the living leads of those that are merged,
 * which their activities go to, sorted, with points as they are and until
 * read from signals; *nfound is their number.  Allocated in the current
 * context.  The caller is connected to SPI and acts as the owner.  Locks them
 * FOR NO KEY UPDATE in the order of their ids; 40001 as that statement has it.
 */
Behaviour *
leadcrm_behaviour_lock(Workspace *ws, const int64 *leads, int n, int *nfound)
{
	Datum		values[1] = {PointerGetDatum(leadcrm_int8_array(leads, n))};
	uint64		nrows;
	Behaviour  *behaviour;

	nrows = leadcrm_workspace_run(ws, PLAN_BEHAVIOUR_LOCK,
								  "SELECT id, merged_into, behaviour_1, behaviour_1_at,"
								  " behaviour_2, behaviour_2_at, behaviour_3, behaviour_3_at,"
								  " behaviour_4, behaviour_4_at, signals"
								  " FROM %s.lead WHERE id OPERATOR(pg_catalog.=) ANY ($1 OPERATOR(pg_catalog.||)"
								  "  ARRAY(SELECT m.merged_into FROM %s.lead m WHERE m.id OPERATOR(pg_catalog.=) ANY ($1)))"
								  " ORDER BY id FOR NO KEY UPDATE",
								  1, (Oid[]) {INT8ARRAYOID}, values);
	behaviour = palloc0(Max(nrows, 1) * sizeof(Behaviour));
	for (uint64 i = 0; i < nrows; i++)
		read_row(ws, &behaviour[i], SPI_tuptable->vals[i], SPI_tuptable->tupdesc);
	*nfound = (int) nrows;
	return behaviour;
}

static void
read_row(Workspace *ws, Behaviour *behaviour, HeapTuple row, TupleDesc tupdesc)
{
	bool		isnull;
	Datum		value;

	behaviour->lead = DatumGetInt64(SPI_getbinval(row, tupdesc, 1, &isnull));
	value = SPI_getbinval(row, tupdesc, 2, &isnull);
	behaviour->merged_into = isnull ? 0 : DatumGetInt64(value);
	for (int c = 0; c < HALF_LIFE_CLASSES; c++)
	{
		Decay	   *was = &behaviour->was[c];
		int64		half_life = ws->half_life[c].half_life;

		value = SPI_getbinval(row, tupdesc, 3 + 2 * c, &isnull);
		if (isnull)
			continue;
		was->value = DatumGetFloat8(value);
		value = SPI_getbinval(row, tupdesc, 4 + 2 * c, &isnull);
		was->at = isnull ? 0 : DatumGetTimestampTz(value);
		if (isnull || half_life == 0 || was->at % half_life != 0 ||
			!(was->value >= 1 && was->value < 2))
			behaviour->strange = true;
	}
	memcpy(behaviour->points, behaviour->was, sizeof(behaviour->was));

	value = SPI_getbinval(row, tupdesc, 3 + 2 * HALF_LIFE_CLASSES, &isnull);
	behaviour->signals = isnull ? NULL : DatumGetJsonbP(value);
	behaviour->until = palloc(Max(ws->nsignals, 1) * sizeof(TimestampTz));
	for (int i = 0; i < ws->nsignals; i++)
		behaviour->until[i] = stored_until(ws, behaviour, i);
}

/* Until when a signal holds by what is stored; one that is over does not. */
static TimestampTz
stored_until(Workspace *ws, const Behaviour *behaviour, int i)
{
	TimestampTz until = leadcrm_signals_until(behaviour->signals, ws->signal[i].code);

	return until > GetCurrentTransactionStartTimestamp() ? until : DT_NOBEGIN;
}

/*
 * leadcrm_behaviour_write
 *		Write what has changed, with one UPDATE.
 *
 * behaviour, n: locked by leadcrm_behaviour_lock(); those marked for a recount
 * are left alone.  The caller is connected to SPI and acts as the owner.
 */
void
leadcrm_behaviour_write(Workspace *ws, const Behaviour *behaviour, int n)
{
	BehaviourResult *result = palloc(Max(n, 1) * sizeof(BehaviourResult));
	int			nresults = 0;

	Assert(taking == NULL);
	for (int i = 0; i < n; i++)
	{
		if (find_result(ws, &behaviour[i], &result[nresults]))
			nresults++;
	}
	write_results(ws, result, nresults);
}

/*
 * leadcrm_behaviour_take
 *		Take the behaviour that new activities make of leads from now on,
 *		instead of having it written; NULL: no more.
 *
 * taken: empty, in a memory context that outlives the statement that adds the
 * activities.  The caller has these leads locked, writes what was taken with
 * leadcrm_behaviour_run() as soon as that statement has ended, and takes no
 * more then, also when it fails.
 */
void
leadcrm_behaviour_take(BehaviourTaken *taken)
{
	taking = taken;
}

/*
 * leadcrm_behaviour_give
 *		Give what has changed to whoever takes it, else write it.
 *
 * As leadcrm_behaviour_write(); the leads come after all those given before.
 */
void
leadcrm_behaviour_give(Workspace *ws, const Behaviour *behaviour, int n)
{
	MemoryContext old;

	if (taking == NULL)
	{
		leadcrm_behaviour_write(ws, behaviour, n);
		return;
	}
	old = MemoryContextSwitchTo(taking->cxt);
	for (int i = 0; i < n; i++)
	{
		BehaviourResult result;

		if (!find_result(ws, &behaviour[i], &result))
			continue;
		if (result.signals != NULL)
			result.signals = (Jsonb *) DatumGetPointer(datumCopy(PointerGetDatum(result.signals), false, -1));
		if (taking->n == taking->max)
		{
			taking->max = Max(2 * taking->max, 8);
			taking->item = taking->item == NULL ? palloc(taking->max * sizeof(BehaviourResult)) :
				repalloc_huge(taking->item, taking->max * sizeof(BehaviourResult));
		}
		taking->item[taking->n++] = result;
	}
	MemoryContextSwitchTo(old);
}

/*
 * leadcrm_behaviour_write_taken
 *		Write what was taken so far, and have nothing more taken.
 *
 * Before anybody else's code may run, and before leads are read that may be
 * among them.
 */
void
leadcrm_behaviour_write_taken(Workspace *ws)
{
	BehaviourTaken *taken = taking;

	if (taken == NULL)
		return;
	taking = NULL;
	write_results(ws, taken->item, taken->n);
	taken->n = 0;
}

/*
 * leadcrm_behaviour_run
 *		Run an UPDATE of leads that sets their behaviour and signals.
 *
 * As leadcrm_workspace_run_nulls().
 */
uint64
leadcrm_behaviour_run(Workspace *ws, WorkspacePlan which, const char *query,
					  int nargs, Oid *argtypes, Datum *values, const char *nulls)
{
	uint64		n;

	writing++;
	PG_TRY();
	{
		n = leadcrm_workspace_run_nulls(ws, which, query, nargs, argtypes, values, nulls);
	}
	PG_CATCH();
	{
		writing--;
		PG_RE_THROW();
	}
	PG_END_TRY();
	writing--;
	return n;
}

/* What a lead's row is to say; false when it says so. */
static bool
find_result(Workspace *ws, const Behaviour *behaviour, BehaviourResult *result)
{
	bool		changed;

	if (behaviour->recount)
		return false;
	result->signals = changed_signals(ws, behaviour, &changed);
	if (!changed && !changed_points(behaviour))
		return false;
	result->lead = behaviour->lead;
	memcpy(result->points, behaviour->points, sizeof(result->points));
	return true;
}

static void
write_results(Workspace *ws, const BehaviourResult *result, int n)
{
	Column		column[2 + 2 * HALF_LIFE_CLASSES];
	Datum		values[lengthof(column)];
	Oid			types[lengthof(column)] = {INT8ARRAYOID};

	if (n == 0)
		return;
	column[0] = leadcrm_column_new(INT8OID, n);
	for (int c = 0; c < HALF_LIFE_CLASSES; c++)
	{
		column[1 + 2 * c] = leadcrm_column_new(FLOAT8OID, n);
		column[2 + 2 * c] = leadcrm_column_new(TIMESTAMPTZOID, n);
		types[1 + 2 * c] = FLOAT8ARRAYOID;
		types[2 + 2 * c] = TIMESTAMPTZARRAYOID;
	}
	column[1 + 2 * HALF_LIFE_CLASSES] = leadcrm_column_new(JSONBOID, n);
	types[1 + 2 * HALF_LIFE_CLASSES] = JSONBARRAYOID;

	for (int i = 0; i < n; i++)
	{
		leadcrm_column_set(&column[0], i, Int64GetDatum(result[i].lead), false);
		for (int c = 0; c < HALF_LIFE_CLASSES; c++)
		{
			const Decay *points = &result[i].points[c];
			bool		none = points->value == 0;

			leadcrm_column_set(&column[1 + 2 * c], i, Float8GetDatum(points->value), none);
			leadcrm_column_set(&column[2 + 2 * c], i, TimestampTzGetDatum(points->at), none);
		}
		leadcrm_column_set(&column[1 + 2 * HALF_LIFE_CLASSES], i,
						   PointerGetDatum(result[i].signals), result[i].signals == NULL);
	}
	for (int i = 0; i < lengthof(column); i++)
		values[i] = leadcrm_column_array(&column[i], n);
	(void) leadcrm_behaviour_run(ws, PLAN_BEHAVIOUR_WRITE,
								 "UPDATE %s.lead l SET behaviour_1 = b.v1, behaviour_1_at = b.t1,"
								 " behaviour_2 = b.v2, behaviour_2_at = b.t2,"
								 " behaviour_3 = b.v3, behaviour_3_at = b.t3,"
								 " behaviour_4 = b.v4, behaviour_4_at = b.t4, signals = b.signals"
								 " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
								 " AS b (id, v1, t1, v2, t2, v3, t3, v4, t4, signals)"
								 " WHERE l.id OPERATOR(pg_catalog.=) b.id",
								 lengthof(column), types, values, NULL);
}

static bool
changed_points(const Behaviour *behaviour)
{
	for (int c = 0; c < HALF_LIFE_CLASSES; c++)
	{
		if (behaviour->points[c].value != behaviour->was[c].value ||
			behaviour->points[c].at != behaviour->was[c].at)
			return true;
	}
	return false;
}

/* The signals as they shall be; *changed: they are not so yet. */
static Jsonb *
changed_signals(Workspace *ws, const Behaviour *behaviour, bool *changed)
{
	Signal	   *signal;

	*changed = false;
	for (int i = 0; i < ws->nsignals; i++)
	{
		if (behaviour->until[i] != stored_until(ws, behaviour, i))
			*changed = true;
	}
	if (!*changed)
		return behaviour->signals;

	signal = palloc(ws->nsignals * sizeof(Signal));
	for (int i = 0; i < ws->nsignals; i++)
	{
		signal[i].code = ws->signal[i].code;
		signal[i].until = behaviour->until[i];
	}
	return leadcrm_signals_set(behaviour->signals, signal, ws->nsignals);
}
