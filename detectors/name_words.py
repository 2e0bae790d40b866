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
# Characters that sound alike, only inside the words in which nothing else is meant by them.
SOUND_ALIKE = (
    (re.compile("金[镕熔溶]"), "金融"),
    (re.compile("(?<!管)理[材才]"), "理财"),
    (re.compile("[材才]富管理"), "财富管理"),
    (re.compile("资[铲惨]管理"), "资产管理"),
    (re.compile("[头骰]资管理"), "投资管理"),
    (re.compile("基[今津斤]管理"), "基金管理"),
    (re.compile("网[袋货](?!运|物|车|架)"), "网贷"),
    (re.compile("支[傅附]"), "支付"),
    (re.compile("众[酬畴]"), "众筹"),
    (re.compile("(?<![A-Z0-9])P(?:TO|二|贰|TWO)P(?![A-Z0-9])"), "P2P"),
)
# Where a word is part of something else; it says nothing then.
OTHER_SENSES = re.compile(
    "基金会|公积金|金融(?:学院|大学|学校|职业|机具|设备|街|大厦|广场|路|押运|博物馆|工会)"
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
    sounded = rest
    for pattern, word in SOUND_ALIKE:
        sounded = pattern.sub(word, sounded)
    alike = tuple(word for word in _found(sounded)[0] if word not in plain)
    return NameWords(plain, alike if sounded != rest else ())


def _found(text: str) -> tuple[tuple[str, ...], str]:
    """The words in a text, and the text without them."""
    found = []
    for word in WORDS:
        if word in text:
            found.append(word)
            text = text.replace(word, "\n")
    return tuple(word for word in WORDS if word in found), text
