"""Array passes over text cells: numbers, dates and times parsed to the letter, quotes checked.

Cells come as Arrow lays text out: `offsets` (rows + 1) into the bytes of `data`, and which cells
are `present`. What does not have the contract's form exactly does not parse.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]

ZERO, MINUS, POINT, SPACE, COLON = (ord(sign) for sign in "0-. :")
LARGEST = 2**63 - 1
DAY_US = 86_400_000_000
MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])


def layout(cells: pa.Array) -> tuple[npt.NDArray[Any], npt.NDArray[np.uint8], Bools]:
    """The offsets, bytes and presence of an Arrow text array (string or large_string)."""
    kind = np.int64 if pa.types.is_large_string(cells.type) else np.int32
    _, places, content = cells.buffers()
    offsets = np.frombuffer(places, kind)[cells.offset : cells.offset + len(cells) + 1]
    data = np.frombuffer(content, np.uint8) if content is not None else np.zeros(0, np.uint8)
    return offsets, data, present(cells)


def present(cells: pa.Array) -> Bools:
    """Which cells hold something, shape (rows,)."""
    if not cells.null_count:
        return np.ones(len(cells), np.bool_)
    return np.asarray(cells.is_valid().to_numpy(zero_copy_only=False), np.bool_)


@numba.njit(cache=True, nogil=True)
def parse_integers(offsets: Any, data: Any, present: Any) -> tuple[Integers, Bools]:
    """Whole numbers of at most 19 digits, within 64 bits; returns values and which parsed."""
    count = len(present)
    values, parsed = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    for row in range(count):
        at, end = offsets[row], offsets[row + 1]
        if not present[row] or at == end:
            continue
        negative = data[at] == MINUS
        if negative:
            at += 1
        if at == end or end - at > 19:
            continue
        value = np.uint64(0)
        good = True
        for place in range(at, end):
            digit = np.int64(data[place]) - ZERO
            if digit < 0 or digit > 9:
                good = False
                break
            value = value * np.uint64(10) + np.uint64(digit)
        if good and value <= np.uint64(LARGEST):
            values[row] = -np.int64(value) if negative else np.int64(value)
            parsed[row] = True
    return values, parsed


@numba.njit(cache=True, nogil=True)
def _digits(data: Any, at: int, count: int) -> Any:
    """The number that so many digits form, or -1."""
    value = np.int64(0)
    for place in range(at, at + count):
        digit = np.int64(data[place]) - ZERO
        if digit < 0 or digit > 9:
            return -1
        value = value * 10 + digit
    return value


@numba.njit(cache=True, nogil=True)
def _day(data: Any, at: int) -> Any:
    """The day since 1970 of ten characters YYYY-MM-DD, or the least number when it is none.

    The count of days of a civil date is Howard Hinnant's (``days_from_civil``, public domain).
    """
    none = np.int64(-(2**62))
    if data[at + 4] != MINUS or data[at + 7] != MINUS:
        return none
    year, month, day = _digits(data, at, 4), _digits(data, at + 5, 2), _digits(data, at + 8, 2)
    if year < 0 or month < 1 or month > 12 or day < 1:
        return none
    leap = (year % 4 == 0 and year % 100 != 0) or year % 400 == 0
    if day > MONTH_DAYS[month] + (1 if leap and month == 2 else 0):
        return none
    moved = year - (1 if month <= 2 else 0)
    era = moved // 400
    of_era = moved - era * 400
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


@numba.njit(cache=True, nogil=True)
def parse_dates(offsets: Any, data: Any, present: Any) -> tuple[Any, Bools]:
    """Dates YYYY-MM-DD as days since 1970 (int32); returns values and which parsed."""
    count = len(present)
    values, parsed = np.zeros(count, np.int32), np.zeros(count, np.bool_)
    for row in range(count):
        if present[row] and offsets[row + 1] - offsets[row] == 10:
            day = _day(data, offsets[row])
            if day > -(2**62):
                values[row] = day
                parsed[row] = True
    return values, parsed


@numba.njit(cache=True, nogil=True)
def parse_times(offsets: Any, data: Any, present: Any) -> tuple[Integers, Bools]:
    """Times YYYY-MM-DD HH:MM:SS[.ffffff] as microseconds since 1970; returns values, which parsed.

    There is no second 60: Shanghai's clock shows none in a bank's books.
    """
    count = len(present)
    values, parsed = np.zeros(count, np.int64), np.zeros(count, np.bool_)
    for row in range(count):
        at = offsets[row]
        length = offsets[row + 1] - at
        if not present[row] or not (length == 19 or 21 <= length <= 26):
            continue
        day = _day(data, at)
        if day == -(2**62) or data[at + 10] != SPACE:
            continue
        if data[at + 13] != COLON or data[at + 16] != COLON:
            continue
        hour, minute = _digits(data, at + 11, 2), _digits(data, at + 14, 2)
        second, micros = _digits(data, at + 17, 2), 0
        if length > 19:
            if data[at + 19] != POINT:
                continue
            micros = _digits(data, at + 20, length - 20)
            if micros < 0:
                continue
            for _ in range(26 - length):
                micros *= 10
        if 0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59:
            seconds = hour * 3600 + minute * 60 + second
            values[row] = day * DAY_US + seconds * 1_000_000 + micros
            parsed[row] = True
    return values, parsed


@numba.njit(cache=True, nogil=True)
def is_well_quoted(data: Any) -> bool:
    """Whether every quote of some whole CSV lines opens, doubles or closes a cell of one line."""
    opening, inside, after = True, False, False
    for place in range(len(data)):
        sign = data[place]
        if inside:
            if sign == 34:
                inside, after = False, True
            elif sign == 10 or sign == 13:
                return False
        elif sign == 44 or sign == 10:
            opening, after = True, False
        elif after:
            if sign == 34:
                inside, after = True, False
            elif sign != 13:
                return False
        elif sign == 34:
            if not opening:
                return False
            opening, inside = False, True
        else:
            opening = False
    return not inside
