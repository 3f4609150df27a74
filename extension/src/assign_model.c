/*-------------------------------------------------------------------------
 * assign_model.c
 *	  People and rules by which a workspace assigns its leads, compiled.
 *
 * Like the score model (score_model.c) it belongs to the entry that
 * workspace.c keeps and goes with it: a changed row of a configuration table
 * makes a new one.  Whom the fixed parts of a rule leave (rep, team,
 * territory, position) is worked out here; what depends on the lead or on the
 * moment is left to assign.c.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "activity_kind.h"
#include "assign.h"
#include "owner.h"

/* Deadline of an owner whom no rule and no pool gave one: two hours. */
#define FIRST_CONTACT	(2 * USECS_PER_HOUR)

static const char *const strategy_name[] = {
	[ASSIGN_DIRECT] = "direct",
	[ASSIGN_ROUND_ROBIN] = "round_robin",
	[ASSIGN_LEAST_LOADED] = "least_loaded",
	[ASSIGN_SKILLED] = "skilled",
	[ASSIGN_STICKY] = "sticky",
	[ASSIGN_POOL] = "pool",
};

static const char *const skill_name[] = {
	[SKILL_REGION] = "region",
	[SKILL_INDUSTRY] = "industry",
	[SKILL_PRODUCT_LINE] = "product_line",
	[SKILL_SOURCE] = "source",
	[SKILL_LANGUAGE] = "language",
};

static void model_build(AssignModel *model, Workspace *ws, Relation lead);
static void load_teams(AssignModel *model, Workspace *ws);
static void load_calendars(AssignModel *model, Workspace *ws);
static void load_reps(AssignModel *model, Workspace *ws);
static void load_absences(AssignModel *model, Workspace *ws);
static void load_skills(AssignModel *model, Workspace *ws);
static void load_territories(AssignModel *model, Workspace *ws);
static void load_territory_reps(AssignModel *model, Workspace *ws);
static void load_pools(AssignModel *model, Workspace *ws);
static void load_rules(AssignModel *model, Workspace *ws, Relation lead);
static void find_candidates(AssignModel *model, AssignRule *rule, const char *rep,
							const char *team, const char *territory);
static int	find_territory(const AssignModel *model, const char *code);
static int	find_calendar(const AssignModel *model, const char *code);
static int	rows_alike(int row, int n);
static void *model_alloc(AssignModel *model, int n, Size size);
static char *model_text(AssignModel *model, int row, int column);
static text *text_of(AssignModel *model, const char *s);
static int64 model_int(int row, int column, int64 if_null);
static bool model_flag(int row, int column);
static int64 model_span(int row, int column, int64 if_null);
static int	region_compare(const void *a, const void *b);

/*
 * leadcrm_assign_model
 *		The model of a workspace; good as long as the transaction.
 *
 * Reads configuration with the latest snapshot as the table's owner.  A rule
 * that does not compile is kept as a broken one and counted, never raised.
 */
AssignModel *
leadcrm_assign_model(Workspace *ws, Relation lead)
{
	AssignModel *model = ws->assign;
	MemoryContext cxt;
	OwnerSave	save;

	if (model != NULL && leadcrm_rule_set_is_valid(model->conditions))
		return model;
	if (model != NULL)
	{
		/* A statement further up the stack may still hold it. */
		ws->assign = NULL;
		MemoryContextSetParent(model->cxt, TopTransactionContext);
	}

	cxt = AllocSetContextCreate(CurrentMemoryContext, "leadcrm assignment model",
								ALLOCSET_SMALL_SIZES);
	model = MemoryContextAllocZero(cxt, sizeof(AssignModel));
	model->cxt = cxt;

	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	leadcrm_workspace_snapshot(ws);
	model_build(model, ws, lead);
	PopActiveSnapshot();
	SPI_finish();
	leadcrm_owner_end(&save);

	MemoryContextSetParent(cxt, ws->cxt);
	ws->assign = model;
	return model;
}

/*
 * leadcrm_assign_find_rep
 *		The number of the rep of that code, or ASSIGN_NONE.
 */
