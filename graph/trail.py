"""Follows what some accounts paid to where it ended, or what they got to where it came from.

Forward (uses): what leaves the asked accounts is followed through every other account to the last
transfer known; it ends where it lies then, outside, or when it comes back. Backward (sources): the
same in reversed time, so that what came to the asked accounts ends in balances that were there
before the first transfer, outside, or in what an account paid without having it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numba
import numpy as np
import numpy.typing as npt

from graph.bounds import EndBounds, bounds, reach
from graph.paths import Parts, parts
from graph.tracing import OUTSIDE, Convention, Opening, Transfers, trace

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Direction = Literal["sources", "uses"]
MARKED = 1


@dataclass(frozen=True)
class Trail:
    """Followed money, in the order it was followed: backward rows run from payee to payer.

    `row` is the caller's row of each of `transfers`, -1 where an account is given what it paid
    without having it: that comes from an account of its own, its number plus `accounts`.
    `carried_fen` is by row of `transfers`. An end is an account, or -1 for outside.
    """

    transfers: Transfers
    row: Ints
    held_fen: Ints
    asked: Flags
    origin: Flags
    carried_fen: Ints
    end_account: Ints
    end_fen: Ints
    total_fen: int
    convention: Convention

    def bounds(self, ends: Ints, maximum_transfers: int) -> EndBounds | None:
        """What can have come to some ends under any convention; None beyond the limit."""
        reached = reach(self.transfers, self.asked, self.origin, self.held_fen)
        if len(reached.rows) > maximum_transfers:
            return None
        return bounds(self.transfers, self.asked, reached, ends)

    def parts(self, maximum_parts: int) -> Parts:
        """The paths of the money, in parts; last in first out takes the newest first."""
        return parts(
            self.transfers, self.carried_fen, self.asked,
            last_first=self.convention == "lifo", maximum_parts=maximum_parts,
        )  # fmt: skip


def follow(
    transfers: Transfers,
    asked: Flags,
    between_us: tuple[int, int],
    held_fen: Ints,
    *,
    direction: Direction,
    convention: Convention,
) -> Trail:
    """Follow the money of asked accounts that they paid, or got, between two instants (inclusive).

    `asked` and `held_fen` (before the first transfer) are by account. Transfers among the asked
    accounts are theirs and not followed. What came in of the money equals what is at the ends.
    """
    accounts = len(asked)
    row = np.arange(len(transfers))
    if direction == "sources":
        lacking, held_fen = _balances(
            transfers.payer, transfers.payee, transfers.amount_fen, held_fen.astype(np.int64)
        )
        transfers, row = _with_what_was_lacking(transfers, row, lacking, accounts)
        transfers, row = transfers.reversed_in_time(), row[::-1]
        asked = np.concatenate([asked, np.zeros(accounts, dtype=np.bool_)])
        held_fen = np.concatenate([held_fen, np.zeros(accounts, dtype=np.int64)])
        between_us = (-between_us[1], -between_us[0])
    leaves = asked[transfers.payer] & (transfers.payer >= 0)
    inside = leaves & asked[transfers.payee] & (transfers.payee >= 0)
    first, last = between_us
    origin = leaves & ~inside & (transfers.booked_at >= first) & (transfers.booked_at <= last)
    # What an asked account lacked itself came to it by no transfer.
    origin &= row >= 0
    tint = np.where(origin, MARKED, np.where(leaves, 0, -1)).astype(np.int32)
    traced = trace(
        transfers, tint, accounts=len(asked), colours=MARKED + 1, convention=convention,
        opening=Opening.balances(held_fen),
    )  # fmt: skip
    carried = traced.carried(MARKED, len(transfers))
    held = traced.held(MARKED, len(asked))
    held[asked] = 0
    came_back = (transfers.payee >= 0) & asked[transfers.payee] & (carried > 0)
    np.add.at(held, transfers.payee[came_back], carried[came_back])
    outside = int(carried[transfers.payee == OUTSIDE].sum())
    account = np.flatnonzero(held > 0)
    fen = held[account]
    if outside:
        account, fen = np.append(account, OUTSIDE), np.append(fen, outside)
    largest = np.lexsort((account, -fen))
    total = int(transfers.amount_fen[origin].sum())
    return Trail(
        transfers, row, held_fen, asked, origin, carried, account[largest], fen[largest], total,
        convention,
    )  # fmt: skip


def tie_dependent_fen(one: Trail, other: Trail) -> int:
    """How much of the money ends elsewhere in another trail, for one of the same money."""
    ends: dict[int, int] = dict(zip(one.end_account.tolist(), one.end_fen.tolist(), strict=True))
    for account, fen in zip(other.end_account.tolist(), other.end_fen.tolist(), strict=True):
        ends[account] = ends.get(account, 0) - fen
    return sum(fen for fen in ends.values() if fen > 0)


@numba.njit(cache=True, nogil=True)
def _balances(payer: Any, payee: Any, amount: Any, opening: Any) -> Any:
    """What each payer lacks of each transfer, and what accounts hold at the end."""
    held, lacking = opening.copy(), np.zeros(len(amount), dtype=np.int64)
    for row in range(len(amount)):
        source, target = payer[row], payee[row]
        if source == target:
            continue
        if source >= 0:
            lacking[row] = max(amount[row] - held[source], 0)
            held[source] += lacking[row] - amount[row]
        if target >= 0:
            held[target] += amount[row]
    return lacking, held


def _with_what_was_lacking(
    transfers: Transfers, row: Ints, lacking: Ints, accounts: int
) -> tuple[Transfers, Ints]:
    """The transfers with a row before each that lacked money, from an account for that alone."""
    before = np.flatnonzero(lacking > 0)
    payer = transfers.payer[before]
    whole = Transfers(
        np.insert(transfers.payer, before, payer + accounts),
        np.insert(transfers.payee, before, payer),
        np.insert(transfers.amount_fen, before, lacking[before]),
        np.insert(transfers.booked_at, before, transfers.booked_at[before]),
    )
    return whole, np.insert(row, before, -1)
