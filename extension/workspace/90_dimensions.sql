-- What numbers are read by: one place where codes become paths and labels.

-- Each team's department, the path of teams from the uppermost down to it.
CREATE OR REPLACE VIEW _department AS
WITH RECURSIVE down AS (
    SELECT t.code AS team, t.code AS department, coalesce(t.label, t.code) AS department_label
      FROM team t
     WHERE t.parent IS NULL
     UNION ALL
    SELECT t.code, d.department || '/' || t.code, d.department_label || '/' || coalesce(t.label, t.code)
      FROM down d
      JOIN team t ON t.parent = d.team
)
SELECT d.team, min(d.department) AS department, min(d.department_label) AS department_label
  FROM down d
 GROUP BY d.team;

-- The innermost territory that each region lies in: the one that names most
-- digits of its code, then the first by code.
CREATE OR REPLACE VIEW _territory_region AS
WITH named AS MATERIALIZED (
    SELECT rtrim(n.region) AS region, min(t.code COLLATE "C") AS territory
      FROM territory t
     CROSS JOIN unnest(t.regions) AS n (region)
     WHERE t.active
     GROUP BY 1
)
SELECT r.code AS region, min(coalesce(a.territory, b.territory, c.territory)) AS territory
  FROM (SELECT r.code FROM region r UNION SELECT n.region FROM named n) r
  LEFT JOIN named a ON a.region = r.code
  LEFT JOIN named b ON b.region = left(r.code, 4)
  LEFT JOIN named c ON c.region = left(r.code, 2)
 GROUP BY r.code;

-- The currency in which rates are worked out, and that of amounts without one.
CREATE OR REPLACE VIEW _currency AS
SELECT coalesce(w.settings ->> 'currency', 'CNY') AS currency FROM workspace w;

-- The way that leads take through each process: its open stages in order, how
-- many these are, and after them the stages that end it well.
CREATE OR REPLACE VIEW _path AS
SELECT s.process,
       array_agg(s.code ORDER BY s.kind <> 'open', s.position, s.code) AS path,
       (count(*) FILTER (WHERE s.kind = 'open'))::integer AS steps
  FROM stage s
 WHERE s.kind <> 'lost'
 GROUP BY s.process;

-- The stages of all processes; step is the place of a stage in the funnel.  One
-- row a key, and PostgreSQL knows it: a query that asks for nothing of a stage
-- does not join it.  There is no window function here, for whose sake reports
-- would be read without parallel workers.
CREATE OR REPLACE VIEW v_stage AS
SELECT DISTINCT ON (s.process, s.code) s.process,
       coalesce(p.label, s.process) AS process_label,
       p.subject,
       s.code AS stage,
       coalesce(s.label, s.code) AS stage_label,
       s.position AS stage_position,
       s.kind AS stage_kind,
       CASE s.kind WHEN 'open' THEN array_position(w.path, s.code)
                   WHEN 'lost' THEN NULL
                   ELSE w.steps + 1 END AS step,
       s.probability,
       s.stuck_after
  FROM stage s
  JOIN process p ON p.code = s.process
  LEFT JOIN _path w ON w.process = s.process;

-- The open ones by their steps: one row a key, so that a query that asks for
-- nothing of it does not join it.
CREATE OR REPLACE VIEW _open_stage AS
SELECT s.process, s.step, min(s.process_label) AS process_label, min(s.stage) AS stage, min(s.stage_label) AS stage_label
  FROM v_stage s
 WHERE s.stage_kind = 'open'
 GROUP BY s.process, s.step;

CREATE OR REPLACE VIEW v_intent_level AS
SELECT v.level AS intent, coalesce(v.label, v.level) AS intent_label, v.position AS intent_position
  FROM intent_level v;

-- What each source costs, day by day: an amount spread evenly over its days, so
-- that the days add up to it exactly.
CREATE OR REPLACE VIEW _cost AS
SELECT c.from_date + d.n AS day, c.source, c.campaign, c.currency,
       round(c.amount * (d.n + 1) / (c.to_date - c.from_date + 1), greatest(scale(c.amount), 2))
         - round(c.amount * d.n / (c.to_date - c.from_date + 1), greatest(scale(c.amount), 2)) AS cost
  FROM source_cost c
 CROSS JOIN LATERAL generate_series(0, c.to_date - c.from_date) AS d (n);

