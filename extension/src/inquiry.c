/*-------------------------------------------------------------------------
 * inquiry.c
 *	  A few sentences of a call centre or a chat, taken apart: who, of which
 *	  firm, with what budget, wants what.
 *
 * The text is cut into clauses.  A clause that gives a number or an address is
 * passed by, one that names the person names the firm in front, one with a label
 * gives what the label says; what remains is the need, in the writer's words.
 * Words are looked for in a simplified, lower-case copy; what is given out is
 * cut from the text as typed, width folded.
 *
 * Pure C over UTF-8, linear, no memory of its own: see text.h.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "fold.h"
#include "inquiry.h"
#include "text.h"
#include "utf8.h"

/* A clause with so many digits gives a telephone number. */
#define CLAUSE_PHONE_DIGITS		7

/* 欧阳某某经理; a longer run of characters at an end is no name. */
#define NAME_MAX_CHARS			6

/* The text, as typed and plain; at[] leads from plain to typed. */
typedef struct InquiryText
{
	char		typed[INQUIRY_MAX];
	char		plain[INQUIRY_MAX * 2];
	uint16_t	at[INQUIRY_MAX * 2 + 1];
	size_t		len;			/* of plain */
} InquiryText;

/* A stretch of plain. */
typedef struct Clause
{
	const InquiryText *text;
	size_t		from;
	size_t		to;
} Clause;

/* In every list a word stands before its own beginnings. */
static const char *const greetings[] = {
	"您好", "你好", "hello", "hi", "dear", "请问", NULL
};

static const char *const customer_cues[] = {
	"客户姓名:", "客户:", "客户", NULL
};

/* A firm follows, whatever it looks like ... */
static const char *const firm_cues[] = {
	"自称是", "自称", "来自于", "来自", "公司名称:", "公司名:", "公司:", "公司是", "单位:", "企业:",
	"我司是", "我们公司是", "company:", NULL
};

/* ... or if it stands before the person or ends like one. */
static const char *const self_cues[] = {
	"我们是", "我是", "我叫", "我在", "这里是", "这边是", "i am", "i'm", "this is", NULL
};

static const char *const firm_ends[] = {
	"公司", "集团", "工厂", "厂", "事务所", "工作室", "合作社", "商行", "研究院", "医院", "学校",
	"ltd", "ltd.", "inc", "inc.", "llc", "gmbh", NULL
};

/* Who begins so tells a trade, not a firm: 我是做外贸的. */
static const char *const trade_cues[] = {
	"做", "卖", "搞", "开", "从事", "老客户", "新客户", NULL
};

static const char *const budget_cues[] = {
	"预算大概", "预算大约", "预算约", "预算在", "预算是", "预算:", "预算", "budget:", "budget is", "budget", NULL
};

/* The clause is about how to reach the person. */
static const char *const contact_cues[] = {
	"来电号码", "联系人", "联系电话", "联系方式", "我的电话", "我的手机", "我的微信", "我的邮箱", "电话",
	"手机", "请回电", "回电", "微信", "加微信", "邮箱", "姓名", "名字", "tel", "phone", "mobile", "call me",
	"mail", "email", "e-mail", "wechat", "name:", "contact:", NULL
};

/* Between the person and what he wants. */
static const char *const said_cues[] = {
	"来电说", "来电咨询", "来电", "打来电话", "说", "表示", "咨询", "想问", "问", "反映", "提到", ":", NULL
};

static const char *const from_cues[] = {"from ", "of ", "at ", NULL};

/* Fold s into both copies. */
static void
text_load(InquiryText *t, const char *s, size_t len)
{
	size_t		n = leadcrm_fold(s, len, t->typed, sizeof(t->typed),
								 FOLD_WIDTH | FOLD_SPACE, NULL);
	const char *p = t->typed;
	const char *end = p + n;

	t->len = 0;
	while (p < end)
	{
		size_t		from = (size_t) (p - t->typed);
		size_t		width = utf8_put(t->plain + t->len,
									 leadcrm_fold_char(utf8_next(&p, end),
													   FOLD_SIMPLIFY | FOLD_LOWER));

		for (size_t i = 0; i < width; i++)
			t->at[t->len++] = (uint16_t) from;
	}
	t->at[t->len] = (uint16_t) n;
}

