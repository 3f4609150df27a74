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

/* A column that the rules read. */
typedef struct ReadColumn
{
	int			attribute;		/* its place in the row type, from 0 */
	int			place;			/* the same without dropped columns */
} ReadColumn;

/* A table of rules, compiled for rows of one type. */
typedef struct RuleTable
{
	MemoryContext cxt;
	uint64		number;			/* from 1, no two in a backend have the same */
	RuleList   *list;
	RuleSet    *set;			/* of list's rules, in their order */
	int32	   *points;			/* theirs, side by side */
	TupleTableSlot *row;		/* for whole rows */
	TupleTableSlot *columns;	/* for rows given column by column, */
	int			nread;			/* of which the rules read these */
	ReadColumn *read;
	uint64	   *in_force;		/* NULL, or a bitmap of the rules valid */
	TimestampTz as_of;			/* at this moment */
	uint64	   *matched;		/* bitmap of those that the last row matched */
	int64	   *sum;			/* room for a sum per cap */
} RuleTable;

extern void leadcrm_rule_table_init(void);
extern RuleTable *leadcrm_rule_table(Oid rules, Oid rowtype, int32 typmod);
extern void leadcrm_rule_table_match(RuleTable *table, TupleTableSlot *slot, TimestampTz as_of);
extern RuleTable *leadcrm_rule_table_match_row(Oid rules, HeapTupleHeader row,
											   TimestampTz as_of);

#endif							/* LEADCRM_RULE_TABLE_H */
