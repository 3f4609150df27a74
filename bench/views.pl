#!/usr/bin/perl
#
# The cube of numbers: what it costs those who write leads, and what the views
# that are read from it cost those who read.
#
# Upkeep: the rate of single prepared INSERTs and the time of a COPY, with the
# cube and without, by the same build: without_cube.c is loaded first then, and
# its functions do nothing.  Leads are spread over 200 cities, 20 industries, 6
# sources, 8 campaigns and 100 reps, so that most of them count for something
# of their own: the dearest case.
#
# Reading: after BENCH_LEADS leads, five stage changes each, and BENCH_WRITING
# seconds of writing by 8 clients without any VACUUM, each view of all dimensions that is
# read from the cube, by month and source, against a table that holds its rows,
# which is what a materialised view is.
#
# BENCH_LEADS=2000000 BENCH_WRITING=60 makes it 2 million leads and 10 million
# stage changes; that takes an hour.

use strict;
use warnings;

use Bench;

my $leads = $ENV{BENCH_LEADS} || 20_000;
my $seconds = $ENV{BENCH_SECONDS} || 5;
my $writing = $ENV{BENCH_WRITING} || $seconds;
my $rounds = $ENV{BENCH_ROUNDS} || 3;
my $copied = $leads < 50_000 ? $leads : 50_000;
my $bench = Bench->new;
my $db = $bench->db;

# Views of which a part is found by an index of its own.
my %moment = map { $_ => 1 } qw(v_sla v_stuck v_stage_time v_intent);

my $columns = 'name, phone, last_source, region, industry, campaign, expected_amount, currency, created_at';
my $draw = q{\set n random(1, 1000000000)
\set m random(1, 1000000000)
};

# values(N, M): a lead's columns, by two random numbers.
sub values_of
{
	my ($n, $m) = @_;

	return "'客户' || $n, '+86' || (13000000000 + $n)::text, (ARRAY['官网','百度推广','抖音','展会名片','转介绍','电话'])[1 + $m % 6],"
	  . " ((ARRAY[11,31,32,33,34,35,36,37,41,42,43,44,45,46,50,51,52,53,61,62])[1 + $m / 7 % 20] * 100 + 1 + $m / 141 % 10)::text,"
	  . " 'i' || $m / 1411 % 20, 'c' || $m / 28229 % 8, $n % 900 * 100, 'CNY',"
	  . " now() - $m % 730 * interval '1 day'";
}

my $values = values_of(':n::bigint', ':m::bigint');
my $insert = $draw . "INSERT INTO one.lead ($columns) VALUES ($values);\n";

workspace('one');
my $stub = without_cube();

printf "%-44s %10s %10s %8s\n", 'upkeep', 'with', 'without', 'costs';
for my $sync (qw(off on))
{
	next if $sync eq 'on' && $db->query('SHOW fsync') eq 'off';
	for my $clients (1, 8)
	{
		my %tps;
		for my $round (1 .. $rounds)
		{
			for my $cube (1, 0)
			{
				use_cube($cube);
				push @{ $tps{$cube} }, $bench->tps($insert, clients => $clients, sync => $sync, seconds => $seconds);
			}
		}
		line("INSERT, $clients client(s), synchronous_commit $sync, rows/s",
			median(@{ $tps{1} }), median(@{ $tps{0} }), 1 - median(map { $tps{1}[$_] / $tps{0}[$_] } 0 .. $rounds - 1));
	}
}
{
	my $file = $bench->dir . '/copied';
	my %cpu;

	use_cube(1);
	$db->query("SELECT setseed(0.5); COPY (SELECT @{[values_of('n', 'm')]} FROM (SELECT 1000000000 + g::bigint AS n, (random() * 1e9)::bigint AS m"
		  . " FROM generate_series(1, $copied) g) r) TO '$file'");
	for my $round (1 .. $rounds)
	{
		for my $cube (1, 0)
		{
			use_cube($cube);
			$bench->drop_workspace('one');
			workspace('one');
			$db->query('CHECKPOINT');
			push @{ $cpu{$cube} }, ($bench->cost("COPY one.lead ($columns) FROM '$file'", 'SELECT count(*) FROM one.lead'))[1];
		}
	}
	line("COPY of $copied rows, us of processor a row", (map { 1e6 * median(@{ $cpu{$_} }) / $copied } 1, 0),
		median(map { $cpu{1}[$_] / ($cpu{0}[$_] || 1) } 0 .. $rounds - 1) - 1);
}
use_cube(1);

