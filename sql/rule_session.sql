-- A condition means the same whoever writes or evaluates it, with whatever
-- settings, and whatever objects stand in his way.
SET client_min_messages = warning;
CREATE SCHEMA rules;
SET search_path = rules;
CREATE TABLE lead (id integer, name text, company_size integer, budget_max numeric, tags text[], attrs jsonb,
	created_at timestamptz, expected_close_on date, visited_at timestamp, stay interval);
INSERT INTO lead VALUES
	(1, E'a\\b', 50, 1000.5, '{a,NULL}', '{"n": "1,200", "d": "2026-01-05 09:30"}', '2026-01-04 17:00+00', '2026-01-05', '2026-01-05 01:00', '3 days 2 hours'),
	(2, 'null', NULL, NULL, '{"null"}', '{}', '2026-01-05 15:59:59+00', '2026-02-28', '2026-01-05 23:59:59', '-1 month 2 days'),
	(3, NULL, 7, 0.1, NULL, '{"n": "x"}', NULL, NULL, NULL, NULL);
CREATE TABLE condition (n integer GENERATED ALWAYS AS IDENTITY, condition text);
INSERT INTO condition (condition) VALUES
	('name = ''a\b'''), ('name = E''a\\b'''), ('name = ''null'''), ('name = NULL'), ('company_size = NULL'), ('NULL = company_size'), ('name LIKE ''a%'''),
	('tags = ''{a,NULL}'''), ('tags && ''{NULL}'''), ('''null'' = ANY (tags)'),
	('created_at::date = ''2026-01-05'''), ('created_at = ''2026-01-05 01:00'''), ('created_at >= ''2026-01-05'''), ('created_at >= ''2026-01-05 01:00+08'''),
	('created_at > expected_close_on'), ('created_at = visited_at'), ('extract(hour FROM created_at) = 1'), ('date_trunc(''day'', created_at) = ''2026-01-05'''),
	('created_at + stay > as_of'), ('created_at - interval ''1 day'' < as_of'), ('as_of::date = ''2026-01-06'''),
	('stay = ''3 days 2 hours'''), ('stay = ''-1 month 2 days'''), ('stay < ''-1 month -2 days'''), ('stay > ''-1 2:03:04'''),
	('expected_close_on = ''2026-01-05'''), ('leadcrm.num(attrs ->> ''n'') = 1200'), ('leadcrm.moment(attrs ->> ''d'', ''Asia/Shanghai'') = ''2026-01-05 09:30'''),
	('budget_max = 1000.5'), ('budget_max::text = ''1000.5'''), ('company_size::text = ''50'''), ('lower(name) = ''null'''), ('length(name) = 3'), ('left(name, 1) = ''a''');

-- All answers at once, as a text.
CREATE FUNCTION answers() RETURNS text LANGUAGE sql SET search_path FROM CURRENT AS $$
	SELECT string_agg(format('%s/%s: %s %s', l.id, c.n, leadcrm.condition_class('rules.lead', c.condition),
	                         leadcrm.condition_holds(l, c.condition, '2026-01-05 16:00+00', 'Asia/Shanghai')), E'\n' ORDER BY l.id, c.n)
	  FROM rules.lead l, rules.condition c $$;
ALTER FUNCTION answers() RESET ALL;
SELECT id, string_agg(CASE leadcrm.condition_holds(l, c.condition, '2026-01-05 16:00+00', 'Asia/Shanghai') WHEN true THEN 't' WHEN false THEN 'f' ELSE '-' END, '' ORDER BY c.n)
  FROM lead l, condition c GROUP BY id ORDER BY id;
SELECT rules.answers() AS right_answers \gset

