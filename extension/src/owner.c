/*-------------------------------------------------------------------------
 * owner.c
 *	  The owner of a workspace: acting as him, and who may act for him.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/rel.h"

#include "owner.h"

/*
 * leadcrm_owner_begin
 *		Act as the owner of the workspace, as foreign keys act as their table's.
 *
 * The caller restores with SetUserIdAndSecContext(); an error does it by
 * itself.
 */
void
leadcrm_owner_begin(Workspace *ws, Oid *save_userid, int *save_sec_context)
{
	GetUserIdAndSecContext(save_userid, save_sec_context);
	SetUserIdAndSecContext(ws->owner, *save_sec_context | SECURITY_LOCAL_USERID_CHANGE);
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
