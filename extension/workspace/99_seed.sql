
-- part: seed

INSERT INTO identity_rule (code, position, lead_kind, kind, action, weak, check_name) VALUES
    ('unionid',         10, 'contact', 'unionid',         'merge',  false, false),
    ('phone',           20, 'contact', 'phone',           'merge',  false, true),
    ('email',           30, 'contact', 'email',           'merge',  false, false),
    ('wechat',          40, 'contact', 'wechat',          'merge',  false, false),
    ('company_person',  50, 'contact', 'company_person',  'review', false, false),
    ('tax_id',          60, 'contact', 'tax_id',          'link',   true,  false),
    ('company_project', 70, 'project', 'company_project', 'review', false, false),
    ('project_phone',   80, 'project', 'phone',           'link',   true,  false);

INSERT INTO field_alias (alias, field) VALUES
    ('name', 'name'), ('full name', 'name'), ('contact', 'name'), ('contact name', 'name'),
    ('contact person', 'name'), ('customer name', 'name'), ('lead name', 'name'), ('your name', 'name'),
    ('real name', 'name'),
    ('title', 'title'), ('job title', 'title'), ('job', 'title'), ('position', 'title'),
    ('job position', 'title'),
    ('company', 'company'), ('company name', 'company'), ('organization', 'company'),
    ('organisation', 'company'), ('employer', 'company'), ('business name', 'company'),
    ('account name', 'company'),
    ('phone', 'phone'), ('phone number', 'phone'), ('telephone', 'phone'), ('telephone number', 'phone'),
    ('tel', 'phone'), ('telphone', 'phone'), ('mobile', 'phone'), ('mobile phone', 'phone'),
    ('mobile number', 'phone'), ('cell', 'phone'), ('cellphone', 'phone'), ('cell phone number', 'phone'),
    ('contact number', 'phone'), ('contact phone', 'phone'),
    ('email', 'email'), ('email address', 'email'), ('mail', 'email'), ('work email', 'email'),
    ('contact email', 'email'),
    ('wechat', 'wechat'), ('wechat id', 'wechat'), ('wechat number', 'wechat'), ('weixin', 'wechat'),
    ('unionid', 'unionid'), ('wechat unionid', 'unionid'),
    ('tax id', 'tax_id'), ('tax number', 'tax_id'), ('vat number', 'tax_id'), ('credit code', 'tax_id'),
    ('unified social credit code', 'tax_id'),
    ('address', 'address'), ('street', 'address'), ('street address', 'address'),
    ('company address', 'address'),
    ('region', 'region'), ('city', 'region'), ('province', 'region'), ('state', 'region'),
    ('location', 'region'),
    ('industry', 'industry'), ('sector', 'industry'),
    ('product', 'product_line'), ('product name', 'product_line'), ('product line', 'product_line'),
    ('interested product', 'product_line'), ('product of interest', 'product_line'),
    ('company size', 'company_size'), ('employees', 'company_size'),
    ('number of employees', 'company_size'), ('headcount', 'company_size'), ('team size', 'company_size'),
    ('size', 'company_size'),
    ('budget', 'budget'), ('budget range', 'budget'),
    ('expected amount', 'expected_amount'), ('amount', 'expected_amount'), ('deal size', 'expected_amount'),
    ('currency', 'currency'),
    ('expected close date', 'expected_close_on'),
    ('content', 'content'), ('message', 'content'), ('need', 'content'), ('needs', 'content'),
    ('remark', 'content'), ('remarks', 'content'), ('comment', 'content'), ('comments', 'content'),
    ('note', 'content'), ('notes', 'content'), ('requirement', 'content'), ('requirements', 'content'),
    ('inquiry', 'content'), ('question', 'content'), ('description', 'content'),
    ('project', 'project_name'), ('project name', 'project_name'),
    ('partner', 'partner'), ('channel partner', 'partner'), ('referrer', 'partner'),
    ('referred by', 'partner'),
    ('campaign', 'campaign'), ('campaign name', 'campaign'), ('utm campaign', 'campaign'),
    ('source', 'source'), ('lead source', 'source'), ('utm source', 'source'),
    ('form', 'form'), ('form name', 'form'),
    ('external id', 'external_id'), ('lead id', 'external_id'),
    ('created at', 'created_at'), ('create time', 'created_at'), ('created time', 'created_at'),
    ('submitted at', 'created_at'), ('submit time', 'created_at'), ('timestamp', 'created_at'),
    ('text', 'text'), ('raw text', 'text');

