/*-------------------------------------------------------------------------
 * person.c
 *	  Names of people: the name without titles, a key, a name in free text.
 *
 * A title is matched on the simplified, lower-case form of the text and cut
 * from the text as typed, so both are kept side by side as code points.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "fold.h"
#include "person_words.h"
#include "text.h"
#include "utf8.h"

/* How much free text is searched, in bytes of folded text. */
#define PERSON_SCAN_MAX		4096

/* Given names of Chinese people have one or two characters. */
#define GIVEN_MAX			2

/* A stretch of a PersonBuffer. */
typedef struct PersonText
{
	int			len;			/* characters */
	const uint32_t *typed;		/* width and space folded */
	const uint32_t *plain;		/* also simplified and lower case */
	const uint16_t *offset;		/* where they begin in bytes; len + 1 of them */
	const char *bytes;			/* plain in UTF-8, of the whole buffer */
} PersonText;

typedef struct PersonBuffer
{
	uint32_t	typed[PERSON_SCAN_MAX];
	uint32_t	plain[PERSON_SCAN_MAX];
	uint16_t	offset[PERSON_SCAN_MAX + 1];
	char		bytes[PERSON_SCAN_MAX * 2]; /* no case or script doubles it */
} PersonBuffer;

/* Is c one of the characters of set, which all have three bytes? */
static bool
set_has(const char *set, uint32_t c)
{
	char		bytes[UTF8_MAX];

	if (utf8_put(bytes, c) != 3)
		return false;
	for (; *set; set += 3)
	{
		/* the last byte differs the most */
		if (set[2] == bytes[2] && set[1] == bytes[1] && set[0] == bytes[0])
			return true;
	}
	return false;
}

static bool
is_han(uint32_t c)
{
	return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
		(c >= 0x20000 && c <= 0x3134F) || c == 0x3007;
}

static bool
is_latin(uint32_t c)
{
	return (c < 0x80 && text_is_alpha((char) c)) || (c >= 0xC0 && c < 0x250);
}

/* Lay the folded bytes s out in buf. */
static void
text_load(PersonText *t, PersonBuffer *buf, const char *s, size_t len)
{
	const char *end = s + len;
	size_t		used = 0;
	int			n = 0;

	while (s < end)
	{
		uint32_t	c = utf8_next(&s, end);
		const char *next = s;

		/* no blank between two ideographs: names are spread to align them */
		if (c == ' ' && n > 0 && is_han(buf->typed[n - 1]) &&
			next < end && is_han(utf8_next(&next, end)))
			c = 0;
		if (c == 0)
			continue;
		buf->typed[n] = c;
		buf->plain[n] = leadcrm_fold_char(c, FOLD_SIMPLIFY | FOLD_LOWER);
		buf->offset[n] = (uint16_t) used;
		used += utf8_put(buf->bytes + used, buf->plain[n]);
		n++;
	}
	buf->offset[n] = (uint16_t) used;
	t->len = n;
	t->typed = buf->typed;
	t->plain = buf->plain;
	t->offset = buf->offset;
	t->bytes = buf->bytes;
}

/* How many characters from at on are one of words, the first that fits. */
static int
words_at(const PersonText *t, int at, const char *const *words)
{
	size_t		from = t->offset[at];
	size_t		n = text_prefix(t->bytes + from, t->offset[t->len] - from, words);
	int			to = at;

	while (t->offset[to] < from + n)
		to++;
	return to - at;
}

/* How many characters at the end are one of words, the first that fits. */
static int
words_before_end(const PersonText *t, const char *const *words)
{
	size_t		end = t->offset[t->len];

	for (; *words; words++)
	{
		size_t		n = strlen(*words);
		int			from = t->len;

		if (n > end - t->offset[0] || t->bytes[end - 1] != (*words)[n - 1] ||
			memcmp(t->bytes + end - n, *words, n) != 0)
			continue;
		while (t->offset[from] > end - n)
			from--;
		return t->len - from;
	}
	return 0;
}

/* Is the text one of words? */
static bool
text_is_word(const PersonText *t, const char *const *words)
{
	size_t		n = t->offset[t->len] - t->offset[0];

	for (; *words; words++)
		if (n > 0 && text_begins(t->bytes + t->offset[0], n, *words) == n)
			return true;
	return false;
}

/* How many characters from at on are a surname: 2, 1 or 0. */
static int
surname_at(const PersonText *t, int at)
{
	int			n = words_at(t, at, person_compound_surnames);

	if (n > 0)
		return n;
	return at < t->len && set_has(person_surnames, t->plain[at]) ? 1 : 0;
}

static void
text_cut_front(PersonText *t, int n)
{
	t->typed += n;
	t->plain += n;
	t->offset += n;
	t->len -= n;
}

