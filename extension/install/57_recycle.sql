-- Recycling: when leads go from their owners back into a pool.

CREATE FUNCTION leadcrm.recycle() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'leadcrm_recycle';
COMMENT ON FUNCTION leadcrm.recycle() IS
'trigger on lead: plans when tick() looks whether a lead goes back into a pool';

CREATE FUNCTION leadcrm.recycling(lead record, as_of timestamptz, OUT rule text, OUT warn_at timestamptz,
                                  OUT due_at timestamptz, OUT look_at timestamptz)
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'leadcrm_recycling';
COMMENT ON FUNCTION leadcrm.recycling(record, timestamptz) IS
'what becomes of a row of a workspace''s lead table that nobody touches: the rule that decides, when its owner is warned, when it goes back into a pool, when tick() looks at it';

CREATE FUNCTION leadcrm.plan_recycling(lead regclass, leads bigint[], as_of timestamptz, warned boolean DEFAULT false,
                                       not_before timestamptz DEFAULT '-infinity') RETURNS bigint
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'leadcrm_plan_recycling';
COMMENT ON FUNCTION leadcrm.plan_recycling(regclass, bigint[], timestamptz, boolean, timestamptz) IS
'plans anew when tick() looks at leads, as of a moment; for the workspace''s owner; returns how many';
