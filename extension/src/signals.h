/*-------------------------------------------------------------------------
 * signals.h
 *	  lead.signals: which intent rules keep a lead at a level, and until when.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_SIGNALS_H
#define LEADCRM_SIGNALS_H

#include "datatype/timestamp.h"
#include "utils/jsonb.h"

/* A rule and the moment up to which it holds; DT_NOBEGIN: it does not. */
typedef struct Signal
{
	const char *code;
	TimestampTz until;
} Signal;

extern TimestampTz leadcrm_signals_until(const Jsonb *signals, const char *code);
extern Jsonb *leadcrm_signals_set(const Jsonb *signals, const Signal *signal, int n);

#endif							/* LEADCRM_SIGNALS_H */
