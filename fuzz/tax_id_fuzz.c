/* fuzz: tax_id.c fold.c */
/*-------------------------------------------------------------------------
 * tax_id_fuzz.c
 *	  Fuzz target of tax_id.c: codes that stay codes, one right check digit.
 *-------------------------------------------------------------------------
 */
#include <assert.h>

#include "text.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
	char		id[TAX_ID_LENGTH];
	char		again[TAX_ID_LENGTH];
	int			nvalid = 0;

	if (!leadcrm_tax_id_parse((const char *) data, size, id))
		return 0;
	assert(leadcrm_tax_id_parse(id, sizeof(id), again));
	assert(memcmp(id, again, sizeof(id)) == 0);
	for (const char *c = alphabet; *c; c++)
	{
		id[TAX_ID_LENGTH - 1] = *c;
		nvalid += leadcrm_tax_id_valid(id);
	}
	assert(nvalid == 1);
	return 0;
}
