/*-------------------------------------------------------------------------
 * quantity.c
 *	  Amounts and sizes as people write them: "50-100人", "20万左右", "$2k".
 *
 * A text is cut into tokens and every token must be understood: what is not
 * wholly a quantity is none.  Nothing is guessed, so dates that a spreadsheet
 * made of ranges ("2月3日", "10-Dec") and numbers it has rounded ("1.38E+10")
 * are refused.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "fold.h"
#include "text.h"
#include "utf8.h"

/* Longest text that can be a quantity, in bytes of folded text. */
#define QUANTITY_TEXT_MAX	256

/* Digits read of one number; more are an identifier, not a quantity. */
#define NUMBER_MAX_DIGITS	15

typedef enum TokenKind
{
	TOKEN_END,
	TOKEN_NUMBER,
	TOKEN_DASH,					/* between the sides of a range */
	TOKEN_ABOUT,
	TOKEN_AT_LEAST,
	TOKEN_AT_MOST,
	TOKEN_MORE,					/* at least, only behind a number */
	TOKEN_CURRENCY,
	TOKEN_COUNTER,				/* what is counted, only behind a number */
	TOKEN_FILLER,				/* means nothing here */
	TOKEN_UNKNOWN
} TokenKind;

typedef struct Word
{
	const char *text;
	TokenKind	kind;
	const char *currency;
} Word;

typedef struct Number
{
	int64_t		value;			/* hundredths */
	int64_t		bare;			/* the same without its unit */
	int			exponent;		/* of the unit: 4 for ten thousand, 0 if none */
	bool		more;			/* "and some more" stands before the unit */
	bool		about;			/* "or so" does */
} Number;

typedef struct Lexer
{
	const char *p;
	const char *end;
	Number		number;			/* of the last TOKEN_NUMBER */
	const char *currency;		/* of the last TOKEN_CURRENCY */
} Lexer;

