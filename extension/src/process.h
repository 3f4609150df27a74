/*-------------------------------------------------------------------------
 * process.h
 *	  Through which stages a lead goes: the process, the decision about a move,
 *	  and what a move leaves.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_PROCESS_H
#define LEADCRM_PROCESS_H

#include "commands/trigger.h"
#include "utils/array.h"

#include "rule.h"
#include "settle.h"
#include "workspace.h"

#define PROCESS_NONE	(-1)	/* no process, stage, rule or condition */

typedef enum StageKind
{
	STAGE_OPEN,
	STAGE_WON,
	STAGE_LOST,
	STAGE_CONVERTED
} StageKind;

typedef struct Stage
{
	char	   *code;
	text	   *code_text;
	int			position;
	StageKind	kind;
} Stage;

/* What must be filled for a move: a column, or a key of attrs. */
typedef struct RequiredField
{
	char	   *name;			/* as the transition names it */
	AttrNumber	column;			/* 0: there is none */
	char	   *key;			/* of attrs; NULL: the column itself */
} RequiredField;

typedef struct Transition
{
	int			from;			/* PROCESS_NONE: any open stage */
	int			to;
	int			condition;		/* place in the transitions' set, or PROCESS_NONE */
	int			nrequired;
	RequiredField *required;
	char	   *approval;		/* NULL: needs none */
	int			asked;			/* approval only where this condition holds */
} Transition;

/* A process of leads; its place in ProcessModel.process is its number. */
typedef struct Process
{
	char	   *code;
	text	   *code_text;
	bool		active;
	int			nstages;
	Stage	   *stage;			/* in order */
	int			first;			/* open stage, or PROCESS_NONE */
	int			lost;			/* stage, or PROCESS_NONE */
	int			ntransitions;
	Transition *transition;
} Process;

typedef struct StageRule
{
	char	   *code;
	char	   *cause;			/* as stage_change says it */
	int			process;
	int			to;
	char	   *activity_kind;	/* NULL: the condition alone */
} StageRule;

typedef struct LossReason
{
	char	   *code;
	bool		needs_note;
	bool		needs_competitor;
	bool		active;
} LossReason;

/* The processes of one workspace; built when first needed. */
typedef struct ProcessModel
{
	MemoryContext cxt;
	int			nprocesses;
	Process    *process;		/* in order */
	int			nrules;
	StageRule  *rule;			/* in order */
	int			nrow_rules;		/* rules that no activity causes */
	int			nreasons;
	LossReason *reason;
	int			nconditions;	/* of transitions */
	char	  **condition_code;

	/* Conditions, and what leadcrm_process_conditions() makes of them. */
	MemoryContext conditions;	/* NULL: nothing so far */
	RuleText   *process_text;
	RuleText   *rule_text;
	RuleText   *transition_text;
	int			nasked;			/* processes whose condition is asked: the first ones */
	RuleSet    *processes;
	RuleSet    *rules;
	RuleSet    *transitions;
} ProcessModel;

/* Why a lead may not move. */
typedef enum StageFault
{
	STAGE_MAY,
	STAGE_NO_TRANSITION,
	STAGE_CONDITION,
	STAGE_FIELDS,
	STAGE_APPROVAL,
	STAGE_NO_REASON,
	STAGE_NO_SUCH_REASON,
	STAGE_NO_NOTE,
	STAGE_NO_COMPETITOR
} StageFault;

/* A move that is asked for, and what became of it. */
typedef struct StageAsked
{
	int64		lead;
	int			process;
	int			from;			/* PROCESS_NONE: a stage that is gone */
	const char *from_code;
	int			to;
	const Transition *transition;	/* NULL: needs none */
	const char *subject;		/* with the fault: field, approval or reason */
	int64		approval;		/* that lets it pass; 0: none */
} StageAsked;

/* process_model.c */
extern ProcessModel *leadcrm_process_model(Workspace *ws);
extern void leadcrm_process_conditions(Workspace *ws, ProcessModel *model, Relation lead);
extern int	leadcrm_process_find(const ProcessModel *model, Datum code);
extern int	leadcrm_process_find_stage(const Process *process, Datum code);
extern const LossReason *leadcrm_process_reason(const ProcessModel *model, Datum code);
extern StageKind leadcrm_stage_kind(const ProcessModel *model, Datum process, bool no_process,
									Datum stage, bool no_stage);
extern bool leadcrm_stage_is_open(Workspace *ws, TupleTableSlot *lead);

/* stage.c */
extern int	leadcrm_stage_process(ProcessModel *model, TupleTableSlot *lead, TimestampTz now);
extern StageFault leadcrm_stage_check(Workspace *ws, ProcessModel *model, TupleTableSlot *lead,
									  TimestampTz now, StageAsked *asked);
extern StageFault leadcrm_stage_check_loss(Workspace *ws, const ProcessModel *model,
										   TupleTableSlot *lead, StageAsked *asked);
extern pg_noreturn void leadcrm_stage_refuse(const ProcessModel *model, StageFault fault,
											 const StageAsked *asked);
extern char *leadcrm_stage_list(const Process *process);

/* stage_trigger.c */
typedef struct StageMoving
{
	const char *cause;
	const char *note;			/* NULL: none */
} StageMoving;

extern const StageMoving *leadcrm_stage_moving(const StageMoving *moving);

/* A lead whose activities may move it, and by which rule; sorted by lead. */
typedef struct StageDue
{
	int64		lead;
	int			rule;
} StageDue;

typedef struct StageDues
{
	int			n;
	StageDue   *item;
} StageDues;

extern const StageDues *leadcrm_stage_dues(const StageDues *dues);

/* A lead as its history says it is; sorted by lead. */
typedef struct StageHistory
{
	int64		lead;
	struct varlena *lifecycle;	/* NULL: it has none */
	Datum		process;		/* each 0 where there is none */
	Datum		stage;
	TimestampTz at;				/* of the last entry */
	Datum		reason;
	Datum		note;
	Datum		competitor;
	Datum		amount;
} StageHistory;

typedef struct StageHistories
{
	int			n;
	StageHistory *item;
} StageHistories;

extern const StageHistories *leadcrm_stage_rebuilding(const StageHistories *histories);

/* stage_activity.c */
extern void leadcrm_stage_activities(TriggerData *trigdata);

/* stage_history.c */
extern bool leadcrm_stage_read_history(Workspace *ws, int64 lead, StageHistory *history);

/* stage_log.c */
extern void leadcrm_stage_note_owner(SettleFrame *frame, int64 lead, Datum owner, bool isnull);
extern void leadcrm_stage_settle(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
extern void leadcrm_stage_settle_delete(Workspace *ws, ArrayType *leads);

#endif							/* LEADCRM_PROCESS_H */
