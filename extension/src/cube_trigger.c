/*-------------------------------------------------------------------------
 * cube_trigger.c
 *	  The cube follows the leads.
 *
 * What a statement inserted or deleted is in its transition table.  What an
 * UPDATE changed is counted row by row, by leadcrm.cube(), for one trigger has
 * both versions of a row at hand as they were stored, and keeps neither; it is
 * written when the statement ends.
 *
 * Where Citus is installed rows cannot be written past it, and nothing is
 * counted: the numbers are those of the last rebuild_cube().
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "cube.h"

static void count_update(CubeChanges *changes, TriggerData *trigdata);

PG_FUNCTION_INFO_V1(leadcrm_cube);

/*
 * leadcrm_cube
 *		Trigger: AFTER UPDATE ON lead FOR EACH ROW.
 *
 * Made by create_workspace() as lead_60_cube.  Raises 39P01 when it hangs
 * elsewhere.
 */
Datum
leadcrm_cube(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	SettleFrame *frame;
	Workspace  *ws;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "leadcrm.cube")));
	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger function \"%s\" must be fired AFTER UPDATE for each row",
						"leadcrm.cube")));

	ws = leadcrm_workspace_of(trigdata->tg_relation);
	if (ws->distributed || leadcrm_cube_same(ws, trigdata->tg_trigslot, trigdata->tg_newslot))
		return PointerGetDatum(NULL);
	frame = leadcrm_settle_frame_or_null(trigdata->tg_relation, false);
	if (frame == NULL)
	{
		/* The trigger that begins a statement is off. */
		CubeChanges *changes = leadcrm_cube_begin(ws, CurrentMemoryContext);

		count_update(changes, trigdata);
		leadcrm_cube_end(changes);
		return PointerGetDatum(NULL);
	}
	if (frame->cube == NULL)
		frame->cube = leadcrm_cube_begin(ws, frame->cxt);
	else if (ItemPointerEquals(&frame->counted, &trigdata->tg_newslot->tts_tid))
		return PointerGetDatum(NULL);	/* fired twice on one row */
	frame->counted = trigdata->tg_newslot->tts_tid;
	count_update(frame->cube, trigdata);
	return PointerGetDatum(NULL);
}

static void
count_update(CubeChanges *changes, TriggerData *trigdata)
{
	leadcrm_cube_count(changes, trigdata->tg_trigslot, -1);
	leadcrm_cube_count(changes, trigdata->tg_newslot, 1);
}

/*
 * leadcrm_cube_settle_update
 *		After an UPDATE: write what its rows changed.
 */
void
leadcrm_cube_settle_update(SettleFrame *frame)
{
	if (frame->cube != NULL)
		leadcrm_cube_end(frame->cube);
	frame->cube = NULL;
}

/*
 * leadcrm_cube_settle_rows
 *		After an INSERT (sign 1) or DELETE (-1): count its rows, and write that.
 */
void
leadcrm_cube_settle_rows(Workspace *ws, TriggerData *trigdata, int sign)
{
	Tuplestorestate *rows = sign > 0 ? trigdata->tg_newtable : trigdata->tg_oldtable;
	TupleTableSlot *slot;
	CubeChanges *changes;

	if (ws->distributed || tuplestore_tuple_count(rows) == 0)
		return;
	changes = leadcrm_cube_begin(ws, CurrentMemoryContext);
	slot = MakeSingleTupleTableSlot(RelationGetDescr(trigdata->tg_relation), &TTSOpsMinimalTuple);
	tuplestore_select_read_pointer(rows, tuplestore_alloc_read_pointer(rows, EXEC_FLAG_REWIND));
	tuplestore_rescan(rows);
	while (tuplestore_gettupleslot(rows, true, false, slot))
	{
		CHECK_FOR_INTERRUPTS();
		leadcrm_cube_count(changes, slot, sign);
	}
	ExecDropSingleTupleTableSlot(slot);
	leadcrm_cube_end(changes);
}
