#!/usr/bin/env python3
"""
gen_region.py
    Write place_table.h, the administrative divisions of China and the names
    they go by, and region_table.h, where telephone numbers are at home.

usage: gen_region.py PROVINCES.csv CITIES.csv AREAS.csv HK-MO-TW.json GEOCODING_ZH_86.txt OUTPUT_DIRECTORY

The first four files are dist/ of modood/Administrative-divisions-of-China
(WTFPL), the last one is resources/geocoding/zh/86.txt of google/libphonenumber
(Apache-2.0); it may be gzipped.  The same input gives the same output.
"""
import csv
import gzip
import json
import os
import sys

# Special regions have no city or district codes in GB/T 2260; the names of
# their districts stand for the region.
SPECIAL = [("71", "台湾省", "台湾"), ("81", "香港特别行政区", "香港"),
           ("82", "澳门特别行政区", "澳门")]

# "Cities" that only group others and are no part of a name.
GROUPS = {"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"}

PROVINCE_SHORT = {"15": "内蒙古", "45": "广西", "54": "西藏", "64": "宁夏", "65": "新疆"}

PEOPLES = """汉 满 回 藏 苗 彝 壮 侗 瑶 白 傣 黎 畲 羌 水 怒 京 土 维吾尔 布依 朝鲜
哈尼 哈萨克 傈僳 高山 拉祜 东乡 纳西 景颇 柯尔克孜 达斡尔 仫佬 布朗 撒拉 毛南 仡佬 锡伯 阿昌
普米 塔吉克 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺
土家 蒙古 各""".split()

# Full names that are also everyday words: they count below a parent only.
GENERIC = {"城区", "郊区", "矿区", "东区", "西区", "南区", "北区", "中区", "新市区", "港口区",
           "新城区", "老城区", "城中区", "城东区", "城西区", "城北区", "城关区", "市中区", "市南区", "市北区",
           "城厢区", "新华区", "离岛区", "中西区", "前进区", "东风区", "向阳区", "河北区", "河南区"}

# City names that are also words or firms: the short form needs a parent.
PLAIN = {"白银", "来宾", "三明", "日照", "大同", "朝阳", "安康", "普洱", "和田", "山南", "玉树",
         "海东", "海西", "海北", "黄南", "阿里", "白山"}

# Counties and districts that are commonly written alone, without 市, 县, 区
# and without their city.
ALONE = """昆山 江阴 张家港 常熟 太仓 宜兴 溧阳 丹阳 扬中 句容 靖江 泰兴 兴化 如皋 海安 启东 海门 邳州 仪征
慈溪 余姚 宁海 象山 义乌 东阳 永康 兰溪 武义 浦江 诸暨 嵊州 上虞 柯桥 海宁 桐乡 平湖 嘉善 海盐 德清 安吉 温岭 玉环
临海 乐清 瑞安 苍南 平阳 龙港 萧山 余杭 富阳 临安 建德 桐庐 淳安 鄞州 江山 龙游
晋江 石狮 南安 惠安 安溪 德化 福清 长乐 闽侯 福安 福鼎 龙海 建瓯 邵武
龙口 胶州 即墨 寿光 诸城 邹城 滕州 莱西 荣成 招远 莱州 蓬莱 乳山 新泰 肥城 章丘 青州 高密 昌邑 邹平 平度 莱阳
迁安 三河 任丘 涿州 霸州 定州 辛集 高碑店 泊头 巩义 新郑 登封 荥阳 新密 禹州 长葛 偃师 济源 林州 项城
长沙县 浏阳 宁乡 醴陵 湘乡 耒阳 仙桃 潜江 天门 宜都 枝江 大冶 麻城 钟祥 神农架
顺德 番禺 增城 从化 花都 台山 鹤山 高州 廉江 普宁 陆丰 英德 四会 乐昌
都江堰 彭州 邛崃 崇州 简阳 双流 郫都 温江 新津 江油 什邡 广汉 绵竹 阆中 峨眉山 西昌 仁怀 凯里 都匀 兴义
江津 合川 永川 涪陵 万州 黔江 綦江 璧山 铜梁 潼南 荣昌 沙坪坝 九龙坡 渝北 渝中 两江新区
浦东 海淀 闵行 奉贤 松江 嘉定 青浦 石景山 门头沟 巢湖 桐城 天长 明光 樟树 丰城 瑞金
石河子 阿拉尔 库尔勒 伊宁 格尔木 敦煌 满洲里 二连浩特 延吉 珲春 公主岭 海城 瓦房店 庄河
琼海 万宁 文昌 神木 韩城 兴平 河津 介休 孝义 大理 楚雄 景洪 瑞丽 个旧 蒙自 安宁""".split()

