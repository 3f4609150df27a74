-- Who got which lead, and why: explained, looked back on, tried out; and the
-- leads that nobody has, dealt.
--
-- The engine's side of these is for the workspace's owner.  The functions for
-- callers are SECURITY DEFINER, find everything by OID and say themselves whom
-- they serve.

-- What the rules would do with a lead now: each rule in order, each candidate
-- with his load and why he would or would not get it.
CREATE OR REPLACE FUNCTION explain_assignment(lead_id bigint)
RETURNS TABLE ("position" integer, rule text, outcome text, candidate text, open bigint, capacity integer,
               dealt_today bigint, standing double precision, verdict text)
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT e.*
      FROM lead l CROSS JOIN LATERAL leadcrm.explain_assignment('lead'::regclass, l.id) e
     WHERE l.id = living_lead($1) AND ((SELECT sees_all()) OR l.owner = ANY ((SELECT my_reps())::text[]));
END;

-- Who had a lead at a moment; of many leads, v_owner_history tells.
CREATE OR REPLACE FUNCTION owner_at(lead_id bigint, at timestamptz) RETURNS text
LANGUAGE SQL STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT h.owner
      FROM (SELECT g.id, g.owner, max(g.at) OVER (ORDER BY g.id) AS from_at FROM assignment_log g WHERE g.lead_id = $1) h
     WHERE h.from_at <= $2
       AND ((SELECT sees_all()) OR EXISTS (SELECT FROM lead l WHERE l.id = $1 AND l.owner = ANY ((SELECT my_reps())::text[])))
     ORDER BY h.id DESC LIMIT 1;
END;

-- The rules as they are now over the arrivals of the last days, beside what
-- became of them then.
CREATE OR REPLACE FUNCTION simulate_assignment(days integer DEFAULT 30)
RETURNS TABLE (rule text, owner text, pool text, simulated bigint, really bigint)
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    WITH replayed AS MATERIALIZED (
        SELECT s.* FROM leadcrm.simulate_assignment('lead'::regclass, $1) s
         WHERE (SELECT sees_all()) OR cardinality(_managed_teams()) > 0
    ), first AS (
        SELECT DISTINCT ON (g.lead_id) g.rule, g.owner, g.pool
          FROM replayed s JOIN assignment_log g ON g.lead_id = s.lead_id
         ORDER BY g.lead_id, g.id
    )
    SELECT a.rule, a.owner, a.pool, count(*) FILTER (WHERE a.simulated), count(*) FILTER (WHERE NOT a.simulated)
      FROM (SELECT s.rule, s.owner, s.pool, true FROM replayed s UNION ALL SELECT f.*, false FROM first f)
           a (rule, owner, pool, simulated)
     GROUP BY a.rule, a.owner, a.pool
     ORDER BY a.rule, a.owner, a.pool;
END;

-- Deal leads that nobody has: in no pool either, or in one because nobody was
-- eligible when they came; at most so many, the oldest first.
CREATE OR REPLACE FUNCTION _assign_leads(filter text, batch integer, home regclass)
RETURNS TABLE (owner text, pool text, leads bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_column
DECLARE
    given bigint[];
BEGIN
    PERFORM leadcrm.at_home(home);
    IF NOT sees_all() AND (filter IS NOT NULL OR cardinality(_managed_teams()) = 0) THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'permission denied for assigning leads',
            DETAIL = 'It is for administrators and managers, with a filter for administrators only.';
    ELSIF batch IS NULL OR batch < 1 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the size of a batch must be at least 1';
    ELSIF filter IS NOT NULL THEN
        PERFORM leadcrm.check_condition('lead', filter);
    END IF;

    -- Only those for whom there is somebody now, or at least a pool; others keep
    -- their place.
    given := ARRAY(
        SELECT t.lead_id
          FROM leadcrm.try_assignment('lead', ARRAY(
                   SELECT l.id
                     FROM lead l CROSS JOIN workspace w
                    WHERE l.owner IS NULL AND _is_open(l.merged_into, l.process, l.stage)
                      AND (l.pool IS NULL
                           OR (SELECT g.reason = 'pool' AND g.strategy IS DISTINCT FROM 'pool' FROM assignment_log g
                                WHERE g.lead_id = l.id ORDER BY g.id DESC LIMIT 1))
                      AND (filter IS NULL OR leadcrm.condition_holds(l, filter, now(), w.time_zone))
                    ORDER BY l.created_at, l.id)) WITH ORDINALITY t (lead_id, rule, owner, pool, n)
          JOIN lead l ON l.id = t.lead_id
         WHERE t.owner IS NOT NULL OR (l.pool IS NULL AND t.pool IS NOT NULL)
         ORDER BY t.n LIMIT batch);
    given := ARRAY(
        SELECT l.id FROM lead l WHERE l.id = ANY (given) AND l.owner IS NULL
         ORDER BY l.id FOR NO KEY UPDATE SKIP LOCKED);
    PERFORM leadcrm.move_leads('lead', given, NULL, NULL, 'rule');
    RETURN QUERY
    SELECT l.owner, l.pool, count(*) FROM lead l WHERE l.id = ANY (given) GROUP BY 1, 2 ORDER BY 1, 2;
END
$$;

CREATE OR REPLACE FUNCTION assign_leads(filter text DEFAULT NULL, batch integer DEFAULT 1000)
RETURNS TABLE (owner text, pool text, leads bigint)
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT a.* FROM _assign_leads(filter, batch, 'lead'::regclass) a;
END;
