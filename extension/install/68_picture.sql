-- What reports are drawn with: text for markup, figures, bars, two pictures.
-- A workspace's report_html() and funnel_svg() put these together.

CREATE FUNCTION leadcrm._markup(text, ems double precision DEFAULT NULL) RETURNS text
LANGUAGE C IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'leadcrm_markup';
COMMENT ON FUNCTION leadcrm._markup(text, double precision) IS
'a text as it may stand in HTML, XML or SVG, in ASCII; not wider than so many ems';

CREATE FUNCTION leadcrm._text_width(text) RETURNS double precision
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'leadcrm_text_width';
COMMENT ON FUNCTION leadcrm._text_width(text) IS
'how many ems wide a text is drawn at most, in any of the usual fonts';

-- Figures, like all that follows, are markup.
CREATE FUNCTION leadcrm._figure(number numeric, decimals integer DEFAULT 0) RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN coalesce(to_char(round(number, decimals),
                        'FM' || repeat('999,', 12) || '990' || CASE WHEN decimals > 0 THEN '.' || repeat('0', decimals) ELSE '' END),
                '&#8211;');
COMMENT ON FUNCTION leadcrm._figure(numeric, integer) IS
'a number for people, with commas; a dash for none';

CREATE FUNCTION leadcrm._percent(share numeric) RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN share IS NULL THEN '&#8211;' ELSE leadcrm._figure(share * 100, 1) || '%' END;
COMMENT ON FUNCTION leadcrm._percent(numeric) IS
'a share for people, in percent; a dash for none';

-- A large number in units that its language counts by, 4,775.1 of ten thousand
-- or 47.75 million, with the words of a report.
CREATE FUNCTION leadcrm._short_figure(number numeric, words jsonb) RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN abs(number) >= 1e8 OR abs(number) >= 1e6 AND words ->> 'language' = 'en'
            THEN leadcrm._figure(number / CASE words ->> 'language' WHEN 'en' THEN 1e6 ELSE 1e8 END, 2) || leadcrm._markup(words ->> 'large')
            WHEN abs(number) >= 1e5
            THEN leadcrm._figure(number / CASE words ->> 'language' WHEN 'en' THEN 1e3 ELSE 1e4 END, 1) || leadcrm._markup(words ->> 'middling')
            ELSE leadcrm._figure(number) END;
COMMENT ON FUNCTION leadcrm._short_figure(numeric, jsonb) IS
'a number for people, in no more than a few digits';

CREATE FUNCTION leadcrm._bar(share numeric, class text DEFAULT 'leads') RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN share > 0 THEN format('<i class="bar %s" style="width:%s%%"></i>', class, round(least(share, 1) * 100, 2)) END;
COMMENT ON FUNCTION leadcrm._bar(numeric, text) IS
'a bar of a page, as wide as a share of its place; none for nothing';

-- Colours stand as they are and not in variables, which few programs but
-- browsers know.
CREATE FUNCTION leadcrm._picture_style() RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN '.lc{font-family:system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif;'
    'font-size:15px;font-variant-numeric:tabular-nums}'
    '.lc-soft{font-size:13px}.lc-bold{font-weight:600}.lc-title{font-weight:600;font-size:17px}.lc-end{text-anchor:end}.lc-mid{text-anchor:middle}'
    '.lc-paper{fill:#fff}.lc-ink{fill:#1c2430}.lc-soft{fill:#5d6877}.lc-line{stroke:#e3e7ed}'
    '.lc-leads{fill:#3b6fe0}.lc-won{fill:#159a63}.lc-bad{fill:#c8322b}'
    '@media screen and (prefers-color-scheme:dark){'
    '.lc-paper{fill:#181d25}.lc-ink{fill:#e7ebf1}.lc-soft{fill:#98a4b5}.lc-line{stroke:#2d3542}'
    '.lc-leads{fill:#6795f5}.lc-won{fill:#37bd84}.lc-bad{fill:#ff8078}}';
COMMENT ON FUNCTION leadcrm._picture_style() IS
'how pictures look, by light and by dark';