INSERT INTO half_life (class, half_life, most) VALUES
    (1, '3 days',   40),
    (2, '14 days',  60),
    (3, '45 days',  80),
    (4, '180 days', 40);

INSERT INTO activity_kind (kind, direction, points, class, daily_cap) VALUES
    ('inquiry',                'in', 15, 3, 3),
    ('view_page',              'in',  1, 1, 10),
    ('view_product',           'in',  3, 1, 5),
    ('view_price',             'in',  5, 1, 5),
    ('download_whitepaper',    'in', 10, 2, 2),
    ('download_case',          'in', 10, 2, 2),
    ('download_document',      'in', 10, 2, 2),
    ('webinar_registered',     'in',  8, 3, 1),
    ('webinar_attended',       'in', 15, 3, 1),
    ('salon_registered',       'in',  8, 3, 1),
    ('salon_attended',         'in', 20, 3, 1),
    ('mail_opened',            'in',  2, 1, 3),
    ('mail_clicked',           'in',  4, 2, 3),
    ('ask_price',              'in', 25, 3, 2),
    ('ask_discount',           'in', 25, 3, 2),
    ('ask_solution',           'in', 25, 3, 2),
    ('ask_quote',              'in', 30, 3, 2),
    ('book_demo',              'in', 30, 3, 1),
    ('book_visit',             'in', 35, 3, 1),
    ('discuss_implementation', 'in', 30, 3, 1),
    ('discuss_contract',       'in', 35, 3, 1),
    ('message',                'in',  3, 2, 5),
    ('card_exchanged',         'in',  3, 4, 1),
    ('contact_left',           'in',  3, 4, 1),
    ('subscribed',             'in',  3, 4, 1);

-- What salespeople do.
INSERT INTO activity_kind (kind, direction, points) VALUES
    ('call', 'out', 0), ('visit', 'out', 0), ('meeting', 'out', 0), ('demo', 'out', 0), ('proposal', 'out', 0), ('chat', 'out', 0), ('mail', 'out', 0);

INSERT INTO process (code, subject, position, condition, active) VALUES
    ('project',     'lead',        10, $$kind = 'project'$$, true),
    ('lead',        'lead',        20, 'true',               true),
    ('opportunity', 'opportunity', 30, 'true',               true);

INSERT INTO stage (process, code, position, kind, probability, stuck_after) VALUES
    ('lead', 'new',         10, 'open', 0.05, '2 days'),
    ('lead', 'contacted',   20, 'open', 0.10, '7 days'),
    ('lead', 'analysis',    30, 'open', 0.25, '14 days'),
    ('lead', 'proposal',    40, 'open', 0.50, '14 days'),
    ('lead', 'negotiation', 50, 'open', 0.75, '21 days'),
    ('lead', 'won',         60, 'won',  1,    NULL),
    ('lead', 'lost',        70, 'lost', 0,    NULL),
    ('project', 'new',                10, 'open', 0.05, '3 days'),
    ('project', 'contacted',          20, 'open', 0.10, '14 days'),
    ('project', 'analysis',           30, 'open', 0.20, '30 days'),
    ('project', 'proposal_submitted', 40, 'open', 0.40, '30 days'),
    ('project', 'internal_review',    50, 'open', 0.55, '45 days'),
    ('project', 'negotiation',        60, 'open', 0.75, '45 days'),
    ('project', 'won',                70, 'won',  1,    NULL),
    ('project', 'lost',               80, 'lost', 0,    NULL),
    ('opportunity', 'qualified',   10, 'open', 0.25, '14 days'),
    ('opportunity', 'proposal',    20, 'open', 0.50, '14 days'),
    ('opportunity', 'quote',       30, 'open', 0.60, '14 days'),
    ('opportunity', 'negotiation', 40, 'open', 0.75, '21 days'),
    ('opportunity', 'won',         50, 'won',  1,    NULL),
    ('opportunity', 'lost',        60, 'lost', 0,    NULL);

-- Forward over any number of open stages, and back; won from the stages where
-- an offer is there; lost from any open one; reopened into any open one.
INSERT INTO transition (process, from_stage, to_stage)
SELECT a.process, a.code, b.code
  FROM stage a JOIN stage b ON b.process = a.process AND b.code <> a.code
 WHERE b.kind = 'open' AND a.kind IN ('open', 'lost')
    OR b.kind = 'won' AND a.kind = 'open' AND a.probability >= 0.4
    OR b.kind = 'open' AND a.kind = 'won' AND b.code = 'negotiation'
 ORDER BY a.process, a.position, b.position;
