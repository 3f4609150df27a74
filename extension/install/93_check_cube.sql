-- What check_workspace() says of the cube of numbers.

CREATE FUNCTION leadcrm._check_cube(workspace regnamespace)
RETURNS TABLE (severity text, item text, problem text, next_step text)
LANGUAGE plpgsql VOLATILE SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    -- It is read and written past the executor.
    RETURN QUERY
    SELECT 'error', 'table lead_cube', 'has more to it than leadcrm gave it: no lead can be written',
           format('Drop triggers, rules and columns that were added to %s or its partitions.', i.inhparent::regclass)
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = to_regclass(format('%s.lead_cube', workspace))
       AND (c.relnatts <> 30 OR c.relhasrules OR c.relforcerowsecurity
            OR EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid))
     GROUP BY i.inhparent;

    RETURN QUERY
    SELECT 'error', 'lead_cube', format('sums that are not what the leads say: %s, by %s leads', d.sums, d.leads),
           format('SELECT %s.rebuild_cube();', workspace)
      FROM leadcrm._cube_drift(format('%s.lead', workspace)::regclass) d
     WHERE d.sums > 0;
END
$$;
COMMENT ON FUNCTION leadcrm._check_cube(regnamespace) IS
'looks through the cube of numbers of a workspace';
