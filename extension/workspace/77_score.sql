-- Scores and intents: why a lead has its points, what time causes, and
-- grading everybody again when the rules have changed.

-- What a lead's score is made of at a moment; the points sum to the score.
-- Before the lead's last activity, only those count that had happened then.
-- SECURITY DEFINER: for those who may see all leads, without a right on tables.
CREATE OR REPLACE FUNCTION explain_score(lead_id bigint, as_of timestamptz DEFAULT now())
RETURNS TABLE (axis text, rule text, points integer, why text)
LANGUAGE SQL STABLE SECURITY DEFINER
BEGIN ATOMIC
    WITH living AS MATERIALIZED (
        SELECT l.id, EXISTS (SELECT FROM activity a WHERE a.lead_id = l.id AND a.at > $2) AS past
          FROM lead l
         WHERE l.id = living_lead($1) AND (SELECT sees_all())
    ), done AS MATERIALIZED (
        SELECT b.class::text AS class, sum(b.points) AS points,
               string_agg(format('%s x %s', coalesce(k.label, b.kind), b.counted), ', ' ORDER BY b.points DESC, b.kind) AS what
          FROM living l
         CROSS JOIN LATERAL leadcrm._behaviour_at('lead', l.id, $2) b
          LEFT JOIN activity_kind k ON k.kind = b.kind
         GROUP BY b.class
    ), part AS (
        SELECT p.part, p.code, p.points
          FROM living v JOIN lead l ON l.id = v.id
         CROSS JOIN LATERAL leadcrm.score_parts(l, $2) p
         WHERE NOT (v.past AND p.part = 'behaviour')
         UNION ALL
        SELECT 'behaviour' AS part, d.class AS code, least(round(d.points)::integer, h.most) AS points
          FROM living v CROSS JOIN done d JOIN half_life h ON h.class::text = d.class
         WHERE v.past
    )
    SELECT CASE p.part WHEN 'rule' THEN r.axis ELSE p.part END AS axis,
           p.code AS rule,
           p.points,
           CASE p.part
           WHEN 'rule' THEN coalesce(r.label || ': ', '') || r.condition
           WHEN 'cap' THEN concat_ws(': ', c.label, format('at most %s', c.most))
           ELSE concat_ws(': ', d.what, format('half-life %s', h.half_life)) END AS why
      FROM part p
      LEFT JOIN score_rule r ON p.part = 'rule' AND r.code = p.code
      LEFT JOIN score_cap c ON p.part = 'cap' AND c.cap_group = p.code
      LEFT JOIN half_life h ON p.part = 'behaviour' AND h.class::text = p.code
      LEFT JOIN done d ON p.part = 'behaviour' AND d.class = p.code
     ORDER BY p.part = 'cap', p.points DESC, p.code;
END;

CREATE OR REPLACE FUNCTION score_at(lead_id bigint, as_of timestamptz DEFAULT now()) RETURNS integer
LANGUAGE SQL STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT (SELECT coalesce(sum(e.points), 0)::integer FROM explain_score($1, $2) e) AS score
      FROM lead l WHERE l.id = $1 AND (SELECT sees_all());
END;

-- Everything that time alone causes, in bounded batches; returns how much is
-- left.  Any scheduler may call it, from any number of sessions at once.
CREATE OR REPLACE FUNCTION tick(as_of timestamptz DEFAULT now(), batch integer DEFAULT 1000) RETURNS bigint
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT leadcrm.regrade_due('lead'::regclass, $1, $2)
         + _replan_recycling(least($1, now()), $2, 'lead'::regclass)
         + _recycle(coalesce($1, now()), $2, 'lead'::regclass)
         + leadcrm._fold_loads('lead'::regclass) AS still_due;
END;

-- Which run of rescore() goes on: the unfinished one of that rule set, or a new one.
CREATE OR REPLACE FUNCTION _begin_rescore(ruleset text, home regclass) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    run bigint;
BEGIN
    PERFORM leadcrm.at_home(home);
    IF ruleset NOT IN ('score_rule', 'intent_rule', 'activity_kind') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('there is no rule set "%s"', ruleset),
            HINT = 'Rule sets are "score_rule", "intent_rule" and "activity_kind"; NULL stands for all.';
    END IF;
    SELECT r.id INTO run FROM rescore_run r
     WHERE r.finished_at IS NULL AND r.ruleset IS NOT DISTINCT FROM ruleset ORDER BY r.id DESC LIMIT 1;
    IF run IS NULL THEN
        INSERT INTO rescore_run (ruleset, actor, started_at, total)
        SELECT ruleset, leadcrm.acting_role(), clock_timestamp(), count(*) FROM lead
        RETURNING id INTO run;
    END IF;
    RETURN run;
END
$$;

-- The next leads of a run.  Returns how many there were.
CREATE OR REPLACE FUNCTION _rescore_chunk(run bigint, chunk integer, home regclass) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    progress rescore_run;
    leads    bigint[];
BEGIN
    PERFORM leadcrm.at_home(home);
    SELECT r.* INTO progress FROM rescore_run r WHERE r.id = run FOR UPDATE;
    leads := ARRAY(SELECT l.id FROM lead l WHERE l.id > progress.last_lead ORDER BY l.id LIMIT chunk);
    IF cardinality(leads) > 0 THEN
        IF progress.ruleset IS DISTINCT FROM 'score_rule' THEN
            PERFORM leadcrm._recompute_behaviour('lead', leads);
        END IF;
        PERFORM leadcrm.regrade('lead', leads, now());
    END IF;
    UPDATE rescore_run r
       SET last_lead = coalesce(leads[cardinality(leads)], progress.last_lead), done = r.done + cardinality(leads),
           updated_at = clock_timestamp(),
           finished_at = CASE WHEN cardinality(leads) < chunk THEN clock_timestamp() END
     WHERE r.id = run;
    RETURN cardinality(leads);
END
$$;

-- Score and grade every lead again, after rules have changed: set-wise, in
-- chunks, each committed; goes on where it was stopped.  The state of intents
-- is kept, so a level still needs its thresholds to change.  The last
-- parameter is not for callers.
CREATE OR REPLACE PROCEDURE rescore(ruleset text DEFAULT NULL, chunk integer DEFAULT 1000,
                                    workspace regclass DEFAULT 'workspace'::regclass)
LANGUAGE plpgsql
AS $$
DECLARE
    home text := (SELECT c.relnamespace::pg_catalog.regnamespace FROM pg_catalog.pg_class c WHERE c.oid = workspace);
    run  bigint;
    n    bigint;
BEGIN
    IF chunk IS NULL OR chunk < 1 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the size of a chunk must be at least 1';
    END IF;
    EXECUTE pg_catalog.format('SELECT %s._begin_rescore($1, $2)', home) INTO run USING ruleset, workspace;
    COMMIT;
    LOOP
        EXECUTE pg_catalog.format('SELECT %s._rescore_chunk($1, $2, $3)', home) INTO n USING run, chunk, workspace;
        COMMIT;
        EXIT WHEN n < chunk;
    END LOOP;
END
$$;
