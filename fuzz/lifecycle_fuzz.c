/* fuzz: lifecycle_form.c lifecycle_text.c */
/*-------------------------------------------------------------------------
 * lifecycle_fuzz.c
 *	  libFuzzer target for lifecycle_form.c and lifecycle_text.c.
 *
 * The input is taken as the bytes of a lifecycle and as its text.  Besides
 * memory errors it looks for bytes that pass the check and are not what their
 * own entries make, and for a text that does not read back as itself.
 *-------------------------------------------------------------------------
 */
#include <stdlib.h>
#include <string.h>

#include "lifecycle_form.h"

int			LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Stop where the fuzzer can see it. */
static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* A block of its own, so that a step outside of it is seen. */
static void *
block(size_t size)
{
	void	   *p = malloc(size > 0 ? size : 1);

	require(p != NULL);
	return p;
}

/* The text of entries must read back as these entries. */
static void
check_text(const LifecycleEntry *entries, int nentries)
{
	char	   *text = block(2 + (size_t) nentries * (LIFECYCLE_STAGE_TEXT + LIFECYCLE_TIME_TEXT + 2));
	size_t		len = 0;
	LifecycleEntry *again;
	char	   *names;
	int			n;

	text[len++] = '{';
	for (int i = 0; i < nentries; i++)
	{
		size_t		written;

		if (i > 0)
			text[len++] = ',';
		written = leadcrm_lifecycle_print_stage(entries[i].stage, entries[i].len, text + len);
		require(written <= LIFECYCLE_STAGE_TEXT);
		len += written;
		text[len++] = '@';
		written = leadcrm_lifecycle_print_time(entries[i].at, text + len);
		require(written < LIFECYCLE_TIME_TEXT);
		len += written;
	}
	text[len++] = '}';

	names = block(len);
	again = block(leadcrm_lifecycle_count(text, len) * sizeof(LifecycleEntry));
	require(leadcrm_lifecycle_parse(text, len, names, again, &n) == LIFECYCLE_OK);
	require(n == nentries);
	for (int i = 0; i < n; i++)
		require(again[i].at == entries[i].at && again[i].len == entries[i].len &&
				memcmp(again[i].stage, entries[i].stage, entries[i].len) == 0);
	free(again);
	free(names);
	free(text);
}

/* What entries make must be good, and hold these entries. */
static uint8_t *
check_entries(const LifecycleEntry *entries, int nentries, size_t *size)
{
	uint16_t   *numbers = block(nentries * sizeof(uint16_t));
	LifecyclePlan plan;
	LifecycleReader r;
	uint8_t    *bytes = NULL;

	if (leadcrm_lifecycle_plan(entries, nentries, numbers, &plan) == LIFECYCLE_OK)
	{
		bytes = block(plan.size);
		*size = plan.size;
		leadcrm_lifecycle_write(&plan, numbers, bytes);
		require(leadcrm_lifecycle_check(bytes, plan.size));
		lifecycle_read(&r, bytes);
		require(r.nentries == nentries && r.nstages == plan.nstages);
		for (int i = 0; i < nentries; i++)
		{
			int			len;
			const char *stage;

			require(lifecycle_step(&r));
			stage = leadcrm_lifecycle_stage(&r, r.stage, &len);
			require(r.at == entries[i].at && len == entries[i].len &&
					memcmp(stage, entries[i].stage, len) == 0);
		}
		require(!lifecycle_step(&r) && r.p == bytes + plan.size);
		check_text(entries, nentries);
	}
	free(numbers);
	return bytes;
}

/* Bytes that pass are those that their entries make. */
static void
check_bytes(const uint8_t *bytes, size_t size)
{
	LifecycleReader r;
	LifecycleEntry *entries;
	uint8_t    *made;
	size_t		made_size;

	if (!leadcrm_lifecycle_check(bytes, size))
		return;
	lifecycle_read(&r, bytes);
	entries = block(r.nentries * sizeof(LifecycleEntry));
	for (int i = 0; lifecycle_step(&r); i++)
	{
		entries[i].stage = leadcrm_lifecycle_stage(&r, r.stage, &entries[i].len);
		entries[i].at = r.at;
	}
	made = check_entries(entries, r.nentries, &made_size);
	require(made != NULL && made_size == size && memcmp(made, bytes, size) == 0);
	free(made);
	free(entries);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t    *copy = block(size);
	char	   *names = block(size);
	LifecycleEntry *entries;
	int			nentries;
	size_t		made_size;

	memcpy(copy, data, size);
	check_bytes(copy, size);

	entries = block(leadcrm_lifecycle_count((char *) copy, size) * sizeof(LifecycleEntry));
	if (leadcrm_lifecycle_parse((char *) copy, size, names, entries, &nentries) == LIFECYCLE_OK)
		free(check_entries(entries, nentries, &made_size));
	free(entries);
	free(names);
	free(copy);
	return 0;
}
