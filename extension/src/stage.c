/*-------------------------------------------------------------------------
 * stage.c
 *	  May a lead move to that stage?  The decision.
 *
 * A move is legal if the process of the lead lists it and everything that the
 * transition asks for is there: its condition holds for the row as it will
 * be, its fields are filled, its approval was given.  A move that is not
 * listed is illegal.  A lead that comes into a stage which is lost says why.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/rel.h"

#include "owner.h"
#include "process.h"

static const Transition *find_transition(const Process *process, int from, int to);
static bool condition_holds(ProcessModel *model, int condition, TupleTableSlot *lead, TimestampTz now);
static char *missing_fields(const Transition *transition, TupleTableSlot *lead);
static bool field_is_filled(const RequiredField *field, TupleTableSlot *lead);
static bool key_is_filled(Jsonb *attrs, const char *key);
static int64 find_approval(Workspace *ws, TupleTableSlot *lead, const StageAsked *asked, const char *to);
static bool is_filled(TupleTableSlot *lead, AttrNumber column);
static char *legal_moves(const Process *process, int from);

/*
 * leadcrm_stage_process
 *		The process that a lead follows which names none: the first active one
 *		whose condition holds for its row; PROCESS_NONE if there is none.
 */
int
leadcrm_stage_process(ProcessModel *model, TupleTableSlot *lead, TimestampTz now)
{
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];

	if (model->nasked > 0)
	{
		leadcrm_rule_set_match(model->processes, lead, now, matched);
		for (int i = 0; i < model->nasked; i++)
		{
			if (RULE_MATCHED(matched, i))
				return i;
		}
	}
	return model->nasked < model->nprocesses && model->process[model->nasked].active ?
		model->nasked : PROCESS_NONE;
}

/*
 * leadcrm_stage_check
 *		Whether a lead may move, and if not, why.
 *
 * lead: its row as it will be.  asked: lead, process, from, from_code and to;
 * what was found out is added.  One statement under the rights of the
 * workspace's owner where the transition needs an approval, else none.
 */
StageFault
leadcrm_stage_check(Workspace *ws, ProcessModel *model, TupleTableSlot *lead,
					TimestampTz now, StageAsked *asked)
{
	const Process *process = &model->process[asked->process];
	const Transition *transition = find_transition(process, asked->from, asked->to);

	asked->transition = transition;
	asked->approval = 0;
	if (transition == NULL)
	{
		/* Out of a stage that is gone any open one may be entered. */
		if (asked->from >= 0 || process->stage[asked->to].kind != STAGE_OPEN)
			return STAGE_NO_TRANSITION;
		return STAGE_MAY;
	}
	if (!condition_holds(model, transition->condition, lead, now))
		return STAGE_CONDITION;
	asked->subject = missing_fields(transition, lead);
	if (asked->subject != NULL)
		return STAGE_FIELDS;
	if (process->stage[asked->to].kind == STAGE_LOST)
	{
		StageFault	fault = leadcrm_stage_check_loss(ws, model, lead, asked);

		if (fault != STAGE_MAY)
			return fault;
	}
	if (transition->approval != NULL && condition_holds(model, transition->asked, lead, now))
	{
		asked->subject = transition->approval;
		asked->approval = find_approval(ws, lead, asked, process->stage[asked->to].code);
		if (asked->approval == 0)
			return STAGE_APPROVAL;
	}
	return STAGE_MAY;
}

/*
 * leadcrm_stage_check_loss
 *		Whether the row of a lead that is lost says why, as it should.
 */
StageFault
leadcrm_stage_check_loss(Workspace *ws, const ProcessModel *model, TupleTableSlot *lead,
						 StageAsked *asked)
{
	const LossReason *reason;
	bool		isnull;
	Datum		code = slot_getattr(lead, ws->column[LEAD_LOSS_REASON], &isnull);

	if (isnull)
		return STAGE_NO_REASON;
	asked->subject = TextDatumGetCString(code);
	reason = leadcrm_process_reason(model, code);
	if (reason == NULL)
		return STAGE_NO_SUCH_REASON;
	if (reason->needs_note && !is_filled(lead, ws->column[LEAD_LOSS_NOTE]))
		return STAGE_NO_NOTE;
	if (reason->needs_competitor && !is_filled(lead, ws->column[LEAD_COMPETITOR]))
		return STAGE_NO_COMPETITOR;
	return STAGE_MAY;
}

