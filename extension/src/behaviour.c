/*-------------------------------------------------------------------------
 * behaviour.c
 *	  The trigger leadcrm.behaviour() on a workspace's activities.
 *
 * It keeps behaviour and signals of every lead what behaviour_sum.c makes of
 * its activities.  New ones are added to what the row has (behaviour_add.c),
 * at a cost that does not grow with the lead's history; after a correction or
 * a deletion the lead is summed up anew from its activities.
 *
 * One function at these places:
 *
 *	BEFORE INSERT, statement				opens a frame
 *	AFTER INSERT, statement (NEW TABLE)		adds
 *	AFTER UPDATE, statement (both tables)	sums up anew
 *	AFTER DELETE, statement (OLD TABLE)		sums up anew
 *	AFTER TRUNCATE, statement				sums up anew, all leads
 *
 * A frame remembers how often behaviour had been summed up when the statement
 * began.  Where that has happened since (in a trigger of a row, or because
 * the statement updates or deletes as well), the rows may be in the sums
 * already, and are not added but summed up.
 *
 * New activities that went out to a lead are contacts: contact.c notes them in
 * the lead's row.
 *
 * The leads of a statement are locked in the order of their ids; whoever has
 * the lock reads activities with the latest snapshot.  So sessions that write
 * activities of the same lead count one after the other.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "behaviour.h"
#include "contact.h"
#include "dedup.h"

/* How far another machine's clock may be ahead, in microseconds. */
#define CLOCKS_DIFFER	(60 * USECS_PER_SEC)

/* The columns of activity that behaviour depends on. */
enum
{
	ACTIVITY_ID,
	ACTIVITY_LEAD_ID,
	ACTIVITY_KIND,
	ACTIVITY_DIRECTION,
	ACTIVITY_AT,
	ACTIVITY_NCOLUMNS
};

static const struct
{
	const char *name;
	Oid			type;
}			activity_column[ACTIVITY_NCOLUMNS] = {
	[ACTIVITY_ID] = {"id", INT8OID},
	[ACTIVITY_LEAD_ID] = {"lead_id", INT8OID},
	[ACTIVITY_KIND] = {"kind", TEXTOID},
	[ACTIVITY_DIRECTION] = {"direction", TEXTOID},
	[ACTIVITY_AT] = {"at", TIMESTAMPTZOID},
};

typedef struct ActivityList
{
	int			n;
	int			max;
	Activity   *item;
} ActivityList;

typedef struct ContactList
{
	int			n;
	int			max;
	Contact    *item;
} ContactList;

/* An INSERT that has begun. */
typedef struct ActivityFrame
{
	MemoryContext cxt;
	MemoryContextCallback forget;
	struct ActivityFrame *below;
	Oid			activity;
	CommandId	command;
	uint64		recounts;		/* when it began */
} ActivityFrame;

static ActivityFrame *frames = NULL;	/* top of the stack */

static Workspace *activity_workspace(Relation activity, AttrNumber *attnum);
static bool has_our_triggers_only(Workspace *ws, Relation activity, Oid function);
static void frame_open(Relation activity);
static bool frame_close(Relation activity);
static void frame_forget(void *arg);
static void gather(Workspace *ws, Relation activity, const AttrNumber *attnum,
				   Tuplestorestate *store, ActivityList *list, ContactList *contacts);
static void gather_changed(Workspace *ws, Relation activity, const AttrNumber *attnum,
						   TriggerData *trigdata, ActivityList *list, ContactList *contacts);
static void gather_contact(const AttrNumber *attnum, TupleTableSlot *slot, ContactList *contacts);
static void gather_row(Workspace *ws, const AttrNumber *attnum, TupleTableSlot *slot,
					   ActivityList *list);
static void check_moment(const AttrNumber *attnum, TupleTableSlot *slot, TimestampTz latest);
static bool same_row(const AttrNumber *attnum, TupleTableSlot *a, TupleTableSlot *b);
static int	activity_compare(const void *a, const void *b);
static int	distinct_leads(const ActivityList *list, int from, int *to, int64 *leads);
static void write_contacts(Workspace *ws, const ActivityList *list, ContactList *contacts);

