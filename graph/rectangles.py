"""Who pays whom as a small table of bits, and the maximal rectangles of ones in it."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.walk import first_from, more_rows

BITS = 32


@numba.njit(cache=True, nogil=True)
def payment_table(
    paying: Any, outgoing: Any, soonest: int, end: int, column: Any, width: int, members: int
) -> Any:
    """Who pays whom as rows of bits, of the payers that pay enough of the payees; and these."""
    offsets, payee, clock, rank = outgoing
    words = (width + BITS - 1) // BITS
    table, kept = np.zeros((len(paying), words), dtype=np.int64), 0
    accounts = np.empty(len(paying), dtype=np.int32)
    for account in paying:
        count, past = 0, offsets[account + 1]
        place = first_from(rank, offsets[account], past, soonest)
        while place < past and clock[place] <= end:
            bit = column[payee[place]] - 1
            if bit >= 0 and not table[kept, bit // BITS] >> (bit % BITS) & 1:
                table[kept, bit // BITS] |= 1 << (bit % BITS)
                count += 1
            place += 1
        if count >= members:
            accounts[kept] = account
            kept += 1
        else:
            table[kept] = 0
    return table[:kept], accounts[:kept]


@numba.njit(cache=True, nogil=True)
def _ones(row: Any) -> int:
    count = 0
    for word in row:
        while word:
            word &= word - 1
            count += 1
    return count


@numba.njit(cache=True, nogil=True)
def rectangles(table: Any, members: int) -> Any:
    """The different intersections of any rows with enough ones, each as a row of bits."""
    held, count = np.empty((16, table.shape[1]), dtype=np.int64), 0
    for row in range(len(table)):
        before = count
        for other in range(-1, before):
            both = table[row].copy()
            if other >= 0:
                both &= held[other]
            if _ones(both) < members:
                continue
            known = False
            for each in range(count):
                if (held[each] == both).all():
                    known = True
                    break
            if known:
                continue
            if count == len(held):
                held = more_rows(held)
            held[count] = both
            count += 1
    return held[:count]


@numba.njit(cache=True, nogil=True)
def columns_of(rectangle: Any, accounts: Any) -> Any:
    chosen, count = np.empty(len(accounts), dtype=np.int32), 0
    for bit in range(len(accounts)):
        if rectangle[bit // BITS] >> (bit % BITS) & 1:
            chosen[count] = accounts[bit]
            count += 1
    return chosen[:count]


@numba.njit(cache=True, nogil=True)
def rows_with(rectangle: Any, table: Any, accounts: Any) -> Any:
    """The accounts whose rows hold a rectangle."""
    chosen, count = np.empty(len(accounts), dtype=np.int32), 0
    for row in range(len(table)):
        if ((table[row] & rectangle) == rectangle).all():
            chosen[count] = accounts[row]
            count += 1
    return chosen[:count]
