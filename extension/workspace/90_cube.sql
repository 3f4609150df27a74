-- What every lead counts for, by the dimensions that reports are read by.

-- One row a living lead, computed from the lead itself.  Dates are days in the
-- workspace's zone, whatever zone a session is in.  A first contact that came
-- before the present assignment took no time.  An amount that is no number is none.
CREATE OR REPLACE VIEW _cube_lead AS
SELECT l.id,
       (l.created_at AT TIME ZONE (SELECT w.time_zone FROM workspace w))::date AS created_on,
       (l.won_at AT TIME ZONE (SELECT w.time_zone FROM workspace w))::date AS won_on,
       (l.lost_at AT TIME ZONE (SELECT w.time_zone FROM workspace w))::date AS lost_on,
       l.expected_close_on - (extract(day FROM l.expected_close_on)::integer - 1) AS closes_on,
       l.kind,
       l.process,
       l.stage,
       coalesce(leadcrm.reached(l.lifecycle), '{}') AS stages,
       l.owner,
       l.team,
       l.region,
       l.industry,
       l.product_line,
       l.first_source,
       l.last_source,
       l.campaign,
       l.partner,
       l.intent,
       l.loss_reason,
       l.competitor,
       l.currency,
       1::bigint AS leads,
       CASE WHEN l.expected_amount > '-Infinity' AND l.expected_amount < 'Infinity' THEN l.expected_amount ELSE 0 END
           AS expected_amount,
       CASE WHEN l.won_amount > '-Infinity' AND l.won_amount < 'Infinity' THEN l.won_amount ELSE 0 END AS won_amount,
       coalesce(l.score, 0)::bigint AS score,
       (l.score IS NOT NULL)::integer::bigint AS scored,
       (l.assigned_at IS NOT NULL)::integer::bigint AS assigned,
       (l.first_contacted_at IS NOT NULL)::integer::bigint AS contacted,
       CASE WHEN isfinite(l.first_contacted_at) AND isfinite(coalesce(l.assigned_at, l.created_at))
            THEN greatest(floor(extract(epoch FROM l.first_contacted_at - coalesce(l.assigned_at, l.created_at)) / 60), 0)
            ELSE 0 END::bigint AS contact_minutes
  FROM lead l
 WHERE l.merged_into IS NULL;

-- The slow truth of what _cube says.
CREATE OR REPLACE VIEW _cube_recount AS
SELECT c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team, c.region,
       c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent, c.loss_reason,
       c.competitor, c.currency, c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned, c.contacted,
       c.contact_minutes
  FROM _cube_lead c;

-- What the views read: the same, summed up by the engine as leads are written.
-- What a row of lead_cube says holds, but for those whose key has parts as
-- well (key < 0): these are added up.  Dimensions may come in more than one row.
CREATE OR REPLACE VIEW _cube AS
SELECT c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner,
       c.team, c.region, c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner,
       c.intent, c.loss_reason, c.competitor, c.currency,
       c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned, c.contacted,
       c.contact_minutes
  FROM lead_cube c
 WHERE c.key >= 0 AND NOT EXISTS (SELECT FROM lead_cube e WHERE e.key < 0 AND e.key = ~c.key)
 UNION ALL
SELECT p.created_on, p.won_on, p.lost_on, p.closes_on, p.kind, p.process, p.stage, p.stages, p.owner,
       p.team, p.region, p.industry, p.product_line, p.first_source, p.last_source, p.campaign, p.partner,
       p.intent, p.loss_reason, p.competitor, p.currency,
       sum(p.leads)::bigint, sum(p.expected_amount), sum(p.won_amount), sum(p.score)::bigint,
       sum(p.scored)::bigint, sum(p.assigned)::bigint, sum(p.contacted)::bigint,
       sum(p.contact_minutes)::bigint
  FROM (SELECT DISTINCT e.key FROM lead_cube e WHERE e.key < 0) e
 CROSS JOIN LATERAL (SELECT b.* FROM lead_cube b WHERE b.key = e.key
                      UNION ALL
                     SELECT b.* FROM lead_cube b WHERE b.key = ~e.key) p
 GROUP BY p.created_on, p.won_on, p.lost_on, p.closes_on, p.kind, p.process, p.stage, p.stages, p.owner,
          p.team, p.region, p.industry, p.product_line, p.first_source, p.last_source, p.campaign,
          p.partner, p.intent, p.loss_reason, p.competitor, p.currency
HAVING sum(p.leads) <> 0;
