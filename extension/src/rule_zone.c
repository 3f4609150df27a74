/*-------------------------------------------------------------------------
 * rule_zone.c
 *	  Dates and times of a condition, bound to the time zone of the rule.
 *
 * PostgreSQL turns a moment into a date, adds days to it and compares it with
 * a date in the time zone of the session, and raises an error where the
 * result is out of range.  A rule must mean the same in every session and is
 * better off without the error.  So each such operation is replaced by one
 * that names the zone and gives NULL: leadcrm.at_zone(), add(), subtract(),
 * start_of() of rule_safe.c.  What is left depends on no setting.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/namespace.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "rule_allow.h"

static Node *bind(Node *node, void *zone);
static Node *bind_operator(OpExpr *expr, Const *zone);
static Node *bind_function(FuncExpr *expr, Const *zone);
static Node *at_zone(Node *moment, void *zone, int location);
static Const *zone_constant(const char *time_zone);
static Const *no_time(void);
static FuncExpr *call(const char *name, List *args, int location);
static FuncExpr *replace(Oid function, Oid result, List *args, int location);
static bool is_moment(Oid type);

/*
 * leadcrm_rule_bind_zone
 *		A copy of an analysed expression in which nothing depends on the
 *		session's time zone.
 *
 * time_zone: of the rule, or NULL if it has none.  What cannot be bound is left
 * as it is, for leadcrm_rule_allow() to refuse.
 */
Node *
leadcrm_rule_bind_zone(Node *expr, const char *time_zone)
{
	return bind(expr, time_zone ? zone_constant(time_zone) : NULL);
}

static Node *
bind(Node *node, void *zone)
{
	Node	   *bound;

	if (node == NULL)
		return NULL;
	node = expression_tree_mutator(node, bind, zone);
	switch (nodeTag(node))
	{
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
			if (leadcrm_rule_call(((OpExpr *) node)->opfuncid) != CALL_BOUND)
				return node;
			bound = bind_operator((OpExpr *) node, zone);
			break;
		case T_FuncExpr:
			if (leadcrm_rule_call(((FuncExpr *) node)->funcid) != CALL_BOUND)
				return node;
			bound = bind_function((FuncExpr *) node, zone);
			break;
		default:
			return node;
	}
	if (exprType(bound) != exprType(node))
		elog(ERROR, "expression of type %u became one of type %u",
			 exprType(node), exprType(bound));
	return bound;
}

/*
 * moment + interval, moment - moment, date + integer ...: add() or subtract().
 * moment = date, moment < timestamp ...: the moment at which the other begins.
 */
static Node *
bind_operator(OpExpr *expr, Const *zone)
{
	Node	   *left = linitial(expr->args);
	Node	   *right = lsecond(expr->args);
	Oid			ltype = exprType(left);
	Oid			rtype = exprType(right);
	char	   *name = get_opname(expr->opno);

	if (strcmp(name, "+") == 0 || strcmp(name, "-") == 0)
	{
		List	   *args;

		if (is_moment(ltype))
			args = list_make2(left, right);
		else
			args = list_make2(right, left);
		if (exprType(lsecond(args)) == INTERVALOID && exprType(linitial(args)) == TIMESTAMPTZOID)
		{
			if (zone == NULL)
				return (Node *) expr;
			args = lappend(args, copyObject(zone));
		}
		return (Node *) call(*name == '+' ? "add" : "subtract", args, expr->location);
	}

	/* NULLIF gives its first argument back */
	if (zone == NULL || (IsA(expr, NullIfExpr) && ltype != TIMESTAMPTZOID))
		return (Node *) expr;
	expr = copyObject(expr);
	if (ltype != TIMESTAMPTZOID)
		left = at_zone(left, zone, exprLocation(left));
	if (rtype != TIMESTAMPTZOID)
		right = at_zone(right, zone, exprLocation(right));
	expr->opno = OpernameGetOprid(list_make2(makeString("pg_catalog"), makeString(name)),
								  TIMESTAMPTZOID, TIMESTAMPTZOID);
	expr->opfuncid = get_opcode(expr->opno);
	expr->args = list_make2(left, right);
	return (Node *) expr;
}