static const char *
clause_start(const Clause *c)
{
	return c->text->plain + c->from;
}

static size_t
clause_len(const Clause *c)
{
	return c->to - c->from;
}

static void
clause_trim(Clause *c)
{
	const char *plain = c->text->plain;

	while (c->from < c->to)
	{
		const char *p = plain + c->from;

		if (leadcrm_fold_class(utf8_next(&p, plain + c->to)) == FOLD_CLASS_TEXT ||
			strchr("($", plain[c->from]) != NULL || memcmp(plain + c->from, "¥", 2) == 0)
			break;
		c->from = (size_t) (p - plain);
	}
	while (c->from < c->to)
	{
		size_t		last = c->to - 1;
		const char *p;

		while (last > c->from && ((unsigned char) plain[last] & 0xC0) == 0x80)
			last--;
		p = plain + last;
		if (leadcrm_fold_class(utf8_next(&p, plain + c->to)) == FOLD_CLASS_TEXT ||
			strchr(")+%.", plain[last]) != NULL)
			break;
		c->to = last;
	}
}

/* Take one of words off the front. */
static bool
clause_cut_front(Clause *c, const char *const *words)
{
	size_t		n = text_prefix(clause_start(c), clause_len(c), words);

	c->from += n;
	if (n > 0)
		clause_trim(c);
	return n > 0;
}

static bool
clause_begins(const Clause *c, const char *const *words)
{
	return text_prefix(clause_start(c), clause_len(c), words) > 0;
}

static bool
clause_ends(const Clause *c, const char *word)
{
	size_t		n = strlen(word);

	return clause_len(c) > n && memcmp(c->text->plain + c->to - n, word, n) == 0;
}

static bool
clause_cut_end(Clause *c, const char *word)
{
	if (!clause_ends(c, word))
		return false;
	c->to -= strlen(word);
	clause_trim(c);
	return true;
}

static bool
clause_is_firm(const Clause *c)
{
	for (const char *const *word = firm_ends; *word; word++)
	{
		if (clause_ends(c, *word))
			return true;
	}
	return false;
}

static int
clause_digits(const Clause *c)
{
	int			digits = 0;

	for (size_t i = c->from; i < c->to; i++)
		digits += text_is_digit(c->text->plain[i]);
	return digits;
}

/* Append a clause as typed to dst of size bytes. */
static void
clause_store(const Clause *c, const char *separator, char *dst, size_t *len, size_t size)
{
	size_t		from = c->text->at[c->from];
	size_t		n = c->text->at[c->to] - from;
	size_t		gap = *len > 0 ? strlen(separator) : 0;

	if (n == 0 || *len + gap + n > size)
		return;
	memcpy(dst + *len, separator, gap);
	memcpy(dst + *len + gap, c->text->typed + from, n);
	*len += gap + n;
}

/* Does a clause end before plain[i]? Sets *width to the bytes between. */
static bool
clause_stops(const InquiryText *t, size_t i, size_t *width)
{
	static const char *const titles[] = {"先生", "女士", "小姐", "老板", "经理", "总", NULL};
	static const char *const stops[] = {"。", "、", "…", "\xEF\xBF\xBD", NULL};
	char		c = t->plain[i];

	*width = 1;
	if (c == ',')
		return i == 0 || i + 1 == t->len ||
			!(text_is_digit(t->plain[i - 1]) && text_is_digit(t->plain[i + 1]));
	if (c == ';' || c == '!' || c == '?')
		return true;
	/* a blank parts two clauses where an ideograph is beside it */
	if (c == ' ')
		return i > 0 && i + 1 < t->len &&
			(((unsigned char) t->plain[i - 1] & 0x80) || ((unsigned char) t->plain[i + 1] & 0x80)) &&
			text_prefix(t->plain + i + 1, t->len - i - 1, titles) == 0;
	*width = text_prefix(t->plain + i, t->len - i, stops);
	return *width > 0;
}

