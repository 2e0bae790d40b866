"""The days on which banks work in China."""

from __future__ import annotations

from datetime import date, timedelta

import chinese_calendar  # type: ignore[import-untyped]


def is_working_day(day: date) -> bool:
    """Say whether banks worked on a day in China, by the State Council's yearly notices.

    In years whose notice is not known, Monday to Friday are worked.
    """
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.isoweekday() <= 5


def next_working_day(day: date) -> date:
    """The first day after a day on which banks worked."""
    after = day + timedelta(days=1)
    while not is_working_day(after):
        after += timedelta(days=1)
    return after
