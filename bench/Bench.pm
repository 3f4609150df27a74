package Bench;

#
# What benchmarks share.
#
#	my $bench = Bench->new;                      # a database of its own
#	my ($wall, $cpu) = $bench->cost($sql);       # of a session of its own
#	my $tps = $bench->tps($script, clients => 8, sync => 'on', seconds => 5);
#	my $file = $bench->arrivals(100_000, sub { more columns of row $_[0] });
#	$bench->bare('floor', 'crm', qw(lead event));	# tables without triggers
#
# Processor seconds are the backend's own, where /proc tells them: their shares
# hold where others keep the machine busy.
#

use strict;
use warnings;

use Exporter 'import';
use LeadCRM;
use List::Util qw(sum);
use Time::HiRes qw(time);

our @EXPORT = qw(median processor);

sub median { my @s = sort { $a <=> $b } @_; return $s[$#s / 2]; }

sub new
{
	my ($class) = @_;
	my $self = bless { db => LeadCRM->database, dir => File::Temp->newdir }, $class;

	chmod 0777, $self->{dir};		# the server writes here, as a user of its own
	return $self;
}

sub db { return $_[0]{db}; }
sub dir { return "$_[0]{dir}"; }

# cost(SQL, FIRST): wall and processor seconds of SQL in a session of its own,
# warmed up by FIRST.
sub cost
{
	my ($self, $sql, $first) = @_;
	my $session = $self->{db}->session;
	my $pid = $session->run('SELECT pg_backend_pid()');

	$session->run($first) if defined $first;
	my ($t, $c) = (time, processor($pid));
	$session->run($sql);
	die $session->error if $session->error;
	my @cost = (time - $t, processor($pid) - $c);
	$session->close;
	return @cost;
}

# processor(PID): the seconds that a backend has run so far, to the nanosecond
# where the kernel tells that.
sub processor
{
	my ($pid) = @_;

	if (open my $stat, '<', "/proc/$pid/schedstat")
	{
		return (split ' ', <$stat>)[0] / 1e9;
	}
	open my $stat, '<', "/proc/$pid/stat" or return 0;
	my ($fields) = <$stat> =~ /\) (.*)/;
	return sum((split ' ', $fields)[11, 12]) / 100;
}

# tps(SCRIPT, clients => N, seconds => S, sync => 'off'): transactions a second
# of a script for pgbench.
sub tps
{
	my ($self, $script, %opt) = @_;
	local $ENV{PGOPTIONS} = "-c synchronous_commit=$opt{sync}";
	my $report = $self->{db}->pgbench($script, '-c' => $opt{clients}, '-j' => 2, '-T' => $opt{seconds});

	return $report =~ /tps = ([\d.]+)/ ? $1 : die $report;
}

# arrivals(N, MORE): a file of leads as they arrive: name, company, title,
# phone, mail, source and what MORE(row) adds.  Four spellings of a phone; 15 of
# 100 rows repeat the phone of an earlier row, half of these under the same mail.
sub arrivals
{
	my ($self, $n, $more) = @_;
	my $file = "$self->{dir}/arrivals.$n";
	my @source = ('百度推广', '官网', '抖音', '展会名片');

	open my $out, '>', $file or die $!;
	for my $i (1 .. $n)
	{
		my $who = $i % 20 == 3 || $i % 20 == 9 || $i % 20 == 15 ? $i - 2 : $i;
		my $mail = $i % 2 ? $i : $who;
		my $phone = sprintf '13%09d', $who * 7919 % 1_000_000_000;
		$phone = ("+86$phone", "0086 $phone", "电话：$phone", $phone)[$i % 4];
		print $out join("\t", "客户$i", '重庆华信' . $i % 5000 . '科技有限公司', '经理', $phone,
			"u$mail\@mail" . $mail % 50 . '.example.com', $source[$i % 4], $more ? $more->($i) : ()), "\n";
	}
	close $out;
	chmod 0644, $file;
	return $file;
}

# bare(NAME, MODEL, TABLE...): the tables of a workspace, in a schema of that
# name, with their columns, indexes and checks and without triggers.
sub bare
{
	my ($self, $name, $model, @tables) = @_;
	my $db = $self->{db};

	$db->query("DROP SCHEMA IF EXISTS $name CASCADE; CREATE SCHEMA $name");
	for my $table (@tables)
	{
		$db->query("CREATE TABLE $name.$table (LIKE $model.$table INCLUDING ALL)");

		# LIKE copies no storage parameters and no foreign keys.
		my $storage = $db->query("SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = '$model.$table'::regclass");
		$db->query("ALTER TABLE $name.$table SET ($storage)") if $storage;
	}
	$db->query("ALTER TABLE $name.activity ADD FOREIGN KEY (lead_id) REFERENCES $name.lead ON DELETE CASCADE")
	  if grep { $_ eq 'activity' } @tables;
	return;
}

# What a repeat changes in its winner, and indexes have.
my @behaviour = map { ("behaviour_$_", "behaviour_${_}_at") } 1 .. 4;

# keep(MODEL, TABLE...): what the tables of a workspace hold, in the schema
# "stored", for the references to write; lead also as it was before the repeats,
# and in the file "stored".
sub keep
{
	my ($self, $model, @tables) = @_;

	$self->{db}->query('DROP SCHEMA IF EXISTS stored CASCADE; CREATE SCHEMA stored');
	for my $table (@tables)
	{
		my $order = { identity => 'lead_id, kind', stage_change => 'lead_id, position', lead_cube => 'key' }->{$table} // 'id';
		$self->{db}->query("CREATE TABLE stored.$table AS SELECT * FROM $model.$table ORDER BY $order; VACUUM ANALYZE stored.$table");
	}
	$self->{db}->query('CREATE TABLE stored.arrived AS SELECT * FROM stored.lead; UPDATE stored.arrived SET '
		. join(', ', map { "$_ = NULL" } @behaviour)
		. ' WHERE id IN (SELECT merged_into FROM stored.lead); CREATE TABLE stored.before AS SELECT * FROM stored.arrived ORDER BY id;'
		. ' DROP TABLE stored.arrived; VACUUM ANALYZE stored.before');
	$self->{db}->query("COPY (SELECT * FROM stored.lead ORDER BY id) TO '$self->{dir}/stored'");
	return;
}

# floor(NAME, TABLE...): SQL that writes what keep() kept into bare tables, and
# once more what a repeat changes: its winner, with what indexes have of it, and
# the task that was open.
sub floor
{
	my ($self, $name, @tables) = @_;

	return 'BEGIN; ' . join('', map { "INSERT INTO $name.$_ SELECT * FROM stored." . ($_ eq 'lead' ? 'before' : $_) . '; ' } @tables)
	  . "UPDATE $name.lead w SET last_source = l.last_source, last_inbound_at = l.last_inbound_at, updated_at = l.updated_at, "
	  . join(', ', map { "$_ = l.$_" } @behaviour)
	  . ' FROM stored.lead l WHERE l.id = w.id AND l.id IN (SELECT merged_into FROM stored.lead);'
	  . ((grep { $_ eq 'task' } @tables) ? "UPDATE $name.task SET cancelled_at = cancelled_at WHERE cancelled_at IS NOT NULL;" : '')
	  . ' COMMIT';
}

sub drop_workspace
{
	my ($self, $name) = @_;
	my $leads = $self->{db}->query("SELECT count(*) FROM $name.lead");

	$self->{db}->query("SELECT leadcrm.drop_workspace('$name', $leads)");
	return;
}

1;
