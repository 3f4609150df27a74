-- Sample leads: always the same rows, and as dirty as they say.
SET client_min_messages = warning;

CREATE TEMP TABLE sample AS SELECT * FROM leadcrm.sample_leads();

SELECT source, count(*), count(external_id) AS with_id, count(DISTINCT form) AS forms
FROM sample
GROUP BY source
ORDER BY count(*) DESC, source COLLATE "C";

-- A digest of all rows in order.  It changes when the generator changes, and
-- for no other reason: not with the machine, the plan or the session.
CREATE FUNCTION pg_temp.digest(n integer) RETURNS text LANGUAGE sql AS $$
	SELECT encode(sha256(convert_to(string_agg(concat_ws(E'\t', position, source, form, external_id, payload), E'\n'
											   ORDER BY position), 'UTF8')), 'hex')
	FROM leadcrm.sample_leads(n)
$$;
SELECT pg_temp.digest(5000);
SELECT pg_temp.digest(NULL) IS NULL AS none, (SELECT count(*) FROM leadcrm.sample_leads(0)) AS zero,
	(SELECT count(*) FROM leadcrm.sample_leads(-1)) AS negative;

CREATE TEMP TABLE first_digest AS SELECT pg_temp.digest(5000) AS digest;
SET enable_mergejoin = off;
SET enable_hashagg = off;
SET work_mem = '64kB';
SET standard_conforming_strings = off;
SET search_path = pg_temp;
SELECT digest = pg_temp.digest(5000) AS same_by_another_plan FROM first_digest;
RESET ALL;
SET client_min_messages = warning;

-- The rows asked for do not depend on how many are asked for.
SELECT count(*) AS the_same_of_700
FROM (SELECT * FROM leadcrm.sample_leads(700) INTERSECT ALL SELECT * FROM sample WHERE position <= 700) AS s;

-- The phone as it is written, and the first mobile that can be read in it.
CREATE TEMP TABLE written AS
SELECT position, source, external_id, payload, phone, name, mobile
FROM sample,
	LATERAL (SELECT coalesce(payload ->> '手机', payload ->> '手机号', payload ->> '手机号码', payload ->> '电话', payload ->> '联系电话',
							 payload ->> 'phone', payload ->> 'mobile', payload ->> 'tel', payload ->> 'telphone',
							 payload ->> 'text', CASE source WHEN '官网' THEN payload ->> 'message' END),
				coalesce(payload ->> '姓名', payload ->> 'name', payload ->> '联系人', payload ->> 'contactName')) AS p (phone, name),
	LATERAL (SELECT substring(regexp_replace(translate(phone, '０１２３４５６７８９', '0123456789'), '[- ()（）]', '', 'g')
							  FROM '1[3-9][0-9]{9}')) AS m (mobile);

