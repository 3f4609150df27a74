-- Processes: the trigger that moves leads from stage to stage, moving one on
-- purpose, and its history.

CREATE FUNCTION leadcrm.stage() RETURNS trigger
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_stage';
COMMENT ON FUNCTION leadcrm.stage() IS
'trigger on lead: the stage of each row that is inserted or updated, by the rules of its process, and its lifecycle; on activity: moves the leads that a stage_rule says';

CREATE FUNCTION leadcrm.move_stage(lead regclass, id bigint, stage text, reason text DEFAULT NULL, note text DEFAULT NULL,
                                   competitor text DEFAULT NULL, amount numeric DEFAULT NULL, cause text DEFAULT 'move')
RETURNS bigint
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_move_stage';
COMMENT ON FUNCTION leadcrm.move_stage(regclass, bigint, text, text, text, text, numeric, text) IS
'moves a lead to a stage as UPDATE would; the history gets cause and note; for the workspace''s owner; returns 1, or 0 for a lead that is gone or merged';

CREATE FUNCTION leadcrm.is_open(lead regclass, process text, stage text) RETURNS boolean
LANGUAGE C STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'leadcrm_is_open';
COMMENT ON FUNCTION leadcrm.is_open(regclass, text, text) IS
'whether a stage of a process is an open one; so is none, and one that is gone';

CREATE FUNCTION leadcrm.rebuild_lifecycle(lead regclass, leads bigint[] DEFAULT NULL) RETURNS bigint
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_rebuild_lifecycle';
COMMENT ON FUNCTION leadcrm.rebuild_lifecycle(regclass, bigint[]) IS
'makes lifecycle, stage, stage_since, won_at and lost_at of leads (NULL: of all that differ) what stage_change says; a living lead without history begins one; for the workspace''s owner; returns how many were written';

CREATE FUNCTION leadcrm._stage_faults(lead regclass) RETURNS TABLE (lead_id bigint, problem text)
LANGUAGE C STABLE STRICT
AS 'MODULE_PATHNAME', 'leadcrm_stage_faults';
COMMENT ON FUNCTION leadcrm._stage_faults(regclass) IS
'leads of which lead and stage_change tell different stories; for the workspace''s owner';

CREATE FUNCTION leadcrm.guard_stage() RETURNS trigger
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_guard_stage';
COMMENT ON FUNCTION leadcrm.guard_stage() IS
'trigger on stage: refuses to change the code of a stage that leads are or were in, and to remove one or change its kind while leads are in it';

CREATE FUNCTION leadcrm.check_transition() RETURNS trigger
LANGUAGE plpgsql STABLE SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    field text;
BEGIN
    SELECT f INTO field
      FROM unnest(NEW.required_fields) f
     WHERE f IS NULL
        OR f NOT LIKE 'attrs.%'
           AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                            WHERE c.relname = 'lead' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = TG_RELID)
                              AND a.attname = f AND a.attnum > 0 AND NOT a.attisdropped);
    IF FOUND THEN
        RAISE undefined_column USING
            MESSAGE = format('a lead has no column "%s"', coalesce(field, 'NULL')),
            HINT = 'A key of attrs is written attrs.KEY.';
    END IF;
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION leadcrm.check_transition() IS
'trigger on transition: refuses required fields that a lead does not have';
