/*-------------------------------------------------------------------------
 * stage_trigger.c
 *	  The trigger leadcrm.stage() on a workspace's lead table.
 *
 * The invariant: the lifecycle of a lead lists the stages that it entered, the
 * last of them is lead.stage, and stage_change has one row for each entry,
 * numbered as they stand there.  The row trigger is the only one that adds an
 * entry, under the lock on the row; the rows of stage_change follow when the
 * statement ends (stage_log.c).  So order never rests on a clock, nor on the
 * order in which statements end.
 *
 * lifecycle, stage_since, won_at and lost_at are computed, not written: what
 * a writer puts there is passed over.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "assign.h"
#include "lifecycle.h"
#include "process.h"
#include "row_trigger.h"
#include "settle.h"

/* The row as the trigger is changing it. */
typedef struct Row
{
	Workspace  *ws;
	Relation	lead;
	ProcessModel *model;
	SettleFrame *frame;
	TupleTableSlot *slot;		/* changed in place */
	TupleTableSlot *old;		/* NULL: INSERT */
	int64		id;
	int			process;		/* where it is; PROCESS_NONE: none, or gone */
	int			stage;			/* the same */
	text	   *code;			/* of its stage; NULL: it has none */
	StageKind	kind;
	bool		changed;
} Row;

/* What the UPDATE that runs is for, or NULL; see the functions that set them. */
static const StageMoving *moving = NULL;
static const StageDues *dues = NULL;
static const StageHistories *rebuilding = NULL;

static void stage_insert(Row *row);
static void stage_update(Row *row);
static void begin(Row *row, const char *cause, bool lenient);
static int	first_stage(Row *row, bool lenient);
static void bring_history(Row *row);
static void keep_computed(Row *row);
static void keep_merged(Row *row);
static void find_process(Row *row, bool moves);
static void move_as_written(Row *row, int to);
static int	wanted_stage(Row *row);
static void apply_rules(Row *row);
static bool is_due(const Row *row, int rule);
static void enter(Row *row, int to, TimestampTz at, const char *cause, int64 approval);
static void check_rest(Row *row, bool lenient);
static void rebuild(Row *row);
static TimestampTz created_at(Row *row);
static SettleStage *add_change(Row *row);
static text *copy_text(Row *row, LeadColumn column);
static text *keep_text(Row *row, Datum value);
static Datum get(Row *row, LeadColumn column, bool *isnull);
static bool has(Row *row, LeadColumn column);
static bool is_new(Row *row, LeadColumn column);
static void set(Row *row, LeadColumn column, Datum value);
static void set_null(Row *row, LeadColumn column);
static void set_as_before(Row *row, LeadColumn column);
static void set_column(Row *row, LeadColumn column, Datum value, bool isnull);
static bool same_text(const text *a, const text *b);
static int	history_compare(const void *a, const void *b);

PG_FUNCTION_INFO_V1(leadcrm_stage);

/*
 * leadcrm_stage
 *		Trigger: BEFORE INSERT OR UPDATE ON lead FOR EACH ROW, and
 *		AFTER INSERT ON activity REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT.
 *
 * Made by create_workspace() as lead_30_stage, between dedup and score, and as
 * activity_20_stage.  Never returns NULL for a row.  Raises 39P01 when it hangs
 * elsewhere, 23503 for a process, stage or loss reason that is not there, 23514
 * for a move that the process does not allow.
 */
Datum
leadcrm_stage(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	bool		update;
	Row			row = {0};
	bool		isnull;

	if (CALLED_AS_TRIGGER(fcinfo) && TRIGGER_FIRED_FOR_STATEMENT(trigdata->tg_event))
	{
		leadcrm_stage_activities(trigdata);
		return PointerGetDatum(NULL);
	}
	trigdata = leadcrm_row_trigger(fcinfo, "leadcrm.stage");
	update = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event);
	row.ws = leadcrm_workspace_of(trigdata->tg_relation);
	row.lead = trigdata->tg_relation;
	row.model = leadcrm_process_model(row.ws);
	row.frame = leadcrm_settle_frame(trigdata->tg_relation, !update);
	row.slot = leadcrm_row_slot(trigdata);
	row.old = update ? trigdata->tg_trigslot : NULL;
	row.id = DatumGetInt64(slot_getattr(row.slot, row.ws->column[LEAD_ID], &isnull));
	row.process = row.stage = PROCESS_NONE;
	if (row.id != 0 && row.frame->staged == row.id)
		 /* Fired twice on one row: what was decided stands. */ ;
	else if (!update)
		stage_insert(&row);
	else if (rebuilding != NULL)
		rebuild(&row);
	else
		stage_update(&row);
	row.frame->staged = row.id;
	return PointerGetDatum(leadcrm_row_result(trigdata, &row.frame->chain, row.changed));
}

