-- What is wrong with a process: moves that lead nowhere, stages that nobody
-- reaches, leads that are outside it.  Nothing of this stops anybody from
-- changing it while leads are in flight; it is for the person who does.  (The
-- trigger guard_stage holds what leads rest on: the stage that they are in.)

CREATE OR REPLACE FUNCTION check_process(code text) RETURNS TABLE (problem text, subject text, next_step text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    checked process;
    home    CONSTANT text := current_schema();
BEGIN
    SELECT p.* INTO checked FROM process p WHERE p.code = code;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('there is no process "%s"', coalesce(code, 'NULL'));
    END IF;

    -- Stages that every process has
    RETURN QUERY
    SELECT format('has no stage of kind %s', k.kind), 'process ' || code,
           format('INSERT INTO %I.stage (process, code, position, kind, probability) VALUES (%L, %L, %s, %L, %s);',
                  home, code, k.kind, k.position, k.kind, k.probability)
      FROM (VALUES ('open', 10, 0.1), ('won', 90, 1), ('lost', 100, 0)) k (kind, position, probability)
     WHERE NOT EXISTS (SELECT FROM stage s WHERE s.process = code
                          AND s.kind IN (k.kind, CASE k.kind WHEN 'won' THEN 'converted' END))
     ORDER BY k.position;

    RETURN QUERY
    SELECT 'is lost, but no loss reason is active: no lead can get there', 'stage ' || s.code,
           format('UPDATE %I.loss_reason SET active = true WHERE code = ''other'';', home)
      FROM stage s
     WHERE s.process = code AND s.kind = 'lost' AND NOT EXISTS (SELECT FROM loss_reason r WHERE r.active)
     ORDER BY s.position, s.code;

    -- Moves: those from any open stage count for each
    RETURN QUERY
    WITH RECURSIVE move AS MATERIALIZED (
        SELECT a.code AS from_stage, b.code AS to_stage, a.kind AS from_kind
          FROM transition t
          JOIN stage a ON a.process = t.process AND (a.code = t.from_stage OR t.from_stage IS NULL AND a.kind = 'open')
          JOIN stage b ON b.process = t.process AND b.code = t.to_stage
         WHERE t.process = code AND a.code <> b.code
    ), reached AS (
        SELECT (SELECT s.code FROM stage s WHERE s.process = code AND s.kind = 'open' ORDER BY s.position, s.code LIMIT 1) AS stage
         UNION
        SELECT m.to_stage FROM reached r JOIN move m ON m.from_stage = r.stage
    ), ending AS (
        SELECT s.code AS stage FROM stage s WHERE s.process = code AND s.kind IN ('won', 'converted')
         UNION
        SELECT m.from_stage FROM ending e JOIN move m ON m.to_stage = e.stage AND m.from_kind = 'open'
    )
    SELECT v.problem, 'stage ' || s.code,
           format('INSERT INTO %I.transition (process, from_stage, to_stage) VALUES (%L, %L, %L);', home, code, v.from_stage, v.to_stage)
      FROM stage s
     CROSS JOIN LATERAL (
           SELECT CASE WHEN s.code NOT IN (SELECT m.from_stage FROM move m) THEN 'is a dead end: no move leads on'
                       ELSE 'is a dead end: no moves lead from it to a stage that is won' END,
                  s.code,
                  (SELECT g.code FROM stage g
                    WHERE g.process = code AND g.code <> s.code AND g.kind <> 'lost'
                      AND NOT EXISTS (SELECT FROM move m WHERE m.from_stage = s.code AND m.to_stage = g.code)
                    ORDER BY g.position < s.position, g.position, g.code LIMIT 1)
            WHERE s.kind = 'open' AND s.code NOT IN (SELECT e.stage FROM ending e) AND EXISTS (SELECT FROM ending e)
            UNION ALL
           SELECT 'is unreachable: no moves lead to it from the first stage',
                  (SELECT g.code FROM stage g WHERE g.process = code AND g.position < s.position AND g.kind = 'open'
                    ORDER BY g.position DESC, g.code LIMIT 1),
                  s.code
            WHERE s.code NOT IN (SELECT r.stage FROM reached r WHERE r.stage IS NOT NULL)) v (problem, from_stage, to_stage)
     WHERE s.process = code
     ORDER BY s.position, s.code, v.problem;

    RETURN QUERY
    SELECT format('names stage "%s", which is gone', n.stage), n.subject,
           format('INSERT INTO %I.stage (process, code, position, probability) VALUES (%L, %L, 15, 0.1);', home, code, n.stage)
      FROM (SELECT t.from_stage AS stage, 'transition ' || t.id AS subject FROM transition t WHERE t.process = code
             UNION
            SELECT t.to_stage, 'transition ' || t.id FROM transition t WHERE t.process = code
             UNION
            SELECT r.to_stage, 'stage_rule ' || r.code FROM stage_rule r WHERE r.process = code) n
     WHERE n.stage IS NOT NULL AND NOT EXISTS (SELECT FROM stage s WHERE s.process = code AND s.code = n.stage)
     ORDER BY n.subject, n.stage;

    RETURN QUERY
    SELECT format('requires field "%s", which a lead does not have', f.name), 'transition ' || t.id,
           format('UPDATE %I.transition SET required_fields = array_remove(required_fields, %L) WHERE id = %s;', home, f.name, t.id)
      FROM transition t CROSS JOIN unnest(t.required_fields) f (name)
     WHERE t.process = code AND f.name NOT LIKE 'attrs.%'
       AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = 'lead'::regclass AND a.attname = f.name
                          AND a.attnum > 0 AND NOT a.attisdropped)
     ORDER BY t.id, f.name;

    RETURN QUERY
    SELECT CASE WHEN u.code IS NULL THEN format('asks for approval rule "%s", which is not there', t.approval)
                WHEN u.subject <> 'stage' THEN format('asks for approval rule "%s", which is for subject "%s"', u.code, u.subject)
                ELSE format('asks for approval rule "%s", which asks nobody: requests are approved at once', u.code) END,
           'transition ' || t.id,
           CASE WHEN u.code IS NULL THEN format('UPDATE %I.transition SET approval = NULL WHERE id = %s;', home, t.id)
                WHEN u.subject <> 'stage' THEN format('UPDATE %I.approval_rule SET subject = ''stage'' WHERE code = %L;', home, u.code)
                ELSE format('INSERT INTO %I.approval_level (rule, level, managers) VALUES (%L, 1, ''{1}'');', home, u.code) END
      FROM transition t LEFT JOIN approval_rule u ON u.code = t.approval
     WHERE t.process = code AND t.approval IS NOT NULL
       AND (u.code IS NULL OR u.active AND (u.subject <> 'stage'
            OR NOT EXISTS (SELECT FROM approval_level v WHERE v.rule = u.code)))
     ORDER BY t.id;

    -- Rules that move leads by themselves
    RETURN QUERY
    SELECT CASE WHEN k.kind IS NULL AND r.activity_kind IS NOT NULL
                THEN format('waits for activities of kind "%s", which is not there', r.activity_kind)
                ELSE format('moves no lead: no move leads to stage "%s" from an open one before it', r.to_stage) END,
           'stage_rule ' || r.code,
           format('Correct the rule, or UPDATE %I.stage_rule SET active = false WHERE code = %L;', home, r.code)
      FROM stage_rule r
      JOIN stage s ON s.process = r.process AND s.code = r.to_stage
      LEFT JOIN activity_kind k ON k.kind = r.activity_kind
     WHERE r.process = code AND r.active
       AND (k.kind IS NULL AND r.activity_kind IS NOT NULL
            OR NOT EXISTS (SELECT FROM transition t
                             JOIN stage a ON a.process = t.process AND a.kind = 'open' AND a.position < s.position
                            WHERE t.process = code AND t.to_stage = r.to_stage AND (t.from_stage IS NULL OR t.from_stage = a.code)))
     ORDER BY r.position, r.code;

    -- Leads
    RETURN QUERY
    SELECT format('leads in stage "%s", which is gone: %s, the first is lead %s', l.stage, count(*), min(l.id)), 'lead',
           format('UPDATE %I.lead SET stage = %L WHERE process = %L AND stage = %L;', home,
                  (SELECT s.code FROM stage s WHERE s.process = code AND s.kind = 'open' ORDER BY s.position, s.code LIMIT 1), code, l.stage)
      FROM lead l
     WHERE l.process = code AND l.merged_into IS NULL AND l.stage IS NOT NULL
       AND NOT EXISTS (SELECT FROM stage s WHERE s.process = code AND s.code = l.stage)
     GROUP BY l.stage
     ORDER BY l.stage;

    RETURN QUERY
    SELECT format('is not active, and open leads follow it: %s, the first is lead %s', count(*), min(l.id)), 'process ' || code,
           format('UPDATE %I.process SET active = true WHERE code = %L;', home, code)
      FROM lead l JOIN stage s ON s.process = l.process AND s.code = l.stage AND s.kind = 'open'
     WHERE NOT checked.active AND l.process = code AND l.merged_into IS NULL
    HAVING count(*) > 0;
END
$$;
