-- How long leads stay in stages, cohorts, pipeline velocity.

SET search_path TO public, leadcrm;
SET TimeZone TO 'America/New_York';
SET IntervalStyle TO 'postgres';

CREATE TABLE few (lifecycle lifecycle, amount numeric);
INSERT INTO few VALUES
	('{new@2026-01-01T00:00:00Z,contacted@2026-01-02T12:00:00Z,new@2026-01-03T00:00:00Z,won@2026-01-15T00:00:00Z}', 100.50),
	('{new@2026-01-04T16:00:00Z,contacted@2026-01-05T16:00:00Z,lost@2026-01-20T00:00:00Z}', 50),
	('{new@2026-01-04T15:59:59Z,won@2026-01-04T15:59:59Z}', NULL),
	('{new@2026-01-31T23:59:59Z}', 7), ('{new@2026-03-01T00:00:00Z,won@2026-03-11T00:00:00Z}', 20), ('{}', 3), (NULL, 3);

-- Visits that have not ended are in total_time only; what comes after as_of is not there.
SELECT * FROM stage_duration_rows((SELECT stage_durations(lifecycle, '2026-01-10 00:00:00Z') FROM few));
SELECT * FROM stage_duration_rows((SELECT stage_durations(lifecycle, '2025-01-01 00:00:00Z') FROM few));
SELECT stage_durations(lifecycle, NULL) IS NULL AS no_moment FROM few;
SELECT stage, total_time = (SELECT justify_hours(sum(time_in(lifecycle, stage, '2026-03-05 00:00:00Z'))) FROM few) AS as_time_in
FROM stage_duration_rows((SELECT stage_durations(lifecycle, '2026-03-05 00:00:00Z') FROM few));

-- A week begins on Monday; the day is that of the time zone asked for.
SELECT * FROM cohort_rows((SELECT cohort(lifecycle, 'won', 'week', 'Asia/Shanghai', '30 days') FROM few));
SELECT * FROM cohort_rows((SELECT cohort(lifecycle, 'won', 'day', 'UTC', '30 days') FROM few));
SELECT unit, c.* FROM unnest('{month,quarter,year}'::text[]) unit,
	cohort_rows((SELECT cohort(lifecycle, 'won', unit, 'Asia/Shanghai', '10 days') FROM few)) c;
SELECT c.cohort, c.reached FROM cohort_rows((SELECT cohort(lifecycle, 'won', 'year', 'UTC', '10 days -1 microsecond') FROM few)) c;

SELECT * FROM velocity_row((SELECT velocity(lifecycle, 'won', 'lost', amount) FROM few));
SELECT * FROM velocity_row((SELECT velocity(lifecycle, 'won', 'lost', NULL) FROM few));
SELECT * FROM velocity_row((SELECT velocity('{}', 'won', 'lost', 1)));

\set VERBOSITY sqlstate
SELECT stage_durations(lifecycle, 'infinity') FROM few;
SELECT cohort(lifecycle, 'won', 'fortnight', 'UTC', '1 day') FROM few;
SELECT cohort(lifecycle, 'won', 'week', 'Mars/Olympus', '1 day') FROM few;
SELECT cohort(lifecycle, 'won', 'week', 'UTC', '1 month') FROM few;
SELECT cohort(lifecycle, 'won', 'week', 'UTC', '-1 day') FROM few;
SELECT cohort(lifecycle, 'won', NULL, 'UTC', '1 day') FROM few;
SELECT cohort(lifecycle, current_stage(lifecycle), 'week', 'UTC', '1 day') FROM few WHERE current_stage(lifecycle) <> '';
SELECT velocity(lifecycle, NULL, 'lost', 1) FROM few;
SELECT velocity(lifecycle, 'won', current_stage(lifecycle), 1) FROM few WHERE current_stage(lifecycle) <> '';
SELECT cohort(lifecycle, 'won', 'week', 'UTC', '1 day') + cohort(lifecycle, 'won', 'week', 'Asia/Shanghai', '1 day') FROM few;
SELECT velocity(lifecycle, 'won', 'lost', 1) - velocity(lifecycle, 'lost', 'won', 1) FROM few;
SELECT '{1 1 "new" 1 1 1 0 86400000000 0 0 0}'::stage_durations;
SELECT '{1 "won" "fortnight" "UTC" 1 0}'::cohort;
SELECT '{1 "won" "day" "UTC" 1 1 2147483647 1 1}'::cohort;
SELECT '{1 "won" "lost" 1 1 1 1 1 1}'::velocity;
\set VERBOSITY default

-- 2,000 leads against plain SQL, and parts in any order against the whole.
CREATE TABLE many AS
SELECT g AS id, lifecycle_agg(stage, at) AS lifecycle, CASE WHEN g % 7 > 0 THEN (g * 37 % 1000) * (ARRAY[1, 0.25, 0.5])[1 + g % 3] END AS amount
FROM generate_series(1, 2000) g,
	LATERAL (SELECT (ARRAY['new', 'contacted', 'proposal', 'won', 'lost'])[1 + h % 5] AS stage,
			timestamptz '2026-01-01' + h / 5 % 90 * interval '19 hours' AS at
		FROM generate_series(1, 1 + g % 9) k, LATERAL (SELECT (g * 7919 + k * 104729) % 1000003 * 31 % 65521 AS h) r) e
GROUP BY g;
CREATE VIEW visit AS
SELECT m.id, m.amount, t.position, t.to_stage AS stage, t.at, lead(t.at) OVER w AS ended_at, first_value(t.at) OVER w AS first_at
FROM many m, transitions(m.lifecycle) t WINDOW w AS (PARTITION BY m.id ORDER BY t.position);

