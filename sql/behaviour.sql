-- What customers do: points that wear off, in the rows of their leads.
SET client_min_messages = warning;
SET timezone = 'UTC';
SELECT leadcrm.create_workspace('behaviour', 'en', 'Asia/Shanghai');
SET search_path TO behaviour, public;

-- The kinds and rules of this test only.
DELETE FROM activity_kind; DELETE FROM intent_rule;
INSERT INTO activity_kind (kind, direction, points, class, daily_cap, active) VALUES
    ('page',  'in', 2,   1, 2,    true), ('ask',  'in',  30, 3, NULL, true), ('call', NULL, 1.5, 2, NULL, true),
    ('quote', 'out', 4,  3, 1,    true), ('gone', 'in',  50, 1, NULL, false), ('note', NULL, 0,  1, NULL, true);
INSERT INTO lead (id, name, first_source) SELECT n, 'lead ' || n, 'web' FROM generate_series(1, 9) n;
ALTER TABLE lead ALTER id RESTART WITH 1000;

-- What stands in the rows, as points at one moment, and what should.
CREATE VIEW public.points AS
SELECT l.id AS lead, c.class, leadcrm.decayed(c.value, c.at, h.half_life, '2026-03-10 00:00+08') AS points
  FROM lead l
 CROSS JOIN LATERAL (VALUES (1, l.behaviour_1, l.behaviour_1_at), (2, l.behaviour_2, l.behaviour_2_at),
                            (3, l.behaviour_3, l.behaviour_3_at), (4, l.behaviour_4, l.behaviour_4_at)) c (class, value, at)
  JOIN half_life h USING (class)
 WHERE c.value IS NOT NULL;
CREATE VIEW public.wrong AS
WITH counted AS (
    SELECT * FROM (
        SELECT a.lead_id AS lead, k.class, k.points, k.daily_cap, h.half_life, a.at,
               row_number() OVER (PARTITION BY a.lead_id, a.kind, (a.at AT TIME ZONE 'Asia/Shanghai')::date ORDER BY a.at, a.id) AS n
          FROM activity a
          JOIN activity_kind k ON k.kind = a.kind AND k.active AND k.points > 0 AND coalesce(k.direction, a.direction) = a.direction
          JOIN half_life h USING (class)
         WHERE isfinite(a.at)) c
     WHERE daily_cap IS NULL OR n <= daily_cap
), should AS (
    SELECT lead, class, sum(points * 2 ^ (extract(epoch FROM at - '2026-03-10 00:00+08')::float8 / extract(epoch FROM half_life)::float8)) AS points
      FROM counted GROUP BY lead, class
)
SELECT lead, class, s.points AS should, p.points AS is
  FROM should s FULL JOIN points p USING (lead, class)
 WHERE abs(s.points - p.points) <= 1e-9 * greatest(s.points, p.points) IS NOT TRUE;

-- Points at the moment itself, half of them a half-life later; a sum is one number.
INSERT INTO activity (lead_id, kind, at) VALUES (1, 'ask', '2026-03-10 00:00+08'), (2, 'ask', '2026-01-24 00:00+08'), (3, 'page', '2026-03-13 00:00+08');
INSERT INTO activity (lead_id, kind, at) VALUES (2, 'ask', '2026-03-10 00:00+08');
SELECT lead, class, round(points::numeric, 6) AS points FROM points ORDER BY 1, 2;
SELECT id, round(behaviour_3::numeric, 6) AS value, behaviour_3_at AS anchor FROM lead WHERE id IN (1, 2) ORDER BY id;
SELECT leadcrm.decayed(8, '2026-01-01Z', '1 day', '2026-01-04Z') AS later, leadcrm.decayed(8, '2026-01-01Z', '1 day', '2025-12-31Z') AS before,
       leadcrm.decayed(0, '2026-01-01Z', '1 day', '2026-01-04Z') AS nothing, leadcrm.decayed(NULL, now(), '1 day', now()) AS unknown,
       leadcrm.decayed(8, '2026-01-01Z', '1 mon', '2026-01-31Z') AS months_have_30_days, leadcrm.decayed(8, '2026-01-01Z', '1 day', 'infinity') AS in_the_end;
SELECT round(leadcrm.decayed(8, now(), '170000000 years', now() + interval '100 years')::numeric, 3) AS hardly;
SELECT leadcrm.decayed(8, now(), '0', now());

