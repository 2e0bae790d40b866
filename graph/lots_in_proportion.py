"""Lots of coloured money that leave an account in proportion, whole fen by largest remainder.

An account holds one lot a colour, in the order of colours, in one block of a pool; a block that is
full moves to one of twice the size, and its old place is used again. A payment of `amount` from an
account that holds `held` draws floor(lot * amount / held) of every lot; the fen that are then
lacking come one each from the lots with the largest remainders, of equal ones the smaller colour
(Hamilton's method). Time is linear in the transfers times the colours that the payer holds.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.ends import AGED, SUMS, in_order_of_keys, settle, wide_enough
from graph.largest_remainder import give_odd_fen, scaled
from graph.prefetch import fetch

UNKNOWN = 0
AHEAD = 24  # transfers that memory is asked for in advance; a row takes about as long to arrive
SMALLEST = 2  # lots of the smallest block
# A row of an account: where its block begins, lots in it, lots it has room for, and all it holds.
START, COUNT, ROOM, HELD = 0, 1, 2, 3
AMOUNT, COLOUR = 0, 1


@numba.njit(cache=True, nogil=True)
def _draw(rows: Any, pool: Any, account: int, amount: int, pieces: Any, scratch: Any) -> int:
    """Draw at most what an account holds; returns how many pieces there are."""
    start, count, held = rows[account, START], rows[account, COUNT], rows[account, HELD]
    if amount >= held:
        for lot in range(count):
            pieces[lot, AMOUNT] = pool[start + lot, AMOUNT]
            pieces[lot, COLOUR] = pool[start + lot, COLOUR]
        rows[account, COUNT], rows[account, HELD] = 0, 0
        return int(count)
    rows[account, HELD] = held - amount
    if count == 1:
        pieces[0, AMOUNT], pieces[0, COLOUR] = amount, pool[start, COLOUR]
        pool[start, AMOUNT] -= amount
        return 1
    rest = amount
    for lot in range(count):
        pieces[lot, AMOUNT], scratch[0, lot] = scaled(amount, pool[start + lot, AMOUNT], held)
        pieces[lot, COLOUR] = pool[start + lot, COLOUR]
        rest -= pieces[lot, AMOUNT]
    if rest > 0:
        give_odd_fen(pieces, scratch, count, rest)
    kept = drawn = 0
    for lot in range(count):
        remains = pool[start + lot, AMOUNT] - pieces[lot, AMOUNT]
        if remains > 0:
            pool[start + kept, AMOUNT] = remains
            pool[start + kept, COLOUR] = pool[start + lot, COLOUR]
            kept += 1
        if pieces[lot, AMOUNT] > 0:
            pieces[drawn, AMOUNT], pieces[drawn, COLOUR] = pieces[lot, AMOUNT], pieces[lot, COLOUR]
            drawn += 1
    rows[account, COUNT] = kept
    return drawn


@numba.njit(cache=True, nogil=True)
def _roomier(rows: Any, pool: Any, freed: Any, account: int, wanted: int) -> Any:
    """Move an account's lots to a block with room for `wanted`; `freed` heads blocks by size."""
    size, room = 0, SMALLEST
    while room < wanted:
        size, room = size + 1, 2 * room
    if freed[size] >= 0:
        start = freed[size]
        freed[size] = pool[start, AMOUNT]
    else:
        start = freed[-1]
        freed[-1] += room
        if freed[-1] > len(pool):
            wider = np.empty((max(2 * len(pool), freed[-1]), 2), dtype=np.int64)
            wider[: len(pool)] = pool
            pool = wider
    before = rows[account, START]
    for lot in range(rows[account, COUNT]):
        pool[start + lot, AMOUNT] = pool[before + lot, AMOUNT]
        pool[start + lot, COLOUR] = pool[before + lot, COLOUR]
    if rows[account, ROOM] > 0:
        size, place = 0, SMALLEST
        while place < rows[account, ROOM]:
            size, place = size + 1, 2 * place
        pool[before, AMOUNT] = freed[size]
        freed[size] = before
    rows[account, START], rows[account, ROOM] = start, room
    return pool


@numba.njit(cache=True, nogil=True)
def _lay(rows: Any, pool: Any, freed: Any, account: int, pieces: Any, count: int) -> Any:
    """Merge pieces, in the order of colours, into an account; returns the pool."""
    start, lots = rows[account, START], rows[account, COUNT]
    lot = piece = union = 0
    while lot < lots and piece < count:
        one, other = pool[start + lot, COLOUR], pieces[piece, COLOUR]
        lot += one <= other
        piece += other <= one
        union += 1
    union += lots - lot + count - piece
    if union > rows[account, ROOM]:
        pool = _roomier(rows, pool, freed, account, union)
        start = rows[account, START]
    lot, piece = lots - 1, count - 1
    for place in range(start + union - 1, start - 1, -1):
        if piece < 0:
            break
        colour, moved = pieces[piece, COLOUR], pieces[piece, AMOUNT]
        if lot >= 0 and pool[start + lot, COLOUR] > colour:
            pool[place, AMOUNT] = pool[start + lot, AMOUNT]
            pool[place, COLOUR] = pool[start + lot, COLOUR]
            lot -= 1
            continue
        if lot >= 0 and pool[start + lot, COLOUR] == colour:
            pool[place, AMOUNT] = pool[start + lot, AMOUNT] + moved
            lot -= 1
        else:
            pool[place, AMOUNT] = moved
        pool[place, COLOUR] = colour
        rows[account, HELD] += moved
        piece -= 1
    rows[account, COUNT] = union
    return pool


