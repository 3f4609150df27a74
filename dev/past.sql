-- A made-up half year for the sample leads of the workspace that comes first in
-- search_path: the days on which they came, whom a rep reached how soon, how far
-- each got and what it brought, what sources cost and reps were to win.
--
-- Every choice is a throw of the samples' dice over the lead's id, so all of it
-- depends on the leads and on today only.  It is written as a restore writes
-- leads that were some before.  Run as the workspace's owner.

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL jit = off;
SELECT leadcrm.begin_restore(current_schema);

-- The later the more leads, few at weekends; by working hours.
CREATE TEMP TABLE lived ON COMMIT DROP AS
SELECT l.id, l.process, l.owner, d.came, d.came + minutes_to_contact * interval '1 minute' AS contacted, d.today,
       -- how well it goes, in percent of the usual
       CASE l.first_source WHEN '官网-索要报价' THEN 125 WHEN '渠道伙伴' THEN 118 WHEN '展会名片' THEN 104 WHEN '官网' THEN 105
                           WHEN '抖音' THEN 76 WHEN '360推广' THEN 82 ELSE 94 END
         + CASE l.owner WHEN 'li' THEN 10 WHEN 'zhou' THEN 6 WHEN 'wu' THEN -8 ELSE 0 END AS luck,
       coalesce(l.expected_amount, l.budget_max, (2 + leadcrm._sample_dice(l.id, 'amount', 60)) * 5000) AS amount
  FROM lead l
 CROSS JOIN (SELECT w.today, w.time_zone, 180 AS days FROM v_workspace w) p
 CROSS JOIN LATERAL (SELECT floor(p.days * (1 - power(leadcrm._sample_dice(l.id, 'age', 1000) / 1000.0, 0.62)))::integer AS age) a
 CROSS JOIN LATERAL (SELECT p.today - a.age - CASE WHEN extract(isodow FROM p.today - a.age) > 5 AND leadcrm._sample_dice(l.id, 'weekend', 10) < 7
                                                   THEN extract(isodow FROM p.today - a.age)::integer - 5 ELSE 0 END AS day) e
 CROSS JOIN LATERAL (SELECT greatest(e.day, p.today - p.days + 1) + time '08:30' + leadcrm._sample_dice(l.id, 'time', 590) * interval '1 minute' AS at) f
 CROSS JOIN LATERAL (SELECT least(f.at AT TIME ZONE p.time_zone, now() - interval '1 minute') AS came, now() AS today,
                            5 + leadcrm._sample_dice(l.id, 'contact', 40) * leadcrm._sample_dice(l.id, 'slow', 14) AS minutes_to_contact) d
 WHERE l.merged_into IS NULL;
ANALYZE lived;

-- One stage after the other as long as the dice and time allow.
CREATE TEMP TABLE reached ON COMMIT DROP AS
WITH RECURSIVE step AS (
    SELECT l.id, 1 AS position, NULL::text COLLATE "C" AS came_from, p.path[1] AS stage, l.came AS at, p.path, p.steps
      FROM lived l
      JOIN _path p ON p.process = l.process
     UNION ALL
    SELECT s.id, s.position + 1, s.stage, s.path[s.position + 1], n.at, s.path, s.steps
      FROM step s
      JOIN lived l ON l.id = s.id
     CROSS JOIN LATERAL (SELECT CASE WHEN s.position = 1 THEN greatest(l.contacted, s.at)
                                     ELSE s.at + (1 + leadcrm._sample_dice(s.id * 10 + s.position, 'pace', 20)) * interval '9 hours' END AS at) n
     WHERE s.position <= s.steps AND n.at < l.today AND l.owner IS NOT NULL
       AND leadcrm._sample_dice(s.id * 10 + s.position, 'goes on', 10000) < l.luck * (ARRAY[86, 52, 60, 62, 63, 70])[s.position]
)
SELECT s.id, s.position, s.came_from, s.stage, s.at, NULL::text AS reason FROM step s;

