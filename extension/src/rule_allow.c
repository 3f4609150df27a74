/*-------------------------------------------------------------------------
 * rule_allow.c
 *	  What a condition may contain, and whether evaluating it can fail.
 *
 * Everything is refused that is not listed: types and kinds of nodes here,
 * functions in rule_vocabulary.c.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "nodes/nodeFuncs.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"

#include "rule_allow.h"

/* A longer constant pattern of LIKE could recurse too deep, in bytes. */
#define PATTERN_MAX		1000

/* What extract() may take out of a type, and start_of() cut a moment to. */
static const struct
{
	Oid			function;
	const char *field[14];
}			function_fields[] = {
	{F_EXTRACT_TEXT_DATE,
	{"year", "quarter", "month", "week", "isoyear", "day", "dow", "isodow", "doy"}},
	{F_EXTRACT_TEXT_TIMESTAMP,
		{"year", "quarter", "month", "week", "isoyear", "day", "dow", "isodow", "doy",
	"hour", "minute", "second", "epoch"}},
	{F_EXTRACT_TEXT_INTERVAL,
	{"year", "quarter", "month", "day", "hour", "minute", "second", "epoch"}},
	{InvalidOid,				/* leadcrm.start_of */
	{"year", "quarter", "month", "week", "day", "hour", "minute"}},
};

static bool allow_node(Node *node, void *context);
static void allow_literal(RuleSource *source, Const *value);
static bool iso_moment(const char *s, Oid type, bool needs_offset);
static bool digits(const char **s, int n);
static void allow_call(RuleSource *source, Node *node, Oid function, List *args);
static char *call_name(Node *node, Oid function);
static void allow_field(RuleSource *source, Oid function, Node *name);
static void allow_zone(RuleSource *source, Node *name);
static void allow_conversion(RuleSource *source, CoerceViaIO *conversion);
static void allow_collation(RuleSource *source, Node *node, List *args);
static bool may_fail(Node *node, void *context);
static bool call_may_fail(Node *node, Oid function, List *args);
static Const *constant(Node *node);
static bool good_pattern(const char *pattern);
static bool shallow(Jsonb *jb);
static bool uses_param(Node *node, void *context);
static bool is_text(Oid type);
static bool is_enum(Oid type);
static Oid	leadcrm_phone_type(void);

/*
 * leadcrm_rule_type_allowed
 *		May values of a type stand in a condition?
 *
 * A domain is read as what it is over.
 */
bool
leadcrm_rule_type_allowed(Oid type)
{
	Oid			base = getBaseType(type);
	Oid			element = get_element_type(base);

	switch (OidIsValid(element) ? element : base)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case INTERVALOID:
		case UUIDOID:
			return true;
		case JSONBOID:
			return !OidIsValid(element);
	}
	return (!OidIsValid(element) && is_enum(base)) ||
		(OidIsValid(element) ? element : base) == leadcrm_phone_type();
}

/*
 * leadcrm_rule_allow
 *		Raise an error, with its position, unless all of an analysed
 *		expression is allowed.
 *
 * Nothing has been folded yet.  Raises 42P17; 22007 for the literal of a date
 * or time that is not in full; 22023 for an unknown time zone; 42P22 where
 * texts have no common collation.
 */
void
leadcrm_rule_allow(RuleSource *source, Node *expr)
{
	(void) allow_node(expr, source);
}

/*
 * leadcrm_rule_class
 *		Can evaluating a checked expression raise an error?
 *
 * Constants have been folded.  *location: of what may fail, or -1.
 */
RuleClass
leadcrm_rule_class(Node *expr, int *location)
{
	*location = -1;
	return may_fail(expr, location) ? RULE_MAY_FAIL : RULE_CANNOT_FAIL;
}

/*
 * leadcrm_rule_uses_as_of
 *		Does the moment of evaluation matter?
 */
bool
leadcrm_rule_uses_as_of(Node *expr)
{
	return uses_param(expr, NULL);
}

