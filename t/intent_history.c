/*-------------------------------------------------------------------------
 * intent_history.c
 *	  Random histories of the intent state machine; driven by 112_intent.t.
 *
 *	intent_history seed histories
 *
 * Prints one line per property: its name, how many histories were tried and
 * how many broke it.
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "intent.h"

#define HOUR	INT64_C(3600000000)
#define DAY		(24 * HOUR)
#define MAX_CHANGES 4096

static const IntentLevel level[] = {
	{INT64_MIN, INT64_MIN, DAY},
	{35, 25, DAY},
	{70, 55, DAY}
};

static uint64_t state;

/* xorshift64*, so that a seed gives the same histories everywhere */
static double
draw(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (double) ((state * UINT64_C(2685821657736338717)) >> 11) / 9007199254740992.0;
}

static void
curve_init(ScoreCurve *curve)
{
	static const int64_t half_life[] = {3 * DAY, 14 * DAY, 45 * DAY, 180 * DAY};

	memset(curve, 0, sizeof(*curve));
	for (int n = 0; n < DECAY_CLASSES; n++)
	{
		curve->half_life[n] = half_life[n];
		curve->most[n] = n == 0 ? 40 : INT64_MAX;
	}
}

static void
input_init(IntentInput *input, const ScoreCurve *curve)
{
	memset(input, 0, sizeof(*input));
	input->nlevels = 3;
	input->level = level;
	input->curve = curve;
	input->held = -1;
}

/* Within 20 % of a threshold, 50 events a day: at most one change in any 24 hours. */
static int
wavers(void)
{
	static const int threshold[] = {25, 35, 55, 70};
	int			around = threshold[(int) (draw() * 4)];
	ScoreCurve	curve;
	IntentInput input;
	IntentState intent;
	IntentChange change;
	int64_t		last = INT64_MIN;
	int64_t		at = (int64_t) (draw() * 10000) * DAY;

	curve_init(&curve);
	input_init(&input, &curve);
	curve.fit = (int64_t) lround(around * (0.8 + 0.4 * draw()));
	leadcrm_intent_begin(&input, at, &intent, &change);
	for (int i = 0; i < 30 * 50; i++)
	{
		int64_t		next = at + (int64_t) (2 * draw() * DAY / 50);

		/* time may change it between two events */
		for (;;)
		{
			int64_t		due = leadcrm_intent_due(&input, &intent, at);

			if (due > next)
				break;
			at = due;
			if (leadcrm_intent_step(&input, at, &intent, &change))
			{
				if (last != INT64_MIN && at - last < DAY)
					return 1;
				last = at;
			}
		}
		at = next;
		curve.fit = (int64_t) lround(around * (0.8 + 0.4 * draw()));
		if (leadcrm_intent_step(&input, at, &intent, &change))
		{
			if (last != INT64_MIN && at - last < DAY)
				return 1;
			last = at;
		}
	}
	return 0;
}

/* Looking at due moments only gives the history that looking more often gives. */
static int
history(int looks, uint64_t seed, IntentChange *changes, int *nchanges)
{
	ScoreCurve	curve;
	IntentInput input;
	IntentSignal signal[2];
	IntentState intent;
	int64_t		at = 9000 * DAY;
	uint64_t	glances = seed * 31 + 7;

	*nchanges = 0;
	state = seed;
	curve_init(&curve);
	input_init(&input, &curve);
	input.signal = signal;
	curve.fit = (int64_t) (draw() * 60) - 10;
	leadcrm_intent_begin(&input, at, &intent, &changes[0]);
	for (int i = 0; i < 40; i++)
	{
		int64_t		next = at + (int64_t) (draw() * draw() * 40 * DAY) + 1;

		while (at < next)
		{
			int64_t		due = leadcrm_intent_due(&input, &intent, at);
			int64_t		look = due < next ? due : next - 1;

			if (due <= at)
				return 1;		/* would never end */
			if (looks)
			{
				int64_t		glance;

				glances ^= glances << 13;
				glances ^= glances >> 7;
				glances ^= glances << 17;
				glance = at + 1 + (int64_t) (glances % (uint64_t) (3 * DAY));
				if (glance < look)
					look = glance;
			}
			if (look >= next - 1 && due >= next)
				break;
			at = look;
			if (leadcrm_intent_step(&input, at, &intent, &changes[*nchanges]) &&
				++(*nchanges) == MAX_CHANGES)
				return 1;
		}
		at = next;
		/* something happens */
		if (draw() < 0.6)
		{
			int			n = (int) (draw() * 4);

			leadcrm_decay_add(&curve.sum[n], 1 + draw() * 40, at, curve.half_life[n]);
		}
		else
			curve.fit = (int64_t) (draw() * 90) - 10;
		if (draw() < 0.15)
		{
			signal[0].rule = 0;
			signal[0].level = 1 + (draw() < 0.5);
			signal[0].until = at + (int64_t) (draw() * 30 * DAY) + 1;
			input.nsignals = 1;
		}
		if (leadcrm_intent_step(&input, at, &intent, &changes[*nchanges]) &&
			++(*nchanges) == MAX_CHANGES)
			return 1;
		if (input.nsignals == 1 && at < signal[0].until && intent.level < signal[0].level)
			return 1;			/* a signal did not win */
	}
	return 0;
}

static int
depends_on_looks(uint64_t seed)
{
	static IntentChange few[MAX_CHANGES];
	static IntentChange many[MAX_CHANGES];
	int			nfew;
	int			nmany;

	if (history(0, seed, few, &nfew) || history(1, seed, many, &nmany))
		return 1;
	if (nfew != nmany)
		return 1;
	for (int i = 0; i < nfew; i++)
	{
		if (few[i].at != many[i].at || few[i].from != many[i].from || few[i].to != many[i].to)
			return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	uint64_t	seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	int			n = argc > 2 ? atoi(argv[2]) : 1000;
	int			broken = 0;

	for (int i = 0; i < n; i++)
	{
		state = seed * 1000003 + i + 1;
		broken += wavers();
	}
	printf("wavering %d %d\n", n, broken);

	broken = 0;
	for (int i = 0; i < n; i++)
		broken += depends_on_looks(seed * 1000003 + i + 1);
	printf("looks %d %d\n", n, broken);
	return 0;
}
