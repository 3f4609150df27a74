/*-------------------------------------------------------------------------
 * funnel_settings.c
 *	  The arguments steps, within and mode of a funnel.
 *
 * They are the same in every row of nearly every query: they are checked and
 * made ready once, kept by the caller's fmgr lookup, and compared after that.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "window_funnel.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static bool settings_same(const FunnelSettings *settings, const ArrayType *steps,
						  const Interval *within, const text *mode);
static void settings_steps(FunnelSettings *settings, ArrayType *steps);
static int64 settings_within(const Interval *within);
static FunnelMode settings_mode(const text *mode);
static uint32 hash_name(uint32 hash, const char *name, int len);

/*
 * leadcrm_funnel_settings
 *		What steps, within and mode say.
 *
 * *cache: NULL, or what the last call left there; it lives in cxt.  steps and
 * mode: detoasted.  mode: NULL is "default".
 *
 * The result is good until the next call with this cache.  Raises 22023, 22004
 * for a step that is NULL, 54000 for more than FUNNEL_STEPS_MAX steps and 22008
 * for a window beyond 292,000 years.
 */
const FunnelSettings *
leadcrm_funnel_settings(FunnelSettings **cache, MemoryContext cxt,
						ArrayType *steps, const Interval *within, const text *mode)
{
	FunnelSettings *settings = *cache;
	MemoryContext caller;

	if (settings != NULL && settings_same(settings, steps, within, mode))
		return settings;

	if (settings != NULL)
	{
		*cache = NULL;
		pfree(settings->steps_given);
		if (settings->mode_given != NULL)
			pfree(settings->mode_given);
		pfree(settings);
	}
	caller = MemoryContextSwitchTo(cxt);
	settings = palloc0(sizeof(FunnelSettings));
	settings->mode = settings_mode(mode);
	settings->within = settings_within(within);
	settings->steps_given = (ArrayType *) PG_DETOAST_DATUM_COPY(PointerGetDatum(steps));
	settings->within_given = *within;
	if (mode != NULL)
		settings->mode_given = (text *) PG_DETOAST_DATUM_COPY(PointerGetDatum(mode));
	settings_steps(settings, settings->steps_given);
	MemoryContextSwitchTo(caller);

	*cache = settings;
	return settings;
}

/*
 * settings_same
 *		Are these the arguments that settings were made of?
 */
static bool
settings_same(const FunnelSettings *settings, const ArrayType *steps,
			  const Interval *within, const text *mode)
{
	const text *given = settings->mode_given;

	if (VARSIZE(steps) != VARSIZE(settings->steps_given) ||
		memcmp(steps, settings->steps_given, VARSIZE(steps)) != 0 ||
		within->time != settings->within_given.time ||
		within->day != settings->within_given.day ||
		within->month != settings->within_given.month)
		return false;
	if (mode == NULL || given == NULL)
		return mode == given;
	return VARSIZE_ANY_EXHDR(mode) == VARSIZE_ANY_EXHDR(given) &&
		memcmp(VARDATA_ANY(mode), VARDATA_ANY(given), VARSIZE_ANY_EXHDR(mode)) == 0;
}

/*
 * settings_steps
 *		Take the names of the steps from an array; they keep pointing to it.
 */
static void
settings_steps(FunnelSettings *settings, ArrayType *steps)
{
	Datum	   *names;
	bool	   *nulls;
	int			n;

	if (ARR_NDIM(steps) > 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("steps of a funnel must be a one-dimensional array")));
	deconstruct_array(steps, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &n);
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("funnel must have at least one step")));
	if (n > FUNNEL_STEPS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("funnel cannot have more than %d steps", FUNNEL_STEPS_MAX)));

	for (int step = 1; step <= n; step++)
	{
		const char *name;
		int			len;
		int			twin;
		uint8	   *bucket;

		if (nulls[step - 1])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("step %d of the funnel is null", step)));
		name = VARDATA_ANY(DatumGetPointer(names[step - 1]));
		len = VARSIZE_ANY_EXHDR(DatumGetPointer(names[step - 1]));
		settings->name[step] = name;
		settings->len[step] = len;

		twin = leadcrm_funnel_step(settings, name, len);
		if (twin != 0)
		{
			while (settings->again[twin] != 0)
				twin = settings->again[twin];
			settings->again[twin] = step;
			continue;
		}
		settings->key[step] = funnel_key(name, len);
		bucket = &settings->bucket[funnel_bucket(settings->key[step], len)];
		settings->other[step] = *bucket;
		*bucket = step;
	}
	settings->nsteps = n;
	settings->steps_hash = 2166136261U;
	for (int step = 1; step <= n; step++)
		settings->steps_hash = hash_name(settings->steps_hash, settings->name[step],
										 settings->len[step]);
	pfree(names);
	pfree(nulls);
}

/*
 * settings_within
 *		Microseconds in a window; a day has 24 hours.
 */
static int64
settings_within(const Interval *within)
{
	if (INTERVAL_NOT_FINITE(within) || within->month != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("window of a funnel must be a fixed time"),
				 errdetail("Months and years have no fixed length."),
				 errhint("Give days or hours.")));
	return leadcrm_window_usecs(within, "funnel");
}

/*
 * leadcrm_window_usecs
 *		Microseconds in a window without months; a day has 24 hours.
 *
 * of: what it is the window of, for the message.  Raises 22023 for a negative
 * one, 22008 for one that is out of range.
 */
int64
leadcrm_window_usecs(const Interval *within, const char *of)
{
	int64		usecs;

	if (pg_mul_s64_overflow(within->day, USECS_PER_DAY, &usecs) ||
		pg_add_s64_overflow(usecs, within->time, &usecs))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("interval out of range")));
	if (usecs < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("window of a %s must not be negative", of)));
	return usecs;
}

/*
 * settings_mode
 *		Flags from "default" or one or more of the strict modes, with commas.
 */
static FunnelMode
settings_mode(const text *mode)
{
	static const struct
	{
		const char *name;
		FunnelMode	mode;
	}			modes[] = {
		{"default", FUNNEL_DEFAULT},
		{"strict_deduplication", FUNNEL_STRICT_DEDUPLICATION},
		{"strict_order", FUNNEL_STRICT_ORDER},
		{"strict_increase", FUNNEL_STRICT_INCREASE}
	};
	FunnelMode	flags = FUNNEL_DEFAULT;
	char	   *rest;
	char	   *word;

	if (mode == NULL)
		return FUNNEL_DEFAULT;
	rest = text_to_cstring(mode);
	do
	{
		int			i = 0;

		word = rest;
		rest = strchr(word, ',');
		if (rest != NULL)
			*rest++ = '\0';
		word += strspn(word, " ");
		while (i < lengthof(modes) && strcmp(word, modes[i].name) != 0)
			i++;
		if (i == lengthof(modes))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("unknown mode of a funnel: \"%s\"", word),
					 errhint("Modes are \"default\", \"strict_order\", \"strict_deduplication\" and \"strict_increase\"; several stand in one text with commas.")));
		flags |= modes[i].mode;
	} while (rest != NULL);
	return flags;
}

/*
 * hash_name
 *		FNV-1a over a name and its end: states that meet can come from machines
 *		of different kinds.
 */
static uint32
hash_name(uint32 hash, const char *name, int len)
{
	for (int i = 0; i < len; i++)
		hash = (hash ^ (uint8) name[i]) * 16777619;
	return hash * 16777619;
}
