"""R2 reserve placement: clients' reserve lies where it may not, or earns what it may not.

Pattern: once the law moves reserves to the central bank, less of them lies there than it orders, or
interest accrues on them, or a bank pays the firm a regular sum in proportion to them, whatever its
name; at any time, a reserve is placed for a term at another bank and comes back with interest, or
clients pay the firm into accounts that are not registered as reserve.

Innocent look-alikes: everything before the day on which the rule came into force; deposits at the
reserve's own bank before reserves had to be moved; a firm's own customers who pay it a fee.

Blind spots: interest that a bank pays to strangers; ledgers that leave out an account.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from data.legal_rules import legal_rules
from data.settings import ReservePlacement
from data.workdays import is_working_day
from detectors.context import Context, Institution
from detectors.description import Description
from detectors.evidence import read_evidence, record_key, yuan
from detectors.finding import CannotConclude, Finding, Lookalike, Measure, doubted
from detectors.placement_tables import Placement, read_placement

NAME = "reserve_placement"
CODE = "R2"
CLAUSE = "二(三)1"
SEVERITY = 3
LEAD_OFFICE = "PBC"
TITLE = ("违规存放备付金、吃利差", "reserve placement")
CHINESE = Description(
    pattern="备付金应交存央行后，交存比例低于规定，或备付金产生利息，或银行按备付金规模定期向机构"
    "付款（不论名目）；任何时候，备付金定期存放于他行并连本带息收回，或客户向未登记为备付金的账户"
    "付款。",
    lookalikes="规则生效日之前的一切存放；交存之前在备付金存管银行的存款；客户向机构支付的手续费。",
    blind_spots="银行付给无关第三人的利息；账簿中遗漏的账户。",
)


@dataclass(frozen=True)
class Sign:
    """One way in which a reserve is misplaced: its sum, its evidence (ref, booked_at), its words."""

    name: str
    amount_fen: int
    shown: pl.DataFrame
    zh: str
    en: str


def detect(context: Context) -> Iterator[Finding | CannotConclude]:
    """Yield a finding per payment firm whose reserve is misplaced, or what is missing."""
    settings = context.settings.detectors.reserve_placement
    firms = [i for i in context.institutions if i.kind == "payment_institution"]
    if not firms:
        return
    placement = read_placement(context, settings)
    for firm in firms:
        mine = Placement(
            *(
                table.filter(pl.col("institution_id") == firm.institution_id)
                for table in vars(placement).values()
            )
        )
        gap = _missing(firm, mine)
        if gap is not None:
            yield gap
        signs = [
            sign
            for sign in (
                _short_transfer(settings, mine.ledger),
                _interest(settings, mine.ledger),
                _deposits(settings, mine.deposits),
                _bank_fees(settings, mine),
                _outside(settings, mine.clients),
            )
            if sign is not None
        ]
        if signs:
            yield _finding(context, settings, firm, mine, signs)


def _short_transfer(settings: ReservePlacement, ledger: pl.DataFrame) -> Sign | None:
    """Days on which less than the ordered share of the reserve lay at the central bank."""
    held = ledger.filter(pl.col("due_share").is_not_null())
    if held.is_empty() or (not held["central"].any() and (held["due_share"] < 1).all()):
        return None
    days = held.group_by("day").agg(
        pl.col("bank_closing_fen").sum().alias("whole"),
        pl.col("bank_closing_fen").filter("central").sum().alias("moved"),
        pl.col("due_share").first(),
    )
    missing = (pl.col("due_share") - settings.tolerance_share) * pl.col("whole") - pl.col("moved")
    short = days.with_columns(missing.alias("missing")).filter(pl.col("missing") > 0).sort("day")
    worked = sum(is_working_day(day) for day in short["day"])
    most = int(short["missing"].to_numpy().max(initial=0))
    if worked < settings.minimum_days or most < settings.minimum_fen:
        return None
    shown = _ledger_keys(
        held.filter(~pl.col("central"), pl.col("day").is_in(short["day"].implode()))
    )
    least = float(str(short["due_share"].max()))
    return Sign(
        "short_transfer",
        most,
        shown,
        f"{worked} 个工作日存放于央行的备付金低于规定的 {least:.0%}，最多少 {yuan(most)} 元",
        f"for {worked} working days less than the ordered {least:.0%} of the reserve lay at the "
        f"central bank, by up to {yuan(most)} yuan",
    )


def _interest(settings: ReservePlacement, ledger: pl.DataFrame) -> Sign | None:
    """Interest that the firm's own ledger shows once none may be paid."""
    earning = ledger.filter(
        pl.col("banned").is_not_null(),
        pl.col("interest_uncarried_fen") >= settings.least_interest_fen,
    )
    if earning.is_empty():
        return None
    most = int(earning.group_by("day").agg(pl.col("interest_uncarried_fen").sum())[
        "interest_uncarried_fen"].to_numpy().max())  # fmt: skip
    days = earning["day"].n_unique()
    return Sign(
        "interest",
        most,
        _ledger_keys(earning),
        f"计息禁止后仍有 {days} 日账簿列示备付金利息，最多 {yuan(most)} 元",
        f"the ledger shows interest on {days} days after it was forbidden, up to {yuan(most)} yuan",
    )


