"""Marks of the way back: which accounts can bring money to a start by a deadline, and until when.

Level h holds, per account, the latest time of a payment by which h + 1 payments in the order of
time reach the start by the deadline. Deadlines only grow, so marks only grow, and a payment is
looked at once per level and start. In any order of time a mark is the latest first transfer of a
cycle for which there is a way back; it may say too much, never too little.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numba
import numpy as np

from graph.hop_times import ANY, TIES
from graph.walk import first_from

LEVELS = 3
NOTHING = -1


class Marks(NamedTuple):
    """The marks of one thread; `last` and `prior` list each payer's payments to the start."""

    latest: Any
    done: Any
    waiting: Any
    touched: Any
    counts: Any
    last: Any
    prior: Any


def new_marks(accounts: int, widest: int) -> Marks:
    """Marks for that many accounts, the busiest of which is paid `widest` times."""
    shape = (LEVELS, accounts)
    return Marks(
        np.full(shape, NOTHING, dtype=np.int32),
        np.full(shape, NOTHING, dtype=np.int32),
        np.zeros(shape, dtype=np.bool_),
        np.zeros(shape, dtype=np.int32),
        np.zeros(LEVELS + 1, dtype=np.int64),
        np.full(accounts, NOTHING, dtype=np.int64),
        np.zeros(widest, dtype=np.int64),
    )


@numba.njit(cache=True, nogil=True)
def forget(marks: Marks) -> None:
    """Take all marks away, before another start."""
    for level in range(LEVELS):
        for number in range(marks.counts[level]):
            account = marks.touched[level, number]
            marks.latest[level, account] = NOTHING
            marks.done[level, account] = NOTHING
            if level == 0:
                marks.last[account] = NOTHING
        marks.counts[level] = 0
    marks.counts[LEVELS] = 0


@numba.njit(cache=True, nogil=True)
def _raise(marks: Marks, level: int, account: int, value: int, queue: Any, queued: int) -> int:
    if value <= marks.latest[level, account]:
        return queued
    if marks.latest[level, account] == NOTHING:
        marks.touched[level, marks.counts[level]] = account
        marks.counts[level] += 1
    marks.latest[level, account] = value
    if not marks.waiting[level, account]:
        marks.waiting[level, account] = True
        queue[queued] = account
        return queued + 1
    return queued


@numba.njit(cache=True, nogil=True)
def bring_up(
    marks: Marks,
    queues: Any,
    incoming: Any,
    deadline: Any,
    start: int,
    soonest: int,
    end: int,
    times: int,
    levels: int,
) -> None:
    """Bring the marks of a start up to a deadline, from payments not before `soonest` on.

    `counts[LEVELS]` is how many of the start's incoming payments are marked.
    """
    offsets, _, payer, clock = incoming[:4]
    first, past = offsets[start], offsets[start + 1]
    place = first_from(clock, first + marks.counts[LEVELS], past, soonest)
    queued = 0
    while place < past and clock[place] <= end:
        account = payer[place]
        if account != start:
            marks.prior[place - first] = marks.last[account]
            marks.last[account] = place
            queued = _raise(marks, 0, account, clock[place], queues[0], queued)
        place += 1
    marks.counts[LEVELS] = place - first
    for level in range(min(levels, LEVELS)):
        now, following = queues[level % 2], queues[1 - level % 2]
        filled, queued = queued, 0
        for number in range(filled):
            account = now[number]
            marks.waiting[level, account] = False
            if level + 1 >= min(levels, LEVELS):
                continue
            value = marks.latest[level, account]
            upto = deadline[value] if times == ANY else (value if times == TIES else value - 1)
            past = offsets[account + 1]
            place = max(soonest, marks.done[level, account])
            place = first_from(clock, offsets[account], past, place)
            while place < past and clock[place] <= upto:
                other = payer[place]
                if other != start:
                    least = min(clock[place], value)
                    queued = _raise(marks, level + 1, other, least, following, queued)
                place += 1
            marks.done[level, account] = value


@numba.njit(cache=True, nogil=True)
def leads_back(marks: Marks, account: int, hops: int, soonest: int) -> bool:
    """Whether a way back of at most so many hops can begin at an account not before a time."""
    if hops > LEVELS:
        return True
    for level in range(hops):  # noqa: SIM110 (compiled: a loop, not a generator)
        if marks.latest[level, account] >= soonest:
            return True
    return False
