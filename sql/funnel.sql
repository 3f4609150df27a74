-- Funnels of many leads: counted right, split and put together in any way.

SET search_path TO public, leadcrm;
SET TimeZone TO 'UTC';
SET IntervalStyle TO 'postgres';

-- A few leads by hand: won, lost twice, still new, one that never entered.
CREATE TABLE few (lifecycle lifecycle, amount numeric, loss_reason text);
INSERT INTO few VALUES
	('{new@2026-01-01T00:00:00Z,contacted@2026-01-02T00:00:00Z,won@2026-01-15T00:00:00Z}', 100.50, NULL),
	('{new@2026-01-01T00:00:00Z,contacted@2026-01-05T00:00:00Z,lost@2026-01-06T00:00:00Z}', 50, '价格过高'),
	('{new@2026-01-01T00:00:00Z,lost@2026-01-06T00:00:00Z}', 7, 'say "no" \ other'),
	('{new@2026-01-01T00:00:00Z}', NULL, NULL),
	('{lost@2026-01-01T00:00:00Z}', 9, 'spam'),
	('{}', 3, NULL),
	(NULL, 3, 'price');
SELECT funnel_agg(lifecycle, '{new,contacted,won}', '30 days', amount, loss_reason) AS whole FROM few \gset
SELECT :'whole' AS funnel;
SELECT * FROM funnel_steps(:'whole');
SELECT position, amount, lost, loss_rate, median_from_previous, p90_from_previous FROM funnel_detail(:'whole');
SELECT * FROM funnel_losses(:'whole');
SELECT * FROM funnel_detail((SELECT funnel_agg(lifecycle, '{new,contacted,won}', '30 days') FROM few));
SELECT * FROM funnel_steps((SELECT funnel_agg(lifecycle, '{new,contacted,won}', '3 days') FROM few));

-- Nobody, nothing.
SELECT funnel_agg(lifecycle, '{new}', '1 day') IS NULL AS no_rows FROM few WHERE false;
SELECT funnel_agg(NULL::lifecycle, '{new}', '1 day') IS NULL AS no_lifecycle FROM few;
SELECT * FROM funnel_steps((SELECT funnel_agg('{}', '{new,won}', '1 day') FROM few));
SELECT funnel_merge(NULL) IS NULL AS no_funnels, _funnel_combine(NULL, NULL) IS NULL AS nothing;
SELECT count(*) FROM funnel_steps(NULL);

-- Added, taken away, compared.  An amount's scale is that of sum(numeric).
SELECT :'whole'::funnel + :'whole' = :'whole'::funnel || :'whole' AS same,
	(:'whole'::funnel + :'whole') - :'whole' = :'whole' AS back,
	:'whole'::funnel - :'whole' AS none, :'whole'::funnel <> :'whole' AS differs;
SELECT funnel_agg(lifecycle, '{new}', '1 day', 1.5) = funnel_agg(lifecycle, '{new}', '1 day', 1.50) AS equal,
	funnel_agg(lifecycle, '{new}', '1 day', 1.50) AS shown FROM few;
SELECT amount, text(amount) = text(total) AS as_sum
FROM (SELECT (SELECT amount FROM funnel_detail(f) WHERE position = 1), total
	FROM (SELECT funnel_agg('{new@2026-01-01T00:00:00Z}', '{new}', '1 day', a) AS f, sum(a) AS total
		FROM unnest('{1e30,-0.5,0.25,99999999999999999999.000,-1e30}'::numeric[]) a) s) s;

