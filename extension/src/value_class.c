/*-------------------------------------------------------------------------
 * value_class.c
 *	  The values of a type, cut into classes by constants.
 *
 * Tests that compare a value with constants cannot tell two values of one
 * class apart.  k constants of an ordered type make 2k + 1 classes: class
 * 2i + 1 is the i-th constant, class 2i what lies before it.  Of text, each
 * constant that a test compares for equality is a class, and the others are
 * told apart by the longest constant prefix that they begin with; the empty
 * prefix is always there.  NULL belongs to no class.
 *
 * Constants are added, the classes finished, then values looked up: the
 * classes do not change any more.  All lives in the memory context
 * that is given when the classes are created.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "lib/qunique.h"
#include "port/pg_bswap.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/typcache.h"

#include "value_class.h"

/* A text constant; bytes of an unpacked datum that lives as long. */
typedef struct TextConstant
{
	const char *data;
	int			len;
	uint64		key;			/* its first eight bytes, as a big-endian number */
	int			parent;			/* of a prefix: the longest shorter one, or -1 */
} TextConstant;

struct ValueClasses
{
	ValueType	type;
	MemoryContext cxt;
	int16		typlen;
	bool		typbyval;
	int			max_constants;
	int			n;				/* constants, once finished all different */
	union
	{
		int64	   *integer;
		float8	   *number;
		Datum	   *ordered;
		TextConstant *text;		/* compared for equality */
	}			constant;
	FmgrInfo	compare;		/* VALUE_ORDERED */

	/* VALUE_TEXT */
	int			max_len;		/* of the constants compared for equality */
	uint32		mask;			/* of slot's size */
	uint16	   *slot;			/* hash table: place in constant.text + 1, or 0 */
	int			max_prefixes;
	int			nprefixes;
	TextConstant *prefix;		/* sorted by bytes; the first is empty */
};

static int	integer_compare(const void *a, const void *b);
static int	float_compare(const void *a, const void *b);
static int	ordered_compare(const void *a, const void *b, void *arg);
static int	text_compare(const void *a, const void *b);
static int	integer_class(const ValueClasses *classes, int64 value);
static int	float_class(const ValueClasses *classes, float8 value);
static int	ordered_class(const ValueClasses *classes, Datum value);
static int	text_class(const ValueClasses *classes, Datum value);
static int	prefix_find(const ValueClasses *classes, const TextConstant *value);
static void text_finish(ValueClasses *classes);
static void text_set(TextConstant *constant, Datum value);
static uint64 text_key(const char *data, int len);
static uint32 text_hash(const char *data, int len);
static bool text_equal(const TextConstant *a, const TextConstant *b);
static bool text_begins_with(const TextConstant *a, const TextConstant *b);
static int64 integer_fetch(Oid type, Datum value);

/*
 * leadcrm_value_classes_create
 *		Classes of values of a type, without a constant so far.
 *
 * max_constants, max_prefixes: how many will be added at most.
 */
ValueClasses *
leadcrm_value_classes_create(const ValueType *type, int max_constants, int max_prefixes,
							 MemoryContext cxt)
{
	MemoryContext old = MemoryContextSwitchTo(cxt);
	ValueClasses *classes = palloc0(sizeof(ValueClasses));

	classes->type = *type;
	classes->cxt = cxt;
	classes->max_constants = max_constants;
	classes->max_prefixes = max_prefixes;
	switch (type->kind)
	{
		case VALUE_ANY:
			break;
		case VALUE_INTEGER:
			classes->constant.integer = palloc(max_constants * sizeof(int64));
			break;
		case VALUE_FLOAT:
			classes->constant.number = palloc(max_constants * sizeof(float8));
			break;
		case VALUE_ORDERED:
			classes->constant.ordered = palloc(max_constants * sizeof(Datum));
			get_typlenbyval(type->type, &classes->typlen, &classes->typbyval);
			fmgr_info_cxt(lookup_type_cache(type->type, TYPECACHE_CMP_PROC)->cmp_proc,
						  &classes->compare, classes->cxt);
			break;
		case VALUE_TEXT:
			classes->constant.text = palloc(max_constants * sizeof(TextConstant));
			classes->prefix = palloc((max_prefixes + 1) * sizeof(TextConstant));
			text_set(&classes->prefix[classes->nprefixes++],
					 PointerGetDatum(cstring_to_text("")));
			break;
	}
	MemoryContextSwitchTo(old);
	return classes;
}

