-- The type lifecycle.

SELECT m.amname, amvalidate(c.oid)
FROM pg_opclass c JOIN pg_am m ON m.oid = c.opcmethod
WHERE c.opcintype = 'leadcrm.lifecycle'::regtype
ORDER BY m.amname;

SET search_path TO public, leadcrm;

-- Text in, text out.
SELECT given::lifecycle, given::lifecycle::text::lifecycle = given::lifecycle AS again
FROM (VALUES
	('{}'),
	(' { } '),
	('{new@2026-01-05T01:00:00Z,contacted@2026-01-06T02:03:04.5Z}'),
	(' { new @ 2026-01-05 09:00:00+08 , new @ 2026-01-05T01:00:00.000001z } '),
	('{"a b"@2026-01-05T01:00:00Z,"say \"hi\" \\ {x,y}@z"@2026-01-05T01:00:00Z,"new"@2026-01-05T01:00:00Z}'),
	('{新线索@2026-01-05T01:00:00+0800,"方案 提供"@2026-02-28T23:59:59.999999-03:30}'),
	('{a@4714-11-24T00:00:00Z BC,b@0001-12-31T23:59:59Z BC,c@0001-01-01T00:00:00Z,d@12026-02-28T00:00:00Z,e@294276-12-31T23:59:59.999999Z}'),
	('{a@2000-02-29T00:00:00Z,b@2024-02-29T00:00:00Z}')) v(given);

-- Every day of leap and common years, and spread over all time, is PostgreSQL's.
SELECT count(*), count(*) FILTER (WHERE entered_at(('{a@' || replace(to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), ' ', 'T') ||
	CASE WHEN at < '0001-01-01 BC'::timestamptz + interval '1 year' THEN 'Z BC}' ELSE 'Z}' END)::lifecycle, 'a') <> at) AS wrong_in,
	count(*) FILTER (WHERE (lifecycle_append('{}', 'a', at)::jsonb -> 0 ->> 'at')::timestamptz <> at) AS wrong_out
FROM (SELECT generate_series(timestamptz '1999-12-01 00:00:00Z', '2004-03-05Z', '23:59:59.000007')
	UNION ALL SELECT generate_series(timestamptz '4713-01-02 00:00:00Z BC', '6000-01-01Z', '1000 days 01:02:03.004005')
	UNION ALL SELECT generate_series(timestamptz '9990-01-01 00:00:00Z', '293900-01-01Z', '100000 days 11:22:33.445566')) t(at);

-- No setting of the session matters.
SET TimeZone TO 'Asia/Shanghai';
SET DateStyle TO 'SQL, DMY';
SET IntervalStyle TO 'sql_standard';
SELECT '{new@2026-01-05T01:00:00Z,won@2026-03-06T02:03:04.5Z}'::lifecycle AS out,
	'{new@2026-01-05T01:00:00Z}'::lifecycle::jsonb,
	lifecycle_send('{new@2026-01-05T01:00:00Z}') AS sent,
	lifecycle_agg('new', '2026-01-05 01:00:00Z');
RESET TimeZone;
RESET DateStyle;
RESET IntervalStyle;

-- Reading.
CREATE TABLE life (id integer PRIMARY KEY, l lifecycle);
INSERT INTO life VALUES
	(1, '{}'),
	(2, '{new@2026-01-01T00:00:00Z}'),
	(3, '{new@2026-01-01T00:00:00Z,contacted@2026-01-03T12:00:00Z,lost@2026-01-05T00:00:00Z,new@2026-02-05T00:00:00Z,contacted@2026-02-06T00:00:00Z,won@2026-02-06T00:00:00Z}'),
	(4, NULL);
SELECT id, current_stage(l), stage_at(l, '2025-12-31') AS before, stage_at(l, '2026-01-03 12:00Z') AS then,
	stage_at(l, 'infinity') AS last, entered_at(l, 'contacted') AT TIME ZONE 'UTC' AS contacted, reached(l)
FROM life ORDER BY id;
SELECT id, time_in(l, 'new', '2026-02-10Z') AS new, time_in(l, 'new', '2026-01-02Z') AS first_day,
	time_in(l, 'won', '2026-02-10Z') AS won, time_in(l, 'won', '2026-02-01Z') AS not_yet, time_in(l, 'none', '2026-02-10Z') AS never
FROM life ORDER BY id;
SELECT id, t.position, from_stage, to_stage, at AT TIME ZONE 'UTC' AS at, stayed FROM life, transitions(l) t ORDER BY id, t.position;
SELECT id, l @> 'won' AS won, l @> 'gone' AS gone, l @> ARRAY['won', 'new'] AS both, l @> '{}'::text[] AS none,
	l @> ARRAY['new', NULL] AS with_null
FROM life ORDER BY id;

-- Growing.
SELECT lifecycle_append(l, 'won', '2026-02-06Z') FROM life WHERE id < 3 ORDER BY id;
SELECT lifecycle_append(l, 'new', '2026-02-07Z') = l || '{new@2026-02-07T00:00:00Z}' AS same FROM life WHERE id < 4 ORDER BY id;
SELECT '{a@2026-01-01T00:00:00Z}'::lifecycle || '{}' || '{b@2026-01-01T00:00:00Z,a@2026-01-02T00:00:00Z}' AS joined;
-- What append makes is what the text makes, also past the first byte of every count.
WITH RECURSIVE grown AS (
	SELECT 0 AS n, '{}'::lifecycle AS l
	UNION ALL
	SELECT n + 1, lifecycle_append(l, 'stage ' || n * n % 300, timestamptz '2026-01-01Z' + n * n * interval '1 hour') FROM grown WHERE n < 300)
