"""Compares tables with each other and with what the lake holds: warnings, with counts and places.

Rows load whatever is said here. What other submitters have not sent yet is no fault of this one:
legs are compared only with banks and clearing houses that submitted for the date. What a table of
the package replaces does not count, so that a revision is judged as if it had come first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl

from data.home import Home
from pipelines.intake.cell_kernel import Bools
from pipelines.intake.findings import Example, Finding
from pipelines.intake.lake import folder, newest_registers, read_columns
from pipelines.intake.manifest import Manifest
from pipelines.intake.partners import find_partners
from pipelines.intake.raw import Lines
from pipelines.intake.rules import CROSS_RULES

LINE = "line"
ACCOUNT = ["bank_no", "account_no"]
EXAMPLES = 20
# Days: what comes in on the longest holiday is booked on the working day after it.
HOLIDAYS = 10
# From this hour on a payment may belong to the clearing's next business date.
CLEARING_OPENS = 17
# Channels on which nothing is cleared between banks, so that no clearing record can be expected.
UNCLEARED = ("book", "cash", "direct_link", "pos", "other")


@dataclass(frozen=True, slots=True)
class Crossing:
    """What the comparisons see: a package's accepted rows by table, and the lake, if there is one.

    `tables` are Parquet files as the lake keeps them: the contract's columns, then the lineage.
    """

    manifest: Manifest
    tables: Mapping[str, Path]
    files: Mapping[str, str]
    home: Home | None

    def rows(self, table: str, columns: Sequence[str] = ()) -> pl.DataFrame:
        """The accepted rows of a table with their lines, and some columns, or all."""
        wanted = [*columns, LINE] if columns else None
        return pl.read_parquet(self.tables[table], columns=wanted, glob=False)

    def lake_files(self, table: str, days_before: int = 0) -> list[Path]:
        """The lake's files of a table for the package's date, or so many days before it."""
        if self.home is None:
            return []
        day = self.manifest.business_date - timedelta(days=days_before)
        return sorted(folder(self.home, table, day).glob("*.parquet"))

    def sources(self, table: str) -> list[Path]:
        """The table's files for the package's date once it has loaded: its own first."""
        if table not in self.tables:
            return self.lake_files(table)
        return [self.tables[table], *filter(self.is_of_others, self.lake_files(table))]

    def is_of_others(self, file: Path) -> bool:
        """Whether another submitter sent what a lake file holds."""
        return not file.name.startswith(f"{self.manifest.submitter}-")

    def finding(
        self, rule: str, table: str, wrong: pl.DataFrame, column: str, message: str,
        count: int | None = None,
    ) -> Iterator[Finding]:  # fmt: skip
        """Say that a rule failed in some rows; `message` may name columns in braces.

        `count` is how many they are, where `wrong` holds the first ones only.
        """
        if wrong.is_empty():
            return
        shown = wrong.sort(LINE).head(EXAMPLES)
        examples = [
            Example(
                message.format(**{k: v for k, v in row.items() if k != LINE}),
                row[LINE],
                column,
                None if row.get(column) is None else str(row[column]),
            )
            for row in shown.iter_rows(named=True)
        ]
        yield Finding(
            CROSS_RULES[rule], count or wrong.height, table, self.files.get(table), examples
        )


def cross_check(crossing: Crossing) -> list[Finding]:
    """Run every comparison that the package's tables allow."""
    return [
        finding
        for table, checks in CHECKS.items()
        if table in crossing.tables
        for check in checks
        for finding in check(crossing)
    ]


def balances_add_up(crossing: Crossing) -> Iterator[Finding]:
    """Opening + credit - debit = closing."""
    expected = pl.col("opening_fen") + pl.col("credit_fen") - pl.col("debit_fen")
    wrong = crossing.rows("balance").with_columns(expected.alias("expected"))
    wrong = wrong.filter(pl.col("expected") != pl.col("closing_fen"))
    yield from crossing.finding(
        "R-BALANCE-101", "balance", wrong, "closing_fen",
        "closing {closing_fen}, but opening + credit - debit is {expected}",
    )  # fmt: skip


