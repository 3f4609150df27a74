/*-------------------------------------------------------------------------
 * manage.c
 *	  Who acts, and the gate through which workspaces are managed.
 *
 * The managers of workspaces are written in SQL (install/90_workspace.sql).
 * Those that work on a workspace that is there run as its owner, as VACUUM
 * and foreign keys do: triggers, policies and views of a workspace are its
 * owner's code, and must not get the rights of a superuser who looks after
 * it.
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "leadcrm.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "acting_role.h"

static Oid	workspace_schema(FunctionCallInfo fcinfo);
static Oid	relation_owner(Oid relid);
static Oid	schema_owner(Oid schema);
static char *gate_query(Oid self, int nargs);

PG_FUNCTION_INFO_V1(leadcrm_acting_role);
PG_FUNCTION_INFO_V1(leadcrm_manage_as_owner);

/*
 * leadcrm_acting_role
 *		acting_role() returns name: the role that SET ROLE chose, else the
 *		session's; NULL where nobody acts, see acting_role.c.
 *
 * Unlike current_user it is the same inside SECURITY DEFINER functions, and
 * unlike session_user it follows SET ROLE, by which a pooled application
 * says for whom it works.
 */
Datum
leadcrm_acting_role(PG_FUNCTION_ARGS)
{
	Oid			role = leadcrm_acting_role_oid();
	Name		name;

	if (!OidIsValid(role))
		PG_RETURN_NULL();
	name = (Name) palloc(NAMEDATALEN);
	namestrcpy(name, GetUserNameFromId(role, false));
	PG_RETURN_NAME(name);
}

PG_FUNCTION_INFO_V1(leadcrm_at_home);

/*
 * leadcrm_at_home
 *		at_home(home regclass): raise 55000 unless the schema of that table is
 *		the first of the search_path.
 *
 * Functions of a workspace in PL/pgSQL find its tables by name, in the schema
 * that their search_path names.  home is bound by OID: after a rename by hand
 * the two differ, and the name may be somebody else's by now.
 */
Datum
leadcrm_at_home(PG_FUNCTION_ARGS)
{
	Oid			schema = get_rel_namespace(PG_GETARG_OID(0));
	List	   *path = fetch_search_path(false);

	if (!OidIsValid(schema) || path == NIL || linitial_oid(path) != schema)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the workspace was renamed by hand"),
				 errhint("Run leadcrm.repair_workspace(); rename with leadcrm.rename_workspace().")));
	PG_RETURN_VOID();
}

/*
 * leadcrm_manage_as_owner
 *		The C side of every manager of a workspace that is there: check that
 *		the caller may act as the workspace's owner, then run as that owner
 *		the function of the same name with "_" before it.
 *
 * The first argument names the workspace: its schema as text, or one of its
 * tables as regclass.  The inner function gets the schema as regnamespace in
 * its place, and all further arguments as they are.
 *
 * Returns what the inner function does: void, or a set of rows.  Raises 22004
 * for NULL, 3F000 if there is no such schema, 42809 if it is no workspace,
 * 42501 if the caller may not act as its owner.
 */
