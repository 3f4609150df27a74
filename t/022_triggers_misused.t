#
# leadcrm's trigger functions hung where they do not belong are refused, and
# nobody gains by hanging them on tables of his own.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;

my $db = LeadCRM->database;
$db->query(<<'SQL');
CREATE ROLE t022_owner;
CREATE ROLE t022_attacker;
GRANT CREATE ON DATABASE t_022_triggers_misused TO t022_owner, t022_attacker;
SET ROLE t022_owner;
SELECT leadcrm.create_workspace('crm', locale => 'en');
INSERT INTO crm.lead (external_id, phone, first_source) VALUES ('1', '13800138000', 'x');
SQL

# refused(WHAT, SQL): a clear refusal; what it did is rolled back.
sub refused
{
	my ($what, $sql, $code) = @_;
	my ($out, $error) = $db->try("BEGIN; SET client_min_messages = warning; $sql; ROLLBACK");

	like($error, $code || qr/^(?:39P01: (?:trigger function|function|table|a statement trigger)|42P01: workspace "\w+" has no table)/, $what);
	return;
}

for my $function (qw(normalize dedup score assign recycle behaviour cube guard_key config_changed))
{
	refused("$function() called", "SELECT leadcrm.$function()", qr/^(?:0A000|39P01)/);

	# CREATE FUNCTION ... AS of the same symbol needs a superuser; even so.
	refused("$function() under another signature", "CREATE FUNCTION mine(integer) RETURNS integer LANGUAGE C AS '\$libdir/leadcrm', 'leadcrm_$function';"
		  . " SELECT mine(1)");
}

# On a table that is no lead table, at every time, level and event.
my %own = (
	'a small table' => 'CREATE TABLE t (id bigint)',
	'a table named lead' => 'CREATE SCHEMA s; SET search_path = s; CREATE TABLE lead (id bigint)',
	'a table with the columns' => 'CREATE TABLE t (LIKE crm.lead INCLUDING ALL)',
	'a lead table without its workspace' => 'CREATE SCHEMA s; SET search_path = s; CREATE TABLE lead (LIKE crm.lead INCLUDING ALL)',
	'other column types' => 'CREATE SCHEMA s; SET search_path = s; CREATE TABLE lead (LIKE crm.lead);'
	  . ' ALTER TABLE lead ALTER phone TYPE bigint USING 1, ALTER id TYPE text',
	'a table of a workspace' => 'SET search_path = crm',
	'a temporary table' => 'CREATE TEMP TABLE lead (LIKE crm.lead INCLUDING ALL)',
	'a partitioned table' => 'CREATE SCHEMA s; SET search_path = s; CREATE TABLE lead (LIKE crm.lead) PARTITION BY LIST (kind);'
	  . " CREATE TABLE lead_contact PARTITION OF lead FOR VALUES IN ('contact')");
my %table = ('a small table' => 't', 'a table with the columns' => 't', 'a table of a workspace' => 'activity');
for my $what (sort keys %own)
{
	my $table = $table{$what} || 'lead';
	my $insert = $what eq 'a table of a workspace'
	  ? "INSERT INTO activity (lead_id, kind, at) SELECT id, 'x', now() FROM lead"
	  : $what =~ /small|named lead/ ? "INSERT INTO $table VALUES (1)"
	  : $what eq 'other column types' ? "INSERT INTO $table (id, kind, attrs, first_source, last_source, created_at, updated_at, last_inbound_at) VALUES ('1', 'contact', '{}', 'x', 'x', now(), now(), now())"
	  : "INSERT INTO $table (id, kind, phone, attrs, first_source, last_source, created_at, updated_at, last_inbound_at) VALUES (1, 'contact', '13800138000', '{}', 'x', 'x', now(), now(), now())";

	for my $function (qw(normalize dedup score assign recycle behaviour cube))
	{
		for my $place ('BEFORE INSERT ON % FOR EACH ROW', 'AFTER INSERT ON % FOR EACH ROW', 'BEFORE INSERT ON % FOR EACH STATEMENT',
			'AFTER INSERT ON % FOR EACH STATEMENT', 'AFTER INSERT ON % REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT')
		{
			next if $function eq 'behaviour' && $table eq 'activity' && $place =~ /BEFORE.*STATEMENT|arrived/;    # its own place
			(my $on = $place) =~ s/%/$table/;
			refused("$function() on $what, $place",
				"$own{$what}; CREATE TRIGGER hung $on EXECUTE FUNCTION leadcrm.$function(); $insert");
		}
	}
}

