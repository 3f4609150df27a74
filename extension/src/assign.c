/*-------------------------------------------------------------------------
 * assign.c
 *	  Who gets a lead: the decision.
 *
 * The rules are asked in order; the first whose condition holds and that finds
 * somebody eligible decides.  A candidate is chosen when his load has taken
 * the lead (assign_load.c), not when he is ranked: where another session took
 * his last place in between, the next one gets it.  Nothing is written here
 * but the ledger of loads.
 *
 * Round robin follows start-time fair queuing (Goyal, Vin and Cheng, 1996): a
 * lead adds 1 / weight to the turns of a rep and the fewest turns win.  Who was
 * away, and has fallen far behind the turns at which the others got their last
 * leads, is brought near them first, so that he is not buried.  What others
 * have in flight counts for him and not for them, and he is read last: half of
 * what another session has dealt does not look like an absence.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/jsonb.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "assign.h"
#include "owner.h"

/* How many turns of the slowest a rep may be behind. */
#define TURNS_BEHIND	4

/* How often candidates are ranked for one lead, while others deal to them. */
#define MOST_ROUNDS		8

/* A lead as the skills and territories see it; the texts point into its row. */
typedef struct LeadTraits
{
	const char *value[NSKILLS];	/* NULL: unknown */
	size_t		len[NSKILLS];
} LeadTraits;

static bool decide_by_rule(AssignState *state, int rule, TupleTableSlot *lead, Assignment *result,
						   const char **why);
static bool decide_sticky(AssignState *state, int rule, TupleTableSlot *lead, Assignment *result);
static bool decide_ranked(AssignState *state, int number, const AssignRule *rule, int territory,
						  TupleTableSlot *lead, const char *reason, Assignment *result,
						  const char **why);
static void decide_fallback(AssignState *state, int rule, TupleTableSlot *lead, Assignment *result);
static void decide_pool(AssignState *state, int rule, Assignment *result);
static LoadRefusal take_rep(AssignState *state, int rule, int rep, double turn, bool chosen);
static void remember_passed(AssignState *state, Assignment *result, int rule, const char *why);
static void read_traits(AssignState *state, TupleTableSlot *lead, LeadTraits *traits);
static int	skill_level(const Rep *rep, const LeadTraits *traits, uint32 required);
static bool asked_position(const AssignModel *model, const AssignRule *rule, const TerritoryRep *at);
static int	candidate_of(const AssignModel *model, const AssignRule *rule, int territory, int i);
static bool is_candidate(const AssignRule *rule, int rep);
static void ranking_add(AssignState *state, const AssignRule *rule, int rep, int level,
						Ranking *ranking);

/*
 * leadcrm_assign_begin
 *		Begin to decide, for the leads of one statement.
 *
 * now: the moment for which eligibility and deadlines are worked out.
 * pretend: loads are counted in memory from nothing and never written.
 * cxt: where the result lives, a context of the current subtransaction.
 */
AssignState *
leadcrm_assign_begin(Workspace *ws, Relation lead, TimestampTz now, bool pretend, MemoryContext cxt)
{
	AssignModel *model = leadcrm_assign_model(ws, lead);
	AssignState *state = MemoryContextAllocZero(cxt, sizeof(AssignState));

	state->ws = ws;
	state->model = model;
	state->cxt = cxt;
	state->pretend = pretend;
	state->avoid = ASSIGN_NONE;
	state->rep = MemoryContextAllocZero(cxt, Max(model->nreps, 1) * sizeof(RepState));
	for (int i = 0; i < model->nreps; i++)
		state->rep[i].code = model->rep[i].code;
	leadcrm_assign_set_time(state, now);
	return state;
}

/*
 * leadcrm_assign_set_time
 *		Set the moment, and with it day and hour in the workspace's time zone.
 */
