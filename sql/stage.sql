-- Stages: where a lead begins, which moves are legal, what a move leaves, on
-- every path.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('stages', 'en');
SET search_path = stages, pg_temp;
CREATE VIEW leads AS
SELECT l.id, l.process, l.stage, l.stage_since = c.at AS since, l.won_at = c.at AS won, l.won_amount, l.lost_at = c.at AS lost, l.loss_reason, l.competitor,
       leadcrm.reached(l.lifecycle) AS reached
  FROM lead l LEFT JOIN LATERAL (SELECT h.at FROM stage_change h WHERE h.lead_id = l.id ORDER BY h.position DESC LIMIT 1) c ON true
 ORDER BY l.id;
CREATE VIEW history AS
SELECT lead_id, position, process, from_stage, to_stage, cause, reason, note, competitor, amount, owner
  FROM stage_change ORDER BY lead_id, position;
CREATE VIEW wrong AS
SELECT item, problem FROM leadcrm.check_workspace('stages') WHERE severity = 'error';
INSERT INTO rep (code) VALUES ('ann'), ('bob');

-- Where a lead begins: in the first stage of the process that is for it, or
-- where its writer says; the first entry is as old as the lead.
INSERT INTO lead (id, name, kind, process, stage, loss_reason, won_amount, expected_amount, owner, created_at, first_source) VALUES
    (1, 'Ann',  'contact', NULL,      NULL,       NULL,    NULL, NULL, 'ann', '2026-01-05 09:00+08', 'web'),
    (2, 'Ben',  'project', NULL,      NULL,       NULL,    NULL, NULL, 'ann', '2026-01-06 09:00+08', 'web'),
    (3, 'Cleo', 'contact', 'project', 'analysis', NULL,    NULL, NULL, 'bob', '2026-01-07 09:00+08', 'web'),
    (4, 'Dan',  'contact', NULL,      'won',      NULL,    NULL, 500,  'bob', '2026-01-08 09:00+08', 'web'),
    (5, 'Eve',  'contact', NULL,      NULL,       'price', NULL, 500,  'bob', '2026-01-09 09:00+08', 'web'),
    (6, 'Finn', 'contact', NULL,      'won',      NULL,    450,  500,  NULL,  '2026-01-10 09:00+08', 'web');
SELECT * FROM leads;
SELECT * FROM history;
SELECT id, lifecycle FROM lead ORDER BY id;
SELECT kind, count(*) FROM event WHERE kind IN ('lead.created', 'lead.stage') GROUP BY kind;
SELECT * FROM leadcrm.rep_loads('lead');

-- Moves, and what is computed; nobody else writes that.
UPDATE lead SET stage = 'contacted', lifecycle = NULL, stage_since = '2020-01-01Z', won_at = now(), lost_at = now() WHERE id IN (1, 2);
UPDATE lead SET stage = 'proposal', expected_amount = 800 WHERE id = 1;
UPDATE lead SET stage = 'proposal' WHERE id = 1;
UPDATE lead SET lifecycle = '{won@2026-01-01T00:00:00Z}', name = 'Anna' WHERE id = 1;
UPDATE lead SET stage = 'won', owner = 'bob' WHERE id = 1;
UPDATE lead SET expected_amount = 900 WHERE id = 1;
SELECT * FROM leads WHERE id <= 2;
UPDATE lead SET won_amount = 777 WHERE id = 1;
SELECT won_amount FROM lead WHERE id = 1;
SELECT * FROM history WHERE lead_id <= 2;
SELECT lead_id, data FROM event WHERE kind = 'lead.stage' ORDER BY id;
SELECT * FROM leadcrm.rep_loads('lead');