CREATE FUNCTION leadcrm._svg(width integer, height integer, name text, drawing text, alone boolean) RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN format('<svg%1$s class="lc" viewBox="0 0 %2$s %3$s" width="%2$s" height="%3$s" role="img" aria-label="%4$s">%5$s%6$s</svg>',
              CASE WHEN alone THEN ' xmlns="http://www.w3.org/2000/svg"' ELSE format(' style="max-width:%spx"', width * 27 / 25) END, width, height, leadcrm._markup(name),
              CASE WHEN alone THEN '<style>' || leadcrm._picture_style() || '</style><rect class="lc-paper" width="100%" height="100%" rx="8"/>' END,
              drawing);
COMMENT ON FUNCTION leadcrm._svg(integer, integer, text, text, boolean) IS
'a picture of this size: a file of its own, or part of a page that has the style';

-- Each step is a band, as wide above as its leads and below as those of the
-- next; what ends a process well is straight.  Labels on the left and figures
-- on the right get the room that the widest of them may need; a label of more
-- than 16 ems is shortened, and whole in the tooltip.
CREATE FUNCTION leadcrm._svg_funnel(title text, subtitle text, heads text[], steps text[], leads bigint[],
                                    rates numeric[], final boolean[], worst boolean[], alone boolean)
RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    tall       CONSTANT integer := 44;          -- a step
    gap        CONSTANT integer := 14;
    longest    CONSTANT float8  := 16;          -- of the labels, in ems
    margin     CONSTANT integer := CASE WHEN alone THEN 24 ELSE 4 END;
    head       CONSTANT integer := CASE WHEN alone THEN 76 ELSE 4 END;
    label_room integer;
    lead_room  integer;
    rate_room  integer;
    wide       integer;                         -- the widest band
    width      integer;
    bands      text;
BEGIN
    -- 15 and 13 are the sizes of the fonts; a bold one is wider
    SELECT ceil(15 * least(max(leadcrm._text_width(s.step)), longest)),
           ceil(greatest(16 * max(leadcrm._text_width(leadcrm._figure(s.leads))), 13 * leadcrm._text_width(heads[1]))),
           ceil(greatest(16 * max(leadcrm._text_width(leadcrm._percent(s.rate))) + 12, 13 * leadcrm._text_width(heads[2])))
      INTO label_room, lead_room, rate_room
      FROM unnest(steps, leads, rates) s (step, leads, rate);
    width := margin + label_room + gap + gap + lead_room + gap + rate_room + margin;
    wide := greatest(500 - width, 200);
    width := width + wide;

    SELECT string_agg(format('<g><title>%1$s: %2$s</title>'
                             '<text class="lc-ink" x="%4$s" y="%5$s">%6$s</text>'
                             '<polygon class="%7$s" fill-opacity="%8$s" points="%9$s,%10$s %11$s,%10$s %12$s,%13$s %14$s,%13$s"/>'
                             '<text class="lc-ink lc-bold lc-end" x="%15$s" y="%5$s">%2$s</text>'
                             '<text class="%16$s lc-end" x="%17$s" y="%5$s">%3$s</text>%18$s</g>',
                             leadcrm._markup(b.step), leadcrm._figure(b.leads), leadcrm._percent(b.rate),
                             margin, b.y + 25, leadcrm._markup(b.step, longest),
                             CASE WHEN b.final THEN 'lc-won' ELSE 'lc-leads' END, b.strength,
                             b.middle - b.above, b.y, b.middle + b.above, b.middle + b.below, b.y + tall - 4, b.middle - b.below,
                             width - margin - rate_room - gap,
                             CASE WHEN b.worst THEN 'lc-bad lc-bold' ELSE 'lc-ink' END, width - margin,
                             CASE WHEN b.worst THEN format('<polygon class="lc-bad" points="%1$s,%2$s %3$s,%2$s %4$s,%5$s"/>',
                                      width - margin - rate_room, b.y + 16, width - margin - rate_room + 9,
                                      width - margin - rate_room + 4.5, b.y + 24) END),
                      '' ORDER BY b.place)
      INTO bands
      FROM (SELECT s.*, margin + label_room + gap + wide / 2 AS middle,
                   head + 24 + (s.place - 1) * tall AS y,
                   round(1 - CASE WHEN s.final THEN 0 ELSE 0.5 * (s.place - 1) / cardinality(steps) END, 2) AS strength,
                   greatest(round(s.half, 1), 1) AS above,
                   greatest(round(CASE WHEN s.final THEN s.half ELSE lead(s.half, 1, s.half) OVER (ORDER BY s.place) END, 1), 1) AS below
              FROM (SELECT u.*, wide / 2.0 * u.leads / greatest(max(u.leads) OVER (), 1)::numeric AS half
                      FROM unnest(steps, leads, rates, final, worst) WITH ORDINALITY u (step, leads, rate, final, worst, place)) s) b;

    RETURN leadcrm._svg(width, head + 24 + cardinality(steps) * tall + margin, title,
        CASE WHEN alone
             THEN format('<text class="lc-ink lc-title" x="%1$s" y="38">%2$s</text><text class="lc-soft" x="%1$s" y="60">%3$s</text>',
                         margin, leadcrm._markup(title, (width - 2 * margin) / 18.0),
                         leadcrm._markup(subtitle, (width - 2 * margin) / 13.0))
             ELSE '' END ||
        format('<text class="lc-soft lc-end" x="%1$s" y="%2$s">%3$s</text><text class="lc-soft lc-end" x="%4$s" y="%2$s">%5$s</text>',
               width - margin - rate_room - gap, head + 12, leadcrm._markup(heads[1]),
               width - margin, leadcrm._markup(heads[2])) || coalesce(bands, ''), alone);
