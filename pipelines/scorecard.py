"""How each submitter keeps its duty: expected against received days, lateness, rejections, overdue.

Everything comes from the ledger of submissions. A submitter is expected on every working day on
which any submitter reported, from its own first day on; on other days when it reported then before.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from data.control import Submission

DUE_DAYS = 1


@dataclass(frozen=True)
class Score:
    """One submitter over a period; `lateness_days` is the mean over received days.

    A day counts as received when a package of it was not rejected, and is late when that came more
    than a day after the business date. Corrections are overdue when their day passed and no later
    sequence of the same date was accepted without rejected rows.
    """

    submitter: str
    expected: int
    received: int
    missing: tuple[str, ...]
    late: int
    lateness_days: float
    rows: int
    rejected_rows: int
    rejected_share: float
    rejected_packages: int
    overdue: tuple[str, ...] = field(default=())

    def facts(self) -> dict[str, object]:
        """The score as JSON holds it."""
        return asdict(self)


def scorecard(
    submissions: Iterable[Submission], first: date, last: date, now: datetime
) -> list[Score]:
    """Score every submitter that reported for any day from `first` to `last`, worst first."""
    known = [s for s in submissions if s.business_date is not None and s.sequence is not None]
    inside = [s for s in known if first <= _day(s) <= last]
    calendar = sorted({_day(s) for s in inside if s.status != "rejected"})
    ordered = sorted(inside, key=lambda s: (s.submitter, _day(s), s.sequence or 0))
    begun: dict[str, date] = {}
    for s in sorted(known, key=_day):
        begun.setdefault(s.submitter, _day(s))
    scores = [
        _score(submitter, list(mine), [day for day in calendar if day >= begun[submitter]], now)
        for submitter, mine in groupby(ordered, key=lambda s: s.submitter)
    ]
    return sorted(scores, key=lambda s: (-len(s.overdue), -len(s.missing), s.submitter))


def _score(
    submitter: str, mine: Sequence[Submission], calendar: Sequence[date], now: datetime
) -> Score:
    good: dict[date, Submission] = {}
    for each in mine:
        if each.status != "rejected":
            good.setdefault(_day(each), each)
    # Who never reports on a weekday, or at a weekend, is not expected on it.
    habit = {day.weekday() for day in good}
    expected = [day for day in calendar if day.weekday() in habit] or list(calendar)
    delays = [(each.received_at.date() - day).days for day, each in good.items()]
    tables = [table for each in mine for table in json.loads(each.receipt)["tables"]]
    rows = sum(int(table["rows"]) for table in tables)
    rejected = sum(int(table["rejected"]) for table in tables)
    return Score(
        submitter=submitter,
        expected=len(set(expected) | set(good)),
        received=len(good),
        missing=tuple(day.isoformat() for day in expected if day not in good),
        late=sum(delay > DUE_DAYS for delay in delays),
        lateness_days=round(sum(delays) / max(len(delays), 1), 2),
        rows=rows,
        rejected_rows=rejected,
        rejected_share=round(rejected / max(rows, 1), 6),
        rejected_packages=sum(each.status == "rejected" for each in mine),
        overdue=tuple(each.package for each in mine if _is_overdue(each, mine, now)),
    )


def _is_overdue(each: Submission, mine: Sequence[Submission], now: datetime) -> bool:
    due = json.loads(each.receipt).get("correction_due")
    if due is None or date.fromisoformat(due) >= now.date():
        return False
    return not any(
        other.business_date == each.business_date
        and (other.sequence or 0) > (each.sequence or 0)
        and other.status in ("accepted", "accepted_with_warnings")
        for other in mine
    )


def _day(submission: Submission) -> date:
    assert submission.business_date is not None
    return submission.business_date


def month_before(day: date) -> date:
    """The first day of the period that a scorecard covers by default: thirty days."""
    return day - timedelta(days=29)
