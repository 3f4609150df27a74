/*-------------------------------------------------------------------------
 * workspace.c
 *	  What the triggers of one workspace know about it, kept per backend.
 *
 * One entry per lead table, keyed by its OID: columns by name, the compiled
 * identity rules, sources, synonyms, kinds of activity and the prepared statements.
 * The one invariant: an entry is used only while nothing it was built from has
 * changed.  Three callbacks keep it: relcache invalidation of lead or of a
 * configuration table (config_changed() sends it for every change of their
 * rows, in every session), and syscache invalidation of schemas, because the
 * statements carry the schema's name.  The callbacks only mark; a new entry is
 * built at the next look-up.  The old one may still be in use further up the
 * stack, so it goes with the transaction, not at once.
 *
 * Configuration is read with the latest snapshot, never the transaction's: an
 * entry outlives the transaction that builds it, and the invalidation for what
 * an old snapshot cannot see has already been consumed.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "activity_kind.h"
#include "fold.h"
#include "owner.h"
#include "row_expression.h"
#include "workspace.h"

/* Tables of a workspace whose rows the cache holds. */
static const char *const config_table[] = {
	"identity_rule", "source", "industry", "product_line", "workspace",
	"score_rule", "score_cap", "half_life", "activity_kind", "intent_level", "intent_rule",
	"team", "rep", "rep_absence", "rep_skill", "territory", "territory_rep", "pool",
	"calendar_hours", "assignment_rule", "pool_rule",
	"process", "stage", "transition", "stage_rule", "loss_reason", "approval_rule"
};

#define NCONFIG_TABLES	lengthof(config_table)

/* Folded spellings are cut here, in bytes; longer ones stand for nothing. */
#define SYNONYM_MAX		256

typedef struct WorkspaceEntry
{
	Oid			lead;			/* hash key */
	bool		valid;
	Oid			config[NCONFIG_TABLES];
	Workspace  *ws;				/* NULL until built */
} WorkspaceEntry;

