-- Access to a workspace: what each kind of it is made of, and who has it.

CREATE FUNCTION leadcrm._access_rights()
RETURNS TABLE (kind text, rights text, object_kind text, object text)
LANGUAGE SQL IMMUTABLE SET search_path TO pg_catalog, pg_temp
AS $$
    VALUES ('intake',  'EXECUTE',                        'function', 'capture'),
           ('intake',  'EXECUTE',                        'function', 'capture_many'),
           ('intake',  'EXECUTE',                        'function', 'sees_all'),
           ('intake',  'EXECUTE',                        'function', 'my_reps'),
           ('writer',  'EXECUTE',                        'function', 'capture'),
           ('writer',  'EXECUTE',                        'function', 'capture_many'),
           ('writer',  'EXECUTE',                        'function', 'sees_all'),
           ('writer',  'EXECUTE',                        'function', 'my_reps'),
           ('writer',  'EXECUTE',                        'function', 'find_lead'),
           ('writer',  'EXECUTE',                        'function', 'explain_identity'),
           ('writer',  'SELECT, INSERT',                 'view',     'lead_in'),
           ('writer',  'EXECUTE',                        'function', 'request_approval'),
           ('writer',  'EXECUTE',                        'function', 'approve'),
           ('writer',  'EXECUTE',                        'function', 'reject'),
           ('writer',  'EXECUTE',                        'function', 'withdraw'),
           ('writer',  'EXECUTE',                        'function', 'delegate_approval'),
           ('writer',  'EXECUTE',                        'function', 'approves_as'),
           ('writer',  'SELECT',                         'view',     'v_approval'),
           ('writer',  'SELECT',                         'view',     'v_approval_step'),
           ('analyst', 'SELECT',                         'view',     'v_*'),
           ('analyst', 'EXECUTE',                        'function', 'sees_all'),
           ('analyst', 'EXECUTE',                        'function', 'my_reps'),
           ('analyst', 'EXECUTE',                        'function', 'my_pools'),
           ('analyst', 'EXECUTE',                        'function', 'approves_as'),
           ('rep',     'SELECT',                         'view',     'v_lead'),
           ('rep',     'SELECT',                         'view',     'v_assignment'),
           ('rep',     'SELECT',                         'view',     'v_task'),
           ('rep',     'SELECT',                         'view',     'v_rep'),
           ('rep',     'EXECUTE',                        'function', 'sees_all'),
           ('rep',     'EXECUTE',                        'function', 'my_reps'),
           ('rep',     'SELECT',                         'view',     'v_pool'),
           ('rep',     'EXECUTE',                        'function', 'my_pools'),
           ('rep',     'EXECUTE',                        'function', 'claim'),
           ('rep',     'EXECUTE',                        'function', 'claim_next'),
           ('rep',     'EXECUTE',                        'function', 'release'),
           ('rep',     'EXECUTE',                        'function', 'follow_up'),
           ('rep',     'EXECUTE',                        'function', 'explain_recycling'),
           ('manager', 'SELECT',                         'view',     'v_lead'),
           ('manager', 'SELECT',                         'view',     'v_assignment'),
           ('manager', 'SELECT',                         'view',     'v_task'),
           ('manager', 'SELECT',                         'view',     'v_rep'),
           ('manager', 'SELECT',                         'view',     'v_team'),
           ('manager', 'EXECUTE',                        'function', 'sees_all'),
           ('manager', 'EXECUTE',                        'function', 'my_reps'),
           ('manager', 'SELECT',                         'view',     'v_pool'),
           ('manager', 'EXECUTE',                        'function', 'my_pools'),
           ('manager', 'EXECUTE',                        'function', 'claim'),
           ('manager', 'EXECUTE',                        'function', 'claim_next'),
           ('manager', 'EXECUTE',                        'function', 'release'),
           ('manager', 'EXECUTE',                        'function', 'follow_up'),
           ('manager', 'EXECUTE',                        'function', 'explain_recycling'),
           ('manager', 'EXECUTE',                        'function', 'assign_to'),
           ('rep',     'EXECUTE',                        'function', 'explain_assignment'),
           ('rep',     'EXECUTE',                        'function', 'owner_at'),
           ('rep',     'SELECT',                         'view',     'v_owner_history'),
           ('rep',     'EXECUTE',                        'function', 'request_approval'),
           ('rep',     'EXECUTE',                        'function', 'approve'),
           ('rep',     'EXECUTE',                        'function', 'reject'),
           ('rep',     'EXECUTE',                        'function', 'withdraw'),
           ('rep',     'EXECUTE',                        'function', 'delegate_approval'),
           ('rep',     'EXECUTE',                        'function', 'approves_as'),
           ('rep',     'SELECT',                         'view',     'v_approval'),
           ('rep',     'SELECT',                         'view',     'v_approval_step'),
           ('manager', 'EXECUTE',                        'function', 'explain_assignment'),
           ('manager', 'EXECUTE',                        'function', 'owner_at'),
           ('manager', 'EXECUTE',                        'function', 'simulate_assignment'),
           ('manager', 'EXECUTE',                        'function', 'assign_leads'),
           ('manager', 'EXECUTE',                        'function', 'handover'),
           ('manager', 'EXECUTE',                        'function', 'handover_preview'),
           ('manager', 'EXECUTE',                        'function', 'undo_handover'),
           ('manager', 'SELECT',                         'view',     'v_owner_history'),
           ('manager', 'EXECUTE',                        'function', 'request_approval'),
           ('manager', 'EXECUTE',                        'function', 'approve'),
           ('manager', 'EXECUTE',                        'function', 'reject'),
           ('manager', 'EXECUTE',                        'function', 'withdraw'),
           ('manager', 'EXECUTE',                        'function', 'delegate_approval'),
           ('manager', 'EXECUTE',                        'function', 'approves_as'),
           ('manager', 'SELECT',                         'view',     'v_approval'),
           ('manager', 'SELECT',                         'view',     'v_approval_step'),
           ('admin',   'EXECUTE',                        'function', 'capture'),
           ('admin',   'EXECUTE',                        'function', 'capture_many'),
           ('admin',   'EXECUTE',                        'function', 'sees_all'),
           ('admin',   'EXECUTE',                        'function', 'my_reps'),
           ('admin',   'EXECUTE',                        'function', 'my_pools'),
           ('admin',   'EXECUTE',                        'function', 'claim'),
           ('admin',   'EXECUTE',                        'function', 'claim_next'),
           ('admin',   'EXECUTE',                        'function', 'release'),
           ('admin',   'EXECUTE',                        'function', 'follow_up'),
           ('admin',   'EXECUTE',                        'function', 'explain_recycling'),
           ('admin',   'EXECUTE',                        'function', 'assign_to'),
           ('admin',   'EXECUTE',                        'function', 'find_lead'),
           ('admin',   'EXECUTE',                        'function', 'explain_identity'),
           ('admin',   'EXECUTE',                        'function', 'explain_score'),
           ('admin',   'EXECUTE',                        'function', 'score_at'),
           ('admin',   'EXECUTE',                        'function', 'tick'),
           ('admin',   'EXECUTE',                        'function', 'living_lead'),
           ('admin',   'EXECUTE',                        'function', 'explain_assignment'),
           ('admin',   'EXECUTE',                        'function', 'owner_at'),
           ('admin',   'EXECUTE',                        'function', 'simulate_assignment'),
           ('admin',   'EXECUTE',                        'function', 'assign_leads'),
           ('admin',   'EXECUTE',                        'function', 'handover'),
           ('admin',   'EXECUTE',                        'function', 'handover_preview'),
           ('admin',   'EXECUTE',                        'function', 'undo_handover'),
           ('admin',   'EXECUTE',                        'function', 'request_approval'),
           ('admin',   'EXECUTE',                        'function', 'approve'),
           ('admin',   'EXECUTE',                        'function', 'reject'),
           ('admin',   'EXECUTE',                        'function', 'withdraw'),
           ('admin',   'EXECUTE',                        'function', 'delegate_approval'),
           ('admin',   'EXECUTE',                        'function', 'approves_as'),
           ('admin',   'EXECUTE',                        'function', 'check_process'),
           ('admin',   'EXECUTE',                        'function', '_ruleset'),
           ('admin',   'EXECUTE',                        'function', 'explain_rules'),
           ('admin',   'EXECUTE',                        'function', 'rule_test'),
           ('admin',   'EXECUTE',                        'function', 'rule_coverage'),
           ('admin',   'EXECUTE',                        'function', 'hottest'),
           ('admin',   'EXECUTE',                        'function', 'rebuild_cube'),
           ('rep',     'EXECUTE',                        'function', 'move_stage'),
           ('manager', 'EXECUTE',                        'function', 'move_stage'),
           ('writer',  'EXECUTE',                        'function', 'move_stage'),
           ('admin',   'EXECUTE',                        'function', 'move_stage'),
           ('admin',   'SELECT, INSERT',                 'view',     'lead_in'),
           ('admin',   'SELECT',                         'view',     'v_*'),
           ('admin',   'SELECT',                         'table',    '*'),
           ('admin',   'UPDATE (settings)',              'table',    'workspace'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'source'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'source_cost'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'process'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'stage'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'transition'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'stage_rule'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'loss_reason'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'industry'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'product_line'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'identity_rule'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'score_rule'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'score_cap'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'half_life'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'activity_kind'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'intent_level'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'intent_rule'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'team'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'calendar'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'calendar_hours'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'rep'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'rep_target'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'rep_absence'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'rep_skill'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'territory'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'territory_rep'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'pool'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'assignment_rule'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'pool_rule'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'approval_rule'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'approval_level'),
           ('admin',   'INSERT, UPDATE, DELETE',         'table',    'field_alias')
     UNION ALL
    SELECT k, 'SELECT', 'view', v
      FROM unnest('{rep,manager}'::text[]) k,
           unnest('{v_workspace,v_stage,v_intent_level,v_funnel,v_funnel_total,v_source,v_source_month,v_leaderboard,v_leaderboard_month,
                    v_team_month,v_intent,v_intent_total,v_pipeline,v_forecast,v_stage_time,v_stage_time_total,v_stuck,v_loss,v_sla}'::text[]) v
     UNION ALL
    SELECT k, 'EXECUTE', 'function', f
      FROM unnest('{analyst,rep,manager,admin}'::text[]) k, unnest('{sees_numbers,drill,funnel_by,_filter,_numbers,report_html,funnel_svg,_report*}'::text[]) f
