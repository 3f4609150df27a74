/*-------------------------------------------------------------------------
 * rule_memo.c
 *	  What the rules of a set said about the latest values of one column.
 *
 * Some conditions no look-up can answer: title LIKE '%director%'.  But what
 * they say follows from the column's value alone, and most columns have the
 * same values over and over: the answers are kept, each with its value, in a
 * table of fixed size, where a value takes the place of another that hashes
 * to the same entry.
 *
 * The invariant: answers belong to the bytes of the value beside them.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "common/hashfn.h"

#include "rule_memo.h"

/*
 * Values that are kept, and the longest of them in bytes: a job title or a
 * name of twenty Chinese characters, but no free text, which hardly comes
 * twice.
 */
#define MEMO_ENTRIES	256
#define MEMO_VALUE_MAX	60

/* Lengths that are none. */
#define MEMO_EMPTY		-1
#define MEMO_NULL		-2

typedef struct MemoEntry
{
	int			len;
	char		value[MEMO_VALUE_MAX];
} MemoEntry;

struct RuleMemo
{
	int			nwords;
	MemoEntry  *entry;			/* one more than MEMO_ENTRIES, for the others */
	uint64	   *bits;			/* entry by entry, known and matched */
	RuleAnswers found;
};

/*
 * leadcrm_rule_memo_create
 *		A memo without answers; nwords: of a bitmap over the rules.
 */
RuleMemo *
leadcrm_rule_memo_create(int nwords, MemoryContext cxt)
{
	RuleMemo   *memo = MemoryContextAllocZero(cxt, sizeof(RuleMemo));

	memo->nwords = nwords;
	memo->entry = MemoryContextAlloc(cxt, (MEMO_ENTRIES + 1) * sizeof(MemoEntry));
	memo->bits = MemoryContextAlloc(cxt, (MEMO_ENTRIES + 1) * 2 * nwords * sizeof(uint64));
	for (int i = 0; i <= MEMO_ENTRIES; i++)
		memo->entry[i].len = MEMO_EMPTY;
	return memo;
}

/*
 * leadcrm_rule_memo_find
 *		The answers about a value of a variable-length type, for the caller to
 *		complete.
 *
 * They are good until the next call.
 */
RuleAnswers *
leadcrm_rule_memo_find(RuleMemo *memo, Datum value, bool isnull)
{
	int			i = MEMO_ENTRIES;
	int			len = MEMO_NULL;
	const char *bytes = NULL;
	MemoEntry  *entry;
	bool		same;

	if (!isnull)
	{
		const struct varlena *v = (struct varlena *) DatumGetPointer(value);

		len = VARATT_IS_EXTERNAL(v) || VARATT_IS_COMPRESSED(v) ? MEMO_EMPTY : (int) VARSIZE_ANY_EXHDR(v);
		bytes = VARDATA_ANY(v);
		if (len > MEMO_VALUE_MAX)
			len = MEMO_EMPTY;
	}
	if (len >= 0)
		i = hash_bytes((const unsigned char *) bytes, len) % MEMO_ENTRIES;
	else if (len == MEMO_NULL)
		i = 0;

	entry = &memo->entry[i];
	same = len != MEMO_EMPTY && entry->len == len &&
		(len <= 0 || memcmp(entry->value, bytes, len) == 0);
	memo->found.known = memo->bits + i * 2 * memo->nwords;
	memo->found.matched = memo->found.known + memo->nwords;
	if (!same)
	{
		memset(memo->found.known, 0, 2 * memo->nwords * sizeof(uint64));
		entry->len = len;
		if (len > 0)
			memcpy(entry->value, bytes, len);
	}
	return &memo->found;
}
