-- What counts to a rep's load, whatever becomes of a row in its statement.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
SELECT leadcrm.create_workspace('loads', 'en', 'Asia/Shanghai');
SET search_path TO loads, public;
DELETE FROM assignment_rule WHERE code <> 'everybody';
INSERT INTO rep (code, capacity) VALUES ('adam', 10), ('bea', 10);

-- Rows of one id, of which one is let through.
INSERT INTO lead (id, name, first_source) VALUES (1, 'Ann', 'web'), (2, 'Bob', 'web'), (1, 'Ann', 'web'), (1, 'Ann', 'web') ON CONFLICT (id) DO NOTHING;
INSERT INTO lead (id, name, first_source) VALUES (1, 'Ann', 'web'), (3, 'Cleo', 'web') ON CONFLICT (id) DO NOTHING;
SELECT lead_id, reason, owner FROM assignment_log ORDER BY id;
SELECT * FROM leadcrm.rep_loads('lead');
SELECT * FROM leadcrm.rebuild_loads('lead');

-- A trigger that drops rows on their way in.
CREATE FUNCTION drop_row() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER zz_drop BEFORE INSERT ON lead FOR EACH ROW WHEN (NEW.name = 'Dan') EXECUTE FUNCTION drop_row();
INSERT INTO lead (id, name, first_source) VALUES (4, 'Dan', 'web'), (5, 'Eve', 'web'), (6, 'Dan', 'web');
SELECT * FROM leadcrm.rebuild_loads('lead');
DROP TRIGGER zz_drop ON lead;

-- The trigger hung twice decides once.
CREATE TRIGGER lead_51_again BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.assign();
INSERT INTO lead (id, name, first_source, owner) VALUES (7, 'Finn', 'web', NULL), (8, 'Gil', 'web', 'bea');
UPDATE lead SET owner = 'adam' WHERE owner = 'bea';
UPDATE lead SET stage = 'proposal' WHERE id IN (1, 8);
UPDATE lead SET stage = 'won' WHERE id IN (1, 8);
UPDATE lead SET owner = NULL WHERE id IN (2, 8);
SELECT lead_id, reason, owner_before, owner FROM assignment_log WHERE lead_id IN (2, 7, 8) ORDER BY id;
SELECT * FROM leadcrm.rebuild_loads('lead');
DROP TRIGGER lead_51_again ON lead;

-- One deleted after the other, and all at once.
DELETE FROM lead WHERE id = 7;
SELECT * FROM leadcrm.rep_loads('lead');
DELETE FROM lead;
SELECT * FROM leadcrm.rep_loads('lead');
SELECT * FROM leadcrm.rebuild_loads('lead');
DROP SCHEMA loads CASCADE;
