-- Pictures of the numbers, without any tool: a page, and the funnel alone.  All
-- of these run with the rights of their caller, who gets the numbers that he
-- sees in the views.  What they return is markup in ASCII, right in whatever
-- encoding a client saves it.

-- The filter of a report: what its caller gave, and its period.  That is by
-- default from the first of the month before the last one until today.
CREATE OR REPLACE FUNCTION _report_filter(from_day date, to_day date, filter jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    until date := coalesce(to_day, (SELECT w.today FROM v_workspace w));
    since date := coalesce(from_day, date_trunc('month', until::timestamp) - interval '2 months');
BEGIN
    IF jsonb_typeof(filter) <> 'object' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a filter must be a JSON object';
    ELSIF filter ? 'day' THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'the filter of a report cannot name days',
            HINT = 'Give them as from_day and to_day.';
    ELSIF NOT isfinite(since) OR NOT isfinite(until) OR since > until OR until - since > 36600 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('a report cannot be from %s to %s', since, until),
            HINT = 'Give a first and a last day within one hundred years.';
    END IF;
    RETURN coalesce(filter, '{}') || jsonb_build_object('day', jsonb_build_object('from', since, 'to', until));
END
$$;

-- Numbers are bigint or numeric, the other columns are what one filters by.
CREATE OR REPLACE FUNCTION _report_where(view text, filter jsonb) RETURNS text
LANGUAGE SQL STABLE SET search_path FROM CURRENT
AS $$
    SELECT _filter(view, filter, ARRAY(SELECT a.attname::text FROM pg_attribute a
                                        WHERE a.attrelid = view::regclass AND a.attnum > 0 AND NOT a.attisdropped
                                          AND a.atttypid NOT IN ('bigint'::regtype, 'numeric'::regtype)))
$$;

CREATE OR REPLACE FUNCTION _report_totals(filter jsonb)
RETURNS TABLE (leads bigint, assigned bigint, contacted bigint, contact_minutes bigint, won bigint, won_amount numeric,
               hot bigint, foreign_currencies text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN QUERY EXECUTE format($query$
        SELECT coalesce(sum(f.leads), 0)::bigint, sum(f.assigned)::bigint, sum(f.contacted)::bigint, sum(f.contact_minutes)::bigint,
               coalesce(sum(f.won), 0)::bigint, coalesce(sum(f.won_amount) FILTER (WHERE f.currency = w.currency), 0),
               (SELECT coalesce(sum(f.leads), 0) FROM v_intent f WHERE f.intent = 'hot' AND %s)::bigint,
               string_agg(DISTINCT f.currency, ', ') FILTER (WHERE f.currency <> w.currency AND f.won_amount <> 0)
          FROM v_leaderboard f
         CROSS JOIN v_workspace w
         WHERE %s
        $query$, _report_where('v_intent', filter), _report_where('v_leaderboard', filter)) USING filter;
END
$$;

-- The funnel of a process, with all its steps whether anybody came there or not.
CREATE OR REPLACE FUNCTION _report_funnel(process text, filter jsonb, title text, subtitle text, alone boolean) RETURNS text
LANGUAGE SQL STABLE SET search_path FROM CURRENT
AS $$
    SELECT leadcrm._svg_funnel(title, subtitle, ARRAY[w.words ->> 'leads', w.words ->> 'conversion'],
                               coalesce(s.labels, '{}'), s.leads, s.rates, s.final, s.worst, alone)
      FROM (SELECT leadcrm._report_words(v.locale) AS words FROM v_workspace v) w
     CROSS JOIN (SELECT array_agg(s.stage_label ORDER BY s.step, s.stage_position, s.stage) AS labels,
                        array_agg(coalesce(f.leads, 0) ORDER BY s.step, s.stage_position, s.stage) AS leads,
                        array_agg(f.from_previous ORDER BY s.step, s.stage_position, s.stage) AS rates,
                        array_agg(s.stage_kind <> 'open' ORDER BY s.step, s.stage_position, s.stage) AS final,
                        array_agg(coalesce(f.worst, false) ORDER BY s.step, s.stage_position, s.stage) AS worst
                   FROM v_stage s
                   LEFT JOIN funnel_by(NULL, filter || jsonb_build_object('process', _report_funnel.process)) f ON f.stage = s.stage
                  WHERE s.process = _report_funnel.process AND s.step IS NOT NULL) s
$$;

CREATE OR REPLACE FUNCTION _report_tiles(filter jsonb, words jsonb) RETURNS text
LANGUAGE SQL STABLE SET search_path FROM CURRENT
AS $$
    WITH period AS (
        SELECT (filter -> 'day' ->> 'from')::date AS since, (filter -> 'day' ->> 'to')::date AS until
    ), before AS (
        SELECT t.*
          FROM period p
         CROSS JOIN _report_totals(filter || jsonb_build_object('day', jsonb_build_object(
                'from', p.since - (p.until - p.since + 1), 'to', p.since - 1))) t
    )
    SELECT string_agg(format('<div class="tile"><p class="soft">%s</p><b>%s</b><p class="soft">%s</p></div>',
                             leadcrm._markup(words ->> i.word), i.figure,
                             CASE WHEN i.was > 0
                                  THEN format('<span class="%s">%s %s</span> %s', CASE WHEN i.number < i.was THEN 'down' ELSE 'up' END,
                                              CASE WHEN i.number < i.was THEN '&#9660;' ELSE '&#9650;' END,
                                              leadcrm._percent(abs(i.number / i.was - 1)), leadcrm._markup(words ->> 'before'))
                                  ELSE '&#160;' END),
                      '' ORDER BY i.place)
      FROM _report_totals(filter) t
     CROSS JOIN before b
     CROSS JOIN v_workspace w
     CROSS JOIN LATERAL (VALUES
            (1, 'leads',   leadcrm._figure(t.leads), t.leads::numeric, b.leads::numeric),
            (2, 'won',     leadcrm._figure(t.won), t.won, b.won),
            (3, 'amount',  leadcrm._short_figure(t.won_amount, words), t.won_amount, b.won_amount),
            (4, 'hot',     leadcrm._percent(t.hot / nullif(t.leads, 0)::numeric), NULL, NULL),
            (5, 'contact', leadcrm._percent(t.contacted / nullif(t.assigned, 0)::numeric), NULL, NULL),
            (6, 'minutes', leadcrm._figure(t.contact_minutes / nullif(t.contacted, 0)::numeric), NULL, NULL))
            i (place, word, figure, number, was)
$$;

-- By day, week, month, quarter or year, whatever gives no more columns than can
-- be told apart.
CREATE OR REPLACE FUNCTION _report_trend(filter jsonb, words jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    since date := filter -> 'day' ->> 'from';
    until date := filter -> 'day' ->> 'to';
    unit  text := CASE WHEN until - since < 35 THEN 'day' WHEN until - since < 245 THEN 'week' WHEN until - since < 1100 THEN 'month'
                       WHEN until - since < 3600 THEN 'quarter' ELSE 'year' END;
    drawn text;
BEGIN
    EXECUTE format($query$
        SELECT leadcrm._svg_columns($2 ->> 'trend', array_agg(to_char(t.start, $4) ORDER BY t.start),
                                    array_agg(coalesce(n.leads, 0) ORDER BY t.start), array_agg(coalesce(n.won, 0) ORDER BY t.start))
          FROM generate_series(date_trunc($3, ($1 -> 'day' ->> 'from')::timestamp), ($1 -> 'day' ->> 'to')::timestamp,
                               CASE $3 WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || $3)::interval END) t (start)
          LEFT JOIN (SELECT date_trunc($3, f.day::timestamp) AS start, sum(f.leads)::bigint AS leads, sum(f.won)::bigint AS won
                       FROM v_leaderboard f
                      WHERE %s
                      GROUP BY 1) n ON n.start = t.start
        $query$, _report_where('v_leaderboard', filter))
       INTO drawn
      USING filter, words, unit,
            CASE unit WHEN 'day' THEN 'MM-DD' WHEN 'week' THEN 'MM-DD' WHEN 'month' THEN 'YYYY-MM' WHEN 'quarter' THEN 'YYYY"Q"Q' ELSE 'YYYY' END;
    RETURN drawn;
END
$$;

CREATE OR REPLACE FUNCTION _report_intent(filter jsonb, words jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    lines text;
BEGIN
    EXECUTE format($query$
        SELECT string_agg(format('<tr><td class="name">%%s</td><td>%%s</td><td class="draw">%%s</td><td>%%s</td><td>%%s</td></tr>',
                                 leadcrm._markup(v.intent_label), leadcrm._figure(coalesce(n.leads, 0)),
                                 leadcrm._bar(n.leads / n.most, v.intent), leadcrm._percent(n.leads / n.total),
                                 leadcrm._figure(n.score / nullif(n.scored, 0), 1)), '' ORDER BY v.intent_position DESC)
          FROM v_intent_level v
          LEFT JOIN (SELECT f.intent, sum(f.leads) AS leads, sum(f.score) AS score, sum(f.scored) AS scored,
                            nullif(max(sum(f.leads)) OVER (), 0) AS most, nullif(sum(sum(f.leads)) OVER (), 0) AS total
                       FROM v_intent f
                      WHERE f.intent IS NOT NULL AND %s
                      GROUP BY f.intent) n ON n.intent = v.intent
        $query$, _report_where('v_intent', filter))
       INTO lines
      USING filter;
    RETURN format('<div class="scroll"><table><thead><tr><th class="name">%s</th><th>%s</th><th></th><th>%s</th><th>%s</th></tr></thead><tbody>%s</tbody></table></div>',
                  leadcrm._markup(words ->> 'level'), leadcrm._markup(words ->> 'leads'), leadcrm._markup(words ->> 'share'),
                  leadcrm._markup(words ->> 'score'), lines);
END
$$;

CREATE OR REPLACE FUNCTION _report_losses(filter jsonb, words jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    lines text;
BEGIN
    EXECUTE format($query$
        SELECT string_agg(format('<tr><td class="name">%%s</td><td>%%s</td><td class="draw">%%s</td><td>%%s</td><td>%%s</td></tr>',
                                 leadcrm._markup(n.label), leadcrm._figure(n.leads), leadcrm._bar(n.leads / n.most, 'lost'),
                                 leadcrm._percent(n.leads / n.total), leadcrm._figure(n.amount)), '' ORDER BY n.place)
          FROM (SELECT coalesce(f.loss_reason_label, $2 ->> 'unknown') AS label, sum(f.leads) AS leads,
                       coalesce(sum(f.amount) FILTER (WHERE f.currency = w.currency), 0) AS amount,
                       max(sum(f.leads)) OVER () AS most, sum(sum(f.leads)) OVER () AS total,
                       row_number() OVER (ORDER BY sum(f.leads) DESC, f.loss_reason) AS place
                  FROM v_loss f
                 CROSS JOIN v_workspace w
                 WHERE %s
                 GROUP BY f.loss_reason, f.loss_reason_label
                HAVING sum(f.leads) > 0) n
         WHERE n.place <= 8
        $query$, _report_where('v_loss', filter))
       INTO lines
      USING filter, words;
    IF lines IS NULL THEN
        RETURN format('<p class="soft">%s</p>', leadcrm._markup(words ->> 'none'));
    END IF;
    RETURN format('<div class="scroll"><table><thead><tr><th class="name">%s</th><th>%s</th><th></th><th>%s</th><th>%s</th></tr></thead><tbody>%s</tbody></table></div>',
                  leadcrm._markup(words ->> 'reason'), leadcrm._markup(words ->> 'leads'), leadcrm._markup(words ->> 'share'),
                  leadcrm._markup(words ->> 'expected'), lines);
END
$$;

-- The twelve that bring most, the others together, and all.
CREATE OR REPLACE FUNCTION _report_sources(filter jsonb, words jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    lines text;
    total text;
BEGIN
    EXECUTE format($query$
        SELECT string_agg(p.line, '' ORDER BY p.place) FILTER (WHERE NOT p.of_all), max(p.line) FILTER (WHERE p.of_all)
          FROM (SELECT s.place, s.of_all,
                       format('<tr><td class="name">%%s</td><td>%%s</td><td class="draw">%%s</td><td>%%s</td><td>%%s</td><td>%%s</td>'
                              '<td%%s>%%s</td><td>%%s</td><td>%%s</td><td>%%s</td><td>%%s</td></tr>',
                              leadcrm._markup(CASE WHEN s.of_all THEN $2 ->> 'all' WHEN s.sources = 1 THEN s.label
                                                   ELSE format($2 ->> 'rest', s.sources) END),
                              leadcrm._figure(s.leads),
                              CASE WHEN NOT s.of_all THEN leadcrm._bar(s.leads / nullif(max(s.leads) FILTER (WHERE NOT s.of_all) OVER (), 0)) END,
                              leadcrm._figure(s.score / nullif(s.scored, 0), 1), leadcrm._percent(s.hot / nullif(s.leads, 0)),
                              leadcrm._figure(s.won),
                              CASE WHEN s.won / nullif(s.leads, 0) < max(s.won / nullif(s.leads, 0)) FILTER (WHERE s.of_all) OVER ()
                                   THEN ' class="bad"' END, leadcrm._percent(s.won / nullif(s.leads, 0)),
                              leadcrm._figure(s.won_amount), leadcrm._figure(nullif(s.cost, 0)),
                              leadcrm._figure(nullif(s.cost, 0) / nullif(s.leads, 0)),
                              leadcrm._percent((s.won_amount - s.cost) / nullif(s.cost, 0))) AS line
                  FROM (SELECT least(k.place, 13) AS place, grouping(least(k.place, 13)) = 1 AS of_all, count(*) AS sources, min(k.label) AS label,
                               sum(k.leads) AS leads, sum(k.scored) AS scored, sum(k.score) AS score, sum(k.hot) AS hot,
                               sum(k.won) AS won, sum(k.won_amount) AS won_amount, sum(k.cost) AS cost
                          FROM (SELECT coalesce(f.source_label, $2 ->> 'unknown') AS label,
                                       row_number() OVER (ORDER BY sum(f.leads) DESC, f.source) AS place,
                                       sum(f.leads) AS leads, sum(f.scored) AS scored, sum(f.score) AS score, sum(f.hot) AS hot,
                                       sum(f.won) AS won, coalesce(sum(f.won_amount) FILTER (WHERE f.currency = w.currency), 0) AS won_amount,
                                       coalesce(sum(f.cost) FILTER (WHERE f.currency = w.currency), 0) AS cost
                                  FROM v_source f
                                 CROSS JOIN v_workspace w
                                 WHERE %s
                                 GROUP BY f.source, f.source_label
                                HAVING sum(f.leads) > 0 OR sum(f.cost) > 0) k
                         GROUP BY GROUPING SETS ((least(k.place, 13)), ())) s) p
        $query$, _report_where('v_source', filter))
       INTO lines, total
      USING filter, words;
    IF lines IS NULL THEN
        RETURN format('<p class="soft">%s</p>', leadcrm._markup(words ->> 'none'));
    END IF;
    RETURN format('<div class="scroll"><table><thead><tr><th class="name">%s</th><th>%s</th><th></th>%s</tr></thead><tbody>%s</tbody><tfoot>%s</tfoot></table></div>',
                  leadcrm._markup(words ->> 'source'), leadcrm._markup(words ->> 'leads'),
                  (SELECT string_agg(format('<th>%s</th>', leadcrm._markup(words ->> h.word)), '' ORDER BY h.place)
                     FROM unnest('{score,hot,won,win_rate,amount,cost,lead_cost,roi}'::text[]) WITH ORDINALITY h (word, place)),
                  lines, total);
END
$$;

-- Ranked for those who see the numbers of all, and against targets where the
-- period is one of whole months.
CREATE OR REPLACE FUNCTION _report_leaderboard(filter jsonb, words jsonb) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    since date := filter -> 'day' ->> 'from';
    until date := filter -> 'day' ->> 'to';
    whole boolean := extract(day FROM since) = 1
                 AND (extract(day FROM until + 1) = 1 OR until = (SELECT w.today FROM v_workspace w));
    lines text;
BEGIN
    EXECUTE format($query$
        SELECT string_agg(format('<tr><td>%%s</td><td class="name">%%s</td><td class="name">%%s</td><td>%%s</td><td>%%s</td><td>%%s</td>'
                                 '<td>%%s</td><td>%%s</td><td class="draw">%%s</td><td>%%s</td></tr>',
                                 CASE WHEN sees_numbers() THEN r.rank::text END, leadcrm._markup(r.owner_name), leadcrm._markup(r.team_label),
                                 leadcrm._figure(r.leads), leadcrm._percent(r.contacted / nullif(r.assigned, 0)),
                                 leadcrm._figure(r.contact_minutes / nullif(r.contacted, 0)), leadcrm._figure(r.won),
                                 leadcrm._figure(r.won_amount), leadcrm._bar(r.won_amount / nullif(r.most, 0), 'won'),
                                 leadcrm._percent(CASE WHEN $2 THEN r.won_amount / nullif(r.target_amount, 0) END)),
                          '' ORDER BY r.place)
          FROM (SELECT n.*, rank() OVER best AS rank, row_number() OVER (ORDER BY n.won_amount DESC, n.won DESC, n.owner) AS place,
                       max(n.won_amount) OVER () AS most
                  FROM (SELECT f.owner, f.owner_name, mode() WITHIN GROUP (ORDER BY f.team_label) AS team_label,
                               sum(f.leads) AS leads, sum(f.assigned) AS assigned, sum(f.contacted) AS contacted,
                               sum(f.contact_minutes) AS contact_minutes, sum(f.won) AS won,
                               coalesce(sum(f.won_amount) FILTER (WHERE f.currency = w.currency), 0) AS won_amount,
                               sum(f.target_amount) AS target_amount
                          FROM v_leaderboard f
                         CROSS JOIN v_workspace w
                         WHERE f.owner IS NOT NULL AND %s
                         GROUP BY f.owner, f.owner_name) n
                WINDOW best AS (ORDER BY n.won_amount DESC, n.won DESC)) r
         WHERE r.place <= 20
        $query$, _report_where('v_leaderboard', filter))
       INTO lines
      USING filter, whole;
    IF lines IS NULL THEN
        RETURN format('<p class="soft">%s</p>', leadcrm._markup(words ->> 'none'));
    END IF;
    RETURN format('<div class="scroll"><table><thead><tr><th></th><th class="name">%s</th><th class="name">%s</th>%s<th></th><th>%s</th></tr></thead><tbody>%s</tbody></table></div>',
                  leadcrm._markup(words ->> 'rep'), leadcrm._markup(words ->> 'team'),
                  (SELECT string_agg(format('<th>%s</th>', leadcrm._markup(words ->> h.word)), '' ORDER BY h.place)
                     FROM unnest('{leads,contact,minutes,won,amount}'::text[]) WITH ORDINALITY h (word, place)),
                  leadcrm._markup(words ->> 'attainment'), lines);
END
$$;

-- The funnel alone: of the process that the filter names, else of the one with
-- most leads.
CREATE OR REPLACE FUNCTION funnel_svg(from_day date DEFAULT NULL, to_day date DEFAULT NULL, filter jsonb DEFAULT '{}',
                                      title text DEFAULT NULL) RETURNS text
LANGUAGE SQL STABLE SET search_path FROM CURRENT SET jit TO off
AS $$
    SELECT _report_funnel(p.process, r.filter, coalesce(funnel_svg.title, w.words ->> 'funnel'),
                          p.label || ', ' || format(w.words ->> 'period', r.filter -> 'day' ->> 'from', r.filter -> 'day' ->> 'to'), true)
      FROM (SELECT _report_filter(from_day, to_day, funnel_svg.filter) AS filter) r
     CROSS JOIN (SELECT leadcrm._report_words(v.locale) AS words FROM v_workspace v) w
     CROSS JOIN LATERAL (SELECT s.process, min(s.process_label) AS label
                           FROM v_stage s
                           LEFT JOIN funnel_by(NULL, r.filter) f ON f.process = s.process AND f.stage = s.stage
                          WHERE s.process = r.filter ->> 'process' OR s.subject = 'lead' AND NOT r.filter ? 'process'
                          GROUP BY s.process
                          ORDER BY max(f.leads) DESC NULLS LAST, s.process LIMIT 1) p
$$;

-- One page, without script and without anything from elsewhere; the policy in
-- its head forbids both.
CREATE OR REPLACE FUNCTION report_html(from_day date DEFAULT NULL, to_day date DEFAULT NULL, filter jsonb DEFAULT '{}',
                                       title text DEFAULT NULL) RETURNS text
LANGUAGE SQL STABLE SET search_path FROM CURRENT SET jit TO off
AS $$
    WITH asked AS (
        SELECT _report_filter(from_day, to_day, report_html.filter) AS filter, v.*, leadcrm._report_words(v.locale) AS words
          FROM v_workspace v
    ), process AS (
        SELECT f.process, f.leads, min(s.process_label) AS label
          FROM asked a
         CROSS JOIN LATERAL funnel_by(NULL, a.filter) f
          JOIN v_stage s ON s.process = f.process
         WHERE f.step = 1 AND f.leads > 0
         GROUP BY f.process, f.leads
         UNION ALL
        (SELECT s.process, 0, s.process_label FROM v_stage s WHERE s.subject = 'lead' ORDER BY s.process LIMIT 1)
         ORDER BY leads DESC, process
    ), shown AS (
        SELECT p.*, count(*) OVER () AS processes
          FROM process p
         WHERE p.leads > 0 OR NOT EXISTS (SELECT FROM process WHERE leads > 0)
    )
    SELECT format($page$<!DOCTYPE html>
<html lang="%s"><head><meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>%s</title>
<style>%s%s</style></head>
<body><main>
<header><h1>%2$s</h1><p class="soft">%5$s</p></header>
<div class="tiles">%6$s</div>
<div class="flow">%7$s<section><h2>%8$s</h2><p class="soft">%9$s</p>%10$s</section>
<section><h2>%11$s</h2><p class="soft">%12$s<span class="key leads"></span>%13$s<span class="key"></span>%14$s</p>%15$s</section>
<section><h2>%16$s</h2><p class="soft">%17$s</p>%18$s</section></div>
<section><h2>%19$s</h2><p class="soft">%20$s</p>%21$s</section>
<section><h2>%22$s</h2><p class="soft">%23$s</p>%24$s</section>
<footer>%25$s</footer>
</main></body></html>$page$,
            a.words ->> 'language', leadcrm._markup(coalesce(report_html.title, a.words ->> 'title')),
            leadcrm._picture_style(), leadcrm._report_style(),
            concat_ws(' &#183; ', leadcrm._markup(format(a.words ->> 'period', a.filter -> 'day' ->> 'from', a.filter -> 'day' ->> 'to')),
                      (SELECT string_agg(leadcrm._markup(k.key || ': ' || coalesce(k.value, a.words ->> 'unknown')), ' &#183; ' ORDER BY k.key)
                         FROM jsonb_each_text(a.filter - 'day') k),
                      CASE WHEN NOT sees_numbers() THEN leadcrm._markup(format(a.words ->> 'partly', leadcrm.acting_role())) END),
            _report_tiles(a.filter, a.words),
            (SELECT string_agg(format('<section><h2>%s</h2><p class="soft">%s</p>%s</section>',
                                      concat_ws(' &#183; ', leadcrm._markup(a.words ->> 'funnel'),
                                                CASE WHEN s.processes > 1 THEN leadcrm._markup(s.label) END),
                                      leadcrm._markup(a.words ->> 'funnel_note'),
                                      _report_funnel(s.process, a.filter, a.words ->> 'funnel', NULL, false)),
                               '' ORDER BY s.leads DESC, s.process) FROM shown s),
            leadcrm._markup(a.words ->> 'intent'), leadcrm._markup(a.words ->> 'intent_note'), _report_intent(a.filter, a.words),
            leadcrm._markup(a.words ->> 'trend'), leadcrm._markup(a.words ->> 'trend_note'),
            leadcrm._markup(a.words ->> 'leads'), leadcrm._markup(a.words ->> 'won'), _report_trend(a.filter, a.words),
            leadcrm._markup(a.words ->> 'losses'), leadcrm._markup(a.words ->> 'losses_note'), _report_losses(a.filter, a.words),
            leadcrm._markup(a.words ->> 'sources'), leadcrm._markup(a.words ->> 'sources_note'), _report_sources(a.filter, a.words),
            leadcrm._markup(a.words ->> 'leaderboard'), leadcrm._markup(a.words ->> 'leaderboard_note'), _report_leaderboard(a.filter, a.words),
            concat_ws(' &#183; ', leadcrm._markup(format(a.words ->> 'made', to_char(now() AT TIME ZONE a.time_zone, 'YYYY-MM-DD HH24:MI'),
                                                         a.time_zone, a.currency)),
                      (SELECT leadcrm._markup(format(a.words ->> 'currencies', t.foreign_currencies))
                         FROM _report_totals(a.filter) t WHERE t.foreign_currencies IS NOT NULL)))
      FROM asked a
$$;
