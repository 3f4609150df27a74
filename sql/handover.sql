-- What a rep holds goes to others, and comes back.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SELECT leadcrm.create_workspace('handover', 'en', 'Asia/Shanghai');
SET search_path TO handover, public;

INSERT INTO team (code, parent, manager) VALUES ('south', NULL, 'dora'), ('coast', 'south', NULL), ('north', NULL, 'nora');
INSERT INTO rep (code, team, capacity) VALUES
    ('adam', 'south', 100), ('bea', 'south', 10), ('carl', 'coast', 4), ('dora', 'south', 10), ('nora', 'north', 100), ('olaf', 'north', 3);
UPDATE rep SET active = false WHERE code = 'dora';
CREATE VIEW public.leads AS
SELECT id, owner, team, pool, stage, assigned_at = '2026-01-05 09:00+08' AS as_before,
       first_contact_due_at = '2026-01-05 11:00+08' AS due_as_before FROM handover.lead ORDER BY id;
CREATE VIEW public.tasks AS
SELECT id, lead_id, kind, owner, done_at IS NOT NULL AS done, cancelled_at IS NOT NULL AS cancelled FROM handover.task ORDER BY id;
CREATE VIEW public.loads AS
SELECT r.code, coalesce(o.open, 0) AS open, coalesce(o.open, 0) = (SELECT count(*) FROM handover.lead l
       WHERE l.owner = r.code AND l.merged_into IS NULL AND l.loss_reason IS NULL AND coalesce(l.stage NOT IN ('won', 'lost'), true)) AS right
  FROM handover.rep r LEFT JOIN leadcrm.rep_loads('handover.lead') o ON o.rep = r.code ORDER BY r.code;

INSERT INTO lead (id, name, region, stage, loss_reason, owner, assigned_at, first_contact_due_at, first_source)
SELECT n, 'Lead ' || n, CASE WHEN n <= 3 THEN '44' ELSE '50' END, CASE n WHEN 9 THEN 'won' WHEN 10 THEN 'lost' ELSE 'contacted' END,
       CASE n WHEN 10 THEN 'budget' END, 'adam', '2026-01-05 09:00+08', '2026-01-05 11:00+08', 'web'
  FROM generate_series(1, 10) n;
INSERT INTO lead (id, name, owner, first_source) VALUES (11, 'Lead 11', 'nora', 'web');
INSERT INTO activity (lead_id, kind, direction, at) VALUES (1, 'call', 'out', '2026-01-06 09:00+08');
DELETE FROM task;
INSERT INTO task (id, lead_id, kind, owner, created_at) VALUES
    (101, 1, 'first_contact', 'adam', now()), (102, 1, 'call', 'adam', now()), (103, 2, 'visit', 'olaf', now()),
    (104, 11, 'call', 'adam', now()), (105, NULL, 'report', 'adam', now());
INSERT INTO task (id, lead_id, kind, owner, created_at, done_at) VALUES (106, 3, 'call', 'adam', now(), now());
ALTER TABLE task ALTER id RESTART WITH 200;

-- To a rep: all or nothing.
SELECT * FROM handover_preview('adam', 'olaf');
SELECT handover('adam', 'olaf');
SELECT * FROM handover_preview('adam', 'nora', scope => $$region LIKE '44%'$$);
SELECT handover('adam', 'nora', scope => $$region LIKE '44%'$$) AS one;
SELECT * FROM leads;
SELECT * FROM tasks;
SELECT * FROM loads;
SELECT lead_id, reason, owner_before, owner, batch FROM assignment_log WHERE batch IS NOT NULL ORDER BY lead_id;
-- Stage and history are the lead's.
SELECT l.owner, l.stage, a.kind FROM lead l JOIN activity a ON a.lead_id = l.id WHERE l.id = 1;

-- And back, to the last value, whatever the time zones of the sessions are.
SET timezone TO 'Pacific/Chatham';
SELECT * FROM undo_handover(1);
RESET timezone;
SELECT * FROM leads WHERE id <= 3;
SELECT * FROM tasks;
SELECT * FROM loads;
SELECT id, from_rep, to_rep, to_team, scope, moved, undone_at IS NOT NULL AS undone FROM handover;