-- What is refused.
\set VERBOSITY sqlstate
SELECT funnel_agg(lifecycle, NULL, '1 day') FROM few;
SELECT funnel_agg(lifecycle, '{new}', NULL) FROM few;
SELECT funnel_agg(lifecycle, '{}', '1 day') FROM few;
SELECT funnel_agg(lifecycle, '{new,NULL}', '1 day') FROM few;
SELECT funnel_agg(lifecycle, array_fill('new'::text, '{33}'), '1 day') FROM few;
SELECT funnel_agg(lifecycle, '{new}', '1 month') FROM few;
SELECT funnel_agg(lifecycle, ARRAY[coalesce(loss_reason, 'new')], '1 day') FROM few;
SELECT funnel_agg(lifecycle, '{new}', coalesce(amount, 1) * interval '1 day') FROM few;
SELECT :'whole'::funnel + funnel_agg(lifecycle, '{new,contacted,won}', '1 day') FROM few;
SELECT :'whole'::funnel - funnel_agg(lifecycle, '{new,contacted,lost}', '30 days') FROM few;
SELECT funnel_merge(f) FROM (VALUES (:'whole'::funnel), ('{1 1 1 "x" 0 null 0 0}')) v (f);
SELECT '{1 1 1 "x" 9223372036854775807 null 0 0}'::funnel + '{1 1 1 "x" 1 null 0 0}';
SELECT _funnel_take(:'whole', '{}', '{new}', '1 day');
SELECT _funnel_combine(NULL, :'whole');
\set VERBOSITY default

-- Text: what is not the whole of a funnel is none.
SELECT t AS text, t::funnel = t::funnel::text::funnel AS good FROM (VALUES
	('{1 1 1 "x" 0 null 0 0}'), (E' { 1  1 1"x"0 null\n0 0 } '), ('{1 0 2 "a\\\\b" -3 1e3 "" 4 NaN 1 2 9 -1 1 2 "" 1 null}')) v (t);
\set VERBOSITY sqlstate
SELECT ''::funnel;
SELECT '{}'::funnel;
SELECT '{2 1 1 "x" 0 null 0 0}'::funnel;
SELECT '{1 1 1 "x" 0 null 0 0} x'::funnel;
SELECT '{1 1 1 "x" 0 null 0 0'::funnel;
SELECT '{1 1 1 "x" 0 null 0}'::funnel;
SELECT '{1 -1 1 "x" 0 null 0 0}'::funnel;
SELECT '{1 1 0 0 0}'::funnel;
SELECT '{1 1 33 "x" 0 null 0 0}'::funnel;
SELECT '{1 1 1 "x\" 0 null 0 0}'::funnel;
SELECT '{1 1 1 x 0 null 0 0}'::funnel;
SELECT '{1 1 1 "x" 0 nil 0 0}'::funnel;
SELECT '{1 1 1 "x" 9223372036854775808 null 0 0}'::funnel;
SELECT '{1 1 1 "x" 0 null 1 2 5 1 0}'::funnel;
SELECT '{1 1 1 "x" 0 null 1 0 7296 1 0}'::funnel;
SELECT '{1 1 1 "x" 0 null 0 1 2 "r" 1 null}'::funnel;
SELECT '{1 1 1 "x" 0 null 9223372036854775807 0}'::funnel;
\set VERBOSITY default

-- 2,000 leads that skip, repeat, re-enter and tie, and a recount of some in
-- plain SQL: a chain is any way through the steps in order of time and within
-- the window; a lead is as deep as its longest one, takes it at the earliest
-- moment, and each step before at the latest moment that leads there.
CREATE TABLE many AS
SELECT g AS id, lifecycle_agg(stage, at) AS lifecycle,
	CASE WHEN g % 7 > 0 THEN (g * 37 % 1000) * (ARRAY[1, 0.25, 0.5])[1 + g % 3] END AS amount,
	CASE WHEN g % 3 = 0 THEN (ARRAY['price', 'feature', '竞争对手'])[1 + g % 3 + g % 2] END AS loss_reason
FROM generate_series(1, 2000) g,
	LATERAL (SELECT (ARRAY['new', 'contacted', 'new', 'proposal', 'won', 'lost'])[1 + h % 6] AS stage,
			timestamptz '2026-01-01' + (h / 7 % 40) * interval '1 day' + (h / 13 % 3) * interval '7 seconds' AS at
		FROM generate_series(1, 1 + g % 12) k, LATERAL (SELECT (g * 7919 + k * 104729) % 1000003 * 31 % 65521 AS h) r) e
GROUP BY g;

