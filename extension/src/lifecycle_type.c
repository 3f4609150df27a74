/*-------------------------------------------------------------------------
 * lifecycle_type.c
 *	  The SQL type leadcrm.lifecycle: input and output, order and hash.
 *
 * On disk a lifecycle is a varlena with the bytes of lifecycle_form.h, and
 * the same bytes go over the wire, names in the client's encoding.  A history
 * has one form, so equality, order and hash are those of the bytes; the order
 * is for sorting and indexes and means nothing else.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "lifecycle.h"

#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"

/* Bytes of wrong input that an error message repeats. */
#define LIFECYCLE_MESSAGE_MAX	60

static struct varlena *lifecycle_recode(LifecycleReader *r,
										char *(*convert) (const char *s, int len));
static int	lifecycle_compare(FunctionCallInfo fcinfo);

/*
 * leadcrm_lifecycle_in
 *		lifecycle from text, {stage@time,...} in order of time.
 *
 * Raises 22P02 and what leadcrm_lifecycle_fault raises, softly where the caller
 * takes soft errors.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_in);
Datum
leadcrm_lifecycle_in(PG_FUNCTION_ARGS)
{
	char	   *str = PG_GETARG_CSTRING(0);
	size_t		len = strlen(str);
	char	   *names = palloc(len + 1);
	LifecycleEntry *entries = palloc(leadcrm_lifecycle_count(str, len) * sizeof(LifecycleEntry));
	int			nentries;
	LifecycleFault fault = leadcrm_lifecycle_parse(str, len, names, entries, &nentries);

	if (fault == LIFECYCLE_SYNTAX || fault == LIFECYCLE_TIME)
	{
		int			clipped = pg_mbcliplen(str, len, LIFECYCLE_MESSAGE_MAX);

		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%.*s%s\"",
						"lifecycle", clipped, str, clipped < (int) len ? "..." : ""),
				 fault == LIFECYCLE_TIME ?
				 errdetail("A time must be written like 2026-01-05T01:00:00Z, with Z or an offset.") :
				 errdetail("It must be written like {stage@time,stage@time}.")));
	}
	if (leadcrm_lifecycle_fault(fault, fcinfo->context))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(leadcrm_lifecycle_make_softly(entries, nentries, fcinfo->context));
}

/*
 * leadcrm_lifecycle_out
 *		The text that leadcrm_lifecycle_in takes back unchanged.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_out);
Datum
leadcrm_lifecycle_out(PG_FUNCTION_ARGS)
{
	LifecycleReader r;
	StringInfoData buf;

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(0));
	initStringInfo(&buf);
	appendStringInfoChar(&buf, '{');
	while (lifecycle_step(&r))
	{
		int			len;
		const char *stage = leadcrm_lifecycle_stage(&r, r.stage, &len);

		if (buf.len > 1)
			appendStringInfoChar(&buf, ',');
		enlargeStringInfo(&buf, LIFECYCLE_STAGE_TEXT + 1 + LIFECYCLE_TIME_TEXT);
		buf.len += leadcrm_lifecycle_print_stage(stage, len, buf.data + buf.len);
		buf.data[buf.len++] = '@';
		buf.len += leadcrm_lifecycle_print_time(r.at, buf.data + buf.len);
	}
	appendStringInfoChar(&buf, '}');
	PG_RETURN_CSTRING(buf.data);
}

/*
 * leadcrm_lifecycle_recv
 *		lifecycle from the wire.
 *
 * Raises 22P03, 22021 for a name that is no text in the client's encoding, and
 * what leadcrm_lifecycle_fault raises.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_recv);
Datum
leadcrm_lifecycle_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	const uint8_t *bytes = (const uint8_t *) pq_getmsgbytes(buf, len);
	LifecycleReader r;

	if (!leadcrm_lifecycle_check(bytes, len))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary value for type %s", "lifecycle")));
	lifecycle_read(&r, bytes);
	PG_RETURN_POINTER(lifecycle_recode(&r, pg_client_to_server));
}

/*
 * leadcrm_lifecycle_send
 *		lifecycle to the wire, as leadcrm_lifecycle_recv reads it.
 *
 * Raises 22023 if a name is longer than LIFECYCLE_STAGE_MAX bytes in the
 * client's encoding, 22P05 if that has no such character.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_send);
Datum
leadcrm_lifecycle_send(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_LIFECYCLE_PP(0);
	LifecycleReader r;
	StringInfoData buf;

	leadcrm_lifecycle_begin(&r, value);
	if (pg_get_client_encoding() != GetDatabaseEncoding())
		value = lifecycle_recode(&r, pg_server_to_client);
	pq_begintypsend(&buf);
	pq_sendbytes(&buf, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*
 * leadcrm_lifecycle_cmp and the six comparisons
 *		Bytewise, a beginning before what it begins.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_cmp);
Datum
leadcrm_lifecycle_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(lifecycle_compare(fcinfo));
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_eq);
Datum
leadcrm_lifecycle_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lifecycle_compare(fcinfo) == 0);
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_ne);
Datum
leadcrm_lifecycle_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lifecycle_compare(fcinfo) != 0);
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_lt);
Datum
leadcrm_lifecycle_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lifecycle_compare(fcinfo) < 0);
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_le);
Datum
leadcrm_lifecycle_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lifecycle_compare(fcinfo) <= 0);
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_gt);
Datum
leadcrm_lifecycle_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lifecycle_compare(fcinfo) > 0);
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_ge);
Datum
leadcrm_lifecycle_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(lifecycle_compare(fcinfo) >= 0);
}

/*
 * leadcrm_lifecycle_hash, leadcrm_lifecycle_hash_extended
 *		Hash of the bytes.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_hash);
Datum
leadcrm_lifecycle_hash(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_LIFECYCLE_PP(0);
	Datum		hash = hash_any((const unsigned char *) VARDATA_ANY(value),
								VARSIZE_ANY_EXHDR(value));

	PG_FREE_IF_COPY(value, 0);
	return hash;
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_hash_extended);
Datum
leadcrm_lifecycle_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *value = PG_GETARG_LIFECYCLE_PP(0);
	Datum		hash = hash_any_extended((const unsigned char *) VARDATA_ANY(value),
										 VARSIZE_ANY_EXHDR(value), PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(value, 0);
	return hash;
}

/*
 * lifecycle_recode
 *		A lifecycle with its names in another encoding.
 *
 * r: just begun, and read to its end here.  convert: gives its argument back
 * where there is nothing to convert.
 */
