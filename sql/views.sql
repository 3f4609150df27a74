-- The numbers that managers read: what each view says of leads whose history is
-- known, that the funnel is what a slow recount says, who sees which numbers,
-- and that a session's time zone is nothing to them.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET jit = off;
SET datestyle = 'ISO';
SELECT leadcrm.create_workspace('views');
SET search_path = views, pg_temp;

CREATE ROLE regress_analyst;
CREATE ROLE regress_chen;
CREATE ROLE regress_li;
INSERT INTO team (code, label, parent) VALUES ('sales', '销售部', NULL), ('north', '华北组', 'sales'), ('south', '华南组', 'sales');
INSERT INTO rep (code, role, name, team) VALUES
    ('chen', 'regress_chen', '陈', 'north'), ('li', 'regress_li', '李', 'north'), ('wu', NULL, '吴', 'south');
UPDATE team SET manager = 'chen' WHERE code = 'north';
INSERT INTO rep_target (rep, team, month, amount, won) VALUES
    ('li', NULL, '2024-02-01', 1000, 2), ('wu', NULL, '2024-02-01', 500, NULL), (NULL, 'south', '2024-02-01', 800, NULL);
INSERT INTO source (code, label, channel) VALUES ('expo', '展会', 'offline'), ('search', '搜索', 'search_ad');
INSERT INTO source_cost (source, from_date, to_date, amount) VALUES
    ('expo', '2024-01-01', '2024-01-31', 100), ('search', '2024-01-31', '2024-02-02', 10);
INSERT INTO product_line (code, label) VALUES ('pro', '专业版');
INSERT INTO territory (code, label, regions) VALUES ('shenzhen', '深圳', '{4403}');
SELECT grant_access('regress_analyst', 'analyst'), grant_access('regress_chen', 'manager'), grant_access('regress_li', 'rep');

-- Leads with their histories, as a restore brings them.
SET timezone = 'Asia/Shanghai';
CREATE TEMP TABLE history (name text, owner text, source text, last_source text, region text, amount numeric, won_amount numeric,
                           reason text, path text);
INSERT INTO history VALUES
    ('straight', 'li',   'expo',   'expo',   '110105', 300, 280,  NULL, 'new@2024-01-05 contacted@2024-01-06 analysis@2024-01-10 proposal@2024-01-15 negotiation@2024-01-20 won@2024-02-02'),
    ('skipping', 'wu',   'search', 'expo',   '440305', 700, 700,  NULL, 'new@2024-01-08 proposal@2024-01-12 won@2024-02-10'),
    ('late',     'wu',   'search', 'search', '440103', 150, NULL, 'price', 'negotiation@2024-01-20 lost@2024-02-05'),
    ('back',     'li',   'expo',   'search', '44',     200, NULL, NULL, 'new@2024-01-09 contacted@2024-01-11 analysis@2024-01-15 contacted@2024-01-20'),
    ('reopened', 'li',   'expo',   'expo',   NULL,     NULL, NULL, NULL, 'new@2024-01-10 contacted@2024-01-12 lost@2024-01-20 contacted@2024-02-01'),
    ('undone',   'wu',   'search', 'search', '4403',   400, NULL, NULL, 'new@2024-01-11 negotiation@2024-01-13 won@2024-01-25 negotiation@2024-02-03'),
    ('regained', 'wu',   'search', 'search', '4403',   90,  NULL, 'other', 'new@2024-01-11 contacted@2024-01-12 won@2024-01-25 contacted@2024-02-03 lost@2024-02-04'),
    ('fresh',    NULL,   'expo',   'expo',   '99',     NULL, NULL, NULL, 'new@2024-02-20'),
    ('lost',     'chen', 'search', 'search', NULL,     10,  NULL, 'competitor', 'lost@2024-02-11'),
    ('eve',      'chen', 'search', 'search', NULL,     1,   NULL, NULL, 'new@2024-01-31 23:30:00'),
    ('morning',  'chen', 'search', 'search', NULL,     2,   NULL, NULL, 'new@2024-02-01 00:30:00'),
    ('project',  'chen', 'expo',   'expo',   '110105', 5000, NULL, NULL, 'new@2024-01-05 internal_review@2024-02-01');
