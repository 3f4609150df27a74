-- Scores that explain themselves, intents that can be trusted.
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('score', 'en', 'Asia/Shanghai');
SET search_path TO score, public;

ALTER TABLE lead ALTER id RESTART WITH 100;
-- Nothing here depends on the present: leads are looked at from the moment of
-- the transaction on.
CREATE VIEW public.grades AS
SELECT id, intent, intent_before, score, fit, signals IS NOT NULL AS signalled, intent_due_at IS NOT NULL AS due FROM score.lead ORDER BY id;
CREATE FUNCTION public.changes() RETURNS TABLE (lead_id bigint, intent_before text, intent_after text, score integer, rule text)
LANGUAGE SQL AS 'SELECT lead_id, intent_before, intent_after, score, rule FROM score.v_intent_change ORDER BY at, lead_id';

-- The rules of this test only.
DELETE FROM score_rule; DELETE FROM score_cap; DELETE FROM intent_rule;
INSERT INTO score_cap (cap_group, most) VALUES ('size', 20), ('dull', 5);
INSERT INTO score_rule (code, axis, condition, points, cap_group) VALUES
    ('big',      'fit',       'company_size >= 100',                       15, 'size'),
    ('huge',     'fit',       'company_size >= 1000',                      15, 'size'),
    ('boss',     'fit',       $$lower(title) = 'ceo'$$,                    30, NULL),
    ('budget',   'fit',       'budget_max BETWEEN 100000 AND 999999.99',   10, NULL),
    ('shanghai', 'behaviour', $$region LIKE '31%'$$,                       7,  NULL),
    ('dull_a',   'penalty',   $$attrs ->> 'mood' = 'dull'$$,               -4, 'dull'),
    ('dull_b',   'penalty',   $$attrs ->> 'mood' IN ('dull', 'bored')$$,   -4, 'dull');

INSERT INTO lead (id, name, company_size, title, budget_max, region, attrs, first_source) VALUES
    (1, 'Ann',  50,   NULL,  NULL,   NULL, '{}', 'web'),
    (2, 'Bob',  150,  'CEO', 100000, '31', '{}', 'web'),
    (3, 'Cleo', 5000, 'ceo', 1e6,    '3101', '{"mood": "dull"}', 'web'),
    (4, 'Dan',  NULL, 'CTO', NULL,   '50', '{"mood": "bored"}', 'web');
SELECT * FROM grades;
SELECT id, axis, rule, points, why FROM lead l, explain_score(l.id) WHERE id IN (2, 3) ORDER BY id, axis <> 'fit', axis, rule;
-- The parts sum to the score, of every lead.
SELECT count(*) AS leads, count(*) FILTER (WHERE l.score IS DISTINCT FROM coalesce(e.points, 0)) AS wrong
  FROM lead l LEFT JOIN LATERAL (SELECT sum(points) AS points FROM explain_score(l.id)) e ON true;

-- Score and intent are computed, not written.
UPDATE lead SET score = 99, fit = 99, intent = 'hot', intent_since = '-infinity', intent_before = 'hot', intent_due_at = now(),
                signals = '{"x": 1}', behaviour_1 = 5, behaviour_1_at = now() WHERE id = 1;
INSERT INTO lead (id, name, score, fit, intent, signals, behaviour_2, behaviour_2_at, first_source)
VALUES (5, 'Eve', 99, 99, 'hot', '{"x": 1}', 1.5, now(), 'web');
SELECT g.*, l.behaviour_1, l.behaviour_2 FROM grades g JOIN lead l USING (id) WHERE id IN (1, 5);

-- Every path: UPDATE, ON CONFLICT, MERGE, COPY, lead_in.
UPDATE lead SET company_size = 100 WHERE id = 1;
INSERT INTO lead (id, name, first_source) VALUES (5, 'Eve', 'web') ON CONFLICT (id) DO UPDATE SET title = 'CEO';
MERGE INTO lead USING (VALUES (4), (6)) v (id) ON lead.id = v.id
 WHEN MATCHED THEN UPDATE SET company_size = 2000
 WHEN NOT MATCHED THEN INSERT (id, name, title, first_source) VALUES (v.id, 'Fay', 'CEO', 'web');
