/*-------------------------------------------------------------------------
 * assign_task.c
 *	  The tasks of leads that got another owner, or a repeat inquiry.
 *
 * The open tasks of a lead go with it, but for approvals, which are their
 * approvers'; first contact begins anew.  Whoever owns it then has something to
 * do.  Both is written by direct.c and an index scan if the table is as the
 * template makes it, else by one statement each.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "assign.h"
#include "columns.h"
#include "direct.h"

/* Columns of task, in the order in which the template makes them. */
enum
{
	TASK_ID,
	TASK_LEAD_ID,
	TASK_KIND,
	TASK_OWNER,
	TASK_DUE_AT,
	TASK_NOTE,
	TASK_CREATED_AT,
	TASK_DONE_AT,
	TASK_CANCELLED_AT,
	TASK_BROUGHT_BY
};

static const DirectColumn task_column[] = {
	[TASK_ID] = {"id", INT8OID},
	[TASK_LEAD_ID] = {"lead_id", INT8OID},
	[TASK_KIND] = {"kind", TEXTOID},
	[TASK_OWNER] = {"owner", TEXTOID},
	[TASK_DUE_AT] = {"due_at", TIMESTAMPTZOID},
	[TASK_NOTE] = {"note", TEXTOID, true},
	[TASK_CREATED_AT] = {"created_at", TIMESTAMPTZOID},
	[TASK_DONE_AT] = {"done_at", TIMESTAMPTZOID, true},
	[TASK_CANCELLED_AT] = {"cancelled_at", TIMESTAMPTZOID, true},
	[TASK_BROUGHT_BY] = {"brought_by", INT8OID, true},
};

static bool move_directly(DirectTable *table, const SettleFrame *frame);
static void move_task(DirectTable *table, const SettleFrame *frame, const SettleMove *move,
					  TupleTableSlot *task);
static bool is_moved(TupleTableSlot *task, int64 lead);
static bool ends_with_assignment(TupleTableSlot *task);
static void move_by_statement(Workspace *ws, const SettleFrame *frame);
static void add_directly(DirectTable *table, const SettleFrame *frame);
static void add_by_statement(Workspace *ws, const SettleFrame *frame);
static const char *task_kind(const SettleMove *move);

/*
 * leadcrm_assign_tasks
 *		Move and add tasks, after a statement on lead.
 *
 * The caller acts as the owner.  Waits for whoever is changing a task that is
 * moved.
 */
void
leadcrm_assign_tasks(Workspace *ws, const SettleFrame *frame)
{
	DirectTable *table = leadcrm_direct_open_side(ws, SIDE_TASK, task_column,
												  lengthof(task_column), CurrentMemoryContext);

	if (!frame->insert && (table == NULL || !move_directly(table, frame)))
		move_by_statement(ws, frame);
	if (table == NULL)
	{
		add_by_statement(ws, frame);
		return;
	}
	add_directly(table, frame);
	leadcrm_direct_close(table);
}

/*
 * Move tasks as the statement below does at READ COMMITTED; false at other
 * levels, and where no index leads from a lead to its tasks.
 */
static bool
move_directly(DirectTable *table, const SettleFrame *frame)
{
	Relation	index = leadcrm_direct_index(table, TASK_LEAD_ID);
	IndexScanDesc scan;
	TupleTableSlot *slot;
	TupleTableSlot *task;

	if (index == NULL || IsolationUsesXactSnapshot())
		return false;
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	slot = table_slot_create(table->rel, NULL);
	task = table_slot_create(table->rel, NULL);
	scan = index_beginscan_compat(table->rel, index, GetActiveSnapshot(), 1);
	for (int i = 0; i < frame->nmoves; i++)
	{
		ScanKeyData key;

		CHECK_FOR_INTERRUPTS();
		ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(frame->move[i].lead));
		index_rescan(scan, &key, 1, NULL, 0);
		while (index_getnext_slot(scan, ForwardScanDirection, slot))
		{
			TM_FailureData tmfd;

			if (is_moved(slot, frame->move[i].lead) &&
				table_tuple_lock(table->rel, &slot->tts_tid, GetActiveSnapshot(), task,
								 GetCurrentCommandId(false), LockTupleNoKeyExclusive, LockWaitBlock,
								 TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &tmfd) == TM_Ok &&
				is_moved(task, frame->move[i].lead))
				move_task(table, frame, &frame->move[i], task);
		}
	}
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(task);
	ExecDropSingleTupleTableSlot(slot);
	PopActiveSnapshot();
	return true;
}

