#
# window_funnel, funnel_depth and slow references agree: random small cases with
# equal times, repeated steps, unknown and missing events, in every mode; a
# quarter of them also in all combinations of modes.
#
# There are two references.  One goes through the events of a case as the
# documentation tells it, in PL/pgSQL, one event and one mode at a time.  The
# other asks in plain SQL, for the default mode, what is the longest chain there
# is: an event for each step, never back in time, none later than the window
# after the first.
#
# LEADCRM_FUNNEL_CASES gives their number, LEADCRM_SEED gives others, by number
# or "random".
#

use strict;
use warnings;

use LeadCRM;
use Test::More;

my $cases = $ENV{LEADCRM_FUNNEL_CASES} // 100_000;
my $seed = $ENV{LEADCRM_SEED} // 20261201;
$seed = int(rand(1 << 30)) if $seed eq 'random';
note("LEADCRM_SEED=$seed");

my $db = LeadCRM->database;
$db->query("ALTER DATABASE @{[ $db->name ]} SET $_")
	for 'search_path TO public, leadcrm', 'jit TO off', "work_mem TO '64MB'";
$db->query(do { local $/; <DATA> });
$db->query("SELECT setseed($seed % 1000000 / 1000000.0); SELECT make_cases($cases)");

is($db->query('SELECT count(*) FROM answer'), $cases * 4 + int($cases / 4) * 4, "$cases cases in all modes");
is($db->query('SELECT count(*) FROM answer WHERE slow IS DISTINCT FROM aggregate'), 0, 'window_funnel is right');
is($db->query('SELECT count(*) FROM answer WHERE slow IS DISTINCT FROM depth'), 0, 'funnel_depth is right');
is($db->query(q{
	SELECT mode, steps, within, slow, aggregate, depth,
		(SELECT string_agg(event || '@' || at, ' ' ORDER BY at, event) FROM happening h WHERE h.id = f.id)
	FROM answer JOIN funnel f USING (id)
	WHERE slow IS DISTINCT FROM aggregate OR slow IS DISTINCT FROM depth ORDER BY id LIMIT 5}),
	'', 'no case to show');
is($db->query(q{SELECT count(*) FROM answer JOIN longest USING (id) WHERE mode = 'default' AND depth IS DISTINCT FROM longest}),
	0, 'the default mode finds the longest chain');

# The cases tell the modes apart, or nothing was tested.
my $differ = $db->query(q{
	SELECT min(n) FROM (SELECT count(*) FILTER (WHERE a.slow <> d.slow) n
		FROM answer a JOIN answer d USING (id) WHERE d.mode = 'default' AND a.mode <> 'default' GROUP BY a.mode) m});
cmp_ok($differ, '>', $cases / 200, 'each mode differs from the default in many cases');
cmp_ok($db->query('SELECT count(DISTINCT slow) FROM answer'), '>=', 6, 'all depths occur');

# Split among workers, it is the same.
$db->query('ALTER TABLE happening SET (parallel_workers = 2); ANALYZE happening');
my $parallel = 'SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;'
	. 'SET enable_sort = off;';
my $query = q{SELECT id, window_funnel(at, event, '{a,b,c,a}', '5 s', 'strict_order') n,
	lifecycle_agg(event, at) l FROM happening GROUP BY id};
like($db->query("$parallel EXPLAIN (COSTS OFF) $query"), qr/Partial (?:Hash|Group)Aggregate/, 'a plan with partial aggregates');
is($db->query("$parallel SELECT count(*), sum(n), md5(string_agg(l::text, '' ORDER BY id)) FROM ($query) q"),
	$db->query("SET max_parallel_workers_per_gather = 0;"
		. "SELECT count(*), sum(n), md5(string_agg(l::text, '' ORDER BY id)) FROM ($query) q"),
	'in parallel as in one process');

done_testing;

__DATA__
CREATE TABLE funnel (id integer PRIMARY KEY, steps text[], within interval, events integer);
CREATE TABLE happening (id integer, at timestamptz, event text);
CREATE TABLE answer (id integer, mode text, slow integer, aggregate integer, depth integer);
CREATE TABLE longest (id integer, longest integer);

-- How far through the steps, told event by event.
CREATE FUNCTION slow_depth(times timestamptz[], numbers integer[], nsteps integer, within interval, mode text)
RETURNS integer LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
	chain_begin timestamptz[] := array_fill(NULL::timestamptz, ARRAY[nsteps]);
	chain_end timestamptz[] := array_fill(NULL::timestamptz, ARRAY[nsteps]);
	in_order boolean := mode LIKE '%strict_order%';
	unique_only boolean := mode LIKE '%strict_deduplication%';
	increasing boolean := mode LIKE '%strict_increase%';
	step integer;
	moment timestamptz;
