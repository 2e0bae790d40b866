"""Follows marked money from account to account through transfers in the order of their time.

A lot is a sum of one mark (a loan's proceeds, say). It leaves an account before unmarked money
does, oldest lot first, and only by transfers that are given: so what arrives is the most that can
have come this way, and never more than was marked. Amounts are whole fen and none is lost: what was
marked equals what arrived, plus what still lies, plus what ran out of time or hops.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Move:
    """A transfer that marked money may take; `at` is any ordered time in microseconds."""

    number: int
    at: int
    payer: int
    payee: int
    amount_fen: int


@dataclass(frozen=True)
class Mark:
    """Marked money that appears on an account: its owner's number, when and how much."""

    number: int
    at: int
    account: int
    amount_fen: int


@dataclass(frozen=True)
class Arrival:
    """Marked money at its end: whose it is, how much, and the transfers it took, in order."""

    mark: int
    account: int
    amount_fen: int
    path: tuple[int, ...]


@dataclass
class _Lot:
    mark: int
    amount_fen: int
    until: int
    path: tuple[int, ...]


def follow(
    marks: Iterable[Mark],
    moves: Iterable[Move],
    ends: Collection[int],
    window: int,
    maximum_hops: int,
) -> list[Arrival]:
    """Follow marks until they reach one of the end accounts, within a time and a number of hops.

    `window` is in the unit of the times; a lot moves at most `maximum_hops` times. Moves of one
    time go in the order of their numbers, after marks of that time.
    """
    steps = [(mark.at, 0, mark.number, mark) for mark in marks]
    events: list[tuple[int, int, int, Mark | Move]] = list(steps)
    events += [(move.at, 1, move.number, move) for move in moves]
    events.sort(key=lambda event: event[:3])
    held: dict[int, deque[_Lot]] = defaultdict(deque)
    arrivals: list[Arrival] = []
    for at, _, _, event in events:
        if isinstance(event, Mark):
            lot = _Lot(event.number, event.amount_fen, at + window, ())
            held[event.account].append(lot)
            continue
        lots = held.get(event.payer)
        left = event.amount_fen
        while lots and left > 0:
            lot = lots[0]
            if lot.until < at or len(lot.path) >= maximum_hops:
                lots.popleft()
                continue
            part = min(left, lot.amount_fen)
            left -= part
            lot.amount_fen -= part
            path = (*lot.path, event.number)
            if event.payee in ends:
                arrivals.append(Arrival(lot.mark, event.payee, part, path))
            else:
                held[event.payee].append(_Lot(lot.mark, part, lot.until, path))
            if lot.amount_fen == 0:
                lots.popleft()
    return arrivals
