#
# Real leads: 8,000 of a marketing funnel, with 842 deals, through staging and
# import as anyone would take them in.  Every count is compared with plain SQL
# over the raw files.  The data is not part of leadcrm: LEADCRM_DATA names it.
#
use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use LeadCRM;
use Test::More;

my $dir = LeadCRM::data('olist_funnel');
plan skip_all => 'LEADCRM_DATA has no olist_funnel' unless $dir;

my $db = LeadCRM->database;
$db->query(<<'SQL');
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('crm', locale => 'en', time_zone => 'America/Sao_Paulo');
CREATE TABLE raw_lead (mql_id text, first_contact_date text, landing_page_id text, origin text);
CREATE TABLE raw_deal (mql_id text, seller_id text, sdr_id text, sr_id text, won_date text, business_segment text,
    lead_type text, lead_behaviour_profile text, has_company text, has_gtin text, average_stock text,
    business_type text, declared_product_catalog_size text, declared_monthly_revenue text);
SQL

my $target = $db->query("SELECT crm.create_staging('olist', string_to_array('mql_id,first_contact_date,landing_page_id,origin', ','))");
my $leads = "$dir/olist_marketing_qualified_leads_dataset.csv";
$db->query("\\copy $target from '$leads' with (format csv, header)\n"
	  . "\\copy raw_lead from '$leads' with (format csv, header)\n"
	  . "\\copy raw_deal from '$dir/olist_closed_deals_dataset.csv' with (format csv, header)");

my $import = <<'SQL';
CALL crm.import_leads('%s', 'crm.olist', mapping => '{"mql_id": "external_id", "origin": "source",
    "first_contact_date": {"field": "created_at", "format": "DD-MM-YYYY"}}');
SQL
$db->query(sprintf $import, 'olist');

# same(NAME, A, B): two queries give the same rows, and some.
sub same
{
	my ($name, $ours, $raw) = @_;
	my $got = $db->query($ours);

	isnt($got, '', "$name: there are rows");
	is($got, $db->query($raw), $name);
	return;
}

is($db->query('SELECT count(*), count(*) FILTER (WHERE merged_into IS NULL) FROM crm.lead'), '8000|8000', 'each lead is one');
is($db->query("SELECT count(*) FROM crm.lead WHERE first_source = 'organic_search'"), '2296', 'organic search');
is($db->query("SELECT count(*) FROM crm.lead WHERE first_source = 'paid_search'"), '1586', 'paid search');
same('leads by source',
	'SELECT source, living_leads FROM crm.v_source_intake WHERE living_leads > 0 ORDER BY source COLLATE "C"',
	q(SELECT source, count(*) FROM (SELECT coalesce(origin, 'unknown') AS source FROM raw_lead) r GROUP BY 1 ORDER BY source COLLATE "C"));
same('leads by source and day of first contact',
	'SELECT first_source, created_on, count(*) FROM crm.v_lead GROUP BY 1, 2 ORDER BY first_source COLLATE "C", 2',
	q(SELECT source, day, count(*)
	    FROM (SELECT coalesce(origin, 'unknown') AS source, to_date(first_contact_date, 'DD-MM-YYYY') AS day FROM raw_lead) r
	   GROUP BY 1, 2 ORDER BY source COLLATE "C", 2));
same('every lead with all its columns',
	q(SELECT external_id, first_source, created_on, attrs ->> 'landing_page_id' FROM crm.v_lead ORDER BY external_id COLLATE "C"),
	q(SELECT mql_id, coalesce(origin, 'unknown'), to_date(first_contact_date, 'DD-MM-YYYY'), landing_page_id
	    FROM raw_lead ORDER BY mql_id COLLATE "C"));
same('won leads by source',
	'SELECT l.first_source, count(*) FROM crm.lead l JOIN raw_deal d ON d.mql_id = l.external_id GROUP BY 1 ORDER BY l.first_source COLLATE "C"',
	q(SELECT source, count(*) FROM (SELECT mql_id, coalesce(origin, 'unknown') AS source FROM raw_lead) r
	    JOIN raw_deal USING (mql_id) GROUP BY 1 ORDER BY source COLLATE "C"));
is($db->query('SELECT count(*) FROM crm.lead l JOIN raw_deal d ON d.mql_id = l.external_id'), '842', 'won leads');
same('line by line', "SELECT line, payload ->> 'mql_id', outcome FROM crm.intake WHERE batch = 'olist' ORDER BY line",
	"SELECT row_number() OVER (ORDER BY ctid), mql_id, 'created' FROM raw_lead ORDER BY 1");

# Every one is graded, and every score explains itself.
is($db->query('SELECT sum(leads) FROM crm.v_intent_total'), '8000', 'each lead has an intent');
is($db->query('SELECT count(*) FROM crm.v_lead WHERE score IS NULL OR intent <> intent_now'), '0', 'and a score, and the intent is the present one');
is($db->query('SELECT count(*) FROM crm.lead l, LATERAL (SELECT coalesce(sum(points), 0) AS points FROM leadcrm.score_parts(l, l.updated_at)) e WHERE e.points <> l.score'),
	'0', 'the parts of every score sum to it');
note("$_") for split /\n/, $db->query("SELECT format('%-4s %5s  scores %s to %s, %s on average', intent, count(*), min(score), max(score), round(avg(score), 1))
	FROM crm.v_lead GROUP BY intent ORDER BY max(score) DESC");

# The same file again.
my $before = $db->query('SELECT md5(string_agg(l::text, chr(10) ORDER BY id)) FROM crm.lead l');
$db->query(sprintf $import, $_) for 'olist', 'once more';
is($db->query('SELECT md5(string_agg(l::text, chr(10) ORDER BY id)) FROM crm.lead l'), $before, 'the same file again changes nothing');
is($db->query('SELECT batch, state, done, created, repeated FROM crm.import_progress ORDER BY 1'),
	"olist|finished|8000|8000|0\nonce more|finished|8000|0|8000", 'and every line says so');

done_testing();
