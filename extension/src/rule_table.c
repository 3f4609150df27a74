/*-------------------------------------------------------------------------
 * rule_table.c
 *	  Tables of rules that queries use, kept per backend.
 *
 * A query sees the rules that its snapshot sees, as if it read the table for
 * each row: the table is read again for each snapshot that may see other
 * rules, and compiled again only if it does.  It is not even read if
 * config_changed() announces all changes of its rows and none has come since
 * it was read with the latest snapshot, provided that the query's snapshot is
 * not older and the transaction has written nothing since: the announcement
 * of its own changes comes only at the end of the statement that makes them.
 *
 * One entry per table of rules, type of row, and role: the rights to execute
 * functions are checked when an expression is made ready.  The invalidation
 * callbacks only mark; an entry is checked before each use.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/typcache.h"

#include "rule_table.h"

/* Entries kept; another one takes the place of that not used for longest. */
#define RULE_TABLE_MAX	64

typedef struct TableKey
{
	Oid			rules;
	Oid			type;			/* of the row */
	int32		typmod;			/* of a row without a type of its own */
	Oid			role;
} TableKey;

/* Enough of a snapshot to tell it from others of this backend. */
typedef struct SnapshotMark
{
	LocalTransactionId transaction;
	CommandId	command;
	TransactionId xmin;
	TransactionId xmax;
	uint32		xcnt;
	int32		subxcnt;
} SnapshotMark;

typedef struct TableEntry
{
	TableKey	key;			/* hash key */
	bool		valid;			/* no table below was invalidated */
	Oid			subject;		/* relation whose rows these are */
	Oid			table[LIST_NTABLES];
	SnapshotMark seen;			/* a snapshot that sees the rules as built */
	bool		current;		/* so do, while valid, this one and later ones */
	SnapshotMark latest;
	uint64		last_used;
	RuleTable  *built;			/* NULL: nothing */
} TableEntry;

static HTAB *table_cache = NULL;
static MemoryContext table_cache_cxt = NULL;
static TableEntry *table_last = NULL;	/* most queries use one */
static uint64 table_uses = 0;
static uint64 table_builds = 0;

static void table_relcache_callback(Datum arg, Oid relid);
static TableEntry *entry_find(const TableKey *key);
static void entry_make_room(void);
static void entry_clear(TableEntry *entry);
static bool entry_is_usable(TableEntry *entry, const SnapshotMark *now);
static void entry_refresh(TableEntry *entry, Snapshot snapshot, const SnapshotMark *now);
static RuleTable *table_build(const TableKey *key, RuleList *list);
static void table_set_in_force(RuleTable *table, TimestampTz as_of);
static SnapshotMark snapshot_mark(Snapshot snapshot);
static bool mark_is_equal(const SnapshotMark *a, const SnapshotMark *b);
static bool mark_is_older(const SnapshotMark *a, const SnapshotMark *b);

/*
 * leadcrm_rule_table_init
 *		Register the callback; called once, from _PG_init.
 */
void
leadcrm_rule_table_init(void)
{
	CacheRegisterRelcacheCallback(table_relcache_callback, (Datum) 0);
}

/*
 * leadcrm_rule_table
 *		The rules of a table that the active snapshot sees, compiled for rows
 *		of a type.
 *
 * rowtype, typmod: a composite type, with or without a name.
 *
 * The result is good until the next call.  Raises what reading the table and
 * compiling its rules raises, see leadcrm_rule_list_read() and
 * leadcrm_rule_set_build().
 */
RuleTable *
leadcrm_rule_table(Oid rules, Oid rowtype, int32 typmod)
{
	Snapshot	snapshot = GetActiveSnapshot();
	SnapshotMark now = snapshot_mark(snapshot);
	TableKey	key;
	TableEntry *entry;

	memset(&key, 0, sizeof(key));
	key.rules = rules;
	key.type = rowtype;
	key.typmod = typmod;
	key.role = GetUserId();

	AcceptInvalidationMessages();
	entry = entry_find(&key);
	if (!entry_is_usable(entry, &now))
		entry_refresh(entry, snapshot, &now);
	return entry->built;
}

/*
 * leadcrm_rule_table_match
 *		Set table->matched to the rules that a row matches.
 */
void
leadcrm_rule_table_match(RuleTable *table, TupleTableSlot *slot, TimestampTz as_of)
{
	leadcrm_rule_set_match(table->set, slot, as_of, table->matched);
	if (table->in_force == NULL)
		return;
	if (table->as_of != as_of)
		table_set_in_force(table, as_of);
	for (int i = 0; i < RULE_WORDS(table->list->nrules); i++)
		table->matched[i] &= table->in_force[i];
}

/*
 * leadcrm_rule_table_match_row
 *		Find the rules of a table for a row, and those that it matches.
 */
