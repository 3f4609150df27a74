-- What holds for every object of the engine and of a workspace.
\set ON_ERROR_STOP on
\set QUIET on
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('crm');
SELECT leadcrm.create_workspace('sales', locale => 'en');

BEGIN;
SELECT plan(21);

CREATE TEMP VIEW engine AS
    SELECT d.classid, d.objid, pg_describe_object(d.classid, d.objid, 0) AS object
      FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
     WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND e.extname = 'leadcrm';
CREATE TEMP VIEW engine_function AS
    SELECT p.* FROM pg_proc p JOIN engine e ON e.classid = 'pg_proc'::regclass AND e.objid = p.oid;
CREATE TEMP VIEW workspace_function AS
    SELECT p.* FROM pg_proc p WHERE p.pronamespace IN ('crm'::regnamespace, 'sales'::regnamespace);

SELECT is_empty(
    $$SELECT object FROM engine
       WHERE obj_description(objid, classid::regclass::text) IS NULL
         AND classid NOT IN ('pg_cast'::regclass, 'pg_amop'::regclass, 'pg_amproc'::regclass)
         AND object !~ '^type leadcrm\.(workspaces|\w+\[\])$'$$,
    'every object of the engine has a comment');
SELECT is_empty(
    $$SELECT object FROM engine
       WHERE object !~ 'leadcrm' AND object !~ '^cast from '$$,
    'and lives in the schema leadcrm');
SELECT is_empty(
    $$SELECT oid::regprocedure FROM engine_function
       WHERE prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))
         AND prosqlbody IS NULL AND provolatile <> 'i'
         AND NOT coalesce(proconfig::text ~ 'search_path=pg_catalog, pg_temp', false)$$,
    'SQL and PL/pgSQL functions of the engine have a pinned search_path or a parsed body');
SELECT is_empty(
    $$SELECT oid::regprocedure FROM engine_function WHERE prosecdef$$,
    'no function of the engine is SECURITY DEFINER');
SELECT is_empty(
    $$SELECT oid::regprocedure FROM engine_function WHERE proleakproof$$,
    'none is LEAKPROOF');
-- Aggregates, as Citus and parallel plans need them to be able to split them.
CREATE TEMP VIEW engine_aggregate AS
    SELECT a.*, p.pronargs, p.proargtypes, p.prorettype, p.proparallel, p.prokind, p.provariadic
      FROM pg_aggregate a JOIN engine_function p ON p.oid = a.aggfnoid;
SELECT is_empty(
    $$SELECT a.aggfnoid::regprocedure FROM engine_aggregate a JOIN pg_type s ON s.oid = a.aggtranstype
       WHERE s.typtype = 'p' OR s.typsend = 0 OR s.typreceive = 0 OR a.aggcombinefn = 0 OR a.proparallel <> 's'
          OR a.aggserialfn <> 0 OR a.aggkind <> 'n' OR a.pronargs = 0 OR a.provariadic <> 0
          OR EXISTS (SELECT FROM unnest(a.proargtypes) t JOIN pg_type y ON y.oid = t WHERE y.typtype = 'p')$$,
    'every aggregate can be split: named state, combine function, parallel safe, strict types');
SELECT is_empty(
    $$SELECT a.aggfnoid::regprocedure, f.oid::regprocedure
        FROM engine_aggregate a
        JOIN pg_proc f ON f.oid IN (a.aggtransfn, a.aggcombinefn, a.aggfinalfn)
       WHERE f.proparallel <> 's' OR f.provolatile <> 'i'$$,
    'and so are the functions it is made of');
SELECT is_empty(
    $$SELECT a.aggfnoid::regprocedure FROM engine_aggregate a JOIN pg_proc c ON c.oid = a.aggcombinefn
       WHERE NOT (c.proargtypes[0] = a.aggtranstype AND c.proargtypes[1] = a.aggtranstype AND c.prorettype = a.aggtranstype)
          OR a.agginitval IS NOT NULL
          OR xpath('/row/nothing/text()', query_to_xml(format('SELECT %s(NULL::%s, NULL::%2$s) IS NULL AS nothing',
                 a.aggcombinefn, a.aggtranstype::regtype), false, true, ''))::text <> '{true}'$$,
    'states of the same type are combined, and nothing with nothing is nothing');
SELECT is_empty(
    $$SELECT a.aggfnoid::regprocedure, a.prorettype::regtype
        FROM engine_aggregate a JOIN engine e ON e.classid = 'pg_type'::regclass AND e.objid = a.prorettype
       WHERE NOT EXISTS (SELECT FROM engine_aggregate m JOIN pg_proc p ON p.oid = m.aggfnoid
                          WHERE m.prorettype = a.prorettype AND m.pronargs = 1 AND m.proargtypes[0] = a.prorettype
                            AND p.proname IN (replace(a.prorettype::regtype::text, 'leadcrm.', '') || '_merge', 'min', 'max'))$$,
    'what an aggregate gives, another one merges');