-- The rows behind all numbers, by part: what the cube counts, once by each day
-- and source that numbers go by; and beside it what depends on the moment, each
-- found by an index of its own, and what is not about leads.
--   cube     the leads, by the day they came and their first source
--   last     those whose last source is another, by it, found by an index
--   open     those that are neither won nor lost, by the day they came
--   due      the same, by the month in which they are expected to close
--   won      the won ones, by the day they were won
--   lost     the lost ones, by the day they were lost
--   intent   leads whose intent time alone may have changed: taken from the
--            level that was written down and added to the present one
--   waiting  leads that wait for their first contact; late: past the deadline
--   stuck    leads that are in an open stage for too long
--   visit    the visits of leads to stages, with the days they stayed until now
--   cost     what sources cost
--   target   what reps, or teams as a whole, are to win, as far as the acting
--            role sees it
-- Of a query that names one part the others are not run.  PostgreSQL looks into
-- parts whose columns are of exactly the same types, and reads those in place
-- that have neither joins nor conditions: therefore it is _fact that leaves out
-- of "last" what does not belong there.
CREATE OR REPLACE VIEW _part AS
SELECT 'cube'::text AS part, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent,
       c.loss_reason, c.competitor, c.currency,
       c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned,
       c.contacted, c.contact_minutes,
       0::bigint AS late, 0::numeric AS stayed,
       c.created_on AS day, c.first_source AS source, c.leads AS touched, 0::bigint AS won, 0::bigint AS waiting, 0::numeric AS cost,
       0::bigint AS target_won, 0::numeric AS target_amount, 0::bigint AS team_target_won, 0::numeric AS team_target_amount, 0::bigint AS ended
  FROM _cube c
 UNION ALL
SELECT 'last'::text, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent,
       c.loss_reason, c.competitor, c.currency,
       0::bigint, 0::numeric, c.won_amount, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
       0::bigint, 0::numeric,
       c.created_on, c.last_source, c.leads, 0::bigint, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint
  FROM _cube c
 UNION ALL
SELECT 'open'::text, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent,
       c.loss_reason, c.competitor, c.currency,
       c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned,
       c.contacted, c.contact_minutes,
       0::bigint, 0::numeric,
       c.created_on, c.first_source, 0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint
  FROM lead_cube_open c
 UNION ALL
SELECT 'due'::text, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent,
       c.loss_reason, c.competitor, c.currency,
       c.leads, c.expected_amount, 0::numeric, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
       0::bigint, 0::numeric,
       CASE WHEN c.closes_on BETWEEN '0001-01-01' AND '9999-12-01' THEN c.closes_on END, c.first_source,
       0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint
  FROM lead_cube_open c
 UNION ALL
SELECT 'won'::text, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent,
       c.loss_reason, c.competitor, c.currency,
       0::bigint, 0::numeric, c.won_amount, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
       0::bigint, 0::numeric,
       c.won_on, c.first_source, 0::bigint, c.leads, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint
  FROM lead_cube_won c
 UNION ALL
SELECT 'lost'::text, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent,
       c.loss_reason, c.competitor, c.currency,
       c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned,
       c.contacted, c.contact_minutes,
       0::bigint, 0::numeric,
       c.lost_on, c.first_source, 0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint
  FROM lead_cube_lost c
 UNION ALL
SELECT 'intent'::text, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, CASE n.sign WHEN 1 THEN leadcrm.intent_at(l, now()) ELSE l.intent END,
       c.loss_reason, c.competitor, c.currency,
       n.sign, n.sign * c.expected_amount, n.sign * c.won_amount, n.sign * c.score, n.sign * c.scored,
       n.sign * c.assigned, n.sign * c.contacted, n.sign * c.contact_minutes, 0::bigint, 0::numeric,
       c.created_on, c.first_source, 0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint
  FROM lead l
  JOIN _cube_lead c ON c.id = l.id
 CROSS JOIN (VALUES (-1::bigint), (1)) AS n (sign)
 WHERE l.intent_due_at <= now()
 UNION ALL
