"""What submitters are expected to send, and what of it is missing."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from data.control import Submission
from data.workdays import next_working_day
from pipelines.duty import alarms, duties

MONDAY = date(2016, 6, 13)


def sent(submitter: str, *offsets: int, tables: str = "entry: balance:") -> list[Submission]:
    """Accepted submissions on days counted from a Monday."""
    return [
        Submission(
            package=f"{submitter}-{offset}", submitter=submitter, sequence=1, status="accepted",
            business_date=MONDAY + timedelta(days=offset), received_at=datetime(2016, 7, 1),
            sha256="", receipt="{}", tables=tables,
        )
        for offset in offsets
    ]  # fmt: skip


def missing(submissions: list[Submission], submitter: str, last: int) -> list[int]:
    known = duties(submissions)
    reported = {day for duty in known for day in duty.received}
    [duty] = [each for each in known if each.submitter == submitter]
    end = MONDAY + timedelta(days=last)
    days = duty.expected_days(MONDAY, end, reported)
    return [(day - MONDAY).days for day in days if day not in duty.received]


@pytest.mark.parametrize(
    ("days", "last", "expected"),
    [
        ((0, 1, 2, 3, 4, 7), 7, []),  # a weekend between
        ((0, 1, 3), 3, [2]),  # alone, and a working day lacks
        ((0, 7, 14), 18, []),  # once a week
        ((0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 11), 12, []),  # one Saturday does not make a habit
        ((1,), 2, [2]),  # nothing is expected before the first day
    ],
)
def test_expected_days(days: tuple[int, ...], last: int, expected: list[int]) -> None:
    assert missing(sent("A", *days), "A", last) == expected


def test_days_on_which_others_report_are_expected_of_who_reports_on_such_days() -> None:
    submissions = [*sent("A", 0, 1, 2, 3, 4, 5, 12), *sent("B", 0, 1, 2, 3, 4, 5)]
    assert missing(submissions, "B", 12) == [7, 8, 9, 10, 11, 12]


def test_a_silent_submitter_and_a_missing_table_raise_an_alarm() -> None:
    submissions = [*sent("A", 0, 1, 2, 3, 4), *sent("B", 0, 1, 2, 3), *sent("C", 0, 1, 2, 3),
                   *sent("C", 4, tables="entry:")]  # fmt: skip
    friday = MONDAY + timedelta(days=4)
    assert alarms(submissions, friday) == [("B", ""), ("C", "balance")]
    assert alarms(submissions, MONDAY + timedelta(days=60)) == []


def test_two_submissions_of_a_day_make_up_its_tables() -> None:
    whole = sent("A", 0, 1, 2, 3)
    parts = [*sent("A", 4, tables="entry:"), *sent("A", 4, tables="balance:")]
    assert alarms([*whole, *parts], MONDAY + timedelta(days=4)) == []


def test_a_working_day_follows_weekends_and_holidays() -> None:
    assert next_working_day(date(2016, 6, 8)) == date(2016, 6, 12)  # Dragon Boat, made up on Sunday
    assert next_working_day(date(2016, 6, 17)) == date(2016, 6, 20)
