-- The numbers that managers read.
--
-- Rows of v_funnel, v_source, v_leaderboard, v_intent, v_pipeline, v_forecast,
-- v_stage_time, v_stuck, v_loss and v_sla add up: every one carries the same
-- dimensions, its numbers are counts and amounts, and the sum over any rows is
-- right.  Rates do not add up; they stand in views that name what they are
-- rates of: ..._total over all, ..._month by month.
--
-- One row of them is one row of the cube or part of it, not a group: whoever
-- asks groups, and what he does not ask for is not joined.  They are read in
-- parallel: nothing in them is a subquery that must run first, a window function
-- or an OFFSET of another type than bigint.
--
-- Where a row counts only if there is a stage for it, this is an outer join and
-- the condition coalesce(step, 0) > 0: of an inner join PostgreSQL would expect
-- next to no rows, for it knows nothing of the columns of a UNION, and then
-- sort millions of rows to group them.

-- How far leads came.  A lead counts in every stage up to the furthest that it
-- reached, also where it skipped one or came in later, once however often it
-- was there; lost ones stay in.  What ends a process well counts while it
-- holds.
CREATE OR REPLACE VIEW v_funnel WITH (security_barrier) AS
SELECT f.day, f.week, f.month, f.quarter, f.year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.process, s.process_label, s.stage, s.stage_label, s.stage_kind, s.step,
       f.leads,
       CASE s.stage_kind WHEN 'won' THEN f.won_amount ELSE f.expected_amount END AS amount,
       CASE WHEN s.stage = ANY (f.stages) THEN f.leads ELSE 0 END AS entered,
       CASE WHEN s.stage = f.stage THEN f.leads ELSE 0 END AS present,
       CASE WHEN f.lost_on IS NOT NULL AND s.step = f.furthest THEN f.leads ELSE 0 END AS lost,
       CASE WHEN f.lost_on IS NOT NULL AND s.step = f.furthest THEN f.expected_amount ELSE 0 END AS lost_amount
  FROM (SELECT g.*, leadcrm._week(g.day) AS week, leadcrm._month(g.day) AS month, leadcrm._quarter(g.day) AS quarter,
               leadcrm._year(g.day) AS year,
               greatest(least(leadcrm.furthest(g.stages, p.path), p.steps), 1) AS furthest
          FROM _fact g
          LEFT JOIN _path p ON p.process = g.process
         WHERE g.part = 'cube'
        OFFSET bigint '0') f        -- what all stages of a row share is worked out once
  LEFT JOIN v_stage s ON s.process = f.process
                     AND (s.step <= f.furthest OR s.stage = f.stage AND s.stage_kind IN ('won', 'converted'))
 WHERE coalesce(s.step, 0) > 0;

CREATE OR REPLACE VIEW v_funnel_total WITH (security_barrier) AS
SELECT t.process, t.process_label, t.stage, t.stage_label, t.stage_kind, t.step,
       t.leads::bigint, t.amount, t.entered::bigint, t.present::bigint, t.lost::bigint, t.lost_amount,
       round(t.leads / nullif(t.before, 0), 4) AS from_previous,
       round(t.leads / nullif(t.first, 0), 4) AS from_first,
       round(t.lost / nullif(t.leads, 0), 4) AS loss_rate,
       coalesce(t.leads < t.before AND t.leads / t.before = min(t.leads / nullif(t.before, 0)) OVER (PARTITION BY t.process),
                false) AS worst
  FROM (SELECT g.*, s.process_label, s.stage_label, s.stage_kind, s.step,
               max(g.leads) OVER (PARTITION BY g.process ORDER BY s.step RANGE BETWEEN 1 PRECEDING AND 1 PRECEDING) AS before,
               max(g.leads) FILTER (WHERE s.step = 1) OVER (PARTITION BY g.process) AS first
          FROM (SELECT f.process, f.stage, sum(f.leads) AS leads, sum(f.amount) AS amount, sum(f.entered) AS entered,
                       sum(f.present) AS present, sum(f.lost) AS lost, sum(f.lost_amount) AS lost_amount
                  FROM v_funnel f
                 GROUP BY f.process, f.stage) g
          JOIN v_stage s ON s.process = g.process AND s.stage = g.stage) t;

