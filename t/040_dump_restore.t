#
# A workspace dumps and restores as any schema does, whole or data only, and
# outlives the extension.
#
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use File::Temp;
use LeadCRM;
use Test::More;

my $bin = `"$ENV{PG_CONFIG}" --bindir`;
chomp $bin;
my $dir = File::Temp->newdir;

# Roles are the server's: they outlive a killed run.
my $db = LeadCRM->database;
for my $role (qw(t_040_owner t_040_other t_040_admin t_040_writer))
{
	$db->try("CREATE ROLE $role LOGIN");
}
$db->query('GRANT CREATE ON DATABASE "' . $db->name . '" TO t_040_owner');

# A workspace with people, leads, repeats, a review, an edited view and access.
$db->query(<<'SQL', user => 't_040_owner');
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('crm');
SELECT leadcrm.create_workspace('他的"CRM"', locale => 'en');
INSERT INTO crm.team (code, parent) VALUES ('a', 'b'), ('b', NULL);
INSERT INTO crm.rep (code, role, team, capacity, weight) VALUES ('zhang', 't_040_writer', 'a', 100, 2), ('li', NULL, 'b', 200, 1);
UPDATE crm.team SET manager = 'li' WHERE code = 'b';
INSERT INTO crm.rep_skill (rep, kind, value) VALUES ('li', 'industry', 'software');
INSERT INTO crm.rep_absence (rep, from_at, until_at) VALUES ('li', '2026-01-01', '2026-01-02');
INSERT INTO crm.territory (code, parent) VALUES ('here', 'south');
INSERT INTO crm.territory_rep (territory, rep) VALUES ('here', 'zhang');
INSERT INTO crm.lead (name, phone, email, company, first_source, created_at)
SELECT '客户' || i, '138' || to_char(i % 450, 'FM00000000'), CASE WHEN i % 7 = 0 THEN 'c' || i || '@example.com' END,
       '示例' || i % 100 || '有限公司', (ARRAY['百度推广', '官网', '新来源'])[1 + i % 3], '2026-01-05 09:00+08'
  FROM generate_series(1, 500) i;
INSERT INTO crm.lead (name, company, first_source) VALUES ('张三', '示例甲有限公司', '官网'), ('张三', '示例甲有限公司', '抖音');
UPDATE crm.source SET added_by = 'admin', active = true WHERE code = '新来源';
CREATE OR REPLACE VIEW crm.v_intake AS
SELECT current_date AS day, '我的'::text AS source, ''::text AS outcome, 0::bigint AS arrivals;
INSERT INTO "他的""CRM""".lead (name, phone, first_source) VALUES ('Ann', '+49 30 901820', 'website');
SELECT crm.grant_access('t_040_admin', 'admin');
SELECT crm.grant_access('t_040_writer', 'writer');
SQL

is($db->query(q{SELECT count(*) > 400, count(*) FILTER (WHERE merged_into IS NOT NULL) > 0,
	(SELECT count(*) > 0 FROM crm.duplicate), (SELECT count(*) > 400 FROM crm.identity WHERE live),
	(SELECT count(*) > 0 FROM crm.activity), (SELECT count(*) > 400 FROM crm.event),
	count(DISTINCT owner), count(pool) > 0, (SELECT count(*) FROM crm.task) > 250 FROM crm.lead}),
	't|t|t|t|t|t|2|t|t', 'there is something to dump');
clean($db, 'before');

# run(PROGRAM, ARG...): a client program; its messages are in the result.
sub run
{
	my ($program, @args) = @_;
	my $out = File::Temp->new;
	my $status = system("\"$bin/$program\" " . join(' ', map { "'$_'" } @args) . " >$out 2>&1");
	local (@ARGV, $/) = ("$out");
	my $text = <> // '';
	diag($text) if $status != 0;
	return ($status == 0, $text);
}

# dump_of(DB, ARG...): its plain dump as sorted lines, for comparing.
sub dump_of
{
	my ($which, @args) = @_;
	open my $pipe, '-|', "$bin/pg_dump", @args, $which->name or die "could not run pg_dump: $!";
	my @lines = grep { !/^\\(?:un)?restrict / } <$pipe>;
	close $pipe or die 'pg_dump failed';
	return join '', sort @lines;
}

sub same
{
	my ($left, $right, $what) = @_;
	return if ok($left eq $right, $what);
	my %in_left = map { $_ => 1 } split /^/, $left;
	my %in_right = map { $_ => 1 } split /^/, $right;
	diag('missing: ', $_) for grep { !$in_right{$_} } sort keys %in_left;
	diag('new:     ', $_) for grep { !$in_left{$_} } sort keys %in_right;
}

