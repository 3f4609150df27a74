/*-------------------------------------------------------------------------
 * cube.c
 *	  The cube: what leads count for, by all that reports are read by.
 *
 * A living lead is one row of dimensions (days, stage, owner, source ...) and
 * measures (itself, its score, its amounts ...).  The table lead_cube holds the
 * sums of the measures by dimensions, always as of the transaction that reads
 * it.  Here is what a lead counts for, and the gathering of what a statement
 * changes: each version of a lead that it takes away, each that it makes.
 * Where both count for the same, nothing is left to be written.
 *
 * The view _cube_recount of a workspace says the same in SQL.  The one
 * invariant: at any moment the rows of lead_cube sum up to it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "cube.h"
#include "lifecycle.h"
#include "row_trigger.h"

/* Cells that are gathered before they are written, at most; some 500 bytes each. */
#define CUBE_MOST_CELLS		32768

/* Bits of a key below the day's. */
#define CUBE_HASH_BITS		47

/* Dimensions that are a lead's own columns. */
static const struct
{
	CubeColumn	dimension;
	LeadColumn	column;
}			cube_text[] = {
	{CUBE_KIND, LEAD_KIND},
	{CUBE_PROCESS, LEAD_PROCESS},
	{CUBE_STAGE, LEAD_STAGE},
	{CUBE_OWNER, LEAD_OWNER},
	{CUBE_TEAM, LEAD_TEAM},
	{CUBE_REGION, LEAD_REGION},
	{CUBE_INDUSTRY, LEAD_INDUSTRY},
	{CUBE_PRODUCT_LINE, LEAD_PRODUCT_LINE},
	{CUBE_FIRST_SOURCE, LEAD_FIRST_SOURCE},
	{CUBE_LAST_SOURCE, LEAD_LAST_SOURCE},
	{CUBE_CAMPAIGN, LEAD_CAMPAIGN},
	{CUBE_PARTNER, LEAD_PARTNER},
	{CUBE_INTENT, LEAD_INTENT},
	{CUBE_LOSS_REASON, LEAD_LOSS_REASON},
	{CUBE_COMPETITOR, LEAD_COMPETITOR},
	{CUBE_CURRENCY, LEAD_CURRENCY},
};

/* Dimensions that are the day of a moment. */
static const struct
{
	CubeColumn	dimension;
	LeadColumn	column;
}			cube_day[] = {
	{CUBE_CREATED_ON, LEAD_CREATED_AT},
	{CUBE_WON_ON, LEAD_WON_AT},
	{CUBE_LOST_ON, LEAD_LOST_AT},
};

/* Measures that are an amount of money. */
static const LeadColumn cube_amount[CUBE_NAMOUNTS] = {LEAD_EXPECTED_AMOUNT, LEAD_WON_AMOUNT};

static void begin_cells(CubeChanges *changes);
static void write_cells(CubeChanges *changes);
static int	compare_cells(const void *a, const void *b);
static CubePart part_of(const bool *isnull);
static void lead_dimensions(const Workspace *ws, TupleTableSlot *lead, Datum *values, bool *isnull);
static DateADT day_of(TimestampTz at, pg_tz *zone);
static Datum stages_of(const Workspace *ws, TupleTableSlot *lead);
static void count_lead(const Workspace *ws, TupleTableSlot *lead, int sign, CubeSum *sum);
static int64 minutes_to_contact(const Workspace *ws, TupleTableSlot *lead);

#define SH_PREFIX		cells
#define SH_ELEMENT_TYPE	CubeCell
#define SH_KEY_TYPE		MinimalTuple
#define SH_KEY			dimensions
#define SH_HASH_KEY(tb, k)	hash_bytes((const unsigned char *) (k), (k)->t_len)
#define SH_EQUAL(tb, a, b)	((a)->t_len == (b)->t_len && memcmp((a), (b), (a)->t_len) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, e)	((e)->hash)
#define SH_SCOPE		static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/*
 * leadcrm_cube_begin
 *		Begin to gather what a statement changes.
 *
 * cxt: where the result lives; a context of the current subtransaction.
 */
CubeChanges *
leadcrm_cube_begin(Workspace *ws, MemoryContext cxt)
{
	CubeChanges *changes = MemoryContextAllocZero(cxt, sizeof(CubeChanges));

	changes->ws = ws;
	changes->home = cxt;
	return changes;
}

/*
 * leadcrm_cube_same
 *		Do two versions of a lead count for the same?  False when it takes more
 *		than a look to tell.
 */
