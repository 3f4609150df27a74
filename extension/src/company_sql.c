/*-------------------------------------------------------------------------
 * company_sql.c
 *	  SQL face of the names of firms: company.c.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "company.h"
#include "leadcrm.h"

static bool company_parse(text *name, CompanyParts *parts);
static void part_set(const CompanyText *part, Datum *value, bool *isnull);

PG_FUNCTION_INFO_V1(leadcrm_normalize_company);
PG_FUNCTION_INFO_V1(leadcrm_company_core);
PG_FUNCTION_INFO_V1(leadcrm_company_key);
PG_FUNCTION_INFO_V1(leadcrm_same_company);
PG_FUNCTION_INFO_V1(leadcrm_company_parts);

/*
 * leadcrm_normalize_company
 *		normalize_company(name text) returns text.
 */
Datum
leadcrm_normalize_company(PG_FUNCTION_ARGS)
{
	CompanyText normal;
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);

	if (!leadcrm_company_normalize(s, len, &normal))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(leadcrm_from_utf8(normal.s, normal.len));
}

/*
 * leadcrm_company_core
 *		company_core(name text) returns text.
 */
Datum
leadcrm_company_core(PG_FUNCTION_ARGS)
{
	CompanyParts parts;

	if (!company_parse(PG_GETARG_TEXT_PP(0), &parts) || parts.core.len == 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(leadcrm_key_from_utf8(parts.core.s, parts.core.len));
}

/*
 * leadcrm_company_key
 *		company_key(name text) returns text: 华信@50, or 华信.
 */
Datum
leadcrm_company_key(PG_FUNCTION_ARGS)
{
	CompanyParts parts;
	char		key[COMPANY_MAX + 1 + PLACE_CODE_SIZE];
	size_t		len;

	if (!company_parse(PG_GETARG_TEXT_PP(0), &parts) || parts.core.len == 0)
		PG_RETURN_NULL();
	len = parts.core.len;
	memcpy(key, parts.core.s, len);
	if (parts.region[0] != '\0')
	{
		key[len++] = COMPANY_KEY_SEPARATOR;
		memcpy(key + len, parts.region, strlen(parts.region));
		len += strlen(parts.region);
	}
	PG_RETURN_TEXT_P(leadcrm_key_from_utf8(key, len));
}

/*
 * leadcrm_same_company
 *		same_company(a text, b text) returns boolean: see leadcrm_company_same.
 */
Datum
leadcrm_same_company(PG_FUNCTION_ARGS)
{
	CompanyParts a;
	CompanyParts b;

	if (!company_parse(PG_GETARG_TEXT_PP(0), &a) || a.core.len == 0 ||
		!company_parse(PG_GETARG_TEXT_PP(1), &b) || b.core.len == 0)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(leadcrm_company_same(&a, &b));
}

/*
 * leadcrm_company_parts
 *		company_parts(name text) returns record.
 */
Datum
leadcrm_company_parts(PG_FUNCTION_ARGS)
{
	CompanyParts parts;
	TupleDesc	tupdesc;
	Datum		values[6] = {0};
	bool		nulls[6];

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (!company_parse(PG_GETARG_TEXT_PP(0), &parts))
		PG_RETURN_NULL();
	part_set(&parts.place, &values[0], &nulls[0]);
	nulls[1] = parts.region[0] == '\0';
	if (!nulls[1])
		values[1] = CStringGetTextDatum(parts.region);
	part_set(&parts.brand, &values[2], &nulls[2]);
	part_set(&parts.trade, &values[3], &nulls[3]);
	part_set(&parts.form, &values[4], &nulls[4]);
	part_set(&parts.branch, &values[5], &nulls[5]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

static bool
company_parse(text *name, CompanyParts *parts)
{
	size_t		len;
	const char *s = leadcrm_to_utf8(name, &len);

	return leadcrm_company_parse(s, len, parts);
}

/* A part as a column, NULL if it is missing. */
static void
part_set(const CompanyText *part, Datum *value, bool *isnull)
{
	*isnull = part->len == 0;
	if (!*isnull)
		*value = PointerGetDatum(leadcrm_from_utf8(part->s, part->len));
}