/*
 * leadcrm_stage_moving
 *		Say for what the UPDATE that follows moves leads, or with NULL, for
 *		nothing special; returns what was said before.
 */
const StageMoving *
leadcrm_stage_moving(const StageMoving *now)
{
	const StageMoving *before = moving;

	moving = now;
	return before;
}

/*
 * leadcrm_stage_dues
 *		Say which rules activities have set off; as leadcrm_stage_moving().
 */
const StageDues *
leadcrm_stage_dues(const StageDues *now)
{
	const StageDues *before = dues;

	dues = now;
	return before;
}

/*
 * leadcrm_stage_rebuilding
 *		Say that the UPDATE that follows makes leads what their histories say;
 *		as leadcrm_stage_moving().
 */
const StageHistories *
leadcrm_stage_rebuilding(const StageHistories *now)
{
	const StageHistories *before = rebuilding;

	rebuilding = now;
	return before;
}

static void
stage_insert(Row *row)
{
	static const LeadColumn computed[] = {LEAD_LIFECYCLE, LEAD_STAGE_SINCE, LEAD_WON_AT, LEAD_LOST_AT};

	row->frame->nstaged++;
	for (int i = 0; i < lengthof(computed); i++)
	{
		if (has(row, computed[i]))
			set_null(row, computed[i]);
	}
	/* A row that lives in another lead goes through no process. */
	if (has(row, LEAD_MERGED_INTO))
		return;
	begin(row, "arrival", false);
	check_rest(row, false);
	apply_rules(row);
}

static void
stage_update(Row *row)
{
	bool		was_merged = !slot_attisnull(row->old, row->ws->column[LEAD_MERGED_INTO]);
	bool		isnull;
	Datum		stage;
	int			to;

	keep_computed(row);
	if (has(row, LEAD_MERGED_INTO))
	{
		keep_merged(row);
		return;
	}
	if (!has(row, LEAD_LIFECYCLE) && was_merged)
	{
		/* It came as a repeat inquiry; its own way begins now. */
		begin(row, "unmerge", true);
		check_rest(row, true);
		return;
	}
	stage = slot_getattr(row->old, row->ws->column[LEAD_STAGE], &isnull);
	if (isnull || !has(row, LEAD_LIFECYCLE))
		bring_history(row);
	else
		row->code = DatumGetTextPP(stage);
	if (row->code == NULL)
		return;					/* there is no process for it */

	to = wanted_stage(row);
	if (to >= 0)
		move_as_written(row, to);
	else if (row->process >= 0 && row->kind == STAGE_LOST && leadcrm_assign_is_repeat() &&
			 row->model->process[row->process].first >= 0)
		enter(row, row->model->process[row->process].first, row->frame->now, "repeat", 0);
	else
	{
		apply_rules(row);
		if (row->kind == STAGE_LOST &&
			(is_new(row, LEAD_LOSS_REASON) || is_new(row, LEAD_LOSS_NOTE) || is_new(row, LEAD_COMPETITOR)))
		{
			StageAsked	asked = {.lead = row->id, .process = row->process, .to = row->stage};
			StageFault	fault = leadcrm_stage_check_loss(row->ws, row->model, row->slot, &asked);

			if (fault != STAGE_MAY)
				leadcrm_stage_refuse(row->model, fault, &asked);
		}
	}
	check_rest(row, false);
}

/*
 * The first entry of a lead: the stage that the row names, or the first open
 * one.  lenient: what cannot be is passed over, not refused.
 */