SELECT leadcrm.begin_restore('views');
WITH entry AS (
    SELECT h.*, e.position, split_part(e.entry, '@', 1) AS stage, split_part(e.entry, '@', 2)::timestamptz AS at
      FROM history h, regexp_split_to_table(h.path, ' (?=[a-z])') WITH ORDINALITY e (entry, position)
), lead_of AS (
    SELECT DISTINCT ON (e.name) e.name, e.stage, e.at AS stage_since, min(e.at) OVER w AS created_at,
           leadcrm.lifecycle_agg(e.stage, e.at) OVER w AS lifecycle
      FROM entry e
    WINDOW w AS (PARTITION BY e.name)
     ORDER BY e.name, e.position DESC
), written AS (
    INSERT INTO lead (name, kind, owner, team, first_source, last_source, region, product_line, expected_amount, expected_close_on, currency,
                      process, stage, stage_since, lifecycle, won_at, won_amount, lost_at, loss_reason, competitor,
                      intent, score, last_inbound_at, assigned_at, first_contact_due_at, first_contacted_at, created_at, updated_at)
    SELECT h.name, CASE h.name WHEN 'project' THEN 'project' ELSE 'contact' END, h.owner, r.team, h.source, h.last_source, h.region,
           'pro', h.amount, '2024-03-15', CASE WHEN h.amount > 100 THEN 'CNY' END,
           CASE h.name WHEN 'project' THEN 'project' ELSE 'lead' END, l.stage, l.stage_since, l.lifecycle,
           CASE l.stage WHEN 'won' THEN l.stage_since END, h.won_amount, CASE l.stage WHEN 'lost' THEN l.stage_since END, h.reason,
           CASE h.reason WHEN 'competitor' THEN '对手' END,
           CASE WHEN h.amount > 250 THEN 'hot' ELSE 'cold' END, h.amount / 10, l.created_at,
           CASE WHEN h.owner IS NOT NULL THEN l.created_at END, CASE WHEN h.owner IS NOT NULL THEN l.created_at + interval '2 hours' END,
           CASE WHEN h.path ~ 'contacted' THEN l.created_at + interval '90 minutes' END, l.created_at, l.created_at
      FROM history h JOIN lead_of l ON l.name = h.name LEFT JOIN rep r ON r.code = h.owner
     ORDER BY l.created_at, h.name COLLATE "C"
    RETURNING id, name, process, owner
)
INSERT INTO stage_change (lead_id, position, process, from_stage, to_stage, at, cause, owner, actor)
SELECT w.id, e.position, w.process, lag(e.stage) OVER (PARTITION BY w.id ORDER BY e.position), e.stage, e.at, 'import', w.owner, 'test'
  FROM written w JOIN entry e ON e.name = w.name;
SELECT * FROM leadcrm.end_restore('views');

-- What the funnel should be, counted slowly from the history of stages.
CREATE TEMP VIEW recount AS
SELECT l.process, s.stage,
       count(*) FILTER (WHERE s.stage_kind = 'open' AND (s.step = 1 OR far.furthest >= s.step) OR s.stage = l.stage AND s.stage_kind <> 'open') AS leads,
       count(*) FILTER (WHERE CASE s.stage_kind WHEN 'open' THEN EXISTS (SELECT FROM stage_change h WHERE h.lead_id = l.id AND h.to_stage = s.stage)
                                                ELSE s.stage = l.stage END) AS entered,
       count(*) FILTER (WHERE s.stage = l.stage) AS present,
       count(*) FILTER (WHERE k.kind = 'lost' AND s.stage_kind = 'open' AND s.step = greatest(least(far.furthest, far.steps), 1)) AS lost
  FROM lead l
  JOIN stage k ON k.process = l.process AND k.code = l.stage
  JOIN v_stage s ON s.process = l.process AND s.stage_kind <> 'lost'
 CROSS JOIN LATERAL (SELECT coalesce(max(t.step), 0) AS furthest,
                            (SELECT max(o.step) FROM v_stage o WHERE o.process = l.process AND o.stage_kind = 'open') AS steps
                       FROM stage_change h JOIN v_stage t ON t.process = l.process AND t.stage = h.to_stage
                      WHERE h.lead_id = l.id) far
 WHERE l.merged_into IS NULL
 GROUP BY l.process, s.stage;
