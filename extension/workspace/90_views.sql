-- What reporting tools read: built-in types only, every column commented.
-- They are the owner's views, so a reader needs no right on tables.

-- Aggregates: no personal data in them, open to every analyst.
CREATE OR REPLACE VIEW v_source AS
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
SELECT (i.received_at AT TIME ZONE w.time_zone)::date AS day,
       i.source,
       i.outcome,
       count(*) AS arrivals
  FROM intake i
 CROSS JOIN workspace w
 GROUP BY 1, 2, 3;

-- How many leads are how warm.
CREATE OR REPLACE VIEW v_intent AS
SELECT v.level AS intent,
       v.label,
       v.position,
       count(l.id) AS living_leads,
       round(avg(l.score), 1) AS average_score,
       min(l.score) AS lowest_score,
       max(l.score) AS highest_score
  FROM intent_level v
  LEFT JOIN lead l ON l.intent = v.level AND l.merged_into IS NULL
 GROUP BY v.level;

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

-- Rows about persons: only for those who may see all leads.
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
       l.last_source,
       coalesce(s.label, l.last_source) AS last_source_label,
       l.last_form,
       l.last_inbound_at,
       l.campaign,
       l.partner,
       l.external_id,
       l.project_name,
       l.expected_amount,
       l.currency,
       l.expected_close_on,
       l.stage,
       l.intent,
       coalesce(v.label, l.intent) AS intent_label,
       l.intent_since,
       leadcrm.intent_at(l, now()) AS intent_now,
       l.score,
       leadcrm.score_at(l, now()) AS score_now,
       l.fit,
       l.owner,
       l.team,
       l.attrs,
       (SELECT count(*) FROM lead m WHERE m.merged_into = l.id) AS merged_leads,
       l.created_at,
       (l.created_at AT TIME ZONE w.time_zone)::date AS created_on,
       l.updated_at
  FROM lead l
 CROSS JOIN workspace w
  LEFT JOIN region r ON r.code = l.region
  LEFT JOIN industry i ON i.code = l.industry
  LEFT JOIN product_line p ON p.code = l.product_line
  LEFT JOIN source f ON f.code = l.first_source
  LEFT JOIN source s ON s.code = l.last_source
  LEFT JOIN intent_level v ON v.level = l.intent
 WHERE l.merged_into IS NULL
   AND (SELECT sees_all());

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

