-- From a number to the leads behind it.  All of these run with the rights of
-- their caller, who gets what he sees in v_lead and v_funnel.

-- A filter on the columns of a view, as a condition in SQL on rows f, the values
-- taken from the filter itself, which is to be parameter 1.  A value
-- is what a column must be, null that it is empty, an array what it may be,
-- {"from": .., "to": ..} a range with both ends, {"under": ..} a path with all
-- below it.  Columns of the view that are none of the dimensions are numbers:
-- they are passed over, so that a whole row of the view can be the filter.
CREATE OR REPLACE FUNCTION _filter(view text, filter jsonb, dimensions text[]) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    condition text := 'true';
    entry     record;
    part      record;
    type      text;
BEGIN
    IF jsonb_typeof(filter) IS DISTINCT FROM 'object' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a filter must be a JSON object';
    END IF;
    FOR entry IN SELECT e.key AS name, e.value, jsonb_typeof(e.value) AS kind FROM jsonb_each(filter) e LOOP
        type := (SELECT format_type(a.atttypid, NULL) FROM pg_attribute a
                  WHERE a.attrelid = view::regclass AND a.attname = entry.name AND a.attnum > 0 AND NOT a.attisdropped);
        IF type IS NULL THEN
            RAISE undefined_column USING
                MESSAGE = format('view "%s" has no column "%s"', view, entry.name),
                HINT = format('Its dimensions are %s.',
                              (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a
                                WHERE a.attrelid = view::regclass AND a.attname = ANY (dimensions)));
        ELSIF entry.name <> ALL (dimensions) THEN
            CONTINUE;
        ELSIF entry.kind = 'object' THEN
            FOR part IN SELECT e.key, e.value FROM jsonb_each_text(entry.value) e LOOP
                IF part.key = 'under' THEN
                    condition := condition || format(' AND starts_with(f.%1$I || ''/'', ($1 -> %1$L ->> ''under'') || ''/'')', entry.name);
                ELSIF part.key IN ('from', 'to') THEN
                    condition := condition || format(' AND f.%1$I %2$s ($1 -> %1$L ->> %3$L)::%4$s', entry.name,
                                                     CASE part.key WHEN 'from' THEN '>=' ELSE '<=' END, part.key, type);
                ELSE
                    RAISE invalid_parameter_value USING
                        MESSAGE = format('a filter on "%s" cannot say "%s"', entry.name, part.key),
                        HINT = 'It can say "from" and "to", or "under".';
                END IF;
            END LOOP;
        ELSIF entry.kind = 'array' THEN
            condition := condition || format(' AND f.%1$I = ANY (ARRAY(SELECT jsonb_array_elements_text($1 -> %1$L))::%2$s[])',
                                             entry.name, type);
        ELSIF entry.kind = 'null' THEN
            condition := condition || format(' AND f.%I IS NULL', entry.name);
        ELSE
            condition := condition || format(' AND f.%1$I = ($1 ->> %1$L)::%2$s', entry.name, type);
        END IF;
    END LOOP;
    RETURN condition;
END
$$;

