/*-------------------------------------------------------------------------
 * rule_parse.c
 *	  The text of a condition to a checked expression.
 *
 * The text is parsed as "SELECT WHERE <text>" and must be that clause and
 * nothing else.  The raw tree is checked (rule_shape.c), analysed as a check
 * constraint is, bound to a time zone (rule_zone.c), checked by OID
 * (rule_allow.c), and only then folded.  Names and literals mean the same in
 * every session: settings are pinned while a condition is parsed, and the
 * result reads none.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "leadcrm.h"

#include "catalog/heap.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "rule_allow.h"

/* A condition is parsed behind this. */
#define QUERY_PREFIX	"SELECT WHERE "

/*
 * Longer texts are not even parsed, in bytes: the lexer's time is quadratic in
 * runs of operators and nested comments, a second at this length.
 */
#define RULE_MAX_LENGTH	32768

/* Settings that parse analysis reads, and what they are while it runs. */
static const struct
{
	const char *name;
	const char *value;
}			pinned[] = {
	{"search_path", "pg_catalog, leadcrm, pg_temp"},
	{"DateStyle", "ISO, YMD"},
	{"IntervalStyle", "postgres"},
	{"array_nulls", "on"},
	{"backslash_quote", "safe_encoding"},
	{"standard_conforming_strings", "on"},
	{"transform_null_equals", "off"},
};

static void rule_compile(RuleSource *source, RuleExpr *result);
static void pin_settings(const char *time_zone);
static Node *parse_one_expression(const char *query);
static Node *as_condition(RuleSource *source, Node *expr);
static Node *as_key(RuleSource *source, Node *expr);
static Node *column_reference(ParseState *pstate, ColumnRef *cref);
static Node *as_of_param(int location);
static void explain_error(void *arg);
static bool full_width_at(const char *text, int position);
static bool explain_operator(Node *node, void *context);

/*
 * leadcrm_rule_parse
 *		Parse and check a condition over the rows of a table.
 *
 * rel: an open relation.  condition: its text, in the server encoding.
 * time_zone: in which it reads dates and times, a name as SET TIME ZONE takes.
 *
 * result->expr lives in the current memory context.  It is boolean, constants
 * are folded, and it depends on the row and on the Param RULE_PARAM_AS_OF
 * alone, on no setting of the session that evaluates it.  Where the class is
 * RULE_CANNOT_FAIL no row and no as_of makes it raise an error, but for
 * memory, cancellation and corrupt data.
 *
 * Raises 42601 when the text is not one expression, 42P17 when it uses what a
 * condition may not, 42703, 42883 and so on as parse analysis does, 42804 when
 * it is not boolean, 22007 for a date not in full, 22023 for an unknown time
 * zone, 54000 and 54001 when it is too large or too deep.
 */
void
leadcrm_rule_parse(Relation rel, const char *condition, const char *time_zone,
				   RuleExpr *result)
{
	RuleSource	source = {.text = condition,.tupdesc = RelationGetDescr(rel),
	.row_name = RelationGetRelationName(rel),.time_zone = time_zone};

	rule_compile(&source, result);
}

/*
 * leadcrm_rule_parse_row
 *		The same over rows of any shape.
 */
void
leadcrm_rule_parse_row(TupleDesc tupdesc, const char *condition, const char *time_zone,
					   RuleExpr *result)
{
	RuleSource	source = {.text = condition,.tupdesc = tupdesc,.time_zone = time_zone};

	rule_compile(&source, result);
}

/*
 * leadcrm_rule_parse_key
 *		Parse and check the expression or the scope of an identity rule.
 *
 * As leadcrm_rule_parse(), but the value is text, must follow from the row
 * alone, with no time zone and no as_of, and cannot fail: 42P17 otherwise.
 */
void
leadcrm_rule_parse_key(Relation rel, const char *expression, RuleExpr *result)
{
	RuleSource	source = {.text = expression,.tupdesc = RelationGetDescr(rel),
	.row_name = RelationGetRelationName(rel),.is_key = true};

	rule_compile(&source, result);
}

