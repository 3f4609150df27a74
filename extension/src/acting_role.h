/*-------------------------------------------------------------------------
 * acting_role.h
 *	  The role that acts, right inside SECURITY DEFINER functions too.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_ACTING_ROLE_H
#define LEADCRM_ACTING_ROLE_H

extern Oid	leadcrm_acting_role_oid(void);
extern Oid	leadcrm_acting_role_manager(Oid role);
extern char *leadcrm_acting_role_name(void);

#endif							/* LEADCRM_ACTING_ROLE_H */
