/*-------------------------------------------------------------------------
 * company.c
 *	  Names of firms: normal form, parts, comparison key.
 *
 * The legal name of a Chinese firm is place, brand, trade and form, with the
 * place before it or in brackets.  It is taken apart from both ends; what no
 * list knows is the brand (字号), and nothing is taken off that would leave
 * less than two characters of it.  A name is parsed from its normal form, so
 * a name and its normal form always have the same parts.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "company.h"
#include "company_table.h"
#include "fold.h"
#include "utf8.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Fewest characters of a brand. */
#define BRAND_MIN 2

/* From here on characters need no blank between words. */
#define FIRST_WIDE 0x2E80

static void text_strip(CompanyText *text);
static bool text_words(CompanyText *text);
static bool text_is_placeholder(const CompanyText *text);
static size_t branch_split(CompanyParts *parts, CompanyText *body, int *row);
static void form_split(CompanyParts *parts, CompanyText *body);
static void brackets_split(CompanyParts *parts, CompanyText *body, CompanyText *place, int *row);
static void body_split(CompanyParts *parts, const CompanyText *body, CompanyText *place, int *row);
static void subsidiary_split(CompanyText *body, CompanyText *place, int *row);
static void core_build(CompanyParts *parts, int branch_row, size_t branch_place);

static void
text_append(CompanyText *text, const char *s, size_t len)
{
	if (len > sizeof(text->s) - text->len)
		len = 0;				/* cannot happen: parts are no longer than the whole */
	memcpy(text->s + text->len, s, len);
	text->len += len;
}

static void
text_set(CompanyText *text, const char *s, size_t len)
{
	text->len = 0;
	text_append(text, s, len);
}

/* Put len bytes before a text. */
static void
text_prepend(CompanyText *text, const char *s, size_t len)
{
	if (len > sizeof(text->s) - text->len)
		return;
	memmove(text->s + len, text->s, text->len);
	memcpy(text->s, s, len);
	text->len += len;
}

/* Is s a narrow character, a letter or digit that needs blanks around words? */
static bool
is_narrow_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* The first eight of COMPANY_WORD_MAX bytes as a number, in their order. */
static inline uint64_t
word_head(const char *s)
{
	const unsigned char *b = (const unsigned char *) s;

	return (uint64_t) b[0] << 56 | (uint64_t) b[1] << 48 | (uint64_t) b[2] << 40 |
		(uint64_t) b[3] << 32 | (uint64_t) b[4] << 24 | (uint64_t) b[5] << 16 |
		(uint64_t) b[6] << 8 | (uint64_t) b[7];
}

