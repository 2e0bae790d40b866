"""What each submitter is expected to send, judged by the working days and by its own habit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from data.control import Submission
from data.workdays import is_working_day

# A weekday is off duty for who never reported on it, when it had this many chances to.
CHANCES = 2
# A table is part of the duty when it came on so many of the other days of its kind.
USUAL_SHARE = 0.8
FEWEST_DAYS = 3
RECENT = timedelta(days=30)


@dataclass(frozen=True)
class Duty:
    """One submitter's accepted days with the tables of each, and the first day it sent anything."""

    submitter: str
    begun: date
    received: Mapping[date, frozenset[str]]

    def expected_days(self, first: date, last: date, reported: Iterable[date]) -> list[date]:
        """The days of a period on which it should report, in order.

        These are working days, and others on which anyone `reported`, from its first day on;
        but not on weekdays on which it never did.
        """
        others = set(reported)
        days = [
            day for day in _days(min(first, self.begun), last)
            if day >= self.begun and (day in others or is_working_day(day))
        ]  # fmt: skip
        chances = Counter(day.weekday() for day in days)
        habit = {day.weekday() for day in self.received}
        return [
            day for day in days
            if day >= first and (day.weekday() in habit or chances[day.weekday()] < CHANCES)
        ]  # fmt: skip

    def missing_tables(self, day: date) -> list[str]:
        """The tables that a received day lacks, though it sends them on nearly all such days."""
        alike = [
            tables for other, tables in self.received.items()
            if other != day and is_working_day(other) == is_working_day(day)
        ]  # fmt: skip
        if day not in self.received or len(alike) < FEWEST_DAYS:
            return []
        counted = Counter(table for tables in alike for table in tables)
        usual = {table for table, count in counted.items() if count >= USUAL_SHARE * len(alike)}
        return sorted(usual - self.received[day])


def duties(submissions: Iterable[Submission]) -> list[Duty]:
    """Every submitter's duty from all that it sent, by submitter."""
    begun: dict[str, date] = {}
    received: dict[str, dict[date, frozenset[str]]] = {}
    for each in submissions:
        if each.business_date is None or each.sequence is None:
            continue
        day, mine = each.business_date, received.setdefault(each.submitter, {})
        begun[each.submitter] = min(day, begun.get(each.submitter, day))
        if each.status != "rejected":
            mine[day] = mine.get(day, frozenset()) | each.loaded.keys()
    return [Duty(name, begun[name], received[name]) for name in sorted(begun)]


def alarms(submissions: Sequence[Submission], day: date) -> list[tuple[str, str]]:
    """What is missing on a day: submitters with a table each, or '' where all of it is missing.

    Who sent nothing in the thirty days before is not named again.
    """
    known = duties(submissions)
    reported = {each for duty in known for each in duty.received}
    found = []
    for duty in known:
        if day in duty.received:
            found += [(duty.submitter, table) for table in duty.missing_tables(day)]
        elif duty.expected_days(day, day, reported) and any(
            day - RECENT < other < day for other in duty.received
        ):
            found.append((duty.submitter, ""))
    return found


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
