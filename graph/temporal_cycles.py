"""Cycles of transfers within a window: in the order of time, or in any order.

A search from an account walks forward from each of its payments. Before, it marks backwards which
accounts can still bring money back to it by the end of the window, in one to three hops, and until
when; a walk goes only where that is so. Marks grow with the deadline and are never made twice for
one account. (J. Blanuša, P. Ienne, K. Atasu, "Scalable Fine-Grained Parallel Cycle Enumeration
Algorithms", SPAA 2022, and Blanuša et al., "Graph Feature Preprocessor: Real-time Subgraph-based
Feature Extraction for Financial Crime Detection", ICAIF 2024, define these cycles; backward
reachability is the pruning of R. Kumar and T. Calders, "2SCENT", VLDB 2018.)
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.amount_ratio import AmountRatio, amounts_by
from graph.by_start import search_starts
from graph.hop_times import ANY, TIES, Times, time_rule
from graph.hops_found import checked_lengths, counts_found, hops_found
from graph.pattern_found import COMPLETE, Bounds, Found
from graph.transfer_list import Ints, TransferList
from graph.walk import first_from, grown, on_walk
from graph.way_back import bring_up, forget, leads_back, new_marks


def temporal_cycles(
    transfers: TransferList,
    *,
    min_length: int = 2,
    max_length: int = 6,
    window_us: int | None = None,
    times: Times = "strict",
    ratio: AmountRatio | None = None,
    closing: bool = True,
    bounds: Bounds = COMPLETE,
    threads: int = 2,
) -> Found:
    """Every cycle of transfers between different accounts within a window.

    Each transfer's payee makes the next one, the last at most `window_us` after the first. With
    `times` "strict" each is later than the one before, with "ties" not earlier; a cycle begins at
    its first transfer, one of a single time at its smallest row. With "any" the order is free, and
    a cycle begins at its earliest transfer (of one time: the smallest row). Every choice of
    transfers is a cycle of its own. With a ratio each hop's amount lies within it of the hop's
    before; with `closing` also the first hop's of the last one's, whose product with the others is
    1. In the order of length, then of the first payer, then of the walk in time. A bound's start is
    the first payer.

    >>> rows = TransferList.of([(0, 1, 100, 1), (1, 2, 90, 2), (2, 0, 80, 3), (1, 0, 5, 1)])
    >>> temporal_cycles(rows, window_us=2).transfers.to_lists()
    [[0, 1, 2]]
    >>> temporal_cycles(rows, window_us=1).count
    0
    >>> temporal_cycles(rows, window_us=2, times="ties").transfers.to_lists()
    [[0, 3], [0, 1, 2]]

    Time is that of the walks that a mark lets through, and of the marks: for each start the
    transfers of its window within three hops back.

    Raises:
        ContractError: lengths that are not 2 <= min_length <= max_length <= 8, or no times.
    """
    checked_lengths(min_length, max_length)
    clock = transfers.rank if times == "any" else transfers.tick
    out_offsets, out_row = transfers.outgoing
    in_offsets, in_row = transfers.incoming
    outgoing = (
        out_offsets,
        out_row,
        transfers.payee[out_row].astype(np.int32),
        clock[out_row],
        *amounts_by(out_row, transfers, ratio),
    )
    incoming = (
        in_offsets,
        in_row,
        transfers.payer[in_row].astype(np.int32),
        clock[in_row],
        *amounts_by(in_row, transfers, ratio),
    )
    deadline = transfers.deadlines(window_us, clock)
    rules = (min_length, max_length, time_rule(times), closing, bounds.store)
    accounts = transfers.accounts
    widest = int(np.diff(in_offsets).max(initial=0))
    made: list[Ints] = []

    def kernel(first: int, past: int, scratch: Any, limit: int, per_start: int) -> Any:
        return _search(first, past, outgoing, incoming, deadline, scratch, rules, limit, per_start)

    def scratch() -> Any:
        made.append(np.zeros(accounts, dtype=np.int64))
        queues = np.empty((2, accounts), dtype=np.int32)
        return new_marks(accounts, widest), queues, np.empty(widest, dtype=np.int64), made[-1]

    searched = search_starts(
        kernel, accounts, scratch, bounds, threads, lambda row: int(transfers.payer[row])
    )
    if bounds.store:
        rows = np.arange(len(transfers))
        return hops_found("cycles", searched, transfers, rows)
    return counts_found("cycles", searched, sum(made, np.zeros(accounts, dtype=np.int64)))


@numba.njit(cache=True, nogil=True)
def _search(
    first: int,
    past: int,
    outgoing: Any,
    incoming: Any,
    deadline: Any,
    scratch: Any,
    rules: Any,
    limit: int,
    per_start: int,
) -> Any:
    """Search the cycles whose first payer is from `first` to `past` - 1.

    A record is a length and the rows. Returns records, how many of each length, and the payers
    that had more than `per_start`.
    """
    out_offsets, out_row, payee, out_clock, amount, low, high = outgoing
    in_offsets, in_row, _, in_clock = incoming[:4]
    shortest, longest, times, closing, store = rules
    marks, queues, closers, members = scratch
    gap = 0 if times == TIES else 1
    records, used = np.empty(1024, dtype=np.int32), 0
    sizes = np.zeros(longest + 1, dtype=np.int64)
    partly, parts = np.empty(past - first, dtype=np.int64), 0
    walk, account = np.empty(longest + 1, dtype=np.int64), np.empty(longest + 1, dtype=np.int32)
    place = np.empty(longest + 1, dtype=np.int64)
    total = 0
    for start in range(first, past):
        if total > limit:
            break
        in_past = in_offsets[start + 1]
        if in_past == in_offsets[start]:
            continue
        room, found, more = min(per_start, limit + 1 - total), 0, False
        account[0] = start
        coming = in_offsets[start]
        for leaving in range(out_offsets[start], out_offsets[start + 1]):
            began = out_clock[leaving]
            end, at = deadline[began], payee[leaving]
            while coming < in_past and in_clock[coming] < began + gap:
                coming += 1
            if more or coming == in_past:
                break
            if at == start or in_clock[coming] > end:
                continue
            next_past = out_offsets[at + 1]
            onward = first_from(out_clock, out_offsets[at], next_past, began + gap)
            if onward == next_past or out_clock[onward] > end:
                continue
            bring_up(marks, queues, incoming, deadline, start, began + gap, end, times, longest - 1)
            if not leads_back(marks, at, longest - 1, began + gap):
                continue
            walk[0], account[1] = leaving, at
            depth = 1
            arrived = True
            while depth > 0 and not more:
                at, edge = account[depth], walk[depth - 1]
                soonest = began + 1 if times == ANY else out_clock[edge] + gap
                next_past = out_offsets[at + 1]
                if arrived:
                    arrived = False
                    place[depth] = next_past
                    if depth + 1 < longest:
                        place[depth] = first_from(out_clock, out_offsets[at], next_past, soonest)
                    # Payments back to the start close cycles; they are listed latest first.
                    closing_count = 0
                    back = marks.last[at] if depth + 1 >= shortest else -1
                    while back >= 0 and in_clock[back] >= soonest:
                        if _closes(outgoing, incoming, walk, depth, back, began, closing, times):
                            closers[closing_count] = back
                            closing_count += 1
                        back = marks.prior[back - in_offsets[start]]
                    for number in range(closing_count - 1, -1, -1):
                        if found == room:
                            more = True
                            break
                        found += 1
                        sizes[depth + 1] += 1
                        if not store:
                            for hop in range(depth + 1):
                                members[account[hop]] += 1
                            continue
                        if used + depth + 2 > len(records):
                            records = grown(records, used + depth + 2)
                        records[used] = depth + 1
                        for hop in range(depth):
                            records[used + 1 + hop] = out_row[walk[hop]]
                        records[used + 1 + depth] = in_row[closers[number]]
                        used += depth + 2
                    continue
                if place[depth] == next_past or out_clock[place[depth]] > end:
                    depth -= 1
                    continue
                following = place[depth]
                place[depth] += 1
                to = payee[following]
                if amount[following] < low[edge] or amount[following] > high[edge]:
                    continue
                soonest = began + 1 if times == ANY else out_clock[following] + gap
                if not leads_back(marks, to, longest - depth - 1, soonest):
                    continue
                if to == start or on_walk(account, 1, depth, to):
                    continue
                walk[depth] = following
                depth += 1
                account[depth] = to
                arrived = True
        forget(marks)
        total += found
        if more and found == per_start:
            partly[parts] = start
            parts += 1
    return records[:used], sizes, partly[:parts]


@numba.njit(cache=True, nogil=True)
def _closes(
    outgoing: Any,
    incoming: Any,
    walk: Any,
    depth: int,
    back: int,
    began: int,
    closing: bool,
    times: int,
) -> bool:
    """Whether a payment back to the start closes a walk under the rules."""
    _, out_row, _, _, amount, low, high = outgoing
    _, in_row, _, in_clock, in_amount, in_low, in_high = incoming
    edge = walk[depth - 1]
    if in_amount[back] < low[edge] or in_amount[back] > high[edge]:
        return False
    if closing and not in_low[back] <= amount[walk[0]] <= in_high[back]:
        return False
    if times == TIES and in_clock[back] == began:
        # All at one time: of the rotations only the one that begins at its smallest row counts.
        if in_row[back] < out_row[walk[0]]:
            return False
        for hop in range(1, depth):
            if out_row[walk[hop]] < out_row[walk[0]]:
                return False
    return True
