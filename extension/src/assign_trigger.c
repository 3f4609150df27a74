/*-------------------------------------------------------------------------
 * assign_trigger.c
 *	  The trigger leadcrm.assign() on a workspace's lead table.
 *
 * The invariant: an open lead belongs to a rep or waits in a pool, and every
 * open lead of a rep is counted in his load, never beyond his capacity.  A
 * lead is open while it lives in its own right and its stage is an open one.
 *
 * An owner or pool that the writer gives is kept; a lead that has neither is
 * given away by the rules (assign.c).  Loads change as the rows pass
 * (assign_load.c); the log, the tasks and the events follow when the statement
 * ends (assign_log.c).
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "assign.h"
#include "process.h"
#include "row_trigger.h"
#include "settle.h"

/* Columns that the trigger sets. */
#define ASSIGN_COLUMNS	10

/* The row as the trigger is changing it. */
typedef struct Row
{
	Workspace  *ws;
	Relation	lead;
	SettleFrame *frame;
	AssignState *state;			/* NULL: not needed so far */
	TupleTableSlot *slot;
	TupleTableSlot *old;		/* NULL: INSERT */
	int64		id;
	int			n;
	LeadColumn	column[ASSIGN_COLUMNS];
	Datum		value[ASSIGN_COLUMNS];
	bool		isnull[ASSIGN_COLUMNS];
} Row;

/* Whose the lead is, before and after. */
typedef struct Belonging
{
	bool		open;
	char	   *owner;			/* NULL: nobody */
	char	   *pool;
} Belonging;

/* The move_leads() that is running, or NULL. */
static const AssignMove *moving = NULL;

/* Repeat inquiries are reaching their leads. */
static bool repeating = false;

static void assign_insert(Row *row);
static void assign_update(Row *row);
static void check_team(Row *row);
static void belonging_of(Row *row, TupleTableSlot *slot, Belonging *b);
static bool same_code(const char *a, const char *b);
static bool assign_repeat(Row *row, const Belonging *was, const Belonging *is);
static void begin(Row *row);
static void give_to_owner(Row *row, const Belonging *was, const char *owner, bool open);
static void give_to_pool(Row *row, const Belonging *was, const char *pool);
static void give_by_rules(Row *row, const Belonging *was, const char *note);
static const Pool *claimed_pool(Row *row, const Belonging *was);
static void leave_load(Row *row, const Belonging *was);
static void enter_load(Row *row, int rep, const Pool *claimed);
static SettleMove *add_move(Row *row, const Belonging *was, const char *reason);
static void set_owner(Row *row, int rep, bool kept);
static void keep_first_contact(Row *row);
static TimestampTz set_deadline(Row *row, int64 span, bool kept);
static void set_pool(Row *row, int pool, bool kept);
static void set_touched(Row *row);
static bool writer_set(Row *row, LeadColumn column);
static Datum current(Row *row, LeadColumn column, bool *isnull);
static void set(Row *row, LeadColumn column, Datum value);
static void set_null(Row *row, LeadColumn column);
static void set_column(Row *row, LeadColumn column, Datum value, bool isnull);
static bool write_columns(Row *row);

PG_FUNCTION_INFO_V1(leadcrm_assign);

/*
 * leadcrm_assign
 *		Trigger: BEFORE INSERT OR UPDATE ON lead FOR EACH ROW.
 *
 * Made by create_workspace() as lead_50_assign.  Never returns NULL.  Raises
 * 39P01 when it hangs elsewhere, 23503 for an owner, pool or team that is not there,
 * 54000 for an owner who is full.  Waits for nobody.
 */
Datum
leadcrm_assign(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = leadcrm_row_trigger(fcinfo, "leadcrm.assign");
	bool		update = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event);
	bool		decided;
	bool		changed;
	Row			row;
	bool		isnull;

	row.ws = leadcrm_workspace_of(trigdata->tg_relation);
	row.lead = trigdata->tg_relation;
	row.frame = leadcrm_settle_frame(trigdata->tg_relation, !update);
	row.state = NULL;
	row.slot = leadcrm_row_slot(trigdata);
	row.old = update ? trigdata->tg_trigslot : NULL;
	row.id = DatumGetInt64(slot_getattr(row.slot, row.ws->column[LEAD_ID], &isnull));
	row.n = 0;
	decided = row.id != 0 && row.frame->assigned == row.id;
	if (decided)
		 /* Fired twice on one row: what was decided stands. */ ;
	else if (update)
		assign_update(&row);
	else
		assign_insert(&row);
	row.frame->assigned = row.id;
	changed = write_columns(&row);
	if (row.frame->nstages > 0 && !decided)
	{
		Datum		owner = slot_getattr(row.slot, row.ws->column[LEAD_OWNER], &isnull);

		leadcrm_stage_note_owner(row.frame, row.id, owner, isnull);
	}
	return PointerGetDatum(leadcrm_row_result(trigdata, &row.frame->chain, changed));
}

