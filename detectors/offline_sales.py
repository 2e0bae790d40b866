"""P8 offline sales: a platform sells on the street, by commissions, branches and card terminals.

Pattern: persons who pay nothing in are paid again and again, uneven sums that come to a few per
cent of the new money and move with it from run to run, from own accounts or by an agency that is
paid for it; rents go to several landlords at fixed sums; clients pay at terminals or in cash.

Innocent look-alikes: wages (once a month, or the same for each person from run to run); collectors
of debts (their pay follows repayments); one office's rent; shops (no licence to take clients' money
is at issue).

Blind spots: commissions in cash or through a payment firm; a single run within the records; staff
who invest themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import polars as pl

from data.legal_rules import legal_rules
from data.settings import OfflineSales
from detectors.commission_runs import Runs, commission_runs, pay_moves
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.sales_money import SalesMoney, read_sales

NAME = "offline_sales"
CODE = "P8"
CLAUSE = "二(一)1"
SEVERITY = 2
LEAD_OFFICE = "JR+YJ"
TITLE = ("线下营销", "offline sales")
CHINESE = Description(
    pattern=(
        "自有账户或受其付费的代理公司，多批向若干从未付款的自然人支付多少不等的款项，合计为新增资金的"
        "百分之几，并随新增资金逐批变动；以固定金额向多个出租方付租金；客户经刷卡终端或以现金付款。"
    ),
    lookalikes=(
        "工资（每月一次，或每人各批金额相同）；催收人员（报酬随还款变动）；单一办公室的租金；商铺（不涉及收取客户"
        "资金）。"
    ),
    blind_spots="现金或经支付机构支付的佣金；记录期内只有一批付款；自己也投资的销售人员。",
)

KINDS = ("p2p_platform", "crowdfunding_platform", "investment_firm", "asset_manager", "guarantor")


@dataclass(frozen=True)
class Sold:
    """What shows that an institution sells offline."""

    runs: Runs | None
    commissions: bool
    rents: pl.DataFrame
    landlords: int
    spot: pl.DataFrame
    spot_payers: int
    spot_share: float
    new_fen: int


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per institution that sells offline to the public."""
    settings = context.settings.detectors.offline_sales
    if legal_rules().value("offline_sales", "ban", context.business_date) is None:
        return
    sellers = [
        i
        for i in context.institutions
        if i.kind in KINDS and not (i.licensed and i.kind in ("asset_manager", "guarantor"))
    ]
    if not sellers:
        return
    money = read_sales(context, settings, {i.institution_id for i in sellers})
    found: list[tuple[Institution, Finding]] = []
    for seller in sellers:
        mine = pl.col("institution_id") == seller.institution_id
        inflow = money.inflow.filter(mine)
        if inflow.is_empty():
            yield _unseen(seller)
            continue
        judged = judge(context, settings, seller, money, inflow)
        if judged is not None:
            found.append((seller, judged))
    yield from _said_once(money, found)


def _said_once(money: SalesMoney, found: list[tuple[Institution, Finding]]) -> Iterator[Finding]:
    """Of institutions in one circle that the same payments show, the one that paid most of them."""

    def paid_itself(seller: Institution, finding: Finding) -> int:
        paid = money.spent.filter(
            pl.col("institution_id") == seller.institution_id, pl.col("payer") == seller.party_no
        )
        return len({*paid["ref"]} & {*finding.transfers})

    shown: set[str] = set()
    for _, finding in sorted(found, key=lambda each: (-paid_itself(*each), each[1].party_id)):
        if len(shown & {*finding.transfers}) * 2 <= len(finding.transfers):
            yield finding
        shown.update(finding.transfers)


