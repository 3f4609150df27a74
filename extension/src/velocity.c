/*-------------------------------------------------------------------------
 * velocity.c
 *	  Pipeline velocity, what a pipeline earns a day: the type and aggregate
 *	  velocity.
 *
 *		leads x win rate x average amount / average days to win
 *
 * The win rate is that of the leads that are decided, won or lost; amounts and
 * days are those of the ones that were won.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "amount_sum.h"
#include "leadcrm.h"
#include "lifecycle.h"
#include "summary.h"
#include "summary_row.h"
#include "time_sum.h"

/* Digits behind the point of amounts and days. */
#define VELOCITY_SCALE		2

/* The stages of leads that are decided. */
typedef struct VelocitySettings
{
	const char *won;
	int			won_len;
	const char *lost;
	int			lost_len;
} VelocitySettings;

typedef struct Velocity
{
	MemoryContext context;		/* holds all of it */
	VelocitySettings settings;
	int64		leads;
	int64		won;
	int64		lost;
	int64		priced;			/* won ones with an amount */
	AmountSum	amount;			/* of these */
	TimeSum		cycle;			/* of won ones, from the first entry to the last */
} Velocity;

static void *velocity_make(const void *settings);
static void *velocity_read(SummaryReader *in);
static void velocity_write(SummaryWriter *out, const void *body);
static void velocity_merge(void *body, const void *other, int sign);
static bool settings_same(const VelocitySettings *a, const VelocitySettings *b);
static pg_noreturn void settings_differ(void);
static Datum count(int64 n);
static Numeric rounded(Datum value);
static Numeric per_day(const Velocity *velocity);

static const SummaryType leadcrm_velocity_type = {
	"velocity", velocity_read, velocity_write, velocity_merge
};

SUMMARY_FUNCTIONS(velocity);

/*
 * leadcrm_velocity_take
 *		Transition function of velocity(lifecycle, won, lost, amount).
 *
 * won, lost: the stages that a lead is in when it is decided.  A row without a
 * lifecycle is passed over, an empty one too; without an amount it is in no
 * average of them.  Raises 22023 if the stages are NULL or not those of the
 * rows before.
 */
PG_FUNCTION_INFO_V1(leadcrm_velocity_take);
Datum
leadcrm_velocity_take(PG_FUNCTION_ARGS)
{
	VelocitySettings settings;
	text	   *won;
	text	   *lost;
	Datum		state;
	Velocity   *velocity;
	LifecycleReader r;
	TimestampTz first;
	const char *name;
	int			len;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the stages of won and of lost leads must not be null")));
	won = PG_GETARG_TEXT_PP(2);
	lost = PG_GETARG_TEXT_PP(3);
	settings.won = VARDATA_ANY(won);
	settings.won_len = VARSIZE_ANY_EXHDR(won);
	settings.lost = VARDATA_ANY(lost);
	settings.lost_len = VARSIZE_ANY_EXHDR(lost);
	velocity = leadcrm_summary_state(fcinfo, &leadcrm_velocity_type, velocity_make, &settings, &state);
	if (!settings_same(&velocity->settings, &settings))
		settings_differ();

	leadcrm_lifecycle_begin(&r, PG_GETARG_LIFECYCLE_PP(1));
	if (!lifecycle_step(&r))
		PG_RETURN_DATUM(state);
	velocity->leads++;
	first = r.at;
	while (lifecycle_step(&r))
		;
	name = leadcrm_lifecycle_stage(&r, r.stage, &len);
	if (len == settings.won_len && memcmp(name, settings.won, len) == 0)
	{
		velocity->won++;
		leadcrm_time_add(&velocity->cycle, first, r.at);
		if (!PG_ARGISNULL(4))
		{
			velocity->priced++;
			leadcrm_amount_add(&velocity->amount, PG_GETARG_DATUM(4), fcinfo);
		}
	}
	else if (len == settings.lost_len && memcmp(name, settings.lost, len) == 0)
		velocity->lost++;
	PG_RETURN_DATUM(state);
}

/*
 * leadcrm_velocity_row
 *		velocity_row(velocity): one row with the parts and the result.
 */
PG_FUNCTION_INFO_V1(leadcrm_velocity_row);
Datum
leadcrm_velocity_row(PG_FUNCTION_ARGS)
{
	const Velocity *velocity = leadcrm_summary_body(PG_GETARG_DATUM(0), &leadcrm_velocity_type);
	Numeric		amount = leadcrm_amount_value(&velocity->amount);
	int64		decided = velocity->won;
	SummaryRow	row = {0};

	leadcrm_summary_count(&decided, velocity->lost, 1);
	InitMaterializedSRF(fcinfo, 0);
	leadcrm_row_int8(&row, velocity->leads);
	leadcrm_row_int8(&row, velocity->won);
	leadcrm_row_int8(&row, velocity->lost);
	leadcrm_row_rate(&row, velocity->won, decided);
	leadcrm_row_numeric(&row, velocity->priced <= 0 || amount == NULL ? NULL :
						rounded(DirectFunctionCall2(numeric_div, NumericGetDatum(amount),
													count(velocity->priced))));
	leadcrm_row_numeric(&row, velocity->won <= 0 ? NULL :
						rounded(DirectFunctionCall2(numeric_div, leadcrm_time_micros(&velocity->cycle),
													DirectFunctionCall2(numeric_mul, count(velocity->won),
																		count(USECS_PER_DAY)))));
	leadcrm_row_numeric(&row, per_day(velocity));
	leadcrm_row_put(&row, fcinfo);
	return (Datum) 0;
}

