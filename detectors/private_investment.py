"""V1 private investment firm: a firm without a licence, whose trade is investment, raises money.

Pattern: an investment, guarantee or wealth firm without a licence, by its registration, its
industry, its scope or its name, is behind a fund pool (P1) or illegal fundraising (P3), or holds
the accounts of one. A firm that names no such trade is one by what it does: it is itself behind
them, beyond the lines of illegal deposit-taking, and lives on what natural persons pay it.

Innocent look-alikes: consulting firms and holdings of the same names (their money comes from
organisations, and no pool or fixed return is seen); borrowing among acquaintances (below the lines
of illegal deposit-taking: it stays open); licensed firms (the register).

Blind spots: firms that name another trade and have one of like size; what P1 and P3 do not see.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import pyarrow as pa

from data.legal_rules import legal_rules
from data.settings import PrivateInvestment
from detectors import fund_pool, illegal_fundraising
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted

NAME = "private_investment"
CODE = "V1"
CLAUSE = "二(八)"
SEVERITY = 4
LEAD_OFFICE = "WW"
TITLE = ("民间投融资机构违规集资", "private investment firm")
CHINESE = Description(
    pattern=(
        "按登记类别、行业、经营范围或名称属于投资、担保、理财一类而没有牌照的机构，是资金池（P1）或非"
        "法集资（P3）背后的机构，或持有其账户。未以此类业务登记的公司按实际业务认定：其本身即上述机构，"
        "达到非法吸收公众存款的标准，且以自然人付款为主要收入。"
    ),
    lookalikes=(
        "名称相近的咨询公司、控股公司（资金来自单位，且未见资金池或固定返还）；熟人之间的借款（未达非"
        "法吸收公众存款的标准时存疑）；持牌机构（以登记为准）。"
    ),
    blind_spots="以他业登记且他业规模相当的公司；P1、P3 未能发现的情形。",
)

KINDS = ("investment_firm", "guarantor", "asset_manager")
# GB/T 4754-2011: capital market services, other finance; investment management, guarantees.
INDUSTRY = "^[A-Z]?(67|69|7212|7296)"
# What such firms call their trade; the plan's part 二(八) speaks of investment and financing.
TRADE = "投资|融资|担保|理财|财富|资产管理|资本管理|基金"

# Organisations whose trade is investment, each with the surest ground for saying so.
FIRMS = """
select d.party_no, case
    when list_contains($kinds, i.kind) then 'kind'
    when regexp_matches(d.industry, $industry) then 'industry'
    when regexp_matches(p.business_scope, $trade) then 'scope'
    else 'name' end as ground
from party_dim d
left join institution i on i.institution_id = d.institution_id
left join party p on p.party_id = d.party_id
where d.kind = 'organisation' and (list_contains($kinds, i.kind)
  or (i.kind is null or i.kind = 'other') and (
    regexp_matches(d.industry, $industry)
    or regexp_matches(p.business_scope, $trade) or regexp_matches(d.name, $trade)))
order by d.party_no
"""
# Of some organisations those that are no institution of another kind, whose own rules hold for it.
UNNAMED = """
select d.party_id, d.party_no
from party_dim d left join institution i on i.institution_id = d.institution_id
where d.kind = 'organisation' and (i.kind is null or i.kind = 'other')
  and list_contains($subjects, d.party_id)
