/*-------------------------------------------------------------------------
 * row_expression.c
 *	  An SQL expression over one row of a table, compiled from text.
 *
 * Identity rules name keys and scopes this way.  The text is parsed as
 * "SELECT <text>", must be a single target and nothing else, and is analysed
 * as a check constraint would be: no sub-select, aggregate, window or set
 * returning function.  It may call immutable functions of pg_catalog and
 * leadcrm only, so that nobody's own code runs as the owner of the table.
 * Names are resolved under a fixed search_path, never the session's.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "nodes/makefuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_relation.h"
#include "parser/parser.h"
#include "catalog/namespace.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "row_expression.h"

static Node *row_expression_parse(const char *source);
static void row_expression_error(void *arg);
static bool row_expression_foreign_function(Oid func, void *context);
static bool row_expression_refused(Node *node, void *context);

/*
 * leadcrm_row_expression_compile
 *		Compile an expression over the rows of a table; its value is text.
 *
 * rel: an open relation.  source: the expression, in the server encoding.
 * cxt: where the result lives.
 *
 * Raises 42601 when the text is not one expression, 42P17 when it may not be
 * used, and whatever parse analysis finds (42703, 42883, ...).
 */
ExprState *
leadcrm_row_expression_compile(Relation rel, const char *source, MemoryContext cxt)
{
	ErrorContextCallback errcallback;
	ParseState *pstate;
	ParseNamespaceItem *nsitem;
	Node	   *expr;
	ExprState  *state;
	MemoryContext old;
	int			nestlevel;

	errcallback.callback = row_expression_error;
	errcallback.arg = unconstify(char *, source);
	errcallback.previous = error_context_stack;
	error_context_stack = &errcallback;

	nestlevel = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("standard_conforming_strings", "on",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);

	pstate = make_parsestate(NULL);
	nsitem = addRangeTableEntryForRelation(pstate, rel, AccessShareLock, NULL, false, false);
	addNSItemToQuery(pstate, nsitem, false, true, true);

	expr = transformExpr(pstate, row_expression_parse(source), EXPR_KIND_CHECK_CONSTRAINT);
	expr = coerce_to_target_type(pstate, expr, exprType(expr), TEXTOID, -1,
								 COERCION_EXPLICIT, COERCE_EXPLICIT_CAST, -1);
	if (expr == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("expression has no text form")));
	assign_expr_collations(pstate, expr);
	if (contain_mutable_functions(expr) || row_expression_refused(expr, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_OBJECT_DEFINITION),
				 errmsg("expression may only use immutable functions of pg_catalog and leadcrm"),
				 errdetail("Its value must depend on nothing but the row.")));
	expr = (Node *) expression_planner((Expr *) expr);
	free_parsestate(pstate);
	AtEOXact_GUC(true, nestlevel);

	old = MemoryContextSwitchTo(cxt);
	state = ExecInitExpr((Expr *) copyObject(expr), NULL);
	MemoryContextSwitchTo(old);

	error_context_stack = errcallback.previous;
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

/* The one target of "SELECT source"; anything more is refused. */
static Node *
row_expression_parse(const char *source)
{
	List	   *statements = raw_parser(psprintf("SELECT %s", source), RAW_PARSE_DEFAULT);

	if (list_length(statements) == 1)
	{
		Node	   *statement = linitial_node(RawStmt, statements)->stmt;

		if (IsA(statement, SelectStmt) &&
			list_length(((SelectStmt *) statement)->targetList) == 1)
		{
			SelectStmt *bare = makeNode(SelectStmt);
			ResTarget  *target = linitial_node(ResTarget, ((SelectStmt *) statement)->targetList);

			bare->targetList = ((SelectStmt *) statement)->targetList;
			if (equal(bare, statement) && target->name == NULL && target->indirection == NIL)
				return target->val;
		}
	}
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("text is not one SQL expression")));
	return NULL;				/* keep compiler quiet */
}

/* A caret in "SELECT source" must not land in the statement that runs. */
static void
row_expression_error(void *arg)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(Max(position - (int) strlen("SELECT "), 1));
		internalerrquery((const char *) arg);
	}
	errcontext("expression \"%s\"", (const char *) arg);
}

static bool
row_expression_foreign_function(Oid func, void *context)
{
	Oid			namespace_oid = get_func_namespace(func);

	return namespace_oid != PG_CATALOG_NAMESPACE &&
		namespace_oid != get_namespace_oid("leadcrm", true);
}

static bool
row_expression_refused(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, CoerceToDomain))	/* its checks may call anything */
		return true;
	if (check_functions_in_node(node, row_expression_foreign_function, context))
		return true;
	return expression_tree_walker(node, row_expression_refused, context);
}
