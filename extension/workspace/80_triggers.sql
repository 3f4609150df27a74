-- The order of work on a lead is the order of the triggers' names.
DROP TRIGGER IF EXISTS lead_00_begin ON lead;
CREATE TRIGGER lead_00_begin BEFORE INSERT OR UPDATE ON lead
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
DROP TRIGGER IF EXISTS lead_00_truncate ON lead;
CREATE TRIGGER lead_00_truncate BEFORE TRUNCATE ON lead
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
DROP TRIGGER IF EXISTS lead_10_normalize ON lead;
CREATE TRIGGER lead_10_normalize BEFORE INSERT OR UPDATE ON lead
    FOR EACH ROW EXECUTE FUNCTION leadcrm.normalize();
DROP TRIGGER IF EXISTS lead_20_dedup ON lead;
CREATE TRIGGER lead_20_dedup BEFORE INSERT OR UPDATE ON lead
    FOR EACH ROW EXECUTE FUNCTION leadcrm.dedup();
DROP TRIGGER IF EXISTS lead_60_insert ON lead;
CREATE TRIGGER lead_60_insert AFTER INSERT ON lead REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
DROP TRIGGER IF EXISTS lead_60_update ON lead;
CREATE TRIGGER lead_60_update AFTER UPDATE ON lead
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();
DROP TRIGGER IF EXISTS lead_60_delete ON lead;
CREATE TRIGGER lead_60_delete AFTER DELETE ON lead REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.dedup();

-- Every session hears of a change of configuration, on a replica too.
DO $$
DECLARE
    config text;
BEGIN
    FOREACH config IN ARRAY ARRAY['identity_rule', 'source', 'industry', 'product_line'] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS config_changed ON %I', config);
        EXECUTE format('CREATE TRIGGER config_changed AFTER INSERT OR UPDATE OR DELETE ON %I'
                       ' FOR EACH ROW EXECUTE FUNCTION leadcrm.config_changed()', config);
        EXECUTE format('DROP TRIGGER IF EXISTS config_truncated ON %I', config);
        EXECUTE format('CREATE TRIGGER config_truncated AFTER TRUNCATE ON %I'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION leadcrm.config_changed()', config);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER config_changed', config);
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER config_truncated', config);
    END LOOP;
END $$;
