/*-------------------------------------------------------------------------
 * dedup_trigger.c
 *	  The trigger leadcrm.dedup() on a workspace's lead table.
 *
 * One function at five places, in the order in which they fire:
 *
 *	BEFORE INSERT OR UPDATE, statement		opens a frame
 *	BEFORE INSERT OR UPDATE, row			claims keys, decides, may set merged_into
 *	AFTER INSERT, statement (NEW TABLE)		settles what the rows caused
 *	AFTER UPDATE, statement					drops claims of keys that changed
 *	AFTER DELETE, statement (OLD TABLE)		releases claims, promotes who waits
 *	BEFORE TRUNCATE, statement				refuses
 *
 * A frame gathers what the row triggers of one statement decided, for its
 * AFTER trigger to write set-wise.  Frames form a stack, because a trigger of
 * one statement may run another on the same table; the nearest frame of the
 * table and event is the statement's own.  A frame lives in a memory context
 * of its subtransaction, whose deletion takes it off the stack: a statement
 * that fails leaves nothing behind.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "assign.h"
#include "cube.h"
#include "dedup.h"
#include "process.h"
#include "recycle.h"
#include "score.h"
#include "settle.h"

static SettleFrame *frames = NULL;	/* top of the stack */

static void frame_open(Workspace *ws, Relation lead, bool insert);
static void frame_forget(void *arg);
static bool frame_pending(int64 lead);
static Datum dedup_insert_row(TriggerData *trigdata);
static Datum dedup_update_row(TriggerData *trigdata);
static void subject_of(Workspace *ws, SettleFrame *frame, TupleTableSlot *slot,
					   bool arriving, DedupSubject *subject);
static ClaimTarget *frame_claims(Workspace *ws, SettleFrame *frame);
static bool holds_all(Workspace *ws, SettleFrame *frame, const DedupSubject *subject,
					  const IdentityKey *keys, int nkeys);
static bool same_key(const IdentityKey *key, const IdentityKey *keys, int nkeys);
static void dedup_check_merged(Workspace *ws, int64 id, bool merged);

PG_FUNCTION_INFO_V1(leadcrm_dedup);

/*
 * leadcrm_dedup
 *		Trigger: one living lead per identity key.
 *
 * Made by create_workspace() as lead_00_begin, lead_20_dedup, lead_60_insert,
 * lead_60_update, lead_60_delete and lead_00_truncate.  Never returns NULL:
 * every arriving row is stored.  Raises 39P01 when it hangs elsewhere, 23505
 * for rules and sources that reject, 40001 as in dedup.c, 0A000 for TRUNCATE.
 * Side writes are the table owner's.
 */
Datum
leadcrm_dedup(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TriggerEvent event;
	Relation	lead;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "leadcrm.dedup")));
	event = trigdata->tg_event;
	lead = trigdata->tg_relation;

	if (TRIGGER_FIRED_FOR_ROW(event) && TRIGGER_FIRED_BEFORE(event))
	{
		if (TRIGGER_FIRED_BY_INSERT(event))
			return dedup_insert_row(trigdata);
		if (TRIGGER_FIRED_BY_UPDATE(event))
			return dedup_update_row(trigdata);
	}
	else if (TRIGGER_FIRED_FOR_STATEMENT(event) && TRIGGER_FIRED_BEFORE(event))
	{
		if (TRIGGER_FIRED_BY_TRUNCATE(event))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot truncate leads of a workspace"),
					 errhint("Use DELETE, or leadcrm.drop_workspace() for the whole workspace.")));
		if (TRIGGER_FIRED_BY_INSERT(event) || TRIGGER_FIRED_BY_UPDATE(event))
		{
			frame_open(leadcrm_workspace_of(lead), lead, TRIGGER_FIRED_BY_INSERT(event));
			return PointerGetDatum(NULL);
		}
	}
	else if (TRIGGER_FIRED_FOR_STATEMENT(event) && TRIGGER_FIRED_AFTER(event))
	{
		Workspace  *ws = leadcrm_workspace_of(lead);

		if (TRIGGER_FIRED_BY_DELETE(event) && trigdata->tg_oldtable != NULL)
		{
			leadcrm_settle_delete(ws, trigdata);
			leadcrm_cube_settle_rows(ws, trigdata, -1);
			return PointerGetDatum(NULL);
		}
		if (TRIGGER_FIRED_BY_INSERT(event) && trigdata->tg_newtable != NULL &&
			strcmp(trigdata->tg_trigger->tgnewtable, SETTLE_ARRIVED) == 0)
		{
			SettleFrame *frame = leadcrm_settle_frame(lead, true);
			OwnerSave	save;

			leadcrm_owner_begin(ws, &save); /* once for all that follows */
			if (frame->claims != NULL)
				leadcrm_claim_close(frame->claims);
			leadcrm_assign_settle(ws, frame, trigdata);
			leadcrm_settle_insert(ws, frame, trigdata);
			leadcrm_stage_settle(ws, frame, trigdata);
			leadcrm_score_settle(ws, frame);
			leadcrm_assign_log(ws, frame);
			leadcrm_recycle_settle(ws, frame->now);
			leadcrm_cube_settle_rows(ws, trigdata, 1);
			leadcrm_owner_end(&save);
			MemoryContextDelete(frame->cxt);
			return PointerGetDatum(NULL);
		}
		if (TRIGGER_FIRED_BY_UPDATE(event))
		{
			SettleFrame *frame = leadcrm_settle_frame(lead, false);

			if (frame->claims != NULL)
				leadcrm_claim_close(frame->claims);
			leadcrm_assign_settle(ws, frame, trigdata);
			leadcrm_settle_update(ws, frame, trigdata);
			leadcrm_stage_settle(ws, frame, trigdata);
			leadcrm_score_settle(ws, frame);
			leadcrm_assign_log(ws, frame);
			leadcrm_recycle_settle(ws, frame->now);
			leadcrm_cube_settle_update(frame);
			MemoryContextDelete(frame->cxt);
			return PointerGetDatum(NULL);
		}
	}

	ereport(ERROR,
			(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
			 errmsg("trigger function \"%s\" cannot be fired at this level, time or event",
					"leadcrm.dedup"),
			 errhint("Its triggers are made by leadcrm.create_workspace() and leadcrm.repair_workspace().")));
	return PointerGetDatum(NULL);	/* keep compiler quiet */
}