static void
rule_compile(RuleSource *source, RuleExpr *result)
{
	ErrorContextCallback errcallback;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch;
	ParseState *pstate;
	Node	   *expr;
	char	   *query;
	int			nestlevel;
	int			location;

	if (strlen(source->text) > RULE_MAX_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rule is longer than %d bytes", RULE_MAX_LENGTH)));
	if (source->time_zone != NULL && leadcrm_time_zone(source->time_zone) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", source->time_zone)));

	scratch = AllocSetContextCreate(caller, "leadcrm rule text", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(scratch);
	errcallback.callback = explain_error;
	errcallback.arg = source;
	errcallback.previous = error_context_stack;
	error_context_stack = &errcallback;
	nestlevel = NewGUCNestLevel();
	pin_settings(source->time_zone ? source->time_zone : "UTC");

	query = psprintf(QUERY_PREFIX "%s", source->text);
	source->raw = parse_one_expression(query);

	pstate = make_parsestate(NULL);
	pstate->p_sourcetext = query;
	pstate->p_pre_columnref_hook = column_reference;
	pstate->p_ref_hook_state = source;
	source->pstate = pstate;
	leadcrm_rule_check_shape(source);

	/* analysis puts its results into some raw nodes */
	expr = transformExpr(pstate, copyObject(source->raw), EXPR_KIND_CHECK_CONSTRAINT);
	expr = source->is_key ? as_key(source, expr) : as_condition(source, expr);
	assign_expr_collations(pstate, expr);
	expr = leadcrm_rule_bind_zone(expr, source->time_zone);
	leadcrm_rule_allow(source, expr);
	expr = eval_const_expressions(NULL, expr);
	fix_opfuncids(expr);		/* folding NOT made new operators */

	result->rule_class = leadcrm_rule_class(expr, &location);
	result->uses_as_of = leadcrm_rule_uses_as_of(expr);
	if (source->is_key && result->rule_class != RULE_CANNOT_FAIL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("expression of an identity rule may fail on some rows"),
				 errhint("Use what gives NULL instead of an error, as leadcrm.num(attrs ->> 'number')::text."),
				 parser_errposition(pstate, location)));

	MemoryContextSwitchTo(caller);
	result->expr = (Expr *) copyObject(expr);
	AtEOXact_GUC(true, nestlevel);
	error_context_stack = errcallback.previous;
	free_parsestate(pstate);
	MemoryContextDelete(scratch);
}

/* Pin what parsing depends on, until AtEOXact_GUC(). */
static void
pin_settings(const char *time_zone)
{
	for (int i = 0; i < lengthof(pinned); i++)
		(void) set_config_option(pinned[i].name, pinned[i].value, PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("TimeZone", time_zone, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
}

/* What stands behind WHERE, if nothing else does. */
static Node *
parse_one_expression(const char *query)
{
	List	   *statements = raw_parser(query, RAW_PARSE_DEFAULT);
	SelectStmt *bare = makeNode(SelectStmt);

	if (list_length(statements) == 1 && linitial_node(RawStmt, statements)->stmt_len == 0)
	{
		Node	   *statement = linitial_node(RawStmt, statements)->stmt;

		if (IsA(statement, SelectStmt))
		{
			bare->whereClause = ((SelectStmt *) statement)->whereClause;
			if (equal(bare, statement))
				return bare->whereClause;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("rule is not one SQL expression"),
			 errhint("Write what can stand behind WHERE, and nothing else, not even a semicolon.")));
	return NULL;				/* keep compiler quiet */
}

static Node *
as_condition(RuleSource *source, Node *expr)
{
	Oid			type = exprType(expr);

	if (getBaseType(type) != BOOLOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 type == UNKNOWNOID ? errmsg("rule is a constant, not a condition") :
				 errmsg("rule is of type %s, not boolean", format_type_be(type)),
				 errhint("Compare it with something, as in company_size >= 50 or last_form IS NOT NULL."),
				 parser_errposition(source->pstate, exprLocation(expr))));
	return coerce_to_boolean(source->pstate, expr, "rule");
}

static Node *
as_key(RuleSource *source, Node *expr)
{
	Node	   *text = coerce_to_target_type(source->pstate, expr, exprType(expr), TEXTOID, -1,
											 COERCION_EXPLICIT, COERCE_EXPLICIT_CAST, -1);

	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("expression of type %s cannot be a key", format_type_be(exprType(expr))),
				 parser_errposition(source->pstate, exprLocation(expr))));
	return text;
}

/*
 * What a name in the condition means: a column of the row, or as_of.
 */
static Node *
column_reference(ParseState *pstate, ColumnRef *cref)
{
	RuleSource *source = pstate->p_ref_hook_state;
	TupleDesc	tupdesc = source->tupdesc;
	const char *json = NULL;
	Var		   *var = NULL;
	char	   *name;

	if (list_length(cref->fields) != 1 || !IsA(linitial(cref->fields), String))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("a rule names columns without a table"),
				 errhint("Write company_size >= 50, not lead.company_size >= 50."),
				 parser_errposition(pstate, cref->location)));
	name = strVal(linitial(cref->fields));
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(tupdesc, i);

		if (column->attisdropped)
			continue;
		if (strcmp(NameStr(column->attname), name) != 0)
		{
			if (column->atttypid == JSONBOID)
				json = NameStr(column->attname);
			continue;
		}
		if (column->attgenerated != '\0')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("a rule may not use generated column \"%s\"", name),
					 errdetail("It is not computed yet when a trigger sees the row."),
					 errhint("Write what it is generated from."),
					 parser_errposition(pstate, cref->location)));
		if (!leadcrm_rule_type_allowed(column->atttypid))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("a rule may not use column \"%s\" of type %s", name,
							format_type_be(column->atttypid)),
					 parser_errposition(pstate, cref->location)));
		if (var != NULL)
			ereport(ERROR,
					(errcode(ERRCODE_AMBIGUOUS_COLUMN),
					 errmsg("column reference \"%s\" is ambiguous", name),
					 parser_errposition(pstate, cref->location)));
		var = makeVar(1, column->attnum, column->atttypid, column->atttypmod,
					  column->attcollation, 0);
		var->location = cref->location;
	}
	if (var != NULL)
		return (Node *) var;

	if (strcmp(name, "as_of") == 0)
	{
		if (!source->is_key)
			return as_of_param(cref->location);
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("an identity rule may not use as_of"),
				 errdetail("A key is the same whenever it is computed."),
				 parser_errposition(pstate, cref->location)));
	}
	if (source->row_name != NULL && strcmp(name, source->row_name) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("a rule may not use the whole row"),
				 errhint("Name its columns."),
				 parser_errposition(pstate, cref->location)));
	if (SystemAttributeByName(name) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("a rule may not use system column \"%s\"", name),
				 parser_errposition(pstate, cref->location)));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" does not exist", name),
			 json ? errhint("A field of one's own is read as %s ->> %s.",
							quote_identifier(json), quote_literal_cstr(name)) : 0,
			 parser_errposition(pstate, cref->location)));
	return NULL;				/* keep compiler quiet */
}

