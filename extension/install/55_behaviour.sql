-- What customers do, summed up in the rows of their leads.

CREATE FUNCTION leadcrm.behaviour() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'leadcrm_behaviour';
COMMENT ON FUNCTION leadcrm.behaviour() IS
'trigger: keeps the behaviour and the signals of leads what their activities make them';

CREATE FUNCTION leadcrm._recompute_behaviour(lead regclass, leads bigint[]) RETURNS void
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_recompute_behaviour_sql';
COMMENT ON FUNCTION leadcrm._recompute_behaviour(regclass, bigint[]) IS
'sums up the behaviour of leads (those named, or all) anew from their activities; for the workspace''s owner';

CREATE FUNCTION leadcrm._behaviour_at(lead regclass, lead_id bigint, as_of timestamptz)
RETURNS TABLE (class integer, kind text, counted bigint, points double precision)
LANGUAGE C STABLE STRICT ROWS 10
AS 'MODULE_PATHNAME', 'leadcrm_behaviour_at_sql';
COMMENT ON FUNCTION leadcrm._behaviour_at(regclass, bigint, timestamptz) IS
'what the activities of a lead were worth at a moment, kind by kind; those after a moment in the past do not count';

CREATE FUNCTION leadcrm.decayed(points double precision, at timestamptz, half_life interval, as_of timestamptz)
RETURNS double precision
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'leadcrm_decayed_sql';
COMMENT ON FUNCTION leadcrm.decayed(double precision, timestamptz, interval, timestamptz) IS
'what points at one moment are worth at another, when half of them is gone after each half-life';

CREATE FUNCTION leadcrm.hottest(lead regclass, n integer, filter text, as_of timestamptz)
RETURNS TABLE (lead_id bigint, score integer, fit integer, behaviour_1 integer, behaviour_2 integer,
               behaviour_3 integer, behaviour_4 integer)
LANGUAGE C STABLE ROWS 20
AS 'MODULE_PATHNAME', 'leadcrm_hottest';
COMMENT ON FUNCTION leadcrm.hottest(regclass, integer, text, timestamptz) IS
'the living leads with the highest scores at a moment, of those that pass a condition, and what their scores are made of';
