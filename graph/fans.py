"""Fan-in and fan-out: one account paid by, or paying, many within a window.

One pass over each account's transfers in the order of time keeps a window and how often each
counterparty is in it. (The patterns are two of the eight of E. Altman et al., "Realistic Synthetic
Financial Transactions for Anti-Money Laundering Models", NeurIPS 2023.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numba
import numpy as np

from graph.pattern_found import COMPLETE, Bounds, Found, Ragged, bounded
from graph.transfer_list import Ints, Small, TransferList

Side = Literal["in", "out"]


@dataclass(frozen=True)
class FanSizes:
    """Per transfer the window that ends with it: its transfers, and their different counterparties.

    `rows` are the transfers by account, each account's in the order of time, without those of an
    account to itself; `first` and `size` belong to them: the window of place i is rows[first[i]] to
    rows[i].
    """

    rows: Small
    first: Ints
    size: Ints


def fan_sizes(transfers: TransferList, side: Side, window_us: int | None) -> FanSizes:
    """Measure each transfer's window: the same account's transfers at most `window_us` before it.

    With side "in" accounts are payees and counterparties payers, with "out" the reverse. Of one
    time, rows in their order. Linear in the transfers.

    >>> rows = TransferList.of([(1, 0, 5, 10), (2, 0, 5, 11), (2, 0, 5, 12), (3, 0, 5, 13)])
    >>> fan_sizes(rows, "in", 2).size.tolist()
    [1, 2, 2, 2]
    """
    offsets, rows = transfers.incoming if side == "in" else transfers.outgoing
    _, other = _sides(transfers, side)
    first, size = _sizes(offsets, other[rows], transfers.times[rows], window_us, transfers.accounts)
    return FanSizes(rows, first, size)


def fans(
    transfers: TransferList,
    side: Side,
    *,
    window_us: int | None = None,
    min_members: int = 3,
    bounds: Bounds = COMPLETE,
) -> Found:
    """Every largest window in which an account has at least `min_members` counterparties.

    A window is a stretch of one account's transfers in the order of time, its last at most
    `window_us` after its first; the largest are those that no other window of the account holds.
    An instance's size is its number of different counterparties; its transfers are all of the
    window. In the order of the accounts, then of time. A bound's start is the account.

    >>> rows = TransferList.of([(1, 0, 5, 10), (2, 0, 5, 11), (3, 0, 5, 13)])
    >>> found = fans(rows, "in", window_us=2, min_members=2)
    >>> found.accounts["payer"].distinct().to_lists(), found.transfers.to_lists()
    ([[1, 2], [2, 3]], [[0, 1], [1, 2]])
    """
    measured = fan_sizes(transfers, side, window_us)
    account, other = _sides(transfers, side)
    owner = account[measured.rows]
    last = np.ones(len(owner), dtype=bool)
    last[:-1] = (owner[1:] != owner[:-1]) | (measured.first[1:] > measured.first[:-1])
    found = np.flatnonzero(last & (measured.size >= min_members))
    found, cut = bounded(found, owner[found], transfers.accounts, bounds)
    sizes = np.bincount(measured.size[found]).astype(np.int64)
    counts = np.bincount(owner[found], minlength=transfers.accounts)
    centre, members = ("payee", "payer") if side == "in" else ("payer", "payee")
    kept = found if bounds.store else found[:0]
    starts, ends = measured.first[kept], kept + 1
    places = np.arange(len(kept))
    return Found(
        f"fan-{side}",
        len(found),
        sizes,
        {
            centre: Ragged(places, places + 1, owner[kept]),
            members: Ragged(starts, ends, other[measured.rows]),
        },
        Ragged(starts, ends, measured.rows.astype(np.int64)),
        {centre: counts},
        cut,
    )


def _sides(transfers: TransferList, side: Side) -> tuple[Ints, Ints]:
    if side == "in":
        return transfers.payee, transfers.payer
    return transfers.payer, transfers.payee


@numba.njit(cache=True, nogil=True)
def _sizes(offsets: Any, other: Any, at: Any, window_us: Any, accounts: int) -> Any:
    first = np.empty(len(other), dtype=np.int64)
    size = np.empty(len(other), dtype=np.int64)
    times = np.zeros(accounts, dtype=np.int32)
    for account in range(accounts):
        begin, different = offsets[account], 0
        for place in range(offsets[account], offsets[account + 1]):
            if times[other[place]] == 0:
                different += 1
            times[other[place]] += 1
            while window_us is not None and at[place] - at[begin] > window_us:
                times[other[begin]] -= 1
                if times[other[begin]] == 0:
                    different -= 1
                begin += 1
            first[place], size[place] = begin, different
        for place in range(begin, offsets[account + 1]):
            times[other[place]] = 0
    return first, size
