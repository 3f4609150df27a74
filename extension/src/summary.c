/*-------------------------------------------------------------------------
 * summary.c
 *	  Mergeable summaries: values, running states, and what SQL calls.
 *
 * On disk a summary is a varlena: a version byte, a flags byte, reserved and
 * zero, then its items.  What is stored was written here, but is read with the
 * same care as what comes from outside.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "utils/expandeddatum.h"
#include "utils/memutils.h"

#include "leadcrm.h"
#include "summary.h"

#define SUMMARY_VERSION		1

/* Version and flags. */
#define SUMMARY_HEAD		2

/* Bytes of wrong input that an error message repeats. */
#define SUMMARY_MESSAGE_MAX	60

/* The state of a running aggregate. */
typedef struct SummaryObject
{
	ExpandedObjectHeader hdr;
	const SummaryType *type;
	void	   *body;
	struct varlena *flat;		/* what the body is when flat, or NULL: not known */
} SummaryObject;

/* A flat value of a type. */
typedef struct FlatValue
{
	const SummaryType *type;
	struct varlena *flat;
} FlatValue;

static SummaryObject *running_object(FunctionCallInfo fcinfo);
static SummaryObject *start_object(FunctionCallInfo fcinfo, const SummaryType *type,
								   void *(*make) (const void *settings), const void *settings);
static SummaryObject *start_from_value(FunctionCallInfo fcinfo, const SummaryType *type, Datum value);
static void *make_from_flat(const void *settings);
static Size object_flat_size(ExpandedObjectHeader *eohptr);
static void object_flatten_into(ExpandedObjectHeader *eohptr, void *result, Size allocated_size);
static struct varlena *flatten(const SummaryType *type, const void *body);
static void *read_flat(struct varlena *flat, const SummaryType *type);
static StringInfo plain(Datum value, const SummaryType *type);

static const ExpandedObjectMethods object_methods = {
	object_flat_size,
	object_flatten_into
};

/*
 * leadcrm_summary_state
 *		For a transition function: the body of the state, to be changed in place.
 *
 * make: gives the body of a new state, in CurrentMemoryContext, from settings.
 * *state: what the function is to return.
 *
 * The state is the function's first argument; if that is NULL there is none
 * yet and one is made.  Raises 0A000 where no aggregate runs.
 */
void *
leadcrm_summary_state(FunctionCallInfo fcinfo, const SummaryType *type,
					  void *(*make) (const void *settings), const void *settings,
					  Datum *state)
{
	SummaryObject *object = running_object(fcinfo);

	if (object == NULL && PG_ARGISNULL(0))
		object = start_object(fcinfo, type, make, settings);
	else if (object == NULL)
		object = start_from_value(fcinfo, type, PG_GETARG_DATUM(0));
	*state = EOHPGetRWDatum(&object->hdr);
	return object->body;
}

/*
 * leadcrm_summary_body
 *		The body of a value, to be read only; in CurrentMemoryContext, or an
 *		aggregate's own.
 */
const void *
leadcrm_summary_body(Datum value, const SummaryType *type)
{
	struct varlena *flat = (struct varlena *) DatumGetPointer(value);

	if (VARATT_IS_EXTERNAL_EXPANDED(flat))
	{
		SummaryObject *object = (SummaryObject *) DatumGetEOHP(value);

		Assert(object->type == type);
		return object->body;
	}
	return read_flat(PG_DETOAST_DATUM_PACKED(value), type);
}

/*
 * leadcrm_summary_in
 *		A summary from text: its version and its items in braces.
 *
 * Raises 22P02, softly where the caller takes soft errors.
 */
Datum
leadcrm_summary_in(FunctionCallInfo fcinfo, const SummaryType *type)
{
	char	   *str = PG_GETARG_CSTRING(0);
	int			len = strlen(str);
	SummaryReader in = {SUMMARY_TEXT, {str, str + len}, fcinfo->context};
	int64		version;
	void	   *body = NULL;
	bool		complete = false;

	if (leadcrm_scan_char(&in.in, '{') &&
		leadcrm_summary_get_int(&in, SUMMARY_VERSION, SUMMARY_VERSION, &version))
	{
		body = type->read(&in);
		if (SOFT_ERROR_OCCURRED(fcinfo->context))
			return (Datum) 0;
		complete = body && leadcrm_scan_char(&in.in, '}');
		leadcrm_scan_space(&in.in);
	}
	if (!complete || in.in.s != in.in.end)
	{
		int			clipped = pg_mbcliplen(str, len, SUMMARY_MESSAGE_MAX);

		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%.*s%s\"",
						type->name, clipped, str, clipped < len ? "..." : "")));
	}
	return PointerGetDatum(flatten(type, body));
}

