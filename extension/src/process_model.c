/*-------------------------------------------------------------------------
 * process_model.c
 *	  The processes through which a workspace's leads go, compiled.
 *
 * Like the score model (score_model.c) it belongs to the entry that
 * workspace.c keeps and goes with it: a changed row of a configuration table
 * makes a new one.  Its conditions are compiled apart and later, for whoever
 * asks only whether a lead is open needs none of them, and may ask in a
 * parallel worker.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "owner.h"
#include "process.h"

/* How transition.required_fields names a key of attrs. */
#define ATTRS_PREFIX	"attrs."

static const char *const kind_name[] = {
	[STAGE_OPEN] = "open",
	[STAGE_WON] = "won",
	[STAGE_LOST] = "lost",
	[STAGE_CONVERTED] = "converted",
};

static void load_processes(ProcessModel *model, Workspace *ws);
static void load_stages(ProcessModel *model, Workspace *ws);
static void load_transitions(ProcessModel *model, Workspace *ws);
static void load_required(ProcessModel *model, int row, Transition *transition);
static int	add_condition(ProcessModel *model, const char *code, const char *condition);
static void load_rules(ProcessModel *model, Workspace *ws);
static void load_reasons(ProcessModel *model, Workspace *ws);
static void find_required(ProcessModel *model, Relation lead);
static RuleSet *compile(Workspace *ws, Relation lead, int n, const RuleText *text, MemoryContext cxt);
static bool is_true(const char *condition);
static int	process_of(const ProcessModel *model, const char *code);
static int	stage_of(const Process *process, const char *code);
static bool same_text(Datum value, const char *code, const text *code_text);
static void *model_alloc(ProcessModel *model, int n, Size size);
static char *model_text(ProcessModel *model, int row, const char *column);
static text *text_of(ProcessModel *model, const char *s);

/*
 * leadcrm_process_model
 *		The processes of a workspace; good as long as the transaction.
 *
 * Reads configuration with the latest snapshot as the table's owner.
 */
ProcessModel *
leadcrm_process_model(Workspace *ws)
{
	ProcessModel *model = ws->process;
	MemoryContext cxt;
	OwnerSave	save;

	if (model != NULL)
		return model;
	cxt = AllocSetContextCreate(CurrentMemoryContext, "leadcrm process model",
								ALLOCSET_SMALL_SIZES);
	model = MemoryContextAllocZero(cxt, sizeof(ProcessModel));
	model->cxt = cxt;

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	leadcrm_workspace_snapshot(ws);
	load_processes(model, ws);
	load_stages(model, ws);
	load_transitions(model, ws);
	load_rules(model, ws);
	load_reasons(model, ws);
	PopActiveSnapshot();
	SPI_finish();
	leadcrm_owner_end(&save);

	MemoryContextSetParent(cxt, ws->cxt);
	ws->process = model;
	return model;
}

/*
 * leadcrm_process_conditions
 *		See to it that the conditions of a model are compiled.
 *
 * One that does not compile is kept as broken and counted, never raised.
 */
void
leadcrm_process_conditions(Workspace *ws, ProcessModel *model, Relation lead)
{
	MemoryContext cxt;
	OwnerSave	save;

	if (model->conditions != NULL && leadcrm_rule_set_is_valid(model->processes))
		return;
	if (model->conditions != NULL)
	{
		/* They may be in use further up the stack. */
		MemoryContextSetParent(model->conditions, TopTransactionContext);
		model->conditions = NULL;
	}

	cxt = AllocSetContextCreate(CurrentMemoryContext, "leadcrm process conditions",
								ALLOCSET_SMALL_SIZES);
	leadcrm_owner_begin(ws, &save);
	find_required(model, lead);
	model->rules = compile(ws, lead, model->nrules, model->rule_text, cxt);
	model->transitions = compile(ws, lead, model->nconditions, model->transition_text, cxt);
	model->processes = compile(ws, lead, model->nasked, model->process_text, cxt);
	leadcrm_owner_end(&save);
	MemoryContextSetParent(cxt, model->cxt);
	model->conditions = cxt;
}

