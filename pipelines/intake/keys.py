"""Which rows of a file repeat the key of an earlier one, told while the file streams by.

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
    """The keys of the rows seen so far, and the line of each."""

    def __init__(self) -> None:
        self._taken = 0
        self._slots, self._checks, self._holders = _empty(SMALLEST)

    def repeated(self, columns: list[pa.Array], lines: Lines, wanted: Bools) -> Lines:
        """Add the wanted rows' keys; the line that held each row's key before, 0 for none."""
        first, second = hashed(columns, len(lines))
        self._make_room(len(lines))
        found = np.zeros(len(lines), np.int64)
        self._taken += cell_kernel.insert(
            self._slots, self._checks, self._holders, first, second, lines, wanted, found
        )
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
