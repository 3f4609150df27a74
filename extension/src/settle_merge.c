/*-------------------------------------------------------------------------
 * settle_merge.c
 *	  Repeat inquiries reach the lead they belong to.
 *
 * A row that was merged on arrival is stored as it came; here its living lead
 * learns of it: empty fields are filled, where it last came from is replaced,
 * nothing else is overwritten.  However many rows there are, the winners are
 * locked in the order of their ids by one statement and written by another,
 * each once, and what changed is logged so that unmerge() gives it back.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "assign.h"
#include "behaviour.h"
#include "columns.h"
#include "lead_row.h"
#include "lead_scan.h"
#include "repeat.h"
#include "row_json.h"
#include "score.h"
#include "settle.h"

/* A living lead that gets repeat inquiries in this statement. */
typedef struct Winner
{
	int64		id;
	Datum	   *value;			/* as it will be */
	bool	   *isnull;
} Winner;

static Winner *lock_winners(Workspace *ws, SettleFrame *frame, Relation lead, int *nwinners);
static Datum copy_text(TupleTableSlot *slot, AttrNumber column);
static Datum attribute_text(TupleTableSlot *slot, AttrNumber attrs, const char *name);
static bool fill_winner(Workspace *ws, TupleDesc tupdesc, Winner *winner,
						TupleTableSlot *loser, Datum *before);
static void add_change(JsonbParseState **state, Form_pg_attribute att,
					   Datum before, bool isnull, Datum after);
static bool fill_attrs(Winner *winner, int attno, Datum attrs, JsonbParseState **state);
static int	add_inquiries(Workspace *ws, const Repeat *repeat, int n, Winner *winner, int nwinners);
static void set_behaviour(Workspace *ws, Winner *winner, const BehaviourResult *result);
static void update_winners(Workspace *ws, TupleDesc tupdesc, Winner *winner, int nwinners, bool filled,
						   bool behaved);
static bool column_is_filled(Workspace *ws, Form_pg_attribute att);
static bool column_is_replaced(Workspace *ws, int attno);
static bool column_is_behaviour(Workspace *ws, int attno);
static bool text_begins(Datum value, Datum beginning);
static int	compare_winner(const void *a, const void *b);

/*
 * leadcrm_settle_merges
 *		Bring repeat inquiries to the leads they belong to.
 *
 * The caller is connected to SPI and acts as the owner.  Locks the winners
 * FOR NO KEY UPDATE in the order of their ids; raises 40001 when one is gone.
 */
