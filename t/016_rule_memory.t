#
# Memory of one backend does not grow with the rows that rules are evaluated
# over: matching and not, failing in triggers, compiled anew again and again.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;
use Time::HiRes qw(time);

use constant {
	ROWS => $ENV{LEADCRM_RULE_ROWS} || 10_000_000,
	FAILURES => $ENV{LEADCRM_RULE_FAILURES} || 1_000_000,
	CHANGES => 500,
	GROWTH => 64 * 1024,
};

my $db = LeadCRM->database;

# Rules of all kinds: by look-up, by expression, with as_of, over long texts.
$db->query(q{
	CREATE TABLE thing (id integer, region text, size integer, amount numeric, note text, tags text[], attrs jsonb, at timestamptz);
	INSERT INTO thing SELECT g, CASE WHEN g % 3 > 0 THEN '50' || g % 10 END, g, g * 1.5, repeat('长文', g % 50),
		ARRAY['a', 'b' || g], jsonb_build_object('k', g % 7), now() - g * interval '1 day' FROM generate_series(1, 100) g;
	INSERT INTO thing (id, note) SELECT 0, string_agg(md5(g::text), '') FROM generate_series(1, 10000) g;
	CREATE TABLE rule (code text PRIMARY KEY, condition text, points integer);
	CREATE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON rule FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed();
	CREATE TRIGGER config_truncated AFTER TRUNCATE ON rule FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed();
	ALTER TABLE rule ENABLE ALWAYS TRIGGER config_changed, ENABLE ALWAYS TRIGGER config_truncated;
	INSERT INTO rule VALUES ('size', 'size > 50', 1), ('amount', 'amount BETWEEN 20 AND 100 AND region LIKE ''502%''', 2),
		('tags', 'tags && ARRAY[''b5'']', 4), ('attrs', 'attrs ->> ''k'' = ''3''', 8), ('attrs 2', 'attrs ->> ''k'' IN (''4'', ''5'')', 16),
		('note', 'note LIKE ''%文长%'' AND length(note) > 20', 32), ('at', 'at > as_of - interval ''30 days''', 64),
		('number', 'leadcrm.num(attrs ->> ''k'') > 2 AND amount > leadcrm.add(amount, 1)', 128);
	CREATE TABLE few (LIKE rule INCLUDING ALL);
	INSERT INTO few SELECT * FROM rule WHERE code IN ('size', 'amount', 'at', 'tags');
	SELECT leadcrm.create_workspace('crm', locale => 'en');
	CREATE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
	ALTER TABLE crm.lead DISABLE TRIGGER USER;
	ALTER TABLE crm.lead ENABLE TRIGGER lead_00_begin, ENABLE TRIGGER lead_40_score, ENABLE TRIGGER lead_60_insert;
	CREATE TRIGGER lead_50_skip BEFORE INSERT ON crm.lead FOR EACH ROW EXECUTE FUNCTION skip();
	DELETE FROM crm.score_rule;
	INSERT INTO crm.score_rule (code, condition, points)
		SELECT 'fails ' || g, CASE WHEN g % 2 = 0 THEN 'company_size / (company_size - company_size) > ' || g
			ELSE 'name::integer > ' || g END, g FROM generate_series(1, 10) g});

my $session = $db->session;
my %work = (
	'rows' => sub {
		my $n = int(shift() / 500_000);
		return join ';', ("SELECT sum(leadcrm.score(t, 'few')) FROM thing t, generate_series(1, 5000) g WHERE id > 0") x $n;
	},
	'whole rows' => sub {
		my $n = int(shift() / 20_000);
		return join ';', ("SELECT sum(leadcrm.score(t, 'rule')), count(leadcrm.matching_rules(t, 'rule'))"
			. " FROM (SELECT t FROM thing t OFFSET 0) s, generate_series(1, 100) g") x $n;
	},
	'moments' => sub {
		my $n = int(shift() / 10_000);
		return join ';', ("SELECT sum(leadcrm.score(t, 'rule', now() + g * interval '1 second')) FROM generate_series(1, 100) g, thing t") x $n;
	},
	'failures' => sub {
		my $n = int(shift() / 10 / 1000);
		return join ';', ("INSERT INTO crm.lead (id, name, company_size, first_source, last_source, last_inbound_at, created_at, updated_at)"
			. " SELECT g, 'x', 1, 'x', 'x', now(), now(), now() FROM generate_series(1, 1000) g") x $n;
	},
	'changes' => sub {
		my $n = shift;
		return "DO \$\$ BEGIN FOR n IN 1 .. $n LOOP UPDATE rule SET condition = 'size > ' || n % 100 WHERE code = 'size';"
			. " PERFORM leadcrm.score(t, 'rule'), leadcrm.score(s.t, 'rule') FROM thing t, (SELECT t FROM thing t OFFSET 0) s WHERE id = 5;"
			. " IF n % 100 = 0 THEN COMMIT; END IF; END LOOP; END \$\$";
	},
	'broken' => sub {
		my $n = shift;
		return "DO \$\$ BEGIN FOR n IN 1 .. $n LOOP BEGIN UPDATE rule SET condition = 'size > ' || n % 10 || ' AND' WHERE code = 'size';"
			. " PERFORM leadcrm.score(t, 'rule') FROM thing t WHERE id = 5; RAISE 'not broken';"
			. " EXCEPTION WHEN syntax_error THEN NULL; END; END LOOP; END \$\$";
	});
my %rows = (rows => ROWS, 'whole rows' => ROWS / 25, moments => ROWS / 25, failures => FAILURES,
	changes => CHANGES, broken => CHANGES);

for my $name ('rows', 'whole rows', 'moments', 'failures', 'changes', 'broken')
{
	my $begin = time;
	my ($before, $after, $resident_before, $resident_after);

	for my $rows ($rows{$name} / 20, $rows{$name} / 20, $rows{$name})    # the first twice to warm up
	{
		($before, $resident_before) = used();
		is(($session->run($work{$name}->($rows)), $session->error)[1], '', "$name: $rows");
		($after, $resident_after) = used();
	}
	cmp_ok($after - $before, '<=', GROWTH, "$name: memory does not grow");
	cmp_ok($resident_after - $resident_before, '<=', 16 * GROWTH, "$name: nor does the process") if $resident_before;
	diag(sprintf '%s: %d in %.1f s, %d bytes more in use, %d more resident', $name, $rows{$name}, time - $begin, $after - $before,
		$resident_after - $resident_before);
}

cmp_ok($db->query('SELECT sum(failures) FROM crm.rule_error'), '==', FAILURES * 1.1, 'each failure was counted');
$session->close;

# used(): bytes in use by the session's backend, and its own resident ones.
sub used
{
	my $bytes = $session->run('SELECT sum(used_bytes) FROM pg_backend_memory_contexts');
	my $pid = $session->run('SELECT pg_backend_pid()');
	my $resident = 0;

	if (open my $status, '<', "/proc/$pid/status")
	{
		$resident = $1 * 1024 if (join '', <$status>) =~ /^RssAnon:\s+(\d+) kB/m;
	}
	return ($bytes, $resident);
}

done_testing;
