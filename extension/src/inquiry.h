/*-------------------------------------------------------------------------
 * inquiry.h
 *	  A few sentences of a call centre or a chat, taken apart.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_INQUIRY_H
#define LEADCRM_INQUIRY_H

#include <stddef.h>

#include "text.h"

/* How much of a text is looked at, in bytes of folded text. */
#define INQUIRY_MAX		4096

/* What was found; a part that is missing has length 0. */
typedef struct Inquiry
{
	size_t		name_len;
	size_t		company_len;
	size_t		budget_len;
	size_t		need_len;
	char		name[PERSON_MAX];	/* as written, with the title */
	char		company[INQUIRY_MAX];
	char		budget[INQUIRY_MAX];
	char		need[INQUIRY_MAX * 2];
} Inquiry;

extern void leadcrm_inquiry_read(const char *s, size_t len, Inquiry *out);

#endif							/* LEADCRM_INQUIRY_H */
