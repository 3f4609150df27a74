-- What is no lifecycle, and arguments that make no sense.
SET search_path TO public, leadcrm;

CREATE FUNCTION outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	detail text;
	result text;
BEGIN
	EXECUTE statement INTO result;
	RETURN result;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
	RETURN SQLSTATE || ' ' || SQLERRM || CASE WHEN detail <> '' THEN ' / ' || detail ELSE '' END;
END
$$;

-- Text.
SELECT left(given, 55) AS given, outcome(format('SELECT %L::leadcrm.lifecycle', given))
FROM (VALUES
	(1, ''), (2, '{'), (3, '}'), (4, '{}}'), (5, 'new@2026-01-05T01:00:00Z'), (6, '{new}'), (7, '{new@}'), (8, '{@2026-01-05T01:00:00Z}'),
	(9, '{""@2026-01-05T01:00:00Z}'), (10, '{new@2026-01-05T01:00:00Z,}'), (11, '{new@2026-01-05T01:00:00Z won@2026-01-05T01:00:00Z}'),
	(12, '{a b@2026-01-05T01:00:00Z}'), (13, '{"a@2026-01-05T01:00:00Z}'), (14, '{"a"b@2026-01-05T01:00:00Z}'), (15, '{a\b@2026-01-05T01:00:00Z}'),
	(16, '{"a\'), (17, '{new@2026-01-05T01:00:00}'), (18, '{new@2026-01-05}'), (19, '{new@2026-02-29T01:00:00Z}'), (20, '{new@2026-13-01T01:00:00Z}'),
	(21, '{new@2026-04-31T01:00:00Z}'), (22, '{new@2026-01-05T24:00:00Z}'), (23, '{new@2026-01-05T01:60:00Z}'), (24, '{new@2026-01-05T01:00:60Z}'),
	(25, '{new@2026-01-05T01:00:00.Z}'), (26, '{new@2026-01-05T01:00:00.1234567Z}'), (27, '{new@2026-01-05T01:00:00+16}'), (28, '{new@2026-01-05T01:00:00+08:0}'),
	(29, '{new@0000-01-05T01:00:00Z}'), (30, '{new@26-01-05T01:00:00Z}'), (31, '{new@1234567-01-05T01:00:00Z}'), (32, '{new@tomorrow}'),
	(33, '{new@infinity}'), (34, '{new@-infinity}'), (35, '{new@4714-11-23T23:59:59Z BC}'), (36, '{new@294277-01-01T00:00:00Z}'),
	(37, '{a@2026-01-02T00:00:00Z,b@2026-01-01T00:00:00Z}'), (38, '{new@2026-01-05T01:00:00Z BD}'),
	(39, '{' || repeat('s', 256) || '@2026-01-05T01:00:00Z}'), (40, '{new@2026-01-05T01:00:00Z}' || repeat(' x', 40))) v(n, given)
ORDER BY n;
SELECT length(outcome(format('SELECT %L::leadcrm.lifecycle', '{' || repeat('s', 255) || '@2026-01-05T01:00:00Z}')));

-- Limits.
SELECT outcome($$SELECT lifecycle_agg('s' || n, 'epoch') FROM generate_series(1, 1025) n$$);
SELECT length(outcome($$SELECT lifecycle_agg('s' || n, 'epoch') FROM generate_series(1, 1024) n$$));
SELECT outcome($$SELECT lifecycle_append((SELECT lifecycle_agg('s' || n, 'epoch') FROM generate_series(1, 1024) n), 'more', 'epoch')$$);
SELECT outcome($$SELECT lifecycle_agg('s', 'epoch') FROM generate_series(1, 1000001) n$$);
SELECT length(outcome($$SELECT lifecycle_agg('s', 'epoch') FROM generate_series(1, 1000000) n$$));
SELECT outcome($$SELECT lifecycle_append((SELECT lifecycle_agg('s', 'epoch') FROM generate_series(1, 1000000) n), 's', 'epoch')$$);
SELECT outcome($$SELECT ('{' || repeat('s@2000-01-01T00:00:00Z,', 1000000) || 's@2000-01-01T00:00:00Z}')::leadcrm.lifecycle$$);

-- Functions.
SELECT what, outcome('SELECT ' || what)
FROM (VALUES
	(1, $$lifecycle_append('{a@2026-01-02T00:00:00Z}', 'b', '2026-01-01')$$),
	(2, $$lifecycle_append('{}', '', '2026-01-01')$$),
	(3, $$lifecycle_append('{a@2026-01-02T00:00:00Z}', '', '2026-01-02')$$),
	(4, $$lifecycle_append('{a@2026-01-02T00:00:00Z}', 'b', 'infinity')$$),
	(5, $$lifecycle_append('{a@2026-01-02T00:00:00Z}', repeat('新', 86), '2026-01-03')$$),
	(6, $$lifecycle '{a@2026-01-02T00:00:00Z}' || '{a@2026-01-01T00:00:00Z}'$$),
	(7, $$time_in(lifecycle '{}', 'a', 'infinity')$$),
	(8, $$lifecycle_agg('', '2026-01-01')$$),
	(9, $$lifecycle_agg('a', '-infinity')$$),
	(10, $$jsonb '{}'::lifecycle$$),
	(11, $$jsonb '"a"'::lifecycle$$),
	(12, $$jsonb '[1]'::lifecycle$$),
	(13, $$jsonb '[[]]'::lifecycle$$),
	(14, $$jsonb '[{"stage": "a"}]'::lifecycle$$),
	(15, $$jsonb '[{"stage": "a", "at": 1}]'::lifecycle$$),
	(16, $$jsonb '[{"stage": "a", "at": "2026-01-01"}]'::lifecycle$$),
	(17, $$jsonb '[{"stage": "a", "at": "2026-01-01T00:00:00Z x"}]'::lifecycle$$),
	(18, $$jsonb '[{"stage": "a", "at": "infinity"}]'::lifecycle$$),
	(19, $$jsonb '[{"stage": "", "at": "2026-01-01T00:00:00Z"}]'::lifecycle$$),
	(20, $$lifecycle_agg_trans(NULL, 'a', '2026-01-01')$$),
	(21, $$window_funnel_trans(NULL, '2026-01-01', 'a', '{a}', '1 day')$$),
	(22, $$window_funnel_combine('1 1 0 0 0', '1 1 0 0 0')$$),
	(23, $$'{b@2026-01-02T00:00:00Z,a@2026-01-01T00:00:00Z}'::lifecycle_state$$)) v(n, what)
ORDER BY n;

-- Funnels.
SELECT what, outcome('SELECT ' || replace(what, 'DEPTH(', 'funnel_depth(''{a@2026-01-01T00:00:00Z}'', ')) AS funnel_depth,
	outcome('SELECT ' || replace(what, 'DEPTH(', 'window_funnel(''2026-01-01'', ''a'', ')) AS window_funnel
FROM (VALUES
	(1, $$DEPTH('{}', '1 day')$$),
	(2, $$DEPTH('{a,NULL}', '1 day')$$),
	(3, $$DEPTH('{{a},{b}}', '1 day')$$),
	(4, $$DEPTH(array_fill('a'::text, ARRAY[33]), '1 day')$$),
	(5, $$DEPTH(array_fill('a'::text, ARRAY[32]), '1 day')$$),
	(6, $$DEPTH('{a}', '1 month')$$),
	(7, $$DEPTH('{a}', '1 month -30 days')$$),
	(8, $$DEPTH('{a}', '-1 s')$$),
	(9, $$DEPTH('{a}', '1 day -25 hours')$$),
	(10, $$DEPTH('{a}', interval '2000000000 days')$$),
	(11, $$DEPTH('{a}', '1 day', 'strict')$$),
	(12, $$DEPTH('{a}', '1 day', '')$$),
	(13, $$DEPTH('{a}', '1 day', 'strict_order,')$$),
	(14, $$DEPTH(NULL, '1 day')$$),
	(15, $$DEPTH('{a}', NULL)$$),
	(16, $$DEPTH('{a}', '1 day', NULL)$$)) v(n, what)
ORDER BY n;
SELECT outcome($$SELECT window_funnel('infinity', 'a', '{a}', '1 day')$$);
-- One group, one funnel.
SELECT what, outcome('SELECT window_funnel(timestamptz ''2026-01-01'', ''a'', ' || what || ') FROM generate_series(1, 2) n')
FROM (VALUES
	(1, $$CASE n WHEN 1 THEN '{a,b}'::text[] ELSE '{a,c}' END, '1 day'$$),
	(2, $$CASE n WHEN 1 THEN '{a,b}'::text[] ELSE '{a}' END, '1 day'$$),
	(3, $$'{a}', n * interval '1 day'$$),
	(4, $$'{a}', '1 day', CASE n WHEN 1 THEN 'default' ELSE 'strict_order' END$$)) v(n, what)
ORDER BY n;

-- States.
SELECT given, outcome(format('SELECT %L::leadcrm.window_funnel_state', given))
FROM (VALUES
	(1, '1 2 0 86400000000 7 5 1 6 2'), (2, '1 2 7 0 4294967295'), (3, ''), (4, '2 2 0 0 0'), (5, '1 0 0 0 0'), (6, '1 33 0 0 0'), (7, '1 2 8 0 0'),
	(8, '1 2 0 -1 0'), (9, '1 2 0 0 4294967296'), (10, '1 2 0 0'), (11, '1 2 0 0 0 5'), (12, '1 2 0 0 0 5 3'), (13, '1 2 0 0 0 5 -1'),
	(14, '1 2 0 0 0 9223372036854775807 1'), (15, '1 2 0 0 0 99999999999999999999 1'), (16, '1 2 0 0 0 x')) v(n, given)
ORDER BY n;
DROP FUNCTION outcome;
