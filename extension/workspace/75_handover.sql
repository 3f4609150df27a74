-- Handover: what a rep holds goes to another, to a team or by the rules, in one
-- transaction; and back within a day.
--
-- A lead's stage, history and activities are the lead's and stay with it.  Leads
-- move through leadcrm.move_leads(), so capacity holds and assignment_log knows;
-- its column batch is the number of the handover.  What waits for a rep's
-- approval is delegated as 81_approval.sql does it.
--
-- handover(), handover_preview() and undo_handover() are the owner's and find
-- everything by OID.  The functions in PL/pgSQL find their tables by name and
-- refuse to run when `lead` is not that of their own schema.

-- What a rep can hold, in the order in which it is locked: tables with the
-- columns id, owner and, but for lead, lead_id; when a row is in hand; and the
-- columns that a handover may change and its undo gives back.
CREATE OR REPLACE FUNCTION _holdings() RETURNS TABLE (kind text, lead_column text, in_hand text, columns text[])
LANGUAGE SQL IMMUTABLE
BEGIN ATOMIC
    VALUES ('lead', 'id',      'merged_into IS NULL',
            '{owner,team,pool,pool_since,assigned_at,first_contact_due_at,first_contact_from}'::text[]),
           ('task', 'lead_id', $in$done_at IS NULL AND cancelled_at IS NULL AND kind <> 'approval'$in$,
            '{owner,cancelled_at}'::text[]);
END;

-- The values before; of what has changed again since, the values now.
CREATE OR REPLACE FUNCTION _given_back(before jsonb, after jsonb, now jsonb) RETURNS jsonb
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT jsonb_object_agg(b.key, CASE WHEN now -> b.key = after -> b.key THEN b.value ELSE now -> b.key END)
      FROM jsonb_each(before) b;
END;

