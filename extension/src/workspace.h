/*-------------------------------------------------------------------------
 * workspace.h
 *	  What the triggers of one workspace know about it, kept per backend.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_WORKSPACE_H
#define LEADCRM_WORKSPACE_H

#include "access/attnum.h"
#include "executor/spi.h"
#include "nodes/execnodes.h"
#include "pgtime.h"
#include "storage/block.h"
#include "utils/relcache.h"

#include "row_trigger.h"

/* The source of a lead whose writer names none. */
#define UNKNOWN_SOURCE	"unknown"

/* The columns of lead that the engine reads or sets, in no special order. */
typedef enum LeadColumn
{
	LEAD_ID,
	LEAD_KIND,
	LEAD_NAME,
	LEAD_COMPANY,
	LEAD_TITLE,
	LEAD_PHONE,
	LEAD_EMAIL,
	LEAD_WECHAT,
	LEAD_UNIONID,
	LEAD_TAX_ID,
	LEAD_ADDRESS,
	LEAD_REGION,
	LEAD_INDUSTRY,
	LEAD_PRODUCT_LINE,
	LEAD_FIRST_SOURCE,
	LEAD_LAST_SOURCE,
	LEAD_LAST_FORM,
	LEAD_LAST_INBOUND_AT,
	LEAD_CAMPAIGN,
	LEAD_PARTNER,
	LEAD_EXTERNAL_ID,
	LEAD_PROJECT_NAME,
	LEAD_EXPECTED_AMOUNT,
	LEAD_CURRENCY,
	LEAD_EXPECTED_CLOSE_ON,
	LEAD_PROCESS,
	LEAD_STAGE,
	LEAD_STAGE_SINCE,
	LEAD_LIFECYCLE,
	LEAD_WON_AT,
	LEAD_WON_AMOUNT,
	LEAD_LOST_AT,
	LEAD_LOSS_REASON,
	LEAD_LOSS_NOTE,
	LEAD_COMPETITOR,
	LEAD_INTENT,
	LEAD_INTENT_SINCE,
	LEAD_INTENT_BEFORE,
	LEAD_INTENT_DUE_AT,
	LEAD_SIGNALS,
	LEAD_SCORE,
	LEAD_FIT,
	LEAD_BEHAVIOUR_1,			/* value and moment of each half-life class */
	LEAD_BEHAVIOUR_1_AT,
	LEAD_BEHAVIOUR_2,
	LEAD_BEHAVIOUR_2_AT,
	LEAD_BEHAVIOUR_3,
	LEAD_BEHAVIOUR_3_AT,
	LEAD_BEHAVIOUR_4,
	LEAD_BEHAVIOUR_4_AT,
	LEAD_OWNER,
	LEAD_TEAM,
	LEAD_POOL,
	LEAD_POOL_SINCE,
	LEAD_ASSIGNED_AT,
	LEAD_TOUCHED_AT,
	LEAD_RECYCLE_AT,
	LEAD_FIRST_CONTACT_DUE_AT,
	LEAD_FIRST_CONTACTED_AT,
	LEAD_FIRST_CONTACT_FROM,
	LEAD_LAST_CONTACTED_AT,
	LEAD_MERGED_INTO,
	LEAD_ATTRS,
	LEAD_CREATED_AT,
	LEAD_UPDATED_AT,
	LEAD_NCOLUMNS
} LeadColumn;

/* What to do when a key of an arriving lead is held by another. */
typedef enum IdentityAction
{
	IDENTITY_MERGE,
	IDENTITY_LINK,
	IDENTITY_REVIEW,
	IDENTITY_REJECT
} IdentityAction;

/* Where the text of a key comes from. */
typedef enum IdentityKind
{
	IDENTITY_PHONE,
	IDENTITY_EMAIL,
	IDENTITY_WECHAT,
	IDENTITY_UNIONID,
	IDENTITY_TAX_ID,
	IDENTITY_COMPANY_PERSON,
	IDENTITY_COMPANY_PROJECT,
	IDENTITY_EXPRESSION
} IdentityKind;

/* One active row of identity_rule, compiled. */
typedef struct IdentityRule
{
	char	   *code;
	char	   *lead_kind;		/* NULL: every kind of lead */
	char	   *kind;			/* as stored in identity.kind */
	text	   *kind_text;		/* the same as a datum */
	IdentityKind source;
	ExprState  *expression;		/* with IDENTITY_EXPRESSION only */
	ExprState  *scope;			/* NULL: one scope for all */
	bool		broken;			/* gives no keys */
	IdentityAction action;
	bool		weak;			/* the key is never held, only noted */
	bool		check_name;		/* contradicting names: review, not merge */
	Interval   *max_age;		/* NULL: a holder never grows too old */
} IdentityRule;

