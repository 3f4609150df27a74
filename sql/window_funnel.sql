-- window_funnel and funnel_depth: what ClickHouse's windowFunnel answers.
SET search_path TO public, leadcrm;

-- Cases of its own tests and documentation: one letter is one event, one second
-- after the one before; _ stands for the same second.
CREATE TABLE known (id integer GENERATED ALWAYS AS IDENTITY, events text, steps text, within integer, mode text, depth integer);
INSERT INTO known (events, steps, within, mode, depth) VALUES
	('abcdefghi', 'a', 10000, 'default', 1),
	('abcdefghi', 'ab', 10000, 'default', 2),
	('abcdefghi', 'abc', 10000, 'default', 3),
	('abcdefghi', 'abci', 10000, 'default', 4),
	('abcdefghi', 'defgh', 2, 'default', 3),
	('abcdefghi', 'defgh', 3, 'default', 4),
	('abcdefghi', 'defgh', 4, 'default', 5),
	('abcdefghi', 'bi', 10000, 'default', 2),
	('abcdefghi', 'ib', 10000, 'default', 1),
	('abcdeffghi', 'abcdefg', 10000, 'strict_deduplication', 6),
	('abcdeffghi', 'abcdefg', 10000, 'default', 7),
	('abcbd', 'abcd', 86400, 'strict_deduplication', 3),
	('abc', 'abc', 86400, 'default', 3),
	('abc', 'abc', 86400, 'strict_order', 3),
	('abc', 'abc', 86400, 'strict_deduplication,strict_order', 3),
	('adbc', 'abc', 86400, 'default', 3),
	('adbc', 'abc', 86400, 'strict_order', 1),
	('adbc', 'abc', 86400, 'strict_deduplication,strict_order', 1),
	('aabbcc', 'abc', 86400, 'default', 3),
	('aabbcc', 'abc', 86400, 'strict_order', 3),
	('aabbcc', 'abc', 86400, 'strict_deduplication,strict_order', 2),
	('aaaabbcc', 'abc', 86400, 'strict_order', 3),
	('aaaabbcc', 'abc', 86400, 'strict_deduplication,strict_order', 2),
	('aabbdcc', 'abc', 86400, 'default', 3),
	('aabbdcc', 'abc', 86400, 'strict_order', 2),
	('ccbbaa', 'abc', 86400, 'default', 1),
	('ccbbaa', 'abc', 86400, 'strict_order', 1),
	('acb', 'abc', 10, 'strict_order', 1),
	('abdc', 'abc', 10, 'strict_order', 2),
	('aabac', 'abac', 100, 'strict_order', 1),
	('acbc', 'abc', 100, 'strict_order', 1),
	('ab_c_de', 'abcde', 10000, 'default', 5),
	('ab_c_de', 'abcde', 10000, 'strict_increase', 2),
	('abcde', 'eee', 10000, 'default', 3),
	('abcde', 'eee', 10000, 'strict_increase', 1);

CREATE VIEW told AS
SELECT id, substr(events, n, 1) AS event,
	timestamptz '2026-01-01Z' + (n - 2 * (length(substr(events, 1, n)) - length(replace(substr(events, 1, n), '_', '')))) * interval '1 s' AS at
FROM known, generate_series(1, length(events)) n WHERE substr(events, n, 1) <> '_';

SELECT events, steps, within, mode, depth, window_funnel AS aggregate, funnel_depth
FROM known
JOIN (SELECT id, window_funnel(at, event, string_to_array(steps, NULL), within * interval '1 s', mode)
	FROM told JOIN known USING (id) GROUP BY id) a USING (id)
JOIN (SELECT id, funnel_depth(lifecycle_agg(event, at), string_to_array(max(steps), NULL), max(within) * interval '1 s', max(mode))
	FROM told JOIN known USING (id) GROUP BY id) d USING (id)
WHERE depth IS DISTINCT FROM window_funnel OR depth IS DISTINCT FROM funnel_depth;
SELECT count(*), count(DISTINCT at) AS moments FROM told WHERE id = (SELECT max(id) FROM known WHERE events = 'ab_c_de');

