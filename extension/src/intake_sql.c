/*-------------------------------------------------------------------------
 * intake_sql.c
 *	  The SQL face of what intake reads: cells, inquiries, moments.
 *
 * Every function is immutable, answers NULL where there is nothing to answer,
 * and never raises for what a value holds.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "pgtime.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#include "cell.h"
#include "inquiry.h"
#include "moment.h"
#include "text.h"

static Datum part_text(const char *s, size_t len, bool *isnull);

/*
 * cell_text(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_cell_text);
Datum
leadcrm_cell_text(PG_FUNCTION_ARGS)
{
	text	   *cell = PG_GETARG_TEXT_PP(0);
	size_t		len;
	const char *s = leadcrm_to_utf8(cell, &len);
	size_t		n = leadcrm_cell_read(&s, len);

	if (n == 0)
		PG_RETURN_NULL();
	if (n == len)
		PG_RETURN_TEXT_P(cell);
	PG_RETURN_TEXT_P(leadcrm_from_utf8(s, n));
}

/*
 * is_test_text(text) -> boolean
 */
PG_FUNCTION_INFO_V1(leadcrm_is_test_text);
Datum
leadcrm_is_test_text(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);

	PG_RETURN_BOOL(leadcrm_cell_is_test(s, len));
}

/*
 * job_title_in(text) -> text
 *		The title that stands with a name, if it is a job.
 */
PG_FUNCTION_INFO_V1(leadcrm_job_title_in);
Datum
leadcrm_job_title_in(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);
	char		title[PERSON_MAX];
	size_t		n = leadcrm_person_title(s, len, title);

	if (n == 0 || leadcrm_title_is_honorific(title, n))
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(leadcrm_from_utf8(title, n));
}

/*
 * inquiry_parts(text) -> (name, company, budget, need)
 */
PG_FUNCTION_INFO_V1(leadcrm_inquiry_parts);
Datum
leadcrm_inquiry_parts(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);
	TupleDesc	tupdesc;
	Inquiry    *inquiry = palloc(sizeof(Inquiry));
	Datum		values[4];
	bool		nulls[4];

	if (get_call_result_type(fcinfo, NULL, &tupdesc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	leadcrm_inquiry_read(s, len, inquiry);
	values[0] = part_text(inquiry->name, inquiry->name_len, &nulls[0]);
	values[1] = part_text(inquiry->company, inquiry->company_len, &nulls[1]);
	values[2] = part_text(inquiry->budget, inquiry->budget_len, &nulls[2]);
	values[3] = part_text(inquiry->need, inquiry->need_len, &nulls[3]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(tupdesc), values, nulls)));
}

/*
 * try_timestamp(value text, time_zone text, format text) -> timestamptz
 *		Raises 22023 for a time zone or a format that is none.
 */
PG_FUNCTION_INFO_V1(leadcrm_try_timestamp);
Datum
leadcrm_try_timestamp(PG_FUNCTION_ARGS)
{
	char		zone[TZ_STRLEN_MAX + 1];
	const char *s;
	const char *format = NULL;
	size_t		len;
	size_t		format_len = 0;
	pg_tz	   *tz;
	Moment		m;
	struct pg_tm tm = {0};
	int			offset;
	Timestamp	result;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	text_to_cstring_buffer(PG_GETARG_TEXT_PP(1), zone, sizeof(zone));
	tz = pg_tzset(zone);
	if (tz == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", zone)));
	if (!PG_ARGISNULL(2))
	{
		format = leadcrm_to_utf8(PG_GETARG_TEXT_PP(2), &format_len);
		if (!leadcrm_moment_format_ok(format, format_len))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("invalid format of dates: \"%s\"", text_to_cstring(PG_GETARG_TEXT_PP(2))),
					 errhint("Write it with YYYY, MM, DD and, if there is a time, HH24, MI, SS, each once.")));
	}
	s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);
	if (!leadcrm_moment_parse(s, len, format, format_len, &m))
		PG_RETURN_NULL();

	tm.tm_year = m.year;
	tm.tm_mon = m.month;
	tm.tm_mday = m.day;
	tm.tm_hour = m.hour;
	tm.tm_min = m.minute;
	tm.tm_sec = m.second;
	offset = m.has_offset ? -m.offset : DetermineTimeZoneOffset(&tm, tz);
	if (tm2timestamp(&tm, m.microsecond, &offset, &result) != 0)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(result);
}

static Datum
part_text(const char *s, size_t len, bool *isnull)
{
	*isnull = len == 0;
	return len == 0 ? (Datum) 0 : PointerGetDatum(leadcrm_from_utf8(s, len));
}
