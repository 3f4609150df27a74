--
-- The rules by which a lead gets its owner, said once more and as plainly as
-- can be: for t/122_assign_model.t, which holds the engine against them.
--
-- The model reads how the workspace crm is set up (people, rules, pools) and
-- what a lead is (region, source, intent, ...), but nothing that assignment
-- wrote: whose a lead is, what a rep got and whose turn it is are tables of its
-- own.
--
CREATE SCHEMA model;

CREATE TABLE model.lead (id bigint PRIMARY KEY, owner text, pool text, open boolean NOT NULL, since timestamptz NOT NULL);
CREATE INDEX ON model.lead (owner) WHERE open;
CREATE TABLE model.dealt (rep text, day date, leads bigint NOT NULL, PRIMARY KEY (rep, day));
CREATE INDEX ON crm.identity (key);
CREATE TABLE model.turn (under text, rep text, turn double precision NOT NULL, PRIMARY KEY (under, rep));

CREATE FUNCTION model.is_open(l crm.lead) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$
	SELECT l.merged_into IS NULL AND l.stage NOT IN ('won', 'lost')
$$;

-- Every rep as he is now.
CREATE VIEW model.rep AS
SELECT r.code, r.team, r.position, r.capacity, r.weight,
       (SELECT count(*) FROM model.lead l WHERE l.owner = r.code AND l.open) AS open,
       coalesce((SELECT d.leads FROM model.dealt d WHERE d.rep = r.code AND d.day = here::date), 0) AS dealt,
       coalesce(r.daily_limit, 2147483647) AS daily_limit,
       r.active AND NOT EXISTS (SELECT FROM crm.rep_absence a
                                 WHERE a.rep = r.code AND a.from_at <= now() AND now() < a.until_at) AS present,
       r.calendar IS NULL OR EXISTS (SELECT FROM crm.calendar_hours h
                                      WHERE h.calendar = r.calendar AND h.weekday = extract(isodow FROM here)
                                        AND h.opens <= here::time AND here::time < h.closes) AS at_work
  FROM crm.rep r, crm.workspace w, LATERAL (SELECT now() AT TIME ZONE w.time_zone AS here) AS clock;

-- A skill fits a lead; a region fits all that lies in it.
CREATE FUNCTION model.fits(s crm.rep_skill, l crm.lead) RETURNS boolean IMMUTABLE LANGUAGE sql AS $$
	SELECT CASE s.kind
		WHEN 'region' THEN starts_with(l.region, s.value)
		WHEN 'industry' THEN l.industry = s.value
		WHEN 'product_line' THEN l.product_line = s.value
		WHEN 'source' THEN l.last_source = s.value
		WHEN 'language' THEN l.attrs ->> 'language' = s.value END
$$;

CREATE FUNCTION model.holds(rule crm.assignment_rule, l crm.lead) RETURNS boolean STABLE LANGUAGE plpgsql AS $$
DECLARE
	result boolean;
BEGIN
	EXECUTE format('SELECT %s FROM (SELECT ($1).*) AS lead', rule.condition) INTO result USING l;
	RETURN coalesce(result, false);
END
$$;

-- The owner of the lead assigned last of those that share an identity key with
-- it, if he can take it.
CREATE FUNCTION model.sticky(rule crm.assignment_rule, l crm.lead, avoid text) RETURNS text STABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN (
		SELECT r.code
		  FROM (SELECT e.owner FROM crm.identity mine JOIN crm.identity his USING (kind, scope, key) JOIN model.lead e ON e.id = his.lead_id
		         WHERE mine.lead_id = l.id AND e.id <> l.id AND e.owner IS NOT NULL
		         ORDER BY e.since DESC, e.id DESC LIMIT 1) AS known
		  JOIN model.rep r ON r.code = known.owner
		 WHERE r.present AND r.open < r.capacity AND r.dealt < r.daily_limit AND (r.at_work OR NOT rule.working_hours)
		   AND r.code IS DISTINCT FROM avoid);
END
$$;

