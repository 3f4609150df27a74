-- What reads a workspace and may run in a parallel plan, in a backend that has
-- not read it before: in workers, and in the leader alone.
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('parallel');
SET search_path TO parallel, public;
INSERT INTO lead (name, phone, first_source) SELECT 'lead ' || n, (13900000000 + n)::text, 'web' FROM generate_series(1, 200) n;
UPDATE lead SET stage = 'lost', loss_reason = (SELECT min(code) FROM loss_reason WHERE NOT needs_note AND NOT needs_competitor) WHERE id % 4 = 0;
-- A rule that fails for some rows, and one that is broken.
ALTER TABLE lead ADD COLUMN mood text;
INSERT INTO score_rule (code, condition, points) VALUES ('fails', $$(attrs ->> 'n')::integer > 3$$, 11), ('mood', $$mood = 'good'$$, 7);
ALTER TABLE lead DROP COLUMN mood;
UPDATE lead SET attrs = jsonb_build_object('n', CASE id % 3 WHEN 0 THEN 'x' ELSE (id % 5)::text END);
-- Who sees everything, and two reps.
CREATE ROLE regress_parallel_rep;
CREATE SCHEMA own;
CREATE FUNCTION own.unnest(text[]) RETURNS SETOF text LANGUAGE SQL IMMUTABLE AS $$VALUES ('anna'), ('bert')$$;
INSERT INTO rep (code, name, role, capacity) VALUES ('anna', 'Anna', 'regress_parallel_rep', 10000), ('bert', 'Bert', NULL, 10000);
SELECT grant_access('regress_parallel_rep', 'rep');
UPDATE lead SET owner = CASE id % 3 WHEN 1 THEN 'anna' WHEN 2 THEN 'bert' END;
ALTER TABLE lead SET (parallel_workers = 2);
ANALYZE lead;

\c -
SET search_path TO parallel, public;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT count(*) FROM lead l WHERE leadcrm.is_open('lead', l.process, l.stage);
SET parallel_leader_participation = off;
SELECT count(*) FROM lead l WHERE leadcrm.is_open('lead', l.process, l.stage);
SELECT score_now - min(score_now) OVER () AS more, count(*) FROM v_lead GROUP BY score_now ORDER BY more;
SELECT count(*) FROM lead l, leadcrm.recycling(l, now()) r WHERE l.recycle_at IS DISTINCT FROM r.look_at;
SELECT count(*) FROM lead l WHERE leadcrm.condition_holds(l, 'phone LIKE ''+86139%''');

-- Reports, and of them what a rep sees, who names functions of his own.
INSERT INTO lead (name, phone, first_source, campaign, owner)
SELECT 'lead ' || n, (13900000000 + n)::text, 'web', 'campaign' || n, CASE n % 3 WHEN 1 THEN 'anna' WHEN 2 THEN 'bert' END
  FROM generate_series(1001, 4000) n;
UPDATE lead SET stage = 'lost', loss_reason = (SELECT min(code) FROM loss_reason WHERE NOT needs_note AND NOT needs_competitor) WHERE id % 2 = 0 AND id > 200;
ANALYZE;
CREATE FUNCTION pg_temp.is_parallel(view text) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE format('EXPLAIN (COSTS OFF) SELECT sum(leads) FROM %I', view) LOOP
        IF line ~ 'Partial' THEN
            RETURN true;
        END IF;
    END LOOP;
    RETURN false;
END
$$;
SELECT v, pg_temp.is_parallel(v)
  FROM unnest('{v_forecast,v_funnel,v_leaderboard,v_loss,v_pipeline,v_source}'::text[]) v;
CREATE TABLE by_report AS SELECT 'funnel' AS report, owner, sum(leads) AS leads FROM v_funnel GROUP BY owner UNION ALL
SELECT 'loss', owner, sum(leads) FROM v_loss GROUP BY owner UNION ALL
SELECT 'pipeline', owner, sum(leads) FROM v_pipeline GROUP BY owner;
SELECT report, owner, leads FROM by_report ORDER BY report, owner;
GRANT SELECT ON by_report TO regress_parallel_rep;
GRANT USAGE ON SCHEMA own TO regress_parallel_rep;
SET ROLE regress_parallel_rep;
SET search_path TO parallel, own, pg_catalog;
SELECT v, pg_temp.is_parallel(v)
  FROM (VALUES ('v_funnel'), ('v_loss'), ('v_pipeline')) r (v);
(SELECT 'funnel' AS report, owner, sum(leads) FROM v_funnel GROUP BY owner UNION ALL
SELECT 'loss', owner, sum(leads) FROM v_loss GROUP BY owner UNION ALL
SELECT 'pipeline', owner, sum(leads) FROM v_pipeline GROUP BY owner)
EXCEPT
SELECT report, owner, leads FROM by_report;
SELECT 'funnel' AS report, owner, sum(leads) FROM v_funnel GROUP BY owner UNION ALL
SELECT 'loss', owner, sum(leads) FROM v_loss GROUP BY owner UNION ALL
SELECT 'pipeline', owner, sum(leads) FROM v_pipeline GROUP BY owner
 ORDER BY report, owner;
RESET ROLE;

\c -
SET search_path TO parallel, public;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers = 0;
SELECT count(*) FROM lead l WHERE leadcrm.is_open('lead', l.process, l.stage);
SELECT score_now - min(score_now) OVER () AS more, count(*) FROM v_lead GROUP BY score_now ORDER BY more;

SET client_min_messages = warning;
SELECT leadcrm.drop_workspace('parallel', 3200);
DROP SCHEMA own CASCADE;
DROP ROLE regress_parallel_rep;
