-- Approvals: who is asked, who may decide, what becomes of it.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SELECT leadcrm.create_workspace('approval');
SET search_path TO approval, public;
CREATE ROLE regress_rep;
CREATE ROLE regress_other;
CREATE ROLE regress_lead;
CREATE ROLE regress_head;
CREATE ROLE regress_chief;
CREATE ROLE regress_finance;
CREATE ROLE regress_accountant;
CREATE ROLE regress_app;
CREATE ROLE regress_admin;
GRANT regress_finance TO regress_accountant;
SELECT count(grant_access('regress_' || role, kind)) FROM (VALUES
    ('rep', 'rep'), ('other', 'rep'), ('lead', 'manager'), ('head', 'manager'), ('chief', 'manager'),
    ('finance', 'rep'), ('app', 'writer'), ('admin', 'admin')) a (role, kind);

INSERT INTO team (code, parent) VALUES ('sales', NULL), ('south', 'sales'), ('guangzhou', 'south'), ('north', 'sales');
INSERT INTO rep (code, role, name, team) VALUES
    ('zhao', 'regress_rep',   '赵敏', 'guangzhou'), ('qian', 'regress_other', '钱进', 'guangzhou'),
    ('sun',  'regress_lead',  '孙立', 'guangzhou'), ('li',   'regress_head',  '李华', 'south'),
    ('zhou', 'regress_chief', '周宁', 'sales'),     ('wu',   NULL,            '吴刚', 'north');
UPDATE team SET manager = m.manager FROM (VALUES ('guangzhou', 'sun'), ('south', 'li'), ('sales', 'zhou'), ('north', 'wu')) m (code, manager)
 WHERE team.code = m.code;
INSERT INTO lead (id, name, company, process, stage, owner, expected_amount, first_source) VALUES
    (1, '王芳', '深圳华信机械有限公司', 'lead', 'negotiation', 'zhao', 80000, '官网'),
    (2, '李雷', '广州云帆科技有限公司', 'lead', 'negotiation', 'zhao', NULL,  '官网'),
    (3, '张伟', '佛山精密模具有限公司', 'lead', 'negotiation', 'wu',   10000, '官网'),
    (4, '刘洋', '东莞创新电子有限公司', 'lead', 'negotiation', 'sun',  10000, '官网'),
    (5, '陈静', '北京远方咨询有限公司', 'lead', 'proposal',    'zhou', 10000, '官网');
CREATE VIEW public.steps AS
SELECT approval AS a, level AS l, mode, coalesce(rep, role) AS who, status, stands_for IS NOT NULL AS instead, decided_by, opinion
  FROM approval.approval_step ORDER BY approval, level, id;
CREATE VIEW public.tasks AS
SELECT lead_id, owner, note, done_at IS NOT NULL AS done, cancelled_at IS NOT NULL AS cancelled
  FROM approval.task WHERE kind = 'approval' ORDER BY id;
CREATE VIEW public.requests AS
SELECT id, subject, lead_id AS lead, to_stage, amount, rule, status, level, requested_by, rep, decided_at IS NOT NULL AS over
  FROM approval.approval ORDER BY id;

-- 客户拜访审批: one level, the manager.
SET ROLE regress_rep;
SELECT request_approval('visit', 1, what => '{"on": "2026-03-05", "people": 2}', note => '客户邀请参观工厂');
SELECT id, rule_label, lead_name, company, what, note, status, waits_for, waits_for_me, asked_by_me, requested_by_name FROM v_approval;
SELECT approve(1);
SET ROLE regress_other;
SELECT count(*) FROM v_approval;
SELECT approve(1);
SELECT withdraw(1);
SET ROLE regress_lead;
SELECT id, waits_for_me, asked_by_me FROM v_approval;
SELECT lead_id, kind, note FROM v_task WHERE kind = 'approval';
SELECT approve(1, '同意，带上样机');
SELECT approve(1);
SELECT reject(1);
RESET ROLE;
SELECT * FROM requests;
SELECT * FROM steps;
SELECT * FROM tasks;
SELECT kind, lead_id, actor, data - 'approval' AS data FROM event WHERE kind LIKE 'approval.%' ORDER BY id;

