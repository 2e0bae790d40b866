"""The kernel of tracing: lots of coloured money in accounts, drawn and laid down by array passes.

A lot is an amount with a colour, the number of hops since it was coloured, and the time of that.
Each account's lots are a linked list in one pool of arrays; freed places are used again. First in
first out and last in first out touch only the lots that move; pro rata touches every lot of the
payer, so lots of one key stand once in an account, in the order of their keys.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

FIFO, LIFO, PRORATA = 0, 1, 2
NONE = -1
# Columns of the pool of lots and of pieces: what a lot is, and at last the next lot of its account.
COLOUR, HOP, BORN, AMOUNT, NEXT = 0, 1, 2, 3, 4


@numba.njit(cache=True)
def _grown(rows: Any) -> Any:
    wider = np.empty((2 * rows.shape[0], rows.shape[1]), dtype=rows.dtype)
    wider[: rows.shape[0]] = rows
    return wider


@numba.njit(cache=True)
def scaled(amount: int, part: int, whole: int) -> tuple[int, int]:
    """Quotient and remainder of amount * part / whole, exact beyond 63 bits; part <= whole."""
    if part == 0 or amount <= 9_223_372_036_854_775_807 // part:
        return amount * part // whole, amount * part % whole
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


@numba.njit(cache=True)
def _same(lots: Any, place: int, piece: Any) -> bool:
    return bool(
        lots[place, COLOUR] == piece[COLOUR]
        and lots[place, HOP] == piece[HOP]
        and lots[place, BORN] == piece[BORN]
    )


@numba.njit(cache=True)
def _before(lots: Any, place: int, piece: Any) -> bool:
    for column in (COLOUR, BORN, HOP):
        if lots[place, column] != piece[column]:
            return bool(lots[place, column] < piece[column])
    return False


@numba.njit(cache=True)
def _lay(lots: Any, state: Any, head: Any, tail: Any, owner: int, piece: Any, rule: int) -> Any:
    """Lay one piece down in an account; state is [places used, first free place]."""
    if piece[AMOUNT] == 0:
        return lots
    before, place = NONE, head[owner]
    if rule == FIFO:
        if tail[owner] != NONE and _same(lots, tail[owner], piece):
            lots[tail[owner], AMOUNT] += piece[AMOUNT]
            return lots
        before, place = tail[owner], NONE
    elif rule == LIFO:
        if place != NONE and _same(lots, place, piece):
            lots[place, AMOUNT] += piece[AMOUNT]
            return lots
    else:
        while place != NONE and _before(lots, place, piece):
            before, place = place, lots[place, NEXT]
        if place != NONE and _same(lots, place, piece):
            lots[place, AMOUNT] += piece[AMOUNT]
            return lots
    new = state[1]
    if new != NONE:
        state[1] = lots[new, NEXT]
    else:
        if state[0] == lots.shape[0]:
            lots = _grown(lots)
        new = state[0]
        state[0] += 1
    lots[new, :NEXT] = piece[:NEXT]
    lots[new, NEXT] = place
    if before == NONE:
        head[owner] = new
    else:
        lots[before, NEXT] = new
    if place == NONE:
        tail[owner] = new
    return lots


@numba.njit(cache=True)
def _free(lots: Any, state: Any, head: Any, tail: Any, owner: int, before: int, place: int) -> int:
    """Take an emptied lot out of its account; returns the lot after it."""
    after = lots[place, NEXT]
    if before == NONE:
        head[owner] = after
    else:
        lots[before, NEXT] = after
    if after == NONE:
        tail[owner] = before
    lots[place, NEXT] = state[1]
    state[1] = place
    return int(after)


@numba.njit(cache=True)
def _draw_in_order(
    lots: Any, state: Any, head: Any, tail: Any, owner: int, amount: int, pieces: Any
) -> tuple[Any, int]:
    """Draw from the head of an account; returns the pieces and how many they are."""
    count, left = 0, amount
    while left > 0 and head[owner] != NONE:
        place = head[owner]
        if count == pieces.shape[0]:
            pieces = _grown(pieces)
        taken = min(left, lots[place, AMOUNT])
        pieces[count] = lots[place]
        pieces[count, AMOUNT] = taken
        count, left = count + 1, left - taken
        lots[place, AMOUNT] -= taken
        if lots[place, AMOUNT] == 0:
            _free(lots, state, head, tail, owner, NONE, place)
    return pieces, count


@numba.njit(cache=True)
def _draw_in_proportion(
    lots: Any, state: Any, head: Any, tail: Any, owner: int, amount: int, pieces: Any
) -> tuple[Any, int]:
    """Draw from every lot of an account in proportion, whole fen by the largest remainders."""
    held, count, place = 0, 0, head[owner]
    while place != NONE:
        held += lots[place, AMOUNT]
        if count == pieces.shape[0]:
            pieces = _grown(pieces)
        pieces[count] = lots[place]
        count, place = count + 1, lots[place, NEXT]
    if amount < held:
        rest = amount
        remainder = np.empty(count, dtype=np.int64)
        for number in range(count):
            share, remainder[number] = scaled(amount, pieces[number, AMOUNT], held)
            pieces[number, AMOUNT] = share
            rest -= share
        if rest > 0:
            order = np.argsort(-remainder, kind="mergesort")
            for number in order[:rest]:
                pieces[number, AMOUNT] += 1
    before, place = NONE, head[owner]
    for number in range(count):
        lots[place, AMOUNT] -= pieces[number, AMOUNT]
        if lots[place, AMOUNT] == 0:
            place = _free(lots, state, head, tail, owner, before, place)
        else:
            before, place = place, lots[place, NEXT]
    return pieces, count


@numba.njit(cache=True)
def carry(
    payer: Any,
    payee: Any,
    amount: Any,
    time: Any,
    tint: Any,
    opening: Any,
    accounts: int,
    colours: int,
    rule: int,
    maximum_hops: int,
    window: int,
    maximum_lots: int,
) -> Any:
    """Carry the lots through all transfers; see graph.tracing.trace for what it means.

    Returns the records (transfer, colour, hop, amount), the lots held at the end (account,
    colour, hop, amount), the sums per colour (entered, left, faded, cut), and the amount that each
    account paid without having it.
    """
    lots = np.empty((max(1024, 2 * opening.shape[0]), 5), dtype=np.int64)
    state = np.array([0, NONE], dtype=np.int64)
    head = np.full(accounts, NONE, dtype=np.int64)
    tail = np.full(accounts, NONE, dtype=np.int64)
    lengths = np.zeros(accounts, dtype=np.int64)
    sums = np.zeros((colours, 4), dtype=np.int64)
    overdrawn = np.zeros(accounts, dtype=np.int64)
    records = np.empty((1024, 4), dtype=np.int64)
    recorded = 0
    pieces = np.empty((64, 5), dtype=np.int64)
    piece = np.zeros(5, dtype=np.int64)
    for row in range(opening.shape[0]):
        # What was held before has no tint of its own: its window begins with the first transfer.
        piece[COLOUR], piece[HOP], piece[BORN] = opening[row, 1], 0, 0
        if window >= 0 and piece[COLOUR] != 0 and len(time) > 0:
            piece[BORN] = time[0]
        piece[AMOUNT] = opening[row, 2]
        sums[opening[row, 1], 0] += opening[row, 2]
        lots = _lay(lots, state, head, tail, opening[row, 0], piece, rule)
    for row in range(len(amount)):
        source, target = payer[row], payee[row]
        count, missing = 0, amount[row]
        if source >= 0:
            if rule == PRORATA:
                pieces, count = _draw_in_proportion(
                    lots, state, head, tail, source, amount[row], pieces
                )
            else:
                pieces, count = _draw_in_order(lots, state, head, tail, source, amount[row], pieces)
            for number in range(count):
                missing -= pieces[number, AMOUNT]
            overdrawn[source] += missing
        if count == pieces.shape[0]:
            pieces = _grown(pieces)
        if missing > 0:
            pieces[count] = 0
            pieces[count, AMOUNT] = missing
            sums[0, 0] += missing
            count += 1
        if tint[row] >= 0:
            for number in range(count):
                sums[pieces[number, COLOUR], 1] += pieces[number, AMOUNT]
            pieces[0] = 0
            pieces[0, COLOUR], pieces[0, AMOUNT] = tint[row], amount[row]
            if window >= 0:
                pieces[0, BORN] = time[row]
            sums[tint[row], 0] += amount[row]
            count = 1
        if rule == PRORATA and target >= 0:
            length, place = 0, head[target]
            while place != NONE:
                length, place = length + 1, lots[place, NEXT]
            lengths[target] = length
        for number in range(count):
            piece[:] = pieces[number]
            colour = piece[COLOUR]
            if colour != 0 and tint[row] < 0:
                if maximum_hops >= 0:
                    piece[HOP] += 1
                stale = (maximum_hops >= 0 and piece[HOP] > maximum_hops) or (
                    window >= 0 and time[row] - piece[BORN] > window
                )
                full = rule == PRORATA and target >= 0 and lengths[target] > maximum_lots
                if stale or full:
                    sums[colour, 2 if stale else 3] += piece[AMOUNT]
                    sums[0, 0] += piece[AMOUNT]
                    piece[:3] = 0
            colour = piece[COLOUR]
            if colour != 0 and piece[AMOUNT] > 0:
                if recorded == records.shape[0]:
                    records = _grown(records)
                records[recorded, 0], records[recorded, 1] = row, colour
                records[recorded, 2], records[recorded, 3] = piece[HOP], piece[AMOUNT]
                recorded += 1
            if target >= 0:
                lots = _lay(lots, state, head, tail, target, piece, rule)
                lengths[target] += 1
            else:
                sums[colour, 1] += piece[AMOUNT]
    held = np.empty((state[0], 4), dtype=np.int64)
    found = 0
    for account in range(accounts):
        place = head[account]
        while place != NONE:
            held[found, 0], held[found, 1] = account, lots[place, COLOUR]
            held[found, 2], held[found, 3] = lots[place, HOP], lots[place, AMOUNT]
            found, place = found + 1, lots[place, NEXT]
    return records[:recorded], held[:found], sums, overdrawn