static void
begin(Row *row, const char *cause, bool lenient)
{
	int			stage;
	bool		isnull;
	Datum		code = get(row, LEAD_PROCESS, &isnull);

	if (!isnull)
		row->process = leadcrm_process_find(row->model, code);
	if (!isnull && row->process < 0 && !lenient)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no process \"%s\" of leads", TextDatumGetCString(code)),
				 errhint("Processes are the rows of the table \"process\".")));
	if (row->process < 0)
	{
		leadcrm_process_conditions(row->ws, row->model, row->lead);
		row->process = leadcrm_stage_process(row->model, row->slot, row->frame->now);
	}
	if (row->process < 0 && has(row, LEAD_STAGE) && !lenient)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no process for lead " INT64_FORMAT, row->id),
				 errhint("Activate one in the table \"process\".")));
	if (row->process < 0)
		return;
	stage = first_stage(row, lenient);
	if (stage < 0)
		return;
	set(row, LEAD_PROCESS, PointerGetDatum(row->model->process[row->process].code_text));
	if (row->model->process[row->process].stage[stage].kind == STAGE_LOST)
	{
		StageAsked	asked = {.lead = row->id, .process = row->process, .to = stage};
		StageFault	fault = leadcrm_stage_check_loss(row->ws, row->model, row->slot, &asked);

		if (fault != STAGE_MAY && !lenient)
			leadcrm_stage_refuse(row->model, fault, &asked);
		if (fault != STAGE_MAY)
			stage = row->model->process[row->process].first;
	}
	if (stage >= 0)
		enter(row, stage, created_at(row), cause, 0);
}

/* In which stage a lead begins; PROCESS_NONE if its process has none for it. */
static int
first_stage(Row *row, bool lenient)
{
	const Process *process = &row->model->process[row->process];
	bool		isnull;
	Datum		code = get(row, LEAD_STAGE, &isnull);
	int			stage = isnull ? PROCESS_NONE : leadcrm_process_find_stage(process, code);

	if (stage < 0 && !isnull && !lenient)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("process \"%s\" has no stage \"%s\"", process->code, TextDatumGetCString(code)),
				 errdetail("Its stages are: %s.", leadcrm_stage_list(process))));
	if (stage < 0 && process->lost >= 0 && has(row, LEAD_LOSS_REASON))
		stage = process->lost;
	return stage < 0 ? process->first : stage;
}

/*
 * A living lead whose row lacks its history: it was written while the trigger
 * was off, or the column is new.  Read it; one that has none begins with the
 * stage that it had.
 */
static void
bring_history(Row *row)
{
	StageHistory history;
	bool		isnull;
	Datum		value = get(row, LEAD_STAGE, &isnull);
	text	   *written = isnull ? NULL : DatumGetTextPP(value);
	bool		same = isnull ? slot_attisnull(row->old, row->ws->column[LEAD_STAGE]) : !is_new(row, LEAD_STAGE);

	if (leadcrm_stage_read_history(row->ws, row->id, &history))
	{
		set(row, LEAD_LIFECYCLE, PointerGetDatum(history.lifecycle));
		set(row, LEAD_STAGE_SINCE, TimestampTzGetDatum(history.at));
		row->code = DatumGetTextPP(history.stage);
		if (same)
			set(row, LEAD_STAGE, PointerGetDatum(row->code));
		return;
	}
	value = slot_getattr(row->old, row->ws->column[LEAD_STAGE], &isnull);
	if (!isnull)
		set(row, LEAD_STAGE, value);
	begin(row, "arrival", true);
	if (row->code != NULL && !same && written != NULL && !isnull)
		set(row, LEAD_STAGE, PointerGetDatum(written));
}

/* What is computed stays as it was. */
static void
keep_computed(Row *row)
{
	set_as_before(row, LEAD_LIFECYCLE);
	set_as_before(row, LEAD_STAGE_SINCE);
	set_as_before(row, LEAD_WON_AT);
	set_as_before(row, LEAD_LOST_AT);
	if (!has(row, LEAD_PROCESS))
		set_as_before(row, LEAD_PROCESS);
}

