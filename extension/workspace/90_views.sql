-- What reporting tools read: built-in types only, every column commented.
-- They are the owner's views, so a reader needs no right on tables.

-- Numbers without personal data, open to every analyst; more in 92_reports.sql.

-- What one has to know to read the others.
CREATE OR REPLACE VIEW v_workspace AS
SELECT w.locale,
       w.time_zone,
       (now() AT TIME ZONE w.time_zone)::date AS today,
       u.currency
  FROM workspace w
 CROSS JOIN _currency u;

-- What came from each source, and what of it needs a look.
CREATE OR REPLACE VIEW v_source_intake AS
WITH in_review AS (
    SELECT lead_a AS id FROM duplicate WHERE status = 'open'
    UNION
    SELECT lead_b FROM duplicate WHERE status = 'open'
)
SELECT s.code AS source,
       s.label,
       s.channel,
       s.active,
       s.added_by = 'arrival' AS unconfirmed,
       count(l.id) FILTER (WHERE l.merged_into IS NULL) AS living_leads,
       count(l.id) FILTER (WHERE l.merged_into IS NOT NULL) AS merged_leads,
       count(r.id) FILTER (WHERE l.merged_into IS NULL) AS leads_in_review,
       min(l.created_at) AS first_arrival_at,
       max(l.created_at) AS last_arrival_at
  FROM source s
  LEFT JOIN lead l ON l.first_source = s.code
  LEFT JOIN in_review r ON r.id = l.id
 GROUP BY s.code;

CREATE OR REPLACE VIEW v_intake AS
SELECT (i.received_at AT TIME ZONE (SELECT w.time_zone FROM workspace w))::date AS day,
       i.source,
       i.outcome,
       count(*) AS arrivals
  FROM intake i
 GROUP BY 1, 2, 3;

-- Every change of an intent, with its reason.
CREATE OR REPLACE VIEW v_intent_change AS
SELECT e.lead_id,
       e.at,
       e.data ->> 'from' AS intent_before,
       e.data ->> 'to' AS intent_after,
       (e.data ->> 'score')::integer AS score,
       e.data ->> 'rule' AS rule,
       coalesce(r.label, e.data ->> 'rule') AS rule_label
  FROM event e
  LEFT JOIN intent_rule r ON r.code = e.data ->> 'rule'
 WHERE e.kind = 'intent.changed';

-- Rules that failed, folded.
CREATE OR REPLACE VIEW v_rule_error AS
SELECT ruleset,
       rule,
       sqlstate,
       sum(failures)::bigint AS failures,
       min(last_at) AS first_at,
       max(last_at) AS last_at
  FROM rule_error
 GROUP BY ruleset, rule, sqlstate;

-- What the people of each team, not of those below it, can take and have.
CREATE OR REPLACE VIEW v_team AS
SELECT t.code AS team,
       coalesce(t.label, t.code) AS label,
       t.parent,
       t.manager,
       t.active,
       count(r.code) FILTER (WHERE r.active) AS active_reps,
       coalesce(sum(r.capacity) FILTER (WHERE r.active), 0) AS capacity,
       coalesce(sum(o.leads), 0)::bigint AS open_leads
  FROM team t
  LEFT JOIN rep r ON r.team = t.code
  LEFT JOIN LATERAL (SELECT sum(d.open) AS leads FROM rep_load d WHERE d.rep = r.code COLLATE "C") o ON true
 GROUP BY t.code;

