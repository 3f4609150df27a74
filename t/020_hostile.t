#
# Hostile input in the columns of a lead, in databases of several encodings:
# a clear error or the text kept as it came, in a moment, and the server stays.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;
use Time::HiRes qw(time);

use constant {
	GOAL_MS => 500,         # what is promised on a quiet machine
	LIMIT_MS => 5000,       # what fails the test
};

my @columns = qw(name company title phone email wechat unionid tax_id address region industry
  product_line project_name last_form campaign partner currency owner external_id first_source);

# SQL expressions of text.
my %hostile = (
	'ten million digits' => "repeat('1380013800', 1000000)",
	'ten million full-width digits' => "repeat('１３８００', 700000)",
	'plus signs' => "repeat('+', 100000)",
	'plus signs before a number' => "repeat('+', 100000) || '8613800138000'",
	'brackets' => "repeat('(', 100000) || '13800138000' || repeat(')', 100000)",
	'blanks' => "repeat(' ', 1000000)",
	'labels' => "repeat('电话：', 100000) || '13800138000'",
	'extensions' => "'010-12345678' || repeat('转801', 100000)",
	'at signs' => q{repeat('@', 100000)},
	'dots' => q{'a@' || repeat('b.', 100000) || 'com'},
	'mail of a mail' => q{repeat('a@b.cn,', 100000)},
	'quoted local part' => q{'"' || repeat('\\"', 100000) || '"@example.org'},
	'combining marks' => "'张' || repeat(chr(769), 100000)",
	'joiners' => "repeat(chr(8205), 100000)",
	'bidi marks' => "chr(8238) || '13800138000' || chr(8236)",
	'many bidi marks' => "repeat(chr(8238) || '1', 50000)",
	'zero-width in a number' => "'138' || chr(8203) || '0013' || chr(65279) || '8000'",
	'byte order mark' => "chr(65279) || '13800138000'",
	'the last code point' => "repeat(chr(1114111), 50000)",
	'private use' => "repeat(chr(57344), 50000)",
	'escape and bell' => "E'\\x1b[2J\\x07\\x01\\x1f\\x7f'",
	'key separator' => "E'a\\x1fb\\x1fc'",
	'backslash zeros' => "repeat('\\x00\\0', 50000)",
	'line ends' => "repeat(E'\\r\\n', 100000)",
	'quotes' => "repeat(E'\\'\"\\\\;--', 50000)",
	'an expression' => "'\$1); DROP TABLE lead; --'",
	'percent signs' => "repeat('%s%n', 50000)",
	'places' => "repeat('中国江苏省苏州市', 100000)",
	'brackets in a company' => "repeat('（', 100000) || '有限公司'",
	'forms' => "repeat('有限公司', 200000)",
	'titles' => "repeat('先生', 200000)",
	'traditional characters' => "repeat('龜龍', 200000)",
	'compatibility characters' => "repeat(chr(65018), 50000)",
	'json' => "repeat('{\"a\":', 100000)",
	'Excel' => "'1.38001380001380013800138E+999999999'",
	'minus' => "'-13800138000'",
	'empty' => "''");

my $slowest = [ 0, '' ];
my $tried = 0;
my @encoded;
my $db = LeadCRM->database;
$db->query("SELECT leadcrm.create_workspace('crm', locale => 'en')");
my $pid = $db->query("SELECT pg_postmaster_start_time()");

# captured(WHAT, PAYLOAD): no error, in time, and the payload is kept.
sub captured
{
	my ($what, $payload) = @_;

	return attempt("$what, captured", <<"SQL", $db, qr/^$/);
DO \$\$
DECLARE
	given CONSTANT jsonb := $payload;
	kept CONSTANT bigint := (SELECT intake_id FROM crm.capture('hostile', given));
BEGIN
	ASSERT (SELECT payload = given AND error IS NULL FROM crm.intake WHERE id = kept);
END \$\$
SQL
}

# attempt(WHAT, SQL, WORKSPACE, ALLOWED): no crash, in time; an error must have a
# SQLSTATE of bad data.  Whoever it was, the session answers afterwards.
sub attempt
{
	my ($what, $sql, $base, $allowed) = @_;
	my $from = time;
	my (undef, $error) = ($base || $db)->try($sql);
	my $ms = 1000 * (time - $from);

	$tried++;
	$slowest = [ $ms, $what ] if $ms > $slowest->[0];
	return "$what: $error" if $error && $error !~ ($allowed || qr/^(?:22|23|54)/);
	return sprintf '%s: %d ms', $what, $ms if $ms > LIMIT_MS;
	return;
}

