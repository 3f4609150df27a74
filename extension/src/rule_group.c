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
 * The invariant: for every value, what the bitmaps say is what the
 * expressions would have said.  Truth has three values here as there.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/stratnum.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/pg_locale.h"
#include "utils/typcache.h"

#include "rule.h"
#include "rule_group.h"
#include "value_class.h"

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

/* Three-valued logic: AND is the lesser, OR the greater. */
typedef enum Truth
{
	TRUTH_FALSE,
	TRUTH_UNKNOWN,
	TRUTH_TRUE
} Truth;

typedef enum TestShape
{
	TEST_CONSTANT,				/* the same for each value, NULL included */
	TEST_NULL,					/* IS NULL */
	TEST_ANY,					/* equal to any of the constants */
	TEST_ORDER,					/* <, <=, >= or > the constant */
	TEST_PREFIX					/* begins with the constant */
} TestShape;

/* A leaf of a conjunct: its subject compared with constants. */
typedef struct RuleTest
{
	TestShape	shape;
	bool		negated;		/* true and false swapped, unknown stays */
	Expr	   *subject;		/* NULL with TEST_CONSTANT */
	ValueType	type;
	Truth		otherwise;		/* TEST_CONSTANT; TEST_ANY: equal to none */
	Truth		of_null;		/* when the subject is NULL */
	StrategyNumber strategy;	/* TEST_ORDER */
	int			nconstants;
	Datum	   *constant;		/* as leadcrm_value_constant() gives them */
} RuleTest;

static inline void subject_match(const RuleSubject *subject, Datum value, bool isnull,
								 int nwords, uint64 *matched);
static bool conjunct_scan(Node *node, RuleSubject *found);
static RuleSubject *subject_find(List **subjects, const RuleSubject *found);
static bool subject_unite(RuleSubject *subject, const RuleSubject *found);
static Expr *subject_strip(Expr *expr);
static int	subject_compare(const ListCell *a, const ListCell *b);
static void subject_finish(RuleSubject *subject, List *conjuncts, int nrules,
						   MemoryContext cxt);
static void subject_add_constants(RuleSubject *subject, Node *node, bool whole);
static void subject_truth(const RuleSubject *subject, Node *node, bool whole, uint8 *truth);
static void test_truth(const RuleSubject *subject, const RuleTest *test, uint8 *truth);
static void test_decode(Node *node, bool whole, RuleTest *test);
static bool test_decode_array(ScalarArrayOpExpr *op, RuleTest *test);
static bool test_decode_pattern(Oid func, Oid collation, List *args, RuleTest *test);
static void test_constant(RuleTest *test, Truth truth);
static bool test_decode_comparison(Oid opno, Oid collation, Expr *left, Expr *right,
								   RuleTest *test);
static bool test_decode_distinct(DistinctExpr *distinct, RuleTest *test);
static bool operator_value_type(Oid opno, Oid collation, ValueType *type,
								StrategyNumber *strategy, Oid *righttype);
static bool collation_is_usable(Oid collation);

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
	RuleTest	test;
	RuleSubject leaf;
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

	test_decode(node, false, &test);
	if (test.shape == TEST_CONSTANT)
		return true;
	memset(&leaf, 0, sizeof(leaf));
	leaf.expr = test.subject;
	leaf.type = test.type;
	if (test.shape == TEST_PREFIX)
		leaf.nprefixes = 1;
	else
		leaf.nconstants = test.nconstants;
	if (found->expr != NULL)
		return subject_unite(found, &leaf);
	*found = leaf;
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

/* A change of name only, as from varchar to text, makes no other subject. */
static Expr *
subject_strip(Expr *expr)
{
	while (IsA(expr, RelabelType))
		expr = ((RelabelType *) expr)->arg;
	return expr;
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
	RuleTest	test;
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
		test_decode(node, whole, &test);
		for (int i = 0; i < test.nconstants; i++)
			leadcrm_value_classes_add(subject->classes, test.constant[i],
									  test.shape == TEST_PREFIX);
	}
}

