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

-- Whether the acting role sees the numbers of all: who sees all, and analysts.
-- SECURITY DEFINER as sees_all().
CREATE OR REPLACE FUNCTION sees_numbers() RETURNS boolean
LANGUAGE SQL STABLE PARALLEL RESTRICTED SECURITY DEFINER
BEGIN ATOMIC
    SELECT sees_all()
        OR EXISTS (SELECT FROM access a JOIN pg_roles r ON r.rolname = a.role
                   WHERE a.kind = 'analyst' AND pg_has_role(leadcrm.acting_role(), r.oid, 'USAGE'));
END;

-- The teams that the acting role manages, with all below them.
CREATE OR REPLACE FUNCTION _managed_teams() RETURNS text[]
LANGUAGE SQL STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
    WITH RECURSIVE managed AS (
        SELECT t.code
          FROM team t
          JOIN rep p ON p.code = t.manager
          JOIN pg_roles r ON r.rolname = p.role AND pg_has_role(leadcrm.acting_role(), r.oid, 'USAGE')
         WHERE EXISTS (SELECT FROM access a JOIN pg_roles g ON g.rolname = a.role
                        WHERE a.kind = 'manager' AND pg_has_role(leadcrm.acting_role(), g.oid, 'USAGE'))
         UNION
        SELECT t.code FROM team t JOIN managed m ON m.code = t.parent
    )
    SELECT ARRAY(SELECT m.code FROM managed m);
END;

-- Whose leads the acting role sees: its own as a rep, as a manager also those
-- of the teams it manages and of all below them.  An array, so that a view or
-- policy asks once and finds them by index.  SECURITY DEFINER as sees_all().
CREATE OR REPLACE FUNCTION my_reps() RETURNS text[]
LANGUAGE SQL STABLE PARALLEL RESTRICTED SECURITY DEFINER
BEGIN ATOMIC
    SELECT ARRAY(
        SELECT p.code FROM rep p JOIN pg_roles r ON r.rolname = p.role
         WHERE pg_has_role(leadcrm.acting_role(), r.oid, 'USAGE')
           AND EXISTS (SELECT FROM access a JOIN pg_roles g ON g.rolname = a.role
                        WHERE a.kind IN ('rep', 'manager') AND pg_has_role(leadcrm.acting_role(), g.oid, 'USAGE'))
         UNION
        SELECT p.code FROM rep p WHERE p.team = ANY (_managed_teams())
         ORDER BY code);
END;
