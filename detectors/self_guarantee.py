"""P5 self-guarantee: when loans fall due the platform's circle pays lenders, not the borrower.

Pattern: lenders are paid principal that is due, or interest, though the borrower paid nothing in
the days before; the money comes from the platform's own accounts or its circle ("risk reserve"), or
from somebody whom the circle has just paid it: a guarantor in name.

Innocent look-alikes: a licensed guarantor that belongs to nobody in the circle, is not fed by it
and recovers from the borrower; a borrower who paid a few days or instalments ahead (what is left of
it covers the payment).

Blind spots: compensation out of the common pool without a payment of its own; guarantors fed long
before or in cash.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import polars as pl

from data.settings import SelfGuarantee
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import loan_keys, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.stand_ins import read_stand_ins

NAME = "self_guarantee"
CODE = "P5"
CLAUSE = "二(一)1"
SEVERITY = 4
LEAD_OFFICE = "JR+YJ"
TITLE = ("自保、代偿保息", "self-guarantee")
CHINESE = Description(
    pattern=(
        "借款人在此前数日分文未付，出借人却按期收到到期本金或利息；资金来自平台自有账户或其关联圈"
        "（“风险"
        "准备金”），或者来自刚从关联圈收到同样资金的名义担保人。"
    ),
    lookalikes=(
        "不属于关联圈、不由其供资、事后向借款人追偿的持牌担保公司；提前几日或提前几期还款的借款人"
        "（余额足"
        "以支付）。"
    ),
    blind_spots="不经单独付款、直接由资金池垫付的代偿；早已供资或以现金供资的担保人。",
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per platform whose circle pays lenders in the borrowers' place."""
    settings = context.settings.detectors.self_guarantee
    payers, shown, seen = read_stand_ins(context, settings)
    for institution in context.institutions:
        name = institution.institution_id
        if institution.kind == "p2p_platform" and not all(seen.get(name, (0, 0))):
            yield _unseen(institution)
            continue
        mine = pl.col("institution_id") == name
        finding = _judge(context, settings, institution, payers.filter(mine), shown.filter(mine))
        if finding is not None:
            yield finding


def _sorted_payers(
    context: Context, settings: SelfGuarantee, institution: Institution, payers: pl.DataFrame
) -> tuple[dict[int, str], set[int], int]:
    """Payers of the circle or fed by it with their roles, those of them that are licensed and
    recover, and what independent payers paid.

    A licensed guarantor that is tied to the platform by nothing but its guarantee is independent.
    """
    circle = context.closure(institution)
    roles: dict[int, str] = {}
    doubtful: set[int] = set()
    independent = 0
    for row in payers.iter_rows(named=True):
        payer, paid = row["payer"], row["paid_fen"]
        licensed = row["licensed"] and row["kind"] == "guarantor"
        inside = payer in circle and not (licensed and _only_guarantees(context, payer, circle))
        if inside or row["fed_fen"] >= settings.fed_share * paid:
            roles[payer] = context.front(payer)
        else:
            independent += paid
            continue
        if licensed and row["recovered_fen"] >= settings.recovered_share * paid:
            doubtful.add(payer)
    return roles, doubtful, independent


def _only_guarantees(context: Context, payer: int, circle: Collection[int]) -> bool:
    """Whether nothing but guarantees ties a party to a circle."""
    ties = [*context.relations.into(payer), *context.relations.out_of(payer)]
    return {kind for other, kind, _ in ties if other in circle and other != payer} <= {"guarantees"}