PG_FUNCTION_INFO_V1(leadcrm_behaviour);

/*
 * leadcrm_behaviour
 *		Trigger: behaviour and signals of leads follow their activities.
 *
 * Made by create_workspace() as activity_00_begin, activity_10_insert,
 * activity_10_update, activity_10_delete and activity_10_truncate.  Raises
 * 39P01 when it hangs elsewhere.  Locks the leads in question FOR NO KEY UPDATE
 * in the order of their ids and writes as the table's owner.
 */
Datum
leadcrm_behaviour(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	AttrNumber	attnum[ACTIVITY_NCOLUMNS];
	ActivityList list = {0};
	ContactList contacts = {0};
	TriggerEvent event;
	Relation	activity;
	Workspace  *ws;
	int64	   *leads;
	bool		add = false;
	int			next;
	OwnerSave	save;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "leadcrm.behaviour")));
	event = trigdata->tg_event;
	activity = trigdata->tg_relation;
	ws = activity_workspace(activity, attnum);

	if (!TRIGGER_FIRED_FOR_STATEMENT(event))
		ws = NULL;
	else if (TRIGGER_FIRED_BEFORE(event) && TRIGGER_FIRED_BY_INSERT(event))
	{
		frame_open(activity);
		return PointerGetDatum(NULL);
	}
	else if (!TRIGGER_FIRED_AFTER(event))
		ws = NULL;
	else if (TRIGGER_FIRED_BY_INSERT(event) && trigdata->tg_newtable != NULL)
	{
		add = frame_close(activity);
		gather(ws, activity, attnum, trigdata->tg_newtable, &list, &contacts);
	}
	else if (TRIGGER_FIRED_BY_UPDATE(event) && trigdata->tg_newtable != NULL &&
			 trigdata->tg_oldtable != NULL)
		gather_changed(ws, activity, attnum, trigdata, &list, &contacts);
	else if (TRIGGER_FIRED_BY_DELETE(event) && trigdata->tg_oldtable != NULL)
		gather(ws, activity, attnum, trigdata->tg_oldtable, &list, NULL);
	else if (!TRIGGER_FIRED_BY_TRUNCATE(event))
		ws = NULL;
	if (ws == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger function \"%s\" cannot be fired at this level, time or event",
						"leadcrm.behaviour"),
				 errhint("Its triggers are made by leadcrm.create_workspace() and leadcrm.repair_workspace().")));
	if (list.n == 0 && contacts.n == 0 && !TRIGGER_FIRED_BY_TRUNCATE(event))
		return PointerGetDatum(NULL);

	leadcrm_owner_begin(ws, &save);
	if (TRIGGER_FIRED_BY_TRUNCATE(event))
		leadcrm_behaviour_recount_all(ws);
	qsort(list.item, list.n, sizeof(Activity), activity_compare);
	if (contacts.n > 0)
	{
		uint64		recounts = leadcrm_behaviour_recounts();

		write_contacts(ws, &list, &contacts);
		add &= recounts == leadcrm_behaviour_recounts();
	}
	leads = palloc(BEHAVIOUR_BATCH * sizeof(int64));
	for (int from = 0; from < list.n; from = next)
	{
		int			n = distinct_leads(&list, from, &next, leads);

		CHECK_FOR_INTERRUPTS();
		if (add)
			add = leadcrm_behaviour_add(ws, &list.item[from], next - from, leads, n,
										has_our_triggers_only(ws, activity, fcinfo->flinfo->fn_oid));
		else
			leadcrm_behaviour_recount(ws, leads, n);
	}
	leadcrm_owner_end(&save);
	return PointerGetDatum(NULL);
}