-- Won and given back; lost and reopened; a reason alone says that it is lost.
UPDATE lead SET stage = 'negotiation' WHERE id = 1;
UPDATE lead SET loss_reason = 'competitor', loss_note = 'cheaper', competitor = 'Example Inc' WHERE id = 1;
UPDATE lead SET stage = 'lost', loss_reason = 'other', loss_note = 'never called back' WHERE id = 2;
SELECT * FROM leads WHERE id <= 2;
UPDATE lead SET loss_reason = 'price' WHERE id = 2;
UPDATE lead SET stage = 'analysis' WHERE id <= 2;
SELECT * FROM leads WHERE id <= 2;
SELECT loss_note FROM lead WHERE id <= 2 ORDER BY id;
SELECT * FROM history WHERE lead_id <= 2 AND position > 3;
SELECT * FROM leadcrm.rep_loads('lead');

-- Into another process with the stage, or into an open stage of it.
UPDATE lead SET process = 'project' WHERE id = 1;
UPDATE lead SET process = NULL WHERE id = 1;
UPDATE lead SET process = 'lead', stage = 'proposal' WHERE id = 2;
UPDATE lead SET process = 'project', stage = 'internal_review' WHERE id = 2;
SELECT * FROM history WHERE lead_id <= 2 AND position > 5;
SELECT id, process, stage FROM lead WHERE id <= 2 ORDER BY id;

-- Guards of a transition: condition, fields, approval.
INSERT INTO approval_rule (code, position, condition) VALUES ('big deal', 99, 'expected_amount >= 1000');
UPDATE transition SET condition = 'budget_max > 0', required_fields = '{company,attrs.decision_maker}'
 WHERE process = 'lead' AND from_stage = 'new' AND to_stage = 'analysis';
UPDATE transition SET approval = 'big deal' WHERE process = 'lead' AND from_stage = 'proposal' AND to_stage = 'won';
INSERT INTO lead (id, name, stage, expected_amount, created_at, first_source) VALUES
    (11, 'Gil', NULL, NULL, '2026-01-11 09:00+08', 'web'), (12, 'Hal', 'proposal', 999, '2026-01-12 09:00+08', 'web'), (13, 'Ida', 'proposal', 1000, '2026-01-13 09:00+08', 'web');
UPDATE lead SET stage = 'analysis' WHERE id = 11;
UPDATE lead SET stage = 'analysis', budget_max = 1, attrs = '{"decision_maker": ""}' WHERE id = 11;
UPDATE lead SET stage = 'analysis', budget_max = 1, company = 'Example Ltd', attrs = '{"decision_maker": "Mr. Example"}' WHERE id = 11;
UPDATE lead SET stage = 'won' WHERE id IN (12, 13);
UPDATE lead SET stage = 'won' WHERE id = 12;
INSERT INTO approval (subject, lead_id, to_stage, amount, rule, status, requested_by, requested_at) VALUES
    ('stage', 12, 'won', NULL, 'big deal', 'approved', 'x', now()), ('stage', 13, 'won', 900, 'big deal', 'approved', 'x', now()),
    ('stage', 13, 'won', 1000, 'big deal', 'pending', 'x', now());
UPDATE lead SET stage = 'won' WHERE id = 13;
UPDATE approval SET status = 'approved' WHERE status = 'pending';
UPDATE lead SET stage = 'won' WHERE id = 13;
SELECT lead_id, amount, status, used_at IS NOT NULL AS dated FROM approval ORDER BY id;
UPDATE lead SET stage = 'negotiation' WHERE id = 13;
UPDATE lead SET stage = 'proposal' WHERE id = 13;
UPDATE lead SET stage = 'won' WHERE id = 13;
UPDATE approval_rule SET active = false WHERE code = 'big deal';
UPDATE lead SET stage = 'won' WHERE id = 13;
SELECT * FROM history WHERE lead_id BETWEEN 11 AND 13;