# On the lead table itself, where they do not belong.
for my $case (
	[ 'normalize', 'BEFORE DELETE', 'ROW', 'DELETE' ], [ 'normalize', 'AFTER UPDATE', 'ROW', 'UPDATE' ],
	[ 'normalize', 'BEFORE UPDATE', 'STATEMENT', 'UPDATE' ], [ 'normalize', 'BEFORE TRUNCATE', 'STATEMENT', 'TRUNCATE' ],
	[ 'score', 'BEFORE DELETE', 'ROW', 'DELETE' ], [ 'score', 'AFTER UPDATE', 'ROW', 'UPDATE' ], [ 'score', 'BEFORE UPDATE', 'STATEMENT', 'UPDATE' ],
	[ 'assign', 'BEFORE DELETE', 'ROW', 'DELETE' ], [ 'assign', 'AFTER UPDATE', 'ROW', 'UPDATE' ], [ 'assign', 'BEFORE UPDATE', 'STATEMENT', 'UPDATE' ],
	[ 'dedup', 'BEFORE DELETE', 'ROW', 'DELETE' ], [ 'dedup', 'AFTER DELETE', 'ROW', 'DELETE' ], [ 'dedup', 'AFTER UPDATE', 'ROW', 'UPDATE' ],
	[ 'dedup', 'BEFORE DELETE', 'STATEMENT', 'DELETE' ], [ 'dedup', 'AFTER DELETE', 'STATEMENT', 'DELETE' ],
	[ 'dedup', 'AFTER TRUNCATE', 'STATEMENT', 'TRUNCATE' ],
	[ 'cube', 'BEFORE UPDATE', 'ROW', 'UPDATE' ], [ 'cube', 'AFTER INSERT', 'ROW', 'INSERT' ], [ 'cube', 'AFTER UPDATE', 'STATEMENT', 'UPDATE' ],
	[ 'config_changed', 'BEFORE UPDATE', 'ROW', 'UPDATE' ], [ 'config_changed', 'BEFORE UPDATE', 'STATEMENT', 'UPDATE' ])
{
	my ($function, $time, $level, $event) = @$case;
	my $statement = $event eq 'INSERT' ? "INSERT INTO crm.lead (phone) VALUES ('1')" : $event eq 'DELETE' ? 'DELETE FROM crm.lead' : $event eq 'UPDATE' ? "UPDATE crm.lead SET title = 'x'"
	  : 'ALTER TABLE crm.lead DISABLE TRIGGER lead_00_truncate; TRUNCATE crm.lead CASCADE';

	refused("$function() on lead, $time FOR EACH $level", "CREATE TRIGGER hung $time ON crm.lead FOR EACH $level"
		  . " EXECUTE FUNCTION leadcrm.$function(); $statement");
}
refused('another transition table', 'CREATE TRIGGER zz AFTER INSERT ON crm.lead REFERENCING NEW TABLE AS other FOR EACH STATEMENT'
	  . " EXECUTE FUNCTION leadcrm.dedup(); INSERT INTO crm.lead (phone) VALUES ('1')");
refused('a view', 'CREATE VIEW v AS SELECT * FROM crm.lead; CREATE TRIGGER hung INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION leadcrm.dedup();'
	  . " INSERT INTO v (phone) VALUES ('1')");
refused('a view, normalize()', 'CREATE VIEW v AS SELECT * FROM crm.lead; CREATE TRIGGER hung INSTEAD OF UPDATE ON v FOR EACH ROW EXECUTE FUNCTION leadcrm.normalize();'
	  . " UPDATE v SET phone = '1'");

# With arguments, twice, deferred: harmless or refused.
is(($db->try("BEGIN; CREATE TRIGGER lead_21_again BEFORE INSERT OR UPDATE ON crm.lead FOR EACH ROW EXECUTE FUNCTION leadcrm.dedup('x', 'y');"
		  . " CREATE TRIGGER lead_11_again BEFORE INSERT OR UPDATE ON crm.lead FOR EACH ROW EXECUTE FUNCTION leadcrm.normalize('x');"
		  . " INSERT INTO crm.lead (external_id, phone, first_source) VALUES ('2', '13800138000', 'x'), ('3', '13900139000', 'x'), ('4', '13900139000', 'x');"
		  . ' SELECT string_agg((merged_into IS NULL)::text, \',\' ORDER BY id) FROM crm.lead; ROLLBACK'))[0],
	'true,false,true,false', 'hung twice they decide once');
refused('AFTER INSERT twice', 'CREATE TRIGGER lead_61_again AFTER INSERT ON crm.lead REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT'
	  . " EXECUTE FUNCTION leadcrm.dedup(); INSERT INTO crm.lead (phone) VALUES ('1')");

# Of activities: on the wrong table, without its tables, twice.
refused('behaviour() on lead', 'CREATE TRIGGER zz AFTER INSERT ON crm.lead REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT'
	  . " EXECUTE FUNCTION leadcrm.behaviour(); INSERT INTO crm.lead (phone) VALUES ('1')");
