-- Assignment: the trigger on lead, moving leads on purpose, and explanations.

CREATE FUNCTION leadcrm.assign() RETURNS trigger
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_assign';
COMMENT ON FUNCTION leadcrm.assign() IS
'trigger on lead: an owner or a pool for each row that is inserted or updated, and what it counts to whose load';

CREATE FUNCTION leadcrm.move_leads(lead regclass, leads bigint[], owner text, pool text, reason text,
                                   note text DEFAULT NULL, batch bigint DEFAULT NULL, avoid text DEFAULT NULL)
RETURNS bigint
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_move_leads';
COMMENT ON FUNCTION leadcrm.move_leads(regclass, bigint[], text, text, text, text, bigint, text) IS
'gives leads to an owner, to a pool, or, both NULL, by the rules to whoever they name but one to avoid; the log gets the reason; for the workspace''s owner; returns how many moved';

CREATE FUNCTION leadcrm.explain_assignment(lead regclass, id bigint)
RETURNS TABLE ("position" integer, rule text, outcome text, candidate text, open bigint, capacity integer,
               dealt_today bigint, standing double precision, verdict text)
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_explain_assignment';
COMMENT ON FUNCTION leadcrm.explain_assignment(regclass, bigint) IS
'what the rules would do with a lead now: each rule in order, its candidates with their loads, and why each would or would not get it; for the workspace''s owner';

CREATE FUNCTION leadcrm.try_assignment(lead regclass, leads bigint[], avoid text DEFAULT NULL)
RETURNS TABLE (lead_id bigint, rule text, owner text, pool text)
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_try_assignment';
COMMENT ON FUNCTION leadcrm.try_assignment(regclass, bigint[], text) IS
'whom the rules would give leads now, one after the other, by the loads as they are; writes nothing; for the workspace''s owner';

CREATE FUNCTION leadcrm.simulate_assignment(lead regclass, days integer)
RETURNS TABLE (lead_id bigint, rule text, owner text, pool text)
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'leadcrm_simulate_assignment';
COMMENT ON FUNCTION leadcrm.simulate_assignment(regclass, integer) IS
'whom the rules as they are now would have given the leads of the last days, in the order of their arrival and from empty loads; writes nothing; for the workspace''s owner';