bool
leadcrm_cube_same(const Workspace *ws, TupleTableSlot *old, TupleTableSlot *new)
{
	static const LeadColumn other[] = {
		LEAD_MERGED_INTO, LEAD_SCORE, LEAD_LIFECYCLE, LEAD_EXPECTED_CLOSE_ON, LEAD_ASSIGNED_AT,
		LEAD_FIRST_CONTACTED_AT, LEAD_FIRST_CONTACT_FROM
	};

	for (int i = 0; i < lengthof(other); i++)
	{
		if (leadcrm_row_differs(old, new, ws->column[other[i]]))
			return false;
	}
	for (int i = 0; i < lengthof(cube_text); i++)
	{
		if (leadcrm_row_differs(old, new, ws->column[cube_text[i].column]))
			return false;
	}
	for (int i = 0; i < lengthof(cube_day); i++)
	{
		if (leadcrm_row_differs(old, new, ws->column[cube_day[i].column]))
			return false;
	}
	for (int i = 0; i < CUBE_NAMOUNTS; i++)
	{
		if (leadcrm_row_differs(old, new, ws->column[cube_amount[i]]))
			return false;
	}
	return true;
}

/*
 * leadcrm_cube_count
 *		Count a version of a lead: it is there now (sign 1), or no more (-1).
 *
 * A merged row counts for nothing.  When much has been gathered it is written.
 * Raises as leadcrm_cube_ledger().
 */
void
leadcrm_cube_count(CubeChanges *changes, TupleTableSlot *lead, int sign)
{
	Workspace  *ws = changes->ws;
	MemoryContext old;
	MinimalTuple dimensions;
	Datum		values[CUBE_NCOLUMNS];
	bool		isnull[CUBE_NCOLUMNS];
	CubeCell   *cell;
	CubePart	part;
	int64		key;
	bool		found;

	if (!slot_attisnull(lead, ws->column[LEAD_MERGED_INTO]))
		return;
	if (changes->cells == NULL)
	{
		changes->cxt = AllocSetContextCreate(changes->home, "leadcrm cube cells", ALLOCSET_DEFAULT_SIZES);
		changes->row_cxt = AllocSetContextCreate(changes->home, "leadcrm cube row", ALLOCSET_SMALL_SIZES);
		begin_cells(changes);
	}
	else if (changes->cells->members >= CUBE_MOST_CELLS)
		write_cells(changes);

	old = MemoryContextSwitchTo(changes->row_cxt);
	lead_dimensions(ws, lead, values, isnull);
	part = part_of(isnull);
	dimensions = leadcrm_cube_dimensions(RelationGetDescr(leadcrm_cube_ledger(changes, part)->table->rel),
										 values, isnull);
	key = leadcrm_cube_key(dimensions, DatumGetDateADT(values[CUBE_CREATED_ON]));
	cell = cells_insert_hash(changes->cells, dimensions, (uint32) key, &found);
	MemoryContextSwitchTo(changes->cxt);
	if (!found)
	{
		cell->dimensions = heap_copy_minimal_tuple_compat(dimensions);
		cell->key = key;
		cell->part = part;
		memset(&cell->sum, 0, sizeof(CubeSum));
	}
	count_lead(ws, lead, sign, &cell->sum);
	MemoryContextSwitchTo(old);
	MemoryContextReset(changes->row_cxt);
}

/*
 * leadcrm_cube_end
 *		Write what was gathered, and close the cube if it was opened.
 */
void
leadcrm_cube_end(CubeChanges *changes)
{
	if (changes->cells != NULL)
	{
		write_cells(changes);
		for (int i = 0; i < CUBE_NPARTS; i++)
		{
			if (changes->ledger[i] != NULL)
				leadcrm_ledger_close(changes->ledger[i]);
		}
		MemoryContextDelete(changes->row_cxt);
		MemoryContextDelete(changes->cxt);
	}
	pfree(changes);
}

static void
begin_cells(CubeChanges *changes)
{
	changes->cells = cells_create(changes->cxt, 1, NULL);
}

/* Write what was gathered, partition by partition in the order of the keys, and begin anew. */
static void
write_cells(CubeChanges *changes)
{
	CubeCell  **cells = MemoryContextAlloc(changes->cxt, (changes->cells->members + 1) * sizeof(CubeCell *));
	CubeCell   *cell;
	cells_iterator i;
	int			n = 0;

	cells_start_iterate(changes->cells, &i);
	while ((cell = cells_iterate(changes->cells, &i)) != NULL)
	{
		if (!leadcrm_cube_is_nothing(&cell->sum))
			cells[n++] = cell;
	}
	qsort(cells, n, sizeof(CubeCell *), compare_cells);
	leadcrm_cube_write(changes, cells, n);
	MemoryContextReset(changes->cxt);
	begin_cells(changes);
}