CREATE TEMP VIEW difference AS
WITH said AS (SELECT process, stage, leads, entered, present, lost FROM v_funnel_total)
(SELECT 'said' AS who, s.* FROM (TABLE said EXCEPT SELECT * FROM recount) s)
 UNION ALL
(SELECT 'true', r.* FROM (SELECT * FROM recount WHERE leads > 0 EXCEPT TABLE said) r);
SELECT * FROM difference;
SELECT process, step, stage_label, leads, entered, present, lost, amount, from_previous, from_first, loss_rate, worst
  FROM v_funnel_total ORDER BY process, step;
SELECT value, stage, leads, from_previous, lost, worst FROM funnel_by('owner_name', '{"process": "lead", "month": "2024-01-01"}');
-- Beside it the engine's own funnel, of those that went in order.
SELECT f.position, f.step, f.entered FROM leadcrm.funnel_steps((SELECT leadcrm.funnel_agg(lifecycle, '{new,contacted,analysis,proposal,negotiation,won}', '90 days')
    FROM lead WHERE process = 'lead')) f;

-- Rows add up along any dimension.
SELECT sum(leads) FILTER (WHERE stage = 'new') AS leads, count(DISTINCT department) AS departments FROM v_funnel WHERE process = 'lead';
SELECT month, department_label, sum(leads) AS leads, sum(amount) AS amount
  FROM v_funnel WHERE stage = 'new' AND process = 'lead' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT province_name, city_name, territory_label, sum(leads) AS leads
  FROM v_funnel WHERE step = 1 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT DISTINCT day, week, month, quarter, year FROM v_funnel WHERE day > '2024-01-30' ORDER BY 1;

-- Sources: cost to the last cent, return by touch, low three months running.
SELECT source_label, sum(leads) AS leads, sum(leads_last_touch) AS last, sum(leads_equal_share) AS equal, sum(won) AS won,
       sum(won_amount) AS amount, sum(won_amount_last_touch) AS last_amount, sum(won_amount_equal_share) AS equal_amount, sum(hot) AS hot, sum(cost) AS cost
  FROM v_source GROUP BY 1 ORDER BY 1;
SELECT day, cost FROM v_source WHERE source = 'search' AND cost > 0 ORDER BY 1;
SELECT month, source, leads, leads_before, leads_trend, average_score, hot_rate, won, win_rate, win_rate_all, cost, cost_per_lead, cost_per_won
  FROM v_source_month WHERE source <> '官网' ORDER BY 1, 2;
SELECT month, source, roi, roi_last_touch, roi_equal_share, amount_per_lead, low FROM v_source_month ORDER BY 1, 2;
BEGIN;
SELECT leadcrm.begin_restore('views');
INSERT INTO lead (first_source, last_source, process, stage, won_at, created_at, updated_at, last_inbound_at)
SELECT s, s, 'lead', CASE WHEN won THEN 'won' ELSE 'new' END, CASE WHEN won THEN at END, at, at, at
  FROM (SELECT m.at, k.* FROM generate_series('2023-01-15'::timestamptz, '2023-06-15', '1 month') m (at),
               (VALUES ('expo', true), ('expo', false), ('search', false)) k (s, won)) l
 WHERE NOT (s = 'search' AND at::date = '2023-03-15');