/*
 * leadcrm_value_constant
 *		A constant in the form that values of this kind are compared in.
 *
 * valuetype: the constant's type, which may differ from that of the values
 * (a bigint compared with an integer column).
 */
Datum
leadcrm_value_constant(const ValueType *type, Datum value, Oid valuetype)
{
	switch (type->kind)
	{
		case VALUE_INTEGER:
			return Int64GetDatum(integer_fetch(valuetype, value));
		case VALUE_FLOAT:
			return valuetype == FLOAT4OID ? Float8GetDatum((float8) DatumGetFloat4(value)) : value;
		default:
			return value;
	}
}

/*
 * leadcrm_value_classes_add
 *		Have values told from this constant, or from those that begin with it.
 *
 * constant: as leadcrm_value_constant() gives it; copied.
 */
void
leadcrm_value_classes_add(ValueClasses *classes, Datum constant, bool prefix)
{
	MemoryContext old = MemoryContextSwitchTo(classes->cxt);

	if (prefix)
	{
		Assert(classes->nprefixes <= classes->max_prefixes);
		text_set(&classes->prefix[classes->nprefixes++], constant);
	}
	else
	{
		Assert(classes->n < classes->max_constants);
		switch (classes->type.kind)
		{
			case VALUE_ANY:
				Assert(false);
				break;
			case VALUE_INTEGER:
				classes->constant.integer[classes->n++] = DatumGetInt64(constant);
				break;
			case VALUE_FLOAT:
				classes->constant.number[classes->n++] = DatumGetFloat8(constant);
				break;
			case VALUE_ORDERED:
				classes->constant.ordered[classes->n++] =
					classes->typlen == -1 ? PointerGetDatum(PG_DETOAST_DATUM_COPY(constant)) :
					datumCopy(constant, classes->typbyval, classes->typlen);
				break;
			case VALUE_TEXT:
				text_set(&classes->constant.text[classes->n++], constant);
				break;
		}
	}
	MemoryContextSwitchTo(old);
}

/*
 * leadcrm_value_classes_finish
 *		Number the classes; no constant may be added from now on.
 */
void
leadcrm_value_classes_finish(ValueClasses *classes)
{
	MemoryContext old = MemoryContextSwitchTo(classes->cxt);

	switch (classes->type.kind)
	{
		case VALUE_ANY:
			break;
		case VALUE_INTEGER:
			qsort(classes->constant.integer, classes->n, sizeof(int64), integer_compare);
			classes->n = qunique(classes->constant.integer, classes->n, sizeof(int64),
								 integer_compare);
			break;
		case VALUE_FLOAT:
			qsort(classes->constant.number, classes->n, sizeof(float8), float_compare);
			classes->n = qunique(classes->constant.number, classes->n, sizeof(float8),
								 float_compare);
			break;
		case VALUE_ORDERED:
			qsort_arg(classes->constant.ordered, classes->n, sizeof(Datum), ordered_compare,
					  classes);
			classes->n = qunique_arg(classes->constant.ordered, classes->n, sizeof(Datum),
									 ordered_compare, classes);
			break;
		case VALUE_TEXT:
			text_finish(classes);
			break;
	}
	MemoryContextSwitchTo(old);
}

/*
 * leadcrm_value_classes_count
 *		How many classes there are; they are numbered from 0.
 */
int
leadcrm_value_classes_count(const ValueClasses *classes)
{
	switch (classes->type.kind)
	{
		case VALUE_ANY:
			return 1;
		case VALUE_TEXT:
			return classes->n + classes->nprefixes;
		default:
			return 2 * classes->n + 1;
	}
}

/*
 * leadcrm_value_class
 *		The class of a value that is not NULL.
 *
 * May leave a detoasted copy in the current memory context.
 */
int
leadcrm_value_class(const ValueClasses *classes, Datum value)
{
	switch (classes->type.kind)
	{
		case VALUE_ANY:
			return 0;
		case VALUE_INTEGER:
			return integer_class(classes, integer_fetch(classes->type.type, value));
		case VALUE_FLOAT:
			return float_class(classes, classes->type.type == FLOAT4OID ?
							   (float8) DatumGetFloat4(value) : DatumGetFloat8(value));
		case VALUE_ORDERED:
			return ordered_class(classes, value);
		case VALUE_TEXT:
			return text_class(classes, value);
	}
	return 0;					/* keep compiler quiet */
}