-- The chain that ClickHouse loses is lost here, too: the later b at the moment
-- of c takes the place of the earlier one.
SELECT window_funnel(at, event, '{a,b,c}', '1 hour', 'strict_increase')
FROM (VALUES ('a', timestamptz '2026-01-01 00:00Z'), ('b', '2026-01-01 00:01Z'), ('b', '2026-01-01 00:02Z'), ('c', '2026-01-01 00:02Z')) v(event, at);

-- No rows, rows with NULL, no step among them: 0.
SELECT window_funnel(at, event, '{a}', '1 day') FROM (VALUES ('a', timestamptz '2026-01-01')) v(event, at) WHERE false;
SELECT window_funnel(at, event, '{a}', '1 day', 'strict_order') FROM (VALUES (NULL, timestamptz '2026-01-01'), ('a', NULL)) v(event, at);
SELECT funnel_depth('{}', '{a}', '1 day'), funnel_depth('{b@2026-01-01T00:00:00Z}', '{a}', '1 day');

-- A day has 24 hours, whatever the time zone says; the window's end is in it.
SET TimeZone TO 'Europe/Berlin';
SELECT funnel_depth(l, '{a,b}', '1 day') AS one_day, funnel_depth(l, '{a,b}', '23 hours') AS hours, funnel_depth(l, '{a,b}', '22:59:59.999999') AS less,
	funnel_depth(l, '{a,a}', '0') AS no_time
FROM (VALUES ('{a@2026-03-28T12:00:00Z,b@2026-03-29T11:00:00Z}'::lifecycle)) v(l);
RESET TimeZone;

-- All of time is no more than a window.
SELECT funnel_depth('{a@4714-11-24T00:00:00Z BC,b@294276-12-31T23:59:59.999999Z}', '{a,b}', '100000000 days') AS short,
	funnel_depth('{a@2714-11-24T00:00:00Z BC,b@289000-12-31T23:59:59.999999Z}', '{a,b}', '106751991 days') AS long;

-- Names are found by their bytes: of all lengths, alike at both ends, or but for
-- one byte.
CREATE TABLE step AS
SELECT CASE WHEN n < 20 THEN repeat('x', n) WHEN n < 26 THEN 'xxxxxxxx' || n || 'xxxxxxxx' ELSE '新线索' || repeat('索', n) END AS name,
	timestamptz '2026-01-01' + n * interval '1 day' AS at FROM generate_series(1, 32) n;
SELECT funnel_depth(lifecycle_agg(name, at), array_agg(name ORDER BY at), '32 days', 'strict_order') FROM step;
SELECT sum(funnel_depth(lifecycle_append('{}', name, at), ARRAY[name], '0')) AS itself,
	sum(funnel_depth(lifecycle_append('{}', overlay(name PLACING '-' FROM spot FOR 1), at), ARRAY[name], '0')) AS altered,
	sum(funnel_depth(lifecycle_append('{}', name || 'x', at), ARRAY[name], '0')) AS longer
FROM step, unnest(ARRAY[1, (length(name) + 1) / 2, length(name)]) spot;
DROP TABLE step;

-- Many events of one lead, in any order.
SELECT n, window_funnel(at, event, '{a,b,c}', '10 s') AS unordered, window_funnel(at, event, '{a,b,c}', '10 s' ORDER BY at) AS ordered,
	window_funnel(at, event, '{a,b,c}', '9 s', 'strict_order') AS less
FROM unnest(ARRAY[10, 100, 1000, 100000]) n, LATERAL (
	SELECT CASE WHEN k = n - 10 THEN 'a' WHEN k = n - 5 THEN 'b' WHEN k = n THEN 'c' WHEN k % 3 = 0 THEN 'b' ELSE 'd' END AS event,
		timestamptz '2026-01-01Z' + k * interval '1 s' AS at
	FROM generate_series(1, n) k ORDER BY k * 7919 % n) e
GROUP BY n ORDER BY n;

-- A state goes to text and comes back.
SELECT '1 2 0 86400000000 7 5 1 -6 2'::window_funnel_state, window_funnel_state_send('1 2 0 86400000000 7 5 1 -6 2');

