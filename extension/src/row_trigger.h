/*-------------------------------------------------------------------------
 * row_trigger.h
 *	  Triggers that look at a row before it is written.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_ROW_TRIGGER_H
#define LEADCRM_ROW_TRIGGER_H

#include "commands/trigger.h"
#include "fmgr.h"

/* leadcrm's functions that change a row of lead in place. */
#define ROW_FUNCTIONS	6

/* Which of their triggers are followed by another of them, in one statement. */
typedef struct RowChain
{
	int			nfollowed;
	Oid			followed[ROW_FUNCTIONS];
	bool		changed;		/* the row at hand; no tuple has that yet */
	bool		others;			/* triggers that are not leadcrm's see the rows, too */
} RowChain;

extern void leadcrm_row_functions(Oid *function);
extern bool leadcrm_row_is_ours(Oid function, const Oid *functions);
extern void leadcrm_row_chain_init(RowChain *chain, const TriggerDesc *triggers, bool insert,
								   const Oid *function);
extern TriggerData *leadcrm_row_trigger(FunctionCallInfo fcinfo, const char *function);
extern TupleTableSlot *leadcrm_row_slot(TriggerData *trigdata);
extern bool leadcrm_row_differs(TupleTableSlot *old, TupleTableSlot *new, AttrNumber attnum);
extern bool leadcrm_row_gives(TupleTableSlot *old, TupleTableSlot *new, AttrNumber attnum);
extern bool leadcrm_text_is(Datum value, const char *s);
extern HeapTuple leadcrm_row_result(TriggerData *trigdata, RowChain *chain, bool changed);

#endif							/* LEADCRM_ROW_TRIGGER_H */