/* What a conjunct, or a part of it, is for each class of the subject's values. */
static void
subject_truth(const RuleSubject *subject, Node *node, bool whole, uint8 *truth)
{
	int			nclasses = subject->null_class + 1;
	RuleTest	test;

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
		test_decode(node, whole, &test);
		test_truth(subject, &test, truth);
	}
}

static void
test_truth(const RuleSubject *subject, const RuleTest *test, uint8 *truth)
{
	const ValueClasses *classes = subject->classes;
	int			n = subject->null_class;

	switch (test->shape)
	{
		case TEST_CONSTANT:
			memset(truth, test->otherwise, n + 1);
			return;
		case TEST_NULL:
			memset(truth, TRUTH_FALSE, n);
			break;
		case TEST_ANY:
			memset(truth, test->otherwise, n);
			for (int i = 0; i < test->nconstants; i++)
				truth[leadcrm_value_class_of_constant(classes, test->constant[i])] = TRUTH_TRUE;
			break;
		case TEST_ORDER:
			{
				int			class = leadcrm_value_class_of_constant(classes, test->constant[0]);
				bool		less = test->strategy == BTLessStrategyNumber ||
					test->strategy == BTLessEqualStrategyNumber;
				bool		same = test->strategy == BTLessEqualStrategyNumber ||
					test->strategy == BTGreaterEqualStrategyNumber;

				memset(truth, less ? TRUTH_TRUE : TRUTH_FALSE, class);
				memset(truth + class, less ? TRUTH_FALSE : TRUTH_TRUE, n - class);
				truth[class] = same ? TRUTH_TRUE : TRUTH_FALSE;
				break;
			}
		case TEST_PREFIX:
			for (int class = 0; class < n; class++)
				truth[class] = leadcrm_value_class_starts_with(classes, class, test->constant[0]) ?
					TRUTH_TRUE : TRUTH_FALSE;
			break;
	}
	for (int class = 0; class < n && test->negated; class++)
		truth[class] = TRUTH_TRUE - truth[class];
	truth[n] = test->of_null;
}

/*
 * See a leaf of a conjunct as a test.  What is not understood tests whether
 * the whole leaf is true; whole asks for that.
 */
static void
test_decode(Node *node, bool whole, RuleTest *test)
{
	memset(test, 0, sizeof(RuleTest));
	test->of_null = TRUTH_UNKNOWN;
	if (whole)
		;						/* no look inside */
	else if (IsA(node, Const))
	{
		Const	   *constant = (Const *) node;

		test_constant(test, constant->constisnull ? TRUTH_UNKNOWN :
					  DatumGetBool(constant->constvalue) ? TRUTH_TRUE : TRUTH_FALSE);
		return;
	}
	else if (IsA(node, NullTest) && !((NullTest *) node)->argisrow)
	{
		NullTest   *nulltest = (NullTest *) node;

		test->shape = TEST_NULL;
		test->subject = subject_strip(nulltest->arg);
		test->negated = nulltest->nulltesttype == IS_NOT_NULL;
		test->of_null = test->negated ? TRUTH_FALSE : TRUTH_TRUE;
		return;
	}
	else if (IsA(node, OpExpr) && list_length(((OpExpr *) node)->args) == 2)
	{
		OpExpr	   *op = (OpExpr *) node;

		if (test_decode_comparison(op->opno, op->inputcollid, linitial(op->args),
								   lsecond(op->args), test) ||
			test_decode_pattern(get_opcode(op->opno), op->inputcollid, op->args, test))
			return;
	}
	else if (IsA(node, DistinctExpr))
	{
		if (test_decode_distinct((DistinctExpr *) node, test))
			return;
	}
	else if (IsA(node, ScalarArrayOpExpr))
	{
		if (test_decode_array((ScalarArrayOpExpr *) node, test))
			return;
	}
	else if (IsA(node, FuncExpr))
	{
		FuncExpr   *func = (FuncExpr *) node;

		if (test_decode_pattern(func->funcid, func->inputcollid, func->args, test))
			return;
	}

	memset(test, 0, sizeof(RuleTest));
	test->shape = TEST_ANY;
	test->of_null = TRUTH_UNKNOWN;
	test->subject = whole ? (Expr *) node : subject_strip((Expr *) node);
	test->type.kind = VALUE_INTEGER;
	test->type.type = BOOLOID;
	test->otherwise = TRUTH_FALSE;
	test->nconstants = 1;
	test->constant = palloc(sizeof(Datum));
	test->constant[0] = Int64GetDatum(true);
}

