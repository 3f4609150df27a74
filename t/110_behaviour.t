#
# Behaviour: what the rows of leads keep, added up activity by activity, is what
# SQL makes of all their activities.  Random histories of two or three leads
# each, in three sessions side by side: activities that come in order, late, in
# bulk, on full days and at the same moment; that are corrected, given to another
# lead, deleted, replaced in one statement; leads that are merged, parted and
# deleted; statements that fail.  Each session takes its histories in BATCHES: one
# change of each after the other, those that change alike in one statement, so
# that it is about one lead now and about many then.  After each batch every sum of
# points agrees to 1e-9 of the larger value and every signal to the microsecond.
#
# Then sessions that write activities of the same few leads at the same time, the
# hottest leads at ten moments against a full sort, and what an activity costs
# when a lead has few and when it has many (printed; machines differ).
#
# LEADCRM_SEED gives other histories, by number or "random", and
# LEADCRM_HISTORIES more of them.
#

use strict;
use warnings;

use LeadCRM;
use Test::More;
use Time::HiRes qw(time);

use constant { BATCHES => [ 50, 200, 200 ], WRITERS => 4, WRITES => 500 };

my $seed = $ENV{LEADCRM_SEED} // 20261122;
$seed = int(rand(1 << 30)) if $seed eq 'random';
my $histories = $ENV{LEADCRM_HISTORIES} // 10_000;

note("LEADCRM_SEED=$seed");
my $db = LeadCRM->database;
$db->query("SELECT leadcrm.create_workspace('crm', locale => 'en', time_zone => 'Asia/Shanghai');"
	  . " ALTER DATABASE @{[ $db->name ]} SET search_path TO public, crm");
$db->query(do { local $/; <DATA> });

