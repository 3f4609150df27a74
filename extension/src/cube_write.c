/*-------------------------------------------------------------------------
 * cube_write.c
 *	  The table lead_cube: adding to it so that nobody waits.
 *
 * What leads of certain dimensions count for is the sum of the rows with these
 * dimensions; as a rule there is one.  Whoever changes it adds to one that
 * nobody is writing and, where he finds several, makes one of them; where all
 * are being written he inserts another, which may be less than nothing.  So no
 * writer waits for another, no job has to tidy up, and commit and rollback make
 * the sum exact.  Who reads adds up in any case.
 *
 * The rows are found by a key, a hash of the dimensions (leadcrm_cube_key()),
 * and then compared: what shares a key by chance is just another row, and so is
 * one that another writer is about to insert.
 *
 * What is open, what is won and what is lost lies in partitions of its own, for
 * most questions are about one of them.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "access/xact.h"
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

static const DirectColumn cube_column[CUBE_NCOLUMNS] = {
	[CUBE_KEY] = {"key", INT8OID},
	[CUBE_LEADS] = {"leads", INT8OID},
	[CUBE_SCORE] = {"score", INT8OID},
	[CUBE_SCORED] = {"scored", INT8OID},
	[CUBE_ASSIGNED] = {"assigned", INT8OID},
	[CUBE_CONTACTED] = {"contacted", INT8OID},
	[CUBE_CONTACT_MINUTES] = {"contact_minutes", INT8OID},
	[CUBE_EXPECTED_AMOUNT] = {"expected_amount", NUMERICOID},
	[CUBE_WON_AMOUNT] = {"won_amount", NUMERICOID},
	[CUBE_CREATED_ON] = {"created_on", DATEOID},
	[CUBE_WON_ON] = {"won_on", DATEOID},
	[CUBE_LOST_ON] = {"lost_on", DATEOID},
	[CUBE_CLOSES_ON] = {"closes_on", DATEOID},
	[CUBE_FIRST_SOURCE] = {"first_source", TEXTOID},
	[CUBE_LAST_SOURCE] = {"last_source", TEXTOID},
	[CUBE_OWNER] = {"owner", TEXTOID},
	[CUBE_TEAM] = {"team", TEXTOID},
	[CUBE_REGION] = {"region", TEXTOID},
	[CUBE_INDUSTRY] = {"industry", TEXTOID},
	[CUBE_PRODUCT_LINE] = {"product_line", TEXTOID},
	[CUBE_PROCESS] = {"process", TEXTOID},
	[CUBE_STAGE] = {"stage", TEXTOID},
	[CUBE_CURRENCY] = {"currency", TEXTOID},
	[CUBE_INTENT] = {"intent", TEXTOID},
	[CUBE_KIND] = {"kind", TEXTOID},
	[CUBE_STAGES] = {"stages", TEXTARRAYOID},
	[CUBE_CAMPAIGN] = {"campaign", TEXTOID},
	[CUBE_PARTNER] = {"partner", TEXTOID},
	[CUBE_LOSS_REASON] = {"loss_reason", TEXTOID},
	[CUBE_COMPETITOR] = {"competitor", TEXTOID},
};

static void write_cell(CubeChanges *changes, CubeCell *cell);
static int	find_rows(CubeChanges *changes, const CubeCell *cell, LedgerVersion *row);
static bool has_dimensions(const Ledger *ledger, const CubeCell *cell);
static void insert_row(DirectTable *table, const CubeCell *cell);
static void set_sum(TupleTableSlot *slot, const CubeSum *sum);

PG_FUNCTION_INFO_V1(leadcrm_cube_row_key);

/*
 * leadcrm_cube_ledger
 *		A partition of the cube, which is opened for the statement at first.
 *
 * Locks it in ROW EXCLUSIVE mode.  Raises 55000 when it is not as the template
 * makes it, 42P01 when it is gone.
 */
Ledger *
leadcrm_cube_ledger(CubeChanges *changes, CubePart part)
{
	static const char *const name[] = {
		[CUBE_OPEN] = "lead_cube_open",
		[CUBE_WON] = "lead_cube_won",
		[CUBE_LOST] = "lead_cube_lost",
	};
	DirectTable *table;
	Relation	index = NULL;

	if (changes->ledger[part] != NULL)
		return changes->ledger[part];
	table = leadcrm_direct_open_partition(changes->ws, name[part], cube_column, lengthof(cube_column),
										  changes->home);
	if (table != NULL)
		index = leadcrm_direct_index(table, CUBE_KEY);
	if (index == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" is not as leadcrm made it", "lead_cube"),
				 errhint("Drop triggers, rules and columns that were added to it;"
						 " leadcrm.repair_workspace() makes its index again.")));
	changes->ledger[part] = leadcrm_ledger_open(table, index, F_INT8EQ, changes->home);
	return changes->ledger[part];
}

