/*-------------------------------------------------------------------------
 * acting_role.c
 *	  The role that acts, right inside SECURITY DEFINER functions too.
 *
 * current_user is the owner inside a SECURITY DEFINER function, and a GUC can
 * be set by anybody.  Policies, logs and the mapping of salespeople ask who
 * SET ROLE made the session, or who logged in: nothing else changes these.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"

#include "acting_role.h"

/*
 * leadcrm_acting_role_oid
 *		SET ROLE's role, else the session's.
 */
Oid
leadcrm_acting_role_oid(void)
{
	Oid			role = GetCurrentRoleId();

	return OidIsValid(role) ? role : GetSessionUserId();
}

/*
 * leadcrm_acting_role_name
 *		The acting role's name, palloc'd.
 */
char *
leadcrm_acting_role_name(void)
{
	return GetUserNameFromId(leadcrm_acting_role_oid(), false);
}
