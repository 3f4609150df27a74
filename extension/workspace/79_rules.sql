-- For the person who writes rules: how they are evaluated, what they say of a
-- lead, how many leads they match.  A rule set is a table of rules, by name.

-- The tables of rules over leads.
CREATE OR REPLACE FUNCTION _ruleset(ruleset text, home regclass DEFAULT 'lead'::regclass) RETURNS regclass
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    PERFORM leadcrm.at_home(home);
    IF ruleset IN ('score_rule', 'intent_rule', 'assignment_rule', 'pool_rule', 'process', 'stage_rule') THEN
        RETURN ruleset::regclass;
    END IF;
    RAISE invalid_parameter_value USING
        MESSAGE = format('there is no rule set "%s"', coalesce(ruleset, 'NULL')),
        HINT = 'Rule sets are "score_rule", "intent_rule", "assignment_rule", "pool_rule", "process" and "stage_rule".';
END
$$;

CREATE OR REPLACE FUNCTION explain_rules(ruleset text DEFAULT 'score_rule')
RETURNS TABLE (code text, condition text, class text, evaluation text, problem text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT e.code, e.condition, e.class, e.evaluation, e.problem
      FROM leadcrm.explain_rules(_ruleset($1), 'lead'::regclass) e
     ORDER BY e.code;
END;

-- Which rules match a lead, and why not the others.
CREATE OR REPLACE FUNCTION rule_test(ruleset text, lead_id bigint, as_of timestamptz DEFAULT now())
RETURNS TABLE (code text, matches boolean, why text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT t.code, t.matches, t.why
      FROM lead l CROSS JOIN LATERAL leadcrm.rule_test(_ruleset($1), l, $3) t
     WHERE l.id = living_lead($2)
     ORDER BY t.matches DESC NULLS LAST, t.code;
END;

-- The same for a lead that need not exist: {"column": value}.
CREATE OR REPLACE FUNCTION rule_test(ruleset text, example jsonb, as_of timestamptz DEFAULT now())
RETURNS TABLE (code text, matches boolean, why text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT t.code, t.matches, t.why
      FROM leadcrm.rule_test_example(_ruleset($1), 'lead'::regclass, '{"attrs": {}, "kind": "contact"}'::jsonb || $2, $3) t
     ORDER BY t.matches DESC NULLS LAST, t.code;
END;

-- How many living leads each rule matches; a rule that matches none, or all,
-- tells no lead from another.
CREATE OR REPLACE FUNCTION rule_coverage(ruleset text DEFAULT 'score_rule', as_of timestamptz DEFAULT now())
RETURNS TABLE (code text, leads bigint, share numeric, flag text)
LANGUAGE SQL VOLATILE
BEGIN ATOMIC
    SELECT c.code, c.matched, round(100.0 * c.matched / nullif(c.of_rows, 0), 1) AS share,
           CASE WHEN e.class = 'broken' THEN 'broken'
                WHEN c.matched = 0 THEN 'never'
                WHEN c.matched = c.of_rows THEN 'always' END AS flag
      FROM leadcrm.rule_coverage(_ruleset($1), 'lead'::regclass, 'merged_into IS NULL', $2) c
      JOIN leadcrm.explain_rules(_ruleset($1), 'lead'::regclass) e ON e.code = c.code
     ORDER BY c.matched DESC, c.code;
END;
