/*-------------------------------------------------------------------------
 * rule_moment.h
 *	  When time alone changes what conditions find.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_RULE_MOMENT_H
#define LEADCRM_RULE_MOMENT_H

#include "nodes/execnodes.h"
#include "pgtime.h"

#include "rule.h"

typedef struct RuleMoments RuleMoments;

extern RuleMoments *leadcrm_rule_moments_build(List *conditions, bool others, pg_tz *time_zone,
											   MemoryContext cxt);
extern TimestampTz leadcrm_rule_moments_next(RuleMoments *moments, TupleTableSlot *slot,
											 TimestampTz as_of);

#endif							/* LEADCRM_RULE_MOMENT_H */
