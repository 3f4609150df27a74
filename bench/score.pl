#!/usr/bin/perl
#
# What scoring and grading add to the arrival of leads, as a share of the same
# rows without any trigger: the processor time of the backend with all
# triggers, less that without lead_40_score.  In short statements and in a long
# one, for leads that have an owner and for those that wait in a pool, which is
# sorted by score; and one by one, each a transaction.  The rows without triggers
# are such as scored ones end up, in the same indexes.  And what behaviour costs:
# activities of one lead and of many, against the same rows without triggers.
#
# The rules are those that a workspace is installed with.  What scoring adds is
# little beside what the rest varies by, so the three take turns, statement by
# statement in one session; the median of the differences is printed.

use strict;
use warnings;

use Bench;

my $rows = $ENV{BENCH_ROWS} || 50_000;
my $rounds = $ENV{BENCH_ROUNDS} || 5;
my $bench = Bench->new;
my $db = $bench->db;

# Processor seconds of SQL in a session warmed up by $first.
sub cpu
{
	my ($first, $sql) = @_;

	return ($bench->cost($sql, $first))[1];
}

# No lead is there, and $n are to arrive.
sub begin
{
	my ($n, $owner) = @_;

	$db->query("ALTER TABLE crm.lead ENABLE TRIGGER USER; ALTER TABLE crm.lead DISABLE TRIGGER lead_00_truncate;
		TRUNCATE crm.lead, crm.identity, crm.event, crm.activity, crm.task, crm.merge_log, crm.stage_change, crm.lead_cube, crm.assignment_log,
			crm.approval, crm.approval_step;
		DROP TABLE IF EXISTS arrival; CREATE TABLE arrival AS
		SELECT g, '+86138' || lpad(g::text, 8, '0') AS phone, 'u' || g || '\@mail' || g % 50 || '.example.com' AS email,
		       (ARRAY['总经理', '采购经理', '技术总监', '工程师', '销售', NULL])[1 + g % 6] AS title, (g % 7) * 300 AS size,
		       (g % 50) * 10000 AS budget, (ARRAY['官网', '抖音', '展会名片', '百度推广'])[1 + g % 4] AS source, $owner AS owner
		  FROM generate_series(1, $n) g;
		CREATE INDEX ON arrival (g); ANALYZE arrival");
	return;
}

$db->query("SET client_min_messages = warning; SELECT leadcrm.create_workspace('crm');
	INSERT INTO crm.rep (code, capacity) VALUES ('r1', 1000000000)");

my $insert = 'INSERT INTO crm.lead (name, phone, email, title, company_size, budget_max, first_source, last_source, owner, last_inbound_at, created_at, updated_at)'
  . " SELECT '客户', phone, email, title, size, budget, source, source, owner, now(), now(), now() FROM arrival WHERE g BETWEEN %s AND %s";
(my $scored = $insert) =~ s/updated_at\)/updated_at, fit, score, intent, intent_since)/;
$scored =~ s/now\(\) FROM/now(), 20 + mod(g, 40), 20 + mod(g, 40), 'cold', now() FROM/;
my @triggers = (
	[ bare => 'DISABLE TRIGGER USER' ],
	[ without => 'ENABLE TRIGGER USER, DISABLE TRIGGER lead_00_truncate, DISABLE TRIGGER lead_40_score' ],
	[ all => 'ENABLE TRIGGER USER, DISABLE TRIGGER lead_00_truncate' ]);

# One line: statements of $n leads, $times of each kind; or $n statements of one.
sub compare
{
	my ($label, $n, $times, $owner, $single) = @_;
	my $session = $db->session;
	my $pid = $session->run('SELECT pg_backend_pid()');
	my ($next, %us) = (1);

	begin(($n + 10) * 3 * $times, $owner);
	$session->run('PREPARE one (integer) AS ' . sprintf $insert, '$1', '$1');
	$session->run('PREPARE one_scored (integer) AS ' . sprintf $scored, '$1', '$1');
	for (1 .. $times)
	{
		for (@triggers)
		{
			my ($which, $alter) = @$_;
			my ($one, $many) = $which eq 'bare' ? ('one_scored', $scored) : ('one', $insert);

			$session->run("ALTER TABLE crm.lead $alter;" . join ';', map { "EXECUTE $one (" . $next++ . ')' } 1 .. 10);
			my $sql = $single ? join ";\n", map { "EXECUTE $one (" . ($next + $_) . ')' } 0 .. $n - 1
			  : sprintf $many, $next, $next + $n - 1;
			my $began = processor($pid);
			$session->run($sql);
			push @{ $us{$which} }, 1e6 * (processor($pid) - $began) / $n;
			die $session->error if $session->error;
			$next += $n;
		}
	}
	$session->close;
	my $bare = median(@{ $us{bare} });
	my $added = median(map { $us{all}[$_] - $us{without}[$_] } 0 .. $times - 1);
	printf "%-44s %8.1f %8.1f %8.1f %8.1f %8.2f\n", $label, $bare, median(@{ $us{without} }), median(@{ $us{all} }),
	  $added, $added / $bare;
	return;
}

printf "%-44s %8s %8s %8s %8s %8s\n", 'us of processor a lead', 'bare', 'without', 'all', 'added', 'of bare';
for my $owner ("'r1'", 'NULL::text')
{
	my $where = $owner =~ /NULL/ ? 'in a pool' : 'owned';

	compare("1000 in one statement, $where", 1000, 20 * $rounds, $owner);
	compare("$rows in one statement, $where", $rows, $rounds, $owner);
}
compare('one by one, each a transaction, owned', 100, 20 * $rounds, "'r1'", 'single');

# Behaviour: activities of many leads, and of one.
begin($rows, 'NULL::text');
$db->query(sprintf $insert, 1, $rows);
my $ids = $db->query('SELECT min(id) FROM crm.lead');
my %activity = (
	"$rows activities of as many leads" => "SELECT $ids + g % $rows, 'view_price', 'in', now() - g * interval '1 second' FROM arrival",
	'10000 activities of one lead' => "SELECT $ids, 'view_price', 'in', now() - g * interval '1 minute' FROM generate_series(1, 10000) g");
printf "\n%-44s %8s %8s\n", 'activities in one statement', 'us cpu', 'of bare';
for my $what (sort keys %activity)
{
	my (%us, $n);

	($n) = $what =~ /^(\d+)/;
	for my $round (1 .. $rounds)
	{
		for my $on ('DISABLE', 'ENABLE')
		{
			$db->query("ALTER TABLE crm.activity DISABLE TRIGGER USER; TRUNCATE crm.activity; ALTER TABLE crm.activity $on TRIGGER USER");
			push @{ $us{$on} }, 1e6 * cpu('SELECT count(*) FROM crm.activity',
				"INSERT INTO crm.activity (lead_id, kind, direction, at) $activity{$what}") / $n;
		}
	}
	printf "%-44s %8.1f %8.2f\n", $what, median(@{ $us{ENABLE} }), median(@{ $us{ENABLE} }) / median(@{ $us{DISABLE} });
}