-- How dirty they are, in rows out of 5,000.
SELECT kind, count(*) FILTER (WHERE found)
FROM written, LATERAL (VALUES
	(1, 'phone: as it should be', phone ~ '^1[3-9][0-9]{9}$'),
	(2, 'phone: blanks or dashes', phone ~ '1[3-9][0-9][- ][0-9]{4}[- ][0-9]{4}'),
	(3, 'phone: +86 or 0086', phone ~ '^(（?\+|00)86'),
	(4, 'phone: full-width digits', phone ~ '[０-９]{11}'),
	(5, 'phone: label in front', phone ~ '^(电话|手机|联系电话)[：:]'),
	(6, 'phone: landline with extension', phone ~ '0[0-9]{2,3}-[0-9]{7,8}(转|分机|-)[0-9]'),
	(7, 'phone: 400 switchboard', phone ~ '4008[0-9]{6}'),
	(8, 'phone: several in a cell', phone ~ '[0-9]{7}[/、; ][^/、;]*[0-9]{7}'),
	(9, 'phone: damaged by Excel', phone ~ '1\.[0-9]+E\+10'),
	(10, 'phone: a number in JSON', jsonb_path_exists(payload, '$.* ? (@.type() == "number" && @ > 10000000000)')),
	(11, 'phone: Hong Kong, Taiwan, abroad', phone ~ '^(\+|00)(852|886|65|1-?512)'),
	(12, 'phone: none', coalesce(phone, '') = '' OR phone !~ '[0-9０-９]'),
	(13, 'name: with a title', name ~ '(总|先生|女士|经理|工|老板)$'),
	(14, 'traditional characters', payload::text ~ '[張劉陳楊黃趙羅責們業機電術軟醫療鈦鈞嶼]'),
	(15, 'company: place in front', payload::text ~ '"(公司|公司名称|单位|客户名称|company|companyName)": "(重庆|广东|北京|上海|深圳|成都)'),
	(16, 'company: place in brackets', payload::text ~ '[（(](重庆|北京|上海|深圳|成都|广州)[）)]'),
	(17, 'company: no legal form', payload::text ~ '"(公司|公司名称|单位|客户名称|company|companyName)": "[^"]+"'
		AND payload::text !~ '(公司|厂)"'),
	(18, 'mail: not an address', coalesce(payload ->> '邮箱', payload ->> 'email') !~ '^[A-Za-z0-9]+@example\.[a-z]+$'),
	(19, 'size or budget in words', payload::text ~ '(人以上|人以下|少于|约200|三百|万左右|万以内|10-20万|50-100人)'),
	(20, 'one free text', payload ? 'text' OR (payload ? 'message' AND source = '官网')),
	(21, 'WeChat, with unionid', payload ? 'unionid'),
	(22, 'project', payload ? '项目名称'),
	(23, 'somebody tries the form', payload::text ~ '(测试|asdf|"test"|"123")'),
	(24, 'empty', payload = '{}')) AS dirt (number, kind, found)
GROUP BY number, kind
ORDER BY number;

-- Who comes again: the same mobile earlier, in which channel, under which name.
WITH earlier AS (
	SELECT *, lag(source) OVER same_mobile AS source_before, lag(surname) OVER same_mobile AS surname_before,
		lag(payload) OVER same_mobile AS payload_before
	FROM written,
		LATERAL (SELECT translate(left(name, 1), '張劉陳楊黃趙吳孫馬羅鄭謝許韓鄧馮蔣葉蘇呂盧歐', '张刘陈杨黄赵吴孙马罗郑谢许韩邓冯蒋叶苏吕卢欧')) AS s (surname)
	WHERE mobile IS NOT NULL
	WINDOW same_mobile AS (PARTITION BY mobile ORDER BY position)
)
SELECT count(*) FILTER (WHERE source_before IS NOT NULL) AS again,
	count(*) FILTER (WHERE source_before = '展会名片' AND source = '官网-索要报价') AS asks_for_a_quote_after_a_show,
	count(*) FILTER (WHERE surname <> surname_before) AS under_another_name,
	count(*) FILTER (WHERE payload = payload_before) AS word_for_word
FROM earlier;

-- A webhook sent twice is sent word for word.
SELECT count(*) AS sent_again, bool_and(a.payload = b.payload AND a.form IS NOT DISTINCT FROM b.form) AS the_same
FROM sample a JOIN sample b USING (source, external_id)
WHERE a.position < b.position;

-- Nobody can be written to.
SELECT count(*) AS mails, count(*) FILTER (WHERE mail !~* '[@.] ?example\.(com|cn|org|net)') AS elsewhere
FROM sample, LATERAL (SELECT nullif(coalesce(payload ->> '邮箱', payload ->> 'email'), '')) AS m (mail)
WHERE mail <> '无';

-- One of each source, as it comes.
SELECT DISTINCT ON (source COLLATE "C") position, source, form, external_id, jsonb_pretty(payload) AS payload
FROM sample
WHERE position > 300
ORDER BY source COLLATE "C", position;

-- Helpers are described, and run as nobody but the caller.
SELECT p.oid::regprocedure AS function, obj_description(p.oid, 'pg_proc') IS NOT NULL AS described, prosecdef, provolatile, proparallel
FROM pg_proc p
WHERE pronamespace = 'leadcrm'::regnamespace AND proname ~ '^_?sample_'
ORDER BY proname COLLATE "C";