void
leadcrm_settle_merges(Workspace *ws, SettleFrame *frame, TriggerData *trigdata)
{
	TupleDesc	tupdesc = RelationGetDescr(trigdata->tg_relation);
	Tuplestorestate *store = trigdata->tg_newtable;
	TupleTableSlot *slot = MakeSingleTupleTableSlot(tupdesc, &TTSOpsMinimalTuple);
	Winner	   *winner;
	int			nwinners;
	int			n = frame->nmerges;
	int			m = 0;
	Repeat	   *repeat = palloc_extended(n * sizeof(Repeat), MCXT_ALLOC_HUGE);
	bool		filled = false;
	int			nbehaved;
	bool		repeating;

	winner = lock_winners(ws, frame, trigdata->tg_relation, &nwinners);

	/* The transition table and the frame have the rows in the same order. */
	tuplestore_select_read_pointer(store, tuplestore_alloc_read_pointer(store, EXEC_FLAG_REWIND));
	tuplestore_rescan(store);
	while (m < n && tuplestore_gettupleslot(store, true, false, slot))
	{
		const SettleMerge *merge = &frame->merge[m];
		Winner		key;
		Winner	   *w;
		bool		isnull;

		if (DatumGetInt64(slot_getattr(slot, ws->column[LEAD_ID], &isnull)) != merge->loser)
			continue;
		key.id = merge->winner;
		w = bsearch(&key, winner, nwinners, sizeof(Winner), compare_winner);
		if (w == NULL)
			elog(ERROR, "lead " INT64_FORMAT " was not locked", merge->winner);

		repeat[m].lead = merge->winner;
		repeat[m].merged = merge->loser;
		repeat[m].rule = CStringGetTextDatum(merge->rule);
		filled |= fill_winner(ws, tupdesc, w, slot, &repeat[m].before);
		repeat[m].source = copy_text(slot, ws->column[LEAD_LAST_SOURCE]);
		repeat[m].content = attribute_text(slot, ws->column[LEAD_ATTRS], "content");
		if (repeat[m].content == 0)
			repeat[m].content = copy_text(slot, ws->column[LEAD_LAST_FORM]);
		repeat[m].at = DatumGetTimestampTz(slot_getattr(slot, ws->column[LEAD_LAST_INBOUND_AT], &isnull));
		m++;
	}
	ExecDropSingleTupleTableSlot(slot);
	if (m != n)
		elog(ERROR, "%d of %d merged rows not found in the transition table", n - m, n);

	/* The log first: it is what allows merged_into to be set at all. */
	leadcrm_repeat_log(ws, repeat, n, frame->now);
	nbehaved = add_inquiries(ws, repeat, n, winner, nwinners);
	repeating = leadcrm_assign_repeat(true);
	PG_TRY();
	{
		update_winners(ws, tupdesc, winner, nbehaved, filled, true);
		update_winners(ws, tupdesc, winner + nbehaved, nwinners - nbehaved, filled, false);
	}
	PG_FINALLY();
	{
		(void) leadcrm_assign_repeat(repeating);
	}
	PG_END_TRY();
}

/*
 * leadcrm_settle_fills
 *		Is a column filled from a repeat inquiry when the living lead has
 *		nothing there?
 *
 * Everything that describes the customer is, custom columns too; what leadcrm
 * computes or a salesperson decides is not.
 */
bool
leadcrm_settle_fills(Workspace *ws, Form_pg_attribute att)
{
	char	   *said;

	if (ws->fills == NULL)
		ws->fills = MemoryContextAllocZero(ws->cxt, ws->natts);
	said = &ws->fills[att->attnum - 1];
	if (*said == 0)
		*said = column_is_filled(ws, att) ? 'y' : 'n';
	return *said == 'y';
}

static bool
column_is_filled(Workspace *ws, Form_pg_attribute att)
{
	static const char *const not_filled[] = {
		"id", "kind", "first_source", "last_source", "last_form", "last_inbound_at",
		"external_id", "process", "stage", "stage_since", "lifecycle", "won_at", "won_amount", "lost_at",
		"loss_reason", "loss_note", "competitor",
		"owner", "team", "pool", "pool_since", "assigned_at", "touched_at", "recycle_at",
		"first_contact_due_at", "first_contacted_at", "first_contact_from",
		"last_contacted_at", "next_contact_at",
		"merged_into", "attrs", "created_at", "updated_at"
	};

	if (att->attisdropped || att->attgenerated != '\0' || att->attidentity != '\0')
		return false;
	if (leadcrm_score_computes(NameStr(att->attname)))
		return false;
	if (bms_is_member(att->attnum, ws->unique))
		return false;			/* the repeat inquiry's row keeps its value */
	for (int i = 0; i < lengthof(not_filled); i++)
	{
		if (strcmp(NameStr(att->attname), not_filled[i]) == 0)
			return false;
	}
	/* Arrays cannot pass through unnest() row by row. */
	return OidIsValid(get_array_type(att->atttypid)) &&
		!OidIsValid(get_element_type(att->atttypid));
}

