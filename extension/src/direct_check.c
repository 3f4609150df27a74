/*-------------------------------------------------------------------------
 * direct_check.c
 *	  The checks of tables that direct.c writes, and the predicates of their
 *	  indexes, made ready once in a session.
 *
 * The executor reads a check from the catalog's text and compiles it for each
 * statement, which for one row costs more than the row.  Here the compiled form
 * is kept with the workspace and lent to the executor's own fields, so that it
 * checks as ever and its messages are its own.
 *
 * What is kept is as good as new while the catalog says the same, for it calls
 * nothing but functions that are part of PostgreSQL: these do not change, and
 * do not write to the table whose row they look at.  What calls others is left
 * to the executor.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/transam.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "direct.h"

/* A check of a table, or the predicate of an index. */
typedef struct DirectExpr
{
	Oid			relation;
	int			number;			/* of the check; 0 for a predicate */
	char	   *text;			/* of a check, as the catalog has it */
	List	   *predicate;
	ExprState  *state;			/* NULL: it is the executor's business */
	struct DirectExpr *next;
} DirectExpr;

static ExprState *check_state(Workspace *ws, Oid table, int number, const char *text);
static ExprState *predicate_state(Workspace *ws, Oid index, List *predicate);
static DirectExpr *find(Workspace *ws, Oid relation, int number);
static bool calls_others(Node *node, void *context);
static bool is_other(Oid function, void *context);

/*
 * leadcrm_direct_prepare
 *		Lend a table, whose indexes are open, what is ready of its checks and
 *		predicates.
 *
 * Allocates in the current memory context.
 */
void
leadcrm_direct_prepare(Workspace *ws, ResultRelInfo *result)
{
	Relation	rel = result->ri_RelationDesc;
	TupleConstr *constr = RelationGetDescr(rel)->constr;
	int			ncheck = constr != NULL ? constr->num_check : 0;

	if (ncheck > 0)
	{
		ExprState **state = palloc(ncheck * sizeof(ExprState *));
		bool		ready = true;

		for (int i = 0; i < ncheck && ready; i++)
		{
			state[i] = check_state(ws, RelationGetRelid(rel), i, constr->check[i].ccbin);
			ready = state[i] != NULL;
		}
		if (ready)
			result->ri_CheckExprs_compat = state;
	}
	for (int i = 0; i < result->ri_NumIndices; i++)
	{
		IndexInfo  *info = result->ri_IndexRelationInfo[i];

		if (info->ii_Predicate != NIL)
			info->ii_PredicateState = predicate_state(ws, RelationGetRelid(result->ri_IndexRelationDescs[i]),
													  info->ii_Predicate);
	}
}

static ExprState *
check_state(Workspace *ws, Oid table, int number, const char *text)
{
	DirectExpr *entry = find(ws, table, number);

	if (entry->text == NULL || strcmp(entry->text, text) != 0)
	{
		MemoryContext old = MemoryContextSwitchTo(ws->cxt);
		Node	   *check = stringToNode(text);

		entry->text = NULL;
		entry->state = calls_others(check, NULL) ? NULL :
			ExecInitExpr(expression_planner((Expr *) check), NULL);
		entry->text = pstrdup(text);
		MemoryContextSwitchTo(old);
	}
	return entry->state;
}

static ExprState *
predicate_state(Workspace *ws, Oid index, List *predicate)
{
	DirectExpr *entry = find(ws, index, 0);

	if (entry->predicate == NIL || !equal(entry->predicate, predicate))
	{
		MemoryContext old = MemoryContextSwitchTo(ws->cxt);

		predicate = copyObject(predicate);
		entry->predicate = NIL;
		entry->state = calls_others((Node *) predicate, NULL) ? NULL :
			ExecInitQual((List *) expression_planner((Expr *) predicate), NULL);
		entry->predicate = predicate;
		MemoryContextSwitchTo(old);
	}
	return entry->state;
}

/* The entry of a check or predicate, begun if need be. */
static DirectExpr *
find(Workspace *ws, Oid relation, int number)
{
	DirectExpr *entry = ws->direct_expr;

	while (entry != NULL && !(entry->relation == relation && entry->number == number))
		entry = entry->next;
	if (entry == NULL)
	{
		entry = MemoryContextAllocZero(ws->cxt, sizeof(DirectExpr));
		entry->relation = relation;
		entry->number = number;
		entry->next = ws->direct_expr;
		ws->direct_expr = entry;
	}
	return entry;
}

/* Does an expression call what is no part of PostgreSQL? */
static bool
calls_others(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, CoerceToDomain) ||
		check_functions_in_node(node, is_other, context) ||
		expression_tree_walker(node, calls_others, context);
}

static bool
is_other(Oid function, void *context)
{
	return function >= FirstUnpinnedObjectId;
}
