"""What searches that walk from transfer to transfer share: places in time, and room to write."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np


@numba.njit(cache=True, nogil=True)
def first_from(ascending: Any, first: int, past: int, value: int) -> int:
    """The first place of an ascending stretch that is not below a value, by halving.

    >>> import numpy as np
    >>> first_from(np.array([9, 1, 4, 4, 7]), 1, 5, 4)
    2
    """
    while first < past:
        middle = (first + past) >> 1
        if ascending[middle] < value:
            first = middle + 1
        else:
            past = middle
    return first


@numba.njit(cache=True, nogil=True)
def on_walk(account: Any, first: int, last: int, wanted: int) -> bool:
    """Whether a walk's accounts from `first` to `last` hold one."""
    for hop in range(first, last + 1):  # noqa: SIM110 (compiled: a loop, not a generator)
        if account[hop] == wanted:
            return True
    return False


@numba.njit(cache=True, nogil=True)
def grown(values: Any, wanted: int) -> Any:
    """A buffer with room for `wanted` values, at least twice as large, zero beyond the old ones."""
    wider = np.zeros(max(2 * len(values), wanted), dtype=values.dtype)
    wider[: len(values)] = values
    return wider


@numba.njit(cache=True, nogil=True)
def more_rows(table: Any) -> Any:
    """The same rows with room for twice as many."""
    wider = np.empty((2 * len(table), table.shape[1]), dtype=table.dtype)
    wider[: len(table)] = table
    return wider
