-- People, teams, territories and pools: what the tables refuse, who sees whose
-- leads, what a workspace starts with, what check_workspace() says of it.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET jit = off;
SELECT leadcrm.create_workspace('people');
SELECT leadcrm.create_workspace('people_en', 'en');

-- What it starts with
SELECT code, position, condition, strategy, by_territory, rep_position, required_skills, pool, first_contact, label
  FROM people.assignment_rule ORDER BY position;
SELECT code, label FROM people_en.assignment_rule ORDER BY position;
SELECT p.code, p.label, e.label AS english, p.team, p.active FROM people.pool p JOIN people_en.pool e USING (code);
SELECT t.code, t.label, string_agg(r.name, ' ' ORDER BY r.code) AS regions, count(*), cardinality(t.regions)
  FROM people.territory t JOIN people.region r ON r.code = ANY (t.regions)
 GROUP BY t.code ORDER BY t.code COLLATE "C";
SELECT count(*) AS territories_of_an_english_one FROM people_en.territory;
SELECT class, evaluation, problem FROM people.explain_rules('assignment_rule') ORDER BY code;
DROP SCHEMA people_en CASCADE;

-- A new workspace has nobody yet, which is no fault.
SELECT severity, item, problem, next_step FROM leadcrm.check_workspace('people');

-- Teams and territories are trees: no circle, by whatever way.
INSERT INTO people.team (code, label, parent) VALUES
    ('sales', '销售部', NULL), ('south', '华南组', 'sales'), ('west', '渝西组', 'sales'), ('shenzhen', '深圳组', 'south');
UPDATE people.team SET parent = 'shenzhen' WHERE code = 'sales';
UPDATE people.team SET parent = 'south' WHERE code = 'south';
INSERT INTO people.team (code, parent) VALUES ('a', 'b'), ('b', 'c'), ('c', 'a');
INSERT INTO people.team (code, parent) VALUES ('a', 'b'), ('b', NULL);       -- in any order
UPDATE people.team SET parent = CASE code WHEN 'a' THEN NULL ELSE 'a' END WHERE code IN ('a', 'b');  -- turned round
UPDATE people.team SET code = 'aa' WHERE code = 'a';
UPDATE people.team SET code = 'bb' WHERE code = 'b';
UPDATE people.team SET code = replace(code, 'a', 'aa'), parent = replace(parent, 'a', 'aa') WHERE code < 'c';
SELECT code, parent FROM people.team WHERE code < 'c' ORDER BY code COLLATE "C";
DELETE FROM people.team WHERE code = 'aa';
INSERT INTO people.team (code, parent) VALUES ('c', 'nosuch');
DELETE FROM people.team WHERE code < 'c';
INSERT INTO people.territory (code, parent) VALUES ('pearl', 'south');
UPDATE people.territory SET parent = 'pearl' WHERE code = 'south';
-- A circle that came while the trigger was off is no endless one.
BEGIN;
ALTER TABLE people.team DISABLE TRIGGER check_tree;
UPDATE people.team SET parent = 'shenzhen' WHERE code = 'sales';
ALTER TABLE people.team ENABLE TRIGGER check_tree;
INSERT INTO people.team (code, parent) VALUES ('x', 'south') RETURNING code;
ROLLBACK;

-- What the tables refuse
\set VERBOSITY terse
INSERT INTO people.rep (code, capacity) VALUES ('x', -1);
INSERT INTO people.rep (code, weight) VALUES ('x', 0);
INSERT INTO people.rep (code, team) VALUES ('x', 'nosuch');
INSERT INTO people.calendar (code) VALUES ('office');
INSERT INTO people.calendar_hours VALUES ('office', 1, '18:00', '09:00');
INSERT INTO people.calendar_hours VALUES ('office', 8, '09:00', '18:00');
INSERT INTO people.territory (code, regions) VALUES ('x', '{44,NULL}');
INSERT INTO people.assignment_rule (code, position, strategy) VALUES ('x', 1, 'random');
INSERT INTO people.assignment_rule (code, position, strategy, required_skills) VALUES ('x', 1, 'skilled', '{cooking}');
INSERT INTO people.assignment_rule (code, position, strategy, territory, by_territory) VALUES ('x', 1, 'direct', 'south', true);
INSERT INTO people.assignment_rule (code, position, strategy) VALUES ('pool:common', 1, 'direct');
\set VERBOSITY default
INSERT INTO people.assignment_rule (code, position, strategy, condition) VALUES ('x', 1, 'direct', 'regio LIKE ''44%''');
UPDATE people.assignment_rule SET condition = 'now() > created_at' WHERE code = 'everybody';

