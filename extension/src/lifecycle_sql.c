/*-------------------------------------------------------------------------
 * lifecycle_sql.c
 *	  Reading a lifecycle in SQL, and making it longer.
 *
 * Each function is one pass over the value and, where a stage is asked for,
 * one search of its dictionary.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "lifecycle.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static int	lifecycle_find(const LifecycleReader *r, const text *stage);
static text *lifecycle_stage_text(const LifecycleReader *r, int stage);
static Interval *interval_of(uint64 usecs);

/*
 * leadcrm_lifecycle_append_sql
 *		lifecycle_append(lifecycle, stage, at): one more entry.
 *
 * Raises what leadcrm_lifecycle_append raises.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_append_sql);
Datum
leadcrm_lifecycle_append_sql(PG_FUNCTION_ARGS)
{
	text	   *stage = PG_GETARG_TEXT_PP(1);

	PG_RETURN_POINTER(leadcrm_lifecycle_append(PG_GETARG_LIFECYCLE_PP(0), VARDATA_ANY(stage),
											   VARSIZE_ANY_EXHDR(stage),
											   PG_GETARG_TIMESTAMPTZ(2)));
}

/*
 * leadcrm_lifecycle_concat
 *		One lifecycle behind the other.
 *
 * Raises 22023 if the second begins before the first ends.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_concat);
Datum
leadcrm_lifecycle_concat(PG_FUNCTION_ARGS)
{
	LifecycleReader r[2];
	LifecycleEntry *entries;
	int			n = 0;

	leadcrm_lifecycle_begin(&r[0], PG_GETARG_LIFECYCLE_PP(0));
	leadcrm_lifecycle_begin(&r[1], PG_GETARG_LIFECYCLE_PP(1));
	entries = palloc((r[0].nentries + r[1].nentries) * sizeof(LifecycleEntry));
	for (int i = 0; i < lengthof(r); i++)
	{
		while (lifecycle_step(&r[i]))
		{
			entries[n].stage = leadcrm_lifecycle_stage(&r[i], r[i].stage, &entries[n].len);
			entries[n++].at = r[i].at;
		}
	}
	PG_RETURN_POINTER(leadcrm_lifecycle_make(entries, n));
}

/*
 * leadcrm_lifecycle_has
 *		Has a lifecycle reached a stage?
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_has);
Datum
leadcrm_lifecycle_has(PG_FUNCTION_ARGS)
{
	LifecycleReader r;

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	PG_RETURN_BOOL(lifecycle_find(&r, PG_GETARG_TEXT_PP(1)) >= 0);
}

/*
 * leadcrm_lifecycle_has_all
 *		Has a lifecycle reached all of these stages?  NULL is none that it could
 *		reach.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_has_all);
Datum
leadcrm_lifecycle_has_all(PG_FUNCTION_ARGS)
{
	LifecycleReader r;
	Datum	   *stages;
	bool	   *nulls;
	int			n;

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, TYPALIGN_INT,
					  &stages, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		if (nulls[i] || lifecycle_find(&r, DatumGetTextPP(stages[i])) < 0)
			PG_RETURN_BOOL(false);
	}
	PG_RETURN_BOOL(true);
}

/*
 * leadcrm_lifecycle_entered_at
 *		When a stage was entered for the first time, or NULL.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_entered_at);
Datum
leadcrm_lifecycle_entered_at(PG_FUNCTION_ARGS)
{
	LifecycleReader r;
	int			number;

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	number = lifecycle_find(&r, PG_GETARG_TEXT_PP(1));
	while (number >= 0 && lifecycle_step(&r))
	{
		if (r.stage == number)
			PG_RETURN_TIMESTAMPTZ(r.at);
	}
	PG_RETURN_NULL();
}

/*
 * leadcrm_lifecycle_stage_at
 *		The stage at a moment: that of the last entry up to it, or NULL.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_stage_at);
Datum
leadcrm_lifecycle_stage_at(PG_FUNCTION_ARGS)
{
	TimestampTz moment = PG_GETARG_TIMESTAMPTZ(1);
	LifecycleReader r;
	int			number = -1;

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	while (lifecycle_step(&r) && r.at <= moment)
		number = r.stage;
	if (number < 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(lifecycle_stage_text(&r, number));
}

/*
 * leadcrm_lifecycle_current_stage
 *		The stage of the last entry; NULL if there is none.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_current_stage);
Datum
leadcrm_lifecycle_current_stage(PG_FUNCTION_ARGS)
{
	LifecycleReader r;

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	if (r.nentries == 0)
		PG_RETURN_NULL();
	while (lifecycle_step(&r))
		;
	PG_RETURN_TEXT_P(lifecycle_stage_text(&r, r.stage));
}

/*
 * leadcrm_lifecycle_time_in
 *		How long a lifecycle was in a stage up to a moment, all visits together;
 *		NULL if there was none.
 *
 * Raises 22008 if the moment is not finite.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_time_in);
Datum
leadcrm_lifecycle_time_in(PG_FUNCTION_ARGS)
{
	TimestampTz as_of = PG_GETARG_TIMESTAMPTZ(2);
	LifecycleReader r;
	TimestampTz since = 0;
	uint64		usecs = 0;
	bool		inside = false;
	bool		visited = false;
	int			number;

	if (TIMESTAMP_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("as_of must be finite")));
	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	number = lifecycle_find(&r, PG_GETARG_TEXT_PP(1));
	while (lifecycle_step(&r) && r.at <= as_of)
	{
		if (inside)
			usecs += (uint64) r.at - (uint64) since;
		inside = r.stage == number;
		visited |= inside;
		since = r.at;
	}
	if (!visited)
		PG_RETURN_NULL();
	if (inside)
		usecs += (uint64) as_of - (uint64) since;
	PG_RETURN_INTERVAL_P(interval_of(usecs));
}

/*
 * leadcrm_lifecycle_reached
 *		The stages of a lifecycle in the order in which it first came to them.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_reached);
Datum
leadcrm_lifecycle_reached(PG_FUNCTION_ARGS)
{
	LifecycleReader r;
	Datum	   *stages;
	const uint8_t *p;

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	stages = palloc(r.nstages * sizeof(Datum));
	p = r.dictionary;
	for (int i = 0; i < r.nstages; i++)
	{
		stages[i] = PointerGetDatum(cstring_to_text_with_len((const char *) p + 1, *p));
		p += 1 + *p;
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(stages, r.nstages, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * leadcrm_lifecycle_transitions
 *		A row for each entry: position, from, to, when, how long it had stayed.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_transitions);
Datum
leadcrm_lifecycle_transitions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	LifecycleReader r;
	int			position = 0;
	TimestampTz since = 0;
	Datum		values[5];
	bool		nulls[5] = {false, true, false, false, true};

	InitMaterializedSRF(fcinfo, 0);
	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	while (lifecycle_step(&r))
	{
		values[0] = Int32GetDatum(++position);
		if (position > 1)
		{
			nulls[1] = nulls[4] = false;
			values[1] = values[2];
			values[4] = IntervalPGetDatum(interval_of((uint64) r.at - (uint64) since));
		}
		values[2] = PointerGetDatum(lifecycle_stage_text(&r, r.stage));
		values[3] = TimestampTzGetDatum(r.at);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		since = r.at;
	}
	return (Datum) 0;
}

/*
 * lifecycle_find
 *		The number of a stage, or -1.
 */
static int
lifecycle_find(const LifecycleReader *r, const text *stage)
{
	const char *name = VARDATA_ANY(stage);
	int			len = VARSIZE_ANY_EXHDR(stage);
	const uint8_t *p = r->dictionary;

	for (int i = 0; i < r->nstages; i++)
	{
		if (*p == len && memcmp(p + 1, name, len) == 0)
			return i;
		p += 1 + *p;
	}
	return -1;
}

static text *
lifecycle_stage_text(const LifecycleReader *r, int stage)
{
	int			len;
	const char *name = leadcrm_lifecycle_stage(r, stage, &len);

	return cstring_to_text_with_len(name, len);
}

/*
 * interval_of
 *		A span as the difference of two timestamps has it: days and time.
 */
static Interval *
interval_of(uint64 usecs)
{
	Interval   *span = palloc(sizeof(Interval));

	span->month = 0;
	span->day = usecs / USECS_PER_DAY;
	span->time = usecs % USECS_PER_DAY;
	return span;
}
