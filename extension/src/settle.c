/*-------------------------------------------------------------------------
 * settle.c
 *	  What the rows of one statement on lead caused, written set-wise.
 *
 * The row triggers decide and claim; here, once per statement, follows what
 * their decisions mean for other rows: repeat inquiries reach the lead they
 * belong to (one UPDATE for all winners, locked in the order of their ids),
 * the log of merges, activities, pairs for review, events, sources seen for
 * the first time.  Each table gets one statement, however many rows.
 *
 * A row for which a claim was made may never have been inserted.  The
 * transition table says which rows were; for the others nothing is written
 * and their claims go.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "acting_role.h"
#include "event.h"
#include "row_json.h"
#include "settle.h"

/* A living lead that gets repeat inquiries in this statement. */
typedef struct Winner
{
	int64		id;
	Datum	   *value;			/* as it will be */
	bool	   *isnull;
} Winner;

/* Values for one column of a set-wise write. */
typedef struct Column
{
	Oid			type;
	Datum	   *value;
	bool	   *isnull;
} Column;

static void *enlarge(MemoryContext cxt, void *array, int n, int *max, Size size);
static void add_pair(SettleFrame *frame, const DedupPair *pair);
static int64 *inserted_rows(Workspace *ws, TriggerData *trigdata, int64 *n);
static void drop_missing(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
static void drop_resolved(Workspace *ws, SettleFrame *frame);
static void settle_merges(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
static Winner *lock_winners(Workspace *ws, SettleFrame *frame, TupleDesc tupdesc, int *nwinners);
static void fill_winner(Workspace *ws, TupleDesc tupdesc, Winner *winner,
						TupleTableSlot *loser, Datum *before);
static void add_change(JsonbParseState **state, Form_pg_attribute att,
					   Datum before, bool isnull, Datum after);
static Datum fill_attrs(Winner *winner, int attno, Datum attrs, JsonbParseState **state);
static void update_winners(Workspace *ws, TupleDesc tupdesc, Winner *winner, int nwinners);
static void settle_sources(Workspace *ws, SettleFrame *frame);
static bool column_is_replaced(Workspace *ws, int attno);
static Column new_column(Oid type, int n);
static void set_column(Column *column, int row, Datum value, bool isnull);
static Datum column_array(const Column *column, int n);
static Datum text_or_null(const char *s, bool *isnull);
static bool text_is(Datum value, const char *s);
static bool text_begins(Datum value, Datum beginning);
static int	compare_int64(const void *a, const void *b);
static int	compare_winner(const void *a, const void *b);
static uint64 gather_ids(Workspace *ws, Tuplestorestate *store, TupleDesc tupdesc,
						 int64 **ids);

/*
 * leadcrm_settle_add_row
 *		Note a row of the statement that claimed keys.
 */
void
leadcrm_settle_add_row(SettleFrame *frame, int64 id)
{
	frame->row = enlarge(frame->cxt, frame->row, frame->nrows, &frame->maxrows, sizeof(int64));
	frame->row[frame->nrows++] = id;
}

/*
 * leadcrm_settle_add_decision
 *		Note what was decided about a row; everything is copied.
 */
void
leadcrm_settle_add_decision(SettleFrame *frame, int64 id, const DedupDecision *decision)
{
	if (decision->winner != 0)
	{
		SettleMerge *merge;

		frame->merge = enlarge(frame->cxt, frame->merge, frame->nmerges, &frame->maxmerges,
							   sizeof(SettleMerge));
		merge = &frame->merge[frame->nmerges++];
		merge->loser = id;
		merge->winner = decision->winner;
		merge->rule = MemoryContextStrdup(frame->cxt, decision->rule->code);
	}
	for (int i = 0; i < decision->npairs; i++)
		add_pair(frame, &decision->pair[i]);
}

/*
 * leadcrm_settle_add_source
 *		Note a source code that the workspace does not know.
 */
void
leadcrm_settle_add_source(SettleFrame *frame, const char *code)
{
	for (int i = 0; i < frame->nnew_sources; i++)
	{
		if (strcmp(frame->new_source[i], code) == 0)
			return;
	}
	frame->new_source = enlarge(frame->cxt, frame->new_source, frame->nnew_sources,
								&frame->maxnew_sources, sizeof(char *));
	frame->new_source[frame->nnew_sources++] = MemoryContextStrdup(frame->cxt, code);
}

/*
 * leadcrm_settle_insert
 *		After an INSERT: merges, pairs, events, new sources.
 *
 * Locks the winners FOR NO KEY UPDATE in the order of their ids.  Raises
 * 40001 when a winner has vanished.
 */
void
leadcrm_settle_insert(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	Oid			save_userid;
	int			save_sec_context;
	bool		complete;		/* every row was inserted */
	bool		written;

	if (frame->nrows == 0)
		return;
	complete = tuplestore_tuple_count(trigdata->tg_newtable) >= frame->nrows;
	written = frame->nrows == frame->nmerges ||
		leadcrm_event_created(ws, trigdata->tg_newtable,
							  RelationGetDescr(trigdata->tg_relation), frame->now);
	if (complete && written && frame->nmerges == 0 && frame->npairs == 0 &&
		frame->nnew_sources == 0)
		return;

	leadcrm_owner_begin(ws, &save_userid, &save_sec_context);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_register_trigger_data(trigdata) < 0)
		elog(ERROR, "SPI_register_trigger_data failed");

	if (!complete)
		drop_missing(ws, frame, trigdata);
	if (frame->nmerges > 0)
		settle_merges(ws, frame, trigdata);
	if (frame->npairs > 0)
		leadcrm_settle_pairs(ws, frame);
	if (frame->nnew_sources > 0)
		settle_sources(ws, frame);

	if (!written)
	{
		Datum		values[2];

		values[0] = TimestampTzGetDatum(frame->now);
		values[1] = CStringGetTextDatum(leadcrm_acting_role_name());
		(void) leadcrm_workspace_run(ws, PLAN_ADD_CREATED,
									 "INSERT INTO %s.event (kind, lead_id, at, actor)"
									 " SELECT 'lead.created', id, $1, $2 FROM " SETTLE_ARRIVED
									 " WHERE merged_into IS NULL",
									 2, (Oid[]) {TIMESTAMPTZOID, TEXTOID}, values);
	}

	SPI_finish();
	SetUserIdAndSecContext(save_userid, save_sec_context);
}

/*
 * leadcrm_settle_update
 *		After an UPDATE: claims of keys that the rows no longer bear, pairs.
 */
void
leadcrm_settle_update(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	Oid			save_userid;
	int			save_sec_context;

	if (frame->nrows == 0 && frame->npairs == 0)
		return;
	leadcrm_owner_begin(ws, &save_userid, &save_sec_context);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	for (int i = 0; i < frame->nrows; i++)
	{
		CHECK_FOR_INTERRUPTS();
		leadcrm_dedup_reconcile(ws, trigdata->tg_relation, frame->row[i]);
	}
	drop_resolved(ws, frame);
	if (frame->npairs > 0)
		leadcrm_settle_pairs(ws, frame);
	SPI_finish();
	SetUserIdAndSecContext(save_userid, save_sec_context);
}

/*
 * leadcrm_settle_delete
 *		After a DELETE: release claims, delete the rows merged into the leads.
 *
 * Rows that arrived and were merged while this transaction waited for them
 * go too; where its snapshot cannot see them, 40001.
 */
void
leadcrm_settle_delete(Workspace *ws, TriggerData *trigdata)
{
	Oid			save_userid;
	int			save_sec_context;
	SPIPlanPtr	plan;
	Datum		values[1];
	int64	   *ids;
	uint64		n;

	n = gather_ids(ws, trigdata->tg_oldtable, RelationGetDescr(trigdata->tg_relation), &ids);
	if (n == 0)
		return;
	leadcrm_owner_begin(ws, &save_userid, &save_sec_context);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	values[0] = PointerGetDatum(leadcrm_int8_array(ids, (int) n));

	leadcrm_dedup_release(ws, DatumGetArrayTypeP(values[0]));

	if (IsolationUsesXactSnapshot())
	{
		uint64		mine;

		plan = leadcrm_workspace_plan(ws, PLAN_LOST_CLAIMANTS,
									  "SELECT FROM %s.lead WHERE merged_into = ANY ($1)",
									  1, (Oid[]) {INT8ARRAYOID});
		mine = leadcrm_workspace_run(ws, PLAN_LOST_CLAIMANTS, NULL, 1, (Oid[]) {INT8ARRAYOID}, values);
		if (SPI_execute_snapshot(plan, values, NULL, GetLatestSnapshot(), InvalidSnapshot,
								 true, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "SPI_execute_snapshot failed");
		if (SPI_processed != mine)
			ereport(ERROR,
					(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
					 errmsg("could not serialize access due to concurrent arrival of a lead"),
					 errhint("Retry the transaction.")));
	}
	(void) leadcrm_workspace_run(ws, PLAN_DELETE_MERGED,
								 "DELETE FROM %s.lead WHERE merged_into = ANY ($1)",
								 1, (Oid[]) {INT8ARRAYOID}, values);
	(void) leadcrm_workspace_run(ws, PLAN_DELETE_DUPLICATES,
								 "DELETE FROM %s.duplicate WHERE id IN"
								 " (SELECT id FROM %s.duplicate WHERE lead_a = ANY ($1)"
								 "  UNION ALL SELECT id FROM %s.duplicate WHERE lead_b = ANY ($1))",
								 1, (Oid[]) {INT8ARRAYOID}, values);
	SPI_finish();
	SetUserIdAndSecContext(save_userid, save_sec_context);
}

/* Room for one more element of an array in cxt. */
static void *
enlarge(MemoryContext cxt, void *array, int n, int *max, Size size)
{
	if (n < *max)
		return array;
	*max = Max(*max * 2, 8);
	if (array == NULL)
		return MemoryContextAlloc(cxt, *max * size);
	return repalloc_huge(array, *max * size);
}

static void
add_pair(SettleFrame *frame, const DedupPair *from)
{
	SettlePair *pair;

	frame->pair = enlarge(frame->cxt, frame->pair, frame->npairs, &frame->maxpairs,
						  sizeof(SettlePair));
	pair = &frame->pair[frame->npairs++];
	pair->lead = from->lead;
	pair->other = from->other;
	pair->rule = MemoryContextStrdup(frame->cxt, from->rule->code);
	pair->kind = MemoryContextStrdup(frame->cxt, from->rule->kind);
	pair->status = from->status;	/* both are literals */
	pair->reason = from->reason;
}

/* The ids in a transition table; returns how many. */
static uint64
gather_ids(Workspace *ws, Tuplestorestate *store, TupleDesc tupdesc, int64 **ids)
{
	TupleTableSlot *slot;
	int64		count = tuplestore_tuple_count(store);
	uint64		n = 0;

	*ids = palloc_extended(Max(count, 1) * sizeof(int64), MCXT_ALLOC_HUGE);
	if (count == 0)
		return 0;
	slot = MakeSingleTupleTableSlot(tupdesc, &TTSOpsMinimalTuple);
	tuplestore_select_read_pointer(store, tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND));
	tuplestore_rescan(store);
	while (tuplestore_gettupleslot(store, true, false, slot))
	{
		bool		isnull;

		(*ids)[n++] = DatumGetInt64(slot_getattr(slot, ws->column[LEAD_ID], &isnull));
	}
	ExecDropSingleTupleTableSlot(slot);
	return n;
}

/* The sorted ids of the rows that the statement inserted. */
static int64 *
inserted_rows(Workspace *ws, TriggerData *trigdata, int64 *n)
{
	int64	   *ids;

	*n = (int64) gather_ids(ws, trigdata->tg_newtable,
							RelationGetDescr(trigdata->tg_relation), &ids);
	qsort(ids, *n, sizeof(int64), compare_int64);
	return ids;
}

/*
 * Forget the decisions about rows that were not inserted and take their
 * claims back: those they hold and those they brought to a winner.
 */
static void
drop_missing(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	int64		ninserted;
	int64	   *inserted = inserted_rows(ws, trigdata, &ninserted);
	int			kept;
	Datum		values[3];

	for (int i = 0; i < frame->nrows; i++)
	{
		int64		id = frame->row[i];

		if (bsearch(&id, inserted, ninserted, sizeof(int64), compare_int64) == NULL)
		{
			CHECK_FOR_INTERRUPTS();
			leadcrm_dedup_reconcile(ws, trigdata->tg_relation, id);
		}
	}

	kept = 0;
	for (int i = 0; i < frame->nmerges; i++)
	{
		if (bsearch(&frame->merge[i].loser, inserted, ninserted, sizeof(int64), compare_int64))
		{
			frame->merge[kept++] = frame->merge[i];
			continue;
		}
		/* What it brought is the winner's own if his row bears it, else nobody's. */
		values[0] = Int64GetDatum(frame->merge[i].loser);
		values[1] = TimestampTzGetDatum(frame->now);
		values[2] = Int64GetDatum(frame->merge[i].winner);
		if (leadcrm_workspace_run(ws, PLAN_FORGET_BRINGER,
								  "UPDATE %s.identity SET brought_by = NULL"
								  " WHERE brought_by = $1 AND claimed_at = $2 AND lead_id = $3",
								  3, (Oid[]) {INT8OID, TIMESTAMPTZOID, INT8OID}, values) > 0)
			leadcrm_dedup_reconcile(ws, trigdata->tg_relation, frame->merge[i].winner);
	}
	frame->nmerges = kept;

	qsort(frame->row, frame->nrows, sizeof(int64), compare_int64);
	kept = 0;
	for (int i = 0; i < frame->npairs; i++)
	{
		SettlePair *pair = &frame->pair[i];

		if (!bsearch(&pair->lead, frame->row, frame->nrows, sizeof(int64), compare_int64) ||
			bsearch(&pair->lead, inserted, ninserted, sizeof(int64), compare_int64))
			frame->pair[kept++] = *pair;
	}
	frame->npairs = kept;
	frame->nrows = (int) ninserted;
}

/*
 * Forget pairs that have no key in common any more: two leads may have
 * swapped their numbers in one UPDATE.
 */
static void
drop_resolved(Workspace *ws, SettleFrame *frame)
{
	int			kept = 0;

	for (int i = 0; i < frame->npairs; i++)
	{
		Datum		values[2];

		values[0] = Int64GetDatum(frame->pair[i].lead);
		values[1] = Int64GetDatum(frame->pair[i].other);
		if (leadcrm_workspace_run(ws, PLAN_SHARED_KEY,
								  "SELECT FROM %s.identity a JOIN %s.identity b"
								  " ON b.kind = a.kind AND b.scope = a.scope AND b.key = a.key"
								  " WHERE a.lead_id = $1 AND b.lead_id = $2 LIMIT 1",
								  2, (Oid[]) {INT8OID, INT8OID}, values) > 0)
			frame->pair[kept++] = frame->pair[i];
	}
	frame->npairs = kept;
}

/*
 * Bring repeat inquiries to the leads they belong to.
 */
static void
settle_merges(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);
	Tuplestorestate *store = trigdata->tg_newtable;
	TupleTableSlot *slot = MakeSingleTupleTableSlot(tupdesc, &TTSOpsMinimalTuple);
	Winner	   *winner;
	int			nwinners;
	int			n = frame->nmerges;
	int			m = 0;
	Column		winners = new_column(INT8OID, n);
	Column		losers = new_column(INT8OID, n);
	Column		rules = new_column(TEXTOID, n);
	Column		before = new_column(JSONBOID, n);
	Column		sources = new_column(TEXTOID, n);
	Column		contents = new_column(TEXTOID, n);
	Column		ats = new_column(TIMESTAMPTZOID, n);
	Datum		values[8];

	winner = lock_winners(ws, frame, tupdesc, &nwinners);

	/* The transition table and the frame have the rows in the same order. */
	tuplestore_select_read_pointer(store, tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND));
	tuplestore_rescan(store);
	while (m < n && tuplestore_gettupleslot(store, true, false, slot))
	{
		const SettleMerge *merge = &frame->merge[m];
		Winner		key;
		Winner	   *w;
		Datum		diff;
		Datum		d;
		bool		isnull;
		JsonbValue *content = NULL;
		JsonbValue	found;

		if (DatumGetInt64(slot_getattr(slot, ws->column[LEAD_ID], &isnull)) != merge->loser)
			continue;
		key.id = merge->winner;
		w = bsearch(&key, winner, nwinners, sizeof(Winner), compare_winner);
		if (w == NULL)
			elog(ERROR, "lead " INT64_FORMAT " was not locked", merge->winner);
		fill_winner(ws, tupdesc, w, slot, &diff);

		set_column(&winners, m, Int64GetDatum(merge->winner), false);
		set_column(&losers, m, Int64GetDatum(merge->loser), false);
		set_column(&rules, m, CStringGetTextDatum(merge->rule), false);
		set_column(&before, m, diff, false);
		d = slot_getattr(slot, ws->column[LEAD_LAST_SOURCE], &isnull);
		set_column(&sources, m, isnull ? d : datumCopy(d, false, -1), isnull);
		d = slot_getattr(slot, ws->column[LEAD_ATTRS], &isnull);
		if (!isnull)
			content = getKeyJsonValueFromContainer(&DatumGetJsonbP(d)->root,
												   "content", strlen("content"), &found);
		if (content != NULL && content->type == jbvString)
			set_column(&contents, m,
					   PointerGetDatum(cstring_to_text_with_len(content->val.string.val,
																content->val.string.len)), false);
		else
		{
			d = slot_getattr(slot, ws->column[LEAD_LAST_FORM], &isnull);
			set_column(&contents, m, isnull ? d : datumCopy(d, false, -1), isnull);
		}
		d = slot_getattr(slot, ws->column[LEAD_LAST_INBOUND_AT], &isnull);
		set_column(&ats, m, d, isnull);
		m++;
	}
	ExecDropSingleTupleTableSlot(slot);
	if (m != n)
		elog(ERROR, "%d of %d merged rows not found in the transition table", n - m, n);

	/* The log first: it is what allows merged_into to be set at all. */
	values[0] = column_array(&winners, n);
	values[1] = column_array(&losers, n);
	values[2] = column_array(&rules, n);
	values[3] = column_array(&before, n);
	values[4] = TimestampTzGetDatum(frame->now);
	values[5] = CStringGetTextDatum(leadcrm_acting_role_name());
	(void) leadcrm_workspace_run(ws, PLAN_LOG_MERGES,
								 "INSERT INTO %s.merge_log (winner, loser, rule, before, merged_at, actor)"
								 " SELECT winner, loser, rule, before, $5, $6"
								 " FROM unnest($1, $2, $3, $4) AS m (winner, loser, rule, before)",
								 6, (Oid[]) {INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID,
								 JSONBARRAYOID, TIMESTAMPTZOID, TEXTOID}, values);

	values[2] = column_array(&sources, n);
	values[3] = column_array(&contents, n);
	values[4] = column_array(&ats, n);
	(void) leadcrm_workspace_run(ws, PLAN_ADD_ACTIVITIES,
								 "INSERT INTO %s.activity (lead_id, kind, direction, channel, content, at, actor, brought_by)"
								 " SELECT winner, 'inquiry', 'in', source, content, at, $6, loser"
								 " FROM unnest($1, $2, $3, $4, $5) AS m (winner, loser, source, content, at)",
								 6, (Oid[]) {INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID,
								 TEXTARRAYOID, TIMESTAMPTZARRAYOID, TEXTOID}, values);

	values[2] = TimestampTzGetDatum(frame->now);
	values[3] = values[5];
	(void) leadcrm_workspace_run(ws, PLAN_ADD_EVENTS,
								 "INSERT INTO %s.event (kind, lead_id, at, actor, data)"
								 " SELECT 'lead.repeated', winner, $3, $4, pg_catalog.jsonb_build_object('merged', loser)"
								 " FROM unnest($1, $2) AS m (winner, loser)",
								 4, (Oid[]) {INT8ARRAYOID, INT8ARRAYOID, TIMESTAMPTZOID, TEXTOID}, values);

	update_winners(ws, tupdesc, winner, nwinners);
}

