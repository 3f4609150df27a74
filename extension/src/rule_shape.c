/*-------------------------------------------------------------------------
 * rule_shape.c
 *	  What the text of a condition may be made of, before it is analysed.
 *
 * Parse analysis recurses as deep as the tree, doubles parts of it, resolves
 * names, and calls the input function of a type for each literal.  So size,
 * depth, kinds of nodes and the names of functions, operators and types are
 * checked on the raw tree.  rule_allow.c checks again what became of it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/catcache.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "rule_allow.h"

typedef struct ShapeContext
{
	RuleSource *source;
	int			depth;
	int64		nodes;			/* as many as analysis will see */
} ShapeContext;

/* Where a rule asks for other rows. */
#define ONE_ROW	"A rule sees one row; what is counted over other rows must be a column of it."

/* What to write instead of a function, by its name. */
static const struct
{
	const char *name;
	const char *hint;
}			instead[] = {
	{"now", "The moment of evaluation is as_of."},
	{"clock_timestamp", "The moment of evaluation is as_of."},
	{"statement_timestamp", "The moment of evaluation is as_of."},
	{"transaction_timestamp", "The moment of evaluation is as_of."},
	{"timeofday", "The moment of evaluation is as_of."},
	{"age", "Subtract: as_of - created_at > interval '30 days'."},
	{"date_part", "Use extract(hour FROM created_at)."},
	{"to_char", "Use extract(), date_trunc() or compare dates."},
	{"to_date", "Use leadcrm.day()."},
	{"to_timestamp", "Use leadcrm.moment()."},
	{"to_number", "Use leadcrm.num()."},
	{"make_date", "Write the date as '2026-01-05'."},
	{"make_interval", "Write interval '3 days', or add a number of days to a date."},
	{"count", ONE_ROW},
	{"sum", ONE_ROW},
	{"avg", ONE_ROW},
	{"max", "Use greatest() for the largest of several columns."},
	{"min", "Use least() for the smallest of several columns."},
	{"concat", "Use || and coalesce()."},
	{"concat_ws", "Use || and coalesce()."},
	{"format", "Use || and coalesce()."},
	{"regexp_match", "Use LIKE, starts_with() or strpos()."},
	{"regexp_like", "Use LIKE, starts_with() or strpos()."},
	{"regexp_replace", "Use LIKE, starts_with() or strpos()."},
	{"jsonb_array_elements", "Use @> or ? to look into a jsonb array."},
	{"unnest", "Use = ANY (column) or && to look into an array."},
	{"jsonb_extract_path_text", "Use #>> '{a,b}'."},
	{"jsonb_path_exists", "Use @>, ? or ->>."},
	{"try_timestamp", "Use leadcrm.moment(text, 'Asia/Shanghai')."},
};

#define REFUSE_AT(where, ...) \
	ereport(ERROR, \
			(errcode(ERRCODE_INVALID_OBJECT_DEFINITION), __VA_ARGS__, \
			 parser_errposition(shape->source->pstate, (where))))
#define REFUSE(node, ...) REFUSE_AT(exprLocation((Node *) (node)), __VA_ARGS__)

static bool check_node(Node *node, void *context);
static void check_expression(ShapeContext *shape, A_Expr *expr);
static void check_call(ShapeContext *shape, FuncCall *call);
static void check_type(ShapeContext *shape, TypeName *name);
static void count(ShapeContext *shape, int64 nodes);
static int64 count_below(ShapeContext *shape, Node *node);
static bool is_ours(List *name);
static bool function_exists(const char *name);

/*
 * leadcrm_rule_check_shape
 *		Raise an error, with its position, unless the raw tree is harmless;
 *		note the literals in it.
 *
 * Raises 42P17, 54000 for too many nodes, 54001 for too deep a tree, 42704 for
 * a type that does not exist.
 */
void
leadcrm_rule_check_shape(RuleSource *source)
{
	ShapeContext shape = {.source = source};

	(void) check_node(source->raw, &shape);
}