-- Under other settings.
CREATE FUNCTION same_with(setting text, value text, right_answers text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	before text := current_setting(setting);
	answer text;
BEGIN
	PERFORM set_config(setting, value, true);
	answer := rules.answers();
	PERFORM pg_catalog.set_config(setting, before, true);
	RETURN answer = right_answers;
END $$;
SELECT setting, value, same_with(setting, value, :'right_answers')
  FROM (VALUES ('TimeZone', 'America/New_York'), ('TimeZone', 'Asia/Shanghai'), ('DateStyle', 'SQL, DMY'), ('DateStyle', 'German'), ('DateStyle', 'Postgres, MDY'),
               ('IntervalStyle', 'sql_standard'), ('IntervalStyle', 'iso_8601'), ('standard_conforming_strings', 'off'), ('transform_null_equals', 'on'),
               ('array_nulls', 'off'), ('backslash_quote', 'off'), ('extra_float_digits', '-15'), ('bytea_output', 'escape'), ('timezone_abbreviations', 'Australia'),
               ('search_path', ''), ('search_path', 'nosuch'), ('lc_numeric', 'C'), ('quote_all_identifiers', 'on'), ('escape_string_warning', 'off'),
               ('row_security', 'off'), ('jit', 'off'), ('default_text_search_config', 'simple'), ('xmloption', 'document'), ('session_replication_role', 'replica')) AS s (setting, value);
-- What a caller has set is his again afterwards, also after an error.
BEGIN;
SET LOCAL TimeZone = 'America/New_York';
SET LOCAL search_path = rules, pg_catalog;
SET LOCAL standard_conforming_strings = off;
SAVEPOINT s;
SELECT leadcrm.check_condition('lead', 'created_at > ''2026-01-05'' AND nosuch');
ROLLBACK TO s;
SELECT leadcrm.check_condition('lead', 'created_at > ''2026-01-05''');
SELECT current_setting('TimeZone'), current_setting('search_path'), current_setting('standard_conforming_strings'), current_setting('DateStyle');
ROLLBACK;

-- Among objects that want to be taken for others.
CREATE SCHEMA bait;
CREATE FUNCTION bait.bite() RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''bitten''; END';
CREATE FUNCTION bait.bite(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT bait.bite()';
CREATE FUNCTION bait.bite(integer, integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT bait.bite()';
CREATE FUNCTION bait.bite(timestamptz, timestamptz) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT bait.bite()';
CREATE FUNCTION bait.bite(timestamptz, interval) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS 'SELECT now() WHERE bait.bite()';
CREATE FUNCTION bait.lower(text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''x'' WHERE bait.bite()';
CREATE FUNCTION bait.length(text) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT 1 WHERE bait.bite()';
CREATE FUNCTION bait."left"(text, integer) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT ''x'' WHERE bait.bite()';
CREATE FUNCTION bait.num(text) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 1 WHERE bait.bite()';
CREATE OPERATOR bait.= (LEFTARG = text, RIGHTARG = text, FUNCTION = bait.bite);
CREATE OPERATOR bait.= (LEFTARG = integer, RIGHTARG = integer, FUNCTION = bait.bite);
CREATE OPERATOR bait.> (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = bait.bite);
CREATE OPERATOR bait.+ (LEFTARG = timestamptz, RIGHTARG = interval, FUNCTION = bait.bite);
CREATE DOMAIN bait.date AS timestamptz CHECK (bait.bite());
CREATE DOMAIN bait.text AS varchar CHECK (bait.bite());
CREATE TABLE bait.lead (LIKE rules.lead);
CREATE TABLE bait.as_of (x integer);
CREATE DOMAIN pg_temp.date AS timestamptz CHECK (bait.bite());
CREATE DOMAIN pg_temp.text AS varchar CHECK (bait.bite());
CREATE TEMP TABLE lead (LIKE rules.lead);
CREATE TEMP TABLE as_of (x integer);
CREATE FUNCTION pg_temp.lower(pg_catalog.text) RETURNS pg_catalog.text LANGUAGE sql IMMUTABLE AS 'SELECT ''x'' WHERE bait.bite()';
CREATE OPERATOR pg_temp.= (LEFTARG = pg_catalog.text, RIGHTARG = pg_catalog.text, FUNCTION = bait.bite);
SELECT path, same_with('search_path', path, :'right_answers')
  FROM (VALUES ('bait, pg_catalog'), ('bait, pg_catalog, leadcrm'), ('pg_temp, pg_catalog'), ('bait, pg_temp, rules, pg_catalog')) AS p (path);
SET search_path = bait, pg_temp, pg_catalog;
SELECT leadcrm.check_condition('rules.lead', 'created_at::bait.date > as_of');
SELECT leadcrm.check_condition('rules.lead', 'created_at::pg_temp.date > as_of');
SELECT leadcrm.check_condition('rules.lead', 'bait.lower(name) = ''x''');
SELECT leadcrm.check_condition('rules.lead', 'pg_temp.lower(name) = ''x''');
SELECT leadcrm.check_condition('rules.lead', 'lead IS NOT NULL');
RESET search_path;

DROP SCHEMA rules, bait CASCADE;
