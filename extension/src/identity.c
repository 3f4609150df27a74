/*-------------------------------------------------------------------------
 * identity.c
 *	  The identity keys of a lead: which texts make two rows one person.
 *
 * The keys follow from the row and the identity rules alone, so that they
 * can be computed again at any time: on UPDATE, when a workspace is repaired,
 * when a merge is undone.  Parsing is done anew from the stored columns; a
 * column in normal form gives the key it gave when it arrived.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "common/md5.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"

#include "company.h"
#include "fold.h"
#include "identity.h"
#include "phone.h"
#include "row_expression.h"
#include "text.h"
#include "utf8.h"

/* Longer keys are kept by their digest: an index entry has a bound. */
#define IDENTITY_KEY_MAX	200

/* Separates the parts of a key of two columns; folded text has no controls. */
#define KEY_SEPARATOR		'\x1f'

/* Longest project name that takes part in a key, in bytes as typed. */
#define PROJECT_MAX			400

/* Longest Chinese name, in characters: two of surname, two given. */
#define CHINESE_NAME_MAX	4

static text *identity_key(Workspace *ws, const IdentityRule *rule,
						  TupleTableSlot *slot, bool *weak);
static text *company_key(Workspace *ws, TupleTableSlot *slot, const char *second, size_t len);
static const char *column_utf8(Workspace *ws, TupleTableSlot *slot, LeadColumn column, size_t *len);
static text *bounded(text *key);
static int	sort_keys(const void *a, const void *b);
static int	chinese_name(const text *name, uint32_t *character);

/*
 * leadcrm_identity_keys
 *		The keys of the row in slot under the workspace's rules.
 *
 * keys: room for IDENTITY_MAX_KEYS.  Sorted by kind, scope and key, each once,
 * with the first rule in order that names it.  In the current context.
 */
int
leadcrm_identity_keys(Workspace *ws, TupleTableSlot *slot, IdentityKey *keys)
{
	const char *kind;
	size_t		kind_len;
	int			n = 0;

	kind = column_utf8(ws, slot, LEAD_KIND, &kind_len);
	for (int r = 0; r < ws->nrules && n < IDENTITY_MAX_KEYS; r++)
	{
		const IdentityRule *rule = &ws->rule[r];
		IdentityKey *key = &keys[n];
		int			before;

		if (rule->broken)
			continue;
		if (rule->lead_kind != NULL &&
			(kind == NULL || strlen(rule->lead_kind) != kind_len ||
			 memcmp(rule->lead_kind, kind, kind_len) != 0))
			continue;
		key->rule = rule;
		key->weak = rule->weak;
		key->noted_at = 0;
		key->key = identity_key(ws, rule, slot, &key->weak);
		if (key->key == NULL)
			continue;
		key->key = bounded(key->key);
		key->scope = NULL;
		if (rule->scope != NULL)
			key->scope = leadcrm_row_expression_eval(rule->scope, ws->estate, slot);
		key->scope = key->scope ? bounded(key->scope) : cstring_to_text("");

		for (before = 0; before < n; before++)
		{
			if (leadcrm_identity_compare(&keys[before], key) == 0)
				break;
		}
		if (before == n)
			n++;
	}
	qsort(keys, n, sizeof(IdentityKey), sort_keys);
	return n;
}

/*
 * leadcrm_identity_same
 *		Do two rows bear the same keys, at first sight?
 *
 * True if they are equal in every column that keys are drawn from; most
 * UPDATEs of a lead leave these alone.  False when a rule has expressions.
 */
bool
leadcrm_identity_same(Workspace *ws, TupleTableSlot *a, TupleTableSlot *b)
{
	static const LeadColumn column[] = {
		LEAD_KIND, LEAD_NAME, LEAD_COMPANY, LEAD_PHONE, LEAD_EMAIL, LEAD_WECHAT,
		LEAD_UNIONID, LEAD_TAX_ID, LEAD_PROJECT_NAME
	};

	for (int r = 0; r < ws->nrules; r++)
	{
		if (ws->rule[r].expression != NULL || ws->rule[r].scope != NULL)
			return false;
	}
	for (int i = 0; i < lengthof(column); i++)
	{
		bool		anull;
		bool		bnull;
		Datum		x = slot_getattr(a, ws->column[column[i]], &anull);
		Datum		y = slot_getattr(b, ws->column[column[i]], &bnull);

		if (anull != bnull || (!anull && !datumIsEqual(x, y, false, -1)))
			return false;
	}
	return true;
}