INSERT INTO transition (process, to_stage)
SELECT s.process, s.code FROM stage s WHERE s.kind = 'lost' ORDER BY s.process;

INSERT INTO stage_rule (code, process, position, activity_kind, to_stage) VALUES
    ('called',           'lead',    10, 'call',             'contacted'),
    ('met',              'lead',    20, 'meeting',          'contacted'),
    ('visited',          'lead',    30, 'visit',            'contacted'),
    ('proposed',         'lead',    40, 'proposal',         'proposal'),
    ('contract',         'lead',    50, 'discuss_contract', 'negotiation'),
    ('project_called',   'project', 60, 'call',             'contacted'),
    ('project_met',      'project', 70, 'meeting',          'contacted'),
    ('project_visited',  'project', 80, 'visit',            'contacted'),
    ('project_proposed', 'project', 90, 'proposal',         'proposal_submitted'),
    ('project_contract', 'project', 95, 'discuss_contract', 'negotiation');

INSERT INTO loss_reason (code, position, needs_note, needs_competitor) VALUES
    ('price',          10, false, false),
    ('features',       20, false, false),
    ('competitor',     30, false, true),
    ('budget',         40, false, false),
    ('timing',         50, false, false),
    ('no_answer',      60, false, false),
    ('not_a_customer', 70, false, false),
    ('cancelled',      80, false, false),
    ('other',          90, true,  false);

-- Asked for by name; a move asks for what its transition names.
INSERT INTO approval_rule (code, subject, position) VALUES
    ('visit',    'visit',    10),
    ('discount', 'discount', 20),
    ('contract', 'contract', 30);
INSERT INTO approval_level (rule, level, min_amount, managers) VALUES
    ('visit',    1, NULL,   '{1}'),
    ('discount', 1, NULL,   '{1}'),
    ('discount', 2, 50000,  '{2}'),
    ('contract', 1, NULL,   '{1}'),
    ('contract', 2, 500000, '{2}');

INSERT INTO intent_level (level, position, enter_at, leave_at, minimum_stay, follow_up) VALUES
    ('cold', 1, NULL, NULL, '1 day', '30 days'),
    ('warm', 2, 35,   25,   '1 day', '7 days'),
    ('hot',  3, 70,   55,   '1 day', '1 day');

INSERT INTO intent_rule (code, level, condition, holds_for) VALUES
    ('demo_form', 'hot', $$lower(last_form) IN ('book a demo', 'request a demo', 'request a quote', 'get a quote')$$, '30 days');

INSERT INTO intent_rule (code, level, activity_kinds, times, within, holds_for) VALUES
    ('asked_price',    'hot',  '{ask_price,ask_discount}',                            1, NULL,      '14 days'),
    ('asked_solution', 'hot',  '{ask_solution,ask_quote}',                            1, NULL,      '30 days'),
    ('booked',         'hot',  '{book_demo,book_visit}',                              1, NULL,      '30 days'),
    ('discusses',      'hot',  '{discuss_implementation,discuss_contract}',           1, NULL,      '30 days'),
    ('core_pages',     'warm', '{view_product,view_price}',                           3, '7 days',  '14 days'),
    ('downloaded',     'warm', '{download_whitepaper,download_case,download_document}', 1, NULL,    '14 days'),
    ('attended',       'warm', '{webinar_attended,salon_attended}',                   1, NULL,      '30 days'),
    ('mail_read',      'warm', '{mail_opened,mail_clicked}',                          2, '14 days', '14 days');

INSERT INTO score_cap (cap_group, most) VALUES
    ('title', 25), ('company', 20), ('budget', 30), ('contact', 12);

