--
-- Scores
--

CREATE FUNCTION leadcrm.score(subject_row record, rules regclass, as_of timestamptz DEFAULT now()) RETURNS integer
	AS 'MODULE_PATHNAME', 'leadcrm_score_row'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.score(record, regclass, timestamptz) IS
'sum of the points of the active rules in a table that a row matches, capped per group by score_cap; the row may be of any table';
