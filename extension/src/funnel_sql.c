/*-------------------------------------------------------------------------
 * funnel_sql.c
 *	  Reading a funnel from SQL: its steps, what they are worth, its losses.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "funnel.h"
#include "leadcrm.h"
#include "summary_row.h"

static int64 *entered_counts(const Funnel *funnel);
static void put_step(SummaryRow *row, const Funnel *funnel, int step, const int64 *entered);
static void put_detail(SummaryRow *row, const Funnel *funnel, int step, const int64 *entered,
					   const int64 *lost);
static int64 *lost_counts(const Funnel *funnel);

/*
 * leadcrm_funnel_steps_sql
 *		funnel_steps(funnel): a row for each step.
 */
PG_FUNCTION_INFO_V1(leadcrm_funnel_steps_sql);
Datum
leadcrm_funnel_steps_sql(PG_FUNCTION_ARGS)
{
	const Funnel *funnel = leadcrm_summary_body(PG_GETARG_DATUM(0), &leadcrm_funnel_type);
	int64	   *entered = entered_counts(funnel);

	InitMaterializedSRF(fcinfo, 0);
	for (int step = 0; step < funnel->nsteps; step++)
	{
		SummaryRow	row = {0};

		put_step(&row, funnel, step, entered);
		leadcrm_row_put(&row, fcinfo);
	}
	return (Datum) 0;
}

/*
 * leadcrm_funnel_detail_sql
 *		funnel_detail(funnel): the same with amounts, losses and the times from
 *		one step to the next.
 */
PG_FUNCTION_INFO_V1(leadcrm_funnel_detail_sql);
Datum
leadcrm_funnel_detail_sql(PG_FUNCTION_ARGS)
{
	const Funnel *funnel = leadcrm_summary_body(PG_GETARG_DATUM(0), &leadcrm_funnel_type);
	int64	   *entered = entered_counts(funnel);
	int64	   *lost = lost_counts(funnel);

	InitMaterializedSRF(fcinfo, 0);
	for (int step = 0; step < funnel->nsteps; step++)
	{
		SummaryRow	row = {0};

		put_step(&row, funnel, step, entered);
		put_detail(&row, funnel, step, entered, lost);
		leadcrm_row_put(&row, fcinfo);
	}
	return (Datum) 0;
}

/*
 * leadcrm_funnel_losses_sql
 *		funnel_losses(funnel): a row for each step and reason.
 */
PG_FUNCTION_INFO_V1(leadcrm_funnel_losses_sql);
Datum
leadcrm_funnel_losses_sql(PG_FUNCTION_ARGS)
{
	const Funnel *funnel = leadcrm_summary_body(PG_GETARG_DATUM(0), &leadcrm_funnel_type);
	FunnelLoss **losses = (FunnelLoss **) leadcrm_keyed_sorted(funnel->losses);
	int			n = leadcrm_keyed_count(funnel->losses);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		FunnelLoss *loss = losses[i];
		FunnelStep *step = &funnel->steps[loss->key.number - 1];
		SummaryRow	row = {0};

		leadcrm_row_int4(&row, loss->key.number);
		leadcrm_row_text(&row, step->name, step->len);
		leadcrm_row_text(&row, loss->key.text, loss->key.len);
		leadcrm_row_int8(&row, loss->leads);
		leadcrm_row_numeric(&row, leadcrm_amount_value(&loss->amount));
		leadcrm_row_put(&row, fcinfo);
	}
	return (Datum) 0;
}

/* How many entered each step: who ended there, and who ended behind it. */
static int64 *
entered_counts(const Funnel *funnel)
{
	int64	   *entered = palloc(funnel->nsteps * sizeof(int64));
	int64		sum = 0;

	for (int step = funnel->nsteps - 1; step >= 0; step--)
	{
		leadcrm_summary_count(&sum, funnel->steps[step].leads, 1);
		entered[step] = sum;
	}
	return entered;
}

/* How many of those that ended at each step were lost. */
static int64 *
lost_counts(const Funnel *funnel)
{
	int64	   *lost = palloc0(funnel->nsteps * sizeof(int64));
	FunnelLoss **losses = (FunnelLoss **) leadcrm_keyed_sorted(funnel->losses);
	int			n = leadcrm_keyed_count(funnel->losses);

	for (int i = 0; i < n; i++)
		leadcrm_summary_count(&lost[losses[i]->key.number - 1], losses[i]->leads, 1);
	return lost;
}

/* The columns of funnel_steps. */
static void
put_step(SummaryRow *row, const Funnel *funnel, int step, const int64 *entered)
{
	leadcrm_row_int4(row, step + 1);
	leadcrm_row_text(row, funnel->steps[step].name, funnel->steps[step].len);
	leadcrm_row_int8(row, entered[step]);
	leadcrm_row_rate(row, entered[step], step > 0 ? entered[step - 1] : 0);
	leadcrm_row_rate(row, entered[step], entered[0]);
	leadcrm_row_interval(row, step == 0 ? NULL :
						 leadcrm_tally_quantile(funnel->times, FUNNEL_FROM_FIRST(step), 50));
	leadcrm_row_interval(row, step == 0 ? NULL :
						 leadcrm_tally_quantile(funnel->times, FUNNEL_FROM_FIRST(step), 90));
}

/* What funnel_detail has beyond them. */
static void
put_detail(SummaryRow *row, const Funnel *funnel, int step, const int64 *entered, const int64 *lost)
{
	AmountSum	amount = {0};

	for (int i = step; i < funnel->nsteps; i++)
		leadcrm_amount_merge(&amount, &funnel->steps[i].amount, 1, CurrentMemoryContext);
	leadcrm_row_numeric(row, amount.value);
	leadcrm_row_int8(row, lost[step]);
	leadcrm_row_rate(row, lost[step], entered[step]);
	leadcrm_row_interval(row, step == 0 ? NULL :
						 leadcrm_tally_quantile(funnel->times, FUNNEL_FROM_PREVIOUS(step), 50));
	leadcrm_row_interval(row, step == 0 ? NULL :
						 leadcrm_tally_quantile(funnel->times, FUNNEL_FROM_PREVIOUS(step), 90));
}
