/*-------------------------------------------------------------------------
 * phone.h
 *	  Reading phone numbers: from any spelling to one normal form.
 *
 * Pure C, no server: phone_type.c is the SQL face, a fuzzer calls this as it
 * stands.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_PHONE_H
#define LEADCRM_PHONE_H

#include <stdbool.h>
#include <stddef.h>

/* Room for the longest normal form: E.164, ";ext=" and a NUL, in bytes. */
#define PHONE_TEXT_MAX	40

typedef enum PhoneClass
{
	PHONE_NONE = 0,
	PHONE_CN_MOBILE,
	PHONE_CN_LANDLINE,
	PHONE_CN_SERVICE,			/* 400, 800, 95xxx: many people share it */
	PHONE_FOREIGN				/* any calling code but 86 */
} PhoneClass;

/* A number in normal form: "+8613800138000" or "+862163812345;ext=801". */
typedef struct PhoneNumber
{
	PhoneClass	kind;
	size_t		len;			/* of text, in bytes, without the NUL */
	char		text[PHONE_TEXT_MAX];
	size_t		key_len;		/* of text without ";ext=..." */
	size_t		code_len;		/* of the calling code behind the + */
} PhoneNumber;

typedef enum PhoneFault
{
	PHONE_OK = 0,
	PHONE_EMPTY,
	PHONE_SEVERAL,
	PHONE_DAMAGED,				/* 1.38E+10: digits are lost */
	PHONE_SHORT,
	PHONE_LONG,
	PHONE_UNKNOWN_PREFIX,
	PHONE_JUNK
} PhoneFault;

extern PhoneFault leadcrm_phone_parse(const char *s, size_t len,
									  const char *region, PhoneNumber *out);
extern bool leadcrm_phone_scan(const char **p, const char *end,
							   PhoneNumber *out,
							   const char **from, const char **to);
extern const char *leadcrm_phone_fault_text(PhoneFault fault);

#endif							/* LEADCRM_PHONE_H */