/*
 * leadcrm_value_class_of_constant
 *		The class of a constant that leadcrm_value_constant() gave.
 */
int
leadcrm_value_class_of_constant(const ValueClasses *classes, Datum constant)
{
	switch (classes->type.kind)
	{
		case VALUE_INTEGER:
			return integer_class(classes, DatumGetInt64(constant));
		case VALUE_FLOAT:
			return float_class(classes, DatumGetFloat8(constant));
		default:
			return leadcrm_value_class(classes, constant);
	}
}

/*
 * leadcrm_value_class_starts_with
 *		Whether the texts of this class begin with a prefix.
 *
 * prefix: a text that has been added as prefix, so that it is all or none.
 */
bool
leadcrm_value_class_starts_with(const ValueClasses *classes, int class, Datum prefix)
{
	text	   *t = DatumGetTextPP(prefix);
	TextConstant p = {.data = VARDATA_ANY(t),.len = VARSIZE_ANY_EXHDR(t)};

	Assert(classes->type.kind == VALUE_TEXT);
	return text_begins_with(class < classes->n ? &classes->constant.text[class] :
							&classes->prefix[class - classes->n], &p);
}

static int
integer_compare(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return (x > y) - (x < y);
}

static int
float_compare(const void *a, const void *b)
{
	float8		x = *(const float8 *) a;
	float8		y = *(const float8 *) b;

	return float8_gt(x, y) - float8_lt(x, y);
}

static int
ordered_compare(const void *a, const void *b, void *arg)
{
	ValueClasses *classes = arg;

	return DatumGetInt32(FunctionCall2Coll(&classes->compare, classes->type.collation,
										   *(const Datum *) a, *(const Datum *) b));
}