-- For administrators, and for who manages both teams.  The rules are nobody's.
CREATE OR REPLACE FUNCTION _may_hand_over(from_rep text, to_rep text, to_team text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    managed CONSTANT text[] := _managed_teams();
BEGIN
    IF NOT sees_all() AND (
           NOT EXISTS (SELECT FROM rep r WHERE r.code = from_rep AND r.team = ANY (managed))
           OR (to_rep IS NOT NULL AND NOT EXISTS (SELECT FROM rep r WHERE r.code = to_rep AND r.team = ANY (managed)))
           OR to_team <> ALL (managed)) THEN
        RAISE insufficient_privilege USING
            MESSAGE = 'permission denied for this handover',
            DETAIL = 'It is for administrators, and for who manages both teams.';
    END IF;
END
$$;

-- What it is about must be there.
CREATE OR REPLACE FUNCTION _check_handover(from_rep text, to_rep text, to_team text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    taker rep;
BEGIN
    PERFORM _may_hand_over(from_rep, to_rep, to_team);
    SELECT * INTO taker FROM rep r WHERE r.code = to_rep;
    IF to_rep IS NOT NULL AND to_team IS NOT NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'a handover goes to a rep or to a team, not to both';
    ELSIF to_rep = from_rep THEN
        RAISE invalid_parameter_value USING MESSAGE = format('rep "%s" cannot hand over to himself', from_rep);
    ELSIF NOT EXISTS (SELECT FROM rep r WHERE r.code = from_rep)
          AND NOT EXISTS (SELECT FROM lead l WHERE l.owner = from_rep) THEN
        RAISE undefined_object USING MESSAGE = format('there is no rep "%s"', coalesce(from_rep, 'NULL'));
    ELSIF to_rep IS NOT NULL AND taker.code IS NULL THEN
        RAISE undefined_object USING MESSAGE = format('there is no rep "%s"', to_rep);
    ELSIF NOT taker.active THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('rep "%s" is not active', to_rep);
    ELSIF to_team IS NOT NULL AND NOT EXISTS (SELECT FROM team t WHERE t.code = to_team) THEN
        RAISE undefined_object USING MESSAGE = format('there is no team "%s"', to_team);
    END IF;
END
$$;

-- The leads of a rep, or those of them for which a condition is true.
CREATE OR REPLACE FUNCTION _leads_of(rep text, scope text) RETURNS TABLE (lead_id bigint, is_open boolean)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
BEGIN
    IF scope IS NOT NULL THEN
        PERFORM leadcrm.check_condition('lead', scope);
    END IF;
    RETURN QUERY
    SELECT l.id, _is_open(l.merged_into, l.process, l.stage)
      FROM lead l CROSS JOIN workspace w
     WHERE l.owner = rep AND l.merged_into IS NULL
       AND (scope IS NULL OR leadcrm.condition_holds(l, scope, now(), w.time_zone))
     ORDER BY l.id;
END
$$;

-- Who takes over: the rep, or who of the team and the teams below it is there.
CREATE OR REPLACE FUNCTION _takers(from_rep text, to_rep text, to_team text)
RETURNS TABLE (rep text, open bigint, capacity bigint, dealt_today bigint)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    WITH RECURSIVE below AS (
        SELECT t.code FROM team t WHERE t.code = to_team
         UNION
        SELECT t.code FROM team t JOIN below b ON t.parent = b.code
    )
    SELECT r.code, coalesce(n.open, 0), r.capacity::bigint, coalesce(n.dealt_today, 0)
      FROM rep r
      LEFT JOIN leadcrm.rep_loads('lead'::regclass) n ON n.rep = r.code
     WHERE r.code = to_rep
        OR (r.team IN (SELECT b.code FROM below b) AND r.active AND r.code <> from_rep
            AND NOT EXISTS (SELECT FROM rep_absence a WHERE a.rep = r.code AND now() >= a.from_at AND now() < a.until_at));
END;

-- Who gets which of the leads: one after the other whoever is least loaded then,
-- as under the strategy least_loaded; NULL when all are full.  Leads that are
-- won or lost take no room and are dealt in turn.
CREATE OR REPLACE FUNCTION _deal_leads(from_rep text, to_rep text, to_team text, leads bigint[], are_open boolean[])
RETURNS TABLE (lead_id bigint, is_open boolean, rep text)
LANGUAGE SQL STABLE SET jit TO off SET enable_nestloop TO off
BEGIN ATOMIC
    WITH taker AS MATERIALIZED (
        SELECT t.*, row_number() OVER (ORDER BY t.rep) AS n, count(*) OVER () AS takers
          FROM _takers(from_rep, to_rep, to_team) t
    ), held AS MATERIALIZED (
        SELECT h.*, row_number() OVER (PARTITION BY h.is_open ORDER BY h.lead_id) AS n
          FROM unnest(leads, are_open) h (lead_id, is_open)
    ), place AS (
        SELECT t.rep, row_number() OVER (ORDER BY (t.open + k) / t.capacity::float8, t.dealt_today + k, t.rep) AS n
          FROM taker t
         CROSS JOIN LATERAL generate_series(1, least(t.capacity - t.open, (SELECT max(h.n) FROM held h WHERE h.is_open))) k
    )
    SELECT h.lead_id, h.is_open, p.rep
      FROM held h LEFT JOIN place p ON p.n = h.n
     WHERE h.is_open
     UNION ALL
    SELECT h.lead_id, h.is_open, t.rep
      FROM held h LEFT JOIN taker t ON t.n = 1 + (h.n - 1) % t.takers
     WHERE NOT h.is_open
     ORDER BY 1;
END;

-- Who gets what else the rep has in hand, once these leads are these owners':
-- to_rep, else the lead's owner, else the takers in turn; NULL: nobody, it stays.
-- What belongs to a lead that nobody gets is not ours to deal.  Within a scope,
-- only what belongs to its leads.
CREATE OR REPLACE FUNCTION _deal_rest(from_rep text, to_rep text, to_team text, scope text, leads bigint[], owners text[])
RETURNS TABLE (kind text, item bigint, rep text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET jit TO off SET enable_nestloop TO off
AS $$
#variable_conflict use_variable
DECLARE
    takers CONSTANT text[] := ARRAY(SELECT t.rep FROM _takers(from_rep, to_rep, to_team) t ORDER BY t.rep);
    h      record;
BEGIN
    FOR h IN SELECT * FROM _holdings() o WHERE o.kind <> 'lead' LOOP
        RETURN QUERY EXECUTE format($sql$
            SELECT %1$L, t.id, coalesce($2, t.lead_owner, $6[1 + (t.n - 1) %% cardinality($6)])
              FROM (SELECT i.id, o.owner AS lead_owner, row_number() OVER (PARTITION BY o.owner IS NULL ORDER BY i.id) AS n
                      FROM (SELECT id, lead_id FROM %1$I WHERE owner = $1 AND (%2$s)) i
                      LEFT JOIN unnest($4, $5) d (lead_id, owner) ON d.lead_id = i.lead_id
                     CROSS JOIN LATERAL (
                            SELECT nullif(CASE WHEN d.lead_id IS NOT NULL THEN d.owner
                                               ELSE (SELECT l.owner FROM lead l WHERE l.id = i.lead_id) END, $1)) o (owner)
                     WHERE CASE WHEN d.lead_id IS NULL THEN $3 IS NULL ELSE $2 IS NOT NULL OR d.owner IS NOT NULL END) t
             ORDER BY t.id $sql$, h.kind, h.in_hand)
        USING from_rep, to_rep, scope, leads, owners, nullif(takers, '{}');
    END LOOP;
END
$$;

-- What a handover remembers of a row of such a table: an expression.  Times are
-- texts in it; who compares them does so in UTC.
CREATE OR REPLACE FUNCTION _image(columns text[]) RETURNS text
LANGUAGE SQL IMMUTABLE
BEGIN ATOMIC
    SELECT format('jsonb_build_object(%s)', string_agg(format('%1$L, %1$I', c), ', ')) FROM unnest(columns) c;
END;

-- What waits for a rep's approval is handed on, to to_rep or to a manager above
-- him: to decide is not dealt in turns.
CREATE OR REPLACE FUNCTION _hand_over_approvals(from_rep text, to_rep text, batch bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    asked bigint;
    d     record;
BEGIN
    FOR asked IN SELECT DISTINCT o.approval FROM _deal_approvals(from_rep, to_rep) o ORDER BY o.approval LOOP
        UPDATE approval a SET level = a.level WHERE a.id = asked;
        FOR d IN SELECT o.* FROM _deal_approvals(from_rep, to_rep) o
                  WHERE o.approval = asked AND o.rep IS NOT NULL ORDER BY o.step
        LOOP
            INSERT INTO handover_item (handover, kind, item, lead_id, before, after)
            SELECT batch, 'approval', _pass_on(d.step, d.rep, NULL), a.lead_id,
                   jsonb_build_object('owner', from_rep), jsonb_build_object('owner', d.rep)
              FROM approval a WHERE a.id = asked;
            PERFORM _approval_event('approval.delegated', asked, jsonb_build_object('to_rep', d.rep, 'handover', batch));
        END LOOP;
    END LOOP;
END
$$;

-- What is not decided yet goes back to whom it was taken from.
CREATE OR REPLACE FUNCTION _give_back_approvals(made handover) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    given handover_item;
    step  approval_step;
BEGIN
    -- Steps were made in the order of their requests.
    FOR given IN SELECT i.* FROM handover_item i WHERE i.handover = made.id AND i.kind = 'approval' ORDER BY i.item LOOP
        UPDATE approval a SET level = a.level FROM approval_step s WHERE s.id = given.item AND a.id = s.approval;
        SELECT s.* INTO step FROM approval_step s WHERE s.id = given.item;
        given.problem := CASE
            WHEN step.id IS NULL THEN 'is gone'
            WHEN step.status = 'delegated' THEN
                'was moved on since, to ' || (SELECT s.rep FROM approval_step s WHERE s.stands_for = step.id)
            WHEN step.status NOT IN ('pending', 'waiting') THEN 'was decided since'
            WHEN EXISTS (SELECT FROM approval_step s
                          WHERE s.approval = step.approval AND s.level = step.level AND s.rep = made.from_rep
                            AND s.status NOT IN ('skipped', 'delegated')) THEN 'is asked of him again by now' END;
        IF given.problem IS NULL THEN
            PERFORM _pass_on(step.id, made.from_rep, NULL),
                    _approval_event('approval.delegated', step.approval,
                                    jsonb_build_object('to_rep', made.from_rep, 'handover', made.id));
        ELSE
            UPDATE handover_item i SET problem = given.problem
             WHERE i.handover = made.id AND i.kind = 'approval' AND i.item = given.item;
        END IF;
    END LOOP;
END
$$;

CREATE OR REPLACE FUNCTION _handover(from_rep text, to_rep text, to_team text, scope text, deactivate boolean, home regclass)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET timezone TO 'UTC'
AS $$
#variable_conflict use_variable
DECLARE
    by_rules    CONSTANT boolean := to_rep IS NULL AND to_team IS NULL;
    deactivated boolean := false;
    leads       bigint[];
    are_open    boolean[];
    owners      text[];
    short       bigint;
    batch       bigint;
    h           record;
    -- what is in hand, as it was
    kinds       text[] := '{}';
    items       bigint[] := '{}';
    lead_ids    bigint[] := '{}';
    images      jsonb[] := '{}';
BEGIN
    PERFORM leadcrm.at_home(home), _check_handover(from_rep, to_rep, to_team);
    IF deactivate THEN
        IF current_setting('transaction_isolation') <> 'read committed' THEN
            RAISE object_not_in_prerequisite_state USING
                MESSAGE = 'a handover that sets the rep inactive must run at isolation level READ COMMITTED',
                DETAIL = 'A snapshot of its beginning does not show what was assigned to him last.';
        END IF;
        UPDATE rep r SET active = false WHERE r.code = from_rep AND r.active;
        deactivated := FOUND;
        -- Whoever writes leads commits before, and is seen below, or waits, and
        -- knows then that he is inactive.
        LOCK TABLE lead IN EXCLUSIVE MODE;
    END IF;

    -- The rules deal open leads only.  Whoever held a lock may have given a lead
    -- to somebody else.
    leads := ARRAY(SELECT o.lead_id FROM _leads_of(from_rep, scope) o WHERE o.is_open OR NOT by_rules);
    PERFORM FROM lead l WHERE l.id = ANY (leads) ORDER BY l.id FOR NO KEY UPDATE;
    SELECT coalesce(array_agg(o.lead_id), '{}'), coalesce(array_agg(o.is_open), '{}') INTO leads, are_open
      FROM _leads_of(from_rep, scope) o JOIN unnest(leads) locked (id) ON locked.id = o.lead_id
     WHERE o.is_open OR NOT by_rules;
    SELECT coalesce(array_agg(d.lead_id), '{}'), coalesce(array_agg(d.rep), '{}'), count(*) FILTER (WHERE d.rep IS NULL)
      INTO leads, owners, short
      FROM _deal_leads(from_rep, to_rep, to_team, leads, are_open) d;
    IF short > 0 AND NOT by_rules THEN
        RAISE program_limit_exceeded USING
            MESSAGE = CASE WHEN to_rep IS NOT NULL THEN format('rep "%s" has no room for the leads of rep "%s"', to_rep, from_rep)
                           ELSE format('team "%s" has no room for the leads of rep "%s"', to_team, from_rep) END,
            DETAIL = format('%s of %s leads do not fit.', short, cardinality(leads)),
            HINT = 'See handover_preview(); raise a capacity or hand over in parts.';
    END IF;

    INSERT INTO handover (at, actor, from_rep, to_rep, to_team, scope, deactivated)
    VALUES (now(), leadcrm.acting_role(), from_rep, to_rep, to_team, scope, deactivated)
    RETURNING id INTO batch;
    FOR h IN SELECT * FROM _holdings() LOOP
        EXECUTE format($sql$
            SELECT $1 || array_agg(%1$L::text), $2 || array_agg(t.id), $3 || array_agg(t.lead_id), $4 || array_agg(t.image)
              FROM (SELECT id, %2$I AS lead_id, %4$s AS image
                      FROM %1$I
                     WHERE (%2$I = ANY ($5) OR ($6 AND owner = $7)) AND (%3$s)
                     ORDER BY id
                       FOR NO KEY UPDATE) t $sql$, h.kind, h.lead_column, h.in_hand, _image(h.columns))
           INTO kinds, items, lead_ids, images
          USING kinds, items, lead_ids, images, leads, scope IS NULL AND h.kind <> 'lead', from_rep;
    END LOOP;

    IF by_rules THEN
        PERFORM leadcrm.move_leads('lead', leads, NULL, NULL, 'handover', batch => batch, avoid => from_rep);
        SELECT array_agg(l.id), array_agg(l.owner) INTO leads, owners FROM lead l WHERE l.id = ANY (leads);
    ELSE
        PERFORM leadcrm.move_leads('lead', array_agg(d.lead_id), d.owner, NULL, 'handover', batch => batch)
           FROM unnest(leads, owners) d (lead_id, owner)
          GROUP BY d.owner ORDER BY d.owner;
    END IF;
    FOR h IN SELECT r.kind, array_agg(r.item) AS items, array_agg(r.rep) AS reps
               FROM _deal_rest(from_rep, to_rep, to_team, scope, leads, owners) r
              WHERE r.rep IS NOT NULL GROUP BY r.kind
    LOOP
        EXECUTE format('UPDATE %I t SET owner = d.rep FROM unnest($1, $2) d (item, rep) WHERE t.id = d.item', h.kind)
          USING h.items, h.reps;
    END LOOP;

    FOR h IN SELECT * FROM _holdings() LOOP
        EXECUTE format($sql$
            INSERT INTO handover_item (handover, kind, item, lead_id, before, after)
            SELECT $1, u.kind, u.item, u.lead_id, u.image, t.image
              FROM unnest($2, $3, $4, $5) u (kind, item, lead_id, image)
              JOIN (SELECT id, %2$s AS image FROM %1$I) t ON t.id = u.item
             WHERE u.kind = %1$L AND u.image <> t.image $sql$, h.kind, _image(h.columns))
        USING batch, kinds, items, lead_ids, images;
    END LOOP;
    IF scope IS NULL THEN
        PERFORM _hand_over_approvals(from_rep, to_rep, batch);
    END IF;
    UPDATE handover g
       SET moved = (SELECT coalesce(jsonb_object_agg(i.kind, i.n), '{}')
                      FROM (SELECT i.kind, count(*) AS n FROM handover_item i
                             WHERE i.handover = batch AND i.before ->> 'owner' = from_rep
                               AND i.after ->> 'owner' IS DISTINCT FROM from_rep
                             GROUP BY i.kind) i)
     WHERE g.id = batch;
    INSERT INTO event (kind, at, actor, data)
    SELECT 'handover.made', g.at, g.actor, jsonb_strip_nulls(to_jsonb(g)) - '{at,actor,scope}'::text[] FROM handover g WHERE g.id = batch;
    RETURN batch;
END
$$;

-- What a handover would do now: who gets how many, with the open leads that he
-- has then, or why not.
CREATE OR REPLACE FUNCTION _handover_preview(from_rep text, to_rep text, to_team text, scope text, home regclass)
RETURNS TABLE (kind text, owner text, pool text, items bigint, open bigint, capacity integer, problem text)
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    by_rules CONSTANT boolean := to_rep IS NULL AND to_team IS NULL;
    leads    bigint[];
    are_open boolean[];
    owners   text[];
    pools    text[];
BEGIN
    PERFORM leadcrm.at_home(home), _check_handover(from_rep, to_rep, to_team);
    SELECT array_agg(o.lead_id), array_agg(o.is_open) INTO leads, are_open FROM _leads_of(from_rep, scope) o;
    SELECT array_agg(d.lead_id), array_agg(d.is_open), array_agg(d.rep) INTO leads, are_open, owners
      FROM _deal_leads(from_rep, to_rep, to_team, leads, are_open) d;
    IF by_rules THEN
        SELECT array_agg(d.id), array_agg(d.is_open), array_agg(CASE WHEN d.is_open THEN t.owner ELSE from_rep END), array_agg(t.pool)
          INTO leads, are_open, owners, pools
          FROM unnest(leads, are_open) d (id, is_open)
          LEFT JOIN leadcrm.try_assignment('lead', leads, from_rep) t ON t.lead_id = d.id AND d.is_open;
    END IF;

    RETURN QUERY
    WITH dealt AS (
        SELECT d.owner, d.pool, count(*) AS items, count(*) FILTER (WHERE d.is_open) AS of_open
          FROM unnest(owners, pools, are_open) d (owner, pool, is_open)
         GROUP BY d.owner, d.pool
    )
    SELECT 'lead', d.owner, d.pool, d.items, CASE WHEN r.code IS NOT NULL THEN coalesce(n.open, 0) + d.of_open END, r.capacity,
           CASE WHEN d.owner = from_rep THEN 'stay: the rules deal no leads that are won or lost'
                WHEN d.owner IS NULL AND d.pool IS NULL THEN 'do not fit' END
      FROM dealt d
      LEFT JOIN rep r ON r.code = d.owner AND r.code <> from_rep
      LEFT JOIN leadcrm.rep_loads('lead') n ON n.rep = r.code
     ORDER BY d.owner, d.pool;
    RETURN QUERY
    SELECT d.kind, coalesce(d.rep, from_rep), NULL, count(*), NULL::bigint, NULL::integer,
           CASE WHEN d.rep IS NULL THEN 'stay: with no lead that somebody else has' END
      FROM _deal_rest(from_rep, to_rep, to_team, scope, leads, owners) d
     GROUP BY 1, d.rep ORDER BY 1, d.rep;
    RETURN QUERY
    SELECT 'approval', coalesce(d.rep, from_rep), NULL, count(*), NULL::bigint, NULL::integer,
           CASE WHEN d.rep IS NULL AND NOT _may_pass_on(from_rep) THEN 'stay: for himself or an administrator to pass on'
                WHEN d.rep IS NULL THEN 'stay: nobody above him could decide' END
      FROM _deal_approvals(from_rep, to_rep) d
     WHERE scope IS NULL
     GROUP BY d.rep ORDER BY d.rep;
    RETURN QUERY
    SELECT 'rep', r.code, NULL, NULL::bigint, NULL::bigint, NULL::integer,
           'is active: new leads may still come to him, see deactivate'
      FROM rep r WHERE r.code = from_rep AND r.active;
END
$$;

-- Give back what has not been moved on since.  Returns what was, and stays.
CREATE OR REPLACE FUNCTION _undo_handover(id bigint, home regclass) RETURNS TABLE (kind text, item bigint, problem text)
LANGUAGE plpgsql SET search_path FROM CURRENT SET timezone TO 'UTC'
AS $$
#variable_conflict use_variable
DECLARE
    made    handover;
    stay    bigint[] := '{}';
    leads   bigint[];
    pending bigint[];
    h       record;
    -- what goes back, as it shall be
    kinds   text[] := '{}';
    items   bigint[] := '{}';
    images  jsonb[] := '{}';
BEGIN
    PERFORM leadcrm.at_home(home);
    SELECT * INTO made FROM handover g WHERE g.id = id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('there is no handover %s', coalesce(id::text, 'NULL'));
    END IF;
    PERFORM _may_hand_over(made.from_rep, made.to_rep, made.to_team);
    IF made.undone_at IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('handover %s was undone already', id);
    ELSIF made.at < now() - interval '1 day' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('handover %s is more than a day old', id),
            HINT = 'Hand over the other way with handover().';
    END IF;

    FOR h IN SELECT * FROM _holdings() LOOP
        EXECUTE format($sql$
            SELECT FROM %1$I WHERE id = ANY (ARRAY(SELECT i.item FROM handover_item i WHERE i.handover = $1 AND i.kind = %1$L))
             ORDER BY id FOR NO KEY UPDATE $sql$, h.kind)
        USING id;
        EXECUTE format($sql$
            UPDATE handover_item i
               SET problem = (
                   SELECT CASE WHEN t.id IS NULL THEN 'is gone'
                               WHEN %1$L = 'lead' AND NOT (%2$s) THEN 'was merged since'
                               WHEN t.image ->> 'owner' IS DISTINCT FROM i.after ->> 'owner'
                                 OR t.image ->> 'pool' IS DISTINCT FROM i.after ->> 'pool'
                               THEN 'was moved on since, to ' || coalesce(t.image ->> 'owner', t.image ->> 'pool', 'nobody') END
                     FROM (VALUES (1)) one LEFT JOIN (SELECT *, %3$s AS image FROM %1$I) t ON t.id = i.item)
             WHERE i.handover = $1 AND i.kind = %1$L $sql$, h.kind, h.in_hand, _image(h.columns))
        USING id;
        -- What belongs to a lead that stays, stays with it.
        EXECUTE format($sql$
            SELECT $2 || array_agg(i.kind), $3 || array_agg(i.item), $4 || array_agg(_given_back(i.before, i.after, t.image))
              FROM handover_item i JOIN (SELECT id, %2$s AS image FROM %1$I) t ON t.id = i.item
             WHERE i.handover = $1 AND i.kind = %1$L AND i.problem IS NULL
               AND (i.lead_id IS NULL OR i.lead_id <> ALL ($5)) $sql$, h.kind, _image(h.columns))
           INTO kinds, items, images
          USING id, kinds, items, images, stay;
        IF h.kind = 'lead' THEN
            stay := ARRAY(SELECT i.item FROM handover_item i WHERE i.handover = id AND i.kind = 'lead' AND i.problem IS NOT NULL);
        END IF;
    END LOOP;

    IF made.deactivated THEN
        UPDATE rep r SET active = true WHERE r.code = made.from_rep AND NOT r.active;
    END IF;
    leads := ARRAY(SELECT t.item FROM unnest(kinds, items) t (kind, item) WHERE t.kind = 'lead' ORDER BY t.item);
    -- A new owner makes a first contact; who had the lead before need not.  What
    -- has been to be done since the handover is still to be done.
    pending := ARRAY(SELECT t.id FROM task t WHERE t.lead_id = ANY (leads) AND t.created_at > made.at
                                               AND t.done_at IS NULL AND t.cancelled_at IS NULL);
    PERFORM leadcrm.move_leads('lead', leads, made.from_rep, NULL, 'undo', batch => id);
    DELETE FROM task t
     WHERE t.lead_id = ANY (leads) AND t.kind = 'first_contact' AND t.done_at IS NULL AND t.cancelled_at IS NULL;
    UPDATE task t SET cancelled_at = NULL WHERE t.id = ANY (pending);
    FOR h IN SELECT * FROM _holdings() LOOP
        EXECUTE format($sql$
            UPDATE %1$I t SET %2$s
              FROM (SELECT *
                      FROM (SELECT r.*
                              FROM unnest($1, $2, $3) u (kind, item, image)
                              JOIN %1$I o ON o.id = u.item
                             CROSS JOIN LATERAL jsonb_populate_record(o, u.image) r
                             WHERE u.kind = %3$L) given
                     WHERE %4$s) n
             WHERE t.id = n.id $sql$,
            h.kind, (SELECT string_agg(format('%1$I = n.%1$I', c), ', ') FROM unnest(h.columns) c), h.kind, h.in_hand)
          USING kinds, items, images;
    END LOOP;

    PERFORM _give_back_approvals(made);

    UPDATE handover g SET undone_at = now(), undone_by = leadcrm.acting_role() WHERE g.id = id RETURNING * INTO made;
    INSERT INTO event (kind, at, actor, data)
    VALUES ('handover.undone', made.undone_at, made.undone_by, jsonb_build_object('handover', id, 'from_rep', made.from_rep));
    RETURN QUERY
    SELECT i.kind, i.item, i.problem FROM handover_item i
     WHERE i.handover = id AND i.problem IS NOT NULL ORDER BY i.kind, i.item;
END
$$;

-- For callers.  SECURITY DEFINER: they have no right on tables.
CREATE OR REPLACE FUNCTION handover(from_rep text, to_rep text DEFAULT NULL, to_team text DEFAULT NULL, scope text DEFAULT NULL,
                                    deactivate boolean DEFAULT false) RETURNS bigint
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _handover(from_rep, to_rep, to_team, scope, deactivate, 'lead'::regclass);
END;

CREATE OR REPLACE FUNCTION handover_preview(from_rep text, to_rep text DEFAULT NULL, to_team text DEFAULT NULL, scope text DEFAULT NULL)
RETURNS TABLE (kind text, owner text, pool text, items bigint, open bigint, capacity integer, problem text)
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT p.* FROM _handover_preview(from_rep, to_rep, to_team, scope, 'lead'::regclass) p;
END;

CREATE OR REPLACE FUNCTION undo_handover(id bigint) RETURNS TABLE (kind text, item bigint, problem text)
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT u.* FROM _undo_handover(id, 'lead'::regclass) u;
END;
