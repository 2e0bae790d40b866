"""Look-through: one pass over transfers in time order that carries each account's coloured money.

A colour is an origin: a client's money, a loan's proceeds, an opening balance. Colour 0 is unknown.
A transfer may be tinted: then what arrives has the new colour, whatever was drawn. All other
transfers carry on what they draw from the payer's account, under a convention: first in first out,
last in first out, or pro rata. What an account pays without having it is of colour 0, and is said;
nothing is invented: for every colour what entered equals what left, faded and is still held.

Transfers of one instant are taken in the order given (the warehouse: by reference); among them
money that arrives later in that order cannot be paid on earlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from data.errors import ContractError
from graph import lots

Ints = npt.NDArray[np.int64]
Convention = Literal["fifo", "lifo", "prorata"]
RULES: dict[str, int] = {"fifo": lots.FIFO, "lifo": lots.LIFO, "prorata": lots.PRORATA}
UNKNOWN = 0


@dataclass(frozen=True)
class Transfers:
    """Transfers in time order: accounts by number (-1: outside), whole fen, microseconds."""

    payer: Ints
    payee: Ints
    amount_fen: Ints
    booked_at: Ints

    def __post_init__(self) -> None:
        lengths = {len(self.payer), len(self.payee), len(self.amount_fen), len(self.booked_at)}
        if len(lengths) > 1:
            raise ContractError(f"transfers: columns of different lengths {sorted(lengths)}")
        if len(self.booked_at) and (np.diff(self.booked_at) < 0).any():
            raise ContractError("transfers are not in time order; sort them by time and reference")
        if (self.amount_fen < 0).any():
            raise ContractError("transfers: an amount is negative; direction is payer and payee")


@dataclass(frozen=True)
class Opening:
    """What accounts hold before the first transfer: account, colour and whole fen, oldest first.

    How long it lay there is not known, so a window begins for it with the first transfer, and hops
    count from the account that holds it.
    """

    account: Ints
    colour: Ints
    amount_fen: Ints

    @classmethod
    def none(cls) -> Opening:
        """No opening balances."""
        empty = np.zeros(0, dtype=np.int64)
        return cls(empty, empty, empty)


@dataclass(frozen=True)
class Trace:
    """Where coloured money went: a row per transfer, colour and hop that it carried, in time order.

    `hop` counts transfers since the tint (0: the tinted one itself) when a limit of hops was set.
    `held_*` is what accounts hold at the end, unknown money included. Per colour, in fen:
    `entered`, `left` (to outside, or tinted anew), `faded` (beyond hops or window), `cut` (an
    account held more than the limit of lots); the last two go on as unknown. `overdrawn` is what
    each account paid without having it.
    """

    transfer: Ints
    colour: Ints
    hop: Ints
    amount_fen: Ints
    held_account: Ints
    held_colour: Ints
    held_fen: Ints
    entered: Ints
    left: Ints
    faded: Ints
    cut: Ints
    overdrawn: Ints

    def carried(self, colour: int, transfers: int) -> Ints:
        """How much of a colour each transfer carried, in fen."""
        mine = self.colour == colour
        amounts = np.zeros(transfers, dtype=np.int64)
        np.add.at(amounts, self.transfer[mine], self.amount_fen[mine])
        return amounts


def trace(
    transfers: Transfers,
    tint: Ints,
    *,
    accounts: int,
    colours: int,
    convention: Convention,
    opening: Opening | None = None,
    maximum_hops: int | None = None,
    window_us: int | None = None,
    maximum_lots: int = 4096,
) -> Trace:
    """Carry money from account to account; `tint` is a transfer's colour, -1 to carry on.

    Pro rata shares are whole fen by largest remainder (ties: the smaller colour first). Under last
    in first out the pieces of a payment arrive newest first. With `maximum_hops` or `window_us`
    a colour fades to unknown after so many transfers, or so long after its tint. Time is linear in
    the transfers and in the pieces they move; pro rata keeps at most `maximum_lots` a payee.

    Raises:
        ContractError: an unknown convention, or an account or colour beyond their number.
    """
    if convention not in RULES:
        raise ContractError(f"unknown convention {convention!r}; known are {', '.join(RULES)}")
    held = opening or Opening.none()
    _within("account", accounts, transfers.payer, transfers.payee, held.account)
    _within("colour", colours, tint, held.colour)
    records, lots_held, sums, overdrawn = lots.carry(
        transfers.payer,
        transfers.payee,
        transfers.amount_fen,
        transfers.booked_at,
        tint,
        np.stack([held.account, held.colour, held.amount_fen], axis=1),
        accounts,
        max(colours, 1),
        RULES[convention],
        -1 if maximum_hops is None else maximum_hops,
        -1 if window_us is None else window_us,
        maximum_lots,
    )
    transfer, colour, hop, amount_fen = (column.copy() for column in records.T)
    entered, left, faded, cut = (column.copy() for column in sums.T)
    return Trace(
        transfer,
        colour,
        hop,
        amount_fen,
        held_account=lots_held[:, 0].copy(),
        held_colour=lots_held[:, 1].copy(),
        held_fen=lots_held[:, 3].copy(),
        entered=entered,
        left=left,
        faded=faded,
        cut=cut,
        overdrawn=overdrawn,
    )


def _within(name: str, count: int, *columns: Ints) -> None:
    for column in columns:
        if len(column) and (column.max() >= count or column.min() < -1):
            raise ContractError(f"tracing: an {name} number is not within -1..{count - 1}")
