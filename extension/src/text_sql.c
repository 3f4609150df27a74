/*-------------------------------------------------------------------------
 * text_sql.c
 *	  The SQL face of the text parsers.
 *
 * Every function is immutable, answers NULL where there is nothing to answer,
 * and never raises for what a text holds.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "fold.h"
#include "text.h"

/* Most addresses emails_in gives; a text with more is no inquiry. */
#define EMAILS_IN_MAX	100

/* The bytes of argument 0 in UTF-8. */
#define TEXT_ARG(len)	leadcrm_to_utf8(PG_GETARG_TEXT_PP(0), (len))

/* Return len bytes of UTF-8 as what `convert` makes of them, or NULL if there are none. */
#define RETURN_CONVERTED(convert, s, len) \
	do { \
		if ((len) == 0) \
			PG_RETURN_NULL(); \
		PG_RETURN_TEXT_P(convert((s), (len))); \
	} while (0)

/* As text to be read, or as a key, which is only compared. */
#define RETURN_TEXT(s, len)	RETURN_CONVERTED(leadcrm_from_utf8, s, len)
#define RETURN_KEY(s, len)	RETURN_CONVERTED(leadcrm_key_from_utf8, s, len)

/*
 * text_folded
 *		Argument 0 folded, in palloc'd memory.
 *
 * Most texts shrink or stay; only one that grows is folded a second time.
 */
static char *
text_folded(FunctionCallInfo fcinfo, unsigned flags, size_t *len)
{
	const char *s = TEXT_ARG(len);
	size_t		size = *len + 64;
	char	   *dst = palloc_extended(size, MCXT_ALLOC_HUGE);
	bool		truncated;
	size_t		n = leadcrm_fold(s, *len, dst, size, flags, &truncated);

	if (truncated)
	{
		pfree(dst);
		size = *len * FOLD_GROWTH;
		dst = palloc_extended(size, MCXT_ALLOC_HUGE);
		n = leadcrm_fold(s, *len, dst, size, flags, NULL);
	}
	*len = n;
	return dst;
}

/*
 * fold_text(text) -> text
 *		The form in which two texts are equal if only width, case, script,
 *		punctuation or space tell them apart.
 */
PG_FUNCTION_INFO_V1(leadcrm_fold_text);
Datum
leadcrm_fold_text(PG_FUNCTION_ARGS)
{
	size_t		len;
	char	   *folded = text_folded(fcinfo, FOLD_ALL, &len);

	RETURN_KEY(folded, len);
}

/*
 * simplify_text(text) -> text
 *		The readable form: simplified characters, one width, single blanks.
 */
PG_FUNCTION_INFO_V1(leadcrm_simplify_text);
Datum
leadcrm_simplify_text(PG_FUNCTION_ARGS)
{
	size_t		len;
	char	   *folded = text_folded(fcinfo, FOLD_WIDTH | FOLD_SIMPLIFY | FOLD_SPACE, &len);

	RETURN_TEXT(folded, len);
}

/*
 * normalize_email(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_normalize_email);
Datum
leadcrm_normalize_email(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	Email		email;

	if (!leadcrm_email_parse(s, len, &email))
		PG_RETURN_NULL();
	RETURN_TEXT(email.text, email.len);
}

/*
 * email_key(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_email_key_sql);
Datum
leadcrm_email_key_sql(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	Email		email;

	if (!leadcrm_email_parse(s, len, &email))
		PG_RETURN_NULL();
	leadcrm_email_key(&email);
	RETURN_KEY(email.text, email.len);
}

/*
 * email_is_shared(text) -> boolean
 */
PG_FUNCTION_INFO_V1(leadcrm_email_is_shared);
Datum
leadcrm_email_is_shared(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	Email		email;

	if (!leadcrm_email_parse(s, len, &email))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(leadcrm_email_shared(&email));
}

/* Is the address in the list already? */
static bool
emails_have(const Email *list, int n, const Email *email)
{
	for (int i = 0; i < n; i++)
		if (list[i].len == email->len &&
			memcmp(list[i].text, email->text, email->len) == 0)
			return true;
	return false;
}

/*
 * emails_in(text) -> text[]
 *		The addresses in free text, each once, in order; an empty array if none.
 */
