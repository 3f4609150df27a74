#!/usr/bin/perl
#
# What a lead costs with everything on: normalize, dedup (phone and mail), score
# by 50 rules and assign by 20 rules to 100 reps, 15 of 100 rows being repeats.
#
# The references are those of dedup.pl, with the side tables of assignment:
# bare (lead's columns, indexes and checks, no trigger; the rows as they end up,
# an open lead with its owner, stage and score) and the set-based floor.  For
# single rows the floor is one statement that writes what a new lead writes, and
# of a repeat its row alone: no row is decided on, none is looked up.
# "plpgsql" is a trigger as a careful team would write it (sub plpgsql): it
# dedups by a unique index and ON CONFLICT, deals from a counter table by SKIP
# LOCKED and writes the same kinds of rows, but neither scores nor reads rules
# that users wrote, and keeps fairness only as far as no counter is locked.
#
# Where the time goes: the last table is the server's own account of the
# triggers (EXPLAIN ANALYZE); its clock costs something, too, so read shares.
# Where perf is installed, BENCH_PROFILE=FILE records the backend of one COPY of
# BENCH_ROWS rows and does nothing else; then
#		perf report -i FILE --no-children --sort dso
#		perf report -i FILE --no-children --sort symbol --dso leadcrm.so
#		perf report -i FILE --children --sort symbol		(who calls what)
# Build with CFLAGS='-O2 -g -fno-omit-frame-pointer' for call graphs.

use strict;
use warnings;

use Bench;

my $rows = $ENV{BENCH_ROWS} || 100_000;
my $rounds = $ENV{BENCH_ROUNDS} || 5;
my $seconds = $ENV{BENCH_SECONDS} || 5;
my $bench = Bench->new;
my $db = $bench->db;

my @tables = qw(lead identity event merge_log activity stage_change assignment_log task rep_load lead_cube);
my $columns = 'name, company, title, phone, email, last_source, region, industry, company_size, budget_max';
my @region = qw(11 12 13 14 21 31 32 33 34 35 36 37 41 42 43 44 50 51 61 62);
my @industry = qw(manufacturing automotive electronics software telecom finance healthcare education retail logistics);

# Row i's region, industry, size and budget.
sub more
{
	my ($i) = @_;

	return ($region[$i * 7 % @region], $industry[$i % @industry], $i % 13 * 40, $i % 17 * 20_000);
}

