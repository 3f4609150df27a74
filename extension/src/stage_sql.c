/*-------------------------------------------------------------------------
 * stage_sql.c
 *	  The SQL face of stages: moving a lead on purpose, and whether a stage is
 *	  an open one.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "owner.h"
#include "process.h"
#include "row_trigger.h"

/* What is_open() keeps: few. */
typedef struct ClosedStages
{
	Oid			lead;
	int			n;
	char	  **process;
	char	  **stage;
} ClosedStages;

static ClosedStages *closed_stages(Oid home, MemoryContext cxt);

PG_FUNCTION_INFO_V1(leadcrm_move_stage);
PG_FUNCTION_INFO_V1(leadcrm_is_open);

/*
 * leadcrm_move_stage
 *		move_stage(lead regclass, id bigint, stage text, reason text, note text,
 *		competitor text, amount numeric, cause text) returns bigint
 *
 * Moves a lead as UPDATE would; the history gets cause and note.  stage NULL:
 * where the reason moves it.  What else is NULL stays as it is.  A lead that is
 * gone or merged is passed by.  For roles with the rights of the workspace's
 * owner (42501); raises what the trigger raises.  Returns how many were
 * written, 0 or 1.
 */
Datum
leadcrm_move_stage(PG_FUNCTION_ARGS)
{
	Relation	lead;
	Workspace  *ws;
	StageMoving move = {0};
	const StageMoving *before;
	Datum		values[6];
	char		nulls[6];
	volatile uint64 n = 0;
	OwnerSave	save;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_INT64(0);
	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	ws = leadcrm_workspace_of(lead);
	leadcrm_owner_required(ws, lead);
	for (int i = 0; i < lengthof(values); i++)
	{
		nulls[i] = PG_ARGISNULL(i + 1) ? 'n' : ' ';
		values[i] = PG_GETARG_DATUM(i + 1);
	}
	move.cause = PG_ARGISNULL(7) ? "move" : text_to_cstring(PG_GETARG_TEXT_PP(7));
	move.note = PG_ARGISNULL(4) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(4));

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	before = leadcrm_stage_moving(&move);
	PG_TRY();
	{
		n = leadcrm_workspace_run_nulls(ws, PLAN_MOVE_STAGE,
										"UPDATE %s.lead SET stage = coalesce($2, stage),"
										" loss_reason = coalesce($3, loss_reason),"
										" loss_note = CASE WHEN $3 IS NULL THEN loss_note ELSE coalesce($4, loss_note) END,"
										" competitor = coalesce($5, competitor),"
										" won_amount = coalesce($6, won_amount)"
										" WHERE id = $1 AND merged_into IS NULL",
										6, (Oid[]) {INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, NUMERICOID},
										values, nulls);
	}
	PG_FINALLY();
	{
		(void) leadcrm_stage_moving(before);
	}
	PG_END_TRY();
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_INT64((int64) n);
}

/*
 * leadcrm_is_open
 *		is_open(lead regclass, process text, stage text) returns boolean: is that
 *		stage an open one?  No stage is, and one that is gone.
 *
 * Reports ask it of every row that they read: the workspace is read once for
 * each execution of a query, and the answer stays with the expression.
 */
Datum
leadcrm_is_open(PG_FUNCTION_ARGS)
{
	ClosedStages *closed = fcinfo->flinfo->fn_extra;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_BOOL(true);
	if (closed == NULL || closed->lead != PG_GETARG_OID(0))
	{
		closed = closed_stages(PG_GETARG_OID(0), fcinfo->flinfo->fn_mcxt);
		fcinfo->flinfo->fn_extra = closed;
	}
	for (int i = 0; i < closed->n; i++)
	{
		if (leadcrm_text_is(PG_GETARG_DATUM(2), closed->stage[i]) &&
			leadcrm_text_is(PG_GETARG_DATUM(1), closed->process[i]))
			PG_RETURN_BOOL(false);
	}
	PG_RETURN_BOOL(true);
}

/* The stages of a workspace that end a process. */
static ClosedStages *
closed_stages(Oid home, MemoryContext cxt)
{
	Relation	lead = table_open(home, AccessShareLock);
	const ProcessModel *model = leadcrm_process_model(leadcrm_workspace_of(lead));
	MemoryContext old = MemoryContextSwitchTo(cxt);
	ClosedStages *closed = palloc0(sizeof(ClosedStages));
	int			n = 0;

	for (int p = 0; p < model->nprocesses; p++)
		n += model->process[p].nstages;
	closed->lead = home;
	closed->process = palloc((n + 1) * sizeof(char *));
	closed->stage = palloc((n + 1) * sizeof(char *));
	for (int p = 0; p < model->nprocesses; p++)
	{
		const Process *process = &model->process[p];

		for (int s = 0; s < process->nstages; s++)
		{
			if (process->stage[s].kind == STAGE_OPEN)
				continue;
			closed->process[closed->n] = pstrdup(process->code);
			closed->stage[closed->n++] = pstrdup(process->stage[s].code);
		}
	}
	MemoryContextSwitchTo(old);
	table_close(lead, AccessShareLock);
	return closed;
}
