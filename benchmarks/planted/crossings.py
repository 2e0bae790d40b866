"""Rows that load but do not agree with other rows: one kind for each rule between tables."""

from __future__ import annotations

import random
from collections.abc import Callable

from benchmarks.planted.files import File
from benchmarks.planted.world import BANK_A, BANK_B, ONE_SIDED, Row, clearing

EACH = 15
Change = Callable[[Row], Row]


def plant_crossings(files: dict[str, File], dice: random.Random) -> dict[str, list[int]]:
    """Change rows of the second half of files, in place; the places by rule."""
    planted: dict[str, list[int]] = {}
    for rule, (table, changes) in CROSSINGS.items():
        if table in files:
            file = files[table]
            half, taken = len(file.rows) // 2, {p for found in planted.values() for p in found}
            # Balances from the half on have no entries; before it each has one.
            free = [n for n in range(*_range(rule, half)) if n not in taken]
            planted[rule] = sorted(dice.sample(free, EACH))
            for place in planted[rule]:
                file.rows[place] = {**file.rows[place], **changes(file.rows[place])}
    if "clearing" in files:
        rows = files["clearing"].rows
        planted["R-CLEARING-101"] = []
        for number in range(ONE_SIDED):
            planted["R-CLEARING-101"].append(len(rows))
            rows.append({**clearing(0), "match_no": f"Z{number}", "payer_bank_no": BANK_A,
                         "payee_bank_no": BANK_B})  # fmt: skip
    return planted


def _range(rule: str, half: int) -> tuple[int, int]:
    """Where rows may change without another rule noticing."""
    if rule in ("R-ENTRY-101", "R-ENTRY-102", "R-BALANCE-102"):
        return 10, half
    return half, 2 * half


def _more(column: str, by: int) -> Change:
    return lambda row: {column: str(int(row[column]) + by)}


def _both(one: Change, other: Change) -> Change:
    return lambda row: {**one(row), **other(row)}


CROSSINGS: dict[str, tuple[str, Change]] = {
    "R-ENTRY-101": ("entry", lambda row: {"match_no": f"Q{row['entry_no']}"}),
    "R-ENTRY-102": ("entry", _more("amount_fen", 1)),
    "R-ENTRY-103": ("entry", lambda row: {"booked_at": "2016-06-02 23:59:59"}),
    "R-CLEARING-102": ("clearing", lambda row: {"settled_at": "2016-06-15 00:00:00"}),
    "R-BALANCE-101": ("balance", _more("closing_fen", -1)),
    "R-BALANCE-102": ("balance", _both(_more("credit_fen", 1), _more("closing_fen", 1))),
    "R-BALANCE-103": ("balance", _both(_more("opening_fen", 1), _more("closing_fen", 1))),
    "R-ACCOUNT-101": ("account", lambda row: {"party_id": "nobody"}),
    "R-LOAN_EVENT-101": ("loan_event", lambda row: {"amount_fen": "1000001"}),
    "R-RESERVE_DAY-101": ("reserve_day", _more("reported_difference_fen", -1)),
}