static int
compare_cells(const void *a, const void *b)
{
	const CubeCell *x = *(CubeCell *const *) a;
	const CubeCell *y = *(CubeCell *const *) b;

	if (x->part != y->part)
		return x->part < y->part ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

/*
 * leadcrm_cube_dimensions
 *		The dimensions of a row of lead_cube, or of what could be one, so that
 *		equal ones are equal byte by byte.
 *
 * values, isnull: of them only the dimensions are looked at.
 */
MinimalTuple
leadcrm_cube_dimensions(TupleDesc tupdesc, const Datum *values, const bool *isnull)
{
	Datum		value[CUBE_NCOLUMNS];
	bool		null[CUBE_NCOLUMNS];

	memset(null, true, sizeof(null));
	for (int i = CUBE_CREATED_ON; i < CUBE_NCOLUMNS; i++)
	{
		null[i] = isnull[i];
		if (isnull[i])
			continue;
		value[i] = i < CUBE_FIRST_SOURCE ? values[i] : PointerGetDatum(PG_DETOAST_DATUM_PACKED(values[i]));
	}
	/* All bytes count: heap_form_minimal_tuple() leaves none to chance. */
	return heap_form_minimal_tuple_compat(tupdesc, value, null);
}

/*
 * leadcrm_cube_key
 *		The key of dimensions; never negative.
 *
 * The day comes first, so that the keys of a day's leads are neighbours in the
 * index.  (Those before 1910 or after 2089 may be neighbours of any others.)
 */
int64
leadcrm_cube_key(const MinimalTupleData *dimensions, DateADT created_on)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) dimensions, dimensions->t_len, 0);
	uint64		day = (uint32) created_on + 0x8000;

	return (int64) ((day & 0xffff) << CUBE_HASH_BITS | hash >> (64 - CUBE_HASH_BITS));
}

/*
 * leadcrm_cube_add
 *		Add the measure in a column of lead_cube to a sum, or take it away.
 *
 * An amount is allocated in the current memory context.
 */
void
leadcrm_cube_add(CubeSum *sum, int column, Datum value, int sign)
{
	Numeric    *amount;
	Numeric		before;

	if (column < CUBE_EXPECTED_AMOUNT)
	{
		sum->count[column - CUBE_LEADS] += sign * DatumGetInt64(value);
		return;
	}
	amount = &sum->amount[column - CUBE_EXPECTED_AMOUNT];
	before = *amount != NULL ? *amount : int64_to_numeric(0);
	*amount = DatumGetNumeric(DirectFunctionCall2(sign > 0 ? numeric_add : numeric_sub,
												  NumericGetDatum(before), value));
	pfree(before);
}

/*
 * leadcrm_cube_is_nothing
 *		Is there nothing in a sum?
 */
bool
leadcrm_cube_is_nothing(const CubeSum *sum)
{
	for (int i = 0; i < CUBE_NCOUNTS; i++)
	{
		if (sum->count[i] != 0)
			return false;
	}
	for (int i = 0; i < CUBE_NAMOUNTS; i++)
	{
		if (sum->amount[i] != NULL &&
			DatumGetBool(DirectFunctionCall2(numeric_ne, NumericGetDatum(sum->amount[i]),
											 NumericGetDatum(int64_to_numeric(0)))))
			return false;
	}
	return true;
}

/* Where a row of these dimensions is: what lead_cube is partitioned by. */
static CubePart
part_of(const bool *isnull)
{
	if (!isnull[CUBE_WON_ON])
		return CUBE_WON;
	return isnull[CUBE_LOST_ON] ? CUBE_OPEN : CUBE_LOST;
}

/* What a lead is counted by; values may point into its row. */
static void
lead_dimensions(const Workspace *ws, TupleTableSlot *lead, Datum *values, bool *isnull)
{
	Datum		value;

	for (int i = 0; i < lengthof(cube_text); i++)
		values[cube_text[i].dimension] =
			slot_getattr(lead, ws->column[cube_text[i].column], &isnull[cube_text[i].dimension]);
	for (int i = 0; i < lengthof(cube_day); i++)
	{
		value = slot_getattr(lead, ws->column[cube_day[i].column], &isnull[cube_day[i].dimension]);
		if (!isnull[cube_day[i].dimension])
			values[cube_day[i].dimension] =
				DateADTGetDatum(day_of(DatumGetTimestampTz(value), ws->time_zone));
	}

	value = slot_getattr(lead, ws->column[LEAD_EXPECTED_CLOSE_ON], &isnull[CUBE_CLOSES_ON]);
	if (!isnull[CUBE_CLOSES_ON])
	{
		DateADT		day = DatumGetDateADT(value);
		int			year,
					month,
					day_of_month;

		isnull[CUBE_CLOSES_ON] = DATE_NOT_FINITE(day);
		if (!DATE_NOT_FINITE(day))
		{
			j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
			values[CUBE_CLOSES_ON] = DateADTGetDatum(day - (day_of_month - 1));
		}
	}

	values[CUBE_STAGES] = stages_of(ws, lead);
	isnull[CUBE_STAGES] = false;
}

