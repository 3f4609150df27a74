-- An existing table of leads: adopt_leads(), set-wise.

-- How a column of lead is filled from a column of another table.
CREATE OR REPLACE FUNCTION _adopt_expression(lead_column text, from_table regclass, from_column text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    target CONSTANT regtype := (SELECT a.atttypid FROM pg_attribute a
                                 WHERE a.attrelid = 'lead'::regclass AND a.attname = lead_column AND a.attnum > 0);
    origin CONSTANT regtype := (SELECT a.atttypid FROM pg_attribute a
                                 WHERE a.attrelid = from_table AND a.attname = from_column AND a.attnum > 0);
    number CONSTANT boolean := origin IN ('smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision');
    column_name CONSTANT text := format('s.%I', from_column);
    moment CONSTANT text := CASE WHEN origin IN ('date', 'timestamp') THEN format('(%s::timestamp AT TIME ZONE w.time_zone)', column_name)
                                 WHEN origin = 'timestamptz'::regtype THEN column_name
                                 ELSE format('leadcrm.try_timestamp(%s::text, w.time_zone)', column_name) END;
    amount CONSTANT text := CASE WHEN number THEN format('%s::numeric', column_name)
                                 ELSE format('leadcrm.quantity_low(%s::text)', column_name) END;
BEGIN
    IF origin IS NULL THEN
        RAISE undefined_column USING MESSAGE = format('table %s has no column "%s"', from_table, from_column);
    ELSIF target IS NULL THEN
        RAISE undefined_column USING
            MESSAGE = format('a lead has no column "%s"', lead_column),
            HINT = 'Columns that are not mapped go to attrs under their own names.';
    ELSIF lead_column IN ('id', 'attrs', 'merged_into', 'score', 'intent', 'updated_at', 'lifecycle', 'stage_since', 'won_at', 'lost_at') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('column "%s" is set by leadcrm', lead_column),
            HINT = 'An id can be mapped to external_id.';
    END IF;
    RETURN CASE
        WHEN lead_column = 'phone' THEN format('coalesce((leadcrm.phones_in(%1$s::text))[1]::text, leadcrm.cell_text(%1$s::text))', column_name)
        WHEN target = 'text'::regtype THEN format(CASE lead_column WHEN 'first_source' THEN 'coalesce(leadcrm.cell_text(%s::text), $3)'
                                                                     ELSE 'leadcrm.cell_text(%s::text)' END, column_name)
        WHEN target = 'timestamptz'::regtype THEN moment
        WHEN target = 'date'::regtype THEN format('(%s AT TIME ZONE w.time_zone)::date', moment)
        WHEN target = 'integer'::regtype THEN format('CASE WHEN %1$s BETWEEN 0 AND 2147483647 THEN %1$s::integer END', amount)
        ELSE amount END;
END
$$;

-- The key by which a table is walked: its primary key, if that is one column.
CREATE OR REPLACE FUNCTION _adoption_key(from_table regclass, OUT name name, OUT type regtype)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    SELECT a.attname, a.atttypid::regtype INTO name, type
      FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
     WHERE i.indrelid = from_table AND i.indisprimary AND i.indnkeyatts = 1;
    IF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('table %s has no primary key of one column', from_table),
            HINT = 'Add one: leads are adopted in its order, and a stopped run goes on behind the last key.';
    END IF;
END
$$;

-- Check a call of adopt_leads(), note the run.  Returns the command that
-- inserts the rows whose key is > $1 and <= $2; $3 is the source.
CREATE OR REPLACE FUNCTION _begin_adoption(from_table regclass, mapping jsonb, batch_size integer, home regclass) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    batch  CONSTANT text := 'adopt ' || from_table::text;
    key    CONSTANT record := _adoption_key(from_table);
    phone  CONSTANT text := (SELECT m.key FROM jsonb_each_text(mapping) m WHERE m.value = 'phone');
    names  text;
    exprs  text;
    twice  text;
    total  bigint;
BEGIN
    PERFORM leadcrm.at_home(home);
    IF batch_size IS NULL OR batch_size NOT BETWEEN 1 AND 1000000 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a batch must have 1 to 1000000 rows';
    END IF;
    SELECT m.value INTO twice FROM jsonb_each_text(mapping) m GROUP BY m.value HAVING count(*) > 1 LIMIT 1;
    IF FOUND THEN
        RAISE invalid_parameter_value USING MESSAGE = format('two columns are mapped to "%s"', twice);
    END IF;
    SELECT concat(string_agg(format(', %I', m.value), '' ORDER BY m.value),
                  CASE WHEN NOT 'first_source' = ANY (array_agg(m.value)) THEN ', first_source' END),
           concat(string_agg(', ' || e, '' ORDER BY m.value), CASE WHEN NOT 'first_source' = ANY (array_agg(m.value)) THEN ', $3' END)
      INTO names, exprs
      FROM jsonb_each_text(mapping) m
     CROSS JOIN LATERAL _adopt_expression(m.value, from_table, m.key) e;

    EXECUTE format('SELECT count(*) FROM %s', from_table) INTO total;
    INSERT INTO import_batch AS b (batch, kind, from_table, lines, started_at, updated_at, actor)
    VALUES (batch, 'adopt', from_table::text, total, clock_timestamp(), clock_timestamp(), leadcrm.acting_role())
    ON CONFLICT ON CONSTRAINT import_batch_pkey DO UPDATE SET lines = excluded.lines, finished_at = NULL;

    RETURN format('WITH adopted AS (INSERT INTO lead (attrs%s)
                   SELECT jsonb_strip_nulls(to_jsonb(s) - %L::text[])%s%s
                     FROM %s s CROSS JOIN workspace w
                    WHERE ($1::text IS NULL OR s.%I > $1::%s) AND s.%6$I <= $2::%7$s
                    ORDER BY s.%6$I RETURNING merged_into)
                   SELECT count(*) - count(merged_into), count(merged_into) FROM adopted',
                  names, (SELECT array_agg(m.key) FROM jsonb_object_keys(mapping) m (key)),
                  CASE WHEN phone IS NOT NULL THEN
                      format(' || CASE WHEN cardinality(leadcrm.phones_in(s.%1$I::text)) > 1'
                             ' THEN jsonb_build_object(''phones'', (leadcrm.phones_in(s.%1$I::text))[2:]::text[])'
                             ' ELSE ''{}'' END', phone) END,
                  exprs, from_table, key.name, key.type);
