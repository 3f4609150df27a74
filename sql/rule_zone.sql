-- Dates and times of a condition are those of PostgreSQL in a session whose
-- time zone is the rule's: asked of both, around the moments at which clocks
-- change, in zones with all their oddities.  Only what is out of range is
-- NULL here, and an error there.
SET client_min_messages = warning;
CREATE SCHEMA rules;
SET search_path = rules;
CREATE TABLE m (a timestamptz, b timestamptz, d date, ts timestamp, i interval, n integer);

CREATE FUNCTION postgres_says(r m, condition text, as_of timestamptz, zone text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer boolean;
BEGIN
	PERFORM set_config('TimeZone', zone, true);
	EXECUTE 'SELECT ' || regexp_replace(condition, '\mas_of\M', '$2', 'g') || ' FROM (SELECT ($1).*) r' INTO answer USING r, as_of;
	RETURN coalesce(answer::text, 'NULL');
EXCEPTION
	WHEN datetime_field_overflow THEN RETURN 'out of range';
END $$;

SELECT setseed(0.42);
-- Shanghai 1986 and 1990, New York, Paris, Tehran, Lord Howe (half an hour),
-- Apia (a day left out), Havana (at midnight), and a year's end.
INSERT INTO m
SELECT t, t + (random() * 259200 - 86400) * interval '1 s', (t AT TIME ZONE 'UTC')::date + (random() * 4 - 2)::integer,
       t AT TIME ZONE 'UTC' + (random() * 7200 - 3600) * interval '1 s',
       make_interval(months => (random() * 4 - 2)::integer, days => (random() * 6 - 3)::integer, secs => (random() * 200000 - 100000)::integer),
       (random() * 1000 - 500)::integer
  FROM (SELECT moment + (random() * 14400 - 7200)::integer * interval '1 s' AS t
          FROM unnest('{1986-05-03 18:00+00,1990-09-15 16:00+00,2026-03-08 07:00+00,2026-11-01 05:30+00,2026-03-29 01:00+00,2026-10-25 01:00+00,2022-03-21 20:30+00,
                        2022-09-21 19:30+00,2026-04-04 15:00+00,2011-12-30 10:00+00,2025-12-31 16:00+00,1969-12-31 16:00+00}'::timestamptz[]) moment, generate_series(1, 6)) x;
INSERT INTO m VALUES ('infinity', '-infinity', 'infinity', '-infinity', '1 day', 1), ('2026-01-05', 'infinity', '-infinity', 'infinity', '0', 0),
                     (NULL, NULL, NULL, NULL, NULL, NULL);

CREATE TABLE asked AS
SELECT replace(form, '@', operator) AS condition
  FROM unnest(ARRAY['=', '<>', '<', '<=', '>', '>=']) operator, unnest(ARRAY[
	'a::date @ d', 'a @ d', 'd @ a', 'ts @ a', 'a @ ts', 'd @ ts', 'a @ as_of - interval ''3 days''', 'a + i @ b', 'a - i @ b', 'i + a @ b', 'd + i @ ts',
	'd - i @ ts', 'i + d @ ts', 'i + ts @ a', 'ts + i @ ts - interval ''1 hour''', 'd + n @ as_of::date', 'n + d @ d', 'd - n @ as_of::date',
	'd - as_of::date @ n', 'a - b @ i', 'ts - a::timestamp @ i', 'a::timestamp @ ts', 'ts::timestamptz @ a', 'd::timestamptz @ a', 'ts::date @ d',
	'extract(hour FROM a) @ 7', 'extract(dow FROM a) @ 3', 'extract(epoch FROM a) @ extract(epoch FROM b)', 'extract(year FROM d) @ extract(year FROM as_of)',
	'extract(epoch FROM a - b) @ 3600', 'extract(week FROM ts) @ extract(week FROM a)', 'date_trunc(''month'', a) @ date_trunc(''month'', b)',
	'date_trunc(''week'', a) @ b', 'date_trunc(''day'', ts) @ d', 'date_trunc(''quarter'', as_of) @ a', 'a AT TIME ZONE ''America/New_York'' @ ts',
	'ts AT TIME ZONE ''Asia/Tokyo'' @ a', 'greatest(a, d) @ b', 'coalesce(d, a) @ b', 'CASE WHEN n > 0 THEN d ELSE a END @ b', 'nullif(a, d) @ b',
	'a @ timestamptz ''2026-03-29 01:30''', 'a @ date ''2026-03-29''', 'ts @ ''2026-03-29 02:30''', 'a::date + 1 @ d - 1',
	'a + interval ''1 month'' + interval ''36 hours'' @ b', 'a @ as_of - interval ''1 month -1 day 2 hours''']) form
UNION ALL
SELECT form FROM unnest(ARRAY['a IS DISTINCT FROM d', 'a IS NOT DISTINCT FROM ts', 'a BETWEEN d AND b', 'd BETWEEN a AND b', 'a NOT BETWEEN SYMMETRIC d AND ts',
	'a IN (d, ts, b)', 'a IN (''2026-03-29'', ''2026-11-01 06:00+00'')', 'd IN (''2026-03-29'', ''2026-11-01'')', 'a IN (d, ''2026-01-01'', ''2026-01-02'')']) form;

CREATE TABLE answer AS
SELECT condition, zone, m.*, postgres_says(m, condition, '2026-03-29 03:00+00', zone) AS theirs,
       coalesce(leadcrm.condition_holds(m, condition, '2026-03-29 03:00+00', zone)::text, 'NULL') AS ours
  FROM asked, m, unnest(ARRAY['UTC', 'Asia/Shanghai', 'America/New_York', 'Europe/Paris', 'America/Havana', 'Australia/Lord_Howe', 'Asia/Tehran', 'Pacific/Apia']) zone
 WHERE random() < 0.1;
SELECT count(*) > 10000 AS many, count(DISTINCT (condition, zone)) > 2000 AS of_all_kinds,
       count(*) FILTER (WHERE theirs = 'true') > 1000 AND count(*) FILTER (WHERE theirs = 'false') > 1000 AS both_answers FROM answer;
-- (From 17 on infinite moments have an infinite difference.)
SELECT * FROM answer
 WHERE ours <> theirs AND NOT (ours = 'NULL' AND (theirs = 'out of range' OR condition ~ ' - ' AND NOT (isfinite(a) AND isfinite(b) AND isfinite(d) AND isfinite(ts))))
 LIMIT 10;
SELECT count(*) AS may_fail FROM asked WHERE leadcrm.condition_class('m', condition) <> 'cannot fail';

-- At the ends of time: no error, ever.
INSERT INTO m VALUES ('294276-12-31 23:59:59.999999+00', '4714-11-24 00:00+00 BC', '5874897-12-31', '294276-12-31 23:59:59.999999', '178000000 years', 2147483647),
                     ('4714-11-24 00:00+00 BC', '294276-12-31 23:59:59.999999+00', '4714-11-24 BC', '4714-11-24 00:00 BC', '-178000000 years', -2147483648),
                     ('4714-11-25 00:00+00 BC', '4714-12-31 00:00+00 BC', '294277-01-01', '4714-11-30 00:00 BC', '2147483647 days 2562047788 hours', 100000000);
SELECT count(*) > 8000 AS many, count(held) > 2000 AS answered
  FROM (SELECT leadcrm.condition_holds(m, condition, moment, zone) AS held
          FROM asked, m, unnest(ARRAY['UTC', 'Asia/Shanghai', 'America/New_York', 'Pacific/Apia']) zone,
               unnest('{294276-12-31,4714-11-24 BC,infinity,-infinity}'::timestamptz[]) moment
         WHERE n IN (0, 1, 100000000, 2147483647, -2147483648)) x;

DROP SCHEMA rules CASCADE;
