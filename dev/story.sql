-- The demo's story: make a workspace with the sample leads, then tell what came
-- in and what became of it.  Run as an ordinary role with CREATE on the database.

SET client_min_messages = warning;
\o /dev/null
SELECT leadcrm.create_workspace('crm', sample => true);
\o
\pset footer off

\echo
\echo WHAT CAME IN, source by source, and what became of it
\echo
SELECT CASE WHEN grouping(i.source) = 1 THEN 'all' ELSE coalesce(s.label, i.source) END AS source,
       count(*) AS "came in",
       count(*) FILTER (WHERE i.outcome = 'created') AS created,
       count(*) FILTER (WHERE i.outcome = 'merged') AS merged,
       count(*) FILTER (WHERE i.outcome = 'linked') AS linked,
       count(*) FILTER (WHERE i.outcome = 'review') AS review,
       count(*) FILTER (WHERE i.outcome = 'rejected') AS rejected
FROM crm.intake i
LEFT JOIN crm.source s ON s.code = i.source
GROUP BY GROUPING SETS ((s.position, s.label, i.source), ())
ORDER BY grouping(i.source), s.position, i.source;

\echo ONE EXAMPLE OF EACH, as it came and why it was decided so
\pset format unaligned
\pset tuples_only on
SELECT format(E'\n%s: %s\n', o.outcome, o.meaning) ||
       coalesce(e.story, '  (none in this sample)')
FROM (VALUES (1, 'created', 'nobody known has this phone or mail, so it is a new lead'),
             (2, 'merged', 'the same person again; the row is kept, the living lead gains from it'),
             (3, 'linked', 'a different lead that belongs to a known one; both live'),
             (4, 'review', 'may be the same; a new lead until somebody decides'),
             (5, 'rejected', 'no lead can be made of it; the payload is kept'))
     AS o (position, outcome, meaning)
LEFT JOIN LATERAL (
    SELECT concat_ws(E'\n',
               format('  came in   %s  %s', coalesce(s.label, i.source),
                      CASE WHEN length(i.payload::text) > 150 THEN left(i.payload::text, 149) || '…'
                           ELSE i.payload::text END),
               '  because   ' || i.detail,
               CASE WHEN l.id IS NOT NULL THEN format('  is now    lead %s: %s', l.id,
                      concat_ws(', ', l.name, l.company, l.phone,
                                'first from ' || coalesce(f.label, l.first_source),
                                'last from ' || nullif(coalesce(t.label, l.last_source),
                                                       coalesce(f.label, l.first_source)))) END)
           AS story
    FROM crm.intake i
    LEFT JOIN crm.source s ON s.code = i.source
    LEFT JOIN crm.lead a ON a.id = i.lead_id
    LEFT JOIN crm.lead l ON l.id = coalesce(a.merged_into, a.id)
    LEFT JOIN crm.source f ON f.code = l.first_source
    LEFT JOIN crm.source t ON t.code = l.last_source
    WHERE i.outcome = o.outcome
    -- the telling ones first: a repeat through another channel
    ORDER BY (i.source <> l.first_source) DESC NULLS LAST, i.id
    LIMIT 1) AS e ON true
ORDER BY o.position;

\echo
\echo HOW WARM THEY ARE
\echo
SELECT format('  %s  %s  %s', intent_label, rpad(leads::text, 5), repeat('#', round(60 * share)::integer))
FROM crm.v_intent_total
ORDER BY intent_position DESC;

\echo
\echo THE FIVE HIGHEST SCORES, and why
SELECT format(E'\n  %s points  lead %s: %s\n             %s', l.score, l.id,
              concat_ws(', ', l.name, l.title, l.company, l.intent_label),
              (SELECT string_agg(format('%s %s', to_char(e.points, 'SG999'), split_part(e.why, ':', 1)), '; ')
                 FROM crm.explain_score(l.id) e))
FROM crm.v_lead l
ORDER BY l.score DESC, l.id
LIMIT 5;

\echo
\echo A TRADE SHOW CARD THAT CAME BACK asking for a quote
SELECT format(E'\n  lead %s: %s\n  first a card of %s, cold; then %s asked for a quote (%s): %s at once, because of %s',
              l.id, concat_ws(', ', l.name, l.company), l.created_on, a.at::date, l.last_source_label,
              c.intent_after, coalesce(c.rule_label, 'the score'))
FROM crm.v_lead l
JOIN crm.v_intent_change c ON c.lead_id = l.id AND c.intent_after = 'hot'
JOIN crm.activity a ON a.lead_id = l.id AND a.kind = 'inquiry'
WHERE l.first_source = '展会名片' AND l.last_source = '官网-索要报价'
ORDER BY l.id
LIMIT 1;