/* Keep a clause as the firm, if it can be one. */
static void
keep_firm(Clause *c, Inquiry *out)
{
	(void) clause_cut_end(c, "的");
	if (out->company_len == 0 && clause_len(c) >= 4 && clause_digits(c) < 5 &&
		!clause_begins(c, trade_cues))
		clause_store(c, "", out->company, &out->company_len, sizeof(out->company));
}

/*
 * Is a clause nothing but a name, maybe with a title?  person.c is asked, as
 * if the name had been introduced.
 */
static bool
clause_is_name(const Clause *c)
{
	static const char introduced[] = "我叫";
	char		text[sizeof(introduced) + PERSON_MAX];
	char		name[PERSON_MAX];
	size_t		from = c->text->at[c->from];
	size_t		n = c->text->at[c->to] - from;
	size_t		blanks = 0;

	if (n == 0 || n > NAME_MAX_CHARS * UTF8_MAX)
		return false;
	memcpy(text, introduced, sizeof(introduced) - 1);
	memcpy(text + sizeof(introduced) - 1, c->text->typed + from, n);
	for (size_t i = 0; i < n; i++)
		blanks += c->text->typed[from + i] == ' ';
	return leadcrm_person_find(text, sizeof(introduced) - 1 + n, name) == n - blanks;
}

/* Does plain[at] stand inside a word of firm_ends: 公|司赵林? */
static bool
inside_firm_end(const Clause *c, size_t at)
{
	for (const char *const *word = firm_ends; *word; word++)
	{
		size_t		n = strlen(*word);

		for (size_t k = 1; k < n && k <= at - c->from; k++)
		{
			if (at - k + n <= c->to && memcmp(c->text->plain + at - k, *word, n) == 0)
				return true;
		}
	}
	return false;
}

/* The longest name at the end of a clause; its start, or c->to for none. */
static size_t
name_before_end(const Clause *c)
{
	size_t		start = c->to;
	size_t		from = c->to;

	for (int chars = 0; chars < NAME_MAX_CHARS && from > c->from; chars++)
	{
		Clause		tail = {c->text, 0, c->to};

		do
			from--;
		while (from > c->from && ((unsigned char) c->text->plain[from] & 0xC0) == 0x80);
		tail.from = from;
		if (chars > 0 && !inside_firm_end(c, from) && clause_is_name(&tail))
			start = from;
	}
	return start;
}

/*
 * find_name
 *		The name in a clause that introduces somebody in one of the ways of a
 *		call centre: 某公司的王芳来电, 自称某公司王芳, 王芳说, 客户王芳.
 *
 * Sets *at and returns the length, 0 if there is none.
 */
static size_t
find_name(Clause c, size_t *at)
{
	Clause		name = c;
	bool		calls;

	while (clause_ends(&c, ")"))
	{
		size_t		open = c.to - 1;	/* the bracket that closes */

		while (open > c.from && c.text->plain[open] != '(')
			open--;
		if (open == c.from)
			break;
		c.to = open;
		clause_trim(&c);
	}
	calls = clause_cut_end(&c, "来电");
	if (clause_cut_front(&c, firm_cues) || clause_begins(&c, self_cues) || calls)
	{
		*at = name_before_end(&c);
		return c.to - *at;
	}
	if (clause_cut_front(&c, customer_cues) && clause_is_name(&c))
	{
		*at = c.from;
		return c.to - c.from;
	}
	for (name.to = name.from; name.to < c.to && name.to - name.from <= NAME_MAX_CHARS * 3; name.to++)
	{
		Clause		rest = {c.text, name.to, c.to};

		if (clause_begins(&rest, said_cues) && clause_is_name(&name))
		{
			*at = name.from;
			return name.to - name.from;
		}
	}
	return 0;
}