INSERT INTO score_rule (code, axis, condition, points, cap_group) VALUES
    ('title_chief',      'fit', $$lower(title) IN ('ceo', 'cto', 'cio', 'coo', 'cfo', 'founder', 'owner', 'president', 'managing director', 'general manager')$$, 25, 'title'),
    ('title_director',   'fit', $$lower(title) LIKE '%director%' OR lower(title) LIKE 'vp%' OR lower(title) LIKE 'vice president%' OR lower(title) LIKE 'head of %'$$, 20, 'title'),
    ('title_manager',    'fit', $$lower(title) LIKE '%manager%'$$, 12, 'title'),
    ('title_buyer',      'fit', $$lower(title) LIKE '%purchas%' OR lower(title) LIKE '%procurement%' OR lower(title) LIKE '%buyer%'$$, 15, 'title'),
    ('size_1000',        'fit', $$company_size >= 1000$$, 20, 'company'),
    ('size_200',         'fit', $$company_size BETWEEN 200 AND 999$$, 15, 'company'),
    ('size_50',          'fit', $$company_size BETWEEN 50 AND 199$$, 10, 'company'),
    ('size_10',          'fit', $$company_size BETWEEN 10 AND 49$$, 5, 'company'),
    ('budget_1000k',     'fit', $$budget_max >= 1000000$$, 25, 'budget'),
    ('budget_200k',      'fit', $$budget_max >= 200000 AND budget_max < 1000000$$, 20, 'budget'),
    ('budget_50k',       'fit', $$budget_max >= 50000 AND budget_max < 200000$$, 12, 'budget'),
    ('budget_some',      'fit', $$budget_max > 0 AND budget_max < 50000$$, 5, 'budget'),
    ('budget_exact',     'fit', $$budget_status = 'exact'$$, 5, 'budget'),
    ('phone_known',      'fit', $$phone IS NOT NULL$$, 5, 'contact'),
    ('mail_known',       'fit', $$email IS NOT NULL$$, 3, 'contact'),
    ('wechat_known',     'fit', $$wechat IS NOT NULL OR unionid IS NOT NULL$$, 3, 'contact'),
    ('company_known',    'fit', $$company IS NOT NULL$$, 3, 'contact'),
    ('industry_known',   'fit', $$industry IS NOT NULL$$, 2, 'contact'),
    ('partner_referral', 'fit', $$partner IS NOT NULL$$, 8, NULL),
    ('project',          'fit', $$kind = 'project'$$, 10, NULL),
    ('no_way_to_reach',  'penalty', $$phone IS NULL AND email IS NULL AND wechat IS NULL AND unionid IS NULL$$, -20, NULL),
    ('unreadable_phone', 'penalty', $$attrs -> 'flags' ? 'phone'$$, -10, NULL);

INSERT INTO pool (code, position) VALUES ('common', 10);

-- Examples, switched off: nobody is taken leads before somebody decides it.
INSERT INTO pool_rule (code, position, condition, intents, exempt, days_without_follow_up, warn_days, active) VALUES
    ('planned', 10, $$next_contact_at > as_of AND next_contact_at < as_of + interval '30 days'$$, NULL, true, NULL, 0, false),
    ('hot',     20, 'true', '{hot}',  false, 3,  1, false),
    ('warm',    30, 'true', '{warm}', false, 10, 2, false),
    ('cold',    40, 'true', '{cold}', false, 30, 3, false);

-- By territory, then by who knows the industry, then whoever has most room.
INSERT INTO assignment_rule (code, position, condition, strategy, by_territory, required_skills, pool) VALUES
    ('by_territory', 20, 'region IS NOT NULL',   'least_loaded', true,  '{}',         NULL),
    ('by_industry',  30, 'industry IS NOT NULL', 'skilled',      false, '{industry}', NULL),
    ('everybody',    40, 'true',                 'least_loaded', false, '{}',         'common');

-- Only where the server encoding can hold it.
-- part: seed chinese

INSERT INTO assignment_rule (code, position, condition, strategy, by_territory, rep_position) VALUES
    ('quote_to_director', 10, $$last_source = '官网-索要报价' OR last_source = '官网' AND last_form = '索要报价'$$, 'direct', true, 'director');

INSERT INTO intent_rule (code, level, condition, holds_for) VALUES
    ('asked_quote', 'hot', $$last_source = '官网-索要报价' OR last_form IN ('索要报价', '预约演示', '预约参观', '申请试用')$$, '30 days'),
    ('writes_of_price', 'hot', $$attrs ->> 'content' LIKE '%报价%' OR attrs ->> 'content' LIKE '%价格%' OR attrs ->> 'content' LIKE '%多少钱%' OR attrs ->> 'content' LIKE '%折扣%' OR attrs ->> 'content' LIKE '%优惠%'$$, '14 days'),
    ('writes_of_solution', 'hot', $$attrs ->> 'content' LIKE '%解决方案%' OR attrs ->> 'content' LIKE '%实施%' OR attrs ->> 'content' LIKE '%合同%' OR attrs ->> 'content' LIKE '%演示%'$$, '14 days');

INSERT INTO intent_rule (code, level, condition, holds_for) VALUES
    ('took_document', 'warm', $$last_form IN ('下载白皮书', '下载案例', '下载资料', '下载技术文档')$$, '14 days');