/* Folded words; a word stands before its own beginnings. */
static const Word quantity_words[] = {
	/* currencies */
	{"人民币", TOKEN_CURRENCY, "CNY"}, {"美元", TOKEN_CURRENCY, "USD"},
	{"美金", TOKEN_CURRENCY, "USD"}, {"港元", TOKEN_CURRENCY, "HKD"},
	{"港币", TOKEN_CURRENCY, "HKD"}, {"欧元", TOKEN_CURRENCY, "EUR"},
	{"新台币", TOKEN_CURRENCY, "TWD"}, {"台币", TOKEN_CURRENCY, "TWD"},
	{"日元", TOKEN_CURRENCY, "JPY"}, {"日圆", TOKEN_CURRENCY, "JPY"},
	{"元", TOKEN_CURRENCY, "CNY"}, {"块钱", TOKEN_CURRENCY, "CNY"},
	{"块", TOKEN_CURRENCY, "CNY"}, {"圆", TOKEN_CURRENCY, "CNY"},
	{"rmb", TOKEN_CURRENCY, "CNY"}, {"cny", TOKEN_CURRENCY, "CNY"},
	{"yuan", TOKEN_CURRENCY, "CNY"}, {"cn¥", TOKEN_CURRENCY, "CNY"},
	{"us$", TOKEN_CURRENCY, "USD"}, {"usd", TOKEN_CURRENCY, "USD"},
	{"dollars", TOKEN_CURRENCY, "USD"}, {"hk$", TOKEN_CURRENCY, "HKD"},
	{"hkd", TOKEN_CURRENCY, "HKD"}, {"nt$", TOKEN_CURRENCY, "TWD"},
	{"ntd", TOKEN_CURRENCY, "TWD"}, {"twd", TOKEN_CURRENCY, "TWD"},
	{"euros", TOKEN_CURRENCY, "EUR"}, {"euro", TOKEN_CURRENCY, "EUR"},
	{"eur", TOKEN_CURRENCY, "EUR"}, {"jp¥", TOKEN_CURRENCY, "JPY"},
	{"jpy", TOKEN_CURRENCY, "JPY"}, {"yen", TOKEN_CURRENCY, "JPY"},
	{"¥", TOKEN_CURRENCY, "CNY"}, {"$", TOKEN_CURRENCY, "USD"},
	{"€", TOKEN_CURRENCY, "EUR"},
	/* one side open */
	{"不少于", TOKEN_AT_LEAST, NULL}, {"不低于", TOKEN_AT_LEAST, NULL},
	{"不超过", TOKEN_AT_MOST, NULL}, {"不多于", TOKEN_AT_MOST, NULL},
	{"不高于", TOKEN_AT_MOST, NULL}, {"不大于", TOKEN_AT_MOST, NULL},
	{"不足", TOKEN_AT_MOST, NULL}, {"不到", TOKEN_AT_MOST, NULL},
	{"不满", TOKEN_AT_MOST, NULL}, {"少于", TOKEN_AT_MOST, NULL},
	{"小于", TOKEN_AT_MOST, NULL}, {"低于", TOKEN_AT_MOST, NULL},
	{"最多", TOKEN_AT_MOST, NULL}, {"至多", TOKEN_AT_MOST, NULL},
	{"最高", TOKEN_AT_MOST, NULL}, {"及以下", TOKEN_AT_MOST, NULL},
	{"以下", TOKEN_AT_MOST, NULL}, {"以内", TOKEN_AT_MOST, NULL},
	{"之内", TOKEN_AT_MOST, NULL}, {"内", TOKEN_AT_MOST, NULL},
	{"超过", TOKEN_AT_LEAST, NULL}, {"大于", TOKEN_AT_LEAST, NULL},
	{"高于", TOKEN_AT_LEAST, NULL}, {"多于", TOKEN_AT_LEAST, NULL},
	{"至少", TOKEN_AT_LEAST, NULL}, {"最少", TOKEN_AT_LEAST, NULL},
	{"最低", TOKEN_AT_LEAST, NULL}, {"起码", TOKEN_AT_LEAST, NULL},
	{"及以上", TOKEN_AT_LEAST, NULL}, {"以上", TOKEN_AT_LEAST, NULL},
	{"起", TOKEN_AT_LEAST, NULL}, {"多", TOKEN_MORE, NULL},
	{"余", TOKEN_MORE, NULL}, {"几", TOKEN_MORE, NULL},
	{"+", TOKEN_MORE, NULL},
	{">=", TOKEN_AT_LEAST, NULL}, {">", TOKEN_AT_LEAST, NULL},
	{"≥", TOKEN_AT_LEAST, NULL}, {"<=", TOKEN_AT_MOST, NULL},
	{"<", TOKEN_AT_MOST, NULL}, {"≤", TOKEN_AT_MOST, NULL},
	{"more than", TOKEN_AT_LEAST, NULL}, {"or more", TOKEN_AT_LEAST, NULL},
	{"at least", TOKEN_AT_LEAST, NULL}, {"above", TOKEN_AT_LEAST, NULL},
	{"over", TOKEN_AT_LEAST, NULL}, {"less than", TOKEN_AT_MOST, NULL},
	{"or less", TOKEN_AT_MOST, NULL}, {"at most", TOKEN_AT_MOST, NULL},
	{"fewer than", TOKEN_AT_MOST, NULL}, {"up to", TOKEN_AT_MOST, NULL},
	{"under", TOKEN_AT_MOST, NULL}, {"below", TOKEN_AT_MOST, NULL},
	{"max", TOKEN_AT_MOST, NULL}, {"min", TOKEN_AT_LEAST, NULL},
	/* about */
	{"左右", TOKEN_ABOUT, NULL}, {"上下", TOKEN_ABOUT, NULL},
	{"大约", TOKEN_ABOUT, NULL}, {"大概", TOKEN_ABOUT, NULL},
	{"约", TOKEN_ABOUT, NULL}, {"差不多", TOKEN_ABOUT, NULL},
	{"将近", TOKEN_ABOUT, NULL}, {"接近", TOKEN_ABOUT, NULL},
	{"近", TOKEN_ABOUT, NULL}, {"来", TOKEN_ABOUT, NULL},
	{"about", TOKEN_ABOUT, NULL}, {"around", TOKEN_ABOUT, NULL},
	{"approximately", TOKEN_ABOUT, NULL}, {"approx", TOKEN_ABOUT, NULL},
	{"roughly", TOKEN_ABOUT, NULL}, {"circa", TOKEN_ABOUT, NULL},
	{"ca.", TOKEN_ABOUT, NULL}, {"or so", TOKEN_ABOUT, NULL},
	{"≈", TOKEN_ABOUT, NULL},
	/* between the sides of a range */
	{"-", TOKEN_DASH, NULL}, {"~", TOKEN_DASH, NULL}, {"\342\200\220", TOKEN_DASH, NULL},
	{"\342\200\221", TOKEN_DASH, NULL}, {"\342\200\222", TOKEN_DASH, NULL},
	{"\342\200\223", TOKEN_DASH, NULL}, {"\342\200\224", TOKEN_DASH, NULL},
	{"\342\210\222", TOKEN_DASH, NULL}, {"\343\200\234", TOKEN_DASH, NULL},
	{"到", TOKEN_DASH, NULL}, {"至", TOKEN_DASH, NULL}, {"to", TOKEN_DASH, NULL},
	/* what is counted */
	{"名员工", TOKEN_COUNTER, NULL}, {"员工", TOKEN_COUNTER, NULL},
	{"人", TOKEN_COUNTER, NULL}, {"名", TOKEN_COUNTER, NULL},
	{"位", TOKEN_COUNTER, NULL}, {"个", TOKEN_COUNTER, NULL},
	{"台", TOKEN_COUNTER, NULL}, {"套", TOKEN_COUNTER, NULL},
	{"件", TOKEN_COUNTER, NULL}, {"只", TOKEN_COUNTER, NULL},
	{"辆", TOKEN_COUNTER, NULL}, {"家", TOKEN_COUNTER, NULL},
	{"份", TOKEN_COUNTER, NULL}, {"条", TOKEN_COUNTER, NULL},
	{"张", TOKEN_COUNTER, NULL}, {"箱", TOKEN_COUNTER, NULL},
	{"吨", TOKEN_COUNTER, NULL}, {"employees", TOKEN_COUNTER, NULL},
	{"people", TOKEN_COUNTER, NULL}, {"persons", TOKEN_COUNTER, NULL},
	{"staff", TOKEN_COUNTER, NULL}, {"users", TOKEN_COUNTER, NULL},
	{"seats", TOKEN_COUNTER, NULL}, {"units", TOKEN_COUNTER, NULL},
	{"sets", TOKEN_COUNTER, NULL}, {"pcs", TOKEN_COUNTER, NULL},
	/* labels and ornament */
	{"预算", TOKEN_FILLER, NULL}, {"规模", TOKEN_FILLER, NULL},
	{"公司规模", TOKEN_FILLER, NULL}, {"金额", TOKEN_FILLER, NULL},
	{"人数", TOKEN_FILLER, NULL}, {"数量", TOKEN_FILLER, NULL},
	{"budget", TOKEN_FILLER, NULL}, {"整", TOKEN_FILLER, NULL},
	{" ", TOKEN_FILLER, NULL}, {":", TOKEN_FILLER, NULL},
	{"(", TOKEN_FILLER, NULL}, {")", TOKEN_FILLER, NULL},
	{"。", TOKEN_FILLER, NULL},
	{NULL, TOKEN_UNKNOWN, NULL}
};

