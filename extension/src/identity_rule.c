/*-------------------------------------------------------------------------
 * identity_rule.c
 *	  The trigger leadcrm.check_identity_rule(): no rule that cannot work.
 *
 * A rule is compiled by every session that takes leads in, and one that does
 * not compile gives no keys.  So it is compiled when it is written.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "row_expression.h"
#include "row_trigger.h"
#include "workspace.h"

PG_FUNCTION_INFO_V1(leadcrm_check_identity_rule);

/*
 * leadcrm_check_identity_rule
 *		Trigger: BEFORE INSERT OR UPDATE ON identity_rule FOR EACH ROW.
 *
 * Compiles expression and scope over the lead table of the same schema.
 * Raises what leadcrm_row_expression_compile() raises, and 39P01 when it
 * hangs elsewhere.
 */
Datum
leadcrm_check_identity_rule(PG_FUNCTION_ARGS)
{
	static const char *const column[] = {"expression", "scope"};
	TriggerData *trigdata = leadcrm_row_trigger(fcinfo, "leadcrm.check_identity_rule");
	TupleDesc	tupdesc;
	HeapTuple	rule;
	Relation	lead;

	tupdesc = RelationGetDescr(trigdata->tg_relation);
	rule = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : trigdata->tg_trigtuple;
	lead = table_open(leadcrm_workspace_table(RelationGetNamespace(trigdata->tg_relation), "lead"),
					  AccessShareLock);
	for (int i = 0; i < lengthof(column); i++)
	{
		int			attnum = SPI_fnumber(tupdesc, column[i]);
		Datum		value;
		bool		isnull;

		if (attnum <= 0 || TupleDescAttr(tupdesc, attnum - 1)->atttypid != TEXTOID)
			ereport(ERROR,
					(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
					 errmsg("table \"%s\" has no column \"%s\" of type %s",
							RelationGetRelationName(trigdata->tg_relation), column[i], "text")));
		value = heap_getattr(rule, attnum, tupdesc, &isnull);
		if (!isnull)
			(void) leadcrm_row_expression_compile(lead, TextDatumGetCString(value), CurrentMemoryContext);
	}
	table_close(lead, AccessShareLock);
	return PointerGetDatum(rule);
}

PG_FUNCTION_INFO_V1(leadcrm_key_problem);

/*
 * _key_problem(lead regclass, expression text) -> text
 *		Why an expression cannot be a key or a scope; NULL if it can.
 */
Datum
leadcrm_key_problem(PG_FUNCTION_ARGS)
{
	Relation	lead = table_open(PG_GETARG_OID(0), AccessShareLock);
	char	   *problem;

	(void) leadcrm_row_expression_try(lead, text_to_cstring(PG_GETARG_TEXT_PP(1)),
									  CurrentMemoryContext, &problem);
	table_close(lead, AccessShareLock);
	if (problem == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(problem));
}
