/*-------------------------------------------------------------------------
 * load.h
 *	  The ledger of loads: how many open leads a rep has and what he got.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_LOAD_H
#define LEADCRM_LOAD_H

#include "utils/date.h"

#include "workspace.h"

/* via of what somebody took from a pool: this, then the pool's code. */
#define LOAD_POOL_PREFIX	"pool:"

typedef struct LoadTable LoadTable;

/* What a rep has, or what is added to it. */
typedef struct Load
{
	int64		open;			/* leads */
	int64		dealt;			/* leads, today */
	double		turn;			/* under one rule */
	double		settled_turn;	/* read only: without what others have in flight */
} Load;

/* What a rep may have; -1: no limit. */
typedef struct LoadLimit
{
	int64		capacity;		/* open leads */
	int64		dealt;			/* today, but for what comes from pools */
	int64		dealt_via;		/* today, of the one via */
} LoadLimit;

typedef enum LoadRefusal
{
	LOAD_TAKEN,
	LOAD_FULL,
	LOAD_DAY_OVER,
	LOAD_VIA_OVER,
	LOAD_CHANGED				/* no longer what the caller knows */
} LoadRefusal;

extern LoadTable *leadcrm_load_open(Workspace *ws, MemoryContext cxt);
extern void leadcrm_load_survey(LoadTable *t, int nreps);
extern void leadcrm_load_read(LoadTable *t, const char *rep, const char *via, DateADT today,
							  Load *load);
extern LoadRefusal leadcrm_load_take(LoadTable *t, const char *rep, const char *via, DateADT today,
									 const Load *amount, const LoadLimit *limit, Load *known);
extern void leadcrm_load_add(LoadTable *t, const char *rep, const char *via, DateADT today,
							 const Load *amount);
extern void leadcrm_load_close(LoadTable *t);

#endif							/* LEADCRM_LOAD_H */
