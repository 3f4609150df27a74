-- What intake reads: cells of forms and spreadsheets, free text.

CREATE FUNCTION leadcrm.cell_text(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_cell_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.cell_text(text) IS
'what a cell says: without BOM, blanks and the apostrophe of a spreadsheet at its ends; NULL when it is empty or says none';

CREATE FUNCTION leadcrm.is_test_text(text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'leadcrm_is_test_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.is_test_text(text) IS
'whether a text is what people type to see whether a form works: test, asdf, 11111111111';

CREATE FUNCTION leadcrm.job_title_in(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_job_title_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.job_title_in(text) IS
'title that stands with a name, if it is a job and not just a way to address somebody; NULL when there is none';

CREATE FUNCTION leadcrm.inquiry_parts(text, OUT name text, OUT company text, OUT budget text, OUT need text)
	AS 'MODULE_PATHNAME', 'leadcrm_inquiry_parts'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.inquiry_parts(text) IS
'person, firm, budget and need in a few sentences, as a call centre or a chat writes them';

CREATE FUNCTION leadcrm.try_timestamp(value text, time_zone text, format text DEFAULT NULL) RETURNS timestamptz
	AS 'MODULE_PATHNAME', 'leadcrm_try_timestamp'
	LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.try_timestamp(text, text, text) IS
'moment that a text tells, in a time zone unless it names an offset; year first, or by a format of YYYY MM DD HH24 MI SS; NULL when it tells none';
