-- The cube of numbers is what the leads say, whatever happens to them.
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('cube', 'en', 'Asia/Shanghai');
SET search_path TO cube, public;
DELETE FROM assignment_rule;
ALTER TABLE lead ALTER id RESTART WITH 1000;
INSERT INTO team (code) VALUES ('north'), ('south');
INSERT INTO rep (code, team) VALUES ('ann', 'north'), ('bob', 'south');
INSERT INTO assignment_rule (code, position, strategy) VALUES ('all', 1, 'round_robin');

-- Sums that the view _cube or the table lead_cube gets wrong, and keys that are.
CREATE VIEW wrong AS
WITH says AS (SELECT to_jsonb(c) - m AS dimensions, count(*) AS n, sum(leads) AS leads, sum(expected_amount) AS expected_amount, sum(won_amount) AS won_amount,
                     sum(score) AS score, sum(scored) AS scored, sum(assigned) AS assigned, sum(contacted) AS contacted, sum(contact_minutes) AS minutes
                FROM _cube c, CAST('{leads,expected_amount,won_amount,score,scored,assigned,contacted,contact_minutes}' AS text[]) m GROUP BY 1 HAVING sum(leads) <> 0),
     counted AS (SELECT to_jsonb(c) - m AS dimensions, sum(leads) AS leads, sum(expected_amount) AS expected_amount, sum(won_amount) AS won_amount,
                        sum(score) AS score, sum(scored) AS scored, sum(assigned) AS assigned, sum(contacted) AS contacted, sum(contact_minutes) AS minutes
                   FROM _cube_recount c, CAST('{leads,expected_amount,won_amount,score,scored,assigned,contacted,contact_minutes}' AS text[]) m GROUP BY 1)
SELECT (SELECT count(*) FROM says s FULL JOIN counted c USING (dimensions)
         WHERE (s.leads, s.expected_amount, s.won_amount, s.score, s.scored, s.assigned, s.contacted, s.minutes)
            IS DISTINCT FROM (c.leads, c.expected_amount, c.won_amount, c.score, c.scored, c.assigned, c.contacted, c.minutes)) AS sums,
       (SELECT count(*) FROM says WHERE n > 1) AS twice,
       (SELECT sums FROM leadcrm._cube_drift('lead')) AS drift,
       (SELECT count(*) FROM lead_cube c WHERE key <> leadcrm._cube_key(c)) AS keys;

-- It comes, alone and together, by every path; merged rows count for nothing.
INSERT INTO lead (id, name, phone, first_source) VALUES (1, '张伟', '13800138001', 'web');
SELECT leads, owner, first_source, stages = CASE WHEN stage IS NULL THEN '{}' ELSE ARRAY[stage] END AS stages, assigned, scored FROM _cube;
INSERT INTO lead (id, name, phone, first_source, region, industry, product_line, campaign, partner, expected_amount, currency, expected_close_on)
SELECT n, 'Lead ' || n, '138001380' || 10 + n % 20, (ARRAY['web', 'fair'])[1 + n % 2], (ARRAY['11', '31', NULL])[1 + n % 3], CASE WHEN n % 5 = 0 THEN 'retail' END,
       CASE WHEN n % 7 = 0 THEN 'crm' END, CASE WHEN n % 4 = 0 THEN 'spring' END, CASE WHEN n % 6 = 0 THEN 'acme' END, n * 100.25, (ARRAY['CNY', 'USD'])[1 + n % 2],
       date '2026-01-31' + n
  FROM generate_series(2, 40) n;
COPY lead (id, name, phone, first_source, created_at) FROM STDIN;
50	Old	13800138050	web	2024-02-29 23:30:00+08
51	Older	13800138051	web	2024-03-01 00:30:00+08
52	Again	13800138050	fair	2024-03-02 00:30:00+08
\.
SELECT name FROM lead_in WHERE false;
INSERT INTO lead_in (name, phone, last_source) VALUES ('by the face', '13800138060', 'web');
SELECT outcome FROM capture('web', '{"name": "by capture", "phone": "13800138061"}');
SELECT outcome FROM capture('web', '{"name": "by capture", "phone": "13800138061"}');
SELECT * FROM wrong;
SELECT created_on, sum(leads) FROM _cube WHERE created_on < '2025-01-01' GROUP BY 1 ORDER BY 1;
SELECT closes_on, sum(leads), sum(expected_amount) FROM _cube WHERE currency = 'USD' GROUP BY 1 ORDER BY 1;