/* Lock the winners in the order of their ids and read them as they are. */
static Winner *
lock_winners(Workspace *ws, SettleFrame *frame, TupleDesc tupdesc, int *nwinners)
{
	int64	   *ids = palloc(frame->nmerges * sizeof(int64));
	int			n = 0;
	Datum		values[1];
	Winner	   *winner;

	for (int i = 0; i < frame->nmerges; i++)
		ids[i] = frame->merge[i].winner;
	qsort(ids, frame->nmerges, sizeof(int64), compare_int64);
	for (int i = 0; i < frame->nmerges; i++)
	{
		if (n == 0 || ids[n - 1] != ids[i])
			ids[n++] = ids[i];
	}

	values[0] = PointerGetDatum(leadcrm_int8_array(ids, n));
	if (leadcrm_workspace_run(ws, PLAN_LOCK_WINNERS,
							  "SELECT * FROM %s.lead WHERE id = ANY ($1)"
							  " ORDER BY id FOR NO KEY UPDATE",
							  1, (Oid[]) {INT8ARRAYOID}, values) != n)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("a lead was deleted while a repeat inquiry arrived"),
				 errhint("Retry the transaction.")));

	winner = palloc(n * sizeof(Winner));
	for (int i = 0; i < n; i++)
	{
		winner[i].id = ids[i];
		winner[i].value = palloc(tupdesc->natts * sizeof(Datum));
		winner[i].isnull = palloc(tupdesc->natts * sizeof(bool));
		heap_deform_tuple(SPI_tuptable->vals[i], tupdesc, winner[i].value, winner[i].isnull);
	}
	*nwinners = n;
	return winner;
}