-- The counts of the views and which leads l they count: those for which the
-- condition holds, at the stages s that fit, by this date, and by the first or
-- the last source.
CREATE OR REPLACE FUNCTION _numbers()
RETURNS TABLE (view text, number text, stages text, condition text, dated text, touch text)
LANGUAGE SQL IMMUTABLE
BEGIN ATOMIC
    SELECT n.*
      FROM (VALUES
        ('v_funnel', 'leads',   's.step <= l.furthest_step OR s.stage = l.stage AND s.stage_kind IN (''won'', ''converted'')',
         's.stage IS NOT NULL', 'created_on', 'first'),
        ('v_funnel', 'entered', 's.stage = ANY (l.stages) AND (s.stage_kind = ''open'' OR s.stage = l.stage AND s.stage_kind <> ''lost'')',
         's.stage IS NOT NULL', 'created_on', 'first'),
        ('v_funnel', 'present', 's.stage = l.stage AND s.stage_kind <> ''lost''', 's.stage IS NOT NULL', 'created_on', 'first'),
        ('v_funnel', 'lost',    's.step = l.furthest_step', 's.stage IS NOT NULL AND l.lost_on IS NOT NULL', 'created_on', 'first'),
        ('v_source', 'leads',            'false', 'true',                              'created_on', 'first'),
        ('v_source', 'scored',           'false', 'l.score IS NOT NULL',               'created_on', 'first'),
        ('v_source', 'hot',              'false', 'l.intent = ''hot''',                'created_on', 'first'),
        ('v_source', 'won',              'false', 'l.won_on IS NOT NULL',              'created_on', 'first'),
        ('v_source', 'leads_last_touch', 'false', 'true',                              'created_on', 'last'),
        ('v_source', 'won_last_touch',   'false', 'l.won_on IS NOT NULL',              'created_on', 'last'),
        ('v_leaderboard', 'leads',       'false', 'true',                              'created_on', 'first'),
        ('v_leaderboard', 'assigned',    'false', 'l.assigned_at IS NOT NULL',         'created_on', 'first'),
        ('v_leaderboard', 'contacted',   'false', 'l.first_contacted_at IS NOT NULL',  'created_on', 'first'),
        ('v_leaderboard', 'won',         'false', 'l.won_on IS NOT NULL',              'won_on',     'first'),
        ('v_intent', 'leads',            'false', 'true',                              'created_on', 'first'),
        ('v_intent', 'scored',           'false', 'l.score IS NOT NULL',               'created_on', 'first'),
        ('v_pipeline', 'leads', 's.stage = l.stage', 'l.stage_kind = ''open''',        'created_on', 'first'),
        ('v_forecast', 'leads', 's.stage = l.stage', 'l.stage_kind = ''open''',        'closes_on',  'first'),
        ('v_forecast', 'won',            'false', 'l.won_on IS NOT NULL',              'won_on',     'first'),
        ('v_stuck', 'leads', 's.stage = l.stage', 'l.stuck',                           'created_on', 'first'),
        ('v_loss', 'leads', 's.step = l.furthest_step', 'l.lost_on IS NOT NULL',       'lost_on',    'first'),
        ('v_sla', 'leads',               'false', 'true',                              'created_on', 'first'),
        ('v_sla', 'assigned',            'false', 'l.assigned_at IS NOT NULL',         'created_on', 'first'),
        ('v_sla', 'contacted',           'false', 'l.first_contacted_at IS NOT NULL',  'created_on', 'first'),
        ('v_sla', 'waiting', 'false', 'l.first_contacted_at IS NULL AND l.owner IS NOT NULL AND l.stage_kind = ''open'' AND l.first_contact_due_at IS NOT NULL',
         'created_on', 'first'),
        ('v_sla', 'overdue', 'false', 'l.first_contacted_at IS NULL AND l.owner IS NOT NULL AND l.stage_kind = ''open'' AND l.first_contact_due_at < now()',
         'created_on', 'first')) n (view, number, stages, condition, dated, touch);
END;

-- The leads behind a number of a view: those that its rows count for which the
-- filter holds.  The filter's "number" says which of its counts is meant, the
-- leads where it says nothing.
CREATE OR REPLACE FUNCTION drill(view text, filter jsonb DEFAULT '{}') RETURNS SETOF v_lead
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    dimensions CONSTANT text[] := '{day,week,month,quarter,year,team,team_label,department,department_label,owner,owner_name,
        province,province_name,city,city_name,territory,territory_label,industry,industry_label,product_line,
        product_line_label,source,source_label,channel,campaign,partner,currency,process,process_label,stage,stage_label,
        stage_kind,step,probability,intent,intent_label,intent_position,loss_reason,loss_reason_label,competitor}';
    asked   text := coalesce(filter ->> 'number', 'leads');
    base    text := CASE WHEN drill.view IN ('v_funnel_total', 'v_source_month', 'v_intent_total')
                         THEN regexp_replace(drill.view, '_(total|month)$', '') ELSE drill.view END;
    counted record;
    leads   bigint[];