/* Cut a note in brackets off the end. */
static bool
text_cut_note(PersonText *t)
{
	int			depth = 0;

	if (t->len == 0 || t->typed[t->len - 1] != ')')
		return false;
	for (int i = t->len - 1; i > 0; i--)
	{
		depth += t->typed[i] == ')';
		depth -= t->typed[i] == '(';
		if (depth == 0)
		{
			t->len = i;
			return true;
		}
	}
	return false;
}

/*
 * Cut punctuation, blanks and notes off the ends, but for the dot of an
 * initial.
 */
static bool
text_trim(PersonText *t)
{
	int			before = t->len;

	while (t->len > 0 && leadcrm_fold_class(t->typed[0]) != FOLD_CLASS_TEXT)
		text_cut_front(t, 1);
	while (t->len > 0 && leadcrm_fold_class(t->typed[t->len - 1]) != FOLD_CLASS_TEXT &&
		   !(t->typed[t->len - 1] == '.' && t->len > 1 && is_latin(t->typed[t->len - 2])))
		if (!text_cut_note(t))
			t->len--;
	return t->len != before;
}

/* The length of a Latin title that ends at the end of the text, behind a blank. */
static int
latin_title_before_end(const PersonText *t)
{
	PersonText	part = *t;
	int			n;

	if (part.len > 0 && part.typed[part.len - 1] == '.')
		part.len--;
	n = words_before_end(&part, person_latin_titles);
	if (n == 0)
		return 0;
	if (n < part.len && is_latin(part.typed[part.len - n - 1]))
		return 0;
	return n + t->len - part.len;
}

/* The length of a Latin title at the start, with its dot, before a blank. */
static int
latin_title_at_start(const PersonText *t)
{
	int			n = words_at(t, 0, person_latin_titles);

	if (n == 0 || n == t->len)
		return n;
	if (t->typed[n] == '.')
		return n + 1;
	return is_latin(t->typed[n]) || t->typed[n] == '\'' || t->typed[n] == '-' ? 0 : n;
}

/* The length of a title at the end with the field it is of, or 0. */
static int
title_before_end(const PersonText *t)
{
	PersonText	rest = *t;
	int			n = latin_title_before_end(t);

	if (n > 0)
		return n;
	n = words_before_end(t, person_titles);
	if (n > 0)
	{
		int			field;

		do
		{
			rest.len = t->len - n;
			field = words_before_end(&rest, person_fields);
			n += field;
		} while (field > 0);
		return n;
	}
	n = words_before_end(t, person_short_titles);
	return n > 0 && n < t->len && surname_at(t, 0) == t->len - n ? n : 0;
}

/*
 * The length of a Chinese title in front of a full name, with the field it is
 * of, or 0: 销售总监王芳.
 */
static int
title_at_start(const PersonText *t)
{
	int			at = 0;
	int			n;
	int			surname;

	while ((n = words_at(t, at, person_fields)) > 0)
		at += n;
	n = words_at(t, at, person_titles);
	at += n;
	surname = surname_at(t, at);
	n = n < 2 || surname == 0 ? 0 : t->len - at - surname;
	return n >= 1 && n <= GIVEN_MAX && is_han(t->typed[t->len - 1]) ? at : 0;
}

/*
 * person_strip
 *		Take everything that is no name off *t.
 *
 * title gets the innermost title behind the name, else the first in front.
 */
static void
person_strip(PersonText *t, PersonText *title)
{
	PersonText	front = {0};
	bool		changed = true;

	title->len = 0;
	while (changed && t->len > 0)
	{
		int			n;

		changed = text_trim(t);
		n = words_at(t, 0, person_labels);
		if (n > 0 && n < t->len && t->typed[n] == ':')
		{
			text_cut_front(t, n + 1);
			changed = true;
		}
		n = title_before_end(t);
		if (n > 0)
		{
			*title = *t;
			text_cut_front(title, t->len - n);
			t->len -= n;
			changed = true;
		}
		n = latin_title_at_start(t);
		if (n == 0)
			n = title_at_start(t);
		if (n > 0)
		{
			if (front.len == 0)
			{
				front = *t;
				front.len = n;
			}
			text_cut_front(t, n);
			changed = true;
		}
	}
	if (title->len == 0)
		*title = front;
}

/* Is there anything a person could be called by? */
static bool
text_is_name(const PersonText *t)
{
	bool		letter = false;

	for (int i = 0; i < t->len; i++)
	{
		uint32_t	c = t->typed[i];

		if (c == '@' || c == UTF8_BAD)
			return false;
		letter = letter || (leadcrm_fold_class(c) == FOLD_CLASS_TEXT &&
							!(c < 0x80 && text_is_digit((char) c)));
	}
	return letter && !text_is_word(t, person_placeholders);
}