COPY lead (id, name, title, company_size, first_source) FROM stdin;
7	Gus	CEO	1000	web
8	Hal	\N	100	web
\.
INSERT INTO lead_in (name, title, first_source, external_id) VALUES ('Ida', 'CEO', 'web', '9');
COPY lead_in (name, company_size, first_source, external_id) FROM stdin;
Jo	1000	web	10
\.
SELECT l.name, l.intent, l.score, l.fit FROM lead l ORDER BY l.name;

-- A rule that changes counts from the next look at a lead, in every session.
UPDATE score_rule SET points = 40 WHERE code = 'boss';
SELECT score FROM lead WHERE id = 6;
UPDATE lead SET name = 'Fay F.' WHERE id = 6;
SELECT score, intent FROM lead WHERE id = 6;
SELECT * FROM changes();
CALL rescore('score_rule', 3);
SELECT ruleset, total, done, last_lead, finished_at IS NOT NULL AS finished FROM rescore_run;
SELECT name, score, intent FROM lead WHERE title ILIKE 'ceo' ORDER BY name;
CALL rescore('no_such_rules');
CALL rescore(NULL, 0);
-- A run that was stopped goes on.
INSERT INTO rescore_run (ruleset, actor, total, done, last_lead, started_at) VALUES ('intent_rule', 'me', 10, 8, 8, now());
CALL rescore('intent_rule', 1);
SELECT ruleset, total, done, last_lead, finished_at IS NOT NULL AS finished FROM rescore_run ORDER BY id;

-- A rule is valid from and to.
UPDATE score_rule SET valid_to = now() + interval '10 days' WHERE code = 'boss';
INSERT INTO score_rule (code, condition, points, valid_from) VALUES ('new', 'title IS NOT NULL', 3, now() + interval '20 days');
CALL rescore('score_rule');
SELECT l.id, d.days, score_at(l.id, now() + d.days * interval '1 day'), (SELECT sum(points) FROM explain_score(l.id, now() + d.days * interval '1 day'))
  FROM lead l CROSS JOIN (VALUES (9), (11), (21)) d (days) WHERE l.id IN (2, 6) ORDER BY 1, 2;
DELETE FROM score_rule WHERE code = 'new';
UPDATE score_rule SET valid_to = NULL, points = 30 WHERE code = 'boss';

-- Rules that fail: no match, counted, nothing of the row, nothing stopped.
INSERT INTO score_rule (code, condition, points) VALUES ('fails', $$(attrs ->> 'n')::integer > 3$$, 11);
INSERT INTO lead (id, name, attrs, first_source) VALUES (11, 'Kai', '{"n": "5"}', 'web'), (12, 'Lu', '{"n": "secret"}', 'web'), (13, 'Mo', '{"n": "x"}', 'web');
SELECT id, score FROM lead WHERE id IN (11, 12, 13) ORDER BY id;
SELECT ruleset, rule, sqlstate, failures FROM v_rule_error;
DELETE FROM score_rule WHERE code = 'fails';
ALTER TABLE lead ADD COLUMN mood text;
INSERT INTO score_rule (code, condition, points) VALUES ('mood', $$mood = 'good'$$, 11);
INSERT INTO lead (id, name, mood, first_source) VALUES (14, 'Ned', 'good', 'web');
SELECT score FROM lead WHERE id = 14;
ALTER TABLE lead DROP COLUMN mood;
INSERT INTO lead (id, name, first_source) VALUES (15, 'Oz', 'web');
SELECT score FROM lead WHERE id = 15;
SELECT ruleset, rule, sqlstate, failures FROM v_rule_error ORDER BY sqlstate;
DELETE FROM score_rule WHERE code = 'mood';
DELETE FROM lead; DELETE FROM event;

