"""P10 commingling: clients' money and the institution's own are not kept apart.

Pattern: an institution without a custody account takes and pays its clients' money through accounts
of its own; or custody pays own accounts or the circle beyond fees, part of it perhaps coming back;
or the clients' sub-accounts add up to more than custody holds.

Innocent look-alikes: fees (up to 5 % of the clients' money, or linked to a loan); disbursements to
registered borrowers and payments to lenders; differences that settle within a working day.

Blind spots: sub-accounts that the custodian reports falsely; money lent to a nominee (see P4).
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import Commingling
from detectors.client_money import persistent_gap, read_client_money
from detectors.context import Context, Institution
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure

NAME = "commingling"
CODE = "P10"
CLAUSE = "二(一)2"
SEVERITY = 5
LEAD_OFFICE = "JR+YJ"
TITLE = ("未分账、挪用客户资金", "commingling")

# Whose business is not custody of clients' money under another clause.
OTHER_KINDS = ("bank", "clearing_house", "payment_institution", "insurer")

# Events by which a lender of the circle gets back what it lent, like any other lender.
REPAID = ("repay_principal", "repay_interest", "refund")


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per institution that does not keep clients' money apart."""
    settings = context.settings.detectors.commingling
    chosen = [i for i in context.institutions if i.kind not in OTHER_KINDS]
    money = read_client_money(context, settings, {i.institution_id for i in chosen})
    for institution in chosen:
        name = institution.institution_id
        mine = money.flow.filter(pl.col("institution_id") == name)
        gap = money.gaps.filter(pl.col("institution_id") == name)
        if name in money.with_custody:
            judged = judge_custody(context, settings, institution, mine, gap)
            if gap.is_empty():
                yield _no_balances(institution)
        elif name in money.lending:
            judged = judge_own_accounts(settings, institution, mine)
            if mine.is_empty():
                yield _no_entries(institution)
        else:
            continue
        if judged is not None:
            yield judged


def judge_own_accounts(
    settings: Commingling, institution: Institution, flow: pl.DataFrame
) -> Finding | None:
    """An institution that lends, without custody: its clients' money passes its own accounts."""
    clients_flow = flow.filter(
        pl.col("client") & ~pl.col("lawful_fee") & (pl.col("payer_own") != pl.col("payee_own"))
    )
    # Who pays on an investment, or on a loan that is not his own. A firm that lends its own money
    # has none: its borrowers pay it back.
    lent = pl.col("event").eq_missing("invest") | (
        pl.col("event").is_null() & ~pl.col("from_borrower")
    )
    lenders = set(clients_flow.filter("payee_own", lent)["payer"])
    parties = set(
        clients_flow.select(
            pl.when("payee_own").then(pl.col("payer")).otherwise(pl.col("payee"))
        ).to_series()
    )
    accounts = set(
        clients_flow.select(
            pl.when("payee_own").then(pl.col("payee_account")).otherwise(pl.col("payer_account"))
        ).to_series()
    )
    if len(parties) < settings.minimum_clients or not lenders:
        return None
    # The same clients' transfers with the same accounts, also where no loan is named.
    known = list(parties)
    shown = flow.filter(
        (pl.col("client") & (pl.col("payer_own") != pl.col("payee_own")))
        | (
            (pl.col("payee_own") & pl.col("payee_account").is_in(list(accounts)))
            & ((pl.col("payer_kind") == "person") | pl.col("payer").is_in(known))
        )
        | (
            (pl.col("payer_own") & pl.col("payer_account").is_in(list(accounts)))
            & pl.col("payee").is_in(known)
        )
    )
    taken = int(shown.filter("payee_own")["amount_fen"].sum())
    if taken < settings.minimum_fen:
        return None
    return _finding(
        institution,
        shown,
        amount_fen=taken,
        confidence=0.9,
        measures={
            "clients": Measure(len(parties), settings.minimum_clients, "parties"),
            "taken_fen": Measure(taken, settings.minimum_fen, "fen"),
        },
        text=(
            f"未设客户资金存管账户，{len(parties)} 名客户的 {yuan(taken)} 元经机构自有账户收付",
            f"There is no custody account: {yuan(taken)} yuan of {len(parties)} clients passed the "
            "institution's own accounts",
        ),
        accomplices=(),
    )