/* Walker: refuse what is not allowed.  Never returns true. */
static bool
allow_node(Node *node, void *context)
{
	RuleSource *source = context;
	ParseState *pstate = source->pstate;

	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_List:
		case T_CaseWhen:
			return expression_tree_walker(node, allow_node, context);
		case T_Var:
		case T_Param:
		case T_BoolExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_CaseExpr:
		case T_CaseTestExpr:
		case T_CoalesceExpr:
		case T_RelabelType:
		case T_ArrayCoerceExpr:
			break;
		case T_MinMaxExpr:
			allow_collation(source, node, ((MinMaxExpr *) node)->args);
			if (is_enum(exprType(node)))
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
						 errmsg("a rule may not ask for the order of an enum"),
						 errhint("Compare with = and IN."),
						 parser_errposition(pstate, exprLocation(node))));
			break;
		case T_Const:
			allow_literal(source, (Const *) node);
			break;
		case T_FuncExpr:
			allow_call(source, node, ((FuncExpr *) node)->funcid, ((FuncExpr *) node)->args);
			break;
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			allow_call(source, node, ((OpExpr *) node)->opfuncid, ((OpExpr *) node)->args);
			break;
		case T_ScalarArrayOpExpr:
			allow_call(source, node, ((ScalarArrayOpExpr *) node)->opfuncid,
					   ((ScalarArrayOpExpr *) node)->args);
			/* labels of an enum may be listed, an array of them is no value */
			if (is_enum(get_element_type(exprType(lsecond(((ScalarArrayOpExpr *) node)->args)))))
			{
				List	   *args = ((ScalarArrayOpExpr *) node)->args;

				(void) allow_node(linitial(args), context);
				if (IsA(lsecond(args), ArrayExpr))
					return allow_node((Node *) ((ArrayExpr *) lsecond(args))->elements, context);
				if (IsA(lsecond(args), Const))
					return false;
			}
			break;
		case T_CoerceViaIO:
			allow_conversion(source, (CoerceViaIO *) node);
			break;
		case T_ArrayExpr:
			if (((ArrayExpr *) node)->multidims)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
						 errmsg("a rule may not make an array of arrays"),
						 parser_errposition(pstate, exprLocation(node))));
			break;
		case T_CoerceToDomain:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("a rule may not cast to domain %s",
							format_type_be(exprType(node))),
					 errhint("Cast to the type that it is over."),
					 parser_errposition(pstate, exprLocation(node))));
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("this kind of expression is not allowed in a rule"),
					 parser_errposition(pstate, exprLocation(node))));
	}

	if (!leadcrm_rule_type_allowed(exprType(node)) &&
		!(IsA(node, Const) && exprType(node) == UNKNOWNOID))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("type %s is not allowed in a rule", format_type_be(exprType(node))),
				 parser_errposition(pstate, exprLocation(node))));
	return expression_tree_walker(node, allow_node, context);
}

/*
 * A literal of a date or time must be written in full: what parse analysis
 * read in "today" or "01/02/2026" is another date tomorrow or elsewhere.
 */
static void
allow_literal(RuleSource *source, Const *value)
{
	Oid			element = get_element_type(value->consttype);
	ListCell   *cell;

	if (value->constisnull)
		return;
	switch (OidIsValid(element) ? element : value->consttype)
	{
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			break;
		default:
			return;
	}
	if (OidIsValid(element))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("an array of dates or times cannot be one literal in a rule"),
				 errhint("Write IN ('2026-01-05', '2026-01-06') or ARRAY[date '2026-01-05', date '2026-01-06']."),
				 parser_errposition(source->pstate, value->location)));
	foreach(cell, source->literals)
	{
		A_Const    *literal = lfirst(cell);
		const char *text = strVal(&literal->val);

		if (literal->location != value->location)
			continue;
		if (iso_moment(text, value->consttype, source->time_zone == NULL))
			return;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_DATETIME_FORMAT),
				 errmsg("\"%s\" is not a date or time in full", text),
				 parser_errposition(source->pstate, value->location)));
	}
	elog(ERROR, "literal of type %u has no text", value->consttype);
}

