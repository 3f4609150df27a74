/*-------------------------------------------------------------------------
 * company_table.h
 *	  The words that names of firms are made of.
 *
 * Plain facts, kept by hand.  Words are written as normalizing leaves them:
 * simplified, lower case, ASCII brackets.  Each list is sorted by bytes (LC_ALL=C
 * sort); the fuzz target checks that.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_COMPANY_TABLE_H
#define LEADCRM_COMPANY_TABLE_H

#include <stdint.h>

/* Room for the longest word, in bytes. */
#define COMPANY_WORD_MAX 31

typedef struct CompanyWord
{
	uint8_t		len;
	char		s[COMPANY_WORD_MAX];
} CompanyWord;

#define WORD(w) {sizeof(w) - 1, w}

/* Legal and other forms of organisation, at the end of a name. */
static const CompanyWord company_forms[] = {
	WORD("(个人独资)"), WORD("(控股)"), WORD("(普通合伙)"), WORD("(有限合伙)"), WORD("(株)"),
	WORD("(特殊普通合伙)"), WORD("(集团)"), WORD("专业合作社"), WORD("专卖店"), WORD("专营店"),
	WORD("个人独资企业"), WORD("个体工商户"), WORD("中心"), WORD("事务所"), WORD("会社"),
	WORD("会计师事务所"), WORD("俱乐部"), WORD("公司"), WORD("农场"), WORD("农民专业合作社"),
	WORD("分厂"), WORD("加盟店"), WORD("协会"), WORD("厂"), WORD("合伙企业"),
	WORD("合作社"), WORD("合作联社"), WORD("商会"), WORD("商场"), WORD("商店"), WORD("商社"),
	WORD("商行"), WORD("培训中心"), WORD("基金会"), WORD("学会"), WORD("工作室"),
	WORD("工厂"), WORD("幼儿园"), WORD("店"), WORD("律师事务所"), WORD("总公司"),
	WORD("总厂"), WORD("批发部"), WORD("旗舰店"), WORD("普通合伙"), WORD("有限"),
	WORD("有限公司"), WORD("有限合伙"), WORD("有限责任公司"), WORD("服务中心"), WORD("服务部"),
	WORD("株式会社"), WORD("特殊普通合伙"), WORD("独资企业"), WORD("直营店"), WORD("研究中心"),
	WORD("研究所"), WORD("研究院"), WORD("经营部"), WORD("经销部"), WORD("联合会"),
	WORD("联合社"), WORD("股份"), WORD("股份公司"), WORD("股份有限公司"), WORD("设计院"),
	WORD("诊所"), WORD("责任公司"), WORD("超市"), WORD("酒楼"), WORD("门市部"),
	WORD("门诊部"), WORD("集团"), WORD("集团公司"), WORD("餐厅"), WORD("餐馆"), WORD("饭店")
};

/* The same in Latin letters; each begins a word. */
static const CompanyWord company_latin_forms[] = {
	WORD("ab"), WORD("ag"), WORD("as"), WORD("bv"), WORD("co"), WORD("co ltd"),
	WORD("company ltd"), WORD("corp"), WORD("gmbh"), WORD("gmbh&co kg"),
	WORD("group"), WORD("group co ltd"), WORD("holding"), WORD("holdings"),
	WORD("inc"), WORD("kg"), WORD("kk"), WORD("llc"), WORD("llp"), WORD("lp"),
	WORD("ltd"), WORD("nv"), WORD("oy"), WORD("plc"), WORD("pte"),
	WORD("pte ltd"), WORD("pty"), WORD("pty ltd"), WORD("pvt ltd"), WORD("sa"),
	WORD("sarl"), WORD("sas"), WORD("sdn bhd"), WORD("sp zoo"), WORD("spa"),
	WORD("srl")
};

/* What a branch is called, at the end of a name. */
static const CompanyWord company_branches[] = {
	WORD("中心支公司"), WORD("事业部"), WORD("代表处"), WORD("储运部"), WORD("分公司"),
	WORD("分厂"), WORD("分店"), WORD("分所"), WORD("分校"), WORD("分理处"), WORD("分社"),
	WORD("分行"), WORD("分部"), WORD("分院"), WORD("办事处"), WORD("子公司"),
	WORD("支公司"), WORD("支行"), WORD("服务部"), WORD("经营部"), WORD("联络处"),
	WORD("营业厅"), WORD("营业部"), WORD("证券营业部"), WORD("销售部"), WORD("项目部")
};

