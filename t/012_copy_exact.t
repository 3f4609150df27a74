#
# One COPY of 100,000 rows, 15 % of them repeats of a phone or a mail address:
# exactly what it leaves in every table, and that the same rows leave the same
# when they come by INSERT ... SELECT or one by one.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;

use constant {
	ROWS => 100_000,
	ONE_BY_ONE => 2_000,
};

my $columns = 'external_id, phone, email, campaign, title';
my $db = LeadCRM->database;

# Row n has a phone and a mail address of its own; but of 20 rows one repeats
# the phone, one the mail address and one both of the row ten before it, and
# has nothing else in common with it.
$db->query(<<'SQL');
CREATE TABLE arrival AS
SELECT n, CASE WHEN n % 20 IN (11, 13) THEN n - 10 ELSE n END AS phone_of,
       CASE WHEN n % 20 IN (12, 13) THEN n - 10 ELSE n END AS mail_of
  FROM generate_series(1, 100000) AS n;
CREATE VIEW csv AS
SELECT n, 'r' || n AS external_id,
       CASE n % 4 WHEN 0 THEN '137' || to_char(phone_of, 'FM00000000')
                  WHEN 1 THEN '+86 137 ' || to_char(phone_of, 'FM00000000')
                  WHEN 2 THEN '0086-137-' || to_char(phone_of, 'FM0000-0000')
                  ELSE translate('137' || to_char(phone_of, 'FM00000000'), '0123456789', '０１２３４５６７８９') END AS phone,
       CASE n % 2 WHEN 0 THEN 'zhang' ELSE 'ZHANG' END || mail_of || '@example.org' AS email,
       'campaign ' || n AS campaign,
       CASE WHEN phone_of = n AND mail_of = n THEN NULL ELSE 'Title ' || n END AS title
  FROM arrival ORDER BY n;
SQL

# What each row may cause, from the arrivals alone.  A repeat with one key of
# its own brings that key to the lead it belongs to.
my %expected = (
	rows => ROWS,
	repeats => 0 + $db->query('SELECT count(*) FROM arrival WHERE phone_of <> n OR mail_of <> n'),
	claims => 0 + $db->query('SELECT count(DISTINCT phone_of) + count(DISTINCT mail_of) FROM arrival'),
	brought => 0 + $db->query('SELECT count(*) FROM arrival WHERE (phone_of <> n) <> (mail_of <> n)'));
is($expected{repeats}, ROWS * 0.15, '15 % are repeats');

my %state;
for my $way ('COPY', 'INSERT ... SELECT')
{
	workspace();
	if ($way eq 'COPY')
	{
		my $lines = $db->query("COPY (SELECT $columns FROM csv ORDER BY n) TO STDOUT");

		$db->query("COPY crm.lead ($columns) FROM STDIN;\n$lines\n\\.\n");
	}
	else
	{
		$db->query("INSERT INTO crm.lead ($columns) SELECT $columns FROM csv ORDER BY n");
	}
	counts($way, %expected);
	is($db->query(misplaced()), '', "$way: every repeat lives in the row it repeats, nothing else is merged");
	$state{$way} = state(ROWS);
}
is($state{'INSERT ... SELECT'}, $state{COPY}, 'INSERT ... SELECT leaves what COPY leaves');

workspace();
$db->query(join '', map { "$_;\n" } split /\n/, $db->query(<<SQL));
SELECT format('INSERT INTO crm.lead ($columns) VALUES (%L, %L, %L, %L, %L)', $columns)
  FROM csv WHERE n <= @{[ONE_BY_ONE]} ORDER BY n;
SQL
my $singles = state(ONE_BY_ONE);
workspace();
$db->query("INSERT INTO crm.lead ($columns) SELECT $columns FROM csv WHERE n <= @{[ONE_BY_ONE]} ORDER BY n");
is($singles, state(ONE_BY_ONE), 'one by one leaves the same');

# workspace(): a new one.
sub workspace
{
	$db->query("SET client_min_messages = warning; DROP SCHEMA IF EXISTS crm CASCADE;"
		  . " SELECT leadcrm.create_workspace('crm', locale => 'en')");
	return;
}

