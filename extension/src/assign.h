/*-------------------------------------------------------------------------
 * assign.h
 *	  Who gets a lead: people and rules, the decision, and what it leaves.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_ASSIGN_H
#define LEADCRM_ASSIGN_H

#include "commands/trigger.h"
#include "utils/array.h"
#include "utils/date.h"

#include "load.h"
#include "rule.h"
#include "settle.h"
#include "workspace.h"

#define ASSIGN_RUNNERS_UP	5	/* that the log names */
/*
 * What a lead adds to the turns of a rep of weight 1; a rep of weight n gets
 * an n-th, rounded.  Whole numbers add up to the same in every order, and this
 * one has all divisors up to 16.
 */
#define ASSIGN_TURN		720720.0

#define ASSIGN_NONE			(-1)	/* no rep, team, pool, rule or territory */

/* Kinds of tasks that a contact does, and that end with the assignment. */
#define FIRST_CONTACT_TASK	"first_contact"
#define REPEAT_TASK			"repeat"
#define RECYCLE_TASK		"recycle_soon"
#define APPROVAL_TASK		"approval"	/* an approver's, never the owner's */

typedef enum AssignStrategy
{
	ASSIGN_DIRECT,
	ASSIGN_ROUND_ROBIN,
	ASSIGN_LEAST_LOADED,
	ASSIGN_SKILLED,
	ASSIGN_STICKY,
	ASSIGN_POOL
} AssignStrategy;

typedef enum SkillKind
{
	SKILL_REGION,
	SKILL_INDUSTRY,
	SKILL_PRODUCT_LINE,
	SKILL_SOURCE,
	SKILL_LANGUAGE,
	NSKILLS
} SkillKind;

typedef struct RepSkill
{
	SkillKind	kind;
	char	   *value;
	int			level;
} RepSkill;

typedef struct RepAbsence
{
	TimestampTz from;
	TimestampTz until;			/* exclusive */
} RepAbsence;

/* A row of rep; its place in AssignModel.rep is its number. */
typedef struct Rep
{
	char	   *code;
	text	   *code_text;
	int			team;
	char	   *position;		/* NULL: none */
	int			capacity;
	int			daily_limit;	/* -1: none */
	double		turn;			/* what one lead adds to his turns */
	int			calendar;
	bool		active;
	int			nabsences;
	RepAbsence *absence;		/* the last to end first */
	int			nskills;
	RepSkill   *skill;
} Rep;

typedef struct Team
{
	char	   *code;
	text	   *code_text;
	int			parent;
} Team;

/* A stretch of working time of one weekday, in microseconds of the day. */
typedef struct WorkingHours
{
	int			weekday;		/* 1 is Monday */
	int64		opens;
	int64		closes;			/* exclusive */
} WorkingHours;

typedef struct WorkingCalendar
{
	char	   *code;
	int			nhours;
	WorkingHours *hours;
} WorkingCalendar;

typedef struct TerritoryRep
{
	int			rep;
	char	   *position;		/* NULL: none of his own here */
} TerritoryRep;

typedef struct Territory
{
	char	   *code;
	int			parent;
	int			nreps;
	TerritoryRep *rep;
} Territory;

/* A region that lies in a territory; sorted by code. */
typedef struct TerritoryRegion
{
	char	   *region;			/* beginning of the codes in it */
	int			territory;
} TerritoryRegion;

typedef struct Pool
{
	char	   *code;
	text	   *code_text;
	char	   *via;			/* under which claims are counted */
	int			team;
	int			claim_limit;	/* -1: none */
	int64		first_contact;	/* microseconds */
	bool		active;			/* else rules put nothing there */
} Pool;

/* An active row of assignment_rule; its condition is in AssignModel.conditions. */
typedef struct AssignRule
{
	char	   *code;
	text	   *code_text;
	AssignStrategy strategy;
	text	   *strategy_text;
	bool		by_territory;
	char	   *rep_position;	/* NULL: any; with by_territory, asked there */
	uint32		required;		/* bits of SkillKind */
	bool		sticky;
	bool		working_hours;
	int64		first_contact;	/* microseconds */
	int			fallback_team;
	int			pool;
	int			team;			/* of its target, or none */
	int			ncandidates;	/* whom rep, team, territory and position leave */
	int		   *candidate;
} AssignRule;

/* People and rules of one workspace; built when first needed. */
typedef struct AssignModel
{
	MemoryContext cxt;
	int			nteams;
	Team	   *team;
	int			ncalendars;
	WorkingCalendar *calendar;
	int			nreps;
	Rep		   *rep;			/* sorted by code */
	int			nterritories;
	Territory  *territory;
	int			nregions;
	TerritoryRegion *region;
	int			npools;
	Pool	   *pool;			/* in order */
	int			common_pool;	/* where leads go that nobody can take */
	int			nrules;
	AssignRule *rule;			/* in order */
	RuleSet    *conditions;
	int64		first_contact;	/* for an owner whom no rule named */
} AssignModel;

/* Why a candidate is not chosen. */
typedef enum RepVerdict
{
	REP_ELIGIBLE,
	REP_INACTIVE,
	REP_ABSENT,
	REP_OFF_HOURS,
	REP_FULL,
	REP_DAY_OVER,
	REP_UNSKILLED,
	REP_AVOIDED
} RepVerdict;

/* Amounts of one rep under one rule, pool or neither, in one statement. */
typedef struct RepAccount
{
	const char *via;
	bool		read;			/* turns are */
	Load		written;		/* to the ledger */
	Load		used;			/* by the rows of the statement */
	double		turn;			/* as read, and used since */
	double		settled_turn;	/* the same without what others have in flight */
	struct RepAccount *next;
} RepAccount;

