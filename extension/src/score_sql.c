/*-------------------------------------------------------------------------
 * score_sql.c
 *	  The SQL face of scoring: score and intent of a lead's row at a moment,
 *	  the parts of a score, and grading again.
 *
 * The functions over a row read nothing but the row and the workspace's
 * rules, so a view can call them for every lead it shows.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "parser/parse_type.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "acting_role.h"
#include "dedup.h"
#include "rule_list.h"
#include "score.h"

/* The row of a lead that a function was given. */
typedef struct GivenLead
{
	Relation	lead;
	Workspace  *ws;
	ScoreModel *model;
	TupleTableSlot *slot;
	HeapTupleData tuple;
} GivenLead;

static void given_open(GivenLead *given, Datum record);
static void given_close(GivenLead *given);
static void add_part(ReturnSetInfo *rsinfo, const char *part, const char *code, int64 points);
static ArrayType *due_leads(Workspace *ws, TimestampTz as_of, int32 most);
static int64 count_due(Workspace *ws, TimestampTz as_of);

PG_FUNCTION_INFO_V1(leadcrm_score_at_sql);
PG_FUNCTION_INFO_V1(leadcrm_intent_at_sql);
PG_FUNCTION_INFO_V1(leadcrm_score_parts);
PG_FUNCTION_INFO_V1(leadcrm_regrade);
PG_FUNCTION_INFO_V1(leadcrm_regrade_due);
PG_FUNCTION_INFO_V1(leadcrm_join_signals);

/*
 * leadcrm_score_at_sql
 *		score_at(lead record, as_of timestamptz) returns integer: the score of
 *		a lead's row at a moment not before its last activity.
 *
 * NULL for a row that was never graded.  The rules count as they matched when
 * the lead was last graded, unless its due moment has passed.  Raises 39P01
 * if the row is not one of a workspace's lead table.
 */
Datum
leadcrm_score_at_sql(PG_FUNCTION_ARGS)
{
	TimestampTz as_of = PG_GETARG_TIMESTAMPTZ(1);
	GivenLead	given;
	ScoreState	state;
	int64		score;

	given_open(&given, PG_GETARG_DATUM(0));
	leadcrm_score_begin(given.ws, given.model, given.slot, &state);
	if (state.due <= as_of)
	{
		uint64		matched[RULE_WORDS(RULE_MAX_RULES)];

		state.curve.fit = leadcrm_score_fit(given.model, given.slot, as_of, matched);
	}
	score = leadcrm_score_at(&state.curve, as_of);
	if (!state.graded)
	{
		bool		isnull;

		(void) slot_getattr(given.slot, given.ws->column[LEAD_SCORE], &isnull);
		if (isnull)
		{
			given_close(&given);
			PG_RETURN_NULL();
		}
	}
	given_close(&given);
	PG_RETURN_INT32((int32) score);
}

/*
 * leadcrm_intent_at_sql
 *		intent_at(lead record, as_of timestamptz) returns text: the level of a
 *		lead at a moment, as tick() would set it then.
 *
 * as_of: not before the last change of the row.  NULL for a row that was
 * never graded.
 */
