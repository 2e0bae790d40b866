"""How long money was missing: runs of working days on which an account fell short."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from data.workdays import is_working_day


def longest_run(days: pl.DataFrame, least_fen: int, least_days: int) -> tuple[int, int]:
    """The longest run of working days short by `least_fen` or more, and the largest sum of any run.

    `days` has account (any columns but day and fen tell accounts apart), day and fen, one row per
    account and day; a day without a row ends a run. Runs of fewer than `least_days` working days
    do not count; without any other, (0, 0).
    """
    longest, most = 0, 0
    accounts = [name for name in days.columns if name not in ("day", "fen")]
    ordered = days.sort(*accounts, "day")
    for _, rows in ordered.group_by(accounts, maintain_order=True):
        worked, largest, last = 0, 0, date.min
        for day, fen in rows.select("day", "fen").iter_rows():
            if fen < least_fen or day != last + timedelta(days=1):
                worked, largest = 0, 0
            if fen >= least_fen:
                worked += is_working_day(day)
                largest = max(largest, fen)
            last = day
            if worked >= least_days:
                longest, most = max(longest, worked), max(most, largest)
    return longest, most