/* The columns a lead table must have, and of which type. */
static const struct
{
	const char *name;
	Oid			type;
}			lead_column[LEAD_NCOLUMNS] = {
	[LEAD_ID] = {"id", INT8OID},
	[LEAD_KIND] = {"kind", TEXTOID},
	[LEAD_NAME] = {"name", TEXTOID},
	[LEAD_COMPANY] = {"company", TEXTOID},
	[LEAD_TITLE] = {"title", TEXTOID},
	[LEAD_PHONE] = {"phone", TEXTOID},
	[LEAD_EMAIL] = {"email", TEXTOID},
	[LEAD_WECHAT] = {"wechat", TEXTOID},
	[LEAD_UNIONID] = {"unionid", TEXTOID},
	[LEAD_TAX_ID] = {"tax_id", TEXTOID},
	[LEAD_ADDRESS] = {"address", TEXTOID},
	[LEAD_REGION] = {"region", TEXTOID},
	[LEAD_INDUSTRY] = {"industry", TEXTOID},
	[LEAD_PRODUCT_LINE] = {"product_line", TEXTOID},
	[LEAD_FIRST_SOURCE] = {"first_source", TEXTOID},
	[LEAD_LAST_SOURCE] = {"last_source", TEXTOID},
	[LEAD_LAST_FORM] = {"last_form", TEXTOID},
	[LEAD_LAST_INBOUND_AT] = {"last_inbound_at", TIMESTAMPTZOID},
	[LEAD_CAMPAIGN] = {"campaign", TEXTOID},
	[LEAD_PARTNER] = {"partner", TEXTOID},
	[LEAD_EXTERNAL_ID] = {"external_id", TEXTOID},
	[LEAD_PROJECT_NAME] = {"project_name", TEXTOID},
	[LEAD_EXPECTED_AMOUNT] = {"expected_amount", NUMERICOID},
	[LEAD_CURRENCY] = {"currency", TEXTOID},
	[LEAD_EXPECTED_CLOSE_ON] = {"expected_close_on", DATEOID},
	[LEAD_PROCESS] = {"process", TEXTOID},
	[LEAD_STAGE] = {"stage", TEXTOID},
	[LEAD_STAGE_SINCE] = {"stage_since", TIMESTAMPTZOID},
	[LEAD_LIFECYCLE] = {"lifecycle", InvalidOid},	/* leadcrm's own type */
	[LEAD_WON_AT] = {"won_at", TIMESTAMPTZOID},
	[LEAD_WON_AMOUNT] = {"won_amount", NUMERICOID},
	[LEAD_LOST_AT] = {"lost_at", TIMESTAMPTZOID},
	[LEAD_LOSS_REASON] = {"loss_reason", TEXTOID},
	[LEAD_LOSS_NOTE] = {"loss_note", TEXTOID},
	[LEAD_COMPETITOR] = {"competitor", TEXTOID},
	[LEAD_INTENT] = {"intent", TEXTOID},
	[LEAD_INTENT_SINCE] = {"intent_since", TIMESTAMPTZOID},
	[LEAD_INTENT_BEFORE] = {"intent_before", TEXTOID},
	[LEAD_INTENT_DUE_AT] = {"intent_due_at", TIMESTAMPTZOID},
	[LEAD_SIGNALS] = {"signals", JSONBOID},
	[LEAD_SCORE] = {"score", INT4OID},
	[LEAD_FIT] = {"fit", INT4OID},
	[LEAD_BEHAVIOUR_1] = {"behaviour_1", FLOAT8OID},
	[LEAD_BEHAVIOUR_1_AT] = {"behaviour_1_at", TIMESTAMPTZOID},
	[LEAD_BEHAVIOUR_2] = {"behaviour_2", FLOAT8OID},
	[LEAD_BEHAVIOUR_2_AT] = {"behaviour_2_at", TIMESTAMPTZOID},
	[LEAD_BEHAVIOUR_3] = {"behaviour_3", FLOAT8OID},
	[LEAD_BEHAVIOUR_3_AT] = {"behaviour_3_at", TIMESTAMPTZOID},
	[LEAD_BEHAVIOUR_4] = {"behaviour_4", FLOAT8OID},
	[LEAD_BEHAVIOUR_4_AT] = {"behaviour_4_at", TIMESTAMPTZOID},
	[LEAD_OWNER] = {"owner", TEXTOID},
	[LEAD_TEAM] = {"team", TEXTOID},
	[LEAD_POOL] = {"pool", TEXTOID},
	[LEAD_POOL_SINCE] = {"pool_since", TIMESTAMPTZOID},
	[LEAD_ASSIGNED_AT] = {"assigned_at", TIMESTAMPTZOID},
	[LEAD_TOUCHED_AT] = {"touched_at", TIMESTAMPTZOID},
	[LEAD_RECYCLE_AT] = {"recycle_at", TIMESTAMPTZOID},
	[LEAD_FIRST_CONTACT_DUE_AT] = {"first_contact_due_at", TIMESTAMPTZOID},
	[LEAD_FIRST_CONTACTED_AT] = {"first_contacted_at", TIMESTAMPTZOID},
	[LEAD_FIRST_CONTACT_FROM] = {"first_contact_from", TIMESTAMPTZOID},
	[LEAD_LAST_CONTACTED_AT] = {"last_contacted_at", TIMESTAMPTZOID},
	[LEAD_MERGED_INTO] = {"merged_into", INT8OID},
	[LEAD_ATTRS] = {"attrs", JSONBOID},
	[LEAD_CREATED_AT] = {"created_at", TIMESTAMPTZOID},
	[LEAD_UPDATED_AT] = {"updated_at", TIMESTAMPTZOID},
};

static const char *const identity_kind_name[] = {
	[IDENTITY_PHONE] = "phone",
	[IDENTITY_EMAIL] = "email",
	[IDENTITY_WECHAT] = "wechat",
	[IDENTITY_UNIONID] = "unionid",
	[IDENTITY_TAX_ID] = "tax_id",
	[IDENTITY_COMPANY_PERSON] = "company_person",
	[IDENTITY_COMPANY_PROJECT] = "company_project",
};

static HTAB *workspace_cache = NULL;
static MemoryContext workspace_cache_cxt = NULL;

static void workspace_relcache_callback(Datum arg, Oid relid);
static void workspace_syscache_callback(Datum arg, int cacheid, uint32 hashvalue);
static void workspace_build(WorkspaceEntry *entry, Relation lead);
static void workspace_retire(Workspace *ws);
static void workspace_free_plans(void *arg);
static void workspace_find_columns(Workspace *ws, Relation lead);
static void workspace_load_rules(Workspace *ws, Relation lead);
static ExprState *workspace_compile(Workspace *ws, Relation lead, IdentityRule *rule,
									const char *source);
