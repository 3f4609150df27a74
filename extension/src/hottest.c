/*-------------------------------------------------------------------------
 * hottest.c
 *	  The leads with the highest scores at a moment, without scoring all.
 *
 * A score is the sum of five parts: the fit and one part of each half-life
 * class.  There is an index on each that gives the leads from the most of it
 * to the least, at any moment the same order (decay.h).  The five are read
 * side by side; no lead that none of them has shown yet can have more than
 * the parts at which they stand, summed up.  When the lead in the last of the
 * places wanted has more than that, these are the highest.  That is the
 * threshold algorithm: Fagin, Lotem, Naor, "Optimal aggregation algorithms
 * for middleware", PODS 2001.
 *
 * The index that falls fastest is read first.  Where the five
 * have nothing to choose between leads (many have all that a class allows, or
 * few pass the filter), reading on costs more than looking at every lead
 * once, which is then done instead.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "access/sysattr.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/binaryheap.h"
#include "miscadmin.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "score.h"

#define HOTTEST_MAX		10000	/* leads asked for at once */
#define HOTTEST_LISTS	(1 + DECAY_CLASSES)

/* Columns that the score is read from: id, fit, and two of each class. */
#define SCORE_COLUMNS	(2 + 2 * DECAY_CLASSES)

/* Rows read of a list at a time; more of one that does not fall. */
#define LIST_BATCH		50
#define LIST_BATCH_MAX	5000

/*
 * Reading a lead by index costs several times what it costs in the order of
 * the table: give up when that share of the leads has been read.
 */
#define LIST_SHARE		8
#define LIST_ROWS_MIN	20000

/* A lead that is among the highest so far. */
typedef struct HotLead
{
	int64		id;				/* first: key of Hottest.members */
	int64		score;
	int			fit;
	int			part[DECAY_CLASSES];
} HotLead;

/* The leads in the order of one part of the score. */
typedef struct HotList
{
	Portal		portal;
	int64		part;			/* no lead below has more */
	int64		nread;
	int			batch;			/* rows to read next */
	double		fall;			/* of the part for each row of the last batch */
	bool		done;
} HotList;

typedef struct Hottest
{
	Workspace  *ws;
	ScoreModel *model;
	TimestampTz as_of;
	int			n;				/* leads asked for */
	RuleSet    *filter;			/* NULL: none */
	TupleTableSlot *slot;		/* what the filter sees of a row */
	int			ncolumns;		/* of the filter, */
	AttrNumber *column;			/* read behind those of the score */
	HotList		list[HOTTEST_LISTS];
	int64		nread;
	binaryheap *heap;			/* the lowest of them on top */
	HTAB	   *members;
} Hottest;

static void set_filter(Hottest *hot, Relation lead, const char *condition);
static void open_lists(Hottest *hot);
static Portal open_cursor(Hottest *hot, const char *order);
static HotList *next_list(Hottest *hot);
static void read_list(Hottest *hot, HotList *list);
static bool settled(const Hottest *hot);
static void read_all(Hottest *hot);
static int64 consider(Hottest *hot, HeapTuple row, int part);
static bool passes(Hottest *hot, HeapTuple row);
static int	compare_lowest(Datum a, Datum b, void *arg);
static void put_result(ReturnSetInfo *rsinfo, Hottest *hot);

PG_FUNCTION_INFO_V1(leadcrm_hottest);

/*
 * leadcrm_hottest
 *		hottest(lead regclass, n integer, filter text, as_of timestamptz) returns
 *		rows of lead_id, score, fit and the four parts of behaviour: the n
 *		living leads with the highest scores, those with the lower id first
 *		where they are equal.
 *
 * filter: a condition over the row, or NULL.  as_of: not in the past.  Exact by what stands in the
 * rows: after half-lives have changed, rescore() brings them up to date.
 *
 * The leads are read as the caller, with his rights and policies.  Raises
 * 22023 for more than 10000 leads or a moment that is past or not finite, and what is
 * wrong with the filter, as rule_set.c does for a strict set.
 */
