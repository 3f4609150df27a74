-- One living lead per person, on every path by which a row can come or change.
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('dedup', locale => 'en');
SET search_path = dedup, public;
\set VERBOSITY terse

-- What there is: leads by their external id, claims, pairs, and what was written.
CREATE FUNCTION public.who(id bigint) RETURNS text LANGUAGE sql STABLE AS
	'SELECT coalesce(external_id, name, ''#'' || id) FROM dedup.lead l WHERE l.id = who.id';
CREATE VIEW public.leads AS
SELECT who(id) AS lead, phone, email, who(merged_into) AS lives_in FROM dedup.lead ORDER BY id;
CREATE VIEW public.claims AS
SELECT coalesce(who(lead_id), '(no lead)') AS lead, kind, scope, key, state, who(brought_by) AS brought_by
  FROM dedup.identity ORDER BY kind, scope, key, lead_id;
CREATE VIEW public.pairs AS
SELECT who(lead_a) AS lead, who(lead_b) AS other, rule, status, reason FROM dedup.duplicate ORDER BY lead_a, lead_b;
CREATE VIEW public.written AS
SELECT (SELECT count(*) FROM dedup.merge_log) AS merges, (SELECT count(*) FROM dedup.activity) AS activities,
	   (SELECT string_agg(kind || ' ' || n, ', ' ORDER BY kind)
		  FROM (SELECT kind, count(*) AS n FROM dedup.event GROUP BY kind) AS e) AS events;
CREATE PROCEDURE public.start_anew() LANGUAGE sql AS $$
	DELETE FROM dedup.lead; DELETE FROM dedup.merge_log; DELETE FROM dedup.event;
$$;

-- INSERT of one, of many, from SELECT; COPY.
INSERT INTO lead (external_id, phone, email, first_source) VALUES ('a', '138 0013 8000', 'Li@Example.org', '官网');
INSERT INTO lead (external_id, phone, first_source) VALUES ('b', '+86-13800138000', '百度') RETURNING who(merged_into);
INSERT INTO lead (external_id, phone, email, first_source) VALUES
	('c', '13900139000', NULL, '展会'), ('d', '(0086)139 0013 9000', 'wang@example.org', '官网'), ('e', NULL, 'WANG@example.org', '官网');
INSERT INTO lead (external_id, phone, first_source)
SELECT 'f' || n, '1370013700' || n % 2, '抖音' FROM generate_series(1, 4) AS n;
COPY lead (external_id, phone, email, first_source) FROM STDIN;
g	１３７００１３７０００	\N	抖音
h	13700137009	li@example.org	抖音
\.
SELECT * FROM leads;
SELECT * FROM claims;
SELECT * FROM pairs;
SELECT * FROM written;
SELECT who(winner), who(loser), rule, before -> 'fields' ->> 'email' AS email FROM merge_log ORDER BY loser;
SELECT who(lead_id) AS lead, kind, direction, channel, who(brought_by) FROM activity ORDER BY brought_by;

-- The living lead is filled, not overwritten; where it was last heard of changes.
CALL start_anew();
INSERT INTO lead (external_id, phone, name, first_source, last_form, attrs) VALUES
	('a', '13800138000', '张伟', '官网', 'contact', '{"need": "10 t"}');
INSERT INTO lead (external_id, phone, name, company, first_source, last_form, attrs) VALUES
	('b', '13800138000', '小张', '苏州明远精密', '抖音', 'live', '{"need": "20 t", "city": "苏州"}');
SELECT external_id, name, company, first_source, last_source, last_form, attrs FROM lead ORDER BY id;

-- Two keys that hit two leads: the first rule decides, the pair is for review,
-- and both claims stay where they were.
CALL start_anew();
INSERT INTO lead (external_id, phone, email, first_source) VALUES
	('a', NULL, 'li@example.org', 'x'), ('b', '13800138000', NULL, 'x'), ('c', '13800138000', 'li@example.org', 'x');
SELECT * FROM leads;
SELECT * FROM claims;
SELECT * FROM pairs;