-- Where leads come from and what becomes of them, by the day they came.  The
-- numbers without a suffix belong to the first source, those of last touch to
-- the last, those of equal share by halves to both; the second row is there
-- where the two differ.  What a source cost stands
-- in rows of its own, spread evenly over its days to the last cent.
CREATE OR REPLACE VIEW v_source WITH (security_barrier) AS
SELECT f.day, leadcrm._week(f.day) AS week, leadcrm._month(f.day) AS month,
       leadcrm._quarter(f.day) AS quarter, leadcrm._year(f.day) AS year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.leads, f.scored, f.score,
       CASE f.intent WHEN 'hot' THEN f.leads ELSE 0 END AS hot,
       CASE WHEN f.won_on IS NOT NULL THEN f.leads ELSE 0 END AS won,
       CASE f.part WHEN 'cube' THEN f.won_amount ELSE 0 END AS won_amount, f.expected_amount,
       CASE WHEN f.last_source = f.source THEN f.touched ELSE 0 END AS leads_last_touch,
       CASE WHEN f.last_source = f.source AND f.won_on IS NOT NULL THEN f.touched ELSE 0 END AS won_last_touch,
       CASE WHEN f.last_source = f.source THEN f.won_amount ELSE 0 END AS won_amount_last_touch,
       f.share * f.touched AS leads_equal_share,
       CASE WHEN f.won_on IS NULL THEN 0 ELSE f.share * f.touched END AS won_equal_share,
       f.share * f.won_amount AS won_amount_equal_share,
       f.cost
  FROM (SELECT g.*, CASE WHEN g.part = 'last' OR g.last_source <> g.source THEN 0.5 WHEN g.part = 'cube' THEN 1.0 ELSE 0 END AS share
          FROM _fact g
         WHERE g.part IN ('cube', 'last', 'cost')) f;

-- Each source month by month, of the leads that came in it, in the workspace's
-- currency.  Low is a month whose share of won leads is below that of all
-- sources together.
CREATE OR REPLACE VIEW v_source_month WITH (security_barrier) AS
SELECT r.month,
       r.source, coalesce(s.label, r.source) AS source_label, s.channel,
       r.leads::bigint,
       r.leads_before::bigint,
       round(r.leads / nullif(r.leads_before, 0) - 1, 4) AS leads_trend,
       round(r.score / nullif(r.scored, 0), 1) AS average_score,
       r.hot::bigint,
       round(r.hot / nullif(r.leads, 0), 4) AS hot_rate,
       r.won::bigint,
       round(r.win_rate, 4) AS win_rate,
       round(r.win_rate - r.win_rate_before, 4) AS win_rate_trend,
       round(r.win_rate_all, 4) AS win_rate_all,
       r.won_amount,
       round(r.won_amount / nullif(r.leads, 0), 2) AS amount_per_lead,
       r.cost,
       round(r.cost / nullif(r.leads, 0), 2) AS cost_per_lead,
       round(r.cost / nullif(r.won, 0), 2) AS cost_per_won,
       round((r.won_amount - r.cost) / nullif(r.cost, 0), 4) AS roi,
       round((r.won_amount_last_touch - r.cost) / nullif(r.cost, 0), 4) AS roi_last_touch,
       round((r.won_amount_equal_share - r.cost) / nullif(r.cost, 0), 4) AS roi_equal_share,
       r.low,
       count(*) FILTER (WHERE r.low)
           OVER (PARTITION BY r.source ORDER BY r.month RANGE BETWEEN '2 months' PRECEDING AND CURRENT ROW) = 3 AS low_for_three
  FROM (SELECT m.*,
               sum(m.leads) OVER before AS leads_before,
               m.won / nullif(m.leads, 0) AS win_rate,
               sum(m.won) OVER before / nullif(sum(m.leads) OVER before, 0) AS win_rate_before,
               sum(m.won) OVER together / nullif(sum(m.leads) OVER together, 0) AS win_rate_all,
               coalesce(m.won / nullif(m.leads, 0) < sum(m.won) OVER together / nullif(sum(m.leads) OVER together, 0),
                        false) AS low
          FROM (SELECT f.month, f.source,
                       sum(f.leads) AS leads, sum(f.scored) AS scored, sum(f.score) AS score, sum(f.hot) AS hot,
                       sum(f.won) AS won,
                       coalesce(sum(f.won_amount) FILTER (WHERE f.currency = (SELECT u.currency FROM _currency u)), 0) AS won_amount,
                       coalesce(sum(f.won_amount_last_touch) FILTER (WHERE f.currency = (SELECT u.currency FROM _currency u)), 0) AS won_amount_last_touch,
                       coalesce(sum(f.won_amount_equal_share) FILTER (WHERE f.currency = (SELECT u.currency FROM _currency u)), 0) AS won_amount_equal_share,
                       coalesce(sum(f.cost) FILTER (WHERE f.currency = (SELECT u.currency FROM _currency u)), 0) AS cost
                  FROM v_source f
                 GROUP BY f.month, f.source) m
        WINDOW before AS (PARTITION BY m.source ORDER BY m.month RANGE BETWEEN '1 month' PRECEDING AND '1 month' PRECEDING),
               together AS (PARTITION BY m.month)) r
  LEFT JOIN source s ON s.code = r.source;

