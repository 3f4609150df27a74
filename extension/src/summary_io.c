/*-------------------------------------------------------------------------
 * summary_io.c
 *	  The items of summaries: flat, as text and on the wire.
 *
 * A number on the wire has 8 bytes, a text its length in 4 and its bytes in the
 * client's encoding, an amount its length in 4 (-1: none) and numeric_send's
 * bytes.  As text an amount that there is none of is the word "null".
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"

#include "leadcrm.h"
#include "summary.h"

#define NO_AMOUNT	"null"

static bool get_bytes(SummaryReader *in, const char **s, int len);
static bool get_length(SummaryReader *in, int32 *len);

void
leadcrm_summary_put_int(SummaryWriter *out, int64 value)
{
	switch (out->form)
	{
		case SUMMARY_FLAT:
		case SUMMARY_PLAIN:
			enlargeStringInfo(&out->buf, SUMMARY_INT_SIZE);
			out->buf.len += leadcrm_pack_int(out->buf.data + out->buf.len, value);
			break;
		case SUMMARY_TEXT:
			appendStringInfo(&out->buf, " " INT64_FORMAT, value);
			break;
		case SUMMARY_WIRE:
			pq_sendint64(&out->buf, value);
			break;
	}
}

void
leadcrm_summary_put_text(SummaryWriter *out, const char *s, int len)
{
	switch (out->form)
	{
		case SUMMARY_FLAT:
		case SUMMARY_PLAIN:
			leadcrm_summary_put_int(out, len);
			appendBinaryStringInfo(&out->buf, s, len);
			break;
		case SUMMARY_TEXT:
			appendStringInfoString(&out->buf, " \"");
			for (int i = 0; i < len; i++)
			{
				if (s[i] == '"' || s[i] == '\\')
					appendStringInfoChar(&out->buf, '\\');
				appendStringInfoChar(&out->buf, s[i]);
			}
			appendStringInfoChar(&out->buf, '"');
			break;
		case SUMMARY_WIRE:
			{
				const char *sent = pg_server_to_client(s, len);
				int			sent_len = sent == s ? len : (int) strlen(sent);

				pq_sendint32(&out->buf, sent_len);
				pq_sendbytes(&out->buf, sent, sent_len);
			}
			break;
	}
}

/*
 * leadcrm_summary_put_amount
 *		Write a sum; NULL where nothing was summed.
 */
void
leadcrm_summary_put_amount(SummaryWriter *out, Numeric value)
{
	bytea	   *bytes;

	switch (out->form)
	{
		case SUMMARY_FLAT:
			leadcrm_summary_put_text(out, value ? VARDATA_ANY(value) : "",
									 value ? VARSIZE_ANY_EXHDR(value) : 0);
			break;
		case SUMMARY_PLAIN:
			{
				Datum		trimmed = value ?
				DirectFunctionCall1(numeric_trim_scale, NumericGetDatum(value)) :
				DirectFunctionCall1(int4_numeric, Int32GetDatum(0));

				leadcrm_summary_put_text(out, VARDATA_ANY(DatumGetPointer(trimmed)),
										 VARSIZE_ANY_EXHDR(DatumGetPointer(trimmed)));
			}
			break;
		case SUMMARY_TEXT:
			appendStringInfo(&out->buf, " %s", value == NULL ? NO_AMOUNT :
							 DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(value))));
			break;
		case SUMMARY_WIRE:
			if (value == NULL)
			{
				pq_sendint32(&out->buf, -1);
				break;
			}
			bytes = DatumGetByteaP(DirectFunctionCall1(numeric_send, NumericGetDatum(value)));
			pq_sendint32(&out->buf, VARSIZE_ANY_EXHDR(bytes));
			pq_sendbytes(&out->buf, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
			break;
	}
}

/*
 * leadcrm_summary_get_int
 *		Read a number; false if there is none between min and max.
 */
