#
# One text has one answer, whatever the database's encoding and locale: the
# texts of the sample leads, and some of letters whose case depends on the
# locale, in a database of each, compared with UTF8 and locale C.
#
# A text or answer that an encoding cannot hold is passed over and counted.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;

$ENV{PGCLIENTENCODING} = 'UTF8';

my $functions = join ', ', map { "leadcrm.$_" } (
	(map { "$_(t)" } qw(fold_text simplify_text normalize_email email_key emails_in email_is_shared
		  normalize_company company_core company_key region_of try_phone phones_in
		  person_name person_title person_key person_in wechat_id wechat_in tax_id tax_id_valid
		  quantity_low quantity_high quantity_vague money_currency cell_text is_test_text job_title_in)),
	"try_phone(t, 'HK')", 'company_parts(t)', 'region_evidence(t)', 'inquiry_parts(t)',
	"try_timestamp(t, 'Asia/Shanghai')");
my $db = LeadCRM->database;

$db->query(<<'SQL');
CREATE TABLE given AS
SELECT row_number() OVER (ORDER BY t COLLATE "C") AS n, t
  FROM (SELECT v.value AS t FROM leadcrm.sample_leads(2000) s, jsonb_each_text(s.payload) v
         UNION
        SELECT unnest(ARRAY['Istanbul İSTANBUL ısı I i', 'MICHAEL.IVANOV@EXAMPLE.ORG', 'Li@EXAMPLE.ORG', 'WXID_ILI', 'INFO@example.org', 'ＣＥＯ　ＩＬＹＡ',
                            'Straße STRASSE', 'ΑΒΓ σς', 'ИВАН', 'TEL: +86 138 0013 8000', 'TİTLE', 'DIRECTOR LI', '91350100M000100Y43', '91350100m000100y43',
                            'HK$ 20K', '2026/1/5 9:30', '重慶長安（集團）有限公司', '㈱①⑴㎡', 'ｶﾞｷﾞ'])) AS s;
SQL
my @answers = split /\n/, answers($db);
cmp_ok(scalar(@answers), '>', 5000, 'texts of the sample');
my %expected = map { /^(\d+) (.*)/s ? ($1 => $2) : () } @answers;

for my $case ([ 'EUC_CN', "LOCALE 'C'", 4000 ], [ 'EUC_JP', "LOCALE 'C'", 1000 ],
	[ 'LATIN5', "LOCALE 'C'", 500 ],
	[ 'UTF8', "LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C'", 5000 ])
{
	my ($encoding, $locale, $least) = @$case;
	my $name = 't_032_' . lc $encoding;
	my $what = $locale =~ /icu/ ? 'Turkish' : $encoding;
	my $other = bless { name => $name }, 'LeadCRM';

	$db->query("DROP DATABASE IF EXISTS $name WITH (FORCE)");
	my (undef, $error) = $db->try("CREATE DATABASE $name ENCODING '$encoding' $locale TEMPLATE template0");
	SKIP:
	{
		skip "$what: $error", 1 if $error =~ /ICU is not supported/;
		is($error, '', "$what: a database");
		$other->query("CREATE EXTENSION leadcrm; CREATE TABLE given (n bigint, t text)");
		is($other->query("SELECT lower('I')"), "\xc4\xb1", 'and its lower() is') if $what eq 'Turkish';
		$other->query($db->query("SELECT format('INSERT INTO given VALUES (%s, %L);', n, t) FROM given WHERE fits(t, '$encoding')"));
		my %got = map { /^(\d+) (.*)/s ? ($1 => $2) : () } split /\n/, answers($other);
		my @differ = grep { $got{$_} ne $expected{$_} && $got{$_} ne '22P05' } sort { $a <=> $b } keys %got;
		my $same = grep { $got{$_} eq $expected{$_} } keys %got;

		is(join("\n", map { "$got{$_}\nnot $expected{$_}" } @differ[ 0 .. ($#differ < 4 ? $#differ : 4) ]), '', "$what: the same answers");
		cmp_ok($same, '>=', $least, "$what: to many texts");
		lacking($other) if $encoding eq 'EUC_JP';
		note(sprintf '%s: %d texts of %d, %d of them with an answer that it cannot hold', $what, scalar(keys %got), scalar(@answers), scalar(keys %got) - $same);
	}
	$db->query("DROP DATABASE IF EXISTS $name WITH (FORCE)");
}

# lacking(DATABASE): simplified characters that the encoding lacks keep no lead out.
sub lacking
{
	my ($base) = @_;

	is($base->query(<<'SQL'), '2|2|1|1', 'keys of characters that the encoding lacks are compared all the same');
SET client_min_messages = warning;
SELECT FROM leadcrm.create_workspace('crm', locale => 'en');
INSERT INTO crm.lead (name, company, email, first_source) VALUES ('東京太郎', '東京電機株式会社', 'a@example.org', 'x'), ('東京太郎', '東京電機（株）', 'b@example.org', 'x');
SELECT count(*), count(DISTINCT i.lead_id), count(DISTINCT i.key), (SELECT count(*) FROM crm.duplicate)
  FROM crm.identity i WHERE i.kind = 'company_person';
SQL
	is($base->query("SELECT outcome FROM crm.capture('x', jsonb_build_object('電話', '13800138000', 'name', '東京太郎'))"), 'created', 'payloads with such names of fields are taken in');
	is($base->query("SELECT string_agg(lead_id::text, ' ' ORDER BY lead_id) FROM crm.find_lead('東京電機 東京太郎')"), '1 2', 'and such leads are found');
	is(($base->try("SELECT leadcrm.simplify_text('東京')"))[1] =~ /^(\w+)/ && $1, '22P05', 'what is to be read raises');
}

# answers(DATABASE): "number answers" of all texts there, a line each.
sub answers
{
	my ($base) = @_;

	return $base->query(<<SQL);
CREATE FUNCTION fits(t text, encoding text) RETURNS boolean LANGUAGE plpgsql AS
	'BEGIN RETURN convert_from(convert_to(t, encoding), encoding) = t;
	  EXCEPTION WHEN untranslatable_character OR character_not_in_repertoire THEN RETURN false; END';
CREATE FUNCTION answers(t text) RETURNS text LANGUAGE plpgsql AS \$\$
BEGIN
	RETURN (SELECT translate(v::text, E'\\n', ' ') FROM (SELECT $functions) AS v);
EXCEPTION WHEN untranslatable_character THEN
	RETURN SQLSTATE;
END \$\$;
SELECT n || ' ' || answers(t) FROM given ORDER BY n;
SQL
}

done_testing;
