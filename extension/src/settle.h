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
} SettleFrame;

extern SettleFrame *leadcrm_settle_frame(Relation lead, bool insert);
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

#endif							/* LEADCRM_SETTLE_H */
