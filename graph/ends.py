"""What becomes of owned money in one payment: it begins, changes stage, meets an end, or is old.

Property and securities end nothing in the pass: what comes there takes on a colour that says so,
as it may go on to the circle. With that colour it counts as theirs wherever else it ends.

An owner is an institution whose clients' money is followed. A lot's key is its colour, plus the
number of colours times the day on which it left its owner's own accounts (0: it has not left). Key
0 is everything that nobody's money is. This is the compiled part that graph.lots_in_order and
graph.lots_in_proportion share; graph.look_through says what it means.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

NONE = -1
AMOUNT, KEY = 0, 1
# Where owned money comes from.
OPENING, CLIENT, BORROWER, CIRCLE_PAYS, ELSEWHERE = 0, 1, 2, 3, 4
# Where it meets an end.
FEE, REFUND, RETURNED, CIRCLE, PROPERTY, SECURITIES, INSTITUTION, OUTSIDE = 1, 2, 3, 4, 5, 6, 7, 8
# Columns of the sums by colour: sources from 0, and uses, which count from 1, after FIRST_USE.
FIRST_USE = 4
STAGE_IN, STAGE_OUT, AGED, CARRIED = 13, 14, 15, 16
SUMS = 17
# Columns of what is known of a marked account: whose own account it is, an end for everyone or 0,
# and the stretch of owners whose circle it belongs to.
HOME, END, FIRST_OWNER, PAST_OWNER = 0, 1, 2, 3


@numba.njit(cache=True, nogil=True)
def end_of(colour_owner: int, known: int, target: int, facts: Any, circle_owner: Any) -> int:
    """The end that money of an owner meets in an account; 0 for none. `known` is its facts' row."""
    if target < 0:
        return OUTSIDE
    if known < 0:
        return 0
    for place in range(facts[known, FIRST_OWNER], facts[known, PAST_OWNER]):
        if circle_owner[place] == colour_owner:
            return CIRCLE
    return int(facts[known, END])


@numba.njit(cache=True, nogil=True)
def settle(
    row: int,
    source: int,
    target: int,
    amount: int,
    pieces: Any,
    first: int,
    past: int,
    rules: Any,
    sums: Any,
    noted: Any,
    counts: Any,
) -> int:
    """Say for each piece of a payment what becomes of it, and write its key on arrival.

    `noted` has room for the pieces and one more; counts[0] are its rows (transfer, colour, use,
    fen). Returns the end of the pieces: a payment that begins owned money has one, at `first`.
    """
    kinds, subjects, days, marks, facts, circle_owner, owner_of, wanted = rules[:8]
    within, colours, passed, sliver = rules[8], rules[9], rules[11], rules[12]
    kind, subject, today = kinds[row], subjects[row], days[row]
    payer_home = NONE
    if source >= 0 and marks[source] > 0:
        payer_home = facts[marks[source] - 1, HOME]
    known = NONE
    if target >= 0:
        known = marks[target] - 1
    payee_home = NONE if known < 0 else facts[known, HOME]
    same_owner = 0
    for piece in range(first, past):
        key, moved = pieces[piece, KEY], pieces[piece, AMOUNT]
        if key == 0 or moved == 0:
            continue
        colour, born = key % colours, key // colours
        owner = owner_of[colour]
        if born > 0 and (today - born > within or moved < sliver):
            sums[colour, AGED] += moved
            pieces[piece, KEY] = 0
            continue
        if payer_home != owner:
            sums[colour, CARRIED] += moved
        use = 0
        if kind > 0:
            if owner_of[subject] == owner:
                same_owner += moved
                sums[colour, STAGE_OUT] += moved
                sums[subject, STAGE_IN] += moved
            else:
                use = INSTITUTION
                sums[colour, FIRST_USE + use] += moved
        else:
            if kind < 0 and subject == owner:
                use = -kind
            else:
                use = end_of(owner, known, target, facts, circle_owner)
            if PROPERTY <= use <= SECURITIES:
                through = passed[colour, use - PROPERTY]
                if through != colour:
                    sums[colour, STAGE_OUT] += moved
                    sums[through, STAGE_IN] += moved
                pieces[piece, KEY] = through + colours * (born if born > 0 else today)
            elif use > 0:
                sums[colour, FIRST_USE + use] += moved
                pieces[piece, KEY] = 0
            elif payee_home == owner:
                pieces[piece, KEY] = colour
            elif born == 0:
                pieces[piece, KEY] = colour + colours * today
        if wanted[colour] or CIRCLE <= use <= SECURITIES:
            place = counts[0]
            noted[place, 0], noted[place, 1] = row, colour
            noted[place, 2], noted[place, 3] = use, moved
            counts[0] += 1
    if kind <= 0:
        return past
    owner = owner_of[subject]
    sums[subject, kind] += amount - same_owner
    use = 0
    if payee_home != owner:
        use = end_of(owner, known, target, facts, circle_owner)
    pieces[first, AMOUNT], pieces[first, KEY] = amount, 0
    if PROPERTY <= use <= SECURITIES:
        through = passed[subject, use - PROPERTY]
        if through != subject:
            sums[subject, STAGE_OUT] += amount
            sums[through, STAGE_IN] += amount
        pieces[first, KEY] = through + colours * today
    elif use > 0:
        sums[subject, FIRST_USE + use] += amount
    elif payee_home == owner:
        pieces[first, KEY] = subject
    else:
        pieces[first, KEY] = subject + colours * today
    if wanted[subject] or CIRCLE <= use <= SECURITIES:
        place = counts[0]
        noted[place, 0], noted[place, 1] = row, subject
        noted[place, 2], noted[place, 3] = use, amount
        counts[0] += 1
    return first + 1


@numba.njit(cache=True, nogil=True)
def in_order_of_keys(pieces: Any, count: int) -> int:
    """Bring pieces into the order of their keys, each key once; returns how many are left."""
    nobodys, kept = 0, 0
    for piece in range(count):
        key, moved = pieces[piece, KEY], pieces[piece, AMOUNT]
        if key == 0:
            nobodys += moved
        elif moved > 0:
            place = kept
            while place > 0 and pieces[place - 1, KEY] > key:
                pieces[place, KEY] = pieces[place - 1, KEY]
                pieces[place, AMOUNT] = pieces[place - 1, AMOUNT]
                place -= 1
            if place > 0 and pieces[place - 1, KEY] == key:
                pieces[place - 1, AMOUNT] += moved
                for later in range(place, kept):
                    pieces[later, KEY] = pieces[later + 1, KEY]
                    pieces[later, AMOUNT] = pieces[later + 1, AMOUNT]
            else:
                pieces[place, KEY], pieces[place, AMOUNT] = key, moved
                kept += 1
    if nobodys > 0:
        for place in range(kept, 0, -1):
            pieces[place, KEY] = pieces[place - 1, KEY]
            pieces[place, AMOUNT] = pieces[place - 1, AMOUNT]
        pieces[0, KEY], pieces[0, AMOUNT] = 0, nobodys
        kept += 1
    return kept


@numba.njit(cache=True, nogil=True)
def wide_enough(table: Any, wanted: int) -> Any:
    """A table with room for so many rows, its old rows kept."""
    if wanted <= len(table):
        return table
    wider = np.empty((max(2 * len(table), wanted), table.shape[1]), dtype=np.int64)
    wider[: len(table)] = table
    return wider