-- What each rep has to do, does and wins: leads by the day they came, won ones
-- by the day they were won, targets by their month.
CREATE OR REPLACE VIEW v_leaderboard WITH (security_barrier) AS
SELECT f.day, leadcrm._week(f.day) AS week, leadcrm._month(f.day) AS month,
       leadcrm._quarter(f.day) AS quarter, leadcrm._year(f.day) AS year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.leads, f.assigned, f.contacted, f.contact_minutes, f.won, CASE f.part WHEN 'won' THEN f.won_amount ELSE 0 END AS won_amount,
       f.target_won, f.target_amount, f.team_target_won, f.team_target_amount
  FROM _fact f
 WHERE f.part IN ('cube', 'won', 'target');

-- The ranking of each month, among all reps, whoever reads; a reader sees the
-- lines of those whose numbers he sees.  Amounts are in the workspace's currency.
CREATE OR REPLACE VIEW v_leaderboard_month WITH (security_barrier) AS
SELECT m.month,
       m.owner, coalesce(o.name, m.owner) AS owner_name,
       o.team, coalesce(t.label, o.team) AS team_label,
       d.department, d.department_label,
       m.rank,
       m.won, m.won_amount,
       m.target_won, round(m.won::numeric / nullif(m.target_won, 0), 4) AS attainment_won,
       m.target_amount, round(m.won_amount / nullif(m.target_amount, 0), 4) AS attainment,
       m.leads, m.assigned, m.contacted,
       round(m.contacted::numeric / nullif(m.assigned, 0), 4) AS contact_rate,
       round(m.contact_minutes::numeric / nullif(m.contacted, 0), 1) AS average_contact_minutes
  FROM (SELECT n.month, n.owner,
               rank() OVER (PARTITION BY n.month ORDER BY sum(n.won_amount) DESC, sum(n.won) DESC) AS rank,
               sum(n.won)::bigint AS won, sum(n.won_amount) AS won_amount,
               sum(n.target_won)::bigint AS target_won, sum(n.target_amount) AS target_amount,
               sum(n.leads)::bigint AS leads, sum(n.assigned)::bigint AS assigned,
               sum(n.contacted)::bigint AS contacted, sum(n.contact_minutes)::bigint AS contact_minutes
          FROM _rep_month n
         GROUP BY n.month, n.owner) m
  LEFT JOIN rep o ON o.code = m.owner
  LEFT JOIN team t ON t.code = o.team
  LEFT JOIN _department d ON d.team = o.team
 WHERE leadcrm._sees_owner('lead'::regclass, m.owner);

-- The same for each team with all teams below it, and per head: what one of
-- its active reps won on average.  A manager sees the teams all of whose reps
-- are his.
CREATE OR REPLACE VIEW v_team_month WITH (security_barrier) AS
SELECT m.month,
       a.team, a.label AS team_label, a.department, a.department_label,
       a.heads,
       m.leads::bigint, m.assigned::bigint, m.contacted::bigint,
       round(m.contacted / nullif(m.assigned, 0), 4) AS contact_rate,
       round(m.contact_minutes / nullif(m.contacted, 0), 1) AS average_contact_minutes,
       m.won::bigint, m.won_amount,
       round(m.won / nullif(a.heads, 0), 2) AS won_per_head,
       round(m.won_amount / nullif(a.heads, 0), 2) AS won_amount_per_head,
       coalesce(g.won, m.target_won)::bigint AS target_won,
       coalesce(g.amount, m.target_amount) AS target_amount,
       round(m.won_amount / nullif(coalesce(g.amount, m.target_amount), 0), 4) AS attainment
  FROM (SELECT d.team, coalesce(t.label, d.team) AS label, d.department, d.department_label,
               count(r.code) FILTER (WHERE r.active) AS heads,
               array_agg(r.code) FILTER (WHERE r.code IS NOT NULL) AS reps
          FROM _department d
          JOIN team t ON t.code = d.team
          LEFT JOIN _department b ON starts_with(b.department || '/', d.department || '/')
          LEFT JOIN rep r ON r.team = b.team
         GROUP BY d.team, t.label, d.department, d.department_label) a
  JOIN (SELECT n.month, d.team,
               sum(n.leads) AS leads, sum(n.assigned) AS assigned, sum(n.contacted) AS contacted,
               sum(n.contact_minutes) AS contact_minutes, sum(n.won) AS won, sum(n.won_amount) AS won_amount,
               sum(n.target_won) AS target_won, sum(n.target_amount) AS target_amount
          FROM _rep_month n
          JOIN rep r ON r.code = n.owner
          JOIN _department b ON b.team = r.team
          JOIN _department d ON starts_with(b.department || '/', d.department || '/')
         GROUP BY n.month, d.team) m ON m.team = a.team
  LEFT JOIN rep_target g ON g.team = m.team AND g.month = m.month
 WHERE (SELECT sees_numbers()) OR a.reps <@ (SELECT my_reps())::text[];

