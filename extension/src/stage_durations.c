/*-------------------------------------------------------------------------
 * stage_durations.c
 *	  How long leads stay in each stage: the type and aggregate stage_durations.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/timestamp.h"

#include "keyed.h"
#include "leadcrm.h"
#include "lifecycle.h"
#include "summary.h"
#include "summary_row.h"
#include "tally.h"
#include "time_sum.h"

/* What is known of a stage.  A visit ends with the next entry. */
typedef struct StageTimes
{
	KeyedKey	key;			/* 0, name of the stage */
	int64		leads;
	int64		visits;
	int64		ended;
	TimeSum		total;			/* of all visits, until the moment asked about */
	TimeSum		ended_total;
	Tally	   *times;			/* of visits that ended */
} StageTimes;

typedef struct StageDurations
{
	MemoryContext context;		/* holds all of it */
	Keyed	   *stages;
} StageDurations;

static void *durations_make(const void *settings);
static void *durations_read(SummaryReader *in);
static void durations_write(SummaryWriter *out, const void *body);
static void durations_merge(void *body, const void *other, int sign);
static StageTimes *stage_times(StageDurations *durations, const char *name, int len);
static void stage_merge(StageTimes *stage, const StageTimes *more, int sign);
static bool stage_is_gone(const StageTimes *stage);

static const SummaryType leadcrm_stage_durations_type = {
	"stage_durations", durations_read, durations_write, durations_merge
};

SUMMARY_FUNCTIONS(stage_durations);

/*
 * leadcrm_stage_durations_take
 *		Transition function of stage_durations(lifecycle, as_of).
 *
 * What comes after as_of does not count.  A row with a NULL is passed over.
 * Raises 22008 if as_of is not finite.
 */
PG_FUNCTION_INFO_V1(leadcrm_stage_durations_take);
Datum
leadcrm_stage_durations_take(PG_FUNCTION_ARGS)
{
	TimestampTz as_of;
	Datum		state;
	StageDurations *durations;
	StageTimes *visited[LIFECYCLE_STAGES_MAX];
	LifecycleReader r;
	bool		more;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	as_of = PG_GETARG_TIMESTAMPTZ(2);
	if (TIMESTAMP_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	durations = leadcrm_summary_state(fcinfo, &leadcrm_stage_durations_type,
									  durations_make, NULL, &state);

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(1));
	memset(visited, 0, r.nstages * sizeof(StageTimes *));
	more = lifecycle_step(&r);
	while (more && r.at <= as_of)
	{
		int			number = r.stage;
		TimestampTz from = r.at;
		StageTimes *stage = visited[number];

		if (stage == NULL)
		{
			int			len;
			const char *name = leadcrm_lifecycle_stage(&r, number, &len);

			visited[number] = stage = stage_times(durations, name, len);
			stage->leads++;
		}
		stage->visits++;
		more = lifecycle_step(&r);
		if (more && r.at <= as_of)
		{
			stage->ended++;
			leadcrm_time_add(&stage->total, from, r.at);
			leadcrm_time_add(&stage->ended_total, from, r.at);
			leadcrm_tally_add(stage->times, 0, leadcrm_time_between(from, r.at));
		}
		else
			leadcrm_time_add(&stage->total, from, as_of);
	}
	PG_RETURN_DATUM(state);
}

/*
 * leadcrm_stage_duration_rows
 *		stage_duration_rows(stage_durations): a row for each stage, by name.
 */
PG_FUNCTION_INFO_V1(leadcrm_stage_duration_rows);
Datum
leadcrm_stage_duration_rows(PG_FUNCTION_ARGS)
{
	const StageDurations *durations = leadcrm_summary_body(PG_GETARG_DATUM(0),
														   &leadcrm_stage_durations_type);
	StageTimes **stages = (StageTimes **) leadcrm_keyed_sorted(durations->stages);
	int			n = leadcrm_keyed_count(durations->stages);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		StageTimes *stage = stages[i];
		SummaryRow	row = {0};

		leadcrm_row_text(&row, stage->key.text, stage->key.len);
		leadcrm_row_int8(&row, stage->leads);
		leadcrm_row_int8(&row, stage->visits);
		leadcrm_row_int8(&row, stage->ended);
		leadcrm_row_interval(&row, leadcrm_time_total(&stage->total));
		leadcrm_row_interval(&row, leadcrm_time_mean(&stage->ended_total, stage->ended));
		leadcrm_row_interval(&row, leadcrm_tally_quantile(stage->times, 0, 50));
		leadcrm_row_interval(&row, leadcrm_tally_quantile(stage->times, 0, 90));
		leadcrm_row_put(&row, fcinfo);
	}
	return (Datum) 0;
}