-- 折扣审批: from 50000 on a second level; an amount that is not known asks all.
SET ROLE regress_rep;
SELECT request_approval('discount', 1, amount => 49999), request_approval('discount', 1, amount => 50000), request_approval('discount', 1);
RESET ROLE;
SELECT * FROM steps WHERE a BETWEEN 2 AND 4;
SET ROLE regress_lead;
SELECT id, approve(id, '同意') FROM generate_series(2, 4) id;
SELECT approve(3);
SELECT * FROM v_approval_step WHERE approval = 3 AND decided_at IS NULL;
SET ROLE regress_head;
SELECT id, level, waits_for_me FROM v_approval WHERE waits_for_me ORDER BY id;
SELECT reject(3, '折扣太高'), approve(4);
RESET ROLE;
SELECT * FROM requests WHERE id BETWEEN 2 AND 4;
SELECT * FROM steps WHERE a BETWEEN 2 AND 4;
SELECT * FROM tasks;

-- Managers: never the owner nor who asks; the topmost stands for those above
-- him, one who is gone is passed by.
SELECT p.* FROM lead l, _approvers('contract', l.owner, l.team, 1000000, 'zhao', 'x') p WHERE l.id = 1;
SELECT p.* FROM lead l, _approvers('contract', l.owner, l.team, 1000000, 'sun', 'x') p WHERE l.id = 1;
SELECT p.* FROM lead l, _approvers('contract', l.owner, l.team, 1000000, 'sun', 'x') p WHERE l.id = 4;
SELECT p.* FROM lead l, _approvers('contract', l.owner, l.team, 1000000, NULL, 'x') p WHERE l.id = 5;
UPDATE rep SET active = false WHERE code = 'sun';
SELECT p.* FROM lead l, _approvers('contract', l.owner, l.team, 1000000, 'zhao', 'x') p WHERE l.id = 1;
UPDATE rep SET active = true WHERE code = 'sun';
SET ROLE regress_chief;
SELECT request_approval('visit', 5);
RESET ROLE;

-- 合同签订 with 会签: all of a level, named reps and a role.
UPDATE approval_level SET mode = 'all', managers = '{1}', reps = '{qian}', roles = '{regress_finance}', min_amount = 0 WHERE rule = 'contract' AND level = 2;
SET ROLE regress_rep;
SELECT request_approval('contract', 1, amount => 80000) AS five;
SET ROLE regress_lead;
SELECT approve(5);
SET ROLE regress_accountant;
SELECT id, waits_for, waits_for_me FROM v_approval;
SELECT approve(5, '账期三十天');
SELECT approve(5);
SET ROLE regress_lead;
SELECT approve(5);
SET ROLE regress_other;
SELECT approve(5, 'ok');
RESET ROLE;
SELECT * FROM steps WHERE a = 5;
SELECT status, level FROM requests WHERE id = 5;
-- One who rejects is enough.
SET ROLE regress_rep;
SELECT request_approval('contract', 1, amount => 80000) AS six;
SET ROLE regress_lead;
SELECT approve(6);
SET ROLE regress_finance;
SELECT reject(6, '信用额度不足');
RESET ROLE;
SELECT * FROM steps WHERE a = 6;

-- 或签: one of several is enough.
UPDATE approval_level SET mode = 'any' WHERE rule = 'contract' AND level = 2;
SET ROLE regress_rep;
SELECT request_approval('contract', 1, amount => 80000) AS seven;
SET ROLE regress_lead;
SELECT approve(7);
SET ROLE regress_accountant;
SELECT approve(7);
RESET ROLE;
SELECT * FROM steps WHERE a = 7;

-- An administrator decides for all who are asked, but not what he asked for.
UPDATE approval_level SET mode = 'all' WHERE rule = 'contract' AND level = 2;
SET ROLE regress_app;
SELECT request_approval('contract', 3, amount => 1) AS eight;
SET ROLE regress_admin;
SELECT approve(8), approve(8, '特批');
SELECT request_approval('visit', 1) AS nine;
SELECT approve(9);
RESET ROLE;
SELECT * FROM steps WHERE a = 8;
-- Nor as a role of which he is a member.
SELECT request_approval('contract', 1, amount => 1) AS ten;
UPDATE approval SET requested_by = 'regress_accountant' WHERE id = 10;
SET ROLE regress_lead;
SELECT approve(10);
SET ROLE regress_finance;
SELECT approve(10);
RESET ROLE;
-- The rule may allow it.
UPDATE approval_rule SET self_approval = true WHERE code = 'visit';
SET ROLE regress_lead;
SELECT request_approval('visit', 1) AS eleven;
SELECT approve(11);
RESET ROLE;
UPDATE approval_rule SET self_approval = false WHERE code = 'visit';

