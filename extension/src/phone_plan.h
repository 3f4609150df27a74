/*-------------------------------------------------------------------------
 * phone_plan.h
 *	  The numbering plans: which digits are a phone number.
 *
 * For phone.c; everybody else includes phone.h.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_PHONE_PLAN_H
#define LEADCRM_PHONE_PLAN_H

#include "phone.h"

typedef struct PhoneRegion PhoneRegion;

extern const PhoneRegion *leadcrm_phone_region(const char *iso);
extern PhoneFault leadcrm_phone_plan_read(const char *d, int n, bool plus,
										  const PhoneRegion *region, bool strict,
										  PhoneNumber *out);

#endif							/* LEADCRM_PHONE_PLAN_H */