-- How warm leads are at this moment, by the day they came.
CREATE OR REPLACE VIEW v_intent WITH (security_barrier) AS
SELECT f.created_on AS day, leadcrm._week(f.created_on) AS week, leadcrm._month(f.created_on) AS month,
       leadcrm._quarter(f.created_on) AS quarter, leadcrm._year(f.created_on) AS year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.intent, coalesce(v.label, f.intent) AS intent_label, v.position AS intent_position,
       f.leads, f.scored, f.score, f.expected_amount AS amount
  FROM _fact f
  LEFT JOIN intent_level v ON v.level = f.intent
 WHERE f.part IN ('cube', 'intent');

CREATE OR REPLACE VIEW v_intent_total WITH (security_barrier) AS
SELECT v.level AS intent, coalesce(v.label, v.level) AS intent_label, v.position AS intent_position,
       coalesce(f.leads, 0)::bigint AS leads,
       round(coalesce(f.leads, 0) / nullif(sum(f.leads) OVER (), 0), 4) AS share,
       round(f.score / nullif(f.scored, 0), 1) AS average_score
  FROM intent_level v
  LEFT JOIN (SELECT i.intent, sum(i.leads) AS leads, sum(i.score) AS score, sum(i.scored) AS scored
               FROM v_intent i
              GROUP BY i.intent) f ON f.intent = v.level;

-- What is in each open stage now and what it is worth, by the day it came.  A
-- lead without a stage, or whose stage is gone, is open: it stands here without
-- a stage and weighs nothing.
CREATE OR REPLACE VIEW v_pipeline WITH (security_barrier) AS
SELECT f.created_on AS day, leadcrm._week(f.created_on) AS week, leadcrm._month(f.created_on) AS month,
       leadcrm._quarter(f.created_on) AS quarter, leadcrm._year(f.created_on) AS year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.process, s.process_label, s.stage, s.stage_label, s.step,
       s.probability,
       f.leads, f.expected_amount AS amount,
       f.expected_amount * coalesce(s.probability, 0) AS weighted_amount
  FROM _fact f
  LEFT JOIN v_stage s ON s.process = f.process AND s.stage = f.stage
 WHERE f.part = 'open' AND leadcrm.is_open('lead'::regclass, f.process, f.stage);

-- What is won in a month and what open leads may bring in it: by the month in
-- which they are expected to close, weighted by the probability of their stage
-- and by what became of leads that came as far before.
CREATE OR REPLACE VIEW v_forecast WITH (security_barrier) AS
SELECT f.day, leadcrm._week(f.day) AS week, leadcrm._month(f.day) AS month,
       leadcrm._quarter(f.day) AS quarter, leadcrm._year(f.day) AS year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.leads, f.expected_amount AS amount, f.expected_amount * coalesce(s.probability, 0) AS weighted_amount,
       f.expected_amount * coalesce(h.win_rate, s.probability, 0) AS history_amount,
       f.won, f.won_amount
  FROM _fact f
  LEFT JOIN v_stage s ON s.process = f.process AND s.stage = f.stage AND f.part = 'due'
  LEFT JOIN _stage_history h ON h.process = s.process AND h.stage = s.stage
 WHERE f.part = 'won' OR (f.part = 'due' AND leadcrm.is_open('lead'::regclass, f.process, f.stage));