# wrong(CALL): what a check finds that is more than not set up yet.
sub wrong
{
	return "SELECT * FROM leadcrm.$_[0] WHERE severity <> 'notice'";
}

sub clean
{
	my ($which, $when) = @_;
	is($which->query("SELECT e::regclass FROM unnest(leadcrm._edited_objects('crm')) e"), 'crm.v_intake',
		"only the owner's own view differs from the template $when");
	is($which->query(wrong("check_workspace('crm')")), '', "check_workspace is clean $when");
	is($which->query(wrong(q{check_workspace('他的"CRM"')})), '', "and of the other workspace");
}

# works(DB, WHEN): the rules hold for what comes next.
sub works
{
	my ($which, $when) = @_;
	is($which->query(<<'SQL'), "2\nt\n1", "dedup works $when");
BEGIN;
INSERT INTO crm.lead (name, phone, first_source)
VALUES ('客户1', '+86 138 0000 0001', '抖音'), ('新人', '13912345678', '抖音'), ('新人', '139-1234-5678', '官网');
SELECT count(*) FROM crm.lead WHERE merged_into IS NOT NULL AND id > (SELECT max(id) - 3 FROM crm.lead);
SELECT count(*) = 3 FROM crm.lead WHERE id > 502;
SELECT count(*) FROM crm.lead WHERE phone = '+8613912345678' AND merged_into IS NULL;
ROLLBACK;
SQL
}

my $before = dump_of($db);

# Whole: custom format, also with two jobs
my ($ok) = run('pg_dump', '-Fc', '-f', "$dir/all", $db->name);
ok($ok, 'pg_dump -Fc');
for my $jobs (1, 2)
{
	my $copy = LeadCRM->database(name => "jobs$jobs", extension => 0);
	my ($restored, $said) = run('pg_restore', '-j', $jobs, '--exit-on-error', '-d', $copy->name, "$dir/all");
	ok($restored, "pg_restore -j $jobs");
	is($said, '', 'says nothing');
	clean($copy, "after pg_restore -j $jobs");
	$copy->query(q(GRANT CREATE ON DATABASE ") . $copy->name . q(" TO t_040_owner));
	same($before, dump_of($copy), "the dump of the copy is the same");
	works($copy, "after pg_restore -j $jobs");
	is($copy->query('SELECT count(*) FROM crm.v_lead', user => 't_040_admin'),
		$db->query('SELECT count(*) FROM crm.v_lead', user => 't_040_admin'), 'the admin sees what he saw');
}

# Under another owner: the extension is there, the rest is his.
{
	my $copy = LeadCRM->database(name => 'other');
	$copy->query('GRANT CREATE ON DATABASE "' . $copy->name . '" TO t_040_other');
	my ($dumped) = run('pg_dump', '-Fc', '-n', 'crm', '-n', '"他的""CRM"""', '-f', "$dir/schemas", $db->name);
	ok($dumped, 'pg_dump of the schemas');
	my ($restored, $said) = run('pg_restore', '--no-owner', '-U', 't_040_other', '--exit-on-error',
		'-d', $copy->name, "$dir/schemas");
	ok($restored, 'pg_restore --no-owner as another role');
	is($copy->query('SELECT DISTINCT owner FROM leadcrm.workspaces'), 't_040_other', 'the workspaces are his');
	clean($copy, 'under another owner');
	same(dump_of($db, '--no-owner', '--no-acl', '-n', 'crm'), dump_of($copy, '--no-owner', '--no-acl', '-n', 'crm'),
		'the dump of the copy is the same');
	works($copy, 'under another owner');
	is($copy->query('SELECT count(*) > 0 FROM crm.v_lead', user => 't_040_admin'), 't', 'the admin is still one');
}

# Data only, into a workspace just made
{
	my $copy = LeadCRM->database(name => 'data');
	$copy->query('GRANT CREATE ON DATABASE "' . $copy->name . '" TO t_040_owner');
	$copy->query(q{SELECT leadcrm.create_workspace('crm', locale => 'en')}, user => 't_040_owner');
	my ($dumped, $warned) = run('pg_dump', '-Fc', '--data-only', '-n', 'crm', '-f', "$dir/data", $db->name);
	ok($dumped, 'pg_dump --data-only');
	is($warned, '', 'warns of nothing: no table refers to itself, none in a circle');
	$copy->query(q{SELECT leadcrm.begin_restore('crm', empty => true)}, user => 't_040_owner');
	my ($restored) = run('pg_restore', '-U', 't_040_owner', '--exit-on-error', '-d', $copy->name, "$dir/data");
	ok($restored, 'pg_restore of the data, as the owner');
	is($copy->query(wrong("end_restore('crm')"), user => 't_040_owner'), '', 'end_restore is content');
	same(dump_of($db, '--data-only', '-n', 'crm'), dump_of($copy, '--data-only', '-n', 'crm'),
		'the same content, and not a row more');
	is($copy->query(wrong("check_workspace('crm')")), '', 'check_workspace is clean');
	works($copy, 'after a data-only restore');
	is($copy->query('SELECT count(*) > 0 FROM crm.v_lead', user => 't_040_admin'), 't', 'access came with the data');
}

