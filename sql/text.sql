--
-- Text functions: folding, mail addresses, people, WeChat ids, tax ids,
-- quantities.  A NULL answer shows as "-".
--
\pset null '-'
\pset format unaligned
\pset footer off

--
-- fold_text and simplify_text
--
SELECT t AS given, leadcrm.fold_text(t), leadcrm.simplify_text(t)
FROM (VALUES
	(1, 'ＡＢＣ　１２３'), (2, '㈱①⑴㎡Ⅻ№'), (3, 'ｶﾞｷﾞｸﾞﾊﾟﾋﾟｳﾞ'), (4, '重慶長安（集團）有限公司。'),
	(5, '乾隆 乾燥 皇后 著作 憑藉 慰藉 瞭解 瞭望 反覆 覆蓋'), (6, 'ÀÉÎ ΣΑΣ ЖЩ ſ'),
	(7, E' a \t\n b　c '), (8, U&'a\200Bb\FEFFc\202Ed\00ADe'), (9, U&'\F900\F9DC\2F00'),
	(10, '10² ½'), (11, '，。！？'), (12, ' '), (13, ''), (14, U&'\3164\2800'),
	(15, '𠀾𫝈')) v(n, t)
ORDER BY n;

-- folding a folded text changes nothing, whatever the character
SELECT count(*) AS changed
FROM generate_series(1, x'10FFFF'::int) c
WHERE c NOT BETWEEN x'D800'::int AND x'DFFF'::int
	AND (leadcrm.fold_text(leadcrm.fold_text(chr(c))) IS DISTINCT FROM leadcrm.fold_text(chr(c))
		OR leadcrm.simplify_text(leadcrm.simplify_text(chr(c))) IS DISTINCT FROM leadcrm.simplify_text(chr(c)));

-- simplified text stays as it is
SELECT leadcrm.simplify_text('若干隆重的后来只有面条干杯借口了解') AS same;

-- the longest expansion, many times
SELECT length(leadcrm.fold_text(repeat('㌖', 100000))), length(leadcrm.fold_text(repeat('㌖', 100000) || '！'));

--
-- normalize_email, email_key, email_is_shared
--
SELECT t AS given, leadcrm.normalize_email(t), leadcrm.email_key(t), leadcrm.email_is_shared(t) AS shared
FROM (VALUES
	-- valid
	(1, 'wei.zhang@example.cn'), (2, ' Wei.ZHANG@Example.CN '), (3, '"张伟" <wei@example.cn>'),
	(4, 'Zhang Wei <wei@example.cn>;'), (5, 'mailto:wei@example.cn?subject=报价'),
	(6, '邮箱：ｗｅｉ＠ｅｘａｍｐｌｅ．ｃｎ'), (7, 'wei@example。cn。'), (8, 'wei @ example.cn,'),
	(9, '<wei@example.cn>'), (10, '''wei@example.cn'''), (11, 'wei@example.cn <wei@example.cn>'),
	(12, 'w.e.i+fair@gmail.com'), (13, 'w.e.i@GoogleMail.com'), (14, 'w.e.i+fair@example.com'),
	(15, '+wei@example.cn'), (16, '张伟@例子.中国'), (17, 'a@b.co'), (18, '10001@qq.com'),
	-- of an office
	(19, 'info@example.cn'), (20, 'sales02@example.cn'), (21, 'no-reply@example.cn'),
	(22, 'Support+42@example.cn'), (23, '客服@example.cn'), (24, 'information.wei@example.cn'),
	-- invalid
	(30, 'wei'), (31, 'wei@'), (32, '@example.cn'), (33, 'wei@example'), (34, 'wei@@example.cn'),
	(35, 'wei..zhang@example.cn'), (36, '.wei@example.cn'), (37, 'wei.@example.cn'),
	(38, 'wei@-example.cn'), (39, 'wei@example-.cn'), (40, 'wei@example..cn'), (41, 'wei@127.0.0.1'),
	(42, 'zhang wei@example.cn'), (43, '"zhang wei"@example.cn'), (44, 'wei@example.cn hua@example.cn'),
	(45, 'wei@example.cn,hua@example.cn'), (46, 'wei@exam_ple.cn'), (47, 'wei@example.c'),
	(48, ''), (49, '无'), (50, 'wei，@example.cn')) v(n, t)
ORDER BY n;

-- longest: local part 64, label 63, address 254
SELECT n, length(leadcrm.normalize_email(t))
FROM (VALUES
	(1, repeat('a', 64) || '@b.cn'), (2, repeat('a', 65) || '@b.cn'),
	(3, 'a@' || repeat('b', 63) || '.cn'), (4, 'a@' || repeat('b', 64) || '.cn'),
	(5, 'a@' || repeat('bbbbbbb.', 31) || 'cnnn'), (6, 'a@' || repeat('bbbbbbb.', 31) || 'cnnnn')) v(n, t)
ORDER BY n;

