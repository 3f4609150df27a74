/*-------------------------------------------------------------------------
 * score_model.c
 *	  The rules by which a workspace scores and grades, compiled.
 *
 * A model belongs to the entry that workspace.c keeps and goes with it, so
 * whatever invalidates that entry (a changed row of a configuration table, an
 * altered lead table) makes a new model.  What only the expressions depend on,
 * functions and types, the rule sets watch themselves.  It is built at the
 * first look, not with the entry: many statements never grade a lead.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "activity_kind.h"
#include "dedup.h"
#include "score.h"

static void model_build(Workspace *ws, ScoreModel *model, Relation lead);
static void model_load_levels(Workspace *ws, ScoreModel *model);
static void model_load_caps(Workspace *ws, ScoreModel *model);
static void model_load_score_rules(Workspace *ws, ScoreModel *model, Relation lead, const char *zone);
static void model_load_intent_rules(Workspace *ws, ScoreModel *model, Relation lead, const char *zone);
static char *model_text(ScoreModel *model, int row, int column);
static int64 model_int(int row, int column, int64 if_null);
static int64 model_span(int row, int column, int64 if_null);
static TimestampTz model_time(int row, int column, TimestampTz if_null);
static int	model_level(ScoreModel *model, const char *code);

/*
 * leadcrm_score_model
 *		The model of a workspace.
 *
 * The result is good as long as the Workspace.  Reads configuration with the
 * latest snapshot as the table's owner; a rule that does not compile is kept
 * as a broken one and counted, never raised.
 */
ScoreModel *
leadcrm_score_model(Workspace *ws, Relation lead)
{
	ScoreModel *model = ws->score;
	MemoryContext cxt;
	OwnerSave	save;

	if (model != NULL && leadcrm_rule_set_is_valid(model->fit_rules) &&
		leadcrm_rule_set_is_valid(model->intent_rules))
		return model;

	if (model != NULL)
	{
		/* A grading further up the stack may still hold it. */
		ws->score = NULL;
		MemoryContextSetParent(model->cxt, TopTransactionContext);
	}

	cxt = AllocSetContextCreate(CurrentMemoryContext, "leadcrm score model",
								ALLOCSET_SMALL_SIZES);
	model = MemoryContextAllocZero(cxt, sizeof(ScoreModel));
	model->cxt = cxt;

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	leadcrm_workspace_snapshot(ws);
	model_build(ws, model, lead);
	PopActiveSnapshot();
	SPI_finish();
	leadcrm_owner_end(&save);

	MemoryContextSetParent(cxt, ws->cxt);
	ws->score = model;
	return model;
}

static void
model_build(Workspace *ws, ScoreModel *model, Relation lead)
{
	const char *zone = pg_get_timezone_name(ws->time_zone);

	model_load_levels(ws, model);
	for (int c = 0; c < DECAY_CLASSES; c++)
	{
		model->half_life[c] = ws->half_life[c].half_life;
		model->most[c] = ws->half_life[c].most;
	}
	model_load_caps(ws, model);
	model_load_score_rules(ws, model, lead, zone);
	model_load_intent_rules(ws, model, lead, zone);
}

static void
model_load_levels(Workspace *ws, ScoreModel *model)
{
	int			n = leadcrm_workspace_config("Snnv", psprintf("SELECT level, enter_at, leave_at, minimum_stay"
										 " FROM %s.intent_level ORDER BY position", ws->name));

	model->nlevels = Min(n, INTENT_MAX_LEVELS);
	for (int i = 0; i < model->nlevels; i++)
	{
		model->level_code[i] = model_text(model, i, 1);
		model->level[i].enter_at = model_int(i, 2, PG_INT64_MIN);
		model->level[i].leave_at = model_int(i, 3, PG_INT64_MIN);
		model->level[i].minimum_stay = model_span(i, 4, 0);
	}
}