/* Write what becomes of a task, which is locked. */
static void
move_task(DirectTable *table, const SettleFrame *frame, const SettleMove *move, TupleTableSlot *task)
{
	const AssignState *state = frame->assign;
	TupleTableSlot *slot = table->slot;
	ItemPointerData tid = task->tts_tid;
	UpdateIndexes_compat indexes;

	ExecClearTuple(slot);
	slot_getallattrs(task);
	memcpy(slot->tts_values, task->tts_values, lengthof(task_column) * sizeof(Datum));
	memcpy(slot->tts_isnull, task->tts_isnull, lengthof(task_column) * sizeof(bool));
	slot->tts_isnull[TASK_OWNER] = move->owner == NULL;
	if (move->owner != NULL)
		slot->tts_values[TASK_OWNER] = PointerGetDatum(state->model->rep[move->owner - state->rep].code_text);
	if (ends_with_assignment(task))
	{
		slot->tts_values[TASK_CANCELLED_AT] = TimestampTzGetDatum(frame->now);
		slot->tts_isnull[TASK_CANCELLED_AT] = false;
	}
	ExecStoreVirtualTuple(slot);
	if (RelationGetDescr(table->rel)->constr != NULL)
		ExecConstraints(table->result, slot, table->estate);
	simple_table_tuple_update(table->rel, &tid, slot, GetActiveSnapshot(), &indexes);
	if (indexes)
		(void) ExecUpdateIndexTuples_compat(table->result, slot, table->estate, indexes);
	ExecClearTuple(slot);
	ResetPerTupleExprContext(table->estate);
}

/* Is it an open task of the lead's owner? */
static bool
is_moved(TupleTableSlot *task, int64 lead)
{
	bool		isnull;

	return DatumGetInt64(slot_getattr(task, TASK_LEAD_ID + 1, &isnull)) == lead &&
		slot_attisnull(task, TASK_DONE_AT + 1) && slot_attisnull(task, TASK_CANCELLED_AT + 1) &&
		!leadcrm_text_is(slot_getattr(task, TASK_KIND + 1, &isnull), APPROVAL_TASK);
}

static bool
ends_with_assignment(TupleTableSlot *task)
{
	bool		isnull;
	Datum		kind = slot_getattr(task, TASK_KIND + 1, &isnull);

	return leadcrm_text_is(kind, FIRST_CONTACT_TASK) || leadcrm_text_is(kind, REPEAT_TASK) || leadcrm_text_is(kind, RECYCLE_TASK);
}

static void
move_by_statement(Workspace *ws, const SettleFrame *frame)
{
	Column		leads = leadcrm_column_new(INT8OID, frame->nmoves);
	Column		owners = leadcrm_column_new(TEXTOID, frame->nmoves);
	Datum		values[3];

	for (int i = 0; i < frame->nmoves; i++)
	{
		const SettleMove *move = &frame->move[i];

		leadcrm_column_set(&leads, i, Int64GetDatum(move->lead), false);
		leadcrm_column_set(&owners, i, move->owner ? CStringGetTextDatum(move->owner->code) : (Datum) 0,
						   move->owner == NULL);
	}
	values[0] = leadcrm_column_array(&leads, frame->nmoves);
	values[1] = leadcrm_column_array(&owners, frame->nmoves);
	values[2] = TimestampTzGetDatum(frame->now);

	/* The index of open tasks is no way to those of a lead, cheap as it looks
	 * before the table was first analyzed: with coalesce() it is out of it. */
	(void) leadcrm_workspace_run_alone(ws, PLAN_MOVE_TASKS,
									   "UPDATE %s.task t SET owner = m.owner, cancelled_at = CASE WHEN t.kind IN ('"
									   FIRST_CONTACT_TASK "', '" REPEAT_TASK "', '" RECYCLE_TASK "') THEN $3 END"
									   " FROM unnest($1, $2) AS m (lead, owner)"
									   " WHERE t.lead_id = m.lead AND coalesce(t.done_at, t.cancelled_at) IS NULL"
									   " AND t.kind <> '" APPROVAL_TASK "'",
									   3, (Oid[]) {INT8ARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID}, values);
}

