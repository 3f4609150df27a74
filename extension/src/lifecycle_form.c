/*-------------------------------------------------------------------------
 * lifecycle_form.c
 *	  The bytes of a lifecycle: checking them and making them.
 *
 * lifecycle_form.h describes them and reads them.
 *-------------------------------------------------------------------------
 */
#include "lifecycle_form.h"

static bool take_varint(const uint8_t **p, const uint8_t *end, uint64_t max, uint64_t *value);
static bool take_entry(const uint8_t **p, const uint8_t *end, uint64_t *stage, uint64_t *span);
static bool check_dictionary(const uint8_t *p, size_t len, int nstages);
static uint64_t span_before(const LifecycleEntry *entries, int i);
static int	find_stage(const LifecyclePlan *plan, const LifecycleEntry *entry);

/*
 * leadcrm_lifecycle_check
 *		Are these bytes a lifecycle, to the last byte?
 *
 * Whether the names are text in some encoding is left to the caller.
 */
bool
leadcrm_lifecycle_check(const uint8_t *bytes, size_t len)
{
	const uint8_t *p = bytes + 2;
	const uint8_t *end = bytes + len;
	uint64_t	nentries;
	uint64_t	nstages;
	uint64_t	dictionary_len;
	uint64_t	seen = 0;
	int64_t		at = 0;

	if (len < 3 || bytes[0] != LIFECYCLE_VERSION || bytes[1] != 0 ||
		!take_varint(&p, end, LIFECYCLE_ENTRIES_MAX, &nentries))
		return false;
	if (nentries == 0)
		return p == end;

	if (!take_varint(&p, end, LIFECYCLE_STAGES_MAX, &nstages) || nstages == 0 ||
		!take_varint(&p, end, (uint64_t) (end - p), &dictionary_len) ||
		dictionary_len + 8 > (uint64_t) (end - p) ||
		!check_dictionary(p, dictionary_len, (int) nstages))
		return false;
	p += dictionary_len;
	for (int i = 0; i < 8; i++)
		at = (int64_t) ((uint64_t) at << 8 | *p++);
	if (at < LIFECYCLE_TIME_MIN || at >= LIFECYCLE_TIME_END)
		return false;

	for (uint64_t i = 0; i < nentries; i++)
	{
		uint64_t	stage;
		uint64_t	span;

		if (!take_entry(&p, end, &stage, &span) ||
			span > (uint64_t) (LIFECYCLE_TIME_END - 1) - (uint64_t) at ||
			(i == 0 && span != 0))
			return false;
		at = (int64_t) ((uint64_t) at + span);

		/* one behind those seen is a stage's first entry */
		if (stage > seen || stage >= nstages)
			return false;
		if (stage == seen)
			seen++;
	}
	return p == end && seen == nstages;
}

/*
 * leadcrm_lifecycle_plan
 *		Number the stages of entries and find out how many bytes they take.
 *
 * numbers: room for one of each entry.  plan keeps pointing to entries.
 *
 * Returns what is wrong with them, or LIFECYCLE_OK.
 */
LifecycleFault
leadcrm_lifecycle_plan(const LifecycleEntry *entries, int nentries,
					   uint16_t *numbers, LifecyclePlan *plan)
{
	size_t		moves = 0;

	plan->entries = entries;
	plan->nentries = nentries;
	plan->nstages = 0;
	plan->dictionary_len = 0;
	if (nentries > LIFECYCLE_ENTRIES_MAX)
		return LIFECYCLE_ENTRIES_MANY;

	for (int i = 0; i < nentries; i++)
	{
		const LifecycleEntry *entry = &entries[i];
		int			number;

		if (entry->len == 0)
			return LIFECYCLE_STAGE_EMPTY;
		if (entry->len > LIFECYCLE_STAGE_MAX)
			return LIFECYCLE_STAGE_LONG;
		if (entry->at < LIFECYCLE_TIME_MIN || entry->at >= LIFECYCLE_TIME_END)
			return LIFECYCLE_TIME_RANGE;
		if (i > 0 && entry->at < entry[-1].at)
			return LIFECYCLE_ORDER;

		number = find_stage(plan, entry);
		if (number == plan->nstages)
		{
			if (number == LIFECYCLE_STAGES_MAX)
				return LIFECYCLE_STAGES_MANY;
			plan->first[plan->nstages++] = i;
			plan->dictionary_len += 1 + entry->len;
		}
		numbers[i] = (uint16_t) number;
		moves += lifecycle_entry_len(number, span_before(entries, i));
	}

	plan->size = 2 + lifecycle_varint_len(nentries);
	if (nentries > 0)
		plan->size += lifecycle_varint_len(plan->nstages) +
			lifecycle_varint_len(plan->dictionary_len) + plan->dictionary_len + 8 + moves;
	return LIFECYCLE_OK;
}