/* Lock the winners in the order of their ids and read them as they are. */
static Winner *
lock_winners(Workspace *ws, SettleFrame *frame, Relation lead, int *nwinners)
{
	TupleDesc	tupdesc = RelationGetDescr(lead);
	int64	   *ids = palloc_extended(frame->nmerges * sizeof(int64), MCXT_ALLOC_HUGE);
	LeadScan	scan;
	HeapTuple  *row;
	Winner	   *winner;
	int			n = 0;
	int			locked = 0;

	for (int i = 0; i < frame->nmerges; i++)
		ids[i] = frame->merge[i].winner;
	qsort(ids, frame->nmerges, sizeof(int64), leadcrm_int8_compare);
	for (int i = 0; i < frame->nmerges; i++)
	{
		if (n == 0 || ids[n - 1] != ids[i])
			ids[n++] = ids[i];
	}

	row = palloc_extended(n * sizeof(HeapTuple), MCXT_ALLOC_HUGE);
	if (!IsolationUsesXactSnapshot() && leadcrm_lead_scan_begin(&scan, ws, lead))
	{
		while (locked < n && leadcrm_lead_scan_lock(&scan, ids[locked]))
		{
			CHECK_FOR_INTERRUPTS();
			row[locked++] = ExecCopySlotHeapTuple(scan.slot);
		}
		leadcrm_lead_scan_end(&scan);
	}
	else
	{
		Datum		values[1];

		values[0] = PointerGetDatum(leadcrm_int8_array(ids, n));
		locked = (int) leadcrm_workspace_run(ws, PLAN_LOCK_WINNERS,
											 "SELECT * FROM %s.lead WHERE id = ANY ($1)"
											 " ORDER BY id FOR NO KEY UPDATE",
											 1, (Oid[]) {INT8ARRAYOID}, values);
		for (int i = 0; i < Min(locked, n); i++)
			row[i] = leadcrm_lead_row(SPI_tuptable, i, tupdesc);
	}
	if (locked != n)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("a lead was deleted while a repeat inquiry arrived"),
				 errhint("Retry the transaction.")));

	winner = palloc_extended(n * sizeof(Winner), MCXT_ALLOC_HUGE);
	for (int i = 0; i < n; i++)
	{
		winner[i].id = ids[i];
		winner[i].value = palloc(tupdesc->natts * sizeof(Datum));
		winner[i].isnull = palloc(tupdesc->natts * sizeof(bool));
		heap_deform_tuple(row[i], tupdesc, winner[i].value, winner[i].isnull);
	}
	*nwinners = n;
	return winner;
}

/*
 * Take into winner what a repeat inquiry knows better: empty fields are
 * filled, where it last came from is replaced, nothing else changes.
 *
 * *before gets what changed, for unmerge():
 * {"fields": {column: [before, after]}, "attrs": {key added: value}}, values
 * as JSON strings in the text form of their type.  A column that is replaced
 * by an equal value is there too, for an earlier merge may be undone first.
 *
 * Returns whether something was filled.
 */
static bool
fill_winner(Workspace *ws, TupleDesc tupdesc, Winner *winner, TupleTableSlot *loser,
			Datum *before)
{
	JsonbParseState *state = NULL;
	JsonbValue *object;
	int			region = ws->column[LEAD_REGION];
	bool		same_region;
	bool		filled = false;

	slot_getallattrs(loser);
	same_region = winner->isnull[region - 1] ||
		(!loser->tts_isnull[region - 1] &&
		 text_begins(loser->tts_values[region - 1], winner->value[region - 1]));
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	leadcrm_json_key(&state, "fields");
	pushJsonbValue(&state, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);

		if (i + 1 == ws->column[LEAD_UPDATED_AT])
		{
			/* The normalize trigger will set it. */
			Datum		now = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());

			add_change(&state, att, winner->value[i], winner->isnull[i], now);
			winner->value[i] = now;
			continue;
		}
		if (loser->tts_isnull[i])
			continue;
		if (!(column_is_replaced(ws, i + 1) ||
			  (winner->isnull[i] && leadcrm_settle_fills(ws, att))))
			continue;
		/* Address and region are one block: no address of another region. */
		if (i + 1 == ws->column[LEAD_ADDRESS] && !same_region)
			continue;
		if (i + 1 == ws->column[LEAD_LAST_SOURCE] &&
			leadcrm_text_is(loser->tts_values[i], UNKNOWN_SOURCE))
			continue;
		filled |= !column_is_replaced(ws, i + 1);
		add_change(&state, att, winner->value[i], winner->isnull[i], loser->tts_values[i]);
		winner->value[i] = datumCopy(loser->tts_values[i], att->attbyval, att->attlen);
		winner->isnull[i] = false;
	}
	pushJsonbValue(&state, WJB_END_OBJECT, NULL);

	if (!loser->tts_isnull[ws->column[LEAD_ATTRS] - 1])
		filled |= fill_attrs(winner, ws->column[LEAD_ATTRS],
							 loser->tts_values[ws->column[LEAD_ATTRS] - 1], &state);
	object = pushJsonbValue(&state, WJB_END_OBJECT, NULL);
	*before = JsonbPGetDatum(JsonbValueToJsonb(object));
	return filled;
}

