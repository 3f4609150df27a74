/*-------------------------------------------------------------------------
 * cell.h
 *	  What a cell of a form or a spreadsheet says, if it says anything.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_CELL_H
#define LEADCRM_CELL_H

#include <stdbool.h>
#include <stddef.h>

extern size_t leadcrm_cell_read(const char **s, size_t len);
extern bool leadcrm_cell_is_test(const char *s, size_t len);
extern bool leadcrm_title_is_honorific(const char *s, size_t len);

#endif							/* LEADCRM_CELL_H */