# Every hostile text (its beginning) in every column at once, and whole in the
# columns of a key.
my @bad;
for my $name (sort keys %hostile)
{
	my $list = join ', ', grep { !/^(?:external_id|first_source|owner|pool)$/ } @columns;
	my $count = () = $list =~ /\w+/g;

	push @bad, attempt("$name in all columns", "WITH h AS MATERIALIZED (SELECT left($hostile{$name}, 200000) AS t)"
		  . " INSERT INTO crm.lead ($list) SELECT " . join(', ', ('t') x $count) . ' FROM h');
	for my $column (qw(phone email unionid external_id))
	{
		push @bad, attempt("$name in $column", "INSERT INTO crm.lead ($column) SELECT $hostile{$name}");
	}
}
is(join("\n", @bad), '', 'hostile text: kept or clearly refused');
is($db->query("SELECT count(*) FROM crm.lead WHERE phone = repeat('+', 100000) AND attrs -> 'flags' ->> 'phone' IS NOT NULL"), '2',
	'what is no phone is kept as it came, and flagged')
  or diag($db->query("SELECT count(*), length(phone) FROM crm.lead GROUP BY 2 ORDER BY 2 LIMIT 5"));
is($db->query("SELECT count(*) FROM crm.lead WHERE length(phone) = 10000000"), '1', 'ten million digits too');
is($db->query("SELECT max(length(key)) < 400 FROM crm.identity"), 't', 'keys are bounded');
$db->query("INSERT INTO crm.lead (unionid) SELECT $hostile{'ten million digits'}");
is($db->query("SELECT count(*) FROM crm.lead a JOIN crm.lead b ON b.merged_into = a.id WHERE length(a.unionid) >= 10000000"), '1',
	'a key of ten million characters still identifies');

# The same through capture(): never an error, and the payload is kept as it came.
@bad = ();
for my $name (sort keys %hostile)
{
	for my $payload ("'text', t", join(', ', map { "'$_', left(t, 20000)" } qw(name company phone email budget company_size created_at message)))
	{
		push @bad, captured("$name as " . substr($payload, 0, 20), "(SELECT jsonb_build_object($payload) FROM (SELECT $hostile{$name} AS t) AS h)");
	}
}
push @bad, captured($_, $_) for "(SELECT jsonb_object_agg('k' || n, n) FROM generate_series(1, 50000) AS n)", "(repeat('{\"a\":', 5000) || '1' || repeat('}', 5000))::jsonb",
	"(SELECT jsonb_build_object('phone', jsonb_agg((13800000000 + n)::text)) FROM generate_series(1, 50000) AS n)",
	"jsonb_build_object(repeat('+', 1000000), 'x', repeat('电话', 300), '13800138000', '', 'Li')",
	q('{"name": {"a": 1}, "phone": [[1]], "email": true, "budget": -1e300, "attrs": 7}'),
	q('{"name": "Li", "id": 5, "merged_into": 1, "stage": "won", "owner": "x", "score": 9, "kind": "x", "created_at": "2001-01-01"}');
is(join("\n", @bad), '', 'hostile payloads: never an error, kept as they came');
is($db->query("SELECT count(*) > 10, count(*) FILTER (WHERE owner IS NOT NULL OR stage <> 'new' OR created_at < now() - interval '1 day') FROM crm.lead WHERE first_source = 'hostile'"), 't|0',
	'and no payload sets what is leadcrm\'s');

# Attributes.
@bad = ();
for my $attrs ("jsonb_build_object('a', repeat('x', 10000000))", "(repeat('{\"a\":', 5000) || '1' || repeat('}', 5000))::jsonb",
	"(SELECT jsonb_object_agg('k' || n, n) FROM generate_series(1, 100000) AS n)", "'{\"flags\": 1}'", "'{\"flags\": {\"phone\": {\"a\": [1]}}}'",
	"'[]'", "'null'", "'\"x\"'", "'1'", "'{\"content\": {\"a\": 1}}'", "'{\"content\": null}'", "'{\"\": \"\"}'", "jsonb_build_object(repeat('k', 1000000), 1)")
{
	for my $phone ('13800138000', 'nobody', '13800138000')
	{
		push @bad, attempt("attrs $attrs", "INSERT INTO crm.lead (phone, attrs) VALUES ('$phone', $attrs)");
	}
}
is(join("\n", @bad), '', 'hostile attributes');
like(($db->try("INSERT INTO crm.lead (phone, attrs) VALUES ('1', '[]')"))[1], qr/^23514/, 'attributes are an object');

