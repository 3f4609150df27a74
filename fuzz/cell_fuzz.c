/* fuzz: cell.c fold.c */
/*-------------------------------------------------------------------------
 * cell_fuzz.c
 *	  Fuzz target of cell.c: what is read lies inside what was given.
 *-------------------------------------------------------------------------
 */
#include <assert.h>
#include <stdint.h>

#include "cell.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *) data;
	size_t		n = leadcrm_cell_read(&s, size);

	assert(n == 0 || (s >= (const char *) data && s + n <= (const char *) data + size));
	(void) leadcrm_cell_is_test((const char *) data, size);
	(void) leadcrm_title_is_honorific((const char *) data, size);
	return 0;
}
