/*-------------------------------------------------------------------------
 * phone_type.c
 *	  The SQL type leadcrm.phone: input and output, order, hash, functions.
 *
 * On disk a phone is a varlena: one flags byte, reserved and always zero,
 * then the normal form of phone.h in ASCII.  Equality is bytewise on the
 * normal form.  What a number is and how it is spelled is phone.c's business.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "phone.h"

#include "common/hashfn.h"
#include "common/string.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"

/* Bytes of wrong input that an error message repeats. */
#define PHONE_MESSAGE_MAX	60

/* The extension mark in the normal form. */
#define PHONE_EXT_MARK		";ext="

/* The normal form of a stored phone; points into the datum. */
typedef struct PhoneView
{
	struct varlena *datum;
	const char *text;
	int			len;
	int			key_len;		/* without the extension */
} PhoneView;

static PhoneFault phone_from_cstring(const char *str, PhoneNumber *number);
static Datum phone_datum(const PhoneNumber *number);
static PhoneView phone_view(Datum value);
static int	phone_compare(FunctionCallInfo fcinfo);
static void phone_reparse(const PhoneView *view, PhoneNumber *number);

/*
 * leadcrm_phone_in
 *		phone from text, in any spelling that phone.c understands.
 *
 * Raises 22P02, softly where the caller takes soft errors.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_in);
Datum
leadcrm_phone_in(PG_FUNCTION_ARGS)
{
	char	   *str = PG_GETARG_CSTRING(0);
	PhoneNumber number;
	PhoneFault	fault = phone_from_cstring(str, &number);

	if (fault != PHONE_OK)
	{
		int			len = strlen(str);
		int			clipped = pg_mbcliplen(str, len, PHONE_MESSAGE_MAX);

		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s: \"%.*s%s\"",
						"phone", clipped, str, clipped < len ? "..." : ""),
				 errdetail("The text is not one phone number: %s.",
						   leadcrm_phone_fault_text(fault)),
				 fault == PHONE_SEVERAL ?
				 errhint("Give one number, or take them apart with leadcrm.phones_in().") :
				 fault == PHONE_DAMAGED ?
				 errhint("Format the column as text in the spreadsheet and export it again.") : 0));
	}
	return phone_datum(&number);
}

/*
 * leadcrm_phone_out
 *		The normal form; what it gives, leadcrm_phone_in takes back unchanged.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_out);
Datum
leadcrm_phone_out(PG_FUNCTION_ARGS)
{
	PhoneView	view = phone_view(PG_GETARG_DATUM(0));

	PG_RETURN_CSTRING(pnstrdup(view.text, view.len));
}

/*
 * leadcrm_phone_recv
 *		phone from the wire: the flags byte, then the normal form and no other.
 *
 * Raises 22P03.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_recv);
Datum
leadcrm_phone_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			flags = pq_getmsgbyte(buf);
	int			len = buf->len - buf->cursor;
	const char *text = pq_getmsgbytes(buf, len);
	PhoneNumber number;

	if (flags != 0 ||
		leadcrm_phone_parse(text, len, NULL, &number) != PHONE_OK ||
		number.len != len || memcmp(number.text, text, len) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary value for type %s", "phone")));
	return phone_datum(&number);
}

/*
 * leadcrm_phone_send
 *		phone to the wire, as leadcrm_phone_recv reads it.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_send);
Datum
leadcrm_phone_send(PG_FUNCTION_ARGS)
{
	PhoneView	view = phone_view(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, 0);
	pq_sendbytes(&buf, view.text, view.len);
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*
 * leadcrm_phone_cmp and the six comparisons
 *		Bytewise on the normal form, a beginning before what it begins.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_cmp);
Datum
leadcrm_phone_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(phone_compare(fcinfo));
}

PG_FUNCTION_INFO_V1(leadcrm_phone_eq);
Datum
leadcrm_phone_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(phone_compare(fcinfo) == 0);
}

PG_FUNCTION_INFO_V1(leadcrm_phone_ne);
Datum
leadcrm_phone_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(phone_compare(fcinfo) != 0);
}

PG_FUNCTION_INFO_V1(leadcrm_phone_lt);
Datum
leadcrm_phone_lt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(phone_compare(fcinfo) < 0);
}

PG_FUNCTION_INFO_V1(leadcrm_phone_le);
Datum
leadcrm_phone_le(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(phone_compare(fcinfo) <= 0);
}

PG_FUNCTION_INFO_V1(leadcrm_phone_gt);
Datum
leadcrm_phone_gt(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(phone_compare(fcinfo) > 0);
}

PG_FUNCTION_INFO_V1(leadcrm_phone_ge);
Datum
leadcrm_phone_ge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(phone_compare(fcinfo) >= 0);
}

/*
 * leadcrm_phone_smaller, leadcrm_phone_larger
 *		The transition functions of min and max.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_smaller);
Datum
leadcrm_phone_smaller(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(phone_compare(fcinfo) <= 0 ? 0 : 1));
}

PG_FUNCTION_INFO_V1(leadcrm_phone_larger);
Datum
leadcrm_phone_larger(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(phone_compare(fcinfo) >= 0 ? 0 : 1));
}

/*
 * leadcrm_phone_hash, leadcrm_phone_hash_extended
 *		Hash of the normal form.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_hash);
Datum
leadcrm_phone_hash(PG_FUNCTION_ARGS)
{
	PhoneView	view = phone_view(PG_GETARG_DATUM(0));
	Datum		hash = hash_any((const unsigned char *) view.text, view.len);

	PG_FREE_IF_COPY(view.datum, 0);
	return hash;
}

PG_FUNCTION_INFO_V1(leadcrm_phone_hash_extended);
Datum
leadcrm_phone_hash_extended(PG_FUNCTION_ARGS)
{
	PhoneView	view = phone_view(PG_GETARG_DATUM(0));
	Datum		hash = hash_any_extended((const unsigned char *) view.text, view.len,
										 PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(view.datum, 0);
	return hash;
}

/*
 * leadcrm_phone_try
 *		phone from text and the region of numbers without a prefix, or NULL.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_try);
Datum
leadcrm_phone_try(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);
	char	   *region = text_to_cstring(PG_GETARG_TEXT_PP(1));
	PhoneNumber number;

	if (leadcrm_phone_parse(s, len, region, &number) != PHONE_OK)
		PG_RETURN_NULL();
	return phone_datum(&number);
}

/*
 * leadcrm_phone_fault
 *		Why a text is not a phone, in a few words; NULL if it is one.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_fault);
Datum
leadcrm_phone_fault(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);
	PhoneNumber number;
	PhoneFault	fault = leadcrm_phone_parse(s, len, NULL, &number);

	if (fault == PHONE_OK)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(leadcrm_phone_fault_text(fault)));
}

/*
 * leadcrm_phones_in
 *		All phones in a text, in order, each one once.
 *
 * A text that is one phone gives just that.
 */
