/*-------------------------------------------------------------------------
 * window_funnel.c
 *	  How far a sequence of events got through the steps of a funnel.
 *
 * The meaning is that of ClickHouse's windowFunnel: its documentation
 * ("Parametric aggregate functions") and, where that is silent, its source,
 * src/AggregateFunctions/AggregateFunctionWindowFunnel.cpp, in the form that
 * knows the modes strict_deduplication, strict_order and strict_increase and
 * stops at a repeated step with the steps reached so far (its issue 37177).
 * What that comes to:
 *
 * - Events are taken in order of time, those of one moment in order of their
 *	 steps, so the order in which they were given never matters.
 * - An event that is several steps, because a name stands in steps twice,
 *	 counts as an event of each of them.
 * - A later event of a step takes the place of an earlier one, so that the
 *	 window is always that of the latest possible first step.
 * - A step is reached if the step before it was, and the event is no later
 *	 than the window's length behind the first step of that chain.
 * - strict_increase: it must also be later than the event of the step before.
 * - strict_deduplication: an event of a step that was reached already ends the
 *	 search, but not one of the first step.
 * - strict_order: once the first step was seen, an event that is no step, or a
 *	 step whose predecessor was not reached, ends the search.  An event of the
 *	 steps that is too late for the window does not.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "window_funnel.h"

/* Up to so many events, moving them one by one beats qsort's calls. */
#define FUNNEL_INSERTION_MAX	24

static inline int event_order(const FunnelEvent *a, const FunnelEvent *b);
static int	event_compare(const void *a, const void *b);

/*
 * leadcrm_window_funnel
 *		The number of the furthest step reached, 0 if not even the first.
 *
 * sorted: n events by time, then step.  within: the window, microseconds, not
 * negative.  reached: NULL, or room for nsteps times; those of the first chain
 * that got this far are written to it, as many as are returned.
 *
 * Takes no memory but the stack.
 */
int
leadcrm_window_funnel(const FunnelEvent *sorted, int n, int nsteps,
					  int64 within, FunnelMode mode, TimestampTz *reached)
{
	TimestampTz first[FUNNEL_STEPS_MAX];	/* of the latest chain to a step */
	TimestampTz last[FUNNEL_STEPS_MAX];
	TimestampTz path[FUNNEL_STEPS_MAX][FUNNEL_STEPS_MAX];
	int			depth = 0;

	for (const FunnelEvent *event = sorted; event < sorted + n; event++)
	{
		int			i = event->step - 1;
		TimestampTz at = event->at;

		if (i < 0)
		{
			if ((mode & FUNNEL_STRICT_ORDER) && depth > 0)
				break;
			continue;
		}
		if (i == 0)
			first[0] = at;
		else if (i < depth && (mode & FUNNEL_STRICT_DEDUPLICATION))
			break;
		else if (i > depth)
		{
			if ((mode & FUNNEL_STRICT_ORDER) && depth > 0)
				break;
			continue;
		}
		else
		{
			/* finite times can be further apart than int64 holds */
			if ((uint64) at - (uint64) first[i - 1] > (uint64) within ||
				((mode & FUNNEL_STRICT_INCREASE) && at <= last[i - 1]))
				continue;
			first[i] = first[i - 1];
		}
		last[i] = at;

		if (reached != NULL)
		{
			if (i > 0)
				memcpy(path[i], path[i - 1], i * sizeof(TimestampTz));
			path[i][i] = at;
			if (i == depth)
				memcpy(reached, path[i], (i + 1) * sizeof(TimestampTz));
		}
		if (i == depth && ++depth == nsteps)
			break;
	}
	return depth;
}

/*
 * leadcrm_funnel_sort
 *		Put events in the order that leadcrm_window_funnel takes.
 */
void
leadcrm_funnel_sort(FunnelEvent *events, int n)
{
	if (n > FUNNEL_INSERTION_MAX)
	{
		qsort(events, n, sizeof(FunnelEvent), event_compare);
		return;
	}
	for (int i = 1; i < n; i++)
	{
		FunnelEvent event = events[i];
		int			j = i;

		while (j > 0 && event_order(&events[j - 1], &event) > 0)
		{
			events[j] = events[j - 1];
			j--;
		}
		events[j] = event;
	}
}

static inline int
event_order(const FunnelEvent *a, const FunnelEvent *b)
{
	if (a->at != b->at)
		return a->at < b->at ? -1 : 1;
	return a->step - b->step;
}

static int
event_compare(const void *a, const void *b)
{
	return event_order(a, b);
}
