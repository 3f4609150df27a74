-- Scoring and intent: the trigger on lead and what tick, rescore and
-- explanations are made of.

CREATE FUNCTION leadcrm.score() RETURNS trigger
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_score';
COMMENT ON FUNCTION leadcrm.score() IS
'trigger on lead: score, fit and intent of each row that is inserted or updated';

CREATE FUNCTION leadcrm.score_at(lead record, as_of timestamptz) RETURNS integer
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'leadcrm_score_at_sql';
COMMENT ON FUNCTION leadcrm.score_at(record, timestamptz) IS
'the score of a row of a workspace''s lead table at a moment not before its last activity';

CREATE FUNCTION leadcrm.intent_at(lead record, as_of timestamptz) RETURNS text
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'leadcrm_intent_at_sql';
COMMENT ON FUNCTION leadcrm.intent_at(record, timestamptz) IS
'the intent of a row of a workspace''s lead table at a moment not before its last change, as tick() would set it then';

CREATE FUNCTION leadcrm.score_parts(lead record, as_of timestamptz)
RETURNS TABLE (part text, code text, points integer)
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'leadcrm_score_parts';
COMMENT ON FUNCTION leadcrm.score_parts(record, timestamptz) IS
'what the score of a lead''s row at a moment is made of: rules, what caps take away, half-life classes; the points sum to the score';

CREATE FUNCTION leadcrm.regrade(lead regclass, leads bigint[], as_of timestamptz, anew boolean DEFAULT false) RETURNS bigint
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'leadcrm_regrade';
COMMENT ON FUNCTION leadcrm.regrade(regclass, bigint[], timestamptz, boolean) IS
'scores and grades leads again as of a moment, anew: as if they had just arrived; for the workspace''s owner; returns how many';

CREATE FUNCTION leadcrm.regrade_due(lead regclass, as_of timestamptz, most integer) RETURNS bigint
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_regrade_due';
COMMENT ON FUNCTION leadcrm.regrade_due(regclass, timestamptz, integer) IS
'grades the leads that time alone may have changed, the longest due first; for the workspace''s owner; returns how many are still due';

CREATE FUNCTION leadcrm.join_signals(lead regclass, winner bigint, losers bigint[]) RETURNS void
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'leadcrm_join_signals';
COMMENT ON FUNCTION leadcrm.join_signals(regclass, bigint, bigint[]) IS
'what keeps the losers of a merge hot or warm keeps the winner so; for the workspace''s owner';