/* v * 10^exponent; false if it passes QUANTITY_MAX. */
static bool
scale(int64_t *v, int exponent)
{
	for (; exponent > 0 && *v > 0; exponent--)
	{
		if (*v > QUANTITY_MAX / 10)
			return false;
		*v *= 10;
	}
	for (; exponent < 0; exponent++)
		*v = (*v + (exponent == -1 ? 5 : 0)) / 10;
	return true;
}

/* The power of ten that a unit at *p stands for, 0 if there is none. */
static int
unit_lex(const char **p, const char *end)
{
	static const struct
	{
		const char *text;
		int			exponent;
	}			units[] = {
		{"十", 1}, {"拾", 1}, {"百", 2}, {"佰", 2}, {"千", 3}, {"仟", 3},
		{"万", 4}, {"亿", 8}, {"thousand", 3}, {"million", 6}, {"billion", 9},
		{"mn", 6}, {"bn", 9}, {"k", 3}, {"w", 4}, {"m", 6}
	};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
	{
		size_t		n = strlen(units[i].text);

		if ((size_t) (end - *p) < n || memcmp(*p, units[i].text, n) != 0)
			continue;
		/* a unit in Latin letters is a word of its own */
		if (text_is_alpha(units[i].text[0]) && *p + n < end && text_is_alnum((*p)[n]))
			continue;
		*p += n;
		return units[i].exponent;
	}
	return 0;
}