/* A text column of the row, or 0. */
static Datum
copy_text(TupleTableSlot *slot, AttrNumber column)
{
	bool		isnull;
	Datum		d = slot_getattr(slot, column, &isnull);

	return isnull ? (Datum) 0 : datumCopy(d, false, -1);
}

/* A text attribute of the row, or 0. */
static Datum
attribute_text(TupleTableSlot *slot, AttrNumber attrs, const char *name)
{
	bool		isnull;
	Datum		d = slot_getattr(slot, attrs, &isnull);
	JsonbValue	found;

	if (isnull ||
		getKeyJsonValueFromContainer(&DatumGetJsonbP(d)->root, name, strlen(name), &found) == NULL ||
		found.type != jbvString)
		return (Datum) 0;
	return PointerGetDatum(cstring_to_text_with_len(found.val.string.val, found.val.string.len));
}

/* Push "column": [before, after]. */
static void
add_change(JsonbParseState **state, Form_pg_attribute att, Datum before, bool isnull, Datum after)
{
	leadcrm_json_key(state, NameStr(att->attname));
	pushJsonbValue(state, WJB_BEGIN_ARRAY, NULL);
	leadcrm_json_value(state, WJB_ELEM, before, isnull, att->atttypid);
	leadcrm_json_value(state, WJB_ELEM, after, false, att->atttypid);
	pushJsonbValue(state, WJB_END_ARRAY, NULL);
}

/* Add the attributes that the winner lacks; flags speak of the row itself. */
static bool
fill_attrs(Winner *winner, int attno, Datum attrs, JsonbParseState **state)
{
	Jsonb	   *mine = DatumGetJsonbP(winner->value[attno - 1]);
	Jsonb	   *theirs = DatumGetJsonbP(attrs);
	JsonbParseState *added = NULL;
	JsonbIterator *it;
	JsonbIteratorToken token;
	JsonbValue	v;
	JsonbValue *object;
	int			n = 0;

	if (!JB_ROOT_IS_OBJECT(theirs) || JB_ROOT_COUNT(theirs) == 0)
		return false;
	pushJsonbValue(&added, WJB_BEGIN_OBJECT, NULL);
	it = JsonbIteratorInit(&theirs->root);
	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		JsonbValue	key = v;
		JsonbValue	found;

		if (token != WJB_KEY)
			continue;
		(void) JsonbIteratorNext(&it, &v, true);	/* its value */
		if ((key.val.string.len == strlen("flags") &&
			 memcmp(key.val.string.val, "flags", strlen("flags")) == 0) ||
			getKeyJsonValueFromContainer(&mine->root, key.val.string.val,
										 key.val.string.len, &found) != NULL)
			continue;
		pushJsonbValue(&added, WJB_KEY, &key);
		pushJsonbValue(&added, WJB_VALUE, &v);
		n++;
	}
	object = pushJsonbValue(&added, WJB_END_OBJECT, NULL);
	if (n > 0)
	{
		Jsonb	   *extra = JsonbValueToJsonb(object);
		JsonbValue	nested;

		winner->value[attno - 1] = DirectFunctionCall2(jsonb_concat, JsonbPGetDatum(mine),
													   JsonbPGetDatum(extra));
		nested.type = jbvBinary;
		nested.val.binary.data = &extra->root;
		nested.val.binary.len = VARSIZE(extra) - VARHDRSZ;
		leadcrm_json_key(state, "attrs");
		pushJsonbValue(state, WJB_VALUE, &nested);
	}
	return n > 0;
}

