"""P6 maturity mismatch: lenders leave long before the loan falls due, on new lenders' money.

Pattern: lenders get their whole stake back, with interest, well before their loan falls due, while
its borrower has not repaid; new lenders' money of the same or the next day pays them. The stakes
run for a few fixed terms at fixed rates, or no assignment names who sold to whom: the platform has
cut a long loan into short ones.

Innocent look-alike: a lender sells his claim himself: the assignment names both sides, terms and
prices vary, and nobody books the price as repayment with interest; borrowers who repay early (what
they repay covers it); failed raisings (no loan was paid out, and lenders have their money back
within days).

Blind spots: stakes that carry no loan's number; plans that roll over without a payment; investors
who had paid in before the records begin.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import MaturityMismatch
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.early_exits import read_exits
from detectors.evidence import loan_keys, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted

NAME = "maturity_mismatch"
CODE = "P6"
CLAUSE = "二(一)1"
SEVERITY = 4
LEAD_OFFICE = "JR+YJ"
TITLE = ("期限错配", "maturity mismatch")
CHINESE = Description(
    pattern=(
        "借款人尚未还款，出借人在借款远未到期时就连本带息全部收回，付款出自当日或次日的新出借人资"
        "金；"
        "出借的期限集中于少数几个固定档次、收益率固定，或者没有写明双方的转让登记：平台把长期借款"
        "拆成了"
        "短期投资。"
    ),
    lookalikes=(
        "出借人自行转让债权（转让登记写明双方，期限和价格各不相同，价款不记作还本付息）；借款人提"
        "前还款（还款足以覆"
        "盖）；"
        "募集失败（没有放款，数日内退还）。"
    ),
    blind_spots="不写标的编号的投资；不经付款的滚动续投；记录开始之前已付入的投资。",
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per platform whose lenders leave early on others' money."""
    settings = context.settings.detectors.maturity_mismatch
    exits, takers, seen = read_exits(context, settings)
    for institution in context.institutions:
        name = institution.institution_id
        if institution.kind == "p2p_platform" and not all(seen.get(name, (0, 0))):
            yield _unseen(institution)
            continue
        mine = pl.col("institution_id") == name
        finding = _judge(context, settings, institution, exits.filter(mine), takers.filter(mine))
        if finding is not None:
            yield finding


def _judge(
    context: Context,
    settings: MaturityMismatch,
    institution: Institution,
    exits: pl.DataFrame,
    takers: pl.DataFrame,
) -> Finding | None:
    """Hold one platform's early exits against the thresholds."""
    paid = int(exits["amount_fen"].sum())
    if (
        exits.height < settings.minimum_exits
        or exits["lender"].n_unique() < settings.minimum_lenders
        or paid < settings.minimum_fen
    ):
        return None
    weight = pl.col("amount_fen") / max(paid, 1)
    taken, spare = exits.select(
        (pl.col("taken_share") * weight).sum().alias("taken"),
        (pl.col("spare_share") * weight).sum().alias("spare"),
    ).row(0)
    funded = max(taken, spare)
    registered = exits.filter("registered").height / exits.height
    fixed = _fixed_share(settings, exits)
    if funded < settings.funded_share:
        return None
    redeemed = exits.filter("redeemed").height / exits.height
    regular = max(fixed or 0.0, redeemed)
    if regular < settings.fixed_share and registered > settings.registered_share:
        return None
    shown = exits.select("ref", "booked_at")
    evidence = read_evidence(pl.concat([shown, takers.select("ref", "booked_at")]))
    term = int(exits["term_days"].median() or 0)  # type: ignore[arg-type]
    median = exits["held_days"].median()
    held = None if median is None else int(median)  # type: ignore[arg-type]
    lookalikes = _lookalikes(settings, fixed, redeemed, registered)
    lenders = exits["lender"].n_unique()
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=institution.party_id,
        institution_id=institution.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_exits * min(exits.height / settings.sure_exits, 1)
            + settings.confidence_fixed * regular
            + settings.confidence_taken * taken,
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=paid,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs + loan_keys(institution.institution_id, exits["loan_id"]),
        measures={
            "exits": Measure(exits.height, settings.minimum_exits, "payments"),
            "lenders": Measure(lenders, settings.minimum_lenders, "persons"),
            "funded_share": Measure(round(funded, 4), settings.funded_share, "share"),
            **(
                {}
                if fixed is None
                else {"fixed_share": Measure(round(fixed, 4), settings.fixed_share, "share")}
            ),
            "redeemed_share": Measure(round(redeemed, 4), settings.fixed_share, "share"),
            "registered_share": Measure(round(registered, 4), settings.registered_share, "share"),
            **({} if held is None else {"held_days": Measure(held, None, "days")}),
            "term_days": Measure(term, None, "days"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明出借人知道标的的真实期限，也未证明平台承诺随时兑付",
            "it is not established that lenders knew the loans' real terms, nor that the platform "
            "promised to pay at any time",
        ),
        text=_texts(exits.height, lenders, paid, held, term, funded),
        lead_office=LEAD_OFFICE,
        accomplices=(),
    )


