-- Old stage logs: import_history() makes them stage_change with their true
-- times, so that funnels and times in stages are right on the first day.
--
-- A lead's history is what was imported and what happened here, in the order
-- of time.  Where times are equal, what was imported comes first, and of that
-- the earlier import, then the earlier line: order never rests on a clock
-- alone.  What was imported is told from the rest by its cause, and known again
-- by lead, stage and time.  No guard is asked: it was so.
--
-- The entry that a lead got when it was created says little beside such a log.
-- In the first stage of its process it stays if nothing imported is before it;
-- in another, which its writer knew then, if nothing imported is after it.

-- The expression for a field of a line: the column that the mapping names, or
-- the one of that name; NULL when there is none.
CREATE OR REPLACE FUNCTION _history_column(staging regclass, mapping jsonb, field text) RETURNS text
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT format('s.%I', a.attname)
      FROM pg_attribute a
      LEFT JOIN jsonb_each(mapping) m ON leadcrm.fold_text(m.key) = leadcrm.fold_text(a.attname)
     WHERE a.attrelid = staging AND a.attnum > 0 AND NOT a.attisdropped
       AND coalesce(CASE jsonb_typeof(m.value) WHEN 'object' THEN m.value ->> 'field' ELSE m.value #>> '{}' END, a.attname) = field
     ORDER BY m.key IS NULL, a.attnum LIMIT 1;
END;

-- Check what import_history() is called with.
CREATE OR REPLACE FUNCTION _check_history(staging regclass, mapping jsonb, stages jsonb) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    fields CONSTANT text[] := '{lead_id,external_id,source,stage,at,reason,note,competitor,amount,owner,actor}';
    wrong  text;
    twice  bigint[];
BEGIN
    IF staging IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the staging table must not be NULL';
    ELSIF jsonb_typeof(mapping) IS DISTINCT FROM 'object' OR jsonb_typeof(stages) IS DISTINCT FROM 'object' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'mapping and stages must be JSON objects',
            HINT = 'For example {"Won on": {"field": "at", "format": "DD-MM-YYYY"}} and {"Qualified": "analysis"}.';
    END IF;
    PERFORM _check_staging(staging, mapping);
    SELECT f.name INTO wrong
      FROM jsonb_each(mapping) m
     CROSS JOIN LATERAL (SELECT CASE jsonb_typeof(m.value) WHEN 'object' THEN m.value ->> 'field' ELSE m.value #>> '{}' END) f (name)
     WHERE (f.name = ANY (fields)) IS NOT TRUE LIMIT 1;
    IF FOUND THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('a line of a stage log has no field "%s"', wrong),
            HINT = format('Its fields are %s.', array_to_string(fields, ', '));
    END IF;
    SELECT n.name INTO wrong FROM (VALUES ('stage'), ('at')) n (name) WHERE _history_column(staging, mapping, n.name) IS NULL LIMIT 1;
    IF NOT FOUND AND _history_column(staging, mapping, 'lead_id') IS NULL AND _history_column(staging, mapping, 'external_id') IS NULL THEN
        wrong := 'lead_id" or "external_id';
    END IF;
    IF wrong IS NOT NULL THEN
        RAISE undefined_column USING
            MESSAGE = format('table %s has no column for field "%s"', staging, wrong),
            HINT = 'Name it in the mapping: {"column": "field"}.';
    END IF;
    PERFORM leadcrm.try_timestamp('', w.time_zone, f.value) FROM workspace w, jsonb_each_text(_mapping_formats(mapping)) f;
    EXECUTE format('SELECT ARRAY(SELECT line::bigint FROM %s GROUP BY line HAVING count(*) > 1 OR line IS NULL ORDER BY line LIMIT 1)', staging)
       INTO twice;
    IF twice <> '{}' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = CASE WHEN twice[1] IS NULL THEN format('table %s has lines without a number', staging)
                           ELSE format('table %s has line %s more than once', staging, twice[1]) END;
    END IF;
END
$$;

-- Read the lines: of which lead and stage each is, or what is wrong with it.
-- Stages and reasons may be given by code or label, however they are written.
CREATE OR REPLACE FUNCTION _read_history(staging regclass, source text, mapping jsonb, stages jsonb)
RETURNS TABLE (line bigint, lead_id bigint, process text, stage text, at timestamptz, reason text, note text, competitor text,
               amount numeric, owner text, actor text, problem text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET datestyle TO 'ISO' SET jit TO off
AS $$
#variable_conflict use_column
DECLARE
    -- A date, or a time without a zone, is one of the workspace's.
    moment CONSTANT text := (
        SELECT CASE WHEN a.atttypid = 'timestamptz'::regtype THEN e.column_name
                    WHEN a.atttypid IN ('date'::regtype, 'timestamp'::regtype) THEN format('(%s::timestamp AT TIME ZONE w.time_zone)', e.column_name)
                    ELSE format('leadcrm.try_timestamp(%s::text, w.time_zone, %L)', e.column_name, _mapping_formats(mapping) ->> 'at') END
          FROM (SELECT _history_column(staging, mapping, 'at')) e (column_name)
          JOIN pg_attribute a ON a.attrelid = staging AND format('s.%I', a.attname) = e.column_name);
    texts  CONSTANT text := (
        SELECT string_agg(format('leadcrm.cell_text(%s::text) AS %I', coalesce(_history_column(staging, mapping, f.field), 'NULL'), f.name), ', ')
          FROM (VALUES ('lead_id', 'lead_text'), ('external_id', 'external_id'), ('source', 'source'), ('stage', 'stage_text'),
                       ('at', 'at_text'), ('reason', 'reason_text'), ('note', 'note'), ('competitor', 'competitor'),
                       ('amount', 'amount_text'), ('owner', 'owner'), ('actor', 'actor')) f (field, name));
BEGIN
    RETURN QUERY EXECUTE format($sql$
        WITH given AS MATERIALIZED (
            SELECT s.line::bigint AS line, %1$s AS at, %2$s FROM %3$s s CROSS JOIN workspace w
        ), named AS (
            SELECT g.*, coalesce(g.source, $1) AS of_source,
                   CASE WHEN g.lead_text ~ '^[0-9]{1,18}$' THEN g.lead_text::bigint END AS given_id
              FROM given g
        ), by_external AS MATERIALIZED (
            SELECT l.external_id, min(l.id) AS id, count(*) AS n
              FROM lead l WHERE l.external_id IN (SELECT d.external_id FROM named d WHERE d.of_source IS NULL)
             GROUP BY l.external_id
        ), stage_name AS MATERIALIZED (
            SELECT DISTINCT ON (n.process, n.name) n.process, n.name, n.code, n.kind
              FROM (SELECT t.process, leadcrm.fold_text(t.code) AS name, t.code, t.kind, 0 AS by, t.position FROM stage t
                     UNION ALL
                    SELECT t.process, leadcrm.fold_text(t.label), t.code, t.kind, 1, t.position FROM stage t) n
             ORDER BY n.process, n.name, n.by, n.position
        ), reason_name AS MATERIALIZED (
            SELECT DISTINCT ON (n.name) n.name, n.code
              FROM (SELECT leadcrm.fold_text(t.code) AS name, t.code, 0 AS by, t.position FROM loss_reason t
                     UNION ALL
                    SELECT leadcrm.fold_text(t.label), t.code, 1, t.position FROM loss_reason t) n
             ORDER BY n.name, n.by, n.position
        ), other_name AS MATERIALIZED (
            SELECT DISTINCT ON (leadcrm.fold_text(o.key)) leadcrm.fold_text(o.key) AS name, leadcrm.fold_text(o.value) AS means
              FROM jsonb_each_text($2) o ORDER BY leadcrm.fold_text(o.key), o.key
        )
        SELECT d.line, l.id, l.process, n.code, d.at,
               CASE n.kind WHEN 'lost' THEN r.code END, d.note, d.competitor, m.amount, d.owner, d.actor,
               CASE WHEN d.lead_text IS NULL AND d.external_id IS NULL THEN 'names no lead'
                    WHEN d.lead_text IS NOT NULL AND l.id IS NULL THEN format('there is no lead "%%s"', d.lead_text)
                    WHEN e.n > 1 THEN format('leads of %%s sources have external_id "%%s": name the source', e.n, d.external_id)
                    WHEN l.id IS NULL THEN concat('there is no lead with external_id "', d.external_id, '"', ' of source "' || d.of_source || '"')
                    WHEN l.merged_into IS NOT NULL THEN format('lead %%s was merged into lead %%s', l.id, l.merged_into)
                    WHEN l.process IS NULL THEN format('lead %%s follows no process', l.id)
                    WHEN d.stage_text IS NULL THEN 'names no stage'
                    WHEN n.code IS NULL THEN format('process "%%s" has no stage "%%s"', l.process, d.stage_text)
                    WHEN d.at_text IS NULL THEN 'names no time'
                    WHEN isfinite(d.at) IS NOT TRUE THEN format('cannot read the time "%%s"', d.at_text)
                    WHEN d.at > now() THEN format('the time "%%s" is in the future', d.at_text)
                    WHEN n.kind = 'lost' AND d.reason_text IS NOT NULL AND r.code IS NULL THEN format('there is no loss reason "%%s"', d.reason_text)
                    WHEN d.amount_text IS NOT NULL AND m.amount IS NULL THEN format('cannot read the amount "%%s"', d.amount_text) END
          FROM named d
          LEFT JOIN by_external e ON e.external_id = d.external_id AND d.of_source IS NULL AND d.lead_text IS NULL
          LEFT JOIN lead x ON x.first_source = d.of_source AND x.external_id = d.external_id AND d.lead_text IS NULL
          LEFT JOIN lead l ON l.id = CASE WHEN d.lead_text IS NOT NULL THEN d.given_id WHEN e.n = 1 THEN e.id ELSE x.id END
          LEFT JOIN other_name o ON o.name = leadcrm.fold_text(d.stage_text)
          LEFT JOIN stage_name n ON n.process = l.process AND n.name = coalesce(o.means, leadcrm.fold_text(d.stage_text))
          LEFT JOIN reason_name r ON r.name = leadcrm.fold_text(d.reason_text)
         CROSS JOIN LATERAL (SELECT coalesce(leadcrm.num(d.amount_text), leadcrm.quantity_low(d.amount_text)) AS amount) m
         ORDER BY d.line $sql$, moment, texts, staging)
    USING leadcrm.cell_text(source), stages;
END
$$;

-- Bring the lines of an old stage log into the histories of their leads.
-- Returns what became of each line: imported; repeated, it was there; unchanged,
-- the lead was in that stage anyway; or rejected, with the reason.
--
-- For the workspace's owner: it reads his table and asks no guard.  The last
-- parameter is not for callers.
CREATE OR REPLACE FUNCTION import_history(staging regclass, source text DEFAULT NULL, mapping jsonb DEFAULT '{}', stages jsonb DEFAULT '{}',
                                          home regclass DEFAULT 'lead'::regclass)
RETURNS TABLE (line bigint, lead_id bigint, outcome text, detail text)
LANGUAGE plpgsql SET search_path FROM CURRENT SET jit TO off SET enable_nestloop TO off
AS $$
#variable_conflict use_column
DECLARE
    leads    bigint[];
    lines    bigint[];
    of_leads bigint[];
    outcomes text[];
    details  text[];
    changed  bigint[];
BEGIN
    PERFORM leadcrm.at_home(home), _check_history(staging, mapping, stages);
    leads := ARRAY(SELECT DISTINCT h.lead_id FROM _read_history(staging, source, mapping, stages) h WHERE h.problem IS NULL);
    PERFORM FROM lead l WHERE l.id = ANY (leads) ORDER BY l.id FOR NO KEY UPDATE;

    WITH given AS MATERIALIZED (
        SELECT h.line, h.lead_id, h.process, h.stage, h.at, h.reason, h.note, h.competitor, h.amount, h.owner, h.actor,
               CASE WHEN h.problem IS NULL AND h.lead_id <> ALL (leads) THEN 'its lead has just been changed: try again'
                    ELSE h.problem END AS problem,
               row_number() OVER (PARTITION BY h.problem, h.lead_id, h.stage, h.at ORDER BY h.line) AS nth
          FROM _read_history(staging, source, mapping, stages) h
    ), fresh AS MATERIALIZED (
        SELECT g.* FROM given g
         WHERE g.problem IS NULL AND g.nth = 1
           AND NOT EXISTS (SELECT FROM stage_change c
                            WHERE c.lead_id = g.lead_id AND c.to_stage = g.stage AND c.at = g.at AND c.cause = 'import')
    ), entry AS MATERIALIZED (
        -- kind: 0 the creation, 1 imported, 2 what happened here
        SELECT c.lead_id, c.process, c.to_stage, c.at, c.cause, c.reason, c.note, c.competitor, c.amount, c.owner, c.actor,
               CASE WHEN c.cause = 'import' THEN 1 WHEN c.position = 1 THEN 0 ELSE 2 END AS kind, false AS fresh, c.position::bigint AS n
          FROM stage_change c
         WHERE c.lead_id IN (SELECT f.lead_id FROM fresh f)
         UNION ALL
        SELECT f.lead_id, f.process, f.stage, f.at, 'import', f.reason, f.note, f.competitor, f.amount, f.owner,
               coalesce(f.actor, leadcrm.acting_role()), 1, true, f.line
          FROM fresh f
    ), log AS (
        SELECT e.lead_id, min(e.at) AS first_at, max(e.at) AS last_at,
               (array_agg(e.to_stage ORDER BY e.at, e.fresh, e.n))[1] AS first_stage,
               (array_agg(e.to_stage ORDER BY e.at DESC, e.fresh DESC, e.n DESC))[1] AS last_stage
          FROM entry e WHERE e.kind = 1
         GROUP BY e.lead_id
    ), sorted AS (
        SELECT e.*, lag(e.to_stage) OVER history AS stage_before
          FROM entry e
          JOIN log g ON g.lead_id = e.lead_id
          LEFT JOIN (SELECT DISTINCT ON (s.process) s.process, s.code FROM stage s WHERE s.kind = 'open'
                      ORDER BY s.process, s.position, s.code) first ON first.process = e.process
         WHERE CASE WHEN e.kind <> 0 THEN true
                    WHEN e.to_stage = first.code THEN e.at <= g.first_at AND e.to_stage <> g.first_stage
                    ELSE e.at > g.last_at AND e.to_stage <> g.last_stage END
        WINDOW history AS (PARTITION BY e.lead_id ORDER BY e.at, e.kind, e.fresh, e.n)
    ), placed AS MATERIALIZED (
        SELECT s.*, row_number() OVER history AS position, lag(s.to_stage) OVER history AS from_stage
          FROM sorted s
         WHERE s.kind <> 1 OR s.to_stage IS DISTINCT FROM s.stage_before
        WINDOW history AS (PARTITION BY s.lead_id ORDER BY s.at, s.kind, s.fresh, s.n)
    ), gone AS (
        DELETE FROM stage_change c WHERE c.lead_id IN (SELECT p.lead_id FROM placed p WHERE p.fresh) RETURNING c.position
    ), made AS (
        -- All are gone before the first one comes again.
        INSERT INTO stage_change (lead_id, position, process, from_stage, to_stage, at, cause, reason, note, competitor, amount, owner, actor)
        SELECT p.lead_id, p.position, p.process, p.from_stage, p.to_stage, p.at, p.cause, p.reason, p.note, p.competitor, p.amount, p.owner, p.actor
          FROM placed p
         WHERE p.lead_id IN (SELECT q.lead_id FROM placed q WHERE q.fresh) AND (SELECT count(*) FROM gone) >= 0
         ORDER BY p.lead_id, p.position
    )
    SELECT array_agg(o.line ORDER BY o.line), array_agg(o.lead_id ORDER BY o.line),
           array_agg(o.outcome ORDER BY o.line), array_agg(o.detail ORDER BY o.line)
      INTO lines, of_leads, outcomes, details
      FROM (SELECT g.line, g.lead_id,
                   CASE WHEN g.problem IS NOT NULL THEN 'rejected' WHEN p.fresh THEN 'imported'
                        WHEN f.line IS NOT NULL THEN 'unchanged' ELSE 'repeated' END AS outcome,
                   CASE WHEN g.problem IS NOT NULL THEN g.problem
                        WHEN p.fresh THEN NULL
                        WHEN f.line IS NOT NULL THEN format('the lead was in stage "%s" already', g.stage)
                        ELSE 'the same stage and time is known of this lead' END AS detail
              FROM given g
              LEFT JOIN fresh f ON f.line = g.line
              LEFT JOIN placed p ON p.fresh AND p.n = g.line) o;

    changed := ARRAY(SELECT DISTINCT u.id FROM unnest(of_leads, outcomes) u (id, outcome) WHERE u.outcome = 'imported' ORDER BY 1);
    IF changed <> '{}' THEN
        PERFORM leadcrm.rebuild_lifecycle('lead', changed);
        INSERT INTO event (kind, at, actor, data)
        SELECT 'history.imported', now(), leadcrm.acting_role(),
               jsonb_build_object('from_table', staging::text, 'leads', cardinality(changed), 'lines', jsonb_object_agg(u.outcome, u.n))
          FROM (SELECT v.outcome, count(*) AS n FROM unnest(outcomes) v (outcome) GROUP BY v.outcome) u;
    END IF;
    RETURN QUERY SELECT u.* FROM unnest(lines, of_leads, outcomes, details) u;
END
$$;
