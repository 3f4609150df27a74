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
# the median round is printed.  Processor seconds are the backend's own, where
# /proc tells them: their shares hold where others keep the machine busy.

use strict;
use warnings;

use LeadCRM;
use List::Util qw(sum);
use Time::HiRes qw(time);

my $rows = $ENV{BENCH_ROWS} || 100_000;
my $rounds = $ENV{BENCH_ROUNDS} || 5;
my $seconds = $ENV{BENCH_SECONDS} || 5;
my $db = LeadCRM->database;
my $dir = File::Temp->newdir;
chmod 0777, $dir;					# the server writes here, as a user of its own

sub median { my @s = sort { $a <=> $b } @_; return $s[$#s / 2]; }

# Wall and processor seconds of SQL in a session of its own.
sub cost
{
	my ($sql) = @_;
	my $session = $db->session;
	my $pid = $session->run('SELECT pg_backend_pid()');
	my $cpu = sub {
		open my $stat, '<', "/proc/$pid/stat" or return 0;
		my ($fields) = <$stat> =~ /\) (.*)/;
		return sum((split ' ', $fields)[11, 12]) / 100;
	};
	my ($t, $c) = (time, $cpu->());

	$session->run($sql);
	die $session->error if $session->error;
	my @cost = (time - $t, $cpu->() - $c);
	$session->close;
	return @cost;
}

# Leads as they arrive: four spellings of a phone, 15 of 100 rows repeat the
# phone of an earlier row, half of these under the same mail.
sub arrivals
{
	my ($n) = @_;
	my $file = "$dir/arrivals.$n";
	my @source = ('百度推广', '官网', '抖音', '展会名片');

	open my $out, '>', $file or die $!;
	for my $i (1 .. $n)
	{
		my $who = $i % 20 == 3 || $i % 20 == 9 || $i % 20 == 15 ? $i - 2 : $i;
		my $mail = $i % 2 ? $i : $who;
		my $phone = sprintf '13%09d', $who * 7919 % 1_000_000_000;
		$phone = ("+86$phone", "0086 $phone", "电话：$phone", $phone)[$i % 4];
		print $out join("\t", "客户$i", '重庆华信' . $i % 5000 . '科技有限公司', '经理', $phone,
			"u$mail\@mail" . $mail % 50 . '.example.com', $source[$i % 4]), "\n";
	}
	close $out;
	chmod 0644, $file;
	return $file;
}

# A workspace that normalizes and dedups; with scoring and grading, too, or not.
sub workspace
{
	my ($name, $score) = @_;
	$db->query("SELECT leadcrm.create_workspace('$name');
		UPDATE $name.identity_rule SET active = code IN ('phone', 'email')");
	$db->query("ALTER TABLE $name.lead DISABLE TRIGGER lead_40_score;
		ALTER TABLE $name.activity DISABLE TRIGGER USER") unless $score;
}

sub drop_workspace
{
	my ($name) = @_;
	my $leads = $db->query("SELECT count(*) FROM $name.lead");
	$db->query("SELECT leadcrm.drop_workspace('$name', $leads)");
}

# The tables of a workspace without triggers, for the references.
sub tables
{
	my ($name) = @_;
	$db->query("DROP SCHEMA IF EXISTS $name CASCADE; CREATE SCHEMA $name");
	for my $table (qw(lead identity event merge_log activity))
	{
		$db->query("CREATE TABLE $name.$table (LIKE model.$table INCLUDING ALL)");
	}
	# LIKE copies no storage parameters.
	my $storage = $db->query("SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = 'model.lead'::regclass");
	$db->query("ALTER TABLE $name.lead SET ($storage)") if $storage;
	$db->query("ALTER TABLE $name.activity ADD FOREIGN KEY (lead_id) REFERENCES $name.lead ON DELETE CASCADE");
}

my $columns = 'name, company, title, phone, email, last_source';

printf "%-44s %8s %8s %8s %8s %8s %8s\n", 'COPY into lead, normalize and dedup on',
	'us/row', 'of floor', 'of bare', 'us cpu', 'of floor', 'of bare';
workspace('model');
for my $what ([ $rows / 10, 0 ], [ $rows, 0 ], [ $rows, 1 ])
{
	my ($n, $score) = @$what;
	my $file = arrivals($n);
	my (%wall, %cpu);

	# What it ends up as, for the references to write.
	drop_workspace('model');
	workspace('model', $score);
	$db->query("COPY model.lead ($columns) FROM '$file'");
	$db->query("DROP SCHEMA IF EXISTS stored CASCADE; CREATE SCHEMA stored;
		CREATE TABLE stored.lead AS SELECT * FROM model.lead ORDER BY id;
		CREATE TABLE stored.identity AS SELECT * FROM model.identity ORDER BY lead_id, kind;
		CREATE TABLE stored.event AS SELECT * FROM model.event ORDER BY id;
		CREATE TABLE stored.merge_log AS SELECT * FROM model.merge_log ORDER BY id;
		CREATE TABLE stored.activity AS SELECT * FROM model.activity ORDER BY id;
		COPY (SELECT * FROM stored.lead ORDER BY id) TO '$dir/stored';
		VACUUM ANALYZE stored.lead, stored.identity");

	for my $round (1 .. $rounds)
	{
		my %sql = (
			leadcrm => "COPY one.lead ($columns) FROM '$file'",
			bare => "COPY bare.lead FROM '$dir/stored'",
			floor => "BEGIN;
				INSERT INTO floor.lead SELECT * FROM stored.lead;
				INSERT INTO floor.identity SELECT * FROM stored.identity;
				INSERT INTO floor.event SELECT * FROM stored.event;
				INSERT INTO floor.merge_log SELECT * FROM stored.merge_log;
				INSERT INTO floor.activity SELECT * FROM stored.activity;
				UPDATE floor.lead w SET last_source = l.last_source, last_inbound_at = l.last_inbound_at,
					updated_at = l.updated_at FROM floor.lead l WHERE l.merged_into = w.id;
				COMMIT");
		workspace('one', $score);
		tables($_) for qw(bare floor);
		$db->query('CHECKPOINT');
		for my $which (qw(leadcrm bare floor))
		{
			my ($wall, $cpu) = cost($sql{$which});
			push @{ $wall{$which} }, $wall;
			push @{ $cpu{$which} }, $cpu;
		}
		drop_workspace('one');
	}
	my $shares = sub {
		my ($cost) = @_;
		return map { my $ref = $_; median(map { $cost->{$ref}[$_] / ($cost->{leadcrm}[$_] || 1) } 0 .. $rounds - 1) } qw(floor bare);
	};
	printf "%-44s %8.1f %8.2f %8.2f %8.1f %8.2f %8.2f\n", "$n rows in one transaction" . ($score ? ', and score' : ''),
		1e6 * median(@{ $wall{leadcrm} }) / $n, $shares->(\%wall),
		1e6 * median(@{ $cpu{leadcrm} }) / $n, $shares->(\%cpu);
}

# Single prepared rows by pgbench: transactions a second, the median of three.
sub tps
{
	my ($script, $clients, $sync) = @_;
	my @tps;

	open my $out, '>', "$dir/script" or die $!;
	print $out $script;
	close $out;
	for (1 .. 3)
	{
		my $options = "PGOPTIONS='-c synchronous_commit=$sync'";
		my $said = `$options pgbench -n -M prepared -c $clients -j 2 -T $seconds -f $dir/script @{[$db->name]} 2>&1`;
		my ($tps) = $said =~ /tps = ([\d.]+)/ or die $said;
		push @tps, $tps;
	}
	return median(@tps);
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
tables('bare');
$db->query("INSERT INTO one.lead (phone, last_source) SELECT '+86' || (13000000000 + g)::text, '官网' FROM generate_series(1000, 1999) g");
for my $sync (qw(off on))
{
	for my $clients (1, 8)
	{
		my %tps = map { $_ => tps($single{$_}, $clients, $sync) } qw(bare leadcrm lead_in);
		printf "%-44s %8.2f %8.2f   (bare %.0f/s)\n", "$clients client(s), synchronous_commit $sync",
			$tps{leadcrm} / $tps{bare}, $tps{lead_in} / $tps{bare}, $tps{bare};
	}
}

# The other ways in, against COPY into lead of the same rows.
printf "\n%-44s %8s %8s\n", 'other ways in, 10,000 rows', 'us/row', 'of COPY';
{
	my $n = 10_000;
	my $file = arrivals($n);
	my @base;
	my $run = sub {
		my ($label, $sql) = @_;
		drop_workspace('one');
		workspace('one');
		my ($wall) = cost($sql);
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
