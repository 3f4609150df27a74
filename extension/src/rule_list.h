/*-------------------------------------------------------------------------
 * rule_list.h
 *	  What a table of rules says, as one snapshot sees it.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_LIST_H
#define LEADCRM_RULE_LIST_H

#include "datatype/timestamp.h"
#include "utils/snapshot.h"

/* One active row. */
typedef struct ListedRule
{
	char	   *code;
	char	   *condition;
	int32		points;
	char	   *cap_group;		/* NULL: none */
	int			cap;			/* its place in RuleList.cap, or -1 */
	TimestampTz valid_from;		/* matches from here */
	TimestampTz valid_to;		/* to before here */
} ListedRule;

/* The most points that count of one group of rules. */
typedef struct ListedCap
{
	char	   *cap_group;
	int32		most;
} ListedCap;

/* The tables that are read; InvalidOid when there is none. */
typedef enum ListTable
{
	LIST_RULES,
	LIST_CAPS,				/* score_cap in the same schema */
	LIST_WORKSPACE,			/* workspace in the same schema */
	LIST_NTABLES
} ListTable;

typedef struct RuleList
{
	Oid			table[LIST_NTABLES];
	bool		watched;		/* each change of their rows is announced */
	bool		has_points;		/* there is a column of that name */
	const char *time_zone;
	int			nrules;
	ListedRule *rule;			/* sorted by code */
	int			ncaps;
	ListedCap  *cap;			/* sorted by group */
} RuleList;

extern RuleList *leadcrm_rule_list_read(Oid rules, Snapshot snapshot);
extern bool leadcrm_rule_list_equal(const RuleList *a, const RuleList *b);
extern void leadcrm_rule_list_check_access(Oid rules);

#endif							/* LEADCRM_RULE_LIST_H */
