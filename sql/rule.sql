-- The language of conditions: what it takes, and with which class; what it
-- refuses, and why.  rule_vocabulary.sql goes through every function there is.
SET client_min_messages = warning;
CREATE SCHEMA rules;
SET search_path = rules;
SET TimeZone = 'UTC';

CREATE TYPE level AS ENUM ('A', 'B');
CREATE TYPE pair AS (x integer, y text);
CREATE FUNCTION told(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''called''; END';
CREATE FUNCTION own(integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN $1;
CREATE FUNCTION pair_of(integer) RETURNS pair LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''called''; END';
CREATE CAST (integer AS pair) WITH FUNCTION pair_of(integer);
CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq);
CREATE FUNCTION text_is(text, integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RAISE EXCEPTION ''called''; END';
CREATE OPERATOR = (LEFTARG = text, RIGHTARG = integer, FUNCTION = text_is);
CREATE DOMAIN code AS text CHECK (told(VALUE));
CREATE DOMAIN amount AS numeric;
CREATE TABLE lead (
	id bigint, name text, company text, region text, last_source text, last_form text,
	company_size integer, staff smallint, clicks bigint, budget_min numeric, budget_max numeric, ratio double precision,
	wants_demo boolean, tags text[], marks integer[], attrs jsonb, created_at timestamptz, last_contacted_at timestamptz,
	visited_at timestamp, expected_close_on date, stay interval, ref uuid, phone leadcrm.phone, short varchar(10), fixed char(3),
	grade level, money amount, pair pair, grades level[], secret bytea, span int4range, spot point, address inet, words tsvector,
	doubled integer GENERATED ALWAYS AS (company_size * 2) STORED,
	"客户级别" text, "Is VIP" boolean, "user" text, "select" text);

CREATE FUNCTION outcome(condition text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	RETURN leadcrm.condition_class('rules.lead', condition);
EXCEPTION
	WHEN others THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;

-- Taken.
SELECT condition AS taken, outcome(condition) FROM unnest(ARRAY[
	$$last_source = '官网-索要报价' AND budget_max >= 100000$$,
	$$region LIKE '50%'$$,
	$$region NOT LIKE '50%' AND name ILIKE '%经理'$$,
	$$name LIKE '50!%%' ESCAPE '!'$$,
	$$name LIKE company$$,
	$$name LIKE 'x\'$$,
	$$last_form IS NULL OR last_form <> '预约演示'$$,
	$$last_source IN ('展会', '官网-索要报价', U&'\5C55\4F1A')$$,
	$$last_source NOT IN ('展会')$$,
	$$last_source = ANY ('{展会,地推,电话}')$$,
	$$'VIP' = ANY (tags)$$,
	$$company_size BETWEEN 50 AND 200$$,
	$$company_size NOT BETWEEN SYMMETRIC 200 AND 50$$,
	$$NOT (company_size < 50)$$,
	$$company_size IS DISTINCT FROM 0$$,
	$$staff > company_size AND clicks >= company_size AND clicks <> staff$$,
	$$company_size > 49.5$$,
	$$company_size > ratio$$,
	$$budget_max > ratio$$,
	$$budget_max - budget_min > 10000$$,
	$$leadcrm.subtract(budget_max, budget_min) > 10000$$,
	$$budget_max / company_size > 1000$$,
	$$leadcrm.divide(budget_max, company_size) > 1000$$,
	$$company_size % 2 = 0$$,
	$$-company_size < 0 AND -budget_max < 0$$,
	$$abs(budget_max) > 1 AND round(budget_max / 1000, 1) > 2$$,
	$$wants_demo$$,
	$$wants_demo IS NOT TRUE$$,
	$$wants_demo = 'yes'$$,
	$$company_size = 1::boolean::int$$,
	$$"客户级别" = 'A类' AND "Is VIP"$$,
	$$"user" = 'x' AND "select" = $q$it's$q$ $$,
	$$name = E'\u5F20\u4F1F'$$,
	$$name = '张伟' -- a comment$$,
	$$/* another */ name = '张伟'$$,
	$$attrs ->> '行业' = '制造'$$,
	$$attrs -> 'need' ->> 'city' = '上海'$$,
	$$attrs #>> '{need,city}' = '上海'$$,
	$$attrs ? 'wechat'$$,
	$$attrs ?| ARRAY['a', 'b'] AND attrs ?& '{a,b}'$$,
	$$attrs @> '{"tags": ["vip"]}'$$,
	$$attrs @> jsonb '{"vip": true}' AND attrs -> 'vip' = 'true'$$,
	$$jsonb_typeof(attrs -> 'a') = 'array'$$,
	$$jsonb_array_length(attrs -> 'a') > 2$$,
	$$(attrs ->> 'employees')::int >= 50$$,
	$$(attrs -> 'employees')::numeric >= 50$$,
	$$leadcrm.num(attrs ->> 'employees') >= 50$$,
	$$leadcrm.flag(attrs ->> '上市')$$,
	$$leadcrm.day(attrs ->> 'birthday') < '1990-01-01'$$,
	$$leadcrm.moment(attrs ->> 'demo_at') > as_of$$,
	$$leadcrm.moment(attrs ->> 'demo_at', 'Asia/Shanghai') > as_of$$,
	$$leadcrm.quantity_low(attrs ->> '规模') >= 50$$,
	$$leadcrm.region_of(company) LIKE '32%'$$,
	$$leadcrm.normalize_email(attrs ->> 'email') IS NOT NULL$$,
	$$phone = '138 0013 8000'$$,
	$$phone = (attrs ->> 'phone')$$,
	$$leadcrm.phone_kind(phone) = 'mobile' AND phone::text LIKE '+86%'$$,
	$$tags && ARRAY['vip', '老客户'] OR tags @> '{a}' OR tags <@ '{a,b}'$$,
	$$cardinality(marks) > 2 AND array_length(marks, 1) < 9 AND marks = '{1,2}'$$,
	$$3 = ANY (marks) AND 5 > ALL (marks)$$,
	$$length(name) > 2 AND char_length(company) < 100 AND octet_length(name) > 3$$,
	$$lower(name) = 'x' AND upper(company) = 'ABC' AND trim(both from region) = '32'$$,
	$$starts_with(company, '苏州') AND name ^@ '张' AND strpos(company, '科技') > 0 AND position('厂' in company) = 0$$,
	$$left(region, 2) = '32' AND right(name, 1) = '总' AND substr(region, 1, 4) = '3205' AND substring(region from 3) = '05'$$,
	$$substr(name, 1, company_size) = 'x'$$,
	$$split_part(attrs ->> 'email', '@', 2) = 'qq.com'$$,
	$$split_part(name, '@', company_size) = 'x'$$,
	$$name || '@' || company = 'a@b'$$,
	$$coalesce(company_size, 0) >= 50 AND nullif(name, '') IS NULL AND greatest(budget_min, budget_max) > least(1, 2)$$,
	$$CASE WHEN company_size > 1000 THEN budget_max > 1 WHEN wants_demo THEN true ELSE false END$$,
	$$CASE region WHEN '32' THEN 1 WHEN '31' THEN 2 END = 1$$,
	$$created_at > as_of - interval '7 days'$$,
	$$as_of - last_contacted_at > interval '3 days'$$,
	$$created_at >= '2026-01-05' AND created_at < '2026-01-05 18:00:00.5+08:00'$$,
	$$created_at >= timestamptz '2026-01-05T09:30Z' AND visited_at < '2026-01-05 09:30'$$,
	$$expected_close_on <= as_of::date + 30 AND as_of::date - expected_close_on < 7$$,
	$$expected_close_on IN ('2026-01-05', '2026-01-06') AND expected_close_on < date '2026-02-01'$$,
	$$created_at::date = as_of::date AND date(created_at) = expected_close_on AND created_at > expected_close_on$$,
	$$extract(dow FROM created_at) IN (0, 6) OR extract(hour FROM as_of) NOT BETWEEN 9 AND 17$$,
	$$extract(epoch FROM as_of - created_at) / 3600 > 24$$,
	$$date_trunc('month', created_at) = date_trunc('month', as_of)$$,
	$$(created_at AT TIME ZONE 'America/New_York')::date > '2026-01-05'$$,
	$$expected_close_on + stay > visited_at AND created_at + stay < as_of$$,
	$$stay > '1 day 02:00' AND stay + interval '1 day' < '5 days'$$,
	$$ref = '00000000-0000-0000-0000-000000000001'$$,
	$$short = 'abc' AND fixed = 'x' AND name::varchar(3) = 'abc' AND fixed::text || 'y' = 'xy'$$,
	$$grade = 'A' OR grade IN ('A', 'B') OR grade <> ALL ('{A,B}')$$,
	$$money > 100$$,
	$$company_size::text = '5' AND company_size::numeric = 5 AND wants_demo::text = 'true'$$,
	$$name::int::text = name$$,
	$$true$$,
	$$NULL$$,
	$$1 = 1 AND 'x' = 'x'$$
]) WITH ORDINALITY AS c (condition, n) ORDER BY n;

-- Refused.
SELECT condition AS refused, outcome(condition) FROM unnest(ARRAY[
	-- what is not one expression
	'', '   ', '-- nothing', ';', 'wants_demo;', 'wants_demo; DROP TABLE lead', 'wants_demo, true', 'wants_demo AS x', 'wants_demo x',
	'wants_demo FROM lead', 'wants_demo INTO t', 'true WHERE wants_demo', 'true UNION SELECT true', 'true LIMIT 1', 'true ORDER BY 1',
	'DISTINCT true', '*', 'ALL true', 'wants_demo) OR (true', 'name = ''x', 'name = "x', 'name = /* x', 'name = $a$x', 'wants_demo AND', 'name = E''\',
	-- what is no condition
	'name', 'company_size', 'company_size + 1', '''yes''', '1', 'ARRAY[true]',
	-- names
	'nosuch = 1', 'lead.name = ''x''', 'rules.lead.name = ''x''', 'lead IS NULL', 'lead.* IS NULL', '(lead).name = ''x''', 'ctid IS NULL', 'tableoid = 1',
	'xmin IS NULL', 'doubled > 1', '"Name" = ''x''', 'pair IS NULL', '(pair).x = 1', 'secret IS NULL', 'span @> 1', 'spot IS NULL', 'address IS NULL', 'words IS NULL',
	'$1', ':x',
	-- what does not depend on the row and as_of alone
	'now() > created_at', 'clock_timestamp() > created_at', 'created_at > current_timestamp', 'created_at::date = current_date', 'localtimestamp > visited_at',
	'current_user = name', 'session_user = name', 'current_schema = name', 'random() < 0.5', 'gen_random_uuid() = ref', 'nextval(''s'') > 1', 'txid_current() > 1',
	'current_setting(''TimeZone'') = name', 'set_config(''role'', ''postgres'', false) = name', 'pg_backend_pid() = 1', 'age(created_at) > ''1 day''', 'pg_sleep(1) IS NULL',
	'version() = name', 'inet_server_port() = 1', 'to_char(created_at, ''YYYY'') = ''2026''', 'created_at::text LIKE ''2026%''', 'expected_close_on::text = ''2026-01-05''',
	'stay::text = ''1 day''', 'ratio::text = ''1''', 'concat(name, company_size) = ''x''', 'format(''%s'', name) = ''x''', 'date_part(''hour'', created_at) = 3',
	'make_timestamptz(2026, 1, 1, 0, 0, 0) < created_at', 'timezone(name, created_at) > visited_at', 'created_at AT TIME ZONE name > visited_at', 'created_at AT TIME ZONE ''Mars'' > visited_at',
	'created_at AT TIME ZONE ''CST'' > visited_at', 'created_at AT TIME ZONE interval ''8 hours'' > visited_at',
	-- dates and times not in full
	'created_at > ''now''', 'created_at > ''now''::timestamptz', 'created_at > ''today''', 'expected_close_on = ''tomorrow''', 'visited_at > ''yesterday 09:00''', 'created_at > ''infinity''',
	'created_at > ''epoch''', 'expected_close_on = ''01/02/2026''', 'expected_close_on = ''2026-1-5''', 'expected_close_on = ''20260105''', 'created_at > ''2026-01-05 09:30 Asia/Shanghai''',
	'created_at > ''2026-01-05 09:30 PM''', 'created_at > timestamptz ''Jan 5 2026''', 'expected_close_on = ''2026-01-05 BC''', 'expected_close_on = ''2026-02-30''', 'date(''today'') = expected_close_on',
	'expected_close_on = ANY (''{2026-01-05,today}'')', 'created_at > ''不知道''', 'stay > ''不知道''',
	'leadcrm.day(name) = ''today''', '(attrs ->> ''d'')::date = as_of::date', '(attrs ->> ''d'')::timestamptz > as_of', '(attrs ->> ''d'')::interval > stay',
	-- catalogs and other rows
	'''pg_authid''::regclass IS NULL', '''lead''::regclass::oid = 1', '''postgres''::regrole IS NULL', 'to_regclass(''lead'') IS NULL', 'has_table_privilege(''pg_authid'', ''SELECT'')', 'pg_relation_size(''lead'') > 1',
	'pg_table_is_visible(1)', 'obj_description(1) = name', 'EXISTS (SELECT FROM lead)', '(SELECT true)', 'name = (SELECT max(name) FROM lead)', 'name IN (SELECT name FROM lead)', 'company_size = ANY (ARRAY(SELECT 1))',
	'count(*) > 1', 'max(company_size) > 1', 'sum(company_size) OVER () > 1', 'row_number() OVER () = 1', 'company_size = generate_series(1, 3)', 'unnest(tags) = ''x''', 'jsonb_array_elements(attrs) = ''1''',
	'query_to_xml(''SELECT 1'', true, true, '''') IS NULL', 'pg_read_file(''/etc/passwd'') = name', 'lo_import(''/etc/passwd'') = 1',
	-- what runs long or grows
	'length(repeat(name, 1000000000)) > 1', 'lpad(name, 1000000000) = ''x''', 'replace(name, ''a'', ''aa'') = ''x''', 'company_size ^ 1000 > 1', 'budget_max ^ 1000000 > 1', 'exp(budget_max) > 1', 'factorial(clicks) > 1',
	'name ~ ''(a*)*b''', 'name !~* ''x''', 'name SIMILAR TO ''(a|b)*''', 'regexp_replace(name, ''a'', ''b'') = ''x''', 'substring(name from ''(a*)*b'') = ''x''', 'levenshtein(name, company) < 2', 'array_fill(1, ARRAY[100000000]) = marks',
	'string_to_array(name, '','') = tags', 'array_to_string(tags, '','') = ''x''', 'marks || marks = marks', 'attrs || attrs = attrs', 'attrs - ''a'' = attrs', 'jsonb_path_exists(attrs, ''$.a'')', 'attrs @@ ''$.a > 1''',
	'jsonb_set(attrs, ''{a}'', attrs) = attrs', 'to_jsonb(name) = attrs', 'md5(name) = ''x''', 'name @@ ''x''',
	-- what is somebody else's
	'told(name)', 'rules.told(name)', 'public.told(name)', 'own(company_size) = 1', 'name OPERATOR(rules.===) ''x''', 'name === ''x''', 'name = company_size', 'name OPERATOR(rules.=) 5', 'name OPERATOR(pg_temp.=) ''x''',
	'name::rules.code = ''x''', '''x''::rules.code = name', 'company_size::rules.pair IS NULL', '''A''::rules.level = grade', 'grade > ''A''', 'grade::text = ''A''', 'grade = ''C''', 'greatest(grade, grade) = ''A''', 'ARRAY[grade] < ARRAY[grade]', '''A'' = ANY (grades)', '''x''::nosuch = name', 'name::xml IS NULL', 'name::bytea IS NULL',
	'name::name = ''x''', '''{}''::json IS NULL', 'company_size::money > 1::money', 'company_size::bit(8) = B''1''', 'B''1'' = B''1''', 'time ''10:00'' < ''11:00''', 'name::leadcrm.phone = phone', 'name::uuid = ref', 'name::jsonb = attrs',
	-- other expressions
	'ROW(1, 2) = ROW(1, 2)', '(company_size, name) = (1, ''x'')', '(company_size, name) IN ((1, ''x''))', '(created_at, created_at) OVERLAPS (created_at, created_at)', 'marks[1] = 1', 'attrs[''a''] = ''1''', 'tags[1:2] = tags',
	'name COLLATE "C" = ''x''', 'name COLLATE "zh_CN" = ''x''', 'collation for (name) = ''x''', 'xmlelement(name x) IS NULL', 'name IS NORMALIZED', 'GROUPING(name) = 1', 'ARRAY[marks, marks] = marks', 'ARRAY[ARRAY[1], ARRAY[2]] = marks',
	'concat(VARIADIC tags) = ''x''', 'substr(string => name) = ''x''', 'leadcrm.num(DISTINCT name) > 1', 'leadcrm.create_workspace(name)', 'leadcrm.num(attrs) > 1', 'lenght(name) > 1', 'extract(century FROM created_at) = 21',
	'extract(dow FROM stay) = 1', 'extract(timezone FROM created_at) = 1', 'date_trunc(''fortnight'', created_at) < as_of', 'date_trunc(name, created_at) < as_of', 'leadcrm.start_of(''x'', visited_at) = visited_at',
	'nullif(expected_close_on, created_at) IS NULL', 'created_at = ANY (ARRAY[expected_close_on])', 'DEFAULT', '1 / 0 = 1', 'num(''x'') = ''y''', 'attrs ->> ''n'' > 5', 'name = 5', 'company_size = ''many'''
]) WITH ORDINALITY AS c (condition, n) ORDER BY n;

-- A column named as_of wins.
CREATE TABLE dated (as_of date, now integer);
SELECT leadcrm.condition_class('dated', 'as_of = ''2026-01-05'' AND now > 5');
SELECT leadcrm.condition_holds(d, 'as_of > ''2026-01-05''', '2026-01-01') FROM (VALUES (date '2026-01-06', 1)) v (a, n), LATERAL (SELECT (v.a, v.n)::dated) AS x (d);

-- A row whose columns change between two calls of one function.
CREATE TABLE changing (a integer, b text);
INSERT INTO changing VALUES (5, 'x');
CREATE FUNCTION holds(condition text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	r changing;
BEGIN
	SELECT * INTO r FROM changing;
	RETURN leadcrm.condition_holds(r, condition);
END $$;
SELECT holds($$a::text = '5' AND b = 'x'$$);
ALTER TABLE changing ALTER a TYPE text;
SELECT holds($$a::text = '5' AND b = 'x'$$);
ALTER TABLE changing DROP a, ADD c date DEFAULT '2026-01-05';
SELECT holds($$c = '2026-01-05' AND b = 'x'$$);
SELECT holds($$a::text = '5' AND b = 'x'$$);

-- Rows of views, partitioned tables and composite types.
CREATE VIEW hot AS SELECT name, company_size FROM lead;
CREATE TABLE part (LIKE dated) PARTITION BY LIST (now);
SELECT leadcrm.check_condition('hot', 'company_size > 5'), leadcrm.check_condition('part', 'now = 5'), leadcrm.check_condition('pair', 'x = 5');
CREATE SEQUENCE counter;
CREATE INDEX lead_name_idx ON lead (name);
\set VERBOSITY sqlstate
SELECT leadcrm.check_condition('counter', 'true');
SELECT leadcrm.check_condition('lead_name_idx', 'true');
SELECT leadcrm.condition_holds(ROW(1, 2), 'true');
SELECT leadcrm.condition_holds(ROW(NULL, 1)::dated, 'true', now(), 'Mars');
\set VERBOSITY default

-- The trigger.
CREATE TABLE score_rule (code text PRIMARY KEY, condition text, points integer);
CREATE TRIGGER check_rules BEFORE INSERT OR UPDATE ON score_rule FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules();
INSERT INTO score_rule VALUES ('size', 'company_size >= 50', 10), ('always', NULL, 1);
INSERT INTO score_rule VALUES ('demo', 'wants_demo', 10), ('大客户', 'company_size >= ''很多''', 20);
UPDATE score_rule SET condition = 'company_size >= now()' WHERE code = 'size';
UPDATE score_rule SET points = 5;
SELECT * FROM score_rule ORDER BY code;
CREATE TABLE visit_rule (test text);
CREATE TRIGGER check_rules BEFORE INSERT OR UPDATE ON visit_rule FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('dated', 'test');
INSERT INTO visit_rule VALUES ('now > 5');
INSERT INTO visit_rule VALUES ('company_size > 5');
\set VERBOSITY sqlstate
CREATE TABLE wrong (code integer);
CREATE TRIGGER check_rules BEFORE INSERT ON wrong FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules();
INSERT INTO wrong VALUES (1);
CREATE TRIGGER after_rules AFTER INSERT ON visit_rule FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('dated', 'test');
INSERT INTO visit_rule VALUES ('now > 5');
DROP TRIGGER after_rules ON visit_rule;
CREATE TRIGGER statement_rules BEFORE INSERT ON visit_rule FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.check_rules('dated', 'test');
INSERT INTO visit_rule VALUES ('now > 5');
DROP TRIGGER statement_rules ON visit_rule;
CREATE TRIGGER no_table BEFORE INSERT ON visit_rule FOR EACH ROW EXECUTE FUNCTION leadcrm.check_rules('nosuch', 'test');
INSERT INTO visit_rule VALUES ('now > 5');
\set VERBOSITY default

DROP SCHEMA rules CASCADE;
