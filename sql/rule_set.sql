-- Sets of rules over any table: matching_rules() and what it rests on.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO';
CREATE SCHEMA rule_set;
SET search_path = rule_set, leadcrm;

-- Whatever the rules are, a row matches those whose condition IS TRUE in plain
-- SQL.  Conditions and rows are random, over types, edge values and shapes.
CREATE TYPE size AS ENUM ('small', 'medium', 'large');
CREATE DOMAIN amount AS numeric CHECK (VALUE > -1e30);
CREATE DOMAIN label AS text;
CREATE TABLE probe (
    id   integer PRIMARY KEY,
    i2   smallint,
    gone integer,
    i4   integer,
    i8   bigint,
    f4   real,
    f8   double precision,
    n    numeric,
    a    amount,
    t    text,
    v    varchar(40),
    l    label,
    b    char(6),
    c    text COLLATE "C",
    d    date,
    ts   timestamp,
    tz   timestamptz,
    iv   interval,
    u    uuid,
    e    size,
    ok   boolean,
    tags text[],
    attrs jsonb,
    p    leadcrm.phone);
ALTER TABLE probe DROP COLUMN gone;

CREATE FUNCTION pick(VARIADIC of text[]) RETURNS text LANGUAGE sql VOLATILE
RETURN of[1 + floor(random() * array_length(of, 1))::integer];

-- Literals of a column's type, from few values, so that they meet those of rows.
CREATE FUNCTION literal(col text) RETURNS text LANGUAGE sql VOLATILE
RETURN CASE col
    WHEN 'i2' THEN pick('-32768', '-3', '0', '1', '2', '7', '32767')
    WHEN 'i4' THEN pick('-2147483648', '-1', '0', '1', '2', '100', '3000000000', '2147483647')
    WHEN 'i8' THEN pick('-9223372036854775808', '-5', '0', '1', '1::smallint', '42', '9223372036854775807')
    WHEN 'f4' THEN pick('''NaN''', '''-Infinity''', '0', '''-0''', '1.5', '0.1::float4', '0.1::float8', '''Infinity''')
    WHEN 'f8' THEN pick('''NaN''', '''-Infinity''', '0', '''-0''', '1e-300', '2.5', '0.1::float4', '''Infinity''')
    WHEN 'n' THEN pick('''NaN''', '''-Infinity''', '0', '0.00', '-1.5', '12345678901234567890.5', '1e-20', '100', '''Infinity''')
    WHEN 'a' THEN pick('0', '-1.5', '10000', '20000.00', '99999999')
    WHEN 'd' THEN pick('date ''2026-01-05''', '''2026-01-06''', '''2026-02-28''', '''1999-12-31''')
    WHEN 'ts' THEN pick('timestamp ''2026-01-05 00:00''', '''2026-01-05 12:30:01''', '''2026-02-28''')
    WHEN 'tz' THEN pick('timestamptz ''2026-01-05 00:00+08''', '''2026-01-04 16:00Z''', '''2026-02-28 00:00+00''', 'as_of', 'as_of - interval ''1 day''')
    WHEN 'iv' THEN pick('interval ''1 day''', '''24 hours''', '''1 month''', '''30 days''', '''-1 hour''')
    WHEN 'u' THEN pick('''00000000-0000-0000-0000-000000000000''', '''00000000-0000-0000-0000-0000000000ff''', '''ffffffff-ffff-ffff-ffff-ffffffffffff''')
    WHEN 'e' THEN pick('''small''', '''medium''', '''large''')
    WHEN 'b' THEN pick('''50''', '''500000''', '''50    ''', '''''', '''51''')
    WHEN 'p' THEN pick('''+8613800138000''', '''+862885551234''')
    ELSE pick('''''', '''上海''', '''上海市''', '''上海市浦东新区''', '''北京''', '''a''', '''A''', '''ab''', '''ab%''', ''' ''', '''abcdefgh''', '''abcdefghi''')
