"""What investors really earned: the yearly internal rate of return of many positions at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

DAYS_A_YEAR = 365.0
LOWEST, HIGHEST = -0.99, 1000.0
STEPS = 60


def yearly_returns(position: Ints, day: Ints, amount_fen: Ints) -> Floats:
    """The internal rate of return a year of each position, 0.1 for 10 %; NaN where none exists.

    `position` numbers positions from 0 without gaps, `day` is any count of days, `amount_fen` is
    negative when paid in and positive when got back. A position needs both, and has a rate only
    when it first pays in; rates lie between -99 % and 100,000 %. Bisection on all positions at
    once, 60 halvings.
    """
    count = int(position.max()) + 1 if len(position) else 0
    first = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(first, position, day)
    years = (day - first[position]) / DAYS_A_YEAR
    amounts = amount_fen.astype(np.float64)

    def worth(rate: Floats) -> Floats:
        """The present value of every position at its own rate."""
        value = np.zeros(count)
        np.add.at(value, position, amounts * (1.0 + rate[position]) ** -years)
        return value

    low, high = np.full(count, LOWEST), np.full(count, HIGHEST)
    solvable = (worth(low) > 0) & (worth(high) < 0)
    for _ in range(STEPS):
        middle = (low + high) / 2
        above = worth(middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(solvable, (low + high) / 2, np.nan)