# Other names of a region: form -> code.  They count alone.
ALIASES = {
    "浦东": "310115", "两江新区": "50", "襄樊": "4206", "襄樊市": "4206",
    "神农架": "429021", "内蒙": "15", "黔东南州": "5226",
    "黔南州": "5227", "黔西南州": "5223", "湘西州": "4331", "恩施州": "4228",
    "延边州": "2224", "大理州": "5329", "楚雄州": "5323", "红河州": "5325",
    "文山州": "5326", "凉山州": "5134", "甘孜州": "5133", "阿坝州": "5132",
    "伊犁州": "6540", "昌吉州": "6523", "广西省": "45",
    "宁夏省": "64", "新疆省": "65", "西藏省": "54", "内蒙古省": "15",
    "雄安新区": "13", "西咸新区": "61", "天府新区": "51",
    "香港特区": "81", "香港岛": "81", "九龙塘": "81", "尖沙咀": "81", "铜锣湾": "81",
    "旺角": "81", "湾仔": "81", "观塘": "81", "荃湾": "81", "油麻地": "81", "长沙湾": "81",
    "澳门特区": "82", "氹仔": "82", "台湾地区": "71", "台北": "71", "新北市": "71", "高雄": "71",
    "台中": "71", "台南": "71", "新竹": "71", "桃园市": "71", "基隆": "71", "嘉义": "71",
    "彰化": "71", "屏东": "71", "花莲": "71",
}

# Words that begin with a region's name and are none.
FALSE_FRIENDS = """中山大学 中山陵 中山装 中山先生 中山纪念 朝阳产业 长白山 三明治 大理石 北京时间 重庆火锅 重庆小面
兰州拉面 沙县小吃 桂林米粉 柳州螺蛳粉 扬州炒饭 海南鸡饭 盛大庆典 大庆典 入海口 出海口 未开封 周口店 台湾海峡 上海滩
南京板鸭 北京烤鸭 金华火腿 河南坠子 大连接 江南通 西南通 东南通 中南通 黄山毛峰 浏阳河 安吉白茶 常熟悉
杭州湾 南阳台 海口腔 中卫生 大连续 新余额 河池塘 北海公园 广安门 合肥料 西安事变""".split()

