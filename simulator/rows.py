"""Columns that grow by blocks of rows and are joined once at the end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Ints = npt.NDArray[np.int64]


def common_length(*values: Any) -> int:
    """How many rows some columns make: their length; scalars and columns of one are repeated."""
    lengths = {len(value) for value in values if np.ndim(value)}
    return 0 if 0 in lengths else max(lengths, default=1)


class Rows:
    """Named columns with a type and a default each; rows are added in blocks."""

    def __init__(self, columns: Mapping[str, tuple[str, int]]) -> None:
        self._columns = dict(columns)
        self._blocks: list[dict[str, Array]] = []
        self.count = 0

    def add(self, count: int | None = None, /, **values: Any) -> Ints:
        """Add rows and return their numbers; scalars are repeated, what is not named is default.

        Raises:
            KeyError: a column that these rows do not have.
        """
        unknown = values.keys() - self._columns.keys()
        if unknown:
            raise KeyError(f"unknown columns {sorted(unknown)}; known are {sorted(self._columns)}")
        size = count if count is not None else common_length(*values.values())
        block = {
            name: np.broadcast_to(np.asarray(values.get(name, default)).astype(kind), (size,))
            for name, (kind, default) in self._columns.items()
        }
        self._blocks.append(block)
        self.count += size
        return np.arange(self.count - size, self.count, dtype=np.int64)

    def joined(self) -> dict[str, Array]:
        """All rows as one array per column; the blocks are replaced by their joined form."""
        if not self._blocks:
            self.add(0)
        whole = {
            name: np.ascontiguousarray(np.concatenate([block[name] for block in self._blocks]))
            for name in self._columns
        }
        self._blocks = [whole]
        return whole

    def column(self, name: str, rows: Ints | None = None) -> Array:
        """The values of one column, of all rows or of those named."""
        if len(self._blocks) != 1:
            self.joined()
        values = self._blocks[0][name]
        return values if rows is None else values[rows]

    def change(self, name: str, rows: Ints | int, values: Any) -> None:
        """Write other values into one column, for the rows named."""
        self.joined()[name][rows] = values

    def since(self, name: str, first: int) -> Array:
        """The values of one column from row `first` on; reads no more blocks than hold them."""
        taken: list[Array] = []
        left = self.count - first
        for block in reversed(self._blocks):
            if left <= 0:
                break
            values = block[name]
            taken.append(values[max(len(values) - left, 0) :])
            left -= len(values)
        if not taken:
            return np.zeros(0, dtype=self._columns[name][0])
        return np.concatenate(taken[::-1])