-- Delegation: to whom it is left, with a note; never to who asked.
SET ROLE regress_rep;
SELECT request_approval('discount', 1, amount => 60000) AS twelve;
SELECT delegate_approval(12, 'qian');
SET ROLE regress_lead;
SELECT delegate_approval(12, 'zhao');
SELECT delegate_approval(12, 'nobody');
SELECT delegate_approval(12, 'sun');
SELECT delegate_approval(12, 'qian', '出差');
SELECT delegate_approval(12, 'qian');
SELECT approve(12);
SET ROLE regress_head;
SELECT delegate_approval(12, 'zhou', from_rep => 'qian');
SELECT delegate_approval(12, 'zhou', '请周总定');                          -- before it is his turn
SET ROLE regress_other;
SELECT approve(12, '可以');
SET ROLE regress_admin;
SELECT delegate_approval(12, 'wu');
SELECT delegate_approval(12, 'wu', '周总休假', from_rep => 'zhou');
SELECT delegate_approval(12, 'li', from_rep => 'wu');                       -- back
SET ROLE regress_head;
SELECT approve(12);
RESET ROLE;
SELECT * FROM steps WHERE a = 12;
SELECT status FROM requests WHERE id = 12;
SELECT owner, done, cancelled FROM tasks WHERE note LIKE '%(12)';

-- Taking it back: while it is pending, or approved and not used.
SET ROLE regress_rep;
SELECT request_approval('discount', 1, amount => 1) AS thirteen;
SELECT withdraw(13, '客户接受原价');
SELECT withdraw(13);
SELECT withdraw(2);
SET ROLE regress_lead;
SELECT approve(13);
SET ROLE regress_head;
SELECT request_approval('visit', 1) AS fourteen;
SET ROLE regress_lead;
SELECT withdraw(14);                                            -- of who is above him
RESET ROLE;
SELECT id, status FROM requests WHERE id IN (2, 13, 14);
SELECT * FROM steps WHERE a = 13;
SELECT count(*) FROM tasks WHERE note LIKE '%(13)' AND cancelled;

-- Who may ask: the owner of the lead, his managers, writers, administrators.
SET ROLE regress_rep;
SELECT request_approval('visit', 3);
SELECT request_approval('visit', 99);
SET ROLE regress_other;
SELECT request_approval('visit', 1);
SET ROLE regress_finance;
SELECT request_approval('visit', 1);
SET ROLE regress_chief;
SELECT request_approval('visit', 3);                            -- he may, and is the last one above
SET ROLE regress_admin;
SELECT request_approval('visit', 99);
SELECT approve(99);
RESET ROLE;
SELECT request_approval(NULL, 1);
SELECT request_approval('visit', 1, to_stage => 'won');
SELECT request_approval('stage', 1);
SELECT request_approval('visit', 1, amount => -1);
SELECT request_approval('visit', 1, what => '[]');
SELECT request_approval('tea', 1);
SELECT approve(NULL);

-- Moves: what the transition names.
INSERT INTO approval_rule (code, subject, position, condition) VALUES ('sign', 'stage', 40, 'expected_amount > 5000 OR expected_amount IS NULL');
INSERT INTO approval_level (rule, level, min_amount, managers) VALUES ('sign', 1, 20000, '{1}'), ('sign', 2, 500000, '{2}');
UPDATE transition SET approval = 'sign' WHERE process = 'lead' AND to_stage = 'won';
SET ROLE regress_rep;
SELECT request_approval('stage', 1, 'analysis');
SELECT request_approval('stage', 1, 'nowhere');
SELECT request_approval('stage', 1, 'negotiation');
SELECT request_approval('stage', 1, 'won', 5) AS move;      -- the lead's own amount counts
SELECT request_approval('stage', 1, 'won');
SELECT request_approval('stage', 2, 'won') AS of_unknown_amount;
SET ROLE regress_lead;
SELECT approve(max(id)) FROM v_approval WHERE lead_id = 1 AND subject = 'stage';
SELECT to_stage_label, amount, status FROM v_approval WHERE subject = 'stage' ORDER BY id;
SET ROLE regress_rep;
SELECT request_approval('stage', 1, 'won');
RESET ROLE;
UPDATE lead SET expected_amount = 600000 WHERE id = 1;
SET ROLE regress_rep;
SELECT request_approval('stage', 1, 'won') IS NOT NULL AS for_the_higher_amount;
RESET ROLE;
SELECT status, amount, level FROM requests WHERE subject = 'stage' ORDER BY id;
-- Below all levels nobody is asked.
SELECT request_approval('stage', 3, 'won') IS NOT NULL AS asked;
SELECT status, amount, level FROM requests WHERE subject = 'stage' AND lead = 3;
UPDATE lead SET expected_amount = 5000 WHERE id = 3;
SELECT request_approval('stage', 3, 'won');
UPDATE approval_rule SET active = false WHERE code = 'sign';
SELECT request_approval('stage', 2, 'won');
UPDATE approval_rule SET active = true WHERE code = 'sign';