/* Does a name say no more than a surname, or a pet name made of it? */
static bool
text_is_partial(const PersonText *t, bool titled)
{
	int			pet_len = words_at(t, 0, person_pet_words);
	bool		word = true;

	if (t->len == 1 || surname_at(t, 0) == t->len)
		return true;
	if (pet_len > 0 && pet_len < t->len && surname_at(t, pet_len) == t->len - pet_len)
		return true;
	for (int i = 0; i < t->len; i++)
		word = word && is_latin(t->typed[i]);
	return word && (titled || text_is_word(t, person_latin_surnames));
}

static size_t
text_store(const PersonText *t, char *dst)
{
	size_t		n = 0;

	for (int i = 0; i < t->len; i++)
		n += utf8_put(dst + n, t->typed[i]);
	return n;
}

/* Fold and lay out a text that is to be a name; false if it is too long. */
static bool
person_load(PersonText *t, PersonBuffer *buf, const char *s, size_t len)
{
	char		folded[PERSON_MAX];
	bool		truncated;

	len = leadcrm_fold(s, len, folded, sizeof(folded),
					   FOLD_WIDTH | FOLD_SPACE, &truncated);
	if (truncated)
		return false;
	text_load(t, buf, folded, len);
	return t->len <= PERSON_MAX_CHARS;
}

/*
 * leadcrm_person_parse
 *		Take a name and its title apart.
 *
 * Width and space are folded, labels, titles, honorifics and a note in brackets
 * behind are taken off; the name's own characters and case stay as typed.
 *
 * Returns false when nothing of a name is left, or the text is too long for one.
 */
bool
leadcrm_person_parse(const char *s, size_t len, Person *person)
{
	PersonBuffer buf;
	PersonText	t;
	PersonText	title;

	if (!person_load(&t, &buf, s, len))
		return false;
	person_strip(&t, &title);
	if (!text_is_name(&t))
		return false;
	person->name_len = text_store(&t, person->name);
	person->title_len = text_store(&title, person->title);
	person->partial = text_is_partial(&t, title.len > 0);
	return true;
}

/*
 * leadcrm_person_title
 *		The title in a text that is a name, a title or both.
 *
 * dst has room for PERSON_MAX bytes.  Returns the length, 0 if there is none.
 */
size_t
leadcrm_person_title(const char *s, size_t len, char *dst)
{
	PersonBuffer buf;
	PersonText	t;
	PersonText	title;

	if (!person_load(&t, &buf, s, len))
		return 0;
	person_strip(&t, &title);
	return text_store(&title, dst);
}

/*
 * leadcrm_person_key
 *		What is equal for all spellings of a name.
 *
 * dst has room for PERSON_MAX bytes.  Returns the length, or 0 when the name is
 * a surname alone, which is no evidence.
 */
size_t
leadcrm_person_key(const Person *person, char *dst)
{
	bool		truncated;
	size_t		n;

	if (person->partial)
		return 0;
	n = leadcrm_fold(person->name, person->name_len, dst, PERSON_MAX, FOLD_ALL, &truncated);
	return truncated ? 0 : n;
}

/* Where the title right at at ends, if it is not the start of another word. */
static int
scan_title(const PersonText *t, int at)
{
	int			n = words_at(t, at, person_titles);

	if (n == 0)
		return 0;
	if (n == 1 && at + n < t->len && set_has(person_title_stops, t->plain[at + n]))
		return 0;
	return n;
}

/*
 * scan_han_name
 *		How many characters from at on are a Chinese name with its title.
 *
 * strict: the name must end where the text shows an end.  Otherwise a name of
 * three is taken from a longer run.
 */
static int
scan_han_name(const PersonText *t, int at, bool strict)
{
	int			surname = surname_at(t, at);
	int			to = at + surname;

	if (surname == 0 && words_at(t, at, person_pet_words) > 0)
	{
		/* 小李 */
		to = at + 1;
		to += surname_at(t, to);
		return to > at + 1 && (to >= t->len || !is_han(t->typed[to]) ||
							   set_has(person_stops, t->plain[to])) ? to - at : 0;
	}
	if (surname == 0 || words_at(t, at, person_not_names) > 0)
		return 0;
	for (int given = 0;; given++)
	{
		int			title = scan_title(t, to);

		if (title > 0)
			return to + title - at;
		if (to >= t->len || !is_han(t->typed[to]) ||
			set_has(given > 0 ? person_stops : person_first_stops, t->plain[to]))
		{
			if (words_at(t, to, person_firm_words) > 0)
				return 0;
			return given > 0 || !strict ? to - at : 0;
		}
		if (given == GIVEN_MAX)
			return strict ? 0 : to - at;
		to++;
	}
}

