/*-------------------------------------------------------------------------
 * rule_table.h
 *	  Tables of rules that queries use, kept per backend.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_TABLE_H
#define LEADCRM_RULE_TABLE_H

#include "access/htup.h"

#include "rule.h"
#include "rule_list.h"

/* A table of rules, compiled for rows of one type. */
typedef struct RuleTable
{
	MemoryContext cxt;
	RuleList   *list;
	RuleSet    *set;			/* of list's rules, in their order */
	int32	   *points;			/* theirs, side by side */
	TupleTableSlot *row;		/* for whole rows */
	TupleTableSlot *part;		/* for rows of which only these are known: */
	int			ncolumns;		/* the columns that the rules read, */
	int16	   *column;			/* in ascending order */
	uint64	   *in_force;		/* NULL, or a bitmap of the rules valid */
	TimestampTz as_of;			/* at this moment */
	uint64	   *matched;		/* bitmap of those that the last row matched */
	int64	   *sum;			/* room for a sum per cap */
} RuleTable;

extern void leadcrm_rule_table_init(void);
extern RuleTable *leadcrm_rule_table(Oid rules, Oid rowtype, int32 typmod, bool *current);
extern void leadcrm_rule_table_match(RuleTable *table, TupleTableSlot *slot, TimestampTz as_of);
extern RuleTable *leadcrm_rule_table_match_row(Oid rules, HeapTupleHeader row,
											   TimestampTz as_of);
extern Relation leadcrm_row_relation_open(Oid type);

#endif							/* LEADCRM_RULE_TABLE_H */
