-- What check_workspace() says of people, pools and assignment.

CREATE FUNCTION leadcrm._check_people(workspace regnamespace)
RETURNS TABLE (severity text, item text, problem text, next_step text)
LANGUAGE plpgsql VOLATILE SET search_path TO pg_catalog, pg_temp SET jit TO off
AS $$
#variable_conflict use_column
DECLARE
    reps boolean;
BEGIN
    -- Names that lead nowhere: no foreign key watches over these.
    RETURN QUERY EXECUTE format($sql$
        SELECT 'error', 'lead', format('leads whose %%s is not in table %%s: %%s, the first is lead %%s',
                                       n.column_name, n.table_name, count(*), min(n.id)),
               format('UPDATE %%1$s.lead SET %%2$s = NULL WHERE %%2$s NOT IN (SELECT code FROM %%1$s.%%3$s);',
                      $1, n.column_name, n.table_name)
          FROM (SELECT 'owner' AS column_name, 'rep' AS table_name, l.id FROM %1$s.lead l
                 WHERE l.owner IS NOT NULL AND NOT EXISTS (SELECT FROM %1$s.rep r WHERE r.code = l.owner)
                 UNION ALL
                SELECT 'team', 'team', l.id FROM %1$s.lead l
                 WHERE l.team IS NOT NULL AND NOT EXISTS (SELECT FROM %1$s.team t WHERE t.code = l.team)
                 UNION ALL
                SELECT 'pool', 'pool', l.id FROM %1$s.lead l
                 WHERE l.pool IS NOT NULL AND NOT EXISTS (SELECT FROM %1$s.pool p WHERE p.code = l.pool)) n
         GROUP BY n.column_name, n.table_name
         ORDER BY n.column_name $sql$, workspace) USING workspace::text;

    -- It is read and written past the executor.
    RETURN QUERY
    SELECT 'error', 'table rep_load', 'has more to it than leadcrm gave it: no lead can be given to anybody',
           format('Drop triggers, rules and columns that were added to %s.', c.oid::regclass)
      FROM pg_class c
     WHERE c.oid = to_regclass(format('%s.rep_load', workspace))
       AND (c.relnatts <> 8 OR c.relhasrules OR c.relforcerowsecurity
            OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid));

    RETURN QUERY
    SELECT 'error', 'rep_load', format('reps whose open leads are counted wrong: %s, the first is "%s": %s, not %s',
                                       count(*), min(d.rep), (array_agg(d.has ORDER BY d.rep))[1],
                                       (array_agg(d.counted ORDER BY d.rep))[1]),
           format('SELECT * FROM leadcrm.rebuild_loads(%L);', format('%s.lead', workspace))
      FROM leadcrm._load_drift(format('%s.lead', workspace)::regclass) d
    HAVING count(*) > 0;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', t.name || ' ' || t.code, format('its parent "%%s" is not there', t.parent),
               format('UPDATE %%s.%%s SET parent = NULL WHERE code = %%L;', $1, t.name, t.code)
          FROM (SELECT 'team' AS name, code, parent FROM %1$s.team
                 WHERE parent NOT IN (SELECT code FROM %1$s.team)
                 UNION ALL
                SELECT 'territory', code, parent FROM %1$s.territory
                 WHERE parent NOT IN (SELECT code FROM %1$s.territory)) t
         ORDER BY t.name, t.code $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'team ' || t.code, format('its manager "%%s" is not in table rep', t.manager),
               format('UPDATE %%s.team SET manager = NULL WHERE code = %%L;', $1, t.code)
          FROM %1$s.team t
         WHERE t.manager IS NOT NULL AND NOT EXISTS (SELECT FROM %1$s.rep r WHERE r.code = t.manager)
         ORDER BY t.code $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT CASE WHEN d.oid IS NULL THEN 'warning' ELSE 'notice' END, 'rep ' || r.code,
               format(CASE WHEN d.oid IS NULL THEN 'there is no role "%%s"'
                           ELSE 'role "%%s" has no access as a rep: it sees no lead' END, r.role),
               CASE WHEN d.oid IS NULL THEN format('UPDATE %%s.rep SET role = NULL WHERE code = %%L;', $1, r.code)
                    ELSE format('SELECT %%s.grant_access(%%L, ''rep'');', $1, r.role) END
          FROM %1$s.rep r
          LEFT JOIN pg_roles d ON d.rolname = r.role
         WHERE r.active AND r.role IS NOT NULL
           AND NOT EXISTS (SELECT FROM %1$s.access a JOIN pg_roles g ON g.rolname = a.role
                            WHERE a.kind IN ('rep', 'manager', 'admin') AND pg_has_role(d.oid, g.oid, 'USAGE'))
         ORDER BY r.code $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'territory ' || t.code,
               format('not in table region: %%s', string_agg(c.code, ', ' ORDER BY c.code)),
               'Write the codes of table region, without zeros at the end: 44, not 440000.'
          FROM %1$s.territory t
         CROSS JOIN unnest(t.regions) c (code)
         WHERE t.active AND EXISTS (SELECT FROM %1$s.region)
           AND NOT EXISTS (SELECT FROM %1$s.region g WHERE g.code = c.code)
         GROUP BY t.code
         ORDER BY t.code $sql$, workspace);

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'assignment_rule ' || r.code,
               format('names %%s "%%s", which is not %%s', n.named, n.code, CASE WHEN n.active IS NULL THEN 'there' ELSE 'active' END),
               format('Change the rule, or UPDATE %%s.assignment_rule SET active = false WHERE code = %%L;', $1, r.code)
          FROM %1$s.assignment_rule r
         CROSS JOIN LATERAL (
               SELECT 1, 'rep', r.rep, (SELECT active FROM %1$s.rep WHERE code = r.rep)
                UNION ALL
               SELECT 2, 'team', r.team, (SELECT active FROM %1$s.team WHERE code = r.team)
                UNION ALL
               SELECT 3, 'territory', r.territory, (SELECT active FROM %1$s.territory WHERE code = r.territory)
                UNION ALL
               SELECT 4, 'fallback team', r.fallback_team, (SELECT active FROM %1$s.team WHERE code = r.fallback_team)
                UNION ALL
               SELECT 5, 'pool', r.pool, (SELECT active FROM %1$s.pool WHERE code = r.pool)) n (place, named, code, active)
         WHERE r.active AND n.code IS NOT NULL AND n.active IS NOT TRUE
         ORDER BY r.position, r.code, n.place $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'table pool', 'no active pool is for everybody: what nobody can take belongs to nobody',
               format('INSERT INTO %%s.pool (code) VALUES (''common'') ON CONFLICT (code) DO UPDATE SET team = NULL, active = true;', $1)
         WHERE NOT EXISTS (SELECT FROM %1$s.pool WHERE active AND team IS NULL) $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'lead', format('open leads that nobody owns and that are in no pool: %%s, the first is lead %%s',
                                         count(*), min(l.id)),
               format('SELECT * FROM %%s.assign_leads();', $1)
          FROM %1$s.lead l
         WHERE l.owner IS NULL AND l.pool IS NULL AND l.merged_into IS NULL
           AND leadcrm.is_open(l.tableoid, l.process, l.stage)
        HAVING count(*) > 0 $sql$, workspace) USING workspace::text;

    -- What is not set up yet
    EXECUTE format('SELECT EXISTS (SELECT FROM %s.rep WHERE active)', workspace) INTO reps;
    IF NOT reps THEN
        RETURN QUERY SELECT 'notice', 'table rep', 'nobody is there to be given leads: they wait in the public pool',
            format('INSERT INTO %s.rep (code, name) VALUES (''ann'', ''Ann Example'');', workspace);
        RETURN;
    END IF;

    RETURN QUERY EXECUTE format($sql$
        WITH RECURSIVE below AS (
            SELECT code AS top, code FROM %1$s.team
             UNION
            SELECT b.top, t.code FROM below b JOIN %1$s.team t ON t.parent = b.code
        )
        SELECT 'notice', 'assignment_rule ' || r.code,
               'finds nobody: no active rep ' || concat_ws(' and ', 'is "' || r.rep || '"', 'is in team "' || r.team || '"',
                   'works in territory "' || r.territory || '"', CASE WHEN r.by_territory THEN 'works in a territory' END,
                   'has position "' || r.rep_position || '"',
                   'has skills of kind ' || nullif(array_to_string(r.required_skills, ', '), '')),
               format('Fill in table %%s, or UPDATE %%s.assignment_rule SET active = false WHERE code = %%L;',
                      CASE WHEN r.territory IS NOT NULL OR r.by_territory THEN 'territory_rep'
                           WHEN r.required_skills <> '{}' THEN 'rep_skill' ELSE 'rep' END, $1, r.code)
          FROM %1$s.assignment_rule r
         WHERE r.active AND r.strategy <> 'pool'
           AND (r.rep IS NULL OR EXISTS (SELECT FROM %1$s.rep WHERE code = r.rep AND active))
           AND (r.team IS NULL OR EXISTS (SELECT FROM %1$s.team WHERE code = r.team AND active))
           AND (r.territory IS NULL OR EXISTS (SELECT FROM %1$s.territory WHERE code = r.territory AND active))
           AND NOT EXISTS (
               SELECT FROM %1$s.rep p
                WHERE p.active
                  AND (r.rep IS NULL OR p.code = r.rep)
                  AND (r.team IS NULL OR EXISTS (SELECT FROM below b WHERE b.top = r.team AND b.code = p.team))
                  AND (r.required_skills = '{}'
                       OR r.required_skills <@ ARRAY(SELECT s.kind FROM %1$s.rep_skill s WHERE s.rep = p.code))
                  AND CASE WHEN r.territory IS NULL AND NOT r.by_territory
                           THEN r.rep_position IS NULL OR p.position = r.rep_position
                           ELSE EXISTS (SELECT FROM %1$s.territory_rep w JOIN %1$s.territory t ON t.code = w.territory
                                         WHERE w.rep = p.code AND t.active AND (r.by_territory OR t.code = r.territory)
                                           AND (r.rep_position IS NULL OR coalesce(w.position, p.position) = r.rep_position)) END)
         ORDER BY r.position, r.code $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'notice', 'lead', format('open leads without region, which rules by territory pass by: %%s, the first is lead %%s',
                                        count(*), min(l.id)),
               format('SELECT id, address, company FROM %%s.lead WHERE region IS NULL AND merged_into IS NULL;', $1)
          FROM %1$s.lead l
         WHERE l.region IS NULL AND l.merged_into IS NULL AND leadcrm.is_open(l.tableoid, l.process, l.stage)
           AND EXISTS (SELECT FROM %1$s.assignment_rule r WHERE r.active AND r.by_territory)
           AND EXISTS (SELECT FROM %1$s.territory_rep)
        HAVING count(*) > 0 $sql$, workspace) USING workspace::text;
END
$$;
COMMENT ON FUNCTION leadcrm._check_people(regnamespace) IS
'looks through the people, pools and rules of assignment of a workspace';
