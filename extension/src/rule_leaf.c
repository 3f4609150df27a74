/*-------------------------------------------------------------------------
 * rule_leaf.c
 *	  A part of a condition as a test of one subject against constants.
 *
 * Operators are known by what they are in a btree: an operator of the default
 * operator class of a type, or <>, tells values apart as value_class.c does.
 * LIKE and starts_with() are known by name; texts must have a deterministic
 * collation.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "rule_leaf.h"

static bool leaf_decode_comparison(Oid opno, Oid collation, Expr *left, Expr *right,
								   RuleLeaf *leaf);
static bool leaf_decode_distinct(DistinctExpr *distinct, RuleLeaf *leaf);
static bool leaf_decode_array(ScalarArrayOpExpr *op, RuleLeaf *leaf);
static bool leaf_decode_pattern(Oid func, Oid collation, List *args, RuleLeaf *leaf);
static void leaf_constant(RuleLeaf *leaf, Truth truth);
static Expr *subject_strip(Expr *expr);
static bool operator_value_type(Oid opno, Oid collation, ValueType *type,
								StrategyNumber *strategy, Oid *righttype);
static bool collation_is_usable(Oid collation);

/*
 * leadcrm_rule_leaf_decode
 *		See a leaf of a condition, neither AND, OR, NOT nor IS TRUE, as a test.
 *
 * What is not understood tests whether the whole leaf is true; whole asks for
 * that.  Constants are in the current memory context.
 */
void
leadcrm_rule_leaf_decode(Node *node, bool whole, RuleLeaf *leaf)
{
	memset(leaf, 0, sizeof(RuleLeaf));
	leaf->of_null = TRUTH_UNKNOWN;
	if (whole)
		;						/* no look inside */
	else if (IsA(node, Const))
	{
		Const	   *constant = (Const *) node;

		leaf_constant(leaf, constant->constisnull ? TRUTH_UNKNOWN :
					  DatumGetBool(constant->constvalue) ? TRUTH_TRUE : TRUTH_FALSE);
		return;
	}
	else if (IsA(node, NullTest) && !((NullTest *) node)->argisrow)
	{
		NullTest   *nulltest = (NullTest *) node;

		leaf->shape = LEAF_NULL;
		leaf->subject = subject_strip(nulltest->arg);
		leaf->negated = nulltest->nulltesttype == IS_NOT_NULL;
		leaf->of_null = leaf->negated ? TRUTH_FALSE : TRUTH_TRUE;
		return;
	}
	else if (IsA(node, OpExpr) && list_length(((OpExpr *) node)->args) == 2)
	{
		OpExpr	   *op = (OpExpr *) node;

		if (leaf_decode_comparison(op->opno, op->inputcollid, linitial(op->args),
								   lsecond(op->args), leaf) ||
			leaf_decode_pattern(get_opcode(op->opno), op->inputcollid, op->args, leaf))
			return;
	}
	else if (IsA(node, DistinctExpr))
	{
		if (leaf_decode_distinct((DistinctExpr *) node, leaf))
			return;
	}
	else if (IsA(node, ScalarArrayOpExpr))
	{
		if (leaf_decode_array((ScalarArrayOpExpr *) node, leaf))
			return;
	}
	else if (IsA(node, FuncExpr))
	{
		FuncExpr   *func = (FuncExpr *) node;

		if (leaf_decode_pattern(func->funcid, func->inputcollid, func->args, leaf))
			return;
	}

	memset(leaf, 0, sizeof(RuleLeaf));
	leaf->shape = LEAF_ANY;
	leaf->of_null = TRUTH_UNKNOWN;
	leaf->subject = whole ? (Expr *) node : subject_strip((Expr *) node);
	leaf->type.kind = VALUE_INTEGER;
	leaf->type.type = BOOLOID;
	leaf->otherwise = TRUTH_FALSE;
	leaf->nconstants = 1;
	leaf->constant = palloc(sizeof(Datum));
	leaf->constant[0] = Int64GetDatum(true);
}

/* A comparison with a constant, on either side. */
static bool
leaf_decode_comparison(Oid opno, Oid collation, Expr *left, Expr *right, RuleLeaf *leaf)
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
		!operator_value_type(opno, collation, &leaf->type, &strategy, &righttype))
		return false;

	constant = (Const *) right;
	if (constant->constisnull)
	{
		leaf_constant(leaf, TRUTH_UNKNOWN);
		return true;
	}
	if (strategy == BTEqualStrategyNumber || strategy == COMPARE_NE)
	{
		leaf->shape = LEAF_ANY;
		leaf->otherwise = TRUTH_FALSE;
		leaf->negated = strategy == COMPARE_NE;
	}
	else
	{
		leaf->shape = LEAF_ORDER;
		leaf->strategy = strategy;
	}
	leaf->subject = subject_strip(left);
	leaf->nconstants = 1;
	leaf->constant = palloc(sizeof(Datum));
	leaf->constant[0] = leadcrm_value_constant(&leaf->type, constant->constvalue, righttype);
	return true;
}

