package LeadCRM;

#
# What TAP tests share: a database of their own on the server that libpq's
# environment names, and sessions in it.
#
#	my $db = LeadCRM->database;                  # dropped when the test ends
#	is($db->query('SELECT 1'), '1');             # dies on an error
#	my ($out, $error) = $db->try('SELECT 1/0');  # $error is '22012: division by zero'
#	my $s = $db->session(user => 'writer');      # a psql that stays open
#	$s->send('INSERT ...');                      # other sessions run in between
#	is($s->wait, ''); is($s->error, '');         # like output and $error above
#	my $report = $db->pgbench($script, qw(-c 32 -t 100));
#	my $dir = LeadCRM::data('olist_funnel');     # undef if the data is not there
#
# Results are psql's unaligned rows, columns parted by "|".  More than one
# statement in query() or try() is one script, not one transaction.  SQL and
# results are UTF-8 bytes, so a test with Chinese text does not "use utf8".
#

use strict;
use warnings;

use File::Basename qw(basename);
use File::Temp;
use IPC::Open2 qw(open2);

my @psql = qw(psql -X -A -t -q -w -v VERBOSITY=verbose -v SHOW_CONTEXT=never);
my @databases;

# database(extension => 0, name => 'other'): create it anew.  The name is the
# test's, so that a database left by a killed run is replaced.
sub database
{
	my ($class, %opt) = @_;
	my ($base) = basename($0) =~ /^(\w+)/;
	my $self = bless { name => 't_' . $base . ($opt{name} ? "_$opt{name}" : '') }, $class;
	my $admin = bless { name => 'template1' }, $class;

	$admin->query(qq(DROP DATABASE IF EXISTS "$self->{name}" WITH (FORCE)));
	$admin->query(qq(CREATE DATABASE "$self->{name}" TEMPLATE template0));
	push @databases, [ $admin, $self->{name}, $$ ];
	$self->query('CREATE EXTENSION leadcrm') unless exists $opt{extension} && !$opt{extension};
	return $self;
}

# name: for programs that connect by themselves.
sub name { return $_[0]{name}; }

# try(SQL, user => ROLE): output and the first error, '' if there was none.
sub try
{
	my ($self, $sql, %opt) = @_;
	my $script = File::Temp->new;
	my $errors = File::Temp->new;

	print $script $sql;
	close $script;
	open my $stderr, '>&', \*STDERR or die $!;
	open STDERR, '>', $errors->filename or die $!;
	my $opened = open my $psql, '-|', @psql, '-v', 'ON_ERROR_STOP=1', '-d', $self->{name},
		($opt{user} ? ('-U', $opt{user}) : ()), '-f', $script->filename;
	open STDERR, '>&', $stderr or die $!;
	die "could not run psql: $!" unless $opened;
	my $out = do { local $/; <$psql> } // '';
	close $psql;
	my $status = $?;
	my $text = do { local $/; open my $f, '<', $errors->filename or die $!; <$f> } // '';
	chomp $out;
	return ($out, $status == 0 ? '' : _error($text) || $text || "psql: status $status");
}

# query(SQL, user => ROLE): output; an error ends the test.
sub query
{
	my ($self, $sql, %opt) = @_;
	my ($out, $error) = $self->try($sql, %opt);

	die "$error\nin: $sql\n" if $error;
	return $out;
}

sub _error
{
	return $_[0] =~ /^.*?(?:ERROR|FATAL|PANIC):  (.*)/m ? $1 : '';
}

# session(user => ROLE): a psql of its own.
sub session
{
	my ($self, %opt) = @_;
	my ($out, $in);
	my $pid = open2($out, $in, 'sh', '-c', 'exec "$@" 2>&1', 'sh', @psql, '-d', $self->{name},
		$opt{user} ? ('-U', $opt{user}) : ());

	$in->autoflush(1);
	return bless { pid => $pid, in => $in, out => $out, sent => 0 }, 'LeadCRM::Session';
}

# pgbench(SCRIPT, OPTION...): run it and return what it reports; a client that
# ends with an error ends the test.
sub pgbench
{
	my ($self, $script, @options) = @_;
	my $file = File::Temp->new;

	print $file $script;
	close $file;
	open my $pgbench, '-|', 'sh', '-c', 'exec "$@" 2>&1', 'sh', 'pgbench', '-n', '-M', 'prepared', @options,
		'-f', $file->filename, $self->{name}
	  or die "could not run pgbench: $!";
	my $report = do { local $/; <$pgbench> } // '';
	close $pgbench or die "pgbench failed:\n$report";
	return $report;
}

# data(SET): the folder of a set of real data, or undef.
sub data
{
	my $dir = $ENV{LEADCRM_DATA} ? "$ENV{LEADCRM_DATA}/$_[0]" : '';

	return $dir && -d $dir ? $dir : undef;
}

END
{
	my $status = $?;    # DROP must not change the test's

	for (@databases)
	{
		my ($admin, $name, $pid) = @$_;
		$admin->try(qq(DROP DATABASE IF EXISTS "$name" WITH (FORCE))) if $pid == $$;
	}
	$? = $status;
}

package LeadCRM::Session;

# send(SQL): give it to the session and do not wait.
sub send
{
	my ($self, $sql) = @_;

	$self->{sent}++;
	print { $self->{in} } "$sql\n;\n\\echo :done: $self->{sent}\n";
	return;
}

# wait: the output of what was sent since the last wait.
sub wait
{
	my ($self) = @_;
	my ($out, $errors, $in_error) = ('', '', 0);
	my $fh = $self->{out};

	while (my $line = <$fh>)
	{
		last if $line =~ /^:done: $self->{sent}$/;
		next if $line =~ /^:done: /;
		if ($line =~ /(?:^|^psql: .*)(?:ERROR|FATAL|PANIC):  /)
		{
			$errors .= $line;
		}
		elsif ($line !~ /^(?:DETAIL|HINT|LOCATION|CONTEXT|NOTICE|WARNING|LINE \d+):/)
		{
			$out .= $line;
		}
	}
	chomp $out;
	$self->{error} = LeadCRM::_error($errors);
	return $out;
}

# error: the first error of the last wait, '' if there was none.
sub error { return $_[0]{error}; }

# run(SQL): send and wait.
sub run
{
	my ($self, $sql) = @_;

	$self->send($sql);
	return $self->wait;
}

sub close
{
	my ($self) = @_;

	return unless $self->{pid};
	close $self->{in};
	close $self->{out};
	waitpid delete $self->{pid}, 0;
	return;
}

sub DESTROY
{
	my ($self) = @_;
	local ($?, $!);

	$self->close;
	return;
}

1;