/*
 * Take into winner what a repeat inquiry knows better: empty fields are
 * filled, where it last came from is replaced, nothing else changes.
 *
 * *before gets what changed, for unmerge():
 * {"fields": {column: [before, after]}, "attrs": {key added: value}}, values
 * as JSON strings in the text form of their type.  A column that is replaced
 * by an equal value is there too, for an earlier merge may be undone first.
 */
static void
fill_winner(Workspace *ws, TupleDesc tupdesc, Winner *winner, TupleTableSlot *loser,
			Datum *before)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;
	int			region = ws->column[LEAD_REGION];
	bool		same_region;

	slot_getallattrs(loser);
	same_region = winner->isnull[region - 1] ||
		(!loser->tts_isnull[region - 1] &&
		 text_begins(loser->tts_values[region - 1], winner->value[region - 1]));
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	leadcrm_json_key(&state, "fields");
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);

		if (i + 1 == ws->column[LEAD_UPDATED_AT])
		{
			/* The normalize trigger will set it. */
			Datum		now = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());

			add_change(&state, att, winner->value[i], winner->isnull[i], now);
			winner->value[i] = now;
			continue;
		}
		if (loser->tts_isnull[i])
			continue;
		if (!(column_is_replaced(ws, i + 1) ||
			  (winner->isnull[i] && leadcrm_settle_fills(ws, att))))
			continue;
		/* Address and region are one block: no address of another region. */
		if (i + 1 == ws->column[LEAD_ADDRESS] && !same_region)
			continue;
		if (i + 1 == ws->column[LEAD_LAST_SOURCE] &&
			text_is(loser->tts_values[i], UNKNOWN_SOURCE))
			continue;
		add_change(&state, att, winner->value[i], winner->isnull[i], loser->tts_values[i]);
		winner->value[i] = datumCopy(loser->tts_values[i], att->attbyval, att->attlen);
		winner->isnull[i] = false;
	}
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);

	if (!loser->tts_isnull[ws->column[LEAD_ATTRS] - 1])
		(void) fill_attrs(winner, ws->column[LEAD_ATTRS],
						  loser->tts_values[ws->column[LEAD_ATTRS] - 1], &state);
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	*before = JsonbPGetDatum(JsonbValueToJsonb(object));
}

