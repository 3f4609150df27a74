/*-------------------------------------------------------------------------
 * cube_write.c
 *	  The table lead_cube: adding to it so that nobody waits.
 *
 * What leads of certain dimensions count for is the sum of the rows with these
 * dimensions; as a rule there is one.  Whoever changes it adds to one that
 * nobody is writing and, where he finds several, makes one of them; where all
 * are being written he inserts another.  So no writer waits for another, no job
 * has to tidy up, and commit and rollback make the sum exact.
 *
 * The rows are found by a key, a hash of the dimensions (leadcrm_cube_key()),
 * and then compared: what shares a key by chance is just another row.  A row
 * that means nothing by itself, because it was inserted beside others or its
 * sum is not of any leads, has the key ~key, which is negative: who reads the
 * table (the view _cube) takes the rows of a key as they are unless there are
 * such as well, and adds these up.  Two writers of new dimensions may each insert
 * a row without seeing the other's; both of these mean something.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/xact.h"
#include "catalog/pg_opfamily.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "cube.h"

/* Rows of the same dimensions that are looked at, at most. */
#define CUBE_MOST_ROWS	64

/* Less cells than that are not worth a look ahead. */
#define CUBE_FEW_CELLS	4

static const DirectColumn cube_column[CUBE_NCOLUMNS] = {
	[CUBE_KEY] = {"key", INT8OID},
	[CUBE_CREATED_ON] = {"created_on", DATEOID},
	[CUBE_WON_ON] = {"won_on", DATEOID},
	[CUBE_LOST_ON] = {"lost_on", DATEOID},
	[CUBE_CLOSES_ON] = {"closes_on", DATEOID},
	[CUBE_KIND] = {"kind", TEXTOID},
	[CUBE_PROCESS] = {"process", TEXTOID},
	[CUBE_STAGE] = {"stage", TEXTOID},
	[CUBE_STAGES] = {"stages", TEXTARRAYOID},
	[CUBE_OWNER] = {"owner", TEXTOID},
	[CUBE_TEAM] = {"team", TEXTOID},
	[CUBE_REGION] = {"region", TEXTOID},
	[CUBE_INDUSTRY] = {"industry", TEXTOID},
	[CUBE_PRODUCT_LINE] = {"product_line", TEXTOID},
	[CUBE_FIRST_SOURCE] = {"first_source", TEXTOID},
	[CUBE_LAST_SOURCE] = {"last_source", TEXTOID},
	[CUBE_CAMPAIGN] = {"campaign", TEXTOID},
	[CUBE_PARTNER] = {"partner", TEXTOID},
	[CUBE_INTENT] = {"intent", TEXTOID},
	[CUBE_LOSS_REASON] = {"loss_reason", TEXTOID},
	[CUBE_COMPETITOR] = {"competitor", TEXTOID},
	[CUBE_CURRENCY] = {"currency", TEXTOID},
	[CUBE_LEADS] = {"leads", INT8OID},
	[CUBE_SCORE] = {"score", INT8OID},
	[CUBE_SCORED] = {"scored", INT8OID},
	[CUBE_ASSIGNED] = {"assigned", INT8OID},
	[CUBE_CONTACTED] = {"contacted", INT8OID},
	[CUBE_CONTACT_MINUTES] = {"contact_minutes", INT8OID},
	[CUBE_EXPECTED_AMOUNT] = {"expected_amount", NUMERICOID},
	[CUBE_WON_AMOUNT] = {"won_amount", NUMERICOID},
};

static Relation cube_index(const ResultRelInfo *result);
static void write_cell(CubeChanges *changes, CubeCell *cell, bool parts);
static int	find_rows(CubeChanges *changes, const CubeCell *cell, bool parts, LedgerVersion *row,
					  bool *others);
static bool has_parts(Ledger *ledger);
static bool has_dimensions(CubeChanges *changes, const CubeCell *cell);
static void insert_row(CubeChanges *changes, const CubeCell *cell, int64 key);
static void set_sum(TupleTableSlot *slot, const CubeSum *sum);

PG_FUNCTION_INFO_V1(leadcrm_cube_row_key);

/*
 * leadcrm_cube_open
 *		Open the cube for one statement.
 *
 * cxt: where the result lives; a context of the current subtransaction.
 *
 * Locks the table in ROW EXCLUSIVE mode.  Raises 55000 when it is not as the
 * template makes it, 42P01 when it is gone.
 */
