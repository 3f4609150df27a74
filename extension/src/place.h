/*-------------------------------------------------------------------------
 * place.h
 *	  Administrative divisions of China: the table, and their names in a text.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_PLACE_H
#define LEADCRM_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room for a code of GB/T 2260 and a NUL. */
#define PLACE_CODE_SIZE 8

/* Most names that one after the other make one place. */
#define PLACE_MAX_LINKS 4

/* Most divisions that share one name. */
#define PLACE_MAX_CANDIDATES 8

/* One name of a chain such as 广东省 + 深圳市 + 南山区. */
typedef struct PlaceLink
{
	int			row;
	size_t		end;			/* byte behind the name */
	bool		full;			/* a full name, not a short form */
} PlaceLink;

/* The divisions named at one position, each within the one before. */
typedef struct PlaceChain
{
	int			nlinks;			/* 0: no division is named */
	PlaceLink	link[PLACE_MAX_LINKS];

	/* If nlinks is 0: what the name could mean if a parent decided. */
	int			ncandidates;
	int			candidate[PLACE_MAX_CANDIDATES];

	size_t		skip;			/* byte behind the name even if it is none */
} PlaceChain;

extern void leadcrm_place_chain(const char *s, size_t len, size_t at,
								bool address, PlaceChain *chain);

extern int	leadcrm_place_count(void);
extern int	leadcrm_place_find(const char *code, size_t len);
extern int	leadcrm_place_parent(int row);
extern int	leadcrm_place_level(int row);
extern bool leadcrm_place_within(int row, int ancestor);
extern void leadcrm_place_code(int row, char *code);
extern size_t leadcrm_place_name(int row, const char **name);
extern size_t leadcrm_place_full_name(int row, char *dst, size_t size);

#endif							/* LEADCRM_PLACE_H */
