--
-- A random day of a workspace in one session, each step held against the model
-- of assign_model.sql: CALL model.replay(leads).  The caller sets the seed.
--
-- A step is one statement on the leads or a change of how the workspace is set
-- up.  What it decides is compared at once; the first difference ends the
-- replay and stands in model.mismatch.  Steps that are rolled back take the
-- model back with them.
--
CREATE TABLE model.mismatch (step bigint, deed text, lead bigint, expected text, found text);
CREATE TABLE model.tally (what text PRIMARY KEY, n bigint NOT NULL);
CREATE TABLE model.progress (step bigint NOT NULL, deed text NOT NULL, log bigint NOT NULL, choices bigint NOT NULL, came bigint NOT NULL);
INSERT INTO model.progress VALUES (0, '', 0, 0, 0);

CREATE PROCEDURE model.count(what text) LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO model.tally VALUES ($1, 1) ON CONFLICT ON CONSTRAINT tally_pkey DO UPDATE SET n = tally.n + 1;
END
$$;

CREATE PROCEDURE model.differ(lead bigint, expected text, found text) LANGUAGE sql AS $$
	INSERT INTO model.mismatch SELECT step, deed, $1, $2, $3 FROM model.progress
$$;

CREATE FUNCTION model.one_of(VARIADIC text[]) RETURNS text VOLATILE LANGUAGE plpgsql AS $$
BEGIN
	RETURN $1[1 + floor(random() * cardinality($1))::integer];
END
$$;

CREATE FUNCTION model.some_lead(wanted text) RETURNS bigint VOLATILE LANGUAGE plpgsql AS $$
DECLARE
	around CONSTANT bigint := random() * (SELECT max(id) FROM model.lead);
BEGIN
	RETURN (SELECT id FROM model.lead
	         WHERE id >= around AND CASE wanted WHEN 'owned' THEN owner IS NOT NULL AND open
	                                            WHEN 'pooled' THEN pool IS NOT NULL AND open
	                                            WHEN 'closed' THEN NOT open ELSE true END
	         ORDER BY id LIMIT 1);
END
$$;

CREATE FUNCTION model.some_rep(but text DEFAULT NULL) RETURNS text VOLATILE LANGUAGE plpgsql AS $$
BEGIN
	RETURN model.one_of(VARIADIC ARRAY(SELECT code FROM crm.rep WHERE code IS DISTINCT FROM but ORDER BY code));
END
$$;

-- The lead and its one new log row say what the model chose.
CREATE PROCEDURE model.compare(l crm.lead, choice model.choice, reason text) LANGUAGE plpgsql AS $$
DECLARE
	expected jsonb := jsonb_build_object('owner', choice.owner, 'pool', choice.pool, 'team', choice.team, 'rule', choice.rule,
		'strategy', choice.strategy, 'reason', reason, 'runners_up', coalesce(choice.runners_up, '{}'), 'passed', coalesce(choice.passed, '{}'));
	found jsonb;
BEGIN
	SELECT CASE WHEN count(*) = 1 AND bool_and(l.owner IS NOT DISTINCT FROM g.owner AND l.pool IS NOT DISTINCT FROM g.pool
	                                           AND l.team IS NOT DISTINCT FROM g.team)
	            THEN jsonb_agg(jsonb_build_object('owner', g.owner, 'pool', g.pool, 'team', g.team, 'rule', g.rule,
	                'strategy', g.strategy, 'reason', g.reason, 'runners_up', coalesce(g.runners_up, '{}'),
	                'passed', ARRAY(SELECT p ->> 'rule' FROM jsonb_array_elements(g.passed) WITH ORDINALITY AS e (p, n) ORDER BY n))) -> 0
	            ELSE jsonb_build_object('lead', jsonb_build_array(l.owner, l.pool, l.team), 'log', jsonb_agg(to_jsonb(g))) END
	  INTO found
	  FROM crm.assignment_log g, model.progress p WHERE g.lead_id = l.id AND g.id > p.log;
	IF found IS DISTINCT FROM expected THEN
		CALL model.differ(l.id, expected::text, found::text);
	END IF;
	UPDATE model.progress SET choices = choices + 1;
	CALL model.count(concat_ws(' ', reason, CASE WHEN reason = 'rule' THEN choice.strategy END));
	IF choice.lifted AND reason = 'rule' AND choice.strategy = 'round_robin' THEN
		CALL model.count('lifted');
	END IF;
	IF choice.passed <> '{}' THEN
		CALL model.count('passed over');
	END IF;
	CALL model.give(l, choice);
