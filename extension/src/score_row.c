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
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "rule_table.h"

/* The first column among the arguments of _score_columns(). */
#define FIRST_COLUMN	3

static Node *pass_columns(PlannerInfo *root, FuncExpr *call);
static bool rows_are_whole(const Query *query);
static void check_columns(FunctionCallInfo fcinfo, const RuleTable *table);
static const RuleTable *match_columns(FunctionCallInfo fcinfo);
static Datum matched_points(const RuleTable *table);
static Datum matched_codes(const RuleTable *table);
static int64 beyond_caps(const RuleTable *table);

PG_FUNCTION_INFO_V1(leadcrm_score_row);
PG_FUNCTION_INFO_V1(leadcrm_matching_rules);
PG_FUNCTION_INFO_V1(leadcrm_score_columns);
PG_FUNCTION_INFO_V1(leadcrm_matching_rules_columns);
PG_FUNCTION_INFO_V1(leadcrm_row_rules_support);

/*
 * leadcrm_score_row
 *		score(subject_row record, rules regclass, as_of timestamptz) → integer
 *
 * The sum of the points of the rules that the row matches, where those of a
 * cap group count at most what score_cap says, up or down.  Raises 22003 when it is no
 * integer.
 */
Datum
leadcrm_score_row(PG_FUNCTION_ARGS)
{
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(0);
	const RuleTable *table = leadcrm_rule_table_match_row(PG_GETARG_OID(1), row,
														  PG_GETARG_TIMESTAMPTZ(2));

	PG_FREE_IF_COPY(row, 0);
	return matched_points(table);
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
	const RuleTable *table = leadcrm_rule_table_match_row(PG_GETARG_OID(1), row,
														  PG_GETARG_TIMESTAMPTZ(2));

	PG_FREE_IF_COPY(row, 0);
	return matched_codes(table);
}

/*
 * leadcrm_score_columns
 *		_score_columns(rules regclass, row regtype, as_of timestamptz,
 *					   VARIADIC "any") → integer
 *
 * As score(), of a row of which all columns are given; see
 * leadcrm_row_rules_support().
 */
Datum
leadcrm_score_columns(PG_FUNCTION_ARGS)
{
	const RuleTable *table = match_columns(fcinfo);

	if (table == NULL)
		PG_RETURN_NULL();
	return matched_points(table);
}

/*
 * leadcrm_matching_rules_columns
 *		The same for matching_rules().
 */
Datum
leadcrm_matching_rules_columns(PG_FUNCTION_ARGS)
{
	const RuleTable *table = match_columns(fcinfo);

	if (table == NULL)
		PG_RETURN_NULL();
	return matched_codes(table);
}

/*
 * leadcrm_row_rules_support
 *		Planner support of score() and matching_rules(): pass the columns of a
 *		table's rows, not whole rows, which take longer to make than to score.
 *
 * Only in plain SELECTs without outer joins and grouping by whole rows, so
 * that a row is never NULL as a whole.
 */
Datum
leadcrm_row_rules_support(PG_FUNCTION_ARGS)
{
	SupportRequestSimplify *request = (SupportRequestSimplify *) PG_GETARG_POINTER(0);
	Node	   *simplified = NULL;

	if (IsA(request, SupportRequestSimplify))
		simplified = pass_columns(request->root, request->fcall);
	PG_RETURN_POINTER(simplified);
}

static Node *
pass_columns(PlannerInfo *root, FuncExpr *call)
{
	Oid			types[] = {REGCLASSOID, REGTYPEOID, TIMESTAMPTZOID, ANYOID};
	Var		   *row = linitial(call->args);
	Node	   *rules = lsecond(call->args);
	RangeTblEntry *rte;
	TupleDesc	tupdesc;
	List	   *args;
	List	   *name;
	Oid			func;

	if (root == NULL || !rows_are_whole(root->parse) || !IsA(row, Var) ||
		row->varattno != InvalidAttrNumber || row->varlevelsup != 0 ||
		!IsA(rules, Const) || ((Const *) rules)->constisnull)
		return NULL;
	rte = rt_fetch(row->varno, root->parse->rtable);
	if (rte->rtekind != RTE_RELATION || get_typ_typrelid(row->vartype) != rte->relid)
		return NULL;

	args = list_make1(rules);
	args = lappend(args, makeConst(REGTYPEOID, -1, InvalidOid, sizeof(Oid),
								   ObjectIdGetDatum(row->vartype), false, true));
	args = lappend(args, lthird(call->args));
	tupdesc = lookup_rowtype_tupdesc(row->vartype, -1);
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(tupdesc, i);

		if (!column->attisdropped)
			args = lappend(args, makeVar(row->varno, column->attnum, column->atttypid,
										 column->atttypmod, column->attcollation, 0));
	}
	ReleaseTupleDesc(tupdesc);
	if (list_length(args) > FUNC_MAX_ARGS)
		return NULL;
	name = list_make1(makeString("leadcrm"));
	name = lappend(name, makeString(call->funcresulttype == INT4OID ?
									"_score_columns" : "_matching_rules_columns"));
	func = LookupFuncName(name, lengthof(types), types, false);
	return (Node *) makeFuncExpr(func, call->funcresulttype, args, call->funccollid,
								 call->inputcollid, COERCE_EXPLICIT_CALL);
}