/* YYYY-MM-DD, then for a moment [ HH:MM[:SS[.ffffff]][Z|+HH[:MM]]] */
static bool
iso_moment(const char *s, Oid type, bool needs_offset)
{
	bool		timed = false;
	bool		zoned = false;

	if (!digits(&s, 4) || *s++ != '-' || !digits(&s, 2) || *s++ != '-' || !digits(&s, 2))
		return false;
	if (type == DATEOID)
		return *s == '\0';
	if (*s == ' ' || *s == 'T')
	{
		s++;
		timed = digits(&s, 2) && *s++ == ':' && digits(&s, 2);
		if (!timed)
			return false;
		if (*s == ':')
		{
			s++;
			if (!digits(&s, 2))
				return false;
			if (*s == '.')
			{
				s++;
				if (!digits(&s, 1))
					return false;
				s += strspn(s, "0123456789");
			}
		}
	}
	if (timed && type == TIMESTAMPTZOID)
	{
		if (*s == 'Z')
		{
			s++;
			zoned = true;
		}
		else if (*s == '+' || *s == '-')
		{
			s++;
			if (!digits(&s, 2))
				return false;
			if (*s == ':')
				s++;
			if (*s != '\0' && !digits(&s, 2))
				return false;
			zoned = true;
		}
	}
	return *s == '\0' && (zoned || type != TIMESTAMPTZOID || !needs_offset);
}

/* Skip n digits; false if there are fewer. */
static bool
digits(const char **s, int n)
{
	for (; n > 0; n--)
	{
		if (**s < '0' || **s > '9')
			return false;
		(*s)++;
	}
	return true;
}

static void
allow_call(RuleSource *source, Node *node, Oid function, List *args)
{
	ParseState *pstate = source->pstate;

	switch (leadcrm_rule_call(function))
	{
		case CALL_REFUSED:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("%s is not allowed in a rule", call_name(node, function)),
					 errhint("leadcrm.rule_vocabulary() lists what is."),
					 parser_errposition(pstate, exprLocation(node))));
			break;
		case CALL_BOUND:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("%s depends on the time zone of the session",
							call_name(node, function)),
					 source->time_zone != NULL ?
					 errhint("Compare dates with dates and moments with moments, or name the zone: created_at AT TIME ZONE 'Asia/Shanghai'.") :
					 errhint("Name the zone: created_at AT TIME ZONE 'Asia/Shanghai'."),
					 parser_errposition(pstate, exprLocation(node))));
			break;
		case CALL_FIELD:
			allow_field(source, function, linitial(args));
			break;
		case CALL_IN_ZONE:
			if (list_length(args) > 1 && exprType(llast(args)) == TEXTOID)
				allow_zone(source, llast(args));
			break;
		default:
			break;
	}
	if (function != F_TEXTCAT)
		allow_collation(source, node, args);
}

/* The function or the operator, as its writer knows it. */
static char *
call_name(Node *node, Oid function)
{
	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			return psprintf("operator %s", format_operator(((OpExpr *) node)->opno));
		case T_ScalarArrayOpExpr:
			return psprintf("operator %s", format_operator(((ScalarArrayOpExpr *) node)->opno));
		default:
			return psprintf("function %s", format_procedure(function));
	}
}

/* What compares texts must know in which collation. */
static void
allow_collation(RuleSource *source, Node *node, List *args)
{
	ListCell   *cell;

	if (OidIsValid(exprInputCollation(node)))
		return;
	foreach(cell, args)
	{
		if (type_is_collatable(exprType(lfirst(cell))))
			ereport(ERROR,
					(errcode(ERRCODE_INDETERMINATE_COLLATION),
					 errmsg("could not determine which collation to use"),
					 errdetail("The columns have different collations."),
					 parser_errposition(source->pstate, exprLocation(node))));
	}
}

