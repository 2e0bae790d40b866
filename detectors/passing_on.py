"""How fast a party passes on what it takes, and how much of it it keeps, from sums by the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from data.workdays import is_working_day


@dataclass(frozen=True)
class PassedOn:
    """What became of the money taken: shares of it, and the days after which it is usually paid.

    `on_time_share` is what was paid on within the days allowed, `kept_share` what was kept back
    (negative: more was paid than taken), both of what was taken early enough to be judged;
    `lag_days` are working days.
    """

    on_time_share: float
    kept_share: float
    lag_days: int


def passed_on(
    taken: Mapping[date, int], paid: Mapping[date, int], last: date, most_days: int
) -> PassedOn | None:
    """Measure fen taken and paid by day against each other; None when nothing can be judged.

    Money of a free day counts for the working day before it. What was taken in the last `most_days`
    working days up to `last` may still be paid on, and is left out.
    """
    if not taken:
        return None
    first = min(*taken, *paid) if paid else min(taken)
    place, worked = {}, 0
    day = first
    while day <= last:
        worked += is_working_day(day)
        place[day] = max(worked - 1, 0)
        day += timedelta(days=1)
    came, went = [0] * max(worked, 1), [0] * max(worked, 1)
    for sums, by_day in ((came, taken), (went, paid)):
        for on, fen in by_day.items():
            sums[place[on]] += fen
    judged = worked - most_days
    due = sum(came[:judged]) if judged > 0 else 0
    if not due:
        return None
    lag = min(range(most_days + 1), key=lambda days: _lag_error(came[: worked - days], went, days))
    matched = sum(came[: worked - lag])
    # What is kept of each taking must not make the later ones late.
    whole = max(matched / max(sum(went), 1), 1.0)
    on_time, before, out = 0.0, 0, sum(went[:most_days])
    for number in range(judged):
        out += went[number + most_days]
        on_time += min(came[number], max(whole * out - before, 0))
        before += came[number]
    return PassedOn(round(on_time / due, 6), round(1 - sum(went) / matched, 6), lag)


def _lag_error(came: list[int], went: list[int], days: int) -> float:
    """How far the mean days of payment lie from so many days after the mean day of taking."""
    return abs(_mean_place(went) - _mean_place(came) - days)


def _mean_place(sums: list[int]) -> float:
    return sum(place * fen for place, fen in enumerate(sums)) / max(sum(sums), 1)
