/* fuzz: person.c fold.c */
/*-------------------------------------------------------------------------
 * person_fuzz.c
 *	  Fuzz target of person.c: bounds, and names that stay names.
 *-------------------------------------------------------------------------
 */
#include <assert.h>

#include "text.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *s = (const char *) data;
	char		found[PERSON_MAX];
	char		key[PERSON_MAX];
	Person		person;
	Person		again;

	assert(leadcrm_person_title(s, size, found) <= PERSON_MAX);
	assert(leadcrm_person_find(s, size, found) <= PERSON_MAX);
	if (!leadcrm_person_parse(s, size, &person))
		return 0;
	assert(person.name_len > 0 && person.name_len <= PERSON_MAX);
	assert(leadcrm_person_parse(person.name, person.name_len, &again));
	assert(again.name_len == person.name_len &&
		   memcmp(again.name, person.name, person.name_len) == 0);
	assert(again.title_len == 0);
	assert(leadcrm_person_key(&person, key) <= PERSON_MAX);
	return 0;
}
