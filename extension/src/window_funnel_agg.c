/*-------------------------------------------------------------------------
 * window_funnel_agg.c
 *	  The aggregate window_funnel, straight from a table of events.
 *
 * Its state is the SQL type leadcrm.window_funnel_state: the events that are
 * steps, and in strict_order those that are none, as they came, 9 bytes each
 * behind a header of 24.  The state grows by halves of itself within its own
 * varlena, so that most rows are written in place; what is behind the last
 * event is zero.  The names of the steps are not kept, only a hash that tells
 * whether states that meet looked for the same.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "window_funnel.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "nodes/primnodes.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define FUNNEL_STATE_VERSION	1

/* Bytes of a state that begins: four events. */
#define FUNNEL_STATE_FIRST		64

typedef struct FunnelState
{
	int32		vl_len_;
	int32		n;				/* events */
	int64		within;			/* microseconds */
	uint32		steps_hash;
	uint8		version;
	uint8		nsteps;
	uint8		mode;
	uint8		sorted;			/* are the events in order? */
	char		events[FLEXIBLE_ARRAY_MEMBER];
} FunnelState;

/* An event in a state: its time, and its step behind it; not aligned. */
#define FUNNEL_EVENT_SIZE		(sizeof(TimestampTz) + 1)

/* Events that the final function needs no memory for. */
#define FUNNEL_FINAL_LOCAL		64

/* What the transition function knows from row to row. */
typedef struct TransCache
{
	FunnelSettings *settings;
	bool		constant;		/* can steps, within and mode not change? */
	bool		fixed;			/* and they are in settings */
} TransCache;

#define DatumGetFunnelState(d)	((FunnelState *) PG_DETOAST_DATUM(d))

static inline Datum trans_unchanged(FunctionCallInfo fcinfo);
static inline const FunnelSettings *trans_settings(FunctionCallInfo fcinfo);
static TransCache *trans_begin(FunctionCallInfo fcinfo);
static FunnelState *state_begin(int64 within, uint32 steps_hash, int nsteps, int mode);
static inline FunnelState *state_add(FunnelState *state, TimestampTz at, int step);
static FunnelState *state_grow(FunnelState *state, Size need);
static inline FunnelEvent state_event(const FunnelState *state, int i);
static inline void state_same(const FunnelState *state, int64 within, uint32 steps_hash,
					   int nsteps, int mode);
static bool header_valid(int64 version, int64 nsteps, int64 mode, int64 within, int64 steps_hash);
static bool event_valid(const FunnelState *state, int64 at, int64 step);
static bool text_int64(const char **s, int64 *value);

/*
 * leadcrm_window_funnel_trans
 *		Take in one event.
 *
 * Arguments: state, at, event, steps, within and, with six, mode.  A row whose
 * time or event is NULL is no event.  The state changes in place.
 *
 * Raises 22008 for a time that is not finite, 22023 if the last three are not
 * those of the group's rows before, and what leadcrm_funnel_settings raises.
 */
PG_FUNCTION_INFO_V1(leadcrm_window_funnel_trans);
Datum
leadcrm_window_funnel_trans(PG_FUNCTION_ARGS)
{
	const FunnelSettings *settings;
	FunnelState *state = NULL;
	TimestampTz at;
	struct varlena *event;
	int			step;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return trans_unchanged(fcinfo);
	settings = trans_settings(fcinfo);

	at = PG_GETARG_TIMESTAMPTZ(1);
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("time of an event must be finite")));
	event = (struct varlena *) PG_GETARG_POINTER(2);
	if (VARATT_IS_EXTERNAL(event) || VARATT_IS_COMPRESSED(event))
		event = PG_DETOAST_DATUM_PACKED(PointerGetDatum(event));
	step = leadcrm_funnel_step(settings, VARDATA_ANY(event), VARSIZE_ANY_EXHDR(event));

	/* most often not in the processor's cache: leave it there */
	if (step == 0 && !(settings->mode & FUNNEL_STRICT_ORDER))
		return trans_unchanged(fcinfo);

	if (PG_ARGISNULL(0))
		state = state_begin(settings->within, settings->steps_hash,
							settings->nsteps, settings->mode);
	else
	{
		state = (FunnelState *) PG_GETARG_POINTER(0);
		if (VARATT_IS_EXTENDED(state))
			state = DatumGetFunnelState(PointerGetDatum(state));
		state_same(state, settings->within, settings->steps_hash,
				   settings->nsteps, settings->mode);
	}
	do
	{
		state = state_add(state, at, step);
		step = settings->again[step];
	} while (step != 0);
	PG_RETURN_POINTER(state);
}