/* A merged lead keeps its history and goes nowhere. */
static void
keep_merged(Row *row)
{
	if (has(row, LEAD_LIFECYCLE) && (is_new(row, LEAD_STAGE) || is_new(row, LEAD_PROCESS)))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("lead " INT64_FORMAT " is merged into another and cannot move", row->id),
				 errhint("Move the lead that it was merged into.")));
}

/*
 * To which stage the writer moves the lead; PROCESS_NONE: to none.  Finds its
 * process and where it is in that on the way.
 */
static int
wanted_stage(Row *row)
{
	bool		isnull;
	Datum		wanted = get(row, LEAD_STAGE, &isnull);
	bool		moves;
	int			to;

	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("lead " INT64_FORMAT " cannot leave stage \"%s\" for none",
						row->id, text_to_cstring(row->code)),
				 errhint("Set stage to where it goes.")));
	moves = !same_text(DatumGetTextPP(wanted), row->code);
	find_process(row, moves);
	if (moves)
	{
		const Process *process = &row->model->process[row->process];

		to = leadcrm_process_find_stage(process, wanted);
		if (to < 0)
			ereport(ERROR,
					(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
					 errmsg("process \"%s\" has no stage \"%s\"", process->code, TextDatumGetCString(wanted)),
					 errdetail("Its stages are: %s.", leadcrm_stage_list(process))));
		return to;
	}
	/* Who says why an open lead is lost, says that it is. */
	if (row->process >= 0 && row->kind == STAGE_OPEN && is_new(row, LEAD_LOSS_REASON))
		return row->model->process[row->process].lost;
	return PROCESS_NONE;
}

/*
 * Find the lead's process, its stage there, and of which kind that was.  Into
 * another process it takes its stage along, if there is one of that code and
 * kind.
 */
static void
find_process(Row *row, bool moves)
{
	bool		no_process;
	bool		was_none;
	Datum		code = get(row, LEAD_PROCESS, &no_process);
	Datum		was = slot_getattr(row->old, row->ws->column[LEAD_PROCESS], &was_none);
	int			process = no_process ? PROCESS_NONE : leadcrm_process_find(row->model, code);
	bool		other = is_new(row, LEAD_PROCESS);

	if (other && !was_none)
		row->kind = leadcrm_stage_kind(row->model, was, false, PointerGetDatum(row->code), false);
	else
		row->kind = leadcrm_stage_kind(row->model, code, no_process, PointerGetDatum(row->code), false);
	if (process < 0 && other)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no process \"%s\" of leads", TextDatumGetCString(code)),
				 errhint("Processes are the rows of the table \"process\".")));
	if (process < 0 && moves)
	{
		leadcrm_process_conditions(row->ws, row->model, row->lead);
		process = leadcrm_stage_process(row->model, row->slot, row->frame->now);
		if (process < 0)
			ereport(ERROR,
					(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
					 errmsg("there is no process for lead " INT64_FORMAT, row->id),
					 errhint("Activate one in the table \"process\".")));
		set(row, LEAD_PROCESS, PointerGetDatum(row->model->process[process].code_text));
	}
	row->process = process;
	row->stage = process < 0 ? PROCESS_NONE :
		leadcrm_process_find_stage(&row->model->process[process], PointerGetDatum(row->code));
	if (other && !moves && !was_none &&
		(row->stage < 0 || row->model->process[process].stage[row->stage].kind != row->kind))
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("lead " INT64_FORMAT " cannot change to process \"%s\" in stage \"%s\"",
						row->id, row->model->process[process].code, text_to_cstring(row->code)),
				 errdetail("Stages of that process are: %s.", leadcrm_stage_list(&row->model->process[process])),
				 errhint("Set stage, too.")));
}

static void
move_as_written(Row *row, int to)
{
	StageAsked	asked = {
		.lead = row->id,
		.process = row->process,
		.from = row->stage,
		.from_code = text_to_cstring(row->code),
		.to = to,
	};
	StageFault	fault;

	leadcrm_process_conditions(row->ws, row->model, row->lead);
	fault = leadcrm_stage_check(row->ws, row->model, row->slot, row->frame->now, &asked);
	if (fault != STAGE_MAY)
		leadcrm_stage_refuse(row->model, fault, &asked);
	enter(row, to, row->frame->now, moving ? moving->cause : "writer", asked.approval);
}