Ledger *
leadcrm_cube_open(Workspace *ws, MemoryContext cxt)
{
	DirectTable *table = leadcrm_direct_open(ws, "lead_cube", cube_column, lengthof(cube_column), cxt);
	Relation	index = NULL;

	if (table != NULL)
		index = cube_index(table->result);
	if (index == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is not as leadcrm made it", "lead_cube"),
				 errhint("Drop triggers, rules and columns that were added to it;"
						 " leadcrm.repair_workspace() makes its index again.")));
	return leadcrm_ledger_open(table, index, F_INT8EQ, cxt);
}

/* The index on key; NULL when it is not there. */
static Relation
cube_index(const ResultRelInfo *result)
{
	for (int i = 0; i < result->ri_NumIndices; i++)
	{
		Relation	index = result->ri_IndexRelationDescs[i];
		const IndexInfo *info = result->ri_IndexRelationInfo[i];

		if (info->ii_NumIndexKeyAttrs == 1 &&
			info->ii_IndexAttrNumbers[0] == CUBE_KEY + 1 &&
			index->rd_opfamily[0] == INTEGER_BTREE_FAM_OID &&
			info->ii_Predicate == NIL &&
			index->rd_index->indisvalid)
			return index;
	}
	return NULL;
}

/*
 * leadcrm_cube_write
 *		Add cells to the table.
 *
 * cell: sorted by key.  The sums are used up.  Waits for nobody.
 */
void
leadcrm_cube_write(CubeChanges *changes, CubeCell **cell, int ncells)
{
	MemoryContext old = MemoryContextSwitchTo(changes->row_cxt);
	bool		parts = ncells < CUBE_FEW_CELLS || has_parts(changes->ledger);

	for (int i = 0; i < ncells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		write_cell(changes, cell[i], parts);
		MemoryContextReset(changes->row_cxt);
	}
	MemoryContextSwitchTo(old);
	leadcrm_direct_flush(changes->ledger->table);
	CommandCounterIncrement();	/* what comes next finds it */
}

/*
 * Are there parts of sums at all?  As a rule there are not, and many cells
 * need not be asked about each.  One that comes meanwhile may wait.
 */
static bool
has_parts(Ledger *ledger)
{
	ScanKeyData equal = ledger->key;
	bool		found;

	ScanKeyInit(&ledger->key, 1, BTLessStrategyNumber, F_INT8LT, (Datum) 0);
	leadcrm_ledger_seek(ledger, Int64GetDatum(0), &ledger->dirty);
	found = leadcrm_ledger_next(ledger);
	ledger->key = equal;
	return found;
}

/*
 * Add one cell, in a memory context that is reset behind it.  parts: there may
 * be parts of its sum.
 */
static void
write_cell(CubeChanges *changes, CubeCell *cell, bool parts)
{
	Ledger	   *ledger = changes->ledger;
	LedgerVersion row[CUBE_MOST_ROWS];
	bool		others = false;
	int			nrows = find_rows(changes, cell, parts, row, &others);
	int			target = -1;
	TupleTableSlot *slot = NULL;
	bool		part;

	for (int i = 0; i < nrows; i++)
	{
		slot = leadcrm_ledger_lock(ledger, &row[i]);
		if (slot == NULL)
		{
			others = true;
			continue;
		}
		for (int column = CUBE_LEADS; column < CUBE_NCOLUMNS; column++)
			leadcrm_cube_add(&cell->sum, column, slot->tts_values[column], 1);
		if (target < 0)
			target = i;
		else
			leadcrm_ledger_delete(ledger, &row[i]);
	}

	part = cell->sum.count[CUBE_LEADS - CUBE_LEADS] <= 0;
	if (target < 0)
	{
		insert_row(changes, cell, part || others ? ~cell->key : cell->key);
		return;
	}
	if (nrows > 1)
		slot = leadcrm_ledger_lock(ledger, &row[target]);
	Assert(slot != NULL);
	if (leadcrm_cube_is_nothing(&cell->sum))
	{
		leadcrm_ledger_delete(ledger, &row[target]);
		return;
	}
	if (part || (others && DatumGetInt64(slot->tts_values[CUBE_KEY]) < 0))
		slot->tts_values[CUBE_KEY] = Int64GetDatum(~cell->key);
	else
		slot->tts_values[CUBE_KEY] = Int64GetDatum(cell->key);
	set_sum(slot, &cell->sum);
	leadcrm_ledger_update(ledger, &row[target]);
}

