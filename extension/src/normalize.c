/*-------------------------------------------------------------------------
 * normalize.c
 *	  The trigger leadcrm.normalize(): columns of a lead in canonical form.
 *
 * Sets columns of its own row and nothing else.  What cannot be read stays as
 * it was typed and is flagged under attrs -> 'flags', with the reason, until
 * somebody corrects it: nothing is lost and nothing is refused, but a time of
 * creation that has not come yet.  Running it twice changes nothing.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/detoast.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "behaviour.h"
#include "fold.h"
#include "phone.h"
#include "place.h"
#include "recycle.h"
#include "region.h"
#include "row_json.h"
#include "row_trigger.h"
#include "score.h"
#include "settle.h"
#include "text.h"
#include "workspace.h"

/* Names and titles longer than this, in bytes, are kept as typed. */
#define TIDY_MAX		1024

/* Longest source code and external id, in bytes: both stand in an index. */
#define SOURCE_MAX		200
#define EXTERNAL_ID_MAX	1000

/* The row as the trigger is changing it. */
typedef struct Row
{
	Workspace  *ws;
	TupleTableSlot *slot;		/* changed in place */
	TupleTableSlot *old;		/* before the UPDATE, or NULL */
	bool		changed;
	int			nflags;
	const char *flag_column[LEAD_NCOLUMNS];
	const char *flag_reason[LEAD_NCOLUMNS];
} Row;

static void normalize_row(Row *row);
static void normalize_phone(Row *row);
static void normalize_email(Row *row);
static void normalize_wechat(Row *row);
static void normalize_tax_id(Row *row);
static void normalize_region(Row *row);
static void normalize_synonym(Row *row, LeadColumn column, const char *name,
							  const SynonymList *list);
static void normalize_tidy(Row *row, LeadColumn column);
static void normalize_sources(Row *row);
static void check_length(const char *column, Datum value, int max);
static void check_past(const char *column, Datum value);
static void normalize_times(Row *row);
static void normalize_flags(Row *row);
static bool row_get(Row *row, LeadColumn column, Datum *value);
static const char *row_get_utf8(Row *row, LeadColumn column, size_t *len);
static void row_set(Row *row, LeadColumn column, Datum value);
static void row_set_utf8(Row *row, LeadColumn column, const char *s, size_t len);
static void row_flag(Row *row, const char *column, const char *reason);
static bool row_redirected(Row *row);
static bool column_changed(Row *row, LeadColumn column);

PG_FUNCTION_INFO_V1(leadcrm_normalize);

/*
 * leadcrm_normalize
 *		Trigger: BEFORE INSERT OR UPDATE ON lead FOR EACH ROW.
 *
 * Made by create_workspace() as lead_10_normalize.  Never returns NULL.
 * Raises 39P01 when it hangs elsewhere, 22008 for a created_at in the future.
 */
Datum
leadcrm_normalize(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = leadcrm_row_trigger(fcinfo, "leadcrm.normalize");
	Row			row;

	row.ws = leadcrm_workspace_of(trigdata->tg_relation);
	row.slot = leadcrm_row_slot(trigdata);
	row.old = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_trigslot : NULL;
	row.changed = false;
	row.nflags = 0;
	normalize_row(&row);
	return PointerGetDatum(leadcrm_row_result(trigdata, leadcrm_settle_chain(trigdata), row.changed));
}

static void
normalize_row(Row *row)
{
	normalize_sources(row);
	normalize_times(row);
	normalize_tidy(row, LEAD_NAME);
	normalize_tidy(row, LEAD_COMPANY);
	normalize_tidy(row, LEAD_TITLE);
	normalize_tidy(row, LEAD_PROJECT_NAME);
	normalize_phone(row);
	normalize_email(row);
	normalize_wechat(row);
	normalize_tax_id(row);
	normalize_region(row);
	normalize_synonym(row, LEAD_INDUSTRY, "industry", &row->ws->industry);
	normalize_synonym(row, LEAD_PRODUCT_LINE, "product_line", &row->ws->product_line);
	normalize_flags(row);
}

