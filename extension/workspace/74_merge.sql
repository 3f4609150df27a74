-- Merging leads by hand, taking a merge back, the review queue.
--
-- No row is deleted and none but the winner's is changed: a merged lead keeps
-- its row, and merged_into names the living lead that speaks for it.  What
-- moves as a whole is not listed anywhere: identity, activity, approval and
-- task say in brought_by who brought a row, and the log itself says which leads
-- came with a loser.  merge_log.before remembers the rest:
--
--   fields     {column: [before, after]} of the winner, as leadcrm.row_image()
--   attrs      {key: value} that the winner's attributes got
--   consent    {key: [before, after]} of attributes that became stricter
--   claims     [{kind, scope, key, winner, loser}] keys that both had
--   kept       [{kind, scope, key}] keys that the winner holds though its row
--              bears them no more
--   pairs      {moved: [id], closed: {id: {status, decided_at, decided_by}}}
--   updated_at of the loser
--
-- A merge on arrival writes fields and attrs only: there was nothing else.

-- The lead that speaks for this one: itself, or the one it was merged into.
CREATE OR REPLACE FUNCTION living_lead(lead_id bigint) RETURNS bigint
LANGUAGE SQL STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT coalesce(l.merged_into, l.id) FROM lead l WHERE l.id = $1;
END;

