/*-------------------------------------------------------------------------
 * load_survey.c
 *	  The ledger of loads as a whole, kept between statements.
 *
 * To choose among many candidates is to read what each of them has, and a
 * search in an index for each costs more than the whole of a small table.  So
 * a session keeps what it has read of rep_load, page by page, and reads a page
 * again only when something may have become of it: its LSN is another, or it
 * showed rows whose writers were in progress.
 *
 * The invariant: what is kept of a page of which neither is true, is what
 * reading it under a dirty snapshot would show.  Whoever writes, prunes or
 * freezes a row logs that, and so moves the LSN; hint bits do not, and say
 * nothing new.  A table whose changes are not logged is read each time.
 *
 * As with load.c's scans, pages are not looked at in one moment: a row that
 * moves from one to another in between may be missed.  That is good enough to
 * choose; who takes something looks for himself.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/xact.h"
#include "common/hashfn.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "ledger.h"
#include "load_survey.h"

/* Pages that are worth keeping, at most; many may be empty. */
#define SURVEY_MOST_PAGES	512

/* The rows of a rep; never removed, for reps seldom go. */
typedef struct SurveyRep
{
	const char *code;
	dlist_head *rows;
	uint32		hash;			/* these two are the hash table's */
	char		status;
} SurveyRep;

#define SH_PREFIX		reps
#define SH_ELEMENT_TYPE	SurveyRep
#define SH_KEY_TYPE		const char *
#define SH_KEY			code
#define SH_HASH_KEY(tb, k)	hash_bytes((const unsigned char *) (k), (int) strlen(k))
#define SH_EQUAL(tb, a, b)	(strcmp((a), (b)) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, e)	((e)->hash)
#define SH_SCOPE		static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

typedef struct SurveyPage
{
	bool		settled;		/* nobody who wrote in it was in progress */
	XLogRecPtr	lsn;
	Buffer		buffer;			/* that it was in */
	OffsetNumber nplaces;
	SurveyRow **row;			/* by place; NULL: none that counts */
} SurveyPage;

struct LoadSurvey
{
	MemoryContext cxt;
	Oid			storage;		/* TRUNCATE begins another */
	bool		unsettled;		/* of one of the pages */
	BlockNumber npages;
	SurveyPage	page[SURVEY_MOST_PAGES];
	reps_hash  *reps;
};

static LoadSurvey *survey_begin(Workspace *ws, Relation rel);
static void survey_page(LoadSurvey *survey, Relation rel, SurveyPage *page, Buffer buffer);
static bool is_ours(HeapTupleHeader tuple);
static void keep_row(LoadSurvey *survey, SurveyRow **place, TupleDesc tupdesc, HeapTuple tuple,
					 bool in_flight);
static void drop_row(SurveyRow **place);
static void more_places(LoadSurvey *survey, SurveyPage *page, OffsetNumber last);
static void forget_page(SurveyPage *page);

/*
 * leadcrm_load_survey_take
 *		Bring the survey of a workspace's rep_load up to date.
 *
 * rel: the table, locked.  It lives with the workspace.
 *
 * Returns NULL when the table has more than `most` pages.
 */
LoadSurvey *
leadcrm_load_survey_take(Workspace *ws, Relation rel, BlockNumber most)
{
	BlockNumber npages = RelationGetNumberOfBlocks(rel);
	LoadSurvey *survey = ws->load_survey;

	if (npages > Min(most, SURVEY_MOST_PAGES))
		return NULL;
	if (survey == NULL || survey->storage != rel->rd_rel->relfilenode)
		survey = survey_begin(ws, rel);
	while (survey->npages > npages)
		forget_page(&survey->page[--survey->npages]);
	survey->npages = npages;
	survey->unsettled = false;

	for (BlockNumber i = 0; i < npages; i++)
	{
		SurveyPage *page = &survey->page[i];

		/* As a rule it is still there, and need not be looked up. */
		if (!BufferIsValid(page->buffer) || !ReadRecentBuffer_compat(rel, i, page->buffer))
			page->buffer = ReadBuffer(rel, i);
		if (!page->settled || page->lsn != BufferGetLSNAtomic(page->buffer))
			survey_page(survey, rel, page, page->buffer);
		ReleaseBuffer(page->buffer);
		survey->unsettled |= !page->settled;
	}
	return survey;
}

/*
 * leadcrm_load_survey_unsettled
 *		May there be several versions of one row?
 */
bool
leadcrm_load_survey_unsettled(const LoadSurvey *survey)
{
	return survey->unsettled;
}

static LoadSurvey *
survey_begin(Workspace *ws, Relation rel)
{
	MemoryContext cxt;
	LoadSurvey *survey = ws->load_survey;

	if (survey != NULL)
	{
		ws->load_survey = NULL;
		MemoryContextDelete(survey->cxt);
	}
	cxt = AllocSetContextCreate(ws->cxt, "leadcrm load survey", ALLOCSET_DEFAULT_SIZES);
	survey = MemoryContextAllocZero(cxt, sizeof(LoadSurvey));
	survey->cxt = cxt;
	survey->storage = rel->rd_rel->relfilenode;
	survey->reps = reps_create(cxt, 128, NULL);
	ws->load_survey = survey;
	return survey;
}

/*
 * Read a page, which is pinned.  A row that is still where its writer put it
 * is the same: places are given away again only after he is long gone.
 */
