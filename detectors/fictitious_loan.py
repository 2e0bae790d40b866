"""P7 fictitious loan: a loan that nobody took, or that only a name took.

Pattern: lenders' money is taken for a loan and no borrower is ever paid; or the borrower is paid
and passes nearly all of it on within a day, while the account has just been opened, or telephone,
address, device or collateral are shared with other borrowers, or the money of several borrowers
meets in one account that takes hardly anything else. Passing on more slowly, or in part, counts
where two of these further signs agree.

Innocent look-alikes: working capital that is spent at once (the borrower takes money of its own
customers or employer); entrusted payment to a supplier, or a raising that failed (the borrower
repays, a third party that is not of the platform's circle was paid, or lenders got their money
back soon); an office building or a shared telephone (most who have it borrow nothing).

Blind spots: bought firms with a business of old; money that stays on the borrower's account for
days; borrowers at banks that do not submit.
"""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from data.settings import FictitiousLoan
from detectors.asked_records import account_keys
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import loan_keys, read_evidence, yuan
from detectors.fictitious_tables import read_loans, read_meeting_money, read_shown
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.made_up_loans import made_up, signs

NAME = "fictitious_loan"
CODE = "P7"
CLAUSE = "二(一)1"
SEVERITY = 5
LEAD_OFFICE = "JR+YJ"
TITLE = ("虚构标的", "fictitious loan")
CHINESE = Description(
    pattern=(
        "平台为某一标的收取了出借人的资金，却从未向借款人放款；或者虽已放款，借款人一日之内几乎全部"
        "转出，同时其账户刚刚开立，或与其他借款人共用电话、地址、设备、抵押物，或几名借款人的资金汇"
        "入同一个几乎不收其他款项的账户。转出较慢或只转出部分的，须有上述两项情形相互印证。"
    ),
    lookalikes=(
        "流动资金借款当日用出（借款人另有客户货款或工资收入）；受托支付给供应商，或者募集失败（借"
        "款人"
        "自行还款、收款的第三方不属于平台关联圈，或出借人很快收回资金）；同一写字楼或公用电话（使"
        "用者"
        "多数并不借款）。"
    ),
    blind_spots="买来的、原有经营流水的企业；资金在借款人账户停留数日；借款人开户行未报送数据。",
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per platform of whose loans several are made up."""
    settings = context.settings.detectors.fictitious_loan
    loans = read_loans(context, settings).with_columns(**signs(settings))
    chosen = made_up(settings, loans, read_meeting_money(context))
    shown = read_shown(context, settings, chosen)
    lending = set(loans["institution_id"])
    for institution in context.institutions:
        mine = pl.col("institution_id") == institution.institution_id
        if institution.institution_id not in lending:
            if institution.kind == "p2p_platform":
                yield _no_loans(institution)
            continue
        held = loans.filter(mine)
        if _seen(held) < settings.visible_share * held.height:
            yield _unseen(context, institution, held)
        finding = _judge(
            context, settings, institution, held, chosen.filter(mine), shown.filter(mine)
        )
        if finding:
            yield finding


def _seen(held: pl.DataFrame) -> int:
    """Loans that were seen paid out to an account whose bank submits, or seen not to be."""
    return int((pl.col("visible") | (pl.col("unpaid") & pl.col("heard"))).pipe(held.filter).height)


def _judge(
    context: Context,
    settings: FictitiousLoan,
    institution: Institution,
    held: pl.DataFrame,
    chosen: pl.DataFrame,
    shown: pl.DataFrame,
) -> Finding | None:
    """Hold one platform's made-up loans against the thresholds."""
    unpaid, passed = chosen.filter("unpaid"), chosen.filter(~pl.col("unpaid"))
    taken, paid = int(unpaid["invested_fen"].sum()), int(passed["paid_fen"].sum())
    if (
        chosen.height < max(settings.minimum_share * held.height, 1)
        or taken + paid < settings.minimum_fen
        or not shown.height
    ):
        return None
    evidence = read_evidence(shown)
    lookalikes = _lookalikes(settings, held, chosen)
    borrowers = chosen["borrower"].n_unique()
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=institution.party_id,
        institution_id=institution.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            _confidence(settings, chosen), lookalikes, context.settings.detectors.open_lookalike
        ),
        amount_fen=taken + paid,
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs + loan_keys(institution.institution_id, chosen["loan_id"]),
        measures={
            "loans": Measure(chosen.height, settings.minimum_loans, "loans"),
            "share_of_loans": Measure(
                round(chosen.height / held.height, 4), settings.minimum_share, "share"
            ),
            "unpaid_loans": Measure(unpaid.height, None, "loans"),
            "passed_on_share": Measure(
                round(float(passed["later_share"].mean() or 0), 4),  # type: ignore[arg-type]
                settings.partly_share,
                "share",
            ),
            "young_accounts": Measure(passed.filter("fresh").height, None, "loans"),
            "shared_contacts": Measure(chosen.filter(pl.col("shared") != "").height, None, "loans"),
            "meeting_loans": Measure(passed.filter("meets").height, None, "loans"),
            "borrowers": Measure(borrowers, None, "parties"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明借款人不存在，也未证明其名义系冒用或借用，资金的最终去向须另行追查",
            "it is not established that the borrowers do not exist, nor that their names were "
            "lent or stolen; where the money ended must be followed",
        ),
        text=_texts(unpaid.height, taken, passed, paid),
        lead_office=LEAD_OFFICE,
        accomplices=_roles(context, institution, chosen, shown),
    )