static void
normalize_phone(Row *row)
{
	PhoneNumber phone;
	PhoneFault	fault;
	size_t		len;
	const char *s = row_get_utf8(row, LEAD_PHONE, &len);

	if (s == NULL)
		return;
	fault = leadcrm_phone_parse(s, len, NULL, &phone);
	if (fault == PHONE_OK)
		row_set_utf8(row, LEAD_PHONE, phone.text, phone.len);
	else
		row_flag(row, "phone", leadcrm_phone_fault_text(fault));
}

static void
normalize_email(Row *row)
{
	Email		email;
	size_t		len;
	const char *s = row_get_utf8(row, LEAD_EMAIL, &len);

	if (s == NULL)
		return;
	if (leadcrm_email_parse(s, len, &email))
		row_set_utf8(row, LEAD_EMAIL, email.text, email.len);
	else
		row_flag(row, "email", "not a mail address");
}

static void
normalize_wechat(Row *row)
{
	char		id[WECHAT_MAX];
	size_t		len;
	const char *s = row_get_utf8(row, LEAD_WECHAT, &len);

	if (s == NULL)
		return;
	len = leadcrm_wechat_parse(s, len, id);
	if (len > 0)
		row_set_utf8(row, LEAD_WECHAT, id, len);
	else
		row_flag(row, "wechat", "not a WeChat id");
}

static void
normalize_tax_id(Row *row)
{
	char		id[TAX_ID_LENGTH];
	size_t		len;
	const char *s = row_get_utf8(row, LEAD_TAX_ID, &len);

	if (s == NULL)
		return;
	if (!leadcrm_tax_id_parse(s, len, id))
	{
		row_flag(row, "tax_id", "not a unified social credit code");
		return;
	}
	row_set_utf8(row, LEAD_TAX_ID, id, TAX_ID_LENGTH);
	if (!leadcrm_tax_id_valid(id))
		row_flag(row, "tax_id", "wrong check digit");
}

/*
 * The region as a code: as given, else from the address, the company's name
 * or the telephone number, the surest first.
 */
static void
normalize_region(Row *row)
{
	static const LeadColumn evidence[] = {LEAD_ADDRESS, LEAD_COMPANY, LEAD_PHONE};
	RegionMatch match;
	size_t		len;
	const char *s = row_get_utf8(row, LEAD_REGION, &len);

	if (s != NULL)
	{
		/* A code; those of provinces and cities may be filled up with zeros. */
		for (size_t n = len; n >= 2 && n <= 6; n -= 2)
		{
			if (leadcrm_place_find(s, n) >= 0)
			{
				row_set_utf8(row, LEAD_REGION, s, n);
				return;
			}
			if (len != 6 || s[n - 1] != '0' || s[n - 2] != '0')
				break;
		}
		if (leadcrm_region_find(s, len, &match))
			row_set_utf8(row, LEAD_REGION, match.code, strlen(match.code));
		else
			row_flag(row, "region", "unknown region");
		return;
	}

	for (int i = 0; i < lengthof(evidence); i++)
	{
		bool		found;

		/* An UPDATE that leaves the evidence alone finds what it found before. */
		if (row->old != NULL && !column_changed(row, evidence[i]))
			continue;
		s = row_get_utf8(row, evidence[i], &len);
		if (s == NULL)
			continue;
		if (evidence[i] == LEAD_PHONE)
			found = leadcrm_region_of_phone(s, len, &match);
		else
			found = leadcrm_region_find(s, len, &match);
		if (found)
		{
			row_set_utf8(row, LEAD_REGION, match.code, strlen(match.code));
			return;
		}
	}
}

static void
normalize_synonym(Row *row, LeadColumn column, const char *name, const SynonymList *list)
{
	Datum		value;
	text	   *spelling;
	const char *code;

	if (!row_get(row, column, &value))
		return;
	spelling = DatumGetTextPP(value);
	code = leadcrm_workspace_synonym(list, VARDATA_ANY(spelling), VARSIZE_ANY_EXHDR(spelling));
	if (code == NULL)
		row_flag(row, name, "not in the list");
	else if (strlen(code) != VARSIZE_ANY_EXHDR(spelling) ||
			 memcmp(code, VARDATA_ANY(spelling), strlen(code)) != 0)
		row_set(row, column, CStringGetTextDatum(code));
}