-- A move uses an approval that is good for the lead's amount, and uses it up.
SET ROLE regress_rep;
SELECT move_stage(1, 'won');
RESET ROLE;
UPDATE lead SET expected_amount = 80000 WHERE id = 1;
UPDATE lead SET stage = 'won', won_amount = 80001 WHERE id = 1;
SET ROLE regress_rep;
SELECT move_stage(1, 'won');
RESET ROLE;
SELECT status, amount, used_at IS NOT NULL AS used FROM approval WHERE subject = 'stage' AND lead_id = 1 ORDER BY id;
UPDATE lead SET stage = 'negotiation' WHERE id = 1;
SET ROLE regress_rep;
SELECT move_stage(1, 'won');
SELECT withdraw(15);
SET ROLE regress_lead;
SELECT approve(max(id)) FROM v_approval WHERE subject = 'stage' AND lead_id = 1;
SET ROLE regress_head;
SELECT approve(max(id)) FROM v_approval WHERE subject = 'stage' AND lead_id = 1;
SET ROLE regress_rep;
SELECT withdraw(max(id)) FROM v_approval WHERE subject = 'stage' AND lead_id = 1;
SELECT move_stage(1, 'won');
RESET ROLE;
SELECT status, amount FROM approval WHERE subject = 'stage' AND lead_id = 1 ORDER BY id;
UPDATE approval_rule SET active = false WHERE code = 'sign';

-- A condition is checked when it is written.
UPDATE approval_rule SET condition = 'pg_sleep(1) IS NULL' WHERE code = 'sign';
INSERT INTO approval_level (rule, level) VALUES ('sign', 3);

-- A lead that changes hands leaves its approvals with who decides; merged, they
-- are the living lead's, and go back with it; deleted, they are gone.
INSERT INTO lead (id, name, process, stage, owner, first_source) VALUES (6, '赵云', 'lead', 'new', 'zhao', '官网'), (7, '赵云', 'lead', 'new', 'wu', '官网');
SELECT request_approval('visit', 6) AS of_six \gset
CREATE VIEW public.of_six AS
SELECT a.lead_id, a.brought_by, t.lead_id AS task_of, t.owner
  FROM approval.approval a JOIN approval.approval_step s ON s.approval = a.id JOIN approval.task t ON t.id = s.task
 WHERE a.lead_id IN (6, 7);
SELECT assign_to(6, 'qian');
SELECT * FROM of_six;
SELECT handover('qian', 'wu', scope => 'id = 6') IS NOT NULL AS done;
SELECT * FROM of_six;
SELECT merge_leads(7, ARRAY[6]) AS merge \gset
SELECT * FROM of_six;
SELECT unmerge(id) FROM merge_log ORDER BY id DESC LIMIT 1;
SELECT * FROM of_six;
DELETE FROM lead WHERE id = 6;
SELECT count(*) FROM approval WHERE id = :of_six;
SELECT count(*) FROM task WHERE kind = 'approval' AND lead_id = 6;

-- What check_workspace() says: of rules that point at nobody, and of requests
-- that wait for nobody.
SELECT item, problem, next_step FROM leadcrm.check_workspace('approval') WHERE item LIKE 'approval%';
UPDATE approval_rule SET active = true WHERE code = 'sign';
INSERT INTO approval_rule (code, subject, position) VALUES ('empty', 'tea', 50);
INSERT INTO approval_level (rule, level, reps, roles) VALUES ('visit', 2, '{nobody,qian}', '{regress_nobody}');
INSERT INTO rep (code, name, team) VALUES ('ma', '马超', NULL), ('lin', '林冲', 'sales');
UPDATE rep SET active = false WHERE code = 'qian';
UPDATE approval_step SET role = 'regress_nobody' WHERE role = 'regress_finance' AND approval = 10;
UPDATE approval SET level = 7 WHERE id = 14;
SELECT item, problem, next_step FROM leadcrm.check_workspace('approval') WHERE item LIKE 'approval%';
UPDATE approval SET level = 1 WHERE id = 14;

