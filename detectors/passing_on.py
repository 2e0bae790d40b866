"""How fast a party passes on what it takes, and how much of it it keeps, from sums by the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate

import numpy as np
from scipy.optimize import nnls

from data.workdays import is_working_day

# Days beyond the lags from which it can be told whether payments follow takings.
LEAST_DAYS = 8
# Coefficient of variation of the takings from day to day, below which nothing follows them.
LEAST_VARIATION = 0.1


@dataclass(frozen=True)
class PassedOn:
    """What became of the money taken: shares of it, and the days after which it is usually paid.

    `on_time_share` is what was paid on within the days allowed, of what was taken early enough to
    be judged. `kept_share` is what was kept back (negative: more was paid than taken) where the
    payments of each day are those for the takings `lag_days` working days before, which fits best;
    `least_kept_share` is the least over all lags allowed.
    """

    on_time_share: float
    kept_share: float
    least_kept_share: float
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
    came, went = _by_working_day(taken, paid, last)
    worked = len(came)
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
    return PassedOn(round(on_time / due, 6), by_lag[lag], min(by_lag), lag)


@dataclass(frozen=True)
class Followed:
    """How closely payments follow takings, day by day.

    The payments of a day are taken for shares of the takings of that day and of those before it,
    the same shares throughout (least squares, none negative). `explained_share` is what part of
    the ups and downs of the payments that explains (at most 1), `kept_share` what the shares leave.
    """

    explained_share: float
    kept_share: float


def followed(
    taken: Mapping[date, int], paid: Mapping[date, int], last: date, most_days: int
) -> Followed | None:
    """Measure how payments follow the takings of at most so many working days before.

    None where it cannot be told: there are too few days, or the takings or the payments of all days
    are nearly alike.
    """
    if not taken or not paid:
        return None
    came, went = (np.array(sums, dtype=np.float64) for sums in _by_working_day(taken, paid, last))
    if len(came) < most_days + LEAST_DAYS or came.std() < LEAST_VARIATION * came.mean():
        return None
    lagged = np.column_stack(
        [came[most_days - lag : len(came) - lag] for lag in range(most_days + 1)]
    )
    shares, error = nnls(lagged, went[most_days:])
    unlike = float(((went[most_days:] - went[most_days:].mean()) ** 2).sum())
    if not unlike:
        return None
    return Followed(round(1 - float(error) ** 2 / unlike, 6), round(1 - float(shares.sum()), 6))


def _by_working_day(
    taken: Mapping[date, int], paid: Mapping[date, int], last: date
) -> tuple[list[int], list[int]]:
    """Both as sums of each working day up to `last`; a free day counts for the one before it."""
    place, worked = {}, 0
    day = min(*taken, *paid) if paid else min(taken)
    while day <= last:
        worked += is_working_day(day)
        place[day] = max(worked - 1, 0)
        day += timedelta(days=1)
    came, went = [0] * max(worked, 1), [0] * max(worked, 1)
    for sums, by_day in ((came, taken), (went, paid)):
        for on, fen in by_day.items():
            sums[place[on]] += fen
    return came, went


def _kept(came: list[int], went: list[int], days: int) -> float:
    """What was kept where payments are for takings so many days before: both ends left out."""
    taken = sum(came[: len(came) - days])
    return round(1 - sum(went[days:]) / taken, 6) if taken else 0.0


def _lag_error(came: list[int], went: list[int], days: int) -> int:
    """How far all that was paid by so many days later lies from all that was taken, day by day."""
    held = accumulate(fen - out for fen, out in zip(came, went[days:], strict=True))
    return sum(abs(fen - sum(went[:days])) for fen in held)