/*
 * leadcrm_identity_compare
 *		Order of keys: by the bytes of kind, scope and key.
 */
int
leadcrm_identity_compare(const IdentityKey *a, const IdentityKey *b)
{
	const text *x[3] = {a->rule->kind_text, a->scope, a->key};
	const text *y[3] = {b->rule->kind_text, b->scope, b->key};

	for (int i = 0; i < 3; i++)
	{
		int			xlen = VARSIZE_ANY_EXHDR(x[i]);
		int			ylen = VARSIZE_ANY_EXHDR(y[i]);
		int			c = memcmp(VARDATA_ANY(x[i]), VARDATA_ANY(y[i]), Min(xlen, ylen));

		if (c != 0)
			return c;
		if (xlen != ylen)
			return xlen < ylen ? -1 : 1;
	}
	return 0;
}

/*
 * leadcrm_identity_names_differ
 *		Do two names contradict each other so strongly that one telephone
 *		number can hardly be one person's?
 *
 * Only two full Chinese names without a common character do.  A surname
 * alone, a pet name, letters or pinyin prove nothing.
 */
bool
leadcrm_identity_names_differ(const text *a, const text *b)
{
	uint32_t	x[CHINESE_NAME_MAX];
	uint32_t	y[CHINESE_NAME_MAX];
	int			nx;
	int			ny;

	if (a == NULL || b == NULL ||
		datumIsEqual(PointerGetDatum(a), PointerGetDatum(b), false, -1))
		return false;
	nx = chinese_name(a, x);
	ny = nx > 0 ? chinese_name(b, y) : 0;
	if (nx == 0 || ny == 0)
		return false;
	for (int i = 0; i < nx; i++)
	{
		for (int j = 0; j < ny; j++)
		{
			if (x[i] == y[j])
				return false;
		}
	}
	return true;
}

/* The key a rule draws from a row, or NULL. */
static text *
identity_key(Workspace *ws, const IdentityRule *rule, TupleTableSlot *slot, bool *weak)
{
	const char *s;
	size_t		len;

	switch (rule->source)
	{
		case IDENTITY_PHONE:
			{
				PhoneNumber phone;

				s = column_utf8(ws, slot, LEAD_PHONE, &len);
				if (s == NULL || leadcrm_phone_parse(s, len, NULL, &phone) != PHONE_OK)
					return NULL;
				*weak |= phone.kind == PHONE_CN_SERVICE;
				return cstring_to_text_with_len(phone.text, (int) phone.key_len);
			}
		case IDENTITY_EMAIL:
			{
				Email		email;

				s = column_utf8(ws, slot, LEAD_EMAIL, &len);
				if (s == NULL || !leadcrm_email_parse(s, len, &email))
					return NULL;
				*weak |= leadcrm_email_shared(&email);
				leadcrm_email_key(&email);
				return leadcrm_key_from_utf8(email.text, email.len);
			}
		case IDENTITY_WECHAT:
			{
				char		id[WECHAT_MAX];

				s = column_utf8(ws, slot, LEAD_WECHAT, &len);
				len = s ? leadcrm_wechat_parse(s, len, id) : 0;
				return len > 0 ? leadcrm_from_utf8(id, len) : NULL;
			}
		case IDENTITY_UNIONID:
			{
				bool		isnull;
				Datum		d = slot_getattr(slot, ws->column[LEAD_UNIONID], &isnull);

				if (isnull || VARSIZE_ANY_EXHDR(DatumGetTextPP(d)) == 0)
					return NULL;
				return DatumGetTextPCopy(d);
			}
		case IDENTITY_TAX_ID:
			{
				char		id[TAX_ID_LENGTH];

				s = column_utf8(ws, slot, LEAD_TAX_ID, &len);
				if (s == NULL || !leadcrm_tax_id_parse(s, len, id))
					return NULL;
				return leadcrm_from_utf8(id, TAX_ID_LENGTH);
			}
		case IDENTITY_COMPANY_PERSON:
			{
				Person		person;
				char		key[PERSON_MAX];

				s = column_utf8(ws, slot, LEAD_NAME, &len);
				if (s == NULL || !leadcrm_person_parse(s, len, &person))
					return NULL;
				len = leadcrm_person_key(&person, key);
				return len > 0 ? company_key(ws, slot, key, len) : NULL;
			}
		case IDENTITY_COMPANY_PROJECT:
			{
				char		folded[PROJECT_MAX];
				bool		truncated;

				s = column_utf8(ws, slot, LEAD_PROJECT_NAME, &len);
				if (s == NULL)
					return NULL;
				len = leadcrm_fold(s, len, folded, sizeof(folded),
								   FOLD_WIDTH | FOLD_SIMPLIFY | FOLD_LOWER | FOLD_PUNCT, &truncated);
				return len > 0 ? company_key(ws, slot, folded, len) : NULL;
			}
		case IDENTITY_EXPRESSION:
			{
				text	   *key = leadcrm_row_expression_eval(rule->expression, ws->estate, slot);

				return key != NULL && VARSIZE_ANY_EXHDR(key) > 0 ? key : NULL;
			}
	}
	return NULL;
}

