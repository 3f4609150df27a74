/*-------------------------------------------------------------------------
 * window_funnel.h
 *	  How far a sequence of events got through the steps of a funnel.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_WINDOW_FUNNEL_H
#define LEADCRM_WINDOW_FUNNEL_H

#include "datatype/timestamp.h"
#include "utils/array.h"

#include "lifecycle.h"

/* As many as ClickHouse has. */
#define FUNNEL_STEPS_MAX	32

/* Flags; none of them is the mode "default". */
typedef enum FunnelMode
{
	FUNNEL_DEFAULT = 0,
	FUNNEL_STRICT_DEDUPLICATION = 1,
	FUNNEL_STRICT_ORDER = 2,
	FUNNEL_STRICT_INCREASE = 4
} FunnelMode;

/* An event that is a step, counted from 1, or 0: none of them. */
typedef struct FunnelEvent
{
	TimestampTz at;
	int			step;
} FunnelEvent;

/* Buckets for the names of steps; a power of two. */
#define FUNNEL_BUCKETS		64

/* Most names in two machine words. */
typedef struct FunnelKey
{
	uint64		first;
	uint64		last;
} FunnelKey;

/*
 * What to look for: the arguments steps, within and mode of a funnel, checked.
 *
 * Steps count from 1, 0 is none.  A step's name is found through its bucket,
 * the first one of the name stands there or follows by `other`; the next step of
 * the same name follows by `again`.
 */
typedef struct FunnelSettings
{
	int			nsteps;
	FunnelMode	mode;
	int64		within;			/* microseconds */
	uint32		steps_hash;		/* of the names in order */
	const char *name[FUNNEL_STEPS_MAX + 1];
	int			len[FUNNEL_STEPS_MAX + 1];
	FunnelKey	key[FUNNEL_STEPS_MAX + 1];
	uint8		bucket[FUNNEL_BUCKETS];
	uint8		other[FUNNEL_STEPS_MAX + 1];
	uint8		again[FUNNEL_STEPS_MAX + 1];
	/* the arguments as they came, to see whether they are still the same */
	ArrayType  *steps_given;
	Interval	within_given;
	text	   *mode_given;		/* or NULL */
} FunnelSettings;

/* window_funnel.c */
extern int	leadcrm_window_funnel(const FunnelEvent *sorted, int n, int nsteps,
								  int64 within, FunnelMode mode, TimestampTz *reached);
extern void leadcrm_funnel_sort(FunnelEvent *events, int n);

/* funnel_settings.c */
extern int64 leadcrm_window_usecs(const Interval *within, const char *of);
extern const FunnelSettings *leadcrm_funnel_settings(FunnelSettings **cache, MemoryContext cxt,
													 ArrayType *steps, const Interval *within,
													 const text *mode);

/* funnel_depth.c */
extern int	leadcrm_funnel_depth(const struct varlena *lifecycle, const FunnelSettings *settings,
								 TimestampTz *reached);

/*
 * funnel_key
 *		The first and the last bytes of a name, all of them up to 16: names of
 *		one length are equal if these are, and what is between them.
 */
static inline FunnelKey
funnel_key(const char *name, int len)
{
	FunnelKey	key = {0, 0};

	if (len >= 8)
	{
		memcpy(&key.first, name, 8);
		memcpy(&key.last, name + len - 8, 8);
	}
	else if (len >= 4)
	{
		memcpy(&key.first, name, 4);
		memcpy(&key.last, name + len - 4, 4);
	}
	else if (len > 0)
		key.first = (uint8) name[0] | (uint8) name[len / 2] << 8 | (uint8) name[len - 1] << 16;
	return key;
}

/* Which bucket is a name's?  The multiplier is 2^64 by the golden ratio. */
static inline int
funnel_bucket(FunnelKey key, int len)
{
	return ((key.first + key.last * 31 + len) * UINT64CONST(0x9E3779B97F4A7C15)) /
		(PG_UINT64_MAX / FUNNEL_BUCKETS + 1);
}

/*
 * leadcrm_funnel_step
 *		The first step of a name, or 0.
 */
static inline int
leadcrm_funnel_step(const FunnelSettings *settings, const char *name, int len)
{
	FunnelKey	key = funnel_key(name, len);
	int			step = settings->bucket[funnel_bucket(key, len)];

	while (step != 0 &&
		   (settings->key[step].first != key.first || settings->key[step].last != key.last ||
			settings->len[step] != len ||
			(len > 16 && memcmp(settings->name[step], name, len) != 0)))
		step = settings->other[step];
	return step;
}

#endif							/* LEADCRM_WINDOW_FUNNEL_H */
