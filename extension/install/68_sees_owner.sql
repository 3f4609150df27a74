-- Whose numbers reports show.

CREATE FUNCTION leadcrm._sees_owner(home regclass, owner text) RETURNS boolean
	AS 'MODULE_PATHNAME', 'leadcrm_sees_owner'
	LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION leadcrm._sees_owner(regclass, text) IS
'may the acting role see the numbers of leads of this owner, in the workspace of that table';