/* Walker; never returns true. */
static bool
check_node(Node *node, void *context)
{
	ShapeContext *shape = context;

	if (node == NULL)
		return false;
	if (IsA(node, List))
		return raw_expression_tree_walker(node, check_node, context);

	count(shape, 1);
	if (++shape->depth > RULE_MAX_DEPTH)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("rule is nested more than %d levels deep", RULE_MAX_DEPTH),
				 parser_errposition(shape->source->pstate, exprLocation(node))));

	switch (nodeTag(node))
	{
		case T_ColumnRef:
			break;
		case T_BoolExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_CaseExpr:
		case T_CaseWhen:
		case T_CoalesceExpr:
		case T_MinMaxExpr:
		case T_A_ArrayExpr:
			(void) raw_expression_tree_walker(node, check_node, context);
			break;
		case T_A_Const:
			if (((A_Const *) node)->isnull)
				break;
			if (IsA(&((A_Const *) node)->val, String))
				shape->source->literals = lappend(shape->source->literals, node);
			if (IsA(&((A_Const *) node)->val, BitString))
				REFUSE(node, errmsg("type %s is not allowed in a rule", "bit"));
			break;
		case T_A_Expr:
			check_expression(shape, (A_Expr *) node);
			break;
		case T_FuncCall:
			check_call(shape, (FuncCall *) node);
			break;
		case T_TypeCast:
			check_type(shape, ((TypeCast *) node)->typeName);
			(void) check_node(((TypeCast *) node)->arg, context);
			break;
		case T_SubLink:
			REFUSE(node, errmsg("a rule may not contain a sub-select"),
				   errhint(ONE_ROW));
			break;
		case T_SQLValueFunction:
			switch (((SQLValueFunction *) node)->op)
			{
				case SVFOP_CURRENT_DATE:
					REFUSE(node, errmsg("a rule may not ask for the present date"),
						   errhint("Write as_of::date: as_of is the moment of evaluation."));
					break;
				case SVFOP_CURRENT_ROLE:
				case SVFOP_CURRENT_USER:
				case SVFOP_USER:
				case SVFOP_SESSION_USER:
				case SVFOP_CURRENT_CATALOG:
				case SVFOP_CURRENT_SCHEMA:
					REFUSE(node, errmsg("a rule may not depend on who evaluates it"));
					break;
				default:
					REFUSE(node, errmsg("a rule may not ask for the present time"),
						   errhint("Write as_of, the moment of evaluation."));
			}
			break;
		case T_ParamRef:
			REFUSE(node, errmsg("a rule has no parameters"),
				   errhint("The moment of evaluation is as_of."));
			break;
		case T_RowExpr:
			REFUSE(node, errmsg("a rule may not contain a row of several values"),
				   errhint("Compare the columns one by one, with AND."));
			break;
		case T_A_Indirection:
			REFUSE(node, errmsg("a rule may not use a subscript or a field of a value"),
				   errhint("Use ->> 'key' for jsonb, = ANY (column) or @> for an array."));
			break;
		case T_CollateClause:
			REFUSE(node, errmsg("a rule may not contain COLLATE"),
				   errhint("A column is compared in its own collation."));
			break;
		default:
			REFUSE(node, errmsg("this kind of expression is not allowed in a rule"));
	}
	shape->depth--;
	return false;
}