"""
# Where the money of some parties comes from.
INCOME = """
with came as (
  select b.party_no, coalesce(p.kind = 'organisation', false) as firm,
    case when a.party_no = b.party_no then 0 else t.amount_fen end as amount_fen
  from transfer t
  join account_dim b on b.account_id = t.payee_account
  join judged j on j.party_no = b.party_no
  join account_dim a on a.account_id = t.payer_account
  left join party_dim p on p.party_no = a.party_no
  where t.status = 'settled' and t.business_date between $first and $last
)
select party_no, coalesce(sum(amount_fen) filter (firm), 0)::bigint, sum(amount_fen)::bigint
from came group by party_no order by party_no
"""
WITHOUT_ACCOUNT = """
select i.institution_id, p.party_no
from institution i join party_dim p on p.institution_id = i.institution_id
anti join account_dim a on a.party_no = p.party_no
where list_contains($kinds, i.kind) and i.status = 'active'
order by i.institution_id
"""
GROUNDS = {
    "kind": ("登记类别", "its registration"),
    "industry": ("行业代码", "its industry"),
    "scope": ("经营范围", "its business scope"),
    "name": ("名称", "its name"),
    "conduct": ("实际业务", "what it does"),
}


@dataclass(frozen=True)
class Firm:
    """A firm whose trade is investment, and what says so (a key of GROUNDS)."""

    party_no: int
    ground: str


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per unlicensed firm that a pool or a fundraising scheme stands on."""
    settings = context.settings.detectors.private_investment
    licensed = {i.party_no for i in context.institutions if i.licensed}
    found = context.db.rows(
        "investment firms",
        FIRMS,
        {"kinds": list(KINDS), "industry": INDUSTRY, "trade": TRADE},
    )
    firms = {
        context.party_ids[number]: Firm(number, ground)
        for number, ground in found
        if number not in licensed
    }
    raising = [
        said
        for detector in (fund_pool, illegal_fundraising)
        for said in context.said(detector)
        if isinstance(said, Finding)
    ]
    subjects = {"subjects": [said.party_id for said in raising]}
    for party_id, number in context.db.rows("firms of another name", UNNAMED, subjects):
        if number not in licensed:
            firms.setdefault(party_id, Firm(number, "conduct"))
    grounds: dict[str, list[Finding]] = defaultdict(list)
    for said in raising:
        for party_id in _behind(said, firms):
            grounds[party_id].append(said)
    income = _income(context, [firms[party_id].party_no for party_id in sorted(grounds)])
    for party_id in sorted(grounds):
        finding = judge(context, settings, firms[party_id], grounds[party_id], income)
        if finding is not None:
            yield finding
    yield from _without_account(context, licensed)


def _behind(finding: Finding, firms: dict[str, Firm]) -> list[str]:
    """The investment firms a finding stands on: its subject, else the holders of its accounts."""
    if finding.party_id in firms:
        return [finding.party_id]
    return [
        party_id
        for party_id, role in finding.accomplices
        if role in ("pool", "shell") and party_id in firms and firms[party_id].ground != "conduct"
    ]


