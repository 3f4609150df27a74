/*-------------------------------------------------------------------------
 * rule_parse.c
 *	  The text of a condition to a checked expression.
 *
 * The text is parsed as "SELECT <text>" and must be a single target and
 * nothing else.  What it may be made of is checked twice: the raw tree by the
 * kinds of its nodes, before analysis can recurse deeply, call an input
 * function or look up a name of the user's; the analysed tree by the OIDs of
 * all that it calls (rule_allow.c), before any constant is folded.  Names,
 * literals and what depends on a time zone mean the same in every session:
 * settings are pinned while a condition is parsed, and its result reads none.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_node.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "rule.h"
#include "rule_allow.h"

/* A condition is parsed behind this. */
#define QUERY_PREFIX	"SELECT "

/* Longer texts are not even parsed, in bytes. */
#define CONDITION_MAX	65536

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

/* How much is below a node of the raw tree. */
typedef struct ShapeContext
{
	ParseState *pstate;
	int			depth;
	int64		nodes;
} ShapeContext;

static int	pin_settings(const char *time_zone);
static Node *parse_one_expression(const char *query);
static bool check_shape(Node *node, void *context);
static Node *column_reference(ParseState *pstate, ColumnRef *cref);
static void move_error_position(void *arg);

/*
 * leadcrm_rule_parse
 *		Parse and check a condition over the rows of a table.
 *
 * rel: an open relation.  condition: its text, in the server encoding.
 * time_zone: of dates and times without one, a name as SET TIME ZONE takes.
 *
 * The result lives in the current memory context, as does scratch.  It is a
 * boolean expression with constants folded; it depends on the row and the
 * Param RULE_PARAM_AS_OF alone, on no setting of the session that runs it.
 *
 * Raises 42601 when the text is not one expression, 42P17 when it uses what a
 * condition may not, 42703, 42883 and so on as parse analysis does, 42804 when
 * it is not boolean, 54000 and 54001 when it is too large or too deep.
 */
void
leadcrm_rule_parse(Relation rel, const char *condition, const char *time_zone,
				   RuleExpr *result)
{
	ErrorContextCallback errcallback;
	ParseState *pstate;
	Node	   *raw;
	Node	   *expr;
	char	   *query;
	int			nestlevel;
	ShapeContext shape = {0};

	if (strlen(condition) > CONDITION_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("condition is longer than %d bytes", CONDITION_MAX)));

	errcallback.callback = move_error_position;
	errcallback.arg = unconstify(char *, condition);
	errcallback.previous = error_context_stack;
	error_context_stack = &errcallback;
	nestlevel = pin_settings(time_zone);

	query = psprintf(QUERY_PREFIX "%s", condition);
	raw = parse_one_expression(query);

	pstate = make_parsestate(NULL);
	pstate->p_sourcetext = query;
	pstate->p_pre_columnref_hook = column_reference;
	addNSItemToQuery(pstate, addRangeTableEntryForRelation(pstate, rel, AccessShareLock,
														   NULL, false, false),
					 false, true, true);
	shape.pstate = pstate;
	check_shape(raw, &shape);

	expr = transformExpr(pstate, raw, EXPR_KIND_CHECK_CONSTRAINT);
	if (exprType(expr) != BOOLOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("condition is of type %s, not boolean", format_type_be(exprType(expr))),
				 parser_errposition(pstate, exprLocation(expr))));
	assign_expr_collations(pstate, expr);
	leadcrm_rule_allow(pstate, expr);

	result->expr = (Expr *) eval_const_expressions(NULL, expr);
	result->rule_class = leadcrm_rule_class((Node *) result->expr);
	result->uses_as_of = leadcrm_rule_uses_as_of((Node *) result->expr);

	free_parsestate(pstate);
	AtEOXact_GUC(true, nestlevel);
	error_context_stack = errcallback.previous;
}

/* Pin what parsing depends on until AtEOXact_GUC() of the result. */
static int
pin_settings(const char *time_zone)
{
	int			nestlevel = NewGUCNestLevel();

	for (int i = 0; i < lengthof(pinned); i++)
		(void) set_config_option(pinned[i].name, pinned[i].value, PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("TimeZone", time_zone, PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	return nestlevel;
}

/* The one target of the query; anything more is refused. */
static Node *
parse_one_expression(const char *query)
{
	List	   *statements = raw_parser(query, RAW_PARSE_DEFAULT);

	if (list_length(statements) == 1 && linitial_node(RawStmt, statements)->stmt_len == 0)
	{
		Node	   *statement = linitial_node(RawStmt, statements)->stmt;

		if (IsA(statement, SelectStmt) &&
			list_length(((SelectStmt *) statement)->targetList) == 1)
		{
			SelectStmt *bare = makeNode(SelectStmt);
			ResTarget  *target = linitial_node(ResTarget, ((SelectStmt *) statement)->targetList);

			bare->targetList = ((SelectStmt *) statement)->targetList;
			if (equal(bare, statement) && target->name == NULL && target->indirection == NIL)
				return target->val;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("condition is not one SQL expression"),
			 errhint("Write what could stand behind WHERE, without a semicolon.")));
	return NULL;				/* keep compiler quiet */
}

/*
 * Bound the raw tree.  Never returns true; it is a walker's signature.
 */
static bool
check_shape(Node *node, void *context)
{
	ShapeContext *shape = context;

	if (node == NULL)
		return false;
	if (!IsA(node, List) && ++shape->nodes > RULE_MAX_NODES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("condition has more than %d parts", RULE_MAX_NODES)));
	if (++shape->depth > RULE_MAX_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("condition is nested more than %d levels deep", RULE_MAX_DEPTH)));
	(void) raw_expression_tree_walker(node, check_shape, context);
	shape->depth--;
	return false;
}

/*
 * What a name in the condition means: a column of the row, or as_of.
 */
static Node *
column_reference(ParseState *pstate, ColumnRef *cref)
{
	char	   *name;
	Node	   *var;

	if (list_length(cref->fields) != 1 || !IsA(linitial(cref->fields), String))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("condition may only name columns of the row"),
				 parser_errposition(pstate, cref->location)));
	name = strVal(linitial(cref->fields));
	var = colNameToVar(pstate, name, false, cref->location);
	if (var != NULL)
	{
		Assert(IsA(var, Var));
		if (((Var *) var)->varattno < 0)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("condition cannot use system column \"%s\"", name),
					 parser_errposition(pstate, cref->location)));
		return var;
	}
	if (strcmp(name, "as_of") == 0)
	{
		Param	   *param = makeNode(Param);

		param->paramkind = PARAM_EXTERN;
		param->paramid = RULE_PARAM_AS_OF;
		param->paramtype = TIMESTAMPTZOID;
		param->paramtypmod = -1;
		param->paramcollid = InvalidOid;
		param->location = cref->location;
		return (Node *) param;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" does not exist", name),
			 parser_errposition(pstate, cref->location)));
	return NULL;				/* keep compiler quiet */
}

/*
 * Error context callback: a caret must land in the condition, not in the
 * statement that brought it.
 */
static void
move_error_position(void *arg)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(Max(position - (int) strlen(QUERY_PREFIX), 1));
		internalerrquery((const char *) arg);
	}
	else
		errcontext("condition \"%s\"", (const char *) arg);
}
