"""Follows marked money from account to account through transfers in the order of their time.

A lot is a sum of one mark (a loan's proceeds, say). It leaves an account before unmarked money
does, and only by transfers that are given: a payment takes the lot that it passes on nearly whole,
if there is one, else the oldest lots. What arrives is never more than was marked. Amounts are whole
fen and none is lost: what was marked equals what arrived, plus what still lies, plus what ran out
of time or hops. A lot that lay only on accounts that live on marked money may take longer.
"""

from __future__ import annotations

from collections import defaultdict
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


@dataclass(frozen=True)
class Chain:
    """Accounts that live on marked money, and the time and hops that a lot has on them alone."""

    accounts: Collection[int]
    window: int
    maximum_hops: int


@dataclass
class _Lot:
    mark: int
    amount_fen: int
    born: int
    path: tuple[int, ...]
    chained: bool = True


def follow(
    marks: Iterable[Mark],
    moves: Iterable[Move],
    ends: Collection[int],
    window: int,
    maximum_hops: int,
    *,
    passed_on: float,
    chain: Chain | None = None,
    stops: Collection[int] = (),
) -> list[Arrival]:
    """Follow marks until they reach one of the end accounts, within a time and a number of hops.

    `window` is in the unit of the times; a lot moves at most `maximum_hops` times. A payment takes
    a lot as its own when the lot is at most `passed_on` times as large. A lot that lay on accounts
    of the `chain` alone has the chain's window and hops to reach another of them, or an end. What
    lay on one of the `stops` and reached no end has arrived there. Moves of one time go in the
    order of their numbers, after marks of that time.
    """
    steps = [(mark.at, 0, mark.number, mark) for mark in marks]
    events: list[tuple[int, int, int, Mark | Move]] = list(steps)
    events += [(move.at, 1, move.number, move) for move in moves]
    events.sort(key=lambda event: event[:3])
    held: dict[int, list[_Lot]] = defaultdict(list)
    arrivals: list[Arrival] = []
    stopped: list[Arrival] = []
    for at, _, _, event in events:
        if isinstance(event, Mark):
            held[event.account].append(_Lot(event.number, event.amount_fen, at, ()))
            continue
        lots = held.get(event.payer)
        if not lots:
            continue
        longest = max(window, chain.window if chain else 0)
        lots[:] = [lot for lot in lots if lot.amount_fen and at - lot.born <= longest]
        inside, ended = bool(chain and event.payee in chain.accounts), event.payee in ends
        free = []
        for lot in lots:
            age, hops = at - lot.born, len(lot.path)
            soon = age <= window and hops < maximum_hops
            late = chain and lot.chained and age <= chain.window and hops < chain.maximum_hops
            if soon or (late and (inside or (ended and hops))):
                free.append(lot)
        for lot, part in _drawn(free, event.amount_fen, passed_on):
            path = (*lot.path, event.number)
            lot.amount_fen -= part
            if ended:
                arrivals.append(Arrival(lot.mark, event.payee, part, path))
            else:
                chained = lot.chained and inside
                held[event.payee].append(_Lot(lot.mark, part, lot.born, path, chained))
                if event.payee in stops:
                    stopped.append(Arrival(lot.mark, event.payee, part, path))
    return arrivals + _left_behind(stopped, arrivals)


def _left_behind(stopped: list[Arrival], arrivals: list[Arrival]) -> list[Arrival]:
    """What lay on stops and went to no end, the farthest stops first, so that none counts twice."""
    left: list[Arrival] = []
    for stop in sorted(stopped, key=lambda each: (-len(each.path), each.path)):
        length = len(stop.path)
        further = sum(
            each.amount_fen
            for each in (*arrivals, *left)
            if each.mark == stop.mark
            and len(each.path) > length
            and each.path[:length] == stop.path
        )
        if further < stop.amount_fen:
            rest = stop.amount_fen - further
            left.append(Arrival(stop.mark, stop.account, rest, stop.path))
    return left


def _drawn(lots: list[_Lot], amount_fen: int, passed_on: float) -> list[tuple[_Lot, int]]:
    """Choose the lots that a payment takes, and how much of each."""
    whole = [lot for lot in lots if amount_fen <= lot.amount_fen <= amount_fen * passed_on]
    if whole:
        nearest = min(whole, key=lambda lot: lot.amount_fen)
        return [(nearest, amount_fen)]
    drawn, left = [], amount_fen
    for lot in lots:
        part = min(left, lot.amount_fen)
        if part:
            drawn.append((lot, part))
        left -= part
    return drawn
