-- The public pool: who sees what waits there and may take it, giving leads
-- back, contacts and follow-ups, and what tick() takes from owners who do
-- nothing.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET jit = off;
CREATE ROLE regress_ann;
CREATE ROLE regress_bob;
CREATE ROLE regress_carl;
CREATE ROLE regress_dora;
CREATE ROLE regress_boss;
SELECT leadcrm.create_workspace('pool', 'en');
SET search_path = pool, pg_temp;
SELECT grant_access(r, 'rep') FROM unnest(ARRAY['regress_ann', 'regress_bob', 'regress_carl']) r;
SELECT grant_access('regress_dora', 'manager'), grant_access('regress_boss', 'admin');
GRANT CREATE ON SCHEMA public TO regress_ann;
INSERT INTO team (code, parent) VALUES ('sales', NULL), ('south', 'sales'), ('shenzhen', 'south'), ('west', 'sales');
INSERT INTO rep (code, role, team, capacity) VALUES
    ('ann', 'regress_ann', 'shenzhen', 3), ('bob', 'regress_bob', 'south', 50), ('carl', 'regress_carl', 'west', 50), ('dora', 'regress_dora', 'south', 50);
UPDATE team SET manager = 'dora' WHERE code = 'south';
INSERT INTO pool (code, label, team, position, claim_limit) VALUES ('south', 'South', 'south', 5, 4);
INSERT INTO pool (code, team, locked_for, cool_down, active) VALUES ('west', 'west', '1 day', '0', true), ('old', NULL, '0', '0', false);

-- What the rules refuse
\set VERBOSITY terse
INSERT INTO pool_rule (code, position) VALUES ('x', 1);
INSERT INTO pool_rule (code, position, exempt, days_without_follow_up) VALUES ('x', 1, true, 5);
INSERT INTO pool_rule (code, position, days_without_follow_up) VALUES ('x', 1, 0);
INSERT INTO pool_rule (code, position, days_without_follow_up, days_without_progress, warn_days) VALUES ('x', 1, 30, 3, 3);
INSERT INTO pool_rule (code, position, days_without_follow_up, intents) VALUES ('x', 1, 5, '{tepid}');
INSERT INTO pool_rule (code, position, days_without_follow_up, pool) VALUES ('x', 1, 5, 'nosuch');
INSERT INTO pool_rule (code, position, days_without_follow_up, pool) VALUES ('z', 1, 5, 'south');
DELETE FROM pool WHERE code = 'south';
DELETE FROM pool_rule WHERE code = 'z';
\set VERBOSITY default
INSERT INTO pool_rule (code, position, days_without_follow_up, condition) VALUES ('x', 1, 5, 'now() > created_at');
SELECT code, condition, intents, exempt, days_without_follow_up, warn_days, active, label FROM pool_rule ORDER BY position;

-- What waits in the pools; the customer himself is not shown.
UPDATE assignment_rule SET active = false;
INSERT INTO lead (id, name, company, phone, first_source, last_form, company_size, budget_max, pool, created_at) VALUES
    (1, 'Ann Example',  'Example Ltd',  '13800138001', 'fair', NULL,          10, NULL,    'south', now() - interval '4 days'),
    (2, 'Bob Example',  'Example Inc',  '13800138002', 'fair', NULL,          10, NULL,    'south', now() - interval '3 days'),
    (3, 'Carl Example', 'Example GmbH', '13800138003', 'fair', 'Book a demo', 10, NULL,    'south', now() - interval '2 days'),
    (4, 'Dora Example', 'Example SA',   '13800138004', 'fair', NULL,          10, 2000000, 'south', now() - interval '1 days'),
    (5, 'Eve Example',  'Example AG',   '13800138005', 'fair', NULL,          10, NULL,    'west', NULL),
    (6, 'Fay Example',  'Example KG',   '13800138006', 'fair', NULL,          10, NULL,    'common', NULL),
    (7, 'Gus Example',  'Example Oy',   '13800138007', 'fair', NULL,          10, NULL,    'old', NULL);
