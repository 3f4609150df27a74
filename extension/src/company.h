/*-------------------------------------------------------------------------
 * company.h
 *	  Names of firms: normal form, parts, comparison key.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_COMPANY_H
#define LEADCRM_COMPANY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "place.h"

/* Longest normal form of a name, in bytes.  A longer text is no name. */
#define COMPANY_MAX 512

/* Longest source text that is looked at, in bytes. */
#define COMPANY_SOURCE_MAX 4096

/* Separates core and region in a key; occurs in neither. */
#define COMPANY_KEY_SEPARATOR '@'

typedef struct CompanyText
{
	size_t		len;
	char		s[COMPANY_MAX];
} CompanyText;

/* A name taken apart; a part that is missing has length 0. */
typedef struct CompanyParts
{
	CompanyText normal;			/* the whole, canonical */
	CompanyText place;			/* 行政区划: 重庆市; before and in brackets: 上海(重庆) */
	CompanyText brand;			/* 字号: 华信 */
	CompanyText trade;			/* 行业: 信息技术 */
	CompanyText form;			/* 组织形式: 有限公司 */
	CompanyText branch;			/* 成都分公司 */
	CompanyText core;			/* comparison key */
	char		region[PLACE_CODE_SIZE];	/* GB/T 2260 code of the place, or "" */
} CompanyParts;

extern bool leadcrm_company_normalize(const char *s, size_t len, CompanyText *out);
extern bool leadcrm_company_parse(const char *s, size_t len, CompanyParts *out);
extern bool leadcrm_company_same(const CompanyParts *a, const CompanyParts *b);

#endif							/* LEADCRM_COMPANY_H */
