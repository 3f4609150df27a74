/*-------------------------------------------------------------------------
 * email.c
 *	  Mail addresses: one canonical spelling, a key, addresses in free text.
 *
 * Addresses of people are compared without case: no mail provider of weight
 * tells Zhang@ from zhang@, and people type both.  What is written stays
 * deliverable; only the key drops tags and dots.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "fold.h"
#include "text.h"
#include "utf8.h"

#define EMAIL_LOCAL_MAX		64
#define EMAIL_LABEL_MAX		63

/* Room for an address with a display name around it. */
#define EMAIL_TEXT_MAX		1024

#define IDEOGRAPHIC_STOP	0x3002

static const char *const email_labels[] = {
	"mailto:", "email:", "e-mail:", "mail:",
	"电子邮箱:", "电子邮件:", "邮箱地址:", "邮箱:", "邮件:", "电邮:", NULL
};

/* Mailboxes of an office, not of a person. */
static const char *const email_roles[] = {
	"abuse", "account", "accounting", "accounts", "admin", "administrator",
	"admissions", "bd", "billing", "biz", "booking", "business", "buyer",
	"caigou", "caiwu", "career", "careers", "ceo", "company", "contact",
	"contactus", "cs", "customer", "customercare", "customerservice", "dev",
	"enquiries", "enquiry", "expo", "export", "feedback", "finance", "hello",
	"help", "helpdesk", "hi", "hostmaster", "hr", "import", "info",
	"information", "inquiries", "inquiry", "invoice", "it", "job", "jobs",
	"kefu", "kf", "legal", "lianxi", "logistics", "mail", "mailerdaemon",
	"manager", "market", "marketing", "media", "news", "newsletter",
	"noreply", "donotreply", "office", "operation", "operations", "order",
	"orders", "partner", "partners", "postmaster", "pr", "press", "privacy",
	"procurement", "project", "purchase", "purchasing", "reception",
	"recruit", "recruiting", "recruitment", "root", "rma", "sale", "sales",
	"security", "service", "services", "shichang", "shop", "shouhou", "spam",
	"staff", "support", "system", "team", "tech", "technical", "test",
	"tousu", "trade", "web", "webadmin", "webmaster", "xiaoshou", "yewu",
	"zhaopin", "zhaoshang",
	"业务", "公司", "办公室", "售后", "商务", "客服", "市场", "技术支持", "招商",
	"招聘", "服务", "联系", "行政", "财务", "采购", "销售", NULL
};

/* A character of the local part: atext of RFC 5322, or a letter of RFC 6532. */
static bool
local_char_ok(uint32_t c)
{
	if (c < 0x80)
		return text_is_alnum((char) c) ||
			(c != 0 && strchr("!#$%&'*+/=?^_`{|}~-", (int) c) != NULL);
	return leadcrm_fold_class(c) == FOLD_CLASS_TEXT;
}

static bool
domain_char_ok(uint32_t c)
{
	if (c < 0x80)
		return text_is_alnum((char) c) || c == '-';
	return leadcrm_fold_class(c) == FOLD_CLASS_TEXT;
}

static bool
local_ok(const char *s, size_t len)
{
	const char *end = s + len;
	bool		dot = true;		/* as if one stood before */

	if (len == 0 || len > EMAIL_LOCAL_MAX)
		return false;
	while (s < end)
	{
		uint32_t	c = utf8_next(&s, end);

		if (c == '.' ? dot : !local_char_ok(c))
			return false;
		dot = c == '.';
	}
	return !dot;
}

/* At least two labels; the last has two characters and is no number. */
static bool
domain_ok(const char *s, size_t len)
{
	const char *end = s + len;
	const char *label = s;
	int			nlabels = 0;
	int			nchars = 0;
	bool		digits = true;

	while (s < end)
	{
		const char *at = s;
		uint32_t	c = utf8_next(&s, end);

		if (c == '.')
		{
			if (at == label || at - label > EMAIL_LABEL_MAX || at[-1] == '-')
				return false;
			label = s;
			nlabels++;
			nchars = 0;
			digits = true;
			continue;
		}
		if (!domain_char_ok(c) || (c == '-' && at == label))
			return false;
		digits = digits && c < 0x80 && text_is_digit((char) c);
		nchars++;
	}
	return nlabels >= 1 && nchars >= 2 && end - label <= EMAIL_LABEL_MAX &&
		end[-1] != '-' && !digits;
}

