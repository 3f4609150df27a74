/*-------------------------------------------------------------------------
 * leadcrm.h
 *	  What every file of the extension that talks to the server shares.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_H
#define LEADCRM_H

#include "fmgr.h"

#include "compat.h"

/* encoding.c */
extern const char *leadcrm_to_utf8(const text *t, size_t *len);
extern text *leadcrm_from_utf8(const char *s, size_t len);
extern text *leadcrm_key_from_utf8(const char *s, size_t len);

/* aggregate.c */
extern void leadcrm_check_aggregate(FunctionCallInfo fcinfo);

#endif							/* LEADCRM_H */