void
leadcrm_assign_set_time(AssignState *state, TimestampTz now)
{
	struct pg_tm tm;
	fsec_t		fsec;
	int			zone;

	state->now = now;
	if (timestamp2tm(now, &zone, &tm, &fsec, NULL, state->ws->time_zone) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	state->today = date2j(tm.tm_year, tm.tm_mon, tm.tm_mday) - POSTGRES_EPOCH_JDATE;
	state->weekday = j2day(state->today + POSTGRES_EPOCH_JDATE);
	if (state->weekday == 0)
		state->weekday = 7;		/* Sunday */
	state->time_of_day = ((tm.tm_hour * MINS_PER_HOUR + tm.tm_min) * SECS_PER_MINUTE + tm.tm_sec) *
		USECS_PER_SEC + fsec;
}

/*
 * leadcrm_assign_decide
 *		Decide about a lead that belongs to nobody.
 *
 * lead: its row, scored.  The load of whoever gets it has taken it when this
 * returns.  What the result points to lives as long as the state.
 */
void
leadcrm_assign_decide(AssignState *state, TupleTableSlot *lead, Assignment *result)
{
	AssignModel *model = state->model;
	uint64		matched[RULE_WORDS(RULE_MAX_RULES)];
	int			first = ASSIGN_NONE;

	memset(result, 0, sizeof(Assignment));
	result->rule = result->rep = result->pool = ASSIGN_NONE;
	if (model->nrules > 0)
		leadcrm_rule_set_match(model->conditions, lead, state->now, matched);
	for (int r = 0; r < model->nrules; r++)
	{
		const char *why = NULL;

		if (!RULE_MATCHED(matched, r))
			continue;
		if (first < 0)
			first = r;
		if (decide_by_rule(state, r, lead, result, &why))
			return;
		remember_passed(state, result, r, why);
	}
	if (first >= 0 && model->rule[first].fallback_team >= 0)
		decide_fallback(state, first, lead, result);
	if (result->rep < 0)
		decide_pool(state, first, result);
}

/*
 * leadcrm_assign_is_present
 *		Is a rep active and not absent just now?
 */
bool
leadcrm_assign_is_present(const AssignState *state, int number)
{
	const Rep  *rep = &state->model->rep[number];

	for (int i = 0; i < rep->nabsences && state->now < rep->absence[i].until; i++)
	{
		if (rep->absence[i].from <= state->now)
			return false;
	}
	return rep->active;
}

/*
 * leadcrm_assign_verdict
 *		Whether a rep is eligible under a rule, and if not, why.
 *
 * rule: NULL for one that asks for nothing.
 */
RepVerdict
leadcrm_assign_verdict(AssignState *state, int number, const AssignRule *rule)
{
	const Rep  *rep = &state->model->rep[number];
	RepState   *load;

	if (number == state->avoid)
		return REP_AVOIDED;
	if (!rep->active)
		return REP_INACTIVE;
	if (!leadcrm_assign_is_present(state, number))
		return REP_ABSENT;
	if (rule != NULL && rule->working_hours && rep->calendar >= 0)
	{
		const WorkingCalendar *calendar = &state->model->calendar[rep->calendar];
		int			h = 0;

		while (h < calendar->nhours &&
			   !(calendar->hours[h].weekday == state->weekday &&
				 calendar->hours[h].opens <= state->time_of_day &&
				 state->time_of_day < calendar->hours[h].closes))
			h++;
		if (h == calendar->nhours)
			return REP_OFF_HOURS;
	}
	load = leadcrm_assign_read(state, number, rule ? rule->code : "", NULL);
	if (load->full || load->open >= rep->capacity)
		return REP_FULL;
	if (load->day_over || (rep->daily_limit >= 0 && load->dealt >= rep->daily_limit))
		return REP_DAY_OVER;
	return REP_ELIGIBLE;
}

/*
 * leadcrm_assign_rank
 *		Rank the candidates of a rule for a lead.
 *
 * territory: where by_territory looks; else ASSIGN_NONE.  The eligible come
 * first, and of them the ASSIGN_SORTED best in order.  ranking is filled with
 * arrays in the current context.
 */
void
leadcrm_assign_rank(AssignState *state, const AssignRule *rule, int territory,
					TupleTableSlot *lead, Ranking *ranking)
{
	const AssignModel *model = state->model;
	int			ncandidates = rule->by_territory ?
		(territory < 0 ? 0 : model->territory[territory].nreps) : rule->ncandidates;
	bool		by_skill = rule->strategy == ASSIGN_SKILLED || rule->required != 0;
	LeadTraits	traits;
	int			nunread = 0;

	ranking->n = ranking->neligible = 0;
	ranking->reached = ranking->widest = 0;
	ranking->item = palloc(Max(ncandidates, 1) * sizeof(RankedRep));
	ranking->verdict = palloc(Max(model->nreps, 1) * sizeof(RepVerdict));
	if (by_skill)
		read_traits(state, lead, &traits);
	for (int i = 0; i < ncandidates; i++)
	{
		if (!state->rep[candidate_of(model, rule, territory, i)].read)
			nunread++;
	}
	leadcrm_assign_expect(state, nunread);
	for (int i = 0; i < ncandidates; i++)
	{
		int			rep = candidate_of(model, rule, territory, i);
		int			level = 0;

		if (rule->by_territory &&
			!(asked_position(model, rule, &model->territory[territory].rep[i]) && is_candidate(rule, rep)))
			continue;
		if (by_skill)
			level = skill_level(&model->rep[rep], &traits, rule->required);
		if (level < 0 || (level == 0 && rule->strategy == ASSIGN_SKILLED))
			ranking->verdict[rep] = REP_UNSKILLED;
		else
			ranking->verdict[rep] = leadcrm_assign_verdict(state, rep, rule);
		ranking_add(state, rule, rep, level, ranking);
	}
	leadcrm_assign_expect(state, 0);
}

/*
 * leadcrm_assign_ranked_compare
 *		The order of eligible candidates, for qsort().
 */
int
leadcrm_assign_ranked_compare(const void *a, const void *b)
{
	const RankedRep *x = a;
	const RankedRep *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->second != y->second)
		return x->second < y->second ? -1 : 1;
	if (x->third != y->third)
		return x->third < y->third ? -1 : 1;
	return x->rep - y->rep;
}