def entries_make_balances(crossing: Crossing) -> Iterator[Finding]:
    """The sums of an account's entries equal its balance's credit and debit."""
    if "entry" not in crossing.tables:
        return
    amount = pl.col("amount_fen")
    entries = pl.scan_parquet(crossing.tables["entry"], glob=False)
    sums = entries.group_by(ACCOUNT).agg(
        amount.filter(pl.col("direction") == "in").sum().alias("in_fen"),
        amount.filter(pl.col("direction") == "out").sum().alias("out_fen"),
    ).collect(engine="streaming")  # fmt: skip
    both = crossing.rows("balance").join(sums, on=ACCOUNT, how="left")
    both = both.filter(pl.col("balance_date") == crossing.manifest.business_date)
    both = both.with_columns(pl.col("in_fen", "out_fen").fill_null(0))
    wrong = both.filter(
        (pl.col("in_fen") != pl.col("credit_fen")) | (pl.col("out_fen") != pl.col("debit_fen"))
    )
    yield from crossing.finding(
        "R-BALANCE-102", "balance", wrong, "credit_fen",
        "credit {credit_fen} and debit {debit_fen}; the entries add up to {in_fen} and {out_fen}",
    )  # fmt: skip


def balances_chain(crossing: Crossing) -> Iterator[Finding]:
    """A balance opens with what the day before closed with, where that day was submitted."""
    files = [f for f in crossing.lake_files("balance", 1) if not crossing.is_of_others(f)]
    before = read_columns(files, [*ACCOUNT, "balance_date", "closing_fen"])
    if before.is_empty():
        return
    earlier = before.select(
        *ACCOUNT,
        (pl.col("balance_date") + pl.duration(days=1)).alias("balance_date"),
        pl.col("closing_fen").alias("before_fen"),
    )
    both = crossing.rows("balance").join(earlier, on=[*ACCOUNT, "balance_date"])
    wrong = both.filter(pl.col("before_fen") != pl.col("opening_fen"))
    yield from crossing.finding(
        "R-BALANCE-103", "balance", wrong, "opening_fen",
        "opening {opening_fen}, but the day before closed with {before_fen}",
    )  # fmt: skip


def entries_fit_the_date(crossing: Crossing) -> Iterator[Finding]:
    """Entries were booked about the business date."""
    yield from _about_the_date(crossing, "entry", "booked_at", "R-ENTRY-103")


def clearings_fit_the_date(crossing: Crossing) -> Iterator[Finding]:
    """Clearing records were settled about the business date."""
    yield from _about_the_date(crossing, "clearing", "settled_at", "R-CLEARING-102")


def _about_the_date(crossing: Crossing, table: str, column: str, rule: str) -> Iterator[Finding]:
    day = crossing.manifest.business_date
    at = pl.col(column).dt.date()
    first, last = day - timedelta(days=HOLIDAYS), day + timedelta(days=1)
    rows = pl.scan_parquet(crossing.tables[table], glob=False).select(column, LINE)
    wrong = rows.filter((at < first) | (at > last)).collect(engine="streaming")
    yield from crossing.finding(
        rule, table, wrong, column, "{" + column + "} for the business date " + day.isoformat()
    )


def entries_have_partners(crossing: Crossing) -> Iterator[Finding]:
    """An entry's clearing record and other leg exist, where they can be expected, and agree."""
    cleared = [*crossing.sources("clearing"), *crossing.lake_files("clearing", 1)]
    own, *legs = crossing.sources("entry")
    partners = find_partners(own, legs, cleared)
    stated = partners.stated_fen
    none = partners.matched & (stated < 0)
    if partners.any_cleared and none.any():
        expected = ~pl.col("channel").is_in(UNCLEARED)
        expected &= pl.col("booked_at").dt.hour() < CLEARING_OPENS
        due = pl.scan_parquet(own, glob=False).select(expected.fill_null(False)).collect()
        yield from _some_entries(
            crossing, "R-ENTRY-101", none & due.to_series().to_numpy(), stated, "match_no",
            "neither a clearing record nor another leg carries {match_no}",
        )  # fmt: skip
    yield from _some_entries(
        crossing, "R-ENTRY-102", partners.differ, stated, "amount_fen",
        "{amount_fen} here, but {other_fen} in the clearing record or other leg of {match_no}",
    )  # fmt: skip


def _some_entries(
    crossing: Crossing, rule: str, wrong: Bools, stated: Lines, column: str, message: str
) -> Iterator[Finding]:
    """Say that a rule failed in some entries, given by their places, beside what others stated."""
    places = np.flatnonzero(wrong)
    shown = places[:EXAMPLES]
    if not len(shown):
        return
    rows = pl.scan_parquet(crossing.tables["entry"], glob=False, row_index_name="place")
    columns = ("match_no", "amount_fen", LINE)
    first = rows.filter(pl.col("place").is_in(shown.tolist())).select(*columns).collect()
    first = first.with_columns(pl.Series("other_fen", stated[shown]))
    yield from crossing.finding(rule, "entry", first, column, message, len(places))


