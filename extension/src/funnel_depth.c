/*-------------------------------------------------------------------------
 * funnel_depth.c
 *	  How far one lead got through the steps of a funnel.
 *
 * A lifecycle is in order already, but for entries of one moment, so this is
 * one pass over its bytes; names are compared once for each of its stages.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "window_funnel.h"

#include "utils/timestamp.h"

/* Events that need no memory but the stack. */
#define FUNNEL_EVENTS_LOCAL		64

/* What funnel_depth knows from call to call of one expression. */
typedef struct DepthCache
{
	FunnelSettings *settings;
	bool		fixed;			/* can steps, within and mode not change? */
} DepthCache;

static const FunnelSettings *depth_settings(FunctionCallInfo fcinfo);

/*
 * leadcrm_funnel_depth_sql
 *		funnel_depth(lifecycle, steps text[], within interval, mode text)
 *
 * Raises what leadcrm_funnel_settings raises.
 */
PG_FUNCTION_INFO_V1(leadcrm_funnel_depth_sql);
Datum
leadcrm_funnel_depth_sql(PG_FUNCTION_ARGS)
{
	struct varlena *lifecycle = PG_GETARG_LIFECYCLE_PP(0);

	PG_RETURN_INT32(leadcrm_funnel_depth(lifecycle, depth_settings(fcinfo), NULL));
}

/*
 * leadcrm_funnel_depth
 *		The number of the furthest step that a lifecycle reached, or 0.
 *
 * lifecycle: detoasted, packed or not.  reached: as in leadcrm_window_funnel.
 *
 * Takes memory in the current context, and gives it back, if there are many
 * entries.
 */
int
leadcrm_funnel_depth(const struct varlena *lifecycle, const FunnelSettings *settings,
					 TimestampTz *reached)
{
	FunnelEvent local[FUNNEL_EVENTS_LOCAL];
	FunnelEvent *events = local;
	uint8		steps[LIFECYCLE_STAGES_MAX];	/* the first of each stage */
	bool		keep_unknown = settings->mode & FUNNEL_STRICT_ORDER;
	bool		sorted = true;
	int			capacity = FUNNEL_EVENTS_LOCAL;
	int			n = 0;
	int			depth;
	LifecycleReader r;
	const uint8_t *p;

	leadcrm_lifecycle_begin(&r, lifecycle);
	p = r.dictionary;
	for (int i = 0; i < r.nstages; i++)
	{
		steps[i] = leadcrm_funnel_step(settings, (const char *) p + 1, *p);
		p += 1 + *p;
	}

	while (lifecycle_step(&r))
	{
		int			step = steps[r.stage];

		if (step == 0 && !keep_unknown)
			continue;
		do
		{
			if (n == capacity)
			{
				capacity *= 2;
				if (events == local)
					events = memcpy(palloc(capacity * sizeof(FunnelEvent)), local, sizeof(local));
				else
					events = repalloc(events, capacity * sizeof(FunnelEvent));
			}
			events[n].at = r.at;
			events[n].step = step;
			if (n > 0 && events[n - 1].at == r.at && events[n - 1].step > step)
				sorted = false;
			n++;
			step = settings->again[step];
		} while (step != 0);
	}

	if (!sorted)
		leadcrm_funnel_sort(events, n);
	depth = leadcrm_window_funnel(events, n, settings->nsteps, settings->within,
								  settings->mode, reached);
	if (events != local)
		pfree(events);
	return depth;
}

/*
 * depth_settings
 *		The settings of a call.
 */
static const FunnelSettings *
depth_settings(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	DepthCache *cache = flinfo->fn_extra;

	if (cache != NULL && cache->fixed)
		return cache->settings;
	if (cache == NULL)
		flinfo->fn_extra = cache = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(DepthCache));
	leadcrm_funnel_settings(&cache->settings, flinfo->fn_mcxt, PG_GETARG_ARRAYTYPE_P(1),
							PG_GETARG_INTERVAL_P(2), PG_GETARG_TEXT_PP(3));
	cache->fixed = get_fn_expr_arg_stable(flinfo, 1) && get_fn_expr_arg_stable(flinfo, 2) &&
		get_fn_expr_arg_stable(flinfo, 3);
	return cache->settings;
}
