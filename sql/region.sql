-- Regions: the table of divisions, addresses, telephone numbers.
SET search_path TO leadcrm, pg_catalog;

-- the table
SELECT level, count(*) FROM regions() GROUP BY level ORDER BY level;
SELECT count(*) AS parent_missing
	FROM regions() r LEFT JOIN regions() p ON p.code = r.parent
	WHERE (r.level > 1 AND p.level IS DISTINCT FROM r.level - 1) OR (r.level = 1) <> (r.parent IS NULL);
SELECT count(*) AS name_differs FROM regions() WHERE region_name(code) <> full_name OR region_parent(code) IS DISTINCT FROM parent;
SELECT count(*) AS named_as_their_city FROM (SELECT full_name FROM regions() GROUP BY full_name HAVING count(*) > 1) d;
SELECT * FROM regions() WHERE code IN ('50', '5001', '500103', '419001', '441900', '81') ORDER BY code COLLATE "C";
SELECT region_name('500103'), region_parent('500103'), region_parent('5001'), region_parent('50');
SELECT region_name('99'), region_name(''), region_name('5001030'), region_name('重庆'), region_parent('x');
-- a full name leads back to its code, but where a name of the chain is none
SELECT count(*) AS not_found_again,
	   count(*) FILTER (WHERE region_of(full_name) IS NULL) AS not_found
	FROM regions()
	WHERE region_of(full_name) IS DISTINCT FROM code;
SELECT code, full_name, region_of(full_name) FROM regions()
	WHERE region_of(full_name) IS DISTINCT FROM code ORDER BY code COLLATE "C";

