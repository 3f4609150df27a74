#
# The public pool under concurrency.  Sixty-four reps claim one lead at the same
# time: one gets it, the others are told at once.  Ten thousand random claims
# and releases, a tenth of them rolled back: nobody ever has more than his
# capacity nor claims more than a pool allows in a day.  Two sessions tick while
# owners follow up: who did so in time keeps his lead, all others lose theirs
# once, and were warned once.
#
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use LeadCRM;
use Test::More;
use Time::HiRes qw(time);

use constant { CLAIMERS => 64, ROUNDS => 5, WORKERS => 8, OPERATIONS => 10000, CAPACITY => 6, CLAIM_LIMIT => 60, OWNED => 600 };

my $db = LeadCRM->database;
my @roles = map { "t124_$_" } 1 .. CLAIMERS;

sub drop_roles { $db->query(join ' ', map { "DROP ROLE IF EXISTS $_;" } @roles); }

drop_roles();
$db->query("SET client_min_messages = warning; SELECT leadcrm.create_workspace('crm', 'en'); SELECT leadcrm.create_workspace('churn', 'en');"
	  . " SELECT leadcrm.create_workspace('idle', 'en');" . join(' ', map { "CREATE ROLE $_ LOGIN;" } @roles));

# One lead, everybody at once.
$db->query('SET search_path = crm; UPDATE assignment_rule SET active = false; ' . join ' ', map { "SELECT grant_access('$_', 'rep'); INSERT INTO rep (code, role) VALUES ('$_', '$_');" } @roles);
$db->query("INSERT INTO crm.lead (id, name, first_source, pool) SELECT i, 'Lead ' || i, 'x', 'common' FROM generate_series(1, 100) i");
my @claimers = map { $db->session(user => $_) } @roles;
my $gate = $db->session;
my %refused;
for my $round (1 .. ROUNDS)
{
	my ($got, $other) = (0, 0);

	$gate->run('SELECT pg_advisory_lock(1)');
	$_->send("SELECT 'got ' || crm.claim($round) FROM (SELECT pg_advisory_xact_lock_shared(1)) b") for @claimers;
	for (1 .. 100)
	{
		last if $db->query("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == CLAIMERS;
		select undef, undef, undef, 0.1;
	}
	$gate->run('SELECT pg_advisory_unlock(1)');
	for my $claimer (@claimers)
	{
		my $out = $claimer->wait;

		if    ($out =~ /^got t124_/)                        { $got++ }
		elsif ($claimer->error =~ /^(55000|55P03): (.*)/)   { $refused{"$1 $2"}++ }
		else                                                { $other++; diag($claimer->error) }
	}
	is("$got $other", '1 0', "of @{[CLAIMERS]} claimers one gets lead $round, the others are refused and nothing else");
}
diag("$refused{$_} x $_") for sort keys %refused;
is($db->query("SELECT count(*) FROM crm.assignment_log WHERE reason = 'claim'"), ROUNDS, 'one claim of each is in the log');

# The winner does not commit: nobody waits for him.
$claimers[0]->run('BEGIN');
is($claimers[0]->run('SELECT crm.claim(90)'), $roles[0], 'one claims and does not commit');
my $began = time;
$_->send('SELECT crm.claim(90)') for @claimers[ 1 .. $#claimers ];
my $told = grep { $_->wait; $_->error =~ /^55P03/ } @claimers[ 1 .. $#claimers ];
is($told, CLAIMERS - 1, 'all others are told so');
cmp_ok(time - $began, '<', 10, 'at once');
$_->send("SELECT * FROM crm.claim_next('common', 1)") for @claimers[ 1 .. $#claimers ];
my %next;
$next{ $_->wait }++ for @claimers[ 1 .. $#claimers ];
is(scalar(grep { /^\d+$/ && $next{$_} == 1 } keys %next), CLAIMERS - 1, 'and get another one, each his own');
ok(!exists $next{90}, 'but not this one');
$claimers[0]->run('ROLLBACK');
is($claimers[1]->run('SELECT crm.claim(90)'), $roles[1], 'when he gives up it is there again');
$_->close for @claimers, $gate;

# Random claims and releases.
$db->query('SET search_path = churn; ' . sprintf(<<'SQL', CAPACITY, CLAIM_LIMIT));
UPDATE assignment_rule SET active = false;
INSERT INTO team (code) VALUES ('south'), ('west');
INSERT INTO rep (code, team, capacity) SELECT 'r' || i, CASE WHEN i %% 2 = 0 THEN 'south' ELSE 'west' END, %d FROM generate_series(1, 20) i;
INSERT INTO pool (code, team, cool_down) VALUES ('south', 'south', '0'), ('west', 'west', '1 hour');
UPDATE pool SET claim_limit = %d, cool_down = CASE code WHEN 'west' THEN cool_down ELSE '0' END;
INSERT INTO lead (id, name, first_source, pool) SELECT i, 'Lead ' || i, 'x', (ARRAY['common', 'south', 'west'])[1 + i %% 3] FROM generate_series(1, 300) i;
CREATE TABLE outcome (operation text, outcome text);
CREATE TABLE breach (rep text, leads bigint);
CREATE TABLE sample (n bigint);
CREATE PROCEDURE churn(worker integer, n integer) LANGUAGE plpgsql AS $$
DECLARE
	rep       text;
	own       bigint;
	operation text;
	outcome   text;
BEGIN
	PERFORM setseed(worker / 100.0);
	FOR i IN 1 .. n LOOP
		rep := 'r' || ceil(random() * 20);
		own := (SELECT l.id FROM churn.lead l WHERE l.owner = rep ORDER BY random() LIMIT 1);
		operation := (ARRAY['claim', 'claim', 'claim_next', CASE WHEN own IS NULL THEN 'claim' ELSE 'release' END])[ceil(random() * 4)];
		outcome := 'done';
		BEGIN
			IF operation = 'claim' THEN
				PERFORM churn.claim(ceil(random() * 300)::bigint, rep);
			ELSIF operation = 'claim_next' THEN
				PERFORM count(*) FROM churn.claim_next((ARRAY['common', 'south', 'west'])[ceil(random() * 3)], ceil(random() * 4)::integer, rep);
			ELSE
				PERFORM churn.release(own, 'churn', (ARRAY['common', 'south', 'west', NULL])[ceil(random() * 4)]);
			END IF;
			IF random() < 0.1 THEN
				RAISE SQLSTATE 'P0099' USING MESSAGE = 'taken back';
			END IF;
		EXCEPTION WHEN OTHERS THEN
			outcome := SQLSTATE;
		END;
		INSERT INTO churn.outcome VALUES (operation, outcome);
		COMMIT;
	END LOOP;
END $$;
CREATE PROCEDURE watch(operations bigint) LANGUAGE plpgsql AS $$
BEGIN
	FOR i IN 1 .. 20000 LOOP
		INSERT INTO churn.breach SELECT l.owner, count(*) FROM churn.lead l JOIN churn.rep r ON r.code = l.owner GROUP BY l.owner, r.capacity HAVING count(*) > r.capacity;
		INSERT INTO churn.sample VALUES (i);
		COMMIT;
		EXIT WHEN (SELECT count(*) FROM churn.outcome) >= operations;
		PERFORM pg_sleep(0.01);
	END LOOP;
END $$;
SQL
my $watcher = $db->session;
$watcher->send('CALL churn.watch(' . OPERATIONS . ')');
my @workers = map { $db->session } 1 .. WORKERS;
$workers[ $_ - 1 ]->send("CALL churn.churn($_, " . OPERATIONS / WORKERS . ')') for 1 .. WORKERS;
for (@workers, $watcher)
{
	$_->wait;
	is($_->error, '', 'a session comes to its end');
	$_->close;
}
my %outcome = map { split /\|/ } split /\n/, $db->query("SELECT operation || ' ' || outcome, count(*) FROM churn.outcome GROUP BY 1 ORDER BY 1");
diag("$outcome{$_} x $_") for sort keys %outcome;
is($db->query('SELECT count(*) FROM churn.outcome'), OPERATIONS, 'all operations ran');
is(join(' ', sort grep { !/^(done|P0099|42501|54000|55000|55P03)$/ } map { (split)[1] } keys %outcome), '', 'refusals are those that are documented; there is no deadlock');
cmp_ok($outcome{$_} // 0, '>', 20, "there were some: $_") for 'claim done', 'claim_next done', 'release done', 'claim 54000', 'claim 55000', 'claim 42501', 'claim P0099', 'claim_next 54000';
cmp_ok($db->query('SELECT count(*) FROM churn.sample'), '>', 20, 'it was looked at all the while');
is($db->query('SELECT count(*) FROM churn.breach'), 0, 'nobody ever has more than his capacity');
is($db->query('SELECT count(*) FROM (SELECT owner, count(*) FROM churn.lead WHERE owner IS NOT NULL GROUP BY 1 HAVING count(*) > ' . CAPACITY . ') b'), 0, 'nor in the end');
is($db->query("SELECT max(n) FROM (SELECT count(*) AS n FROM churn.assignment_log WHERE reason = 'claim' GROUP BY owner, pool_before, (at AT TIME ZONE 'UTC')::date) c"),
	CLAIM_LIMIT, 'nobody claims more from a pool than it allows in a day, some as many');
is($db->query("SELECT count(*) FROM churn.assignment_log g WHERE g.reason = 'claim' AND g.pool_before = 'west'
	AND EXISTS (SELECT FROM churn.assignment_log b WHERE b.lead_id = g.lead_id AND b.owner_before = g.owner AND b.at <= g.at AND b.at > g.at - interval '1 hour' AND b.id < g.id)"),
	0, 'nobody claims again what he had before, while it cools down');
is($db->query("SELECT count(*) FROM churn.assignment_log g LEFT JOIN churn.pool p ON p.code = g.pool_before JOIN churn.rep r ON r.code = g.owner
	WHERE g.reason = 'claim' AND p.team IS NOT NULL AND p.team <> r.team"), 0, 'nobody claims from another team');
is($db->query('SELECT count(*) FROM (SELECT owner_before, pool_before, lag(owner) OVER w AS owner, lag(pool) OVER w AS pool, row_number() OVER w AS n
	FROM churn.assignment_log WINDOW w AS (PARTITION BY lead_id ORDER BY id)) g
	WHERE n > 1 AND (owner_before IS DISTINCT FROM owner OR pool_before IS DISTINCT FROM pool)'), 0, 'the log tells one story of each lead');
is($db->query('SELECT count(*) FROM churn.lead WHERE (owner IS NULL) = (pool IS NULL)'), 0, 'every lead has an owner or waits in a pool');
is($db->query('SELECT count(*) FROM churn.rep r WHERE (SELECT coalesce(sum(open), 0) FROM churn.rep_load d WHERE d.rep = r.code)
	<> (SELECT count(*) FROM churn.lead l WHERE l.owner = r.code)'), 0, 'loads are what leads say');

# Time passes for the leads of ten owners; most do nothing, some just in time.
$db->query('SET search_path = idle; ' . sprintf(<<'SQL', OWNED));
UPDATE assignment_rule SET active = false;
SELECT grant_access('t124_' || i, 'rep') FROM generate_series(1, 10) i;
INSERT INTO rep (code, role, capacity) SELECT 't124_' || i, 't124_' || i, 1000 FROM generate_series(1, 10) i;
INSERT INTO pool_rule (code, position, condition, exempt) VALUES ('vip', 1, 'title = ''VIP''', true);
INSERT INTO pool_rule (code, position, days_without_follow_up, warn_days) VALUES ('all', 2, 10, 3);
INSERT INTO lead (id, name, first_source, owner, title) SELECT i, 'Lead ' || i, 'x', 't124_' || 1 + i %% 10, CASE WHEN i > 3000 THEN 'VIP' END FROM generate_series(1, 6000) i;
DELETE FROM lead WHERE id BETWEEN %d + 1 AND 3000;
UPDATE lead SET assigned_at = now() - interval '100 days', first_contact_due_at = NULL WHERE title = 'VIP';
SELECT tick(batch => 100000);
SQL
is($db->query('SELECT idle.tick(batch => 10)'), 0, 'leads that are exempt, however old, are not in the way');

sub tick_together
{
	my ($moment, @work) = @_;
	my @tickers = map { $db->session } 1 .. 2;
	my ($wrong, %done) = (0);

	# The first few are in time for sure.
	my $last = $#work < 5 ? 5 : $#work;
	for my $i (0 .. $last)
	{
		if ($i == 5)
		{
			$_->send("SELECT idle.tick($moment, 4); " x 160) for @tickers;
		}
		next unless $work[$i];
		my ($session, $lead) = @{ $work[$i] };
		my $out = $session->run("SELECT 'noted ' || (idle.follow_up($lead, 'call') IS NOT NULL)");

		$done{$lead} = 1 if $out =~ /^noted/;
		$wrong++ unless $done{$lead} || $session->error eq "42501: lead $lead is not yours";
	}
	is($wrong, 0, 'who comes too late is told so');
	for (@tickers)
	{
		$_->wait;
		is($_->error, '', 'two sessions tick at once');
		$_->close;
	}
	return keys %done;
}

my $assigned = $db->query('SELECT max(assigned_at) FROM idle.lead');
tick_together("'$assigned'::timestamptz + interval '7 days 1 hour'");
is($db->query("SELECT count(*), count(DISTINCT lead_id) FROM idle.event WHERE kind = 'lead.recycle_soon'"), OWNED . '|' . OWNED, 'every owner is warned once of every lead');
is($db->query("SELECT count(*), count(DISTINCT lead_id) FROM idle.task WHERE kind = 'recycle_soon'"), OWNED . '|' . OWNED, 'with a task');
is($db->query('SELECT count(*) FROM idle.lead WHERE pool IS NOT NULL'), 0, 'none is taken from him yet');
my @owners = map { $db->session(user => "t124_$_") } 1 .. 10;
my @kept = tick_together("'$assigned'::timestamptz + interval '10 days'", map { [ $owners[ $_ % 10 ], $_ ] } map { $_ * 3 } 1 .. OWNED / 6);
$_->close for @owners;
cmp_ok(scalar @kept, '>', 2, 'some followed up in time: ' . @kept);
cmp_ok(scalar @kept, '<', OWNED / 6, 'some did not');
my $kept = join ',', sort { $a <=> $b } @kept;
is($db->query('SELECT string_agg(id::text, \',\' ORDER BY id) FROM idle.lead WHERE owner IS NOT NULL AND title IS NULL'), $kept, 'who followed up in time keeps his lead, nobody else');
is($db->query("SELECT count(*), count(DISTINCT lead_id) FROM idle.assignment_log WHERE reason = 'recycle'"), join('|', (OWNED - @kept) x 2), 'all others lose theirs once');
is($db->query("SELECT count(*) FROM idle.lead WHERE title = 'VIP' AND owner IS NULL"), 0, 'what is exempt stays');
is($db->query("SELECT count(*) FROM idle.lead WHERE recycle_at < now()"), 0, 'nobody is left due');

$db->query('DROP SCHEMA crm CASCADE; DROP SCHEMA churn CASCADE; DROP SCHEMA idle CASCADE');
drop_roles();
done_testing();
