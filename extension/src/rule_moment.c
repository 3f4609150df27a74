/*-------------------------------------------------------------------------
 * rule_moment.c
 *	  When time alone changes what conditions find.
 *
 * While a row stays as it is, a condition can only change where one of its
 * comparisons with as_of does.  Nearly all of these are of one kind: what they
 * compare only ever grows, or only ever falls, with as_of (as_of itself, as_of
 * and a constant span, its date, the time since something).  Such a comparison
 * changes once, and the moment is found by halving; equality is two of them.
 * What depends on as_of in any other way, as the day of the week does, is
 * looked at again each day at midnight, or each hour.
 *
 * Where clocks are set back, the date and time of day of an hour come twice;
 * a comparison with them may change again within that hour, unnoticed.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/stratnum.h"
#include "catalog/pg_amop.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "optimizer/optimizer.h"
#include "parser/parse_oper.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "activity_kind.h"
#include "behaviour.h"
#include "rule_moment.h"

/* Nobody waits longer for a lead. */
#define HORIZON			(INT64CONST(100) * 366 * USECS_PER_DAY)

struct RuleMoments
{
	int			n;
	ExprState **comparison;		/* each changes at most once */
	bool		by_day;			/* others can change at midnight */
	bool		by_hour;		/* or within the day */
	pg_tz	   *time_zone;
	ExprContext *econtext;
	ParamListInfo params;
};

typedef struct Build
{
	RuleMoments *moments;
	List	   *comparisons;	/* of Expr */
} Build;

static bool collect(Node *node, void *context);
static void collect_comparison(OpExpr *expr, Build *build);
static bool uses_moment(Node *node, void *context);
static bool is_monotone(Node *node);
static bool function_is_monotone(Oid func);
static bool by_the_hour(Node *node, void *context);
static int	holds(RuleMoments *moments, int comparison, TimestampTz as_of);

/*
 * leadcrm_rule_moments_build
 *		Find where conditions depend on as_of.
 *
 * conditions: analysed expressions that cannot fail, of RuleExpr.expr.
 * others: there are conditions besides that depend on as_of, and may fail:
 * they are looked at each hour.
 *
 * Returns NULL when none depends on it; else the result is in cxt.
 */
RuleMoments *
leadcrm_rule_moments_build(List *conditions, bool others, pg_tz *time_zone, MemoryContext cxt)
{
	RuleMoments *moments = MemoryContextAllocZero(cxt, sizeof(RuleMoments));
	Build		build = {moments, NIL};
	MemoryContext old;
	ListCell   *cell;

	moments->by_hour = others;
	moments->time_zone = time_zone;
	foreach(cell, conditions)
		(void) collect(lfirst(cell), &build);
	moments->n = list_length(build.comparisons);
	if (moments->n == 0 && !moments->by_hour && !moments->by_day)
	{
		pfree(moments);
		return NULL;
	}

	old = MemoryContextSwitchTo(cxt);
	moments->comparison = palloc(Max(moments->n, 1) * sizeof(ExprState *));
	moments->params = makeParamList(RULE_PARAM_AS_OF);
	moments->params->params[RULE_PARAM_AS_OF - 1].ptype = TIMESTAMPTZOID;
	moments->params->params[RULE_PARAM_AS_OF - 1].pflags = 0;
	moments->params->params[RULE_PARAM_AS_OF - 1].isnull = false;
	moments->econtext = CreateStandaloneExprContext();
	moments->econtext->ecxt_param_list_info = moments->params;
	foreach(cell, build.comparisons)
		moments->comparison[foreach_current_index(cell)] =
			ExecInitExprWithParams(expression_planner(copyObject(lfirst(cell))), moments->params);
	MemoryContextSwitchTo(old);
	return moments;
}

/*
 * leadcrm_rule_moments_next
 *		The earliest moment after as_of at which a comparison with it changes
 *		for this row; DT_NOEND when none does.
 */
TimestampTz
leadcrm_rule_moments_next(RuleMoments *moments, TupleTableSlot *slot, TimestampTz as_of)
{
	TimestampTz next = DT_NOEND;

	if (moments == NULL || TIMESTAMP_NOT_FINITE(as_of))
		return DT_NOEND;
	if (moments->by_hour)
		next = as_of - as_of % USECS_PER_HOUR + USECS_PER_HOUR;
	if (moments->by_day)
	{
		TimestampTz begin;
		TimestampTz end;

		leadcrm_local_day(moments->time_zone, as_of, &begin, &end);
		next = Min(next, end);
	}

	moments->econtext->ecxt_scantuple = slot;
	for (int i = 0; i < moments->n; i++)
	{
		TimestampTz low = as_of;
		TimestampTz high = next == DT_NOEND ? as_of + HORIZON : next;
		int			now = holds(moments, i, low);

		if (holds(moments, i, high) == now)
			continue;
		while (high - low > 1)
		{
			TimestampTz middle = low + (high - low) / 2;

			if (holds(moments, i, middle) == now)
				low = middle;
			else
				high = middle;
		}
		next = high;
	}
	moments->econtext->ecxt_scantuple = NULL;
	return next;
}

/* What a comparison says at a moment: 1 true, 0 false, -1 NULL. */
static int
holds(RuleMoments *moments, int comparison, TimestampTz as_of)
{
	bool		isnull;
	Datum		value;

	moments->params->params[RULE_PARAM_AS_OF - 1].value = TimestampTzGetDatum(as_of);
	value = ExecEvalExprSwitchContext(moments->comparison[comparison], moments->econtext, &isnull);
	ResetExprContext(moments->econtext);
	return isnull ? -1 : DatumGetBool(value);
}

