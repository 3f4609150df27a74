/*-------------------------------------------------------------------------
 * decay.c
 *	  Points that wear off by half in a fixed time, exactly.
 *
 * See decay.h for the normal form.  Everything is a shift of exponents but
 * for one factor between 1 and 2, so nothing is lost but what a double
 * cannot hold: parts that are worth less than 2^-1074 of the others.
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "decay.h"

/* The moments that timestamptz can hold; anchors stay between them. */
#define DECAY_FIRST		INT64_C(-211813488000000000)
#define DECAY_LAST		INT64_C(9223371331199999999)

/* No two doubles are further apart than this many doublings. */
#define DECAY_SHIFT_MAX	2200

static int64_t anchor_number(int64_t at, int64_t half_life, int64_t *rest);
static int	anchor_shift(int64_t from, int64_t to);
static void decay_set(Decay *sum, double value, int64_t number, int64_t half_life);

/*
 * leadcrm_decay_add
 *		Add what was worth `points` at a moment.
 *
 * sum: the sum so far, {0} at first.  One that is not in normal form, because
 * another half-life made it, is taken for what its fields say: value points
 * at a moment.
 *
 * Points that are not a number greater than 0, and moments that timestamptz
 * cannot hold, add nothing; the sum stays in normal form.  Points whose anchor
 * would lie before the first moment are nothing; those beyond the last are as
 * many as can be written.
 */
void
leadcrm_decay_add(Decay *sum, double points, int64_t at, int64_t half_life)
{
	double		value;
	double		smaller;
	int64_t		number;
	int64_t		rest;
	int			exponent;

	if (half_life <= 0)
		return;
	if (sum->value != 0 &&
		(!(sum->value >= 1 && sum->value < 2) || sum->at % half_life != 0))
	{
		Decay		was = *sum;

		sum->value = 0;
		leadcrm_decay_add(sum, was.value, was.at, half_life);
	}
	if (!(points > 0) || isinf(points) || at < DECAY_FIRST || at > DECAY_LAST)
		return;

	number = anchor_number(at, half_life, &rest);
	value = frexp(points, &exponent);
	number += exponent;
	value = 2 * frexp(value * exp2((double) rest / (double) half_life), &exponent);
	number += exponent - 1;

	if (sum->value != 0)
	{
		int64_t		other = sum->at / half_life;

		smaller = sum->value;
		if (other > number)
		{
			double		swap = value;
			int64_t		swap_number = number;

			value = smaller;
			smaller = swap;
			number = other;
			other = swap_number;
		}
		value += ldexp(smaller, anchor_shift(number, other));
		if (value >= 2)
		{
			value /= 2;
			number++;
		}
	}
	decay_set(sum, value, number, half_life);
}

/*
 * leadcrm_decay_points
 *		What the sum is worth at a moment.
 *
 * HUGE_VAL where no double can hold it, 0 where it is nothing or no number.
 */
double
leadcrm_decay_points(const Decay *sum, int64_t at, int64_t half_life)
{
	int64_t		anchor;
	int64_t		now;
	int64_t		anchor_rest;
	int64_t		now_rest;

	if (!(sum->value > 0) || isinf(sum->value) || half_life <= 0)
		return 0;
	anchor = anchor_number(sum->at, half_life, &anchor_rest);
	now = anchor_number(at, half_life, &now_rest);
	return ldexp(sum->value * exp2((double) (anchor_rest - now_rest) / (double) half_life),
				 anchor_shift(now, anchor));
}

/*
 * leadcrm_decay_moment
 *		The moment at which the sum has fallen to `points`.
 *
 * *at: never too early, and late by no more than a double is inexact.
 *
 * Returns false if there is no such moment: nothing is left that could fall,
 * points are none that decay reaches, or no timestamptz holds the moment.
 */
bool
leadcrm_decay_moment(const Decay *sum, double points, int64_t half_life, int64_t *at)
{
	double		half_lives;
	double		moment;
	int64_t		step = 1;

	if (!(sum->value > 0) || isinf(sum->value) || !(points > 0) || isinf(points) ||
		half_life <= 0)
		return false;
	half_lives = log2(sum->value) - log2(points);
	moment = (double) sum->at + half_lives * (double) half_life;
	if (!(moment > (double) DECAY_FIRST && moment < (double) DECAY_LAST))
		return false;

	/* Whole half-lives apart, lest the sum lose the microseconds. */
	moment = floor(half_lives);
	*at = (int64_t) ((uint64_t) sum->at + (uint64_t) (int64_t) moment * (uint64_t) half_life +
					 (uint64_t) floor((half_lives - moment) * (double) half_life));
	while (leadcrm_decay_points(sum, *at, half_life) > points)
	{
		if (*at > DECAY_LAST - step)
			return false;
		*at += step;
		step *= 2;
	}
	return true;
}

/* The number of the last anchor that is not after a moment, and the rest. */
static int64_t
anchor_number(int64_t at, int64_t half_life, int64_t *rest)
{
	int64_t		number = at / half_life;

	*rest = at % half_life;
	if (*rest < 0)
	{
		*rest += half_life;
		number--;
	}
	return number;
}

/* How many half-lives it is from one anchor to another, for ldexp(). */
static int
anchor_shift(int64_t from, int64_t to)
{
	uint64_t	apart = to > from ? (uint64_t) to - (uint64_t) from :
	(uint64_t) from - (uint64_t) to;
	int			shift = apart < DECAY_SHIFT_MAX ? (int) apart : DECAY_SHIFT_MAX;

	return to > from ? shift : -shift;
}

/* Set a sum to value, which is in range, at the anchor of that number. */
static void
decay_set(Decay *sum, double value, int64_t number, int64_t half_life)
{
	/* Division cuts towards 0: both are anchors inside the range. */
	if (number < DECAY_FIRST / half_life)
	{
		sum->value = 0;
		sum->at = 0;
		return;
	}
	if (number > DECAY_LAST / half_life)
	{
		number = DECAY_LAST / half_life;
		value = nextafter(2, 1);
	}
	sum->value = value;
	sum->at = number * half_life;
}