END
$$;
COMMENT ON FUNCTION leadcrm._svg_funnel(text, text, text[], text[], bigint[], numeric[], boolean[], boolean[], boolean) IS
'a funnel: title, a line below it, two heads, then by step: label, leads, conversion, whether it ends the process, whether it is the worst';

-- Columns over a span of time, in front of each a thinner one of another
-- number.  Of the labels below as many are shown as have room.
CREATE FUNCTION leadcrm._svg_columns(name text, labels text[], leads bigint[], won bigint[]) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    width   CONSTANT integer := 500;
    height  CONSTANT integer := 230;
    base    CONSTANT integer := 200;            -- where the columns stand
    tall    CONSTANT integer := 180;            -- the highest column
    n       CONSTANT integer := cardinality(labels);
    most    CONSTANT bigint  := (SELECT greatest(max(greatest(s.leads, s.won)), 4) FROM unnest(leads, won) s (leads, won));
    power   CONSTANT numeric := 10 ^ floor(log(most / 4.0));
    tick    CONSTANT numeric := power * CASE WHEN most / 4.0 <= power THEN 1 WHEN most / 4.0 <= 2 * power THEN 2
                                             WHEN most / 4.0 <= 5 * power THEN 5 ELSE 10 END;
    ticks   CONSTANT integer := ceil(most / tick);
    lower   CONSTANT integer := ceil(13 * leadcrm._text_width(leadcrm._figure(ticks * tick))) + 10;
    upper   CONSTANT integer := width - 6;
    slot    CONSTANT numeric := (upper - lower)::numeric / greatest(n, 1);
    room    CONSTANT numeric := (SELECT 13 * max(leadcrm._text_width(l)) + 10 FROM unnest(labels) l);
    every   CONSTANT integer := ceil(room / slot);
    grid    text;
    columns text;
BEGIN
    SELECT string_agg(format('<line class="lc-line" x1="%1$s" y1="%2$s" x2="%3$s" y2="%2$s"/><text class="lc-soft lc-end" x="%4$s" y="%5$s">%6$s</text>',
                             lower, t.y, upper, lower - 8, t.y + 4, leadcrm._figure(t.i * tick)), '')
      INTO grid
      FROM (SELECT i, round(base - tall * i / ticks::numeric, 1) AS y FROM generate_series(0, ticks) i) t;

    SELECT string_agg(format('<g><title>%s: %s / %s</title><rect class="lc-leads" fill-opacity="0.55" x="%s" y="%s" width="%s" height="%s"/>'
                             '<rect class="lc-won" x="%s" y="%s" width="%s" height="%s"/></g>%s',
                             leadcrm._markup(c.label), leadcrm._figure(c.leads), leadcrm._figure(c.won),
                             round(c.middle - c.wide / 2, 1), base - c.leads_tall, round(c.wide, 1), c.leads_tall,
                             round(c.middle - c.wide / 4, 1), base - c.won_tall, round(c.wide / 2, 1), c.won_tall,
                             CASE WHEN (n - c.place) % every = 0
                                  THEN format('<text class="lc-soft lc-mid" x="%s" y="%s">%s</text>',
                                              round(greatest(least(c.middle, width - room / 2), room / 2), 1), base + 20, leadcrm._markup(c.label)) END),
                      '' ORDER BY c.place)
      INTO columns
      FROM (SELECT s.*, lower + slot * (s.place - 0.5) AS middle, least(slot * 0.72, 44) AS wide,
                   round(tall * s.leads / (ticks * tick), 1) AS leads_tall, round(tall * s.won / (ticks * tick), 1) AS won_tall
              FROM unnest(labels, leads, won) WITH ORDINALITY s (label, leads, won, place)) c;
    RETURN leadcrm._svg(width, height, name, grid || coalesce(columns, ''), false);