/* Push a frame for the statement that begins. */
static void
frame_open(Workspace *ws, Relation lead, bool insert)
{
	MemoryContext cxt = AllocSetContextCreate(CurTransactionContext,
											  "leadcrm statement", ALLOCSET_SMALL_SIZES);
	SettleFrame *frame = MemoryContextAllocZero(cxt, sizeof(SettleFrame));

	frame->cxt = cxt;
	frame->lead = RelationGetRelid(lead);
	frame->insert = insert;
	frame->now = GetCurrentTransactionStartTimestamp();
	leadcrm_row_chain_init(&frame->chain, lead->trigdesc, insert, ws->row_function);
	frame->forget.func = frame_forget;
	frame->forget.arg = frame;
	frame->below = frames;
	frames = frame;
	MemoryContextRegisterResetCallback(cxt, &frame->forget);
}

/*
 * leadcrm_settle_frame
 *		The running statement's own frame: the nearest of its table and event.
 */
SettleFrame *
leadcrm_settle_frame(Relation lead, bool insert)
{
	SettleFrame *frame = leadcrm_settle_frame_or_null(lead, insert);

	if (frame == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("a statement trigger of table \"%s\" is missing or disabled",
						RelationGetRelationName(lead)),
				 errhint("Run leadcrm.repair_workspace().")));
	return frame;
}

/*
 * leadcrm_settle_frame_or_null
 *		The same; NULL where the statement has none.
 */
SettleFrame *
leadcrm_settle_frame_or_null(Relation lead, bool insert)
{
	for (SettleFrame *frame = frames; frame != NULL; frame = frame->below)
	{
		if (frame->lead == RelationGetRelid(lead) && frame->insert == insert)
			return frame;
	}
	return NULL;
}

/*
 * leadcrm_settle_chain
 *		How the running statement's row triggers follow each other; NULL when
 *		its own is missing or disabled.
 */
RowChain *
leadcrm_settle_chain(TriggerData *trigdata)
{
	SettleFrame *frame = leadcrm_settle_frame_or_null(trigdata->tg_relation,
													  TRIGGER_FIRED_BY_INSERT(trigdata->tg_event));

	return frame == NULL ? NULL : &frame->chain;
}

/* Reset callback: the frame's memory goes, so must its place on the stack. */
static void
frame_forget(void *arg)
{
	for (SettleFrame **link = &frames; *link != NULL; link = &(*link)->below)
	{
		if (*link == (SettleFrame *) arg)
		{
			*link = (*link)->below;
			return;
		}
	}
}