Datum
leadcrm_manage_as_owner(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		set = fcinfo->flinfo->fn_retset;
	Oid			schema = workspace_schema(fcinfo);
	Oid			owner = schema_owner(schema);
	Oid			caller;
	Oid			manager;
	int			context;
	Oid		   *types;
	int			nargs;
	Datum		values[FUNC_MAX_ARGS];
	char		nulls[FUNC_MAX_ARGS + 1];
	char	   *query;

	GetUserIdAndSecContext(&caller, &context);
	if (!has_privs_of_role(caller, owner))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be owner of workspace \"%s\"", get_namespace_name(schema))));

	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &nargs);
	query = gate_query(fcinfo->flinfo->fn_oid, nargs);
	types[0] = REGNAMESPACEOID;
	values[0] = ObjectIdGetDatum(schema);
	nulls[0] = ' ';
	for (int i = 1; i < nargs; i++)
	{
		values[i] = fcinfo->args[i].value;
		nulls[i] = fcinfo->args[i].isnull ? 'n' : ' ';
	}
	if (set)
		InitMaterializedSRF(fcinfo, 0);

	/*
	 * Restricted even for the owner himself: what others planted in the schema
	 * must find nothing to use.  An error goes back to the caller's user by
	 * itself, with the subtransaction.
	 */
	SetUserIdAndSecContext(owner, context | SECURITY_LOCAL_USERID_CHANGE |
						   SECURITY_RESTRICTED_OPERATION);
	manager = leadcrm_acting_role_manager(owner);
	PG_TRY();
	{
		SPI_connect();
		if (SPI_execute_with_args(query, nargs, types, values, nulls, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not run \"%s\"", query);
		for (uint64 i = 0; set && i < SPI_processed; i++)
			tuplestore_puttuple(rsinfo->setResult, SPI_tuptable->vals[i]);
		SPI_finish();
	}
	PG_FINALLY();
	{
		(void) leadcrm_acting_role_manager(manager);
	}
	PG_END_TRY();
	SetUserIdAndSecContext(caller, context);

	if (set)
		return (Datum) 0;
	PG_RETURN_VOID();
}

/*
 * workspace_schema
 *		The schema that the first argument of a manager means.
 *
 * A workspace is known by its tables "workspace" and "lead"; its triggers
 * may be gone, and repair must still find it.
 */
static Oid
workspace_schema(FunctionCallInfo fcinfo)
{
	static const char *const table[] = {"workspace", "lead"};
	Oid			schema;
	Oid		   *types;
	int			nargs;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("the name of the workspace must not be null")));
	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &nargs);
	if (types[0] == REGCLASSOID)
	{
		schema = get_rel_namespace(PG_GETARG_OID(0));
		if (!OidIsValid(schema))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("relation with OID %u does not exist", PG_GETARG_OID(0))));
	}
	else
		schema = get_namespace_oid(text_to_cstring(PG_GETARG_TEXT_PP(0)), false);

	for (int i = 0; i < lengthof(table); i++)
	{
		Oid			relid = get_relname_relid(table[i], schema);
		char		relkind = OidIsValid(relid) ? get_rel_relkind(relid) : '\0';

		if (relkind != RELKIND_RELATION && relkind != RELKIND_PARTITIONED_TABLE)
			ereport(ERROR,
					(errcode(ERRCODE_WRONG_OBJECT_TYPE),
					 errmsg("schema \"%s\" is not a workspace of leadcrm", get_namespace_name(schema)),
					 errdetail("It has no table \"%s\".", table[i])));

		/* Its owner's rights are lent to nobody who merely may create there. */
		if (relation_owner(relid) != schema_owner(schema))
			ereport(ERROR,
					(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
					 errmsg("schema \"%s\" and its table \"%s\" have different owners",
							get_namespace_name(schema), table[i]),
					 errhint("A workspace has one owner: use ALTER TABLE ... OWNER TO or ALTER SCHEMA ... OWNER TO.")));
	}
	return schema;
}

static Oid
relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

static Oid
schema_owner(Oid schema)
{
	HeapTuple	tuple = SearchSysCache1(NAMESPACEOID, ObjectIdGetDatum(schema));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for namespace %u", schema);
	owner = ((Form_pg_namespace) GETSTRUCT(tuple))->nspowner;
	ReleaseSysCache(tuple);
	return owner;
}

/*
 * gate_query
 *		"SELECT * FROM leadcrm._<own name>($1, $2 ...)"
 */
static char *
gate_query(Oid self, int nargs)
{
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfo(&query, "SELECT * FROM %s.%s(",
					 quote_identifier(get_namespace_name(get_func_namespace(self))),
					 quote_identifier(psprintf("_%s", get_func_name(self))));
	for (int i = 1; i <= nargs; i++)
		appendStringInfo(&query, i == 1 ? "$%d" : ", $%d", i);
	appendStringInfoChar(&query, ')');
	return query.data;
}
