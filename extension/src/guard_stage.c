/*-------------------------------------------------------------------------
 * guard_stage.c
 *	  The trigger leadcrm.guard_stage(): nobody takes the stage away that leads
 *	  are in, or changes what it means.
 *
 * Leads and their histories name stages by their codes, without a foreign key.
 * A code that a lead is or was in stays what it is, for a history is not
 * rewritten: whoever wants another name changes the label.  A stage that leads
 * are in stays, and they stay open or closed: whether a lead is open, and with
 * it the load of its owner, follows from the kind of its stage.  A stage that
 * leads have left may go; what they had of it stays in their histories.
 *
 * It locks the writers of leads, who write histories too, out as guard_key.c
 * does: LOCK TABLE lead IN SHARE MODE, then a look with the latest snapshot.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "guard_key.h"

/* A lead, merged or not, in the stage of process $1 and code $2. */
#define LEAD_IN_STAGE	"process OPERATOR(pg_catalog.=) $1 AND stage OPERATOR(pg_catalog.=) $2"

/* A row of stage, as far as it matters. */
typedef struct GuardedStage
{
	Datum		process;
	Datum		code;
	char	   *kind;
} GuardedStage;

static GuardedStage read_stage(TriggerData *trigdata, HeapTuple row);
static bool same_stage(const GuardedStage *a, const GuardedStage *b);
static void refuse_truncate(TriggerData *trigdata);
static void refuse_other_code(TriggerData *trigdata, const GuardedStage *stage);
static void refuse_delete(TriggerData *trigdata, const GuardedStage *stage);
static void refuse_other_kind(TriggerData *trigdata, const GuardedStage *stage, const char *kind);
static int64 count_leads(TriggerData *trigdata, const GuardedStage *stage, const char *condition,
						 int64 *first);
static int	detail_there(int64 n, int64 first);

PG_FUNCTION_INFO_V1(leadcrm_guard_stage);

/*
 * leadcrm_guard_stage
 *		Trigger: AFTER INSERT OR UPDATE OR DELETE ON stage FOR EACH ROW, and
 *		BEFORE TRUNCATE ON stage FOR EACH STATEMENT.
 *
 * Raises 23503 when the code of a stage changes that a lead, merged or not, is
 * or was in; when a stage goes that a living lead is in, or, where it is a
 * closed one, any; when a stage that a lead is in becomes one of another kind,
 * also by being added.  39P01 when it hangs elsewhere.
 */
Datum
leadcrm_guard_stage(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	GuardedStage was = {0};
	GuardedStage is = {0};

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "leadcrm.guard_stage")));
	if (TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event) && TRIGGER_FIRED_BEFORE(trigdata->tg_event))
	{
		refuse_truncate(trigdata);
		return PointerGetDatum(NULL);
	}
	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) || !TRIGGER_FIRED_AFTER(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger function \"%s\" must be fired AFTER the change for each row or BEFORE TRUNCATE",
						"leadcrm.guard_stage")));
	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		is = read_stage(trigdata, trigdata->tg_trigtuple);
	else
		was = read_stage(trigdata, trigdata->tg_trigtuple);
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		is = read_stage(trigdata, trigdata->tg_newtuple);

	if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		refuse_delete(trigdata, &was);
	else if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) || !same_stage(&was, &is))
	{
		if (was.kind != NULL)
			refuse_other_code(trigdata, &was);
		/* Leads whose stage is gone are open. */
		if (strcmp(is.kind, "open") != 0)
			refuse_other_kind(trigdata, &is, "open");
	}
	else if (strcmp(was.kind, is.kind) != 0)
		refuse_other_kind(trigdata, &was, was.kind);
	return PointerGetDatum(NULL);
}

static GuardedStage
read_stage(TriggerData *trigdata, HeapTuple row)
{
	static const char *const name[] = {"process", "code", "kind"};
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);
	Datum		value[lengthof(name)];
	GuardedStage stage;

	for (int i = 0; i < lengthof(name); i++)
	{
		int			column = SPI_fnumber(tupdesc, name[i]);
		bool		isnull = true;

		if (column > 0 && TupleDescAttr(tupdesc, column - 1)->atttypid == TEXTOID)
			value[i] = heap_getattr(row, column, tupdesc, &isnull);
		if (isnull)
			ereport(ERROR,
					(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
					 errmsg("table \"%s\" has no column \"%s\" of type %s",
							RelationGetRelationName(trigdata->tg_relation), name[i], "text")));
	}
	stage.process = value[0];
	stage.code = value[1];
	stage.kind = TextDatumGetCString(value[2]);
	return stage;
}