# Leads that moved, and then 8 clients that write.
$bench->drop_workspace('one');
workspace('one');
for (my $from = 1; $from <= $leads; $from += 50_000)
{
	my $to = $from + 49_999 < $leads ? $from + 49_999 : $leads;

	$db->query("INSERT INTO one.lead ($columns) SELECT @{[values_of('n', 'm')]} FROM (SELECT g::bigint AS n, (random() * 1e9)::bigint AS m"
		  . " FROM generate_series($from, $to) g) r");
	$db->query("UPDATE one.lead SET stage = '$_' WHERE id BETWEEN $from AND $to AND merged_into IS NULL") for qw(contacted analysis proposal);
	$db->query("UPDATE one.lead SET stage = (ARRAY['negotiation', 'won', 'lost'])[1 + id % 3], loss_reason = CASE WHEN id % 3 = 2 THEN 'price' END,"
		  . " won_amount = CASE WHEN id % 3 = 1 THEN expected_amount END WHERE id BETWEEN $from AND $to AND merged_into IS NULL");
	$db->query('VACUUM one.lead_cube');		# which autovacuum would do, were it on
}
$db->query('VACUUM ANALYZE');
my $report = $db->pgbench($draw . <<"SQL", '-c' => 8, '-j' => 2, '-T' => $writing, '--max-tries=10');
\\set id random(1, $leads)
\\set what random(1, 10)
\\if :what <= 6
INSERT INTO one.lead ($columns) VALUES ($values);
\\elif :what <= 8
UPDATE one.lead SET region = (100 * (11 + :m % 50) + 1)::text, expected_amount = :m % 1000 WHERE id = :id;
\\elif :what = 9
INSERT INTO one.activity (lead_id, kind, at) VALUES (:id, 'ask_price', now());
\\else
UPDATE one.lead SET stage = 'negotiation' WHERE id = :id AND stage = 'won';
\\endif
SQL
my ($tps) = $report =~ /tps = ([\d.]+)/;
my ($counted, $rows, $others, $changes) = split /\|/, $db->query('SELECT sum(leads), count(*), count(*) - count(DISTINCT key), (SELECT count(*) FROM one.stage_change) FROM one.lead_cube');
printf "\n%d leads in %d rows (%d beside others), %d stage changes, after %d s of %d transactions a second by 8 clients; wrong sums: %s\n",
	$counted, $rows, $others, $changes, $writing, $tps, $db->query("SELECT sums FROM leadcrm._cube_drift('one.lead')");

printf "\n%-44s %10s %10s %8s %10s\n", 'leads by month and source, ms', 'view', 'stored', 'ratio', 'rows';
$db->query('CREATE SCHEMA stored');
for my $view (split /\n/, $db->query(<<'SQL'))
WITH RECURSIVE reader AS (
    SELECT 'one._cube'::regclass::oid AS v UNION
    SELECT r.ev_class FROM reader JOIN pg_depend d ON d.refobjid = reader.v AND d.classid = 'pg_rewrite'::regclass JOIN pg_rewrite r ON r.oid = d.objid)
SELECT c.relname FROM reader JOIN pg_class c ON c.oid = reader.v
 WHERE c.relname LIKE 'v\_%' AND (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname IN ('month', 'source', 'leads', 'city')) = 4
 ORDER BY 1
SQL
{
	my %ms;

	$db->query("CREATE TABLE stored.$view AS SELECT * FROM one.$view; VACUUM ANALYZE stored.$view");
	for my $round (1 .. $rounds)
	{
		for my $schema (qw(one stored))
		{
			my $query = "SELECT count(*) FROM (SELECT month, source, sum(leads) FROM $schema.$view GROUP BY 1, 2) q";
			push @{ $ms{$schema} }, 1000 * ($bench->cost($query, $query))[0];
		}
	}
	printf "%-44s %10.1f %10.1f %8.2f %10d\n", $view . ($moment{$view} ? ' (depends on the moment)' : ''), (map { median(@{ $ms{$_} }) } qw(one stored)),
		median(map { $ms{one}[$_] / $ms{stored}[$_] } 0 .. $rounds - 1), $db->query("SELECT count(*) FROM stored.$view");
}

# workspace(NAME): people and rules, no leads.
sub workspace
{
	my ($name) = @_;

	$db->query("SELECT leadcrm.create_workspace('$name');
		DELETE FROM $name.assignment_rule;
		INSERT INTO $name.team (code) SELECT 'team' || n FROM generate_series(1, 10) n;
		INSERT INTO $name.rep (code, team, capacity) SELECT 'rep' || n, 'team' || 1 + n % 10, 10000000 FROM generate_series(1, 100) n;
		INSERT INTO $name.assignment_rule (code, position, condition, strategy, team)
		SELECT 'rule' || n, n, format('region LIKE %L', n || '%'), 'round_robin', 'team' || 1 + n % 10 FROM generate_series(11, 62) n;
		INSERT INTO $name.assignment_rule (code, position, strategy) VALUES ('rest', 100, 'least_loaded')");
	return;
}

# without_cube(): the module that takes the cube's place.
sub without_cube
{
	my $include = `"$ENV{PG_CONFIG}" --includedir-server`;
	my $out = $bench->dir . '/without_cube.so';

	chomp $include;
	system('gcc', '-shared', '-fPIC', '-O2', "-I$include", '-o', $out, 'bench/without_cube.c') == 0 or die "gcc: $?";
	chmod 0755, $out;
	return $out;
}

# use_cube(YES): of sessions that begin from now on.
sub use_cube
{
	my ($yes) = @_;

	$db->query('ALTER DATABASE "' . $db->name . '" ' . ($yes ? 'RESET session_preload_libraries' : "SET session_preload_libraries = '$stub'"));
	return;
}

sub line
{
	my ($what, $with, $without, $costs) = @_;

	printf "%-44s %10.1f %10.1f %7.1f%%\n", $what, $with, $without, 100 * $costs;
	return;
}