$$;
COMMENT ON FUNCTION leadcrm._access_rights() IS
'the rights behind each kind of access: on which objects of the template; * stands for all names that begin so';

CREATE FUNCTION leadcrm._change_access(workspace regnamespace, command text, role text, kind text)
RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    change text := CASE command WHEN 'GRANT' THEN '%s %s ON %s %s TO %I' ELSE '%s %s ON %s %s FROM %I' END;
    r      record;
BEGIN
    EXECUTE format(change, command, 'USAGE', 'SCHEMA', workspace, role);
    FOR r IN
        SELECT a.rights, o.kind, o.oid
          FROM leadcrm._access_rights() a
          JOIN leadcrm._workspace_objects(workspace) o
            ON o.kind = a.object_kind
           AND CASE WHEN right(a.object, 1) = '*' THEN starts_with(o.object, rtrim(a.object, '*'))
                    ELSE split_part(o.object, '(', 1) = a.object END
         WHERE a.kind = _change_access.kind AND o.oid IS NOT NULL
    LOOP
        EXECUTE CASE r.kind
                WHEN 'function' THEN format(change, command, r.rights, 'ROUTINE', r.oid::regprocedure, role)
                ELSE format(change, command, r.rights, 'TABLE', r.oid::regclass, role) END;
    END LOOP;
