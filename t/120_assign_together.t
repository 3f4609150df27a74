#
# Many connections deal leads to the same reps at once: fair, within every
# limit, nobody waits for anybody, and the ledger of loads is exact afterwards.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;

use constant {
	CONNECTIONS => 32,
	DEALS => $ENV{LEADCRM_DEALS} || 150,             # of each connection and strategy, one row a transaction
	BACK => 50,                                      # of each connection, when somebody is back
	WEIGHED => $ENV{LEADCRM_WEIGHED} || 30_000,
	BULK => 10_000,
	ATTEMPTS => $ENV{LEADCRM_ATTEMPTS} || 100_000,
	AT_ONCE => 10,                                   # of the attempts, on average, by one statement
};

# It is noon in the workspace: no day ends during the test.
my $zone = 12 - (gmtime)[2];
$zone = sprintf 'Etc/GMT%+d', -$zone;

my $db = LeadCRM->database;
$db->query("SELECT leadcrm.create_workspace('crm', locale => 'en', time_zone => '$zone')");
$db->query(<<'SQL');
DELETE FROM crm.assignment_rule;
DELETE FROM crm.territory;
-- What everybody has, counted quickly: plain index scans pass by dead entries.
ALTER DATABASE t_120_assign_together SET enable_bitmapscan = off;
ALTER DATABASE t_120_assign_together SET jit = off;
CREATE INDEX ON crm.lead ((CASE WHEN merged_into IS NULL AND loss_reason IS NULL THEN owner END));
CREATE VIEW crm.dealt AS
SELECT r.code, r.weight, r.capacity,
       (SELECT count(*) FROM crm.lead l WHERE CASE WHEN merged_into IS NULL AND loss_reason IS NULL THEN owner END = r.code) AS open
  FROM crm.rep r;
CREATE TABLE crm.sample (id bigint GENERATED ALWAYS AS IDENTITY, spread bigint, open_rows bigint, over bigint);
CREATE TABLE crm.stop ();

-- One snapshot: how far the reps are apart in it, and how many transactions it
-- sees open; none has more than one row here.  Rows that were open when others
-- were dealt may be closed when that is seen, so the last samples count, too.
CREATE PROCEDURE crm.watch() LANGUAGE plpgsql AS $$
BEGIN
	WHILE NOT EXISTS (SELECT FROM crm.stop)
	LOOP
		INSERT INTO crm.sample (spread, open_rows, over)
		SELECT max(open) - min(open), (SELECT count(*) FROM pg_snapshot_xip(pg_current_snapshot())),
		       count(*) FILTER (WHERE open > capacity) FROM crm.dealt;
		COMMIT;
		PERFORM pg_sleep(0.04);
	END LOOP;
END
$$;
SQL

my $single = "INSERT INTO crm.lead (first_source) VALUES ('web');\n";

for my $strategy (qw(round_robin least_loaded))
{
	start($strategy, map { "('rep$_', 1000000, NULL, 1)" } 1 .. 10);
	watched(<<'PGBENCH', '-t' => DEALS);
\set back random(1, 10)
\set pause random(10, 40)
BEGIN;
INSERT INTO crm.lead (first_source) VALUES ('web');
\sleep :pause ms
\if :back = 1
ROLLBACK;
\else
COMMIT;
\endif
PGBENCH
	# From the first to the last sample that found many connections in a
	# transaction; what comes later is at rest.  Rows that were open when others
	# were dealt may be closed when those are seen: the last second counts.
	my ($samples, $most, $unfair) = split /\|/, $db->query(<<'SQL');
SELECT count(*), max(spread),
       string_agg(format('%s > %s', spread, open_when_dealt), ', ') FILTER (WHERE spread > greatest(open_when_dealt, 1))
  FROM (SELECT id, spread, max(open_rows) OVER (ORDER BY id ROWS 25 PRECEDING) AS open_when_dealt,
               min(id) FILTER (WHERE busy) OVER () AS from_id, max(id) FILTER (WHERE busy) OVER () AS to_id
          FROM (SELECT *, 2 * open_rows > max(open_rows) OVER () AS busy FROM crm.sample) AS s) AS s
 WHERE id BETWEEN from_id AND to_id
SQL
	my ($leads, $spread) = split /\|/, $db->query('SELECT sum(open), max(open) - min(open) FROM crm.dealt');
	diag("$strategy: $leads leads, $samples samples, spread at most $most while running, $spread at rest");
	cmp_ok($samples, '>=', 20, "$strategy: enough samples while rows are open");
	is($unfair, '', "$strategy: no two reps are ever further apart than there are rows of open transactions");
	cmp_ok($spread, '<=', 1 + CONNECTIONS, "$strategy: nor than there are connections at rest");
	cmp_ok(abs($leads / (DEALS * CONNECTIONS) - 0.9), '<', 0.02, "$strategy: one in ten was rolled back");
	exact($strategy);
}