-- To a team and the teams below it: whoever is least loaded and there.
UPDATE rep SET capacity = 2 WHERE code = 'bea';
SELECT * FROM handover_preview('adam', to_team => 'south');
SELECT handover('adam', to_team => 'south');
UPDATE rep SET capacity = 10 WHERE code = 'bea';
INSERT INTO rep_absence (rep, from_at, until_at) VALUES ('carl', now() - interval '1 day', now() + interval '1 day');
SELECT owner, items, open, capacity FROM handover_preview('adam', to_team => 'south') WHERE kind = 'lead';
DELETE FROM rep_absence;
SELECT * FROM handover_preview('adam', to_team => 'south');
SELECT handover('adam', to_team => 'south') AS two;
SELECT * FROM leads;
SELECT * FROM tasks;
SELECT * FROM loads;
SELECT moved FROM handover WHERE id = 2;

-- What was moved on since stays where it is; so does what was done, and what
-- has changed otherwise keeps its change.
UPDATE lead SET owner = 'nora' WHERE id = 4;
UPDATE lead SET owner = NULL, pool = 'common' WHERE id = 5;
SELECT merge_leads(11, ARRAY[6]);
DELETE FROM lead WHERE id = 7;
UPDATE lead SET stage = 'proposal' WHERE id = 8;
UPDATE lead SET stage = 'won', first_contact_due_at = '2026-02-01 09:00+08' WHERE id = 8;
UPDATE task SET done_at = now() WHERE id = 102;
UPDATE task SET owner = 'olaf' WHERE id = 105;
INSERT INTO task (id, lead_id, kind, owner, created_at) SELECT 300, 3, 'repeat', l.owner, now() FROM lead l WHERE l.id = 3;
SELECT * FROM undo_handover(2);
SELECT * FROM leads;
SELECT first_contact_due_at AT TIME ZONE 'Asia/Shanghai' AS due FROM lead WHERE id = 8;
SELECT * FROM tasks WHERE NOT (kind = 'first_contact' AND cancelled);
SELECT * FROM loads;
SELECT kind, item, problem FROM handover_item WHERE problem IS NOT NULL ORDER BY kind, item;

-- By the rules, never to himself; what is won or lost, they do not deal.
UPDATE rep SET capacity = 4 WHERE code = 'nora';
INSERT INTO task (id, lead_id, kind, owner, created_at) VALUES (301, 9, 'invoice', 'adam', now());
SELECT * FROM handover_preview('adam');
CREATE TEMP TABLE foreseen AS SELECT owner, pool, items FROM handover_preview('adam') WHERE kind = 'lead' AND problem IS NULL;
SELECT handover('adam', deactivate => true) AS three;
-- The preview had said so.
SELECT l.owner, l.pool, count(*), f.items AS foreseen
  FROM handover_item i JOIN lead l ON l.id = i.item LEFT JOIN foreseen f ON (f.owner, f.pool) IS NOT DISTINCT FROM (l.owner, l.pool)
 WHERE i.handover = 3 AND i.kind = 'lead' GROUP BY l.owner, l.pool, f.items ORDER BY 1, 2;
UPDATE rep SET capacity = 100 WHERE code = 'nora';
SELECT owner, pool, count(*) FROM lead WHERE id < 11 AND merged_into IS NULL GROUP BY 1, 2 ORDER BY 1, 2;
SELECT active FROM rep WHERE code = 'adam';
SELECT DISTINCT reason, rule, batch FROM assignment_log WHERE batch = 3;
SELECT * FROM undo_handover(3);
SELECT active FROM rep WHERE code = 'adam';
SELECT * FROM leads;
SELECT * FROM loads;
-- Nobody there: the pool.
UPDATE rep SET active = code = 'adam';
SELECT * FROM handover_preview('adam', scope => 'id = 1');
SELECT handover('adam', scope => 'id = 1') AS four;
SELECT owner, pool FROM lead WHERE id = 1;
SELECT * FROM tasks WHERE lead_id = 1 AND NOT cancelled;
SELECT * FROM undo_handover(4);
SELECT * FROM leads WHERE id = 1;
SELECT * FROM tasks WHERE lead_id = 1 AND NOT cancelled;
UPDATE rep SET active = code <> 'dora';

-- A handover that is undone leaves nothing; a day later it stands.
SELECT undo_handover(4);
SELECT undo_handover(99);
SELECT handover('adam', 'nora', scope => 'id = 1') AS five;
UPDATE handover SET at = at - interval '25 hours' WHERE id = 5;
SELECT undo_handover(5);
-- Undo holds capacity, too.
SELECT handover('adam', 'nora', scope => 'id = 2') AS six;
UPDATE rep SET capacity = 0 WHERE code = 'adam';
SELECT undo_handover(6);
UPDATE rep SET capacity = 100 WHERE code = 'adam';
SELECT owner FROM lead WHERE id = 2;
SELECT undone_at FROM handover WHERE id = 6;

