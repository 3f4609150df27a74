#!/usr/bin/perl
#
# Funnels of four steps and 30 days: funnel_agg over lead, and window_funnel over
# an event log, one process each, warm.
#
# The references: ClickHouse's windowFunnel over the same events, if there is a
# clickhouse-server (Debian has one), one thread; and "GROUP BY lead_id" with
# count(*) over the log.  ClickHouse reads the events sorted by lead and time,
# which suits it best, and, for comparison, in order of time, as a log grows;
# funnel_agg reads the table lead of a workspace with all its columns filled.
# Counts must be the same everywhere.
#
# BENCH_LEADS leads (150,000) have 6 2/3 events on average; LEADCRM_BENCH_FULL=1
# takes 1.5 million leads and 10 million events.  Rounds take turns and the
# median is printed.

use strict;
use warnings;

use Bench;
use ClickHouse;

my $leads = $ENV{BENCH_LEADS} || ($ENV{LEADCRM_BENCH_FULL} ? 1_500_000 : 150_000);
my $rounds = $ENV{BENCH_ROUNDS} || 5;
my $bench = Bench->new;
my $db = $bench->db;
my @steps = qw(new contacted proposal won);
my $steps = "ARRAY['" . join("','", @steps) . "']";

# The log, in order of time: paths that go forward, repeat and skip stages, get
# lost and take from hours to months.
$db->query(<<"END");
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('crm');
CREATE TABLE log AS
SELECT lead_id, at, event
  FROM (SELECT g AS lead_id,
               timestamptz '2025-01-01 00:00:00Z' + interval '1 second' *
                   (g::bigint * 7919 % 20000000 + k * (1 + g % 200) * 1800 + h % 1800) AS at,
               CASE WHEN k = 1 AND g % 20 > 0 THEN 'new'
                    WHEN h % 11 = 0 THEN 'lost'
                    WHEN h % 7 = 0 THEN 'contacted'
                    ELSE (ARRAY['contacted', 'analysis', 'proposal', 'negotiation', 'won'])[1 + least(4, (k - 2 + h % 2) / 2)] END AS event
          FROM generate_series(1, $leads) g,
               generate_series(1, CASE WHEN g % 3 > 0 THEN 1 + (g * 31 % 13) ELSE 6 END) k,
               LATERAL (SELECT (g::bigint * 104729 + k * 7907) % 100003 AS h) r) e
 ORDER BY at;
CREATE INDEX log_covering ON log (lead_id, at, event);
VACUUM ANALYZE log;
ALTER TABLE crm.lead DISABLE TRIGGER USER;
END

# lead, every column that a person fills in filled in.
my $filled = 'kind, name, company, title, phone, email, wechat, address, region, industry, product_line, company_size, budget_min,
	budget_max, budget_status, first_source, last_source, last_form, last_inbound_at, campaign, expected_amount, currency,
	expected_close_on, stage, loss_reason, intent, intent_since, score, fit, behaviour_1, behaviour_1_at, owner, team,
	assigned_at, touched_at, first_contacted_at, last_contacted_at, created_at, updated_at, attrs';
$db->query('ALTER TABLE crm.lead ADD COLUMN IF NOT EXISTS lifecycle leadcrm.lifecycle');
$db->query(<<"END");
INSERT INTO crm.lead (id, $filled, lifecycle)
SELECT lead_id, 'contact', '客户' || lead_id, '重庆华信' || lead_id % 5000 || '科技有限公司', '采购经理', '+86138' || lpad(lead_id::text, 8, '0'),
       'buyer' || lead_id || '\@mail' || lead_id % 50 || '.example.com', 'wx' || lead_id, '重庆市渝中区解放碑步行街' || lead_id % 900 || '号', '500103',
       'manufacturing', 'erp', 200, 50000, 200000, 'approved', '百度推广', '官网', 'quote', first_at, 'spring-2025', 100000 + lead_id % 1000 * 100.5, 'CNY',
       '2025-12-31', stage, CASE stage WHEN 'lost' THEN 'price' END, 'warm', first_at, 55, 35, 1.5, first_at, 'rep' || lead_id % 100, 'team' || lead_id % 10,
       first_at, last_at, first_at, last_at, first_at, last_at, '{"note": "wants a quote for twenty seats before the end of the quarter"}', lifecycle
  FROM (SELECT lead_id, min(at) AS first_at, max(at) AS last_at, leadcrm.lifecycle_agg(event, at) AS lifecycle,
               (array_agg(event ORDER BY at DESC))[1] AS stage
          FROM log GROUP BY lead_id) l;
END
$db->query('VACUUM ANALYZE crm.lead');
my $events = $db->query('SELECT count(*) FROM log');
my $width = $db->query('SELECT avg(pg_column_size(l))::int FROM crm.lead l WHERE id <= 1000');

