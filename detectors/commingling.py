"""P10 commingling: clients' money and the institution's own are not kept apart.

Pattern: an institution takes and pays its clients' money through accounts of its own, or of its
circle, instead of a custody account; or custody pays own accounts or the circle beyond fees, part
of it perhaps coming back, or pays others over whom it reaches the circle (looked through); or the
clients' sub-accounts add up to more than custody holds.

Innocent look-alikes: fees (up to 5 % of the clients' money, or linked to a loan); disbursements to
registered borrowers and payments to lenders; differences that settle within a working day.

Blind spots: sub-accounts that the custodian reports falsely; money lent to a nominee (see P4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from data.settings import Commingling
from detectors.client_money import persistent_gap, read_client_money
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.detours import Detour, read_detours
from detectors.evidence import fen, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted

NAME = "commingling"
CODE = "P10"
CLAUSE = "二(一)2"
SEVERITY = 5
LEAD_OFFICE = "JR+YJ"
TITLE = ("未分账、挪用客户资金", "commingling")
CHINESE = Description(
    pattern=(
        "机构不经存管账户，而用自有账户或关联圈账户收付客户资金；或存管账户向自有账户、关联圈付款"
        "，超出收费，其中一部分可能又转回；或客户分户之和大于存管余额。"
    ),
    lookalikes=(
        "收费（不超过客户资金的 5 %，或能与借款对应）；向登记借款人放款、向出借人还款；一个工作日"
        "内结清的差额。"
    ),
    blind_spots="存管方虚报的分户；借给名义借款人的资金（见 P4）。",
)

# Whose business is not custody of clients' money under another clause.
OTHER_KINDS = ("bank", "clearing_house", "payment_institution", "insurer")

# Events by which a lender of the circle gets back what it lent, like any other lender.
REPAID = ("repay_principal", "repay_interest", "refund")


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per institution that does not keep clients' money apart."""
    settings = context.settings.detectors.commingling
    chosen = [i for i in context.institutions if i.kind not in OTHER_KINDS]
    money = read_client_money(context, settings, {i.institution_id for i in chosen})
    custodial = money.with_custody & {i.institution_id for i in chosen}
    detours = read_detours(context, settings.detour_share, settings.minimum_fen, set(custodial))
    for institution in chosen:
        name = institution.institution_id
        mine = money.flow.filter(pl.col("institution_id") == name)
        custody = name in money.with_custody
        judged: Finding | CannotConclude | None = None
        if custody:
            gap = money.gaps.filter(pl.col("institution_id") == name)
            judged = judge_custody(context, settings, institution, mine, gap, detours.get(name))
            if gap.is_empty():
                yield _no_balances(institution)
        if name in money.lending and not isinstance(judged, Finding):
            collecting = money.collecting.filter(pl.col("institution_id") == name)
            found = judge_own_accounts(context, institution, mine, collecting, custody=custody)
            judged = found or judged
            if mine.is_empty() and not custody:
                yield _no_entries(institution)
        if judged is not None:
            yield judged


