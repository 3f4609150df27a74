/* fuzz: fold.c */
/*-------------------------------------------------------------------------
 * fold_fuzz.c
 *	  Fuzz target of fold.c: idempotence, growth and truncation.
 *
 * The first byte of the input chooses the flags.
 *-------------------------------------------------------------------------
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fold.h"
#include "utf8.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned	flags;
	size_t		room,
				n,
				again;
	bool		truncated;
	char	   *once,
			   *twice;

	if (size == 0)
		return 0;
	flags = data[0] & FOLD_ALL;
	data++;
	size--;

	room = size * FOLD_GROWTH;
	once = malloc(room + 1);
	n = leadcrm_fold((const char *) data, size, once, room, flags, &truncated);
	assert(!truncated && n <= room);
	for (const char *p = once; p < once + n;)
		utf8_next(&p, once + n);

	/* a fold of a fold changes nothing, and fits where it came from */
	twice = malloc(n + 1);
	again = leadcrm_fold(once, n, twice, n, flags, &truncated);
	assert(!truncated && again == n && memcmp(once, twice, n) == 0);
	free(twice);

	/* a short destination gets a prefix */
	for (size_t small = 0; small < n && small < 9; small++)
	{
		char	   *part = malloc(small + 1);
		size_t		m = leadcrm_fold((const char *) data, size, part, small, flags, &truncated);

		assert(truncated && m <= small && memcmp(part, once, m) == 0);
		if ((flags & FOLD_SPACE) && m > 0)
			assert(part[m - 1] != ' ');
		free(part);
	}
	free(once);
	return 0;
}