my @batch = @{ +BATCHES };
my @sessions = map { $db->session } @batch;
for my $s (0 .. $#sessions)
{
	my ($from, $to) = map { int($histories * $_ / @batch) } $s, $s + 1;

	# To plan statements anew for each array of leads would take longer than to run them.
	$sessions[$s]->send('SET plan_cache_mode TO force_generic_plan');
	$sessions[$s]->send("SELECT 'seeded' FROM setseed(@{[ ($seed + $s) % (1 << 30) / (1 << 30) ]});");
	for (my $n = $from + 1; $n <= $to; $n += $batch[$s])
	{
		$sessions[$s]->send("CALL run_histories($n, least($n + @{[ $batch[$s] - 1 ]}, $to))");

		# Leads are found by index once PostgreSQL knows how many there are.
		$sessions[$s]->send('ANALYZE member, crm.lead, crm.activity, crm.merge_log, crm.identity') if $s == 1;
	}
}
for my $session (@sessions)
{
	$session->wait;
	is($session->error, '', 'a session ends well');
}
is($db->query('SELECT fault FROM fault ORDER BY n LIMIT 20'), '', "$histories histories leave what their activities make");
my %done = map { split /\|/ } split /\n/, $db->query('SELECT what, count(*) FROM done GROUP BY what ORDER BY what');
note(join ', ', map { "$done{$_} $_" } sort keys %done);
ok(!(grep { ($done{$_} // 0) < $histories / 20 } qw(in_order late bulk twin correct give delete replace upsert merge unmerge fail)),
	'every kind of change was tried often');
cmp_ok($db->query('SELECT count(*) FROM crm.lead, jsonb_object_keys(signals)'), '>', $histories / 3, 'and there were signals');
is($db->query('SELECT count(*) FROM wrong(NULL)'), '0', 'all leads once more');
is($db->query("SELECT count(*) FROM (SELECT leadcrm._recompute_behaviour('crm.lead', NULL)) r, wrong(NULL)"), '0', 'and after summing up anew');

# Many sessions, few leads, daily caps.
for my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
{
	my @writers = map { $db->session } 1 .. WRITERS;
	my ($written, $lost) = (0, 0);

	$db->query('TRUNCATE crm.activity; SELECT new_leads(8)');
	for my $w (0 .. $#writers)
	{
		$writers[$w]->send("SET default_transaction_isolation TO '$level';"
			. "SELECT 'seeded' FROM setseed(@{[ ($seed + 100 * $w) % (1 << 30) / (1 << 30) ]});");
		$writers[$w]->wait;
	}
	for (1 .. 10)
	{
		$_->send("CALL write_many(@{[ WRITES / 10 ]})") for @writers;
		for my $writer (@writers)
		{
			$written += $1 if $writer->wait =~ /^(\d+)$/m;
			# What COMMIT refuses ends the call.
			$lost++ if $writer->error && $writer->error !~ /^40001/;
		}
	}
	note("$level: $written of @{[ WRITERS * WRITES ]} statements written");
	is($lost, 0, "$level: no error but 40001");
	is($written, WRITERS * WRITES, "$level: and not even that") if $level eq 'READ COMMITTED';
	is($db->query('SELECT * FROM wrong(NULL)'), '', "$level: sums are right");
	cmp_ok($db->query('SELECT count(*) FROM crm.activity'), '>', WRITES, "$level: there are activities");
}

# The hottest leads at ten moments.
$db->query('TRUNCATE crm.activity; SELECT many_leads(20000)');
is($db->query("SELECT setseed(@{[ $seed % (1 << 30) / (1 << 30) ]});"
		. ' SELECT count(*), coalesce(sum(differ), 0) FROM differences(10)') =~ s/^\s*//r, '10|0',
	'hottest() is a full sort of scores made from all activities, at ten moments');

# What an activity costs.
for my $case (
	[ 'single INSERTs, each a transaction', 500, 'CALL one_by_one(%d, %d)' ],
	[ 'one statement for as many', 2500, "INSERT INTO crm.activity (lead_id, kind, at) SELECT %d, 'view_price', now() - n * interval '1 minute' FROM generate_series(1, %d) n" ])
{
	my ($what, $n, $sql) = @$case;
	my $lead = $db->query('SELECT new_leads(1)');
	my @us;

	for (1 .. 4)
	{
		my $began = time;
		$db->query(sprintf $sql, $lead, $n);
		push @us, sprintf '%.0f', (time - $began) * 1e6 / $n;
	}
	note("one lead, $what: @us us an activity for the 1st, 2nd, 3rd and 4th $n");
	is($db->query("SELECT count(*) FROM wrong(ARRAY[$lead])"), '0', "$what: right");
}
my $began = time;
$db->query(<<'SQL');
INSERT INTO crm.activity (lead_id, kind, at)
SELECT l.id, (ARRAY['view_page', 'ask_quote', 'message', 'note'])[1 + n % 4], now() - n * interval '7 minutes'
  FROM (SELECT id, row_number() OVER (ORDER BY id) AS r FROM crm.lead WHERE merged_into IS NULL ORDER BY id DESC LIMIT 5000) l
 CROSS JOIN LATERAL generate_series(l.r, l.r + 1) n
SQL
note(sprintf '5,000 leads, 10,000 activities in one statement: %.0f us an activity', (time - $began) * 1e6 / 10_000);
is($db->query('SELECT count(*) FROM wrong(NULL)'), '0', 'right as well');
done_testing;

__DATA__
-- Few kinds, few days, ends of signals that are to come: what can go wrong does.
UPDATE activity_kind SET active = false WHERE kind NOT IN ('view_page', 'view_price', 'ask_quote', 'message', 'mail_opened', 'inquiry');
UPDATE activity_kind SET daily_cap = 2 WHERE kind IN ('view_price', 'mail_opened');
INSERT INTO activity_kind (kind, direction, points, class) VALUES ('ring', NULL, 0.7, 4), ('note', NULL, 0, 1)
    ON CONFLICT (kind) DO UPDATE SET direction = EXCLUDED.direction, points = EXCLUDED.points, class = EXCLUDED.class, active = true;
UPDATE intent_rule SET holds_for = '3650 days';
INSERT INTO intent_rule (code, level, activity_kinds, times, within, holds_for) VALUES
    ('five',  'warm', '{view_page,view_price,message}', 5, '2 days',   '3650 days'),
    ('twice', 'hot',  '{ask_quote,never}',              2, '1 minute', '3000 days');

CREATE TABLE fault (n bigint GENERATED ALWAYS AS IDENTITY, fault text);
CREATE TABLE done (what text);
CREATE TABLE member (id bigint PRIMARY KEY, history int);
CREATE INDEX ON member (history);

-- What the rows of leads have that their activities do not make; NULL: of all.
CREATE FUNCTION wrong(leads bigint[]) RETURNS SETOF text LANGUAGE SQL AS $$
    WITH chosen AS MATERIALIZED (
        SELECT * FROM lead WHERE id = ANY (coalesce(leads, ARRAY(SELECT id FROM lead)))
    ), one AS MATERIALIZED (
        SELECT a.* FROM activity a WHERE a.lead_id = ANY (coalesce(leads, ARRAY(SELECT id FROM lead)))
    ), ranked AS (
        SELECT a.lead_id, a.at, k.class, k.points, k.daily_cap, h.half_life,
               row_number() OVER (PARTITION BY a.lead_id, a.kind, (a.at AT TIME ZONE 'Asia/Shanghai')::date ORDER BY a.at, a.id) AS n
          FROM one a JOIN activity_kind k ON k.kind = a.kind AND k.active AND k.points > 0 AND coalesce(k.direction, a.direction) = a.direction
          JOIN half_life h USING (class)
    ), points AS (
        SELECT lead_id, class, sum(points * 2 ^ (extract(epoch FROM at - '2026-06-01Z')::float8 / extract(epoch FROM half_life)::float8)) AS points
          FROM ranked WHERE daily_cap IS NULL OR n <= daily_cap GROUP BY 1, 2
    ), has AS (
        SELECT l.id AS lead_id, c.class, leadcrm.decayed(c.value, c.at, h.half_life, '2026-06-01Z') AS points
          FROM chosen l
         CROSS JOIN LATERAL (VALUES (1, behaviour_1, behaviour_1_at), (2, behaviour_2, behaviour_2_at),
                                    (3, behaviour_3, behaviour_3_at), (4, behaviour_4, behaviour_4_at)) c (class, value, at)
          JOIN half_life h USING (class)
         WHERE c.value IS NOT NULL
    ), run AS (
        SELECT a.lead_id, r.code, r.holds_for, r.within, a.at,
               lag(a.at, r.times - 1) OVER (PARTITION BY a.lead_id, r.code ORDER BY a.at, a.id) AS since
          FROM intent_rule r JOIN one a ON a.kind = ANY (r.activity_kinds) AND a.direction = 'in'
    ), signal AS (
        SELECT lead_id, code, max(at) + max(holds_for) AS until FROM run
         WHERE since IS NOT NULL AND (within IS NULL OR at - since <= within) GROUP BY 1, 2
    ), has_signal AS (
        SELECT l.id AS lead_id, s.code, s.until::timestamptz AS until
          FROM chosen l CROSS JOIN LATERAL jsonb_each_text(l.signals) s (code, until)
          JOIN intent_rule r ON r.code = s.code AND r.activity_kinds IS NOT NULL
    )
    SELECT format('history %s, lead %s, class %s: %s should be %s', (SELECT history FROM member WHERE id = lead_id), lead_id, class, h.points, p.points)
      FROM points p FULL JOIN has h USING (lead_id, class)
     WHERE abs(p.points - h.points) <= 1e-9 * greatest(p.points, h.points) IS NOT TRUE
     UNION ALL
    SELECT format('history %s, lead %s, signal %s: %s should be %s', (SELECT history FROM member WHERE id = lead_id), lead_id, code, h.until, s.until)
      FROM signal s FULL JOIN has_signal h USING (lead_id, code)
     WHERE h.until IS DISTINCT FROM s.until AND coalesce(h.until, s.until) > now()
$$;

CREATE FUNCTION new_leads(n int) RETURNS bigint LANGUAGE SQL AS $$
    INSERT INTO lead (name, first_source) SELECT 'lead', 'web' FROM generate_series(1, n);
    SELECT max(id) FROM lead;
$$;

CREATE FUNCTION one_of(VARIADIC a text[]) RETURNS text LANGUAGE SQL VOLATILE AS 'SELECT a[1 + floor(random() * cardinality(a))]';
CREATE FUNCTION pick(a bigint[]) RETURNS bigint LANGUAGE SQL VOLATILE AS 'SELECT a[1 + floor(random() * cardinality(a))]';
CREATE FUNCTION a_kind() RETURNS text LANGUAGE SQL VOLATILE AS
    $$SELECT one_of('view_page', 'view_price', 'view_price', 'view_price', 'ask_quote', 'message', 'mail_opened', 'mail_opened', 'ring', 'note', 'visit')$$;
CREATE FUNCTION a_direction() RETURNS text LANGUAGE SQL VOLATILE AS $$SELECT one_of('in', 'in', 'in', 'in', 'out', 'internal')$$;
-- On one of six days, on few minutes, now and then years ago.
CREATE FUNCTION a_moment() RETURNS timestamptz LANGUAGE SQL VOLATILE AS $$
    SELECT CASE WHEN random() < 0.03 THEN timestamptz '2019-12-31 23:59+08'
                ELSE date_trunc('day', now()) - interval '12 days' + floor(random() * 6) * interval '1 day' + floor(random() * 48) * interval '30 minutes' END
$$;

-- Change in one way what the leads of some histories have done.
CREATE TYPE turn AS (leads bigint[], living bigint[], one bigint, other bigint, undo bigint);
CREATE PROCEDURE change(histories int[], which text, last timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    -- Whose turn it is, and what of theirs is there to change.
    turns turn[] := ARRAY(
    SELECT (l.leads, l.living, pick(a.did), pick(a.did), m.undo)::turn
      FROM (SELECT array_agg(id ORDER BY id) AS leads, array_agg(id ORDER BY id) FILTER (WHERE merged_into IS NULL) AS living
              FROM lead WHERE id = ANY (ARRAY(SELECT id FROM member WHERE history = ANY (histories))) GROUP BY name) l
     CROSS JOIN LATERAL (SELECT array_agg(id ORDER BY id) AS did FROM activity WHERE lead_id = ANY (l.leads)) a
     CROSS JOIN LATERAL (SELECT (array_agg(id ORDER BY id DESC))[1] AS undo FROM merge_log WHERE loser = ANY (l.leads) AND undone_at IS NULL) m
     WHERE CASE which WHEN 'merge' THEN cardinality(l.living) > 1
                      WHEN 'drop' THEN cardinality(l.living) > 1 AND random() < 0.2
                      WHEN 'unmerge' THEN m.undo IS NOT NULL
                      ELSE true END);
    ones  bigint[] := ARRAY(SELECT one FROM unnest(turns));
    those bigint[] := ones || ARRAY(SELECT other FROM unnest(turns));
BEGIN
    CASE which
    WHEN 'in_order' THEN
        INSERT INTO activity (lead_id, kind, direction, at) SELECT pick(leads), a_kind(), a_direction(), last FROM unnest(turns);
    WHEN 'late' THEN
        INSERT INTO activity (lead_id, kind, direction, at) SELECT pick(leads), a_kind(), a_direction(), a_moment() FROM unnest(turns);
    WHEN 'bulk' THEN
        INSERT INTO activity (lead_id, kind, direction, at)
        SELECT pick(leads), a_kind(), a_direction(), a_moment()
          FROM unnest(turns) CROSS JOIN LATERAL generate_series(1, cardinality(leads) + floor(random() * 10)::int);
    WHEN 'twin' THEN
        INSERT INTO activity (lead_id, kind, direction, at)
        SELECT lead_id, kind, direction, at FROM activity CROSS JOIN generate_series(1, 2) WHERE id = ANY (ones);
    WHEN 'correct' THEN
        UPDATE activity SET kind = CASE WHEN random() < 0.3 THEN a_kind() ELSE kind END,
                            direction = CASE WHEN random() < 0.3 THEN a_direction() ELSE direction END,
                            at = CASE WHEN random() < 0.5 THEN a_moment() ELSE at END, content = 'corrected'
         WHERE id = ANY (those);
    WHEN 'give' THEN
        UPDATE activity a SET lead_id = (SELECT pick(living) FROM unnest(turns) WHERE a.id IN (one, other)) WHERE id = ANY (those);
    WHEN 'delete' THEN
        DELETE FROM activity WHERE id = ANY (those);
    WHEN 'replace' THEN
        WITH taken AS (DELETE FROM activity WHERE id = ANY (those) RETURNING lead_id, kind, direction)
        INSERT INTO activity (lead_id, kind, direction, at) SELECT lead_id, kind, direction, a_moment() FROM taken CROSS JOIN generate_series(1, 2);
    WHEN 'upsert' THEN
        INSERT INTO activity (id, lead_id, kind, direction, at)
        SELECT i.id, pick(leads), a_kind(), a_direction(), a_moment()
          FROM unnest(turns) CROSS JOIN LATERAL (VALUES (one), (nextval('activity_id_seq'))) i (id) WHERE i.id IS NOT NULL
            ON CONFLICT (id) DO UPDATE SET kind = EXCLUDED.kind, at = EXCLUDED.at;
    WHEN 'merge' THEN
        PERFORM merge_leads(living[1 + i], ARRAY[living[2 - i]])
           FROM (SELECT living, (random() < 0.5)::int AS i FROM unnest(turns) OFFSET 0) t;
    WHEN 'unmerge' THEN
        PERFORM unmerge(undo) FROM unnest(turns);
    WHEN 'fail' THEN
        BEGIN
            INSERT INTO activity (lead_id, kind, at) SELECT pick(leads), a_kind(), a_moment() FROM unnest(turns) CROSS JOIN generate_series(1, 3);
            DELETE FROM activity WHERE id = ANY (ones);
            RAISE division_by_zero;
        EXCEPTION WHEN division_by_zero THEN
            INSERT INTO activity (lead_id, kind, at) SELECT pick(leads), 'view_price', a_moment() FROM unnest(turns);
        END;
    WHEN 'drop' THEN
        DELETE FROM lead WHERE id = ANY (ARRAY(SELECT living[1] FROM unnest(turns)));
    END CASE;
    INSERT INTO done SELECT which FROM unnest(turns);
    COMMIT;
END $$;

-- Histories of 4 to 15 changes each.  Those that change in the same way in their
-- n-th change do so in one statement.
CREATE PROCEDURE run_histories(first_history int, last_history int) LANGUAGE plpgsql AS $$
DECLARE
    turns record;
BEGIN
    WITH new AS (
        INSERT INTO lead (name, first_source)
        SELECT h, 'web' FROM generate_series(first_history, last_history) h
         CROSS JOIN LATERAL generate_series(0 * h, 1 + (random() < 0.5)::int)
        RETURNING id, name
    ) INSERT INTO member SELECT id, name::int FROM new;
    COMMIT;
    FOR turns IN
        SELECT i, which, array_agg(h ORDER BY h) AS histories
          FROM (SELECT h, 4 + floor(random() * 12)::int AS length FROM generate_series(first_history, last_history) h) l
         CROSS JOIN LATERAL (SELECT i, one_of('in_order', 'in_order', 'in_order', 'late', 'late', 'bulk', 'twin', 'correct', 'give', 'delete', 'replace',
                                              'upsert', 'merge', 'unmerge', 'fail', 'drop') AS which
                               FROM generate_series(1, l.length) i) c
         GROUP BY i, which ORDER BY i, random()
    LOOP
        CALL change(turns.histories, turns.which, now() - interval '5 days' + turns.i * interval '3 hours');
    END LOOP;
    INSERT INTO fault (fault) SELECT * FROM wrong(ARRAY(SELECT id FROM member WHERE history BETWEEN first_history AND last_history));
    COMMIT;
END $$;

-- One statement of a session among others, on the last eight leads.
CREATE FUNCTION write_some() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    leads bigint[] := ARRAY(SELECT id FROM lead ORDER BY id DESC LIMIT 8);
    dice  float8 := random();
BEGIN
    IF dice < 0.7 THEN
        INSERT INTO activity (lead_id, kind, at, actor)
        SELECT pick(leads), one_of('view_price', 'view_price', 'mail_opened', 'message'),
               date_trunc('day', now()) - (1 + floor(random() * 2)) * interval '1 day' + floor(random() * 500) * interval '1 minute', pg_backend_pid()::text
          FROM generate_series(1, 1 + floor(random() * 5)::int);
    ELSIF dice < 0.85 THEN
        DELETE FROM activity WHERE id IN (SELECT id FROM activity WHERE actor = pg_backend_pid()::text ORDER BY random() LIMIT 3);
    ELSE
        UPDATE activity SET at = at - interval '1 hour'
         WHERE id IN (SELECT id FROM activity WHERE actor = pg_backend_pid()::text ORDER BY random() LIMIT 2);
    END IF;
END $$;

CREATE PROCEDURE write_many(INOUT n int) LANGUAGE plpgsql AS $$
DECLARE
    written int := 0;
BEGIN
    FOR i IN 1 .. n LOOP
        BEGIN
            PERFORM write_some();
            written := written + 1;
        EXCEPTION WHEN serialization_failure THEN
            NULL;
        END;
        COMMIT;
    END LOOP;
    n := written;
END $$;

CREATE FUNCTION many_leads(n int) RETURNS void LANGUAGE SQL AS $$
    INSERT INTO lead (name, title, company_size, first_source)
    SELECT 'many', one_of('CEO', 'Manager', NULL), floor(random() * 2000), 'web' FROM generate_series(1, n);
    INSERT INTO activity (lead_id, kind, at)
    SELECT max - floor(n * random() * random())::int, a_kind(), now() - random() * random() * interval '90 days'
      FROM (SELECT max(id) AS max FROM lead) m CROSS JOIN generate_series(1, 3 * n);
$$;

CREATE FUNCTION differences(times int) RETURNS TABLE (differ bigint) LANGUAGE plpgsql AS $$
DECLARE
    n     int;
    as_of timestamptz;
BEGIN
    -- What counts is the same at any moment.
    CREATE TEMP TABLE counted AS
    SELECT lead_id, at, class, points FROM (
        SELECT a.lead_id, a.at, k.class, k.points, k.daily_cap,
               row_number() OVER (PARTITION BY a.lead_id, a.kind, (a.at AT TIME ZONE 'Asia/Shanghai')::date ORDER BY a.at, a.id) AS nth
          FROM activity a JOIN activity_kind k ON k.kind = a.kind AND k.active AND k.points > 0 AND coalesce(k.direction, a.direction) = a.direction
        ) ranked WHERE daily_cap IS NULL OR nth <= daily_cap;
    ANALYZE counted;
    FOR i IN 1 .. times LOOP
        n := (ARRAY[1, 20, 20, 100, 1000, 10000])[1 + floor(random() * 6)::int];
        as_of := now() + random() * random() * interval '300 days';
        RETURN QUERY
        WITH behaviour AS (
            SELECT c.lead_id, least(h.most, floor(0.5 + sum(c.points * 2 ^ (extract(epoch FROM c.at - as_of)::float8 / extract(epoch FROM h.half_life)::float8)))) AS points
              FROM counted c JOIN half_life h USING (class) GROUP BY c.lead_id, h.class, h.most
        ), total AS (
            SELECT lead_id, sum(points) AS points FROM behaviour GROUP BY lead_id
        ), scored AS (
            SELECT l.id AS lead_id, l.fit + coalesce(t.points, 0) AS score
              FROM lead l LEFT JOIN total t ON t.lead_id = l.id WHERE l.merged_into IS NULL
        ), s AS (
            SELECT row_number() OVER (ORDER BY score DESC, lead_id) AS place, lead_id, score FROM scored ORDER BY 1 LIMIT n
        ), h AS (
            SELECT row_number() OVER () AS place, lead_id, score FROM hottest(n, as_of => as_of)
        )
        SELECT count(*) FROM h FULL JOIN s USING (place, lead_id, score) WHERE h.place IS NULL OR s.place IS NULL;
    END LOOP;
END $$;

CREATE PROCEDURE one_by_one(lead bigint, n int) LANGUAGE plpgsql AS $$
DECLARE
    last timestamptz := coalesce((SELECT max(at) FROM activity WHERE lead_id = lead), now() - interval '7 days');
BEGIN
    FOR i IN 1 .. n LOOP
        INSERT INTO activity (lead_id, kind, at) VALUES (lead, 'view_price', last + i * interval '1 minute');
        COMMIT;
    END LOOP;
END $$;