/* A spelling and the code it stands for; sorted by the spelling's bytes. */
typedef struct Synonym
{
	char	   *spelling;
	char	   *code;
} Synonym;

typedef struct SynonymList
{
	int			n;
	Synonym    *item;
} SynonymList;

typedef struct LeadSource
{
	char	   *code;
	bool		reject;			/* 23505 instead of the rule's action */
} LeadSource;

/* How fast points of behaviour of one class wear off. */
typedef struct HalfLife
{
	int64		half_life;		/* microseconds; 0: there is no such class */
	int			most;			/* points a lead has of it, at most */
} HalfLife;

#define HALF_LIFE_CLASSES	4

/* The statements that triggers run, prepared once per backend and workspace. */
typedef enum WorkspacePlan
{
	PLAN_CLAIM,					/* of one key; PLAN_CLAIM + n - 1 of n keys */
	PLAN_CLAIM_LAST = PLAN_CLAIM + 7,
	PLAN_HOLDER,
	PLAN_HOLDER_EXPIRING,
	PLAN_HOLDER_LEADS,
	PLAN_TAKE_OVER,
	PLAN_RETIRE_EXPIRED,
	PLAN_NOTE,
	PLAN_WEAK_OTHERS,
	PLAN_DROP_WAITING,
	PLAN_DROP_WAITING_OF_WINNER,
	PLAN_GIVE_TO_WINNER,
	PLAN_DROP_CLAIMS,
	PLAN_DROP_KEYS,
	PLAN_MERGED_ROWS,
	PLAN_KEEP_FOR_MERGED,
	PLAN_PROMOTE,
	PLAN_WAITING,
	PLAN_EXISTING,
	PLAN_MERGE_OPEN,
	PLAN_LOST_CLAIMANTS,
	PLAN_LOCK_WINNERS,
	PLAN_UPDATE_WINNERS,		/* in one of eight ways */
	PLAN_UPDATE_WINNERS_LAST = PLAN_UPDATE_WINNERS + 7,
	PLAN_LOG_MERGES,
	PLAN_ADD_ACTIVITIES,
	PLAN_SHARED_KEY,
	PLAN_ADD_DUPLICATES,
	PLAN_ADD_EVENTS,
	PLAN_ADD_CREATED,
	PLAN_ADD_SOURCES,
	PLAN_FORGET_BRINGER,
	PLAN_DELETE_MERGED,
	PLAN_DELETE_DUPLICATES,
	PLAN_LEAD_IN,
	PLAN_FIND_EXTERNAL,
	PLAN_MAY_KNOW,
	PLAN_ADD_INTENTS,
	PLAN_ADD_RULE_ERRORS,
	PLAN_REGRADE,
	PLAN_JOIN_SIGNALS,
	PLAN_DUE_LEADS,
	PLAN_COUNT_DUE,
	PLAN_BEHAVIOUR_LOCK,
	PLAN_BEHAVIOUR_REDIRECT,
	PLAN_BEHAVIOUR_OF_DAY,
	PLAN_BEHAVIOUR_AROUND,
	PLAN_BEHAVIOUR_ALL,
	PLAN_BEHAVIOUR_OF_LEAD,
	PLAN_BEHAVIOUR_WRITE,
	PLAN_BEHAVIOUR_LEADS,
	PLAN_CONTACT_WRITE,
	PLAN_CONTACT_TASKS,
	PLAN_PLAN_RECYCLING,
	PLAN_STICKY_OWNER,
	PLAN_FIND_LEAD,
	PLAN_SIMULATION,
	PLAN_TRY_ASSIGNMENT,
	PLAN_MOVE_LEADS,
	PLAN_LOCK_LEADS,
	PLAN_MOVE_TASKS,
	PLAN_ADD_TASKS,
	PLAN_ADD_ASSIGNMENTS,
	PLAN_ADD_LEAD_EVENTS,
	PLAN_DELETE_TASKS,
	PLAN_DELETE_ASSIGNMENTS,
	PLAN_FIND_APPROVAL,
	PLAN_USE_APPROVALS,
	PLAN_ADD_STAGE_CHANGES,
	PLAN_DELETE_STAGE_CHANGES,
	PLAN_STAGE_WRITTEN,
	PLAN_STAGE_LEADS,
	PLAN_RULE_STAGES,
	PLAN_MOVE_STAGE,
	PLAN_HISTORY_LEADS,
	PLAN_HISTORY_CHANGES,
	PLAN_HISTORY_BEGIN,
	PLAN_HISTORY_SHIFT,
	PLAN_HISTORY_RENUMBER,
	PLAN_HISTORY_WRITE,
	NPLANS
} WorkspacePlan;