/*
 * leadcrm_assign_move_begin
 *		Say what the UPDATE that follows is for; returns what was said before.
 */
const AssignMove *
leadcrm_assign_move_begin(AssignMove *move)
{
	move->outer = moving;
	moving = move;
	return move->outer;
}

/*
 * leadcrm_assign_move_end
 *		Back to what was said before.
 */
void
leadcrm_assign_move_end(const AssignMove *outer)
{
	moving = outer;
}

/*
 * leadcrm_assign_repeat
 *		Say whether the UPDATE that follows brings repeat inquiries to their
 *		leads; returns what was said before.
 */
bool
leadcrm_assign_repeat(bool now)
{
	bool		before = repeating;

	repeating = now;
	return before;
}

/*
 * leadcrm_assign_is_repeat
 *		Does the running UPDATE bring repeat inquiries to their leads?
 */
bool
leadcrm_assign_is_repeat(void)
{
	return repeating;
}

static void
assign_insert(Row *row)
{
	Belonging	nothing = {0};
	Belonging	is;

	belonging_of(row, row->slot, &is);
	check_team(row);
	if (is.owner != NULL)
	{
		give_to_owner(row, &nothing, is.owner, is.open);
	}
	else if (is.pool != NULL)
		give_to_pool(row, &nothing, is.pool);
	else if (is.open)
		give_by_rules(row, &nothing, NULL);
	set_touched(row);
}

static void
assign_update(Row *row)
{
	Belonging	was;
	Belonging	is;
	bool		other_owner;
	bool		other_pool;

	belonging_of(row, row->old, &was);
	belonging_of(row, row->slot, &is);
	check_team(row);
	other_owner = !same_code(was.owner, is.owner);
	other_pool = !same_code(was.pool, is.pool);

	if (other_owner && is.owner != NULL)
	{
		leave_load(row, &was);
		give_to_owner(row, &was, is.owner, is.open);
	}
	else if (other_pool && is.pool != NULL)
	{
		leave_load(row, &was);
		give_to_pool(row, &was, is.pool);
	}
	else if (repeating && assign_repeat(row, &was, &is))
		;
	else if (is.open && is.owner == NULL && is.pool == NULL)
	{
		leave_load(row, &was);
		give_by_rules(row, &was, NULL);
	}
	else if (other_owner || other_pool)
	{
		/* A closed lead that belongs to nobody any more. */
		leave_load(row, &was);
		begin(row);
		(void) add_move(row, &was, moving ? moving->reason : "writer");
	}
	else if (is.owner != NULL && was.open != is.open)
	{
		if (is.open)
		{
			int			rep;

			begin(row);
			rep = leadcrm_assign_find_rep(row->state->model, is.owner, strlen(is.owner));
			if (rep >= 0)
				enter_load(row, rep, NULL);
			else
				leadcrm_assign_use(row->state, leadcrm_assign_rep_state(row->state, is.owner), "", 1, 0, 0);
		}
		else
			leave_load(row, &was);
	}
	set_touched(row);
}

/* Raise 23503 for a team that the writer names and that is not there. */
static void
check_team(Row *row)
{
	char	   *team;
	bool		isnull;

	if (!writer_set(row, LEAD_TEAM))
		return;
	team = TextDatumGetCString(current(row, LEAD_TEAM, &isnull));
	begin(row);
	if (leadcrm_assign_find_team(row->state->model, team) < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no team \"%s\"", team),
				 errhint("Teams are the rows of the table \"team\".")));
}

static void
belonging_of(Row *row, TupleTableSlot *slot, Belonging *b)
{
	Workspace  *ws = row->ws;
	Datum		value;
	bool		isnull;

	value = slot_getattr(slot, ws->column[LEAD_OWNER], &isnull);
	b->owner = isnull ? NULL : TextDatumGetCString(value);
	value = slot_getattr(slot, ws->column[LEAD_POOL], &isnull);
	b->pool = isnull ? NULL : TextDatumGetCString(value);

	b->open = leadcrm_stage_is_open(ws, slot);
}