/*
 * leadcrm_stage_refuse
 *		Raise why a lead may not move: 23514, or 23503 for a reason that is not
 *		there.
 */
void
leadcrm_stage_refuse(const ProcessModel *model, StageFault fault, const StageAsked *asked)
{
	const Process *process = &model->process[asked->process];
	const char *to = process->stage[asked->to].code;

	switch (fault)
	{
		case STAGE_NO_SUCH_REASON:
			{
				StringInfoData codes;

				initStringInfo(&codes);
				for (int i = 0; i < model->nreasons; i++)
				{
					if (model->reason[i].active)
						appendStringInfo(&codes, "%s%s", codes.len > 0 ? ", " : "", model->reason[i].code);
				}
				ereport(ERROR,
						(errcode(ERRCODE_FOREIGN_KEY_VIOLATION),
						 errmsg("there is no loss reason \"%s\"", asked->subject),
						 errdetail("The active ones are: %s.", codes.data),
						 errhint("Loss reasons are the rows of the table \"loss_reason\".")));
				break;
			}
		case STAGE_NO_REASON:
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("lead " INT64_FORMAT " cannot be in stage \"%s\" without a loss reason", asked->lead, to),
					 errhint("Set loss_reason to a code of the table \"loss_reason\".")));
			break;
		case STAGE_NO_NOTE:
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("loss reason \"%s\" of lead " INT64_FORMAT " needs a note", asked->subject, asked->lead),
					 errhint("Set loss_note.")));
			break;
		case STAGE_NO_COMPETITOR:
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("loss reason \"%s\" of lead " INT64_FORMAT " needs the competitor",
							asked->subject, asked->lead),
					 errhint("Set competitor.")));
			break;
		case STAGE_NO_TRANSITION:
			{
				char	   *legal = legal_moves(process, asked->from);

				ereport(ERROR,
						(errcode(ERRCODE_CHECK_VIOLATION),
						 errmsg("lead " INT64_FORMAT " cannot go from stage \"%s\" to \"%s\"",
								asked->lead, asked->from_code, to),
						 legal[0] != '\0' ?
						 errdetail("From there process \"%s\" leads to: %s.", process->code, legal) :
						 errdetail("From there process \"%s\" leads nowhere.", process->code)));
				break;
			}
		case STAGE_CONDITION:
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("lead " INT64_FORMAT " cannot go from stage \"%s\" to \"%s\" yet",
							asked->lead, asked->from_code, to),
					 errdetail("The condition of the move does not hold: %s.",
							   asked->transition->condition < model->nconditions ?
							   model->transition_text[asked->transition->condition].condition : "?")));
			break;
		case STAGE_FIELDS:
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("lead " INT64_FORMAT " cannot go from stage \"%s\" to \"%s\" yet",
							asked->lead, asked->from_code, to),
					 errdetail("Still to be filled: %s.", asked->subject)));
			break;
		case STAGE_APPROVAL:
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 errmsg("lead " INT64_FORMAT " cannot go from stage \"%s\" to \"%s\" yet",
							asked->lead, asked->from_code, to),
					 errdetail("The move needs an approval by rule \"%s\".", asked->subject),
					 errhint("Ask for it with request_approval().")));
			break;
		case STAGE_MAY:
			break;
	}
	elog(ERROR, "unexpected verdict %d about a stage", (int) fault);
}

/*
 * leadcrm_stage_list
 *		The codes of a process's stages, for messages.
 */
char *
leadcrm_stage_list(const Process *process)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int i = 0; i < process->nstages; i++)
		appendStringInfo(&buf, "%s%s", i > 0 ? ", " : "", process->stage[i].code);
	return buf.data;
}

/* One that names the stage it leaves goes before one from any open stage. */
static const Transition *
find_transition(const Process *process, int from, int to)
{
	bool		open = from < 0 || process->stage[from].kind == STAGE_OPEN;
	const Transition *any = NULL;

	for (int i = 0; i < process->ntransitions; i++)
	{
		const Transition *transition = &process->transition[i];

		if (transition->to != to)
			continue;
		if (transition->from == PROCESS_NONE)
			any = open ? transition : any;
		else if (transition->from == from)
			return transition;
	}
	return any;
}

static bool
condition_holds(ProcessModel *model, int condition, TupleTableSlot *lead, TimestampTz now)
{
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];

	if (condition == PROCESS_NONE)
		return true;
	if (condition >= model->nconditions)
		return false;
	leadcrm_rule_set_match(model->transitions, lead, now, matched);
	return RULE_MATCHED(matched, condition);
}

