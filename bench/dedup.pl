#!/usr/bin/perl
#
# What arriving leads cost, as ratios against two references of the same run:
#
#	bare	the same rows, as they end up, into a table with lead's columns,
#			indexes and checks and no trigger
#	floor	the same rows into the same side tables by INSERT ... SELECT, no
#			trigger: what any way of doing it has to write
#
# 15 of 100 rows are repeat inquiries; phone and mail are the identity keys.
# Rounds take turns, so that a machine whose speed drifts treats all alike;
# the median round is printed.

use strict;
use warnings;

use Bench;

my $rows = $ENV{BENCH_ROWS} || 100_000;
my $rounds = $ENV{BENCH_ROUNDS} || 5;
my $seconds = $ENV{BENCH_SECONDS} || 5;
my $bench = Bench->new;
my $db = $bench->db;
my @tables = qw(lead identity event merge_log activity);

# A workspace that normalizes and dedups; with scoring and grading, too, or
# not.  It deals nothing to anybody: bench/assign does.
sub workspace
{
	my ($name, $score) = @_;
	$db->query("SELECT leadcrm.create_workspace('$name');
		UPDATE $name.identity_rule SET active = code IN ('phone', 'email');
		ALTER TABLE $name.lead DISABLE TRIGGER lead_50_assign;
		ALTER TABLE $name.lead DISABLE TRIGGER lead_55_recycle");
	$db->query("ALTER TABLE $name.lead DISABLE TRIGGER lead_40_score;
		ALTER TABLE $name.activity DISABLE TRIGGER USER") unless $score;
}

my $columns = 'name, company, title, phone, email, last_source';

printf "%-44s %8s %8s %8s %8s %8s %8s\n", 'COPY into lead, normalize and dedup on',
	'us/row', 'of floor', 'of bare', 'us cpu', 'of floor', 'of bare';
workspace('model');
for my $what ([ $rows / 10, 0 ], [ $rows, 0 ], [ $rows, 1 ])
{
	my ($n, $score) = @$what;
	my $file = $bench->arrivals($n);
	my (%wall, %cpu);

	# What it ends up as, for the references to write.
	$bench->drop_workspace('model');
	workspace('model', $score);
	$db->query("COPY model.lead ($columns) FROM '$file'");
	$bench->keep('model', @tables);

	for my $round (1 .. $rounds)
	{
		my %sql = (
			leadcrm => "COPY one.lead ($columns) FROM '$file'",
			bare => "COPY bare.lead FROM '@{[$bench->dir]}/stored'",
			floor => $bench->floor('floor', @tables));
		workspace('one', $score);
		$bench->bare($_, 'model', @tables) for qw(bare floor);
		$db->query('CHECKPOINT');
		for my $which (qw(leadcrm bare floor))
		{
			my ($wall, $cpu) = $bench->cost($sql{$which});
			push @{ $wall{$which} }, $wall;
			push @{ $cpu{$which} }, $cpu;
		}
		$bench->drop_workspace('one');
	}
	my $shares = sub {
		my ($cost) = @_;
		return map { my $ref = $_; median(map { $cost->{$ref}[$_] / ($cost->{leadcrm}[$_] || 1) } 0 .. $rounds - 1) } qw(floor bare);
	};
	printf "%-44s %8.1f %8.2f %8.2f %8.1f %8.2f %8.2f\n", "$n rows in one transaction" . ($score ? ', and score' : ''),
		1e6 * median(@{ $wall{leadcrm} }) / $n, $shares->(\%wall),
		1e6 * median(@{ $cpu{leadcrm} }) / $n, $shares->(\%cpu);
}

# 15 of 100 rows take one of 1,000 known phones, the others a new one.
my $draw = q{\set new random(1000000, 999999999)
\set old random(1000, 1999)
\set phone 13000000000 + (:new % 1000000000)
\set r random(1, 100)
\if :r <= 15
\set phone 13000000000 + :old
\endif
};
my %single = (
	bare => $draw . "INSERT INTO bare.lead (name, company, title, phone, email, region, first_source, last_source,"
		. " last_inbound_at, created_at, updated_at) VALUES ('客户', '重庆华信科技有限公司', '经理', '+86' || :phone::text,"
		. " 'u' || :new::text || '\@mail.example.com', '50', '官网', '官网', now(), now(), now());\n",
	leadcrm => $draw . "INSERT INTO one.lead ($columns) VALUES ('客户', '重庆华信科技有限公司', '经理', '+86' || :phone::text,"
		. " 'u' || :new::text || '\@mail.example.com', '官网');\n",
	lead_in => $draw . "INSERT INTO one.lead_in ($columns) VALUES ('客户', '重庆华信科技有限公司', '经理', '+86' || :phone::text,"
		. " 'u' || :new::text || '\@mail.example.com', '官网');\n");

printf "\n%-44s %8s %8s\n", 'single prepared rows, share of bare', 'lead', 'lead_in';
workspace('one');
$bench->bare('bare', 'model', @tables);
$db->query("INSERT INTO one.lead (phone, last_source) SELECT '+86' || (13000000000 + g)::text, '官网' FROM generate_series(1000, 1999) g");
for my $sync (qw(off on))
{
	for my $clients (1, 8)
	{
		my %tps;
		for my $which (qw(bare leadcrm lead_in))
		{
			$tps{$which} = median(map { $bench->tps($single{$which}, clients => $clients, sync => $sync, seconds => $seconds) } 1 .. 3);
		}
		printf "%-44s %8.2f %8.2f   (bare %.0f/s)\n", "$clients client(s), synchronous_commit $sync",
			$tps{leadcrm} / $tps{bare}, $tps{lead_in} / $tps{bare}, $tps{bare};
	}
}

# The other ways in, against COPY into lead of the same rows.
printf "\n%-44s %8s %8s\n", 'other ways in, 10,000 rows', 'us/row', 'of COPY';
{
	my $n = 10_000;
	my $file = $bench->arrivals($n);
	my @base;
	my $run = sub {
		my ($label, $sql) = @_;
		$bench->drop_workspace('one');
		workspace('one');
		my ($wall) = $bench->cost($sql);
		push @base, $wall;
		printf "%-44s %8.1f %8.2f\n", $label, 1e6 * $wall / $n, $base[0] / $wall;
	};
	$db->query("CREATE TABLE staged (line bigint GENERATED ALWAYS AS IDENTITY, name text, company text, title text, phone text, email text, source text);
		COPY staged (name, company, title, phone, email, source) FROM '$file'");
	$run->('COPY lead', "COPY one.lead ($columns) FROM '$file'");
	$run->('COPY lead_in', "COPY one.lead_in ($columns) FROM '$file'");
	$run->('capture_many, one call', "SELECT count(*) FROM one.capture_many('官网',
		(SELECT array_agg(to_jsonb(s) - 'line' ORDER BY line) FROM staged s))");
	$run->('import_leads', "CALL one.import_leads('bench', 'staged', '官网')");
}
