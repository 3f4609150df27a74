/*-------------------------------------------------------------------------
 * person_words.h
 *	  The words person.c knows: surnames, titles, cues.
 *
 * Plain facts of everyday use, written for leadcrm.  All are folded: simplified
 * and lower case.  In a list a word stands before its own beginnings.
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_PERSON_WORDS_H
#define LEADCRM_PERSON_WORDS_H

#include <stddef.h>

/* Surnames of one character, simplified; the hundred most frequent first. */
static const char person_surnames[] =
"王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘"
"袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔谭陆范汪廖石金韦贾夏付方邹熊白孟秦"
"邱侯江尹薛闫段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤温康施文牛樊葛"
"邢安齐易乔伍庞颜倪庄聂章鲁岳翟申殷詹欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪"
"梅童凌毕单季裴霍涂成苗谷曲盛冉翁蓝路游辛靳管柴蒙鲍华喻祁房蒲滕屈饶解牟艾"
"尤时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂全佟"
"应臧闵苟邬边卞姬和师仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝官"
"封谈匡鞠惠荆乐冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘满闻位厉伊仝区郜海"
"阚花权强帅屠豆朴盖练廉禹井祖漆巴丰支卿国狄平计索宣晋相初门云容敬来扈晁芮"
"都普阙浦戈伏鹿薄邸雍辜阎裘养束利终居衡步弘广禄东殴殳沃蔚越夔隆厍勾融訾那"
"空毋乜须印宿怀从鄂籍赖蓬阴能苍双莘贡逄扶堵宰郦璩濮寿通郏别充慕茹宦鱼暨缑"
"亢况后有琴归伯赏墨哈谯笪年爱阳言福竺逯钮佴郗糜松富乌弓牧隗山仰秋暴钭羿幸"
"韶溥经干贲诸稽滑昝钦鲜锺锜展修占战母兀青代呼由寸才邰邴凃肇洛靖丘於冶冮";

/* Surnames of two characters, simplified. */
static const char *const person_compound_surnames[] = {
	"欧阳", "司马", "上官", "夏侯", "诸葛", "闻人", "东方", "赫连", "皇甫", "尉迟",
	"公羊", "澹台", "公冶", "宗政", "濮阳", "淳于", "单于", "太叔", "申屠", "公孙",
	"仲孙", "轩辕", "令狐", "钟离", "宇文", "长孙", "慕容", "鲜于", "闾丘", "司徒",
	"司空", "亓官", "司寇", "子车", "颛孙", "端木", "巫马", "公西", "漆雕", "乐正",
	"壤驷", "公良", "拓跋", "夹谷", "宰父", "谷梁", "段干", "百里", "东郭", "南门",
	"呼延", "羊舌", "微生", "梁丘", "左丘", "东门", "西门", "南宫", "第五", "独孤",
	"完颜", "纳兰", "叶赫", "那拉", "爱新", NULL
};

/* Surnames in Latin letters, enough to tell that a word alone is one. */
static const char *const person_latin_surnames[] = {
	"wang", "li", "zhang", "liu", "chen", "yang", "huang", "zhao", "wu", "zhou",
	"xu", "sun", "ma", "zhu", "hu", "guo", "he", "lin", "gao", "luo", "zheng",
	"liang", "xie", "song", "tang", "han", "feng", "deng", "cao", "peng", "zeng",
	"xiao", "tian", "dong", "pan", "yuan", "cai", "jiang", "yu", "du", "ye",
	"cheng", "wei", "su", "lv", "lyu", "lu", "ding", "ren", "yao", "shen",
	"zhong", "cui", "tan", "fan", "liao", "shi", "jin", "jia", "xia", "fu",
	"fang", "zou", "xiong", "bai", "meng", "qin", "qiu", "hou", "yin", "xue",
	"yan", "duan", "lei", "long", "tao", "hao", "gu", "gong", "shao", "wan",
	"dai", "mo", "kong", "ouyang", "situ", "sima", "lee", "wong", "chan",
	"cheung", "lau", "ng", "chow", "kwok", "leung", "tsang", "tsai", "hsu",
	"hsieh", "chang", "chou", "kuo", "cheng", "smith", "johnson", "williams",
	"brown", "jones", "miller", "kim", "park", "tanaka", "suzuki", "sato", NULL
};

/* Titles behind a Chinese name, longer before shorter. */
static const char *const person_titles[] = {
	"副董事长", "董事长", "副总经理", "总经理", "副总裁", "总裁", "副总监", "总监", "首席执行官",
	"副经理", "经理", "创始人", "合伙人", "负责人", "联系人", "工程师", "设计师", "架构师",
	"副教授", "教授", "副主任", "主任", "副主席", "主席", "副院长", "院长", "副校长", "校长",
	"副局长", "局长", "副处长", "处长", "副科长", "科长", "副部长", "部长", "副厂长", "厂长",
	"所长", "站长", "店长", "队长", "班长", "组长", "会长", "社长", "行长", "司长", "市长",
	"镇长", "村长", "区长", "县长", "船长", "书记", "秘书长", "秘书", "主管", "助理",
	"专员", "代表", "顾问", "律师", "会计", "医生", "医师", "大夫", "护士", "老师", "师傅",
	"老板娘", "老板", "掌柜", "老总", "副总", "博士", "硕士", "院士", "先生", "女士", "小姐",
	"太太", "夫人", "同学", "同志", "阿姨", "叔叔", "大哥", "大姐", "美女", "帅哥", "总",
	NULL
};