def _deposits(settings: ReservePlacement, deposits: pl.DataFrame) -> Sign | None:
    """Terms at another bank at any time; at the reserve's own once interest is forbidden."""
    banned = pl.Series(
        [
            legal_rules().value("reserve", "interest_ban", day) is not None
            for day in deposits["day"]
        ],
        dtype=pl.Boolean,
    )
    placed = deposits.filter(pl.col("elsewhere") | banned)
    if int(placed["amount_fen"].sum()) < settings.minimum_fen:
        return None
    amount, interest = int(placed["amount_fen"].sum()), int(placed["interest_fen"].sum())
    shown = pl.concat(
        [
            placed.select("ref", "booked_at"),
            placed.select(pl.col("back_ref").alias("ref"), pl.col("back_at").alias("booked_at")),
        ]
    )
    return Sign(
        "deposits",
        amount,
        shown,
        f"备付金 {placed.height} 次共 {yuan(amount)} 元定期存放，连同利息 {yuan(interest)} 元收回",
        f"{placed.height} time(s) {yuan(amount)} yuan of the reserve were placed for a term and "
        f"came back with {yuan(interest)} yuan of interest",
    )


def _bank_fees(settings: ReservePlacement, mine: Placement) -> Sign | None:
    """Regular payments of a bank in proportion to the reserve that lies with it."""
    if mine.ledger.is_empty():
        return None
    fees = mine.bank_fees.filter(
        pl.Series(
            [legal_rules().value("reserve", "interest_ban", d) is not None
             for d in mine.bank_fees["day"]],
            dtype=pl.Boolean,
        )
    )  # fmt: skip
    held = mine.ledger.with_columns(pl.col("bank_no").str.head(3).alias("bank"))
    shown, amount = [], 0
    for key, paid in fees.group_by("bank", maintain_order=True):
        of_bank = held.filter(pl.col("bank") == key[0])
        days = (paid["day"].max() - paid["day"].min()).days  # type: ignore[operator, union-attr]
        by_day = of_bank.group_by("day").agg(pl.col("bank_closing_fen").sum())
        if paid.height < settings.minimum_fees or not days or by_day.is_empty():
            continue
        mean = float(str(by_day["bank_closing_fen"].mean()))
        # The first payment is for the time before the first; n payments span n - 1 intervals.
        yearly = int(paid["amount_fen"][1:].sum()) * 365 / days / max(mean, 1.0)
        if settings.least_yearly_rate <= yearly <= settings.largest_yearly_rate:
            shown.append(paid.select("ref", "booked_at"))
            amount += int(paid["amount_fen"].sum())
    if not shown:
        return None
    return Sign(
        "bank_fees",
        amount,
        pl.concat(shown),
        f"银行定期向其自有账户付款共 {yuan(amount)} 元，与存放的备付金规模相称",
        f"banks paid its own accounts {yuan(amount)} yuan at intervals, in proportion to the "
        "reserve that lies with them",
    )


def _outside(settings: ReservePlacement, clients: pl.DataFrame) -> Sign | None:
    """Clients who pay into accounts of the firm that are not registered as reserve."""
    outside = clients.filter(~pl.col("reserved"))
    amount = int(outside["amount_fen"].sum())
    whole = int(clients["amount_fen"].sum())
    persons = outside["client"].n_unique()
    if (
        persons < settings.minimum_clients
        or amount < settings.minimum_fen
        or amount < settings.minimum_outside_share * whole
    ):
        return None
    return Sign(
        "outside",
        amount,
        outside.select("ref", "booked_at"),
        f"{persons} 名客户将 {yuan(amount)} 元付入未登记为备付金的账户，占客户付款的 "
        f"{amount / whole:.0%}",
        f"{persons} clients paid {yuan(amount)} yuan into accounts that are not registered as "
        f"reserve, {amount / whole:.0%} of what clients paid",
    )