/*
 * leadcrm_process_find
 *		The number of the process of that code, a text; or PROCESS_NONE.
 */
int
leadcrm_process_find(const ProcessModel *model, Datum code)
{
	for (int i = 0; i < model->nprocesses; i++)
	{
		if (same_text(code, model->process[i].code, model->process[i].code_text))
			return i;
	}
	return PROCESS_NONE;
}

/*
 * leadcrm_process_find_stage
 *		The number of its stage of that code, a text; or PROCESS_NONE.
 */
int
leadcrm_process_find_stage(const Process *process, Datum code)
{
	for (int i = 0; i < process->nstages; i++)
	{
		if (same_text(code, process->stage[i].code, process->stage[i].code_text))
			return i;
	}
	return PROCESS_NONE;
}

/*
 * leadcrm_process_reason
 *		The active reason for losing a lead of that code, a text; or NULL.
 */
const LossReason *
leadcrm_process_reason(const ProcessModel *model, Datum code)
{
	for (int i = 0; i < model->nreasons; i++)
	{
		if (model->reason[i].active && same_text(code, model->reason[i].code, NULL))
			return &model->reason[i];
	}
	return NULL;
}

/*
 * leadcrm_stage_kind
 *		The kind of a stage of a process; open for none and for one that is gone.
 */
StageKind
leadcrm_stage_kind(const ProcessModel *model, Datum process, bool no_process,
				   Datum stage, bool no_stage)
{
	int			p = no_process || no_stage ? PROCESS_NONE : leadcrm_process_find(model, process);
	int			s = p < 0 ? PROCESS_NONE : leadcrm_process_find_stage(&model->process[p], stage);

	return s < 0 ? STAGE_OPEN : model->process[p].stage[s].kind;
}

/*
 * leadcrm_stage_is_open
 *		Does a lead live in its own right, and is its stage an open one?
 */
bool
leadcrm_stage_is_open(Workspace *ws, TupleTableSlot *lead)
{
	Datum		process;
	Datum		stage;
	bool		no_process;
	bool		no_stage;

	if (!slot_attisnull(lead, ws->column[LEAD_MERGED_INTO]))
		return false;
	process = slot_getattr(lead, ws->column[LEAD_PROCESS], &no_process);
	stage = slot_getattr(lead, ws->column[LEAD_STAGE], &no_stage);
	return leadcrm_stage_kind(leadcrm_process_model(ws), process, no_process, stage, no_stage) == STAGE_OPEN;
}

/* In the order in which they are asked; of leads, active or not. */
static void
load_processes(ProcessModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("SSs", psprintf("SELECT code, condition, active FROM %s.process"
													  " WHERE subject OPERATOR(pg_catalog.=) 'lead'"
													  " ORDER BY active DESC, position, code LIMIT %d",
													  ws->name, RULE_MAX_RULES));

	model->process = model_alloc(model, n, sizeof(Process));
	model->process_text = model_alloc(model, n, sizeof(RuleText));
	model->nprocesses = n;
	for (int i = 0; i < n; i++)
	{
		Process    *process = &model->process[i];

		process->code = model_text(model, i, "code");
		process->code_text = text_of(model, process->code);
		process->active = leadcrm_workspace_flag(i, "active");
		process->first = process->lost = PROCESS_NONE;
		model->process_text[i].code = process->code;
		model->process_text[i].condition = model_text(model, i, "condition");
	}

	/* Behind one that is always taken, and behind the active ones, none is asked. */
	while (model->nasked < n && model->process[model->nasked].active &&
		   !is_true(model->process_text[model->nasked].condition))
		model->nasked++;
}

