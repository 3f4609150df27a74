/*-------------------------------------------------------------------------
 * place.c
 *	  Administrative divisions of China: the table, and their names in a text.
 *
 * Names are not unique and many are words as well, so a name counts only with
 * what stands around it: a chain of names from the greater to the smaller,
 * each within the one before, or one name that leaves no doubt.  Texts are
 * folded (width, simplified, lower case) by the caller.
 *-------------------------------------------------------------------------
 */
#include <string.h>

#include "place.h"
#include "place_table.h"
#include "text.h"
#include "utf8.h"

/* No parent asked for. */
#define ANYWHERE (-1)

static const PlaceForm *forms_at(const char *s, size_t len, size_t at,
								 const PlaceForm **end);
static void chain_extend(const char *s, size_t len, bool address, PlaceChain *chain);

/*
 * leadcrm_place_count
 *		Number of divisions; rows are 0 to this - 1, parents before children.
 */
int
leadcrm_place_count(void)
{
	return PLACE_ROWS;
}

/* A code as six digits, so that numeric order is that of the text. */
static uint32_t
code_padded(uint32_t code)
{
	return code < 100 ? code * 10000 : code < 10000 ? code * 100 : code;
}

/*
 * leadcrm_place_find
 *		The row of a code of two, four or six digits, or -1.
 */
int
leadcrm_place_find(const char *code, size_t len)
{
	uint32_t	wanted = 0;
	int			low = 0;
	int			high = PLACE_ROWS - 1;

	if (len != 2 && len != 4 && len != 6)
		return -1;
	for (size_t i = 0; i < len; i++)
	{
		if (code[i] < '0' || code[i] > '9')
			return -1;
		wanted = wanted * 10 + (uint32_t) (code[i] - '0');
	}
	while (low <= high)
	{
		int			mid = (low + high) / 2;
		uint32_t	found = place_rows[mid].code;

		if (found == wanted)
			return mid;
		if (code_padded(found) < code_padded(wanted) ||
			(code_padded(found) == code_padded(wanted) && found < wanted))
			low = mid + 1;
		else
			high = mid - 1;
	}
	return -1;
}

/*
 * leadcrm_place_parent
 *		The row a row lies in, or -1 for a province.
 */
int
leadcrm_place_parent(int row)
{
	int			parent = place_rows[row].parent;

	return parent == row ? -1 : parent;
}

/*
 * leadcrm_place_level
 *		1 province, 2 city, 3 district or county.
 */
int
leadcrm_place_level(int row)
{
	uint32_t	code = place_rows[row].code;

	return code < 100 ? 1 : code < 10000 ? 2 : 3;
}

/*
 * leadcrm_place_within
 *		Does row lie in ancestor, or is it the same?
 */
bool
leadcrm_place_within(int row, int ancestor)
{
	while (row >= 0 && row != ancestor)
		row = leadcrm_place_parent(row);
	return row >= 0;
}

/*
 * leadcrm_place_code
 *		Write the code of a row to code, PLACE_CODE_SIZE bytes, with a NUL.
 */
void
leadcrm_place_code(int row, char *code)
{
	uint32_t	v = place_rows[row].code;
	int			n = 2 * leadcrm_place_level(row);

	code[n] = '\0';
	while (n > 0)
	{
		code[--n] = (char) ('0' + v % 10);
		v /= 10;
	}
}

/*
 * leadcrm_place_name
 *		Point *name at the name of a row, without a NUL.  Returns its length.
 */
size_t
leadcrm_place_name(int row, const char **name)
{
	*name = place_pool + place_rows[row].name;
	return place_rows[row].name_len;
}

/* "Cities" that only group the districts below them. */
static bool
row_is_group(int row)
{
	uint32_t	code = place_rows[row].code;

	/* 1101, 5001, 5002; 4190, 6590: no city of GB/T 2260 has 90 otherwise */
	return leadcrm_place_level(row) == 2 &&
		(code % 100 == 90 || code == 1101 || code == 1201 || code == 3101 ||
		 code == 5001 || code == 5002);
}