-- Reps, their roles, and leads of theirs
CREATE ROLE regress_ann;
CREATE ROLE regress_bob;
CREATE ROLE regress_dan;
CREATE ROLE regress_eve;
CREATE ROLE regress_sales;
CREATE ROLE regress_assistant;
INSERT INTO people.rep (code, role, name, team, position, capacity, daily_limit) VALUES
    ('ann', 'regress_ann', '安', 'sales',    'director', 50,  NULL),
    ('bob', 'regress_bob', '鲍', 'south',    'director', 50,  10),
    ('dan', 'regress_dan', '丹', 'shenzhen', 'rep',      100, 20),
    ('eve', 'regress_eve', '伊', 'west',     'rep',      100, NULL),
    ('fay', NULL,          '费', 'west',     'rep',      100, NULL);
UPDATE people.team SET manager = 'ann' WHERE code = 'sales';
UPDATE people.team SET manager = 'bob' WHERE code = 'south';
INSERT INTO people.territory_rep VALUES ('south', 'bob', NULL), ('pearl', 'dan', NULL);
INSERT INTO people.rep_skill VALUES ('eve', 'industry', 'software', 5);
INSERT INTO people.lead (name, first_source, owner, team, region) VALUES
    ('一', '官网', 'ann', 'sales', '44'), ('二', '官网', 'bob', 'south', '44'), ('三', '官网', 'dan', 'shenzhen', '44'),
    ('四', '官网', 'eve', 'west', '50'), ('五', '官网', 'fay', 'west', '50');
INSERT INTO people.lead (name, first_source, pool, region) VALUES ('六', '官网', 'common', '50');

-- Who asks for a quote on the website is hot and the director's, whether the
-- source says so or the form.
BEGIN;
INSERT INTO people.lead (id, name, first_source, last_form, region) VALUES
    (101, '七', '官网-索要报价', NULL, '4403'), (102, '八', '官网', '索要报价', '4403'), (103, '九', '官网', '联系我们', '4403');
SELECT l.id, l.intent, l.owner, g.rule FROM people.lead l JOIN people.assignment_log g ON g.lead_id = l.id WHERE l.id > 100 ORDER BY l.id;
ROLLBACK;

-- Whom a lead names cannot go, nor change its code; else it can.
DELETE FROM people.rep WHERE code = 'dan';
UPDATE people.rep SET code = 'dora' WHERE code = 'dan';
DELETE FROM people.team WHERE code = 'shenzhen';
UPDATE people.team SET code = 'sz' WHERE code = 'shenzhen';
DELETE FROM people.pool;
TRUNCATE people.rep CASCADE;
TRUNCATE people.pool CASCADE;
UPDATE people.rep SET name = 'Dan', code = 'dan' WHERE code = 'dan';
BEGIN;
UPDATE people.lead SET owner = 'eve' WHERE owner = 'dan';
DELETE FROM people.rep WHERE code = 'dan';
ROLLBACK;
INSERT INTO people.rep (code) VALUES ('gus'), ('hal');
DELETE FROM people.rep WHERE code = 'gus';
UPDATE people.rep SET code = 'ian' WHERE code = 'hal';
DELETE FROM people.rep WHERE code = 'ian';
-- Merged and closed leads count, too.
BEGIN;
UPDATE people.lead SET loss_reason = 'price' WHERE owner = 'dan';
DELETE FROM people.rep WHERE code = 'dan';
ROLLBACK;
-- A snapshot taken before is no excuse: see also specs/people_guard.
BEGIN ISOLATION LEVEL REPEATABLE READ;
DELETE FROM people.rep WHERE code = 'fay';
ROLLBACK;

