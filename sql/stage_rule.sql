-- What moves a lead by itself: something that happened, or a condition that
-- holds; forward only, through the same guards as anybody.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('stages', 'en');
SET search_path = stages, pg_temp;
CREATE VIEW history AS
SELECT lead_id, position, from_stage, to_stage, cause FROM stage_change ORDER BY lead_id, position;
CREATE VIEW failures AS
SELECT ruleset, rule, sqlstate, sum(failures) FROM rule_error GROUP BY 1, 2, 3 ORDER BY 1, 2;
INSERT INTO activity_kind (kind) VALUES ('signed');
INSERT INTO lead (id, kind, name, phone, first_source) VALUES
    (1, 'contact', 'Ann', '13800138001', 'web'), (2, 'project', 'Ben', NULL, 'web'), (3, 'contact', 'Cleo', NULL, 'web'), (4, 'contact', 'Dan', NULL, 'web');

-- Activities
INSERT INTO activity (lead_id, kind, at) SELECT l, 'call', now() FROM unnest(ARRAY[4, 1, 2, 1]) l;
INSERT INTO activity (lead_id, kind, at) VALUES (1, 'proposal', now()), (2, 'proposal', now()), (3, 'chat', now());
INSERT INTO activity (lead_id, kind, at) VALUES (1, 'visit', now()), (1, 'meeting', now());
SELECT * FROM history WHERE cause LIKE 'rule:%';
SELECT id, stage, l.lifecycle::text LIKE '%proposal%' AS proposed FROM lead l ORDER BY id;
-- Several at once: in the order of the rules.
INSERT INTO activity (lead_id, kind, at) SELECT 3, k, now() FROM unnest(ARRAY['discuss_contract', 'call', 'proposal']) k;
SELECT * FROM history WHERE lead_id = 3;
-- What a merged lead did, its living lead did.
INSERT INTO lead (id, name, phone, first_source) VALUES (5, 'Ann', '13800138001', 'web');
INSERT INTO activity (lead_id, kind, at) VALUES (5, 'discuss_contract', now());
SELECT id, merged_into, stage FROM lead WHERE id IN (1, 5) ORDER BY id;
-- Refused: nothing moves and nobody is stopped, but it is counted.
UPDATE transition SET required_fields = '{company}' WHERE process = 'lead' AND to_stage = 'proposal';
INSERT INTO activity (lead_id, kind, at) VALUES (4, 'proposal', now()), (4, 'mail', now());
DELETE FROM transition WHERE process = 'lead' AND from_stage = 'contacted' AND to_stage = 'negotiation';
INSERT INTO activity (lead_id, kind, at) VALUES (4, 'discuss_contract', now());
SELECT * FROM history WHERE lead_id = 4;
SELECT * FROM failures;
SELECT count(*) FROM activity WHERE lead_id = 4;
-- A rule of activities with a condition; neither lost nor won leads move.
INSERT INTO stage_rule (code, process, position, activity_kind, condition, to_stage) VALUES ('signed', 'lead', 5, 'signed', 'expected_amount > 0', 'won');
UPDATE transition SET required_fields = '{}';
UPDATE lead SET stage = 'negotiation' WHERE id IN (1, 3);
INSERT INTO activity (lead_id, kind, at) VALUES (1, 'signed', now()), (3, 'signed', now());
UPDATE lead SET expected_amount = 100 WHERE id IN (1, 3);
INSERT INTO activity (lead_id, kind, at) VALUES (3, 'signed', now());
UPDATE lead SET loss_reason = 'price' WHERE id = 4;
INSERT INTO activity (lead_id, kind, at) VALUES (3, 'discuss_contract', now()), (4, 'discuss_contract', now());
SELECT id, stage, won_amount FROM lead WHERE merged_into IS NULL ORDER BY id;
-- A rule that is off, a stage that is gone
UPDATE stage_rule SET active = false WHERE code = 'called';
INSERT INTO lead (id, first_source) VALUES (6, 'web');
INSERT INTO activity (lead_id, kind, at) VALUES (6, 'call', now());
SELECT * FROM history WHERE lead_id = 6;
UPDATE stage_rule SET active = true WHERE code = 'called';

-- Conditions: when a row is written and they hold
INSERT INTO stage_rule (code, process, position, condition, to_stage) VALUES
    ('known',    'lead', 1, 'phone IS NOT NULL',      'contacted'),
    ('budget',   'lead', 2, 'budget_max >= 1000',     'analysis'),
    ('fails',    'lead', 3, '(attrs ->> ''n'')::integer > 1', 'proposal');
INSERT INTO lead (id, phone, budget_max, first_source) VALUES (11, '13800138011', NULL, 'web'), (12, NULL, 1000, 'web'), (13, '13800138013', 1000, 'web');
SELECT * FROM history WHERE lead_id > 10;
UPDATE lead SET budget_max = 5000 WHERE id IN (6, 11);
SELECT * FROM history WHERE lead_id IN (6, 11);
-- The writer's own move stands; the next time the row is written the rule holds again.
UPDATE lead SET stage = 'new' WHERE id = 11;
SELECT stage FROM lead WHERE id = 11;
UPDATE lead SET name = 'Kim' WHERE id = 11;
SELECT stage FROM lead WHERE id = 11;
UPDATE lead SET attrs = '{"n": "many"}' WHERE id = 12;
SELECT stage FROM lead WHERE id = 12;
UPDATE lead SET attrs = '{"n": "5"}' WHERE id = 12;
SELECT stage FROM lead WHERE id = 12;
SELECT * FROM failures;
SELECT severity, item, problem FROM leadcrm.check_workspace('stages') WHERE item LIKE 'stage_rule%' OR severity = 'error';
SELECT code, evaluation, problem FROM explain_rules('stage_rule') WHERE code IN ('known', 'fails');
SELECT code, matches FROM rule_test('stage_rule', 13) WHERE code IN ('known', 'budget', 'fails') ORDER BY code;
SELECT code, matches FROM rule_test('process', 2) ORDER BY code;
-- A rolled back statement leaves nothing.
BEGIN;
INSERT INTO activity (lead_id, kind, at) VALUES (11, 'discuss_contract', now());
SELECT stage FROM lead WHERE id = 11;
ROLLBACK;
SELECT stage FROM lead WHERE id = 11;
RESET search_path;
DROP SCHEMA stages CASCADE;
