/*-------------------------------------------------------------------------
 * rule_group.c
 *	  The tests of many rules on one subject, answered by one look-up.
 *
 * The bit vector scheme of Lakshman and Stiliadis ("High-speed policy-based
 * packet forwarding using efficient multi-dimensional range matching",
 * SIGCOMM 1998): a rule is a conjunction, and a conjunct that compares one
 * subject with constants is true for some classes of the subject's values
 * (value_class.c).  Each class of each subject has a bitmap over the rules: a
 * bit is set if all conjuncts of that rule on this subject are true, or if it
 * has none.  The AND of one bitmap per subject are the rules whose grouped
 * conjuncts are all true, however many rules there are.
 *
 * A subject is a column, or any expression that cannot fail and that at least
 * two rules have in common.  A conjunct that is not understood as tests of
 * something is a boolean subject of its own, so that an expression written in
 * several rules is evaluated once.
 *
 * rule_leaf.c knows the tests.  The invariant: for every value, what the
 * bitmaps say is what the expressions would have said.  Truth has three values
 * here as there.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"

#include "rule.h"
#include "rule_group.h"
#include "rule_leaf.h"

/*
 * Constants in the grouped tests of one set; what goes beyond is evaluated as
 * an expression.  Bounds the bitmaps to 2 MB with 1,000 rules.
 */
#define GROUP_MAX_CONSTANTS		8192

struct RuleSubject
{
	Expr	   *expr;
	AttrNumber	column;			/* when it is one, else 0 */
	ValueType	type;
	int			nconjuncts;
	int			nconstants;		/* counted before the classes are made */
	int			nprefixes;
	ValueClasses *classes;
	int			null_class;		/* comes after all others */
	ExprState  *state;			/* unless it is a column */
	uint64	   *bits;			/* class by class */
	uint64	   *concerns;		/* the rules that have a conjunct on it */
};

static inline void subject_match(const RuleSubject *subject, Datum value, bool isnull,
								 int nwords, uint64 *matched);
static bool conjunct_scan(Node *node, RuleSubject *found);
static RuleSubject *subject_find(List **subjects, const RuleSubject *found);
static bool subject_unite(RuleSubject *subject, const RuleSubject *found);
static int	subject_compare(const ListCell *a, const ListCell *b);
static void subject_finish(RuleSubject *subject, List *conjuncts, int nrules,
						   MemoryContext cxt);
static void subject_add_constants(RuleSubject *subject, Node *node, bool whole);
static void subject_truth(const RuleSubject *subject, Node *node, bool whole, uint8 *truth);
static void leaf_truth(const RuleSubject *subject, const RuleLeaf *leaf, uint8 *truth);

/*
 * leadcrm_rule_group_build
 *		Group what can be grouped of the conjuncts of a set's rules.
 *
 * conjuncts: of RuleConjunct; the subject of each that is grouped is set.
 *
 * The group lives in cxt; the current memory context is for scratch.
 */
RuleGroup *
leadcrm_rule_group_build(int nrules, List *conjuncts, MemoryContext cxt)
{
	RuleGroup  *group = MemoryContextAllocZero(cxt, sizeof(RuleGroup));
	List	   *subjects = NIL;
	List	   *kept = NIL;
	int			nconstants = 0;
	ListCell   *cell;

	group->nwords = RULE_WORDS(nrules);
	foreach(cell, conjuncts)
	{
		RuleConjunct *conjunct = lfirst(cell);
		RuleSubject found;

		conjunct->subject = NULL;
		conjunct->whole = false;
		memset(&found, 0, sizeof(found));
		if (!conjunct_scan((Node *) conjunct->expr, &found) || found.expr == NULL ||
			found.nconstants + found.nprefixes > GROUP_MAX_CONSTANTS - nconstants)
		{
			conjunct->whole = true;
			memset(&found, 0, sizeof(found));
			found.expr = conjunct->expr;
			found.type.kind = VALUE_INTEGER;
			found.type.type = BOOLOID;
			found.nconstants = 1;
		}
		if (IsA(found.expr, Var) && ((Var *) found.expr)->varattno > 0)
			found.column = ((Var *) found.expr)->varattno;
		else if (conjunct->may_fail)
			continue;
		conjunct->subject = subject_find(&subjects, &found);
		nconstants += found.nconstants + found.nprefixes;
	}

	/* An expression of one rule only is better left to be evaluated last. */
	foreach(cell, subjects)
	{
		RuleSubject *subject = lfirst(cell);

		if (subject->column != 0 || subject->nconjuncts > 1)
			kept = lappend(kept, subject);
		else
			subject->nconjuncts = 0;
	}
	list_sort(kept, subject_compare);

	foreach(cell, conjuncts)
	{
		RuleConjunct *conjunct = lfirst(cell);

		if (conjunct->subject != NULL && conjunct->subject->nconjuncts == 0)
			conjunct->subject = NULL;
	}
	foreach(cell, kept)
		subject_finish(lfirst(cell), conjuncts, nrules, cxt);

	group->nsubjects = list_length(kept);
	group->subject = MemoryContextAlloc(cxt, Max(group->nsubjects, 1) * sizeof(RuleSubject *));
	foreach(cell, kept)
	{
		RuleSubject *subject = MemoryContextAlloc(cxt, sizeof(RuleSubject));

		*subject = *(RuleSubject *) lfirst(cell);
		group->subject[foreach_current_index(cell)] = subject;
		if (subject->column != 0)
		{
			group->ncolumns++;
			group->last_column = subject->column;
		}
	}
	return group;
}

