-- A workspace whose owner has given columns of its configuration other types,
-- or made room for NULL: an error that says so, for nobody else may be harmed.
SET client_min_messages = warning;
\set VERBOSITY terse
SELECT leadcrm.create_workspace('changed', 'en');
SET search_path TO changed, public;
CREATE FUNCTION pg_temp.after(change text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
	EXECUTE change;
	INSERT INTO lead (name, first_source) VALUES ('Ann', 'web');
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
	(10, 'ALTER TABLE pool_rule RENAME warn_days TO warn; ALTER TABLE pool_rule ADD warn_days text DEFAULT ''x''')
) AS v (n, change) ORDER BY n;
SELECT leadcrm.drop_workspace('changed', 0);