static void
model_load_caps(Workspace *ws, ScoreModel *model)
{
	int			n = leadcrm_workspace_config("Sn", psprintf("SELECT cap_group, most FROM %s.score_cap ORDER BY 1", ws->name));

	model->cap = MemoryContextAllocZero(model->cxt, Max(n, 1) * sizeof(ScoreCap));
	model->ncaps = n;
	for (int i = 0; i < n; i++)
	{
		model->cap[i].cap_group = model_text(model, i, 1);
		model->cap[i].most = (int) model_int(i, 2, 0);
	}
}

static void
model_load_score_rules(Workspace *ws, ScoreModel *model, Relation lead, const char *zone)
{
	int			n = leadcrm_workspace_config("SSnsmm", psprintf("SELECT code, condition, points, cap_group, valid_from, valid_to"
										 " FROM %s.score_rule WHERE active ORDER BY code LIMIT %d",
										 ws->name, RULE_MAX_RULES));
	RuleText   *text = palloc(Max(n, 1) * sizeof(RuleText));

	model->rule = MemoryContextAllocZero(model->cxt, Max(n, 1) * sizeof(ScoreRule));
	model->nrules = n;
	for (int i = 0; i < n; i++)
	{
		ScoreRule  *rule = &model->rule[i];
		char	   *group = model_text(model, i, 4);

		rule->code = model_text(model, i, 1);
		rule->points = (int) model_int(i, 3, 0);
		rule->cap = -1;
		for (int c = 0; group != NULL && c < model->ncaps; c++)
		{
			if (strcmp(group, model->cap[c].cap_group) == 0)
				rule->cap = c;
		}
		rule->valid_from = model_time(i, 5, DT_NOBEGIN);
		rule->valid_to = model_time(i, 6, DT_NOEND);
		model->dated |= rule->valid_from != DT_NOBEGIN || rule->valid_to != DT_NOEND;
		text[i].code = rule->code;
		text[i].condition = model_text(model, i, 2);
	}
	model->fit_rules = leadcrm_rule_set_build(lead, n, text, zone, false, model->cxt);
}

static void
model_load_intent_rules(Workspace *ws, ScoreModel *model, Relation lead, const char *zone)
{
	int			n = leadcrm_workspace_config("SSSsv", psprintf("SELECT code, level, effect, condition, holds_for"
										 " FROM %s.intent_rule WHERE active"
										 " ORDER BY effect <> 'hold', code LIMIT %d",
										 ws->name, RULE_MAX_RULES));
	RuleText   *text = palloc(Max(n, 1) * sizeof(RuleText));
	int			nconditions = 0;

	model->intent = MemoryContextAllocZero(model->cxt, Max(n, 1) * sizeof(IntentRule));
	for (int i = 0; i < n; i++)
	{
		IntentRule *rule = &model->intent[model->nintent];
		int			level = model_level(model, model_text(model, i, 2));

		if (level < 0)
			continue;			/* of a level that was taken away */
		rule->code = model_text(model, i, 1);
		rule->level = level;
		rule->hold = strcmp(model_text(model, i, 3), "hold") == 0;
		rule->holds_for = model_span(i, 5, -1);
		rule->condition = -1;
		text[nconditions].code = rule->code;
		text[nconditions].condition = model_text(model, i, 4);
		if (text[nconditions].condition != NULL)
			rule->condition = nconditions++;
		model->nintent++;
	}
	model->intent_rules = leadcrm_rule_set_build(lead, nconditions, text, zone, false, model->cxt);
}

static char *
model_text(ScoreModel *model, int row, int column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);

	return value ? MemoryContextStrdup(model->cxt, value) : NULL;
}

static int64
model_int(int row, int column, int64 if_null)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	if (isnull)
		return if_null;
	switch (SPI_gettypeid(SPI_tuptable->tupdesc, column))
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

/* An interval in microseconds; a month has 30 days. */
static int64
model_span(int row, int column, int64 if_null)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	if (isnull)
		return if_null;
	return leadcrm_interval_span(DatumGetIntervalP(value));
}

static TimestampTz
model_time(int row, int column, TimestampTz if_null)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? if_null : DatumGetTimestampTz(value);
}

static int
model_level(ScoreModel *model, const char *code)
{
	for (int i = 0; i < model->nlevels; i++)
	{
		if (strcmp(model->level_code[i], code) == 0)
			return i;
	}
	return -1;
}
