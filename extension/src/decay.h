/*-------------------------------------------------------------------------
 * decay.h
 *	  Points that wear off by half in a fixed time, exactly.
 *
 * Pure: no PostgreSQL in it.  Times are microseconds since 2000-01-01 UTC, as
 * timestamptz stores them; half-lives are microseconds too.
 *
 * The sum of the points that any number of activities are worth at a moment
 * t is one number for all t, because all wear off alike:
 *
 *		points(t) = value * 2 ^ ((at - t) / half_life)
 *
 * It is kept in one normal form: `at` is a whole number of half-lives since
 * 2000-01-01 and `value` is at least 1 and less than 2; nothing at all is
 * value 0.  So a sum has one spelling whatever order its parts came in (but
 * for rounding), and the order of (at, value) is the order of the points at
 * every moment: an index on the two columns finds the highest without a
 * clock.  The principle is that of forward decay: Cormode, Shkapenyuk,
 * Srivastava, Xu, "Forward decay: a practical time decay model for streaming
 * systems", ICDE 2009.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_DECAY_H
#define LEADCRM_DECAY_H

#include <stdbool.h>
#include <stdint.h>

/* Decayed points of one half-life class. */
typedef struct Decay
{
	double		value;			/* 0, or at least 1 and less than 2 */
	int64_t		at;				/* a multiple of the half-life */
} Decay;

extern void leadcrm_decay_add(Decay *sum, double points, int64_t at, int64_t half_life);
extern double leadcrm_decay_points(const Decay *sum, int64_t at, int64_t half_life);
extern bool leadcrm_decay_moment(const Decay *sum, double points, int64_t half_life,
								 int64_t *at);

#endif							/* LEADCRM_DECAY_H */
