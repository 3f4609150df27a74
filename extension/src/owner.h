/*-------------------------------------------------------------------------
 * owner.h
 *	  The owner of a workspace: acting as him, and who may act for him.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_OWNER_H
#define LEADCRM_OWNER_H

#include "workspace.h"

extern void leadcrm_owner_begin(Workspace *ws, Oid *save_userid, int *save_sec_context);
extern void leadcrm_owner_required(Workspace *ws, Relation lead);

#endif							/* LEADCRM_OWNER_H */