/* The names of the fields that a transition requires and the row lacks, or NULL. */
static char *
missing_fields(const Transition *transition, TupleTableSlot *lead)
{
	StringInfoData buf;

	if (transition->nrequired == 0)
		return NULL;
	initStringInfo(&buf);
	for (int i = 0; i < transition->nrequired; i++)
	{
		if (!field_is_filled(&transition->required[i], lead))
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", transition->required[i].name);
	}
	return buf.len > 0 ? buf.data : NULL;
}

/* A column that is gone is never filled. */
static bool
field_is_filled(const RequiredField *field, TupleTableSlot *lead)
{
	bool		isnull;
	Datum		value;

	if (field->column == 0)
		return false;
	if (field->key == NULL)
		return is_filled(lead, field->column);
	value = slot_getattr(lead, field->column, &isnull);
	return !isnull && key_is_filled(DatumGetJsonbP(value), field->key);
}

static bool
key_is_filled(Jsonb *attrs, const char *key)
{
	JsonbValue	value;

	if (!JB_ROOT_IS_OBJECT(attrs) ||
		getKeyJsonValueFromContainer(&attrs->root, key, strlen(key), &value) == NULL)
		return false;
	switch (value.type)
	{
		case jbvNull:
			return false;
		case jbvString:
			return value.val.string.len > 0;
		case jbvBinary:
			return JsonContainerSize(value.val.binary.data) > 0;
		default:
			return true;
	}
}

/*
 * An approval of this very move that nobody has used and that is good for the
 * lead's amount, locked; 0: there is none.
 */
static int64
find_approval(Workspace *ws, TupleTableSlot *lead, const StageAsked *asked, const char *to)
{
	Datum		values[4];
	char		nulls[4] = {' ', ' ', ' ', ' '};
	bool		isnull;
	OwnerSave	save;
	int64		id = 0;

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	values[0] = Int64GetDatum(asked->lead);
	values[1] = CStringGetTextDatum(to);
	values[2] = CStringGetTextDatum(asked->transition->approval);
	values[3] = slot_getattr(lead, ws->column[LEAD_WON_AMOUNT], &isnull);
	if (isnull)
		values[3] = slot_getattr(lead, ws->column[LEAD_EXPECTED_AMOUNT], &isnull);
	nulls[3] = isnull ? 'n' : ' ';
	if (leadcrm_workspace_run_nulls(ws, PLAN_FIND_APPROVAL,
									"SELECT id FROM %s.approval WHERE lead_id = $1 AND to_stage = $2 AND rule = $3"
									" AND subject = 'stage' AND status = 'approved'"
									" AND (amount >= $4) IS NOT FALSE"
									" ORDER BY id LIMIT 1 FOR NO KEY UPDATE",
									4, (Oid[]) {INT8OID, TEXTOID, TEXTOID, NUMERICOID}, values, nulls) > 0)
		id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	leadcrm_owner_end(&save);
	return id;
}

/* Is there a value in a column, and is it not the empty text, array or object? */
static bool
is_filled(TupleTableSlot *lead, AttrNumber column)
{
	bool		isnull;
	Datum		value = slot_getattr(lead, column, &isnull);
	Form_pg_attribute att = TupleDescAttr(lead->tts_tupleDescriptor, column - 1);

	if (isnull)
		return false;
	if (att->atttypid == JSONBOID)
	{
		Jsonb	   *json = DatumGetJsonbP(value);

		return JB_ROOT_IS_SCALAR(json) || JB_ROOT_COUNT(json) > 0;
	}
	if (att->atttypid == TEXTOID || att->atttypid == VARCHAROID)
		return VARSIZE_ANY_EXHDR(DatumGetTextPP(value)) > 0;
	if (att->attndims > 0)
		return ARR_NDIM(DatumGetArrayTypeP(value)) > 0;
	return true;
}

/* The codes of the stages that may be entered from there. */
static char *
legal_moves(const Process *process, int from)
{
	StringInfoData buf;

	initStringInfo(&buf);
	for (int to = 0; to < process->nstages; to++)
	{
		if (to != from && (find_transition(process, from, to) != NULL ||
						   (from < 0 && process->stage[to].kind == STAGE_OPEN)))
			appendStringInfo(&buf, "%s%s", buf.len > 0 ? ", " : "", process->stage[to].code);
	}
	return buf.data;
}
