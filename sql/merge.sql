-- Merging leads by hand, taking merges back, the review queue.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('merge', 'en');
SET search_path TO merge, public;

-- What a test looks at: nothing here depends on the time.
CREATE FUNCTION public.claims(leads bigint[]) RETURNS TABLE (lead_id bigint, kind text, key text, state text, brought_by bigint)
LANGUAGE SQL AS $$
    SELECT i.lead_id, i.kind, i.key, i.state, i.brought_by FROM merge.identity i
     WHERE i.lead_id = ANY (leads) ORDER BY i.kind, i.key, i.lead_id
$$;
-- Of a lead all but what scoring computes, which follows from the rest.
CREATE TABLE public.was_lead AS SELECT l.id, leadcrm.row_image(l) AS image FROM lead l;
CREATE TABLE public.was_identity AS SELECT i.* FROM identity i;
CREATE TABLE public.was_duplicate AS SELECT d.* FROM duplicate d;
CREATE TABLE public.was_activity AS SELECT a.* FROM activity a;
CREATE FUNCTION public.remember() RETURNS void LANGUAGE SQL AS $$
    TRUNCATE public.was_lead, public.was_identity, public.was_duplicate, public.was_activity;
    INSERT INTO public.was_lead SELECT l.id, leadcrm.row_image(l) FROM merge.lead l;
    INSERT INTO public.was_identity SELECT i.* FROM merge.identity i;
    INSERT INTO public.was_duplicate SELECT d.* FROM merge.duplicate d;
    INSERT INTO public.was_activity SELECT a.* FROM merge.activity a;
$$;
CREATE FUNCTION public.differences() RETURNS bigint LANGUAGE SQL AS $$
    SELECT (SELECT count(*) FROM public.was_lead w FULL JOIN merge.lead l USING (id) WHERE w.image IS DISTINCT FROM leadcrm.row_image(l))
         + (SELECT count(*) FROM ((TABLE public.was_identity EXCEPT TABLE merge.identity) UNION ALL (TABLE merge.identity EXCEPT TABLE public.was_identity)) d)
         + (SELECT count(*) FROM ((TABLE public.was_duplicate EXCEPT TABLE merge.duplicate) UNION ALL (TABLE merge.duplicate EXCEPT TABLE public.was_duplicate)) d)
         + (SELECT count(*) FROM ((TABLE public.was_activity EXCEPT TABLE merge.activity) UNION ALL (TABLE merge.activity EXCEPT TABLE public.was_activity)) d)
$$;

INSERT INTO lead (id, name, phone, company_size, budget_min, attrs, last_source, last_inbound_at) VALUES
    (1, 'Ann Lee', '13800000001', 0, NULL, '{"consent": true, "note": "first"}', 'fair', '2026-01-01 00:00Z');
INSERT INTO lead (id, name, phone, email, company_size, budget_min, address, attrs, last_source, last_inbound_at) VALUES
    (2, 'A. Lee', '13800000002', 'ann@example.com', 50, 1000, '上海市浦东新区世纪大道1号', '{"consent": false, "note": "second", "size": "L"}', 'web', '2026-02-01 00:00Z');
INSERT INTO lead (id, name, phone, title, budget_min, region, last_inbound_at) VALUES
    (3, 'Ann', '13800000003', 'CEO', 2000, '50', '2025-01-01 00:00Z');
INSERT INTO activity (lead_id, kind, at, actor) VALUES (2, 'call', '2026-02-02 00:00Z', 'sales');
SELECT remember();

-- The winner's value, else the first that has one; 0 is a value; the address
-- goes with its region; consent is the stricter; it was last heard of where
-- the most recent was.
SELECT merge_leads(1, ARRAY[2, 3]);
SELECT name, phone, email, title, company_size, budget_min, address, region, last_source, attrs FROM lead WHERE id = 1;
SELECT id, merged_into, living_lead(id) FROM lead ORDER BY id;
SELECT * FROM claims(ARRAY[1, 2, 3]);
SELECT lead_id, kind, brought_by FROM activity;
SELECT kind, lead_id, data FROM event WHERE kind = 'lead.merged' ORDER BY id;

