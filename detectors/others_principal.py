"""Whose principal it was that earlier payers were paid out of a home: their own, or others'.

Money that came in from a payer is followed while it lies at home, each payer's as a colour of its
own, both first and last in first out; what leaves home and comes back is no principal. An account
that holds the money of many does not say whose leaves, so that the two orders are the bounds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from graph import ends
from graph.look_through import Rules, look_through
from graph.tracing import Convention, Opening, Transfers

Ints = npt.NDArray[np.int64]
ORDERS: tuple[Convention, ...] = ("fifo", "lifo")
# No payment on is followed: what leaves home is read as it leaves.
_AT_ONCE = -1


@dataclass(frozen=True)
class PaidIn:
    """Transfers into and out of homes, and who stands at both ends of each.

    By transfer `begins_with` is the owner into whose home a payer's money comes, `enters` the owner
    into whose home any other money does, `returns_of` the owner whose home pays an earlier payer;
    -1 where none. `payer` and `payee` are holders. `homes` are pairs of account and owner.
    """

    transfers: Transfers
    opening: Opening
    accounts: int
    owners: int
    homes: Ints
    begins_with: Ints
    enters: Ints
    returns_of: Ints
    payer: Ints
    payee: Ints


def returned_from_others(paid: PaidIn) -> Mapping[Convention, Ints]:
    """Of what each owner's home paid to earlier payers, the fen that others had paid in, by order.

    Time is linear in the transfers that touch a home, and in the lots that they move.
    """
    near = _near(paid)
    transfers = Transfers(
        paid.transfers.payer[near], paid.transfers.payee[near], paid.transfers.amount_fen[near],
        paid.transfers.booked_at[near],
    )  # fmt: skip
    begins, payee = paid.begins_with[near], paid.payee[near]
    starting = begins >= 0
    # A pair as one number: pairs themselves are slow to sort.
    lowest = int(paid.payer.min(initial=0))
    span = int(paid.payer.max(initial=0)) - lowest + 1
    pairs = begins[starting] * span + paid.payer[near][starting] - lowest
    keys, number = np.unique(pairs, return_inverse=True)
    payers = np.stack([keys // span, keys % span + lowest], axis=1)
    # Colours: nobody's, then for each owner what no payer brought, then every payer's.
    owner_of = np.concatenate([[-1], np.arange(paid.owners), payers[:, 0]])
    first_payer = 1 + paid.owners
    kind = np.zeros(len(near), np.int64)
    subject = np.zeros(len(near), np.int64)
    returns, enters = paid.returns_of[near], paid.enters[near]
    kind[returns >= 0], subject[returns >= 0] = -ends.RETURNED, returns[returns >= 0]
    kind[enters >= 0], subject[enters >= 0] = ends.ELSEWHERE, 1 + enters[enters >= 0]
    kind[starting], subject[starting] = ends.CLIENT, first_payer + number.reshape(-1)
    colours = np.arange(len(owner_of))
    none = np.zeros((0, 2), np.int64)
    rules = Rules(
        owner_of.astype(np.int32), np.stack([colours, colours], axis=1).astype(np.int32),
        kind.astype(np.int8), subject.astype(np.int32), np.ones(len(near), np.int32), paid.homes,
        none, none, _AT_ONCE,
    )  # fmt: skip
    found: dict[Convention, Ints] = {}
    for order in ORDERS:
        money = look_through(
            transfers, rules, paid.opening, accounts=paid.accounts, convention=order,
            wanted=colours >= first_payer,
        )  # fmt: skip
        back = money.note_use == ends.RETURNED
        whose = payers[money.note_colour[back] - first_payer]
        to = payee[money.note_transfer[back]]
        # One who is not on record as a payer may be paid for one who is.
        known = np.isin(whose[:, 0] + paid.owners * to, payers[:, 0] + paid.owners * payers[:, 1])
        other = known & (whose[:, 1] != to)
        fen = np.zeros(paid.owners, np.int64)
        np.add.at(fen, whose[other, 0], money.note_fen[back][other])
        found[order] = fen
    return MappingProxyType(found)


def _near(paid: PaidIn) -> Ints:
    """The places of transfers that touch a home; all others leave its money as it is."""
    at_home = np.zeros(paid.accounts + 1, np.bool_)
    at_home[paid.homes[:, 0]] = True
    touching = at_home[paid.transfers.payer] | at_home[paid.transfers.payee]
    return np.flatnonzero(touching)
