"""The paths of money that is followed: which part of a transfer came by which one before it.

Given how much of the money each transfer carries, the parts that lie in an account leave it in the
order they came, or the newest first. Under first and last in first out these are the very fen that
the convention means; under pro rata every path carries a little, and these are one way to part the
whole into paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from graph.tracing import Transfers

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
NONE = -1


@dataclass(frozen=True)
class Parts:
    """Parts of transfers in time order: row, the part it came from (-1: the first), and its fen.

    `rest_fen` is what of it went no further. `cut_fen` is what transfers carried beyond the limit.
    """

    row: Ints
    parent: Ints
    amount_fen: Ints
    rest_fen: Ints
    cut_fen: int

    def path(self, part: int) -> list[int]:
        """The parts that led to one, the first of them first and itself last."""
        found = [int(part)]
        while self.parent[found[-1]] != NONE:
            found.append(int(self.parent[found[-1]]))
        return found[::-1]


def parts(
    transfers: Transfers,
    carried_fen: Ints,
    from_accounts: Flags,
    *,
    last_first: bool,
    maximum_parts: int,
) -> Parts:
    """Part what each transfer carries by the transfers it came with.

    Money begins at `from_accounts` and is not followed through them. Time is linear in the parts.

    >>> rows = Transfers(*map(np.array, ([0, 0, 1, 1], [1, 1, 2, 3], [5, 5, 6, 4], [1, 2, 3, 4])))
    >>> first = np.array([True, False, False, False])
    >>> found = parts(rows, rows.amount_fen, first, last_first=False, maximum_parts=9)
    >>> [(found.path(part), int(found.rest_fen[part])) for part in np.flatnonzero(found.rest_fen)]
    [([0, 2], 5), ([1, 3], 1), ([1, 4], 4)]
    """
    rows = np.flatnonzero(carried_fen > 0)
    row, parent, amount, rest, cut = _parts(
        transfers.payer[rows], transfers.payee[rows], carried_fen[rows], from_accounts,
        last_first, maximum_parts,
    )  # fmt: skip
    return Parts(rows[row], parent, amount, rest, int(cut))


@numba.njit(cache=True, nogil=True)
def _parts(payer: Any, payee: Any, carried: Any, mine: Any, last_first: bool, maximum: int) -> Any:
    row, parent = np.empty(maximum, np.int64), np.empty(maximum, np.int64)
    amount, rest = np.empty(maximum, np.int64), np.empty(maximum, np.int64)
    after = np.empty(maximum, np.int64)
    head, tail = np.full(len(mine), NONE, np.int64), np.full(len(mine), NONE, np.int64)
    # The parts of one payment, before any is laid down: a payment never draws on itself.
    count, cut = 0, 0
    for at in range(len(carried)):
        source, target, left = payer[at], payee[at], carried[at]
        first = count
        while left > 0:
            came = NONE
            taken = left
            if not mine[source]:
                came = head[source]
                if came == NONE:
                    break
                taken = min(left, rest[came])
            if count == maximum:
                break
            row[count], parent[count] = at, came
            amount[count], rest[count] = taken, taken
            count += 1
            left -= taken
            if came != NONE:
                rest[came] -= taken
                if rest[came] == 0:
                    head[source] = after[came]
                    if head[source] == NONE:
                        tail[source] = NONE
        cut += left
        if target < 0 or mine[target]:
            continue
        for part in range(first, count):
            after[part] = NONE
            if last_first:
                after[part] = head[target]
                head[target] = part
            elif tail[target] == NONE:
                head[target] = part
            else:
                after[tail[target]] = part
            tail[target] = part
    return row[:count], parent[:count], amount[:count], rest[:count], cut
