/*-------------------------------------------------------------------------
 * rule_compile.h
 *	  The texts of a set's rules to conjuncts, grouped; see rule_compile.c.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_COMPILE_H
#define LEADCRM_RULE_COMPILE_H

#include "rule.h"
#include "rule_group.h"

typedef struct CompiledRule
{
	RuleClass	rule_class;
	bool		uses_as_of;
	bool		never;			/* a conjunct is false or NULL for every row */
	int			sqlstate;		/* why it is RULE_BROKEN */
	char	   *message;
} CompiledRule;

typedef struct RuleCompilation
{
	int			nrules;
	CompiledRule *rule;
	List	   *conjuncts;		/* of RuleConjunct, rule by rule */
	List	   *moments;		/* expressions of parameters 2, 3, ... */
	List	   *timed;			/* conjuncts that depend on as_of, as written */
	bool		timed_may_fail; /* there are others, which may fail */
	RuleGroup  *group;
} RuleCompilation;

extern RuleCompilation *leadcrm_rules_compile(TupleDesc tupdesc, int nrules, const RuleText *rules,
											  const char *time_zone, bool strict,
											  MemoryContext cxt);
extern bool leadcrm_rule_error_is_its_own(int sqlstate);

#endif							/* LEADCRM_RULE_COMPILE_H */