def judge_own_accounts(
    context: Context,
    institution: Institution,
    flow: pl.DataFrame,
    collecting: pl.DataFrame,
    *,
    custody: bool,
) -> Finding | None:
    """An institution that lends: does its clients' money pass its own or its circle's accounts?"""
    settings = context.settings.detectors.commingling
    flow = flow.filter(~pl.col("payer_custody"), ~pl.col("payee_custody"))
    clients_flow = flow.filter(
        pl.col("client") & ~pl.col("lawful_fee") & (pl.col("payer_own") != pl.col("payee_own"))
    )
    # Who pays on an investment, or on a loan that is not his own. A firm that lends its own money
    # has none: its borrowers pay it back.
    lent = pl.col("event").eq_missing("invest") | (
        pl.col("event").is_null() & ~pl.col("from_borrower")
    )
    lenders = set(clients_flow.filter("payee_own", lent)["payer"])
    into = clients_flow.filter("payee_own")
    out_of = clients_flow.filter(~pl.col("payee_own"))
    parties = {*into["payer"], *out_of["payee"]}
    accounts = {*into["payee_account"], *out_of["payer_account"]}
    if len(parties) < settings.minimum_clients or not lenders:
        return None
    shown = _with_unnamed(flow, institution.party_no, parties, accounts)
    taken = int(shown.filter("payee_own")["amount_fen"].sum())
    if taken < settings.minimum_fen:
        return None
    used = collecting.filter(pl.col("account").is_in(list(accounts)))
    whose = ("机构自有及关联方账户", "accounts of the institution or its circle")
    if used.is_empty():
        whose = ("机构自有账户", "the institution's own accounts")
    apart = ("未设客户资金存管账户", "There is no custody account")
    if custody:
        apart = ("虽设存管账户", "Although there is a custody account")
    return _finding(
        context,
        institution,
        shown,
        amount_fen=taken,
        confidence=settings.confidence_own_accounts,
        measures={
            "clients": Measure(len(parties), settings.minimum_clients, "parties"),
            "taken_fen": Measure(taken, settings.minimum_fen, "fen"),
            "lenders": Measure(len(lenders), 1, "parties"),
        },
        lookalikes=(
            _fees(settings, fen(flow.filter("payee_own", "lawful_fee")), taken),
            _own_lending(settings, len(lenders)),
        ),
        text=(
            f"{apart[0]}，{len(parties)} 名客户的 {yuan(taken)} 元经{whose[0]}收付",
            f"{apart[1]}: {yuan(taken)} yuan of {len(parties)} clients passed {whose[1]}",
        ),
        accomplices=tuple((context.party_ids[n], "pool") for n in sorted(set(used["party_no"]))),
    )


def _own_lending(settings: Commingling, lenders: int) -> Lookalike:
    return Lookalike(
        "own_lending",
        lenders >= settings.minimum_clients,
        f"{lenders} 人就他人的借款付款（机构只出借自有资金时没有）",
        f"{lenders} parties paid in on others' loans (an institution that only lends its own "
        "money has none)",
    )


def _with_unnamed(
    flow: pl.DataFrame, institution: int, parties: set[int], accounts: set[int]
) -> pl.DataFrame:
    """The clients' transfers with own accounts; the institution's also where they name no loan.

    Who pays an account of the circle without naming a loan may be its holder's own customer.
    """
    known, touched = list(parties), list(accounts)
    person_or_known = (pl.col("payer_kind") == "person") | pl.col("payer").is_in(known)
    into = (pl.col("payee") == institution) & pl.col("payee_account").is_in(touched)
    out_of = (pl.col("payer") == institution) & pl.col("payer_account").is_in(touched)
    return flow.filter(
        (pl.col("client") & (pl.col("payer_own") != pl.col("payee_own")))
        | (into & pl.col("payee_own") & person_or_known)
        | (out_of & pl.col("payer_own") & pl.col("payee").is_in(known))
    )


@dataclass(frozen=True)
class Outflow:
    """What left custody beyond fees, what came back of it, and what there was in all, in fen."""

    loose: pl.DataFrame
    returned: pl.DataFrame
    clients_fen: int
    fees_fen: int


def custody_outflow(settings: Commingling, flow: pl.DataFrame) -> Outflow:
    """Leave lawful fees, loans, repayments and returned investments out of what left custody."""
    inflow = flow.filter("payee_custody").filter(~pl.col("payer_own"))
    clients = fen(inflow.filter(pl.col("payer_circle").is_null()))
    moved = flow.filter(
        "payer_custody", ~pl.col("payee_custody"), pl.col("payee_circle").is_not_null()
    )
    fees = moved.filter("payee_own", "lawful_fee")
    repaid = pl.col("event").is_in(REPAID).fill_null(False) & ~pl.col("payee_own")
    loose = moved.filter(~pl.col("lawful_fee") & ~pl.col("to_borrower") & ~repaid)
    loose = loose.filter(~_own_investment(settings, flow, loose))
    allowance = max(int(settings.fee_share * clients) - fen(fees), 0)
    before = fen(loose.filter("payee_own"))
    if before <= allowance:
        loose = loose.filter(~pl.col("payee_own"))
    elif flow.filter("payee_own", "lawful_fee").is_empty():
        loose = loose.filter(~_likely_fees(loose, allowance))
    returned = flow.filter("payer_own", "payee_custody", ~pl.col("payer_custody"))
    if not loose.filter("payee_own").height:
        returned = returned.clear()
    left_out = fen(fees) + before - fen(loose.filter("payee_own"))
    return Outflow(loose, returned, clients, left_out)