/*
 * Move the lead as the rules say: each in order, forward only and through the
 * same guards as anybody.  What is refused is counted and nothing else.
 */
static void
apply_rules(Row *row)
{
	ProcessModel *model = row->model;
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];

	if ((model->nrow_rules == 0 && dues == NULL) || row->process < 0)
		return;
	leadcrm_process_conditions(row->ws, model, row->lead);
	leadcrm_rule_set_match(model->rules, row->slot, row->frame->now, matched);
	for (int i = 0; i < model->nrules; i++)
	{
		const StageRule *rule = &model->rule[i];
		const Process *process = &model->process[row->process];
		StageAsked	asked;

		if (!RULE_MATCHED(matched, i) || rule->process != row->process || rule->to < 0 ||
			row->stage < 0 || row->kind != STAGE_OPEN ||
			process->stage[rule->to].position <= process->stage[row->stage].position ||
			!is_due(row, i))
			continue;
		memset(&asked, 0, sizeof(asked));
		asked.lead = row->id;
		asked.process = row->process;
		asked.from = row->stage;
		asked.to = rule->to;
		if (leadcrm_stage_check(row->ws, model, row->slot, row->frame->now, &asked) != STAGE_MAY)
			leadcrm_rule_set_note_failure(model->rules, i, ERRCODE_CHECK_VIOLATION);
		else
			enter(row, rule->to, row->frame->now, rule->cause, asked.approval);
	}
}

