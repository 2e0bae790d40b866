"""Transfers in the order of time, as arrays, and what of them concerns each party."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from data.store import Database

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
HOUR_US = 3_600_000_000

TRANSFERS = """
select payer, payee, epoch_us(booked_at) as at, amount_fen
from feature_transfer
order by booked_at, payer, payee, amount_fen
"""


@dataclass(frozen=True)
class InTime:
    """Transfers by time: payer, payee (-1: unknown), at (microseconds) and amount_fen.

    `events` lists each party's transfers in time order, 2 * i for one paid, 2 * i + 1 for one
    received; those of party p lie from `starts[p]` to `starts[p + 1]`.
    """

    payer: Ints
    payee: Ints
    at: Ints
    amount_fen: Ints
    parties: int
    events: Ints
    starts: Ints

    @classmethod
    def read(cls, db: Database) -> InTime:
        """Read the temporary table of transfers."""
        rows = db.arrow("transfers in time order", TRANSFERS)
        payer, payee = (rows[name].to_numpy().astype(np.int64) for name in ("payer", "payee"))
        parties = int(max(payer.max(initial=-1), payee.max(initial=-1))) + 1
        owner = np.empty(2 * len(payer), dtype=np.int64)
        owner[0::2], owner[1::2] = payer, payee
        events, starts = grouped(owner, parties)
        return cls(
            payer, payee, rows["at"].to_numpy(), rows["amount_fen"].to_numpy(), parties,
            events, starts,
        )  # fmt: skip

    @property
    def came_in(self) -> Floats:
        """Fen received by each party."""
        return self.sums(self.payee, self.payee >= 0)

    @property
    def went_out(self) -> Floats:
        """Fen paid by each party."""
        return self.sums(self.payer, self.payer >= 0)

    def sums(self, owner: Ints, chosen: npt.NDArray[np.bool_]) -> Floats:
        """Fen of some transfers by one side of them."""
        found = np.bincount(owner[chosen], self.amount_fen[chosen], self.parties)
        return found.astype(np.float64)


def grouped(owner: Ints, parties: int) -> tuple[Ints, Ints]:
    """Places by owner, ascending within one, and where each owner's begin; -1 is left out."""
    order = np.argsort(owner, kind="stable")
    order = order[np.searchsorted(owner[order], 0) :]
    starts = np.zeros(parties + 1, dtype=np.int64)
    np.cumsum(np.bincount(owner[order], minlength=parties), out=starts[1:])
    return order, starts


def share(part: Floats, whole: Floats) -> Floats:
    """Part of the whole; not a number where there is none."""
    found = np.full(len(whole), np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found