END;

CREATE FUNCTION leaf(col text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    shape text := pick('=', '=', '<>', 'order', 'order', 'in', 'notin', 'between', 'null', 'distinct', 'like', 'like', 'any', 'const');
    is_text boolean := col IN ('t', 'v', 'l', 'c');
BEGIN
    IF col = 'ok' THEN
        RETURN pick('ok', 'NOT ok', 'ok IS TRUE', 'ok IS NOT TRUE', 'ok IS FALSE', 'ok IS UNKNOWN', 'ok = true', 'ok <> true', 'ok IS NOT UNKNOWN');
    ELSIF col = 'attrs' THEN
        RETURN pick('attrs ->> ''k'' = ', 'attrs ->> ''k'' <> ', 'attrs ->> ''j'' = ') || pick('''x''', '''y''', '''上海''');
    ELSIF col = 'tags' THEN
        RETURN pick('tags && ARRAY[''x'', ''y'']', 'tags @> ARRAY[''x'']', '''x'' = ANY (tags)', 'cardinality(tags) > 1', 'tags IS NULL');
    ELSIF shape = 'null' THEN
        RETURN col || pick(' IS NULL', ' IS NOT NULL');
    ELSIF shape = 'const' THEN
        RETURN pick('(id = 0 OR true)', '(id = 0 AND false)', '(id = 0 AND NULL)', col || ' = NULL', col || ' IN (NULL, NULL)');
    ELSIF shape = 'distinct' THEN
        RETURN col || pick(' IS DISTINCT FROM ', ' IS NOT DISTINCT FROM ') || pick(literal(col), 'NULL');
    ELSIF (shape IN ('in', 'notin') OR (shape = 'any' AND NOT is_text)) AND col <> 'e' THEN
        RETURN format('%s %s (%s)', col, pick('IN', 'NOT IN'),
                      concat_ws(', ', literal(col), literal(col), pick(literal(col), 'NULL', literal(col))));
    ELSIF shape = 'any' AND is_text THEN
        RETURN pick(col || ' = ANY (''{}'')', col || ' <> ALL (''{}'')', col || ' = ANY (''{ab,NULL,上海}'')', col || ' <> ALL (''{ab,a}'')',
                    col || ' = ANY (NULL::text[])', col || ' LIKE ANY (ARRAY[''上%'', ''ab%''])');
    ELSIF shape = 'like' AND is_text THEN
        RETURN pick(col || pick(' LIKE ', ' NOT LIKE ') || pick('''上海%''', '''上海市%''', '''%''', '''a%''', '''ab%''', '''ab\%%''', '''上海市浦东%%''',
                                                                '''%b%''', '''a_''', '''''', '''ab''', '''abcdefgh%'''),
                    format('starts_with(%s, %s)', col, literal(col)), format('%s ^@ %s', col, literal(col)),
                    format('lower(%s) %s ''ab''', col, pick('=', '<>')));
    ELSIF shape = 'between' AND col <> 'e' THEN
        RETURN format('%s %s %s AND %s', col, pick('BETWEEN', 'NOT BETWEEN'), literal(col), literal(col));
    ELSIF shape = 'order' AND col <> 'e' THEN
        RETURN pick(format('%s %s %s', col, pick('<', '<=', '>=', '>'), literal(col)),
                    format('%s %s %s', literal(col), pick('<', '<=', '>=', '>', '=', '<>'), col));
    END IF;
    RETURN format('%s %s %s', col, pick('=', '<>'), literal(col));
END $$;

CREATE FUNCTION any_column() RETURNS text LANGUAGE sql VOLATILE
RETURN pick('i2', 'i4', 'i8', 'f4', 'f8', 'n', 'a', 't', 't', 'v', 'l', 'b', 'c', 'd', 'ts', 'tz', 'iv', 'u', 'e', 'ok', 'tags', 'attrs', 'p');

