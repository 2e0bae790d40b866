"""Pass-through chains: money that goes on from account to account within a window.

A search walks forward from each transfer in the order of time (temporal paths as in P. Holme and
J. Saramäki, "Temporal networks", Physics Reports 519, 2012; the ratio between hops is what makes
them a layering chain, as in X. Li et al., "FlowScope", AAAI 2020).
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.amount_ratio import AmountRatio, amounts_by
from graph.by_start import search_starts
from graph.hop_times import TIES, Times, time_rule
from graph.hops_found import checked_lengths, counts_found, hops_found
from graph.pattern_found import COMPLETE, Bounds, Found
from graph.transfer_list import Ints, TransferList
from graph.walk import first_from, grown, on_walk


def chains(
    transfers: TransferList,
    *,
    min_length: int = 3,
    max_length: int = 6,
    window_us: int | None = None,
    times: Times = "strict",
    ratio: AmountRatio | None = None,
    bounds: Bounds = COMPLETE,
    threads: int = 2,
) -> Found:
    """Every longest chain of transfers between different accounts within a window.

    Each transfer's payee makes the next one, later (with `times` "ties": or at the same time), the
    last at most `window_us` after the first; with a ratio each hop's amount lies within it of the
    hop's before. A chain has `min_length` to `max_length` hops and is a longest one: no transfer
    can be put before or after it under the same rules, unless it has `max_length` hops already.
    Every choice of transfers is a chain of its own. In the order of length, then of the first
    payer, then of the walk in time. A bound's start is the first payer.

    >>> rows = TransferList.of([(0, 1, 100, 1), (1, 2, 95, 2), (2, 3, 40, 3), (2, 4, 90, 4)])
    >>> found = chains(rows, window_us=5, ratio=AmountRatio.parse("0.9:1"))
    >>> found.accounts["member"].to_lists(), found.transfers.to_lists()
    ([[0, 1, 2, 4]], [[0, 1, 3]])

    Time is that of all walks of up to `max_length` hops that keep the rules.

    Raises:
        ContractError: lengths that are not 2 <= min_length <= max_length <= 8, or no times.
    """
    checked_lengths(min_length, max_length)
    out_offsets, out_row = transfers.outgoing
    in_offsets, in_row = transfers.incoming
    outgoing = (
        out_offsets,
        out_row,
        transfers.payee[out_row].astype(np.int32),
        transfers.tick[out_row],
        *amounts_by(out_row, transfers, ratio),
    )
    incoming = (
        in_offsets,
        transfers.payer[in_row].astype(np.int32),
        transfers.tick[in_row],
        *amounts_by(in_row, transfers, ratio)[1:],
    )
    deadline = transfers.deadlines(window_us, transfers.tick)
    rules = (
        min_length,
        max_length,
        0 if time_rule(times, any_order=False) == TIES else 1,
        bounds.store,
    )
    made: list[Ints] = []

    def kernel(first: int, past: int, scratch: Any, limit: int, per_start: int) -> Any:
        return _search(first, past, outgoing, incoming, deadline, scratch, rules, limit, per_start)

    def scratch() -> Any:
        made.append(np.zeros(transfers.accounts, dtype=np.int64))
        return made[-1]

    searched = search_starts(
        kernel, transfers.accounts, scratch, bounds, threads, lambda row: int(transfers.payer[row])
    )
    if bounds.store:
        rows = np.arange(len(transfers))
        return hops_found("chains", searched, transfers, rows, closed=False)
    members: Ints = sum(made, np.zeros(transfers.accounts, dtype=np.int64))
    return counts_found("chains", searched, members)


@numba.njit(cache=True, nogil=True)
def _search(
    first: int,
    past: int,
    outgoing: Any,
    incoming: Any,
    deadline: Any,
    members: Any,
    rules: Any,
    limit: int,
    per_start: int,
) -> Any:
    """Search the chains whose first payer is from `first` to `past` - 1.

    A record is a length and the rows. Returns records, how many of each length, and the payers
    that had more than `per_start`.
    """
    out_offsets, out_row, payee, clock, amount, low, high = outgoing
    shortest, longest, gap, store = rules
    records, used = np.empty(1024, dtype=np.int32), 0
    sizes = np.zeros(longest + 1, dtype=np.int64)
    partly, parts = np.empty(past - first, dtype=np.int64), 0
    walk, account = np.empty(longest + 1, dtype=np.int64), np.empty(longest + 1, dtype=np.int32)
    place, goes_on = np.empty(longest + 1, dtype=np.int64), np.empty(longest + 1, dtype=np.bool_)
    total = 0
    for start in range(first, past):
        if total > limit:
            break
        room, found, more = min(per_start, limit + 1 - total), 0, False
        account[0] = start
        for leaving in range(out_offsets[start], out_offsets[start + 1]):
            if more:
                break
            end = deadline[clock[leaving]]
            walk[0], account[1], depth = leaving, payee[leaving], 1
            goes_on[1] = False
            place[1] = _onward(outgoing, account[1], clock[leaving] + gap)
            while depth > 0:
                at, edge = account[depth], walk[depth - 1]
                following = place[depth]
                if depth < longest and following < out_offsets[at + 1] and clock[following] <= end:
                    place[depth] += 1
                    to = payee[following]
                    if amount[following] < low[edge] or amount[following] > high[edge]:
                        continue
                    if on_walk(account, 0, depth, to):
                        continue
                    goes_on[depth] = True
                    walk[depth] = following
                    depth += 1
                    account[depth], goes_on[depth] = to, False
                    place[depth] = _onward(outgoing, to, clock[following] + gap)
                    continue
                ends_here = depth >= shortest and not goes_on[depth]
                if ends_here and (
                    depth == longest
                    or not _preceded(incoming, outgoing, deadline, account, walk, depth, gap)
                ):
                    if found == room:
                        more = True
                        break
                    found += 1
                    sizes[depth] += 1
                    if store:
                        if used + depth + 1 > len(records):
                            records = grown(records, used + depth + 1)
                        records[used] = depth
                        for hop in range(depth):
                            records[used + 1 + hop] = out_row[walk[hop]]
                        used += depth + 1
                    else:
                        for hop in range(depth + 1):
                            members[account[hop]] += 1
                depth -= 1
        total += found
        if more and found == per_start:
            partly[parts] = start
            parts += 1
    return records[:used], sizes, partly[:parts]


@numba.njit(cache=True, nogil=True)
def _onward(outgoing: Any, account: int, soonest: int) -> int:
    return first_from(outgoing[3], outgoing[0][account], outgoing[0][account + 1], soonest)


@numba.njit(cache=True, nogil=True)
def _preceded(
    incoming: Any, outgoing: Any, deadline: Any, account: Any, walk: Any, depth: int, gap: int
) -> bool:
    """Whether a transfer can be put before a chain under its rules."""
    offsets, payer, in_clock, low, high = incoming
    clock, amount = outgoing[3], outgoing[4]
    began, ended = clock[walk[0]], clock[walk[depth - 1]]
    place = first_from(in_clock, offsets[account[0]], offsets[account[0] + 1], began - gap + 1) - 1
    while place >= offsets[account[0]] and deadline[in_clock[place]] >= ended:
        if low[place] <= amount[walk[0]] <= high[place] and not on_walk(
            account, 0, depth, payer[place]
        ):
            return True
        place -= 1
    return False