static void
load_stages(ProcessModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("SSiS", psprintf("SELECT process, code, position, kind FROM %s.stage"
													  " ORDER BY process, position, code", ws->name));

	for (int i = 0; i < n; i++)
	{
		int			p = process_of(model, model_text(model, i, "process"));
		char	   *kind = model_text(model, i, "kind");
		Process    *process;
		Stage	   *stage;
		bool		isnull;

		if (p < 0)
			continue;
		process = &model->process[p];
		if (process->stage == NULL)
			process->stage = model_alloc(model, n - i, sizeof(Stage));
		stage = &process->stage[process->nstages];
		stage->code = model_text(model, i, "code");
		stage->code_text = text_of(model, stage->code);
		stage->position = DatumGetInt32(leadcrm_workspace_value(i, "position", &isnull));
		while (stage->kind < STAGE_CONVERTED && strcmp(kind, kind_name[stage->kind]) != 0)
			stage->kind++;
		if (stage->kind == STAGE_OPEN && process->first < 0)
			process->first = process->nstages;
		if (stage->kind == STAGE_LOST && process->lost < 0)
			process->lost = process->nstages;
		process->nstages++;
	}
}

/* A rule of approval that is not in use asks for nothing. */
static void
load_transitions(ProcessModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("SsSSAss", psprintf("SELECT t.process, t.from_stage, t.to_stage, t.condition,"
													  " t.required_fields, a.code AS approval, a.condition AS asked"
													  " FROM %s.transition t LEFT JOIN %s.approval_rule a"
													  " ON a.code OPERATOR(pg_catalog.=) t.approval AND a.active"
													  " ORDER BY t.process, t.id", ws->name, ws->name));

	model->transition_text = model_alloc(model, 2 * n, sizeof(RuleText));
	model->condition_code = model_alloc(model, 2 * n, sizeof(char *));
	for (int i = 0; i < n; i++)
	{
		int			p = process_of(model, model_text(model, i, "process"));
		char	   *from = model_text(model, i, "from_stage");
		char	   *to = model_text(model, i, "to_stage");
		char	   *asked = model_text(model, i, "asked");
		Process    *process;
		Transition *transition;

		if (p < 0)
			continue;
		process = &model->process[p];
		if (process->transition == NULL)
			process->transition = model_alloc(model, n - i, sizeof(Transition));
		transition = &process->transition[process->ntransitions++];
		transition->from = from == NULL ? PROCESS_NONE : stage_of(process, from);
		transition->to = stage_of(process, to);
		transition->condition = add_condition(model,
											  psprintf("%s: %s -> %s", process->code, from ? from : "*", to),
											  model_text(model, i, "condition"));
		transition->approval = model_text(model, i, "approval");
		transition->asked = asked == NULL ? PROCESS_NONE : add_condition(model, transition->approval, asked);
		load_required(model, i, transition);
	}
}

static void
load_required(ProcessModel *model, int row, Transition *transition)
{
	bool		isnull;
	Datum		array = leadcrm_workspace_value(row, "required_fields", &isnull);
	Datum	   *name;
	bool	   *none;
	int			n;

	deconstruct_array(DatumGetArrayTypeP(array), TEXTOID, -1, false, TYPALIGN_INT, &name, &none, &n);
	transition->required = model_alloc(model, n, sizeof(RequiredField));
	for (int i = 0; i < n; i++)
	{
		RequiredField *field = &transition->required[transition->nrequired];

		if (none[i])
			continue;
		field->name = MemoryContextStrdup(model->cxt, TextDatumGetCString(name[i]));
		if (strncmp(field->name, ATTRS_PREFIX, strlen(ATTRS_PREFIX)) == 0)
			field->key = field->name + strlen(ATTRS_PREFIX);
		transition->nrequired++;
	}
}

/*
 * The place of a condition of a transition; PROCESS_NONE for one that always
 * holds.  Those for which there is no room never do.
 */
static int
add_condition(ProcessModel *model, const char *code, const char *condition)
{
	if (is_true(condition))
		return PROCESS_NONE;
	if (model->nconditions == RULE_MAX_RULES)
		return RULE_MAX_RULES;
	model->condition_code[model->nconditions] = MemoryContextStrdup(model->cxt, code);
	model->transition_text[model->nconditions].code = model->condition_code[model->nconditions];
	model->transition_text[model->nconditions].condition = condition;
	return model->nconditions++;
}