-- Every dimension changes, and every measure.
UPDATE lead SET region = '44', industry = 'finance', product_line = 'erp', campaign = 'autumn', partner = 'best', competitor = 'other', currency = 'EUR',
       last_source = 'phone', kind = 'project', expected_close_on = '2026-12-31', expected_amount = 7.5 WHERE id IN (2, 3);
SELECT * FROM wrong;
UPDATE lead SET created_at = '2023-12-31 16:00:00+00' WHERE id = 4;
UPDATE lead SET owner = 'ann' WHERE id % 2 = 0 AND merged_into IS NULL;
UPDATE lead SET owner = NULL, pool = 'common' WHERE id % 5 = 0 AND merged_into IS NULL;
SELECT * FROM wrong;
UPDATE lead SET expected_amount = NULL, expected_close_on = 'infinity' WHERE id = 5;
UPDATE lead SET expected_amount = 'NaN' WHERE id = 6;
UPDATE lead SET expected_amount = '-Infinity', campaign = repeat('long ', 5000) WHERE id = 7;
UPDATE lead SET campaign = campaign || 'er' WHERE id = 7;
UPDATE lead SET campaign = 'spring', expected_amount = 1 WHERE id IN (6, 7);
UPDATE lead SET title = 'nothing that counts' WHERE merged_into IS NULL;
SELECT * FROM wrong;

-- Stages, won and lost, and back.
UPDATE lead SET stage = 'contacted' WHERE merged_into IS NULL AND id BETWEEN 10 AND 21;
UPDATE lead SET stage = 'analysis' WHERE stage = 'contacted' AND id > 12;
UPDATE lead SET stage = 'proposal' WHERE stage = 'analysis' AND id > 14;
UPDATE lead SET stage = 'negotiation' WHERE stage = 'proposal' AND id > 15;
UPDATE lead SET stage = 'won', won_amount = id * 10.5 WHERE stage = 'negotiation' AND id > 16;
UPDATE lead SET stage = 'lost', loss_reason = 'price' WHERE stage = 'contacted';
SELECT * FROM wrong;
SELECT stage, stages, sum(leads) AS leads, sum(won_amount) AS won, bool_and((won_on IS NOT NULL) = (stage = 'won')) AS won_on,
       bool_and((lost_on IS NOT NULL) = (stage = 'lost') AND (loss_reason IS NOT NULL) = (stage = 'lost')) AS lost
  FROM _cube WHERE stage <> 'new' GROUP BY 1, 2 ORDER BY 1, 2;
UPDATE lead SET stage = 'contacted' WHERE stage = 'lost';
SELECT stage, stages, sum(leads) AS leads FROM _cube WHERE stages @> '{lost}' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM wrong;

-- Activities change scores, intents and contacts.
INSERT INTO activity (lead_id, kind, at) SELECT id, 'ask_price', now() FROM lead WHERE merged_into IS NULL AND id % 3 = 0;
INSERT INTO activity (lead_id, kind, direction, at) SELECT id, 'call', 'out', now() FROM lead WHERE merged_into IS NULL AND id % 4 = 0;
UPDATE lead SET assigned_at = now() - interval '90 minutes 59 seconds' WHERE id IN (8, 12);
SELECT sum(contacted) > 0 AS contacted, max(contact_minutes) AS minutes, sum(contact_minutes) AS all_minutes FROM _cube;
SELECT * FROM wrong;
-- Who gets a lead later did not contact it at once: the time is what it was.
UPDATE lead SET owner = 'bob' WHERE id = 8;
SELECT owner, first_contact_from < assigned_at AS noted FROM lead WHERE id = 8;
SELECT max(contact_minutes) AS minutes, sum(contact_minutes) AS all_minutes FROM _cube;
UPDATE lead SET owner = NULL, pool = 'common' WHERE id IN (8, 12);
UPDATE lead SET owner = 'ann' WHERE id IN (8, 12);
SELECT max(contact_minutes) AS minutes, sum(contact_minutes) AS all_minutes FROM _cube;
SELECT * FROM wrong;
DELETE FROM activity WHERE lead_id = 3;
SELECT * FROM wrong;

