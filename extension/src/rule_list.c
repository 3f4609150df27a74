/*-------------------------------------------------------------------------
 * rule_list.c
 *	  What a table of rules says, as one snapshot sees it.
 *
 * A table of rules is any table with columns code and condition of type text;
 * active, points, cap_group, valid_from and valid_to are heeded if there are
 * such columns.  Beside it in its schema, score_cap(cap_group, most) limits
 * the points of a group of rules, and workspace(time_zone) tells the time
 * zone of their dates; without it they are in UTC.
 *
 * Read directly, not by SQL, because that also works in parallel workers with
 * any snapshot.  Row security is therefore not applied but refused, and the
 * right to SELECT is checked here.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/reltrigger.h"
#include "utils/rls.h"
#include "utils/timestamp.h"

#include "rule.h"
#include "rule_list.h"

/* A scan of one of the tables. */
typedef struct ListScan
{
	Relation	rel;
	TableScanDesc scan;
	TupleTableSlot *slot;
} ListScan;

static void read_rules(RuleList *list, Snapshot snapshot);
static void read_caps(RuleList *list, Snapshot snapshot);
static void read_time_zone(RuleList *list, Snapshot snapshot);
static void scan_begin(ListScan *scan, Oid relid, Snapshot snapshot);
static bool scan_next(ListScan *scan);
static void scan_end(ListScan *scan);
static AttrNumber find_column(Relation rel, const char *name, Oid type, bool needed);
static Datum column_value(ListScan *scan, AttrNumber column, Datum otherwise);
static char *column_text(ListScan *scan, AttrNumber column);
static bool is_watched(Relation rel);
static bool is_config_changed(Oid func);
static int	rule_compare(const void *a, const void *b);
static int	cap_compare(const void *a, const void *b);

/*
 * leadcrm_rule_list_read
 *		Read a table of rules and what stands beside it.
 *
 * The result is in the current memory context; the tables stay locked to the
 * end of the transaction.
 *
 * Raises 42P01 or 42809 when there is no such table, 42703 or 42804 when it
 * is no table of rules, 42501 when the current user may not read it, 54000
 * when there are too many rules.
 */
RuleList *
leadcrm_rule_list_read(Oid rules, Snapshot snapshot)
{
	RuleList *list = palloc0(sizeof(RuleList));
	Oid			schema;

	list->table[LIST_RULES] = rules;
	list->watched = true;
	list->time_zone = "UTC";
	schema = get_rel_namespace(rules);
	if (OidIsValid(schema))
	{
		list->table[LIST_CAPS] = get_relname_relid("score_cap", schema);
		list->table[LIST_WORKSPACE] = get_relname_relid("workspace", schema);
	}
	read_rules(list, snapshot);
	read_caps(list, snapshot);
	read_time_zone(list, snapshot);
	return list;
}

/*
 * leadcrm_rule_list_equal
 *		Whether both say the same.
 */
bool
leadcrm_rule_list_equal(const RuleList *a, const RuleList *b)
{
	if (memcmp(a->table, b->table, sizeof(a->table)) != 0 || a->watched != b->watched ||
		a->has_points != b->has_points || strcmp(a->time_zone, b->time_zone) != 0 ||
		a->nrules != b->nrules || a->ncaps != b->ncaps)
		return false;
	for (int i = 0; i < a->nrules; i++)
	{
		const ListedRule *x = &a->rule[i];
		const ListedRule *y = &b->rule[i];

		if (strcmp(x->code, y->code) != 0 || strcmp(x->condition, y->condition) != 0 ||
			x->points != y->points || x->cap != y->cap ||
			x->valid_from != y->valid_from || x->valid_to != y->valid_to)
			return false;
	}
	for (int i = 0; i < a->ncaps; i++)
	{
		if (strcmp(a->cap[i].cap_group, b->cap[i].cap_group) != 0 ||
			a->cap[i].most != b->cap[i].most)
			return false;
	}
	return true;
}

/*
 * leadcrm_rule_list_check_access
 *		Raise 42501 unless the current user may read the table of rules, all
 *		of it.
 */
void
leadcrm_rule_list_check_access(Oid rules)
{
	AclResult	result = pg_class_aclcheck(rules, GetUserId(), ACL_SELECT);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_TABLE, get_rel_name(rules));
	if (check_enable_rls(rules, InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("rules of table \"%s\" cannot be used under row security",
						get_rel_name(rules))));
}

