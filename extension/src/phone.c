/*-------------------------------------------------------------------------
 * phone.c
 *	  Reading phone numbers: from any spelling to one normal form.
 *
 * Three steps.  A run is a row of digit groups with the marks people put
 * between them.  The numbering plan (phone_plan.c) says whether its digits are
 * a number, and which.  What stands before and behind is a label, an
 * extension, a remark, or a reason to say no.
 *
 * The answer depends on the input alone: no locale, no setting, no clock.
 * Values are indexed, so a new table must never change an old answer without
 * a new version of the extension that says so.
 *
 * Every loop either moves forward in the text or is bounded by a constant,
 * so the time is linear in the length of the text.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "phone.h"
#include "phone_plan.h"
#include "utf8.h"

/*
 * Most digits of a run: international prefix (4), calling code (3), a national
 * number (17 in Japan), and one more to know that it is too long.
 */
#define PHONE_DIGITS_MAX	25

/* Most characters between two groups of one number. */
#define PHONE_GAP_MAX		8

/* Digits of an extension; behind a mere dash one fewer, as a number begins at 7. */
#define PHONE_EXT_MAX		7
#define PHONE_DASH_EXT_MAX	6

/* Words of a label or remark, and characters of a remark in brackets. */
#define PHONE_WORDS_MAX		6
#define PHONE_REMARK_MAX	30

/* So many digits beside a number look like another one. */
#define PHONE_OTHER_MIN		5

/* What a character means; 0 to 9 are the digits themselves. */
enum
{
	CH_PLUS = 10,
	CH_SPACE,
	CH_DASH,
	CH_DOT,
	CH_OPEN,
	CH_CLOSE,
	CH_SLASH,
	CH_HASH,
	CH_BREAK,					/* comma, semicolon */
	CH_LINE,
	CH_QUOTE,
	CH_MARK,					/* colon and the like: stands behind a label */
	CH_NOTHING,					/* invisible */
	CH_OTHER
};

/* A run of digit groups, and where each group begins and ends in the text. */
typedef struct PhoneRun
{
	bool		plus;
	bool		full;			/* more digits follow than digits[] holds */
	bool		overflow;		/* they belong to the last group */
	int			ngroups;
	int			ndigits;
	char		digits[PHONE_DIGITS_MAX];
	int			group_end[PHONE_DIGITS_MAX];	/* in digits[] */
	const char *text_start[PHONE_DIGITS_MAX];
	const char *text_end[PHONE_DIGITS_MAX];
} PhoneRun;

/*
 * Words that may stand before a number, alone or together ("联系电话", "Phone
 * No"), and behind it ("微信同号").  A longer word stands before its beginning.
 */
static const char *const phone_words[] = {
	"电话", "電話", "手机", "手機", "号码", "號碼", "号", "號",
	"联系", "联络", "聯繫", "聯絡", "聯系", "方式", "移动", "移動", "行动", "行動",
	"固定", "固话", "固話", "座机", "座機", "办公", "辦公", "公司", "家庭", "住宅",
	"个人", "個人", "本人", "热线", "熱線", "客服", "服务", "服務", "咨询", "諮詢",
	"销售", "銷售", "全国", "全國", "致电", "致電", "微信", "同步", "同", "也是",
	"先生", "女士", "小姐",
	"telephone", "tel", "phone", "mobile", "mob", "cellphone", "cell",
	"whatsapp", "wechat", "hotline", "contact", "call", "office", "work",
	"home", "direct", "number", "no", "ph", "t", "m", "p"
};

/* Words between a number and its extension; a longer word stands first. */
static const char *const phone_ext_words[] = {
	"转分机", "轉分機", "转", "轉", "分机", "分機", "内线", "內線",
	";ext=", "extension", "extn", "ext", "x", "#"
};

/*
 * phone_class
 *		What a character means in a phone number.
 */