# Who was away for a while is neither buried nor forgotten when he is back.
start('round_robin', map { "('rep$_', 1000000, NULL, 1)" } 1 .. 4);
$db->query(<<'SQL');
INSERT INTO crm.rep_absence (rep, from_at, until_at) VALUES ('rep1', '-infinity', 'infinity');
INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 3000);
DELETE FROM crm.rep_absence;
SQL
$db->pgbench($single, '-c' => CONNECTIONS, '-t' => BACK);
my $back = $db->query("SELECT open FROM crm.dealt WHERE code = 'rep1'");
diag("who was away for 3000 leads gets $back of @{[BACK * CONNECTIONS]}, of four reps");
cmp_ok(abs($back - BACK * CONNECTIONS / 4), '<=', 1 + CONNECTIONS, 'who is back gets his part, and little more');

start('round_robin', "('rep1', 1000000, NULL, 1), ('rep2', 1000000, NULL, 2), ('rep3', 1000000, NULL, 3)");
$db->pgbench($single, '-c' => CONNECTIONS, '-t' => int(WEIGHED / CONNECTIONS) + 1);
my @share = split /\n/, $db->query('SELECT open * 6.0 / weight / sum(open) OVER () FROM crm.dealt ORDER BY code');
diag(sprintf 'weights 1:2:3: shares %.4f, %.4f, %.4f of what is due', @share);
cmp_ok(abs($_ - 1), '<', 0.01, 'a share is within 1 % of its weight') for @share;
exact('weights');

start('round_robin', "('rep1', 1000000, NULL, 1), ('rep2', 1000000, NULL, 5), ('rep3', 1000000, NULL, 40)");
$db->query("INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 460)");
is($db->query('SELECT open FROM crm.dealt ORDER BY code'), "10\n50\n400", 'weights that are far apart are kept, too');

for my $strategy (qw(round_robin least_loaded))
{
	my $lines = join '', map { "web\n" } 1 .. BULK;
	my %way = (
		INSERT => "INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, @{[BULK]})",
		COPY => "COPY crm.lead (first_source) FROM STDIN;\n$lines\\.\n");

	for my $way (sort keys %way)
	{
		start($strategy, map { "('rep$_', 1000000, NULL, 1)" } 1 .. 7);
		$db->query($way{$way});
		is($db->query('SELECT sum(open), max(open) - min(open) <= 1 FROM crm.dealt'), BULK . '|t', "$strategy, one $way: no two reps are more than one lead apart");
		exact("$strategy, $way");
	}
}

limits();
nobody_waits();
done_testing;

# start(STRATEGY, REP...): no leads; these reps (code, capacity, daily limit,
# weight), under one rule.
sub start
{
	my ($strategy, @reps) = @_;

	$db->query("DELETE FROM crm.lead; DELETE FROM crm.rep_absence; DELETE FROM crm.assignment_rule; DELETE FROM crm.rep;"
		  . 'TRUNCATE crm.assignment_log, crm.task, crm.event, crm.rep_load, crm.sample, crm.stop;'
		  . 'INSERT INTO crm.rep (code, capacity, daily_limit, weight) VALUES ' . join(', ', @reps)
		  . "; INSERT INTO crm.assignment_rule (code, position, strategy) VALUES ('all', 1, '$strategy')");
	return;
}

# watched(SCRIPT, OPTION...): pgbench, and crm.watch() beside it.
sub watched
{
	my ($script, @options) = @_;
	my $watch = $db->session;

	$watch->send('CALL crm.watch()');
	my $done = eval { $db->pgbench($script, '-c' => CONNECTIONS, '-j' => 2, @options); 1 };
	my $error = $@;
	$db->query('INSERT INTO crm.stop DEFAULT VALUES');
	$watch->wait;
	die $error || $watch->error if !$done || $watch->error;
	return;
}

