/*-------------------------------------------------------------------------
 * summary_scan.h
 *	  The items that a stored summary is made of, as bytes and as text.
 *
 * As bytes: a whole number is seven bits a byte, the lowest first, its sign in
 * the lowest bit; a text is its length and its bytes.  As text: items parted by
 * white space; a number in decimal, a text in double quotes with \" and \\, and
 * words of anything else.
 *
 * Nothing here knows the server, so that a fuzzer can drive it.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_SUMMARY_SCAN_H
#define LEADCRM_SUMMARY_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Most bytes that a whole number takes. */
#define SUMMARY_INT_SIZE	10

/* What is left to read. */
typedef struct SummaryInput
{
	const char *s;
	const char *end;
} SummaryInput;

extern int	leadcrm_pack_int(char *out, int64_t value);
extern bool leadcrm_unpack_int(SummaryInput *in, int64_t *value);
extern bool leadcrm_unpack_text(SummaryInput *in, const char **text, size_t *len);

extern void leadcrm_scan_space(SummaryInput *in);
extern bool leadcrm_scan_char(SummaryInput *in, char c);
extern bool leadcrm_scan_word(SummaryInput *in, const char **word, size_t *len);
extern bool leadcrm_scan_int(SummaryInput *in, int64_t *value);
extern bool leadcrm_scan_text(SummaryInput *in, const char **quoted, size_t *len);
extern size_t leadcrm_scan_unquote(const char *quoted, size_t len, char *out);

#endif							/* LEADCRM_SUMMARY_SCAN_H */