END
$$;

-- Adopt the rows of a range of keys; one that fails is noted in intake with its
-- reason and stops no other.  Returns what became of them.
CREATE OR REPLACE FUNCTION _adopt_range(command text, from_table regclass, source text, from_key text, to_key text,
                                        OUT created bigint, OUT merged bigint, OUT rejected bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT SET jit TO off
AS $$
DECLARE
    key     CONSTANT record := _adoption_key(from_table);
    state   text;
    message text;
    n       bigint;
    middle  text;
    row     jsonb;
    upper   record;
BEGIN
    EXECUTE command INTO created, merged USING from_key, to_key, source;
    rejected := 0;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT;
    -- Not the row's fault: retry, resources, cancel, lock_timeout, syntax or rights.
    IF left(state, 2) IN ('40', '42', '53', '57') OR state = '55P03' THEN
        RAISE;
    END IF;
    EXECUTE format('SELECT count(*), (array_agg(s.%1$I::text ORDER BY s.%1$I))[count(*) / 2], (array_agg(to_jsonb(s)))[1]
                      FROM %2$s s WHERE ($1 IS NULL OR s.%1$I > $1::%3$s) AND s.%1$I <= $2::%3$s',
                   key.name, from_table, key.type)
       INTO n, middle, row USING from_key, to_key;
    IF n > 1 THEN
        SELECT * INTO created, merged, rejected FROM _adopt_range(command, from_table, source, from_key, middle);
        SELECT * INTO upper FROM _adopt_range(command, from_table, source, middle, to_key);
        created := created + upper.created;
        merged := merged + upper.merged;
        rejected := rejected + upper.rejected;
        RETURN;
    END IF;
    INSERT INTO intake (received_at, source, batch, payload, outcome, detail, error, actor)
    VALUES (now(), coalesce(source, 'unknown'), 'adopt ' || from_table::text, row, 'rejected', 'rejected: ' || message,
            state || ': ' || message, leadcrm.acting_role());
    created := 0;
    merged := 0;
    rejected := 1;
END
$$;

-- The next rows of a table.  Returns how many there were.
CREATE OR REPLACE FUNCTION _adopt_chunk(command text, from_table regclass, source text, batch_size integer, home regclass) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    name    CONSTANT text := 'adopt ' || from_table::text;
    key     CONSTANT record := _adoption_key(from_table);
    last    text;
    to_key  text;
    n       bigint;
    became  record;
BEGIN
    PERFORM leadcrm.at_home(home);
    SELECT b.last_key INTO last FROM import_batch b WHERE b.batch = name FOR UPDATE;
    EXECUTE format('SELECT count(*), (array_agg(k.key::text ORDER BY k.key DESC))[1]
                      FROM (SELECT s.%1$I AS key FROM %2$s s WHERE $1::text IS NULL OR s.%1$I > $1::%3$s
                             ORDER BY s.%1$I LIMIT $2) k', key.name, from_table, key.type)
       INTO n, to_key USING last, batch_size;
    IF n > 0 THEN
        SELECT * INTO became FROM _adopt_range(command, from_table, source, last, to_key);
        UPDATE import_batch b
           SET last_key = to_key, done = b.done + n, created = b.created + became.created,
               merged = b.merged + became.merged, rejected = b.rejected + became.rejected, updated_at = clock_timestamp()
         WHERE b.batch = name;
    END IF;
    IF n < batch_size THEN
        UPDATE import_batch b SET finished_at = clock_timestamp() WHERE b.batch = name;
    END IF;
    RETURN n;
END
$$;

-- Bring in an existing table of leads, in the order of its primary key; commits
-- after each batch, goes on where it was stopped.  mapping: {"its column":
-- "column of lead"}.  The last parameter is not for callers.
CREATE OR REPLACE PROCEDURE adopt_leads(source_table regclass, mapping jsonb, batch_size integer DEFAULT 10000,
                                        source text DEFAULT NULL, workspace regclass DEFAULT 'workspace'::regclass)
LANGUAGE plpgsql
AS $$
DECLARE
    home    text := (SELECT c.relnamespace::pg_catalog.regnamespace FROM pg_catalog.pg_class c WHERE c.oid = workspace);
    command text;
    n       bigint;
BEGIN
    IF source_table IS NULL OR mapping IS NULL OR pg_catalog.jsonb_typeof(mapping) <> 'object' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'adopt_leads() needs a table and a JSON object that maps its columns',
            HINT = 'For example {"cust_name": "name", "tel": "phone", "cust_no": "external_id"}.';
    END IF;
    EXECUTE pg_catalog.format('SELECT %s._begin_adoption($1, $2, $3, $4)', home)
       INTO command USING source_table, mapping, batch_size, workspace;
    COMMIT;
    LOOP
        EXECUTE pg_catalog.format('SELECT %s._adopt_chunk($1, $2, $3, $4, $5)', home)
           INTO n USING command, source_table, source, batch_size, workspace;
        COMMIT;
        EXIT WHEN n < batch_size;
    END LOOP;
END
$$;