/* Has something happened that sets the rule off, if it waits for that? */
static bool
is_due(const Row *row, int rule)
{
	int			low = 0;
	int			high;

	if (row->model->rule[rule].activity_kind == NULL)
		return true;
	if (dues == NULL)
		return false;
	high = dues->n;
	while (low < high)
	{
		int			middle = (low + high) / 2;
		const StageDue *due = &dues->item[middle];

		if (due->lead == row->id && due->rule == rule)
			return true;
		if (due->lead < row->id || (due->lead == row->id && due->rule < rule))
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

/*
 * Add the entry: the lead is in that stage from now on.  at: not before its
 * last entry, which is later where clocks differ.
 */
static void
enter(Row *row, int to, TimestampTz at, const char *cause, int64 approval)
{
	const Process *process = &row->model->process[row->process];
	const Stage *stage = &process->stage[to];
	SettleStage *change;
	struct varlena *lifecycle = NULL;
	int			position = 1;
	bool		isnull;
	Datum		value = get(row, LEAD_LIFECYCLE, &isnull);

	if (!isnull)
	{
		LifecycleReader reader;
		TimestampTz last;
		int			s;

		lifecycle = PG_DETOAST_DATUM_PACKED(value);
		leadcrm_lifecycle_begin(&reader, lifecycle);
		position = reader.nentries + 1;
		while (leadcrm_lifecycle_next(&reader, &s, &last))
			at = Max(at, last);
	}
	lifecycle = leadcrm_lifecycle_append(lifecycle, stage->code, strlen(stage->code), at);
	set(row, LEAD_LIFECYCLE, PointerGetDatum(lifecycle));
	set(row, LEAD_STAGE, PointerGetDatum(stage->code_text));
	set(row, LEAD_STAGE_SINCE, TimestampTzGetDatum(at));

	change = add_change(row);
	change->position = position;
	change->at = at;
	change->process = process->code_text;
	change->to = stage->code_text;
	change->cause = cause;
	change->approval = approval;
	if (row->code != NULL && row->stage >= 0)
		change->from = process->stage[row->stage].code_text;
	else if (row->code != NULL)
		change->from = keep_text(row, PointerGetDatum(row->code));

	if (row->kind == STAGE_WON && stage->kind != STAGE_WON)
	{
		set_null(row, LEAD_WON_AT);
		if (!is_new(row, LEAD_WON_AMOUNT))
			set_null(row, LEAD_WON_AMOUNT);
	}
	if (row->kind == STAGE_LOST && stage->kind != STAGE_LOST)
	{
		set_null(row, LEAD_LOST_AT);
		if (!is_new(row, LEAD_LOSS_REASON))
			set_null(row, LEAD_LOSS_REASON);
		set_null(row, LEAD_LOSS_NOTE);
		set_null(row, LEAD_COMPETITOR);
	}
	if (stage->kind == STAGE_WON)
	{
		set(row, LEAD_WON_AT, TimestampTzGetDatum(at));
		value = get(row, LEAD_EXPECTED_AMOUNT, &isnull);
		if (!has(row, LEAD_WON_AMOUNT) && !isnull)
			set(row, LEAD_WON_AMOUNT, value);
	}
	if (stage->kind == STAGE_LOST)
	{
		set(row, LEAD_LOST_AT, TimestampTzGetDatum(at));
		change->reason = copy_text(row, LEAD_LOSS_REASON);
		change->note = copy_text(row, LEAD_LOSS_NOTE);
		change->competitor = copy_text(row, LEAD_COMPETITOR);
	}
	value = get(row, stage->kind == STAGE_WON ? LEAD_WON_AMOUNT : LEAD_EXPECTED_AMOUNT, &isnull);
	if (!isnull)
	{
		MemoryContext old = MemoryContextSwitchTo(row->frame->cxt);

		change->amount = datumCopy(PointerGetDatum(PG_DETOAST_DATUM_PACKED(value)), false, -1);
		MemoryContextSwitchTo(old);
	}
	if (moving != NULL && moving->note != NULL && cause == moving->cause)
	{
		MemoryContext old = MemoryContextSwitchTo(row->frame->cxt);

		change->note = cstring_to_text(moving->note);
		MemoryContextSwitchTo(old);
	}
	row->code = stage->code_text;
	row->stage = to;
	row->kind = stage->kind;
}

/*
 * A reason for a loss and an amount that was won belong to leads that are lost
 * and won.  lenient: they go, and nobody is told.
 */
static void
check_rest(Row *row, bool lenient)
{
	if (row->code == NULL)
		return;
	if (row->kind != STAGE_LOST && (lenient ? has(row, LEAD_LOSS_REASON) : is_new(row, LEAD_LOSS_REASON)))
	{
		if (!lenient)
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("lead " INT64_FORMAT " has a loss reason and is not lost", row->id),
					 errdetail("It is in stage \"%s\".", text_to_cstring(row->code))));
		set_null(row, LEAD_LOSS_REASON);
	}
	if (row->kind != STAGE_WON && (lenient ? has(row, LEAD_WON_AMOUNT) : is_new(row, LEAD_WON_AMOUNT)))
	{
		if (!lenient)
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("lead " INT64_FORMAT " has an amount that was won and is not won", row->id),
					 errdetail("It is in stage \"%s\".", text_to_cstring(row->code)),
					 errhint("What may be won is expected_amount.")));
		set_null(row, LEAD_WON_AMOUNT);
	}
}

/* Make the row what its history says. */
static void
rebuild(Row *row)
{
	StageHistory key = {.lead = row->id};
	StageHistory *history = bsearch(&key, rebuilding->item, rebuilding->n, sizeof(StageHistory), history_compare);
	bool		isnull = false;
	Datum		amount;

	if (history == NULL || history->lifecycle == NULL)
	{
		keep_computed(row);
		return;
	}
	row->kind = leadcrm_stage_kind(row->model, history->process, history->process == 0, history->stage, false);
	set(row, LEAD_LIFECYCLE, PointerGetDatum(history->lifecycle));
	set_column(row, LEAD_PROCESS, history->process, history->process == 0);
	set(row, LEAD_STAGE, history->stage);
	set(row, LEAD_STAGE_SINCE, TimestampTzGetDatum(history->at));
	set_column(row, LEAD_WON_AT, TimestampTzGetDatum(history->at), row->kind != STAGE_WON);
	set_column(row, LEAD_LOST_AT, TimestampTzGetDatum(history->at), row->kind != STAGE_LOST);
	if (row->kind != STAGE_LOST)
	{
		set_null(row, LEAD_LOSS_REASON);
		set_null(row, LEAD_LOSS_NOTE);
	}
	else if (history->reason != 0)
	{
		set(row, LEAD_LOSS_REASON, history->reason);
		set_column(row, LEAD_LOSS_NOTE, history->note, history->note == 0);
		if (history->competitor != 0)
			set(row, LEAD_COMPETITOR, history->competitor);
	}
	amount = history->amount != 0 ? history->amount : get(row, LEAD_EXPECTED_AMOUNT, &isnull);
	if (row->kind != STAGE_WON)
		set_null(row, LEAD_WON_AMOUNT);
	else if (!has(row, LEAD_WON_AMOUNT) && (history->amount != 0 || !isnull))
		set(row, LEAD_WON_AMOUNT, amount);
}

