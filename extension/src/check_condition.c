/*-------------------------------------------------------------------------
 * check_condition.c
 *	  The SQL face of the condition language.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/sysattr.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "nodes/params.h"
#include "optimizer/optimizer.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "row_trigger.h"
#include "rule.h"
#include "score.h"
#include "workspace.h"

/* A condition compiled by condition_holds(), kept for the rows that follow. */
typedef struct HeldCondition
{
	MemoryContext cxt;
	char	   *condition;
	char	   *time_zone;
	uint64		row_type;		/* changes with its columns */
	ExprState  *state;
	EState	   *estate;
	TupleTableSlot *slot;
	ParamListInfo params;
} HeldCondition;

static Relation open_rows(Oid relid);
static void refuse_computed(Relation rel, Expr *expr);
static void condition_context(void *arg);
static HeldCondition *hold_condition(FunctionCallInfo fcinfo, Oid row_type,
									 const char *condition, const char *time_zone);
static text *trigger_text(TriggerData *trigdata, HeapTuple row, const char *column, bool required);

PG_FUNCTION_INFO_V1(leadcrm_check_condition);

/*
 * check_condition(table regclass, condition text) -> void
 *		Raise an error with a caret unless the condition is allowed.
 */
Datum
leadcrm_check_condition(PG_FUNCTION_ARGS)
{
	Relation	rel = open_rows(PG_GETARG_OID(0));
	RuleExpr	rule;

	leadcrm_rule_parse(rel, text_to_cstring(PG_GETARG_TEXT_PP(1)), "UTC", &rule);
	relation_close(rel, AccessShareLock);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(leadcrm_condition_class);

/*
 * condition_class(table regclass, condition text) -> text
 *		"cannot fail" or "may fail"; raises what check_condition() raises.
 */
Datum
leadcrm_condition_class(PG_FUNCTION_ARGS)
{
	Relation	rel = open_rows(PG_GETARG_OID(0));
	RuleExpr	rule;

	leadcrm_rule_parse(rel, text_to_cstring(PG_GETARG_TEXT_PP(1)), "UTC", &rule);
	relation_close(rel, AccessShareLock);
	PG_RETURN_TEXT_P(cstring_to_text(rule.rule_class == RULE_CANNOT_FAIL ?
									 "cannot fail" : "may fail"));
}

PG_FUNCTION_INFO_V1(leadcrm_condition_holds);

/*
 * condition_holds(subject_row record, condition text, as_of timestamptz, time_zone text) -> boolean
 *		What a condition gives for a row of a table or view.
 *
 * For trying a condition out: SELECT count(*) FROM lead l WHERE
 * leadcrm.condition_holds(l, 'company_size >= 50').  Raises what
 * check_condition() raises, and the errors of the condition itself.
 */
Datum
leadcrm_condition_holds(PG_FUNCTION_ARGS)
{
	HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(0);
	HeldCondition *held = hold_condition(fcinfo, HeapTupleHeaderGetTypeId(header),
										 text_to_cstring(PG_GETARG_TEXT_PP(1)),
										 text_to_cstring(PG_GETARG_TEXT_PP(3)));
	ExprContext *econtext = GetPerTupleExprContext(held->estate);
	HeapTupleData tuple;
	Datum		value;
	bool		isnull;

	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = header;
	ExecForceStoreHeapTuple(&tuple, held->slot, false);
	held->params->params[RULE_PARAM_AS_OF - 1].value = PG_GETARG_DATUM(2);
	econtext->ecxt_scantuple = held->slot;
	econtext->ecxt_param_list_info = held->params;
	value = ExecEvalExprSwitchContext(held->state, econtext, &isnull);
	ResetExprContext(econtext);
	ExecClearTuple(held->slot);
	if (isnull)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(DatumGetBool(value));
}

PG_FUNCTION_INFO_V1(leadcrm_check_rules);

/*
 * leadcrm_check_rules
 *		Trigger: refuse a rule whose condition is not allowed.
 *
 *	CREATE TRIGGER check_rules BEFORE INSERT OR UPDATE ON score_rule
 *		FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('lead', 'condition');
 *
 * Arguments: the table of the same schema whose rows the conditions are about
 * (default lead), and the column of the condition (default condition); a
 * third, "score", says that what the rules find becomes a lead's score or
 * intent, so they may not read what scoring computes.  NULL is no condition.
 * Raises what check_condition() raises; the context names the rule by its
 * column code, if there is one.
 */
Datum
leadcrm_check_rules(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = leadcrm_row_trigger(fcinfo, "leadcrm.check_rules");
	const char *subject;
	const char *column;
	text	   *condition;
	HeapTuple	row;

	row = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : trigdata->tg_trigtuple;
	subject = trigdata->tg_trigger->tgnargs > 0 ? trigdata->tg_trigger->tgargs[0] : "lead";
	column = trigdata->tg_trigger->tgnargs > 1 ? trigdata->tg_trigger->tgargs[1] : "condition";
	condition = trigger_text(trigdata, row, column, true);
	if (condition != NULL)
	{
		ErrorContextCallback errcallback;
		RuleExpr	rule;
		Relation	rel = open_rows(leadcrm_workspace_table(RelationGetNamespace(trigdata->tg_relation),
															subject));

		errcallback.callback = condition_context;
		errcallback.arg = trigger_text(trigdata, row, "code", false);
		errcallback.previous = error_context_stack;
		error_context_stack = &errcallback;
		leadcrm_rule_parse(rel, text_to_cstring(condition), "UTC", &rule);
		if (trigdata->tg_trigger->tgnargs > 2 &&
			strcmp(trigdata->tg_trigger->tgargs[2], "score") == 0)
			refuse_computed(rel, rule.expr);
		error_context_stack = errcallback.previous;
		relation_close(rel, AccessShareLock);
	}
	return PointerGetDatum(row);
}

/* A score that depended on itself would change with each look at the lead. */
static void
refuse_computed(Relation rel, Expr *expr)
{
	Bitmapset  *columns = NULL;
	int			i = -1;

	pull_varattnos((Node *) expr, 1, &columns);
	while ((i = bms_next_member(columns, i)) >= 0)
	{
		AttrNumber	attnum = i + FirstLowInvalidHeapAttributeNumber;
		const char *name = NameStr(TupleDescAttr(RelationGetDescr(rel), attnum - 1)->attname);

		if (leadcrm_score_computes(name))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
					 errmsg("a rule of scores or intents may not use column \"%s\"", name),
					 errdetail("Its value comes from these rules."),
					 errhint("Use what the customer said or did.")));
	}
}