int
leadcrm_assign_find_rep(const AssignModel *model, const char *code, size_t len)
{
	int			low = 0;
	int			high = model->nreps;

	while (low < high)
	{
		int			middle = (low + high) / 2;
		const char *other = model->rep[middle].code;
		int			order = strncmp(code, other, len);

		if (order == 0 && other[len] != '\0')
			order = -1;
		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return ASSIGN_NONE;
}

/*
 * leadcrm_assign_find_team
 *		The number of the team of that code, or ASSIGN_NONE; NULL has none.
 */
int
leadcrm_assign_find_team(const AssignModel *model, const char *code)
{
	for (int i = 0; code != NULL && i < model->nteams; i++)
	{
		if (strcmp(model->team[i].code, code) == 0)
			return i;
	}
	return ASSIGN_NONE;
}

/*
 * leadcrm_assign_find_pool
 *		The number of the pool of that code, or ASSIGN_NONE.
 */
int
leadcrm_assign_find_pool(const AssignModel *model, const char *code, size_t len)
{
	for (int i = 0; i < model->npools; i++)
	{
		if (strlen(model->pool[i].code) == len && memcmp(model->pool[i].code, code, len) == 0)
			return i;
	}
	return ASSIGN_NONE;
}

/*
 * leadcrm_assign_territory
 *		The innermost territory that a region lies in, or ASSIGN_NONE: the one
 *		that names the most digits of its code, then the first by code.
 */
int
leadcrm_assign_territory(const AssignModel *model, const char *region, size_t len)
{
	for (size_t n = Min(len, 6); n >= 2; n--)
	{
		int			low = 0;
		int			high = model->nregions;

		/* The first that is not less than the n digits. */
		while (low < high)
		{
			int			middle = (low + high) / 2;
			int			order = strncmp(model->region[middle].region, region, n);

			if (order < 0)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < model->nregions && strlen(model->region[low].region) == n &&
			strncmp(model->region[low].region, region, n) == 0)
			return model->region[low].territory;
	}
	return ASSIGN_NONE;
}

/*
 * leadcrm_assign_in_team
 *		Is a team that one, or below it?
 */
bool
leadcrm_assign_in_team(const AssignModel *model, int team, int above)
{
	/* However the tree is broken, it ends after as many steps as there are teams. */
	for (int steps = 0; team >= 0 && steps < model->nteams; steps++)
	{
		if (team == above)
			return true;
		team = model->team[team].parent;
	}
	return false;
}

static void
model_build(AssignModel *model, Workspace *ws, Relation lead)
{
	model->first_contact = FIRST_CONTACT;
	load_teams(model, ws);
	load_calendars(model, ws);
	load_reps(model, ws);
	load_absences(model, ws);
	load_skills(model, ws);
	load_territories(model, ws);
	load_territory_reps(model, ws);
	load_pools(model, ws);
	load_rules(model, ws, lead);
}

static void
load_teams(AssignModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("Ss", psprintf("SELECT code, parent FROM %s.team", ws->name));

	model->team = model_alloc(model, n, sizeof(Team));
	model->nteams = n;
	for (int i = 0; i < n; i++)
	{
		model->team[i].code = model_text(model, i, 1);
		model->team[i].code_text = text_of(model, model->team[i].code);
	}
	for (int i = 0; i < n; i++)
		model->team[i].parent = leadcrm_assign_find_team(model, model_text(model, i, 2));
}

/* One that has no hours is one of no day: nobody works by it. */
static void
load_calendars(AssignModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("Sncc", psprintf("SELECT c.code, h.weekday, h.opens, h.closes"
													  " FROM %s.calendar c LEFT JOIN %s.calendar_hours h"
													  " ON h.calendar OPERATOR(pg_catalog.=) c.code ORDER BY c.code",
													  ws->name, ws->name));

	model->calendar = model_alloc(model, n, sizeof(WorkingCalendar));
	for (int i = 0; i < n; i++)
	{
		char	   *code = model_text(model, i, 1);
		WorkingCalendar *calendar;
		WorkingHours *hours;

		if (model->ncalendars == 0 || strcmp(model->calendar[model->ncalendars - 1].code, code) != 0)
		{
			calendar = &model->calendar[model->ncalendars++];
			calendar->code = code;
			calendar->hours = model_alloc(model, rows_alike(i, n), sizeof(WorkingHours));
		}
		calendar = &model->calendar[model->ncalendars - 1];
		hours = &calendar->hours[calendar->nhours++];
		hours->weekday = (int) model_int(i, 2, 0);
		hours->opens = model_int(i, 3, 0);
		hours->closes = model_int(i, 4, 0);
	}
}

static void
load_reps(AssignModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("Sssnnnsb", psprintf("SELECT code, team, position, capacity, daily_limit,"
													  " weight, calendar, active"
													  " FROM %s.rep ORDER BY code COLLATE pg_catalog.\"C\"",
													  ws->name));

	model->rep = model_alloc(model, n, sizeof(Rep));
	model->nreps = n;
	for (int i = 0; i < n; i++)
	{
		Rep		   *rep = &model->rep[i];

		rep->code = model_text(model, i, 1);
		rep->code_text = text_of(model, rep->code);
		rep->team = leadcrm_assign_find_team(model, model_text(model, i, 2));
		rep->position = model_text(model, i, 3);
		rep->capacity = (int) model_int(i, 4, 0);
		rep->daily_limit = (int) model_int(i, 5, -1);
		rep->turn = rint(ASSIGN_TURN / (double) Max(model_int(i, 6, 1), 1));
		rep->calendar = find_calendar(model, model_text(model, i, 7));
		rep->active = model_flag(i, 8);
	}
}

/* Past ones, too: a simulation asks for them. */
static void
load_absences(AssignModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("Smm", psprintf("SELECT rep, from_at, until_at FROM %s.rep_absence"
													  " ORDER BY rep COLLATE pg_catalog.\"C\", until_at DESC",
													  ws->name));

	for (int i = 0; i < n; i++)
	{
		char	   *code = model_text(model, i, 1);
		int			r = leadcrm_assign_find_rep(model, code, strlen(code));
		Rep		   *rep;
		RepAbsence *absence;

		if (r < 0)
			continue;
		rep = &model->rep[r];
		if (rep->absence == NULL)
			rep->absence = model_alloc(model, rows_alike(i, n), sizeof(RepAbsence));
		absence = &rep->absence[rep->nabsences++];
		absence->from = model_int(i, 2, DT_NOBEGIN);
		absence->until = model_int(i, 3, DT_NOEND);
	}
}

static void
load_skills(AssignModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("SSSn", psprintf("SELECT rep, kind, value, level FROM %s.rep_skill"
													  " ORDER BY rep COLLATE pg_catalog.\"C\"", ws->name));

	for (int i = 0; i < n; i++)
	{
		char	   *code = model_text(model, i, 1);
		char	   *kind = model_text(model, i, 2);
		int			r = leadcrm_assign_find_rep(model, code, strlen(code));
		Rep		   *rep;
		RepSkill   *skill;

		if (r < 0)
			continue;
		rep = &model->rep[r];
		if (rep->skill == NULL)
			rep->skill = model_alloc(model, rows_alike(i, n), sizeof(RepSkill));
		skill = &rep->skill[rep->nskills++];
		while (skill->kind < NSKILLS - 1 && strcmp(kind, skill_name[skill->kind]) != 0)
			skill->kind++;
		skill->value = model_text(model, i, 3);
		skill->level = (int) model_int(i, 4, 0);
	}
}

static void
load_territories(AssignModel *model, Workspace *ws)
{
	int			n;

	n = leadcrm_workspace_config("Ss", psprintf("SELECT code, parent FROM %s.territory WHERE active"
										  " ORDER BY code COLLATE pg_catalog.\"C\"", ws->name));
	model->territory = model_alloc(model, n, sizeof(Territory));
	model->nterritories = n;
	for (int i = 0; i < n; i++)
		model->territory[i].code = model_text(model, i, 1);
	for (int i = 0; i < n; i++)
		model->territory[i].parent = find_territory(model, model_text(model, i, 2));

	n = leadcrm_workspace_config("SS", psprintf("SELECT t.code, pg_catalog.rtrim(r.region)"
										  " FROM %s.territory t, pg_catalog.unnest(t.regions) AS r (region)"
										  " WHERE t.active", ws->name));
	model->region = model_alloc(model, n, sizeof(TerritoryRegion));
	model->nregions = n;
	for (int i = 0; i < n; i++)
	{
		model->region[i].territory = find_territory(model, model_text(model, i, 1));
		model->region[i].region = model_text(model, i, 2);
	}
	qsort(model->region, n, sizeof(TerritoryRegion), region_compare);
}

static void
load_territory_reps(AssignModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("SSs", psprintf("SELECT territory, rep, position FROM %s.territory_rep"
													  " ORDER BY territory, rep COLLATE pg_catalog.\"C\"",
													  ws->name));

	for (int i = 0; i < n; i++)
	{
		char	   *code = model_text(model, i, 2);
		int			t = find_territory(model, model_text(model, i, 1));
		int			r = leadcrm_assign_find_rep(model, code, strlen(code));
		Territory  *territory;

		if (t < 0 || r < 0)
			continue;
		territory = &model->territory[t];
		if (territory->rep == NULL)
			territory->rep = model_alloc(model, rows_alike(i, n), sizeof(TerritoryRep));
		territory->rep[territory->nreps].rep = r;
		territory->rep[territory->nreps++].position = model_text(model, i, 3);
	}
}

static void
load_pools(AssignModel *model, Workspace *ws)
{
	int			n = leadcrm_workspace_config("Ssnvb", psprintf("SELECT code, team, claim_limit, first_contact, active"
													  " FROM %s.pool"
													  " ORDER BY position, code COLLATE pg_catalog.\"C\"",
													  ws->name));

	model->pool = model_alloc(model, n, sizeof(Pool));
	model->npools = n;
	model->common_pool = ASSIGN_NONE;
	for (int i = 0; i < n; i++)
	{
		Pool	   *pool = &model->pool[i];
		char	   *team = model_text(model, i, 2);

		pool->code = model_text(model, i, 1);
		pool->code_text = text_of(model, pool->code);
		pool->via = MemoryContextStrdup(model->cxt, psprintf("pool:%s", pool->code));
		pool->team = leadcrm_assign_find_team(model, team);
		pool->claim_limit = (int) model_int(i, 3, -1);
		pool->first_contact = model_span(i, 4, FIRST_CONTACT);
		pool->active = model_flag(i, 5);
		if (model->common_pool < 0 && team == NULL && pool->active)
			model->common_pool = i;
	}
}

static void
load_rules(AssignModel *model, Workspace *ws, Relation lead)
{
	int			n = leadcrm_workspace_config("SSSsssbsAbbvss", psprintf("SELECT code, condition, strategy, rep, team, territory,"
													  " by_territory, rep_position, required_skills, sticky,"
													  " working_hours, first_contact, fallback_team, pool"
													  " FROM %s.assignment_rule WHERE active"
													  " ORDER BY position, code COLLATE pg_catalog.\"C\" LIMIT %d",
													  ws->name, RULE_MAX_RULES));
	RuleText   *condition = palloc(Max(n, 1) * sizeof(RuleText));

	model->rule = model_alloc(model, n, sizeof(AssignRule));
	model->nrules = n;
	for (int i = 0; i < n; i++)
	{
		AssignRule *rule = &model->rule[i];
		char	   *strategy = model_text(model, i, 3);
		char	   *team = model_text(model, i, 5);
		char	   *pool = model_text(model, i, 14);
		bool		isnull;
		Datum	   *skill;
		int			nskills;

		rule->code = model_text(model, i, 1);
		rule->code_text = text_of(model, rule->code);
		condition[i].code = rule->code;
		condition[i].condition = model_text(model, i, 2);
		while (rule->strategy < ASSIGN_POOL && strcmp(strategy, strategy_name[rule->strategy]) != 0)
			rule->strategy++;
		rule->strategy_text = text_of(model, strategy);
		rule->by_territory = model_flag(i, 7);
		rule->rep_position = model_text(model, i, 8);
		deconstruct_array(DatumGetArrayTypeP(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc,
														   9, &isnull)),
						  TEXTOID, -1, false, TYPALIGN_INT, &skill, NULL, &nskills);
		for (int s = 0; s < nskills; s++)
		{
			char	   *name = TextDatumGetCString(skill[s]);

			for (int k = 0; k < NSKILLS; k++)
			{
				if (strcmp(name, skill_name[k]) == 0)
					rule->required |= 1U << k;
			}
		}
		rule->sticky = model_flag(i, 10) || rule->strategy == ASSIGN_STICKY;
		rule->working_hours = model_flag(i, 11);
		rule->first_contact = model_span(i, 12, FIRST_CONTACT);
		rule->fallback_team = leadcrm_assign_find_team(model, model_text(model, i, 13));
		rule->pool = pool == NULL ? ASSIGN_NONE : leadcrm_assign_find_pool(model, pool, strlen(pool));
		rule->team = leadcrm_assign_find_team(model, team);
		find_candidates(model, rule, model_text(model, i, 4), team, model_text(model, i, 6));
	}
	model->conditions = leadcrm_rule_set_build(lead, n, condition, pg_get_timezone_name(ws->time_zone),
											   false, model->cxt);
}

