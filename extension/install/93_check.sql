-- What is wrong with a workspace, and what to do about it.

CREATE FUNCTION leadcrm._engine_triggers(workspace regnamespace)
RETURNS TABLE (relation regclass, trigger name, state "char", template_state "char")
LANGUAGE SQL STABLE SET search_path TO pg_catalog, pg_temp
AS $$
    SELECT t.tgrelid, t.tgname, t.tgenabled,
           CASE p.proname WHEN 'config_changed' THEN 'A' ELSE 'O' END::"char"
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid
      JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE c.relnamespace = workspace AND c.relkind IN ('r', 'p')
       AND p.pronamespace = 'leadcrm'::regnamespace
     ORDER BY 1, 2
$$;
COMMENT ON FUNCTION leadcrm._engine_triggers(regnamespace) IS
'the engine''s triggers on a workspace''s tables: their state, and the one the template gives them';

CREATE FUNCTION leadcrm._unclaimed_leads(lead regclass) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    -- Reading all keys of all leads is slow: who misses any misses that of his
    -- phone or mail address, and only he is looked at closely, of which DISTINCT
    -- makes sure.
    RETURN QUERY EXECUTE format($sql$
        SELECT m.id
          FROM (SELECT DISTINCT l.id
                  FROM %1$s l
                 CROSS JOIN LATERAL (VALUES ('phone', leadcrm.try_phone(l.phone)::text),
                                            ('email', leadcrm.normalize_email(l.email))) may (kind, key)
                 WHERE l.merged_into IS NULL AND may.key IS NOT NULL
                   AND NOT EXISTS (SELECT FROM %2$s.identity i
                                    WHERE i.kind = may.kind AND i.key = may.key AND i.lead_id IN (l.id, 0))) m
         WHERE EXISTS (SELECT FROM leadcrm.identity_keys($1, m.id) k
                        WHERE NOT EXISTS (SELECT FROM %2$s.identity i
                                           WHERE (i.kind, i.scope, i.key) = (k.kind, k.scope, k.key)
                                             AND i.lead_id IN (m.id, 0)))
        $sql$, lead, (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = lead))
    USING lead;
END
$$;
COMMENT ON FUNCTION leadcrm._unclaimed_leads(regclass) IS
'living leads with an identity key that they neither hold nor are noted for';

CREATE FUNCTION leadcrm._missing_columns(workspace regnamespace) RETURNS TABLE (relation text, attribute text)
LANGUAGE plpgsql VOLATILE SET search_path TO pg_catalog, pg_temp SET standard_conforming_strings TO on
AS $$
DECLARE
    facts  jsonb;
    script text;
BEGIN
    -- The table workspace may itself lack columns.
    EXECUTE format('SELECT to_jsonb(w) FROM %s.workspace w', workspace) INTO facts;
    script := coalesce(facts ->> 'version', (SELECT extversion FROM pg_extension WHERE extname = 'leadcrm'))
              || '.' || coalesce(facts ->> 'locale', 'en');
    IF script NOT IN (SELECT leadcrm._workspace_scripts()) THEN
        RETURN;         -- behind the engine: nobody knows any more
    END IF;
    RETURN QUERY
    SELECT t.relation, t.attribute
      FROM ROWS FROM (leadcrm._commented_columns(script)) WITH ORDINALITY AS t (relation, attribute, position)
      LEFT JOIN pg_class c ON c.relnamespace = workspace AND c.relname = t.relation AND c.relkind IN ('r', 'p')
     WHERE (t.relation, t.attribute) IS DISTINCT FROM ('lead', 'lifecycle')     -- a type of the engine's: a repair adds it
       AND CASE WHEN t.attribute IS NULL THEN c.oid IS NULL
                ELSE c.oid IS NOT NULL
                     AND NOT EXISTS (SELECT FROM pg_attribute a
                                      WHERE a.attrelid = c.oid AND a.attname = t.attribute AND a.attnum > 0) END
     ORDER BY t.position;
END
$$;
COMMENT ON FUNCTION leadcrm._missing_columns(regnamespace) IS
'the columns of the template that tables of a workspace do not have, and its tables that are not there (attribute NULL)';