sub workspace
{
	my ($name) = @_;

	$db->query("SELECT leadcrm.create_workspace('$name');
		SET search_path = $name;
		UPDATE identity_rule SET active = code IN ('phone', 'email');
		DELETE FROM assignment_rule;
		INSERT INTO score_rule (code, condition, points)
		SELECT 'bench' || n, format('region LIKE %L AND industry = %L AND company_size >= %s', (ARRAY['" . join("','", @region) . "'])[1 + n % 20] || '%',
		           (ARRAY['" . join("','", @industry) . "'])[1 + n % 10], n * 10), 1 + n % 5
		  FROM generate_series(1, 50 - (SELECT count(*) FROM score_rule WHERE active)) n;
		INSERT INTO team (code) SELECT 'team' || n FROM generate_series(1, 10) n;
		INSERT INTO rep (code, team, capacity, weight)
		SELECT 'rep' || n, 'team' || 1 + n % 10, 1000000, 1 + n % 3 FROM generate_series(1, 100) n;
		INSERT INTO rep_skill (rep, kind, value, level)
		SELECT 'rep' || n, 'industry', (ARRAY['" . join("','", @industry) . "'])[1 + (n / 10 + k) % 10], 1 + (n + k) % 5
		  FROM generate_series(1, 100) n, generate_series(1, 4) k;
		INSERT INTO assignment_rule (code, position, condition, strategy, team)
		SELECT 'rule' || n, n, format('region LIKE %L', (ARRAY['" . join("','", @region) . "'])[n] || '%')
		           || CASE n % 4 WHEN 0 THEN ' AND company_size >= 80' WHEN 1 THEN ' AND budget_max >= 20000' ELSE '' END,
		       (ARRAY['round_robin', 'least_loaded', 'skilled'])[1 + n % 3], 'team' || 1 + n % 10
		  FROM generate_series(1, 19) n;
		INSERT INTO assignment_rule (code, position, strategy) VALUES ('rest', 20, 'least_loaded')");
	my $set_up = $db->query("SELECT (SELECT count(*) FROM $name.score_rule WHERE active), (SELECT count(*) FROM $name.assignment_rule), (SELECT count(*) FROM $name.rep)");
	die "not 50 rules, 20 rules, 100 reps: $set_up" unless $set_up eq '50|20|100';
	return;
}

# The PL/pgSQL way, on tables like those of a workspace.
sub plpgsql
{
	my ($name) = @_;

	$bench->bare($name, 'model', qw(lead event activity assignment_log task));
	$db->query(<<"SQL");
SET search_path = $name;
CREATE TABLE claim (kind text, key text, lead_id bigint NOT NULL, PRIMARY KEY (kind, key));
CREATE TABLE counter (rep text PRIMARY KEY, team text NOT NULL, weight integer NOT NULL, open bigint NOT NULL DEFAULT 0) WITH (fillfactor = 50);
CREATE INDEX ON counter (team);
CREATE TABLE rule (region text PRIMARY KEY, team text NOT NULL);
INSERT INTO counter SELECT code, team, weight FROM model.rep;
INSERT INTO rule SELECT left(substring(condition, '[0-9]+'), 2), team FROM model.assignment_rule WHERE condition LIKE 'region%';
CREATE FUNCTION intake() RETURNS trigger LANGUAGE plpgsql SET search_path = $name AS \$\$
DECLARE
	holder bigint;
	his_team text;
BEGIN
	NEW.first_source := coalesce(NEW.first_source, NEW.last_source);
	NEW.created_at := coalesce(NEW.created_at, now());
	NEW.updated_at := now();
	NEW.last_inbound_at := now();
	NEW.phone := '+86' || right(regexp_replace(NEW.phone, '[^0-9]', '', 'g'), 11);
	NEW.email := lower(trim(NEW.email));
	WITH claimed AS (
		INSERT INTO claim SELECT kind, key, NEW.id FROM (VALUES ('phone', NEW.phone), ('email', NEW.email)) AS k (kind, key)
		 WHERE key IS NOT NULL ORDER BY kind, key ON CONFLICT DO NOTHING RETURNING kind)
	SELECT c.lead_id INTO holder FROM (VALUES ('phone', NEW.phone), ('email', NEW.email)) AS k (kind, key)
	  JOIN claim c USING (kind, key) WHERE c.lead_id <> NEW.id ORDER BY kind DESC LIMIT 1;
	IF holder IS NOT NULL THEN
		NEW.merged_into := holder;
		UPDATE lead SET last_source = NEW.last_source, last_inbound_at = now(), updated_at = now() WHERE id = holder;
		INSERT INTO activity (lead_id, kind, at, brought_by) VALUES (holder, 'inquiry', now(), NEW.id);
		INSERT INTO task (lead_id, kind, created_at, due_at) VALUES (holder, 'repeat', now(), now() + interval '2 hours');
		INSERT INTO event (kind, lead_id, at, actor) VALUES ('lead.repeated', holder, now(), session_user);
		RETURN NEW;
	END IF;
	SELECT team INTO his_team FROM rule WHERE region = left(NEW.region, 2);
	UPDATE counter SET open = open + 1 WHERE rep = (
		SELECT rep FROM counter WHERE team = his_team OR his_team IS NULL ORDER BY open::float8 / weight, rep LIMIT 1 FOR UPDATE SKIP LOCKED)
	RETURNING rep, team INTO NEW.owner, NEW.team;
	IF NEW.owner IS NULL THEN
		UPDATE counter SET open = open + 1 WHERE rep = (
			SELECT rep FROM counter WHERE team = his_team OR his_team IS NULL ORDER BY open::float8 / weight, rep LIMIT 1)
		RETURNING rep, team INTO NEW.owner, NEW.team;
	END IF;
	NEW.assigned_at := now();
	NEW.first_contact_due_at := now() + interval '2 hours';
	INSERT INTO assignment_log (lead_id, at, reason, rule, owner, team, due_at, actor)
	VALUES (NEW.id, now(), 'rule', his_team, NEW.owner, NEW.team, NEW.first_contact_due_at, session_user);
	INSERT INTO task (lead_id, kind, owner, created_at, due_at) VALUES (NEW.id, 'first_contact', NEW.owner, now(), NEW.first_contact_due_at);
	INSERT INTO event (kind, lead_id, at, actor) VALUES ('lead.created', NEW.id, now(), session_user), ('lead.assigned', NEW.id, now(), session_user);
	RETURN NEW;
END
\$\$;
CREATE TRIGGER intake BEFORE INSERT ON lead FOR EACH ROW EXECUTE FUNCTION intake();
SQL
	return;
}

workspace('model');
my $file = $bench->arrivals($rows, \&more);

if ($ENV{BENCH_PROFILE})
{
	profile($ENV{BENCH_PROFILE});
	exit;
}

printf "%-36s %8s %8s %8s %8s %8s %8s %9s\n", 'COPY into lead, everything on',
	'us/row', 'of floor', 'of bare', 'us cpu', 'of floor', 'of bare', 'x plpgsql';
for my $n ($rows / 10, $rows)
{
	my (%wall, %cpu);
	my $arrivals = $bench->arrivals($n, \&more);

	$bench->drop_workspace('model');
	workspace('model');
	$db->query("COPY model.lead ($columns) FROM '$arrivals'");
	$bench->keep('model', @tables);
	for my $round (1 .. $rounds)
	{
		my %sql = (
			leadcrm => "COPY one.lead ($columns) FROM '$arrivals'",
			bare => "COPY bare.lead FROM '@{[$bench->dir]}/stored'",
			floor => $bench->floor('floor', @tables),
			plpgsql => "COPY plain.lead ($columns) FROM '$arrivals'");
		# A counter row grows a version with each lead of a transaction: only the small one.
		delete $sql{plpgsql} if $n > 10_000;
		workspace('one');
		$bench->bare($_, 'model', @tables) for qw(bare floor);
		plpgsql('plain');
		$db->query('CHECKPOINT');
		for my $which (grep { $sql{$_} } qw(leadcrm bare floor plpgsql))
		{
			my ($wall, $cpu) = $bench->cost($sql{$which});
			push @{ $wall{$which} }, $wall;
			push @{ $cpu{$which} }, $cpu;
		}
		$bench->drop_workspace('one');
	}
	my $share = sub {
		my ($cost, $ref) = @_;
		return median(map { $cost->{$ref}[$_] / ($cost->{leadcrm}[$_] || 1) } 0 .. $rounds - 1);
	};
	printf "%-36s %8.1f %8.2f %8.2f %8.1f %8.2f %8.2f %9s\n", "$n rows in one transaction",
		1e6 * median(@{ $wall{leadcrm} }) / $n, (map { $share->(\%wall, $_) } qw(floor bare)),
		1e6 * median(@{ $cpu{leadcrm} }) / $n, (map { $share->(\%cpu, $_) } qw(floor bare)),
		$wall{plpgsql} ? sprintf '%.1f', $share->(\%wall, 'plpgsql') : '-';
}

# Single prepared rows; 15 of 100 take one of 1,000 known phones.
my $draw = q{\set new random(1000000, 999999999)
\set old random(1000, 1999)
\set phone 13000000000 + (:new % 1000000000)
\set size (:new % 13) * 40
\set budget (:new % 17) * 20000
\set r random(1, 100)
\if :r <= 15
\set phone 13000000000 + :old
\endif
};
my $region = "(ARRAY['" . join("','", @region) . "'])[1 + :new % 20]";
my $industry = "(ARRAY['" . join("','", @industry) . "'])[1 + :new % 10]";
my $values = "'客户' || :new::text, '重庆华信' || :new::text || '科技有限公司', '经理', '+86' || :phone::text, 'u' || :new::text || '\@mail.example.com', '官网', $region, $industry, :size, :budget";
my %single = (
	bare => $draw . bare_row('bare'),
	floor => $draw . floor_row('floor'),
	leadcrm => $draw . "INSERT INTO one.lead ($columns) VALUES ($values);\n",
	lead_in => $draw . "INSERT INTO one.lead_in ($columns) VALUES ($values);\n",
	plpgsql => $draw . "INSERT INTO plain.lead ($columns) VALUES ($values);\n");
workspace('one');
$bench->bare($_, 'model', @tables) for qw(bare floor);
$db->query("INSERT INTO floor.$_ SELECT * FROM model.$_; VACUUM ANALYZE floor.$_") for qw(rep_load lead_cube);
plpgsql('plain');
$db->query("INSERT INTO $_.lead (phone, last_source) SELECT '+86' || (13000000000 + g)::text, '官网' FROM generate_series(1000, 1999) g") for qw(one plain);

printf "\n%-36s %8s %8s %8s %8s\n", 'single prepared rows, share of bare', 'lead', 'lead_in', 'plpgsql', 'floor';
for my $sync (qw(off on))
{
	for my $clients (1, 8)
	{
		my %tps;
		for my $round (1 .. 3)
		{
			push @{ $tps{$_} }, $bench->tps($single{$_}, clients => $clients, sync => $sync, seconds => $seconds)
			  for qw(bare leadcrm lead_in plpgsql floor);
		}
		my $share = sub { my ($which) = @_; return median(map { $tps{$which}[$_] / $tps{bare}[$_] } 0 .. 2) };
		printf "%-36s %8.2f %8.2f %8.2f %8.2f   (bare %.0f/s)\n", "$clients client(s), synchronous_commit $sync",
			(map { $share->($_) } qw(leadcrm lead_in plpgsql floor)), median(@{ $tps{bare} });
	}
}

# The 99th of 100 waits for one row.  Clients that send as fast as they can wait
# for a processor, as they would without any trigger; at half that rate they
# show what they wait for in each other.
printf "\n%-36s %8s %8s %8s\n", '99th percentile of a row, ms', 'lead', 'bare', 'plpgsql';
my %rate = map { my $which = $_; $which => $bench->tps($single{$which}, clients => 32, sync => 'on', seconds => $seconds) } qw(leadcrm bare plpgsql);
for my $load ([ '1 client', 1 ], [ '32 clients', 32 ], [ '32 clients at half their rate', 32, 2 ])
{
	my ($what, $clients, $part) = @$load;
	my %wait = map { my $which = $_;
		$which => median(map { percentile($single{$which}, $clients, $part && $rate{$which} / $part) } 1 .. 3) } qw(leadcrm bare plpgsql);

	printf "%-36s %8.2f %8.2f %8.2f\n", $what, @wait{qw(leadcrm bare plpgsql)};
}

printf "\n%-36s %8s %8s\n", 'where the time goes, one INSERT', 'us/row', 'share';
account();

# bare_row(NAME): the row of a new lead or of a repeat, as it ends up.
sub bare_row
{
	my ($name) = @_;

	return "\\if :r <= 15\n" . repeat_row($name) . ";\n\\else\n" . new_row($name) . ";\n\\endif\n";
}

sub repeat_row
{
	my ($name) = @_;

	return "INSERT INTO $name.lead ($columns, first_source, last_inbound_at, created_at, updated_at, score, fit, merged_into)"
	  . " VALUES ($values, '官网', now(), now(), now(), 36, 36, :old)";
}

sub new_row
{
	my ($name) = @_;

	return "INSERT INTO $name.lead ($columns, first_source, last_inbound_at, created_at, updated_at, score, fit,"
	  . " intent, intent_since, process, stage, stage_since, lifecycle, owner, team, assigned_at, touched_at, first_contact_due_at)"
	  . " VALUES ($values, '官网', now(), now(), now(), 36, 36,"
	  . " 'warm', now(), 'lead', 'new', now(), '{new\@2026-01-05T01:00:00Z}', 'rep' || (1 + :new % 100)::text, 'team' || (1 + :new % 10)::text,"
	  . " now(), now(), now() + interval '2 hours')";
}

# floor_row(NAME): the same, with the rows of other tables that a new lead writes.
sub floor_row
{
	my ($name) = @_;
	my $ledger = $db->query('SELECT min(id), max(id) - min(id) + 1 FROM model.rep_load');
	my ($first, $n) = split /\|/, $ledger;
	my $keys = $db->query('SELECT array_agg(key) FROM (SELECT key FROM model.lead_cube LIMIT 200) k');

	return "\\if :r <= 15\n" . repeat_row($name) . ";\n\\else\nWITH l AS (" . new_row($name) . <<"SQL" . "\\endif\n";
 RETURNING id),
i AS (INSERT INTO $name.identity (lead_id, kind, scope, key, live, state, claimed_at)
	SELECT id, kind, '', key, true, 'held', now()
	  FROM l, (VALUES ('email', 'u' || :new::text || '\@mail.example.com'), ('phone', '+86' || :phone::text)) k (kind, key) ON CONFLICT DO NOTHING),
e AS (INSERT INTO $name.event (kind, lead_id, at, actor, data)
	SELECT kind, id, now(), session_user, data::jsonb
	  FROM l, (VALUES ('lead.created', NULL), ('lead.assigned', '{"rule": "rule8", "owner": "rep68", "due_at": "2026-11-22T14:39:00.261078+00:00", "reason": "rule"}')) k (kind, data)),
a AS (INSERT INTO $name.assignment_log (lead_id, at, reason, rule, strategy, owner, team, due_at, runners_up, actor)
	SELECT id, now(), 'rule', 'rule8', 'skilled', 'rep68', 'team9', now() + interval '2 hours', '{rep38,rep48,rep58}', session_user FROM l),
t AS (INSERT INTO $name.task (lead_id, kind, owner, due_at, created_at)
	SELECT id, 'first_contact', 'rep68', now() + interval '2 hours', now() FROM l),
s AS (INSERT INTO $name.stage_change (lead_id, position, process, to_stage, at, cause, owner, actor)
	SELECT id, 1, 'lead', 'new', now(), 'arrival', 'rep68', session_user FROM l),
r AS (UPDATE $name.rep_load SET open = open + 1, dealt = dealt + 1 WHERE id = $first + :new % $n)
UPDATE $name.lead_cube SET leads = leads + 1, score = score + 36, scored = scored + 1, assigned = assigned + 1 WHERE key = ('$keys'::bigint[])[1 + :new % 200];
SQL
}