-- Kinds that are off or give nothing, directions, times that are none.
INSERT INTO activity (lead_id, kind, direction, at) VALUES
    (4, 'gone', 'in', '2026-03-10Z'), (4, 'note', 'in', '2026-03-10Z'), (4, 'unheard of', 'in', '2026-03-10Z'),
    (4, 'ask', 'out', '2026-03-10Z'), (4, 'quote', 'in', '2026-03-10Z');
INSERT INTO activity (lead_id, kind, direction, at) VALUES (4, 'ask', 'in', 'infinity');
INSERT INTO activity (lead_id, kind, direction, at) VALUES (4, 'note', 'in', '-infinity');
\set VERBOSITY sqlstate
INSERT INTO activity (lead_id, kind, direction, at) VALUES (4, 'ask', 'in', now() + interval '1 day');
UPDATE activity SET at = now() + interval '1 day' WHERE lead_id = 4;
SELECT * FROM hottest(3, as_of => now() - interval '1 day');
\set VERBOSITY default
SELECT count(*) FROM points WHERE lead = 4;
INSERT INTO activity (lead_id, kind, direction, at) SELECT 4, 'call', d, '2026-03-10 00:00+08' FROM unnest(ARRAY['in', 'out', 'internal']) d;
INSERT INTO activity (lead_id, kind, direction, at) VALUES (4, 'quote', 'out', '2026-03-10 00:00+08');
SELECT class, points FROM points WHERE lead = 4 ORDER BY 1;

-- Two pages a day: the first two of the day in Shanghai, whatever the session's day.
INSERT INTO activity (lead_id, kind, at) SELECT 5, 'page', timestamptz '2026-03-10 00:00+08' + n * interval '6 hours' FROM generate_series(-4, 7) n;
SELECT class, counted FROM leadcrm._behaviour_at('lead', 5, '2030-01-01Z');
SET timezone = 'America/New_York';
INSERT INTO activity (lead_id, kind, at) SELECT 6, 'page', timestamptz '2026-03-10 00:00+08' + n * interval '6 hours' FROM generate_series(-4, 7) n;
SET timezone = 'UTC';
SELECT count(DISTINCT points) AS the_same FROM points WHERE lead IN (5, 6);
-- One that comes late takes the place of one that counted; of a full day a later one is nothing.
INSERT INTO activity (id, lead_id, kind, at) VALUES (1001, 5, 'page', '2026-03-10 00:00+08'), (1002, 5, 'page', '2026-03-10 20:00+08');
SELECT kind, counted FROM leadcrm._behaviour_at('lead', 5, '2030-01-01Z');
SELECT * FROM wrong;
-- Of two at the same moment the one with the lower id.
INSERT INTO activity (id, lead_id, kind, at) VALUES (1004, 7, 'page', '2026-03-01Z'), (1003, 7, 'page', '2026-03-01Z'), (1005, 7, 'page', '2026-03-01Z');
DELETE FROM activity WHERE id = 1003;
SELECT kind, counted FROM leadcrm._behaviour_at('lead', 7, '2030-01-01Z');
SELECT * FROM wrong;

-- A day whose midnight came twice: clocks went back at 00:01.
UPDATE workspace SET time_zone = 'America/St_Johns';
INSERT INTO activity (id, lead_id, kind, at) VALUES (1006, 6, 'page', '2010-11-07 02:30:30Z'), (1007, 6, 'page', '2010-11-07 02:30:40Z'),
    (1008, 6, 'page', '2010-11-07 03:29Z'), (1009, 6, 'page', '2010-11-07 03:30Z');
SELECT d, counted FROM unnest(ARRAY['2010-11-07 03:29Z', '2010-11-07 03:30Z']::timestamptz[]) d, leadcrm._behaviour_at('lead', 6, d);
UPDATE workspace SET time_zone = 'Asia/Shanghai';
DELETE FROM activity WHERE lead_id = 6 AND at < '2011-01-01Z';

-- Every way of writing.
COPY activity (lead_id, kind, at) FROM stdin;
8	page	2026-03-01 10:00+08
8	page	2026-03-01 09:00+08
8	page	2026-03-01 08:00+08
9	ask	2026-03-02 10:00+08
\.
INSERT INTO activity (id, lead_id, kind, at) VALUES (1001, 8, 'ask', '2026-03-03Z'), (1010, 8, 'ask', '2026-03-04Z')
    ON CONFLICT (id) DO UPDATE SET lead_id = EXCLUDED.lead_id, kind = EXCLUDED.kind, at = EXCLUDED.at;
