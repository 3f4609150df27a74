/*-------------------------------------------------------------------------
 * stage_history.c
 *	  The history of leads in stage_change, held against their rows and brought
 *	  into them.
 *
 * stage_change is the truth.  What a row says of it (lifecycle, stage,
 * stage_since, won_at, lost_at) can be made again at any time: after a restore,
 * an import, or when the column lifecycle went with the extension.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/qunique.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "dedup.h"
#include "lifecycle.h"
#include "owner.h"
#include "process.h"

/* Leads looked at at a time. */
#define HISTORY_BATCH	1000

/* What is wrong with a lead. */
typedef enum HistoryFault
{
	HISTORY_OK,
	HISTORY_MISSING,
	HISTORY_GAP,
	HISTORY_OTHER
} HistoryFault;

/* A row of lead, as far as its history goes. */
typedef struct LeadRow
{
	int64		id;
	bool		living;
	Datum		value[5];		/* lifecycle, stage, stage_since, won_at, lost_at */
	bool		isnull[5];
} LeadRow;

/* Leads found, in the order of their ids. */
typedef struct LeadList
{
	int64		n;
	int64		max;
	int64	   *id;
} LeadList;

typedef void (*FaultFunction) (int64 lead, HistoryFault fault, void *arg);

static void find_faults(Workspace *ws, FaultFunction found, void *arg);
static HistoryFault fault_of(const ProcessModel *model, const LeadRow *row, const StageHistory *history, bool gap);
static bool *read_histories(Workspace *ws, ArrayType *leads, int64 *ids, int n, bool read_only,
							StageHistories *histories);
static StageHistory *history_of(int64 lead, int64 *ids, int n, StageHistories *histories);
static int64 rebuild(Workspace *ws, int64 *ids, int n);
static void renumber(Workspace *ws, int64 *ids, int n);
static void put_fault(int64 lead, HistoryFault fault, void *arg);
static void keep_lead(int64 lead, HistoryFault fault, void *arg);

PG_FUNCTION_INFO_V1(leadcrm_stage_faults);
PG_FUNCTION_INFO_V1(leadcrm_rebuild_lifecycle);

/*
 * leadcrm_stage_faults
 *		_stage_faults(lead regclass) returns table (lead_id bigint, problem text):
 *		leads of which lead and stage_change tell different stories.
 *
 * For roles with the rights of the workspace's owner (42501).  Both are read
 * under one snapshot.
 */
Datum
leadcrm_stage_faults(PG_FUNCTION_ARGS)
{
	Relation	lead = table_open(PG_GETARG_OID(0), AccessShareLock);
	Workspace  *ws = leadcrm_workspace_of(lead);
	OwnerSave	save;

	InitMaterializedSRF(fcinfo, 0);
	leadcrm_owner_required(ws, lead);
	leadcrm_owner_begin(ws, &save);
	find_faults(ws, put_fault, fcinfo->resultinfo);
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	return (Datum) 0;
}

/*
 * leadcrm_rebuild_lifecycle
 *		rebuild_lifecycle(lead regclass, leads bigint[]) returns bigint: make
 *		leads what stage_change says; NULL: all that are not.
 *
 * Entries are numbered anew where numbers are missing; a living lead that has
 * none begins in the stage that it is in.  For roles with the rights of the
 * workspace's owner (42501).  Locks the leads FOR NO KEY UPDATE in the order of
 * their ids.  Returns how many were written.
 */
Datum
leadcrm_rebuild_lifecycle(PG_FUNCTION_ARGS)
{
	Relation	lead;
	Workspace  *ws;
	LeadList	list = {0};
	int64		written = 0;
	MemoryContext cxt;
	OwnerSave	save;

	if (PG_ARGISNULL(0))
		PG_RETURN_INT64(0);
	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	ws = leadcrm_workspace_of(lead);
	leadcrm_owner_required(ws, lead);
	leadcrm_owner_begin(ws, &save);
	if (PG_ARGISNULL(1))
		find_faults(ws, keep_lead, &list);
	else
	{
		Datum	   *value;
		bool	   *isnull;
		int			n;

		deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
						  TYPALIGN_DOUBLE, &value, &isnull, &n);
		for (int i = 0; i < n; i++)
		{
			if (!isnull[i])
				keep_lead(DatumGetInt64(value[i]), HISTORY_OTHER, &list);
		}
		if (list.n > 1)
		{
			qsort(list.id, list.n, sizeof(int64), leadcrm_int8_compare);
			list.n = qunique(list.id, list.n, sizeof(int64), leadcrm_int8_compare);
		}
	}
	cxt = AllocSetContextCreate(CurrentMemoryContext, "leadcrm histories", ALLOCSET_DEFAULT_SIZES);
	for (int64 i = 0; i < list.n; i += HISTORY_BATCH)
	{
		MemoryContext old = MemoryContextSwitchTo(cxt);

		CHECK_FOR_INTERRUPTS();
		written += rebuild(ws, list.id + i, (int) Min(list.n - i, HISTORY_BATCH));
		MemoryContextSwitchTo(old);
		MemoryContextReset(cxt);
	}
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_INT64(written);
}