static void workspace_load_sources(Workspace *ws);
static void workspace_load_synonyms(Workspace *ws, const char *table, SynonymList *list);
static uint64 workspace_execute(Workspace *ws, WorkspacePlan which, const char *query,
								int nargs, Oid *argtypes, Datum *values, const char *nulls,
								bool read_only);
static int	plan_by_index(Workspace *ws, WorkspacePlan which, SPIPlanPtr plan);
static void plan_is_made(Workspace *ws, WorkspacePlan which, int nestlevel);
static BlockNumber lead_size(Workspace *ws);
static text *workspace_text(Workspace *ws, const char *s);
static int	source_compare(const void *a, const void *b);
static int	synonym_compare(const void *a, const void *b);
static char *synonym_fold(const char *spelling, size_t len);

/*
 * leadcrm_workspace_init
 *		Register the callbacks; called once, from _PG_init.
 */
void
leadcrm_workspace_init(void)
{
	CacheRegisterRelcacheCallback(workspace_relcache_callback, (Datum) 0);
	CacheRegisterSyscacheCallback(NAMESPACEOID, workspace_syscache_callback, (Datum) 0);
}

/*
 * leadcrm_workspace_of
 *		The workspace that a lead table belongs to.
 *
 * lead: an open relation, locked by the caller.
 *
 * The result stays good until the end of the transaction, though no longer
 * than it is current: look it up anew in each trigger call.  Raises 39P01
 * when the table is not the lead table of a workspace.
 */
