/*-------------------------------------------------------------------------
 * row_json.c
 *	  Column values as JSON, in a form that gives every byte back.
 *
 * Every value is a JSON string in the text form of its type, which a cast
 * from text reads back through the type's input function.  Dates and times
 * are written in ISO form and UTC, whatever DateStyle and TimeZone say: equal
 * values have equal strings.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/lsyscache.h"

#include "row_json.h"

/*
 * leadcrm_json_key
 *		Push a key of an object that is being built; key is not copied.
 */
void
leadcrm_json_key(JsonbParseState **state, const char *key)
{
	JsonbValue	v;

	v.type = jbvString;
	v.val.string.val = unconstify(char *, key);
	v.val.string.len = (int) strlen(key);
	pushJsonbValue(state, WJB_KEY, &v);
}

/*
 * leadcrm_json_value
 *		Push a column's value: as a string, or null.
 *
 * token: WJB_ELEM in an array, WJB_VALUE behind a key.
 */
void
leadcrm_json_value(JsonbParseState **state, JsonbIteratorToken token,
				   Datum value, bool isnull, Oid type)
{
	JsonbValue	v;

	v.type = jbvNull;
	if (!isnull)
	{
		const int	utc = 0;
		char	   *s;

		switch (type)
		{
			case DATEOID:
			case TIMESTAMPOID:
			case TIMESTAMPTZOID:
				s = palloc(MAXDATELEN + 1);
				JsonEncodeDateTime(s, value, type, &utc);
				break;
			default:
				{
					Oid			output;
					bool		varlena;

					getTypeOutputInfo(type, &output, &varlena);
					s = OidOutputFunctionCall(output, value);
				}
		}
		v.type = jbvString;
		v.val.string.val = s;
		v.val.string.len = (int) strlen(s);
	}
	pushJsonbValue(state, token, &v);
}