-- Time alone changes what a rule finds: just then is the lead due.
INSERT INTO lead (id, name, first_source, last_inbound_at, created_at, expected_close_on)
VALUES (1, 'Ann', 'web', now() - interval '10 days', now() - interval '10 days', (now() + interval '3 days')::date);
CREATE TABLE public.timed (n integer, condition text, due timestamptz);
INSERT INTO public.timed VALUES
    (1, $$last_inbound_at < as_of - interval '30 days'$$),
    (2, $$created_at::date = as_of::date - 20$$),
    (3, $$expected_close_on <> as_of::date$$),
    (4, $$as_of - created_at > interval '15 days'$$),
    (5, $$created_at > as_of - interval '2 days'$$),
    (6, $$date_trunc('month', as_of) > updated_at$$),
    (7, $$expected_close_on BETWEEN as_of::date AND as_of::date + 7$$),
    (8, $$name = 'Ann' AND (created_at + interval '1 month' < as_of OR as_of > '2126-01-01T00:00:00+08:00')$$),
    (9, $$created_at < '2026-01-01T00:00:00+08:00'$$);
DO $$
DECLARE
    t record;
BEGIN
    FOR t IN SELECT * FROM public.timed LOOP
        DELETE FROM score_rule;
        INSERT INTO score_rule (code, condition, points) VALUES ('timed', t.condition, 10);
        UPDATE lead SET name = 'Ann';
        UPDATE public.timed SET due = (SELECT intent_due_at FROM lead) WHERE n = t.n;
    END LOOP;
END
$$;
SELECT t.n, t.condition, h.now, h.just_before = h.now AS still_so_just_before, h.then <> h.now AS not_so_then
  FROM public.timed t CROSS JOIN lead l
 CROSS JOIN LATERAL (SELECT leadcrm.condition_holds(l, t.condition, now(), 'Asia/Shanghai') AS now,
                            leadcrm.condition_holds(l, t.condition, t.due - interval '1 us', 'Asia/Shanghai') AS just_before,
                            leadcrm.condition_holds(l, t.condition, t.due, 'Asia/Shanghai') AS then) h
 ORDER BY t.n;
-- Days and hours are looked at when they begin.
DELETE FROM score_rule;
INSERT INTO score_rule (code, condition, points) VALUES ('monday', 'extract(isodow FROM as_of) = 1', 10);
UPDATE lead SET name = 'Ann';
SELECT intent_due_at = (date_trunc('day', now() AT TIME ZONE 'Asia/Shanghai') + interval '1 day') AT TIME ZONE 'Asia/Shanghai' AS at_midnight FROM lead;
INSERT INTO score_rule (code, condition, points) VALUES ('evening', 'extract(hour FROM as_of) >= 18', 10);
UPDATE lead SET name = 'Ann';
SELECT intent_due_at = date_trunc('hour', now()) + interval '1 hour' AS at_the_hour FROM lead;
DROP TABLE public.timed;
DELETE FROM score_rule; DELETE FROM lead; DELETE FROM event;

-- Intents: thresholds to enter and to leave, and a minimum stay.
DELETE FROM score_rule;
INSERT INTO score_rule (code, condition, points)
SELECT 'p' || n, format($$leadcrm.num(attrs ->> 'p') = %s$$, n), n FROM unnest(ARRAY[10, 24, 25, 30, 34, 35, 54, 60, 70]) n;
INSERT INTO lead (id, name, attrs, first_source) VALUES (1, 'Ann', '{"p": 34}', 'web'), (2, 'Bob', '{"p": 35}', 'web'), (3, 'Cleo', '{"p": 70}', 'web');
SELECT * FROM grades;
SELECT count(*) AS first_grades_are_no_changes FROM changes();
UPDATE lead SET attrs = '{"p": 25}' WHERE id = 2;
UPDATE lead SET attrs = '{"p": 60}' WHERE id = 3;
SELECT * FROM grades;
UPDATE lead SET attrs = '{"p": 24}' WHERE id = 2;
UPDATE lead SET attrs = '{"p": 54}' WHERE id = 3;
UPDATE lead SET attrs = '{"p": 35}' WHERE id = 1;
SELECT * FROM grades;
SELECT * FROM changes();
-- It does not turn back before a day is over, but time sees to it then.
UPDATE lead SET attrs = '{"p": 10}' WHERE id = 1;
UPDATE lead SET attrs = '{"p": 70}' WHERE id = 3;
SELECT * FROM grades;
SELECT tick();
SELECT id, intent, leadcrm.intent_at(l, now() + interval '23 hours') AS in_23_hours, leadcrm.intent_at(l, now() + interval '25 hours') AS in_25_hours
  FROM lead l ORDER BY id;
