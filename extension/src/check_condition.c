/*-------------------------------------------------------------------------
 * check_condition.c
 *	  The SQL face of the condition language.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/relation.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "rule.h"

PG_FUNCTION_INFO_V1(leadcrm_check_condition);

/*
 * check_condition(table regclass, condition text) -> void
 *		Raise an error with a caret unless the condition is allowed.
 */
Datum
leadcrm_check_condition(PG_FUNCTION_ARGS)
{
	Relation	rel = relation_open(PG_GETARG_OID(0), AccessShareLock);
	RuleExpr	rule;

	leadcrm_rule_parse(rel, text_to_cstring(PG_GETARG_TEXT_PP(1)), "UTC", &rule);
	relation_close(rel, AccessShareLock);
	PG_RETURN_VOID();
}
