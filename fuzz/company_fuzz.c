/* fuzz: company.c place.c fold.c */
/*-------------------------------------------------------------------------
 * company_fuzz.c
 *	  libFuzzer target for company.c.
 *
 * Besides memory errors it looks for a normal form that is not its own, for
 * parts that change with the spelling, and for a core that is no key.
 *-------------------------------------------------------------------------
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "company.h"
#include "company_table.h"

#define CHECK_SORTED(list) \
	list_check(company_##list, sizeof(company_##list) / sizeof(company_##list[0]))

int			LLVMFuzzerInitialize(int *argc, char ***argv);
int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stop where the fuzzer can see it. */
static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* The lists are searched by halves, so they must be sorted by bytes. */
static void
list_check(const CompanyWord *words, size_t nwords)
{
	for (size_t i = 1; i < nwords; i++)
	{
		size_t		n = words[i - 1].len < words[i].len ? words[i - 1].len : words[i].len;
		int			cmp = memcmp(words[i - 1].s, words[i].s, n);

		require(cmp < 0 || (cmp == 0 && words[i - 1].len < words[i].len));
	}
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	CHECK_SORTED(forms);
	CHECK_SORTED(latin_forms);
	CHECK_SORTED(branches);
	CHECK_SORTED(trades);
	CHECK_SORTED(kinds);
	CHECK_SORTED(latin_trades);
	CHECK_SORTED(zones);
	CHECK_SORTED(generic);
	CHECK_SORTED(qualifiers);
	CHECK_SORTED(remarks);
	CHECK_SORTED(placeholders);
	return 0;
}

static bool
text_equal(const CompanyText *a, const CompanyText *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = malloc(size + 1);	/* of its own, to see overruns */
	CompanyText normal;
	CompanyText again;
	CompanyParts parts;
	CompanyParts parts_again;

	memcpy(text, data, size);
	if (!leadcrm_company_normalize(text, size, &normal))
	{
		require(!leadcrm_company_parse(text, size, &parts));
		free(text);
		return 0;
	}
	require(normal.len > 0 && normal.len <= COMPANY_MAX);
	require(leadcrm_company_normalize(normal.s, normal.len, &again) && text_equal(&normal, &again));

	require(leadcrm_company_parse(text, size, &parts));
	require(leadcrm_company_parse(normal.s, normal.len, &parts_again));
	require(text_equal(&parts.normal, &normal));
	require(text_equal(&parts.place, &parts_again.place) && text_equal(&parts.brand, &parts_again.brand) &&
			text_equal(&parts.trade, &parts_again.trade) && text_equal(&parts.form, &parts_again.form) &&
			text_equal(&parts.branch, &parts_again.branch) && text_equal(&parts.core, &parts_again.core) &&
			strcmp(parts.region, parts_again.region) == 0);
	require((parts.core.len > 0) == (parts.brand.len > 0));
	require(parts.core.len == 0 || memchr(parts.core.s, COMPANY_KEY_SEPARATOR, parts.core.len) == NULL);
	require(leadcrm_company_same(&parts, &parts_again) == (parts.core.len > 0));
	require(parts.region[0] == '\0' || leadcrm_place_find(parts.region, strlen(parts.region)) >= 0);
	free(text);
	return 0;
}
