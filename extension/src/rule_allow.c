/*-------------------------------------------------------------------------
 * rule_allow.c
 *	  What a condition may contain, and whether it can fail.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_namespace.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "catalog/namespace.h"

#include "rule_allow.h"

static bool foreign_function(Oid func, void *context);
static bool foreign_walker(Node *node, void *context);
static bool failing_function(Oid func, void *context);
static bool failing_walker(Node *node, void *context);
static bool as_of_walker(Node *node, void *context);

/*
 * leadcrm_rule_allow
 *		Raise 42P17 unless all of an analysed condition is allowed.
 */
void
leadcrm_rule_allow(ParseState *pstate, Node *expr)
{
	if (foreign_walker(expr, NULL) || contain_volatile_functions(expr))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("condition may only use functions of pg_catalog and leadcrm")));
}

/*
 * leadcrm_rule_class
 *		Whether evaluating a checked condition can raise an error.
 */
RuleClass
leadcrm_rule_class(Node *expr)
{
	return failing_walker(expr, NULL) ? RULE_MAY_FAIL : RULE_CANNOT_FAIL;
}

/*
 * leadcrm_rule_uses_as_of
 *		Whether the moment of evaluation matters.
 */
bool
leadcrm_rule_uses_as_of(Node *expr)
{
	return as_of_walker(expr, NULL);
}

static bool
foreign_function(Oid func, void *context)
{
	Oid			namespace_oid = get_func_namespace(func);

	return namespace_oid != PG_CATALOG_NAMESPACE &&
		namespace_oid != get_namespace_oid("leadcrm", true);
}

static bool
foreign_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, CoerceToDomain))
		return true;
	if (check_functions_in_node(node, foreign_function, context))
		return true;
	return expression_tree_walker(node, foreign_walker, context);
}

static bool
failing_function(Oid func, void *context)
{
	switch (func)
	{
		case F_INT4PL:
		case F_INT4MI:
		case F_INT4MUL:
		case F_INT4DIV:
		case F_INT8PL:
		case F_INT8MI:
		case F_INT8MUL:
		case F_INT8DIV:
		case F_NUMERIC_DIV:
		case F_NUMERIC_MUL:
		case F_NUMERIC_ADD:
		case F_NUMERIC_SUB:
		case F_INT4IN:
		case F_NUMERIC_IN:
			return true;
	}
	return false;
}

static bool
failing_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (check_functions_in_node(node, failing_function, context))
		return true;
	return expression_tree_walker(node, failing_walker, context);
}

static bool
as_of_walker(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return ((Param *) node)->paramid == RULE_PARAM_AS_OF;
	return expression_tree_walker(node, as_of_walker, context);
}
