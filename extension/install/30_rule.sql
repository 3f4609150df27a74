--
-- Conditions
--

CREATE FUNCTION leadcrm.check_condition("table" regclass, condition text) RETURNS void
	AS 'MODULE_PATHNAME', 'leadcrm_check_condition'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.check_condition(regclass, text) IS 'raises an error, with a caret, when a rule condition over rows of a table is not allowed';