-- Rows about persons.  Who may see all sees all; a rep or manager sees what
-- my_reps() says.  Two branches, of which one runs, so that a rep's leads are
-- found by index however many there are.
CREATE OR REPLACE VIEW v_lead WITH (security_barrier) AS
SELECT l.id,
       l.kind,
       l.name,
       l.company,
       l.title,
       l.phone,
       l.email,
       l.wechat,
       l.tax_id,
       l.address,
       l.region,
       r.full_name AS region_name,
       j.code AS province,
       j.name AS province_name,
       q.code AS city,
       q.full_name AS city_name,
       y.code AS territory,
       coalesce(y.label, y.code) AS territory_label,
       l.industry,
       coalesce(i.label, l.industry) AS industry_label,
       l.product_line,
       coalesce(p.label, l.product_line) AS product_line_label,
       l.company_size,
       l.budget_min,
       l.budget_max,
       l.budget_status,
       l.first_source,
       coalesce(f.label, l.first_source) AS first_source_label,
       f.channel AS first_channel,
       l.last_source,
       coalesce(s.label, l.last_source) AS last_source_label,
       s.channel AS last_channel,
       l.last_form,
       l.last_inbound_at,
       l.campaign,
       l.partner,
       l.external_id,
       l.project_name,
       l.expected_amount,
       coalesce(l.currency, (SELECT u.currency FROM _currency u)) AS currency,
       l.expected_close_on,
       CASE WHEN l.expected_close_on BETWEEN '0001-01-01' AND '9999-12-31'
            THEN leadcrm._month(l.expected_close_on) END AS closes_on,
       l.process,
       coalesce(e.label, l.process) AS process_label,
       l.stage,
       coalesce(g.label, l.stage) AS stage_label,
       coalesce(g.kind, 'open') AS stage_kind,
       l.stage_since,
       l.stages,
       c.code AS furthest_stage,
       coalesce(c.label, c.code) AS furthest_stage_label,
       greatest(least(leadcrm.furthest(l.stages, h.path), h.steps), 1) AS furthest_step,
       coalesce(g.kind = 'open' AND l.won_at IS NULL AND l.lost_at IS NULL
                AND l.stage_since < leadcrm.subtract(now(), g.stuck_after, (SELECT w.time_zone FROM workspace w)), false) AS stuck,
       l.won_at,
       (l.won_at AT TIME ZONE (SELECT w.time_zone FROM workspace w))::date AS won_on,
       l.won_amount,
       l.lost_at,
       (l.lost_at AT TIME ZONE (SELECT w.time_zone FROM workspace w))::date AS lost_on,
       l.loss_reason,
       coalesce(n.label, l.loss_reason) AS loss_reason_label,
       l.loss_note,
       l.competitor,
       l.intent,
       coalesce(v.label, l.intent) AS intent_label,
       l.intent_since,
       l.intent_now,
       l.score,
       l.score_now,
       l.fit,
       l.owner,
       coalesce(o.name, l.owner) AS owner_name,
       l.team,
       coalesce(t.label, l.team) AS team_label,
       coalesce(d.department, l.team) AS department,
       coalesce(d.department_label, l.team) AS department_label,
       l.pool,
       l.assigned_at,
       l.first_contact_due_at,
       l.first_contacted_at,
       l.last_contacted_at,
       coalesce(l.owner IS NOT NULL AND leadcrm.is_open('lead'::regclass, l.process, l.stage)
                AND l.first_contact_due_at < now()
                AND (l.last_contacted_at IS NULL OR l.last_contacted_at < greatest(l.assigned_at, l.last_inbound_at)), false) AS overdue,
       l.attrs,
       (SELECT count(*) FROM lead m WHERE m.merged_into = l.id) AS merged_leads,
       l.created_at,
       (l.created_at AT TIME ZONE (SELECT w.time_zone FROM workspace w))::date AS created_on,
       l.updated_at
  FROM (SELECT a.id, a.kind, a.name, a.company, a.title, a.phone, a.email, a.wechat, a.tax_id, a.address, a.region,
               a.industry, a.product_line, a.company_size, a.budget_min, a.budget_max, a.budget_status,
               a.first_source, a.last_source, a.last_form, a.last_inbound_at, a.campaign, a.partner, a.external_id,
               a.project_name, a.expected_amount, a.currency, a.expected_close_on, a.process, a.stage, a.stage_since,
               coalesce(leadcrm.reached(a.lifecycle), '{}') AS stages,
               a.won_at, a.won_amount, a.lost_at, a.loss_reason, a.loss_note, a.competitor,
               a.intent, a.intent_since, a.score, a.fit, a.owner, a.team, a.pool, a.assigned_at,
               a.first_contact_due_at, a.first_contacted_at, a.last_contacted_at, a.attrs, a.created_at, a.updated_at,
               leadcrm.intent_at(a, now()) AS intent_now, leadcrm.score_at(a, now()) AS score_now
          FROM lead a
         WHERE a.merged_into IS NULL AND (SELECT sees_all())
         UNION ALL
        SELECT a.id, a.kind, a.name, a.company, a.title, a.phone, a.email, a.wechat, a.tax_id, a.address, a.region,
               a.industry, a.product_line, a.company_size, a.budget_min, a.budget_max, a.budget_status,
               a.first_source, a.last_source, a.last_form, a.last_inbound_at, a.campaign, a.partner, a.external_id,
               a.project_name, a.expected_amount, a.currency, a.expected_close_on, a.process, a.stage, a.stage_since,
               coalesce(leadcrm.reached(a.lifecycle), '{}') AS stages,
               a.won_at, a.won_amount, a.lost_at, a.loss_reason, a.loss_note, a.competitor,
               a.intent, a.intent_since, a.score, a.fit, a.owner, a.team, a.pool, a.assigned_at,
               a.first_contact_due_at, a.first_contacted_at, a.last_contacted_at, a.attrs, a.created_at, a.updated_at,
               leadcrm.intent_at(a, now()) AS intent_now, leadcrm.score_at(a, now()) AS score_now
          FROM lead a
         WHERE a.merged_into IS NULL AND NOT (SELECT sees_all()) AND a.owner = ANY ((SELECT my_reps())::text[])) l
  LEFT JOIN region r ON r.code = l.region
  LEFT JOIN industry i ON i.code = l.industry
  LEFT JOIN product_line p ON p.code = l.product_line
  LEFT JOIN source f ON f.code = l.first_source
  LEFT JOIN source s ON s.code = l.last_source
  LEFT JOIN intent_level v ON v.level = l.intent
  LEFT JOIN rep o ON o.code = l.owner
  LEFT JOIN team t ON t.code = l.team
  LEFT JOIN _department d ON d.team = l.team
  LEFT JOIN region j ON j.code = left(l.region, 2)
  LEFT JOIN region q ON q.code = left(l.region, 4) AND length(l.region) >= 4
  LEFT JOIN _territory_region x ON x.region = l.region
  LEFT JOIN territory y ON y.code = x.territory
  LEFT JOIN process e ON e.code = l.process
  LEFT JOIN stage g ON g.process = l.process AND g.code = l.stage
  LEFT JOIN _path h ON h.process = l.process
  LEFT JOIN stage c ON c.process = l.process
                   AND c.code = h.path[greatest(least(leadcrm.furthest(l.stages, h.path), h.steps), 1)]
  LEFT JOIN loss_reason n ON n.code = l.loss_reason;