/*
 * leadcrm_rule_group_expression
 *		The expression of a subject, or NULL when it is a column.
 */
Expr *
leadcrm_rule_group_expression(const RuleGroup *group, int subject)
{
	return group->subject[subject]->column != 0 ? NULL : group->subject[subject]->expr;
}

/*
 * leadcrm_rule_subject_expression
 *		What a subject is, as long as its conjuncts are there.
 */
Expr *
leadcrm_rule_subject_expression(const RuleSubject *subject)
{
	return subject->expr;
}

/*
 * leadcrm_rule_group_set_state
 *		How to evaluate a subject that is an expression.
 */
void
leadcrm_rule_group_set_state(RuleGroup *group, int subject, ExprState *state)
{
	group->subject[subject]->state = state;
}

/*
 * leadcrm_rule_group_match_columns
 *		Drop the rules that a test of a column rules out.
 *
 * matched: a bitmap over the rules.
 *
 * Runs no code but comparison functions, and may leave detoasted values in
 * the current memory context.
 */
void
leadcrm_rule_group_match_columns(const RuleGroup *group, TupleTableSlot *slot, uint64 *matched)
{
	slot_getsomeattrs(slot, group->last_column);
	for (int i = 0; i < group->ncolumns; i++)
	{
		const RuleSubject *subject = group->subject[i];

		subject_match(subject, slot->tts_values[subject->column - 1],
					  slot->tts_isnull[subject->column - 1], group->nwords, matched);
	}
}

/*
 * leadcrm_rule_group_match_expressions
 *		Drop the rules that a test of another subject rules out.
 *
 * econtext: holds the row and the parameters.
 */
void
leadcrm_rule_group_match_expressions(const RuleGroup *group, ExprContext *econtext,
									 uint64 *matched)
{
	for (int i = group->ncolumns; i < group->nsubjects; i++)
	{
		const RuleSubject *subject = group->subject[i];
		bool		concerned = false;
		Datum		value;
		bool		isnull;

		for (int w = 0; w < group->nwords && !concerned; w++)
			concerned = (matched[w] & subject->concerns[w]) != 0;
		if (!concerned)
			continue;
		value = ExecEvalExpr(subject->state, econtext, &isnull);
		subject_match(subject, value, isnull, group->nwords, matched);
	}
}

static inline void
subject_match(const RuleSubject *subject, Datum value, bool isnull, int nwords, uint64 *matched)
{
	int			class = isnull ? subject->null_class :
		leadcrm_value_class(subject->classes, value);
	const uint64 *bits = subject->bits + class * nwords;

	for (int w = 0; w < nwords; w++)
		matched[w] &= bits[w];
}

/*
 * Whether all leaves of a conjunct test one subject with one kind of look-up;
 * which one and against how many constants is put into found.
 */