for my $event ('INSERT', 'UPDATE', 'DELETE')
{
	my %statement = (INSERT => "INSERT INTO crm.activity (lead_id, kind, at) SELECT min(id), 'ask_price', now() FROM crm.lead",
		UPDATE => "UPDATE crm.activity SET kind = 'x'", DELETE => 'DELETE FROM crm.activity');

	refused("behaviour() without transition tables, AFTER $event", "CREATE TRIGGER zz AFTER $event ON crm.activity FOR EACH STATEMENT"
		  . " EXECUTE FUNCTION leadcrm.behaviour(); $statement{$event}");
}
refused('behaviour() with one of two transition tables', 'CREATE TRIGGER zz AFTER UPDATE ON crm.activity REFERENCING NEW TABLE AS arrived'
	  . " FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour(); UPDATE crm.activity SET kind = 'x'");
is(($db->try('BEGIN; CREATE TRIGGER zz AFTER INSERT ON crm.activity REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();'
		  . ' CREATE TRIGGER activity_01 BEFORE INSERT ON crm.activity FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();'
		  . " INSERT INTO crm.lead (id, name, first_source) VALUES (7001, 'x', 'x'); INSERT INTO crm.activity (lead_id, kind, at) VALUES (7001, 'ask_price', now());"
		  . " INSERT INTO crm.activity (lead_id, kind, at) VALUES (7001, 'ask_price', now());"
		  . " SELECT round(leadcrm.decayed(behaviour_3, behaviour_3_at, '45 days', now())) FROM crm.lead WHERE id = 7001; ROLLBACK"))[0],
	'50', 'hung twice they count once');

# Of people: on the wrong table, at the wrong time, without or with another
# argument, on a table of somebody else's.
for my $hang ('BEFORE UPDATE ON crm.rep FOR EACH ROW', 'AFTER INSERT ON crm.rep FOR EACH ROW', 'AFTER UPDATE ON crm.rep FOR EACH STATEMENT',
	'AFTER TRUNCATE ON crm.rep FOR EACH STATEMENT')
{
	refused("guard_key() on rep, $hang", "INSERT INTO crm.rep (code) VALUES ('r'); CREATE TRIGGER hung $hang EXECUTE FUNCTION leadcrm.guard_key('owner');"
		  . " INSERT INTO crm.rep (code) VALUES ('s'); UPDATE crm.rep SET code = code || 'x'; TRUNCATE crm.rep CASCADE");
}
for my $arguments ('', "'name'", "'owner', 'team'")
{
	refused("guard_key($arguments)", "INSERT INTO crm.rep (code) VALUES ('r'); CREATE TRIGGER hung AFTER DELETE ON crm.rep FOR EACH ROW"
		  . " EXECUTE FUNCTION leadcrm.guard_key($arguments); DELETE FROM crm.rep");
}
refused('guard_key() on a table without codes', 'CREATE TRIGGER hung AFTER DELETE ON crm.lead FOR EACH ROW'
	  . " EXECUTE FUNCTION leadcrm.guard_key('owner'); DELETE FROM crm.lead");
refused('guard_key() where there are no leads', 'CREATE TABLE public.t (code text); INSERT INTO public.t VALUES (1); CREATE TRIGGER hung'
	  . " AFTER DELETE ON public.t FOR EACH ROW EXECUTE FUNCTION leadcrm.guard_key('owner'); DELETE FROM public.t");
refused("guard_key() on a stranger's table", 'GRANT USAGE, CREATE ON SCHEMA crm TO t022_attacker; SET ROLE t022_attacker; CREATE TABLE crm.t (code text);'
	  . " INSERT INTO crm.t VALUES (1); CREATE TRIGGER hung AFTER DELETE ON crm.t FOR EACH ROW EXECUTE FUNCTION leadcrm.guard_key('owner'); DELETE FROM crm.t");
refused("check_tree() before, or for a statement", "CREATE TRIGGER hung $_ ON crm.team EXECUTE FUNCTION leadcrm.check_tree();"
	  . " INSERT INTO crm.team (code) VALUES ('t')") for 'BEFORE INSERT', 'AFTER INSERT';

