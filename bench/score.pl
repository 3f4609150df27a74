#!/usr/bin/perl
#
# What scoring and grading add to the arrival of leads, as a share of the same
# rows without any trigger: the processor time of the backend with all
# triggers, less that without lead_40_score.  And what behaviour costs: activities
# of one lead and of many, against the same rows without triggers.
#
# The rules are those that a workspace is installed with.  Rounds take turns,
# so that a machine whose speed drifts treats all alike; the median round is
# printed.

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

sub empty
{
	$db->query('ALTER TABLE crm.lead DISABLE TRIGGER lead_00_truncate;
		TRUNCATE crm.lead, crm.identity, crm.event, crm.activity, crm.merge_log, crm.stage_change, crm.lead_cube, crm.approval, crm.approval_step');
}

$db->query("SET client_min_messages = warning; SELECT leadcrm.create_workspace('crm');
	CREATE TABLE arrival AS
	SELECT g, '+86138' || lpad(g::text, 8, '0') AS phone, 'u' || g || '\@mail' || g % 50 || '.example.com' AS email,
	       (ARRAY['总经理', '采购经理', '技术总监', '工程师', '销售', NULL])[1 + g % 6] AS title, (g % 7) * 300 AS size,
	       (g % 50) * 10000 AS budget, (ARRAY['官网', '抖音', '展会名片', '百度推广'])[1 + g % 4] AS source
	  FROM generate_series(1, $rows + 1) g");

my $insert = 'INSERT INTO crm.lead (name, phone, email, title, company_size, budget_max, first_source, last_source, last_inbound_at, created_at, updated_at)'
  . " SELECT '客户', phone, email, title, size, budget, source, source, now(), now(), now() FROM arrival";
my %set = (
	bare => 'ALTER TABLE crm.lead DISABLE TRIGGER USER',
	'without score' => 'ALTER TABLE crm.lead ENABLE TRIGGER USER; ALTER TABLE crm.lead DISABLE TRIGGER lead_40_score',
	all => 'ALTER TABLE crm.lead ENABLE TRIGGER USER');
my %cost;
for my $round (1 .. $rounds)
{
	for my $which (sort keys %set)
	{
		empty();
		$db->query("$set{$which}; ALTER TABLE crm.lead DISABLE TRIGGER lead_00_truncate");
		push @{ $cost{$which} }, cpu("$insert WHERE g > $rows", "$insert WHERE g <= $rows");
	}
}
my $added = median(map { $cost{all}[$_] - $cost{'without score'}[$_] } 0 .. $rounds - 1);
printf "%-44s %8s %8s\n", "$rows leads in one statement", 'us cpu', 'of bare';
printf "%-44s %8.1f %8.2f\n", $_, 1e6 * median(@{ $cost{$_} }) / $rows, median(@{ $cost{$_} }) / median(@{ $cost{bare} })
  for 'bare', 'without score', 'all';
printf "%-44s %8.1f %8.2f\n", 'score adds', 1e6 * $added / $rows, $added / median(@{ $cost{bare} });

# Behaviour: activities of many leads, and of one.
empty();
$db->query("ALTER TABLE crm.lead ENABLE TRIGGER USER; $insert");
my $ids = $db->query('SELECT min(id) FROM crm.lead');
my %activity = (
	"$rows activities of as many leads" => "SELECT $ids + g % $rows, 'view_price', 'in', now() - g * interval '1 second' FROM arrival WHERE g <= $rows",
	'10000 activities of one lead' => "SELECT $ids, 'view_price', 'in', now() - g * interval '1 minute' FROM arrival WHERE g <= 10000");
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
