/*-------------------------------------------------------------------------
 * workspace_config.c
 *	  Reading a workspace's configuration, as far as it can be relied on.
 *
 * The tables are their owner's: any role may have made them, and may have
 * given a column another type or made room for NULL since.  So each query says
 * what it expects, and whoever reads its rows need not ask.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "workspace.h"

static void config_check(char letter, int column);

/*
 * leadcrm_workspace_snapshot
 *		Make what is committed now the active snapshot, to read configuration;
 *		the caller pops it.
 *
 * While workers run GetLatestSnapshot() is refused, for no reason that it
 * knows of.  Catalogs are read even then, and their snapshot is a new one each
 * time it is asked for with a table that is no catalog.
 */
void
leadcrm_workspace_snapshot(const Workspace *ws)
{
	PushActiveSnapshot(IsInParallelMode() ? GetNonHistoricCatalogSnapshot(ws->lead) : GetLatestSnapshot());
}

/*
 * leadcrm_workspace_config
 *		Run a query on configuration, while the cache is being built; returns
 *		how many rows there are in SPI_tuptable.
 *
 * shape: a letter for each column, see config_check().
 */
int
leadcrm_workspace_config(const char *shape, const char *query)
{
	SPIExecuteOptions options;

	memset(&options, 0, sizeof(options));
	options.read_only = true;	/* the snapshot that is active, no other */
	if (SPI_execute_extended(query, &options) != SPI_OK_SELECT)
		elog(ERROR, "could not read configuration: %s", query);
	for (int i = 0; shape[i] != '\0'; i++)
		config_check(shape[i], i + 1);
	return (int) SPI_processed;
}

/*
 * leadcrm_workspace_value
 *		A column of a row in SPI_tuptable; it lives as long as that.
 */
Datum
leadcrm_workspace_value(int row, const char *column, bool *isnull)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
						 SPI_fnumber(SPI_tuptable->tupdesc, column), isnull);
}

/*
 * leadcrm_workspace_copy
 *		The same as text that lives with the workspace; NULL for NULL.
 */
char *
leadcrm_workspace_copy(Workspace *ws, int row, const char *column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
									 SPI_fnumber(SPI_tuptable->tupdesc, column));

	return value ? MemoryContextStrdup(ws->cxt, value) : NULL;
}

/*
 * leadcrm_workspace_flag
 *		The same of a boolean, or of one cast to text; false for NULL.
 */
bool
leadcrm_workspace_flag(int row, const char *column)
{
	char	   *value = SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
									 SPI_fnumber(SPI_tuptable->tupdesc, column));

	return value != NULL && value[0] == 't';
}

/* A column of the configuration; a capital letter is one that is never NULL. */
static void
config_check(char letter, int column)
{
	Oid			type = SPI_gettypeid(SPI_tuptable->tupdesc, column);
	bool		fits = true;

	switch (pg_tolower((unsigned char) letter))
	{
		case 's':				/* of any type, read as text */
			break;
		case 't':
			fits = type == TEXTOID;
			break;
		case 'a':
			fits = type == TEXTARRAYOID;
			break;
		case 'b':
			fits = type == BOOLOID;
			break;
		case 'i':
			fits = type == INT4OID;
			break;
		case 'n':
			fits = type == INT2OID || type == INT4OID || type == INT8OID;
			break;
		case 'f':
			fits = type == FLOAT8OID;
			break;
		case 'v':
			fits = type == INTERVALOID;
			break;
		case 'm':
			fits = type == TIMESTAMPTZOID;
			break;
		case 'c':				/* time of day */
			fits = type == TIMEOID;
			break;
		default:
			elog(ERROR, "unknown kind of column \"%c\"", letter);
	}
	if (!fits)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of the workspace's configuration is of type %s",
						SPI_fname(SPI_tuptable->tupdesc, column), format_type_be(type)),
				 errhint("Give it back the type that create_workspace() gave it.")));
	for (uint64 i = 0; letter < 'a' && i < SPI_processed; i++)
	{
		bool		isnull;

		SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, column, &isnull);
		if (isnull)
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("column \"%s\" of the workspace's configuration is null",
							SPI_fname(SPI_tuptable->tupdesc, column)),
					 errhint("Give it a value, and back its NOT NULL constraint.")));
	}
}