END
$$;
COMMENT ON FUNCTION leadcrm._svg_columns(text, text[], bigint[], bigint[]) IS
'columns over time, for part of a page: labels, and two numbers of each';

CREATE FUNCTION leadcrm._report_style() RETURNS text
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
RETURN ':root{color-scheme:light dark;--back:#f3f5f8;--card:#fff;--ink:#1c2430;--soft:#5d6877;--line:#e3e7ed;'
    '--leads:#3b6fe0;--won:#159a63;--bad:#c8322b;--hot:#d9482f;--warm:#e39a26;--cold:#7f95b3;--lost:#8a93a3}'
    '@media screen and (prefers-color-scheme:dark){:root{--back:#0f1319;--card:#181d25;--ink:#e7ebf1;--soft:#98a4b5;--line:#2d3542;'
    '--leads:#6795f5;--won:#37bd84;--bad:#ff8078;--hot:#f0705a;--warm:#edb14d;--cold:#8fa5c4;--lost:#727d8f}}'
    '*{box-sizing:border-box}'
    'body{margin:0;padding:28px 24px;background:var(--back);color:var(--ink);line-height:1.45;overflow-wrap:anywhere;'
    'font-size:14px;font-variant-numeric:tabular-nums;'
    'font-family:system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC","Noto Sans SC",sans-serif}'
    'main{max-width:1180px;margin:0 auto;display:grid;grid-template-columns:minmax(0,1fr);gap:16px}'
    'h1{font-size:26px;line-height:1.25;margin:0 0 4px}h2{font-size:16px;margin:0}p{margin:0}'
    '.soft,footer{color:var(--soft);font-size:12.5px}'
    'section,.tile{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px;min-width:0}'
    'section>.soft{margin:2px 0 14px}'
    '.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(165px,1fr));gap:12px}'
    '.tile b{display:block;font-size:25px;font-weight:650;line-height:1.35;white-space:nowrap}'
    '.up{color:var(--won)}.down{color:var(--bad)}'
    '.flow{columns:2 430px;column-gap:16px}.flow section{margin-bottom:16px}.flow section:last-child{margin-bottom:0}'
    'svg.lc{display:block;width:100%;height:auto;margin:0 auto}'
    '.scroll{overflow-x:auto}'
    'table{border-collapse:collapse;width:100%}'
    'th,td{padding:7px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}'
    'th{color:var(--soft);font-weight:500;font-size:12.5px}'
    'tbody tr:last-child td{border-bottom:0}tfoot td{border-top:1px solid var(--line);border-bottom:0;font-weight:600}'
    '.name{text-align:left;white-space:normal;min-width:9em}td.draw{width:22%;min-width:90px;padding-left:0}'
    'th:first-child,td:first-child{padding-left:0}th:last-child,td:last-child{padding-right:0}'
    '.bar{display:block;height:10px;border-radius:3px;background:var(--leads);min-width:1px}'
    '.bar.won{background:var(--won)}.bar.lost{background:var(--lost)}.bar.hot{background:var(--hot)}.bar.warm{background:var(--warm)}.bar.cold{background:var(--cold)}'
    '.bad{color:var(--bad);font-weight:600}'
    '.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 12px;background:var(--won)}.key.leads{background:var(--leads);opacity:.55}'
    '@media (max-width:600px){body{padding:16px 10px}section,.tile{padding:14px}.tiles{grid-template-columns:1fr 1fr}.tile b{font-size:21px}'
    'th,td{padding:7px 5px;font-size:13px}.name{min-width:5.5em}td.draw{min-width:44px}}'
    '@page{margin:12mm}'
    'section,.tile{break-inside:avoid}'
    '@media print{body{padding:0;background:none}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}'
    'tr{break-inside:avoid}.flow{columns:2}.scroll{overflow:visible}.tiles{grid-template-columns:repeat(6,1fr);gap:8px}.tile b{font-size:17px}'
    'section,.tile{padding:10px 12px}.soft,footer,th{font-size:10px}th,td{padding:4px 5px;font-size:10.5px}th{white-space:normal}'
    '.name{min-width:4em}td.draw{min-width:30px;width:14%}}';
