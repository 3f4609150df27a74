/*-------------------------------------------------------------------------
 * lifecycle_agg.c
 *	  The aggregates lifecycle_agg and lifecycle_merge.
 *
 * Their state is the SQL type leadcrm.lifecycle_state: entries as they came,
 * each a time, a byte length and a name, behind a header.  It grows by halves
 * of itself within its own varlena, so that most rows are written in place;
 * what is behind the last entry is zero.  The order is made at the end: by
 * time, then by name bytewise, so it never depends on the order of the rows.
 * As text and over the wire a state looks like the lifecycle it would be.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"
#include "lifecycle.h"

#include "utils/memutils.h"
#include "utils/timestamp.h"

#define LIFECYCLE_STATE_VERSION		1

/* Bytes of a state that begins: four or five entries. */
#define LIFECYCLE_STATE_FIRST		128

typedef struct LifecycleState
{
	int32		vl_len_;
	int32		nentries;
	int32		used;			/* bytes of entries */
	int32		version;
	char		entries[FLEXIBLE_ARRAY_MEMBER];
} LifecycleState;

/* An entry without its name: a time and a byte length; not aligned. */
#define LIFECYCLE_ENTRY_HEAD		(sizeof(TimestampTz) + 1)

#define DatumGetLifecycleState(d)	((LifecycleState *) PG_DETOAST_DATUM(d))

static LifecycleState *state_argument(FunctionCallInfo fcinfo);
static LifecycleState *state_room(LifecycleState *state, Size bytes, int nentries);
static LifecycleState *state_add(LifecycleState *state, const char *stage, int len, TimestampTz at);
static LifecycleState *state_add_lifecycle(LifecycleState *state, const struct varlena *lifecycle);
static struct varlena *state_lifecycle(const LifecycleState *state);
static int	entry_compare(const void *a, const void *b);

/*
 * leadcrm_lifecycle_agg_trans
 *		Take in a stage and its time, in place; a row with a NULL is left out.
 *
 * Raises what leadcrm_lifecycle_fault raises.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_agg_trans);
Datum
leadcrm_lifecycle_agg_trans(PG_FUNCTION_ARGS)
{
	LifecycleState *state = state_argument(fcinfo);

	if (!PG_ARGISNULL(1) && !PG_ARGISNULL(2))
	{
		text	   *stage = PG_GETARG_TEXT_PP(1);

		state = state_add(state, VARDATA_ANY(stage), VARSIZE_ANY_EXHDR(stage),
						  PG_GETARG_TIMESTAMPTZ(2));
	}
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

/*
 * leadcrm_lifecycle_merge_trans
 *		Take in all entries of a lifecycle, in place; NULL is left out.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_merge_trans);
Datum
leadcrm_lifecycle_merge_trans(PG_FUNCTION_ARGS)
{
	LifecycleState *state = state_argument(fcinfo);

	if (!PG_ARGISNULL(1))
		state = state_add_lifecycle(state, PG_GETARG_LIFECYCLE_PP(1));
	if (state == NULL)
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state);
}

/*
 * leadcrm_lifecycle_agg_combine
 *		Add the entries of the second state to the first, in place.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_agg_combine);
Datum
leadcrm_lifecycle_agg_combine(PG_FUNCTION_ARGS)
{
	LifecycleState *state = state_argument(fcinfo);
	LifecycleState *other = DatumGetLifecycleState(PG_GETARG_DATUM(1));

	state = state_room(state, other->used, other->nentries);
	memcpy(state->entries + state->used, other->entries, other->used);
	state->used += other->used;
	state->nentries += other->nentries;
	PG_RETURN_POINTER(state);
}

/*
 * leadcrm_lifecycle_agg_final
 *		The lifecycle; NULL where there were no rows.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_agg_final);
Datum
leadcrm_lifecycle_agg_final(PG_FUNCTION_ARGS)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_POINTER(state_lifecycle(DatumGetLifecycleState(PG_GETARG_DATUM(0))));
}

/*
 * leadcrm_lifecycle_state_in, _out, _recv, _send
 *		A state as the lifecycle it would be.
 */
PG_FUNCTION_INFO_V1(leadcrm_lifecycle_state_in);
Datum
leadcrm_lifecycle_state_in(PG_FUNCTION_ARGS)
{
	Datum		lifecycle = DirectFunctionCall1(leadcrm_lifecycle_in, PG_GETARG_DATUM(0));

	PG_RETURN_POINTER(state_add_lifecycle(NULL, (struct varlena *) DatumGetPointer(lifecycle)));
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_state_out);
Datum
leadcrm_lifecycle_state_out(PG_FUNCTION_ARGS)
{
	struct varlena *lifecycle = state_lifecycle(DatumGetLifecycleState(PG_GETARG_DATUM(0)));

	return DirectFunctionCall1(leadcrm_lifecycle_out, PointerGetDatum(lifecycle));
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_state_recv);
Datum
leadcrm_lifecycle_state_recv(PG_FUNCTION_ARGS)
{
	Datum		lifecycle = DirectFunctionCall1(leadcrm_lifecycle_recv, PG_GETARG_DATUM(0));

	PG_RETURN_POINTER(state_add_lifecycle(NULL, (struct varlena *) DatumGetPointer(lifecycle)));
}

