/*-------------------------------------------------------------------------
 * rule_set.c
 *	  The rules of a set, compiled together and evaluated over a row.
 *
 * What rule_group.c can answer by look-ups it answers; what is left of a rule
 * is an expression, evaluated only for rows that passed the look-ups.  What
 * cannot fail runs bare.  What may fail runs last, all rules of a row under
 * one subtransaction, and only in sets that are not strict: a rule that fails
 * does not match and is counted.
 *
 * Parts of an expression that depend on the moment of evaluation but not on
 * the row are parameters, computed once per moment.
 *
 * The invariant: a rule matches exactly when its condition IS TRUE.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "optimizer/optimizer.h"
#include "pgtime.h"
#include "port/pg_bitutils.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "rule.h"
#include "rule_group.h"

typedef struct SetRule
{
	char	   *code;
	RuleClass	rule_class;
	bool		uses_as_of;
	int			sqlstate;		/* why it is RULE_BROKEN */
	ExprState  *rest;			/* what the look-ups do not answer, or NULL */
} SetRule;

struct RuleSet
{
	MemoryContext cxt;
	int			nrules;
	int			nwords;
	SetRule    *rule;
	RuleGroup  *group;
	CachedExpression *expressions;	/* subjects and rests, tracked for changes */
	bool		runs_expressions;
	bool		in_use;

	/* Bitmaps over the rules. */
	uint64	   *possible;		/* neither broken nor constantly not true */
	uint64	   *bare;			/* with a rest that cannot fail */
	uint64	   *guarded;		/* with a rest that may */

	ExprContext *econtext;
	pg_tz	   *time_zone;
	ParamListInfo params;		/* the moment, and what depends on it alone */
	int			nmoments;		/* parameters behind the first */
	ExprState **moment;			/* how they are computed */
	MemoryContext moment_cxt;	/* their values */
	TimestampTz as_of;			/* the moment of these values, */
	bool		as_of_known;	/* if there is one */

	int			nbroken;
	bool		matched_once;	/* since failures were last taken */
	int			nfailures;
	int			failures_allocated;
	RuleFailure *failure;
};

/* While a set is compiled. */
typedef struct SetBuild
{
	List	   *conjuncts;		/* of RuleConjunct */
	List	   *moments;		/* expressions that become parameters */
} SetBuild;

static void set_free(void *arg);
static bool rule_compile(RuleSet *set, int rule, Relation rel, const char *condition,
						 const char *time_zone, bool strict, RuleExpr *result);
static void rule_error_context(void *arg);
static void rule_split(RuleSet *set, int rule, const RuleExpr *compiled, SetBuild *build);
static Node *moment_replace(Node *node, void *context);
static bool moment_is_used(Node *node, void *context);
static bool row_is_used(Node *node, void *context);
static void set_prepare(RuleSet *set, List *rests, List *moments);
static void set_match_expressions(RuleSet *set, TimestampTz as_of, uint64 *matched);
static void set_at(RuleSet *set, TimestampTz as_of);
static void set_match_bare(RuleSet *set, uint64 *matched);
static void set_match_guarded(RuleSet *set, uint64 *matched);
static bool error_is_not_the_rules(int sqlstate);
static int	rule_next(const RuleSet *set, const uint64 *matched, const uint64 *mask, int rule);
static bool rule_holds(const RuleSet *set, int rule);
static void set_note_failure(RuleSet *set, int rule, int sqlstate);

/*
 * leadcrm_rule_set_build
 *		Compile rules over the rows of one table.
 *
 * rel: an open relation.  rules: codes and conditions, copied; a match is
 * reported by place in this array.  time_zone: a name that PostgreSQL knows.
 * strict: a rule that does not compile or that may fail is an error; else the
 * first is RULE_BROKEN, the other runs under a subtransaction.
 *
 * The set lives in a memory context of its own, a child of parent, and goes
 * with it.  It is good as long as leadcrm_rule_set_is_valid() says so and rel
 * does not change; the caller looks at both before each use.
 *
 * Raises 54000 for too many rules, 22023 for an unknown time zone; if strict,
 * 55000 for a rule that may fail and whatever is wrong with a condition.
 */