/*
 * leadcrm_summary_out
 *		The text that leadcrm_summary_in takes back unchanged.
 */
Datum
leadcrm_summary_out(FunctionCallInfo fcinfo, const SummaryType *type)
{
	const void *body = leadcrm_summary_body(PG_GETARG_DATUM(0), type);
	SummaryWriter out = {.form = SUMMARY_TEXT};

	initStringInfo(&out.buf);
	appendStringInfo(&out.buf, "{%d", SUMMARY_VERSION);
	type->write(&out, body);
	appendStringInfoChar(&out.buf, '}');
	PG_RETURN_CSTRING(out.buf.data);
}

/*
 * leadcrm_summary_recv
 *		A summary from the wire: its version and its items.
 *
 * Raises 22P03, and what the parts' own input does.
 */
Datum
leadcrm_summary_recv(FunctionCallInfo fcinfo, const SummaryType *type)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			len = buf->len - buf->cursor;
	const char *bytes = pq_getmsgbytes(buf, len);
	SummaryReader in = {SUMMARY_WIRE, {bytes, bytes + len}, NULL};
	int64		version;
	void	   *body = NULL;

	if (leadcrm_summary_get_int(&in, SUMMARY_VERSION, SUMMARY_VERSION, &version))
		body = type->read(&in);
	if (body == NULL || in.in.s != in.in.end)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary value for type %s", type->name)));
	return PointerGetDatum(flatten(type, body));
}

/*
 * leadcrm_summary_send
 *		A summary to the wire, as leadcrm_summary_recv reads it.
 */
Datum
leadcrm_summary_send(FunctionCallInfo fcinfo, const SummaryType *type)
{
	const void *body = leadcrm_summary_body(PG_GETARG_DATUM(0), type);
	SummaryWriter out = {.form = SUMMARY_WIRE};

	pq_begintypsend(&out.buf);
	leadcrm_summary_put_int(&out, SUMMARY_VERSION);
	type->write(&out, body);
	PG_RETURN_BYTEA_P(pq_endtypsend(&out.buf));
}

/*
 * leadcrm_summary_combine
 *		Combine function of an aggregate, and transition function of the one
 *		that merges; its first argument grows in place.
 *
 * NULL is nothing: combined with NULL a state stays what it is.
 */
Datum
leadcrm_summary_combine(FunctionCallInfo fcinfo, const SummaryType *type)
{
	SummaryObject *object = running_object(fcinfo);
	bool		add = !PG_ARGISNULL(1);

	if (object == NULL)
	{
		if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
			PG_RETURN_NULL();
		object = start_from_value(fcinfo, type, PG_GETARG_DATUM(PG_ARGISNULL(0) ? 1 : 0));
		add = add && !PG_ARGISNULL(0);
	}
	if (add)
		type->merge(object->body, leadcrm_summary_body(PG_GETARG_DATUM(1), type), 1);
	return EOHPGetRWDatum(&object->hdr);
}

/*
 * leadcrm_summary_merge
 *		Two summaries added (sign 1), or the second taken away (-1).
 *
 * Raises 22023 if their settings differ.
 */
Datum
leadcrm_summary_merge(FunctionCallInfo fcinfo, const SummaryType *type, int sign)
{
	void	   *body = read_flat((struct varlena *) PG_DETOAST_DATUM(PG_GETARG_DATUM(0)), type);

	type->merge(body, leadcrm_summary_body(PG_GETARG_DATUM(1), type), sign);
	return PointerGetDatum(flatten(type, body));
}

/*
 * leadcrm_summary_equal
 *		Do two summaries say the same, whatever the scale of amounts.
 */
bool
leadcrm_summary_equal(FunctionCallInfo fcinfo, const SummaryType *type)
{
	StringInfo	a = plain(PG_GETARG_DATUM(0), type);
	StringInfo	b = plain(PG_GETARG_DATUM(1), type);

	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/*
 * leadcrm_summary_count
 *		Add to a count, or take away (sign -1).  Raises 22003 beyond bigint.
 */
void
leadcrm_summary_count(int64 *count, int64 more, int sign)
{
	if (sign > 0 ? pg_add_s64_overflow(*count, more, count) : pg_sub_s64_overflow(*count, more, count))
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("bigint out of range")));
}