-- Who sells, what each has and could still take today.
CREATE OR REPLACE VIEW v_rep WITH (security_barrier) AS
SELECT r.code AS rep,
       coalesce(r.name, r.code) AS name,
       r.team,
       coalesce(t.label, r.team) AS team_label,
       r.position,
       r.active,
       a.absent,
       r.capacity,
       o.open_leads,
       r.daily_limit,
       o.dealt_today,
       CASE WHEN r.active AND NOT a.absent
            THEN greatest(least(r.capacity - o.open_leads, r.daily_limit - o.dealt_today), 0) ELSE 0 END AS free
  FROM rep r
  LEFT JOIN team t ON t.code = r.team
 CROSS JOIN LATERAL (SELECT count(*) > 0 AS absent
                       FROM rep_absence b WHERE b.rep = r.code AND b.from_at <= now() AND now() < b.until_at) a
 CROSS JOIN LATERAL (SELECT coalesce(sum(d.open), 0)::bigint AS open_leads,
                            coalesce(sum(d.dealt) FILTER (WHERE NOT starts_with(d.via, 'pool:')
                                AND d.day = (SELECT (now() AT TIME ZONE w.time_zone)::date FROM workspace w)), 0)::bigint AS dealt_today
                       FROM rep_load d WHERE d.rep = r.code COLLATE "C") o
 WHERE (SELECT sees_all()) OR r.code = ANY ((SELECT my_reps())::text[]);

