#
# Many connections change leads that count for the same: nobody waits, and the
# cube of numbers is what the leads say, in every snapshot.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;

use constant {
	CLIENTS => 8,
	SECONDS => $ENV{LEADCRM_SECONDS} || 3,
	STATEMENTS => 1000,                              # of one transaction
	LONGER => 6,                                     # pages that may take
};

my $db = LeadCRM->database;
$db->query(<<'SQL');
SELECT leadcrm.create_workspace('crm', locale => 'en');
DELETE FROM crm.assignment_rule;
INSERT INTO crm.rep (code, capacity) SELECT 'rep' || n, 1000000 FROM generate_series(1, 3) n;
INSERT INTO crm.assignment_rule (code, position, strategy) VALUES ('all', 1, 'round_robin');
INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 200);
CREATE FUNCTION crm.some(n integer) RETURNS bigint[] LANGUAGE SQL AS $$
	SELECT ARRAY(SELECT id FROM crm.lead WHERE merged_into IS NULL ORDER BY random() LIMIT n FOR NO KEY UPDATE SKIP LOCKED)
$$;
CREATE FUNCTION crm.act(what integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	them CONSTANT bigint[] := crm.some(1 + what % 4);
BEGIN
	CASE
	WHEN what <= 35 THEN
		INSERT INTO crm.lead (first_source, region, expected_amount) VALUES ('web', (ARRAY['11', '31'])[1 + what % 2], 10.5);
	WHEN what <= 45 THEN
		INSERT INTO crm.lead (first_source, region) SELECT 'web', (ARRAY['11', '31', '44'])[1 + n % 3] FROM generate_series(1, 20) n;
	WHEN what <= 70 THEN
		UPDATE crm.lead SET region = (ARRAY['11', '31', '44'])[1 + what % 3], expected_amount = what WHERE id = ANY (them);
	WHEN what <= 75 THEN
		UPDATE crm.lead SET stage = 'contacted' WHERE id = ANY (them) AND stage = 'new';
	WHEN what <= 80 THEN
		INSERT INTO crm.activity (lead_id, kind, at) SELECT id, 'ask_price', now() FROM unnest(them) id;
	WHEN what <= 90 THEN
		DELETE FROM crm.lead WHERE id = ANY (them);
	WHEN what <= 95 THEN
		PERFORM crm.merge_leads(them[1], them[2:]) WHERE cardinality(them) > 1;
	ELSE
		BEGIN
			UPDATE crm.lead SET region = '50' WHERE id = ANY (them);
			RAISE division_by_zero;
		EXCEPTION WHEN division_by_zero THEN
			UPDATE crm.lead SET region = '51' WHERE id = ANY (them);
		END;
	END CASE;
END
$$;
SQL

my $watch = $db->session;
$watch->run('CREATE TABLE crm.stop (); CREATE TABLE crm.sample (drift bigint, others bigint)');
$watch->send(<<'SQL');
DO $$
BEGIN
	WHILE NOT EXISTS (SELECT FROM crm.stop) LOOP
		INSERT INTO crm.sample SELECT d.sums, (SELECT count(*) - count(DISTINCT key) FROM crm.lead_cube) FROM leadcrm._cube_drift('crm.lead') d;
		COMMIT;
		PERFORM pg_sleep(0.1);
	END LOOP;
END
$$
SQL
my $report = $db->pgbench(<<'PGBENCH', '-c' => CLIENTS, '-j' => 2, '-T' => SECONDS, '--max-tries=10');
\set a random(1, 100)
\set b random(1, 100)
\set pause random(0, 3)
\set back random(1, 8)
BEGIN;
SELECT crm.act(:a);
\sleep :pause ms
SELECT crm.act(:b);
\if :back = 1
ROLLBACK;
\else
COMMIT;
\endif
PGBENCH
$db->query('INSERT INTO crm.stop DEFAULT VALUES');
$watch->wait;
is($watch->error, '', 'somebody watches');
my ($done) = $report =~ /actually processed: (\d+)/;
my ($failed) = $report =~ /failed transactions: (\d+)/;
my ($samples, $others) = split /\|/, $db->query('SELECT count(*), max(others) FROM crm.sample');
diag("$done transactions, $samples snapshots, at most $others rows beside others");
is($failed, 0, 'none of them fails');
cmp_ok($samples, '>=', 5, 'enough snapshots');
cmp_ok($others, '>', 0, 'several wrote the same sum at once');
is($db->query('SELECT count(*) FROM crm.sample WHERE drift > 0'), '0', 'in every snapshot the cube is what the leads say');
exact('at rest');

# Who comes by makes one of them.
$db->query('UPDATE crm.lead SET campaign = 1 WHERE merged_into IS NULL; UPDATE crm.lead SET campaign = NULL WHERE merged_into IS NULL');
is($db->query('SELECT count(*) - count(DISTINCT key) FROM crm.lead_cube'), '0', 'no row is left beside another');
exact('made one');

# A transaction that has written sums stays idle; all others go on.
{
	my @idle = map { $db->session } 1 .. 3;
	my $one = "INSERT INTO crm.lead (first_source, owner) VALUES ('web', 'rep1')";

	$idle[0]->run("BEGIN; $one");
	$idle[1]->run("BEGIN ISOLATION LEVEL REPEATABLE READ; $one");
	$idle[2]->run("BEGIN ISOLATION LEVEL SERIALIZABLE; $one; $one");
	for my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE')
	{
		my ($out, $error) = $db->try("SET statement_timeout = '1s'; BEGIN ISOLATION LEVEL $level; $one; $one; COMMIT");

		is($error, '', "at $level nobody waits");
	}
	exact('others are idle');
	$idle[0]->run('COMMIT');
	$idle[1]->run("$one; UPDATE crm.lead SET region = '11' WHERE id = (SELECT max(id) FROM crm.lead); COMMIT");
	$idle[2]->run('ROLLBACK');
	is(join('', map { $_->error } @idle), '', 'nor fails');
	$_->close for @idle;
	exact('after the wait');
}

# Many statements in one transaction do not walk again and again through what
# it has left behind.
{
	my $long = $db->session;

	$db->query(<<'SQL');
-- Pages of the cube that one statement reads.
CREATE FUNCTION crm.pages() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	before CONSTANT bigint := pg_stat_get_xact_blocks_fetched('crm.lead_cube_open'::regclass);
BEGIN
	UPDATE crm.lead SET region = CASE region WHEN '11' THEN '31' ELSE '11' END, expected_amount = before WHERE id = 7000001;
	RETURN pg_stat_get_xact_blocks_fetched('crm.lead_cube_open'::regclass) - before;
END
$$;
CREATE PROCEDURE crm.many(statements integer) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. statements LOOP
		UPDATE crm.lead SET region = CASE region WHEN '11' THEN '31' ELSE '11' END WHERE id = 7000001;
		UPDATE crm.lead SET expected_amount = i WHERE id = 7000002;
	END LOOP;
END
$$;
INSERT INTO crm.lead (id, first_source, campaign) VALUES (7000001, 'web', 'long'), (7000002, 'web', 'long');
SQL
	$long->run('BEGIN; CALL crm.many(5)');
	my $first = $long->run('SELECT min(crm.pages()) FROM generate_series(1, 6)');
	$long->run("CALL crm.many(@{[STATEMENTS / 2]}); SAVEPOINT s; CALL crm.many(@{[STATEMENTS / 2]})");
	my $last = $long->run('SELECT min(crm.pages()) FROM generate_series(1, 6)');
	diag("an update reads $first pages at first, $last after @{[2 * STATEMENTS]} in its transaction");
	cmp_ok($last, '<=', $first + LONGER, 'what a transaction has left behind is passed by');
	$long->run('ROLLBACK TO s; CALL crm.many(50)');
	is($long->run("SELECT sums FROM leadcrm._cube_drift('crm.lead')"), '0', 'it counts right when half of it is taken back');
	$long->run('COMMIT');
	is($long->error, '', 'it ends well');
	$long->close;
	exact('after a long transaction');
}

done_testing;

# exact(WHAT): table and view say what the leads say.
sub exact
{
	my ($what) = @_;

	is($db->query(<<'SQL'), '0|0', "$what: the cube is exact");
SELECT (SELECT sums FROM leadcrm._cube_drift('crm.lead')),
       (SELECT count(*) FROM (SELECT owner, region, stage, stages, intent, score, leads, expected_amount, scored FROM (
          SELECT owner, region, stage, stages, intent, sum(score) AS score, sum(leads) AS leads, sum(expected_amount) AS expected_amount, sum(scored) AS scored
            FROM crm._cube GROUP BY 1, 2, 3, 4, 5) c
        EXCEPT
        SELECT owner, region, stage, stages, intent, sum(score), sum(leads), sum(expected_amount), sum(scored) FROM crm._cube_recount GROUP BY 1, 2, 3, 4, 5) d)
SQL
	return;
}
