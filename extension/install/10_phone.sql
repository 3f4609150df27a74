-- phone: a telephone number in normal form.

CREATE TYPE leadcrm.phone;

CREATE FUNCTION leadcrm.phone_in(cstring) RETURNS leadcrm.phone
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_in';
COMMENT ON FUNCTION leadcrm.phone_in(cstring) IS 'I/O';

CREATE FUNCTION leadcrm.phone_out(leadcrm.phone) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_out';
COMMENT ON FUNCTION leadcrm.phone_out(leadcrm.phone) IS 'I/O';

CREATE FUNCTION leadcrm.phone_recv(internal) RETURNS leadcrm.phone
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_recv';
COMMENT ON FUNCTION leadcrm.phone_recv(internal) IS 'I/O';

CREATE FUNCTION leadcrm.phone_send(leadcrm.phone) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_send';
COMMENT ON FUNCTION leadcrm.phone_send(leadcrm.phone) IS 'I/O';

-- Category S lets an INSERT or UPDATE take a varchar parameter without a cast.
-- Alignment and storage are those of text: short values carry a one-byte header.
CREATE TYPE leadcrm.phone (
	INPUT = leadcrm.phone_in,
	OUTPUT = leadcrm.phone_out,
	RECEIVE = leadcrm.phone_recv,
	SEND = leadcrm.phone_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended,
	CATEGORY = 'S'
);
COMMENT ON TYPE leadcrm.phone IS 'phone number in normal form: E.164, an extension as ;ext=12; a number without international prefix is read as Chinese';

-- Never implicit: the operators of text would be picked silently wherever
-- leadcrm is not on the search_path.
CREATE CAST (leadcrm.phone AS text) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (leadcrm.phone AS text) IS 'normal form of the phone';
CREATE CAST (leadcrm.phone AS varchar) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (leadcrm.phone AS varchar) IS 'normal form of the phone';

-- Reading.

CREATE FUNCTION leadcrm.try_phone(value text, region text DEFAULT 'CN') RETURNS leadcrm.phone
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_try';
COMMENT ON FUNCTION leadcrm.try_phone(text, text) IS 'phone from text, NULL if it is not one; region: ISO code of the country of a number without international prefix';

CREATE FUNCTION leadcrm.phone_fault(value text) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_fault';
COMMENT ON FUNCTION leadcrm.phone_fault(text) IS 'why the text is not a phone, NULL if it is one';