COMMENT ON FUNCTION leadcrm._report_style() IS
'how a report looks, by light, by dark, on paper and on a phone';

CREATE FUNCTION leadcrm._unescape(text) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'leadcrm_unescape';
COMMENT ON FUNCTION leadcrm._unescape(text) IS
'a text with its \uXXXX read as characters, also where the server has no encoding';

-- The words of a report, by locale.  In the script that is installed Chinese
-- is escaped; where an encoding cannot hold it no workspace asks for it.
CREATE FUNCTION leadcrm._report_words(locale text) RETURNS jsonb
LANGUAGE SQL IMMUTABLE PARALLEL SAFE SET search_path TO pg_catalog, pg_temp
AS $$
    SELECT jsonb_object_agg(w.word, CASE locale WHEN 'zh' THEN leadcrm._unescape(w.zh) ELSE w.en END)
      FROM (VALUES
        ('language',     'zh-CN',                      'en'),
        ('large',        '亿',                         'M'),
        ('middling',     '万',                         'K'),
        ('title',        '销售报告',                   'Sales report'),
        ('period',       '%s 至 %s',                   '%s to %s'),
        ('leads',        '线索',                       'Leads'),
        ('won',          '赢单',                       'Won'),
        ('amount',       '赢单金额',                   'Won amount'),
        ('win_rate',     '赢单率',                     'Win rate'),
        ('contact',      '首次联系率',                 'First contact'),
        ('minutes',      '平均首次联系用时（分钟）',   'Minutes to contact'),
        ('hot',          '高意向占比',                 'Hot share'),
        ('before',       '较上期',                     'on the period before'),
        ('funnel',       '销售漏斗',                   'Sales funnel'),
        ('conversion',   '转化率',                     'Kept'),
        ('funnel_note',  '期间内产生的线索走到各阶段的数量；红色为转化率最低的一步',
                         'How far the leads of the period got; red marks the step that keeps the smallest share'),
        ('trend',        '走势',                       'Trend'),
        ('trend_note',   '线索按产生日期计，赢单按赢单日期计',
                         'Leads by the day they came, won ones by the day they were won'),
        ('intent',       '意向分布',                   'Intent'),
        ('intent_note',  '期间内产生的线索此刻的意向', 'How warm the leads of the period are at this moment'),
        ('level',        '意向',                       'Level'),
        ('share',        '占比',                       'Share'),
        ('score',        '平均分',                     'Score'),
        ('losses',       '输单原因',                   'Why leads were lost'),
        ('losses_note',  '期间内输掉的线索',           'Leads that were lost in the period'),
        ('reason',       '原因',                       'Reason'),
        ('expected',     '预计金额',                   'Expected amount'),
        ('sources',      '线索来源',                   'Sources'),
        ('sources_note', '期间内产生的线索，按首次来源计；赢单率低于平均的标红',
                         'Leads that came in the period, by their first source; win rates below the average are red'),
        ('source',       '来源',                       'Source'),
        ('cost',         '成本',                       'Cost'),
        ('lead_cost',    '单条成本',                   'Cost per lead'),
        ('roi',          '投资回报率',                 'Return'),
        ('all',          '合计',                       'All'),
        ('rest',         '其他 %s 个',                 '%s others'),
        ('unknown',      '未知',                       'unknown'),
        ('leaderboard',  '销售排行榜',                 'Leaderboard'),
        ('leaderboard_note', '按期间内的赢单金额排名；目标达成只在期间为整月时显示',
                         'By the amount won in the period; attainment where the period is one of whole months'),
        ('rep',          '销售',                       'Rep'),
        ('team',         '团队',                       'Team'),
        ('attainment',   '目标达成',                   'Of target'),
        ('partly',       '仅含 %s 可见的数据',         'only the numbers that %s sees'),
        ('none',         '该期间没有数据',             'Nothing in this period'),
        ('made',         '生成于 %s（%s），金额币种 %s', 'Made at %s (%s); amounts in %s'),
        ('currencies',   '其他币种的金额未计入：%s',   'Amounts in other currencies are left out: %s')) w (word, zh, en)
$$;
COMMENT ON FUNCTION leadcrm._report_words(text) IS
'the words of a report in the language of a locale';