WITH truth AS (
	SELECT stage, count(DISTINCT id) AS leads, count(*) AS visits, count(*) FILTER (WHERE ended_at <= as_of) AS ended,
		justify_hours(sum(least(ended_at, as_of) - at)) AS total_time,
		percentile_disc(0.5) WITHIN GROUP (ORDER BY ended_at - at) FILTER (WHERE ended_at <= as_of) AS median_time,
		percentile_disc(0.9) WITHIN GROUP (ORDER BY ended_at - at) FILTER (WHERE ended_at <= as_of) AS p90_time,
		avg(extract(epoch FROM ended_at - at)) FILTER (WHERE ended_at <= as_of) AS average
	FROM visit, (VALUES (timestamptz '2026-02-10 00:00:00Z')) a (as_of) WHERE at <= as_of GROUP BY stage
)
SELECT count(*) AS stages, count(*) FILTER (WHERE (t.leads, t.visits, t.ended, t.total_time) = (r.leads, r.visits, r.ended, r.total_time)
	AND abs(extract(epoch FROM r.median_time) / extract(epoch FROM t.median_time) - 1) <= 0.0079
	AND abs(extract(epoch FROM r.p90_time) / extract(epoch FROM t.p90_time) - 1) <= 0.0079
	AND abs(extract(epoch FROM r.average_time) - t.average) < 0.00001) AS right
FROM truth t FULL JOIN stage_duration_rows((SELECT stage_durations(lifecycle, '2026-02-10 00:00:00Z') FROM many)) r USING (stage);

WITH truth AS (
	SELECT date_trunc(unit, first_at AT TIME ZONE 'Asia/Shanghai')::date AS cohort, unit, count(DISTINCT id) AS leads,
		count(DISTINCT id) FILTER (WHERE stage = 'won' AND at <= first_at + interval '20 days') AS reached
	FROM visit, unnest('{day,week,month,quarter,year}'::text[]) unit GROUP BY 1, 2
)
SELECT unit, count(*) AS cohorts, count(*) FILTER (WHERE (t.leads, t.reached) = (c.leads, c.reached)) AS right
FROM truth t FULL JOIN (SELECT unit, r.* FROM unnest('{day,week,month,quarter,year}'::text[]) unit,
		cohort_rows((SELECT cohort(lifecycle, 'won', unit, 'Asia/Shanghai', '20 days') FROM many)) r) c USING (unit, cohort)
GROUP BY unit ORDER BY unit;

WITH truth AS (
	SELECT count(DISTINCT id) AS leads, count(*) FILTER (WHERE stage = 'won') AS won, count(*) FILTER (WHERE stage = 'lost') AS lost,
		avg(amount) FILTER (WHERE stage = 'won') AS amount, avg(extract(epoch FROM at - first_at)) FILTER (WHERE stage = 'won') / 86400 AS days
	FROM visit WHERE ended_at IS NULL
)
SELECT t.leads = v.leads AND t.won = v.won AND t.lost = v.lost AND round(t.won::numeric / (t.won + t.lost), 4) = v.win_rate
	AND round(t.amount, 2) = v.average_amount AND round(t.days, 2) = v.cycle_days
	AND abs(t.leads * (t.won::numeric / (t.won + t.lost)) * t.amount / t.days - v.per_day) < 0.01 AS right
FROM truth t, velocity_row((SELECT velocity(lifecycle, 'won', 'lost', amount) FROM many)) v;

CREATE FUNCTION split(parts integer, seed integer, OUT d stage_durations, OUT c cohort, OUT v velocity)
BEGIN ATOMIC
	SELECT stage_durations_merge(p.d::text::stage_durations ORDER BY hashint4(n + seed)),
		cohort_merge(p.c::text::cohort ORDER BY hashint4(n + seed)),
		velocity_merge(p.v::text::velocity ORDER BY hashint4(n + seed))
	FROM (SELECT n, stage_durations(lifecycle, '2026-03-01' ORDER BY hashint4(id * seed)) AS d,
			cohort(lifecycle, 'won', 'week', 'UTC', '20 days' ORDER BY hashint4(id * seed)) AS c,
			velocity(lifecycle, 'won', 'lost', amount ORDER BY hashint4(id * seed)) AS v
		FROM (SELECT *, abs(hashint4(id + seed)) % parts AS n FROM many) m GROUP BY n) p;
END;
SELECT parts, count(*) AS splits, count(*) FILTER (WHERE split(parts, seed)::text = whole::text) AS same
FROM unnest('{1,2,7,100,2000}'::integer[]) parts, generate_series(1, 10) seed,
	(SELECT stage_durations(lifecycle, '2026-03-01') AS d, cohort(lifecycle, 'won', 'week', 'UTC', '20 days') AS c,
		velocity(lifecycle, 'won', 'lost', amount) AS v FROM many) whole
GROUP BY parts ORDER BY parts;

SELECT (d + d) - d = d AND d || d = d + d AND NOT d <> d AS durations, (c + c) - c = c AND c || c = c + c AND NOT c <> c AS cohort,
	(v + v) - v = v AND v || v = v + v AND NOT v <> v AS velocity, d - d AS no_durations, c - c AS no_cohort, v - v AS no_velocity
FROM split(1, 1);
SELECT stage_durations_merge(NULL) IS NULL AND cohort_merge(NULL) IS NULL AND velocity_merge(NULL) IS NULL AS nothing;

DROP FUNCTION split;
DROP VIEW visit;
DROP TABLE few, many;
