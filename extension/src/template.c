/*-------------------------------------------------------------------------
 * template.c
 *	  The scripts that make and change a workspace, and how they are run.
 *
 * A script is a file leadcrm-workspace--NAME.sql beside the extension's own
 * scripts, in UTF-8.  It never names the schema it works on: it runs with
 * the workspace first in search_path, so no name can break out of it.
 * "-- part: NAME" lines divide a script; a part is converted to the server
 * encoding when it is run, so what an encoding cannot hold stays in a part
 * of its own.
 *
 * What a user has made his own is never touched: statements that would
 * create, replace or drop a kept object are passed by, and so are comments
 * on objects that have one.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <sys/stat.h>

#include "leadcrm.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_class.h"
#include "catalog/pg_policy.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/comment.h"
#include "commands/policy.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "parser/parser.h"
#include "storage/fd.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#define TEMPLATE_PREFIX		"leadcrm-workspace--"
#define TEMPLATE_SUFFIX		".sql"
#define TEMPLATE_PART		"-- part: "
#define TEMPLATE_MAX_SIZE	(16 * 1024 * 1024)

static char *script_folder(void);
static char *script_read(const char *name);
static char *script_part(char *script, const char *part);
static void script_settings(Oid schema);
static ObjectAddress statement_makes(Node *stmt);
static ObjectAddress named_object(ObjectType type, Node *name);
static bool statement_passed_by(Node *stmt, List *kept);

PG_FUNCTION_INFO_V1(leadcrm_workspace_scripts);
PG_FUNCTION_INFO_V1(leadcrm_run_workspace_script);
PG_FUNCTION_INFO_V1(leadcrm_commented_columns);

/*
 * leadcrm_workspace_scripts
 *		workspace_scripts() returns setof text: the names of the scripts that
 *		are installed, "1.0", "1.0.zh", "1.0--1.1".
 */
Datum
leadcrm_workspace_scripts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	const size_t prefix = strlen(TEMPLATE_PREFIX);
	const size_t suffix = strlen(TEMPLATE_SUFFIX);
	char	   *folder = script_folder();
	DIR		   *dir;
	struct dirent *entry;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	dir = AllocateDir(folder);
	while ((entry = ReadDir(dir, folder)) != NULL)
	{
		size_t		len = strlen(entry->d_name);
		bool		isnull = false;
		Datum		name;

		if (len <= prefix + suffix ||
			strncmp(entry->d_name, TEMPLATE_PREFIX, prefix) != 0 ||
			strcmp(entry->d_name + len - suffix, TEMPLATE_SUFFIX) != 0)
			continue;
		name = PointerGetDatum(cstring_to_text_with_len(entry->d_name + prefix,
														len - prefix - suffix));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, &name, &isnull);
	}
	FreeDir(dir);
	return (Datum) 0;
}

/*
 * leadcrm_run_workspace_script
 *		run_workspace_script(workspace regnamespace, script text, part text,
 *		kept oid[]) returns setof (class oid, object oid, definition text)
 *
 * Runs one part of a script (NULL: the whole) in a workspace, as the caller
 * and with no other rights.  kept: functions and views that must stay as
 * they are (no NULLs in it).
 *
 * Returns a row for each object that the script makes or would have made if it
 * were not kept, with the statement's text.  Raises 58P01 if there is no
 * such script, 22004 for a NULL but in part, and whatever its statements raise.
 */
Datum
leadcrm_run_workspace_script(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Oid			schema;
	Datum	   *oids;
	int			noids;
	List	   *kept = NIL;
	char	   *sql;
	List	   *statements;
	ListCell   *lc;
	int			nestlevel;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("workspace, script and kept objects must not be null")));
	schema = PG_GETARG_OID(0);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), OIDOID, sizeof(Oid), true, TYPALIGN_INT,
					  &oids, NULL, &noids);
	for (int i = 0; i < noids; i++)
		kept = lappend_oid(kept, DatumGetObjectId(oids[i]));

	InitMaterializedSRF(fcinfo, 0);
	sql = script_read(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	if (!PG_ARGISNULL(2))
		sql = script_part(sql, text_to_cstring(PG_GETARG_TEXT_PP(2)));
	sql = pg_any_to_server(sql, strlen(sql), PG_UTF8);

	nestlevel = NewGUCNestLevel();
	script_settings(schema);
	statements = raw_parser(sql, RAW_PARSE_DEFAULT);

	SPI_connect();
	foreach(lc, statements)
	{
		RawStmt    *raw = lfirst_node(RawStmt, lc);
		char	   *text = sql + raw->stmt_location;
		ObjectAddress made;

		text = raw->stmt_len > 0 ? pnstrdup(text, raw->stmt_len) : pstrdup(text);
		while (isspace((unsigned char) *text))
			text++;
		if (!statement_passed_by(raw->stmt, kept) && SPI_execute(text, false, 0) < 0)
			elog(ERROR, "could not run a statement of a workspace script: %s", text);

		made = statement_makes(raw->stmt);
		if (OidIsValid(made.objectId))
		{
			bool		nulls[3] = {false, false, false};
			Datum		values[3];

			values[0] = ObjectIdGetDatum(made.classId);
			values[1] = ObjectIdGetDatum(made.objectId);
			values[2] = CStringGetTextDatum(text);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		}
	}
	SPI_finish();

	AtEOXact_GUC(true, nestlevel);
	return (Datum) 0;
}