/* Trades, at the end of what is left. */
static const CompanyWord company_trades[] = {
	WORD("不锈钢"), WORD("不锈钢制品"), WORD("专利"), WORD("丝绸"), WORD("中药"),
	WORD("中药饮片"), WORD("乐器"), WORD("书业"), WORD("乳业"), WORD("乳制品"),
	WORD("云计算"), WORD("互联网"), WORD("互联网信息服务"), WORD("五金"), WORD("五金制品"),
	WORD("五金塑胶"), WORD("五金机电"), WORD("交通"), WORD("交通科技"), WORD("交通运输"),
	WORD("产业"), WORD("产业发展"), WORD("产业投资"), WORD("人力资源"), WORD("人力资源服务"),
	WORD("人力资源管理"), WORD("人工智能"), WORD("人才"), WORD("人才服务"), WORD("仓储"),
	WORD("仓储服务"), WORD("仓储物流"), WORD("仪器"), WORD("仪器仪表"), WORD("仪器设备"),
	WORD("仪表"), WORD("企业"), WORD("企业发展"), WORD("企业咨询"), WORD("企业管理"),
	WORD("企业管理咨询"), WORD("会展"), WORD("会展服务"), WORD("会计"), WORD("会议服务"),
	WORD("传动"), WORD("传动设备"), WORD("传媒"), WORD("传媒科技"), WORD("传感器"),
	WORD("体育"), WORD("体育发展"), WORD("体育文化"), WORD("体育用品"), WORD("供应链"),
	WORD("供应链科技"), WORD("供应链管理"), WORD("便利"), WORD("保健品"), WORD("保安"),
	WORD("保安服务"), WORD("保洁"), WORD("保洁服务"), WORD("保洁用品"), WORD("保温材料"),
	WORD("信息"), WORD("信息产业"), WORD("信息咨询"), WORD("信息工程"), WORD("信息技术"),
	WORD("信息服务"), WORD("信息科技"), WORD("信息系统"), WORD("修理"), WORD("健康"),
	WORD("健康产业"), WORD("健康咨询"), WORD("健康科技"), WORD("健康管理"), WORD("健身"),
	WORD("健身服务"), WORD("儿童用品"), WORD("元器件"), WORD("光伏"), WORD("光伏科技"),
	WORD("光学"), WORD("光学仪器"), WORD("光电"), WORD("光电子"), WORD("光电技术"),
	WORD("光电科技"), WORD("公交"), WORD("公关"), WORD("公关策划"), WORD("公路"),
	WORD("公路工程"), WORD("典当"), WORD("养殖"), WORD("养生"), WORD("养老"),
	WORD("养老服务"), WORD("内衣"), WORD("再生资源"), WORD("农业"), WORD("农业发展"),
	WORD("农业开发"), WORD("农业技术"), WORD("农业机械"), WORD("农业科技"), WORD("农产品"),
	WORD("农产品加工"), WORD("农化"), WORD("农林"), WORD("农牧"), WORD("农牧科技"),
	WORD("农药"), WORD("冶金"), WORD("净化"), WORD("净化科技"), WORD("净化设备"),
	WORD("出版"), WORD("出行"), WORD("刀具"), WORD("创业投资"), WORD("创意"), WORD("创新"),
	WORD("制冷"), WORD("制冷设备"), WORD("制品"), WORD("制品加工"), WORD("制药"),
	WORD("制衣"), WORD("制造"), WORD("副食"), WORD("办公用品"), WORD("办公设备"),
	WORD("加工"), WORD("动漫"), WORD("动画"), WORD("劳务"), WORD("劳务服务"),
	WORD("劳务派遣"), WORD("勘察设计"), WORD("勘测设计"), WORD("包装"), WORD("包装制品"),
	WORD("包装机械"), WORD("包装材料"), WORD("包装科技"), WORD("化妆品"), WORD("化学"),
	WORD("化学工业"), WORD("化工"), WORD("化工产品"), WORD("化工科技"), WORD("化工贸易"),
	WORD("化纤"), WORD("化肥"), WORD("区块链"), WORD("医学"), WORD("医学检验"), WORD("医疗"),
	WORD("医疗器械"), WORD("医疗技术"), WORD("医疗投资"), WORD("医疗科技"), WORD("医疗管理"),
	WORD("医疗设备"), WORD("医药"), WORD("医药科技"), WORD("医药连锁"), WORD("半导体"),
	WORD("半导体科技"), WORD("卫浴"), WORD("印刷"), WORD("印刷包装"), WORD("印刷机械"),
	WORD("印务"), WORD("印染"), WORD("压缩机"), WORD("叉车"), WORD("发展"), WORD("口腔"),
	WORD("咨询"), WORD("咨询服务"), WORD("品牌策划"), WORD("品牌管理"), WORD("商业"),
	WORD("商业保理"), WORD("商业发展"), WORD("商业管理"), WORD("商务"), WORD("商务咨询"),
	WORD("商务服务"), WORD("商标"), WORD("商贸"), WORD("啤酒"), WORD("园林"),
	WORD("园林工程"), WORD("园林景观"), WORD("园林绿化"), WORD("园艺"), WORD("固废处理"),
	WORD("国际"), WORD("国际旅游"), WORD("国际旅行社"), WORD("国际物流"), WORD("国际货运"),
	WORD("国际货运代理"), WORD("国际贸易"), WORD("图书"), WORD("图文"), WORD("图文广告"),
	WORD("图文设计"), WORD("在线"), WORD("在线网络技术"), WORD("地产"), WORD("地基基础工程"),
	WORD("地板"), WORD("型材"), WORD("培训"), WORD("培训学校"), WORD("基因"),
	WORD("基因科技"), WORD("基础工程"), WORD("塑业"), WORD("塑料"), WORD("塑料制品"),
	WORD("塑料科技"), WORD("塑胶"), WORD("塑胶制品"), WORD("塑胶科技"), WORD("墙材"),
	WORD("复印"), WORD("复合材料"), WORD("外贸"), WORD("大健康"), WORD("大数据"),
	WORD("大药房"), WORD("天然气"), WORD("太阳能"), WORD("娱乐"), WORD("婚庆"),
	WORD("婚庆服务"), WORD("婚礼"), WORD("孕婴用品"), WORD("安全"), WORD("安全技术"),
	WORD("安全科技"), WORD("安全防范技术"), WORD("安装"), WORD("安装工程"), WORD("安防"),
	WORD("安防科技"), WORD("实业"), WORD("实业发展"), WORD("实业投资"), WORD("宠物"),
	WORD("宠物用品"), WORD("审计"), WORD("客运"), WORD("室内设计"), WORD("家具"),
	WORD("家具制造"), WORD("家居"), WORD("家居建材"), WORD("家居用品"), WORD("家政"),
	WORD("家政服务"), WORD("家用电器"), WORD("家电"), WORD("家电维修"), WORD("家纺"),
	WORD("宾馆"), WORD("密封"), WORD("密封件"), WORD("对外贸易"), WORD("小吃"),
	WORD("小额贷款"), WORD("展台"), WORD("展示"), WORD("展示工程"), WORD("展览"),
	WORD("展览服务"), WORD("岩土工程"), WORD("工业"), WORD("工业发展"), WORD("工业科技"),
	WORD("工业自动化"), WORD("工业设备"), WORD("工具"), WORD("工程"), WORD("工程咨询"),
	WORD("工程建设"), WORD("工程技术"), WORD("工程机械"), WORD("工程监理"), WORD("工程管理"),
	WORD("工程设计"), WORD("工程造价咨询"), WORD("工程项目管理"), WORD("工艺品"), WORD("工贸"),
	WORD("工贸发展"), WORD("市场营销"), WORD("市场营销策划"), WORD("市政"), WORD("市政工程"),
	WORD("市政建设"), WORD("布业"), WORD("广告"), WORD("广告传媒"), WORD("广告装饰"),
	WORD("广告设计"), WORD("建工"), WORD("建材"), WORD("建筑"), WORD("建筑劳务"),
	WORD("建筑安装"), WORD("建筑安装工程"), WORD("建筑工程"), WORD("建筑机械"), WORD("建筑材料"),
	WORD("建筑科技"), WORD("建筑装饰"), WORD("建筑装饰工程"), WORD("建筑设计"), WORD("建筑陶瓷"),
	WORD("建设"), WORD("建设发展"), WORD("建设工程"), WORD("建设工程咨询"), WORD("建设开发"),
	WORD("建设投资"), WORD("开发"), WORD("弹簧"), WORD("彩印"), WORD("影业"), WORD("影视"),
	WORD("影视传媒"), WORD("影视文化"), WORD("循环科技"), WORD("微电子"), WORD("快运"),
	WORD("快递"), WORD("房产"), WORD("房地产"), WORD("房地产开发"), WORD("房地产投资"),
	WORD("房地产经纪"), WORD("打印"), WORD("技术"), WORD("技术发展"), WORD("技术咨询"),
	WORD("技术开发"), WORD("技术服务"), WORD("投资"), WORD("投资发展"), WORD("投资咨询"),
	WORD("投资控股"), WORD("投资管理"), WORD("护理用品"), WORD("担保"), WORD("拆迁"),
	WORD("拍卖"), WORD("控股"), WORD("摄像"), WORD("摄影"), WORD("摩托车"), WORD("教育"),
	WORD("教育信息咨询"), WORD("教育咨询"), WORD("教育培训"), WORD("教育投资"), WORD("教育科技"),
	WORD("数字"), WORD("数字技术"), WORD("数字科技"), WORD("数据"), WORD("数据技术"),
	WORD("数据服务"), WORD("数据科技"), WORD("数控"), WORD("数控技术"), WORD("数控机床"),
	WORD("数控设备"), WORD("数码"), WORD("数码科技"), WORD("文具"), WORD("文化"),
	WORD("文化产业"), WORD("文化传媒"), WORD("文化传播"), WORD("文化创意"), WORD("文化发展"),
	WORD("文化旅游"), WORD("文化用品"), WORD("文化艺术"), WORD("文化艺术传播"), WORD("文旅"),
	WORD("新材料"), WORD("新材料技术"), WORD("新材料科技"), WORD("新能源"), WORD("新能源技术"),
	WORD("新能源汽车"), WORD("新能源科技"), WORD("旅业"), WORD("旅游"), WORD("旅游发展"),
	WORD("旅游开发"), WORD("旅行社"), WORD("无人机"), WORD("日化"), WORD("日用品"),
	WORD("时装"), WORD("显示技术"), WORD("景观"), WORD("景观工程"), WORD("景观设计"),
	WORD("智慧"), WORD("智能"), WORD("智能制造"), WORD("智能化"), WORD("智能化工程"),
	WORD("智能家居"), WORD("智能技术"), WORD("智能科技"), WORD("智能系统"), WORD("智能装备"),
	WORD("智能设备"), WORD("暖通"), WORD("有机肥"), WORD("有色金属"), WORD("服务"),
	WORD("服装"), WORD("服装贸易"), WORD("服饰"), WORD("服饰贸易"), WORD("木业"),
	WORD("机器人"), WORD("机器人科技"), WORD("机床"), WORD("机械"), WORD("机械制造"),
	WORD("机械工业"), WORD("机械工程"), WORD("机械电子"), WORD("机械科技"), WORD("机械设备"),
	WORD("机械配件"), WORD("机电"), WORD("机电安装"), WORD("机电工程"), WORD("机电科技"),
	WORD("机电设备"), WORD("材料"), WORD("材料技术"), WORD("材料科技"), WORD("来料加工"),
	WORD("林业"), WORD("果业"), WORD("果品"), WORD("枣业"), WORD("标准件"), WORD("标识"),
	WORD("树脂"), WORD("桥梁"), WORD("检测"), WORD("检测技术"), WORD("检测设备"),
	WORD("棋牌"), WORD("模具"), WORD("模具制造"), WORD("模具科技"), WORD("橡塑"),
	WORD("橡胶"), WORD("橡胶制品"), WORD("橱柜"), WORD("母婴用品"), WORD("气体"),
	WORD("气动"), WORD("水产"), WORD("水产品"), WORD("水利"), WORD("水利工程"),
	WORD("水利水电工程"), WORD("水务"), WORD("水处理"), WORD("水果"), WORD("水泥"),
	WORD("水泵"), WORD("水电"), WORD("污水处理"), WORD("汽修"), WORD("汽车"),
	WORD("汽车制造"), WORD("汽车工业"), WORD("汽车技术"), WORD("汽车服务"), WORD("汽车用品"),
	WORD("汽车电子"), WORD("汽车科技"), WORD("汽车租赁"), WORD("汽车维修"), WORD("汽车贸易"),
	WORD("汽车部件"), WORD("汽车配件"), WORD("汽车销售"), WORD("汽车销售服务"),
	WORD("汽车零部件"), WORD("汽配"), WORD("油漆"), WORD("油脂"), WORD("法律咨询"),
	WORD("泵业"), WORD("洁具"), WORD("测控"), WORD("测控技术"), WORD("测绘"), WORD("海产"),
	WORD("海洋科技"), WORD("涂料"), WORD("消防"), WORD("消防工程"), WORD("消防科技"),
	WORD("消防设备"), WORD("液压"), WORD("混凝土"), WORD("清洁"), WORD("清洁服务"),
	WORD("港务"), WORD("港口"), WORD("游戏"), WORD("演艺"), WORD("激光"), WORD("火锅"),
	WORD("灯具"), WORD("灯饰"), WORD("烘焙"), WORD("烟酒"), WORD("热力"), WORD("热处理"),
	WORD("焊接"), WORD("煤业"), WORD("煤炭"), WORD("煤电"), WORD("照明"),
	WORD("照明工程"), WORD("照明电器"), WORD("照明科技"), WORD("燃气"), WORD("牧业"),
	WORD("物业"), WORD("物业服务"), WORD("物业管理"), WORD("物流"), WORD("物流服务"),
	WORD("物流科技"), WORD("物联网"), WORD("物联网科技"), WORD("特钢"), WORD("猎头"),
	WORD("玩具"), WORD("环保"), WORD("环保工程"), WORD("环保技术"), WORD("环保科技"),
	WORD("环保能源"), WORD("环保设备"), WORD("环卫"), WORD("环境"), WORD("环境工程"),
	WORD("环境技术"), WORD("环境检测"), WORD("环境治理"), WORD("环境科技"), WORD("玻璃"),
	WORD("玻璃制品"), WORD("珠宝"), WORD("珠宝首饰"), WORD("理发"), WORD("生态"),
	WORD("生态农业"), WORD("生态环境"), WORD("生态科技"), WORD("生物"), WORD("生物制品"),
	WORD("生物制药"), WORD("生物医药"), WORD("生物工程"), WORD("生物技术"), WORD("生物科技"),
	WORD("生鲜"), WORD("生鲜配送"), WORD("用品"), WORD("电力"), WORD("电力工程"),
	WORD("电力建设"), WORD("电力科技"), WORD("电力设备"), WORD("电商"), WORD("电器"),
	WORD("电器制造"), WORD("电器设备"), WORD("电子"), WORD("电子产品"), WORD("电子信息"),
	WORD("电子元件"), WORD("电子元器件"), WORD("电子商务"), WORD("电子器件"), WORD("电子工业"),
	WORD("电子技术"), WORD("电子材料"), WORD("电子科技"), WORD("电子设备"), WORD("电机"),
	WORD("电梯"), WORD("电梯工程"), WORD("电气"), WORD("电气工程"), WORD("电气科技"),
	WORD("电气自动化"), WORD("电气设备"), WORD("电池"), WORD("电源"), WORD("电线电缆"),
	WORD("电缆"), WORD("电脑"), WORD("电路"), WORD("电路板"), WORD("畜牧"), WORD("百货"),
	WORD("百货商业"), WORD("皮具"), WORD("皮革"), WORD("监理"), WORD("眼镜"),
	WORD("知识产权"), WORD("知识产权代理"), WORD("石业"), WORD("石化"), WORD("石材"),
	WORD("石油"), WORD("石油制品"), WORD("石油化工"), WORD("矿业"), WORD("矿产"),
	WORD("砂石"), WORD("研发"), WORD("礼品"), WORD("种业"), WORD("种子"), WORD("科技"),
	WORD("科技产业"), WORD("科技创新"), WORD("科技发展"), WORD("科技实业"), WORD("科技工程"),
	WORD("科技服务"), WORD("科技贸易"), WORD("租赁"), WORD("租赁服务"), WORD("稀土"),
	WORD("税务"), WORD("空调"), WORD("空调设备"), WORD("窗帘"), WORD("竹业"), WORD("策划"),
	WORD("管业"), WORD("管件"), WORD("管材"), WORD("管理"), WORD("管理咨询"),
	WORD("管理服务"), WORD("管理顾问"), WORD("管道"), WORD("箱包"), WORD("粮油"),
	WORD("粮食"), WORD("粮食贸易"), WORD("精密"), WORD("精密五金"), WORD("精密制造"),
	WORD("精密机械"), WORD("精密机械制造"), WORD("精密科技"), WORD("精细化工"), WORD("糖业"),
	WORD("系统"), WORD("系统工程"), WORD("系统集成"), WORD("紧固件"), WORD("纳米材料"),
	WORD("纳米科技"), WORD("纸业"), WORD("纸制品"), WORD("纸品"), WORD("纺织"),
	WORD("纺织印染"), WORD("纺织品"), WORD("纺织机械"), WORD("纺织科技"), WORD("线缆"),
	WORD("线路板"), WORD("经济"), WORD("经济发展"), WORD("经贸"), WORD("维修"), WORD("网络"),
	WORD("网络信息"), WORD("网络技术"), WORD("网络服务"), WORD("网络科技"), WORD("置业"),
	WORD("置地"), WORD("美发"), WORD("美容"), WORD("美容美发"), WORD("羽绒"), WORD("肉业"),
	WORD("肉类食品"), WORD("股权投资"), WORD("股权投资管理"), WORD("胶业"), WORD("胶粘制品"),
	WORD("能源"), WORD("能源发展"), WORD("能源技术"), WORD("能源投资"), WORD("能源科技"),
	WORD("自动化"), WORD("自动化仪表"), WORD("自动化工程"), WORD("自动化技术"),
	WORD("自动化科技"), WORD("自动化设备"), WORD("航天"), WORD("航空"), WORD("航空工业"),
	WORD("航空科技"), WORD("航运"), WORD("船舶"), WORD("船舶重工"), WORD("艺术"),
	WORD("艺术品"), WORD("节能"), WORD("节能环保"), WORD("节能科技"), WORD("芯片"),
	WORD("花卉"), WORD("苗木"), WORD("茶业"), WORD("茶叶"), WORD("茶楼"), WORD("药业"),
	WORD("药房"), WORD("营养品"), WORD("营销"), WORD("营销策划"), WORD("蓄电池"),
	WORD("融资担保"), WORD("融资租赁"), WORD("袜业"), WORD("装修"), WORD("装备"),
	WORD("装备制造"), WORD("装潢"), WORD("装饰"), WORD("装饰工程"), WORD("装饰材料"),
	WORD("装饰装修"), WORD("装饰设计"), WORD("装饰设计工程"), WORD("规划设计"), WORD("计算机"),
	WORD("计算机技术"), WORD("计算机科技"), WORD("计算机系统"), WORD("计算机网络"),
	WORD("计算机软件"), WORD("计量"), WORD("设备"), WORD("设备制造"), WORD("设备安装"),
	WORD("设备租赁"), WORD("设计"), WORD("设计顾问"), WORD("评估"), WORD("调味品"),
	WORD("调味食品"), WORD("财务"), WORD("财务咨询"), WORD("财富管理"), WORD("货运"),
	WORD("货运代理"), WORD("贸易"), WORD("资产管理"), WORD("资产评估"), WORD("资本"),
	WORD("资本管理"), WORD("资源"), WORD("资源再生"), WORD("资源开发"), WORD("起重"),
	WORD("起重机"), WORD("起重设备"), WORD("路桥"), WORD("路桥工程"), WORD("路桥建设"),
	WORD("车辆"), WORD("轨道交通"), WORD("轨道交通设备"), WORD("轮胎"), WORD("软件"),
	WORD("软件开发"), WORD("软件技术"), WORD("软件科技"), WORD("轴承"), WORD("轴承制造"),
	WORD("过滤设备"), WORD("运营"), WORD("运营管理"), WORD("运输"), WORD("运输服务"),
	WORD("进出口"), WORD("进出口贸易"), WORD("通信"), WORD("通信工程"), WORD("通信技术"),
	WORD("通信科技"), WORD("通信设备"), WORD("通讯"), WORD("通讯技术"), WORD("通讯科技"),
	WORD("通讯设备"), WORD("速运"), WORD("速递"), WORD("造价咨询"), WORD("造纸"),
	WORD("造船"), WORD("配件"), WORD("配送"), WORD("酒业"), WORD("酒厂"), WORD("酒店"),
	WORD("酒店投资"), WORD("酒店用品"), WORD("酒店管理"), WORD("酿酒"), WORD("重型机械"),
	WORD("重工"), WORD("重工业"), WORD("量具"), WORD("金属"), WORD("金属制品"),
	WORD("金属材料"), WORD("金属科技"), WORD("金融"), WORD("金融信息服务"), WORD("金融服务"),
	WORD("针织"), WORD("钟表"), WORD("钢材"), WORD("钢材贸易"), WORD("钢构"), WORD("钢管"),
	WORD("钢结构"), WORD("钢铁"), WORD("铁路设备"), WORD("铜业"), WORD("铝业"), WORD("铝材"),
	WORD("铸造"), WORD("锅炉"), WORD("锻造"), WORD("门业"), WORD("门窗"), WORD("阀门"),
	WORD("防水"), WORD("防水材料"), WORD("陶瓷"), WORD("集成电路"), WORD("零部件"),
	WORD("鞋业"), WORD("鞋服"), WORD("音乐"), WORD("顾问"), WORD("风电"), WORD("食品"),
	WORD("食品加工"), WORD("食品工业"), WORD("食品机械"), WORD("食品科技"), WORD("食品贸易"),
	WORD("餐饮"), WORD("餐饮服务"), WORD("餐饮管理"), WORD("饮品"), WORD("饮料"),
	WORD("饰品"), WORD("饲料"), WORD("首饰"), WORD("高新技术"), WORD("高科技"),
	WORD("高速公路"), WORD("黄金"), WORD("齿轮")
};

