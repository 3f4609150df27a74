/*-------------------------------------------------------------------------
 * rule_vocabulary.c
 *	  The functions and operators that a condition may use.
 *
 * They are listed by OID, whether they are called by name, as an operator or
 * as a cast.  That a function is immutable is not enough: immutable ones read
 * the catalogs, run for hours, or give a gigabyte for each row.
 *
 * A listed function is marked as what it does on the worst arguments its types
 * can hold.  "Cannot fail" was read off its source: no path raises an error
 * but for corrupt data, a missing collation (refused in rule_allow.c) or
 * memory: a text near the limit of 1 GB may still exceed it.  Those errors are
 * not the rule's, and who evaluates rules lets them pass through.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/tuplestore.h"

#include "rule_allow.h"

typedef struct RuleFunction
{
	Oid			oid;
	RuleCall	call;
} RuleFunction;

typedef struct NamedCall
{
	const char *name;
	RuleCall	call;
} NamedCall;

/* = <> < <= > >= of types l and r */
#define COMPARISONS(l, r, call) \
	{F_##l##EQ##r, call}, {F_##l##NE##r, call}, {F_##l##LT##r, call}, \
	{F_##l##LE##r, call}, {F_##l##GT##r, call}, {F_##l##GE##r, call}
/* + - * / of types t */
#define ARITHMETIC(t) \
	{F_##t##PL, CALL_MAY_FAIL}, {F_##t##MI, CALL_MAY_FAIL}, \
	{F_##t##MUL, CALL_MAY_FAIL}, {F_##t##DIV, CALL_MAY_FAIL}

/* Functions of pg_catalog; sorted by OID at the first look-up. */
static RuleFunction catalog_functions[] = {
	/* comparisons: none does more than compare */
	COMPARISONS(INT2,, CALL_CANNOT_FAIL), COMPARISONS(INT24,, CALL_CANNOT_FAIL),
	COMPARISONS(INT28,, CALL_CANNOT_FAIL), COMPARISONS(INT4,, CALL_CANNOT_FAIL),
	COMPARISONS(INT42,, CALL_CANNOT_FAIL), COMPARISONS(INT48,, CALL_CANNOT_FAIL),
	COMPARISONS(INT8,, CALL_CANNOT_FAIL), COMPARISONS(INT82,, CALL_CANNOT_FAIL),
	COMPARISONS(INT84,, CALL_CANNOT_FAIL), COMPARISONS(FLOAT4,, CALL_CANNOT_FAIL),
	COMPARISONS(FLOAT48,, CALL_CANNOT_FAIL), COMPARISONS(FLOAT8,, CALL_CANNOT_FAIL),
	COMPARISONS(FLOAT84,, CALL_CANNOT_FAIL), COMPARISONS(NUMERIC_,, CALL_CANNOT_FAIL),
	COMPARISONS(BOOL,, CALL_CANNOT_FAIL), COMPARISONS(BPCHAR,, CALL_CANNOT_FAIL),
	COMPARISONS(UUID_,, CALL_CANNOT_FAIL), COMPARISONS(JSONB_,, CALL_CANNOT_FAIL),
	COMPARISONS(ARRAY_,, CALL_CANNOT_FAIL), COMPARISONS(INTERVAL_,, CALL_CANNOT_FAIL),
	COMPARISONS(DATE_,, CALL_CANNOT_FAIL), COMPARISONS(DATE_, _TIMESTAMP, CALL_CANNOT_FAIL),
	COMPARISONS(TIMESTAMP_, _DATE, CALL_CANNOT_FAIL), COMPARISONS(TIMESTAMP_,, CALL_CANNOT_FAIL),
	COMPARISONS(TIMESTAMPTZ_,, CALL_CANNOT_FAIL),
	{F_TEXTEQ, CALL_CANNOT_FAIL}, {F_TEXTNE, CALL_CANNOT_FAIL}, {F_TEXT_LT, CALL_CANNOT_FAIL},
	{F_TEXT_LE, CALL_CANNOT_FAIL}, {F_TEXT_GT, CALL_CANNOT_FAIL}, {F_TEXT_GE, CALL_CANNOT_FAIL},
	/* the order of labels is in the catalogs, equality is not */
	{F_ENUM_EQ, CALL_CANNOT_FAIL}, {F_ENUM_NE, CALL_CANNOT_FAIL},

	/* arithmetic: overflow, division by zero */
	ARITHMETIC(INT2), ARITHMETIC(INT24), ARITHMETIC(INT28),
	ARITHMETIC(INT4), ARITHMETIC(INT42), ARITHMETIC(INT48),
	ARITHMETIC(INT8), ARITHMETIC(INT82), ARITHMETIC(INT84),
	ARITHMETIC(FLOAT4), ARITHMETIC(FLOAT48), ARITHMETIC(FLOAT8), ARITHMETIC(FLOAT84),
	{F_NUMERIC_ADD, CALL_MAY_FAIL}, {F_NUMERIC_SUB, CALL_MAY_FAIL},
	{F_NUMERIC_MUL, CALL_MAY_FAIL}, {F_NUMERIC_DIV, CALL_MAY_FAIL},
	{F_INT2MOD, CALL_MAY_FAIL}, {F_INT4MOD, CALL_MAY_FAIL}, {F_INT8MOD, CALL_MAY_FAIL},
	{F_NUMERIC_MOD, CALL_MAY_FAIL}, {F_MOD_INT2_INT2, CALL_MAY_FAIL},
	{F_MOD_INT4_INT4, CALL_MAY_FAIL}, {F_MOD_INT8_INT8, CALL_MAY_FAIL},
	{F_MOD_NUMERIC_NUMERIC, CALL_MAY_FAIL},
	{F_INT2UM, CALL_MAY_FAIL}, {F_INT4UM, CALL_MAY_FAIL}, {F_INT8UM, CALL_MAY_FAIL},
	{F_FLOAT4UM, CALL_CANNOT_FAIL}, {F_FLOAT8UM, CALL_CANNOT_FAIL},
	{F_NUMERIC_UMINUS, CALL_CANNOT_FAIL}, {F_INTERVAL_UM, CALL_MAY_FAIL},
	{F_INT2UP, CALL_CANNOT_FAIL}, {F_INT4UP, CALL_CANNOT_FAIL}, {F_INT8UP, CALL_CANNOT_FAIL},
	{F_FLOAT4UP, CALL_CANNOT_FAIL}, {F_FLOAT8UP, CALL_CANNOT_FAIL},
	{F_NUMERIC_UPLUS, CALL_CANNOT_FAIL},
	{F_ABS_INT2, CALL_MAY_FAIL}, {F_ABS_INT4, CALL_MAY_FAIL}, {F_ABS_INT8, CALL_MAY_FAIL},
	{F_ABS_FLOAT4, CALL_CANNOT_FAIL}, {F_ABS_FLOAT8, CALL_CANNOT_FAIL},
	{F_ABS_NUMERIC, CALL_CANNOT_FAIL},
	{F_ROUND_NUMERIC, CALL_MAY_FAIL}, {F_ROUND_NUMERIC_INT4, CALL_MAY_FAIL},
	{F_TRUNC_NUMERIC, CALL_MAY_FAIL}, {F_TRUNC_NUMERIC_INT4, CALL_MAY_FAIL},
	{F_CEIL_NUMERIC, CALL_MAY_FAIL}, {F_CEILING_NUMERIC, CALL_MAY_FAIL},
	{F_FLOOR_NUMERIC, CALL_MAY_FAIL},
	{F_ROUND_FLOAT8, CALL_CANNOT_FAIL}, {F_TRUNC_FLOAT8, CALL_CANNOT_FAIL},
	{F_CEIL_FLOAT8, CALL_CANNOT_FAIL}, {F_CEILING_FLOAT8, CALL_CANNOT_FAIL},
	{F_FLOOR_FLOAT8, CALL_CANNOT_FAIL},

	/* casts of numbers: to a wider type, and to one that may be too narrow */
	{F_INT4_INT2, CALL_CANNOT_FAIL}, {F_INT8_INT2, CALL_CANNOT_FAIL}, {F_INT8_INT4, CALL_CANNOT_FAIL},
	{F_FLOAT4_INT2, CALL_CANNOT_FAIL}, {F_FLOAT4_INT4, CALL_CANNOT_FAIL}, {F_FLOAT4_INT8, CALL_CANNOT_FAIL},
	{F_FLOAT8_INT2, CALL_CANNOT_FAIL}, {F_FLOAT8_INT4, CALL_CANNOT_FAIL}, {F_FLOAT8_INT8, CALL_CANNOT_FAIL},
	{F_FLOAT8_FLOAT4, CALL_CANNOT_FAIL},
	{F_NUMERIC_INT2, CALL_CANNOT_FAIL}, {F_NUMERIC_INT4, CALL_CANNOT_FAIL}, {F_NUMERIC_INT8, CALL_CANNOT_FAIL},
	{F_NUMERIC_FLOAT4, CALL_CANNOT_FAIL}, {F_NUMERIC_FLOAT8, CALL_CANNOT_FAIL},
	{F_INT4_BOOL, CALL_CANNOT_FAIL}, {F_BOOL_INT4, CALL_CANNOT_FAIL},
	{F_INT2_INT4, CALL_MAY_FAIL}, {F_INT2_INT8, CALL_MAY_FAIL}, {F_INT4_INT8, CALL_MAY_FAIL},
	{F_INT2_FLOAT4, CALL_MAY_FAIL}, {F_INT4_FLOAT4, CALL_MAY_FAIL}, {F_INT8_FLOAT4, CALL_MAY_FAIL},
	{F_INT2_FLOAT8, CALL_MAY_FAIL}, {F_INT4_FLOAT8, CALL_MAY_FAIL}, {F_INT8_FLOAT8, CALL_MAY_FAIL},
	{F_INT2_NUMERIC, CALL_MAY_FAIL}, {F_INT4_NUMERIC, CALL_MAY_FAIL}, {F_INT8_NUMERIC, CALL_MAY_FAIL},
	{F_FLOAT4_NUMERIC, CALL_MAY_FAIL}, {F_FLOAT8_NUMERIC, CALL_MAY_FAIL}, {F_FLOAT4_FLOAT8, CALL_MAY_FAIL},
	{F_NUMERIC_NUMERIC_INT4, CALL_MAY_FAIL},

	/* text; replace, repeat, lpad and their like could multiply its length */
	{F_LENGTH_TEXT, CALL_CANNOT_FAIL}, {F_LENGTH_BPCHAR, CALL_CANNOT_FAIL},
	{F_CHAR_LENGTH_TEXT, CALL_CANNOT_FAIL}, {F_CHAR_LENGTH_BPCHAR, CALL_CANNOT_FAIL},
	{F_CHARACTER_LENGTH_TEXT, CALL_CANNOT_FAIL}, {F_CHARACTER_LENGTH_BPCHAR, CALL_CANNOT_FAIL},
	{F_OCTET_LENGTH_TEXT, CALL_CANNOT_FAIL}, {F_OCTET_LENGTH_BPCHAR, CALL_CANNOT_FAIL},
	{F_LOWER_TEXT, CALL_CANNOT_FAIL}, {F_UPPER_TEXT, CALL_CANNOT_FAIL},
	{F_BTRIM_TEXT, CALL_CANNOT_FAIL}, {F_BTRIM_TEXT_TEXT, CALL_CANNOT_FAIL},
	{F_LTRIM_TEXT, CALL_CANNOT_FAIL}, {F_LTRIM_TEXT_TEXT, CALL_CANNOT_FAIL},
	{F_RTRIM_TEXT, CALL_CANNOT_FAIL}, {F_RTRIM_TEXT_TEXT, CALL_CANNOT_FAIL},
	{F_LEFT, CALL_CANNOT_FAIL}, {F_RIGHT, CALL_CANNOT_FAIL},
	{F_SUBSTR_TEXT_INT4, CALL_CANNOT_FAIL}, {F_SUBSTRING_TEXT_INT4, CALL_CANNOT_FAIL},
	{F_SUBSTR_TEXT_INT4_INT4, CALL_LENGTH}, {F_SUBSTRING_TEXT_INT4_INT4, CALL_LENGTH},
	{F_SPLIT_PART, CALL_PART}, {F_STRPOS, CALL_SEARCH}, {F_POSITION_TEXT_TEXT, CALL_SEARCH},
	{F_STARTS_WITH, CALL_SEARCH}, {F_TEXTCAT, CALL_CANNOT_FAIL},
	{F_TEXTLIKE, CALL_LIKE}, {F_TEXTNLIKE, CALL_LIKE},
	{F_BPCHARLIKE, CALL_LIKE}, {F_BPCHARNLIKE, CALL_LIKE},
	{F_TEXTICLIKE, CALL_LIKE}, {F_TEXTICNLIKE, CALL_LIKE},
	{F_BPCHARICLIKE, CALL_LIKE}, {F_BPCHARICNLIKE, CALL_LIKE},
	{F_LIKE_ESCAPE_TEXT_TEXT, CALL_MAY_FAIL},
	{F_TEXT_BOOL, CALL_CANNOT_FAIL}, {F_TEXT_BPCHAR, CALL_CANNOT_FAIL},
	{F_VARCHAR_VARCHAR_INT4_BOOL, CALL_TRUNCATES}, {F_BPCHAR_BPCHAR_INT4_BOOL, CALL_TRUNCATES},

	/* jsonb: a key that is not there is NULL */
	{F_JSONB_OBJECT_FIELD, CALL_CANNOT_FAIL}, {F_JSONB_OBJECT_FIELD_TEXT, CALL_CANNOT_FAIL},
	{F_JSONB_ARRAY_ELEMENT, CALL_CANNOT_FAIL}, {F_JSONB_ARRAY_ELEMENT_TEXT, CALL_CANNOT_FAIL},
	{F_JSONB_EXTRACT_PATH, CALL_CANNOT_FAIL}, {F_JSONB_EXTRACT_PATH_TEXT, CALL_CANNOT_FAIL},
	{F_JSONB_EXISTS, CALL_CANNOT_FAIL}, {F_JSONB_EXISTS_ANY, CALL_CANNOT_FAIL},
	{F_JSONB_EXISTS_ALL, CALL_CANNOT_FAIL}, {F_JSONB_TYPEOF, CALL_CANNOT_FAIL},
	{F_JSONB_CONTAINS, CALL_CONTAINS}, {F_JSONB_CONTAINED, CALL_MAY_FAIL},
	{F_JSONB_ARRAY_LENGTH, CALL_MAY_FAIL},
	{F_BOOL_JSONB, CALL_MAY_FAIL}, {F_NUMERIC_JSONB, CALL_MAY_FAIL},
	{F_INT2_JSONB, CALL_MAY_FAIL}, {F_INT4_JSONB, CALL_MAY_FAIL}, {F_INT8_JSONB, CALL_MAY_FAIL},
	{F_FLOAT4_JSONB, CALL_MAY_FAIL}, {F_FLOAT8_JSONB, CALL_MAY_FAIL},

	/* arrays; element types that differ are refused by parse analysis */
	{F_ARRAYCONTAINS, CALL_CANNOT_FAIL}, {F_ARRAYCONTAINED, CALL_CANNOT_FAIL},
	{F_ARRAYOVERLAP, CALL_CANNOT_FAIL}, {F_CARDINALITY, CALL_CANNOT_FAIL},
	{F_ARRAY_LENGTH, CALL_CANNOT_FAIL},

	/* dates and times that depend on no time zone */
	{F_EXTRACT_TEXT_DATE, CALL_FIELD}, {F_EXTRACT_TEXT_TIMESTAMP, CALL_FIELD},
	{F_EXTRACT_TEXT_INTERVAL, CALL_FIELD},
	{F_DATE_TIMESTAMP, CALL_CANNOT_FAIL},
	{F_INTERVAL_PL, CALL_MAY_FAIL}, {F_INTERVAL_MI, CALL_MAY_FAIL}, {F_INTERVAL_MUL, CALL_MAY_FAIL},
	{F_MUL_D_INTERVAL, CALL_MAY_FAIL}, {F_INTERVAL_DIV, CALL_MAY_FAIL},
	{F_INTERVAL_INTERVAL_INT4, CALL_MAY_FAIL},

	/* what rule_zone.c binds to the zone of the rule, or makes safe */
	COMPARISONS(DATE_, _TIMESTAMPTZ, CALL_BOUND), COMPARISONS(TIMESTAMP_, _TIMESTAMPTZ, CALL_BOUND),
	COMPARISONS(TIMESTAMPTZ_, _DATE, CALL_BOUND), COMPARISONS(TIMESTAMPTZ_, _TIMESTAMP, CALL_BOUND),
	{F_DATE_TIMESTAMPTZ, CALL_BOUND}, {F_TIMESTAMP_TIMESTAMPTZ, CALL_BOUND},
	{F_TIMESTAMPTZ_DATE, CALL_BOUND}, {F_TIMESTAMPTZ_TIMESTAMP, CALL_BOUND}, {F_TIMESTAMP_DATE, CALL_BOUND},
	{F_TIMEZONE_TEXT_TIMESTAMPTZ, CALL_BOUND}, {F_TIMEZONE_TEXT_TIMESTAMP, CALL_BOUND},
	{F_EXTRACT_TEXT_TIMESTAMPTZ, CALL_BOUND},
	{F_DATE_TRUNC_TEXT_TIMESTAMP, CALL_BOUND}, {F_DATE_TRUNC_TEXT_TIMESTAMPTZ, CALL_BOUND},
	{F_TIMESTAMPTZ_PL_INTERVAL, CALL_BOUND}, {F_TIMESTAMPTZ_MI_INTERVAL, CALL_BOUND},
	{F_TIMESTAMP_PL_INTERVAL, CALL_BOUND}, {F_TIMESTAMP_MI_INTERVAL, CALL_BOUND},
	{F_DATE_PL_INTERVAL, CALL_BOUND}, {F_DATE_MI_INTERVAL, CALL_BOUND},
	{F_INTERVAL_PL_TIMESTAMPTZ, CALL_BOUND}, {F_INTERVAL_PL_TIMESTAMP, CALL_BOUND},
	{F_INTERVAL_PL_DATE, CALL_BOUND}, {F_DATE_PLI, CALL_BOUND}, {F_INTEGER_PL_DATE, CALL_BOUND},
	{F_DATE_MII, CALL_BOUND}, {F_DATE_MI, CALL_BOUND}, {F_TIMESTAMP_MI, CALL_BOUND},
	{F_TIMESTAMPTZ_MI, CALL_BOUND},
};

/* Those of them that a condition may call by name; sorted. */
static const char *const catalog_names[] = {
	"abs", "array_length", "btrim", "cardinality", "ceil", "ceiling", "char_length",
	"character_length", "date", "date_trunc", "extract", "floor", "jsonb_array_length",
	"jsonb_typeof", "left", "length", "like_escape", "lower", "ltrim", "mod", "octet_length",
	"position", "right", "round", "rtrim", "split_part", "starts_with", "strpos", "substr",
	"substring", "timezone", "trunc", "upper"
};

/*
 * Functions of leadcrm, with all their overloads; sorted.  They are ours, and
 * give NULL for what they cannot read.
 */
static const NamedCall leadcrm_functions[] = {
	{"add", CALL_IN_ZONE},
	{"at_zone", CALL_IN_ZONE},
	{"cell_text", CALL_OF_TEXT},
	{"company_core", CALL_OF_TEXT},
	{"company_key", CALL_OF_TEXT},
	{"day", CALL_OF_TEXT},
	{"divide", CALL_CANNOT_FAIL},
	{"email_is_shared", CALL_OF_TEXT},
	{"email_key", CALL_OF_TEXT},
	{"emails_in", CALL_OF_TEXT},
	{"flag", CALL_OF_TEXT},
	{"fold_text", CALL_OF_TEXT},
	{"is_test_text", CALL_OF_TEXT},
	{"job_title_in", CALL_OF_TEXT},
	{"moment", CALL_IN_ZONE},
	{"money_currency", CALL_OF_TEXT},
	{"multiply", CALL_CANNOT_FAIL},
	{"normalize_company", CALL_OF_TEXT},
	{"normalize_email", CALL_OF_TEXT},
	{"num", CALL_OF_TEXT},
	{"person_in", CALL_OF_TEXT},
	{"person_key", CALL_OF_TEXT},
	{"person_name", CALL_OF_TEXT},
	{"person_title", CALL_OF_TEXT},
	{"phone_country", CALL_CANNOT_FAIL},
	{"phone_extension", CALL_CANNOT_FAIL},
	{"phone_is_shared", CALL_CANNOT_FAIL},
	{"phone_key", CALL_CANNOT_FAIL},
	{"phone_kind", CALL_CANNOT_FAIL},
	{"phones_in", CALL_OF_TEXT},
	{"quantity_high", CALL_OF_TEXT},
	{"quantity_low", CALL_OF_TEXT},
	{"quantity_vague", CALL_OF_TEXT},
	{"region_name", CALL_OF_TEXT},
	{"region_of", CALL_OF_TEXT},
	{"region_parent", CALL_OF_TEXT},
	{"same_company", CALL_OF_TEXT},
	{"simplify_text", CALL_OF_TEXT},
	{"start_of", CALL_FIELD},
	{"subtract", CALL_IN_ZONE},
	{"tax_id", CALL_OF_TEXT},
	{"tax_id_valid", CALL_OF_TEXT},
	{"try_phone", CALL_OF_TEXT},
	{"wechat_id", CALL_OF_TEXT},
	{"wechat_in", CALL_OF_TEXT},
};

/* Those behind operators of leadcrm; sorted. */
static const NamedCall leadcrm_operators[] = {
	{"phone_eq", CALL_CANNOT_FAIL},
	{"phone_eq_text", CALL_OF_TEXT},
	{"phone_ge", CALL_CANNOT_FAIL},
	{"phone_gt", CALL_CANNOT_FAIL},
	{"phone_le", CALL_CANNOT_FAIL},
	{"phone_lt", CALL_CANNOT_FAIL},
	{"phone_ne", CALL_CANNOT_FAIL},
	{"phone_ne_text", CALL_OF_TEXT},
	{"text_eq_phone", CALL_OF_TEXT},
	{"text_ne_phone", CALL_OF_TEXT},
};

/* Operators that a condition may write; sorted. */
static const char *const operator_names[] = {
	"!~~", "!~~*", "#>", "#>>", "%", "&&", "*", "+", "-", "->", "->>", "/", "<", "<=", "<>",
	"<@", "=", ">", ">=", "?", "?&", "?|", "@>", "^@", "||", "~~", "~~*"
};

static void sort_catalog_functions(void);
static int	compare_functions(const void *a, const void *b);
static int	compare_names(const void *a, const void *b);
static void list_overloads(ReturnSetInfo *rsinfo, const NamedCall *function, bool named);
static void list_function(ReturnSetInfo *rsinfo, Oid function, RuleCall call, bool named);
static void list_call(ReturnSetInfo *rsinfo, Oid function, bool named, Oid *types, int ntypes,
					  int at, const char *constant, bool may_fail);

PG_FUNCTION_INFO_V1(leadcrm_rule_functions);

/*
 * _rule_functions() -> setof (function oid, named boolean, arguments text, may_fail boolean)
 *		The list, for rule_vocabulary().
 *
 * named: a condition may call it by its name.  A function that cannot fail if
 * an argument is constant is given twice.
 */
Datum
leadcrm_rule_functions(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	sort_catalog_functions();
	for (int i = 0; i < lengthof(catalog_functions); i++)
	{
		char	   *name = get_func_name(catalog_functions[i].oid);

		list_function(rsinfo, catalog_functions[i].oid, catalog_functions[i].call,
					  bsearch(&name, catalog_names, lengthof(catalog_names),
							  sizeof(char *), compare_names) != NULL);
	}
	for (int i = 0; i < lengthof(leadcrm_functions); i++)
		list_overloads(rsinfo, &leadcrm_functions[i], true);
	for (int i = 0; i < lengthof(leadcrm_operators); i++)
		list_overloads(rsinfo, &leadcrm_operators[i], false);
	return (Datum) 0;
}

/*
 * leadcrm_rule_operator_known
 *		Is an operator of that name allowed for some types?
 */
bool
leadcrm_rule_operator_known(const char *name)
{
	return bsearch(&name, operator_names, lengthof(operator_names),
				   sizeof(char *), compare_names) != NULL;
}

/*
 * leadcrm_rule_function_known
 *		Is a function of that name allowed for some types?
 */
bool
leadcrm_rule_function_known(const char *name)
{
	return bsearch(&name, catalog_names, lengthof(catalog_names),
				   sizeof(char *), compare_names) != NULL ||
		bsearch(&name, leadcrm_functions, lengthof(leadcrm_functions),
				sizeof(NamedCall), compare_names) != NULL;
}

/*
 * leadcrm_rule_call
 *		What calling a function can do; CALL_REFUSED if it is not listed.
 */
RuleCall
leadcrm_rule_call(Oid function)
{
	RuleFunction key = {.oid = function};
	const RuleFunction *listed;
	const NamedCall *named = NULL;
	HeapTuple	tuple;

	sort_catalog_functions();
	listed = bsearch(&key, catalog_functions, lengthof(catalog_functions),
					 sizeof(RuleFunction), compare_functions);
	if (listed != NULL)
		return listed->call;

	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	if (!HeapTupleIsValid(tuple))
		return CALL_REFUSED;
	if (((Form_pg_proc) GETSTRUCT(tuple))->pronamespace == get_namespace_oid("leadcrm", true))
	{
		const char *name = NameStr(((Form_pg_proc) GETSTRUCT(tuple))->proname);

		named = bsearch(&name, leadcrm_functions, lengthof(leadcrm_functions),
						sizeof(NamedCall), compare_names);
		if (named == NULL)
			named = bsearch(&name, leadcrm_operators, lengthof(leadcrm_operators),
							sizeof(NamedCall), compare_names);
	}
	ReleaseSysCache(tuple);
	return named ? named->call : CALL_REFUSED;
}

static void
list_overloads(ReturnSetInfo *rsinfo, const NamedCall *function, bool named)
{
	Oid			namespace_oid = get_namespace_oid("leadcrm", false);
	CatCList   *overloads = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(function->name));

	for (int i = 0; i < overloads->n_members; i++)
	{
		Form_pg_proc proc = (Form_pg_proc) GETSTRUCT(&overloads->members[i]->tuple);

		if (proc->pronamespace == namespace_oid)
			list_function(rsinfo, proc->oid, function->call, named);
	}
	ReleaseSysCacheList(overloads);
}

/* One row, or two if a constant makes a difference. */
static void
list_function(ReturnSetInfo *rsinfo, Oid function, RuleCall call, bool named)
{
	const char *constant = NULL;
	int			at = -1;		/* its place among the arguments */
	Oid		   *types;
	int			ntypes;

	(void) get_func_signature(function, &types, &ntypes);
	switch (call)
	{
		case CALL_LIKE:
		case CALL_CONTAINS:
			constant = "constant";
			at = 1;
			break;
		case CALL_PART:
		case CALL_LENGTH:
		case CALL_TRUNCATES:
			constant = "constant";
			at = 2;
			break;
		case CALL_FIELD:
			constant = "field";
			at = 0;
			break;
		case CALL_IN_ZONE:
			if (ntypes > 1 && types[ntypes - 1] == TEXTOID)
			{
				constant = "zone";
				at = ntypes - 1;
			}
			break;
		case CALL_BOUND:
			if (types[0] == TEXTOID)
			{
				constant = strcmp(get_func_name(function), "timezone") == 0 ? "zone" : "field";
				at = 0;
			}
			break;
		default:
			break;
	}
	if (at >= 0)
		list_call(rsinfo, function, named, types, ntypes, at, constant, false);
	if (at < 0 || strcmp(constant, "constant") == 0)
		list_call(rsinfo, function, named, types, ntypes, -1, NULL,
				  at >= 0 || call == CALL_MAY_FAIL);
}

static void
list_call(ReturnSetInfo *rsinfo, Oid function, bool named, Oid *types, int ntypes,
		  int at, const char *constant, bool may_fail)
{
	Datum		values[4];
	bool		nulls[4] = {0};
	StringInfoData arguments;

	initStringInfo(&arguments);
	for (int i = 0; i < ntypes; i++)
		appendStringInfo(&arguments, "%s%s", i > 0 ? ", " : "",
						 i == at ? constant : format_type_be(types[i]));
	values[0] = ObjectIdGetDatum(function);
	values[1] = BoolGetDatum(named);
	values[2] = CStringGetTextDatum(arguments.data);
	values[3] = BoolGetDatum(may_fail);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
sort_catalog_functions(void)
{
	static bool sorted = false;

	if (!sorted)
		qsort(catalog_functions, lengthof(catalog_functions), sizeof(RuleFunction),
			  compare_functions);
	sorted = true;
}

static int
compare_functions(const void *a, const void *b)
{
	Oid			x = ((const RuleFunction *) a)->oid;
	Oid			y = ((const RuleFunction *) b)->oid;

	return x < y ? -1 : x > y;
}

/* Both start with a pointer to a name. */
static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}
