package ClickHouse;

#
# A ClickHouse server on loopback, for comparison, with a folder, configuration
# and port of its own; one thread for each query.
#
#	my $clickhouse = ClickHouse->start or say 'there is none';
#	my $rows = $clickhouse->query('SELECT 1');
#	$clickhouse->load('table', 'file.tsv');
#	my ($wall, $cpu) = $clickhouse->cost('SELECT ...');     # of the server
#	$clickhouse->stop;
#
# It is taken as it is installed: clickhouse-server and clickhouse-client of
# Debian, or the one program "clickhouse" of its makers, on the PATH or in
# /usr/sbin.
#

use strict;
use warnings;

use File::Temp;
use IO::Socket::INET;
use List::Util qw(sum);
use Time::HiRes qw(sleep time);

# A program, as the words of a command; () if it is not there.
sub program
{
	my ($name) = @_;

	for my $dir (split(/:/, $ENV{PATH}), '/usr/sbin')
	{
		return "$dir/clickhouse-$name" if -x "$dir/clickhouse-$name";
		return ("$dir/clickhouse", $name) if -x "$dir/clickhouse";
	}
	return ();
}

sub free_port
{
	my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die $!;
	return $socket->sockport;
}

sub start
{
	my ($class) = @_;
	my @server = program('server');
	my @client = program('client');

	return undef unless @server && @client;
	my $dir = File::Temp->newdir;
	my $port = free_port();
	my $self = bless { dir => $dir, client => [ @client, '--host', '127.0.0.1', '--port', $port ], parent => $$ }, $class;
	open my $config, '>', "$dir/config.xml" or die $!;
	print $config <<"END";
<yandex>
	<logger><level>warning</level><log>$dir/log</log><errorlog>$dir/errors</errorlog></logger>
	<listen_host>127.0.0.1</listen_host>
	<tcp_port>$port</tcp_port>
	<path>$dir/data/</path>
	<tmp_path>$dir/tmp/</tmp_path>
	<mark_cache_size>536870912</mark_cache_size>
	<timezone>UTC</timezone>
	<users_config>$dir/users.xml</users_config>
	<default_profile>default</default_profile>
	<default_database>default</default_database>
</yandex>
END
	close $config;
	open my $users, '>', "$dir/users.xml" or die $!;
	print $users <<"END";
<yandex>
	<profiles><default><max_threads>1</max_threads></default></profiles>
	<users><default>
		<password></password>
		<networks><ip>127.0.0.1</ip></networks>
		<profile>default</profile>
		<quota>default</quota>
	</default></users>
	<quotas><default></default></quotas>
</yandex>
END
	close $users;
	defined(my $pid = fork) or die $!;
	if (!$pid)
	{
		chdir "$dir";
		open STDOUT, '>', "$dir/out";
		open STDERR, '>&', \*STDOUT;
		exec @server, "--config-file=$dir/config.xml" or exit 1;
	}
	$self->{pid} = $pid;
	for (1 .. 300)
	{
		if (IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port))
		{
			$self->{version} = $self->query('SELECT version()');
			return $self;
		}
		sleep 0.1;
	}
	$self->stop;
	die "ClickHouse does not start\n";
}

sub version { return $_[0]{version}; }

# query(SQL): rows as the client prints them, columns parted by tabs.
sub query
{
	my ($self, $sql) = @_;

	open my $client, '-|', @{ $self->{client} }, '--query', $sql or die $!;
	my $out = do { local $/; <$client> } // '';
	close $client or die "ClickHouse: query failed\n";
	chomp $out;
	return $out;
}

sub load
{
	my ($self, $table, $file) = @_;

	system('sh', '-c', 'file=$1; shift; exec "$@" <"$file"', 'sh', $file,
		@{ $self->{client} }, '--query', "INSERT INTO $table FORMAT TabSeparated") == 0
	  or die "ClickHouse: loading failed\n";
	return;
}

# cost(SQL): seconds as the server counts them, and its processor seconds.
sub cost
{
	my ($self, $sql) = @_;
	my $cpu = sub {
		open my $stat, '<', "/proc/$self->{pid}/stat" or return 0;
		my ($fields) = <$stat> =~ /\) (.*)/;
		return sum((split ' ', $fields)[11, 12]) / 100;
	};
	my $before = $cpu->();
	my ($seconds) = `@{[ map { quotemeta } @{ $self->{client} } ]} --time --query \Q$sql\E 2>&1 >/dev/null` =~ /([\d.]+)\s*$/;

	return ($seconds, $cpu->() - $before);
}

sub stop
{
	my ($self) = @_;

	return if !$self->{pid} || $self->{parent} != $$;
	kill 'TERM', $self->{pid};
	waitpid $self->{pid}, 0;
	delete $self->{pid};
	return;
}

sub DESTROY { local $?; $_[0]->stop; return; }

1;