/*
 * What is no trade, because 招商银行 and 招商证券 are two firms, but no brand
 * either: 重庆银行 is no firm 银行 in 重庆.
 */
static const CompanyWord company_kinds[] = {
	WORD("中医院"), WORD("中学"), WORD("中心医院"), WORD("人寿"), WORD("人寿保险"),
	WORD("人民医院"), WORD("保险"), WORD("信托"), WORD("儿童医院"), WORD("农商银行"),
	WORD("农村商业银行"), WORD("医科大学"), WORD("医院"), WORD("口腔医院"), WORD("商业银行"),
	WORD("城市商业银行"), WORD("基金"), WORD("基金管理"), WORD("大学"), WORD("妇幼保健院"),
	WORD("学校"), WORD("学院"), WORD("小学"), WORD("师范大学"), WORD("期货"),
	WORD("村镇银行"), WORD("烟草"), WORD("理工大学"), WORD("电信"), WORD("电网"),
	WORD("移动"), WORD("第一人民医院"), WORD("第三人民医院"), WORD("第二人民医院"),
	WORD("第四人民医院"), WORD("职业学院"), WORD("职业技术学院"), WORD("联通"), WORD("证券"),
	WORD("财产保险"), WORD("财险"), WORD("邮政"), WORD("铁塔"), WORD("银行"),
	WORD("附属医院")
};