# Latin names.  Several codes: the name alone says nothing, a parent decides.
LATIN = {
    "beijing": "11", "peking": "11", "tianjin": "12", "hebei": "13", "shanxi": "14",
    "inner mongolia": "15", "neimenggu": "15", "liaoning": "21", "jilin": "22", "heilongjiang": "23",
    "shanghai": "31", "jiangsu": "32", "zhejiang": "33", "anhui": "34", "fujian": "35",
    "jiangxi": "36", "shandong": "37", "henan": "41", "hubei": "42", "hunan": "43",
    "guangdong": "44", "canton": "44", "guangxi": "45", "hainan": "46", "chongqing": "50",
    "sichuan": "51", "guizhou": "52", "yunnan": "53", "tibet": "54", "xizang": "54", "shaanxi": "61",
    "gansu": "62", "qinghai": "63", "ningxia": "64", "xinjiang": "65", "taiwan": "71",
    "hong kong": "81", "hongkong": "81", "macao": "82", "macau": "82", "taipei": "71",
    "kowloon": "81", "kaohsiung": "71", "taichung": "71", "tainan": "71", "hsinchu": "71",
    "shijiazhuang": "1301", "tangshan": "1302", "qinhuangdao": "1303", "handan": "1304",
    "xingtai": "1305", "baoding": "1306", "zhangjiakou": "1307", "chengde": "1308",
    "cangzhou": "1309", "langfang": "1310", "hengshui": "1311", "taiyuan": "1401", "datong": "1402",
    "hohhot": "1501", "baotou": "1502", "ordos": "1506", "shenyang": "2101", "dalian": "2102",
    "anshan": "2103", "fushun": "2104", "dandong": "2106", "jinzhou": "2107", "yingkou": "2108",
    "changchun": "2201", "harbin": "2301", "qiqihar": "2302", "daqing": "2306",
    "nanjing": "3201", "wuxi": "3202", "xuzhou": "3203", "changzhou": "3204", "suzhou": "3205",
    "nantong": "3206", "lianyungang": "3207", "yancheng": "3209", "yangzhou": "3210",
    "zhenjiang": "3211", "taizhou": "3212 3310", "suqian": "3213", "hangzhou": "3301",
    "ningbo": "3302", "wenzhou": "3303", "jiaxing": "3304", "huzhou": "3305", "shaoxing": "3306",
    "jinhua": "3307", "quzhou": "3308", "zhoushan": "3309", "lishui": "3311", "hefei": "3401",
    "wuhu": "3402", "bengbu": "3403", "anqing": "3408", "fuzhou": "3501 3610", "xiamen": "3502",
    "amoy": "3502", "putian": "3503", "quanzhou": "3505", "zhangzhou": "3506", "ningde": "3509",
    "nanchang": "3601", "jingdezhen": "3602", "jiujiang": "3604", "ganzhou": "3607",
    "jinan": "3701", "qingdao": "3702", "tsingtao": "3702", "zibo": "3703", "yantai": "3706",
    "weifang": "3707", "jining": "3708", "weihai": "3710", "linyi": "3713", "zhengzhou": "4101",
    "kaifeng": "4102", "luoyang": "4103", "xinxiang": "4107", "xuchang": "4110", "wuhan": "4201",
    "yichang": "4205", "xiangyang": "4206", "jingzhou": "4210", "changsha": "4301",
    "zhuzhou": "4302", "xiangtan": "4303", "hengyang": "4304", "yueyang": "4306",
    "guangzhou": "4401", "shaoguan": "4402", "shenzhen": "4403", "zhuhai": "4404",
    "shantou": "4405", "foshan": "4406", "jiangmen": "4407", "zhanjiang": "4408",
    "zhaoqing": "4412", "huizhou": "4413", "dongguan": "4419", "zhongshan": "4420",
    "nanning": "4501", "liuzhou": "4502", "guilin": "4503", "beihai": "4505", "haikou": "4601",
    "sanya": "4602", "chengdu": "5101", "zigong": "5103", "luzhou": "5105", "deyang": "5106",
    "mianyang": "5107", "leshan": "5111", "nanchong": "5113", "yibin": "5115", "guiyang": "5201",
    "zunyi": "5203", "kunming": "5301", "lhasa": "5401", "xian": "6101", "xi'an": "6101",
    "baoji": "6103", "xianyang": "6104", "lanzhou": "6201", "xining": "6301", "yinchuan": "6401",
    "urumqi": "6501", "kunshan": "320583", "yiwu": "330782", "jiangyin": "320281",
    "changshu": "320581", "zhangjiagang": "320582", "cixi": "330282", "yuyao": "330281",
    "shunde": "440606", "nanshan": "440305 230404", "pudong": "310115", "futian": "440304",
    "baoan": "440306", "bao'an": "440306", "longgang": "440307", "haidian": "110108",
    "chaoyang": "110105 2113", "yuzhong": "500103", "yubei": "500112", "tianhe": "440106",
    "minhang": "310112", "jiading": "310114", "songjiang": "310117",
}
LATIN_PART_ONLY = {"yuzhong", "yubei", "tianhe", "futian", "baoan", "bao'an", "longgang"}

# Names in the telephone data (2011) that no longer exist -> what they became.
RENAMED = {
    "湖北省襄樊市": "4206", "贵州省毕节地区": "5205", "贵州省铜仁地区": "5206",
    "青海省海东地区": "6302", "新疆哈密地区": "6505", "新疆吐鲁番地区": "6504",
    "西藏日喀则地区": "5402", "西藏昌都地区": "5403", "西藏林芝地区": "5404",
    "西藏山南地区": "5405", "西藏那曲地区": "5406",
    "安徽省巢湖市": "3401",     # dissolved in 2011; the city itself went to 合肥
    "山东省莱芜市": "3701",     # joined 济南 in 2019
    "西藏索县": "540626",
}

