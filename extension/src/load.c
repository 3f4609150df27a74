/*-------------------------------------------------------------------------
 * load.c
 *	  The ledger of loads: how many open leads a rep has and what he got.
 *
 * A rep's load is the sum of his rows in rep_load.  Whoever changes it adds to
 * one row that nobody else is writing, or inserts another: so nobody waits, and
 * commit and rollback make it exact.  A limit holds nevertheless, because who
 * takes something writes first and looks then.
 *
 * The invariant: what is committed never exceeds a limit that held when it was
 * taken.  Of all who took and committed, consider the one who wrote last.  All
 * the others had written when he looked; he saw them, and was within the limit.
 * (Two that meet at the last place may both refuse, but never both take.)
 * For that a look must miss nothing that was written before it began:
 *
 * - What a row may turn out to be is the greatest of its versions that are
 *	 committed or in flight, and of zero if none is committed: a release counts
 *	 when it has committed, what is taken counts at once.  What this transaction
 *	 has written counts as it is: it commits as one.
 * - The first scan, under a dirty snapshot, sees what is in flight.  It is no
 *	 snapshot of one moment: a row that moves to another page, or that is folded
 *	 into a sum, while the scan is under way may pass by it.  But then whoever
 *	 moved it has committed, and a second scan, under a snapshot taken after the
 *	 first, shows it.  What is still in flight has not left its place.
 *	 For each row the greatest of both scans counts.
 * - A sum inserted by folding (leadcrm._fold_loads) does not count while the
 *	 transaction that folds is in progress: its parts do.  A part that the first
 *	 scan saw and the second does not has been folded meanwhile and its sum may
 *	 have been seen as well: then we look again.
 * - What was dealt on a day must outlive midnight, for a transaction that began
 *	 before it still counts by that day: a row that says so is left to its day
 *	 until the day after the next (LOAD_KEEP_DAYS).
 *
 * Snapshots are always the latest, whatever the isolation level: the amounts
 * are no business of the transaction's own snapshot.  Nor are they of other
 * transactions at SERIALIZABLE: reading them leaves no predicate locks, or
 * whoever deals to the same rep at the same time would end in 40001.
 *
 * Rows are found and written by ledger.c, by triggers that act as the table's
 * owner.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger.h"
#include "load.h"
#include "load_survey.h"

static const DirectColumn load_column[] = {
	[LOAD_ID] = {"id", INT8OID},
	[LOAD_REP] = {"rep", TEXTOID},
	[LOAD_VIA] = {"via", TEXTOID},
	[LOAD_OPEN] = {"open", INT8OID},
	[LOAD_TURN] = {"turn", FLOAT8OID},
	[LOAD_DAY] = {"day", DATEOID},
	[LOAD_DEALT] = {"dealt", INT8OID},
	[LOAD_FOLDED] = {"folded", BOOLOID},
};

/*
 * To look at a page of the ledger, of which as a rule nothing has changed, costs
 * a small part of a search for a rep's rows; to look at those that have, as much.
 */
#define SURVEY_LEAST_REPS		3
#define SURVEY_PAGES_PER_REP	16

/* Days after its own for which what was dealt on a day is kept. */
#define LOAD_KEEP_DAYS	1

/* A row of the rep last scanned for: its newest version, and what it may be. */
typedef struct LoadRow
{
	int64		id;
	LedgerVersion version;
	bool		folded;
	bool		same_via;
	bool		pool;			/* its via is a pool's */
	int64		open;
	double		turn;
	double		settled_turn;
	DateADT		day;
	int64		dealt;
	int64		most_open;		/* whatever becomes of transactions in progress */
	int64		most_dealt;		/* today */
	bool		settled;		/* a version was seen that everybody sees */
	bool		confirmed;		/* the second scan has seen it as well */
} LoadRow;

struct LoadTable
{
	Workspace  *ws;
	Ledger	   *ledger;			/* by the index on rep, id */
	LoadSurvey *survey;			/* that reads may rely on, or NULL */
	DateADT		today;
	text	   *rep;			/* these three while a function is under way */
	text	   *via;
	LoadRow    *row;			/* by id, but for what only the second scan saw */
	int			nrows;
	int			maxrows;
};