static struct varlena *
lifecycle_recode(LifecycleReader *r, char *(*convert) (const char *s, int len))
{
	LifecycleEntry *stages = palloc(r->nstages * sizeof(LifecycleEntry));
	LifecycleEntry *entries = palloc(r->nentries * sizeof(LifecycleEntry));
	const uint8_t *p = r->dictionary;

	for (int i = 0; i < r->nstages; i++)
	{
		const char *name = (const char *) p + 1;

		stages[i].stage = convert(name, *p);
		stages[i].len = stages[i].stage == name ? *p : (int) strlen(stages[i].stage);
		p += 1 + *p;
	}
	for (int i = 0; lifecycle_step(r); i++)
	{
		entries[i] = stages[r->stage];
		entries[i].at = r->at;
	}
	return leadcrm_lifecycle_make(entries, r->nentries);
}

/*
 * lifecycle_compare
 *		Order of the two arguments; frees what it detoasted.
 */
static int
lifecycle_compare(FunctionCallInfo fcinfo)
{
	struct varlena *a = PG_GETARG_LIFECYCLE_PP(0);
	struct varlena *b = PG_GETARG_LIFECYCLE_PP(1);
	int			a_len = VARSIZE_ANY_EXHDR(a);
	int			b_len = VARSIZE_ANY_EXHDR(b);
	int			order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(a_len, b_len));

	if (order == 0)
		order = a_len - b_len;
	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order;
}
