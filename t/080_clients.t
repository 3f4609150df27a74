#
# Applications write and look up leads through their ordinary drivers: the
# scripts in t/clients/ ask the same of psycopg 3, JDBC and node-postgres, each
# over TCP in a database of its own, as the workspace's owner and as a writer.
#
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use File::Temp;
use LeadCRM;
use Test::More;

my $dir = File::Temp->newdir;
my $scripts = "$FindBin::RealBin/clients";
my $password = join '', map { ('a' .. 'z', 0 .. 9)[ rand 36 ] } 1 .. 20;

# The command of each driver, '' where the driver is not installed.
my %command = (psycopg => '', JDBC => '', node => '');
my ($python) = grep { system("$_ -c 'import psycopg' 2>$dir/errors") == 0 } qw(/usr/bin/python3 python3);
my ($driver) = grep { /\.jar$/ && -f } split /:/, $ENV{CLASSPATH} // '';
$command{psycopg} = "$python $scripts/psycopg3.py" if $python;
$command{JDBC} = "java -XX:TieredStopAtLevel=1 -cp $dir:\$CLASSPATH Jdbc"
	if $driver && system("javac -version >$dir/errors 2>&1") == 0;
$command{node} = "node $scripts/node.js" if system("node -e 'require(\"pg\")' 2>$dir/errors") == 0;

# What each step prints: the same for all drivers, or by driver.  A step that a
# driver is not listed with is one that it does not take.
my @steps = (
	'new' => '1 +8613800138000 null',
	'repeat' => '2 1',
	'many' => '3 null 4 3',
	'values' => '1 200000.50 brand',
	'types' => {
		psycopg => 'int Decimal datetime dict',
		JDBC => 'Long BigDecimal Timestamp PGobject',
		node => 'String String Date Object' },
	'stored spelling' => '1 王芳',
	'any spelling' => '1 王芳',
	'no phone' => 'null',
	'find_lead' => '1 王芳 phone',
	'phone' => '+862363812345;ext=801',
	'phone type' => { psycopg => 'str', JDBC => 'PGobject 1111', node => 'String' },
	'phone type, binary' => { psycopg => 'bytes' },
	'phone found' => '0',
	'phone found, binary' => { psycopg => '0' },
	'phone found, unspecified' => { JDBC => '0' },
	'phone plan' => qr/Index.* Index Cond: \(tel = '\+862363812345'::phone\)/,
	'phone of a list' => '2',
	# A driver that says "text" gets no row, one that leaves the type open an error.
	'no phone found' => { psycopg => '22P02', JDBC => '', node => '22P02' },
	'no phone found, unspecified' => { JDBC => '22P02' },
	'no phone found, as text' => '',
	'phone copied' => { psycopg => '1 -1', JDBC => '1 -1' },
	'copy' => { psycopg => '2', JDBC => '2' },
	# All views, and how many of their columns have a type that is not PostgreSQL's own
	'views' => sub {
		my ($client, $db) = @_;
		return $db->query("SELECT count(*) FROM pg_views WHERE schemaname = 'crm' AND starts_with(viewname, 'v_')")
			. ($client eq 'JDBC' ? '' : ' 0');
	},
	'types of views' => {
		psycopg => 'Decimal bool date datetime dict int list str timedelta',
		JDBC => 'BigDecimal Boolean Date Integer Long PGInterval PgArray String Timestamp jsonb',
		node => 'Array Boolean Date Number Object PostgresInterval String' },
	'writer, new' => { psycopg => '7 +8613600136000', JDBC => '7 +8613600136000', node => '5 +8613600136000' },
	'writer, repeat' => '1 +8613800138000',
	'writer, insert only' => '42501',
	'writer, sees' => '0 42501',
	'writer, find_lead' => '1 null',
	'writer, capture new' => { psycopg => 'created 9', JDBC => 'created 9', node => 'created 7' },
	'writer, capture repeat' => 'merged 1',
	'writer, copy' => { psycopg => '2', JDBC => '2' });

# Living leads and rows in the end.
my %leads = (psycopg => '6|12', JDBC => '6|12', node => '4|8');

