/*-------------------------------------------------------------------------
 * settle.c
 *	  What the rows of one statement on lead caused, written set-wise.
 *
 * The row triggers decide and claim; here, once per statement, follows what
 * their decisions mean for other rows: repeat inquiries reach the lead they
 * belong to (settle_merge.c), pairs for review, events, sources seen for the
 * first time.  Each table gets one statement, however many rows.
 *
 * A row for which a claim was made may never have been inserted.  The
 * transition table says which rows were; for the others nothing is written
 * and their claims go.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/genam.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "acting_role.h"
#include "assign.h"
#include "columns.h"
#include "event.h"
#include "process.h"
#include "settle.h"

static void *enlarge(MemoryContext cxt, void *array, int n, int *max, Size size);
static void add_pair(SettleFrame *frame, const DedupPair *pair);
static bool add_created(Workspace *ws, const SettleFrame *frame);
static void drop_missing(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
static void drop_resolved(Workspace *ws, SettleFrame *frame);
static void settle_sources(Workspace *ws, SettleFrame *frame);
static bool source_is_coming(Relation source, Datum code);
static Datum text_or_null(const char *s, bool *isnull);
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
	OwnerSave	save;
	bool		complete;		/* every row was inserted */
	bool		written;

	if (frame->nrows == 0)
		return;
	complete = tuplestore_tuple_count(trigdata->tg_newtable) == frame->nrows;
	written = complete && add_created(ws, frame);
	if (complete && written && frame->nmerges == 0 && frame->npairs == 0 &&
		frame->nnew_sources == 0)
		return;

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (SPI_register_trigger_data(trigdata) < 0)
		elog(ERROR, "SPI_register_trigger_data failed");

	if (!complete)
		drop_missing(ws, frame, trigdata);
	if (frame->nmerges > 0)
		leadcrm_settle_merges(ws, frame, trigdata);
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
	leadcrm_owner_end(&save);
}

/* Write the events of rows that live in their own right; false if SPI has to. */
static bool
add_created(Workspace *ws, const SettleFrame *frame)
{
	int64	   *lead = frame->row;
	int			n = frame->nrows;

	if (frame->nmerges > 0)
	{
		int			m = 0;

		/* Both lists are in the order in which the rows came. */
		lead = palloc_extended(frame->nrows * sizeof(int64), MCXT_ALLOC_HUGE);
		n = 0;
		for (int i = 0; i < frame->nrows; i++)
		{
			if (m < frame->nmerges && frame->merge[m].loser == frame->row[i])
				m++;
			else
				lead[n++] = frame->row[i];
		}
	}
	return n == 0 || leadcrm_event_arrived(ws, "lead.created", lead, NULL, n, frame->now);
}

/*
 * leadcrm_settle_update
 *		After an UPDATE: claims of keys that the rows no longer bear, pairs.
 */
