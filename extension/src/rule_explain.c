/*-------------------------------------------------------------------------
 * rule_explain.c
 *	  How rules are evaluated, and why a row does not match one.
 *
 * For the people who write rules.  Rules that are broken or may fail are shown
 * as such instead of raising an error.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "leadcrm.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "nodes/value.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/scansup.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "attempt.h"
#include "rule_allow.h"
#include "rule_compile.h"
#include "rule_table.h"

/* A longer value of a column is cut, in bytes. */
#define VALUE_MAX	60

/* A row that rules are tried on. */
typedef struct Trial
{
	TupleDesc	tupdesc;
	TupleTableSlot *slot;
	const char *time_zone;
	ExprContext *econtext;		/* holds the row and as_of */
	ParamListInfo params;
} Trial;

/* What became of a condition. */
typedef enum Outcome
{
	OUTCOME_TRUE,
	OUTCOME_FALSE,
	OUTCOME_NULL,
	OUTCOME_ERROR
} Outcome;

static char *evaluation(Relation rel, const RuleCompilation *compilation, int rule);
static List *column_names(Relation rel, Node *expr);
static List *add_item(List *items, char *item);
static char *join_items(List *items, const char *separator);
static char *reason(const Trial *trial, const char *condition);
static Outcome try_condition(const Trial *trial, const char *condition, char **why);
static char *values_read(const Trial *trial, Node *expr);
static List *split_conjunction(const char *condition);
static char *trimmed(const char *begin, const char *end);
static const char *skip_token(const char *s);
static const char *skip_quoted(const char *s, bool backslashes);
static bool is_word(const char *s, const char *end, const char *word);

PG_FUNCTION_INFO_V1(leadcrm_explain_rules);
PG_FUNCTION_INFO_V1(leadcrm_rule_test);

/*
 * leadcrm_explain_rules
 *		explain_rules(rules regclass, subject regclass)
 *			→ (code, condition, class, evaluation, problem)
 */
Datum
leadcrm_explain_rules(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	RuleList   *list = leadcrm_rule_list_read(PG_GETARG_OID(0), GetActiveSnapshot());
	RuleText   *text = palloc(Max(list->nrules, 1) * sizeof(RuleText));
	RuleCompilation *compilation;
	Relation	rel;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < list->nrules; i++)
	{
		text[i].code = list->rule[i].code;
		text[i].condition = list->rule[i].condition;
	}
	rel = relation_open(PG_GETARG_OID(1), AccessShareLock);
	compilation = leadcrm_rules_compile(RelationGetDescr(rel), list->nrules, text, list->time_zone, false,
										CurrentMemoryContext);
	for (int i = 0; i < list->nrules; i++)
	{
		static const char *const class_name[] = {
			[RULE_CANNOT_FAIL] = "cannot fail",
			[RULE_MAY_FAIL] = "may fail",
			[RULE_BROKEN] = "broken",
		};
		const CompiledRule *rule = &compilation->rule[i];
		Datum		values[5] = {0};
		bool		nulls[5] = {false};

		values[0] = CStringGetTextDatum(text[i].code);
		values[1] = CStringGetTextDatum(text[i].condition);
		values[2] = CStringGetTextDatum(class_name[rule->rule_class]);
		nulls[3] = rule->rule_class == RULE_BROKEN;
		if (!nulls[3])
			values[3] = CStringGetTextDatum(evaluation(rel, compilation, i));
		nulls[4] = rule->message == NULL;
		if (!nulls[4])
			values[4] = CStringGetTextDatum(rule->message);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	relation_close(rel, NoLock);
	return (Datum) 0;
}

/*
 * leadcrm_rule_test
 *		rule_test(rules regclass, subject_row record, as_of timestamptz)
 *			→ (code, matches, why)
 *
 * Evaluates each rule by itself, as it is written.
 */