/* Is that lead the row that an outer INSERT is working on just now? */
static bool
frame_pending(int64 lead)
{
	bool		own = true;		/* the top INSERT frame has gone on since */

	for (SettleFrame *frame = frames; frame != NULL; frame = frame->below)
	{
		if (!frame->insert)
			continue;
		if (!own && frame->nrows > 0 && frame->row[frame->nrows - 1] == lead)
			return true;
		own = false;
	}
	return false;
}

static Datum
dedup_insert_row(TriggerData *trigdata)
{
	Workspace  *ws = leadcrm_workspace_of(trigdata->tg_relation);
	SettleFrame *frame = leadcrm_settle_frame(trigdata->tg_relation, true);
	TupleTableSlot *slot = leadcrm_row_slot(trigdata);
	IdentityKey keys[IDENTITY_MAX_KEYS];
	DedupDecision decision;
	DedupSubject subject;
	int			nkeys;
	Datum		merged_into;
	bool		isnull;
	OwnerSave	save;

	subject_of(ws, frame, slot, true, &subject);
	merged_into = slot_getattr(slot, ws->column[LEAD_MERGED_INTO], &isnull);
	if (!isnull)
	{
		/* Fired twice on one row: what was decided stands. */
		if (frame->nmerges > 0 &&
			frame->merge[frame->nmerges - 1].loser == subject.id &&
			frame->merge[frame->nmerges - 1].winner == DatumGetInt64(merged_into))
			return PointerGetDatum(leadcrm_row_result(trigdata, &frame->chain, false));
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"%s\" is set by leadcrm", "merged_into"),
				 errhint("Use merge_leads(), or leadcrm.begin_restore() to load rows as they were.")));
	}

	leadcrm_settle_add_row(frame, subject.id);
	nkeys = leadcrm_identity_keys(ws, slot, keys);
	if (nkeys == 0)
		return PointerGetDatum(leadcrm_row_result(trigdata, &frame->chain, false));

	if (frame_claims(ws, frame) == NULL ||
		!leadcrm_dedup_arrive(ws, trigdata->tg_relation, frame->claims, &subject, keys, nkeys, &decision))
	{
		leadcrm_owner_begin(ws, &save);
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		leadcrm_dedup_decide(ws, &subject, keys, nkeys, frame_pending, &decision);
		leadcrm_settle_add_decision(frame, subject.id, &decision);
		SPI_finish();
		leadcrm_owner_end(&save);
	}
	else
		leadcrm_settle_add_decision(frame, subject.id, &decision);

	if (decision.winner != 0)
	{
		int			column = ws->column[LEAD_MERGED_INTO] - 1;

		slot->tts_values[column] = Int64GetDatum(decision.winner);
		slot->tts_isnull[column] = false;
	}
	return PointerGetDatum(leadcrm_row_result(trigdata, &frame->chain, decision.winner != 0));
}

static Datum
dedup_update_row(TriggerData *trigdata)
{
	Workspace  *ws = leadcrm_workspace_of(trigdata->tg_relation);
	SettleFrame *frame = leadcrm_settle_frame(trigdata->tg_relation, false);
	TupleTableSlot *oldslot = trigdata->tg_trigslot;
	TupleTableSlot *newslot = leadcrm_row_slot(trigdata);
	HeapTuple	tuple = leadcrm_row_result(trigdata, &frame->chain, false);
	IdentityKey keys[IDENTITY_MAX_KEYS];
	IdentityKey oldkeys[IDENTITY_MAX_KEYS];
	IdentityKey fresh[IDENTITY_MAX_KEYS];
	DedupDecision decision;
	DedupSubject subject;
	int			nkeys = 0;
	int			noldkeys = 0;
	int			nfresh = 0;
	int			nkept = 0;
	bool		was_merged;
	bool		is_merged;
	OwnerSave	save;

	(void) slot_getattr(oldslot, ws->column[LEAD_MERGED_INTO], &was_merged);
	(void) slot_getattr(newslot, ws->column[LEAD_MERGED_INTO], &is_merged);
	was_merged = !was_merged;	/* slot_getattr() says whether it is NULL */
	is_merged = !is_merged;

	subject_of(ws, frame, newslot, false, &subject);
	{
		bool		isnull;
		int64		oldid = DatumGetInt64(slot_getattr(oldslot, ws->column[LEAD_ID], &isnull));

		if (oldid != subject.id)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("the id of a lead cannot be changed")));
	}
	if (was_merged || is_merged)
	{
		leadcrm_owner_begin(ws, &save);
		dedup_check_merged(ws, subject.id, is_merged);
		leadcrm_owner_end(&save);
		if (was_merged && is_merged)
			return PointerGetDatum(tuple);
	}

	if (!was_merged && !is_merged && leadcrm_identity_same(ws, oldslot, newslot))
		return PointerGetDatum(tuple);

	if (!was_merged)
		noldkeys = leadcrm_identity_keys(ws, oldslot, oldkeys);
	if (!is_merged)
		nkeys = leadcrm_identity_keys(ws, newslot, keys);
	for (int i = 0; i < nkeys; i++)
	{
		if (same_key(&keys[i], oldkeys, noldkeys))
			nkept++;
		else
			fresh[nfresh++] = keys[i];
	}

	/* Keys that are only new leave no claim behind, if the row stays as it is. */
	if (nkept < noldkeys || (nfresh > 0 && (was_merged || frame->chain.others)))
		leadcrm_settle_add_row(frame, subject.id);
	if (nfresh == 0 || holds_all(ws, frame, &subject, fresh, nfresh))
		return PointerGetDatum(tuple);

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	leadcrm_dedup_decide(ws, &subject, fresh, nfresh, frame_pending, &decision);
	leadcrm_settle_add_decision(frame, subject.id, &decision);
	SPI_finish();
	leadcrm_owner_end(&save);
	return PointerGetDatum(tuple);
}

