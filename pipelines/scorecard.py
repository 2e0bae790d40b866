"""How each submitter keeps its duty: expected against received days, lateness, rejections, overdue.

Everything comes from the ledger of submissions; pipelines/duty.py says what is expected.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime, timedelta

from data.control import Submission, SubmitterScore
from data.workdays import next_working_day
from pipelines.duty import Duty, duties

LISTS = ("missing", "missing_tables", "overdue")


@dataclass(frozen=True)
class Score:
    """One submitter over a period; `days_late` is the sum over received days.

    `missing_tables` are dates, each with a table that the submitter nearly always sends.

    A day counts as received when a package of it was not rejected, and is late when that came
    after the next working day. Corrections are overdue when their day passed and no later
    sequence of the same date was accepted without rejected rows.
    """

    submitter: str
    expected: int
    received: int
    missing: tuple[str, ...]
    missing_tables: tuple[str, ...]
    late: int
    days_late: int
    rows: int
    rejected_rows: int
    rejected_packages: int
    overdue: tuple[str, ...] = field(default=())

    def facts(self) -> dict[str, object]:
        """The score as JSON holds it."""
        return {
            **asdict(self),
            "lateness_days": round(self.days_late / max(self.received, 1), 2),
            "rejected_share": round(self.rejected_rows / max(self.rows, 1), 6),
        }

    def row(self, business_date: date) -> SubmitterScore:
        """The score as the control store keeps it for a date."""
        facts = asdict(self)
        lists = {name: json.dumps(facts[name]) for name in LISTS}
        return SubmitterScore(business_date=business_date, **{**facts, **lists})


def scorecard(
    submissions: Iterable[Submission], first: date, last: date, now: datetime
) -> list[Score]:
    """Score every submitter that reported, or should have, from `first` to `last`, worst first."""
    known = [s for s in submissions if s.business_date is not None and s.sequence is not None]
    owed = duties(known)
    reported = {day for duty in owed for day in duty.received}
    scores = []
    for duty in owed:
        mine = [s for s in known if s.submitter == duty.submitter and first <= _day(s) <= last]
        expected = duty.expected_days(first, last, reported)
        if mine or expected:
            scores.append(_score(duty, mine, expected, now))
    return sorted(
        scores,
        key=lambda s: (-len(s.overdue), -len(s.missing), -len(s.missing_tables), s.submitter),
    )


def _score(
    duty: Duty, mine: Sequence[Submission], expected: Sequence[date], now: datetime
) -> Score:
    good: dict[date, Submission] = {}
    for each in mine:
        if each.status != "rejected":
            good.setdefault(_day(each), each)
    delays = [(each.received_at.date() - day).days for day, each in good.items()]
    tables = [table for each in mine for table in json.loads(each.receipt)["tables"]]
    rows = sum(int(table["rows"]) for table in tables)
    rejected = sum(int(table["rejected"]) for table in tables)
    return Score(
        submitter=duty.submitter,
        expected=len(set(expected) | set(good)),
        received=len(good),
        missing=tuple(day.isoformat() for day in expected if day not in good),
        missing_tables=tuple(
            f"{day.isoformat()} {table}" for day in sorted(good)
            for table in duty.missing_tables(day)
        ),
        late=sum(each.received_at.date() > next_working_day(day) for day, each in good.items()),
        days_late=sum(delays),
        rows=rows,
        rejected_rows=rejected,
        rejected_packages=sum(each.status == "rejected" for each in mine),
        overdue=tuple(each.package for each in mine if _is_overdue(each, mine, now)),
    )  # fmt: skip


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


def _worst_first(score: Score) -> tuple[int, int, int, str]:
    missing, tables = len(score.missing), len(score.missing_tables)
    return (-len(score.overdue), -missing, -tables, score.submitter)


def month_before(day: date) -> date:
    """The first day of the period that a scorecard covers by default: thirty days."""
    return day - timedelta(days=29)