/*
 * Whom the fixed parts of a rule leave, in the order of their codes.  A part
 * that names what is not there leaves nobody.
 */
static void
find_candidates(AssignModel *model, AssignRule *rule, const char *rep,
				const char *team, const char *territory)
{
	rule->candidate = model_alloc(model, model->nreps, sizeof(int));
	for (int i = 0; i < model->nreps; i++)
	{
		const Rep  *r = &model->rep[i];
		const char *position = r->position;

		if (rep != NULL && strcmp(rep, r->code) != 0)
			continue;
		if (team != NULL && (rule->team < 0 || !leadcrm_assign_in_team(model, r->team, rule->team)))
			continue;
		if (territory != NULL)
		{
			int			t = find_territory(model, territory);
			int			place = 0;

			while (t >= 0 && place < model->territory[t].nreps && model->territory[t].rep[place].rep != i)
				place++;
			if (t < 0 || place == model->territory[t].nreps)
				continue;
			if (model->territory[t].rep[place].position != NULL)
				position = model->territory[t].rep[place].position;
		}
		if (rule->rep_position != NULL && !rule->by_territory &&
			(position == NULL || strcmp(position, rule->rep_position) != 0))
			continue;
		rule->candidate[rule->ncandidates++] = i;
	}
}

static int
find_territory(const AssignModel *model, const char *code)
{
	for (int i = 0; code != NULL && i < model->nterritories; i++)
	{
		if (strcmp(model->territory[i].code, code) == 0)
			return i;
	}
	return ASSIGN_NONE;
}

