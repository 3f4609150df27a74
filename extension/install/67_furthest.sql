-- How far along a list of stages somebody got.

CREATE FUNCTION leadcrm.furthest(reached text[], stages text[]) RETURNS integer
	AS 'MODULE_PATHNAME', 'leadcrm_furthest'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.furthest(text[], text[]) IS 'number of the last of these stages that was reached, 0 if none was';