-- addresses: what is said, and the full name of the region or nothing
CREATE TEMP TABLE address (said text, region text);
COPY address FROM stdin (DELIMITER '|', NULL '');
重庆市渝中区民族路188号|重庆市渝中区
重庆渝中民族路188号|重庆市渝中区
重庆市渝中区北京路88号|重庆市渝中区
重庆市北碚区天生路2号|重庆市北碚区
重庆市江北区观音桥步行街|重庆市江北区
重庆江北观音桥|重庆市江北区
重庆市两江新区金开大道|重庆市
重庆两江新区渝北区金开大道68号|重庆市渝北区
重庆市重庆市南岸区南坪|重庆市南岸区
重庆市市辖区九龙坡区石桥铺|重庆市九龙坡区
重慶市沙坪壩區大學城|重庆市沙坪坝区
重庆市彭水县汉葭镇|重庆市彭水苗族土家族自治县
重庆彭水汉葭|重庆市彭水苗族土家族自治县
重庆市铜梁县巴川镇|重庆市铜梁区
重庆市忠县忠州镇|重庆市忠县
北京市朝阳区建国路88号|北京市朝阳区
北京朝阳建国路88号|北京市朝阳区
北京市东城区东长安街1号|北京市东城区
北京市北京市海淀区中关村大街|北京市海淀区
北京海淀中关村|北京市海淀区
海淀区上地十街10号|北京市海淀区
北京市大兴区亦庄|北京市大兴区
北京通州区新华大街|北京市通州区
南通市通州区金沙镇|江苏省南通市通州区
通州区新华大街|
上海市浦东新区世纪大道100号|上海市浦东新区
上海浦东世纪大道100号|上海市浦东新区
浦东新区张江高科|上海市浦东新区
中国（上海）自由贸易试验区浦东新区富特北路|上海市浦东新区
上海市南京东路100号|上海市
上海市黄浦区南京东路100号|上海市黄浦区
上海市黄浦江边|上海市
南京东路100号|
南京西路近陕西北路|
北京路88号|
中山路5号|
中山路解放碑|
人民路123号|
上海路|
长安街1号|
某小区3栋2单元|
上海普陀区曹杨路|上海市普陀区
舟山市普陀区沈家门|浙江省舟山市普陀区
普陀区曹杨路|
天津市和平区南京路|天津市和平区
沈阳市和平区南京北街|辽宁省沈阳市和平区
和平区南京路|
天津滨海新区|天津市滨海新区
天津市河北区中山路|天津市河北区
广东省深圳市南山区科技园|广东省深圳市南山区
广东深圳南山科技园|广东省深圳市南山区
深圳南山区科技园|广东省深圳市南山区
深圳市南山大道1000号|广东省深圳市
黑龙江省鹤岗市南山区|黑龙江省鹤岗市南山区
鹤岗南山区|黑龙江省鹤岗市南山区
南山区科技园|
南山区科技园 深圳|广东省深圳市南山区
科技园南区，深圳市南山区|广东省深圳市南山区
深圳高新园南山区科技路|广东省深圳市南山区
廣東省廣州市天河區|广东省广州市天河区
广州天河体育西路|广东省广州市天河区
广州市白云区机场路|广东省广州市白云区
贵阳白云区|贵州省贵阳市白云区
广州市南山区|广东省广州市
广东省东莞市长安镇|广东省东莞市
东莞市南城街道|广东省东莞市
东莞东城区|广东省东莞市
中山市火炬开发区|广东省中山市
广东省中山市古镇|广东省中山市
广东中山小榄|广东省中山市
佛山市顺德区大良|广东省佛山市顺德区
佛山市顺德市大良|广东省佛山市顺德区
顺德大良镇|广东省佛山市顺德区
惠州市惠城区|广东省惠州市惠城区
江苏省南京市鼓楼区中山北路|江苏省南京市鼓楼区
江苏南京鼓楼中山北路|江苏省南京市鼓楼区
徐州市鼓楼区|江苏省徐州市鼓楼区
福州鼓楼区五四路|福建省福州市鼓楼区
开封市鼓楼区|河南省开封市鼓楼区
鼓楼区中山北路|
江苏省鼓楼区|江苏省
苏州工业园区星湖街328号|江苏省苏州市苏州工业园区
江苏省昆山市花桥镇|江苏省苏州市昆山市
昆山花桥|江苏省苏州市昆山市
江苏昆山|江苏省苏州市昆山市
无锡江阴市澄江街道|江苏省无锡市江阴市
浙江省杭州市西湖区文三路|浙江省杭州市西湖区
杭州西湖区文三路|浙江省杭州市西湖区
杭州市西湖大道|浙江省杭州市
南昌市西湖区|江西省南昌市西湖区
西湖区文三路|
杭州市萧山市|浙江省杭州市萧山区
浙江义乌小商品城|浙江省金华市义乌市
义乌国际商贸城|浙江省金华市义乌市
浙江台州路桥区|浙江省台州市路桥区
宁波市江北区|浙江省宁波市江北区
江北区|
吉林|吉林省
吉林省|吉林省
吉林市|吉林省吉林市
吉林省吉林市昌邑区|吉林省吉林市昌邑区
吉林吉林市|吉林省吉林市
吉林大路100号|
吉林长春|吉林省长春市
长春市朝阳区|吉林省长春市朝阳区
朝阳区工农大路|
辽宁省朝阳市双塔区|辽宁省朝阳市双塔区
朝阳市双塔区|辽宁省朝阳市双塔区
辽宁朝阳|辽宁省朝阳市
朝阳|
海南|海南省
海南省海口市龙华区|海南省海口市龙华区
海南三亚吉阳区|海南省三亚市吉阳区
海南文昌|海南省文昌市
青海海南州共和县|青海省海南藏族自治州共和县
内蒙古乌海海南区|内蒙古自治区乌海市海南区
内蒙古呼和浩特市新城区|内蒙古自治区呼和浩特市新城区
内蒙鄂尔多斯东胜|内蒙古自治区鄂尔多斯市东胜区
内蒙古自治区通辽市|内蒙古自治区通辽市
西安市新城区|陕西省西安市新城区
陕西西安雁塔|陕西省西安市雁塔区
西安市长安区|陕西省西安市长安区
西安市长安南路|陕西省西安市
石家庄长安区|河北省石家庄市长安区
陕西省咸阳市乾县城关镇|陕西省咸阳市乾县
吉林省松原市乾安县|吉林省松原市乾安县
广西桂林|广西壮族自治区桂林市
广西壮族自治区南宁市青秀区|广西壮族自治区南宁市青秀区
宁夏银川|宁夏回族自治区银川市
新疆乌鲁木齐天山区|新疆维吾尔自治区乌鲁木齐市天山区
新疆石河子|新疆维吾尔自治区石河子市
新疆喀什|新疆维吾尔自治区喀什地区
新疆伊犁伊宁市|新疆维吾尔自治区伊犁哈萨克自治州伊宁市
西藏拉萨城关区|西藏自治区拉萨市城关区
西藏阿里|西藏自治区阿里地区
阿里巴巴西溪园区|
湖北恩施市|湖北省恩施土家族苗族自治州恩施市
恩施州利川市|湖北省恩施土家族苗族自治州利川市
湖北省仙桃市|湖北省仙桃市
仙桃|湖北省仙桃市
湖北襄樊|湖北省襄阳市
武汉市江汉路100号|湖北省武汉市
武汉江汉区|湖北省武汉市江汉区
河南省济源市|河南省济源市
河南郑州金水东路|河南省郑州市
郑州市金水区金水东路|河南省郑州市金水区
山西省阳泉市郊区|山西省阳泉市郊区
郊区3号|
东区2栋|
四川省攀枝花市东区|四川省攀枝花市东区
成都高新区天府大道|四川省成都市
四川成都武侯|四川省成都市武侯区
四川省凉山州西昌市|四川省凉山彝族自治州西昌市
贵州黔东南凯里|贵州省黔东南苗族侗族自治州凯里市
云南大理|云南省大理白族自治州
云南省大理市|云南省大理白族自治州大理市
湖南湘西州吉首市|湖南省湘西土家族苗族自治州吉首市
安徽省马鞍山市|安徽省马鞍山市
安徽马鞍山花山区|安徽省马鞍山市花山区
鞍山市铁东区|辽宁省鞍山市铁东区
长白山风景区|
山东济南历下|山东省济南市历下区
山东莱芜|山东省济南市莱芜区
济南市莱芜区|山东省济南市莱芜区
香港九龙观塘|香港特别行政区
香港特别行政区湾仔区|香港特别行政区
尖沙咀广东道|香港特别行政区
澳门氹仔|澳门特别行政区
台湾台北市信义区|台湾省
臺北市大安區|台湾省
高雄市|台湾省
台北市中山区|台湾省
大连市中山区人民路|辽宁省大连市中山区
中山区人民路|
Chongqing|重庆市
Yuzhong District, Chongqing|重庆市渝中区
Nanshan District, Shenzhen, Guangdong, China|广东省深圳市南山区
Shenzhen, Guangdong|广东省深圳市
Suzhou, Jiangsu|江苏省苏州市
Taizhou, Zhejiang|浙江省台州市
Taizhou|
No. 100 Nanjing East Road, Shanghai|上海市
Nanjing Road|
Hong Kong|香港特别行政区
Xi'an, Shaanxi|陕西省西安市
Shanxi Taiyuan|山西省太原市
Pudong, Shanghai|上海市浦东新区
重庆，渝中区|重庆市渝中区
重庆-渝中|重庆市渝中区
重庆/渝中区|重庆市渝中区
广东省 深圳市 福田区|广东省深圳市福田区
收货地址：浙江省 宁波市 鄞州区 首南街道|浙江省宁波市鄞州区
张三 13800138000 四川省绵阳市涪城区|四川省绵阳市涪城区
我在深圳宝安这边|广东省深圳市宝安区
公司在上海，工厂在苏州|上海市
想了解一下价格|
西安区域总部|陕西省西安市
北京市场部|北京市
吉林市场|吉林省
吉林大学 长春|吉林省长春市
长沙湾道9号|
西藏中路268号 上海|上海市
青岛市香港中路8号|山东省青岛市
杭州湾新区|
我要三明治|
\.
SELECT said, region AS expected, region_name(region_of(said)) AS found
	FROM address WHERE region_name(region_of(said)) IS DISTINCT FROM region;