/*
 * leadcrm_window_funnel_combine
 *		Add the events of the second state to the first, in place.
 *
 * Raises 22023 if they did not look for the same.
 */
PG_FUNCTION_INFO_V1(leadcrm_window_funnel_combine);
Datum
leadcrm_window_funnel_combine(PG_FUNCTION_ARGS)
{
	FunnelState *state = DatumGetFunnelState(PG_GETARG_DATUM(0));
	FunnelState *other = DatumGetFunnelState(PG_GETARG_DATUM(1));

	leadcrm_check_aggregate(fcinfo);
	state_same(state, other->within, other->steps_hash, other->nsteps, other->mode);
	for (int i = 0; i < other->n; i++)
	{
		FunnelEvent event = state_event(other, i);

		state = state_add(state, event.at, event.step);
	}
	PG_RETURN_POINTER(state);
}

/*
 * leadcrm_window_funnel_final
 *		The furthest step reached; 0 where there was no event.
 */
PG_FUNCTION_INFO_V1(leadcrm_window_funnel_final);
Datum
leadcrm_window_funnel_final(PG_FUNCTION_ARGS)
{
	FunnelEvent local[FUNNEL_FINAL_LOCAL];
	FunnelEvent *events = local;
	FunnelState *state;
	int			depth;

	if (PG_ARGISNULL(0))
		PG_RETURN_INT32(0);
	state = DatumGetFunnelState(PG_GETARG_DATUM(0));
	if (state->n > FUNNEL_FINAL_LOCAL)
		events = MemoryContextAllocHuge(CurrentMemoryContext, state->n * sizeof(FunnelEvent));
	for (int i = 0; i < state->n; i++)
		events[i] = state_event(state, i);
	if (!state->sorted)
		leadcrm_funnel_sort(events, state->n);
	depth = leadcrm_window_funnel(events, state->n, state->nsteps, state->within,
								  state->mode, NULL);
	if (events != local)
		pfree(events);
	PG_RETURN_INT32(depth);
}

/*
 * leadcrm_window_funnel_state_in
 *		A state from text: version, steps, mode, window, hash, and a time and a
 *		step for each event, all numbers with one space before the next.
 *
 * Raises 22P02.
 */
PG_FUNCTION_INFO_V1(leadcrm_window_funnel_state_in);
Datum
leadcrm_window_funnel_state_in(PG_FUNCTION_ARGS)
{
	const char *s = PG_GETARG_CSTRING(0);
	int64		header[5];
	int64		at;
	int64		step;
	FunnelState *state = NULL;
	bool		valid = true;

	for (int i = 0; valid && i < lengthof(header); i++)
		valid = text_int64(&s, &header[i]);
	valid = valid && header_valid(header[0], header[1], header[2], header[3], header[4]);
	if (valid)
		state = state_begin(header[3], header[4], header[1], header[2]);
	while (valid && *s != '\0')
	{
		valid = text_int64(&s, &at) && text_int64(&s, &step) && event_valid(state, at, step);
		if (valid)
			state = state_add(state, at, step);
	}
	if (!valid)
		ereturn(fcinfo->context, (Datum) 0,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("invalid input syntax for type %s", "window_funnel_state")));
	PG_RETURN_POINTER(state);
}

/*
 * leadcrm_window_funnel_state_out
 *		The text that leadcrm_window_funnel_state_in takes back.
 */
