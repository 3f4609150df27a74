/*-------------------------------------------------------------------------
 * guard_stage.c
 *	  The trigger leadcrm.guard_stage(): nobody closes or opens leads by
 *	  changing what their stage means.
 *
 * Whether a lead is open, and with it the load of its owner, follows from the
 * kind of its stage.  An open stage may go or get another code while leads are
 * in it: they stay open, and may move on to any open stage.  What would make
 * an open lead a closed one, or the other way round, is refused as long as a
 * lead is there.  It locks the writers of leads out as guard_key.c does.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "guard_key.h"

/* A row of stage, as far as it matters. */
typedef struct GuardedStage
{
	Datum		process;
	Datum		code;
	char	   *kind;
} GuardedStage;

static GuardedStage read_stage(TriggerData *trigdata, HeapTuple row);
static bool same_stage(const GuardedStage *a, const GuardedStage *b);
static void refuse_used(TriggerData *trigdata, const GuardedStage *stage);

PG_FUNCTION_INFO_V1(leadcrm_guard_stage);

/*
 * leadcrm_guard_stage
 *		Trigger: AFTER INSERT OR UPDATE OR DELETE ON stage FOR EACH ROW, and
 *		BEFORE TRUNCATE ON stage FOR EACH STATEMENT.
 *
 * Raises 23503 while a lead, merged or not, is in a stage that would become
 * another kind, or that is not open and would go; 39P01 when it hangs
 * elsewhere.  A stage that is added makes no lead won or lost either.
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
		refuse_used(trigdata, NULL);
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

	if (was.kind != NULL && is.kind != NULL && same_stage(&was, &is))
	{
		if (strcmp(was.kind, is.kind) != 0)
			refuse_used(trigdata, &was);
		return PointerGetDatum(NULL);
	}
	if (was.kind != NULL && strcmp(was.kind, "open") != 0)
		refuse_used(trigdata, &was);
	if (is.kind != NULL && strcmp(is.kind, "open") != 0)
		refuse_used(trigdata, &is);
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

/* Raise 23503 if a lead is in the stage, or, with NULL, in any. */
static void
refuse_used(TriggerData *trigdata, const GuardedStage *stage)
{
	int64		first;
	int64		n;

	if (stage == NULL)
		n = leadcrm_guard_count(trigdata, "stage IS NOT NULL", 0, NULL, NULL, &first);
	else
		n = leadcrm_guard_count(trigdata,
								"process OPERATOR(pg_catalog.=) $1 AND stage OPERATOR(pg_catalog.=) $2",
								2, (Oid[]) {TEXTOID, TEXTOID}, (Datum[]) {stage->process, stage->code}, &first);
	if (n > 0)
		ereport(ERROR,
				(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
				 stage == NULL ?
				 errmsg("cannot truncate table \"%s\" while leads are in its stages",
						RelationGetRelationName(trigdata->tg_relation)) :
				 errmsg("leads in stage \"%s\" of process \"%s\" would not be %s any more",
						TextDatumGetCString(stage->code), TextDatumGetCString(stage->process),
						TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? "open" : stage->kind),
				 errdetail_plural("%lld lead is there: lead %lld.",
								  "%lld leads are there, the first is lead %lld.",
								  n, (long long) n, (long long) first),
				 errhint("Move them to another stage first."),
				 errtable(trigdata->tg_relation)));
}