-- Repeat inquiries, merges: a merged row goes nowhere; taken out again it
-- begins, or goes on.
INSERT INTO lead (id, name, phone, created_at, first_source, owner) VALUES (21, 'Jan', '13800138021', '2026-01-14 09:00+08', 'web', 'ann');
UPDATE lead SET loss_reason = 'timing' WHERE id = 21;
INSERT INTO lead (id, name, phone, stage, loss_reason, created_at, first_source) VALUES (22, 'Jan', '138 0013 8021', 'nonsense', 'nonsense', '2026-01-15 09:00+08', 'web');
SELECT * FROM leads WHERE id BETWEEN 21 AND 22;
SELECT * FROM history WHERE lead_id = 21;
SELECT reason, owner_before, owner FROM assignment_log WHERE lead_id = 21 ORDER BY id;
UPDATE lead SET stage = 'won' WHERE id = 22;
SELECT * FROM unmerge((SELECT id FROM merge_log WHERE loser = 22));
SELECT * FROM leads WHERE id BETWEEN 21 AND 22;
UPDATE lead SET stage = 'contacted' WHERE id = 21;
SELECT (merge_leads(22, ARRAY[21]))[1] AS merge \gset
SELECT merged_into, stage FROM lead WHERE id = 21;
UPDATE lead SET stage = 'analysis' WHERE id = 21;
UPDATE lead SET stage = 'contacted' WHERE id = 22;
SELECT * FROM unmerge(:merge);
UPDATE lead SET stage = 'analysis' WHERE id = 21;
SELECT * FROM history WHERE lead_id BETWEEN 21 AND 22;

-- COPY, MERGE, ON CONFLICT, rows that never arrive, a trigger that says no.
COPY lead (id, name, stage, first_source) FROM STDIN CSV;
31,Kim,,web
32,Lee,contacted,web
\.
MERGE INTO lead t USING (VALUES (31, 'analysis'), (33, 'proposal')) s (id, stage) ON t.id = s.id
 WHEN MATCHED THEN UPDATE SET stage = 'contacted'
 WHEN NOT MATCHED THEN INSERT (id, stage, first_source) VALUES (s.id, s.stage, 'web');
INSERT INTO lead (id, stage, first_source) VALUES (32, 'won', 'web'), (34, 'contacted', 'web'), (34, 'won', 'web') ON CONFLICT (id) DO NOTHING;
INSERT INTO lead (id, stage, first_source) VALUES (32, 'won', 'web') ON CONFLICT (id) DO UPDATE SET stage = 'analysis';
CREATE FUNCTION say_no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER zz_no BEFORE INSERT OR UPDATE ON lead FOR EACH ROW WHEN (NEW.name = 'Nobody') EXECUTE FUNCTION say_no();
INSERT INTO lead (id, name, first_source) VALUES (35, 'Nobody', 'web'), (36, 'Moe', 'web');
UPDATE lead SET stage = 'contacted', name = CASE id WHEN 31 THEN 'Nobody' ELSE name END WHERE id IN (31, 33, 36);
UPDATE lead SET stage = 'analysis' WHERE id IN (31, 33, 36);
DROP TRIGGER zz_no ON lead;
SELECT * FROM history WHERE lead_id BETWEEN 31 AND 36;
-- The trigger hung twice decides once.
CREATE TRIGGER lead_31_again BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.stage();
INSERT INTO lead (id, first_source) VALUES (37, 'web');
UPDATE lead SET stage = 'contacted' WHERE id = 37;
SELECT * FROM history WHERE lead_id = 37;
DROP TRIGGER lead_31_again ON lead;
-- A history that is not as the template makes it is written all the same.
ALTER TABLE stage_change ADD COLUMN more text;
INSERT INTO lead (id, first_source) VALUES (38, 'web');
UPDATE lead SET stage = 'contacted', expected_amount = 1.50 WHERE id = 38;
SELECT * FROM history WHERE lead_id = 38;
ALTER TABLE stage_change DROP COLUMN more;
SELECT * FROM wrong;

-- What is deleted takes its history along.
DELETE FROM lead WHERE id >= 31;
SELECT count(*) FROM stage_change WHERE lead_id >= 31;