PG_FUNCTION_INFO_V1(leadcrm_emails_in);
Datum
leadcrm_emails_in(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *p = TEXT_ARG(&len);
	const char *end = p + len;
	Email	   *list = palloc(EMAILS_IN_MAX * sizeof(Email));
	Datum		values[EMAILS_IN_MAX];
	int			n = 0;

	while (n < EMAILS_IN_MAX && leadcrm_email_next(&p, end, &list[n]))
		if (!emails_have(list, n, &list[n]))
		{
			values[n] = PointerGetDatum(leadcrm_from_utf8(list[n].text, list[n].len));
			n++;
		}
	PG_RETURN_ARRAYTYPE_P(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/*
 * person_name(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_person_name);
Datum
leadcrm_person_name(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	Person		person;

	if (!leadcrm_person_parse(s, len, &person))
		PG_RETURN_NULL();
	RETURN_TEXT(person.name, person.name_len);
}

/*
 * person_title(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_person_title_sql);
Datum
leadcrm_person_title_sql(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	char		title[PERSON_MAX];

	len = leadcrm_person_title(s, len, title);
	RETURN_TEXT(title, len);
}

/*
 * person_key(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_person_key_sql);
Datum
leadcrm_person_key_sql(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	Person		person;
	char		key[PERSON_MAX];

	if (!leadcrm_person_parse(s, len, &person))
		PG_RETURN_NULL();
	len = leadcrm_person_key(&person, key);
	RETURN_KEY(key, len);
}

/*
 * person_in(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_person_in);
Datum
leadcrm_person_in(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	char		name[PERSON_MAX];

	len = leadcrm_person_find(s, len, name);
	RETURN_TEXT(name, len);
}

/*
 * wechat_id(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_wechat_id);
Datum
leadcrm_wechat_id(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	char		id[WECHAT_MAX];

	len = leadcrm_wechat_parse(s, len, id);
	RETURN_TEXT(id, len);
}

/*
 * wechat_in(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_wechat_in);
Datum
leadcrm_wechat_in(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	char		id[WECHAT_MAX];

	len = leadcrm_wechat_find(s, len, id);
	RETURN_TEXT(id, len);
}

/*
 * tax_id(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_tax_id);
Datum
leadcrm_tax_id(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	char		id[TAX_ID_LENGTH];

	if (!leadcrm_tax_id_parse(s, len, id))
		PG_RETURN_NULL();
	RETURN_TEXT(id, TAX_ID_LENGTH);
}

/*
 * tax_id_valid(text) -> boolean
 */
PG_FUNCTION_INFO_V1(leadcrm_tax_id_valid_sql);
Datum
leadcrm_tax_id_valid_sql(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	char		id[TAX_ID_LENGTH];

	PG_RETURN_BOOL(leadcrm_tax_id_parse(s, len, id) && leadcrm_tax_id_valid(id));
}

/* Hundredths as a numeric, without decimals where there are none. */
static Numeric
hundredths_numeric(int64 v)
{
	return v % 100 == 0 ? int64_to_numeric(v / 100) : int64_div_fast_to_numeric(v, 2);
}

/*
 * quantity_low(text) -> numeric
 */
PG_FUNCTION_INFO_V1(leadcrm_quantity_low);
Datum
leadcrm_quantity_low(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	Quantity	q;

	if (!leadcrm_quantity_parse(s, len, &q) || !q.has_low)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(hundredths_numeric(q.low));
}

/*
 * quantity_high(text) -> numeric
 */
PG_FUNCTION_INFO_V1(leadcrm_quantity_high);
Datum
leadcrm_quantity_high(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	Quantity	q;

	if (!leadcrm_quantity_parse(s, len, &q) || !q.has_high)
		PG_RETURN_NULL();
	PG_RETURN_NUMERIC(hundredths_numeric(q.high));
}

/*
 * quantity_vague(text) -> boolean
 */
PG_FUNCTION_INFO_V1(leadcrm_quantity_vague);
Datum
leadcrm_quantity_vague(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	Quantity	q;

	if (!leadcrm_quantity_parse(s, len, &q))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(q.vague);
}

/*
 * money_currency(text) -> text
 */
PG_FUNCTION_INFO_V1(leadcrm_money_currency);
Datum
leadcrm_money_currency(PG_FUNCTION_ARGS)
{
	size_t		len;
	const char *s = TEXT_ARG(&len);
	const char *currency = leadcrm_quantity_currency(s, len);

	if (currency == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(currency));
}
