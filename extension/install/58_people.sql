-- The tables of people: what keeps their keys and their trees in order.

CREATE FUNCTION leadcrm.guard_key() RETURNS trigger
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_guard_key';
COMMENT ON FUNCTION leadcrm.guard_key() IS
'trigger on rep, team and pool: refuses to delete a row, or change its code, while a lead names it in the column that is the argument';

-- Each row above is locked on the way up, so that two sessions cannot make a
-- circle together: one waits for the other and sees it, or is refused as a
-- deadlock.
CREATE FUNCTION leadcrm.check_tree() RETURNS trigger
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    above text;
    path  text[] := '{}';
BEGIN
    IF TG_LEVEL <> 'ROW' OR TG_WHEN <> 'AFTER' OR TG_OP NOT IN ('INSERT', 'UPDATE') THEN
        RAISE trigger_protocol_violated USING
            MESSAGE = 'trigger function "leadcrm.check_tree" must be fired AFTER INSERT OR UPDATE for each row';
    END IF;
    above := NEW.parent;
    WHILE above IS NOT NULL AND NOT above = ANY (path) LOOP
        IF above = NEW.code THEN
            RAISE check_violation USING
                MESSAGE = format('%s "%s" cannot be below "%s"', TG_TABLE_NAME, NEW.code, NEW.parent),
                DETAIL = format('"%s" is itself below "%s".', NEW.parent, NEW.code),
                TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        path := path || above;
        EXECUTE format('SELECT parent FROM %s WHERE code = $1 FOR SHARE', TG_RELID::regclass) INTO above USING above;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION leadcrm.check_tree() IS
'trigger on a table with columns code and parent: refuses a parent that is below the row itself';
