-- import_leads() and adopt_leads(): line by line outcomes, twice the same file,
-- stopping and going on, bad lines, bad calls.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET TIME ZONE 'UTC';
SELECT leadcrm.create_workspace('crm');

SELECT crm.create_staging('cards', ARRAY[U&'\FEFF"姓名"', '电话', '电话', '', 'a"b', repeat('长', 30), '日期', 'line']) AS target;
INSERT INTO crm.cards ("姓名", "电话", "电话 3", "日期") VALUES
    (U&'\FEFF张三', '''13800138000', '023-6312 3456', '2026/1/5'),
    (U&'\00A0张三 ', '＋８６ １３８ ００１３ ８０００', NULL, '2026-01-06 10:00'),
    ('李四', '13800138001.0', NULL, '31/12/2025'),
    ('王五', '1.38E+10', NULL, '2999-01-01'),
    (NULL, NULL, NULL, NULL),
    ('赵六', '13800138006、13800138007', NULL, NULL),
    (U&'\FEFF张三', '''13800138000', '023-6312 3456', '2026/1/5');
CALL crm.import_leads('cards', 'crm.cards', '展会名片', '{"日期": "created_at"}', chunk => 3);
SELECT line, outcome, lead_id, detail, error FROM crm.intake WHERE batch = 'cards' ORDER BY line;
SELECT id, name, phone, first_source, created_at < '2026-02-01' AS old, merged_into, attrs FROM crm.lead ORDER BY id;

-- The same again: nothing; under another name: known line by line.
CREATE VIEW leads AS SELECT md5(string_agg(l::text, '' ORDER BY id)) FROM crm.lead l;
SELECT * FROM leads \gset
CALL crm.import_leads('cards', 'crm.cards', '展会名片', '{"日期": "created_at"}');
CALL crm.import_leads('cards again', 'crm.cards', '展会名片', '{"日期": "created_at"}');
SELECT line, outcome, lead_id, detail FROM crm.intake WHERE batch = 'cards again' ORDER BY line;
SELECT md5 = :'md5' AS same FROM leads;
SELECT batch, kind, state, lines, done, percent, created, merged, linked, review, rejected, repeated FROM crm.import_progress ORDER BY batch;

-- More lines under the same name: only those.  By then there is somebody to
-- whom they can go.
INSERT INTO crm.rep (code) VALUES ('ann');
INSERT INTO crm.cards ("姓名", "电话") VALUES ('孙八', '13800138008');
CALL crm.import_leads('cards', 'crm.cards', '展会名片', '{"日期": "created_at"}');
SELECT lines, done, created, state FROM crm.import_progress WHERE batch = 'cards';
SELECT l.name, l.owner, l.pool, g.reason, t.kind, t.due_at - g.at AS within
  FROM crm.lead l JOIN crm.assignment_log g ON g.lead_id = l.id LEFT JOIN crm.task t ON t.lead_id = l.id ORDER BY l.id;
-- Another file under the same name.
CREATE TABLE other (line bigint PRIMARY KEY, name text);
INSERT INTO other VALUES (1, 'x');
CALL crm.import_leads('cards', 'other');

-- By external_id, with a source in each line; a format of dates.
CREATE TABLE web (line integer PRIMARY KEY, id text, origin text, "when" text, page text);
INSERT INTO web VALUES (1, 'a1', 'search', '05-01-2026', 'p1'), (2, 'a2', '', '31-01-2026', 'p1'), (3, 'a1', 'search', '06-01-2026', 'p2'),
                       (4, 'a1', 'mail', '07-01-2026', 'p2'), (5, 'a5', 'mail', '2026-01-07', 'p2'), (6, repeat('9', 600), 'mail', '', 'p3');
CALL crm.import_leads('web', 'web', 'site', '{"id": "external_id", "origin": "source", "when": {"field": "created_at", "format": "DD-MM-YYYY"},
                                              "page": "landing_page"}', 'form 7');
SELECT line, source, left(external_id, 5) AS external_id, outcome, lead_id, detail FROM crm.intake WHERE batch = 'web' ORDER BY line;
SELECT first_source, left(external_id, 5), last_form, created_at < '2026-02-01' AS dated, attrs - 'created_at' AS attrs, attrs -> 'created_at' AS typed
  FROM crm.lead WHERE last_form = 'form 7' ORDER BY id;

-- Bad calls.
CALL crm.import_leads('', 'web');
CALL crm.import_leads('b', NULL);
CALL crm.import_leads('b', 'web', chunk => 0);
CALL crm.import_leads('b', 'web', mapping => '[]');
CALL crm.import_leads('b', 'web', mapping => '{"nope": "name"}');
CALL crm.import_leads('b', 'web', mapping => '{"when": {"field": "created_at", "format": "Mon"}}');
CALL crm.import_leads('b', 'pg_class');
BEGIN;
CALL crm.import_leads('b', 'web');
ROLLBACK;
SELECT count(*) FROM crm.import_batch WHERE batch = 'b';

-- Adopting a table.
CREATE TABLE cust (no integer PRIMARY KEY, cname varchar(40), tel text, mail text, since date, seen timestamptz, size numeric, worth text, memo text);
INSERT INTO cust SELECT i, '客户' || chr(ascii('甲') + i), '1390000' || to_char(i - i % 10 / 9, 'FM0000'), NULL, '2020-01-01'::date + i,
                        '2025-01-01 00:00Z', i, i || '万', 'm' FROM generate_series(1, 25) i;
UPDATE cust SET since = '2999-01-01' WHERE no IN (3, 17);
UPDATE cust SET tel = '13800138001/13800138009', size = 1e12 WHERE no = 5;
CALL crm.adopt_leads('cust', '{"no": "external_id", "cname": "name", "tel": "phone", "since": "created_at", "seen": "last_contacted_at",
                              "size": "company_size", "worth": "expected_amount"}', batch_size => 10, source => 'old');
SELECT batch, kind, state, lines, done, created, merged, rejected FROM crm.import_progress WHERE kind = 'adopt';
SELECT external_id, name, phone, created_at, last_contacted_at, company_size, expected_amount, merged_into IS NOT NULL AS merged, attrs
  FROM crm.lead WHERE first_source = 'old' AND external_id::integer <= 10 ORDER BY id;
SELECT payload ->> 'no' AS no, outcome, error FROM crm.intake WHERE batch LIKE 'adopt%' ORDER BY id;
-- Again: only what is new.
INSERT INTO cust (no, cname) VALUES (26, 'new');
CALL crm.adopt_leads('cust', '{"no": "external_id", "cname": "name"}', source => 'old');
SELECT done, created, merged, rejected, state FROM crm.import_progress WHERE kind = 'adopt';
SELECT count(*) FROM crm.lead WHERE first_source = 'old';
-- Bad calls.
CALL crm.adopt_leads(NULL, '{}');
CALL crm.adopt_leads('cust', NULL);
CALL crm.adopt_leads('cust', '{"nope": "name"}');
CALL crm.adopt_leads('cust', '{"cname": "nope"}');
CALL crm.adopt_leads('cust', '{"cname": "score"}');
CALL crm.adopt_leads('cust', '{"cname": "name", "memo": "name"}');
CALL crm.adopt_leads('leads', '{}');
CALL crm.adopt_leads('cust', '{}', batch_size => 0);

-- Owner only; found by OID, so a rename does not stop it.
CREATE ROLE regress_import;
SELECT crm.grant_access('regress_import', 'writer');
SET ROLE regress_import;
CALL crm.import_leads('b', 'web');
CALL crm.adopt_leads('cust', '{}');
RESET ROLE;
SELECT leadcrm.rename_workspace('crm', 'crm 2');
CALL "crm 2".import_leads('cards', '"crm 2".cards');
SELECT state, done FROM "crm 2".import_progress WHERE batch = 'cards';

DROP VIEW leads;
DROP TABLE other, web, cust;
DROP SCHEMA "crm 2" CASCADE;
DROP ROLE regress_import;