END
$$;

-- A lead that has nobody any more gets somebody; one that waits in a pool and
-- is sent there again stays, and nothing is logged.
CREATE PROCEDURE model.anew(l crm.lead, avoid text, reason text) LANGUAGE plpgsql AS $$
DECLARE
	before CONSTANT model.lead := (SELECT m FROM model.lead m WHERE id = l.id);
	choice model.choice;
BEGIN
	UPDATE model.lead SET owner = NULL, pool = NULL WHERE id = l.id;
	choice := model.choose(l, avoid);
	IF before.open AND before.pool = choice.pool THEN
		UPDATE model.lead SET pool = before.pool WHERE id = l.id;
		IF l.pool IS DISTINCT FROM before.pool THEN
			CALL model.differ(l.id, before.pool, l.pool);
		END IF;
		CALL model.count('stays');
		RETURN;
	END IF;
	CALL model.compare(l, choice, coalesce(reason, choice.reason));
END
$$;

CREATE PROCEDURE model.by_writer(l crm.lead, owner text, pool text) LANGUAGE plpgsql AS $$
DECLARE
	choice model.choice;
BEGIN
	choice.owner := owner;
	choice.pool := pool;
	choice := model.with_team(choice);
	choice.reason := 'writer';
	CALL model.compare(l, choice, choice.reason);
END
$$;

-- Leads arrive in one statement: new ones, repeats of earlier ones, persons
-- known under another name, and now and then one whose owner or pool is given.
CREATE PROCEDURE model.arrive(leads integer) LANGUAGE plpgsql AS $$
DECLARE
	last CONSTANT bigint := coalesce((SELECT max(id) FROM crm.lead), 0);
	given_owner text;
	given_pool text;
	known bigint[];
	is_full boolean;
	head bigint;
	l crm.lead;
	w crm.lead;
	him model.rep;
	choice model.choice;