@numba.njit(cache=True, nogil=True)
def _forget(rows: Any, pool: Any, account: int, before: int, colours: int, sums: Any) -> None:
    """Make nobody's what left its owner before a day."""
    start, count = rows[account, START], rows[account, COUNT]
    kept = aged = 0
    for lot in range(count):
        key, held = pool[start + lot, COLOUR], pool[start + lot, AMOUNT]
        if key >= colours and key // colours < before:
            sums[key % colours, AGED] += held
            aged += held
        else:
            pool[start + kept, COLOUR], pool[start + kept, AMOUNT] = key, held
            kept += 1
    if aged == 0:
        return
    if kept == 0 or pool[start, COLOUR] != UNKNOWN:
        # At least one lot went, so that there is room for this one.
        for lot in range(kept, 0, -1):
            pool[start + lot, COLOUR] = pool[start + lot - 1, COLOUR]
            pool[start + lot, AMOUNT] = pool[start + lot - 1, AMOUNT]
        pool[start, COLOUR], pool[start, AMOUNT] = UNKNOWN, 0
        kept += 1
    pool[start, AMOUNT] += aged
    rows[account, COUNT] = kept


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
    record: bool,
    rules: Any,
) -> Any:
    """Carry the lots through all transfers; takes and returns what graph.lots_in_order.carry does,
    but for the pool, which has 2 columns.
    """
    freed = np.full(64, -1, dtype=np.int64)
    freed[-1] = 0
    entered, left = np.zeros(colours, dtype=np.int64), np.zeros(colours, dtype=np.int64)
    overdrawn = np.zeros(len(rows), dtype=np.int64)
    records, recorded = np.empty((1024 if record else 1, 3), dtype=np.int64), 0
    pieces = np.empty((64, 2), dtype=np.int64)
    scratch = np.empty((2, 64), dtype=np.int64)
    tinted = len(tint) > 0
    sums = np.zeros((1 if rules is None else colours, SUMS), dtype=np.int64)
    noted, counts = np.empty((1024, 4), dtype=np.int64), np.zeros(1, np.int64)
    for lot in range(len(opening_amount)):
        colour = opening_colour[lot]
        entered[colour] += opening_amount[lot]
        pieces[0, COLOUR], pieces[0, AMOUNT] = colour, opening_amount[lot]
        if opening_amount[lot] > 0:
            pool = _lay(rows, pool, freed, opening_account[lot], pieces, 1)
    for row in range(len(amount)):
        if row + AHEAD < len(amount):
            fetch(rows, max(payer[row + AHEAD], 0) * 4)
            fetch(rows, max(payee[row + AHEAD], 0) * 4)
            soon = row + AHEAD // 2
            fetch(pool, rows[max(payer[soon], 0), START] * 2)
            fetch(pool, rows[max(payee[soon], 0), START] * 2)
        source, target, count, missing = payer[row], payee[row], 0, amount[row]
        if missing == 0 or source == target:
            continue
        if source >= 0:
            missing = max(missing - rows[source, HELD], 0)
            if rules is not None:
                _forget(rows, pool, source, rules[2][row] - rules[8], colours, sums)
            # One piece of each lot, and one of what is missing.
            if rows[source, COUNT] + 2 > len(pieces):
                pieces = wide_enough(pieces, rows[source, COUNT] + 2)
                scratch = np.empty((2, len(pieces)), dtype=np.int64)
            count = _draw(rows, pool, source, amount[row], pieces, scratch)
        if missing > 0:
            entered[UNKNOWN] += missing
            if source >= 0:
                overdrawn[source] += missing
            if count == 0 or pieces[0, COLOUR] != UNKNOWN:
                for piece in range(count, 0, -1):
                    pieces[piece, AMOUNT] = pieces[piece - 1, AMOUNT]
                    pieces[piece, COLOUR] = pieces[piece - 1, COLOUR]
                pieces[0, COLOUR], pieces[0, AMOUNT] = UNKNOWN, 0
                count += 1
            pieces[0, AMOUNT] += missing
        if rules is not None:
            noted = wide_enough(noted, counts[0] + count + 1)
            count = settle(
                row, source, target, amount[row], pieces, 0, count, rules, sums, noted, counts
            )
            count = in_order_of_keys(pieces, count)
        elif tinted and tint[row] >= 0:
            for piece in range(count):
                left[pieces[piece, COLOUR]] += pieces[piece, AMOUNT]
            pieces[0, COLOUR], pieces[0, AMOUNT] = tint[row], amount[row]
            entered[tint[row]] += amount[row]
            count = 1
        if target >= 0:
            pool = _lay(rows, pool, freed, target, pieces, count)
        elif rules is None:
            for piece in range(count):
                left[pieces[piece, COLOUR]] += pieces[piece, AMOUNT]
        if record:
            for piece in range(count):
                if pieces[piece, COLOUR] == UNKNOWN:
                    continue
                if recorded == len(records):
                    wider = np.empty((2 * len(records), 3), dtype=np.int64)
                    wider[: len(records)] = records
                    records = wider
                records[recorded, 0], records[recorded, 1] = row, pieces[piece, COLOUR]
                records[recorded, 2] = pieces[piece, AMOUNT]
                recorded += 1
    held, found = np.empty((rows[:, COUNT].sum(), 3), dtype=np.int64), 0
    for account in range(len(rows)):
        for lot in range(rows[account, COUNT]):
            place = rows[account, START] + lot
            held[found, 0], held[found, 1] = account, pool[place, COLOUR]
            held[found, 2] = pool[place, AMOUNT]
            found += 1
    return records[:recorded], held, entered, left, overdrawn, sums, noted[: counts[0]]
