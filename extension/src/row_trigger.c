/*-------------------------------------------------------------------------
 * row_trigger.c
 *	  Triggers that look at a row before it is written.
 *
 * A row trigger returns a tuple, and to make one of a lead's seventy columns
 * costs more than most of what is decided about them.  So leadcrm's triggers
 * change the columns where they stand, in the slot of the row, which is what
 * the next of them reads; the tuple is made once, by the last of those that
 * follow each other.  Whoever comes in between, another trigger or one that may
 * not fire, finds a tuple that has all changes so far.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "catalog/pg_trigger.h"
#include "executor/tuptable.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "row_trigger.h"

static const char *const row_function[ROW_FUNCTIONS] = {"normalize", "dedup", "stage", "score", "assign", "recycle"};

static bool trigger_may_fire(const Trigger *trigger);

/*
 * leadcrm_row_functions
 *		Find the functions that change a row of lead in place.
 *
 * function: room for ROW_FUNCTIONS.
 */
void
leadcrm_row_functions(Oid *function)
{
	for (int i = 0; i < ROW_FUNCTIONS; i++)
		function[i] = LookupFuncName(list_make2(makeString("leadcrm"),
												makeString(unconstify(char *, row_function[i]))),
									 0, NULL, false);
}

/*
 * leadcrm_row_is_ours
 *		Is a function one of those that leadcrm_row_functions() found?
 */
bool
leadcrm_row_is_ours(Oid function, const Oid *functions)
{
	for (int i = 0; i < ROW_FUNCTIONS; i++)
	{
		if (functions[i] == function)
			return true;
	}
	return false;
}

/*
 * leadcrm_row_chain_init
 *		Find out which triggers of a statement leave the tuple to the next.
 *
 * triggers: of the table, as the statement finds them when it begins, or NULL.
 * function: what leadcrm_row_functions() found.
 */
void
leadcrm_row_chain_init(RowChain *chain, const TriggerDesc *triggers, bool insert,
					   const Oid *function)
{
	const Trigger *last = NULL; /* if it is one of ours */

	memset(chain, 0, sizeof(RowChain));
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];
		bool		ours = leadcrm_row_is_ours(trigger->tgfoid, function);

		if (!TRIGGER_TYPE_MATCHES(trigger->tgtype, TRIGGER_TYPE_ROW, TRIGGER_TYPE_BEFORE,
								  insert ? TRIGGER_TYPE_INSERT : TRIGGER_TYPE_UPDATE) ||
			!trigger_may_fire(trigger))
			continue;
		if (last != NULL && ours && trigger->tgqual == NULL && trigger->tgnattr == 0 &&
			chain->nfollowed < ROW_FUNCTIONS)
			chain->followed[chain->nfollowed++] = last->tgoid;
		last = ours ? trigger : NULL;
		chain->others |= !ours;
	}
}

/*
 * leadcrm_row_trigger
 *		What a BEFORE INSERT OR UPDATE ... FOR EACH ROW trigger was called with.
 *
 * function: its name, for the message.  Raises 39P01 when it was called in
 * any other way.
 */
TriggerData *
leadcrm_row_trigger(FunctionCallInfo fcinfo, const char *function)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", function)));
	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		!TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!(TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) || TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger function \"%s\" must be fired BEFORE INSERT OR UPDATE for each row",
						function)));
	return trigdata;
}

/*
 * leadcrm_row_slot
 *		The row that is going to be written, for the trigger to read and change.
 *
 * All values are in tts_values and tts_isnull.  New ones live in the memory
 * context in which the trigger was called; trigdata's tuple lacks them.
 */
TupleTableSlot *
leadcrm_row_slot(TriggerData *trigdata)
{
	TupleTableSlot *slot = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
		trigdata->tg_newslot : trigdata->tg_trigslot;

	slot_getallattrs(slot);
	return slot;
}

/*
 * leadcrm_row_differs
 *		Has a column another value in one version of a row than in the other?
 */
bool
leadcrm_row_differs(TupleTableSlot *old, TupleTableSlot *new, AttrNumber attnum)
{
	Form_pg_attribute att = TupleDescAttr(new->tts_tupleDescriptor, attnum - 1);
	bool		wasnull;
	bool		isnull;
	Datum		was = slot_getattr(old, attnum, &wasnull);
	Datum		is = slot_getattr(new, attnum, &isnull);

	if (wasnull || isnull)
		return wasnull != isnull;
	return !datum_image_eq(was, is, att->attbyval, att->attlen);
}

/*
 * leadcrm_row_gives
 *		Has a row a value in a column that it did not have before?
 *
 * old: NULL for a row that is new.
 */
bool
leadcrm_row_gives(TupleTableSlot *old, TupleTableSlot *new, AttrNumber attnum)
{
	return !slot_attisnull(new, attnum) && (old == NULL || leadcrm_row_differs(old, new, attnum));
}

/*
 * leadcrm_text_is
 *		Is a value of type text this one?
 */
bool
leadcrm_text_is(Datum value, const char *s)
{
	text	   *t = DatumGetTextPP(value);

	return VARSIZE_ANY_EXHDR(t) == strlen(s) && memcmp(VARDATA_ANY(t), s, strlen(s)) == 0;
}

/*
 * leadcrm_row_result
 *		What the trigger returns.
 *
 * chain: of the statement, or NULL when there is none.  changed: the trigger
 * changed a value in leadcrm_row_slot().
 */
HeapTuple
leadcrm_row_result(TriggerData *trigdata, RowChain *chain, bool changed)
{
	bool		update = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event);
	HeapTuple	old = update ? trigdata->tg_newtuple : trigdata->tg_trigtuple;
	TupleTableSlot *slot = update ? trigdata->tg_newslot : trigdata->tg_trigslot;
	HeapTuple	tuple;

	if (chain != NULL)
	{
		chain->changed |= changed;
		for (int i = 0; i < chain->nfollowed; i++)
		{
			if (chain->followed[i] == trigdata->tg_trigger->tgoid)
				return old;
		}
		changed = chain->changed;
		chain->changed = false;
	}
	if (!changed)
		return old;

	/* As heap_modify_tuple(). */
	tuple = heap_form_tuple(RelationGetDescr(trigdata->tg_relation),
							slot->tts_values, slot->tts_isnull);
	tuple->t_data->t_ctid = old->t_data->t_ctid;
	tuple->t_self = old->t_self;
	tuple->t_tableOid = old->t_tableOid;
	return tuple;
}

/* May a trigger fire, as the session stands?  As TriggerEnabled() in core. */
static bool
trigger_may_fire(const Trigger *trigger)
{
	if (trigger->tgenabled == TRIGGER_DISABLED)
		return false;
	return trigger->tgenabled !=
		(SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA ?
		 TRIGGER_FIRES_ON_ORIGIN : TRIGGER_FIRES_ON_REPLICA);
}
