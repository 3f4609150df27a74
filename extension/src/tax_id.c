/*-------------------------------------------------------------------------
 * tax_id.c
 *	  The unified social credit code of GB 32100-2015, which is the tax number
 *	  of a Chinese organisation.
 *
 * Codes of the first years were issued with wrong check digits and are in use,
 * so form and check digit are two questions.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "fold.h"
#include "text.h"

/* Room for the code with a label and blanks. */
#define TAX_ID_TEXT_MAX		128

static const char tax_id_alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

static const char *const tax_id_labels[] = {
	"统一社会信用代码", "社会信用代码", "信用代码", "纳税人识别号", "税号", NULL
};

/* The value of a character in the code's base 31, or -1. */
static int
tax_id_value(char c)
{
	const char *at = c ? strchr(tax_id_alphabet, c) : NULL;

	return at ? (int) (at - tax_id_alphabet) : -1;
}

/*
 * Is an 18-character code the number of a resident identity card (GB 11643)?
 * They have the same length, and letters of the same alphabet.
 */
static bool
resident_id(const char *id)
{
	static const int weight[17] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
	int			sum = 0;
	int			month;
	int			day;

	for (int i = 0; i < 17; i++)
	{
		if (!text_is_digit(id[i]))
			return false;
		sum += (id[i] - '0') * weight[i];
	}
	month = (id[10] - '0') * 10 + id[11] - '0';
	day = (id[12] - '0') * 10 + id[13] - '0';
	return (memcmp(id + 6, "19", 2) == 0 || memcmp(id + 6, "20", 2) == 0) &&
		month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
		id[17] == "10X98765432"[sum % 11];
}

/*
 * leadcrm_tax_id_parse
 *		The code in a text, upper case, without blanks and dashes.
 *
 * dst gets TAX_ID_LENGTH bytes.  A label in front is taken off.  The check
 * digit may be wrong.
 *
 * Returns false when the text is no such code: old 15-digit tax numbers and
 * the numbers of identity cards are none.
 */
bool
leadcrm_tax_id_parse(const char *s, size_t len, char *dst)
{
	char		folded[TAX_ID_TEXT_MAX];
	size_t		i;
	int			n = 0;
	bool		truncated;

	len = leadcrm_fold(s, len, folded, sizeof(folded),
					   FOLD_WIDTH | FOLD_SIMPLIFY | FOLD_SPACE, &truncated);
	if (truncated)
		return false;
	i = text_prefix(folded, len, tax_id_labels);
	if (i > 0 && i < len && folded[i] == ':')
		i++;
	for (; i < len; i++)
	{
		char		c = folded[i];

		if (c == ' ' || c == '-')
			continue;
		if (c >= 'a' && c <= 'z')
			c -= 'a' - 'A';
		if (n == TAX_ID_LENGTH || tax_id_value(c) < 0)
			return false;
		/* the third to eighth are the code of a region, which has no letters */
		if (n >= 2 && n < 8 && !text_is_digit(c))
			return false;
		dst[n++] = c;
	}
	return n == TAX_ID_LENGTH && (leadcrm_tax_id_valid(dst) || !resident_id(dst));
}

/*
 * leadcrm_tax_id_valid
 *		Is the check digit right?  id: what leadcrm_tax_id_parse gave.
 *
 * Weights are the powers of 3 modulo 31 (GB 32100-2015, 5.2).
 */
bool
leadcrm_tax_id_valid(const char *id)
{
	int			sum = 0;
	int			weight = 1;

	for (int i = 0; i < TAX_ID_LENGTH - 1; i++)
	{
		sum += tax_id_value(id[i]) * weight;
		weight = weight * 3 % 31;
	}
	return tax_id_value(id[TAX_ID_LENGTH - 1]) == (31 - sum % 31) % 31;
}