BEGIN
    SELECT * INTO counted FROM _numbers() n WHERE n.view = base AND n.number = asked;
    IF NOT FOUND THEN
        RAISE undefined_object USING
            MESSAGE = format('there is no number "%s" of leads in view "%s"', asked, drill.view),
            HINT = CASE WHEN base IN (SELECT n.view FROM _numbers() n)
                        THEN format('Its numbers of leads are %s.', (SELECT string_agg(n.number, ', ') FROM _numbers() n WHERE n.view = base))
                        ELSE format('The views to drill into are %s.', (SELECT string_agg(DISTINCT n.view, ', ') FROM _numbers() n)) END;
    END IF;
    EXECUTE format($query$
        SELECT array_agg(DISTINCT f.id)
          FROM (SELECT l.id, d.day, date_trunc('week', d.day::timestamp)::date AS week,
                       date_trunc('month', d.day::timestamp)::date AS month,
                       date_trunc('quarter', d.day::timestamp)::date AS quarter, extract(year FROM d.day)::integer AS year,
                       l.team, l.team_label, l.department, l.department_label, l.owner, l.owner_name,
                       l.province, l.province_name, l.city, l.city_name, l.territory, l.territory_label,
                       l.industry, l.industry_label, l.product_line, l.product_line_label,
                       l.%1$s_source AS source, l.%1$s_source_label AS source_label, l.%1$s_channel AS channel,
                       l.campaign, l.partner, l.currency, l.process, l.process_label,
                       s.stage, s.stage_label, s.stage_kind, s.step, s.probability,
                       v.intent, v.intent_label, v.intent_position, l.loss_reason, l.loss_reason_label, l.competitor
                  FROM v_lead l
                  LEFT JOIN v_intent_level v ON v.intent = l.intent_now
                  LEFT JOIN v_stage s ON s.process = l.process AND (%2$s)
                 CROSS JOIN LATERAL (SELECT l.%3$I AS day) d
                 WHERE %4$s) f
         WHERE %5$s
        $query$, counted.touch, counted.stages, counted.dated, counted.condition,
        _filter(drill.view, filter - 'number', dimensions)) INTO leads USING filter;
    RETURN QUERY SELECT l.* FROM v_lead l WHERE l.id = ANY (leads);
END
$$;

-- The funnel by any dimension of v_funnel, with its rates.
CREATE OR REPLACE FUNCTION funnel_by(dimension text DEFAULT NULL, filter jsonb DEFAULT '{}')
RETURNS TABLE (value text, process text, stage text, stage_label text, step integer, leads bigint, amount numeric,
               entered bigint, present bigint, lost bigint, lost_amount numeric, from_previous numeric,
               from_first numeric, loss_rate numeric, worst boolean)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    dimensions text[] := ARRAY(SELECT a.attname::text FROM pg_attribute a
                                WHERE a.attrelid = 'v_funnel'::regclass AND a.attnum > 0 AND NOT a.attisdropped
                                  AND a.attname <> ALL ('{leads,amount,entered,present,lost,lost_amount}'));
BEGIN
    IF dimension <> ALL (dimensions) THEN
        RAISE undefined_column USING
            MESSAGE = format('view "v_funnel" has no dimension "%s"', dimension),
            HINT = format('Its dimensions are %s.', array_to_string(dimensions, ', '));
    END IF;
    RETURN QUERY EXECUTE format($query$
        SELECT t.value, t.process, t.stage, t.stage_label, t.step, t.leads, t.amount, t.entered, t.present, t.lost,
               t.lost_amount, round(t.kept, 4), round(t.leads::numeric / nullif(t.first, 0), 4),
               round(t.lost::numeric / nullif(t.leads, 0), 4),
               coalesce(t.kept < 1 AND t.kept = min(t.kept) OVER (PARTITION BY t.value, t.process), false)
          FROM (SELECT g.*, s.stage_label, s.step,
                       g.leads::numeric / nullif(max(g.leads) OVER (PARTITION BY g.value, g.process ORDER BY s.step
                                                                    RANGE BETWEEN 1 PRECEDING AND 1 PRECEDING), 0) AS kept,
                       max(g.leads) FILTER (WHERE s.step = 1) OVER (PARTITION BY g.value, g.process) AS first
                  FROM (SELECT %s AS value, f.process, f.stage, sum(f.leads)::bigint AS leads, sum(f.amount) AS amount,
                               sum(f.entered)::bigint AS entered, sum(f.present)::bigint AS present,
                               sum(f.lost)::bigint AS lost, sum(f.lost_amount) AS lost_amount
                          FROM v_funnel f
                         WHERE %s
                         GROUP BY 1, 2, 3) g
                  JOIN v_stage s ON s.process = g.process AND s.stage = g.stage) t
         ORDER BY t.value, t.process, t.step, t.stage
        $query$, CASE WHEN dimension IS NULL THEN 'NULL::text' ELSE format('f.%I::text', dimension) END,
        _filter('v_funnel', filter, dimensions)) USING filter;
END
$$;