/*
 * leadcrm_place_full_name
 *		The name of a row after those of its parents: 重庆市渝中区.
 *
 * Writes at most size bytes to dst, whole names only, without a NUL.  Parents
 * that only group (市辖区, 省直辖县级行政区划) are left out.
 */
size_t
leadcrm_place_full_name(int row, char *dst, size_t size)
{
	int			parent = leadcrm_place_parent(row);
	size_t		used = 0;
	const char *name;
	size_t		len;

	if (parent >= 0 && row_is_group(parent))
		parent = leadcrm_place_parent(parent);
	if (parent >= 0)
		used = leadcrm_place_full_name(parent, dst, size);
	len = leadcrm_place_name(row, &name);
	/* 东莞市 has one "district" of its own name */
	if (used >= len && memcmp(dst + used - len, name, len) == 0)
		return used;
	if (len > size - used)
		return used;
	memcpy(dst + used, name, len);
	return used + len;
}

/* Is one of the words, a NULL-terminated list, at position at?  Its length. */
static size_t
starts_with_any(const char *s, size_t len, size_t at, const char *const *words)
{
	return at < len ? text_prefix(s + at, len - at, words) : 0;
}

static bool
is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/*
 * latin_road_follows
 *		Is one of the next two words one for a road?  Nanjing East Road is not
 *		in Nanjing.
 */
static bool
latin_road_follows(const char *s, size_t len, size_t at)
{
	static const char *const roads[] = {"road", "rd", "street", "st", "avenue", "ave",
	"lu", "jie", "boulevard", "blvd", NULL};

	for (int word = 0; word < 2; word++)
	{
		size_t		n;

		if (at >= len || (s[at] != ' ' && s[at] != '-'))
			return false;
		at++;
		n = starts_with_any(s, len, at, roads);
		if (n > 0 && (at + n == len || !is_letter(s[at + n])))
			return true;
		while (at < len && is_letter(s[at]))
			at++;
		if (at < len && s[at] == '.')
			at++;
	}
	return false;
}

/*
 * road_follows
 *		Is the short form that ends at at part of a longer name?
 *
 * 北京路 is a road, 朝阳门 a gate.  A city's short form is spoilt by roads
 * only, that of a district by anything that takes its name from somewhere.
 */
static bool
road_follows(const char *s, size_t len, size_t at, bool district)
{
	static const char *const numbers[] = {"东", "西", "南", "北", "中", "上", "下", "内", "外",
		"一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "支", "环", "后", "前",
	"1", "2", "3", "4", "5", "6", "7", "8", "9", "0", NULL};
	static const char *const roads[] = {"路", "街", "道", "大路", "大道", "大街", "巷", "弄", "胡同",
	"马路", "高速", "公路", NULL};
	static const char *const none[] = {"路桥", "道路", "街道办", "路灯", NULL};
	static const char *const features[] = {"山", "湖", "河", "江", "门", "寺", "岛", "湾", "桥",
		"村", "镇", "乡", "站", "里", "屯", "庄", "坝", "沟", "大学", "学院", "中学", "小学", "医院",
		"大厦", "广场", "公园", "花园", "小区", "新村", "家园", "酒店", "饭店", "大桥", "机场", "水库",
	"商场", "百货", NULL};
	size_t		n;

	if (district && starts_with_any(s, len, at, features) > 0)
		return true;
	if (starts_with_any(s, len, at, none) > 0)
		return false;
	for (int i = 0; i < 3; i++)
	{
		if (starts_with_any(s, len, at, roads) > 0)
			return true;
		n = starts_with_any(s, len, at, numbers);
		if (n == 0)
			return false;
		at += n;
	}
	return false;
}

/* Is the unit that ends at at the beginning of another word: 市场, 市政, 区域? */
static bool
unit_spoilt(const char *s, size_t len, size_t at)
{
	static const char *const words[] = {"市场", "市政", "区域", NULL};

	return at >= 3 && starts_with_any(s, len, at - 3, words) > 0 &&
		text_begins(s + at - 3, len - at + 3, "市政府") == 0;
}

