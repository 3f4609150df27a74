-- Explained, looked back on, tried out; and what nobody has, dealt.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SELECT leadcrm.create_workspace('assign_leads', 'en', 'Asia/Shanghai');
SET search_path TO assign_leads, public;

DELETE FROM assignment_rule;
INSERT INTO team (code, manager) VALUES ('south', 'dora');
INSERT INTO rep (code, team, position, capacity) VALUES ('adam', 'south', NULL, 3), ('bea', 'south', NULL, 6), ('dora', 'south', 'director', 100);
INSERT INTO assignment_rule (code, position, condition, strategy, team, rep_position, pool) VALUES
    ('director', 10, $$company_size >= 1000$$,  'direct',       'south', 'director', NULL),
    ('cold',     20, $$attrs ->> 'mood' = 'cold'$$, 'pool',     NULL,    NULL,       'common'),
    ('south',    30, $$region LIKE '44%'$$,     'least_loaded', 'south', NULL,       NULL);
UPDATE rep SET active = false WHERE code = 'dora';

-- Nobody for the large one, none for the north, one the rules want in the pool.
INSERT INTO lead (id, name, company_size, region, attrs, first_source) VALUES
    (1, 'Ann', 10, '44', '{}', 'web'), (2, 'Bob', 5000, '31', '{}', 'web'), (3, 'Cleo', 10, '11', '{}', 'web'),
    (4, 'Dan', 10, '44', '{"mood": "cold"}', 'web'), (5, 'Eve', 10, '44', '{}', 'web');
SELECT id, owner, pool FROM lead ORDER BY id;
SELECT position, rule, outcome, candidate, open, capacity, round(standing::numeric, 3) AS standing, verdict FROM explain_assignment(1);
SELECT position, rule, outcome, candidate, verdict FROM explain_assignment(2);
SELECT position, rule, outcome, candidate, verdict FROM explain_assignment(3);
SELECT position, rule, outcome, candidate, verdict FROM explain_assignment(4);
SELECT count(*) FROM explain_assignment(99);

-- What nobody can take keeps its place, and what the rules put there stays.
SELECT * FROM assign_leads();
SELECT count(*) FROM assignment_log WHERE lead_id IN (2, 3, 4);
UPDATE rep SET active = true WHERE code = 'dora';
SELECT * FROM assign_leads();
SELECT id, owner, pool FROM lead ORDER BY id;
SELECT lead_id, reason, rule, owner_before, pool_before, owner FROM assignment_log WHERE lead_id = 2 ORDER BY id;

-- By a filter, in batches, never beyond capacity; another session's are passed by.
UPDATE rep SET active = false;
INSERT INTO lead (id, name, region, company_size, first_source) SELECT n, 'Lead ' || n, '44', n, 'web' FROM generate_series(11, 30) n;
SELECT pool, count(*) FROM lead WHERE id > 10 GROUP BY pool;
UPDATE rep SET active = true WHERE code <> 'dora';
SELECT * FROM assign_leads('company_size > 28');
SELECT * FROM assign_leads(batch => 3);
SELECT * FROM assign_leads();
SELECT * FROM assign_leads();
SELECT r.code, l.open, r.capacity FROM rep r LEFT JOIN leadcrm.rep_loads('lead') l ON l.rep = r.code ORDER BY r.code;
SELECT assign_leads('company_size >');
SELECT assign_leads(batch => 0);

-- Where there is no pool, those for whom there is nobody are in nobody's way.
BEGIN;
UPDATE rep SET active = false;
UPDATE pool SET active = false;
INSERT INTO lead (id, name, region, first_source) VALUES (41, 'North', '11', 'web'), (42, 'North', '11', 'web'), (43, 'South', '44', 'web');
UPDATE rep SET active = true, capacity = 100;
SELECT * FROM assign_leads($$id > 40$$, batch => 1);
SELECT id, owner, pool FROM lead WHERE id > 40 ORDER BY id;
ROLLBACK;

