CREATE FUNCTION leadcrm.normalize_company(name text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_normalize_company' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.normalize_company(text) IS
'Canonical full form of the name of a firm; NULL for what names none and for more than 512 bytes';

CREATE FUNCTION leadcrm.company_core(name text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_company_core' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.company_core(text) IS
'Name of a firm without place, trade and form, for comparison; a branch keeps its place; NULL if nothing is left';

CREATE FUNCTION leadcrm.company_key(name text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_company_key' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.company_key(text) IS
'company_core(), and @ and the region code if the name tells a place';

CREATE FUNCTION leadcrm.same_company(a text, b text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'leadcrm_same_company' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.same_company(text, text) IS
'May two names be those of one firm: equal cores, and regions that do not contradict each other; NULL if one names no firm';

CREATE FUNCTION leadcrm.company_parts(name text, OUT place text, OUT region text, OUT brand text,
									  OUT trade text, OUT form text, OUT branch text)
	AS 'MODULE_PATHNAME', 'leadcrm_company_parts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.company_parts(text) IS
'Name of a firm taken apart: place, its region code, brand, trade, form of organisation, branch';
