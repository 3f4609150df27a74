--
-- Scores
--

CREATE FUNCTION leadcrm.score(subject_row record, rules regclass, as_of timestamptz DEFAULT now()) RETURNS integer
	AS 'MODULE_PATHNAME', 'leadcrm_score_row'
	LANGUAGE C STABLE STRICT PARALLEL SAFE COST 50 SUPPORT leadcrm._row_rules_support;
COMMENT ON FUNCTION leadcrm.score(record, regclass, timestamptz) IS
'sum of the points of the active rules in a table that a row matches, capped per group by score_cap; the row may be of any table';

CREATE FUNCTION leadcrm._score_columns(rules regclass, "row" regtype, as_of timestamptz, VARIADIC "any") RETURNS integer
	AS 'MODULE_PATHNAME', 'leadcrm_score_columns'
	LANGUAGE C STABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION leadcrm._score_columns(regclass, regtype, timestamptz, "any") IS
'what the planner makes of score() where it can pass the columns of a row instead of the row';
