"""The ways that an institution's loan proceeds took, transfer by transfer, from payout to end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from detectors.owned_money import OwnedRecords
from detectors.reserve_detour import Arrival
from graph.look_through import USES, OwnedMoney
from graph.paths import parts
from graph.tracing import Transfers

Ints = npt.NDArray[np.int64]
CIRCLE = USES.index("circle") + 1
# Parts of transfers that the paths of one institution may have; 40 bytes each.
MAXIMUM_PARTS = 4_000_000


@dataclass(frozen=True)
class Noted:
    """What transfers carried of an owner's loan proceeds, in time order: number, sides, fen, end.

    The end is 0 where there was none; `step` is 0 where the money begins.
    """

    transfer_no: Ints
    payer: Ints
    payee: Ints
    booked_at: Ints
    amount_fen: Ints
    use: Ints
    step: Ints


def noted_of(records: OwnedRecords, money: OwnedMoney, owner: int) -> Noted:
    """Choose the notes of an owner's loan proceeds; their colours must have been wanted."""
    colours = records.colours(owner, "loan_proceeds")
    mine = money.notes_of(owner)
    mine = mine[np.isin(money.note_colour[mine], colours)]
    row = money.note_transfer[mine]
    rules, transfers = records.rules, records.transfers
    begins = (rules.kind[row] > 0) & (rules.subject[row] == colours[0])
    return Noted(
        records.transfer_no[row], transfers.payer[row].astype(np.int64),
        transfers.payee[row].astype(np.int64), transfers.booked_at[row], money.note_fen[mine],
        money.note_use[mine], (~begins).astype(np.int64),
    )  # fmt: skip


def arrivals(
    noted: Noted, ended: npt.NDArray[np.bool_], *, last_first: bool, stops: bool = False
) -> list[Arrival]:
    """The money of some transfers by the payout that it came from and the way that it took.

    With `stops` only what went no further counts.
    """
    if not ended.any():
        return []
    # Accounts by small numbers; money begins at one of its own, whoever paid it out.
    places, sides = np.unique(np.concatenate([noted.payer, noted.payee]), return_inverse=True)
    payer, payee = np.split(sides.reshape(-1), 2)
    start = len(places)
    payer = np.where(noted.step == 0, start, payer)
    transfers = Transfers(payer, payee, noted.amount_fen, noted.booked_at)  # type: ignore[arg-type]
    first = np.zeros(start + 1, np.bool_)
    first[start] = True
    found = parts(
        transfers, noted.amount_fen, first, last_first=last_first, maximum_parts=MAXIMUM_PARTS
    )
    fen = found.rest_fen if stops else found.amount_fen
    leaves = np.flatnonzero(ended[found.row] & (fen > 0))
    numbers = noted.transfer_no
    arrived = []
    for leaf in leaves.tolist():
        way = [int(numbers[found.row[part]]) for part in found.path(leaf)]
        account = int(noted.payee[found.row[leaf]])
        arrived.append(Arrival(way[0], account, int(fen[leaf]), tuple(way[1:])))
    return arrived