def clearings_have_entries(crossing: Crossing) -> Iterator[Finding]:
    """A bank that submitted entries for the date has one for each clearing record it takes part in.

    The day of a record's entries may be the day after; only records with a leg at one submitting
    bank and none at another are named.
    """
    files = crossing.sources("entry")
    if not files:
        return
    columns = ("match_no", "payer_bank_no", "payee_bank_no", "status")
    settled = crossing.rows("clearing", columns).filter(pl.col("status") == "settled")
    entries = pl.concat(
        pl.scan_parquet(file, glob=False).select("match_no", "direction", "bank_no")
        for file in files
    )
    banks = entries.select("bank_no").unique().collect(engine="streaming")
    legs = (
        entries.select("match_no", "direction")
        .join(settled.lazy(), on="match_no", how="semi")
        .unique()
        .collect(engine="streaming")
    )
    lacking = []
    for side, direction in (("payer", "out"), ("payee", "in")):
        bank = pl.col(f"{side}_bank_no").alias("bank_no")
        at_a_bank = settled.with_columns(bank).join(banks, on="bank_no", how="semi")
        here = legs.filter(pl.col("direction") == direction)
        there = legs.filter(pl.col("direction") != direction)
        lacking.append(
            at_a_bank.join(here, on="match_no", how="anti").join(there, on="match_no", how="semi")
        )
    yield from crossing.finding(
        "R-CLEARING-101", "clearing", pl.concat(lacking), "match_no",
        "bank {bank_no} submitted no entry for {match_no}",
    )  # fmt: skip


def accounts_have_parties(crossing: Crossing) -> Iterator[Finding]:
    """Every account's party is registered, where a register of parties is there."""
    files = []
    if crossing.home is not None:
        files = newest_registers(crossing.home, "party", crossing.manifest.business_date)
    if "party" in crossing.tables:
        files = [crossing.tables["party"], *filter(crossing.is_of_others, files)]
    known = read_columns(files, ["party_id"])
    if known.is_empty():
        return
    wrong = crossing.rows("account").join(known, on="party_id", how="anti")
    yield from crossing.finding(
        "R-ACCOUNT-101", "account", wrong, "party_id", "party {party_id} is not registered"
    )


def events_fit_loans(crossing: Crossing) -> Iterator[Finding]:
    """A loan's disbursements and investments of the day do not exceed its principal."""
    columns = ["institution_id", "loan_id", "principal_fen"]
    held = read_columns(crossing.sources("loan"), columns)
    if held.is_empty():
        return
    loans = held.unique(columns[:2], keep="first", maintain_order=True)
    events = crossing.rows("loan_event").filter(pl.col("kind").is_in(["invest", "disburse"]))
    sums = events.group_by([*columns[:2], "kind"]).agg(
        pl.col("amount_fen").sum(), pl.col(LINE).min(), pl.col("event_no").first()
    )
    both = sums.join(loans, on=columns[:2], how="inner")
    wrong = both.filter(pl.col("amount_fen") > pl.col("principal_fen"))
    yield from crossing.finding(
        "R-LOAN_EVENT-101", "loan_event", wrong, "amount_fen",
        "events of kind {kind} add up to {amount_fen}, more than the principal {principal_fen}",
    )  # fmt: skip


def reserves_reconcile(crossing: Crossing) -> Iterator[Finding]:
    """The reserve identity, recomputed, gives the reported difference."""
    trial = (
        pl.col("bank_closing_fen") - pl.col("interest_uncarried_fen")
        - pl.col("own_funds_placed_fen") - pl.col("fee_uncarried_fen")
        + pl.col("firm_in_bank_not_fen") - pl.col("firm_out_bank_not_fen")
        - pl.col("bank_in_firm_not_fen") + pl.col("bank_out_firm_not_fen")
    )  # fmt: skip
    rows = crossing.rows("reserve_day").with_columns(
        (pl.col("client_closing_fen") - trial).alias("difference")
    )
    wrong = rows.filter(pl.col("difference") != pl.col("reported_difference_fen"))
    yield from crossing.finding(
        "R-RESERVE_DAY-101", "reserve_day", wrong, "reported_difference_fen",
        "reported {reported_difference_fen}, recomputed {difference}",
    )  # fmt: skip


CHECKS: Mapping[str, tuple[Callable[[Crossing], Iterator[Finding]], ...]] = {
    "balance": (balances_add_up, entries_make_balances, balances_chain),
    "entry": (entries_fit_the_date, entries_have_partners),
    "clearing": (clearings_fit_the_date, clearings_have_entries),
    "account": (accounts_have_parties,),
    "loan_event": (events_fit_loans,),
    "reserve_day": (reserves_reconcile,),
}