/* The clause in which the person is named, at plain[at .. at + n). */
static void
read_person_clause(Clause *c, size_t at, size_t n, Inquiry *out)
{
	Clause		firm = {c->text, c->from, at};
	Clause		rest = {c->text, at + n, c->to};
	bool		cued;

	clause_trim(&firm);
	(void) clause_cut_front(&firm, customer_cues);
	cued = clause_cut_front(&firm, firm_cues) || clause_cut_front(&firm, self_cues);
	if (cued || clause_ends(&firm, "的") || clause_is_firm(&firm))
		keep_firm(&firm, out);

	if (rest.from < rest.to && c->text->plain[rest.from] == '(')
	{
		while (rest.from < rest.to && c->text->plain[rest.from] != ')')
			rest.from++;
	}
	clause_trim(&rest);
	if (clause_cut_front(&rest, from_cues))
		keep_firm(&rest, out);
	else if (clause_cut_front(&rest, said_cues) && clause_digits(&rest) < CLAUSE_PHONE_DIGITS)
		clause_store(&rest, "，", out->need, &out->need_len, sizeof(out->need));
}

static void
read_clause(Clause *c, Inquiry *out)
{
	bool		firm_cue;

	(void) clause_cut_front(c, customer_cues);
	if (clause_cut_front(c, firm_cues))
	{
		keep_firm(c, out);
		return;
	}
	if (clause_cut_front(c, budget_cues))
	{
		if (out->budget_len == 0)
			clause_store(c, "", out->budget, &out->budget_len, sizeof(out->budget));
		return;
	}
	if (clause_begins(c, contact_cues) || clause_digits(c) >= CLAUSE_PHONE_DIGITS ||
		memchr(clause_start(c), '@', clause_len(c)) != NULL)
		return;

	firm_cue = clause_cut_front(c, self_cues);
	if (clause_cut_end(c, "来电") || firm_cue)
	{
		if (clause_ends(c, "的") || clause_is_firm(c))
		{
			keep_firm(c, out);
			return;
		}
		if (firm_cue)
			return;				/* a name that person.c does not know */
	}
	else if (clause_is_firm(c) && out->company_len == 0)
	{
		keep_firm(c, out);
		return;
	}
	clause_store(c, "，", out->need, &out->need_len, sizeof(out->need));
}

/*
 * leadcrm_inquiry_read
 *		Find person, firm, budget and need in free text.
 *
 * Looks at the first INQUIRY_MAX bytes.
 */
void
leadcrm_inquiry_read(const char *s, size_t len, Inquiry *out)
{
	InquiryText t;
	char		plain_name[PERSON_MAX * 2];
	size_t		n = 0;			/* length of plain_name */
	size_t		width;

	out->company_len = out->budget_len = out->need_len = 0;
	text_load(&t, s, len);
	out->name_len = leadcrm_person_find(s, len, out->name);
	for (const char *p = out->name; p < out->name + out->name_len;)
		n += utf8_put(plain_name + n,
					  leadcrm_fold_char(utf8_next(&p, out->name + out->name_len),
										FOLD_SIMPLIFY | FOLD_LOWER));

	for (size_t from = 0; from < t.len;)
	{
		Clause		c = {&t, from, from};
		size_t		at = 0;
		size_t		name_len = 0;

		while (c.to < t.len && !clause_stops(&t, c.to, &width))
			c.to++;
		from = c.to < t.len ? c.to + width : t.len;
		clause_trim(&c);
		(void) clause_cut_front(&c, greetings);
		if (clause_len(&c) == 0)
			continue;
		if (out->name_len == 0)
		{
			name_len = find_name(c, &at);
			if (name_len > 0)
			{
				Clause		name = {&t, at, at + name_len};

				clause_store(&name, "", out->name, &out->name_len, sizeof(out->name));
			}
		}
		for (size_t i = c.from; n > 0 && name_len == 0 && i + n <= c.to; i++)
		{
			if (t.plain[i] == plain_name[0] && memcmp(t.plain + i, plain_name, n) == 0)
			{
				at = i;
				name_len = n;
			}
		}
		if (name_len > 0)
			read_person_clause(&c, at, name_len, out);
		else
			read_clause(&c, out);
	}
}
