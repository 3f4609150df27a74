/*-------------------------------------------------------------------------
 * funnel_agg.c
 *	  The transition function of funnel_agg.
 *
 * What the rows of one call have in common is found out once: the steps, the
 * window, and which step each stage is.  Lifecycles carry their own dictionary
 * of stages, in the order in which they were entered; most begin as another
 * did, so the last one that was matched answers for the next.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "funnel.h"
#include "leadcrm.h"
#include "lifecycle.h"
#include "window_funnel.h"

/* A dictionary of stages that was matched with the steps. */
typedef struct MatchedStages
{
	uint8_t    *names;			/* as lifecycles have them */
	int			names_len;
	int			names_max;		/* room for */
	uint8		step[LIFECYCLE_STAGES_MAX]; /* the first step it is, from 1; 0: none */
	uint32		steps[LIFECYCLE_STAGES_MAX];	/* those that it and the stages before
												 * it are, a bit each */
} MatchedStages;

/* What the rows of one call have in common. */
typedef struct FunnelCall
{
	uint64		settings;		/* another number whenever steps or window change */
	ArrayType  *array;			/* the argument, copied */
	Interval	interval;
	FunnelSteps steps;			/* point into array */
	int64		within;
	MatchedStages stages;
	FunnelEvent *events;
	int			max_events;
} FunnelCall;

/* The last number given to FunnelCall.settings in this backend. */
static uint64 last_settings = 0;

static FunnelCall *funnel_call(FunctionCallInfo fcinfo);
static void call_settle(FunnelCall *call, ArrayType *array, const Interval *within,
						MemoryContext context);
static Funnel *funnel_start(FunctionCallInfo fcinfo, const FunnelCall *call, Datum *state);
static int	call_depth(FunnelCall *call, const struct varlena *lifecycle, TimestampTz *reached,
					   MemoryContext context);
static void match_stages(FunnelCall *call, const LifecycleReader *r, MemoryContext context);
static uint8 step_named(const FunnelSteps *steps, const uint8_t *name, int len);
static int	put_event(FunnelEvent *events, int n, TimestampTz at, int step);

/*
 * leadcrm_funnel_take
 *		Transition function of funnel_agg(lifecycle, steps, within [, amount
 *		[, loss_reason]]).
 *
 * A row without a lifecycle is passed over; without an amount it adds none,
 * without a reason it is not lost.  Raises 22023 if steps or window are not
 * those of the rows before, and what leadcrm_funnel_steps() and
 * leadcrm_funnel_within() raise.
 */
PG_FUNCTION_INFO_V1(leadcrm_funnel_take);
Datum
leadcrm_funnel_take(PG_FUNCTION_ARGS)
{
	Datum		state = PG_GETARG_DATUM(0);
	FunnelCall *call;
	Funnel	   *funnel;
	FunnelLead	lead = {0};
	TimestampTz reached[FUNNEL_STEPS_MAX];
	int			depth;

	if (!AggCheckCallContext(fcinfo, NULL))
		elog(ERROR, "aggregate function called in non-aggregate context");
	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(state);
	}
	call = funnel_call(fcinfo);
	funnel = leadcrm_summary_running(fcinfo);
	if (funnel == NULL)
		funnel = funnel_start(fcinfo, call, &state);
	else if (funnel->settings != call->settings)
	{
		if (funnel->within != call->within || !leadcrm_funnel_has_steps(funnel, &call->steps))
			leadcrm_funnel_settings_differ();
		funnel->settings = call->settings;
	}

	depth = call_depth(call, PG_GETARG_LIFECYCLE_PP(1), reached, fcinfo->flinfo->fn_mcxt);
	if (PG_NARGS() > 4 && !PG_ARGISNULL(4))
	{
		lead.has_amount = true;
		lead.amount = PG_GETARG_DATUM(4);
	}
	if (PG_NARGS() > 5 && !PG_ARGISNULL(5))
	{
		text	   *reason = PG_GETARG_TEXT_PP(5);

		lead.loss_reason = VARDATA_ANY(reason);
		lead.loss_reason_len = VARSIZE_ANY_EXHDR(reason);
	}
	leadcrm_funnel_count(funnel, depth, reached, &lead, fcinfo);
	PG_RETURN_DATUM(state);
}

/* The call at hand, with the settings of the row at hand. */
static FunnelCall *
funnel_call(FunctionCallInfo fcinfo)
{
	FunnelCall *call = fcinfo->flinfo->fn_extra;
	ArrayType  *array;
	Interval   *within;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("steps and window of a funnel must not be null")));
	array = PG_GETARG_ARRAYTYPE_P(2);
	within = PG_GETARG_INTERVAL_P(3);
	if (call == NULL)
		fcinfo->flinfo->fn_extra = call = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(FunnelCall));
	if (call->array == NULL || VARSIZE(array) != VARSIZE(call->array) ||
		memcmp(array, call->array, VARSIZE(array)) != 0 ||
		memcmp(within, &call->interval, sizeof(Interval)) != 0)
		call_settle(call, array, within, fcinfo->flinfo->fn_mcxt);
	return call;
}