/* Titles that are also the end of names: only behind a bare surname. */
static const char *const person_short_titles[] = {
	"工", "董", "哥", "姐", "导", "局", "处", "科", "院", "校", "队", "会", "姨", "叔",
	"公", "老", "某某", "某", NULL
};

/* What a title may be of; goes with it. */
static const char *const person_fields[] = {
	"销售部", "采购部", "市场部", "技术部", "工程部", "财务部", "人事部", "行政部",
	"业务部", "项目部", "生产部", "商务部", "销售", "采购", "市场", "技术", "工程", "财务",
	"人事", "行政", "业务", "项目", "生产", "商务", "产品", "运营", "区域", "大区", "客户",
	"研发", "质量", "品质", "设备", "信息", "人力资源", "常务", "执行", "高级", "首席",
	NULL
};

/* Words before and behind a Latin name; a dot may follow. */
static const char *const person_latin_titles[] = {
	"mrs", "mr", "miss", "ms", "mx", "madam", "sir", "doctor", "dr",
	"professor", "prof", "eng", "ceo", "cto", "cfo", "coo", "cmo", "cio",
	"gm", "vp", "director", "manager", "president", "phd", "esq", NULL
};

/* Before a surname they make a pet name. */
static const char *const person_pet_words[] = {"老", "小", "阿", "大", NULL};

static const char *const person_labels[] = {
	"联系人姓名", "客户姓名", "您的姓名", "联系人", "联络人", "收件人", "姓名", "名字", "称呼",
	"contact person", "contact name", "contact", "full name", "name", NULL
};

/* Typed where a form asks for a name and its user has none to give. */
static const char *const person_placeholders[] = {
	"无", "没有", "未知", "不详", "未填", "匿名", "匿名用户", "游客", "访客", "客户", "用户",
	"微信用户", "抖音用户", "百度用户", "测试", "保密", "不方便", "先生女士", "n/a", "na",
	"none", "null", "unknown", "anonymous", "test", "guest", "user", "customer",
	"visitor", "nil", "no name", "noname", NULL
};

/* Begin like a name in running text and are none. */
static const char *const person_not_names[] = {
	"和", "有", "从", "后", "别", "那", "都", "能", "由", "全", "相", "通", "应", "计", "须",
	"没", "来", "因", "原", "才",
	"房东", "项目", "高管", "高层", "高级", "商家", "商户", "商务", "商场", "车主", "车间",
	"华人", "方便", "方案", "单位", "司机", "经销", "成都", "成人", "安徽", "安装", "安全",
	"江苏", "江西", "温州", "常州", "广东", "广西", "广州", "广告", "云南", "宁波", "宁夏",
	"海南", "万达", "万科", "金融", "时间", "应该", "相关", "计划", "国内", "国外", "国家",
	"都是", "别人", "有人", "有限", "全国", "全部", "海外", "原来", "来自", "那个", "那边",
	"从事", "和你", "和您", "向您", "向你", "平台", "平时", "强烈", "满意", "通过", "关于",
	"关注", "明天", "年轻", "后续", "东莞", "东北", "南京", "南方", "山东", "山西", "郑州",
	"徐州", "苏州", "福建", "福州", "温馨", "家长", "农民", "老师", "学生", "代理", "平面",
	"空调", "门窗", "石材", "包装", "管理", "管道", "施工", "景观", "文员", "文化", "设计",
	"党员", "边上", "路过", "古董", "白领", "黄金", "水电", "花店", "于是", "由于", "易耗",
	"终端", "店主", "连锁", "连云", "大连", "简单", "解决", "路由", "游客", "游戏", "车行",
	"司法", "官方", "应用", "金属", "印刷", "双方", "居民", "养殖", "能源", "利用", "富士",
	"松下", "马上", "马路", "余额", "任何", "任务", "石油", "向导", "牛奶", "米粉", "全职", NULL
};

/* Words that a name stands behind. */
static const char *const person_cues[] = {
	"我的名字叫", "我的名字是", "我名字叫", "我叫", "名叫", "本人姓名", "联系人姓名", "客户姓名",
	"联系人", "联络人", "收件人", "姓名", "名字", "称呼", "my name is", "my name's",
	"contact person", "contact name", "full name", "contact", "name", NULL
};
static const char *const person_weak_cues[] = {
	"我是", "本人", "这里是", "i am", "i'm", "this is", "regards,", NULL
};
static const char *const person_surname_cues[] = {"免贵姓", "我姓", "本人姓", "姓", NULL};

/* Between a cue and the name. */
static const char *const person_cue_ends[] = {":", " ", "=", "是", "叫", "为", "-", NULL};

/* May stand right behind a name; in given names they are rare. */
static const char person_stops[] =
"的想要来在是我请需有咨了电手公和跟与从对就这也您你他做把被让给问因将已还能可及并不没找看询联今昨身住性男女负打加邮地微目";

/* Begin with such a word and make a firm's name of what stands before. */
static const char *const person_firm_words[] = {
	"公司", "电子", "电器", "电气", "电商", "电力", "地产", "加工", NULL
};

/* May stand right behind a surname that is all there is. */
static const char person_first_stops[] = "的是您你我，";

/* May stand right before a name that a title follows. */
static const char person_starts[] = "找系请是给和与跟叫的我问约见让由位到向为及谢好下";

/* Behind these a title is part of another word: total price, sum, headquarters. */
static const char person_title_stops[] = "价额数部共计公经监裁量体是结能线面站机重务";

#endif							/* LEADCRM_PERSON_WORDS_H */
