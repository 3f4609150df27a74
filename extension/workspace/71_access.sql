-- Who may do what.  The rights behind each kind of access are listed once, in
-- leadcrm._access_rights(); `access` remembers what was granted, so that a
-- repair can grant it again.
CREATE OR REPLACE FUNCTION grant_access(role text, kind text) RETURNS void
LANGUAGE SQL VOLATILE
BEGIN ATOMIC
    SELECT leadcrm.grant_access('access'::regclass, role, kind);
END;

CREATE OR REPLACE FUNCTION revoke_access(role text, kind text DEFAULT NULL) RETURNS void
LANGUAGE SQL VOLATILE
BEGIN ATOMIC
    SELECT leadcrm.revoke_access('access'::regclass, role, kind);
END;

-- SECURITY DEFINER: whoever reads a view or passes a policy needs the answer,
-- but no right on `access`.
CREATE OR REPLACE FUNCTION sees_all() RETURNS boolean
LANGUAGE SQL STABLE PARALLEL RESTRICTED SECURITY DEFINER
BEGIN ATOMIC
    SELECT pg_has_role(leadcrm.acting_role(), c.relowner, 'USAGE')
        OR EXISTS (SELECT FROM access a JOIN pg_roles r ON r.rolname = a.role
                   WHERE a.kind = 'admin' AND pg_has_role(leadcrm.acting_role(), r.oid, 'USAGE'))
      FROM pg_class c
     WHERE c.oid = 'lead'::regclass;
END;

