-- Data-only restore and bulk migration: the engine's triggers off and on.

CREATE FUNCTION leadcrm._claim_leads(workspace regnamespace) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    lead regclass := format('%s.lead', workspace);
BEGIN
    -- What a merged lead holds is the living one's, which may have it already.
    EXECUTE format('UPDATE %1$s.identity i
                       SET lead_id = l.merged_into, brought_by = coalesce(i.brought_by, l.id)
                      FROM %1$s.lead l
                     WHERE i.live AND l.id = i.lead_id AND l.merged_into IS NOT NULL
                       AND NOT EXISTS (SELECT FROM %1$s.identity o
                                        WHERE (o.lead_id, o.kind, o.scope, o.key)
                                            = (l.merged_into, i.kind, i.scope, i.key))', workspace);
    EXECUTE format('DELETE FROM %1$s.identity i
                     WHERE i.live AND i.lead_id <> 0
                       AND NOT EXISTS (SELECT FROM %1$s.lead l WHERE l.id = i.lead_id AND l.merged_into IS NULL)',
                   workspace);
    PERFORM leadcrm.claim_keys(lead);
    -- Keys that only merged rows bear are the living lead's too.
    EXECUTE format('INSERT INTO %1$s.identity (lead_id, kind, scope, key, live, state, brought_by, claimed_at)
                    SELECT l.merged_into, k.kind, k.scope, k.key, true, ''held'', l.id, $2
                      FROM %1$s.lead l
                     CROSS JOIN LATERAL leadcrm.identity_keys($1, l.id) k
                     WHERE l.merged_into IS NOT NULL AND NOT k.weak
                     ORDER BY k.kind, k.scope, k.key, l.id
                    ON CONFLICT DO NOTHING', workspace)
      USING lead, now();
END
$$;
COMMENT ON FUNCTION leadcrm._claim_leads(regnamespace) IS
'claims the identity keys that living leads should hold and do not; pairs go to review';

CREATE FUNCTION leadcrm.begin_restore(name text, empty boolean DEFAULT false) RETURNS void
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_manage_as_owner';
COMMENT ON FUNCTION leadcrm.begin_restore(text, boolean) IS
'turns the engine''s triggers of a workspace off, for rows that were leads before; empty: takes out the template''s rows, for a data-only dump of a whole workspace';

CREATE FUNCTION leadcrm._begin_restore(workspace regnamespace, empty boolean) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    tables text;
    leads  boolean;
BEGIN
    EXECUTE format('LOCK TABLE %1$s.workspace, %1$s.lead IN SHARE ROW EXCLUSIVE MODE', workspace);
    PERFORM leadcrm._enable_triggers(workspace, false);
    IF empty THEN
        EXECUTE format('SELECT EXISTS (SELECT FROM %s.lead)', workspace) INTO leads;
        IF leads THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = format('workspace %s has leads', workspace),
                HINT = 'Only a workspace without leads is emptied; restore into a new one.';
        END IF;
        SELECT string_agg(o.oid::regclass::text, ', ') INTO tables
          FROM leadcrm._workspace_objects(workspace) o
         WHERE o.kind = 'table' AND o.oid IS NOT NULL;
        EXECUTE format('TRUNCATE %s', tables);
    END IF;
END
$$;
COMMENT ON FUNCTION leadcrm._begin_restore(regnamespace, boolean) IS
'turns triggers off and empties the tables';

CREATE FUNCTION leadcrm.end_restore(name text)
RETURNS TABLE (severity text, item text, problem text, next_step text)
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_manage_as_owner';
COMMENT ON FUNCTION leadcrm.end_restore(text) IS
'turns the engine''s triggers on as the template has them, sets sequences, claims, lifecycles, behaviour, loads and the cube behind the data; returns what is wrong, as check_workspace()';

CREATE FUNCTION leadcrm._end_restore(workspace regnamespace)
RETURNS TABLE (severity text, item text, problem text, next_step text)
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    t record;
BEGIN
    EXECUTE format('LOCK TABLE %1$s.workspace, %1$s.lead IN SHARE ROW EXCLUSIVE MODE', workspace);
    PERFORM leadcrm._enable_triggers(workspace, true);
    FOR t IN
        SELECT o.oid::regclass AS relation, a.attname AS id,
               pg_get_serial_sequence(o.oid::regclass::text, a.attname) AS sequence
          FROM leadcrm._workspace_objects(workspace) o
          JOIN pg_attribute a ON a.attrelid = o.oid AND a.attidentity <> ''
         WHERE o.kind = 'table'
    LOOP
        EXECUTE format('SELECT setval(%L, m) FROM (SELECT max(%I) AS m FROM %s) top
                         WHERE m > (SELECT last_value FROM %s)', t.sequence, t.id, t.relation, t.sequence);
    END LOOP;
    PERFORM leadcrm._claim_leads(workspace);
    PERFORM leadcrm.rebuild_lifecycle(format('%s.lead', workspace));
    PERFORM leadcrm._grade_leads(workspace);
    PERFORM leadcrm.rebuild_loads(format('%s.lead', workspace));
    PERFORM leadcrm.rebuild_cube(format('%s.lead', workspace));
    PERFORM leadcrm._apply_access(workspace);
    RETURN QUERY SELECT * FROM leadcrm._check_workspace(workspace);
END
$$;
COMMENT ON FUNCTION leadcrm._end_restore(regnamespace) IS
'turns triggers on, sets sequences, claims keys, brings lifecycles to their histories, sums up behaviour, rebuilds loads and the cube, and checks';