Datum
leadcrm_rule_test(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	RuleList   *list = leadcrm_rule_list_read(PG_GETARG_OID(0), GetActiveSnapshot());
	HeapTupleHeader row = PG_GETARG_HEAPTUPLEHEADER(1);
	TimestampTz as_of = PG_GETARG_TIMESTAMPTZ(2);
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "leadcrm rule test",
												  ALLOCSET_DEFAULT_SIZES);
	HeapTupleData tuple;
	Trial		trial;

	InitMaterializedSRF(fcinfo, 0);
	trial.tupdesc = lookup_rowtype_tupdesc_copy(HeapTupleHeaderGetTypeId(row),
												HeapTupleHeaderGetTypMod(row));
	trial.slot = MakeSingleTupleTableSlot(trial.tupdesc, &TTSOpsHeapTuple);
	trial.time_zone = list->time_zone;
	trial.params = makeParamList(1);
	trial.params->params[0].value = TimestampTzGetDatum(as_of);
	trial.params->params[0].isnull = false;
	trial.params->params[0].ptype = TIMESTAMPTZOID;
	trial.econtext = CreateStandaloneExprContext();
	trial.econtext->ecxt_scantuple = trial.slot;
	trial.econtext->ecxt_param_list_info = trial.params;
	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	ExecStoreHeapTuple(&tuple, trial.slot, false);

	for (int i = 0; i < list->nrules; i++)
	{
		const ListedRule *rule = &list->rule[i];
		MemoryContext old = MemoryContextSwitchTo(scratch);
		char	   *why = NULL;
		Datum		values[3];
		bool		nulls[3] = {false};

		if (as_of < rule->valid_from)
			why = psprintf("valid from %s", timestamptz_to_str(rule->valid_from));
		else if (as_of >= rule->valid_to && rule->valid_to != DT_NOEND)
			why = psprintf("valid before %s", timestamptz_to_str(rule->valid_to));
		else
			why = reason(&trial, rule->condition);

		values[0] = CStringGetTextDatum(rule->code);
		values[1] = BoolGetDatum(why == NULL);
		nulls[2] = why == NULL;
		values[2] = nulls[2] ? (Datum) 0 : CStringGetTextDatum(why);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextSwitchTo(old);
		MemoryContextReset(scratch);
	}
	FreeExprContext(trial.econtext, true);
	ExecDropSingleTupleTableSlot(trial.slot);
	return (Datum) 0;
}

/* Which look-ups and which expressions answer a rule. */
static char *
evaluation(Relation rel, const RuleCompilation *compilation, int rule)
{
	List	   *context = deparse_context_for(RelationGetRelationName(rel), RelationGetRelid(rel));
	List	   *lookups = NIL;
	List	   *parts = NIL;
	ListCell   *cell;

	if (compilation->rule[rule].never)
		return pstrdup("never true");
	foreach(cell, compilation->conjuncts)
	{
		RuleConjunct *conjunct = lfirst(cell);
		Node	   *expr = (Node *) conjunct->expr;
		Node	   *subject = NULL;

		if (conjunct->rule != rule)
			continue;
		if (conjunct->subject != NULL)
			subject = (Node *) leadcrm_rule_subject_expression(conjunct->subject);
		if (subject != NULL && (IsA(subject, Var) || exprType(subject) != BOOLOID))
			lookups = add_item(lookups, deparse_expression(subject, context, false, false));
		else
			parts = add_item(parts, psprintf("%sexpression over %s",
											 subject != NULL ? "shared " :
											 conjunct->may_fail ? "guarded " : "",
											 join_items(column_names(rel, expr), ", ")));
	}
	if (lookups != NIL)
		parts = lcons(makeString(psprintf("look-up of %s", join_items(lookups, ", "))), parts);
	return parts == NIL ? pstrdup("always true") : join_items(parts, "; ");
}

