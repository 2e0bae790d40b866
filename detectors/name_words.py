"""The words that only licensed firms may have in their names, and how they are found.

Names are compared as they sound and look: full-width and traditional characters, spaces and marks
between the characters, and characters of the same sound do not hide a word.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# The words of the plan, 三(一), the longer ones first, so that a word is not found inside another.
WORDS = (
    "互联网保险", "股权投资基金", "网络借贷", "股权众筹", "财富管理", "投资管理", "资产管理",
    "基金管理", "交易中心", "交易所", "金融", "理财", "基金", "网贷", "P2P", "支付",
)  # fmt: skip
TRADITIONAL = str.maketrans(
    "資產財務網絡貸眾籌險聯權業經營證團會從與為開發產機電後構參諮詢",
    "资产财务网络贷众筹险联权业经营证团会从与为开发产机电后构参咨询",
)
# The short words, only as nothing else is meant: what is usual in firms' names (荣, 富) needs a
# following word of the trade.
SOUND_ALIKE = (
    (re.compile("金(?:[镕熔溶绒]|[荣容蓉榕](?=信息|服务|平台|理财|资产|超市))|[今巾斤]融"), "金融"),
    (re.compile("(?<!管)理[材才裁]|[里鲤]财"), "理财"),
    (re.compile("基[今巾斤](?!日)|[鸡积]金(?![属])"), "基金"),
    (re.compile("网[袋货代](?!运|物|车|架|理|码|表|购)"), "网贷"),
    (re.compile("(?<!分)支[傅附副富](?!近|属|业|强|民|农|贵)|[芝枝]付"), "支付"),
    # Both characters of the same sound, the first of them none that firms are named with.
    (re.compile("[今巾斤衿][溶熔镕绒嵘荣容蓉]"), "金融"),
    (re.compile("[里鲤哩][材裁](?!料)|鲤[才彩]"), "理财"),
    (re.compile("[鸡叽畸姬积机][今巾斤](?!日|年|天|后)"), "基金"),
    (re.compile("[惘罔枉][贷袋代带]|往[贷袋]"), "网贷"),
    (re.compile("(?<!荔)[枝肢吱][附副傅富负](?!属|业)"), "支付"),
    (re.compile("(?<![A-Z0-9])P(?:TO|二|贰|TWO)P(?![A-Z0-9])"), "P2P"),
)
# Where a word is part of something else, a place or an occupation; it says nothing then.
OTHER_SENSES = re.compile(
    "基金会|公积金"
    "|(?:基金|金融|理财|支付|财富管理|资产管理|投资管理|交易所|交易中心)"
    "(?:大厦|广场|小镇|大楼|商厦|写字楼|公寓|商城(?!信息|网络|平台))"
    "|金融(?:学院|大学|学校|职业|机具|设备|押运|博物馆|工会"
    "|街|城|港|湾|岛|谷|湖|里|路|大道|新区|园区|产业园|区(?!域|块)"
    "|中心(?=物业|酒店|大厦|广场|商业|置业|餐饮|停车))"
    "|交易所路"
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
    """The text with every word that only sounds like one of the list written as in the list.

    Of a word of three or more characters up to half may be others of the same sound, tone aside;
    nothing else is meant then.
    """
    for word, pattern in _sounds():
        for match in reversed(list(pattern.finditer(text))):
            part = match.group(1)
            written = sum(one == other for one, other in zip(part, word, strict=True))
            if 2 * written >= len(word):
                text = text[: match.start(1)] + word + text[match.end(1) :]
    for pattern, word in SOUND_ALIKE:
        text = pattern.sub(word, text)
    return text


@lru_cache(maxsize=1)
def _sounds() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The words of three or more characters, and patterns of all that sounds like them.

    Sounds are the usual readings of the characters by pypinyin, of those of CJK Unified Ideographs.
    """
    from pypinyin import Style, pinyin  # its table takes a while to read

    characters = [chr(code) for code in range(0x4E00, 0xA000)]
    by_sound: dict[str, str] = {}
    sound_of = {}
    for character in characters:
        [[sound]] = pinyin(character, style=Style.NORMAL)
        by_sound[sound] = by_sound.get(sound, "") + character
        sound_of[character] = sound
    return tuple(
        (
            word,
            # Looked for at every place, so that one match does not hide the next.
            re.compile("(?=(" + "".join(f"[{by_sound[sound_of[each]]}]" for each in word) + "))"),
        )
        for word in WORDS
        if len(word) > 2 and all(each in sound_of for each in word)
    )


def _found(text: str) -> tuple[tuple[str, ...], str]:
    """The words in a text, and the text without them."""
    found = []
    for word in WORDS:
        if word in text:
            found.append(word)
            text = text.replace(word, "\n")
    return tuple(word for word in WORDS if word in found), text