Datum
leadcrm_intent_at_sql(PG_FUNCTION_ARGS)
{
	TimestampTz as_of = PG_GETARG_TIMESTAMPTZ(1);
	GivenLead	given;
	ScoreState	state;
	text	   *level = NULL;

	given_open(&given, PG_GETARG_DATUM(0));
	leadcrm_score_begin(given.ws, given.model, given.slot, &state);
	if (state.graded && state.due <= as_of)
	{
		IntentChange changes[SCORE_MAX_CHANGES];

		(void) leadcrm_score_grade(given.ws, given.model, given.slot, given.slot, given.slot,
								   as_of, &state, changes);
	}
	if (state.graded)
		level = cstring_to_text(given.model->level_code[state.intent.level]);
	given_close(&given);
	if (level == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(level);
}

/*
 * leadcrm_score_parts
 *		score_parts(lead record, as_of timestamptz) returns setof (part, code,
 *		points): what the score of a lead's row at a moment is made of.
 *
 * part is "rule", "cap" (what a group's cap takes away; code is the group) or
 * "behaviour" (code is the half-life class).  The points sum to the score.
 * Raises 42501 for who may not read score_rule.
 */
Datum
leadcrm_score_parts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	TimestampTz as_of = PG_GETARG_TIMESTAMPTZ(1);
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];
	GivenLead	given;
	ScoreModel *model;
	ScoreCurve	curve;

	InitMaterializedSRF(fcinfo, 0);
	given_open(&given, PG_GETARG_DATUM(0));
	leadcrm_rule_list_check_access(leadcrm_workspace_table(given.ws->namespace_oid, "score_rule"));
	model = given.model;
	(void) leadcrm_score_fit(model, given.slot, as_of, matched);
	for (int i = 0; i < model->nrules; i++)
	{
		if (RULE_MATCHED(matched, i))
			add_part(rsinfo, "rule", model->rule[i].code, model->rule[i].points);
	}
	for (int c = 0; c < model->ncaps; c++)
	{
		int64		sum = model->cap[c].sum;
		int64		most = model->cap[c].most;

		if (sum > most || sum < -most)
			add_part(rsinfo, "cap", model->cap[c].cap_group, (sum > most ? most : -most) - sum);
	}
	leadcrm_score_curve(given.ws, model, given.slot, &curve);
	for (int c = 0; c < DECAY_CLASSES; c++)
	{
		if (curve.half_life[c] > 0 && curve.sum[c].value != 0)
			add_part(rsinfo, "behaviour", psprintf("%d", c + 1),
					 leadcrm_score_class(&curve, c, as_of));
	}
	given_close(&given);
	return (Datum) 0;
}

/*
 * leadcrm_regrade
 *		regrade(lead regclass, leads bigint[], as_of timestamptz, anew boolean)
 *		returns bigint: grade leads again, as of a moment; how many there were.
 *
 * For roles with the rights of the workspace's owner (42501).  Locks the
 * leads; writes the events of changed intents.
 */
Datum
leadcrm_regrade(PG_FUNCTION_ARGS)
{
	Relation	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	Workspace  *ws = leadcrm_workspace_of(lead);
	OwnerSave	save;
	uint64		n;

	leadcrm_owner_required(ws, lead);
	leadcrm_owner_begin(ws, &save);
	SPI_connect();
	n = leadcrm_score_regrade(ws, PG_GETARG_ARRAYTYPE_P(1), PG_GETARG_TIMESTAMPTZ(2),
							  PG_GETARG_BOOL(3));
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_INT64((int64) n);
}

/*
 * leadcrm_regrade_due
 *		regrade_due(lead regclass, as_of timestamptz, most integer) returns
 *		bigint: grade the leads that time alone may have changed, the longest
 *		due first, at most so many; how many are still due.
 *
 * as_of: NULL for the present.  Leads that another session has locked are
 * passed by: they are graded by whoever changes them.  For roles with the
 * rights of the workspace's owner; a moment to come only for an acting role
 * that has them (42501).
 */
Datum
leadcrm_regrade_due(PG_FUNCTION_ARGS)
{
	TimestampTz now = GetCurrentTransactionStartTimestamp();
	TimestampTz as_of = PG_ARGISNULL(1) ? now : PG_GETARG_TIMESTAMPTZ(1);
	int32		most = PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2);
	Relation	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	Workspace  *ws = leadcrm_workspace_of(lead);
	OwnerSave	save;
	ArrayType  *leads;
	int64		left;

	leadcrm_owner_required(ws, lead);
	if (TIMESTAMP_NOT_FINITE(as_of))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the moment of a tick must be finite")));
	if (as_of > now && !has_privs_of_role(leadcrm_acting_role_oid(), ws->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("only the owner of a workspace may run it ahead of time")));
	if (most <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of leads to grade must be greater than 0")));

	leadcrm_owner_begin(ws, &save);
	SPI_connect();
	leads = due_leads(ws, as_of, most);
	if (leads != NULL)
		(void) leadcrm_score_regrade(ws, leads, as_of, false);
	left = count_due(ws, as_of);
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_INT64(left);
}

