-- Columns of the user's own, one of them dropped: the others are still found,
-- by whatever reads whole rows.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SELECT leadcrm.create_workspace('columns', 'en', 'Asia/Shanghai');
SET search_path TO columns, public;
ALTER TABLE lead ADD gone integer, ADD tag text, ADD size bigint, ADD note text;
ALTER TABLE lead DROP gone;

-- Rules, explained and tried out.
INSERT INTO rep (code) VALUES ('adam'), ('bea');
INSERT INTO assignment_rule (code, position, condition, strategy, rep) VALUES
    ('tagged', 1, $$tag = 'x' AND size = 7 AND note = 'y'$$, 'direct', 'bea');
INSERT INTO lead (name, phone, first_source, tag, size, note) VALUES ('Ann', '13800138001', 'web', 'x', 7, 'y');
SELECT rule, owner FROM v_assignment;
SELECT rule, outcome, candidate, verdict FROM explain_assignment(1);
SELECT rule, owner, simulated, really FROM simulate_assignment(1);
SELECT lead_id, rule, owner FROM leadcrm.try_assignment('lead', '{1}');
SELECT code, matches FROM rule_test('assignment_rule', 1) WHERE code = 'tagged';

-- A repeat fills them, at every isolation level.
INSERT INTO lead (name, phone, first_source) VALUES ('Bob', '13800138002', 'web'), ('Cleo', '13800138003', 'web');
INSERT INTO lead (name, phone, first_source, tag, size, note) VALUES ('Bob', '13800138002', 'web', 'b', 8, 'bb');
BEGIN ISOLATION LEVEL REPEATABLE READ;
INSERT INTO lead (name, phone, first_source, tag, size, note) VALUES ('Cleo', '13800138003', 'web', 'c', 9, 'cc');
INSERT INTO lead (name, phone, first_source, tag, size, note) VALUES ('Cleo', '13800138003', 'web', 'd', 10, 'dd');
COMMIT;
SELECT id, tag, size, note FROM lead WHERE merged_into IS NULL ORDER BY id;

-- Keys made of them.
INSERT INTO identity_rule (code, position, kind, expression, action) VALUES ('tag', 99, 'tag', 'tag', 'link');
SELECT leadcrm.claim_keys('lead', NULL);
SELECT lead_id, key, live FROM identity WHERE kind = 'tag' ORDER BY lead_id, key;
SELECT rule, key FROM leadcrm.identity_keys('lead', 1) WHERE kind = 'tag';
UPDATE lead SET tag = 'e' WHERE id = 3;
SELECT lead_id, key, live FROM identity WHERE kind = 'tag' AND lead_id = 3 ORDER BY key;

-- The view for applications, with such columns.
\set ECHO none
SELECT format('CREATE OR REPLACE VIEW lead_in WITH (security_barrier) AS %s',
              regexp_replace(pg_get_viewdef('lead_in'::regclass), '\s+FROM ', ', tag, size, note FROM ')) \gexec
\set ECHO all
INSERT INTO lead_in (name, phone, first_source, external_id, tag, size, note) VALUES ('Dan', '13800138004', 'web', 'D1', 'f', 11, 'ff')
RETURNING name, tag, size, note;
INSERT INTO lead_in (name, first_source, external_id, tag, size, note) VALUES ('Dan', 'web', 'D1', 'g', 12, 'gg') RETURNING name, tag, size, note;
SELECT severity, item, problem FROM leadcrm.check_workspace('columns') WHERE severity = 'error';
DROP SCHEMA columns CASCADE;
