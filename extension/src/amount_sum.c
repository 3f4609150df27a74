/*-------------------------------------------------------------------------
 * amount_sum.c
 *	  Sums of amounts, exactly what sum(numeric) gives.
 *
 * A running sum is sum(numeric)'s own state, which takes a number in without
 * normalizing it; merged sums are plain numbers.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "amount_sum.h"
#include "leadcrm.h"

static Numeric running_value(void *running);

/*
 * leadcrm_amount_add
 *		Add an amount, within an aggregate's transition function.
 *
 * aggregate: the call of that function; the running state lies in the memory
 * context of its aggregate, as any transition value does.
 */
void
leadcrm_amount_add(AmountSum *sum, Datum amount, FunctionCallInfo aggregate)
{
	LOCAL_FCINFO(fcinfo, 2);

	InitFunctionCallInfoData(*fcinfo, NULL, 2, InvalidOid, aggregate->context, NULL);
	fcinfo->args[0].value = PointerGetDatum(sum->running);
	fcinfo->args[0].isnull = sum->running == NULL;
	fcinfo->args[1].value = amount;
	fcinfo->args[1].isnull = false;
	sum->running = DatumGetPointer(numeric_avg_accum(fcinfo));
}

/*
 * leadcrm_amount_merge
 *		Add another sum, or take it away (sign -1); the result lies in CONTEXT.
 */
void
leadcrm_amount_merge(AmountSum *sum, const AmountSum *other, int sign, MemoryContext context)
{
	Numeric		more = leadcrm_amount_value(other);
	Datum		old;
	MemoryContext caller;

	if (more == NULL)
		return;
	old = sum->value ? NumericGetDatum(sum->value) : DirectFunctionCall1(int4_numeric, Int32GetDatum(0));
	caller = MemoryContextSwitchTo(context);
	sum->value = DatumGetNumeric(DirectFunctionCall2(sign > 0 ? numeric_add : numeric_sub,
													 old, NumericGetDatum(more)));
	MemoryContextSwitchTo(caller);
	pfree(DatumGetPointer(old));
}

/*
 * leadcrm_amount_value
 *		The sum; NULL of nothing.
 */
Numeric
leadcrm_amount_value(const AmountSum *sum)
{
	Numeric		running = sum->running ? running_value(sum->running) : NULL;

	if (running == NULL || sum->value == NULL)
		return running ? running : sum->value;
	return DatumGetNumeric(DirectFunctionCall2(numeric_add, NumericGetDatum(sum->value),
											   NumericGetDatum(running)));
}

bool
leadcrm_amount_is_zero(const AmountSum *sum)
{
	Numeric		value = leadcrm_amount_value(sum);

	return value == NULL ||
		DatumGetBool(DirectFunctionCall2(numeric_eq, NumericGetDatum(value),
										 DirectFunctionCall1(int4_numeric, Int32GetDatum(0))));
}

void
leadcrm_amount_write(SummaryWriter *out, const AmountSum *sum)
{
	leadcrm_summary_put_amount(out, leadcrm_amount_value(sum));
}

bool
leadcrm_amount_read(SummaryReader *in, AmountSum *sum)
{
	sum->running = NULL;
	return leadcrm_summary_get_amount(in, &sum->value);
}

/* What sum(numeric)'s final function says of a state. */
static Numeric
running_value(void *running)
{
	LOCAL_FCINFO(fcinfo, 1);

	InitFunctionCallInfoData(*fcinfo, NULL, 1, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = PointerGetDatum(running);
	fcinfo->args[0].isnull = false;
	return DatumGetNumeric(numeric_sum(fcinfo));
}