/*
 * forms_at
 *		The forms that begin with the character at position at; *end gets the
 *		one behind the last.  NULL if there are none.
 */
static const PlaceForm *
forms_at(const char *s, size_t len, size_t at, const PlaceForm **end)
{
	const char *p = s + at;
	uint32_t	c = utf8_next(&p, s + len);
	int			low = 0;
	int			high = PLACE_FIRSTS - 1;

	/* a Latin name begins a word */
	if (c < 0x80 && (!is_letter((char) c) || (at > 0 && is_letter(s[at - 1]))))
		return NULL;
	while (low <= high)
	{
		int			mid = (low + high) / 2;

		if (place_first_chars[mid] == c)
		{
			*end = &place_forms[place_first_forms[mid + 1]];
			return &place_forms[place_first_forms[mid]];
		}
		if (place_first_chars[mid] < c)
			low = mid + 1;
		else
			high = mid - 1;
	}
	return NULL;
}

/* Might it?  Most forms with the same beginning differ in the last byte already. */
static inline bool
form_may_match(const PlaceForm *form, const char *s, size_t len, size_t at)
{
	return form->len <= len - at &&
		s[at + form->len - 1] == place_pool[form->text + form->len - 1];
}

/* Does the text at position at begin with a form, not within another word? */
static bool
form_matches(const PlaceForm *form, const char *s, size_t len, size_t at)
{
	size_t		end = at + form->len;

	if (memcmp(s + at, place_pool + form->text, form->len) != 0)
		return false;
	if (is_letter(s[at]))
		return end == len || !is_letter(s[end]);
	return form->kind == PLACE_FALSE || !unit_spoilt(s, len, end);
}

/* Is a form that matches part of the name of something else? */
static bool
form_is_spoilt(const PlaceForm *form, const char *s, size_t len, size_t at, bool address)
{
	size_t		end = at + form->len;

	if (form->kind == PLACE_FALSE)
		return true;
	if (!address || (form->kind != PLACE_ALONE && form->kind != PLACE_PART))
		return false;
	if (is_letter(s[at]))
		return latin_road_follows(s, len, end);
	return road_follows(s, len, end, leadcrm_place_level(form->row) == 3);
}

/* Do two forms have the same text? */
static bool
form_same(const PlaceForm *a, const PlaceForm *b)
{
	return a->len == b->len &&
		memcmp(place_pool + a->text, place_pool + b->text, a->len) == 0;
}

/*
 * separators_skip
 *		The position behind what may stand between two names.
 */
static size_t
separators_skip(const char *s, size_t len, size_t at)
{
	static const char *const separators[] = {" ", ",", "-", "/", "|", ".", "(", ")", ":", ";", "_", "\\",
		"[", "]", "、", "·", "。", "—", "–", "・", "•", "【", "】", "市辖区", "自由贸易试验区", "自贸试验区", "自贸区",
	"district", "city", "province", NULL};
	size_t		n;

	while (at < len && (n = starts_with_any(s, len, at, separators)) > 0)
		at += n;
	return at;
}

/*
 * link_add
 *		Put a name behind the links of a chain.  A repetition (重庆市重庆市) only
 *		moves the end.
 */
static void
link_add(PlaceChain *chain, int row, size_t end, bool full)
{
	PlaceLink  *link;

	if (chain->nlinks > 0 && chain->link[chain->nlinks - 1].row == row)
		link = &chain->link[chain->nlinks - 1];
	else
		link = &chain->link[chain->nlinks++];
	link->row = row;
	link->end = end;
	link->full = full;
}

/*
 * chain_extend
 *		Add the names that follow the chain and lie within its last link.
 */