/*
 * leadcrm_stage_read_history
 *		The history of one lead; false if stage_change has none.
 *
 * One statement under the rights of the workspace's owner; the result lives in
 * the current memory context.
 */
bool
leadcrm_stage_read_history(Workspace *ws, int64 lead, StageHistory *history)
{
	MemoryContext cxt = CurrentMemoryContext;
	StageHistories histories = {0};
	OwnerSave	save;

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	MemoryContextSwitchTo(cxt);
	(void) read_histories(ws, leadcrm_int8_array(&lead, 1), &lead, 1, false, &histories);
	SPI_finish();
	leadcrm_owner_end(&save);
	*history = histories.item[0];
	return history->lifecycle != NULL;
}

/* Go through all leads and tell of those whose row is not their history. */
static void
find_faults(Workspace *ws, FaultFunction found, void *arg)
{
	ProcessModel *model = leadcrm_process_model(ws);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext cxt = AllocSetContextCreate(caller, "leadcrm histories", ALLOCSET_DEFAULT_SIZES);
	int64		last = 0;
	int			n;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	do
	{
		Datum		values[2];
		LeadRow    *row;
		int64	   *ids;
		bool	   *gap;
		StageHistories histories = {0};

		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(cxt);
		values[0] = Int64GetDatum(last);
		values[1] = Int32GetDatum(HISTORY_BATCH);
		n = (int) leadcrm_workspace_read(ws, PLAN_HISTORY_LEADS,
										 "SELECT id, merged_into IS NULL, lifecycle, stage, stage_since, won_at, lost_at"
										 " FROM %s.lead WHERE id > $1 ORDER BY id LIMIT $2",
										 2, (Oid[]) {INT8OID, INT4OID}, values);
		MemoryContextSwitchTo(cxt);
		row = palloc(Max(n, 1) * sizeof(LeadRow));
		ids = palloc(Max(n, 1) * sizeof(int64));
		for (int i = 0; i < n; i++)
		{
			HeapTuple	tuple = SPI_tuptable->vals[i];
			TupleDesc	tupdesc = SPI_tuptable->tupdesc;
			bool		isnull;

			ids[i] = row[i].id = DatumGetInt64(SPI_getbinval(tuple, tupdesc, 1, &isnull));
			row[i].living = DatumGetBool(SPI_getbinval(tuple, tupdesc, 2, &isnull));
			for (int c = 0; c < lengthof(row->value); c++)
			{
				row[i].value[c] = SPI_getbinval(tuple, tupdesc, c + 3, &row[i].isnull[c]);
				if (c < 2 && !row[i].isnull[c])
					row[i].value[c] = PointerGetDatum(PG_DETOAST_DATUM_COPY(row[i].value[c]));
			}
		}
		SPI_freetuptable(SPI_tuptable);
		if (n > 0)
		{
			gap = read_histories(ws, leadcrm_int8_array(ids, n), ids, n, true, &histories);
			for (int i = 0; i < n; i++)
			{
				HistoryFault fault = fault_of(model, &row[i], &histories.item[i], gap[i]);

				MemoryContextSwitchTo(caller);
				if (fault != HISTORY_OK)
					found(row[i].id, fault, arg);
				MemoryContextSwitchTo(cxt);
			}
			last = ids[n - 1];
		}
		MemoryContextSwitchTo(caller);
		MemoryContextReset(cxt);
	} while (n == HISTORY_BATCH);
	SPI_finish();
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(cxt);
}