static Relation load_index(const ResultRelInfo *result);
static void load_begin(LoadTable *t, const char *rep, const char *via, DateADT today);
static void load_scan(LoadTable *t);
static bool load_confirm(LoadTable *t);
static void load_recall(LoadTable *t);
static LoadRow *load_add_row(LoadTable *t, int64 id, const text *via);
static void load_raise(LoadTable *t, LoadRow *row);
static bool load_via_is_pool(const text *via);
static void load_sum(const LoadTable *t, bool most, Load *sum, int64 *dealt_via);
static void load_read(const LoadTable *t, Load *load);
static LoadRefusal load_refusal(const LoadTable *t, const Load *amount, const LoadLimit *limit,
								bool written);
static int64 load_write(LoadTable *t, const Load *amount);
static bool load_is_usable(const LoadTable *t, const LoadRow *row, const Load *amount);
static bool load_update(LoadTable *t, LoadRow *row, const Load *amount);
static int64 load_insert(LoadTable *t, const Load *amount);

/*
 * leadcrm_load_open
 *		Open the ledger for one statement.
 *
 * cxt: where the result lives; a context of the current subtransaction.
 *
 * Locks the table in ROW EXCLUSIVE mode.  Raises 55000 when it is not as the
 * template makes it, 42P01 when it is gone.
 */
LoadTable *
leadcrm_load_open(Workspace *ws, MemoryContext cxt)
{
	DirectTable *table;
	LoadTable  *t;
	Relation	index = NULL;
	MemoryContext old;

	table = leadcrm_direct_open_side(ws, SIDE_REP_LOAD, load_column, lengthof(load_column), cxt);
	if (table != NULL)
		index = load_index(table->result);
	if (index == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is not as leadcrm made it", "rep_load"),
				 errhint("Drop triggers, rules and columns that were added to it;"
						 " leadcrm.repair_workspace() makes its index again.")));

	old = MemoryContextSwitchTo(cxt);
	t = palloc0(sizeof(LoadTable));
	t->ws = ws;
	t->ledger = leadcrm_ledger_open(table, index, F_TEXTEQ, cxt);
	t->maxrows = 16;
	t->row = palloc(t->maxrows * sizeof(LoadRow));
	MemoryContextSwitchTo(old);
	return t;
}

/*
 * leadcrm_load_survey
 *		Say that as many reps are going to be read now, one after the other; 0:
 *		no more.
 *
 * In between nothing may be taken or added.  Where that is less work, all of
 * the ledger is looked at here, once for all of them.
 */
void
leadcrm_load_survey(LoadTable *t, int nreps)
{
	t->survey = nreps < SURVEY_LEAST_REPS ? NULL :
		leadcrm_load_survey_take(t->ws, t->ledger->table->rel, (BlockNumber) nreps * SURVEY_PAGES_PER_REP);
}

/*
 * leadcrm_load_read
 *		What a rep has, to choose among candidates by it.
 *
 * What is in flight counts as done.  load->turn is of this via; load->dealt is
 * of this via if it is a pool's, else of all that are not.
 */
void
leadcrm_load_read(LoadTable *t, const char *rep, const char *via, DateADT today, Load *load)
{
	load_begin(t, rep, via, today);
	if (t->survey != NULL)
		load_recall(t);
	else
		load_scan(t);
	load_read(t, load);
}

/*
 * leadcrm_load_take
 *		Add to what a rep has, if that leaves him within his limits.
 *
 * amount: nothing negative.  A limit is looked at if the amount counts for it.
 * known: what leadcrm_load_read() said, for which he was chosen, or NULL.
 *
 * Says which limit forbids it, or that he has something else than what is
 * known, which is then brought up to date; either way nothing has changed.
 * Waits for nobody.
 */
LoadRefusal
leadcrm_load_take(LoadTable *t, const char *rep, const char *via, DateADT today,
				  const Load *amount, const LoadLimit *limit, Load *known)
{
	LoadRefusal refusal;
	int64		id;

	load_begin(t, rep, via, today);
	load_scan(t);
	if (known != NULL)
	{
		Load		now;

		load_read(t, &now);
		if (now.open != known->open || now.dealt != known->dealt || now.turn != known->turn)
		{
			*known = now;
			return LOAD_CHANGED;
		}
	}
	refusal = load_refusal(t, amount, limit, false);
	if (refusal != LOAD_TAKEN)
		return refusal;

	id = load_write(t, amount);
	do
	{
		CHECK_FOR_INTERRUPTS();
		load_scan(t);
	} while (!load_confirm(t));
	refusal = load_refusal(t, amount, limit, true);
	if (refusal != LOAD_TAKEN)
	{
		Load		back = {.open = -amount->open, .dealt = -amount->dealt, .turn = -amount->turn};

		for (int i = 0; i < t->nrows; i++)
		{
			if (t->row[i].id == id && load_update(t, &t->row[i], &back))
				return refusal;
		}
		elog(ERROR, "lost row " INT64_FORMAT " of rep_load", id);
	}
	return refusal;
}