static void
chain_extend(const char *s, size_t len, bool address, PlaceChain *chain)
{
	while (chain->nlinks < PLACE_MAX_LINKS)
	{
		PlaceLink  *last = &chain->link[chain->nlinks - 1];
		size_t		at = separators_skip(s, len, last->end);
		const PlaceForm *end;
		const PlaceForm *form = at < len ? forms_at(s, len, at, &end) : NULL;
		const PlaceForm *best = NULL;

		for (; form && form < end; form++)
		{
			if (best && best->len > form->len)
				break;
			if (!form_may_match(form, s, len, at) ||
				!form_matches(form, s, len, at) ||
				!leadcrm_place_within(form->row, last->row) ||
				form_is_spoilt(form, s, len, at, address))
				continue;
			if (best == NULL || best->row == last->row)
				best = form;
			else if (form->row == last->row)
				continue;
			else if (leadcrm_place_level(form->row) < leadcrm_place_level(best->row))
				best = form;
			else if (leadcrm_place_level(form->row) == leadcrm_place_level(best->row) &&
					 form->row != best->row)
				return;			/* 江苏省鼓楼区: there are two */
		}
		if (best == NULL)
			return;
		at += best->len;
		if (best->kind == PLACE_ALONE || best->kind == PLACE_PART)
		{
			/* what has become a district was a county or a city before */
			static const char *const units[] = {"市", "区", "县", NULL};
			size_t		n = starts_with_any(s, len, at, units);

			if (n > 0 && !unit_spoilt(s, len, at + n))
				at += n;
		}
		link_add(chain, best->row, at,
				 best->kind == PLACE_FULL || best->kind == PLACE_GENERIC);
	}
}

/*
 * leadcrm_place_chain
 *		The divisions named at byte at of a folded text, below len.
 *
 * address: the text is an address, so that 北京 in 北京路 is no name; in the
 * name of a firm (四川路桥) it is one.
 *
 * chain->nlinks is 0 if the text there names no division or does not tell
 * which; then the candidates are those a parent found elsewhere could decide
 * between.
 */
void
leadcrm_place_chain(const char *s, size_t len, size_t at, bool address,
					PlaceChain *chain)
{
	const PlaceForm *end;
	const PlaceForm *form = forms_at(s, len, at, &end);

	memset(chain, 0, sizeof(*chain));
	for (; form && form < end; form++)
	{
		const PlaceForm *behind;
		const PlaceForm *alone = NULL;
		PlaceChain	best;
		bool		tie = false;

		if (!form_may_match(form, s, len, at) || !form_matches(form, s, len, at))
			continue;
		memset(&best, 0, sizeof(best));
		if (form_is_spoilt(form, s, len, at, address))
		{
			chain->skip = at + form->len;
			return;
		}
		/* all divisions of this name: which of them does the text go on with? */
		for (behind = form; behind < end && form_same(form, behind); behind++)
		{
			PlaceChain	trial = {0};

			link_add(&trial, behind->row, at + behind->len, behind->kind == PLACE_FULL);
			chain_extend(s, len, address, &trial);
			if (trial.nlinks > 1 &&
				(best.nlinks == 0 || trial.link[trial.nlinks - 1].end > best.link[best.nlinks - 1].end))
				best = trial;
			if (behind->kind == PLACE_FULL || behind->kind == PLACE_ALONE)
			{
				int			level = leadcrm_place_level(behind->row);

				/* 吉林 is the province rather than the city */
				if (alone == NULL ||
					(alone->kind == PLACE_ALONE && level < leadcrm_place_level(alone->row)))
				{
					alone = behind;
					tie = false;
				}
				else if (behind->row != alone->row &&
						 (alone->kind == PLACE_FULL || level == leadcrm_place_level(alone->row)))
					tie = true;
			}
			if (chain->ncandidates < PLACE_MAX_CANDIDATES &&
				(behind->kind == PLACE_FULL || is_letter(s[at])))
				chain->candidate[chain->ncandidates++] = behind->row;
		}
		if (best.nlinks == 0 && alone && !tie)
		{
			link_add(&best, alone->row, at + alone->len, alone->kind == PLACE_FULL);
			chain_extend(s, len, address, &best);	/* a repetition */
		}
		if (best.nlinks > 0)
		{
			*chain = best;
			chain->skip = best.link[best.nlinks - 1].end;
			return;
		}
		if (chain->ncandidates > 0)
		{
			chain->skip = at + form->len;
			return;
		}
		form = behind - 1;		/* the next shorter name */
	}
}
