"""An array pass over amounts in yuan: decimal text to whole fen, exact to the last digit.

Text is laid out as in `cell_kernel`. No float is involved, and nothing is rounded: what is not a
whole number of fen is told apart from what is no amount at all.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

# What the text of an amount is.
EXACT, NONE, TOO_FINE, TOO_LARGE = range(4)

MINUS, PLUS, POINT, COMMA, ZERO = (ord(sign) for sign in "-+.,0")
# Fen, an order above the largest amount of any contract.
LIMIT = 10**17


@numba.njit(cache=True, nogil=True)
def parse_yuan(
    offsets: Any, data: Any, present: Any
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
    """Amounts in yuan as fen, and what each text is; a cell that is not present is `EXACT`.

    An amount is digits, a point and decimals, of which one side may lack; decimals after the second
    must be zeros. Commas may group the digits by threes, then all of them. A sign may stand before.
    """
    count = len(present)
    values, kinds = np.zeros(count, np.int64), np.zeros(count, np.uint8)
    for row in range(count):
        if present[row]:
            value, kind = _yuan(data, offsets[row], offsets[row + 1])
            values[row], kinds[row] = value, kind
    return values, kinds


@numba.njit(cache=True, nogil=True)
def _yuan(data: Any, at: Any, end: Any) -> Any:
    nothing = np.int64(0)
    negative = at < end and data[at] == MINUS
    if at < end and (data[at] == MINUS or data[at] == PLUS):
        at += 1
    value, digits, group, grouped = np.int64(0), 0, 0, False
    too_large = False
    while at < end and data[at] != POINT:
        sign = data[at]
        if sign == COMMA:
            # The first group has one to three digits, every other three.
            if group < 1 or group > 3 or (grouped and group != 3):
                return nothing, NONE
            grouped, group = True, 0
        elif ZERO <= sign <= ZERO + 9:
            digits += 1
            group += 1
            if value >= LIMIT:
                too_large = True
            if not too_large:
                value = value * 10 + (sign - ZERO)
        else:
            return nothing, NONE
        at += 1
    if grouped and group != 3:
        return nothing, NONE
    at += 1
    decimals, fine = 0, False
    fen = np.int64(0)
    while at < end:
        digit = np.int64(data[at]) - ZERO
        if digit < 0 or digit > 9:
            return nothing, NONE
        decimals += 1
        if decimals <= 2:
            fen = fen * 10 + digit
        else:
            fine = fine or digit != 0
        at += 1
    if digits + decimals == 0:
        return nothing, NONE
    if fine:
        return nothing, TOO_FINE
    if too_large or value >= LIMIT // 100:
        return nothing, TOO_LARGE
    if decimals == 1:
        fen *= 10
    value = value * 100 + fen
    return -value if negative else value, EXACT