RuleTable *
leadcrm_rule_table_match_row(Oid rules, HeapTupleHeader row, TimestampTz as_of)
{
	RuleTable  *table = leadcrm_rule_table(rules, HeapTupleHeaderGetTypeId(row),
										   HeapTupleHeaderGetTypMod(row));
	HeapTupleData tuple;

	tuple.t_len = HeapTupleHeaderGetDatumLength(row);
	ItemPointerSetInvalid(&tuple.t_self);
	tuple.t_tableOid = InvalidOid;
	tuple.t_data = row;
	ExecStoreHeapTuple(&tuple, table->row, false);
	leadcrm_rule_table_match(table, table->row, as_of);
	ExecClearTuple(table->row);
	return table;
}

/*
 * A relation was invalidated: mark the entries that were built from it.
 * No catalog access, no allocation, no freeing.
 */
static void
table_relcache_callback(Datum arg, Oid relid)
{
	HASH_SEQ_STATUS seq;
	TableEntry *entry;

	if (table_cache == NULL)
		return;
	hash_seq_init(&seq, table_cache);
	while ((entry = hash_seq_search(&seq)) != NULL)
	{
		if (!OidIsValid(relid) || entry->subject == relid)
			entry->valid = false;
		for (int i = 0; i < LIST_NTABLES; i++)
		{
			if (entry->table[i] == relid)
				entry->valid = false;
		}
	}
}

