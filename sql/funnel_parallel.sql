-- The aggregates over lifecycles, split between workers, are the whole.

SET search_path TO public, leadcrm;
SET TimeZone TO 'UTC';

CREATE TABLE parallel_lead AS
SELECT g AS id, g % 3 AS team, lifecycle_agg(stage, at) AS lifecycle, (g % 1000) * 0.25 AS amount,
	CASE WHEN g % 3 = 0 THEN 'reason ' || g % 5 END AS loss_reason
FROM generate_series(1, 5000) g,
	LATERAL (SELECT (ARRAY['new', 'contacted', 'proposal', 'won', 'lost'])[1 + h % 5] AS stage,
			timestamptz '2026-01-01' + h / 5 % 1000 * interval '1 hour' AS at
		FROM generate_series(1, 1 + g % 8) k, LATERAL (SELECT (g * 7919 + k * 104729) % 65521 AS h) r) e
GROUP BY g;
ALTER TABLE parallel_lead SET (parallel_workers = 3);
ANALYZE parallel_lead;

CREATE VIEW summary AS
SELECT funnel_agg(lifecycle, '{new,contacted,won}', '30 days') AS f3,
	funnel_agg(lifecycle, '{new,contacted,won}', '30 days', amount) AS f4,
	funnel_agg(lifecycle, '{new,contacted,won}', '30 days', amount, loss_reason) AS f5,
	stage_durations(lifecycle, '2026-03-01') AS durations,
	cohort(lifecycle, 'won', 'week', 'Asia/Shanghai', '20 days') AS cohort,
	velocity(lifecycle, 'won', 'lost', amount) AS velocity
FROM parallel_lead;
CREATE VIEW merged AS
SELECT funnel_merge(f3) AS f3, funnel_merge(f4) AS f4, funnel_merge(f5) AS f5, stage_durations_merge(durations) AS durations,
	cohort_merge(cohort) AS cohort, velocity_merge(velocity) AS velocity
FROM (SELECT team, funnel_agg(lifecycle, '{new,contacted,won}', '30 days') AS f3,
		funnel_agg(lifecycle, '{new,contacted,won}', '30 days', amount) AS f4,
		funnel_agg(lifecycle, '{new,contacted,won}', '30 days', amount, loss_reason) AS f5,
		stage_durations(lifecycle, '2026-03-01') AS durations,
		cohort(lifecycle, 'won', 'week', 'Asia/Shanghai', '20 days') AS cohort,
		velocity(lifecycle, 'won', 'lost', amount) AS velocity
	FROM parallel_lead GROUP BY team) t;

SET max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS SELECT s::text FROM summary s;
SET max_parallel_workers_per_gather = 3;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;

EXPLAIN (COSTS OFF) SELECT * FROM summary;
SELECT s::text = (SELECT s FROM serial) AS summary_same FROM summary s;
SELECT s::text = (SELECT s FROM serial) AS merged_same FROM merged s;

-- Groups whose parts come from every worker.
SELECT team, (SELECT string_agg(entered || ' ' || amount, ', ' ORDER BY position) FROM funnel_detail(f)) AS entered
FROM (SELECT team, funnel_agg(lifecycle, '{new,contacted,won}', '30 days', amount) AS f FROM parallel_lead GROUP BY team) t ORDER BY team;

-- Partition by partition.
CREATE TABLE parted (id integer, team integer, lifecycle lifecycle, amount numeric, loss_reason text) PARTITION BY LIST (team);
CREATE TABLE parted_0 PARTITION OF parted FOR VALUES IN (0);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES IN (1);
CREATE TABLE parted_2 PARTITION OF parted FOR VALUES IN (2);
INSERT INTO parted SELECT * FROM parallel_lead;
ANALYZE parted;
SET enable_partitionwise_aggregate = on;
SET max_parallel_workers_per_gather = 0;
EXPLAIN (COSTS OFF) SELECT funnel_agg(lifecycle, '{new,contacted,won}', '30 days', amount, loss_reason) FROM parted;
SELECT funnel_agg(lifecycle, '{new,contacted,won}', '30 days', amount, loss_reason)::text = (SELECT f5::text FROM summary) AS parted_same FROM parted;
SELECT funnel_merge(f)::text = (SELECT f5::text FROM summary) AS by_partition_same
FROM (SELECT funnel_agg(lifecycle, '{new,contacted,won}', '30 days', amount, loss_reason) AS f FROM parted GROUP BY team) t;

-- Every query in a worker, whatever it costs.
SELECT count(set_config(name, 'regress', false)) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query');
SELECT s::text = (SELECT s FROM serial) AS summary_same FROM summary s;
SELECT s::text = (SELECT s FROM serial) AS merged_same FROM merged s;
SELECT position, step, entered, amount, lost FROM funnel_detail((SELECT f5 FROM summary));

DROP VIEW summary, merged;
DROP TABLE parallel_lead, serial, parted;