/* Push "column": [before, after]. */
static void
add_change(JsonbParseState **state, Form_pg_attribute att, Datum before, bool isnull, Datum after)
{
	leadcrm_json_key(state, NameStr(att->attname));
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	leadcrm_json_value(state, WJB_ELEM, before, isnull, att->atttypid);
	leadcrm_json_value(state, WJB_ELEM, after, false, att->atttypid);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* Add the attributes that the winner lacks; flags speak of the row itself. */
static Datum
fill_attrs(Winner *winner, int attno, Datum attrs, JsonbParseState **state)
{
	Jsonb	   *mine = DatumGetJsonbP(winner->value[attno - 1]);
	Jsonb	   *theirs = DatumGetJsonbP(attrs);
	JsonbParseState *added = NULL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	v;
	JsonbValue *object;
	int			n = 0;

	if (!JB_ROOT_IS_OBJECT(theirs) || JB_ROOT_COUNT(theirs) == 0)
		return winner->value[attno - 1];
	pushJsonbValue(&added, WJB_BEGIN_OBJECT, NULL);
	it = JsonbIteratorInit(&theirs->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		JsonbValue	key = v;
		JsonbValue	found;

		if (token != WJB_KEY)
			continue;
		token = JsonbIteratorNext(&it, &v, true);
		Assert(token == WJB_VALUE);
		if ((key.val.string.len == strlen("flags") &&
			 memcmp(key.val.string.val, "flags", strlen("flags")) == 0) ||
			getKeyJsonValueFromContainer(&mine->root, key.val.string.val,
										 key.val.string.len, &found) != NULL)
			continue;
		pushJsonbValue(&added, WJB_KEY, &key);
		pushJsonbValue(&added, WJB_VALUE, &v);
		n++;
	}
	object = pushJsonbValue(&added, WJB_END_OBJECT, NULL);
	if (n > 0)
	{
		Jsonb	   *extra = JsonbValueToJsonb(object);
		JsonbValue	nested;

		winner->value[attno - 1] = DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(mine),
													   JsonbPGetDatum(extra));
		nested.type = jbvBinary;
		nested.val.binary.data = &extra->root;
		nested.val.binary.len = VARSIZE(extra) - VARHDRSZ;
		leadcrm_json_key(state, "attrs");
		pushJsonbValue(state, WJB_VALUE, &nested);
	}
	return winner->value[attno - 1];
}