-- Who hands over all that he has hands over what waits for him: to the one he
-- names, or to a manager above where that one asked himself or where a team
-- takes his leads.  Undone, it comes back unless it was decided or moved on.
SELECT bool_and(withdraw(id) IS NULL) AS withdrawn FROM approval WHERE status = 'pending';
DELETE FROM approval_level WHERE rule = 'visit' AND level = 2;
UPDATE rep SET active = true WHERE code = 'qian';
SELECT assign_to(2, 'qian');
SET ROLE regress_rep;
SELECT request_approval('visit', 1) AS v, request_approval('discount', 1, amount => 60000) AS d \gset
SET ROLE regress_other;
SELECT request_approval('visit', 2) AS q \gset
RESET ROLE;
CREATE VIEW public.handed AS
SELECT CASE s.approval WHEN :v THEN 'v' WHEN :d THEN 'd' ELSE 'q' END AS a, s.level AS l, s.rep, s.status, f.rep AS instead_of,
       t.owner AS task_of, t.cancelled_at IS NOT NULL AS cancelled, t.done_at IS NOT NULL AS done
  FROM approval.approval_step s LEFT JOIN approval.approval_step f ON f.id = s.stands_for LEFT JOIN approval.task t ON t.id = s.task
 WHERE s.approval IN (:v, :d, :q) ORDER BY s.approval, s.level, s.id;
SELECT * FROM handover_preview('sun', 'qian') WHERE kind = 'approval';
SELECT * FROM handover_preview('sun', 'qian', scope => 'id = 4') WHERE kind = 'approval';
SET ROLE regress_lead;
SELECT * FROM handover_preview('sun', 'qian') WHERE kind = 'approval';
SET ROLE regress_head;                                          -- he may hand over his leads, not his word
SELECT * FROM handover_preview('sun', 'qian') WHERE kind = 'approval';
BEGIN;
SELECT handover('sun', 'qian') > 0 AS done;
RESET ROLE;
SELECT moved FROM handover ORDER BY id DESC LIMIT 1;
ROLLBACK;
RESET ROLE;
SELECT handover('sun', 'qian') AS one \gset
SELECT * FROM handed;
SELECT moved FROM handover WHERE id = :one;
SELECT data ->> 'to_rep' AS to_rep, data -> 'waits_for' AS waits_for FROM event
 WHERE kind = 'approval.delegated' AND data ->> 'handover' = :'one' ORDER BY id;
SET ROLE regress_other;
SELECT subject, waits_for_me FROM v_approval WHERE waits_for_me ORDER BY id;
SELECT approve(:v, '已了解情况'), delegate_approval(:d, 'zhou');
RESET ROLE;
SELECT kind, problem FROM undo_handover(:one) WHERE kind = 'approval';
SELECT * FROM handed;
SELECT handover('sun', to_team => 'north', deactivate => true) AS two \gset
SELECT * FROM handover_preview('li', 'zhou') WHERE kind = 'approval';
SELECT handover('li', 'zhou') AS three \gset
SELECT kind, problem FROM undo_handover(:two) WHERE kind = 'approval';
SELECT * FROM handover_preview('zhou', to_team => 'north') WHERE kind = 'approval';
SET ROLE regress_chief;
SELECT approve(:d);
RESET ROLE;
SELECT * FROM handed;

-- In every state: one level is asked while it is pending, nobody afterwards.
SELECT a.id FROM approval a
 WHERE (a.status = 'pending')
       <> EXISTS (SELECT FROM approval_step s WHERE s.approval = a.id AND s.status = 'pending' AND s.level = a.level)
    OR EXISTS (SELECT FROM approval_step s WHERE s.approval = a.id
                  AND (s.status = 'pending' AND s.level IS DISTINCT FROM a.level OR s.status = 'waiting' AND (s.level > a.level) IS NOT TRUE))
    OR (a.status = 'pending') <> (a.decided_at IS NULL);
SELECT s.id FROM approval_step s LEFT JOIN task t ON t.id = s.task
 WHERE (s.status = 'pending' AND s.rep IS NOT NULL) <> (t.id IS NOT NULL AND t.done_at IS NULL AND t.cancelled_at IS NULL);

DROP VIEW steps, tasks, requests, of_six, handed;
SELECT leadcrm.drop_workspace('approval', 6);
DROP ROLE regress_rep, regress_other, regress_lead, regress_head, regress_chief, regress_finance, regress_accountant, regress_app, regress_admin;
