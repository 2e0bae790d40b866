"""P4 self-financing: a platform's loans end with its own circle.

Pattern: lenders' money is paid out to a borrower and goes on, directly or over a few accounts,
within days, to the platform's closure: a large share of the loan's proceeds.

Innocent look-alikes: the platform's fee (up to 5 % of the loan); a related supplier with whom the
borrower trades before or after as well; a payment firm that serves everyone, the circle too (what
passes a hub counts only where it explains what the hub pays the circle).

Blind spots: cash; accounts at banks that do not submit; detours longer than the window.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

import polars as pl

from data.settings import SelfFinancing
from detectors.context import Context, Institution
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure
from detectors.proceeds import Followed, follow_proceeds
from graph.following import Arrival

NAME = "self_financing"
CODE = "P4"
CLAUSE = "二(一)1"
SEVERITY = 5
LEAD_OFFICE = "JR+YJ"
TITLE = ("自融", "self-financing")

SERVING_KINDS = ("payment_institution", "bank", "clearing_house")


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per platform whose loans end with its circle."""
    settings = context.settings.detectors.self_financing
    lending = dict(follow_proceeds(context, settings))
    for institution in context.institutions:
        followed = lending.get(institution.institution_id)
        if followed is None:
            if institution.kind == "p2p_platform":
                yield _no_loans(institution)
            continue
        if not followed.paid_out or followed.visible < followed.paid_out / 2:
            yield _unseen(institution, followed)
        finding = judge(context, settings, institution, followed)
        if finding is not None:
            yield finding


def judge(
    context: Context,
    settings: SelfFinancing,
    behind: Institution,
    followed: Followed,
) -> Finding | None:
    """Hold what arrived, less fees and lasting trade, against the thresholds."""
    by_loan: dict[int, list[Arrival]] = defaultdict(list)
    for arrival in followed.arrivals:
        by_loan[arrival.mark].append(arrival)
    traded = lasting_trade(followed.disbursements, followed.trade, settings)
    hits: dict[int, list[Arrival]] = {}
    for row in followed.disbursements.iter_rows(named=True):
        counted = [
            a
            for a in by_loan.get(row["transfer_no"], ())
            if not (len(a.path) == 1 and (row["payee_account"], a.account) in traded)
        ]
        fees = [a for a in counted if len(a.path) == 1 and followed.ends[a.account][1]]
        if sum(a.amount_fen for a in fees) <= settings.fee_share * row["principal_fen"]:
            counted = [a for a in counted if a not in fees]
        if sum(a.amount_fen for a in counted) >= settings.minimum_share * row["amount_fen"]:
            hits[row["transfer_no"]] = counted
    if len(hits) < max(settings.minimum_loans, settings.minimum_loan_share * followed.loans):
        return None
    chosen = followed.disbursements.filter(pl.col("transfer_no").is_in(list(hits)))
    arrived = sum(a.amount_fen for each in hits.values() for a in each)
    if arrived < settings.minimum_fen:
        return None
    numbers = {number for each in hits.values() for a in each for number in a.path}
    shown = pl.concat(
        [
            chosen.select("ref", "booked_at"),
            pl.DataFrame(
                [followed.refs[n] for n in sorted(numbers)],
                schema=["ref", "booked_at"],
                orient="row",
            ),
        ],
        how="vertical_relaxed",
    )
    evidence = read_evidence(shown)
    roles = _roles(context, hits, chosen, followed)
    named = tuple(
        (context.party_ids[number], role)
        for number, role in sorted(roles.items())
        if number >= 0 and number != behind.party_no
    )
    proceeds = int(chosen.unique("transfer_no")["amount_fen"].sum())
    entered = {a.path[-1] for each in hits.values() for a in each}
    carried = sum(followed.moves[number].amount_fen for number in entered)
    borrowers = chosen["borrower"].n_unique()
    unknown = sum(
        a.amount_fen for each in hits.values() for a in each if followed.ends[a.account][0] < 0
    )
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=behind.party_id,
        institution_id=behind.institution_id,
        severity=SEVERITY,
        confidence=_confidence(len(hits), arrived - unknown, proceeds),
        amount_fen=arrived,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "loans": Measure(len(hits), settings.minimum_loans, "loans"),
            "share": Measure(round(arrived / max(proceeds, 1), 4), settings.minimum_share, "share"),
            "hours": Measure(settings.window_hours, settings.window_hours, "hours"),
            "borrowers": Measure(borrowers, None, "parties"),
            "carried_fen": Measure(carried, None, "fen"),
            "to_unknown_holders_fen": Measure(unknown, None, "fen"),
        },
        lookalikes=(
            Lookalike("platform_fee", True, "平台收费（不超过借款的 5%）已扣除",
                      "the platform's fees (up to 5 % of a loan) are left out"),
            Lookalike("related_supplier", True, "借款人与关联供应商的持续贸易已扣除",
                      "lasting trade of a borrower with a related supplier is left out"),
        ),
        not_established=(
            "未证明借款人知情，也未证明关联方对资金的最终用途；经多账户的金额为上限",
            "it is not established that the borrowers knew, nor what the circle used the money "
            "for; what passed several accounts is an upper bound",
        ),
        text=_texts(
            borrowers, len(hits), proceeds, arrived, unknown, settings.window_hours, carried
        ),
        lead_office=LEAD_OFFICE,
        accomplices=named,
    )  # fmt: skip


