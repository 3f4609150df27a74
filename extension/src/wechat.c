/*-------------------------------------------------------------------------
 * wechat.c
 *	  WeChat ids: 6 to 20 letters, digits, _ and -, the first a letter.
 *
 * A phone number is often given instead ("same as mobile"); that is no id.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "fold.h"
#include "text.h"
#include "utf8.h"

/* How much free text is searched, in bytes of folded text. */
#define WECHAT_TEXT_MAX		8192

/* Words for WeChat, folded. */
static const char *const wechat_labels[] = {
	"微信账号", "微信号码", "微信号", "微信id", "微信", "威信", "薇信", "v信号", "v信",
	"加微", "加v", "wechat id", "wechatid", "wechat no", "wechat", "weixin",
	"weichat", "wx", "vx", NULL
};

static bool
wechat_char_ok(char c)
{
	return text_is_alnum(c) || c == '_' || c == '-';
}

/* Where the text behind at, what separates a label from an id, ends. */
static size_t
separators_skip(const char *s, size_t len, size_t at)
{
	static const char *const separators[] = {":", " ", "=", "/", "是", "为", NULL};
	size_t		n;

	while ((n = text_prefix(s + at, len - at, separators)) > 0)
		at += n;
	return at;
}

/* The length of the run of id characters at s, if it is an id, else 0. */
static size_t
wechat_run(const char *s, size_t len)
{
	size_t		n = 0;

	while (n < len && wechat_char_ok(s[n]))
		n++;
	if (n < WECHAT_MIN || n > WECHAT_MAX || !text_is_alpha(s[0]))
		return 0;
	if (n < len && s[n] == '@')
		return 0;				/* a mail address */
	if (n + 1 < len && s[n] == '.' && wechat_char_ok(s[n + 1]))
		return 0;				/* a name, a site */
	if (text_prefix(s, n, wechat_labels) == n)
		return 0;				/* the word, not an id */
	return n;
}

/*
 * An ASCII label needs something behind it before the id begins, or it is the
 * beginning of the id: wx138... is a usual one.
 */
static size_t
label_skip(const char *s, size_t len, size_t at)
{
	size_t		n = text_prefix(s + at, len - at, wechat_labels);
	size_t		behind = separators_skip(s, len, at + n);

	if (n > 0 && behind == at + n && (unsigned char) s[behind - 1] < 0x80)
		return at;
	return n > 0 ? behind : at;
}

/* Could label and blank be two words of English ("wechat payment")? */
static bool
label_is_doubtful(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!text_is_alpha(s[i]) && s[i] != ' ')
			return false;
	return true;
}

/* Is there a character that words do not have? */
static bool
run_has_sign(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!text_is_alpha(s[i]))
			return true;
	return false;
}

/*
 * leadcrm_wechat_parse
 *		The WeChat id that a text is, in lower case.
 *
 * dst has room for WECHAT_MAX bytes.  A label in front is taken off.
 *
 * Returns the length, or 0 when the text is none.
 */
size_t
leadcrm_wechat_parse(const char *s, size_t len, char *dst)
{
	char		folded[128];
	bool		truncated;
	size_t		at;
	size_t		n;

	len = leadcrm_fold(s, len, folded, sizeof(folded),
					   FOLD_WIDTH | FOLD_SIMPLIFY | FOLD_LOWER | FOLD_SPACE, &truncated);
	if (truncated)
		return 0;
	at = label_skip(folded, len, 0);
	n = wechat_run(folded + at, len - at);
	if (n == 0 || at + n != len)
		return 0;
	memcpy(dst, folded + at, n);
	return n;
}

/*
 * leadcrm_wechat_find
 *		The first WeChat id behind a label in free text.
 *
 * dst has room for WECHAT_MAX bytes.  Looks at the first WECHAT_TEXT_MAX bytes.
 *
 * Returns the length, or 0 when there is none.
 */
size_t
leadcrm_wechat_find(const char *s, size_t len, char *dst)
{
	char		folded[WECHAT_TEXT_MAX];

	len = leadcrm_fold(s, len, folded, sizeof(folded),
					   FOLD_WIDTH | FOLD_SIMPLIFY | FOLD_LOWER | FOLD_SPACE, NULL);
	for (size_t at = 0; at < len; at++)
	{
		size_t		id;
		size_t		n;

		if (at > 0 && wechat_char_ok(folded[at]) && wechat_char_ok(folded[at - 1]))
			continue;			/* inside a word */
		id = label_skip(folded, len, at);
		if (id == at)
			continue;
		n = wechat_run(folded + id, len - id);
		if (n > 0 && label_is_doubtful(folded + at, id - at) &&
			!run_has_sign(folded + id, n))
			continue;
		if (n > 0)
		{
			memcpy(dst, folded + id, n);
			return n;
		}
	}
	return 0;
}
