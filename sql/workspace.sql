-- Managing workspaces: making, finding, renaming, checking, repairing, dropping.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_owner;
CREATE ROLE regress_stranger;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_owner', current_database()) \gexec
CREATE FUNCTION state_of(sql text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE sql;
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE VIEW trigger_states AS
    SELECT c.relnamespace::regnamespace AS workspace, t.tgenabled AS state, count(*)
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
     WHERE p.pronamespace = 'leadcrm'::regnamespace AND c.relkind = 'r'
     GROUP BY 1, 2;
GRANT SELECT ON trigger_states TO PUBLIC;

-- Anyone with CREATE on the database can make one, in either language.
SET ROLE regress_owner;
SELECT leadcrm.create_workspace('crm');
SELECT leadcrm.create_workspace('sales', locale => 'en', time_zone => 'Europe/Berlin');
SELECT name, owner, version, locale, time_zone FROM leadcrm.workspaces ORDER BY name;
SELECT * FROM leadcrm.check_workspace('crm');
SELECT * FROM leadcrm.check_workspace('sales');

-- All is commented, in the language of the workspace; nothing belongs to
-- anybody else, and nothing uses a type of the engine's.
CREATE TEMP VIEW parts AS
    SELECT n.nspname AS workspace, pg_describe_object(d.classid, d.objid, d.objsubid) AS part, c.description
      FROM pg_namespace n
     CROSS JOIN LATERAL (
            SELECT 'pg_class'::regclass AS classid, oid AS objid, 0 AS objsubid FROM pg_class
             WHERE relnamespace = n.oid AND relkind IN ('r', 'v')
             UNION ALL
            SELECT 'pg_class'::regclass, attrelid, attnum FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
             WHERE relnamespace = n.oid AND relkind IN ('r', 'v') AND attnum > 0 AND NOT attisdropped
             UNION ALL
            SELECT 'pg_proc'::regclass, oid, 0 FROM pg_proc WHERE pronamespace = n.oid) d
      LEFT JOIN pg_description c ON (c.classoid, c.objoid, c.objsubid) = (d.classid, d.objid, d.objsubid)
     WHERE n.nspname IN ('crm', 'sales');
SELECT workspace, count(*) > 200 AS many,
       count(*) FILTER (WHERE description ~ '[一-龥]') = count(*) AS all_chinese,
       count(*) FILTER (WHERE description ~ '^[ -~]+$') = count(*) AS all_ascii
  FROM parts GROUP BY workspace ORDER BY workspace;
SELECT part FROM parts
 WHERE description IS NULL OR (workspace = 'crm') <> (description ~ '[一-龥]') ORDER BY part;
SELECT c.relname, a.attname, a.atttypid::regtype
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
 WHERE c.relnamespace = 'crm'::regnamespace AND c.relkind IN ('r', 'v') AND a.attnum > 0
   AND t.typnamespace <> 'pg_catalog'::regnamespace AND a.attname <> 'lifecycle';

-- What it starts with
SELECT code, label, added_by FROM crm.source ORDER BY position;
SELECT code, action, weak, label FROM crm.identity_rule ORDER BY position;
SELECT code, label FROM sales.identity_rule ORDER BY position LIMIT 2;
SELECT (SELECT count(*) FROM crm.industry) > 20 AS industries,
       (SELECT count(*) FROM crm.region) > 3000 AS regions,
       (SELECT full_name FROM crm.region WHERE code = '500106') AS region,
       (SELECT count(*) FROM crm.region r WHERE level > 1
           AND NOT EXISTS (SELECT FROM crm.region p WHERE p.code = r.parent)) AS orphans,
       (SELECT count(*) FROM crm.field_alias) > 100 AS aliases;
SELECT field, string_agg(alias, ' ' ORDER BY alias) FROM crm.field_alias
 WHERE field IN ('name', 'phone') AND alias ~ '^[a-z]' GROUP BY field;
-- No spelling means two things, whether of a field or of an industry.
SELECT leadcrm.fold_text(alias), count(*) FROM crm.field_alias GROUP BY 1 HAVING count(*) > 1;
SELECT leadcrm.fold_text(s), count(DISTINCT code) FROM crm.industry, unnest(synonyms || label) s
 GROUP BY 1 HAVING count(DISTINCT code) > 1;

-- Names that are refused, and why
SELECT name, state_of(format('SELECT leadcrm.create_workspace(%L)', name))
  FROM unnest(ARRAY[NULL, '', 'pg_x', 'crm', 'public', 'information_schema', repeat('x', 64), repeat('线', 22)])
       WITH ORDINALITY AS n (name, i) ORDER BY i;
SELECT leadcrm.create_workspace('other', locale => 'fr');
SELECT leadcrm.create_workspace('other', time_zone => 'UTC+8');
SELECT leadcrm.create_workspace('other', time_zone => 'CST');
SET ROLE regress_stranger;
SELECT leadcrm.create_workspace('other');
SET ROLE regress_owner;

-- Hostile names are only names: all works in a workspace of that name, and
-- nothing is made anywhere else.
CREATE TEMP TABLE hostile (name text);
INSERT INTO hostile VALUES
    ('a"b'), ('a''b'), ('$$'), ('$leadcrm$'), (E'new\nline'), (E'back\\slash'), ('a.b'), ('UPPER Case'),
    ('x, public'), ('"x", pg_temp'), ('; DROP SCHEMA crm CASCADE; --'), ('%s %I $1'), ('pG_x'), ('crm '),
    (repeat('线', 21)), ('select'), ('pgtemp'), ('-- part: seed');
CREATE TEMP TABLE elsewhere AS SELECT count(*) FROM pg_class WHERE relnamespace <> ALL (
    SELECT oid FROM pg_namespace WHERE nspname IN (SELECT name FROM hostile) OR nspname LIKE 'pg\_%');
DO $$
DECLARE
    h text;
BEGIN
    FOR h IN SELECT name FROM hostile LOOP
        PERFORM leadcrm.create_workspace(h, locale => 'en');
        EXECUTE format('SELECT %I.grant_access(''regress_stranger'', ''admin'')', h);
        EXECUTE format('INSERT INTO %I.lead (name, phone, first_source) VALUES (''A'', ''13800138000'', ''website'')', h);
        COMMIT;
    END LOOP;
END $$;
SELECT h.name, w.version,
       (SELECT count(*) FROM leadcrm._workspace_catalog((SELECT oid FROM pg_namespace WHERE nspname = h.name)))
     = (SELECT count(*) FROM leadcrm._workspace_catalog('crm')) AS complete,
       (SELECT count(*) FROM leadcrm.check_workspace(h.name) WHERE severity <> 'notice') AS problems
  FROM hostile h LEFT JOIN leadcrm.workspaces w USING (name) ORDER BY h.name COLLATE "C";
SELECT e.count = (SELECT count(*) FROM pg_class WHERE relnamespace <> ALL (
    SELECT oid FROM pg_namespace WHERE nspname IN (SELECT name FROM hostile) OR nspname LIKE 'pg\_%')) AS nothing_elsewhere
  FROM elsewhere e;
DO $$
DECLARE
    h text;
BEGIN
    FOR h IN SELECT name FROM hostile LOOP
        PERFORM leadcrm.rename_workspace(h, 'renamed');
        ASSERT NOT EXISTS (SELECT FROM leadcrm.check_workspace('renamed') WHERE severity <> 'notice'), h;
        PERFORM leadcrm.rename_workspace('renamed', h);
        PERFORM leadcrm.drop_workspace(h, 1);
        COMMIT;
    END LOOP;
END $$;
SELECT name FROM leadcrm.workspaces ORDER BY name;

-- Whatever the session is set to
SET quote_all_identifiers = on;
SET standard_conforming_strings = off;
SET escape_string_warning = on;
SET search_path = crm, pg_temp, public;
SET "TimeZone" = 'America/New_York';
SET "DateStyle" = 'SQL, DMY';
SET array_nulls = off;
SELECT leadcrm.create_workspace('odd');
SELECT leadcrm.rename_workspace('odd', 'odder');
SELECT * FROM leadcrm.check_workspace('odder');
SELECT * FROM leadcrm.repair_workspace('odder');
SELECT odder.grant_access('regress_stranger', kind) FROM unnest(ARRAY['admin', 'analyst']) kind;
RESET quote_all_identifiers;
RESET standard_conforming_strings;
RESET search_path;
RESET "TimeZone";
RESET "DateStyle";
RESET array_nulls;
SELECT (SELECT count(*) FROM leadcrm._workspace_catalog('crm')) = count(*) AS complete FROM leadcrm._workspace_catalog('odder');
SELECT * FROM leadcrm.check_workspace('odder');
SELECT count(DISTINCT privilege_type) FROM pg_class, aclexplode(relacl) WHERE oid = 'odder.v_source'::regclass AND grantee = 'regress_stranger'::regrole;
SELECT leadcrm.drop_workspace('odder', 0);

-- Only who may act as the owner manages; everybody may look.
SET ROLE regress_stranger;
SELECT name, owner, version FROM leadcrm.workspaces ORDER BY name;
SELECT call, state_of('SELECT leadcrm.' || call) FROM unnest(ARRAY[
    'check_workspace(''crm'')', 'repair_workspace(''crm'')', 'upgrade_workspace(''crm'')',
    'begin_restore(''crm'')', 'end_restore(''crm'')', 'rename_workspace(''crm'', ''mine'')',
    'drop_workspace(''crm'', 0)', 'grant_access(''crm.access'', ''regress_stranger'', ''admin'')']) call;
SET ROLE regress_owner;

-- Renaming and dropping
SELECT leadcrm.rename_workspace('sales', 'crm');
SELECT leadcrm.rename_workspace('sales', 'sales2');
SELECT * FROM leadcrm.check_workspace('sales');
INSERT INTO sales2.lead (name, phone, first_source) VALUES
    ('Ann Example', '+49 30 901820', 'website'), ('Ann Example', '0049-30-901820', 'partner');
SELECT leadcrm.drop_workspace('sales2', 1);
SELECT leadcrm.drop_workspace('sales2', NULL);
SELECT leadcrm.drop_workspace('sales2', 2);
SELECT leadcrm.drop_workspace('public', 0);
SELECT leadcrm.drop_workspace(NULL, 0);

-- A data-only restore or migration: the triggers go off and come back.
SELECT state, count FROM trigger_states WHERE workspace = 'crm'::regnamespace ORDER BY state;
SELECT leadcrm.begin_restore('crm');
SELECT state, count FROM trigger_states WHERE workspace = 'crm'::regnamespace ORDER BY state;
INSERT INTO crm.lead (id, name, phone, first_source, last_source, last_inbound_at, created_at, updated_at)
VALUES (1000, '张三', '138 0013 8000', '官网', '官网', '2026-01-05 09:00+08', '2026-01-05 09:00+08', '2026-01-05 09:00+08');
SELECT severity, item, problem, next_step FROM leadcrm.check_workspace('crm') ORDER BY item COLLATE "C" DESC LIMIT 2;
SELECT * FROM leadcrm.end_restore('crm');
SELECT state, count FROM trigger_states WHERE workspace = 'crm'::regnamespace ORDER BY state;
SELECT (SELECT count(*) FROM crm.event) AS events, (SELECT count(*) FROM crm.activity) AS activities,
       (SELECT count(*) FROM crm.identity) AS claims;
INSERT INTO crm.lead (name, phone, first_source) VALUES ('张三', '13800138000', '抖音') RETURNING id, merged_into;
SELECT leadcrm.begin_restore('crm', empty => true);

-- What check_workspace() finds, and repair_workspace() puts right
CREATE OR REPLACE FUNCTION crm.sees_all() RETURNS boolean LANGUAGE SQL STABLE SECURITY DEFINER
    BEGIN ATOMIC SELECT false; END;                 -- the owner's own
DROP VIEW crm.v_intake;
CREATE VIEW crm.v_intake AS SELECT current_date AS day, 'mine' AS mine;      -- so is this
DROP VIEW crm.v_source_intake;
DROP FUNCTION crm.revoke_access(text, text);
DROP TRIGGER lead_20_dedup ON crm.lead;
DROP POLICY lead_read ON crm.lead;
DROP INDEX crm.identity_live_key;
ALTER TABLE crm.identity DISABLE ROW LEVEL SECURITY;
ALTER TABLE crm.lead DISABLE TRIGGER lead_10_normalize;
ALTER TABLE crm.source DISABLE TRIGGER config_changed;
GRANT EXECUTE ON FUNCTION crm.grant_access TO PUBLIC;
INSERT INTO crm.identity VALUES (77, 'phone', '', '+8613900000000', true, 'held', NULL, now());
COMMENT ON TABLE crm.lead IS '我们的线索';
SELECT * FROM leadcrm.check_workspace('crm') ORDER BY item COLLATE "C", problem;
SELECT * FROM leadcrm.repair_workspace('crm');
SELECT mine FROM crm.v_intake;
SELECT prosrc IS NOT NULL AS there, pg_get_function_sqlbody(oid) AS body FROM pg_proc WHERE oid = 'crm.sees_all()'::regprocedure;
SELECT obj_description('crm.lead'::regclass), obj_description('crm.v_source_intake'::regclass);
SELECT * FROM leadcrm.check_workspace('crm');

-- Contradictions between lead and merge_log, and sources nobody confirmed
BEGIN;
ALTER TABLE crm.lead DISABLE TRIGGER USER;
UPDATE crm.merge_log SET undone_at = now();
INSERT INTO crm.source (code, added_by, active) VALUES ('新渠道', 'arrival', false);
INSERT INTO crm.access VALUES ('regress_gone', 'writer', 'regress_owner', now());
ALTER TABLE crm.lead ENABLE TRIGGER USER;
SELECT * FROM leadcrm.check_workspace('crm') ORDER BY item COLLATE "C";
SELECT crm.revoke_access('regress_gone');
SELECT * FROM leadcrm.check_workspace('crm') WHERE item LIKE 'access%';
ROLLBACK;

-- A schema renamed by hand, and another planted under its old name: nothing
-- of the workspace uses the planted one.
ALTER SCHEMA crm RENAME TO moved;
RESET ROLE;
CREATE SCHEMA crm AUTHORIZATION regress_stranger;
SET ROLE regress_stranger;
CREATE TABLE crm.access (role name, kind text, granted_by name, granted_at timestamptz);
SET ROLE regress_owner;
SELECT moved.grant_access('regress_stranger', 'analyst');
SELECT role, kind, granted_by FROM moved.access;
SELECT * FROM leadcrm.repair_workspace('moved');
RESET ROLE;
SELECT count(*) FROM crm.access;
DROP SCHEMA crm CASCADE;

-- A superuser who looks after a workspace does so with its owner's rights:
-- the owner's own triggers get nothing from him.
SET ROLE regress_owner;
SELECT leadcrm.rename_workspace('moved', 'crm');
CREATE TABLE crm.seen (who name);
CREATE FUNCTION crm.look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO crm.seen VALUES (current_user);
    BEGIN
        EXECUTE format('SET ROLE %I', session_user);
        INSERT INTO crm.seen VALUES ('escaped');
    EXCEPTION WHEN OTHERS THEN
        INSERT INTO crm.seen VALUES (SQLSTATE);
    END;
    RETURN NEW;
END $$;
CREATE TRIGGER look BEFORE INSERT ON crm.access FOR EACH ROW EXECUTE FUNCTION crm.look();
RESET ROLE;
SELECT crm.grant_access('regress_stranger', 'writer');
SELECT current_user = session_user AS back, (SELECT string_agg(who, ' ' ORDER BY who COLLATE "C") FROM crm.seen) AS seen;

-- Who is not the owner but may act as him can manage too.
GRANT regress_owner TO regress_stranger;
SET ROLE regress_stranger;
SELECT * FROM leadcrm.check_workspace('crm');
SELECT leadcrm.drop_workspace('crm', 2);
RESET ROLE;

SELECT name FROM leadcrm.workspaces;
DROP VIEW trigger_states;
DROP FUNCTION state_of;
SELECT format('REVOKE CREATE ON DATABASE %I FROM regress_owner', current_database()) \gexec
DROP VIEW parts;
DROP TABLE hostile, elsewhere;
DROP ROLE regress_owner, regress_stranger;