-- What is taken back was never there.
BEGIN;
UPDATE lead SET region = '50' WHERE merged_into IS NULL;
SAVEPOINT a;
INSERT INTO lead (name, phone, first_source) VALUES ('Gone', '13800138070', 'web');
DELETE FROM lead WHERE id < 10;
SAVEPOINT b;
UPDATE lead SET region = '51' WHERE merged_into IS NULL;
ROLLBACK TO b;
SELECT * FROM wrong;
ROLLBACK TO a;
SELECT * FROM wrong;
SELECT DISTINCT region FROM _cube ORDER BY 1;
ROLLBACK;
SELECT * FROM wrong;
DO $$
BEGIN
    FOR i IN 1..3 LOOP
        BEGIN
            UPDATE lead SET region = (50 + i)::text WHERE merged_into IS NULL;
            IF i = 2 THEN RAISE division_by_zero; END IF;
        EXCEPTION WHEN division_by_zero THEN NULL;
        END;
    END LOOP;
END$$;
SELECT DISTINCT region FROM _cube ORDER BY 1;
SELECT * FROM wrong;

-- Rows that are not inserted but updated, or neither.
INSERT INTO lead (id, name, phone, first_source) VALUES (1, 'Again', '13800138080', 'web'), (100, 'New', '13800138081', 'web')
    ON CONFLICT (id) DO UPDATE SET region = '52', expected_amount = 5;
INSERT INTO lead (id, name, phone, first_source) VALUES (1, 'Again', '13800138082', 'web'), (101, 'New', '13800138083', 'web') ON CONFLICT (id) DO NOTHING;
MERGE INTO lead l USING (VALUES (1), (8), (102), (103)) AS v (id) ON l.id = v.id
    WHEN MATCHED AND v.id = 8 THEN DELETE
    WHEN MATCHED THEN UPDATE SET region = '53'
    WHEN NOT MATCHED THEN INSERT (id, name, phone, first_source) VALUES (v.id, 'Merged in', '13800139' || v.id, 'web');
WITH moved AS (UPDATE lead SET region = '54' WHERE id = 102 RETURNING id), gone AS (DELETE FROM lead WHERE id = 103 RETURNING id)
INSERT INTO lead (name, phone, first_source) SELECT 'With', '13800138084', 'web' FROM moved, gone;
SELECT * FROM wrong;

-- Merging, undoing it, deleting: the winner takes those merged into it along.
SELECT (merge_leads(1, ARRAY[100, 101]))[1] AS merge \gset
SELECT id, merged_into FROM lead WHERE id IN (1, 100, 101) ORDER BY id;
SELECT * FROM wrong;
SELECT count(*) FROM unmerge(:merge);
SELECT * FROM wrong;
INSERT INTO lead (id, name, phone, email, first_source) VALUES (110, 'Ann', '13800138110', NULL, 'web'), (111, 'Ann', '13800138110', 'ann@example.com', 'fair'),
    (112, 'Bea', '13800138112', 'ann@example.com', 'fair');
SELECT * FROM wrong;
DELETE FROM lead WHERE id = 110;
SELECT id, merged_into FROM lead WHERE id >= 110 AND id < 120 ORDER BY id;
SELECT * FROM wrong;
DELETE FROM lead WHERE id % 2 = 1;
SELECT * FROM wrong;

-- A trigger of the owner's own may have the last word.
CREATE FUNCTION public.own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.id % 4 = 0 THEN RETURN NULL; END IF;
    NEW.campaign := 'own';
    RETURN NEW;
END$$;
CREATE TRIGGER zz BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION own();
CREATE FUNCTION public.own_after() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cube.lead SET region = '46' WHERE id = NEW.id AND region IS DISTINCT FROM '46';
    RETURN NULL;
END$$;
CREATE TRIGGER aa AFTER INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION own_after();
UPDATE lead SET industry = 'retail' WHERE merged_into IS NULL;
INSERT INTO lead (id, name, phone, first_source) SELECT n, 'Own ' || n, '138001382' || n, 'web' FROM generate_series(200, 210) n;
SELECT campaign, region, sum(leads) > 0 AS leads FROM _cube WHERE campaign = 'own' GROUP BY 1, 2 ORDER BY 1, 2;
SELECT * FROM wrong;
DROP TRIGGER zz ON lead;
DROP TRIGGER aa ON lead;
CREATE TRIGGER zz AFTER UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.cube();
UPDATE lead SET region = '45';
SELECT * FROM wrong;
DROP TRIGGER zz ON lead;

-- Nothing is left of nothing.
BEGIN;
DELETE FROM lead;
SELECT count(*) FROM lead_cube;
SELECT count(*) FROM _cube;
ROLLBACK;

