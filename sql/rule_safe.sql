-- Casts and arithmetic that give NULL instead of an error.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';

SELECT t AS text, leadcrm.num(t) FROM unnest(ARRAY['0', '-0', '50', '+50', '-3.25', '007', ' 42 ', '1,234', '1,234,567.890', '１２３４', '１，２３４．５', '－５', '99999999999999999999999999.999',
	'', ' ', '-', '.', '.5', '5.', '1.2.3', '1,23', '1,2345', '12,345,6', '1234,567', ',123', '1 234', '1e5', '1E+05', 'NaN', 'Infinity', '0x1F', '50人', '20万', '￥100', '100%', '五十', '--5', '5-',
	'2026-01-05']) WITH ORDINALITY AS c (t, n) ORDER BY n;
SELECT leadcrm.num(repeat('9', 100)) = repeat('9', 100)::numeric AS longest, leadcrm.num(repeat('9', 101)) AS longer, leadcrm.num(repeat('1', 10000000)) AS absurd;

SELECT t AS text, leadcrm.flag(t) FROM unnest(ARRAY['true', 'T', 'Yes', 'y', 'ON', '1', '是', '有', '对', '真', '對', ' 是 ', 'ＹＥＳ', '１', 'false', 'F', 'No', 'n', 'off', '0', '否', '无', '無', '没有', '沒有', '错', '假',
	'', ' ', '2', 'tr', 'maybe', '不知道', '是的', 'yes!']) WITH ORDINALITY AS c (t, n) ORDER BY n;
SELECT leadcrm.flag(repeat('是', 1000000)), leadcrm.day(repeat('2026-01-05', 1000000)), leadcrm.moment(repeat('1', 1000000));

SELECT t AS text, leadcrm.day(t), leadcrm.moment(t), leadcrm.moment(t, 'Asia/Shanghai') AS in_shanghai FROM unnest(ARRAY['2026-01-05', '2026/1/5', '2026.1.5', '2026年1月5日', '20260105', '２０２６－０１－０５', '2026-01-05 09:30', '2026-01-05T09:30:15.5',
	'2026年1月5日 9时30分', '20260105093000', '2026-01-05T09:30:00+08:00', '2026-01-05T01:30:00Z', '2026-01-05 09:30+0800', '2026-01-05 23:30-05', '1767576600', '1767576600000', '2024-02-29',
	'2026-02-29', '2026-13-01', '2026-00-10', '01/02/2026', '5.1.2026', '26-01-05', '1月5日', 'today', 'now', 'infinity', '2026-01-05 25:00', '2026-01-05 09:30 CST', '', '张伟', '13800138000', '0000-00-00', '99999-01-01']) WITH ORDINALITY AS c (t, n) ORDER BY n;
SELECT leadcrm.moment('2026-01-05 09:30', 'Mars'), leadcrm.moment('2026-01-05 09:30', repeat('x', 1000)), leadcrm.moment('2026-01-05 09:30', '');

SELECT leadcrm.add(1, 2.5), leadcrm.subtract(1, 2.5), leadcrm.multiply(3, 0.1), leadcrm.divide(1, 8), leadcrm.divide(1, 0), leadcrm.divide('NaN', 0), leadcrm.add('Infinity', 1), leadcrm.divide(NULL, 1);
SELECT leadcrm.multiply(('1' || repeat('0', 131071))::numeric, 10) IS NULL AS too_large, leadcrm.add(('9' || repeat('9', 131071))::numeric, 1) IS NULL AS too_large_too;

SELECT leadcrm.at_zone('2026-01-04 17:00+00'::timestamptz, 'Asia/Shanghai'), leadcrm.at_zone('2026-01-05 01:00'::timestamp, 'Asia/Shanghai'), leadcrm.at_zone('2026-01-05'::date, 'Asia/Shanghai'),
       leadcrm.at_zone('infinity'::timestamptz, 'UTC'), leadcrm.at_zone('-infinity'::date, 'UTC');
-- An abbreviation is none of the time zones, and there is no error.
SELECT leadcrm.at_zone('2026-01-05'::date, 'CST'), leadcrm.at_zone('2026-01-05'::timestamp, 'Mars'), leadcrm.at_zone('5874897-01-01'::date, 'UTC'), leadcrm.at_zone('294276-12-31 23:00'::timestamp, 'America/New_York'),
       leadcrm.at_zone('294276-12-31 23:00+00'::timestamptz, 'Asia/Shanghai'), leadcrm.at_zone('4714-11-24 00:00+00 BC'::timestamptz, 'America/New_York');
SELECT unit, leadcrm.start_of(unit, '2026-05-20 13:45:59.9') FROM unnest('{year,Quarter,month,week,day,hour,minute}'::text[]) unit;
SELECT leadcrm.start_of('year', 'infinity'), leadcrm.start_of('year', '4714-12-31 BC');
SELECT leadcrm.start_of('fortnight', '2026-05-20');

SELECT leadcrm.add('2026-01-31 12:00+00'::timestamptz, '1 month', 'Asia/Shanghai'), leadcrm.subtract('2026-03-31 12:00+00'::timestamptz, '1 month 1 day', 'UTC'), leadcrm.add('2026-03-07 12:00+00'::timestamptz, '1 day', 'America/New_York'),
       leadcrm.add('2026-03-07 12:00+00'::timestamptz, '24 hours', 'America/New_York');
SELECT leadcrm.add('2026-01-31'::timestamp, '13 months'), leadcrm.subtract('2024-02-29'::timestamp, interval '1 year'), leadcrm.add('2026-01-05'::date, interval '36 hours'), leadcrm.subtract('2026-01-05'::date, interval '1 mon'),
       leadcrm.add('2026-01-05'::date, 30), leadcrm.subtract('2026-01-05'::date, 30), leadcrm.subtract('2026-01-05'::date, '2025-12-31'::date);
SELECT leadcrm.subtract('2026-01-05 09:00+08'::timestamptz, '2026-01-03 10:30+08'::timestamptz), leadcrm.subtract('2026-01-03'::timestamp, '2026-01-05 01:00'::timestamp);
SELECT leadcrm.add('infinity'::timestamptz, '1 day', 'UTC'), leadcrm.add('infinity'::date, 1), leadcrm.subtract('infinity'::date, 'infinity'::date), leadcrm.subtract('infinity'::timestamptz, now()), leadcrm.add('2026-01-05'::timestamptz, '1 day', 'Mars'),
       leadcrm.add('2026-01-05'::date, 2147483647), leadcrm.subtract('4714-11-24 BC'::date, 1), leadcrm.add('2026-01-05'::timestamp, '178000000 years'), leadcrm.subtract('294276-12-31'::timestamp, interval '-10 days'),
       leadcrm.subtract('294276-12-31'::timestamp, '4714-11-24 BC'::timestamp), leadcrm.add('5874897-01-01'::date, interval '1 day');
