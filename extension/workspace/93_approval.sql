-- Approvals as people see them: who asked, who is asked, who owns the lead or
-- manages one of them, and who sees all.
CREATE OR REPLACE VIEW v_approval WITH (security_barrier) AS
WITH me AS MATERIALIZED (
    SELECT v.rep, v.roles, sees_all() AS sees_all FROM approves_as() v
), mine AS MATERIALIZED (
    SELECT s.approval AS id, bool_or(s.status = 'pending') AS waits
      FROM me CROSS JOIN approval_step s
     WHERE s.rep = me.rep OR s.role = ANY (me.roles)
     GROUP BY s.approval
)
SELECT a.id,
       a.subject,
       a.rule,
       coalesce(u.label, a.rule) AS rule_label,
       a.lead_id,
       l.name AS lead_name,
       l.company,
       l.owner,
       coalesce(o.name, l.owner) AS owner_name,
       a.to_stage,
       coalesce(g.label, a.to_stage) AS to_stage_label,
       a.what,
       a.amount,
       a.note,
       a.status,
       a.level,
       (SELECT string_agg(coalesce(p.name, s.rep, s.role::text), ', ' ORDER BY s.id)
          FROM approval_step s LEFT JOIN rep p ON p.code = s.rep
         WHERE s.approval = a.id AND s.status = 'pending') AS waits_for,
       coalesce(m.waits, false) AS waits_for_me,
       a.requested_by = leadcrm.acting_role() AS asked_by_me,
       a.requested_by,
       coalesce(q.name, a.rep) AS requested_by_name,
       a.requested_at,
       a.decided_at,
       a.used_at
  FROM approval a
 CROSS JOIN me
  JOIN lead l ON l.id = a.lead_id
  LEFT JOIN mine m ON m.id = a.id
  LEFT JOIN approval_rule u ON u.code = a.rule
  LEFT JOIN stage g ON g.process = l.process AND g.code = a.to_stage
  LEFT JOIN rep o ON o.code = l.owner
  LEFT JOIN rep q ON q.code = a.rep
 WHERE me.sees_all OR m.id IS NOT NULL OR a.requested_by = leadcrm.acting_role()
    OR a.rep = ANY ((SELECT my_reps())::text[]) OR l.owner = ANY ((SELECT my_reps())::text[]);

-- Each who is asked in them, and what he said.
CREATE OR REPLACE VIEW v_approval_step WITH (security_barrier) AS
SELECT s.id,
       s.approval,
       s.level,
       s.mode,
       coalesce(s.rep, s.role::text) AS approver,
       coalesce(p.name, s.rep, s.role::text) AS approver_name,
       s.status,
       s.stands_for,
       s.decided_by,
       s.decided_at,
       s.opinion
  FROM approval_step s
  JOIN v_approval a ON a.id = s.approval
  LEFT JOIN rep p ON p.code = s.rep;
