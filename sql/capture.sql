-- capture() and capture_many(): what payloads become, and who is told.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SET client_min_messages = warning;
SET TIME ZONE 'UTC';
SELECT leadcrm.create_workspace('crm');

-- What single cells say.
SELECT replace(v, U&'\FEFF', '[mark]') AS v, leadcrm.cell_text(v), leadcrm.is_test_text(v)
  FROM unnest(ARRAY['', '  ', U&'\FEFF\00A0张三\3000', '''13800138000', '="0755-1"', '无', 'N/A', '--', 'none', 'Nina',
                    '测试', 'test01', 'asdf', '11111111111', '12345678901', '13800138000', '丽丽', 'a']) WITH ORDINALITY AS t (v, o)
 ORDER BY o;
SELECT v, leadcrm.job_title_in(v)
  FROM unnest(ARRAY['张总', '王经理', '王先生', '张女士', 'Ms. Lee', '张三']) WITH ORDINALITY AS t (v, o) ORDER BY o;
SELECT v, leadcrm.try_timestamp(v, 'Asia/Shanghai', f)
  FROM (VALUES (1, '2026-01-05', NULL), (2, '2026/1/5 9:30', NULL), (3, '2026年1月5日 9时30分', NULL), (4, '20260105093000', NULL),
               (5, '2026-01-05T09:30:00Z', NULL), (6, '2026-01-05T09:30:00.25+02:00', NULL), (7, '1767576600', NULL),
               (8, '1767576600000', NULL), (9, '２０２６－０１－０５', NULL), (10, '05-01-2026', 'DD-MM-YYYY'),
               (11, '5/1/2026 9:30', 'DD/MM/YYYY HH24:MI'), (12, '5/1/2026', 'DD/MM/YYYY HH24:MI'),
               (13, '05-01-2026', NULL), (14, '2026-02-30', NULL), (15, 'tomorrow', NULL), (16, '2026-13-01', NULL),
               (17, '99999999999999', NULL), (18, NULL, NULL)) AS t (o, v, f) ORDER BY o;
SELECT leadcrm.try_timestamp('2026-01-05', 'Mars/Phobos');
SELECT leadcrm.try_timestamp('2026-01-05', 'UTC', 'Mon DD');

-- Free text.
SELECT i.* FROM unnest(ARRAY[
    '上海禾樾建筑工程有限公司的孙秀鹏来电，电话13676040450，需要一套客户管理系统',
    '来电号码13676040450，自称成都樾麓机械制造有限责任公司赵林（采购），想看一下演示',
    '客户李丽鹏，13908912679，想了解价格，预算￥200,000',
    '问问有没有优惠。联系人：李工；电话：15551748330；公司：重庆钧屿电子科技有限责任公司',
    '我是香港昱沃信息技術股份有限公司的陳永凱，想看一下演示，我的电话是+852-63962817',
    '吴小成说要求私有化部署，请回电13698344062',
    'This is Dana Whitlow from Quillmark GmbH, we need 20 seats',
    '我是做外贸的，想了解价格', '你们的方案多少钱', '']) WITH ORDINALITY AS t (v, o), leadcrm.inquiry_parts(v) i ORDER BY o;

-- Every spelling of a name in its column, the rest in attrs, nothing lost.
SELECT intake_id, lead_id, outcome, detail FROM crm.capture('官网', '{"姓名": "张伟总", "手机": "138 0013 8000／023-6312 3456",
    "公司名称": "重庆钧笙餐饮管理有限公司", "邮箱": "ZHANG@example.com; z2@example.com", "预算": "20万左右", "人数": "50-100人",
    "openid": "o1", "城市": "重庆", "预计成交日期": "2026-12-31", "奇怪": {"a": [1, null]}, "空": "", "无": null}', '索要报价');
\x
SELECT name, title, company, phone, email, region, company_size, budget_min, budget_max, budget_status, currency, expected_close_on,
       first_source, last_form, attrs FROM crm.lead;
SELECT payload, source, form, actor = current_user AS actor FROM crm.intake;
\x

-- created, merged, review, linked, rejected; odd fields are kept and flagged.
SELECT * FROM crm.capture_many('website', ARRAY[
    '{"name": "Zhang Wei", "mobile": "+86-13800138001", "company": "Example Ltd"}',
    '{"full name": "Zhang Wei", "Phone": "0086 138-0013-8001", "message": "call me"}',
    '{"name": "李四", "tel": "13800138000"}',
    '{"姓名": "王五", "电话": "1.38E+10"}',
    '{"项目名称": "一期工程", "公司": "示例甲有限公司", "联系人": "赵六", "电话": "13800138001"}',
    '{"text": "睿笙物流的陈家玲来电，电话+8613930989163，要求私有化部署"}',
    '{"name": "钱七", "email": "not an address", "预计成交日期": "soon"}',
    '{"name": "孙八", "phone": ["13800138008", "13800138009"]}',
    '{}', '{"form": "f", "姓名": "无"}', '{"name": "测试", "mobile": "11111111111"}', '{"备注": "你好"}',
    '{"unionid": "oU1", "nickname": "🌞", "备注": "需要报价单"}']::jsonb[], 'form 1');
SELECT name, company, phone, email, kind, last_form, attrs FROM crm.lead WHERE first_source = 'website' ORDER BY id;

-- The same external_id: the same answer, nothing written; from the payload, the
-- argument, or within one call.
SELECT * FROM crm.capture('抖音', '{"name": "周九", "phone": "13800138010"}', NULL, 'DY1');
SELECT * FROM crm.capture('抖音', '{"name": "别人", "phone": "13800138011"}', NULL, 'DY1');
SELECT * FROM crm.capture_many('抖音', ARRAY['{"name": "别人", "external_id": "DY1"}', '{"name": "吴十", "线索编号": "DY2"}',
                                             '{"name": "郑一", "external_id": "DY2"}']::jsonb[]);
SELECT outcome FROM crm.capture('360', '{"name": "别人"}', NULL, 'DY1');     -- another source's
INSERT INTO crm.lead (name, first_source, external_id) VALUES ('直接', '抖音', 'DY3');
SELECT intake_id, lead_id = (SELECT id FROM crm.lead WHERE external_id = 'DY3') AS found, outcome, detail
  FROM crm.capture('抖音', '{"name": "直接"}', NULL, 'DY3');
SELECT outcome FROM crm.capture('抖音', '{}', NULL, 'DY4');
SELECT outcome FROM crm.capture('抖音', '{"landing page": "p1"}', NULL, 'DY5');   -- a channel's id is something to go on
SELECT count(*), count(external_id) FROM crm.intake WHERE source = '抖音';

-- Whatever a row raises: it is rejected with the reason, the others come in.
CREATE FUNCTION crm.no_tens() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.name LIKE '%0' THEN
        RAISE division_by_zero USING MESSAGE = 'no tens', DETAIL = 'secret of another lead';
    ELSIF NEW.name = 'lock' THEN
        RAISE lock_not_available USING MESSAGE = 'try again';
    ELSIF NEW.name = 'full' THEN
        RAISE disk_full;
    ELSIF NEW.name = 'race' THEN
        RAISE serialization_failure;
    ELSIF NEW.name = 'stop' THEN
        RAISE query_canceled;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER zz BEFORE INSERT ON crm.lead FOR EACH ROW EXECUTE FUNCTION crm.no_tens();
SELECT outcome, count(*), min(position), max(position), min(detail)
  FROM crm.capture_many('many', (SELECT array_agg(jsonb_build_object('name', 'N' || i, 'phone', (13900000000 + i)::text) ORDER BY i)
                                   FROM generate_series(1, 64) i)) GROUP BY 1 ORDER BY 1;
SELECT payload, error, detail FROM crm.intake WHERE source = 'many' AND outcome = 'rejected' ORDER BY id LIMIT 2;
SELECT count(*) FROM (SELECT lead_id, position, lag(lead_id) OVER (ORDER BY position) AS before
                        FROM crm.capture_many('order', (SELECT array_agg(jsonb_build_object('name', 'N' || i * 11) ORDER BY i)
                                                          FROM generate_series(1, 9) i))) a WHERE before > lead_id;
UPDATE crm.source SET on_duplicate = 'reject' WHERE code = 'many';
SELECT outcome, detail FROM crm.capture('many', '{"name": "N1", "phone": "13900000001"}');
-- Not the payload's fault: raised.
\set VERBOSITY sqlstate
SELECT crm.capture('x', '{"name": "lock"}');
SELECT crm.capture('x', '{"name": "full"}');
SELECT crm.capture_many('x', ARRAY['{"name": "ok"}', '{"name": "race"}']::jsonb[]);
SELECT crm.capture('x', '{"name": "stop"}');
DROP TRIGGER zz ON crm.lead;
-- Broken calls.
\set VERBOSITY terse
SELECT crm.capture(NULL, '{}');
SELECT crm.capture('  ', '{}');
SELECT crm.capture(repeat('x', 501), '{}');
SELECT crm.capture('x', NULL);
SELECT crm.capture('x', '[1]');
SELECT crm.capture_many('x', NULL);
SELECT crm.capture_many('x', ARRAY['{"name": "a"}', NULL]::jsonb[]);
SELECT * FROM crm.capture_many('x', '{}');
SELECT count(*) FROM crm.intake WHERE source = 'x';
-- An id too long for a key stays in the payload.
SELECT outcome FROM crm.capture('x', '{"name": "long"}', NULL, repeat('9', 600));
SELECT external_id, length(payload ->> 'external_id') FROM crm.intake WHERE source = 'x';

-- A payload says neither when nor where it comes from.
SELECT outcome FROM crm.capture('y', '{"name": "old", "source": "ad", "created_at": "2001-01-01"}');
SELECT created_at > now() - interval '1 minute' AS present, last_source, attrs FROM crm.lead WHERE first_source = 'y';
SELECT code, active, added_by FROM crm.source WHERE code = 'y';

-- Who is told.
CREATE ROLE regress_capture_writer;
CREATE ROLE regress_capture_intake;
SELECT crm.grant_access('regress_capture_writer', 'writer'), crm.grant_access('regress_capture_intake', 'intake');
SET ROLE regress_capture_writer;
SELECT outcome, lead_id IS NOT NULL AS told FROM crm.capture('z', '{"name": "writer", "phone": "13800138001"}');
SET ROLE regress_capture_intake;
SELECT * FROM crm.capture('z', '{"name": "Zhang Wei", "phone": "13800138001"}', NULL, 'Z1');
SELECT * FROM crm.capture_many('z', ARRAY['{}', '{"name": "x1", "phone": "13800138001"}']::jsonb[]);
SELECT crm._answer_payloads('crm.lead', 'z', ARRAY['{}']::jsonb[], NULL, NULL);
RESET ROLE;
SELECT outcome, actor FROM crm.intake WHERE source = 'z' ORDER BY id;

-- Renamed by hand, with another schema planted under the old name.
ALTER SCHEMA crm RENAME TO crm_real;
CREATE SCHEMA crm;
CREATE TABLE crm.lead (LIKE crm_real.lead INCLUDING ALL);
CREATE TABLE crm.intake (LIKE crm_real.intake INCLUDING ALL);
CREATE FUNCTION crm._field_aliases(boolean) RETURNS jsonb LANGUAGE plpgsql AS 'BEGIN RAISE ''hijacked''; END';
CREATE FUNCTION crm._may_know() RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''hijacked''; END';
SELECT crm_real.capture('x', '{"name": "a"}');
DROP SCHEMA crm CASCADE;
SELECT crm_real.capture('x', '{"name": "a"}');
ALTER SCHEMA crm_real RENAME TO crm;

-- Sample leads one by one: each gets one answer, none an error.
SELECT count(*), count(*) FILTER (WHERE o.n <> 1) AS unanswered
  FROM (SELECT s.position, (SELECT count(*) FROM crm.capture(s.source, s.payload, s.form, s.external_id)) AS n
          FROM leadcrm.sample_leads(300) s) o;
SELECT count(*) FILTER (WHERE error IS NOT NULL) AS errors FROM crm.intake WHERE source IN (SELECT source FROM leadcrm.sample_leads(300));

DROP SCHEMA crm CASCADE;
DROP ROLE regress_capture_writer;
DROP ROLE regress_capture_intake;