/* The workspace of a table of activities, and its columns by name. */
static Workspace *
activity_workspace(Relation activity, AttrNumber *attnum)
{
	TupleDesc	tupdesc = RelationGetDescr(activity);
	const char *name = RelationGetRelationName(activity);
	Workspace  *ws = NULL;
	Relation	lead;
	Oid			leadid;

	leadid = get_relname_relid("lead", RelationGetNamespace(activity));
	if (OidIsValid(leadid))
	{
		lead = table_open(leadid, RowExclusiveLock);
		ws = leadcrm_workspace_of(lead);
		table_close(lead, NoLock);
	}

	/* As for lead itself, see workspace.c; and lead's owner must be its own. */
	if (ws == NULL || activity->rd_rel->relowner != ws->owner ||
		(strcmp(name, "activity") != 0 &&
		 !(strncmp(name, "activity_", 9) == 0 && ws->distributed)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("table \"%s\" does not hold the activities of a workspace", name),
				 errhint("leadcrm's triggers are made by leadcrm.create_workspace() and leadcrm.repair_workspace().")));
	for (int i = 0; i < ACTIVITY_NCOLUMNS; i++)
	{
		attnum[i] = SPI_fnumber(tupdesc, activity_column[i].name);
		if (attnum[i] <= 0 ||
			TupleDescAttr(tupdesc, attnum[i] - 1)->atttypid != activity_column[i].type)
			ereport(ERROR,
					(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
					 errmsg("table \"%s\" has no column \"%s\" of type %s", name,
							activity_column[i].name, format_type_be(activity_column[i].type)),
					 errhint("leadcrm's triggers work on the tables of a workspace only.")));
	}
	return ws;
}

/*
 * Is there no trigger but this function's, the one that moves leads, and those
 * of foreign keys?
 */
static bool
has_our_triggers_only(Workspace *ws, Relation activity, Oid function)
{
	for (int i = 0; i < activity->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &activity->trigdesc->triggers[i];

		if (trigger->tgfoid != function && !trigger->tgisinternal &&
			!leadcrm_row_is_ours(trigger->tgfoid, ws->row_function))
			return false;
	}
	return true;
}

/* Push a frame for the INSERT that begins, unless a trigger hung twice has. */
static void
frame_open(Relation activity)
{
	CommandId	command = GetCurrentCommandId(false);
	MemoryContext cxt;
	ActivityFrame *frame;

	if (frames != NULL && frames->activity == RelationGetRelid(activity) &&
		frames->command == command)
		return;
	cxt = AllocSetContextCreate(CurTransactionContext, "leadcrm activities",
								ALLOCSET_SMALL_SIZES);
	frame = MemoryContextAlloc(cxt, sizeof(ActivityFrame));
	frame->cxt = cxt;
	frame->activity = RelationGetRelid(activity);
	frame->command = command;
	frame->recounts = leadcrm_behaviour_recounts();
	frame->forget.func = frame_forget;
	frame->forget.arg = frame;
	frame->below = frames;
	frames = frame;
	MemoryContextRegisterResetCallback(cxt, &frame->forget);
}

/* End the nearest INSERT on that table: can its rows be added to the sums? */
static bool
frame_close(Relation activity)
{
	ActivityFrame *frame = frames;
	bool		add;

	while (frame != NULL && frame->activity != RelationGetRelid(activity))
		frame = frame->below;
	if (frame == NULL)
		return false;			/* the trigger that opens it is off, or this one hangs twice */
	add = frame->recounts == leadcrm_behaviour_recounts();
	MemoryContextDelete(frame->cxt);
	return add;
}

/* Reset callback: the frame's memory goes, so must its place on the stack. */
static void
frame_forget(void *arg)
{
	for (ActivityFrame **link = &frames; *link != NULL; link = &(*link)->below)
	{
		if (*link == (ActivityFrame *) arg)
		{
			*link = (*link)->below;
			return;
		}
	}
}

/*
 * The rows of a transition table that give points or signals.  contacts: gets
 * those that are contacts; the rows are written now, and must have happened.
 */
