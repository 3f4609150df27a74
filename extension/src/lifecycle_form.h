/*-------------------------------------------------------------------------
 * lifecycle_form.h
 *	  The bytes of a lifecycle: what is stored, and what goes over the wire.
 *
 * Pure C, no server: lifecycle.h is the server's face, a fuzzer calls this as
 * it stands.
 *
 *		version			1 byte, LIFECYCLE_VERSION
 *		flags			1 byte, reserved, zero
 *		entries			varint; the empty lifecycle ends here
 *		stages			varint
 *		dictionary		varint, bytes in it; then for each stage, in the order
 *						of their first entries, 1 byte length and the name
 *		first time		8 bytes, most significant first
 *		each entry		1 byte: in its 5 high bits the stage's number in the
 *						dictionary from 0, in its 3 low ones how many bytes the
 *						time takes, 7 meaning 8; if the number is 31 or more,
 *						31 there and a varint with the rest; then the time since
 *						the entry before, 0 with the first, lowest byte first
 *
 * Times are microseconds since 2000-01-01 UTC, as TimestampTz has them, and
 * never decrease.  A varint holds 7 bits a byte, the lowest first.  Numbers
 * have no more bytes than they need, so a history has one form: equal values
 * are equal bytes.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_LIFECYCLE_FORM_H
#define LEADCRM_LIFECYCLE_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define LIFECYCLE_VERSION		1

/* Bytes in the name of a stage: its length is one byte. */
#define LIFECYCLE_STAGE_MAX		255

/* Most distinct stages and most entries: finding a stage is a linear search. */
#define LIFECYCLE_STAGES_MAX	1024
#define LIFECYCLE_ENTRIES_MAX	1000000

/* The first finite TimestampTz, and the first behind them. */
#define LIFECYCLE_TIME_MIN		INT64_C(-211813488000000000)
#define LIFECYCLE_TIME_END		INT64_C(9223371331200000000)

/* The stage number in an entry's first byte behind which there is a varint. */
#define LIFECYCLE_STAGE_MORE	31

/* Reading is a few instructions for an entry: no calls between them. */
#if defined(__GNUC__)
#define LIFECYCLE_INLINE		static inline __attribute__((always_inline))
#else
#define LIFECYCLE_INLINE		static inline
#endif

/* Room for a time as text and for a name as text, in bytes. */
#define LIFECYCLE_TIME_TEXT		40
#define LIFECYCLE_STAGE_TEXT	(2 * LIFECYCLE_STAGE_MAX + 2)

typedef struct LifecycleEntry
{
	const char *stage;
	int			len;			/* of stage, in bytes */
	int64_t		at;
} LifecycleEntry;

/* Reading one value, entry by entry; points into its bytes. */
typedef struct LifecycleReader
{
	const uint8_t *dictionary;	/* nstages times length and name */
	int			dictionary_len;
	int			nstages;
	int			nentries;
	int			left;			/* entries still to come */
	const uint8_t *p;			/* the next of them */
	int			stage;			/* the last one read: its number, */
	int64_t		at;				/* and its time */
} LifecycleReader;

typedef enum LifecycleFault
{
	LIFECYCLE_OK = 0,
	LIFECYCLE_SYNTAX,			/* no list of stage@time */
	LIFECYCLE_TIME,				/* a time that cannot be read */
	LIFECYCLE_TIME_RANGE,		/* a time that is not finite */
	LIFECYCLE_STAGE_EMPTY,
	LIFECYCLE_STAGE_LONG,
	LIFECYCLE_ORDER,			/* an entry earlier than the one before */
	LIFECYCLE_STAGES_MANY,
	LIFECYCLE_ENTRIES_MANY
} LifecycleFault;

/* How entries become bytes, made by leadcrm_lifecycle_plan. */
typedef struct LifecyclePlan
{
	const LifecycleEntry *entries;
	int			nentries;
	int			nstages;
	int			first[LIFECYCLE_STAGES_MAX];	/* a stage's first entry */
	size_t		dictionary_len;
	size_t		size;			/* bytes in all */
} LifecyclePlan;

/* lifecycle_form.c */
extern bool leadcrm_lifecycle_check(const uint8_t *bytes, size_t len);
extern LifecycleFault leadcrm_lifecycle_plan(const LifecycleEntry *entries, int nentries,
											 uint16_t *numbers, LifecyclePlan *plan);
extern void leadcrm_lifecycle_write(const LifecyclePlan *plan, const uint16_t *numbers,
									uint8_t *out);

/* lifecycle_text.c */
extern int	leadcrm_lifecycle_count(const char *s, size_t len);
extern LifecycleFault leadcrm_lifecycle_parse(const char *s, size_t len, char *names,
											  LifecycleEntry *entries, int *nentries);