/*
 * Add the inquiries to what the winners did, and take what that makes of their
 * behaviour into the winners.
 *
 * Puts those of whom something was taken first; returns how many these are.
 */
static int
add_inquiries(Workspace *ws, const Repeat *repeat, int n, Winner *winner, int nwinners)
{
	BehaviourTaken taken = {.cxt = CurrentMemoryContext};
	Winner	   *others = palloc_extended(nwinners * sizeof(Winner), MCXT_ALLOC_HUGE);
	int			t = 0;

	leadcrm_behaviour_take(&taken);
	PG_TRY();
	{
		leadcrm_repeat_add(ws, repeat, n);
	}
	PG_FINALLY();
	{
		leadcrm_behaviour_take(NULL);
	}
	PG_END_TRY();

	/* Both lists are in the order of ids. */
	for (int w = 0; w < nwinners; w++)
	{
		if (t < taken.n && taken.item[t].lead == winner[w].id)
		{
			set_behaviour(ws, &winner[w], &taken.item[t]);
			winner[t++] = winner[w];
		}
		else
			others[w - t] = winner[w];
	}
	if (t < taken.n)
		elog(ERROR, "behaviour of lead " INT64_FORMAT " was taken, but not the lead", taken.item[t].lead);
	memcpy(winner + t, others, (nwinners - t) * sizeof(Winner));
	return t;
}

static void
set_behaviour(Workspace *ws, Winner *winner, const BehaviourResult *result)
{
	int			signals = ws->column[LEAD_SIGNALS] - 1;

	for (int c = 0; c < HALF_LIFE_CLASSES; c++)
	{
		int			value = ws->column[LEAD_BEHAVIOUR_1 + 2 * c] - 1;
		int			at = ws->column[LEAD_BEHAVIOUR_1_AT + 2 * c] - 1;

		winner->value[value] = Float8GetDatum(result->points[c].value);
		winner->value[at] = TimestampTzGetDatum(result->points[c].at);
		winner->isnull[value] = winner->isnull[at] = result->points[c].value == 0;
	}
	winner->value[signals] = PointerGetDatum(result->signals);
	winner->isnull[signals] = result->signals == NULL;
}

/*
 * One UPDATE for all winners, in the order of their ids.  It sets as few
 * columns as it may: all that can be filled only if something was, behaviour
 * only if it is new.
 */
