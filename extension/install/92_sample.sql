-- Sample leads: what a Chinese company's channels bring in, dirty as life is.
--
-- Nothing here is taken from anybody: names, firms and numbers are thrown
-- together, so a match with a real one is chance; mails go to example domains.
--
-- No random() and no hash function of the server: every choice is a throw of
-- _sample_dice(), bigint arithmetic over (seed, purpose), so the rows are the
-- same on every machine, locale and major version, and the first 100 of 5,000
-- are the same as 100 asked for alone.
--
-- Chinese text stands in lists only, and _sample_list() reads lists through
-- unistr() when it runs.  So an installation script in which these characters
-- were turned into \uXXXX behaves the same and installs in any encoding; where
-- the encoding cannot hold them, sample_leads() raises when it is called.

CREATE FUNCTION leadcrm._sample_dice(seed bigint, purpose text, sides integer)
RETURNS integer LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((((((seed * 742938285
			 + (get_byte(sha256(decode(purpose, 'escape')), 0) * 256
				+ get_byte(sha256(decode(purpose, 'escape')), 1)) * 1343714438::bigint)
			% 2147483647 # 1431655765) * 950706376
		  % 2147483647 # 858993459) * 1226874159
		% 2147483647) * sides) / 2147483647)::integer;
COMMENT ON FUNCTION leadcrm._sample_dice(bigint, text, integer) IS
	'a number from 0 to sides - 1 that depends on seed and purpose only; inlined, and the purpose, a literal, is folded to a number';

CREATE FUNCTION leadcrm._sample_pick(list text[], seed bigint, purpose text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN list[1 + leadcrm._sample_dice(seed, purpose, cardinality(list))];
COMMENT ON FUNCTION leadcrm._sample_pick(text[], bigint, text) IS
	'one entry of a list, chosen by seed and purpose';

CREATE FUNCTION leadcrm._sample_number(pattern text, seed bigint, purpose text)
RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN rtrim(pattern, '#')
	|| right('0000000' || leadcrm._sample_dice(seed, purpose, 100000000)::text,
			 length(pattern) - length(rtrim(pattern, '#')));
COMMENT ON FUNCTION leadcrm._sample_number(text, bigint, text) IS
	'the pattern with the # at its end, eight at most, turned into digits';

CREATE FUNCTION leadcrm._sample_list(list text)
RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path TO pg_catalog, pg_temp
BEGIN ATOMIC
	SELECT array_agg(replace(split_part(entry, '*', 1), '_', ' ') ORDER BY place, copy)
	FROM regexp_split_to_table(btrim(unistr(list), E' \t\n'), '[ \t\n]+') WITH ORDINALITY AS e (entry, place),
		generate_series(1, coalesce(nullif(split_part(entry, '*', 2), ''), '1')::integer) AS copy;
END;
COMMENT ON FUNCTION leadcrm._sample_list(text) IS
	'a list written as words: "word*3" stands for three of it, "_" for a blank';

CREATE FUNCTION leadcrm._sample_fill(pattern text, words text[])
RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path TO pg_catalog, pg_temp
AS $function$
BEGIN
	FOR i IN 1 .. cardinality(words) BY 2 LOOP
		EXIT WHEN strpos(pattern, '{') = 0;
		pattern := replace(pattern, '{' || words[i] || '}', coalesce(words[i + 1], ''));
	END LOOP;
	RETURN nullif(pattern, 'none');
END
$function$;
COMMENT ON FUNCTION leadcrm._sample_fill(text, text[]) IS
	'a pattern with each {key} replaced by the word after it in the array; NULL for the pattern "none"';

CREATE FUNCTION leadcrm.sample_leads(n integer DEFAULT 5000)
RETURNS TABLE ("position" integer, source text, form text, external_id text, payload jsonb)
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE ROWS 5000
SET search_path TO pg_catalog, pg_temp
SET standard_conforming_strings TO on
SET jit TO off		-- compiling so many expressions takes longer than all rows do
AS $function$
#variable_conflict use_column
DECLARE
	-- Who comes, in percent: a new person; a known one again; a new person
	-- with a known one's number; the last webhook a second time; somebody who
	-- tries the form; an empty payload.  Cards come in heaps of 50,
	-- after a show, every 600 arrivals.
	natures CONSTANT text[] := leadcrm._sample_list('new*79 again*17 recycled retry test empty');

	-- source|form|start of external_id, if the channel has one|key=field,...
	channels CONSTANT text[] := leadcrm._sample_list('
		百度推广|在线留言|BD|姓名=name,手机号=phone,公司名称=company,职位=title,搜索词=keyword,需求=need*9
		百度推广|预约演示|BD|姓名=name,手机号=phone,公司名称=company,职位=title,搜索词=keyword,需求=need*2
		百度推广|在线留言|BD|name=name,mobile=phone,company=company,keyword=keyword,预算=budget,message=need*4
		百度推广|索要报价|BD|name=name,mobile=phone,company=company,keyword=keyword,预算=budget,message=need*2
		360推广|下载白皮书|QH|联系人=name,电话=phone,单位=company,邮箱=email,行业=industry*5
		360推广|在线留言|QH|姓名=name,联系电话=phone,公司=company,备注=need*3
		360推广|预约演示|QH|姓名=name,联系电话=phone,公司=company,备注=need
		微信公众号|联系我们||nickname=nickname,openid=openid,unionid=unionid,姓名=name,手机=phone,公司=company,城市=city*6
		微信公众号|预约演示||nickname=nickname,openid=openid,unionid=unionid,姓名=name,手机=phone,公司=company,城市=city*2
		微信公众号|菜单留言||nickname=nickname,openid=openid,unionid=unionid,备注=need*3
		微信公众号|下载白皮书||nickname=nickname,openid=openid,姓名=name,手机=phone,微信=wechat,行业=industry*3
		抖音|留资卡|DY|name=name,telphone=phone,city=city,remark=need*8
		抖音|留资卡|DY|姓名=name,手机号码=phone,城市=city,公司规模=size,备注=need*4
		抖音|预约演示|DY|姓名=name,手机号码=phone,城市=city,公司规模=size,备注=need
		阿里巴巴|询盘|ALI|contactName=name,mobile=phone,companyName=company,email=email,productName=product,quantity=quantity,message=need*8
		阿里巴巴|询盘|ALI|name=name,tel=phone,company=company,address=address,product=product,budget=budget*3
		阿里巴巴|索要报价|ALI|name=name,tel=phone,company=company,address=address,product=product,budget=budget
		呼叫中心|来电||text=call*10
		官网|下载白皮书||name=name,email=email,company=company,phone=phone,公司规模=size*5
		官网|联系我们||姓名=name,电话=phone,邮箱=email,公司=company,职位=title,人数=size,需求=need*4
		官网|预约演示||姓名=name,电话=phone,邮箱=email,公司=company,职位=title,人数=size,需求=need*2
		官网|在线咨询||message=call*3
		官网-索要报价|索要报价||姓名=name,手机=phone,公司名称=company,邮箱=email,产品=product,预算=budget,人数=size,需求=need*5
		渠道伙伴|客户报备||客户名称=company,联系人=name,联系电话=phone,行业=industry,预算=budget,伙伴=partner*5
		渠道伙伴|项目报备||项目名称=project,公司=company,联系人=name,手机=phone,预计金额=budget,地址=address,伙伴=partner*4');
	shows CONSTANT text[] := leadcrm._sample_list('
		展会名片|名片扫描||姓名=name,公司=company,职位=title,电话=phone,邮箱=email,地址=address,展会=show*3
		展会名片|名片扫描||name=name,title=title,company=company,mobile=phone,email=email,address=address
		展会名片|展台登记||姓名=name,单位=company,手机=phone,微信=wechat,行业=industry,需求=need,展会=show*2');
	hot_channels CONSTANT text[] := leadcrm._sample_list('
		官网-索要报价|索要报价||姓名=name,手机=phone,公司名称=company,邮箱=email,产品=product,预算=budget,人数=size,需求=need*9
		呼叫中心|来电||text=call*5
		官网|预约演示||姓名=name,电话=phone,邮箱=email,公司=company,职位=title,人数=size,需求=need*3
		微信公众号|预约演示||nickname=nickname,openid=openid,unionid=unionid,姓名=name,手机=phone,公司=company,城市=city*2
		百度推广|索要报价|BD|name=name,mobile=phone,company=company,keyword=keyword,预算=budget,message=need*2');

	-- How one thing is written, in percent.  Phone: m mobile, a b c its parts,
	-- w full-width, x after Excel, o a colleague's, l landline, s switchboard.
	phone_spellings CONSTANT text[] := leadcrm._sample_list('
		{m}*48 {a}_{b}_{c}*7 {a}-{b}-{c}*7 +86{m}*4 +86_{a}_{b}_{c}*2 +86-{m}*2 0086{m}*2 0086-{a}-{b}-{c} （+86）{m}
		{w}*4 电话：{m}*2 手机:{m} 联系电话：_{m} {m}（微信同号）*2 {m}/{l} {m}、{o}*2 {x}*2 {l}*2 {l}转801*2 {l}分机12 {l}-8003
		{s}*2 {a}{b} none*3');
	card_spellings CONSTANT text[] := leadcrm._sample_list('
		{m}*40 {a}_{b}_{c}*8 +86_{a}-{b}-{c}*6 {m}/{l}*10 手机:{m}_电话:{l}*8 {l}转8001_{m}*6 {m}、{o}*5 {l}_{m}*4 {s}*4 {s};{m}*3 {x}*3 none*3');
	abroad_spellings CONSTANT text[] := leadcrm._sample_list('{m}*6 {q}*4');
	-- n full name, s surname
	name_spellings CONSTANT text[] := leadcrm._sample_list('{n}*77 {s}总*5 {s}先生*5 {s}女士*3 {s}经理*3 {n}先生*2 {n}经理 {n}（采购） {s}工 {s}_老板 none');
	-- p place, b brand, t trade, f legal form
	company_spellings CONSTANT text[] := leadcrm._sample_list('
		{p}{b}{t}{f}*44 {p}市{b}{t}{f}*8 {b}{t}{f}*7 {b}（{p}）{t}{f}*6 {b}({p}){t}{f}*3 {p}{b}{t}{f}第一分公司*2
		{b}{t}*10 {p}{b}{t}*6 {b}*6 {p}{b}*4 none*4');
	mail_spellings CONSTANT text[] := leadcrm._sample_list('
		{u}@{h}*80 {U}@{H}*4 {u}@{h}.*2 {u}@@{h}*2 {u}@{h}，*2 {u}.{h}*2 {u}_@_{h}*2 mailto:{u}@{h}*2 无*2 none*2');
	call_spellings CONSTANT text[] := leadcrm._sample_list('
		{company}的{name}来电，电话{phone}，{need}*4 客户{name}，{phone}，{need}，预算{budget}*3 来电号码{phone}，自称{company}{name}，{need}*2
		{name}说{need}，请回电{phone}*2 我是{company}的{name}，{need}，我的电话是{phone}*2 {need}。联系人：{name}；电话：{phone}；公司：{company}*2');

	-- province and city|city for short|landline, or number abroad|district
	places CONSTANT text[] := leadcrm._sample_list('
		重庆市|重庆|023-63######|渝中区*4 重庆市|重庆|023-67######|江北区*5 重庆市|重庆|023-62######|南岸区*4 重庆市|重庆|023-68######|九龙坡区*4
		重庆市|重庆|023-65######|沙坪坝区*3 重庆市|重庆|023-68######|大渡口区 重庆市|重庆|023-68######|北碚区*2 重庆市|重庆|023-67######|渝北区*6
		重庆市|重庆|023-66######|巴南区*2 重庆市|重庆|023-49######|永川区*3 重庆市|重庆|023-47######|江津区*3 重庆市|重庆|023-42######|合川区*2
		重庆市|重庆|023-43######|大足区*2 重庆市|重庆|023-41######|璧山区*2 重庆市|重庆|023-45######|铜梁区 重庆市|重庆|023-44######|潼南区 重庆市|重庆|023-46######|荣昌区
		广东省深圳市|深圳|0755-8#######|南山区*5 广东省广州市|广州|020-8#######|天河区*5 广东省东莞市|东莞|0769-2#######|长安镇*3 广东省佛山市|佛山|0757-8#######|顺德区*2
		北京市|北京|010-8#######|海淀区*4 北京市|北京|010-6#######|朝阳区*4 上海市|上海|021-5#######|浦东新区*5 上海市|上海|021-6#######|闵行区*3
		江苏省苏州市|苏州|0512-6#######|昆山市*4 江苏省南京市|南京|025-8#######|江宁区*3 浙江省杭州市|杭州|0571-8#######|余杭区*4 浙江省宁波市|宁波|0574-8#######|鄞州区*2
		四川省成都市|成都|028-8#######|武侯区*5 四川省绵阳市|绵阳|0816-2######|涪城区*2 四川省泸州市|泸州|0830-2######|江阳区 贵州省贵阳市|贵阳|0851-8#######|南明区
		湖北省武汉市|武汉|027-8#######|洪山区*2 陕西省西安市|西安|029-8#######|雁塔区*2 山东省青岛市|青岛|0532-8#######|崂山区 云南省昆明市|昆明|0871-6#######|官渡区
		香港|香港|+852-6#######|九龙 台湾省台北市|台北|+886-9########|内湖区 Singapore|Singapore|+65-9#######|Jurong USA|Austin|+1-512555####|Congress_Avenue');
	streets CONSTANT text[] := leadcrm._sample_list('科技大道{no}号 创新路{no}号 工业园一路{no}号 和平街{no}号 滨江路{no}号 学府路{no}号 迎宾大道{no}号 金石路{no}号');

	-- Words that names, firms and wishes are made of
	foreign_firms CONSTANT text[] := leadcrm._sample_list('Lanyard_Bay_Trading Quillmark_GmbH Norvane_Pte_Ltd Hexley_Works_LLC');
	mobiles CONSTANT text[] := leadcrm._sample_list('130 131 132 133 135 136 137 138*2 139*2 150 151 152 153 155 158 159 166 173 177 178 180 182 185 186*2 187 188 189 191 198 199');
	surnames CONSTANT text[] := leadcrm._sample_list('
		王|wang*7 李|li*7 张|zhang*7 刘|liu*5 陈|chen*5 杨|yang*3 黄|huang*3 赵|zhao*3 周|zhou*2 吴|wu*2 徐|xu*2 孙|sun*2 马|ma*2 朱|zhu*2 胡|hu*2 郭|guo*2 何|he*2
		林|lin*2 罗|luo*2 高|gao 郑|zheng 梁|liang 谢|xie 宋|song 唐|tang 许|xu 韩|han 邓|deng 冯|feng 曹|cao 彭|peng 曾|zeng 肖|xiao 田|tian 董|dong 袁|yuan 潘|pan
		蒋|jiang 蔡|cai 余|yu 杜|du 叶|ye 程|cheng 魏|wei 苏|su 吕|lv 丁|ding 任|ren 卢|lu 姚|yao 欧阳|ouyang');
	given_first CONSTANT text[] := leadcrm._sample_list('建 晓 志 文 明 海 国 春 丽 雪 玉 永 俊 思 子 雨 家 德 秀 小 一 梦 天 佳 宇 振 红 慧 立 光');
	given_last CONSTANT text[] := leadcrm._sample_list('伟 芳 娜 敏 静 强 磊 洋 艳 勇 军 杰 娟 涛 超 霞 平 刚 华 辉 玲 鹏 飞 婷 宁 波 斌 林 琴 云 峰 兰 凯 欣 萍 龙 莉 东 梅 成');
	foreigners CONSTANT text[] := leadcrm._sample_list('Dana_Whitlow Omar_Reyes Priya_Nandan Tom_Ashdown Mei_Ling_Goh Felix_Brandt');
	brands CONSTANT text[] := leadcrm._sample_list('岚 砚 樾 煦 珩 翊 澜 湛 禾 墨 川 麓 棠 屿 鹭 衡 钧 铂 钛 睿 凌 捷 昱 曜 骋 驭 阔 沃 蔚 笙');
	trades CONSTANT text[] := leadcrm._sample_list('
		机械制造|制造*4 汽车零部件|制造*3 电子科技|制造*3 精密模具|制造*2 软件|软件*4 信息技术|软件*4 网络科技|软件*3 医疗器械|医疗*3 医药|医疗 教育科技|教育*2
		教育咨询|教育*2 物流|物流*3 供应链管理|物流*2 建筑工程|建筑*4 装饰工程|建筑*2 餐饮管理|餐饮*3 食品|食品*2 商贸|贸易*3 环保科技|环保 农业发展|农业 物业管理|物业');
	legal_forms CONSTANT text[] := leadcrm._sample_list('有限公司*13 有限责任公司*3 股份有限公司*2 集团有限公司 厂');
	titles CONSTANT text[] := leadcrm._sample_list('总经理*4 采购经理*4 销售总监*2 IT经理*3 信息中心主任*2 运营总监 市场部经理*2 董事长 行政主管 财务总监 工程师 CEO 老板');
	industries CONSTANT text[] := leadcrm._sample_list('制造业 IT 互联网 其他');
	sizes CONSTANT text[] := leadcrm._sample_list('50-100人*4 20-99人*3 100人以上*2 １００－５００人 1000人以上 少于50人*2 约200人 三百多人 50~100 500 10人以下*2 不清楚');
	budgets CONSTANT text[] := leadcrm._sample_list('20万左右*4 10-20万*3 50万以内*2 100万+ 五万 ￥200,000 200000 5w*2 30万元*2 １０万 1百万 3-5千/月 待定*2 暂无');
	needs CONSTANT text[] := leadcrm._sample_list('
		想了解价格*4 请尽快联系*3 想看一下演示*3 需要一套客户管理系统*3 能不能对接钉钉*2 能不能对接企业微信*2 现有系统想更换*2 下个月要上线*2 先发份资料
		要和ERP打通*2 销售团队大概30人*2 在对比几家供应商*2 需要报价单*3 问问有没有优惠 想做渠道代理 要求私有化部署*2');
	keywords CONSTANT text[] := leadcrm._sample_list('crm系统*3 客户管理软件*3 销售管理系统*2 crm多少钱*2 免费crm 线索管理 工厂客户管理');
	products CONSTANT text[] := leadcrm._sample_list('标准版*3 专业版*3 企业版*2 移动版 呼叫中心模块');
	projects CONSTANT text[] := leadcrm._sample_list('智慧园区一期项目 数字化工厂改造项目 客户服务平台项目 信息化二期工程 营销中台建设');
	partners CONSTANT text[] := leadcrm._sample_list('合作伙伴甲*3 合作伙伴乙*2 西南区代理 校友介绍');
	exhibitions CONSTANT text[] := leadcrm._sample_list('西部智能制造展 软件博览会 中小企业服务展');
	nicknames CONSTANT text[] := leadcrm._sample_list('追风 阳光🌞 A0采购 静待花开 老船长 Mr.L 平安是福 云淡风轻 小鱼儿 。');
	mail_hosts CONSTANT text[] := leadcrm._sample_list('example.com*4 example.cn*3 example.org*2 example.net');
	testers CONSTANT text[] := leadcrm._sample_list('测试|11111111111*3 asdf|12345678901*2 test|00000000000*2 测试测试|1 123|13');
	wide_digits CONSTANT text := unistr('０１２３４５６７８９');
	simplified CONSTANT text := unistr('业东丽云伟兰军农冯凯刘刚制医华卢厂发台叶吕吴咨团国孙宁屿岚岛广庆应张强总晓术机杨杰梦欧汉泸涛澜环电疗砚筑红经络绵网罗艳苏药蒋装许询谢责购贵贸赵车软辉邓郑采钛钧铂链阔阳陈静韩飞饮饰马驭骋鹏鹭黄龙');
	traditional CONSTANT text := unistr('業東麗雲偉蘭軍農馮凱劉剛製醫華盧廠發臺葉呂吳諮團國孫寧嶼嵐島廣慶應張強總曉術機楊傑夢歐漢瀘濤瀾環電療硯築紅經絡綿網羅艷蘇藥蔣裝許詢謝責購貴貿趙車軟輝鄧鄭採鈦鈞鉑鏈闊陽陳靜韓飛飲飾馬馭騁鵬鷺黃龍');
BEGIN
	RETURN QUERY
	WITH arrival AS MATERIALIZED (	-- what comes, and the last new person and webhook up to here
		SELECT position, nature, channel,
			max(position) FILTER (WHERE nature = 'new') OVER sofar AS newcomer,
			max(position) FILTER (WHERE nature <> 'retry' AND split_part(channel, '|', 3) <> '') OVER sofar AS sender
		FROM generate_series(1, n) AS position,
			LATERAL (SELECT leadcrm._sample_pick(natures, position, 'nature'), position / 50 % 12 = 5) AS a (nature, at_show),
			LATERAL (SELECT CASE WHEN at_show THEN leadcrm._sample_pick(shows, position, 'channel')
								WHEN nature = 'again' THEN leadcrm._sample_pick(hot_channels, position, 'channel')
								ELSE leadcrm._sample_pick(channels, position, 'channel') END) AS c (channel)
		WINDOW sofar AS (ORDER BY position)
	),
	actor AS MATERIALIZED (	-- throw: whose dice are thrown; holder: whose number it is; person: who it is
		SELECT a.position, d.position AS throw, d.nature, d.channel, known.holder,
			CASE WHEN d.nature = 'recycled' THEN d.position ELSE known.holder END AS person
		FROM arrival a
			JOIN arrival d ON d.position = CASE WHEN a.nature = 'retry' THEN coalesce(a.sender, a.position) ELSE a.position END
			LEFT JOIN arrival e ON d.nature IN ('again', 'recycled')
				AND e.position = CASE WHEN d.position >= 300 AND leadcrm._sample_dice(d.position, 'met at the last show', 100) < 30
									THEN (d.position - 300) / 600 * 600 + 250 + leadcrm._sample_dice(d.position, 'which visitor', 50)
									ELSE d.position - 1 - leadcrm._sample_dice(d.position, 'how long ago', least(d.position - 1, 900)) END,
			LATERAL (SELECT coalesce(e.newcomer, d.position)) AS known (holder)
	),
	drawn AS MATERIALIZED (	-- words that are taken apart
		SELECT *, leadcrm._sample_dice(person, 'firm', 2500) AS firm,
			string_to_array(leadcrm._sample_pick(places, leadcrm._sample_dice(holder, 'firm', 2500), 'place'), '|') AS place,
			string_to_array(leadcrm._sample_pick(surnames, person, 'surname'), '|') AS surname,
			string_to_array(leadcrm._sample_pick(testers, throw, 'tester'), '|') AS tester
		FROM actor
	),
	truth AS MATERIALIZED (	-- what is so, however it is written
		SELECT *, place[3] LIKE '+%' AS abroad, ascii(place[2]) < 128 AS overseas,
			string_to_array(leadcrm._sample_pick(trades, firm, 'trade'), '|') AS trade,
			leadcrm._sample_pick(brands, firm, 'brand first') || leadcrm._sample_pick(brands, firm, 'brand last') AS brand,
			CASE WHEN ascii(place[2]) < 128 THEN leadcrm._sample_pick(foreigners, person, 'foreigner')
				ELSE surname[1] || CASE WHEN leadcrm._sample_dice(person, 'long name', 100) < 70 THEN leadcrm._sample_pick(given_first, person, 'given first') ELSE '' END
					|| leadcrm._sample_pick(given_last, person, 'given last') END AS full_name,
			CASE WHEN place[3] LIKE '+%' THEN place[3] ELSE leadcrm._sample_pick(mobiles, holder, 'mobile') || '########' END AS mobile_pattern,
			leadcrm._sample_pick(mail_hosts, firm, 'mail host') AS mail_host
		FROM drawn
	),
	numbers AS MATERIALIZED (
		SELECT *, leadcrm._sample_number(mobile_pattern, holder, 'subscriber') AS mobile,
			leadcrm._sample_number(mobile_pattern, holder, 'colleague') AS colleague,
			leadcrm._sample_number(place[3], firm, 'landline') AS landline,
			leadcrm._sample_number('4008######', firm % 40, 'switchboard') AS switchboard
		FROM truth
	),
	written AS MATERIALIZED (	-- how this arrival writes it
		SELECT *,
			CASE WHEN nature = 'test' THEN tester[1] ELSE leadcrm._sample_fill(leadcrm._sample_pick(name_spellings, throw, 'name'),
				ARRAY['n', full_name, 's', surname[1]]) END AS name,
			CASE WHEN nature = 'test' THEN tester[1] WHEN overseas THEN leadcrm._sample_pick(foreign_firms, firm, 'foreign firm')
				ELSE leadcrm._sample_fill(leadcrm._sample_pick(company_spellings, throw, 'company'),
				ARRAY['b', brand, 't', trade[1], 'p', place[2], 'f', leadcrm._sample_pick(legal_forms, firm, 'legal form')]) END AS company,
			CASE WHEN nature = 'test' THEN tester[2] ELSE leadcrm._sample_fill(
				CASE WHEN abroad THEN leadcrm._sample_pick(abroad_spellings, throw, 'phone')
					WHEN channel = ANY (shows) THEN leadcrm._sample_pick(card_spellings, throw, 'phone')
					ELSE leadcrm._sample_pick(phone_spellings, throw, 'phone') END,
				ARRAY['m', mobile, 'a', left(mobile, 3), 'b', substr(mobile, 4, 4), 'c', right(mobile, 4),
					'l', landline, 's', switchboard, 'o', colleague, 'w', translate(mobile, '0123456789', wide_digits),
					'x', left(mobile, 1) || '.' || substr(mobile, 2, 2) || 'E+10', 'q', '00' || translate(mobile, '+-', '')]) END AS phone,
			leadcrm._sample_fill(leadcrm._sample_pick(mail_spellings, throw, 'mail'),
				ARRAY['u', surname[2] || person, 'h', mail_host, 'U', upper(surname[2] COLLATE "C") || person, 'H', upper(mail_host COLLATE "C")]) AS email,
			leadcrm._sample_pick(budgets, throw, 'budget') AS budget,
			leadcrm._sample_pick(needs, throw, 'need') AS need,
			abroad OR leadcrm._sample_dice(throw, 'traditional', 100) < 3 AS old_characters
		FROM numbers
	)
	SELECT position, part[1], part[2], nullif(part[3], '') || (202600000 + throw),
		CASE WHEN nature = 'empty' THEN '{}' ELSE	-- some send a phone as a number, half of all what is missing as ""
			(SELECT jsonb_strip_nulls(jsonb_object_agg(split_part(pair, '=', 1), coalesce(
				CASE WHEN bare_number AND split_part(pair, '=', 2) = 'phone' THEN phone::jsonb
				ELSE to_jsonb(CASE split_part(pair, '=', 2)
					WHEN 'name' THEN w.name
					WHEN 'phone' THEN phone
					WHEN 'company' THEN w.company
					WHEN 'need' THEN need
					WHEN 'budget' THEN budget
					WHEN 'email' THEN email
					WHEN 'title' THEN leadcrm._sample_pick(titles, person, 'title')
					WHEN 'wechat' THEN surname[2] || '_' || person
					WHEN 'openid' THEN leadcrm._sample_number('oOpen########', person, 'openid')
					WHEN 'unionid' THEN leadcrm._sample_number('oUnion########', person, 'unionid')
					WHEN 'nickname' THEN leadcrm._sample_pick(nicknames, person, 'nickname')
					WHEN 'city' THEN place[2]
					WHEN 'address' THEN CASE WHEN overseas THEN 1 + firm % 300 || ' ' || place[4] || ', ' || place[2]
						ELSE place[1] || place[4] || replace(leadcrm._sample_pick(streets, firm, 'street'), '{no}', (1 + firm % 300)::text) END
					WHEN 'industry' THEN CASE WHEN leadcrm._sample_dice(throw, 'industry at large', 100) < 15
						THEN leadcrm._sample_pick(industries, throw, 'industry') ELSE trade[2] END
					WHEN 'size' THEN leadcrm._sample_pick(sizes, firm, 'size')
					WHEN 'keyword' THEN leadcrm._sample_pick(keywords, throw, 'keyword')
					WHEN 'product' THEN leadcrm._sample_pick(products, throw, 'product')
					WHEN 'quantity' THEN (1 + leadcrm._sample_dice(throw, 'quantity', 50))::text
					WHEN 'project' THEN place[2] || brand || leadcrm._sample_pick(projects, firm, 'project')
					WHEN 'partner' THEN leadcrm._sample_pick(partners, throw, 'partner')
					WHEN 'show' THEN leadcrm._sample_pick(exhibitions, throw / 600, 'show')
					WHEN 'call' THEN leadcrm._sample_fill(leadcrm._sample_pick(call_spellings, throw, 'call'),
						ARRAY['name', w.name, 'phone', phone, 'company', w.company, 'need', need, 'budget', budget])
				END) END, CASE WHEN leadcrm._sample_dice(throw, 'sends blanks', 2) = 1 THEN '""'::jsonb END)))
			FROM string_to_table(part[4], ',') AS pair) END
	FROM written,
		string_to_array(channel, '|') AS part,
		LATERAL (SELECT phone = mobile AND NOT abroad AND leadcrm._sample_dice(throw, 'as a number', 100) < 4,
					CASE WHEN old_characters THEN translate(name, simplified, traditional) ELSE name END,
					CASE WHEN old_characters THEN translate(company, simplified, traditional) ELSE company END) AS w (bare_number, name, company)
	ORDER BY position;
END
$function$;
COMMENT ON FUNCTION leadcrm.sample_leads(integer) IS
	'the first n sample leads in order of arrival, for trying a workspace: made up, always the same, as dirty as real ones';
