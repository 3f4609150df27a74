/*-------------------------------------------------------------------------
 * leadcrm.c
 *	  Module magic and start-up of the extension.
 *
 * Nothing here needs shared_preload_libraries: the library is loaded by the
 * first call of one of its functions.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "utils/guc.h"

#include "rule.h"
#include "rule_table.h"
#include "workspace.h"

LEADCRM_MODULE_MAGIC;

void		_PG_init(void);

/*
 * _PG_init
 *		Run once per backend, when the library is loaded.
 */
void
_PG_init(void)
{
	MarkGUCPrefixReserved("leadcrm");
	leadcrm_rule_set_init();
	leadcrm_rule_table_init();
	leadcrm_workspace_init();
}
