/*-------------------------------------------------------------------------
 * rule_source.h
 *	  What a table of rules says, as one snapshot sees it.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_SOURCE_H
#define LEADCRM_RULE_SOURCE_H

#include "datatype/timestamp.h"
#include "utils/snapshot.h"

/* One active row. */
typedef struct SourceRule
{
	char	   *code;
	char	   *condition;
	int32		points;
	int			cap;			/* place in RuleSource.cap of its group's, or -1 */
	TimestampTz valid_from;		/* matches from here */
	TimestampTz valid_to;		/* to before here */
} SourceRule;

/* The most points that count of one group of rules. */
typedef struct SourceCap
{
	char	   *cap_group;
	int32		most;
} SourceCap;

/* The tables that are read; InvalidOid when there is none. */
typedef enum SourceTable
{
	SOURCE_RULES,
	SOURCE_CAPS,				/* score_cap in the same schema */
	SOURCE_WORKSPACE,			/* workspace in the same schema */
	SOURCE_NTABLES
} SourceTable;

typedef struct RuleSource
{
	Oid			table[SOURCE_NTABLES];
	bool		watched;		/* each change of their rows is announced */
	bool		has_points;		/* there is a column of that name */
	const char *time_zone;
	int			nrules;
	SourceRule *rule;			/* sorted by code */
	int			ncaps;
	SourceCap  *cap;			/* sorted by group */
} RuleSource;

extern RuleSource *leadcrm_rule_source_read(Oid rules, Snapshot snapshot);
extern bool leadcrm_rule_source_equal(const RuleSource *a, const RuleSource *b);
extern void leadcrm_rule_source_check_access(Oid rules);

#endif							/* LEADCRM_RULE_SOURCE_H */