def judge_custody(
    context: Context,
    settings: Commingling,
    institution: Institution,
    flow: pl.DataFrame,
    gaps: pl.DataFrame,
    detour: Detour | None = None,
) -> Finding | CannotConclude | None:
    """An institution with custody: what left it for own use, and what its sub-accounts miss.

    `detour` is what it paid others that reached the circle after all.
    """
    out = custody_outflow(settings, flow)
    over = detour.amount_fen if detour else 0
    left, clients = fen(out.loose) + over, max(out.clients_fen, 1)
    days, largest = persistent_gap(settings, gaps)
    if left < settings.minimum_fen and not days:
        return None
    shown = pl.concat([out.loose, out.returned]).select("ref", "booked_at")
    if left < settings.minimum_fen:
        shown = _unexplained_outflow(flow, gaps, settings).select("ref", "booked_at")
    roles = {}
    if detour is not None:
        shown = pl.concat([shown, detour.shown], how="vertical_relaxed")
        roles = dict.fromkeys(sorted(detour.passed), "shell")
    if shown.is_empty():
        return _no_payments(institution, days, largest)
    reached = set(out.loose.filter(~pl.col("payee_own"), pl.col("payee") >= 0)["payee"])
    reached |= (detour.reached if detour else frozenset()) - {institution.party_no}
    roles |= dict.fromkeys(sorted(reached), "beneficiary")
    return _finding(
        context,
        institution,
        shown,
        amount_fen=max(left, largest if days else 0),
        confidence=settings.confidence_least
        + settings.confidence_gap * bool(days)
        + settings.confidence_left * min(left / clients / settings.sure_left_share, 1.0),
        measures={
            "moved_fen": Measure(left, settings.minimum_fen, "fen"),
            "share_of_client_money": Measure(round(left / clients, 4), settings.fee_share, "share"),
            "gap_days": Measure(days, settings.settlement_days, "working days"),
            "gap_fen": Measure(largest, settings.tolerance_fen, "fen"),
            **({"over_others_fen": Measure(over, settings.minimum_fen, "fen")} if over else {}),
        },
        lookalikes=(_fees(settings, out.fees_fen, left), _timing(settings, out, left, days)),
        text=_texts(left, days, largest, over),
        accomplices=tuple((context.party_ids[n], role) for n, role in sorted(roles.items())),
    )


def _texts(left: int, days: int, largest: int, over: int) -> tuple[str, str]:
    zh = f"存管账户向自有账户及关联方付出 {yuan(left)} 元，超出收费；"
    en = f"Custody paid {yuan(left)} yuan to own accounts and the circle beyond fees; "
    if over:
        zh += f"其中 {yuan(over)} 元经他人账户到达关联方；"
        en += f"{yuan(over)} yuan of it reached the circle over the accounts of others; "
    if not days:
        return (
            zh + "分户合计与存管余额未见持续差额",
            en + "no lasting difference between sub-accounts and balance was reported",
        )
    return (
        zh + f"分户合计连续 {days} 个工作日高于存管余额，最多 {yuan(largest)} 元",
        en + f"the sub-accounts exceeded its balance for {days} working days in a row, by up to "
        f"{yuan(largest)} yuan",
    )


def _fees(settings: Commingling, fees_fen: int, left_fen: int) -> Lookalike:
    most = settings.fee_share
    return Lookalike(
        "fees",
        left_fen > fees_fen or left_fen >= settings.minimum_fen,
        f"作为收费（与借款对应，或不超过客户资金的 {most:.0%}）扣除 {yuan(fees_fen)} 元",
        f"{yuan(fees_fen)} yuan are left out as fees (linked to loans, or up to {most:.0%} of the "
        "clients' money)",
    )