-- Trying takes no place, though each lead counts for those after it.
UPDATE rep SET capacity = 8 WHERE code = 'bea';
SELECT t.owner, t.pool, count(*) FROM leadcrm.try_assignment('lead', ARRAY(SELECT id FROM lead WHERE owner IS NULL AND region = '44')) t GROUP BY 1, 2 ORDER BY 1, 2;
SELECT t.owner, t.pool, count(*) FROM leadcrm.try_assignment('lead', ARRAY(SELECT id FROM lead WHERE owner IS NULL AND region = '44'), 'bea') t GROUP BY 1, 2 ORDER BY 1, 2;
SELECT open FROM leadcrm.rep_loads('lead') WHERE rep = 'bea';
UPDATE rep SET capacity = 6 WHERE code = 'bea';

-- A replay deals as the rules do, and writes nothing.
SELECT * FROM simulate_assignment(1);
SELECT sum(simulated) AS simulated, sum(really) AS really, count(*) FILTER (WHERE simulated <> really) > 0 AS otherwise FROM simulate_assignment(1);
UPDATE assignment_rule SET active = false WHERE code <> 'south';
UPDATE rep SET capacity = 0 WHERE code = 'adam';
SELECT rule, owner, pool, simulated FROM simulate_assignment(1) WHERE simulated > 0;
SELECT count(*) FROM assignment_log WHERE at = now();
SELECT simulate_assignment(0);

-- Years of absences, and what everybody knows, take no more memory than they need.
BEGIN;
INSERT INTO rep (code) SELECT 'r' || n FROM generate_series(1, 300) n;
INSERT INTO rep_absence (rep, from_at, until_at) SELECT code, now() - d * interval '1 day', now() - (d - 1) * interval '1 day' FROM rep, generate_series(3, 102) d;
INSERT INTO rep_absence (rep, from_at, until_at) SELECT code, now() - interval '1 day', now() + interval '1 day' FROM rep WHERE code <> 'r7';
INSERT INTO rep_absence (rep, from_at, until_at) SELECT code, now() + interval '1 day', now() + interval '2 days' FROM rep;
INSERT INTO rep_skill (rep, kind, value) SELECT code, 'region', (1000 + s)::text FROM rep, generate_series(1, 100) s;
UPDATE assignment_rule SET team = NULL, condition = 'true' WHERE active;
INSERT INTO lead (id, name, phone, first_source) VALUES (9001, 'Ann', '13800139999', 'web') RETURNING owner;
SELECT sum(total_bytes) < 16 * 1024 * 1024 AS small FROM pg_backend_memory_contexts WHERE name = 'leadcrm assignment model';
ROLLBACK;

-- Whom each serves.
CREATE ROLE regress_dora; CREATE ROLE regress_bea;
UPDATE rep SET role = 'regress_' || code WHERE code IN ('dora', 'bea');
SELECT grant_access('regress_dora', 'manager'), grant_access('regress_bea', 'rep');
SELECT min(id) AS hers FROM lead WHERE owner = 'bea' \gset
SELECT min(id) AS his FROM lead WHERE owner = 'adam' \gset
\set VERBOSITY terse
SET ROLE regress_bea;
SELECT count(*) > 0 AS sees FROM explain_assignment(:hers);
SELECT count(*) > 0 AS sees FROM explain_assignment(:his);
SELECT assign_leads();
SELECT simulate_assignment(1);
SELECT leadcrm.try_assignment('lead', '{1}');
SET ROLE regress_dora;
SELECT count(*) > 0 AS sees FROM explain_assignment(:his);
SELECT sum(simulated) FROM simulate_assignment(1);
SELECT assign_leads($$phone = '13800138000'$$);
SELECT * FROM assign_leads();
RESET ROLE;
SELECT revoke_access('regress_dora'), revoke_access('regress_bea');
DROP ROLE regress_dora; DROP ROLE regress_bea;
RESET search_path;
SELECT count(*) AS leads FROM assign_leads.lead \gset
SELECT leadcrm.drop_workspace('assign_leads', :leads);
