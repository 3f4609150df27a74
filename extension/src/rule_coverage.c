/*-------------------------------------------------------------------------
 * rule_coverage.c
 *	  How many rows of a table each rule matches.
 *
 * Rules are evaluated as in a trigger: one that may fail counts where it does
 * not.  The rows are read through SPI, with the caller's rights and policies.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "rule.h"
#include "rule_list.h"

/* Rows fetched at a time. */
#define COVERAGE_BATCH	1000

static void count_rows(Relation rel, RuleSet *set, const RuleList *list, bool filtered,
					   TimestampTz as_of, int64 *count, int64 *rows);

PG_FUNCTION_INFO_V1(leadcrm_rule_coverage);

/*
 * leadcrm_rule_coverage
 *		rule_coverage(rules regclass, subject regclass, filter text, as_of
 *		timestamptz) returns setof (code, matched, of_rows).
 *
 * filter: a condition; only rows for which it is true are counted.  NULL: all.
 *
 * Raises what reading the tables raises (42501), and 54000 for too many rules.
 */
Datum
leadcrm_rule_coverage(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		filtered = !PG_ARGISNULL(2);
	RuleList   *list;
	RuleText   *rule;
	RuleSet    *set;
	Relation	rel;
	int64	   *count;
	int64		rows = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("rules, table and moment must not be null")));
	InitMaterializedSRF(fcinfo, 0);
	list = leadcrm_rule_list_read(PG_GETARG_OID(0), GetActiveSnapshot());
	rel = relation_open(PG_GETARG_OID(1), AccessShareLock);
	rule = palloc((list->nrules + 1) * sizeof(RuleText));
	for (int i = 0; i < list->nrules; i++)
	{
		rule[i].code = list->rule[i].code;
		rule[i].condition = list->rule[i].condition;
	}
	if (filtered)
	{
		RuleExpr	filter;

		rule[list->nrules].code = "filter";
		rule[list->nrules].condition = text_to_cstring(PG_GETARG_TEXT_PP(2));
		leadcrm_rule_parse(rel, rule[list->nrules].condition, list->time_zone, &filter);
	}
	set = leadcrm_rule_set_build(rel, list->nrules + filtered, rule, list->time_zone, false,
								 CurrentMemoryContext);
	count = palloc0(Max(list->nrules, 1) * sizeof(int64));
	count_rows(rel, set, list, filtered, PG_GETARG_TIMESTAMPTZ(3), count, &rows);
	leadcrm_rule_set_free(set);

	for (int i = 0; i < list->nrules; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = CStringGetTextDatum(list->rule[i].code);
		values[1] = Int64GetDatum(count[i]);
		values[2] = Int64GetDatum(rows);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	relation_close(rel, NoLock);
	return (Datum) 0;
}

static void
count_rows(Relation rel, RuleSet *set, const RuleList *list, bool filtered,
		   TimestampTz as_of, int64 *count, int64 *rows)
{
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(rel), &TTSOpsHeapTuple);
	Portal		portal;

	SPI_connect();
	portal = SPI_cursor_open_with_args(NULL,
									   psprintf("SELECT t FROM %s t",
												quote_qualified_identifier(get_namespace_name(RelationGetNamespace(rel)),
																		   RelationGetRelationName(rel))),
									   0, NULL, NULL, NULL, true, CURSOR_OPT_NO_SCROLL);
	for (;;)
	{
		SPI_cursor_fetch(portal, true, COVERAGE_BATCH);
		if (SPI_processed == 0)
			break;
		for (uint64 r = 0; r < SPI_processed; r++)
		{
			bool		isnull;
			HeapTupleHeader row = DatumGetHeapTupleHeader(SPI_getbinval(SPI_tuptable->vals[r],
																		SPI_tuptable->tupdesc,
																		1, &isnull));
			HeapTupleData tuple;

			tuple.t_len = HeapTupleHeaderGetDatumLength(row);
			ItemPointerSetInvalid(&tuple.t_self);
			tuple.t_tableOid = RelationGetRelid(rel);
			tuple.t_data = row;
			ExecStoreHeapTuple(&tuple, slot, false);
			leadcrm_rule_set_match(set, slot, as_of, matched);
			if (filtered && !RULE_MATCHED(matched, list->nrules))
				continue;
			(*rows)++;
			for (int i = 0; i < list->nrules; i++)
				count[i] += RULE_MATCHED(matched, i) &&
					as_of >= list->rule[i].valid_from && as_of < list->rule[i].valid_to;
		}
		ExecClearTuple(slot);
		SPI_freetuptable(SPI_tuptable);
	}
	SPI_cursor_close(portal);
	SPI_finish();
	ExecDropSingleTupleTableSlot(slot);
}