\echo
\echo WHO GOT WHAT, within the transaction that brought it
\echo
\pset format aligned
\pset tuples_only off
SELECT coalesce(r.team_label, '') AS team, r.name, r.open_leads || ' of ' || r.capacity AS "has",
       count(*) FILTER (WHERE a.rule = 'quote_to_director') AS "as director",
       count(*) FILTER (WHERE a.rule = 'by_territory') AS "by territory",
       count(*) FILTER (WHERE a.rule = 'by_industry') AS "by industry",
       count(*) FILTER (WHERE a.rule = 'everybody') AS "by load",
       count(*) FILTER (WHERE a.reason = 'repeat') AS "came again",
       CASE WHEN r.absent THEN 'away' WHEN r.dealt_today >= r.daily_limit THEN 'has had his ' || r.daily_limit || ' of today'
            ELSE '' END AS remark
FROM crm.v_rep r
LEFT JOIN crm.v_assignment a ON a.owner = r.rep
GROUP BY r.team_label, r.name, r.rep, r.open_leads, r.capacity, r.absent, r.dealt_today, r.daily_limit
ORDER BY r.team_label, r.rep;
\pset format unaligned
\pset tuples_only on
SELECT format('  %s leads are in the %s: %s', count(*), p.label, max(a.rule_label))
FROM crm.lead l
JOIN crm.pool p ON p.code = l.pool
JOIN crm.v_assignment a ON a.lead_id = l.id AND a.pool = l.pool
GROUP BY p.label;

\echo
\echo TWO CHOICES, EXPLAINED: a quote for Guangdong, and a firm of logistics
SELECT format(E'\n  lead %s: %s\n  went to %s, %s; first contact due at %s; rule: %s\n  asked again now, the rules say\n%s',
              l.id, concat_ws(', ', l.name, l.company, l.region_name, l.industry_label, l.last_source_label), l.owner_name,
              l.team_label, to_char(l.first_contact_due_at AT TIME ZONE w.time_zone, 'HH24:MI'), a.rule_label, e.rules)
FROM (VALUES ('quote_to_director', '44%', NULL), ('by_industry', '%', 'logistics')) AS c (rule, region, industry)
CROSS JOIN crm.workspace w
CROSS JOIN LATERAL (SELECT v.* FROM crm.v_assignment v
                    JOIN crm.v_lead s ON s.id = v.lead_id
                    WHERE v.rule = c.rule AND s.region LIKE c.region AND s.merged_leads = 0
                      AND coalesce(s.industry = c.industry, c.industry IS NULL)
                    ORDER BY v.lead_id LIMIT 1) a
JOIN crm.v_lead l ON l.id = a.lead_id
CROSS JOIN LATERAL (SELECT string_agg(format('    %s. %s: %s', x.position, coalesce(u.label, x.rule), x.says), E'\n'
                                      ORDER BY x.position) AS rules
                    FROM (SELECT v.position, v.rule, string_agg(v.says, '; ' ORDER BY v.place) AS says
                          FROM (SELECT x.position, x.rule, min(x.place) AS place,
                                       CASE WHEN x.verdict IS NULL THEN x.outcome
                                            ELSE x.verdict || ': ' || string_agg(format('%s (%s of %s)', r.name, x.open, x.capacity),
                                                                                 ', ' ORDER BY x.place) END AS says
                                FROM crm.explain_assignment(a.lead_id)
                                     WITH ORDINALITY AS x (position, rule, outcome, candidate, open, capacity, dealt, standing, verdict, place)
                                LEFT JOIN crm.rep r ON r.code = x.candidate
                                GROUP BY x.position, x.rule, x.outcome, x.verdict) v
                          GROUP BY v.position, v.rule) x
                    LEFT JOIN crm.assignment_rule u ON u.code = x.rule) e
ORDER BY c.industry NULLS FIRST;

\echo
SELECT format('IN THE END %s rows came in, %s more were sent twice under one id and got the first answer '
              'again; %s leads live; %s are merged into them, each with a before-image to undo it, and '
              '%s pairs wait for somebody to decide.',
              (SELECT count(*) FROM crm.intake),
              (SELECT count(*) FROM leadcrm.sample_leads()) - (SELECT count(*) FROM crm.intake),
              (SELECT count(*) FROM crm.lead WHERE merged_into IS NULL),
              (SELECT count(*) FROM crm.merge_log WHERE undone_at IS NULL),
              (SELECT count(*) FROM crm.duplicate WHERE status = 'open'));
