"""R5 sham merchant: card payments that buy nothing, their money back with the payer within a day.

Pattern: persons pay a merchant, directly or through an acquirer that settles it, and within a day
get nearly all of it back, less a fee: from the merchant, from someone tied to it, or from whom it
passes its takings on to. Or these pay first, as for a card's bill, and the card pays within a day.
Merchants that share whoever pays back, an owner, or several of the persons, are one case, however
their codes rotate.

Innocent look-alikes: refunds (exact sums, a small part of the sales); a wholesaler (its suppliers
get most of its takings); wages and rents paid to customers (they match no payment).

Blind spots: cash handed over; money that comes back after more than a day, or from strangers who
take nothing of the merchant's.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import ShamMerchant
from detectors.cash_backs import Case, read_cases
from detectors.context import Context
from detectors.description import Description
from detectors.evidence import read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.payment_sides import account_name

NAME = "sham_merchant"
CODE = "R5"
CLAUSE = "二(三)3"
SEVERITY = 3
LEAD_OFFICE = "PBC"
TITLE = ("虚假商户、套现", "sham merchant")
CHINESE = Description(
    pattern="持卡人直接或经收单机构向商户付款，一日内又从该商户、其关联方或承接其资金的主体处"
    "收回扣除手续费后的绝大部分款项；也可能由其先行付款（如代还账单），持卡人一日内再刷卡支付。共用返款人、同一控制人或若干相同持卡人的多家商户视为一案。",
    lookalikes="退款（原额退回，占销售的小部分）；批发商（大部分收入付给供应商）；"
    "付给顾客的工资、租金（与付款不对应）。",
    blind_spots="现金返还；一日以后返还的，或由与商户无资金往来的他人返还的。",
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per case of merchants whose takings go back to the payers."""
    settings = context.settings.detectors.sham_merchant
    for case in read_cases(context, settings):
        if fires(settings, case):
            known = [n for n in (*case.merchants, *case.payers) if n >= 0]
            yield _finding(context, settings, case) if known else _unknown(context, case)


def fires(settings: ShamMerchant, case: Case) -> bool:
    """Hold one case against the thresholds and its look-alikes."""
    refunds = case.exact_fen >= settings.exact_doubt_share * case.back_fen
    least = settings.minimum_refunded_share if refunds else settings.minimum_returned_share
    return (
        case.met["person"].n_unique() >= settings.minimum_persons
        and case.met["sale_ref"].n_unique() >= settings.minimum_returns
        and case.sold_fen >= settings.minimum_fen
        and case.sold_fen >= least * case.taken_fen
        and case.back_fen >= settings.minimum_matched_share * case.to_persons_fen
    )


def _finding(context: Context, settings: ShamMerchant, case: Case) -> Finding:
    met = case.met
    persons, returns = met["person"].n_unique(), met["sale_ref"].n_unique()
    returned = case.sold_fen / max(case.taken_fen, 1)
    matched = case.back_fen / max(case.to_persons_fen, 1)
    kept = 1 - case.back_fen / max(case.sold_fen, 1)
    sales = met.unique("sale_ref")
    round_share = _share(sales, pl.col("sale_fen") % settings.round_fen == 0)
    hour = pl.col("sold_at").dt.hour()
    night_share = _share(
        sales, (hour >= settings.night_from_hour) | (hour < settings.day_from_hour)
    )
    shown = pl.concat(
        [
            met.select(pl.col("sale_ref").alias("ref"), pl.col("sold_at").alias("booked_at")),
            met.select(pl.col("back_ref").alias("ref"), pl.col("back_at").alias("booked_at")),
            case.passed.select("ref", "booked_at"),
        ]
    )
    evidence = read_evidence(shown)
    subject = _subject(case)
    institution = context.institution_of(context.party_ids[subject])
    lookalikes = _lookalikes(settings, case)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=context.party_ids[subject],
        institution_id=institution.institution_id if institution else None,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_persons * min(persons / settings.sure_persons, 1.0)
            + settings.confidence_returned * min(returned, 1.0)
            + settings.confidence_signs
            * (
                (round_share >= settings.sure_round_share)
                or (night_share >= settings.sure_night_share)
            ),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=case.sold_fen,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "cashing_persons": Measure(persons, settings.minimum_persons, "persons"),
            "returns": Measure(returns, settings.minimum_returns, "transfers"),
            "taken_back_share": Measure(
                round(returned, 4), settings.minimum_returned_share, "share"
            ),
            "matched_back_share": Measure(
                round(matched, 4), settings.minimum_matched_share, "share"
            ),
            "fee_share": Measure(round(kept, 4), None, "share"),
            "round_share": Measure(round(round_share, 4), None, "share"),
            "night_share": Measure(round(night_share, 4), None, "share"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明付款使用信用卡，也未证明持卡人与商户事先约定",
            "it is not established that credit cards paid, nor that payers and merchant had agreed",
        ),
        text=_texts(settings, case, persons, returns, kept),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (
                context.party_ids[number],
                "shell" if number in case.merchants else context.front(number),
            )
            for number in sorted({*case.merchants, *case.payers})
            if number >= 0 and number != subject
        ),
    )