static bool
same_stage(const GuardedStage *a, const GuardedStage *b)
{
	return strcmp(TextDatumGetCString(a->process), TextDatumGetCString(b->process)) == 0 &&
		strcmp(TextDatumGetCString(a->code), TextDatumGetCString(b->code)) == 0;
}

static void
refuse_truncate(TriggerData *trigdata)
{
	int64		first;
	int64		n = leadcrm_guard_count(trigdata, "stage IS NOT NULL", 0, NULL, NULL, &first);

	if (n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("cannot truncate table \"%s\" while leads are in its stages",
						RelationGetRelationName(trigdata->tg_relation)),
				 detail_there(n, first),
				 errtable(trigdata->tg_relation)));
}

static void
refuse_other_code(TriggerData *trigdata, const GuardedStage *stage)
{
	const char *workspace = quote_identifier(get_namespace_name(RelationGetNamespace(trigdata->tg_relation)));
	int64		first;
	int64		n = count_leads(trigdata, stage,
								psprintf("id OPERATOR(pg_catalog.=) ANY"
										 " (SELECT id FROM %s.lead WHERE " LEAD_IN_STAGE
										 " UNION ALL SELECT lead_id FROM %s.stage_change"
										 " WHERE process OPERATOR(pg_catalog.=) $1"
										 " AND to_stage OPERATOR(pg_catalog.=) $2)",
										 workspace, workspace),
								&first);

	if (n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("cannot change the code of stage \"%s\" of process \"%s\", which leads have been in",
						TextDatumGetCString(stage->code), TextDatumGetCString(stage->process)),
				 errdetail_plural("%lld lead is or was there: lead %lld.",
								  "%lld leads are or were there, the first is lead %lld.",
								  n, (long long) n, (long long) first),
				 errhint("Change its label instead, or add a stage and move the leads there with move_stage()."),
				 errtable(trigdata->tg_relation)));
}

/*
 * A merged row cannot be moved: it keeps no open stage, and comes back as an
 * open lead when its merge is undone.
 */
static void
refuse_delete(TriggerData *trigdata, const GuardedStage *stage)
{
	bool		open = strcmp(stage->kind, "open") == 0;
	int64		first;
	int64		n = count_leads(trigdata, stage,
								open ? LEAD_IN_STAGE " AND merged_into IS NULL" : LEAD_IN_STAGE, &first);

	if (n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("cannot delete stage \"%s\" of process \"%s\" while leads are in it",
						TextDatumGetCString(stage->code), TextDatumGetCString(stage->process)),
				 detail_there(n, first),
				 errhint("Move them to another stage first."),
				 errtable(trigdata->tg_relation)));
}

/* kind: what the leads in it are now. */
static void
refuse_other_kind(TriggerData *trigdata, const GuardedStage *stage, const char *kind)
{
	int64		first;
	int64		n = count_leads(trigdata, stage, LEAD_IN_STAGE, &first);

	if (n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 errmsg("leads in stage \"%s\" of process \"%s\" would not be %s any more",
						TextDatumGetCString(stage->code), TextDatumGetCString(stage->process),
						kind),
				 detail_there(n, first),
				 errhint("Move them to another stage first."),
				 errtable(trigdata->tg_relation)));
}

/* Lock the writers of leads out and count the leads that are somehow of a stage. */
static int64
count_leads(TriggerData *trigdata, const GuardedStage *stage, const char *condition, int64 *first)
{
	return leadcrm_guard_count(trigdata, condition, 2, (Oid[]) {TEXTOID, TEXTOID},
							   (Datum[]) {stage->process, stage->code}, first);
}

static int
detail_there(int64 n, int64 first)
{
	return errdetail_plural("%lld lead is there: lead %lld.",
							"%lld leads are there, the first is lead %lld.",
							n, (long long) n, (long long) first);
}