SELECT setval(pg_get_serial_sequence('lead', 'id'), 100);
SET ROLE regress_ann;
SELECT acting_rep();                                                -- not for him
SELECT * FROM my_pools();
SELECT id, pool_label, kind, masked_name, company_size, budget_max, intent_label, claimable, why_not FROM v_pool ORDER BY id;
SELECT attname FROM pg_attribute WHERE attrelid = 'v_pool'::regclass AND attnum > 0 ORDER BY attnum;
-- A condition that looks into what is hidden is not asked.
CREATE FUNCTION public.peek(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS
    $$BEGIN RAISE NOTICE '% %', $1, $2; RETURN false; END$$;
SET client_min_messages = notice;
SELECT count(*) FROM v_pool WHERE public.peek(pool, masked_name) AND pool = 'west';
SET client_min_messages = warning;
SET ROLE regress_carl;
SELECT id, pool, claimable, why_not FROM v_pool ORDER BY id;
SET ROLE regress_dora;
SELECT id, pool, claimable, why_not FROM v_pool ORDER BY id;
SET ROLE regress_boss;
SELECT id, pool, claimable, why_not FROM v_pool ORDER BY id;
RESET ROLE;

-- Claims, and each refusal
\set VERBOSITY sqlstate
SET ROLE regress_ann;
SELECT claim(5);                                    -- another team's
SELECT claim(1, 'bob');                             -- for somebody else
SELECT claim(4711);                                 -- not there
SELECT claim(NULL);
SELECT claim(1);
SELECT claim(1);                                    -- his own by now
SELECT claim(7);                                    -- a pool that gets no new leads
SELECT claim(2);
SELECT claim(6);                                    -- full
RESET ROLE;
UPDATE rep SET capacity = 20 WHERE code = 'ann';
SET ROLE regress_ann;
SELECT release(7, 'no answer');
SELECT release(1, 'no answer');
SELECT release(1, 'no answer');                     -- not his any more
SELECT claim(1);                                    -- he had it before
SELECT id, claimable, why_not, claimable_from > now() + interval '6 days' AS later FROM v_pool ORDER BY id;
SELECT release(2, NULL), claim_next('south');
SELECT release(2, ' ');
SELECT release(2, 'x', 'west');                     -- not a pool of his
SELECT release(2, 'x', 'nosuch');
SELECT release(2, 'x', 'old');                      -- not active
SELECT release(2, 'wrong region', 'common');
SELECT release(2, 'x'), release(4711, 'x');
SET ROLE regress_carl;
SELECT claim(5);                                    -- new there
RESET ROLE;
UPDATE pool SET locked_for = '0';
SET ROLE regress_carl;
SELECT claim(5);
RESET ROLE;
\set VERBOSITY terse
SET ROLE regress_carl;
SELECT claim(3);
SELECT claim(3, 'nosuch');
SELECT claim(4711);
SELECT * FROM claim_next('south');
SELECT * FROM claim_next('nosuch');
SELECT * FROM claim_next('common', 0);
RESET ROLE;
SELECT claim(3);                                    -- the owner is no rep
UPDATE rep SET active = false WHERE code = 'carl';
SELECT claim(6, 'carl');
SET ROLE regress_carl;
SELECT * FROM my_pools();
RESET ROLE;
UPDATE rep SET active = true WHERE code = 'carl';
SELECT lead_id, reason, owner_before, pool_before, owner, pool, note FROM assignment_log WHERE reason <> 'writer' ORDER BY id;

-- The best first: hot ones, then by score, then who waits longest; as many as
-- he may.
INSERT INTO lead (id, name, first_source, company_size, pool) VALUES
    (11, 'A', 'fair', 10, 'south'), (12, 'B', 'fair', 5000, 'south'), (13, 'C', 'fair', 10, 'south'), (14, 'D', 'fair', 10, 'south');
SELECT id, intent, score, owner IS NULL AS waits FROM lead WHERE pool = 'south' ORDER BY intent = 'hot' DESC, score DESC, pool_since, id;
SET ROLE regress_dora;
SELECT * FROM claim_next('south', 2, 'bob');        -- for one of his
SELECT * FROM claim_next('south', 10, 'bob');
SELECT * FROM claim_next('south', 10, 'bob');       -- no more today
SELECT claim(13, 'carl');                           -- of another team
SELECT * FROM my_pools();
SET ROLE regress_bob;
SELECT pool, room, claims_left FROM my_pools();
RESET ROLE;
BEGIN;
UPDATE rep SET capacity = 1; UPDATE pool SET claim_limit = 1 WHERE claim_limit > 1;
SET ROLE regress_bob;
SELECT pool, room, claims_left FROM my_pools();     -- lowered below what he has
RESET ROLE;
ROLLBACK;
SELECT rep, via, sum(open) AS open, sum(dealt) AS dealt FROM rep_load WHERE via LIKE 'pool:%' GROUP BY 1, 2 ORDER BY 1, 2;

-- Managers and administrators give leads to whom they want, within capacity.
SET ROLE regress_bob;
SELECT assign_to(4, 'dora');
SET ROLE regress_dora;
SELECT assign_to(4, 'dora', 'mine');
SELECT assign_to(13, 'dora');                       -- waits in the pool: to be claimed
SELECT assign_to(4, 'carl');
SELECT release(1, 'not now');                       -- as manager of its owner
SET ROLE regress_boss;
SELECT assign_to(13, 'carl');
SELECT assign_to(14, NULL);
SELECT assign_to(4711, 'carl');
SELECT release(13, 'Beijing', 'common');
SELECT release(13, 'back', 'west');                 -- from one pool to another
SELECT release(13, 'back', 'west');
RESET ROLE;
UPDATE lead SET loss_reason = 'price' WHERE id = 3;
UPDATE lead SET stage = 'proposal' WHERE id = 13;
UPDATE lead SET stage = 'won' WHERE id = 13;
SELECT release(3, 'x');
SELECT claim(13, 'carl');                           -- closed
SELECT lead_id, reason, owner_before, pool_before, owner, pool, note FROM assignment_log WHERE reason IN ('assign', 'release') AND id > 12 ORDER BY id;

-- Contacts set the times and do the tasks; what comes in does not.
\set VERBOSITY default
SELECT assign_to(14, 'ann'), assign_to(11, 'ann'), assign_to(7, 'ann');
CREATE FUNCTION days(interval) RETURNS numeric LANGUAGE SQL AS 'SELECT round(extract(epoch FROM $1) / 86400, 2)';
CREATE VIEW contacts AS
SELECT id, owner, round(extract(epoch FROM now() - first_contacted_at) / 3600) AS hours_since_first,
       round(extract(epoch FROM now() - last_contacted_at) / 3600) AS hours_since_last, touched_at = greatest(assigned_at, last_contacted_at) AS touched,
       (SELECT string_agg(t.kind || CASE WHEN t.done_at IS NOT NULL THEN ' done' WHEN t.cancelled_at IS NOT NULL THEN ' cancelled' ELSE ' open' END, ', ' ORDER BY t.id)
          FROM task t WHERE t.lead_id = l.id) AS tasks
  FROM lead l;
INSERT INTO activity (lead_id, kind, direction, at) VALUES (14, 'ask_price', 'in', now()), (14, 'note', 'internal', now());
SELECT * FROM contacts WHERE id = 14;
BEGIN;
UPDATE task SET created_at = created_at - interval '3 hours';
INSERT INTO activity (lead_id, kind, direction, at) VALUES
    (14, 'call', 'out', now() - interval '2 hours'), (14, 'call', 'out', now() - interval '1 hour'), (11, 'chat', 'out', now() - interval '10 days'), (14, 'ask_price', 'in', now());
SELECT * FROM contacts WHERE id IN (11, 14) ORDER BY id;
INSERT INTO activity (lead_id, kind, direction, at) VALUES (14, 'call', 'out', now() - interval '2 days');
UPDATE activity SET direction = 'out' WHERE kind = 'note';
SELECT * FROM contacts WHERE id = 14;
DELETE FROM activity WHERE lead_id = 14;
SELECT * FROM contacts WHERE id = 14;
ROLLBACK;
-- A merged lead's contacts are its living lead's.
BEGIN;
SELECT cardinality(merge_leads(11, ARRAY[7]));
INSERT INTO activity (lead_id, kind, direction, at) VALUES (7, 'call', 'out', now()), (11, 'ask_price', 'in', now());
SELECT * FROM contacts WHERE id IN (7, 11) ORDER BY id;
SELECT lead_id, kind, brought_by FROM activity ORDER BY id;
SELECT count(*) AS summed_up_twice FROM lead l
 WHERE l.id = 11 AND round(leadcrm.decayed(behaviour_3, behaviour_3_at, '45 days', now())) <> 25;
ROLLBACK;

SET ROLE regress_ann;
SELECT follow_up(14, 'call', 'wants a quote', 'send it', now() + interval '2 days', 'phone') IS NOT NULL AS noted;
SELECT follow_up(14, 'call', at => now() - interval '1 day') IS NOT NULL AS noted;
SELECT follow_up(14, 'visit', next_contact_at => now() + interval '5 days') IS NOT NULL AS noted;
\set VERBOSITY terse
SELECT follow_up(14, ' ');
SELECT follow_up(14, 'call', next_contact_at => now() - interval '1 minute');
SELECT follow_up(12, 'call');
SELECT follow_up(6, 'call');
RESET ROLE;
SELECT kind, direction, channel, content, next_step, actor FROM activity WHERE lead_id = 14 AND direction = 'out' ORDER BY id;
SELECT days(next_contact_at - last_contacted_at) AS next FROM lead WHERE id = 14;
SELECT * FROM contacts WHERE id = 14;
SELECT data - 'activity' - 'next_contact_at' AS data, data ? 'next_contact_at' AS planned FROM event WHERE kind = 'lead.followed_up' ORDER BY id;

-- Recycling: whoever had contact keeps his lead, whoever had none has his days
-- since it was assigned.
UPDATE pool_rule SET active = code IN ('hot', 'warm', 'cold');
INSERT INTO pool_rule (code, position, condition, exempt) VALUES ('vip', 1, 'leadcrm.flag(attrs ->> ''vip'')', true);
INSERT INTO pool_rule (code, position, condition, days_without_follow_up, days_without_progress, pool) VALUES
    ('big', 30, 'budget_max >= 1000000', 10, 20, 'common');
INSERT INTO lead (id, name, first_source, last_form, budget_max, owner, attrs) VALUES
    (21, 'cold',         'fair', NULL,          NULL,    'bob', '{}'),
    (22, 'hot',          'fair', 'Book a demo', NULL,    'bob', '{}'),
    (23, 'big',          'fair', NULL,          2000000, 'bob', '{}'),
    (24, 'big, in touch', 'fair', NULL,         2000000, 'bob', '{}'),
    (25, 'vip',          'fair', NULL,          NULL,    'bob', '{"vip": "yes"}'),
    (26, 'won',          'fair', NULL,          NULL,    'bob', '{}'),
    (27, 'waits',        'fair', NULL,          NULL,    NULL,  '{}');
UPDATE lead SET stage = 'proposal' WHERE id = 26;
UPDATE lead SET stage = 'won' WHERE id = 26;
CREATE VIEW plan AS
SELECT l.id, l.name, l.owner, l.pool, e.rule, e.why, days(e.warn_at - l.assigned_at) AS warned_after, days(e.due_at - l.assigned_at) AS due_after,
       e.pool AS goes_to, days(l.recycle_at - l.assigned_at) AS looked_at_after
  FROM lead l LEFT JOIN LATERAL explain_recycling(l.id) e ON true
 WHERE l.id BETWEEN 20 AND 30 ORDER BY l.id;
SELECT * FROM plan;
SELECT tick();
-- Six weeks pass, for all but one.
CREATE FUNCTION ago(leads int[], days int) RETURNS void LANGUAGE SQL AS
    'UPDATE pool.lead SET assigned_at = now() - make_interval(days => days), first_contact_due_at = now() - make_interval(days => days) WHERE id = ANY (leads)';
SELECT ago('{22}', 2);
SELECT ago('{23,24}', 11);
SELECT ago('{21}', 28);
SELECT ago('{25,26}', 400);
INSERT INTO activity (lead_id, kind, direction, at) VALUES (24, 'call', 'out', now() - interval '9 days');
SELECT * FROM plan;
SELECT tick(), tick();
SELECT id, owner, pool, looked_at_after FROM plan;
SELECT lead_id, kind, owner, due_at = (SELECT e.due_at FROM explain_recycling(t.lead_id) e) AS due, note, done_at IS NOT NULL AS done, cancelled_at IS NOT NULL AS cancelled
  FROM task t WHERE kind = 'recycle_soon' ORDER BY lead_id;
SELECT lead_id, data - 'due_at' AS data FROM event WHERE kind = 'lead.recycle_soon' ORDER BY lead_id;
SELECT lead_id, reason, owner_before, pool, note FROM assignment_log WHERE reason = 'recycle' ORDER BY lead_id;
-- Who was warned and does something keeps it, and is warned again in time.
SET ROLE regress_bob;
SELECT follow_up(22, 'call') IS NOT NULL AS noted;
RESET ROLE;
SELECT * FROM plan WHERE id = 22;
SELECT tick(now() + interval '2 days'), tick(now() + interval '2 days');
SELECT lead_id, owner, done_at IS NOT NULL AS done, cancelled_at IS NOT NULL AS cancelled FROM task t WHERE kind = 'recycle_soon' ORDER BY id;
SELECT tick(now() + interval '3 days');
SELECT id, owner, pool, looked_at_after FROM plan;

-- After an outage of months all that is due goes at once; the days without
-- progress count for who is in touch, too.
INSERT INTO activity (lead_id, kind, direction, at) VALUES (24, 'call', 'out', now());
SELECT tick(now() + interval '90 days');
SELECT id, owner, pool, rule FROM plan;

-- Rules that change reach leads that are there; what is condition can change,
-- by the row or by time alone.
UPDATE pool_rule SET active = false;
INSERT INTO pool_rule (code, position, condition, days_without_follow_up) VALUES ('young', 1, 'created_at > as_of - interval ''40 days''', 100);
INSERT INTO pool_rule (code, position, condition, days_without_follow_up) VALUES ('rest', 2, 'true', 50);
INSERT INTO lead (id, name, first_source, owner) VALUES (28, 'young', 'fair', 'bob');
SELECT * FROM plan WHERE id IN (25, 28);
SELECT tick();
SELECT * FROM plan WHERE id IN (25, 28);
SELECT tick(now() + interval '41 days');
SELECT * FROM plan WHERE id IN (25, 28);
SELECT tick(now() + interval '51 days');
SELECT id, owner, pool FROM plan WHERE id IN (25, 28);
SELECT finished, missed FROM recycle_sweep;

-- Nobody loses a lead before his deadline for the first contact; where there is
-- no pool, nothing is lost, nor in the way of others.
UPDATE pool_rule SET active = code = 'rest', days_without_follow_up = CASE code WHEN 'rest' THEN 1 ELSE 5 END WHERE NOT exempt;
INSERT INTO lead (id, name, first_source, owner, assigned_at) VALUES (29, 'deadline', 'fair', 'bob', now() - interval '3 days'), (30, 'nowhere', 'fair', 'carl', NULL);
UPDATE lead SET first_contact_due_at = now() + interval '1 day' WHERE id = 29;
UPDATE lead SET team = NULL, assigned_at = now() - interval '3 days', first_contact_due_at = NULL WHERE id = 30;
UPDATE pool SET active = code = 'south';
SELECT tick();
SELECT id, owner, days(recycle_at - now()) AS looked_at FROM lead WHERE id IN (29, 30) ORDER BY id;
UPDATE pool SET active = true WHERE code <> 'old';
SELECT tick(now() + interval '1 day');
SELECT id, owner, pool FROM lead WHERE id IN (29, 30) ORDER BY id;
\set VERBOSITY sqlstate
SELECT tick(batch => 0);
\set VERBOSITY default

-- A rule that fails matches nothing, and is counted.
INSERT INTO pool_rule (code, position, condition, days_without_follow_up) VALUES ('broken', 0, '100 / (company_size - 10) > 0', 5);
INSERT INTO lead (id, name, first_source, owner, company_size) VALUES (40, 'divides', 'fair', 'bob', 10);
SELECT rule, days(due_at - assigned_at) AS due_after FROM lead l, explain_recycling(l.id) WHERE l.id = 40;
SELECT ruleset, rule, sqlstate FROM rule_error;
SELECT code, matches, why FROM rule_test('pool_rule', 40);

-- All that has an owner is counted, once.
SELECT r.code, (SELECT count(*) FROM lead l WHERE l.owner = r.code AND _is_open(l.merged_into, l.process, l.stage)) AS has,
       (SELECT sum(open) FROM rep_load d WHERE d.rep = r.code) AS counted
  FROM rep r ORDER BY r.code;
UPDATE lead SET recycle_at = NULL;
SELECT count(*) FROM lead l, leadcrm.recycling(l, now()) r WHERE l.recycle_at IS DISTINCT FROM r.look_at;
SELECT leadcrm.recycling(row(1, 2), now());

DROP SCHEMA pool CASCADE;
REVOKE CREATE ON SCHEMA public FROM regress_ann;
DROP FUNCTION public.peek(text, text);
DROP ROLE regress_ann, regress_bob, regress_carl, regress_dora, regress_boss;