static Node *
as_of_param(int location)
{
	Param	   *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = RULE_PARAM_AS_OF;
	param->paramtype = TIMESTAMPTZOID;
	param->paramtypmod = -1;
	param->paramcollid = InvalidOid;
	param->location = location;
	return (Node *) param;
}

/*
 * Error context callback: the caret must land in the rule, not in the
 * statement that brought it, and the hint must help who wrote it.
 */
static void
explain_error(void *arg)
{
	RuleSource *source = arg;
	int			position = geterrposition();

	internalerrquery(source->text);
	if (position > 0)
	{
		errposition(0);
		internalerrposition(Max(position - (int) strlen(QUERY_PREFIX), 1));
	}
	switch (geterrcode())
	{
		case ERRCODE_UNDEFINED_FUNCTION:
		case ERRCODE_AMBIGUOUS_FUNCTION:
			if (source->pstate != NULL)
			{
				source->error_position = position;
				(void) explain_operator(source->raw, source);
			}
			break;
		case ERRCODE_SYNTAX_ERROR:
		case ERRCODE_UNDEFINED_COLUMN:
			if (position > (int) strlen(QUERY_PREFIX) &&
				full_width_at(source->text, position - (int) strlen(QUERY_PREFIX)))
				errhint("Operators, brackets, quotes and blanks are those of ASCII: > ( ) ' \" and not their full-width forms.");
			break;
		case ERRCODE_INVALID_DATETIME_FORMAT:
		case ERRCODE_DATETIME_FIELD_OVERFLOW:
			errhint("Write a date as '2026-01-05', a moment as '2026-01-05 09:30' or, with its offset, '2026-01-05 09:30+08'; the present is as_of, a week ago as_of - interval '7 days'.");
			break;
	}
}

