-- What each kind of access may do, tried as a role that has it.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE ROLE regress_admin;
CREATE ROLE regress_writer;
CREATE ROLE regress_intake;
CREATE ROLE regress_analyst;
CREATE ROLE regress_rep;
CREATE ROLE regress_manager;
CREATE ROLE regress_nobody;
CREATE ROLE regress_boss;
SELECT leadcrm.create_workspace('crm');
SELECT crm.grant_access('regress_' || kind, kind) FROM unnest(ARRAY['admin', 'writer', 'intake', 'analyst', 'rep', 'manager']) kind;
SELECT role, kind FROM crm.access ORDER BY role;
INSERT INTO crm.lead (name, phone, first_source) VALUES
    ('张三', '13800138000', '官网'), ('李四', '13800138001', '抖音'), ('张三', '138-0013-8000', '抖音');

-- try: the answer to a query as a role, or the SQLSTATE; nothing stays.
CREATE FUNCTION try(who name, sql text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('role', who, true);
    IF sql LIKE 'SELECT %' THEN
        EXECUTE sql INTO answer;
    ELSE
        EXECUTE sql;
    END IF;
    RAISE SQLSTATE 'ROLLB' USING MESSAGE = coalesce(answer, 'ok');
EXCEPTION
    WHEN SQLSTATE 'ROLLB' THEN RETURN SQLERRM;
    WHEN OTHERS THEN RETURN SQLSTATE;
END $$;

CREATE TABLE action (position int GENERATED ALWAYS AS IDENTITY, sql text);
INSERT INTO action (sql) VALUES
    -- reading
    ('SELECT sum(leads) FROM crm.v_source'),
    ('SELECT count(*) FROM crm.v_intake'),
    ('SELECT count(*) FROM crm.v_lead'),
    ('SELECT count(*) FROM crm.lead'),
    ('SELECT count(*) FROM crm.identity'),
    ('SELECT count(*) FROM crm.event WHERE lead_id > 2'),
    ('SELECT count(*) FROM crm.access'),
    ('SELECT count(*) > 5 FROM crm.source'),
    ('SELECT crm.sees_all()'),
    ('SELECT crm.my_reps()'),
    ('SELECT count(*) FROM crm.v_rep'),
    ('SELECT count(*) FROM crm.v_team'),
    ('SELECT count(*) FROM crm.v_assignment'),
    ('SELECT count(*) FROM crm.v_task'),
    ('SELECT count(*) FROM crm.assignment_log'),
    ('SELECT count(*) FROM crm.v_approval'),
    ('SELECT count(*) FROM crm.v_approval_step'),
    ('SELECT count(*) FROM crm.approval_step'),
    ('SELECT count(*) FROM crm.check_process(''lead'')'),
    -- writing leads
    ('INSERT INTO crm.lead (name, phone, first_source) VALUES (''A'', ''13900000000'', ''x'')'),
    ('UPDATE crm.lead SET name = ''A'''),
    ('DELETE FROM crm.lead'),
    ('TRUNCATE crm.lead'),
    ('LOCK TABLE crm.lead IN ACCESS EXCLUSIVE MODE'),
    ('DELETE FROM crm.identity'),
    ('UPDATE crm.merge_log SET undone_at = now()'),
    ('INSERT INTO crm.activity (lead_id, kind, at) VALUES (1, ''call'', now())'),
    ('INSERT INTO crm.intake (received_at, source, payload, outcome, actor) VALUES (now(), ''x'', ''{}'', ''created'', ''x'')'),
    ('INSERT INTO crm.lead_in (name, phone, first_source) VALUES (''A'', ''13900000000'', ''x'')'),
    ('SELECT count(*) FROM crm.lead_in'),
    ('UPDATE crm.lead_in SET name = ''A'''),
    ('DELETE FROM crm.lead_in'),
    ('SELECT count(*) FROM crm.find_lead(''138 0013 8000'')'),
    ('SELECT count(*) > 0 FROM crm.explain_identity(1)'),
    ('SELECT crm.merge_leads(1, ARRAY[2])'),
    ('SELECT crm.unmerge(1)'),
    ('SELECT crm.resolve_duplicate(1)'),
    ('SELECT crm.request_approval(''visit'', 1)'),
    ('SELECT crm.approve(1)'),
    ('SELECT crm.reject(1)'),
    ('SELECT crm.withdraw(1)'),
    ('SELECT crm.delegate_approval(1, ''x'')'),
    ('UPDATE crm.approval SET status = ''approved'''),
    ('DELETE FROM crm.approval_step'),
    -- configuring
    ('UPDATE crm.approval_rule SET self_approval = true'),
    ('UPDATE crm.approval_level SET managers = ''{2}'''),
    ('INSERT INTO crm.source (code) VALUES (''x'')'),
    ('INSERT INTO crm.source_cost (source, from_date, to_date, amount) VALUES (''x'', ''2026-01-01'', ''2026-01-31'', 1)'),
    ('UPDATE crm.industry SET active = false'),
    ('DELETE FROM crm.product_line'),
    ('UPDATE crm.identity_rule SET active = false'),
    ('INSERT INTO crm.field_alias VALUES (''Telefon'', ''phone'')'),
    ('INSERT INTO crm.team (code) VALUES (''x'')'),
    ('INSERT INTO crm.rep (code) VALUES (''x'')'),
    ('UPDATE crm.rep_absence SET reason = NULL'),
    ('UPDATE crm.territory SET active = false'),
    ('UPDATE crm.pool SET claim_limit = 5'),
    ('UPDATE crm.assignment_rule SET sticky = true'),
    ('DELETE FROM crm.assignment_log'),
    ('UPDATE crm.task SET done_at = now()'),
    ('UPDATE crm.rep_load SET open = 0'),
    ('UPDATE crm.workspace SET settings = ''{"a": 1}'''),
    ('UPDATE crm.workspace SET version = ''9'''),
    ('DELETE FROM crm.workspace'),
    ('UPDATE crm.workspace_object SET shipped = '''''),
    ('DELETE FROM crm.region'),
    -- managing
    ('INSERT INTO crm.access VALUES (''regress_nobody'', ''admin'', ''x'', now())'),
    ('SELECT crm.grant_access(''regress_nobody'', ''admin'')'),
    ('SELECT leadcrm.grant_access(''crm.access'', ''regress_nobody'', ''admin'')'),
    ('SELECT crm.revoke_access(''regress_writer'')'),
    ('SELECT leadcrm.repair_workspace(''crm'')'),
    ('SELECT leadcrm._repair_workspace(''crm'')'),
    ('CREATE TABLE crm.mine ()'),
    ('ALTER TABLE crm.lead DISABLE TRIGGER lead_20_dedup'),
    ('CREATE TRIGGER t BEFORE INSERT ON crm.lead FOR EACH ROW EXECUTE FUNCTION leadcrm.dedup()');
SELECT sql AS action,
       try('regress_admin', sql) AS admin, try('regress_writer', sql) AS writer, try('regress_intake', sql) AS intake,
       try('regress_analyst', sql) AS analyst, try('regress_rep', sql) AS rep, try('regress_manager', sql) AS manager,
       try('regress_nobody', sql) AS nobody
  FROM action ORDER BY position;

-- Who acts: the role that SET ROLE chose, in SECURITY DEFINER functions too.
CREATE FUNCTION acts() RETURNS text LANGUAGE SQL SECURITY DEFINER AS 'SELECT current_user || '' '' || leadcrm.acting_role()';
SELECT acts() = current_user || ' ' || session_user AS session;
SET ROLE regress_writer;
SELECT current_user, leadcrm.acting_role(), split_part(acts(), ' ', 2) AS inside;
RESET ROLE;
SET SESSION AUTHORIZATION regress_intake;
SELECT leadcrm.acting_role();
RESET SESSION AUTHORIZATION;

-- Anyone may run an installed script, with his own rights; nonsense is refused.
SELECT leadcrm._run_workspace_script(NULL, NULL, NULL, NULL);
SELECT leadcrm._run_workspace_script('crm', '../../../etc/passwd', NULL, '{}');
SELECT leadcrm._run_workspace_script('crm', '0', NULL, '{}');
SELECT leadcrm._run_workspace_script(4294967295, '1.0', 'views', '{}');
SELECT try('regress_analyst', 'SELECT leadcrm._run_workspace_script(''crm'', ''1.0'', ''views'', ''{}'')') AS analyst;

-- A member of a group has what the group has; sees_all() follows.
GRANT regress_admin TO regress_boss;
SELECT try('regress_boss', 'SELECT count(*) FROM crm.v_lead') AS boss;
SELECT try('regress_boss', 'SELECT count(*) FROM crm.lead') AS boss;

-- Several kinds together, and taken away one by one
SELECT crm.grant_access('regress_analyst', 'admin');
SELECT crm.grant_access('regress_analyst', 'admin');                 -- again: nothing new
SELECT try('regress_analyst', 'SELECT count(*) FROM crm.v_lead') AS both;
SELECT crm.revoke_access('regress_analyst', 'admin');
SELECT try('regress_analyst', 'SELECT count(*) FROM crm.v_lead') AS rows,
       try('regress_analyst', 'SELECT sum(leads) FROM crm.v_source') AS aggregate,
       try('regress_analyst', 'SELECT count(*) FROM crm.lead') AS table;
SELECT crm.revoke_access('regress_analyst');
SELECT try('regress_analyst', 'SELECT sum(leads) FROM crm.v_source');
SELECT crm.revoke_access('regress_analyst');
SELECT crm.grant_access('regress_analyst', 'boss');
SELECT crm.grant_access('regress_analyst', NULL);
SELECT crm.grant_access('regress_unknown', 'writer');
SELECT crm.grant_access('public', 'writer');
SELECT role, kind FROM crm.access ORDER BY role;

-- Rights that got lost come back with a repair, and only those.
REVOKE ALL ON ALL TABLES IN SCHEMA crm FROM regress_admin;
GRANT EXECUTE ON FUNCTION crm.grant_access TO PUBLIC;
SELECT item, problem FROM leadcrm.check_workspace('crm');
SELECT * FROM leadcrm.repair_workspace('crm');
SELECT try('regress_admin', 'SELECT count(*) FROM crm.v_lead') AS admin,
       try('regress_nobody', 'SELECT crm.grant_access(''regress_nobody'', ''admin'')') AS nobody;

-- Nothing of a workspace is for PUBLIC, and nothing of the engine's runs with
-- other rights than its caller's.
SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
 WHERE p.pronamespace = 'crm'::regnamespace AND a.grantee = 0;
SELECT c.oid::regclass, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
 WHERE c.relnamespace = 'crm'::regnamespace AND a.grantee = 0;
SELECT has_schema_privilege('regress_nobody', 'crm', 'USAGE, CREATE') AS schema_for_nobody;
SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'leadcrm'::regnamespace AND prosecdef;
-- Whatever in the engine may write is open to everybody, for any role may own a
-- workspace; but who calls it has his own rights only.  Each is called as roles
-- without the owner's; listed is what answers anything but 42501: what reads files
-- only, the sample for those who may capture, and a name that is taken.
CREATE VIEW may_write AS
SELECT p.oid::regprocedure AS function, format('SELECT count(*) FROM leadcrm.%I(%s)', p.proname, a.list) AS call
  FROM pg_proc p
 CROSS JOIN LATERAL (
        SELECT string_agg(coalesce(
                   CASE WHEN n.name IN ('old', 'name') THEN '''crm''' WHEN n.name = 'new' THEN '''mine'''
                        WHEN n.name = 'role' THEN '''regress_nobody''' WHEN n.name = 'kind' THEN '''admin''' WHEN n.name = 'command' THEN '''GRANT'''
                        WHEN n.name IN ('script', 'version') THEN '''1.0''' WHEN n.name = 'part' THEN '''views''' WHEN n.name = 'access' THEN '''crm.access'''
                        WHEN n.name = 'pool' THEN '''common''' WHEN n.name IN ('reason', 'cause') THEN '''hand''' WHEN n.name = 'stage' THEN '''contacted''' END,
                   CASE t.type WHEN 'regclass'::regtype THEN '''crm.lead''' WHEN 'regnamespace'::regtype THEN '''crm''' WHEN 'bigint'::regtype THEN '1'
                               WHEN 'bigint[]'::regtype THEN '''{1}''' WHEN 'oid[]'::regtype THEN '''{}''' WHEN 'integer'::regtype THEN '1'
                               WHEN 'boolean'::regtype THEN 'false' WHEN 'timestamptz'::regtype THEN 'now()' END,
                   'NULL'), ', ' ORDER BY t.o)
          FROM unnest(p.proargtypes) WITH ORDINALITY AS t (type, o)
          LEFT JOIN unnest(p.proargnames) WITH ORDINALITY AS n (name, o) USING (o)) AS a (list)
 WHERE p.pronamespace = 'leadcrm'::regnamespace AND p.provolatile = 'v' AND p.prorettype <> 'trigger'::regtype
   AND has_function_privilege('regress_nobody', p.oid, 'EXECUTE');
GRANT USAGE ON SCHEMA crm TO regress_nobody, regress_analyst;
SELECT count(*) > 40 AS many FROM may_write;
SET client_min_messages = error;        -- a GRANT that grants nothing warns
SELECT function, nobody, intake, analyst, rep, writer
  FROM may_write, try('regress_nobody', call) nobody, try('regress_intake', call) intake, try('regress_analyst', call) analyst,
       try('regress_rep', call) rep, try('regress_writer', call) writer
 WHERE ROW('42501', '42501', '42501', '42501', '42501') IS DISTINCT FROM ROW(nobody, intake, analyst, rep, writer)
 ORDER BY function::text COLLATE "C";
SET client_min_messages = warning;
DROP VIEW may_write;
-- SECURITY DEFINER in a workspace: with a fixed body, or a fixed path that ends with pg_temp.
SELECT oid::regprocedure FROM pg_proc
 WHERE pronamespace = 'crm'::regnamespace AND prosecdef AND prosqlbody IS NULL
   AND coalesce(NOT proconfig @> ARRAY['search_path=crm, pg_temp'], true)
   AND prolang <> (SELECT oid FROM pg_language WHERE lanname = 'c');
-- Row security is on wherever rows are about persons, and never forced.
SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
 WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r' AND (relrowsecurity OR relforcerowsecurity)
 ORDER BY relname;
SELECT relname FROM pg_class
 WHERE relnamespace = 'crm'::regnamespace AND relkind = 'r' AND NOT relrowsecurity ORDER BY relname;

SELECT leadcrm.drop_workspace('crm', 3);
DROP FUNCTION try, acts;
DROP TABLE action;
DROP ROLE regress_admin, regress_writer, regress_intake, regress_analyst, regress_rep, regress_manager, regress_nobody,
          regress_boss;