-- Of those that stay behind, many are lost in the end.
INSERT INTO reached
SELECT r.id, r.position + 1, r.stage, g.code, r.at + w.after,
       (ARRAY(SELECT n.code FROM loss_reason n WHERE NOT n.needs_note AND NOT n.needs_competitor ORDER BY n.position))
           [1 + (power(leadcrm._sample_dice(r.id, 'why', 1000) / 1000.0, 2) * (SELECT count(*) - 1 FROM loss_reason n WHERE NOT n.needs_note AND NOT n.needs_competitor))::integer]
  FROM (SELECT DISTINCT ON (id) * FROM reached ORDER BY id, position DESC) r
  JOIN lived l ON l.id = r.id AND l.owner IS NOT NULL
  JOIN stage s ON s.process = l.process AND s.code = r.stage AND s.kind = 'open'
  JOIN stage g ON g.process = l.process AND g.kind = 'lost'
 CROSS JOIN LATERAL (SELECT (6 + leadcrm._sample_dice(r.id, 'patience', 24)) * interval '1 day' AS after) w
 WHERE r.at + w.after < l.today AND leadcrm._sample_dice(r.id, 'lost', 100) < 55;
ANALYZE reached;

UPDATE lead l
   SET created_at = v.came, last_inbound_at = v.came, updated_at = v.today, intent_since = v.came,
       assigned_at = CASE WHEN l.owner IS NOT NULL THEN v.came END,
       first_contact_due_at = CASE WHEN l.owner IS NOT NULL THEN v.came + interval '4 hours' END,
       first_contacted_at = CASE WHEN c.stages > 1 OR leadcrm._sample_dice(l.id, 'called', 100) < 45 AND v.contacted < v.today THEN v.contacted END,
       last_contacted_at = CASE WHEN c.stages > 1 THEN c.at END,
       expected_amount = v.amount,
       won_amount = CASE WHEN c.won THEN round(v.amount * (80 + leadcrm._sample_dice(l.id, 'discount', 25)) / 100, -2) END,
       loss_reason = c.reason
  FROM lived v
  LEFT JOIN (SELECT r.id, count(*) AS stages, max(r.at) AS at, max(r.reason) AS reason, bool_or(g.kind = 'won') AS won
               FROM reached r
               JOIN lived k ON k.id = r.id
               JOIN stage g ON g.process = k.process AND g.code = r.stage
              GROUP BY r.id) c ON c.id = v.id
 WHERE v.id = l.id;

DELETE FROM stage_change;
INSERT INTO stage_change (lead_id, position, process, from_stage, to_stage, at, cause, reason, amount, owner, actor)
SELECT r.id, r.position, l.process, r.came_from, r.stage, r.at, 'import', r.reason, l.won_amount, l.owner, leadcrm.acting_role()
  FROM reached r
  JOIN lead l ON l.id = r.id;

INSERT INTO source_cost (source, from_date, to_date, amount)
SELECT s.source, m.month, (m.month + interval '1 month' - interval '1 day')::date, s.amount
  FROM (VALUES ('百度推广', 86000), ('360推广', 42000), ('抖音', 58000), ('阿里巴巴', 39000), ('展会名片', 68000), ('微信公众号', 18000)) s (source, amount)
 CROSS JOIN (SELECT (date_trunc('month', w.today) - n * interval '1 month')::date AS month FROM v_workspace w, generate_series(0, 5) n) m;

INSERT INTO rep_target (rep, month, amount)
SELECT r.code, m.month, CASE WHEN r.position = 'director' THEN 1600000 WHEN r.daily_limit IS NOT NULL THEN 600000 ELSE 2200000 END
  FROM rep r
 CROSS JOIN (SELECT (date_trunc('month', w.today) - n * interval '1 month')::date AS month FROM v_workspace w, generate_series(0, 5) n) m;

SELECT * FROM leadcrm.end_restore(current_schema);
COMMIT;