extern LifecycleFault leadcrm_lifecycle_parse_time(const char *s, size_t len, int64_t *at);
extern size_t leadcrm_lifecycle_print_stage(const char *stage, int len, char *out);
extern size_t leadcrm_lifecycle_print_time(int64_t at, char *out);

/*
 * lifecycle_varint
 *		The varint at *p, which is moved behind it.
 */
LIFECYCLE_INLINE uint64_t
lifecycle_varint(const uint8_t **p)
{
	const uint8_t *next = *p;
	uint64_t	value = *next & 0x7f;
	int			shift = 7;

	while (*next++ & 0x80)
	{
		value |= (uint64_t) (*next & 0x7f) << shift;
		shift += 7;
	}
	*p = next;
	return value;
}

static inline int
lifecycle_varint_len(uint64_t value)
{
	int			len = 1;

	while (value >>= 7)
		len++;
	return len;
}

static inline uint8_t *
lifecycle_put_varint(uint8_t *p, uint64_t value)
{
	while (value >= 0x80)
	{
		*p++ = (uint8_t) (value | 0x80);
		value >>= 7;
	}
	*p++ = (uint8_t) value;
	return p;
}

/*
 * lifecycle_time_bytes
 *		How many bytes a span of time takes: 0 to 6 or 8.
 */
static inline int
lifecycle_time_bytes(uint64_t span)
{
	int			bytes = 0;

	while (bytes < 8 && span >> (8 * bytes) != 0)
		bytes++;
	return bytes == 7 ? 8 : bytes;
}

static inline int
lifecycle_entry_len(int stage, uint64_t span)
{
	return 1 + lifecycle_time_bytes(span) +
		(stage >= LIFECYCLE_STAGE_MORE ? lifecycle_varint_len(stage - LIFECYCLE_STAGE_MORE) : 0);
}

static inline uint8_t *
lifecycle_put_entry(uint8_t *p, int stage, uint64_t span)
{
	int			bytes = lifecycle_time_bytes(span);
	int			number = stage < LIFECYCLE_STAGE_MORE ? stage : LIFECYCLE_STAGE_MORE;

	*p++ = (uint8_t) (number << 3 | (bytes == 8 ? 7 : bytes));
	if (number == LIFECYCLE_STAGE_MORE)
		p = lifecycle_put_varint(p, stage - LIFECYCLE_STAGE_MORE);
	for (int i = 0; i < bytes; i++)
		*p++ = (uint8_t) (span >> (8 * i));
	return p;
}

/*
 * lifecycle_read
 *		Begin to read: bytes that leadcrm_lifecycle_check has found good.
 */
LIFECYCLE_INLINE void
lifecycle_read(LifecycleReader *r, const uint8_t *bytes)
{
	const uint8_t *p = bytes + 2;	/* version and flags */

	r->nentries = r->left = (int) lifecycle_varint(&p);
	r->nstages = r->dictionary_len = 0;
	r->stage = -1;
	r->at = 0;
	r->dictionary = r->p = p;
	if (r->nentries == 0)
		return;
	r->nstages = (int) lifecycle_varint(&p);
	r->dictionary_len = (int) lifecycle_varint(&p);
	r->dictionary = p;
	p += r->dictionary_len;
	for (int i = 0; i < 8; i++)
		r->at = (int64_t) ((uint64_t) r->at << 8 | *p++);
	r->p = p;
}

/*
 * lifecycle_step
 *		Read the next entry into r->stage and r->at; false behind the last.
 */
LIFECYCLE_INLINE bool
lifecycle_step(LifecycleReader *r)
{
	const uint8_t *p = r->p;
	int			bytes;

	if (r->left == 0)
		return false;
	r->left--;
	r->stage = *p >> 3;
	bytes = *p++ & 7;
	if (r->stage == LIFECYCLE_STAGE_MORE)
		r->stage += (int) lifecycle_varint(&p);
	if (bytes > 0)
	{
		uint64_t	span;

		/*
		 * Eight bytes at once, of which the last ones are the span; what is
		 * before it is the first time at least.
		 */
		bytes += bytes == 7;
		p += bytes;
		memcpy(&span, p - 8, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		span = __builtin_bswap64(span);
#endif
		r->at = (int64_t) ((uint64_t) r->at + (span >> (64 - 8 * bytes)));
	}
	r->p = p;
	return true;
}

/*
 * leadcrm_lifecycle_stage
 *		The name of a stage, not NUL-terminated; *len gets its bytes.
 *
 * It walks the dictionary.  Who wants all names in order walks it himself.
 */
static inline const char *
leadcrm_lifecycle_stage(const LifecycleReader *r, int stage, int *len)
{
	const uint8_t *p = r->dictionary;

	while (stage-- > 0)
		p += 1 + *p;
	*len = *p;
	return (const char *) p + 1;
}

#endif							/* LEADCRM_LIFECYCLE_FORM_H */