-- A third arrival by a loser's key reaches the winner.
INSERT INTO lead (id, name, phone) VALUES (4, 'Ann', '138 0000 0003') RETURNING id, merged_into;
SELECT * FROM unmerge(3);
SELECT lead_id, kind, brought_by FROM activity WHERE kind = 'inquiry';
DELETE FROM lead WHERE id = 4;

-- Undone in any order, every byte is back.
SELECT * FROM unmerge(1);
SELECT * FROM unmerge(2);
SELECT differences();

-- Whose value wins can be said.
SELECT merge_leads(1, ARRAY[2, 3], '{"phone": 3, "address": 1, "name": 2}');
SELECT name, phone, address, region FROM lead WHERE id = 1;
SELECT * FROM claims(ARRAY[1]);
SELECT * FROM unmerge(5);
SELECT * FROM unmerge(4);
SELECT differences();

-- A chain, by the id of a lead merged already; merged_into names the living one.
SELECT merge_leads(2, ARRAY[1]);
SELECT merge_leads(3, ARRAY[1]);
SELECT id, merged_into FROM lead ORDER BY id;
SELECT winner, loser FROM merge_log WHERE undone_at IS NULL ORDER BY id;
SELECT * FROM unmerge(6);
SELECT * FROM unmerge(7);
SELECT id, merged_into FROM lead ORDER BY id;
SELECT * FROM unmerge(6);
SELECT differences();

-- A field that was changed since is left, and named.
SELECT merge_leads(1, ARRAY[2]);
UPDATE lead SET email = 'lee@example.com', attrs = attrs || '{"size": "S"}' WHERE id = 1;
SELECT * FROM unmerge(8) ORDER BY 1, 2;
SELECT email, attrs FROM lead WHERE id = 1;
SELECT * FROM claims(ARRAY[1, 2]);
UPDATE lead SET email = NULL, attrs = '{"consent": true, "note": "first"}' WHERE id = 1;

-- A merge on arrival can be undone too; the lead then waits for the key that
-- the other holds, and the pair is for review.
INSERT INTO lead (id, name, phone, email) VALUES (5, 'Ann', '+86 138-0000-0001', 'other@example.com') RETURNING merged_into;
SELECT * FROM claims(ARRAY[1, 5]);
SELECT id AS merge FROM merge_log WHERE loser = 5 \gset
SELECT * FROM unmerge(:merge);
SELECT * FROM claims(ARRAY[1, 5]);
SELECT lead_a, lead_b, rule, status FROM duplicate;

-- A key that a third lead holds now.
SELECT (merge_leads(3, ARRAY[5]))[1] AS merge \gset
UPDATE lead SET phone = NULL WHERE id = 1;
UPDATE lead SET email = NULL WHERE id = 3;
SELECT * FROM claims(ARRAY[1, 3, 5]);
DELETE FROM identity WHERE key = '+8613800000001';      -- as an expired claim would be
INSERT INTO lead (id, name, phone) VALUES (6, 'Zoe', '13800000001') RETURNING merged_into;
SELECT * FROM unmerge(:merge);
SELECT lead_a, lead_b, status FROM duplicate WHERE 6 IN (lead_a, lead_b);

-- The queue.  The oldest wins unless told; a verdict of "distinct" stays.
SELECT id AS pair FROM duplicate WHERE lead_a = 5 AND lead_b = 6 \gset
SELECT resolve_duplicate(:pair, 'distinct');
SELECT status, decided_by = current_user AS by_me FROM duplicate WHERE id = :pair;
UPDATE lead SET phone = NULL WHERE id = 5;
UPDATE lead SET phone = '13800000001' WHERE id = 5;
SELECT count(*), min(status) FROM duplicate WHERE lead_a = 5 AND lead_b = 6;
SELECT resolve_duplicate(:pair, 'merge', 6) IS NOT NULL AS merged;
SELECT status FROM duplicate WHERE id = :pair;
SELECT living_lead(5);
SELECT resolve_duplicate(:pair, 'distinct');

