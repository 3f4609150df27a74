/*-------------------------------------------------------------------------
 * cell.c
 *	  What a cell of a form or a spreadsheet says, if it says anything.
 *
 * Pure C over UTF-8, linear, no memory of its own: see text.h.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "cell.h"
#include "fold.h"
#include "text.h"
#include "utf8.h"

/* No word in the lists below is longer when folded, in bytes. */
#define CELL_WORD_MAX	32

/* Said for "nothing"; folded. */
static const char *const cell_nothing[] = {
	"无", "没有", "暂无", "不详", "未知", "不清楚", "不知道", "空", "略", "未填", "未填写",
	"na", "nil", "none", "null", "nan", "undefined", "unknown", NULL
};

/* Typed to see whether a form works; folded. */
static const char *const cell_tests[] = {
	"测试", "测试测试", "测试数据", "测试用户", "测试公司", "测试账号", "试试", "试一下",
	"test", "testtest", "tester", "testing", "testuser", "demo", "foo", "bar", "foobar",
	"asdf", "asdfgh", "asdfasdf", "asdfghjkl", "qwe", "qwer", "qwert", "qwerty", "zxc", "zxcv",
	"abc", "abcd", "abcdef", "xyz", NULL
};

/* Stand with a name and are no job; folded. */
static const char *const title_honorifics[] = {
	"先生", "女士", "小姐", "太太", "夫人", "同学", "老师", "师傅", "阿姨", "大哥", "大姐",
	"哥", "姐", "叔", "同志", "联系人", "mr", "mrs", "ms", "miss", "mister", "sir", "madam", "mx", NULL
};

/* Fold a short text; 0 when nothing is left or it is too long for a word. */
static size_t
cell_fold(const char *s, size_t len, char *word)
{
	bool		truncated;
	size_t		n = leadcrm_fold(s, len, word, CELL_WORD_MAX, FOLD_ALL, &truncated);

	return truncated ? 0 : n;
}

static bool
word_in(const char *word, size_t len, const char *const *list)
{
	for (; *list; list++)
	{
		if (strlen(*list) == len && memcmp(*list, word, len) == 0)
			return true;
	}
	return false;
}

/*
 * leadcrm_cell_read
 *		Narrow *s to what the cell says: without blanks and invisible characters
 *		at the ends (BOM, NBSP, ideographic space), without the apostrophe or the
 *		="..." by which spreadsheets mark text.
 *
 * Returns the length, 0 for a cell that is empty or says "none" or "n/a".
 */
size_t
leadcrm_cell_read(const char **s, size_t len)
{
	const char *p = *s;
	const char *end = p + len;
	const char *last;
	char		word[CELL_WORD_MAX];
	bool		seen = false;

	while (p < end)
	{
		const char *next = p;
		FoldClass	class = leadcrm_fold_class(utf8_next(&next, end));

		if (class == FOLD_CLASS_SPACE || class == FOLD_CLASS_INVISIBLE ||
			(*p == '\'' && next < end && *next != '\''))
			p = next;
		else
			break;
	}
	if (end - p >= 3 && p[0] == '=' && p[1] == '"' && end[-1] == '"')
	{
		p += 2;
		end--;
	}

	last = p;
	for (const char *at = p; at < end;)
	{
		FoldClass	class = leadcrm_fold_class(utf8_next(&at, end));

		if (class == FOLD_CLASS_TEXT || class == FOLD_CLASS_PUNCT)
			last = at;
		seen = seen || class == FOLD_CLASS_TEXT;
	}
	*s = p;
	len = (size_t) (last - p);
	if (!seen)
		return 0;
	if (len <= CELL_WORD_MAX && word_in(word, cell_fold(p, len, word), cell_nothing))
		return 0;
	return len;
}

/*
 * leadcrm_cell_is_test
 *		Is that what people type to see whether a form works: 测试, asdf, 1, 111111,
 *		12345678901?
 */
bool
leadcrm_cell_is_test(const char *s, size_t len)
{
	char		word[CELL_WORD_MAX];
	size_t		n = cell_fold(s, len, word);
	bool		repeated = true;
	bool		ascending = true;

	if (n == 0)
		return false;
	while (n > 4 && text_is_digit(word[n - 1]) && !text_is_digit(word[0]))
		n--;					/* test01 */
	if (word_in(word, n, cell_tests))
		return true;
	for (size_t i = 0; i < n; i++)
	{
		if (!text_is_alnum(word[i]))
			return false;
		if (i == 0)
			continue;
		repeated = repeated && word[i] == word[0];
		ascending = ascending && text_is_digit(word[i]) && text_is_digit(word[i - 1]) &&
			(word[i] - '0') == (word[i - 1] - '0' + 1) % 10;
	}
	return repeated || ascending;
}

/*
 * leadcrm_title_is_honorific
 *		Is a title only a way to address somebody (先生, Ms.), not a job?
 */
bool
leadcrm_title_is_honorific(const char *s, size_t len)
{
	char		word[CELL_WORD_MAX];

	return word_in(word, cell_fold(s, len, word), title_honorifics);
}