/* By bytes, a prefix before what begins with it. */
static int
text_compare(const void *a, const void *b)
{
	const TextConstant *x = a;
	const TextConstant *y = b;
	int			order;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	order = memcmp(x->data, y->data, Min(x->len, y->len));
	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/*
 * The look-ups below find how many constants are less than the value, by
 * halving the rest; without a branch on the outcome, which nobody could
 * predict.
 */

static int
integer_class(const ValueClasses *classes, int64 value)
{
	const int64 *constant = classes->constant.integer;
	int			less = 0;

	for (int n = classes->n; n > 0; n -= (n + 1) / 2)
		less += constant[less + (n - 1) / 2] < value ? (n + 1) / 2 : 0;
	return 2 * less + (less < classes->n && constant[less] == value);
}

static int
float_class(const ValueClasses *classes, float8 value)
{
	const float8 *constant = classes->constant.number;
	int			less = 0;

	for (int n = classes->n; n > 0; n -= (n + 1) / 2)
		less += float8_lt(constant[less + (n - 1) / 2], value) ? (n + 1) / 2 : 0;
	return 2 * less + (less < classes->n && float8_eq(constant[less], value));
}

static int
ordered_class(const ValueClasses *classes, Datum value)
{
	ValueClasses *writable = unconstify(ValueClasses *, classes);
	int			low = 0;
	int			high = classes->n;

	/* Once here rather than in each comparison. */
	if (classes->typlen == -1)
		value = PointerGetDatum(PG_DETOAST_DATUM(value));
	while (low < high)
	{
		int			middle = (low + high) / 2;
		int			order = ordered_compare(&classes->constant.ordered[middle], &value, writable);

		if (order == 0)
			return 2 * middle + 1;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return 2 * low;
}

static int
text_class(const ValueClasses *classes, Datum value)
{
	text	   *t = DatumGetTextPP(value);
	TextConstant v;

	v.data = VARDATA_ANY(t);
	v.len = VARSIZE_ANY_EXHDR(t);
	if (v.len <= classes->max_len)
	{
		uint32		i = text_hash(v.data, v.len) & classes->mask;

		for (; classes->slot[i] != 0; i = (i + 1) & classes->mask)
		{
			if (text_equal(&classes->constant.text[classes->slot[i] - 1], &v))
				return classes->slot[i] - 1;
		}
	}
	if (classes->nprefixes == 1)
		return classes->n;
	v.key = text_key(v.data, v.len);
	return classes->n + prefix_find(classes, &v);
}

/*
 * The longest prefix that a text begins with.  All that lie between a prefix
 * and the text in the order of bytes begin with that prefix too; so it is the
 * last one not after the text, or the first of its parents that fits.
 */
static int
prefix_find(const ValueClasses *classes, const TextConstant *value)
{
	int			low = 1;
	int			high = classes->nprefixes;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (text_compare(&classes->prefix[middle], value) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (low--; low > 0; low = classes->prefix[low].parent)
	{
		if (text_begins_with(value, &classes->prefix[low]))
			break;
	}
	return low;
}

static void
text_finish(ValueClasses *classes)
{
	uint32		size = 2;

	qsort(classes->prefix, classes->nprefixes, sizeof(TextConstant), text_compare);
	classes->nprefixes = qunique(classes->prefix, classes->nprefixes, sizeof(TextConstant),
								 text_compare);
	classes->prefix[0].parent = -1;
	for (int i = 1; i < classes->nprefixes; i++)
	{
		int			parent = i - 1;

		while (!text_begins_with(&classes->prefix[i], &classes->prefix[parent]))
			parent = classes->prefix[parent].parent;
		classes->prefix[i].parent = parent;
	}

	qsort(classes->constant.text, classes->n, sizeof(TextConstant), text_compare);
	classes->n = qunique(classes->constant.text, classes->n, sizeof(TextConstant), text_compare);
	Assert(classes->n < PG_UINT16_MAX);
	while (size < 2 * classes->n)
		size *= 2;
	classes->mask = size - 1;
	classes->slot = palloc0(size * sizeof(uint16));
	classes->max_len = -1;
	for (int i = 0; i < classes->n; i++)
	{
		const TextConstant *constant = &classes->constant.text[i];
		uint32		j = text_hash(constant->data, constant->len) & classes->mask;

		while (classes->slot[j] != 0)
			j = (j + 1) & classes->mask;
		classes->slot[j] = i + 1;
		classes->max_len = Max(classes->max_len, constant->len);
	}
}

/* Copies the text to the current memory context. */
static void
text_set(TextConstant *constant, Datum value)
{
	text	   *copy = DatumGetTextPCopy(value);

	constant->data = VARDATA(copy);
	constant->len = VARSIZE(copy) - VARHDRSZ;
	constant->key = text_key(constant->data, constant->len);
	constant->parent = -1;
}

static uint64
text_key(const char *data, int len)
{
	uint64		key = 0;

	memcpy(&key, data, Min(len, (int) sizeof(key)));
	return pg_ntoh64(key);
}

/* Beginning, end and length: enough to tell a set's constants apart. */
static uint32
text_hash(const char *data, int len)
{
	uint64		first = 0;
	uint64		last = 0;
	uint64		hash;

	if (len >= sizeof(uint64))
	{
		memcpy(&first, data, sizeof(first));
		memcpy(&last, data + len - sizeof(last), sizeof(last));
	}
	else if (len >= sizeof(uint32))
	{
		memcpy(&first, data, sizeof(uint32));
		memcpy(&last, data + len - sizeof(uint32), sizeof(uint32));
	}
	else if (len > 0)
		first = (uint64) (uint8) data[0] << 16 | (uint64) (uint8) data[len / 2] << 8 |
			(uint8) data[len - 1];

	/* The multipliers and shifts of MurmurHash's 64-bit finalizer. */
	hash = (first ^ len) * UINT64CONST(0xff51afd7ed558ccd);
	hash = (hash ^ (hash >> 33) ^ last) * UINT64CONST(0xc4ceb9fe1a85ec53);
	return (uint32) (hash ^ (hash >> 33));
}

static bool
text_equal(const TextConstant *a, const TextConstant *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* Whether a begins with b. */
static bool
text_begins_with(const TextConstant *a, const TextConstant *b)
{
	return a->len >= b->len && memcmp(a->data, b->data, b->len) == 0;
}

static int64
integer_fetch(Oid type, Datum value)
{
	switch (type)
	{
		case BOOLOID:
			return DatumGetBool(value);
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
		case DATEOID:
			return DatumGetInt32(value);
		case ANYENUMOID:
			return DatumGetObjectId(value);
		default:
			Assert(type == INT8OID || type == TIMESTAMPOID || type == TIMESTAMPTZOID);
			return DatumGetInt64(value);
	}
}
