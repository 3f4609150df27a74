/*-------------------------------------------------------------------------
 * rule_set.c
 *	  The rules of a set, kept together and evaluated over a row.
 *
 * What rule_group.c can answer by look-ups it answers; what is left of a rule
 * is evaluated only for rows that passed the look-ups, and what follows from
 * one column alone only for values that rule_memo.c does not remember.  What
 * cannot fail runs bare.  What may fail runs last, all rules of a row under one
 * subtransaction; a rule that fails does not match and is counted.  A strict
 * set has none.
 *
 * The invariant: a rule matches exactly when its condition IS TRUE.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "optimizer/optimizer.h"
#include "port/pg_bitutils.h"
#include "utils/datum.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "attempt.h"
#include "rule_compile.h"
#include "rule_memo.h"
#include "rule_moment.h"

typedef struct SetRule
{
	RuleClass	rule_class;
	int			sqlstate;		/* why it is RULE_BROKEN */
	ExprState  *bare;			/* NULL, or the conjuncts that are not grouped: */
	ExprState  *guarded;		/* these may fail */
} SetRule;

/* What is not grouped, cannot fail and follows from one column alone. */
typedef struct SetColumn
{
	AttrNumber	column;
	List	  **conjuncts;		/* of each rule, while the set is prepared */
	ExprState **state;
	uint64	   *rules;			/* that have such */
	RuleMemo   *memo;
} SetColumn;

struct RuleSet
{
	RuleMoments *timed;			/* NULL: no rule depends on as_of */
	MemoryContext cxt;
	uint64		functions;		/* function_changes when it was built */
	int			nrules;
	int			nwords;
	int			nbroken;
	SetRule    *rule;
	Bitmapset  *columns;		/* that the rules read */
	RuleGroup  *group;
	int			ncolumns;
	SetColumn  *column;
	bool		runs_expressions;
	bool		in_use;

	/* Bitmaps over the rules. */
	uint64	   *possible;		/* neither broken nor never true */
	uint64	   *bare;			/* with such an expression */
	uint64	   *guarded;

	ExprContext *econtext;
	ParamListInfo params;		/* the moment, and what depends on it alone */
	int			nmoments;		/* parameters behind the first */
	ExprState **moment;			/* how they are computed */
	MemoryContext moment_cxt;	/* their values, */
	bool		moment_known;	/* if there are, */
	TimestampTz as_of;			/* for this moment */

	bool		matched_once;	/* since failures were last taken */
	int			nfailures;
	int			failures_allocated;
	RuleFailure *failure;
};

/* Functions of the database that have changed since the backend started. */
static uint64 function_changes = 0;

static void set_function_callback(Datum arg, int cacheid, uint32 hashvalue);
static void set_prepare(RuleSet *set, const RuleCompilation *compilation, TupleDesc tupdesc);
static SetColumn *set_column(RuleSet *set, Node *expr, TupleDesc tupdesc);
static bool has_param(Node *node, void *context);
static void set_prepare_column(RuleSet *set, SetColumn *column);
static ExprState *set_expression(RuleSet *set, Expr *expr);
static void set_match_expressions(RuleSet *set, TimestampTz as_of, uint64 *matched);
static void set_at(RuleSet *set, TimestampTz as_of);
static void set_match_column(RuleSet *set, const SetColumn *column, uint64 *matched);
static void set_match_bare(RuleSet *set, uint64 *matched);
static void set_match_guarded(RuleSet *set, uint64 *matched);
static int	next_rule(const RuleSet *set, const uint64 *matched, const uint64 *mask, int rule);
static bool is_true(const RuleSet *set, ExprState *state);

/*
 * leadcrm_rule_set_init
 *		Register the callback; called once, from _PG_init.
 */
void
leadcrm_rule_set_init(void)
{
	CacheRegisterSyscacheCallback(PROCOID, set_function_callback, (Datum) 0);
}

/*
 * leadcrm_rule_set_build
 *		Compile rules over the rows of one table.
 *
 * rel: an open relation.  rules: codes and conditions; a match is reported by
 * place in this array, which is not kept.  time_zone: in which conditions read
 * dates, a name that PostgreSQL knows.  strict: a rule that does not compile
 * or that may fail is an error; else the first is RULE_BROKEN, the other runs
 * under a subtransaction.
 *
 * The set lives in a memory context of its own, a child of parent, and goes
 * with it.  It is good as long as leadcrm_rule_set_is_valid() says so and rel
 * does not change; the caller looks at both before each use.
 *
 * Raises 54000 for too many rules; if strict, 55000 for a rule that may fail
 * and whatever is wrong with a condition.
 */