PG_FUNCTION_INFO_V1(leadcrm_phones_in);
Datum
leadcrm_phones_in(PG_FUNCTION_ARGS)
{
	Oid			phone_type = get_element_type(get_func_rettype(fcinfo->flinfo->fn_oid));
	size_t		len;
	const char *p = leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), &len);
	const char *end = p + len;
	ArrayBuildState *found = initArrayResult(phone_type, CurrentMemoryContext, false);
	PhoneNumber number;

	if (leadcrm_phone_parse(p, len, NULL, &number) == PHONE_OK)
		found = accumArrayResult(found, phone_datum(&number), false, phone_type,
								 CurrentMemoryContext);
	else
	{
		HASHCTL		ctl = {.keysize = PHONE_TEXT_MAX,.entrysize = PHONE_TEXT_MAX,
		.hcxt = CurrentMemoryContext};
		HTAB	   *seen = hash_create("leadcrm phones of one text", 16, &ctl,
									   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
		const char *from;
		const char *to;

		while (leadcrm_phone_scan(&p, end, &number, &from, &to))
		{
			bool		again;

			CHECK_FOR_INTERRUPTS();
			hash_search(seen, number.text, HASH_ENTER, &again);
			if (!again)
				found = accumArrayResult(found, phone_datum(&number), false, phone_type,
										 CurrentMemoryContext);
		}
		hash_destroy(seen);
	}
	PG_RETURN_DATUM(makeArrayResult(found, CurrentMemoryContext));
}

