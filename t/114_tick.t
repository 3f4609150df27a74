#
# Time alone: two workspaces with the same leads, one ticked every three days for a
# quarter by two sessions at once, one not until its end.  What v_lead says at a
# moment is what tick() then writes; the history does not depend on how often
# it ran; nobody is left due.
#
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use LeadCRM;
use Test::More;

use constant { LEADS => 1000, DAYS => 90, STEP => 3 };

my $db = LeadCRM->database;
$db->query("SET client_min_messages = warning; SELECT leadcrm.create_workspace('often'), leadcrm.create_workspace('seldom')");

# In one transaction, so that all have the same present.
my $leads = LEADS;
$db->query("BEGIN; SELECT setseed(0.3); CREATE TABLE drawn AS
	SELECT i, now() - random() * interval '60 days' AS came, (ARRAY['总经理', 'Sales Director', '采购', NULL])[ceil(random() * 4)] AS title,
	       (random() * 1500)::integer AS size, (random() * 400000)::integer AS budget,
	       (ARRAY['官网', '官网-索要报价', '展会名片', '抖音'])[ceil(random() * random() * 4)] AS source
	  FROM generate_series(1, $leads) i;
	CREATE TABLE did AS
	SELECT ceil(random() * $leads) AS lead_id, k.kind, now() - random() * random() * interval '50 days' AS at
	  FROM often.activity_kind k CROSS JOIN generate_series(1, 150);
	" . join('', map { "
	INSERT INTO $_.score_rule (code, condition, points) VALUES
	    ('young', 'created_at > as_of - interval ''75 days''', 12), ('silent', 'last_inbound_at < as_of - interval ''80 days''', -9);
	INSERT INTO $_.lead (id, name, title, company_size, budget_max, first_source, created_at, last_inbound_at)
	SELECT i, '客户' || i, title, size, budget, source, came, came FROM drawn;
	INSERT INTO $_.activity (lead_id, kind, direction, at) SELECT lead_id, kind, 'in', at FROM did;" } qw(often seldom))
	. 'COMMIT');
my $start = $db->query('SELECT max(intent_since) FROM often.lead');
is($db->query('SELECT count(*) FROM often.v_lead WHERE intent <> intent_now'), '0', 'at first the column is right');
my %first = split /[|\n]/, $db->query('SELECT intent, count(*) FROM often.lead GROUP BY 1');
note('at first: ', join ', ', map { "$_ $first{$_}" } sort keys %first);
cmp_ok($first{$_} // 0, '>', 20, "there are $_ leads") for qw(hot warm cold);

my @sessions = map { $db->session } 1 .. 2;
my ($wrong, $left, $ticks) = (0, 0, 0);
for my $day (map { STEP * $_ } 1 .. DAYS / STEP)
{
	my $moment = "'$start'::timestamptz + interval '$day days'";

	$wrong += $db->query("DROP TABLE IF EXISTS said; CREATE TABLE said AS
		SELECT id, leadcrm.intent_at(l, $moment) AS intent, leadcrm.score_at(l, $moment) AS score FROM often.lead l; SELECT 0");
	$_->send("SELECT often.tick($moment, 50); SELECT often.tick($moment, 50)") for @sessions;
	$_->wait for @sessions;
	for (1 .. 100)
	{
		$ticks++;
		last if $db->query("SELECT often.tick($moment, 200)") == 0;
	}
	$left += $db->query("SELECT count(*) FROM often.lead WHERE intent_due_at <= $moment");
	$wrong += $db->query("SELECT count(*) FROM often.lead l JOIN said s USING (id) WHERE l.intent <> s.intent");
}
is($_->error, '', 'two sessions tick at once') for @sessions;
is($wrong, 0, 'what a lead is said to be at a moment is what tick() makes of it');
is($left, 0, 'nobody is left due');

$db->query("SELECT seldom.tick('$start'::timestamptz + interval '@{[DAYS]} days', 1000000)");
is($db->query('SELECT count(*) FROM often.lead o JOIN seldom.lead s USING (id) WHERE o.intent <> s.intent OR o.fit <> s.fit'), '0',
	'a workspace that was not ticked for a quarter catches up');
my ($often, $seldom) = map { $db->query("SELECT count(*) FROM $_.v_intent_change") } qw(often seldom);
note("$often changes in $ticks ticks, $seldom in one");
cmp_ok($often, '>', 300, 'time has changed many');
my $history = 'SELECT lead_id, intent_before, intent_after, rule, at FROM %s.v_intent_change';
is($db->query(sprintf("SELECT count(*) FROM (($history EXCEPT $history) UNION ALL ($history EXCEPT $history)) d", qw(often seldom seldom often))),
	'0', 'with the same history');
is($db->query(q(SELECT count(*) FROM (
	SELECT lead_id, e.data ->> 'from' AS intent_before, e.data ->> 'to' AS intent_after, l.intent,
	       lag(e.data ->> 'to') OVER (PARTITION BY lead_id ORDER BY e.at, e.id) AS came_from,
	       row_number() OVER (PARTITION BY lead_id ORDER BY e.at DESC, e.id DESC) AS nth
	  FROM often.event e JOIN often.lead l ON l.id = e.lead_id WHERE e.kind = 'intent.changed') h
	WHERE came_from <> intent_before OR intent_before = intent_after OR nth = 1 AND intent_after <> intent)), '0',
	'each change begins where the one before ended, the last one ends at the present level');
is($db->query('SELECT count(*) FROM often.lead l, LATERAL (SELECT sum(points) AS points FROM often.explain_score(l.id)) e WHERE l.id <= 200 AND e.points <> often.score_at(l.id)'),
	'0', 'explanations sum to scores');
done_testing();