BEGIN
	IF random() < 0.08 THEN
		given_owner := model.some_rep();
		is_full := (SELECT open >= capacity FROM model.rep WHERE code = given_owner);
	ELSIF random() < 0.03 THEN
		given_pool := model.one_of('sea', 'dry', 'lake', 'bay');
	END IF;
	FOR n IN 1 .. leads
	LOOP
		known[n] := CASE WHEN random() < 0.3 THEN model.some_lead('any') END;
		IF known[n] = ANY (known[:n - 1]) THEN
			known[n] := NULL;
		END IF;
	END LOOP;
	BEGIN
		INSERT INTO crm.lead (name, phone, region, industry, product_line, first_source, attrs, owner, pool)
		SELECT CASE WHEN k.id IS NULL OR random() < 0.5 THEN model.one_of('张伟', '李娜', '王芳', '赵强', '孙丽华', '周建国') END,
		       coalesce(k.phone, '13' || lpad(floor(random() * 1e9)::text, 9, '0')),
		       model.one_of('44', '4403', '440305', '4501', '50', '500103', '500112', '500230', '31', '3101', NULL),
		       model.one_of('manufacturing', 'automotive', 'software', 'finance', NULL),
		       model.one_of('crane', 'pump', 'valve', NULL),
		       model.one_of('web', 'fair', 'junk', 'partner', 'call', 'call'),
		       CASE WHEN random() < 0.4 THEN jsonb_build_object('language', model.one_of('en', 'de', 'ja')) ELSE '{}' END,
		       CASE WHEN d.n = 1 AND k.id IS NULL THEN given_owner END,
		       CASE WHEN d.n = 1 AND k.id IS NULL THEN given_pool END
		  FROM unnest(known) WITH ORDINALITY AS d (lead, n) LEFT JOIN crm.lead k ON k.id = d.lead ORDER BY d.n;
	EXCEPTION WHEN program_limit_exceeded THEN
		IF is_full IS NOT TRUE THEN
			CALL model.differ(NULL, given_owner || ' has room', SQLERRM);
		END IF;
		CALL model.count('refused');
		RETURN;
	END;
	UPDATE model.progress SET came = came + leads;
	head := (SELECT min(id) FROM crm.lead WHERE id > last);
	FOR l IN SELECT * FROM crm.lead WHERE id > last ORDER BY id
	LOOP
		IF l.merged_into IS NOT NULL THEN
			CONTINUE;
		ELSIF l.id = head AND given_owner IS NOT NULL AND known[1] IS NULL THEN
			IF is_full THEN
				CALL model.differ(l.id, given_owner || ' is full', l.owner);
			END IF;
			CALL model.by_writer(l, given_owner, NULL);
		ELSIF l.id = head AND given_pool IS NOT NULL AND known[1] IS NULL THEN
			CALL model.by_writer(l, NULL, given_pool);
		ELSE
			choice := model.choose(l, NULL);
			CALL model.compare(l, choice, choice.reason);
		END IF;
	END LOOP;
	-- repeats: a present owner keeps his open lead, others are assigned as new;
	-- who has bought stays what he is.  One UPDATE brings them to their leads, in
	-- an order that the log tells.
	FOR w IN SELECT r.* FROM crm.lead r LEFT JOIN crm.assignment_log g ON g.lead_id = r.id AND g.id > (SELECT p.log FROM model.progress p)
	          WHERE r.id = ANY (ARRAY(SELECT merged_into FROM crm.lead WHERE id > last)) AND r.stage IS DISTINCT FROM 'won' ORDER BY g.id, r.id
	LOOP
		SELECT r.* INTO him FROM model.rep r JOIN model.lead m ON m.owner = r.code WHERE m.id = w.id AND m.open;
		IF him.present THEN
			choice := NULL;
			choice.owner := him.code;
			choice.reason := 'repeat';
			CALL model.compare(w, model.with_team(choice), choice.reason);
		ELSE
			CALL model.count('repeat assigned anew');
			CALL model.anew(w, NULL, NULL);
		END IF;
	END LOOP;
END
$$;

CREATE PROCEDURE model.close(leads integer) LANGUAGE plpgsql AS $$
DECLARE
	chosen CONSTANT bigint[] := ARRAY(SELECT DISTINCT model.some_lead('owned') FROM generate_series(1, leads));
BEGIN
	IF random() < 0.5 THEN
		UPDATE crm.lead SET loss_reason = 'budget' WHERE id = ANY (chosen);
	ELSIF random() < 0.5 THEN
		UPDATE crm.lead SET stage = 'lost', loss_reason = 'price' WHERE id = ANY (chosen);
	ELSE
		UPDATE crm.lead SET stage = 'negotiation' WHERE id = ANY (chosen);
		UPDATE crm.lead SET stage = 'won' WHERE id = ANY (chosen);
	END IF;
	UPDATE model.lead SET open = false WHERE id = ANY (chosen);
END
$$;

CREATE PROCEDURE model.reopen() LANGUAGE plpgsql AS $$
DECLARE
	chosen CONSTANT model.lead := (SELECT m FROM model.lead m WHERE id = (SELECT model.some_lead('closed')));
	is_full CONSTANT boolean := (SELECT open >= capacity FROM model.rep WHERE code = chosen.owner);
BEGIN
	BEGIN
		UPDATE crm.lead SET stage = 'negotiation' WHERE id = chosen.id;
	EXCEPTION WHEN program_limit_exceeded THEN
		IF is_full IS NOT TRUE THEN
			CALL model.differ(chosen.id, chosen.owner || ' has room', SQLERRM);
		END IF;
		CALL model.count('refused');
		RETURN;
	END;
	UPDATE model.lead SET open = true WHERE id = chosen.id;
	IF is_full THEN
		CALL model.differ(chosen.id, chosen.owner || ' is full', NULL);
	END IF;