/* What is wrong with a row, as its history is. */
static HistoryFault
fault_of(const ProcessModel *model, const LeadRow *row, const StageHistory *history, bool gap)
{
	StageKind	kind;

	if (history->lifecycle == NULL)
	{
		if (!row->isnull[0])
			return HISTORY_OTHER;
		/* A living lead has one, if there is any process that it could follow. */
		return row->living && model->nprocesses > 0 && model->process[0].active ? HISTORY_MISSING : HISTORY_OK;
	}
	if (gap)
		return HISTORY_GAP;
	kind = leadcrm_stage_kind(model, history->process, history->process == 0, history->stage, false);
	if (row->isnull[0] || !datum_image_eq(row->value[0], PointerGetDatum(history->lifecycle), false, -1) ||
		row->isnull[1] || !datum_image_eq(row->value[1], history->stage, false, -1) ||
		row->isnull[2] || DatumGetTimestampTz(row->value[2]) != history->at ||
		row->isnull[3] != (kind != STAGE_WON) || row->isnull[4] != (kind != STAGE_LOST) ||
		(!row->isnull[3] && DatumGetTimestampTz(row->value[3]) != history->at) ||
		(!row->isnull[4] && DatumGetTimestampTz(row->value[4]) != history->at))
		return HISTORY_OTHER;
	return HISTORY_OK;
}

/*
 * Read the histories of leads into the current memory context.
 *
 * leads, ids, n: the leads, sorted.  Returns whose numbers have gaps.  The
 * caller is connected to SPI.
 */
static bool *
read_histories(Workspace *ws, ArrayType *leads, int64 *ids, int n, bool read_only,
			   StageHistories *histories)
{
	/* The casts are for a table whose owner has changed its columns. */
	static const char *const query = "SELECT lead_id::int8, position::int4, process::text, coalesce(to_stage::text, ''),"
		" at::timestamptz, reason::text, note::text, competitor::text, amount::numeric"
		" FROM %s.stage_change WHERE lead_id = ANY ($1) ORDER BY lead_id, position";
	MemoryContext cxt = CurrentMemoryContext;	/* SPI leaves another */
	Datum		values[] = {PointerGetDatum(leads)};
	bool	   *gap = palloc0(n * sizeof(bool));
	uint64		nchanges;
	LifecycleEntry *entry;
	int			nentries = 0;
	SPITupleTable *table;

	histories->n = n;
	histories->item = palloc0(n * sizeof(StageHistory));
	for (int i = 0; i < n; i++)
		histories->item[i].lead = ids[i];
	nchanges = read_only ?
		leadcrm_workspace_read(ws, PLAN_HISTORY_CHANGES, query, 1, (Oid[]) {INT8ARRAYOID}, values) :
		leadcrm_workspace_run(ws, PLAN_HISTORY_CHANGES, query, 1, (Oid[]) {INT8ARRAYOID}, values);
	table = SPI_tuptable;
	MemoryContextSwitchTo(cxt);
	entry = palloc_extended(Max(nchanges, 1) * sizeof(LifecycleEntry), MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < nchanges; i++)
	{
		HeapTuple	row = table->vals[i];
		TupleDesc	tupdesc = table->tupdesc;
		bool		isnull;
		int64		lead = DatumGetInt64(SPI_getbinval(row, tupdesc, 1, &isnull));
		StageHistory *history = history_of(lead, ids, n, histories);
		Datum		stage = SPI_getbinval(row, tupdesc, 4, &isnull);
		TimestampTz at = DatumGetTimestampTz(SPI_getbinval(row, tupdesc, 5, &isnull));
		static const int column[] = {3, 6, 7, 8, 9};
		Datum		last[lengthof(column)];

		if (nentries > 0)
			at = Max(at, entry[nentries - 1].at);
		entry[nentries].stage = VARDATA_ANY(DatumGetTextPP(stage));
		entry[nentries].len = VARSIZE_ANY_EXHDR(DatumGetTextPP(stage));
		entry[nentries++].at = at;
		if (DatumGetInt32(SPI_getbinval(row, tupdesc, 2, &isnull)) != nentries)
			gap[history - histories->item] = true;
		if (i + 1 < nchanges &&
			DatumGetInt64(SPI_getbinval(table->vals[i + 1], tupdesc, 1, &isnull)) == lead)
			continue;

		/* The last of this lead. */
		for (int c = 0; c < lengthof(column); c++)
		{
			last[c] = SPI_getbinval(row, tupdesc, column[c], &isnull);
			last[c] = isnull ? (Datum) 0 : datumCopy(last[c], false, -1);
		}
		history->lifecycle = leadcrm_lifecycle_make(entry, nentries);
		history->stage = datumCopy(stage, false, -1);
		history->at = at;
		history->process = last[0];
		history->reason = last[1];
		history->note = last[2];
		history->competitor = last[3];
		history->amount = last[4];
		nentries = 0;
	}
	pfree(entry);
	SPI_freetuptable(table);
	return gap;
}

