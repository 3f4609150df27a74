-- The public pool: who may take leads from it, giving leads back, follow-ups,
-- and what tick() takes away from owners who do nothing.
--
-- The public functions are the owner's and find everything by OID; those with
-- "_" do the work and are for nobody else.  Who is refused is told why, and
-- nothing of the lead.

-- The rep that the acting role is: the one of this very role, or, for who may
-- not see all leads anyway, the only one whose role it may use.
CREATE OR REPLACE FUNCTION acting_rep() RETURNS text
LANGUAGE SQL STABLE PARALLEL RESTRICTED SECURITY DEFINER
BEGIN ATOMIC
    SELECT coalesce((SELECT r.code FROM rep r WHERE r.role = leadcrm.acting_role()),
                    (SELECT min(r.code) FROM rep r JOIN pg_roles p ON p.rolname = r.role
                      WHERE pg_has_role(leadcrm.acting_role(), p.oid, 'USAGE') AND NOT sees_all()
                     HAVING count(*) = 1));
END;

-- The pools that a rep may take from: those of his team and the teams above
-- it, and those that are everybody's.  None for a rep who is not active.
CREATE OR REPLACE FUNCTION _pools_of(rep text) RETURNS SETOF text
LANGUAGE SQL STABLE
BEGIN ATOMIC
    WITH RECURSIVE above AS (
        SELECT r.team AS code FROM rep r WHERE r.code = $1
         UNION
        SELECT t.parent FROM team t JOIN above a ON a.code = t.code
    )
    SELECT p.code FROM pool p
     WHERE (p.team IS NULL OR p.team IN (SELECT a.code FROM above a))
       AND EXISTS (SELECT FROM rep r WHERE r.code = $1 AND r.active);
END;

-- Where leads of a team go: to its own pool, to that of the nearest team above
-- it, to the first that is everybody's.
CREATE OR REPLACE FUNCTION _pool_for(team text) RETURNS text
LANGUAGE SQL STABLE
BEGIN ATOMIC
    WITH RECURSIVE above AS (
        SELECT $1 AS code, 0 AS distance
         UNION ALL
        SELECT t.parent, a.distance + 1 FROM team t JOIN above a ON a.code = t.code
         WHERE t.parent IS NOT NULL AND a.distance < 100
    )
    SELECT p.code
      FROM pool p LEFT JOIN above a ON a.code = p.team
     WHERE p.active AND (p.team IS NULL OR a.code IS NOT NULL)
     ORDER BY a.distance, p.position, p.code LIMIT 1;
END;

-- How many open leads a rep can still take, and how many from a pool today;
-- NULL: no limit.
CREATE OR REPLACE FUNCTION _room(rep text, pool text, OUT open bigint, OUT today bigint)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT r.capacity - least(coalesce(sum(d.open), 0), r.capacity),
           p.claim_limit - least(coalesce(sum(d.dealt) FILTER (WHERE d.via = 'pool:' || p.code
                                                                 AND d.day = (now() AT TIME ZONE w.time_zone)::date), 0),
                                 p.claim_limit)
      FROM rep r
     CROSS JOIN pool p
     CROSS JOIN workspace w
      LEFT JOIN rep_load d ON d.rep = r.code COLLATE "C"
     WHERE r.code = $1 AND p.code = $2
     GROUP BY r.capacity, p.claim_limit;
END;

-- From when a rep may take a lead that waits in a pool: not before it has lain
-- there for the pool's time, nor, if he had it before, until his cool-down is over.
CREATE OR REPLACE FUNCTION _claimable_from(lead_id bigint, pool text, pool_since timestamptz, rep text)
RETURNS TABLE (locked_until timestamptz, cool_until timestamptz)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT leadcrm.add($3, p.locked_for, w.time_zone),
           leadcrm.add((SELECT max(g.at) FROM assignment_log g
                         WHERE g.lead_id = $1 AND g.owner_before = $4 AND g.owner IS DISTINCT FROM $4),
                       p.cool_down, w.time_zone)
      FROM pool p CROSS JOIN workspace w
     WHERE p.code = $2;
END;