static void
add_directly(DirectTable *table, const SettleFrame *frame)
{
	const AssignState *state = frame->assign;

	for (int i = 0; i < frame->nmoves; i++)
	{
		const SettleMove *move = &frame->move[i];
		TupleTableSlot *slot;

		if (!move->task)
			continue;
		slot = leadcrm_direct_row(table);
		memset(slot->tts_isnull, false, TASK_NOTE * sizeof(bool));
		slot->tts_isnull[TASK_CREATED_AT] = false;
		slot->tts_values[TASK_LEAD_ID] = Int64GetDatum(move->lead);
		slot->tts_values[TASK_KIND] = CStringGetTextDatum(task_kind(move));
		slot->tts_values[TASK_OWNER] = PointerGetDatum(state->model->rep[move->owner - state->rep].code_text);
		slot->tts_values[TASK_DUE_AT] = TimestampTzGetDatum(move->due);
		slot->tts_isnull[TASK_DUE_AT] = move->due == DT_NOEND;
		slot->tts_values[TASK_CREATED_AT] = TimestampTzGetDatum(frame->now);
		leadcrm_direct_insert(table);
	}
}

static void
add_by_statement(Workspace *ws, const SettleFrame *frame)
{
	Column		leads;
	Column		owners;
	Column		kinds;
	Column		dues;
	Datum		values[5];
	int			n = 0;

	leads = leadcrm_column_new(INT8OID, frame->nmoves);
	owners = leadcrm_column_new(TEXTOID, frame->nmoves);
	kinds = leadcrm_column_new(TEXTOID, frame->nmoves);
	dues = leadcrm_column_new(TIMESTAMPTZOID, frame->nmoves);
	for (int i = 0; i < frame->nmoves; i++)
	{
		const SettleMove *move = &frame->move[i];

		if (!move->task)
			continue;
		leadcrm_column_set(&leads, n, Int64GetDatum(move->lead), false);
		leadcrm_column_set(&owners, n, CStringGetTextDatum(move->owner->code), false);
		leadcrm_column_set(&kinds, n, CStringGetTextDatum(task_kind(move)), false);
		leadcrm_column_set(&dues, n, TimestampTzGetDatum(move->due), move->due == DT_NOEND);
		n++;
	}
	values[0] = leadcrm_column_array(&leads, n);
	values[1] = leadcrm_column_array(&owners, n);
	values[2] = leadcrm_column_array(&kinds, n);
	values[3] = leadcrm_column_array(&dues, n);
	values[4] = TimestampTzGetDatum(frame->now);
	(void) leadcrm_workspace_run_alone(ws, PLAN_ADD_TASKS,
									   "INSERT INTO %s.task (lead_id, kind, owner, due_at, created_at)"
									   " SELECT lead, kind, owner, due, $5"
									   " FROM unnest($1, $2, $3, $4) AS m (lead, owner, kind, due)",
									   5, (Oid[]) {INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID,
									   TIMESTAMPTZOID}, values);
}

static const char *
task_kind(const SettleMove *move)
{
	return strcmp(move->reason, "repeat") == 0 ? REPEAT_TASK : FIRST_CONTACT_TASK;
}