# exact(WHAT): what must hold whenever nothing is running.
sub exact
{
	my ($what) = @_;

	is($db->query(<<'SQL'), '0', "$what: every lead has an owner or a pool, not both");
SELECT count(*) FROM crm.lead WHERE merged_into IS NULL AND loss_reason IS NULL AND (owner IS NULL) = (pool IS NULL)
SQL
	is($db->query(<<'SQL'), '', "$what: the ledger says what everybody has");
SELECT d.code, d.open, l.open FROM crm.dealt d LEFT JOIN leadcrm.rep_loads('crm.lead') l ON l.rep = d.code
 WHERE d.open <> coalesce(l.open, 0)
SQL
	is($db->query("SELECT * FROM leadcrm.rebuild_loads('crm.lead') WHERE open_before <> open_after"), '', "$what: nothing is to be mended");
	return;
}

# limits(): leads come, close and change hands while reps go and come back;
# one transaction in four looks whether somebody has more than he may.
sub limits
{
	start('least_loaded', map { sprintf "('rep%d', %d, %s, %d)", $_, 10 + 5 * $_, $_ % 3 ? 'NULL' : 100 * $_, 1 + $_ % 3 } 1 .. 12);
	$db->query(<<'SQL');
INSERT INTO crm.assignment_rule (code, position, condition, strategy, rep) VALUES ('one', 0, 'first_source = ''direct''', 'direct', 'rep1');
INSERT INTO crm.assignment_rule (code, position, condition, strategy) VALUES ('turns', 0, 'first_source = ''turns''', 'round_robin');
CREATE TABLE crm.refusal ();
-- So that the planner knows that few are open.
INSERT INTO crm.lead (first_source, loss_reason) SELECT 'web', 'price' FROM generate_series(1, 5000);
INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 100);
ANALYZE crm.lead;
CREATE FUNCTION crm.attempt(leads bigint, what bigint) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	him CONSTANT text := 'rep' || 1 + floor(random() * 12);
	over text;
BEGIN
	INSERT INTO crm.lead (first_source) SELECT (ARRAY['web', 'turns', 'direct'])[1 + floor(random() * 3)] FROM generate_series(1, leads);
	CASE
	WHEN what <= 50 THEN
		UPDATE crm.lead SET loss_reason = 'price' WHERE id = ANY (ARRAY(
			SELECT id FROM crm.lead WHERE CASE WHEN merged_into IS NULL AND loss_reason IS NULL THEN owner END = him
			 LIMIT what / 3 FOR UPDATE SKIP LOCKED));
	WHEN what <= 60 THEN
		UPDATE crm.lead SET owner = NULL WHERE id = ANY (ARRAY(
			SELECT id FROM crm.lead WHERE CASE WHEN merged_into IS NULL AND loss_reason IS NULL THEN owner END = him
			 LIMIT 3 FOR UPDATE SKIP LOCKED));
	WHEN what <= 70 THEN
		BEGIN
			UPDATE crm.lead SET owner = him WHERE id = ANY (ARRAY(SELECT id FROM crm.lead WHERE pool IS NOT NULL LIMIT 2 FOR UPDATE SKIP LOCKED));
		EXCEPTION WHEN program_limit_exceeded THEN
			INSERT INTO crm.refusal DEFAULT VALUES;
		END;
	WHEN what <= 80 THEN
		BEGIN
			UPDATE crm.lead SET stage = 'new' WHERE id = ANY (ARRAY(
				SELECT id FROM crm.lead WHERE loss_reason IS NOT NULL LIMIT 2 FOR UPDATE SKIP LOCKED));
		EXCEPTION WHEN program_limit_exceeded THEN
			INSERT INTO crm.refusal DEFAULT VALUES;
		END;
	WHEN what <= 82 THEN
		DELETE FROM crm.rep_absence WHERE id = ANY (ARRAY(SELECT id FROM crm.rep_absence LIMIT 2 FOR UPDATE SKIP LOCKED));
	WHEN what <= 83 THEN
		INSERT INTO crm.rep_absence (rep, from_at, until_at) VALUES (him, '-infinity', 'infinity');
	ELSE
		NULL;
	END CASE;
	IF what % 4 = 0 THEN
		SELECT d.code INTO over FROM crm.dealt d WHERE d.open > d.capacity LIMIT 1;
	END IF;
	IF over IS NOT NULL THEN
		RAISE EXCEPTION '% has more than he may have', over;
	END IF;
END
$$;
SQL
	my $began = time;
	my $before = $db->query('SELECT max(id) FROM crm.lead');
	watched(<<'PGBENCH', '-t' => int(1.02 * ATTEMPTS / AT_ONCE / CONNECTIONS) + 1);
