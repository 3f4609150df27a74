-- The cube of numbers: holding it against the leads.  Writing it is the work of
-- the triggers on lead (cube.c).

CREATE FUNCTION leadcrm.cube() RETURNS trigger
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_cube';
COMMENT ON FUNCTION leadcrm.cube() IS
'trigger: the cube of numbers follows what an UPDATE changes of leads';

CREATE FUNCTION leadcrm._cube_key(lead_cube record) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'leadcrm_cube_row_key';
COMMENT ON FUNCTION leadcrm._cube_key(record) IS
'the key of a row of lead_cube, by its dimensions';

CREATE FUNCTION leadcrm._cube_columns(cube regclass, OUT dimensions text, OUT measures text,
                                      OUT sums text, OUT negatives text)
LANGUAGE SQL STABLE STRICT SET search_path TO pg_catalog, pg_temp
AS $$
    SELECT string_agg(c.name, ', ' ORDER BY c.attnum) FILTER (WHERE c.attnum >= c.first),
           string_agg(c.name, ', ' ORDER BY c.attnum) FILTER (WHERE c.attnum < c.first),
           string_agg(format('sum(%s)', c.name), ', ' ORDER BY c.attnum) FILTER (WHERE c.attnum < c.first),
           string_agg(format('-%s', c.name), ', ' ORDER BY c.attnum) FILTER (WHERE c.attnum < c.first)
      FROM (SELECT quote_ident(a.attname) AS name, a.attnum,
                   min(a.attnum) FILTER (WHERE a.attname = 'created_on') OVER () AS first
              FROM pg_attribute a
             WHERE a.attrelid = cube AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'key') c
$$;
COMMENT ON FUNCTION leadcrm._cube_columns(regclass) IS
'the columns of a cube, as parts of statements about it: what it counts by, and what it counts';

-- Cube and leads are read by one statement, so in one snapshot: whatever is in
-- flight is in neither.
CREATE FUNCTION leadcrm._cube_drift(lead regclass, OUT sums bigint, OUT leads bigint)
LANGUAGE plpgsql STABLE STRICT SET search_path TO pg_catalog, pg_temp SET jit TO off
AS $$
DECLARE
    workspace regnamespace := (SELECT relnamespace FROM pg_class WHERE oid = lead);
    columns   record;
BEGIN
    SELECT * INTO columns FROM leadcrm._cube_columns(format('%s.lead_cube', workspace)::regclass);
    EXECUTE format($sql$
        SELECT count(*), coalesce(sum(abs(d.leads)), 0)
          FROM (SELECT sum(c.leads) AS leads
                  FROM (SELECT %2$s, %3$s FROM %1$s._cube_recount UNION ALL
                        SELECT %2$s, %4$s FROM %1$s.lead_cube) c
                 GROUP BY %2$s
                HAVING 0 <> ANY (ARRAY[%5$s])) d $sql$,
        workspace, columns.dimensions, columns.measures, columns.negatives, columns.sums)
       INTO sums, leads;
END
$$;
COMMENT ON FUNCTION leadcrm._cube_drift(regclass) IS
'how many sums of the cube are not what the leads say, and by how many leads';

CREATE FUNCTION leadcrm.rebuild_cube(lead regclass) RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT SET search_path TO pg_catalog, pg_temp SET jit TO off
AS $$
DECLARE
    workspace regnamespace := (SELECT relnamespace FROM pg_class WHERE oid = lead);
    columns   record;
    wrong     bigint;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = 'the cube can only be rebuilt at isolation level READ COMMITTED',
            DETAIL = 'What others commit must be visible once they are shut out.';
    END IF;
    -- Whoever writes the cube has written a lead, and is at an end now.
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', lead);
    wrong := (leadcrm._cube_drift(lead)).sums;
    IF wrong > 0 THEN
        SELECT * INTO columns FROM leadcrm._cube_columns(format('%s.lead_cube', workspace)::regclass);
        EXECUTE format('DELETE FROM %s.lead_cube', workspace);
        EXECUTE format($sql$
            INSERT INTO %1$s.lead_cube (key, %3$s, %2$s)
            SELECT leadcrm._cube_key(ROW(0, c.*)::%1$s.lead_cube), c.*
              FROM (SELECT %4$s, %2$s FROM %1$s._cube_recount GROUP BY %2$s) c $sql$,
            workspace, columns.dimensions, columns.measures, columns.sums);
    END IF;
    RETURN wrong;
END
$$;
COMMENT ON FUNCTION leadcrm.rebuild_cube(regclass) IS
'makes the cube of numbers what the leads say; returns how many sums were wrong; for the workspace''s owner; shuts out writers of leads until the transaction ends';
