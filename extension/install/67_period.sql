-- The periods that reports count by.

CREATE FUNCTION leadcrm._week(day date) RETURNS date
	AS 'MODULE_PATHNAME', 'leadcrm_period_week'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm._week(date) IS 'the Monday of the week that a day lies in';

CREATE FUNCTION leadcrm._month(day date) RETURNS date
	AS 'MODULE_PATHNAME', 'leadcrm_period_month'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm._month(date) IS 'the first day of the month that a day lies in';

CREATE FUNCTION leadcrm._quarter(day date) RETURNS date
	AS 'MODULE_PATHNAME', 'leadcrm_period_quarter'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm._quarter(date) IS 'the first day of the quarter that a day lies in';

CREATE FUNCTION leadcrm._year(day date) RETURNS integer
	AS 'MODULE_PATHNAME', 'leadcrm_period_year'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm._year(date) IS 'the year that a day lies in, negative before Christ';
