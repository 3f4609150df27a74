
-- part: views

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
