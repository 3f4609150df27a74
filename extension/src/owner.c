/*-------------------------------------------------------------------------
 * owner.c
 *	  The owner of a workspace: acting as him, and who may act for him.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "owner.h"

/*
 * leadcrm_owner_begin
 *		Act as the owner of the workspace, as foreign keys act as their table's.
 *
 * Under a search_path of its own, too: operators and functions that somebody
 * puts in his path must not run with the owner's rights, neither in
 * leadcrm's statements, which PostgreSQL analyses anew whenever the path is
 * another, nor in the owner's own triggers, which these statements may fire.
 *
 * Ends with leadcrm_owner_end(); an error ends it by itself.
 */
void
leadcrm_owner_begin(Workspace *ws, OwnerSave *save)
{
	GetUserIdAndSecContext(&save->userid, &save->sec_context);
	SetUserIdAndSecContext(ws->owner, save->sec_context | SECURITY_LOCAL_USERID_CHANGE);
	save->nestlevel = 0;
	if (strcmp(namespace_search_path, ws->path) != 0)
	{
		save->nestlevel = NewGUCNestLevel();
		(void) set_config_option("search_path", ws->path, PGC_USERSET, PGC_S_SESSION,
								 GUC_ACTION_SAVE, true, 0, false);
	}
}

/*
 * leadcrm_owner_end
 *		Act as before.
 */
void
leadcrm_owner_end(const OwnerSave *save)
{
	if (save->nestlevel > 0)
		AtEOXact_GUC(true, save->nestlevel);
	SetUserIdAndSecContext(save->userid, save->sec_context);
}

/*
 * leadcrm_owner_required
 *		Raise 42501 unless the current user has the rights of the workspace's
 *		owner.
 */
void
leadcrm_owner_required(Workspace *ws, Relation lead)
{
	if (!has_privs_of_role(GetUserId(), ws->owner))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, RelationGetRelationName(lead));
}