static bool
conjunct_scan(Node *node, RuleSubject *found)
{
	RuleLeaf	leaf;
	RuleSubject its;
	ListCell   *cell;

	check_stack_depth();
	if (IsA(node, BoolExpr))
	{
		foreach(cell, ((BoolExpr *) node)->args)
		{
			if (!conjunct_scan(lfirst(cell), found))
				return false;
		}
		return true;
	}
	if (IsA(node, BooleanTest))
		return conjunct_scan((Node *) ((BooleanTest *) node)->arg, found);

	leadcrm_rule_leaf_decode(node, false, &leaf);
	if (leaf.shape == LEAF_CONSTANT)
		return true;
	memset(&its, 0, sizeof(its));
	its.expr = leaf.subject;
	its.type = leaf.type;
	if (leaf.shape == LEAF_PREFIX)
		its.nprefixes = 1;
	else
		its.nconstants = leaf.nconstants;
	if (found->expr != NULL)
		return subject_unite(found, &its);
	*found = its;
	return true;
}

/* The subject that a conjunct has, among those that others have or a new one. */
static RuleSubject *
subject_find(List **subjects, const RuleSubject *found)
{
	RuleSubject *subject;
	ListCell   *cell;

	foreach(cell, *subjects)
	{
		subject = lfirst(cell);
		if (subject_unite(subject, found))
		{
			subject->nconjuncts++;
			return subject;
		}
	}
	subject = palloc(sizeof(RuleSubject));
	*subject = *found;
	subject->nconjuncts = 1;
	*subjects = lappend(*subjects, subject);
	return subject;
}

/* Have a subject serve the tests of another if they are the same. */
static bool
subject_unite(RuleSubject *subject, const RuleSubject *found)
{
	if (!equal(subject->expr, found->expr))
		return false;
	if (subject->type.kind == VALUE_ANY)
		subject->type = found->type;
	else if (found->type.kind != VALUE_ANY &&
			 (subject->type.kind != found->type.kind ||
			  subject->type.type != found->type.type ||
			  subject->type.collation != found->type.collation))
		return false;
	subject->nconstants += found->nconstants;
	subject->nprefixes += found->nprefixes;
	return true;
}

/* Columns first, as they are stored. */
static int
subject_compare(const ListCell *a, const ListCell *b)
{
	const RuleSubject *x = lfirst(a);
	const RuleSubject *y = lfirst(b);

	if (x->column == 0 || y->column == 0)
		return (x->column == 0) - (y->column == 0);
	return x->column - y->column;
}

/* Make the classes of a subject's values and their bitmaps. */
static void
subject_finish(RuleSubject *subject, List *conjuncts, int nrules, MemoryContext cxt)
{
	int			nwords = RULE_WORDS(nrules);
	int			nclasses;
	uint8	   *truth;
	ListCell   *cell;

	subject->classes = leadcrm_value_classes_create(&subject->type, subject->nconstants,
													subject->nprefixes, cxt);
	foreach(cell, conjuncts)
	{
		RuleConjunct *conjunct = lfirst(cell);

		if (conjunct->subject == subject)
			subject_add_constants(subject, (Node *) conjunct->expr, conjunct->whole);
	}
	leadcrm_value_classes_finish(subject->classes);

	subject->null_class = leadcrm_value_classes_count(subject->classes);
	nclasses = subject->null_class + 1;
	subject->bits = MemoryContextAlloc(cxt, nclasses * nwords * sizeof(uint64));
	memset(subject->bits, 0xff, nclasses * nwords * sizeof(uint64));
	subject->concerns = MemoryContextAllocZero(cxt, nwords * sizeof(uint64));

	truth = palloc(nclasses);
	foreach(cell, conjuncts)
	{
		RuleConjunct *conjunct = lfirst(cell);
		int			word = conjunct->rule / 64;
		uint64		bit = UINT64CONST(1) << (conjunct->rule % 64);

		if (conjunct->subject != subject)
			continue;
		CHECK_FOR_INTERRUPTS();
		subject_truth(subject, (Node *) conjunct->expr, conjunct->whole, truth);
		for (int class = 0; class < nclasses; class++)
		{
			if (truth[class] != TRUTH_TRUE)
				subject->bits[class * nwords + word] &= ~bit;
		}
		subject->concerns[word] |= bit;
	}
	pfree(truth);
}

/* Add the constants that a conjunct compares the subject with. */
static void
subject_add_constants(RuleSubject *subject, Node *node, bool whole)
{
	RuleLeaf	leaf;
	ListCell   *cell;

	if (IsA(node, BoolExpr) && !whole)
	{
		foreach(cell, ((BoolExpr *) node)->args)
			subject_add_constants(subject, lfirst(cell), false);
	}
	else if (IsA(node, BooleanTest) && !whole)
		subject_add_constants(subject, (Node *) ((BooleanTest *) node)->arg, false);
	else
	{
		leadcrm_rule_leaf_decode(node, whole, &leaf);
		for (int i = 0; i < leaf.nconstants; i++)
			leadcrm_value_classes_add(subject->classes, leaf.constant[i],
									  leaf.shape == LEAF_PREFIX);
	}
}