PG_FUNCTION_INFO_V1(leadcrm_window_funnel_state_out);
Datum
leadcrm_window_funnel_state_out(PG_FUNCTION_ARGS)
{
	FunnelState *state = DatumGetFunnelState(PG_GETARG_DATUM(0));
	StringInfoData buf;

	initStringInfo(&buf);
	appendStringInfo(&buf, "%d %d %d " INT64_FORMAT " %u", FUNNEL_STATE_VERSION,
					 state->nsteps, state->mode, state->within, state->steps_hash);
	for (int i = 0; i < state->n; i++)
	{
		FunnelEvent event = state_event(state, i);

		appendStringInfo(&buf, " " INT64_FORMAT " %d", event.at, event.step);
	}
	PG_RETURN_CSTRING(buf.data);
}

/*
 * leadcrm_window_funnel_state_recv
 *		A state from the wire.
 *
 * Raises 22P03, and 08P01 for a message that ends too early.
 */
PG_FUNCTION_INFO_V1(leadcrm_window_funnel_state_recv);
Datum
leadcrm_window_funnel_state_recv(PG_FUNCTION_ARGS)
{
	StringInfo	buf = (StringInfo) PG_GETARG_POINTER(0);
	int			version = pq_getmsgbyte(buf);
	int			nsteps = pq_getmsgbyte(buf);
	int			mode = pq_getmsgbyte(buf);
	int64		within = pq_getmsgint64(buf);
	uint32		steps_hash = pq_getmsgint(buf, 4);
	FunnelState *state = NULL;
	bool		valid = header_valid(version, nsteps, mode, within, steps_hash);

	if (valid)
		state = state_begin(within, steps_hash, nsteps, mode);
	while (valid && buf->cursor < buf->len)
	{
		int64		at = pq_getmsgint64(buf);
		int			step = pq_getmsgbyte(buf);

		valid = event_valid(state, at, step);
		if (valid)
			state = state_add(state, at, step);
	}
	if (!valid)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid binary value for type %s", "window_funnel_state")));
	PG_RETURN_POINTER(state);
}

/*
 * leadcrm_window_funnel_state_send
 *		A state to the wire, as leadcrm_window_funnel_state_recv reads it.
 */
PG_FUNCTION_INFO_V1(leadcrm_window_funnel_state_send);
Datum
leadcrm_window_funnel_state_send(PG_FUNCTION_ARGS)
{
	FunnelState *state = DatumGetFunnelState(PG_GETARG_DATUM(0));
	StringInfoData buf;

	pq_begintypsend(&buf);
	pq_sendbyte(&buf, FUNNEL_STATE_VERSION);
	pq_sendbyte(&buf, state->nsteps);
	pq_sendbyte(&buf, state->mode);
	pq_sendint64(&buf, state->within);
	pq_sendint32(&buf, state->steps_hash);
	for (int i = 0; i < state->n; i++)
	{
		FunnelEvent event = state_event(state, i);

		pq_sendint64(&buf, event.at);
		pq_sendbyte(&buf, event.step);
	}
	PG_RETURN_BYTEA_P(pq_endtypsend(&buf));
}

/*
 * trans_unchanged
 *		The state as it came.
 */
static inline Datum
trans_unchanged(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	return PG_GETARG_DATUM(0);
}

/*
 * trans_settings
 *		The settings of a row.
 */
static inline const FunnelSettings *
trans_settings(FunctionCallInfo fcinfo)
{
	TransCache *cache = fcinfo->flinfo->fn_extra;

	if (cache == NULL)
		cache = trans_begin(fcinfo);
	if (cache->fixed)
		return cache->settings;

	for (int i = 3; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i))
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("steps, window and mode of a funnel must not be null")));
	}
	leadcrm_funnel_settings(&cache->settings, fcinfo->flinfo->fn_mcxt,
							PG_GETARG_ARRAYTYPE_P(3), PG_GETARG_INTERVAL_P(4),
							PG_NARGS() > 5 ? PG_GETARG_TEXT_PP(5) : NULL);
	cache->fixed = cache->constant;
	return cache->settings;
}

/*
 * trans_begin
 *		What the first row of a query finds out.
 */
