#
# Forged values: whatever stands where a lifecycle should stand, in binary or in
# text, is an error of the value or a value that is whole, and never a crash.
# States of aggregates are values, too.
#
# Binary values go in through COPY, each in a file and a statement of its own.
# LEADCRM_SEED gives others, by number or "random".
#

use strict;
use warnings;

use File::Temp qw(tempdir);
use Forged qw(bend);
use LeadCRM;
use Test::More;

use constant MUTATIONS => 3000;

my $seed = $ENV{LEADCRM_SEED} // 20261202;
$seed = int(rand(1 << 30)) if $seed eq 'random';
note("LEADCRM_SEED=$seed");
srand($seed);

my $db = LeadCRM->database;
$db->query("ALTER DATABASE @{[ $db->name ]} SET search_path TO public, leadcrm");
$db->query(do { local $/; <DATA> });

for my $type (qw(lifecycle lifecycle_state window_funnel_state))
{
	my $dir = tempdir(CLEANUP => 1);
	my @good = map { pack 'H*', $_ } split /\n/,
		$db->query("SELECT encode(${type}_send(value), 'hex') FROM good_$type");
	my $script = '';

	for my $n (1 .. MUTATIONS)
	{
		my $bytes = $n <= @good ? $good[ $n - 1 ] : bend($good[ rand @good ]);

		open my $file, '>:raw', "$dir/$n" or die "$dir/$n: $!";
		print $file pack('a11 N N n N N', "PGCOPY\n\xff\r\n\0", 0, 0, 2, 4, $n), pack('N/a* n', $bytes, 0xffff);
		close $file or die $!;
		$script .= "\\copy forged_$type FROM '$dir/$n' (FORMAT binary)\n";
	}
	open my $list, '>', "$dir/script" or die $!;
	print $list $script;
	close $list or die $!;
	my $out = `psql -X -q -w -v VERBOSITY=verbose -v SHOW_CONTEXT=never -d @{[ $db->name ]} -f $dir/script 2>&1`;
	my %state;
	$state{$1}++ while $out =~ /(?:ERROR|FATAL|PANIC): +(\w{5}):/g;
	my $errors = 0;
	$errors += $_ for values %state;

	note(join ', ', map { "$_: $state{$_}" } sort keys %state);
	is(join(' ', grep { !/^(?:22P03|22021|08P01)$/ } sort keys %state), '', "$type: nothing but errors of a value");
	is($db->query("SELECT count(*) + $errors FROM forged_$type"), MUTATIONS, "$type: an error or a value");
	is($db->query("SELECT count(*) FROM forged_$type WHERE n <= @{[ scalar @good ]}"), scalar @good, "$type: good values stay good");
	cmp_ok($db->query("SELECT count(*) FROM forged_$type"), '>', @good + 20, "$type: some bent values are values");
	is($db->query("SELECT count(*) FROM forged_$type WHERE value::text::${type}::text <> value::text"
			. " OR ${type}_send(value::text::${type}) <> ${type}_send(value)"),
		0, "$type: and whole");
	is($db->query("CALL forge_texts('$type', " . MUTATIONS . ", $seed % 1000000 / 1000000.0)"), '', "$type: texts");
	is($db->query("SELECT DISTINCT outcome FROM forged_text WHERE type = '$type'"
			. " AND outcome NOT IN ('22P02', '22023', '22008', 'value') ORDER BY 1"),
		'', "$type: nothing but errors of a value");
	is($db->query("SELECT count(*), count(*) FILTER (WHERE outcome = 'value') > 50 FROM forged_text WHERE type = '$type'"),
		MUTATIONS . '|t', "$type: an error or a value that reads back");
}
is($db->query(q{SELECT count(*) FROM forged_lifecycle
	WHERE value IS DISTINCT FROM (SELECT lifecycle_agg(to_stage, at ORDER BY position) FROM transitions(value))
	AND (SELECT count(*) FROM transitions(value)) > 0
	AND (SELECT count(DISTINCT at) = count(*) FROM transitions(value))}), 0, 'what got in can be taken apart');

done_testing;

__DATA__
CREATE TABLE good_lifecycle (value lifecycle);
INSERT INTO good_lifecycle VALUES
	('{}'),
	('{new@2026-01-05T01:00:00Z}'),
	('{new@2026-01-05T01:00:00Z,contacted@2026-01-06T02:03:04.5Z,new@2026-03-06T02:03:04.5Z}'),
	('{新线索@0044-03-15T00:00:00Z BC,"方案 \"提供\""@2026-01-05T01:00:00Z,a@12026-01-05T01:00:00.000001Z}');
INSERT INTO good_lifecycle SELECT lifecycle_agg('s' || n % 130, timestamptz '2026-01-01' + n * n * interval '1 s') FROM generate_series(1, 300) n;
CREATE TABLE good_lifecycle_state (value lifecycle_state);
INSERT INTO good_lifecycle_state SELECT value::text::lifecycle_state FROM good_lifecycle;
CREATE TABLE good_window_funnel_state (value window_funnel_state);
INSERT INTO good_window_funnel_state VALUES
	('1 2 0 86400000000 7'), ('1 1 7 0 4294967295 -5 1'),
	('1 32 2 9223372036854775807 1234567890 0 0 5 1 700000000000000000 32 9223371331199999999 3 5 2');
CREATE TABLE forged_lifecycle (n integer, value lifecycle);
CREATE TABLE forged_lifecycle_state (n integer, value lifecycle_state);
CREATE TABLE forged_window_funnel_state (n integer, value window_funnel_state);
CREATE TABLE forged_text (type text, given text, outcome text);

-- Bend texts of good values by characters that mean something.
CREATE PROCEDURE forge_texts(type text, count integer, seed double precision) LANGUAGE plpgsql AS $$
DECLARE
	good text[];
	given text;
	value text;
	spot integer;
BEGIN
	PERFORM setseed(seed);
	EXECUTE format('SELECT array_agg(value::text) FROM good_%s WHERE length(value::text) < 500', type) INTO good;
	FOR n IN 1 .. count LOOP
		given := good[1 + floor(random() * cardinality(good))::integer];
		FOR k IN 0 .. floor(random() * 3)::integer LOOP
			spot := 1 + floor(random() * (length(given) + 1))::integer;
			given := overlay(given PLACING CASE floor(random() * 4)
					WHEN 0 THEN ''
					WHEN 1 THEN substr(given, spot, floor(random() * 30)::integer)
					ELSE substr('{},@"\ TZ+-:.0123456789BCa中' || chr(9) || chr(1), 1 + floor(random() * 30)::integer, 1) END
				FROM spot FOR floor(random() * 3)::integer);
		END LOOP;
		BEGIN
			EXECUTE format('SELECT %L::%s::text', given, type) INTO value;
			EXECUTE format('SELECT %L::%s::text', value, type) INTO STRICT given;
			INSERT INTO forged_text VALUES (type, given, CASE value WHEN given THEN 'value' ELSE 'another value' END);
		EXCEPTION WHEN OTHERS THEN
			INSERT INTO forged_text VALUES (type, given, SQLSTATE);
		END;
	END LOOP;
END
$$;
