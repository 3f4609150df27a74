/*-------------------------------------------------------------------------
 * event.c
 *	  The event of each lead that arrives.
 *
 * One row of the outbox per lead that comes to live, in the transaction that
 * brings it.  Every arrival pays for it, so it is written by direct.c where
 * the table allows; nothing else about it is special.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/dependency.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "acting_role.h"
#include "direct.h"
#include "event.h"

/* Columns of event, in the order in which the template makes them. */
enum
{
	EVENT_ID,
	EVENT_KIND,
	EVENT_LEAD_ID,
	EVENT_AT,
	EVENT_ACTOR,
	EVENT_DATA
};

static const DirectColumn event_column[] = {
	[EVENT_ID] = {"id", INT8OID},
	[EVENT_KIND] = {"kind", TEXTOID},
	[EVENT_LEAD_ID] = {"lead_id", INT8OID},
	[EVENT_AT] = {"at", TIMESTAMPTZOID},
	[EVENT_ACTOR] = {"actor", TEXTOID},
	[EVENT_DATA] = {"data", JSONBOID},
};

/*
 * leadcrm_event_created
 *		Write "lead.created" for each living row of a transition table.
 *
 * Returns false, having written nothing, when the table event is not as the
 * template makes it: then it has to be written through SPI.
 */
bool
leadcrm_event_created(Workspace *ws, Tuplestorestate *arrived, TupleDesc tupdesc, TimestampTz at)
{
	DirectTable *event;
	TupleTableSlot *lead;
	Oid			sequence;
	Datum		kind;
	Datum		actor;

	event = leadcrm_direct_open(ws, "event", event_column, lengthof(event_column),
								CurrentMemoryContext);
	if (event == NULL)
		return false;
	sequence = getIdentitySequence_compat(event->rel, EVENT_ID + 1);
	if (!OidIsValid(sequence))
	{
		leadcrm_direct_close(event);
		return false;
	}

	kind = CStringGetTextDatum("lead.created");
	actor = CStringGetTextDatum(leadcrm_acting_role_name());
	lead = MakeSingleTupleTableSlot(tupdesc, &TTSOpsMinimalTuple);
	tuplestore_select_read_pointer(arrived, tuplestore_alloc_read_pointer(arrived, EXEC_FLAG_REWIND));
	tuplestore_rescan(arrived);
	while (tuplestore_gettupleslot(arrived, true, false, lead))
	{
		TupleTableSlot *slot;
		bool		isnull;

		(void) slot_getattr(lead, ws->column[LEAD_MERGED_INTO], &isnull);
		if (!isnull)
			continue;
		slot = leadcrm_direct_row(event);
		memset(slot->tts_isnull, false, EVENT_DATA * sizeof(bool));
		slot->tts_values[EVENT_ID] = Int64GetDatum(nextval_internal(sequence, false));
		slot->tts_values[EVENT_KIND] = kind;
		slot->tts_values[EVENT_LEAD_ID] = slot_getattr(lead, ws->column[LEAD_ID], &isnull);
		slot->tts_values[EVENT_AT] = TimestampTzGetDatum(at);
		slot->tts_values[EVENT_ACTOR] = actor;
		leadcrm_direct_insert(event);
	}
	ExecDropSingleTupleTableSlot(lead);
	leadcrm_direct_close(event);
	return true;
}