/*
 * Digits with a decimal point, or with commas between thousands: the number is
 * *mantissa / 10^*places.  Refuses leading zeros, which belong to identifiers.
 */
static bool
digits_lex(const char **p, const char *end, int64_t *mantissa, int *places)
{
	const char *s = *p;
	int			ndigits = 0;
	int			group = 0;
	bool		grouped = false;

	*mantissa = 0;
	*places = 0;
	while (s < end && (text_is_digit(*s) || *s == ','))
	{
		if (*s == ',')
		{
			if (grouped ? group != 3 : ndigits == 0 || ndigits > 3)
				return false;
			grouped = true;
			group = 0;
		}
		else
		{
			if (ndigits == NUMBER_MAX_DIGITS || (ndigits > 0 && *mantissa == 0))
				return false;
			*mantissa = *mantissa * 10 + (*s - '0');
			ndigits++;
			group++;
		}
		s++;
	}
	if (ndigits == 0 || (grouped && group != 3))
		return false;
	if (s + 1 < end && *s == '.' && text_is_digit(s[1]))
		for (s++; s < end && text_is_digit(*s); s++)
		{
			if (ndigits++ == NUMBER_MAX_DIGITS)
				return false;
			*mantissa = *mantissa * 10 + (*s - '0');
			(*places)++;
		}
	*p = s;
	return true;
}

/* The value of a Chinese digit at *p, or -1. */
static int
han_digit_lex(const char **p, const char *end)
{
	static const char *const digits[] = {
		"零〇", "一壹", "二两贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"
	};

	if (*p >= end)
		return -1;
	for (int v = 0; v < 10; v++)
		for (const char *d = digits[v]; *d; d += 3)
			if (end - *p >= 3 && memcmp(*p, d, 3) == 0)
			{
				*p += 3;
				return v;
			}
	return -1;
}

/*
 * A number in Chinese numerals, as an integer: three parts collect what stands
 * before the next unit, before 万 and before 亿.  A digit at the end counts in
 * the tenth of the last unit (三万五); digits side by side are no number.
 * *exponent is 4 or 8 if the last unit is 万 or 亿.
 */
static bool
han_number_lex(const char **p, const char *end, int64_t *value, int *exponent)
{
	const char *s = *p;
	int64_t		total = 0;
	int64_t		section = 0;
	int64_t		digit = -1;
	int			last = 0;		/* exponent of the last unit */
	bool		zero = false;

	for (;;)
	{
		int			d = han_digit_lex(&s, end);
		int			unit;

		if (d >= 0)
		{
			if (digit > 0 || (d == 0 && digit == 0))
				return false;
			zero = zero || d == 0;
			digit = d;
			continue;
		}
		unit = s < end && (unsigned char) *s >= 0x80 ? unit_lex(&s, end) : 0;
		if (unit == 0)
			break;
		if (unit < 4)
		{
			if (digit <= 0 && unit > 1)
				return false;
			if (last > 0 && last < 4 && unit >= last)
				return false;
			digit = digit > 0 ? digit : 1;
			scale(&digit, unit);
			section += digit;
		}
		else
		{
			section += digit > 0 ? digit : 0;
			if (unit == 8)
			{
				section += total;
				total = 0;
			}
			if (section == 0 || !scale(&section, unit))
				return false;
			total += section;
			section = 0;
		}
		if (total > QUANTITY_MAX / 100)
			return false;
		digit = -1;
		zero = false;
		last = unit;
	}
	*exponent = digit < 0 && last >= 4 ? last : 0;
	if (digit > 0 && last > 1 && !zero)
		scale(&digit, last - 1);
	if (s == *p)
		return false;
	*p = s;
	*value = total + section + (digit > 0 ? digit : 0);
	return true;
}