/* The core of the company's name and something else, or NULL. */
static text *
company_key(Workspace *ws, TupleTableSlot *slot, const char *second, size_t second_len)
{
	CompanyParts parts;
	const char *s;
	size_t		len;
	StringInfoData key;

	s = column_utf8(ws, slot, LEAD_COMPANY, &len);
	if (s == NULL || !leadcrm_company_parse(s, len, &parts) || parts.core.len == 0)
		return NULL;
	initStringInfo(&key);
	appendBinaryStringInfo(&key, parts.core.s, (int) parts.core.len);
	appendStringInfoChar(&key, KEY_SEPARATOR);
	appendBinaryStringInfo(&key, second, (int) second_len);
	return leadcrm_key_from_utf8(key.data, key.len);
}

/* A text column of the row in UTF-8, or NULL. */
static const char *
column_utf8(Workspace *ws, TupleTableSlot *slot, LeadColumn column, size_t *len)
{
	bool		isnull;
	Datum		d = slot_getattr(slot, ws->column[column], &isnull);

	return isnull ? NULL : leadcrm_to_utf8(DatumGetTextPP(d), len);
}

static text *
bounded(text *key)
{
	char		digest[sizeof("md5:") + 32];	/* in hex */
	const char *error = NULL;

	if (VARSIZE_ANY_EXHDR(key) <= IDENTITY_KEY_MAX)
		return key;
	memcpy(digest, "md5:", 4);
	if (!pg_md5_hash(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key), digest + 4, &error))
		elog(ERROR, "could not compute MD5 hash: %s", error);
	return cstring_to_text(digest);
}

static int
sort_keys(const void *a, const void *b)
{
	return leadcrm_identity_compare(a, b);
}

/* The characters of a full Chinese name; returns how many, 0 if it is none. */
static int
chinese_name(const text *name, uint32_t *character)
{
	Person		person;
	const char *s;
	const char *end;
	size_t		len;
	int			n = 0;

	s = leadcrm_to_utf8(name, &len);
	if (!leadcrm_person_parse(s, len, &person) || person.partial)
		return 0;
	s = person.name;
	end = s + person.name_len;
	while (s < end)
	{
		uint32_t	c = leadcrm_fold_char(utf8_next(&s, end), FOLD_SIMPLIFY);

		if (n == CHINESE_NAME_MAX || c < 0x4E00 || c > 0x9FFF)
			return 0;
		character[n++] = c;
	}
	return n >= 2 ? n : 0;
}