def judge_custody(
    context: Context,
    settings: Commingling,
    institution: Institution,
    flow: pl.DataFrame,
    gaps: pl.DataFrame,
) -> Finding | CannotConclude | None:
    """An institution with custody: what left it for own use, and what its sub-accounts miss."""
    inflow = flow.filter("payee_custody").filter(~pl.col("payer_own"))
    clients = int(inflow.filter(pl.col("payer_circle").is_null())["amount_fen"].sum())
    moved = flow.filter(
        "payer_custody", ~pl.col("payee_custody"), pl.col("payee_circle").is_not_null()
    )
    fees = moved.filter("payee_own", "lawful_fee")
    repaid = pl.col("event").is_in(REPAID).fill_null(False) & ~pl.col("payee_own")
    loose = moved.filter(~pl.col("lawful_fee") & ~pl.col("to_borrower") & ~repaid)
    loose = loose.filter(~_own_investment(flow, loose))
    to_own = loose.filter("payee_own")
    allowance = max(int(settings.fee_share * clients) - int(fees["amount_fen"].sum()), 0)
    if int(to_own["amount_fen"].sum()) <= allowance:
        loose = loose.filter(~pl.col("payee_own"))
    elif flow.filter("payee_own", "lawful_fee").is_empty():
        loose = loose.filter(~_likely_fees(loose, allowance))
    returned = flow.filter("payer_own", "payee_custody", ~pl.col("payer_custody"))
    if not loose.filter("payee_own").height:
        returned = returned.clear()
    left = int(loose["amount_fen"].sum())
    days, largest = persistent_gap(settings, gaps)
    if left < settings.minimum_fen and not days:
        return None
    shown = pl.concat([loose, returned])
    if left < settings.minimum_fen:
        shown = _unexplained_outflow(flow, gaps, settings)
    if shown.is_empty():
        return _no_payments(institution, days, largest)
    reached = sorted(set(loose.filter(~pl.col("payee_own"), pl.col("payee") >= 0)["payee"]))
    amount = max(left, largest if days else 0)
    return _finding(
        institution,
        shown,
        amount_fen=amount,
        confidence=round(0.7 + 0.1 * bool(days) + 0.15 * min(left / max(clients, 1) / 0.1, 1.0), 4),
        measures={
            "moved_fen": Measure(left, settings.minimum_fen, "fen"),
            "share_of_client_money": Measure(
                round(left / max(clients, 1), 4), settings.fee_share, "share"
            ),
            "gap_days": Measure(days, settings.settlement_days, "working days"),
            "gap_fen": Measure(largest, settings.tolerance_fen, "fen"),
        },
        text=(
            f"存管账户向自有账户及关联方付出 {yuan(left)} 元，超出收费；"
            + (
                f"分户合计连续 {days} 个工作日高于存管余额，最多 {yuan(largest)} 元"
                if days
                else "分户合计与存管余额未见持续差额"
            ),
            f"Custody paid {yuan(left)} yuan to own accounts and the circle beyond fees; "
            + (
                f"the sub-accounts exceeded its balance for {days} working days in a row, by up to "
                f"{yuan(largest)} yuan"
                if days
                else "no lasting difference between sub-accounts and balance was reported"
            ),
        ),
        accomplices=tuple((context.party_ids[number], "beneficiary") for number in reached),
    )


def _own_investment(flow: pl.DataFrame, loose: pl.DataFrame) -> pl.Series:
    """Which payments to a party of the circle only return what the party had paid in before."""
    paid_in = (
        flow.filter("payee_custody", ~pl.col("payer_own"))
        .group_by("payer")
        .agg(pl.col("amount_fen").sum().alias("paid_in"))
    )
    paid_out = loose.group_by("payee").agg(pl.col("amount_fen").sum().alias("paid_out"))
    both = paid_out.join(paid_in, left_on="payee", right_on="payer")
    back = both.filter(pl.col("paid_out") <= pl.col("paid_in") * 1.2)["payee"]
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
    institution: Institution,
    shown: pl.DataFrame,
    *,
    amount_fen: int,
    confidence: float,
    measures: dict[str, Measure],
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
        confidence=confidence,
        amount_fen=amount_fen,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=measures,
        lookalikes=(
            Lookalike(
                "fees",
                True,
                "与借款对应或不超过客户资金 5% 的收费已扣除",
                "fees linked to loans, or up to 5 % of the clients' money, are left out",
            ),
            Lookalike(
                "settlement_timing",
                True,
                "一个工作日内轧平的差额不计",
                "differences that settle within one working day do not count",
            ),
        ),
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