/*
 * leads x won / (won + lost) x amount / priced / (cycle / won) in one division,
 * NULL where a part of it is not known.
 */
static Numeric
per_day(const Velocity *velocity)
{
	Numeric		amount = leadcrm_amount_value(&velocity->amount);
	int64		decided = velocity->won;
	Datum		cycle = leadcrm_time_micros(&velocity->cycle);
	Datum		up;
	Datum		down;

	leadcrm_summary_count(&decided, velocity->lost, 1);
	if (amount == NULL || velocity->won <= 0 || velocity->priced <= 0 || decided <= 0 ||
		!DatumGetBool(DirectFunctionCall2(numeric_gt, cycle, count(0))))
		return NULL;
	up = DirectFunctionCall2(numeric_mul, count(velocity->leads), count(velocity->won));
	up = DirectFunctionCall2(numeric_mul, up, count(velocity->won));
	up = DirectFunctionCall2(numeric_mul, up, NumericGetDatum(amount));
	up = DirectFunctionCall2(numeric_mul, up, count(USECS_PER_DAY));
	down = DirectFunctionCall2(numeric_mul, count(decided), count(velocity->priced));
	down = DirectFunctionCall2(numeric_mul, down, cycle);
	return rounded(DirectFunctionCall2(numeric_div, up, down));
}

static Datum
count(int64 n)
{
	return DirectFunctionCall1(int8_numeric, Int64GetDatum(n));
}

static Numeric
rounded(Datum value)
{
	return DatumGetNumeric(DirectFunctionCall2(numeric_round, value, Int32GetDatum(VELOCITY_SCALE)));
}

static void *
velocity_make(const void *arg)
{
	const VelocitySettings *settings = arg;
	Velocity   *velocity = palloc0(sizeof(Velocity));

	velocity->context = CurrentMemoryContext;
	velocity->settings = *settings;
	velocity->settings.won = pnstrdup(settings->won, settings->won_len);
	velocity->settings.lost = pnstrdup(settings->lost, settings->lost_len);
	return velocity;
}

/* The items: both stages, the counts, amount and cycle. */
static void
velocity_write(SummaryWriter *out, const void *body)
{
	const Velocity *velocity = body;
	const VelocitySettings *settings = &velocity->settings;

	leadcrm_summary_put_text(out, settings->won, settings->won_len);
	leadcrm_summary_put_text(out, settings->lost, settings->lost_len);
	leadcrm_summary_put_int(out, velocity->leads);
	leadcrm_summary_put_int(out, velocity->won);
	leadcrm_summary_put_int(out, velocity->lost);
	leadcrm_summary_put_int(out, velocity->priced);
	leadcrm_amount_write(out, &velocity->amount);
	leadcrm_time_write(out, &velocity->cycle);
}

static void *
velocity_read(SummaryReader *in)
{
	VelocitySettings settings;
	Velocity   *velocity;

	if (!leadcrm_summary_get_text(in, &settings.won, &settings.won_len) ||
		!leadcrm_summary_get_text(in, &settings.lost, &settings.lost_len))
		return NULL;
	velocity = velocity_make(&settings);
	if (!leadcrm_summary_get_int(in, SUMMARY_ANY, &velocity->leads) ||
		!leadcrm_summary_get_int(in, SUMMARY_ANY, &velocity->won) ||
		!leadcrm_summary_get_int(in, SUMMARY_ANY, &velocity->lost) ||
		!leadcrm_summary_get_int(in, SUMMARY_ANY, &velocity->priced) ||
		!leadcrm_amount_read(in, &velocity->amount) ||
		!leadcrm_time_read(in, &velocity->cycle))
		return NULL;
	return velocity;
}

static void
velocity_merge(void *body, const void *other, int sign)
{
	Velocity   *velocity = body;
	const Velocity *more = other;

	if (!settings_same(&velocity->settings, &more->settings))
		settings_differ();
	leadcrm_summary_count(&velocity->leads, more->leads, sign);
	leadcrm_summary_count(&velocity->won, more->won, sign);
	leadcrm_summary_count(&velocity->lost, more->lost, sign);
	leadcrm_summary_count(&velocity->priced, more->priced, sign);
	leadcrm_amount_merge(&velocity->amount, &more->amount, sign, velocity->context);
	leadcrm_time_merge(&velocity->cycle, &more->cycle, sign);
}

static bool
settings_same(const VelocitySettings *a, const VelocitySettings *b)
{
	return a->won_len == b->won_len && memcmp(a->won, b->won, a->won_len) == 0 &&
		a->lost_len == b->lost_len && memcmp(a->lost, b->lost, a->lost_len) == 0;
}

static void
settings_differ(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("velocities of different stages cannot be put together")));
}