-- Names that contradict each other on one phone; a surname alone does not.
CALL start_anew();
INSERT INTO lead (external_id, phone, name, first_source) VALUES
	('a', '13800138000', '张伟', 'x'), ('b', '13800138000', '李娜', 'x'), ('c', '13800138000', '李总', 'x'),
	('d', '13800138000', '張偉', 'x');
SELECT lead, lives_in FROM leads;
SELECT * FROM claims;
SELECT * FROM pairs;
-- The holder goes, with what was merged into it: the oldest one that waits holds.
DELETE FROM lead WHERE external_id = 'a';
SELECT lead, lives_in FROM leads;
SELECT * FROM claims;
SELECT * FROM pairs;

-- ON CONFLICT, by either unique index: what was claimed for a row that was
-- not inserted does not stay.
CALL start_anew();
INSERT INTO lead (id, external_id, phone, first_source) VALUES (1001, 'a', '13800138000', 'x'), (1002, 'b', '13800138001', 'x');
INSERT INTO lead (external_id, phone, email, first_source) VALUES
	('a', '13800138009', 'li@example.org', 'x'), ('c', '13800138009', NULL, 'x') ON CONFLICT (first_source, external_id)
	WHERE external_id IS NOT NULL DO NOTHING;
SELECT * FROM leads;
SELECT * FROM claims;
INSERT INTO lead (external_id, phone, email, first_source) VALUES ('a', '13800138008', 'li@example.org', 'x')
	ON CONFLICT (first_source, external_id) WHERE external_id IS NOT NULL
	DO UPDATE SET phone = EXCLUDED.phone, email = EXCLUDED.email;
SELECT * FROM claims;
INSERT INTO lead (external_id, phone, email, first_source) VALUES ('a', '13800138001', 'wang@example.org', 'x')
	ON CONFLICT (first_source, external_id) WHERE external_id IS NOT NULL
	DO UPDATE SET phone = EXCLUDED.phone, email = EXCLUDED.email;
SELECT * FROM leads;
SELECT * FROM claims;
SELECT * FROM pairs;
-- The id is taken: the lead that has it keeps its claims.
INSERT INTO lead (id, phone, email, first_source) VALUES (1002, '13800138009', 'zhao@example.org', 'x') ON CONFLICT DO NOTHING;
INSERT INTO lead (id, phone, first_source) VALUES (1002, '13800138009', 'x')
	ON CONFLICT (id) DO UPDATE SET phone = EXCLUDED.phone;
SELECT * FROM claims;
INSERT INTO lead (id, phone, first_source) VALUES (1002, '13800138007', 'x');
SELECT * FROM claims;

-- A trigger of the user's that drops rows.
CALL start_anew();
CREATE FUNCTION drop_spam() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN IF NEW.campaign = 'spam' THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE TRIGGER zz_drop BEFORE INSERT ON lead FOR EACH ROW EXECUTE FUNCTION drop_spam();
INSERT INTO lead (external_id, phone, email, campaign, first_source) VALUES
	('a', '13800138000', 'li@example.org', 'spam', 'x'), ('b', '13800138000', NULL, NULL, 'x'), ('c', NULL, 'li@example.org', 'spam', 'x'),
	('d', '13800138000', 'wang@example.org', 'spam', 'x');
SELECT * FROM leads;
SELECT * FROM claims;
SELECT * FROM written;
DROP TRIGGER zz_drop ON lead;

