"""Keys met so far while files stream by: which row had a key first.

Keys are kept as hashes of 96 bits, 16 bytes a key: that two of ten million keys meet by chance has
a probability of one in 10^15.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake import key_kernel
from pipelines.intake.cell_kernel import Bools, layout
from pipelines.intake.key_kernel import Words
from pipelines.intake.raw import Lines

FULLEST = 0.7
SMALLEST = 1 << 12
# Room is made for what a file is said to hold, up to a gigabyte; what is never used costs nothing.
MOST_EXPECTED = 40_000_000


class KeyIndex:
    """Keys, and a number from 1 for each (below 2^32): the line or position that first had it."""

    def __init__(self, expected: int = 0) -> None:
        """Make room for so many keys; more may come, at the cost of moving all of them."""
        self._taken = 0
        self._places = _empty(_size(min(expected, MOST_EXPECTED), SMALLEST))

    def add(self, columns: list[pa.Array], numbers: Lines, wanted: Bools) -> Lines:
        """Add the wanted rows' keys; the number that held each row's key before, 0 for none."""
        first, second = hashed(columns, len(numbers))
        size = _size(self._taken + len(numbers), len(self._places))
        if size > len(self._places):
            larger = _empty(size)
            key_kernel.move(self._places, larger)
            self._places = larger
        found = np.zeros(len(numbers), np.int64)
        taken, _ = key_kernel.insert(self._places, first, second, numbers, wanted, found)
        self._taken += taken
        return found

    def find(self, columns: list[pa.Array]) -> Lines:
        """The number of each row's key, 0 where there is none."""
        first, second = hashed(columns, len(columns[0]))
        found = np.zeros(len(first), np.int64)
        key_kernel.find(self._places, first, second, found)
        return found


def hashed(columns: list[pa.Array], count: int) -> tuple[Words, Words]:
    """Two hashes of each row of some columns, shape (rows,) each; equal rows have equal ones."""
    first, second = np.zeros(count, np.uint64), np.ones(count, np.uint64)
    for column in columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            offsets, data, _ = layout(column)
            key_kernel.hash_text(offsets, data, first, second)
        else:
            narrow = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column
            numbers = pc.fill_null(narrow.cast(pa.int64()), 0)
            key_kernel.hash_integers(numbers.to_numpy(), first, second)
    return first, second


def _size(keys: int, least: int) -> int:
    """The places of a table for so many keys, at least so many."""
    while keys > FULLEST * least:
        least *= 2
    return least


def _empty(size: int) -> Words:
    return np.zeros((size, 2), np.uint64)