-- Pairs with third leads follow the merged lead and come back.
INSERT INTO lead (id, name, phone) VALUES (10, '张伟', '13900000001'), (11, '李娜', '13900000001'), (12, '王小明', '13900000001');
INSERT INTO lead (id, name) VALUES (13, '赵敏');
SELECT lead_a, lead_b, status FROM duplicate WHERE lead_a >= 10 ORDER BY 1, 2;
SELECT remember();
SELECT (merge_leads(13, ARRAY[10, 12]))[1] AS merge \gset
SELECT lead_a, lead_b, status FROM duplicate WHERE lead_a >= 10 ORDER BY 1, 2;
SELECT * FROM unmerge(:merge);
SELECT * FROM unmerge(:merge + 1);
SELECT differences();

-- A pair that a merge alone had made goes with it, though the two wait for the
-- same third lead besides.
INSERT INTO lead (id, name, company, phone) VALUES (15, '李娜', NULL, '13800000015'), (16, '张伟', NULL, '13800000015');
INSERT INTO lead (id, name, company, phone) VALUES (17, '张伟', '重庆信达科技有限公司', '13800000015'), (18, NULL, '重庆信达科技有限公司', NULL);
SELECT remember();
SELECT (merge_leads(16, ARRAY[18]))[1] AS merge \gset
SELECT lead_a, lead_b, kind FROM duplicate WHERE lead_a >= 15 ORDER BY 1, 2;
SELECT * FROM unmerge(:merge);
SELECT lead_a, lead_b, kind FROM duplicate WHERE lead_a >= 15 ORDER BY 1, 2;
SELECT differences();

-- A key that the winner got with the loser's name and came to hold since goes
-- back with the loser, though no claim came with it.
INSERT INTO lead (id, name, company, phone) VALUES (21, '李娜', NULL, '13800000021'), (22, NULL, '重庆信达科技有限公司', '13800000022'), (23, NULL, NULL, '13800000023');
SELECT (merge_leads(21, ARRAY[22]))[1] AS first \gset
INSERT INTO lead (id, name, company, phone) VALUES (24, '李娜', '重庆信达科技有限公司', '13800000023') RETURNING merged_into;
SELECT * FROM claims(ARRAY[21, 23]);
SELECT * FROM unmerge(:first);
SELECT u.* FROM merge_log m CROSS JOIN LATERAL unmerge(m.id) u WHERE m.loser = 24;
SELECT * FROM claims(ARRAY[21, 23, 24]);

-- Two that become a pair by another key are one by that until it goes as well.
INSERT INTO lead (id, name, company, phone, wechat) VALUES (35, '李娜', NULL, '13800000035', NULL), (36, NULL, '重庆信诚科技有限公司', '13800000036', NULL),
    (37, NULL, '重庆信诚科技有限公司', NULL, 'wxid_merge37'), (39, '李娜', NULL, '13800000039', NULL);
SELECT (merge_leads(35, ARRAY[36]))[1] AS first \gset
INSERT INTO lead (id, phone, wechat) VALUES (38, '13800000036', 'wxid_merge37') RETURNING merged_into;
SELECT (merge_leads(37, ARRAY[39]))[1] AS third \gset
SELECT lead_a, lead_b, kind, reason FROM duplicate WHERE lead_a = 35;
SELECT count(*) FROM merge_log m CROSS JOIN LATERAL unmerge(m.id) u WHERE m.loser = 38;
SELECT lead_a, lead_b, kind, reason FROM duplicate WHERE lead_a = 35 AND lead_b = 37;
SELECT * FROM unmerge(:first);
SELECT * FROM unmerge(:third);
SELECT lead_a, lead_b, kind, reason FROM duplicate WHERE lead_a = 35 AND lead_b = 37;

-- A key that a lead notes again, as a repeat inquiry gives it back, keeps its time.
INSERT INTO lead (id, name, phone, wechat) VALUES (25, '李娜', '400-800-8820', NULL), (26, '李娜', NULL, 'wxid_merge26');
SELECT remember();
SELECT (merge_leads(25, ARRAY[26], '{"phone": 26}'))[1] AS merge \gset
INSERT INTO lead (id, phone, wechat) VALUES (27, '400-800-8820', 'wxid_merge26') RETURNING merged_into;
SELECT count(*) FROM merge_log m CROSS JOIN LATERAL unmerge(m.id) u WHERE m.loser = 27;
SELECT * FROM unmerge(:merge);
SELECT count(*) AS changed FROM (TABLE was_identity EXCEPT TABLE identity) d;

