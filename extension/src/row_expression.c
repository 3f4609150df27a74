/*-------------------------------------------------------------------------
 * row_expression.c
 *	  An SQL expression over one row of a table, compiled from text.
 *
 * Identity rules name keys and scopes this way.  The language is that of rule
 * conditions (rule_parse.c), less what may fail and what depends on the
 * moment or a time zone: a key follows from the row alone, and no row that
 * arrives is ever stopped by one.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "executor/executor.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"

#include "attempt.h"
#include "row_expression.h"
#include "rule.h"

/*
 * leadcrm_row_expression_compile
 *		Compile an expression over the rows of a table; its value is text.
 *
 * rel: an open relation.  source: the expression, in the server encoding.
 * cxt: where the result lives.
 *
 * Raises what leadcrm_rule_parse_key() raises.
 */
ExprState *
leadcrm_row_expression_compile(Relation rel, const char *source, MemoryContext cxt)
{
	MemoryContext old;
	RuleExpr	key;
	ExprState  *state;

	leadcrm_rule_parse_key(rel, source, &key);
	old = MemoryContextSwitchTo(cxt);
	state = ExecInitExpr(copyObject(expression_planner(key.expr)), NULL);
	MemoryContextSwitchTo(old);
	return state;
}

/*
 * leadcrm_row_expression_try
 *		As leadcrm_row_expression_compile(), but NULL instead of an error,
 *		which is in *problem, in the current memory context.
 *
 * Cancellation and the end of the session pass
 * through.
 */
ExprState *
leadcrm_row_expression_try(Relation rel, const char *source, MemoryContext cxt, char **problem)
{
	Attempt		attempt;
	ExprState  *volatile state = NULL;

	*problem = NULL;
	leadcrm_attempt_begin(&attempt);
	PG_TRY();
	{
		state = leadcrm_row_expression_compile(rel, source, cxt);
		leadcrm_attempt_keep(&attempt);
	}
	PG_CATCH();
	{
		ErrorData  *error = leadcrm_attempt_undo(&attempt);

		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
			ReThrowError(error);
		*problem = error->message;
	}
	PG_END_TRY();
	return state;
}

/*
 * leadcrm_row_expression_eval
 *		The expression's value for the row in slot, or NULL.
 *
 * The result is in the current memory context.
 */
text *
leadcrm_row_expression_eval(ExprState *state, EState *estate, TupleTableSlot *slot)
{
	ExprContext *econtext = GetPerTupleExprContext(estate);
	Datum		value;
	bool		isnull;
	text	   *result;

	econtext->ecxt_scantuple = slot;
	value = ExecEvalExprSwitchContext(state, econtext, &isnull);
	result = isnull ? NULL : DatumGetTextPCopy(value);
	econtext->ecxt_scantuple = NULL;
	ResetExprContext(econtext);
	return result;
}