/* One UPDATE for all winners, in the order of their ids. */
static void
update_winners(Workspace *ws, TupleDesc tupdesc, Winner *winner, int nwinners)
{
	Datum	   *values = palloc((tupdesc->natts + 1) * sizeof(Datum));
	Oid		   *types = palloc((tupdesc->natts + 1) * sizeof(Oid));
	int			nargs = 0;
	Column		ids = new_column(INT8OID, nwinners);
	StringInfoData set;
	StringInfoData names;
	StringInfoData params;
	StringInfoData query;

	initStringInfo(&set);
	initStringInfo(&names);
	initStringInfo(&params);
	initStringInfo(&query);
	for (int w = 0; w < nwinners; w++)
		set_column(&ids, w, Int64GetDatum(winner[w].id), false);
	values[nargs] = column_array(&ids, nwinners);
	types[nargs++] = INT8ARRAYOID;

	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);
		Column		column;
		const char *name;

		if (!(column_is_replaced(ws, i + 1) || leadcrm_settle_fills(ws, att) ||
			  i + 1 == ws->column[LEAD_ATTRS]))
			continue;
		column = new_column(att->atttypid, nwinners);
		for (int w = 0; w < nwinners; w++)
			set_column(&column, w, winner[w].value[i], winner[w].isnull[i]);
		values[nargs] = column_array(&column, nwinners);
		types[nargs++] = get_array_type(att->atttypid);
		name = quote_identifier(NameStr(att->attname));
		appendStringInfo(&set, "%s%s = m.%s", nargs > 2 ? ", " : "", name, name);
		appendStringInfo(&names, ", %s", name);
		appendStringInfo(&params, ", $%d", nargs);
	}
	if (ws->plan[PLAN_UPDATE_WINNERS] == NULL)
	{
		appendStringInfo(&query, "UPDATE %%s.lead w SET %s FROM unnest($1%s) AS m (id%s) WHERE w.id = m.id",
						 set.data, params.data, names.data);
		(void) leadcrm_workspace_plan(ws, PLAN_UPDATE_WINNERS, query.data, nargs, types);
	}
	(void) leadcrm_workspace_run(ws, PLAN_UPDATE_WINNERS, NULL, nargs, types, values);
}