-- A key that two pairs of different persons share is nobody's.
SELECT resolve_duplicate(id, 'distinct') FROM duplicate WHERE lead_a = 10 AND lead_b = 11;
SELECT * FROM claims(ARRAY[0, 10, 11, 12]);
SELECT resolve_duplicate(id, 'distinct') FROM duplicate WHERE lead_a = 10 AND lead_b = 12;
SELECT * FROM claims(ARRAY[0, 10, 11, 12]);
INSERT INTO lead (id, name, phone) VALUES (14, '张伟', '13900000001') RETURNING merged_into;

-- What cannot be done says why.
\set VERBOSITY default
SELECT merge_leads(1, ARRAY[1]);
SELECT merge_leads(1, '{}');
SELECT merge_leads(1, ARRAY[99]);
SELECT merge_leads(1, ARRAY[2, NULL]);
SELECT merge_leads(5, ARRAY[6]);
INSERT INTO lead (id, kind, project_name) VALUES (20, 'project', 'Tower');
SELECT merge_leads(1, ARRAY[20]);
SELECT merge_leads(1, ARRAY[2], '{"stage": 2}');
SELECT merge_leads(1, ARRAY[2], '{"phone": 3}');
SELECT merge_leads(1, ARRAY[2], '["phone"]');
SELECT * FROM unmerge(99);
SELECT * FROM unmerge(1);
SELECT (merge_leads(1, ARRAY[2]))[1] AS merge \gset
DELETE FROM lead WHERE id = 2;
SELECT * FROM unmerge(:merge);
SELECT resolve_duplicate(999);
SELECT resolve_duplicate(1, 'maybe');
SELECT resolve_duplicate(id, 'merge', 20) FROM duplicate WHERE lead_a = 10 AND lead_b = 12;
UPDATE lead SET merged_into = 1 WHERE id = 3;
CREATE ROLE regress_merge_stranger;
GRANT USAGE ON SCHEMA merge TO regress_merge_stranger;
SET ROLE regress_merge_stranger;
SELECT merge_leads(1, ARRAY[3]);
SELECT leadcrm.claim_keys('lead');
RESET ROLE;

-- Keys are claimed anew for leads that came while the triggers were off.
SELECT leadcrm.begin_restore('merge');
INSERT INTO lead (id, name, phone, first_source, last_source, last_inbound_at, created_at, updated_at)
VALUES (30, '张伟', '+8613700000001', 'x', 'x', now(), now(), now()), (31, '李娜', '+8613700000001', 'x', 'x', now(), now(), now());
SELECT leadcrm._enable_triggers('merge', true);
SELECT leadcrm.claim_keys('lead');
SELECT leadcrm.claim_keys('lead');
SELECT * FROM claims(ARRAY[30, 31]);
SELECT lead_a, lead_b, status FROM duplicate WHERE lead_a = 30;
SELECT leadcrm.rebuild_lifecycle('lead');
SELECT rebuild_cube();
SELECT severity, item, problem FROM leadcrm.check_workspace('merge') WHERE severity = 'error';

-- A lead in the middle of a chain of merges may be deleted.
INSERT INTO lead (id, name, phone, first_source) VALUES (40, 'Ann', '13700000040', 'x'), (41, 'Ann', '13700000040', 'x'), (42, 'Bob', '13700000042', 'x');
SELECT count(*) FROM merge_leads(42, ARRAY[40]);
DELETE FROM lead WHERE id = 40;
SELECT id, merged_into FROM lead WHERE id >= 40 ORDER BY id;
SELECT severity, item, problem FROM leadcrm.check_workspace('merge') WHERE severity = 'error';

RESET search_path;
DROP SCHEMA merge CASCADE;
DROP TABLE was_lead, was_identity, was_duplicate, was_activity;
DROP FUNCTION claims(bigint[]), remember(), differences();
DROP ROLE regress_merge_stranger;