SELECT 'waiting'::text, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent,
       c.loss_reason, c.competitor, c.currency,
       0::bigint, 0::numeric, 0::numeric, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
       (c.first_contact_due_at < now())::integer::bigint, 0::numeric,
       c.created_on, c.first_source, 0::bigint, 0::bigint, c.leads, 0::numeric, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint
  FROM _cube_lead c
 WHERE c.first_contacted_at IS NULL AND c.owner IS NOT NULL AND c.first_contact_due_at IS NOT NULL
   AND leadcrm.is_open('lead'::regclass, c.process, c.stage)
 UNION ALL
SELECT 'stuck'::text, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent,
       c.loss_reason, c.competitor, c.currency,
       c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned,
       c.contacted, c.contact_minutes,
       0::bigint, 0::numeric,
       c.created_on, c.first_source, 0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint
  FROM stage g
 CROSS JOIN LATERAL (SELECT l.*
                       FROM _cube_lead l
                      WHERE l.process = g.process COLLATE "default" AND l.stage = g.code COLLATE "default"
                        AND l.stage_since < leadcrm.subtract(now(), g.stuck_after, (SELECT w.time_zone FROM workspace w))
                        AND l.won_at IS NULL AND l.lost_at IS NULL
                     OFFSET bigint '0') c   -- stage by stage, by index, whose collation that is
 WHERE g.kind = 'open'
 UNION ALL
SELECT 'visit'::text, c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, v.stage, c.stages, c.owner, c.team,
       c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent,
       c.loss_reason, c.competitor, c.currency,
       c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned,
       c.contacted, c.contact_minutes,
       0::bigint, round(extract(epoch FROM v.stayed) / 86400, 6),
       c.created_on, c.first_source, 0::bigint, 0::bigint, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint, 0::numeric, v.ended
  FROM _cube_lead c
 CROSS JOIN LATERAL (SELECT t.from_stage AS stage, t.stayed, 1::bigint AS ended FROM leadcrm.transitions(c.lifecycle) t WHERE t.from_stage IS NOT NULL
                      UNION ALL
                     SELECT c.stage, now() - c.stage_since, 0::bigint) v
 UNION ALL
SELECT 'cost'::text, NULL::date, NULL::date, NULL::date, NULL::date, NULL::text, NULL::text, NULL::text, NULL::text[], NULL::text, NULL::text,
       NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, c.campaign, NULL::text, NULL::text,
       NULL::text, NULL::text, c.currency,
       0::bigint, 0::numeric, 0::numeric, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::numeric,
       c.day, c.source, 0::bigint, 0::bigint, 0::bigint, c.cost, 0::bigint, 0::numeric, 0::bigint, 0::numeric, 0::bigint
  FROM _cost c
 UNION ALL
SELECT 'target'::text, NULL::date, NULL::date, NULL::date, NULL::date, NULL::text, NULL::text, NULL::text, NULL::text[],
       g.rep COLLATE "default", coalesce(g.team, o.team) COLLATE "default",
       NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text,
       NULL::text, NULL::text, NULL::text,
       0::bigint, 0::numeric, 0::numeric, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::numeric,
       g.month, NULL::text, 0::bigint, 0::bigint, 0::bigint, 0::numeric,
       CASE WHEN g.rep IS NOT NULL THEN coalesce(g.won, 0) ELSE 0 END::bigint,
       CASE WHEN g.rep IS NOT NULL THEN coalesce(g.amount, 0) ELSE 0 END,
       CASE WHEN g.rep IS NULL THEN coalesce(g.won, 0) ELSE 0 END::bigint,
       CASE WHEN g.rep IS NULL THEN coalesce(g.amount, 0) ELSE 0 END, 0::bigint
  FROM rep_target g
  LEFT JOIN rep o ON o.code = g.rep
 WHERE leadcrm._sees_owner('lead'::regclass, g.rep)
    OR g.team IN (SELECT m.team FROM rep m WHERE leadcrm._sees_owner('lead'::regclass, m.code));