/* One blank where there were several, none at the ends, one width. */
static void
normalize_tidy(Row *row, LeadColumn column)
{
	char		tidy[TIDY_MAX];
	bool		truncated;
	size_t		len;
	size_t		n;
	const char *s = row_get_utf8(row, column, &len);

	if (s == NULL || len > TIDY_MAX)
		return;
	n = leadcrm_fold(s, len, tidy, sizeof(tidy), FOLD_WIDTH | FOLD_SPACE, &truncated);
	if (!truncated && n > 0)
		row_set_utf8(row, column, tidy, n);
}

static void
normalize_sources(Row *row)
{
	Datum		first;
	Datum		last;
	Datum		external;
	bool		has_first = row_get(row, LEAD_FIRST_SOURCE, &first);
	bool		has_last = row_get(row, LEAD_LAST_SOURCE, &last);

	if (!has_first && !has_last)
		first = last = CStringGetTextDatum(UNKNOWN_SOURCE);
	else if (!has_first)
		first = last;
	else if (!has_last)
		last = first;
	check_length("source", first, SOURCE_MAX);
	check_length("source", last, SOURCE_MAX);
	if (row_get(row, LEAD_EXTERNAL_ID, &external))
		check_length("external_id", external, EXTERNAL_ID_MAX);
	if (!has_first)
		row_set(row, LEAD_FIRST_SOURCE, first);
	if (!has_last)
		row_set(row, LEAD_LAST_SOURCE, last);
}

/* Raise 22001 for a value that no index could hold. */
static void
check_length(const char *column, Datum value, int max)
{
	Size		len = toast_raw_datum_size(value) - VARHDRSZ;

	if (len > max)
		ereport(ERROR,
				(errcode(ERRCODE_STRING_DATA_RIGHT_TRUNCATION),
				 errmsg("%s of a lead is too long: %zu bytes", column, len),
				 errdetail("It may have up to %d bytes.", max)));
}

/*
 * Raise 22008 for a time that has not come yet.  This transaction may have begun
 * before it: a lead that is merged here may have come in since.
 */
static void
check_past(const char *column, Datum value)
{
	TimestampTz at = DatumGetTimestampTz(value);

	if (TIMESTAMP_NOT_FINITE(at) ||
		(at > GetCurrentTransactionStartTimestamp() && at > GetCurrentTimestamp()))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s of a lead lies in the future or is not finite: %s",
						column, timestamptz_to_str(at)),
				 errhint("Leave it out to have the present.")));
}

static void
normalize_times(Row *row)
{
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	Datum		created;
	Datum		value;

	if (row->old == NULL || column_changed(row, LEAD_CREATED_AT))
	{
		if (!row_get(row, LEAD_CREATED_AT, &created))
		{
			created = TimestampTzGetDatum(now);
			row_set(row, LEAD_CREATED_AT, created);
		}
		else
			check_past("created_at", created);
	}
	if (row->old == NULL)
	{
		if (!row_get(row, LEAD_LAST_INBOUND_AT, &value))
			row_set(row, LEAD_LAST_INBOUND_AT, created);
		else
			check_past("last_inbound_at", value);
		if (!row_get(row, LEAD_UPDATED_AT, &value))
			row_set(row, LEAD_UPDATED_AT, TimestampTzGetDatum(now));
	}
	else if (column_changed(row, LEAD_LAST_INBOUND_AT) && row_get(row, LEAD_LAST_INBOUND_AT, &value))
		check_past("last_inbound_at", value);
	if (row->old != NULL && !column_changed(row, LEAD_UPDATED_AT) && !row_redirected(row) &&
			 !leadcrm_score_regrading() && !leadcrm_behaviour_writing() && !leadcrm_recycle_planning())
		row_set(row, LEAD_UPDATED_AT, TimestampTzGetDatum(now));
}