static void
read_rules(RuleList *list, Snapshot snapshot)
{
	ListScan	scan;
	AttrNumber	code;
	AttrNumber	condition;
	AttrNumber	active;
	AttrNumber	points;
	AttrNumber	cap_group;
	AttrNumber	valid_from;
	AttrNumber	valid_to;
	int			allocated = 64;

	scan_begin(&scan, list->table[LIST_RULES], snapshot);
	leadcrm_rule_list_check_access(list->table[LIST_RULES]);
	code = find_column(scan.rel, "code", TEXTOID, true);
	condition = find_column(scan.rel, "condition", TEXTOID, true);
	active = find_column(scan.rel, "active", BOOLOID, false);
	points = find_column(scan.rel, "points", INT4OID, false);
	cap_group = find_column(scan.rel, "cap_group", TEXTOID, false);
	valid_from = find_column(scan.rel, "valid_from", TIMESTAMPTZOID, false);
	valid_to = find_column(scan.rel, "valid_to", TIMESTAMPTZOID, false);

	list->has_points = points != InvalidAttrNumber;
	list->watched = list->watched && is_watched(scan.rel);
	list->rule = palloc(allocated * sizeof(ListedRule));
	while (scan_next(&scan))
	{
		ListedRule *rule;
		char	   *text = column_text(&scan, condition);

		if (text == NULL || !DatumGetBool(column_value(&scan, active,
													   BoolGetDatum(active == InvalidAttrNumber))))
			continue;
		if (list->nrules == allocated)
		{
			allocated *= 2;
			list->rule = repalloc(list->rule, allocated * sizeof(ListedRule));
		}
		rule = &list->rule[list->nrules++];
		rule->code = column_text(&scan, code);
		rule->condition = text;
		rule->points = DatumGetInt32(column_value(&scan, points, Int32GetDatum(0)));
		rule->valid_from =
			DatumGetTimestampTz(column_value(&scan, valid_from,
											 TimestampTzGetDatum(DT_NOBEGIN)));
		rule->valid_to =
			DatumGetTimestampTz(column_value(&scan, valid_to, TimestampTzGetDatum(DT_NOEND)));
		rule->cap_group = column_text(&scan, cap_group);
		rule->cap = -1;
		if (rule->code == NULL)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("table \"%s\" has a rule without a code",
							RelationGetRelationName(scan.rel))));
	}
	scan_end(&scan);
	qsort(list->rule, list->nrules, sizeof(ListedRule), rule_compare);
}

static void
read_caps(RuleList *list, Snapshot snapshot)
{
	ListScan	scan;
	AttrNumber	cap_group;
	AttrNumber	most;
	int			allocated = 8;

	if (!OidIsValid(list->table[LIST_CAPS]))
		return;
	scan_begin(&scan, list->table[LIST_CAPS], snapshot);
	leadcrm_rule_list_check_access(list->table[LIST_CAPS]);
	cap_group = find_column(scan.rel, "cap_group", TEXTOID, true);
	most = find_column(scan.rel, "most", INT4OID, true);
	list->watched = list->watched && is_watched(scan.rel);
	list->cap = palloc(allocated * sizeof(ListedCap));
	while (scan_next(&scan))
	{
		ListedCap	cap;

		cap.cap_group = column_text(&scan, cap_group);
		cap.most = Max(DatumGetInt32(column_value(&scan, most, Int32GetDatum(PG_INT32_MAX))), 0);
		if (cap.cap_group == NULL)
			continue;
		if (list->ncaps == allocated)
		{
			allocated *= 2;
			list->cap = repalloc(list->cap, allocated * sizeof(ListedCap));
		}
		list->cap[list->ncaps++] = cap;
	}
	scan_end(&scan);
	qsort(list->cap, list->ncaps, sizeof(ListedCap), cap_compare);

	for (int i = 0; i < list->nrules; i++)
	{
		ListedCap	key = {.cap_group = list->rule[i].cap_group};
		ListedCap  *hit;

		if (key.cap_group == NULL)
			continue;
		hit = bsearch(&key, list->cap, list->ncaps, sizeof(ListedCap), cap_compare);
		if (hit != NULL)
			list->rule[i].cap = (int) (hit - list->cap);
	}
}