void
leadcrm_settle_update(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	OwnerSave	save;

	if (frame->nrows == 0 && frame->npairs == 0)
		return;
	leadcrm_owner_begin(ws, &save);
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
	leadcrm_owner_end(&save);
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
	OwnerSave	save;
	SPIPlanPtr	plan;
	Datum		values[1];
	int64	   *ids;
	uint64		n;

	n = gather_ids(ws, trigdata->tg_oldtable, RelationGetDescr(trigdata->tg_relation), &ids);
	if (n == 0)
		return;
	leadcrm_owner_begin(ws, &save);
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
	leadcrm_assign_settle_delete(ws, trigdata, DatumGetArrayTypeP(values[0]));
	leadcrm_stage_settle_delete(ws, DatumGetArrayTypeP(values[0]));
	(void) leadcrm_workspace_run(ws, PLAN_DELETE_DUPLICATES,
								 "DELETE FROM %s.duplicate WHERE id IN"
								 " (SELECT id FROM %s.duplicate WHERE lead_a = ANY ($1)"
								 "  UNION ALL SELECT id FROM %s.duplicate WHERE lead_b = ANY ($1))",
								 1, (Oid[]) {INT8ARRAYOID}, values);
	SPI_finish();
	leadcrm_owner_end(&save);
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

/*
 * leadcrm_settle_inserted
 *		The sorted ids of the rows that the statement inserted.
 */
int64 *
leadcrm_settle_inserted(Workspace *ws, TriggerData *trigdata, int64 *n)
{
	int64	   *ids;

	*n = (int64) gather_ids(ws, trigdata->tg_newtable,
							RelationGetDescr(trigdata->tg_relation), &ids);
	qsort(ids, *n, sizeof(int64), leadcrm_int8_compare);
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
	int64	   *inserted = leadcrm_settle_inserted(ws, trigdata, &ninserted);
	int			kept;
	Datum		values[3];

	for (int i = 0; i < frame->nrows; i++)
	{
		int64		id = frame->row[i];

		if (bsearch(&id, inserted, ninserted, sizeof(int64), leadcrm_int8_compare) == NULL)
		{
			CHECK_FOR_INTERRUPTS();
			leadcrm_dedup_reconcile(ws, trigdata->tg_relation, id);
		}
	}

	kept = 0;
	for (int i = 0; i < frame->nmerges; i++)
	{
		if (bsearch(&frame->merge[i].loser, inserted, ninserted, sizeof(int64), leadcrm_int8_compare))
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

	qsort(frame->row, frame->nrows, sizeof(int64), leadcrm_int8_compare);
	kept = 0;
	for (int i = 0; i < frame->npairs; i++)
	{
		SettlePair *pair = &frame->pair[i];

		if (!bsearch(&pair->lead, frame->row, frame->nrows, sizeof(int64), leadcrm_int8_compare) ||
			bsearch(&pair->lead, inserted, ninserted, sizeof(int64), leadcrm_int8_compare))
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
 * leadcrm_settle_pairs
 *		Write the frame's pairs for review, and an event for each that is new.
 *
 * The caller is connected to SPI and acts as the owner.
 */
void
leadcrm_settle_pairs(Workspace *ws, SettleFrame *frame)
{
	int			n = frame->npairs;
	Column		leads = leadcrm_column_new(INT8OID, n);
	Column		others = leadcrm_column_new(INT8OID, n);
	Column		rules = leadcrm_column_new(TEXTOID, n);
	Column		kinds = leadcrm_column_new(TEXTOID, n);
	Column		statuses = leadcrm_column_new(TEXTOID, n);
	Column		reasons = leadcrm_column_new(TEXTOID, n);
	Datum		values[8];

	for (int i = 0; i < n; i++)
	{
		SettlePair *pair = &frame->pair[i];
		bool		isnull;
		Datum		reason = text_or_null(pair->reason, &isnull);

		leadcrm_column_set(&leads, i, Int64GetDatum(Min(pair->lead, pair->other)), false);
		leadcrm_column_set(&others, i, Int64GetDatum(Max(pair->lead, pair->other)), false);
		leadcrm_column_set(&rules, i, CStringGetTextDatum(pair->rule), false);
		leadcrm_column_set(&kinds, i, CStringGetTextDatum(pair->kind), false);
		leadcrm_column_set(&statuses, i, CStringGetTextDatum(pair->status), false);
		leadcrm_column_set(&reasons, i, reason, isnull);
	}
	values[0] = leadcrm_column_array(&leads, n);
	values[1] = leadcrm_column_array(&others, n);
	values[2] = leadcrm_column_array(&rules, n);
	values[3] = leadcrm_column_array(&kinds, n);
	values[4] = leadcrm_column_array(&statuses, n);
	values[5] = leadcrm_column_array(&reasons, n);
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

/*
 * Sources seen for the first time are added, inactive, for an admin to name.
 * One that another transaction is adding is left to it: intake waits for
 * nobody; if that rolls back, the next arrival adds it.
 */
static void
settle_sources(Workspace *ws, SettleFrame *frame)
{
	Column		codes = leadcrm_column_new(TEXTOID, frame->nnew_sources);
	Relation	source = table_open(leadcrm_workspace_table(ws->namespace_oid, "source"), RowExclusiveLock);
	Datum		values[1];
	int			n = 0;

	for (int i = 0; i < frame->nnew_sources; i++)
	{
		Datum		code = CStringGetTextDatum(frame->new_source[i]);

		if (!source_is_coming(source, code))
			leadcrm_column_set(&codes, n++, code, false);
	}
	table_close(source, NoLock);
	if (n == 0)
		return;
	values[0] = leadcrm_column_array(&codes, n);
	(void) leadcrm_workspace_run(ws, PLAN_ADD_SOURCES,
								 "INSERT INTO %s.source (code, label, active, added_by)"
								 " SELECT code, code, false, 'arrival' FROM unnest($1) AS s (code)"
								 " ORDER BY code ON CONFLICT DO NOTHING",
								 1, (Oid[]) {TEXTARRAYOID}, values);
}

/* Is a source there, or is somebody adding it just now? */
static bool
source_is_coming(Relation source, Datum code)
{
	Oid			primary = RelationGetPrimaryKeyIndex_compat(source);
	SnapshotData dirty;
	ScanKeyData key;
	SysScanDesc scan;
	bool		found;

	InitDirtySnapshot(dirty);
	ScanKeyInit(&key, SPI_fnumber(RelationGetDescr(source), "code"), BTEqualStrategyNumber, F_TEXTEQ, code);
	key.sk_collation = DEFAULT_COLLATION_OID;
	scan = systable_beginscan(source, primary, OidIsValid(primary), &dirty, 1, &key);
	found = HeapTupleIsValid(systable_getnext(scan));
	systable_endscan(scan);
	return found;
}

static Datum
text_or_null(const char *s, bool *isnull)
{
	*isnull = s == NULL;
	return s ? CStringGetTextDatum(s) : (Datum) 0;
}