# Columns of the type of an extension, or arrays of one, or domains over one.
my $foreign_columns = q{
	SELECT string_agg(a.attrelid::regclass || '.' || a.attname, ' ' ORDER BY a.attrelid::regclass::text, a.attname)
	  FROM pg_attribute a
	  JOIN pg_class c ON c.oid = a.attrelid AND c.relkind IN ('r', 'p', 'v', 'm') AND NOT a.attisdropped
	  JOIN pg_type t ON t.oid = a.atttypid
	 WHERE c.relnamespace = '%s'::regnamespace AND c.relname NOT LIKE '\_%%'
	   AND EXISTS (SELECT FROM pg_depend d WHERE d.deptype = 'e' AND d.classid = 'pg_type'::regclass
	                  AND d.objid IN (t.oid, t.typelem, t.typbasetype))};

# Roles are the server's: they outlive a killed run.
my $admin = LeadCRM->database;
for my $role (qw(t_080_owner t_080_writer))
{
	$admin->try("CREATE ROLE $role");
	$admin->query("ALTER ROLE $role LOGIN PASSWORD '$password'");
}

for my $client (sort keys %command)
{
	SKIP:
	{
		skip "the driver of $client is not installed", 1 unless $command{$client};
		client($client);
	}
}
done_testing;

sub client
{
	my ($client) = @_;
	my $db = LeadCRM->database(name => lc $client);

	$db->query('GRANT CREATE ON DATABASE "' . $db->name . '" TO t_080_owner; GRANT CREATE ON SCHEMA public TO t_080_owner');
	$db->query(<<'SQL', user => 't_080_owner');
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('crm');
SELECT crm.grant_access('t_080_writer', 'writer');
INSERT INTO crm.source_cost (source, from_date, to_date, amount) VALUES ('官网', '2024-01-01', '2024-01-31', 1000);
CREATE TABLE customer (id integer, tel leadcrm.phone);
INSERT INTO customer SELECT i, '138' || to_char(i, 'FM00000000') FROM generate_series(1, 5000) i;
CREATE INDEX ON customer (tel);
ANALYZE customer;
SQL

	my %said = run($client, $db->name);
	for (my $i = 0; $i < @steps; $i += 2)
	{
		my ($step, $expected) = @steps[ $i, $i + 1 ];
		my $said = delete $said{$step};

		$expected = $expected->($client, $db) if ref $expected eq 'CODE';
		$expected = $expected->{$client} if ref $expected eq 'HASH';
		if (ref $expected)
		{
			like($said, $expected, "$client: $step");
		}
		elsif (defined $expected || defined $said)
		{
			is($said, $expected, "$client: $step");
		}
	}
	is(join(', ', sort keys %said), '', "$client: no step but those");
	is($db->query('SELECT count(*) FILTER (WHERE merged_into IS NULL), count(*) FROM crm.lead'), $leads{$client},
		"$client: leads and rows in the end");
	is($db->query(sprintf $foreign_columns, 'crm'), 'crm.lead.lifecycle', "$client: but for the lifecycle no table or view that is for others has a type that drivers do not know");
	is($db->query(sprintf $foreign_columns, 'public'), 'customer.tel', "$client: the table of its own has one");
}

# run(CLIENT, DATABASE): run the client's script; what it said, by step.
sub run
{
	my ($client, $database) = @_;
	my ($errors, %said) = ("$dir/errors");
	local $ENV{PGHOST} = '127.0.0.1';
	local $ENV{PGDATABASE} = $database;
	local $ENV{PGPASSWORD} = $password;
	my $build = $client eq 'JDBC' ? "javac -encoding UTF-8 -d $dir $scripts/Jdbc.java && " : '';
	my @lines = `( $build$command{$client} t_080_owner t_080_writer ) 2>$errors`;
	my $status = $?;

	is($status, 0, "$client: runs to its end")
		or diag(do { local (@ARGV, $/) = ($errors); <> });
	for (@lines)
	{
		my ($step, $values) = /^([^:]*):[ ]?(.*)$/ or next;
		$said{$step} = $values;
	}
	return %said;
}