-- A lead whose row lost its history has it again, and one that has none begins.
ALTER TABLE lead DISABLE TRIGGER USER;
UPDATE lead SET lifecycle = NULL WHERE id = 3;
DELETE FROM stage_change WHERE lead_id = 4;
UPDATE lead SET lifecycle = NULL WHERE id = 4;
UPDATE lead SET stage = 'won', won_at = now() WHERE id = 11;
UPDATE lead SET stage = NULL, lifecycle = NULL WHERE id = 5;
DELETE FROM stage_change WHERE lead_id = 12 AND position = 1;
INSERT INTO stage_change (lead_id, position, to_stage, at, cause, actor) VALUES (999, 1, 'new', now(), 'x', 'x');
ALTER TABLE lead ENABLE TRIGGER USER;
SELECT * FROM wrong;
SELECT * FROM leadcrm._stage_faults('lead');
BEGIN;
UPDATE lead SET stage = 'proposal_submitted' WHERE id = 3;
UPDATE lead SET stage = 'negotiation' WHERE id = 4;
UPDATE lead SET name = 'Eva' WHERE id = 5;
SELECT * FROM leads WHERE id BETWEEN 3 AND 5;
SELECT * FROM history WHERE lead_id BETWEEN 3 AND 5;
ROLLBACK;
DELETE FROM stage_change WHERE lead_id = 999;
SELECT * FROM leadcrm.repair_workspace('stages') WHERE severity = 'error';
SELECT * FROM leads WHERE id IN (3, 4, 5, 11, 12);
SELECT * FROM history WHERE lead_id IN (3, 4, 5, 11, 12);
SELECT leadcrm.rebuild_lifecycle('lead'), leadcrm.rebuild_lifecycle('lead', '{1,1,2,4711}');

-- Bulk migration brings rows, not histories; a history that comes is kept.
SELECT leadcrm.begin_restore('stages');
INSERT INTO lead (id, name, process, stage, won_at, first_source, last_source, last_inbound_at, created_at, updated_at) VALUES
    (41, 'Ned', 'lead', 'won', NULL, 'x', 'x', now(), '2026-01-01Z', now()), (42, 'Oda', NULL, NULL, NULL, 'x', 'x', now(), '2026-01-02Z', now()),
    (43, 'Pat', 'lead', 'proposal', NULL, 'x', 'x', now(), '2026-01-03Z', now());
INSERT INTO stage_change (lead_id, position, process, from_stage, to_stage, at, cause, reason, actor) VALUES
    (43, 1, 'lead', NULL, 'new', '2026-01-03Z', 'old', NULL, 'x'), (43, 3, 'lead', 'new', 'lost', '2026-01-04Z', 'old', 'price', 'x');
SELECT * FROM leadcrm.end_restore('stages') WHERE severity = 'error';
SELECT * FROM leads WHERE id > 40;
SELECT * FROM history WHERE lead_id > 40;
SELECT lifecycle FROM lead WHERE id > 40 ORDER BY id;

-- The extension gone and come again: the column is made again from the history.
CREATE TEMP TABLE was AS SELECT id, lifecycle::text FROM lead;
SET search_path = pg_catalog;
DROP EXTENSION leadcrm CASCADE;
CREATE EXTENSION leadcrm;
SELECT item, problem FROM leadcrm.check_workspace('stages') WHERE item = 'table lead';
SELECT * FROM leadcrm.repair_workspace('stages') WHERE severity = 'error';
SET search_path = stages, pg_temp;
SELECT count(*), count(*) FILTER (WHERE l.lifecycle::text IS NOT DISTINCT FROM w.lifecycle) AS same FROM lead l JOIN was w USING (id);
INSERT INTO lead (id, first_source) VALUES (51, 'web');
UPDATE lead SET stage = 'contacted' WHERE id = 51;
SELECT id, stage, leadcrm.reached(lifecycle) FROM lead WHERE id = 51;
RESET search_path;
DROP SCHEMA stages CASCADE;
