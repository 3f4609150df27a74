/*-------------------------------------------------------------------------
 * row_json.h
 *	  Column values as JSON, in a form that gives every byte back.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_ROW_JSON_H
#define LEADCRM_ROW_JSON_H

#include "utils/jsonb.h"

extern void leadcrm_json_key(JsonbParseState **state, const char *key);
extern void leadcrm_json_value(JsonbParseState **state, JsonbIteratorToken token,
							   Datum value, bool isnull, Oid type);

#endif							/* LEADCRM_ROW_JSON_H */
