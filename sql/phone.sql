-- The phone type.

SELECT m.amname, amvalidate(c.oid)
FROM pg_opclass c JOIN pg_am m ON m.oid = c.opcmethod
WHERE c.opcintype = 'leadcrm.phone'::regtype
ORDER BY m.amname;

SET search_path TO public, leadcrm;

-- Valid: input, what it is, what it is made of.
CREATE TABLE phone_valid (id integer GENERATED ALWAYS AS IDENTITY, given text);
INSERT INTO phone_valid (given) VALUES
	('13800138000'),
	('138 0013 8000'),
	('138-0013-8000'),
	('+86 138.0013.8000'),
	('+86(138)00138000'),
	('0086 13800138000'),
	('86 138 0013 8000'),
	('013800138000'),
	('１３８　００１３　８０００'),
	('＋８６（１３８）００１３－８０００'),
	(U&'138\00A00013\20138000'),
	('电话：13800138000'),
	('联系电话/手机号码 13800138000'),
	('Tel. No.: 138 0013 8000'),
	('【手机】13800138000（微信同号）'),
	('13800138000 微信'),
	('13800138000 (张先生)'),
	('''13800138000'),
	('="13800138000"'),
	('13800138000.0'),
	('17951 13800138000'),
	('tel:+86-138-0013-8000;ext=12'),
	('13800138000-1234'),
	('021-63812345'),
	('(023)63812345转801'),
	('(023) 6381 2345 分机 0801'),
	('02363812345#8'),
	('0755-12345678 ext. 12'),
	('0755-12345678-801'),
	('+86 (0)23 6381 2345'),
	('086-023-63812345'),
	('2363812345'),
	('0312-1234567'),
	('400-800-1234'),
	('4008001234转5'),
	('800 810 1234'),
	('010 95588'),
	('+86 10 10086'),
	('+86 950 1234567'),
	('+86 10 800 123 4567'),
	('+86 168 12345'),
	('1 650 253 0000'),
	('+1 650 253 0000'),
	('001 650 253 0000'),
	('+852 2345 6789'),
	('+853 6612 3456'),
	('+886 (0)912 345 678'),
	('+44 (0)20 7946 0958'),
	('+44 020 7946 0958'),
	('+39 06 698 12345'),
	('+7 8 495 123-45-67'),
	('+800 1234 5678');
SELECT given, p AS phone, phone_kind(p) AS kind, phone_country(p) AS code,
	phone_extension(p) AS ext, phone_is_shared(p) AS shared
FROM (SELECT id, given, given::phone AS p FROM phone_valid) s ORDER BY id;

-- Invisible characters are passed over.
SELECT U&'\FEFF\202A138\200B0013\00AD8000\202C'::phone;

-- The normal form reads back as itself, as text and on the wire.
SELECT count(*) AS valid,
	count(*) FILTER (WHERE given::phone::text::phone = given::phone) AS same,
	count(*) FILTER (WHERE given::phone::text::phone::text = given::phone::text) AS same_text,
	count(*) FILTER (WHERE try_phone(given) = given::phone) AS tried,
	count(*) FILTER (WHERE phone_fault(given) IS NULL) AS without_fault,
	count(*) FILTER (WHERE phones_in(phone_key(given::phone))::text[] = ARRAY[phone_key(given::phone)]) AS found
FROM phone_valid;

-- Invalid: why.
CREATE TABLE phone_invalid (id integer GENERATED ALWAYS AS IDENTITY, given text);
INSERT INTO phone_invalid (given) VALUES
	(''), ('   '), ('电话：'), ('-'),
	('无'), ('n/a'), ('张先生 13800138000'), ('13800138000 明天打'), ('+'), ('++8613800138000'),
	('13800138000,13900139000'), ('13800138000/13900139000'), ('13800138000、139 0013 9000'),
	('13800138000 13900139000'), ('021-63812345 13800138000'), ('13800138000(13900139000)'),
	('1.38E+10'), ('1.38001E+10'), ('１.３８Ｅ＋１０'), ('1.38e10'),
	('95588'), ('10086'), ('12345'), ('63812345'), ('1380013800'), ('021-6381234'), ('+86 138'), ('+852 2345 678'), ('+86'),
	('138001380001'), ('021-638123456'), ('0312-12345678'), ('110101199003071234'), ('+1 650 253 00000'),
	('12345678901'), ('026-12345678'), ('+999 12345678'), ('+1 050 253 0000'),
	('13800138000转'), ('13800138000转12345678'), ('13800138000.5');
SELECT given, try_phone(given), phone_fault(given) FROM phone_invalid ORDER BY id;

-- The error itself.
SELECT '13800138000,13900139000'::phone;
SELECT '1.38E+10'::phone;
SELECT ('电话本里没有这个号码的主人，也没有人知道它从哪里来，' || repeat('x', 100))::phone;
\set VERBOSITY sqlstate
SELECT 'x'::phone;
SELECT NULL::text::phone;
SELECT repeat('1', 10000000)::phone;
SELECT repeat('+', 100000)::phone;
\set VERBOSITY default

-- Regions other than China.
SELECT region, given, try_phone(given, region)
FROM (VALUES ('US', '(650) 253-0000'), ('US', '1-650-253-0000'), ('US', '011 44 20 7946 0958'),
			 ('hk', '2345 6789'), ('HK', '852 2345 6789'), ('MO', '6612 3456'), ('TW', '0912-345-678'), ('SG', '6123 4567'),
			 ('JP', '03-1234-5678'), ('JP', '010 1 650 253 0000'), ('GB', '020 7946 0958'), ('DE', '030/123456'),
			 ('BR', '(11) 91234-5678'), ('IN', '098765 43210'), ('IT', '06 698 12345'),
			 ('RU', '8 (495) 123-45-67'), ('CN', '13800138000'), ('cn', '13800138000'),
			 ('HK', '+86 138 0013 8000'), ('HK', '13800138000'),
			 ('XX', '13800138000'), ('', '13800138000'), ('CHN', '13800138000'), (NULL, '13800138000')) v (region, given);

-- Several numbers and running text.
SELECT phones_in('13800138000/139 0013 9000');
SELECT phones_in('办公 021-63812345转801，手机13800138000；13800138000 或 +1 650 253 0000。');
SELECT phones_in('订单 202401150001234，2024-01-15 10:30，卡号 6222 0212 3456 789，¥12,345.67，1.38E+10');
SELECT phones_in('(023)63812345(张)(13800138000)');
SELECT phones_in(''), phones_in(NULL);
SELECT array_length(phones_in(string_agg('138' || to_char(i % 1000, 'FM00000000'), ' ' ORDER BY i)), 1)
FROM generate_series(1, 20000) i;

-- Key and extension.
SELECT phone_key('02363812345转801'), phone_key('023-63812345'),
	'02363812345转801'::phone = '023-63812345'::phone AS same;

-- Order and hash.
SELECT p, p < '+8613800138000' AS lt, p <= '+8613800138000' AS le, p = '+8613800138000' AS eq,
	p <> '+8613800138000' AS ne, p >= '+8613800138000' AS ge, p > '+8613800138000' AS gt
FROM unnest(ARRAY['+8613800138001', '+8613800138000;ext=1', '+8613800138000', '+85223456789']::phone[]) p
ORDER BY p;
SELECT phone_hash('13800138000') = phone_hash('+86 138 0013 8000') AS hash,
	phone_hash_extended('13800138000', 7) = phone_hash_extended('+86 138 0013 8000', 7) AS extended,
	phone_hash_extended('13800138000', 0)::bit(32) = phone_hash('13800138000')::bit(32) AS low_bits;
SELECT min(p), max(p) FROM unnest(ARRAY['13900139000', '13800138000', NULL, '+852 2345 6789']::phone[]) p;
SELECT min(p), max(p) FROM unnest('{}'::phone[]) p;

-- Parameters as applications send them use the index.
CREATE TABLE phone_lead (id integer, tel phone);
INSERT INTO phone_lead
SELECT i, ('138' || to_char(i, 'FM00000000'))::phone FROM generate_series(1, 20000) i;
CREATE INDEX phone_lead_tel ON phone_lead (tel);
ANALYZE phone_lead;
SET plan_cache_mode TO force_generic_plan;
PREPARE by_text(text) AS SELECT id FROM phone_lead WHERE tel = $1;
PREPARE by_varchar(varchar) AS SELECT id FROM phone_lead WHERE $1 = tel;
EXPLAIN (COSTS OFF) EXECUTE by_text('138 0000 1234');
EXPLAIN (COSTS OFF) EXECUTE by_varchar('138 0000 1234');
EXECUTE by_text('138 0000 1234');
EXECUTE by_text('+86-138-0000-1234');
EXECUTE by_varchar('１３８００００１２３４');
EXECUTE by_varchar('no phone');
SELECT id FROM phone_lead WHERE tel = ANY (ARRAY['138 0000 0007', 'x', '+8613800000009']::text[]) ORDER BY id;
SELECT id FROM phone_lead WHERE tel = ANY (ARRAY['138 0000 0007', '+8613800000009']::text[]::phone[]) ORDER BY id;
SET enable_seqscan TO off;
EXPLAIN (COSTS OFF) EXECUTE by_text('138 0000 1234');
RESET enable_seqscan;
RESET plan_cache_mode;
EXPLAIN (COSTS OFF) SELECT id FROM phone_lead WHERE tel = '138 0000 1234';
EXPLAIN (COSTS OFF) SELECT id FROM phone_lead ORDER BY tel LIMIT 1;
SELECT min(tel), max(tel) FROM phone_lead;
EXPLAIN (COSTS OFF) SELECT count(*) FROM phone_lead a JOIN phone_lead b USING (tel);

-- Text that is no phone compares as NULL does, in both orders.
SELECT '13800138000'::phone = '138 0013 8000'::text AS eq, '13800138000'::phone <> '138 0013 8000'::text AS ne,
	'138 0013 8000'::text = '13800138000'::phone AS eq2, '138 0013 8000'::text <> '13900138000'::phone AS ne2;
SELECT '13800138000'::phone = 'x'::text AS eq, '13800138000'::phone <> 'x'::text AS ne,
	'x'::text = '13800138000'::phone AS eq2, 'x'::varchar <> '13800138000'::phone AS ne2,
	'13800138000'::phone = NULL::text AS of_null;

-- Assignment from and to text; no implicit cast.
PREPARE add_varchar(varchar) AS INSERT INTO phone_lead VALUES (-1, $1) RETURNING tel;
EXECUTE add_varchar('+86 139-0013-9000');
\set VERBOSITY sqlstate
EXECUTE add_varchar('139');
\set VERBOSITY default
PREPARE set_text(text) AS UPDATE phone_lead SET tel = $1 WHERE id = -1 RETURNING tel;
EXECUTE set_text('139 0013 9001');
CREATE TABLE phone_text (t text, v varchar(20));
INSERT INTO phone_text SELECT tel, tel FROM phone_lead WHERE id = -1;
TABLE phone_text;
\set VERBOSITY sqlstate
SELECT length(tel) FROM phone_lead;
\set VERBOSITY default

-- The index finds and a unique one refuses all spellings.
CREATE TABLE phone_unique (tel phone PRIMARY KEY);
INSERT INTO phone_unique VALUES ('138 0013 8000') ON CONFLICT DO NOTHING;
INSERT INTO phone_unique VALUES ('+8613800138000') ON CONFLICT DO NOTHING;
INSERT INTO phone_unique VALUES ('138 0013 8000 转 1') ON CONFLICT DO NOTHING;
TABLE phone_unique ORDER BY tel;

-- The wire: there and back.  A bytea goes out as its bytes, so it can forge
-- what comes in as a phone.
CREATE TABLE phone_wire (tel phone);
\set file `mktemp`
\set read '\\copy phone_wire FROM ' :file ' WITH (FORMAT binary)'
COPY (SELECT given::phone FROM phone_valid ORDER BY id) TO STDOUT WITH (FORMAT binary) \g :file
:read
SELECT count(*) AS sent, (SELECT count(*) FROM phone_wire) AS received
FROM phone_valid;
SELECT given::phone FROM phone_valid EXCEPT TABLE phone_wire;
COPY (SELECT '\x00'::bytea || '+8613800138000') TO STDOUT WITH (FORMAT binary) \g :file
:read
\set VERBOSITY sqlstate
-- nothing; only flags; unknown flags
COPY (SELECT ''::bytea) TO STDOUT WITH (FORMAT binary) \g :file
:read
COPY (SELECT '\x00'::bytea) TO STDOUT WITH (FORMAT binary) \g :file
:read
COPY (SELECT '\x01'::bytea || '+8613800138000') TO STDOUT WITH (FORMAT binary) \g :file
:read
-- a phone, but not in normal form; no phone
COPY (SELECT '\x00'::bytea || '138 0013 8000') TO STDOUT WITH (FORMAT binary) \g :file
:read
COPY (SELECT '\x00'::bytea || '+86138') TO STDOUT WITH (FORMAT binary) \g :file
:read
-- bytes behind it; bytes that are no text; a lot of bytes
COPY (SELECT '\x00'::bytea || '+8613800138000' || '\x00'::bytea) TO STDOUT WITH (FORMAT binary) \g :file
:read
COPY (SELECT '\x00ff'::bytea || '+8613800138000') TO STDOUT WITH (FORMAT binary) \g :file
:read
COPY (SELECT '\x00'::bytea || repeat('1', 100000)::bytea) TO STDOUT WITH (FORMAT binary) \g :file
:read
\set VERBOSITY default
\setenv file :file
\! rm "$file"

-- A stored value of another format is an error, not a guess.
BEGIN;
CREATE CAST (bytea AS phone) WITHOUT FUNCTION;
SELECT ('\x00'::bytea || '+8613800138000')::phone;
CREATE TABLE phone_stored AS
SELECT i AS id, b AS value FROM unnest(ARRAY['', '\x00', '\x01', '\x012b38363133383030313338303030']::bytea[])
	WITH ORDINALITY AS v (b, i);
\set VERBOSITY sqlstate
SAVEPOINT s;
SELECT value::phone FROM phone_stored WHERE id = 1;
ROLLBACK TO s;
SELECT value::phone FROM phone_stored WHERE id = 2;
ROLLBACK TO s;
SELECT value::phone = '13800138000'::phone FROM phone_stored WHERE id = 3;
ROLLBACK TO s;
SELECT phone_hash(value::phone) FROM phone_stored WHERE id = 4;
ROLLBACK TO s;
SELECT phone_kind(('\x00'::bytea || '+86138')::phone);
\set VERBOSITY default
ROLLBACK;

-- Nothing of it depends on the session, and everything may run in parallel.
SELECT proname, provolatile, proparallel FROM pg_proc
WHERE pronamespace = 'leadcrm'::regnamespace
	AND (proname ~ 'phone' OR 'leadcrm.phone'::regtype = ANY (proargtypes))
	AND (provolatile, proparallel) <> ('i', 's');

DROP TABLE phone_valid, phone_invalid, phone_lead, phone_text, phone_unique, phone_wire;
DEALLOCATE ALL;