-- A tree over one column, or over several.
CREATE FUNCTION tree(col text, depth integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    col1 text := coalesce(col, any_column());
BEGIN
    IF depth = 0 OR random() < 0.3 THEN
        RETURN leaf(col1);
    END IF;
    RETURN CASE pick('and', 'or', 'or', 'not', 'test')
        WHEN 'and' THEN format('(%s AND %s)', tree(col, depth - 1), tree(col, depth - 1))
        WHEN 'or' THEN format('(%s OR %s)', tree(col, depth - 1), tree(col, depth - 1))
        WHEN 'not' THEN format('NOT (%s)', tree(col, depth - 1))
        ELSE format('((%s) IS %s)', tree(col, depth - 1), pick('TRUE', 'NOT TRUE', 'FALSE', 'NOT FALSE', 'UNKNOWN', 'NOT UNKNOWN'))
    END;
END $$;

CREATE FUNCTION random_condition() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE pick('leaf', 'and', 'and', 'and', 'one', 'any', 'apart')
        WHEN 'leaf' THEN leaf(any_column())
        WHEN 'and' THEN concat_ws(' AND ', leaf(any_column()), leaf(any_column()), pick(leaf(any_column()), tree(any_column(), 2)))
        WHEN 'one' THEN tree(any_column(), 3)
        WHEN 'any' THEN tree(NULL, 3)
        ELSE pick('i4 < i8', 'f8 > f4', 't = v', 'length(t) > 2', 'length(t) > 3', 'd < tz', 'coalesce(i4, i8, 0) > 1', 'tz < as_of - interval ''1 month''',
                  'CASE WHEN ok THEN i4 > 0 ELSE t LIKE ''a%'' END', 'extract(month from d) = 2', 'extract(hour from as_of) < 12')
    END;
END $$;

CREATE FUNCTION random_value(col text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text := CASE
        WHEN random() < 0.15 THEN NULL
        WHEN col = 'ok' THEN pick('true', 'false')
        WHEN col = 'tags' THEN pick('''{}''', '''{x}''', '''{x,y}''', '''{z,NULL}''')
        WHEN col = 'attrs' THEN pick('''{}''', '''{"k": "x"}''', '''{"k": "上海", "j": "y"}''', '''{"k": null}''', '''{"j": "x"}''')
        WHEN col IN ('t', 'v', 'c', 'l') AND random() < 0.1 THEN pick('''abcdefgh''', '''abcdefghij''', '''xbcdefgh''', '''上海市浦东新区世纪大道''', '''上''')
        WHEN col = 't' AND random() < 0.1 THEN 'repeat(''上海市'', 3000)'
        WHEN col = 'i4' AND random() < 0.1 THEN '99'
        WHEN col = 'd' AND random() < 0.1 THEN pick('''infinity''', '''-infinity''')
        WHEN col = 'tz' THEN pick('''infinity''', '''-infinity''', '''2026-01-05 00:00+08''', '''2026-02-28''', '''2026-01-09''', '''2025-01-01''')
        ELSE replace(literal(col), '3000000000', '3')
    END;
BEGIN
    RETURN coalesce(value, 'NULL');
END $$;

CREATE TABLE rule (code text PRIMARY KEY, condition text NOT NULL, points integer NOT NULL DEFAULT 1);

DO $$
DECLARE
    moment timestamptz;
    cols text[] := (SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute
                    WHERE attrelid = 'probe'::regclass AND attnum > 1 AND NOT attisdropped);
    nrules integer;
    expected text;
    wrong integer;
    compared bigint := 0;
    matched bigint := 0;
    shown bigint;
BEGIN
    PERFORM setseed(0.42);
    FOR mix IN 1 .. 40 LOOP
        moment := pick('2026-01-05 00:00+08', '2026-02-28 12:00+00', '2025-12-31 23:59:59.999999+00')::timestamptz;
        TRUNCATE probe, rule;
        FOR r IN 1 .. 40 LOOP
            EXECUTE (SELECT format('INSERT INTO probe (id, %s) VALUES (%s, %s)', array_to_string(cols, ', '), r,
                                   string_agg(random_value(c), ', ' ORDER BY c_no))
                     FROM unnest(cols) WITH ORDINALITY AS x(c, c_no));
        END LOOP;
        nrules := pick('1', '63', '64', '65', '130', '40', '20')::integer;
        INSERT INTO rule (code, condition)
        SELECT 'r' || lpad(g::text, 4, '0'), random_condition() FROM generate_series(1, nrules) g;

        -- What cannot be used in a query is replaced: it may fail.
        UPDATE rule SET condition = 'id = 0 OR true' WHERE leadcrm.condition_class('probe', condition) = 'may fail';

        SELECT string_agg(format('CASE WHEN (%s) IS TRUE THEN %L END', condition, code), ', ' ORDER BY code) INTO expected FROM rule;
        EXECUTE format('SELECT count(*) FILTER (WHERE m <> x), count(*) * %s, sum(cardinality(m)) FROM probe,'
                       ' (VALUES (%L::timestamptz)) AS moment(as_of),'
                       ' LATERAL (SELECT leadcrm.matching_rules(probe, ''rule'', as_of)) AS f(m),'
                       ' LATERAL (SELECT array_remove(ARRAY[%s]::text[], NULL)) AS s(x)', nrules, moment, expected)
            INTO wrong, nrules, shown;
        compared := compared + nrules;
        matched := matched + shown;
        IF wrong > 0 THEN
            RAISE WARNING 'mix %: % rows differ', mix, wrong;
            EXECUTE format('SELECT string_agg(DISTINCT code || '': '' || condition, E''\n'') FROM probe, rule,'
                           ' (VALUES (%L::timestamptz)) AS moment(as_of),'
                           ' LATERAL (SELECT leadcrm.matching_rules(probe, ''rule'', as_of)) AS f(m),'
                           ' LATERAL (SELECT array_remove(ARRAY[%s]::text[], NULL)) AS s(x)'
                           ' WHERE (code = ANY (m)) <> (code = ANY (x))', moment, expected) INTO expected;
            RAISE WARNING '%', expected;
        END IF;
    END LOOP;
    IF compared < 50000 OR matched NOT BETWEEN compared / 10 AND compared / 2 THEN
        RAISE WARNING 'compared %, matched %', compared, matched;
    END IF;
END $$;

-- rule_test() evaluates each rule by itself; the last mix again.
SELECT count(*) > 500 AS enough,
       count(*) FILTER (WHERE matches IS DISTINCT FROM (code = ANY (leadcrm.matching_rules(probe, 'rule', '2026-01-05')))) AS differ,
       count(*) FILTER (WHERE matches <> (why IS NULL)) AS unexplained
FROM probe, leadcrm.rule_test('rule', probe, '2026-01-05');

-- Nondeterministic collations, where there are any, are not grouped.
SELECT EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') AS icu \gset
\if :icu
CREATE COLLATION blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
\else
CREATE COLLATION blind FROM "C";
\endif
TRUNCATE rule;
CREATE TABLE blind (id integer, t text COLLATE blind);
INSERT INTO blind VALUES (1, 'abc'), (2, 'ABC'), (3, 'abd');
INSERT INTO rule (code, condition) VALUES
    ('is', 't = ''Abc'''), ('is not', 't <> ''Abc'''), ('in', 't IN (''ABC'', ''x'')'), ('after', 't > ''abc''');
SELECT count(*) FILTER (WHERE leadcrm.matching_rules(b, 'rule') <> array_remove(ARRAY[CASE WHEN t > 'abc' THEN 'after' END,
       CASE WHEN t IN ('ABC', 'x') THEN 'in' END, CASE WHEN t = 'Abc' THEN 'is' END, CASE WHEN t <> 'Abc' THEN 'is not' END], NULL)) AS differ
FROM blind b;

-- Large sets: many constants, more than one word of rules, the limit.
CREATE TABLE number (id integer, t text);
INSERT INTO number SELECT g, 'n' || g FROM generate_series(0, 2100) g;
TRUNCATE rule;
INSERT INTO rule (code, condition)
SELECT to_char(g, 'FM0000'), CASE g % 3 WHEN 0 THEN 'id >= ' || 2 * g WHEN 1 THEN format('t LIKE ''n%s%%''', g) ELSE
       'id IN (' || (SELECT string_agg((g + 20 * i)::text, ', ') FROM generate_series(0, 100) i) || ')' END
FROM generate_series(1, 1000) g;
SELECT sum(leadcrm.score(n, 'rule')) =
       (SELECT sum((CASE g % 3 WHEN 0 THEN id >= 2 * g WHEN 1 THEN starts_with(t, 'n' || g)
                    ELSE id >= g AND id <= g + 2000 AND (id - g) % 20 = 0 END)::integer)
        FROM number, generate_series(1, 1000) g) AS same
FROM number n;
INSERT INTO rule (code, condition) VALUES ('1001', 'id = 1');
SELECT leadcrm.score(n, 'rule') FROM number n WHERE id = 1;

-- What rules say of a value is kept; each value has its own answers, also long
-- and empty ones, none at all, and more than are kept.
CREATE TABLE said (id integer, t text, attrs jsonb);
ALTER TABLE said ALTER t SET STORAGE EXTERNAL;
INSERT INTO said
SELECT g, CASE g % 9 WHEN 0 THEN NULL WHEN 1 THEN '' WHEN 2 THEN repeat('ab', 30) WHEN 3 THEN repeat('ab', 30) || g % 2
       WHEN 4 THEN repeat('b', 3000) || g % 4 ELSE 'n' || g % 700 END,
       CASE g % 5 WHEN 0 THEN NULL WHEN 1 THEN '{}' ELSE jsonb_build_object('k', g % 400) END
FROM generate_series(1, 5000) g;
TRUNCATE rule;
INSERT INTO rule (code, condition) VALUES
    ('a', 't LIKE ''%b%'' OR t LIKE ''%33%'''), ('b', 'length(t) > 60'), ('c', 'coalesce(length(t), 0) = 0 AND id > 2500'),
    ('d', 't LIKE ''%1'' AND attrs ->> ''k'' LIKE ''%2%'''), ('e', '(attrs -> ''k'') IS NULL'), ('f', 't LIKE ''n_'' AND id > 2000');
SELECT count(*) FILTER (WHERE leadcrm.matching_rules(s, 'rule') <> array_remove(ARRAY[CASE WHEN t LIKE '%b%' OR t LIKE '%33%' THEN 'a' END,
       CASE WHEN length(t) > 60 THEN 'b' END, CASE WHEN coalesce(length(t), 0) = 0 AND id > 2500 THEN 'c' END,
       CASE WHEN t LIKE '%1' AND attrs ->> 'k' LIKE '%2%' THEN 'd' END, CASE WHEN (attrs -> 'k') IS NULL THEN 'e' END,
       CASE WHEN t LIKE 'n_' AND id > 2000 THEN 'f' END], NULL)) AS differ, count(DISTINCT leadcrm.matching_rules(s, 'rule')) AS kinds
FROM said s;

-- The moment is that of each call.
TRUNCATE rule, probe;
INSERT INTO rule (code, condition) VALUES
    ('before', 'as_of < ''2026-01-02'''), ('recent', 'tz > as_of - interval ''1 month'''), ('hour', 'extract(hour from as_of) = id');
INSERT INTO probe (id, tz) VALUES (12, '2026-01-01');
SELECT at, leadcrm.matching_rules(x, 'rule', at)
FROM probe x, unnest(ARRAY['2026-01-01 12:00', '2026-01-31', '2026-02-01', '2026-01-01 12:00', 'infinity', '-infinity']::timestamptz[]) at;

-- Points, caps, validity, activity.
CREATE TABLE deal (id integer PRIMARY KEY, region text, amount numeric, note text, attrs jsonb);
INSERT INTO deal VALUES (1, '500112', 200000, '急需报价', '{"need": "demo"}'), (2, '310000', 5, NULL, '{}'), (3, NULL, NULL, '', NULL);
CREATE SCHEMA desk;
CREATE TABLE desk.rule (code text PRIMARY KEY, condition text, points integer, cap_group text,
    active boolean DEFAULT true, valid_from timestamptz, valid_to timestamptz);
INSERT INTO desk.rule (code, condition, points, cap_group) VALUES
    ('重庆', 'region LIKE ''50%''', 10, 'place'), ('渝北', 'region = ''500112''', 15, 'place'), ('large', 'amount >= 100000', 20, NULL),
    ('small', 'amount < 10', -30, 'size'), ('tiny', 'amount < 6', -30, 'size'), ('wish', 'note LIKE ''%报价%''', 5, 'unlimited'),
    ('none', NULL, 1000, NULL);
SELECT id, leadcrm.score(d, 'desk.rule'), leadcrm.matching_rules(d, 'desk.rule') FROM deal d ORDER BY id;
CREATE TABLE desk.score_cap (cap_group text, most integer);
INSERT INTO desk.score_cap VALUES ('place', 20), ('size', 40), ('other', 0), (NULL, 0);
SELECT id, leadcrm.score(d, 'desk.rule') FROM deal d ORDER BY id;
UPDATE desk.rule SET active = NULLIF(code = 'wish', code = 'large');
SELECT leadcrm.matching_rules(d, 'desk.rule') FROM deal d WHERE id = 1;
UPDATE desk.rule SET active = true, valid_from = '2026-01-01', valid_to = '2026-02-01' WHERE code = 'large';
SELECT at, leadcrm.matching_rules(d, 'desk.rule', at)
FROM deal d, unnest(ARRAY['2025-12-31 23:59:59.999999', '2026-01-01', '2026-01-31 23:59', '2026-02-01', '-infinity', 'infinity']::timestamptz[]) at
WHERE id = 1;
SELECT leadcrm.score(d, 'desk.rule', NULL), leadcrm.score(d, NULL), leadcrm.score(NULL::deal, 'desk.rule') FROM deal d WHERE id = 1;

-- What rows may be: of tables, views, composite types, without a name.
UPDATE desk.rule SET active = code IN ('large', 'small', '重庆'), valid_from = NULL, valid_to = NULL;
CREATE VIEW large AS SELECT * FROM deal WHERE amount > 100;
CREATE TYPE pair AS (amount numeric, region text);
SELECT leadcrm.matching_rules(v, 'desk.rule') FROM large v;
SELECT leadcrm.matching_rules(x, 'desk.rule') FROM (SELECT d.*, 7 AS more FROM deal d OFFSET 0) x ORDER BY id;
SELECT leadcrm.matching_rules((250000, '50')::pair, 'desk.rule');
SELECT leadcrm.matching_rules(x, 'desk.rule') FROM (VALUES (1::numeric, '50', 1), (200000, NULL, 2)) x(amount, region, id) ORDER BY id;
SELECT leadcrm.matching_rules(ROW(250000, '50'), 'desk.rule');
DO $$
DECLARE
    d deal;
    r record;
BEGIN
    SELECT * INTO d FROM deal WHERE id = 1;
    d.region := '31';
    RAISE WARNING '%', leadcrm.matching_rules(d, 'desk.rule');
    FOR i IN 1 .. 2 LOOP
        IF i = 1 THEN
            SELECT amount, region INTO r FROM deal WHERE id = 1;
        ELSE
            SELECT 'x' AS other, region, amount INTO r FROM deal WHERE id = 2;
        END IF;
        RAISE WARNING '%', leadcrm.matching_rules(r, 'desk.rule');
    END LOOP;
END $$;

-- The planner passes columns where it can tell that the row is there.
SET enable_hashjoin = off;
SET enable_mergejoin = off;
EXPLAIN (COSTS OFF) SELECT id FROM deal d WHERE leadcrm.score(d, 'desk.rule') > 0;
EXPLAIN (COSTS OFF) SELECT region FROM deal d GROUP BY region HAVING sum(leadcrm.score(d, 'desk.rule')) > 0;
EXPLAIN (COSTS OFF) SELECT n.id FROM number n LEFT JOIN deal d USING (id) WHERE (leadcrm.score(d, 'desk.rule') > 0) IS NOT FALSE;
SELECT n.id, leadcrm.score(d, 'desk.rule') FROM number n LEFT JOIN deal d USING (id) WHERE n.id IN (0, 1) ORDER BY n.id;
EXPLAIN (COSTS OFF) SELECT 1 FROM deal d GROUP BY d HAVING leadcrm.score(d, 'desk.rule') > 0;
SELECT id, sum(leadcrm.score(d, 'desk.rule')), leadcrm.score(d, 'desk.rule') FROM deal d GROUP BY GROUPING SETS ((id, d), ()) ORDER BY id;
UPDATE deal d SET attrs = to_jsonb(leadcrm.score(d, 'desk.rule')) RETURNING id, attrs, leadcrm.score(d, 'desk.rule');
-- ... and nobody else can pass them.
SELECT leadcrm._score_columns('desk.rule', 'deal', now(), 1, 'x', 2);
SELECT leadcrm._score_columns('desk.rule', 'deal', now(), 1, 2, 3, 4, 5);
SELECT leadcrm._score_columns('desk.rule', 'integer', now(), 1);
SELECT leadcrm._score_columns('desk.rule', NULL, now(), 1) IS NULL,
       leadcrm._score_columns('desk.rule', 'pair', NULL, 1.0, 'x'::text) IS NULL;
SELECT leadcrm._matching_rules_columns('desk.rule', 'pair', now(), 1.0, '50'::text);

-- Explanations.
UPDATE desk.rule SET active = true;
INSERT INTO desk.rule (code, condition) VALUES
    ('ratio', 'region <> ''11'' AND amount / id > 10'), ('number', 'note::integer > 1'), ('broken', 'amount >'), ('gone', 'size > 1'),
    ('demo', 'attrs ->> ''need'' = ''demo'''), ('quote', 'attrs ->> ''need'' IN (''quote'', ''offer'') AND amount > id AND length(note) > 2'),
    ('always', 'id = 1 OR true'), ('never', 'id = 1 AND NULL'), ('both', 'amount > id'), ('date', 'as_of > ''2026-06-01'' AND amount BETWEEN 1 AND 10');
SELECT code, class, evaluation, problem FROM leadcrm.explain_rules('desk.rule', 'deal') ORDER BY code COLLATE "C";
UPDATE deal SET note = 'it''s ( AND', attrs = '{"need": "demo"}' WHERE id = 2;
INSERT INTO desk.rule (code, condition, valid_from, valid_to) VALUES
    ('parts', 'id > 0 AND note LIKE ''it''''s ( AND%'' AND (amount < 3 OR id = 9) AND CASE WHEN id = 2 AND amount > 0 THEN true END', NULL, NULL),
    ('dollar', 'note <> $x$ AND $x$ AND note <> E''\'' AND '' AND id BETWEEN 2 AND 4 /* AND /* '' */ AND */ AND id = 7 -- AND', NULL, NULL),
    ('early', 'id > 0', '2030-01-01', NULL), ('late', 'id > 0', NULL, '2020-01-01');
SELECT id, code, matches, why FROM deal d, leadcrm.rule_test('desk.rule', d, '2026-01-15') ORDER BY id, code COLLATE "C";
SELECT code, why FROM leadcrm.rule_test('desk.rule', ROW(250000, '50')::pair) WHERE code IN ('重庆', 'large', 'demo');

-- In triggers a rule that fails does not match, is counted, and leaves the
-- others alone; what of it can be looked up is looked up first.
SELECT leadcrm.create_workspace('rule_set_crm', 'en');
SET search_path = rule_set_crm, pg_temp;
DELETE FROM score_rule;
INSERT INTO score_rule (code, condition, points) VALUES
    ('division', 'company_size / (company_size - 5) > 1', 1), ('number', 'name::integer > 3', 2), ('safe', 'company_size > 3', 4),
    ('both', 'name::integer > 3 AND company_size > 3', 8), ('looked up', 'budget_max / (company_size - 5) > 10 AND region = ''50''', 16),
    ('shared', 'leadcrm.num(name) > 3 AND company_size < 100', 32), ('shared too', 'leadcrm.num(name) IS NULL', 64);
INSERT INTO lead (id, name, company_size, budget_max, region, first_source) VALUES
    (1, '7', 5, 100, '50', 'x'), (2, '李', 6, 100, '50', 'x'), (3, '4', NULL, NULL, NULL, 'x'), (4, '9', 200, 1, '51', 'x'), (5, NULL, 5, 1, '51', 'x');
SELECT l.id, l.fit, string_agg(t.code, ', ' ORDER BY r.points) FILTER (WHERE t.matches) AS alone, coalesce(sum(r.points) FILTER (WHERE t.matches), 0) AS sum
FROM lead l, leadcrm.rule_test('score_rule', l) t JOIN score_rule r USING (code) GROUP BY l.id ORDER BY l.id;
SELECT rule, sqlstate, failures FROM v_rule_error ORDER BY rule, sqlstate;
SET search_path = rule_set, leadcrm;
SELECT leadcrm.drop_workspace('rule_set_crm', 5);

-- What is refused.
SELECT leadcrm.score(d, 'desk.rule') FROM deal d;
DELETE FROM desk.rule WHERE code = 'broken';
SELECT leadcrm.score(d, 'desk.rule') FROM deal d;
DELETE FROM desk.rule WHERE code = 'gone';
SELECT leadcrm.score(d, 'desk.rule') FROM deal d;
SELECT leadcrm.score(d, 'deal') FROM deal d;
SELECT leadcrm.score(d, 'large') FROM deal d;
SELECT leadcrm.score(d, 1::regclass) FROM deal d;
ALTER TABLE desk.rule ALTER COLUMN points TYPE bigint;
SELECT leadcrm.score(d, 'desk.rule') FROM deal d;
ALTER TABLE desk.rule ALTER COLUMN points TYPE integer;
UPDATE desk.rule SET active = code IN ('large', 'always'), points = 2147483647;
SELECT leadcrm.score(d, 'desk.rule') FROM deal d WHERE id = 1;
ALTER TABLE desk.rule DROP COLUMN points;
SELECT leadcrm.score(d, 'desk.rule') FROM deal d WHERE id = 1;
CREATE ROLE rule_set_stranger;
GRANT USAGE ON SCHEMA rule_set, desk TO rule_set_stranger;
GRANT SELECT ON deal TO rule_set_stranger;
SET ROLE rule_set_stranger;
SELECT leadcrm.matching_rules(d, 'desk.rule') FROM deal d WHERE id = 1;
RESET ROLE;
GRANT SELECT ON desk.rule TO rule_set_stranger;
SET ROLE rule_set_stranger;
SELECT leadcrm.matching_rules(d, 'desk.rule') FROM deal d WHERE id = 1;
RESET ROLE;
GRANT SELECT ON desk.score_cap TO rule_set_stranger;
SET ROLE rule_set_stranger;
SELECT leadcrm.matching_rules(d, 'desk.rule') FROM deal d WHERE id = 1;
RESET ROLE;

DROP SCHEMA rule_set, desk CASCADE;
DROP ROLE rule_set_stranger;
