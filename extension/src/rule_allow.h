/*-------------------------------------------------------------------------
 * rule_allow.h
 *	  What a condition may contain; see rule_allow.c.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_ALLOW_H
#define LEADCRM_RULE_ALLOW_H

#include "parser/parse_node.h"

#include "rule.h"

extern void leadcrm_rule_allow(ParseState *pstate, Node *expr);
extern RuleClass leadcrm_rule_class(Node *expr);
extern bool leadcrm_rule_uses_as_of(Node *expr);

#endif							/* LEADCRM_RULE_ALLOW_H */