\set back random(1, 10)
\set what random(1, 100)
\set leads random(1, 2 * 10 - 1)
BEGIN;
SELECT crm.attempt(:leads, :what);
\if :back = 1
ROLLBACK;
\else
COMMIT;
\endif
PGBENCH
	my ($came, $pooled, $closed, $refused, $dealt, $absences) = split /\|/, $db->query(<<'SQL');
SELECT count(*), count(pool), count(loss_reason), (SELECT count(*) FROM crm.refusal),
       (SELECT count(*) FROM crm.assignment_log WHERE owner IS NOT NULL), (SELECT last_value FROM crm.rep_absence_id_seq)
  FROM crm.lead
SQL
	diag(sprintf '%d leads, %d in pools, %d closed, %d dealt, %d refusals, %d absences, %d s',
		$came, $pooled, $closed, $dealt, $refused, $absences, time - $began);
	cmp_ok($db->query('SELECT last_value FROM crm.lead_id_seq') - $before, '>=', ATTEMPTS, 'as many attempts as promised');
	cmp_ok($absences, '>=', 20, 'reps were away and came back');
	is($db->query('SELECT max(over) FROM crm.sample'), '0', 'nobody was ever seen with more than he may have');
	is($db->query(<<'SQL'), '', 'nobody got more in a day than he may');
SELECT r.code, r.daily_limit, count(*) FROM crm.rep r JOIN crm.assignment_log a ON a.owner = r.code AND a.reason IN ('rule', 'fallback', 'sticky')
 GROUP BY r.code HAVING count(*) > r.daily_limit
SQL
	cmp_ok($db->query("SELECT count(*) FROM crm.rep r WHERE r.daily_limit ="
		  . " (SELECT count(*) FROM crm.assignment_log a WHERE a.owner = r.code AND a.reason IN ('rule', 'fallback', 'sticky'))"),
		'>=', 1, 'somebody reached his limit of the day');
	cmp_ok($pooled, '>', 0.1 * $came, 'often everybody was full');
	exact('limits');
	return;
}

# nobody_waits(): a rep's row locked, transactions that have assigned to him and
# stay idle; all intake goes on, and goes to him.
sub nobody_waits
{
	my @idle = map { $db->session } 1 .. 4;
	my @doing = (
		"SELECT FROM crm.rep WHERE code = 'solo' FOR UPDATE",
		"INSERT INTO crm.lead (first_source) VALUES ('web')",
		"INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 5000)",
		"UPDATE crm.lead SET loss_reason = 'price' WHERE id IN (SELECT id FROM crm.lead ORDER BY id LIMIT 10)");
	my %intake = (
		'a row' => "INSERT INTO crm.lead (first_source) VALUES ('web')",
		'many rows' => "INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 500)",
		'COPY' => "COPY crm.lead (first_source) FROM STDIN;\n" . "web\n" x 500 . "\\.\n",
		'lead_in' => "INSERT INTO crm.lead_in (first_source, name) VALUES ('web', 'Ann')",
		'capture' => "SELECT * FROM crm.capture('web', '{\"phone\": \"13800138000\"}')",
		'an owner taken away' => "UPDATE crm.lead SET owner = NULL WHERE id = (SELECT max(id) FROM crm.lead)",
		'a lead closed' => "UPDATE crm.lead SET loss_reason = 'price' WHERE id = (SELECT max(id) FROM crm.lead)");

	for my $strategy (qw(direct round_robin least_loaded))
	{
		start($strategy, "('solo', 1000000, NULL, 1)");
		$db->query("INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 20)");
		for my $i (0 .. $#doing)
		{
			$idle[$i]->run("BEGIN; $doing[$i]");
			is($idle[$i]->error, '', "$strategy: someone is busy with the rep");
		}
		for my $what (sort keys %intake)
		{
			my ($out, $error) = $db->try("SET statement_timeout = '1s'; SET client_min_messages = warning; $intake{$what}");
			is($error, '', "$strategy: $what does not wait");
		}
		is($db->query('SELECT count(*) FROM crm.lead WHERE owner IS DISTINCT FROM $$solo$$'), '0', "$strategy: all of it goes to him");
		$_->run('COMMIT') for @idle[0, 1];
		$_->run('ROLLBACK') for @idle[2, 3];
		exact("$strategy, after the wait");
	}
	$_->close for @idle;
	return;
}