# Times and numbers.
@bad = ();
for my $values ("created_at) VALUES ('infinity'", "created_at) VALUES ('-infinity'", "created_at) VALUES ('294276-12-31'",
	"created_at) VALUES ('4713-01-01 BC'", "last_inbound_at) VALUES ('infinity'", "last_inbound_at) VALUES ('-infinity'",
	"updated_at) VALUES ('infinity'", "budget_min) VALUES ('NaN'", "budget_min) VALUES ('Infinity'",
	"budget_min) VALUES (repeat('9', 100000)::numeric", "company_size) VALUES (-2147483648", "id) VALUES (-1", "id) VALUES (0",
	"id) VALUES (9223372036854775807", "kind) VALUES (repeat('x', 1000000)", "behaviour_1) VALUES ('NaN'",
	"merged_into) VALUES (1", "merged_into) VALUES (-9223372036854775808")
{
	my $error = attempt($values, "INSERT INTO crm.lead ($values)");

	push @bad, $error if $error && $error !~ /: 55000/;    # merged_into is set by leadcrm
}
is(join("\n", @bad), '', 'hostile times and numbers');

# Bytes that are no text, and databases that cannot hold Chinese, or anything.
for my $case ([ 'UTF8', "E'\\xff'", "E'\\xe4\\xb8'", "E'\\xed\\xa0\\x80'", "E'\\xc0\\x80'", "E'\\xf4\\x90\\x80\\x80'", "E'1380013\\0008000'", "convert_from('\\xff', 'GBK')" ],
	[ 'SQL_ASCII', "E'\\xff\\xfe13800138000'", "E'\\xe4\\xb8'", "E'\\xc0\\x80\\xc0\\x80'", "E'\\xed\\xa0\\x80'", "repeat(E'\\xff', 1000000)", "repeat(E'\\xe4', 1000000) || '\@example.org'", "E'\\xef\\xbc\\x91\\xef\\xbc'", "E'1380013\\0008000'" ],
	[ 'LATIN1', "E'\\xff\\xfe13800138000'", "repeat(E'\\xa0', 1000000)", "E'M\\xfcller\@b\\xfccher.example'", "E'\\x85\\x9f'", "repeat(E'\\xdf', 1000000)" ],
	[ 'EUC_CN', "E'\\xa3\\xb1\\xa3\\xb3\\xa3\\xb8'", "E'\\xff'", "E'\\xb0'", "repeat(E'\\xb5\\xe7', 500000)", "E'\\xa1\\xa1\\xfe\\xfe'", "E'\\x8e\\xa1'" ])
{
	my ($encoding, @text) = @$case;
	my $name = "t_020_hostile_" . lc $encoding;
	my $base = $db;

	if ($encoding ne 'UTF8')
	{
		$base = encoded($name, $encoding);
		my (undef, $error) = $base->try("SELECT leadcrm.create_workspace('crm', locale => 'en')");
		is($error, '', "$encoding: a workspace can be made") or next;
	}
	@bad = ();
	for my $text (@text)
	{
		my @list = grep { !/^(?:external_id|first_source)$/ } @columns;

		for my $into (join(', ', @list), 'phone, email', 'first_source, external_id')
		{
			my $n = () = $into =~ /\w+/g;

			push @bad, attempt("$encoding: $text", "SET client_encoding = '$encoding'; INSERT INTO crm.lead ($into) SELECT "
				  . join(', ', ("t") x $n) . " FROM (SELECT $text AS t) AS h", $base);
		}
		push @bad, attempt("$encoding: $text in functions", "SET client_encoding = '$encoding'; SELECT leadcrm.try_phone(t), leadcrm.normalize_email(t),"
			  . " leadcrm.normalize_company(t), leadcrm.company_core(t), leadcrm.region_of(t) FROM (SELECT $text AS t) AS h", $base);
	}
	is(join("\n", @bad), '', "$encoding: bytes that are no text");
	is($base->query("SET client_encoding = '$encoding'; INSERT INTO crm.lead (phone, email) VALUES ('138 0013 8000', 'Li\@Example.org') RETURNING phone || email"),
		"+8613800138000li\@example.org", "$encoding: a lead arrives after all that");
}

# encoded(NAME, ENCODING): a database in that encoding, in locale C.
sub encoded
{
	my ($name, $encoding) = @_;

	$db->query("DROP DATABASE IF EXISTS $name WITH (FORCE)");
	$db->query("CREATE DATABASE $name ENCODING '$encoding' LOCALE 'C' TEMPLATE template0");
	push @encoded, $name;
	my $base = bless { name => $name }, 'LeadCRM';
	$base->query('CREATE EXTENSION leadcrm');
	return $base;
}

END
{
	$db->try("DROP DATABASE IF EXISTS $_ WITH (FORCE)") for @encoded;
}

is($db->query("SELECT pg_postmaster_start_time()"), $pid, 'the server never went down');
cmp_ok($tried, '>=', 200, 'two hundred inputs and more');
diag(sprintf '%d hostile inputs; the slowest took %d ms (promised: %d): %s', $tried, $slowest->[0], GOAL_MS, $slowest->[1]);
done_testing;
