/*-------------------------------------------------------------------------
 * stage_activity.c
 *	  Rules by which what happened moves a lead: stage_rule.activity_kind.
 *
 * At the end of an INSERT on activity, one UPDATE of the leads that a rule
 * could move forward; the row trigger on lead decides, under the lock on each
 * row.  Where no rule asks for any of the kinds, nothing is read.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "dedup.h"
#include "owner.h"
#include "process.h"

static void gather(const ProcessModel *model, TriggerData *trigdata, StageDues *dues);
static void keep_forward(Workspace *ws, const ProcessModel *model, StageDues *dues);
static void move_leads(Workspace *ws, const StageDues *dues);
static ArrayType *dues_leads(const StageDues *dues);
static int	due_compare(const void *a, const void *b);

/*
 * leadcrm_stage_activities
 *		After an INSERT on activity: move the leads that rules say.
 *
 * Raises 39P01 when the trigger hangs elsewhere.  Locks the leads FOR NO KEY
 * UPDATE in the order of their ids and writes as the table's owner.
 */
void
leadcrm_stage_activities(TriggerData *trigdata)
{
	Relation	activity = trigdata->tg_relation;
	Oid			leadid = get_relname_relid("lead", RelationGetNamespace(activity));
	Workspace  *ws = NULL;
	ProcessModel *model;
	StageDues	dues = {0};
	OwnerSave	save;

	if (OidIsValid(leadid))
	{
		Relation	lead = table_open(leadid, RowExclusiveLock);

		ws = leadcrm_workspace_of(lead);
		table_close(lead, NoLock);
	}
	if (ws == NULL || activity->rd_rel->relowner != ws->owner || trigdata->tg_newtable == NULL ||
		!TRIGGER_FIRED_AFTER(trigdata->tg_event) || !TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger function \"%s\" cannot be fired at this level, time or event",
						"leadcrm.stage"),
				 errhint("Its triggers are made by leadcrm.create_workspace() and leadcrm.repair_workspace().")));
	model = leadcrm_process_model(ws);
	if (model->nrow_rules == model->nrules)
		return;
	gather(model, trigdata, &dues);
	if (dues.n == 0)
		return;

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	keep_forward(ws, model, &dues);
	if (dues.n > 0)
		move_leads(ws, &dues);
	SPI_finish();
	leadcrm_owner_end(&save);
}

/* Leads with activities of kinds that rules ask for. */
static void
gather(const ProcessModel *model, TriggerData *trigdata, StageDues *dues)
{
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);
	int			lead = SPI_fnumber(tupdesc, "lead_id");
	int			kind = SPI_fnumber(tupdesc, "kind");
	TupleTableSlot *slot = MakeSingleTupleTableSlot(tupdesc, &TTSOpsMinimalTuple);
	Tuplestorestate *store = trigdata->tg_newtable;
	int			max = 0;

	if (lead <= 0 || TupleDescAttr(tupdesc, lead - 1)->atttypid != INT8OID ||
		kind <= 0 || TupleDescAttr(tupdesc, kind - 1)->atttypid != TEXTOID)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("table \"%s\" does not hold the activities of a workspace",
						RelationGetRelationName(trigdata->tg_relation))));
	tuplestore_select_read_pointer(store, tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND));
	tuplestore_rescan(store);
	while (tuplestore_gettupleslot(store, true, false, slot))
	{
		bool		isnull;
		text	   *name = DatumGetTextPP(slot_getattr(slot, kind, &isnull));

		for (int i = 0; i < model->nrules; i++)
		{
			const char *asked = model->rule[i].activity_kind;

			if (asked == NULL || strlen(asked) != VARSIZE_ANY_EXHDR(name) ||
				memcmp(asked, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)) != 0)
				continue;
			if (dues->n == max)
			{
				max = Max(2 * max, 8);
				dues->item = dues->item ? repalloc_huge(dues->item, max * sizeof(StageDue)) :
					palloc(max * sizeof(StageDue));
			}
			dues->item[dues->n].lead = DatumGetInt64(slot_getattr(slot, lead, &isnull));
			dues->item[dues->n++].rule = i;
		}
	}
	ExecDropSingleTupleTableSlot(slot);
	qsort(dues->item, dues->n, sizeof(StageDue), due_compare);
}