/* Check a folded address and store it. */
static bool
email_set(Email *email, const char *s, size_t len)
{
	const char *at = memchr(s, '@', len);

	if (at == NULL || len > EMAIL_MAX)
		return false;
	if (!local_ok(s, at - s) || !domain_ok(at + 1, s + len - at - 1))
		return false;
	memcpy(email->text, s, len);
	email->len = len;
	email->local_len = at - s;
	return true;
}

/* Take off what people put around and behind an address. */
static void
email_trim(const char **s, const char **end)
{
	static const char *const pairs[] = {"\"\"", "''", "()", "[]", "<>", NULL};
	static const char *const tails[] = {",", ";", ".", ":", "。", "、", NULL};
	bool		changed = true;

	while (changed && *s < *end)
	{
		size_t		label = text_prefix(*s, *end - *s, email_labels);

		*s += label;
		changed = label > 0;
		while (*s < *end && **s == ' ')
			(*s)++;
		while (*s < *end && (*end)[-1] == ' ')
			(*end)--;
		for (int i = 0; pairs[i]; i++)
			if (*end - *s >= 2 && **s == pairs[i][0] && (*end)[-1] == pairs[i][1])
			{
				(*s)++;
				(*end)--;
				changed = true;
			}
		for (int i = 0; tails[i]; i++)
		{
			size_t		n = strlen(tails[i]);

			if ((size_t) (*end - *s) >= n && memcmp(*end - n, tails[i], n) == 0)
			{
				*end -= n;
				changed = true;
			}
		}
	}
}

/* Is a text an address as most are typed, with nothing around it? */
static bool
email_is_plain(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
	{
		char		c = s[i];

		if (!((c >= 'a' && c <= 'z') || text_is_digit(c) || c == '@' || c == '.' ||
			  c == '_' || c == '-' || c == '+'))
			return false;
	}
	return len > 0 && s[len - 1] != '.';
}

/*
 * leadcrm_email_parse
 *		The one mail address that a text is.
 *
 * A label, a display name with angle brackets, blanks around the @ and
 * punctuation behind are taken off; the rest must be one address.  Spelling
 * mistakes are not repaired.  Letters outside ASCII are kept (RFC 6531).
 *
 * Returns false, and leaves *email undefined, for anything else, two addresses
 * included.
 */
bool
leadcrm_email_parse(const char *s, size_t len, Email *email)
{
	char		folded[EMAIL_TEXT_MAX];
	char		address[EMAIL_MAX + UTF8_MAX];
	size_t		n = 0;
	bool		truncated;
	const char *end;
	const char *open;
	const char *at;

	if (email_is_plain(s, len))
		return email_set(email, s, len);
	len = leadcrm_fold(s, len, folded, sizeof(folded),
					   FOLD_WIDTH | FOLD_LOWER | FOLD_SPACE, &truncated);
	if (truncated)
		return false;
	s = folded;
	end = folded + len;
	email_trim(&s, &end);

	/* name <address> */
	open = memchr(s, '<', end - s);
	if (open && end[-1] == '>')
	{
		s = open + 1;
		end--;
		email_trim(&s, &end);
	}

	/* mailto:address?subject=... */
	at = memchr(s, '@', end - s);
	if (at == NULL)
		return false;
	open = memchr(at, '?', end - at);
	if (open)
		end = open;

	/* Blanks beside the @ go; an ideographic full stop in the domain is a dot. */
	while (s < end)
	{
		const char *from = s;
		uint32_t	c = utf8_next(&s, end);

		if (c == ' ' && (from + 1 == at || from == at + 1))
			continue;
		if (c == IDEOGRAPHIC_STOP && from > at)
			c = '.';
		if (n > EMAIL_MAX)
			return false;
		n += utf8_put(address + n, c);
	}
	return email_set(email, address, n);
}

