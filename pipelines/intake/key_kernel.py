"""Array passes over keys: cells hashed row by row, and an open hash table of those hashes.

The table has shape (places, 2), a power of two of places: the first hash, and half of the second
above the number that holds the place (0: free); so that looking a key up touches memory once.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

Words = npt.NDArray[np.uint64]

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
FIRST_MIX = np.uint64(0xBF58476D1CE4E5B9)
SECOND_MIX = np.uint64(0x94D049BB133111EB)
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
# Keys whose places are fetched together: enough to wait once for many, few enough to stay cached.
AHEAD = 64
# Fen; a thousand times what one file may add up to, and an amount more still fits 64 bits.
MOST = np.int64(1) << np.int64(62)


@numba.njit(cache=True, nogil=True)
def _mixed(value: Any) -> Any:
    """Spread a word's bits over all of it (the finaliser of SplitMix64)."""
    value = (value ^ (value >> np.uint64(30))) * FIRST_MIX
    value = (value ^ (value >> np.uint64(27))) * SECOND_MIX
    return value ^ (value >> np.uint64(31))


@numba.njit(cache=True, nogil=True)
def hash_text(offsets: Any, data: Any, first: Any, second: Any) -> None:
    """Add text cells to two running hashes of each row, shape (rows,) each, in place."""
    for row in range(len(first)):
        one = _mixed(first[row] + MULTIPLIER)
        two = _mixed(second[row] ^ MULTIPLIER)
        word, held = np.uint64(0), 0
        for place in range(offsets[row], offsets[row + 1]):
            word = (word << np.uint64(8)) | np.uint64(data[place])
            held += 1
            if held == 8:
                one = _mixed(one ^ word)
                two = _mixed(two + word * MULTIPLIER)
                word, held = np.uint64(0), 0
        word = (word << np.uint64(8)) | np.uint64(held + 1)
        first[row] = _mixed(one ^ word)
        second[row] = _mixed(two + word * MULTIPLIER)


@numba.njit(cache=True, nogil=True)
def hash_integers(values: Any, first: Any, second: Any) -> None:
    """Add whole numbers to two running hashes of each row, shape (rows,) each, in place."""
    for row in range(len(first)):
        word = np.uint64(values[row])
        first[row] = _mixed(_mixed(first[row] + MULTIPLIER) ^ word)
        second[row] = _mixed(_mixed(second[row] ^ MULTIPLIER) + word * MULTIPLIER)


@numba.njit(cache=True, nogil=True)
def _touch(places: Any, first: Any, start: int, end: int) -> Any:
    """Look at the places of some keys, so that memory fetches them all at once and not by turns."""
    mask = np.uint64(len(places) - 1)
    seen = np.uint64(0)
    for row in range(start, end):
        seen ^= places[first[row] & mask, 1]
    return seen


@numba.njit(cache=True, nogil=True)
def insert(places: Any, first: Any, second: Any, numbers: Any, wanted: Any, found: Any) -> Any:
    """Put the wanted rows' keys into the table; `found` gets the number that held each before.

    Returns how many places were taken, and what was seen of memory, which means nothing.
    """
    mask = np.uint64(len(places) - 1)
    taken, seen = 0, np.uint64(0)
    for row in range(len(first)):
        if row % AHEAD == 0:
            seen ^= _touch(places, first, row, min(row + AHEAD, len(first)))
        if not wanted[row]:
            continue
        place = first[row] & mask
        check = second[row] >> HALF
        while places[place, 1] != 0:
            if places[place, 0] == first[row] and places[place, 1] >> HALF == check:
                found[row] = places[place, 1] & LOW
                break
            place = (place + np.uint64(1)) & mask
        else:
            places[place, 0] = first[row]
            places[place, 1] = check << HALF | np.uint64(numbers[row])
            taken += 1
    return taken, seen


@numba.njit(cache=True, nogil=True)
def find(places: Any, first: Any, second: Any, found: Any) -> Any:
    """Look keys up in the table that `insert` fills; `found` stays 0 where there is none.

    Returns what was seen of memory, which means nothing.
    """
    mask = np.uint64(len(places) - 1)
    seen = np.uint64(0)
    for row in range(len(first)):
        if row % AHEAD == 0:
            seen ^= _touch(places, first, row, min(row + AHEAD, len(first)))
        place = first[row] & mask
        check = second[row] >> HALF
        while places[place, 1] != 0:
            if places[place, 0] == first[row] and places[place, 1] >> HALF == check:
                found[row] = places[place, 1] & LOW
                break
            place = (place + np.uint64(1)) & mask
    return seen


@numba.njit(cache=True, nogil=True)
def move(places: Any, larger: Any) -> None:
    """Put all of one table into a larger, empty one."""
    mask = np.uint64(len(larger) - 1)
    for row in range(len(places)):
        if places[row, 1] == 0:
            continue
        place = places[row, 0] & mask
        while larger[place, 1] != 0:
            place = (place + np.uint64(1)) & mask
        larger[place, 0], larger[place, 1] = places[row, 0], places[row, 1]


@numba.njit(cache=True, nogil=True)
def add_up(sums: Any, holders: Any, sides: Any, amounts: Any) -> None:
    """Add amounts to `sums` (holders, sides), where -1 is nothing yet; holder 0 is nobody.

    What no day's money reaches is not added further, so that no sum wraps around.
    """
    for row in range(len(holders)):
        holder, side = holders[row], sides[row]
        if holder != 0:
            held = max(sums[holder, side], np.int64(0))
            sums[holder, side] = min(held + amounts[row], MOST)


@numba.njit(cache=True, nogil=True)
def keep_first(first: Any, holders: Any, amounts: Any) -> None:
    """Write amounts to `first` (holders,) where none stands yet (-1); holder 0 is nobody."""
    for row in range(len(holders)):
        holder = holders[row]
        if holder != 0 and first[holder] < 0:
            first[holder] = amounts[row]


@numba.njit(cache=True, nogil=True)
def sums_of(sums: Any, holders: Any, sides: Any) -> Any:
    """What `sums` has of each holder on its own side and on the other, shape (rows,) each."""
    own, other = np.empty(len(holders), np.int64), np.empty(len(holders), np.int64)
    for row in range(len(holders)):
        own[row] = sums[holders[row], sides[row]]
        other[row] = sums[holders[row], 1 - sides[row]]
    return own, other