PG_FUNCTION_INFO_V1(leadcrm_lifecycle_state_send);
Datum
leadcrm_lifecycle_state_send(PG_FUNCTION_ARGS)
{
	struct varlena *lifecycle = state_lifecycle(DatumGetLifecycleState(PG_GETARG_DATUM(0)));

	return DirectFunctionCall1(leadcrm_lifecycle_send, PointerGetDatum(lifecycle));
}

/*
 * state_argument
 *		The state that a transition function may change, or NULL.
 */
static LifecycleState *
state_argument(FunctionCallInfo fcinfo)
{
	leadcrm_check_aggregate(fcinfo);
	return PG_ARGISNULL(0) ? NULL : DatumGetLifecycleState(PG_GETARG_DATUM(0));
}

/*
 * state_room
 *		Room for so many more entries, bytes in all; the state, NULL for a new
 *		one, moves if it has not as much.
 *
 * Raises 54000 for more entries than a lifecycle can have.
 */
static LifecycleState *
state_room(LifecycleState *state, Size bytes, int nentries)
{
	Size		have = state != NULL ? VARSIZE(state) : 0;
	Size		need = offsetof(LifecycleState, entries) + bytes;
	LifecycleState *grown;

	if (state != NULL)
		need += state->used;
	if (nentries + (state != NULL ? state->nentries : 0) > LIFECYCLE_ENTRIES_MAX)
		leadcrm_lifecycle_fault(LIFECYCLE_ENTRIES_MANY, NULL);
	if (need <= have)
		return state;

	need = Max(need, Max(have * 2, LIFECYCLE_STATE_FIRST));
	grown = palloc0(need);
	if (state != NULL)
		memcpy(grown, state, have);
	SET_VARSIZE(grown, need);
	grown->version = LIFECYCLE_STATE_VERSION;
	return grown;
}

/*
 * state_add
 *		Add an entry; the state moves if it has no room.
 */
static LifecycleState *
state_add(LifecycleState *state, const char *stage, int len, TimestampTz at)
{
	char	   *p;

	leadcrm_lifecycle_fault(len == 0 ? LIFECYCLE_STAGE_EMPTY :
							len > LIFECYCLE_STAGE_MAX ? LIFECYCLE_STAGE_LONG :
							!IS_VALID_TIMESTAMP(at) ? LIFECYCLE_TIME_RANGE : LIFECYCLE_OK, NULL);
	state = state_room(state, LIFECYCLE_ENTRY_HEAD + len, 1);
	p = state->entries + state->used;
	memcpy(p, &at, sizeof(at));
	p[sizeof(at)] = (char) len;
	memcpy(p + LIFECYCLE_ENTRY_HEAD, stage, len);
	state->used += LIFECYCLE_ENTRY_HEAD + len;
	state->nentries++;
	return state;
}

/*
 * state_add_lifecycle
 *		Add the entries of a lifecycle; never NULL.
 */
static LifecycleState *
state_add_lifecycle(LifecycleState *state, const struct varlena *lifecycle)
{
	LifecycleReader r;

	leadcrm_lifecycle_begin(&r, lifecycle);
	state = state_room(state, 0, 0);
	while (lifecycle_step(&r))
	{
		int			len;
		const char *stage = leadcrm_lifecycle_stage(&r, r.stage, &len);

		state = state_add(state, stage, len, r.at);
	}
	return state;
}

/*
 * state_lifecycle
 *		The entries in order.
 *
 * Raises 54000 for more stages than a lifecycle can have.
 */
static struct varlena *
state_lifecycle(const LifecycleState *state)
{
	LifecycleEntry *entries = palloc(state->nentries * sizeof(LifecycleEntry));
	const char *p = state->entries;
	struct varlena *lifecycle;

	for (int i = 0; i < state->nentries; i++)
	{
		memcpy(&entries[i].at, p, sizeof(TimestampTz));
		entries[i].len = (uint8) p[sizeof(TimestampTz)];
		entries[i].stage = p + LIFECYCLE_ENTRY_HEAD;
		p += LIFECYCLE_ENTRY_HEAD + entries[i].len;
	}
	qsort(entries, state->nentries, sizeof(LifecycleEntry), entry_compare);
	lifecycle = leadcrm_lifecycle_make(entries, state->nentries);
	pfree(entries);
	return lifecycle;
}

static int
entry_compare(const void *a, const void *b)
{
	const LifecycleEntry *x = a;
	const LifecycleEntry *y = b;
	int			order;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	order = memcmp(x->stage, y->stage, Min(x->len, y->len));
	return order != 0 ? order : x->len - y->len;
}
