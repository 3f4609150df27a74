-- From a number to the leads behind it: for filters drawn at random over every
-- view, drill() finds as many leads as the view counts.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET jit = off;
SET datestyle = 'ISO';
SELECT leadcrm.create_workspace('drill');
SET search_path = drill, pg_temp;
CREATE ROLE regress_boss;
CREATE ROLE regress_rep;
INSERT INTO team (code, label, parent) VALUES ('sales', '销售部', NULL), ('north', '华北组', 'sales'), ('south', '华南组', 'sales'), ('far', NULL, 'south');
INSERT INTO rep (code, role, team) VALUES ('a', NULL, 'sales'), ('b', 'regress_boss', 'north'), ('c', 'regress_rep', 'south'), ('d', NULL, 'far');
UPDATE team SET manager = 'b' WHERE code = 'north';
UPDATE team SET manager = 'b' WHERE code = 'far';
SELECT grant_access('regress_boss', 'manager'), grant_access('regress_rep', 'rep');
INSERT INTO source (code, label, channel) VALUES ('expo', '展会', 'offline'), ('search', '搜索', 'search_ad'), ('web', NULL, NULL);
INSERT INTO product_line (code, label) VALUES ('pro', '专业版'), ('basic', '基础版');
INSERT INTO industry (code, label) VALUES ('software', '软件') ON CONFLICT DO NOTHING;

-- 600 leads, anything of anything, some merged.
SELECT setseed(0.5);
SELECT leadcrm.begin_restore('drill');
CREATE TEMP TABLE drawn AS
SELECT n, now() - interval '1 day' * floor(random() * 400) - interval '1 minute' * floor(random() * 1440) AS created_at,
       (ARRAY['a', 'b', 'c', 'd', NULL])[1 + floor(random() * 5)] AS owner,
       (ARRAY['expo', 'search', 'web', 'nowhere'])[1 + floor(random() * 4)] AS first_source,
       (ARRAY['expo', 'search', 'web', 'nowhere'])[1 + floor(random() * 4)] AS last_source,
       (ARRAY['110105', '44', '440305', '4401', '500103', '99', NULL])[1 + floor(random() * 7)] AS region,
       (ARRAY['software', 'odd', NULL])[1 + floor(random() * 3)] AS industry,
       (ARRAY['pro', 'basic', NULL])[1 + floor(random() * 3)] AS product_line,
       (ARRAY['spring', NULL])[1 + floor(random() * 2)] AS campaign,
       (ARRAY['friend', NULL])[1 + floor(random() * 2)] AS partner,
       (ARRAY['CNY', 'USD', NULL])[1 + floor(random() * 3)] AS currency,
       (ARRAY['hot', 'warm', 'cold'])[1 + floor(random() * 3)] AS intent,
       random() < 0.1 AS merged, random() < 0.3 AS project, random() < 0.5 AS contacted, random() < 0.5 AS due,
       (random() * 4)::integer AS moves, random() AS last
  FROM generate_series(1, 600) n;
WITH move AS (
    SELECT d.n, m AS position, d.created_at + (now() - d.created_at) * m / 6 AS at, s.stage
      FROM drawn d
     CROSS JOIN LATERAL generate_series(0, d.moves) m
     CROSS JOIN LATERAL (SELECT k.code AS stage FROM stage k
                          WHERE k.process = CASE WHEN d.project THEN 'project' ELSE 'lead' END AND (k.kind = 'open' OR m = d.moves)
                          ORDER BY md5(d.n || ' ' || m || k.code) LIMIT 1) s
), gone AS (
    SELECT n, leadcrm.lifecycle_agg(stage, at) AS lifecycle, max(at) AS since, (array_agg(stage ORDER BY position DESC))[1] AS stage FROM move GROUP BY n
)
INSERT INTO lead (kind, owner, team, first_source, last_source, region, industry, product_line, campaign, partner, currency, expected_amount,
                  expected_close_on, process, stage, stage_since, lifecycle, won_at, won_amount, lost_at, loss_reason, competitor, intent, score,
                  last_inbound_at, assigned_at, first_contact_due_at, first_contacted_at, merged_into, created_at, updated_at)
