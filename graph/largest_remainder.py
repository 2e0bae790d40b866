"""Shares of a sum in whole fen by largest remainder (Hamilton's method), compiled and exact."""

from __future__ import annotations

from typing import Any

import numba

# Below it the product of a share's estimate and the whole is off by less than 64 bits can hold.
EXACT = 1 << 50
AMOUNT = 0


@numba.njit(cache=True, nogil=True)
def scaled(amount: int, part: int, whole: int) -> tuple[int, int]:
    """Quotient and remainder of amount * part / whole, exact beyond 63 bits; amount <= whole."""
    if whole < EXACT:
        # The remainder is small, so that its low 64 bits are the whole of it.
        quotient = int(amount * (part / whole))
        remainder = amount * part - quotient * whole
        while remainder < 0:
            quotient, remainder = quotient - 1, remainder + whole
        while remainder >= whole:
            quotient, remainder = quotient + 1, remainder - whole
        return quotient, remainder
    quotient, remainder = 0, 0
    for bit in range(62, -1, -1):
        quotient, remainder = 2 * quotient, 2 * remainder
        if remainder >= whole:
            quotient, remainder = quotient + 1, remainder - whole
        if amount >> bit & 1:
            remainder += part
            if remainder >= whole:
                quotient, remainder = quotient + 1, remainder - whole
    return quotient, remainder


@numba.njit(cache=True, nogil=True)
def _largest(values: Any, spare: Any, count: int, rank: int) -> int:
    """The value at a rank among the first `count`, 0 the largest (quickselect)."""
    for place in range(count):
        spare[place] = values[place]
    low, high = 0, count - 1
    while low < high:
        middle = spare[(low + high) // 2]
        left, right = low, high
        while left <= right:
            while spare[left] > middle:
                left += 1
            while spare[right] < middle:
                right -= 1
            if left <= right:
                spare[left], spare[right] = spare[right], spare[left]
                left, right = left + 1, right - 1
        if rank <= right:
            high = right
        elif rank >= left:
            low = left
        else:
            break
    return int(spare[rank])


@numba.njit(cache=True, nogil=True)
def give_odd_fen(pieces: Any, scratch: Any, count: int, rest: int) -> None:
    """Add the fen that are lacking to the pieces with the largest remainders, one each."""
    least = _largest(scratch[0], scratch[1], count, rest - 1)
    above = 0
    for piece in range(count):
        above += scratch[0, piece] > least
    equal = rest - above
    for piece in range(count):
        if scratch[0, piece] > least:
            pieces[piece, AMOUNT] += 1
        elif scratch[0, piece] == least and equal > 0:
            pieces[piece, AMOUNT] += 1
            equal -= 1