static void *
durations_make(const void *settings)
{
	StageDurations *durations = palloc(sizeof(StageDurations));

	durations->context = CurrentMemoryContext;
	durations->stages = leadcrm_keyed_make(sizeof(StageTimes));
	return durations;
}

/* The items: number of stages; of each its name, counts, sums and times. */
static void
durations_write(SummaryWriter *out, const void *body)
{
	const StageDurations *durations = body;
	StageTimes **stages = (StageTimes **) leadcrm_keyed_sorted(durations->stages);
	int			n = leadcrm_keyed_count(durations->stages);
	int			kept = 0;

	for (int i = 0; i < n; i++)
	{
		if (!stage_is_gone(stages[i]))
			stages[kept++] = stages[i];
	}
	leadcrm_summary_put_int(out, kept);
	for (int i = 0; i < kept; i++)
	{
		leadcrm_summary_put_text(out, stages[i]->key.text, stages[i]->key.len);
		leadcrm_summary_put_int(out, stages[i]->leads);
		leadcrm_summary_put_int(out, stages[i]->visits);
		leadcrm_summary_put_int(out, stages[i]->ended);
		leadcrm_time_write(out, &stages[i]->total);
		leadcrm_time_write(out, &stages[i]->ended_total);
		leadcrm_tally_write(out, stages[i]->times);
	}
	pfree(stages);
}

static void *
durations_read(SummaryReader *in)
{
	StageDurations *durations = durations_make(NULL);
	int64		n;

	if (!leadcrm_summary_get_int(in, 0, PG_INT64_MAX, &n))
		return NULL;
	while (n-- > 0)
	{
		const char *name;
		int			len;
		StageTimes	read = {.leads = 0};
		StageTimes *stage;

		if (!leadcrm_summary_get_text(in, &name, &len) ||
			!leadcrm_summary_get_int(in, SUMMARY_ANY, &read.leads) ||
			!leadcrm_summary_get_int(in, SUMMARY_ANY, &read.visits) ||
			!leadcrm_summary_get_int(in, SUMMARY_ANY, &read.ended) ||
			!leadcrm_time_read(in, &read.total) ||
			!leadcrm_time_read(in, &read.ended_total) ||
			(read.times = leadcrm_tally_read(in, 1)) == NULL)
			return NULL;
		stage = stage_times(durations, name, len);
		stage_merge(stage, &read, 1);
	}
	return durations;
}

static void
durations_merge(void *body, const void *other, int sign)
{
	StageDurations *durations = body;
	const StageDurations *more = other;
	StageTimes **stages = (StageTimes **) leadcrm_keyed_sorted(more->stages);
	int			n = leadcrm_keyed_count(more->stages);

	for (int i = 0; i < n; i++)
		stage_merge(stage_times(durations, stages[i]->key.text, stages[i]->key.len), stages[i], sign);
	pfree(stages);
}

static void
stage_merge(StageTimes *stage, const StageTimes *more, int sign)
{
	leadcrm_summary_count(&stage->leads, more->leads, sign);
	leadcrm_summary_count(&stage->visits, more->visits, sign);
	leadcrm_summary_count(&stage->ended, more->ended, sign);
	leadcrm_time_merge(&stage->total, &more->total, sign);
	leadcrm_time_merge(&stage->ended_total, &more->ended_total, sign);
	leadcrm_tally_merge(stage->times, more->times, sign);
}

/* The record of a stage, made if there is none. */
static StageTimes *
stage_times(StageDurations *durations, const char *name, int len)
{
	StageTimes *stage = leadcrm_keyed_get(durations->stages, 0, name, len);

	if (stage->times == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(durations->context);

		stage->times = leadcrm_tally_make();
		MemoryContextSwitchTo(caller);
	}
	return stage;
}

/* Has all that was counted of a stage been taken away again. */
static bool
stage_is_gone(const StageTimes *stage)
{
	return stage->leads == 0 && stage->visits == 0 && stage->ended == 0;
}
