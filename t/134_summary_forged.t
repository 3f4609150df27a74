#
# Forged values of the types that aggregates over lifecycles give.
#

use strict;
use warnings;

use Forged;
use LeadCRM;
use Test::More;

my $db = LeadCRM->database;
$db->query("ALTER DATABASE @{[ $db->name ]} SET search_path TO public, leadcrm");
$db->query(do { local $/; <DATA> });

my %read = (
	funnel => 'count(*), value + value, value - value, value = value FROM funnel_detail(value), (SELECT count(*) FROM funnel_losses(value)) l',
	stage_durations => 'count(*), value + value, value - value, value = value FROM stage_duration_rows(value)',
	cohort => 'count(*), value + value, value - value, value = value FROM cohort_rows(value)',
	velocity => 'count(*), value + value, value - value, value = value FROM velocity_row(value)');

is_forgery_safe($db, $_, count => $_ eq 'funnel' ? 3000 : 1000, read => $read{$_}) for sort keys %read;
done_testing;

__DATA__
CREATE TABLE lead AS
SELECT g AS id, lifecycle_agg((ARRAY['new', 'contacted', '方案 "提供"', 'won\', 'lost'])[1 + g * k % 5], timestamptz '2026-01-01' + g * k * interval '7 hours 3 s') AS lifecycle,
	CASE g % 4 WHEN 0 THEN NULL WHEN 1 THEN g * 1000000.25 ELSE g END AS amount, CASE g % 3 WHEN 0 THEN '价格过高 ' || g % 2 END AS loss_reason
FROM generate_series(1, 60) g, generate_series(1, 6) k GROUP BY g;
CREATE TABLE good_funnel AS
SELECT funnel_agg(lifecycle, '{new,contacted,won\\}', '100 days', amount, loss_reason) AS value FROM lead GROUP BY id % 5
UNION ALL SELECT funnel_agg(lifecycle, '{new,contacted}', '1 day') FROM lead
UNION ALL SELECT funnel_agg(lifecycle, '{new}', '0', 'NaN', '') FROM lead
UNION ALL SELECT value - value FROM (SELECT funnel_agg(lifecycle, '{new,lost}', '9 days', amount, loss_reason) AS value FROM lead) s;
CREATE TABLE good_stage_durations AS
SELECT stage_durations(lifecycle, '2026-03-01') AS value FROM lead GROUP BY id % 5;
CREATE TABLE good_cohort AS
SELECT cohort(lifecycle, 'won\', unit, 'Asia/Shanghai', '30 days') AS value FROM lead, unnest('{day,week,year}'::text[]) unit GROUP BY unit;
CREATE TABLE good_velocity AS
SELECT velocity(lifecycle, 'won\', 'lost', amount) AS value FROM lead GROUP BY id % 5;