# What is measured, in PostgreSQL: each gives the leads that entered each step.
my $set = "SET max_parallel_workers_per_gather = 0; SET work_mem = '1GB'; SET jit = off;";
my $reached = "SELECT string_agg(n::text, ',' ORDER BY s) FROM (SELECT s, sum(c) FILTER (WHERE depth >= s) AS n FROM d, generate_series(1, 4) s GROUP BY s) r";
my %sql = (
	'funnel_agg over lead' =>
	  "SELECT string_agg(entered::text, ',' ORDER BY position) FROM leadcrm.funnel_steps((SELECT leadcrm.funnel_agg(lifecycle, $steps, '30 days') FROM crm.lead))",
	'funnel_agg with amount and reason' =>
	  "SELECT string_agg(entered::text, ',' ORDER BY position) FROM leadcrm.funnel_steps((SELECT leadcrm.funnel_agg(lifecycle, $steps, '30 days', expected_amount, loss_reason) FROM crm.lead))",
	'count(lifecycle) over lead' => 'SELECT count(lifecycle) FROM crm.lead',
	'window_funnel over the log' =>
	  "WITH d AS (SELECT depth, count(*) AS c FROM (SELECT leadcrm.window_funnel(at, event, $steps, '30 days') AS depth FROM log GROUP BY lead_id) w GROUP BY depth) $reached",
	'window_funnel over an index-only scan' =>
	  "SET enable_seqscan = off; SET enable_hashagg = off; WITH d AS (SELECT depth, count(*) AS c FROM (SELECT leadcrm.window_funnel(at, event, $steps, '30 days') AS depth FROM log GROUP BY lead_id) w GROUP BY depth) $reached",
	'count(*) over the log' => 'SELECT count(*) FROM (SELECT lead_id, count(*) FROM log GROUP BY lead_id) c');

my %cost;
my $clickhouse = ClickHouse->start;
my $same = $db->query("$set $sql{'funnel_agg over lead'}");
if ($clickhouse)
{
	my $tests = join ', ', map { "event = '$_'" } @steps;
	my $file = $bench->dir . '/log';

	$db->query("SET timezone = 'UTC'; COPY (SELECT lead_id, to_char(at, 'YYYY-MM-DD HH24:MI:SS'), event FROM log) TO '$file'");
	$clickhouse->query('CREATE TABLE log (lead_id UInt32, at DateTime, event String) ENGINE = MergeTree PARTITION BY tuple() ORDER BY (lead_id, at)');
	$clickhouse->load('log', $file);
	$clickhouse->query('OPTIMIZE TABLE log FINAL');
	$clickhouse->query('CREATE TABLE stream (lead_id UInt32, at DateTime, event String) ENGINE = MergeTree PARTITION BY tuple() ORDER BY at');
	$clickhouse->query('INSERT INTO stream SELECT * FROM log');
	$clickhouse->query('OPTIMIZE TABLE stream FINAL');
	$sql{"clickhouse, $_->[0]"} = 'SELECT sum(depth >= 1), sum(depth >= 2), sum(depth >= 3), sum(depth >= 4)'
	  . " FROM (SELECT windowFunnel(2592000)(at, $tests) AS depth FROM $_->[1] GROUP BY lead_id)"
	  for [ 'sorted by lead', 'log' ], [ 'in order of time', 'stream' ];
	for my $what (grep { /^clickhouse/ } sort keys %sql)
	{
		(my $counts = $clickhouse->query($sql{$what})) =~ s/\t/,/g;
		die "$what counts $counts, funnel_agg $same\n" if $counts ne $same;
	}
}
for my $what (grep { /^(?:window_)?funnel/ } sort keys %sql)
{
	my $counts = $db->query("$set $sql{$what}");
	die "$what counts $counts, funnel_agg $same\n" if $counts ne $same;
}

for my $round (1 .. $rounds)
{
	for my $what (sort keys %sql)
	{
		push @{ $cost{$what} }, [ $what =~ /^clickhouse/ ? $clickhouse->cost($sql{$what}) : $bench->cost($sql{$what}, "$set $sql{$what}") ];
	}
}
my %wall = map { my $w = $_; $w => median(map { $_->[0] } @{ $cost{$w} }) } keys %cost;
my %cpu = map { my $w = $_; $w => median(map { $_->[1] } @{ $cost{$w} }) } keys %cost;

print "$leads leads, $events events, rows of lead of $width bytes, $rounds rounds; entered: $same\n";
print 'reference of funnel_agg: ', $clickhouse ? 'ClickHouse ' . $clickhouse->version . ", windowFunnel, one thread\n" : "none, there is no clickhouse-server\n";

# line(WHAT, REFERENCE): seconds, and their ratio to the reference's.
sub line
{
	my ($what, $reference) = @_;
	my $known = $reference && $cost{$reference};

	printf "%-40s %8.3f %8.3f", $what, $wall{$what}, $cpu{$what};
	printf " %8.2f %8.2f", $wall{$what} / $wall{$reference}, $cpu{$what} / $cpu{$reference} if $known;
	print "\n";
}

printf "\n%-40s %8s %8s %8s %8s\n", '', 'wall s', 'cpu s', 'ratio', 'of cpu';
my $reference = 'clickhouse, sorted by lead';
line($reference) if $clickhouse;
line('clickhouse, in order of time', $reference) if $clickhouse;
line($_, $reference) for 'funnel_agg over lead', 'funnel_agg with amount and reason', 'count(lifecycle) over lead';
print "\n";
line('count(*) over the log');
line($_, 'count(*) over the log') for 'window_funnel over the log', 'window_funnel over an index-only scan';
$clickhouse->stop if $clickhouse;
