-- Approvals: asking for one, deciding, taking it back, handing a decision on.
--
-- Invariant.  While a request is pending, exactly one level of it is asked: it
-- has a pending step, levels below it have none that is undecided, and those
-- above it only wait.  Once it is not pending no step is undecided, and it
-- never becomes pending again.  Nobody decides what he asked for himself unless
-- the rule allows it.
--
-- Mechanism.  Whoever changes anything of a request writes its row first, even
-- if nothing in it changes, and looks at status and steps only then.  So of two
-- who decide, or of one who approves and one who withdraws, the second sees what
-- the first did; under REPEATABLE READ and above he gets 40001, for his snapshot
-- would not show the first one's step.  Locks are taken in the order lead,
-- approval, step, task; deciding locks no lead, and a move that uses an approval
-- has its lead locked before.  Two that ask for the same move at once are kept
-- apart by the lock on the lead.
--
-- The public functions are the owner's and find everything by OID; those with
-- "_" do the work and are for nobody else.

-- As whom the acting role is asked: the rep that it is, and the roles that it
-- speaks for.  Who sees all anyway speaks for himself.  SECURITY DEFINER as
-- sees_all().
CREATE OR REPLACE FUNCTION approves_as(OUT rep text, OUT roles name[])
LANGUAGE SQL STABLE PARALLEL RESTRICTED SECURITY DEFINER
BEGIN ATOMIC
    SELECT acting_rep(),
           CASE WHEN sees_all() THEN ARRAY[leadcrm.acting_role()]
                ELSE ARRAY(SELECT r.rolname FROM pg_roles r WHERE pg_has_role(leadcrm.acting_role(), r.oid, 'USAGE')) END;
END;

-- Is the acting role who asked?  A role that cannot log in stands for its
-- members, and so for him if he is one.
CREATE OR REPLACE FUNCTION _asked_himself(requested_by text, rep text) RETURNS boolean
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT leadcrm.acting_role() = $1
        OR coalesce($2 = acting_rep(), false)
        OR EXISTS (SELECT FROM pg_roles me JOIN pg_roles asker ON asker.rolname = $1
                    WHERE me.rolname = leadcrm.acting_role() AND NOT me.rolcanlogin
                      AND NOT asker.rolsuper AND pg_has_role(asker.oid, me.oid, 'MEMBER'));
END;