/* The same in Latin letters; each begins a word. */
static const CompanyWord company_latin_trades[] = {
	WORD("advertising"), WORD("auto parts"), WORD("automation"),
	WORD("automobile"), WORD("automotive"), WORD("beverage"),
	WORD("bio technology"), WORD("biotech"), WORD("biotechnology"),
	WORD("business"), WORD("capital"), WORD("chemical"), WORD("chemicals"),
	WORD("clothing"), WORD("commerce"), WORD("communication"),
	WORD("communications"), WORD("computer"), WORD("computer system"),
	WORD("computer systems"), WORD("construction"), WORD("consultancy"),
	WORD("consulting"), WORD("culture"), WORD("data"), WORD("development"),
	WORD("digital"), WORD("e commerce"), WORD("education"), WORD("electric"),
	WORD("electrical"), WORD("electronic"), WORD("electronics"), WORD("energy"),
	WORD("engineering"), WORD("enterprise"), WORD("enterprises"),
	WORD("environmental"), WORD("environmental protection"), WORD("equipment"),
	WORD("food"), WORD("foods"), WORD("furniture"), WORD("garment"),
	WORD("garments"), WORD("global"), WORD("group"), WORD("hardware"),
	WORD("holding"), WORD("holdings"), WORD("hotel"), WORD("import and export"),
	WORD("import&export"), WORD("industrial"), WORD("industries"),
	WORD("industry"), WORD("information technologies"),
	WORD("information technology"), WORD("instrument"), WORD("instruments"),
	WORD("international"), WORD("international logistics"),
	WORD("international trade"), WORD("international trading"),
	WORD("internet"), WORD("investment"), WORD("investments"), WORD("lighting"),
	WORD("logistics"), WORD("machinery"), WORD("management"),
	WORD("manufacture"), WORD("manufacturing"), WORD("materials"),
	WORD("mechanical"), WORD("media"), WORD("medical"), WORD("medical device"),
	WORD("medical devices"), WORD("metal"), WORD("metal products"),
	WORD("motor"), WORD("motors"), WORD("network"), WORD("network technology"),
	WORD("new energy"), WORD("new material"), WORD("new materials"),
	WORD("optical"), WORD("optoelectronics"), WORD("packaging"), WORD("pharma"),
	WORD("pharmaceutical"), WORD("pharmaceuticals"), WORD("plastic"),
	WORD("plastics"), WORD("power"), WORD("precision"), WORD("printing"),
	WORD("products"), WORD("property"), WORD("real estate"), WORD("robotics"),
	WORD("science and technology"), WORD("semiconductor"), WORD("service"),
	WORD("services"), WORD("software"), WORD("solutions"), WORD("steel"),
	WORD("supply chain"), WORD("supply chain management"), WORD("system"),
	WORD("systems"), WORD("tech"), WORD("technologies"), WORD("technology"),
	WORD("technology development"), WORD("telecom"), WORD("textile"),
	WORD("textiles"), WORD("trade"), WORD("trading"), WORD("travel"),
	WORD("worldwide")
};