WITH taken AS (DELETE FROM activity WHERE lead_id = 8 AND kind = 'page' RETURNING *)
INSERT INTO activity (lead_id, kind, at) SELECT 9, kind, at - interval '1 day' FROM taken;
MERGE INTO activity a USING (VALUES (1010, 8), (1011, 9)) v (id, lead) ON a.id = v.id
 WHEN MATCHED THEN UPDATE SET at = a.at - interval '3 days'
 WHEN NOT MATCHED THEN INSERT (id, lead_id, kind, at) VALUES (v.id, v.lead, 'ask', '2026-03-05Z');
CREATE FUNCTION public.follow() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN
    IF NEW.kind = 'quote' THEN
        INSERT INTO behaviour.activity (lead_id, kind, at) VALUES (NEW.lead_id, 'page', NEW.at - interval '1 hour');
        DELETE FROM behaviour.activity WHERE lead_id = NEW.lead_id AND kind = 'ask';
    END IF;
    RETURN NULL;
END$$;
CREATE TRIGGER follow AFTER INSERT ON activity FOR EACH ROW EXECUTE FUNCTION public.follow();
INSERT INTO activity (lead_id, kind, direction, at) VALUES (9, 'ask', 'in', '2026-03-06Z'), (9, 'quote', 'out', '2026-03-06Z'), (9, 'page', 'in', '2026-03-06Z');
DROP TRIGGER follow ON activity;
SELECT kind, counted FROM leadcrm._behaviour_at('lead', 9, '2030-01-01Z') ORDER BY 1;
BEGIN;
SAVEPOINT a;
INSERT INTO activity (lead_id, kind, at) VALUES (9, 'ask', '2026-03-07Z');
ROLLBACK TO a;
INSERT INTO activity (lead_id, kind, at) VALUES (9, 'call', '2026-03-07Z');
COMMIT;
SELECT * FROM wrong;

-- Corrections and deletions; what does not matter touches no lead.
UPDATE activity SET kind = 'call' WHERE lead_id = 1;
UPDATE activity SET direction = 'out' WHERE lead_id = 2 AND at < '2026-02-01Z';
UPDATE activity SET at = at + interval '1 day', lead_id = 2 WHERE lead_id = 3;
DELETE FROM activity WHERE lead_id = 6;
SELECT lead, class, round(points::numeric, 6) AS points FROM points WHERE lead IN (1, 2, 3, 6) ORDER BY 1, 2;
SELECT * FROM wrong;
SELECT xmin AS was FROM lead WHERE id = 1 \gset
UPDATE activity SET content = 'said yes', actor = 'me' WHERE lead_id = 1;
INSERT INTO activity (lead_id, kind, at) VALUES (1, 'note', now());
SELECT xmin = :was AS untouched FROM lead WHERE id = 1;
UPDATE stage_rule SET active = false;
UPDATE lead SET updated_at = '2026-03-01Z' WHERE id = 1;
INSERT INTO activity (lead_id, kind, at) VALUES (1, 'call', '2026-03-05Z');
SELECT updated_at FROM lead WHERE id = 1;
-- Nobody else writes it.
UPDATE lead SET behaviour_1 = 1.5, behaviour_1_at = '2026-03-10Z', behaviour_2 = NULL WHERE id = 1;
SELECT lead, class, round(points::numeric, 6) AS points FROM points WHERE lead = 1;

