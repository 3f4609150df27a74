-- A process checks itself while it is changed.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SELECT leadcrm.create_workspace('checked', 'en');
SET search_path TO checked, public;
-- What is installed is sound.
SELECT p.code, c.* FROM process p, check_process(p.code) c;
SELECT check_process('nowhere');
SELECT check_process(NULL);

INSERT INTO process (code, position) VALUES ('test', 90);
SELECT * FROM check_process('test');
INSERT INTO stage (process, code, position, kind, probability) VALUES
    ('test', 'begin', 10, 'open', 0.1), ('test', 'middle', 20, 'open', 0.2), ('test', 'end', 30, 'converted', 1);
SELECT * FROM check_process('test');
INSERT INTO stage (process, code, position, kind, probability) VALUES ('test', 'gone', 40, 'lost', 0);
-- What is lost first leads nowhere.
INSERT INTO transition (process, from_stage, to_stage) VALUES ('test', NULL, 'gone'), ('test', 'begin', 'end'), ('test', 'gone', 'begin');
SELECT * FROM check_process('test');
-- What it says helps.
SELECT next_step FROM check_process('test') \gexec
SELECT * FROM check_process('test');
UPDATE transition SET id = CASE from_stage WHEN 'begin' THEN 1001 ELSE 1002 END WHERE process = 'test' AND 'middle' IN (from_stage, to_stage);

-- A won stage that no move reaches
INSERT INTO stage (process, code, position, kind, probability) VALUES ('test', 'won', 35, 'won', 1);
SELECT * FROM check_process('test');
DELETE FROM stage WHERE (process, code) = ('test', 'won');

-- Losing needs a reason.
UPDATE loss_reason SET active = false;
SELECT * FROM check_process('test');
UPDATE loss_reason SET active = true;

-- What a move asks for
INSERT INTO approval_rule (code, position) VALUES ('sign', 10);
ALTER TABLE lead ADD fax text;
UPDATE transition SET required_fields = '{phone,fax,attrs.fax}', approval = 'sign' WHERE id = 1002;
ALTER TABLE lead DROP fax;
UPDATE transition SET approval = 'visit' WHERE id = 1001;
SELECT * FROM check_process('test');
INSERT INTO approval_level (rule, level, managers) VALUES ('sign', 1, '{1}');
UPDATE transition SET required_fields = '{phone,attrs.fax}', approval = nullif(approval, 'visit') WHERE id IN (1001, 1002);
SELECT * FROM check_process('test');
-- One that is switched off asks nobody, and that is meant.
DELETE FROM approval_level WHERE rule = 'sign';
UPDATE approval_rule SET active = false WHERE code = 'sign';
SELECT * FROM check_process('test');

-- Rules that move no lead
INSERT INTO stage_rule (code, process, position, activity_kind, to_stage) VALUES
    ('ok', 'test', 10, 'call', 'middle'), ('unknown', 'test', 20, 'séance', 'middle'), ('back', 'test', 30, 'call', 'begin');
SELECT * FROM check_process('test');
DELETE FROM stage_rule WHERE process = 'test' AND code <> 'ok';

-- Leads in a stage that is gone, and in a process that is not active
INSERT INTO lead (id, name, process, stage, first_source) VALUES
    (1, 'A', 'test', 'middle', 'x'), (2, 'B', 'test', 'middle', 'x'), (3, 'C', 'test', 'end', 'x'), (4, 'D', 'test', 'begin', 'x');
SELECT count(*) FROM leadcrm.check_workspace('checked') WHERE item LIKE '%process%';
UPDATE process SET active = false WHERE code = 'test';
DELETE FROM stage WHERE (process, code) = ('test', 'middle');
ALTER TABLE stage DISABLE TRIGGER guard_stage;
DELETE FROM stage WHERE (process, code) = ('test', 'middle');
ALTER TABLE stage ENABLE TRIGGER guard_stage;
SELECT * FROM check_process('test');

SELECT * FROM leadcrm.check_workspace('checked') WHERE item LIKE '%process%';

-- Foreign keys do not hold where triggers are off.
SET session_replication_role = replica;
DELETE FROM stage WHERE (process, code) = ('test', 'gone');
RESET session_replication_role;
SELECT problem, regexp_replace(subject, '\d+', 'N') AS subject, next_step FROM check_process('test');
SELECT leadcrm.drop_workspace('checked', 4);