def _finding(
    context: Context,
    settings: ReservePlacement,
    firm: Institution,
    mine: Placement,
    signs: list[Sign],
) -> Finding:
    evidence = read_evidence(pl.concat([sign.shown for sign in signs]))
    sums = {sign.name: sign.amount_fen for sign in signs}
    lookalikes = (_lawful_before(mine, sums), _fees(settings, mine, sums))
    en = "; ".join(sign.en for sign in signs)
    return Finding(
        typology=NAME,
        code=CODE,
        clause=CLAUSE,
        party_id=firm.party_id,
        institution_id=firm.institution_id,
        severity=SEVERITY,
        confidence=doubted(
            min(settings.confidence_least + settings.confidence_sign * (len(signs) - 1), 0.99),
            lookalikes,
            context.settings.detectors.open_lookalike,
        ),
        amount_fen=max(sums.values()),
        first_at=evidence.first_at,
        last_at=evidence.last_at,
        transfers=evidence.refs,
        measures={
            "untransferred_fen": Measure(
                sums.get("short_transfer", 0), settings.minimum_fen, "fen"
            ),
            "interest_fen": Measure(sums.get("interest", 0), settings.least_interest_fen, "fen"),
            "term_deposits_fen": Measure(sums.get("deposits", 0), settings.minimum_fen, "fen"),
            "bank_fees_fen": Measure(sums.get("bank_fees", 0), None, "fen"),
            "outside_reserve_fen": Measure(sums.get("outside", 0), settings.minimum_fen, "fen"),
        },
        lookalikes=lookalikes,
        not_established=(
            "未证明客户受损，也未证明机构与银行就利息另有约定",
            "it is not established that clients lost money, nor that firm and bank had agreed on "
            "interest",
        ),
        text=("；".join(sign.zh for sign in signs), en[:1].upper() + en[1:]),
        lead_office=LEAD_OFFICE,
        accomplices=(),
    )


def _lawful_before(mine: Placement, sums: dict[str, int]) -> Lookalike:
    """Only days on which the rule was in force are judged; how many there were."""
    days = mine.ledger.filter(pl.col("due_share").is_not_null())["day"].n_unique()
    zh = f"只计规则生效之日，账簿中此类日期有 {days} 日"
    en = f"only days on which the rules were in force count: {days} of the ledger's"
    at_any_time = not {"short_transfer", "interest", "bank_fees"} & sums.keys()
    return Lookalike("lawful_before_the_switch", days > 0 or at_any_time, zh, en)


def _fees(settings: ReservePlacement, mine: Placement, sums: dict[str, int]) -> Lookalike:
    whole = max(int(mine.clients["amount_fen"].sum()), 1)
    share = sums.get("outside", 0) / whole
    return Lookalike(
        "fees_of_customers",
        "outside" not in sums or share >= settings.sure_outside_share,
        f"付入其他账户的款项占客户付款的 {share:.0%}",
        f"{share:.0%} of what clients paid went into other accounts",
    )


def _missing(firm: Institution, mine: Placement) -> CannotConclude | None:
    """No ledger at all, or none of the central bank's account while a part must lie there."""
    held = mine.ledger.filter(pl.col("due_share").is_not_null())
    if mine.ledger.height and (held.is_empty() or held["central"].any()):
        return None
    if held.height and (held["due_share"] == 1).any():
        return None
    missing = "reserve_day" if mine.ledger.is_empty() else "reserve_day (bank 001, central bank)"
    return CannotConclude(
        NAME,
        firm.party_id,
        firm.institution_id,
        (missing,),
        (
            f"缺少备付金账簿（{missing}），无法核对备付金的存放",
            f"the reserve's ledger is missing ({missing}); where it lies cannot be judged",
        ),
    )


def _ledger_keys(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of the ledger as evidence: their keys, and the day as a time."""
    keys = [
        record_key("reserve_day", firm, bank, account, day.isoformat())
        for firm, bank, account, day in rows.select(
            "institution_id", "bank_no", "account_no", "day"
        ).iter_rows()
    ]
    return pl.DataFrame({"ref": keys, "booked_at": rows["day"].cast(pl.Datetime("us"))})
