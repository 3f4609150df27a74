/*-------------------------------------------------------------------------
 * row_expression.h
 *	  An SQL expression over one row of a table, compiled from text.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_ROW_EXPRESSION_H
#define LEADCRM_ROW_EXPRESSION_H

#include "nodes/execnodes.h"
#include "utils/relcache.h"

extern ExprState *leadcrm_row_expression_compile(Relation rel, const char *source,
												 MemoryContext cxt);
extern ExprState *leadcrm_row_expression_try(Relation rel, const char *source,
											 MemoryContext cxt, char **problem);
extern text *leadcrm_row_expression_eval(ExprState *state, EState *estate,
										 TupleTableSlot *slot);

#endif							/* LEADCRM_ROW_EXPRESSION_H */