/*
 * leadcrm_phone_key
 *		The number without its extension: what identifies a line.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_key);
Datum
leadcrm_phone_key(PG_FUNCTION_ARGS)
{
	PhoneView	view = phone_view(PG_GETARG_DATUM(0));

	PG_RETURN_TEXT_P(cstring_to_text_with_len(view.text, view.key_len));
}

/*
 * leadcrm_phone_extension
 *		The digits of the extension, or NULL.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_extension);
Datum
leadcrm_phone_extension(PG_FUNCTION_ARGS)
{
	PhoneView	view = phone_view(PG_GETARG_DATUM(0));
	int			start = view.key_len + (int) strlen(PHONE_EXT_MARK);

	if (view.len == view.key_len)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text_with_len(view.text + start, view.len - start));
}

/*
 * leadcrm_phone_country
 *		The digits of the calling code.
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_country);
Datum
leadcrm_phone_country(PG_FUNCTION_ARGS)
{
	PhoneView	view = phone_view(PG_GETARG_DATUM(0));
	PhoneNumber number;

	phone_reparse(&view, &number);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(number.text + 1, number.code_len));
}

/*
 * leadcrm_phone_kind
 *		mobile, landline, service, or foreign (any calling code but 86).
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_kind);
Datum
leadcrm_phone_kind(PG_FUNCTION_ARGS)
{
	static const char *const names[] = {
		[PHONE_NONE] = "none",
		[PHONE_CN_MOBILE] = "mobile",
		[PHONE_CN_LANDLINE] = "landline",
		[PHONE_CN_SERVICE] = "service",
		[PHONE_FOREIGN] = "foreign"
	};
	PhoneView	view = phone_view(PG_GETARG_DATUM(0));
	PhoneNumber number;

	phone_reparse(&view, &number);
	PG_RETURN_TEXT_P(cstring_to_text(names[number.kind]));
}

/*
 * leadcrm_phone_is_shared
 *		Is this a number behind which there are many people?
 */
PG_FUNCTION_INFO_V1(leadcrm_phone_is_shared);
Datum
leadcrm_phone_is_shared(PG_FUNCTION_ARGS)
{
	PhoneView	view = phone_view(PG_GETARG_DATUM(0));
	PhoneNumber number;

	phone_reparse(&view, &number);
	PG_RETURN_BOOL(number.kind == PHONE_CN_SERVICE);
}

/*
 * phone_from_cstring
 *		Parse text in the server encoding.
 */
static PhoneFault
phone_from_cstring(const char *str, PhoneNumber *number)
{
	size_t		len = strlen(str);
	const char *s = str;

	/* every server encoding holds ASCII as it is */
	if (!pg_is_ascii(str))
		s = leadcrm_to_utf8(cstring_to_text_with_len(str, len), &len);
	return leadcrm_phone_parse(s, len, NULL, number);
}

/*
 * phone_datum
 *		A number as it is stored.
 */
static Datum
phone_datum(const PhoneNumber *number)
{
	Size		size = VARHDRSZ + 1 + number->len;
	struct varlena *value = palloc(size);

	SET_VARSIZE(value, size);
	VARDATA(value)[0] = 0;		/* flags */
	memcpy(VARDATA(value) + 1, number->text, number->len);
	return PointerGetDatum(value);
}

/*
 * phone_view
 *		The normal form inside a datum.
 *
 * Raises XX001 if the flags byte is not one that this version writes.
 */
static PhoneView
phone_view(Datum value)
{
	PhoneView	view;
	const char *mark;

	view.datum = PG_DETOAST_DATUM_PACKED(value);
	view.len = (int) VARSIZE_ANY_EXHDR(view.datum) - 1;
	if (view.len < 1 || VARDATA_ANY(view.datum)[0] != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type %s has an unknown format", "phone")));
	view.text = VARDATA_ANY(view.datum) + 1;
	mark = memchr(view.text, PHONE_EXT_MARK[0], view.len);
	view.key_len = mark != NULL ? (int) (mark - view.text) : view.len;
	return view;
}

/*
 * phone_compare
 *		Order of the two arguments; frees what it detoasted.
 */
static int
phone_compare(FunctionCallInfo fcinfo)
{
	PhoneView	a = phone_view(PG_GETARG_DATUM(0));
	PhoneView	b = phone_view(PG_GETARG_DATUM(1));
	int			order = memcmp(a.text, b.text, Min(a.len, b.len));

	if (order == 0)
		order = a.len - b.len;
	PG_FREE_IF_COPY(a.datum, 0);
	PG_FREE_IF_COPY(b.datum, 1);
	return order;
}

/*
 * phone_reparse
 *		What phone.c knows about a stored number.
 */
static void
phone_reparse(const PhoneView *view, PhoneNumber *number)
{
	if (leadcrm_phone_parse(view->text, view->len, NULL, number) != PHONE_OK)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("stored value of type %s is not a phone number", "phone")));
}
