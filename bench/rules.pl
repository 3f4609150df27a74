#!/usr/bin/perl
#
# What a score by many rules costs, as a ratio to the same rules written out
# by hand: CASE WHEN condition THEN points ELSE 0 END + ..., JIT off.
#
# The mix: 60 % conjunctions of two or three tests, 30 % single tests, 10 %
# LIKE 'prefix%', over more than eight columns of a workspace's lead table;
# then 10 % more rules that no look-up can answer.  Both sides run in one
# process without parallel workers and must agree on every row.  "scan" is what
# any way of doing it has to pay: a sequential scan that reaches the last
# column.
#
# Rounds take turns, so that a machine whose speed drifts treats all alike;
# the median round is printed.

use strict;
use warnings;

use Bench;
use LeadCRM;
use Time::HiRes qw(time);

my $rows = $ENV{BENCH_ROWS} || 1_000_000;
my $rounds = $ENV{BENCH_ROUNDS} || 3;
my $db = LeadCRM->database;

srand 20260101;		# the same rules each time

sub one_of { return $_[rand @_]; }

my @industry = map { "industry$_" } 1 .. 20;
my @source = ('百度推广', '官网', '官网-索要报价', '抖音', '展会名片', '微信公众号', '转介绍', '电话');
my @form = ('预约演示', '索要报价', '下载白皮书', '联系我们', '报名研讨会');
my @title = ('总经理', '采购经理', '技术总监', '工程师', '市场专员', '董事长', '运营主管');
my @product = map { "product$_" } 1 .. 8;
my @stage = qw(new contacted qualified proposal won lost);
my @province = qw(11 12 13 14 21 31 32 33 34 35 36 37 41 42 43 44 50 51 61);

# A single test; of one value, of several, or of a range.
my %test = (
	industry => sub { sprintf "industry = '%s'", one_of(@industry) },
	last_source => sub { rand() < 0.5 ? sprintf "last_source = '%s'", one_of(@source)
		: sprintf "last_source IN ('%s', '%s')", one_of(@source), one_of(@source) },
	last_form => sub { sprintf "last_form = '%s'", one_of(@form) },
	title => sub { sprintf "title IN ('%s', '%s', '%s')", one_of(@title), one_of(@title), one_of(@title) },
	product_line => sub { sprintf "product_line <> '%s'", one_of(@product) },
	company_size => sub { rand() < 0.5 ? sprintf "company_size >= %d", 50 * int rand 40
		: sprintf "company_size BETWEEN %d AND %d", 50 * int rand 20, 1000 + 50 * int rand 20 },
	budget_max => sub { sprintf "budget_max >= %d", 10_000 * int rand 50 },
	budget_min => sub { sprintf "budget_min < %d", 10_000 * int rand 30 },
	expected_close_on => sub { sprintf "expected_close_on < '2026-%02d-01'", 1 + int rand 12 },
	stage => sub { rand() < 0.3 ? 'stage IS NULL' : sprintf "stage = '%s'", one_of(@stage) },
	behaviour_1 => sub { sprintf "behaviour_1 > %.1f", rand 50 },
	email => sub { one_of('email IS NULL', 'email IS NOT NULL') },
);
my %prefix = (
	region => sub { sprintf "region LIKE '%s%s%%'", one_of(@province), one_of('', '01', '02', '03') },
	company => sub { sprintf "company LIKE '%s%%'", one_of('上海', '上海浦东', '北京', '重庆', '深圳', '深圳南山', '广州', '苏州') },
	campaign => sub { sprintf "campaign LIKE '2026-%02d%%'", 1 + int rand 12 },
);
my @apart = (
	sub { sprintf "name LIKE '%%%d%%'", 10 + int rand 90 },
	sub { sprintf "budget_max > expected_amount AND company_size > %d", 50 * int rand 20 },
	sub { sprintf "CASE WHEN company_size > %d THEN budget_max ELSE expected_amount END > %d", 50 * int rand 20, 10_000 * int rand 50 },
);

sub single { return $test{ one_of(sort keys %test) }->(); }

sub conjunction
{
	my %seen;
	my $n = 2 + int rand 2;

	$seen{ one_of(sort keys %test) } = 1 while keys %seen < $n;
	return join ' AND ', map { $test{$_}->() } sort keys %seen;
}

sub mix
{
	my ($n) = @_;

	return map { my $k = $_ % 10;
		$k < 6 ? conjunction() : $k < 9 ? single() : $prefix{ one_of(sort keys %prefix) }->() } 0 .. $n - 1;
}