SELECT tick(now() + interval '23 hours'), tick(now() + interval '25 hours', 1), tick(now() + interval '25 hours', 1), tick(now() + interval '25 hours');
SELECT * FROM grades;
SELECT c.lead_id, c.intent_before, c.intent_after, c.score, c.rule, c.at - l.created_at BETWEEN interval '1 day' AND interval '1 day 1 minute' AS a_day_later
  FROM v_intent_change c JOIN lead l ON l.id = c.lead_id ORDER BY c.at, c.lead_id;
DELETE FROM lead;

-- Rules of intent stand above the score.
DELETE FROM event;
INSERT INTO intent_rule (code, level, effect, condition, holds_for) VALUES
    ('quote',  'hot',  'raise', $$last_source = 'quote'$$,            '30 days'),
    ('press',  'warm', 'raise', $$last_form = 'press'$$,              NULL),
    ('spam',   'cold', 'hold',  $$attrs ->> 'spam' = 'true'$$,        NULL);
INSERT INTO lead (id, name, phone, attrs, first_source, last_form) VALUES
    (1, 'Ann',  '13800000001', '{}',         'card',  NULL),
    (2, 'Bob',  '13800000002', '{}',         'quote', NULL),
    (3, 'Cleo', '13800000003', '{}',         'card',  'press'),
    (4, 'Dan',  '13800000004', '{"spam": true, "p": 70}', 'quote', NULL);
SELECT * FROM grades;
-- A trade show card that comes back and asks for a quote is hot at once; a
-- newsletter later does not take that away.
INSERT INTO lead (id, name, phone, first_source, last_source) VALUES (5, 'Ann', '138 0000 0001', 'quote', 'quote');
INSERT INTO lead (id, name, phone, first_source, last_source) VALUES (6, 'Ann', '138-0000-0001', 'news', 'news');
SELECT id, merged_into, intent, last_source, (signals ->> 'quote')::timestamptz = created_at + interval '30 days' AS for_30_days FROM lead WHERE id IN (1, 5, 6) ORDER BY id;
-- A condition without an end holds as long as it is true.
UPDATE lead SET last_form = NULL WHERE id = 3;
UPDATE lead SET attrs = '{"p": 70}' WHERE id = 4;
SELECT * FROM grades WHERE id IN (3, 4);
SELECT tick(now() + interval '40 days');
SELECT * FROM grades;
SELECT * FROM changes();
SELECT count(*) AS differ FROM lead l WHERE l.merged_into IS NULL AND l.intent <> leadcrm.intent_at(l, now() + interval '40 days');

-- A merge by hand and its undoing grade both leads.
DELETE FROM lead;
INSERT INTO lead (id, name, phone, attrs, first_source) VALUES (1, 'Ann', '13800000001', '{}', 'card'), (2, 'Bea', '13800000002', '{"p": 70}', 'quote');
SELECT merge_leads(1, ARRAY[2]);
SELECT * FROM grades;
SELECT * FROM unmerge((SELECT max(id) FROM merge_log));
SELECT * FROM grades;
DELETE FROM lead;