/*
 * leadcrm_cube_write
 *		Add cells to the table.
 *
 * cell: sorted by partition and key.  The sums are used up.  Waits for nobody.
 */
void
leadcrm_cube_write(CubeChanges *changes, CubeCell **cell, int ncells)
{
	MemoryContext old = MemoryContextSwitchTo(changes->row_cxt);

	for (int i = 0; i < ncells; i++)
	{
		CHECK_FOR_INTERRUPTS();
		write_cell(changes, cell[i]);
		MemoryContextReset(changes->row_cxt);
	}
	MemoryContextSwitchTo(old);
	for (int i = 0; i < CUBE_NPARTS; i++)
	{
		if (changes->ledger[i] != NULL)
			leadcrm_direct_flush(changes->ledger[i]->table);
	}
	CommandCounterIncrement();	/* what comes next finds it */
}

/* Add one cell, in a memory context that is reset behind it. */
static void
write_cell(CubeChanges *changes, CubeCell *cell)
{
	Ledger	   *ledger = changes->ledger[cell->part];
	LedgerVersion row[CUBE_MOST_ROWS];
	int			nrows = find_rows(changes, cell, row);
	int			target = -1;
	TupleTableSlot *slot = NULL;

	for (int i = 0; i < nrows; i++)
	{
		slot = leadcrm_ledger_lock(ledger, &row[i]);
		if (slot == NULL)
			continue;
		for (int column = CUBE_LEADS; column < CUBE_CREATED_ON; column++)
			leadcrm_cube_add(&cell->sum, column, slot->tts_values[column], 1);
		if (target < 0)
			target = i;
		else
			leadcrm_ledger_delete(ledger, &row[i]);
	}

	if (target < 0)
		insert_row(ledger->table, cell);
	else if (leadcrm_cube_is_nothing(&cell->sum))
		leadcrm_ledger_delete(ledger, &row[target]);
	else
	{
		if (nrows > 1)
			slot = leadcrm_ledger_lock(ledger, &row[target]);	/* it is ours already */
		Assert(slot != NULL);
		set_sum(slot, &cell->sum);
		leadcrm_ledger_update(ledger, &row[target]);
	}
}

/* The rows of a cell's dimensions that nobody else is writing. */
static int
find_rows(CubeChanges *changes, const CubeCell *cell, LedgerVersion *row)
{
	Ledger	   *ledger = changes->ledger[cell->part];
	int			n = 0;

	leadcrm_ledger_seek(ledger, Int64GetDatum(cell->key), &ledger->dirty);
	while (leadcrm_ledger_next(ledger))
	{
		if (!ledger->version.busy && n < CUBE_MOST_ROWS && has_dimensions(ledger, cell))
			row[n++] = ledger->version;
	}
	return n;
}

/* Has the row that the scan came by the dimensions of the cell? */
static bool
has_dimensions(const Ledger *ledger, const CubeCell *cell)
{
	const TupleTableSlot *slot = ledger->slot;
	MinimalTuple dimensions = leadcrm_cube_dimensions(slot->tts_tupleDescriptor, slot->tts_values,
													  slot->tts_isnull);

	return dimensions->t_len == cell->dimensions->t_len &&
		memcmp(dimensions, cell->dimensions, dimensions->t_len) == 0;
}

static void
insert_row(DirectTable *table, const CubeCell *cell)
{
	TupleTableSlot *slot = leadcrm_direct_row(table);
	HeapTupleData tuple;

	tuple.t_len = cell->dimensions->t_len + MINIMAL_TUPLE_OFFSET;
	tuple.t_data = (HeapTupleHeader) ((char *) cell->dimensions - MINIMAL_TUPLE_OFFSET);
	heap_deform_tuple(&tuple, RelationGetDescr(table->rel), slot->tts_values, slot->tts_isnull);
	slot->tts_values[CUBE_KEY] = Int64GetDatum(cell->key);
	slot->tts_isnull[CUBE_KEY] = false;
	set_sum(slot, &cell->sum);
	leadcrm_direct_insert(table);
}

static void
set_sum(TupleTableSlot *slot, const CubeSum *sum)
{
	for (int i = 0; i < CUBE_NCOUNTS; i++)
		slot->tts_values[CUBE_LEADS + i] = Int64GetDatum(sum->count[i]);
	for (int i = 0; i < CUBE_NAMOUNTS; i++)
		slot->tts_values[CUBE_EXPECTED_AMOUNT + i] =
			NumericGetDatum(sum->amount[i] != NULL ? sum->amount[i] : int64_to_numeric(0));
	memset(&slot->tts_isnull[CUBE_LEADS], false, (CUBE_CREATED_ON - CUBE_LEADS) * sizeof(bool));
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
