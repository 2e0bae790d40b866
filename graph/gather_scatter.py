"""Gather-scatter: an account paid by many that then pays many.

One pass over each account's payments in and out, in the order of time, with a window before and one
after each turn from taking to paying. (One of the eight patterns of E. Altman et al., "Realistic
Synthetic Financial Transactions for Anti-Money Laundering Models", NeurIPS 2023.)
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.amount_ratio import EVERYTHING, AmountRatio
from graph.amount_ratio import bounds as amount_bounds
from graph.hop_times import TIES, Times, time_rule
from graph.pattern_found import COMPLETE, Bounds, Found, Ragged, bounded
from graph.transfer_list import TransferList


def gather_scatter(
    transfers: TransferList,
    *,
    window_us: int | None = None,
    min_members: int = 2,
    times: Times = "strict",
    ratio: AmountRatio | None = None,
    bounds: Bounds = COMPLETE,
) -> Found:
    """Every turn of an account from taking to paying, with many on both sides.

    A turn is a time at which the account is paid and after which it pays, at the latest when it is
    paid the next time (with `times` "ties": at which or after which it pays, before it is paid the
    next time). What it gathered are the payments to it in the
    window that ends with the turn, what it scattered those it makes in the window that begins with
    it. Both sides have at least `min_members` different counterparties, and with a ratio the sum
    scattered lies within it of the sum gathered. An instance's size is the smaller of the two
    numbers. In the order of the accounts, then of time. A bound's start is the account.

    >>> rows = TransferList.of([(1, 0, 5, 1), (2, 0, 5, 2), (0, 3, 4, 3), (0, 4, 4, 5)])
    >>> gather_scatter(rows, window_us=3).transfers.to_lists()
    [[0, 1, 2, 3]]
    >>> gather_scatter(rows, window_us=2).count
    0

    Linear in the transfers.

    Raises:
        ContractError: no times.
    """
    in_offsets, in_row = transfers.incoming
    out_offsets, out_row = transfers.outgoing
    owner, ranges, sizes = _turns(
        (in_offsets, transfers.payer[in_row], transfers.times[in_row], transfers.amount[in_row]),
        (
            out_offsets,
            transfers.payee[out_row],
            transfers.times[out_row],
            transfers.amount[out_row],
        ),
        window_us,
        min_members,
        time_rule(times, any_order=False) == TIES,
        EVERYTHING if ratio is None else ratio.parts,
    )
    found, cut = bounded(np.arange(len(owner)), owner, transfers.accounts, bounds)
    kept = found if bounds.store else found[:0]
    gathered, scattered = ranges[kept, :2], ranges[kept, 2:]
    places = np.arange(len(kept))
    return Found(
        "gather-scatter",
        len(found),
        np.bincount(sizes[found]).astype(np.int64),
        {
            "payer": Ragged(gathered[:, 0], gathered[:, 1], transfers.payer[in_row]),
            "centre": Ragged(places, places + 1, owner[kept]),
            "payee": Ragged(scattered[:, 0], scattered[:, 1], transfers.payee[out_row]),
        },
        Ragged(gathered[:, 0], gathered[:, 1], in_row.astype(np.int64)).beside(
            Ragged(scattered[:, 0], scattered[:, 1], out_row.astype(np.int64))
        ),
        {"centre": np.bincount(owner[found], minlength=transfers.accounts)},
        cut,
    )


@numba.njit(cache=True, nogil=True)
def _turns(
    incoming: Any, outgoing: Any, window_us: Any, members: int, ties: bool, rule: Any
) -> Any:
    """Each turn's account, its stretches of payments in and out, and its size.

    `incoming` and `outgoing` are offsets, counterparties, times and amounts, by account and time.
    """
    in_offsets, payer, in_at, in_amount = incoming
    out_offsets, payee, out_at, out_amount = outgoing
    accounts = len(in_offsets) - 1
    owners = np.empty(len(in_at), dtype=np.int64)
    ranges, sizes = np.empty((len(in_at), 4), dtype=np.int64), np.empty(len(in_at), dtype=np.int64)
    found = 0
    # How often each counterparty is in the window of payments in, and in that of payments out.
    here = np.zeros((2, accounts), dtype=np.int64)
    for account in range(accounts):
        in_past, out_past = in_offsets[account + 1], out_offsets[account + 1]
        gather = in_offsets[account]
        scatter = until = out_offsets[account]
        payers, payees, gathered, scattered = 0, 0, 0, 0
        for place in range(gather, in_past):
            payers += here[0, payer[place]] == 0
            here[0, payer[place]] += 1
            gathered += in_amount[place]
            turn = in_at[place]
            if place + 1 < in_past and in_at[place + 1] == turn:
                continue
            while window_us is not None and turn - in_at[gather] > window_us:
                here[0, payer[gather]] -= 1
                payers -= here[0, payer[gather]] == 0
                gathered -= in_amount[gather]
                gather += 1
            while until < out_past and (window_us is None or out_at[until] - turn <= window_us):
                payees += here[1, payee[until]] == 0
                here[1, payee[until]] += 1
                scattered += out_amount[until]
                until += 1
            while scatter < until and (
                out_at[scatter] < turn or (out_at[scatter] == turn and not ties)
            ):
                here[1, payee[scatter]] -= 1
                payees -= here[1, payee[scatter]] == 0
                scattered -= out_amount[scatter]
                scatter += 1
            if payers < members or payees < members:
                continue
            if place + 1 < in_past:
                paid_again = in_at[place + 1]
                if out_at[scatter] > paid_again or (ties and out_at[scatter] == paid_again):
                    continue
            least, most = amount_bounds(gathered, rule[0], rule[1], rule[2], rule[3])
            if least <= scattered <= most:
                owners[found], sizes[found] = account, min(payers, payees)
                ranges[found, 0], ranges[found, 1] = gather, place + 1
                ranges[found, 2], ranges[found, 3] = scatter, until
                found += 1
        for place in range(gather, in_past):
            here[0, payer[place]] = 0
        for place in range(scatter, until):
            here[1, payee[place]] = 0
    return owners[:found], ranges[:found], sizes[:found]