-- Without levels there is no intent, without rules no points.
DELETE FROM intent_level; DELETE FROM score_rule;
INSERT INTO lead (id, name, first_source) VALUES (1, 'Ann', 'web');
SELECT * FROM grades;
SELECT leadcrm.score_at(l, now()), leadcrm.intent_at(l, now()) FROM lead l;
INSERT INTO intent_level (level, position, enter_at, leave_at) VALUES ('cold', 1, NULL, NULL), ('hot', 2, -5, -5);
UPDATE lead SET name = 'Anna';
SELECT * FROM grades;

-- A group that has no cap is noticed; rules that are gone do not warn any more.
INSERT INTO score_rule (code, condition, points, cap_group) VALUES ('loose', 'true', 1, 'nosuch');
SELECT severity, item, problem FROM leadcrm.check_workspace('score') WHERE item LIKE 'score_rule%';
DELETE FROM score_rule WHERE code = 'loose';

-- Who may what: admins explain and tick, but not ahead of time; writers do not.
DELETE FROM lead;
INSERT INTO lead (id, name, title, first_source) VALUES (1, 'Ann', 'CEO', 'web');
CREATE ROLE score_admin; CREATE ROLE score_writer;
SELECT grant_access('score_admin', 'admin'), grant_access('score_writer', 'writer');
SET ROLE score_admin;
SELECT tick(), score_at(1) IS NOT NULL AS scored;
SELECT count(*) AS rules_tested FROM rule_test('score_rule', 1);
SELECT tick(now() + interval '1 day');
INSERT INTO score_rule (code, condition, points) VALUES ('mine', 'name IS NOT NULL', 4);
SELECT axis, rule, points FROM explain_score(1);
INSERT INTO score_rule (code, condition, points) VALUES ('not mine', 'pg_sleep(10) IS NULL', 4);
SELECT leadcrm.regrade('lead', ARRAY[1], now());
SELECT leadcrm.regrade_due('lead', now(), 1);
SELECT leadcrm.join_signals('lead', 1, ARRAY[1]);
UPDATE lead SET score = 5;
CALL rescore();
RESET ROLE;
SET ROLE score_writer;
SELECT * FROM leadcrm.score_parts(jsonb_populate_record(NULL::lead, '{"id": 1, "title": "CEO"}'), now());
SELECT * FROM explain_score(1);
SELECT tick();
INSERT INTO score_rule (code, condition, points) VALUES ('mine too', 'true', 4);
RESET ROLE;
DROP OWNED BY score_admin, score_writer;
DELETE FROM access WHERE role IN ('score_admin', 'score_writer');
DROP ROLE score_admin, score_writer;

-- What is refused.
INSERT INTO intent_level (level, position, enter_at, leave_at) VALUES ('warm', 3, 10, 20);
INSERT INTO intent_rule (code, level, condition, activity_kinds) VALUES ('both', 'hot', 'true', '{call}');
INSERT INTO intent_rule (code, level) VALUES ('neither', 'hot');
INSERT INTO score_rule (code, condition, points, axis) VALUES ('x', 'true', 5, 'penalty');
INSERT INTO score_rule (code, condition, points) VALUES ('swings', 'score < 20', 50);
INSERT INTO intent_rule (code, level, effect, condition) VALUES ('swings', 'cold', 'hold', $$intent = 'hot'$$);
INSERT INTO intent_rule (code, level, activity_kinds, holds_for) VALUES ('of none', 'hot', '{}', '1 day'), ('of nothing', 'hot', '{NULL}', '1 day');
SELECT * FROM rule_test('score_rule', '{"compnay_size": 300}'::jsonb);
SELECT score_at(-1), score_at(NULL);
\set VERBOSITY sqlstate
UPDATE lead SET last_inbound_at = now() + interval '1 day';
\set VERBOSITY default
SELECT leadcrm.score_at(ROW(1, 2), now());
SELECT leadcrm.score_at(s, now()) FROM source s LIMIT 1;
SELECT tick('infinity');
SELECT tick(now(), 0);
DROP VIEW public.grades; DROP FUNCTION public.changes();
SELECT leadcrm.drop_workspace('score', 1);