# A table of rules; returns the same as one expression.
sub rules
{
	my ($name, @condition) = @_;
	my ($values, $sum) = ('', '0');

	for my $i (0 .. $#condition)
	{
		my $points = $i % 7 == 3 ? -5 : 1 + $i % 10;
		$values .= sprintf "%s('r%04d', \$\$%s\$\$, %d)", $i ? ', ' : '', $i, $condition[$i], $points;
		$sum .= " + CASE WHEN $condition[$i] THEN $points ELSE 0 END";
	}
	$db->query("CREATE TABLE $name (code text PRIMARY KEY, condition text NOT NULL, points integer NOT NULL);
		CREATE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON $name
			FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
		CREATE TRIGGER config_truncated AFTER TRUNCATE ON $name
			FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
		ALTER TABLE $name ENABLE ALWAYS TRIGGER config_changed, ENABLE ALWAYS TRIGGER config_truncated;
		INSERT INTO $name VALUES $values");
	return $sum;
}

sub pick { my $n = @_; return 'CASE floor(random() * ' . $n . ')::int ' . join('', map { "WHEN $_ THEN '$_[$_]' " } 0 .. $n - 1) . 'END'; }

$db->query("SELECT leadcrm.create_workspace('model');
	CREATE TABLE lead (LIKE model.lead);
	SELECT setseed(0.5);
	INSERT INTO lead (id, kind, name, company, title, phone, email, address, region, industry, product_line,
		company_size, budget_min, budget_max, first_source, last_source, last_form, last_inbound_at, campaign,
		external_id, expected_amount, currency, expected_close_on, stage, intent, score, behaviour_1, behaviour_1_at,
		owner, team, assigned_at, attrs, created_at, updated_at)
	SELECT g, 'contact', '客户' || g, @{[pick(qw(上海 北京 重庆 深圳 广州 苏州 上海浦东 深圳南山))]} || '华信' || g % 5000 || '科技有限公司',
		@{[pick(@title)]}, '+86' || 13000000000 + g, CASE WHEN g % 3 > 0 THEN 'u' || g || '\@mail.example.com' END,
		'Road ' || g % 999, @{[pick(@province)]} || '0' || g % 5 || '00', @{[pick(@industry)]}, @{[pick(@product)]},
		CASE WHEN random() < 0.8 THEN (random() * 2000)::int END,
		CASE WHEN random() < 0.5 THEN 1000 * floor(random() * 300)::numeric END,
		CASE WHEN random() < 0.6 THEN 1000 * floor(random() * 500)::numeric END,
		'官网', @{[pick(@source)]}, CASE WHEN random() < 0.7 THEN @{[pick(@form)]} END, now(),
		CASE WHEN random() < 0.5 THEN '2026-' || lpad((1 + g % 12)::text, 2, '0') || '-spring' END,
		'x' || g, CASE WHEN random() < 0.3 THEN 1000 * floor(random() * 500)::numeric END, 'CNY',
		CASE WHEN random() < 0.4 THEN date '2026-01-01' + g % 365 END,
		CASE WHEN random() < 0.9 THEN @{[pick(@stage)]} END, 'warm', g % 100,
		CASE WHEN random() < 0.7 THEN random() * 60 END, now(), 'rep' || g % 50, 'team' || g % 5, now(),
		jsonb_build_object('need', '报价', 'n', g), now(), now()
	FROM generate_series(1, $rows) g;
	VACUUM ANALYZE lead");
my ($width) = $db->query("SELECT pg_relation_size('lead') / count(*) FROM lead");

my @base = mix(200);
my %sum = (
	rules_50 => rules('rules_50', @base[0 .. 49]),
	rules_200 => rules('rules_200', @base),
	rules_220 => rules('rules_220', @base, map { $apart[$_ % @apart]->() } 0 .. 19));

# Seconds of a query that reads all leads: the backend's own processor seconds,
# where /proc tells them, for others use the machine too.
my $session = $db->session;
$session->run('SET max_parallel_workers_per_gather = 0; SET jit = off');
my $pid = $session->run('SELECT pg_backend_pid()');

sub cost
{
	my ($sql) = @_;
	my $t = processor($pid) || time;

	$session->run($sql);
	die $session->error if $session->error;
	return (processor($pid) || time) - $t;
}

for my $rules (sort keys %sum)
{
	my $wrong = $db->query("SELECT count(*) FROM lead l WHERE leadcrm.score(l, '$rules') IS DISTINCT FROM $sum{$rules}");
	die "$wrong rows have another score by $rules than by CASE\n" if $wrong;
}

my (%score, %case, @scan, @row);
for (1 .. $rounds)
{
	push @scan, cost('SELECT count(updated_at) FROM lead');
	push @row, cost('SELECT count(l) FROM lead l WHERE l IS DISTINCT FROM NULL');
	for my $rules (sort keys %sum)
	{
		push @{ $score{$rules} }, cost("SELECT sum(leadcrm.score(l, '$rules')) FROM lead l");
		push @{ $case{$rules} }, cost("SELECT sum($sum{$rules}) FROM lead l");
	}
}

my $us = 1e6 / $rows;
printf "%-44s %8s %8s %8s\n", "score of $rows leads of $width bytes", 'us cpu', 'CASE', 'of CASE';
printf "%-44s %8.2f\n", 'scan that reaches the last column', $us * median(@scan);
printf "%-44s %8.2f\n", 'the same, each row made a value', $us * median(@row);
for my $rules (['rules_50', '50 rules'], ['rules_200', '200 rules'], ['rules_220', '200 rules, 20 that cannot be grouped'])
{
	my ($name, $label) = @$rules;
	printf "%-44s %8.2f %8.2f %8.2f\n", $label, $us * median(@{ $score{$name} }), $us * median(@{ $case{$name} }),
		median(map { $score{$name}[$_] / $case{$name}[$_] } 0 .. $rounds - 1);
}
printf "%-44s %8.2f\n", '200 rules, of the time of 50',
	median(map { $score{rules_200}[$_] / $score{rules_50}[$_] } 0 .. $rounds - 1);