RuleSet *
leadcrm_rule_set_build(Relation rel, int nrules, const RuleText *rules,
					   const char *time_zone, bool strict, MemoryContext parent)
{
	return leadcrm_rule_set_build_row(RelationGetDescr(rel), nrules, rules, time_zone, strict,
									  parent);
}

/*
 * leadcrm_rule_set_build_row
 *		The same over rows of any shape.
 */
RuleSet *
leadcrm_rule_set_build_row(TupleDesc tupdesc, int nrules, const RuleText *rules,
						   const char *time_zone, bool strict, MemoryContext parent)
{
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext,
												  "leadcrm rule compilation",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(scratch);
	MemoryContext cxt = AllocSetContextCreate(scratch, "leadcrm rule set",
											  ALLOCSET_DEFAULT_SIZES);
	RuleSet    *set = MemoryContextAllocZero(cxt, sizeof(RuleSet));
	RuleCompilation *compilation;

	/* Whatever changes from here on makes this invalid. */
	set->functions = function_changes;
	set->cxt = cxt;
	set->nrules = nrules;
	set->nwords = RULE_WORDS(nrules);
	compilation = leadcrm_rules_compile(tupdesc, nrules, rules, time_zone, strict, cxt);
	set_prepare(set, compilation, tupdesc);
	set->timed = leadcrm_rule_moments_build(compilation->timed, compilation->timed_may_fail,
											pg_tzset(time_zone), cxt);

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
 *		Whether no function that the set may use has changed.
 */
bool
leadcrm_rule_set_is_valid(const RuleSet *set)
{
	return set->functions == function_changes;
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
 * leadcrm_rule_set_columns
 *		The numbers of the columns that the rules read.
 */
const Bitmapset *
leadcrm_rule_set_columns(const RuleSet *set)
{
	return set->columns;
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
 * leadcrm_rule_set_note_failure
 *		Count a failure of a rule.
 */
void
leadcrm_rule_set_note_failure(RuleSet *set, int rule, int sqlstate)
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
			leadcrm_rule_set_note_failure(set, i, set->rule[i].sqlstate);
	}
	n = set->nfailures;
	*failures = palloc(Max(n, 1) * sizeof(RuleFailure));
	if (n > 0)
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
	return leadcrm_rule_moments_next(set->timed, slot, as_of);
}

/*
 * A function was created, changed or dropped.  A rule may hold the result of
 * one that it calls with constants, so its expression does not tell whether
 * that concerns it.
 */
static void
set_function_callback(Datum arg, int cacheid, uint32 hashvalue)
{
	function_changes++;
}

/* Make what was compiled ready to be evaluated, and all that it needs. */
static void
set_prepare(RuleSet *set, const RuleCompilation *compilation, TupleDesc tupdesc)
{
	MemoryContext old = MemoryContextSwitchTo(set->cxt);
	Size		nbytes = Max(set->nwords, 1) * sizeof(uint64);
	List	  **bare;
	List	  **guarded;
	Bitmapset  *columns = NULL;
	ListCell   *cell;

	set->group = compilation->group;
	set->rule = palloc0(Max(set->nrules, 1) * sizeof(SetRule));
	set->possible = palloc0(nbytes);
	set->bare = palloc0(nbytes);
	set->guarded = palloc0(nbytes);
	set->econtext = CreateStandaloneExprContext();
	set->moment_cxt = AllocSetContextCreate(set->cxt, "leadcrm rule moment",
											ALLOCSET_SMALL_SIZES);
	set->nmoments = list_length(compilation->moments);
	set->moment = palloc(Max(set->nmoments, 1) * sizeof(ExprState *));
	set->column = palloc0(tupdesc->natts * sizeof(SetColumn));
	set->params = makeParamList(set->nmoments + 1);
	set->params->params[0].ptype = TIMESTAMPTZOID;
	set->econtext->ecxt_param_list_info = set->params;
	MemoryContextSwitchTo(old);
	bare = palloc0(Max(set->nrules, 1) * sizeof(List *));
	guarded = palloc0(Max(set->nrules, 1) * sizeof(List *));

	foreach(cell, compilation->moments)
	{
		int			i = foreach_current_index(cell);

		set->params->params[i + 1].ptype = exprType(lfirst(cell));
		set->moment[i] = set_expression(set, lfirst(cell));
	}
	for (int i = set->group->ncolumns; i < set->group->nsubjects; i++)
		leadcrm_rule_group_set_state(set->group, i,
									 set_expression(set, leadcrm_rule_group_expression(set->group, i)));

	foreach(cell, compilation->conjuncts)
	{
		RuleConjunct *conjunct = lfirst(cell);
		List	  **rest = conjunct->may_fail ? guarded : bare;
		SetColumn  *column;

		pull_varattnos((Node *) conjunct->expr, 1, &columns);
		if (conjunct->subject != NULL)
			continue;
		column = conjunct->may_fail ? NULL : set_column(set, (Node *) conjunct->expr, tupdesc);
		if (column != NULL)
			rest = column->conjuncts;
		rest[conjunct->rule] = lappend(rest[conjunct->rule], conjunct->expr);
	}
	for (int i = 0; i < set->ncolumns; i++)
		set_prepare_column(set, &set->column[i]);
	for (int i = 0; i < set->nrules; i++)
	{
		const CompiledRule *compiled = &compilation->rule[i];
		uint64		bit = UINT64CONST(1) << (i % 64);

		set->rule[i].rule_class = compiled->rule_class;
		set->rule[i].sqlstate = compiled->sqlstate;
		if (compiled->rule_class == RULE_BROKEN)
			set->nbroken++;
		else if (!compiled->never)
			set->possible[i / 64] |= bit;
		if (bare[i] != NIL)
		{
			set->rule[i].bare = set_expression(set, make_ands_explicit(bare[i]));
			set->bare[i / 64] |= bit;
		}
		if (guarded[i] != NIL)
		{
			set->rule[i].guarded = set_expression(set, make_ands_explicit(guarded[i]));
			set->guarded[i / 64] |= bit;
		}
	}

	old = MemoryContextSwitchTo(set->cxt);
	for (int i = -1; (i = bms_next_member(columns, i)) >= 0;)
		set->columns = bms_add_member(set->columns, i + FirstLowInvalidHeapAttributeNumber);
	MemoryContextSwitchTo(old);
}

/*
 * The one column that an expression depends on, if its answers can be kept:
 * they follow from the bytes of its value.  Others are cheaper to evaluate
 * than to look up.
 */
static SetColumn *
set_column(RuleSet *set, Node *expr, TupleDesc tupdesc)
{
	Bitmapset  *columns = NULL;
	AttrNumber	column;
	SetColumn  *found;

	pull_varattnos(expr, 1, &columns);
	if (bms_membership(columns) != BMS_SINGLETON || has_param(expr, NULL) ||
		contain_mutable_functions(expr))
		return NULL;
	column = bms_singleton_member(columns) + FirstLowInvalidHeapAttributeNumber;
	if (column <= 0 || TupleDescAttr(tupdesc, column - 1)->attlen != -1)
		return NULL;

	for (int i = 0; i < set->ncolumns; i++)
	{
		if (set->column[i].column == column)
			return &set->column[i];
	}
	found = &set->column[set->ncolumns++];
	found->column = column;
	found->conjuncts = palloc0(set->nrules * sizeof(List *));
	return found;
}

static bool
has_param(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, Param) || expression_tree_walker(node, has_param, context);
}