static void
load_rules(ProcessModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("SSsSS", psprintf("SELECT code, process, activity_kind, condition, to_stage"
													  " FROM %s.stage_rule WHERE active"
													  " ORDER BY position, code COLLATE pg_catalog.\"C\" LIMIT %d",
													  ws->name, RULE_MAX_RULES));

	model->rule = model_alloc(model, n, sizeof(StageRule));
	model->rule_text = model_alloc(model, n, sizeof(RuleText));
	for (int i = 0; i < n; i++)
	{
		StageRule  *rule = &model->rule[model->nrules];
		int			p = process_of(model, model_text(model, i, "process"));

		if (p < 0)
			continue;
		rule->code = model_text(model, i, "code");
		rule->cause = MemoryContextStrdup(model->cxt, psprintf("rule:%s", rule->code));
		rule->process = p;
		rule->to = stage_of(&model->process[p], model_text(model, i, "to_stage"));
		rule->activity_kind = model_text(model, i, "activity_kind");
		if (rule->activity_kind == NULL)
			model->nrow_rules++;
		model->rule_text[model->nrules].code = rule->code;
		model->rule_text[model->nrules++].condition = model_text(model, i, "condition");
	}
}

static void
load_reasons(ProcessModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("Ssss", psprintf("SELECT code, needs_note, needs_competitor, active"
													  " FROM %s.loss_reason ORDER BY position, code",
													  ws->name));

	model->reason = model_alloc(model, n, sizeof(LossReason));
	model->nreasons = n;
	for (int i = 0; i < n; i++)
	{
		model->reason[i].code = model_text(model, i, "code");
		model->reason[i].needs_note = leadcrm_workspace_flag(i, "needs_note");
		model->reason[i].needs_competitor = leadcrm_workspace_flag(i, "needs_competitor");
		model->reason[i].active = leadcrm_workspace_flag(i, "active");
	}
}

/* Where the columns are that transitions require. */
static void
find_required(ProcessModel *model, Relation lead)
{
	for (int p = 0; p < model->nprocesses; p++)
	{
		for (int t = 0; t < model->process[p].ntransitions; t++)
		{
			Transition *transition = &model->process[p].transition[t];

			for (int i = 0; i < transition->nrequired; i++)
			{
				RequiredField *field = &transition->required[i];
				int			column = SPI_fnumber(RelationGetDescr(lead), field->key ? "attrs" : field->name);

				field->column = Max(column, 0);
			}
		}
	}
}

static RuleSet *
compile(Workspace *ws, Relation lead, int n, const RuleText *text, MemoryContext cxt)
{
	return leadcrm_rule_set_build(lead, n, text, pg_get_timezone_name(ws->time_zone), false, cxt);
}

/* Is that a condition which needs no evaluation? */
static bool
is_true(const char *condition)
{
	return strcmp(condition, "true") == 0;
}

static int
process_of(const ProcessModel *model, const char *code)
{
	for (int i = 0; i < model->nprocesses; i++)
	{
		if (strcmp(model->process[i].code, code) == 0)
			return i;
	}
	return PROCESS_NONE;
}

static int
stage_of(const Process *process, const char *code)
{
	for (int i = 0; i < process->nstages; i++)
	{
		if (strcmp(process->stage[i].code, code) == 0)
			return i;
	}
	return PROCESS_NONE;
}

/* Is a value that text?  Often it is the very one that the model gave out. */
static bool
same_text(Datum value, const char *code, const text *code_text)
{
	return DatumGetPointer(value) == (Pointer) code_text || leadcrm_text_is(value, code);
}

static void *
model_alloc(ProcessModel *model, int n, Size size)
{
	return MemoryContextAllocZero(model->cxt, Max(n, 1) * size);
}

/* A column of a row in SPI_tuptable; NULL for NULL. */
static char *
model_text(ProcessModel *model, int row, const char *column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
									 SPI_fnumber(SPI_tuptable->tupdesc, column));

	return value ? MemoryContextStrdup(model->cxt, value) : NULL;
}

static text *
text_of(ProcessModel *model, const char *s)
{
	MemoryContext old = MemoryContextSwitchTo(model->cxt);
	text	   *t = cstring_to_text(s);

	MemoryContextSwitchTo(old);
	return t;
}