-- Who held a lead when, and why.
CREATE OR REPLACE VIEW v_assignment WITH (security_barrier) AS
SELECT a.id,
       a.lead_id,
       a.at,
       a.reason,
       a.rule,
       coalesce(u.label, a.rule) AS rule_label,
       a.strategy,
       a.owner_before,
       coalesce(b.name, a.owner_before) AS owner_before_name,
       a.pool_before,
       coalesce(q.label, a.pool_before) AS pool_before_label,
       a.owner,
       coalesce(o.name, a.owner) AS owner_name,
       a.team,
       coalesce(t.label, a.team) AS team_label,
       a.pool,
       coalesce(p.label, a.pool) AS pool_label,
       a.due_at,
       a.runners_up,
       a.passed,
       a.batch,
       a.note,
       a.actor
  FROM (SELECT g.id, g.lead_id, g.at, g.reason, g.rule, g.strategy, g.owner_before, g.pool_before, g.owner, g.team,
               g.pool, g.due_at, g.runners_up, g.passed, g.batch, g.note, g.actor
          FROM assignment_log g
         WHERE (SELECT sees_all())
         UNION ALL
        SELECT g.id, g.lead_id, g.at, g.reason, g.rule, g.strategy, g.owner_before, g.pool_before, g.owner, g.team,
               g.pool, g.due_at, g.runners_up, g.passed, g.batch, g.note, g.actor
          FROM assignment_log g
          JOIN lead l ON l.id = g.lead_id
         WHERE NOT (SELECT sees_all()) AND l.owner = ANY ((SELECT my_reps())::text[])) a
  LEFT JOIN assignment_rule u ON u.code = a.rule
  LEFT JOIN rep b ON b.code = a.owner_before
  LEFT JOIN rep o ON o.code = a.owner
  LEFT JOIN team t ON t.code = a.team
  LEFT JOIN pool q ON q.code = a.pool_before
  LEFT JOIN pool p ON p.code = a.pool;

-- What is still to be done.
CREATE OR REPLACE VIEW v_task WITH (security_barrier) AS
SELECT k.id,
       k.lead_id,
       k.kind,
       k.owner,
       coalesce(o.name, k.owner) AS owner_name,
       k.due_at,
       coalesce(k.due_at < now(), false) AS overdue,
       k.note,
       k.created_at
  FROM (SELECT t.id, t.lead_id, t.kind, t.owner, t.due_at, t.note, t.created_at
          FROM task t
         WHERE t.done_at IS NULL AND t.cancelled_at IS NULL AND (SELECT sees_all())
         UNION ALL
        SELECT t.id, t.lead_id, t.kind, t.owner, t.due_at, t.note, t.created_at
          FROM task t
         WHERE t.done_at IS NULL AND t.cancelled_at IS NULL
           AND NOT (SELECT sees_all()) AND t.owner = ANY ((SELECT my_reps())::text[])) k
  LEFT JOIN rep o ON o.code = k.owner;