def _judge(
    context: Context,
    settings: SelfGuarantee,
    institution: Institution,
    payers: pl.DataFrame,
    shown: pl.DataFrame,
) -> Finding | None:
    """Hold what the circle paid in the borrowers' place against the thresholds."""
    roles, doubtful, independent = _sorted_payers(context, settings, institution, payers)
    ours = shown.filter("stands_in", pl.col("payer").is_in(list(roles)))
    once = ours.unique("ref", keep="first", maintain_order=True)
    paid, times = _paid_fen(once), ours["loan_id"].n_unique()
    if max(times, once.height) < settings.minimum_loans or paid < settings.minimum_fen:
        return None
    loans = ours.select("loan_id").drop_nulls().unique()
    paid_out = shown.filter(~pl.col("stands_in")).join(loans, on="loan_id", how="semi")
    evidence = read_evidence(pl.concat([ours, paid_out]).select("ref", "booked_at"))
    mine = payers.filter(pl.col("payer").is_in(list(roles)))
    recovered = int(mine["recovered_fen"].sum()) / max(int(mine["paid_fen"].sum()), 1)
    nominal = int(mine.filter(pl.col("payer").is_in(_named(roles, "nominee")))["paid_fen"].sum())
    lookalikes = _lookalikes(independent, recovered, bool(doubtful))
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=institution.party_id,
        institution_id=institution.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_loans * min(loans.height / settings.sure_loans, 1)
            + settings.confidence_circle * (1 - nominal / max(paid, 1)),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=paid,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs + loan_keys(institution.institution_id, loans["loan_id"]),
        measures={
            "loans": Measure(loans.height, settings.minimum_loans, "loans"),
            "compensated_fen": Measure(paid, settings.minimum_fen, "fen"),
            "payers_in_place": Measure(len(roles), None, "parties"),
            "nominal_fen": Measure(nominal, None, "fen"),
            "recovered_share": Measure(round(recovered, 4), settings.recovered_share, "share"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明平台向出借人承诺保本保息，也未证明借款人确实违约",
            "it is not established that the platform promised lenders principal or interest, nor "
            "that the borrowers are in default",
        ),
        text=_texts(loans.height, once.height, paid, len(roles), nominal),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], role)
            for number, role in sorted(roles.items())
            if number >= 0 and number != institution.party_no
        ),
    )


def _paid_fen(once: pl.DataFrame) -> int:
    """What was paid in the borrowers' place; money that comes in for a loan and goes on to its
    lenders counts once."""
    by_loan = once.group_by("loan_id").agg(
        pl.col("amount_fen").filter("to_centre").sum().alias("in_fen"),
        pl.col("amount_fen").filter(~pl.col("to_centre")).sum().alias("out_fen"),
    )
    return int(by_loan.select(pl.max_horizontal("in_fen", "out_fen").sum()).item())


def _named(roles: dict[int, str], role: str) -> list[int]:
    return [number for number, held in roles.items() if held == role]


def _lookalikes(independent: int, recovered: float, doubtful: bool) -> tuple[Lookalike, ...]:
    return (
        Lookalike(
            "licensed_guarantor",
            not doubtful,
            f"与关联圈无关的付款人另代偿 {yuan(independent)} 元，未计入；所计代偿中已向借款人追回 "
            f"{recovered:.0%}",
            f"{yuan(independent)} yuan paid by others than the circle are left out; "
            f"{recovered:.0%} of what is counted was recovered from the borrowers",
        ),
        Lookalike(
            "borrower_paid_ahead",
            True,
            "借款人在此前数日已付或有余额的付款未计入",
            "payments for which the borrower had paid in the days before, or ahead, are left out",
        ),
    )


def _texts(loans: int, transfers: int, paid: int, payers: int, nominal: int) -> tuple[str, str]:
    zh = (
        f"{loans} 笔借款到期或付息时借款人未付款，由平台或其关联圈的 {payers} 个付款人代付 "
        f"{yuan(paid)} 元（{transfers} 笔转账）"
    )
    en = (
        f"When {loans} loan(s) or their interest fell due the borrowers had not paid, and "
        f"{payers} payer(s) of the platform's circle paid {yuan(paid)} yuan in their place "
        f"({transfers} transfer(s))"
    )
    if nominal:
        zh += f"；其中 {yuan(nominal)} 元由刚从关联圈收到资金的名义担保人支付"
        en += f"; {yuan(nominal)} yuan of it by guarantors in name, whom the circle had just paid"
    return zh, en


def _unseen(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan", "loan_event", "entry"),
        ("看不到该平台向出借人的付款或借款人的还款，无法判断是否自保",
         "payments to this platform's lenders, or by its borrowers, are not seen; self-guarantee "
         "cannot be judged"),
    )  # fmt: skip