-- UPDATE of a key: to a free one, to one that is held, away, and a swap.
CALL start_anew();
INSERT INTO lead (external_id, phone, first_source) VALUES ('a', '13800138000', 'x'), ('b', '13800138001', 'x');
UPDATE lead SET phone = '138 0013 8002' WHERE external_id = 'a';
SELECT * FROM claims;
INSERT INTO rep (code, active) VALUES ('liu', false);
UPDATE lead SET phone = '13800138001', owner = 'liu' WHERE external_id = 'a';
SELECT * FROM leads;
SELECT * FROM claims;
SELECT * FROM pairs;
UPDATE lead SET phone = NULL WHERE external_id = 'b';
SELECT * FROM claims;
UPDATE lead SET phone = '13800138000' WHERE external_id = 'b';
DELETE FROM duplicate;
UPDATE lead SET phone = CASE external_id WHEN 'a' THEN '13800138000' ELSE '13800138001' END;
SELECT * FROM claims;
SELECT * FROM pairs;
UPDATE lead SET phone = '13800138005';
SELECT * FROM claims;
SELECT * FROM pairs;
-- Not by hand.
UPDATE lead SET merged_into = (SELECT min(id) FROM lead) WHERE external_id = 'b';
UPDATE lead SET id = id + 1000;
INSERT INTO lead (phone, first_source, merged_into) VALUES ('13800138005', 'x', NULL), ('13800138006', 'x', 1);
TRUNCATE lead;
TRUNCATE lead CASCADE;

-- The kind of a lead changes, and with it how strong its keys are.
CALL start_anew();
INSERT INTO lead (external_id, kind, phone, first_source) VALUES ('a', 'project', '13800138000', 'x');
SELECT * FROM claims;
UPDATE lead SET kind = 'contact';
SELECT * FROM claims;
INSERT INTO lead (external_id, phone, first_source) VALUES ('b', '13800138000', 'x') RETURNING who(merged_into);
UPDATE lead SET kind = 'project' WHERE external_id = 'a';
SELECT * FROM claims;
INSERT INTO lead (external_id, phone, first_source) VALUES ('c', '13800138000', 'x') RETURNING who(merged_into);
SELECT * FROM claims;

-- MERGE; a data-modifying WITH with two INSERTs; DELETE and INSERT in one.
CALL start_anew();
INSERT INTO lead (external_id, phone, first_source) VALUES ('a', '13800138000', 'x'), ('b', '13800138001', 'x');
MERGE INTO lead l USING (VALUES ('a', '13800138002'), ('b', NULL), ('c', '13800138002'), ('d', '13800138003')) AS v (external_id, phone)
	ON l.external_id = v.external_id
	WHEN MATCHED AND v.phone IS NULL THEN DELETE
	WHEN MATCHED THEN UPDATE SET phone = v.phone
	WHEN NOT MATCHED THEN INSERT (external_id, phone, first_source) VALUES (v.external_id, v.phone, 'x');
SELECT * FROM leads;
SELECT * FROM claims;
WITH one AS (INSERT INTO lead (external_id, phone, first_source) VALUES ('e', '13800138004', 'x'), ('f', '13800138005', 'x') RETURNING phone),
	two AS (INSERT INTO lead (external_id, phone, first_source) SELECT 'g' || phone, phone, 'x' FROM one LIMIT 1 RETURNING merged_into)
SELECT who(merged_into) FROM two;
WITH gone AS (DELETE FROM lead WHERE external_id = 'd' RETURNING phone)
INSERT INTO lead (external_id, phone, first_source) SELECT 'h', phone, 'x' FROM gone RETURNING who(merged_into);
SELECT * FROM leads;
SELECT * FROM claims;