/*
 * leadcrm_lifecycle_write
 *		Write what leadcrm_lifecycle_plan has planned: plan->size bytes.
 */
void
leadcrm_lifecycle_write(const LifecyclePlan *plan, const uint16_t *numbers, uint8_t *out)
{
	const LifecycleEntry *entries = plan->entries;
	uint8_t    *p = out;

	*p++ = LIFECYCLE_VERSION;
	*p++ = 0;
	p = lifecycle_put_varint(p, plan->nentries);
	if (plan->nentries == 0)
		return;

	p = lifecycle_put_varint(p, plan->nstages);
	p = lifecycle_put_varint(p, plan->dictionary_len);
	for (int i = 0; i < plan->nstages; i++)
	{
		const LifecycleEntry *entry = &entries[plan->first[i]];

		*p++ = (uint8_t) entry->len;
		memcpy(p, entry->stage, entry->len);
		p += entry->len;
	}
	for (int shift = 56; shift >= 0; shift -= 8)
		*p++ = (uint8_t) ((uint64_t) entries[0].at >> shift);
	for (int i = 0; i < plan->nentries; i++)
		p = lifecycle_put_entry(p, numbers[i], span_before(entries, i));
}

/*
 * span_before
 *		The time from the entry before to entry i.
 */
static uint64_t
span_before(const LifecycleEntry *entries, int i)
{
	return i == 0 ? 0 : (uint64_t) entries[i].at - (uint64_t) entries[i - 1].at;
}

/*
 * take_varint
 *		Read a varint of no more bytes than it needs, up to max.
 */
static bool
take_varint(const uint8_t **p, const uint8_t *end, uint64_t max, uint64_t *value)
{
	const uint8_t *next = *p;
	int			shift = 0;

	*value = 0;
	do
	{
		if (next == end || shift > 63 || (shift == 63 && *next > 1))
			return false;
		*value |= (uint64_t) (*next & 0x7f) << shift;
		shift += 7;
	} while (*next++ & 0x80);
	*p = next;
	return (next[-1] != 0 || shift == 7) && *value <= max;
}

/*
 * take_entry
 *		Read an entry, its numbers in no more bytes than they need.
 */
static bool
take_entry(const uint8_t **p, const uint8_t *end, uint64_t *stage, uint64_t *span)
{
	const uint8_t *next = *p;
	int			bytes;

	if (next == end)
		return false;
	*stage = *next >> 3;
	bytes = *next++ & 7;
	bytes += bytes == 7;
	if (*stage == LIFECYCLE_STAGE_MORE)
	{
		uint64_t	more;

		if (!take_varint(&next, end, LIFECYCLE_STAGES_MAX, &more))
			return false;
		*stage += more;
	}
	if (bytes > end - next)
		return false;
	*span = 0;
	for (int i = 0; i < bytes; i++)
		*span |= (uint64_t) *next++ << (8 * i);
	*p = next;
	return lifecycle_time_bytes(*span) == bytes;
}

/*
 * check_dictionary
 *		Is this a list of nstages names, none empty, with NUL or twice?
 */
static bool
check_dictionary(const uint8_t *p, size_t len, int nstages)
{
	const uint8_t *end = p + len;
	const uint8_t *names[LIFECYCLE_STAGES_MAX];

	for (int i = 0; i < nstages; i++)
	{
		if (p == end || *p == 0 || *p > end - p - 1 || memchr(p + 1, 0, *p) != NULL)
			return false;
		for (int j = 0; j < i; j++)
		{
			if (*names[j] == *p && memcmp(names[j] + 1, p + 1, *p) == 0)
				return false;
		}
		names[i] = p;
		p += 1 + *p;
	}
	return p == end;
}

/*
 * find_stage
 *		The number of an entry's stage; plan->nstages if it is new.
 */
static int
find_stage(const LifecyclePlan *plan, const LifecycleEntry *entry)
{
	int			number;

	for (number = 0; number < plan->nstages; number++)
	{
		const LifecycleEntry *first = &plan->entries[plan->first[number]];

		if (first->len == entry->len && memcmp(first->stage, entry->stage, entry->len) == 0)
			break;
	}
	return number;
}