# counts(WAY, EXPECTED): a created lead writes its keys, its stage, its way into
# the pool (there are no reps) and two events, a repeat one entry of the log, one
# activity and one event.
sub counts
{
	my ($way, %n) = @_;
	my $created = $n{rows} - $n{repeats};
	my @fact = (
		'rows' => $n{rows}, 'lead',
		'living leads' => $created, 'lead WHERE merged_into IS NULL',
		'claims' => $n{claims}, 'identity',
		'claims that hold' => $n{claims}, 'identity WHERE live',
		'claims brought by a repeat' => $n{brought}, 'identity WHERE brought_by IS NOT NULL',
		'entries of the log' => $n{repeats}, 'merge_log WHERE undone_at IS NULL',
		'activities' => $n{repeats}, "activity WHERE kind = 'inquiry' AND direction = 'in'",
		'all activities' => $n{repeats}, 'activity',
		'events of created leads' => $created, "event WHERE kind = 'lead.created'",
		'events of repeats' => $n{repeats}, "event WHERE kind = 'lead.repeated'",
		'events of pooled leads' => $created, "event WHERE kind = 'lead.pooled'",
		'all events' => $n{rows} + $created, 'event',
		'history of owners' => $created, "assignment_log WHERE reason = 'pool'",
		'history of stages' => $created, "stage_change WHERE position = 1 AND to_stage = 'new'",
		'all history of stages' => $created, 'stage_change',
		'tasks' => 0, 'task',
		'pairs for review' => 0, 'duplicate',
		'titles filled' => $n{repeats}, 'lead WHERE merged_into IS NULL AND title IS NOT NULL');

	while (my ($what, $count, $from) = splice @fact, 0, 3)
	{
		is($db->query("SELECT count(*) FROM crm.$from"), $count, "$way: $what");
	}
	return;
}

# misplaced(): SQL of the rows that do not live where they should.
sub misplaced
{
	return <<'SQL';
SELECT l.external_id FROM crm.lead l
  JOIN arrival a ON 'r' || a.n = l.external_id
  LEFT JOIN crm.lead w ON w.id = l.merged_into
 WHERE w.external_id IS DISTINCT FROM
       CASE WHEN a.phone_of <> a.n OR a.mail_of <> a.n THEN 'r' || (a.n - 10) END
SQL
}

# state(ROWS): a digest of all that the rows left, without ids and times.
sub state
{
	return $db->query(<<'SQL');
SELECT md5(string_agg(line, E'\n' ORDER BY line COLLATE "C"))
  FROM (SELECT 'lead ' || (to_jsonb(l) - ARRAY['id', 'merged_into', 'last_inbound_at', 'created_at', 'updated_at', 'pool_since', 'lifecycle', 'stage_since',
                                              'signals', 'intent_since', 'intent_before', 'intent_due_at', 'behaviour_1', 'behaviour_1_at',
                                              'behaviour_2', 'behaviour_2_at', 'behaviour_3', 'behaviour_3_at', 'behaviour_4', 'behaviour_4_at'])::text
               || coalesce(w.external_id, '-') AS line
          FROM crm.lead l LEFT JOIN crm.lead w ON w.id = l.merged_into
         UNION ALL
        SELECT concat_ws(' ', 'identity', l.external_id, i.kind, i.key, i.live, i.state, b.external_id)
          FROM crm.identity i JOIN crm.lead l ON l.id = i.lead_id LEFT JOIN crm.lead b ON b.id = i.brought_by
         UNION ALL
        SELECT concat_ws(' ', 'merge', w.external_id, l.external_id, m.rule)
          FROM crm.merge_log m JOIN crm.lead w ON w.id = m.winner JOIN crm.lead l ON l.id = m.loser
         UNION ALL
        SELECT concat_ws(' ', 'stage', l.external_id, c.position, c.process, c.to_stage, c.cause, leadcrm.reached(l.lifecycle))
          FROM crm.stage_change c JOIN crm.lead l ON l.id = c.lead_id
         UNION ALL
        SELECT concat_ws(' ', 'activity', l.external_id, a.kind, a.channel, a.content, b.external_id)
          FROM crm.activity a JOIN crm.lead l ON l.id = a.lead_id JOIN crm.lead b ON b.id = a.brought_by
         UNION ALL
        SELECT concat_ws(' ', 'event', e.kind, l.external_id) FROM crm.event e JOIN crm.lead l ON l.id = e.lead_id
         WHERE e.kind <> 'intent.changed') AS s
SQL
}

done_testing;
