/*-------------------------------------------------------------------------
 * rule_memo.h
 *	  What the rules of a set said about the latest values of one column.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_MEMO_H
#define LEADCRM_RULE_MEMO_H

typedef struct RuleMemo RuleMemo;

/* Of one value: bitmaps over the rules. */
typedef struct RuleAnswers
{
	uint64	   *known;
	uint64	   *matched;		/* within known */
} RuleAnswers;

extern RuleMemo *leadcrm_rule_memo_create(int nwords, MemoryContext cxt);
extern RuleAnswers *leadcrm_rule_memo_find(RuleMemo *memo, Datum value, bool isnull);

#endif							/* LEADCRM_RULE_MEMO_H */