/* The day of a moment in a time zone. */
static DateADT
day_of(TimestampTz at, pg_tz *zone)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;

	if (TIMESTAMP_IS_NOBEGIN(at))
		return DATEVAL_NOBEGIN;
	if (TIMESTAMP_IS_NOEND(at))
		return DATEVAL_NOEND;
	if (timestamp2tm(at, &offset, &tm, &fsec, NULL, zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	return date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
}

/* The stages that a lead has reached, in the order of their first entry. */
static Datum
stages_of(const Workspace *ws, TupleTableSlot *lead)
{
	bool		isnull;
	Datum		lifecycle = slot_getattr(lead, ws->column[LEAD_LIFECYCLE], &isnull);
	LifecycleReader reader;
	Datum	   *stage;

	if (isnull)
		return PointerGetDatum(construct_empty_array(TEXTOID));
	leadcrm_lifecycle_begin(&reader, PG_DETOAST_DATUM_PACKED(lifecycle));
	stage = palloc(reader.nstages * sizeof(Datum));
	for (int i = 0; i < reader.nstages; i++)
	{
		int			len;
		const char *name = leadcrm_lifecycle_stage(&reader, i, &len);

		stage[i] = PointerGetDatum(cstring_to_text_with_len(name, len));
	}
	return PointerGetDatum(construct_array(stage, reader.nstages, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Add what a lead counts for, in the current memory context. */
static void
count_lead(const Workspace *ws, TupleTableSlot *lead, int sign, CubeSum *sum)
{
	bool		isnull;
	Datum		value;

	sum->count[CUBE_LEADS - CUBE_LEADS] += sign;
	value = slot_getattr(lead, ws->column[LEAD_SCORE], &isnull);
	if (!isnull)
	{
		sum->count[CUBE_SCORE - CUBE_LEADS] += sign * DatumGetInt32(value);
		sum->count[CUBE_SCORED - CUBE_LEADS] += sign;
	}
	if (!slot_attisnull(lead, ws->column[LEAD_ASSIGNED_AT]))
		sum->count[CUBE_ASSIGNED - CUBE_LEADS] += sign;
	if (!slot_attisnull(lead, ws->column[LEAD_FIRST_CONTACTED_AT]))
	{
		sum->count[CUBE_CONTACTED - CUBE_LEADS] += sign;
		sum->count[CUBE_CONTACT_MINUTES - CUBE_LEADS] += sign * minutes_to_contact(ws, lead);
	}
	for (int i = 0; i < CUBE_NAMOUNTS; i++)
	{
		Numeric		amount;

		value = slot_getattr(lead, ws->column[cube_amount[i]], &isnull);
		if (isnull)
			continue;
		amount = DatumGetNumeric(value);
		/* What cannot be taken away again is not counted. */
		if (!numeric_is_nan(amount) && !numeric_is_inf(amount))
			leadcrm_cube_add(sum, CUBE_EXPECTED_AMOUNT + i, NumericGetDatum(amount), sign);
	}
}

/*
 * From the assignment before it, or the arrival, to the first contact; never
 * negative.
 */
static int64
minutes_to_contact(const Workspace *ws, TupleTableSlot *lead)
{
	bool		isnull;
	TimestampTz contact = DatumGetTimestampTz(slot_getattr(lead, ws->column[LEAD_FIRST_CONTACTED_AT], &isnull));
	TimestampTz from = DatumGetTimestampTz(slot_getattr(lead, ws->column[LEAD_FIRST_CONTACT_FROM], &isnull));

	if (isnull)
		from = DatumGetTimestampTz(slot_getattr(lead, ws->column[LEAD_ASSIGNED_AT], &isnull));
	if (isnull)
		from = DatumGetTimestampTz(slot_getattr(lead, ws->column[LEAD_CREATED_AT], &isnull));
	if (TIMESTAMP_NOT_FINITE(contact) || TIMESTAMP_NOT_FINITE(from) || contact <= from)
		return 0;
	return (contact - from) / USECS_PER_MINUTE;
}
