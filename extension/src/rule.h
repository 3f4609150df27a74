/*-------------------------------------------------------------------------
 * rule.h
 *	  Conditions that administrators write, over the rows of one table.
 *
 * rule_parse.c turns the text of a condition into a checked expression,
 * rule_allow.c says what an expression may contain, rule_group.c answers the
 * tests of many rules on one subject with one look-up, rule_memo.c remembers
 * what others said of a value, and rule_set.c keeps the rules of a set together
 * and evaluates them over a row.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_H
#define LEADCRM_RULE_H

#include "datatype/timestamp.h"
#include "executor/tuptable.h"
#include "nodes/bitmapset.h"
#include "nodes/primnodes.h"
#include "utils/relcache.h"

#define RULE_MAX_NODES	1000	/* of one condition */
#define RULE_MAX_DEPTH	64
#define RULE_MAX_RULES	1000	/* of one set */
#define RULE_WORDS(n)	(((n) + 63) / 64)	/* of the bits of n rules */

/* The moment of evaluation, a timestamptz, is this PARAM_EXTERN. */
#define RULE_PARAM_AS_OF	1

/* What evaluation can do, known when a condition is compiled. */
typedef enum RuleClass
{
	RULE_CANNOT_FAIL,
	RULE_MAY_FAIL,				/* needs a subtransaction around it */
	RULE_BROKEN					/* does not compile; matches nothing */
} RuleClass;

/* A condition, checked: a boolean expression over Vars of varno 1. */
typedef struct RuleExpr
{
	Expr	   *expr;			/* constants folded, not yet planned for execution */
	RuleClass	rule_class;
	bool		uses_as_of;
} RuleExpr;

/* One rule as it is stored. */
typedef struct RuleText
{
	const char *code;
	const char *condition;
} RuleText;

/* Failures of one rule since they were last taken. */
typedef struct RuleFailure
{
	int			rule;			/* its place in the set, from 0 */
	int			sqlstate;		/* as MAKE_SQLSTATE() packs it */
	int64		count;
} RuleFailure;

typedef struct RuleSet RuleSet;

/* rule_parse.c */
extern void leadcrm_rule_parse(Relation rel, const char *condition,
							   const char *time_zone, RuleExpr *result);
extern void leadcrm_rule_parse_row(TupleDesc tupdesc, const char *condition,
								   const char *time_zone, RuleExpr *result);
extern void leadcrm_rule_parse_key(Relation rel, const char *expression, RuleExpr *result);

/* rule_set.c */
extern void leadcrm_rule_set_init(void);
extern RuleSet *leadcrm_rule_set_build(Relation rel, int nrules, const RuleText *rules,
									   const char *time_zone, bool strict, MemoryContext parent);
extern RuleSet *leadcrm_rule_set_build_row(TupleDesc tupdesc, int nrules, const RuleText *rules,
										   const char *time_zone, bool strict,
										   MemoryContext parent);
extern void leadcrm_rule_set_free(RuleSet *set);
extern bool leadcrm_rule_set_is_valid(const RuleSet *set);
extern bool leadcrm_rule_set_in_use(const RuleSet *set);
extern const Bitmapset *leadcrm_rule_set_columns(const RuleSet *set);
extern void leadcrm_rule_set_match(RuleSet *set, TupleTableSlot *slot,
								   TimestampTz as_of, uint64 *matched);
extern bool leadcrm_rule_set_has_failures(const RuleSet *set);
extern void leadcrm_rule_set_note_failure(RuleSet *set, int rule, int sqlstate);
extern int	leadcrm_rule_set_take_failures(RuleSet *set, RuleFailure **failures);
extern TimestampTz leadcrm_rule_set_next_change(RuleSet *set, TupleTableSlot *slot,
												TimestampTz as_of);

#define RULE_MATCHED(matched, rule) \
	(((matched)[(rule) / 64] & (UINT64CONST(1) << ((rule) % 64))) != 0)

#endif							/* LEADCRM_RULE_H */
