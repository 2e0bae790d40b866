"""The last three hops of cycles, found backwards from the account that the cycles return to."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.walk import first_from, more_rows


@numba.njit(cache=True, nogil=True)
def tails_to(start: int, edges: Any, incoming: Any, begin: Any, count: Any) -> Any:
    """The last three hops of cycles that return to a start through larger accounts.

    A row is the account they leave and the three edges. Rows of one account lie together, from
    `begin` on and `count` many, in the order of the accounts they pass. Those that leave the start
    itself are whole cycles.
    """
    _, _, payee, amount, low, high = edges
    in_offsets, in_edge, in_from = incoming
    pairs, used = np.empty((64, 3), dtype=np.int32), 0
    past = in_offsets[start + 1]
    for place in range(first_from(in_from, in_offsets[start], past, start), past):
        through, last = in_from[place], in_edge[place]
        end = in_offsets[through + 1]
        for other in range(first_from(in_from, in_offsets[through], end, start + 1), end):
            before = in_edge[other]
            if low[before] <= amount[last] <= high[before]:
                if used == len(pairs):
                    pairs = more_rows(pairs)
                pairs[used, 0], pairs[used, 1], pairs[used, 2] = in_from[other], before, last
                used += 1
    tails, found = np.empty((64, 4), dtype=np.int32), 0
    # A stable order: of one account, the accounts that follow ascend as they were found.
    for row in np.argsort(pairs[:used, 0], kind="mergesort"):
        second, before, last = pairs[row]
        through = payee[before]
        end = in_offsets[second + 1]
        for other in range(first_from(in_from, in_offsets[second], end, start), end):
            leaving, first = in_from[other], in_edge[other]
            if leaving != through and low[first] <= amount[before] <= high[first]:
                if found == len(tails):
                    tails = more_rows(tails)
                tails[found, 0], tails[found, 1] = leaving, first
                tails[found, 2], tails[found, 3] = before, last
                found += 1
                count[leaving] += 1
    return _together(tails[:found], begin, count)


@numba.njit(cache=True, nogil=True)
def _together(tails: Any, begin: Any, count: Any) -> Any:
    """Rows of one account together, otherwise in their order."""
    placed, grouped = 0, np.empty_like(tails)
    for row in range(len(tails)):
        account = tails[row, 0]
        if count[account] > 0:
            begin[account] = placed
            placed += count[account]
            count[account] = -count[account]
    for row in range(len(tails)):
        account = tails[row, 0]
        grouped[begin[account]] = tails[row]
        begin[account] += 1
    for row in range(len(tails)):
        account = tails[row, 0]
        if count[account] < 0:
            count[account] = -count[account]
            begin[account] -= count[account]
    return grouped