/* IS DISTINCT FROM a constant. */
static bool
leaf_decode_distinct(DistinctExpr *distinct, RuleLeaf *leaf)
{
	if (!leaf_decode_comparison(distinct->opno, distinct->inputcollid, linitial(distinct->args),
								lsecond(distinct->args), leaf) ||
		leaf->shape != LEAF_ANY)
		return false;
	leaf->negated = !leaf->negated;
	leaf->of_null = TRUTH_TRUE;
	return true;
}

/* Equal to any element of a constant array, or to none. */
static bool
leaf_decode_array(ScalarArrayOpExpr *op, RuleLeaf *leaf)
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
		!operator_value_type(op->opno, op->inputcollid, &leaf->type, &strategy, &righttype) ||
		strategy != (op->useOr ? BTEqualStrategyNumber : COMPARE_NE))
		return false;
	if (constant->constisnull)
	{
		leaf_constant(leaf, TRUTH_UNKNOWN);
		return true;
	}
	array = DatumGetArrayTypeP(constant->constvalue);
	get_typlenbyvalalign(ARR_ELEMTYPE(array), &typlen, &typbyval, &typalign);
	deconstruct_array(array, ARR_ELEMTYPE(array), typlen, typbyval, typalign,
					  &element, &isnull, &n);
	if (n == 0)
	{
		/* Of NULL too: nothing is compared. */
		leaf_constant(leaf, op->useOr ? TRUTH_FALSE : TRUTH_TRUE);
		return true;
	}
	leaf->shape = LEAF_ANY;
	leaf->negated = !op->useOr;
	leaf->subject = subject_strip(linitial(op->args));
	leaf->otherwise = TRUTH_FALSE;
	leaf->constant = palloc(n * sizeof(Datum));
	for (int i = 0; i < n; i++)
	{
		if (isnull[i])
			leaf->otherwise = TRUTH_UNKNOWN;
		else
			leaf->constant[leaf->nconstants++] =
				leadcrm_value_constant(&leaf->type, element[i], righttype);
	}
	return true;
}

/*
 * [NOT] LIKE a constant pattern that is a prefix or has no wildcard, and
 * starts_with().
 */
static bool
leaf_decode_pattern(Oid func, Oid collation, List *args, RuleLeaf *leaf)
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
	leaf->shape = s == end && func != F_STARTS_WITH ? LEAF_ANY : LEAF_PREFIX;
	for (; s < end && func != F_STARTS_WITH; s++)
	{
		if (*s != '%')
			return false;		/* the first one does not end the pattern */
	}

	leaf->otherwise = TRUTH_FALSE;
	leaf->negated = func == F_TEXTNLIKE;
	leaf->subject = subject_strip(linitial(args));
	leaf->type.kind = VALUE_TEXT;
	leaf->type.type = TEXTOID;
	leaf->nconstants = 1;
	leaf->constant = palloc(sizeof(Datum));
	leaf->constant[0] = PointerGetDatum(cstring_to_text_with_len(prefix.data, prefix.len));
	return true;
}

static void
leaf_constant(RuleLeaf *leaf, Truth truth)
{
	leaf->shape = LEAF_CONSTANT;
	leaf->otherwise = truth;
}

/* A change of name only, as from varchar to text, makes no other subject. */
static Expr *
subject_strip(Expr *expr)
{
	while (IsA(expr, RelabelType))
		expr = ((RelabelType *) expr)->arg;
	return expr;
}

/*
 * By which kind of look-up the values that an operator compares are told
 * apart as the operator does it.
 *
 * strategy: as in a btree, or COMPARE_NE.  Returns false when there is none.
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
		*strategy = get_opcode(opno) == F_ENUM_EQ ? BTEqualStrategyNumber : COMPARE_NE;
		return true;
	}

	foreach(cell, get_op_index_interpretation(opno))
	{
		OpIndexInterpretation *meaning = lfirst(cell);
		Oid			left = meaning->oplefttype;
		bool		equality = OpInterpretationCompare(meaning) == BTEqualStrategyNumber ||
			OpInterpretationCompare(meaning) == COMPARE_NE;
		TypeCacheEntry *typentry;

		if (get_typtype(left) == TYPTYPE_PSEUDO)
			continue;
		typentry = lookup_type_cache(left, TYPECACHE_BTREE_OPFAMILY | TYPECACHE_CMP_PROC);
		if (typentry->btree_opf != meaning->opfamily_id || !OidIsValid(typentry->cmp_proc))
			continue;
		type->type = left;
		*righttype = meaning->oprighttype;
		*strategy = OpInterpretationCompare(meaning);
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
