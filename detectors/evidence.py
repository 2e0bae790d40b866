"""Evidence of a finding: references of transfers by time, keys of records, and sums of money."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl


@dataclass(frozen=True)
class Evidence:
    """References of transfers, each once, by time, and the times of the first and the last."""

    refs: tuple[str, ...]
    first_at: datetime
    last_at: datetime


def read_evidence(shown: pl.DataFrame) -> Evidence:
    """Order transfers (columns ref, booked_at; at least one row) by time and reference."""
    rows = shown.select("ref", "booked_at").unique().sort("booked_at", "ref")
    times = rows["booked_at"].to_list()
    return Evidence(tuple(rows["ref"].unique(maintain_order=True)), times[0], times[-1])


def record_key(table: str, *key: str) -> str:
    """Name a record of a register as evidence where no transfer shows it: `table:key:key`.

    The key's parts stand in the order of the table's contract: `loan:<institution>:<loan>`,
    `holding:<holder kind>:<holder>:<product>:<as of>`, `product:<product>`.
    """
    return ":".join((table, *key))


def loan_keys(institution_id: str, loans: Iterable[str]) -> tuple[str, ...]:
    """The keys of one institution's loans, each once, in order: what its transfers belong to."""
    return tuple(record_key("loan", institution_id, loan) for loan in sorted(set(loans)))


def fen(rows: pl.DataFrame) -> int:
    """The sum of rows' amounts, in fen."""
    return int(rows["amount_fen"].sum())


def yuan(fen: int) -> str:
    """Write fen as yuan with two decimals and thousands, exactly."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02d}"
