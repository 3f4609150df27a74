-- What a stranger tried: nobody gains by planting, renaming or guessing.
\set VERBOSITY terse
SET client_min_messages = warning;
CREATE ROLE regress_guard_owner;
CREATE ROLE regress_guard_analyst;
CREATE ROLE regress_guard_writer;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_guard_owner, regress_guard_analyst, regress_guard_writer', current_database()) \gexec
SET ROLE regress_guard_owner;
SELECT leadcrm.create_workspace('guarded', 'en');
SELECT guarded.grant_access('regress_guard_analyst', 'analyst'), guarded.grant_access('regress_guard_writer', 'writer');
INSERT INTO guarded.lead (name, phone, first_source, external_id) VALUES
	('Somebody', '13800138000', 'baidu', 'BD1'), ('Another', '13800138001', 'baidu', NULL);

-- Whoever refreshes a materialized view lends its owner no eyes.
SET ROLE regress_guard_analyst;
CREATE SCHEMA guard_bait;
CREATE MATERIALIZED VIEW guard_bait.loot AS SELECT name, phone FROM guarded.v_lead;
RESET ROLE;
REFRESH MATERIALIZED VIEW guard_bait.loot;
SELECT count(*) FROM guard_bait.loot;
SELECT count(*) FROM guarded.v_lead;

-- A known external_id is answered with the id, not with what is stored.
SET ROLE regress_guard_writer;
INSERT INTO guarded.lead_in (first_source, external_id) VALUES ('baidu', 'BD1') RETURNING id, name, phone;

-- A workspace copied into somebody else's schema is none.
RESET ROLE;
CREATE SCHEMA guard_app;
GRANT CREATE, USAGE ON SCHEMA guard_app TO regress_guard_owner;
SET ROLE regress_guard_owner;
CREATE TABLE guard_app.workspace (LIKE guarded.workspace INCLUDING ALL);
CREATE TABLE guard_app.lead (LIKE guarded.lead INCLUDING ALL);
RESET ROLE;
SELECT * FROM leadcrm.repair_workspace('guard_app');

-- A schema renamed by hand works on nothing until it is repaired.
SET ROLE regress_guard_owner;
ALTER SCHEMA guarded RENAME TO guarded_old;
SELECT leadcrm.create_workspace('guarded', 'en');
INSERT INTO guarded.lead (name, first_source) VALUES ('New 1', 'website'), ('New 2', 'website');
SELECT guarded_old.merge_leads(1, ARRAY[2]::bigint[]);
SELECT guarded_old.unmerge(1);
SELECT guarded_old.resolve_duplicate(1);
SELECT guarded_old.create_staging('st', '{a}');
CALL guarded_old.import_leads('b', 'guarded_old.lead');
CALL guarded_old.adopt_leads('guarded_old.lead', '{}');
SELECT * FROM guarded_old.capture('website', '{"phone": "13900000001"}');
SELECT count(*) FROM guarded.lead WHERE merged_into IS NOT NULL;
SELECT count(*) >= 0 AS repaired FROM leadcrm.repair_workspace('guarded_old');
SELECT guarded_old.merge_leads(1, ARRAY[2]::bigint[]);
SELECT id, name, merged_into FROM guarded_old.lead ORDER BY id;

-- A workspace of any name takes leads in.
SELECT leadcrm.create_workspace('Guard. "it''s" $$', 'en');
SELECT outcome FROM "Guard. ""it's"" $$".capture('website', '{"phone": "13900000001"}');
SELECT leadcrm.drop_workspace('Guard. "it''s" $$', 1);

-- Rules that are missing or make no sense are told.
DELETE FROM guarded.identity_rule;
SELECT severity, item, problem FROM leadcrm.check_workspace('guarded');
INSERT INTO guarded.identity_rule (code, position, kind, expression, action) VALUES ('x', 1, 'phone', 'name', 'merge');
INSERT INTO guarded.identity_rule (code, position, kind, expression, action) VALUES ('x', 1, 'badge', 'nosuch', 'merge');

RESET ROLE;
DROP SCHEMA guard_bait, guard_app, guarded, guarded_old CASCADE;
DROP OWNED BY regress_guard_owner, regress_guard_analyst, regress_guard_writer;
DROP ROLE regress_guard_owner, regress_guard_analyst, regress_guard_writer;
