"""P11 borrower cap: one borrower owes more on a platform, or on all, than the law allows.

Pattern: on the day a new loan is published, what its borrower owes on that platform, or on all
platforms together, is above the cap in force for persons or for firms. Borrowers that belong
together (kin, owner and firm, firms of one head) are added up too.

Innocent look-alike: there is none for a single borrower; loans from before the caps are no breach
by themselves, what was repaid is taken off, and relatives may borrow each for themselves (borrowers
who never pay each other stay open).

Blind spots: borrowers under others' names without a registered tie; platforms that do not submit;
repayments from before the records begin.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time

import polars as pl

from data.legal_rules import legal_rules
from data.settings import BorrowerCap
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.outstanding_loans import read_dealings, read_disbursed, read_owed

NAME = "borrower_cap"
CODE = "P11"
CLAUSE = "二(一)1"
SEVERITY = 2
# Within the year that platforms of old had to bring their loans below the caps.
RECTIFIED_SEVERITY = 1
LEAD_OFFICE = "JR+YJ"
TITLE = ("借款余额超限", "borrower cap")
CHINESE = Description(
    pattern=(
        "新标的发布之日，借款人在该平台或全部平台的借款余额超过当日有效的自然人或单位上限。有亲"
        "属、出资、"
        "控制关系或由同一人控制的借款人，另行合并计算。"
    ),
    lookalikes=(
        "单一借款人无相似情形；上限生效之前的借款本身不算违规，已还本金予以扣除；亲属可能各自借款"
        "（彼此从"
        "无资金往来的，存疑）。"
    ),
    blind_spots="无登记关系的他人名义借款；未报送数据的平台；记录开始之前的还款。",
)


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per platform that published loans above a borrower's cap."""
    settings = context.settings.detectors.borrower_cap
    single, together = read_owed(context, settings)
    lending = set(single["institution_id"]) | {
        row[0]
        for row in context.db.rows(
            "lending", "select distinct institution_id from loan_book order by 1"
        )
    }
    disbursed = read_disbursed(context)
    alone = _breaches(single)
    known = pl.col("loan_id").is_in(alone["loan_id"].implode())
    united = _breaches(together.filter(pl.col("here") > 1)).filter(~known)
    for institution in context.institutions:
        name = institution.institution_id
        if institution.kind == "p2p_platform" and name not in lending:
            yield _no_loans(institution)
        mine = pl.col("institution_id") == name
        one, several = alone.filter(mine), united.filter(mine)
        if one.height or several.height:
            yield _finding(context, settings, institution, one, several, disbursed)


def _breaches(owed: pl.DataFrame) -> pl.DataFrame:
    """Rows above a cap in force on their day, with `over_fen`, and whether it is that on `all`.

    A cap on all platforms is looked at where the one platform's is kept.
    """
    rows = []
    for row in owed.iter_rows(named=True):
        here = row["here_fen"] - _cap(row["published_on"], "one_platform", row["firm_here"])
        overall = row["all_fen"] - _cap(row["published_on"], "all_platforms", row["firm"])
        if here > 0 or overall > 0:
            loans = row["loans_here"] if here > 0 else row["loans"]
            rows.append({**row, "over_fen": max(here, overall), "all": here <= 0, "shown": loans})
    schema = {**owed.schema, "over_fen": pl.Int64(), "all": pl.Boolean(),
              "shown": pl.List(pl.String)}  # fmt: skip
    return pl.DataFrame(rows, schema, orient="row")


def _cap(day: date, scope: str, firm: bool) -> int:
    """The cap in force on a day, in fen; rows are only of days on which one is."""
    parameter = f"{'organisation' if firm else 'person'}_{scope}"
    cap = legal_rules().whole("borrower_cap", parameter, day)
    assert cap is not None, f"no cap on {day}"
    return cap


