/*-------------------------------------------------------------------------
 * rule_failure.c
 *	  Rules that failed on some row, for the table rule_error.
 *
 * Failures are counted in the rule sets themselves; rule_error gets a row per
 * rule and statement, never an UPDATE of a row that all writers would share.
 * While no rule fails that costs a comparison.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "columns.h"
#include "rule_failure.h"

/*
 * leadcrm_rule_failures_write
 *		Write the failures of a rule set that nobody has written yet.
 *
 * ruleset: the table of the rules.  code: of each rule of the set.
 *
 * The caller acts as the owner.
 */
void
leadcrm_rule_failures_write(Workspace *ws, const char *ruleset, RuleSet *rules,
							char *const *code, TimestampTz now)
{
	RuleFailure *failure;
	int			n = leadcrm_rule_set_take_failures(rules, &failure);
	Column		codes = leadcrm_column_new(TEXTOID, n);
	Column		states = leadcrm_column_new(TEXTOID, n);
	Column		counts = leadcrm_column_new(INT8OID, n);
	Datum		values[5];

	if (n == 0)
		return;
	for (int i = 0; i < n; i++)
	{
		leadcrm_column_set(&codes, i, CStringGetTextDatum(code[failure[i].rule]), false);
		leadcrm_column_set(&states, i, CStringGetTextDatum(unpack_sql_state(failure[i].sqlstate)), false);
		leadcrm_column_set(&counts, i, Int64GetDatum(failure[i].count), false);
	}
	values[0] = CStringGetTextDatum(ruleset);
	values[1] = leadcrm_column_array(&codes, n);
	values[2] = leadcrm_column_array(&states, n);
	values[3] = leadcrm_column_array(&counts, n);
	values[4] = TimestampTzGetDatum(now);
	(void) leadcrm_workspace_run_alone(ws, PLAN_ADD_RULE_ERRORS,
									   "INSERT INTO %s.rule_error (ruleset, rule, sqlstate, failures, last_at)"
									   " SELECT $1, rule, state, failures, $5"
									   " FROM unnest($2, $3, $4) AS f (rule, state, failures)",
									   5, (Oid[]) {TEXTOID, TEXTARRAYOID, TEXTARRAYOID, INT8ARRAYOID,
									   TIMESTAMPTZOID}, values);
}
