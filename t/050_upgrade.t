#
# A workspace goes to the next version, made up here: what its owner has
# changed stays as it is and is shown beside what the version brings.
#
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use LeadCRM;
use Test::More;

my $share = `"$ENV{PG_CONFIG}" --sharedir`;
chomp $share;
my $folder = "$share/extension";
my $here = "$FindBin::RealBin/../extension";
my $now = LeadCRM->database(name => 'probe')->query("SELECT extversion FROM pg_extension WHERE extname = 'leadcrm'");
my @made;

plan skip_all => "cannot write to $folder" unless -w $folder;

sub slurp
{
	local (@ARGV, $/) = ($_[0]);
	return scalar <>;
}

# make(NAME, TEXT): a file beside the extension's, for the time of the test.
sub make
{
	my ($name, $text) = @_;
	open my $file, '>', "$folder/$name" or die "$name: $!";
	push @made, "$folder/$name";
	print $file $text;
	close $file or die "$name: $!";
}

END { my $status = $?; unlink @made; $? = $status; }

# The next version: a column and a table more; sees_all, v_source_intake and
# v_intake change, v_intake in a way that needs a DROP; v_day comes.
my $template = slurp("$folder/leadcrm-workspace--$now.sql");
for ([ qr/count\(l\.id\) FILTER \(WHERE l\.merged_into IS NULL\) AS living_leads/,
		'count(l.id) FILTER (WHERE l.merged_into IS NULL) AS living_leads /* next */' ],
	[ qr/count\(\*\) AS arrivals/, "'next'::text AS version, count(*) AS arrivals" ],
	[ qr/LANGUAGE SQL STABLE PARALLEL RESTRICTED SECURITY DEFINER\nBEGIN ATOMIC/,
		"LANGUAGE SQL STABLE PARALLEL RESTRICTED SECURITY DEFINER COST 7\nBEGIN ATOMIC" ],
	[ qr/(?=\n-- part: code\n)/,
		"ALTER TABLE lead ADD COLUMN colour text;\nCREATE TABLE shade (code text PRIMARY KEY);\n" ],
	[ qr/(?=\n-- part: seed\n)/, "CREATE OR REPLACE VIEW v_day AS SELECT 1 AS one;\n" ])
{
	my ($from, $to) = @$_;
	$template =~ s/$from/$to/ or die "the template has changed: $from";
}
make('leadcrm--9.0.sql', slurp("$folder/leadcrm--$now.sql"));
make("leadcrm--$now--9.0.sql", "-- nothing\n");
make('leadcrm-workspace--9.0.sql', $template);
for my $locale (qw(zh en))
{
	my $labels = slurp("$folder/leadcrm-workspace--$now.$locale.sql");
	$labels =~ s/(?=-- part: seed\n)/COMMENT ON COLUMN lead.colour IS 'colour';\nCOMMENT ON VIEW v_day IS 'day';\n/ or die;
	make("leadcrm-workspace--9.0.$locale.sql", $labels);
}
make("leadcrm-workspace--$now--8.0.sql", <<'SQL');
ALTER TABLE lead ADD COLUMN colour text;
DROP VIEW v_intake;
SQL
make('leadcrm-workspace--8.0--9.0.sql', <<'SQL');
CREATE TABLE shade (code text PRIMARY KEY);
INSERT INTO shade SELECT 'dark';
SQL

