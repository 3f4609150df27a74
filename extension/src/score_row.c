/*-------------------------------------------------------------------------
 * score_row.c
 *	  Score any row by a table of rules, and say which of them it matches.
 *
 * For queries over anybody's tables: reads the rules, writes nothing, and
 * runs in parallel workers.  rule_table.c keeps the rules.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

#include "rule_table.h"

PG_FUNCTION_INFO_V1(leadcrm_score_row);
PG_FUNCTION_INFO_V1(leadcrm_matching_rules);

/*
 * leadcrm_score_row
 *		score(subject_row record, rules regclass, as_of timestamptz) → integer
 *
 * The sum of the points of the rules that the row matches, where those of a
 * cap group count at most what score_cap says.  Raises 22003 when it is no
 * integer.
 */
Datum
leadcrm_score_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	Oid			rules = PG_GETARG_OID(1);
	const RuleTable *table = leadcrm_rule_table_match(rules, row, PG_GETARG_TIMESTAMPTZ(2));
	const RuleList *list = table->list;
	int64		score = 0;

	if (!list->has_points)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table \"%s\" has no column \"%s\"", get_rel_name(rules), "points"),
				 errhint("Rules that give a score have a column \"points\" of type integer.")));

	memset(table->sum, 0, list->ncaps * sizeof(int64));
	for (int w = 0; w < RULE_WORDS(list->nrules); w++)
	{
		for (uint64 bits = table->matched[w]; bits != 0; bits &= bits - 1)
		{
			const ListedRule *rule = &list->rule[w * 64 + pg_rightmost_one_pos64(bits)];

			if (rule->cap < 0)
				score += rule->points;
			else
				table->sum[rule->cap] += rule->points;
		}
	}
	for (int i = 0; i < list->ncaps; i++)
		score += Min(table->sum[i], list->cap[i].most);
	if (score != (int32) score)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("integer out of range")));

	PG_FREE_IF_COPY(row, 0);
	PG_RETURN_INT32((int32) score);
}

/*
 * leadcrm_matching_rules
 *		matching_rules(subject_row record, rules regclass, as_of timestamptz) → text[]
 *
 * The codes of the rules that the row matches, in the order of their bytes.
 */
Datum
leadcrm_matching_rules(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	const RuleTable *table = leadcrm_rule_table_match(PG_GETARG_OID(1), row,
													  PG_GETARG_TIMESTAMPTZ(2));
	const RuleList *list = table->list;
	Datum	   *code = palloc(Max(list->nrules, 1) * sizeof(Datum));
	int			n = 0;

	for (int i = 0; i < list->nrules; i++)
	{
		if (RULE_MATCHED(table->matched, i))
			code[n++] = CStringGetTextDatum(list->rule[i].code);
	}
	PG_FREE_IF_COPY(row, 0);
	PG_RETURN_ARRAYTYPE_P(construct_array(code, n, TEXTOID, -1, false, TYPALIGN_INT));
}