static void
gather(Workspace *ws, Relation activity, const AttrNumber *attnum, Tuplestorestate *store,
	   ActivityList *list, ContactList *contacts)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(RelationGetDescr(activity), &TTSOpsMinimalTuple);
	TimestampTz latest = GetCurrentTimestamp() + CLOCKS_DIFFER;

	tuplestore_select_read_pointer(store, tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND));
	tuplestore_rescan(store);
	while (tuplestore_gettupleslot(store, true, false, slot))
	{
		if (contacts != NULL)
		{
			check_moment(attnum, slot, latest);
			gather_contact(attnum, slot, contacts);
		}
		gather_row(ws, attnum, slot, list);
	}
	ExecDropSingleTupleTableSlot(slot);
}

/*
 * The same of an UPDATE, before and after; what it left as it was is passed
 * by.  Both tables have the rows in the same order.
 */
static void
gather_changed(Workspace *ws, Relation activity, const AttrNumber *attnum,
			   TriggerData *trigdata, ActivityList *list, ContactList *contacts)
{
	Tuplestorestate *store[2] = {trigdata->tg_oldtable, trigdata->tg_newtable};
	TupleTableSlot *slot[2];
	TimestampTz latest = GetCurrentTimestamp() + CLOCKS_DIFFER;

	for (int i = 0; i < 2; i++)
	{
		slot[i] = MakeSingleTupleTableSlot(RelationGetDescr(activity), &TTSOpsMinimalTuple);
		tuplestore_select_read_pointer(store[i],
									   tuplestore_alloc_read_pointer(store[i], EXEC_FLAG_REWIND));
		tuplestore_rescan(store[i]);
	}
	for (;;)
	{
		bool		has_old = tuplestore_gettupleslot(store[0], true, false, slot[0]);
		bool		has_new = tuplestore_gettupleslot(store[1], true, false, slot[1]);

		if (!has_old && !has_new)
			break;
		if (has_new)
			check_moment(attnum, slot[1], latest);
		if (has_old && has_new && same_row(attnum, slot[0], slot[1]))
			continue;
		if (has_old)
			gather_row(ws, attnum, slot[0], list);
		if (has_new)
		{
			gather_contact(attnum, slot[1], contacts);
			gather_row(ws, attnum, slot[1], list);
		}
	}
	for (int i = 0; i < 2; i++)
		ExecDropSingleTupleTableSlot(slot[i]);
}

/* Raise 22008 unless an activity has happened. */
static void
check_moment(const AttrNumber *attnum, TupleTableSlot *slot, TimestampTz latest)
{
	bool		isnull;
	TimestampTz at = DatumGetTimestampTz(slot_getattr(slot, attnum[ACTIVITY_AT], &isnull));

	if (at > latest || TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("an activity lies in the future or at no moment: %s",
						timestamptz_to_str(at)),
				 errhint("What is planned is not an activity yet; it counts when it has happened.")));
}

static void
gather_contact(const AttrNumber *attnum, TupleTableSlot *slot, ContactList *contacts)
{
	bool		isnull;
	text	   *direction = DatumGetTextPP(slot_getattr(slot, attnum[ACTIVITY_DIRECTION], &isnull));
	Contact    *contact;

	if (!leadcrm_is_contact(VARDATA_ANY(direction), VARSIZE_ANY_EXHDR(direction)))
		return;
	if (contacts->n == contacts->max)
	{
		contacts->max = Max(2 * contacts->max, 8);
		contacts->item = contacts->item ?
			repalloc_huge(contacts->item, contacts->max * sizeof(Contact)) :
			palloc(contacts->max * sizeof(Contact));
	}
	contact = &contacts->item[contacts->n++];
	contact->lead = DatumGetInt64(slot_getattr(slot, attnum[ACTIVITY_LEAD_ID], &isnull));
	contact->at = DatumGetTimestampTz(slot_getattr(slot, attnum[ACTIVITY_AT], &isnull));
}

