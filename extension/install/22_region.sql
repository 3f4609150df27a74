CREATE FUNCTION leadcrm.region_of(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_region_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.region_of(text) IS
'GB/T 2260 code (2, 4 or 6 digits) that an address, the name of a firm or a phone number points to; NULL if none';

CREATE FUNCTION leadcrm.region_evidence(value text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_region_evidence' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.region_evidence(text) IS
'What region_of() went by: "address: ...", "company: ...", "area code: 023" or "mobile prefix: 1380013"; NULL if nothing';

CREATE FUNCTION leadcrm.region_name(code text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_region_name' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.region_name(text) IS
'Full name of a GB/T 2260 code, with its parents; NULL if there is no such code';

CREATE FUNCTION leadcrm.region_parent(code text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_region_parent' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.region_parent(text) IS
'GB/T 2260 code of the division a division lies in; NULL for a province and for what is no code';

CREATE FUNCTION leadcrm.regions(OUT code text, OUT name text, OUT full_name text, OUT parent text, OUT level smallint)
	RETURNS SETOF record
	AS 'MODULE_PATHNAME', 'leadcrm_regions' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 3354;
COMMENT ON FUNCTION leadcrm.regions() IS
'All divisions of GB/T 2260, parents before children; level 1 province, 2 city, 3 district or county';
