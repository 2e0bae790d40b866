"""Runs of working days on which money was missing."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest

from detectors.shortfall import is_working_day, longest_run


def series(first: date, sums: list[int], account: str = "a") -> pl.DataFrame:
    days = [first + timedelta(days=n) for n in range(len(sums))]
    return pl.DataFrame({"account": [account] * len(sums), "day": days, "fen": sums})


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2016, 10, 3), False),  # National Day
        (date(2016, 10, 8), True),  # a Saturday worked instead
        (date(2016, 10, 15), False),  # a Saturday
        (date(1993, 10, 1), True),  # a Friday of a year without a notice
        (date(1993, 10, 2), False),
    ],
)
def test_working_days_follow_the_notices(day: date, worked: bool) -> None:
    assert is_working_day(day) is worked


def test_the_longest_run_and_the_largest_sum_are_told_apart() -> None:
    long_run = series(date(2016, 11, 1), [200] * 10)
    high_run = series(date(2016, 11, 1), [90_000] * 4, "b")
    assert longest_run(pl.concat([long_run, high_run]), 100, 3) == (8, 90_000)


def test_runs_that_are_short_or_broken_do_not_count() -> None:
    broken = series(date(2016, 11, 7), [200, 200, 50, 200, 200])
    assert longest_run(broken, 100, 3) == (0, 0)
    gap = series(date(2016, 11, 7), [200] * 5).filter(pl.col("day") != date(2016, 11, 9))
    assert longest_run(gap, 100, 3) == (0, 0)
    assert longest_run(gap.clear(), 100, 3) == (0, 0)
