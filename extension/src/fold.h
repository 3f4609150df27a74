/*-------------------------------------------------------------------------
 * fold.h
 *	  Folding of text: width, traditional and simplified, case, punctuation,
 *	  space.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_FOLD_H
#define LEADCRM_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What leadcrm_fold does; any combination. */
#define FOLD_WIDTH		0x01	/* one form of a character: half-width Latin,
								 * full-width kana, brackets and circles
								 * opened, compatibility ideographs mapped */
#define FOLD_SIMPLIFY	0x02	/* traditional to simplified Chinese */
#define FOLD_LOWER		0x04	/* simple case folding: Latin, Greek, Cyrillic */
#define FOLD_PUNCT		0x08	/* drop punctuation, symbols, white space and
								 * what cannot be seen */
#define FOLD_SPACE		0x10	/* runs of white space to one blank, none at the
								 * ends; drop what cannot be seen */
#define FOLD_ALL		0x1F

/* No text grows by more than this factor, in bytes. */
#define FOLD_GROWTH		6

typedef enum FoldClass
{
	FOLD_CLASS_TEXT,			/* letters, digits, marks, ideographs */
	FOLD_CLASS_SPACE,			/* white space, blanks that pass as letters */
	FOLD_CLASS_PUNCT,			/* punctuation and symbols */
	FOLD_CLASS_INVISIBLE		/* controls, zero-width, bidi marks, BOM */
} FoldClass;

extern size_t leadcrm_fold(const char *src, size_t len,
						   char *dst, size_t dstsize,
						   unsigned flags, bool *truncated);
extern uint32_t leadcrm_fold_char(uint32_t c, unsigned flags);
extern FoldClass leadcrm_fold_class(uint32_t c);

#endif							/* LEADCRM_FOLD_H */
