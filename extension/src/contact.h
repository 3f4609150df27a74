/*-------------------------------------------------------------------------
 * contact.h
 *	  When salespeople were in contact with their leads.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_CONTACT_H
#define LEADCRM_CONTACT_H

#include "datatype/timestamp.h"

#include "workspace.h"

/* An activity that went out to a lead. */
typedef struct Contact
{
	int64		lead;
	TimestampTz at;
} Contact;

extern bool leadcrm_is_contact(const char *direction, size_t len);
extern void leadcrm_contact_write(Workspace *ws, const int64 *leads, int nleads,
								  Contact *contact, int n);

#endif							/* LEADCRM_CONTACT_H */