-- What waits in the pools of the acting role.  Until a lead is claimed nothing
-- in it tells who the customer is: of his name the first character, and of
-- what he wrote himself nothing.
CREATE OR REPLACE VIEW v_pool WITH (security_barrier) AS
WITH mine AS MATERIALIZED (
    SELECT m.* FROM my_pools() m
), lost AS MATERIALIZED (
    -- What the reader had before and lost not long ago
    SELECT g.lead_id, max(g.at) AS at
      FROM assignment_log g
     WHERE g.owner_before = (SELECT m.rep FROM mine m WHERE m.rep IS NOT NULL LIMIT 1) AND g.owner IS DISTINCT FROM g.owner_before
       AND g.at > now() - (SELECT max(p.cool_down) + interval '1 day' FROM pool p)
     GROUP BY g.lead_id
)
SELECT l.id,
       l.pool,
       m.label AS pool_label,
       l.pool_since,
       l.kind,
       left(l.name, 1) || '**' AS masked_name,
       l.region,
       r.full_name AS region_name,
       l.industry,
       coalesce(i.label, l.industry) AS industry_label,
       l.product_line,
       coalesce(d.label, l.product_line) AS product_line_label,
       l.company_size,
       l.budget_min,
       l.budget_max,
       l.intent,
       coalesce(v.label, l.intent) AS intent_label,
       l.score,
       l.last_source,
       coalesce(s.label, l.last_source) AS last_source_label,
       l.last_inbound_at,
       greatest(f.locked_until, f.cool_until) AS claimable_from,
       h.why_not IS NULL AS claimable,
       h.why_not
  FROM mine m
  JOIN pool p ON p.code = m.pool
  JOIN lead l ON l.pool = m.pool AND l.merged_into IS NULL AND leadcrm.is_open('lead'::regclass, l.process, l.stage)
 CROSS JOIN workspace w
  LEFT JOIN region r ON r.code = l.region
  LEFT JOIN industry i ON i.code = l.industry
  LEFT JOIN product_line d ON d.code = l.product_line
  LEFT JOIN source s ON s.code = l.last_source
  LEFT JOIN intent_level v ON v.level = l.intent
  LEFT JOIN lost ON lost.lead_id = l.id
 CROSS JOIN LATERAL (SELECT leadcrm.add(l.pool_since, p.locked_for, w.time_zone) AS locked_until,
                            leadcrm.add(lost.at, p.cool_down, w.time_zone) AS cool_until) f
 CROSS JOIN LATERAL (SELECT CASE WHEN m.rep IS NULL THEN 'not_a_member'
                                 WHEN m.room <= 0 THEN 'full'
                                 WHEN m.claims_left <= 0 THEN 'claim_limit'
                                 WHEN f.locked_until > now() THEN 'new_in_pool'
                                 WHEN f.cool_until > now() THEN 'cool_down' END AS why_not) h;

-- Who had a lead, from when until when: the changes of the log in the order in
-- which they were made, which is that of its numbers.
CREATE OR REPLACE VIEW v_owner_history WITH (security_barrier) AS
SELECT h.lead_id,
       h.owner,
       h.team,
       h.pool,
       h.from_at,
       lead(h.from_at) OVER (PARTITION BY h.lead_id ORDER BY h.id) AS until_at,
       h.reason,
       h.rule
  FROM (SELECT g.*, max(g.at) OVER (PARTITION BY g.lead_id ORDER BY g.id) AS from_at
          FROM (SELECT a.id, a.lead_id, a.at, a.owner, a.team, a.pool, a.reason, a.rule, a.owner_before, a.pool_before
                  FROM assignment_log a
                 WHERE (SELECT sees_all())
                 UNION ALL
                SELECT a.id, a.lead_id, a.at, a.owner, a.team, a.pool, a.reason, a.rule, a.owner_before, a.pool_before
                  FROM lead l JOIN assignment_log a ON a.lead_id = l.id
                 WHERE NOT (SELECT sees_all()) AND l.owner = ANY ((SELECT my_reps())::text[])) g
         WHERE g.owner IS DISTINCT FROM g.owner_before OR g.pool IS DISTINCT FROM g.pool_before) h;

