#
# The ledger of loads: a limit holds whatever others have in flight, and
# whatever becomes of it; nobody waits; the ledger is exact in every snapshot,
# stays short, and costs a long transaction no more at its end than at its
# beginning.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;

use constant {
	CONNECTIONS => 24,
	SECONDS => $ENV{LEADCRM_SECONDS} || 15,
	CAPACITY => 6,
	DAILY => 400,
	STATEMENTS => 3000,    # of a long transaction
	LONGER => 40,          # pages that its last ones may touch beyond the first
};

# It is noon in the workspace: no day ends during the test.
my $zone = sprintf 'Etc/GMT%+d', (gmtime)[2] - 12;

my $db = LeadCRM->database;
$db->query("SELECT leadcrm.create_workspace('crm', locale => 'en', time_zone => '$zone')");
$db->query(<<'SQL');
DELETE FROM crm.assignment_rule;
CREATE TABLE crm.today AS SELECT (now() AT TIME ZONE time_zone)::date AS day FROM crm.workspace;

-- Does a rep have room for a lead, as somebody finds who gives him one?
CREATE FUNCTION crm.take(rep text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO crm.lead (first_source, owner) VALUES ('web', rep);
	RETURN true;
EXCEPTION WHEN program_limit_exceeded THEN
	RETURN false;
END
$$;
CREATE FUNCTION crm.release(rep text, leads bigint) RETURNS bigint LANGUAGE sql AS $$
	WITH closed AS (
		UPDATE crm.lead SET loss_reason = 'price' WHERE id = ANY (ARRAY(
			SELECT id FROM crm.lead WHERE owner = rep AND loss_reason IS NULL ORDER BY id LIMIT leads FOR UPDATE SKIP LOCKED))
		RETURNING id)
	SELECT count(*) FROM closed
$$;
SQL

in_flight();
kept();
days();
long_transaction();
together();
done_testing;

# start(REP...): no leads; these reps (code, capacity, daily limit).
sub start
{
	my (@reps) = @_;

	$db->query('DELETE FROM crm.lead; DELETE FROM crm.assignment_rule; DELETE FROM crm.rep;'
		  . 'TRUNCATE crm.assignment_log, crm.task, crm.event, crm.rep_load;'
		  . 'INSERT INTO crm.rep (code, capacity, daily_limit) VALUES ' . join(', ', @reps));
	return;
}

# exact(WHAT): the ledger says what there is.
sub exact
{
	my ($what) = @_;

	return is($db->query("SELECT * FROM leadcrm._load_drift('crm.lead')"), '', "$what: the ledger is exact");
}

# room(WHAT, EXPECTED): whether there is room for one more; it is not kept.
sub room
{
	my ($what, $expected) = @_;

	return is($db->query("SET lock_timeout = '1s'; BEGIN; SELECT crm.take('ann'); ROLLBACK"), $expected ? 't' : 'f', $what);
}

# kept(): sessions that have seen the whole ledger before choose by what is there
# now.
sub kept
{
	my ($one, $two) = map { $db->session } 1 .. 2;
	my $deal = "INSERT INTO crm.lead (first_source) VALUES ('web') RETURNING owner";
	my $gets = sub {
		my ($session, $owner, $what) = @_;
		return is($session->run($deal), $owner, $what);
	};

	start(map { "('$_', 1000, NULL)" } qw(ann bob cid dan eve));
	$db->query("INSERT INTO crm.assignment_rule (code, position, strategy) VALUES ('all', 1, 'least_loaded')");
	$gets->($one, 'ann', 'nobody has anything');
	$gets->($two, 'bob', 'another session has dealt');
	$gets->($one, 'cid', '... and this one');
	$one->run('BEGIN');
	$gets->($one, 'dan', 'in a transaction');
	$gets->($two, 'eve', 'another deals, and may not mean it');
	$one->run('ROLLBACK');
	$gets->($two, 'dan', '... and did not');
	$two->run('BEGIN; SAVEPOINT s');
	$gets->($two, 'ann', 'after a savepoint');
	$two->run('ROLLBACK TO s');
	$gets->($two, 'ann', '... that is rolled back');
	$two->run('COMMIT');
	$db->query('VACUUM FULL crm.rep_load');
	$gets->($two, 'bob', 'the table was written anew');
	$db->query("DELETE FROM crm.lead WHERE owner = 'eve'");
	$gets->($two, 'eve', 'somebody has less than before');
	$db->query('TRUNCATE crm.rep_load');
	$gets->($two, 'ann', 'the ledger is empty');
	return;
}

# in_flight(): somebody has the last place, or gives it up, or folds, and may or
# may not mean it.
sub in_flight
{
	my ($one, $two) = map { $db->session } 1 .. 2;
	my $hold = 'BEGIN; SELECT id FROM crm.rep_load FOR UPDATE';

	for my $end (qw(COMMIT ROLLBACK))
	{
		start("('ann', 3, NULL)");
		$db->query("SELECT crm.take('ann') FROM generate_series(1, 2)");
		$one->run("BEGIN; SELECT crm.take('ann')");
		room('the last place is taken, perhaps', 0);
		$one->run($end);
		room("... then $end", $end ne 'COMMIT');

		start("('ann', 3, NULL)");
		$db->query("SELECT crm.take('ann') FROM generate_series(1, 3)");
		$one->run("BEGIN; SELECT crm.release('ann', 1)");
		room('a place is given up, perhaps', 0);
		$one->run($end);
		room("... then $end", $end eq 'COMMIT');

		# Where every row is locked, it is written into a new one.
		start("('ann', 3, NULL)");
		$db->query("SELECT crm.take('ann') FROM generate_series(1, 3)");
		$two->run($hold);
		$one->run("BEGIN; SELECT crm.release('ann', 2)");
		room('places are given up in a new row, perhaps', 0);
		$one->run("SELECT crm.take('ann')");
		is($one->run("SELECT sum(open) FROM crm.rep_load"), '2', 'who gives them up may use them himself');
		room('... but only he', 0);
		$one->run($end);
		$two->run('ROLLBACK');
		room("... then $end", $end eq 'COMMIT');
		exact("a new row, then $end");

		start("('ann', 3, NULL)");
		$db->query("SELECT crm.take('ann') FROM generate_series(1, 2)");
		$one->run("BEGIN; SELECT crm.take('ann'); SAVEPOINT s; SELECT crm.release('ann', 3)");
		room('a place is taken and given up again, perhaps', 0);
		$one->run("ROLLBACK TO s; $end");
		room("... it was not given up, then $end", $end ne 'COMMIT');
		exact("a savepoint, then $end");

		# One that folds: his sum and its parts never count both, nor neither.
		start("('ann', 9, NULL)");
		for (1 .. 7)
		{
			$two->run($hold);
			$db->query("SELECT crm.take('ann')");
			$two->run('ROLLBACK');
		}
		is($db->query('SELECT count(*) FROM crm.rep_load'), '7', 'the ledger has grown');
		$one->run("BEGIN; SELECT leadcrm._fold_loads('crm.lead')");
		is($one->run('SELECT count(*), sum(open) FROM crm.rep_load'), '1|7', 'its rows are folded');
		room('... perhaps', 1);
		$two->run("BEGIN; SELECT crm.take('ann') FROM generate_series(1, 2)");
		room('... and now he is full', 0);
		is($one->run("SELECT crm.take('ann')"), 'f', '... for who folds, too');
		is($one->run("SELECT crm.release('ann', 2)"), '2', 'who folds, gives up places');
		room('... perhaps', 0);
		$one->run($end);
		room("... then $end", $end eq 'COMMIT');
		$two->run('COMMIT');
		room('... and the other, too', $end eq 'COMMIT');
		exact("folded, then $end");
	}

	# The transaction's own snapshot is no excuse.
	for my $level ('REPEATABLE READ', 'SERIALIZABLE')
	{
		start("('ann', 3, NULL)");
		$one->run("BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM crm.lead");
		$db->query("SELECT crm.take('ann') FROM generate_series(1, 3)");
		is($one->run("SELECT crm.take('ann')"), 'f', "$level: a place taken meanwhile is taken");
		$one->run('ROLLBACK');
		$one->run("BEGIN ISOLATION LEVEL $level; SELECT count(*) FROM crm.lead");
		$db->query("SELECT crm.release('ann', 1)");
		is($one->run("SELECT crm.take('ann')"), 't', '... and a place that is free is free');
		$one->run('COMMIT');
		is($one->error, '', '... and goes to whoever asks first');
		$db->query("SELECT crm.release('ann', 2)");
		$_->run("BEGIN ISOLATION LEVEL $level; SELECT crm.take('ann')") for $one, $two;
		$_->run('COMMIT') for $one, $two;
		is($one->error . $two->error, '', '... and two who give to the same rep do not disturb each other');
		exact($level);
	}
	$_->close for $one, $two;
	return;
}

# days(): what was dealt yesterday is kept for whoever counts by that day.
sub days
{
	my $dealt = "SELECT day - (SELECT day FROM crm.today), sum(dealt) FROM crm.rep_load GROUP BY day ORDER BY day";

	start("('ann', 1000, 3)");
	$db->query("INSERT INTO crm.assignment_rule (code, position, strategy) VALUES ('all', 1, 'direct')");
	$db->query("INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 5)");
	is($db->query($dealt), '0|3', 'three a day are dealt and no more');
	$db->query('UPDATE crm.rep_load SET day = day - 1');
	$db->query("INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 5)");
	is($db->query($dealt), "-1|3\n0|3", 'on another day others are, and those of yesterday are not forgotten');
	$db->query("SELECT crm.release('ann', 1), leadcrm._fold_loads('crm.lead')");
	is($db->query($dealt), "-1|3\n0|3", '... by what has nothing to do with it, either');
	$db->query('UPDATE crm.rep_load SET day = day - 1');
	$db->query("INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 5)");
	is($db->query($dealt), "-1|3\n0|3", 'the day before yesterday nobody counts any more');
	is($db->query("SELECT open, dealt_today FROM leadcrm.rep_loads('crm.lead')"), '8|3', 'and the loads say so');
	exact('days');
	return;
}

# long_transaction(): many statements, some taken back, in one transaction.
sub long_transaction
{
	my $long = $db->session;

	start("('ann', 1000000, NULL)");
	$db->query(<<'SQL');
CREATE FUNCTION crm.pages() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	plan json;
BEGIN
	EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, FORMAT json) INSERT INTO crm.lead (first_source, owner) VALUES (''web'', ''ann'')' INTO plan;
	RETURN (plan #>> '{0,Plan,Shared Hit Blocks}')::bigint;
END
$$;
CREATE PROCEDURE crm.many(statements integer) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. statements LOOP
		INSERT INTO crm.lead (first_source, owner) VALUES ('web', 'ann');
	END LOOP;
END
$$;
SQL
	$long->run("BEGIN; CALL crm.many(5)");
	my $first = $long->run('SELECT min(crm.pages()) FROM generate_series(1, 9)');
	$long->run("CALL crm.many(@{[STATEMENTS / 2]}); SAVEPOINT s; CALL crm.many(@{[STATEMENTS / 2]})");
	my $last = $long->run('SELECT min(crm.pages()) FROM generate_series(1, 9)');
	diag("a lead touches $first pages at first, $last after @{[STATEMENTS]} in its transaction");
	cmp_ok($last, '<=', $first + LONGER, 'a transaction walks not again and again through what it has left behind');

	is($long->run("SELECT open FROM leadcrm.rep_loads('crm.lead')"), STATEMENTS + 23, 'it counts right');
	$long->run('ROLLBACK TO s; CALL crm.many(300)');
	is($long->run("SELECT open FROM leadcrm.rep_loads('crm.lead')"), STATEMENTS / 2 + 314, '... and when it takes half of it back');
	$long->run("UPDATE crm.rep SET capacity = @{[STATEMENTS / 2 + 315]}");
	is($long->run("SELECT crm.take('ann')") . $long->run("SELECT crm.take('ann')"), 'tf', '... and holds the limit');
	$long->run('COMMIT');
	is($long->error, '', 'it ends well');
	exact('a long transaction');
	$long->close;
	return;
}

# together(): everybody at once, some idle with what they hold; each snapshot is
# looked at.
sub together
{
	my $capacity = CAPACITY;
	my $daily = DAILY;

	start((map { "('rep$_', $capacity, NULL)" } 1 .. 3), (map { "('day$_', 1000000, $daily)" } 1 .. 2));
	$db->query(<<'SQL');
INSERT INTO crm.assignment_rule (code, position, strategy, condition) VALUES
    ('turns', 1, 'round_robin', 'first_source = ''turns'''), ('loads', 2, 'least_loaded', 'first_source <> ''turns''');
CREATE TABLE crm.stop ();
CREATE TABLE crm.sample (over text, drift text, ledger bigint);
CREATE PROCEDURE crm.watch() LANGUAGE plpgsql AS $$
BEGIN
	WHILE NOT EXISTS (SELECT FROM crm.stop) LOOP
		INSERT INTO crm.sample
		SELECT string_agg(format('%s: %s open, %s dealt', d.rep, d.open, d.dealt_today), ', ')
		           FILTER (WHERE d.open > r.capacity OR d.dealt_today > r.daily_limit),
		       (SELECT string_agg(format('%s: %s, not %s', f.rep, f.counted, f.has), ', ') FROM leadcrm._load_drift('crm.lead') f),
		       (SELECT count(*) FROM crm.rep_load)
		  FROM leadcrm.rep_loads('crm.lead') d JOIN crm.rep r ON r.code = d.rep;
		COMMIT;
		PERFORM pg_sleep(0.005);
	END LOOP;
END
$$;
CREATE PROCEDURE crm.fold() LANGUAGE plpgsql AS $$
BEGIN
	WHILE NOT EXISTS (SELECT FROM crm.stop) LOOP
		PERFORM crm.tick();
		PERFORM pg_sleep(0.02);
		IF random() < 0.2 THEN
			ROLLBACK;
		ELSE
			COMMIT;
		END IF;
		PERFORM pg_sleep(0.02);
	END LOOP;
END
$$;
SQL
	# Who waits for one that is idle waits for three seconds.
	local $ENV{PGOPTIONS} = '-c lock_timeout=1s';
	my @beside = map { $db->session } 1 .. 2;
	$beside[0]->send('CALL crm.watch()');
	$beside[1]->send('CALL crm.fold()');
	my $report = eval { $db->pgbench(<<'PGBENCH', '-M' => 'simple', '-c' => CONNECTIONS, '-j' => 2, '-T' => SECONDS) };
\set rep random(1, 3)
\set what random(1, 100)
\set end random(1, 10)
\set idle random(1, 500)
BEGIN;
\if :what <= 50
SELECT crm.release('rep:rep', 2);
\else
SELECT crm.take('rep:rep');
\endif
SAVEPOINT s;
\if :what <= 70
SELECT crm.take('rep:rep'), crm.take('rep:rep');
\else
SELECT crm.release('rep:rep', 1);
\endif
\if :what <= 20
ROLLBACK TO s;
\endif
\if :what > 85
INSERT INTO crm.lead (first_source) VALUES ('turns'), ('web'), ('turns');
\endif
\if :what % 4 = 0
ROLLBACK TO s;
\endif
\if :idle = 1
\sleep 3 s
\endif
\if :end <= 3
ROLLBACK;
\else
COMMIT;
\endif
PGBENCH
	my $failure = $@;
	$db->query('INSERT INTO crm.stop DEFAULT VALUES');
	is($failure, '', 'nobody waits, and no transaction fails') or return;
	for (@beside)
	{
		$_->wait;
		is($_->error, '', 'who watches and who folds come to their end');
		$_->close;
	}
	my ($transactions) = $report =~ /actually processed: (\d+)/;
	my ($samples, $over, $drift, $ledger, $had) = split /\|/, $db->query(<<'SQL');
SELECT count(*), min(over), min(drift), max(ledger), (SELECT count(*) FROM crm.lead WHERE owner LIKE 'rep%') FROM crm.sample
SQL
	diag("$transactions transactions, $samples snapshots, at most $ledger rows in the ledger, $had leads given");
	cmp_ok($samples, '>=', 30, 'there are enough snapshots');
	is($over, '', 'in none has a rep more than he may');
	is($drift, '', 'in each the ledger says what there is');
	# Five reps, four ways (by hand, by two rules, by what others gave back).
	cmp_ok($ledger, '<=', 5 * 4 * CONNECTIONS, 'nobody needs more than a row of his own');
	$db->query("INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, 3 * $daily)");
	is($db->query(<<'SQL'), "day1|$daily\nday2|$daily", 'who may have so many a day gets them, and no more');
SELECT owner, count(*) FROM crm.assignment_log WHERE owner LIKE 'day%' AND reason = 'rule' GROUP BY owner ORDER BY owner
SQL
	exact('together');
	is($db->query("SELECT * FROM leadcrm.rebuild_loads('crm.lead')"), '', 'there is nothing to rebuild');
	is($db->query('SELECT coalesce(max(n), 0) <= 4 FROM (SELECT count(*) AS n FROM crm.rep_load GROUP BY rep, via) AS s'), 't',
		'the ledger is short again');
	exact('folded');

	# What has gone wrong by hand is found and mended.
	$db->query("UPDATE crm.rep_load SET open = open + 1 WHERE id = (SELECT min(id) FROM crm.rep_load WHERE rep = 'rep1')");
	like($db->query("SELECT problem FROM leadcrm.check_workspace('crm') WHERE item = 'rep_load'"), qr/counted wrong: 1, the first is "rep1"/,
		'check_workspace() sees a wrong load');
	is($db->query("SELECT count(*) FROM leadcrm.repair_workspace('crm') WHERE severity = 'error'"), '0', 'repair_workspace() mends it');
	exact('mended');

	# A trigger on it would not fire: so it is not written.
	$db->query('CREATE TRIGGER mine BEFORE UPDATE ON crm.rep_load FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()');
	my (undef, $error) = $db->try("INSERT INTO crm.lead (first_source) VALUES ('web')");
	is($error, '55000: table "rep_load" is not as leadcrm made it', 'a ledger with a trigger is not written past it');
	is($db->query("SELECT item FROM leadcrm.check_workspace('crm') WHERE severity = 'error'"), 'table rep_load', '... and check_workspace() says so');
	return;
}
