/*-------------------------------------------------------------------------
 * region.h
 *	  The region a text or a telephone number points to.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_REGION_H
#define LEADCRM_REGION_H

#include <stdbool.h>
#include <stddef.h>

#include "place.h"

/* How much of a text is looked at, in bytes. */
#define REGION_TEXT_MAX 2048

/* What a region was found by, the strongest first. */
typedef enum RegionEvidence
{
	REGION_ADDRESS,
	REGION_COMPANY,
	REGION_AREA_CODE,
	REGION_MOBILE
} RegionEvidence;

typedef struct RegionMatch
{
	char		code[PLACE_CODE_SIZE];	/* GB/T 2260: 2, 4 or 6 digits */
	RegionEvidence kind;
	size_t		from;			/* bytes of the source that name it */
	size_t		to;
	char		digits[8];		/* area code or mobile prefix, or "" */
} RegionMatch;

extern bool leadcrm_region_find(const char *s, size_t len, RegionMatch *out);
extern bool leadcrm_region_of_phone(const char *e164, size_t len, RegionMatch *out);

#endif							/* LEADCRM_REGION_H */
