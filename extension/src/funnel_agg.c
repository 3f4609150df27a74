/*-------------------------------------------------------------------------
 * funnel_agg.c
 *	  The transition function of funnel_agg.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "funnel.h"
#include "leadcrm.h"
#include "lifecycle.h"
#include "window_funnel.h"

static const FunnelSettings *row_settings(FunctionCallInfo fcinfo);

/*
 * leadcrm_funnel_take
 *		Transition function of funnel_agg(lifecycle, steps, within [, amount
 *		[, loss_reason]]).
 *
 * A row without a lifecycle is passed over; without an amount it adds none,
 * without a reason it is not lost.  Raises 22023 if steps or window are not
 * those of the rows before, and what leadcrm_funnel_settings() raises.
 */
PG_FUNCTION_INFO_V1(leadcrm_funnel_take);
Datum
leadcrm_funnel_take(PG_FUNCTION_ARGS)
{
	Datum		state;
	const FunnelSettings *settings;
	Funnel	   *funnel;
	FunnelLead	lead = {0};
	TimestampTz reached[FUNNEL_STEPS_MAX];
	int			depth;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	settings = row_settings(fcinfo);
	funnel = leadcrm_summary_state(fcinfo, &leadcrm_funnel_type,
								   leadcrm_funnel_make, settings, &state);
	if (!leadcrm_funnel_is_for(funnel, settings))
		leadcrm_funnel_settings_differ();

	depth = leadcrm_funnel_depth(PG_GETARG_LIFECYCLE_PP(1), settings, reached);
	if (PG_NARGS() > 4 && !PG_ARGISNULL(4))
	{
		lead.has_amount = true;
		lead.amount = PG_GETARG_DATUM(4);
	}
	if (PG_NARGS() > 5 && !PG_ARGISNULL(5))
	{
		text	   *reason = PG_GETARG_TEXT_PP(5);

		lead.loss_reason = VARDATA_ANY(reason);
		lead.loss_reason_len = VARSIZE_ANY_EXHDR(reason);
	}
	leadcrm_funnel_count(funnel, depth, reached, &lead, fcinfo);
	PG_RETURN_DATUM(state);
}

/* The steps and the window of the row at hand. */
static const FunnelSettings *
row_settings(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("steps and window of a funnel must not be null")));
	return leadcrm_funnel_settings((FunnelSettings **) &fcinfo->flinfo->fn_extra,
								   fcinfo->flinfo->fn_mcxt,
								   PG_GETARG_ARRAYTYPE_P(2), PG_GETARG_INTERVAL_P(3), NULL);
}
