/*-------------------------------------------------------------------------
 * settle.h
 *	  What the rows of one statement on lead caused, written set-wise.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_SETTLE_H
#define LEADCRM_SETTLE_H

#include "commands/trigger.h"

#include "claim.h"
#include "dedup.h"
#include "row_trigger.h"

/* The name under which the AFTER INSERT trigger's statements know the new rows. */
#define SETTLE_ARRIVED	"arrived"

/* An arriving row that lives in another lead. */
typedef struct SettleMerge
{
	int64		loser;
	int64		winner;
	char	   *rule;
} SettleMerge;

/* A pair for the table duplicate. */
typedef struct SettlePair
{
	int64		lead;
	int64		other;
	char	   *rule;
	char	   *kind;
	const char *status;
	const char *reason;
} SettlePair;

/* A lead whose intent became another. */
typedef struct SettleIntent
{
	int64		lead;
	char	   *from;
	char	   *to;
	TimestampTz at;
	int32		score;
	char	   *rule;			/* that did it; NULL: the score */
} SettleIntent;

/* A lead that got another owner or pool, or a repeat inquiry of his. */
typedef struct SettleMove
{
	int64		lead;
	const char *reason;
	bool		open;			/* it counts to the owner's load */
	bool		task;			/* there is something to do */
	int			rule;			/* numbers in the model of the frame's assignment; -1: none */
	int			pool;
	struct RepState *owner;		/* NULL: none */
	const char *via;			/* under which it was counted */
	double		turn;
	bool		dealt;
	const char *owner_before;
	const char *pool_before;
	const char *note;
	int64		batch;			/* 0: none */
	TimestampTz due;			/* DT_NOEND: none */
	int			nrunners;
	int		   *runner;
	int			npassed;
	struct PassedRule *passed;
} SettleMove;

/* A lead that entered a stage; the texts live as long as the statement. */
typedef struct SettleStage
{
	int64		lead;
	int32		position;		/* of the entry in its lifecycle */
	TimestampTz at;
	const text *process;
	const text *from;			/* each NULL: none */
	const text *to;
	const char *cause;
	const text *reason;
	const text *note;
	const text *competitor;
	const text *owner;
	Datum		amount;			/* 0: none */
	int64		approval;		/* that it uses; 0: none */
} SettleStage;

/* Decisions of the row triggers of one statement. */
typedef struct SettleFrame
{
	MemoryContext cxt;
	MemoryContextCallback forget;
	struct SettleFrame *below;
	Oid			lead;
	bool		insert;			/* else UPDATE */
	RowChain	chain;
	TimestampTz now;
	bool		claims_tried;
	ClaimTarget *claims;		/* open for claiming, or NULL */
	int64	   *row;			/* INSERT: every row; UPDATE: keys changed */
	int			nrows;
	int			maxrows;
	SettleMerge *merge;
	int			nmerges;
	int			maxmerges;
	SettlePair *pair;
	int			npairs;
	int			maxpairs;
	char	  **new_source;		/* codes that the workspace does not know */
	int			nnew_sources;
	int			maxnew_sources;
	SettleIntent *intent;
	int			nintents;
	int			maxintents;
	int64		staged;			/* the lead that passed the stage trigger last; 0: none */
	int			nstaged;		/* INSERT: rows that passed it */
	SettleStage *stage;
	int			nstages;
	int			maxstages;
	struct AssignState *assign; /* NULL: nothing was assigned */
	int64		assigned;		/* the lead that passed last; 0: none */
	SettleMove *move;
	int			nmoves;
	int			maxmoves;
	struct CubeChanges *cube;	/* UPDATE: NULL until a row is counted */
	ItemPointerData counted;	/* the row that was counted last */
} SettleFrame;

extern SettleFrame *leadcrm_settle_frame(Relation lead, bool insert);
extern SettleFrame *leadcrm_settle_frame_or_null(Relation lead, bool insert);
extern RowChain *leadcrm_settle_chain(TriggerData *trigdata);

extern void leadcrm_settle_add_row(SettleFrame *frame, int64 id);
extern void leadcrm_settle_add_decision(SettleFrame *frame, int64 id,
										const DedupDecision *decision);
extern void leadcrm_settle_add_source(SettleFrame *frame, const char *code);
extern void leadcrm_settle_merges(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
extern void leadcrm_settle_pairs(Workspace *ws, SettleFrame *frame);
extern bool leadcrm_settle_fills(Workspace *ws, Form_pg_attribute att);
extern void leadcrm_settle_insert(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
extern void leadcrm_settle_update(Workspace *ws, SettleFrame *frame, TriggerData *trigdata);
extern void leadcrm_settle_delete(Workspace *ws, TriggerData *trigdata);
extern int64 *leadcrm_settle_inserted(Workspace *ws, TriggerData *trigdata, int64 *n);

#endif							/* LEADCRM_SETTLE_H */