/* Zones that may follow a place. */
static const CompanyWord company_zones[] = {
	WORD("两江新区"), WORD("保税区"), WORD("保税港区"), WORD("前海"), WORD("工业园"),
	WORD("工业园区"), WORD("开发区"), WORD("技术开发区"), WORD("新区"), WORD("横琴"),
	WORD("经开区"), WORD("经济开发区"), WORD("经济技术开发区"), WORD("综合保税区"),
	WORD("自由贸易试验区"), WORD("自贸区"), WORD("高新区"), WORD("高新技术产业开发区"),
	WORD("高新技术开发区")
};

/* What is no brand alone. */
static const CompanyWord company_generic[] = {
	WORD("china"), WORD("the"), WORD("xx"), WORD("xxx"), WORD("世界"),
	WORD("中华"), WORD("中国"), WORD("中外"), WORD("全国"), WORD("全球"), WORD("北京市"),
	WORD("国家"), WORD("国际"), WORD("大"), WORD("我国"), WORD("新"), WORD("本"),
	WORD("某"), WORD("某某"), WORD("环球")
};

/* In brackets: a place that is no division. */
static const CompanyWord company_qualifiers[] = {
	WORD("asia"), WORD("china"), WORD("international"), WORD("中华"),
	WORD("中国"), WORD("亚太"), WORD("亚洲"), WORD("全国"), WORD("全球"), WORD("国际"),
	WORD("大中华"), WORD("大中华区"), WORD("总部")
};