RuleSet *
leadcrm_rule_set_build(Relation rel, int nrules, const RuleText *rules,
					   const char *time_zone, bool strict, MemoryContext parent)
{
	MemoryContext scratch;
	MemoryContext cxt;
	MemoryContext old;
	MemoryContextCallback *callback;
	RuleSet    *set;
	SetBuild	build = {NIL, NIL};
	List	   *rests = NIL;
	ListCell   *cell;

	if (nrules > RULE_MAX_RULES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many rules"),
				 errdetail("There are %d rules, and a set may have %d.",
						   nrules, RULE_MAX_RULES)));

	scratch = AllocSetContextCreate(CurrentMemoryContext, "leadcrm rule compilation",
									ALLOCSET_DEFAULT_SIZES);
	old = MemoryContextSwitchTo(scratch);
	cxt = AllocSetContextCreate(scratch, "leadcrm rule set", ALLOCSET_DEFAULT_SIZES);
	set = MemoryContextAllocZero(cxt, sizeof(RuleSet));
	set->cxt = cxt;
	callback = MemoryContextAlloc(cxt, sizeof(MemoryContextCallback));
	callback->func = set_free;
	callback->arg = set;
	MemoryContextRegisterResetCallback(cxt, callback);

	set->nrules = nrules;
	set->nwords = RULE_WORDS(nrules);
	set->rule = MemoryContextAllocZero(cxt, Max(nrules, 1) * sizeof(SetRule));
	set->possible = MemoryContextAllocZero(cxt, Max(set->nwords, 1) * sizeof(uint64));
	set->bare = MemoryContextAllocZero(cxt, Max(set->nwords, 1) * sizeof(uint64));
	set->guarded = MemoryContextAllocZero(cxt, Max(set->nwords, 1) * sizeof(uint64));
	set->time_zone = pg_tzset(time_zone);
	if (set->time_zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", time_zone)));

	for (int i = 0; i < nrules; i++)
	{
		RuleExpr	compiled;

		CHECK_FOR_INTERRUPTS();
		set->rule[i].code = MemoryContextStrdup(cxt, rules[i].code);
		if (rule_compile(set, i, rel, rules[i].condition, time_zone, strict, &compiled))
			rule_split(set, i, &compiled, &build);
	}
	set->group = leadcrm_rule_group_build(nrules, build.conjuncts, cxt);
	for (int i = 0; i < nrules; i++)
		rests = lappend(rests, NULL);
	foreach(cell, build.conjuncts)
	{
		RuleConjunct *conjunct = lfirst(cell);

		if (conjunct->subject == NULL)
		{
			ListCell   *rest = list_nth_cell(rests, conjunct->rule);

			lfirst(rest) = lappend(lfirst(rest), conjunct->expr);
		}
	}
	set_prepare(set, rests, build.moments);

	MemoryContextSetParent(cxt, parent);
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	return set;
}

/*
 * leadcrm_rule_set_free
 *		Free a set before its parent context goes.
 */
void
leadcrm_rule_set_free(RuleSet *set)
{
	MemoryContextDelete(set->cxt);
}

/*
 * leadcrm_rule_set_is_valid
 *		Whether the functions and types that the set uses are unchanged.
 */
bool
leadcrm_rule_set_is_valid(const RuleSet *set)
{
	return set->expressions == NULL || set->expressions->is_valid;
}

/*
 * leadcrm_rule_set_in_use
 *		Whether the set is evaluating a row further up the stack.
 */
bool
leadcrm_rule_set_in_use(const RuleSet *set)
{
	return set->in_use;
}

/*
 * leadcrm_rule_set_count
 *		How many rules the set was built from.
 */