/* Which rule of a statement that writes many it is. */
static void
condition_context(void *arg)
{
	text	   *code = arg;

	if (code != NULL)
		errcontext("rule \"%.*s\"", (int) VARSIZE_ANY_EXHDR(code), VARDATA_ANY(code));
}

/* Open what has rows: a table, a view, a composite type. */
static Relation
open_rows(Oid relid)
{
	Relation	rel = relation_open(relid, AccessShareLock);

	switch (rel->rd_rel->relkind)
	{
		case RELKIND_RELATION:
		case RELKIND_PARTITIONED_TABLE:
		case RELKIND_FOREIGN_TABLE:
		case RELKIND_VIEW:
		case RELKIND_MATVIEW:
		case RELKIND_COMPOSITE_TYPE:
			return rel;
	}
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("\"%s\" is not a table or view", RelationGetRelationName(rel))));
	return NULL;				/* keep compiler quiet */
}

/* The condition compiled, anew if it is not that of the row before. */
static HeldCondition *
hold_condition(FunctionCallInfo fcinfo, Oid row_type, const char *condition, const char *time_zone)
{
	HeldCondition *held = fcinfo->flinfo->fn_extra;
	uint64		identifier = assign_record_type_identifier(row_type, -1);
	MemoryContext cxt;
	MemoryContext old;
	RuleExpr	rule;
	Relation	rel;

	if (held != NULL && held->row_type == identifier &&
		strcmp(held->condition, condition) == 0 && strcmp(held->time_zone, time_zone) == 0)
		return held;
	if (!OidIsValid(typeidTypeRelid(row_type)))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("a row of a table or view is needed"),
				 errhint("Write the name of the table, as in leadcrm.condition_holds(lead, 'company_size >= 50').")));
	rel = open_rows(typeidTypeRelid(row_type));
	leadcrm_rule_parse(rel, condition, time_zone, &rule);
	if (held != NULL)
		MemoryContextDelete(held->cxt);
	fcinfo->flinfo->fn_extra = NULL;

	cxt = AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "leadcrm condition", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(cxt);
	held = palloc0(sizeof(HeldCondition));
	held->cxt = cxt;
	held->row_type = identifier;
	held->condition = pstrdup(condition);
	held->time_zone = pstrdup(time_zone);
	held->slot = MakeSingleTupleTableSlot(CreateTupleDescCopyConstr(RelationGetDescr(rel)), &TTSOpsHeapTuple);
	relation_close(rel, AccessShareLock);
	held->params = makeParamList(1);
	held->params->params[RULE_PARAM_AS_OF - 1].isnull = false;
	held->params->params[RULE_PARAM_AS_OF - 1].ptype = TIMESTAMPTZOID;
	held->params->params[RULE_PARAM_AS_OF - 1].pflags = PARAM_FLAG_CONST;
	held->state = ExecInitExprWithParams(copyObject(expression_planner(rule.expr)), held->params);
	held->estate = CreateExecutorState();
	MemoryContextSetParent(held->estate->es_query_cxt, cxt);
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = held;
	return held;
}

/* A column of type text of the row, or NULL. */
static text *
trigger_text(TriggerData *trigdata, HeapTuple row, const char *column, bool required)
{
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);
	int			attnum = SPI_fnumber(tupdesc, column);
	Datum		value;
	bool		isnull;

	if (attnum <= 0 || TupleDescAttr(tupdesc, attnum - 1)->atttypid != TEXTOID)
	{
		if (!required)
			return NULL;
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("table \"%s\" has no column \"%s\" of type %s",
						RelationGetRelationName(trigdata->tg_relation), column, "text")));
	}
	value = heap_getattr(row, attnum, tupdesc, &isnull);
	return isnull ? NULL : DatumGetTextPP(value);
}
