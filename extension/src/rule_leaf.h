/*-------------------------------------------------------------------------
 * rule_leaf.h
 *	  A part of a condition as a test of one subject against constants.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_LEAF_H
#define LEADCRM_RULE_LEAF_H

#include "access/stratnum.h"
#include "nodes/primnodes.h"

#include "value_class.h"

/* Three-valued logic: AND is the lesser, OR the greater. */
typedef enum Truth
{
	TRUTH_FALSE,
	TRUTH_UNKNOWN,
	TRUTH_TRUE
} Truth;

typedef enum LeafShape
{
	LEAF_CONSTANT,				/* the same for each value, NULL included */
	LEAF_NULL,					/* IS NULL */
	LEAF_ANY,					/* equal to any of the constants */
	LEAF_ORDER,					/* <, <=, >= or > the constant */
	LEAF_PREFIX					/* begins with the constant */
} LeafShape;

/* A leaf of a condition: its subject compared with constants. */
typedef struct RuleLeaf
{
	LeafShape	shape;
	bool		negated;		/* true and false swapped, unknown stays */
	Expr	   *subject;		/* NULL with LEAF_CONSTANT */
	ValueType	type;
	Truth		otherwise;		/* LEAF_CONSTANT; LEAF_ANY: equal to none */
	Truth		of_null;		/* when the subject is NULL */
	StrategyNumber strategy;	/* LEAF_ORDER */
	int			nconstants;
	Datum	   *constant;		/* as leadcrm_value_constant() gives them */
} RuleLeaf;

extern void leadcrm_rule_leaf_decode(Node *node, bool whole, RuleLeaf *leaf);

#endif							/* LEADCRM_RULE_LEAF_H */
