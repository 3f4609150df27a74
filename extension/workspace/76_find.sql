-- Who is this, and by what is a lead known?
--
-- Writers may ask, so that an application can say "known already"; what is
-- known of a person is shown to those who may see all leads.  SECURITY DEFINER
-- for that reason.

-- The keys that a text can stand for, as claims spell them.
CREATE OR REPLACE FUNCTION _keys_in(what text) RETURNS TABLE (kind text, key text)
LANGUAGE SQL IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT k.kind, CASE WHEN octet_length(k.key) > 200 THEN 'md5:' || md5(k.key) ELSE k.key END
      FROM (SELECT 'phone' AS kind, leadcrm.phone_key(p) AS key FROM unnest(leadcrm.phones_in(what)) p
             UNION
            SELECT 'email' AS kind, leadcrm.email_key(e) AS key FROM unnest(leadcrm.emails_in(what)) e
             UNION
            SELECT 'wechat' AS kind, leadcrm.wechat_id(what) AS key
             UNION
            SELECT 'tax_id' AS kind, leadcrm.tax_id(what) AS key
             UNION
            -- A company and a person or project, parted by a blank, a comma or a slash
            SELECT pair.kind, leadcrm.company_core(pair.company) || E'\x1f' || pair.second AS key
              FROM (SELECT a.parts[1], a.parts[3] FROM regexp_match(left(what, 400), '^(.*\S)(\s+|\s*[,/\uff0c\u3001\uff0f]\s*)(\S+)$') a (parts)
                     UNION ALL
                    SELECT a.parts[3], a.parts[1] FROM regexp_match(left(what, 400), '^(\S+?)(\s+|\s*[,/\uff0c\u3001\uff0f]\s*)(\S.*)$') a (parts)) t (company, rest)
             CROSS JOIN LATERAL (VALUES ('company_person', t.company, leadcrm.person_key(t.rest)),
                                        ('company_project', t.company, leadcrm.fold_text(t.rest))) pair (kind, company, second)) k
     WHERE k.key IS NOT NULL;
END;

-- Leads by a phone number, mail address, WeChat id, tax id, unionid, company
-- and person or project, or id; however it is spelled.
CREATE OR REPLACE FUNCTION find_lead(what text)
RETURNS TABLE (lead_id bigint, name text, company text, kind text, key text, via_merged bigint)
LANGUAGE SQL STABLE SECURITY DEFINER
BEGIN ATOMIC
    WITH wanted AS MATERIALIZED (
        SELECT k.kind, k.key FROM _keys_in(what) k
         UNION
        SELECT r.kind, btrim(what) FROM identity_rule r
         WHERE r.active AND (r.expression IS NOT NULL OR r.kind = 'unionid')
         LIMIT 20
    ), found AS (
        -- Claims of every scope: the indexes begin with the key.
        SELECT i.lead_id, i.kind, i.key, i.brought_by AS via, NOT i.live AS waits
          FROM wanted w JOIN identity i ON i.key = w.key AND i.kind = w.kind AND i.live AND i.lead_id <> 0
         UNION ALL
        SELECT i.lead_id, i.kind, i.key, i.brought_by AS via, true AS waits
          FROM wanted w JOIN identity i ON i.key = w.key AND i.kind = w.kind AND NOT i.live
         UNION ALL
        SELECT coalesce(l.merged_into, l.id) AS lead_id, 'id' AS kind, l.id::text AS key,
               CASE WHEN l.merged_into IS NOT NULL THEN l.id END AS via, false AS waits
          FROM lead l
         WHERE l.id = CASE WHEN btrim(what) ~ '^[0-9]{1,18}$' THEN btrim(what)::bigint END
    )
    SELECT f.lead_id, CASE WHEN sees_all() THEN l.name END, CASE WHEN sees_all() THEN l.company END,
           f.kind, f.key, f.via
      FROM found f JOIN lead l ON l.id = f.lead_id
     ORDER BY f.waits, f.lead_id, f.kind, f.key;
END;

-- The keys that a lead, or the living lead in its place, holds or waits for.
CREATE OR REPLACE FUNCTION explain_identity(lead_id bigint)
RETURNS TABLE (kind text, scope text, key text, state text, holder bigint, since timestamptz, brought_by bigint, rule text)
LANGUAGE SQL STABLE SECURITY DEFINER
BEGIN ATOMIC
    SELECT i.kind, i.scope, CASE WHEN sees_all() THEN i.key END, i.state, CASE WHEN i.live THEN i.lead_id ELSE nullif(h.lead_id, 0) END,
           i.claimed_at, i.brought_by,
           (SELECT r.code FROM identity_rule r JOIN lead l ON l.id = i.lead_id
             WHERE r.active AND r.kind = i.kind AND coalesce(r.lead_kind, l.kind) = l.kind
             ORDER BY r.position, r.code LIMIT 1)
      FROM identity i
      LEFT JOIN identity h ON h.kind = i.kind AND h.scope = i.scope AND h.key = i.key AND h.live
     WHERE i.lead_id = living_lead($1)
     ORDER BY i.kind, i.scope, i.key;
END;