static int
find_calendar(const AssignModel *model, const char *code)
{
	for (int i = 0; code != NULL && i < model->ncalendars; i++)
	{
		if (strcmp(model->calendar[i].code, code) == 0)
			return i;
	}
	return ASSIGN_NONE;
}

/* How many of n rows, from this one on, have the same text in the first column. */
static int
rows_alike(int row, int n)
{
	char	   *first = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 1);
	int			end = row + 1;

	while (end < n && strcmp(SPI_getvalue(SPI_tuptable->vals[end], SPI_tuptable->tupdesc, 1), first) == 0)
		end++;
	return end - row;
}

static void *
model_alloc(AssignModel *model, int n, Size size)
{
	return MemoryContextAllocZero(model->cxt, Max(n, 1) * size);
}

static char *
model_text(AssignModel *model, int row, int column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);

	return value ? MemoryContextStrdup(model->cxt, value) : NULL;
}

static text *
text_of(AssignModel *model, const char *s)
{
	MemoryContext old = MemoryContextSwitchTo(model->cxt);
	text	   *t = cstring_to_text(s);

	MemoryContextSwitchTo(old);
	return t;
}

/* A number, or the microseconds of a moment or a time of day. */
static int64
model_int(int row, int column, int64 if_null)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	if (isnull)
		return if_null;
	switch (SPI_gettypeid(SPI_tuptable->tupdesc, column))
	{
		case INT2OID:
			return DatumGetInt16(value);
		case INT4OID:
			return DatumGetInt32(value);
		default:
			return DatumGetInt64(value);
	}
}

static bool
model_flag(int row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return !isnull && DatumGetBool(value);
}

static int64
model_span(int row, int column, int64 if_null)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? if_null : leadcrm_interval_span(DatumGetIntervalP(value));
}

/* The same region in several territories: the first by code. */
static int
region_compare(const void *a, const void *b)
{
	const TerritoryRegion *x = a;
	const TerritoryRegion *y = b;
	int			order = strcmp(x->region, y->region);

	return order != 0 ? order : (x->territory > y->territory) - (x->territory < y->territory);
}