SELECT count(*), count(*) FILTER (WHERE l::text::lifecycle = l AND l::jsonb::lifecycle = l) AS same, max(cardinality(reached(l))) AS stages
FROM grown;

-- jsonb.
SELECT '{"a \"b\""@2026-01-05T01:00:00.25Z,c@12026-03-15T00:00:00Z}'::lifecycle::jsonb;
SELECT jsonb '[{"at": "2026-01-05 09:00:00+08", "stage": "a", "more": 1}, {"stage": "b", "at": "2026-01-05T01:00:00Z"}]'::lifecycle;
SELECT jsonb '[]'::lifecycle;
SELECT '{a@0044-03-15T00:00:00Z BC}'::lifecycle::jsonb;

-- Order and hash: equal is equal in all ways to group.
SELECT count(*), count(DISTINCT l) AS by_sort, (SELECT count(*) FROM (SELECT l FROM life GROUP BY l) g) AS by_group
FROM life;
SELECT a.id, b.id, a.l = b.l AS eq, a.l <> b.l AS ne, (a.l < b.l) <> (a.l >= b.l) AS lt, (a.l > b.l) <> (a.l <= b.l) AS gt
FROM life a, life b WHERE a.id < b.id AND b.id < 4 ORDER BY 1, 2;
CREATE INDEX life_btree ON life (l);
CREATE INDEX life_hash ON life USING hash (l);
SET enable_seqscan TO off;
SELECT id FROM life WHERE l = '{new@2026-01-01T00:00:00Z}';
DROP INDEX life_btree;
SELECT id FROM life WHERE l = '{new@2026-01-01T00:00:00Z}';
RESET enable_seqscan;
SELECT lifecycle_hash(l) = lifecycle_hash(l::text::lifecycle) AS hash, lifecycle_hash_extended(l, 7) = lifecycle_hash_extended(l::text::lifecycle, 7) AS extended
FROM life WHERE id < 4 ORDER BY id;

-- From rows of any order; entries of one moment by name, equal ones are kept.
SELECT lifecycle_agg(stage, at ORDER BY n) = lifecycle_agg(stage, at ORDER BY n DESC) AS same, lifecycle_agg(stage, at)
FROM (VALUES (1, 'b', timestamptz '2026-01-02Z'), (2, 'a', '2026-01-02Z'), (3, 'new', '2026-01-01Z'), (4, 'a', '2026-01-02Z'),
	(5, NULL, '2026-01-01Z'), (6, 'x', NULL), (7, 'ab', '2026-01-02Z')) v(n, stage, at);
SELECT lifecycle_agg(stage, at) FROM (VALUES ('a', timestamptz '2026-01-01Z')) v(stage, at) WHERE false;
SELECT lifecycle_agg(stage, at) FROM (VALUES (NULL::text, timestamptz '2026-01-01Z'), ('a', NULL)) v(stage, at);
SELECT lifecycle_merge(l) FROM life;
SELECT lifecycle_merge(l) FROM life WHERE id = 1;
SELECT lifecycle_merge(l) FROM life WHERE id = 4;
SELECT count(*), count(*) FILTER (WHERE part = whole) AS same
FROM (SELECT k, lifecycle_agg('s' || n % 7, timestamptz '2026-01-01Z' + n * 37 % 50 * interval '1 hour') AS whole
	FROM generate_series(1, 50) k, generate_series(1, k) n GROUP BY k) a
JOIN (SELECT k, lifecycle_merge(l) AS part
	FROM (SELECT k, lifecycle_agg('s' || n % 7, timestamptz '2026-01-01Z' + n * 37 % 50 * interval '1 hour')::text::lifecycle AS l
		FROM generate_series(1, 50) k, generate_series(1, k) n GROUP BY k, n % 3) p GROUP BY k) b USING (k);
-- A state may be stored: as text it is the lifecycle that it would be.
SELECT '{b@2026-01-02T00:00:00Z,a@2026-01-02T00:00:00Z}'::lifecycle_state, lifecycle_state_send('{}');

-- As a window aggregate the state stays what it was between the rows.
SELECT n, lifecycle_agg('s' || n, timestamptz '2026-01-01Z' - n * interval '1 day') OVER (ORDER BY n) FROM generate_series(1, 3) n;

-- Long values are compressed and stored apart; NULL is NULL.
INSERT INTO life SELECT 5, lifecycle_agg('stage ' || n % 100, timestamptz '2026-01-01Z' + n * interval '1 s') FROM generate_series(1, 100000) n;
SELECT current_stage(l), cardinality(reached(l)), entered_at(l, 'stage 99') AT TIME ZONE 'UTC' AS at,
	(SELECT count(*) FROM transitions(l)), pg_column_size(l) < 500000 AS small
FROM life WHERE id = 5;
SELECT current_stage(NULL), reached(NULL), NULL::lifecycle || '{}', funnel_depth(NULL, '{a}', '1 day'), lifecycle_append(NULL, 'a', '2026-01-01');
DROP TABLE life;