/*
 * leadcrm_assign_sticky_owner
 *		The owner of an earlier lead of the same person or account: of the one
 *		assigned last among those that share a key with it; ASSIGN_NONE if there
 *		is none who is a rep.
 *
 * One statement under the rights of the workspace's owner.
 */
int
leadcrm_assign_sticky_owner(AssignState *state, TupleTableSlot *lead)
{
	Workspace  *ws = state->ws;
	Datum		values[1];
	bool		isnull;
	OwnerSave	save;
	int			rep = ASSIGN_NONE;

	values[0] = slot_getattr(lead, ws->column[LEAD_ID], &isnull);
	leadcrm_owner_begin(ws, &save);
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
	if (leadcrm_workspace_run(ws, PLAN_STICKY_OWNER,
							  "SELECT l.owner FROM (SELECT o.lead_id FROM %s.identity m JOIN %s.identity o"
							  "  ON o.key = m.key AND o.kind = m.kind AND o.scope = m.scope AND o.live"
							  "  WHERE m.lead_id = $1"
							  "  UNION ALL SELECT o.lead_id FROM %s.identity m JOIN %s.identity o"
							  "  ON o.key = m.key AND o.kind = m.kind AND o.scope = m.scope AND NOT o.live"
							  "  WHERE m.lead_id = $1) k JOIN %s.lead l ON l.id = k.lead_id"
							  " WHERE l.id <> $1 AND l.owner IS NOT NULL"
							  " ORDER BY l.assigned_at DESC NULLS LAST, l.id DESC LIMIT 1",
							  1, (Oid[]) {INT8OID}, values) > 0)
	{
		char	   *owner = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

		rep = leadcrm_assign_find_rep(state->model, owner, strlen(owner));
	}
	SPI_finish();
	leadcrm_owner_end(&save);
	return rep;
}

/*
 * leadcrm_assign_verdict_text
 *		A verdict in words, for logs and explanations.
 */