def _finding(
    context: Context,
    settings: BorrowerCap,
    institution: Institution,
    alone: pl.DataFrame,
    united: pl.DataFrame,
    disbursed: dict[str, list[tuple[str, datetime]]],
) -> Finding:
    both = pl.concat([alone, united])
    refs, first_at, last_at = _evidence(both, disbursed)
    worst = both.sort("over_fen", "unit", descending=[True, False]).unique("unit", keep="first")
    over = int(worst["over_fen"].sum())
    strangers = _strangers(context, united)
    lookalikes = (
        Lookalike(
            "relatives_on_their_own",
            not strangers,
            f"合并计算的 {united['unit'].n_unique()} 组借款人中，{strangers} 组成员之间没有资金往"
            "来",
            f"of {united['unit'].n_unique()} group(s) added up, the members of {strangers} never "
            "paid each other",
        ),
    )
    borrowers = sorted({number for row in both["borrowers"] for number in row})
    sources = legal_rules().source("borrower_cap", "person_one_platform", both["published_on"][0])
    last = both["published_on"].max()
    rectified = legal_rules().value("borrower_cap", "rectification", last) is not None  # type: ignore[arg-type]
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=institution.party_id,
        institution_id=institution.institution_id,
        severity=RECTIFIED_SEVERITY if rectified else SEVERITY,
        confidence=doubted(
            settings.confidence_single if alone.height else settings.confidence_united,
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=over,
        first_at=first_at,
        last_at=last_at,
        transfers=refs,
        measures={
            "borrowers_over": Measure(alone["unit"].n_unique(), 0, "parties"),
            "groups_over": Measure(united["unit"].n_unique(), 0, "groups"),
            "over_fen": Measure(over, 0, "fen"),
            "loans": Measure(both["loan_id"].n_unique(), None, "loans"),
            "over_all_platforms": Measure(both.filter("all").height, None, "loans"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明平台知道借款人在其他平台的借款，也未证明合并计算的借款人实为一人",
            "it is not established that the platform knew of loans elsewhere, nor that borrowers "
            "who are added up are one",
        ),
        text=(
            f"{both['loan_id'].n_unique()} 笔新标的发布时，{alone['unit'].n_unique()} 名借款人、"
            f"{united['unit'].n_unique()} 组关联借款人的余额超过上限，最多时合计超出 {yuan(over)} "
            f"元（{sources}）",
            f"As {both['loan_id'].n_unique()} new loan(s) were published, "
            f"{alone['unit'].n_unique()} "
            f"borrower(s) and {united['unit'].n_unique()} group(s) of borrowers who belong "
            "together "
            f"owed more than the cap, {yuan(over)} yuan above it at most ({sources})",
        ),
        lead_office=LEAD_OFFICE,
        accomplices=tuple(
            (context.party_ids[number], "beneficiary")
            for number in borrowers
            if number != institution.party_no
        ),
    )


def _evidence(
    both: pl.DataFrame, disbursed: dict[str, list[tuple[str, datetime]]]
) -> tuple[tuple[str, ...], datetime, datetime]:
    """Transfers that paid out the loans in question, by time, then the keys of the loans."""
    first = datetime.combine(both["published_on"].min(), time())  # type: ignore[arg-type]
    paid: set[tuple[datetime, str]] = set()
    keys = set()
    for loan in sorted({loan for row in both["shown"] for loan in row}):
        paid.update((at, ref) for ref, at in disbursed.get(loan, []))
        keys.add(record_key("loan", *loan.split(" ", 1)))
    times = [at for at, _ in paid] or [first]
    return (
        (*dict.fromkeys(ref for _, ref in sorted(paid)), *sorted(keys)),
        min(times),
        max(times),
    )


def _strangers(context: Context, united: pl.DataFrame) -> int:
    """Groups of which no member ever paid another one."""
    groups = {row["unit"]: set(row["borrowers"]) for row in united.iter_rows(named=True)}
    members = sorted(set().union(*groups.values())) if groups else []
    dealings = read_dealings(context, members) if members else set()
    return sum(
        not any(one in group and other in group for one, other in dealings)
        for group in groups.values()
    )


def _no_loans(institution: Institution) -> CannotConclude:
    return CannotConclude(
        NAME,
        institution.party_id,
        institution.institution_id,
        ("loan",),
        ("没有该平台的标的数据，无法核对借款余额上限",
         "no loans of this platform were submitted; borrowers' caps cannot be checked"),
    )  # fmt: skip
