/*-------------------------------------------------------------------------
 * owner.h
 *	  The owner of a workspace: acting as him, and who may act for him.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_OWNER_H
#define LEADCRM_OWNER_H

#include "workspace.h"

/* Who acted before, and under which settings. */
typedef struct OwnerSave
{
	Oid			userid;
	int			sec_context;
	int			nestlevel;		/* of the settings; 0: none was changed */
} OwnerSave;

extern void leadcrm_owner_begin(Workspace *ws, OwnerSave *save);
extern void leadcrm_owner_end(const OwnerSave *save);
extern void leadcrm_owner_required(Workspace *ws, Relation lead);

#endif							/* LEADCRM_OWNER_H */
