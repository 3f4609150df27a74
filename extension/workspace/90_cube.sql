-- What every lead counts for, by the dimensions that reports are read by.

-- One row a living lead, computed from the lead itself.  Dates are days in the
-- workspace's zone, whatever zone a session is in.  A first contact takes the
-- time since the assignment that it came after, or else since the lead came.  An
-- amount that is no number is none.
-- The last columns are what else the numbers of the moment need of the lead.
CREATE OR REPLACE VIEW _cube_lead AS
SELECT l.id,
       (l.created_at AT TIME ZONE w.time_zone)::date AS created_on,
       (l.won_at AT TIME ZONE w.time_zone)::date AS won_on,
       (l.lost_at AT TIME ZONE w.time_zone)::date AS lost_on,
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
       CASE WHEN isfinite(l.first_contacted_at) AND isfinite(coalesce(l.first_contact_from, l.assigned_at, l.created_at))
            THEN greatest(floor(extract(epoch FROM l.first_contacted_at - coalesce(l.first_contact_from, l.assigned_at, l.created_at)) / 60), 0)
            ELSE 0 END::bigint AS contact_minutes,
       l.first_contacted_at,
       l.first_contact_due_at,
       l.stage_since,
       l.lifecycle,
       l.won_at,
       l.lost_at
  FROM lead l
 CROSS JOIN workspace w
 WHERE l.merged_into IS NULL;

-- The slow truth of what _cube says.
CREATE OR REPLACE VIEW _cube_recount AS
SELECT c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team, c.region,
       c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent, c.loss_reason,
       c.competitor, c.currency, c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned, c.contacted,
       c.contact_minutes
  FROM _cube_lead c;

-- What the views read: the same, summed up by the engine as leads are written.
-- The same dimensions may come in more than one row, of which some may be
-- negative: only sums are what they seem.
CREATE OR REPLACE VIEW _cube AS
SELECT c.created_on, c.won_on, c.lost_on, c.closes_on, c.kind, c.process, c.stage, c.stages, c.owner, c.team, c.region,
       c.industry, c.product_line, c.first_source, c.last_source, c.campaign, c.partner, c.intent, c.loss_reason,
       c.competitor, c.currency, c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned, c.contacted,
       c.contact_minutes
  FROM lead_cube c;
