--
-- Tables of rules
--

CREATE FUNCTION leadcrm._row_rules_support(internal) RETURNS internal
	AS 'MODULE_PATHNAME', 'leadcrm_row_rules_support'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm._row_rules_support(internal) IS 'planner support of matching_rules() and score()';

CREATE FUNCTION leadcrm.matching_rules(subject_row record, rules regclass, as_of timestamptz DEFAULT now()) RETURNS text[]
	AS 'MODULE_PATHNAME', 'leadcrm_matching_rules'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 50 SUPPORT leadcrm._row_rules_support;
COMMENT ON FUNCTION leadcrm.matching_rules(record, regclass, timestamptz) IS
'codes of the active rules in a table whose condition is true for a row; the row may be of any table';

CREATE FUNCTION leadcrm._matching_rules_columns(rules regclass, "row" regtype, as_of timestamptz, VARIADIC "any") RETURNS text[]
	AS 'MODULE_PATHNAME', 'leadcrm_matching_rules_columns'
	LANGUAGE C STABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION leadcrm._matching_rules_columns(regclass, regtype, timestamptz, "any") IS
'what the planner makes of matching_rules() where it can pass the columns of a row instead of the row';

CREATE FUNCTION leadcrm.explain_rules(rules regclass, subject regclass,
		OUT code text, OUT condition text, OUT class text, OUT evaluation text, OUT problem text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'leadcrm_explain_rules'
	LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION leadcrm.explain_rules(regclass, regclass) IS
'active rules of a table as they are evaluated over the rows of another: whether one may fail, by look-up or expression, and what is wrong with a broken one';

CREATE FUNCTION leadcrm.rule_test(rules regclass, subject_row record, as_of timestamptz DEFAULT now(),
		OUT code text, OUT matches boolean, OUT why text)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'leadcrm_rule_test'
	LANGUAGE C STABLE STRICT;
COMMENT ON FUNCTION leadcrm.rule_test(regclass, record, timestamptz) IS
'which active rules of a table a row matches, and why not the others: the first part that is not true, with the values it reads';

CREATE FUNCTION leadcrm.rule_coverage(rules regclass, subject regclass, filter text DEFAULT NULL, as_of timestamptz DEFAULT now(),
		OUT code text, OUT matched bigint, OUT of_rows bigint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'leadcrm_rule_coverage'
	LANGUAGE C VOLATILE;
COMMENT ON FUNCTION leadcrm.rule_coverage(regclass, regclass, text, timestamptz) IS
'how many rows of a table, or of those for which a condition is true, each active rule matches';

-- Not written into a workspace's function: that would hold lead's row type, and
-- columns could not be added to it any more.
CREATE FUNCTION leadcrm.rule_test_example(rules regclass, subject regclass, example jsonb, as_of timestamptz DEFAULT now())
	RETURNS TABLE (code text, matches boolean, why text)
	LANGUAGE plpgsql STABLE STRICT SET search_path TO pg_catalog, pg_temp
	AS $$
DECLARE
    stranger text := (SELECT min(k) FROM jsonb_object_keys(example) k
                       WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = subject AND a.attname = k
                                                                      AND a.attnum > 0 AND NOT a.attisdropped));
BEGIN
    IF stranger IS NOT NULL THEN
        RAISE undefined_column USING
            MESSAGE = format('column "%s" of %s does not exist', stranger, subject),
            HINT = CASE WHEN subject::text LIKE '%lead' THEN format('A field of one''s own goes into attrs: {"attrs": {"%s": ...}}.', stranger) END;
    END IF;
    RETURN QUERY EXECUTE format('SELECT t.* FROM leadcrm.rule_test($1, jsonb_populate_record(NULL::%s, $2), $3) t', subject)
       USING rules, example, as_of;
END
$$;
COMMENT ON FUNCTION leadcrm.rule_test_example(regclass, regclass, jsonb, timestamptz) IS
'rule_test() for a row of a table that need not exist, given as an object of its columns';