/* Whether no join or grouping makes whole rows NULL. */
static bool
rows_are_whole(const Query *query)
{
	ListCell   *cell;

	if (query->commandType != CMD_SELECT || query->groupingSets != NIL)
		return false;
	foreach(cell, query->rtable)
	{
		RangeTblEntry *rte = lfirst(cell);

		if (rte->rtekind == RTE_JOIN && rte->jointype != JOIN_INNER)
			return false;
	}
	foreach(cell, query->groupClause)
	{
		Node	   *expr = get_sortgroupclause_expr(lfirst(cell), query->targetList);

		if (IsA(expr, Var) && ((Var *) expr)->varattno == InvalidAttrNumber)
			return false;
	}
	return true;
}

/*
 * Raise an error unless a call is as pass_columns() makes it: all columns, and
 * of their types.  Anybody may call the function in another way.
 */
static void
check_columns(FunctionCallInfo fcinfo, const RuleTable *table)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	TupleDesc	tupdesc = table->columns->tts_tupleDescriptor;
	int			arg = FIRST_COLUMN;
	bool		good = true;

	for (int i = 0; i < tupdesc->natts && good; i++)
	{
		if (!TupleDescAttr(tupdesc, i)->attisdropped)
			good = arg < PG_NARGS() &&
				get_fn_expr_argtype(flinfo, arg++) == TupleDescAttr(tupdesc, i)->atttypid;
	}
	if (!good || arg != PG_NARGS())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("arguments are not those that the planner passes"),
				 errhint("Call leadcrm.score() or leadcrm.matching_rules().")));
}

/* The rules that a row given by its columns matches; NULL when as_of is. */
static const RuleTable *
match_columns(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	RuleTable  *table;
	TupleTableSlot *slot;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return NULL;
	table = leadcrm_rule_table(PG_GETARG_OID(0), PG_GETARG_OID(1), -1);

	/* Once for each that was compiled: the types of its columns are fixed. */
	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt, sizeof(uint64));
	if (*(uint64 *) flinfo->fn_extra != table->number)
	{
		check_columns(fcinfo, table);
		*(uint64 *) flinfo->fn_extra = table->number;
	}

	slot = ExecClearTuple(table->columns);
	for (int i = 0; i < table->nread; i++)
	{
		const ReadColumn *column = &table->read[i];

		slot->tts_values[column->attribute] = PG_GETARG_DATUM(FIRST_COLUMN + column->place);
		slot->tts_isnull[column->attribute] = PG_ARGISNULL(FIRST_COLUMN + column->place);
	}
	ExecStoreVirtualTuple(slot);
	leadcrm_rule_table_match(table, slot, PG_GETARG_TIMESTAMPTZ(2));
	return table;
}

/* The sum of the points of the rules that matched. */
static Datum
matched_points(const RuleTable *table)
{
	const RuleList *list = table->list;
	int64		score = 0;

	if (!list->has_points)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("table \"%s\" has no column \"%s\"",
						get_rel_name(list->table[LIST_RULES]), "points"),
				 errhint("Rules that give a score have a column \"points\" of type integer.")));
	for (int w = 0; w < RULE_WORDS(list->nrules); w++)
	{
		for (uint64 bits = table->matched[w]; bits != 0; bits &= bits - 1)
			score += table->points[w * 64 + pg_rightmost_one_pos64(bits)];
	}
	if (list->ncaps > 0)
		score -= beyond_caps(table);
	if (score != (int32) score)
		ereport(ERROR,
				(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
				 errmsg("integer out of range")));
	return Int32GetDatum((int32) score);
}

/* The codes of the rules that matched. */
static Datum
matched_codes(const RuleTable *table)
{
	const RuleList *list = table->list;
	Datum	   *code = palloc(Max(list->nrules, 1) * sizeof(Datum));
	int			n = 0;

	for (int i = 0; i < list->nrules; i++)
	{
		if (RULE_MATCHED(table->matched, i))
			code[n++] = CStringGetTextDatum(list->rule[i].code);
	}
	return PointerGetDatum(construct_array(code, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* The points of a row's rules beyond what the caps let count, up or down. */
static int64
beyond_caps(const RuleTable *table)
{
	const RuleList *list = table->list;
	int64		beyond = 0;

	memset(table->sum, 0, list->ncaps * sizeof(int64));
	for (int i = 0; i < list->nrules; i++)
	{
		if (list->rule[i].cap >= 0 && RULE_MATCHED(table->matched, i))
			table->sum[list->rule[i].cap] += list->rule[i].points;
	}
	for (int i = 0; i < list->ncaps; i++)
	{
		int64		most = list->cap[i].most;

		beyond += table->sum[i] - Max(Min(table->sum[i], most), -most);
	}
	return beyond;
}
