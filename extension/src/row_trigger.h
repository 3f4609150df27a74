/*-------------------------------------------------------------------------
 * row_trigger.h
 *	  Triggers that look at a row before it is written.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_ROW_TRIGGER_H
#define LEADCRM_ROW_TRIGGER_H

#include "commands/trigger.h"
#include "fmgr.h"

extern TriggerData *leadcrm_row_trigger(FunctionCallInfo fcinfo, const char *function);

#endif							/* LEADCRM_ROW_TRIGGER_H */