SELECT FROM rebuild_cube();
SELECT month, low, low_for_three FROM v_source_month WHERE source = 'search' AND month < '2024-01-01' ORDER BY month;
ROLLBACK;

-- Reps, teams and their targets
SELECT month, owner, rank, won, won_amount, target_won, attainment_won, target_amount, attainment, leads, contact_rate, average_contact_minutes
  FROM v_leaderboard_month ORDER BY 1, 3, 2;
SELECT month, team, heads, leads, won, won_amount, won_amount_per_head, target_amount, attainment FROM v_team_month ORDER BY 1, 2;
SELECT month, owner, sum(leads) AS leads, sum(won) AS won, sum(won_amount) AS amount, sum(target_amount) AS target, sum(team_target_amount) AS team_target
  FROM v_leaderboard GROUP BY 1, 2 ORDER BY 1, 2;

-- Intent, pipeline, forecast, losses
SELECT intent_label, leads, share, average_score FROM v_intent_total ORDER BY intent_position DESC;
SELECT process, stage, sum(leads) AS leads, sum(amount) AS amount, sum(weighted_amount) AS weighted FROM v_pipeline GROUP BY 1, 2, step ORDER BY 1, step;
SELECT month, sum(leads) AS open, sum(amount) AS amount, sum(weighted_amount) AS weighted, sum(history_amount) AS by_history, sum(won) AS won, sum(won_amount) AS won_amount
  FROM v_forecast GROUP BY 1 ORDER BY 1;
SELECT month, loss_reason_label, competitor, stage, leads, amount FROM v_loss ORDER BY day;

-- Twenty that were decided make a history: here half of those that came so far
-- as negotiation were won, of all only a quarter.
BEGIN;
SELECT leadcrm.begin_restore('views');
INSERT INTO lead (first_source, last_source, process, stage, stage_since, lifecycle, won_at, lost_at, expected_amount, created_at, updated_at, last_inbound_at)
SELECT 'expo', 'expo', 'lead', s, '2023-02-01', format('{new@2023-01-01T00:00:00Z,%s%s@2023-02-01T00:00:00Z}', way, s)::leadcrm.lifecycle,
       CASE s WHEN 'won' THEN timestamptz '2023-02-01' END, CASE s WHEN 'lost' THEN timestamptz '2023-02-01' END, 1, '2023-01-01', '2023-01-01', '2023-01-01'
  FROM (VALUES ('won', 'negotiation@2023-01-02T00:00:00Z,'), ('lost', 'negotiation@2023-01-02T00:00:00Z,'), ('lost', ''), ('lost', '')) k (s, way), generate_series(1, 100);
SELECT FROM rebuild_cube();
SELECT stage, round(win_rate, 2) FROM _stage_history WHERE process = 'lead' AND stage IN ('new', 'proposal', 'negotiation') ORDER BY stage COLLATE "C";
SELECT stage, sum(l.expected_amount) AS amount, round(sum(f.history_amount)) AS by_history
  FROM v_forecast f JOIN lead l ON l.name IN ('undone') AND l.stage = 'negotiation' WHERE f.amount = 400 GROUP BY 1;
ROLLBACK;

-- Time in stages, in days; those that wait and those that are stuck
SELECT stage, leads, visits, ended, average_days, median_days BETWEEN 0.99 * average_days AND 1.01 * average_days OR ended <> 1 AS near, stuck
  FROM v_stage_time_total WHERE process = 'lead' ORDER BY step;
SELECT stage, sum(visits) AS visits, sum(days) FILTER (WHERE day < '2024-01-06') AS days_of_straight FROM v_stage_time WHERE process = 'lead' GROUP BY stage, step ORDER BY step;
-- The median by any dimension; over all it is that of the companion.
SELECT owner, sum(visits) AS visits, sum(ended) AS ended, percentile_disc(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE ended = 1) AS median_days
  FROM v_stage_time WHERE process = 'lead' AND stage = 'contacted' GROUP BY owner ORDER BY owner;
