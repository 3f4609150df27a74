-- For the person who writes rules: how they are evaluated, what they say of a
-- lead, how many they match.
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('rule_work', 'en');
SET search_path TO rule_work, public;
DELETE FROM score_rule; DELETE FROM intent_rule;
INSERT INTO score_rule (code, condition, points) VALUES
    ('big',    'company_size >= 100 AND industry IS NOT NULL',                10),
    ('buyer',  $$title LIKE '%buyer%' OR budget_max > 1000$$,                 10),
    ('number', $$(attrs ->> 'n')::integer > 3$$,                              10),
    ('safe',   $$leadcrm.num(attrs ->> 'n') > 3$$,                            10),
    ('all',    'first_source IS NOT NULL',                                    10),
    ('none',   $$region LIKE '82%'$$,                                         10),
    ('new',    'created_at > as_of - interval ''1 day''',                     10);
INSERT INTO score_rule (code, condition, points, active) VALUES ('off', 'name IS NOT NULL', 10, false);
INSERT INTO score_rule (code, condition, points, valid_from, valid_to) VALUES ('gone', 'name IS NOT NULL', 10, '2020-01-01 00:00Z', '2021-01-01 00:00Z');
INSERT INTO lead (id, name, company_size, industry, title, attrs, first_source) VALUES
    (1, 'Ann', 500, 'software', 'Senior buyer', '{"n": "5"}', 'web'),
    (2, 'Bob', 50,  NULL,       NULL,           '{"n": "x"}', 'web');
INSERT INTO lead (id, name, phone, first_source) VALUES (3, 'Cy', '13800000001', 'web'), (4, 'Cy', '13800000001', 'web');
SELECT * FROM explain_rules();
SELECT * FROM rule_test('score_rule', 1);
SELECT * FROM rule_test('score_rule', 2);
SELECT lead.id, t.matches FROM lead, rule_test('score_rule', lead.id) t WHERE t.code = 'all' ORDER BY 1;    -- of a merged lead: the living one
SELECT code, matches, why FROM rule_test('score_rule', '{"title": "buyer", "attrs": {"n": 4}, "company_size": 99}'::jsonb);
SELECT code, matches FROM rule_test('score_rule', '{"name": "x"}'::jsonb, '2020-06-01') WHERE code = 'gone';
SELECT * FROM rule_coverage();
SELECT code, leads, flag FROM rule_coverage('score_rule', now() + interval '2 days') WHERE code IN ('new', 'gone');
-- A column that a rule reads is dropped.
ALTER TABLE lead ADD COLUMN mood text;
INSERT INTO score_rule (code, condition, points) VALUES ('mood', $$mood = 'good'$$, 1);
ALTER TABLE lead DROP COLUMN mood;
SELECT code, class, evaluation, problem FROM explain_rules() WHERE code = 'mood';
SELECT * FROM rule_coverage() WHERE code = 'mood';
SELECT * FROM rule_test('score_rule', 1) WHERE code = 'mood';
-- Of an intent rule only the condition counts here.
INSERT INTO intent_rule (code, level, condition) VALUES ('quote', 'hot', $$last_form = 'quote'$$);
INSERT INTO intent_rule (code, level, activity_kinds, holds_for) VALUES ('asks', 'hot', '{ask_price}', '1 day');
SELECT * FROM explain_rules('intent_rule');
SELECT * FROM rule_test('intent_rule', 1);
-- What is refused.
SELECT * FROM explain_rules('source');
SELECT * FROM rule_test('no_such', 1);
SELECT count(*) FROM rule_test('score_rule', 99);
SELECT leadcrm.rule_coverage('score_rule', 'lead', 'nosuch = 1');
SELECT leadcrm.rule_coverage('source', 'lead');
SELECT leadcrm.drop_workspace('rule_work', 4);
