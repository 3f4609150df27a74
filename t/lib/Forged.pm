package Forged;

#
# Forged values of a type: good ones, bent.
#
#	is_forgery_safe($db, $type, count => 3000, read => 'SELECT ... value ...');
#
# Whatever stands where a value should stand, on the wire or in text, must be an
# error of the value or a value that is whole: one that reads back the same
# both ways and that READ, an expression over "value", reads or refuses by an
# error of the value.  The table good_TYPE (value) has good values; LEADCRM_SEED
# gives other forgeries, by number or "random".
#
# On the wire they go in through COPY, each in a file and a statement of its own.
#

use strict;
use warnings;

use Exporter 'import';
use File::Temp qw(tempdir);
use Test::More;

our @EXPORT = qw(is_forgery_safe);
our @EXPORT_OK = qw(bend);

# What a value may be refused with: syntax, wire, encoding, range, message too short.
my %refused = map { $_ => 1 } qw(22P02 22P03 22021 22003 22008 22023 08P01);

my $seed = $ENV{LEADCRM_SEED} // 20261203;
$seed = int(rand(1 << 30)) if $seed eq 'random';

# bend(BYTES): a few random changes.
sub bend
{
	my ($bytes) = @_;

	for (1 .. 1 + int(rand 3))
	{
		my $at = int(rand(length($bytes) + 1));
		my $what = int(rand 7);

		if ($what == 0)    { substr($bytes, $at) = ''; }
		elsif ($what == 1) { $bytes .= join '', map { chr(int(rand 256)) } 1 .. 1 + int(rand 12); }
		elsif ($what == 2) { substr($bytes, $at, 0) = chr((0, 1, 0x7f, 0x80, 0xff)[ rand 5 ]); }
		elsif ($at == length $bytes) { next; }
		elsif ($what == 3) { substr($bytes, $at, 1) = chr(int(rand 256)); }
		elsif ($what == 4) { substr($bytes, $at, 1) ^= chr(1 << int(rand 8)); }
		elsif ($what == 5) { substr($bytes, $at, 1) = ''; }
		else               { substr($bytes, $at, 0) = substr($bytes, $at, 1 + int(rand 9)); }
	}
	return $bytes;
}

# bend_text(TEXT): a few random changes by characters that mean something.
sub bend_text
{
	my ($text) = @_;
	my @mark = (' ', '"', '\\', '{', '}', '-', '.', ',', 'e', 'NaN', 'null', '0', '1', '9', '9223372036854775807', "\t", "\x01",
		"\xe4\xb8\xad", "\xe4", 'x');

	for (1 .. 1 + int(rand 3))
	{
		my $at = int(rand(length($text) + 1));
		my $with = rand() < 0.2 ? '' : rand() < 0.2 ? substr($text, int(rand length $text), 1 + int(rand 30)) : $mark[ rand @mark ];

		substr($text, $at, int(rand 3)) = $with if $at < length $text;
	}
	return $text;
}

sub is_forgery_safe
{
	my ($db, $type, %opt) = @_;
	my $count = $opt{count};
	my $dir = tempdir(CLEANUP => 1);
	my @wire = map { pack 'H*', $_ } split /\n/, $db->query("SELECT encode(${type}_send(value), 'hex') FROM good_$type");
	my @text = map { pack 'H*', $_ } split /\n/,
		$db->query("SELECT encode(convert_to(value::text, 'UTF8'), 'hex') FROM good_$type");
	my %state;

	srand($seed);
	note("LEADCRM_SEED=$seed");
	$db->query("CREATE TABLE forged_$type (n integer, value $type)");
	open my $script, '>', "$dir/script" or die $!;
	for my $n (1 .. 2 * $count)
	{
		open my $file, '>:raw', "$dir/$n" or die "$dir/$n: $!";
		if ($n <= $count)
		{
			my $bytes = $n <= @wire ? $wire[ $n - 1 ] : bend($wire[ rand @wire ]);
			print $file pack('a11 N N n N N', "PGCOPY\n\xff\r\n\0", 0, 0, 2, 4, $n), pack('N/a* n', $bytes, 0xffff);
			print $script "\\copy forged_$type FROM '$dir/$n' (FORMAT binary)\n";
		}
		else
		{
			my $text = $n <= $count + @text ? $text[ $n - $count - 1 ] : bend_text($text[ rand @text ]);
			$text =~ s/([\\\t\n\r])/'\\' . sprintf('x%02x', ord $1)/ge;
			print $file "$n\t$text\n";
			print $script "\\copy forged_$type FROM '$dir/$n' (ENCODING 'UTF8')\n";
		}
		close $file or die $!;
	}
	close $script or die $!;
	my $out = `psql -X -q -w -v VERBOSITY=verbose -v SHOW_CONTEXT=never -d @{[ $db->name ]} -f $dir/script 2>&1`;
	$state{$1}++ while $out =~ /(?:ERROR|FATAL|PANIC): +(\w{5}):/g;
	my $errors = 0;
	$errors += $_ for values %state;

	note(join ', ', map { "$_: $state{$_}" } sort keys %state);
	is(join(' ', grep { !$refused{$_} } sort keys %state), '', "$type: nothing but errors of a value");
	is($db->query("SELECT count(*) + $errors FROM forged_$type"), 2 * $count, "$type: an error or a value");
	is($db->query("SELECT count(*) FROM forged_$type WHERE n <= @{[ scalar @wire ]} OR n BETWEEN $count + 1 AND $count + @{[ scalar @text ]}"),
		@wire + @text, "$type: good values stay good");
	cmp_ok($db->query("SELECT least(count(*) FILTER (WHERE n <= $count), count(*) FILTER (WHERE n > $count)) FROM forged_$type"),
		'>', @wire + 20, "$type: some bent ones are values, too");
	is($db->query("SELECT count(*) FROM forged_$type WHERE value::text::${type}::text <> value::text"
			. " OR ${type}_send(value::text::${type}) <> ${type}_send(value)"), 0, "$type: which are whole");
	is($db->query(<<"END"), '', "$type: and can be read");
		CREATE FUNCTION read_value(value $type) RETURNS text LANGUAGE plpgsql AS \$\$
			BEGIN PERFORM $opt{read}; RETURN NULL; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END \$\$;
		SELECT DISTINCT read_value(value) FROM forged_$type
		 WHERE read_value(value) <> ALL ('{@{[ join ',', keys %refused ]}}')
END
	return;
}

1;