CREATE FUNCTION leadcrm.phones_in(value text) RETURNS leadcrm.phone[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phones_in';
COMMENT ON FUNCTION leadcrm.phones_in(text) IS 'all phones in a cell or free text, in order, without repeats';

CREATE FUNCTION leadcrm.phone_key(value leadcrm.phone) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_key';
COMMENT ON FUNCTION leadcrm.phone_key(leadcrm.phone) IS 'number without extension: what identifies the line';

CREATE FUNCTION leadcrm.phone_extension(value leadcrm.phone) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_extension';
COMMENT ON FUNCTION leadcrm.phone_extension(leadcrm.phone) IS 'digits of the extension, NULL without one';

CREATE FUNCTION leadcrm.phone_country(value leadcrm.phone) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_country';
COMMENT ON FUNCTION leadcrm.phone_country(leadcrm.phone) IS 'digits of the calling code';

CREATE FUNCTION leadcrm.phone_kind(value leadcrm.phone) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_kind';
COMMENT ON FUNCTION leadcrm.phone_kind(leadcrm.phone) IS 'mobile, landline or service in mainland China, else foreign';

CREATE FUNCTION leadcrm.phone_is_shared(value leadcrm.phone) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_is_shared';
COMMENT ON FUNCTION leadcrm.phone_is_shared(leadcrm.phone) IS 'is it a service number (400, 800, 95xxx) that many people share';

-- Order and hash.

CREATE FUNCTION leadcrm.phone_eq(leadcrm.phone, leadcrm.phone) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_eq';
COMMENT ON FUNCTION leadcrm.phone_eq(leadcrm.phone, leadcrm.phone) IS 'implementation of = operator';
CREATE OPERATOR leadcrm.= (
	LEFTARG = leadcrm.phone, RIGHTARG = leadcrm.phone, FUNCTION = leadcrm.phone_eq,
	COMMUTATOR = OPERATOR(leadcrm.=), NEGATOR = OPERATOR(leadcrm.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR leadcrm.= (leadcrm.phone, leadcrm.phone) IS 'equal';

CREATE FUNCTION leadcrm.phone_ne(leadcrm.phone, leadcrm.phone) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_ne';
COMMENT ON FUNCTION leadcrm.phone_ne(leadcrm.phone, leadcrm.phone) IS 'implementation of <> operator';
CREATE OPERATOR leadcrm.<> (
	LEFTARG = leadcrm.phone, RIGHTARG = leadcrm.phone, FUNCTION = leadcrm.phone_ne,
	COMMUTATOR = OPERATOR(leadcrm.<>), NEGATOR = OPERATOR(leadcrm.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR leadcrm.<> (leadcrm.phone, leadcrm.phone) IS 'not equal';

CREATE FUNCTION leadcrm.phone_lt(leadcrm.phone, leadcrm.phone) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_lt';
COMMENT ON FUNCTION leadcrm.phone_lt(leadcrm.phone, leadcrm.phone) IS 'implementation of < operator';
CREATE OPERATOR leadcrm.< (
	LEFTARG = leadcrm.phone, RIGHTARG = leadcrm.phone, FUNCTION = leadcrm.phone_lt,
	COMMUTATOR = OPERATOR(leadcrm.>), NEGATOR = OPERATOR(leadcrm.>=),
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR leadcrm.< (leadcrm.phone, leadcrm.phone) IS 'less than';

CREATE FUNCTION leadcrm.phone_le(leadcrm.phone, leadcrm.phone) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_le';
COMMENT ON FUNCTION leadcrm.phone_le(leadcrm.phone, leadcrm.phone) IS 'implementation of <= operator';
CREATE OPERATOR leadcrm.<= (
	LEFTARG = leadcrm.phone, RIGHTARG = leadcrm.phone, FUNCTION = leadcrm.phone_le,
	COMMUTATOR = OPERATOR(leadcrm.>=), NEGATOR = OPERATOR(leadcrm.>),
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR leadcrm.<= (leadcrm.phone, leadcrm.phone) IS 'less than or equal';

CREATE FUNCTION leadcrm.phone_gt(leadcrm.phone, leadcrm.phone) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_gt';
COMMENT ON FUNCTION leadcrm.phone_gt(leadcrm.phone, leadcrm.phone) IS 'implementation of > operator';
CREATE OPERATOR leadcrm.> (
	LEFTARG = leadcrm.phone, RIGHTARG = leadcrm.phone, FUNCTION = leadcrm.phone_gt,
	COMMUTATOR = OPERATOR(leadcrm.<), NEGATOR = OPERATOR(leadcrm.<=),
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR leadcrm.> (leadcrm.phone, leadcrm.phone) IS 'greater than';

CREATE FUNCTION leadcrm.phone_ge(leadcrm.phone, leadcrm.phone) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_ge';
COMMENT ON FUNCTION leadcrm.phone_ge(leadcrm.phone, leadcrm.phone) IS 'implementation of >= operator';
CREATE OPERATOR leadcrm.>= (
	LEFTARG = leadcrm.phone, RIGHTARG = leadcrm.phone, FUNCTION = leadcrm.phone_ge,
	COMMUTATOR = OPERATOR(leadcrm.<=), NEGATOR = OPERATOR(leadcrm.<),
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR leadcrm.>= (leadcrm.phone, leadcrm.phone) IS 'greater than or equal';

CREATE FUNCTION leadcrm.phone_cmp(leadcrm.phone, leadcrm.phone) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_cmp';
COMMENT ON FUNCTION leadcrm.phone_cmp(leadcrm.phone, leadcrm.phone) IS 'less-equal-greater';

CREATE OPERATOR CLASS leadcrm.phone_ops DEFAULT FOR TYPE leadcrm.phone USING btree AS
	OPERATOR 1 leadcrm.<,
	OPERATOR 2 leadcrm.<=,
	OPERATOR 3 leadcrm.=,
	OPERATOR 4 leadcrm.>=,
	OPERATOR 5 leadcrm.>,
	FUNCTION 1 leadcrm.phone_cmp(leadcrm.phone, leadcrm.phone);
COMMENT ON OPERATOR CLASS leadcrm.phone_ops USING btree IS 'phones by normal form';
COMMENT ON OPERATOR FAMILY leadcrm.phone_ops USING btree IS 'phones by normal form';

CREATE FUNCTION leadcrm.phone_hash(leadcrm.phone) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_hash';
COMMENT ON FUNCTION leadcrm.phone_hash(leadcrm.phone) IS 'hash';
CREATE FUNCTION leadcrm.phone_hash_extended(leadcrm.phone, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_hash_extended';
COMMENT ON FUNCTION leadcrm.phone_hash_extended(leadcrm.phone, bigint) IS 'hash';

CREATE OPERATOR CLASS leadcrm.phone_ops DEFAULT FOR TYPE leadcrm.phone USING hash AS
	OPERATOR 1 leadcrm.=,
	FUNCTION 1 leadcrm.phone_hash(leadcrm.phone),
	FUNCTION 2 leadcrm.phone_hash_extended(leadcrm.phone, bigint);
COMMENT ON OPERATOR CLASS leadcrm.phone_ops USING hash IS 'phones by normal form';
COMMENT ON OPERATOR FAMILY leadcrm.phone_ops USING hash IS 'phones by normal form';

CREATE FUNCTION leadcrm.phone_smaller(leadcrm.phone, leadcrm.phone) RETURNS leadcrm.phone
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_smaller';
COMMENT ON FUNCTION leadcrm.phone_smaller(leadcrm.phone, leadcrm.phone) IS 'smaller of two';
CREATE AGGREGATE leadcrm.min(leadcrm.phone) (
	SFUNC = leadcrm.phone_smaller, STYPE = leadcrm.phone, COMBINEFUNC = leadcrm.phone_smaller,
	SORTOP = OPERATOR(leadcrm.<), PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.min(leadcrm.phone) IS 'first phone by normal form';

CREATE FUNCTION leadcrm.phone_larger(leadcrm.phone, leadcrm.phone) RETURNS leadcrm.phone
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_phone_larger';
COMMENT ON FUNCTION leadcrm.phone_larger(leadcrm.phone, leadcrm.phone) IS 'larger of two';
CREATE AGGREGATE leadcrm.max(leadcrm.phone) (
	SFUNC = leadcrm.phone_larger, STYPE = leadcrm.phone, COMBINEFUNC = leadcrm.phone_larger,
	SORTOP = OPERATOR(leadcrm.>), PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.max(leadcrm.phone) IS 'last phone by normal form';

-- Comparison with text, for applications that send a phone as a text or varchar
-- parameter, spelled as it may be.  The functions are inlined (so no SET and
-- no STRICT), which turns the text into a phone once and uses the phone index.
-- A text that is no phone compares as NULL does.

CREATE FUNCTION leadcrm.phone_eq_text(leadcrm.phone, text) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN $1 OPERATOR(leadcrm.=) leadcrm.try_phone($2);
COMMENT ON FUNCTION leadcrm.phone_eq_text(leadcrm.phone, text) IS 'implementation of = operator';
CREATE OPERATOR leadcrm.= (
	LEFTARG = leadcrm.phone, RIGHTARG = text, FUNCTION = leadcrm.phone_eq_text,
	COMMUTATOR = OPERATOR(leadcrm.=), NEGATOR = OPERATOR(leadcrm.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR leadcrm.= (leadcrm.phone, text) IS 'equal, the text read as a phone';

CREATE FUNCTION leadcrm.text_eq_phone(text, leadcrm.phone) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN leadcrm.try_phone($1) OPERATOR(leadcrm.=) $2;
COMMENT ON FUNCTION leadcrm.text_eq_phone(text, leadcrm.phone) IS 'implementation of = operator';
CREATE OPERATOR leadcrm.= (
	LEFTARG = text, RIGHTARG = leadcrm.phone, FUNCTION = leadcrm.text_eq_phone,
	COMMUTATOR = OPERATOR(leadcrm.=), NEGATOR = OPERATOR(leadcrm.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR leadcrm.= (text, leadcrm.phone) IS 'equal, the text read as a phone';

CREATE FUNCTION leadcrm.phone_ne_text(leadcrm.phone, text) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN $1 OPERATOR(leadcrm.<>) leadcrm.try_phone($2);
COMMENT ON FUNCTION leadcrm.phone_ne_text(leadcrm.phone, text) IS 'implementation of <> operator';
CREATE OPERATOR leadcrm.<> (
	LEFTARG = leadcrm.phone, RIGHTARG = text, FUNCTION = leadcrm.phone_ne_text,
	COMMUTATOR = OPERATOR(leadcrm.<>), NEGATOR = OPERATOR(leadcrm.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR leadcrm.<> (leadcrm.phone, text) IS 'not equal, the text read as a phone';

CREATE FUNCTION leadcrm.text_ne_phone(text, leadcrm.phone) RETURNS boolean
	LANGUAGE sql IMMUTABLE PARALLEL SAFE
	RETURN leadcrm.try_phone($1) OPERATOR(leadcrm.<>) $2;
COMMENT ON FUNCTION leadcrm.text_ne_phone(text, leadcrm.phone) IS 'implementation of <> operator';
CREATE OPERATOR leadcrm.<> (
	LEFTARG = text, RIGHTARG = leadcrm.phone, FUNCTION = leadcrm.text_ne_phone,
	COMMUTATOR = OPERATOR(leadcrm.<>), NEGATOR = OPERATOR(leadcrm.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR leadcrm.<> (text, leadcrm.phone) IS 'not equal, the text read as a phone';
