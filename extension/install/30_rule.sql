--
-- Safe casts and arithmetic: NULL instead of an error
--

CREATE FUNCTION leadcrm.num(text) RETURNS numeric
	AS 'MODULE_PATHNAME', 'leadcrm_num'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.num(text) IS 'number that a text is (1234.5, 1,234.50, full-width digits); NULL when it is none';

CREATE FUNCTION leadcrm.flag(text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'leadcrm_flag'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.flag(text) IS 'yes or no that a text is, in English or Chinese; NULL when it is neither';

CREATE FUNCTION leadcrm.day(text) RETURNS date
	AS 'MODULE_PATHNAME', 'leadcrm_day'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.day(text) IS 'day that a text names, year first; NULL when it names none';

CREATE FUNCTION leadcrm.moment(text) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'leadcrm_moment'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.moment(text) IS 'moment that a text names with its offset, or by milliseconds since 1970; NULL when it names none';

CREATE FUNCTION leadcrm.moment(text, zone text) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'leadcrm_moment'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.moment(text, text) IS 'moment that a text names, in a time zone where it has no offset; NULL when it names none';

CREATE FUNCTION leadcrm.add(numeric, numeric) RETURNS numeric
	AS 'MODULE_PATHNAME', 'leadcrm_numeric_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.add(numeric, numeric) IS 'sum; NULL out of range';

CREATE FUNCTION leadcrm.subtract(numeric, numeric) RETURNS numeric
	AS 'MODULE_PATHNAME', 'leadcrm_numeric_subtract'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.subtract(numeric, numeric) IS 'difference; NULL out of range';

CREATE FUNCTION leadcrm.multiply(numeric, numeric) RETURNS numeric
	AS 'MODULE_PATHNAME', 'leadcrm_numeric_multiply'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.multiply(numeric, numeric) IS 'product; NULL out of range';

CREATE FUNCTION leadcrm.divide(numeric, numeric) RETURNS numeric
	AS 'MODULE_PATHNAME', 'leadcrm_numeric_divide'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.divide(numeric, numeric) IS 'quotient; NULL out of range and for a division by zero';

--
-- Dates and times in a zone that is named, never the session's.  In rules
-- they stand in the place of PostgreSQL's own operators and casts.
--

CREATE FUNCTION leadcrm.at_zone(timestamptz, zone text) RETURNS timestamp
	AS 'MODULE_PATHNAME', 'leadcrm_local_at_zone'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.at_zone(timestamptz, text) IS 'what a clock in a time zone shows at a moment; NULL out of range and for an unknown zone';

CREATE FUNCTION leadcrm.at_zone(timestamp, zone text) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'leadcrm_moment_at_zone'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.at_zone(timestamp, text) IS 'moment at which a clock in a time zone shows a date and time; NULL out of range and for an unknown zone';

CREATE FUNCTION leadcrm.at_zone(date, zone text) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'leadcrm_day_at_zone'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.at_zone(date, text) IS 'moment at which a day begins in a time zone; NULL out of range and for an unknown zone';

CREATE FUNCTION leadcrm.start_of(unit text, timestamp) RETURNS timestamp
	AS 'MODULE_PATHNAME', 'leadcrm_start_of'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.start_of(text, timestamp) IS 'beginning of the year, quarter, month, week, day, hour or minute; NULL out of range';

CREATE FUNCTION leadcrm.add(timestamptz, interval, zone text) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'leadcrm_moment_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.add(timestamptz, interval, text) IS 'moment later by an interval, its days and months by the clock of a time zone; NULL out of range and for an unknown zone';

CREATE FUNCTION leadcrm.subtract(timestamptz, interval, zone text) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'leadcrm_moment_subtract'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.subtract(timestamptz, interval, text) IS 'moment earlier by an interval, its days and months by the clock of a time zone; NULL out of range and for an unknown zone';

CREATE FUNCTION leadcrm.add(timestamp, interval) RETURNS timestamp
	AS 'MODULE_PATHNAME', 'leadcrm_timestamp_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.add(timestamp, interval) IS 'date and time later by an interval; NULL out of range';

CREATE FUNCTION leadcrm.subtract(timestamp, interval) RETURNS timestamp
	AS 'MODULE_PATHNAME', 'leadcrm_timestamp_subtract'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.subtract(timestamp, interval) IS 'date and time earlier by an interval; NULL out of range';

CREATE FUNCTION leadcrm.add(date, interval) RETURNS timestamp
	AS 'MODULE_PATHNAME', 'leadcrm_date_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.add(date, interval) IS 'date and time later than the beginning of a day by an interval; NULL out of range';

CREATE FUNCTION leadcrm.subtract(date, interval) RETURNS timestamp
	AS 'MODULE_PATHNAME', 'leadcrm_date_subtract'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.subtract(date, interval) IS 'date and time earlier than the beginning of a day by an interval; NULL out of range';

CREATE FUNCTION leadcrm.add(date, days integer) RETURNS date
	AS 'MODULE_PATHNAME', 'leadcrm_days_add'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.add(date, integer) IS 'day later by a number of days; NULL out of range';

CREATE FUNCTION leadcrm.subtract(date, days integer) RETURNS date
	AS 'MODULE_PATHNAME', 'leadcrm_days_subtract'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.subtract(date, integer) IS 'day earlier by a number of days; NULL out of range';

CREATE FUNCTION leadcrm.subtract(date, date) RETURNS integer
	AS 'MODULE_PATHNAME', 'leadcrm_days_between'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.subtract(date, date) IS 'days from the second to the first; NULL when one is infinite';

CREATE FUNCTION leadcrm.subtract(timestamptz, timestamptz) RETURNS interval
	AS 'MODULE_PATHNAME', 'leadcrm_time_between'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.subtract(timestamptz, timestamptz) IS 'time from the second to the first; NULL when one is infinite';

CREATE FUNCTION leadcrm.subtract(timestamp, timestamp) RETURNS interval
	AS 'MODULE_PATHNAME', 'leadcrm_time_between'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.subtract(timestamp, timestamp) IS 'time from the second to the first; NULL when one is infinite';

--
-- Conditions
--

CREATE FUNCTION leadcrm.check_condition("table" regclass, condition text) RETURNS void
	AS 'MODULE_PATHNAME', 'leadcrm_check_condition'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.check_condition(regclass, text) IS 'raises an error, with a caret, when a rule condition over rows of a table is not allowed';

CREATE FUNCTION leadcrm.condition_class("table" regclass, condition text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_condition_class'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.condition_class(regclass, text) IS 'whether a rule condition "cannot fail" or "may fail" on some row; raises what check_condition() raises';

CREATE FUNCTION leadcrm.condition_holds(subject_row record, condition text, as_of timestamptz DEFAULT now(), time_zone text DEFAULT 'UTC') RETURNS boolean
	AS 'MODULE_PATHNAME', 'leadcrm_condition_holds'
	LANGUAGE C STABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.condition_holds(record, text, timestamptz, text) IS 'what a rule condition gives for a row of a table or view, at a moment and in a time zone: for trying one out';

CREATE FUNCTION leadcrm.check_rules() RETURNS trigger
	LANGUAGE C AS 'MODULE_PATHNAME', 'leadcrm_check_rules';
COMMENT ON FUNCTION leadcrm.check_rules() IS
'trigger: refuses a rule whose condition is not allowed; arguments: table of the rows (default lead), column of the condition (default condition), and "score" where it may not use what scoring computes';

--
-- What a condition may contain
--

CREATE FUNCTION leadcrm._rule_functions(OUT function oid, OUT named boolean, OUT arguments text, OUT may_fail boolean)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'leadcrm_rule_functions'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm._rule_functions() IS 'functions that a rule may call, by name, as operator or as cast';

CREATE FUNCTION leadcrm.rule_vocabulary(OUT kind text, OUT name text, OUT arguments text, OUT result text, OUT may_fail boolean)
	RETURNS SETOF record
	LANGUAGE sql STABLE PARALLEL SAFE ROWS 600
BEGIN ATOMIC
	WITH called AS (
		SELECT f.function, f.named, f.arguments, f.may_fail, p.pronamespace, p.proname, p.prorettype
		  FROM leadcrm._rule_functions() f JOIN pg_catalog.pg_proc p ON p.oid = f.function
	), word (kind, name, arguments, result, may_fail) AS (
		SELECT 'operator',
		       CASE o.oprname WHEN '~~' THEN 'LIKE' WHEN '!~~' THEN 'NOT LIKE'
		                      WHEN '~~*' THEN 'ILIKE' WHEN '!~~*' THEN 'NOT ILIKE' ELSE o.oprname::text END,
		       c.arguments, pg_catalog.format_type(o.oprresult, NULL), c.may_fail
		  FROM called c JOIN pg_catalog.pg_operator o ON o.oprcode::oid = c.function
		 WHERE o.oprnamespace IN ('pg_catalog'::regnamespace, 'leadcrm'::regnamespace)
		   AND o.oprname !~ '^~[<>]=?~$'
		UNION ALL
		SELECT 'function', CASE c.pronamespace WHEN 'leadcrm'::regnamespace THEN 'leadcrm.' ELSE '' END || c.proname, c.arguments, pg_catalog.format_type(c.prorettype, NULL), c.may_fail
		  FROM called c WHERE c.named
		UNION ALL
		SELECT 'cast', 'CAST', pg_catalog.format_type(t.castsource, NULL), pg_catalog.format_type(t.casttarget, NULL), c.may_fail
		  FROM called c JOIN pg_catalog.pg_cast t ON t.castfunc = c.function AND t.castsource <> t.casttarget
		 WHERE t.casttarget::regtype::text !~ '^(oid|reg)'
		UNION ALL
		SELECT 'cast', 'CAST', s, 'text', false
		  FROM unnest(ARRAY['smallint', 'integer', 'bigint', 'numeric', 'uuid', 'leadcrm.phone']) s
		UNION ALL
		SELECT 'cast', 'CAST', 'text', t, true
		  FROM unnest(ARRAY['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'boolean']) t
		UNION ALL
		SELECT 'type', t, '', '', false
		  FROM unnest(ARRAY['boolean', 'smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'text',
		                    'character varying', 'character', 'date', 'timestamp', 'timestamp with time zone', 'interval',
		                    'jsonb', 'uuid', 'leadcrm.phone', 'array of these but jsonb', 'domain over these', 'enum']) t
		UNION ALL
		SELECT 'syntax', s, '', '', false
		  FROM unnest(ARRAY['AND', 'OR', 'NOT', 'IS NULL', 'IS NOT NULL', 'IS TRUE', 'IS FALSE', 'IS UNKNOWN', 'IS DISTINCT FROM',
		                    'IN', 'BETWEEN', 'ANY', 'ALL', 'CASE', 'COALESCE', 'NULLIF', 'GREATEST', 'LEAST', 'ARRAY', 'AT TIME ZONE',
		                    'as_of']) s
	)
	SELECT w.kind, w.name, replace(replace(w.arguments, ' without time zone', ''), 'timestamp with time zone', 'timestamptz'),
	       replace(replace(w.result, ' without time zone', ''), 'timestamp with time zone', 'timestamptz'), w.may_fail
	  FROM word w
	 ORDER BY w.kind, w.name COLLATE "C", w.arguments COLLATE "C", w.result COLLATE "C", w.may_fail;
END;
COMMENT ON FUNCTION leadcrm.rule_vocabulary() IS
'everything a rule condition may contain: types, syntax, operators, casts and functions with their arguments and result, and whether it may fail on some row';
