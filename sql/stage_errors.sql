-- Stages: what is refused, and what it says; who may move a lead; what a
-- stage means cannot change under leads that are in it.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_ann;
CREATE ROLE regress_bob;
CREATE ROLE regress_dora;
CREATE ROLE regress_writer;
CREATE ROLE regress_admin;
SELECT leadcrm.create_workspace('stages', 'en');
SET search_path = stages, pg_temp;
SELECT grant_access('regress_ann', 'rep'), grant_access('regress_bob', 'rep'), grant_access('regress_dora', 'manager'),
       grant_access('regress_writer', 'writer'), grant_access('regress_admin', 'admin');
INSERT INTO team (code) VALUES ('south');
INSERT INTO rep (code, role, team) VALUES ('ann', 'regress_ann', 'south'), ('bob', 'regress_bob', NULL), ('dora', 'regress_dora', 'south');
UPDATE team SET manager = 'dora' WHERE code = 'south';
INSERT INTO loss_reason (code, position, active) VALUES ('old', 99, false);

-- What is not there
INSERT INTO lead (first_source, process) VALUES ('web', 'nosuch');
INSERT INTO lead (first_source, process) VALUES ('web', 'opportunity');
INSERT INTO lead (first_source, stage) VALUES ('web', 'nosuch');
INSERT INTO lead (first_source, stage) VALUES ('web', 'internal_review');
INSERT INTO lead (first_source, loss_reason) VALUES ('web', 'nosuch');
INSERT INTO lead (first_source, loss_reason) VALUES ('web', 'old');
-- What does not go together
INSERT INTO lead (id, first_source, stage) VALUES (9, 'web', 'lost');
INSERT INTO lead (id, first_source, stage, loss_reason) VALUES (9, 'web', 'contacted', 'price');
INSERT INTO lead (id, first_source, stage, loss_reason) VALUES (9, 'web', 'lost', 'other');
INSERT INTO lead (id, first_source, stage, loss_reason) VALUES (9, 'web', 'lost', 'competitor');
INSERT INTO lead (id, first_source, won_amount) VALUES (9, 'web', 100);
SELECT count(*) FROM lead;

-- Moves
INSERT INTO lead (id, name, owner, first_source) VALUES (1, 'Ann', 'ann', 'web'), (2, 'Ben', 'bob', 'web'), (3, 'Cleo', NULL, 'web');
UPDATE lead SET stage = 'won' WHERE id = 1;
UPDATE lead SET stage = 'nosuch' WHERE id = 1;
UPDATE lead SET stage = '' WHERE id = 1;
UPDATE lead SET stage = NULL WHERE id = 1;
UPDATE lead SET stage = 'lost' WHERE id = 1;
UPDATE lead SET stage = 'lost', loss_reason = 'nosuch' WHERE id = 1;
UPDATE lead SET stage = 'contacted', loss_reason = 'price' WHERE id = 1;
UPDATE lead SET stage = 'contacted', won_amount = 1 WHERE id = 1;
UPDATE lead SET process = 'nosuch' WHERE id = 1;
UPDATE lead SET process = 'project', stage = 'won' WHERE id = 1;
UPDATE lead SET stage = 'proposal' WHERE id = 1;
UPDATE lead SET process = 'project' WHERE id = 1;
UPDATE lead SET process = 'project', stage = 'won' WHERE id = 1;
UPDATE lead SET stage = 'won', expected_amount = 10 WHERE id = 1;
UPDATE lead SET loss_reason = 'price' WHERE id = 1;
UPDATE lead SET stage = 'contacted' WHERE id = 1;
UPDATE lead SET stage = 'lost', loss_reason = 'price' WHERE id = 1;
UPDATE lead SET loss_reason = 'price' WHERE id = 2;
UPDATE lead SET loss_reason = NULL WHERE id = 2;
UPDATE lead SET loss_reason = 'other' WHERE id = 2;
UPDATE lead SET stage = 'won' WHERE id = 2;
UPDATE lead SET stage = 'contacted', loss_reason = 'timing' WHERE id = 2;
-- What has changed since does not let a move pass that was legal.
UPDATE transition SET condition = 'budget_max / 0 > 1' WHERE process = 'lead' AND from_stage = 'new' AND to_stage = 'contacted';
UPDATE transition SET condition = 'length(attrs ->> ''key'') > 3' WHERE process = 'lead' AND from_stage = 'new' AND to_stage = 'contacted';
UPDATE lead SET stage = 'contacted' WHERE id = 3;
UPDATE transition SET condition = 'true', required_fields = '{company}' WHERE process = 'lead' AND from_stage = 'new' AND to_stage = 'contacted';
UPDATE lead SET stage = 'contacted' WHERE id = 3;
UPDATE transition SET required_fields = '{}' WHERE process = 'lead' AND from_stage = 'new' AND to_stage = 'contacted';
DELETE FROM transition WHERE process = 'lead' AND from_stage = 'new';
UPDATE lead SET stage = 'contacted' WHERE id = 3;
DELETE FROM transition WHERE process = 'lead' AND from_stage IS NULL;
UPDATE lead SET stage = 'contacted' WHERE id = 3;

