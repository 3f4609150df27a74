/*-------------------------------------------------------------------------
 * region_sql.c
 *	  SQL face of regions: region.c and place.c.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"

#include "leadcrm.h"
#include "place.h"
#include "region.h"

/* Longest full name of a division, in bytes. */
#define REGION_NAME_MAX 256

static text *region_full_name(int row);
static bool region_match(FunctionCallInfo fcinfo, RegionMatch *match);
static int	region_row(FunctionCallInfo fcinfo);

PG_FUNCTION_INFO_V1(leadcrm_region_of);
PG_FUNCTION_INFO_V1(leadcrm_region_evidence);
PG_FUNCTION_INFO_V1(leadcrm_region_name);
PG_FUNCTION_INFO_V1(leadcrm_region_parent);
PG_FUNCTION_INFO_V1(leadcrm_regions);

/*
 * leadcrm_region_of
 *		region_of(value text) returns text: see leadcrm_region_find.
 */
Datum
leadcrm_region_of(PG_FUNCTION_ARGS)
{
	RegionMatch match;

	if (!region_match(fcinfo, &match))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(match.code));
}

/*
 * leadcrm_region_evidence
 *		region_evidence(value text) returns text: what region_of went by.
 */
Datum
leadcrm_region_evidence(PG_FUNCTION_ARGS)
{
	static const char *const kinds[] = {
		[REGION_ADDRESS] = "address: ",
		[REGION_COMPANY] = "company: ",
		[REGION_AREA_CODE] = "area code: ",
		[REGION_MOBILE] = "mobile prefix: "
	};
	RegionMatch match;
	char		result[REGION_NAME_MAX + 32];
	size_t		len;

	if (!region_match(fcinfo, &match))
		PG_RETURN_NULL();
	len = strlcpy(result, kinds[match.kind], sizeof(result));
	if (match.digits[0] != '\0')
		len = strlcat(result, match.digits, sizeof(result));
	else
		len += leadcrm_place_full_name(leadcrm_place_find(match.code, strlen(match.code)),
									   result + len, REGION_NAME_MAX);
	PG_RETURN_TEXT_P(leadcrm_from_utf8(result, len));
}

/*
 * leadcrm_region_name
 *		region_name(code text) returns text: 500103 is 重庆市渝中区.
 */
Datum
leadcrm_region_name(PG_FUNCTION_ARGS)
{
	int			row = region_row(fcinfo);

	if (row < 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(region_full_name(row));
}

/*
 * leadcrm_region_parent
 *		region_parent(code text) returns text: 500103 lies in 5001.
 */
Datum
leadcrm_region_parent(PG_FUNCTION_ARGS)
{
	int			row = region_row(fcinfo);
	char		code[PLACE_CODE_SIZE];

	if (row < 0 || (row = leadcrm_place_parent(row)) < 0)
		PG_RETURN_NULL();
	leadcrm_place_code(row, code);
	PG_RETURN_TEXT_P(cstring_to_text(code));
}

/*
 * leadcrm_regions
 *		regions() returns setof record: every division.
 */
Datum
leadcrm_regions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int row = 0; row < leadcrm_place_count(); row++)
	{
		int			parent = leadcrm_place_parent(row);
		char		code[PLACE_CODE_SIZE];
		const char *name;
		size_t		len = leadcrm_place_name(row, &name);
		Datum		values[5];
		bool		nulls[5] = {false};

		leadcrm_place_code(row, code);
		values[0] = CStringGetTextDatum(code);
		values[1] = PointerGetDatum(leadcrm_from_utf8(name, len));
		values[2] = PointerGetDatum(region_full_name(row));
		nulls[3] = parent < 0;
		if (parent >= 0)
			leadcrm_place_code(parent, code);
		values[3] = CStringGetTextDatum(code);
		values[4] = Int16GetDatum((int16) leadcrm_place_level(row));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static text *
region_full_name(int row)
{
	char		name[REGION_NAME_MAX];
	size_t		len = leadcrm_place_full_name(row, name, sizeof(name));

	return leadcrm_from_utf8(name, len);
}

/* The region the first argument, a text, points to. */
static bool
region_match(FunctionCallInfo fcinfo, RegionMatch *match)
{
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);

	return leadcrm_region_find(s, len, match);
}

/* The row of the code in the first argument, or -1. */
static int
region_row(FunctionCallInfo fcinfo)
{
	text	   *code = PG_GETARG_TEXT_PP(0);

	return leadcrm_place_find(VARDATA_ANY(code), VARSIZE_ANY_EXHDR(code));
}
