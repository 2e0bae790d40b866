"""How a payment firm's reserve can be misplaced: each sign with its sum, evidence and words."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.legal_rules import legal_rules
from data.settings import ReservePlacement
from data.workdays import is_working_day
from detectors.evidence import record_key, yuan
from detectors.placement_tables import Placement


@dataclass(frozen=True)
class Sign:
    """One way in which a reserve is misplaced: its sum, evidence (ref, booked_at) and words."""

    name: str
    amount_fen: int
    shown: pl.DataFrame
    zh: str
    en: str


def read_signs(settings: ReservePlacement, mine: Placement) -> list[Sign]:
    """Every sign that one firm's records show."""
    signs = (
        _short_transfer(settings, mine.ledger),
        _interest(settings, mine.ledger),
        _deposits(settings, mine),
        *_bank_fees(settings, mine),
        _outside(settings, mine),
        _barred_bank(settings, mine),
    )
    return [sign for sign in signs if sign is not None]


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
    on_short_days = pl.col("day").is_in(short["day"].implode())
    shown = _ledger_keys(held.filter(~pl.col("central"), on_short_days))
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


def _deposits(settings: ReservePlacement, mine: Placement) -> Sign | None:
    """Terms at another bank or on an account of the firm's own at any time; with the bank that
    keeps the reserve once interest is forbidden."""
    deposits = mine.deposits
    placed = deposits.filter(pl.col("elsewhere") | pl.col("own") | _banned(deposits["day"]))
    returned = placed.filter(pl.col("back_ref").is_not_null())
    if int(placed["amount_fen"].sum()) < settings.minimum_fen:
        return None
    amount, interest = int(placed["amount_fen"].sum()), int(placed["interest_fen"].sum())
    shown = pl.concat(
        [
            placed.select("ref", "booked_at"),
            returned.select(pl.col("back_ref").alias("ref"), pl.col("back_at").alias("booked_at")),
            _ledger_keys(mine.ledger.join(placed, on=["bank_no", "account_no", "day"], how="semi")),
        ]
    )
    zh_part, en_part = "", ""
    if returned.height < placed.height:
        zh_part, en_part = f"其中 {returned.height} 次", f"{returned.height} of them "
    return Sign(
        "deposits",
        amount,
        shown,
        f"备付金 {placed.height} 次共 {yuan(amount)} 元定期存放，{zh_part}连同利息 "
        f"{yuan(interest)} 元收回",
        f"{placed.height} time(s) {yuan(amount)} yuan of the reserve were placed for a term and "
        f"{en_part}came back with {yuan(interest)} yuan of interest",
    )


def _bank_fees(settings: ReservePlacement, mine: Placement) -> list[Sign]:
    """Payments of a bank in proportion to the reserve that lies with it, or else regular ones.

    What a reserve may earn is credited to the reserve account itself (2013 custody rule), so that
    such payments to the firm's own accounts are interest in disguise at any time.
    """
    held = mine.ledger.with_columns(pl.col("bank_no").str.head(3).alias("bank"))
    shown: dict[str, list[pl.DataFrame]] = {"bank_fees": [], "regular_fees": []}
    for key, paid in mine.bank_fees.group_by("bank", maintain_order=True):
        of_bank = held.filter(pl.col("bank") == key[0])
        days = (paid["day"].max() - paid["day"].min()).days  # type: ignore[operator, union-attr]
        by_day = of_bank.group_by("day").agg(pl.col("bank_closing_fen").sum())
        if paid.height < settings.minimum_fees or not days or by_day.is_empty():
            continue
        mean = float(str(by_day["bank_closing_fen"].mean()))
        # The first payment is for the time before the first; n payments span n - 1 intervals.
        yearly = int(paid["amount_fen"][1:].sum()) * 365 / days / max(mean, 1.0)
        in_proportion = settings.least_yearly_rate <= yearly <= settings.largest_yearly_rate
        if in_proportion or _regular(settings, paid):
            name = "bank_fees" if in_proportion else "regular_fees"
            ledger = _ledger_keys(of_bank.filter(pl.col("day").is_in(paid["day"].implode())))
            shown[name] += [paid.select("ref", "booked_at", "amount_fen"), ledger]
    return [_fee_sign(name, rows) for name, rows in shown.items() if rows]