bool
leadcrm_summary_get_int(SummaryReader *in, int64 min, int64 max, int64 *value)
{
	const char *bytes;

	switch (in->form)
	{
		case SUMMARY_FLAT:
		case SUMMARY_PLAIN:
			if (!leadcrm_unpack_int(&in->in, value))
				return false;
			break;
		case SUMMARY_TEXT:
			if (!leadcrm_scan_int(&in->in, value))
				return false;
			break;
		case SUMMARY_WIRE:
			if (!get_bytes(in, &bytes, sizeof(int64)))
				return false;
			memcpy(value, bytes, sizeof(int64));
			*value = (int64) pg_ntoh64((uint64) *value);
			break;
	}
	return *value >= min && *value <= max;
}

/*
 * leadcrm_summary_get_text
 *		Read a text into CurrentMemoryContext; false if there is none.
 *
 * Raises 22021 for bytes on the wire that are no text.
 */
bool
leadcrm_summary_get_text(SummaryReader *in, const char **s, int *len)
{
	const char *bytes;
	size_t		n;
	int32		wire_len;
	char	   *copy;

	switch (in->form)
	{
		case SUMMARY_FLAT:
		case SUMMARY_PLAIN:
			if (!leadcrm_unpack_text(&in->in, &bytes, &n))
				return false;
			*s = pnstrdup(bytes, n);
			*len = (int) n;
			break;
		case SUMMARY_TEXT:
			if (!leadcrm_scan_text(&in->in, &bytes, &n))
				return false;
			copy = palloc(n + 1);
			*len = (int) leadcrm_scan_unquote(bytes, n, copy);
			*s = copy;
			break;
		case SUMMARY_WIRE:
			if (!get_length(in, &wire_len) || !get_bytes(in, &bytes, wire_len))
				return false;
			copy = pg_client_to_server(bytes, wire_len);
			*len = copy == bytes ? wire_len : (int) strlen(copy);
			*s = copy == bytes ? pnstrdup(copy, wire_len) : copy;
			break;
	}
	return true;
}

/*
 * leadcrm_summary_get_amount
 *		Read a sum into CurrentMemoryContext, NULL if nothing was summed; false
 *		if there is none.
 *
 * Raises what numeric's own input does.
 */
bool
leadcrm_summary_get_amount(SummaryReader *in, Numeric *value)
{
	const char *bytes;
	size_t		n;
	int32		len;
	StringInfoData message;
	Datum		result;

	*value = NULL;
	switch (in->form)
	{
		case SUMMARY_FLAT:
		case SUMMARY_PLAIN:
			if (!leadcrm_unpack_text(&in->in, &bytes, &n))
				return false;
			if (n > 0)
			{
				*value = palloc(VARHDRSZ + n);
				SET_VARSIZE(*value, VARHDRSZ + n);
				memcpy(VARDATA(*value), bytes, n);
			}
			break;
		case SUMMARY_TEXT:
			if (!leadcrm_scan_word(&in->in, &bytes, &n))
				return false;
			if (n == strlen(NO_AMOUNT) && memcmp(bytes, NO_AMOUNT, n) == 0)
				break;
			if (!DirectInputFunctionCallSafe(numeric_in, pnstrdup(bytes, n), InvalidOid, -1,
											 in->escontext, &result))
				return false;
			*value = DatumGetNumeric(result);
			break;
		case SUMMARY_WIRE:
			if (!get_length(in, &len))
				return false;
			if (len == -1)
				break;
			if (!get_bytes(in, &bytes, len))
				return false;
			initStringInfo(&message);
			appendBinaryStringInfo(&message, bytes, len);
			*value = DatumGetNumeric(DirectFunctionCall3(numeric_recv, PointerGetDatum(&message),
														 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
			if (message.cursor != message.len)
				return false;
			break;
	}
	return true;
}

/* The next LEN bytes on the wire. */
static bool
get_bytes(SummaryReader *in, const char **s, int len)
{
	if (len < 0 || len > in->in.end - in->in.s)
		return false;
	*s = in->in.s;
	in->in.s += len;
	return true;
}

static bool
get_length(SummaryReader *in, int32 *len)
{
	const char *bytes;

	if (!get_bytes(in, &bytes, sizeof(int32)))
		return false;
	memcpy(len, bytes, sizeof(int32));
	*len = (int32) pg_ntoh32((uint32) *len);
	return true;
}
