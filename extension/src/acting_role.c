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

/* In a manager of a workspace: the owner it acts for. */
static Oid	manager_role = InvalidOid;

/*
 * leadcrm_acting_role_oid
 *		SET ROLE's role, else the session's.
 *
 * Inside a security-restricted operation (ANALYZE, REFRESH MATERIALIZED VIEW,
 * index expressions, whoever runs them) the session's role lends its rights
 * to nobody's code: there it is InvalidOid, which may nothing, or in a
 * manager the owner of the workspace.
 */
Oid
leadcrm_acting_role_oid(void)
{
	Oid			role = GetCurrentRoleId();

	if (InSecurityRestrictedOperation())
		return manager_role;
	return OidIsValid(role) ? role : GetSessionUserId();
}

/*
 * leadcrm_acting_role_manager
 *		Have restricted operations act for this role, InvalidOid for nobody.
 *
 * Returns what it was, for the caller to put back, on error too.
 */
Oid
leadcrm_acting_role_manager(Oid role)
{
	Oid			before = manager_role;

	manager_role = role;
	return before;
}

/*
 * leadcrm_acting_role_name
 *		The acting role's name for logs, palloc'd; the current user's where
 *		nobody acts.
 */
char *
leadcrm_acting_role_name(void)
{
	Oid			role = leadcrm_acting_role_oid();

	return GetUserNameFromId(OidIsValid(role) ? role : GetUserId(), false);
}