# Area codes that the telephone data cuts short, because no other begins so.
CUT_SHORT = {"33": "335", "34": "349", "58": "580", "70": "701"}

FULL, ALONE_FORM, PART, GENERIC_FORM, FALSE_FORM = range(5)
KIND = ["PLACE_FULL", "PLACE_ALONE", "PLACE_PART", "PLACE_GENERIC", "PLACE_FALSE"]


def short_name(name):
    """The name without what it is: 渝中区 -> 渝中; None if too little is left."""
    for end in ("自治州", "自治县", "自治旗", "特别行政区", "地区", "林区", "新区", "矿区",
                "省", "市", "县", "区", "旗", "盟"):
        if name.endswith(end) and len(name) > len(end):
            short = name[:-len(end)]
            break
    else:
        return None
    if end.startswith("自治"):
        stripped = True
        while stripped:
            stripped = False
            for people in PEOPLES:
                for tail in (people + "族", people):
                    if len(tail) > 1 and short.endswith(tail) and len(short) - len(tail) >= 2:
                        short = short[:-len(tail)]
                        stripped = True
    return short if len(short) >= 2 else None


def read_regions(provinces, cities, areas):
    """[code, name, parent code] of every division, parents before children."""
    rows = [[r["code"], r["name"], ""] for r in csv.DictReader(open(provinces, encoding="utf-8"))]
    rows += [[code, name, ""] for code, name, _ in SPECIAL]
    rows += [[r["code"], r["name"], r["provinceCode"]]
             for r in csv.DictReader(open(cities, encoding="utf-8"))]
    rows += [[r["code"], r["name"], r["cityCode"]]
             for r in csv.DictReader(open(areas, encoding="utf-8"))]
    return sorted(rows, key=lambda r: (r[0]))


def read_forms(rows, special_file):
    """(form, kind, code) of every name a region goes by."""
    forms = {}

    def add(text, kind, code):
        # the strongest kind wins
        key = (text, code)
        if key not in forms or kind < forms[key]:
            forms[key] = kind

    names = {code: name for code, name, _ in rows}
    for code, name, up in rows:
        if name in GROUPS or name == names.get(up):
            continue            # 东莞市 has one "district" of its own name
        level = len(code) // 2
        add(name, GENERIC_FORM if name in GENERIC or len(name) == 2 else FULL, code)
        short = PROVINCE_SHORT.get(code) or short_name(name)
        if not short:
            continue
        if level == 3:
            add(short, ALONE_FORM if short in ALONE else PART, code)
        else:
            add(short, PART if short in PLAIN else ALONE_FORM, code)
    # folding turns 乾 into 干, as a phrase table would not
    for (text, code), kind in list(forms.items()):
        if "乾" in text:
            add(text.replace("乾", "干"), kind, code)
    for text, code in ALIASES.items():
        add(text, FULL if text.endswith(("市", "新区")) else ALONE_FORM, code)
    special = json.load(open(special_file, encoding="utf-8"))
    for code, name, short in SPECIAL:
        for city, districts in special[name].items():
            if code == "71":
                add(city, FULL, code)
            for district in districts:
                district = district.split("（")[0]
                if len(district) > 2:
                    add(district, GENERIC_FORM if district in GENERIC else FULL, code)
    for text in FALSE_FRIENDS:
        add(text, FALSE_FORM, rows[0][0])
    for text, codes in LATIN.items():
        for code in codes.split():
            add(text, PART if text in LATIN_PART_ONLY else ALONE_FORM, code)
    return [(text, kind, code) for (text, code), kind in forms.items()]


