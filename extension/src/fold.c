/*-------------------------------------------------------------------------
 * fold.c
 *	  Folding of text: width, traditional and simplified, case, punctuation,
 *	  space.
 *
 * Keys made here stand in unique indexes, so the answers are the same for
 * ever: own tables, no locale, no function of the server or of the C library
 * that knows characters.
 *
 * A character passes through the steps in a fixed order: width, drop, kana
 * voice marks, simplify, case, space.  Phrases are matched on what the earlier
 * steps have left, and every step leaves alone what the later ones produce.
 * That makes folding idempotent for each set of flags, the invariant to keep.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "fold.h"
#include "fold_table.h"
#include "utf8.h"

/* Characters that wait for a phrase to be decided, and one for a voice mark. */
#define FOLD_WINDOW		(FOLD_PHRASE_MAX + 1)

#define FOLD_LENGTH(array) (sizeof(array) / sizeof((array)[0]))

typedef struct FoldState
{
	unsigned	flags;
	char	   *dst;
	size_t		size;
	size_t		used;
	bool		truncated;
	bool		space_pending;
	int			nwindow;
	uint32_t	window[FOLD_WINDOW];
	uint32_t	simple[FOLD_WINDOW];	/* of window, under FOLD_SIMPLIFY */
} FoldState;

static int
bit_count(uint64_t v)
{
	v -= (v >> 1) & UINT64_C(0x5555555555555555);
	v = (v & UINT64_C(0x3333333333333333)) + ((v >> 2) & UINT64_C(0x3333333333333333));
	v = (v + (v >> 4)) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	return (int) ((v * UINT64_C(0x0101010101010101)) >> 56);
}

/*
 * Look c up in a sparse map: a block for each 64 characters, a bit for each
 * mapped one, the values of a block in a row.  Gives notfound if c has none.
 */
