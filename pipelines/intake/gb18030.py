"""GB18030 to UTF-8 by an array pass; its tables are those of Python's own codec.

One, two and four bytes stand for a character (GB 18030-2005); no trail byte is a comma, a quote or
a line end, so that a file may be cut at its line ends before.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

PAIRS = 126 * 190
# Four bytes below this place stand for the basic plane, from SUPPLEMENTARY on for the others.
BASIC = 39_420
SUPPLEMENTARY = 189_000

Points = npt.NDArray[np.uint32]


def to_utf8(content: bytes) -> bytes | None:
    """The same text in UTF-8; None when some bytes are no GB18030."""
    two, four = _tables()
    out = np.empty(len(content) * 3 // 2 + 4, np.uint8)
    length = _transcode(np.frombuffer(content, np.uint8), two, four, out)
    return None if length < 0 else out[:length].tobytes()


@cache
def _tables() -> tuple[Points, Points]:
    """Code points by place of two and of four bytes; 0 where the codec knows none."""
    two = [
        _point(bytes([first, second]))
        for first in range(0x81, 0xFF)
        for second in (*range(0x40, 0x7F), *range(0x80, 0xFF))
    ]
    four = [_point(_four_bytes(place)) for place in range(BASIC)]
    return np.array(two, np.uint32), np.array(four, np.uint32)


def _four_bytes(place: int) -> bytes:
    rest, fourth = divmod(place, 10)
    rest, third = divmod(rest, 126)
    first, second = divmod(rest, 10)
    return bytes([first + 0x81, second + 0x30, third + 0x81, fourth + 0x30])


def _point(content: bytes) -> int:
    try:
        return ord(content.decode("gb18030"))
    except (UnicodeDecodeError, TypeError):
        return 0


@numba.njit(cache=True, nogil=True)
def _transcode(data: Any, two: Any, four: Any, out: Any) -> int:
    """Write UTF-8 into `out`; returns its length, or -1 when some bytes are no GB18030."""
    at, put, end = 0, 0, len(data)
    while at < end:
        first = np.int64(data[at])
        if first < 0x80:
            out[put] = first
            at += 1
            put += 1
            continue
        if first == 0x80 or first == 0xFF or at + 1 >= end:
            return -1
        second = np.int64(data[at + 1])
        if 0x30 <= second <= 0x39:
            if at + 3 >= end:
                return -1
            third, fourth = np.int64(data[at + 2]), np.int64(data[at + 3])
            if not (0x81 <= third <= 0xFE and 0x30 <= fourth <= 0x39):
                return -1
            place = (
                (((first - 0x81) * 10 + second - 0x30) * 126 + third - 0x81) * 10 + fourth - 0x30
            )
            if place < BASIC:
                point = np.int64(four[place])
            else:
                point = place - SUPPLEMENTARY + 0x10000
                if place < SUPPLEMENTARY or point > 0x10FFFF:
                    return -1
            at += 4
        else:
            if second < 0x40 or second == 0x7F or second == 0xFF:
                return -1
            place = (first - 0x81) * 190 + second - 0x40 - (1 if second > 0x7F else 0)
            point = np.int64(two[place])
            at += 2
        if point == 0:
            return -1
        if point < 0x80:
            out[put] = point
            put += 1
        elif point < 0x800:
            out[put] = 0xC0 | (point >> 6)
            out[put + 1] = 0x80 | (point & 0x3F)
            put += 2
        elif point < 0x10000:
            out[put] = 0xE0 | (point >> 12)
            out[put + 1] = 0x80 | ((point >> 6) & 0x3F)
            out[put + 2] = 0x80 | (point & 0x3F)
            put += 3
        else:
            out[put] = 0xF0 | (point >> 18)
            out[put + 1] = 0x80 | ((point >> 12) & 0x3F)
            out[put + 2] = 0x80 | ((point >> 6) & 0x3F)
            out[put + 3] = 0x80 | (point & 0x3F)
            put += 4
    return put