CREATE FUNCTION leadcrm.check_workspace(name text)
RETURNS TABLE (severity text, item text, problem text, next_step text)
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_manage_as_owner';
COMMENT ON FUNCTION leadcrm.check_workspace(text) IS
'what is wrong with a workspace or waits for a decision, each with its next step; no rows if all is well';

CREATE FUNCTION leadcrm._check_workspace(workspace regnamespace)
RETURNS TABLE (severity text, item text, problem text, next_step text)
LANGUAGE plpgsql VOLATILE SET search_path TO pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    name    text := (SELECT nspname FROM pg_namespace WHERE oid = workspace);
    repair  text := format('SELECT leadcrm.repair_workspace(%L);', name);
    engine  text := (SELECT extversion FROM pg_extension WHERE extname = 'leadcrm');
    version text;
BEGIN
    -- The tables of the template, without which nothing else can be looked at
    RETURN QUERY
    SELECT 'error', 'table ' || m.relation,
           CASE WHEN m.attribute IS NULL THEN 'is missing' ELSE format('its column %I is missing', m.attribute) END,
           CASE WHEN m.attribute IS NULL THEN 'Restore it from a backup.'
                ELSE 'Rename it back, or add it with the type that it has in a new workspace.' END
      FROM leadcrm._missing_columns(workspace) m;
    IF FOUND THEN
        RETURN;
    END IF;

    -- The objects of the template
    RETURN QUERY
    SELECT 'error', o.kind || ' ' || o.object, 'is missing',
           CASE o.kind WHEN 'table' THEN 'Restore it from a backup.' ELSE repair END
      FROM leadcrm._workspace_objects(workspace) o
     WHERE o.oid IS NULL
     ORDER BY o.kind, o.object;

    RETURN QUERY
    SELECT 'error', format('trigger %s on %s', t.trigger, c.relname),
           CASE t.state WHEN 'D' THEN 'is disabled' ELSE 'does not fire as it should' END,
           format('SELECT leadcrm.end_restore(%L);', name)
      FROM leadcrm._engine_triggers(workspace) t
      JOIN pg_class c ON c.oid = t.relation
     WHERE t.state <> t.template_state;

    RETURN QUERY
    SELECT 'error', 'table ' || c.relname, 'has policies, but row security is off',
           format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', c.oid::regclass)
      FROM pg_class c
     WHERE c.relnamespace = workspace AND NOT c.relrowsecurity
       AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
     ORDER BY c.relname;

    RETURN QUERY
    SELECT 'error', 'function ' || s.object, 'its search_path does not begin with its own schema', repair
      FROM leadcrm._strayed_routines(workspace) s
     ORDER BY s.object;

    RETURN QUERY
    SELECT 'error', o.kind || ' ' || o.object, format('belongs to %I, not to the workspace''s owner', r.rolname),
           CASE o.kind WHEN 'function' THEN format('ALTER ROUTINE %s OWNER TO %I;', o.oid::regprocedure, w.rolname)
                       ELSE format('ALTER TABLE %s OWNER TO %I;', o.oid::regclass, w.rolname) END
      FROM leadcrm._workspace_objects(workspace) o
      JOIN (SELECT oid, relowner AS owner FROM pg_class WHERE relkind NOT IN ('i', 'I')
            UNION ALL SELECT oid, proowner FROM pg_proc) has USING (oid)
      JOIN pg_namespace n ON n.oid = workspace AND n.nspowner <> has.owner
      JOIN pg_roles r ON r.oid = has.owner
      JOIN pg_roles w ON w.oid = n.nspowner
     WHERE o.kind IN ('table', 'view', 'function')
     ORDER BY o.kind, o.object;

    RETURN QUERY
    SELECT 'error', o.kind || ' ' || o.object, format('PUBLIC has the right to %s', a.privilege_type),
           CASE o.kind WHEN 'function' THEN format('REVOKE ALL ON ROUTINE %s FROM PUBLIC;', o.oid::regprocedure)
                       ELSE format('REVOKE ALL ON %s FROM PUBLIC;', o.oid::regclass) END
      FROM leadcrm._workspace_objects(workspace) o
      JOIN (SELECT oid, relacl AS acl FROM pg_class
            UNION ALL SELECT oid, coalesce(proacl, acldefault('f', proowner)) FROM pg_proc) has USING (oid)
     CROSS JOIN aclexplode(has.acl) a
     WHERE o.kind IN ('table', 'view', 'function') AND a.grantee = 0
     ORDER BY o.kind, o.object, a.privilege_type;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'access of ' || a.role, 'there is no such role',
               format('SELECT %%s.revoke_access(%%L);', $1, a.role)
          FROM (SELECT DISTINCT role FROM %s.access) a
         WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = a.role)
         ORDER BY a.role $sql$, workspace) USING workspace;

    -- The version
    EXECUTE format('SELECT version FROM %s.workspace', workspace) INTO version;
    IF version IS DISTINCT FROM engine THEN
        RETURN QUERY SELECT 'warning', 'version',
            format('the workspace is at %s, the engine at %s', coalesce(version, 'no version'), engine),
            CASE WHEN version IS NULL THEN 'Restore the row of table workspace from a backup.'
                 ELSE format('SELECT * FROM leadcrm.upgrade_workspace(%L);', name) END;
    END IF;

    -- Distribution
    IF to_regclass('pg_catalog.pg_dist_schema') IS NOT NULL THEN
        RETURN QUERY EXECUTE $sql$
            SELECT 'error', 'table ' || c.relname, 'is not distributed with its schema',
                   format('SELECT create_distributed_table(%L, NULL, colocate_with => %L);', c.oid::regclass, $2)
              FROM pg_class c
             WHERE c.relnamespace = $1 AND c.relkind IN ('r', 'p')
               AND EXISTS (SELECT FROM pg_catalog.pg_dist_schema WHERE schemaid = $1)
               AND NOT EXISTS (SELECT FROM pg_catalog.pg_dist_partition WHERE logicalrelid = c.oid)
             ORDER BY c.relname $sql$
          USING workspace, format('%s.lead', workspace);
    END IF;

    IF NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass(format('%s.lead', workspace)) AND attname = 'lifecycle') THEN
        RETURN QUERY SELECT 'error', 'table lead', 'its column lifecycle went with the extension', repair;
        RETURN;
    END IF;

    -- Identity
    RETURN QUERY EXECUTE format($sql$
        SELECT 'error', 'identity', format('live claims of leads that are gone or merged: %%s, the first of lead %%s',
                                           count(*), min(i.lead_id)), $1
          FROM %1$s.identity i
         WHERE i.live AND i.lead_id <> 0
           AND NOT EXISTS (SELECT FROM %1$s.lead l WHERE l.id = i.lead_id AND l.merged_into IS NULL)
        HAVING count(*) > 0 $sql$, workspace) USING repair;

    BEGIN
        RETURN QUERY EXECUTE format($sql$
            SELECT 'error', 'identity', format('living leads with keys that are not claimed: %%s, the first is lead %%s',
                                               count(*), min(u.id)), $1
              FROM leadcrm._unclaimed_leads(%2$L::regclass) u (id)
            HAVING count(*) > 0 $sql$, workspace, format('%s.lead', workspace)) USING repair;
    EXCEPTION WHEN SQLSTATE '39P01' THEN
        RETURN QUERY SELECT 'error', 'table lead', SQLERRM, 'Give it back what the template has: see lead in another workspace.';
        RETURN;
    END;

    -- Merges
    RETURN QUERY EXECUTE format($sql$
        SELECT 'error', 'lead', format('merged leads that point at no living lead: %%s, the first is lead %%s',
                                       count(*), min(l.id)), 'Set merged_into to the living lead, or to NULL.'
          FROM %1$s.lead l
         WHERE l.merged_into IS NOT NULL
           AND NOT EXISTS (SELECT FROM %1$s.lead w WHERE w.id = l.merged_into AND w.merged_into IS NULL)
        HAVING count(*) > 0 $sql$, workspace);

    RETURN QUERY EXECUTE format($sql$
        SELECT 'error', 'merge_log', format('leads of which lead and merge_log tell different stories: %%s, the first is lead %%s',
                                            count(*), min(l.id)),
               'Undo the merge with unmerge(), or correct merged_into.'
          FROM %1$s.lead l
          LEFT JOIN %1$s.merge_log m ON m.loser = l.id AND m.undone_at IS NULL
          LEFT JOIN %1$s.lead w ON w.id = m.winner
         WHERE l.merged_into IS DISTINCT FROM coalesce(w.merged_into, m.winner)
           -- What was merged on and then deleted takes its part of the story with it.
           AND (w.id IS NOT NULL OR m.id IS NULL OR l.merged_into IS NULL)
        HAVING count(*) > 0 $sql$, workspace);

    -- Stages
    RETURN QUERY EXECUTE format($sql$
        SELECT 'error', 'stage_change', format('leads of which lead and stage_change tell different stories: %%s, the first is lead %%s (%%s)',
                                               count(*), min(f.lead_id), (array_agg(f.problem ORDER BY f.lead_id))[1]), $1
          FROM leadcrm._stage_faults(%2$L::regclass) f
        HAVING count(*) > 0 $sql$, workspace, format('%s.lead', workspace)) USING repair;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'error', 'stage_change', format('history of leads that are gone: %%s, the first of lead %%s', count(*), min(c.lead_id)),
               format('DELETE FROM %%1$s.stage_change c WHERE NOT EXISTS (SELECT FROM %%1$s.lead l WHERE l.id = c.lead_id);', $1)
          FROM %1$s.stage_change c
         WHERE NOT EXISTS (SELECT FROM %1$s.lead l WHERE l.id = c.lead_id)
        HAVING count(*) > 0 $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'process ' || coalesce(l.process, 'NULL'),
               format('leads in stage "%%s", which is gone: %%s, the first is lead %%s', l.stage, count(*), min(l.id)),
               format('Move them: SELECT %%s.move_stage(id, ...) FROM %%s.lead WHERE stage = %%L;', $1, $1, l.stage)
          FROM %1$s.lead l
         WHERE l.merged_into IS NULL AND l.stage IS NOT NULL
           AND NOT EXISTS (SELECT FROM %1$s.stage s WHERE s.process = l.process AND s.code = l.stage)
         GROUP BY l.process, l.stage
         ORDER BY l.process, l.stage $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'table process', 'no process of leads is active: new leads have no stage',
               format('UPDATE %%s.process SET active = true WHERE code = ''lead'';', $1)
         WHERE NOT EXISTS (SELECT FROM %1$s.process p WHERE p.active AND p.subject = 'lead') $sql$, workspace) USING workspace::text;

    -- What makes every answer wrong when it is missing
    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'table ' || t.name, t.problem, t.next_step
          FROM (VALUES
                ('identity_rule', NOT EXISTS (SELECT FROM %1$s.identity_rule WHERE active),
                 'no rule is active: leads of one person stay apart',
                 format('UPDATE %%s.identity_rule SET active = true WHERE code = ''phone'';', $1)),
                ('field_alias', NOT EXISTS (SELECT FROM %1$s.field_alias),
                 'no field has a name: capture() and import_leads() understand nothing',
                 format('INSERT INTO %%s.field_alias VALUES (''phone'', ''phone''), (''name'', ''name'');', $1)),
                ('workspace', NOT EXISTS (SELECT FROM %1$s.workspace),
                 'its row is gone: locale and time zone are not known',
                 'Restore it from a dump.')
               ) AS t (name, wrong, problem, next_step)
         WHERE t.wrong $sql$, workspace) USING workspace;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'error', 'identity_rule ' || r.code, 'gives no keys: ' || p.problem,
               format('Change the rule, or UPDATE %%s.identity_rule SET active = false WHERE code = %%L;', $1, r.code)
          FROM %1$s.identity_rule r
         CROSS JOIN LATERAL (SELECT coalesce(leadcrm._key_problem($2, r.expression),
                                             leadcrm._key_problem($2, r.scope))) p (problem)
         WHERE r.active AND p.problem IS NOT NULL
         ORDER BY r.position, r.code $sql$, workspace)
    USING workspace, to_regclass(format('%s.lead', workspace));

    RETURN QUERY SELECT * FROM leadcrm._check_people(workspace);
    RETURN QUERY SELECT * FROM leadcrm._check_approvals(workspace);
    RETURN QUERY SELECT * FROM leadcrm._check_cube(workspace);

    -- What time should have caused
    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'tick', format('leads that time should have graded a day ago and more: %%s', count(*)),
               format('Have a scheduler call SELECT %%s.tick(); every few minutes.', $1)
          FROM %1$s.lead l
         WHERE l.intent_due_at < now() - interval '1 day'
        HAVING count(*) > 0 $sql$, workspace) USING workspace;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'tick', format('leads that time should have taken from their owners, or warned them of it, a day ago and more: %%s', count(*)),
               format('Have a scheduler call SELECT %%s.tick(); every few minutes.', $1)
          FROM %1$s.lead l
         WHERE l.recycle_at < now() - interval '1 day'
        HAVING count(*) > 0 $sql$, workspace) USING workspace;

    -- Rules that do not mean what they say
    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'pool_rule ' || r.code, format('its pool "%%s" is not active: leads go to that of their team', r.pool),
               format('UPDATE %%s.pool_rule SET pool = NULL WHERE code = %%L;', $1, r.code)
          FROM %1$s.pool_rule r JOIN %1$s.pool p ON p.code = r.pool AND NOT p.active
         WHERE r.active AND NOT r.exempt
         ORDER BY r.position, r.code $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'score_rule ' || r.code, format('its group "%%s" has no cap', r.cap_group),
               format('INSERT INTO %%s.score_cap (cap_group, most) VALUES (%%L, 20);', $1, r.cap_group)
          FROM %1$s.score_rule r
         WHERE r.active AND r.cap_group IS NOT NULL AND r.cap_group NOT IN (SELECT cap_group FROM %1$s.score_cap)
         ORDER BY r.code $sql$, workspace) USING workspace::text;

    -- Rules that fail
    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', e.ruleset || ' ' || e.rule,
               format('failed %%s times in the last week with SQLSTATE %%s; where it fails it does not match', sum(e.failures), e.sqlstate),
               format('SELECT * FROM leadcrm.explain_rules(%%L, %%L) WHERE code = %%L;', $1 || '.' || e.ruleset, $1 || '.lead', e.rule)
          FROM %1$s.rule_error e
         WHERE e.last_at > now() - interval '7 days'
           AND (EXISTS (SELECT FROM %1$s.score_rule r WHERE e.ruleset = 'score_rule' AND r.code = e.rule AND r.active)
                OR EXISTS (SELECT FROM %1$s.intent_rule r WHERE e.ruleset = 'intent_rule' AND r.code = e.rule AND r.active)
                OR EXISTS (SELECT FROM %1$s.assignment_rule r WHERE e.ruleset = 'assignment_rule' AND r.code = e.rule AND r.active)
                OR EXISTS (SELECT FROM %1$s.pool_rule r WHERE e.ruleset = 'pool_rule' AND r.code = e.rule AND r.active)
                OR EXISTS (SELECT FROM %1$s.process r WHERE e.ruleset = 'process' AND r.code = e.rule AND r.active)
                OR EXISTS (SELECT FROM %1$s.stage_rule r WHERE e.ruleset = 'stage_rule' AND r.code = e.rule AND r.active)
                   AND e.sqlstate <> '23514')
         GROUP BY e.ruleset, e.rule, e.sqlstate
         ORDER BY e.ruleset, e.rule, e.sqlstate $sql$, workspace) USING workspace::text;

    -- What waits for a decision
    RETURN QUERY EXECUTE format($sql$
        SELECT 'notice', 'source ' || s.code, 'came with a lead, and nobody has confirmed it',
               format('UPDATE %%s.source SET label = code, active = true, added_by = ''admin'' WHERE code = %%L;', $1, s.code)
          FROM %1$s.source s
         WHERE s.added_by = 'arrival'
         ORDER BY s.code $sql$, workspace) USING workspace;
END
$$;
COMMENT ON FUNCTION leadcrm._check_workspace(regnamespace) IS
'looks through a workspace';