BEGIN
	FOR n IN 1 .. coalesce(cardinality(times), 0) LOOP
		step := numbers[n];
		moment := times[n];
		IF step = 0 THEN
			-- an event that is no step intervenes
			EXIT WHEN in_order AND chain_begin[1] IS NOT NULL;
		ELSIF step = 1 THEN
			chain_begin[1] := moment;
			chain_end[1] := moment;
		ELSIF unique_only AND chain_begin[step] IS NOT NULL THEN
			EXIT;
		ELSIF chain_begin[step - 1] IS NULL THEN
			EXIT WHEN in_order AND chain_begin[1] IS NOT NULL;
		ELSIF moment <= chain_begin[step - 1] + within
			AND (NOT increasing OR moment > chain_end[step - 1]) THEN
			chain_begin[step] := chain_begin[step - 1];
			chain_end[step] := moment;
			EXIT WHEN step = nsteps;
		END IF;
	END LOOP;
	RETURN nsteps - cardinality(array_positions(chain_begin, NULL));
END
$$;

CREATE FUNCTION make_cases(n integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	mode_ text;
BEGIN
	INSERT INTO funnel
	SELECT id, (SELECT array_agg(substr('abcde', 1 + floor(random() * 5)::integer, 1)) FROM generate_series(1, 1 + id % 5)),
		floor(random() * 13) * interval '1 s', floor(random() * 12)
	FROM generate_series(1, n) id;
	-- half of the cases have each step once
	UPDATE funnel SET steps = (ARRAY['a', 'b', 'c', 'd', 'e'])[1 : 1 + id % 5] WHERE random() < 0.5;

	-- few moments, so that many are equal; x is never a step, and some are NULL
	INSERT INTO happening
	SELECT id, CASE WHEN random() < 0.97 THEN timestamptz '2026-01-01 00:00:00Z' + floor(random() * 12) * interval '1 s' END,
		CASE WHEN random() < 0.97 THEN substr('aabbccddex', 1 + floor(random() * 10)::integer, 1) END
	FROM funnel, generate_series(1, events)
	ORDER BY id, random();
	-- and every case has one row at least
	INSERT INTO happening SELECT id, NULL, 'a' FROM funnel;
	CREATE INDEX ON happening (id);
	ANALYZE funnel, happening;

	CREATE TEMP TABLE told AS
	SELECT id, steps, within,
		array_agg(at ORDER BY at, step) FILTER (WHERE step IS NOT NULL) AS times,
		array_agg(step ORDER BY at, step) FILTER (WHERE step IS NOT NULL) AS numbers
	FROM funnel
	LEFT JOIN LATERAL (
		SELECT at, s.step::integer FROM happening h, unnest(funnel.steps) WITH ORDINALITY s(name, step)
		WHERE h.id = funnel.id AND h.event = s.name AND at IS NOT NULL
		UNION ALL
		SELECT at, 0 FROM happening h
		WHERE h.id = funnel.id AND at IS NOT NULL AND h.event <> ALL (funnel.steps)) e ON true
	GROUP BY id;

	FOREACH mode_ IN ARRAY ARRAY['default', 'strict_order', 'strict_deduplication', 'strict_increase',
		'strict_order,strict_deduplication', 'strict_order, strict_increase',
		'strict_deduplication,strict_increase', 'strict_increase,strict_order,strict_deduplication']
	LOOP
		INSERT INTO answer
		SELECT id, mode_, slow_depth(t.times, t.numbers, cardinality(t.steps), t.within, mode_),
			g.aggregate, coalesce(funnel_depth(g.lifecycle, t.steps, t.within, mode_), 0)
		FROM told t
		JOIN (SELECT id, window_funnel(at, event, steps, within, mode_) AS aggregate, lifecycle_agg(event, at) AS lifecycle
			FROM funnel JOIN happening USING (id)
			WHERE mode_ NOT LIKE '%,%' OR id % 4 = 0 GROUP BY id) g USING (id);
	END LOOP;

	INSERT INTO longest
	WITH RECURSIVE chain AS (
		SELECT id, 1 AS step, at AS first, at AS last
		FROM funnel JOIN happening h USING (id) WHERE h.event = steps[1] AND at IS NOT NULL
		UNION
		SELECT id, step + 1, first, h.at
		FROM chain JOIN funnel USING (id) JOIN happening h USING (id)
		WHERE h.event = steps[step + 1] AND h.at >= last AND h.at <= first + within)
	SELECT id, coalesce(max(step), 0) FROM funnel LEFT JOIN chain USING (id) GROUP BY id;
END
$$;