-- Of two attributes about consent, is the first the stricter one?  The escapes
-- are Chinese for do not disturb, refuse, unsubscribe, yes, consent, no; a
-- database whose encoding cannot hold them has no such text either.
CREATE OR REPLACE FUNCTION _is_stricter(key text, value jsonb, other jsonb) RETURNS boolean
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE
           WHEN key ~ '^(do_not_|opt_?out|unsubscribed)|\u52ff\u6270|\u514d\u6253\u6270|\u62d2\u7edd|\u9000\u8ba2' THEN
               lower(value #>> '{}') ~ '^(true|t|yes|y|1|\u662f)$'
               AND lower(other #>> '{}') IS DISTINCT FROM lower(value #>> '{}')
           WHEN key ~ 'consent|\u540c\u610f' THEN
               lower(value #>> '{}') ~ '^(false|f|no|n|0|\u5426|denied|refused|withdrawn)$'
               AND lower(other #>> '{}') IS DISTINCT FROM lower(value #>> '{}')
           ELSE false
           END;
END;

-- Lock leads with all that names them, living ones in place of merged ones;
-- returns these in the order asked for.  Claims come first: an arrival too
-- locks the claim that it hits before the lead it reaches.
CREATE OR REPLACE FUNCTION _lock_leads(leads bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    living  bigint[];
    unknown bigint;
BEGIN
    LOOP
        living := ARRAY(SELECT living_lead(a.id) FROM unnest(leads) WITH ORDINALITY a (id, n) ORDER BY a.n);
        unknown := leads[array_position(living, NULL)];
        IF array_position(living, NULL) IS NOT NULL THEN
            RAISE undefined_object USING MESSAGE = format('there is no lead %s', coalesce(unknown::text, 'NULL'));
        END IF;
        PERFORM FROM identity i WHERE i.lead_id = ANY (living) ORDER BY i.kind, i.scope, i.key, i.lead_id FOR UPDATE;
        PERFORM FROM lead l WHERE l.id = ANY (living) ORDER BY l.id FOR UPDATE;
        -- Whoever held the locks may have merged one of them.
        EXIT WHEN NOT EXISTS (SELECT FROM unnest(living) a (id)
                               WHERE living_lead(a.id) IS DISTINCT FROM a.id);
    END LOOP;
    RETURN living;
END
$$;

-- A lead that claims a key anew notes it anew: give waiting claims back the
-- state and the time that they had before.
CREATE OR REPLACE FUNCTION _restore_claims(lead_id bigint, claims identity[]) RETURNS void
LANGUAGE SQL
BEGIN ATOMIC
    UPDATE identity i
       SET state = c.state, claimed_at = c.claimed_at, brought_by = c.brought_by
      FROM unnest(claims) c
     WHERE i.lead_id = $1 AND NOT i.live AND NOT c.live
       AND i.kind = c.kind AND i.scope = c.scope AND i.key = c.key;
END;

-- Claims that a lead has by its own row need nobody who brought them.  The
-- others of its own, of keys that a merge replaced, it has brought itself.
CREATE OR REPLACE FUNCTION _own_claims(lead_id bigint) RETURNS void
LANGUAGE SQL
BEGIN ATOMIC
    UPDATE identity i SET brought_by = NULL
      FROM leadcrm.identity_keys('lead', $1) k
     WHERE i.lead_id = $1 AND i.brought_by = $1 AND i.kind = k.kind AND i.scope = k.scope AND i.key = k.key;
END;

-- What a merge leaves as it is: each lead keeps its own way.
CREATE OR REPLACE FUNCTION _stage_columns() RETURNS text[]
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT ARRAY['process', 'stage', 'stage_since', 'lifecycle', 'won_at', 'won_amount', 'lost_at', 'loss_reason', 'loss_note', 'competitor'];
END;

-- Merge one living lead into another; both are locked.  choice: {column: id of
-- the lead whose value wins}.
CREATE OR REPLACE FUNCTION _merge_lead(winner bigint, loser bigint, choice jsonb) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    mine      jsonb := (SELECT leadcrm.row_image(l) FROM lead l WHERE l.id = winner);
    theirs    jsonb := (SELECT leadcrm.row_image(l) FROM lead l WHERE l.id = loser);
    -- Where it was heard of last is one block, and so is the address.
    heard     boolean := (theirs ->> 'last_inbound_at')::timestamptz > (mine ->> 'last_inbound_at')::timestamptz;
    address   boolean := CASE WHEN choice ? 'address' THEN (choice ->> 'address')::bigint = loser
                              ELSE coalesce(mine ->> 'address', '') = '' AND theirs ->> 'address' <> '' END;
    settled   boolean := choice ? 'address' OR coalesce(mine ->> 'address', '') <> '';
    my_attrs  jsonb := (mine ->> 'attrs')::jsonb;
    their_attrs jsonb := (theirs ->> 'attrs')::jsonb - 'flags';
    after     jsonb;
    taken     text[];
    added     jsonb;
    stricter  jsonb;
    written   text[] := '{}';
    waiting   identity[];
    bore      identity[];
    kept      jsonb;
    common    jsonb;
    moved     jsonb;
    closed    jsonb;
    actor     text := leadcrm.acting_role();
    merge_id  bigint;
BEGIN
    -- What the winner gets.
    taken := ARRAY(
        SELECT c.name FROM leadcrm.filled_columns('lead') c (name)
         WHERE CASE WHEN choice ? c.name THEN (choice ->> c.name)::bigint = loser
                    WHEN c.name = 'address' OR c.name = 'region' AND address THEN address
                    WHEN c.name = 'region' AND settled THEN false
                    ELSE coalesce(mine ->> c.name, '') = '' AND theirs ->> c.name <> '' END
         UNION ALL
        SELECT c FROM unnest(ARRAY['last_source', 'last_form', 'last_inbound_at']) c
         WHERE heard AND theirs ->> c <> '' AND NOT (c = 'last_source' AND theirs ->> c = 'unknown'));
    SELECT coalesce(jsonb_object_agg(key, value) FILTER (WHERE NOT my_attrs ? key), '{}'),
           coalesce(jsonb_object_agg(key, jsonb_build_array(my_attrs -> key, value))
                    FILTER (WHERE my_attrs ? key AND _is_stricter(key, value, my_attrs -> key)), '{}')
      INTO added, stricter
      FROM jsonb_each(their_attrs);

    -- Claims: the loser's become the winner's; of a key that both have, the
    -- winner's own claim stays and holds if either held.
    common := (SELECT jsonb_agg(jsonb_build_object('kind', w.kind, 'scope', w.scope, 'key', w.key, 'winner', w, 'loser', l))
               FROM identity w JOIN identity l USING (kind, scope, key)
              WHERE w.lead_id = winner AND l.lead_id = loser);
    DELETE FROM identity l USING identity w
     WHERE l.lead_id = loser AND w.lead_id = winner
       AND w.kind = l.kind AND w.scope = l.scope AND w.key = l.key;
    UPDATE identity w SET live = true, state = 'held'
      FROM jsonb_to_recordset(common) b (kind text, scope text, key text, loser jsonb)
     WHERE w.lead_id = winner AND NOT w.live AND (b.loser ->> 'live')::boolean
       AND w.kind = b.kind AND w.scope = b.scope AND w.key = b.key;
    UPDATE identity i SET lead_id = winner, brought_by = coalesce(i.brought_by, loser) WHERE i.lead_id = loser;

    UPDATE activity a SET lead_id = winner, brought_by = coalesce(a.brought_by, loser) WHERE a.lead_id = loser;
    UPDATE approval a SET lead_id = winner, brought_by = coalesce(a.brought_by, loser) WHERE a.lead_id = loser;
    UPDATE task t
       SET lead_id = winner, brought_by = coalesce(t.brought_by, loser),
           owner = CASE t.kind WHEN 'approval' THEN t.owner ELSE coalesce(nullif(mine ->> 'owner', ''), t.owner) END
     WHERE t.lead_id = loser;

    -- Pairs: the loser's with others become the winner's; one that the winner
    -- has already, and the two leads' own, are settled by this merge.
    SELECT jsonb_object_agg(d.id, jsonb_build_object('status', d.status, 'decided_at', d.decided_at,
                                                     'decided_by', d.decided_by)) FILTER (WHERE known),
           jsonb_agg(d.id) FILTER (WHERE NOT known)
      INTO closed, moved
      FROM (SELECT p.*, other = winner OR EXISTS (SELECT FROM duplicate k WHERE k.lead_a = least(winner, other)
                                                     AND k.lead_b = greatest(winner, other)) AS known
              FROM (SELECT p.*, CASE loser WHEN p.lead_a THEN p.lead_b ELSE p.lead_a END AS other FROM duplicate p
                     WHERE loser IN (p.lead_a, p.lead_b) AND p.status <> 'merged') p) d;
    UPDATE duplicate d SET status = 'merged', decided_at = now(), decided_by = actor 
     WHERE d.id IN (SELECT key::bigint FROM jsonb_object_keys(closed) key);
    UPDATE duplicate d SET lead_a = least(winner, o.id), lead_b = greatest(winner, o.id)
      FROM (SELECT p.id AS pair, CASE loser WHEN p.lead_a THEN p.lead_b ELSE p.lead_a END AS id
              FROM duplicate p WHERE loser IN (p.lead_a, p.lead_b)) o
     WHERE d.id = o.pair AND moved @> to_jsonb(d.id);

    -- The winner's row.  Keys that it bears no more still lead to it.
    IF taken <> '{}' OR added <> '{}' OR stricter <> '{}' THEN
        bore := ARRAY(SELECT i FROM identity i WHERE i.lead_id = winner AND i.brought_by IS NULL);
        UPDATE identity i SET brought_by = winner WHERE i.lead_id = winner AND i.brought_by IS NULL;
        waiting := ARRAY(SELECT i FROM identity i WHERE i.lead_id = winner AND NOT i.live);
        EXECUTE format('UPDATE lead l SET %s WHERE l.id = $1',
                       (SELECT string_agg(format('%1$I = ($2 ->> %1$L)::%2$s', a.attname,
                                                 format_type(a.atttypid, a.atttypmod)), ', ')
                          FROM pg_attribute a
                         WHERE a.attrelid = 'lead'::regclass AND a.attname = ANY (taken || 'attrs'::text)))
          USING winner, theirs || jsonb_build_object('attrs', (my_attrs || added ||
                (SELECT coalesce(jsonb_object_agg(key, value -> 1), '{}') FROM jsonb_each(stricter)))::text);
        PERFORM _restore_claims(winner, waiting), _own_claims(winner);
        kept := (SELECT jsonb_agg(jsonb_build_object('kind', i.kind, 'scope', i.scope, 'key', i.key))
                   FROM identity i JOIN unnest(bore) b USING (kind, scope, key)
                  WHERE i.lead_id = winner AND i.brought_by = winner);
        written := taken || 'updated_at'::text;     -- an equal value too: an earlier merge may be undone first
    END IF;
    after := (SELECT leadcrm.row_image(l) FROM lead l WHERE l.id = winner);

    INSERT INTO merge_log (winner, loser, merged_at, actor, before)
    VALUES (winner, loser, now(), actor, jsonb_strip_nulls(jsonb_build_object(
                'claims', common, 'kept', kept,
                'pairs', jsonb_build_object('moved', moved, 'closed', closed)))
            || jsonb_build_object(
                'fields', (SELECT coalesce(jsonb_object_agg(m.key, jsonb_build_array(m.value, after -> m.key)), '{}')
                             FROM jsonb_each(mine) m
                            WHERE m.key <> 'attrs' AND m.key <> ALL (_stage_columns()) AND (m.value <> after -> m.key OR m.key = ANY (written))),
                'attrs', added, 'consent', stricter, 'updated_at', theirs -> 'updated_at'))
    RETURNING id INTO merge_id;

    -- merged_into always names a living lead.
    UPDATE lead l SET merged_into = winner WHERE l.id = loser OR l.merged_into = loser;
    -- Somebody works on it: it does not wait in a pool.
    IF coalesce(mine ->> 'owner', '') = '' AND theirs ->> 'owner' <> '' THEN
        PERFORM leadcrm.move_leads('lead', ARRAY[winner], theirs ->> 'owner', NULL, 'merge');
    END IF;
    INSERT INTO event (kind, lead_id, at, actor, data)
    VALUES ('lead.merged', winner, now(), actor, jsonb_build_object('merged', loser, 'merge', merge_id));
    RETURN merge_id;
END
$$;

-- Merge leads into one; returns the ids of the merges, in the order of losers.
CREATE OR REPLACE FUNCTION merge_leads(winner bigint, losers bigint[], fields jsonb DEFAULT NULL,
                                       home regclass DEFAULT 'lead'::regclass) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    given  bigint[] := winner || losers;
    living bigint[];
    wrong  bigint;
    field  text;
    loser  bigint;
    merges bigint[] := '{}';
BEGIN
    PERFORM leadcrm.at_home(home);
    IF winner IS NULL OR coalesce(cardinality(losers), 0) = 0 OR array_ndims(losers) > 1 THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'a merge needs a winner and at least one other lead';
    ELSIF jsonb_typeof(fields) NOT IN ('object', 'null') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = 'fields must be an object',
            HINT = 'It names the lead whose value wins, as in {"phone": 17}.';
    END IF;
    living := _lock_leads(given);

    wrong := (SELECT g FROM unnest(given, living) WITH ORDINALITY a (g, l, n) WHERE n > 1 AND l = living[1] LIMIT 1);
    IF wrong IS NOT NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('lead %s cannot be merged into itself', living[1]),
            DETAIL = CASE WHEN wrong <> living[1] THEN format('Lead %s was merged into it already.', wrong)
                          WHEN winner <> living[1] THEN format('Lead %s was merged into it already.', winner)
                          ELSE 'It is the winner and among the losers.' END;
    END IF;
    wrong := (SELECT l.id FROM lead l JOIN lead w ON w.id = living[1]
               WHERE l.id = ANY (living) AND l.kind <> w.kind LIMIT 1);
    IF wrong IS NOT NULL THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('lead %s is not of the kind of lead %s', wrong, living[1]),
            HINT = 'Persons are merged with persons, projects with projects.';
    END IF;
    FOR field IN SELECT jsonb_object_keys(fields) WHERE jsonb_typeof(fields) = 'object' LOOP
        IF field NOT IN (SELECT leadcrm.filled_columns('lead')) THEN
            RAISE undefined_column USING
                MESSAGE = format('column "%s" of a lead cannot be chosen in a merge', field),
                HINT = 'See leadcrm.filled_columns(''lead'').';
        ELSIF array_position(given, (fields ->> field)::bigint) IS NULL THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('the value of "%s" shall come from lead %s, which takes no part in the merge',
                                 field, coalesce(fields ->> field, 'NULL'));
        END IF;
        fields := fields || jsonb_build_object(field, living[array_position(given, (fields ->> field)::bigint)]);
    END LOOP;

    FOR loser IN
        SELECT a.id FROM unnest(living[2:]) WITH ORDINALITY a (id, n) GROUP BY a.id ORDER BY min(a.n)
    LOOP
        merges := merges || _merge_lead(living[1], loser, coalesce(nullif(fields, 'null'), '{}'));
    END LOOP;
    PERFORM leadcrm.join_signals('lead', living[1], living[2:]);
    RETURN merges;
END
$$;

-- Give the loser of a merge a claim back that the winner has from it.  If a
-- later merge brought the same key, the winner goes on with that one's claim.
CREATE OR REPLACE FUNCTION _return_claim(m merge_log, claim identity) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    later record;
BEGIN
    SELECT g.id, g.loser AS lead, jsonb_populate_record(NULL::identity, e -> 'winner') AS ours,
           jsonb_populate_record(NULL::identity, e -> 'loser') AS theirs
      INTO later
      FROM merge_log g CROSS JOIN jsonb_array_elements(g.before -> 'claims') e
     WHERE g.winner = m.winner AND g.id > m.id AND g.undone_at IS NULL
       AND e ->> 'kind' = claim.kind AND e ->> 'scope' = claim.scope AND e ->> 'key' = claim.key
     ORDER BY g.id LIMIT 1;
    IF NOT FOUND THEN
        UPDATE identity i SET lead_id = m.loser
         WHERE i.lead_id = m.winner AND i.kind = claim.kind AND i.scope = claim.scope AND i.key = claim.key;
        RETURN;
    END IF;

    -- One of the two held the key, if anybody did.
    UPDATE identity i
       SET live = claim.live AND NOT (later.ours).live, claimed_at = (later.theirs).claimed_at,
           brought_by = coalesce((later.theirs).brought_by, later.lead),
           state = CASE WHEN NOT claim.live THEN claim.state WHEN (later.ours).live THEN (later.theirs).state ELSE 'held' END
     WHERE i.lead_id = m.winner AND i.kind = claim.kind AND i.scope = claim.scope AND i.key = claim.key;
    INSERT INTO identity (lead_id, kind, scope, key, live, state, brought_by, claimed_at)
    VALUES (m.loser, claim.kind, claim.scope, claim.key, claim.live AND (later.ours).live,
            CASE WHEN claim.live THEN (later.ours).state ELSE claim.state END, claim.brought_by, claim.claimed_at);
    UPDATE merge_log g
       SET before = jsonb_set(g.before, '{claims}',
           (SELECT coalesce(jsonb_agg(e), '[]') FROM jsonb_array_elements(g.before -> 'claims') e
             WHERE (e ->> 'kind', e ->> 'scope', e ->> 'key') <> (claim.kind, claim.scope, claim.key)))
     WHERE g.id = later.id;
END
$$;

-- The keys that speak for the two leads of a pair being one, and since when.
-- One of the two holds such a key: two who wait for a third lead are no pair by
-- that.  And not one that both only have for leads merged into them, if these
-- are a pair of their own.
CREATE OR REPLACE FUNCTION _shared_keys(a bigint, b bigint, pair bigint) RETURNS TABLE (kind text, since timestamptz)
LANGUAGE SQL STABLE
BEGIN ATOMIC
    SELECT x.kind, greatest(x.claimed_at, y.claimed_at)
      FROM identity x JOIN identity y USING (kind, scope, key)
     CROSS JOIN LATERAL (SELECT coalesce(x.brought_by, a) AS a, coalesce(y.brought_by, b) AS b) o
     WHERE x.lead_id = $1 AND y.lead_id = $2 AND x.state <> 'weak' AND y.state <> 'weak' AND (x.live OR y.live)
       AND NOT EXISTS (SELECT FROM duplicate d
                        WHERE d.id <> pair AND d.lead_a = least(o.a, o.b) AND d.lead_b = greatest(o.a, o.b))
     ORDER BY 2, 1;
END;

-- Take a merge back.  Returns what could not be given back, and why.
CREATE OR REPLACE FUNCTION unmerge(merge_id bigint, home regclass DEFAULT 'lead'::regclass)
RETURNS TABLE (what text, item text, problem text)
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    m        merge_log;
    w        lead;
    l        lead;
    later    merge_log;
    own      bigint[];
    mine     jsonb;
    wanted   jsonb := '{}';
    missing  jsonb;
    attrs    jsonb;
    f        record;
    c        record;
    d        duplicate;
    third    bigint;
    newest   bigint := (SELECT coalesce(max(p.id), 0) FROM duplicate p);
    waiting  identity[];
    noted    identity[];
    actor    text := leadcrm.acting_role();
BEGIN
    PERFORM leadcrm.at_home(home);
    SELECT * INTO m FROM merge_log g WHERE g.id = merge_id;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('there is no merge %s', coalesce(merge_id::text, 'NULL'));
    END IF;

    -- The loser, and what had been merged into it before.
    WITH RECURSIVE came AS (
        SELECT m.loser AS id
         UNION
        SELECT g.loser FROM merge_log g JOIN came ON g.winner = came.id WHERE g.undone_at IS NULL
    ) SELECT array_agg(id) INTO own FROM came;
    PERFORM FROM identity i WHERE i.lead_id IN (m.winner, m.loser)
      ORDER BY i.kind, i.scope, i.key, i.lead_id FOR UPDATE;
    PERFORM FROM lead a WHERE a.id = m.winner OR a.id = ANY (own) ORDER BY a.id FOR UPDATE;
    SELECT * INTO m FROM merge_log g WHERE g.id = merge_id FOR UPDATE;
    SELECT * INTO w FROM lead a WHERE a.id = m.winner;
    SELECT * INTO l FROM lead a WHERE a.id = m.loser;
    IF m.undone_at IS NOT NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('merge %s was undone already', merge_id);
    ELSIF w.id IS NULL OR l.id IS NULL THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('merge %s cannot be undone', merge_id),
            DETAIL = format('Lead %s was deleted.', CASE WHEN w.id IS NULL THEN m.winner ELSE m.loser END);
    ELSIF w.merged_into IS NOT NULL THEN
        SELECT * INTO later FROM merge_log g WHERE g.loser = m.winner AND g.undone_at IS NULL;
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('merge %s cannot be undone', merge_id),
            DETAIL = format('Lead %s was itself merged into lead %s since.', m.winner, later.winner),
            HINT = format('Undo merge %s first.', later.id);
    END IF;
    UPDATE merge_log g SET undone_at = now(), undone_by = actor WHERE g.id = merge_id;

    -- The winner's row.  What a later merge replaced it would give back is ours
    -- to give: its memory is put right.
    mine := leadcrm.row_image(w);
    attrs := w.attrs;
    FOR f IN
        SELECT 'fields' AS part, key, value -> 0 AS before, value -> 1 AS after FROM jsonb_each(m.before -> 'fields')
         UNION ALL
        SELECT 'consent', key, value -> 0, value -> 1 FROM jsonb_each(m.before -> 'consent')
         UNION ALL
        SELECT 'attrs', key, NULL, value FROM jsonb_each(m.before -> 'attrs')
    LOOP
        SELECT * INTO later FROM merge_log g
         WHERE g.winner = m.winner AND g.id > merge_id AND g.undone_at IS NULL
           AND CASE f.part WHEN 'fields' THEN g.before -> 'fields' ? f.key
                    ELSE g.before -> 'attrs' ? f.key OR g.before -> 'consent' ? f.key END
         ORDER BY g.id LIMIT 1;
        IF later.id IS NOT NULL AND f.part = 'fields' AND later.before #> ARRAY['fields', f.key, '0'] = f.after THEN
            UPDATE merge_log g
               SET before = jsonb_set(g.before, ARRAY['fields', f.key, '0'], f.before)
                   || jsonb_build_object('kept', coalesce(g.before -> 'kept', '[]') || coalesce(m.before -> 'kept', '[]'))
             WHERE g.id = later.id;
        ELSIF later.id IS NOT NULL AND f.part <> 'fields' AND later.before #> ARRAY['consent', f.key, '0'] = f.after THEN
            UPDATE merge_log g
               SET before = CASE WHEN f.part = 'consent' THEN jsonb_set(g.before, ARRAY['consent', f.key, '0'], f.before)
                                 ELSE jsonb_set(g.before #- ARRAY['consent', f.key], ARRAY['attrs', f.key],
                                                g.before #> ARRAY['consent', f.key, '1']) END
             WHERE g.id = later.id;
        ELSIF later.id IS NULL AND f.part = 'fields' AND mine -> f.key = f.after THEN
            wanted := wanted || jsonb_build_object(f.key, f.before);
        ELSIF later.id IS NULL AND f.part <> 'fields' AND attrs -> f.key = f.after THEN
            attrs := CASE f.part WHEN 'consent' THEN attrs || jsonb_build_object(f.key, f.before) ELSE attrs - f.key END;
        ELSIF later.id IS NOT NULL OR (CASE f.part WHEN 'fields' THEN mine ELSE attrs END) -> f.key IS DISTINCT FROM f.before THEN
            RETURN QUERY SELECT CASE f.part WHEN 'fields' THEN 'field' ELSE 'attribute' END, f.key,
                                'changed since the merge, left as it is';
        END IF;
    END LOOP;
    UPDATE identity i SET brought_by = m.winner WHERE i.lead_id = m.winner AND i.brought_by IS NULL;
    waiting := ARRAY(SELECT i FROM identity i WHERE i.lead_id = m.winner AND NOT i.live
                                                AND coalesce(i.brought_by, 0) <> ALL (own));
    -- The normalize trigger has its own idea of a region and of the time of
    -- change, but none where nothing else changes: at most three times.
    wanted := mine - 'attrs' - _stage_columns() || wanted;
    FOR try IN 1..4 LOOP
        missing := (SELECT jsonb_object_agg(key, value) FROM jsonb_each(wanted) WHERE value <> mine -> key);
        EXIT WHEN missing IS NULL AND (attrs = w.attrs OR try > 1);
        EXECUTE format('UPDATE lead l SET attrs = $3%s WHERE l.id = $1',
                       (SELECT string_agg(format(', %1$I = ($2 ->> %1$L)::%2$s', a.attname,
                                                 format_type(a.atttypid, a.atttypmod)), '')
                          FROM pg_attribute a
                         WHERE a.attrelid = 'lead'::regclass AND missing ? a.attname))
          USING m.winner, missing, attrs;
        mine := (SELECT leadcrm.row_image(a) FROM lead a WHERE a.id = m.winner);
    END LOOP;
    RETURN QUERY SELECT 'field', key, 'could not be given back' FROM jsonb_object_keys(missing) key;

    -- Claims go back with who brought them.
    PERFORM _return_claim(m, i) FROM identity i WHERE i.lead_id = m.winner AND i.brought_by = ANY (own);
    FOR c IN
        SELECT b.* FROM jsonb_to_recordset(m.before -> 'claims')
               b (kind text, scope text, key text, winner identity, loser identity)
    LOOP
        IF (c.loser).live AND NOT (c.winner).live THEN
            UPDATE identity i SET live = false, state = (c.winner).state
             WHERE i.lead_id = m.winner AND i.kind = c.kind AND i.scope = c.scope AND i.key = c.key
               AND i.live AND i.claimed_at = (c.winner).claimed_at;
        END IF;
        INSERT INTO identity SELECT (c.loser).* ON CONFLICT DO NOTHING;
        UPDATE identity i SET claimed_at = (c.loser).claimed_at, brought_by = (c.loser).brought_by
         WHERE i.lead_id = m.loser AND i.kind = c.kind AND i.scope = c.scope AND i.key = c.key;
    END LOOP;

    -- The winner's own are those that its row bears, and those that an open
    -- merge keeps for it.
    PERFORM _own_claims(m.winner);
    UPDATE identity i SET brought_by = NULL
     WHERE i.lead_id = m.winner AND i.brought_by = m.winner
       AND NOT EXISTS (SELECT FROM merge_log g WHERE g.winner = m.winner AND g.undone_at IS NULL
                          AND g.before -> 'kept' @> jsonb_build_array(jsonb_build_object(
                                  'kind', i.kind, 'scope', i.scope, 'key', i.key)));
    PERFORM leadcrm.drop_keys('lead', m.winner);
    -- That keeps what the winner bears no more and those bear that leave it now.
    DELETE FROM identity i USING identity k
     WHERE i.lead_id = m.loser AND k.lead_id = m.winner AND k.brought_by = ANY (own)
       AND i.kind = k.kind AND i.scope = k.scope AND i.key = k.key;
    UPDATE identity i SET lead_id = m.loser WHERE i.lead_id = m.winner AND i.brought_by = ANY (own);

    -- Pairs go back before anything new can be found.
    FOR d IN SELECT p.* FROM duplicate p WHERE m.before #> '{pairs,moved}' @> to_jsonb(p.id) LOOP
        UPDATE duplicate p
           SET lead_a = least(m.loser, o.id), lead_b = greatest(m.loser, o.id)
          FROM (SELECT CASE m.winner WHEN d.lead_a THEN d.lead_b ELSE d.lead_a END AS id) o
         WHERE p.id = d.id AND m.winner IN (p.lead_a, p.lead_b) AND o.id <> m.loser
           AND NOT EXISTS (SELECT FROM duplicate k WHERE k.lead_a = least(m.loser, o.id)
                                                     AND k.lead_b = greatest(m.loser, o.id));
        IF NOT FOUND THEN
            RETURN QUERY SELECT 'pair', d.id::text, 'names other leads since, left as it is';
        END IF;
    END LOOP;
    FOR c IN SELECT key::bigint AS id, value AS was FROM jsonb_each(m.before #> '{pairs,closed}') LOOP
        UPDATE duplicate p
           SET status = c.was ->> 'status', decided_at = (c.was ->> 'decided_at')::timestamptz,
               decided_by = c.was ->> 'decided_by'
         WHERE p.id = c.id AND p.status = 'merged' AND p.decided_at = m.merged_at;
        IF NOT FOUND AND EXISTS (SELECT FROM duplicate p WHERE p.id = c.id) THEN
            RETURN QUERY SELECT 'pair', c.id::text, 'decided since, left as it is';
        END IF;
    END LOOP;

    -- The loser lives.  Its keys are claimed again by the trigger, the
    -- winner's, where the loser held them for both, here.
    noted := ARRAY(SELECT i FROM identity i WHERE i.lead_id = m.loser AND NOT i.live);
    UPDATE lead a
       SET merged_into = NULL,
           updated_at = CASE a.updated_at WHEN m.merged_at THEN coalesce((m.before ->> 'updated_at')::timestamptz, a.updated_at)
                             ELSE a.updated_at END
     WHERE a.id = m.loser;
    UPDATE lead a SET merged_into = m.loser WHERE a.id = ANY (own) AND a.merged_into = m.winner;
    -- Activities count for who lives.
    UPDATE activity a SET lead_id = m.loser, brought_by = nullif(a.brought_by, m.loser)
     WHERE a.lead_id = m.winner AND a.brought_by = ANY (own);
    UPDATE approval a SET lead_id = m.loser, brought_by = nullif(a.brought_by, m.loser)
     WHERE a.lead_id = m.winner AND a.brought_by = ANY (own);
    UPDATE task t
       SET lead_id = m.loser, brought_by = nullif(t.brought_by, m.loser),
           owner = CASE t.kind WHEN 'approval' THEN t.owner ELSE l.owner END
      FROM lead l WHERE t.lead_id = m.winner AND t.brought_by = ANY (own) AND l.id = m.loser;
    PERFORM leadcrm.claim_keys('lead', ARRAY[m.winner]);
    PERFORM _restore_claims(m.winner, waiting), _restore_claims(m.loser, noted);
    PERFORM _own_claims(m.winner), _own_claims(m.loser);

    -- Pairs found since that are one by another key now; that are the loser's
    -- by what they share, not the winner's; and that this merge alone had made.
    UPDATE duplicate p
       SET kind = k.kind, found_at = k.since, reason = 'another key that both have is left',
           rule = coalesce((SELECT r.code FROM identity_rule r WHERE r.kind = k.kind ORDER BY NOT r.active, r.position LIMIT 1), p.rule)
      FROM duplicate q CROSS JOIN LATERAL (SELECT * FROM _shared_keys(q.lead_a, q.lead_b, q.id) LIMIT 1) k
     WHERE p.id = q.id AND m.winner IN (q.lead_a, q.lead_b) AND q.status = 'open' AND q.found_at >= m.merged_at
       AND q.kind NOT IN (SELECT s.kind FROM _shared_keys(q.lead_a, q.lead_b, q.id) s);
    FOR d IN
        SELECT p.* FROM duplicate p
         WHERE m.winner IN (p.lead_a, p.lead_b) AND m.loser NOT IN (p.lead_a, p.lead_b)
           AND p.status IN ('open', 'merged') AND p.found_at >= m.merged_at AND NOT EXISTS (SELECT FROM _shared_keys(p.lead_a, p.lead_b, p.id))
    LOOP
        third := CASE m.winner WHEN d.lead_a THEN d.lead_b ELSE d.lead_a END;
        IF d.status = 'open' AND EXISTS (SELECT FROM _shared_keys(m.loser, third, d.id))
           AND NOT EXISTS (SELECT FROM duplicate k WHERE k.lead_a = least(m.loser, third) AND k.lead_b = greatest(m.loser, third)) THEN
            UPDATE duplicate p SET lead_a = least(m.loser, third), lead_b = greatest(m.loser, third) WHERE p.id = d.id;
        ELSIF d.found_at = m.merged_at OR EXISTS (SELECT FROM _shared_keys(m.loser, third, d.id)) THEN
            DELETE FROM duplicate p WHERE p.id = d.id;
        END IF;
    END LOOP;

    RETURN QUERY
    SELECT 'key', format('%s of lead %s: %s', i.kind, i.lead_id, i.key),
           coalesce(format('held by lead %s, waits for it', h.lead_id), 'waits')
      FROM identity i
      LEFT JOIN identity h ON h.kind = i.kind AND h.scope = i.scope AND h.key = i.key AND h.live
     WHERE i.lead_id IN (m.winner, m.loser) AND NOT i.live AND i.state <> 'weak'
       AND NOT EXISTS (SELECT FROM unnest(waiting || noted) n
                        WHERE n.lead_id = i.lead_id AND n.kind = i.kind AND n.scope = i.scope AND n.key = i.key)
     ORDER BY 2;
    RETURN QUERY
    SELECT 'pair', p.id::text, format('leads %s and %s have a key in common, for review', p.lead_a, p.lead_b)
      FROM duplicate p
     WHERE p.id > newest AND (m.winner IN (p.lead_a, p.lead_b) OR m.loser IN (p.lead_a, p.lead_b))
     ORDER BY p.id;
    -- Who came by a key that is the loser's now?
    RETURN QUERY
    SELECT 'merge', g.id::text, format('lead %s reached lead %s by a key that lead %s has now', g.loser, m.winner, m.loser)
      FROM merge_log g
     WHERE g.winner = m.winner AND g.id > merge_id AND g.undone_at IS NULL AND g.rule IS NOT NULL
       AND EXISTS (SELECT FROM leadcrm.identity_keys('lead', g.loser) k
                     JOIN identity i ON i.kind = k.kind AND i.scope = k.scope AND i.key = k.key
                    WHERE i.lead_id = m.loser AND i.live)
     ORDER BY g.id;
    INSERT INTO event (kind, lead_id, at, actor, data)
    VALUES ('lead.unmerged', m.winner, now(), actor, jsonb_build_object('unmerged', m.loser, 'merge', merge_id));
    -- What the merge made of the winner's intent goes with it.
    PERFORM leadcrm.regrade('lead', ARRAY[m.winner, m.loser], now(), anew => true);
END
$$;

-- A key that two pairs of leads share and are not the same person by is
-- nobody's: from now on it is noted and decides nothing.
CREATE OR REPLACE FUNCTION _demote_shared_keys(a bigint, b bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
DECLARE
    k record;
BEGIN
    FOR k IN
        SELECT x.kind, x.scope, x.key
          FROM identity x JOIN identity y USING (kind, scope, key)
         WHERE x.lead_id = a AND y.lead_id = b
           AND 2 <= (SELECT count(*) FROM duplicate d
                      WHERE d.status = 'distinct'
                        AND EXISTS (SELECT FROM identity i WHERE i.lead_id = d.lead_a AND i.kind = x.kind AND i.scope = x.scope AND i.key = x.key)
                        AND EXISTS (SELECT FROM identity i WHERE i.lead_id = d.lead_b AND i.kind = x.kind AND i.scope = x.scope AND i.key = x.key))
         ORDER BY 1, 2, 3
    LOOP
        UPDATE identity i SET live = false, state = 'weak'
         WHERE i.kind = k.kind AND i.scope = k.scope AND i.key = k.key AND i.lead_id <> 0;
        INSERT INTO identity (lead_id, kind, scope, key, live, state, claimed_at)
        VALUES (0, k.kind, k.scope, k.key, true, 'shared', now()) ON CONFLICT DO NOTHING;
    END LOOP;
END
$$;

-- A reviewer's verdict on a pair; returns the merge's id, or NULL.
CREATE OR REPLACE FUNCTION resolve_duplicate(id bigint, decision text DEFAULT 'merge', winner bigint DEFAULT NULL,
                                             home regclass DEFAULT 'lead'::regclass) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT
AS $$
#variable_conflict use_variable
DECLARE
    pair   duplicate;
    a      bigint;
    b      bigint;
    merges bigint[];
BEGIN
    PERFORM leadcrm.at_home(home);
    IF decision IS NULL OR decision NOT IN ('merge', 'distinct') THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('there is no decision "%s"', coalesce(decision, 'NULL')),
            HINT = 'The decisions are "merge" and "distinct".';
    END IF;
    SELECT * INTO pair FROM duplicate d WHERE d.id = id;
    IF NOT FOUND THEN
        RAISE undefined_object USING MESSAGE = format('there is no pair %s', coalesce(id::text, 'NULL'));
    ELSIF pair.status = 'merged' THEN
        RAISE object_not_in_prerequisite_state USING
            MESSAGE = format('the leads of pair %s were merged already', id),
            HINT = 'See merge_log and unmerge().';
    END IF;
    a := living_lead(pair.lead_a);
    b := living_lead(pair.lead_b);

    IF decision = 'merge' THEN
        IF winner IS NULL THEN
            winner := (SELECT l.id FROM lead l WHERE l.id IN (a, b) ORDER BY l.created_at, l.id LIMIT 1);
        ELSIF living_lead(winner) IS DISTINCT FROM a AND living_lead(winner) IS DISTINCT FROM b THEN
            RAISE invalid_parameter_value USING
                MESSAGE = format('lead %s is not one of pair %s', winner, id),
                DETAIL = format('The pair is of leads %s and %s.', pair.lead_a, pair.lead_b);
        END IF;
        merges := merge_leads(winner, ARRAY[CASE living_lead(winner) WHEN a THEN b ELSE a END]);
    END IF;
    UPDATE duplicate d
       SET status = CASE decision WHEN 'merge' THEN 'merged' ELSE 'distinct' END,
           decided_at = now(), decided_by = leadcrm.acting_role()
     WHERE d.id = id AND d.status <> 'merged';
    IF decision = 'distinct' THEN
        IF NOT FOUND THEN
            RAISE serialization_failure USING MESSAGE = format('pair %s was decided by somebody else just now', id);
        END IF;
        PERFORM _demote_shared_keys(a, b);
    END IF;
    RETURN merges[1];
END
$$;