int
leadcrm_rule_set_count(const RuleSet *set)
{
	return set->nrules;
}

/*
 * leadcrm_rule_set_class
 *		Whether a rule may fail, or has failed to compile.
 */
RuleClass
leadcrm_rule_set_class(const RuleSet *set, int rule)
{
	return set->rule[rule].rule_class;
}

/*
 * leadcrm_rule_set_uses_as_of
 *		Whether a rule depends on the moment of evaluation.
 */
bool
leadcrm_rule_set_uses_as_of(const RuleSet *set, int rule)
{
	return set->rule[rule].uses_as_of;
}

/*
 * leadcrm_rule_set_match
 *		Which rules a row matches.
 *
 * slot: a row of the relation that the set was built for.  matched: set to a
 * bitmap over the rules, RULE_WORDS() long; see RULE_MATCHED().
 *
 * Raises nothing that rules cause, but 54001 when the set is evaluating
 * another row: a function that a rule calls must not come back here.  Leaves
 * nothing behind in any memory context but counts of failures.
 */
void
leadcrm_rule_set_match(RuleSet *set, TupleTableSlot *slot, TimestampTz as_of, uint64 *matched)
{
	ExprContext *econtext = set->econtext;
	MemoryContext old;

	CHECK_FOR_INTERRUPTS();
	if (set->in_use)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("a rule calls itself")));

	old = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	set->matched_once = true;
	memcpy(matched, set->possible, set->nwords * sizeof(uint64));
	leadcrm_rule_group_match_columns(set->group, slot, matched);
	if (set->runs_expressions)
	{
		econtext->ecxt_scantuple = slot;
		set_match_expressions(set, as_of, matched);
		econtext->ecxt_scantuple = NULL;
	}
	MemoryContextSwitchTo(old);
	ResetExprContext(econtext);
}

/*
 * leadcrm_rule_set_has_failures
 *		Whether there are failures to take.
 */
bool
leadcrm_rule_set_has_failures(const RuleSet *set)
{
	return set->nfailures > 0 || (set->nbroken > 0 && set->matched_once);
}

/*
 * leadcrm_rule_set_take_failures
 *		Failures of the set's rules since they were last taken.
 *
 * failures: set to an array in the current memory context.  A broken rule is
 * counted once if any row was matched since.  Returns the array's length.
 */
int
leadcrm_rule_set_take_failures(RuleSet *set, RuleFailure **failures)
{
	int			n;

	for (int i = 0; i < set->nrules && set->matched_once; i++)
	{
		if (set->rule[i].rule_class == RULE_BROKEN)
			set_note_failure(set, i, set->rule[i].sqlstate);
	}
	n = set->nfailures;
	*failures = palloc(Max(n, 1) * sizeof(RuleFailure));
	memcpy(*failures, set->failure, n * sizeof(RuleFailure));
	set->nfailures = 0;
	set->matched_once = false;
	return n;
}

/*
 * leadcrm_rule_set_next_change
 *		The earliest moment after as_of at which time alone may change what
 *		leadcrm_rule_set_match() finds; DT_NOEND if it never does.
 */
TimestampTz
leadcrm_rule_set_next_change(RuleSet *set, TupleTableSlot *slot, TimestampTz as_of)
{
	for (int i = 0; i < set->nrules; i++)
	{
		if (set->rule[i].uses_as_of)
			return TIMESTAMP_NOT_FINITE(as_of) ? as_of : as_of + USECS_PER_HOUR;
	}
	return DT_NOEND;
}

/* Reset callback of a set's context: the expressions live elsewhere. */
static void
set_free(void *arg)
{
	RuleSet    *set = arg;

	if (set->expressions != NULL)
		FreeCachedExpression(set->expressions);
	set->expressions = NULL;
}

