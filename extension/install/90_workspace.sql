-- Managing workspaces.
--
-- A manager that works on a workspace that is there is a pair: the public one
-- is the gate in C, which checks that the caller may act as the workspace's
-- owner and calls, as that owner, its namesake with "_" in front, which does
-- the work.  Nobody gains anything by calling that one himself: it has the
-- rights of its caller.

CREATE FUNCTION leadcrm.acting_role() RETURNS name
LANGUAGE C STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'leadcrm_acting_role';
COMMENT ON FUNCTION leadcrm.acting_role() IS
'the role that acts: the one SET ROLE chose, else the session''s; the same inside SECURITY DEFINER functions';

CREATE FUNCTION leadcrm.at_home(home regclass) RETURNS void
LANGUAGE C STABLE STRICT AS 'MODULE_PATHNAME', 'leadcrm_at_home';
COMMENT ON FUNCTION leadcrm.at_home(regclass) IS
'raises an error unless the schema of that table comes first in the search_path: guards a workspace renamed by hand';

CREATE FUNCTION leadcrm._workspace_scripts() RETURNS SETOF text
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'leadcrm_workspace_scripts';
COMMENT ON FUNCTION leadcrm._workspace_scripts() IS
'names of the workspace scripts that are installed';

CREATE FUNCTION leadcrm._run_workspace_script(workspace regnamespace, script text, part text, kept oid[])
RETURNS TABLE (class oid, object oid, definition text)
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_run_workspace_script';
COMMENT ON FUNCTION leadcrm._run_workspace_script(regnamespace, text, text, oid[]) IS
'runs a part of an installed workspace script as the caller, passing by the objects to be kept; returns what it makes';

CREATE FUNCTION leadcrm._commented_columns(script text)
RETURNS TABLE (relation text, attribute text)
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'leadcrm_commented_columns';
COMMENT ON FUNCTION leadcrm._commented_columns(text) IS
'the tables (attribute NULL) and columns that an installed script of comments is about, those of views too';

CREATE FUNCTION leadcrm._workspace_catalog(workspace regnamespace)
RETURNS TABLE (kind text, object text, class oid, oid oid)
LANGUAGE SQL STABLE SET search_path TO pg_catalog, pg_temp SET jit TO off SET quote_all_identifiers TO off
AS $$
    SELECT CASE c.relkind WHEN 'v' THEN 'view' WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'table' END,
           c.relname, c.tableoid, c.oid
      FROM pg_class c
     WHERE c.relnamespace = workspace AND c.relkind IN ('r', 'p', 'v', 'i', 'I')
     UNION ALL
    SELECT 'function',
           format('%s(%s)', p.proname,
                  (SELECT string_agg(CASE t.typnamespace WHEN workspace THEN t.typname::text
                                          ELSE format_type(t.oid, NULL) END, ', ' ORDER BY a.position)
                     FROM unnest(p.proargtypes) WITH ORDINALITY a (type, position)
                     JOIN pg_type t ON t.oid = a.type)),
           p.tableoid, p.oid
      FROM pg_proc p
     WHERE p.pronamespace = workspace
     UNION ALL
    SELECT 'trigger', t.tgname || ' on ' || c.relname, t.tableoid, t.oid
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = workspace AND NOT t.tgisinternal
     UNION ALL
    SELECT 'policy', p.polname || ' on ' || c.relname, p.tableoid, p.oid
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
     WHERE c.relnamespace = workspace
$$;
COMMENT ON FUNCTION leadcrm._workspace_catalog(regnamespace) IS
'everything there is in a workspace, named without its schema';

CREATE FUNCTION leadcrm._workspace_objects(workspace regnamespace)
RETURNS TABLE (kind text, object text, oid oid, shipped text)
LANGUAGE plpgsql STABLE SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT o.kind, o.object, c.oid, o.shipped
                                   FROM %s.workspace_object o
                                   LEFT JOIN leadcrm._workspace_catalog($1) c USING (kind, object)', workspace)
      USING workspace;