/* All units that follow, as one power of ten; a blank may stand before them. */
static int
units_lex(const char **p, const char *end)
{
	const char *s = *p;
	int			exponent = 0;
	int			e;

	if (s < end && *s == ' ')
		s++;
	while (exponent < NUMBER_MAX_DIGITS && (e = unit_lex(&s, end)) > 0)
	{
		exponent += e;
		*p = s;
	}
	return exponent;
}

/*
 * A number in digits with its units: 1,200.5 | 20万 | 2千万 | 3万5 | 1亿2000万.
 */
static bool
arabic_number_lex(const char **p, const char *end, Number *n)
{
	int			limit = 0;		/* exponent of the part before, 0 at first */

	for (;;)
	{
		int64_t		part;
		int			places;
		int			exponent;

		if (!digits_lex(p, end, &part, &places))
			return false;
		exponent = units_lex(p, end);
		if (limit == 0)
		{
			n->bare = part;
			n->exponent = exponent;
			if (!scale(&n->bare, 2 - places))
				return false;
		}
		else if (exponent == 0 && places == 0 && part < 10)
			exponent = limit - 1;	/* 3万5 */
		else if (exponent >= limit)
			return false;
		if (!scale(&part, exponent + 2 - places))
			return false;
		n->value += part;
		if (exponent == 0 || *p == end || !text_is_digit(**p) ||
			(unsigned char) (*p)[-1] < 0x80)
			return n->value <= QUANTITY_MAX;
		limit = exponent;
	}
}

/*
 * number_lex
 *		A number with its unit, at lex->p, into lex->number.
 */
static bool
number_lex(Lexer *lex)
{
	static const char *const some[] = {"多", "余", "几", "来", NULL};
	Number	   *n = &lex->number;
	const char *p = lex->p;
	size_t		more;

	memset(n, 0, sizeof(*n));
	if (text_is_digit(*p))
	{
		if (!arabic_number_lex(&p, lex->end, n))
			return false;
	}
	else
	{
		if (!han_number_lex(&p, lex->end, &n->value, &n->exponent) || !scale(&n->value, 2))
			return false;
		n->bare = n->value;
	}

	/* 20多万, 三十来万 */
	more = text_prefix(p, lex->end - p, some);
	if (more > 0)
	{
		const char *unit = p + more;
		int			exponent = units_lex(&unit, lex->end);

		if (exponent > 0)
		{
			if (!scale(&n->value, exponent))
				return false;
			n->exponent += exponent;
			n->about = memcmp(p, "来", 3) == 0;
			n->more = !n->about;
			p = unit;
		}
	}
	/* 1.2.3 and 1,2 are no numbers */
	if (p < lex->end && (text_is_digit(*p) || *p == '.' || *p == ','))
		return false;
	lex->p = p;
	return true;
}

static const Word *
word_lex(const char **p, const char *end)
{
	const Word *found = NULL;
	size_t		longest = 0;

	for (const Word *w = quantity_words; w->text; w++)
	{
		size_t		n = strlen(w->text);

		if (n <= longest || (size_t) (end - *p) < n || memcmp(*p, w->text, n) != 0)
			continue;
		/* a Latin word ends where its letters end: to, but not tons */
		if (text_is_alpha(w->text[n - 1]) && *p + n < end && text_is_alpha((*p)[n]))
			continue;
		found = w;
		longest = n;
	}
	*p += longest;
	return found;
}

static TokenKind
token_next(Lexer *lex)
{
	const char *p = lex->p;
	const Word *word;

	if (p >= lex->end)
		return TOKEN_END;
	if (text_is_digit(*p))
		return number_lex(lex) ? TOKEN_NUMBER : TOKEN_UNKNOWN;
	if ((unsigned char) *p >= 0x80)
	{
		if (han_digit_lex(&p, lex->end) >= 0 || unit_lex(&p, lex->end) == 1)
			return number_lex(lex) ? TOKEN_NUMBER : TOKEN_UNKNOWN;
		p = lex->p;
	}
	word = word_lex(&lex->p, lex->end);
	if (word == NULL)
		return TOKEN_UNKNOWN;
	if (word->kind == TOKEN_CURRENCY)
		lex->currency = word->currency;
	return word->kind;
}