static Node *
bind_function(FuncExpr *expr, Const *zone)
{
	Node	   *first = linitial(expr->args);
	Node	   *second = list_length(expr->args) > 1 ? lsecond(expr->args) : NULL;
	int			location = expr->location;

	switch (expr->funcid)
	{
		case F_TIMEZONE_TEXT_TIMESTAMPTZ:
		case F_TIMEZONE_TEXT_TIMESTAMP:
			return at_zone(second, first, location);
		case F_DATE_TRUNC_TEXT_TIMESTAMP:
			return (Node *) call("start_of", list_make2(first, second), location);
		case F_TIMESTAMP_DATE:
			return (Node *) call("add", list_make2(first, no_time()), location);
		case F_EXTRACT_TEXT_TIMESTAMPTZ:
			/* seconds since 1970 are the same everywhere */
			if (IsA(first, Const) && !((Const *) first)->constisnull &&
				pg_strcasecmp(TextDatumGetCString(((Const *) first)->constvalue), "epoch") == 0)
				zone = zone_constant("UTC");
			break;
	}
	if (zone == NULL)
		return (Node *) expr;
	switch (expr->funcid)
	{
		case F_TIMESTAMP_TIMESTAMPTZ:
		case F_TIMESTAMPTZ_TIMESTAMP:
		case F_TIMESTAMPTZ_DATE:
			return at_zone(first, zone, location);
		case F_DATE_TIMESTAMPTZ:
			return (Node *) replace(F_DATE_TIMESTAMP, DATEOID,
									list_make1(at_zone(first, zone, location)), location);
		case F_EXTRACT_TEXT_TIMESTAMPTZ:
			return (Node *) replace(F_EXTRACT_TEXT_TIMESTAMP, NUMERICOID,
									list_make2(first, at_zone(second, zone, location)), location);
		case F_DATE_TRUNC_TEXT_TIMESTAMPTZ:
			second = at_zone(second, zone, location);
			second = (Node *) call("start_of", list_make2(first, second), location);
			return at_zone(second, zone, location);
	}
	return (Node *) expr;
}

/* What a clock in the zone shows, or the moment at which it shows that. */
static Node *
at_zone(Node *moment, void *zone, int location)
{
	return (Node *) call("at_zone", list_make2(moment, copyObject(zone)), location);
}

static Const *
zone_constant(const char *time_zone)
{
	return makeConst(TEXTOID, -1, DEFAULT_COLLATION_OID, -1,
					 CStringGetTextDatum(time_zone), false, false);
}

static Const *
no_time(void)
{
	return makeConst(INTERVALOID, -1, InvalidOid, sizeof(Interval),
					 IntervalPGetDatum(palloc0(sizeof(Interval))), false, false);
}

/* A call of leadcrm.name(args). */
static FuncExpr *
call(const char *name, List *args, int location)
{
	Oid			types[FUNC_MAX_ARGS];
	Oid			function;
	int			n = 0;
	ListCell   *cell;

	foreach(cell, args)
		types[n++] = exprType(lfirst(cell));
	function = LookupFuncName(list_make2(makeString("leadcrm"), makeString(pstrdup(name))),
							  n, types, false);
	return replace(function, get_func_rettype(function), args, location);
}

/* A call of a function that takes and gives nothing of a collation. */
static FuncExpr *
replace(Oid function, Oid result, List *args, int location)
{
	FuncExpr   *expr = makeFuncExpr(function, result, args, InvalidOid,
									DEFAULT_COLLATION_OID, COERCE_EXPLICIT_CALL);

	expr->location = location;
	return expr;
}

static bool
is_moment(Oid type)
{
	return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}