static bool
same_code(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/*
 * A repeat inquiry reached the lead.  An owner who is there keeps it and has
 * something to do; a lead that was lost, waits in a pool or whose owner is away
 * is given away as if it were new.  False: nothing special about it.
 */
static bool
assign_repeat(Row *row, const Belonging *was, const Belonging *is)
{
	if (!is->open)
		return false;
	begin(row);
	if (was->open && is->owner != NULL)
	{
		int			rep = leadcrm_assign_find_rep(row->state->model, is->owner, strlen(is->owner));

		if (rep >= 0 && leadcrm_assign_is_present(row->state, rep))
		{
			SettleMove *move = add_move(row, was, "repeat");

			move->owner = &row->state->rep[rep];
			move->task = true;
			move->due = set_deadline(row, row->state->model->first_contact, false);
			return true;
		}
	}
	leave_load(row, was);
	give_by_rules(row, was, "repeat");
	return true;
}

/* The statement's state, made when first needed. */
static void
begin(Row *row)
{
	SettleFrame *frame = row->frame;

	if (frame->assign == NULL)
		frame->assign = leadcrm_assign_begin(row->ws, row->lead, frame->now, false, frame->cxt);
	row->state = frame->assign;
	row->state->avoid = moving && moving->avoid ?
		leadcrm_assign_find_rep(row->state->model, moving->avoid, strlen(moving->avoid)) : ASSIGN_NONE;
}

/* An owner whom the writer named. */
static void
give_to_owner(Row *row, const Belonging *was, const char *owner, bool open)
{
	const AssignModel *model;
	SettleMove *move;
	const Pool *claimed;
	int			rep;

	begin(row);
	model = row->state->model;
	rep = leadcrm_assign_find_rep(model, owner, strlen(owner));
	if (rep < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no rep \"%s\"", owner),
				 errhint("Owners of leads are reps: add him to the table \"rep\" first.")));
	claimed = claimed_pool(row, was);
	if (open)
		enter_load(row, rep, claimed);
	move = add_move(row, was, moving ? moving->reason : "writer");
	move->owner = &row->state->rep[rep];
	move->open = open;
	move->task = open;
	move->via = claimed ? claimed->via : "";
	move->dealt = claimed != NULL;
	set_owner(row, rep, true);
	if (open)
		move->due = set_deadline(row, claimed ? claimed->first_contact : model->first_contact, true);
}

/* A pool that the writer named. */
static void
give_to_pool(Row *row, const Belonging *was, const char *pool)
{
	SettleMove *move;
	int			number;

	begin(row);
	number = leadcrm_assign_find_pool(row->state->model, pool, strlen(pool));
	if (number < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("there is no pool \"%s\"", pool),
				 errhint("Pools are the rows of the table \"pool\".")));
	move = add_move(row, was, moving ? moving->reason : "writer");
	move->pool = number;
	set_pool(row, number, true);
}

/*
 * Nobody has it: the rules decide.  note: for the log, or NULL.  Where that
 * leaves the lead where it is nothing happens.
 */
static void
give_by_rules(Row *row, const Belonging *was, const char *note)
{
	SettleMove *move;
	Assignment	result;

	begin(row);
	leadcrm_assign_decide(row->state, row->slot, &result);
	if (result.rep < 0 && was->owner == NULL &&
		(result.pool < 0 ||
		 (was->open && same_code(was->pool, row->state->model->pool[result.pool].code))))
	{
		if (result.pool >= 0)
			set(row, LEAD_POOL, PointerGetDatum(row->state->model->pool[result.pool].code_text));
		return;
	}
	move = add_move(row, was, moving ? moving->reason : result.reason);
	if (note != NULL)
		move->note = note;
	move->rule = result.rule;
	move->npassed = result.npassed;
	move->passed = result.passed;
	if (result.rep < 0)
	{
		move->pool = result.pool;
		set_pool(row, result.pool, false);
		return;
	}
	move->owner = &row->state->rep[result.rep];
	move->open = true;
	move->task = true;
	move->via = row->state->model->rule[result.rule].code;
	move->dealt = true;
	move->turn = result.turn;
	move->nrunners = result.nrunners;
	if (result.nrunners > 0)
	{
		move->runner = MemoryContextAlloc(row->frame->cxt, result.nrunners * sizeof(int));
		memcpy(move->runner, result.runner, result.nrunners * sizeof(int));
	}
	set_owner(row, result.rep, false);
	move->due = set_deadline(row, result.first_contact, false);
}