-- Mistakes.
SELECT handover('nobody', 'nora');
SELECT handover(NULL, 'nora');
SELECT handover('adam', 'nobody');
SELECT handover('adam', to_team => 'nowhere');
SELECT handover('adam', 'adam');
SELECT handover('adam', 'dora');
SELECT handover('adam', 'nora', 'north');
SELECT handover('adam', 'nora', scope => 'id >');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT handover('adam', 'nora', deactivate => true);
ROLLBACK;

-- Who had a lead, and when.
SELECT lead_id, owner, team, pool, reason, until_at IS NULL AS still FROM v_owner_history WHERE lead_id IN (1, 4) ORDER BY lead_id, from_at, until_at;
SELECT count(*) AS leads, bool_and(n = 1) AS one_owner_now FROM (SELECT lead_id, count(*) FILTER (WHERE until_at IS NULL) AS n FROM v_owner_history GROUP BY lead_id) h;
-- Each stretch ends when the next begins.
SELECT count(*) FROM v_owner_history h WHERE h.until_at IS NOT NULL AND NOT EXISTS (SELECT FROM v_owner_history n WHERE n.lead_id = h.lead_id AND n.from_at = h.until_at);
-- The log in the order of its numbers, though a transaction that began earlier
-- wrote later.
DELETE FROM assignment_log WHERE lead_id = 11;
INSERT INTO assignment_log (lead_id, at, reason, owner_before, owner, actor) VALUES
    (11, '2026-01-01 09:00+08', 'rule', NULL, 'nora', 'x'), (11, '2026-01-01 12:00+08', 'writer', 'nora', 'olaf', 'x'),
    (11, '2026-01-01 11:00+08', 'writer', 'olaf', 'bea', 'x'), (11, '2026-01-02 09:00+08', 'repeat', 'bea', 'bea', 'x'),
    (11, '2026-01-03 09:00+08', 'pool', 'bea', NULL, 'x');
SELECT owner, from_at AT TIME ZONE 'Asia/Shanghai' AS since, until_at AT TIME ZONE 'Asia/Shanghai' AS until FROM v_owner_history WHERE lead_id = 11;
SELECT t, owner_at(11, t::timestamptz) FROM unnest(ARRAY['2026-01-01 08:59+08', '2026-01-01 09:00+08', '2026-01-01 11:59+08', '2026-01-01 12:00+08',
    '2026-01-02 10:00+08', '2026-01-03 08:59+08', '2026-01-03 09:00+08']) t;

-- Administrators, and who manages both teams.
CREATE ROLE regress_dora; CREATE ROLE regress_adam; CREATE ROLE regress_admin;
UPDATE rep SET role = 'regress_' || code WHERE code IN ('dora', 'adam');
UPDATE rep SET active = true;
SELECT grant_access('regress_dora', 'manager'), grant_access('regress_adam', 'rep'), grant_access('regress_admin', 'admin');
\set VERBOSITY terse
SET ROLE regress_adam;
SELECT handover('adam', 'bea');
SELECT owner_at(2, now()), owner_at(3, now());
SELECT count(DISTINCT lead_id) FROM v_owner_history;
SET ROLE regress_dora;
SELECT handover('adam', 'nora');
SELECT handover('adam', to_team => 'north');
SELECT handover('nora', 'adam');
SELECT handover('nobody');
SELECT * FROM undo_handover(6);
SELECT owner FROM handover_preview('adam', to_team => 'coast') WHERE kind = 'lead';
SELECT handover('adam', to_team => 'coast', scope => 'id = 3') AS seven;
SELECT * FROM undo_handover(7);
SELECT handover('adam', scope => 'id = 3') AS eight;
SET ROLE regress_admin;
SELECT * FROM undo_handover(8);
SELECT * FROM undo_handover(6);
RESET ROLE;
SELECT kind, data FROM event WHERE kind LIKE 'handover.%' ORDER BY id DESC LIMIT 3;

DROP VIEW public.leads, public.tasks, public.loads;
RESET search_path;
SELECT count(*) AS leads FROM handover.lead \gset
SELECT leadcrm.drop_workspace('handover', :leads);
DROP ROLE regress_dora; DROP ROLE regress_adam; DROP ROLE regress_admin;
