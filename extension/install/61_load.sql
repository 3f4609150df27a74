-- The ledger of loads: reading it, keeping it short, and holding it against
-- the leads.  Writing it is the assign trigger's (load.c).

CREATE FUNCTION leadcrm.rep_loads(lead regclass)
RETURNS TABLE (rep text, open bigint, dealt_today bigint)
LANGUAGE plpgsql STABLE STRICT SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
        SELECT d.rep, sum(d.open)::bigint,
               coalesce(sum(d.dealt) FILTER (WHERE d.day = t.today AND NOT starts_with(d.via, 'pool:')), 0)::bigint
          FROM %1$s.rep_load d
         CROSS JOIN (SELECT (now() AT TIME ZONE w.time_zone)::date AS today FROM %1$s.workspace w) t
         GROUP BY d.rep
         ORDER BY d.rep $sql$, (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = lead));
END
$$;
COMMENT ON FUNCTION leadcrm.rep_loads(regclass) IS
'how many open leads each rep has by the ledger of loads, and how many he was dealt today; for the workspace''s owner';

-- Ledger and leads are read by one statement, so in one snapshot: whatever is
-- in flight is in neither.
CREATE FUNCTION leadcrm._load_drift(lead regclass)
RETURNS TABLE (rep text, counted bigint, has bigint)
LANGUAGE plpgsql STABLE STRICT SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY EXECUTE format($sql$
        SELECT coalesce(c.rep, h.rep), coalesce(c.leads, 0), coalesce(h.leads, 0)
          FROM (SELECT d.rep, sum(d.open)::bigint AS leads FROM %2$s.rep_load d GROUP BY d.rep) c
          FULL JOIN (SELECT l.owner COLLATE "C" AS rep, count(*) AS leads
                       FROM %1$s l
                      WHERE l.owner IS NOT NULL AND l.merged_into IS NULL AND leadcrm.is_open($1, l.process, l.stage)
                      GROUP BY 1) h ON h.rep = c.rep
         WHERE coalesce(c.leads, 0) <> coalesce(h.leads, 0)
         ORDER BY 1 $sql$, lead, (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = lead))
    USING lead;
END
$$;
COMMENT ON FUNCTION leadcrm._load_drift(regclass) IS
'reps for whom the ledger of loads counts other than the open leads they have';

CREATE FUNCTION leadcrm._fold_loads(lead regclass, most integer DEFAULT 1000) RETURNS bigint
LANGUAGE plpgsql VOLATILE SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    workspace regnamespace := (SELECT relnamespace FROM pg_class WHERE oid = lead);
    today     date;
    free      bigint;
    parts     bigint[];
BEGIN
    -- Under a snapshot for the whole transaction it would run into 40001.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RETURN 0;
    END IF;
    EXECUTE format('SELECT (now() AT TIME ZONE time_zone)::date FROM %s.workspace', workspace) INTO today;

    -- What was dealt yesterday stays apart as long as somebody may count by
    -- that day (see LOAD_KEEP_DAYS); what was dealt before, nobody counts.
    EXECUTE format($sql$
        WITH foldable AS (
            SELECT d.id, d.rep, d.via
              FROM %1$s.rep_load d
             WHERE d.dealt = 0 OR d.day = $1 OR d.day < $1 - 1
        ), free AS (
            SELECT d.id, d.rep, d.via
              FROM %1$s.rep_load d
             WHERE (d.rep, d.via) IN (SELECT f.rep, f.via FROM foldable f GROUP BY 1, 2 HAVING count(*) > 4)
               AND (d.dealt = 0 OR d.day = $1 OR d.day < $1 - 1)
             ORDER BY d.rep, d.via, d.id
             LIMIT $2
               FOR UPDATE SKIP LOCKED
        )
        SELECT count(*), array_agg(f.id) FILTER (WHERE f.n > 4)
          FROM (SELECT id, count(*) OVER (PARTITION BY rep, via) AS n FROM free) f $sql$, workspace)
       INTO free, parts USING today, most;

    -- The sum is marked: until this commits, readers go by its parts.
    EXECUTE format($sql$
        WITH part AS (
            DELETE FROM %1$s.rep_load WHERE id = ANY ($1) RETURNING *
        )
        INSERT INTO %1$s.rep_load (rep, via, open, turn, day, dealt, folded)
        SELECT rep, via, sum(open), sum(turn), $2, coalesce(sum(dealt) FILTER (WHERE day = $2), 0), true
          FROM part
         GROUP BY rep, via
        HAVING sum(open) <> 0 OR sum(turn) <> 0 OR bool_or(dealt <> 0 AND day = $2) $sql$, workspace)
      USING parts, today;
    RETURN CASE WHEN free = most AND parts IS NOT NULL THEN 1 ELSE 0 END;
END
$$;
COMMENT ON FUNCTION leadcrm._fold_loads(regclass, integer) IS
'replaces rows of the ledger of loads that nobody is writing by their sum, at most so many (NULL: all); waits for nobody; returns 0 when there is nothing left to fold';

CREATE FUNCTION leadcrm.rebuild_loads(lead regclass)
RETURNS TABLE (rep text, open_before bigint, open_after bigint)
LANGUAGE plpgsql VOLATILE STRICT SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = 'loads can only be rebuilt at isolation level READ COMMITTED',
            DETAIL = 'What others commit must be visible once they are shut out.';
    END IF;
    -- Whoever writes the ledger has written a lead, and is at an end now.
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', lead);
    RETURN QUERY EXECUTE format($sql$
        WITH drift AS MATERIALIZED (
            SELECT * FROM leadcrm._load_drift($1)
        ), mend AS (
            INSERT INTO %1$s.rep_load (rep, via, open, turn, day, dealt, folded)
            SELECT d.rep, '', d.has - d.counted, 0, (now() AT TIME ZONE w.time_zone)::date, 0, false
              FROM drift d CROSS JOIN %1$s.workspace w
        )
        SELECT d.rep, d.counted, d.has FROM drift d ORDER BY d.rep $sql$,
        (SELECT relnamespace::regnamespace FROM pg_class WHERE oid = lead)) USING lead;
    PERFORM leadcrm._fold_loads(lead, NULL);
END
$$;
COMMENT ON FUNCTION leadcrm.rebuild_loads(regclass) IS
'makes the ledger of loads what the open leads say, keeping turns and what was dealt; returns the reps for whom it was wrong; for the workspace''s owner; shuts out writers of leads until the transaction ends';