/* The pool out of which this UPDATE claims the lead, or NULL. */
static const Pool *
claimed_pool(Row *row, const Belonging *was)
{
	int			pool;

	if (moving == NULL || strcmp(moving->reason, "claim") != 0 || was->pool == NULL)
		return NULL;
	pool = leadcrm_assign_find_pool(row->state->model, was->pool, strlen(was->pool));
	return pool < 0 ? NULL : &row->state->model->pool[pool];
}

/* The lead counts no more to the load of whoever had it. */
static void
leave_load(Row *row, const Belonging *was)
{
	if (was->open && was->owner != NULL)
	{
		begin(row);
		leadcrm_assign_use(row->state, leadcrm_assign_rep_state(row->state, was->owner), "", -1, 0, 0);
	}
}

/* It counts to the load of a rep; claimed: the pool it comes from, or NULL. */
static void
enter_load(Row *row, int rep, const Pool *claimed)
{
	const Rep  *r = &row->state->model->rep[rep];

	switch (leadcrm_assign_take(row->state, rep, claimed ? claimed->via : "", 0, claimed != NULL,
								claimed ? claimed->claim_limit : -1, false))
	{
		case LOAD_TAKEN:
			break;
		case LOAD_VIA_OVER:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("rep \"%s\" has claimed all that pool \"%s\" allows for today",
							r->code, claimed->code),
					 errdetail("The limit is %d leads a day.", claimed->claim_limit)));
			break;
		default:
			ereport(ERROR,
					(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
					 errmsg("rep \"%s\" is full", r->code),
					 errdetail("His capacity is %d open leads.", r->capacity),
					 errhint("Raise his capacity, or give the lead to somebody else.")));
	}
}

/* Queue what the log, the tasks and the events will say of this row. */
static SettleMove *
add_move(Row *row, const Belonging *was, const char *reason)
{
	SettleFrame *frame = row->frame;
	SettleMove *move;

	if (frame->nmoves == frame->maxmoves)
	{
		frame->maxmoves = Max(2 * frame->maxmoves, 8);
		frame->move = frame->move == NULL ?
			MemoryContextAlloc(frame->cxt, frame->maxmoves * sizeof(SettleMove)) :
			repalloc_huge(frame->move, frame->maxmoves * sizeof(SettleMove));
	}
	move = &frame->move[frame->nmoves++];
	memset(move, 0, sizeof(SettleMove));
	move->lead = row->id;
	move->reason = moving ? MemoryContextStrdup(frame->cxt, reason) : reason;
	move->rule = move->pool = ASSIGN_NONE;
	move->due = DT_NOEND;
	if (was->owner != NULL)
		move->owner_before = MemoryContextStrdup(frame->cxt, was->owner);
	if (was->pool != NULL)
		move->pool_before = MemoryContextStrdup(frame->cxt, was->pool);
	if (moving)
	{
		move->note = moving->note ? MemoryContextStrdup(frame->cxt, moving->note) : NULL;
		move->batch = moving->batch;
	}
	return move;
}

/* kept: what else the writer says of the assignment is kept. */
static void
set_owner(Row *row, int rep, bool kept)
{
	const AssignModel *model = row->state->model;
	const Rep  *r = &model->rep[rep];

	set(row, LEAD_OWNER, PointerGetDatum(r->code_text));
	set_null(row, LEAD_POOL);
	set_null(row, LEAD_POOL_SINCE);
	if (!(kept && writer_set(row, LEAD_TEAM)))
	{
		if (r->team >= 0)
			set(row, LEAD_TEAM, PointerGetDatum(model->team[r->team].code_text));
		else
			set_null(row, LEAD_TEAM);
	}
	keep_first_contact(row);
	if (!(kept && writer_set(row, LEAD_ASSIGNED_AT)))
		set(row, LEAD_ASSIGNED_AT, TimestampTzGetDatum(row->frame->now));
}

/*
 * The time that the first contact took was that since the assignment before it:
 * note that one, if it is replaced now.
 */
