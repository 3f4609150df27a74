-- Tables and columns that somebody has renamed or dropped by hand: a check says
-- which, and a repair refuses before it changes anything.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('columns_zh', 'zh'), leadcrm.create_workspace('columns_en', 'en');

-- Every column of every table is one that the template is known to make.
CREATE TABLE had AS
    SELECT c.relnamespace::regnamespace AS workspace, c.relname AS relation, a.attname AS attribute
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace IN ('columns_zh'::regnamespace, 'columns_en'::regnamespace) AND c.relkind IN ('r', 'p') AND NOT c.relispartition
       AND a.attnum > 0 AND NOT a.attisdropped AND (c.relname, a.attname) <> ('lead', 'lifecycle');
SELECT workspace, count(DISTINCT relation) > 50 AS tables, count(*) > 500 AS columns FROM had GROUP BY workspace ORDER BY workspace;
SELECT h.workspace, m.* FROM (SELECT DISTINCT workspace FROM had) h, leadcrm._missing_columns(h.workspace) m;
BEGIN;
DO $$
DECLARE
    h record;
BEGIN
    FOR h IN SELECT * FROM had LOOP
        EXECUTE format('ALTER TABLE %s.%I RENAME %I TO %I', h.workspace, h.relation, h.attribute, 'old ' || h.attribute);
    END LOOP;
END $$;
WITH missing AS (SELECT h.workspace, m.* FROM (SELECT DISTINCT workspace FROM had) h, leadcrm._missing_columns(h.workspace) m)
SELECT workspace, relation, attribute, m.workspace IS NOT NULL AS noticed, h.workspace IS NOT NULL AS had
  FROM missing m FULL JOIN had h USING (workspace, relation, attribute)
 WHERE m.workspace IS NULL OR h.workspace IS NULL
 ORDER BY 1, 2, 3;
ROLLBACK;

-- What a check says, and a repair
BEGIN;
ALTER TABLE columns_en.activity RENAME kind TO sort;
ALTER TABLE columns_en.assignment_log DROP COLUMN runners_up CASCADE;
DROP INDEX columns_en.duplicate_open_idx;
SELECT * FROM leadcrm.check_workspace('columns_en');
SAVEPOINT s;
SELECT leadcrm.repair_workspace('columns_en');
ROLLBACK TO s;
\set VERBOSITY sqlstate
SELECT leadcrm.repair_workspace('columns_en');
\set VERBOSITY default
ROLLBACK TO s;
-- What they ask for helps.
ALTER TABLE columns_en.activity RENAME sort TO kind;
ALTER TABLE columns_en.assignment_log ADD COLUMN runners_up text[];
SELECT item, problem FROM leadcrm.repair_workspace('columns_en') WHERE severity = 'error';
SELECT col_description(attrelid, attnum) FROM pg_attribute WHERE attrelid = 'columns_en.assignment_log'::regclass AND attname = 'runners_up';
ROLLBACK;

-- Whatever it is that is missing
CREATE FUNCTION found(damage text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    problems text;
BEGIN
    EXECUTE damage;
    problems := (SELECT string_agg(concat_ws(' ', c.item, c.problem), '; ') FROM leadcrm.check_workspace('columns_en') c);
    PERFORM leadcrm.repair_workspace('columns_en');
    RETURN problems || '; and is repaired';
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN problems;
END $$;
SELECT damage, found(damage)
  FROM unnest(ARRAY['ALTER TABLE columns_en.workspace RENAME version TO v', 'ALTER TABLE columns_en.workspace_object RENAME object TO o',
                    'ALTER TABLE columns_en.identity DROP COLUMN live CASCADE', 'ALTER TABLE columns_en.lead RENAME phone TO mobile',
                    'ALTER TABLE columns_en.lead_cube RENAME key TO k', 'DROP TABLE columns_en.source CASCADE']) damage;
DROP TABLE had;
SELECT leadcrm.drop_workspace('columns_zh', 0), leadcrm.drop_workspace('columns_en', 0);
DROP FUNCTION found;
