/*-------------------------------------------------------------------------
 * keyed.h
 *	  Records by a number and a text, for the bodies of summaries.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_KEYED_H
#define LEADCRM_KEYED_H

/* What a record begins with. */
typedef struct KeyedKey
{
	int32		number;
	int32		len;
	const char *text;			/* not terminated, or NULL if len is 0 */
} KeyedKey;

typedef struct Keyed Keyed;

extern Keyed *leadcrm_keyed_make(Size record_size);
extern void *leadcrm_keyed_get(Keyed *keyed, int32 number, const char *text, int len);
extern int	leadcrm_keyed_count(const Keyed *keyed);
extern void **leadcrm_keyed_sorted(const Keyed *keyed);

#endif							/* LEADCRM_KEYED_H */