static bool
lexer_init(Lexer *lex, char *folded, const char *s, size_t len)
{
	bool		truncated;

	len = leadcrm_fold(s, len, folded, QUANTITY_TEXT_MAX,
					   FOLD_WIDTH | FOLD_SIMPLIFY | FOLD_LOWER | FOLD_SPACE, &truncated);
	while (len > 0 && strchr(".,;!", folded[len - 1]))
		len--;
	memset(lex, 0, sizeof(*lex));
	lex->p = folded;
	lex->end = folded + len;
	return !truncated;
}

/*
 * leadcrm_quantity_parse
 *		A number, a range or a range with one open side.
 *
 * The unit of the upper side of a range holds for the lower one if that has
 * none and stays the smaller one: 10~20万 is 100000 to 200000, 8000-1万 is 8000 to
 * 10000.
 *
 * Returns false when the text is not wholly a quantity, when a side passes
 * QUANTITY_MAX hundredths, or when the upper side is below the lower one.
 */
bool
leadcrm_quantity_parse(const char *s, size_t len, Quantity *q)
{
	char		folded[QUANTITY_TEXT_MAX];
	Lexer		lex;
	Number		side[2];
	TokenKind	kind;
	int			nsides = 0;
	bool		dash = false;
	bool		at_least = false;
	bool		at_most = false;
	bool		about = false;
	const char *currency = NULL;

	if (!lexer_init(&lex, folded, s, len))
		return false;
	while ((kind = token_next(&lex)) != TOKEN_END)
	{
		switch (kind)
		{
			case TOKEN_NUMBER:
				if (nsides == 2 || (nsides == 1 && !dash))
					return false;
				side[nsides++] = lex.number;
				break;
			case TOKEN_DASH:
				/* ~20万; but no negative numbers, and one dash only */
				if (nsides == 0 && lex.p[-1] == '~' && !about)
					about = true;
				else if (nsides != 1 || dash)
					return false;
				else
					dash = true;
				break;
			case TOKEN_ABOUT:
				about = true;
				break;
			case TOKEN_MORE:
				if (nsides == 0)
					return false;
				at_least = true;
				break;
			case TOKEN_AT_LEAST:
				at_least = true;
				break;
			case TOKEN_AT_MOST:
				at_most = true;
				break;
			case TOKEN_COUNTER:
				if (nsides == 0)
					return false;
				break;
			case TOKEN_CURRENCY:
				if (currency == NULL)
					currency = lex.currency;
				break;
			case TOKEN_FILLER:
				break;
			default:
				return false;
		}
	}
	if (nsides == 0 || (dash && nsides == 1))
		return false;
	at_least = at_least || side[nsides - 1].more;
	about = about || side[0].about || side[nsides - 1].about;
	if (at_least && at_most)
		return false;
	q->currency = currency;
	q->vague = about || at_least || at_most;
	q->low = side[0].value;
	q->high = side[nsides - 1].value;
	q->has_low = nsides == 2 || !at_most;
	q->has_high = nsides == 2 || !at_least;
	if (nsides == 2)
	{
		int64_t		low = side[0].bare;

		if (side[0].exponent == 0 && scale(&low, side[1].exponent) && low < q->high)
			q->low = low;
		if (q->low > q->high)
			return false;
	}
	return true;
}

/*
 * leadcrm_quantity_currency
 *		The ISO 4217 code of the first currency that a text names, or NULL.
 *
 * The yen sign alone means CNY, the dollar sign alone USD.  Looks at texts that
 * can be a quantity, whether they are one or not.
 */
const char *
leadcrm_quantity_currency(const char *s, size_t len)
{
	char		folded[QUANTITY_TEXT_MAX];
	Lexer		lex;
	TokenKind	kind;

	if (!lexer_init(&lex, folded, s, len))
		return NULL;
	while ((kind = token_next(&lex)) != TOKEN_END)
	{
		if (kind == TOKEN_CURRENCY)
			return lex.currency;
		if (kind == TOKEN_UNKNOWN)
			utf8_next(&lex.p, lex.end);
	}
	return NULL;
}