/* Take in steps and window; CONTEXT lives as long as the call. */
static void
call_settle(FunnelCall *call, ArrayType *array, const Interval *within, MemoryContext context)
{
	ArrayType  *old = call->array;
	ArrayType  *copy = MemoryContextAlloc(context, VARSIZE(array));

	memcpy(copy, array, VARSIZE(array));
	call->array = NULL;			/* not settled if what follows fails */
	leadcrm_funnel_steps(&call->steps, copy);
	call->within = leadcrm_funnel_within(within);
	call->interval = *within;
	call->settings = ++last_settings;
	call->stages.names_len = -1;
	call->array = copy;
	if (old)
		pfree(old);
}

/* The state of a group that has none yet, or one that is not its own. */
static Funnel *
funnel_start(FunctionCallInfo fcinfo, const FunnelCall *call, Datum *state)
{
	MemoryContext context;
	MemoryContext caller;
	Funnel	   *funnel;

	if (!PG_ARGISNULL(0))
		elog(ERROR, "state of a running aggregate is not its own");
	*state = leadcrm_summary_start(fcinfo, &leadcrm_funnel_type, &context);
	caller = MemoryContextSwitchTo(context);
	funnel = leadcrm_funnel_make(&call->steps, call->within);
	MemoryContextSwitchTo(caller);
	funnel->settings = call->settings;
	leadcrm_summary_set_body(*state, funnel);
	return funnel;
}

/* How far a lead got, and when it took each step. */
static int
call_depth(FunnelCall *call, const struct varlena *lifecycle, TimestampTz *reached,
		   MemoryContext context)
{
	MatchedStages *stages = &call->stages;
	LifecycleReader r;
	uint32		steps;
	int			bound;
	int			n = 0;

	leadcrm_lifecycle_begin(&r, lifecycle);
	if (r.nstages == 0)
		return 0;
	if (r.dictionary_len > stages->names_len ||
		memcmp(r.dictionary, stages->names, r.dictionary_len) != 0)
		match_stages(call, &r, context);

	/* a lead gets no further than the first step that none of its stages is */
	steps = ~stages->steps[r.nstages - 1];
	bound = steps ? pg_rightmost_one_pos32(steps) : 32;
	if (bound <= 1)
		return bound;			/* and no time is asked for */

	if (r.nentries > call->max_events / call->steps.n)
	{
		if (call->events)
			pfree(call->events);
		call->events = NULL;
		call->max_events = Max(2 * r.nentries, 32) * call->steps.n;
		call->events = MemoryContextAllocHuge(context, call->max_events * sizeof(FunnelEvent));
	}
	while (lifecycle_step(&r))
	{
		int			step = stages->step[r.stage];

		for (; step > 0 && step <= bound; step = call->steps.next[step - 1])
			n = put_event(call->events, n, r.at, step);
	}
	return leadcrm_window_funnel(call->events, n, call->steps.n, call->within, FUNNEL_DEFAULT, reached);
}

/* Find the step that each stage of a lifecycle's dictionary is. */
static void
match_stages(FunnelCall *call, const LifecycleReader *r, MemoryContext context)
{
	MatchedStages *stages = &call->stages;
	const uint8_t *p = r->dictionary;
	uint32		steps = 0;

	if (r->dictionary_len > stages->names_max)
	{
		if (stages->names)
			pfree(stages->names);
		stages->names = NULL;
		stages->names_len = -1;
		stages->names_max = 2 * r->dictionary_len;
		stages->names = MemoryContextAlloc(context, stages->names_max);
	}
	memcpy(stages->names, r->dictionary, r->dictionary_len);
	stages->names_len = r->dictionary_len;
	for (int i = 0; i < r->nstages; i++)
	{
		uint8		step = step_named(&call->steps, p + 1, *p);

		p += 1 + *p;
		stages->step[i] = step;
		for (; step > 0; step = call->steps.next[step - 1])
			steps |= UINT32_C(1) << (step - 1);
		stages->steps[i] = steps;
	}
}

/* The first step of a name, from 1; 0 if there is none. */
static uint8
step_named(const FunnelSteps *steps, const uint8_t *name, int len)
{
	for (int i = 0; i < steps->n; i++)
	{
		if (steps->len[i] == len && memcmp(steps->name[i], name, len) == 0)
			return i + 1;
	}
	return 0;
}

/* Append an event; those of one moment stand in the order of their steps. */
static int
put_event(FunnelEvent *events, int n, TimestampTz at, int step)
{
	int			i = n;

	for (; i > 0 && events[i - 1].at == at && events[i - 1].step > step; i--)
		events[i] = events[i - 1];
	events[i].at = at;
	events[i].step = step;
	return n + 1;
}