static TransCache *
trans_begin(FunctionCallInfo fcinfo)
{
	TransCache *cache;
	Aggref	   *aggref;

	leadcrm_check_aggregate(fcinfo);
	cache = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(TransCache));
	aggref = AggGetAggref(fcinfo);
	cache->constant = aggref != NULL;
	for (int i = 2; cache->constant && i < PG_NARGS() - 1; i++)
	{
		Expr	   *expr = list_nth_node(TargetEntry, aggref->args, i)->expr;

		cache->constant = IsA(expr, Const) ||
			(IsA(expr, Param) && ((Param *) expr)->paramkind == PARAM_EXTERN);
	}
	fcinfo->flinfo->fn_extra = cache;
	return cache;
}

/*
 * state_begin
 *		A state without events.
 */
static FunnelState *
state_begin(int64 within, uint32 steps_hash, int nsteps, int mode)
{
	FunnelState *state = palloc0(FUNNEL_STATE_FIRST);

	SET_VARSIZE(state, FUNNEL_STATE_FIRST);
	state->within = within;
	state->steps_hash = steps_hash;
	state->version = FUNNEL_STATE_VERSION;
	state->nsteps = nsteps;
	state->mode = mode;
	state->sorted = true;
	return state;
}

/*
 * state_add
 *		Add an event; the state moves if it has no room.
 */
static inline FunnelState *
state_add(FunnelState *state, TimestampTz at, int step)
{
	Size		end = offsetof(FunnelState, events) + state->n * FUNNEL_EVENT_SIZE;
	char	   *event;

	if (end + FUNNEL_EVENT_SIZE > VARSIZE(state))
		state = state_grow(state, end + FUNNEL_EVENT_SIZE);
	event = (char *) state + end;
	if (state->sorted && state->n > 0)
	{
		FunnelEvent last = state_event(state, state->n - 1);

		state->sorted = last.at < at || (last.at == at && last.step <= step);
	}
	memcpy(event, &at, sizeof(at));
	event[sizeof(at)] = step;
	state->n++;
	return state;
}

/*
 * state_grow
 *		A larger copy of a state; the old one is the executor's to free.
 *
 * Raises 54000 if that would be more than a value can have.
 */
static FunnelState *
state_grow(FunnelState *state, Size need)
{
	Size		size = Max((Size) VARSIZE(state) * 2, need);
	FunnelState *grown;

	if (size > MaxAllocSize)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("too many events in one group of window_funnel")));
	grown = palloc0(size);
	memcpy(grown, state, VARSIZE(state));
	SET_VARSIZE(grown, size);
	return grown;
}

static inline FunnelEvent
state_event(const FunnelState *state, int i)
{
	const char *from = state->events + i * FUNNEL_EVENT_SIZE;
	FunnelEvent event;

	memcpy(&event.at, from, sizeof(event.at));
	event.step = (uint8) from[sizeof(event.at)];
	return event;
}

/*
 * state_same
 *		Raise 22023 if a state looks for something else.
 */
static inline void
state_same(const FunnelState *state, int64 within, uint32 steps_hash, int nsteps, int mode)
{
	if (state->within != within || state->steps_hash != steps_hash ||
		state->nsteps != nsteps || state->mode != mode)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("steps, window and mode of a funnel must be the same in all rows of a group")));
}

static bool
header_valid(int64 version, int64 nsteps, int64 mode, int64 within, int64 steps_hash)
{
	return version == FUNNEL_STATE_VERSION && nsteps >= 1 && nsteps <= FUNNEL_STEPS_MAX &&
		mode >= 0 &&
		mode <= (FUNNEL_STRICT_DEDUPLICATION | FUNNEL_STRICT_ORDER | FUNNEL_STRICT_INCREASE) &&
		within >= 0 && steps_hash >= 0 && steps_hash <= PG_UINT32_MAX;
}

static bool
event_valid(const FunnelState *state, int64 at, int64 step)
{
	return IS_VALID_TIMESTAMP(at) && step >= 0 && step <= state->nsteps;
}

/*
 * text_int64
 *		Read a number and the space behind it.
 */
static bool
text_int64(const char **s, int64 *value)
{
	char	   *end;

	errno = 0;
	*value = strtoi64(*s, &end, 10);
	if (end == *s || errno != 0 || (*end != ' ' && *end != '\0'))
		return false;
	*s = *end == ' ' ? end + 1 : end;
	return true;
}