/*
 * leadcrm_commented_columns
 *		commented_columns(script text) returns table (relation text,
 *		attribute text): the tables and columns that part "comments" of a
 *		script is about, in its order; attribute is NULL for a table itself.
 *
 * As the template comments on all of its tables and all of their columns, it
 * says here what they are; columns of views come as well, views do not.
 * Raises 58P01 if there is no such script.
 */
Datum
leadcrm_commented_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *sql = script_part(script_read(text_to_cstring(PG_GETARG_TEXT_PP(0))), "comments");
	ListCell   *lc;

	InitMaterializedSRF(fcinfo, 0);
	sql = pg_any_to_server(sql, strlen(sql), PG_UTF8);
	foreach(lc, raw_parser(sql, RAW_PARSE_DEFAULT))
	{
		CommentStmt *comment = (CommentStmt *) lfirst_node(RawStmt, lc)->stmt;
		Datum		values[2];
		bool		nulls[2] = {false, false};
		List	   *name;

		if (!IsA(comment, CommentStmt) ||
			(comment->objtype != OBJECT_TABLE && comment->objtype != OBJECT_COLUMN))
			continue;
		name = castNode(List, comment->object);
		values[0] = CStringGetTextDatum(strVal(linitial(name)));
		values[1] = CStringGetTextDatum(strVal(llast(name)));
		nulls[1] = comment->objtype == OBJECT_TABLE;
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * script_folder
 *		Where the extension's scripts are installed.
 */
static char *
script_folder(void)
{
	char		share[MAXPGPATH];

	get_share_path(my_exec_path, share);
	return psprintf("%s/extension", share);
}

/*
 * script_read
 *		The bytes of a script, checked to be UTF-8.
 *
 * The name must stay inside the folder: letters, digits, dots and hyphens.
 */
static char *
script_read(const char *name)
{
	char	   *path = psprintf("%s/" TEMPLATE_PREFIX "%s" TEMPLATE_SUFFIX, script_folder(), name);
	FILE	   *file;
	struct stat status;
	char	   *script;
	size_t		len;

	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_")] != '\0')
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid name of a workspace script: \"%s\"", name)));

	file = AllocateFile(path, PG_BINARY_R);
	if (file == NULL)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open workspace script \"%s\": %m", name),
				 errhint("Install the files of this version of leadcrm, or bring the extension to the installed version with ALTER EXTENSION leadcrm UPDATE.")));
	if (fstat(fileno(file), &status) != 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not stat workspace script \"%s\": %m", name)));
	if (status.st_size > TEMPLATE_MAX_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("workspace script \"%s\" is too large", name)));

	script = palloc(status.st_size + 1);
	len = fread(script, 1, status.st_size, file);
	if (ferror(file))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not read workspace script \"%s\": %m", name)));
	FreeFile(file);
	script[len] = '\0';
	(void) pg_verify_mbstr(PG_UTF8, script, len, false);
	return script;
}

/*
 * script_part
 *		The text between the mark of a part and the next mark, or "".
 *
 * Scribbles on script.
 */
static char *
script_part(char *script, const char *part)
{
	const char *mark = psprintf("%s%s\n", TEMPLATE_PART, part);
	char	   *start = script;
	char	   *end;

	do
	{
		start = strstr(start, mark);
		if (start == NULL)
			return "";
		start += strlen(mark);
	} while (start - strlen(mark) > script && start[-strlen(mark) - 1] != '\n');

	end = strstr(start, "\n" TEMPLATE_PART);
	if (end != NULL)
		end[1] = '\0';
	return start;
}

/*
 * script_settings
 *		Set what a script relies on, until the caller's AtEOXact_GUC().
 */
