-- Taking leads in: capture(), capture_many().
--
-- A call goes through four functions: _answer_payloads() checks it, finds what
-- came before under the same external_id and makes the answer; _take_in() asks
-- _store_payloads() to write the whole set and, when that fails, each half, so
-- that one bad payload costs nobody else; _read_payloads() reads a set of
-- payloads into columns of lead, in one query.
--
-- capture() and capture_many() are the owner's and find everything by OID.  The
-- functions in PL/pgSQL find their tables by name, so they are told which table
-- `lead` is meant and refuse to run when it is not that of their own schema.

-- Which field each spelling of a name means: {"folded spelling": "field"}.
-- Where and when a lead came from is a file's to say, not a payload's.
CREATE OR REPLACE FUNCTION _field_aliases(from_file boolean) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
BEGIN
    RETURN (SELECT coalesce(jsonb_object_agg(f.alias, f.field) FILTER (WHERE f.alias IS NOT NULL), '{}')
              FROM (SELECT leadcrm.fold_text(a.alias) AS alias, a.field
                      FROM field_alias a
                     WHERE from_file OR a.field NOT IN ('source', 'created_at')
                    OFFSET 0) f);
END
$$;

-- The source and the external_id that payloads carry, if they do.
CREATE OR REPLACE FUNCTION _payload_keys(payloads jsonb[], aliases jsonb)
RETURNS TABLE ("position" bigint, payload jsonb, source text, external_id text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT p.position, p.payload, k.source, k.external_id
      FROM unnest(payloads) WITH ORDINALITY AS p (payload, position)
     CROSS JOIN LATERAL (
            SELECT min(leadcrm.cell_text(e.value)) FILTER (WHERE e.field = 'source'),
                   min(leadcrm.cell_text(e.value)) FILTER (WHERE e.field = 'external_id')
              FROM (SELECT aliases ->> leadcrm.fold_text(x.key) AS field, x.value
                      FROM jsonb_each_text(p.payload) x
                     WHERE octet_length(x.key) <= 1000
                    OFFSET 0) e) AS k (source, external_id);
END;

-- Payloads as rows of lead.  aliases: see above.  formats: how dates are
-- written, by field.  What is no column, and what could not be read, is in
-- attrs; refusal says why no lead can be made of a payload.
CREATE OR REPLACE FUNCTION _read_payloads(payloads jsonb[], external_ids text[], aliases jsonb, formats jsonb DEFAULT '{}')
RETURNS TABLE ("position" bigint, external_id text, form text, kind text, name text, company text, title text,
               phone text, email text, wechat text, unionid text, tax_id text, address text, region text,
               industry text, product_line text, company_size integer, budget_min numeric, budget_max numeric,
               budget_status text, campaign text, partner text, project_name text, expected_amount numeric,
               currency text, expected_close_on date, created_at timestamptz, attrs jsonb, refusal text, remark text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    WITH setting AS MATERIALIZED (
        SELECT w.time_zone,
               coalesce(w.settings ->> 'currency', CASE w.locale WHEN 'zh' THEN 'CNY' END) AS currency,
               ARRAY['source', 'form', 'external_id', 'created_at', 'name', 'company', 'title', 'phone', 'email',
                     'wechat', 'unionid', 'tax_id', 'address', 'region', 'industry', 'product_line',
                     'company_size', 'budget', 'campaign', 'partner', 'project_name', 'expected_amount', 'currency',
                     'expected_close_on', 'text', 'content'] AS columns,
               -- these are read even from a second and third cell
               ARRAY['phone', 'email'] AS lists
          FROM workspace w
         LIMIT 1
    ),
    cell AS MATERIALIZED (      -- what is said under each key; a novel is no name of anybody
        SELECT p.position, p.external_id, e.key, e.value, e.ordinality, x.huge, x.said,
               CASE WHEN x.said IS NULL OR octet_length(x.said) <= 1000 OR x.field IN ('content', 'text', 'address')
                    THEN x.field END AS field
          FROM unnest(payloads, external_ids) WITH ORDINALITY AS p (payload, external_id, position)
          LEFT JOIN LATERAL jsonb_each(p.payload) WITH ORDINALITY AS e ON true
         CROSS JOIN LATERAL (
                SELECT pg_column_size(e.value) + octet_length(e.key) > 100000 AS huge
                OFFSET 0) AS h
         CROSS JOIN LATERAL (
                SELECT h.huge, CASE WHEN NOT h.huge THEN aliases ->> leadcrm.fold_text(e.key) END AS field,
                       leadcrm.cell_text(CASE WHEN h.huge OR jsonb_typeof(e.value) = 'object' THEN NULL
                                              WHEN jsonb_typeof(e.value) = 'array'
                                              THEN (SELECT string_agg(x, ' / ') FROM jsonb_array_elements_text(e.value) x)
                                              ELSE e.value #>> '{}' END) AS said
                OFFSET 0) AS x
    ),
    ranked AS MATERIALIZED (    -- of two keys for one field the first that says something counts
        SELECT c.*, row_number() OVER (PARTITION BY c.position, c.field ORDER BY c.said IS NULL, c.ordinality) AS nth
          FROM cell c
    ),
    gathered AS MATERIALIZED (
        SELECT r.position, min(r.external_id) AS external_id,
               jsonb_object_agg(r.field, r.said) FILTER (WHERE r.nth = 1 AND r.field IS NOT NULL AND r.said IS NOT NULL) AS f,
               string_agg(r.said, ' / ' ORDER BY leadcrm.phone_kind(leadcrm.try_phone(r.said)) IS DISTINCT FROM 'mobile', r.nth)
                   FILTER (WHERE r.field = 'phone') AS phone,
               string_agg(r.said, ' / ' ORDER BY r.nth) FILTER (WHERE r.field = 'email') AS email,
               jsonb_object_agg(CASE WHEN r.nth = 1 AND NOT r.field = ANY (s.columns) THEN r.field ELSE r.key END, r.value)
                   FILTER (WHERE (r.field IS NULL OR NOT r.field = ANY (s.columns)
                                  OR (r.nth > 1 AND NOT r.field = ANY (s.lists)))
                             AND NOT r.huge AND r.value NOT IN ('null', '""')) AS rest,
               count(r.said) FILTER (WHERE r.field IS NULL OR r.field NOT IN ('source', 'form', 'external_id')) AS cells,
               count(*) FILTER (WHERE r.huge) AS huge
          FROM ranked r CROSS JOIN setting s
         GROUP BY r.position
    ),
    told AS MATERIALIZED (      -- a payload that is hardly more than one free text is taken apart
        SELECT g.position, g.external_id, coalesce(g.f, '{}') AS f, g.phone, g.email, coalesce(g.rest, '{}') AS rest,
               g.cells, g.huge, t.content, i AS inquiry
          FROM gathered g
         CROSS JOIN LATERAL (SELECT coalesce(g.f ->> 'text', g.f ->> 'content')) AS t (content)
         CROSS JOIN LATERAL leadcrm.inquiry_parts(
                CASE WHEN g.f ? 'text' OR (NOT g.f ?| ARRAY['name', 'company'] AND g.phone IS NULL) THEN t.content END) i
    ),
    found AS MATERIALIZED (
        SELECT t.*, s.time_zone,
               coalesce(leadcrm.phones_in(coalesce(t.phone, t.content, t.f ->> 'wechat'))::text[], '{}') AS phones,
               coalesce(leadcrm.emails_in(coalesce(t.email, t.content)), '{}') AS emails,
               coalesce(t.f ->> 'wechat', leadcrm.wechat_in(t.content)) AS wechat,
               coalesce(t.f ->> 'name', (t.inquiry).name) AS name,
               coalesce(t.f ->> 'company', (t.inquiry).company) AS company,
               coalesce(t.f ->> 'budget', (t.inquiry).budget) AS budget,
               leadcrm.try_timestamp(t.f ->> 'created_at', s.time_zone, formats ->> 'created_at') AS created_at,
               (leadcrm.try_timestamp(t.f ->> 'expected_close_on', s.time_zone, formats ->> 'expected_close_on')
                AT TIME ZONE s.time_zone)::date AS expected_close_on,
               s.currency AS usual_currency
          FROM told t CROSS JOIN setting s
    )
    SELECT f.position, f.external_id, f.f ->> 'form',
           CASE WHEN f.f ? 'project_name' THEN 'project' ELSE 'contact' END,
           f.name, f.company, coalesce(f.f ->> 'title', leadcrm.job_title_in(f.name)),
           coalesce(f.phones[1], f.phone), coalesce(f.emails[1], f.email), f.wechat,
           f.f ->> 'unionid', f.f ->> 'tax_id', f.f ->> 'address', f.f ->> 'region',
           f.f ->> 'industry', f.f ->> 'product_line',
           CASE WHEN leadcrm.quantity_low(f.f ->> 'company_size') BETWEEN 1 AND 2147483647
                THEN floor(leadcrm.quantity_low(f.f ->> 'company_size'))::integer END,
           leadcrm.quantity_low(f.budget), leadcrm.quantity_high(f.budget),
           CASE leadcrm.quantity_vague(f.budget) WHEN true THEN 'vague' WHEN false THEN 'exact' END,
           f.f ->> 'campaign', f.f ->> 'partner', f.f ->> 'project_name',
           coalesce(leadcrm.quantity_low(f.f ->> 'expected_amount'), leadcrm.quantity_high(f.f ->> 'expected_amount')),
           CASE WHEN f.f ? 'currency' THEN f.f ->> 'currency'
                WHEN leadcrm.quantity_vague(coalesce(f.budget, f.f ->> 'expected_amount')) IS NOT NULL
                THEN coalesce(leadcrm.money_currency(coalesce(f.budget, f.f ->> 'expected_amount')), f.usual_currency) END,
           f.expected_close_on, f.created_at,
           f.rest || jsonb_strip_nulls(jsonb_build_object(
               'phones', CASE WHEN cardinality(f.phones) > 1 THEN f.phones[2:] END,
               'emails', CASE WHEN cardinality(f.emails) > 1 THEN f.emails[2:] END,
               'content', f.content,
               'need', CASE WHEN NOT f.rest ? 'need' AND (f.inquiry).need <> f.content THEN (f.inquiry).need END,
               'budget', f.budget,
               'company_size', f.f ->> 'company_size',
               'expected_amount', CASE WHEN leadcrm.quantity_vague(f.f ->> 'expected_amount') IS NOT FALSE THEN f.f ->> 'expected_amount' END,
               'expected_close_on', CASE WHEN f.expected_close_on IS NULL THEN f.f ->> 'expected_close_on' END,
               'created_at', CASE WHEN f.created_at IS NULL THEN f.f ->> 'created_at' END)),
           CASE WHEN cardinality(f.phones) > 0 OR cardinality(f.emails) > 0
                  OR f.f ?| ARRAY['wechat', 'unionid', 'tax_id', 'project_name'] OR f.wechat IS NOT NULL OR f.rest ? 'openid'
                  OR leadcrm.is_test_text(f.name) IS FALSE OR leadcrm.is_test_text(f.company) IS FALSE
                  OR (leadcrm.phone_fault(f.phone) <> 'digits were lost in a spreadsheet'
                      AND leadcrm.is_test_text(f.phone) IS FALSE AND f.phone ~ '([0-9].*){7}')
                THEN NULL
                WHEN f.cells = 0 THEN 'rejected: there is nothing in it'
                WHEN leadcrm.is_test_text(coalesce(f.name, f.company, f.phone))
                THEN 'rejected: a test entry that names nobody to reach'
                WHEN f.external_id IS NULL
                THEN 'rejected: no way to reach the person: no name, phone, mail, WeChat or company' END,
           concat(CASE WHEN f.huge > 0 THEN '; what is larger than 100 kB is in the payload only' END,
                  CASE WHEN f.created_at IS NULL AND f.f ? 'created_at' THEN '; created_at not understood' END,
                  CASE WHEN f.expected_close_on IS NULL AND f.f ? 'expected_close_on' THEN '; expected_close_on not understood' END)
      FROM found f;
END;

-- May the one who acts know which leads there are?
CREATE OR REPLACE FUNCTION _may_know() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
DECLARE
    acting CONSTANT name := leadcrm.acting_role();
BEGIN
    RETURN (SELECT pg_has_role(acting, c.relowner, 'USAGE') FROM pg_class c WHERE c.oid = 'lead'::regclass)
        OR EXISTS (SELECT FROM access a JOIN pg_roles r ON r.rolname = a.role
                    WHERE a.kind IN ('admin', 'writer') AND pg_has_role(acting, r.oid, 'USAGE'));
END
$$;

-- Write leads for payloads, then the rows of intake with what became of them.
-- Returns the ids of those, in order.  Raises whatever a row may raise.
--
-- Planned once per session, for one payload as for ten thousand: no set is
-- joined to a set, tables are looked up by index, however empty they are yet.
-- LIMIT 1 makes a look-up of what would else be planned as a join.
CREATE OR REPLACE FUNCTION _store_payloads(sources text[], payloads jsonb[], form text, external_ids text[], aliases jsonb,
                                           formats jsonb, batch text, lines bigint[])
RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET jit TO off SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off SET work_mem TO '64MB'
AS $$
#variable_conflict use_variable
DECLARE
    lead_seq CONSTANT regclass := pg_get_serial_sequence('lead', 'id');
    ids      bigint[];
    forms    text[];
    refusals text[];
    remarks  text[];
    stored   bigint[];
BEGIN
    WITH arrival AS MATERIALIZED (
        SELECT r.*, CASE WHEN r.refusal IS NULL THEN nextval(lead_seq) END AS id
          FROM (SELECT * FROM _read_payloads(payloads, external_ids, aliases, formats) p ORDER BY p.position) r
    ), written AS (
        INSERT INTO lead (id, kind, name, company, title, phone, email, wechat, unionid, tax_id, address, region,
                          industry, product_line, company_size, budget_min, budget_max, budget_status,
                          first_source, last_source, last_form, campaign, partner, external_id, project_name,
                          expected_amount, currency, expected_close_on, attrs, created_at)
        SELECT a.id, a.kind, a.name, a.company, a.title, a.phone, a.email, a.wechat, a.unionid, a.tax_id, a.address,
               a.region, a.industry, a.product_line, a.company_size, a.budget_min, a.budget_max, a.budget_status,
               sources[a.position], sources[a.position], coalesce(a.form, form), a.campaign, a.partner, a.external_id,
               a.project_name, a.expected_amount, a.currency, a.expected_close_on, a.attrs, a.created_at
          FROM arrival a
         WHERE a.id IS NOT NULL
         ORDER BY a.position)
    SELECT array_agg(a.id ORDER BY a.position), array_agg(coalesce(a.form, form) ORDER BY a.position),
           array_agg(a.refusal ORDER BY a.position), array_agg(a.remark ORDER BY a.position)
      INTO ids, forms, refusals, remarks
      FROM arrival a;

    WITH noted AS (
        INSERT INTO intake (received_at, source, form, external_id, batch, line, payload, outcome, lead_id, detail, actor)
        SELECT now(), p.source, p.form, p.external_id, batch, p.line, p.payload, d.outcome, l.id,
               concat(d.detail, p.remark,
                      (SELECT string_agg(format('; %s kept as typed: %s', x.key, x.value), '' ORDER BY x.key)
                         FROM jsonb_each_text(l.attrs -> 'flags') x)),
               leadcrm.acting_role()
          FROM unnest(payloads, sources, external_ids, lines, ids, forms, refusals, remarks) WITH ORDINALITY
               AS p (payload, source, external_id, line, id, form, refusal, remark, position)
          LEFT JOIN lead l ON l.id = p.id
          LEFT JOIN merge_log m ON m.loser = l.id AND m.undone_at IS NULL
          LEFT JOIN LATERAL (
                SELECT o.lead_a + o.lead_b - l.id AS other, o.kind, o.status, o.reason
                  FROM duplicate o
                 WHERE o.lead_b = l.id OR (o.lead_a = l.id AND o.lead_b <> ALL (ids))
                 ORDER BY o.status = 'linked', o.id
                 LIMIT 1) o ON true
         CROSS JOIN LATERAL (
                SELECT CASE WHEN l.id IS NULL THEN 'rejected'
                            WHEN l.merged_into IS NOT NULL THEN 'merged'
                            WHEN o.status = 'linked' THEN 'linked'
                            WHEN o.status IS NOT NULL THEN 'review'
                            ELSE 'created' END,
                       CASE WHEN l.id IS NULL THEN p.refusal
                            WHEN l.merged_into IS NOT NULL THEN format('merged into lead %s by %s', l.merged_into, m.rule)
                            WHEN o.status = 'linked' THEN format('linked to lead %s by %s', o.other, o.kind)
                            WHEN o.status IS NOT NULL THEN format('review: %s (lead %s, by %s)',
                                                                  coalesce(o.reason, 'may be the same'), o.other, o.kind)
                            WHEN coalesce(l.phone, l.email, l.wechat, l.unionid) IS NULL
                            THEN 'created: it has nothing by which a person is known again'
                            ELSE 'created: nobody known has its phone, mail or WeChat' END) AS d (outcome, detail)
         ORDER BY p.position
        RETURNING id)
    SELECT array_agg(n.id ORDER BY n.id) INTO stored FROM noted n;
    RETURN stored;
END
$$;

-- Take payloads in.  Returns the ids of their rows in intake, in order; NULL
-- where another transaction brought the external_id into `lead` meanwhile.
CREATE OR REPLACE FUNCTION _take_in(sources text[], payloads jsonb[], form text, external_ids text[], aliases jsonb,
                                    formats jsonb DEFAULT '{}', batch text DEFAULT NULL, lines bigint[] DEFAULT NULL)
RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    n               CONSTANT integer := cardinality(payloads);
    half            CONSTANT integer := n / 2;
    state           text;
    message         text;
    fact            text;
    constraint_name text;
    stored          bigint;
BEGIN
    RETURN _store_payloads(sources, payloads, form, external_ids, aliases, formats, batch, lines);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, fact = PG_EXCEPTION_DETAIL,
                            constraint_name = CONSTRAINT_NAME;
    -- Not the payload's fault: retry, resources, cancel, lock_timeout.
    IF left(state, 2) IN ('40', '53', '57') OR state = '55P03' THEN
        RAISE;
    ELSIF n > 1 THEN
        RETURN _take_in(sources[:half], payloads[:half], form, external_ids[:half], aliases, formats, batch, lines[:half])
            || _take_in(sources[half + 1:], payloads[half + 1:], form, external_ids[half + 1:], aliases, formats, batch,
                        lines[half + 1:]);
    ELSIF constraint_name IN ('lead_external_id_key', 'intake_external_id_key') THEN
        SELECT i.id INTO stored FROM intake i WHERE i.source = sources[1] AND i.external_id = external_ids[1];
        IF NOT FOUND AND NOT EXISTS (SELECT FROM lead l WHERE l.first_source = sources[1] AND l.external_id = external_ids[1]) THEN
            RAISE serialization_failure USING
                MESSAGE = 'could not serialize access due to concurrent arrival of an external_id',
                HINT = 'Retry the transaction.';
        END IF;
        RETURN ARRAY[stored];
    END IF;
    -- The detail of other errors than ours may show other leads' values.
    fact := CASE WHEN constraint_name = '' AND state = '23505' THEN fact END;
    INSERT INTO intake (received_at, source, form, external_id, batch, line, payload, outcome, detail, error, actor)
    VALUES (now(), sources[1], form, external_ids[1], batch, lines[1], payloads[1], 'rejected',
            concat('rejected: ', message, '. ' || fact), state || ': ' || message, leadcrm.acting_role())
    RETURNING id INTO stored;
    RETURN ARRAY[stored];
END
$$;

-- Check a call, take in what is new, answer for each payload in order.  It runs
-- as the owner: nothing of the workspace may be named before the first check.
CREATE OR REPLACE FUNCTION _answer_payloads(lead regclass, source text, payloads jsonb[], form text, external_id text)
RETURNS TABLE ("position" integer, intake_id bigint, lead_id bigint, outcome text, detail text)
LANGUAGE plpgsql SET search_path FROM CURRENT SET jit TO off SET plan_cache_mode TO force_generic_plan
SET enable_seqscan TO off SET enable_hashjoin TO off SET enable_mergejoin TO off
AS $$
#variable_conflict use_column
DECLARE
    key_limit    CONSTANT integer := 500;   -- bytes; keys of indexes must stay below 2704
    source_code  CONSTANT text := leadcrm.cell_text(source);
    form_code    CONSTANT text := form;
    given_id     CONSTANT text := external_id;
    broken       bigint;
    aliases      jsonb;
    external_ids text[];
    answers      bigint[];      -- rows of intake
    fresh        boolean[];
    taken        bigint[];
    n            integer := 0;
BEGIN
    PERFORM leadcrm.at_home(lead);
    IF source_code IS NULL OR octet_length(source_code) > key_limit THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('the source must be a text of 1 to %s bytes', key_limit);
    ELSIF payloads IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the payloads must not be NULL';
    END IF;
    SELECT min(p.position) INTO broken
      FROM unnest(payloads) WITH ORDINALITY AS p (payload, position)
     WHERE jsonb_typeof(p.payload) IS DISTINCT FROM 'object';
    IF FOUND AND broken IS NOT NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'a payload must be a JSON object',
            DETAIL = format('Payload %s is %s.', broken, coalesce(jsonb_typeof(payloads[broken]), 'NULL'));
    END IF;

    aliases := _field_aliases(false);
    -- What is too long for a key stays in the payload.
    external_ids := (SELECT array_agg(CASE WHEN octet_length(x.id) <= key_limit THEN x.id END ORDER BY k.position)
                       FROM _payload_keys(payloads, aliases) k
                      CROSS JOIN LATERAL (SELECT coalesce(k.external_id, leadcrm.cell_text(given_id))) AS x (id));
    IF octet_length(given_id) > key_limit THEN
        payloads := ARRAY[jsonb_build_object('external_id', given_id) || payloads[1]];
    END IF;

    -- The first of each external_id counts, unless it is known.
    SELECT array_agg(i.id ORDER BY e.position),
           array_agg(e.id IS NULL OR (i.id IS NULL AND l.id IS NULL AND e.nth = 1) ORDER BY e.position)
      INTO answers, fresh
      FROM (SELECT u.id, u.position, row_number() OVER (PARTITION BY u.id ORDER BY u.position) AS nth
              FROM unnest(external_ids) WITH ORDINALITY AS u (id, position)) e
      LEFT JOIN LATERAL (SELECT x.id FROM intake x WHERE x.source = source_code AND x.external_id = e.id LIMIT 1) i ON true
      LEFT JOIN LATERAL (SELECT x.id FROM lead x WHERE i.id IS NULL AND x.first_source = source_code
                            AND x.external_id = e.id LIMIT 1) l ON true;

    IF true = ANY (fresh) THEN
        SELECT _take_in(array_fill(source_code, ARRAY[count(*)::integer]), array_agg(p.payload ORDER BY p.position), form_code,
                        array_agg(p.id ORDER BY p.position), aliases)
          INTO taken
          FROM unnest(payloads, external_ids, fresh) WITH ORDINALITY AS p (payload, id, fresh, position)
         WHERE p.fresh;
        FOR i IN 1 .. cardinality(payloads) LOOP
            IF fresh[i] THEN
                n := n + 1;
                answers[i] := taken[n];
            END IF;
        END LOOP;
    END IF;

    IF NOT _may_know() THEN
        RETURN QUERY SELECT p::integer, NULL::bigint, NULL::bigint, 'accepted', NULL
                       FROM generate_subscripts(payloads, 1) p;
        RETURN;
    END IF;
    -- Without an answer: a repeat within the call, or in `lead` but not in `intake`.
    RETURN QUERY
    SELECT e.position::integer, i.id, coalesce(l.merged_into, l.id, d.merged_into, d.id),
           coalesce(i.outcome, CASE WHEN d.merged_into IS NULL THEN 'created' ELSE 'merged' END),
           coalesce(i.detail, 'taken in before, directly into the table of leads')
      FROM unnest(external_ids, answers) WITH ORDINALITY AS e (id, answer, position)
      LEFT JOIN LATERAL (SELECT y.id FROM intake y WHERE e.answer IS NULL AND y.source = source_code
                            AND y.external_id = e.id LIMIT 1) x ON true
      LEFT JOIN intake i ON i.id = coalesce(e.answer, x.id)
      LEFT JOIN lead l ON l.id = i.lead_id
      LEFT JOIN LATERAL (SELECT y.id, y.merged_into FROM lead y WHERE i.id IS NULL AND y.first_source = source_code
                            AND y.external_id = e.id LIMIT 1) d ON true
     ORDER BY e.position;
END
$$;

-- SECURITY DEFINER: callers have no right on tables.
CREATE OR REPLACE FUNCTION capture(source text, payload jsonb, form text DEFAULT NULL, external_id text DEFAULT NULL)
RETURNS TABLE (intake_id bigint, lead_id bigint, outcome text, detail text)
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT a.intake_id, a.lead_id, a.outcome, a.detail
      FROM _answer_payloads('lead'::regclass, capture.source, ARRAY[capture.payload], capture.form, capture.external_id) a;
END;

CREATE OR REPLACE FUNCTION capture_many(source text, payloads jsonb[], form text DEFAULT NULL)
RETURNS TABLE ("position" integer, intake_id bigint, lead_id bigint, outcome text, detail text)
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT a.position, a.intake_id, a.lead_id, a.outcome, a.detail
      FROM _answer_payloads('lead'::regclass, capture_many.source, capture_many.payloads, capture_many.form, NULL) a;
END;
