/*-------------------------------------------------------------------------
 * event.c
 *	  The events of leads.
 *
 * Rows of the outbox, in the transaction of the change.  Every arriving lead
 * pays for them, so they are written by direct.c where the table allows;
 * nothing else about them is special.
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
#include "columns.h"
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
static void write_by_statement(Workspace *ws, const LeadEvent *event, int n, TimestampTz at, Datum actor);

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

/*
 * leadcrm_event_write
 *		Write events.
 *
 * The caller acts as the owner.
 */
void
leadcrm_event_write(Workspace *ws, const LeadEvent *event, int n, TimestampTz at)
{
	Datum		actor = CStringGetTextDatum(leadcrm_acting_role_name());
	DirectTable *table = leadcrm_direct_open_side(ws, SIDE_EVENT, event_column,
												  lengthof(event_column), CurrentMemoryContext);

	if (table == NULL)
	{
		write_by_statement(ws, event, n, at, actor);
		return;
	}
	for (int i = 0; i < n; i++)
	{
		TupleTableSlot *slot = leadcrm_direct_row(table);

		memset(slot->tts_isnull, false, lengthof(event_column) * sizeof(bool));
		slot->tts_values[EVENT_KIND] = CStringGetTextDatum(event[i].kind);
		slot->tts_values[EVENT_LEAD_ID] = Int64GetDatum(event[i].lead);
		slot->tts_values[EVENT_AT] = TimestampTzGetDatum(at);
		slot->tts_values[EVENT_ACTOR] = actor;
		slot->tts_values[EVENT_DATA] = event[i].data;
		leadcrm_direct_insert(table);
	}
	leadcrm_direct_close(table);
}

static void
write_by_statement(Workspace *ws, const LeadEvent *event, int n, TimestampTz at, Datum actor)
{
	Column		kinds = leadcrm_column_new(TEXTOID, n);
	Column		leads = leadcrm_column_new(INT8OID, n);
	Column		data = leadcrm_column_new(JSONBOID, n);
	Datum		values[5];

	for (int i = 0; i < n; i++)
	{
		leadcrm_column_set(&kinds, i, CStringGetTextDatum(event[i].kind), false);
		leadcrm_column_set(&leads, i, Int64GetDatum(event[i].lead), false);
		leadcrm_column_set(&data, i, event[i].data, false);
	}
	values[0] = leadcrm_column_array(&kinds, n);
	values[1] = leadcrm_column_array(&leads, n);
	values[2] = leadcrm_column_array(&data, n);
	values[3] = TimestampTzGetDatum(at);
	values[4] = actor;
	(void) leadcrm_workspace_run_alone(ws, PLAN_ADD_LEAD_EVENTS,
									   "INSERT INTO %s.event (kind, lead_id, at, actor, data)"
									   " SELECT kind, lead, $4, $5, data"
									   " FROM unnest($1, $2, $3) AS e (kind, lead, data)",
									   5, (Oid[]) {TEXTARRAYOID, INT8ARRAYOID, JSONBARRAYOID, TIMESTAMPTZOID,
									   TEXTOID}, values);
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