Workspace *
leadcrm_workspace_of(Relation lead)
{
	WorkspaceEntry *entry;
	Oid			relid = RelationGetRelid(lead);
	bool		found;

	if (workspace_cache == NULL)
	{
		HASHCTL		ctl;

		if (workspace_cache_cxt == NULL)
			workspace_cache_cxt = AllocSetContextCreate(CacheMemoryContext,
														"leadcrm workspaces",
														ALLOCSET_DEFAULT_SIZES);
		ctl.keysize = sizeof(Oid);
		ctl.entrysize = sizeof(WorkspaceEntry);
		ctl.hcxt = workspace_cache_cxt;
		workspace_cache = hash_create("leadcrm workspaces", 8, &ctl,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	}

	entry = hash_search(workspace_cache, &relid, HASH_ENTER, &found);
	if (!found)
	{
		entry->valid = false;
		entry->ws = NULL;
	}
	if (!entry->valid)
		workspace_build(entry, lead);
	return entry->ws;
}

/*
 * leadcrm_workspace_column
 *		The name of a column of lead.
 */
const char *
leadcrm_workspace_column(LeadColumn column)
{
	return lead_column[column].name;
}

/*
 * leadcrm_workspace_source
 *		The source of that code, or NULL when the workspace has none.
 */
const LeadSource *
leadcrm_workspace_source(Workspace *ws, const char *code)
{
	LeadSource	key;

	key.code = unconstify(char *, code);
	return bsearch(&key, ws->source, ws->nsources, sizeof(LeadSource), source_compare);
}

/*
 * leadcrm_workspace_synonym
 *		The code that a spelling stands for, or NULL.
 *
 * spelling, len: as typed, in the server encoding.
 */
const char *
leadcrm_workspace_synonym(const SynonymList *list, const char *spelling, size_t len)
{
	Synonym		key;
	Synonym    *hit;

	if (list->n == 0)
		return NULL;
	key.spelling = synonym_fold(spelling, len);
	if (key.spelling == NULL)
		return NULL;
	hit = bsearch(&key, list->item, list->n, sizeof(Synonym), synonym_compare);
	pfree(key.spelling);
	return hit ? hit->code : NULL;
}

/*
 * leadcrm_workspace_plan
 *		A statement of the workspace, prepared at its first use.
 *
 * query: its text, with %s wherever the quoted schema name goes.
 *
 * The caller is connected to SPI and acts as the table's owner.
 */
SPIPlanPtr
leadcrm_workspace_plan(Workspace *ws, WorkspacePlan which, const char *query,
					   int nargs, Oid *argtypes)
{
	if (ws->plan[which] == NULL)
	{
		StringInfoData buf;
		const char *mark;
		SPIPlanPtr	plan;

		initStringInfo(&buf);
		while ((mark = strstr(query, "%s")) != NULL)
		{
			appendBinaryStringInfo(&buf, query, mark - query);
			appendStringInfoString(&buf, ws->name);
			query = mark + 2;
		}
		appendStringInfoString(&buf, query);

		/* Array lengths differ from call to call; the plan need not. */
		plan = SPI_prepare_cursor(buf.data, nargs, argtypes, CURSOR_OPT_GENERIC_PLAN);
		if (plan == NULL)
			elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
		if (SPI_keepplan(plan) != 0)
			elog(ERROR, "SPI_keepplan failed");
		pfree(buf.data);
		ws->plan[which] = plan;
	}
	return ws->plan[which];
}

/*
 * leadcrm_workspace_run
 *		Run a statement of the workspace that may write; its snapshot is new.
 *
 * query: as for leadcrm_workspace_plan(), or NULL when it is prepared.
 *
 * Whenever it has to be planned it is planned to look rows up by index.  The
 * plan is kept until there are twice as many leads: made while a workspace is
 * nearly empty it would scan its tables, and go on doing so to the end of the
 * COPY that fills them.
 *
 * Returns the number of rows; they are in SPI_tuptable.
 */
uint64
leadcrm_workspace_run(Workspace *ws, WorkspacePlan which, const char *query,
					  int nargs, Oid *argtypes, Datum *values)
{
	return workspace_execute(ws, which, query, nargs, argtypes, values, NULL, false);
}

/*
 * leadcrm_workspace_run_alone
 *		The same for a caller who need not be connected to SPI, and reads no rows.
 */
uint64
leadcrm_workspace_run_alone(Workspace *ws, WorkspacePlan which, const char *query,
							int nargs, Oid *argtypes, Datum *values)
{
	uint64		n;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	n = leadcrm_workspace_run(ws, which, query, nargs, argtypes, values);
	SPI_finish();
	return n;
}

/*
 * leadcrm_workspace_run_nulls
 *		leadcrm_workspace_run() with parameters that may be NULL, as for
 *		SPI_execute_plan().
 */
uint64
leadcrm_workspace_run_nulls(Workspace *ws, WorkspacePlan which, const char *query,
							int nargs, Oid *argtypes, Datum *values, const char *nulls)
{
	return workspace_execute(ws, which, query, nargs, argtypes, values, nulls, false);
}

/*
 * leadcrm_workspace_read
 *		The same for a statement that only reads, under the active snapshot.
 */
uint64
leadcrm_workspace_read(Workspace *ws, WorkspacePlan which, const char *query,
					   int nargs, Oid *argtypes, Datum *values)
{
	return workspace_execute(ws, which, query, nargs, argtypes, values, NULL, true);
}

/*
 * leadcrm_workspace_cursor
 *		The same as a cursor, for more rows than should be in memory at once.
 *
 * The caller is connected to SPI and closes it.
 */
Portal
leadcrm_workspace_cursor(Workspace *ws, WorkspacePlan which, const char *query,
						 int nargs, Oid *argtypes, Datum *values)
{
	SPIPlanPtr	plan = leadcrm_workspace_plan(ws, which, query, nargs, argtypes);
	int			nestlevel = plan_by_index(ws, which, plan);
	Portal		portal = SPI_cursor_open(NULL, plan, values, NULL, true);

	if (nestlevel > 0)
		plan_is_made(ws, which, nestlevel);
	return portal;
}

/*
 * leadcrm_workspace_table
 *		OID of a table of the workspace; raises 42P01 when it is gone.
 */
Oid
leadcrm_workspace_table(Oid namespace_oid, const char *table)
{
	Oid			relid = get_relname_relid(table, namespace_oid);

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("workspace \"%s\" has no table \"%s\"",
						get_namespace_name(namespace_oid), table),
				 errhint("See leadcrm.check_workspace() and leadcrm.repair_workspace().")));
	return relid;
}

/*
 * leadcrm_workspace_sequence
 *		OID of the sequence that numbers the rows of a side table in its first
 *		column; InvalidOid when that is no identity column.
 */
Oid
leadcrm_workspace_sequence(Workspace *ws, WorkspaceSide which, Relation side)
{
	if (ws->side[which] != RelationGetRelid(side) || !OidIsValid(ws->sequence[which]))
	{
		ws->side[which] = RelationGetRelid(side);
		ws->sequence[which] = getIdentitySequence_compat(side, 1);
	}
	return ws->sequence[which];
}

