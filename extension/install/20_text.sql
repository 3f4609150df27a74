--
-- Folding
--

CREATE FUNCTION leadcrm.fold_text(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_fold_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.fold_text(text) IS 'form for comparing: one width, simplified characters, lower case, no punctuation or space; NULL when nothing is left';

CREATE FUNCTION leadcrm.simplify_text(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_simplify_text'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.simplify_text(text) IS 'form for reading: simplified characters, one width, single blanks; NULL when nothing is left';

--
-- Mail addresses
--

CREATE FUNCTION leadcrm.normalize_email(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_normalize_email'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.normalize_email(text) IS 'the one mail address that a text is, in lower case and deliverable; NULL when it is none or several';

CREATE FUNCTION leadcrm.email_key(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_email_key_sql'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.email_key(text) IS 'mail address for comparing: without +tag, at Gmail without dots; NULL when the text is no address';

CREATE FUNCTION leadcrm.emails_in(text) RETURNS text[]
	AS 'MODULE_PATHNAME', 'leadcrm_emails_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.emails_in(text) IS 'mail addresses in free text, each once, in order, at most 100';

CREATE FUNCTION leadcrm.email_is_shared(text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'leadcrm_email_is_shared'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.email_is_shared(text) IS 'whether a mail address is the mailbox of an office (info@, sales@, kefu@); NULL when the text is no address';

--
-- People
--

CREATE FUNCTION leadcrm.person_name(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_person_name'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.person_name(text) IS 'name of a person without label, title and honorific; NULL when no name is left';

CREATE FUNCTION leadcrm.person_title(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_person_title_sql'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.person_title(text) IS 'title or honorific that stands with a name; NULL when there is none';

CREATE FUNCTION leadcrm.person_key(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_person_key_sql'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.person_key(text) IS 'name of a person for comparing; NULL when there is no more than a surname';

CREATE FUNCTION leadcrm.person_in(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_person_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.person_in(text) IS 'person that a free text names, with the title; NULL when there is none';

--
-- WeChat
--

CREATE FUNCTION leadcrm.wechat_id(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_wechat_id'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.wechat_id(text) IS 'WeChat id in lower case, without label; NULL when the text is none, or a phone number';

CREATE FUNCTION leadcrm.wechat_in(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_wechat_in'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.wechat_in(text) IS 'first WeChat id behind a label in free text; NULL when there is none';

--
-- Unified social credit codes (GB 32100-2015)
--

CREATE FUNCTION leadcrm.tax_id(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_tax_id'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.tax_id(text) IS 'unified social credit code, 18 characters; NULL when the text is none; the check digit may be wrong';

CREATE FUNCTION leadcrm.tax_id_valid(text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'leadcrm_tax_id_valid_sql'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.tax_id_valid(text) IS 'whether a text is a unified social credit code with the right check digit';

--
-- Quantities
--

CREATE FUNCTION leadcrm.quantity_low(text) RETURNS numeric
	AS 'MODULE_PATHNAME', 'leadcrm_quantity_low'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.quantity_low(text) IS 'lower side of an amount or size as people write it; NULL when open or no quantity';

CREATE FUNCTION leadcrm.quantity_high(text) RETURNS numeric
	AS 'MODULE_PATHNAME', 'leadcrm_quantity_high'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.quantity_high(text) IS 'upper side of an amount or size as people write it; NULL when open or no quantity';

CREATE FUNCTION leadcrm.quantity_vague(text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'leadcrm_quantity_vague'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.quantity_vague(text) IS 'whether a quantity is approximate or open on one side; NULL when the text is no quantity';

CREATE FUNCTION leadcrm.money_currency(text) RETURNS text
	AS 'MODULE_PATHNAME', 'leadcrm_money_currency'
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm.money_currency(text) IS 'ISO 4217 code of the currency that a text names; NULL when it names none';