-- A statement inside a trigger of another one; in a function that catches; behind a savepoint.
CALL start_anew();
CREATE FUNCTION referral() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF NEW.partner IS NOT NULL THEN
		INSERT INTO dedup.lead (external_id, phone, first_source) VALUES (NEW.external_id || '''s partner', NEW.partner, 'x');
	END IF;
	RETURN NEW;
END $$;
CREATE TRIGGER lead_15_referral BEFORE INSERT ON lead FOR EACH ROW EXECUTE FUNCTION referral();
INSERT INTO lead (external_id, phone, partner, first_source) VALUES
	('a', '13800138000', '13800138001', 'x'), ('b', '13800138001', '13800138000', 'x'), ('c', '13800138002', '13800138002', 'x');
SELECT * FROM leads;
DROP TRIGGER lead_15_referral ON lead;
CREATE TRIGGER zz_referral BEFORE INSERT ON lead FOR EACH ROW EXECUTE FUNCTION referral();
INSERT INTO lead (external_id, phone, partner, first_source) VALUES ('d', '13800138009', '13800138009', 'x');
DROP TRIGGER zz_referral ON lead;
DO $$
BEGIN
	FOR i IN 1 .. 4 LOOP
		BEGIN
			INSERT INTO dedup.lead (external_id, phone, first_source, budget_min) VALUES
				('e' || i, '13800138007', 'x', NULL), ('f' || i, '13800138008', 'x', 1 / (i % 2));
		EXCEPTION WHEN division_by_zero THEN
			INSERT INTO dedup.lead (external_id, phone, first_source) VALUES ('g' || i, '13800138008', 'x');
		END;
	END LOOP;
END $$;
BEGIN;
INSERT INTO lead (external_id, phone, first_source) VALUES ('h', '13800138010', 'x');
SAVEPOINT s;
INSERT INTO lead (external_id, phone, first_source) VALUES ('i', '13800138011', 'x'), ('j', '13800138010', 'x');
ROLLBACK TO s;
INSERT INTO lead (external_id, phone, first_source) VALUES ('k', '13800138011', 'x') RETURNING who(merged_into);
COMMIT;
SELECT * FROM leads;
SELECT * FROM claims;

-- Rules change under a prepared statement, in the same transaction, and back.
CALL start_anew();
PREPARE arrive AS INSERT INTO lead (external_id, phone, product_line, first_source) VALUES ($1, $2, $3, 'x') RETURNING who(merged_into);
EXECUTE arrive('a', '13800138000', NULL);
UPDATE identity_rule SET action = 'review' WHERE code = 'phone';
EXECUTE arrive('b', '13800138000', NULL);
BEGIN;
UPDATE identity_rule SET action = 'reject' WHERE code = 'phone';
SAVEPOINT s;
EXECUTE arrive('c', '13800138000', NULL);
ROLLBACK TO s;
UPDATE lead SET phone = '13800138000' WHERE external_id = 'a';
EXECUTE arrive('c', '13800138001', NULL);
SAVEPOINT s;
UPDATE lead SET phone = '13800138000' WHERE external_id = 'c';
ROLLBACK TO s;
UPDATE identity_rule SET action = 'merge' WHERE code = 'phone';
EXECUTE arrive('d', '13800138000', NULL);
ROLLBACK TO s;
EXECUTE arrive('d', '13800138000', NULL);
ROLLBACK;
EXECUTE arrive('e', '13800138000', NULL);
UPDATE identity_rule SET action = 'link' WHERE code = 'phone';
EXECUTE arrive('f', '13800138000', NULL);
UPDATE identity_rule SET active = false WHERE code = 'phone';
EXECUTE arrive('g', '13800138000', NULL);
SELECT * FROM claims;
SELECT * FROM pairs;
UPDATE identity_rule SET active = true, action = 'merge' WHERE code = 'phone';

-- A scope: the same phone may buy two product lines.
CALL start_anew();
INSERT INTO product_line (code, label) VALUES ('laser', 'Laser'), ('press', 'Press');
UPDATE identity_rule SET scope = 'product_line' WHERE code = 'phone';
EXECUTE arrive('a', '13800138000', 'laser');
EXECUTE arrive('b', '13800138000', 'press');
EXECUTE arrive('c', '13800138000', 'LASER');
EXECUTE arrive('d', '13800138000', NULL);
SELECT * FROM claims;
UPDATE lead SET product_line = 'press' WHERE external_id = 'a';
SELECT * FROM claims;
SELECT * FROM pairs;
UPDATE identity_rule SET scope = NULL WHERE code = 'phone';

-- An expression: any column, one's own too, and attributes.
CALL start_anew();
ALTER TABLE lead ADD licence text, ADD tags text[];
INSERT INTO identity_rule (code, position, kind, expression, action) VALUES
	('licence', 15, 'licence', 'upper(licence)', 'merge'), ('order', 16, 'order', $$attrs ->> 'order'$$, 'reject');
INSERT INTO lead (external_id, licence, attrs, first_source) VALUES
	('a', '苏a-12345', '{"order": 17}', 'x'), ('b', '苏A-12345', '{}', 'x');
INSERT INTO lead (external_id, attrs, first_source) VALUES ('c', '{"order": 17}', 'x');
SELECT * FROM claims;
-- What an expression may not be.
\set VERBOSITY sqlstate
CREATE FUNCTION tell(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE WARNING ''called''; RETURN true; END';
CREATE DOMAIN telling AS text CHECK (tell(VALUE));
CREATE FUNCTION refused(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	message text;
BEGIN
	UPDATE dedup.identity_rule SET expression = refused.expression WHERE code = 'licence';
	INSERT INTO dedup.lead (licence, first_source) VALUES ('z', 'x');
	RAISE division_by_zero;
EXCEPTION
	WHEN division_by_zero THEN RETURN 'taken';
	WHEN others THEN
		GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
		RETURN SQLSTATE || ': ' || message;
END $$;
SELECT e, refused(e) FROM (VALUES
	('lower(licence)'), ('licence || phone'), ('company_size'), ('leadcrm.normalize_email(email)'), ('(licence)::varchar(3)'),
	('now()'), ('current_user'), ('random()'), ('(SELECT 1)'), ('max(licence)'), ('licence, phone'), ('licence AS l'), ('licence FROM lead'),
	('licence; DROP TABLE lead'), (''), ('nosuch'), ('tell(licence)'), ('public.tell(licence)'), ('dedup.tell(licence)'),
	('licence::dedup.telling'), ('ctid'), ('row_to_json(lead)'), ('generate_series(1, 2)'), ('$1'), ('nextval(''x'')'),
	('licence COLLATE "nosuch"'), ('1 /'), ('count(*) OVER ()'), ('licence::int::text'), ('leadcrm.num(licence)::text'), ('company_size + 1'),
	('as_of::date - 1'), ('extract(year FROM created_at)'), ('extract(year FROM created_at AT TIME ZONE ''Asia/Shanghai'')'), ('created_at'),
	('CASE WHEN created_at > ''2026-01-05'' THEN licence END'), ('CASE WHEN created_at > ''2026-01-05 09:30+08'' THEN licence END')) AS v (e);
\set VERBOSITY terse
-- A rule whose column has gone gives no keys, says so, and stops nobody.
UPDATE identity_rule SET expression = 'licence' WHERE code = 'licence';
ALTER TABLE lead RENAME licence TO permit;
INSERT INTO lead (external_id, permit, attrs, first_source) VALUES ('d', '苏A-12345', '{"order": 18}', 'x');
SELECT lead, lives_in FROM leads;
-- Who compiles the rule anew is warned once more: that depends on the session.
SET client_min_messages = error;
SELECT item, problem, next_step FROM leadcrm.check_workspace('dedup') WHERE item LIKE 'identity_rule%';
SET client_min_messages = warning;
ALTER TABLE lead RENAME permit TO licence;
INSERT INTO lead (external_id, licence, first_source) VALUES ('e', '苏A-12345', 'x'), ('f', '苏A-12345', 'x');
SELECT lead, lives_in FROM leads;
DELETE FROM identity_rule WHERE code IN ('licence', 'order');

-- An age limit: after it, a lead may come anew; the old claim is stored as expired.
CALL start_anew();
UPDATE identity_rule SET max_age = '2 years' WHERE code = 'phone';
INSERT INTO lead (external_id, phone, first_source, created_at) VALUES ('a', '13800138000', 'x', '2019-05-01');
INSERT INTO lead (external_id, phone, first_source, created_at) VALUES ('b', '13800138001', 'x', now() - interval '1 year');
INSERT INTO lead (external_id, phone, first_source) VALUES ('c', '13800138000', 'x'), ('d', '13800138001', 'x'), ('e', '13800138000', 'x');
SELECT lead, lives_in FROM leads;
SELECT * FROM claims;
DELETE FROM lead WHERE external_id = 'c';
SELECT * FROM claims;
UPDATE identity_rule SET max_age = NULL WHERE code = 'phone';

-- Weak keys are noted, never held: a switchboard, a shared mailbox, a tax id.
CALL start_anew();
INSERT INTO lead (external_id, phone, email, tax_id, first_source) VALUES
	('a', '400-820-8820', NULL, NULL, 'x'), ('b', '4008208820', NULL, NULL, 'x'),
	('c', NULL, 'info@example.org', NULL, 'x'), ('d', NULL, 'INFO@example.org', NULL, 'x'),
	('e', NULL, NULL, '91350100M000100Y43', 'x'), ('f', NULL, NULL, '91350100m000100y43', 'x');
SELECT lead, lives_in FROM leads;
SELECT * FROM claims;
SELECT * FROM pairs;
-- Of many, only the first few are worth a review.
INSERT INTO lead (external_id, phone, first_source) SELECT 'n' || n, '4008208820', 'x' FROM generate_series(1, 15) AS n;
SELECT count(*) FROM pairs WHERE other LIKE 'n%';

-- WeChat, unionid, and who stands first; company and person are for review.
CALL start_anew();
INSERT INTO lead (external_id, unionid, phone, wechat, first_source) VALUES
	('a', 'oABC', NULL, NULL, 'x'), ('b', NULL, '13800138000', NULL, 'x'), ('c', NULL, NULL, 'Li_Wei-1', 'x'),
	('d', 'oABC', '13800138000', NULL, 'x'), ('e', NULL, NULL, 'li_wei-1', 'x'), ('f', 'oabc', NULL, NULL, 'x');
SELECT lead, lives_in FROM leads;
SELECT * FROM claims;
SELECT * FROM pairs;
CALL start_anew();
INSERT INTO lead (external_id, company, name, first_source) VALUES
	('a', '苏州明远精密机械有限公司', '张伟', 'x'), ('b', '明远精密', '张伟先生', 'x'), ('c', '明远精密', '李娜', 'x');
SELECT lead, lives_in FROM leads;
SELECT * FROM pairs;

-- Projects: one phone links, one company and project is for review.
CALL start_anew();
INSERT INTO lead (external_id, kind, phone, company, project_name, first_source) VALUES
	('a', 'project', '13800138000', '明远精密', '二期厂房', 'x'), ('b', 'project', '13800138000', '明远精密', '三期厂房', 'x'),
	('c', 'project', NULL, '明远精密', '二期 厂房', 'x'), ('d', 'contact', '13800138000', NULL, NULL, 'x');
SELECT lead, lives_in FROM leads;
SELECT * FROM pairs;

-- A source that wants an error instead.
CALL start_anew();
INSERT INTO source (code, on_duplicate) VALUES ('strict', 'reject');
INSERT INTO lead (external_id, phone, first_source) VALUES ('a', '13800138000', 'strict');
INSERT INTO lead (external_id, phone, first_source) VALUES ('b', '13800138000', 'x') RETURNING who(merged_into);
INSERT INTO lead (external_id, phone, first_source) VALUES ('c', '13800138000', 'strict');

-- A key may be of any length.
CALL start_anew();
INSERT INTO lead (external_id, unionid, first_source) VALUES
	('a', repeat('o', 3000), 'x'), ('b', repeat('o', 3000), 'x'), ('c', repeat('o', 3001), 'x');
SELECT lead, lives_in FROM leads;
SELECT lead, length(key), state FROM claims;

-- Columns of the user's: filled by a repeat unless they are unique; arrays are
-- left alone; columns that come and go do not disturb.
CALL start_anew();
ALTER TABLE lead ADD number text UNIQUE, ADD mood text, ADD colour text, ADD made text GENERATED ALWAYS AS (upper(phone)) STORED;
INSERT INTO lead (external_id, phone, first_source) VALUES ('a', '13800138000', 'x');
ALTER TABLE lead DROP colour, ADD shade varchar(5);
INSERT INTO lead (external_id, phone, number, mood, shade, tags, first_source) VALUES ('b', '13800138000', '1', 'good', 'dark', '{x}', 'x');
SELECT external_id, number, mood, shade, tags, made FROM lead ORDER BY id;
ALTER TABLE lead RENAME mood TO "Mood ""x""";
INSERT INTO lead (external_id, phone, first_source) VALUES ('c', '13800138000', 'x') RETURNING who(merged_into);
\set VERBOSITY default
ALTER TABLE lead RENAME unionid TO union_id;
INSERT INTO lead (external_id, phone, first_source) VALUES ('d', '13800138000', 'x');
ALTER TABLE lead RENAME union_id TO unionid;
\set VERBOSITY terse
INSERT INTO lead (external_id, phone, first_source) VALUES ('d', '13800138000', 'x') RETURNING who(merged_into);

-- A key of the user's that cascades into lead.
CREATE TABLE branch (code text PRIMARY KEY);
ALTER TABLE lead ADD branch text REFERENCES branch ON UPDATE CASCADE ON DELETE CASCADE;
INSERT INTO branch VALUES ('n'), ('s');
UPDATE lead SET branch = 'n' WHERE external_id = 'a';
INSERT INTO lead (external_id, phone, branch, first_source) VALUES ('e', '13800138001', 's', 'x');
UPDATE branch SET code = upper(code);
SELECT external_id, branch FROM lead WHERE branch IS NOT NULL ORDER BY id;
DELETE FROM branch;
SELECT * FROM leads;
SELECT * FROM claims;
ALTER TABLE lead DROP branch;

-- A replica applies rows as they are.
SET session_replication_role = replica;
INSERT INTO lead (external_id, phone, first_source, last_source, created_at, updated_at, last_inbound_at)
VALUES ('a', '138-0013-8000', 'x', 'x', now(), now(), now());
UPDATE identity_rule SET action = 'review' WHERE code = 'email';
RESET session_replication_role;
SELECT * FROM leads;
SELECT * FROM claims;
-- ... and invalidates what sessions know of the rules.
INSERT INTO lead (external_id, email, first_source) VALUES ('b', 'li@example.org', 'x'), ('c', 'li@example.org', 'x');
SELECT * FROM pairs;

-- A statement trigger that is off is noticed.
ALTER TABLE lead DISABLE TRIGGER lead_00_begin;
\set VERBOSITY default
INSERT INTO lead (phone, first_source) VALUES ('13800138002', 'x');
ALTER TABLE lead ENABLE TRIGGER lead_00_begin;

-- What arrivals write comes out the same where somebody watches the tables, and keeps to what was demanded of them.
CALL start_anew();
CREATE FUNCTION watch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '% %', TG_TABLE_NAME, TG_OP; RETURN NEW; END $$;
CREATE TRIGGER watch BEFORE INSERT OR UPDATE ON identity FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER watch BEFORE INSERT OR UPDATE ON merge_log FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER watch BEFORE INSERT OR UPDATE ON activity FOR EACH ROW EXECUTE FUNCTION watch();
CREATE TRIGGER watch BEFORE INSERT OR UPDATE ON event FOR EACH ROW EXECUTE FUNCTION watch();
SET client_min_messages = notice;
INSERT INTO lead (external_id, phone, first_source) VALUES ('a', '13800138000', 'x'), ('b', '13800138001', 'x');
INSERT INTO lead (external_id, phone, email, first_source, last_form) VALUES ('c', '13800138000', 'c@example.org', 'y', 'contact'), ('d', '13800138001', NULL, 'y', NULL);
SET client_min_messages = warning;
SELECT * FROM claims;
SELECT * FROM written;
CREATE TEMP TABLE watched AS SELECT who(lead_id) AS lead, kind, direction, channel, content, who(brought_by) AS brought_by FROM activity ORDER BY id;
DROP FUNCTION watch() CASCADE;
CALL start_anew();
INSERT INTO lead (external_id, phone, first_source) VALUES ('a', '13800138000', 'x'), ('b', '13800138001', 'x');
INSERT INTO lead (external_id, phone, email, first_source, last_form) VALUES ('c', '13800138000', 'c@example.org', 'y', 'contact'), ('d', '13800138001', NULL, 'y', NULL);
SELECT * FROM claims;
SELECT * FROM written;
SELECT who(lead_id) AS lead, kind, direction, channel, content, who(brought_by) AS brought_by FROM activity EXCEPT SELECT * FROM watched;
DROP TABLE watched;
ALTER TABLE activity ADD CONSTRAINT no_spam CHECK (content <> 'spam');
\set VERBOSITY sqlstate
INSERT INTO lead (phone, first_source, last_form) VALUES ('13800138000', 'y', 'spam');
ALTER TABLE event ADD CONSTRAINT no_repeats CHECK (kind <> 'lead.repeated') NOT VALID;
INSERT INTO lead (phone, first_source) VALUES ('13800138000', 'y');
\set VERBOSITY default
ALTER TABLE event DROP CONSTRAINT no_repeats;
INSERT INTO lead (phone, first_source, last_form) VALUES ('13800138000', 'y', 'no spam');
SELECT * FROM written;

-- A trigger of the user's that keeps claims out: no lead can come with them, and the error says why.
CALL start_anew();
CREATE FUNCTION keep_out() RETURNS trigger LANGUAGE plpgsql AS
	$$ BEGIN IF NEW.kind = 'email' AND NEW.live THEN RETURN NULL; END IF; RETURN NEW; END $$;
CREATE TRIGGER keep_out BEFORE INSERT ON identity FOR EACH ROW EXECUTE FUNCTION keep_out();
INSERT INTO lead (external_id, phone, first_source) VALUES ('a', '13800138000', 'x');
INSERT INTO lead (external_id, phone, email, first_source) VALUES ('b', '13800138000', 'li@example.org', 'x');
UPDATE lead SET email = 'li@example.org';
\set VERBOSITY sqlstate
INSERT INTO lead (external_id, email, first_source) VALUES ('b', 'li@example.org', 'x');
\set VERBOSITY default
DROP FUNCTION keep_out() CASCADE;
SELECT * FROM claims;

-- What repeat inquiries do to their leads is looked up by index, also with a
-- plan that was made when there were few leads.
CALL start_anew();
INSERT INTO lead (phone, first_source) VALUES ('13800138000', 'x'), ('13800138001', 'x');
ANALYZE lead;
INSERT INTO lead (phone, first_source) VALUES ('13800138000', 'x'), ('13800138001', 'x');
INSERT INTO lead (external_id, first_source) SELECT g, 'x' FROM generate_series(1, 3000) g;
BEGIN;
SELECT idx_tup_fetch AS read_before FROM pg_stat_xact_user_tables WHERE relid = 'lead'::regclass \gset
INSERT INTO lead (phone, first_source) VALUES ('13800138000', 'x'), ('13800138001', 'x');
SELECT idx_tup_fetch - :read_before BETWEEN 1 AND 100 AS few_read FROM pg_stat_xact_user_tables WHERE relid = 'lead'::regclass;
ROLLBACK;

-- The workspace goes in a transaction that used it.
BEGIN;
INSERT INTO lead (external_id, phone, first_source) VALUES ('z', '13800138099', 'x');
DROP SCHEMA dedup CASCADE;
SELECT leadcrm.create_workspace('dedup', locale => 'en');
INSERT INTO dedup.lead (external_id, phone, first_source) VALUES ('z', '13800138099', 'x') RETURNING merged_into;
ROLLBACK;
INSERT INTO lead (external_id, phone, first_source) VALUES ('z', '13800138099', 'x') RETURNING merged_into;
-- A rule keeps claims out likewise.  It comes last: PostgreSQL does not plan
-- anew what a rule has left nothing of.
CREATE RULE keep_out AS ON INSERT TO identity DO INSTEAD NOTHING;
INSERT INTO lead (external_id, email, first_source) VALUES ('y', 'zhao@example.org', 'x');
DROP RULE keep_out ON identity;
DEALLOCATE arrive;
DROP VIEW public.written, public.pairs, public.claims, public.leads;
DROP FUNCTION public.who(bigint);
DROP PROCEDURE public.start_anew();
DROP SCHEMA dedup CASCADE;