SELECT t.stage, t.ended = s.ended AS ended, abs(t.median_days / s.median_days - 1) <= 0.01 AS median, abs(t.p90_days / s.p90_days - 1) <= 0.01 AS p90
  FROM v_stage_time_total t
  JOIN (SELECT process, stage, sum(ended) AS ended, percentile_disc(0.5) WITHIN GROUP (ORDER BY days) FILTER (WHERE ended = 1) AS median_days,
               percentile_disc(0.9) WITHIN GROUP (ORDER BY days) FILTER (WHERE ended = 1) AS p90_days
          FROM v_stage_time GROUP BY process, stage) s USING (process, stage)
 WHERE t.process = 'lead' ORDER BY t.step;
SELECT owner, sum(leads) AS leads, sum(assigned) AS assigned, sum(contacted) AS contacted, sum(contact_minutes) AS minutes, sum(waiting) AS waiting, sum(overdue) AS overdue
  FROM v_sla GROUP BY 1 ORDER BY 1;
SELECT name FROM v_lead WHERE stuck ORDER BY name COLLATE "C";
SELECT stage, sum(leads) AS stuck, sum(amount) AS amount FROM v_stuck GROUP BY stage, step ORDER BY step;

-- Leads that have no stage, or whose stage is gone, are open, and wait like others.
BEGIN;
UPDATE process SET active = false;
INSERT INTO lead (name, first_source, owner, expected_amount) VALUES ('nowhere', 'expo', 'li', 30);
ALTER TABLE stage DISABLE TRIGGER guard_stage;      -- which does not let it go
DELETE FROM stage WHERE process = 'lead' AND code = 'new';
SELECT process, stage, stage_label, probability, sum(leads) AS leads, sum(amount) AS amount, sum(weighted_amount) AS weighted
  FROM v_pipeline GROUP BY 1, 2, 3, 4, step ORDER BY 1, step;
SELECT (SELECT count(*) FROM v_lead WHERE stage_kind = 'open') AS open, (SELECT sum(leads) FROM v_pipeline) AS pipeline,
       (SELECT count(*) FROM drill('v_pipeline')) AS drilled, (SELECT sum(leads) FROM v_forecast) AS forecast,
       (SELECT count(*) FROM drill('v_pipeline', '{"stage": null}')) AS without_stage;
SELECT sum(waiting) AS waiting, (SELECT count(*) FROM drill('v_sla', '{"number": "waiting"}')) AS drilled,
       (SELECT count(*) FROM drill('v_sla', '{"number": "waiting"}') d
         WHERE d.id NOT IN (SELECT id FROM drill('v_pipeline'))) AS not_in_pipeline
  FROM v_sla;
ROLLBACK;

-- An intent that time alone has changed is the present one.
BEGIN;
SELECT leadcrm.begin_restore('views');
UPDATE lead SET intent_due_at = '2024-02-01', intent_since = '2024-01-01', fit = score, intent = 'hot', signals = '{}' WHERE name = 'straight';
SELECT intent, sum(leads) AS leads FROM v_intent GROUP BY 1 ORDER BY 1;
SELECT intent_now, count(*) FROM v_lead GROUP BY 1 ORDER BY 1;
ROLLBACK;

-- v_lead says it all in words.
SELECT name, department_label, province_name, city_name, territory_label, process_label, stage_label, stage_kind, furthest_stage_label, furthest_step, currency
  FROM v_lead ORDER BY id;
SELECT name, won_on, won_amount, lost_on, loss_reason_label, stages FROM v_lead WHERE won_on IS NOT NULL OR lost_on IS NOT NULL OR name = 'back' ORDER BY id;

