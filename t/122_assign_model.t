#
# 5,000 leads arrive, repeat, close, reopen and change hands in one session,
# while reps come, go and fill up and rules change: every owner, pool, rule and
# runner-up is what a slow model of the rules in SQL says (t/lib/assign_model.sql),
# and the ledger of loads ends up exact.
#
use strict;
use warnings;

use File::Basename qw(dirname);
use LeadCRM;
use Test::More;

use constant LEADS => $ENV{LEADCRM_MODEL_LEADS} || 5000;

# What the replay must have come across, and how often at least.
my %covered = (
	'rule direct' => 50, 'rule round_robin' => 100, 'rule least_loaded' => 100, 'rule skilled' => 100,
	'sticky' => 20, 'fallback' => 50, 'pool' => 300, 'writer' => 50, 'repeat' => 50, 'repeat assigned anew' => 50,
	'lifted' => 5, 'passed over' => 300, 'refused' => 5, 'taken back' => 20);

my $seed = $ENV{LEADCRM_SEED} // 20261122;
$seed = int(rand(2**31)) if $seed eq 'random';
note("LEADCRM_SEED=$seed");

my $lib = dirname(__FILE__) . '/lib';
my $db = LeadCRM->database;
$db->query("SELECT leadcrm.create_workspace('crm', locale => 'en', time_zone => 'Etc/GMT+12')");
$db->query(<<'SQL');
DELETE FROM crm.assignment_rule;
DELETE FROM crm.pool;
DELETE FROM crm.territory;
DELETE FROM crm.calendar;
UPDATE crm.identity_rule SET active = code = 'phone';
INSERT INTO crm.product_line (code, label) VALUES ('crane', 'Cranes'), ('pump', 'Pumps'), ('valve', 'Valves');

INSERT INTO crm.team (code, parent) VALUES ('sales', NULL), ('north', 'sales'), ('south', 'sales'), ('coast', 'south'), ('rescue', NULL);
INSERT INTO crm.calendar (code) VALUES ('always'), ('never'), ('empty');
INSERT INTO crm.calendar_hours (calendar, weekday, opens, closes) SELECT 'always', day, '00:00', '24:00' FROM generate_series(1, 7) day;
INSERT INTO crm.calendar_hours (calendar, weekday, opens, closes)
SELECT 'never', extract(isodow FROM now() AT TIME ZONE 'Etc/GMT+12' + interval '4 days'), '08:00', '18:00';

INSERT INTO crm.rep (code, team, position, capacity, daily_limit, weight, calendar) VALUES
	('ann',  'north',  'director', 30, NULL, 1, NULL),     ('bob',  'north',  'seller', 25, 200,  2, 'always'),
	('carl', 'north',  'seller',   20, 90,   3, 'never'),  ('dora', 'north',  'seller', 20, NULL, 5, NULL),
	('eva',  'south',  'director', 15, NULL, 1, NULL),     ('fred', 'south',  'seller', 40, 150,  2, 'empty'),
	('gina', 'coast',  'seller',   12, 100,  1, 'always'), ('hans', 'coast',  'seller', 18, NULL, 4, NULL),
	('ida',  'coast',  'director',  8, NULL, 1, NULL),     ('jon',  'rescue', 'seller', 10, 60,   1, NULL),
	('kim',  'rescue', 'seller',   14, 60,   2, 'never'),  ('lea',  NULL,     NULL,      9, NULL, 3, 'always'),
	('max',  'sales',  'director', 10, 40,   1, NULL),     ('nora', 'sales',  'seller',  0, NULL, 1, NULL);
INSERT INTO crm.rep_skill (rep, kind, value, level) VALUES
	('ann', 'region', '50', 3), ('bob', 'region', '5001', 5), ('bob', 'industry', 'manufacturing', 3), ('carl', 'industry', 'software', 4),
	('dora', 'product_line', 'crane', 2), ('dora', 'language', 'de', 5), ('eva', 'region', '44', 2), ('eva', 'region', '4403', 2),
	('fred', 'source', 'fair', 4), ('fred', 'industry', 'finance', 3), ('gina', 'industry', 'manufacturing', 5), ('hans', 'language', 'en', 3), ('ida', 'region', '4403', 4),
	('jon', 'product_line', 'pump', 1), ('kim', 'language', 'ja', 3), ('lea', 'industry', 'automotive', 3), ('max', 'product_line', 'crane', 2);
INSERT INTO crm.territory (code, parent, regions) VALUES
	('country', NULL, '{}'), ('south', 'country', '{44,45,46}'), ('shenzhen', 'south', '{4403}'),
	('west', 'country', '{50}'), ('inner', 'west', '{500103,500112}'), ('east', NULL, '{31}');