def _texts(
    borrowers: int,
    loans: int,
    proceeds: int,
    arrived: int,
    unknown: int,
    hours: int,
    carried: int,
) -> tuple[str, str]:
    zh = (
        f"{borrowers} 名借款人的 {loans} 笔借款（放款 {yuan(proceeds)} 元）在 {hours} 小时内有 "
        f"{yuan(arrived)} 元到达平台关联方"
    )
    en = (
        f"Of {loans} loan(s) to {borrowers} borrower(s), {yuan(proceeds)} yuan paid out, "
        f"{yuan(arrived)} yuan reached the platform's circle within {hours} hours"
    )
    if carried != arrived:
        zh += f"（到达关联方的转账共 {yuan(carried)} 元，其余来自其他资金）"
        en += f" (by transfers of {yuan(carried)} yuan, which carried other money too)"
    if unknown:
        zh += f"；其中 {yuan(unknown)} 元汇入户主不明、几乎只收此类资金的账户，应向开户行查询户主"
        en += (
            f"; {yuan(unknown)} yuan of it went to accounts of unknown holders that take hardly "
            "anything else: ask their banks whose they are"
        )
    return zh, en


def _confidence(loans: int, arrived: int, proceeds: int) -> float:
    return round(0.6 + 0.2 * min(loans / 10, 1) + 0.2 * min(arrived / max(proceeds, 1), 1), 4)


def lasting_trade(
    disbursements: pl.DataFrame, trade: pl.DataFrame, settings: SelfFinancing
) -> set[tuple[int, int]]:
    """Pairs of a borrower's and an end's account that trade outside of every loan's window too.

    Outside of them they trade at least `trade_transfers` times, and for a good part of what is
    paid within.
    """
    window = timedelta(hours=settings.window_hours)
    starts: dict[int, list[datetime]] = defaultdict(list)
    for account, booked_at in disbursements.select("payee_account", "booked_at").iter_rows():
        starts[account].append(booked_at)
    times: dict[tuple[int, int], int] = defaultdict(int)
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for payer, payee, at, fen in trade.select(
        "payer", "payee", "booked_at", "amount_fen"
    ).iter_rows():
        within = any(start <= at <= start + window for start in starts[payer])
        times[payer, payee] += not within
        sums[payer, payee][within] += fen
    return {
        pair
        for pair, count in times.items()
        if count >= settings.trade_transfers
        and sums[pair][0] >= settings.trade_share * sums[pair][1]
    }


def _roles(
    context: Context,
    hits: dict[int, list[Arrival]],
    chosen: pl.DataFrame,
    followed: Followed,
) -> dict[int, str]:
    """Who held the accounts that the money took: borrowers, those between, those it reached.

    Payment firms and banks between are not named: they serve everyone.
    """
    serving = {i.party_no for i in context.institutions if i.kind in SERVING_KINDS}
    roles: dict[int, str] = {}
    for each in hits.values():
        for arrival in each:
            roles[followed.ends[arrival.account][0]] = "beneficiary"
            for number in arrival.path[1:]:
                holder = followed.owner[followed.moves[number].payer]
                if holder not in serving:
                    roles.setdefault(holder, "shell")
    roles.update((int(number), "nominee") for number in chosen["borrower"])
    return roles


def _no_loans(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan",),
        ("没有该平台的标的数据，无法判断是否自融",
         "no loans of this platform were submitted; self-financing cannot be judged"),
    )  # fmt: skip


def _unseen(institution: Institution, followed: Followed) -> CannotConclude:
    loans, paid_out, visible = followed.loans, followed.paid_out, followed.visible
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("entry",),
        (f"{loans} 笔标的中仅见 {paid_out} 笔放款，其中 {visible} 笔的收款账户所在银行有报送",
         f"of {loans} loans {paid_out} show a disbursement, {visible} of them to an account whose "
         "bank submits; the rest cannot be followed"),
    )  # fmt: skip