-- A session in another zone reads the same.
CREATE TEMP VIEW all_numbers AS
SELECT (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_funnel f) AS funnel, (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_source f) AS source,
       (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_leaderboard f) AS leaderboard, (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_loss f) AS loss,
       (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_forecast f) AS forecast, (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_stuck f) AS stuck,
       (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_sla f) AS sla, (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_source_month f) AS source_month,
       (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_leaderboard_month f) AS leaderboard_month, (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_team_month f) AS team_month,
       (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_intent f) AS intent, (SELECT jsonb_agg(to_jsonb(f) ORDER BY to_jsonb(f)) FROM v_pipeline f) AS pipeline,
       (SELECT jsonb_agg(to_jsonb(f) - 'days' ORDER BY to_jsonb(f) - 'days') FROM v_stage_time f) AS stage_time,
       (SELECT jsonb_agg(jsonb_build_array(l.created_on, l.won_on, l.lost_on, l.closes_on) ORDER BY l.id) FROM v_lead l) AS lead;
CREATE TEMP TABLE read_in_shanghai AS SELECT * FROM all_numbers;
SET timezone = 'America/Los_Angeles';
SELECT n.* = s.* AS same FROM all_numbers n, read_in_shanghai s;
SET timezone = 'Pacific/Kiritimati';
SELECT n.* = s.* AS same FROM all_numbers n, read_in_shanghai s;
SELECT month, sum(leads) AS leads FROM v_funnel WHERE step = 1 AND process = 'lead' GROUP BY 1 ORDER BY 1;
RESET timezone;

-- Merged, unmerged and deleted leads: still what the recount says.
BEGIN;
SELECT cardinality(merge_leads((SELECT id FROM lead WHERE name = 'straight'), ARRAY(SELECT id FROM lead WHERE name = 'skipping'))) AS merged;
SELECT * FROM difference;
SELECT stage, leads FROM v_funnel_total WHERE process = 'lead' AND stage IN ('new', 'won') ORDER BY step;
SELECT FROM unmerge((SELECT max(id) FROM merge_log));
SELECT * FROM difference;
SELECT stage, leads FROM v_funnel_total WHERE process = 'lead' AND stage IN ('new', 'won') ORDER BY step;
DELETE FROM lead WHERE name IN ('straight', 'late');
SELECT * FROM difference;
SELECT stage, leads FROM v_funnel_total WHERE process = 'lead' AND stage IN ('new', 'won') ORDER BY step;
-- So it is after moves that people make: on, back, out, in again, and won.
INSERT INTO lead (name, first_source, owner, stage) VALUES ('m1', 'expo', 'li', NULL), ('m2', 'expo', 'li', 'analysis'), ('m3', 'expo', 'wu', NULL);
UPDATE lead SET stage = 'proposal' WHERE name IN ('m1', 'm2');
UPDATE lead SET stage = 'contacted' WHERE name = 'm1';
UPDATE lead SET stage = 'lost', loss_reason = 'price' WHERE name IN ('m1', 'm3');
UPDATE lead SET stage = 'won', expected_amount = 70 WHERE name = 'm2';
SELECT * FROM difference;
UPDATE lead SET stage = 'negotiation' WHERE name IN ('m1', 'm2');
SELECT * FROM difference;
SELECT stage, leads, lost FROM v_funnel_total WHERE process = 'lead' ORDER BY step;
ROLLBACK;

-- Who sees which numbers: an analyst all, a manager his teams', a rep his own;
-- his place in the ranking is that among all.
CREATE TEMP TABLE seen (who text, place integer, numbers text);
GRANT ALL ON seen TO PUBLIC;
CREATE FUNCTION pg_temp.look(who text, place integer) RETURNS void LANGUAGE SQL AS $$
    INSERT INTO seen SELECT who, place, concat_ws(' ', (SELECT sum(leads) FROM v_funnel WHERE step = 1), (SELECT sum(cost) FROM v_source),
        (SELECT sum(leads) FROM v_source), (SELECT sum(won) FROM v_leaderboard), (SELECT sum(target_amount) FROM v_leaderboard),
        (SELECT string_agg(owner || rank, ',' ORDER BY owner) FROM v_leaderboard_month WHERE month = '2024-02-01'),
        (SELECT string_agg(DISTINCT team, ',' ORDER BY team) FROM v_team_month), (SELECT sum(waiting) FROM v_sla),
        (SELECT sum(leads) FROM v_stuck), (SELECT sum(leads) FROM v_stage_time_total), (SELECT count(*) FROM v_lead), (SELECT count(*) FROM drill('v_funnel')))