static void
gather_row(Workspace *ws, const AttrNumber *attnum, TupleTableSlot *slot, ActivityList *list)
{
	Activity	row;
	text	   *kind;
	text	   *direction;
	bool		isnull;

	/* None of these columns can be NULL. */
	kind = DatumGetTextPP(slot_getattr(slot, attnum[ACTIVITY_KIND], &isnull));
	row.kind = leadcrm_activity_kind_find(ws, VARDATA_ANY(kind), VARSIZE_ANY_EXHDR(kind));
	if (row.kind < 0)
		return;
	row.at = DatumGetTimestampTz(slot_getattr(slot, attnum[ACTIVITY_AT], &isnull));
	if (TIMESTAMP_NOT_FINITE(row.at))
		return;
	direction = DatumGetTextPP(slot_getattr(slot, attnum[ACTIVITY_DIRECTION], &isnull));
	row.counts = leadcrm_activity_counts(&ws->activity_kind[row.kind], VARDATA_ANY(direction),
										 VARSIZE_ANY_EXHDR(direction));
	row.signals = ws->activity_kind[row.kind].signals &&
		leadcrm_activity_signals(VARDATA_ANY(direction), VARSIZE_ANY_EXHDR(direction));
	if (!row.counts && !row.signals)
		return;
	row.lead = DatumGetInt64(slot_getattr(slot, attnum[ACTIVITY_LEAD_ID], &isnull));
	row.id = DatumGetInt64(slot_getattr(slot, attnum[ACTIVITY_ID], &isnull));

	if (list->n == list->max)
	{
		list->max = Max(2 * list->max, 8);
		list->item = list->item ? repalloc_huge(list->item, list->max * sizeof(Activity)) :
			palloc(list->max * sizeof(Activity));
	}
	list->item[list->n++] = row;
}

static bool
same_row(const AttrNumber *attnum, TupleTableSlot *a, TupleTableSlot *b)
{
	for (int i = 0; i < ACTIVITY_NCOLUMNS; i++)
	{
		bool		isnull;
		Datum		x = slot_getattr(a, attnum[i], &isnull);
		Datum		y = slot_getattr(b, attnum[i], &isnull);

		if (activity_column[i].type == TEXTOID ?
			!DatumGetBool(DirectFunctionCall2Coll(texteq, C_COLLATION_OID, x, y)) :
			DatumGetInt64(x) != DatumGetInt64(y))
			return false;
	}
	return true;
}

/* In the order in which leads are locked and activities are counted. */
static int
activity_compare(const void *a, const void *b)
{
	const Activity *x = a;
	const Activity *y = b;

	if (x->lead != y->lead)
		return x->lead < y->lead ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

/* The leads of the next batch; their activities end before *to. */
static int
distinct_leads(const ActivityList *list, int from, int *to, int64 *leads)
{
	int			n = 0;
	int			i;

	for (i = from; i < list->n; i++)
	{
		if (n > 0 && leads[n - 1] == list->item[i].lead)
			continue;
		if (n == BEHAVIOUR_BATCH)
			break;
		leads[n++] = list->item[i].lead;
	}
	*to = i;
	return n;
}

/* Note the contacts; that locks all leads of the statement first. */
static void
write_contacts(Workspace *ws, const ActivityList *list, ContactList *contacts)
{
	int64	   *leads = palloc_extended((list->n + contacts->n) * sizeof(int64), MCXT_ALLOC_HUGE);
	int			n = 0;
	int			nleads = 0;

	for (int i = 0; i < list->n; i++)
		leads[n++] = list->item[i].lead;
	for (int i = 0; i < contacts->n; i++)
		leads[n++] = contacts->item[i].lead;
	qsort(leads, n, sizeof(int64), leadcrm_int8_compare);
	for (int i = 0; i < n; i++)
	{
		if (nleads == 0 || leads[nleads - 1] != leads[i])
			leads[nleads++] = leads[i];
	}
	leadcrm_contact_write(ws, leads, nleads, contacts->item, contacts->n);
	pfree(leads);
}