static void
set_prepare_column(RuleSet *set, SetColumn *column)
{
	column->state = MemoryContextAllocZero(set->cxt, set->nrules * sizeof(ExprState *));
	column->rules = MemoryContextAllocZero(set->cxt, set->nwords * sizeof(uint64));
	for (int i = 0; i < set->nrules; i++)
	{
		if (column->conjuncts[i] == NIL)
			continue;
		column->state[i] = set_expression(set, make_ands_explicit(column->conjuncts[i]));
		column->rules[i / 64] |= UINT64CONST(1) << (i % 64);
	}
	column->conjuncts = NULL;
	column->memo = leadcrm_rule_memo_create(set->nwords, set->cxt);
}

/* Make an expression ready to be evaluated with the set's parameters. */
static ExprState *
set_expression(RuleSet *set, Expr *expr)
{
	Expr	   *planned = expression_planner(expr);
	MemoryContext old = MemoryContextSwitchTo(set->cxt);
	ExprState  *state = ExecInitExprWithParams(copyObject(planned), set->params);

	MemoryContextSwitchTo(old);
	set->runs_expressions = true;
	return state;
}

/* Evaluate what look-ups in columns do not answer, in per-tuple memory. */
static void
set_match_expressions(RuleSet *set, TimestampTz as_of, uint64 *matched)
{
	set->in_use = true;
	PG_TRY();
	{
		set_at(set, as_of);
		leadcrm_rule_group_match_expressions(set->group, set->econtext, matched);
		for (int i = 0; i < set->ncolumns; i++)
			set_match_column(set, &set->column[i], matched);
		set_match_bare(set, matched);
		set_match_guarded(set, matched);
	}
	PG_CATCH();
	{
		set->in_use = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	set->in_use = false;
}

/* Compute the parameters for a moment, unless they are for it already. */
static void
set_at(RuleSet *set, TimestampTz as_of)
{
	MemoryContext old;

	if (set->moment_known && set->as_of == as_of)
		return;
	set->moment_known = false;
	MemoryContextReset(set->moment_cxt);
	old = MemoryContextSwitchTo(set->moment_cxt);
	set->params->params[0].value = TimestampTzGetDatum(as_of);
	set->params->params[0].isnull = false;
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
	set->moment_known = true;
}

/* Drop the rules that what depends on one column alone rules out. */
static void
set_match_column(RuleSet *set, const SetColumn *column, uint64 *matched)
{
	TupleTableSlot *slot = set->econtext->ecxt_scantuple;
	RuleAnswers *answers = NULL;

	for (int w = 0; w < set->nwords; w++)
	{
		uint64		asked = matched[w] & column->rules[w];
		Datum		value;
		bool		isnull;

		if (asked == 0)
			continue;
		if (answers == NULL)
		{
			value = slot_getattr(slot, column->column, &isnull);
			answers = leadcrm_rule_memo_find(column->memo, value, isnull);
		}
		for (uint64 rest = asked & ~answers->known[w]; rest != 0; rest &= rest - 1)
		{
			int			bit = pg_rightmost_one_pos64(rest);

			if (is_true(set, column->state[w * 64 + bit]))
				answers->matched[w] |= UINT64CONST(1) << bit;
			answers->known[w] |= UINT64CONST(1) << bit;
		}
		matched[w] &= answers->matched[w] | ~asked;
	}
}

static void
set_match_bare(RuleSet *set, uint64 *matched)
{
	int			rule = -1;

	while ((rule = next_rule(set, matched, set->bare, rule)) >= 0)
	{
		if (!is_true(set, set->rule[rule].bare))
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
	volatile int rule = next_rule(set, matched, set->guarded, -1);

	while (rule >= 0)
	{
		Attempt		attempt;

		leadcrm_attempt_begin(&attempt);
		PG_TRY();
		{
			while (rule >= 0)
			{
				if (!is_true(set, set->rule[rule].guarded))
					matched[rule / 64] &= ~(UINT64CONST(1) << (rule % 64));
				rule = next_rule(set, matched, set->guarded, rule);
			}
			leadcrm_attempt_keep(&attempt);
		}
		PG_CATCH();
		{
			ErrorData  *error = leadcrm_attempt_undo(&attempt);

			if (rule < 0 || !leadcrm_rule_error_is_its_own(error->sqlerrcode))
				ReThrowError(error);
			matched[rule / 64] &= ~(UINT64CONST(1) << (rule % 64));
			leadcrm_rule_set_note_failure(set, rule, error->sqlerrcode);
			FreeErrorData(error);
			rule = next_rule(set, matched, set->guarded, rule);
		}
		PG_END_TRY();
	}
}

/* The next rule behind this one in both bitmaps, or -1; begin with -1. */
static int
next_rule(const RuleSet *set, const uint64 *matched, const uint64 *mask, int rule)
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

static bool
is_true(const RuleSet *set, ExprState *state)
{
	bool		isnull;
	Datum		value = ExecEvalExpr(state, set->econtext, &isnull);

	return !isnull && DatumGetBool(value);
}