-- A lead that is merged takes its activities along; what is written for it later goes after them.
SELECT (merge_leads(8, ARRAY[9]))[1] AS merge \gset
SELECT id, merged_into, coalesce(behaviour_1, behaviour_2, behaviour_3) IS NULL AS nothing FROM lead WHERE id IN (8, 9) ORDER BY id;
SELECT * FROM wrong;
INSERT INTO activity (id, lead_id, kind, at) VALUES (1020, 9, 'ask', '2026-03-08Z'), (1021, 8, 'ask', '2026-03-09Z');
SELECT id, lead_id, brought_by FROM activity WHERE id >= 1020 ORDER BY id;
SELECT * FROM wrong;
SELECT * FROM unmerge(:merge);
SELECT id, lead_id, brought_by FROM activity WHERE id >= 1020 ORDER BY id;
SELECT * FROM wrong;
-- A repeat inquiry is an activity of the living lead.
INSERT INTO activity_kind (kind, points, class) VALUES ('inquiry', 15, 4);
UPDATE lead SET phone = '13800000008' WHERE id = 8;
INSERT INTO lead (phone, first_source) VALUES ('138 0000 0008', 'form');
SELECT class, counted FROM leadcrm._behaviour_at('lead', 8, now()) WHERE kind = 'inquiry';
SELECT * FROM wrong;
DELETE FROM lead WHERE id = 8;
SELECT count(*) FROM activity WHERE lead_id = 8;
-- Its living lead is written once, behaviour and all; where others have a say, in their order.
INSERT INTO lead (id, phone, first_source) SELECT n, 13800000000 + n, 'web' FROM generate_series(11, 14) n;
UPDATE activity_kind SET daily_cap = 2 WHERE kind = 'inquiry';
ALTER TABLE lead DISABLE TRIGGER USER;
UPDATE lead SET behaviour_4 = 5, behaviour_4_at = '2026-03-10Z' WHERE id = 12;
ALTER TABLE lead ENABLE TRIGGER USER;
CREATE FUNCTION public.tell() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN
    RAISE NOTICE 'lead % now from %, % updated', NEW.id, NEW.last_source, CASE WHEN NEW.updated_at > OLD.updated_at THEN 'is' ELSE 'not' END;
    IF NEW.last_source = 'loud' AND OLD.last_source <> 'loud' THEN
        INSERT INTO behaviour.activity (lead_id, kind, at) SELECT unnest(ARRAY[11, 12, 13]), 'ask', now();
    END IF;
    RETURN NULL;
END$$;
CREATE TRIGGER tell AFTER UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION public.tell();
SET client_min_messages = notice;
INSERT INTO lead (phone, first_source) VALUES ('13800000011', 'form'), ('13800000013', 'form');
INSERT INTO lead (phone, first_source) VALUES ('13800000014', 'form');
INSERT INTO lead (phone, first_source) SELECT 13800000000 + n, 'fair' FROM generate_series(11, 13) n;
INSERT INTO lead (phone, first_source) SELECT 13800000000 + n, 'loud' FROM generate_series(11, 13) n;
SET client_min_messages = warning;
SELECT * FROM wrong;
DROP TRIGGER tell ON lead;
CREATE TRIGGER follow AFTER INSERT ON activity FOR EACH ROW WHEN (NEW.kind = 'inquiry') EXECUTE FUNCTION public.follow();
CREATE OR REPLACE FUNCTION public.follow() RETURNS trigger LANGUAGE plpgsql AS
$$BEGIN
    INSERT INTO behaviour.activity (lead_id, kind, at) VALUES (NEW.lead_id, 'page', NEW.at), (12, 'page', NEW.at);
    RETURN NULL;
END$$;
INSERT INTO lead (phone, first_source) VALUES ('13800000011', 'form'), ('13800000012', 'form');
SELECT * FROM wrong;
SELECT lead_id, kind, count(*) FROM activity WHERE lead_id BETWEEN 11 AND 14 GROUP BY lead_id, kind ORDER BY lead_id, kind;
DROP TRIGGER follow ON activity;
DELETE FROM lead WHERE id BETWEEN 11 AND 14;

-- At a moment in the past, only what had happened then.
SELECT d::date, (SELECT string_agg(format('%s x %s = %s', counted, kind, round(points::numeric, 3)), ', ' ORDER BY kind)
                   FROM leadcrm._behaviour_at('lead', 5, d)) AS behaviour
  FROM unnest(ARRAY['2026-03-09 01:00+08', '2026-03-10 01:00+08', '2026-03-13 01:00+08']::timestamptz[]) d;
SELECT count(*) FROM leadcrm._behaviour_at('lead', 99, now());

-- A kind or a half-life that changes counts for what comes; the rest follows with rescore().
UPDATE activity_kind SET points = 60 WHERE kind = 'ask';
UPDATE half_life SET half_life = '20 days' WHERE class = 2;
INSERT INTO activity (lead_id, kind, at) VALUES (2, 'page', '2026-03-10Z');
SELECT count(*) > 0 AS old FROM wrong;
CALL rescore('activity_kind');
SELECT * FROM wrong;
UPDATE half_life SET half_life = '7 hours' WHERE class = 2;
INSERT INTO activity (lead_id, kind, at) VALUES (4, 'page', '2026-03-10Z');
SELECT count(*) FROM wrong WHERE lead = 4;
DELETE FROM half_life WHERE class = 2;
CALL rescore('activity_kind');
SELECT count(*) FROM lead WHERE behaviour_2 IS NOT NULL;
INSERT INTO half_life (class, half_life) VALUES (2, '14 days');
CALL rescore('activity_kind');
SELECT * FROM wrong;