--
-- emails_in
--
SELECT leadcrm.emails_in('请发到wei@example.cn谢谢，抄送 Hua＠Example.com。email=li.na+1@example.co.uk; wei@example.cn');
SELECT leadcrm.emails_in('x@y @example.cn a@b@example.cn wei@example.cn/hua@example.cn, -li-@example.cn-');
SELECT leadcrm.emails_in('没有邮箱'), leadcrm.emails_in('');
SELECT cardinality(leadcrm.emails_in(string_agg('a' || i || '@example.cn', ' '))) FROM generate_series(1, 1000) i;

--
-- person_name, person_title, person_key
--
SELECT t AS given, leadcrm.person_name(t) AS name, leadcrm.person_title(t) AS title, leadcrm.person_key(t) AS key
FROM (VALUES
	(1, '张伟'), (2, ' 张　伟 '), (3, '張偉 總經理'), (4, '张伟先生'), (5, '王芳销售总监'), (6, '销售总监王芳'),
	(7, '联系人：赵六女士'), (8, '李雷（采购）'), (9, '李雷 CEO'), (10, '张伟总经理先生'), (11, '李建工'),
	(12, '欧阳修经理'), (13, '阿卜杜拉·买买提'), (14, 'Mr. John Smith'), (15, 'Smith, Mary'), (16, 'JOHN  SMITH'),
	(17, 'Missy Lee'), (18, 'John Smith, Manager'), (19, 'José García'), (20, 'J. R. Smith'),
	-- a surname alone is no evidence
	(30, '张总'), (31, '张工'), (32, '欧阳'), (33, '司馬先生'), (34, '老王'), (35, '小李'), (36, 'Mr. Zhang'),
	(37, 'Wang'), (38, '陈'),
	-- no name
	(40, '先生'), (41, '采购经理'), (42, '未知'), (43, 'N/A'), (44, '13800138000'), (45, '！！！'), (46, ''),
	(47, 'wei@example.cn'), (48, 'Dr.'), (49, '微信用户')) v(n, t)
ORDER BY n;

SELECT leadcrm.person_name(repeat('张', 64)) IS NULL AS longest, leadcrm.person_name(repeat('张', 65)) IS NULL AS longer;

-- the name of a name is the name
SELECT t, leadcrm.person_name(t)
FROM (SELECT s || g || e AS t
	  FROM unnest(ARRAY['', '总', '张', '欧阳', 'Mr. ', '联系人：', '(']) s,
		   unnest(ARRAY['', '伟', '工', '先生', ' Wei', '李雷']) g,
		   unnest(ARRAY['', '总', '工', ' CEO', '（总）', '经理', '，', ')']) e) x
WHERE leadcrm.person_name(leadcrm.person_name(t)) IS DISTINCT FROM leadcrm.person_name(t);

--
-- person_in
--
SELECT t AS given, leadcrm.person_in(t)
FROM (VALUES
	(1, '你好，我叫张伟，想咨询报价'), (2, '我叫张伟想了解一下'), (3, E'姓名：李雷\n电话：13800138000'),
	(4, '联系人:王小明先生 13800138000'), (5, '请联系张总电话138'), (6, '我是王芳，做建材的'), (7, '免贵姓欧阳'),
	(8, 'My name is John Smith and I want a quote'), (9, 'Contact: Mary O''Brien, 138'), (10, '找一下王小明经理'),
	(11, 'contact: wei'), (12, '聯繫人：陳先生'), (13, '联系人：小李'), (14, 'This is Mike from Example'),
	-- none
	(20, '我是采购经理'), (21, '我是高级工程师'), (22, '我是房东'), (23, '总价多少'), (24, '项目经理你好'),
	(25, '我是时代公司的'), (26, 'please contact us'), (27, '联系人和电话'), (28, 'I am looking for a crane'), (29, '')) v(n, t)
ORDER BY n;

--
-- wechat_id, wechat_in
--
SELECT t AS given, leadcrm.wechat_id(t), leadcrm.wechat_in(t)
FROM (VALUES
	(1, 'Wei_Zhang-88'), (2, '微信：wei_88'), (3, 'WeChat: Wei_88'), (4, 'VX wei8888'), (5, 'V信:wei_88'),
	(6, 'wx13800138000'), (7, 'ｗｅｉ８８８８'), (8, 'abcdef'), (9, repeat('a', 20)), (10, '加微信 wei8888 详聊'),
	(11, '微信號是wei_88 电话13800138000'),
	-- none
	(20, '微信同手机'), (21, 'wx:13800138000'), (22, '13800138000'), (23, 'abcde'), (24, repeat('a', 21)),
	(25, '1abcdef'), (26, 'weixin'), (27, 'wechat payment terms'), (28, 'wei@example.cn'), (29, '微信'), (30, '')) v(n, t)
ORDER BY n;

