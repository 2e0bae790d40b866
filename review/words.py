"""The words of the desk for its codes, Chinese and English: statuses, decisions, reasons, roles."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

Words = Mapping[str, tuple[str, str]]

STATUSES: Words = MappingProxyType(
    {
        "open": ("待核查", "open"),
        "waiting": ("待复核", "awaiting approval"),
        "confirmed": ("属实", "confirmed"),
        "refuted": ("排除", "refuted"),
        "more_information": ("待补充", "more information"),
        "police": ("移送公安", "handed to the police"),
    }
)
DECISIONS: Words = MappingProxyType(
    {
        "confirmed": ("属实", "confirmed"),
        "refuted": ("排除", "refuted"),
        "more_information": ("需补充信息", "more information needed"),
        "police": ("移送公安", "hand over to the police"),
    }
)
REASONS: Mapping[str, Words] = MappingProxyType(
    {
        "confirmed": {
            "records": ("记录足以证明", "the records show it"),
            "admitted": ("当事人承认", "admitted by the party"),
            "on_site": ("现场检查证实", "confirmed on site"),
            "other_case": ("与已立案件相符", "matches a case already opened"),
        },
        "refuted": {
            "licensed_business": ("持牌业务内的正常行为", "ordinary within its licence"),
            "innocent_pattern": ("有合理的业务解释", "an innocent business explains it"),
            "bad_data": ("报送数据有误", "the submitted data are wrong"),
            "wrong_party": ("主体识别错误", "the wrong party was named"),
            "below_concern": ("金额或情节轻微", "too small to pursue"),
        },
        "more_information": {
            "bank_records": ("需银行补充记录", "records are needed from a bank"),
            "institution_reply": ("需机构说明", "the institution must explain"),
            "on_site_needed": ("需现场核查", "needs a visit on site"),
            "other_office": ("需其他部门意见", "needs another office's view"),
        },
        "police": {
            "fraud": ("涉嫌诈骗", "suspected fraud"),
            "illegal_fundraising": ("涉嫌非法集资", "suspected illegal fund-raising"),
            "money_gone": ("资金已转移或灭失", "the money was moved away or is lost"),
            "flight": ("相关人员可能外逃", "those concerned may flee"),
        },
    }
)
APPROVALS: Words = MappingProxyType(
    {"approved": ("同意", "approved"), "declined": ("不同意", "declined")}
)
KINDS: Words = MappingProxyType(
    {"organisation": ("机构", "organisation"), "person": ("自然人", "natural person")}
)


def in_words(words: Words, code: str | None, zh: bool) -> str:
    """The words of a code; a code that is not known stays as it is."""
    return words.get(code or "", (code or "–",) * 2)[not zh]
