"""Look-through: one pass over transfers in time order that carries each account's coloured money.

A colour is an origin: a client's money, a loan's proceeds, an opening balance. Colour 0 is unknown.
A transfer may be tinted: then what arrives has the new colour, whatever was drawn. All other
transfers carry on what they draw from the payer's account, under a convention: first in first out,
last in first out, or pro rata. What an account pays without having it comes in at that instant as
colour 0, and is said; nothing is invented: for every colour what entered equals what left and what
is still held.

Transfers of one instant are taken in the order given (the warehouse: by reference); among them
money that arrives later in that order cannot be paid on earlier. A transfer from an account to
itself, or from outside to outside, moves nothing and is passed over.

The pass also runs backward: `reversed_in_time` exchanges payer and payee and turns the order round.
A queue read backward is a queue and a stack is a stack, so that under first and last in first out
money followed backward goes the way it came to the fen; under pro rata it does in exact shares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from data.errors import ContractError
from graph import lots_in_order, lots_in_proportion

Ints = npt.NDArray[np.int64]
Small = npt.NDArray[np.int32]
Convention = Literal["fifo", "prorata", "lifo"]
CONVENTIONS: tuple[Convention, ...] = ("fifo", "prorata", "lifo")
UNKNOWN = 0
OUTSIDE = -1


@dataclass(frozen=True)
class Transfers:
    """Transfers in time order: accounts by number (-1: outside), whole fen, microseconds."""

    payer: Small
    payee: Small
    amount_fen: Ints
    booked_at: Ints

    def __post_init__(self) -> None:
        for name in ("payer", "payee"):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), np.int32))
        for name in ("amount_fen", "booked_at"):
            object.__setattr__(self, name, np.ascontiguousarray(getattr(self, name), np.int64))
        lengths = {len(self.payer), len(self.payee), len(self.amount_fen), len(self.booked_at)}
        if len(lengths) > 1:
            raise ContractError(f"transfers: columns of different lengths {sorted(lengths)}")
        if (self.booked_at[1:] < self.booked_at[:-1]).any():
            raise ContractError("transfers are not in time order; sort them by time and reference")
        if (self.amount_fen < 0).any():
            raise ContractError("transfers: an amount is negative; direction is payer and payee")

    def __len__(self) -> int:
        return len(self.amount_fen)

    def reversed_in_time(self) -> Transfers:
        """The same transfers backward: the last one first, from payee to payer."""
        return Transfers(
            self.payee[::-1], self.payer[::-1], self.amount_fen[::-1], -self.booked_at[::-1]
        )

    def ties_reversed(self) -> Ints:
        """The order of rows in which those of one instant stand the other way round."""
        later_first = np.arange(len(self))[::-1]
        order: Ints = np.lexsort((later_first, self.booked_at))
        return order


@dataclass(frozen=True)
class Opening:
    """What accounts hold before the first transfer: account, colour and whole fen, oldest first."""

    account: Small
    colour: Small
    amount_fen: Ints

    @classmethod
    def none(cls) -> Opening:
        """No opening balances."""
        return cls(np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64))

    @classmethod
    def balances(cls, held_fen: Ints, colour: int = UNKNOWN) -> Opening:
        """One colour in every account that holds something; `held_fen` is by account number."""
        account = np.flatnonzero(held_fen > 0).astype(np.int32)
        return cls(account, np.full(len(account), colour, np.int32), held_fen[account])


@dataclass(frozen=True)
class Trace:
    """Where coloured money went: a row per transfer and piece that it carried, in time order.

    Of one transfer's pieces neighbours differ in colour; unknown money has no rows, and there are
    none at all unless they were asked for. `held_*` is what accounts hold at the end, unknown money
    included, in the order it would leave. `entered` and `left` (to outside, or tinted anew) are fen
    by colour, `overdrawn` fen by account: what it paid without having it.
    """

    transfer: Ints
    colour: Ints
    amount_fen: Ints
    held_account: Ints
    held_colour: Ints
    held_fen: Ints
    entered: Ints
    left: Ints
    overdrawn: Ints

    def carried(self, colour: int, transfers: int) -> Ints:
        """How much of a colour each transfer carried, in fen."""
        return _summed(self.colour == colour, self.transfer, self.amount_fen, transfers)

    def held(self, colour: int, accounts: int) -> Ints:
        """How much of a colour each account holds at the end, in fen."""
        return _summed(self.held_colour == colour, self.held_account, self.held_fen, accounts)


def trace(
    transfers: Transfers,
    tint: Small | Ints | None,
    *,
    accounts: int,
    colours: int,
    convention: Convention,
    opening: Opening | None = None,
    record: bool = True,
) -> Trace:
    """Carry money from account to account; `tint` is a transfer's colour, -1 to carry on.

    Pro rata shares are whole fen by largest remainder (ties: the smaller colour first). Under last
    in first out the pieces of a payment arrive newest first. Without `record` there are sums only.
    Time is linear in the transfers and in the pieces they move.

    >>> one = Transfers(*(np.array(column) for column in ([-1, 0], [0, 1], [60, 120], [10, 20])))
    >>> held = Opening.balances(np.array([100, 0]), colour=1)
    >>> for convention in CONVENTIONS:
    ...     traced = trace(one, np.array([2, -1]), accounts=2, colours=3,
    ...                    convention=convention, opening=held)
    ...     print(convention, [int(traced.carried(colour, 2)[1]) for colour in (1, 2)])
    fifo [100, 20]
    prorata [75, 45]
    lifo [60, 60]

    Raises:
        ContractError: an unknown convention, or an account or colour beyond their number.
    """
    if convention not in CONVENTIONS:
        raise ContractError(
            f"unknown convention {convention!r}; known are {', '.join(CONVENTIONS)}"
        )
    held = opening or Opening.none()
    tints = np.zeros(0, np.int32) if tint is None else np.ascontiguousarray(tint, np.int32)
    if tint is not None and len(tints) != len(transfers):
        raise ContractError(f"tracing: {len(tints)} tints for {len(transfers)} transfers")
    _within("account", accounts, -1, transfers.payer, transfers.payee)
    _within("account", accounts, 0, held.account)
    _within("colour", colours, -1, tints)
    _within("colour", colours, 0, held.colour)
    given = (
        transfers.payer, transfers.payee, transfers.amount_fen, tints,
        np.ascontiguousarray(held.account, np.int32), np.ascontiguousarray(held.colour, np.int32),
        np.ascontiguousarray(held.amount_fen, np.int64), np.zeros((accounts, 4), np.int64),
    )  # fmt: skip
    if convention == "prorata":
        pool = np.empty((max(1024, 4 * accounts), 2), np.int64)
        found = lots_in_proportion.carry(*given, pool, max(colours, 1), record, None)
    else:
        pool = np.empty((max(1024, 4 * accounts), 4), np.int64)
        found = lots_in_order.carry(
            *given, pool, max(colours, 1), convention == "lifo", record, None
        )
    records, lots, entered, left, overdrawn, _, _ = found
    transfer, colour, amount_fen = records.T
    held_account, held_colour, held_fen = lots.T
    return Trace(
        transfer, colour, amount_fen, held_account, held_colour, held_fen, entered, left, overdrawn
    )


def _within(name: str, count: int, least: int, *columns: Small | Ints) -> None:
    for column in columns:
        if len(column) and (column.max() >= count or column.min() < least):
            raise ContractError(f"tracing: an {name} number is not within {least}..{count - 1}")


def _summed(mine: npt.NDArray[np.bool_], place: Ints, amount_fen: Ints, length: int) -> Ints:
    sums = np.zeros(length, dtype=np.int64)
    np.add.at(sums, place[mine], amount_fen[mine])
    return sums