static StageHistory *
history_of(int64 lead, int64 *ids, int n, StageHistories *histories)
{
	int64	   *found = bsearch(&lead, ids, n, sizeof(int64), leadcrm_int8_compare);

	if (found == NULL)
		elog(ERROR, "history of lead " INT64_FORMAT " was not asked for", lead);
	return &histories->item[found - ids];
}

/* Make leads what their histories say; ids sorted, each once.  Returns how many were written. */
static int64
rebuild(Workspace *ws, int64 *ids, int n)
{
	MemoryContext cxt = CurrentMemoryContext;
	ArrayType  *leads;
	Datum		values[1];
	StageHistories histories = {0};
	const StageHistories *before;
	int64	   *with = palloc(n * sizeof(int64));
	int64	   *without = palloc(n * sizeof(int64));
	int64	   *gaps = palloc(n * sizeof(int64));
	bool	   *gap;
	int			nwith = 0;
	int			nwithout = 0;
	int			ngaps = 0;
	volatile int64 written = 0;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	MemoryContextSwitchTo(cxt);
	leads = leadcrm_int8_array(ids, n);
	values[0] = PointerGetDatum(leads);
	(void) leadcrm_workspace_run(ws, PLAN_LOCK_LEADS,
								 "SELECT id FROM %s.lead WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
								 1, (Oid[]) {INT8ARRAYOID}, values);
	MemoryContextSwitchTo(cxt);
	gap = read_histories(ws, leads, ids, n, false, &histories);
	for (int i = 0; i < n; i++)
	{
		if (histories.item[i].lifecycle == NULL)
			without[nwithout++] = ids[i];
		else
			with[nwith++] = ids[i];
		if (gap[i])
			gaps[ngaps++] = ids[i];
	}
	if (ngaps > 0)
		renumber(ws, gaps, ngaps);

	values[0] = PointerGetDatum(leadcrm_int8_array(with, nwith));
	before = leadcrm_stage_rebuilding(&histories);
	PG_TRY();
	{
		written = (int64) leadcrm_workspace_run(ws, PLAN_HISTORY_WRITE,
												"UPDATE %s.lead SET stage = stage WHERE id = ANY ($1)",
												1, (Oid[]) {INT8ARRAYOID}, values);
	}
	PG_FINALLY();
	{
		(void) leadcrm_stage_rebuilding(before);
	}
	PG_END_TRY();
	if (nwithout > 0)
	{
		values[0] = PointerGetDatum(leadcrm_int8_array(without, nwithout));
		written += (int64) leadcrm_workspace_run(ws, PLAN_HISTORY_BEGIN,
												 "UPDATE %s.lead SET stage = stage"
												 " WHERE id = ANY ($1) AND merged_into IS NULL",
												 1, (Oid[]) {INT8ARRAYOID}, values);
	}
	SPI_finish();
	return written;
}

/* Number the entries of leads without gaps; far up first, out of the way. */
static void
renumber(Workspace *ws, int64 *ids, int n)
{
	Datum		values[] = {PointerGetDatum(leadcrm_int8_array(ids, n))};

	(void) leadcrm_workspace_run(ws, PLAN_HISTORY_SHIFT,
								 "UPDATE %s.stage_change SET position = position + 1000000000"
								 " WHERE lead_id = ANY ($1)",
								 1, (Oid[]) {INT8ARRAYOID}, values);
	(void) leadcrm_workspace_run(ws, PLAN_HISTORY_RENUMBER,
								 "UPDATE %s.stage_change c SET position = m.n"
								 " FROM (SELECT lead_id, position, row_number() OVER (PARTITION BY lead_id ORDER BY position) AS n"
								 "       FROM %s.stage_change WHERE lead_id = ANY ($1)) m"
								 " WHERE c.lead_id = m.lead_id AND c.position = m.position",
								 1, (Oid[]) {INT8ARRAYOID}, values);
}

static void
put_fault(int64 lead, HistoryFault fault, void *arg)
{
	static const char *const problem[] = {
		[HISTORY_MISSING] = "no history",
		[HISTORY_GAP] = "numbers missing",
		[HISTORY_OTHER] = "another history",
	};
	ReturnSetInfo *rsinfo = arg;
	Datum		value[] = {Int64GetDatum(lead), CStringGetTextDatum(problem[fault])};
	bool		isnull[] = {false, false};

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, value, isnull);
}

static void
keep_lead(int64 lead, HistoryFault fault, void *arg)
{
	LeadList   *list = arg;

	if (list->n == list->max)
	{
		list->max = Max(2 * list->max, 1024);
		list->id = list->id ? repalloc_huge(list->id, list->max * sizeof(int64)) :
			palloc(list->max * sizeof(int64));
	}
	list->id[list->n++] = lead;
}
