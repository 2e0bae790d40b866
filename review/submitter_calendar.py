"""A submitter's month: which days it owed, what came, when, and what is to be corrected."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from data.control import Submission
from data.workdays import next_working_day
from pipelines.duty import duties

DAYS_SHOWN = 35


@dataclass(frozen=True)
class Day:
    """A business date: free (nothing owed), received, late, rejected, or missing."""

    day: date
    state: str
    packages: tuple[str, ...]


@dataclass(frozen=True)
class Due:
    """A package whose correction is due on a day, and whether that day has passed."""

    package: str
    due: date
    overdue: bool


def calendar(submissions: Sequence[Submission], reported: Iterable[date], last: date) -> list[Day]:
    """The days up to `last`, first to last, of one submitter's submissions.

    `reported` are the days on which anyone reported.
    """
    first = last - timedelta(days=DAYS_SHOWN - 1)
    by_day: dict[date, list[Submission]] = {}
    for each in submissions:
        if each.business_date is not None and first <= each.business_date <= last:
            by_day.setdefault(each.business_date, []).append(each)
    owed: set[date] = set()
    for duty in duties(submissions):
        owed.update(duty.expected_days(first, last, reported))
    days = []
    for place in range(DAYS_SHOWN):
        day = first + timedelta(days=place)
        came = by_day.get(day, [])
        good = [each for each in came if each.status != "rejected"]
        if good:
            late = min(each.received_at for each in good).date() > next_working_day(day)
            state = "late" if late else "received"
        else:
            state = "rejected" if came else "missing" if day in owed else "free"
        days.append(Day(day, state, tuple(each.package for each in came)))
    return days


def corrections(submissions: Sequence[Submission], now: datetime) -> list[Due]:
    """What is to be sent again, the most urgent first: no good later sequence of its date came."""
    found = []
    for each in submissions:
        due = json.loads(each.receipt).get("correction_due")
        mended = any(
            other.business_date == each.business_date
            and (other.sequence or 0) > (each.sequence or 0)
            and other.status in ("accepted", "accepted_with_warnings")
            for other in submissions
        )
        if due is not None and not mended:
            day = date.fromisoformat(due)
            found.append(Due(each.package, day, day < now.date()))
    return sorted(found, key=lambda each: (each.due, each.package))


def receipt_facts(submission: Submission) -> dict[str, Any]:
    """The receipt as it was given, for a page."""
    facts: dict[str, Any] = json.loads(submission.receipt)
    return facts