SELECT count(*) AS addresses, count(region) AS with_region FROM address;
SELECT DISTINCT split_part(region_evidence(said), ':', 1) AS kind FROM address WHERE region IS NOT NULL;

-- evidence, the strongest first
SELECT said, region_of(said), region_evidence(said) FROM (VALUES
	('重庆市渝中区民族路188号, 0755-86681234'),
	('重庆华信科技有限公司'),
	('华信科技(重庆)有限公司'),
	('重庆华信科技有限公司成都分公司'),
	('023-63812345'), ('(0755) 8668 1234'), ('+86 10 62345678'), ('电话：028-85551234转8001'), ('0335 3456789'),
	('13800138000'), ('+86 138-0013-8000'), ('张三 １３８００１３８０００'), ('0086 13800138000'),
	('+852 2345 6789'), ('+853 28345678'), ('00886 2 23456789'),
	('400-812-3123'), ('62345678'), ('500103199001011234'), ('1380013800'), ('138001380001'), ('+49 30 1234567'), (''))
	AS t (said);

-- only the beginning of a text is looked at, and never longer than needed
SELECT region_of(repeat(' ', 3000) || '重庆市'), region_of(repeat('x', 1000) || ' 重庆市');
SELECT region_of(repeat('1', 10000000)) AS digits, region_of(repeat('重庆', 3000000)) AS repeated,
	   region_of(repeat('区', 3000000)) AS suffixes, region_of(repeat(E'\u200B', 3000000)) AS invisible;