#define CLAIM_MAX_KEYS	8		/* keys claimed by one statement */

/* Tables with numbered rows that direct.c writes. */
typedef enum WorkspaceSide
{
	SIDE_EVENT,
	SIDE_MERGE_LOG,
	SIDE_ASSIGNMENT_LOG,
	SIDE_TASK,
	SIDE_REP_LOAD,
	SIDE_ACTIVITY,
	NSIDES
} WorkspaceSide;

typedef struct Workspace
{
	Oid			lead;			/* relation the triggers hang on */
	Oid			namespace_oid;
	Oid			owner;			/* of lead: side writes are his */
	char	   *name;			/* of the schema, quoted */
	char	   *path;			/* search_path of what is done as the owner */
	bool		distributed;	/* Citus is there and may keep tables elsewhere */
	MemoryContext cxt;
	AttrNumber	column[LEAD_NCOLUMNS];
	int			natts;
	Oid			row_function[ROW_FUNCTIONS];	/* whose triggers change lead in place */
	Bitmapset  *unique;			/* columns in unique or exclusion indexes */
	char	   *fills;			/* of each column, what leadcrm_settle_fills() said, or 0 */
	EState	   *estate;			/* for rules with expressions */
	int			nrules;
	IdentityRule *rule;
	int			nsources;
	LeadSource *source;			/* sorted by code */
	SynonymList industry;
	SynonymList product_line;
	struct ScoreModel *score;	/* built when first needed */
	struct AssignModel *assign; /* built when first needed */
	struct RecycleModel *recycle;	/* the same */
	struct ProcessModel *process;	/* the same */
	struct LoadSurvey *load_survey; /* NULL: none so far */
	pg_tz	   *time_zone;
	HalfLife	half_life[HALF_LIFE_CLASSES];
	int			nactivity_kinds;
	struct ActivityKind *activity_kind; /* sorted by kind */
	int			nsignals;
	struct ActivitySignal *signal;
	int			lead_in_natts;	/* columns PLAN_LEAD_IN was made for */
	SPIPlanPtr	plan[NPLANS];
	BlockNumber planned[NPLANS];	/* by index, for a lead table of that size; 0: not */
	struct DirectExpr *direct_expr; /* see direct_check.c */
	Oid			side[NSIDES];	/* table whose sequence is known */
	Oid			sequence[NSIDES];	/* that numbers its rows, or InvalidOid */
} Workspace;

extern void leadcrm_workspace_init(void);
extern Workspace *leadcrm_workspace_of(Relation lead);
extern const char *leadcrm_workspace_column(LeadColumn column);
extern const LeadSource *leadcrm_workspace_source(Workspace *ws, const char *code);
extern const char *leadcrm_workspace_synonym(const SynonymList *list,
											 const char *spelling, size_t len);
extern SPIPlanPtr leadcrm_workspace_plan(Workspace *ws, WorkspacePlan which,
										 const char *query, int nargs, Oid *argtypes);
extern uint64 leadcrm_workspace_run(Workspace *ws, WorkspacePlan which,
									const char *query, int nargs, Oid *argtypes, Datum *values);
extern uint64 leadcrm_workspace_run_alone(Workspace *ws, WorkspacePlan which, const char *query,
										  int nargs, Oid *argtypes, Datum *values);
extern uint64 leadcrm_workspace_read(Workspace *ws, WorkspacePlan which,
									 const char *query, int nargs, Oid *argtypes, Datum *values);
extern Portal leadcrm_workspace_cursor(Workspace *ws, WorkspacePlan which, const char *query,
									   int nargs, Oid *argtypes, Datum *values);
extern void leadcrm_workspace_snapshot(const Workspace *ws);
extern int	leadcrm_workspace_config(const char *shape, const char *query);
extern Datum leadcrm_workspace_value(int row, const char *column, bool *isnull);
extern char *leadcrm_workspace_copy(Workspace *ws, int row, const char *column);
extern bool leadcrm_workspace_flag(int row, const char *column);
extern uint64 leadcrm_workspace_run_nulls(Workspace *ws, WorkspacePlan which,
										  const char *query, int nargs, Oid *argtypes,
										  Datum *values, const char *nulls);
extern Oid	leadcrm_workspace_sequence(Workspace *ws, WorkspaceSide which, Relation side);
extern Oid	leadcrm_workspace_table(Oid namespace_oid, const char *table);
extern Oid	leadcrm_lifecycle_type(void);

#endif							/* LEADCRM_WORKSPACE_H */
