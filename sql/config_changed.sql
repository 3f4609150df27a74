-- A workspace whose owner has given columns of its configuration other types,
-- or made room for NULL: an error that says so, for nobody else may be harmed.
-- Nor by what was written for each lead.
SET client_min_messages = warning;
\set VERBOSITY terse
SELECT leadcrm.create_workspace('changed', 'en');
SET search_path TO changed, public;
INSERT INTO lead (name, first_source) VALUES ('Ann', 'web');
INSERT INTO activity (lead_id, kind, at) SELECT id, 'call', now() FROM lead;
CREATE FUNCTION pg_temp.after(change text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE change;
	PERFORM leadcrm.rebuild_lifecycle('lead'), leadcrm._recompute_behaviour('lead', array_agg(id)), leadcrm._behaviour_at('lead', min(id), now())
	   FROM lead;
	INSERT INTO lead (name, first_source) VALUES ('Ben', 'web');
	UPDATE lead SET stage = 'contacted';
	RAISE 'no error';
EXCEPTION WHEN others THEN RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT change, pg_temp.after(change) FROM (VALUES
	(1, 'SELECT 1'),
	(2, 'ALTER TABLE transition DROP required_fields CASCADE; ALTER TABLE transition ADD required_fields integer DEFAULT 5'),
	(3, 'ALTER TABLE transition ALTER required_fields DROP NOT NULL; UPDATE transition SET required_fields = NULL'),
	(4, 'ALTER TABLE stage RENAME position TO place; ALTER TABLE stage ADD position text DEFAULT ''x'''),
	(5, 'ALTER TABLE loss_reason DROP CONSTRAINT loss_reason_pkey CASCADE; ALTER TABLE loss_reason ALTER code DROP NOT NULL;'
		'INSERT INTO loss_reason (code, position) VALUES (NULL, 99)'),
	(6, 'ALTER TABLE half_life RENAME half_life TO span; ALTER TABLE half_life ADD half_life integer DEFAULT 7'),
	(7, 'ALTER TABLE rep RENAME capacity TO room; ALTER TABLE rep ADD capacity text DEFAULT ''x'''),
	(8, 'ALTER TABLE intent_level RENAME minimum_stay TO stay; ALTER TABLE intent_level ADD minimum_stay integer DEFAULT 7'),
	(9, 'ALTER TABLE identity_rule RENAME max_age TO age; ALTER TABLE identity_rule ADD max_age integer DEFAULT 7'),
	(10, 'ALTER TABLE pool_rule RENAME warn_days TO warn; ALTER TABLE pool_rule ADD warn_days text DEFAULT ''x'''),
	(11, 'ALTER TABLE stage_change RENAME to_stage TO too; ALTER TABLE stage_change ADD to_stage integer DEFAULT 7'),
	(12, 'ALTER TABLE stage_change RENAME note TO remark; ALTER TABLE stage_change ADD note integer DEFAULT 7'),
	(13, 'ALTER TABLE activity RENAME direction TO way; ALTER TABLE activity ADD direction integer DEFAULT 7')
) AS v (n, change) ORDER BY n;
SELECT leadcrm.drop_workspace('changed', 1);
