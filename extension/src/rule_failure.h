/*-------------------------------------------------------------------------
 * rule_failure.h
 *	  Rules that failed on some row, for the table rule_error.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_FAILURE_H
#define LEADCRM_RULE_FAILURE_H

#include "rule.h"
#include "workspace.h"

extern void leadcrm_rule_failures_write(Workspace *ws, const char *ruleset, RuleSet *rules,
										char *const *code, TimestampTz now);

#endif							/* LEADCRM_RULE_FAILURE_H */