/* The columns that an expression reads, and as_of. */
static List *
column_names(Relation rel, Node *expr)
{
	List	   *names = NIL;
	Bitmapset  *columns = NULL;

	pull_varattnos(expr, 1, &columns);
	for (int i = -1; (i = bms_next_member(columns, i)) >= 0;)
		names = add_item(names, get_attname(RelationGetRelid(rel),
											i + FirstLowInvalidHeapAttributeNumber, false));
	if (leadcrm_rule_uses_as_of(expr))
		names = add_item(names, "as_of");
	return names;
}

/* A list of strings with one more, unless it is there. */
static List *
add_item(List *items, char *item)
{
	String	   *string = makeString(item);

	return list_member(items, string) ? items : lappend(items, string);
}

static char *
join_items(List *items, const char *separator)
{
	StringInfoData all;
	ListCell   *cell;

	initStringInfo(&all);
	foreach(cell, items)
		appendStringInfo(&all, "%s%s", foreach_current_index(cell) > 0 ? separator : "",
						 strVal(lfirst(cell)));
	return all.data;
}

/* Why a row does not match a condition; NULL if it does. */
static char *
reason(const Trial *trial, const char *condition)
{
	char	   *why;
	char	   *part_why;
	Outcome		outcome = try_condition(trial, condition, &why);
	ListCell   *cell;

	if (outcome == OUTCOME_TRUE)
		return NULL;
	if (outcome == OUTCOME_ERROR)
		return why;

	/* Of a conjunction, its first part that is not true by itself. */
	foreach(cell, split_conjunction(condition))
	{
		outcome = try_condition(trial, strVal(lfirst(cell)), &part_why);
		if (outcome == OUTCOME_FALSE || outcome == OUTCOME_NULL)
			return part_why;
	}
	return why;
}

/*
 * Evaluate a condition for the row; it may be broken or fail.
 *
 * why: unless it is true set to what it is and of which values.
 */
static Outcome
try_condition(const Trial *trial, const char *condition, char **why)
{
	Attempt		attempt;
	volatile Outcome outcome = OUTCOME_ERROR;

	leadcrm_attempt_begin(&attempt);
	PG_TRY();
	{
		RuleExpr	compiled;
		ExprState  *state;
		Datum		value;
		bool		isnull;

		leadcrm_rule_parse_row(trial->tupdesc, condition, trial->time_zone, &compiled);
		state = ExecInitExprWithParams(expression_planner(compiled.expr), trial->params);
		value = ExecEvalExpr(state, trial->econtext, &isnull);
		outcome = isnull ? OUTCOME_NULL : DatumGetBool(value) ? OUTCOME_TRUE : OUTCOME_FALSE;
		if (outcome != OUTCOME_TRUE)
			*why = psprintf("%s is %s%s", condition, isnull ? "null" : "false",
							values_read(trial, (Node *) compiled.expr));
		leadcrm_attempt_keep(&attempt);
	}
	PG_CATCH();
	{
		ErrorData  *error = leadcrm_attempt_undo(&attempt);

		if (!leadcrm_rule_error_is_its_own(error->sqlerrcode))
			ReThrowError(error);
		*why = psprintf("error %s: %s", unpack_sql_state(error->sqlerrcode), error->message);
		outcome = OUTCOME_ERROR;
	}
	PG_END_TRY();
	return outcome;
}

/* The values of the columns that an expression reads, as "; a = 1, b is null". */
static char *
values_read(const Trial *trial, Node *expr)
{
	List	   *values = NIL;
	Bitmapset  *columns = NULL;

	pull_varattnos(expr, 1, &columns);
	for (int i = -1; (i = bms_next_member(columns, i)) >= 0;)
	{
		AttrNumber	column = i + FirstLowInvalidHeapAttributeNumber;
		Form_pg_attribute attribute = TupleDescAttr(trial->tupdesc, column - 1);
		bool		isnull;
		Datum		value = slot_getattr(trial->slot, column, &isnull);

		if (isnull)
			values = add_item(values, psprintf("%s is null", NameStr(attribute->attname)));
		else
		{
			Oid			output;
			bool		isvarlena;
			char	   *text;
			bool		cut;

			getTypeOutputInfo(attribute->atttypid, &output, &isvarlena);
			text = OidOutputFunctionCall(output, value);
			cut = strlen(text) > VALUE_MAX;
			text[pg_mbcliplen(text, strlen(text), VALUE_MAX)] = '\0';
			if (TypeCategory(getBaseType(attribute->atttypid)) == TYPCATEGORY_STRING)
				text = quote_literal_cstr(text);
			values = add_item(values, psprintf("%s = %s%s", NameStr(attribute->attname), text,
											   cut ? "..." : ""));
		}
	}
	return values == NIL ? "" : psprintf("; %s", join_items(values, ", "));
}

