-- leadcrm's row triggers follow each other; others may come in between, and
-- each finds the row as it stands, however the tuple is made.
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('row_trigger', 'en');
SET search_path TO row_trigger, public;
DELETE FROM score_rule; DELETE FROM intent_rule;
INSERT INTO score_rule (code, axis, condition, points) VALUES ('phone', 'fit', 'phone LIKE ''+86%''', 1), ('size', 'fit', 'company_size > 100', 10),
    ('merged', 'fit', 'merged_into IS NOT NULL', 100);

-- Says what it sees, and sets what it is told to.
CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE NOTICE '% % sees name "%", phone %, region %, size %, score %, %', TG_OP, TG_NAME, NEW.name, NEW.phone, NEW.region, NEW.company_size,
        NEW.score, CASE WHEN NEW.merged_into IS NULL THEN 'living' ELSE 'merged' END;
    IF TG_NARGS = 1 THEN NEW.company_size := TG_ARGV[0]; END IF;
    IF TG_NARGS = 2 THEN NEW.phone := TG_ARGV[1]; END IF;
    RETURN NEW;
END$$;
CREATE PROCEDURE public.arrive() LANGUAGE plpgsql AS $$
DECLARE
    l record;
BEGIN
    DELETE FROM row_trigger.lead;
    INSERT INTO row_trigger.lead (name, phone, first_source) VALUES ('  张  伟 ', '电话：138 0013 8000', 'web');
    INSERT INTO row_trigger.lead (name, phone, first_source) VALUES ('张伟', '13800138000', 'web'), ('none', NULL, 'web');
    UPDATE row_trigger.lead SET name = '  李  雷 ' WHERE name = '张 伟';
    FOR l IN SELECT name, phone, region, company_size AS size, score, last_source, merged_into IS NOT NULL AS merged FROM row_trigger.lead ORDER BY id LOOP
        RAISE NOTICE '%', l;
    END LOOP;
END$$;
SET client_min_messages = notice;
CALL arrive();

-- Before, between, behind; changing the row or not.
CREATE TRIGGER lead_05_look BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION look();
CREATE TRIGGER lead_15_look BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION look();
CREATE TRIGGER lead_30_look BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION look('200');
CREATE TRIGGER lead_50_look BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION look();
CALL arrive();
DROP TRIGGER lead_05_look ON lead;
DROP TRIGGER lead_15_look ON lead;
DROP TRIGGER lead_50_look ON lead;
CREATE TRIGGER lead_15_look BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION look('', '+8613800138009');
CALL arrive();
DROP TRIGGER lead_15_look ON lead;
DROP TRIGGER lead_30_look ON lead;

-- Some that may fire.
CREATE TRIGGER lead_30_look BEFORE INSERT ON lead FOR EACH ROW WHEN (NEW.merged_into IS NULL AND NEW.phone = '+8613800138000') EXECUTE FUNCTION look('200');
CREATE TRIGGER lead_31_look BEFORE UPDATE OF name ON lead FOR EACH ROW EXECUTE FUNCTION look('300');
CALL arrive();
DROP TRIGGER lead_30_look ON lead;
DROP TRIGGER lead_31_look ON lead;
CREATE OR REPLACE TRIGGER lead_40_score BEFORE INSERT OR UPDATE ON lead FOR EACH ROW WHEN (NEW.merged_into IS NULL) EXECUTE FUNCTION leadcrm.score();
CALL arrive();
CREATE OR REPLACE TRIGGER lead_40_score BEFORE INSERT OR UPDATE OF phone ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.score();
CALL arrive();
CREATE OR REPLACE TRIGGER lead_40_score BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.score();

-- Some that are off, or hang twice, or whose statement is not followed.
ALTER TABLE lead DISABLE TRIGGER lead_40_score;
CALL arrive();
ALTER TABLE lead ENABLE TRIGGER lead_40_score, DISABLE TRIGGER lead_10_normalize;
\set VERBOSITY sqlstate
CALL arrive();
\set VERBOSITY default
ALTER TABLE lead ENABLE TRIGGER lead_10_normalize, DISABLE TRIGGER lead_20_dedup;
CALL arrive();
ALTER TABLE lead ENABLE REPLICA TRIGGER lead_20_dedup;
CALL arrive();
ALTER TABLE lead ENABLE TRIGGER lead_20_dedup, DISABLE TRIGGER lead_00_begin, DISABLE TRIGGER lead_20_dedup, DISABLE TRIGGER lead_30_stage, DISABLE TRIGGER lead_50_assign, DISABLE TRIGGER lead_60_insert,
    DISABLE TRIGGER lead_60_update;
CALL arrive();
ALTER TABLE lead ENABLE TRIGGER USER;
CREATE TRIGGER lead_41_normalize BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.normalize();
CREATE TRIGGER lead_42_score BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.score();
CREATE TRIGGER lead_43_dedup BEFORE INSERT OR UPDATE ON lead FOR EACH ROW EXECUTE FUNCTION leadcrm.dedup();
CALL arrive();
DROP TRIGGER lead_41_normalize ON lead;
DROP TRIGGER lead_42_score ON lead;
DROP TRIGGER lead_43_dedup ON lead;

-- One statement inserts and updates; columns come and go.
DELETE FROM lead;
ALTER TABLE lead ADD COLUMN gone text, ADD COLUMN budget_note text DEFAULT 'none yet', ADD COLUMN twice text GENERATED ALWAYS AS (name || name) STORED;
ALTER TABLE lead DROP COLUMN gone;
INSERT INTO lead (id, name, phone, first_source) VALUES (1, ' a  b ', '13800138001', 'web');
INSERT INTO lead (id, name, phone, first_source, company_size) VALUES (1, ' c  d ', '13800138002', 'web', 200), (2, ' e  f ', '13800138003', 'web', 200)
    ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name || ' ', phone = '13800138004';
MERGE INTO lead l USING (VALUES (2, ' g  h '), (3, ' i  j ')) v (id, name) ON l.id = v.id
 WHEN MATCHED THEN UPDATE SET name = v.name WHEN NOT MATCHED THEN INSERT (id, name, phone, first_source) VALUES (v.id, v.name, '13800138005', 'web');
SELECT id, name, phone, company_size, score, budget_note, twice FROM lead ORDER BY id;

SELECT count(*) AS leads FROM lead \gset
SET client_min_messages = warning;
DROP PROCEDURE public.arrive();
SELECT leadcrm.drop_workspace('row_trigger', :leads);
DROP FUNCTION public.look();
