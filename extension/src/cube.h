/*-------------------------------------------------------------------------
 * cube.h
 *	  The cube: what leads count for, by all that reports are read by.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_CUBE_H
#define LEADCRM_CUBE_H

#include "commands/trigger.h"
#include "utils/date.h"
#include "utils/numeric.h"

#include "ledger.h"
#include "settle.h"
#include "workspace.h"

/* Columns of lead_cube, in the order in which the template makes them. */
typedef enum CubeColumn
{
	CUBE_KEY,
	CUBE_LEADS,					/* counts */
	CUBE_SCORE,
	CUBE_SCORED,
	CUBE_ASSIGNED,
	CUBE_CONTACTED,
	CUBE_CONTACT_MINUTES,
	CUBE_EXPECTED_AMOUNT,		/* amounts */
	CUBE_WON_AMOUNT,
	CUBE_CREATED_ON,			/* dimensions */
	CUBE_WON_ON,
	CUBE_LOST_ON,
	CUBE_CLOSES_ON,
	CUBE_FIRST_SOURCE,
	CUBE_LAST_SOURCE,
	CUBE_OWNER,
	CUBE_TEAM,
	CUBE_REGION,
	CUBE_INDUSTRY,
	CUBE_PRODUCT_LINE,
	CUBE_PROCESS,
	CUBE_STAGE,
	CUBE_CURRENCY,
	CUBE_INTENT,
	CUBE_KIND,
	CUBE_STAGES,
	CUBE_CAMPAIGN,
	CUBE_PARTNER,
	CUBE_LOSS_REASON,
	CUBE_COMPETITOR,
	CUBE_NCOLUMNS
} CubeColumn;

#define CUBE_NCOUNTS	(CUBE_EXPECTED_AMOUNT - CUBE_LEADS)
#define CUBE_NAMOUNTS	(CUBE_CREATED_ON - CUBE_EXPECTED_AMOUNT)

/* The partitions of lead_cube: by whether leads are won, lost or neither. */
typedef enum CubePart
{
	CUBE_OPEN,
	CUBE_WON,
	CUBE_LOST,
	CUBE_NPARTS
} CubePart;

/* What is counted; an amount that is NULL is 0. */
typedef struct CubeSum
{
	int64		count[CUBE_NCOUNTS];
	Numeric		amount[CUBE_NAMOUNTS];
} CubeSum;

/* Leads of the same dimensions. */
typedef struct CubeCell
{
	MinimalTuple dimensions;	/* a row of lead_cube, all else NULL */
	int64		key;
	CubePart	part;
	CubeSum		sum;
	uint32		hash;			/* these two are the hash table's */
	char		status;
} CubeCell;

/* What the rows of one statement change, until it is written. */
typedef struct CubeChanges
{
	Workspace  *ws;
	MemoryContext home;			/* where all of it lives */
	Ledger	   *ledger[CUBE_NPARTS];	/* opened when needed */
	MemoryContext cxt;			/* what is gathered; NULL, as the rest: nothing so far */
	MemoryContext row_cxt;		/* of one row at a time */
	struct cells_hash *cells;
} CubeChanges;

/* cube.c */
extern CubeChanges *leadcrm_cube_begin(Workspace *ws, MemoryContext cxt);
extern bool leadcrm_cube_same(const Workspace *ws, TupleTableSlot *old, TupleTableSlot *new);
extern void leadcrm_cube_count(CubeChanges *changes, TupleTableSlot *lead, int sign);
extern void leadcrm_cube_end(CubeChanges *changes);
extern MinimalTuple leadcrm_cube_dimensions(TupleDesc tupdesc, const Datum *values,
											const bool *isnull);
extern int64 leadcrm_cube_key(const MinimalTupleData *dimensions, DateADT created_on);
extern void leadcrm_cube_add(CubeSum *sum, int column, Datum value, int sign);
extern bool leadcrm_cube_is_nothing(const CubeSum *sum);

/* cube_write.c */
extern Ledger *leadcrm_cube_ledger(CubeChanges *changes, CubePart part);
extern void leadcrm_cube_write(CubeChanges *changes, CubeCell **cell, int ncells);

/* cube_trigger.c */
extern void leadcrm_cube_settle_rows(Workspace *ws, TriggerData *trigdata, int sign);
extern void leadcrm_cube_settle_update(SettleFrame *frame);

#endif							/* LEADCRM_CUBE_H */