static void
keep_first_contact(Row *row)
{
	bool		isnull;
	Datum		from;

	if (row->old == NULL || !slot_attisnull(row->old, row->ws->column[LEAD_FIRST_CONTACT_FROM]))
		return;
	(void) current(row, LEAD_FIRST_CONTACTED_AT, &isnull);
	if (isnull)
		return;
	from = slot_getattr(row->old, row->ws->column[LEAD_ASSIGNED_AT], &isnull);
	if (isnull)
		from = slot_getattr(row->old, row->ws->column[LEAD_CREATED_AT], &isnull);
	set(row, LEAD_FIRST_CONTACT_FROM, from);
}

/* When the new owner has to make contact; span in microseconds. */
static TimestampTz
set_deadline(Row *row, int64 span, bool kept)
{
	bool		isnull;

	if (!(kept && writer_set(row, LEAD_FIRST_CONTACT_DUE_AT)))
		set(row, LEAD_FIRST_CONTACT_DUE_AT, TimestampTzGetDatum(row->frame->now + span));
	return DatumGetTimestampTz(current(row, LEAD_FIRST_CONTACT_DUE_AT, &isnull));
}

static void
set_pool(Row *row, int pool, bool kept)
{
	const AssignModel *model = row->state->model;

	keep_first_contact(row);
	set_null(row, LEAD_OWNER);
	set_null(row, LEAD_ASSIGNED_AT);
	set_null(row, LEAD_FIRST_CONTACT_DUE_AT);
	if (pool < 0)
		return;					/* there is no pool at all */
	set(row, LEAD_POOL, PointerGetDatum(model->pool[pool].code_text));
	if (!(kept && writer_set(row, LEAD_POOL_SINCE)))
		set(row, LEAD_POOL_SINCE, TimestampTzGetDatum(row->frame->now));
	if (kept && writer_set(row, LEAD_TEAM))
		return;
	if (model->pool[pool].team >= 0)
		set(row, LEAD_TEAM, PointerGetDatum(model->team[model->pool[pool].team].code_text));
	else
		set_null(row, LEAD_TEAM);
}

/* When it was assigned or last contacted, whichever is later. */
static void
set_touched(Row *row)
{
	bool		no_assignment;
	bool		no_contact;
	TimestampTz assigned = DatumGetTimestampTz(current(row, LEAD_ASSIGNED_AT, &no_assignment));
	TimestampTz contact = DatumGetTimestampTz(current(row, LEAD_LAST_CONTACTED_AT, &no_contact));

	if (no_assignment && no_contact)
		set_null(row, LEAD_TOUCHED_AT);
	else
		set(row, LEAD_TOUCHED_AT,
			TimestampTzGetDatum(no_contact || (!no_assignment && assigned > contact) ? assigned : contact));
}

/* Did the writer say something about that column in this statement? */
static bool
writer_set(Row *row, LeadColumn column)
{
	return leadcrm_row_gives(row->old, row->slot, row->ws->column[column]);
}

/* A column as it will be. */
static Datum
current(Row *row, LeadColumn column, bool *isnull)
{
	for (int i = 0; i < row->n; i++)
	{
		if (row->column[i] == column)
		{
			*isnull = row->isnull[i];
			return row->value[i];
		}
	}
	return slot_getattr(row->slot, row->ws->column[column], isnull);
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
set_column(Row *row, LeadColumn column, Datum value, bool isnull)
{
	int			i = 0;

	while (i < row->n && row->column[i] != column)
		i++;
	Assert(i < ASSIGN_COLUMNS);
	row->column[i] = column;
	row->value[i] = value;
	row->isnull[i] = isnull;
	row->n = Max(row->n, i + 1);
}

/* Write what became another value into the row; false if nothing did. */
static bool
write_columns(Row *row)
{
	TupleTableSlot *slot = row->slot;
	bool		changed = false;

	for (int i = 0; i < row->n; i++)
	{
		int			column = row->ws->column[row->column[i]] - 1;
		Form_pg_attribute att = TupleDescAttr(slot->tts_tupleDescriptor, column);

		if (slot->tts_isnull[column] == row->isnull[i] &&
			(row->isnull[i] ||
			 datum_image_eq(slot->tts_values[column], row->value[i], att->attbyval, att->attlen)))
			continue;
		slot->tts_values[column] = row->value[i];
		slot->tts_isnull[column] = row->isnull[i];
		changed = true;
	}
	return changed;
}