/*
 * leadcrm_settle_pairs
 *		Write the frame's pairs for review, and an event for each that is new.
 *
 * The caller is connected to SPI and acts as the owner.
 */
void
leadcrm_settle_pairs(Workspace *ws, SettleFrame *frame)
{
	int			n = frame->npairs;
	Column		leads = new_column(INT8OID, n);
	Column		others = new_column(INT8OID, n);
	Column		rules = new_column(TEXTOID, n);
	Column		kinds = new_column(TEXTOID, n);
	Column		statuses = new_column(TEXTOID, n);
	Column		reasons = new_column(TEXTOID, n);
	Datum		values[8];

	for (int i = 0; i < n; i++)
	{
		SettlePair *pair = &frame->pair[i];
		bool		isnull;
		Datum		reason = text_or_null(pair->reason, &isnull);

		set_column(&leads, i, Int64GetDatum(Min(pair->lead, pair->other)), false);
		set_column(&others, i, Int64GetDatum(Max(pair->lead, pair->other)), false);
		set_column(&rules, i, CStringGetTextDatum(pair->rule), false);
		set_column(&kinds, i, CStringGetTextDatum(pair->kind), false);
		set_column(&statuses, i, CStringGetTextDatum(pair->status), false);
		set_column(&reasons, i, reason, isnull);
	}
	values[0] = column_array(&leads, n);
	values[1] = column_array(&others, n);
	values[2] = column_array(&rules, n);
	values[3] = column_array(&kinds, n);
	values[4] = column_array(&statuses, n);
	values[5] = column_array(&reasons, n);
	values[6] = TimestampTzGetDatum(frame->now);
	values[7] = CStringGetTextDatum(leadcrm_acting_role_name());
	(void) leadcrm_workspace_run(ws, PLAN_ADD_DUPLICATES,
								 "WITH found AS ("
								 " INSERT INTO %s.duplicate (lead_a, lead_b, rule, kind, status, reason, found_at)"
								 " SELECT a, b, rule, kind, status, reason, $7"
								 " FROM unnest($1, $2, $3, $4, $5, $6) AS p (a, b, rule, kind, status, reason)"
								 " ORDER BY a, b ON CONFLICT (lead_a, lead_b) DO NOTHING"
								 " RETURNING lead_a, lead_b, status)"
								 " INSERT INTO %s.event (kind, lead_id, at, actor, data)"
								 " SELECT 'lead.review', lead_b, $7, $8, pg_catalog.jsonb_build_object('other', lead_a)"
								 " FROM found WHERE status = 'open'",
								 8, (Oid[]) {INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
								 TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZOID, TEXTOID}, values);
}

