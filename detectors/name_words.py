"""The words that only licensed firms may have in their names, and how they are found.

Names are compared as they sound and look: full-width and traditional characters, spaces and marks
between the characters, and characters of the same sound do not hide a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# The words of the plan, 三(一), the longer ones first, so that a word is not found inside another.
WORDS = (
    "互联网保险", "股权投资基金", "网络借贷", "股权众筹", "财富管理", "投资管理", "资产管理",
    "基金管理", "交易中心", "交易所", "金融", "理财", "基金", "网贷", "P2P", "支付",
)  # fmt: skip
TRADITIONAL = str.maketrans(
    "資產財務網絡貸眾籌險聯權業經營證團會從與為開發產機電後構參諮詢",
    "资产财务网络贷众筹险联权业经营证团会从与为开发产机电后构参咨询",
)
# Characters of the same sound, tone aside, for those of which the longer words are made. In a word
# of three or more characters up to half may be written otherwise; nothing else is meant then.
SAME_SOUND = {
    "互": "户护沪", "联": "连莲廉链", "网": "往旺罔", "保": "宝堡饱", "险": "显鲜",
    "股": "古谷鼓骨估", "权": "全泉拳荃", "投": "头骰", "资": "姿咨滋兹孜紫",
    "基": "机鸡积激级极集", "金": "今斤巾津筋锦", "络": "洛落骆", "借": "界介戒届",
    "贷": "代袋带待", "众": "重种仲", "筹": "酬畴绸仇稠", "财": "才材裁采", "富": "付附副傅赋",
    "管": "馆官冠贯", "理": "里李鲤礼俐利力立", "产": "铲阐", "交": "胶娇教焦",
    "易": "亦意艺益议义", "中": "终忠钟", "心": "新芯辛欣", "所": "锁索琐",
}  # fmt: skip
# The short words, only as nothing else is meant: what is usual in firms' names (荣, 富) needs a
# following word of the trade.
SOUND_ALIKE = (
    (re.compile("金(?:[镕熔溶绒]|[荣容蓉榕](?=信息|服务|平台|理财|资产|超市))|[今巾斤]融"), "金融"),
    (re.compile("(?<!管)理[材才裁]|[里鲤]财"), "理财"),
    (re.compile("基[今巾斤](?!日)|[鸡积]金(?![属])"), "基金"),
    (re.compile("网[袋货代](?!运|物|车|架|理|码|表|购)"), "网贷"),
    (re.compile("(?<!分)支[傅附副](?!近|属|业)|[芝枝]付"), "支付"),
    (re.compile("(?<![A-Z0-9])P(?:TO|二|贰|TWO)P(?![A-Z0-9])"), "P2P"),
)
# Where a word is part of something else, a place or an occupation; it says nothing then.
OTHER_SENSES = re.compile(
    "基金会|公积金|基金(?:大厦|广场|小镇|大楼)|金融(?:学院|大学|学校|职业|机具|设备|押运|博物馆|工会"
    "|街|城|大厦|大楼|广场|小镇|港|湾|岛|谷|湖|里|路|大道|新区|园区|产业园|区(?!域|块)"
    "|中心(?=物业|酒店|大厦|广场|商业|置业|餐饮|停车))"
    "|交易所(?:大厦|广场|大楼|路)"
    "|支付(?:机具|设备|终端)|公共资源交易中心|(?:房产|房地产|土地|产权|技术|人才|花卉|农产品|蔬菜|"
    "水产品|粮油|粮食|木材|建材|二手车|旧机动车|汽车|珠宝|服装|果品|苗木)交易(?:中心|所)"
    "|(?:钱币|邮币)交易中心筹备组"
)
# What a scope says that it is not: "不得从事…", "…除外", "不含…", up to the end of the clause.
NEGATED = re.compile(r"(?:不得|不含|不包括|未经批准|严禁|禁止|除)[^;；。)）]*")
# In a scope: advice, teaching and software about such business are none of it.
ADVICE = re.compile(
    r"(?:金融|理财|投资管理|资产管理|财富管理|支付)(?:信息|知识|业务)?(?:咨询|培训|教育|软件|顾问)"
)
MARKS = re.compile(r"[\s·・.,，。\-_—–~*+|/\\'\"“”‘’`^]+")


@dataclass(frozen=True)
class NameWords:
    """The restricted words found: as they are written, and those that are only written alike."""

    plain: tuple[str, ...]
    alike: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """Every word, in the order of the list."""
        return tuple(word for word in WORDS if word in {*self.plain, *self.alike})


def restricted_words(text: str | None, *, scope: bool = False) -> NameWords:
    """Find the restricted words of a name, or of a business scope.

    >>> restricted_words("江苏恒信Ｐ2Ｐ金 融信息有限公司").plain
    ('金融', 'P2P')
    >>> restricted_words("江苏恒信金镕服务有限公司").alike
    ('金融',)
    >>> restricted_words("江苏省教育基金会").all
    ()
    """
    written = unicodedata.normalize("NFKC", text or "").upper().translate(TRADITIONAL)
    if scope:
        written = ADVICE.sub("", NEGATED.sub("", written))
    joined = OTHER_SENSES.sub("", MARKS.sub("", written))
    plain, rest = _found(joined)
    sounded = _as_it_sounds(rest)
    alike = tuple(word for word in _found(sounded)[0] if word not in plain)
    return NameWords(plain, alike if sounded != rest else ())


def _as_it_sounds(text: str) -> str:
    """The text with every word that only sounds like one of the list written as in the list."""
    for word in WORDS:
        for start in range(len(text) - len(word) + 1) if len(word) > 2 else ():
            part = text[start : start + len(word)]
            written = sum(one == other for one, other in zip(part, word, strict=True))
            if 2 * written >= len(word) and all(
                one == other or one in SAME_SOUND.get(other, "")
                for one, other in zip(part, word, strict=True)
            ):
                text = text[:start] + word + text[start + len(word) :]
    for pattern, word in SOUND_ALIKE:
        text = pattern.sub(word, text)
    return text


def _found(text: str) -> tuple[tuple[str, ...], str]:
    """The words in a text, and the text without them."""
    found = []
    for word in WORDS:
        if word in text:
            found.append(word)
            text = text.replace(word, "\n")
    return tuple(word for word in WORDS if word in found), text