/* In brackets: no part of the name. */
static const CompanyWord company_remarks[] = {
	WORD("个体户"), WORD("原"), WORD("吊销"), WORD("在业"), WORD("存续"), WORD("已吊销"),
	WORD("已注销"), WORD("开业"), WORD("总"), WORD("新"), WORD("注销"), WORD("测试"),
	WORD("筹"), WORD("筹备")
};

/* What people write who name no firm; blanks are ignored. */
static const CompanyWord company_placeholders[] = {
	WORD("aaa"), WORD("abc"), WORD("abcd"), WORD("asdf"), WORD("asdfgh"),
	WORD("bar"), WORD("company"), WORD("default"), WORD("demo"), WORD("empty"),
	WORD("foo"), WORD("foobar"), WORD("freelance"), WORD("freelancer"),
	WORD("individual"), WORD("na"), WORD("nan"), WORD("nil"), WORD("no"),
	WORD("none"), WORD("nope"), WORD("nothing"), WORD("null"), WORD("personal"),
	WORD("private"), WORD("qwe"), WORD("qwer"), WORD("qwerty"), WORD("self"),
	WORD("selfemployed"), WORD("student"), WORD("tbd"), WORD("test"),
	WORD("tester"), WORD("testing"), WORD("todo"), WORD("undefined"),
	WORD("unknown"), WORD("xx"), WORD("xxx"), WORD("不便透露"), WORD("不方便"),
	WORD("不清楚"), WORD("不知道"), WORD("不详"), WORD("个人"), WORD("个体"),
	WORD("个体工商户"), WORD("个体户"), WORD("个体经营"), WORD("保密"), WORD("公司"),
	WORD("其他"), WORD("其它"), WORD("学生"), WORD("家庭"), WORD("待业"), WORD("待完善"),
	WORD("待定"), WORD("待补充"), WORD("忘了"), WORD("我公司"), WORD("无"), WORD("无业"),
	WORD("无公司"), WORD("无单位"), WORD("暂无"), WORD("暂时没有"), WORD("暂未填写"),
	WORD("有限公司"), WORD("未填"), WORD("未填写"), WORD("未提供"), WORD("未知"),
	WORD("本人"), WORD("本公司"), WORD("某公司"), WORD("某某公司"), WORD("没有"),
	WORD("没有公司"), WORD("测试"), WORD("测试公司"), WORD("测试数据"), WORD("私人"),
	WORD("空"), WORD("自己"), WORD("自由职业"), WORD("自由职业者"), WORD("请填写"),
	WORD("请输入"), WORD("请选择"), WORD("贵公司"), WORD("随便"), WORD("默认")
};

#undef WORD

#endif							/* LEADCRM_COMPANY_TABLE_H */