/* Sources seen for the first time are added, inactive, for an admin to name. */
static void
settle_sources(Workspace *ws, SettleFrame *frame)
{
	Column		codes = new_column(TEXTOID, frame->nnew_sources);
	Datum		values[1];

	for (int i = 0; i < frame->nnew_sources; i++)
		set_column(&codes, i, CStringGetTextDatum(frame->new_source[i]), false);
	values[0] = column_array(&codes, frame->nnew_sources);
	(void) leadcrm_workspace_run(ws, PLAN_ADD_SOURCES,
								 "INSERT INTO %s.source (code, label, active, added_by)"
								 " SELECT code, code, false, 'arrival' FROM unnest($1) AS s (code)"
								 " ORDER BY code ON CONFLICT DO NOTHING",
								 1, (Oid[]) {TEXTARRAYOID}, values);
}

/*
 * leadcrm_settle_fills
 *		Is a column filled from a repeat inquiry when the living lead has
 *		nothing there?
 *
 * Everything that describes the customer is, custom columns too; what leadcrm
 * computes or a salesperson decides is not.
 */
bool
leadcrm_settle_fills(Workspace *ws, Form_pg_attribute att)
{
	static const char *const not_filled[] = {
		"id", "kind", "first_source", "last_source", "last_form", "last_inbound_at",
		"external_id", "stage", "loss_reason", "loss_note", "intent", "score", "lifecycle",
		"behaviour_1", "behaviour_1_at", "behaviour_2", "behaviour_2_at",
		"behaviour_3", "behaviour_3_at", "behaviour_4", "behaviour_4_at",
		"owner", "team", "pool", "assigned_at", "first_contact_due_at",
		"first_contacted_at", "last_contacted_at", "next_contact_at",
		"merged_into", "attrs", "created_at", "updated_at"
	};

	if (att->attisdropped || att->attgenerated != '\0' || att->attidentity != '\0')
		return false;
	if (bms_is_member(att->attnum, ws->unique))
		return false;			/* the repeat inquiry's row keeps its value */
	for (int i = 0; i < lengthof(not_filled); i++)
	{
		if (strcmp(NameStr(att->attname), not_filled[i]) == 0)
			return false;
	}
	/* Arrays cannot pass through unnest() row by row. */
	return OidIsValid(get_array_type(att->atttypid)) &&
		!OidIsValid(get_element_type(att->atttypid));
}