/*
 * Has the word at a position, counted in characters from 1, a character that a
 * Chinese keyboard gives for an operator, bracket, quote or blank?
 */
static bool
full_width_at(const char *text, int position)
{
	if (GetDatabaseEncoding() != PG_UTF8)
		return false;
	for (; position > 1 && *text != '\0'; position--)
		text += pg_mblen(text);
	for (; IS_HIGHBIT_SET(*text) || isalnum((unsigned char) *text) || *text == '_'; text++)
	{
		/* U+FF01 to U+FF3F and beyond; U+2018 to U+201D; U+3000 to U+3002 */
		if (strncmp(text, "\xEF\xBC", 2) == 0 || strncmp(text, "\xEF\xBD", 2) == 0 ||
			(strncmp(text, "\xE2\x80", 2) == 0 && (unsigned char) text[2] >= 0x98 &&
			 (unsigned char) text[2] <= 0x9D) ||
			(strncmp(text, "\xE3\x80", 2) == 0 && (unsigned char) text[2] <= 0x82))
			return true;
	}
	return false;
}

/*
 * Walker: if this is the operator or function that does not exist for its
 * arguments, say what can be done.  Takes no memory.
 */
static bool
explain_operator(Node *node, void *context)
{
	RuleSource *source = context;
	const char *query = source->pstate->p_sourcetext;
	int			location;

	if (node == NULL)
		return false;
	if (IsA(node, A_Expr))
	{
		A_Expr	   *expr = (A_Expr *) node;

		location = expr->location;
		if (location >= 0 &&
			pg_mbstrlen_with_len(query, location) + 1 == source->error_position)
		{
			int			start = exprLocation(expr->lexpr);
			int			length = location - start;
			bool		nested = false;

			while (length > 0 && query[start + length - 1] == ' ')
				length--;
			for (int i = 0; i < length; i++)
				nested |= query[start + i] == '(' || query[start + i] == ')';

			if (expr->lexpr != NULL && IsA(expr->lexpr, A_Expr) && start >= 0 && !nested &&
				(strcmp(strVal(llast(((A_Expr *) expr->lexpr)->name)), "->>") == 0 ||
				 strcmp(strVal(llast(((A_Expr *) expr->lexpr)->name)), "#>>") == 0))
				errhint("What ->> gives is text. Read it as a number with leadcrm.num(%.*s), as a date with leadcrm.day(), as a moment with leadcrm.moment(), as yes or no with leadcrm.flag().",
						length, query + start);
			else
				errhint("Compare like with like: text with a constant in quotes, a number with a number. Text is read as a number by leadcrm.num(), as a date by leadcrm.day(), as a moment by leadcrm.moment(), as yes or no by leadcrm.flag().");
			return true;
		}
	}
	else if (IsA(node, FuncCall))
	{
		location = ((FuncCall *) node)->location;
		if (location >= 0 &&
			pg_mbstrlen_with_len(query, location) + 1 == source->error_position)
		{
			errhint("leadcrm.rule_vocabulary() lists the functions and the types they take.");
			return true;
		}
	}
	return raw_expression_tree_walker(node, explain_operator, context);
}
