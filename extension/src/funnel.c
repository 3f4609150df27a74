/*-------------------------------------------------------------------------
 * funnel.c
 *	  The SQL type leadcrm.funnel: counting leads, merging, reading and writing.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funnel.h"
#include "leadcrm.h"
#include "time_sum.h"

static Funnel *funnel_make(int nsteps, int64 within);
static void *funnel_read(SummaryReader *in);
static void funnel_write(SummaryWriter *out, const void *body);
static void funnel_merge(void *body, const void *other, int sign);
static bool read_losses(SummaryReader *in, Funnel *funnel);
static bool loss_is_gone(const FunnelLoss *loss);

const SummaryType leadcrm_funnel_type = {"funnel", funnel_read, funnel_write, funnel_merge};

SUMMARY_FUNCTIONS(funnel);

/*
 * leadcrm_funnel_make
 *		A funnel that no lead has entered, in CurrentMemoryContext, for
 *		leadcrm_summary_state().
 *
 * arg: FunnelSettings, which need not live on.
 */
void *
leadcrm_funnel_make(const void *arg)
{
	const FunnelSettings *settings = arg;
	Funnel	   *funnel = funnel_make(settings->nsteps, settings->within);

	for (int i = 0; i < funnel->nsteps; i++)
	{
		funnel->steps[i].name = pnstrdup(settings->name[i + 1], settings->len[i + 1]);
		funnel->steps[i].len = settings->len[i + 1];
	}
	return funnel;
}

/*
 * leadcrm_funnel_is_for
 *		Are steps and window the funnel's.
 */
bool
leadcrm_funnel_is_for(const Funnel *funnel, const FunnelSettings *settings)
{
	if (funnel->nsteps != settings->nsteps || funnel->within != settings->within)
		return false;
	for (int i = 0; i < funnel->nsteps; i++)
	{
		if (funnel->steps[i].len != settings->len[i + 1] ||
			memcmp(funnel->steps[i].name, settings->name[i + 1], settings->len[i + 1]) != 0)
			return false;
	}
	return true;
}

void
leadcrm_funnel_settings_differ(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("funnels of different steps or windows cannot be put together")));
}

/*
 * leadcrm_funnel_count
 *		Count a lead.
 *
 * depth: steps it reached, with none it is not in the funnel.  reached: when
 * it took them.  lead: what else is known of it.  aggregate: the call of the
 * transition function that counts.
 */
void
leadcrm_funnel_count(Funnel *funnel, int depth, const TimestampTz *reached,
					 const FunnelLead *lead, FunctionCallInfo aggregate)
{
	FunnelStep *last;

	if (depth == 0)
		return;
	last = &funnel->steps[depth - 1];
	last->leads++;
	if (lead->has_amount)
		leadcrm_amount_add(&last->amount, lead->amount, aggregate);
	if (lead->loss_reason)
	{
		FunnelLoss *loss = leadcrm_keyed_get(funnel->losses, depth,
											 lead->loss_reason, lead->loss_reason_len);

		loss->leads++;
		if (lead->has_amount)
			leadcrm_amount_add(&loss->amount, lead->amount, aggregate);
	}
	for (int i = 1; i < depth; i++)
	{
		leadcrm_tally_add(funnel->times, FUNNEL_FROM_FIRST(i),
						  leadcrm_time_between(reached[0], reached[i]));
		if (i > 1)
			leadcrm_tally_add(funnel->times, FUNNEL_FROM_PREVIOUS(i),
							  leadcrm_time_between(reached[i - 1], reached[i]));
	}
}

static Funnel *
funnel_make(int nsteps, int64 within)
{
	Funnel	   *funnel = palloc0(sizeof(Funnel));

	funnel->context = CurrentMemoryContext;
	funnel->within = within;
	funnel->nsteps = nsteps;
	funnel->steps = palloc0(nsteps * sizeof(FunnelStep));
	funnel->times = leadcrm_tally_make();
	funnel->losses = leadcrm_keyed_make(sizeof(FunnelLoss));
	return funnel;
}

/*
 * The items: window, number of steps; of each its name, leads and amount; the
 * times; number of losses; of each its position, reason, leads and amount.
 */
