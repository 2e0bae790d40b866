"""The simulated period: its dates, working days and the hours at which people act."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from simulator.rows import Ints

SECOND = 1_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
EPOCH = datetime.date(1970, 1, 1)
# Public holidays on weekdays, and weekends worked instead, from mid-2016 to early 2017.
HOLIDAYS = (
    "2016-06-09",
    "2016-06-10",
    "2016-09-15",
    "2016-09-16",
    "2016-10-03",
    "2016-10-04",
    "2016-10-05",
    "2016-10-06",
    "2016-10-07",
    "2017-01-02",
)
WORKED_WEEKENDS = ("2016-06-12", "2016-09-18", "2016-10-08", "2016-10-09")
# Hours of the day between which each kind of action falls, and its peak.
HOURS = {
    "business": (8.6, 11.0, 17.4),
    "retail": (6.8, 18.5, 23.6),
    "morning": (8.0, 8.8, 10.5),
    "evening": (19.0, 22.5, 23.95),
    "batch": (0.2, 2.5, 6.0),
}


@dataclass(frozen=True)
class Period:
    """A run of dates; days are counted from 0 and times are microseconds since its first day."""

    first_date: datetime.date
    days: int

    def date(self, day: int) -> datetime.date:
        """The date of a day."""
        return self.first_date + datetime.timedelta(days=int(day))

    @property
    def epoch_day(self) -> int:
        """The first day, in days since 1970."""
        return (self.first_date - EPOCH).days

    @property
    def end(self) -> int:
        """The first microsecond after the period."""
        return self.days * DAY

    @cached_property
    def working(self) -> npt.NDArray[np.bool_]:
        """For each day, whether banks and firms work."""
        return np.array([self._is_working(self.date(day)) for day in range(self.days)])

    @cached_property
    def month_day(self) -> Ints:
        """For each day, its number within its month."""
        return np.array([self.date(day).day for day in range(self.days)], dtype=np.int64)

    @cached_property
    def business_weight(self) -> npt.NDArray[np.float64]:
        """For each day, how much business falls on it; the days around a month's end have more."""
        month_end = np.isin(self.month_day, (1, 2, 26, 27, 28, 29, 30, 31))
        weight = np.where(self.working, 1.0, 0.04) * np.where(month_end, 1.6, 1.0)
        return np.asarray(weight / weight.sum())

    @cached_property
    def retail_weight(self) -> npt.NDArray[np.float64]:
        """For each day, how much people spend on it; free days and paydays have more."""
        weight = np.where(self.working, 1.0, 1.35) * np.where(self.month_day == 10, 1.2, 1.0)
        return np.asarray(weight / weight.sum())

    def working_day(self, day: Ints) -> Ints:
        """The first working day on or after each day; the last day where there is none."""
        following = np.full(self.days + 1, self.days - 1, dtype=np.int64)
        for number in range(self.days - 1, -1, -1):
            following[number] = number if self.working[number] else following[number + 1]
        return np.asarray(following[np.clip(day, 0, self.days - 1)])

    def at(self, rng: np.random.Generator, day: Ints, habit: str) -> Ints:
        """A time on each day, drawn from the hours of a habit."""
        low, peak, high = HOURS[habit]
        hours = rng.triangular(low, peak, high, size=np.shape(day))
        return np.asarray(day) * DAY + (hours * HOUR).astype(np.int64)

    def within(self, time: Ints) -> npt.NDArray[np.bool_]:
        """Which times lie in the period."""
        return np.asarray((time >= 0) & (time < self.end))

    @staticmethod
    def _is_working(date: datetime.date) -> bool:
        if date.isoformat() in HOLIDAYS:
            return False
        return date.weekday() < 5 or date.isoformat() in WORKED_WEEKENDS
