/*-------------------------------------------------------------------------
 * text.h
 *	  Parsers of the small texts a lead is made of: mail address, person,
 *	  WeChat id, tax id, quantity.
 *
 * All take UTF-8 bytes, need no server and no memory but the caller's, look at
 * a bounded part of the input and answer in linear time.  Their SQL face is
 * text_sql.c.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_TEXT_H
#define LEADCRM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* email.c; RFC 5321 section 4.5.3.1, the path without its angle brackets */
#define EMAIL_MAX		254

typedef struct Email
{
	size_t		len;
	size_t		local_len;		/* bytes before the @ */
	char		text[EMAIL_MAX];
} Email;

extern bool leadcrm_email_parse(const char *s, size_t len, Email *email);
extern bool leadcrm_email_next(const char **p, const char *end, Email *email);
extern void leadcrm_email_key(Email *email);
extern bool leadcrm_email_shared(const Email *email);

/* person.c; longer texts are no names */
#define PERSON_MAX_CHARS	64
#define PERSON_MAX			(PERSON_MAX_CHARS * 4)

typedef struct Person
{
	size_t		name_len;		/* never 0 */
	size_t		title_len;		/* 0: none found */
	bool		partial;		/* a surname or pet name at most */
	char		name[PERSON_MAX];
	char		title[PERSON_MAX];
} Person;

extern bool leadcrm_person_parse(const char *s, size_t len, Person *person);
extern size_t leadcrm_person_title(const char *s, size_t len, char *dst);
extern size_t leadcrm_person_key(const Person *person, char *dst);
extern size_t leadcrm_person_find(const char *s, size_t len, char *dst);

/* wechat.c; an id has 6 to 20 characters */
#define WECHAT_MIN		6
#define WECHAT_MAX		20

extern size_t leadcrm_wechat_parse(const char *s, size_t len, char *dst);
extern size_t leadcrm_wechat_find(const char *s, size_t len, char *dst);

/* tax_id.c; GB 32100-2015 */
#define TAX_ID_LENGTH	18

extern bool leadcrm_tax_id_parse(const char *s, size_t len, char *dst);
extern bool leadcrm_tax_id_valid(const char *id);

/* quantity.c; what is larger is refused, and safe to add up in int64 */
#define QUANTITY_MAX	INT64_C(100000000000000000)

typedef struct Quantity
{
	bool		has_low;
	bool		has_high;
	bool		vague;			/* about, or one side open */
	int64_t		low;			/* hundredths */
	int64_t		high;			/* hundredths */
	const char *currency;		/* ISO 4217 code, or NULL */
} Quantity;

extern bool leadcrm_quantity_parse(const char *s, size_t len, Quantity *q);
extern const char *leadcrm_quantity_currency(const char *s, size_t len);

/*
 * text_begins
 *		How many bytes of s are word: all that word has, or 0.
 *
 * Most words differ in their first bytes: no call for that.
 */
static inline size_t
text_begins(const char *s, size_t len, const char *word)
{
	size_t		n = 0;

	for (; word[n] != '\0'; n++)
	{
		if (n == len || s[n] != word[n])
			return 0;
	}
	return n;
}

/*
 * text_prefix
 *		How many bytes of s are one of words, a NULL-terminated list in which
 *		a word stands before its own beginnings; 0 if s starts with none.
 */
static inline size_t
text_prefix(const char *s, size_t len, const char *const *words)
{
	for (; *words; words++)
	{
		size_t		n = text_begins(s, len, *words);

		if (n > 0)
			return n;
	}
	return 0;
}

static inline bool
text_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool
text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
text_is_alnum(char c)
{
	return text_is_alpha(c) || text_is_digit(c);
}

#endif							/* LEADCRM_TEXT_H */
