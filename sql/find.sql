-- Who is this, and by what is a lead known?
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT leadcrm.create_workspace('find', 'en');
SET search_path TO find, public;
INSERT INTO lead (id, name, company, phone, email, wechat, unionid, tax_id) VALUES
    (1, '张伟', '重庆华信科技有限公司', '13800000001', 'zhang.wei+crm@gmail.com', 'zhangwei_01', 'oABC123', '91500000MA5U0XXX7K');
INSERT INTO lead (id, name, phone, email) VALUES (2, '张伟', '13800000001', 'second@example.com');
INSERT INTO lead (id, name, phone) VALUES (3, '李娜', '13800000001'), (4, '王小明', '400-800-8820'), (5, '赵敏', '400-800-8820');
INSERT INTO lead (id, kind, company, project_name) VALUES (6, 'project', '上海远大建筑有限公司', '滨江 一号');

-- However it is spelled; holders come before those who wait.
SELECT * FROM find_lead('138 0000-0001');
SELECT * FROM find_lead('电话：+86 (138) 00000001');
SELECT * FROM find_lead('４００－８００－８８２０');
SELECT * FROM find_lead('ZhangWei@Gmail.com');
SELECT * FROM find_lead('Second@Example.com');
SELECT * FROM find_lead('ZHANGWEI_01');
SELECT * FROM find_lead('oABC123');
SELECT * FROM find_lead('91500000MA5U0XXX7K');
SELECT lead_id, kind FROM find_lead('华信科技 张伟');
SELECT lead_id, kind FROM find_lead('张伟，重庆华信科技有限公司');
SELECT lead_id, kind FROM find_lead('远大建筑 滨江一号');

-- By id; a merged row leads to the living one.
SELECT * FROM find_lead('2');
SELECT living_lead(1), living_lead(2), living_lead(99);

-- Nothing there is no error.
SELECT * FROM find_lead('13999999999');
SELECT * FROM find_lead('');
SELECT * FROM find_lead(NULL);
SELECT * FROM find_lead(repeat('1', 100000));

-- Scopes of a rule: every one is looked through.
UPDATE identity_rule SET scope = 'product_line' WHERE code = 'wechat';
INSERT INTO product_line (code, label) VALUES ('crm', 'CRM'), ('erp', 'ERP');
INSERT INTO lead (id, name, wechat, product_line) VALUES (7, 'Ann', 'wx_shared_1', 'crm'), (8, 'Ann', 'wx_shared_1', 'erp');
SELECT * FROM find_lead('wx_shared_1');

-- An expression's keys are found as they are.
INSERT INTO identity_rule (code, position, kind, expression, action) VALUES ('badge', 5, 'badge', $$attrs ->> 'badge'$$, 'merge');
INSERT INTO lead (id, name, attrs) VALUES (9, 'Bob', '{"badge": "B-77"}');
SELECT * FROM find_lead(' B-77 ');

-- What a lead holds, waits for, and owes to rows merged into it.
SELECT kind, key, state, holder, brought_by, rule FROM explain_identity(1);
SELECT kind, key, state, holder, brought_by, rule FROM explain_identity(2);
SELECT kind, key, state, holder, brought_by, rule FROM explain_identity(3);
SELECT kind, key, state, holder, brought_by, rule FROM explain_identity(4);
SELECT * FROM explain_identity(99);
SELECT * FROM leadcrm.identity_keys('lead', 1);
SELECT * FROM leadcrm.identity_keys('lead', 4);
SELECT * FROM leadcrm.identity_keys('lead', 99);

-- Writers may ask for ids; names are for those who see all.
CREATE ROLE regress_find_writer;
CREATE ROLE regress_find_admin;
SELECT grant_access('regress_find_writer', 'writer'), grant_access('regress_find_admin', 'admin');
SET ROLE regress_find_writer;
SELECT * FROM find_lead('13800000001');
SELECT count(*), count(key) AS keys FROM explain_identity(1);
SET ROLE regress_find_admin;
SELECT * FROM find_lead('13800000001');
RESET ROLE;

-- By index, in a workspace that has grown.
INSERT INTO lead (id, name, phone) SELECT 1000 + i, 'n', '+86137' || lpad(i::text, 8, '0') FROM generate_series(1, 10000) i;
ANALYZE lead;
ANALYZE identity;
SELECT pg_stat_force_next_flush();
BEGIN;
SELECT count(*) FROM find_lead('13700000007');
SELECT count(*) FROM find_lead('1007');
SELECT count(*) FROM explain_identity(1007);
SELECT relname, seq_scan, idx_scan > 0 AS by_index FROM pg_stat_xact_user_tables
 WHERE schemaname = 'find' AND relname IN ('lead', 'identity') ORDER BY relname;
COMMIT;

RESET search_path;
DROP SCHEMA find CASCADE;
DROP OWNED BY regress_find_writer, regress_find_admin;
DROP ROLE regress_find_writer, regress_find_admin;
