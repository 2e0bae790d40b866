"""Money that went into a payment firm's reserve and came out again for someone else.

A reserve is one account for everyone: who was paid for a payment in is not on record, so that no
order of its fen says anything. What says something is that the reserve pays an account of the
circle hardly anything but such money, or just the same sum again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.settings import SelfFinancing
from detectors.owned_money import OwnedRecords

HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class Paid:
    """A transfer: when (microseconds), from and to which account, and its whole sum."""

    at: int
    payer: int
    payee: int
    amount_fen: int


@dataclass(frozen=True)
class Arrival:
    """Proceeds at their end: the transfer that paid the loan out, the account where they ended, how
    much, and the transfers that they took after the payout, in order."""

    mark: int
    account: int
    amount_fen: int
    path: tuple[int, ...]


def through_reserves(
    settings: SelfFinancing, records: OwnedRecords, waiting: Sequence[Arrival], circle: set[int]
) -> list[Arrival]:
    """What of the proceeds that came into reserves explains what these paid the circle afterwards.

    A payment to the circle takes the oldest of what came within the hours of a window; of what it
    took there, only payments that it explains in good part, or of the same sum, count.
    """
    if not waiting:
        return []
    transfers = records.transfers
    reserves = {each.account for each in waiting}
    rows = records.paid_by_homes(reserves)
    rows = rows[np.isin(transfers.payee[rows], list(circle))]
    held: dict[int, list[tuple[int, Arrival]]] = defaultdict(list)
    for each in waiting:
        at = int(transfers.booked_at[np.searchsorted(records.transfer_no, _last(each))])
        held[each.account].append((at, each))
    for lots in held.values():
        lots.sort(key=lambda lot: (lot[0], lot[1].path))
    found: list[tuple[int, Arrival]] = []
    whole: dict[tuple[int, int], int] = defaultdict(int)
    for row in rows.tolist():
        paid = int(transfers.amount_fen[row])
        payer, payee = int(transfers.payer[row]), int(transfers.payee[row])
        at, number = int(transfers.booked_at[row]), int(records.transfer_no[row])
        whole[payer, payee] += paid
        found += [
            (row, replace(lot, account=payee, amount_fen=part, path=(*lot.path, number)))
            for lot, part in _taken(settings, held[payer], at, paid)
        ]
    explained: dict[tuple[int, int], int] = defaultdict(int)
    of_payment: dict[int, int] = defaultdict(int)
    for row, each in found:
        explained[int(transfers.payer[row]), each.account] += each.amount_fen
        of_payment[row] += each.amount_fen
    kept = []
    for row, each in found:
        pair = int(transfers.payer[row]), each.account
        same = of_payment[row] >= settings.same_sum_share * int(transfers.amount_fen[row])
        if same or explained[pair] >= settings.hub_explained_share * whole[pair]:
            kept.append(each)
    return kept


def _taken(
    settings: SelfFinancing, lots: list[tuple[int, Arrival]], at: int, paid: int
) -> list[tuple[Arrival, int]]:
    """Take lots for a payment: one of nearly its sum, else the oldest; what is left stays there."""
    lots[:] = [lot for lot in lots if at - lot[0] <= settings.window_hours * HOUR_US]
    ready = [place for place, lot in enumerate(lots) if lot[0] <= at]
    alike = [
        place for place in ready
        if paid <= lots[place][1].amount_fen <= settings.passed_on_ratio * paid
    ]  # fmt: skip
    taken, left = [], paid
    for place in alike[:1] or ready:
        since, lot = lots[place]
        part = min(left, lot.amount_fen)
        if part:
            taken.append((lot, part))
            lots[place] = (since, replace(lot, amount_fen=lot.amount_fen - part))
        left -= part
    lots[:] = [lot for lot in lots if lot[1].amount_fen > 0]
    return taken


def _last(arrival: Arrival) -> int:
    return arrival.path[-1] if arrival.path else arrival.mark