# The identity claims lost: end_restore claims the keys again, and a pair that
# should be one goes to review.
{
	my $copy = LeadCRM->database(name => 'claims', extension => 0);
	run('pg_restore', '-d', $copy->name, "$dir/all");
	my $claims = q{SELECT md5(string_agg(concat_ws('|', lead_id, kind, scope, key, live, state), E'\n' ORDER BY lead_id, kind, scope, key COLLATE "C")) FROM crm.identity WHERE live};
	my $had = $copy->query($claims);
	my $events = $copy->query('SELECT count(*) FROM crm.event');
	$copy->query(q{SELECT leadcrm.begin_restore('crm')});
	$copy->query('DELETE FROM crm.identity');
	is($copy->query(wrong("end_restore('crm')")), '', 'end_restore rebuilds the claims');
	is($copy->query($claims), $had, 'every key is held by whom it was held');
	is($copy->query('SELECT count(*) FROM crm.event'), $events, 'and nothing else was written');
	works($copy, 'with rebuilt claims');
}

# The extension away and back
{
	my ($out, $error) = $db->try('DROP EXTENSION leadcrm');
	like($error, qr/^2BP01: cannot drop extension leadcrm because other objects depend on it/,
		'DROP EXTENSION is refused while a workspace uses it');
	my $rows = join '|', map { "(SELECT md5(string_agg(t::text, '' ORDER BY t::text COLLATE \"C\")) FROM crm.$_ t)" }
		qw(lead identity duplicate merge_log activity event source identity_rule access team rep rep_load lead_cube assignment_log task);
	$rows = "SELECT concat_ws(' ', " . join(', ', split /\|/, $rows) . ')';
	my $had = $db->query($rows);
	$db->query('SET client_min_messages = warning; DROP EXTENSION leadcrm CASCADE');
	is($db->query($rows), $had, 'with CASCADE all rows and columns survive');
	$db->query(q{INSERT INTO crm.lead (name, phone, first_source, last_source, last_inbound_at, created_at, updated_at)
		VALUES ('客户2', '+8613800000002', '官网', '官网', now(), now(), now()),
		       ('无引擎', '+8613700000000', '官网', '官网', now(), now(), now())}, user => 't_040_owner');
	$db->query('CREATE EXTENSION leadcrm');
	is($db->query('SELECT count(*) FROM leadcrm.workspaces'), 0, 'without its triggers it is no workspace');
	is($db->query(wrong("repair_workspace('crm')"), user => 't_040_owner'), '', 'repair_workspace');
	is($db->query(wrong(q{repair_workspace('他的"CRM"')})), '', 'repair_workspace by a superuser');
	clean($db, 'after repair');
	is($db->query(q{SELECT d.kind, d.status FROM crm.duplicate d JOIN crm.lead l ON l.id = d.lead_b WHERE l.name = '客户2' AND l.id > 502}),
		'phone|open', 'who came while the engine was gone and is known goes to review');
	is($db->query(q{SELECT state, live FROM crm.identity WHERE key = '+8613700000000'}), 'held|t',
		'who is new holds his keys');
	$db->query('DELETE FROM crm.lead WHERE id > 502');
	is($db->query('SELECT count(*) FROM crm.v_lead', user => 't_040_admin'),
		$db->query('SELECT count(*) FROM crm.lead WHERE merged_into IS NULL'), 'views and access are back');
	works($db, 'after repair');

	# All but what the arrivals above left is as it was.
	my $schema = dump_of($db, '--schema-only');
	my $copy = LeadCRM->database(name => 'schema', extension => 0);
	run('pg_restore', '--schema-only', '-d', $copy->name, "$dir/all");
	$copy->query(q(GRANT CREATE ON DATABASE ") . $copy->name . q(" TO t_040_owner));
	same(dump_of($copy, '--schema-only'), $schema, 'the schema is as it was');
}

done_testing();