/* Bring attrs -> 'flags' to what was found; other attributes stay. */
static void
normalize_flags(Row *row)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;
	JsonbValue	found;
	JsonbValue	nested;
	Jsonb	   *attrs = NULL;
	Jsonb	   *flags;
	Datum		value;
	bool		flagged = false;

	if (row_get(row, LEAD_ATTRS, &value))
	{
		attrs = DatumGetJsonbP(value);
		if (!JB_ROOT_IS_OBJECT(attrs))
			return;				/* the table's check says what is wrong */
		flagged = JB_ROOT_COUNT(attrs) > 0 &&
			getKeyJsonValueFromContainer(&attrs->root, "flags", strlen("flags"), &found) != NULL;
	}
	if (row->nflags == 0)
	{
		if (flagged)
			row_set(row, LEAD_ATTRS, DirectFunctionCall2(jsonb_delete, value,
														 CStringGetTextDatum("flags")));
		return;
	}

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < row->nflags; i++)
	{
		leadcrm_json_key(&state, row->flag_column[i]);
		nested.type = jbvString;
		nested.val.string.val = unconstify(char *, row->flag_reason[i]);
		nested.val.string.len = (int) strlen(row->flag_reason[i]);
		pushJsonbValue(&state, WJB_VALUE, &nested);
	}
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	flags = JsonbValueToJsonb(object);

	state = NULL;
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	leadcrm_json_key(&state, "flags");
	nested.type = jbvBinary;
	nested.val.binary.data = &flags->root;
	nested.val.binary.len = VARSIZE(flags) - VARHDRSZ;
	pushJsonbValue(&state, WJB_VALUE, &nested);
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	flags = JsonbValueToJsonb(object);
	row_set(row, LEAD_ATTRS, attrs == NULL ? JsonbPGetDatum(flags) :
			DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(attrs), JsonbPGetDatum(flags)));
}

/* The column's value as it stands now; false for NULL and for empty text. */
static bool
row_get(Row *row, LeadColumn column, Datum *value)
{
	int			i = row->ws->column[column] - 1;

	if (row->slot->tts_isnull[i])
		return false;
	*value = row->slot->tts_values[i];
	return TupleDescAttr(row->slot->tts_tupleDescriptor, i)->atttypid != TEXTOID ||
		VARSIZE_ANY_EXHDR(DatumGetTextPP(*value)) > 0;
}

static const char *
row_get_utf8(Row *row, LeadColumn column, size_t *len)
{
	Datum		value;

	if (!row_get(row, column, &value))
		return NULL;
	return leadcrm_to_utf8(DatumGetTextPP(value), len);
}

static void
row_set(Row *row, LeadColumn column, Datum value)
{
	int			i = row->ws->column[column] - 1;

	row->slot->tts_values[i] = value;
	row->slot->tts_isnull[i] = false;
	row->changed = true;
}

/* Set a text column unless it has that very value. */
static void
row_set_utf8(Row *row, LeadColumn column, const char *s, size_t len)
{
	size_t		was_len;
	const char *was = row_get_utf8(row, column, &was_len);

	if (was == NULL || was_len != len || memcmp(was, s, len) != 0)
		row_set(row, column, PointerGetDatum(leadcrm_from_utf8(s, len)));
}

static void
row_flag(Row *row, const char *column, const char *reason)
{
	row->flag_column[row->nflags] = column;
	row->flag_reason[row->nflags] = reason;
	row->nflags++;
}

/* Was the row merged, and is it now sent elsewhere or living again, as it was? */
static bool
row_redirected(Row *row)
{
	bool		isnull;

	(void) slot_getattr(row->old, row->ws->column[LEAD_MERGED_INTO], &isnull);
	return !isnull && column_changed(row, LEAD_MERGED_INTO);
}

/* Is the column's value another than before the UPDATE? */
static bool
column_changed(Row *row, LeadColumn column)
{
	return leadcrm_row_differs(row->old, row->slot, row->ws->column[column]);
}