/* Compile one rule; false when it is broken, which only a lenient set allows. */
static bool
rule_compile(RuleSet *set, int rule, Relation rel, const char *condition,
			 const char *time_zone, bool strict, RuleExpr *result)
{
	SetRule    *target = &set->rule[rule];
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool broken = false;
	ErrorContextCallback errcallback;

	if (strict)
	{
		errcallback.callback = rule_error_context;
		errcallback.arg = target->code;
		errcallback.previous = error_context_stack;
		error_context_stack = &errcallback;
		leadcrm_rule_parse(rel, condition, time_zone, result);
		error_context_stack = errcallback.previous;
		if (result->rule_class == RULE_MAY_FAIL)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("rule \"%s\" may fail and cannot be used in a query", target->code),
					 errhint("See leadcrm.explain_rules(), and use the forms that give NULL instead of an error.")));
	}
	else
	{
		BeginInternalSubTransaction(NULL);
		MemoryContextSwitchTo(cxt);
		PG_TRY();
		{
			leadcrm_rule_parse(rel, condition, time_zone, result);
			ReleaseCurrentSubTransaction();
		}
		PG_CATCH();
		{
			target->sqlstate = geterrcode();
			if (error_is_not_the_rules(target->sqlstate))
				PG_RE_THROW();
			FlushErrorState();
			RollbackAndReleaseCurrentSubTransaction();
			broken = true;
		}
		PG_END_TRY();
		MemoryContextSwitchTo(cxt);
		CurrentResourceOwner = owner;
	}
	set->nbroken += broken;
	target->rule_class = broken ? RULE_BROKEN : result->rule_class;
	target->uses_as_of = !broken && result->uses_as_of;
	return !broken;
}

static void
rule_error_context(void *arg)
{
	errcontext("rule \"%s\"", (const char *) arg);
}

/* Add a rule's conjuncts to those of the set. */
static void
rule_split(RuleSet *set, int rule, const RuleExpr *compiled, SetBuild *build)
{
	bool		may_fail = compiled->rule_class == RULE_MAY_FAIL;
	ListCell   *cell;

	set->possible[rule / 64] |= UINT64CONST(1) << (rule % 64);
	foreach(cell, make_ands_implicit(compiled->expr))
	{
		RuleConjunct *conjunct;
		Node	   *expr = lfirst(cell);

		if (IsA(expr, Const))
		{
			if (((Const *) expr)->constisnull || !DatumGetBool(((Const *) expr)->constvalue))
				set->possible[rule / 64] &= ~(UINT64CONST(1) << (rule % 64));
			continue;
		}

		/* Computed once, what may fail would fail where it would not be run. */
		if (!may_fail)
			expr = moment_replace(expr, build);
		conjunct = palloc0(sizeof(RuleConjunct));
		conjunct->rule = rule;
		conjunct->expr = (Expr *) expr;
		conjunct->may_fail = may_fail;
		build->conjuncts = lappend(build->conjuncts, conjunct);
	}
}

/*
 * Replace what depends on the moment but not on the row by a parameter, which
 * is added to the build.
 */
static Node *
moment_replace(Node *node, void *context)
{
	SetBuild   *build = context;

	if (node == NULL || !moment_is_used(node, NULL))
		return node;
	if ((IsA(node, OpExpr) || IsA(node, FuncExpr)) && !row_is_used(node, NULL))
	{
		Param	   *param = makeNode(Param);
		int			place = 0;
		ListCell   *cell;

		foreach(cell, build->moments)
		{
			if (equal(lfirst(cell), node))
				break;
			place++;
		}
		if (cell == NULL)
			build->moments = lappend(build->moments, node);
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
	if (IsA(node, Param))
		return true;
	return expression_tree_walker(node, moment_is_used, context);
}

/* Anything but the moment that an expression may depend on. */
static bool
row_is_used(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, Var) || IsA(node, CaseTestExpr) || IsA(node, CoerceToDomainValue))
		return true;
	return expression_tree_walker(node, row_is_used, context);
}