$$;
SELECT pg_temp.look('owner', 1);
SET ROLE regress_analyst;
SELECT pg_temp.look('analyst', 2);
SET ROLE regress_chen;
SELECT pg_temp.look('manager', 3);
SET ROLE regress_li;
SELECT pg_temp.look('rep', 4);
SELECT count(*) FROM v_intake;
SELECT count(*) FROM _fact;
RESET ROLE;
SELECT who, numbers FROM seen ORDER BY place;

-- What a filter on one dimension makes of a query: labels not asked for are not joined.
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (COSTS OFF, FORMAT JSON) ' || query INTO plan;
    RETURN plan;
END $$;
CREATE FUNCTION pg_temp.joins(query text) RETURNS SETOF text LANGUAGE SQL AS $$
    SELECT m[1] FROM regexp_matches(pg_temp.plan(query), '"Relation Name": "(\w+)"', 'g') m
$$;
SELECT string_agg(DISTINCT j, ' ' ORDER BY j) FROM pg_temp.joins('SELECT month, sum(leads) FROM v_loss GROUP BY 1') j
 WHERE j IN ('rep', 'team', 'region', 'territory', 'industry', 'product_line', 'source', 'loss_reason');
SELECT string_agg(DISTINCT j, ' ' ORDER BY j) FROM pg_temp.joins('SELECT owner_name, sum(leads) FROM v_loss GROUP BY 1') j
 WHERE j IN ('rep', 'team', 'region', 'territory', 'industry', 'product_line', 'source', 'loss_reason');

-- Periods are what date_trunc() and extract() say, on all days that there are.
SELECT count(*) AS wrong
  FROM (SELECT '4713-01-01 BC'::date + n * 7 + n % 7 FROM generate_series(0, 750000) n
         UNION ALL SELECT date '1999-12-25' + n FROM generate_series(0, 20) n
         UNION ALL VALUES (date 'infinity'), ('-infinity')) d (day)
 WHERE leadcrm._week(day) <> date_trunc('week', day::timestamp)::date OR leadcrm._month(day) <> date_trunc('month', day::timestamp)::date
    OR leadcrm._quarter(day) <> date_trunc('quarter', day::timestamp)::date
    OR leadcrm._year(day) IS DISTINCT FROM CASE WHEN isfinite(day) THEN extract(year FROM day)::integer END;
SELECT leadcrm._month('4714-11-25 BC');

-- What depends on the moment is found by index, where there is much to look through.
BEGIN;
SELECT leadcrm.begin_restore('views');
INSERT INTO lead (first_source, last_source, process, stage, stage_since, created_at, updated_at, last_inbound_at)
SELECT 'expo', 'expo', 'lead', 'new', now(), now(), now(), now() FROM generate_series(1, 4000);
ANALYZE lead;
SELECT index, pg_temp.plan(query) ~ index AS used
  FROM (VALUES ('lead_waiting_idx', 'SELECT sum(waiting) FROM v_sla'), ('lead_stage_idx', 'SELECT sum(leads) FROM v_stuck'),
               ('lead_intent_due_at_idx', 'SELECT sum(leads) FROM v_intent')) q (index, query);
ROLLBACK;

RESET search_path;
SELECT leadcrm.drop_workspace('views', 12);
DROP ROLE regress_analyst, regress_chen, regress_li;