Datum
leadcrm_hottest(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Hottest		hot = {0};
	HASHCTL		ctl;
	Relation	lead;
	int64		budget;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		return (Datum) 0;
	if (PG_ARGISNULL(1) || PG_GETARG_INT32(1) < 0 || PG_GETARG_INT32(1) > HOTTEST_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of leads must be between 0 and %d", HOTTEST_MAX)));
	if (PG_ARGISNULL(3) || TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMPTZ(3)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the moment of a score must be finite")));
	if (PG_GETARG_TIMESTAMPTZ(3) < GetCurrentTransactionStartTimestamp())
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the hottest leads of the past are not known"),
				 errhint("score_at() tells the score of one lead at a moment in the past.")));
	hot.n = PG_GETARG_INT32(1);
	hot.as_of = PG_GETARG_TIMESTAMPTZ(3);

	lead = table_open(PG_GETARG_OID(0), AccessShareLock);
	hot.ws = leadcrm_workspace_of(lead);
	hot.model = leadcrm_score_model(hot.ws, lead);
	SPI_connect();
	hot.slot = MakeSingleTupleTableSlot(RelationGetDescr(lead), &TTSOpsVirtual);
	if (!PG_ARGISNULL(2))
		set_filter(&hot, lead, text_to_cstring(PG_GETARG_TEXT_PP(2)));
	hot.heap = binaryheap_allocate(Max(hot.n, 1), compare_lowest, NULL);
	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(HotLead);
	ctl.hcxt = CurrentMemoryContext;
	hot.members = hash_create("leadcrm hottest", hot.n, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	if (hot.n > 0)
	{
		budget = Max(LIST_ROWS_MIN, (int64) lead->rd_rel->reltuples / LIST_SHARE);
		open_lists(&hot);
		while (!settled(&hot))
		{
			HotList    *list = next_list(&hot);

			CHECK_FOR_INTERRUPTS();
			if (list == NULL || hot.nread > budget)
			{
				read_all(&hot);
				break;
			}
			read_list(&hot, list);
		}
		put_result(rsinfo, &hot);
	}

	for (int i = 0; i < HOTTEST_LISTS; i++)
	{
		if (hot.list[i].portal != NULL)
			SPI_cursor_close(hot.list[i].portal);
	}
	ExecDropSingleTupleTableSlot(hot.slot);
	SPI_finish();
	table_close(lead, AccessShareLock);
	return (Datum) 0;
}

/* Compile the filter and find out which columns it looks at. */
static void
set_filter(Hottest *hot, Relation lead, const char *condition)
{
	const char *zone = pg_get_timezone_name(hot->ws->time_zone);
	RuleText	filter = {"filter", condition};
	RuleExpr	expr;
	Bitmapset  *columns = NULL;
	int			member = -1;

	hot->filter = leadcrm_rule_set_build(lead, 1, &filter, zone, true, CurrentMemoryContext);
	leadcrm_rule_parse(lead, condition, zone, &expr);
	pull_varattnos((Node *) expr.expr, 1, &columns);
	hot->column = palloc(Max(bms_num_members(columns), 1) * sizeof(AttrNumber));
	while ((member = bms_next_member(columns, member)) >= 0)
		hot->column[hot->ncolumns++] = member + FirstLowInvalidHeapAttributeNumber;
}

/* Open the lists, and read a batch of each: the part of none is known before. */
static void
open_lists(Hottest *hot)
{
	static const char *const order[HOTTEST_LISTS] = {
		" AND l.fit IS NOT NULL ORDER BY l.fit DESC",
		" AND l.behaviour_1 IS NOT NULL ORDER BY l.behaviour_1_at DESC, l.behaviour_1 DESC",
		" AND l.behaviour_2 IS NOT NULL ORDER BY l.behaviour_2_at DESC, l.behaviour_2 DESC",
		" AND l.behaviour_3 IS NOT NULL ORDER BY l.behaviour_3_at DESC, l.behaviour_3 DESC",
		" AND l.behaviour_4 IS NOT NULL ORDER BY l.behaviour_4_at DESC, l.behaviour_4 DESC"
	};

	for (int i = 0; i < HOTTEST_LISTS; i++)
	{
		HotList    *list = &hot->list[i];

		list->batch = LIST_BATCH;
		list->done = i > 0 && hot->model->half_life[i - 1] <= 0;
		if (list->done)
			continue;
		list->portal = open_cursor(hot, order[i]);
		read_list(hot, list);
	}
}

/* Leads in some order, each with the parts of its score and what the filter sees. */
static Portal
open_cursor(Hottest *hot, const char *order)
{
	static const char *const off[] = {"jit", "enable_sort", "enable_seqscan", "enable_bitmapscan"};
	int			noff = order[0] != '\0' ? lengthof(off) : 1;
	SPIParseOpenOptions options = {.read_only = true};
	int			nestlevel = NewGUCNestLevel();
	StringInfoData query;
	Portal		portal;

	initStringInfo(&query);
	appendStringInfoString(&query, "SELECT l.id, l.fit, l.behaviour_1, l.behaviour_1_at,"
						   " l.behaviour_2, l.behaviour_2_at, l.behaviour_3, l.behaviour_3_at,"
						   " l.behaviour_4, l.behaviour_4_at");
	for (int i = 0; i < hot->ncolumns; i++)
		appendStringInfo(&query, ", l.%s",
						 quote_identifier(NameStr(TupleDescAttr(hot->slot->tts_tupleDescriptor,
																hot->column[i] - 1)->attname)));
	appendStringInfo(&query, " FROM %s.lead l WHERE l.merged_into IS NULL%s", hot->ws->name, order);

	/* In the order of the index, then: most of a list is never read. */
	for (int i = 0; i < noff; i++)
		(void) set_config_option(off[i], "off", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	portal = SPI_cursor_parse_open(NULL, query.data, &options);
	AtEOXact_GUC(true, nestlevel);
	pfree(query.data);
	return portal;
}

/* The list that falls fastest; NULL when no list tells leads apart any more. */
static HotList *
next_list(Hottest *hot)
{
	HotList    *best = NULL;

	for (int i = 0; i < HOTTEST_LISTS; i++)
	{
		HotList    *list = &hot->list[i];

		if (!list->done && list->part > 0 &&
			(best == NULL || list->fall > best->fall ||
			 (list->fall == best->fall && list->nread < best->nread)))
			best = list;
	}
	return best;
}

/* Look at the next leads of a list. */
static void
read_list(Hottest *hot, HotList *list)
{
	int			which = (int) (list - hot->list);
	int64		first = 0;
	uint64		n;

	SPI_cursor_fetch(list->portal, true, list->batch);
	n = SPI_processed;
	for (uint64 i = 0; i < n; i++)
	{
		list->part = consider(hot, SPI_tuptable->vals[i], which);
		if (i == 0)
			first = list->part;
	}
	SPI_freetuptable(SPI_tuptable);
	hot->nread += n;
	list->nread += n;
	list->done = n < list->batch;

	/* Who is not in a list has nothing of its part; less than that is worse. */
	if (list->done || list->part < 0)
		list->part = 0;
	list->fall = (double) (first - list->part) / list->batch;
	if (list->fall == 0)
		list->batch = Min(2 * list->batch, LIST_BATCH_MAX);
}

/* Can no other lead be among the highest? */
static bool
settled(const Hottest *hot)
{
	int64		most = 0;

	if (hot->heap->bh_size < hot->n)
		return false;
	for (int i = 0; i < HOTTEST_LISTS; i++)
		most += hot->list[i].part;

	/* One that is equal might have the lower id. */
	return ((HotLead *) DatumGetPointer(binaryheap_first(hot->heap)))->score > most;
}

/* Look at every lead. */
static void
read_all(Hottest *hot)
{
	Portal		portal = open_cursor(hot, "");
	uint64		n;

	do
	{
		CHECK_FOR_INTERRUPTS();
		SPI_cursor_fetch(portal, true, 20 * LIST_BATCH);
		n = SPI_processed;
		for (uint64 i = 0; i < n; i++)
			(void) consider(hot, SPI_tuptable->vals[i], 0);
		SPI_freetuptable(SPI_tuptable);
		} while (n > 0);
	SPI_cursor_close(portal);
}

/*
 * Keep a lead if it is among the highest so far; returns the given part of its
 * score: 0 the fit, n that of class n.  row: as open_cursor() has it, in
 * SPI_tuptable.
 */
static int64
consider(Hottest *hot, HeapTuple row, int part)
{
	TupleDesc	tupdesc = SPI_tuptable->tupdesc;
	ScoreCurve	curve;
	HotLead		one;
	HotLead    *member;
	bool		isnull;
	bool		found;
	Datum		value;

	one.id = DatumGetInt64(SPI_getbinval(row, tupdesc, 1, &isnull));
	value = SPI_getbinval(row, tupdesc, 2, &isnull);
	one.fit = isnull ? 0 : DatumGetInt32(value);
	one.score = one.fit;
	for (int c = 0; c < DECAY_CLASSES; c++)
	{
		one.part[c] = 0;
		value = SPI_getbinval(row, tupdesc, 3 + 2 * c, &isnull);
		if (isnull)
			continue;
		curve.sum[c].value = DatumGetFloat8(value);
		curve.sum[c].at = DatumGetTimestampTz(SPI_getbinval(row, tupdesc, 4 + 2 * c, &isnull));
		curve.half_life[c] = hot->model->half_life[c];
		curve.most[c] = hot->model->most[c];
		one.part[c] = (int) leadcrm_score_class(&curve, c, hot->as_of);
		one.score += one.part[c];
	}

	if ((hot->heap->bh_size < hot->n ||
		 compare_lowest(PointerGetDatum(&one), binaryheap_first(hot->heap), NULL) < 0) &&
		hash_search(hot->members, &one.id, HASH_FIND, NULL) == NULL &&
		(hot->filter == NULL || passes(hot, row)))
	{
		if (hot->heap->bh_size == hot->n)
		{
			member = (HotLead *) DatumGetPointer(binaryheap_remove_first(hot->heap));
			(void) hash_search(hot->members, &member->id, HASH_REMOVE, NULL);
		}
		member = hash_search(hot->members, &one.id, HASH_ENTER, &found);
		*member = one;
		binaryheap_add(hot->heap, PointerGetDatum(member));
	}
	return part == 0 ? one.fit : one.part[part - 1];
}

/* Does the lead at hand pass the filter? */
static bool
passes(Hottest *hot, HeapTuple row)
{
	TupleTableSlot *slot = hot->slot;
	uint64		matched[RULE_WORDS(1)];

	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));
	for (int i = 0; i < hot->ncolumns; i++)
	{
		int			place = hot->column[i] - 1;

		slot->tts_values[place] = SPI_getbinval(row, SPI_tuptable->tupdesc,
												SCORE_COLUMNS + i + 1, &slot->tts_isnull[place]);
	}
	ExecStoreVirtualTuple(slot);
	leadcrm_rule_set_match(hot->filter, slot, hot->as_of, matched);
	return RULE_MATCHED(matched, 0);
}