-- The pools whose leads the acting role sees.  rep: who he is there, NULL for
-- who may look but not take.
CREATE OR REPLACE FUNCTION my_pools()
RETURNS TABLE (pool text, label text, rep text, room bigint, claims_left bigint)
LANGUAGE SQL STABLE PARALLEL RESTRICTED SECURITY DEFINER
BEGIN ATOMIC
    SELECT p.code, coalesce(p.label, p.code), m.rep, o.open, o.today
      FROM pool p
      LEFT JOIN (SELECT a.rep, _pools_of(a.rep) AS pool FROM (SELECT acting_rep() AS rep) a) m ON m.pool = p.code
      LEFT JOIN LATERAL _room(m.rep, p.code) o ON m.rep IS NOT NULL
     WHERE (SELECT sees_all()) OR p.code IN (SELECT _pools_of(r) FROM unnest((SELECT my_reps())) r)
     ORDER BY p.position, p.code;
END;

-- Is a lead open: does it live in its own right, and is its stage an open one?
CREATE OR REPLACE FUNCTION _is_open(merged_into bigint, process text, stage text) RETURNS boolean
LANGUAGE SQL STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT merged_into IS NULL AND leadcrm.is_open('lead'::regclass, process, stage);
END;

-- For whom the acting role takes leads: for himself, or, if he may, for
-- another.
CREATE OR REPLACE FUNCTION _claimant(rep text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    claimant text := coalesce(rep, acting_rep());
BEGIN
    IF claimant IS NULL THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('role "%s" is no rep', leadcrm.acting_role()),
            HINT = 'A rep is a row of table rep that names his role; name another with rep => ... if you may.';
    ELSIF NOT sees_all() AND claimant <> ALL (my_reps()) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('role "%s" may not act for rep "%s"', leadcrm.acting_role(), claimant),
            HINT = 'His manager or an administrator may.';
    ELSIF NOT EXISTS (SELECT FROM rep r WHERE r.code = claimant) THEN
        RAISE undefined_object USING MESSAGE = format('there is no rep "%s"', claimant);
    ELSIF NOT EXISTS (SELECT FROM rep r WHERE r.code = claimant AND r.active) THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('rep "%s" is not active', claimant);
    END IF;
    RETURN claimant;
END
$$;

-- Give a lead that waits in a pool to who asks first.  Of any number who ask
-- at once the row lock lets one through, and nobody waits for it.
CREATE OR REPLACE FUNCTION _claim(lead_id bigint, rep text, home regclass) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    claimant text;
    waiting  record;
    hindered record;
BEGIN
    PERFORM leadcrm.at_home(home);
    claimant := _claimant(rep);
    SELECT l.id, l.pool, l.pool_since INTO waiting
      FROM lead l WHERE l.id = living_lead(lead_id) AND _is_open(l.merged_into, l.process, l.stage);
    IF waiting.pool IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('lead %s is not in a pool any more', coalesce(lead_id::text, 'NULL'));
    ELSIF waiting.pool NOT IN (SELECT _pools_of(claimant)) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('rep "%s" is not a member of pool "%s"', claimant, waiting.pool);
    END IF;

    SELECT l.id, l.pool, l.pool_since INTO waiting
      FROM lead l WHERE l.id = waiting.id AND l.pool = waiting.pool AND _is_open(l.merged_into, l.process, l.stage)
       FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        IF EXISTS (SELECT FROM lead l WHERE l.id = living_lead(lead_id) AND l.pool IS NOT NULL) THEN
            RAISE lock_not_available USING
                MESSAGE = format('somebody is claiming or changing lead %s just now', lead_id),
                HINT = 'Claim another lead, or try again.';
        END IF;
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('lead %s is not in a pool any more', lead_id);
    END IF;

    SELECT c.* INTO hindered FROM _claimable_from(waiting.id, waiting.pool, waiting.pool_since, claimant) c;
    IF hindered.locked_until > now() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('lead %s is new in pool "%s" and can be claimed from %s', lead_id, waiting.pool, _local(hindered.locked_until));
    ELSIF hindered.cool_until > now() THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('rep "%s" had lead %s before and can claim it from %s', claimant, lead_id, _local(hindered.cool_until));
    END IF;
    PERFORM leadcrm.move_leads('lead', ARRAY[waiting.id], claimant, NULL, 'claim');
    RETURN claimant;
END
$$;

-- A moment as a clock in the workspace shows it.
CREATE OR REPLACE FUNCTION _local(at timestamptz) RETURNS text
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT to_char(leadcrm.at_zone($1, w.time_zone), 'YYYY-MM-DD HH24:MI') FROM workspace w;
END;

-- Take a lead out of its pool; returns whose it is now.
CREATE OR REPLACE FUNCTION claim(lead_id bigint, rep text DEFAULT NULL) RETURNS text
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _claim($1, $2, 'lead'::regclass);
END;

-- Lock the best leads of a pool that a rep may take: by intent, score, and who
-- has waited longest.  What somebody else is taking is passed by.
CREATE OR REPLACE FUNCTION _best_of_pool(pool text, rep text, n bigint) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    best bigint[] := '{}';
    v    record;
BEGIN
    FOR v IN SELECT i.level FROM intent_level i ORDER BY i.position DESC LOOP
        best := best || ARRAY(
            SELECT l.id FROM lead l CROSS JOIN LATERAL _claimable_from(l.id, l.pool, l.pool_since, rep) c
             WHERE l.pool = pool AND l.intent = v.level AND _is_open(l.merged_into, l.process, l.stage)
               AND c.locked_until <= now() AND (c.cool_until IS NULL OR c.cool_until <= now())
             ORDER BY l.score DESC, l.pool_since LIMIT n - cardinality(best)
               FOR NO KEY UPDATE OF l SKIP LOCKED);
        EXIT WHEN cardinality(best) >= n;
    END LOOP;
    RETURN best;
END
$$;

CREATE OR REPLACE FUNCTION _claim_next(pool text, n integer, rep text, home regclass) RETURNS SETOF bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    claimant text;
    room     record;
    best     bigint[];
BEGIN
    PERFORM leadcrm.at_home(home);
    claimant := _claimant(rep);
    IF n IS NULL OR n < 1 THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the number of leads to claim must be at least 1';
    ELSIF NOT EXISTS (SELECT FROM pool p WHERE p.code = pool) THEN
        RAISE undefined_object USING MESSAGE = format('there is no pool "%s"', coalesce(pool, 'NULL'));
    ELSIF pool NOT IN (SELECT _pools_of(claimant)) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('rep "%s" is not a member of pool "%s"', claimant, pool);
    END IF;

    -- One more than nothing, so that who has no room is told so.
    SELECT r.* INTO room FROM _room(claimant, pool) r;
    best := _best_of_pool(pool, claimant, greatest(least(n, room.open, room.today), 1));
    WHILE cardinality(best) > 0 LOOP
        BEGIN
            PERFORM leadcrm.move_leads('lead', best, claimant, NULL, 'claim');
            RETURN QUERY SELECT unnest(best);
            RETURN;
        EXCEPTION WHEN program_limit_exceeded THEN
            -- Others have taken from his room meanwhile.
            IF cardinality(best) = 1 THEN
                RAISE;
            END IF;
            best := best[:cardinality(best) / 2];
        END;
    END LOOP;
END
$$;

-- Take the best leads of a pool, at most n and as many as the rep has room
-- for; returns their ids, the best first.
CREATE OR REPLACE FUNCTION claim_next(pool text, n integer DEFAULT 1, rep text DEFAULT NULL) RETURNS SETOF bigint
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _claim_next($1, $2, $3, 'lead'::regclass);
END;

-- Lock a lead that the acting role may dispose of: as its owner, as his
-- manager or as an administrator.  Of any other he does not learn whether it
-- is there.
CREATE OR REPLACE FUNCTION _lock_own(lead_id bigint) RETURNS lead
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    own lead;
BEGIN
    SELECT l.* INTO own FROM lead l
     WHERE l.id = living_lead(lead_id)
       AND (sees_all() OR l.owner = ANY (my_reps()))
       FOR NO KEY UPDATE;
    IF NOT FOUND AND sees_all() THEN
        RAISE undefined_object USING MESSAGE = format('there is no lead %s', coalesce(lead_id::text, 'NULL'));
    ELSIF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = format('lead %s is not yours', coalesce(lead_id::text, 'NULL'));
    ELSIF NOT _is_open(own.merged_into, own.process, own.stage) THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('lead %s is closed', lead_id);
    END IF;
    RETURN own;
END
$$;

CREATE OR REPLACE FUNCTION _release(lead_id bigint, reason text, pool text, home regclass) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    own    lead;
    target text;
BEGIN
    PERFORM leadcrm.at_home(home);
    IF leadcrm.cell_text(reason) IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'releasing a lead needs a reason';
    END IF;
    own := _lock_own(lead_id);
    target := coalesce(pool, _pool_for(own.team));
    IF target IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('there is no pool for lead %s', lead_id),
            HINT = 'Make a pool without a team, which is everybody''s.';
    ELSIF NOT EXISTS (SELECT FROM pool p WHERE p.code = target) THEN
        RAISE undefined_object USING MESSAGE = format('there is no pool "%s"', target);
    ELSIF NOT EXISTS (SELECT FROM pool p WHERE p.code = target AND p.active) THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('pool "%s" is not active', target);
    ELSIF target NOT IN (SELECT p.pool FROM my_pools() p) AND pool IS NOT NULL THEN
        RAISE insufficient_privilege USING MESSAGE = format('pool "%s" is not one of yours', target);
    ELSIF target = own.pool THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('lead %s is in pool "%s" already', lead_id, target);
    END IF;
    PERFORM leadcrm.move_leads('lead', ARRAY[own.id], NULL, target, 'release', reason);
    RETURN target;
END
$$;

-- Give a lead back; returns the pool.
CREATE OR REPLACE FUNCTION release(lead_id bigint, reason text, pool text DEFAULT NULL) RETURNS text
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _release($1, $2, $3, 'lead'::regclass);
END;

CREATE OR REPLACE FUNCTION _assign_to(lead_id bigint, rep text, note text, home regclass) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    own lead;
BEGIN
    PERFORM leadcrm.at_home(home);
    IF rep IS NULL THEN
        RAISE invalid_parameter_value USING MESSAGE = 'name the rep who gets the lead';
    END IF;
    PERFORM _claimant(rep);
    own := _lock_own(lead_id);
    PERFORM leadcrm.move_leads('lead', ARRAY[own.id], rep, NULL, 'assign', note);
    RETURN rep;
END
$$;

-- Give a lead to another rep: for managers, of a lead of theirs to one of
-- theirs, and for administrators, of any lead.  Bound by the rep's capacity,
-- not by what a pool allows to be claimed.
CREATE OR REPLACE FUNCTION assign_to(lead_id bigint, rep text, note text DEFAULT NULL) RETURNS text
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _assign_to($1, $2, $3, 'lead'::regclass);
END;

CREATE OR REPLACE FUNCTION _follow_up(lead_id bigint, kind text, content text, next_step text, next_contact_at timestamptz,
                                      channel text, at timestamptz, home regclass) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    own         lead;
    actor       text := leadcrm.acting_role();
    activity_id bigint;
BEGIN
    PERFORM leadcrm.at_home(home);
    IF leadcrm.cell_text(kind) IS NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'a follow-up must be of some kind',
            HINT = 'See activity_kind; "call", "visit" and "meeting" are some.';
    ELSIF next_contact_at <= at THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the next contact must come after this one';
    END IF;
    own := _lock_own(lead_id);

    INSERT INTO activity (lead_id, kind, direction, channel, content, next_step, at, actor)
    VALUES (own.id, kind, 'out', channel, content, next_step, at, actor)
    RETURNING id INTO activity_id;
    UPDATE task t SET done_at = greatest(at, t.created_at)
     WHERE t.lead_id = own.id AND t.kind = 'follow_up' AND t.done_at IS NULL AND t.cancelled_at IS NULL;
    UPDATE lead l SET next_contact_at = next_contact_at
     WHERE l.id = own.id AND l.next_contact_at IS DISTINCT FROM next_contact_at;
    IF next_contact_at IS NOT NULL THEN
        INSERT INTO task (lead_id, kind, owner, due_at, note, created_at)
        VALUES (own.id, 'follow_up', own.owner, next_contact_at, next_step, now());
    END IF;
    INSERT INTO event (kind, lead_id, at, actor, data)
    VALUES ('lead.followed_up', own.id, now(), actor,
            jsonb_strip_nulls(jsonb_build_object('activity', activity_id, 'kind', kind, 'next_contact_at', next_contact_at)));
    RETURN activity_id;
END
$$;

-- Note that one was in contact with a lead, and when the next contact is due;
-- returns the activity.
CREATE OR REPLACE FUNCTION follow_up(lead_id bigint, kind text, content text DEFAULT NULL, next_step text DEFAULT NULL,
                                     next_contact_at timestamptz DEFAULT NULL, channel text DEFAULT NULL,
                                     at timestamptz DEFAULT now()) RETURNS bigint
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _follow_up($1, $2, $3, $4, $5, $6, $7, 'lead'::regclass);
END;

-- When a lead goes back into a pool, by which rule, and into which.
CREATE OR REPLACE FUNCTION explain_recycling(lead_id bigint, as_of timestamptz DEFAULT now())
RETURNS TABLE (rule text, why text, warn_at timestamptz, due_at timestamptz, pool text)
LANGUAGE SQL STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT r.rule,
           concat_ws(', ', u.label, CASE WHEN u.exempt THEN 'exempt' END,
                     u.days_without_follow_up || ' days without follow-up', u.days_without_progress || ' days without progress'),
           r.warn_at, r.due_at, CASE WHEN NOT u.exempt THEN coalesce(p.code, _pool_for(l.team)) END
      FROM lead l
     CROSS JOIN LATERAL leadcrm.recycling(l, $2) r
      LEFT JOIN pool_rule u ON u.code = r.rule
      LEFT JOIN pool p ON p.code = u.pool AND p.active
     WHERE l.id = living_lead($1) AND l.owner IS NOT NULL
       AND ((SELECT sees_all()) OR l.owner = ANY ((SELECT my_reps())::text[]));
END;

-- Put leads into pools whose owners did nothing for them, warn the owners of
-- those that are soon to follow, plan the others anew; at most so many.
-- Returns how many are left, counted up to a hundred times as many.
--
-- Nobody is taken a lead that he touches meanwhile: the rows are locked first
-- and judged then, and what somebody else has locked is left for another time.
CREATE OR REPLACE FUNCTION _recycle(as_of timestamptz, batch integer, home regclass) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    looked bigint[];
    g      record;
BEGIN
    PERFORM leadcrm.at_home(home);
    looked := ARRAY(SELECT l.id FROM lead l WHERE l.recycle_at <= as_of ORDER BY l.recycle_at LIMIT batch
                       FOR NO KEY UPDATE SKIP LOCKED);
    FOR g IN
        SELECT v.rule, v.verdict, v.leads, CASE WHEN v.verdict = 'due' THEN coalesce(p.code, _pool_for(v.team)) END AS pool
          FROM (SELECT r.rule, l.team, array_agg(l.id ORDER BY l.id) AS leads,
                       CASE WHEN r.due_at <= as_of THEN 'due' WHEN r.warn_at <= as_of THEN 'warn' ELSE 'later' END AS verdict
                  FROM lead l CROSS JOIN LATERAL leadcrm.recycling(l, as_of) r
                 WHERE l.id = ANY (looked)
                 GROUP BY 1, 2, 4) v
          LEFT JOIN pool_rule u ON u.code = v.rule
          LEFT JOIN pool p ON p.code = u.pool AND p.active
         ORDER BY v.verdict, v.rule, v.leads[1]
    LOOP
        IF g.verdict = 'due' AND g.pool IS NOT NULL THEN
            PERFORM leadcrm.move_leads('lead', g.leads, NULL, g.pool, 'recycle', g.rule);
        ELSIF g.verdict = 'due' THEN
            -- Nowhere to put them; they must not be in the way of others.
            PERFORM leadcrm.plan_recycling('lead', g.leads, as_of, not_before => as_of + interval '1 day');
        ELSIF g.verdict = 'warn' THEN
            PERFORM _warn_of_recycling(g.leads, as_of);
        ELSE
            PERFORM leadcrm.plan_recycling('lead', g.leads, as_of);
        END IF;
    END LOOP;
    -- Counting a long backlog would take longer than the work.
    RETURN (SELECT count(*) FROM (SELECT FROM lead l WHERE l.recycle_at <= as_of LIMIT 100 * batch::bigint) due);
END
$$;

-- Warn the owners of leads, once for each assignment and contact.
CREATE OR REPLACE FUNCTION _warn_of_recycling(leads bigint[], as_of timestamptz) RETURNS void
LANGUAGE SQL
BEGIN ATOMIC
    WITH soon AS MATERIALIZED (
        SELECT l.id, l.owner, r.due_at, r.rule
          FROM lead l CROSS JOIN LATERAL leadcrm.recycling(l, as_of) r
         WHERE l.id = ANY (leads)
           AND NOT EXISTS (SELECT FROM task t WHERE t.lead_id = l.id AND t.kind = 'recycle_soon' AND t.created_at >= l.touched_at)
         ORDER BY l.id
    ), asked AS (
        INSERT INTO task (lead_id, kind, owner, due_at, note, created_at)
        SELECT s.id, 'recycle_soon', s.owner, s.due_at, coalesce(u.label, u.code), as_of
          FROM soon s JOIN pool_rule u ON u.code = s.rule
    )
    INSERT INTO event (kind, lead_id, at, actor, data)
    SELECT 'lead.recycle_soon', s.id, as_of, leadcrm.acting_role(),
           jsonb_build_object('owner', s.owner, 'rule', s.rule, 'due_at', s.due_at)
      FROM soon s;
    SELECT leadcrm.plan_recycling('lead'::regclass, leads, as_of, warned => true);
END;

-- After a change of pool_rule: plan all leads that have an owner anew, a part
-- of them in each call.  recycle_sweep says how far it is.  What somebody else
-- has locked is remembered and looked at again.  Returns about how many are left.
CREATE OR REPLACE FUNCTION _replan_recycling(as_of timestamptz, batch integer, home regclass) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    sweep   recycle_sweep;
    present text := (SELECT md5(string_agg(concat(r.xmin, r), E'\n' ORDER BY r.code)) FROM pool_rule r);
    leads   bigint[];
    stale   bigint[];
    locked  bigint[];
BEGIN
    PERFORM leadcrm.at_home(home);
    INSERT INTO recycle_sweep DEFAULT VALUES ON CONFLICT DO NOTHING;
    SELECT s.* INTO sweep FROM recycle_sweep s FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN 0;                   -- another session is about it
    ELSIF sweep.rules IS DISTINCT FROM present THEN
        sweep.rules := present;
        sweep.last_lead := 0;
        sweep.missed := '{}';
        sweep.finished := false;
    ELSIF sweep.finished THEN
        RETURN 0;
    END IF;

    leads := ARRAY(SELECT l.id FROM lead l WHERE l.id > sweep.last_lead AND l.owner IS NOT NULL ORDER BY l.id LIMIT 10 * batch);
    stale := ARRAY(SELECT l.id FROM lead l CROSS JOIN LATERAL leadcrm.recycling(l, as_of) r
                    WHERE l.id = ANY (sweep.missed || leads) AND l.recycle_at IS DISTINCT FROM r.look_at);
    locked := ARRAY(SELECT l.id FROM lead l WHERE l.id = ANY (stale) ORDER BY l.id FOR NO KEY UPDATE SKIP LOCKED);
    PERFORM leadcrm.plan_recycling('lead', locked, as_of);
    sweep.missed := ARRAY(SELECT unnest(stale) EXCEPT SELECT unnest(locked));
    sweep.last_lead := coalesce(leads[cardinality(leads)], sweep.last_lead);
    sweep.finished := cardinality(leads) < 10 * batch AND sweep.missed = '{}';
    UPDATE recycle_sweep s
       SET rules = sweep.rules, last_lead = sweep.last_lead, missed = sweep.missed, finished = sweep.finished;
    RETURN CASE WHEN sweep.finished THEN 0
                ELSE cardinality(sweep.missed) + (SELECT max(l.id) - sweep.last_lead FROM lead l) END;
END
$$;