/*
 * Of these, those that a rule could move forward from where they seem to be.
 * What a merged lead did, its living lead did.
 */
static void
keep_forward(Workspace *ws, const ProcessModel *model, StageDues *dues)
{
	Datum		values[] = {PointerGetDatum(dues_leads(dues))};
	uint64		nleads;
	StageDues	kept = {.item = palloc_extended(dues->n * sizeof(StageDue), MCXT_ALLOC_HUGE)};
	int			next = 0;

	nleads = leadcrm_workspace_run(ws, PLAN_STAGE_LEADS,
								   "SELECT a.id, l.id, l.process, l.stage FROM %s.lead a JOIN %s.lead l"
								   " ON l.id = coalesce(a.merged_into, a.id)"
								   " WHERE a.id = ANY ($1) ORDER BY a.id",
								   1, (Oid[]) {INT8ARRAYOID}, values);
	for (uint64 i = 0; i < nleads; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	tupdesc = SPI_tuptable->tupdesc;
		bool		isnull;
		bool		no_stage;
		int64		named = DatumGetInt64(SPI_getbinval(row, tupdesc, 1, &isnull));
		int64		living = DatumGetInt64(SPI_getbinval(row, tupdesc, 2, &isnull));
		Datum		code = SPI_getbinval(row, tupdesc, 3, &isnull);
		Datum		stage_code = SPI_getbinval(row, tupdesc, 4, &no_stage);
		int			process = isnull || no_stage ? PROCESS_NONE : leadcrm_process_find(model, code);
		int			stage = process < 0 ? PROCESS_NONE :
			leadcrm_process_find_stage(&model->process[process], stage_code);

		while (next < dues->n && dues->item[next].lead < named)
			next++;
		for (; next < dues->n && dues->item[next].lead == named; next++)
		{
			const StageRule *rule = &model->rule[dues->item[next].rule];

			if (stage < 0 || rule->process != process || rule->to < 0 ||
				model->process[process].stage[stage].kind != STAGE_OPEN ||
				model->process[process].stage[rule->to].position <= model->process[process].stage[stage].position)
				continue;
			kept.item[kept.n].lead = living;
			kept.item[kept.n++].rule = dues->item[next].rule;
		}
	}
	qsort(kept.item, kept.n, sizeof(StageDue), due_compare);
	*dues = kept;
}

/* The row trigger sees what is due while it moves them. */
static void
move_leads(Workspace *ws, const StageDues *dues)
{
	Datum		values[] = {PointerGetDatum(dues_leads(dues))};
	const StageDues *before;

	(void) leadcrm_workspace_run(ws, PLAN_LOCK_LEADS,
								 "SELECT id FROM %s.lead WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE",
								 1, (Oid[]) {INT8ARRAYOID}, values);
	before = leadcrm_stage_dues(dues);
	PG_TRY();
	{
		(void) leadcrm_workspace_run(ws, PLAN_RULE_STAGES,
									 "UPDATE %s.lead SET stage = stage"
									 " WHERE id = ANY ($1) AND merged_into IS NULL",
									 1, (Oid[]) {INT8ARRAYOID}, values);
	}
	PG_FINALLY();
	{
		(void) leadcrm_stage_dues(before);
	}
	PG_END_TRY();
}

static ArrayType *
dues_leads(const StageDues *dues)
{
	int64	   *lead = palloc_extended(dues->n * sizeof(int64), MCXT_ALLOC_HUGE);
	int			n = 0;

	for (int i = 0; i < dues->n; i++)
	{
		if (n == 0 || lead[n - 1] != dues->item[i].lead)
			lead[n++] = dues->item[i].lead;
	}
	return leadcrm_int8_array(lead, n);
}

static int
due_compare(const void *a, const void *b)
{
	const StageDue *x = a;
	const StageDue *y = b;

	if (x->lead != y->lead)
		return x->lead < y->lead ? -1 : 1;
	return x->rule - y->rule;
}
