-- The vocabulary is all there is: every function and operator of the catalogs
-- is tried on columns of all kinds of types; what is taken is listed, what is
-- listed is taken, with the class that is listed.  And what "cannot fail" is
-- evaluated on the worst values there are.
SET client_min_messages = warning;
CREATE SCHEMA rules;
SET search_path = rules;

CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE TABLE subject (
	c_boolean boolean, c_smallint smallint, c_integer integer, c_bigint bigint, c_real real, c_double double precision, c_numeric numeric,
	c_text text, c_varchar varchar, c_char char(5), c_date date, c_timestamp timestamp, c_timestamptz timestamptz, c_interval interval,
	c_jsonb jsonb, c_uuid uuid, c_phone leadcrm.phone, c_texts text[], c_integers integer[], c_mood mood,
	c_name name, c_json json, c_bytea bytea, c_oid oid, c_time time, c_inet inet, c_range int4range, c_point point, c_bit bit(8), c_money money, c_vector tsvector);
CREATE FUNCTION outcome(condition text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN leadcrm.condition_class('rules.subject', condition);
EXCEPTION
	WHEN others THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- A column for each type, and for each polymorphic one.
CREATE TABLE argument AS
SELECT attname::text AS word, atttypid::regtype AS type FROM pg_attribute WHERE attrelid = 'subject'::regclass AND attnum > 0;
INSERT INTO argument VALUES
	('c_integers', 'anyarray'), ('c_integers', 'anycompatiblearray'), ('c_mood', 'anyenum'), ('c_integer', 'anyelement'),
	('c_text', 'anynonarray'), ('c_integer', 'anycompatible'), ('c_text', '"any"'), ('c_integer', 'anycompatiblenonarray');

-- All functions that can be called with them.
CREATE TABLE called AS
SELECT c.oid, c.call, outcome(c.call || ' IS NULL') AS outcome
  FROM (SELECT p.oid, format('%I.%I(%s)', n.nspname, p.proname, string_agg(a.word, ', ' ORDER BY t.position)) AS call
          FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         CROSS JOIN unnest(p.proargtypes) WITH ORDINALITY AS t (type, position)
          LEFT JOIN LATERAL (SELECT word FROM argument WHERE type = t.type ORDER BY word LIMIT 1) a ON true
         WHERE n.nspname IN ('pg_catalog', 'leadcrm') AND p.provariadic = 0
         GROUP BY p.oid, n.nspname, p.proname
        HAVING bool_and(a.word IS NOT NULL)) c;
SELECT count(*) > 1000 AS many, count(*) FILTER (WHERE outcome ~ 'fail$') > 90 AS taken, string_agg(DISTINCT left(outcome, 5), ' ') FILTER (WHERE outcome !~ 'fail$') AS refused FROM called;
SELECT call AS taken_but_not_listed FROM called c
 WHERE outcome ~ 'fail$' AND NOT EXISTS (SELECT FROM leadcrm._rule_functions() f WHERE f.function = c.oid AND f.named);
-- (Some need a constant.)
SELECT call AS listed_but_refused, outcome FROM called c JOIN leadcrm._rule_functions() f ON f.function = c.oid AND f.named AND f.arguments !~ '\m(zone|field)\M' WHERE outcome !~ 'fail$';
SELECT call AS of_another_class, outcome FROM called c JOIN leadcrm._rule_functions() f ON f.function = c.oid AND f.arguments !~ '\mconstant\M'
 WHERE outcome ~ 'fail$' AND outcome <> CASE WHEN f.may_fail THEN 'may fail' ELSE 'cannot fail' END;

-- All operators.
CREATE TABLE operated AS
SELECT o.oid, o.oprcode, o.call, outcome('(' || o.call || ') IS NULL') AS outcome
  FROM (SELECT o.oid, o.oprcode, format('%s OPERATOR(%I.%s) %s', l.word, n.nspname, o.oprname, r.word) AS call
          FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace
          LEFT JOIN LATERAL (SELECT word FROM argument WHERE type = o.oprleft ORDER BY word LIMIT 1) l ON true
          JOIN LATERAL (SELECT word FROM argument WHERE type = o.oprright ORDER BY word LIMIT 1) r ON true
         WHERE n.nspname IN ('pg_catalog', 'leadcrm') AND (o.oprleft = 0 OR l.word IS NOT NULL)
           AND 'anynonarray'::regtype NOT IN (o.oprleft, o.oprright)) o;
SELECT count(*) > 500 AS many, count(*) FILTER (WHERE outcome ~ 'fail$') > 300 AS taken, string_agg(DISTINCT left(outcome, 5), ' ') FILTER (WHERE outcome !~ 'fail$') AS refused FROM operated;
SELECT call AS taken_but_not_listed FROM operated o WHERE outcome ~ 'fail$' AND NOT EXISTS (SELECT FROM leadcrm._rule_functions() f WHERE f.function = o.oprcode);
SELECT call AS listed_but_refused, outcome FROM operated o JOIN leadcrm._rule_functions() f ON f.function = o.oprcode WHERE outcome !~ 'fail$';
SELECT call AS of_another_class, outcome FROM operated o
 WHERE outcome ~ 'fail$' AND outcome <> (SELECT CASE WHEN bool_or(f.may_fail) THEN 'may fail' ELSE 'cannot fail' END FROM leadcrm._rule_functions() f WHERE f.function = o.oprcode);

-- All casts.
CREATE TABLE converted AS
SELECT s.type AS source, t.type AS target, outcome(format('(%s::%s) IS NULL', s.word, t.type)) AS outcome FROM argument s, argument t
 WHERE s.type::text !~ '^"?any|\[\]$' AND t.type::text !~ '^"?any|\[\]$' AND s.type <> t.type;
SELECT source AS taken_but_not_listed, target FROM converted c
 WHERE outcome ~ 'fail$' AND c.source NOT IN ('text', 'varchar', 'char') AND c.target NOT IN ('varchar', 'char')
   AND NOT EXISTS (SELECT FROM leadcrm.rule_vocabulary() v WHERE v.kind = 'cast' AND v.arguments::regtype = c.source AND v.result::regtype = c.target
                                                             AND v.may_fail = (c.outcome = 'may fail'));
SELECT v.arguments AS listed_but_refused, v.result, v.may_fail, c.outcome
  FROM leadcrm.rule_vocabulary() v LEFT JOIN converted c ON v.arguments::regtype = c.source AND v.result::regtype = c.target
 WHERE v.kind = 'cast' AND c.outcome IS DISTINCT FROM CASE WHEN v.may_fail THEN 'may fail' ELSE 'cannot fail' END;

-- The worst values there are.
CREATE TABLE worst (n integer, LIKE subject);
ALTER TABLE worst DROP c_name, DROP c_json, DROP c_bytea, DROP c_oid, DROP c_time, DROP c_inet, DROP c_range, DROP c_point, DROP c_bit, DROP c_money, DROP c_vector;
INSERT INTO worst VALUES
	(1, true, -32768, -2147483648, -9223372036854775808, '-Infinity', '-Infinity', '-Infinity', '', '', '', '-infinity', '-infinity', '-infinity', '-178000000 years', '{}', '00000000-0000-0000-0000-000000000000', '+8613800138000', '{}', '{}', 'good'),
	(2, false, 32767, 2147483647, 9223372036854775807, 'Infinity', 'Infinity', 'Infinity', E'\\', E'%\\', E'\\%', 'infinity', 'infinity', 'infinity', '178000000 years', '[]', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '+85221234567', '{NULL}', '{NULL}', 'bad'),
	(3, true, 0, 0, 0, 'NaN', 'NaN', 'NaN', '张伟', '%_%', '张', '4714-11-24 BC', '4714-11-24 00:00 BC', '4714-11-24 00:00+00 BC', '-2147483648 days', 'null', '12345678-1234-1234-1234-123456789abc', '+8651262881234;ext=801', '{{a,b},{c,NULL}}', '{{1,2},{3,NULL}}', 'good'),
	(4, false, -1, -1, -1, 3.4e38, 1.7e308, ('1' || repeat('0', 131071))::numeric, repeat('长', 10000), repeat('%a', 400), E'\U0010FFFF', '5874897-12-31', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', '2147483647 days', '"x"', NULL, NULL, '[5:6]={a,b}', '[-5:-4]={1,2}', 'bad'),
	(5, true, 1, 1, 1, 1e-45, 4.9e-324, ('0.' || repeat('0', 16382) || '1')::numeric, E'a\nb\tc\x01', E'\U0001F600', '', '0001-01-01 BC', '0001-01-01 00:00 BC', '0001-01-01 00:00+00 BC', '2562047788:00:54.775807', (repeat('[', 2000) || repeat(']', 2000))::jsonb, NULL, NULL, NULL, ARRAY(SELECT generate_series(1, 10000)), NULL),
	(6, NULL, NULL, NULL, NULL, NULL, NULL, -('1' || repeat('0', 131071))::numeric, '2026-01-05T09:30:00+08:00', '13800138000', 'true', '2026-01-05', '2026-01-05', '2026-01-05', '-2562047788:00:54.775807', '{"a": {"b": [1, "2", null, true]}, "": 1}', NULL, NULL, ARRAY(SELECT generate_series(1, 1000)::text), '{1,1,1}', NULL),
	(7, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE FUNCTION failure(w worst, call text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	PERFORM leadcrm.condition_holds(w, '(' || call || ') IS NULL');
	RETURN NULL;
EXCEPTION
	WHEN others THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- Rows in which the worst values of different types meet.
CREATE FUNCTION mixed(a integer, b integer, c integer) RETURNS SETOF worst LANGUAGE sql AS $$
	SELECT x.n, x.c_boolean, y.c_smallint, z.c_integer, x.c_bigint, y.c_real, z.c_double, x.c_numeric, y.c_text, z.c_varchar, x.c_char, x.c_date, y.c_timestamp, z.c_timestamptz, x.c_interval,
	       y.c_jsonb, z.c_uuid, x.c_phone, y.c_texts, z.c_integers, x.c_mood
	  FROM worst x, worst y, worst z WHERE x.n = a AND y.n = b AND z.n = c $$;
CREATE TABLE tried AS
SELECT c.call, m.n, failure(m, c.call) AS failure
  FROM (SELECT call, outcome FROM called UNION SELECT call, outcome FROM operated) c, generate_series(1, 7) a, generate_series(1, 7) b, LATERAL mixed(a, b, (a * 3 + b) % 7 + 1) m
 WHERE c.outcome = 'cannot fail';
SELECT count(*) > 15000 AS many FROM tried;
SELECT call AS failed, failure, count(*) FROM tried WHERE failure IS NOT NULL GROUP BY 1, 2;
-- With the constants that keep them from failing.
SELECT call AS failed, failure(m, call), count(*)
  FROM unnest(ARRAY['c_text LIKE ''%a_\%%''', 'c_varchar ILIKE ''%长\\''', 'c_char NOT LIKE ''a%''', 'c_text LIKE ''''', 'substr(c_text, c_integer, 5)', 'substring(c_text, c_integer, 2147483647)',
	'split_part(c_text, c_varchar, 1)', 'split_part(c_text, c_varchar, -2147483648)', 'c_jsonb @> ''{"a": {"b": [1]}}''', 'c_text::varchar(1)', 'c_text::char(1)',
	'extract(year FROM c_date)', 'extract(doy FROM c_date)', 'extract(isoyear FROM c_date)', 'extract(week FROM c_timestamp)', 'extract(second FROM c_timestamp)', 'extract(epoch FROM c_timestamp)',
	'extract(hour FROM c_timestamptz)', 'extract(epoch FROM c_timestamptz)', 'extract(epoch FROM c_interval)', 'extract(quarter FROM c_interval)', 'date_trunc(''year'', c_timestamp)',
	'date_trunc(''week'', c_timestamptz)', 'date_trunc(''quarter'', c_timestamptz)', 'c_timestamptz AT TIME ZONE ''Pacific/Apia''', 'c_timestamp AT TIME ZONE ''Asia/Shanghai''',
	'leadcrm.at_zone(c_date, ''Asia/Shanghai'')', 'leadcrm.add(c_timestamptz, c_interval, ''America/New_York'')', 'leadcrm.moment(c_text, ''Asia/Shanghai'')', 'greatest(c_text, c_varchar)',
	'least(c_jsonb, c_jsonb)', 'c_text = ANY (c_texts)', 'c_text LIKE ''%'' OR c_integer > ALL (c_integers)', 'ARRAY[c_text, c_varchar] && c_texts', 'coalesce(c_date, c_timestamptz) > c_timestamp',
	'c_integer::text || c_numeric::text || c_uuid::text || c_phone::text || c_boolean::text', 'c_numeric IN (c_integer, c_bigint, 1.5)']) call,
       generate_series(1, 7) a, generate_series(1, 7) b, LATERAL mixed(a, b, (a * 3 + b) % 7 + 1) m
 WHERE outcome('(' || call || ') IS NULL') <> 'cannot fail' OR failure(m, call) IS NOT NULL
 GROUP BY 1, 2;

DROP SCHEMA rules CASCADE;
