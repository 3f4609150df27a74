/*-------------------------------------------------------------------------
 * lifecycle_json.c
 *	  lifecycle to jsonb and back: [{"stage": "new", "at": "2026-01-05T01:00:00Z"}]
 *
 * Times are spelled as in the text of a lifecycle, so that neither way depends
 * on a setting of the session.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "lifecycle.h"

#include "utils/jsonb.h"

static void push_text(JsonbParseState **state, JsonbIteratorToken token, const char *s, int len);
static JsonbValue *text_field(JsonbContainer *object, const char *key);
static void refuse(const char *detail);

/*
 * leadcrm_lifecycle_to_jsonb
 *		An array with an object for each entry.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_to_jsonb);
Datum
leadcrm_lifecycle_to_jsonb(PG_FUNCTION_ARGS)
{
	JsonbParseState *state = NULL;
	JsonbValue *array;
	LifecycleReader r;

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	while (lifecycle_step(&r))
	{
		int			len;
		const char *stage = leadcrm_lifecycle_stage(&r, r.stage, &len);
		char	   *at = palloc(LIFECYCLE_TIME_TEXT);

		pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
		push_text(&state, WJB_KEY, "stage", strlen("stage"));
		push_text(&state, WJB_VALUE, stage, len);
		push_text(&state, WJB_KEY, "at", strlen("at"));
		push_text(&state, WJB_VALUE, at, leadcrm_lifecycle_print_time(r.at, at));
		pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	}
	array = pushJsonbValue(&state, WJB_END_ARRAY, NULL);
	PG_RETURN_JSONB_P(JsonbValueToJsonb(array));
}

/*
 * leadcrm_lifecycle_from_jsonb
 *		The lifecycle that such an array describes; other keys are left out.
 *
 * Raises 22023 for another shape, and what leadcrm_lifecycle_fault raises.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_from_jsonb);
Datum
leadcrm_lifecycle_from_jsonb(PG_FUNCTION_ARGS)
{
	Jsonb	   *json = PG_GETARG_JSONB_P(0);
	int			n = JB_ROOT_COUNT(json);
	LifecycleEntry *entries;

	if (!JB_ROOT_IS_ARRAY(json) || JB_ROOT_IS_SCALAR(json))
		refuse("It must be an array.");
	entries = palloc(n * sizeof(LifecycleEntry));
	for (int i = 0; i < n; i++)
	{
		JsonbValue *element = getIthJsonbValueFromContainer(&json->root, i);
		JsonbValue *stage;
		JsonbValue *at;

		if (element->type != jbvBinary || !JsonContainerIsObject(element->val.binary.data))
			refuse("Each element must be an object with \"stage\" and \"at\".");
		stage = text_field(element->val.binary.data, "stage");
		at = text_field(element->val.binary.data, "at");
		if (stage == NULL || at == NULL)
			refuse("Each element must be an object with \"stage\" and \"at\".");
		entries[i].stage = stage->val.string.val;
		entries[i].len = stage->val.string.len;
		switch (leadcrm_lifecycle_parse_time(at->val.string.val, at->val.string.len, &entries[i].at))
		{
			case LIFECYCLE_OK:
				break;
			case LIFECYCLE_TIME_RANGE:
				leadcrm_lifecycle_fault(LIFECYCLE_TIME_RANGE, NULL);
				break;
			default:
				refuse("A time must be written like 2026-01-05T01:00:00Z, with Z or an offset.");
		}
	}
	PG_RETURN_POINTER(leadcrm_lifecycle_make(entries, n));
}

static void
push_text(JsonbParseState **state, JsonbIteratorToken token, const char *s, int len)
{
	JsonbValue	value;

	value.type = jbvString;
	value.val.string.val = unconstify(char *, s);
	value.val.string.len = len;
	pushJsonbValue(state, token, &value);
}

/*
 * text_field
 *		A string in an object, or NULL.
 */
static JsonbValue *
text_field(JsonbContainer *object, const char *key)
{
	JsonbValue *value = getKeyJsonValueFromContainer(object, key, strlen(key), NULL);

	return value != NULL && value->type == jbvString ? value : NULL;
}

static void
refuse(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("cannot cast jsonb to type %s", "lifecycle"),
			 errdetail_internal("%s", detail)));
}