--
-- tax_id, tax_id_valid
--
SELECT t AS given, leadcrm.tax_id(t), leadcrm.tax_id_valid(t) AS valid
FROM (VALUES
	(1, '91500000MA5U7X2K0K'), (2, '9150 0000-ma5u 7x2k 0k'), (3, '税号：91500000MA5U7X2K0K'),
	(4, '統一社會信用代碼 91500000MA5U7X2K0K'), (5, '９１５０００００ＭＡ５Ｕ７Ｘ２Ｋ０Ｋ'),
	(6, '125000004501234568'), (7, '91500000MA5U7X2K00'),
	-- none
	(10, '91500000MA5U7X2K0'), (11, '91500000MA5U7X2K000'), (12, '91500000MA5U7I2K00'), (13, '91A00000MA5U7X2K00'),
	(14, '110108551385082'), (15, '11010519491231002X'), (16, ''), (17, '税号')) v(n, t)
ORDER BY n;

-- one check digit of 31 is right
SELECT count(*) FILTER (WHERE leadcrm.tax_id_valid('91500000MA5U7X2K0' || c)) AS valid, count(*)
FROM regexp_split_to_table('0123456789ABCDEFGHJKLMNPQRTUWXY', '') c;

--
-- quantity_low, quantity_high, quantity_vague, money_currency
--
SELECT t AS given, leadcrm.quantity_low(t) AS low, leadcrm.quantity_high(t) AS high,
	leadcrm.quantity_vague(t) AS vague, leadcrm.money_currency(t) AS currency
FROM (VALUES
	(1, '50-100人'), (2, '50 - 100 employees'), (3, '１００～２００人'), (4, '20万左右'), (5, '约3千'), (6, '二十万'),
	(7, '20w'), (8, '2k'), (9, '1.5亿'), (10, '¥200,000'), (11, '￥1,000.50'), (12, '100人以上'), (13, '1000+'),
	(14, '不到50人'), (15, '50人以下'), (16, '10~20万'), (17, '8000-1万'), (18, '10万元至20万元'), (19, '3万5'),
	(20, '三万五'), (21, '一百零五'), (22, '一亿二千万'), (23, '1亿2000万'), (24, '贰拾万元整'), (25, '20多万'),
	(26, '三十来万'), (27, '十几人'), (28, 'USD 20k'), (29, '$2,000'), (30, 'HK$5000'), (31, '20万港币'), (32, 'NT$ 5000'),
	(33, '3000欧元'), (34, '日元100万'), (35, 'more than 100 people'), (36, 'under $5,000'), (37, '≥100'), (38, '~20万'),
	(39, '二十到三十萬'), (40, '预算：5-10万美元左右'), (41, '0'), (42, '10~20万以内'), (43, '1万亿'), (44, '0.125'),
	-- none
	(50, '不限'), (51, '待定'), (52, '面议'), (53, '2月3日'), (54, '10-Dec'), (55, '1.38E+10'), (56, '2024-01-05'),
	(57, '100-50'), (58, '10-20-30'), (59, '-5'), (60, '023-63812345'), (61, '几十万'), (62, '三四十人'), (63, '5%'),
	(64, '3个月'), (65, '5m2'), (66, '1,23'), (67, '1.2.3'), (68, '20万-'), (69, '1234567890123456'), (70, '10000万亿'),
	(71, '美元'), (72, '3000元/月'), (73, ''), (74, '千万')) v(n, t)
ORDER BY n;

--
-- Hostile: ten megabytes of what each function looks for
--
SELECT leadcrm.normalize_email(repeat('a@b.', 2500000)) AS email,
	cardinality(leadcrm.emails_in(repeat('@', 10000000))) AS emails,
	leadcrm.person_name(repeat('张', 3000000)) AS name,
	leadcrm.person_in(repeat('我叫', 1500000)) AS person,
	leadcrm.wechat_in(repeat('微信', 1500000)) AS wechat,
	leadcrm.tax_id(repeat('9', 10000000)) AS tax_id,
	leadcrm.quantity_low(repeat('9', 10000000)) AS low,
	length(leadcrm.fold_text(repeat('7', 10000000))) AS folded,
	leadcrm.fold_text(repeat('+', 10000000)) AS dropped;

--
-- All may be used in indexes and by parallel workers, and have a comment
--
SELECT p.proname
FROM pg_proc p
WHERE p.pronamespace = 'leadcrm'::regnamespace
	AND p.proname IN ('fold_text', 'simplify_text', 'normalize_email', 'email_key', 'emails_in', 'email_is_shared',
		'person_name', 'person_title', 'person_key', 'person_in', 'wechat_id', 'wechat_in', 'tax_id', 'tax_id_valid',
		'quantity_low', 'quantity_high', 'quantity_vague', 'money_currency')
	AND NOT (p.provolatile = 'i' AND p.proisstrict AND p.proparallel = 's'
		AND obj_description(p.oid, 'pg_proc') IS NOT NULL);
SELECT leadcrm.fold_text(NULL), leadcrm.emails_in(NULL), leadcrm.tax_id_valid(NULL), leadcrm.quantity_vague(NULL);