def judge(
    context: Context,
    settings: PrivateInvestment,
    firm: Firm,
    grounds: list[Finding],
    income: dict[int, tuple[int, int]],
) -> Finding | None:
    """Hold one firm's findings of P1 and P3 against the lines of the law.

    Who is an investment firm by conduct alone must lie beyond them.
    """
    rules, day = legal_rules(), context.business_date
    persons_line = rules.whole("illegal_deposit", "unit_persons", day) or 1
    amount_line = rules.whole("illegal_deposit", "unit_amount", day) or 1
    payers = max(int(_payers(each)) for each in grounds)
    amount = max(each.amount_fen for each in grounds)
    party_id = context.party_ids[firm.party_no]
    institution = context.institution_of(party_id)
    refs = _in_order(context, {ref for each in grounds for ref in each.transfers})
    open_chance = 1.0
    for each in grounds:
        open_chance *= 1 - each.confidence
    lookalikes = (
        *_lookalikes(settings, firm, grounds, income.get(firm.party_no, (0, 0))),
        Lookalike(
            "private_borrowing",
            payers >= persons_line or amount >= amount_line,
            f"付款 {payers} 人、{yuan(amount)} 元（非法吸收公众存款的标准为 {persons_line} 人或 "
            f"{yuan(amount_line)} 元）",
            f"{payers} persons paid {yuan(amount)} yuan (illegal deposit-taking begins at "
            f"{persons_line} persons or {yuan(amount_line)} yuan)",
        ),
    )
    doubtful = {"consulting_firm", "private_borrowing", "grounds_in_doubt"}
    if firm.ground == "conduct" and any(t.name in doubtful and not t.passed for t in lookalikes):
        return None
    certain = 1.0 if firm.ground == "kind" else settings.ground_certainty
    codes = "、".join(each.code for each in grounds)
    zh, en = GROUNDS[firm.ground]
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=party_id,
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(
            min(1 - open_chance, settings.confidence_most) * certain,
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=amount,
        first_at=min(each.first_at for each in grounds),
        last_at=max(each.last_at for each in grounds),
        transfers=refs,
        measures={
            "public_payers": Measure(payers, persons_line, "persons"),
            "public_fen": Measure(amount, amount_line, "fen"),
            "agreeing_findings": Measure(len(grounds), 1, "findings"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明资金已投向何处，也未证明该公司对外承诺保本付息",
            "it is not established what the money was invested in, nor that the firm promised "
            "principal and return",
        ),
        text=(
            f"按{zh}属投资、担保、理财一类的无牌机构，符合 {codes}：向 {payers} 名自然人收取 "
            f"{yuan(amount)} 元",
            f"By {en} an investment, guarantee or wealth firm without a licence, it shows "
            f"{codes.replace('、', ' and ')}: {yuan(amount)} yuan taken from {payers} natural "
            "persons",
        ),
        lead_office=LEAD_OFFICE,
        accomplices=_accomplices(context, firm, grounds),
    )


def _payers(finding: Finding) -> float:
    name = "payers" if finding.typology == fund_pool.NAME else "lot_payers"
    return finding.measures[name].value


def _lookalikes(
    settings: PrivateInvestment, firm: Firm, grounds: list[Finding], income: tuple[int, int]
) -> tuple[Lookalike, ...]:
    from_firms, taken = income
    share = from_firms / max(taken, 1)
    left = sorted({test.name for each in grounds for test in each.lookalikes if not test.passed})
    zh, en = GROUNDS[firm.ground]
    return (
        Lookalike(
            "consulting_firm",
            share <= settings.consulting_share,
            f"该公司进账中 {share:.0%} 来自单位（咨询公司以单位付费为主）",
            f"{share:.0%} of what the firm takes comes from organisations, which pay consultants",
        ),
        Lookalike(
            "namesake",
            firm.ground != "name",
            f"认定为投资类机构的依据是{zh}",
            f"what says that its trade is investment is {en}",
        ),
        Lookalike(
            "grounds_in_doubt",
            not left,
            f"所依据的发现中尚有 {len(left)} 项正常解释未排除",
            f"{len(left)} innocent explanation(s) of the findings it stands on are left open",
        ),
    )


def _accomplices(
    context: Context, firm: Firm, grounds: list[Finding]
) -> tuple[tuple[str, str], ...]:
    """Whom the grounds name; of them, who owns, controls or represents the firm is an organiser."""
    led = {
        context.party_ids[number]
        for number, kind, share in context.relations.into(firm.party_no)
        if kind in ("controls", "legal_representative") or (kind == "shareholder" and share >= 0.5)
    }
    party_id = context.party_ids[firm.party_no]
    roles: dict[str, str] = {}
    for each in grounds:
        if each.party_id != party_id:
            roles.setdefault(each.party_id, "pool")
        for named, role in each.accomplices:
            roles.setdefault(named, role)
    roles.pop(party_id, None)
    return tuple((named, "organiser" if named in led else roles[named]) for named in sorted(roles))


def _in_order(context: Context, refs: set[str]) -> tuple[str, ...]:
    """The references of transfers in the order of their time."""
    context.db.register("shown", pa.table({"ref": pa.array(sorted(refs), pa.string())}))
    rows = context.db.rows(
        "order of evidence",
        "select t.ref from transfer t semi join shown s on s.ref = t.ref "
        "group by t.ref order by min(t.booked_at), t.ref",
    )
    context.db.unregister("shown")
    return tuple(ref for (ref,) in rows)


def _income(context: Context, parties: list[int]) -> dict[int, tuple[int, int]]:
    days = context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    rows = pl.DataFrame({"party_no": parties}, schema={"party_no": pl.Int64})
    context.db.register("judged", rows.to_arrow())
    found = context.db.rows("income of firms", INCOME, window)
    context.db.unregister("judged")
    return {number: (from_firms, taken) for number, from_firms, taken in found}


def _without_account(context: Context, licensed: set[int]) -> Iterator[CannotConclude]:
    for name, number in context.db.rows(
        "firms without account", WITHOUT_ACCOUNT, {"kinds": list(KINDS)}
    ):
        if number not in licensed:
            yield CannotConclude(
                NAME,
                context.party_ids[number],
                name,
                ("account", "entry"),
                ("未报送该公司的任何账户，无法判断其是否向公众集资",
                 "no account of this firm was submitted; whether it raises money cannot be judged"),
            )  # fmt: skip
