/*-------------------------------------------------------------------------
 * recycle.c
 *	  When a lead goes from its owner back into a pool: the rules, and what
 *	  they say of a row.
 *
 * Like the score model (score_model.c) the compiled rules belong to the entry
 * that workspace.c keeps, and go with it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "assign.h"
#include "owner.h"
#include "process.h"
#include "recycle.h"
#include "rule_failure.h"

static void load_rules(RecycleModel *model, Workspace *ws, Relation lead);
static int	rule_int(int row, const char *column);
static TimestampTz moment_of(TupleTableSlot *slot, AttrNumber column);
static TimestampTz days_later(pg_tz *zone, TimestampTz at, int days);

/*
 * leadcrm_recycle_model
 *		The rules of a workspace; good as long as the Workspace.
 *
 * Reads them with the latest snapshot as the table's owner; one that does not
 * compile matches nothing and is counted.
 */
RecycleModel *
leadcrm_recycle_model(Workspace *ws, Relation lead)
{
	RecycleModel *model = ws->recycle;
	MemoryContext cxt;
	OwnerSave	save;

	if (model != NULL && leadcrm_rule_set_is_valid(model->conditions))
		return model;
	if (model != NULL)
	{
		/* A statement further up the stack may still hold it. */
		ws->recycle = NULL;
		MemoryContextSetParent(model->cxt, TopTransactionContext);
	}

	cxt = AllocSetContextCreate(CurrentMemoryContext, "leadcrm recycling model",
								ALLOCSET_SMALL_SIZES);
	model = MemoryContextAllocZero(cxt, sizeof(RecycleModel));
	model->cxt = cxt;

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	leadcrm_workspace_snapshot(ws);
	load_rules(model, ws, lead);
	PopActiveSnapshot();
	SPI_finish();
	leadcrm_owner_end(&save);

	MemoryContextSetParent(cxt, ws->cxt);
	ws->recycle = model;
	return model;
}

static void
load_rules(RecycleModel *model, Workspace *ws, Relation lead)
{
	/* What a rule is for by its intents is a part of its condition. */
	int			n = leadcrm_workspace_config("TTsiii", psprintf("SELECT code, pg_catalog.concat('(', condition, E'\\n)',"
													  " ' AND intent = ANY (' || pg_catalog.quote_literal(intents) || ')') AS condition,"
													  " exempt, days_without_follow_up, days_without_progress, warn_days"
													  " FROM %s.pool_rule WHERE active"
													  " ORDER BY position, code COLLATE pg_catalog.\"C\" LIMIT %d",
													  ws->name, RULE_MAX_RULES));
	RuleText   *condition = palloc(Max(n, 1) * sizeof(RuleText));

	model->rule = MemoryContextAllocZero(model->cxt, Max(n, 1) * sizeof(RecycleRule));
	model->nrules = n;
	for (int i = 0; i < n; i++)
	{
		RecycleRule *rule = &model->rule[i];
		bool		isnull;

		rule->code = MemoryContextStrdup(model->cxt,
										 TextDatumGetCString(leadcrm_workspace_value(i, "code", &isnull)));
		rule->exempt = leadcrm_workspace_flag(i, "exempt");
		rule->follow_up_days = rule_int(i, "days_without_follow_up");
		rule->progress_days = rule_int(i, "days_without_progress");
		rule->warn_days = rule_int(i, "warn_days");
		condition[i].code = rule->code;
		condition[i].condition = TextDatumGetCString(leadcrm_workspace_value(i, "condition", &isnull));
	}
	model->conditions = leadcrm_rule_set_build(lead, n, condition, pg_get_timezone_name(ws->time_zone),
											   false, model->cxt);
}

/* An integer column of a row in SPI_tuptable, 0 for NULL. */
static int
rule_int(int row, const char *column)
{
	bool		isnull;
	Datum		value = leadcrm_workspace_value(row, column, &isnull);

	return isnull ? 0 : DatumGetInt32(value);
}

/*
 * leadcrm_recycle_decide
 *		What becomes of a lead if nobody touches it, as of a moment.
 *
 * slot: its row as assigning left it.  A lead that nobody owns, that is merged
 * or closed stays as it is.  One whose owner has a deadline for the first
 * contact keeps him until then, whatever the rule's days.
 */