INSERT INTO transition (process, to_stage) VALUES ('lead', 'lost');

-- The codes of what is refused
CREATE FUNCTION refused(command text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE command;
    RETURN 'passes';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT c AS command, refused(c) FROM (VALUES ($$UPDATE lead SET stage = 'won' WHERE id = 3$$), ($$UPDATE lead SET stage = 'nosuch' WHERE id = 3$$),
    ($$UPDATE lead SET stage = 'lost' WHERE id = 3$$), ($$UPDATE lead SET loss_reason = 'nosuch' WHERE id = 3$$), ($$UPDATE lead SET process = 'nosuch' WHERE id = 3$$),
    ($$UPDATE lead SET stage = NULL WHERE id = 3$$), ($$INSERT INTO lead (first_source, stage) VALUES ('web', 'nosuch')$$),
    ($$DELETE FROM stage WHERE code = 'lost'$$), ($$UPDATE lead SET name = 'C' WHERE id = 3$$)) v (c);

-- Who may move which lead
SET ROLE regress_ann;
SELECT move_stage(1, 'negotiation', note => 'they want more');
SELECT move_stage(2, 'contacted');
SELECT move_stage(99, 'contacted');
SELECT move_stage(1, NULL);
SELECT move_stage(1, 'won', amount => 12.50);
SELECT move_stage(1, 'contacted');
SELECT leadcrm.move_stage('stages.lead', 1, 'contacted');
SELECT leadcrm.rebuild_lifecycle('stages.lead');
SELECT leadcrm._stage_faults('stages.lead');
UPDATE lead SET stage = 'contacted';
SET ROLE regress_bob;
SELECT move_stage(1, 'negotiation');
SELECT move_stage(2, 'analysis');
SELECT move_stage(2, NULL, reason => 'competitor', competitor => 'Example Inc');
SET ROLE regress_dora;
SELECT move_stage(1, 'negotiation');
SELECT move_stage(2, 'negotiation');
SET ROLE regress_writer;
SELECT move_stage(2, 'negotiation');
SELECT move_stage(99, 'negotiation');
SET ROLE regress_admin;
SELECT move_stage(2, 'lost', reason => 'price', note => 'too dear');
INSERT INTO stage (process, code, position, probability) VALUES ('lead', 'pilot', 45, 0.6);
INSERT INTO transition (process, from_stage, to_stage) VALUES ('lead', 'new', 'pilot');
SELECT move_stage(3, 'pilot');
RESET ROLE;
SELECT lead_id, position, from_stage, to_stage, cause, reason, note, competitor, amount, owner, actor FROM stage_change ORDER BY lead_id, position;
SELECT loss_reason, loss_note, competitor FROM lead WHERE id = 2;

-- A stage that leads are in stays, and none changes what it means.
DELETE FROM stage WHERE process = 'lead' AND code = 'pilot';
UPDATE stage SET code = 'trial' WHERE process = 'lead' AND code = 'pilot';
UPDATE stage SET kind = 'open' WHERE process = 'lead' AND code = 'lost';
UPDATE stage SET kind = 'won' WHERE process = 'lead' AND code = 'pilot';
DELETE FROM stage WHERE process = 'lead' AND code = 'lost';
UPDATE process SET code = 'leads' WHERE code = 'lead';
DELETE FROM process WHERE code = 'lead';
TRUNCATE stage CASCADE;
UPDATE stage SET label = 'Trial', position = 46 WHERE process = 'lead' AND code = 'pilot';
-- It may go when they have left it, but their histories know it by its code.
BEGIN;
INSERT INTO transition (process, from_stage, to_stage) VALUES ('lead', 'pilot', 'analysis');
UPDATE lead SET stage = 'analysis' WHERE id = 3;
SAVEPOINT s;
UPDATE stage SET code = 'trial' WHERE process = 'lead' AND code = 'pilot';
ROLLBACK TO s;
DELETE FROM stage WHERE process = 'lead' AND code = 'pilot';
SELECT stage, leadcrm.reached(lifecycle) FROM lead WHERE id = 3;
ROLLBACK;
-- Where nobody ever was all is free, also the won stage.
DELETE FROM stage WHERE process = 'lead' AND code = 'won';
INSERT INTO process (code, position) VALUES ('other', 50);
INSERT INTO stage (process, code, position, probability) VALUES ('other', 'need', 10, 0.1), ('lead', 'need', 15, 0.1);
UPDATE stage SET code = 'needs' WHERE code = 'need';
UPDATE process SET code = 'another' WHERE code = 'other';
SELECT process, code FROM stage WHERE code = 'needs' ORDER BY process;
DELETE FROM process WHERE code = 'another';
-- A lead whose stage is gone all the same is open and may enter any open one.
ALTER TABLE stage DISABLE TRIGGER guard_stage;
DELETE FROM stage WHERE process = 'lead' AND code = 'pilot';
ALTER TABLE stage ENABLE TRIGGER guard_stage;
SELECT severity, item, problem FROM leadcrm.check_workspace('stages') WHERE item LIKE 'process%';
UPDATE lead SET name = 'Clea' WHERE id = 3;
UPDATE lead SET stage = 'won' WHERE id = 3;
INSERT INTO stage (process, code, position, kind, probability) VALUES ('lead', 'pilot', 45, 'won', 1);
INSERT INTO stage (process, code, position, kind, probability) VALUES ('lead', 'win', 45, 'won', 1);
UPDATE stage SET code = 'pilot' WHERE process = 'lead' AND code = 'win';
DELETE FROM stage WHERE process = 'lead' AND code = 'win';
UPDATE lead SET stage = 'needs' WHERE id = 3;
SELECT stage, leadcrm.reached(lifecycle) FROM lead WHERE id = 3;
-- A merged row, which nobody can move, keeps no open stage, but a closed one.
BEGIN;
INSERT INTO lead (id, first_source, stage) VALUES (11, 'web', 'negotiation'), (12, 'web', 'proposal'), (13, 'web', 'negotiation');
UPDATE lead SET stage = 'lost', loss_reason = 'price' WHERE id IN (2, 13);
SELECT merge_leads(11, ARRAY[12, 13]::bigint[]) IS NOT NULL AS merged;
DELETE FROM stage WHERE process = 'lead' AND code = 'proposal';
SELECT u.* FROM merge_log m, unmerge(m.id) u WHERE m.loser = 12;
SELECT id, merged_into, stage, leadcrm.is_open('lead', process, stage) AS open FROM lead WHERE id IN (12, 13) ORDER BY id;
DELETE FROM lead WHERE id = 2;
DELETE FROM stage WHERE process = 'lead' AND code = 'lost';
ROLLBACK;
UPDATE process SET active = false;
SELECT severity, item, problem FROM leadcrm.check_workspace('stages') WHERE item LIKE '%process%';
INSERT INTO lead (id, first_source) VALUES (4, 'web') RETURNING process, stage, lifecycle;
INSERT INTO lead (id, first_source, stage) VALUES (5, 'web', 'new');
UPDATE lead SET name = 'Dan' WHERE id = 4;
UPDATE process SET active = true WHERE code = 'lead';
UPDATE lead SET name = 'Dave' WHERE id = 4 RETURNING process, stage;
SELECT item, problem FROM leadcrm.check_workspace('stages') WHERE severity = 'error';

-- Configuration that says nothing
INSERT INTO transition (process, from_stage, to_stage) VALUES ('lead', 'new', 'nosuch');
INSERT INTO transition (process, from_stage, to_stage) VALUES ('lead', 'new', 'new');
INSERT INTO transition (process, from_stage, to_stage, required_fields) VALUES ('lead', 'new', 'needs', '{nosuch}');
INSERT INTO transition (process, from_stage, to_stage, required_fields) VALUES ('lead', 'new', 'needs', '{NULL}');
INSERT INTO transition (process, from_stage, to_stage, condition) VALUES ('lead', 'new', 'needs', 'nosuch > 1');
INSERT INTO process (code, position, condition) VALUES ('x', 1, 'random() < 1');
INSERT INTO stage_rule (code, process, position, to_stage) VALUES ('x', 'lead', 1, 'needs');
INSERT INTO stage_rule (code, process, position, condition, to_stage) VALUES ('x', 'lead', 1, 'now() > created_at', 'needs');

-- The functions where they do not belong
SELECT leadcrm.stage();
CREATE TABLE elsewhere (id bigint);
CREATE TRIGGER t BEFORE INSERT ON elsewhere FOR EACH ROW EXECUTE FUNCTION leadcrm.stage();
INSERT INTO elsewhere VALUES (1);
DROP TRIGGER t ON elsewhere;
CREATE TRIGGER t AFTER INSERT ON elsewhere FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.stage();
INSERT INTO elsewhere VALUES (1);
DROP TRIGGER t ON elsewhere;
CREATE TRIGGER t AFTER INSERT ON elsewhere FOR EACH ROW EXECUTE FUNCTION leadcrm.guard_stage();
INSERT INTO elsewhere VALUES (1);
SELECT leadcrm.move_stage('elsewhere', 1, 'new');
SELECT leadcrm.rebuild_lifecycle('elsewhere');
SELECT leadcrm.is_open('elsewhere', 'lead', 'new');
SELECT p, s, leadcrm.is_open('lead', p, s) FROM (VALUES ('lead', 'new'), ('lead', 'lost'), ('lead', 'nosuch'), ('nosuch', 'lost'), (NULL, 'lost'), ('lead', NULL)) v (p, s);
RESET search_path;
DROP SCHEMA stages CASCADE;
DROP ROLE regress_ann, regress_bob, regress_dora, regress_writer, regress_admin;