INSERT INTO crm.territory_rep (territory, rep, position) VALUES
	('south', 'eva', NULL), ('south', 'gina', 'seller'), ('south', 'hans', 'director'), ('shenzhen', 'ida', NULL), ('shenzhen', 'gina', 'seller'),
	('west', 'ann', 'director'), ('inner', 'bob', 'seller'), ('inner', 'dora', NULL), ('country', 'max', NULL), ('country', 'carl', 'seller');

INSERT INTO crm.pool (code, team, position, active) VALUES ('sea', NULL, 2, true), ('dry', NULL, 1, false), ('lake', NULL, 3, true), ('bay', 'coast', 1, true), ('pond', 'coast', 0, false);

INSERT INTO crm.assignment_rule (code, position, condition, strategy) VALUES
	('junk', 10, 'last_source = ''junk'' AND product_line IS NULL', 'pool');
INSERT INTO crm.assignment_rule (code, position, condition, strategy, pool) VALUES
	('junk_valves', 15, 'last_source = ''junk'' AND product_line = ''valve''', 'pool', 'dry'),
	('junk_known', 20, 'last_source = ''junk''', 'pool', 'lake');
INSERT INTO crm.assignment_rule (code, position, condition, strategy) VALUES
	('known', 30, 'last_source = ''call''', 'sticky');
INSERT INTO crm.assignment_rule (code, position, condition, strategy, rep, pool) VALUES
	('cranes', 40, 'product_line = ''crane'' AND industry IS NULL', 'direct', 'dora', 'lake');
INSERT INTO crm.assignment_rule (code, position, condition, strategy, by_territory, rep_position) VALUES
	('chiefs', 50, 'last_source = ''partner''', 'direct', true, 'director');
INSERT INTO crm.assignment_rule (code, position, condition, strategy, required_skills, working_hours) VALUES
	('experts', 60, 'industry IS NOT NULL AND last_source = ''web''', 'skilled', '{industry}', true);
INSERT INTO crm.assignment_rule (code, position, condition, strategy, team, sticky) VALUES
	('north', 70, 'region LIKE ''50%''', 'round_robin', 'north', true);
INSERT INTO crm.assignment_rule (code, position, condition, strategy, team, fallback_team) VALUES
	('languages', 80, 'attrs ->> ''language'' IS NOT NULL', 'skilled', 'sales', 'rescue');
INSERT INTO crm.assignment_rule (code, position, condition, strategy, territory) VALUES
	('south', 80, 'region LIKE ''44%''', 'least_loaded', 'south');
INSERT INTO crm.assignment_rule (code, position, condition, strategy, team) VALUES
	('coast', 90, 'region IS NOT NULL', 'least_loaded', 'coast');
INSERT INTO crm.assignment_rule (code, position, condition, strategy, working_hours) VALUES
	('all', 100, 'last_source IN (''fair'', ''call'') AND region IS NULL', 'round_robin', true);
SQL
$db->query("SET client_min_messages = warning;\n\\i $lib/assign_model.sql\n\\i $lib/assign_replay.sql\n");

my $began = time;
$db->query("SET client_min_messages = warning; SELECT setseed($seed / 2147483648.0); CALL model.replay(@{[LEADS]})");
diag(sprintf '%s steps, %s leads, %s choices, %d s', split(/\|/, $db->query(<<'SQL')), time - $began);
SELECT step, came, (SELECT sum(n) FROM model.tally WHERE what NOT IN ('lifted', 'passed over', 'refused', 'taken back')) FROM model.progress
SQL
my %tally = map { split /\|/ } split /\n/, $db->query('SELECT what, n FROM model.tally ORDER BY what');
note("$_: $tally{$_}") for sort keys %tally;

is($db->query("SELECT step, deed, lead, E'\\nexpected ' || expected, E'\\nfound    ' || found FROM model.mismatch"), '', 'every choice is the model\'s')
  or BAIL_OUT('the rest follows from it');
cmp_ok($db->query('SELECT came FROM model.progress'), '>=', LEADS, 'as many leads as promised');
if (LEADS >= 5000)
{
	cmp_ok($tally{$_} // 0, '>=', $covered{$_}, "$_ came up") for sort keys %covered;
}
is($db->query('SELECT count(*) FROM crm.lead l FULL JOIN model.lead m USING (id)'
	  . ' WHERE l.merged_into IS NULL AND (l.owner, l.pool, model.is_open(l)) IS DISTINCT FROM (m.owner, m.pool, m.open)'),
	'0', 'every lead belongs to whom the model gave it');
is($db->query("SELECT r.code, r.open, l.open, r.dealt, l.dealt_today FROM model.rep r FULL JOIN leadcrm.rep_loads('crm.lead') l ON l.rep = r.code"
	  . ' WHERE (r.open, r.dealt) IS DISTINCT FROM (coalesce(l.open, 0), coalesce(l.dealt_today, 0))'),
	'', 'the ledger knows what everybody has and got');
is($db->query("SELECT * FROM leadcrm.rebuild_loads('crm.lead') WHERE open_before <> open_after"), '', 'there is nothing to mend in it');

done_testing;