static void
survey_page(LoadSurvey *survey, Relation rel, SurveyPage *page, Buffer buffer)
{
	Page		content = BufferGetPage(buffer);
	SnapshotData dirty;
	OffsetNumber last;
	bool		settled = RelationNeedsWAL(rel);

	page->settled = false;
	InitDirtySnapshot(dirty);
	LockBuffer(buffer, BUFFER_LOCK_SHARE);
	page->lsn = BufferGetLSNAtomic(buffer);
	last = PageGetMaxOffsetNumber(content);
	more_places(survey, page, last);
	for (OffsetNumber offset = FirstOffsetNumber; offset <= page->nplaces; offset++)
	{
		SurveyRow **row = &page->row[offset - 1];
		ItemId		item = offset <= last ? PageGetItemId(content, offset) : NULL;
		HeapTupleData tuple;
		bool		visible;
		bool		in_flight;

		if (item == NULL || !ItemIdIsNormal(item))
		{
			drop_row(row);
			continue;
		}
		tuple.t_data = (HeapTupleHeader) PageGetItem(content, item);
		tuple.t_len = ItemIdGetLength(item);
		tuple.t_tableOid = RelationGetRelid(rel);
		ItemPointerSet(&tuple.t_self, BufferGetBlockNumber(buffer), offset);
		visible = HeapTupleSatisfiesVisibility(&tuple, &dirty, buffer);
		in_flight = TransactionIdIsValid(dirty.xmin);
		if (in_flight || TransactionIdIsValid(dirty.xmax) || is_ours(tuple.t_data))
			settled = false;
		if (visible && !in_flight && *row != NULL && !(*row)->in_flight &&
			(*row)->writer == HeapTupleHeaderGetRawXmin(tuple.t_data))
			continue;
		drop_row(row);
		if (visible && !(in_flight && leadcrm_ledger_superseded(tuple.t_data, dirty.xmin)))
			keep_row(survey, row, RelationGetDescr(rel), &tuple, in_flight);
	}
	LockBuffer(buffer, BUFFER_LOCK_UNLOCK);
	page->settled = settled;
}

/* Has this transaction written, replaced or deleted the row? */
static bool
is_ours(HeapTupleHeader tuple)
{
	return TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetRawXmin(tuple)) ||
		(!(tuple->t_infomask & HEAP_XMAX_INVALID) &&
		 TransactionIdIsCurrentTransactionId(HeapTupleHeaderGetUpdateXid(tuple)));
}

/* Keep a row, unless it is a sum that somebody is folding: its parts count. */
static void
keep_row(LoadSurvey *survey, SurveyRow **place, TupleDesc tupdesc, HeapTuple tuple, bool in_flight)
{
	Datum		value[LOAD_NCOLUMNS];
	bool		isnull[LOAD_NCOLUMNS];
	SurveyRow  *row;
	Size		via_size;
	char	   *rep;

	heap_deform_tuple(tuple, tupdesc, value, isnull);
	if (in_flight && DatumGetBool(value[LOAD_FOLDED]))
		return;
	via_size = VARSIZE_ANY(DatumGetPointer(value[LOAD_VIA]));
	rep = TextDatumGetCString(value[LOAD_REP]);
	row = MemoryContextAlloc(survey->cxt, sizeof(SurveyRow) + via_size);
	row->writer = HeapTupleHeaderGetRawXmin(tuple->t_data);
	row->id = DatumGetInt64(value[LOAD_ID]);
	row->via = (text *) (row + 1);
	memcpy(row->via, DatumGetPointer(value[LOAD_VIA]), via_size);
	row->open = DatumGetInt64(value[LOAD_OPEN]);
	row->turn = DatumGetFloat8(value[LOAD_TURN]);
	row->day = DatumGetDateADT(value[LOAD_DAY]);
	row->dealt = DatumGetInt64(value[LOAD_DEALT]);
	row->in_flight = in_flight;
	dlist_push_tail(leadcrm_load_survey_rows(survey, rep), &row->link);
	*place = row;
	pfree(rep);
}

static void
drop_row(SurveyRow **place)
{
	if (*place == NULL)
		return;
	dlist_delete(&(*place)->link);
	pfree(*place);
	*place = NULL;
}

/*
 * leadcrm_load_survey_rows
 *		What was seen of a rep: a list of SurveyRow, valid until the next survey.
 */
dlist_head *
leadcrm_load_survey_rows(LoadSurvey *survey, const char *rep)
{
	SurveyRep  *entry = reps_lookup(survey->reps, rep);
	dlist_head *rows;
	bool		found;

	if (entry != NULL)
		return entry->rows;
	rows = MemoryContextAlloc(survey->cxt, sizeof(dlist_head));
	dlist_init(rows);
	rep = MemoryContextStrdup(survey->cxt, rep);
	entry = reps_insert(survey->reps, rep, &found);
	entry->rows = rows;
	return rows;
}

/* Room for what is at places up to the last. */
static void
more_places(LoadSurvey *survey, SurveyPage *page, OffsetNumber last)
{
	SurveyRow **row;

	if (last <= page->nplaces)
		return;
	row = MemoryContextAllocZero(survey->cxt, last * sizeof(SurveyRow *));
	if (page->row != NULL)
	{
		memcpy(row, page->row, page->nplaces * sizeof(SurveyRow *));
		pfree(page->row);
	}
	page->row = row;
	page->nplaces = last;
}

/* Forget what was seen of a page that is gone. */
static void
forget_page(SurveyPage *page)
{
	page->settled = false;
	for (int i = 0; i < page->nplaces; i++)
		drop_row(&page->row[i]);
}