void
leadcrm_recycle_decide(Workspace *ws, RecycleModel *model, TupleTableSlot *slot,
					   TimestampTz as_of, Recycling *result)
{
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];
	const RecycleRule *rule;
	TimestampTz touched;
	TimestampTz assigned;
	TimestampTz moved;
	TimestampTz deadline;

	result->rule = -1;
	result->warn_at = result->due_at = result->change_at = DT_NOEND;
	if (model->nrules == 0 || slot_attisnull(slot, ws->column[LEAD_OWNER]) ||
		!leadcrm_stage_is_open(ws, slot))
		return;

	leadcrm_rule_set_match(model->conditions, slot, as_of, matched);
	result->change_at = leadcrm_rule_set_next_change(model->conditions, slot, as_of);
	for (int i = 0; i < model->nrules && result->rule < 0; i++)
	{
		if (RULE_MATCHED(matched, i))
			result->rule = i;
	}
	if (result->rule < 0)
		return;
	rule = &model->rule[result->rule];
	touched = moment_of(slot, ws->column[LEAD_TOUCHED_AT]);
	assigned = moment_of(slot, ws->column[LEAD_ASSIGNED_AT]);
	moved = moment_of(slot, ws->column[LEAD_STAGE_SINCE]);
	deadline = moment_of(slot, ws->column[LEAD_FIRST_CONTACT_DUE_AT]);

	/* Where a moment is missing nothing counts from it: it is DT_NOEND. */
	if (rule->follow_up_days > 0)
		result->due_at = days_later(ws->time_zone, touched, rule->follow_up_days);
	if (rule->progress_days > 0)
		result->due_at = Min(result->due_at,
							 days_later(ws->time_zone, moved == DT_NOEND ? assigned : Max(assigned, moved),
										rule->progress_days));
	if (result->due_at < deadline && deadline != DT_NOEND)
		result->due_at = deadline;
	result->warn_at = days_later(ws->time_zone, result->due_at, -rule->warn_days);
}

/*
 * leadcrm_recycle_look
 *		The moment for which a lead is planned: when tick() looks at it again.
 *
 * planned: what it was planned for until now.  That is the moment at which it
 * is due only once its owner has been warned, so this one stays.
 */
TimestampTz
leadcrm_recycle_look(const Recycling *recycling, TimestampTz planned)
{
	return Min(recycling->change_at,
			   planned == recycling->due_at ? recycling->due_at : recycling->warn_at);
}

/*
 * leadcrm_recycle_settle
 *		After a statement on lead: write which rules failed.
 */
void
leadcrm_recycle_settle(Workspace *ws, TimestampTz now)
{
	RecycleModel *model = ws->recycle;
	char	  **code;
	OwnerSave	save;

	if (model == NULL || !leadcrm_rule_set_has_failures(model->conditions))
		return;
	code = palloc(model->nrules * sizeof(char *));
	for (int i = 0; i < model->nrules; i++)
		code[i] = model->rule[i].code;
	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	leadcrm_rule_failures_write(ws, "pool_rule", model->conditions, code, now);
	SPI_finish();
	leadcrm_owner_end(&save);
}

/* A moment in the row; DT_NOEND for none. */
static TimestampTz
moment_of(TupleTableSlot *slot, AttrNumber column)
{
	bool		isnull;
	Datum		value = slot_getattr(slot, column, &isnull);

	return isnull ? DT_NOEND : DatumGetTimestampTz(value);
}

/* The same time of day some days later, or earlier, by the clocks of a zone. */
static TimestampTz
days_later(pg_tz *zone, TimestampTz at, int days)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			offset;
	TimestampTz later;

	if (TIMESTAMP_NOT_FINITE(at) || days == 0)
		return at;
	if (timestamp2tm(at, &offset, &tm, &fsec, NULL, zone) != 0)
		return DT_NOEND;
	j2date(date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) + days, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
	offset = DetermineTimeZoneOffset(&tm, zone);
	if (tm2timestamp(&tm, fsec, &offset, &later) != 0)
		return DT_NOEND;
	return later;
}