def _regular(settings: ReservePlacement, paid: pl.DataFrame) -> bool:
    """Whether payments are of like sums at like intervals."""
    gaps = paid["day"].diff().drop_nulls().dt.total_days()
    return paid.height >= settings.regular_fees and all(
        float(str(values.std(ddof=0))) <= settings.regular_spread * float(str(values.mean()))
        for values in (paid["amount_fen"], gaps)
    )


def _fee_sign(name: str, rows: list[pl.DataFrame]) -> Sign:
    shown = pl.concat(rows, how="diagonal")
    amount = int(shown["amount_fen"].sum())
    zh, en = {
        "bank_fees": (
            "，与存放的备付金规模相称",
            " at intervals, in proportion to the reserve that lies with them",
        ),
        "regular_fees": (
            "，金额、间隔大致相同，而其存管该机构备付金",
            " in like sums at like intervals, while they keep its reserve",
        ),
    }[name]
    return Sign(
        name,
        amount,
        shown.select("ref", "booked_at"),
        f"银行定期向其自有账户付款共 {yuan(amount)} 元{zh}",
        f"banks paid its own accounts {yuan(amount)} yuan{en}",
    )


def _outside(settings: ReservePlacement, mine: Placement) -> Sign | None:
    """Clients who pay into accounts of the firm that are not registered as reserve."""
    clients = mine.clients
    outside = clients.filter(~pl.col("reserved"))
    amount, whole = int(outside["amount_fen"].sum()), int(clients["amount_fen"].sum())
    persons = outside["client"].n_unique()
    if persons < settings.minimum_clients:
        return None
    # What else came in there, from payers that no bank reports, and what was paid on.
    over = mine.moved.filter(
        ~pl.col("reserved"), pl.col("client"), pl.col("account").is_in(outside["account"].implode())
    )
    taken = int(over.filter("paid_in")["amount_fen"].sum())
    # Fees are kept; what clients spend goes on to merchants.
    settled = int(over.filter(~pl.col("paid_in"))["amount_fen"].sum())
    fees = (
        amount < settings.minimum_outside_share * whole
        and settled < settings.settled_outside_share * taken
    )
    if fees or taken < settings.minimum_outside_fen:
        return None
    return Sign(
        "outside",
        taken,
        over.select("ref", "booked_at"),
        f"{persons} 名以上客户将 {yuan(taken)} 元付入未登记为备付金的账户，占已知客户付款的 "
        f"{amount / whole:.0%}",
        f"{persons} clients and more paid {yuan(taken)} yuan into accounts that are not registered "
        f"as reserve, {amount / whole:.0%} of what known clients paid",
    )


def _barred_bank(settings: ReservePlacement, mine: Placement) -> Sign | None:
    """A reserve at a bank whose licence, as the register has it, does not cover reserves."""
    over = mine.moved.filter("reserved")
    taken = int(over.filter("paid_in", ~pl.col("inner_transfer"))["amount_fen"].sum())
    if taken < settings.minimum_fen:
        return None
    there = mine.ledger.join(over, on=["bank_no", "account_no"], how="semi")
    banks = ", ".join(sorted(set(over["bank_no"])))
    return Sign(
        "barred_bank",
        taken,
        pl.concat([over.select("ref", "booked_at"), _ledger_keys(there)]),
        f"{yuan(taken)} 元进入开在 {banks} 的备付金账户，登记信息中该行业务范围不含备付金",
        f"{yuan(taken)} yuan came into reserve accounts at {banks}, whose scope in the register "
        "does not cover reserves",
    )


def _banned(days: pl.Series) -> pl.Series:
    """Whether interest was forbidden on each day."""
    return pl.Series(
        [legal_rules().value("reserve", "interest_ban", day) is not None for day in days],
        dtype=pl.Boolean,
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
