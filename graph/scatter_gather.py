"""Scatter-gather: money that one account pays to many and that these pay to another one.

From each account all paths of two payments are walked, counted by the account they reach, and kept
for those that enough of them reach; their windows are then slid over. (One of the eight patterns of
E. Altman et al., "Realistic Synthetic Financial Transactions for Anti-Money Laundering Models",
NeurIPS 2023.)
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.amount_ratio import AmountRatio, amounts_by
from graph.by_start import search_starts
from graph.hop_times import ANY, STRICT, Times, time_rule
from graph.pattern_found import COMPLETE, Bounds, Found, Ragged
from graph.transfer_list import TransferList
from graph.walk import first_from, grown, more_rows


def scatter_gather(
    transfers: TransferList,
    *,
    window_us: int | None = None,
    min_members: int = 2,
    times: Times = "strict",
    ratio: AmountRatio | None = None,
    bounds: Bounds = COMPLETE,
    threads: int = 2,
) -> Found:
    """Every largest set of two-payment paths between two accounts within a window, over many.

    A path is a payment to a middle account and one that it makes, later (with `times` "ties": or at
    the same time, with "any": before or after), to a third account; with a ratio the second's
    amount lies within it of the first's. An instance is all paths from one payer to one payee that
    lie within a window, over at least `min_members` middle accounts, unless another window holds
    these and more. Its size is the number of middle accounts; its transfers stand in the order of
    time. In the order of the payers, payees and windows. A bound's start is the payer.

    >>> rows = TransferList.of([(0, 1, 9, 1), (0, 2, 9, 2), (1, 3, 8, 3), (2, 3, 8, 4)])
    >>> found = scatter_gather(rows, window_us=3)
    >>> found.accounts["middle"].to_lists(), found.transfers.to_lists()
    ([[1, 2]], [[0, 1, 2, 3]])

    Time is that of the two-payment paths within the window.

    Raises:
        ContractError: no times.
    """
    out_offsets, out_row = transfers.outgoing
    outgoing = (
        out_offsets,
        transfers.payee[out_row].astype(np.int32),
        transfers.tick[out_row],
        transfers.rank[out_row],
        *amounts_by(out_row, transfers, ratio),
    )
    deadline = transfers.deadlines(window_us, transfers.tick)
    rules = (min_members, time_rule(times))

    def kernel(first: int, past: int, scratch: Any, limit: int, per_start: int) -> Any:
        return _search(first, past, outgoing, deadline, scratch, rules, limit, per_start)

    def scratch() -> Any:
        return np.zeros((3, transfers.accounts), dtype=np.int32)

    searched = search_starts(
        kernel, transfers.accounts, scratch, bounds, threads, lambda payer: payer, size_at=3
    )
    offsets, payer, payee, ranks = _decoded(searched.records, int(searched.sizes.sum()))
    rows = transfers.order[ranks]
    places = np.arange(len(payer))
    lists = Ragged.of_offsets(offsets, rows)
    first_hop = transfers.payer[rows] == np.repeat(payer, lists.lengths)
    hops = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(first_hop, out=hops[1:])
    middles = Ragged.of_offsets(hops[offsets], transfers.payee[rows[first_hop]]).distinct()
    found = Found(
        "scatter-gather",
        len(payer),
        searched.sizes,
        {
            "payer": Ragged(places, places + 1, payer),
            "middle": middles,
            "payee": Ragged(places, places + 1, payee),
        },
        lists,
        {
            role: np.bincount(accounts, minlength=transfers.accounts)
            for role, accounts in (("payer", payer), ("middle", middles.values), ("payee", payee))
        },
        searched.cut,
    )
    return found if bounds.store else found.counts_only()


@numba.njit(cache=True, nogil=True)
def _decoded(records: Any, count: int) -> Any:
    """Offsets, payers, payees and the ranks of the transfers of records."""
    offsets = np.zeros(count + 1, dtype=np.int64)
    payer, payee = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    ranks = np.empty(max(len(records) - 4 * count, 0), dtype=np.int64)
    place = 0
    for number in range(count):
        values = records[place]
        payer[number], payee[number] = records[place + 1], records[place + 2]
        offsets[number + 1] = offsets[number] + values - 3
        for hop in range(values - 3):
            ranks[offsets[number] + hop] = records[place + 4 + hop]
        place += values + 1
    return offsets, payer, payee, ranks


@numba.njit(cache=True, nogil=True)
def _search(
    first: int,
    past: int,
    outgoing: Any,
    deadline: Any,
    scratch: Any,
    rules: Any,
    limit: int,
    per_start: int,
) -> Any:
    """Search the instances whose payer is from `first` to `past` - 1.

    A record is payer, payee, number of middle accounts, and the ranks of the transfers. Returns
    records, how many of each size, and the payers that had more than `per_start`.
    """
    offsets, payee, _, rank = outgoing[:4]
    members, _ = rules
    paths, last_middle, here = scratch[0], scratch[1], scratch[2]
    records, used = np.empty(1024, dtype=np.int32), 0
    sizes = np.zeros(8, dtype=np.int64)
    partly, parts = np.empty(past - first, dtype=np.int64), 0
    total = 0
    for payer in range(first, past):
        if total > limit:
            break
        if offsets[payer + 1] - offsets[payer] < members:
            continue
        walked = _paths(payer, outgoing, deadline, rules, paths, last_middle)
        room, found, more = min(per_start, limit + 1 - total), 0, False
        begin = 0
        while begin < len(walked) and not more:
            end = begin
            while end < len(walked) and walked[end, 0] == walked[begin, 0]:
                end += 1
            group = walked[begin:end]
            begin = end
            for window in _windows(group, deadline, payee, here, members):
                if found == room:
                    more = True
                    break
                inside, size = _inside(group, window, deadline, rank), 0
                found += 1
                size = _middles(group, window, deadline, payee, here)
                if size >= len(sizes):
                    sizes = grown(sizes, size + 1)
                sizes[size] += 1
                if used + len(inside) + 4 > len(records):
                    records = grown(records, used + len(inside) + 4)
                records[used] = len(inside) + 3
                records[used + 1], records[used + 2] = payer, group[0, 0]
                records[used + 3] = size
                records[used + 4 : used + 4 + len(inside)] = inside
                used += 4 + len(inside)
        total += found
        if more and found == per_start:
            partly[parts] = payer
            parts += 1
    return records[:used], sizes, partly[:parts]


@numba.njit(cache=True, nogil=True)
def _paths(
    payer: int, outgoing: Any, deadline: Any, rules: Any, paths: Any, last_middle: Any
) -> Any:
    """Paths from a payer to accounts that enough middle accounts reach, by account and beginning.

    A row is the account, the time the path begins, the time it ends, and its two edges.
    """
    offsets, payee, clock, _, amount, low, high = outgoing
    members, times = rules
    walked, used = np.empty((64, 5), dtype=np.int32), 0
    for leaving in range(offsets[payer], offsets[payer + 1]):
        middle, left = payee[leaving], clock[leaving]
        past, end = offsets[middle + 1], deadline[left]
        soonest = left + 1 if times == STRICT else left
        place = (
            offsets[middle] if times == ANY else first_from(clock, offsets[middle], past, soonest)
        )
        while place < past and clock[place] <= end:
            onward = place
            place += 1
            to = payee[onward]
            if to == payer or deadline[clock[onward]] < left:
                continue
            if amount[onward] < low[leaving] or amount[onward] > high[leaving]:
                continue
            if used == len(walked):
                walked = more_rows(walked)
            walked[used, 0] = to
            walked[used, 1] = min(left, clock[onward])
            walked[used, 2] = max(left, clock[onward])
            walked[used, 3], walked[used, 4] = leaving, onward
            used += 1
            # An upper bound of the middle accounts: those of payments that follow each other once.
            if last_middle[to] != middle + 1:
                last_middle[to] = middle + 1
                paths[to] += 1
    kept = 0
    for row in range(used):
        if paths[walked[row, 0]] >= members:
            kept += 1
    chosen, kept = np.empty((kept, 5), dtype=np.int32), 0
    for row in range(used):
        if paths[walked[row, 0]] >= members:
            chosen[kept] = walked[row]
            kept += 1
    for row in range(used):
        paths[walked[row, 0]] = 0
        last_middle[walked[row, 0]] = 0
    if times == ANY:
        chosen = chosen[np.argsort(chosen[:, 1], kind="mergesort")]
    return chosen[np.argsort(chosen[:, 0], kind="mergesort")]


@numba.njit(cache=True, nogil=True)
def _windows(group: Any, deadline: Any, payee: Any, here: Any, members: int) -> Any:
    """The beginnings of the largest windows of one payee's paths that hold enough middle accounts.

    Windows begin with a path. One is largest when it holds a path that ends after the window before
    it: all that begins earlier ends earlier, too.
    """
    ending = np.argsort(group[:, 2], kind="mergesort")
    held = np.zeros(len(group), dtype=np.bool_)
    found, count = np.empty(len(group), dtype=np.int32), 0
    added, removed, different = 0, 0, 0
    for row in range(len(group)):
        began = group[row, 1]
        if row > 0 and group[row - 1, 1] == began:
            continue
        while group[removed, 1] < began:
            if held[removed]:
                middle = payee[group[removed, 3]]
                here[middle] -= 1
                different -= here[middle] == 0
            removed += 1
        fresh = False
        while added < len(group) and group[ending[added], 2] <= deadline[began]:
            path = ending[added]
            if path >= removed:
                held[path] = fresh = True
                middle = payee[group[path, 3]]
                different += here[middle] == 0
                here[middle] += 1
            added += 1
        if fresh and different >= members:
            found[count] = began
            count += 1
    for row in range(len(group)):
        here[payee[group[row, 3]]] = 0
    return found[:count]


@numba.njit(cache=True, nogil=True)
def _inside(group: Any, began: int, deadline: Any, rank: Any) -> Any:
    """The ranks of the transfers of the paths in a window, each once, in the order of time."""
    ranks, used = np.empty(2 * len(group), dtype=np.int32), 0
    for row in range(len(group)):
        if group[row, 1] >= began and group[row, 2] <= deadline[began]:
            ranks[used], ranks[used + 1] = rank[group[row, 3]], rank[group[row, 4]]
            used += 2
    return np.unique(ranks[:used])


@numba.njit(cache=True, nogil=True)
def _middles(group: Any, began: int, deadline: Any, payee: Any, here: Any) -> int:
    different = 0
    for row in range(len(group)):
        if group[row, 1] >= began and group[row, 2] <= deadline[began]:
            different += here[payee[group[row, 3]]] == 0
            here[payee[group[row, 3]]] = 1
    for row in range(len(group)):
        here[payee[group[row, 3]]] = 0
    return different