/* Where the lead was last heard of is the repeat inquiry's business. */
static bool
column_is_replaced(Workspace *ws, int attno)
{
	return attno == ws->column[LEAD_LAST_SOURCE] || attno == ws->column[LEAD_LAST_FORM] ||
		attno == ws->column[LEAD_LAST_INBOUND_AT];
}

static Column
new_column(Oid type, int n)
{
	Column		column;

	column.type = type;
	column.value = palloc_extended(n * sizeof(Datum), MCXT_ALLOC_HUGE);
	column.isnull = palloc_extended(n * sizeof(bool), MCXT_ALLOC_HUGE);
	return column;
}

static void
set_column(Column *column, int row, Datum value, bool isnull)
{
	column->value[row] = value;
	column->isnull[row] = isnull;
}

static Datum
column_array(const Column *column, int n)
{
	int			lower = 1;
	int16		typlen;
	bool		typbyval;
	char		typalign;

	get_typlenbyvalalign(column->type, &typlen, &typbyval, &typalign);
	return PointerGetDatum(construct_md_array(column->value, column->isnull, 1, &n, &lower,
											  column->type, typlen, typbyval, typalign));
}

static Datum
text_or_null(const char *s, bool *isnull)
{
	*isnull = s == NULL;
	return s ? CStringGetTextDatum(s) : (Datum) 0;
}

static bool
text_is(Datum value, const char *s)
{
	text	   *t = DatumGetTextPP(value);

	return VARSIZE_ANY_EXHDR(t) == strlen(s) && memcmp(VARDATA_ANY(t), s, strlen(s)) == 0;
}

static bool
text_begins(Datum value, Datum beginning)
{
	text	   *t = DatumGetTextPP(value);
	text	   *b = DatumGetTextPP(beginning);

	return VARSIZE_ANY_EXHDR(t) >= VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(t), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(b)) == 0;
}

static int
compare_int64(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return (x > y) - (x < y);
}

static int
compare_winner(const void *a, const void *b)
{
	return compare_int64(&((const Winner *) a)->id, &((const Winner *) b)->id);
}
