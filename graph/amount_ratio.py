"""The amount rule between two hops: what the next one moves, per unit of the one before."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Self

import numba
import numpy as np

from data.errors import InputError
from graph.transfer_list import Ints, TransferList

LARGEST = int(np.iinfo(np.int64).max)
# Numerators and denominators stay below it, so that a product of two fits 64 bits.
LARGEST_PART = 1 << 31
# The parts of a rule that allows any amount.
EVERYTHING = (0, 1, 1, 0)


@dataclass(frozen=True)
class AmountRatio:
    """A range that next/this must lie in, both ends included; compared in whole numbers.

    >>> AmountRatio.parse("0.9:1").allows(this=1000, next=900)
    True
    >>> AmountRatio.parse("0.9:1").allows(this=1000, next=899)
    False
    """

    low: Fraction
    high: Fraction

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read LOW:HIGH, both plain decimals.

        Raises:
            InputError: no such range, or one with too many digits.
        """
        parts = text.split(":")
        try:
            low, high = (Fraction(part.strip()) for part in parts)
        except (ValueError, ZeroDivisionError):
            raise InputError(f"ratio {text!r}: write it as LOW:HIGH, like 0.9:1") from None
        if not 0 <= low <= high:
            raise InputError(f"ratio {text!r}: LOW must lie between 0 and HIGH")
        if any(part >= LARGEST_PART for end in (low, high) for part in end.as_integer_ratio()):
            raise InputError(f"ratio {text!r}: too many digits; nine are enough")
        return cls(low, high)

    @property
    def parts(self) -> tuple[int, int, int, int]:
        """Numerator and denominator of the low end, then of the high end."""
        return (*self.low.as_integer_ratio(), *self.high.as_integer_ratio())

    def allows(self, this: int, next: int) -> bool:
        """Whether `next` may follow `this`."""
        low, high = bounds(this, *self.parts)
        return bool(low <= next <= high)


@numba.njit(cache=True, nogil=True)
def bounds(
    this: int, low_top: int, low_bottom: int, high_top: int, high_bottom: int
) -> tuple[int, int]:
    """The least and the largest amount that may follow an amount; exact, capped at 64 bits."""
    quotient, rest = this // low_bottom, this % low_bottom
    over = (low_top * rest + low_bottom - 1) // low_bottom
    if low_top > 0 and quotient > (LARGEST - over) // low_top:
        # More than any amount: nothing may follow.
        return LARGEST, -1
    least = low_top * quotient + over
    if high_bottom == 0:
        return least, LARGEST
    quotient, rest = this // high_bottom, this % high_bottom
    over = high_top * rest // high_bottom
    if high_top > 0 and quotient > (LARGEST - over) // high_top:
        return least, LARGEST
    return least, high_top * quotient + over


@numba.njit(cache=True, nogil=True)
def _all_bounds(amounts: Any, a: int, b: int, c: int, d: int) -> Any:
    both = np.empty((2, len(amounts)), dtype=np.int64)
    for row in range(len(amounts)):
        both[0, row], both[1, row] = bounds(amounts[row], a, b, c, d)
    return both


def next_bounds(transfers: TransferList, ratio: AmountRatio | None) -> tuple[Ints, Ints]:
    """Per row the least and the largest amount that may follow it; without a rule any may."""
    if ratio is None:
        rows = len(transfers)
        return np.zeros(rows, dtype=np.int64), np.full(rows, LARGEST, dtype=np.int64)
    both = _all_bounds(transfers.amount, *ratio.parts)
    return both[0], both[1]


def amounts_by(
    rows: Any, transfers: TransferList, ratio: AmountRatio | None
) -> tuple[Ints, Ints, Ints]:
    """Amounts, and the least and largest that may follow, in an order of the rows.

    Without a rule all three are the same for every row, and allow everything.
    """
    if ratio is None:
        low, high = next_bounds(transfers, None)
        return low, low, high
    low, high = next_bounds(transfers, ratio)
    return transfers.amount[rows], low[rows], high[rows]