CREATE FUNCTION recount(steps text[], within interval)
RETURNS TABLE (id integer, step integer, depth integer, at timestamptz, first_at timestamptz, previous_at timestamptz)
BEGIN ATOMIC
	WITH RECURSIVE event AS (
		SELECT m.id, t.at, s.step::integer
		FROM many m, LATERAL jsonb_to_recordset(m.lifecycle::jsonb) AS t (stage text, at timestamptz),
			unnest(steps) WITH ORDINALITY AS s (name, step)
		WHERE t.stage = s.name AND m.id <= 400
	), chain AS (
		SELECT event.id, event.step, event.at, event.at AS first_at FROM event WHERE event.step = 1
		UNION
		SELECT e.id, e.step, e.at, c.first_at
		FROM chain c JOIN event e ON e.id = c.id AND e.step = c.step + 1 AND e.at >= c.at AND e.at <= c.first_at + within
	), deepest AS (
		SELECT chain.id, max(chain.step) AS step FROM chain GROUP BY chain.id
	), taken AS (
		SELECT d.id, d.step, d.step AS depth, (SELECT min(c.at) FROM chain c WHERE c.id = d.id AND c.step = d.step) AS at
		FROM deepest d
		UNION ALL
		SELECT t.id, t.step - 1, t.depth,
			(SELECT max(c.at) FROM chain c WHERE c.id = t.id AND c.step = t.step - 1 AND c.at <= t.at)
		FROM taken t WHERE t.step > 1
	)
	SELECT t.id, t.step, t.depth, t.at, first_value(t.at) OVER w, lag(t.at) OVER w
	FROM taken t WINDOW w AS (PARTITION BY t.id ORDER BY t.step);
END;

-- Is an estimate as near to the truth as it says?
CREATE FUNCTION near(estimate interval, truth interval) RETURNS boolean
RETURN coalesce(abs(extract(epoch FROM estimate) - extract(epoch FROM truth)) <= 0.0079 * extract(epoch FROM truth),
	estimate IS NULL AND truth IS NULL);

CREATE FUNCTION wrong(steps text[], within interval) RETURNS SETOF text
BEGIN ATOMIC
	WITH lead AS (
		SELECT m.id, m.amount, m.loss_reason, r.step, r.depth, r.at - r.first_at AS from_first, r.at - r.previous_at AS from_previous
		FROM many m JOIN recount(steps, within) r USING (id) WHERE m.id <= 400
	), truth AS (
		SELECT s AS position, count(l.id) AS entered, sum(amount) AS amount,
			count(*) FILTER (WHERE depth = s AND loss_reason IS NOT NULL) AS lost,
			percentile_disc(0.5) WITHIN GROUP (ORDER BY from_first) FILTER (WHERE s > 1) AS median_time,
			percentile_disc(0.9) WITHIN GROUP (ORDER BY from_first) FILTER (WHERE s > 1) AS p90_time,
			percentile_disc(0.5) WITHIN GROUP (ORDER BY from_previous) FILTER (WHERE s > 1) AS median_from_previous,
			percentile_disc(0.9) WITHIN GROUP (ORDER BY from_previous) FILTER (WHERE s > 1) AS p90_from_previous
		FROM generate_series(1, cardinality(steps)) s LEFT JOIN lead l ON l.step = s
		GROUP BY s
	), reasons AS (
		SELECT depth AS position, loss_reason AS reason, count(*) AS leads, sum(amount) AS amount
		FROM lead WHERE step = depth AND loss_reason IS NOT NULL GROUP BY 1, 2
	), summary AS (
		SELECT funnel_agg(lifecycle, steps, within, amount, loss_reason) AS f FROM many WHERE id <= 400
	)
	SELECT format('%s: %s, not %s', steps, f, t)
	FROM summary, truth t FULL JOIN LATERAL (SELECT d.* FROM summary, funnel_detail(summary.f) d) f USING (position)
	WHERE (t.entered, t.amount, t.lost) IS DISTINCT FROM (f.entered, f.amount, f.lost) OR f.step <> steps[position]
		OR NOT near(f.median_time, t.median_time) OR NOT near(f.p90_time, t.p90_time)
		OR NOT near(f.median_from_previous, t.median_from_previous) OR NOT near(f.p90_from_previous, t.p90_from_previous)
	UNION ALL
	SELECT format('%s: %s, not %s', steps, f, t)
	FROM reasons t FULL JOIN (SELECT d.* FROM summary, funnel_losses(summary.f) d) f USING (position, reason)
	WHERE (t.leads, t.amount) IS DISTINCT FROM (f.leads, f.amount);