/*
 * The parts that a condition joins by AND, as they are written; just the
 * condition if an OR binds them.
 */
static List *
split_conjunction(const char *condition)
{
	List	   *parts = NIL;
	const char *begin = condition;
	const char *end;
	int			depth = 0;
	int			between = 0;

	for (const char *s = condition; *s != '\0'; s = end)
	{
		end = skip_token(s);
		if (*s == '(' || *s == '[' || is_word(s, end, "case"))
			depth++;
		else if (*s == ')' || *s == ']' || is_word(s, end, "end"))
			depth--;
		else if (depth > 0)
			continue;
		else if (is_word(s, end, "between"))
			between++;
		else if (is_word(s, end, "or"))
			return list_make1(makeString(pstrdup(condition)));
		else if (is_word(s, end, "and"))
		{
			if (between > 0)
				between--;
			else
			{
				parts = lappend(parts, makeString(trimmed(begin, s)));
				begin = end;
			}
		}
	}
	return lappend(parts, makeString(trimmed(begin, begin + strlen(begin))));
}

/* A copy without blanks at its ends. */
static char *
trimmed(const char *begin, const char *end)
{
	while (begin < end && scanner_isspace(*begin))
		begin++;
	while (begin < end && scanner_isspace(end[-1]))
		end--;
	return pnstrdup(begin, end - begin);
}

/*
 * The end of the token that begins at s: a word, a string, a quoted name, a
 * comment, or one byte of anything else.  The text has been parsed.
 */
static const char *
skip_token(const char *s)
{
	const char *end = s;

	if (*s == '\'' || *s == '"')
		return skip_quoted(s, false);
	if (*s == '-' && s[1] == '-')
		return s + strcspn(s, "\n\r");
	if (*s == '/' && s[1] == '*')
	{
		int			depth = 0;

		do
		{
			if (end[0] == '/' && end[1] == '*')
			{
				depth++;
				end++;
			}
			else if (end[0] == '*' && end[1] == '/')
			{
				depth--;
				end++;
			}
			end++;
		} while (depth > 0 && *end != '\0');
		return end;
	}
	if (*s == '$' && !isdigit((unsigned char) s[1]))
	{
		const char *tag_end = strchr(s + 1, '$');

		if (tag_end != NULL)
		{
			char	   *tag = pnstrdup(s, tag_end + 1 - s);
			const char *close = strstr(tag_end + 1, tag);

			if (close != NULL)
				return close + strlen(tag);
		}
	}
	while (isalnum((unsigned char) *end) || *end == '_' || *end == '$' || IS_HIGHBIT_SET(*end))
		end++;
	if (*end == '\'' && is_word(s, end, "e"))
		return skip_quoted(end, true);
	return end > s ? end : s + 1;
}

/* The end of what is quoted at s; doubled quotes are two such in a row. */
static const char *
skip_quoted(const char *s, bool backslashes)
{
	char		quote = *s++;

	while (*s != '\0' && *s != quote)
		s += backslashes && *s == '\\' && s[1] != '\0' ? 2 : 1;
	return *s == '\0' ? s : s + 1;
}

static bool
is_word(const char *s, const char *end, const char *word)
{
	return end - s == strlen(word) && pg_strncasecmp(s, word, end - s) == 0;
}