static void
script_settings(Oid schema)
{
	char	   *name = get_namespace_name(schema);
	GucContext	context = superuser() ? PGC_SUSET : PGC_USERSET;

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("schema with OID %u does not exist", schema)));
	(void) set_config_option("search_path", psprintf("%s, pg_temp", quote_identifier(name)),
							 context, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	(void) set_config_option("standard_conforming_strings", "on",
							 context, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	if (client_min_messages < WARNING)
		(void) set_config_option("client_min_messages", "warning",
								 context, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/*
 * statement_makes
 *		The object that a CREATE statement makes, once it is there; an invalid
 *		address before, and for kinds that are not remembered.
 */
static ObjectAddress
statement_makes(Node *stmt)
{
	ObjectAddress address = InvalidObjectAddress;

	switch (nodeTag(stmt))
	{
		case T_CreateStmt:
			ObjectAddressSet(address, RelationRelationId,
							 RangeVarGetRelid(((CreateStmt *) stmt)->relation, NoLock, true));
			break;
		case T_ViewStmt:
			ObjectAddressSet(address, RelationRelationId,
							 RangeVarGetRelid(((ViewStmt *) stmt)->view, NoLock, true));
			break;
		case T_IndexStmt:
			if (((IndexStmt *) stmt)->idxname != NULL)
				ObjectAddressSet(address, RelationRelationId,
								 RangeVarGetRelid(makeRangeVar(NULL, ((IndexStmt *) stmt)->idxname, -1),
												  NoLock, true));
			break;
		case T_CreateTrigStmt:
			{
				CreateTrigStmt *create = (CreateTrigStmt *) stmt;
				Oid			relid = RangeVarGetRelid(create->relation, NoLock, true);

				if (OidIsValid(relid))
					ObjectAddressSet(address, TriggerRelationId,
									 get_trigger_oid(relid, create->trigname, true));
				break;
			}
		case T_CreatePolicyStmt:
			{
				CreatePolicyStmt *create = (CreatePolicyStmt *) stmt;
				Oid			relid = RangeVarGetRelid(create->table, NoLock, true);

				if (OidIsValid(relid))
					ObjectAddressSet(address, PolicyRelationId,
									 get_relation_policy_oid(relid, create->policy_name, true));
				break;
			}
		case T_CreateFunctionStmt:
			{
				CreateFunctionStmt *create = (CreateFunctionStmt *) stmt;
				ObjectWithArgs *name = makeNode(ObjectWithArgs);
				ListCell   *lc;

				name->objname = create->funcname;
				foreach(lc, create->parameters)
				{
					FunctionParameter *parameter = lfirst_node(FunctionParameter, lc);

					if (parameter->mode != FUNC_PARAM_OUT && parameter->mode != FUNC_PARAM_TABLE)
						name->objargs = lappend(name->objargs, parameter->argType);
				}
				ObjectAddressSet(address, ProcedureRelationId,
								 LookupFuncWithArgs(OBJECT_ROUTINE, name, true));
				break;
			}
		default:
			break;
	}
	return address;
}

/*
 * named_object
 *		The object that a DROP or COMMENT statement names, if there is one.
 */
static ObjectAddress
named_object(ObjectType type, Node *name)
{
	Relation	rel = NULL;
	ObjectAddress address;

	address = get_object_address(type, name, &rel, AccessShareLock, true);
	if (rel != NULL)
		relation_close(rel, NoLock);
	return address;
}

/*
 * statement_passed_by
 *		Would this statement overwrite what must stay?
 */
static bool
statement_passed_by(Node *stmt, List *kept)
{
	if (IsA(stmt, CommentStmt))
	{
		CommentStmt *comment = (CommentStmt *) stmt;
		ObjectAddress address = named_object(comment->objtype, comment->object);

		if (!OidIsValid(address.objectId))
			return kept != NIL; /* a column that an owner's view does not have */
		return GetComment(address.objectId, address.classId, address.objectSubId) != NULL;
	}
	if (IsA(stmt, DropStmt))
	{
		DropStmt   *drop = (DropStmt *) stmt;
		ListCell   *lc;

		if (drop->removeType != OBJECT_VIEW && drop->removeType != OBJECT_FUNCTION &&
			drop->removeType != OBJECT_PROCEDURE && drop->removeType != OBJECT_ROUTINE)
			return false;
		foreach(lc, drop->objects)
		{
			if (list_member_oid(kept, named_object(drop->removeType, lfirst(lc)).objectId))
				return true;
		}
		return false;
	}
	return list_member_oid(kept, statement_makes(stmt).objectId);
}