def read_phones(path, rows):
    """{area code: region code}, {mobile prefix: region code}"""
    names = {code: name for code, name, _ in rows}
    parent = {code: up for code, _, up in rows}
    by_name = {}
    for code, name, up in rows:
        if name in GROUPS:
            continue
        parts = [name]
        while up:
            if names[up] not in GROUPS:
                parts.insert(0, names[up])
            up = parent[up]
        full = "".join(parts)
        by_name[full] = code
        province = code[:2]
        if len(code) > 2 and province in PROVINCE_SHORT:
            by_name[PROVINCE_SHORT[province] + full[len(names[province]):]] = code
        if len(code) == 6:          # the data leaves the city out: 湖北省仙桃市
            by_name.setdefault(names[province] + name, code)
            by_name.setdefault(PROVINCE_SHORT.get(province, names[province]) + name, code)
    by_name.update(RENAMED)
    by_name["天津"] = "12"
    opener = gzip.open if path.endswith(".gz") else open
    areas, mobiles = {}, {}
    for line in opener(path, "rt", encoding="utf-8"):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        prefix, place = line.split("|")
        prefix = prefix[2:]
        # an area code shared by neighbours stands for its seat, named first
        code = by_name.get(place) or by_name[place.split("、")[0]]
        if prefix[0] == "1" and prefix != "10":
            if len(prefix) > 3:     # "173" is an artefact of one known prefix
                mobiles[prefix] = code
        else:
            areas[CUT_SHORT.get(prefix, prefix)] = code
    return areas, mobiles


def mobile_runs(mobiles, slots):
    """Runs of equal regions over 1300000..1999999, per block of 1000."""
    table = [0] * 700000
    for prefix in sorted(mobiles, key=len):
        first = int(prefix.ljust(7, "0")) - 1300000
        last = int(prefix.ljust(7, "9")) - 1300000
        table[first:last + 1] = [slots[mobiles[prefix]]] * (last - first + 1)
    starts, runs = [], []
    for block in range(700):
        starts.append(len(runs))
        part = table[block * 1000:block * 1000 + 1000]
        while part and any(part):
            length = 1
            while length < len(part) and length < 128 and part[length] == part[0]:
                length += 1
            runs.append((length - 1) << 9 | part[0])
            part = part[length:]
    starts.append(len(runs))
    return starts, runs


def emit(out, ctype, name, values, per_line, comment):
    print("\n/* %s */\nstatic const %s %s[] = {" % (comment, ctype, name), file=out)
    for i in range(0, len(values), per_line):
        print("\t" + ", ".join(str(v) for v in values[i:i + per_line]) +
              ("," if i + per_line < len(values) else ""), file=out)
    print("};", file=out)


def emit_bytes(out, name, data, comment):
    print("\n/* %s */\nstatic const char %s[] =" % (comment, name), file=out)
    for i in range(0, len(data), 24):
        part = "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else "\\%03o" % b
                       for b in data[i:i + 24])
        print('"%s"%s' % (part, ";" if i + 24 >= len(data) else ""), file=out)


def head(out, name, what, origin):
    print("""/*-------------------------------------------------------------------------
 * %s
 *	  %s
 *
 * Generated by extension/tables/gen_region.py; not for editing.
 *
%s
 *-------------------------------------------------------------------------
 */
#ifndef LEADCRM_%s
#define LEADCRM_%s

#include <stdint.h>""" % (name, what, origin, name.upper().replace(".", "_"),
                         name.upper().replace(".", "_")), file=out)


def foot(out, name):
    print("\n#endif\t\t\t\t\t\t\t/* LEADCRM_%s */" % name.upper().replace(".", "_"), file=out)