static int
phone_class(uint32_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 0xFF01 && c <= 0xFF5E) /* full-width ASCII */
		c -= 0xFEE0;
	switch (c)
	{
		case '+':
		case 0xFE62:			/* small plus */
			return CH_PLUS;
		case ' ':
		case '\t':
		case 0xA0:				/* no-break space */
		case 0x1680:
		case 0x202F:
		case 0x205F:
		case 0x3000:			/* ideographic space */
			return CH_SPACE;
		case '-':
		case '~':
		case '_':
		case 0x2212:			/* minus */
		case 0x2500:			/* box drawing, typed as a dash */
		case 0x30FC:			/* kana length mark */
		case 0xFE58:
		case 0xFE63:
			return CH_DASH;
		case '.':
		case 0xB7:				/* middle dot */
		case 0x2022:
		case 0x3002:			/* ideographic full stop */
		case 0x30FB:
			return CH_DOT;
		case '(':
		case '[':
		case '{':
		case 0x3010:
		case 0x3014:
		case 0x300C:
			return CH_OPEN;
		case ')':
		case ']':
		case '}':
		case 0x3011:
		case 0x3015:
		case 0x300D:
			return CH_CLOSE;
		case '/':
		case '\\':
		case '|':
			return CH_SLASH;
		case '#':
			return CH_HASH;
		case ',':
		case ';':
		case 0x3001:			/* ideographic comma */
			return CH_BREAK;
		case '\n':
		case '\r':
		case '\f':
		case '\v':
		case 0x2028:
		case 0x2029:
			return CH_LINE;
		case '\'':
		case '"':
		case '`':
		case '=':				/* ="138..." in a CSV made by hand */
		case 0x2018:
		case 0x2019:
		case 0x201C:
		case 0x201D:
			return CH_QUOTE;
		case ':':
		case '*':
			return CH_MARK;
		case 0xAD:				/* soft hyphen */
		case 0x61C:
		case 0x2060:
		case 0xFEFF:
			return CH_NOTHING;
	}
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 0x2000 && c <= 0x200A)
		return CH_SPACE;
	if (c >= 0x2010 && c <= 0x2015)
		return CH_DASH;
	if ((c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
		(c >= 0x2066 && c <= 0x2069) || (c >= 0xFE00 && c <= 0xFE0F))
		return CH_NOTHING;
	return CH_OTHER;
}

/*
 * phone_peek
 *		The meaning of the character at p, and where the next one begins.
 *
 * At the end it is CH_LINE, and *next is end.
 */
static int
phone_peek(const char *p, const char *end, const char **next)
{
	*next = p;
	if (p >= end)
		return CH_LINE;
	return phone_class(utf8_next(next, end));
}

/* Move over characters whose meaning is in the set (bits of CH_ values). */
static const char *
phone_skip(const char *p, const char *end, uint32_t set)
{
	const char *next;

	while (p < end && (set & (1u << phone_peek(p, end, &next))) != 0)
		p = next;
	return p;
}

#define CH_BIT(ch)		(1u << (ch))
#define CH_DIGITS		((1u << 10) - 1)
#define CH_BLANK		(CH_BIT(CH_SPACE) | CH_BIT(CH_NOTHING))
#define CH_GAP			(CH_BLANK | CH_BIT(CH_DASH) | CH_BIT(CH_DOT) | \
						 CH_BIT(CH_OPEN) | CH_BIT(CH_CLOSE) | CH_BIT(CH_SLASH))
#define CH_FRONT		(CH_BLANK | CH_BIT(CH_QUOTE) | CH_BIT(CH_MARK) | \
						 CH_BIT(CH_DOT) | CH_BIT(CH_DASH) | CH_BIT(CH_OPEN) | \
						 CH_BIT(CH_CLOSE) | CH_BIT(CH_SLASH) | CH_BIT(CH_BREAK) | \
						 CH_BIT(CH_LINE))
#define CH_BACK			(CH_BLANK | CH_BIT(CH_QUOTE) | CH_BIT(CH_DOT) | \
						 CH_BIT(CH_CLOSE) | CH_BIT(CH_SLASH) | CH_BIT(CH_BREAK) | \
						 CH_BIT(CH_LINE))

