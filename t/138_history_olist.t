#
# Real stage histories: 8,000 leads of a marketing funnel with their first
# contact, 842 of them won, imported as a firm would that comes from another
# system.  Every number is compared with plain SQL over the raw files.  The data
# is not part of leadcrm: LEADCRM_DATA names it.
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
CREATE TABLE raw_deal (mql_id text, seller_id text, sdr_id text, sr_id text, won_date text, business_segment text,
    lead_type text, lead_behaviour_profile text, has_company text, has_gtin text, average_stock text,
    business_type text, declared_product_catalog_size text, declared_monthly_revenue text);
SQL
my $target = $db->query("SELECT crm.create_staging('olist', '{mql_id,first_contact_date,landing_page_id,origin}')");
$db->query("\\copy $target from '$dir/olist_marketing_qualified_leads_dataset.csv' with (format csv, header)\n"
	  . "\\copy raw_deal from '$dir/olist_closed_deals_dataset.csv' with (format csv, header)");
$db->query(<<'SQL');
CALL crm.import_leads('olist', 'crm.olist', mapping => '{"mql_id": "external_id", "origin": "source",
    "first_contact_date": {"field": "created_at", "format": "DD-MM-YYYY"}}');
SELECT crm.create_staging('log', '{mql_id,stage,day}');
INSERT INTO crm.log (mql_id, stage, day)
SELECT mql_id, 'won', won_date FROM raw_deal
 UNION ALL
SELECT mql_id, 'Contacted', first_contact_date || ' 00:00' FROM crm.olist;
SQL
my $import = <<'SQL';
SELECT outcome, count(*)
  FROM crm.import_history('crm.log', mapping => '{"mql_id": "external_id", "day": {"field": "at", "format": "DD-MM-YYYY HH24:MI"}}')
 GROUP BY 1 ORDER BY 1
SQL
is($db->query($import), 'imported|8842', 'every line is taken in');

# same(NAME, A, B): two queries give the same rows, and some.
sub same
{
	my ($name, $ours, $raw) = @_;
	my $got = $db->query($ours);

	isnt($got, '', "$name: there are rows");
	is($got, $db->query($raw), $name);
	return;
}

my $raw = <<'SQL';
(SELECT coalesce(o.origin, 'unknown') AS source, to_date(o.first_contact_date, 'DD-MM-YYYY') AS contacted,
        to_timestamp(d.won_date, 'DD-MM-YYYY HH24:MI')::timestamp AS won
   FROM crm.olist o LEFT JOIN raw_deal d USING (mql_id)) r
SQL
my $of = q(FROM crm.lead l WHERE lifecycle OPERATOR(leadcrm.@>) 'contacted');
my $won = q(count(*) FILTER (WHERE lifecycle OPERATOR(leadcrm.@>) 'won'));
my $zone = 'America/Sao_Paulo';

same('leads and won in all', "SELECT count(*), $won $of", "SELECT count(*), count(won) FROM $raw");
is($db->query("SELECT count(*), $won $of"), '8000|842', 'as is known of them');
same('leads and won by source',
	qq(SELECT first_source, count(*), $won $of GROUP BY 1 ORDER BY first_source COLLATE "C"),
	qq(SELECT source, count(*), count(won) FROM $raw GROUP BY 1 ORDER BY source COLLATE "C"));
is($db->query("SELECT first_source, count(*), $won $of AND first_source IN ('organic_search', 'paid_search') GROUP BY 1 ORDER BY 1"),
	"organic_search|2296|271\npaid_search|1586|195", 'as is known of the two largest');
same('leads and won by month of first contact',
	qq(SELECT date_trunc('month', leadcrm.entered_at(lifecycle, 'contacted') AT TIME ZONE '$zone')::date, count(*), $won $of GROUP BY 1 ORDER BY 1),
	qq(SELECT date_trunc('month', contacted)::date, count(*), count(won) FROM $raw GROUP BY 1 ORDER BY 1));
# By day: there are midnights that a change of the clocks leaves out.
same('time from first contact to won, lead by lead',
	qq(SELECT (leadcrm.entered_at(lifecycle, 'won') AT TIME ZONE '$zone') - (leadcrm.entered_at(lifecycle, 'contacted') AT TIME ZONE '$zone')::date AS took
	   $of AND lifecycle OPERATOR(leadcrm.@>) 'won' ORDER BY took),
	qq(SELECT won - contacted AS took FROM $raw WHERE won IS NOT NULL ORDER BY took));