-- Written while the triggers were off.
SELECT leadcrm.begin_restore('behaviour');
INSERT INTO activity (lead_id, kind, at) VALUES (3, 'ask', '2026-03-11Z');
SELECT lead, class FROM wrong;
SELECT count(*) FROM leadcrm.end_restore('behaviour') WHERE severity = 'error';
SELECT * FROM wrong;
TRUNCATE activity;
SELECT count(*) AS left_over FROM points;

-- Signals: a rule holds the lead from the moment it has been fulfilled.
INSERT INTO activity_kind (kind, points, class, daily_cap) VALUES ('price', 1, 1, 1);
INSERT INTO intent_rule (code, level, activity_kinds, times, within, holds_for) VALUES
    ('asked',  'hot',  '{ask,"asks again"}', 1, NULL,     '30 days'),
    ('pages',  'warm', '{page,price}',       3, '7 days', '14 days'),
    ('twice',  'warm', '{ask}',              2, '3 days', '60 days');
CREATE VIEW public.signals AS
SELECT l.id AS lead, l.intent, s.rule, a.id AS activity
  FROM lead l CROSS JOIN LATERAL jsonb_each_text(l.signals) s (rule, until)
  JOIN intent_rule r ON r.code = s.rule
  LEFT JOIN activity a ON a.lead_id = l.id AND a.kind = ANY (r.activity_kinds) AND a.at + r.holds_for = s.until::timestamptz
 ORDER BY 1, 3;
INSERT INTO activity (id, lead_id, kind, direction, at) VALUES
    (2001, 1, 'asks again', 'in', now() - interval '2 days'), (2002, 1, 'ask', 'out', now()), (2003, 2, 'ask', 'in', now() - interval '40 days'),
    (2004, 3, 'page', 'in', now() - interval '9 days'), (2005, 3, 'price', 'in', now() - interval '5 days'), (2006, 3, 'page', 'in', now() - interval '1 day');
SELECT * FROM signals;
-- The third within seven days, though it comes late and two stand after it.
INSERT INTO activity (id, lead_id, kind, at) VALUES (2007, 3, 'price', now() - interval '3 days');
SELECT * FROM signals;
INSERT INTO activity (id, lead_id, kind, at) VALUES (2008, 3, 'price', now() - interval '6 days'), (2009, 1, 'ask', now() - interval '4 days'), (2010, 2, 'ask', now() - interval '38 days');
SELECT * FROM signals;
-- Taken back.
DELETE FROM activity WHERE id = 2006;
UPDATE activity SET at = at - interval '2 days' WHERE id = 2009;
SELECT * FROM signals;
UPDATE activity SET direction = 'out' WHERE lead_id IN (2, 3);
SELECT * FROM signals;
SELECT tick();
SELECT id, intent FROM lead WHERE id <= 3 ORDER BY id;

-- The hottest, as the scores in the rows have them.
UPDATE half_life SET most = CASE class WHEN 3 THEN 100 END;
INSERT INTO lead (id, name, company_size, budget_max, first_source)
SELECT n, 'hot ' || n, n % 7 * 100, n % 11 * 100000, 'web' FROM generate_series(101, 400) n;
INSERT INTO activity (lead_id, kind, at)
SELECT 101 + n * n % 300, (ARRAY['ask', 'page', 'call', 'inquiry'])[1 + n % 4], now() - n * interval '1 hour' FROM generate_series(1, 900) n;
INSERT INTO lead (id, name, phone, first_source) VALUES (500, 'none', NULL, 'web');
CREATE FUNCTION public.differ(n int, as_of timestamptz) RETURNS bigint LANGUAGE SQL AS $$
    WITH h AS (SELECT row_number() OVER () AS place, * FROM hottest(n, as_of => as_of)),
    s AS (SELECT row_number() OVER (ORDER BY leadcrm.score_at(l, as_of) DESC, id) AS place, id AS lead_id, leadcrm.score_at(l, as_of) AS score
            FROM behaviour.lead l WHERE merged_into IS NULL ORDER BY 1 LIMIT n)
    SELECT count(*) FROM h FULL JOIN s USING (place, lead_id, score) WHERE h.place IS NULL OR s.place IS NULL
