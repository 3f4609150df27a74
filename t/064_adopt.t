#
# adopt_leads(): a table of 30,000 rows comes in set-wise, is stopped and goes on,
# and is what the table was.
#
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use LeadCRM;
use Test::More;
use Time::HiRes qw(sleep);

my $db = LeadCRM->database;
$db->query(<<'SQL');
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('crm');
CREATE TABLE customer (no uuid PRIMARY KEY, cname text, tel text, mail text, origin text, since timestamp, budget numeric, staff integer, memo jsonb);
INSERT INTO customer
SELECT md5(i::text)::uuid, 'C' || i % 900, CASE WHEN i % 11 > 0 THEN '139' || to_char(i % 27000, 'FM00000000') END,
       CASE WHEN i % 3 = 0 THEN 'c' || i || '@example.com' END, (ARRAY['web', 'ad', NULL])[1 + i % 3],
       timestamp '2020-03-01 08:00' + i * interval '1 hour', i, i % 500, jsonb_build_object('no', i)
  FROM generate_series(1, 30000) i;
UPDATE customer SET cname = 'same' WHERE substr(tel, 4)::integer BETWEEN 0 AND 3000;
CREATE TABLE expected AS SELECT no, origin, since, tel, memo FROM customer;
SQL

my $call = <<'SQL';
CALL crm.adopt_leads('customer', '{"no": "external_id", "cname": "name", "tel": "phone", "mail": "email", "origin": "first_source",
    "since": "created_at", "budget": "budget_min", "staff": "company_size"}', batch_size => 2000, source => 'old crm');
SQL

# Stopped: a row of the middle waits for a lead that is not committed.
my $middle = $db->query('SELECT tel FROM customer WHERE tel IS NOT NULL ORDER BY no OFFSET 15000 LIMIT 1');
my $holder = $db->session;
$holder->run("BEGIN; INSERT INTO crm.lead (name, phone, first_source) VALUES ('x', '$middle', 'x')");
my $adopt = $db->session;
my $pid = $adopt->run('SELECT pg_backend_pid()');
$adopt->send($call);
for (1 .. 600)
{
	last if $db->query("SELECT count(*) FROM pg_stat_activity WHERE pid = $pid AND wait_event_type = 'Lock'");
	sleep 0.1;
}
my $done = $db->query('SELECT done FROM crm.import_progress');
ok($done > 0 && $done < 30000 && $done % 2000 == 0, 'another session sees how far it is');
$db->query("SELECT pg_cancel_backend($pid)");
$adopt->wait;
like($adopt->error, qr/^57014/, 'it can be stopped');
$holder->run('ROLLBACK');
is($db->query('SELECT count(*) FROM crm.lead'), $done, 'what was committed stays');
$db->query($call);

is($db->query('SELECT lines, done, rejected, state, created + merged FROM crm.import_progress'), '30000|30000|0|finished|30000', 'and it goes on where it was');
is($db->query(q(SELECT count(*) FROM crm.lead l JOIN expected e ON l.external_id = e.no::text
                 WHERE l.first_source = coalesce(e.origin, 'old crm') AND l.created_at = e.since AT TIME ZONE 'Asia/Shanghai'
                   AND l.phone IS NOT DISTINCT FROM '+86' || e.tel AND l.attrs -> 'memo' IS NOT NULL)),
	'30000', 'every row with its time, source and number');
is($db->query('SELECT count(*) FROM (SELECT phone FROM crm.lead WHERE merged_into IS NULL AND phone IS NOT NULL
                 AND id NOT IN (SELECT lead_a FROM crm.duplicate UNION SELECT lead_b FROM crm.duplicate) GROUP BY 1 HAVING count(*) > 1) d'),
	'0', 'one living lead for a number');
isnt($db->query('SELECT count(*) FROM crm.lead WHERE merged_into IS NOT NULL'), '0', 'repeats were merged');
my $before = $db->query('SELECT md5(string_agg(l::text, chr(10) ORDER BY id)) FROM crm.lead l');
$db->query($call);
is($db->query('SELECT md5(string_agg(l::text, chr(10) ORDER BY id)) FROM crm.lead l'), $before, 'again: nothing');

done_testing();