/* What a statement knows of one rep. */
typedef struct RepState
{
	const char *code;
	bool		read;
	bool		full;			/* the ledger refused: another took the place */
	bool		day_over;
	bool		used;			/* this statement has given or taken something */
	int64		open;			/* with what this statement gave him */
	int64		dealt;
	int64		chunk;			/* reserved at a time */
	RepAccount *account;
} RepState;

typedef struct RankedRep
{
	int			rep;
	double		first;			/* what counts, the least wins */
	double		second;			/* where that is the same */
	double		third;
} RankedRep;

/* The candidates of a rule for one lead. */
typedef struct Ranking
{
	int			n;
	int			neligible;
	double		reached;		/* turns at which the last lead was dealt */
	double		widest;			/* what one lead adds to his turns, at most */
	RankedRep  *item;			/* eligible ones first; of these, the best sorted */
	RepVerdict *verdict;		/* by rep */
} Ranking;

#define ASSIGN_SORTED	(ASSIGN_RUNNERS_UP + 1) /* how many a ranking sorts */

/* A rule that matched and found nobody. */
typedef struct PassedRule
{
	int			rule;
	const char *why;
} PassedRule;

/* What was decided about one lead. */
typedef struct Assignment
{
	const char *reason;			/* as in the log */
	int			rule;
	int			rep;
	int			pool;
	double		turn;			/* what it added to his turns */
	int64		first_contact;	/* microseconds from now */
	int			nrunners;
	int			runner[ASSIGN_RUNNERS_UP];
	int			npassed;
	PassedRule *passed;
} Assignment;

/* Loads and eligibility as one statement sees and changes them. */
typedef struct AssignState
{
	Workspace  *ws;
	AssignModel *model;
	MemoryContext cxt;
	TimestampTz now;
	DateADT		today;
	int			weekday;
	int64		time_of_day;
	LoadTable  *ledger;			/* NULL: not opened yet */
	bool		pretend;		/* a simulation: loads are neither read nor written */
	bool		trial;			/* they are read, but not written */
	int			avoid;			/* who must not get it */
	RepState   *rep;			/* of each of model->rep */
	RepState  **stranger;		/* owners who are no reps */
	int			nstrangers;
} AssignState;

/* assign_model.c */
extern AssignModel *leadcrm_assign_model(Workspace *ws, Relation lead);
extern int	leadcrm_assign_find_rep(const AssignModel *model, const char *code, size_t len);
extern int	leadcrm_assign_find_team(const AssignModel *model, const char *code);
extern int	leadcrm_assign_find_pool(const AssignModel *model, const char *code, size_t len);
extern int	leadcrm_assign_territory(const AssignModel *model, const char *region, size_t len);
extern bool leadcrm_assign_in_team(const AssignModel *model, int team, int above);

/* assign.c */
extern AssignState *leadcrm_assign_begin(Workspace *ws, Relation lead, TimestampTz now,
										 bool pretend, MemoryContext cxt);
extern void leadcrm_assign_set_time(AssignState *state, TimestampTz now);
extern void leadcrm_assign_decide(AssignState *state, TupleTableSlot *lead, Assignment *result);
extern bool leadcrm_assign_is_present(const AssignState *state, int rep);
extern RepVerdict leadcrm_assign_verdict(AssignState *state, int rep, const AssignRule *rule);
extern void leadcrm_assign_rank(AssignState *state, const AssignRule *rule, int territory,
								TupleTableSlot *lead, Ranking *ranking);
extern int	leadcrm_assign_lead_territory(AssignState *state, TupleTableSlot *lead);
extern int	leadcrm_assign_ranked_compare(const void *a, const void *b);
extern int	leadcrm_assign_sticky_owner(AssignState *state, TupleTableSlot *lead);
extern const char *leadcrm_assign_verdict_text(RepVerdict verdict);

/* assign_load.c */
extern RepState *leadcrm_assign_rep_state(AssignState *state, const char *code);
extern void leadcrm_assign_expect(AssignState *state, int nreps);
extern RepState *leadcrm_assign_read(AssignState *state, int rep, const char *via,
									 const RepAccount **turns);
extern void leadcrm_assign_catch_up(AssignState *state, int rep, const char *via,
									double least, double reached);
extern LoadRefusal leadcrm_assign_take(AssignState *state, int rep, const char *via, double turn,
									   bool dealt, int64 via_limit, bool chosen);
extern void leadcrm_assign_use(AssignState *state, RepState *rep, const char *via,
							   int64 open, int64 dealt, double turn);
extern void leadcrm_assign_settle_loads(AssignState *state);

/* assign_trigger.c */
typedef struct AssignMove
{
	const char *reason;
	const char *note;			/* NULL: none */
	int64		batch;			/* 0: none */
	const char *avoid;			/* NULL: nobody */
	const struct AssignMove *outer;
} AssignMove;

extern const AssignMove *leadcrm_assign_move_begin(AssignMove *move);
extern void leadcrm_assign_move_end(const AssignMove *move);
extern bool leadcrm_assign_repeat(bool now);
extern bool leadcrm_assign_is_repeat(void);

/* assign_log.c */
extern void leadcrm_assign_settle(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
extern void leadcrm_assign_log(Workspace *ws, SettleFrame *frame);
extern void leadcrm_assign_settle_delete(Workspace *ws, TriggerData *trigdata, ArrayType *leads);

/* assign_task.c */
extern void leadcrm_assign_tasks(Workspace *ws, const SettleFrame *frame);

#endif							/* LEADCRM_ASSIGN_H */
