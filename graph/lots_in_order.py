"""Lots of coloured money that leave an account in order: first in first out, last in first out.

The lot that leaves next lies in the account's own row, so that most payments touch one place per
account; the others form a list in a pool of freed and used places. Neighbouring lots of one colour
are one lot: which fen of a colour leaves first changes no sum. Time is linear in the transfers and
in the lots that they move.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.ends import SUMS, settle, wide_enough
from graph.prefetch import fetch

NONE = -1
UNKNOWN = 0
AHEAD = 24  # transfers that memory is asked for in advance; a row takes about as long to arrive
# A row of an account: the lot that leaves next, the place of the one after it, and of the last.
AMOUNT, COLOUR, NEXT, LAST = 0, 1, 2, 3


@numba.njit(cache=True, nogil=True)
def _wider(pool: Any) -> Any:
    wider = np.empty((2 * len(pool), 4), dtype=np.int64)
    wider[: len(pool)] = pool
    return wider


@numba.njit(cache=True, nogil=True)
def _place(pool: Any, state: Any) -> Any:
    """A free place: state is [places used, first freed place, the place that was found]."""
    if state[1] != NONE:
        state[2] = state[1]
        state[1] = pool[state[1], NEXT]
        return pool
    if state[0] == len(pool):
        pool = _wider(pool)
    state[2] = state[0]
    state[0] += 1
    return pool


@numba.njit(cache=True, nogil=True)
def _lay(
    rows: Any, pool: Any, state: Any, account: int, colour: int, amount: int, last_first: bool
) -> Any:
    """Lay one lot down in an account; returns the pool, which may have grown."""
    if amount == 0:
        return pool
    if rows[account, AMOUNT] == 0:
        rows[account, AMOUNT], rows[account, COLOUR] = amount, colour
        rows[account, NEXT], rows[account, LAST] = NONE, NONE
    elif last_first or rows[account, LAST] == NONE:
        if rows[account, COLOUR] == colour:
            rows[account, AMOUNT] += amount
            return pool
        pool = _place(pool, state)
        place = state[2]
        if last_first:
            pool[place, AMOUNT], pool[place, COLOUR] = rows[account, AMOUNT], rows[account, COLOUR]
            pool[place, NEXT] = rows[account, NEXT]
            rows[account, AMOUNT], rows[account, COLOUR] = amount, colour
        else:
            pool[place, AMOUNT], pool[place, COLOUR], pool[place, NEXT] = amount, colour, NONE
            rows[account, LAST] = place
        rows[account, NEXT] = place
    else:
        last = rows[account, LAST]
        if pool[last, COLOUR] == colour:
            pool[last, AMOUNT] += amount
            return pool
        pool = _place(pool, state)
        place = state[2]
        pool[place, AMOUNT], pool[place, COLOUR], pool[place, NEXT] = amount, colour, NONE
        pool[last, NEXT] = place
        rows[account, LAST] = place
    return pool


@numba.njit(cache=True, nogil=True)
def _pop(rows: Any, pool: Any, state: Any, account: int) -> None:
    """Take the emptied first lot out of an account."""
    place = rows[account, NEXT]
    if place == NONE:
        rows[account, AMOUNT] = 0
        return
    rows[account, AMOUNT], rows[account, COLOUR] = pool[place, AMOUNT], pool[place, COLOUR]
    rows[account, NEXT] = pool[place, NEXT]
    if rows[account, NEXT] == NONE:
        rows[account, LAST] = NONE
    pool[place, NEXT] = state[1]
    state[1] = place


@numba.njit(cache=True, nogil=True)
def carry(
    payer: Any,
    payee: Any,
    amount: Any,
    tint: Any,
    opening_account: Any,
    opening_colour: Any,
    opening_amount: Any,
    rows: Any,
    pool: Any,
    colours: int,
    last_first: bool,
    record: bool,
    rules: Any,
) -> Any:
    """Carry the lots through all transfers; see graph.tracing.trace for what it means.

    With `rules` a lot's colour is its key, and what graph.ends.settle says of owned money is
    returned too: sums by colour and what was noted; entered, left and records are then not kept.
    Without (None) the compiler leaves all of that out.

    `rows` is zeros, of 4 columns, and `pool` of 4 with any content and length; the caller makes
    them, as NumPy asks for large pages and compiled code does not. Both are used up.

    Returns the records (transfer, colour, amount), if asked for; the lots held at the end
    (account, colour, amount), those that leave next first; per colour what entered and what left;
    what each account paid without having it; and the sums and notes of owned money.
    """
    state = np.array([0, NONE, NONE], dtype=np.int64)
    entered, left = np.zeros(colours, dtype=np.int64), np.zeros(colours, dtype=np.int64)
    overdrawn = np.zeros(len(rows), dtype=np.int64)
    records, recorded = np.empty((1024 if record else 1, 4), dtype=np.int64), 0
    # Place 0 of the pieces of a payment is for what is missing, where that is the newest.
    pieces = np.empty((64, 4), dtype=np.int64)
    tinted = len(tint) > 0
    sums = np.zeros((1 if rules is None else colours, SUMS), dtype=np.int64)
    noted, counts = np.empty((1024, 4), dtype=np.int64), np.zeros(1, np.int64)
    if rules is not None:
        # In accounts that live on owned money nobody's lies apart, and leaves last.
        apart = rules[10]
        set_aside = np.zeros(len(apart), dtype=np.int64)
    for lot in range(len(opening_amount)):
        colour = opening_colour[lot]
        entered[colour] += opening_amount[lot]
        if (
            rules is not None
            and colour == UNKNOWN
            and len(apart) > 0
            and apart[opening_account[lot]]
        ):
            set_aside[opening_account[lot]] += opening_amount[lot]
            continue
        pool = _lay(
            rows, pool, state, opening_account[lot], colour, opening_amount[lot], last_first
        )
    for row in range(len(amount)):
        if row + AHEAD < len(amount):
            fetch(rows, max(payer[row + AHEAD], 0) * 4)
            fetch(rows, max(payee[row + AHEAD], 0) * 4)
            # Their rows are here by now: the pool's places that they name come next.
            soon = row + AHEAD // 2
            fetch(pool, max(rows[max(payer[soon], 0), NEXT], 0) * 4)
            if not last_first:
                fetch(pool, max(rows[max(payee[soon], 0), LAST], 0) * 4)
        source, target, missing = payer[row], payee[row], amount[row]
        first, past = 1, 1
        if source == target:
            continue
        if source >= 0:
            while missing > 0 and rows[source, AMOUNT] > 0:
                if past + 2 >= len(pieces):
                    pieces = _wider(pieces)
                taken = min(missing, rows[source, AMOUNT])
                pieces[past, COLOUR], pieces[past, AMOUNT] = rows[source, COLOUR], taken
                past += 1
                missing -= taken
                if taken == rows[source, AMOUNT]:
                    _pop(rows, pool, state, source)
                else:
                    rows[source, AMOUNT] -= taken
            if rules is not None and missing > 0 and len(apart) > 0 and set_aside[source] > 0:
                taken = min(missing, set_aside[source])
                set_aside[source] -= taken
                pieces[past, COLOUR], pieces[past, AMOUNT] = UNKNOWN, taken
                past += 1
                missing -= taken
        if missing > 0:
            entered[UNKNOWN] += missing
            if source >= 0:
                overdrawn[source] += missing
            place = past
            if last_first:
                first = place = 0
            else:
                past += 1
            pieces[place, COLOUR], pieces[place, AMOUNT] = UNKNOWN, missing
        if rules is not None:
            noted = wide_enough(noted, counts[0] + past + 2)
            past = settle(
                row, source, target, amount[row], pieces, first, past, rules, sums, noted, counts
            )
        elif tinted and tint[row] >= 0:
            for piece in range(first, past):
                left[pieces[piece, COLOUR]] += pieces[piece, AMOUNT]
            first, past = 1, 2
            pieces[1, COLOUR], pieces[1, AMOUNT] = tint[row], amount[row]
            entered[tint[row]] += amount[row]
        for piece in range(first, past):
            colour, moved = pieces[piece, COLOUR], pieces[piece, AMOUNT]
            if (
                rules is not None
                and colour == UNKNOWN
                and len(apart) > 0
                and target >= 0
                and apart[target]
            ):
                set_aside[target] += moved
            elif target >= 0:
                pool = _lay(rows, pool, state, target, colour, moved, last_first)
            elif rules is None:
                left[colour] += moved
            if record and colour != UNKNOWN and moved > 0:
                if recorded == len(records):
                    records = _wider(records)
                records[recorded, 0], records[recorded, 1] = row, colour
                records[recorded, 2] = moved
                recorded += 1
    found = records[:recorded, :3], _held(rows, pool), entered, left, overdrawn
    return (*found, sums, noted[: counts[0]])


@numba.njit(cache=True, nogil=True)
def _held(rows: Any, pool: Any) -> Any:
    held, found = np.empty((1024, 4), dtype=np.int64), 0
    for account in range(len(rows)):
        amount, colour = rows[account, AMOUNT], rows[account, COLOUR]
        place = rows[account, NEXT]
        while amount > 0:
            if found == len(held):
                held = _wider(held)
            held[found, 0], held[found, 1], held[found, 2] = account, colour, amount
            found += 1
            if place == NONE:
                break
            amount, colour = pool[place, AMOUNT], pool[place, COLOUR]
            place = pool[place, NEXT]
    return held[:found, :3]
