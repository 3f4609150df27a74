-- The tables of people: what keeps their keys and their trees in order.

CREATE FUNCTION leadcrm.guard_key() RETURNS trigger
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_guard_key';
COMMENT ON FUNCTION leadcrm.guard_key() IS
'trigger on rep, team and pool: refuses to delete a row, or change its code, while a lead names it in the column that is the argument';

-- Each row above is locked on the way up, so that two sessions cannot make a
-- circle together: one waits for the other and sees it, or is refused as a
-- deadlock.  Nor can a row go while another session puts one below it, but with
-- a snapshot from before that; then check_workspace() says so.
CREATE FUNCTION leadcrm.check_tree() RETURNS trigger
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    below text;
    above text;
    path  text[] := '{}';
BEGIN
    IF TG_LEVEL <> 'ROW' OR TG_WHEN <> 'AFTER' THEN
        RAISE trigger_protocol_violated USING
            MESSAGE = 'trigger function "leadcrm.check_tree" must be fired AFTER the change of each row';
    END IF;
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' AND OLD.code <> NEW.code THEN
        EXECUTE format('SELECT code FROM %s WHERE parent = $1 ORDER BY code LIMIT 1', TG_RELID::regclass)
           INTO below USING OLD.code;
        IF below IS NOT NULL THEN
            RAISE foreign_key_violation USING
                MESSAGE = format(CASE TG_OP WHEN 'DELETE' THEN 'cannot delete %s "%s" while others are below it'
                                 ELSE 'cannot change the code of %s "%s" while others are below it' END, TG_TABLE_NAME, OLD.code),
                DETAIL = format('Below it is "%s".', below),
                HINT = 'Change the parent of those first, or in the same statement.',
                TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        above := NEW.parent;
    END IF;
    WHILE above IS NOT NULL AND NOT above = ANY (path) LOOP
        IF above = NEW.code THEN
            RAISE check_violation USING
                MESSAGE = format('%s "%s" cannot be below "%s"', TG_TABLE_NAME, NEW.code, NEW.parent),
                DETAIL = format('"%s" is itself below "%s".', NEW.parent, NEW.code),
                TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
        path := path || above;
        EXECUTE format('SELECT code, parent FROM %s WHERE code = $1 FOR SHARE', TG_RELID::regclass)
           INTO below, above USING above;
        IF below IS NULL THEN
            RAISE foreign_key_violation USING
                MESSAGE = format('there is no %s "%s"', TG_TABLE_NAME, path[cardinality(path)]),
                DETAIL = format('It is to be above "%s".', coalesce(path[cardinality(path) - 1], NEW.code)),
                TABLE = TG_TABLE_NAME, SCHEMA = TG_TABLE_SCHEMA;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION leadcrm.check_tree() IS
'trigger on a table with columns code and parent: refuses a parent that is not there or is below the row itself, and to remove a row that others are below';