/*
 * leadcrm_load_add
 *		Add to what a rep has, or take from it, whatever his limits.
 *
 * Waits for nobody.
 */
void
leadcrm_load_add(LoadTable *t, const char *rep, const char *via, DateADT today, const Load *amount)
{
	load_begin(t, rep, via, today);
	load_scan(t);
	(void) load_write(t, amount);
}

/*
 * leadcrm_load_close
 *		Close the ledger; its lock stays to the end.
 */
void
leadcrm_load_close(LoadTable *t)
{
	leadcrm_ledger_close(t->ledger);
}

/* The index on rep, id; NULL when it is not there. */
static Relation
load_index(const ResultRelInfo *result)
{
	for (int i = 0; i < result->ri_NumIndices; i++)
	{
		Relation	index = result->ri_IndexRelationDescs[i];
		const IndexInfo *info = result->ri_IndexRelationInfo[i];

		if (info->ii_NumIndexKeyAttrs == 2 &&
			info->ii_IndexAttrNumbers[0] == LOAD_REP + 1 &&
			info->ii_IndexAttrNumbers[1] == LOAD_ID + 1 &&
			index->rd_opfamily[0] == TEXT_BTREE_FAM_OID &&
			index->rd_indcollation[0] == C_COLLATION_OID &&
			index->rd_opfamily[1] == INTEGER_BTREE_FAM_OID &&
			(index->rd_indoption[1] & INDOPTION_DESC) == 0 &&
			info->ii_Predicate == NIL &&
			index->rd_index->indisvalid)
			return index;
	}
	return NULL;
}

/* What the scans look for. */
static void
load_begin(LoadTable *t, const char *rep, const char *via, DateADT today)
{
	t->rep = cstring_to_text(rep);
	t->via = cstring_to_text(via);
	t->today = today;
}

/*
 * The first scan: every version of the rep's rows that is committed or in
 * flight.  Versions of one row come one after the other, and within a page
 * in the order in which they were written.
 */
static void
load_scan(LoadTable *t)
{
	Ledger	   *ledger = t->ledger;

	t->nrows = 0;
	leadcrm_ledger_seek(ledger, PointerGetDatum(t->rep), &ledger->dirty);
	while (leadcrm_ledger_next(ledger))
	{
		const Datum *value = ledger->slot->tts_values;
		bool		in_flight = ledger->version.in_flight;
		LoadRow    *row = t->nrows > 0 ? &t->row[t->nrows - 1] : NULL;

		if (in_flight &&
			(DatumGetBool(value[LOAD_FOLDED]) ||
			 leadcrm_ledger_superseded(ExecFetchSlotHeapTuple(ledger->slot, false, NULL)->t_data,
									   ledger->dirty.xmin)))
			continue;
		if (row == NULL || row->id != DatumGetInt64(value[LOAD_ID]))
			row = load_add_row(t, DatumGetInt64(value[LOAD_ID]), DatumGetTextPP(value[LOAD_VIA]));
		load_raise(t, row);
		row->version = ledger->version;
		row->folded = DatumGetBool(value[LOAD_FOLDED]);
		row->open = DatumGetInt64(value[LOAD_OPEN]);
		row->turn = DatumGetFloat8(value[LOAD_TURN]);
		row->day = DatumGetDateADT(value[LOAD_DAY]);
		row->dealt = DatumGetInt64(value[LOAD_DEALT]);
		if (!in_flight)
		{
			row->settled_turn = row->turn;
			row->settled = true;
		}
	}
}

/*
 * The second scan: what is committed now; false when a row was folded away
 * since the first.
 */
