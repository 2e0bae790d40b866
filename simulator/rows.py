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
    """Named columns with a type and a default each; rows are added in blocks.

    What a column gives is a view: it may be written to, until rows are added again.
    """

    def __init__(self, columns: Mapping[str, tuple[str, int]]) -> None:
        self._defaults = {name: default for name, (_, default) in columns.items()}
        self._held = {name: np.empty(0, dtype=kind) for name, (kind, _) in columns.items()}
        self._room = 0
        self.count = 0

    def add(self, count: int | None = None, /, **values: Any) -> Ints:
        """Add rows and return their numbers; scalars are repeated, what is not named is default.

        Raises:
            KeyError: a column that these rows do not have.
        """
        unknown = values.keys() - self._defaults.keys()
        if unknown:
            raise KeyError(f"unknown columns {sorted(unknown)}; known are {sorted(self._defaults)}")
        size = count if count is not None else common_length(*values.values())
        end = self.count + size
        self._make_room(end)
        for name, default in self._defaults.items():
            self._held[name][self.count : end] = values.get(name, default)
        self.count = end
        return np.arange(end - size, end, dtype=np.int64)

    def joined(self) -> dict[str, Array]:
        """All rows, one array per column."""
        return {name: held[: self.count] for name, held in self._held.items()}

    def column(self, name: str, rows: Ints | None = None) -> Array:
        """The values of one column, of all rows or of those named."""
        values = self._held[name][: self.count]
        return values if rows is None else values[rows]

    def change(self, name: str, rows: Ints | int, values: Any) -> None:
        """Write other values into one column, for the rows named."""
        self._held[name][: self.count][rows] = values

    def since(self, name: str, first: int) -> Array:
        """The values of one column from row `first` on."""
        return self._held[name][first : self.count]

    def _make_room(self, end: int) -> None:
        """Grow by half at least, so that adding stays cheap however many blocks there are."""
        if end <= self._room:
            return
        self._room = max(end, self._room * 3 // 2, 1024)
        for name, held in self._held.items():
            wider = np.empty(self._room, dtype=held.dtype)
            wider[: self.count] = held[: self.count]
            self._held[name] = wider
