-- Making a workspace again what the template says, and bringing it to the
-- next version.  A function or view that its owner has changed is his: neither
-- overwrites it.

CREATE FUNCTION leadcrm._object_definition(class text, object oid) RETURNS text
LANGUAGE SQL STABLE SET search_path TO pg_catalog, pg_temp
AS $$
    SELECT CASE class
           WHEN 'function' THEN pg_get_functiondef(object)
           ELSE (SELECT format(E'CREATE OR REPLACE VIEW %s%s AS\n%s', object::regclass,
                               ' WITH (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(object))
                   FROM pg_class c WHERE c.oid = object) END
$$;
COMMENT ON FUNCTION leadcrm._object_definition(text, oid) IS
'the definition of a function or view as it stands';

CREATE FUNCTION leadcrm._edited_objects(workspace regnamespace) RETURNS oid[]
LANGUAGE plpgsql VOLATILE SET search_path TO pg_catalog, pg_temp SET standard_conforming_strings TO on
AS $$
DECLARE
    path   text := format('%s, pg_temp', workspace);
    edited oid[] := '{}';
    o      record;
    found  text;
BEGIN
    FOR o IN
        SELECT * FROM leadcrm._workspace_objects(workspace)
         WHERE kind IN ('function', 'view') AND oid IS NOT NULL
         ORDER BY kind, object
    LOOP
        -- What the template shipped, made again on this server: only so can
        -- the two be compared after a change of PostgreSQL's version.
        found := leadcrm._object_definition(o.kind, o.oid);
        BEGIN
            PERFORM set_config('search_path', path, true);
            EXECUTE o.shipped;
            PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
            IF leadcrm._object_definition(o.kind, o.oid) <> found THEN
                RAISE triggered_action_exception;       -- undo
            END IF;
        EXCEPTION
            WHEN triggered_action_exception OR syntax_error_or_access_rule_violation THEN
                edited := edited || o.oid;
        END;
    END LOOP;
    RETURN edited;
END
$$;
COMMENT ON FUNCTION leadcrm._edited_objects(regnamespace) IS
'the template''s functions and views that the workspace''s owner has changed';

CREATE FUNCTION leadcrm._rebuild_workspace(workspace regnamespace, version text, kept oid[]) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    locale text;
BEGIN
    EXECUTE format('SELECT locale FROM %s.workspace', workspace) INTO locale;
    PERFORM leadcrm._run_workspace_part(workspace, version, 'code', kept);
    PERFORM leadcrm._run_workspace_part(workspace, version, 'views', kept);
    PERFORM leadcrm._apply_access(workspace);
    PERFORM leadcrm._run_workspace_part(workspace, version || '.' || locale, 'comments', kept);
    PERFORM leadcrm._enable_triggers(workspace, true);
END
$$;
COMMENT ON FUNCTION leadcrm._rebuild_workspace(regnamespace, text, oid[]) IS
'makes functions, triggers, views, policies, rights and comments again';

CREATE FUNCTION leadcrm._require_columns(workspace regnamespace) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    missing text := (SELECT string_agg(concat_ws('.', m.relation, m.attribute), ', ')
                       FROM leadcrm._missing_columns(workspace) m);
BEGIN
    IF missing IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('workspace %s does not have all tables and columns that leadcrm made', workspace),
            DETAIL = format('There is no %s.', missing),
            HINT = 'Rename them back, or add columns with the types that they have in a new workspace and restore tables from a backup.';
    END IF;
END
$$;
COMMENT ON FUNCTION leadcrm._require_columns(regnamespace) IS
'raises unless a workspace has all tables and columns of the template';

CREATE FUNCTION leadcrm._enable_triggers(workspace regnamespace, enable boolean) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM leadcrm._engine_triggers(workspace) LOOP
        IF enable AND t.state <> t.template_state THEN
            EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', t.relation,
                           CASE t.template_state WHEN 'A' THEN 'ALWAYS' ELSE '' END, t.trigger);
        ELSIF NOT enable AND t.state <> 'D' AND t.template_state <> 'A' THEN
            EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', t.relation, t.trigger);
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION leadcrm._enable_triggers(regnamespace, boolean) IS
'puts the engine''s triggers of a workspace into the template''s state, or off (but those that only invalidate caches)';

CREATE FUNCTION leadcrm._grade_leads(workspace regnamespace) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    lead regclass := format('%s.lead', workspace);
BEGIN
    PERFORM leadcrm._recompute_behaviour(lead, NULL);
    EXECUTE format('SELECT leadcrm.regrade($1, array_agg(id), now()) FROM %s WHERE score IS NULL HAVING count(*) > 0', lead)
      USING lead;
    EXECUTE format('UPDATE %s.recycle_sweep SET rules = NULL', workspace);     -- tick() plans all anew
END
$$;
COMMENT ON FUNCTION leadcrm._grade_leads(regnamespace) IS
'sums up the behaviour of all leads anew, grades those that never were and has tick() plan when they go into a pool';

CREATE FUNCTION leadcrm.repair_workspace(name text)
RETURNS TABLE (severity text, item text, problem text, next_step text)
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_manage_as_owner';
COMMENT ON FUNCTION leadcrm.repair_workspace(text) IS
'makes again what is missing or turned off in a workspace; returns what is still wrong';