$$;
SELECT n, days, differ(n, now() + days * interval '1 day') FROM unnest(ARRAY[0, 1, 7, 20, 400, 10000], ARRAY[0, 1, 3, 100, 2000, 0]) t (n, days);
-- Of equal ones those with the lower id, wherever they stand.
INSERT INTO lead (id, name, project_name, kind, first_source) SELECT n, 'equal ' || n, 'p' || n, 'project', 'web' FROM generate_series(3000, 2001, -1) n;
UPDATE score_rule SET points = 1000 WHERE code = 'project';
CALL rescore('score_rule');
SELECT lead_id, score FROM hottest(3);
SELECT lead_id FROM hottest(3, $$name LIKE 'equal 27%'$$);
DELETE FROM lead WHERE id > 2000;
SELECT count(*) AS not_a_sum FROM hottest(1000) WHERE score <> fit + behaviour_1 + behaviour_2 + behaviour_3 + behaviour_4;
SELECT count(*) FROM hottest(50, $$company_size = 300 AND budget_max >= 500000$$) h JOIN lead l ON l.id = h.lead_id WHERE company_size = 300 AND budget_max >= 500000;
SELECT count(*) FROM lead WHERE company_size = 300 AND budget_max >= 500000;
SELECT count(*) FROM hottest(50, $$created_at < as_of - interval '1 hour'$$);
SELECT count(*) FROM hottest(50, $$created_at < as_of - interval '1 hour'$$, now() + interval '1 day');
\set VERBOSITY terse
SELECT * FROM hottest(20, 'company_size = ');
SELECT * FROM hottest(20, 'nothing = 3');
SELECT * FROM hottest(20, $$(attrs ->> 'n')::int > 3$$);
SELECT * FROM hottest(10001);
SELECT * FROM hottest(-1);
SELECT * FROM hottest(NULL);
SELECT * FROM hottest(20, NULL, 'infinity');
\set VERBOSITY default

-- Who may ask.
CREATE ROLE behaviour_admin; CREATE ROLE behaviour_analyst;
SELECT grant_access('behaviour_admin', 'admin'), grant_access('behaviour_analyst', 'analyst');
SET ROLE behaviour_admin;
SELECT count(*) FROM hottest(3);
SET ROLE behaviour_analyst;
SELECT count(*) FROM hottest(3);
SELECT count(*) FROM hottest(3, $$name = 'hot 101'$$);
\set VERBOSITY terse
SELECT * FROM leadcrm.hottest('lead', 3, NULL, now());
SELECT * FROM leadcrm._behaviour_at('lead', 101, now());
SELECT leadcrm._recompute_behaviour('lead', NULL);
RESET ROLE;
DROP OWNED BY behaviour_admin, behaviour_analyst;
DROP ROLE behaviour_admin, behaviour_analyst;

-- The trigger where it does not belong.
CREATE TABLE public.activity (LIKE activity);
CREATE TRIGGER hung AFTER INSERT ON public.activity REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();
INSERT INTO public.activity (id, lead_id, kind, direction, at) VALUES (1, 1, 'ask', 'in', now());
DROP TABLE public.activity;
BEGIN;
CREATE TRIGGER hung AFTER INSERT ON activity FOR EACH ROW EXECUTE FUNCTION leadcrm.behaviour();
INSERT INTO activity (lead_id, kind, at) VALUES (1, 'ask', now());
ROLLBACK;
BEGIN;
CREATE TRIGGER hung AFTER UPDATE ON activity REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();
UPDATE activity SET kind = 'call';
ROLLBACK;
BEGIN;
CREATE TRIGGER hung AFTER INSERT ON source REFERENCING NEW TABLE AS arrived FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.behaviour();
INSERT INTO source (code) VALUES ('x');
ROLLBACK;
SELECT leadcrm.behaviour();

DROP FUNCTION public.differ, public.tell; DROP FUNCTION public.follow CASCADE; DROP VIEW public.signals, public.wrong, public.points;
SELECT count(*) AS leads FROM lead \gset
SELECT leadcrm.drop_workspace('behaviour', :leads);