-- Where several rows are of the same dimensions, who comes by makes one.
INSERT INTO lead_cube SELECT key, d, d, 0, 0, 0, 0, d * 10, 0, created_on, won_on, lost_on, closes_on, first_source, last_source, owner, team, region,
       industry, product_line, process, stage, currency, intent, kind, stages, campaign, partner, loss_reason, competitor
  FROM lead_cube, unnest(ARRAY[2, -1, -1]) d;
SELECT sums, twice > 0 AS twice, drift, keys FROM wrong;
UPDATE lead SET region = '43' WHERE merged_into IS NULL;
SELECT * FROM wrong;
UPDATE lead_cube SET key = 7;
UPDATE lead SET region = '42' WHERE merged_into IS NULL AND id % 2 = 0;
SELECT sums, drift, keys > 0 AS keys FROM wrong;
DELETE FROM lead;
SELECT sum(leads), sum(score), sum(expected_amount) FROM _cube;
SELECT rebuild_cube();
INSERT INTO lead (id, name, phone, first_source) SELECT n, 'More ' || n, '138001384' || n, 'web' FROM generate_series(400, 420) n;

-- Damage is seen and mended; without any, nothing is written.
SELECT rebuild_cube();
UPDATE lead_cube SET leads = leads + 1, key = key + 1 WHERE ctid = (SELECT min(ctid) FROM lead_cube);
DELETE FROM lead_cube WHERE ctid = (SELECT min(ctid) FROM lead_cube);
SELECT severity, item, regexp_replace(problem, '\d+', 'n', 'g') AS problem, next_step FROM leadcrm.check_workspace('cube') WHERE item LIKE '%lead_cube%';
SELECT rebuild_cube() > 0 AS mended;
SELECT * FROM wrong;
SELECT severity, item FROM leadcrm.check_workspace('cube') WHERE item LIKE '%lead_cube%';
UPDATE workspace SET time_zone = 'Etc/GMT+12';
SELECT rebuild_cube() >= 0;
UPDATE workspace SET time_zone = 'Pacific/Kiritimati';      -- 26 hours apart: always another day
SELECT rebuild_cube() > 0 AS other_days;
SELECT * FROM wrong;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT rebuild_cube();
ROLLBACK;
SELECT leadcrm._cube_key(ROW(1, 'x'));
SELECT leadcrm._cube_key(r) FROM rep r LIMIT 1;

-- Rows that were leads before come while the triggers are off.
SELECT leadcrm.begin_restore('cube');
INSERT INTO lead (id, name, first_source, last_source, last_inbound_at, created_at, updated_at) VALUES (900, 'Restored', 'web', 'web', now(), now(), now());
UPDATE lead SET region = '11';
DELETE FROM lead WHERE id = 401;
SELECT drift > 0 AS drift FROM wrong;
SELECT severity, item FROM leadcrm.end_restore('cube') WHERE item LIKE '%lead_cube%';
SELECT * FROM wrong;
TRUNCATE lead_cube;
SELECT count(*) FROM leadcrm.repair_workspace('cube') WHERE item LIKE '%lead_cube%';
SELECT * FROM wrong;

-- What was added to it would be passed by: it is not written then.
CREATE TRIGGER mine BEFORE UPDATE ON lead_cube FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
INSERT INTO lead (name, first_source) VALUES ('Refused', 'web');
SELECT severity, item FROM leadcrm.check_workspace('cube') WHERE item LIKE '%lead_cube%';
DROP TRIGGER mine ON lead_cube;
DROP INDEX lead_cube_key_idx;
INSERT INTO lead (name, first_source) VALUES ('Refused', 'web');
SELECT count(*) FROM leadcrm.repair_workspace('cube') WHERE item LIKE '%lead_cube%';
INSERT INTO lead (name, first_source) VALUES ('Welcome', 'web');
SELECT * FROM wrong;

-- Who may have it made anew, and read it.
CREATE ROLE regress_cube_admin;
CREATE ROLE regress_cube_rep;
SELECT grant_access('regress_cube_admin', 'admin');
SELECT grant_access('regress_cube_rep', 'rep');
SET ROLE regress_cube_admin;
SELECT rebuild_cube();
RESET ROLE;
SET ROLE regress_cube_rep;
SELECT rebuild_cube();
SELECT leadcrm.rebuild_cube('lead');
SELECT * FROM lead_cube;
RESET ROLE;

RESET search_path;
DROP SCHEMA cube CASCADE;
DROP FUNCTION own, own_after;
DROP ROLE regress_cube_admin, regress_cube_rep;