/*
 * The rows of a cell's dimensions that nobody else is writing, those that mean
 * something by themselves first.  others: there are more.
 */
static int
find_rows(CubeChanges *changes, const CubeCell *cell, bool parts, LedgerVersion *row, bool *others)
{
	Ledger	   *ledger = changes->ledger;
	int64		key[] = {cell->key, ~cell->key};
	int			n = 0;

	for (int i = 0; i < (parts || *others ? 2 : 1); i++)
	{
		leadcrm_ledger_seek(ledger, Int64GetDatum(key[i]), &ledger->dirty);
		while (leadcrm_ledger_next(ledger))
		{
			if (!has_dimensions(changes, cell))
				continue;
			if (ledger->version.busy || n == CUBE_MOST_ROWS)
				*others = true;
			else
				row[n++] = ledger->version;
		}
	}
	return n;
}

/* Has the row that the scan came by the dimensions of the cell? */
static bool
has_dimensions(CubeChanges *changes, const CubeCell *cell)
{
	const TupleTableSlot *slot = changes->ledger->slot;
	MinimalTuple dimensions = leadcrm_cube_dimensions(changes->tupdesc, slot->tts_values, slot->tts_isnull);

	return dimensions->t_len == cell->dimensions->t_len &&
		memcmp(dimensions, cell->dimensions, dimensions->t_len) == 0;
}

static void
insert_row(CubeChanges *changes, const CubeCell *cell, int64 key)
{
	TupleTableSlot *slot = leadcrm_direct_row(changes->ledger->table);
	HeapTupleData tuple;

	tuple.t_len = cell->dimensions->t_len + MINIMAL_TUPLE_OFFSET;
	tuple.t_data = (HeapTupleHeader) ((char *) cell->dimensions - MINIMAL_TUPLE_OFFSET);
	heap_deform_tuple(&tuple, changes->tupdesc, slot->tts_values, slot->tts_isnull);
	slot->tts_values[CUBE_KEY] = Int64GetDatum(key);
	slot->tts_isnull[CUBE_KEY] = false;
	set_sum(slot, &cell->sum);
	leadcrm_direct_insert(changes->ledger->table);
}

static void
set_sum(TupleTableSlot *slot, const CubeSum *sum)
{
	for (int i = 0; i < CUBE_NCOUNTS; i++)
		slot->tts_values[CUBE_LEADS + i] = Int64GetDatum(sum->count[i]);
	for (int i = 0; i < CUBE_NAMOUNTS; i++)
		slot->tts_values[CUBE_EXPECTED_AMOUNT + i] =
			NumericGetDatum(sum->amount[i] != NULL ? sum->amount[i] : int64_to_numeric(0));
	memset(&slot->tts_isnull[CUBE_LEADS], false, (CUBE_NCOLUMNS - CUBE_LEADS) * sizeof(bool));
}

/*
 * leadcrm_cube_row_key
 *		_cube_key(record) returns bigint: the key of a row of lead_cube,
 *		whatever is in its columns but the dimensions.
 *
 * Raises 42804 when the argument is not such a row.
 */
Datum
leadcrm_cube_row_key(PG_FUNCTION_ARGS)
{
	HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(0);
	TupleDesc	tupdesc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header),
												 HeapTupleHeaderGetTypMod(header));
	HeapTupleData tuple;
	Datum		values[CUBE_NCOLUMNS];
	bool		isnull[CUBE_NCOLUMNS];
	int64		key;

	for (int i = 0; i < CUBE_NCOLUMNS; i++)
	{
		if (tupdesc->natts != CUBE_NCOLUMNS ||
			TupleDescAttr(tupdesc, i)->atttypid != cube_column[i].type)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("argument is not a row of table \"%s\"", "lead_cube")));
	}
	tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	tuple.t_data = header;
	heap_deform_tuple(&tuple, tupdesc, values, isnull);
	key = leadcrm_cube_key(leadcrm_cube_dimensions(tupdesc, values, isnull),
						   isnull[CUBE_CREATED_ON] ? 0 : DatumGetDateADT(values[CUBE_CREATED_ON]));
	ReleaseTupleDesc(tupdesc);
	PG_RETURN_INT64(key);
}