/* A comparison with a constant, on either side. */
static bool
test_decode_comparison(Oid opno, Oid collation, Expr *left, Expr *right, RuleTest *test)
{
	StrategyNumber strategy;
	Oid			righttype;
	Const	   *constant;

	if (IsA(left, Const))
	{
		Expr	   *swap = left;

		left = right;
		right = swap;
		opno = get_commutator(opno);
	}
	if (!IsA(right, Const) || !OidIsValid(opno) ||
		!operator_value_type(opno, collation, &test->type, &strategy, &righttype))
		return false;

	constant = (Const *) right;
	if (constant->constisnull)
	{
		test_constant(test, TRUTH_UNKNOWN);
		return true;
	}
	if (strategy == BTEqualStrategyNumber || strategy == ROWCOMPARE_NE)
	{
		test->shape = TEST_ANY;
		test->otherwise = TRUTH_FALSE;
		test->negated = strategy == ROWCOMPARE_NE;
	}
	else
	{
		test->shape = TEST_ORDER;
		test->strategy = strategy;
	}
	test->subject = subject_strip(left);
	test->nconstants = 1;
	test->constant = palloc(sizeof(Datum));
	test->constant[0] = leadcrm_value_constant(&test->type, constant->constvalue, righttype);
	return true;
}

/* IS DISTINCT FROM a constant. */
static bool
test_decode_distinct(DistinctExpr *distinct, RuleTest *test)
{
	if (!test_decode_comparison(distinct->opno, distinct->inputcollid, linitial(distinct->args),
								lsecond(distinct->args), test) ||
		test->shape != TEST_ANY)
		return false;
	test->negated = !test->negated;
	test->of_null = TRUTH_TRUE;
	return true;
}

/* Equal to any element of a constant array, or to none. */
static bool
test_decode_array(ScalarArrayOpExpr *op, RuleTest *test)
{
	Const	   *constant = lsecond(op->args);
	StrategyNumber strategy;
	Oid			righttype;
	ArrayType  *array;
	int16		typlen;
	bool		typbyval;
	char		typalign;
	Datum	   *element;
	bool	   *isnull;
	int			n;

	if (!IsA(constant, Const) ||
		!operator_value_type(op->opno, op->inputcollid, &test->type, &strategy, &righttype) ||
		strategy != (op->useOr ? BTEqualStrategyNumber : ROWCOMPARE_NE))
		return false;
	if (constant->constisnull)
	{
		test_constant(test, TRUTH_UNKNOWN);
		return true;
	}
	array = DatumGetArrayTypeP(constant->constvalue);
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &typlen, &typbyval, &typalign);
	deconstruct_array(array, ARR_ELEMTYPE(array), typlen, typbyval, typalign,
					  &element, &isnull, &n);
	if (n == 0)
	{
		/* Of NULL too: nothing is compared. */
		test_constant(test, op->useOr ? TRUTH_FALSE : TRUTH_TRUE);
		return true;
	}
	test->shape = TEST_ANY;
	test->negated = !op->useOr;
	test->subject = subject_strip(linitial(op->args));
	test->otherwise = TRUTH_FALSE;
	test->constant = palloc(n * sizeof(Datum));
	for (int i = 0; i < n; i++)
	{
		if (isnull[i])
			test->otherwise = TRUTH_UNKNOWN;
		else
			test->constant[test->nconstants++] =
				leadcrm_value_constant(&test->type, element[i], righttype);
	}
	return true;
}

/*
 * [NOT] LIKE a constant pattern that is a prefix or has no wildcard, and
 * starts_with().
 */