SELECT CASE WHEN d.project THEN 'project' ELSE 'contact' END, d.owner, r.team, d.first_source, d.last_source, d.region, d.industry, d.product_line,
       d.campaign, d.partner, d.currency, d.n % 50, now()::date + d.n % 90 - 30, CASE WHEN d.project THEN 'project' ELSE 'lead' END,
       g.stage, g.since, g.lifecycle, CASE g.stage WHEN 'won' THEN g.since END, CASE g.stage WHEN 'won' THEN d.n END, CASE g.stage WHEN 'lost' THEN g.since END,
       CASE g.stage WHEN 'lost' THEN CASE d.n % 2 WHEN 1 THEN 'price' ELSE 'other' END END, CASE WHEN g.stage = 'lost' AND d.n % 3 = 0 THEN '对手' END,
       d.intent, CASE WHEN d.n % 7 > 0 THEN d.n % 60 END, d.created_at, CASE WHEN d.owner IS NOT NULL THEN d.created_at END,
       CASE WHEN d.due THEN now() + interval '1 day' * (d.n % 5 - 2) - interval '1 hour' END,
       CASE WHEN d.contacted THEN d.created_at + interval '1 hour' END, CASE WHEN d.merged THEN 1 END, d.created_at, d.created_at
  FROM drawn d JOIN gone g USING (n) LEFT JOIN rep r ON r.code = d.owner ORDER BY d.n = 1 DESC, d.n;
UPDATE lead SET merged_into = NULL WHERE id = 1;
UPDATE lead SET intent_due_at = now() - interval '1 hour', intent_since = created_at, fit = score, signals = '{}' WHERE id % 9 = 0;
SELECT FROM rebuild_cube();

-- A filter of up to three dimensions of a row that a view shows, and which of
-- its counts; counted by the view, found by drill().
CREATE FUNCTION pg_temp.compare(times integer, OUT asked bigint, OUT behind bigint, OUT wrong text) LANGUAGE plpgsql AS $$
DECLARE
    number record;
    chosen jsonb;
    wanted bigint;
    got    bigint;
    names  text[];