def judge(
    context: Context,
    settings: OfflineSales,
    seller: Institution,
    money: SalesMoney,
    inflow: pl.DataFrame,
) -> Finding | None:
    """Hold one institution against the lines; two signs, or commissions that clearly move."""
    mine = pl.col("institution_id") == seller.institution_id
    agencies = money.agencies.filter(mine)["party_no"].to_list()
    sold = _sold(settings, money.spent.filter(mine), money.spot.filter(mine), inflow, agencies)
    branches = sold.landlords >= settings.minimum_landlords
    terminals = (
        sold.spot_payers >= settings.minimum_spot_payers
        and sold.spot_share >= settings.minimum_spot_share
    )
    # Beside another sign, the pay of staff that moves may hold wages too, and come to more.
    if (branches or terminals) and not sold.commissions:
        moves = pay_moves(settings, sold.runs, settings.mixed_share, met=terminals)
        sold = replace(sold, commissions=moves)
    signs = sold.commissions + branches + terminals
    if sold.new_fen < settings.minimum_new_fen or signs < 1 + (not sold.commissions):
        return None
    if not (sold.commissions or terminals):
        return None
    runs = sold.runs if sold.commissions else None
    shown = [runs.paid.select("ref", "booked_at")] if runs else []
    # What clients pay at terminals shows how they were met; what is at stake is the pay for it.
    if terminals and not runs:
        shown = [sold.spot.select("ref", "booked_at")]
    evidence = read_evidence(pl.concat(shown))
    lookalikes = _lookalikes(settings, sold)
    used = set(runs.paid["payer"]) if runs else set()
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=seller.party_id,
        institution_id=seller.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_sign * (signs - 1)
            + settings.confidence_moves * sold.commissions,
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=runs.paid_fen if runs else int(sold.spot["amount_fen"].sum()),
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures=_measures(settings, sold),
        lookalikes=lookalikes,
        not_established=(
            "未证明收款人从事销售，也未证明向客户作过何种宣传",
            "it is not established that the persons paid did sell, nor what clients were told",
        ),
        text=_texts(sold, runs, branches=branches, terminals=terminals),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], "shell") for number in agencies if number in used
        ),
    )


def _sold(
    settings: OfflineSales,
    spent: pl.DataFrame,
    spot: pl.DataFrame,
    inflow: pl.DataFrame,
    agencies: list[int],
) -> Sold:
    new = int(inflow["new_fen"].sum())
    runs, commissions = _runs(settings, spent, inflow, agencies)
    rents = _rents(settings, spent)
    return Sold(
        runs=runs,
        commissions=commissions,
        rents=rents,
        landlords=rents["payee"].n_unique(),
        spot=spot,
        spot_payers=spot["payer"].n_unique(),
        spot_share=int(spot["amount_fen"].sum()) / max(new, 1),
        new_fen=new,
    )


def _runs(
    settings: OfflineSales, spent: pl.DataFrame, inflow: pl.DataFrame, agencies: list[int]
) -> tuple[Runs | None, bool]:
    """Runs of pay, and whether they look like commissions: by each payer alone, else by all.

    Agencies come first: they pay for selling alone, where a seller pays wages too.
    """
    persons = spent.filter("person").with_columns(pl.col("payer").is_in(agencies).alias("agency"))
    by_payer = persons.group_by("agency", "payer").agg(pl.col("payee").n_unique())
    ordered = by_payer.sort("agency", "payee", "payer", descending=[True, True, False])
    # Who pays a few persons pays friends.
    payers = ordered.filter(pl.col("payee") >= settings.run_persons)["payer"]
    spent = spent.filter(pl.col("payer").is_in(payers.implode()))
    for payer in payers if len(payers) > 1 else ():
        runs = commission_runs(settings, spent.filter(pl.col("payer") == payer), inflow)
        if pay_moves(settings, runs, settings.highest_share):
            return runs, True
    runs = commission_runs(settings, spent, inflow)
    return runs, pay_moves(settings, runs, settings.highest_share)


