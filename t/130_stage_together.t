#
# Moves of one lead by many at once: its history has every entry once, numbered
# without gaps, in an order that each entry agrees with, and the row says the
# same.
#
use strict;
use warnings;

use LeadCRM;
use Test::More;

use constant {
	CONNECTIONS => 8,
	SECONDS => $ENV{LEADCRM_SECONDS} || 4,
	LEADS => 50,
};

my $db = LeadCRM->database;
$db->query("SELECT leadcrm.create_workspace('crm', locale => 'en')");
$db->query(sprintf <<'SQL', LEADS);
INSERT INTO crm.rep (code, capacity) VALUES ('ann', 1000), ('bob', 1000);
INSERT INTO crm.lead (first_source) SELECT 'web' FROM generate_series(1, %d);
CREATE TABLE crm.outcome (sqlstate text NOT NULL);

-- A move to some stage, by some way; what is refused is counted.
CREATE FUNCTION crm.move(lead bigint, way bigint) RETURNS void LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
	target CONSTANT text := (ARRAY['new', 'contacted', 'analysis', 'proposal', 'negotiation', 'won', 'lost'])[1 + floor(random() * 7)];
BEGIN
	CASE
	WHEN way = 1 THEN
		INSERT INTO crm.activity (lead_id, kind, at) SELECT l, k, now() FROM unnest(ARRAY[lead, lead %% 50 + 1]) l, unnest(ARRAY['call', 'proposal']) k;
	WHEN way = 2 THEN
		UPDATE crm.lead SET loss_reason = 'price' WHERE id = lead;
	WHEN way = 3 THEN
		UPDATE crm.lead SET stage = 'contacted' WHERE id = ANY (ARRAY(SELECT id FROM crm.lead WHERE id BETWEEN lead AND lead + 5 ORDER BY id FOR UPDATE));
	ELSE
		UPDATE crm.lead SET stage = target, loss_reason = CASE target WHEN 'lost' THEN 'price' ELSE loss_reason END WHERE id = lead;
	END CASE;
	INSERT INTO crm.outcome VALUES ('00000');
EXCEPTION WHEN check_violation OR deadlock_detected THEN
	INSERT INTO crm.outcome VALUES (SQLSTATE);
END
$$;
SQL

$db->pgbench(<<'PGBENCH', '-c' => CONNECTIONS, '-j' => 2, '-T' => SECONDS);
\set lead random(1, 50)
\set way random(1, 12)
\set back random(1, 8)
BEGIN;
SELECT crm.move(:lead, :way);
\if :back = 1
ROLLBACK;
\else
COMMIT;
\endif
PGBENCH

my ($moved, $refused, $deadlocks) = split /\|/, $db->query(<<'SQL');
SELECT count(*) FILTER (WHERE sqlstate = '00000'), count(*) FILTER (WHERE sqlstate = '23514'), count(*) FILTER (WHERE sqlstate = '40P01') FROM crm.outcome
SQL
my $entries = $db->query('SELECT count(*) FROM crm.stage_change');
diag("$moved moves, $refused refused, $deadlocks deadlocks, $entries entries");
cmp_ok($entries, '>=', 20 * LEADS, 'the leads moved often');
cmp_ok($refused, '>=', LEADS, 'and often could not');
is($db->query(<<'SQL'), '0', 'positions have no gaps');
SELECT count(*) FROM (SELECT FROM crm.stage_change GROUP BY lead_id HAVING min(position) <> 1 OR max(position) <> count(*)) g
SQL
is($db->query(<<'SQL'), '0', 'each entry leaves the stage that the one before entered');
SELECT count(*) FROM (SELECT from_stage, lag(to_stage) OVER w AS before, at, lag(at) OVER w AS at_before
                        FROM crm.stage_change WINDOW w AS (PARTITION BY lead_id ORDER BY position)) c
 WHERE from_stage IS DISTINCT FROM before OR at < at_before
SQL
is($db->query(<<'SQL'), '0', 'no move is illegal');
SELECT count(*) FROM crm.stage_change c JOIN crm.stage s ON s.process = c.process AND s.code = c.from_stage
 WHERE c.cause <> 'repeat'
   AND NOT EXISTS (SELECT FROM crm.transition t WHERE t.process = c.process AND t.to_stage = c.to_stage
                      AND (t.from_stage = c.from_stage OR t.from_stage IS NULL AND s.kind = 'open'))
SQL
is($db->query(<<'SQL'), '0', 'lifecycle says what stage_change says');
WITH said AS (
	SELECT l.id, t.position, t.to_stage COLLATE "C" AS stage, t.at FROM crm.lead l, leadcrm.transitions(l.lifecycle) t
), happened AS (
	SELECT lead_id, position, to_stage, at FROM crm.stage_change
)
SELECT (SELECT count(*) FROM (TABLE said EXCEPT TABLE happened) a) + (SELECT count(*) FROM (TABLE happened EXCEPT TABLE said) b)
SQL
is($db->query("SELECT count(*) FROM leadcrm.check_workspace('crm') WHERE severity = 'error'"), '0', 'nothing is wrong with the workspace');
is($db->query("SELECT count(*) FROM crm.event WHERE kind = 'lead.stage'"), $entries - LEADS, 'each move has its event');
done_testing;
