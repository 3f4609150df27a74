/*-------------------------------------------------------------------------
 * event.c
 *	  The events of leads that arrive.
 *
 * One row of the outbox per arriving lead, in the transaction that brings it.
 * Every arrival pays for it, so it is written by direct.c where the table
 * allows; nothing else about it is special.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "acting_role.h"
#include "direct.h"
#include "event.h"
#include "row_json.h"

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
	[EVENT_DATA] = {"data", JSONBOID, true},
};

static Datum merged_data(int64 merged);

/*
 * leadcrm_event_arrived
 *		Write an event for each of n leads.
 *
 * merged: the row that came to each of them, for {"merged": id}, or NULL.
 *
 * Returns false, having written nothing, when the table event is not as the
 * template makes it: then it has to be written through SPI.
 */
bool
leadcrm_event_arrived(Workspace *ws, const char *kind, const int64 *lead,
					  const int64 *merged, int n, TimestampTz at)
{
	DirectTable *event;
	Datum		kind_text;
	Datum		actor;

	event = leadcrm_direct_open_side(ws, SIDE_EVENT, event_column, lengthof(event_column),
									 CurrentMemoryContext);
	if (event == NULL)
		return false;
	kind_text = CStringGetTextDatum(kind);
	actor = CStringGetTextDatum(leadcrm_acting_role_name());
	for (int i = 0; i < n; i++)
	{
		TupleTableSlot *slot = leadcrm_direct_row(event);

		memset(slot->tts_isnull, false, EVENT_DATA * sizeof(bool));
		slot->tts_values[EVENT_KIND] = kind_text;
		slot->tts_values[EVENT_LEAD_ID] = Int64GetDatum(lead[i]);
		slot->tts_values[EVENT_AT] = TimestampTzGetDatum(at);
		slot->tts_values[EVENT_ACTOR] = actor;
		if (merged != NULL)
		{
			slot->tts_values[EVENT_DATA] = merged_data(merged[i]);
			slot->tts_isnull[EVENT_DATA] = false;
		}
		leadcrm_direct_insert(event);
	}
	leadcrm_direct_close(event);
	return true;
}

/* {"merged": id} */
static Datum
merged_data(int64 merged)
{
	JsonbParseState *state = NULL;
	JsonbValue	v;

	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	leadcrm_json_key(&state, "merged");
	v.type = jbvNumeric;
	v.val.numeric = DatumGetNumeric(DirectFunctionCall1(int8_numeric, Int64GetDatum(merged)));
	pushJsonbValue(&state, WJB_VALUE, &v);
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state, WJB_END_OBJECT, NULL)));
}