/* The name of a field must be known now. */
static void
allow_field(RuleSource *source, Oid function, Node *name)
{
	for (int i = 0; i < lengthof(function_fields); i++)
	{
		const char *const *field = function_fields[i].field;
		StringInfoData all;

		if (OidIsValid(function_fields[i].function) && function_fields[i].function != function)
			continue;
		initStringInfo(&all);
		for (int f = 0; f < lengthof(function_fields[i].field) && field[f] != NULL; f++)
		{
			if (IsA(name, Const) && !((Const *) name)->constisnull &&
				pg_strcasecmp(field[f], TextDatumGetCString(((Const *) name)->constvalue)) == 0)
				return;
			appendStringInfo(&all, "%s%s", f > 0 ? ", " : "", field[f]);
		}
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("the field of a date or time is not one that a rule may use"),
				 errhint("Fields are %s.", all.data),
				 parser_errposition(source->pstate, exprLocation(name))));
	}
}

/* The name of a zone must be known now. */
static void
allow_zone(RuleSource *source, Node *name)
{
	const char *zone;

	if (!IsA(name, Const) || ((Const *) name)->constisnull)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("the time zone in a rule must be a constant"),
				 parser_errposition(source->pstate, exprLocation(name))));
	zone = TextDatumGetCString(((Const *) name)->constvalue);
	if (leadcrm_time_zone(zone) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", zone),
				 errhint("Name a place, as 'Asia/Shanghai'; abbreviations such as CST mean several zones."),
				 parser_errposition(source->pstate, exprLocation(name))));
}

/*
 * Conversions through text: to text where no setting shows in it, from text
 * where none is read.
 */
static void
allow_conversion(RuleSource *source, CoerceViaIO *conversion)
{
	Oid			from = getBaseType(exprType((Node *) conversion->arg));
	Oid			to = conversion->resulttype;
	const char *hint;

	if (is_text(to))
	{
		switch (from)
		{
			case INT2OID:
			case INT4OID:
			case INT8OID:
			case NUMERICOID:
			case UUIDOID:
				return;
			case JSONBOID:
				hint = "Use ->> to take text out of jsonb.";
				break;
			case DATEOID:
			case TIMESTAMPOID:
			case TIMESTAMPTZOID:
				hint = "Compare dates with dates, or use extract().";
				break;
			default:
				if (from == leadcrm_phone_type())
					return;
				hint = "Compare it in its own type.";
				break;
		}
	}
	else
	{
		switch (is_text(from) ? to : InvalidOid)
		{
			case INT2OID:
			case INT4OID:
			case INT8OID:
			case NUMERICOID:
			case FLOAT4OID:
			case FLOAT8OID:
			case BOOLOID:
				return;
			case DATEOID:
				hint = "Use leadcrm.day(), which gives NULL where the text is no date.";
				break;
			case TIMESTAMPOID:
			case TIMESTAMPTZOID:
				hint = "Use leadcrm.moment(), which gives NULL where the text is no date and time.";
				break;
			default:
				hint = to == leadcrm_phone_type() ? "Use leadcrm.try_phone()." :
					"leadcrm.rule_vocabulary() lists the casts that are.";
				break;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
			 errmsg("a cast from %s to %s is not allowed in a rule",
					format_type_be(from), format_type_be(to)),
			 errhint("%s", hint),
			 parser_errposition(source->pstate, exprLocation((Node *) conversion))));
}