END
$$;

-- Owner or pool taken away, by a writer or by move_leads().
CREATE PROCEDURE model.clear(wanted text) LANGUAGE plpgsql AS $$
DECLARE
	l crm.lead;
BEGIN
	UPDATE crm.lead SET owner = NULL, pool = NULL WHERE id = (SELECT model.some_lead(wanted)) RETURNING * INTO l;
	IF l.id IS NOT NULL THEN
		CALL model.anew(l, NULL, NULL);
	END IF;
END
$$;

CREATE PROCEDURE model.move(leads integer) LANGUAGE plpgsql AS $$
DECLARE
	avoid CONSTANT text := model.some_rep();
	chosen CONSTANT bigint[] := ARRAY(SELECT DISTINCT id FROM (SELECT model.some_lead(model.one_of('owned', 'pooled')) AS id
	                                                             FROM generate_series(1, leads)) AS s WHERE id IS NOT NULL);
	l crm.lead;
BEGIN
	PERFORM leadcrm.move_leads('crm.lead', chosen, NULL, NULL, 'rule', avoid => avoid);
	FOR l IN SELECT * FROM crm.lead WHERE id = ANY (chosen) ORDER BY id
	LOOP
		CALL model.anew(l, avoid, 'rule');
	END LOOP;
END
$$;

CREATE PROCEDURE model.give_by_writer() LANGUAGE plpgsql AS $$
DECLARE
	chosen CONSTANT model.lead := (SELECT m FROM model.lead m WHERE id = (SELECT model.some_lead(model.one_of('owned', 'pooled'))));
	given CONSTANT text := model.some_rep(chosen.owner);
	is_full CONSTANT boolean := (SELECT open >= capacity FROM model.rep WHERE code = given);
	l crm.lead;
BEGIN
	BEGIN
		UPDATE crm.lead SET owner = given WHERE id = chosen.id RETURNING * INTO l;
	EXCEPTION WHEN program_limit_exceeded THEN
		IF is_full IS NOT TRUE THEN
			CALL model.differ(chosen.id, given || ' has room', SQLERRM);
		END IF;
		CALL model.count('refused');
		RETURN;
	END;
	IF l.id IS NOT NULL AND is_full THEN
		CALL model.differ(chosen.id, given || ' is full', l.owner);
	ELSIF l.id IS NOT NULL THEN
		CALL model.by_writer(l, given, NULL);
	END IF;
END
$$;

CREATE PROCEDURE model.pool_by_writer() LANGUAGE plpgsql AS $$
DECLARE
	l crm.lead;
	given CONSTANT text := model.one_of('sea', 'dry', 'lake', 'bay');
BEGIN
	UPDATE crm.lead SET pool = given WHERE id = (SELECT model.some_lead('owned')) RETURNING * INTO l;
	IF l.id IS NOT NULL THEN
		CALL model.by_writer(l, NULL, given);
	END IF;
END
$$;

CREATE PROCEDURE model.remove(leads integer) LANGUAGE plpgsql AS $$
DECLARE
	chosen CONSTANT bigint[] := ARRAY(SELECT DISTINCT model.some_lead('any') FROM generate_series(1, leads));
BEGIN
	DELETE FROM crm.lead WHERE id = ANY (chosen);
	DELETE FROM model.lead WHERE id = ANY (chosen);
END
$$;

-- People come and go, rules change.
CREATE PROCEDURE model.administer() LANGUAGE plpgsql AS $$
DECLARE
	him CONSTANT text := model.some_rep();