INSERT INTO score_rule (code, axis, condition, points, cap_group) VALUES
    ('title_chief_zh',    'fit', $$title LIKE '%董事长%' OR title LIKE '%总经理%' OR title LIKE '%总裁%' OR title LIKE '%创始人%' OR title LIKE '%法人%' OR title LIKE '%老板%' OR title LIKE '%厂长%'$$, 25, 'title'),
    ('title_director_zh', 'fit', $$title LIKE '%总监%' OR title LIKE '%副总%' OR title LIKE '%首席%'$$, 20, 'title'),
    ('title_manager_zh',  'fit', $$title LIKE '%经理%' AND title NOT LIKE '%总经理%' OR title LIKE '%主管%' OR title LIKE '%主任%' OR title LIKE '%部长%'$$, 12, 'title'),
    ('title_buyer_zh',    'fit', $$title LIKE '%采购%'$$, 15, 'title');

INSERT INTO region (code, name, full_name, parent, level)
SELECT code, name, full_name, parent, level FROM leadcrm.regions() ORDER BY level, code;

INSERT INTO field_alias (alias, field) VALUES
    ('姓名', 'name'), ('名字', 'name'), ('称呼', 'name'), ('联系人', 'name'), ('联系人姓名', 'name'),
    ('客户姓名', 'name'), ('您的姓名', 'name'), ('真实姓名', 'name'), ('用户姓名', 'name'),
    ('负责人', 'name'),
    ('职位', 'title'), ('职务', 'title'), ('头衔', 'title'), ('岗位', 'title'), ('职称', 'title'),
    ('公司', 'company'), ('公司名', 'company'), ('公司名称', 'company'), ('公司全称', 'company'),
    ('单位', 'company'), ('单位名称', 'company'), ('工作单位', 'company'), ('企业', 'company'),
    ('企业名称', 'company'), ('所在公司', 'company'), ('客户名称', 'company'), ('客户公司', 'company'),
    ('机构名称', 'company'),
    ('电话', 'phone'), ('电话号码', 'phone'), ('联系电话', 'phone'), ('手机', 'phone'), ('手机号', 'phone'),
    ('手机号码', 'phone'), ('联系手机', 'phone'), ('移动电话', 'phone'), ('联系方式', 'phone'),
    ('座机', 'phone'), ('固定电话', 'phone'), ('公司电话', 'phone'), ('办公电话', 'phone'),
    ('您的电话', 'phone'), ('来电号码', 'phone'), ('主叫号码', 'phone'),
    ('邮箱', 'email'), ('邮件', 'email'), ('电子邮箱', 'email'), ('电子邮件', 'email'),
    ('邮箱地址', 'email'), ('联系邮箱', 'email'),
    ('微信', 'wechat'), ('微信号', 'wechat'), ('微信号码', 'wechat'), ('微信账号', 'wechat'),
    ('联系微信', 'wechat'),
    ('微信unionid', 'unionid'),
    ('税号', 'tax_id'), ('纳税人识别号', 'tax_id'), ('统一社会信用代码', 'tax_id'),
    ('社会信用代码', 'tax_id'), ('信用代码', 'tax_id'),
    ('地址', 'address'), ('公司地址', 'address'), ('单位地址', 'address'), ('联系地址', 'address'),
    ('详细地址', 'address'), ('办公地址', 'address'), ('所在地址', 'address'),
    ('地区', 'region'), ('城市', 'region'), ('省份', 'region'), ('省市', 'region'), ('省', 'region'),
    ('区域', 'region'), ('所在地', 'region'), ('所在地区', 'region'), ('所在城市', 'region'),
    ('行业', 'industry'), ('所属行业', 'industry'), ('所在行业', 'industry'), ('行业类别', 'industry'),
    ('产品', 'product_line'), ('产品名称', 'product_line'), ('产品线', 'product_line'),
    ('意向产品', 'product_line'), ('咨询产品', 'product_line'), ('感兴趣的产品', 'product_line'),
    ('人数', 'company_size'), ('规模', 'company_size'), ('公司规模', 'company_size'),
    ('企业规模', 'company_size'), ('公司人数', 'company_size'), ('员工人数', 'company_size'),
    ('员工数', 'company_size'), ('团队规模', 'company_size'),
    ('预算', 'budget'), ('预算金额', 'budget'), ('预算范围', 'budget'), ('采购预算', 'budget'),
    ('项目预算', 'budget'),
    ('预计金额', 'expected_amount'), ('预计成交金额', 'expected_amount'), ('意向金额', 'expected_amount'),
    ('币种', 'currency'),
    ('预计成交日期', 'expected_close_on'), ('预计成交时间', 'expected_close_on'),
    ('需求', 'content'), ('需求描述', 'content'), ('您的需求', 'content'), ('留言', 'content'),
    ('留言内容', 'content'), ('备注', 'content'), ('内容', 'content'), ('咨询内容', 'content'),
    ('说明', 'content'), ('描述', 'content'), ('问题', 'content'),
    ('项目', 'project_name'), ('项目名称', 'project_name'), ('工程名称', 'project_name'),
    ('伙伴', 'partner'), ('渠道伙伴', 'partner'), ('合作伙伴', 'partner'), ('渠道商', 'partner'),
    ('代理商', 'partner'), ('推荐人', 'partner'), ('介绍人', 'partner'),
    ('计划', 'campaign'), ('推广计划', 'campaign'), ('计划名称', 'campaign'), ('推广活动', 'campaign'),
    ('活动名称', 'campaign'),
    ('来源', 'source'), ('线索来源', 'source'), ('来源渠道', 'source'), ('渠道', 'source'),
    ('表单', 'form'), ('表单名称', 'form'),
    ('线索编号', 'external_id'), ('外部编号', 'external_id'),
    ('时间', 'created_at'), ('提交时间', 'created_at'), ('创建时间', 'created_at'),
    ('留资时间', 'created_at'), ('录入时间', 'created_at'),
    ('原文', 'text'), ('全文', 'text');