static void
check_expression(ShapeContext *shape, A_Expr *expr)
{
	const char *name = strVal(llast(expr->name));
	bool		between = expr->kind >= AEXPR_BETWEEN && expr->kind <= AEXPR_NOT_BETWEEN_SYM;
	int64		left;
	int64		right;

	if (!is_ours(expr->name))
		REFUSE_AT(expr->location, errmsg("operator %s of another schema is not allowed in a rule",
							NameListToString(expr->name)));
	if (!between && !leadcrm_rule_operator_known(name))
	{
		if (strchr(name, '~') != NULL)
			REFUSE_AT(expr->location, errmsg("a rule may not match a regular expression"),
				   errhint("Use LIKE, starts_with() or strpos()."));
		REFUSE_AT(expr->location, errmsg("operator %s is not allowed in a rule", name),
			   errhint("leadcrm.rule_vocabulary() lists what is."));
	}

	left = count_below(shape, expr->lexpr);
	/* analysis repeats operands of these */
	right = count_below(shape, expr->rexpr);
	switch (expr->kind)
	{
		case AEXPR_BETWEEN:
		case AEXPR_NOT_BETWEEN:
			count(shape, left);
			break;
		case AEXPR_BETWEEN_SYM:
		case AEXPR_NOT_BETWEEN_SYM:
			count(shape, 3 * left + right);
			break;
		case AEXPR_IN:
			{
				ListCell   *cell;

				/* constants become one array, others a comparison each */
				foreach(cell, (List *) expr->rexpr)
				{
					Node	   *element = lfirst(cell);

					if (IsA(element, TypeCast))
						element = ((TypeCast *) element)->arg;
					if (!IsA(element, A_Const))
						count(shape, left);
				}
				break;
			}
		default:
			break;
	}
}

static void
check_call(ShapeContext *shape, FuncCall *call)
{
	const char *name = strVal(llast(call->funcname));

	if (call->agg_order || call->agg_filter || call->over || call->agg_within_group ||
		call->agg_star || call->agg_distinct)
		REFUSE(call, errmsg("a rule may not aggregate"),
			   errhint(ONE_ROW));
	if (call->func_variadic)
		REFUSE(call, errmsg("VARIADIC is not allowed in a rule"));
	if (!is_ours(call->funcname))
		REFUSE(call, errmsg("function %s() of another schema is not allowed in a rule",
							NameListToString(call->funcname)));
	if (!leadcrm_rule_function_known(name) && function_exists(name))
	{
		for (int i = 0; i < lengthof(instead); i++)
		{
			if (strcmp(instead[i].name, name) == 0)
				REFUSE(call, errmsg("function %s() is not allowed in a rule", name),
					   errhint("%s", instead[i].hint));
		}
		REFUSE(call, errmsg("function %s() is not allowed in a rule", name),
			   errhint("leadcrm.rule_vocabulary() lists what is."));
	}
	(void) check_node((Node *) call->args, shape);
}

/* The type of a cast: no input function but that of an allowed type runs. */
static void
check_type(ShapeContext *shape, TypeName *name)
{
	ParseState *pstate = shape->source->pstate;
	Oid			type = typenameTypeId(pstate, name);

	if (!leadcrm_rule_type_allowed(type) || get_typtype(type) != TYPTYPE_BASE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("type %s is not allowed in a rule", format_type_be(type)),
				 errhint("Types are boolean, smallint, integer, bigint, numeric, real, double precision, text, date, timestamp, timestamptz, interval, jsonb, uuid and arrays of them."),
				 parser_errposition(pstate, name->location)));
}

static void
count(ShapeContext *shape, int64 nodes)
{
	shape->nodes += nodes;
	if (shape->nodes > RULE_MAX_NODES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("rule has more than %d parts", RULE_MAX_NODES),
				 errhint("A long list is one part if it is written as = ANY ('{a,b,c}').")));
}

/* Check an operand; returns how much it is. */
static int64
count_below(ShapeContext *shape, Node *node)
{
	int64		before = shape->nodes;

	(void) check_node(node, shape);
	return shape->nodes - before;
}

/* Is a name unqualified, or of pg_catalog or leadcrm? */
static bool
is_ours(List *name)
{
	const char *schema = list_length(name) == 2 ? strVal(linitial(name)) : "";

	return list_length(name) == 1 ||
		strcmp(schema, "pg_catalog") == 0 || strcmp(schema, "leadcrm") == 0;
}

/* One that does not exist at all gets parse analysis's own message. */
static bool
function_exists(const char *name)
{
	CatCList   *functions = SearchSysCacheList1(PROCNAMEARGSNSP, CStringGetDatum(name));
	bool		exists = functions->n_members > 0;

	ReleaseSysCacheList(functions);
	return exists;
}