/* Walker: can this raise an error?  context: an int for where. */
static bool
may_fail(Node *node, void *context)
{
	bool		fails = false;

	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_FuncExpr:
			fails = call_may_fail(node, ((FuncExpr *) node)->funcid, ((FuncExpr *) node)->args);
			break;
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			fails = call_may_fail(node, ((OpExpr *) node)->opfuncid, ((OpExpr *) node)->args);
			break;
		case T_ScalarArrayOpExpr:
			/* the pattern of LIKE ANY is an array, no constant of its own */
			fails = call_may_fail(node, ((ScalarArrayOpExpr *) node)->opfuncid,
								  ((ScalarArrayOpExpr *) node)->args);
			break;
		case T_CoerceViaIO:
			fails = !is_text(((CoerceViaIO *) node)->resulttype);
			break;
		default:
			break;
	}
	if (fails)
	{
		*(int *) context = exprLocation(node);
		return true;
	}
	return expression_tree_walker(node, may_fail, context);
}

static bool
call_may_fail(Node *node, Oid function, List *args)
{
	RuleCall	call = leadcrm_rule_call(function);
	Const	   *second = list_length(args) > 1 ? constant(lsecond(args)) : NULL;
	Const	   *third = list_length(args) > 2 ? constant(lthird(args)) : NULL;
	bool		deterministic = !OidIsValid(exprInputCollation(node)) ||
		get_collation_isdeterministic(exprInputCollation(node));

	switch (call)
	{
		case CALL_CANNOT_FAIL:
		case CALL_FIELD:
			return false;
		case CALL_OF_TEXT:
		case CALL_IN_ZONE:
			/* conversion between encodings can */
			return GetDatabaseEncoding() != PG_UTF8 && GetDatabaseEncoding() != PG_SQL_ASCII &&
				exprType(linitial(args)) == TEXTOID;
		case CALL_SEARCH:
			return !deterministic;
		case CALL_LIKE:
			return !deterministic || second == NULL || second->consttype != TEXTOID ||
				!good_pattern(TextDatumGetCString(second->constvalue));
		case CALL_PART:
			return !deterministic || third == NULL || DatumGetInt32(third->constvalue) == 0;
		case CALL_LENGTH:
			return third == NULL || DatumGetInt32(third->constvalue) < 0;
		case CALL_CONTAINS:
			return second == NULL || !shallow(DatumGetJsonbP(second->constvalue));
		case CALL_TRUNCATES:
			return third == NULL || !DatumGetBool(third->constvalue);
		case CALL_MAY_FAIL:
		case CALL_REFUSED:
		case CALL_BOUND:
			break;
	}
	return true;
}

/* A constant that is not NULL, or NULL. */
static Const *
constant(Node *node)
{
	return IsA(node, Const) && !((Const *) node)->constisnull ? (Const *) node : NULL;
}

/* Does a pattern end in its text, not in half an escape? */
static bool
good_pattern(const char *pattern)
{
	if (strlen(pattern) > PATTERN_MAX)
		return false;
	for (; *pattern; pattern += pg_mblen(pattern))
	{
		if (*pattern == '\\' && *++pattern == '\0')
			return false;
	}
	return true;
}

/* jsonb_contains() recurses as deep as its second argument. */
static bool
shallow(Jsonb *jb)
{
	JsonbIterator *it = JsonbIteratorInit(&jb->root);
	JsonbIteratorToken token;
	JsonbValue	value;
	int			depth = 0;

	while ((token = JsonbIteratorNext(&it, &value, false)) != WJB_DONE)
	{
		if (token == WJB_BEGIN_ARRAY || token == WJB_BEGIN_OBJECT)
			depth++;
		else if (token == WJB_END_ARRAY || token == WJB_END_OBJECT)
			depth--;
		if (depth > RULE_MAX_DEPTH)
			return false;
	}
	return true;
}

static bool
uses_param(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, Param) || expression_tree_walker(node, uses_param, context);
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID || type == BPCHAROID;
}

static bool
is_enum(Oid type)
{
	return OidIsValid(type) && get_typtype(getBaseType(type)) == TYPTYPE_ENUM;
}

/* OID of leadcrm.phone */
static Oid
leadcrm_phone_type(void)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("phone"),
						   ObjectIdGetDatum(get_namespace_oid("leadcrm", true)));
}