static bool
test_decode_pattern(Oid func, Oid collation, List *args, RuleTest *test)
{
	Const	   *constant;
	text	   *pattern;
	StringInfoData prefix;
	const char *s;
	const char *end;

	if (func != F_TEXTLIKE && func != F_TEXTNLIKE && func != F_STARTS_WITH)
		return false;
	constant = lsecond(args);
	if (!IsA(constant, Const) || constant->constisnull || !collation_is_usable(collation))
		return false;
	pattern = DatumGetTextPP(constant->constvalue);
	s = VARDATA_ANY(pattern);
	end = s + VARSIZE_ANY_EXHDR(pattern);

	initStringInfo(&prefix);
	for (; s < end && func != F_STARTS_WITH; s++)
	{
		if (*s == '_')
			return false;
		if (*s == '%')
			break;
		if (*s == '\\' && ++s == end)
			return false;		/* fails, if the value is long enough */
		appendStringInfoChar(&prefix, *s);
	}
	if (func == F_STARTS_WITH)
		appendBinaryStringInfo(&prefix, s, end - s);
	test->shape = s == end && func != F_STARTS_WITH ? TEST_ANY : TEST_PREFIX;
	for (; s < end && func != F_STARTS_WITH; s++)
	{
		if (*s != '%')
			return false;		/* the first one does not end the pattern */
	}

	test->otherwise = TRUTH_FALSE;
	test->negated = func == F_TEXTNLIKE;
	test->subject = subject_strip(linitial(args));
	test->type.kind = VALUE_TEXT;
	test->type.type = TEXTOID;
	test->nconstants = 1;
	test->constant = palloc(sizeof(Datum));
	test->constant[0] = PointerGetDatum(cstring_to_text_with_len(prefix.data, prefix.len));
	return true;
}

static void
test_constant(RuleTest *test, Truth truth)
{
	test->shape = TEST_CONSTANT;
	test->otherwise = truth;
}

/*
 * By which kind of look-up the values that an operator compares are told
 * apart as the operator does it.
 *
 * strategy: as in a btree, or ROWCOMPARE_NE.  Returns false when there is none.
 */
static bool
operator_value_type(Oid opno, Oid collation, ValueType *type, StrategyNumber *strategy,
					Oid *righttype)
{
	ListCell   *cell;

	memset(type, 0, sizeof(ValueType));
	if (get_opcode(opno) == F_ENUM_EQ || get_opcode(opno) == F_ENUM_NE)
	{
		type->kind = VALUE_INTEGER;
		type->type = *righttype = ANYENUMOID;
		*strategy = get_opcode(opno) == F_ENUM_EQ ? BTEqualStrategyNumber : ROWCOMPARE_NE;
		return true;
	}

	foreach(cell, get_op_btree_interpretation(opno))
	{
		OpBtreeInterpretation *meaning = lfirst(cell);
		Oid			left = meaning->oplefttype;
		bool		equality = meaning->strategy == BTEqualStrategyNumber ||
			meaning->strategy == ROWCOMPARE_NE;
		TypeCacheEntry *typentry;

		if (get_typtype(left) == TYPTYPE_PSEUDO)
			continue;
		typentry = lookup_type_cache(left, TYPECACHE_BTREE_OPFAMILY | TYPECACHE_CMP_PROC);
		if (typentry->btree_opf != meaning->opfamily_id || !OidIsValid(typentry->cmp_proc))
			continue;
		type->type = left;
		*righttype = meaning->oprighttype;
		*strategy = meaning->strategy;
		switch (left)
		{
			case BOOLOID:
			case INT2OID:
			case INT4OID:
			case INT8OID:
				type->kind = VALUE_INTEGER;
				return true;
			case FLOAT4OID:
			case FLOAT8OID:
				type->kind = VALUE_FLOAT;
				return true;
		}
		if (left != meaning->oprighttype)
			continue;
		switch (left)
		{
			case DATEOID:
			case TIMESTAMPOID:
			case TIMESTAMPTZOID:
				type->kind = VALUE_INTEGER;
				return true;
		}
		if (type_is_collatable(left) && !collation_is_usable(collation))
			continue;
		if (left == TEXTOID && equality)
			type->kind = VALUE_TEXT;
		else
		{
			type->kind = VALUE_ORDERED;
			type->collation = type_is_collatable(left) ? collation : InvalidOid;
		}
		return true;
	}
	return false;
}

/* One that has a say and under which equal texts have equal bytes. */
static bool
collation_is_usable(Oid collation)
{
	return OidIsValid(collation) && get_collation_isdeterministic(collation);
}