def _rents(settings: OfflineSales, spent: pl.DataFrame) -> pl.DataFrame:
    """Payments of one sum again and again, by the month or the quarter, to landlords."""
    firms = spent.filter(~pl.col("person"), "landlord")
    repeated = (
        firms.group_by("payee", "amount_fen")
        .agg(
            pl.col("business_date").n_unique().alias("days"),
            (pl.col("business_date").max() - pl.col("business_date").min())
            .dt.total_days()
            .alias("span"),
        )
        .filter(
            pl.col("days") > 1,
            (pl.col("span") / (pl.col("days") - 1)).is_between(
                settings.rent_least_days, settings.rent_most_days
            ),
        )
    )
    return firms.join(
        repeated.select("payee", "amount_fen"), on=["payee", "amount_fen"], how="semi"
    )


def _measures(settings: OfflineSales, sold: Sold) -> dict[str, Measure]:
    runs = sold.runs
    return {
        "paid_persons": Measure(runs.persons if runs else 0, settings.minimum_persons, "persons"),
        "pay_runs": Measure(runs.runs if runs else 0, settings.sure_runs, "runs"),
        "pay_share": Measure(round(runs.share, 4) if runs else 0.0, settings.lowest_share, "share"),
        "pay_swing": Measure(round(runs.swing, 4) if runs else 0.0, settings.least_swing, "share"),
        "landlords": Measure(sold.landlords, settings.minimum_landlords, "parties"),
        "spot_payers": Measure(sold.spot_payers, settings.minimum_spot_payers, "parties"),
        "spot_share": Measure(round(sold.spot_share, 4), settings.minimum_spot_share, "share"),
    }


def _lookalikes(settings: OfflineSales, sold: Sold) -> tuple[Lookalike, ...]:
    tests = []
    if sold.commissions and sold.runs is not None:
        swing = sold.runs.swing
        tests.append(
            Lookalike(
                "wages",
                swing >= settings.sure_swing,
                f"每人收款最多的一批比最少的一批多 {swing:.0%}（中位数；工资各批大致相同）",
                f"the median person's best run is {swing:.0%} above his worst; wages stay nearly "
                "the same",
            )
        )
        spread, other = sold.runs.spread_sales, sold.runs.spread_repaid
        tests.append(
            Lookalike(
                "debt_collectors",
                spread < other,
                f"付款与新增资金之比的变动系数为 {spread:.2f}，与还款之比为 {other:.2f}",
                f"pay per new money varies by {spread:.2f} from run to run, per repayment by "
                f"{other:.2f}; pay follows what varies less",
            )
        )
    tests.append(
        Lookalike(
            "one_office",
            sold.landlords != 1,
            f"固定租金付给 {sold.landlords} 个出租方",
            f"fixed rents go to {sold.landlords} landlord(s)",
        )
    )
    return tuple(tests)


def _texts(sold: Sold, runs: Runs | None, *, branches: bool, terminals: bool) -> tuple[str, str]:
    zh, en = [], []
    if runs:
        zh.append(
            f"分 {runs.runs} 批向 {runs.persons} 名自然人付出 {yuan(runs.paid_fen)} 元，"
            f"为新增资金的 {runs.share:.1%}"
        )
        en.append(
            f"in {runs.runs} run(s) {runs.persons} persons were paid {yuan(runs.paid_fen)} yuan, "
            f"{runs.share:.1%} of the new money"
        )
    if branches:
        zh.append(f"以固定金额向 {sold.landlords} 个出租方付租金")
        en.append(f"rents of fixed sums went to {sold.landlords} landlords")
    if terminals:
        fen = int(sold.spot["amount_fen"].sum())
        zh.append(f"{sold.spot_payers} 个账户经刷卡终端或以现金付入 {yuan(fen)} 元")
        en.append(
            f"{sold.spot_payers} accounts paid in {yuan(fen)} yuan at card terminals or in cash"
        )
    joined = "; ".join(en)
    return "；".join(zh), joined[:1].upper() + joined[1:]


def _unseen(seller: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        seller.party_id,
        seller.institution_id,
        ("account", "entry"),
        ("未见客户向该机构付款的流水，无法判断其是否线下营销",
         "no statement shows clients paying this institution; whether it sells offline cannot be "
         "judged"),
    )  # fmt: skip