-- Whom a rule can choose, the best first, and the turn that the lead gives him.
CREATE FUNCTION model.ranked(rule crm.assignment_rule, l crm.lead, avoid text)
RETURNS TABLE (who text, next_turn double precision, was_lifted boolean) STABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN QUERY
	WITH RECURSIVE teams AS (
		SELECT rule.team AS code
		 UNION
		SELECT t.code FROM crm.team t JOIN teams b ON t.parent = b.code),
	-- the territory of the lead's region, and those above it
	home AS (
		SELECT t.code, t.parent FROM crm.territory t, unnest(t.regions) AS part
		 WHERE t.active AND starts_with(l.region, part) ORDER BY length(part) DESC, t.code LIMIT 1),
	above AS (
		SELECT h.code, h.parent, 0 AS distance FROM home h
		 UNION ALL
		SELECT t.code, t.parent, a.distance + 1 FROM crm.territory t JOIN above a ON t.code = a.parent),
	-- who works where, in the position that the rule asks for
	works AS (
		SELECT w.territory, w.rep FROM crm.territory_rep w JOIN crm.rep r ON r.code = w.rep
		 WHERE rule.rep_position IS NULL OR coalesce(w.position, r.position) = rule.rep_position),
	candidate AS (
		SELECT r.*, coalesce(t.turn, 0) AS turn,
		       (SELECT sum(s.level) FROM crm.rep_skill s WHERE s.rep = r.code AND model.fits(s, l)) AS skill
		  FROM model.rep r LEFT JOIN model.turn t ON t.under = rule.code AND t.rep = r.code
		 WHERE (rule.rep IS NULL OR r.code = rule.rep)
		   AND (rule.team IS NULL OR r.team IN (SELECT b.code FROM teams b))
		   AND (rule.territory IS NULL OR r.code IN (SELECT w.rep FROM works w WHERE w.territory = rule.territory))
		   AND (rule.by_territory OR rule.territory IS NOT NULL OR rule.rep_position IS NULL OR r.position = rule.rep_position)
		   AND NOT EXISTS (SELECT FROM unnest(rule.required_skills) AS needed
		                    WHERE NOT EXISTS (SELECT FROM crm.rep_skill s WHERE s.rep = r.code AND s.kind = needed AND model.fits(s, l)))),
	able AS (
		SELECT * FROM candidate c
		 WHERE c.present AND c.open < c.capacity AND c.dealt < c.daily_limit AND (c.at_work OR NOT rule.working_hours)
		   AND c.code IS DISTINCT FROM avoid
		   AND (rule.strategy <> 'skilled' OR c.skill > 0)),
	-- by_territory: the nearest that has somebody
	chosen AS (
		SELECT c.* FROM able c
		 WHERE NOT rule.by_territory
		    OR c.code IN (SELECT w.rep FROM works w
		                   WHERE w.territory = (SELECT a.code FROM above a JOIN works v ON v.territory = a.code JOIN able o ON o.code = v.rep
		                                         ORDER BY a.distance LIMIT 1))),
	-- who was away and has fallen far behind where the others got their last
	-- leads is brought near them when his turn comes
	turns AS (
		SELECT c.*, greatest(c.turn, max(c.turn - 1.0 / c.weight) OVER () - max(4.0 / c.weight) OVER ()) AS lifted_turn FROM chosen c)
	SELECT c.code, c.lifted_turn + 1.0 / c.weight, c.lifted_turn > c.turn
	  FROM turns c
	 ORDER BY CASE WHEN rule.strategy = 'round_robin' THEN round(c.turn::numeric, 9) END,
	          CASE WHEN rule.strategy = 'skilled' THEN -c.skill END,
	          CASE WHEN rule.strategy IN ('skilled', 'least_loaded') THEN (c.open + 1)::double precision / c.capacity END,
	          CASE WHEN rule.strategy IN ('skilled', 'least_loaded') THEN c.dealt END,
	          c.code COLLATE "C";
END
$$;

CREATE TYPE model.choice AS (
	owner text, pool text, team text, rule text, strategy text, reason text, runners_up text[],
	turn double precision, lifted boolean, passed text[]);

CREATE FUNCTION model.pool_named(name text) RETURNS text STABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT code FROM crm.pool WHERE active AND code = name);
END
$$;

CREATE FUNCTION model.pool_of(his_team text) RETURNS text STABLE LANGUAGE plpgsql AS $$
BEGIN
	RETURN (SELECT code FROM crm.pool WHERE active AND team = his_team ORDER BY position, code COLLATE "C" LIMIT 1);
END
$$;

-- Who gets a lead that has nobody.
CREATE FUNCTION model.choose(l crm.lead, avoid text) RETURNS model.choice STABLE LANGUAGE plpgsql AS $$
DECLARE
	common CONSTANT text := (SELECT code FROM crm.pool WHERE active AND team IS NULL ORDER BY position, code COLLATE "C" LIMIT 1);
	rule crm.assignment_rule;
	first crm.assignment_rule;
	fallback crm.assignment_rule;
	choice model.choice;
