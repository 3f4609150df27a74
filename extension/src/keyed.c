/*-------------------------------------------------------------------------
 * keyed.c
 *	  Records by a number and a text, for the bodies of summaries.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "keyed.h"
#include "leadcrm.h"

typedef struct KeyedSlot
{
	KeyedKey	key;
	uint32		hash;
	char		status;			/* simplehash's own */
	KeyedKey   *record;
} KeyedSlot;

static inline uint32 keyed_hash(KeyedKey key);
static inline bool keyed_equal(KeyedKey a, KeyedKey b);

#define SH_PREFIX		slots
#define SH_ELEMENT_TYPE	KeyedSlot
#define SH_KEY_TYPE		KeyedKey
#define SH_KEY			key
#define SH_HASH_KEY(tb, key)	keyed_hash(key)
#define SH_EQUAL(tb, a, b)		keyed_equal(a, b)
#define SH_STORE_HASH
#define SH_GET_HASH(tb, slot)	(slot)->hash
#define SH_SCOPE		static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

struct Keyed
{
	slots_hash *slots;
	Size		record_size;
	MemoryContext context;
};

static int	keyed_compare(const void *a, const void *b);

/*
 * leadcrm_keyed_make
 *		No records yet; they will lie in CurrentMemoryContext.
 *
 * record_size: of a struct whose first member is a KeyedKey.
 */
Keyed *
leadcrm_keyed_make(Size record_size)
{
	Keyed	   *keyed = palloc(sizeof(Keyed));

	keyed->slots = slots_create(CurrentMemoryContext, 4, NULL);
	keyed->record_size = record_size;
	keyed->context = CurrentMemoryContext;
	return keyed;
}

/*
 * leadcrm_keyed_get
 *		The record of a key; if there is none yet, one that is zero but for its
 *		key.  It stays where it is.
 */
void *
leadcrm_keyed_get(Keyed *keyed, int32 number, const char *text, int len)
{
	KeyedKey	key = {number, len, text};
	bool		found;
	KeyedSlot  *slot = slots_insert(keyed->slots, key, &found);

	if (!found)
	{
		KeyedKey   *record = MemoryContextAllocZero(keyed->context, keyed->record_size + len);

		*record = key;
		record->text = (char *) record + keyed->record_size;
		memcpy((char *) record + keyed->record_size, text, len);
		slot->key = *record;
		slot->record = record;
	}
	return slot->record;
}

int
leadcrm_keyed_count(const Keyed *keyed)
{
	return keyed->slots->members;
}

/*
 * leadcrm_keyed_sorted
 *		All records, in order of their numbers, then of the bytes of their texts.
 */
void **
leadcrm_keyed_sorted(const Keyed *keyed)
{
	void	  **records = palloc(keyed->slots->members * sizeof(void *) + 1);
	int			n = 0;
	slots_iterator i;
	KeyedSlot  *slot;

	slots_start_iterate(keyed->slots, &i);
	while ((slot = slots_iterate(keyed->slots, &i)) != NULL)
		records[n++] = slot->record;
	qsort(records, n, sizeof(void *), keyed_compare);
	return records;
}

static inline uint32
keyed_hash(KeyedKey key)
{
	return hash_combine(murmurhash32(key.number),
						hash_bytes((const unsigned char *) key.text, key.len));
}

static inline bool
keyed_equal(KeyedKey a, KeyedKey b)
{
	return a.number == b.number && a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
}

static int
keyed_compare(const void *a, const void *b)
{
	const KeyedKey *x = *(KeyedKey *const *) a;
	const KeyedKey *y = *(KeyedKey *const *) b;
	int			cmp = (x->number > y->number) - (x->number < y->number);

	if (cmp == 0)
		cmp = memcmp(x->text, y->text, Min(x->len, y->len));
	return cmp ? cmp : (x->len > y->len) - (x->len < y->len);
}