/*
 * The state that is the function's first argument, about to be changed; NULL if
 * it is none that can be.  Only an aggregate's state is: of others a function
 * must not change what it is given.
 */
static SummaryObject *
running_object(FunctionCallInfo fcinfo)
{
	SummaryObject *object;

	if (PG_ARGISNULL(0) ||
		!VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(PG_GETARG_DATUM(0))) ||
		!AggCheckCallContext(fcinfo, NULL))
		return NULL;
	object = (SummaryObject *) DatumGetEOHP(PG_GETARG_DATUM(0));
	Assert(object->hdr.eoh_methods == &object_methods);
	if (object->flat)
	{
		pfree(object->flat);
		object->flat = NULL;
	}
	return object;
}

/* A new state whose body make() gives, in a memory context of its own. */
static SummaryObject *
start_object(FunctionCallInfo fcinfo, const SummaryType *type,
			 void *(*make) (const void *settings), const void *settings)
{
	MemoryContext aggcontext;
	MemoryContext own;
	MemoryContext caller;
	SummaryObject *object;

	leadcrm_check_aggregate(fcinfo);
	(void) AggCheckCallContext(fcinfo, &aggcontext);
	own = AllocSetContextCreate(aggcontext, "leadcrm summary", ALLOCSET_SMALL_SIZES);
	object = MemoryContextAllocZero(own, sizeof(SummaryObject));
	EOH_init_header(&object->hdr, &object_methods, own);
	object->type = type;
	caller = MemoryContextSwitchTo(own);
	object->body = make(settings);
	MemoryContextSwitchTo(caller);
	return object;
}

/* A new state that begins as a value, flat or another aggregate's. */
static SummaryObject *
start_from_value(FunctionCallInfo fcinfo, const SummaryType *type, Datum value)
{
	FlatValue	from = {type, (struct varlena *) PG_DETOAST_DATUM(value)};

	return start_object(fcinfo, type, make_from_flat, &from);
}

static void *
make_from_flat(const void *settings)
{
	const FlatValue *value = settings;

	return read_flat(value->flat, value->type);
}

/* The bytes by which two summaries are compared. */
static StringInfo
plain(Datum value, const SummaryType *type)
{
	SummaryWriter *out = palloc(sizeof(SummaryWriter));

	out->form = SUMMARY_PLAIN;
	initStringInfo(&out->buf);
	type->write(out, leadcrm_summary_body(value, type));
	return &out->buf;
}

/* The flat value of a body. */
static struct varlena *
flatten(const SummaryType *type, const void *body)
{
	SummaryWriter out = {.form = SUMMARY_FLAT};
	struct varlena *flat;

	initStringInfo(&out.buf);
	appendStringInfoSpaces(&out.buf, VARHDRSZ);
	appendStringInfoChar(&out.buf, SUMMARY_VERSION);
	appendStringInfoChar(&out.buf, 0);
	type->write(&out, body);
	flat = (struct varlena *) out.buf.data;
	SET_VARSIZE(flat, out.buf.len);
	return flat;
}

/*
 * read_flat
 *		The body of a flat value, in CurrentMemoryContext.
 *
 * flat: detoasted, packed or not.  Raises XX001 if it is none of ours.
 */
static void *
read_flat(struct varlena *flat, const SummaryType *type)
{
	const char *bytes = VARDATA_ANY(flat);
	int			len = VARSIZE_ANY_EXHDR(flat);
	SummaryReader in = {SUMMARY_FLAT, {bytes + SUMMARY_HEAD, bytes + len}, NULL};
	void	   *body = NULL;

	if (len >= SUMMARY_HEAD && bytes[0] == SUMMARY_VERSION && bytes[1] == 0)
		body = type->read(&in);
	if (body == NULL || in.in.s != in.in.end)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type %s has an unknown format", type->name)));
	return body;
}

static Size
object_flat_size(ExpandedObjectHeader *eohptr)
{
	SummaryObject *object = (SummaryObject *) eohptr;

	if (object->flat == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(object->hdr.eoh_context);

		object->flat = flatten(object->type, object->body);
		MemoryContextSwitchTo(caller);
	}
	return VARSIZE(object->flat);
}

static void
object_flatten_into(ExpandedObjectHeader *eohptr, void *result, Size allocated_size)
{
	SummaryObject *object = (SummaryObject *) eohptr;

	Assert(object->flat && allocated_size == VARSIZE(object->flat));
	memcpy(result, object->flat, allocated_size);
}
