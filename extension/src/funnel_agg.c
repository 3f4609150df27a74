/*-------------------------------------------------------------------------
 * funnel_agg.c
 *	  The transition function of funnel_agg.
 *
 * What the rows of one call have in common is found out once: steps, window,
 * and which step each stage is.  A lifecycle carries its own dictionary of
 * stages in the order in which they were entered; most begin like another, so
 * the last one that was looked up answers for most of those that follow.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "funnel.h"
#include "leadcrm.h"
#include "lifecycle.h"
#include "window_funnel.h"

/* A dictionary of stages whose steps are known. */
typedef struct KnownStages
{
	uint8_t    *names;			/* as a lifecycle has them, or NULL */
	int			names_len;
	int			names_max;		/* room there */
	uint8		step[LIFECYCLE_STAGES_MAX]; /* the first step that it is, or 0 */

	/* What a lifecycle of the stages up to this one can reach at most. */
	uint8		bound[LIFECYCLE_STAGES_MAX];
} KnownStages;

/* What the rows of one call have in common. */
typedef struct FunnelCall
{
	uint64		number;			/* another one whenever the settings change */
	FunnelSettings *settings;
	KnownStages stages;
	FunnelEvent *events;
	int			max_events;
} FunnelCall;

/* The last number given to a call in this backend. */
static uint64 last_number = 0;

static FunnelCall *funnel_call(FunctionCallInfo fcinfo);
static int	call_depth(FunnelCall *call, const struct varlena *lifecycle, TimestampTz *reached,
					   MemoryContext context);
static void learn_stages(KnownStages *known, const LifecycleReader *r,
						 const FunnelSettings *settings, MemoryContext context);

/*
 * leadcrm_funnel_take
 *		Transition function of funnel_agg(lifecycle, steps, within [, amount
 *		[, loss_reason]]).
 *
 * A row without a lifecycle is passed over; without an amount it adds none,
 * without a reason it is not lost.  Raises 22023 if steps or window are not
 * those of the rows before, and what leadcrm_funnel_settings() raises.
 */
PG_FUNCTION_INFO_V1(leadcrm_funnel_take);
Datum
leadcrm_funnel_take(PG_FUNCTION_ARGS)
{
	Datum		state;
	FunnelCall *call;
	Funnel	   *funnel;
	FunnelLead	lead = {0};
	TimestampTz reached[FUNNEL_STEPS_MAX];
	int			depth;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	call = funnel_call(fcinfo);
	funnel = leadcrm_summary_state(fcinfo, &leadcrm_funnel_type,
								   leadcrm_funnel_make, call->settings, &state);
	if (funnel->call != call->number)
	{
		if (!leadcrm_funnel_is_for(funnel, call->settings))
			leadcrm_funnel_settings_differ();
		funnel->call = call->number;
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

/* The call, with the settings of the row at hand. */
static FunnelCall *
funnel_call(FunctionCallInfo fcinfo)
{
	FunnelCall *call = fcinfo->flinfo->fn_extra;
	ArrayType  *steps;
	Interval   *within;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("steps and window of a funnel must not be null")));
	steps = PG_GETARG_ARRAYTYPE_P(2);
	within = PG_GETARG_INTERVAL_P(3);
	if (call == NULL)
		fcinfo->flinfo->fn_extra = call =
			MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(FunnelCall));
	if (call->settings == NULL ||
		VARSIZE(steps) != VARSIZE(call->settings->steps_given) ||
		memcmp(steps, call->settings->steps_given, VARSIZE(steps)) != 0 ||
		memcmp(within, &call->settings->within_given, sizeof(Interval)) != 0)
	{
		leadcrm_funnel_settings(&call->settings, fcinfo->flinfo->fn_mcxt, steps, within, NULL);
		call->number = ++last_number;
		call->stages.names_len = 0;
	}
	return call;
}

/*
 * How far a lead got, and when it took each step; one that got no further than
 * the first is not asked when.  CONTEXT lives as long as the call.
 */
static int
call_depth(FunnelCall *call, const struct varlena *lifecycle, TimestampTz *reached,
		   MemoryContext context)
{
	const FunnelSettings *settings = call->settings;
	KnownStages *known = &call->stages;
	LifecycleReader r;
	int			bound;
	int			n = 0;
	bool		sorted = true;

	leadcrm_lifecycle_begin(&r, lifecycle);
	if (r.nstages == 0)
		return 0;
	if (r.dictionary_len > known->names_len ||
		memcmp(r.dictionary, known->names, r.dictionary_len) != 0)
		learn_stages(known, &r, settings, context);
	bound = known->bound[r.nstages - 1];
	if (bound <= 1)
		return bound;

	if (r.nentries > call->max_events / settings->nsteps)
	{
		if (call->events)
			pfree(call->events);
		call->events = NULL;
		call->max_events = Max(2 * r.nentries, 32) * settings->nsteps;
		call->events = MemoryContextAllocHuge(context, call->max_events * sizeof(FunnelEvent));
	}
	while (lifecycle_step(&r))
	{
		int			step = known->step[r.stage];

		for (; step > 0 && step <= bound; step = settings->again[step])
		{
			FunnelEvent *event = &call->events[n++];

			event->at = r.at;
			event->step = step;
			if (n > 1 && event[-1].at == r.at && event[-1].step > step)
				sorted = false;
		}
	}
	if (!sorted)
		leadcrm_funnel_sort(call->events, n);
	return leadcrm_window_funnel(call->events, n, settings->nsteps, settings->within,
								 settings->mode, reached);
}

/* Find the step that each stage of a lifecycle's dictionary is. */
static void
learn_stages(KnownStages *known, const LifecycleReader *r,
			 const FunnelSettings *settings, MemoryContext context)
{
	const uint8_t *p = r->dictionary;
	uint64		steps = 0;

	known->names_len = 0;
	if (r->dictionary_len > known->names_max)
	{
		if (known->names)
			pfree(known->names);
		known->names = NULL;
		known->names_max = 0;
		known->names = MemoryContextAlloc(context, 2 * r->dictionary_len);
		known->names_max = 2 * r->dictionary_len;
	}
	memcpy(known->names, r->dictionary, r->dictionary_len);
	for (int i = 0; i < r->nstages; i++)
	{
		int			step = leadcrm_funnel_step(settings, (const char *) p + 1, *p);

		known->step[i] = step;
		for (; step > 0; step = settings->again[step])
			steps |= UINT64CONST(1) << (step - 1);
		known->bound[i] = pg_rightmost_one_pos64(~steps);
		p += 1 + *p;
	}
	known->names_len = r->dictionary_len;
}