static bool
load_confirm(LoadTable *t)
{
	bool		serializable = IsolationIsSerializable();	/* no predicate locks */
	Snapshot	latest = RegisterSnapshot(GetLatestSnapshot());
	int			nscanned = t->nrows;
	int			i = 0;

	leadcrm_ledger_seek(t->ledger, PointerGetDatum(t->rep), serializable ? SnapshotAny : latest);
	while (leadcrm_ledger_next(t->ledger))
	{
		TupleTableSlot *slot = t->ledger->slot;
		int64		id = DatumGetInt64(slot->tts_values[LOAD_ID]);
		LoadRow    *row;

		if (serializable && !table_tuple_satisfies_snapshot(t->ledger->table->rel, slot, latest))
			continue;
		while (i < nscanned && t->row[i].id < id)
			i++;
		row = i < nscanned && t->row[i].id == id ? &t->row[i] :
			load_add_row(t, id, DatumGetTextPP(slot->tts_values[LOAD_VIA]));
		load_raise(t, row);
		row->confirmed = true;
	}
	UnregisterSnapshot(latest);

	for (i = 0; i < nscanned; i++)
	{
		if (t->row[i].settled && !t->row[i].confirmed)
			return false;
	}
	return true;
}

/*
 * Instead of the first scan, for reading only: what the survey has seen.  Of
 * several versions of a row the one in flight counts, of these the last.
 */
static void
load_recall(LoadTable *t)
{
	dlist_head *seen_rows = leadcrm_load_survey_rows(t->survey, text_to_cstring(t->rep));
	bool		unsettled = leadcrm_load_survey_unsettled(t->survey);
	dlist_iter	i;

	t->nrows = 0;
	dlist_foreach(i, seen_rows)
	{
		const SurveyRow *seen = dlist_container(SurveyRow, link, i.cur);
		LoadRow    *row = NULL;

		for (int r = 0; unsettled && r < t->nrows && row == NULL; r++)
		{
			if (t->row[r].id == seen->id)
				row = &t->row[r];
		}
		if (row == NULL)
			row = load_add_row(t, seen->id, seen->via);
		if (!seen->in_flight)
			row->settled_turn = seen->turn;
		else
			row->version.in_flight = true;
		if (row->version.in_flight && !seen->in_flight)
			continue;
		row->open = seen->open;
		row->turn = seen->turn;
		row->day = seen->day;
		row->dealt = seen->dealt;
	}
}

/* A row of the rep's. */
static LoadRow *
load_add_row(LoadTable *t, int64 id, const text *via)
{
	LoadRow    *row;

	if (t->nrows == t->maxrows)
	{
		t->maxrows *= 2;
		t->row = repalloc(t->row, t->maxrows * sizeof(LoadRow));
	}
	row = &t->row[t->nrows++];
	memset(row, 0, sizeof(LoadRow));
	row->id = id;
	row->same_via = VARSIZE_ANY_EXHDR(via) == VARSIZE_ANY_EXHDR(t->via) &&
		memcmp(VARDATA_ANY(via), VARDATA_ANY(t->via), VARSIZE_ANY_EXHDR(via)) == 0;
	row->pool = load_via_is_pool(via);
	row->most_open = row->most_dealt = PG_INT64_MIN;
	return row;
}

/* The row may turn out to be the version in the slot. */
static void
load_raise(LoadTable *t, LoadRow *row)
{
	const Datum *value = t->ledger->slot->tts_values;
	int64		dealt = DatumGetDateADT(value[LOAD_DAY]) == t->today ?
		DatumGetInt64(value[LOAD_DEALT]) : 0;

	row->most_open = Max(row->most_open, DatumGetInt64(value[LOAD_OPEN]));
	row->most_dealt = Max(row->most_dealt, dealt);
}

static bool
load_via_is_pool(const text *via)
{
	size_t		len = strlen(LOAD_POOL_PREFIX);

	return VARSIZE_ANY_EXHDR(via) >= len && memcmp(VARDATA_ANY(via), LOAD_POOL_PREFIX, len) == 0;
}

/*
 * The rep's load: as it is, in flight counted as done, or the most it may be.
 * sum->dealt is without what comes from pools, dealt_via of the one via.
 */
static void
load_sum(const LoadTable *t, bool most, Load *sum, int64 *dealt_via)
{
	memset(sum, 0, sizeof(Load));
	*dealt_via = 0;
	for (int i = 0; i < t->nrows; i++)
	{
		const LoadRow *row = &t->row[i];
		int64		dealt = most ? row->most_dealt : row->day == t->today ? row->dealt : 0;

		if (most && !row->settled && !row->confirmed)
		{
			/* The row itself may turn out not to be. */
			sum->open += Max(row->most_open, 0);
			dealt = Max(dealt, 0);
		}
		else
			sum->open += most ? row->most_open : row->open;
		if (!row->pool)
			sum->dealt += dealt;
		if (row->same_via)
		{
			sum->turn += row->turn;
			sum->settled_turn += row->settled_turn;
			*dealt_via += dealt;
		}
	}
}