PG_FUNCTION_INFO_V1(leadcrm_config_changed);

/*
 * leadcrm_config_changed
 *		Trigger: tell every session that a configuration table has changed.
 *
 *	CREATE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON source
 *		FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
 *	CREATE TRIGGER config_truncated AFTER TRUNCATE ON source
 *		FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
 *
 * Both ENABLE ALWAYS, so that logical replication invalidates too.  Writes
 * nothing; harmless wherever it hangs.
 */
Datum
leadcrm_config_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager",
						"leadcrm.config_changed")));
	if (!TRIGGER_FIRED_AFTER(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("trigger function \"%s\" must be fired AFTER the change",
						"leadcrm.config_changed")));
	CacheInvalidateRelcache(trigdata->tg_relation);
	return PointerGetDatum(NULL);
}

static uint64
workspace_execute(Workspace *ws, WorkspacePlan which, const char *query,
				  int nargs, Oid *argtypes, Datum *values, const char *nulls, bool read_only)
{
	SPIPlanPtr	plan = leadcrm_workspace_plan(ws, which, query, nargs, argtypes);
	int			nestlevel = plan_by_index(ws, which, plan);
	int			rc;

	rc = SPI_execute_plan(plan, values, nulls, read_only, 0);
	if (rc < 0)
		elog(ERROR, "SPI_execute_plan failed: %s", SPI_result_code_string(rc));
	if (nestlevel > 0)
		plan_is_made(ws, which, nestlevel);
	return SPI_processed;
}

/*
 * Where a statement is going to be planned, see to it that it is planned to
 * look rows up by index; plan_is_made() ends that.  Returns 0 where it is
 * planned already.
 *
 * Of a few rows any way to read them looks cheap, by index or not, and in any
 * order of joins; so a plan does not outlive the size it was made for.
 */