SELECT is_empty(
    $$SELECT t.typname FROM pg_type t JOIN engine e ON e.classid = 'pg_type'::regclass AND e.objid = t.oid
       WHERE t.typtype = 'b' AND t.typelem = 0 AND (t.typsend = 0 OR t.typreceive = 0)$$,
    'every type has send and receive');
SELECT is_empty(
    $$SELECT oid::regprocedure FROM workspace_function
       WHERE prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('sql', 'plpgsql'))
         AND prosqlbody IS NULL AND NOT coalesce(proconfig::text ~ 'search_path=', false)
         AND prokind <> 'p'$$,
    'functions of a workspace have a search_path or a parsed body');
SELECT is_empty(
    $$SELECT oid::regprocedure FROM workspace_function
       WHERE prosecdef AND prosqlbody IS NULL AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c')$$,
    'those that are SECURITY DEFINER find everything by OID');
SELECT is_empty(
    $$SELECT p.oid::regprocedure FROM workspace_function p
       WHERE EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                      WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE')$$,
    'nothing of a workspace is executable by PUBLIC');
SELECT is_empty(
    $$SELECT c.oid::regclass FROM pg_class c
       WHERE c.relnamespace = 'crm'::regnamespace AND c.relforcerowsecurity$$,
    'row security is never forced');
SELECT is_empty(
    $$SELECT a.attrelid::regclass, a.attname FROM pg_attrdef d
        JOIN pg_attribute a ON (a.attrelid, a.attnum) = (d.adrelid, d.adnum)
        JOIN pg_class c ON c.oid = a.attrelid
       WHERE c.relnamespace = 'crm'::regnamespace
         AND pg_get_expr(d.adbin, d.adrelid) ~* 'now\(|current_|clock_timestamp|nextval'$$,
    'no default depends on the moment, the user or a serial');
SELECT is_empty(
    $$SELECT t.tgrelid::regclass, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
       WHERE c.relnamespace = 'crm'::regnamespace AND t.tgenabled = 'A' AND t.tgname !~ '^config_'$$,
    'only the triggers that invalidate are ENABLE ALWAYS');
SELECT is_empty(
    $$SELECT conrelid::regclass, conname FROM pg_constraint k JOIN pg_class c ON c.oid = k.confrelid
       WHERE k.contype = 'f' AND k.connamespace = 'crm'::regnamespace AND c.relnamespace <> k.connamespace$$,
    'no foreign key leaves the workspace');

-- What reporting tools read.
CREATE TEMP VIEW report AS
    SELECT c.oid, c.relname FROM pg_class c
     WHERE c.relnamespace IN ('crm'::regnamespace, 'sales'::regnamespace) AND c.relkind = 'v' AND starts_with(c.relname, 'v_');
SELECT is_empty(
    $$SELECT r.oid::regclass, a.attname FROM report r JOIN pg_attribute a ON a.attrelid = r.oid
       WHERE a.attnum >= 0 AND coalesce(col_description(r.oid, a.attnum), '') = '' OR obj_description(r.oid) IS NULL$$,
    'every v_ view and every column of it has a comment');
SELECT is_empty(
    $$SELECT r.oid::regclass, a.attname FROM report r JOIN pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0
        JOIN pg_type t ON t.oid = a.atttypid
       WHERE 'pg_catalog'::regnamespace <> ALL (ARRAY[t.typnamespace, (SELECT e.typnamespace FROM pg_type e WHERE e.oid = coalesce(nullif(t.typelem, 0), t.oid))])$$,
    'and none has a type that is not PostgreSQL''s own');
SELECT is_empty(
    $$SELECT r.relname, d.name FROM report r,
             unnest('{day,week,month,quarter,year,team,team_label,department,department_label,owner,owner_name,province,province_name,
                      city,city_name,territory,territory_label,industry,industry_label,product_line,product_line_label,source,
                      source_label,channel,campaign,partner,currency}'::text[]) d (name)
       WHERE r.relname IN ('v_funnel', 'v_source', 'v_leaderboard', 'v_intent', 'v_pipeline', 'v_forecast', 'v_stage_time', 'v_stuck', 'v_loss', 'v_sla')
         AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = r.oid AND a.attname = d.name)$$,
    'views of numbers that add up carry all dimensions');
CREATE ROLE t_002_analyst;
SELECT crm.grant_access('t_002_analyst', 'analyst');
SELECT is_empty(
    $$SELECT c.relname FROM pg_class c
       WHERE c.relnamespace = 'crm'::regnamespace AND c.relkind IN ('r', 'v', 'p', 'S')
         AND (has_table_privilege('t_002_analyst', c.oid, 'SELECT') <> (c.relkind = 'v' AND starts_with(c.relname, 'v_'))
              OR has_table_privilege('t_002_analyst', c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE'))$$,
    'an analyst reads all v_ views and nothing else');

SELECT * FROM finish();
ROLLBACK;