def _confidence(settings: FictitiousLoan, chosen: pl.DataFrame) -> float:
    agreeing = chosen.select(
        pl.when("unpaid").then(1.0).otherwise((pl.col("further") - 1).clip(0, 2) / 2)
    ).to_series()
    return (
        settings.confidence_least
        + settings.confidence_loans * min(chosen.height / settings.sure_loans, 1)
        + settings.confidence_signs * float(agreeing.mean() or 0)  # type: ignore[arg-type]
    )


def _lookalikes(
    settings: FictitiousLoan, held: pl.DataFrame, chosen: pl.DataFrame
) -> tuple[Lookalike, ...]:
    business = held.filter("has_business").height
    entrusted = held.filter("entrusted").height
    least = settings.business_share
    return (
        Lookalike(
            "working_capital",
            business <= chosen.height,
            f"另有 {business} 笔借款同样转出，但借款人有自身经营收入"
            f"（{settings.business_days} 日以上、达借款的 {least:.0%}），未计入",
            f"{business} further loan(s) were passed on alike by borrowers with takings of their "
            f"own (on {settings.business_days} days or more, {least:.0%} of the loan) and are left "
            "out",
        ),
        Lookalike(
            "entrusted_payment",
            entrusted <= chosen.height,
            f"另有 {entrusted} 笔未见放款，但借款人自行还款、已付第三方或已退还出借人，未计入",
            f"{entrusted} further loan(s) without a payment to the borrower are left out: the "
            "borrower repays, a third party was paid, or lenders were refunded",
        ),
    )


def _roles(
    context: Context, institution: Institution, chosen: pl.DataFrame, shown: pl.DataFrame
) -> tuple[tuple[str, str], ...]:
    """Borrowers lend their names; who holds the accounts where their money ends gains."""
    roles = {number: "nominee" for number in chosen["borrower"].unique() if number >= 0}
    for number in shown["end"].unique():
        if number >= 0:
            roles[number] = "beneficiary"
    return tuple(
        (context.party_ids[number], role)
        for number, role in sorted(roles.items())
        if number != institution.party_no
    )


def _texts(unpaid: int, taken: int, passed: pl.DataFrame, paid: int) -> tuple[str, str]:
    zh, en = [], []
    if unpaid:
        zh.append(f"{unpaid} 笔标的收取出借资金 {yuan(taken)} 元，未见向借款人放款")
        en.append(f"{unpaid} loan(s) took {yuan(taken)} yuan from lenders and no borrower was paid")
    if passed.height:
        young, shared, meets = (
            passed.filter("fresh").height,
            passed.filter(pl.col("shared") != "").height,
            passed.filter("meets").height,
        )
        zh.append(
            f"{passed.height} 笔借款放款 {yuan(paid)} 元后被转出，其中 {young} 笔的收款账户"
            f"刚开立，{shared} 笔的借款人与他人共用联系方式、设备或抵押物，"
            f"{meets} 笔的资金汇入同一账户"
        )
        en.append(
            f"{passed.height} loan(s) of {yuan(paid)} yuan were passed on: {young} to "
            f"accounts just opened, {shared} by borrowers that share contacts, devices or "
            f"collateral, {meets} into accounts where several borrowers' money meets"
        )
    return "；".join(zh), "; ".join(en)


def _no_loans(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan", "loan_event"),
        ("没有该平台的标的数据，无法判断标的是否虚构",
         "no loans of this platform were submitted; whether they are made up cannot be judged"),
    )  # fmt: skip


def _unseen(context: Context, institution: Institution, held: pl.DataFrame) -> CannotConclude:
    """Name the accounts whose statements would tell whether loans were paid out."""
    silent = held.filter(~pl.col("visible") & ~(pl.col("unpaid") & pl.col("heard")))
    names = account_keys(context, silent["account"].fill_null(silent["taken_by"]).drop_nulls())
    seen = held.height - silent.height
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        names or ("entry",),
        (f"{held.height} 笔标的中仅 {seen} 笔能看到是否放款，其余须调取收款账户和存管账户流水",
         f"of {held.height} loans only {seen} show whether they were paid out; the statements of "
         "the receiving and the custody accounts are needed"),
    )  # fmt: skip