def write_places(path, rows, forms):
    index = {row[0]: i for i, row in enumerate(rows)}
    # one pool of names; a form that occurs in it already needs no room
    pool, offset = b"", []
    for _, name, _ in rows:
        b = name.encode("utf-8")
        at = pool.find(b) if name in GROUPS else -1
        if at < 0:
            at = len(pool)
            pool += b
        offset.append(at)
    form_rows = []
    for text, kind, code in forms:
        b = text.encode("utf-8")
        own = offset[index[code]]
        at = own if pool[own:own + len(b)] == b else pool.find(b)
        if at < 0:
            at = len(pool)
            pool += b
        form_rows.append((ord(text[0]), -len(b), b, kind, index[code], at))
    form_rows.sort()
    assert len(pool) < 65536
    firsts = sorted({r[0] for r in form_rows})
    first_at = [next(i for i, r in enumerate(form_rows) if r[0] == c) for c in firsts]

    with open(path, "w", encoding="utf-8") as out:
        head(out, "place_table.h", "Administrative divisions of China and the names they go by.",
             " * Made from modood/Administrative-divisions-of-China 57a0aa9c (WTFPL 2) and\n"
             " * the lists in the script.")
        print("""
#define PLACE_ROWS %d
#define PLACE_FIRSTS %d

/* How a name counts. */
enum
{
	PLACE_FULL,					/* full name: counts wherever it stands */
	PLACE_ALONE,				/* short form that is commonly written alone */
	PLACE_PART,					/* short form that counts below a parent only */
	PLACE_GENERIC,				/* everyday word: counts below a parent only */
	PLACE_FALSE					/* looks like a place and is none */
};

typedef struct PlaceRow
{
	uint32_t	code;			/* 50, 5001, 500103 */
	uint16_t	parent;			/* row of the parent, or the row itself */
	uint16_t	name;			/* where it starts in place_pool */
	uint8_t		name_len;
} PlaceRow;

typedef struct PlaceForm
{
	uint16_t	text;			/* where it starts in place_pool */
	uint16_t	row;			/* what it stands for */
	uint8_t		len;			/* in bytes */
	uint8_t		kind;
} PlaceForm;""" % (len(rows), len(firsts)), file=out)
        emit_bytes(out, "place_pool", pool, "All names, one after the other, in UTF-8.")
        emit(out, "PlaceRow", "place_rows",
             ["{%s, %d, %d, %d}" % (code, index[up] if up else index[code], offset[i], len(name.encode("utf-8")))
              for i, (code, name, up) in enumerate(rows)], 4,
             "Sorted by code as text: children follow their parents.")
        emit(out, "PlaceForm", "place_forms",
             ["{%d, %d, %d, %s}" % (at, row, -n, KIND[kind]) for _, n, _, kind, row, at in form_rows], 4,
             "Sorted by first character, then the longest first, then by text.")
        emit(out, "uint16_t", "place_first_chars", firsts, 14, "First characters of the forms, ascending.")
        emit(out, "uint16_t", "place_first_forms", first_at + [len(form_rows)], 14,
             "Where each of them starts in place_forms.")
        foot(out, "place_table.h")
    print("divisions %d, forms %d, pool %d bytes" % (len(rows), len(form_rows), len(pool)), file=sys.stderr)


def write_phones(path, area_codes, mobiles):
    used = sorted(set(mobiles.values()))
    assert len(used) < 511
    starts, runs = mobile_runs(mobiles, {code: i + 1 for i, code in enumerate(used)})
    areas = sorted(area_codes, key=int)
    with open(path, "w", encoding="utf-8") as out:
        head(out, "region_table.h", "Where Chinese telephone numbers are at home.",
             " * Made from google/libphonenumber f7e3e88c, resources/geocoding/zh/86.txt,\n"
             " * Copyright (C) 2011 The Libphonenumber Authors, Apache License 2.0.  Changed:\n"
             " * compressed, and places that no longer exist replaced by their successors.")
        print("\n#define REGION_AREA_CODES %d" % len(areas), file=out)
        emit(out, "uint16_t", "region_area_codes", areas, 14, "Area codes without the leading 0, ascending.")
        emit(out, "uint32_t", "region_area_regions", [area_codes[a] for a in areas], 12, "Their regions.")
        emit(out, "uint32_t", "region_mobile_regions", [0] + used, 12,
             "Regions of mobile numbers by slot; slot 0 is unknown.")
        emit(out, "uint32_t", "region_mobile_blocks", starts, 12,
             "Where the runs of 1300xxx, 1301xxx ... 1999xxx start.")
        emit(out, "uint16_t", "region_mobile_runs", runs, 14,
             "Runs of equal regions: length - 1 in the high 7 bits, slot in the low 9.")
        foot(out, "region_table.h")
    print("area codes %d, mobile runs %d (%d bytes)" % (len(areas), len(runs), 2 * len(runs)), file=sys.stderr)


def main():
    if len(sys.argv) != 7:
        sys.exit(__doc__)
    provinces, cities, areas, special, geocoding, out = sys.argv[1:]
    rows = read_regions(provinces, cities, areas)
    write_places(os.path.join(out, "place_table.h"), rows, read_forms(rows, special))
    write_phones(os.path.join(out, "region_table.h"), *read_phones(geocoding, rows))


if __name__ == "__main__":
    main()