const char *
leadcrm_assign_verdict_text(RepVerdict verdict)
{
	static const char *const words[] = {
		[REP_ELIGIBLE] = "eligible",
		[REP_INACTIVE] = "inactive",
		[REP_ABSENT] = "absent",
		[REP_OFF_HOURS] = "outside working hours",
		[REP_FULL] = "full",
		[REP_DAY_OVER] = "over the daily limit",
		[REP_UNSKILLED] = "without the skill",
		[REP_AVOIDED] = "to be avoided",
	};

	return words[verdict];
}

static bool
decide_by_rule(AssignState *state, int number, TupleTableSlot *lead, Assignment *result,
			   const char **why)
{
	const AssignRule *rule = &state->model->rule[number];

	if (rule->sticky && decide_sticky(state, number, lead, result))
		return true;
	switch (rule->strategy)
	{
		case ASSIGN_STICKY:
			*why = "no earlier owner";
			return false;
		case ASSIGN_POOL:
			decide_pool(state, number, result);
			result->rule = number;
			return true;
		default:
			break;
	}
	if (rule->by_territory)
	{
		int			territory = leadcrm_assign_lead_territory(state, lead);

		*why = "no territory";
		for (int steps = 0; territory >= 0 && steps < state->model->nterritories; steps++)
		{
			if (decide_ranked(state, number, rule, territory, lead, "rule", result, why))
				return true;
			territory = state->model->territory[territory].parent;
		}
		return false;
	}
	return decide_ranked(state, number, rule, ASSIGN_NONE, lead, "rule", result, why);
}

static bool
decide_sticky(AssignState *state, int number, TupleTableSlot *lead, Assignment *result)
{
	const AssignRule *rule = &state->model->rule[number];
	int			rep = leadcrm_assign_sticky_owner(state, lead);

	if (rep < 0 || leadcrm_assign_verdict(state, rep, rule) != REP_ELIGIBLE ||
		take_rep(state, number, rep, 0, false) != LOAD_TAKEN)
		return false;
	result->reason = "sticky";
	result->rule = number;
	result->rep = rep;
	result->first_contact = rule->first_contact;
	return true;
}

/*
 * Rank the candidates and give it to the first whose load takes it.  Where
 * another session has dealt to him since, they are ranked again, so that not
 * all give to the one whom they saw first.
 */
static bool
decide_ranked(AssignState *state, int number, const AssignRule *rule, int territory,
			  TupleTableSlot *lead, const char *reason, Assignment *result, const char **why)
{
	for (int round = 1;; round++)
	{
		LoadRefusal refusal = LOAD_TAKEN;
		Ranking		ranking;
		int			nsorted;

		leadcrm_assign_rank(state, rule, territory, lead, &ranking);
		*why = ranking.n == 0 ? "no candidates" :
			leadcrm_assign_verdict_text(ranking.verdict[ranking.item[0].rep]);
		nsorted = Min(ranking.neligible, ASSIGN_SORTED);
		for (int i = 0; i < nsorted; i++)
		{
			int			rep = ranking.item[i].rep;
			double		turn = 0;

			if (rule->strategy == ASSIGN_ROUND_ROBIN)
			{
				double		least = ranking.reached - TURNS_BEHIND * ranking.widest;

				if (ranking.item[i].first < least)
					leadcrm_assign_catch_up(state, rep, rule->code, least, ranking.reached);
				turn = state->model->rep[rep].turn;
			}
			refusal = take_rep(state, number, rep, turn,
							   rule->strategy != ASSIGN_DIRECT && round < MOST_ROUNDS);
			if (refusal == LOAD_CHANGED)
				break;
			if (refusal != LOAD_TAKEN)
				continue;
			result->reason = reason;
			result->rule = number;
			result->rep = rep;
			result->turn = turn;
			result->first_contact = rule->first_contact;
			for (int k = i + 1; k < nsorted; k++)
				result->runner[result->nrunners++] = ranking.item[k].rep;
			break;
		}
		pfree(ranking.item);
		pfree(ranking.verdict);
		if (result->rep >= 0)
			return true;
		/* Whoever was ranked and refused is known to be full now. */
		if (nsorted == 0)
			return false;
	}
}