static void
subject_of(Workspace *ws, SettleFrame *frame, TupleTableSlot *slot, bool arriving,
		   DedupSubject *subject)
{
	const LeadSource *source = NULL;
	bool		isnull;
	Datum		d;

	d = slot_getattr(slot, ws->column[LEAD_ID], &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("the id of a lead must not be NULL")));
	subject->id = DatumGetInt64(d);
	if (subject->id <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_CHECK_VIOLATION),
				 errmsg("the id of a lead must be greater than 0")));
	d = slot_getattr(slot, ws->column[LEAD_NAME], &isnull);
	subject->name = isnull ? NULL : DatumGetTextPP(d);
	subject->arriving = arriving;
	subject->now = GetCurrentTransactionStartTimestamp();
	if (arriving)
	{
		static const LeadColumn column[] = {LEAD_FIRST_SOURCE, LEAD_LAST_SOURCE};

		for (int i = 0; i < lengthof(column); i++)
		{
			d = slot_getattr(slot, ws->column[column[i]], &isnull);
			if (isnull)
				continue;
			source = leadcrm_workspace_source(ws, TextDatumGetCString(d));
			if (source == NULL)
				leadcrm_settle_add_source(frame, TextDatumGetCString(d));
		}
	}
	subject->claimed = -1;
	subject->reject = source != NULL && source->reject;
}

/* The table of claims, opened for the statement; NULL if SPI has to write it. */
static ClaimTarget *
frame_claims(Workspace *ws, SettleFrame *frame)
{
	if (!frame->claims_tried)
	{
		frame->claims_tried = true;
		frame->claims = leadcrm_claim_open(ws, frame->cxt);
	}
	return frame->claims;
}

/*
 * Does a living lead hold all these keys?  A row that was merged into it may
 * have brought them, and the lead is taking the columns over.
 */
static bool
holds_all(Workspace *ws, SettleFrame *frame, const DedupSubject *subject,
		  const IdentityKey *keys, int nkeys)
{
	ClaimTarget *claims = frame_claims(ws, frame);

	if (claims == NULL)
		return false;
	for (int i = 0; i < nkeys; i++)
	{
		Claim		claim;

		if (keys[i].weak || !leadcrm_claim_find(claims, &keys[i], &claim) ||
			claim.lead != subject->id)
			return false;
	}
	return true;
}

static bool
same_key(const IdentityKey *key, const IdentityKey *keys, int nkeys)
{
	for (int i = 0; i < nkeys; i++)
	{
		if (key->weak == keys[i].weak && leadcrm_identity_compare(key, &keys[i]) == 0)
			return true;
	}
	return false;
}

/*
 * merged_into follows merge_log and nothing else: a row is merged if and only
 * if an open entry of the log says so.
 */
static void
dedup_check_merged(Workspace *ws, int64 id, bool merged)
{
	Datum		values[1];
	bool		logged;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	values[0] = Int64GetDatum(id);
	if (SPI_execute_plan(leadcrm_workspace_plan(ws, PLAN_MERGE_OPEN,
												"SELECT FROM %s.merge_log WHERE loser = $1 AND undone_at IS NULL",
												1, (Oid[]) {INT8OID}),
						 values, NULL, false, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read merge_log");
	logged = SPI_processed > 0;
	SPI_finish();
	if (logged != merged)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("column \"%s\" is set by leadcrm", "merged_into"),
				 errhint("Use merge_leads() and unmerge().")));
}