/*
 * Make everything that is evaluated ready: expressions of the group's
 * subjects, rests (a list of conjuncts per rule), and moments.
 *
 * They are kept as one cached expression, which PostgreSQL watches.
 */
static void
set_prepare(RuleSet *set, List *rests, List *moments)
{
	List	   *all = NIL;
	MemoryContext old;
	ListCell   *cell;

	for (int i = set->group->ncolumns; i < set->group->nsubjects; i++)
		all = lappend(all, leadcrm_rule_group_expression(set->group, i));
	foreach(cell, rests)
	{
		if (lfirst(cell) != NIL)
			all = lappend(all, make_ands_explicit(lfirst(cell)));
	}
	all = list_concat(all, moments);
	set->nmoments = list_length(moments);
	set->runs_expressions = all != NIL;
	if (set->runs_expressions)
		set->expressions = GetCachedExpression((Node *) all);

	old = MemoryContextSwitchTo(set->cxt);
	set->moment_cxt = AllocSetContextCreate(set->cxt, "leadcrm rule moment",
											ALLOCSET_SMALL_SIZES);
	set->moment = palloc(Max(set->nmoments, 1) * sizeof(ExprState *));
	set->params = makeParamList(set->nmoments + 1);
	set->params->params[0].ptype = TIMESTAMPTZOID;
	set->econtext = CreateStandaloneExprContext();
	set->econtext->ecxt_param_list_info = set->params;
	if (set->runs_expressions)
	{
		List	   *planned = castNode(List, set->expressions->expr);
		int			next = 0;

		for (int i = set->group->ncolumns; i < set->group->nsubjects; i++)
			leadcrm_rule_group_set_state(set->group, i,
										 ExecInitExprWithParams(list_nth(planned, next++),
																set->params));
		for (int i = 0; i < set->nrules; i++)
		{
			uint64	   *mask = set->rule[i].rule_class == RULE_MAY_FAIL ? set->guarded : set->bare;

			if (list_nth(rests, i) == NIL)
				continue;
			set->rule[i].rest = ExecInitExprWithParams(list_nth(planned, next++), set->params);
			mask[i / 64] |= UINT64CONST(1) << (i % 64);
		}
		for (int i = 0; i < set->nmoments; i++)
		{
			Expr	   *expr = list_nth(planned, next++);

			set->params->params[i + 1].ptype = exprType((Node *) expr);
			set->moment[i] = ExecInitExprWithParams(expr, set->params);
		}
	}
	MemoryContextSwitchTo(old);
}

/*
 * Evaluate what look-ups in columns do not answer, in per-tuple memory and in
 * the set's time zone.
 */