BEGIN
	CASE model.one_of('absent', 'back', 'back', 'back', 'later', 'active', 'capacity', 'limit', 'weight', 'rule')
	WHEN 'absent' THEN
		INSERT INTO crm.rep_absence (rep, from_at, until_at) VALUES (him, now() - interval '1 day', now() + interval '1 day');
	WHEN 'back' THEN
		DELETE FROM crm.rep_absence WHERE rep = him;
	WHEN 'later' THEN		-- an absence that is over or still to come
		INSERT INTO crm.rep_absence (rep, from_at, until_at) VALUES (him, now() - interval '2 days', now() - interval '1 day'),
			(him, now() + interval '1 day', 'infinity');
	WHEN 'active' THEN
		UPDATE crm.rep SET active = random() < 0.7 WHERE code = him;
	WHEN 'capacity' THEN
		UPDATE crm.rep SET capacity = floor(random() * 40) WHERE code = him;
	WHEN 'limit' THEN
		UPDATE crm.rep SET daily_limit = NULLIF(floor(random() * 400), 0) WHERE code = him;
	WHEN 'weight' THEN
		UPDATE crm.rep SET weight = 1 + floor(random() * 5) WHERE code = him;
	WHEN 'rule' THEN
		UPDATE crm.assignment_rule SET active = random() < 0.8, sticky = random() < 0.2
		 WHERE code = (SELECT model.one_of(VARIADIC array_agg(code ORDER BY code)) FROM crm.assignment_rule);
	END CASE;
END
$$;

CREATE PROCEDURE model.step() LANGUAGE plpgsql AS $$
DECLARE
	what CONSTANT text := model.one_of('arrive', 'arrive', 'arrive', 'arrive', 'arrive', 'arrive', 'arrive many', 'arrive many', 'arrive many', 'arrive many',
		'close', 'close', 'close', 'reopen', 'clear', 'clear', 'fetch', 'fetch', 'give', 'pool', 'move', 'delete', 'administer', 'administer', 'administer');
	more bigint;
BEGIN
	UPDATE model.progress p SET step = p.step + 1, deed = what, log = coalesce((SELECT max(id) FROM crm.assignment_log), 0), choices = 0;
	CASE what
	WHEN 'arrive' THEN CALL model.arrive(1);
	WHEN 'arrive many' THEN CALL model.arrive(2 + floor(random() * 9)::integer);
	WHEN 'close' THEN CALL model.close(1 + floor(random() * 10)::integer);
	WHEN 'reopen' THEN CALL model.reopen();
	WHEN 'clear' THEN CALL model.clear('owned');
	WHEN 'fetch' THEN CALL model.clear('pooled');
	WHEN 'give' THEN CALL model.give_by_writer();
	WHEN 'pool' THEN CALL model.pool_by_writer();
	WHEN 'move' THEN CALL model.move(1 + floor(random() * 6)::integer);
	WHEN 'delete' THEN CALL model.remove(1 + floor(random() * 3)::integer);
	WHEN 'administer' THEN CALL model.administer();
	END CASE;
	SELECT count(g.id) - p.choices INTO more FROM model.progress p LEFT JOIN crm.assignment_log g ON g.id > p.log GROUP BY p.choices;
	IF more <> 0 THEN
		CALL model.differ(NULL, 'no more log rows', more || ' more');
	END IF;
END
$$;

CREATE PROCEDURE model.replay(leads bigint) LANGUAGE plpgsql AS $$
DECLARE
	came bigint;
	moved boolean := false;
BEGIN
	LOOP
		SELECT p.came INTO came FROM model.progress p;
		EXIT WHEN came >= leads OR EXISTS (SELECT FROM model.mismatch);
		IF came > leads / 2 AND NOT moved THEN		-- it becomes tomorrow
			UPDATE crm.workspace SET time_zone = 'Pacific/Kiritimati';
			moved := true;
		END IF;
		BEGIN
			CALL model.step();
			IF random() < 0.05 AND NOT EXISTS (SELECT FROM model.mismatch) THEN
				RAISE SQLSTATE 'MODEL';
			END IF;
		EXCEPTION WHEN SQLSTATE 'MODEL' THEN
			CALL model.count('taken back');
		END;
		IF random() < 0.7 THEN
			COMMIT;
		ELSIF random() < 0.05 AND NOT EXISTS (SELECT FROM model.mismatch) THEN
			ROLLBACK;
		END IF;
	END LOOP;
	COMMIT;
END
$$;
