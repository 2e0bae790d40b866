"""How fast a party passes on what it takes, and how much of it it keeps, from sums by the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

from data.workdays import is_working_day


@dataclass(frozen=True)
class PassedOn:
    """What became of the money taken: shares of it, and the days after which it is usually paid.

    `on_time_share` is what was paid on within the days allowed, of what was taken early enough to
    be judged. `kept_share` is what was kept back (negative: more was paid than taken) where the
    payments of each day are those for the takings `lag_days` working days before, which fits best;
    `least_kept_share` and `most_kept_share` are the least and the most over all lags allowed.
    """

    on_time_share: float
    kept_share: float
    least_kept_share: float
    most_kept_share: float
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
    by_lag = [_kept(came, went, days) for days in range(most_days + 1)]
    matched = sum(came[: worked - lag])
    # What is kept of each taking must not make the later ones late.
    whole = max(matched / max(sum(went), 1), 1.0)
    on_time, before, out = 0.0, 0, sum(went[:most_days])
    for number in range(judged):
        out += went[number + most_days]
        on_time += min(came[number], max(whole * out - before, 0))
        before += came[number]
    return PassedOn(round(on_time / due, 6), by_lag[lag], min(by_lag), max(by_lag), lag)


def _kept(came: list[int], went: list[int], days: int) -> float:
    """What was kept where payments are for takings so many days before: both ends left out."""
    taken = sum(came[: len(came) - days])
    return round(1 - sum(went[days:]) / taken, 6) if taken else 0.0


def _lag_error(came: list[int], went: list[int], days: int) -> int:
    """How far all that was paid by so many days later lies from all that was taken, day by day."""
    held = accumulate(fen - out for fen, out in zip(came, went[days:], strict=True))
    return sum(abs(fen - sum(went[:days])) for fen in held)
