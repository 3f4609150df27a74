/*-------------------------------------------------------------------------
 * tally.c
 *	  How many durations fell into each bucket, for several series of them.
 *
 * Buckets lie side by side in short pages, in a hash by series and page: the
 * pages that a summary of a million leads counts in stay in the processor's
 * cache, and each of a thousand small ones has a few dozen.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "leadcrm.h"
#include "quantile.h"
#include "tally.h"
#include "time_sum.h"

/* Buckets in a page, a power of two. */
#define TALLY_PAGE		8

/* Series in the upper half, bucket in the lower. */
#define TALLY_KEY(series, bucket)	((uint32) (series) << 16 | (uint32) (bucket))
#define TALLY_BUCKET(key)			((int) ((key) & 0xffff))

StaticAssertDecl(QUANTILE_BUCKETS <= 0x10000, "a bucket has 16 bits");

typedef struct TallyPage
{
	uint32		key;			/* of its first bucket */
	char		status;			/* simplehash's own */
	int64		count[TALLY_PAGE];
} TallyPage;

/* A count, out of its page. */
typedef struct TallyCount
{
	uint32		key;
	int64		count;
} TallyCount;

#define SH_PREFIX		tally
#define SH_ELEMENT_TYPE	TallyPage
#define SH_KEY_TYPE		uint32
#define SH_KEY			key
#define SH_HASH_KEY(tb, key)	murmurhash32(key)
#define SH_EQUAL(tb, a, b)		((a) == (b))
#define SH_SCOPE		static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct Tally
{
	tally_hash *pages;
};

static void tally_change(Tally *tally, uint32 key, int64 count, int sign);
static TallyCount *tally_sorted(const Tally *tally, uint32 from, uint32 to, int *n);
static int	tally_compare(const void *a, const void *b);

/*
 * leadcrm_tally_make
 *		An empty tally; what it comes to hold lies in CurrentMemoryContext.
 */
Tally *
leadcrm_tally_make(void)
{
	Tally	   *tally = palloc(sizeof(Tally));

	tally->pages = tally_create(CurrentMemoryContext, 4, NULL);
	return tally;
}

/*
 * leadcrm_tally_add
 *		Count a duration in microseconds, not negative.
 */
void
leadcrm_tally_add(Tally *tally, int series, int64 duration)
{
	tally_change(tally, TALLY_KEY(series, leadcrm_quantile_bucket(duration)), 1, 1);
}

/*
 * leadcrm_tally_merge
 *		Add the counts of another tally, or take them away (sign -1).
 */
void
leadcrm_tally_merge(Tally *tally, const Tally *other, int sign)
{
	tally_iterator i;
	TallyPage  *page;

	tally_start_iterate(other->pages, &i);
	while ((page = tally_iterate(other->pages, &i)) != NULL)
	{
		for (int k = 0; k < TALLY_PAGE; k++)
		{
			if (page->count[k] != 0)
				tally_change(tally, page->key + k, page->count[k], sign);
		}
	}
}

/*
 * leadcrm_tally_write
 *		As items: how many counts, then series, bucket and count of each, in
 *		order.  Where nothing is counted any more nothing is written.
 */
void
leadcrm_tally_write(SummaryWriter *out, const Tally *tally)
{
	int			n;
	TallyCount *counts = tally_sorted(tally, 0, PG_UINT32_MAX, &n);

	leadcrm_summary_put_int(out, n);
	for (int i = 0; i < n; i++)
	{
		leadcrm_summary_put_int(out, counts[i].key >> 16);
		leadcrm_summary_put_int(out, TALLY_BUCKET(counts[i].key));
		leadcrm_summary_put_int(out, counts[i].count);
	}
	pfree(counts);
}

/*
 * leadcrm_tally_read
 *		The tally that the items make, or NULL: none of series below NSERIES.
 */
Tally *
leadcrm_tally_read(SummaryReader *in, int nseries)
{
	Tally	   *tally = leadcrm_tally_make();
	int64		n;

	if (!leadcrm_summary_get_int(in, 0, PG_INT64_MAX, &n))
		return NULL;
	while (n-- > 0)
	{
		int64		series;
		int64		bucket;
		int64		count;

		if (!leadcrm_summary_get_int(in, 0, nseries - 1, &series) ||
			!leadcrm_summary_get_int(in, 0, QUANTILE_BUCKETS - 1, &bucket) ||
			!leadcrm_summary_get_int(in, SUMMARY_ANY, &count))
			return NULL;
		tally_change(tally, TALLY_KEY(series, bucket), count, 1);
	}
	return tally;
}

/*
 * leadcrm_tally_quantile
 *		The duration within which PERCENT of a series lie, as percentile_disc
 *		chooses it, to within 0.79 %; NULL of a series without any.
 *
 * What was taken away without having been added is passed over.
 */
Interval *
leadcrm_tally_quantile(const Tally *tally, int series, int percent)
{
	int			n;
	TallyCount *counts = tally_sorted(tally, TALLY_KEY(series, 0), TALLY_KEY(series, 0xffff), &n);
	int64		total = 0;
	int64		rank;

	for (int i = 0; i < n; i++)
		leadcrm_summary_count(&total, Max(counts[i].count, 0), 1);
	if (total == 0)
		return NULL;

	/* the first of them that has PERCENT of all at or before it */
	rank = total / 100 * percent + (total % 100 * percent + 99) / 100;
	for (int i = 0;; i++)
	{
		rank -= Max(counts[i].count, 0);
		if (rank <= 0)
			return leadcrm_time_interval(leadcrm_quantile_value(TALLY_BUCKET(counts[i].key)));
	}
}

static void
tally_change(Tally *tally, uint32 key, int64 count, int sign)
{
	bool		found;
	TallyPage  *page = tally_insert(tally->pages, key & ~(TALLY_PAGE - 1), &found);

	if (!found)
		memset(page->count, 0, sizeof(page->count));
	leadcrm_summary_count(&page->count[key & (TALLY_PAGE - 1)], count, sign);
}

/* The counts between two keys that are not zero, in order of their keys. */
static TallyCount *
tally_sorted(const Tally *tally, uint32 from, uint32 to, int *n)
{
	TallyCount *counts = palloc(tally->pages->members * TALLY_PAGE * sizeof(TallyCount) + 1);
	tally_iterator i;
	TallyPage  *page;

	*n = 0;
	tally_start_iterate(tally->pages, &i);
	while ((page = tally_iterate(tally->pages, &i)) != NULL)
	{
		for (int k = 0; k < TALLY_PAGE; k++)
		{
			if (page->count[k] != 0 && page->key + k >= from && page->key + k <= to)
			{
				counts[*n].key = page->key + k;
				counts[(*n)++].count = page->count[k];
			}
		}
	}
	qsort(counts, *n, sizeof(TallyCount), tally_compare);
	return counts;
}

static int
tally_compare(const void *a, const void *b)
{
	uint32		x = ((const TallyCount *) a)->key;
	uint32		y = ((const TallyCount *) b)->key;

	return (x > y) - (x < y);
}
