"""Keys met so far while files stream by: which row had a key first.

Keys are kept as hashes of 96 bits, 16 bytes a key: that two of ten million keys meet by chance has
a probability of one in 10^15.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.intake import cell_kernel
from pipelines.intake.cell_kernel import Bools, Words
from pipelines.intake.raw import Lines

FULLEST = 0.7
SMALLEST = 1 << 12


class KeyIndex:
    """Keys, and a number from 1 for each: the line or position that first had it."""

    def __init__(self) -> None:
        self._taken = 0
        self._slots, self._checks, self._holders = _empty(SMALLEST)

    def add(self, columns: list[pa.Array], numbers: Lines, wanted: Bools) -> Lines:
        """Add the wanted rows' keys; the number that held each row's key before, 0 for none."""
        first, second = hashed(columns, len(numbers))
        self._make_room(len(numbers))
        found = np.zeros(len(numbers), np.int64)
        self._taken += cell_kernel.insert(
            self._slots, self._checks, self._holders, first, second, numbers, wanted, found
        )
        return found

    def find(self, columns: list[pa.Array]) -> Lines:
        """The number of each row's key, 0 where there is none."""
        first, second = hashed(columns, len(columns[0]))
        found = np.zeros(len(first), np.int64)
        cell_kernel.find(self._slots, self._checks, self._holders, first, second, found)
        return found

    def _make_room(self, more: int) -> None:
        size = len(self._slots)
        while self._taken + more > FULLEST * size:
            size *= 2
        if size > len(self._slots):
            larger = _empty(size)
            cell_kernel.move(self._slots, self._checks, self._holders, *larger)
            self._slots, self._checks, self._holders = larger


def hashed(columns: list[pa.Array], count: int) -> tuple[Words, Words]:
    """Two hashes of each row of some columns, shape (rows,) each; equal rows have equal ones."""
    first, second = np.zeros(count, np.uint64), np.ones(count, np.uint64)
    for column in columns:
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            offsets, data, _ = cell_kernel.layout(column)
            cell_kernel.hash_text(offsets, data, first, second)
        else:
            narrow = column.cast(pa.int32()) if pa.types.is_date32(column.type) else column
            numbers = pc.fill_null(narrow.cast(pa.int64()), 0)
            cell_kernel.hash_integers(numbers.to_numpy(), first, second)
    return first, second


def _empty(size: int) -> tuple[Words, np.ndarray, np.ndarray]:
    return np.zeros(size, np.uint64), np.zeros(size, np.uint32), np.zeros(size, np.uint32)