/* Walker: gather the comparisons with as_of. */
static bool
collect(Node *node, void *context)
{
	Build	   *build = context;

	if (node == NULL || !uses_moment(node, NULL))
		return false;
	if (IsA(node, OpExpr) && ((OpExpr *) node)->opresulttype == BOOLOID)
	{
		collect_comparison((OpExpr *) node, build);
		return false;
	}
	if (IsA(node, BoolExpr) || IsA(node, List) || IsA(node, BooleanTest) ||
		IsA(node, CaseExpr) || IsA(node, CaseWhen))
		return expression_tree_walker(node, collect, context);
	if (by_the_hour(node, NULL))
		build->moments->by_hour = true;
	else
		build->moments->by_day = true;
	return false;
}

static void
collect_comparison(OpExpr *expr, Build *build)
{
	Node	   *left = linitial(expr->args);
	Node	   *right = list_length(expr->args) == 2 ? lsecond(expr->args) : NULL;
	List	   *interpretations = get_op_index_interpretation(expr->opno);
	OpIndexInterpretation *btree = interpretations == NIL ? NULL : linitial(interpretations);
	bool		monotone = btree != NULL && right != NULL &&
		(uses_moment(left, NULL) ? is_monotone(left) && !uses_moment(right, NULL)
		 : is_monotone(right));

	if (!monotone)
	{
		if (by_the_hour((Node *) expr, NULL))
			build->moments->by_hour = true;
		else
			build->moments->by_day = true;
		return;
	}
	if (OpInterpretationCompare(btree) != BTEqualStrategyNumber &&
		OpInterpretationCompare(btree) != COMPARE_NE)
	{
		build->comparisons = lappend(build->comparisons, expr);
		return;
	}

	/* Equality begins where < ends and ends where <= does. */
	for (int strategy = BTLessStrategyNumber; strategy <= BTLessEqualStrategyNumber; strategy++)
	{
		OpExpr	   *order = copyObject(expr);

		order->opno = get_opfamily_member_for_cmptype(btree->opfamily_id, btree->oplefttype,
													  btree->oprighttype, strategy);
		order->opfuncid = get_opcode(order->opno);
		build->comparisons = lappend(build->comparisons, order);
	}
}

static bool
uses_moment(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Param))
		return true;
	return expression_tree_walker(node, uses_moment, context);
}

/* Does a value that depends on as_of only grow, or only fall, with it? */
static bool
is_monotone(Node *node)
{
	List	   *args;
	Node	   *moment = NULL;
	ListCell   *cell;
	Oid			func;

	switch (nodeTag(node))
	{
		case T_Param:
			return true;
		case T_RelabelType:
			return is_monotone((Node *) ((RelabelType *) node)->arg);
		case T_FuncExpr:
			func = ((FuncExpr *) node)->funcid;
			args = ((FuncExpr *) node)->args;
			break;
		case T_OpExpr:
			func = get_opcode(((OpExpr *) node)->opno);
			args = ((OpExpr *) node)->args;
			break;
		default:
			return false;
	}
	if (!function_is_monotone(func))
		return false;
	foreach(cell, args)
	{
		if (!uses_moment(lfirst(cell), NULL))
			continue;
		if (moment != NULL)
			return false;
		moment = lfirst(cell);
	}
	return moment != NULL && is_monotone(moment);
}

/*
 * Does a function of dates and times grow, or fall, with each of them?  These
 * are those that rule_zone.c puts in, and the casts between them.
 */
static bool
function_is_monotone(Oid func)
{
	static const char *const ours[] = {"at_zone", "start_of", "add", "subtract"};

	switch (func)
	{
		case F_DATE_TIMESTAMP:
		case F_TIMESTAMP_DATE:
		case F_DATE_MI:
		case F_DATE_PLI:
		case F_DATE_MII:
		case F_TIMESTAMPTZ_MI:
			return true;
		default:
			if (get_func_namespace(func) != PG_CATALOG_NAMESPACE)
			{
				char	   *name = get_func_name(func);

				for (int i = 0; name != NULL && i < lengthof(ours); i++)
				{
					if (strcmp(name, ours[i]) == 0)
						return true;
				}
			}
			return false;
	}
}

/* Walker: is there a part of as_of that changes within a day? */
static bool
by_the_hour(Node *node, void *context)
{
	static const char *const of_days[] = {"dow", "isodow", "day", "doy", "week", "month",
	"quarter", "year", "isoyear", "decade", "century", "millennium", "julian"};

	if (node == NULL)
		return false;
	if (IsA(node, FuncExpr) && uses_moment(node, NULL))
	{
		FuncExpr   *call = (FuncExpr *) node;
		Node	   *field = linitial(call->args);

		if (exprType(field) == TEXTOID)
		{
			char	   *name;

			if (!IsA(field, Const) || ((Const *) field)->constisnull)
				return true;
			name = TextDatumGetCString(((Const *) field)->constvalue);
			for (int i = 0; i < lengthof(of_days); i++)
			{
				if (pg_strcasecmp(name, of_days[i]) == 0)
					return false;
			}
			return true;
		}
	}
	if (IsA(node, Param))
		return true;			/* bare, in something unforeseen */
	return expression_tree_walker(node, by_the_hour, context);
}
