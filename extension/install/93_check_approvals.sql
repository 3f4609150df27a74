-- What check_workspace() says of approvals and processes.

CREATE FUNCTION leadcrm._check_approvals(workspace regnamespace)
RETURNS TABLE (severity text, item text, problem text, next_step text)
LANGUAGE plpgsql VOLATILE SET search_path TO pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- Whom rules name
    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', format('approval_level %%s %%s', v.rule, v.level),
               CASE WHEN n.known THEN format('names rep "%%s", which is not active', n.name)
                    ELSE format('names %%s "%%s", which is not there', n.kind, n.name) END,
               format('UPDATE %%1$s.approval_level SET %%2$ss = array_remove(%%2$ss, %%3$L) WHERE (rule, level) = (%%4$L, %%5$s);',
                      $1, n.kind, n.name, v.rule, v.level)
          FROM %1$s.approval_level v
          JOIN %1$s.approval_rule u ON u.code = v.rule
         CROSS JOIN LATERAL (
               SELECT 'rep' AS kind, e.name, r.code IS NOT NULL AS known
                 FROM unnest(v.reps) e (name) LEFT JOIN %1$s.rep r ON r.code = e.name
                WHERE r.active IS NOT TRUE
                UNION ALL
               SELECT 'role', e.name, false
                 FROM unnest(v.roles) e (name)
                WHERE NOT EXISTS (SELECT FROM pg_roles g WHERE g.rolname = e.name)) n
         WHERE u.active
         ORDER BY u.position, v.rule, v.level, n.kind, n.name $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'approval_rule ' || u.code, 'asks nobody: what is asked for is approved at once',
               format('INSERT INTO %%s.approval_level (rule, level, managers) VALUES (%%L, 1, ''{1}'');', $1, u.code)
          FROM %1$s.approval_rule u
         WHERE u.active AND NOT EXISTS (SELECT FROM %1$s.approval_level v WHERE v.rule = u.code)
         ORDER BY u.position, u.code $sql$, workspace) USING workspace::text;

    -- Managers that are asked for a move, and reps who have none above them; a
    -- manager may be the topmost.
    RETURN QUERY EXECUTE format($sql$
        WITH RECURSIVE above AS (
            SELECT r.code AS rep, t.parent, t.manager FROM %1$s.rep r JOIN %1$s.team t ON t.code = r.team
             UNION
            SELECT a.rep, t.parent, t.manager FROM above a JOIN %1$s.team t ON t.code = a.parent
        )
        SELECT 'warning', format('approval_level %%s %%s', v.rule, v.level),
               format('finds nobody for reps who have no manager above them: %%s, the first is "%%s"', count(*), min(r.code)),
               format('Give their teams managers in %%s.team, or name reps or roles in approval_level.', $1)
          FROM %1$s.approval_level v
          JOIN %1$s.approval_rule u ON u.code = v.rule
          JOIN %1$s.rep r ON r.active
         WHERE u.active AND v.reps = '{}' AND v.roles = '{}' AND u.code IN (SELECT t.approval FROM %1$s.transition t)
           AND NOT EXISTS (SELECT FROM %1$s.team t WHERE t.manager = r.code)
           AND NOT EXISTS (SELECT FROM above a JOIN %1$s.rep m ON m.code = a.manager
                            WHERE a.rep = r.code AND m.active AND m.code <> r.code)
         GROUP BY u.position, v.rule, v.level
         ORDER BY u.position, v.rule, v.level $sql$, workspace) USING workspace::text;

    -- Requests
    RETURN QUERY EXECUTE format($sql$
        SELECT 'error', 'approval ' || a.id, 'steps and status contradict each other',
               format('SELECT %%s.withdraw(%%s);', $1, a.id)
          FROM %1$s.approval a
         WHERE (a.status = 'pending')
               <> EXISTS (SELECT FROM %1$s.approval_step s WHERE s.approval = a.id AND s.status = 'pending' AND s.level = a.level)
            OR EXISTS (SELECT FROM %1$s.approval_step s
                        WHERE s.approval = a.id
                          AND (s.status = 'pending' AND s.level IS DISTINCT FROM a.level
                               OR s.status = 'waiting' AND (s.level > a.level) IS NOT TRUE))
         ORDER BY a.id $sql$, workspace) USING workspace::text;

    RETURN QUERY EXECUTE format($sql$
        SELECT 'warning', 'approval ' || s.approval,
               CASE WHEN s.role IS NOT NULL THEN format('waits for role "%%s", which is not there', s.role)
                    WHEN r.code IS NULL THEN format('waits for rep "%%s", who is not there', s.rep)
                    WHEN NOT r.active THEN format('waits for rep "%%s", who is not active', s.rep)
                    ELSE format('waits for rep "%%s", who has no role to decide with', s.rep) END,
               CASE WHEN s.role IS NOT NULL THEN format('SELECT %%s.approve(%%s); or reject() as an administrator.', $1, s.approval)
                    WHEN r.active AND r.role IS NULL THEN format('UPDATE %%s.rep SET role = ... WHERE code = %%L;', $1, s.rep)
                    ELSE format('SELECT %%s.delegate_approval(%%s, ..., from_rep => %%L);', $1, s.approval, s.rep) END
          FROM %1$s.approval_step s
          JOIN %1$s.approval a ON a.id = s.approval AND a.status = 'pending'
          LEFT JOIN %1$s.rep r ON r.code = s.rep
         WHERE s.status IN ('pending', 'waiting')
           AND CASE WHEN s.role IS NULL THEN r.active IS NOT TRUE OR r.role IS NULL
                    ELSE NOT EXISTS (SELECT FROM pg_roles g WHERE g.rolname = s.role) END
         ORDER BY s.approval, s.id $sql$, workspace) USING workspace::text;

    -- Processes; of their leads others speak
    IF to_regprocedure(format('%s.check_process(text)', workspace)) IS NOT NULL THEN
        RETURN QUERY EXECUTE format($sql$
            SELECT 'warning', c.subject || CASE WHEN c.subject NOT LIKE 'process %%' THEN ' of process ' || p.code ELSE '' END,
                   c.problem, c.next_step
              FROM %1$s.process p CROSS JOIN LATERAL %1$s.check_process(p.code) WITH ORDINALITY c (problem, subject, next_step, n)
             WHERE (p.active OR EXISTS (SELECT FROM %1$s.lead l WHERE l.process = p.code)) AND c.subject <> 'lead'
             ORDER BY p.position, p.code, c.n $sql$, workspace);
    END IF;
END
$$;
COMMENT ON FUNCTION leadcrm._check_approvals(regnamespace) IS
'looks through the approvals and the processes of a workspace';
