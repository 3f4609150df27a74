/*-------------------------------------------------------------------------
 * repeat.c
 *	  What repeat inquiries leave behind: log, activity, event.
 *
 * All are written by direct.c if their tables are as the template makes them,
 * else by one statement each.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "acting_role.h"
#include "columns.h"
#include "dedup.h"
#include "direct.h"
#include "event.h"
#include "repeat.h"

/* Columns of merge_log, in the order in which the template makes them. */
enum
{
	MERGE_ID,
	MERGE_WINNER,
	MERGE_LOSER,
	MERGE_RULE,
	MERGE_MERGED_AT,
	MERGE_ACTOR,
	MERGE_BEFORE,
	MERGE_UNDONE_AT,
	MERGE_UNDONE_BY
};

static const DirectColumn merge_column[] = {
	[MERGE_ID] = {"id", INT8OID},
	[MERGE_WINNER] = {"winner", INT8OID},
	[MERGE_LOSER] = {"loser", INT8OID},
	[MERGE_RULE] = {"rule", TEXTOID},
	[MERGE_MERGED_AT] = {"merged_at", TIMESTAMPTZOID},
	[MERGE_ACTOR] = {"actor", TEXTOID},
	[MERGE_BEFORE] = {"before", JSONBOID},
	[MERGE_UNDONE_AT] = {"undone_at", TIMESTAMPTZOID, true},
	[MERGE_UNDONE_BY] = {"undone_by", TEXTOID, true},
};

/* Columns of activity, in the order in which the template makes them. */
enum
{
	ACTIVITY_ID,
	ACTIVITY_LEAD_ID,
	ACTIVITY_KIND,
	ACTIVITY_DIRECTION,
	ACTIVITY_CHANNEL,
	ACTIVITY_CONTENT,
	ACTIVITY_NEXT_STEP,
	ACTIVITY_AT,
	ACTIVITY_ACTOR,
	ACTIVITY_BROUGHT_BY
};

static const DirectColumn activity_column[] = {
	[ACTIVITY_ID] = {"id", INT8OID},
	[ACTIVITY_LEAD_ID] = {"lead_id", INT8OID},
	[ACTIVITY_KIND] = {"kind", TEXTOID},
	[ACTIVITY_DIRECTION] = {"direction", TEXTOID},
	[ACTIVITY_CHANNEL] = {"channel", TEXTOID},
	[ACTIVITY_CONTENT] = {"content", TEXTOID},
	[ACTIVITY_NEXT_STEP] = {"next_step", TEXTOID, true},
	[ACTIVITY_AT] = {"at", TIMESTAMPTZOID},
	[ACTIVITY_ACTOR] = {"actor", TEXTOID},
	[ACTIVITY_BROUGHT_BY] = {"brought_by", INT8OID},
};

static bool add_directly(Workspace *ws, const Repeat *repeat, int n);
static void add_by_statement(Workspace *ws, const Repeat *repeat, int n);
static bool log_directly(Workspace *ws, const Repeat *repeat, int n, TimestampTz now, Datum actor);
static void log_by_statement(Workspace *ws, Datum *values, const Repeat *repeat, int n);

/*
 * leadcrm_repeat_log
 *		Log repeat inquiries, and write an event for each.
 *
 * The caller is connected to SPI, acts as the owner and has the leads locked.
 */
void
leadcrm_repeat_log(Workspace *ws, const Repeat *repeat, int n, TimestampTz now)
{
	int64	   *lead = palloc_extended(n * sizeof(int64), MCXT_ALLOC_HUGE);
	int64	   *merged = palloc_extended(n * sizeof(int64), MCXT_ALLOC_HUGE);
	Datum		actor = CStringGetTextDatum(leadcrm_acting_role_name());
	Datum		values[6];

	for (int i = 0; i < n; i++)
	{
		lead[i] = repeat[i].lead;
		merged[i] = repeat[i].merged;
	}
	values[0] = PointerGetDatum(leadcrm_int8_array(lead, n));
	values[1] = PointerGetDatum(leadcrm_int8_array(merged, n));
	values[2] = actor;
	values[3] = TimestampTzGetDatum(now);
	if (!log_directly(ws, repeat, n, now, actor))
		log_by_statement(ws, values, repeat, n);
	if (!leadcrm_event_arrived(ws, "lead.repeated", lead, merged, n, now))
		(void) leadcrm_workspace_run(ws, PLAN_ADD_EVENTS,
									 "INSERT INTO %s.event (kind, lead_id, at, actor, data)"
									 " SELECT 'lead.repeated', lead, $4, $3, pg_catalog.jsonb_build_object('merged', merged)"
									 " FROM unnest($1, $2) AS m (lead, merged)",
									 4, (Oid[]) {INT8ARRAYOID, INT8ARRAYOID, TEXTOID, TIMESTAMPTZOID}, values);
}

/*
 * leadcrm_repeat_add
 *		Add repeat inquiries to the activities of their leads.
 *
 * As leadcrm_repeat_log().
 */
void
leadcrm_repeat_add(Workspace *ws, const Repeat *repeat, int n)
{
	if (!add_directly(ws, repeat, n))
		add_by_statement(ws, repeat, n);
}

