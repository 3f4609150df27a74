/*-------------------------------------------------------------------------
 * aggregate.c
 *	  What the support functions of all aggregates share.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

/*
 * leadcrm_check_aggregate
 *		Stop a function that changes its argument in place from being called by
 *		anything but an aggregate.
 *
 * Raises 0A000.
 */
void
leadcrm_check_aggregate(FunctionCallInfo fcinfo)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("support function of an aggregate cannot be called directly")));
}
