/*-------------------------------------------------------------------------
 * without_cube.c
 *	  Nothing in place of the cube, for views.pl to know what it costs.
 *
 * Loaded before leadcrm, whose calls of these functions then end here.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

PG_MODULE_MAGIC;

extern PGDLLEXPORT void leadcrm_cube_settle_rows(void);
extern PGDLLEXPORT void *leadcrm_cube_begin(void);
extern PGDLLEXPORT void leadcrm_cube_count(void);
extern PGDLLEXPORT void leadcrm_cube_end(void);

void
leadcrm_cube_settle_rows(void)
{
}

void *
leadcrm_cube_begin(void)
{
	static char nothing;

	return &nothing;
}

void
leadcrm_cube_count(void)
{
}

void
leadcrm_cube_end(void)
{
}
