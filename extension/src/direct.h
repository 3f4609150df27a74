/*-------------------------------------------------------------------------
 * direct.h
 *	  Inserting into a table of a workspace without a statement for each row.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_DIRECT_H
#define LEADCRM_DIRECT_H

#include "nodes/execnodes.h"
#include "utils/resowner.h"

#include "workspace.h"

/* A column as the template makes it, in its order. */
typedef struct DirectColumn
{
	const char *name;
	Oid			type;
	bool		left_out;		/* the writer may leave it to its default */
} DirectColumn;

/* Rows that are inserted together. */
#define DIRECT_MAX_ROWS		64

/* A table opened for inserting rows of one statement. */
typedef struct DirectTable
{
	Relation	rel;
	EState	   *estate;
	ResultRelInfo *result;
	TupleTableSlot *slot;		/* of the row being made */
	Oid			sequence;		/* of the first column, or InvalidOid */
	int			nrows;			/* made and not inserted yet */
	TupleTableSlot *row[DIRECT_MAX_ROWS];	/* made when needed */
	bool		fired;			/* its rows fire triggers */
	struct TransitionCaptureState *transition;	/* for these, or NULL */
	MemoryContext cxt;
	ResourceOwner owner;		/* of the references to table and indexes */
} DirectTable;

extern DirectTable *leadcrm_direct_open(Workspace *ws, const char *table,
										const DirectColumn *column, int ncolumns,
										MemoryContext cxt);
extern DirectTable *leadcrm_direct_open_partition(Workspace *ws, const char *partition,
												  const DirectColumn *column, int ncolumns,
												  MemoryContext cxt);
extern DirectTable *leadcrm_direct_open_side(Workspace *ws, WorkspaceSide which,
											 const DirectColumn *column, int ncolumns,
											 MemoryContext cxt);
extern DirectTable *leadcrm_direct_open_fired(Workspace *ws, WorkspaceSide which,
											  const DirectColumn *column, int ncolumns,
											  MemoryContext cxt);
extern void leadcrm_direct_trust(DirectTable *table, AttrNumber column, Oid referenced,
								 AttrNumber key);
extern Relation leadcrm_direct_index(const DirectTable *table, int column);
extern TupleTableSlot *leadcrm_direct_row(DirectTable *table);
extern void leadcrm_direct_insert(DirectTable *table);
extern void leadcrm_direct_flush(DirectTable *table);
extern void leadcrm_direct_close(DirectTable *table);

/* direct_check.c */
extern void leadcrm_direct_prepare(Workspace *ws, ResultRelInfo *result);

#endif							/* LEADCRM_DIRECT_H */