/* Order of the heap: the lowest score on top, of equal ones the highest id. */
static int
compare_lowest(Datum a, Datum b, void *arg)
{
	const HotLead *x = (const HotLead *) DatumGetPointer(a);
	const HotLead *y = (const HotLead *) DatumGetPointer(b);

	if (x->score != y->score)
		return x->score < y->score ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

/* The leads that are left, the highest first. */
static void
put_result(ReturnSetInfo *rsinfo, Hottest *hot)
{
	int			n = hot->heap->bh_size;
	HotLead   **lead = palloc(Max(n, 1) * sizeof(HotLead *));

	for (int i = n - 1; i >= 0; i--)
		lead[i] = (HotLead *) DatumGetPointer(binaryheap_remove_first(hot->heap));
	for (int i = 0; i < n; i++)
	{
		Datum		row[3 + DECAY_CLASSES];
		bool		nulls[3 + DECAY_CLASSES] = {false};

		row[0] = Int64GetDatum(lead[i]->id);
		row[1] = Int32GetDatum((int32) lead[i]->score);
		row[2] = Int32GetDatum(lead[i]->fit);
		for (int c = 0; c < DECAY_CLASSES; c++)
			row[3 + c] = Int32GetDatum(lead[i]->part[c]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row, nulls);
	}
}
