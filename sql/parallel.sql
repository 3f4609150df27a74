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

\c -
SET search_path TO parallel, public;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers = 0;
SELECT count(*) FROM lead l WHERE leadcrm.is_open('lead', l.process, l.stage);
SELECT score_now - min(score_now) OVER () AS more, count(*) FROM v_lead GROUP BY score_now ORDER BY more;

SET client_min_messages = warning;
SELECT leadcrm.drop_workspace('parallel', 200);