def _subject(case: Case) -> int:
    """The known merchant that the persons paid most; of more than two, who alone pays back for all.

    Without either, whoever pays most back.
    """
    if len(case.merchants) > 2 and len(case.payers) == 1 and case.payers[0] >= 0:
        return case.payers[0]
    sold = case.met.unique("sale_ref").rename({"merchant": "party", "sale_fen": "fen"})
    back = case.met.unique("back_ref").rename({"payer": "party", "back_fen": "fen"})
    known = sold.filter(pl.col("party") >= 0)
    chosen = back.filter(pl.col("party") >= 0) if known.is_empty() else known
    sums: dict[int, int] = dict(chosen.group_by("party").agg(pl.col("fen").sum()).iter_rows())
    # Of what an acquirer collected only what came back is known by merchant.
    sums |= {party: max(fen, sums[party]) for party, fen in case.taken_by.items() if party in sums}
    return max(sums, key=lambda party: (sums[party], -party))


def _lookalikes(settings: ShamMerchant, case: Case) -> tuple[Lookalike, ...]:
    exact = case.exact_fen / max(case.back_fen, 1)
    supplied = case.to_firms_fen / max(case.taken_fen, 1)
    matched = case.back_fen / max(case.to_persons_fen, 1)
    return (
        Lookalike(
            "refunds",
            exact < settings.exact_doubt_share,
            f"返还款中 {exact:.0%} 与付款原额相同",
            f"{exact:.0%} of what came back is the very sum that was paid",
        ),
        Lookalike(
            "wholesale",
            supplied < settings.supplied_doubt_share,
            f"商户付给其他单位的款项相当于其收款的 {supplied:.0%}",
            f"the merchants paid other firms {supplied:.0%} of what they took",
        ),
        Lookalike(
            "wages_and_rents",
            matched >= settings.sure_matched_share,
            f"返款人付给自然人的款项中 {matched:.0%} 与此前一日内的付款对应",
            f"{matched:.0%} of what they paid persons matches a payment of the day before",
        ),
    )


def _texts(
    settings: ShamMerchant, case: Case, persons: int, returns: int, kept: float
) -> tuple[str, str]:
    sold, back = yuan(case.sold_fen), yuan(case.back_fen)
    hours, merchants = settings.return_hours, len(case.merchants)
    part = case.sold_fen / max(case.taken_fen, 1)
    return (
        f"{persons} 名持卡人 {returns} 笔共 {sold} 元付给 {merchants} 家商户后，{hours} 小时内"
        f"收回 {back} 元，留存 {kept:.2%}，占商户收款的 {part:.0%}",
        f"Of {returns} payments of {sold} yuan by {persons} persons to {merchants} merchant(s) "
        f"{back} yuan came back to them within {hours} hours, {kept:.2%} was kept; that is "
        f"{part:.0%} of what the merchants took",
    )


def _unknown(context: Context, case: Case) -> CannotConclude:
    names = [account_name(context, number) for number in sorted({*case.merchants, *case.payers})]
    return CannotConclude(
        NAME,
        None,
        None,
        tuple(f"account (holder of {name})" for name in names),
        (
            f"付给账户的 {yuan(case.sold_fen)} 元在一日内返还付款人，但户主未报送",
            f"{yuan(case.sold_fen)} yuan paid to these accounts came back to the payers within a "
            "day, but nobody submitted who holds them",
        ),
    )


def _share(rows: pl.DataFrame, condition: pl.Expr) -> float:
    return int(rows.filter(condition)["sale_fen"].sum()) / max(int(rows["sale_fen"].sum()), 1)