static void
funnel_write(SummaryWriter *out, const void *body)
{
	const Funnel *funnel = body;
	int			nlosses = leadcrm_keyed_count(funnel->losses);
	FunnelLoss **losses = (FunnelLoss **) leadcrm_keyed_sorted(funnel->losses);
	int			kept = 0;

	leadcrm_summary_put_int(out, funnel->within);
	leadcrm_summary_put_int(out, funnel->nsteps);
	for (int i = 0; i < funnel->nsteps; i++)
	{
		FunnelStep *step = &funnel->steps[i];

		leadcrm_summary_put_text(out, step->name, step->len);
		leadcrm_summary_put_int(out, step->leads);
		leadcrm_amount_write(out, &step->amount);
	}
	leadcrm_tally_write(out, funnel->times);

	for (int i = 0; i < nlosses; i++)
	{
		if (!loss_is_gone(losses[i]))
			losses[kept++] = losses[i];
	}
	leadcrm_summary_put_int(out, kept);
	for (int i = 0; i < kept; i++)
	{
		leadcrm_summary_put_int(out, losses[i]->key.number);
		leadcrm_summary_put_text(out, losses[i]->key.text, losses[i]->key.len);
		leadcrm_summary_put_int(out, losses[i]->leads);
		leadcrm_amount_write(out, &losses[i]->amount);
	}
	pfree(losses);
}

static void *
funnel_read(SummaryReader *in)
{
	int64		within;
	int64		nsteps;
	Funnel	   *funnel;

	if (!leadcrm_summary_get_int(in, 0, PG_INT64_MAX, &within) ||
		!leadcrm_summary_get_int(in, 1, FUNNEL_STEPS_MAX, &nsteps))
		return NULL;
	funnel = funnel_make((int) nsteps, within);
	for (int i = 0; i < nsteps; i++)
	{
		FunnelStep *step = &funnel->steps[i];

		if (!leadcrm_summary_get_text(in, &step->name, &step->len) ||
			!leadcrm_summary_get_int(in, SUMMARY_ANY, &step->leads) ||
			!leadcrm_amount_read(in, &step->amount))
			return NULL;
	}
	funnel->times = leadcrm_tally_read(in, 2 * (int) nsteps);
	if (funnel->times == NULL || !read_losses(in, funnel))
		return NULL;
	return funnel;
}

static bool
read_losses(SummaryReader *in, Funnel *funnel)
{
	int64		n;

	if (!leadcrm_summary_get_int(in, 0, PG_INT64_MAX, &n))
		return false;
	while (n-- > 0)
	{
		int64		position;
		const char *reason;
		int			len;
		int64		leads;
		AmountSum	amount;
		FunnelLoss *loss;

		if (!leadcrm_summary_get_int(in, 1, funnel->nsteps, &position) ||
			!leadcrm_summary_get_text(in, &reason, &len) ||
			!leadcrm_summary_get_int(in, SUMMARY_ANY, &leads) ||
			!leadcrm_amount_read(in, &amount))
			return false;
		loss = leadcrm_keyed_get(funnel->losses, (int32) position, reason, len);
		leadcrm_summary_count(&loss->leads, leads, 1);
		leadcrm_amount_merge(&loss->amount, &amount, 1, funnel->context);
	}
	return true;
}

static void
funnel_merge(void *body, const void *other, int sign)
{
	Funnel	   *funnel = body;
	const Funnel *more = other;
	int			nlosses = leadcrm_keyed_count(more->losses);
	FunnelLoss **losses = (FunnelLoss **) leadcrm_keyed_sorted(more->losses);

	if (funnel->within != more->within || funnel->nsteps != more->nsteps)
		leadcrm_funnel_settings_differ();
	for (int i = 0; i < funnel->nsteps; i++)
	{
		FunnelStep *step = &funnel->steps[i];
		const FunnelStep *add = &more->steps[i];

		if (step->len != add->len || memcmp(step->name, add->name, step->len) != 0)
			leadcrm_funnel_settings_differ();
		leadcrm_summary_count(&step->leads, add->leads, sign);
		leadcrm_amount_merge(&step->amount, &add->amount, sign, funnel->context);
	}
	leadcrm_tally_merge(funnel->times, more->times, sign);
	for (int i = 0; i < nlosses; i++)
	{
		FunnelLoss *loss = leadcrm_keyed_get(funnel->losses, losses[i]->key.number,
											 losses[i]->key.text, losses[i]->key.len);

		leadcrm_summary_count(&loss->leads, losses[i]->leads, sign);
		leadcrm_amount_merge(&loss->amount, &losses[i]->amount, sign, funnel->context);
	}
	pfree(losses);
}

/* Has all that was lost for the reason been taken away again. */
static bool
loss_is_gone(const FunnelLoss *loss)
{
	return loss->leads == 0 && leadcrm_amount_is_zero(&loss->amount);
}