def _texts(
    exits: int, lenders: int, paid: int, held: int | None, term: int, funded: float
) -> tuple[str, str]:
    held_zh = "" if held is None else f"持有约 {held} 日，"
    held_en = "" if held is None else f"held for about {held} days, "
    return (
        f"{lenders} 名出借人在借款到期前收回 {yuan(paid)} 元（{exits} 笔，{held_zh}借款期限约 "
        f"{term} 日），"
        f"其时借款人尚未还款；其中 {funded:.0%} 由当日或次日的新出借人资金支付",
        f"{lenders} lender(s) got {yuan(paid)} yuan back before their loans fell due ({exits} "
        f"payments, {held_en}of loans of about {term} days), while the borrowers had not repaid; "
        f"new lenders' money of the same or next day pays {funded:.0%} of it",
    )


def _fixed_share(settings: MaturityMismatch, exits: pl.DataFrame) -> float | None:
    """The share of exits on the platform's terms, of those whose stake is known; None for too few.

    On its terms are exits after one of a few fixed terms at a rate that others had for it too, and
    exits at the one rate that most had, whatever the term: stakes paid back on demand.
    """
    known = exits.filter(pl.col("rate").is_not_null())
    if known.height < settings.minimum_lenders:
        return None
    alike = known.with_columns((pl.col("rate") / settings.rate_step).round().alias("rung"))
    counted = alike.group_by("held_days").agg(
        pl.len().alias("exits"), pl.col("rung").value_counts(sort=True).first().alias("most")
    )
    regular = counted.filter(pl.col("exits") >= settings.exits_of_a_term).with_columns(
        pl.col("most").struct.field("count").alias("same")
    )
    largest = regular.sort("same", "held_days", descending=[True, False]).head(settings.terms)
    at_one_rate = int(alike["rung"].value_counts()["count"].max() or 0)  # type: ignore[arg-type]
    return max(int(largest["same"].sum()), at_one_rate) / known.height


def _lookalikes(
    settings: MaturityMismatch, fixed: float | None, redeemed: float, registered: float
) -> tuple[Lookalike, ...]:
    terms_zh, terms = "退出的期限和收益率未知", "terms and rates of the exits are unknown"
    if fixed is not None:
        terms_zh = f"{fixed:.0%} 的退出期限或收益率集中于少数固定档次"
        terms = f"{fixed:.0%} have one of a few fixed terms, or one rate"
    return (
        Lookalike(
            "lender_initiated",
            max(fixed or 0.0, redeemed) >= settings.fixed_share,
            f"{registered:.0%} 的退出有写明双方的转让登记；{terms_zh}；{redeemed:.0%} 记作还本付息",
            f"assignments that name both sides exist for {registered:.0%} of the exits; {terms}; "
            f"{redeemed:.0%} are booked as repayment with interest",
        ),
        Lookalike(
            "early_repayment",
            True,
            f"借款人还款足以覆盖（不低于 {settings.covered_share:.0%}）的退出未计入",
            f"exits that the borrower's repayments cover ({settings.covered_share:.0%} or more) "
            "are "
            "left out",
        ),
    )


def _unseen(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan", "loan_event", "entry"),
        ("看不到该平台出借人的付入或收回，无法判断是否期限错配",
         "payments by or to this platform's lenders are not seen; maturity mismatch cannot be "
         "judged"),
    )  # fmt: skip
