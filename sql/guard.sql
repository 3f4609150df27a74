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

-- What is refused leaves nothing behind, not even a transaction that waits for its end.
INSERT INTO guarded.lead_in (name, kind, first_source, external_id) VALUES ('Ann', 'nonsense', 'baidu', 'BD2');
SELECT count(*) FROM guarded.lead_in WHERE external_id = 'BD2';

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

-- Operators and functions in a writer's path do not run as the owner.
SET client_min_messages = warning;
CREATE ROLE guard_owner; CREATE ROLE guard_writer;
SELECT format('GRANT CREATE ON DATABASE %I TO guard_owner, guard_writer', current_database()) \gexec
SET ROLE guard_owner;
SELECT leadcrm.create_workspace('guarded', 'en');
SELECT guarded.grant_access('guard_writer', 'writer');
UPDATE guarded.identity_rule SET action = 'merge' WHERE code = 'company_person';
-- A trigger of the owner's own, careless.
CREATE FUNCTION guarded.careless() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM FROM source WHERE code = NEW.first_source; RETURN NEW; END';
CREATE TRIGGER zz_careless BEFORE INSERT OR UPDATE ON guarded.lead FOR EACH ROW EXECUTE FUNCTION guarded.careless();
SET ROLE guard_writer;
CREATE SCHEMA evil;
GRANT ALL ON SCHEMA evil TO PUBLIC;
CREATE TABLE evil.ran (who name, what text);
GRANT ALL ON evil.ran TO PUBLIC;
DO $$
DECLARE
    t text;
    o text;
BEGIN
    FOREACH t IN ARRAY ARRAY['bigint', 'text', 'timestamptz', 'boolean', 'integer', 'jsonb'] LOOP
        FOREACH o IN ARRAY ARRAY['=', '<>', '<', '<=', '>', '>='] LOOP
            EXECUTE format('CREATE FUNCTION evil.%I(a %s, b %s) RETURNS boolean LANGUAGE plpgsql AS
                $f$BEGIN INSERT INTO evil.ran VALUES (current_user, %L); RETURN a OPERATOR(pg_catalog.%s) b; END$f$',
                'op ' || o, t, t, t || ' ' || o, o);
            EXECUTE format('CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.%I)', o, t, t, 'op ' || o);
        END LOOP;
    END LOOP;
END
$$;
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE plpgsql AS 'BEGIN INSERT INTO evil.ran VALUES (current_user, ''now''); RETURN pg_catalog.now(); END';
CREATE FUNCTION evil.unnest(bigint[]) RETURNS SETOF bigint LANGUAGE plpgsql AS 'BEGIN INSERT INTO evil.ran VALUES (current_user, ''unnest''); RETURN QUERY SELECT * FROM pg_catalog.unnest($1); END';
SET search_path TO evil, pg_catalog;
INSERT INTO guarded.lead_in (name, phone, email, company, first_source, external_id) VALUES
    ('Ann', '13800000001', 'ann@example.com', 'Acme', 'web', '1'), ('Ann', '13800000001', 'ann@example.com', 'Acme', 'fair', '2'),
    ('Bob', '13800000001', NULL, NULL, 'web', '3'), ('Ann', NULL, NULL, 'Acme', 'web', '4'), ('Ann', '13800000001', NULL, NULL, 'web', '1');
SELECT outcome FROM guarded.capture('web', '{"name": "Ann", "phone": "138 0000 0001"}'::jsonb);
SELECT outcome FROM guarded.capture_many('web', ARRAY['{"name": "Ann", "phone": "138-0000-0001"}', '{"name": "Cy", "phone": "13900000001"}']::jsonb[]);
SELECT pg_catalog.count(*) FROM guarded.find_lead('13800000001');
SELECT pg_catalog.count(*) FROM guarded.explain_identity(1);
SELECT 1::bigint = 1::bigint AS the_trap_works;
SELECT pg_catalog.count(*) FROM evil.ran;
SELECT who, pg_catalog.count(*) FROM evil.ran WHERE who OPERATOR(pg_catalog.<>) 'guard_writer' GROUP BY who;
RESET ROLE; RESET search_path;
-- The owner's own path is his affair, but does not change what leadcrm does.
GRANT USAGE ON SCHEMA evil TO guard_owner;
SET ROLE guard_owner;
SET search_path TO evil, pg_catalog;
TRUNCATE evil.ran;
DROP TRIGGER zz_careless ON guarded.lead;
INSERT INTO guarded.activity (lead_id, kind, at) VALUES (1, 'ask_price', pg_catalog.now()), (2, 'inquiry', pg_catalog.now());
INSERT INTO guarded.lead (name, phone, first_source) VALUES ('Ann', '13800000001', 'web'), ('Di', '13900000009', 'web');
SELECT guarded.tick();
DELETE FROM guarded.lead WHERE id OPERATOR(pg_catalog.=) 1;
SELECT what, pg_catalog.count(*) FROM evil.ran GROUP BY what ORDER BY what COLLATE "C";
RESET ROLE; RESET search_path;
DROP SCHEMA evil CASCADE;
SELECT count(*) AS leads FROM guarded.lead \gset
SELECT leadcrm.drop_workspace('guarded', :leads);
DROP OWNED BY guard_owner, guard_writer;
DROP ROLE guard_owner, guard_writer;