END
$$;
COMMENT ON FUNCTION leadcrm._workspace_objects(regnamespace) IS
'what the template made in a workspace, with its OID while it is there';

CREATE FUNCTION leadcrm._run_workspace_part(workspace regnamespace, script text, part text, kept oid[] DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    made jsonb;
BEGIN
    made := (SELECT jsonb_agg(r) FROM leadcrm._run_workspace_script(workspace, script, part, kept) r);
    EXECUTE format('INSERT INTO %s.workspace_object (kind, object, shipped)
                    SELECT c.kind, c.object, m.definition
                      FROM jsonb_to_recordset($2) AS m (class oid, object oid, definition text)
                      JOIN leadcrm._workspace_catalog($1) c ON c.class = m.class AND c.oid = m.object
                    ON CONFLICT (kind, object) DO UPDATE SET shipped = EXCLUDED.shipped', workspace)
      USING workspace, made;
END
$$;
COMMENT ON FUNCTION leadcrm._run_workspace_part(regnamespace, text, text, oid[]) IS
'runs a part of a workspace script and remembers in workspace_object what it made';

CREATE FUNCTION leadcrm._check_workspace_name(name text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    IF name IS NULL OR name = '' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the name of a workspace must not be empty';
    ELSIF octet_length(name) > 63 THEN
        RAISE name_too_long USING
            MESSAGE = 'the name of a workspace must not be longer than 63 bytes',
            DETAIL = format('The name has %s bytes.', octet_length(name));
    ELSIF name ~ '^pg_' THEN
        RAISE reserved_name USING
            MESSAGE = format('unacceptable name of a workspace: "%s"', name),
            DETAIL = 'The prefix "pg_" is reserved for system schemas.';
    ELSIF EXISTS (SELECT FROM pg_namespace WHERE nspname = name) THEN
        RAISE duplicate_schema USING
            MESSAGE = format('schema "%s" already exists', name),
            HINT = 'Choose another name; a workspace gets a schema of its own.';
    END IF;
END
$$;
COMMENT ON FUNCTION leadcrm._check_workspace_name(text) IS
'raises unless a workspace can be given this name';

CREATE FUNCTION leadcrm._take_in_sample(workspace regnamespace) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    batch record;
BEGIN
    FOR batch IN
        SELECT s.source,
               array_agg(s.payload || jsonb_strip_nulls(jsonb_build_object('form', s.form, 'external_id', s.external_id))
                         ORDER BY s.position) AS payloads
          FROM leadcrm.sample_leads() s
         GROUP BY s.position / 500, s.source
         ORDER BY min(s.position)
    LOOP
        EXECUTE format('SELECT FROM %s.capture_many($1, $2)', workspace) USING batch.source, batch.payloads;
    END LOOP;
END
$$;
COMMENT ON FUNCTION leadcrm._take_in_sample(regnamespace) IS
'takes in the sample leads as any application would, in the order of their arrival';

CREATE FUNCTION leadcrm.create_workspace(name text, locale text DEFAULT 'zh', time_zone text DEFAULT NULL,
                                         sample boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    version text := (SELECT extversion FROM pg_extension WHERE extname = 'leadcrm');
    labels  text := version || '.' || locale;
    zone    text := coalesce(time_zone, CASE locale WHEN 'zh' THEN 'Asia/Shanghai' ELSE 'UTC' END);
    chinese boolean := getdatabaseencoding() IN ('UTF8', 'SQL_ASCII');
    citus   boolean := EXISTS (SELECT FROM pg_extension WHERE extname = 'citus');
    workspace regnamespace;
BEGIN
    PERFORM leadcrm._check_workspace_name(name);
    IF locale IS NULL OR locale NOT IN ('zh', 'en') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('there is no locale "%s"', locale),
            HINT = 'The locales are "zh" and "en".';
    ELSIF locale = 'zh' AND NOT chinese THEN
        RAISE feature_not_supported USING
            MESSAGE = format('the encoding %s of this database cannot hold all Chinese characters', getdatabaseencoding()),
            HINT = 'Use a database in UTF8, or locale => ''en''.';
    ELSIF NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = zone) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('there is no time zone "%s"', zone),
            HINT = 'See pg_timezone_names; "Asia/Shanghai" is one.';
    END IF;

    -- Citus distributes no table that a function makes in a sharded schema,
    -- and no table with triggers unless asked to; both settings end with the
    -- transaction.  Views come last, or they would stay on one node.
    IF citus THEN
        PERFORM set_config('citus.enable_schema_based_sharding', 'off', true),
                set_config('citus.enable_unsafe_triggers', 'on', true);
    END IF;
    EXECUTE format('CREATE SCHEMA %I', name);
    workspace := (SELECT oid FROM pg_namespace WHERE nspname = name);
    PERFORM leadcrm._run_workspace_part(workspace, version, 'tables');
    PERFORM leadcrm._run_workspace_part(workspace, version, 'code');
    EXECUTE format('INSERT INTO %s.workspace (version, locale, time_zone, created_at)
                    VALUES ($1, $2, $3, $4)', workspace)
      USING version, locale, zone, now();
    IF citus THEN
        EXECUTE 'SELECT citus_schema_distribute($1)' USING workspace;
    END IF;
    PERFORM leadcrm._run_workspace_part(workspace, version, 'views');
    PERFORM leadcrm._apply_access(workspace);
    PERFORM leadcrm._run_workspace_part(workspace, labels, 'comments');
    PERFORM leadcrm._run_workspace_part(workspace, version, 'seed');
    IF chinese THEN
        PERFORM leadcrm._run_workspace_part(workspace, version, 'seed chinese');
    END IF;
    PERFORM leadcrm._run_workspace_part(workspace, labels, 'seed');
    IF sample THEN
        PERFORM leadcrm._run_workspace_part(workspace, version, 'sample');
        PERFORM leadcrm._run_workspace_part(workspace, labels, 'sample');
        PERFORM leadcrm._take_in_sample(workspace);
    END IF;
END
$$;
COMMENT ON FUNCTION leadcrm.create_workspace(text, text, text, boolean) IS
'makes a workspace: a schema of the caller''s own with the tables, functions and views of a CRM';

CREATE FUNCTION leadcrm._workspace_facts(workspace regclass)
RETURNS TABLE (version text, locale text, time_zone text, created_at timestamptz)
LANGUAGE plpgsql STABLE STRICT SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    -- Of a plain table without policies only: reading that runs nobody's code.
    IF has_schema_privilege((SELECT relnamespace FROM pg_class WHERE oid = workspace), 'USAGE')
       AND has_table_privilege(workspace, 'SELECT')
       AND EXISTS (SELECT FROM pg_class WHERE oid = workspace AND relkind = 'r' AND NOT relrowsecurity)
    THEN
        RETURN QUERY EXECUTE format('SELECT version, locale, time_zone, created_at FROM %s', workspace);
    END IF;
END
$$;
COMMENT ON FUNCTION leadcrm._workspace_facts(regclass) IS
'the row of a workspace, for those who may read it';

CREATE VIEW leadcrm.workspaces WITH (security_barrier) AS
SELECT n.nspname AS name,
       pg_get_userbyid(n.nspowner) AS owner,
       f.version, f.locale, f.time_zone, f.created_at
  FROM pg_catalog.pg_namespace n
  JOIN pg_catalog.pg_class l ON l.relnamespace = n.oid AND l.relname = 'lead'
  JOIN pg_catalog.pg_class w ON w.relnamespace = n.oid AND w.relname = 'workspace'
  LEFT JOIN LATERAL leadcrm._workspace_facts(w.oid) f ON true
 WHERE EXISTS (SELECT
                 FROM pg_catalog.pg_trigger t
                 JOIN pg_catalog.pg_proc p ON p.oid = t.tgfoid
                 JOIN pg_catalog.pg_namespace e ON e.oid = p.pronamespace
                WHERE t.tgrelid = l.oid AND p.proname = 'dedup' AND e.nspname = 'leadcrm');
COMMENT ON VIEW leadcrm.workspaces IS
'the workspaces of this database; details of those that one may read';
COMMENT ON COLUMN leadcrm.workspaces.name IS 'the workspace''s schema';
COMMENT ON COLUMN leadcrm.workspaces.owner IS 'the role that owns it';
COMMENT ON COLUMN leadcrm.workspaces.version IS 'the version of the template it is at';
COMMENT ON COLUMN leadcrm.workspaces.locale IS 'the language of its labels and comments';
COMMENT ON COLUMN leadcrm.workspaces.time_zone IS 'the time zone in which it counts days';
COMMENT ON COLUMN leadcrm.workspaces.created_at IS 'when it was made';
GRANT SELECT ON leadcrm.workspaces TO PUBLIC;

CREATE FUNCTION leadcrm._strayed_routines(workspace regnamespace) RETURNS TABLE (oid oid, object text)
LANGUAGE SQL STABLE SET search_path TO pg_catalog, pg_temp
AS $$
    SELECT p.oid, o.object
      FROM leadcrm._workspace_objects(workspace) o
      JOIN pg_proc p ON p.oid = o.oid
      JOIN pg_namespace n ON n.oid = p.pronamespace
     CROSS JOIN unnest(p.proconfig) setting
     WHERE o.kind = 'function'
       AND starts_with(setting, 'search_path=')
       AND parse_ident(substr(setting, 13), false) <> ARRAY[n.nspname::text]
$$;
COMMENT ON FUNCTION leadcrm._strayed_routines(regnamespace) IS
'the template''s functions whose search_path does not begin with their own schema';

CREATE FUNCTION leadcrm._set_workspace_paths(workspace regnamespace) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    routine regprocedure;
BEGIN
    FOR routine IN SELECT p.oid FROM leadcrm._strayed_routines(workspace) p LOOP
        EXECUTE format('ALTER ROUTINE %s SET search_path TO %s, pg_temp', routine, workspace);
    END LOOP;
END
$$;
COMMENT ON FUNCTION leadcrm._set_workspace_paths(regnamespace) IS
'points the template''s functions at their own schema';

CREATE FUNCTION leadcrm.rename_workspace(old text, new text) RETURNS void
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_manage_as_owner';
COMMENT ON FUNCTION leadcrm.rename_workspace(text, text) IS
'gives a workspace another name';

CREATE FUNCTION leadcrm._rename_workspace(workspace regnamespace, new text) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM leadcrm._check_workspace_name(new);
    EXECUTE format('ALTER SCHEMA %s RENAME TO %I', workspace, new);
    PERFORM leadcrm._set_workspace_paths(workspace);
END
$$;
COMMENT ON FUNCTION leadcrm._rename_workspace(regnamespace, text) IS
'renames the schema and points its functions at it';

CREATE FUNCTION leadcrm.drop_workspace(name text, leads bigint) RETURNS void
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_manage_as_owner';
COMMENT ON FUNCTION leadcrm.drop_workspace(text, bigint) IS
'drops a workspace and all in it, if its table lead has just as many rows as the caller says';

CREATE FUNCTION leadcrm._drop_workspace(workspace regnamespace, leads bigint) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp SET client_min_messages TO warning
AS $$
DECLARE
    present bigint;
BEGIN
    EXECUTE format('LOCK TABLE %s.lead IN ACCESS EXCLUSIVE MODE', workspace);
    EXECUTE format('SELECT count(*) FROM %s.lead', workspace) INTO present;
    IF present IS DISTINCT FROM leads THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('workspace %s has %s leads, not %s', workspace, present, coalesce(leads::text, 'NULL')),
            DETAIL = 'All rows of its table lead are counted, merged ones too.',
            HINT = 'Nothing was dropped. Give the right number if the workspace shall go.';
    END IF;
    EXECUTE format('DROP SCHEMA %s CASCADE', workspace);
END
$$;
COMMENT ON FUNCTION leadcrm._drop_workspace(regnamespace, bigint) IS
'counts and drops';