END
$$;
COMMENT ON FUNCTION leadcrm._change_access(regnamespace, text, text, text) IS
'grants or revokes all that belongs to one kind of access';

CREATE FUNCTION leadcrm._apply_access(workspace regnamespace) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    o       record;
    granted record;
BEGIN
    FOR o IN
        SELECT w.kind, w.oid FROM leadcrm._workspace_objects(workspace) w
         WHERE w.kind IN ('table', 'view', 'function') AND w.oid IS NOT NULL
    LOOP
        EXECUTE CASE o.kind
                WHEN 'function' THEN format('REVOKE ALL ON ROUTINE %s FROM PUBLIC', o.oid::regprocedure)
                ELSE format('REVOKE ALL ON TABLE %s FROM PUBLIC', o.oid::regclass) END;
    END LOOP;
    FOR granted IN EXECUTE format('SELECT a.role, a.kind FROM %s.access a JOIN pg_roles r ON r.rolname = a.role
                                    ORDER BY 1, 2', workspace)
    LOOP
        PERFORM leadcrm._change_access(workspace, 'GRANT', granted.role, granted.kind);
    END LOOP;
END
$$;
COMMENT ON FUNCTION leadcrm._apply_access(regnamespace) IS
'gives a workspace the rights that its table access remembers, and PUBLIC none';

CREATE FUNCTION leadcrm.grant_access(access regclass, role text, kind text) RETURNS void
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_manage_as_owner';
COMMENT ON FUNCTION leadcrm.grant_access(regclass, text, text) IS
'the engine''s side of a workspace''s grant_access(role, kind)';

CREATE FUNCTION leadcrm._grant_access(workspace regnamespace, role text, kind text) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
BEGIN
    IF kind IS NULL OR kind NOT IN (SELECT a.kind FROM leadcrm._access_rights() a) THEN
        RAISE invalid_parameter_value USING
            MESSAGE = format('there is no kind of access "%s"', coalesce(kind, 'NULL')),
            HINT = 'The kinds are "admin", "writer", "intake", "analyst", "rep" and "manager".';
    ELSIF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
        RAISE undefined_object USING MESSAGE = format('role "%s" does not exist', role);
    END IF;
    EXECUTE format('INSERT INTO %s.access VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING', workspace)
      USING role, kind, leadcrm.acting_role(), now();
    PERFORM leadcrm._change_access(workspace, 'GRANT', role, kind);
END
$$;
COMMENT ON FUNCTION leadcrm._grant_access(regnamespace, text, text) IS
'gives a role a kind of access to a workspace and remembers it';

CREATE FUNCTION leadcrm.revoke_access(access regclass, role text, kind text) RETURNS void
LANGUAGE C VOLATILE
AS 'MODULE_PATHNAME', 'leadcrm_manage_as_owner';
COMMENT ON FUNCTION leadcrm.revoke_access(regclass, text, text) IS
'the engine''s side of a workspace''s revoke_access(role, kind)';

CREATE FUNCTION leadcrm._revoke_access(workspace regnamespace, role text, kind text) RETURNS void
LANGUAGE plpgsql SET search_path TO pg_catalog, pg_temp
AS $$
DECLARE
    revoked text[];
    rest    text;
BEGIN
    EXECUTE format('WITH gone AS (DELETE FROM %s.access WHERE role = $1 AND kind = coalesce($2, kind)
                                  RETURNING kind) SELECT array_agg(kind) FROM gone', workspace)
       INTO revoked USING role, kind;
    IF revoked IS NULL THEN
        RAISE undefined_object USING
            MESSAGE = format('role "%s" has no %s access to workspace %s', role, coalesce('"' || kind || '"', 'kind of'), workspace);
    ELSIF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
        RETURN;                     -- its rights went with it
    END IF;
    PERFORM leadcrm._change_access(workspace, 'REVOKE', role, r) FROM unnest(revoked) r;
    FOR rest IN EXECUTE format('SELECT kind FROM %s.access WHERE role = $1', workspace) USING role LOOP
        PERFORM leadcrm._change_access(workspace, 'GRANT', role, rest);
    END LOOP;
END
$$;
COMMENT ON FUNCTION leadcrm._revoke_access(regnamespace, text, text) IS
'takes a kind of access, or all, from a role';