/* Is s a word of a sorted list?  Most of them differ in their heads. */
static bool
is_word(const CompanyWord *words, size_t nwords, const char *s, size_t len)
{
	char		padded[COMPANY_WORD_MAX] = {0};	/* as the words are */
	uint64_t	head;
	size_t		low = 0;
	size_t		high = nwords;

	if (len > sizeof(padded))
		return false;
	memcpy(padded, s, len);
	head = word_head(padded);
	while (low < high)
	{
		size_t		mid = (low + high) / 2;
		const CompanyWord *word = &words[mid];
		uint64_t	its = word_head(word->s);
		int			order = its < head ? -1 : its > head;

		if (order == 0)
			order = memcmp(word->s, padded, sizeof(padded));
		if (order == 0)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return false;
}

/* Is byte at of s the first one of a character? */
static bool
is_char_start(const char *s, size_t at)
{
	return ((unsigned char) s[at] & 0xC0) != 0x80;
}

/* Length of the longest word of a list at the end of s, whole words in Latin. */
static size_t
ends_with_word(const CompanyWord *words, size_t nwords, const char *s, size_t len)
{
	size_t		n = len < COMPANY_WORD_MAX ? len : COMPANY_WORD_MAX;

	for (; n > 0; n--)
	{
		size_t		at = len - n;

		if (is_char_start(s, at) &&
			!(at > 0 && is_narrow_byte(s[at]) && is_narrow_byte(s[at - 1])) &&
			is_word(words, nwords, s + at, n))
			return n;
	}
	return 0;
}

/* Length of the longest word of a list at the beginning of s. */
static size_t
starts_with_word(const CompanyWord *words, size_t nwords, const char *s, size_t len)
{
	size_t		n = len < COMPANY_WORD_MAX ? len : COMPANY_WORD_MAX;

	for (; n > 0; n--)
	{
		if ((n == len || is_char_start(s, n)) && is_word(words, nwords, s, n))
			return n;
	}
	return 0;
}

/*
 * The same by the name of a list: IN_LIST(trades, s, len) looks in company_trades.
 */
#define IN_LIST(list, s, len) is_word(company_##list, LENGTH(company_##list), s, len)
#define AT_START(list, s, len) starts_with_word(company_##list, LENGTH(company_##list), s, len)
#define AT_END(list, s, len) ends_with_word(company_##list, LENGTH(company_##list), s, len)

/*
 * leadcrm_company_normalize
 *		The canonical full form of a name.
 *
 * Width, traditional characters, case and brackets folded; punctuation dropped,
 * blanks too but between words of Latin letters; co., limited, incorporated and
 * the like in one spelling.  有限责任公司 and 有限公司 stay different.  A normal
 * form is its own normal form.
 *
 * Returns false for what names no firm (无, n/a, 个人, one character, digits
 * only) and for a text that is too long: more than COMPANY_SOURCE_MAX bytes, or
 * COMPANY_MAX when normalized.
 */
bool
leadcrm_company_normalize(const char *s, size_t len, CompanyText *out)
{
	CompanyText work;
	bool		truncated;

	if (len > COMPANY_SOURCE_MAX)
		return false;
	/* phrases of simplification are looked for when nothing is between */
	work.len = leadcrm_fold(s, len, work.s, sizeof(work.s),
							FOLD_WIDTH | FOLD_SPACE, &truncated);
	if (truncated)
		return false;
	text_strip(&work);
	out->len = leadcrm_fold(work.s, work.len, out->s, sizeof(out->s),
							FOLD_SIMPLIFY | FOLD_LOWER, &truncated);
	if (truncated)
		return false;
	return text_words(out) && !text_is_placeholder(out);
}

/*
 * leadcrm_company_parse
 *		Take a name apart.
 *
 * Returns false if the text has no normal form.  A name that is all place,
 * trade and form (科技有限公司) has no brand and an empty core.
 *
 * The core is the brand, followed by the branch if there is one; a branch never
 * has the core of its parent.
 */
bool
leadcrm_company_parse(const char *s, size_t len, CompanyParts *out)
{
	CompanyText body;
	CompanyText bracket = {0};
	CompanyText front = {0};
	int			bracket_row = -1;
	int			front_row = -1;
	int			branch_row = -1;
	size_t		branch_place;
	int			row;

	memset(out, 0, sizeof(*out));
	if (!leadcrm_company_normalize(s, len, &out->normal))
		return false;
	text_set(&body, out->normal.s, out->normal.len);
	branch_place = branch_split(out, &body, &branch_row);
	form_split(out, &body);
	brackets_split(out, &body, &bracket, &bracket_row);
	subsidiary_split(&body, &bracket, &bracket_row);
	form_split(out, &body);
	body_split(out, &body, &front, &front_row);

	text_set(&out->place, front.s, front.len);
	if (bracket.len > 0 && front.len > 0)
	{
		text_append(&out->place, "(", 1);
		text_append(&out->place, bracket.s, bracket.len);
		text_append(&out->place, ")", 1);
	}
	else
		text_append(&out->place, bracket.s, bracket.len);

	/* where the branch is, else where the name says last */
	row = branch_row >= 0 ? branch_row : bracket_row >= 0 ? bracket_row : front_row;
	if (row >= 0)
		leadcrm_place_code(row, out->region);
	core_build(out, branch_row, branch_place);
	return true;
}

/*
 * leadcrm_company_same
 *		May two names be those of one firm?
 *
 * Their cores must be equal and their regions must not contradict each other:
 * one lies within the other, or one is not known.
 */
bool
leadcrm_company_same(const CompanyParts *a, const CompanyParts *b)
{
	size_t		alen = strlen(a->region);
	size_t		blen = strlen(b->region);

	return a->core.len > 0 && a->core.len == b->core.len &&
		memcmp(a->core.s, b->core.s, a->core.len) == 0 &&
		memcmp(a->region, b->region, alen < blen ? alen : blen) == 0;
}

/* ASCII brackets for all kinds of them; c if it is none. */
static uint32_t
bracket_fold(uint32_t c)
{
	switch (c)
	{
		case '[':
		case '{':
		case '<':
		case 0x3008:			/* 〈《〔〖【 */
		case 0x300A:
		case 0x3014:
		case 0x3016:
		case 0x3010:
			return '(';
		case ']':
		case '}':
		case '>':
		case 0x3009:
		case 0x300B:
		case 0x3015:
		case 0x3017:
		case 0x3011:
			return ')';
		default:
			return c;
	}
}

/*
 * text_strip
 *		Drop punctuation, and blanks but those between narrow words.
 *
 * A dot between single letters joins them (l.l.c.), an apostrophe vanishes
 * (xi'an), other punctuation parts words.  Brackets stay if they are a pair
 * with something other than brackets in it.
 */
static void
text_strip(CompanyText *text)
{
	uint32_t	c[COMPANY_MAX];
	size_t		n = 0;
	const char *p = text->s;
	const char *end = text->s + text->len;
	size_t		open = SIZE_MAX;	/* last unpaired bracket */
	int			letters = 0;	/* narrow characters since the last part */
	bool		blank = false;

	while (p < end)
	{
		uint32_t	ch = bracket_fold(utf8_next(&p, end));

		if (ch == '(')
		{
			if (open != SIZE_MAX)
				c[open] = 0;	/* nested: the inner pair counts */
			open = n;
			c[n++] = ch;
			letters = 0;
			blank = false;
		}
		else if (ch == ')')
		{
			if (open != SIZE_MAX && open + 1 < n)
				c[n++] = ch;
			else if (open != SIZE_MAX)
				n--;			/* nothing in it */
			open = SIZE_MAX;
			letters = 0;
			blank = false;
		}
		else if (ch == '\'' || ch == 0x2019)
			continue;
		else if (ch == '.' && letters == 1 && p < end &&
				 ((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z')))
			letters = 0;		/* joined to what follows */
		else if (ch != '&' && leadcrm_fold_class(ch) != FOLD_CLASS_TEXT)
		{
			blank = true;
			letters = 0;
		}
		else
		{
			if (blank && n > 0 && ch != '&' && ch < FIRST_WIDE &&
				c[n - 1] != '&' && c[n - 1] != '(' && c[n - 1] != ')' && c[n - 1] != 0 &&
				c[n - 1] < FIRST_WIDE)
				c[n++] = ' ';
			c[n++] = ch;
			letters++;
			blank = false;
		}
	}
	if (open != SIZE_MAX)
		c[open] = 0;
	text->len = 0;
	for (size_t i = 0; i < n; i++)
		if (c[i] != 0)
			text->len += utf8_put(text->s + text->len, c[i]);
}

/* One spelling of the words for legal forms; false if there is no room. */
static bool
text_words(CompanyText *text)
{
	static const struct
	{
		const char *from;
		const char *to;
	}			words[] = {{"limited", "ltd"}, {"incorporated", "inc"}, {"corporation", "corp"},
	{"company", "co"}, {"coltd", "co ltd"}};

	for (size_t at = 0; at < text->len;)
	{
		size_t		end = at;

		while (end < text->len && is_narrow_byte(text->s[end]))
			end++;
		for (size_t i = 0; i < LENGTH(words) && end > at; i++)
		{
			size_t		n = strlen(words[i].from);
			size_t		m = strlen(words[i].to);

			if (end - at == n && memcmp(text->s + at, words[i].from, n) == 0)
			{
				if (text->len + m - n > sizeof(text->s))
					return false;
				memmove(text->s + at + m, text->s + end, text->len - end);
				memcpy(text->s + at, words[i].to, m);
				text->len = text->len + m - n;
				end = at + m;
				break;
			}
		}
		at = end + 1;
	}
	return true;
}

/* Number of characters of s, signs not counted. */
static int
char_count(const char *s, size_t len)
{
	int			n = 0;

	for (size_t i = 0; i < len; i++)
		if (is_char_start(s, i) && s[i] != ' ' && s[i] != '&' && s[i] != '(' && s[i] != ')')
			n++;
	return n;
}

/*
 * text_is_placeholder
 *		Does a normal form name no firm?
 *
 * One character, digits only, one character repeated, or a word that people
 * write into a field they have to fill, also with digits behind it.
 */
static bool
text_is_placeholder(const CompanyText *text)
{
	CompanyText bare = {0};
	size_t		first;
	bool		repeated = true;

	for (size_t i = 0; i < text->len; i++)
		if (text->s[i] != ' ' && text->s[i] != '(' && text->s[i] != ')')
			bare.s[bare.len++] = text->s[i];
	while (bare.len > 0 && bare.s[bare.len - 1] >= '0' && bare.s[bare.len - 1] <= '9')
		bare.len--;
	if (bare.len == 0 || char_count(text->s, text->len) < 2)
		return true;
	if (IN_LIST(placeholders, bare.s, bare.len))
		return true;
	for (first = 1; first < bare.len && ((unsigned char) bare.s[first] & 0xC0) == 0x80;)
		first++;
	for (size_t i = first; i < bare.len; i++)
		repeated &= bare.s[i] == bare.s[i - first];
	/* 3M and AA are firms, 欣欣 is one: three of a kind are none */
	return repeated && bare.len >= 3 * first && bare.len == text->len;
}

/*
 * place_at_front
 *		The links of a chain of places at byte 0 of s.
 */
static void
place_at_front(const char *s, size_t len, PlaceChain *chain)
{
	memset(chain, 0, sizeof(*chain));
	if (len > 0)
		leadcrm_place_chain(s, len, 0, false, chain);
}

/* Does a word that is always a branch stand at the end of s? */
static bool
ends_with_branch_proper(const char *s, size_t len)
{
	static const char *const words[] = {"分公司", "子公司", "分行", "支行", "分厂", "分店", "支公司", "办事处"};

	for (size_t i = 0; i < LENGTH(words); i++)
	{
		size_t		n = strlen(words[i]);

		if (n <= len && memcmp(s + len - n, words[i], n) == 0)
			return true;
	}
	return false;
}

/*
 * branch_start
 *		Where in a name the branch begins that ends with the last tail bytes.
 *
 * Behind the form of the parent; without a form, at the longest place before
 * the word.  Returns len if that is no branch: 营业部 and the like are branches
 * of a firm only, 分公司 always.
 */
static size_t
branch_start(const char *s, size_t len, size_t tail)
{
	static const char *const parent_forms[] = {"公司", "集团", "厂"};

	for (size_t at = len - tail; at > 0; at--)
		for (size_t i = 0; i < LENGTH(parent_forms); i++)
		{
			size_t		n = strlen(parent_forms[i]);

			if (n < at && memcmp(s + at - n, parent_forms[i], n) == 0)
				return s[at] == ')' ? at + 1 : at;
		}
	if (!ends_with_branch_proper(s, len))
		return len;
	for (size_t at = 1; at < len - tail; at++)
	{
		PlaceChain	chain;

		if (!is_char_start(s, at))
			continue;
		leadcrm_place_chain(s, len - tail, at, false, &chain);
		if (chain.nlinks > 0 && chain.link[chain.nlinks - 1].end == len - tail)
			return at;
	}
	return len - tail;
}

/*
 * branch_split
 *		Take the branch off the end of a name: 成都分公司, 重庆第二营业部, also in
 *		brackets.
 *
 * *row gets its place.  Returns the length of the place in parts->branch.
 */
static size_t
branch_split(CompanyParts *parts, CompanyText *body, int *row)
{
	const char *s = body->s;
	size_t		len = body->len;
	size_t		start;
	size_t		tail;
	PlaceChain	chain;

	if (len > 0 && s[len - 1] == ')')
	{
		/* brackets are pairs in a normal form */
		size_t		open = --len;

		while (s[open] != '(')
			open--;
		if (open == 0 || !ends_with_branch_proper(s + open, len - open))
			return 0;
		text_set(&parts->branch, s + open + 1, len - open - 1);
		body->len = open;
	}
	else
	{
		tail = AT_END(branches, s, len);
		if (tail == 0 || tail == len)
			return 0;
		start = branch_start(s, len, tail);
		text_set(&parts->branch, s + start, len - start);
		body->len = start;
	}
	/* (南京)分公司 */
	len = 0;
	for (size_t i = 0; i < parts->branch.len; i++)
		if (parts->branch.s[i] != '(' && parts->branch.s[i] != ')')
			parts->branch.s[len++] = parts->branch.s[i];
	parts->branch.len = len;
	place_at_front(parts->branch.s, parts->branch.len, &chain);
	if (chain.nlinks == 0)
		return 0;
	*row = chain.link[chain.nlinks - 1].row;
	return chain.link[chain.nlinks - 1].end;
}

/*
 * form_split
 *		Take the form of organisation off the end of a name, as long as a brand
 *		is left: 集团股份有限公司.
 */
static void
form_split(CompanyParts *parts, CompanyText *body)
{
	for (;;)
	{
		bool		latin = body->len > 0 && is_narrow_byte(body->s[body->len - 1]);
		size_t		n = latin ? AT_END(latin_forms, body->s, body->len) :
			AT_END(forms, body->s, body->len);

		if (n == 0 || n == body->len)
			return;
		if (latin && parts->form.len > 0 && is_narrow_byte(parts->form.s[0]))
			text_prepend(&parts->form, " ", 1);
		text_prepend(&parts->form, body->s + body->len - n, n);
		body->len -= n;
		while (body->len > 0 && body->s[body->len - 1] == ' ')
			body->len--;
	}
}

/*
 * brackets_split
 *		Take what stands in brackets out of a name.
 *
 * A place becomes the place, 中国 and remarks (已注销) go, anything else stays
 * without its brackets.
 */
static void
brackets_split(CompanyParts *parts, CompanyText *body, CompanyText *place, int *row)
{
	CompanyText rest = {0};
	size_t		at = 0;

	while (at < body->len)
	{
		const char *open = memchr(body->s + at, '(', body->len - at);
		const char *close = open ? memchr(open, ')', (size_t) (body->s + body->len - open)) : NULL;
		const char *inner;
		size_t		n;
		PlaceChain	chain;

		if (close == NULL)
			break;
		text_append(&rest, body->s + at, (size_t) (open - (body->s + at)));
		inner = open + 1;
		n = (size_t) (close - inner);
		at = (size_t) (close + 1 - body->s);
		place_at_front(inner, n, &chain);
		if (chain.nlinks > 0 && chain.link[chain.nlinks - 1].end == n)
		{
			text_set(place, inner, n);
			*row = chain.link[chain.nlinks - 1].row;
		}
		else if (IN_LIST(qualifiers, inner, n))
		{
			if (place->len == 0)
				text_set(place, inner, n);
		}
		else if (IN_LIST(forms, inner, n))
			text_prepend(&parts->form, inner, n);
		else if (!IN_LIST(remarks, inner, n))
		{
			if (rest.len > 0 && n > 0 && is_narrow_byte(rest.s[rest.len - 1]) && is_narrow_byte(inner[0]))
				text_append(&rest, " ", 1);
			text_append(&rest, inner, n);
		}
		if (rest.len > 0 && at < body->len &&
			is_narrow_byte(rest.s[rest.len - 1]) && is_narrow_byte(body->s[at]))
			text_append(&rest, " ", 1);
	}
	/* a bracket whose other half went with the form or the branch */
	for (; at < body->len; at++)
		if (body->s[at] != '(' && body->s[at] != ')')
			rest.s[rest.len++] = body->s[at];
	text_set(body, rest.s, rest.len);
}

/*
 * subsidiary_split
 *		Take a place off that stands between 集团 and the form, as groups name
 *		their firms: 某某集团重庆有限公司.
 */
static void
subsidiary_split(CompanyText *body, CompanyText *place, int *row)
{
	static const char group[] = "集团";
	size_t		n = sizeof(group) - 1;

	for (size_t at = n; at < body->len; at++)
	{
		PlaceChain	chain;

		if (memcmp(body->s + at - n, group, n) != 0)
			continue;
		leadcrm_place_chain(body->s, body->len, at, false, &chain);
		if (chain.nlinks == 0 || chain.link[chain.nlinks - 1].end != body->len)
			continue;
		text_set(place, body->s + at, body->len - at);
		*row = chain.link[chain.nlinks - 1].row;
		body->len = at;
		return;
	}
}

/*
 * trade_length
 *		How many bytes at the end of s are trades, leaving a brand of at least
 *		brand_min characters.  With 0, of all that is no brand.
 */
static size_t
trade_length(const char *s, size_t len, int brand_min)
{
	size_t		left = len;

	while (left > 0)
	{
		size_t		n = is_narrow_byte(s[left - 1]) ? AT_END(latin_trades, s, left) :
			AT_END(trades, s, left);
		size_t		rest;

		if (n == 0 && brand_min == 0)
			n = AT_END(kinds, s, left);
		rest = left - n;
		while (rest > 0 && s[rest - 1] == ' ')
			rest--;
		if (n == 0 || char_count(s, rest) < brand_min ||
			(brand_min > 0 && IN_LIST(generic, s, rest)))
			break;
		left = rest;
	}
	return len - left;
}

/* Is s nothing but trades, or too little to be a brand? */
static bool
is_no_brand(const char *s, size_t len)
{
	return char_count(s, len) < BRAND_MIN ||
		trade_length(s, len, 0) == len ||
		IN_LIST(generic, s, len);
}

/*
 * body_split
 *		Take place, brand and trade out of a name without brackets and form.
 *
 * The longest place that leaves a brand is the place.  If none does but a trade
 * is left, the place is part of the brand: 重庆机床, 北京银行.
 */
static void
body_split(CompanyParts *parts, const CompanyText *body, CompanyText *place, int *row)
{
	PlaceChain	chain;
	const char *s = body->s;
	size_t		len = body->len;
	size_t		start = 0;
	size_t		n;

	place_at_front(s, len, &chain);
	*row = chain.nlinks > 0 ? chain.link[chain.nlinks - 1].row : -1;
	if (chain.nlinks == 0 && chain.ncandidates > 0 && !is_narrow_byte(s[0]))
	{
		/* 鼓楼区: a place, though nobody knows which */
		chain.nlinks = 1;
		chain.link[0].end = chain.skip;
		chain.link[0].row = -1;
	}
	for (int i = chain.nlinks - 1; i >= 0 && start == 0; i--)
	{
		size_t		end = chain.link[i].end;
		size_t		zone = AT_START(zones, s + end, len - end);

		for (int with_zone = zone > 0; with_zone >= 0 && start == 0; with_zone--)
		{
			size_t		at = end + (with_zone ? zone : 0);

			while (at < len && s[at] == ' ')
				at++;
			if (!is_no_brand(s + at, len - at))
			{
				start = at;
				*row = chain.link[i].row;
			}
		}
	}
	if (start == 0 && chain.nlinks > 0)
	{
		size_t		end = chain.link[0].end;

		if (chain.link[chain.nlinks - 1].end == len)
		{
			text_set(place, s, len);	/* a place and nothing else */
			return;
		}
		/* 重庆市机床 is 重庆机床 */
		*row = chain.link[0].row;
		text_set(place, s, end);
		if (chain.link[0].full && end > 6 &&
			(memcmp(s + end - 3, "市", 3) == 0 || memcmp(s + end - 3, "省", 3) == 0))
			text_set(&parts->brand, s, end - 3);
		else
			text_set(&parts->brand, s, end);
		if (is_narrow_byte(s[0]) && s[end] == ' ')
		{
			text_append(&parts->brand, " ", 1);
			end++;
		}
		text_append(&parts->brand, s + end, len - end);
		return;
	}
	text_set(place, s, start);
	while (place->len > 0 && place->s[place->len - 1] == ' ')
		place->len--;
	s += start;
	len -= start;

	/* 3m中国 */
	if (len > 6 && memcmp(s + len - 6, "中国", 6) == 0 && char_count(s, len - 6) >= BRAND_MIN)
	{
		if (place->len == 0)
			text_set(place, s + len - 6, 6);
		len -= 6;
	}
	if (is_no_brand(s, len))
	{
		text_set(&parts->trade, s, len);
		return;
	}
	n = trade_length(s, len, BRAND_MIN);
	text_set(&parts->trade, s + len - n, n);
	len -= n;
	if (parts->trade.len > 0 && parts->trade.s[0] == ' ')
		memmove(parts->trade.s, parts->trade.s + 1, --parts->trade.len);
	while (len > 0 && s[len - 1] == ' ')
		len--;
	text_set(&parts->brand, s, len);
}

/*
 * core_build
 *		The brand and the branch, without blanks and signs.
 *
 * branch_row, branch_place: the place at the beginning of the branch, if any;
 * it is written by its own name, so that 成都, 成都市 and 四川成都 agree.
 */
static void
core_build(CompanyParts *parts, int branch_row, size_t branch_place)
{
	if (parts->brand.len == 0)
		return;
	for (size_t i = 0; i < parts->brand.len; i++)
		if (parts->brand.s[i] != ' ' && parts->brand.s[i] != '&')
			parts->core.s[parts->core.len++] = parts->brand.s[i];
	if (branch_row >= 0)
	{
		const char *name;
		size_t		len = leadcrm_place_name(branch_row, &name);

		if (len > 6 && (memcmp(name + len - 3, "市", 3) == 0 || memcmp(name + len - 3, "省", 3) == 0))
			len -= 3;
		text_append(&parts->core, name, len);
	}
	else
		branch_place = 0;
	for (size_t i = branch_place; i < parts->branch.len; i++)
		if (parts->branch.s[i] != ' ')
			text_append(&parts->core, parts->branch.s + i, 1);
}