BEGIN
    asked := 0;
    behind := 0;
    FOR number IN SELECT n.view, n.number, p.part FROM _numbers() n, generate_series(1, times) p (part) LOOP
        EXECUTE format('SELECT array_agg(a.attname) FROM pg_attribute a WHERE a.attrelid = %L::regclass AND a.attnum > 0
                           AND a.attname ~ ''^(day|week|month|quarter|year|team|department|owner|province|city|territory|industry|product_line|source|channel|campaign|partner|currency|process|step|intent|intent_position|loss_reason|competitor)(_label|_name)?$''',
                       number.view) INTO names;
        EXECUTE format('SELECT (SELECT jsonb_object_agg(e.key, e.value) FROM (SELECT * FROM jsonb_each(to_jsonb(v)) e WHERE e.key = ANY ($1) ORDER BY random() LIMIT $2) e)
                            || CASE WHEN $3 THEN jsonb_build_object(''stage'', to_jsonb(v) -> ''stage'') ELSE ''{}'' END
                          FROM (SELECT v.* FROM %I v WHERE v.%I > 0 ORDER BY random() LIMIT 1) v', number.view, number.number)
           INTO chosen USING names, 1 + number.part % 3, number.view = 'v_funnel';
        IF number.view = 'v_funnel' THEN                 -- a stage is one of a process
            chosen := chosen || jsonb_build_object('process', CASE WHEN chosen ->> 'stage' IN ('internal_review', 'proposal_submitted') THEN 'project' ELSE 'lead' END);
        END IF;
        chosen := coalesce(chosen, '{}');
        EXECUTE format('SELECT coalesce(sum(f.%I), 0) FROM %I f WHERE %s', number.number, number.view, _filter(number.view, chosen, names || '{stage}'))
           INTO wanted USING chosen;
        SELECT count(*) INTO got FROM drill(number.view, chosen || jsonb_build_object('number', number.number));
        asked := asked + 1;
        behind := behind + got;
        IF wanted <> got THEN
            wrong := concat_ws(E'\n', wrong, format('%s.%s %s: %s, drill %s', number.view, number.number, chosen, wanted, got));
        END IF;
    END LOOP;
END $$;
SELECT asked, behind > asked AS behind, wrong FROM pg_temp.compare(2);
SET ROLE regress_boss;
SELECT asked, behind > asked AS behind, wrong FROM pg_temp.compare(1);
SET ROLE regress_rep;
SELECT asked, behind > asked AS behind, wrong FROM pg_temp.compare(1);
RESET ROLE;

-- Every count of every view can be drilled into.
SELECT n.view, n.number FROM _numbers() n
 WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = n.view::regclass AND a.attname = n.number AND a.atttypid = 'bigint'::regtype);

-- The rows are those of v_lead, and the right ones.
SELECT count(*) = (SELECT count(*) FROM v_lead WHERE loss_reason = 'price') AS price FROM drill('v_loss', '{"loss_reason": "price"}') WHERE loss_reason = 'price';
-- A whole row as the filter, a range, a list, a path with all below it, the companions
SELECT count(*) = 1 AS one FROM (SELECT to_jsonb(f) AS f FROM v_pipeline f WHERE f.leads = 1 LIMIT 1) f, drill('v_pipeline', f) d GROUP BY f.f HAVING count(*) >= 1;
SELECT (SELECT count(*) FROM drill('v_source', jsonb_build_object('day', jsonb_build_object('from', now()::date - 99, 'to', now()::date - 9))))
     = (SELECT sum(leads) FROM v_source WHERE day BETWEEN now()::date - 99 AND now()::date - 9) AS range;
SELECT (SELECT count(*) FROM drill('v_source', '{"source": ["expo", "web"], "partner": null}'))
     = (SELECT sum(leads) FROM v_source WHERE source IN ('expo', 'web') AND partner IS NULL) AS list;
SELECT (SELECT count(*) FROM drill('v_source', '{"department": {"under": "sales/south"}}'))
     = (SELECT sum(leads) FROM v_source WHERE team IN ('south', 'far')) AS under;
SELECT bool_and((SELECT count(*) FROM drill('v_funnel_total', jsonb_build_object('process', t.process, 'stage', t.stage))) = t.leads) AS funnel_total FROM v_funnel_total t;
SELECT bool_and((SELECT count(*) FROM drill('v_source_month', jsonb_build_object('month', m.month, 'source', m.source, 'number', 'won'))) = m.won) AS source_month
  FROM v_source_month m;
SELECT count(*) = (SELECT count(*) FROM v_lead) AS everything FROM drill('v_funnel');

-- What cannot be asked
SELECT FROM drill('v_funnel', '{"colour": "red"}');
SELECT FROM drill('v_funnel', '{"number": "happy"}');
SELECT FROM drill('v_nothing');
SELECT FROM drill('lead');
SELECT FROM drill('v_funnel', '[]');
SELECT FROM drill('v_funnel', '{"month": {"near": "2024-01-01"}}');
SELECT FROM drill('v_funnel', '{"month": "soon"}');
SELECT count(*) FROM drill('v_funnel', '{"owner": "'' OR true --"}');
SELECT count(*) FROM funnel_by('colour');
SELECT count(*) FROM funnel_by('owner', '{"process": "lead", "leads": 7}');

RESET search_path;
DROP SCHEMA drill CASCADE;
DROP ROLE regress_boss, regress_rep;
