-- Triggers of a workspace's lead table.  They stay executable by PUBLIC:
-- CREATE TRIGGER and pg_restore need it; they check where they hang and write
-- as the owner of that table.

CREATE FUNCTION leadcrm.normalize() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'leadcrm_normalize';
COMMENT ON FUNCTION leadcrm.normalize() IS
'trigger: brings the columns of an arriving or changed lead to canonical form; what cannot be read stays as typed and is flagged';

CREATE FUNCTION leadcrm.dedup() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'leadcrm_dedup';
COMMENT ON FUNCTION leadcrm.dedup() IS
'trigger: claims the identity keys of a lead, decides what a repeat inquiry is, and writes set-wise what follows';

CREATE FUNCTION leadcrm.config_changed() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'leadcrm_config_changed';
COMMENT ON FUNCTION leadcrm.config_changed() IS
'trigger: tells every session that a configuration table of a workspace has changed; writes nothing';

CREATE FUNCTION leadcrm.lead_in() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'leadcrm_lead_in';
COMMENT ON FUNCTION leadcrm.lead_in() IS
'trigger: inserts into lead what a writer inserts into the view lead_in, as the owner of both';

CREATE FUNCTION leadcrm.check_identity_rule() RETURNS trigger
LANGUAGE C AS 'MODULE_PATHNAME', 'leadcrm_check_identity_rule';
COMMENT ON FUNCTION leadcrm.check_identity_rule() IS
'trigger: refuses an identity rule whose expression or scope cannot be compiled over the lead table';

CREATE FUNCTION leadcrm._key_problem(lead regclass, expression text) RETURNS text
LANGUAGE C STABLE STRICT AS 'MODULE_PATHNAME', 'leadcrm_key_problem';
COMMENT ON FUNCTION leadcrm._key_problem(regclass, text) IS
'why an expression cannot be the key or the scope of an identity rule; NULL if it can';