-- The same with all dimensions, as far as the acting role sees numbers: all of
-- them, or those of its own leads, or of its teams.  Each join is to something
-- small with one row a key, so that a query that does not ask for a label does
-- not join for it.
CREATE OR REPLACE VIEW _fact AS
SELECT c.part,
       c.created_on, c.won_on, c.lost_on, c.closes_on,
       c.process, c.stage, c.stages, c.intent, c.loss_reason, c.competitor, c.last_source,
       c.team, coalesce(t.label, c.team) AS team_label,
       coalesce(d.department, c.team) AS department, coalesce(d.department_label, c.team) AS department_label,
       c.owner, coalesce(o.name, c.owner) AS owner_name,
       p.code AS province, p.name AS province_name,
       q.code AS city, q.full_name AS city_name,
       y.code AS territory, coalesce(y.label, y.code) AS territory_label,
       c.industry, coalesce(i.label, c.industry) AS industry_label,
       c.product_line, coalesce(k.label, c.product_line) AS product_line_label,
       c.source, coalesce(s.label, c.source) AS source_label, s.channel,
       c.campaign, c.partner,
       coalesce(c.currency, (SELECT u.currency FROM _currency u)) AS currency,
       c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned, c.contacted, c.contact_minutes, c.late,
       c.stayed,
       c.day, c.touched, c.won, c.waiting, c.cost,
       c.target_won, c.target_amount, c.team_target_won, c.team_target_amount, c.ended
  FROM _part c
  LEFT JOIN team t ON t.code = c.team
  LEFT JOIN _department d ON d.team = c.team
  LEFT JOIN rep o ON o.code = c.owner
  LEFT JOIN region p ON p.code = left(c.region, 2)
  LEFT JOIN region q ON q.code = left(c.region, 4) AND length(c.region) >= 4
  LEFT JOIN _territory_region a ON a.region = c.region
  LEFT JOIN territory y ON y.code = a.territory
  LEFT JOIN industry i ON i.code = c.industry
  LEFT JOIN product_line k ON k.code = c.product_line
  LEFT JOIN source s ON s.code = c.source
 WHERE (c.part <> 'last' OR CASE WHEN c.last_source <> c.first_source THEN c.last_source END IS NOT NULL)
   AND (leadcrm._sees_owner('lead'::regclass, c.owner) OR c.part = 'target');

-- Of the leads that came as far as a stage and were decided since, the share
-- that was won; none where fewer than 20 were decided.
CREATE OR REPLACE VIEW _stage_history AS
SELECT s.process, s.stage, sum(c.leads) FILTER (WHERE c.won_on IS NOT NULL) / sum(c.leads) AS win_rate
  FROM (SELECT k.process, k.won_on, k.leads, greatest(least(leadcrm.furthest(k.stages, p.path), p.steps), 1) AS furthest
          FROM _cube k
          JOIN _path p ON p.process = k.process
         WHERE k.won_on IS NOT NULL OR k.lost_on IS NOT NULL
        OFFSET 0) c
  JOIN v_stage s ON s.process = c.process AND s.step <= c.furthest
 GROUP BY s.process, s.stage
HAVING sum(c.leads) >= 20;

-- What each rep did, won and was to win, by month, of all reps.
CREATE OR REPLACE VIEW _rep_month AS
SELECT leadcrm._month(c.created_on) AS month, c.owner,
       c.leads, c.assigned, c.contacted, c.contact_minutes, 0::bigint AS won, 0::numeric AS won_amount,
       0::bigint AS target_won, 0::numeric AS target_amount
  FROM _cube c
 WHERE c.owner IS NOT NULL
 UNION ALL
SELECT leadcrm._month(c.won_on), c.owner, 0::bigint, 0::bigint, 0::bigint, 0::bigint,
       c.leads, CASE WHEN c.currency IS NULL OR c.currency = (SELECT u.currency FROM _currency u) THEN c.won_amount ELSE 0 END, 0::bigint, 0::numeric
  FROM lead_cube_won c
 WHERE c.owner IS NOT NULL
 UNION ALL
SELECT g.month, g.rep, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::numeric, coalesce(g.won, 0)::bigint,
       coalesce(g.amount, 0)
  FROM rep_target g
 WHERE g.rep IS NOT NULL;