CREATE FUNCTION leadcrm._repair_workspace(workspace regnamespace)
RETURNS TABLE (severity text, item text, problem text, next_step text)
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp SET standard_conforming_strings TO on
AS $$
DECLARE
    version text;
    missing text;
BEGIN
    EXECUTE format('LOCK TABLE %1$s.workspace, %1$s.lead IN ACCESS EXCLUSIVE MODE', workspace);
    PERFORM leadcrm._require_columns(workspace);
    EXECUTE format('SELECT version FROM %s.workspace', workspace) INTO version;
    IF version IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('workspace %s does not know its version', workspace),
            HINT = 'Restore the row of its table workspace from a backup.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = format('%s.lead', workspace)::regclass AND attname = 'lifecycle') THEN
        EXECUTE format('ALTER TABLE %s.lead ADD COLUMN lifecycle leadcrm.lifecycle', workspace);
    END IF;
    PERFORM leadcrm._set_workspace_paths(workspace);
    FOR missing IN
        SELECT o.shipped FROM leadcrm._workspace_objects(workspace) o WHERE o.kind = 'index' AND o.oid IS NULL
    LOOP
        PERFORM set_config('search_path', format('%s, pg_temp', workspace), true);
        EXECUTE missing;
        PERFORM set_config('search_path', 'pg_catalog, pg_temp', true);
    END LOOP;
    PERFORM leadcrm._rebuild_workspace(workspace, version, leadcrm._edited_objects(workspace));
    PERFORM leadcrm._claim_leads(workspace);
    PERFORM leadcrm.rebuild_lifecycle(format('%s.lead', workspace));
    PERFORM leadcrm._grade_leads(workspace);
    PERFORM leadcrm.rebuild_loads(format('%s.lead', workspace));
    PERFORM leadcrm.rebuild_cube(format('%s.lead', workspace));
    RETURN QUERY SELECT * FROM leadcrm._check_workspace(workspace);
END
$$;
COMMENT ON FUNCTION leadcrm._repair_workspace(regnamespace) IS
'repairs, claims the keys of leads that came meanwhile, brings their lifecycles to their histories, grades them, rebuilds loads and the cube, and checks';

CREATE FUNCTION leadcrm.upgrade_workspace(name text)
RETURNS TABLE (object text, kept text, shipped text)
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_manage_as_owner';
COMMENT ON FUNCTION leadcrm.upgrade_workspace(text) IS
'brings a workspace to the version of the engine; returns the owner''s own functions and views, which were kept, beside the new version''s';

CREATE FUNCTION leadcrm._upgrade_workspace(workspace regnamespace)
RETURNS TABLE (object text, kept text, shipped text)
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    target  text := (SELECT extversion FROM pg_extension WHERE extname = 'leadcrm');
    version text;
    scripts text[];
    script  text;
    edited  oid[];
BEGIN
    EXECUTE format('LOCK TABLE %1$s.workspace, %1$s.lead IN ACCESS EXCLUSIVE MODE', workspace);
    EXECUTE format('SELECT version FROM %s.workspace', workspace) INTO version;
    IF version = target THEN
        RETURN;
    END IF;

    WITH RECURSIVE step AS (
        SELECT s AS script, split_part(s, '--', 1) AS a, split_part(s, '--', 2) AS b
          FROM leadcrm._workspace_scripts() s WHERE s LIKE '%--%'
    ), path AS (
        SELECT version AS at, '{}'::text[] AS scripts
         UNION ALL
        SELECT step.b, path.scripts || step.script
          FROM path JOIN step ON step.a = path.at AND NOT step.script = ANY (path.scripts)
    )
    SELECT path.scripts INTO scripts FROM path WHERE at = target ORDER BY cardinality(path.scripts) LIMIT 1;
    IF scripts IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('workspace %s cannot be upgraded from version %s to %s', workspace, version, target),
            DETAIL = format('No scripts leadcrm-workspace--%s--*.sql lead there.', version),
            HINT = 'Install the files of this version of leadcrm.';
    END IF;

    edited := leadcrm._edited_objects(workspace);
    FOREACH script IN ARRAY scripts LOOP
        PERFORM leadcrm._run_workspace_part(workspace, script, NULL, edited);
    END LOOP;
    EXECUTE format('UPDATE %s.workspace SET version = $1', workspace) USING target;
    PERFORM leadcrm._require_columns(workspace);
    PERFORM leadcrm._rebuild_workspace(workspace, target, edited);
    EXECUTE format('DELETE FROM %s.workspace_object o
                     USING leadcrm._workspace_objects($1) gone
                     WHERE gone.oid IS NULL AND gone.kind = o.kind AND gone.object = o.object', workspace)
      USING workspace;

    RETURN QUERY
    SELECT o.kind || ' ' || o.object, leadcrm._object_definition(o.kind, o.oid), o.shipped
      FROM leadcrm._workspace_objects(workspace) o
     WHERE o.oid = ANY (edited)
     ORDER BY 1;
END
$$;
COMMENT ON FUNCTION leadcrm._upgrade_workspace(regnamespace) IS
'runs the upgrade scripts, then the new template''s code';