/* What leadcrm_load_read() says. */
static void
load_read(const LoadTable *t, Load *load)
{
	int64		dealt_via;

	load_sum(t, false, load, &dealt_via);
	if (load_via_is_pool(t->via))
		load->dealt = dealt_via;
}

/* Which limit is in the way of an amount, that is or is not yet written? */
static LoadRefusal
load_refusal(const LoadTable *t, const Load *amount, const LoadLimit *limit, bool written)
{
	Load		sum;
	int64		dealt_via;

	load_sum(t, written, &sum, &dealt_via);
	if (!written)
	{
		sum.open += amount->open;
		sum.dealt += amount->dealt;
		dealt_via += amount->dealt;
	}
	if (amount->open > 0 && limit->capacity >= 0 && sum.open > limit->capacity)
		return LOAD_FULL;
	if (amount->dealt > 0 && limit->dealt >= 0 && !load_via_is_pool(t->via) &&
		sum.dealt > limit->dealt)
		return LOAD_DAY_OVER;
	if (amount->dealt > 0 && limit->dealt_via >= 0 && dealt_via > limit->dealt_via)
		return LOAD_VIA_OVER;
	return LOAD_TAKEN;
}

/*
 * Add an amount to one of the rows that load_scan() has found, this
 * transaction's own before others that are free, or to a new one; its id.
 */
static int64
load_write(LoadTable *t, const Load *amount)
{
	for (int i = 0; i < t->nrows; i++)
	{
		LoadRow    *row = &t->row[i];

		if (row->version.ours && load_is_usable(t, row, amount) && load_update(t, row, amount))
			return row->id;
	}
	for (int i = 0; i < t->nrows; i++)
	{
		LoadRow    *row = &t->row[i];

		if (!row->version.ours && load_is_usable(t, row, amount) && load_update(t, row, amount))
			return row->id;
	}
	return load_insert(t, amount);
}

/*
 * May an amount be added to the row?  A sum that this transaction has folded
 * would not count as such any more, and others would count it twice.
 */
static bool
load_is_usable(const LoadTable *t, const LoadRow *row, const Load *amount)
{
	if (row->version.busy || (row->folded && row->version.ours))
		return false;
	if (amount->turn == 0 && amount->dealt == 0)
		return true;
	return row->same_via &&
		(amount->dealt == 0 || row->dealt == 0 ||
		 row->day == t->today || row->day < t->today - LOAD_KEEP_DAYS);
}

/* Add an amount to a row; false when somebody else is at it. */
static bool
load_update(LoadTable *t, LoadRow *row, const Load *amount)
{
	TupleTableSlot *slot = leadcrm_ledger_lock(t->ledger, &row->version);
	Datum	   *value;

	if (slot == NULL)
		return false;
	value = slot->tts_values;
	value[LOAD_OPEN] = Int64GetDatum(row->open + amount->open);
	value[LOAD_TURN] = Float8GetDatum(row->turn + amount->turn);
	if (amount->dealt != 0)
	{
		value[LOAD_DAY] = DateADTGetDatum(t->today);
		value[LOAD_DEALT] = Int64GetDatum((row->day == t->today ? row->dealt : 0) + amount->dealt);
	}
	value[LOAD_FOLDED] = BoolGetDatum(false);
	leadcrm_ledger_update(t->ledger, &row->version);
	return true;
}

/* Add a row; its id. */
static int64
load_insert(LoadTable *t, const Load *amount)
{
	TupleTableSlot *slot = leadcrm_direct_row(t->ledger->table);
	Datum	   *value = slot->tts_values;
	int64		id = DatumGetInt64(value[LOAD_ID]);

	memset(slot->tts_isnull, false, lengthof(load_column) * sizeof(bool));
	value[LOAD_REP] = PointerGetDatum(t->rep);
	value[LOAD_VIA] = PointerGetDatum(t->via);
	value[LOAD_OPEN] = Int64GetDatum(amount->open);
	value[LOAD_TURN] = Float8GetDatum(amount->turn);
	value[LOAD_DAY] = DateADTGetDatum(t->today);
	value[LOAD_DEALT] = Int64GetDatum(amount->dealt);
	value[LOAD_FOLDED] = BoolGetDatum(false);
	leadcrm_ledger_insert(t->ledger);
	return id;
}
