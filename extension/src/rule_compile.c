/*-------------------------------------------------------------------------
 * rule_compile.c
 *	  The texts of a set's rules to conjuncts, grouped.
 *
 * A rule is split at its ANDs.  Parts of a conjunct that depend on the moment
 * of evaluation but not on the row become parameters, to be computed once per
 * moment.  What rule_group.c cannot answer by look-ups is left for whoever
 * evaluates the rules.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "utils/memutils.h"

#include "attempt.h"
#include "rule_allow.h"
#include "rule_compile.h"

static bool compile_or_raise(CompiledRule *rule, TupleDesc tupdesc, const RuleText *text,
							 const char *time_zone, RuleExpr *result);
static bool compile_or_note(CompiledRule *rule, TupleDesc tupdesc, const RuleText *text,
							const char *time_zone, RuleExpr *result);
static void rule_error_context(void *arg);
static void split(RuleCompilation *compilation, int rule, const RuleExpr *compiled);
static Node *moment_replace(Node *node, void *context);
static bool moment_is_used(Node *node, void *context);
static bool row_is_used(Node *node, void *context);

/*
 * leadcrm_rules_compile
 *		Compile rules over rows of one shape.
 *
 * strict: what is wrong with a rule is raised, else kept in the result.
 * cxt: where the group lives; the rest is in the current memory context.
 */
RuleCompilation *
leadcrm_rules_compile(TupleDesc tupdesc, int nrules, const RuleText *rules, const char *time_zone,
					  bool strict, MemoryContext cxt)
{
	RuleCompilation *compilation = palloc0(sizeof(RuleCompilation));

	if (nrules > RULE_MAX_RULES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rules"),
				 errdetail("There are %d rules, and a set may have %d.",
						   nrules, RULE_MAX_RULES)));

	compilation->nrules = nrules;
	compilation->rule = palloc0(Max(nrules, 1) * sizeof(CompiledRule));
	for (int i = 0; i < nrules; i++)
	{
		CompiledRule *rule = &compilation->rule[i];
		RuleExpr	compiled;

		CHECK_FOR_INTERRUPTS();
		if (strict ? compile_or_raise(rule, tupdesc, &rules[i], time_zone, &compiled) :
			compile_or_note(rule, tupdesc, &rules[i], time_zone, &compiled))
		{
			rule->rule_class = compiled.rule_class;
			rule->uses_as_of = compiled.uses_as_of;
			split(compilation, i, &compiled);
		}
		else
			rule->rule_class = RULE_BROKEN;
	}
	compilation->group = leadcrm_rule_group_build(nrules, compilation->conjuncts, cxt);
	return compilation;
}

/*
 * leadcrm_rule_error_is_its_own
 *		Whether a condition can be the cause of an error, which then counts
 *		against the rule and stops nothing.
 *
 * It is not when the statement is cancelled, shut down or to be retried, or
 * when memory, disk or PostgreSQL itself fails.
 */
bool
leadcrm_rule_error_is_its_own(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return false;
		default:
			return true;
	}
}

/* Compile a rule for queries, which must not fail. */
static bool
compile_or_raise(CompiledRule *rule, TupleDesc tupdesc, const RuleText *text,
				 const char *time_zone, RuleExpr *result)
{
	ErrorContextCallback errcallback;

	errcallback.callback = rule_error_context;
	errcallback.arg = unconstify(char *, text->code);
	errcallback.previous = error_context_stack;
	error_context_stack = &errcallback;
	leadcrm_rule_parse_row(tupdesc, text->condition, time_zone, result);
	error_context_stack = errcallback.previous;
	if (result->rule_class == RULE_MAY_FAIL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("rule \"%s\" may fail and cannot be used in a query", text->code),
				 errhint("Use what gives NULL instead of an error; leadcrm.explain_rules() shows the class of each rule.")));
	return true;
}

static void
rule_error_context(void *arg)
{
	errcontext("rule \"%s\"", (const char *) arg);
}

/* Compile a rule; false if it is broken. */
static bool
compile_or_note(CompiledRule *rule, TupleDesc tupdesc, const RuleText *text,
				const char *time_zone, RuleExpr *result)
{
	Attempt		attempt;

	leadcrm_attempt_begin(&attempt);
	PG_TRY();
	{
		leadcrm_rule_parse_row(tupdesc, text->condition, time_zone, result);
		leadcrm_attempt_keep(&attempt);
	}
	PG_CATCH();
	{
		ErrorData  *error = leadcrm_attempt_undo(&attempt);

		if (!leadcrm_rule_error_is_its_own(error->sqlerrcode))
			ReThrowError(error);
		rule->sqlstate = error->sqlerrcode;
		rule->message = error->message;
	}
	PG_END_TRY();
	return rule->sqlstate == 0;
}

/* Add a rule's conjuncts to those of the set. */
static void
split(RuleCompilation *compilation, int rule, const RuleExpr *compiled)
{
	ListCell   *cell;

	foreach(cell, make_ands_implicit(compiled->expr))
	{
		Node	   *expr = lfirst(cell);
		RuleConjunct *conjunct;
		int			location;

		if (IsA(expr, Const))
		{
			if (((Const *) expr)->constisnull || !DatumGetBool(((Const *) expr)->constvalue))
				compilation->rule[rule].never = true;
			continue;
		}
		conjunct = palloc0(sizeof(RuleConjunct));
		conjunct->rule = rule;
		conjunct->may_fail = leadcrm_rule_class(expr, &location) == RULE_MAY_FAIL;
		if (compiled->uses_as_of && moment_is_used(expr, NULL))
		{
			if (conjunct->may_fail)
				compilation->timed_may_fail = true;
			else
				compilation->timed = lappend(compilation->timed, expr);
		}
		/* What may fail is not run where it would not have been. */
		conjunct->expr = (Expr *) (conjunct->may_fail ? expr :
								   moment_replace(expr, &compilation->moments));
		compilation->conjuncts = lappend(compilation->conjuncts, conjunct);
	}
}

/*
 * Replace what depends on the moment but not on the row by a parameter.
 * context: the list of expressions to which it is added.
 */
static Node *
moment_replace(Node *node, void *context)
{
	List	  **moments = context;

	if (node == NULL || !moment_is_used(node, NULL))
		return node;
	if ((IsA(node, OpExpr) || IsA(node, FuncExpr)) && !row_is_used(node, NULL))
	{
		Param	   *param = makeNode(Param);
		int			place = 0;
		ListCell   *cell;

		foreach(cell, *moments)
		{
			if (equal(lfirst(cell), node))
				break;
			place++;
		}
		if (cell == NULL)
			*moments = lappend(*moments, node);
		param->paramkind = PARAM_EXTERN;
		param->paramid = RULE_PARAM_AS_OF + 1 + place;
		param->paramtype = exprType(node);
		param->paramtypmod = exprTypmod(node);
		param->paramcollid = exprCollation(node);
		param->location = -1;
		return (Node *) param;
	}
	return expression_tree_mutator(node, moment_replace, context);
}

static bool
moment_is_used(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, Param) || expression_tree_walker(node, moment_is_used, context);
}

/* Anything but the moment that an expression may depend on. */
static bool
row_is_used(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, Var) || IsA(node, CaseTestExpr) ||
		expression_tree_walker(node, row_is_used, context);
}