END;

SELECT entered, amount, lost FROM funnel_detail((
	SELECT funnel_agg(lifecycle, '{new,contacted,proposal,won}', '10 days', amount, loss_reason) FROM many));
SELECT wrong(steps, within)
FROM (VALUES ('{new,contacted,proposal,won}'::text[]), ('{new}'), ('{new,new,won}'), ('{contacted,lost,contacted}'), ('{nowhere,new}')) s (steps),
	(VALUES (interval '0'), ('7 seconds'), ('10 days'), ('1000 days')) w (within);

-- Parts are the whole: random splits, groups in any order, through text.
CREATE FUNCTION split(parts integer, seed integer) RETURNS funnel
BEGIN ATOMIC
	SELECT funnel_merge(part::text::funnel ORDER BY hashint4(n + seed))
	FROM (SELECT n, funnel_agg(lifecycle, '{new,contacted,proposal,won}', '10 days', amount, loss_reason
			ORDER BY hashint4(id * seed)) AS part
		FROM (SELECT *, abs(hashint4(id + seed)) % parts AS n FROM many) m GROUP BY n) p;
END;
CREATE VIEW whole AS
SELECT funnel_agg(lifecycle, '{new,contacted,proposal,won}', '10 days', amount, loss_reason) AS f FROM many;
SELECT parts, count(*) AS splits, count(*) FILTER (WHERE split(parts, seed)::text = whole.f::text) AS same
FROM unnest('{1,2,7,100,2000}'::integer[]) parts, generate_series(1, 8) seed, whole GROUP BY parts ORDER BY parts;

-- Running totals, windows that move, grouping sets.
SELECT count(*) FILTER (WHERE running::text = (SELECT funnel_agg(lifecycle, '{new,won}', '10 days', amount)::text FROM many m WHERE m.id <= r.id)) AS same
FROM (SELECT id, funnel_agg(lifecycle, '{new,won}', '10 days', amount) OVER (ORDER BY id) AS running FROM many WHERE id <= 100) r;
SELECT count(*) FILTER (WHERE moving::text = (SELECT funnel_agg(lifecycle, '{new,won}', '10 days', amount)::text FROM many m WHERE m.id BETWEEN r.id - 3 AND r.id)) AS same
FROM (SELECT id, funnel_agg(lifecycle, '{new,won}', '10 days', amount) OVER (ORDER BY id ROWS 3 PRECEDING) AS moving FROM many WHERE id <= 100) r;
SELECT a, b, (funnel_merge(f) FILTER (WHERE a IS NULL OR b IS NULL)) IS NULL AS detail, sum((SELECT entered FROM funnel_steps(f) WHERE position = 1))
FROM (SELECT id % 2 AS a, id % 3 AS b, funnel_agg(lifecycle, '{new,won}', '10 days', amount) AS f FROM many GROUP BY GROUPING SETS ((1, 2), (1), ())) s
GROUP BY a, b ORDER BY a, b;

-- Stored, compressed, read again; taken away part by part.
CREATE TABLE stored AS SELECT id % 10 AS n, funnel_agg(lifecycle, '{new,contacted,proposal,won}', '10 days', amount, loss_reason) AS f
FROM many GROUP BY 1;
SELECT (SELECT funnel_merge(s.f) FROM stored s) = whole.f AS same,
	whole.f - (SELECT funnel_merge(s.f) FROM stored s WHERE n > 0) = (SELECT s.f FROM stored s WHERE n = 0) AS rest FROM whole;

DROP TABLE few, many, stored CASCADE;
DROP FUNCTION near;