/* A character that may stand in the local part of an address in free text. */
static bool
scan_local_ok(uint32_t c)
{
	return c < 0x80 && (text_is_alnum((char) c) || c == '.' || c == '_' ||
						c == '+' || c == '-' || c == '%');
}

/*
 * leadcrm_email_next
 *		The next mail address in free text.
 *
 * *p moves behind it.  Only ASCII addresses (and their full-width forms) are
 * found: in running Chinese text nobody can tell where any other begins.
 *
 * Returns false when there is none up to end.
 */
bool
leadcrm_email_next(const char **p, const char *end, Email *email)
{
	char		address[EMAIL_MAX];
	size_t		n = 0;
	bool		usable = true;	/* what precedes can begin an address */
	bool		at_sign;

	while (*p < end)
	{
		uint32_t	c = leadcrm_fold_char(utf8_next(p, end), FOLD_WIDTH | FOLD_LOWER);

		if (scan_local_ok(c))
		{
			if (n == 0 && !text_is_alnum((char) c))
				continue;
			if (n < EMAIL_LOCAL_MAX)
				address[n++] = (char) c;
			else
				usable = false;
			continue;
		}
		at_sign = c == '@';
		if (at_sign && n > 0 && usable)
		{
			const char *behind = *p;
			size_t		at = n;

			address[n++] = '@';
			while (behind < end)
			{
				const char *q = behind;

				c = leadcrm_fold_char(utf8_next(&q, end), FOLD_WIDTH | FOLD_LOWER);
				if (c >= 0x80 || !(text_is_alnum((char) c) || c == '-' || c == '.'))
					break;
				if (n == sizeof(address))
				{
					n = at + 1; /* too long to be one */
					break;
				}
				address[n++] = (char) c;
				behind = q;
			}
			while (n > at + 1 && (address[n - 1] == '.' || address[n - 1] == '-'))
				n--;
			if (email_set(email, address, n))
			{
				*p = behind;
				return true;
			}
		}
		usable = !at_sign;
		n = 0;
	}
	return false;
}

/*
 * leadcrm_email_key
 *		Reduce an address to what is equal for all its spellings.
 *
 * Drops a +tag, and at Gmail the dots and the second domain name.  The result
 * is for comparing, not for mailing.
 */
void
leadcrm_email_key(Email *email)
{
	char	   *domain = email->text + email->local_len + 1;
	size_t		domain_len = email->len - email->local_len - 1;
	const char *plus = memchr(email->text, '+', email->local_len);
	size_t		n = email->local_len;

	if (plus && plus > email->text)
		n = plus - email->text;
	if ((domain_len == 9 && memcmp(domain, "gmail.com", 9) == 0) ||
		(domain_len == 14 && memcmp(domain, "googlemail.com", 14) == 0))
	{
		size_t		kept = 0;

		for (size_t i = 0; i < n; i++)
			if (email->text[i] != '.')
				email->text[kept++] = email->text[i];
		n = kept;
		memmove(domain, "gmail.com", 9);
		domain_len = 9;
	}
	else
		while (n > 0 && email->text[n - 1] == '.')
			n--;
	email->text[n] = '@';
	memmove(email->text + n + 1, domain, domain_len);
	email->local_len = n;
	email->len = n + 1 + domain_len;
}

/*
 * leadcrm_email_shared
 *		Is it the mailbox of an office (info@, sales2@, kefu@, no-reply@)?
 *
 * Separators, a +tag and digits at the end do not count.
 */
bool
leadcrm_email_shared(const Email *email)
{
	char		role[EMAIL_LOCAL_MAX] = {0};
	size_t		n = 0;

	for (size_t i = 0; i < email->local_len; i++)
	{
		char		c = email->text[i];

		if (c == '+' && n > 0)
			break;
		if (c != '.' && c != '-' && c != '_')
			role[n++] = c;
	}
	while (n > 0 && text_is_digit(role[n - 1]))
		n--;
	for (const char *const *word = email_roles; *word; word++)
		if (**word == *role && strlen(*word) == n && memcmp(*word, role, n) == 0)
			return true;
	return false;
}
