-- Sets of rules over any table: matching_rules() and what it rests on.
SET client_min_messages = warning;
SET TimeZone = 'UTC';
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
    RAISE WARNING 'compared %, matched % %%', compared, round(100.0 * matched / compared);
END $$;