/* The entry of that key, perhaps an empty new one. */
static TableEntry *
entry_find(const TableKey *key)
{
	TableEntry *entry = table_last;
	bool		found;

	if (entry == NULL || memcmp(&entry->key, key, sizeof(TableKey)) != 0)
	{
		if (table_cache == NULL)
		{
			HASHCTL		ctl;

			if (table_cache_cxt == NULL)
				table_cache_cxt = AllocSetContextCreate(CacheMemoryContext,
														"leadcrm rule tables",
														ALLOCSET_DEFAULT_SIZES);
			ctl.keysize = sizeof(TableKey);
			ctl.entrysize = sizeof(TableEntry);
			ctl.hcxt = table_cache_cxt;
			table_cache = hash_create("leadcrm rule tables", RULE_TABLE_MAX, &ctl,
									  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
		}
		entry = hash_search(table_cache, key, HASH_FIND, NULL);
		if (entry == NULL)
		{
			entry_make_room();
			entry = hash_search(table_cache, key, HASH_ENTER, &found);
			memset((char *) entry + sizeof(TableKey), 0, sizeof(TableEntry) - sizeof(TableKey));
		}
		table_last = entry;
	}
	entry->last_used = ++table_uses;
	return entry;
}

/* Have room for one more entry. */
static void
entry_make_room(void)
{
	HASH_SEQ_STATUS seq;
	TableEntry *entry;
	TableEntry *oldest = NULL;

	if (hash_get_num_entries(table_cache) < RULE_TABLE_MAX)
		return;
	hash_seq_init(&seq, table_cache);
	while ((entry = hash_seq_search(&seq)) != NULL)
	{
		if (oldest == NULL || entry->last_used < oldest->last_used)
			oldest = entry;
	}
	entry_clear(oldest);
	if (table_last == oldest)
		table_last = NULL;
	hash_search(table_cache, &oldest->key, HASH_REMOVE, NULL);
}

/*
 * Forget what was built.  If that happens in the middle of its evaluation, it
 * goes with the transaction.
 */
static void
entry_clear(TableEntry *entry)
{
	RuleTable  *table = entry->built;

	entry->built = NULL;
	if (table == NULL)
		return;
	if (leadcrm_rule_set_in_use(table->set))
		MemoryContextSetParent(table->cxt, TopTransactionContext);
	else
		MemoryContextDelete(table->cxt);
}

/* Whether a snapshot sees the rules as they were built; see the file's head. */
static bool
entry_is_usable(TableEntry *entry, const SnapshotMark *now)
{
	if (entry->built == NULL || !entry->valid || !leadcrm_rule_set_is_valid(entry->built->set))
		return false;
	if (mark_is_equal(now, &entry->seen))
		return true;

	/* A serializable transaction must be seen to read the rules. */
	if (!entry->current || mark_is_older(now, &entry->latest) || IsolationIsSerializable() ||
		now->command != (now->transaction == entry->latest.transaction ?
						 entry->latest.command : FirstCommandId))
		return false;
	leadcrm_rule_list_check_access(entry->key.rules);
	entry->seen = *now;
	return true;
}

/* Read the rules, and compile them if they are not what was built. */
static void
entry_refresh(TableEntry *entry, Snapshot snapshot, const SnapshotMark *now)
{
	MemoryContext cxt = AllocSetContextCreate(CurrentMemoryContext, "leadcrm rule table",
											  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(cxt);
	RuleList *list;

	if (entry->built != NULL &&
		(!entry->valid || !leadcrm_rule_set_is_valid(entry->built->set)))
		entry_clear(entry);

	/* Whatever is invalidated from here on takes this back. */
	entry->valid = true;
	entry->current = false;
	entry->table[LIST_RULES] = entry->key.rules;
	entry->subject = get_typ_typrelid(entry->key.type);
	list = leadcrm_rule_list_read(entry->key.rules, snapshot);
	memcpy(entry->table, list->table, sizeof(entry->table));
	if (entry->built == NULL || !leadcrm_rule_list_equal(list, entry->built->list))
	{
		entry_clear(entry);
		entry->built = table_build(&entry->key, list);
		MemoryContextSetParent(cxt, table_cache_cxt);
		cxt = AllocSetContextCreate(old, "leadcrm rule table", ALLOCSET_DEFAULT_SIZES);
		MemoryContextSwitchTo(cxt);
	}
	entry->seen = *now;

	if (entry->built->list->watched)
	{
		/* The latest one, which may be had in parallel workers too. */
		Snapshot	latest = RegisterSnapshot(GetCatalogSnapshot(entry->key.rules));

		entry->latest = snapshot_mark(latest);
		entry->current = mark_is_equal(&entry->latest, now) ||
			leadcrm_rule_list_equal(leadcrm_rule_list_read(entry->key.rules, latest),
									  entry->built->list);
		UnregisterSnapshot(latest);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(cxt);
}

/* Compile rules in the current memory context, which becomes the table's own. */
static RuleTable *
table_build(const TableKey *key, RuleList *list)
{
	RuleTable  *table = palloc0(sizeof(RuleTable));
	RuleText   *text = palloc(Max(list->nrules, 1) * sizeof(RuleText));
	int			nwords = Max(RULE_WORDS(list->nrules), 1);
	bool		dated = false;
	TupleDesc	tupdesc;

	for (int i = 0; i < list->nrules; i++)
	{
		text[i].code = list->rule[i].code;
		text[i].condition = list->rule[i].condition;
		dated |= list->rule[i].valid_from != DT_NOBEGIN || list->rule[i].valid_to != DT_NOEND;
	}
	table->cxt = CurrentMemoryContext;
	table->number = ++table_builds;
	table->list = list;
	table->points = palloc(Max(list->nrules, 1) * sizeof(int32));
	for (int i = 0; i < list->nrules; i++)
		table->points[i] = list->rule[i].points;
	table->matched = palloc0(nwords * sizeof(uint64));
	table->sum = palloc0(Max(list->ncaps, 1) * sizeof(int64));
	tupdesc = lookup_rowtype_tupdesc_copy(key->type, key->typmod);
	table->set = leadcrm_rule_set_build_row(tupdesc, list->nrules, text, list->time_zone, true,
											table->cxt);
	table->row = MakeSingleTupleTableSlot(tupdesc, &TTSOpsHeapTuple);
	table->columns = MakeSingleTupleTableSlot(tupdesc, &TTSOpsVirtual);
	memset(table->columns->tts_isnull, true, tupdesc->natts * sizeof(bool));
	table->read = palloc(Max(tupdesc->natts, 1) * sizeof(ReadColumn));
	for (int i = 0, place = 0; i < tupdesc->natts; i++)
	{
		if (bms_is_member(i + 1, leadcrm_rule_set_columns(table->set)))
		{
			table->read[table->nread].attribute = i;
			table->read[table->nread++].place = place;
		}
		if (!TupleDescAttr(tupdesc, i)->attisdropped)
			place++;
	}
	if (dated)
	{
		table->in_force = palloc0(nwords * sizeof(uint64));
		table_set_in_force(table, GetCurrentTransactionStartTimestamp());
	}
	pfree(text);
	return table;
}

/* Which rules are valid at a moment. */
static void
table_set_in_force(RuleTable *table, TimestampTz as_of)
{
	const RuleList *list = table->list;

	memset(table->in_force, 0, RULE_WORDS(list->nrules) * sizeof(uint64));
	for (int i = 0; i < list->nrules; i++)
	{
		const ListedRule *rule = &list->rule[i];

		if (rule->valid_from <= as_of && (as_of < rule->valid_to || rule->valid_to == DT_NOEND))
			table->in_force[i / 64] |= UINT64CONST(1) << (i % 64);
	}
	table->as_of = as_of;
}

static SnapshotMark
snapshot_mark(Snapshot snapshot)
{
	SnapshotMark mark;

	mark.transaction = MyLocalTransactionId;
	mark.command = snapshot->curcid;
	mark.xmin = snapshot->xmin;
	mark.xmax = snapshot->xmax;
	mark.xcnt = snapshot->xcnt;
	mark.subxcnt = snapshot->subxcnt;
	return mark;
}

static bool
mark_is_equal(const SnapshotMark *a, const SnapshotMark *b)
{
	return a->transaction == b->transaction && a->command == b->command &&
		a->xmin == b->xmin && a->xmax == b->xmax && a->xcnt == b->xcnt &&
		a->subxcnt == b->subxcnt;
}

/*
 * Whether a is not known to see all that b sees.  As long as xmax does not
 * move, transactions can only drop out of the list of running ones.
 */
static bool
mark_is_older(const SnapshotMark *a, const SnapshotMark *b)
{
	return TransactionIdPrecedes(a->xmax, b->xmax) ||
		(a->xmax == b->xmax && (a->xcnt > b->xcnt || a->subxcnt > b->subxcnt));
}
