/*-------------------------------------------------------------------------
 * rule_group.h
 *	  The tests of many rules on one subject, answered by one look-up.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_GROUP_H
#define LEADCRM_RULE_GROUP_H

#include "executor/tuptable.h"
#include "nodes/execnodes.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"

typedef struct RuleSubject RuleSubject;

/* One of the conditions that a rule joins with AND. */
typedef struct RuleConjunct
{
	int			rule;			/* its place in the set, from 0 */
	Expr	   *expr;
	bool		may_fail;
	RuleSubject *subject;		/* set by building: NULL if not grouped */
	bool		whole;			/* the expression itself is the subject */
} RuleConjunct;

typedef struct RuleGroup
{
	int			nwords;			/* of a bitmap over the rules */
	AttrNumber	last_column;	/* that a subject reads without an expression */
	int			ncolumns;		/* subjects that are columns; they come first */
	int			nsubjects;
	RuleSubject **subject;
} RuleGroup;

extern RuleGroup *leadcrm_rule_group_build(int nrules, List *conjuncts,
										   MemoryContext cxt);
extern Expr *leadcrm_rule_group_expression(const RuleGroup *group, int subject);
extern Expr *leadcrm_rule_subject_expression(const RuleSubject *subject);
extern void leadcrm_rule_group_set_state(RuleGroup *group, int subject, ExprState *state);
extern void leadcrm_rule_group_match_columns(const RuleGroup *group, TupleTableSlot *slot,
											 uint64 *matched);
extern void leadcrm_rule_group_match_expressions(const RuleGroup *group, ExprContext *econtext,
												 uint64 *matched);

#endif							/* LEADCRM_RULE_GROUP_H */