-- The active managers of a team and of the teams above it, the nearest first
-- and each once, but for some.
CREATE OR REPLACE FUNCTION _managers_above(team text, passing text[]) RETURNS TABLE (n bigint, rep text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    WITH RECURSIVE above AS (
        SELECT t.parent, t.manager, 0 AS distance FROM team t WHERE t.code = $1
         UNION ALL
        SELECT t.parent, t.manager, a.distance + 1 FROM above a JOIN team t ON t.code = a.parent WHERE a.distance < 100
    )
    SELECT row_number() OVER (ORDER BY min(a.distance)), a.manager
      FROM above a JOIN rep r ON r.code = a.manager
     WHERE r.active AND a.manager <> ALL (array_remove($2, NULL))
     GROUP BY a.manager;
END;

-- Whom a rule asks about a lead, level by level; a level that counts and finds
-- nobody has one row without rep and role.  Who asks is not asked unless the
-- rule allows it; where the tree of teams ends early its topmost manager
-- stands for those above him.
CREATE OR REPLACE FUNCTION _approvers(rule text, owner text, team text, amount numeric, asking_rep text, asking_role name)
RETURNS TABLE (level smallint, mode text, rep text, role name)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    WITH counting AS MATERIALIZED (
        SELECT v.*, u.self_approval
          FROM approval_level v JOIN approval_rule u ON u.code = v.rule
         WHERE v.rule = $1 AND (v.min_amount <= $4) IS NOT FALSE
    ), named AS (
        SELECT v.level, m.rep, NULL::name AS role
          FROM counting v
         CROSS JOIN LATERAL unnest(v.managers) up (n)
         CROSS JOIN LATERAL (
               SELECT a.rep
                 FROM _managers_above(coalesce((SELECT o.team FROM rep o WHERE o.code = $2), $3),
                                      ARRAY[$2, CASE WHEN NOT v.self_approval THEN $5 END]) a
                WHERE a.n <= up.n ORDER BY a.n DESC LIMIT 1) m
         UNION
        SELECT v.level, r.code, NULL::name AS role
          FROM counting v JOIN rep r ON r.code = ANY (v.reps)
         WHERE r.active AND (v.self_approval OR r.code IS DISTINCT FROM $5)
         UNION
        SELECT v.level, NULL::text AS rep, g.rolname
          FROM counting v JOIN pg_roles g ON g.rolname = ANY (v.roles)
         WHERE v.self_approval OR g.rolname IS DISTINCT FROM $6
    )
    SELECT v.level, v.mode, n.rep, n.role
      FROM counting v LEFT JOIN named n ON n.level = v.level
     ORDER BY v.level, n.rep, n.role;
END;

-- The rule that decides whom to ask: that of the move, or the first for the
-- subject whose condition holds.
CREATE OR REPLACE FUNCTION _approval_rule(subject text, about lead, to_stage text) RETURNS approval_rule
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    move transition;
    rule approval_rule;
BEGIN
    IF to_stage IS NOT NULL THEN
        SELECT t.* INTO move
          FROM transition t
          LEFT JOIN stage s ON s.process = t.process AND s.code = about.stage
         WHERE t.process = about.process AND t.to_stage = to_stage
           AND (t.from_stage = about.stage OR t.from_stage IS NULL AND s.kind = 'open' AND s.code <> to_stage)
         ORDER BY t.from_stage NULLS LAST LIMIT 1;
        IF NOT FOUND THEN
            RAISE check_violation USING
                MESSAGE = format('lead %s cannot move from stage "%s" to "%s"', about.id, about.stage, to_stage),
                HINT = 'Legal moves are rows of table transition.';
        END IF;
    END IF;
    SELECT u.* INTO rule
      FROM approval_rule u CROSS JOIN workspace w
     WHERE u.active AND (CASE WHEN to_stage IS NULL THEN u.subject = subject ELSE u.code = move.approval END)
       AND leadcrm.condition_holds(about, u.condition, now(), w.time_zone)
     ORDER BY u.position, u.code LIMIT 1;
    IF NOT FOUND AND to_stage IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('moving lead %s to stage "%s" needs no approval', about.id, to_stage);
    ELSIF NOT FOUND THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('no approval rule is for subject "%s" and lead %s', subject, about.id),
            HINT = 'Rules are rows of table approval_rule, with levels in approval_level.';
    END IF;
    RETURN rule;
END
$$;

-- Note what became of a request in the outbox.
CREATE OR REPLACE FUNCTION _approval_event(kind text, approval bigint, more jsonb DEFAULT '{}') RETURNS void
LANGUAGE SQL
BEGIN ATOMIC
    INSERT INTO event (kind, lead_id, at, actor, data)
    SELECT $1 AS kind, a.lead_id, now() AS at, leadcrm.acting_role() AS actor,
           jsonb_strip_nulls(jsonb_build_object(
               'approval', a.id, 'subject', a.subject, 'to_stage', a.to_stage, 'amount', a.amount, 'rule', a.rule,
               'requested_by', a.requested_by, 'level', a.level,
               'waits_for', (SELECT jsonb_agg(coalesce(s.rep, s.role) ORDER BY s.id) FROM approval_step s
                              WHERE s.approval = a.id AND s.status = 'pending'))) || $3
      FROM approval a WHERE a.id = $2;
END;

-- Ask a step: it waits no more, and the rep has a task.
CREATE OR REPLACE FUNCTION _ask(step bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    task bigint;
BEGIN
    INSERT INTO task (lead_id, kind, owner, note, created_at)
    SELECT a.lead_id, 'approval', s.rep, format('%s (%s)', coalesce(u.label, a.rule), a.id), now()
      FROM approval_step s
      JOIN approval a ON a.id = s.approval
      LEFT JOIN approval_rule u ON u.code = a.rule
     WHERE s.id = step AND s.rep IS NOT NULL
    RETURNING id INTO task;
    UPDATE approval_step s SET status = 'pending', task = task WHERE s.id = step;
END
$$;

-- Go on where nobody is asked any more: to the next level, or to the end.
-- Returns the status.
CREATE OR REPLACE FUNCTION _advance_approval(approval bigint) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    next CONSTANT smallint := (SELECT min(s.level) FROM approval_step s WHERE s.approval = approval AND s.status = 'waiting');
BEGIN
    IF next IS NULL THEN
        UPDATE approval a SET status = 'approved', level = NULL, decided_at = now() WHERE a.id = approval;
        RETURN 'approved';
    END IF;
    UPDATE approval a SET level = next WHERE a.id = approval;
    PERFORM _ask(s.id) FROM approval_step s
      WHERE s.approval = approval AND s.level = next AND s.status = 'waiting' ORDER BY s.id;
    RETURN 'pending';
END
$$;

-- Decide for some steps.  Their tasks are done; those of steps that are skipped
-- are cancelled.
CREATE OR REPLACE FUNCTION _decide_steps(steps bigint[], status text, opinion text) RETURNS void
LANGUAGE SQL
BEGIN ATOMIC
    UPDATE approval_step s
       SET status = $2, opinion = $3, decided_at = now(), decided_by = CASE WHEN $2 <> 'skipped' THEN leadcrm.acting_role() END
     WHERE s.id = ANY ($1);
    UPDATE task t
       SET done_at = CASE WHEN $2 IN ('approved', 'rejected') THEN now() END,
           cancelled_at = CASE WHEN $2 NOT IN ('approved', 'rejected') THEN now() END
      FROM approval_step s
     WHERE s.id = ANY ($1) AND t.id = s.task AND t.done_at IS NULL AND t.cancelled_at IS NULL;
END;

CREATE OR REPLACE FUNCTION _request_approval(subject text, lead_id bigint, to_stage text, amount numeric, what jsonb, note text,
                                             home regclass) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    me       CONSTANT text := leadcrm.acting_role();
    my_rep   CONSTANT text := acting_rep();
    about    lead;
    rule     approval_rule;
    total    numeric := amount;
    earlier  approval;
    lacking  smallint;
    asked    bigint;
BEGIN
    PERFORM leadcrm.at_home(home);
    IF leadcrm.cell_text(subject) IS NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'an approval must have a subject',
            HINT = 'It is "stage" for a move, or what a rule of approval_rule is for.';
    ELSIF (subject = 'stage') <> (to_stage IS NOT NULL) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'approvals of subject "stage", and no others, name the stage to move to';
    ELSIF amount < 0 OR amount = 'NaN' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'the amount to approve must not be negative';
    ELSIF jsonb_typeof(what) IS DISTINCT FROM 'object' THEN
        RAISE invalid_parameter_value USING MESSAGE = 'what is to be approved must be a JSON object';
    END IF;

    about := _lock_writable(lead_id);
    rule := _approval_rule(subject, about, to_stage);

    IF subject = 'stage' THEN
        -- A move is about all that the lead is about.
        total := greatest(amount, about.expected_amount);
        SELECT a.* INTO earlier FROM approval a
         WHERE a.lead_id = about.id AND a.subject = 'stage' AND a.to_stage = to_stage
           AND (a.status = 'pending' OR a.status = 'approved' AND (a.amount >= total) IS NOT FALSE)
         ORDER BY a.id LIMIT 1;
        IF FOUND THEN
            RAISE duplicate_object USING
                MESSAGE = format('approval %s of moving lead %s to stage "%s" is %s already', earlier.id, about.id, to_stage, earlier.status);
        END IF;
    END IF;
    SELECT min(p.level) INTO lacking FROM _approvers(rule.code, about.owner, about.team, total, my_rep, me) p WHERE p.rep IS NULL AND p.role IS NULL;
    IF lacking IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('approval rule "%s" finds nobody who could decide at level %s', rule.code, lacking),
            DETAIL = 'Who asks, and reps who are not active, are not asked.',
            HINT = 'Name a rep, a role or managers in approval_level, or give the teams managers.';
    END IF;

    INSERT INTO approval (subject, lead_id, to_stage, what, amount, note, rule, requested_by, rep, requested_at)
    VALUES (subject, about.id, to_stage, what, total, note, rule.code, me, my_rep, now())
    RETURNING id INTO asked;
    INSERT INTO approval_step (approval, level, mode, rep, role, status)
    SELECT asked, p.level, p.mode, p.rep, p.role, 'waiting' FROM _approvers(rule.code, about.owner, about.team, total, my_rep, me) p;
    IF _advance_approval(asked) = 'pending' THEN
        PERFORM _approval_event('approval.requested', asked);
    ELSE
        PERFORM _approval_event('approval.approved', asked);
    END IF;
    RETURN asked;
END
$$;

-- Ask for an approval; returns its number.  For who may write the lead: the rep
-- who owns it, his managers, writers and administrators.  An amount below all
-- levels is approved at once.
CREATE OR REPLACE FUNCTION request_approval(subject text, lead_id bigint, to_stage text DEFAULT NULL, amount numeric DEFAULT NULL,
                                            what jsonb DEFAULT '{}', note text DEFAULT NULL) RETURNS bigint
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _request_approval($1, $2, $3, $4, $5, $6, 'lead'::regclass);
END;

-- Lock a request that the acting role has to do with, by writing it: as one who
-- asked or is asked, as his manager, or as an administrator.  Of any other he
-- does not learn whether it is there.
CREATE OR REPLACE FUNCTION _lock_approval(id bigint) RETURNS approval
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    me     record;
    locked approval;
BEGIN
    SELECT v.* INTO me FROM approves_as() v;
    UPDATE approval a SET level = a.level
     WHERE a.id = id
       AND (sees_all() OR a.requested_by = leadcrm.acting_role() OR a.rep = ANY (my_reps())
            OR EXISTS (SELECT FROM approval_step s
                        WHERE s.approval = a.id AND (s.rep = me.rep OR s.role = ANY (me.roles))))
    RETURNING a.* INTO locked;
    IF NOT FOUND AND sees_all() THEN
        RAISE undefined_object USING MESSAGE = format('there is no approval %s', coalesce(id::text, 'NULL'));
    ELSIF NOT FOUND THEN
        RAISE insufficient_privilege USING MESSAGE = format('approval %s is not yours', coalesce(id::text, 'NULL'));
    END IF;
    RETURN locked;
END
$$;

CREATE OR REPLACE FUNCTION _decide_approval(id bigint, verdict text, opinion text, home regclass) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    decided approval;
    rule    approval_rule;
    me      record;
    mine    bigint[];
    status  text := verdict;
BEGIN
    PERFORM leadcrm.at_home(home);
    decided := _lock_approval(id);
    IF decided.status <> 'pending' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('approval %s is %s already', id, decided.status);
    END IF;
    SELECT u.* INTO rule FROM approval_rule u WHERE u.code = decided.rule;
    IF rule.self_approval IS NOT TRUE AND _asked_himself(decided.requested_by, decided.rep) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('approval %s was asked for by yourself', id),
            HINT = 'Somebody else decides; withdraw() takes it back.';
    END IF;

    -- An administrator who is not asked decides for all who are.
    SELECT v.* INTO me FROM approves_as() v;
    mine := ARRAY(SELECT s.id FROM approval_step s
                   WHERE s.approval = id AND s.status = 'pending' AND (s.rep = me.rep OR s.role = ANY (me.roles)));
    IF mine = '{}' AND sees_all() THEN
        mine := ARRAY(SELECT s.id FROM approval_step s WHERE s.approval = id AND s.status = 'pending');
    ELSIF mine = '{}' THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('approval %s does not wait for you', id),
            DETAIL = format('It waits for %s.', (SELECT string_agg(coalesce(s.rep, s.role), ', ' ORDER BY s.id) FROM approval_step s
                                                  WHERE s.approval = id AND s.status = 'pending'));
    END IF;

    PERFORM _decide_steps(mine, verdict, opinion);
    IF verdict = 'rejected' THEN
        PERFORM _decide_steps(ARRAY(SELECT s.id FROM approval_step s WHERE s.approval = id AND s.status IN ('pending', 'waiting')),
                              'skipped', NULL);
        UPDATE approval a SET status = verdict, level = NULL, decided_at = now() WHERE a.id = id;
    ELSE
        PERFORM _decide_steps(ARRAY(SELECT s.id FROM approval_step s
                                     WHERE s.approval = id AND s.status = 'pending' AND s.mode = 'any'), 'skipped', NULL);
        status := CASE WHEN EXISTS (SELECT FROM approval_step s WHERE s.approval = id AND s.status = 'pending') THEN 'pending'
                       ELSE _advance_approval(id) END;
    END IF;
    PERFORM _approval_event(CASE WHEN status = 'pending' THEN 'approval.step' ELSE 'approval.' || status END, id,
                            jsonb_strip_nulls(jsonb_build_object('opinion', opinion)));
    RETURN status;
END
$$;

-- Approve as one who is asked, with an opinion; returns the status of the
-- request, which is pending while others are still asked.
CREATE OR REPLACE FUNCTION approve(id bigint, opinion text DEFAULT NULL) RETURNS text
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _decide_approval($1, 'approved', $2, 'lead'::regclass);
END;

-- Reject: one of all who are asked is enough.
CREATE OR REPLACE FUNCTION reject(id bigint, opinion text DEFAULT NULL) RETURNS text
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _decide_approval($1, 'rejected', $2, 'lead'::regclass);
END;

CREATE OR REPLACE FUNCTION _withdraw(id bigint, note text, home regclass) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    asked approval;
BEGIN
    PERFORM leadcrm.at_home(home);
    asked := _lock_approval(id);
    IF NOT sees_all() AND asked.requested_by <> leadcrm.acting_role() AND (asked.rep = ANY (my_reps())) IS NOT TRUE THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('approval %s was not asked for by yourself', id),
            HINT = 'Who is asked can reject it.';
    ELSIF asked.status NOT IN ('pending', 'approved') THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('approval %s is %s already', id, asked.status);
    END IF;
    PERFORM _decide_steps(ARRAY(SELECT s.id FROM approval_step s WHERE s.approval = id AND s.status IN ('pending', 'waiting')),
                          'skipped', NULL);
    UPDATE approval a SET status = 'withdrawn', level = NULL, decided_at = now() WHERE a.id = id;
    PERFORM _approval_event('approval.withdrawn', id, jsonb_strip_nulls(jsonb_build_object('note', note)));
END
$$;

-- Take a request back that is not decided, or approved and not used: for who
-- asked, his managers and administrators.
CREATE OR REPLACE FUNCTION withdraw(id bigint, note text DEFAULT NULL) RETURNS void
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _withdraw($1, $2, 'lead'::regclass);
END;

-- Let another rep decide at a step: a new one stands for it.  Returns that one.
CREATE OR REPLACE FUNCTION _pass_on(step bigint, to_rep text, note text) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    s         approval_step;
    successor bigint;
BEGIN
    SELECT t.* INTO s FROM approval_step t WHERE t.id = step;
    PERFORM _decide_steps(ARRAY[step], 'delegated', note);
    INSERT INTO approval_step (approval, level, mode, rep, status, stands_for)
    VALUES (s.approval, s.level, s.mode, to_rep, 'waiting', step)
    RETURNING id INTO successor;
    IF s.status = 'pending' THEN
        PERFORM _ask(successor);
    END IF;
    RETURN successor;
END
$$;

-- May the acting role pass on what a rep is asked?
CREATE OR REPLACE FUNCTION _may_pass_on(rep text) RETURNS boolean
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT sees_all() OR coalesce($1 = acting_rep(), false);
END;

-- Who could decide in place of a rep at each step that waits for him: to_rep,
-- else the nearest manager above him; never who asked, unless the rule allows
-- it, nor who is asked at that level anyway.  NULL: nobody, it stays; so does
-- all of it where the acting role may not pass it on.
CREATE OR REPLACE FUNCTION _deal_approvals(from_rep text, to_rep text) RETURNS TABLE (approval bigint, step bigint, rep text)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT a.id, s.id, (
           SELECT r.code
             FROM (SELECT 0 AS n, $2 AS rep
                    UNION ALL
                   SELECT m.n, m.rep
                     FROM _managers_above((SELECT f.team FROM rep f WHERE f.code = $1), ARRAY[$1]) m) t
             JOIN rep r ON r.code = t.rep
            WHERE r.active AND _may_pass_on($1)
              AND (u.self_approval IS TRUE OR (r.code IS DISTINCT FROM a.rep AND r.role IS DISTINCT FROM a.requested_by))
              AND NOT EXISTS (SELECT FROM approval_step o
                               WHERE o.approval = a.id AND o.level = s.level AND o.rep = r.code
                                 AND o.status NOT IN ('skipped', 'delegated'))
            ORDER BY t.n LIMIT 1)
      FROM approval_step s
      JOIN approval a ON a.id = s.approval
      LEFT JOIN approval_rule u ON u.code = a.rule
     WHERE s.rep = $1 AND s.status IN ('pending', 'waiting');
END;

CREATE OR REPLACE FUNCTION _delegate_approval(id bigint, to_rep text, note text, from_rep text, home regclass) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    asked approval;
    rule  approval_rule;
    me    record;
    taker rep;
    s     approval_step;
    step  bigint;
    steps bigint[];
BEGIN
    PERFORM leadcrm.at_home(home);
    asked := _lock_approval(id);
    IF asked.status <> 'pending' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('approval %s is %s already', id, asked.status);
    END IF;
    SELECT v.* INTO me FROM approves_as() v;
    steps := ARRAY(SELECT t.id FROM approval_step t
                    WHERE t.approval = id AND t.status IN ('pending', 'waiting')
                      AND CASE WHEN from_rep IS NULL THEN t.rep = me.rep OR t.role = ANY (me.roles)
                               ELSE t.rep = from_rep AND _may_pass_on(from_rep) END
                    ORDER BY t.id);
    IF steps = '{}' AND sees_all() THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('approval %s does not wait for "%s"', id, coalesce(from_rep, me.rep, leadcrm.acting_role())),
            DETAIL = format('It waits for %s.', (SELECT string_agg(coalesce(t.rep, t.role), ', ' ORDER BY t.id) FROM approval_step t
                                                  WHERE t.approval = id AND t.status = 'pending')),
            HINT = 'Name whose decision it is with from_rep => ...';
    ELSIF steps = '{}' THEN
        RAISE insufficient_privilege USING MESSAGE = format('approval %s does not wait for you', id);
    END IF;

    SELECT r.* INTO taker FROM rep r WHERE r.code = to_rep;
    SELECT u.* INTO rule FROM approval_rule u WHERE u.code = asked.rule;
    IF taker.code IS NULL THEN
        RAISE undefined_object USING MESSAGE = format('there is no rep "%s"', coalesce(to_rep, 'NULL'));
    ELSIF NOT taker.active THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = format('rep "%s" is not active', to_rep);
    ELSIF rule.self_approval IS NOT TRUE AND (to_rep = asked.rep OR taker.role = asked.requested_by) THEN
        RAISE insufficient_privilege USING
            MESSAGE = format('approval %s was asked for by rep "%s" himself', id, to_rep);
    END IF;
    FOREACH step IN ARRAY steps LOOP
        SELECT t.* INTO s FROM approval_step t WHERE t.id = step;
        IF EXISTS (SELECT FROM approval_step t WHERE t.approval = id AND t.level = s.level AND t.rep = to_rep
                                                 AND t.status NOT IN ('skipped', 'delegated')) THEN
            RAISE duplicate_object USING
                MESSAGE = format('rep "%s" is asked at level %s of approval %s already', to_rep, s.level, id);
        END IF;
        PERFORM _pass_on(step, to_rep, note);
    END LOOP;
    PERFORM _approval_event('approval.delegated', id, jsonb_strip_nulls(jsonb_build_object('to_rep', to_rep, 'note', note)));
END
$$;

-- Let another rep decide instead: for who is asked; an administrator says in
-- from_rep for whom.
CREATE OR REPLACE FUNCTION delegate_approval(id bigint, to_rep text, note text DEFAULT NULL, from_rep text DEFAULT NULL) RETURNS void
LANGUAGE SQL VOLATILE SECURITY DEFINER
BEGIN ATOMIC
    SELECT _delegate_approval($1, $2, $3, $4, 'lead'::regclass);
END;
