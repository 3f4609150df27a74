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

#include "access/relation.h"
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
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "rule_table.h"

/* The first column among the arguments of _score_part(). */
#define PART_FIRST	4

static Node *pass_columns(PlannerInfo *root, FuncExpr *call);
static bool rows_are_whole(const Query *query);
static void check_part(FunctionCallInfo fcinfo);
static const RuleTable *match_part(FunctionCallInfo fcinfo);
static Datum matched_points(const RuleTable *table);
static Datum matched_codes(const RuleTable *table);
static int64 beyond_caps(const RuleTable *table);

PG_FUNCTION_INFO_V1(leadcrm_score_row);
PG_FUNCTION_INFO_V1(leadcrm_matching_rules);
PG_FUNCTION_INFO_V1(leadcrm_score_part);
PG_FUNCTION_INFO_V1(leadcrm_matching_rules_part);
PG_FUNCTION_INFO_V1(leadcrm_row_rules_support);

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
 * leadcrm_score_part
 *		_score_part(rules regclass, row regtype, columns int2vector,
 *					as_of timestamptz, VARIADIC "any") → integer
 *
 * As score(), of a row of which these columns are given; see
 * leadcrm_row_rules_support().
 */
Datum
leadcrm_score_part(PG_FUNCTION_ARGS)
{
	const RuleTable *table = match_part(fcinfo);

	if (table == NULL)
		PG_RETURN_NULL();
	return matched_points(table);
}

/*
 * leadcrm_matching_rules_part
 *		The same for matching_rules().
 */
Datum
leadcrm_matching_rules_part(PG_FUNCTION_ARGS)
{
	const RuleTable *table = match_part(fcinfo);

	if (table == NULL)
		PG_RETURN_NULL();
	return matched_codes(table);
}

/*
 * leadcrm_row_rules_support
 *		Planner support of score() and matching_rules(): pass the columns that
 *		the rules read instead of whole rows, which take long to make.
 *
 * The columns are those of the rules as they are now, so the plan must go
 * when they change: it does, for the table of rules is in it as a constant of
 * type regclass, and config_changed() sends its invalidation.  Without these
 * triggers rows stay whole.
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
	Var		   *row = linitial(call->args);
	Const	   *rules = lsecond(call->args);
	Oid			types[] = {REGCLASSOID, REGTYPEOID, INT2VECTOROID, TIMESTAMPTZOID, ANYOID};
	RangeTblEntry *rte;
	TupleDesc	tupdesc;
	RuleTable  *table;
	List	   *args;
	bool		current;
	Oid			func;

	if (root == NULL || !rows_are_whole(root->parse) || !ActiveSnapshotSet() ||
		!IsA(row, Var) || row->varattno != InvalidAttrNumber || row->varlevelsup != 0 ||
		!IsA(rules, Const) || rules->constisnull)
		return NULL;
	rte = rt_fetch(row->varno, root->parse->rtable);
	if (rte->rtekind != RTE_RELATION || get_typ_typrelid(row->vartype) != rte->relid)
		return NULL;
	table = leadcrm_rule_table(DatumGetObjectId(rules->constvalue), row->vartype, -1, &current);
	if (!current || table->ncolumns + lengthof(types) > FUNC_MAX_ARGS)
		return NULL;

	args = list_make4(rules,
					  makeConst(REGTYPEOID, -1, InvalidOid, sizeof(Oid),
								ObjectIdGetDatum(row->vartype), false, true),
					  makeConst(INT2VECTOROID, -1, InvalidOid, -1,
								PointerGetDatum(buildint2vector(table->column, table->ncolumns)),
								false, false),
					  lthird(call->args));
	tupdesc = table->part->tts_tupleDescriptor;
	for (int i = 0; i < table->ncolumns; i++)
	{
		Form_pg_attribute column = TupleDescAttr(tupdesc, table->column[i] - 1);

		args = lappend(args, makeVar(row->varno, column->attnum, column->atttypid,
									 column->atttypmod, column->attcollation, 0));
	}
	func = LookupFuncName(list_make2(makeString("leadcrm"),
									 makeString(call->funcresulttype == INT4OID ?
												"_score_part" : "_matching_rules_part")),
						  lengthof(types), types, false);
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
 * Raise an error, once per query, unless the call is as pass_columns() makes
 * it: what rows, which columns are constants, and the columns are of the right
 * types.
 */
static void
check_part(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;
	bool		good = flinfo->fn_expr != NULL && IsA(flinfo->fn_expr, FuncExpr);

	for (int i = 0; i < 3 && good; i++)
		good = IsA(list_nth(((FuncExpr *) flinfo->fn_expr)->args, i), Const) && !PG_ARGISNULL(i);
	if (good)
	{
		Relation	rel = leadcrm_row_relation_open(PG_GETARG_OID(1));
		int2vector *column = (int2vector *) PG_GETARG_POINTER(2);

		good = column->ndim == 1 && column->dim1 == PG_NARGS() - PART_FIRST;
		for (int i = 0; good && i < column->dim1; i++)
			good = column->values[i] > 0 &&
				column->values[i] <= RelationGetNumberOfAttributes(rel) &&
				get_fn_expr_argtype(flinfo, PART_FIRST + i) ==
				TupleDescAttr(RelationGetDescr(rel), column->values[i] - 1)->atttypid;
		relation_close(rel, NoLock);
	}
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("arguments are not those that the planner passes"),
				 errhint("Call leadcrm.score() or leadcrm.matching_rules().")));
	flinfo->fn_extra = flinfo;
}

/*
 * The rules that a row given by some of its columns matches; NULL when as_of
 * is.  Raises 40001 when the rules read other columns than when the query was
 * planned: they were changed as it began.
 */
static const RuleTable *
match_part(FunctionCallInfo fcinfo)
{
	RuleTable  *table;
	int2vector *column;
	TupleTableSlot *slot;

	if (fcinfo->flinfo->fn_extra == NULL)
		check_part(fcinfo);
	if (PG_ARGISNULL(3))
		return NULL;
	table = leadcrm_rule_table(PG_GETARG_OID(0), PG_GETARG_OID(1), -1, NULL);
	column = (int2vector *) PG_GETARG_POINTER(2);
	if (column->dim1 != table->ncolumns ||
		memcmp(column->values, table->column, table->ncolumns * sizeof(int16)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("rules of table \"%s\" were changed as the query began",
						get_rel_name(PG_GETARG_OID(0))),
				 errhint("The query might succeed if retried.")));

	slot = ExecClearTuple(table->part);
	for (int i = 0; i < table->ncolumns; i++)
	{
		slot->tts_values[table->column[i] - 1] = PG_GETARG_DATUM(PART_FIRST + i);
		slot->tts_isnull[table->column[i] - 1] = PG_ARGISNULL(PART_FIRST + i);
	}
	ExecStoreVirtualTuple(slot);
	leadcrm_rule_table_match(table, slot, PG_GETARG_TIMESTAMPTZ(3));
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

/* The points of a row's rules that are more than the caps of their groups. */
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
		beyond += Max(table->sum[i] - list->cap[i].most, 0);
	return beyond;
}