-- Only with the sample leads: made-up people to whom they can go.
-- part: sample

INSERT INTO team (code, parent) VALUES ('sales', NULL), ('chongqing', 'sales'), ('south', 'sales'), ('industry', 'sales');

INSERT INTO rep (code, team, position, capacity, daily_limit) VALUES
    ('zhang', 'chongqing', 'director', 300, NULL),
    ('li',    'chongqing', 'rep',      900, NULL),
    ('wang',  'chongqing', 'rep',      900, NULL),
    ('zhao',  'south',     'director', 300, NULL),
    ('qian',  'south',     'rep',      800, NULL),
    ('sun',   'industry',  'rep',      800, NULL),
    ('zhou',  'industry',  'rep',      800, NULL),
    ('wu',    'sales',     'rep',      800, 150),
    ('zheng', 'sales',     'rep',      800, NULL);

UPDATE team t SET manager = m.manager FROM (VALUES
    ('sales', 'zhang'), ('chongqing', 'zhang'), ('south', 'zhao')
) AS m (code, manager) WHERE m.code = t.code;

INSERT INTO rep_absence (rep, from_at, until_at) VALUES ('zheng', now(), now() + interval '7 days');

INSERT INTO rep_skill (rep, kind, value, level) VALUES
    ('sun',  'industry', 'manufacturing', 5), ('sun',  'industry', 'automotive', 5), ('sun',  'industry', 'electronics', 4),
    ('sun',  'industry', 'construction',  3), ('sun',  'industry', 'energy',     3), ('sun',  'industry', 'logistics',   2),
    ('zhou', 'industry', 'software',      5), ('zhou', 'industry', 'education',  4), ('zhou', 'industry', 'healthcare',  4),
    ('zhou', 'industry', 'retail',        3), ('zhou', 'industry', 'catering',   3), ('zhou', 'industry', 'logistics',   3);

INSERT INTO territory (code, regions) VALUES
    ('chongqing',      '{50}'),
    ('chongqing_main', '{500103,500104,500105,500106,500107,500108,500109,500112,500113}'),
    ('chongqing_west', '{500111,500116,500117,500118,500120,500151,500152,500153}'),
    ('south',          '{44,45,46}')
ON CONFLICT (code) DO NOTHING;

UPDATE territory SET parent = 'chongqing' WHERE code IN ('chongqing_main', 'chongqing_west');

INSERT INTO territory_rep (territory, rep) VALUES
    ('chongqing',      'zhang'), ('chongqing',      'li'), ('chongqing', 'wang'),
    ('chongqing_main', 'zhang'), ('chongqing_main', 'li'),
    ('chongqing_west', 'zhang'), ('chongqing_west', 'wang'),
    ('south',          'zhao'),  ('south',          'qian');

INSERT INTO assignment_rule (code, position, condition, strategy, pool) VALUES
    ('nowhere_to_call', 5, 'phone IS NULL AND email IS NULL AND wechat IS NULL AND unionid IS NULL', 'pool', 'common');