/* How many characters from at on are a Latin name: words, each with a capital. */
static int
scan_latin_name(const PersonText *t, int at)
{
	int			to = at;

	for (int words = 0; words < 4; words++)
	{
		int			i = words > 0 ? to + 1 : at;

		if (words > 0 && (to >= t->len || t->typed[to] != ' '))
			break;
		if (i >= t->len || !is_latin(t->typed[i]))
			break;
		if (t->typed[i] == t->plain[i] && words > 0)
			break;
		while (i < t->len && (is_latin(t->typed[i]) || t->typed[i] == '\'' ||
							  t->typed[i] == '-' || t->typed[i] == '.'))
			i++;
		if (i < t->len && t->typed[i] == '@')
			break;
		to = i;
	}
	while (to > at && !is_latin(t->typed[to - 1]))
		to--;
	return to - at;
}

/* A cue in Latin letters is a word of its own. */
static int
scan_cue(const PersonText *t, int at, const char *const *cues)
{
	int			n = words_at(t, at, cues);

	if (n == 0)
		return 0;
	if (is_latin(t->typed[at]) &&
		((at > 0 && is_latin(t->typed[at - 1])) ||
		 (at + n < t->len && is_latin(t->typed[at + n]))))
		return 0;
	return n;
}

/* A name behind one of cues: *from, and its length. */
static int
scan_cued(const PersonText *t, const char *const *cues, bool strict, int *from)
{
	for (int at = 0; at < t->len; at++)
	{
		int			cue = scan_cue(t, at, cues);
		int			to = at + cue;
		bool		marked = false;
		int			skip;
		int			n;

		if (cue == 0)
			continue;
		while ((skip = words_at(t, to, person_cue_ends)) > 0)
		{
			marked = marked || t->typed[to] == ':';
			to += skip;
		}
		n = scan_han_name(t, to, strict);
		/* a Latin name needs a mark that it begins: a capital, a colon */
		if (n == 0 && to < t->len && is_latin(t->typed[to]) &&
			(t->typed[to] != t->plain[to] || marked))
			n = scan_latin_name(t, to);
		if (n > 0)
		{
			*from = to;
			return n;
		}
	}
	return 0;
}

/* May a name begin at at, for what stands before it? */
static bool
scan_boundary(const PersonText *t, int at)
{
	return at == 0 || !is_han(t->typed[at - 1]) || set_has(person_starts, t->plain[at - 1]);
}

/* A name with a title behind it. */
static int
scan_titled(const PersonText *t, int *from)
{
	for (int at = 1; at < t->len; at++)
	{
		int			title = is_han(t->typed[at]) ? scan_title(t, at) : 0;

		if (title == 0)
			continue;
		for (int n = 2 + GIVEN_MAX; n >= 1; n--)
		{
			int			surname = n <= at ? surname_at(t, at - n) : 0;

			if (surname == 0 || surname > n || n - surname > GIVEN_MAX ||
				!scan_boundary(t, at - n) || words_at(t, at - n, person_not_names) > 0)
				continue;
			*from = at - n;
			return n + title;
		}
	}
	return 0;
}

/* A surname that is named as one. */
static int
scan_surname(const PersonText *t, int *from)
{
	for (int at = 0; at < t->len; at++)
	{
		int			cue = words_at(t, at, person_surname_cues);
		int			n = cue > 0 ? surname_at(t, at + cue) : 0;

		if (n > 0)
		{
			*from = at + cue;
			return n;
		}
	}
	return 0;
}

/*
 * leadcrm_person_find
 *		The person that a free text names, as written, with the title.
 *
 * Asks in this order for a name behind a label ("my name is"), before a title,
 * behind a weak cue ("I am") and for a bare surname.  dst has room for PERSON_MAX
 * bytes.  Looks at the first PERSON_SCAN_MAX bytes.
 *
 * Returns the length, or 0 when there is none.
 */
size_t
leadcrm_person_find(const char *s, size_t len, char *dst)
{
	char		folded[PERSON_SCAN_MAX];
	PersonBuffer buf;
	PersonText	t;
	int			from = 0;
	int			n;

	len = leadcrm_fold(s, len, folded, sizeof(folded), FOLD_WIDTH | FOLD_SPACE, NULL);
	text_load(&t, &buf, folded, len);
	n = scan_cued(&t, person_cues, false, &from);
	if (n == 0)
		n = scan_titled(&t, &from);
	if (n == 0)
		n = scan_cued(&t, person_weak_cues, true, &from);
	if (n == 0)
		n = scan_surname(&t, &from);
	if (n == 0 || n > PERSON_MAX_CHARS)
		return 0;
	text_cut_front(&t, from);
	t.len = n;
	return text_store(&t, dst);
}