/* What a conjunct, or a part of it, is for each class of the subject's values. */
static void
subject_truth(const RuleSubject *subject, Node *node, bool whole, uint8 *truth)
{
	int			nclasses = subject->null_class + 1;
	RuleLeaf	leaf;

	if (IsA(node, BoolExpr) && !whole)
	{
		BoolExpr   *expr = (BoolExpr *) node;
		uint8	   *part = palloc(nclasses);
		ListCell   *cell;

		subject_truth(subject, linitial(expr->args), false, truth);
		for_each_from(cell, expr->args, 1)
		{
			subject_truth(subject, lfirst(cell), false, part);
			for (int class = 0; class < nclasses; class++)
				truth[class] = expr->boolop == AND_EXPR ?
					Min(truth[class], part[class]) : Max(truth[class], part[class]);
		}
		for (int class = 0; class < nclasses && expr->boolop == NOT_EXPR; class++)
			truth[class] = TRUTH_TRUE - truth[class];
		pfree(part);
	}
	else if (IsA(node, BooleanTest) && !whole)
	{
		/* For FALSE, NULL and TRUE. */
		static const uint8 result[][3] = {
			[IS_TRUE] = {TRUTH_FALSE, TRUTH_FALSE, TRUTH_TRUE},
			[IS_NOT_TRUE] = {TRUTH_TRUE, TRUTH_TRUE, TRUTH_FALSE},
			[IS_FALSE] = {TRUTH_TRUE, TRUTH_FALSE, TRUTH_FALSE},
			[IS_NOT_FALSE] = {TRUTH_FALSE, TRUTH_TRUE, TRUTH_TRUE},
			[IS_UNKNOWN] = {TRUTH_FALSE, TRUTH_TRUE, TRUTH_FALSE},
			[IS_NOT_UNKNOWN] = {TRUTH_TRUE, TRUTH_FALSE, TRUTH_TRUE},
		};
		BooleanTest *expr = (BooleanTest *) node;

		subject_truth(subject, (Node *) expr->arg, false, truth);
		for (int class = 0; class < nclasses; class++)
			truth[class] = result[expr->booltesttype][truth[class]];
	}
	else
	{
		leadcrm_rule_leaf_decode(node, whole, &leaf);
		leaf_truth(subject, &leaf, truth);
	}
}

static void
leaf_truth(const RuleSubject *subject, const RuleLeaf *leaf, uint8 *truth)
{
	const ValueClasses *classes = subject->classes;
	int			n = subject->null_class;

	switch (leaf->shape)
	{
		case LEAF_CONSTANT:
			memset(truth, leaf->otherwise, n + 1);
			return;
		case LEAF_NULL:
			memset(truth, TRUTH_FALSE, n);
			break;
		case LEAF_ANY:
			memset(truth, leaf->otherwise, n);
			for (int i = 0; i < leaf->nconstants; i++)
				truth[leadcrm_value_class_of_constant(classes, leaf->constant[i])] = TRUTH_TRUE;
			break;
		case LEAF_ORDER:
			{
				int			class = leadcrm_value_class_of_constant(classes, leaf->constant[0]);
				bool		less = leaf->strategy == BTLessStrategyNumber ||
					leaf->strategy == BTLessEqualStrategyNumber;
				bool		same = leaf->strategy == BTLessEqualStrategyNumber ||
					leaf->strategy == BTGreaterEqualStrategyNumber;

				memset(truth, less ? TRUTH_TRUE : TRUTH_FALSE, class);
				memset(truth + class, less ? TRUTH_FALSE : TRUTH_TRUE, n - class);
				truth[class] = same ? TRUTH_TRUE : TRUTH_FALSE;
				break;
			}
		case LEAF_PREFIX:
			for (int class = 0; class < n; class++)
				truth[class] = leadcrm_value_class_starts_with(classes, class, leaf->constant[0]) ?
					TRUTH_TRUE : TRUTH_FALSE;
			break;
	}
	for (int class = 0; class < n && leaf->negated; class++)
		truth[class] = TRUTH_TRUE - truth[class];
	truth[n] = leaf->of_null;
}