static int
plan_by_index(Workspace *ws, WorkspacePlan which, SPIPlanPtr plan)
{
	static const char *const off[] = {"jit", "enable_seqscan", "enable_bitmapscan",
		"enable_hashjoin", "enable_mergejoin", "enable_material"};
	int			nestlevel;
	ListCell   *cell;

	if (ws->planned[which] > 0 && SPI_plan_is_valid(plan) &&
		lead_size(ws) <= 2 * (uint64) ws->planned[which])
		return 0;
	ws->planned[which] = 0;
	foreach(cell, SPI_plan_get_plan_sources(plan))
	{
		CachedPlanSource *source = lfirst(cell);

		if (source->gplan != NULL)
			source->gplan->is_valid = false;
	}

	nestlevel = NewGUCNestLevel();
	for (int i = 0; i < lengthof(off); i++)
		(void) set_config_option(off[i], "off", PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	return nestlevel;
}

static void
plan_is_made(Workspace *ws, WorkspacePlan which, int nestlevel)
{
	AtEOXact_GUC(true, nestlevel);
	ws->planned[which] = lead_size(ws);
}

/* Pages of the lead table; at least one. */
static BlockNumber
lead_size(Workspace *ws)
{
	Relation	lead = table_open(ws->lead, AccessShareLock);
	BlockNumber size = 0;

	if (RELKIND_HAS_STORAGE(lead->rd_rel->relkind))
		size = RelationGetNumberOfBlocks(lead);
	table_close(lead, AccessShareLock);
	return Max(size, 1);
}

/*
 * A relation was invalidated: mark the entries that were built from it.
 * No catalog access, no allocation, no freeing.
 */
static void
workspace_relcache_callback(Datum arg, Oid relid)
{
	HASH_SEQ_STATUS seq;
	WorkspaceEntry *entry;

	if (workspace_cache == NULL)
		return;
	hash_seq_init(&seq, workspace_cache);
	while ((entry = hash_seq_search(&seq)) != NULL)
	{
		if (!OidIsValid(relid) || entry->lead == relid)
			entry->valid = false;
		else
		{
			for (int i = 0; i < NCONFIG_TABLES; i++)
			{
				if (entry->config[i] == relid)
					entry->valid = false;
			}
			for (int i = 0; entry->ws != NULL && i < NSIDES; i++)
			{
				if (entry->ws->side[i] == relid)
					entry->ws->sequence[i] = InvalidOid;
			}
		}
	}
}

/* A schema was renamed or dropped: the prepared statements name it. */
static void
workspace_syscache_callback(Datum arg, int cacheid, uint32 hashvalue)
{
	workspace_relcache_callback(arg, InvalidOid);
}

/*
 * Build the entry's workspace from the catalogs and the configuration tables.
 * A failure leaves the entry invalid and what was built so far to the end of
 * the transaction.
 */
static void
workspace_build(WorkspaceEntry *entry, Relation lead)
{
	Workspace  *ws;
	MemoryContext cxt;
	MemoryContextCallback *callback;
	OwnerSave	save;

	if (entry->ws != NULL)
	{
		Workspace  *old = entry->ws;

		entry->ws = NULL;
		workspace_retire(old);
	}

	/* Whatever is invalidated from here on invalidates what we build. */
	cxt = AllocSetContextCreate(TopTransactionContext, "leadcrm workspace",
								ALLOCSET_SMALL_SIZES);
	ws = MemoryContextAllocZero(cxt, sizeof(Workspace));
	ws->cxt = cxt;
	callback = MemoryContextAlloc(cxt, sizeof(MemoryContextCallback));
	callback->func = workspace_free_plans;
	callback->arg = ws;
	MemoryContextRegisterResetCallback(cxt, callback);

	ws->lead = RelationGetRelid(lead);
	ws->namespace_oid = RelationGetNamespace(lead);
	ws->owner = lead->rd_rel->relowner;
	ws->name = MemoryContextStrdup(cxt, quote_identifier(get_namespace_name(ws->namespace_oid)));
	ws->path = MemoryContextStrdup(cxt, psprintf("pg_catalog, %s, pg_temp", ws->name));

	ws->distributed = OidIsValid(get_extension_oid("citus", true));
	leadcrm_row_functions(ws->row_function);

	/*
	 * The triggers serve the workspace's own lead table.  Citus keeps the
	 * rows in a shard, lead_<number>, of the same schema.
	 */
	if (strcmp(RelationGetRelationName(lead), "lead") != 0 &&
		!(strncmp(RelationGetRelationName(lead), "lead_", 5) == 0 && ws->distributed))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("table \"%s\" is not the lead table of a workspace",
						RelationGetRelationName(lead)),
				 errhint("leadcrm's triggers are made by leadcrm.create_workspace() and leadcrm.repair_workspace().")));
	workspace_find_columns(ws, lead);

	for (int i = 0; i < NCONFIG_TABLES; i++)
		entry->config[i] = leadcrm_workspace_table(ws->namespace_oid, config_table[i]);
	entry->valid = true;		/* an invalidation from now on takes it back */

	leadcrm_owner_begin(ws, &save);
	PG_TRY();
	{
		if (SPI_connect() != SPI_OK_CONNECT)
			elog(ERROR, "SPI_connect failed");
		leadcrm_workspace_snapshot(ws);
		workspace_load_rules(ws, lead);
		workspace_load_sources(ws);
		workspace_load_synonyms(ws, "industry", &ws->industry);
		workspace_load_synonyms(ws, "product_line", &ws->product_line);
		leadcrm_activity_kinds_load(ws);
		PopActiveSnapshot();
		SPI_finish();
	}
	PG_CATCH();
	{
		entry->valid = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	leadcrm_owner_end(&save);

	MemoryContextSetParent(cxt, workspace_cache_cxt);
	entry->ws = ws;
}

/*
 * Let a superseded workspace go with the transaction: a trigger further up
 * the stack may still hold it.
 */
static void
workspace_retire(Workspace *ws)
{
	MemoryContextSetParent(ws->cxt, TopTransactionContext);
}

/* Reset callback of a workspace's context: its plans live elsewhere. */
static void
workspace_free_plans(void *arg)
{
	Workspace  *ws = arg;

	for (int i = 0; i < NPLANS; i++)
	{
		if (ws->plan[i] != NULL)
			SPI_freeplan(ws->plan[i]);
		ws->plan[i] = NULL;
	}
}