BEGIN
	choice.passed := '{}';
	FOR rule IN SELECT * FROM crm.assignment_rule r WHERE r.active ORDER BY r.position, r.code COLLATE "C"
	LOOP
		CONTINUE WHEN NOT model.holds(rule, l);
		IF first.code IS NULL THEN
			first := rule;
		END IF;
		choice.rule := rule.code;
		choice.strategy := rule.strategy;
		IF rule.sticky OR rule.strategy = 'sticky' THEN
			choice.owner := model.sticky(rule, l, avoid);
			choice.reason := 'sticky';
		END IF;
		IF choice.owner IS NULL AND rule.strategy = 'pool' THEN
			choice.pool := coalesce(model.pool_named(rule.pool), model.pool_of(rule.team), common);
			choice.reason := 'pool';
		ELSIF choice.owner IS NULL AND rule.strategy <> 'sticky' THEN
			choice := model.chosen(rule, l, avoid, choice);
			choice.reason := 'rule';
		END IF;
		IF choice.owner IS NOT NULL OR choice.pool IS NOT NULL THEN
			RETURN model.with_team(choice);
		END IF;
		choice.passed := choice.passed || rule.code;
	END LOOP;

	choice.rule := NULL;
	choice.strategy := NULL;
	IF first.fallback_team IS NOT NULL THEN
		fallback.strategy := 'least_loaded';
		fallback.team := first.fallback_team;
		fallback.by_territory := false;
		fallback.working_hours := first.working_hours;
		choice := model.chosen(fallback, l, avoid, choice);
		IF choice.owner IS NOT NULL THEN
			choice.rule := first.code;
			choice.strategy := first.strategy;
			choice.reason := 'fallback';
		END IF;
	END IF;
	IF choice.owner IS NULL THEN
		choice.reason := 'pool';
		choice.pool := coalesce(model.pool_named(first.pool), model.pool_of(first.team), common);
	END IF;
	RETURN model.with_team(choice);
END
$$;

CREATE FUNCTION model.chosen(rule crm.assignment_rule, l crm.lead, avoid text, choice model.choice) RETURNS model.choice STABLE LANGUAGE plpgsql AS $$
BEGIN
	SELECT (array_agg(r.who))[1], (array_agg(r.who))[2:6], (array_agg(r.next_turn))[1], (array_agg(r.was_lifted))[1]
	  INTO choice.owner, choice.runners_up, choice.turn, choice.lifted
	  FROM model.ranked(rule, l, avoid) r;
	RETURN choice;
END
$$;

CREATE FUNCTION model.with_team(choice model.choice) RETURNS model.choice STABLE LANGUAGE plpgsql AS $$
BEGIN
	choice.team := CASE WHEN choice.pool IS NULL THEN (SELECT team FROM crm.rep WHERE code = choice.owner)
	                    ELSE (SELECT team FROM crm.pool WHERE code = choice.pool) END;
	RETURN choice;
END
$$;

-- Note who has a lead from now on; only what rules deal counts to the day.
CREATE PROCEDURE model.give(l crm.lead, choice model.choice) LANGUAGE plpgsql AS $$
BEGIN
	IF choice.reason = 'rule' AND choice.strategy = 'round_robin' THEN
		INSERT INTO model.turn VALUES (choice.rule, choice.owner, choice.turn)
		    ON CONFLICT ON CONSTRAINT turn_pkey DO UPDATE SET turn = excluded.turn;
	END IF;
	INSERT INTO model.lead VALUES (l.id, choice.owner, choice.pool, model.is_open(l), now())
	    ON CONFLICT ON CONSTRAINT lead_pkey DO UPDATE SET owner = excluded.owner, pool = excluded.pool, open = excluded.open,
	        since = CASE WHEN choice.reason = 'repeat' THEN lead.since ELSE excluded.since END;
	IF choice.owner IS NOT NULL AND choice.rule IS NOT NULL THEN
		INSERT INTO model.dealt SELECT choice.owner, (now() AT TIME ZONE time_zone)::date, 1 FROM crm.workspace
		    ON CONFLICT ON CONSTRAINT dealt_pkey DO UPDATE SET leads = dealt.leads + 1;
	END IF;
END
$$;