/* The team that takes what nobody else can. */
static void
decide_fallback(AssignState *state, int number, TupleTableSlot *lead, Assignment *result)
{
	const AssignModel *model = state->model;
	AssignRule	fallback = model->rule[number];
	const char *why;

	fallback.strategy = ASSIGN_LEAST_LOADED;
	fallback.by_territory = false;
	fallback.required = 0;
	fallback.candidate = palloc(Max(model->nreps, 1) * sizeof(int));
	fallback.ncandidates = 0;
	for (int i = 0; i < model->nreps; i++)
	{
		if (leadcrm_assign_in_team(model, model->rep[i].team, fallback.fallback_team))
			fallback.candidate[fallback.ncandidates++] = i;
	}
	(void) decide_ranked(state, number, &fallback, ASSIGN_NONE, lead, "fallback", result, &why);
	pfree(fallback.candidate);
}

/* The active pool that a rule names, else that of its team, else the common one. */
static void
decide_pool(AssignState *state, int number, Assignment *result)
{
	const AssignModel *model = state->model;

	result->reason = "pool";
	if (number >= 0)
	{
		const AssignRule *rule = &model->rule[number];

		if (rule->pool >= 0 && model->pool[rule->pool].active)
			result->pool = rule->pool;
		for (int i = 0; i < model->npools && result->pool < 0 && rule->team >= 0; i++)
		{
			if (model->pool[i].team == rule->team && model->pool[i].active)
				result->pool = i;
		}
	}
	if (result->pool < 0)
		result->pool = model->common_pool;
}

/* Give the lead to a rep's load; when it is full after all, remember that. */
static LoadRefusal
take_rep(AssignState *state, int rule, int rep, double turn, bool chosen)
{
	LoadRefusal refusal = leadcrm_assign_take(state, rep, state->model->rule[rule].code, turn,
											  true, -1, chosen);

	if (refusal == LOAD_DAY_OVER)
		state->rep[rep].day_over = true;
	else if (refusal == LOAD_FULL)
		state->rep[rep].full = true;
	return refusal;
}

static void
remember_passed(AssignState *state, Assignment *result, int rule, const char *why)
{
	if (result->passed == NULL)
		result->passed = MemoryContextAlloc(state->cxt, state->model->nrules * sizeof(PassedRule));
	result->passed[result->npassed].rule = rule;
	result->passed[result->npassed++].why = why;
}

static void
read_traits(AssignState *state, TupleTableSlot *lead, LeadTraits *traits)
{
	static const LeadColumn column[] = {
		[SKILL_REGION] = LEAD_REGION,
		[SKILL_INDUSTRY] = LEAD_INDUSTRY,
		[SKILL_PRODUCT_LINE] = LEAD_PRODUCT_LINE,
		[SKILL_SOURCE] = LEAD_LAST_SOURCE,
	};
	Datum		value;
	bool		isnull;

	memset(traits, 0, sizeof(LeadTraits));
	for (int i = 0; i < lengthof(column); i++)
	{
		value = slot_getattr(lead, state->ws->column[column[i]], &isnull);
		if (!isnull)
		{
			text	   *t = DatumGetTextPP(value);

			traits->value[i] = VARDATA_ANY(t);
			traits->len[i] = VARSIZE_ANY_EXHDR(t);
		}
	}
	value = slot_getattr(lead, state->ws->column[LEAD_ATTRS], &isnull);
	if (!isnull)
	{
		Jsonb	   *attrs = DatumGetJsonbP(value);
		JsonbValue	language;

		if (getKeyJsonValueFromContainer(&attrs->root, "language", strlen("language"), &language) &&
			language.type == jbvString)
		{
			traits->value[SKILL_LANGUAGE] = language.val.string.val;
			traits->len[SKILL_LANGUAGE] = language.val.string.len;
		}
	}
}