-- Parts are the whole: random splits, in any order, states through text.
CREATE AGGREGATE part_of_funnel(timestamptz, text, text[], interval, text) (SFUNC = window_funnel_trans, STYPE = window_funnel_state);
CREATE AGGREGATE whole_funnel(window_funnel_state) (SFUNC = window_funnel_combine, STYPE = window_funnel_state, FINALFUNC = window_funnel_final);
CREATE AGGREGATE part_of_lifecycle(text, timestamptz) (SFUNC = lifecycle_agg_trans, STYPE = lifecycle_state);
CREATE AGGREGATE whole_lifecycle(lifecycle_state) (SFUNC = lifecycle_agg_combine, STYPE = lifecycle_state, FINALFUNC = lifecycle_agg_final);
CREATE TABLE split AS
SELECT g AS id, n, substr('abcda', 1 + h % 5, 1) AS event, timestamptz '2026-01-01Z' + h / 5 % 20 * interval '1 s' AS at
FROM generate_series(1, 500) g, generate_series(0, g % 40) n, LATERAL (SELECT (g * 7919 + n * 104729) % 1000003 * 31 % 65521 AS h) r;
SELECT parts, mode, count(*) AS leads, count(*) FILTER (WHERE w.depth = p.depth) AS same, count(*) FILTER (WHERE w.lifecycle = p.lifecycle) AS same_lifecycle,
	count(DISTINCT w.depth) AS depths
FROM unnest('{1,2,7,40}'::integer[]) parts, unnest('{default,strict_order,strict_deduplication,strict_increase}'::text[]) mode,
	LATERAL (SELECT id, window_funnel(at, event, '{a,b,c,a}', '12 s', mode) AS depth, lifecycle_agg(event, at) AS lifecycle FROM split GROUP BY id) w
JOIN LATERAL (
	SELECT id, whole_funnel(f::text::window_funnel_state ORDER BY hashint4(part)) AS depth, whole_lifecycle(l::text::lifecycle_state ORDER BY hashint4(part)) AS lifecycle
	FROM (SELECT id, abs(hashint4(id * 40 + n) % parts) AS part, part_of_funnel(at, event, '{a,b,c,a}', '12 s', mode ORDER BY hashint4(n + parts)) AS f,
			part_of_lifecycle(event, at ORDER BY hashint4(n + parts)) AS l
		FROM split GROUP BY 1, 2) s
	GROUP BY id) p USING (id)
GROUP BY parts, mode ORDER BY parts, mode;
DROP TABLE split;
DROP AGGREGATE part_of_funnel(timestamptz, text, text[], interval, text), whole_funnel(window_funnel_state),
	part_of_lifecycle(text, timestamptz), whole_lifecycle(lifecycle_state);

-- The steps of a prepared statement are checked once; those of a column for each row.
PREPARE funnel(text[], interval, text) AS
	SELECT window_funnel(at, event, $1, $2, $3) FROM (VALUES ('a', timestamptz '2026-01-01Z'), ('b', '2026-01-02Z')) v(event, at);
SET plan_cache_mode TO force_generic_plan;
EXECUTE funnel('{a,b}', '1 day', 'default');
EXECUTE funnel('{a,b}', '1 hour', 'default');
EXECUTE funnel('{b}', '1 hour', 'strict_order');
EXECUTE funnel(NULL, '1 hour', 'strict_order');
RESET plan_cache_mode;
SELECT steps, window_funnel(at, event, steps, '1 day')
FROM (VALUES ('{a,b}'::text[]), ('{b,a}'), ('{c}')) s(steps), (VALUES ('a', timestamptz '2026-01-01Z'), ('b', '2026-01-02Z')) v(event, at)
GROUP BY steps ORDER BY steps;
SELECT n, window_funnel(timestamptz '2026-01-01Z' + n * interval '1 day', chr(96 + n), '{a,b,c}', '5 days') OVER (ORDER BY n) FROM generate_series(1, 3) n;

DROP VIEW told;
DROP TABLE known;