static void
set_match_expressions(RuleSet *set, TimestampTz as_of, uint64 *matched)
{
	pg_tz	   *time_zone = session_timezone;

	set->in_use = true;
	session_timezone = set->time_zone;
	PG_TRY();
	{
		set_at(set, as_of);
		leadcrm_rule_group_match_expressions(set->group, set->econtext, matched);
		set_match_bare(set, matched);
		set_match_guarded(set, matched);
	}
	PG_CATCH();
	{
		session_timezone = time_zone;
		set->in_use = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	session_timezone = time_zone;
	set->in_use = false;
}

/* Compute the parameters for a moment, unless they are for it already. */
static void
set_at(RuleSet *set, TimestampTz as_of)
{
	MemoryContext old;

	if (set->as_of_known && set->as_of == as_of)
		return;
	set->as_of_known = false;
	MemoryContextReset(set->moment_cxt);
	old = MemoryContextSwitchTo(set->moment_cxt);
	set->params->params[0].value = TimestampTzGetDatum(as_of);
	MemoryContextSwitchTo(old);

	for (int i = 0; i < set->nmoments; i++)
	{
		ParamExternData *param = &set->params->params[i + 1];
		int16		typlen;
		bool		typbyval;
		Datum		value;

		value = ExecEvalExpr(set->moment[i], set->econtext, &param->isnull);
		if (param->isnull)
			continue;
		get_typlenbyval(param->ptype, &typlen, &typbyval);
		old = MemoryContextSwitchTo(set->moment_cxt);
		param->value = datumCopy(value, typbyval, typlen);
		MemoryContextSwitchTo(old);
	}
	set->as_of = as_of;
	set->as_of_known = true;
}

/* The next rule behind this one in both bitmaps, or -1; begin with -1. */
static int
rule_next(const RuleSet *set, const uint64 *matched, const uint64 *mask, int rule)
{
	int			word = (rule + 1) / 64;
	uint64		keep = ~UINT64CONST(0) << ((rule + 1) % 64);

	for (; word < set->nwords; word++)
	{
		uint64		bits = matched[word] & mask[word] & keep;

		if (bits != 0)
			return word * 64 + pg_rightmost_one_pos64(bits);
		keep = ~UINT64CONST(0);
	}
	return -1;
}

/* Whether what is left of a rule is true. */
static bool
rule_holds(const RuleSet *set, int rule)
{
	bool		isnull;
	Datum		value = ExecEvalExpr(set->rule[rule].rest, set->econtext, &isnull);

	return !isnull && DatumGetBool(value);
}

static void
set_match_bare(RuleSet *set, uint64 *matched)
{
	int			rule = -1;

	while ((rule = rule_next(set, matched, set->bare, rule)) >= 0)
	{
		if (!rule_holds(set, rule))
			matched[rule / 64] &= ~(UINT64CONST(1) << (rule % 64));
	}
}

/*
 * One subtransaction for all rules; when one fails, another for those behind
 * it.
 */
static void
set_match_guarded(RuleSet *set, uint64 *matched)
{
	MemoryContext cxt = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int rule = rule_next(set, matched, set->guarded, -1);

	while (rule >= 0)
	{
		BeginInternalSubTransaction(NULL);
		MemoryContextSwitchTo(cxt);
		PG_TRY();
		{
			while (rule >= 0)
			{
				if (!rule_holds(set, rule))
					matched[rule / 64] &= ~(UINT64CONST(1) << (rule % 64));
				rule = rule_next(set, matched, set->guarded, rule);
			}
			ReleaseCurrentSubTransaction();
		}
		PG_CATCH();
		{
			int			sqlstate = geterrcode();

			if (rule < 0 || error_is_not_the_rules(sqlstate))
				PG_RE_THROW();
			MemoryContextSwitchTo(cxt);
			FlushErrorState();
			RollbackAndReleaseCurrentSubTransaction();
			matched[rule / 64] &= ~(UINT64CONST(1) << (rule % 64));
			set_note_failure(set, rule, sqlstate);
			rule = rule_next(set, matched, set->guarded, rule);
		}
		PG_END_TRY();
		MemoryContextSwitchTo(cxt);
		CurrentResourceOwner = owner;
	}
}

/*
 * Errors that no condition causes: cancelled, shut down, out of memory or
 * disk, corrupted, or to be retried.  They stop the statement.
 */
static bool
error_is_not_the_rules(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return true;
		default:
			return false;
	}
}

static void
set_note_failure(RuleSet *set, int rule, int sqlstate)
{
	for (int i = 0; i < set->nfailures; i++)
	{
		if (set->failure[i].rule == rule && set->failure[i].sqlstate == sqlstate)
		{
			set->failure[i].count++;
			return;
		}
	}
	if (set->nfailures == set->failures_allocated)
	{
		int			n = Max(8, 2 * set->failures_allocated);

		if (set->failure == NULL)
			set->failure = MemoryContextAlloc(set->cxt, n * sizeof(RuleFailure));
		else
			set->failure = repalloc(set->failure, n * sizeof(RuleFailure));
		set->failures_allocated = n;
	}
	set->failure[set->nfailures].rule = rule;
	set->failure[set->nfailures].sqlstate = sqlstate;
	set->failure[set->nfailures++].count = 1;
}
