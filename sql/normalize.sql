-- Columns of a lead in canonical form; what cannot be read stays and is flagged.
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('normalize', locale => 'en');
SET search_path = normalize;
\set VERBOSITY terse
INSERT INTO industry (code, label, synonyms) VALUES ('machinery', 'Machinery', '{机械,机械制造}'), ('old', 'Old', '{旧}');
UPDATE industry SET active = false WHERE code = 'old';
INSERT INTO product_line (code, label, synonyms) VALUES ('laser', '激光切割', '{Laser Cutting}');

-- Each column.
INSERT INTO lead (phone) VALUES ('电话：１３８ ００１３ ８０００'), ('010-6552 9988 转 801'), ('400-820-8820'), ('(852) 2345 6789'),
	('13800138000/13900139000'), ('1.38E+10'), ('no phone'), (''), (' '), ('12345');
SELECT phone, attrs -> 'flags' ->> 'phone' AS flag FROM lead ORDER BY id;
DELETE FROM lead;
INSERT INTO lead (email) VALUES (' Li.Wei@Example.ORG '), ('mailto:wang@example.org'), ('ｚｈａｏ＠example.org'), ('li@'), ('@'), (''), ('a b@example.org');
SELECT email, attrs -> 'flags' ->> 'email' AS flag FROM lead ORDER BY id;
DELETE FROM lead;
INSERT INTO lead (wechat) VALUES ('Wx_Zhang-01'), ('微信：zhang_wei88'), ('张'), ('');
SELECT wechat, attrs -> 'flags' ->> 'wechat' AS flag FROM lead ORDER BY id;
DELETE FROM lead;
INSERT INTO lead (tax_id) VALUES ('91350100m000100y43'), ('91350100M000100Y44'), ('税号 1'), ('');
SELECT tax_id, attrs -> 'flags' ->> 'tax_id' AS flag FROM lead ORDER BY id;
DELETE FROM lead;
INSERT INTO lead (region, address, company, phone) VALUES
	('江苏', NULL, NULL, NULL), ('320500', NULL, NULL, NULL), ('somewhere', NULL, NULL, NULL),
	(NULL, '苏州市工业园区', '北京明远科技有限公司', '021-65529988'), (NULL, NULL, '北京明远科技有限公司', '021-65529988'),
	(NULL, NULL, NULL, '021-65529988'), (NULL, 'x', NULL, NULL);
SELECT region, attrs -> 'flags' ->> 'region' AS flag FROM lead ORDER BY id;
DELETE FROM lead;
INSERT INTO lead (industry, product_line) VALUES
	('机械', 'LASER cutting'), ('machinery', 'laser'), ('Ｍａｃｈｉｎｅｒｙ', '激光 切割'), ('old', 'x'), ('', '');
SELECT industry, product_line, attrs -> 'flags' AS flags FROM lead ORDER BY id;
DELETE FROM lead;
INSERT INTO lead (name, company, title, project_name) VALUES
	(E' 张\t 伟 ', '　苏州明远　精密 ', E'\n经理', 'Ｐhase  2'), ('', ' ', E'\t', NULL), (repeat('张 ', 600), NULL, NULL, NULL);
SELECT left(name, 10) AS name, length(name), company, title, project_name FROM lead ORDER BY id;

-- Sources and times.
DELETE FROM lead;
INSERT INTO lead (first_source, last_source) VALUES ('a', NULL), (NULL, 'b'), ('a', 'b'), (NULL, NULL);
SELECT first_source, last_source, created_at = now() AS now, last_inbound_at = created_at AS inbound, updated_at = now() AS updated FROM lead ORDER BY id;
SELECT code, label, active, added_by FROM source WHERE code IN ('a', 'b', 'unknown') ORDER BY code;
INSERT INTO lead (created_at) VALUES ('2020-02-02 10:00+08') RETURNING created_at = '2020-02-02 02:00Z' AS kept, last_inbound_at = created_at AS inbound;
-- What has come since this transaction began lies in the past.
INSERT INTO lead (created_at) VALUES (clock_timestamp()) RETURNING created_at > now() AS since, last_inbound_at = created_at AS inbound;
\set VERBOSITY sqlstate
INSERT INTO lead (created_at) VALUES (now() + interval '1 minute');
INSERT INTO lead (created_at) VALUES ('infinity');
INSERT INTO lead (created_at) VALUES ('-infinity');
UPDATE lead SET created_at = 'infinity';
\set VERBOSITY terse
INSERT INTO rep (code, active) VALUES ('x', false);
UPDATE lead SET owner = 'x' WHERE first_source = 'a' RETURNING updated_at >= created_at AS touched;
UPDATE lead SET updated_at = '2021-01-01Z' WHERE first_source = 'a' RETURNING updated_at = '2021-01-01Z' AS kept;
UPDATE lead SET first_source = NULL, last_source = NULL WHERE first_source = 'a' RETURNING first_source, last_source;

-- A flag goes when the value is corrected, and other attributes stay.
DELETE FROM lead;
INSERT INTO lead (phone, email, attrs) VALUES ('call me', 'x', '{"need": "10 t", "flags": {"old": "flag"}}') RETURNING attrs;
UPDATE lead SET phone = '13800138000' RETURNING phone, attrs;
UPDATE lead SET email = NULL RETURNING attrs;
UPDATE lead SET attrs = attrs || '{"flags": "mine"}' RETURNING attrs;
INSERT INTO lead (phone, attrs) VALUES ('x', '[]');

-- Twice gives the same; an UPDATE of something else changes nothing.
DELETE FROM lead;
INSERT INTO lead (name, company, phone, email, wechat, tax_id, region, industry, first_source) VALUES
	('张伟', '苏州明远精密', '０１０-65529988转801', 'Li@Example.org', 'Wx_Zhang', '91350100m000100y43', '江苏', '机械', 'x'),
	(NULL, NULL, 'none', 'none', '无', 'none', 'nowhere', 'none', 'x');
CREATE TEMP TABLE before AS SELECT to_jsonb(lead) - 'updated_at' AS row FROM lead;
UPDATE lead SET phone = phone, email = email, wechat = wechat, tax_id = tax_id, region = region, company = company;
SELECT count(*) AS unchanged FROM before JOIN lead ON to_jsonb(lead) - 'updated_at' = row;
-- A region that somebody corrected is not found anew until its evidence changes.
UPDATE lead SET region = NULL WHERE name = '张伟' RETURNING region;
UPDATE lead SET owner = 'x' WHERE name = '张伟' RETURNING region;
UPDATE lead SET address = '浙江省杭州市西湖区' WHERE name = '张伟' RETURNING region;
DROP SCHEMA normalize CASCADE;
