/*-------------------------------------------------------------------------
 * signals.c
 *	  lead.signals: which intent rules keep a lead at a level, and until when.
 *
 * An object {rule: moment}; moments are ISO 8601 in UTC, the same in every
 * session.  Ends that have passed may stay in it until the lead is graded.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "row_json.h"
#include "signals.h"

/* Longest text of a moment: 294276-12-31T23:59:59.999999Z and its end. */
#define MOMENT_SIZE		32

static bool moment_text(TimestampTz at, char *text);
static TimestampTz moment_read(const char *s, int len);

/*
 * leadcrm_signals_until
 *		The moment up to which a rule holds, or DT_NOBEGIN.
 *
 * signals: the column's value, or NULL.
 */
TimestampTz
leadcrm_signals_until(const Jsonb *signals, const char *code)
{
	JsonbValue	found;

	if (signals == NULL || !JB_ROOT_IS_OBJECT(signals) ||
		getKeyJsonValueFromContainer(unconstify(JsonbContainer *, &signals->root),
									 code, (int) strlen(code), &found) == NULL ||
		found.type != jbvString)
		return DT_NOBEGIN;
	return moment_read(found.val.string.val, found.val.string.len);
}

/*
 * leadcrm_signals_set
 *		The object with the rules given, and the others as they are in it.
 *
 * signals: the column's value, or NULL.  signal, n: rules, each once.
 *
 * Returns NULL where nothing holds; the result is in the current context.
 */
Jsonb *
leadcrm_signals_set(const Jsonb *signals, const Signal *signal, int n)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;
	bool		empty = true;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	if (signals != NULL && JB_ROOT_IS_OBJECT(signals))
	{
		JsonbIterator *it = JsonbIteratorInit(unconstify(JsonbContainer *, &signals->root));
		JsonbIteratorToken token;
		JsonbValue	v;

		while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
		{
			JsonbValue	key = v;
			bool		given = false;

			if (token != WJB_KEY)
				continue;
			(void) JsonbIteratorNext(&it, &v, true);	/* its value */
			for (int i = 0; i < n && !given; i++)
				given = key.val.string.len == strlen(signal[i].code) &&
					memcmp(key.val.string.val, signal[i].code, key.val.string.len) == 0;
			if (given)
				continue;
			pushJsonbValue(&state, WJB_KEY, &key);
			pushJsonbValue(&state, WJB_VALUE, &v);
			empty = false;
		}
	}
	for (int i = 0; i < n; i++)
	{
		char		text[MOMENT_SIZE];
		JsonbValue	value;

		if (!moment_text(signal[i].until, text))
			continue;
		value.type = jbvString;
		value.val.string.val = pstrdup(text);
		value.val.string.len = (int) strlen(text);
		leadcrm_json_key(&state, signal[i].code);
		pushJsonbValue(&state, WJB_VALUE, &value);
		empty = false;
	}
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	return empty ? NULL : JsonbValueToJsonb(object);
}

/* A moment as text; false where nobody can still wait for it. */
static bool
moment_text(TimestampTz at, char *text)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			n;

	if (TIMESTAMP_NOT_FINITE(at) || timestamp2tm(at, NULL, &tm, &fsec, NULL, NULL) != 0 ||
		tm.tm_year <= 0)
		return false;
	n = snprintf(text, MOMENT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year, tm.tm_mon,
				 tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (fsec != 0)
		n += snprintf(text + n, MOMENT_SIZE - n, ".%06d", (int) fsec);
	snprintf(text + n, MOMENT_SIZE - n, "Z");
	return true;
}

/* The moment that moment_text() wrote; DT_NOBEGIN for any other text. */
static TimestampTz
moment_read(const char *s, int len)
{
	char		text[MOMENT_SIZE];
	struct pg_tm tm = {0};
	int			micros = 0;
	int			utc = 0;
	int			end = 0;
	TimestampTz at;

	if (len >= MOMENT_SIZE)
		return DT_NOBEGIN;
	memcpy(text, s, len);
	text[len] = '\0';
	if (sscanf(text, "%6d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon, &tm.tm_mday,
			   &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) != 6)
		return DT_NOBEGIN;
	if (text[end] == '.' && sscanf(text + end, ".%6d", &micros) == 1)
		end += 7;
	if (end != len - 1 || text[end] != 'Z' || !IS_VALID_JULIAN(tm.tm_year, tm.tm_mon, tm.tm_mday) ||
		tm2timestamp(&tm, micros, &utc, &at) != 0)
		return DT_NOBEGIN;
	return at;
}