static void
workspace_find_columns(Workspace *ws, Relation lead)
{
	TupleDesc	tupdesc = RelationGetDescr(lead);
	ListCell   *cell;

	ws->natts = tupdesc->natts;
	for (int i = 0; i < LEAD_NCOLUMNS; i++)
	{
		int			attnum = SPI_fnumber(tupdesc, lead_column[i].name);
		Oid			type = lead_column[i].type;

		if (!OidIsValid(type))
			type = leadcrm_lifecycle_type();
		if (attnum <= 0 || TupleDescAttr(tupdesc, attnum - 1)->atttypid != type)
			ereport(ERROR,
					(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
					 errmsg("table \"%s\" has no column \"%s\" of type %s",
							RelationGetRelationName(lead), lead_column[i].name, format_type_be(type)),
					 errhint("leadcrm's triggers work on the lead table of a workspace only.")));
		ws->column[i] = attnum;
	}

	foreach(cell, RelationGetIndexList(lead))
	{
		Relation	index = index_open(lfirst_oid(cell), AccessShareLock);
		Form_pg_index form = index->rd_index;

		for (int i = 0; i < form->indnkeyatts; i++)
		{
			MemoryContext old = MemoryContextSwitchTo(ws->cxt);

			if ((form->indisunique || form->indisexclusion) && form->indkey.values[i] > 0)
				ws->unique = bms_add_member(ws->unique, form->indkey.values[i]);
			MemoryContextSwitchTo(old);
		}
		index_close(index, NoLock);
	}
}

/*
 * leadcrm_lifecycle_type
 *		OID of the type leadcrm.lifecycle.
 */
Oid
leadcrm_lifecycle_type(void)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("lifecycle"),
						   ObjectIdGetDatum(get_namespace_oid("leadcrm", false)));
}

static void
workspace_load_rules(Workspace *ws, Relation lead)
{
	int			n;
	SPITupleTable *rows;

	n = leadcrm_workspace_config("SsSsssssv", psprintf("SELECT code, lead_kind, kind, expression, scope, action,"
								" weak::text, check_name::text, max_age"
								" FROM %s.identity_rule WHERE active ORDER BY position, code",
								ws->name));
	rows = SPI_tuptable;
	ws->rule = MemoryContextAllocZero(ws->cxt, Max(n, 1) * sizeof(IdentityRule));
	for (int i = 0; i < n; i++)
	{
		IdentityRule *rule = &ws->rule[i];
		char	   *expression;
		char	   *scope;
		char	   *action;
		Datum		max_age;
		bool		isnull;

		SPI_tuptable = rows;
		rule->code = leadcrm_workspace_copy(ws, i, "code");
		rule->lead_kind = leadcrm_workspace_copy(ws, i, "lead_kind");
		rule->kind = leadcrm_workspace_copy(ws, i, "kind");
		rule->kind_text = workspace_text(ws, rule->kind);
		expression = leadcrm_workspace_copy(ws, i, "expression");
		scope = leadcrm_workspace_copy(ws, i, "scope");
		action = leadcrm_workspace_copy(ws, i, "action");
		rule->weak = leadcrm_workspace_flag(i, "weak");
		rule->check_name = leadcrm_workspace_flag(i, "check_name");
		max_age = SPI_getbinval(rows->vals[i], rows->tupdesc,
								SPI_fnumber(rows->tupdesc, "max_age"), &isnull);
		if (!isnull)
		{
			rule->max_age = MemoryContextAlloc(ws->cxt, sizeof(Interval));
			memcpy(rule->max_age, DatumGetIntervalP(max_age), sizeof(Interval));
		}

		if (strcmp(action, "merge") == 0)
			rule->action = IDENTITY_MERGE;
		else if (strcmp(action, "link") == 0)
			rule->action = IDENTITY_LINK;
		else if (strcmp(action, "review") == 0)
			rule->action = IDENTITY_REVIEW;
		else if (strcmp(action, "reject") == 0)
			rule->action = IDENTITY_REJECT;
		else
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("identity rule \"%s\" has unknown action \"%s\"", rule->code, action)));

		rule->source = IDENTITY_EXPRESSION;
		if (expression == NULL)
		{
			for (int k = 0; k < lengthof(identity_kind_name); k++)
			{
				if (strcmp(rule->kind, identity_kind_name[k]) == 0)
					rule->source = (IdentityKind) k;
			}
			if (rule->source == IDENTITY_EXPRESSION)
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						 errmsg("identity rule \"%s\" of kind \"%s\" has no expression",
								rule->code, rule->kind)));
		}

		if ((expression != NULL || scope != NULL) && ws->estate == NULL)
		{
			MemoryContext old = MemoryContextSwitchTo(ws->cxt);

			ws->estate = CreateExecutorState();
			MemoryContextSetParent(ws->estate->es_query_cxt, ws->cxt);
			MemoryContextSwitchTo(old);
		}
		if (expression != NULL)
			rule->expression = workspace_compile(ws, lead, rule, expression);
		if (scope != NULL)
			rule->scope = workspace_compile(ws, lead, rule, scope);
		ws->nrules++;
	}
}

