"""P2 own lending: the platform lends itself, and sells the claims to lenders afterwards.

Pattern: an account of the platform, of its circle, or of one "professional lender" pays the
borrower before lenders have paid; within a month two lenders or more pay for the claim.

Innocent look-alikes: a licensed small-loan firm or bank that sells its claims; loans that lenders
had paid for before they were paid out; one lender who sells a single claim.

Blind spots: money lent in cash; professional lenders who sell at most a claim or two; claims sold
later than a month.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import OwnLending
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import loan_keys, read_evidence, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.prefunded_loans import read_prefunded

NAME = "own_lending"
CODE = "P2"
CLAUSE = "二(一)1"
SEVERITY = 3
LEAD_OFFICE = "JR+YJ"
TITLE = ("发放贷款", "own lending")
CHINESE = Description(
    pattern=(
        "出借人尚未付款，平台、其关联方或某一“专业放款人”的账户已向借款人放款；一个月内又由两名以"
        "上出借人"
        "为该债权付款。"
    ),
    lookalikes=(
        "转让自有债权的持牌小额贷款公司或银行；放款之前出借人已经付款的标的；只转让一笔债权的个别"
        "出借人。"
    ),
    blind_spots="现金放款；只转让一两笔债权的专业放款人；一个月以后才转让的债权。",
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per platform that pays loans out before lenders pay for them."""
    settings = context.settings.detectors.own_lending
    loans, shown = read_prefunded(context, settings)
    lending = {
        row[0]
        for row in context.db.rows(
            "lending", "select distinct institution_id from loan_book order by 1"
        )
    }
    for institution in context.institutions:
        if institution.institution_id not in lending:
            if institution.kind == "p2p_platform":
                yield _no_loans(institution)
            continue
        mine = pl.col("institution_id") == institution.institution_id
        finding = _judge(context, settings, institution, loans.filter(mine), shown.filter(mine))
        if finding is not None:
            yield finding


def _judge(
    context: Context,
    settings: OwnLending,
    institution: Institution,
    loans: pl.DataFrame,
    shown: pl.DataFrame,
) -> Finding | None:
    """Hold what was paid out before and sold after against the thresholds."""
    sold = loans.filter(
        pl.col("lenders") >= settings.minimum_lenders,
        pl.col("before_fen") < settings.before_share * pl.col("amount_fen"),
        pl.col("sold_fen") >= settings.sold_share * pl.col("amount_fen"),
    )
    licensed = sold.filter("licensed")
    often = pl.len().over("payer") >= settings.professional_loans
    chosen = sold.filter(~pl.col("licensed")).filter(pl.col("inside") | often)
    paid = int(chosen["amount_fen"].sum())
    if chosen.height < settings.minimum_loans or paid < settings.minimum_fen:
        return None
    payers = chosen["payer"].unique()
    sales = shown.join(chosen.select("loan_id"), on="loan_id", how="semi")
    back = shown.filter(pl.col("payer").is_in(payers.to_list()))
    evidence = read_evidence(
        pl.concat([part.select("ref", "booked_at") for part in (chosen, sales, back)])
    )
    inside = int(chosen.filter("inside")["amount_fen"].sum())
    returned = min(int(back["amount_fen"].sum()) / max(paid, 1), 1.0)
    lookalikes = (
        Lookalike(
            "licensed_lender",
            licensed.height <= chosen.height,
            f"持牌小额贷款公司或银行放款后转让的 {licensed.height} 笔借款未计入",
            f"{licensed.height} loan(s) that licensed small-loan firms or banks paid out and sold "
            "are left out",
        ),
        Lookalike(
            "raised_before",
            True,
            f"放款前出借人已付款 {settings.before_share:.0%} 以上的借款未计入",
            f"loans for which lenders had paid {settings.before_share:.0%} or more before are left "
            "out",
        ),
    )
    roles = {payer: context.front(payer) for payer in chosen["payer"]}
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=institution.party_id,
        institution_id=institution.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            settings.confidence_least
            + settings.confidence_loans * min(chosen.height / settings.sure_loans, 1)
            + settings.confidence_inside * inside / max(paid, 1)
            + settings.confidence_back * returned,
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=paid,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs + loan_keys(institution.institution_id, chosen["loan_id"]),
        measures={
            "loans": Measure(chosen.height, settings.minimum_loans, "loans"),
            "sold_share": Measure(
                round(min(int(chosen["sold_fen"].sum()) / max(paid, 1), 1.0), 4),
                settings.sold_share,
                "share",
            ),
            "fewest_lenders": Measure(
                int(chosen["lenders"].min() or 0),  # type: ignore[arg-type]
                settings.minimum_lenders,
                "persons",
            ),
            "by_circle_fen": Measure(inside, None, "fen"),
            "returned_to_payer": Measure(round(returned, 4), None, "share"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明放款资金属于平台自有，也未证明受让人不知债权已经存在",
            "it is not established that the money lent was the platform's own, nor that the "
            "takers did not know that the claims existed already",
        ),
        text=(
            f"{len(payers)} 个付款人在出借人付款之前向借款人放款 {yuan(paid)} 元（{chosen.height} "
            "笔借款），"
            f"其中平台或其关联方 {yuan(inside)} 元；{settings.assigned_days} 日内这些债权又由各至"
            "少 "
            f"{settings.minimum_lenders} 名出借人付款受让",
            f"{len(payers)} payer(s) paid {yuan(paid)} yuan out on {chosen.height} loan(s) before "
            f"lenders had paid, the platform or its circle {yuan(inside)} yuan of it; within "
            f"{settings.assigned_days} days {settings.minimum_lenders} lenders or more paid for "
            "each claim",
        ),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], role)
            for number, role in sorted(roles.items())
            if number >= 0 and number != institution.party_no
        ),
    )


def _no_loans(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan", "loan_event"),
        ("没有该平台的标的数据，无法判断其是否自行放贷",
         "no loans of this platform were submitted; whether it lends itself cannot be judged"),
    )  # fmt: skip