static void
read_time_zone(RuleList *list, Snapshot snapshot)
{
	ListScan	scan;
	AttrNumber	time_zone;

	if (!OidIsValid(list->table[LIST_WORKSPACE]))
		return;
	scan_begin(&scan, list->table[LIST_WORKSPACE], snapshot);
	time_zone = find_column(scan.rel, "time_zone", TEXTOID, false);
	list->watched = list->watched && is_watched(scan.rel);
	if (time_zone != InvalidAttrNumber && scan_next(&scan))
	{
		char	   *text = column_text(&scan, time_zone);

		if (text != NULL)
			list->time_zone = text;
	}
	scan_end(&scan);
}

static void
scan_begin(ListScan *scan, Oid relid, Snapshot snapshot)
{
	scan->rel = try_table_open(relid, AccessShareLock);
	if (scan->rel == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table with OID %u does not exist", relid)));
	if (scan->rel->rd_rel->relkind != RELKIND_RELATION)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" is not an ordinary table", RelationGetRelationName(scan->rel))));
	scan->slot = table_slot_create(scan->rel, NULL);
	scan->scan = table_beginscan(scan->rel, snapshot, 0, NULL);
}

static bool
scan_next(ListScan *scan)
{
	CHECK_FOR_INTERRUPTS();
	return table_scan_getnextslot(scan->scan, ForwardScanDirection, scan->slot);
}

static void
scan_end(ListScan *scan)
{
	table_endscan(scan->scan);
	ExecDropSingleTupleTableSlot(scan->slot);
	table_close(scan->rel, NoLock);
}

/* A column of that name and type, or none if it is not needed. */
static AttrNumber
find_column(Relation rel, const char *name, Oid type, bool needed)
{
	AttrNumber	column = get_attnum(RelationGetRelid(rel), name);
	Oid			found;

	if (column == InvalidAttrNumber)
	{
		if (needed)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table \"%s\" has no column \"%s\"",
							RelationGetRelationName(rel), name),
					 errhint("A table of rules has columns \"code\" and \"condition\".")));
		return InvalidAttrNumber;
	}
	found = getBaseType(TupleDescAttr(RelationGetDescr(rel), column - 1)->atttypid);
	if (found != type && !(type == TEXTOID && found == VARCHAROID))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of table \"%s\" is of type %s, not %s", name,
						RelationGetRelationName(rel), format_type_be(found),
						format_type_be(type))));
	return column;
}

/* A column's value; something else when it is NULL or there is none. */
static Datum
column_value(ListScan *scan, AttrNumber column, Datum otherwise)
{
	bool		isnull = true;
	Datum		value = (Datum) 0;

	if (column != InvalidAttrNumber)
		value = slot_getattr(scan->slot, column, &isnull);
	return isnull ? otherwise : value;
}

static char *
column_text(ListScan *scan, AttrNumber column)
{
	Datum		value = column_value(scan, column, (Datum) 0);

	return DatumGetPointer(value) == NULL ? NULL : TextDatumGetCString(value);
}

/*
 * Whether all sessions hear of each change of a table's rows: there are
 * triggers of config_changed(), and they always fire.
 */
static bool
is_watched(Relation rel)
{
	const int	all = TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE |
		TRIGGER_TYPE_TRUNCATE;
	int			watched = 0;

	for (int i = 0; rel->trigdesc != NULL && i < rel->trigdesc->numtriggers; i++)
	{
		Trigger    *trigger = &rel->trigdesc->triggers[i];

		if (TRIGGER_FOR_AFTER(trigger->tgtype) && trigger->tgenabled == TRIGGER_FIRES_ALWAYS &&
			trigger->tgqual == NULL && trigger->tgnattr == 0 && !trigger->tgdeferrable &&
			is_config_changed(trigger->tgfoid))
			watched |= trigger->tgtype & all;
	}
	return watched == all;
}

static bool
is_config_changed(Oid func)
{
	char	   *name = get_func_name(func);

	return name != NULL && strcmp(name, "config_changed") == 0 &&
		get_func_namespace(func) == get_namespace_oid("leadcrm", true);
}

static int
rule_compare(const void *a, const void *b)
{
	const ListedRule *x = a;
	const ListedRule *y = b;
	int			order = strcmp(x->code, y->code);

	return order != 0 ? order : strcmp(x->condition, y->condition);
}

static int
cap_compare(const void *a, const void *b)
{
	return strcmp(((const ListedCap *) a)->cap_group, ((const ListedCap *) b)->cap_group);
}