/*
 * leadcrm_join_signals
 *		join_signals(lead regclass, winner bigint, losers bigint[]): what keeps
 *		the losers of a merge hot or warm keeps the winner so.
 *
 * For roles with the rights of the workspace's owner (42501).
 */
Datum
leadcrm_join_signals(PG_FUNCTION_ARGS)
{
	Relation	lead = table_open(PG_GETARG_OID(0), RowExclusiveLock);
	Workspace  *ws = leadcrm_workspace_of(lead);
	OwnerSave	save;

	leadcrm_owner_required(ws, lead);
	leadcrm_owner_begin(ws, &save);
	SPI_connect();
	leadcrm_score_join(ws, PG_GETARG_INT64(1), PG_GETARG_ARRAYTYPE_P(2));
	SPI_finish();
	leadcrm_owner_end(&save);
	table_close(lead, NoLock);
	PG_RETURN_VOID();
}

static void
given_open(GivenLead *given, Datum record)
{
	HeapTupleHeader header = DatumGetHeapTupleHeader(record);
	Oid			relid = typeidTypeRelid(HeapTupleHeaderGetTypeId(header));

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("argument is not a row of a lead table"),
				 errhint("Give the table's alias: SELECT score_at(l, now()) FROM lead l.")));
	given->lead = table_open(relid, AccessShareLock);
	given->ws = leadcrm_workspace_of(given->lead);
	given->model = leadcrm_score_model(given->ws, given->lead);
	given->slot = MakeSingleTupleTableSlot(RelationGetDescr(given->lead), &TTSOpsHeapTuple);
	given->tuple.t_len = HeapTupleHeaderGetDatumLength(header);
	ItemPointerSetInvalid(&given->tuple.t_self);
	given->tuple.t_tableOid = relid;
	given->tuple.t_data = header;
	ExecStoreHeapTuple(&given->tuple, given->slot, false);
}

static void
given_close(GivenLead *given)
{
	ExecDropSingleTupleTableSlot(given->slot);
	table_close(given->lead, AccessShareLock);
}

static void
add_part(ReturnSetInfo *rsinfo, const char *part, const char *code, int64 points)
{
	Datum		row[3];
	bool		nulls[3] = {false};

	row[0] = CStringGetTextDatum(part);
	row[1] = CStringGetTextDatum(code);
	row[2] = Int32GetDatum((int32) points);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row, nulls);
}

/* Lock the leads that are due, the longest first; NULL when there is none. */
static ArrayType *
due_leads(Workspace *ws, TimestampTz as_of, int32 most)
{
	Datum		values[] = {TimestampTzGetDatum(as_of), Int32GetDatum(most)};
	int64	   *ids;
	uint64		n;

	n = leadcrm_workspace_run(ws, PLAN_DUE_LEADS,
							  "SELECT id FROM %s.lead WHERE intent_due_at <= $1"
							  " ORDER BY intent_due_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED",
							  2, (Oid[]) {TIMESTAMPTZOID, INT4OID}, values);
	if (n == 0)
		return NULL;
	ids = palloc(n * sizeof(int64));
	for (uint64 i = 0; i < n; i++)
	{
		bool		isnull;

		ids[i] = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull));
	}
	return leadcrm_int8_array(ids, (int) n);
}

static int64
count_due(Workspace *ws, TimestampTz as_of)
{
	Datum		values[] = {TimestampTzGetDatum(as_of)};
	bool		isnull;

	(void) leadcrm_workspace_run(ws, PLAN_COUNT_DUE,
								 "SELECT count(*) FROM %s.lead WHERE intent_due_at <= $1",
								 1, (Oid[]) {TIMESTAMPTZOID}, values);
	return DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}