static bool
add_directly(Workspace *ws, const Repeat *repeat, int n)
{
	DirectTable *table = leadcrm_direct_open_fired(ws, SIDE_ACTIVITY, activity_column,
												   lengthof(activity_column), CurrentMemoryContext);
	Datum		kind;
	Datum		direction;
	Datum		actor;

	if (table == NULL)
		return false;
	leadcrm_direct_trust(table, ACTIVITY_LEAD_ID + 1, ws->lead, ws->column[LEAD_ID]);
	kind = CStringGetTextDatum("inquiry");
	direction = CStringGetTextDatum("in");
	actor = CStringGetTextDatum(leadcrm_acting_role_name());
	for (int i = 0; i < n; i++)
	{
		TupleTableSlot *slot = leadcrm_direct_row(table);

		memset(slot->tts_isnull, false, lengthof(activity_column) * sizeof(bool));
		slot->tts_values[ACTIVITY_LEAD_ID] = Int64GetDatum(repeat[i].lead);
		slot->tts_values[ACTIVITY_KIND] = kind;
		slot->tts_values[ACTIVITY_DIRECTION] = direction;
		slot->tts_values[ACTIVITY_CHANNEL] = repeat[i].source;
		slot->tts_values[ACTIVITY_CONTENT] = repeat[i].content;
		slot->tts_isnull[ACTIVITY_CONTENT] = repeat[i].content == 0;
		slot->tts_isnull[ACTIVITY_NEXT_STEP] = true;
		slot->tts_values[ACTIVITY_AT] = TimestampTzGetDatum(repeat[i].at);
		slot->tts_values[ACTIVITY_ACTOR] = actor;
		slot->tts_values[ACTIVITY_BROUGHT_BY] = Int64GetDatum(repeat[i].merged);
		leadcrm_direct_insert(table);
	}
	leadcrm_direct_close(table);
	return true;
}

static void
add_by_statement(Workspace *ws, const Repeat *repeat, int n)
{
	Column		leads = leadcrm_column_new(INT8OID, n);
	Column		merged = leadcrm_column_new(INT8OID, n);
	Column		sources = leadcrm_column_new(TEXTOID, n);
	Column		contents = leadcrm_column_new(TEXTOID, n);
	Column		ats = leadcrm_column_new(TIMESTAMPTZOID, n);
	Datum		values[6];

	for (int i = 0; i < n; i++)
	{
		leadcrm_column_set(&leads, i, Int64GetDatum(repeat[i].lead), false);
		leadcrm_column_set(&merged, i, Int64GetDatum(repeat[i].merged), false);
		leadcrm_column_set(&sources, i, repeat[i].source, false);
		leadcrm_column_set(&contents, i, repeat[i].content, repeat[i].content == 0);
		leadcrm_column_set(&ats, i, TimestampTzGetDatum(repeat[i].at), false);
	}
	values[0] = leadcrm_column_array(&leads, n);
	values[1] = leadcrm_column_array(&merged, n);
	values[2] = leadcrm_column_array(&sources, n);
	values[3] = leadcrm_column_array(&contents, n);
	values[4] = leadcrm_column_array(&ats, n);
	values[5] = CStringGetTextDatum(leadcrm_acting_role_name());
	(void) leadcrm_workspace_run(ws, PLAN_ADD_ACTIVITIES,
								 "INSERT INTO %s.activity (lead_id, kind, direction, channel, content, at, actor, brought_by)"
								 " SELECT lead, 'inquiry', 'in', source, content, at, $6, merged"
								 " FROM unnest($1, $2, $3, $4, $5) AS m (lead, merged, source, content, at)",
								 6, (Oid[]) {INT8ARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
								 TIMESTAMPTZARRAYOID, TEXTOID}, values);
}

static bool
log_directly(Workspace *ws, const Repeat *repeat, int n, TimestampTz now, Datum actor)
{
	DirectTable *table = leadcrm_direct_open_side(ws, SIDE_MERGE_LOG, merge_column,
												  lengthof(merge_column), CurrentMemoryContext);

	if (table == NULL)
		return false;
	for (int i = 0; i < n; i++)
	{
		TupleTableSlot *slot = leadcrm_direct_row(table);

		memset(slot->tts_isnull, false, MERGE_UNDONE_AT * sizeof(bool));
		slot->tts_values[MERGE_WINNER] = Int64GetDatum(repeat[i].lead);
		slot->tts_values[MERGE_LOSER] = Int64GetDatum(repeat[i].merged);
		slot->tts_values[MERGE_RULE] = repeat[i].rule;
		slot->tts_values[MERGE_MERGED_AT] = TimestampTzGetDatum(now);
		slot->tts_values[MERGE_ACTOR] = actor;
		slot->tts_values[MERGE_BEFORE] = repeat[i].before;
		leadcrm_direct_insert(table);
	}
	leadcrm_direct_close(table);
	return true;
}

/* values: leads, merged rows, actor, now; room for two more. */
static void
log_by_statement(Workspace *ws, Datum *values, const Repeat *repeat, int n)
{
	Column		rules = leadcrm_column_new(TEXTOID, n);
	Column		before = leadcrm_column_new(JSONBOID, n);

	for (int i = 0; i < n; i++)
	{
		leadcrm_column_set(&rules, i, repeat[i].rule, false);
		leadcrm_column_set(&before, i, repeat[i].before, false);
	}
	values[4] = leadcrm_column_array(&rules, n);
	values[5] = leadcrm_column_array(&before, n);
	(void) leadcrm_workspace_run(ws, PLAN_LOG_MERGES,
								 "INSERT INTO %s.merge_log (winner, loser, rule, before, merged_at, actor)"
								 " SELECT winner, loser, rule, before, $4, $3"
								 " FROM unnest($1, $2, $5, $6) AS m (winner, loser, rule, before)",
								 6, (Oid[]) {INT8ARRAYOID, INT8ARRAYOID, TEXTOID, TIMESTAMPTZOID,
								 TEXTARRAYOID, JSONBARRAYOID}, values);
}