-- Leads that are in an open stage for longer than it should take, at this
-- moment, by the day they came.
CREATE OR REPLACE VIEW v_stuck WITH (security_barrier) AS
SELECT f.created_on AS day, leadcrm._week(f.created_on) AS week, leadcrm._month(f.created_on) AS month,
       leadcrm._quarter(f.created_on) AS quarter, leadcrm._year(f.created_on) AS year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.process, s.process_label, s.stage, s.stage_label, s.step,
       f.leads, f.expected_amount AS amount
  FROM _fact f
  JOIN v_stage s ON s.process = f.process AND s.stage = f.stage
 WHERE f.part = 'stuck';

-- Why leads are lost, by the day they were lost, and how far they had come.
CREATE OR REPLACE VIEW v_loss WITH (security_barrier) AS
SELECT f.lost_on AS day, leadcrm._week(f.lost_on) AS week, leadcrm._month(f.lost_on) AS month,
       leadcrm._quarter(f.lost_on) AS quarter, leadcrm._year(f.lost_on) AS year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.process, s.process_label, s.stage, s.stage_label, s.step,
       f.loss_reason, coalesce(r.label, f.loss_reason) AS loss_reason_label, f.competitor,
       f.leads, f.expected_amount AS amount
  FROM _fact f
  LEFT JOIN _path p ON p.process = f.process
  LEFT JOIN _open_stage s ON s.process = f.process AND s.step = greatest(least(leadcrm.furthest(f.stages, p.path), p.steps), 1)
  LEFT JOIN loss_reason r ON r.code = f.loss_reason
 WHERE f.part = 'lost';

-- How soon leads are contacted, by the day they came; waiting and overdue are
-- as of this moment.
CREATE OR REPLACE VIEW v_sla WITH (security_barrier) AS
SELECT f.created_on AS day, leadcrm._week(f.created_on) AS week, leadcrm._month(f.created_on) AS month,
       leadcrm._quarter(f.created_on) AS quarter, leadcrm._year(f.created_on) AS year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.leads, f.assigned, f.contacted, f.contact_minutes, f.waiting, f.late AS overdue
  FROM _fact f
 WHERE f.part IN ('cube', 'waiting');

-- How long leads stay in each open stage, up to this moment where they still
-- are, by the day they came; a lead that comes back makes another visit.  A row
-- is one visit, so that its days can be sorted for a median, too.
CREATE OR REPLACE VIEW v_stage_time WITH (security_barrier) AS
SELECT f.created_on AS day, leadcrm._week(f.created_on) AS week, leadcrm._month(f.created_on) AS month,
       leadcrm._quarter(f.created_on) AS quarter, leadcrm._year(f.created_on) AS year,
       f.team, f.team_label, f.department, f.department_label, f.owner, f.owner_name,
       f.province, f.province_name, f.city, f.city_name, f.territory, f.territory_label,
       f.industry, f.industry_label, f.product_line, f.product_line_label,
       f.source, f.source_label, f.channel, f.campaign, f.partner, f.currency,
       f.process, s.process_label, s.stage, s.stage_label, s.step,
       f.leads AS visits, f.stayed AS days, f.ended
  FROM _fact f
  LEFT JOIN v_stage s ON s.process = f.process AND s.stage = f.stage AND s.stage_kind = 'open'
 WHERE f.part = 'visit' AND coalesce(s.step, 0) > 0;

-- The times of visits that have ended, within 1 %.
CREATE OR REPLACE VIEW v_stage_time_total WITH (security_barrier) AS
SELECT s.process, s.process_label, s.stage, s.stage_label, s.step,
       r.leads, r.visits, r.ended,
       round(extract(epoch FROM r.average_time) / 86400, 2) AS average_days,
       round(extract(epoch FROM r.median_time) / 86400, 2) AS median_days,
       round(extract(epoch FROM r.p90_time) / 86400, 2) AS p90_days,
       coalesce(k.leads, 0) AS stuck,
       coalesce(k.amount, 0) AS stuck_amount
  FROM (SELECT l.process, leadcrm.stage_durations(l.lifecycle, now()) AS durations
          FROM lead l
         WHERE l.merged_into IS NULL
           AND leadcrm._sees_owner('lead'::regclass, l.owner)
         GROUP BY l.process) d
 CROSS JOIN LATERAL leadcrm.stage_duration_rows(d.durations) r
  JOIN v_stage s ON s.process = d.process AND s.stage = r.stage AND s.stage_kind = 'open'
  LEFT JOIN (SELECT u.process, u.stage, sum(u.leads)::bigint AS leads, sum(u.amount) AS amount
               FROM v_stuck u
              GROUP BY u.process, u.stage) k ON k.process = s.process AND k.stage = s.stage;
