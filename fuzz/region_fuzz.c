/* fuzz: region.c place.c company.c fold.c */
/*-------------------------------------------------------------------------
 * region_fuzz.c
 *	  libFuzzer target for region.c and place.c.
 *
 * Besides memory errors it looks for a region that is in no table, evidence
 * outside the text, and a full name that names no division.
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "region.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stop where the fuzzer can see it. */
static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
match_check(const RegionMatch *match, size_t len)
{
	int			row = leadcrm_place_find(match->code, strlen(match->code));
	char		code[PLACE_CODE_SIZE];
	char		name[256];
	size_t		n;
	RegionMatch again;

	require(row >= 0);
	leadcrm_place_code(row, code);
	require(strcmp(code, match->code) == 0);
	require(match->from <= match->to && match->to <= len);
	require((match->kind >= REGION_AREA_CODE) == (match->digits[0] != '\0'));
	n = leadcrm_place_full_name(row, name, sizeof(name));
	require(n > 0 && leadcrm_region_find(name, n, &again));
	require(leadcrm_place_within(row, leadcrm_place_find(again.code, strlen(again.code))));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = malloc(size + 1);	/* of its own, to see overruns */
	RegionMatch match;

	memcpy(text, data, size);
	if (leadcrm_region_find(text, size, &match))
		match_check(&match, size);
	if (leadcrm_region_of_phone(text, size, &match))
		match_check(&match, size);
	leadcrm_place_find(text, size);
	free(text);
	return 0;
}