/*
 * The expression or scope of a rule.  It was checked when it was written; a
 * column that has gone since must not stop all leads from coming in.
 */
static ExprState *
workspace_compile(Workspace *ws, Relation lead, IdentityRule *rule, const char *source)
{
	char	   *problem;
	ExprState  *state = leadcrm_row_expression_try(lead, source, ws->cxt, &problem);

	if (state == NULL)
	{
		rule->broken = true;
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("identity rule \"%s\" gives no keys: %s", rule->code, problem),
				 errhint("Change or deactivate the rule.")));
	}
	return state;
}

static void
workspace_load_sources(Workspace *ws)
{
	int			n;

	n = leadcrm_workspace_config("Ss", psprintf("SELECT code, (on_duplicate = 'reject')::text AS reject FROM %s.source",
								ws->name));
	ws->source = MemoryContextAllocZero(ws->cxt, Max(n, 1) * sizeof(LeadSource));
	for (int i = 0; i < n; i++)
	{
		ws->source[i].code = leadcrm_workspace_copy(ws, i, "code");
		ws->source[i].reject = leadcrm_workspace_flag(i, "reject");
	}
	ws->nsources = n;
	qsort(ws->source, n, sizeof(LeadSource), source_compare);
}

/* Codes, labels and synonyms of a table, folded, sorted, the first one wins. */
static void
workspace_load_synonyms(Workspace *ws, const char *table, SynonymList *list)
{
	int			n;
	int			kept = 0;

	n = leadcrm_workspace_config("SS", psprintf("SELECT code, spelling FROM %s.%s,"
								" unnest(ARRAY[code, label] || synonyms) AS spelling"
								" WHERE active AND spelling IS NOT NULL"
								" ORDER BY spelling <> code, position, code",
								ws->name, quote_identifier(table)));
	list->item = MemoryContextAllocZero(ws->cxt, Max(n, 1) * sizeof(Synonym));
	for (int i = 0; i < n; i++)
	{
		char	   *spelling = leadcrm_workspace_copy(ws, i, "spelling");
		char	   *folded = synonym_fold(spelling, strlen(spelling));
		bool		known = false;

		for (int j = 0; folded != NULL && j < kept && !known; j++)
			known = strcmp(list->item[j].spelling, folded) == 0;
		if (folded == NULL || known)
			continue;
		list->item[kept].spelling = MemoryContextStrdup(ws->cxt, folded);
		list->item[kept].code = leadcrm_workspace_copy(ws, i, "code");
		kept++;
	}
	list->n = kept;
	qsort(list->item, kept, sizeof(Synonym), synonym_compare);
}

static text *
workspace_text(Workspace *ws, const char *s)
{
	MemoryContext old = MemoryContextSwitchTo(ws->cxt);
	text	   *t = cstring_to_text(s);

	MemoryContextSwitchTo(old);
	return t;
}

static int
source_compare(const void *a, const void *b)
{
	return strcmp(((const LeadSource *) a)->code, ((const LeadSource *) b)->code);
}

static int
synonym_compare(const void *a, const void *b)
{
	return strcmp(((const Synonym *) a)->spelling, ((const Synonym *) b)->spelling);
}

/* The form in which spellings are compared; NULL when nothing is left. */
static char *
synonym_fold(const char *spelling, size_t len)
{
	char		buf[SYNONYM_MAX];
	text	   *t = cstring_to_text_with_len(spelling, (int) len);
	size_t		n;
	const char *s = leadcrm_to_utf8(t, &n);
	size_t		folded;
	bool		truncated;

	if (n > SYNONYM_MAX)
		return NULL;
	folded = leadcrm_fold(s, n, buf, sizeof(buf),
						  FOLD_WIDTH | FOLD_SIMPLIFY | FOLD_LOWER | FOLD_PUNCT, &truncated);
	pfree(t);
	return folded > 0 ? pnstrdup(buf, folded) : NULL;
}