-- Who sees what: kinds rep and manager, and the role of the rep.
SELECT people.grant_access('regress_ann', 'manager'), people.grant_access('regress_bob', 'manager');
SELECT people.grant_access('regress_sales', 'rep');
GRANT regress_sales TO regress_dan, regress_eve;
GRANT regress_eve TO regress_assistant;
CREATE FUNCTION pg_temp.seen(who name, what text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('role', who, true);
    EXECUTE what INTO answer;
    PERFORM set_config('role', 'none', true);
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END $$;
INSERT INTO people.assignment_log (lead_id, at, reason, owner, actor)
    SELECT id, created_at, 'test', owner, 'test' FROM people.lead WHERE owner IS NOT NULL;
INSERT INTO people.task (lead_id, kind, owner, created_at, due_at)
    SELECT id, 'test', owner, created_at, created_at - interval '1 hour' FROM people.lead WHERE owner IS NOT NULL;
SELECT who, pg_temp.seen('regress_' || who, 'SELECT people.my_reps()') AS reps,
       pg_temp.seen('regress_' || who, 'SELECT string_agg(name, '''' ORDER BY id) FROM people.v_lead') AS leads,
       pg_temp.seen('regress_' || who, 'SELECT string_agg(DISTINCT owner, '' '' ORDER BY owner) FROM people.v_assignment WHERE reason = ''test''') AS log,
       pg_temp.seen('regress_' || who, 'SELECT string_agg(owner, '' '' ORDER BY owner) FROM people.v_task WHERE kind = ''test'' AND overdue') AS tasks,
       pg_temp.seen('regress_' || who, 'SELECT string_agg(rep, '' '' ORDER BY rep) FROM people.v_rep') AS v_rep
  FROM unnest(ARRAY['ann', 'bob', 'dan', 'eve', 'sales', 'assistant']) who;
-- Anything else is closed to them, and tables show no more when they are granted.
SELECT what, pg_temp.seen('regress_dan', what) AS rep, pg_temp.seen('regress_bob', what) AS manager
  FROM unnest(ARRAY['SELECT count(*) FROM people.lead', 'SELECT count(*) FROM people.v_team', 'SELECT count(*) FROM people.v_intake',
                    'SELECT count(*) FROM people.find_lead(''x'')', 'UPDATE people.lead SET owner = ''dan''']) what;
GRANT SELECT ON people.lead, people.assignment_log, people.task, people.activity TO regress_sales;
SELECT what, pg_temp.seen('regress_dan', what) AS rep
  FROM unnest(ARRAY['SELECT string_agg(name, '''') FROM people.lead', 'SELECT count(*) FROM people.assignment_log WHERE reason = ''test''',
                    'SELECT count(*) FROM people.task WHERE kind = ''test''', 'SELECT count(*) FROM people.activity']) what;
REVOKE SELECT ON people.lead, people.assignment_log, people.task, people.activity FROM regress_sales;
-- A rep asks the index for his leads, however many there are.
CREATE FUNCTION pg_temp.read_by(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
        IF line ~ '(lead|task|log)_.*rows=[1-9]' THEN
            RETURN NEXT (regexp_match(line, '-> *(.*?)(?: [a-z](_\d+)?)? *\(actual'))[1];
        END IF;
    END LOOP;
END $$;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET ROLE regress_dan;
SELECT * FROM pg_temp.read_by('SELECT name FROM people.v_lead');
SELECT * FROM pg_temp.read_by('SELECT kind FROM people.v_task WHERE kind = ''test''');
SELECT * FROM pg_temp.read_by('SELECT reason FROM people.v_assignment WHERE reason = ''test''');
RESET ROLE;
RESET enable_seqscan;
RESET enable_bitmapscan;
-- The manager of a team that moves sees what is below him now.
UPDATE people.team SET parent = 'west' WHERE code = 'shenzhen';
SELECT pg_temp.seen('regress_bob', 'SELECT people.my_reps()') AS bob;
SELECT people.revoke_access('regress_bob');
SELECT people.grant_access('regress_bob', 'rep');
UPDATE people.team SET parent = 'south' WHERE code = 'shenzhen';
SELECT pg_temp.seen('regress_bob', 'SELECT people.my_reps()') AS bob;
SELECT people.revoke_access('regress_sales');
SELECT pg_temp.seen('regress_dan', 'SELECT people.my_reps()') AS dan;
SELECT people.grant_access('regress_sales', 'rep');
SELECT people.grant_access('regress_sales', 'boss');

-- Views
SELECT rep, name, team, team_label, position, active, absent, capacity, daily_limit, free > 0 AS has_room FROM people.v_rep ORDER BY rep;
INSERT INTO people.rep_absence (rep, from_at, until_at) VALUES
    ('dan', now() - interval '1 hour', now() + interval '1 hour'), ('eve', now() - interval '2 hours', now() - interval '1 hour');
UPDATE people.rep SET active = false WHERE code = 'fay';
SELECT rep, active, absent, free > 0 AS has_room FROM people.v_rep WHERE rep > 'c' ORDER BY rep;
SELECT team, label, parent, manager, active_reps, capacity FROM people.v_team ORDER BY team COLLATE "C";
-- Overdue: past the moment, and nobody has called since
UPDATE people.lead SET first_contact_due_at = now() - interval '1 hour', assigned_at = now() - interval '3 hours', last_inbound_at = now() - interval '3 hours';
SELECT owner, owner_name, team_label, pool, overdue FROM people.v_lead ORDER BY id;
UPDATE people.lead SET last_contacted_at = now() - interval '2 hours' WHERE owner = 'ann';      -- done
UPDATE people.lead SET last_contacted_at = now() - interval '4 hours' WHERE owner = 'bob';      -- long ago
UPDATE people.lead SET first_contact_due_at = now() + interval '1 hour' WHERE owner = 'dan';    -- not yet
UPDATE people.lead SET loss_reason = 'price' WHERE owner = 'eve';
SELECT owner, overdue FROM people.v_lead WHERE owner < 'f' ORDER BY id;

-- What check_workspace() says of people
SELECT severity, item, problem, next_step FROM leadcrm.check_workspace('people') WHERE item !~ '^source ';
BEGIN;
UPDATE people.team SET manager = 'gone' WHERE code = 'west';
ALTER TABLE people.territory DISABLE TRIGGER check_tree;
UPDATE people.territory SET parent = 'gone' WHERE code = 'pearl';
ALTER TABLE people.territory ENABLE TRIGGER check_tree;
UPDATE people.rep SET role = 'regress_gone' WHERE code = 'ann';
UPDATE people.territory SET regions = '{440000,45}' WHERE code = 'south';
UPDATE people.pool SET active = false;
DELETE FROM people.rep_skill;
INSERT INTO people.assignment_rule (code, position, strategy, rep, team, territory, fallback_team, pool, rep_position) VALUES
    ('odd', 5, 'direct', 'gone', 'sales', 'nowhere', 'gone', 'gone', NULL),
    ('away', 6, 'direct', 'fay', NULL, NULL, NULL, NULL, NULL),
    ('chief', 7, 'least_loaded', NULL, 'south', NULL, NULL, NULL, 'chief'),
    ('fine', 8, 'least_loaded', NULL, 'south', 'pearl', NULL, NULL, 'rep'),
    ('off', 9, 'direct', 'gone', NULL, NULL, NULL, NULL, NULL);
UPDATE people.assignment_rule SET active = false WHERE code = 'off';
UPDATE people.rep_load SET open = open + 1 WHERE rep = 'ann' AND id = (SELECT min(id) FROM people.rep_load WHERE rep = 'ann');
ALTER TABLE people.lead DISABLE TRIGGER USER;
UPDATE people.lead SET owner = 'gone', region = NULL WHERE name IN ('二', '三');
UPDATE people.lead SET pool = 'gone' WHERE name = '六';
INSERT INTO people.lead (id, name, first_source, last_source, last_inbound_at, created_at, updated_at, process, stage)
    SELECT i, 'N', 'x', 'x', now(), now(), now(), 'lead', CASE i WHEN 1001 THEN 'lost' ELSE 'new' END FROM generate_series(1001, 1003) i;
ALTER TABLE people.lead ENABLE TRIGGER USER;
SELECT severity, item, problem, next_step FROM leadcrm._check_people('people');
ROLLBACK;

-- Nothing but what is there, and no deadline beyond all time.
\set VERBOSITY terse
INSERT INTO people.lead (name, first_source, team) VALUES ('Nils', 'web', 'nosuch');
UPDATE people.lead SET team = 'nosuch' WHERE id = 1;
INSERT INTO people.assignment_rule (code, position, strategy, first_contact) VALUES ('late', 99, 'direct', '178000000 years');
INSERT INTO people.pool (code, locked_for) VALUES ('ever', '178000000 years');
\set VERBOSITY default
SELECT count(*) AS leads FROM people.lead \gset
SELECT leadcrm.drop_workspace('people', :leads);
DROP ROLE regress_ann, regress_bob, regress_dan, regress_eve, regress_sales, regress_assistant;