/* How well a rep knows such leads, summed; -1 if he lacks what is required. */
static int
skill_level(const Rep *rep, const LeadTraits *traits, uint32 required)
{
	uint32		has = 0;
	int			sum = 0;

	for (int i = 0; i < rep->nskills; i++)
	{
		const RepSkill *skill = &rep->skill[i];
		size_t		len = strlen(skill->value);

		if (traits->value[skill->kind] == NULL ||
			(skill->kind == SKILL_REGION ? len > traits->len[skill->kind] : len != traits->len[skill->kind]) ||
			memcmp(skill->value, traits->value[skill->kind], len) != 0)
			continue;
		has |= 1U << skill->kind;
		sum += skill->level;
	}
	return (required & ~has) != 0 ? -1 : sum;
}

/*
 * leadcrm_assign_lead_territory
 *		The innermost territory of a lead's region, or ASSIGN_NONE.
 */
int
leadcrm_assign_lead_territory(AssignState *state, TupleTableSlot *lead)
{
	bool		isnull;
	Datum		value = slot_getattr(lead, state->ws->column[LEAD_REGION], &isnull);
	text	   *region;

	if (isnull)
		return ASSIGN_NONE;
	region = DatumGetTextPP(value);
	return leadcrm_assign_territory(state->model, VARDATA_ANY(region), VARSIZE_ANY_EXHDR(region));
}

/* Has a rep the position that a rule asks for, in that territory? */
static bool
asked_position(const AssignModel *model, const AssignRule *rule, const TerritoryRep *at)
{
	const char *position = at->position ? at->position : model->rep[at->rep].position;

	return rule->rep_position == NULL ||
		(position != NULL && strcmp(position, rule->rep_position) == 0);
}

/* The i-th rep whom a rule may mean, in a territory if it looks there. */
static int
candidate_of(const AssignModel *model, const AssignRule *rule, int territory, int i)
{
	return rule->by_territory ? model->territory[territory].rep[i].rep : rule->candidate[i];
}

/* Do the fixed parts of a rule leave that rep?  Candidates are sorted. */
static bool
is_candidate(const AssignRule *rule, int rep)
{
	int			low = 0;
	int			high = rule->ncandidates;

	while (low < high)
	{
		int			middle = (low + high) / 2;

		if (rule->candidate[middle] == rep)
			return true;
		if (rule->candidate[middle] > rep)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

/* Add a candidate to a ranking; they come in the order of their codes. */
static void
ranking_add(AssignState *state, const AssignRule *rule, int rep, int level, Ranking *ranking)
{
	RankedRep  *item = ranking->item;
	const RepState *load = &state->rep[rep];
	const RepAccount *turns;
	RankedRep	added = {.rep = rep};
	int			i;

	ranking->n++;
	if (ranking->verdict[rep] != REP_ELIGIBLE)
	{
		item[ranking->n - 1] = added;
		return;
	}
	switch (rule->strategy)
	{
		case ASSIGN_ROUND_ROBIN:
			(void) leadcrm_assign_read(state, rep, rule->code, &turns);
			added.first = turns->turn;
			ranking->reached = Max(ranking->reached,
								   turns->settled_turn - state->model->rep[rep].turn);
			ranking->widest = Max(ranking->widest, state->model->rep[rep].turn);
			break;
		case ASSIGN_SKILLED:
			added.first = -level;
			added.second = (double) (load->open + 1) / state->model->rep[rep].capacity;
			added.third = (double) load->dealt;
			break;
		case ASSIGN_LEAST_LOADED:
			added.first = (double) (load->open + 1) / state->model->rep[rep].capacity;
			added.second = (double) load->dealt;
			break;
		default:
			break;				/* in the order of their codes */
	}

	/* Room for it among the eligible, then its place among the sorted. */
	i = ranking->neligible++;
	item[ranking->n - 1] = item[i];
	if (i >= ASSIGN_SORTED)
	{
		item[i] = added;
		i = ASSIGN_SORTED - 1;
		if (leadcrm_assign_ranked_compare(&added, &item[i]) >= 0)
			return;
		item[ranking->neligible - 1] = item[i];
	}
	for (; i > 0 && leadcrm_assign_ranked_compare(&added, &item[i - 1]) < 0; i--)
		item[i] = item[i - 1];
	item[i] = added;
}
