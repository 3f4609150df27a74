-- lifecycle: the dated stages of one lead, and how far they lead through a funnel.

CREATE TYPE leadcrm.lifecycle;

CREATE FUNCTION leadcrm.lifecycle_in(cstring) RETURNS leadcrm.lifecycle
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_in';
COMMENT ON FUNCTION leadcrm.lifecycle_in(cstring) IS 'I/O';

CREATE FUNCTION leadcrm.lifecycle_out(leadcrm.lifecycle) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_out';
COMMENT ON FUNCTION leadcrm.lifecycle_out(leadcrm.lifecycle) IS 'I/O';

CREATE FUNCTION leadcrm.lifecycle_recv(internal) RETURNS leadcrm.lifecycle
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_recv';
COMMENT ON FUNCTION leadcrm.lifecycle_recv(internal) IS 'I/O';

CREATE FUNCTION leadcrm.lifecycle_send(leadcrm.lifecycle) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_send';
COMMENT ON FUNCTION leadcrm.lifecycle_send(leadcrm.lifecycle) IS 'I/O';

CREATE TYPE leadcrm.lifecycle (
	INPUT = leadcrm.lifecycle_in,
	OUTPUT = leadcrm.lifecycle_out,
	RECEIVE = leadcrm.lifecycle_recv,
	SEND = leadcrm.lifecycle_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE leadcrm.lifecycle IS 'stages of one lead with their times, never going back: {new@2026-01-05T01:00:00Z,contacted@2026-01-06T02:03:04.5Z}';

CREATE CAST (leadcrm.lifecycle AS text) WITH INOUT AS ASSIGNMENT;
COMMENT ON CAST (leadcrm.lifecycle AS text) IS 'text of the lifecycle';

CREATE FUNCTION leadcrm.lifecycle_to_jsonb(leadcrm.lifecycle) RETURNS jsonb
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_to_jsonb';
COMMENT ON FUNCTION leadcrm.lifecycle_to_jsonb(leadcrm.lifecycle) IS '[{"stage": "new", "at": "2026-01-05T01:00:00Z"}], times in UTC';
CREATE CAST (leadcrm.lifecycle AS jsonb) WITH FUNCTION leadcrm.lifecycle_to_jsonb(leadcrm.lifecycle) AS ASSIGNMENT;
COMMENT ON CAST (leadcrm.lifecycle AS jsonb) IS 'array of objects with stage and at';

CREATE FUNCTION leadcrm.lifecycle_from_jsonb(jsonb) RETURNS leadcrm.lifecycle
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_from_jsonb';
COMMENT ON FUNCTION leadcrm.lifecycle_from_jsonb(jsonb) IS 'lifecycle from an array of objects with stage and at';
CREATE CAST (jsonb AS leadcrm.lifecycle) WITH FUNCTION leadcrm.lifecycle_from_jsonb(jsonb);
COMMENT ON CAST (jsonb AS leadcrm.lifecycle) IS 'lifecycle from an array of objects with stage and at';

-- Reading.

CREATE FUNCTION leadcrm.current_stage(lifecycle leadcrm.lifecycle) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_current_stage';
COMMENT ON FUNCTION leadcrm.current_stage(leadcrm.lifecycle) IS 'stage of the last entry, NULL if there is none';

CREATE FUNCTION leadcrm.stage_at(lifecycle leadcrm.lifecycle, moment timestamptz) RETURNS text
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_stage_at';
COMMENT ON FUNCTION leadcrm.stage_at(leadcrm.lifecycle, timestamptz) IS 'stage at a moment, NULL before the first entry';

CREATE FUNCTION leadcrm.entered_at(lifecycle leadcrm.lifecycle, stage text) RETURNS timestamptz
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_entered_at';
COMMENT ON FUNCTION leadcrm.entered_at(leadcrm.lifecycle, text) IS 'when a stage was entered for the first time, NULL if it never was';

CREATE FUNCTION leadcrm.time_in(lifecycle leadcrm.lifecycle, stage text, as_of timestamptz) RETURNS interval
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_time_in';
COMMENT ON FUNCTION leadcrm.time_in(leadcrm.lifecycle, text, timestamptz) IS 'time spent in a stage up to as_of, all visits together, NULL if there was none';

CREATE FUNCTION leadcrm.reached(lifecycle leadcrm.lifecycle) RETURNS text[]
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_reached';
COMMENT ON FUNCTION leadcrm.reached(leadcrm.lifecycle) IS 'stages in the order in which they were first entered';

CREATE FUNCTION leadcrm.transitions(lifecycle leadcrm.lifecycle,
	OUT "position" integer, OUT from_stage text, OUT to_stage text, OUT at timestamptz, OUT stayed interval)
	RETURNS SETOF record
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_transitions';
COMMENT ON FUNCTION leadcrm.transitions(leadcrm.lifecycle) IS 'a row for each entry; stayed: time spent in from_stage since the entry before';

-- Growing.

CREATE FUNCTION leadcrm.lifecycle_append(lifecycle leadcrm.lifecycle, stage text, at timestamptz) RETURNS leadcrm.lifecycle
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_append_sql';
COMMENT ON FUNCTION leadcrm.lifecycle_append(leadcrm.lifecycle, text, timestamptz) IS 'lifecycle with one more entry, which must not be earlier than the last';

CREATE FUNCTION leadcrm.lifecycle_concat(leadcrm.lifecycle, leadcrm.lifecycle) RETURNS leadcrm.lifecycle
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_concat';
COMMENT ON FUNCTION leadcrm.lifecycle_concat(leadcrm.lifecycle, leadcrm.lifecycle) IS 'implementation of || operator';
CREATE OPERATOR leadcrm.|| (
	LEFTARG = leadcrm.lifecycle, RIGHTARG = leadcrm.lifecycle, FUNCTION = leadcrm.lifecycle_concat
);
COMMENT ON OPERATOR leadcrm.|| (leadcrm.lifecycle, leadcrm.lifecycle) IS 'the second behind the first; it must not begin before the first ends';

CREATE FUNCTION leadcrm.lifecycle_has(leadcrm.lifecycle, text) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_has';
COMMENT ON FUNCTION leadcrm.lifecycle_has(leadcrm.lifecycle, text) IS 'implementation of @> operator';
CREATE OPERATOR leadcrm.@> (
	LEFTARG = leadcrm.lifecycle, RIGHTARG = text, FUNCTION = leadcrm.lifecycle_has,
	RESTRICT = contsel, JOIN = contjoinsel
);
COMMENT ON OPERATOR leadcrm.@> (leadcrm.lifecycle, text) IS 'has reached the stage';

CREATE FUNCTION leadcrm.lifecycle_has_all(leadcrm.lifecycle, text[]) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_has_all';
COMMENT ON FUNCTION leadcrm.lifecycle_has_all(leadcrm.lifecycle, text[]) IS 'implementation of @> operator';
CREATE OPERATOR leadcrm.@> (
	LEFTARG = leadcrm.lifecycle, RIGHTARG = text[], FUNCTION = leadcrm.lifecycle_has_all,
	RESTRICT = contsel, JOIN = contjoinsel
);
COMMENT ON OPERATOR leadcrm.@> (leadcrm.lifecycle, text[]) IS 'has reached all of the stages';

-- Order and hash.

CREATE FUNCTION leadcrm.lifecycle_eq(leadcrm.lifecycle, leadcrm.lifecycle) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_eq';
COMMENT ON FUNCTION leadcrm.lifecycle_eq(leadcrm.lifecycle, leadcrm.lifecycle) IS 'implementation of = operator';
CREATE OPERATOR leadcrm.= (
	LEFTARG = leadcrm.lifecycle, RIGHTARG = leadcrm.lifecycle, FUNCTION = leadcrm.lifecycle_eq,
	COMMUTATOR = OPERATOR(leadcrm.=), NEGATOR = OPERATOR(leadcrm.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel,
	HASHES, MERGES
);
COMMENT ON OPERATOR leadcrm.= (leadcrm.lifecycle, leadcrm.lifecycle) IS 'equal';

CREATE FUNCTION leadcrm.lifecycle_ne(leadcrm.lifecycle, leadcrm.lifecycle) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_ne';
COMMENT ON FUNCTION leadcrm.lifecycle_ne(leadcrm.lifecycle, leadcrm.lifecycle) IS 'implementation of <> operator';
CREATE OPERATOR leadcrm.<> (
	LEFTARG = leadcrm.lifecycle, RIGHTARG = leadcrm.lifecycle, FUNCTION = leadcrm.lifecycle_ne,
	COMMUTATOR = OPERATOR(leadcrm.<>), NEGATOR = OPERATOR(leadcrm.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR leadcrm.<> (leadcrm.lifecycle, leadcrm.lifecycle) IS 'not equal';

CREATE FUNCTION leadcrm.lifecycle_lt(leadcrm.lifecycle, leadcrm.lifecycle) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_lt';
COMMENT ON FUNCTION leadcrm.lifecycle_lt(leadcrm.lifecycle, leadcrm.lifecycle) IS 'implementation of < operator';
CREATE OPERATOR leadcrm.< (
	LEFTARG = leadcrm.lifecycle, RIGHTARG = leadcrm.lifecycle, FUNCTION = leadcrm.lifecycle_lt,
	COMMUTATOR = OPERATOR(leadcrm.>), NEGATOR = OPERATOR(leadcrm.>=),
	RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
COMMENT ON OPERATOR leadcrm.< (leadcrm.lifecycle, leadcrm.lifecycle) IS 'less than';

CREATE FUNCTION leadcrm.lifecycle_le(leadcrm.lifecycle, leadcrm.lifecycle) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_le';
COMMENT ON FUNCTION leadcrm.lifecycle_le(leadcrm.lifecycle, leadcrm.lifecycle) IS 'implementation of <= operator';
CREATE OPERATOR leadcrm.<= (
	LEFTARG = leadcrm.lifecycle, RIGHTARG = leadcrm.lifecycle, FUNCTION = leadcrm.lifecycle_le,
	COMMUTATOR = OPERATOR(leadcrm.>=), NEGATOR = OPERATOR(leadcrm.>),
	RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
COMMENT ON OPERATOR leadcrm.<= (leadcrm.lifecycle, leadcrm.lifecycle) IS 'less than or equal';

CREATE FUNCTION leadcrm.lifecycle_gt(leadcrm.lifecycle, leadcrm.lifecycle) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_gt';
COMMENT ON FUNCTION leadcrm.lifecycle_gt(leadcrm.lifecycle, leadcrm.lifecycle) IS 'implementation of > operator';
CREATE OPERATOR leadcrm.> (
	LEFTARG = leadcrm.lifecycle, RIGHTARG = leadcrm.lifecycle, FUNCTION = leadcrm.lifecycle_gt,
	COMMUTATOR = OPERATOR(leadcrm.<), NEGATOR = OPERATOR(leadcrm.<=),
	RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
COMMENT ON OPERATOR leadcrm.> (leadcrm.lifecycle, leadcrm.lifecycle) IS 'greater than';

CREATE FUNCTION leadcrm.lifecycle_ge(leadcrm.lifecycle, leadcrm.lifecycle) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_ge';
COMMENT ON FUNCTION leadcrm.lifecycle_ge(leadcrm.lifecycle, leadcrm.lifecycle) IS 'implementation of >= operator';
CREATE OPERATOR leadcrm.>= (
	LEFTARG = leadcrm.lifecycle, RIGHTARG = leadcrm.lifecycle, FUNCTION = leadcrm.lifecycle_ge,
	COMMUTATOR = OPERATOR(leadcrm.<=), NEGATOR = OPERATOR(leadcrm.<),
	RESTRICT = scalargesel, JOIN = scalargejoinsel
);
COMMENT ON OPERATOR leadcrm.>= (leadcrm.lifecycle, leadcrm.lifecycle) IS 'greater than or equal';

CREATE FUNCTION leadcrm.lifecycle_cmp(leadcrm.lifecycle, leadcrm.lifecycle) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_cmp';
COMMENT ON FUNCTION leadcrm.lifecycle_cmp(leadcrm.lifecycle, leadcrm.lifecycle) IS 'less-equal-greater';

CREATE OPERATOR CLASS leadcrm.lifecycle_ops DEFAULT FOR TYPE leadcrm.lifecycle USING btree AS
	OPERATOR 1 leadcrm.<,
	OPERATOR 2 leadcrm.<=,
	OPERATOR 3 leadcrm.=,
	OPERATOR 4 leadcrm.>=,
	OPERATOR 5 leadcrm.>,
	FUNCTION 1 leadcrm.lifecycle_cmp(leadcrm.lifecycle, leadcrm.lifecycle);
COMMENT ON OPERATOR CLASS leadcrm.lifecycle_ops USING btree IS 'lifecycles by their bytes: an order to sort and group by, without a meaning';
COMMENT ON OPERATOR FAMILY leadcrm.lifecycle_ops USING btree IS 'lifecycles by their bytes: an order to sort and group by, without a meaning';

CREATE FUNCTION leadcrm.lifecycle_hash(leadcrm.lifecycle) RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_hash';
COMMENT ON FUNCTION leadcrm.lifecycle_hash(leadcrm.lifecycle) IS 'hash';
CREATE FUNCTION leadcrm.lifecycle_hash_extended(leadcrm.lifecycle, bigint) RETURNS bigint
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_hash_extended';
COMMENT ON FUNCTION leadcrm.lifecycle_hash_extended(leadcrm.lifecycle, bigint) IS 'hash';

CREATE OPERATOR CLASS leadcrm.lifecycle_ops DEFAULT FOR TYPE leadcrm.lifecycle USING hash AS
	OPERATOR 1 leadcrm.=,
	FUNCTION 1 leadcrm.lifecycle_hash(leadcrm.lifecycle),
	FUNCTION 2 leadcrm.lifecycle_hash_extended(leadcrm.lifecycle, bigint);
COMMENT ON OPERATOR CLASS leadcrm.lifecycle_ops USING hash IS 'lifecycles by their bytes';
COMMENT ON OPERATOR FAMILY leadcrm.lifecycle_ops USING hash IS 'lifecycles by their bytes';

-- Lifecycles from rows of any order.

CREATE TYPE leadcrm.lifecycle_state;

CREATE FUNCTION leadcrm.lifecycle_state_in(cstring) RETURNS leadcrm.lifecycle_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_state_in';
COMMENT ON FUNCTION leadcrm.lifecycle_state_in(cstring) IS 'I/O';

CREATE FUNCTION leadcrm.lifecycle_state_out(leadcrm.lifecycle_state) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_state_out';
COMMENT ON FUNCTION leadcrm.lifecycle_state_out(leadcrm.lifecycle_state) IS 'I/O';

CREATE FUNCTION leadcrm.lifecycle_state_recv(internal) RETURNS leadcrm.lifecycle_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_state_recv';
COMMENT ON FUNCTION leadcrm.lifecycle_state_recv(internal) IS 'I/O';

CREATE FUNCTION leadcrm.lifecycle_state_send(leadcrm.lifecycle_state) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_state_send';
COMMENT ON FUNCTION leadcrm.lifecycle_state_send(leadcrm.lifecycle_state) IS 'I/O';

CREATE TYPE leadcrm.lifecycle_state (
	INPUT = leadcrm.lifecycle_state_in,
	OUTPUT = leadcrm.lifecycle_state_out,
	RECEIVE = leadcrm.lifecycle_state_recv,
	SEND = leadcrm.lifecycle_state_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE leadcrm.lifecycle_state IS 'entries of a lifecycle that is being made, state of lifecycle_agg and lifecycle_merge';

CREATE FUNCTION leadcrm.lifecycle_agg_trans(leadcrm.lifecycle_state, text, timestamptz) RETURNS leadcrm.lifecycle_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_agg_trans';
COMMENT ON FUNCTION leadcrm.lifecycle_agg_trans(leadcrm.lifecycle_state, text, timestamptz) IS 'transition function of lifecycle_agg';
CREATE FUNCTION leadcrm.lifecycle_merge_trans(leadcrm.lifecycle_state, leadcrm.lifecycle) RETURNS leadcrm.lifecycle_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_merge_trans';
COMMENT ON FUNCTION leadcrm.lifecycle_merge_trans(leadcrm.lifecycle_state, leadcrm.lifecycle) IS 'transition function of lifecycle_merge';
CREATE FUNCTION leadcrm.lifecycle_agg_combine(leadcrm.lifecycle_state, leadcrm.lifecycle_state) RETURNS leadcrm.lifecycle_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_agg_combine';
COMMENT ON FUNCTION leadcrm.lifecycle_agg_combine(leadcrm.lifecycle_state, leadcrm.lifecycle_state) IS 'combine function of lifecycle_agg and lifecycle_merge';
CREATE FUNCTION leadcrm.lifecycle_agg_final(leadcrm.lifecycle_state) RETURNS leadcrm.lifecycle
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_lifecycle_agg_final';
COMMENT ON FUNCTION leadcrm.lifecycle_agg_final(leadcrm.lifecycle_state) IS 'final function of lifecycle_agg and lifecycle_merge';

CREATE AGGREGATE leadcrm.lifecycle_agg(stage text, at timestamptz) (
	SFUNC = leadcrm.lifecycle_agg_trans, STYPE = leadcrm.lifecycle_state, SSPACE = 144,
	COMBINEFUNC = leadcrm.lifecycle_agg_combine, FINALFUNC = leadcrm.lifecycle_agg_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.lifecycle_agg(text, timestamptz) IS 'lifecycle from a log of stages in any order, those of one moment by name; rows with a NULL are left out';

CREATE AGGREGATE leadcrm.lifecycle_merge(lifecycle leadcrm.lifecycle) (
	SFUNC = leadcrm.lifecycle_merge_trans, STYPE = leadcrm.lifecycle_state, SSPACE = 144,
	COMBINEFUNC = leadcrm.lifecycle_agg_combine, FINALFUNC = leadcrm.lifecycle_agg_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.lifecycle_merge(leadcrm.lifecycle) IS 'all entries of many lifecycles as one, those of one moment by name';

-- Funnels: how far through steps, in order and within a time.

CREATE FUNCTION leadcrm.funnel_depth(lifecycle leadcrm.lifecycle, steps text[], within interval, mode text DEFAULT 'default') RETURNS integer
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_depth_sql';
COMMENT ON FUNCTION leadcrm.funnel_depth(leadcrm.lifecycle, text[], interval, text) IS 'furthest step reached in order within a time from the first one, as windowFunnel in ClickHouse; mode: default, strict_order, strict_deduplication, strict_increase, or several with commas';

CREATE TYPE leadcrm.window_funnel_state;

CREATE FUNCTION leadcrm.window_funnel_state_in(cstring) RETURNS leadcrm.window_funnel_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_window_funnel_state_in';
COMMENT ON FUNCTION leadcrm.window_funnel_state_in(cstring) IS 'I/O';

CREATE FUNCTION leadcrm.window_funnel_state_out(leadcrm.window_funnel_state) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_window_funnel_state_out';
COMMENT ON FUNCTION leadcrm.window_funnel_state_out(leadcrm.window_funnel_state) IS 'I/O';

CREATE FUNCTION leadcrm.window_funnel_state_recv(internal) RETURNS leadcrm.window_funnel_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_window_funnel_state_recv';
COMMENT ON FUNCTION leadcrm.window_funnel_state_recv(internal) IS 'I/O';

CREATE FUNCTION leadcrm.window_funnel_state_send(leadcrm.window_funnel_state) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_window_funnel_state_send';
COMMENT ON FUNCTION leadcrm.window_funnel_state_send(leadcrm.window_funnel_state) IS 'I/O';

CREATE TYPE leadcrm.window_funnel_state (
	INPUT = leadcrm.window_funnel_state_in,
	OUTPUT = leadcrm.window_funnel_state_out,
	RECEIVE = leadcrm.window_funnel_state_recv,
	SEND = leadcrm.window_funnel_state_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = double,
	STORAGE = extended
);
COMMENT ON TYPE leadcrm.window_funnel_state IS 'events that are steps of a funnel, state of window_funnel';

CREATE FUNCTION leadcrm.window_funnel_trans(leadcrm.window_funnel_state, timestamptz, text, text[], interval) RETURNS leadcrm.window_funnel_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_window_funnel_trans';
COMMENT ON FUNCTION leadcrm.window_funnel_trans(leadcrm.window_funnel_state, timestamptz, text, text[], interval) IS 'transition function of window_funnel';
CREATE FUNCTION leadcrm.window_funnel_trans(leadcrm.window_funnel_state, timestamptz, text, text[], interval, text) RETURNS leadcrm.window_funnel_state
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_window_funnel_trans';
COMMENT ON FUNCTION leadcrm.window_funnel_trans(leadcrm.window_funnel_state, timestamptz, text, text[], interval, text) IS 'transition function of window_funnel';
CREATE FUNCTION leadcrm.window_funnel_combine(leadcrm.window_funnel_state, leadcrm.window_funnel_state) RETURNS leadcrm.window_funnel_state
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_window_funnel_combine';
COMMENT ON FUNCTION leadcrm.window_funnel_combine(leadcrm.window_funnel_state, leadcrm.window_funnel_state) IS 'combine function of window_funnel';
CREATE FUNCTION leadcrm.window_funnel_final(leadcrm.window_funnel_state) RETURNS integer
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_window_funnel_final';
COMMENT ON FUNCTION leadcrm.window_funnel_final(leadcrm.window_funnel_state) IS 'final function of window_funnel';

CREATE AGGREGATE leadcrm.window_funnel(at timestamptz, event text, steps text[], within interval) (
	SFUNC = leadcrm.window_funnel_trans, STYPE = leadcrm.window_funnel_state, SSPACE = 112,
	COMBINEFUNC = leadcrm.window_funnel_combine, FINALFUNC = leadcrm.window_funnel_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.window_funnel(timestamptz, text, text[], interval) IS 'furthest step that events in any order reached within a time from the first one, as windowFunnel in ClickHouse';

CREATE AGGREGATE leadcrm.window_funnel(at timestamptz, event text, steps text[], within interval, mode text) (
	SFUNC = leadcrm.window_funnel_trans, STYPE = leadcrm.window_funnel_state, SSPACE = 112,
	COMBINEFUNC = leadcrm.window_funnel_combine, FINALFUNC = leadcrm.window_funnel_final,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.window_funnel(timestamptz, text, text[], interval, text) IS 'furthest step that events in any order reached within a time from the first one, as windowFunnel in ClickHouse; mode: default, strict_order, strict_deduplication, strict_increase, or several with commas';