for my $mine (0, 1)
{
	my $db = LeadCRM->database(name => $mine ? 'edited' : 'plain');

	$db->query(<<'SQL');
CREATE SCHEMA crm_reports;
SELECT leadcrm.create_workspace('crm', locale => 'en');
INSERT INTO crm.lead (name, phone, first_source) VALUES ('A', '13800138000', 'website'), ('A', '13800138000', 'partner');
COMMENT ON TABLE crm.lead IS 'our leads';
SQL
	is($db->query("SELECT * FROM leadcrm.upgrade_workspace('crm')"), '', 'at the current version there is nothing to do');
	if ($mine)
	{
		$db->query(<<'SQL');
CREATE OR REPLACE VIEW crm.v_intake AS SELECT current_date AS day, ''::text AS source, 'mine'::text AS outcome, 0::bigint AS arrivals;
CREATE OR REPLACE FUNCTION crm.sees_all() RETURNS boolean LANGUAGE SQL STABLE BEGIN ATOMIC SELECT true; END;
SQL
	}
	$db->query("ALTER EXTENSION leadcrm UPDATE TO '9.0'");
	is($db->query("SELECT item, problem, next_step FROM leadcrm.check_workspace('crm') WHERE severity <> 'notice'"),
		"version|the workspace is at $now, the engine at 9.0|SELECT * FROM leadcrm.upgrade_workspace('crm');",
		'check_workspace tells that the workspace is behind');

	my $shown = $db->query(q{SELECT object, kept ~ 'mine|SELECT true', shipped ~ 'next|COST 7' FROM leadcrm.upgrade_workspace('crm')});
	is($shown, $mine ? "function sees_all()|t|t\nview v_intake|t|t" : '', 'only what the owner changed is shown');
	is($db->query('SELECT version FROM crm.workspace'), '9.0', 'the workspace is at the new version');
	is($db->query("SELECT * FROM leadcrm.check_workspace('crm') WHERE severity <> 'notice'"), '', 'and in order');
	is($db->query('SELECT colour IS NULL, (SELECT code FROM crm.shade), (SELECT one FROM crm.v_day) FROM crm.lead LIMIT 1'),
		't|dark|1', 'both scripts and the new code were run');
	is($db->query(q{SELECT pg_get_viewdef('crm.v_intake') ~ 'next', pg_get_viewdef('crm.v_intake') ~ 'mine',
			procost FROM pg_proc WHERE oid = 'crm.sees_all()'::regprocedure}),
		$mine ? 'f|t|100' : 't|f|7', $mine ? 'the owner\'s own are untouched' : 'views and functions are the new ones');
	is($db->query(q{SELECT obj_description('crm.lead'::regclass), obj_description('crm.v_day'::regclass)}),
		'our leads|day', 'new comments came, the owner\'s stayed');
	is($db->query('SELECT count(*) FROM crm.lead'), 2, 'the leads are there');

	# An upgraded workspace has what a new one has.
	$db->query("SELECT leadcrm.create_workspace('fresh', locale => 'en')");
	is($db->query(q{SELECT string_agg(kind || ' ' || object, ', ') FROM (
			SELECT kind, object FROM leadcrm._workspace_catalog('crm')
			EXCEPT SELECT kind, object FROM leadcrm._workspace_catalog('fresh')) x}), '', 'nothing more than a new one');
	is($db->query(q{SELECT string_agg(kind || ' ' || object, ', ') FROM (
			SELECT kind, object FROM leadcrm._workspace_catalog('fresh')
			EXCEPT SELECT kind, object FROM leadcrm._workspace_catalog('crm')) x}), '', 'and nothing less');
	if ($mine)
	{
		# Taking the shipped one is the owner's choice, and then it is his no more.
		$db->query(q{DO $$ BEGIN EXECUTE 'DROP VIEW crm.v_intake'; END $$;
			SELECT * FROM leadcrm.repair_workspace('crm')});
		is($db->query(q{SELECT pg_get_viewdef('crm.v_intake') ~ 'next'}), 't', 'dropped and repaired, it is the shipped one');
	}
}

# No way there
my $db = LeadCRM->database(name => 'stuck');
$db->query("SELECT leadcrm.create_workspace('crm')");
unlink "$folder/leadcrm-workspace--8.0--9.0.sql";
$db->query("ALTER EXTENSION leadcrm UPDATE TO '9.0'");
my ($out, $error) = $db->try("SELECT * FROM leadcrm.upgrade_workspace('crm')");
is($error, "55000: workspace crm cannot be upgraded from version $now to 9.0", 'without scripts it is refused');

# A script that fails leaves the workspace as it was.
make('leadcrm-workspace--8.0--9.0.sql', "CREATE TABLE shade ();\nSELECT 1/0;\n");
($out, $error) = $db->try("SELECT * FROM leadcrm.upgrade_workspace('crm')");
is($error, '22012: division by zero', 'an error in a script');
is($db->query(q{SELECT version, to_regclass('crm.shade') IS NULL FROM crm.workspace}), "$now|t", 'leaves all as it was');

done_testing();