# percentile(SCRIPT, CLIENTS, RATE): milliseconds within which 99 of 100
# transactions are done; of RATE a second, if it is given.
sub percentile
{
	my ($script, $clients, $rate) = @_;
	my $log = $bench->dir . '/latency';
	my @wait;

	unlink glob "$log.*";
	$db->pgbench($script, '-c' => $clients, '-j' => 2, '-T' => $seconds, '-l', "--log-prefix=$log", $rate ? ('-R' => int $rate) : ());
	for my $file (glob "$log.*")
	{
		open my $in, '<', $file or die $!;
		push @wait, map { (split)[2] } <$in>;
	}
	@wait = sort { $a <=> $b } @wait;
	return $wait[@wait * 0.99] / 1000;
}

# account(): the triggers of one statement, as the server counts their time.
sub account
{
	my $n = $rows / 5;
	my (%ms, $all);

	$bench->drop_workspace('one');
	workspace('one');
	$bench->arrivals($n, \&more);
	$db->query("CREATE TABLE arrived (name text, company text, title text, phone text, email text, last_source text, region text, industry text, company_size integer, budget_max numeric);
		COPY arrived FROM '@{[$bench->dir]}/arrivals.$n'");
	for (split /\n/, $db->query("EXPLAIN (ANALYZE, COSTS OFF) INSERT INTO one.lead ($columns) SELECT * FROM arrived"))
	{
		$ms{$1} = $2 if /^Trigger (\S+?):? .*time=([\d.]+)/;
		$all = $1 if /^Execution Time: ([\d.]+)/;
	}
	my $rest = $all;
	$rest -= $_ for values %ms;
	$ms{'the row itself'} = $rest;
	printf "%-36s %8.1f %8.2f\n", $_, 1000 * $ms{$_} / $n, $ms{$_} / $all for sort keys %ms;
	return;
}

# profile(FILE): perf's record of the backend of one COPY.
sub profile
{
	my ($out) = @_;
	my $session = $db->session;

	workspace('one');
	my $pid = $session->run('SELECT pg_backend_pid()');
	my $perf = fork // die "fork: $!";
	if (!$perf)
	{
		exec 'perf', 'record', '-q', '-g', '-o', $out, '-p', $pid;
		die "perf: $!";
	}
	$session->run("COPY one.lead ($columns) FROM '$file'");
	kill INT => $perf;
	waitpid $perf, 0;
	print "recorded in $out\n";
	return;
}
