--
-- Tables of rules
--

CREATE FUNCTION leadcrm.matching_rules(subject_row record, rules regclass, as_of timestamptz DEFAULT now()) RETURNS text[]
	AS 'MODULE_PATHNAME', 'leadcrm_matching_rules'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.matching_rules(record, regclass, timestamptz) IS
'codes of the active rules in a table whose condition is true for a row; the row may be of any table';