is($db->query(
		qq(SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY (leadcrm.entered_at(lifecycle, 'won') AT TIME ZONE '$zone')::date
		          - (leadcrm.entered_at(lifecycle, 'contacted') AT TIME ZONE '$zone')::date) $of AND lifecycle OPERATOR(leadcrm.@>) 'won')),
	'14', 'the median is 14 days');

# One deal was won before the first contact: a funnel has those that went in order.
SKIP:
{
	skip 'no funnel_agg', 3 unless $db->query("SELECT count(*) > 0 FROM pg_proc WHERE proname = 'funnel_agg'") eq 't';
	my $steps = q(leadcrm.funnel_steps(leadcrm.funnel_agg(lifecycle, '{contacted,won}', '1000 days')));
	same('steps of a funnel', "SELECT s.step, s.entered FROM (SELECT (f).* FROM (SELECT $steps AS f FROM crm.lead) g) s ORDER BY s.position",
		"SELECT 'contacted', count(*) FROM $raw UNION ALL SELECT 'won', count(*) FROM $raw WHERE won >= contacted");
	is($db->query("SELECT extract(day FROM (s).median_time) FROM (SELECT $steps AS s FROM crm.lead) f WHERE (s).step = 'won'"),
		'14', 'its median is 14 days, too');
}

# The same by the views, which count as won who is won now, and by the
# aggregate.  Of the deal that was won before the first contact the log ends with
# the contact.
my $rate = 'round(100.0 * sum(won) / sum(leads), 2)';
same('v_source: leads, won and rate by source',
	qq(SELECT source, sum(leads), sum(won), $rate FROM crm.v_source GROUP BY 1 ORDER BY source COLLATE "C"),
	qq(SELECT source, count(*), count(*) FILTER (WHERE won >= contacted), round(100.0 * count(*) FILTER (WHERE won >= contacted) / count(*), 2)
	     FROM $raw GROUP BY 1 ORDER BY source COLLATE "C"));
same('v_source_month: leads, won and rate by source and month',
	qq(SELECT month, source, leads, won, win_rate FROM crm.v_source_month ORDER BY month, source COLLATE "C"),
	qq(SELECT date_trunc('month', contacted)::date AS month, source, count(*), count(*) FILTER (WHERE won >= contacted),
	          round(count(*) FILTER (WHERE won >= contacted)::numeric / count(*), 4)
	     FROM $raw GROUP BY 1, 2 ORDER BY 1, source COLLATE "C"));
same('cohort: leads, won within 90 days and rate by month',
	qq(SELECT c.* FROM (SELECT leadcrm.cohort(lifecycle, 'won', 'month', '$zone', '90 days') AS c FROM crm.lead) l, leadcrm.cohort_rows(l.c) c),
	qq(SELECT month, count(*), count(*) FILTER (WHERE won), round(count(*) FILTER (WHERE won)::numeric / count(*), 4)
	     FROM (SELECT date_trunc('month', contacted)::date AS month,
	                  won AT TIME ZONE '$zone' <= contacted::timestamp AT TIME ZONE '$zone' + interval '2160 hours' AS won FROM $raw) c
	    GROUP BY 1 ORDER BY 1));

# What the workspace says of itself, and the same log again
is($db->query("SELECT item, problem FROM leadcrm.check_workspace('crm') WHERE severity = 'error'"), '', 'nothing is wrong with it');
same('history and lead agree', 'SELECT id, stage, stage_since FROM crm.lead ORDER BY id',
	'SELECT DISTINCT ON (lead_id) lead_id, to_stage, at FROM crm.stage_change ORDER BY lead_id, position DESC');
my $before = $db->query('SELECT md5(string_agg(l::text, chr(10) ORDER BY id)) FROM crm.lead l');
is($db->query($import), 'repeated|8842', 'the same log again is known');
is($db->query('SELECT md5(string_agg(l::text, chr(10) ORDER BY id)) FROM crm.lead l'), $before, 'and changes nothing');

done_testing();
