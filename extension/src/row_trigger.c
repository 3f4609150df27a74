/*-------------------------------------------------------------------------
 * row_trigger.c
 *	  Triggers that look at a row before it is written.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "row_trigger.h"

/*
 * leadcrm_row_trigger
 *		What a BEFORE INSERT OR UPDATE ... FOR EACH ROW trigger was called with.
 *
 * function: its name, for the message.  Raises 39P01 when it was called in
 * any other way.
 */
TriggerData *
leadcrm_row_trigger(FunctionCallInfo fcinfo, const char *function)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", function)));
	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		!TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!(TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) || TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger function \"%s\" must be fired BEFORE INSERT OR UPDATE for each row",
						function)));
	return trigdata;
}
