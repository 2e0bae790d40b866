"""What a finding leads to: the office that leads, and the disposal proposed to an officer.

Source: the plan of 2016-05-18, parts 一(二) (six classes of disposal) and 四(二) (offices by field;
crossing cases go to the leading group's office).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from data.settings import Score
from detectors.finding import Finding

LEADING_GROUP = "LG"
OFFICES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "JR": ("省金融办", "provincial finance office"),
        "YJ": ("江苏银监局", "Jiangsu banking regulator"),
        "PBC": ("人民银行南京分行", "central bank, Nanjing branch"),
        "ZJ": ("江苏证监局", "Jiangsu securities regulator"),
        "BJ": ("江苏保监局", "Jiangsu insurance regulator"),
        "GS": ("省工商局", "provincial industry and commerce bureau"),
        "WW": ("省维稳办", "provincial stability office"),
        LEADING_GROUP: ("省领导小组办公室", "office of the provincial leading group"),
    }
)
DISPOSALS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "rectify": ("持牌合规但有风险：限期整改", "licensed, compliant but risky: rectify"),
        "stop_and_rectify": (
            "持牌违规：停止业务，限期整改",
            "licensed, in violation: stop the business and rectify by a deadline",
        ),
        "suspend_and_return": (
            "业务与牌照不符：暂停并回归持牌业务",
            "substance does not match the licence: suspend and return to the licensed business",
        ),
        "dissolve": ("无牌、风险较低：逐步清退", "unlicensed, low risk: dissolve step by step"),
        "ban": (
            "无牌、严重违规、规避监管：取缔",
            "unlicensed, very irregular, evading supervision: ban",
        ),
        "police": (
            "无牌、涉嫌诈骗或重大违法：严厉打击，移送公安",
            "unlicensed, fraud or grave violations: strike hard, hand to the police",
        ),
    }
)
# Typologies that say that the business done is another than the licensed one.
SUBSTANCE = frozenset(
    {
        "own_lending",
        "margin_finance",
        "property_finance",
        "unlicensed_business",
        "disguised_clearing",
        "unlicensed_payment",
        "disguised_debt",
        "unapproved_exchange",
    }
)


# The least severity that is a violation where a licence stands, and the highest that is a low risk
# where none does; assumptions.
VIOLATION_SEVERITY, LOW_RISK_SEVERITY = 3, 2

# The six classes, the gravest last.
GRAVITY = ("rectify", "stop_and_rectify", "suspend_and_return", "dissolve", "ban", "police")


@dataclass(frozen=True)
class Licence:
    """What the institution register says of a licence."""

    licence_no: str | None
    licence_from: date | None
    licence_to: date | None
    status: str

    def holds_on(self, day: date) -> bool:
        """Say whether it stood on a day; without a licence number there is none."""
        return (
            bool(self.licence_no)
            and self.status == "active"
            and (self.licence_from is None or self.licence_from <= day)
            and (self.licence_to is None or day <= self.licence_to)
        )


def lead_office(findings: Sequence[Finding]) -> str | None:
    """Name the offices that lead, joined by `+`; the leading group's where the fields cross.

    The fields cross when no office leads all findings; without findings there is none.
    """
    if not findings:
        return None
    offices = [finding.lead_office.split("+") for finding in findings]
    if len({tuple(sorted(names)) for names in offices}) == 1:
        return findings[0].lead_office
    shared = [name for name in offices[0] if all(name in names for names in offices)]
    return "+".join(shared) or LEADING_GROUP


@dataclass(frozen=True)
class Proposal:
    """A proposed class of disposal, and its grounds in Chinese and English."""

    disposal: str
    zh: str
    en: str


def proposed_disposal(
    findings: Sequence[Finding],
    party_id: str,
    licences: Mapping[str, Licence],
    business_date: date,
    settings: Score,
) -> Proposal | None:
    """Propose one of the six classes for a party, with its grounds; an officer decides.

    Only findings of which the party is the subject count, each with the licence of the institution
    that it names, else the party's own; the gravest class rules, and among equals the finding of
    the highest confidence. None for a party that findings only name: what its part was, is for the
    officer to say.
    """
    proposals = []
    for finding in findings:
        if finding.party_id == party_id:
            licence = licences.get(finding.institution_id or party_id)
            held = licence if licence is not None and licence.holds_on(business_date) else None
            disposal = _class(finding, held is not None, settings)
            order = (GRAVITY.index(disposal), finding.confidence, finding.amount_fen, finding.code)
            proposals.append((order, _proposal(finding, disposal, held, business_date, settings)))
    return max(proposals, key=lambda each: each[0])[1] if proposals else None


def _class(finding: Finding, licensed: bool, settings: Score) -> str:
    if licensed and finding.typology in SUBSTANCE:
        return "suspend_and_return"
    if licensed:
        return "stop_and_rectify" if finding.severity >= VIOLATION_SEVERITY else "rectify"
    if finding.severity <= LOW_RISK_SEVERITY:
        return "dissolve"
    grave = finding.severity == 5 and finding.confidence >= settings.police_confidence
    return "police" if grave else "ban"


def _proposal(
    finding: Finding,
    disposal: str,
    licence: Licence | None,
    business_date: date,
    settings: Score,
) -> Proposal:
    """Say which licence, which finding and which line lead to a class."""
    line = settings.police_confidence
    why = {
        "suspend_and_return": ("所做业务与牌照不符", "the business done is not the licensed one"),
        "stop_and_rectify": (
            f"严重程度不低于 {VIOLATION_SEVERITY}，属持牌违规",
            f"at severity {VIOLATION_SEVERITY} or more a licensed firm is in violation",
        ),
        "rectify": (
            f"严重程度低于 {VIOLATION_SEVERITY}，属合规但有风险",
            f"below severity {VIOLATION_SEVERITY} a licensed firm is compliant but risky",
        ),
        "dissolve": (
            f"严重程度不高于 {LOW_RISK_SEVERITY}，风险较低",
            f"up to severity {LOW_RISK_SEVERITY} the risk is low",
        ),
        "police": (
            f"严重程度 5 且置信度不低于 {line:.2f}",
            f"severity 5 at a confidence of {line:.2f} or more",
        ),
        "ban": (
            f"严重程度高于 {LOW_RISK_SEVERITY}，但不满足严重程度 5 且置信度不低于 {line:.2f}",
            f"above severity {LOW_RISK_SEVERITY}, though not severity 5 at a confidence of "
            f"{line:.2f} or more",
        ),
    }[disposal]
    permit = ("无有效牌照", f"no licence is valid on {business_date}")
    if licence is not None:
        number = licence.licence_no
        permit = (f"持有效牌照 {number}", f"licence {number} is valid on {business_date}")
    found = f"{finding.code} {finding.clause}"
    said = f"{finding.severity}/5", f"{finding.confidence:.2f}"
    return Proposal(
        disposal,
        f"{permit[0]}；{found}，严重程度 {said[0]}，置信度 {said[1]}：{why[0]}",
        f"{permit[1]}; {found}, severity {said[0]}, confidence {said[1]}: {why[1]}",
    )


def in_words(codes: str, zh: bool) -> str:
    """Spell out office codes that are joined by `+`; a code that is not known stays as it is."""
    names = [OFFICES.get(code, (code, code)) for code in codes.split("+")]
    return "、".join(name[0] for name in names) if zh else ", ".join(name[1] for name in names)