def _timing(settings: Commingling, out: Outflow, left: int, days: int) -> Lookalike:
    """Whether a difference that settles, or a payment that was undone, explains the finding."""
    undone = (
        out.loose.join(out.returned, on="amount_fen", suffix="_back")
        .filter(
            (pl.col("business_date_back") - pl.col("business_date")).is_between(
                timedelta(0), timedelta(days=settings.settlement_days)
            )
        )
        .unique("ref")
    )
    lasting = days > settings.settlement_days
    return Lookalike(
        "settlement_timing",
        lasting or left - fen(undone) >= settings.minimum_fen,
        f"差额最长持续 {days} 个工作日；{yuan(fen(undone))} 元在 {settings.settlement_days} "
        "日内原额退回",
        f"the difference lasted {days} working days; {yuan(fen(undone))} yuan came back unchanged "
        f"within {settings.settlement_days} day(s)",
    )


def _own_investment(settings: Commingling, flow: pl.DataFrame, loose: pl.DataFrame) -> pl.Series:
    """Which payments to a party of the circle only return what the party had paid in before."""
    paid_in = (
        flow.filter("payee_custody", ~pl.col("payer_own"))
        .group_by("payer")
        .agg(pl.col("amount_fen").sum().alias("paid_in"))
    )
    paid_out = loose.group_by("payee").agg(pl.col("amount_fen").sum().alias("paid_out"))
    both = paid_out.join(paid_in, left_on="payee", right_on="payer")
    back = both.filter(pl.col("paid_out") <= pl.col("paid_in") * settings.own_investment_ratio)[
        "payee"
    ]
    return loose["payee"].is_in(back.implode()) & ~loose["payee_own"]


def _likely_fees(loose: pl.DataFrame, allowance: int) -> pl.Series:
    """Where no fee is named as one: the smallest payments to own accounts, up to the allowance."""
    ordered = loose.filter("payee_own").sort("amount_fen", "ref")
    fees = ordered.filter(pl.col("amount_fen").cum_sum() <= allowance)["ref"]
    return loose["ref"].is_in(fees.implode())


def _unexplained_outflow(
    flow: pl.DataFrame, gaps: pl.DataFrame, settings: Commingling
) -> pl.DataFrame:
    """What left custody, with no loan to explain it, on days on which the difference grew."""
    grew = gaps.with_columns(
        (pl.col("gap_fen") - pl.col("gap_fen").shift(1).over("account").fill_null(0)).alias(
            "growth"
        )
    ).filter((pl.col("growth") > 0) & (pl.col("gap_fen") > settings.tolerance_fen))
    days = grew["balance_date"].implode()
    return flow.filter("payer_custody", ~pl.col("client"), pl.col("business_date").is_in(days))


def _finding(
    context: Context,
    institution: Institution,
    shown: pl.DataFrame,
    *,
    amount_fen: int,
    confidence: float,
    measures: dict[str, Measure],
    lookalikes: tuple[Lookalike, ...],
    text: tuple[str, str],
    accomplices: tuple[tuple[str, str], ...],
) -> Finding:
    evidence = read_evidence(shown)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=institution.party_id,
        institution_id=institution.institution_id,
        severity=SEVERITY,
        confidence=doubted(confidence, lookalikes, context.settings.detectors.open_lookalike),
        amount_fen=amount_fen,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=measures,
        lookalikes=lookalikes,
        not_established=(
            "未证明客户受到最终损失，也未证明转出资金的用途",
            "it is not established that clients lost money in the end, nor what the money was for",
        ),
        text=text,
        lead_office=LEAD_OFFICE,
        accomplices=accomplices,
    )


def _no_balances(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("balance",),
        (
            "没有存管账户的分户合计，无法核对分户与余额",
            "no sub-ledger totals of the custody account; sub-accounts cannot be compared with it",
        ),
    )


def _no_payments(institution: Institution, days: int, largest: int) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("entry",),
        (
            f"分户合计连续 {days} 个工作日高于存管余额，最多 {yuan(largest)} 元，"
            "但没有可说明差额的付款记录",
            f"the sub-accounts exceeded custody's balance for {days} working days in a row, by up "
            f"to {yuan(largest)} yuan, but no payment on record explains the difference",
        ),
    )


def _no_entries(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("account", "entry"),
        (
            "没有该机构账户的流水，无法判断客户资金是否分账",
            "no statement of the institution's accounts; it cannot be judged whether clients' "
            "money is kept apart",
        ),
    )