/* When the lead came; the first entry dates from then. */
static TimestampTz
created_at(Row *row)
{
	bool		isnull;
	TimestampTz at = DatumGetTimestampTz(get(row, LEAD_CREATED_AT, &isnull));

	return isnull || TIMESTAMP_NOT_FINITE(at) ? row->frame->now : at;
}

/* Queue a row of stage_change. */
static SettleStage *
add_change(Row *row)
{
	SettleFrame *frame = row->frame;
	SettleStage *change;

	if (frame->nstages == frame->maxstages)
	{
		frame->maxstages = Max(2 * frame->maxstages, 8);
		frame->stage = frame->stage == NULL ?
			MemoryContextAlloc(frame->cxt, frame->maxstages * sizeof(SettleStage)) :
			repalloc_huge(frame->stage, frame->maxstages * sizeof(SettleStage));
	}
	change = &frame->stage[frame->nstages++];
	memset(change, 0, sizeof(SettleStage));
	change->lead = row->id;
	change->owner = copy_text(row, LEAD_OWNER);
	return change;
}

/* A text column of the row, as long as the statement; NULL for NULL. */
static text *
copy_text(Row *row, LeadColumn column)
{
	bool		isnull;
	Datum		value = get(row, column, &isnull);

	return isnull ? NULL : keep_text(row, value);
}

static text *
keep_text(Row *row, Datum value)
{
	MemoryContext old = MemoryContextSwitchTo(row->frame->cxt);

	value = datumCopy(PointerGetDatum(DatumGetTextPP(value)), false, -1);
	MemoryContextSwitchTo(old);
	return (text *) DatumGetPointer(value);
}

static Datum
get(Row *row, LeadColumn column, bool *isnull)
{
	return slot_getattr(row->slot, row->ws->column[column], isnull);
}

static bool
has(Row *row, LeadColumn column)
{
	return !slot_attisnull(row->slot, row->ws->column[column]);
}

/* Has the row a value there that it did not have before? */
static bool
is_new(Row *row, LeadColumn column)
{
	return leadcrm_row_gives(row->old, row->slot, row->ws->column[column]);
}

static void
set(Row *row, LeadColumn column, Datum value)
{
	set_column(row, column, value, false);
}

static void
set_null(Row *row, LeadColumn column)
{
	set_column(row, column, (Datum) 0, true);
}

static void
set_as_before(Row *row, LeadColumn column)
{
	bool		isnull;
	Datum		value = slot_getattr(row->old, row->ws->column[column], &isnull);

	set_column(row, column, value, isnull);
}

static void
set_column(Row *row, LeadColumn column, Datum value, bool isnull)
{
	TupleTableSlot *slot = row->slot;
	int			place = row->ws->column[column] - 1;
	Form_pg_attribute att = TupleDescAttr(slot->tts_tupleDescriptor, place);

	if (slot->tts_isnull[place] == isnull &&
		(isnull || datumIsEqual(slot->tts_values[place], value, att->attbyval, att->attlen)))
		return;
	slot->tts_values[place] = isnull ? (Datum) 0 : value;
	slot->tts_isnull[place] = isnull;
	row->changed = true;
}

static bool
same_text(const text *a, const text *b)
{
	return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

static int
history_compare(const void *a, const void *b)
{
	int64		x = ((const StageHistory *) a)->lead;
	int64		y = ((const StageHistory *) b)->lead;

	return (x > y) - (x < y);
}
