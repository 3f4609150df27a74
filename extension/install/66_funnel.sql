-- Summaries of many leads that can be stored, added and taken apart: funnel,
-- stage_durations, cohort, velocity.

-- The funnel.

CREATE TYPE leadcrm.funnel;

CREATE FUNCTION leadcrm.funnel_in(cstring) RETURNS leadcrm.funnel
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_in';
COMMENT ON FUNCTION leadcrm.funnel_in(cstring) IS 'I/O';
CREATE FUNCTION leadcrm.funnel_out(leadcrm.funnel) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_out';
COMMENT ON FUNCTION leadcrm.funnel_out(leadcrm.funnel) IS 'I/O';
CREATE FUNCTION leadcrm.funnel_recv(internal) RETURNS leadcrm.funnel
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_recv';
COMMENT ON FUNCTION leadcrm.funnel_recv(internal) IS 'I/O';
CREATE FUNCTION leadcrm.funnel_send(leadcrm.funnel) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_send';
COMMENT ON FUNCTION leadcrm.funnel_send(leadcrm.funnel) IS 'I/O';

CREATE TYPE leadcrm.funnel (
	INPUT = leadcrm.funnel_in,
	OUTPUT = leadcrm.funnel_out,
	RECEIVE = leadcrm.funnel_recv,
	SEND = leadcrm.funnel_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE leadcrm.funnel IS 'many leads'' way through the steps of a funnel: how many entered each, their amount, the time they took, where and why they were lost';

CREATE FUNCTION leadcrm._funnel_combine(leadcrm.funnel, leadcrm.funnel) RETURNS leadcrm.funnel
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_combine';
COMMENT ON FUNCTION leadcrm._funnel_combine(leadcrm.funnel, leadcrm.funnel) IS 'for aggregates';

CREATE FUNCTION leadcrm._funnel_take(leadcrm.funnel, leadcrm.lifecycle, text[], interval) RETURNS leadcrm.funnel
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_take';
COMMENT ON FUNCTION leadcrm._funnel_take(leadcrm.funnel, leadcrm.lifecycle, text[], interval) IS 'for aggregates';
CREATE AGGREGATE leadcrm.funnel_agg(lifecycle leadcrm.lifecycle, steps text[], within interval) (
	SFUNC = leadcrm._funnel_take, STYPE = leadcrm.funnel, SSPACE = 8192,
	COMBINEFUNC = leadcrm._funnel_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.funnel_agg(leadcrm.lifecycle, text[], interval) IS
'funnel of leads: each is counted up to the furthest step that it reached in order within the window, as funnel_depth finds it';

CREATE FUNCTION leadcrm._funnel_take(leadcrm.funnel, leadcrm.lifecycle, text[], interval, numeric) RETURNS leadcrm.funnel
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_take';
COMMENT ON FUNCTION leadcrm._funnel_take(leadcrm.funnel, leadcrm.lifecycle, text[], interval, numeric) IS 'for aggregates';
CREATE AGGREGATE leadcrm.funnel_agg(lifecycle leadcrm.lifecycle, steps text[], within interval, amount numeric) (
	SFUNC = leadcrm._funnel_take, STYPE = leadcrm.funnel, SSPACE = 8192,
	COMBINEFUNC = leadcrm._funnel_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.funnel_agg(leadcrm.lifecycle, text[], interval, numeric) IS
'funnel of leads with what each is worth';

CREATE FUNCTION leadcrm._funnel_take(leadcrm.funnel, leadcrm.lifecycle, text[], interval, numeric, text) RETURNS leadcrm.funnel
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_take';
COMMENT ON FUNCTION leadcrm._funnel_take(leadcrm.funnel, leadcrm.lifecycle, text[], interval, numeric, text) IS 'for aggregates';
CREATE AGGREGATE leadcrm.funnel_agg(lifecycle leadcrm.lifecycle, steps text[], within interval, amount numeric, loss_reason text) (
	SFUNC = leadcrm._funnel_take, STYPE = leadcrm.funnel, SSPACE = 8192,
	COMBINEFUNC = leadcrm._funnel_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.funnel_agg(leadcrm.lifecycle, text[], interval, numeric, text) IS
'funnel of leads with what each is worth and why it was lost, NULL if it was not';

CREATE AGGREGATE leadcrm.funnel_merge(leadcrm.funnel) (
	SFUNC = leadcrm._funnel_combine, STYPE = leadcrm.funnel, SSPACE = 8192,
	COMBINEFUNC = leadcrm._funnel_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.funnel_merge(leadcrm.funnel) IS 'all funnels together; their steps and windows must be the same';

CREATE FUNCTION leadcrm.funnel_add(leadcrm.funnel, leadcrm.funnel) RETURNS leadcrm.funnel
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_add';
COMMENT ON FUNCTION leadcrm.funnel_add(leadcrm.funnel, leadcrm.funnel) IS 'implementation of + and || operators';
CREATE OPERATOR leadcrm.+ (
	LEFTARG = leadcrm.funnel, RIGHTARG = leadcrm.funnel, FUNCTION = leadcrm.funnel_add,
	COMMUTATOR = OPERATOR(leadcrm.+)
);
COMMENT ON OPERATOR leadcrm.+ (leadcrm.funnel, leadcrm.funnel) IS 'both together';
CREATE OPERATOR leadcrm.|| (
	LEFTARG = leadcrm.funnel, RIGHTARG = leadcrm.funnel, FUNCTION = leadcrm.funnel_add,
	COMMUTATOR = OPERATOR(leadcrm.||)
);
COMMENT ON OPERATOR leadcrm.|| (leadcrm.funnel, leadcrm.funnel) IS 'both together';

CREATE FUNCTION leadcrm.funnel_subtract(leadcrm.funnel, leadcrm.funnel) RETURNS leadcrm.funnel
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_subtract';
COMMENT ON FUNCTION leadcrm.funnel_subtract(leadcrm.funnel, leadcrm.funnel) IS 'implementation of - operator';
CREATE OPERATOR leadcrm.- (
	LEFTARG = leadcrm.funnel, RIGHTARG = leadcrm.funnel, FUNCTION = leadcrm.funnel_subtract
);
COMMENT ON OPERATOR leadcrm.- (leadcrm.funnel, leadcrm.funnel) IS 'the first without the second';

CREATE FUNCTION leadcrm.funnel_eq(leadcrm.funnel, leadcrm.funnel) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_eq';
COMMENT ON FUNCTION leadcrm.funnel_eq(leadcrm.funnel, leadcrm.funnel) IS 'implementation of = operator';
CREATE OPERATOR leadcrm.= (
	LEFTARG = leadcrm.funnel, RIGHTARG = leadcrm.funnel, FUNCTION = leadcrm.funnel_eq,
	COMMUTATOR = OPERATOR(leadcrm.=), NEGATOR = OPERATOR(leadcrm.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR leadcrm.= (leadcrm.funnel, leadcrm.funnel) IS 'equal';

CREATE FUNCTION leadcrm.funnel_ne(leadcrm.funnel, leadcrm.funnel) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_funnel_ne';
COMMENT ON FUNCTION leadcrm.funnel_ne(leadcrm.funnel, leadcrm.funnel) IS 'implementation of <> operator';
CREATE OPERATOR leadcrm.<> (
	LEFTARG = leadcrm.funnel, RIGHTARG = leadcrm.funnel, FUNCTION = leadcrm.funnel_ne,
	COMMUTATOR = OPERATOR(leadcrm.<>), NEGATOR = OPERATOR(leadcrm.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR leadcrm.<> (leadcrm.funnel, leadcrm.funnel) IS 'not equal';

CREATE FUNCTION leadcrm.funnel_steps(funnel leadcrm.funnel)
RETURNS TABLE ("position" integer, step text, entered bigint, from_previous numeric, from_first numeric,
               median_time interval, p90_time interval)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME', 'leadcrm_funnel_steps_sql';
COMMENT ON FUNCTION leadcrm.funnel_steps(leadcrm.funnel) IS
'the steps of a funnel: leads that entered each, the share of those of the step before and of the first, and the times within which half and 90 % of them came from the first step, to within 0.79 %';

CREATE FUNCTION leadcrm.funnel_detail(funnel leadcrm.funnel)
RETURNS TABLE ("position" integer, step text, entered bigint, from_previous numeric, from_first numeric,
               median_time interval, p90_time interval, amount numeric, lost bigint, loss_rate numeric,
               median_from_previous interval, p90_from_previous interval)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 5 AS 'MODULE_PATHNAME', 'leadcrm_funnel_detail_sql';
COMMENT ON FUNCTION leadcrm.funnel_detail(leadcrm.funnel) IS
'funnel_steps with the amount of the leads that entered each step, how many got no further and were lost, their share, and the times from the step before';

CREATE FUNCTION leadcrm.funnel_losses(funnel leadcrm.funnel)
RETURNS TABLE ("position" integer, step text, reason text, leads bigint, amount numeric)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'leadcrm_funnel_losses_sql';
COMMENT ON FUNCTION leadcrm.funnel_losses(leadcrm.funnel) IS
'leads that were lost after a step, by step and reason';

-- How long leads stay in each stage.

CREATE TYPE leadcrm.stage_durations;

CREATE FUNCTION leadcrm.stage_durations_in(cstring) RETURNS leadcrm.stage_durations
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_in';
COMMENT ON FUNCTION leadcrm.stage_durations_in(cstring) IS 'I/O';
CREATE FUNCTION leadcrm.stage_durations_out(leadcrm.stage_durations) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_out';
COMMENT ON FUNCTION leadcrm.stage_durations_out(leadcrm.stage_durations) IS 'I/O';
CREATE FUNCTION leadcrm.stage_durations_recv(internal) RETURNS leadcrm.stage_durations
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_recv';
COMMENT ON FUNCTION leadcrm.stage_durations_recv(internal) IS 'I/O';
CREATE FUNCTION leadcrm.stage_durations_send(leadcrm.stage_durations) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_send';
COMMENT ON FUNCTION leadcrm.stage_durations_send(leadcrm.stage_durations) IS 'I/O';

CREATE TYPE leadcrm.stage_durations (
	INPUT = leadcrm.stage_durations_in,
	OUTPUT = leadcrm.stage_durations_out,
	RECEIVE = leadcrm.stage_durations_recv,
	SEND = leadcrm.stage_durations_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE leadcrm.stage_durations IS 'how long many leads stayed in each stage';

CREATE FUNCTION leadcrm._stage_durations_combine(leadcrm.stage_durations, leadcrm.stage_durations) RETURNS leadcrm.stage_durations
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_combine';
COMMENT ON FUNCTION leadcrm._stage_durations_combine(leadcrm.stage_durations, leadcrm.stage_durations) IS 'for aggregates';

CREATE FUNCTION leadcrm._stage_durations_take(leadcrm.stage_durations, leadcrm.lifecycle, timestamptz) RETURNS leadcrm.stage_durations
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_take';
COMMENT ON FUNCTION leadcrm._stage_durations_take(leadcrm.stage_durations, leadcrm.lifecycle, timestamptz) IS 'for aggregates';
CREATE AGGREGATE leadcrm.stage_durations(lifecycle leadcrm.lifecycle, as_of timestamptz) (
	SFUNC = leadcrm._stage_durations_take, STYPE = leadcrm.stage_durations, SSPACE = 16384,
	COMBINEFUNC = leadcrm._stage_durations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.stage_durations(leadcrm.lifecycle, timestamptz) IS
'how long leads stayed in each stage until a moment';

CREATE AGGREGATE leadcrm.stage_durations_merge(leadcrm.stage_durations) (
	SFUNC = leadcrm._stage_durations_combine, STYPE = leadcrm.stage_durations, SSPACE = 16384,
	COMBINEFUNC = leadcrm._stage_durations_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.stage_durations_merge(leadcrm.stage_durations) IS 'all of them together';

CREATE FUNCTION leadcrm.stage_durations_add(leadcrm.stage_durations, leadcrm.stage_durations) RETURNS leadcrm.stage_durations
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_add';
COMMENT ON FUNCTION leadcrm.stage_durations_add(leadcrm.stage_durations, leadcrm.stage_durations) IS 'implementation of + and || operators';
CREATE OPERATOR leadcrm.+ (
	LEFTARG = leadcrm.stage_durations, RIGHTARG = leadcrm.stage_durations, FUNCTION = leadcrm.stage_durations_add,
	COMMUTATOR = OPERATOR(leadcrm.+)
);
COMMENT ON OPERATOR leadcrm.+ (leadcrm.stage_durations, leadcrm.stage_durations) IS 'both together';
CREATE OPERATOR leadcrm.|| (
	LEFTARG = leadcrm.stage_durations, RIGHTARG = leadcrm.stage_durations, FUNCTION = leadcrm.stage_durations_add,
	COMMUTATOR = OPERATOR(leadcrm.||)
);
COMMENT ON OPERATOR leadcrm.|| (leadcrm.stage_durations, leadcrm.stage_durations) IS 'both together';

CREATE FUNCTION leadcrm.stage_durations_subtract(leadcrm.stage_durations, leadcrm.stage_durations) RETURNS leadcrm.stage_durations
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_subtract';
COMMENT ON FUNCTION leadcrm.stage_durations_subtract(leadcrm.stage_durations, leadcrm.stage_durations) IS 'implementation of - operator';
CREATE OPERATOR leadcrm.- (
	LEFTARG = leadcrm.stage_durations, RIGHTARG = leadcrm.stage_durations, FUNCTION = leadcrm.stage_durations_subtract
);
COMMENT ON OPERATOR leadcrm.- (leadcrm.stage_durations, leadcrm.stage_durations) IS 'the first without the second';

CREATE FUNCTION leadcrm.stage_durations_eq(leadcrm.stage_durations, leadcrm.stage_durations) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_eq';
COMMENT ON FUNCTION leadcrm.stage_durations_eq(leadcrm.stage_durations, leadcrm.stage_durations) IS 'implementation of = operator';
CREATE OPERATOR leadcrm.= (
	LEFTARG = leadcrm.stage_durations, RIGHTARG = leadcrm.stage_durations, FUNCTION = leadcrm.stage_durations_eq,
	COMMUTATOR = OPERATOR(leadcrm.=), NEGATOR = OPERATOR(leadcrm.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR leadcrm.= (leadcrm.stage_durations, leadcrm.stage_durations) IS 'equal';

CREATE FUNCTION leadcrm.stage_durations_ne(leadcrm.stage_durations, leadcrm.stage_durations) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_stage_durations_ne';
COMMENT ON FUNCTION leadcrm.stage_durations_ne(leadcrm.stage_durations, leadcrm.stage_durations) IS 'implementation of <> operator';
CREATE OPERATOR leadcrm.<> (
	LEFTARG = leadcrm.stage_durations, RIGHTARG = leadcrm.stage_durations, FUNCTION = leadcrm.stage_durations_ne,
	COMMUTATOR = OPERATOR(leadcrm.<>), NEGATOR = OPERATOR(leadcrm.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR leadcrm.<> (leadcrm.stage_durations, leadcrm.stage_durations) IS 'not equal';

CREATE FUNCTION leadcrm.stage_duration_rows(durations leadcrm.stage_durations)
RETURNS TABLE (stage text, leads bigint, visits bigint, ended bigint, total_time interval,
               average_time interval, median_time interval, p90_time interval)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 8 AS 'MODULE_PATHNAME', 'leadcrm_stage_duration_rows';
COMMENT ON FUNCTION leadcrm.stage_duration_rows(leadcrm.stage_durations) IS
'stages: leads that were there, their visits, how many of these have ended, the time of all visits, and the average, median and 90 % time of those that have ended';

-- Leads by the period in which they began.

CREATE TYPE leadcrm.cohort;

CREATE FUNCTION leadcrm.cohort_in(cstring) RETURNS leadcrm.cohort
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_in';
COMMENT ON FUNCTION leadcrm.cohort_in(cstring) IS 'I/O';
CREATE FUNCTION leadcrm.cohort_out(leadcrm.cohort) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_out';
COMMENT ON FUNCTION leadcrm.cohort_out(leadcrm.cohort) IS 'I/O';
CREATE FUNCTION leadcrm.cohort_recv(internal) RETURNS leadcrm.cohort
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_recv';
COMMENT ON FUNCTION leadcrm.cohort_recv(internal) IS 'I/O';
CREATE FUNCTION leadcrm.cohort_send(leadcrm.cohort) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_send';
COMMENT ON FUNCTION leadcrm.cohort_send(leadcrm.cohort) IS 'I/O';

CREATE TYPE leadcrm.cohort (
	INPUT = leadcrm.cohort_in,
	OUTPUT = leadcrm.cohort_out,
	RECEIVE = leadcrm.cohort_recv,
	SEND = leadcrm.cohort_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE leadcrm.cohort IS 'leads by the period in which they began, and how many of each reached a stage in time';

CREATE FUNCTION leadcrm._cohort_combine(leadcrm.cohort, leadcrm.cohort) RETURNS leadcrm.cohort
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_combine';
COMMENT ON FUNCTION leadcrm._cohort_combine(leadcrm.cohort, leadcrm.cohort) IS 'for aggregates';

CREATE FUNCTION leadcrm._cohort_take(leadcrm.cohort, leadcrm.lifecycle, text, text, text, interval) RETURNS leadcrm.cohort
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_take';
COMMENT ON FUNCTION leadcrm._cohort_take(leadcrm.cohort, leadcrm.lifecycle, text, text, text, interval) IS 'for aggregates';
CREATE AGGREGATE leadcrm.cohort(lifecycle leadcrm.lifecycle, stage text, unit text, zone text, within interval) (
	SFUNC = leadcrm._cohort_take, STYPE = leadcrm.cohort, SSPACE = 8192,
	COMBINEFUNC = leadcrm._cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.cohort(leadcrm.lifecycle, text, text, text, interval) IS
'leads by the day, week, month, quarter or year of their first stage in a time zone, and how many of each reached a stage within so long';

CREATE AGGREGATE leadcrm.cohort_merge(leadcrm.cohort) (
	SFUNC = leadcrm._cohort_combine, STYPE = leadcrm.cohort, SSPACE = 8192,
	COMBINEFUNC = leadcrm._cohort_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.cohort_merge(leadcrm.cohort) IS 'all of them together; what they count must be the same';

CREATE FUNCTION leadcrm.cohort_add(leadcrm.cohort, leadcrm.cohort) RETURNS leadcrm.cohort
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_add';
COMMENT ON FUNCTION leadcrm.cohort_add(leadcrm.cohort, leadcrm.cohort) IS 'implementation of + and || operators';
CREATE OPERATOR leadcrm.+ (
	LEFTARG = leadcrm.cohort, RIGHTARG = leadcrm.cohort, FUNCTION = leadcrm.cohort_add,
	COMMUTATOR = OPERATOR(leadcrm.+)
);
COMMENT ON OPERATOR leadcrm.+ (leadcrm.cohort, leadcrm.cohort) IS 'both together';
CREATE OPERATOR leadcrm.|| (
	LEFTARG = leadcrm.cohort, RIGHTARG = leadcrm.cohort, FUNCTION = leadcrm.cohort_add,
	COMMUTATOR = OPERATOR(leadcrm.||)
);
COMMENT ON OPERATOR leadcrm.|| (leadcrm.cohort, leadcrm.cohort) IS 'both together';

CREATE FUNCTION leadcrm.cohort_subtract(leadcrm.cohort, leadcrm.cohort) RETURNS leadcrm.cohort
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_subtract';
COMMENT ON FUNCTION leadcrm.cohort_subtract(leadcrm.cohort, leadcrm.cohort) IS 'implementation of - operator';
CREATE OPERATOR leadcrm.- (
	LEFTARG = leadcrm.cohort, RIGHTARG = leadcrm.cohort, FUNCTION = leadcrm.cohort_subtract
);
COMMENT ON OPERATOR leadcrm.- (leadcrm.cohort, leadcrm.cohort) IS 'the first without the second';

CREATE FUNCTION leadcrm.cohort_eq(leadcrm.cohort, leadcrm.cohort) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_eq';
COMMENT ON FUNCTION leadcrm.cohort_eq(leadcrm.cohort, leadcrm.cohort) IS 'implementation of = operator';
CREATE OPERATOR leadcrm.= (
	LEFTARG = leadcrm.cohort, RIGHTARG = leadcrm.cohort, FUNCTION = leadcrm.cohort_eq,
	COMMUTATOR = OPERATOR(leadcrm.=), NEGATOR = OPERATOR(leadcrm.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR leadcrm.= (leadcrm.cohort, leadcrm.cohort) IS 'equal';

CREATE FUNCTION leadcrm.cohort_ne(leadcrm.cohort, leadcrm.cohort) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_cohort_ne';
COMMENT ON FUNCTION leadcrm.cohort_ne(leadcrm.cohort, leadcrm.cohort) IS 'implementation of <> operator';
CREATE OPERATOR leadcrm.<> (
	LEFTARG = leadcrm.cohort, RIGHTARG = leadcrm.cohort, FUNCTION = leadcrm.cohort_ne,
	COMMUTATOR = OPERATOR(leadcrm.<>), NEGATOR = OPERATOR(leadcrm.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR leadcrm.<> (leadcrm.cohort, leadcrm.cohort) IS 'not equal';

CREATE FUNCTION leadcrm.cohort_rows(cohort leadcrm.cohort)
RETURNS TABLE (cohort date, leads bigint, reached bigint, rate numeric)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 20 AS 'MODULE_PATHNAME', 'leadcrm_cohort_rows';
COMMENT ON FUNCTION leadcrm.cohort_rows(leadcrm.cohort) IS
'periods by their first day: leads that began in each, how many reached the stage in time, and their share';

-- Pipeline velocity.

CREATE TYPE leadcrm.velocity;

CREATE FUNCTION leadcrm.velocity_in(cstring) RETURNS leadcrm.velocity
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_in';
COMMENT ON FUNCTION leadcrm.velocity_in(cstring) IS 'I/O';
CREATE FUNCTION leadcrm.velocity_out(leadcrm.velocity) RETURNS cstring
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_out';
COMMENT ON FUNCTION leadcrm.velocity_out(leadcrm.velocity) IS 'I/O';
CREATE FUNCTION leadcrm.velocity_recv(internal) RETURNS leadcrm.velocity
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_recv';
COMMENT ON FUNCTION leadcrm.velocity_recv(internal) IS 'I/O';
CREATE FUNCTION leadcrm.velocity_send(leadcrm.velocity) RETURNS bytea
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_send';
COMMENT ON FUNCTION leadcrm.velocity_send(leadcrm.velocity) IS 'I/O';

CREATE TYPE leadcrm.velocity (
	INPUT = leadcrm.velocity_in,
	OUTPUT = leadcrm.velocity_out,
	RECEIVE = leadcrm.velocity_recv,
	SEND = leadcrm.velocity_send,
	INTERNALLENGTH = VARIABLE,
	ALIGNMENT = int4,
	STORAGE = extended
);
COMMENT ON TYPE leadcrm.velocity IS 'what pipeline velocity is made of';

CREATE FUNCTION leadcrm._velocity_combine(leadcrm.velocity, leadcrm.velocity) RETURNS leadcrm.velocity
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_combine';
COMMENT ON FUNCTION leadcrm._velocity_combine(leadcrm.velocity, leadcrm.velocity) IS 'for aggregates';

CREATE FUNCTION leadcrm._velocity_take(leadcrm.velocity, leadcrm.lifecycle, text, text, numeric) RETURNS leadcrm.velocity
	LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_take';
COMMENT ON FUNCTION leadcrm._velocity_take(leadcrm.velocity, leadcrm.lifecycle, text, text, numeric) IS 'for aggregates';
CREATE AGGREGATE leadcrm.velocity(lifecycle leadcrm.lifecycle, won text, lost text, amount numeric) (
	SFUNC = leadcrm._velocity_take, STYPE = leadcrm.velocity, SSPACE = 1024,
	COMBINEFUNC = leadcrm._velocity_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.velocity(leadcrm.lifecycle, text, text, numeric) IS
'pipeline velocity of leads; won, lost: the stages of those that are decided';

CREATE AGGREGATE leadcrm.velocity_merge(leadcrm.velocity) (
	SFUNC = leadcrm._velocity_combine, STYPE = leadcrm.velocity, SSPACE = 1024,
	COMBINEFUNC = leadcrm._velocity_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE leadcrm.velocity_merge(leadcrm.velocity) IS 'all of them together; their stages must be the same';

CREATE FUNCTION leadcrm.velocity_add(leadcrm.velocity, leadcrm.velocity) RETURNS leadcrm.velocity
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_add';
COMMENT ON FUNCTION leadcrm.velocity_add(leadcrm.velocity, leadcrm.velocity) IS 'implementation of + and || operators';
CREATE OPERATOR leadcrm.+ (
	LEFTARG = leadcrm.velocity, RIGHTARG = leadcrm.velocity, FUNCTION = leadcrm.velocity_add,
	COMMUTATOR = OPERATOR(leadcrm.+)
);
COMMENT ON OPERATOR leadcrm.+ (leadcrm.velocity, leadcrm.velocity) IS 'both together';
CREATE OPERATOR leadcrm.|| (
	LEFTARG = leadcrm.velocity, RIGHTARG = leadcrm.velocity, FUNCTION = leadcrm.velocity_add,
	COMMUTATOR = OPERATOR(leadcrm.||)
);
COMMENT ON OPERATOR leadcrm.|| (leadcrm.velocity, leadcrm.velocity) IS 'both together';

CREATE FUNCTION leadcrm.velocity_subtract(leadcrm.velocity, leadcrm.velocity) RETURNS leadcrm.velocity
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_subtract';
COMMENT ON FUNCTION leadcrm.velocity_subtract(leadcrm.velocity, leadcrm.velocity) IS 'implementation of - operator';
CREATE OPERATOR leadcrm.- (
	LEFTARG = leadcrm.velocity, RIGHTARG = leadcrm.velocity, FUNCTION = leadcrm.velocity_subtract
);
COMMENT ON OPERATOR leadcrm.- (leadcrm.velocity, leadcrm.velocity) IS 'the first without the second';

CREATE FUNCTION leadcrm.velocity_eq(leadcrm.velocity, leadcrm.velocity) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_eq';
COMMENT ON FUNCTION leadcrm.velocity_eq(leadcrm.velocity, leadcrm.velocity) IS 'implementation of = operator';
CREATE OPERATOR leadcrm.= (
	LEFTARG = leadcrm.velocity, RIGHTARG = leadcrm.velocity, FUNCTION = leadcrm.velocity_eq,
	COMMUTATOR = OPERATOR(leadcrm.=), NEGATOR = OPERATOR(leadcrm.<>),
	RESTRICT = eqsel, JOIN = eqjoinsel
);
COMMENT ON OPERATOR leadcrm.= (leadcrm.velocity, leadcrm.velocity) IS 'equal';

CREATE FUNCTION leadcrm.velocity_ne(leadcrm.velocity, leadcrm.velocity) RETURNS boolean
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'leadcrm_velocity_ne';
COMMENT ON FUNCTION leadcrm.velocity_ne(leadcrm.velocity, leadcrm.velocity) IS 'implementation of <> operator';
CREATE OPERATOR leadcrm.<> (
	LEFTARG = leadcrm.velocity, RIGHTARG = leadcrm.velocity, FUNCTION = leadcrm.velocity_ne,
	COMMUTATOR = OPERATOR(leadcrm.<>), NEGATOR = OPERATOR(leadcrm.=),
	RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR leadcrm.<> (leadcrm.velocity, leadcrm.velocity) IS 'not equal';

CREATE FUNCTION leadcrm.velocity_row(velocity leadcrm.velocity)
RETURNS TABLE (leads bigint, won bigint, lost bigint, win_rate numeric, average_amount numeric,
               cycle_days numeric, per_day numeric)
	LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'leadcrm_velocity_row';
COMMENT ON FUNCTION leadcrm.velocity_row(leadcrm.velocity) IS
'leads, how many are won and lost, the share that is won of those decided, average amount and days of those won, and leads x win rate x average amount / days: what the pipeline earns a day';