# An attacker's own "workspace": his tables under our names, our triggers on
# them.  All that is written is written as him, into his own schema.
$db->query(<<'SQL');
SET ROLE t022_attacker;
CREATE SCHEMA mine;
SQL
my $state = $db->query(state());
my @tables = split /\n/, $db->query("SELECT relname FROM pg_class WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r'");
$db->query(join(' ', map { "CREATE TABLE mine.$_ (LIKE crm.$_ INCLUDING ALL); ALTER TABLE mine.$_ OWNER TO t022_attacker;" } @tables) . <<'SQL');
SET ROLE t022_attacker;
SET search_path = mine;
CREATE TABLE seen (who name, seen text);
CREATE FUNCTION spy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO mine.seen VALUES (current_user, TG_TABLE_NAME);
	BEGIN
		PERFORM FROM crm.lead;
		INSERT INTO mine.seen VALUES (current_user, 'the other workspace');
	EXCEPTION WHEN insufficient_privilege THEN NULL;
	END;
	RETURN NEW;
END $$;
CREATE TRIGGER spy BEFORE INSERT ON identity FOR EACH ROW EXECUTE FUNCTION spy();
CREATE TRIGGER spy BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION spy();
INSERT INTO identity_rule (code, position, kind, action) VALUES ('phone', 1, 'phone', 'merge');
CREATE TRIGGER lead_00_begin BEFORE INSERT OR UPDATE ON lead FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
CREATE TRIGGER lead_10_normalize BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.normalize();
CREATE TRIGGER lead_20_dedup BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.dedup();
CREATE TRIGGER lead_40_score BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.score();
CREATE TRIGGER lead_60_insert AFTER INSERT ON lead REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
CREATE TRIGGER activity_10_insert AFTER INSERT ON activity REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO mine.seen VALUES (current_user, TG_TABLE_NAME || TG_ARGV[0]); RETURN NEW; END';
CREATE TRIGGER watch BEFORE UPDATE ON lead FOR EACH ROW WHEN (NEW.behaviour_1 IS DISTINCT FROM OLD.behaviour_1) EXECUTE FUNCTION watch(' behaviour');
INSERT INTO half_life VALUES (1, NULL, '1 day');
INSERT INTO activity_kind (kind, points, class) VALUES ('look', 1, 1);
INSERT INTO lead (phone, first_source) VALUES ('13800138000', 'x'), ('138 0013 8000', 'x');
GRANT USAGE ON SCHEMA mine TO t022_owner;
GRANT INSERT ON lead, activity TO t022_owner;
GRANT SELECT (id) ON lead TO t022_owner;
SQL
is($db->query('SELECT count(*) FROM mine.lead WHERE merged_into IS NULL'), '1', 'the triggers serve whoever hangs them');
$db->query("SET ROLE t022_owner; INSERT INTO mine.lead (phone, first_source) VALUES ('13800138001', 'x');"
	  . " INSERT INTO mine.activity (lead_id, kind, at) SELECT min(id), 'look', now() FROM mine.lead");
is($db->query("SELECT string_agg(DISTINCT who || ' ' || seen, ', ' ORDER BY who || ' ' || seen) FROM mine.seen"),
	't022_attacker event, t022_attacker identity, t022_attacker lead behaviour', 'side writes are those of the owner of the table, in its schema, whoever inserts');
is($db->query(state()), $state, 'nothing happened in another workspace');

# The schema is renamed by hand and another planted under the old name, while
# a session has its statements prepared.
my $session = $db->session;
$session->run("SET ROLE t022_owner");
$session->run("INSERT INTO crm.lead (external_id, phone, first_source) VALUES ('5', '13800138005', 'x'), ('6', '13800138005', 'x')");
is($session->error, '', 'a session with prepared statements');
$db->query('SET ROLE t022_owner; ALTER SCHEMA crm RENAME TO crm_old');
$db->query('SET ROLE t022_attacker; DELETE FROM mine.seen; ALTER SCHEMA mine RENAME TO crm; GRANT ALL ON SCHEMA crm TO PUBLIC; '
	  . join(' ', map { "GRANT ALL ON crm.$_ TO PUBLIC;" } qw(lead identity identity_rule source event merge_log activity duplicate seen)));
$session->run("INSERT INTO crm_old.lead (external_id, phone, first_source) VALUES ('7', '13800138005', 'x'), ('8', '13800138008', 'x')");
is($session->error, '', 'the renamed workspace goes on');
is($session->run("SELECT count(*) FROM crm_old.identity i JOIN crm_old.lead l ON l.id = i.lead_id WHERE l.external_id IN ('8', '5')"), '2',
	'it claims in its own tables');
is($db->query("SELECT count(*) FROM crm.seen"), '0', 'the planted tables saw nothing');
$session->close;

END
{
	if ($db)
	{
		$db->try("DROP OWNED BY t022_owner, t022_attacker CASCADE; DROP ROLE t022_owner, t022_attacker");
	}
}

# state(): SQL of a digest of a workspace.
sub state
{
	return "SELECT (SELECT count(*) FROM crm.lead) || ' ' || (SELECT count(*) FROM crm.identity) || ' ' || (SELECT count(*) FROM crm.event)";
}

done_testing;