/* A letter without its case and width. */
static uint32_t
phone_fold(uint32_t c)
{
	if (c >= 0xFF01 && c <= 0xFF5E)
		c -= 0xFEE0;
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/*
 * phone_word
 *		The end of the first of the words that begins at p, or NULL.
 *
 * Letters match whatever their case and width.
 */
static const char *
phone_word(const char *p, const char *end, const char *const *words, int nwords)
{
	char		first[UTF8_MAX];
	const char *rest = p;

	if (p == end)
		return NULL;
	utf8_put(first, phone_fold(utf8_next(&rest, end)));
	for (int i = 0; i < nwords; i++)
	{
		const char *w = words[i];
		const char *wend = w + strlen(w);
		const char *q = p;

		if (*w != first[0])
			continue;
		while (w < wend && q < end &&
			   phone_fold(utf8_next(&q, end)) == utf8_next(&w, wend))
		{
			if (w == wend)
				return q;
		}
	}
	return NULL;
}

/*
 * phone_words_skip
 *		Move over label words and the given marks, at most PHONE_WORDS_MAX words.
 */
static const char *
phone_words_skip(const char *p, const char *end, uint32_t marks)
{
	for (int n = 0;; n++)
	{
		const char *q;

		p = phone_skip(p, end, marks);
		if (n == PHONE_WORDS_MAX || phone_peek(p, end, &q) <= CH_PLUS || p == end)
			return p;
		q = phone_word(p, end, phone_words, sizeof(phone_words) / sizeof(phone_words[0]));
		if (q == NULL)
			return p;
		p = q;
	}
}

/*
 * phone_zeros_skip
 *		Move over the ".0" or ".00" that a spreadsheet leaves behind a number.
 */
static const char *
phone_zeros_skip(const char *p, const char *end)
{
	const char *q;
	const char *next;
	int			n = 0;

	if (phone_peek(p, end, &q) != CH_DOT)
		return p;
	while (phone_peek(q, end, &next) == 0)
	{
		n++;
		q = next;
	}
	return (n == 1 || n == 2) && phone_peek(q, end, &next) > 9 ? q : p;
}

/*
 * phone_run_read
 *		Read the digit groups that begin at p.
 *
 * p: at a plus, an opening bracket or a digit.  Fills run; returns the place
 * behind the last group read, or p if there is no digit.
 */
static const char *
phone_run_read(const char *p, const char *end, PhoneRun *run)
{
	const char *q = p;
	bool		ingroup = false;
	int			gap = 0;

	memset(run, 0, offsetof(PhoneRun, digits));
	while (q < end)
	{
		const char *next;
		int			ch = phone_peek(q, end, &next);

		if (ch <= 9)
		{
			if (run->ndigits == PHONE_DIGITS_MAX)
			{
				run->full = true;
				run->overflow = ingroup;
				break;
			}
			if (!ingroup)
			{
				run->text_start[run->ngroups++] = q;
				ingroup = true;
				gap = 0;
			}
			run->digits[run->ndigits++] = (char) ('0' + ch);
			run->group_end[run->ngroups - 1] = run->ndigits;
			run->text_end[run->ngroups - 1] = next;
			p = next;
		}
		else if (ch == CH_PLUS && run->ngroups == 0 && !run->plus)
		{
			run->plus = true;
			gap = 0;
		}
		else if (((1u << ch) & CH_GAP) != 0 && gap < PHONE_GAP_MAX)
		{
			gap++;
			/* an invisible character does not part a group */
			if (ch != CH_NOTHING)
				ingroup = false;
		}
		else
			break;
		q = next;
	}

	/* 13800138000.0 is the number of a spreadsheet that lost no digit */
	if (run->ngroups == 2 && phone_zeros_skip(run->text_end[0], end) == p)
		run->ngroups = 1;
	return p;
}

/*
 * phone_run_fit
 *		The longest row of groups, from the first one on, that is a number.
 *
 * Returns how many groups it takes, or 0 with the fault of all of them.
 */
static int
phone_run_fit(const PhoneRun *run, const PhoneRegion *region, bool strict,
			  PhoneNumber *out, PhoneFault *fault)
{
	*fault = PHONE_LONG;
	for (int g = run->ngroups; g > 0; g--)
	{
		PhoneFault	f;

		if (run->overflow && g == run->ngroups)
			continue;
		f = leadcrm_phone_plan_read(run->digits, run->group_end[g - 1],
									run->plus, region, strict, out);
		if (f == PHONE_OK)
			return g;
		if (g == run->ngroups)
			*fault = f;
	}
	return 0;
}

/*
 * phone_ext_read
 *		Take the extension that stands at p, if one does.
 *
 * Appends it to the number and returns the place behind it, else returns p.
 * A mere dash marks one ("-801") behind a Chinese number only: others vary in
 * length.
 */
static const char *
phone_ext_read(const char *p, const char *end, PhoneNumber *number)
{
	const int	nwords = sizeof(phone_ext_words) / sizeof(phone_ext_words[0]);
	const char *q = phone_skip(p, end, CH_BLANK | CH_BIT(CH_CLOSE));
	const char *next;
	const char *word;
	char		digits[PHONE_EXT_MAX];
	int			n = 0;
	int			max = PHONE_EXT_MAX;
	bool		dash = false;
	int			ch;

	if (q == end)
		return p;
	word = phone_word(q, end, phone_ext_words, nwords);
	if (word == NULL)
	{
		/* "-转801", "(ext 801)", "，转801", "-801" */
		ch = phone_peek(q, end, &next);
		if (ch != CH_DASH && ch != CH_OPEN && ch != CH_BREAK)
			return p;
		word = phone_word(phone_skip(next, end, CH_BLANK), end, phone_ext_words, nwords);
		if (word == NULL)
		{
			if (ch != CH_DASH || q != p || number->kind == PHONE_FOREIGN)
				return p;
			dash = true;
			max = PHONE_DASH_EXT_MAX;
			word = next;
		}
	}
	if (!dash)
		word = phone_skip(word, end, CH_BLANK | CH_BIT(CH_DOT) | CH_BIT(CH_MARK) |
						  CH_BIT(CH_DASH) | CH_BIT(CH_OPEN));

	for (q = word; (ch = phone_peek(q, end, &next)) <= 9; q = next)
	{
		if (n == max)
			return p;
		digits[n++] = (char) ('0' + ch);
	}
	/* 13800138000-2026-01-05 is a number and a date */
	if (n == 0 || (dash && ch == CH_DASH))
		return p;
	memcpy(number->text + number->len, ";ext=", 5);
	memcpy(number->text + number->len + 5, digits, n);
	number->len += 5 + n;
	number->text[number->len] = '\0';
	return q;
}

/*
 * phone_number_end
 *		The place behind a number of so many groups, its extension taken.
 */
static const char *
phone_number_end(const PhoneRun *run, int groups, const char *end, PhoneNumber *number)
{
	const char *p = run->text_end[groups - 1];

	/* ".0" belongs to a number written in one piece only */
	if (groups == 1)
		p = phone_zeros_skip(p, end);
	return phone_ext_read(p, end, number);
}

/*
 * phone_is_damaged
 *		Does the number that ends at p go on as 1.38E+10 does?
 */
static bool
phone_is_damaged(const char *p, const char *end)
{
	static const char *const exponent[] = {"e+", "e"};
	const char *q = phone_word(p, end, exponent, 2);

	return q != NULL && phone_peek(q, end, &p) <= 9;
}

/*
 * phone_rest_fault
 *		Why a text that goes on like this behind its number is not a phone.
 */
static PhoneFault
phone_rest_fault(const char *p, const char *end)
{
	int			n = 0;

	while (p < end && n < PHONE_OTHER_MIN)
	{
		int			ch = phone_peek(p, end, &p);

		if (ch <= 9)
			n++;
		else if (((1u << ch) & CH_GAP) == 0)
			n = 0;
	}
	return n == PHONE_OTHER_MIN ? PHONE_SEVERAL : PHONE_JUNK;
}

/*
 * phone_remark_skip
 *		Move over remarks: label words, and up to PHONE_REMARK_MAX characters
 *		in brackets that hold no other number.
 */
static const char *
phone_remark_skip(const char *p, const char *end)
{
	for (;;)
	{
		const char *q;
		const char *next;
		int			digits = 0;
		int			ch = CH_OTHER;

		p = phone_words_skip(p, end, CH_BACK);
		if (phone_peek(p, end, &q) != CH_OPEN)
			return p;
		for (int i = 0; i <= PHONE_REMARK_MAX && q < end; i++, q = next)
		{
			ch = phone_peek(q, end, &next);
			if (ch == CH_CLOSE)
				break;
			if (ch <= 9)
				digits++;
		}
		if (ch != CH_CLOSE || digits >= PHONE_OTHER_MIN)
			return p;
		p = q;
	}
}

/*
 * leadcrm_phone_parse
 *		Read a text that is one phone number and nothing else.
 *
 * s, len: UTF-8, need not end in NUL; invalid bytes mean nothing.  region:
 * ISO 3166 code (NUL-terminated) of the country that a number without an
 * international prefix is in; NULL is "CN".
 *
 * A label before the number and a short remark behind it are passed over.
 * Returns PHONE_OK and fills *out, or says why the text is not a phone; *out
 * is then undefined.
 */
PhoneFault
leadcrm_phone_parse(const char *s, size_t len, const char *region, PhoneNumber *out)
{
	static const char *const uri[] = {"tel:"};
	const char *end = s + len;
	const char *p;
	const char *next;
	const PhoneRegion *home;
	PhoneRun	run;
	PhoneFault	fault;
	int			groups;

	memset(out, 0, sizeof(*out));
	home = leadcrm_phone_region(region != NULL ? region : "CN");
	if (home == NULL)
		return PHONE_UNKNOWN_PREFIX;

	p = phone_skip(s, end, CH_FRONT);
	if (p == end)
		return PHONE_EMPTY;
	next = phone_word(p, end, uri, 1);
	p = next != NULL ? next : phone_words_skip(p, end, CH_FRONT);
	if (p == end)
		return PHONE_EMPTY;
	next = phone_run_read(p, end, &run);
	if (run.ngroups == 0)
		return PHONE_JUNK;
	if (phone_is_damaged(next, end))
		return PHONE_DAMAGED;
	groups = phone_run_fit(&run, home, false, out, &fault);
	if (groups == 0)
		return fault;
	p = phone_number_end(&run, groups, end, out);
	p = phone_remark_skip(p, end);
	return p == end ? PHONE_OK : phone_rest_fault(p, end);
}

/*
 * phone_run_inner
 *		The first group behind the first one that a number may begin with.
 *
 * In running text such runs are bank cards, dates and amounts: inside one,
 * only a mobile number in its usual grouping is believed.  Returns the number
 * of the group, or 0.
 */
static int
phone_run_inner(const PhoneRun *run)
{
	for (int g = 1; g < run->ngroups; g++)
	{
		int			start = run->group_end[g - 1];
		int			len = run->group_end[g] - start;

		if (run->digits[start] == '1' && (len == 3 || len == 11))
			return g;
	}
	return 0;
}

/*
 * leadcrm_phone_scan
 *		Find the next phone in a text, or in a cell that holds several.
 *
 * *p: where to look from; moves behind the number found.  end: end of the
 * text, UTF-8.  Numbers without international prefix are read as Chinese, and
 * an area code counts only with its 0.
 *
 * Returns false when there is no further number.  Else fills *out, and
 * *from, *to with the place of the number, its extension included.  Calling
 * until false takes time linear in the length of the text.
 */
bool
leadcrm_phone_scan(const char **p, const char *end, PhoneNumber *out,
				   const char **from, const char **to)
{
	const PhoneRegion *home = leadcrm_phone_region("CN");
	const char *q = *p;
	bool		inside = false;

	while (q < end)
	{
		PhoneRun	run;
		PhoneFault	fault;
		const char *next;
		const char *after;
		int			groups;
		int			inner;
		int			ch = phone_peek(q, end, &next);

		/* a bracket begins a number only right before it */
		if (ch > CH_PLUS &&
			(ch != CH_OPEN || phone_peek(next, end, &after) > CH_PLUS))
		{
			q = next;
			if (((1u << ch) & CH_GAP) == 0)
				inside = false;
			continue;
		}
		after = phone_run_read(q, end, &run);
		if (run.ngroups == 0)
		{
			q = next;
			continue;
		}

		memset(out, 0, sizeof(*out));
		groups = phone_is_damaged(after, end) ? 0 :
			phone_run_fit(&run, home, true, out, &fault);
		if (groups > 0 && (!inside || run.plus || out->kind == PHONE_CN_MOBILE))
		{
			*from = q;
			*to = *p = phone_number_end(&run, groups, end, out);
			/* the bracket of "(138...)" is not part of it, that of "(023)..." is */
			if (ch == CH_OPEN && phone_skip(next, *to, ~CH_BIT(CH_CLOSE)) == *to)
				*from = next;
			return true;
		}

		inner = phone_run_inner(&run);
		inside = inner > 0 || run.full;
		q = inner > 0 ? run.text_start[inner] : after;
		if (inner == 0 && run.overflow)
			q = phone_skip(q, end, CH_DIGITS);
	}
	*p = end;
	return false;
}

/*
 * leadcrm_phone_fault_text
 *		A fault in a few English words, fit to stand behind a colon.
 */
const char *
leadcrm_phone_fault_text(PhoneFault fault)
{
	switch (fault)
	{
		case PHONE_OK:
			break;
		case PHONE_EMPTY:
			return "no number given";
		case PHONE_SEVERAL:
			return "more than one number";
		case PHONE_DAMAGED:
			return "digits were lost in a spreadsheet";
		case PHONE_SHORT:
			return "too few digits";
		case PHONE_LONG:
			return "too many digits";
		case PHONE_UNKNOWN_PREFIX:
			return "unknown prefix";
		case PHONE_JUNK:
			return "not only a number";
	}
	return "no fault";
}