static void
update_winners(Workspace *ws, TupleDesc tupdesc, Winner *winner, int nwinners, bool filled,
			   bool behaved)
{
	bool		single = nwinners == 1;
	WorkspacePlan which = PLAN_UPDATE_WINNERS + 4 * single + 2 * filled + behaved;
	Datum	   *values = palloc((tupdesc->natts + 1) * sizeof(Datum));
	char	   *nulls = palloc((tupdesc->natts + 1) * sizeof(char));
	Oid		   *types = palloc((tupdesc->natts + 1) * sizeof(Oid));
	int			nargs = 0;
	Column		ids = leadcrm_column_new(INT8OID, nwinners);
	StringInfoData set;
	StringInfoData names;
	StringInfoData params;
	StringInfoData query;

	if (nwinners == 0)
		return;
	initStringInfo(&set);
	initStringInfo(&names);
	initStringInfo(&params);
	for (int w = 0; w < nwinners; w++)
		leadcrm_column_set(&ids, w, Int64GetDatum(winner[w].id), false);
	values[nargs] = single ? Int64GetDatum(winner->id) : leadcrm_column_array(&ids, nwinners);
	nulls[nargs] = ' ';
	types[nargs++] = single ? INT8OID : INT8ARRAYOID;

	for (int i = 0; i < tupdesc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(tupdesc, i);
		const char *name;

		if (!column_is_replaced(ws, i + 1) &&
			!(filled && (leadcrm_settle_fills(ws, att) || i + 1 == ws->column[LEAD_ATTRS])) &&
			!(behaved && column_is_behaviour(ws, i + 1)))
			continue;
		if (single)
		{
			values[nargs] = winner->value[i];
			nulls[nargs] = winner->isnull[i] ? 'n' : ' ';
			types[nargs++] = att->atttypid;
		}
		else
		{
			Column		column = leadcrm_column_new(att->atttypid, nwinners);

			for (int w = 0; w < nwinners; w++)
				leadcrm_column_set(&column, w, winner[w].value[i], winner[w].isnull[i]);
			values[nargs] = leadcrm_column_array(&column, nwinners);
			nulls[nargs] = ' ';
			types[nargs++] = get_array_type(att->atttypid);
		}
		if (ws->plan[which] != NULL)
			continue;
		name = quote_identifier(NameStr(att->attname));
		appendStringInfo(&set, "%s%s = ", set.len > 0 ? ", " : "", name);
		appendStringInfo(&set, single ? "$%d" : "m.c%d", nargs);
		appendStringInfo(&names, ", c%d", nargs);
		appendStringInfo(&params, ", $%d", nargs);
	}
	if (ws->plan[which] == NULL)
	{
		initStringInfo(&query);
		if (single)
			appendStringInfo(&query, "UPDATE %%s.lead SET %s WHERE id = $1", set.data);
		else
			appendStringInfo(&query, "UPDATE %%s.lead w SET %s FROM unnest($1%s) AS m (id%s) WHERE w.id = m.id",
							 set.data, params.data, names.data);
		(void) leadcrm_workspace_plan(ws, which, query.data, nargs, types);
	}
	if (behaved)
		(void) leadcrm_behaviour_run(ws, which, NULL, nargs, types, values, nulls);
	else
		(void) leadcrm_workspace_run_nulls(ws, which, NULL, nargs, types, values, nulls);
}

/* Where the lead was last heard of is the repeat inquiry's business. */
static bool
column_is_replaced(Workspace *ws, int attno)
{
	return attno == ws->column[LEAD_LAST_SOURCE] || attno == ws->column[LEAD_LAST_FORM] ||
		attno == ws->column[LEAD_LAST_INBOUND_AT];
}

/*
 * Is that a column that an UPDATE of behaviour sets?  When the lead was last
 * updated, too: the normalize trigger does not count behaviour.
 */
static bool
column_is_behaviour(Workspace *ws, int attno)
{
	for (int column = LEAD_BEHAVIOUR_1; column <= LEAD_BEHAVIOUR_4_AT; column++)
	{
		if (attno == ws->column[column])
			return true;
	}
	return attno == ws->column[LEAD_SIGNALS] || attno == ws->column[LEAD_UPDATED_AT];
}

static bool
text_begins(Datum value, Datum beginning)
{
	text	   *t = DatumGetTextPP(value);
	text	   *b = DatumGetTextPP(beginning);

	return VARSIZE_ANY_EXHDR(t) >= VARSIZE_ANY_EXHDR(b) &&
		memcmp(VARDATA_ANY(t), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(b)) == 0;
}

static int
compare_winner(const void *a, const void *b)
{
	return leadcrm_int8_compare(&((const Winner *) a)->id, &((const Winner *) b)->id);
}