#define FOLD_MAP_LOOKUP(name, c, notfound) \
	((c) >> 6 < FOLD_LENGTH(fold_##name##_index) ? \
	 map_value(fold_##name##_present, fold_##name##_base, fold_##name##_value, \
			   fold_##name##_index[(c) >> 6], (c), (notfound)) : (notfound))

static inline uint32_t
map_value(const uint64_t *present, const uint16_t *base, const uint32_t *value,
		  unsigned block, uint32_t c, uint32_t notfound)
{
	uint64_t	bit = UINT64_C(1) << (c & 63);

	if ((present[block] & bit) == 0)
		return notfound;
	return value[base[block] + bit_count(present[block] & (bit - 1))];
}

static inline uint32_t
char_simple(uint32_t c)
{
	return c < 0x80 ? c : FOLD_MAP_LOOKUP(simple, c, c);
}

static inline uint32_t
char_lower(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
	return FOLD_MAP_LOOKUP(lower, c, c);
}

/*
 * leadcrm_fold_class
 *		Which of the four classes a code point belongs to.
 *
 * UTF8_BAD, the mark of an invalid byte, is punctuation.
 */
FoldClass
leadcrm_fold_class(uint32_t c)
{
	size_t		block = c >> 6;
	unsigned	bit = c & 63;

	if (c >= 0xE0000 && c <= 0xE0FFF)	/* tags, variation selectors */
		return FOLD_CLASS_INVISIBLE;
	if (block >= FOLD_LENGTH(fold_class_index))
		return FOLD_CLASS_TEXT;
	block = fold_class_index[block];
	return (FoldClass) (((fold_class_low[block] >> bit) & 1) |
						((fold_class_high[block] >> bit) & 1) << 1);
}

/* Does flags drop characters of this class? */
static inline bool
class_dropped(FoldClass class, unsigned flags)
{
	if (class == FOLD_CLASS_TEXT)
		return false;
	if (flags & FOLD_PUNCT)
		return true;
	return class == FOLD_CLASS_INVISIBLE && (flags & FOLD_SPACE) != 0;
}

/*
 * leadcrm_fold_char
 *		Fold one character on its own.
 *
 * Returns 0 if flags drop it, and c itself if it folds to several characters.
 * White space becomes a blank under FOLD_SPACE.  Phrases and voice marks,
 * which need neighbours, are not looked at.
 */
uint32_t
leadcrm_fold_char(uint32_t c, unsigned flags)
{
	FoldClass	class;

	if (c >= 0x4E00 && c <= 0x9FFF)
		return (flags & FOLD_SIMPLIFY) ? char_simple(c) : c;
	if ((flags & FOLD_WIDTH) && c >= 0x80)
	{
		uint32_t	wide = FOLD_MAP_LOOKUP(width, c, c);

		if (wide & FOLD_SEQUENCE)
			return c;
		c = wide;
	}
	class = leadcrm_fold_class(c);
	if (class_dropped(class, flags))
		return 0;
	if (class == FOLD_CLASS_SPACE && (flags & FOLD_SPACE))
		return ' ';
	if (flags & FOLD_SIMPLIFY)
		c = char_simple(c);
	if (flags & FOLD_LOWER)
		c = char_lower(c);
	return c;
}

/* Write c, unless the destination is full or was before. */
static void
state_write(FoldState *st, uint32_t c)
{
	char		bytes[UTF8_MAX];
	size_t		n = utf8_put(bytes, c);

	if (st->truncated || n > st->size - st->used)
	{
		st->truncated = true;
		return;
	}
	memcpy(st->dst + st->used, bytes, n);
	st->used += n;
}

/* Write c, which is no space, behind the blank that waits for it. */
static void
state_put(FoldState *st, uint32_t c)
{
	if (st->space_pending)
	{
		char		bytes[UTF8_MAX];

		/* a blank is written only with what follows it */
		if (1 + utf8_put(bytes, c) > st->size - st->used)
			st->truncated = true;
		st->space_pending = false;
		state_write(st, ' ');
	}
	state_write(st, c);
}

/* The last steps: case and space. */
static void
state_finish(FoldState *st, uint32_t c)
{
	if ((st->flags & FOLD_SPACE) && leadcrm_fold_class(c) == FOLD_CLASS_SPACE)
		st->space_pending = st->used > 0;
	else
		state_put(st, (st->flags & FOLD_LOWER) ? char_lower(c) : c);
}

/* Does position i of the window stand for that of phrase p? */
static inline bool
phrase_accepts(const FoldPhrase *p, const FoldState *st, int i)
{
	uint32_t	pattern = fold_phrase_text[p->pattern + i];
	uint32_t	target = fold_phrase_text[p->target + i];
	uint32_t	c = st->window[i];

	return c == pattern || c == target ||
		(pattern == target && st->simple[i] == pattern);
}

/* The longest phrase at the start of the window, or NULL. */
static const FoldPhrase *
window_phrase(const FoldState *st)
{
	uint32_t	at;

	if (st->window[0] < 0x80)
		return NULL;
	at = FOLD_MAP_LOOKUP(phrase, st->window[0], FOLD_PHRASE_NONE);
	if (at == FOLD_PHRASE_NONE)
		return NULL;
	for (; fold_phrase_list[at] != FOLD_PHRASE_NONE; at++)
	{
		const FoldPhrase *p = &fold_phrase[fold_phrase_list[at]];
		int			i = 0;

		while (i < p->length && i < st->nwindow && phrase_accepts(p, st, i))
			i++;
		if (i == p->length)
			return p;
	}
	return NULL;
}

/* Take one phrase or one character out of the window. */
static void
window_shift(FoldState *st)
{
	const FoldPhrase *p = (st->flags & FOLD_SIMPLIFY) ? window_phrase(st) : NULL;
	int			n = p ? p->length : 1;

	if (p)
		for (int i = 0; i < n; i++)
			state_finish(st, fold_phrase_text[p->target + i]);
	else if (st->flags & FOLD_SIMPLIFY)
		state_finish(st, st->simple[0]);
	else
		state_finish(st, st->window[0]);
	st->nwindow -= n;
	memmove(st->window, st->window + n, st->nwindow * sizeof(uint32_t));
	memmove(st->simple, st->simple + n, st->nwindow * sizeof(uint32_t));
}

/*
 * kana_voiced
 *		The kana that c and a combining voice mark make, or 0.
 *
 * U+3099 makes the next code point of KA to TO, the next of HA to HO (U+309A the
 * one after it), and four that lie apart; hiragana lie 0x60 below katakana.
 */
static uint32_t
kana_voiced(uint32_t c, uint32_t mark)
{
	uint32_t	shift = c >= 0x3041 && c <= 0x309D ? 0x60 : 0;
	uint32_t	k = c + shift;

	if (k >= 0x30CF && k <= 0x30DB && (k - 0x30CF) % 3 == 0)
		return c + (mark == 0x3099 ? 1 : 2);
	if (mark != 0x3099)
		return 0;
	if (k >= 0x30AB && k <= 0x30C1 && (k - 0x30AB) % 2 == 0)
		return c + 1;
	if (k == 0x30C4 || k == 0x30C6 || k == 0x30C8)
		return c + 1;
	if (k == 0x30A6)
		return 0x30F4 - shift;
	if (c == 0x309D || c == 0x30FD)
		return c + 1;
	if (shift == 0 && (c == 0x30EF || c == 0x30F0 || c == 0x30F1 || c == 0x30F2))
		return c + 8;
	return 0;
}

/* Put a character that width has been done with into the window. */
static void
window_push(FoldState *st, uint32_t c)
{
	if (st->flags & (FOLD_PUNCT | FOLD_SPACE))
	{
		FoldClass	class = leadcrm_fold_class(c);

		if (class_dropped(class, st->flags))
			return;
	}
	if ((c == 0x3099 || c == 0x309A) && (st->flags & FOLD_WIDTH) && st->nwindow > 0)
	{
		uint32_t	voiced = kana_voiced(st->window[st->nwindow - 1], c);

		if (voiced != 0)
		{
			st->window[st->nwindow - 1] = voiced;
			st->simple[st->nwindow - 1] = voiced;
			return;
		}
	}
	if (c < 0x80)
	{
		/* no part of a phrase, no bearer of a voice mark */
		while (st->nwindow > 0)
			window_shift(st);
		state_finish(st, c);
		return;
	}
	if (st->nwindow == FOLD_WINDOW)
		window_shift(st);
	st->window[st->nwindow] = c;
	if (st->flags & FOLD_SIMPLIFY)
		st->simple[st->nwindow] = char_simple(c);
	st->nwindow++;
}

/*
 * fold_plainly
 *		Fold what most texts are made of: printing ASCII, which only case and
 *		FOLD_PUNCT concern, and Chinese characters that begin no phrase.
 *
 * Returns false if c has to take all the steps.
 */
static inline bool
fold_plainly(FoldState *st, uint32_t c)
{
	if (c < 0x80)
	{
		bool		letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (!letter && (c <= 0x20 || c == 0x7F || (st->flags & FOLD_PUNCT)))
			return false;
	}
	else if (c < 0x4E00 || c > 0x9FFF)
		return false;
	else if (st->flags & FOLD_SIMPLIFY)
	{
		if (st->nwindow > 0 || FOLD_MAP_LOOKUP(phrase, c, FOLD_PHRASE_NONE) != FOLD_PHRASE_NONE)
			return false;
		c = char_simple(c);
	}
	while (st->nwindow > 0)
		window_shift(st);
	state_put(st, c < 0x80 && (st->flags & FOLD_LOWER) ? char_lower(c) : c);
	return true;
}

/*
 * fold_run
 *		Copy what no step concerns, as long as nothing waits for what follows:
 *		printing ASCII, and Chinese characters that are no others' traditional
 *		form and begin no phrase.
 *
 * Returns the place behind it.  Letters become lower case in passing.
 */
static const char *
fold_run(FoldState *st, const char *p, const char *end)
{
	bool		lower = (st->flags & FOLD_LOWER) != 0;

	if (st->space_pending || st->nwindow > 0 || (st->flags & FOLD_PUNCT))
		return p;
	while (p < end)
	{
		const unsigned char *s = (const unsigned char *) p;
		size_t		n = 1;

		if (s[0] >= 0x80)
		{
			/* U+4E00 to U+9FFF are E4B880 to E9BFBF */
			n = 3;
			if (s[0] < 0xE4 || s[0] > 0xE9 ||
				end - p < 3 || (s[0] == 0xE4 && s[1] < 0xB8) ||
				(s[1] & 0xC0) != 0x80 || (s[2] & 0xC0) != 0x80)
				break;
			if (st->flags & FOLD_SIMPLIFY)
			{
				uint32_t	c = (uint32_t) (s[0] & 0x0F) << 12 | (uint32_t) (s[1] & 0x3F) << 6 | (s[2] & 0x3F);

				if (char_simple(c) != c ||
					FOLD_MAP_LOOKUP(phrase, c, FOLD_PHRASE_NONE) != FOLD_PHRASE_NONE)
					break;
			}
		}
		else if (s[0] <= 0x20 || s[0] == 0x7F)
			break;
		if (n > st->size - st->used)
			break;
		st->dst[st->used] = lower && s[0] >= 'A' && s[0] <= 'Z' ? p[0] + ('a' - 'A') : p[0];
		if (n > 1)
			memcpy(st->dst + st->used + 1, p + 1, 2);
		st->used += n;
		p += n;
	}
	return p;
}

/*
 * leadcrm_fold
 *		Fold len bytes of UTF-8 into dst, which has room for dstsize bytes.
 *
 * flags: what to do, FOLD_*.  truncated (may be NULL) is set to whether the
 * result is only the beginning; dstsize >= FOLD_GROWTH * len excludes that.
 *
 * Returns the number of bytes written: whole characters, never a blank at the
 * end under FOLD_SPACE, no NUL behind them.  An invalid byte folds to U+FFFD,
 * which FOLD_PUNCT drops.  Linear in len; stops reading when dst is full.
 */
size_t
leadcrm_fold(const char *src, size_t len, char *dst, size_t dstsize,
			 unsigned flags, bool *truncated)
{
	const char *p = src;
	const char *end = src + len;
	FoldState	st = {0};

	st.flags = flags;
	st.dst = dst;
	st.size = dstsize;
	while (p < end && !st.truncated)
	{
		uint32_t	c;
		uint32_t	wide;

		p = fold_run(&st, p, end);
		if (p == end)
			break;
		wide = c = utf8_next(&p, end);
		if (fold_plainly(&st, c))
			continue;
		if ((flags & FOLD_WIDTH) && c >= 0x80)
			wide = FOLD_MAP_LOOKUP(width, c, c);
		if ((wide & FOLD_SEQUENCE) == 0)
			window_push(&st, wide);
		else
			for (uint32_t i = 0; i < FOLD_SEQUENCE_LENGTH(wide); i++)
				window_push(&st, fold_sequence[FOLD_SEQUENCE_START(wide) + i]);
	}
	while (st.nwindow > 0)
		window_shift(&st);
	if (truncated)
		*truncated = st.truncated;
	return st.used;
}
