-- What the merge functions of a workspace need from the engine.

CREATE FUNCTION leadcrm.identity_keys(lead regclass, id bigint)
RETURNS TABLE (rule text, kind text, scope text, key text, weak boolean)
LANGUAGE C STABLE STRICT ROWS 5
AS 'MODULE_PATHNAME', 'leadcrm_identity_keys_sql';
COMMENT ON FUNCTION leadcrm.identity_keys(regclass, bigint) IS
'the identity keys that the row of a lead bears under the active rules of its workspace; weak ones are noted, never held';

CREATE FUNCTION leadcrm.claim_keys(lead regclass, leads bigint[] DEFAULT NULL) RETURNS bigint
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_claim_keys_sql';
COMMENT ON FUNCTION leadcrm.claim_keys(regclass, bigint[]) IS
'claims the identity keys that living leads (those named, or all) bear and have no claim on, the oldest first; keys that others hold become pairs for review; returns how many were claimed or noted';

CREATE FUNCTION leadcrm.drop_keys(lead regclass, id bigint) RETURNS void
LANGUAGE C VOLATILE STRICT
AS 'MODULE_PATHNAME', 'leadcrm_drop_keys_sql';
COMMENT ON FUNCTION leadcrm.drop_keys(regclass, bigint) IS
'drops the claims that a lead has by its own row and the row does not bear; who waits for these keys gets them';

CREATE FUNCTION leadcrm.filled_columns(lead regclass) RETURNS SETOF text
LANGUAGE C STABLE STRICT ROWS 25
AS 'MODULE_PATHNAME', 'leadcrm_filled_columns';
COMMENT ON FUNCTION leadcrm.filled_columns(regclass) IS
'the columns of lead that a merge fills where the winner has nothing';

CREATE FUNCTION leadcrm.row_image(record) RETURNS jsonb
LANGUAGE C STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'leadcrm_row_image';
COMMENT ON FUNCTION leadcrm.row_image(record) IS
'a row as an object of strings, each the text form of its value: what merge_log.before is made of';
