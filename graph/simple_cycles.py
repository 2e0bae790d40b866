"""Simple cycles of accounts, whatever the time: each found once, from its smallest account.

The search takes each account as the smallest of its cycles. The last three hops back to it are
found first, backwards, and grouped by the account they begin at; then the first hops are walked
forwards, and where a walk meets a group its cycles are there. Time is that of the walks of
length - 3 hops within one strong component, and of the cycles themselves, instead of that of all
walks. (D. B. Johnson, "Finding all the elementary circuits of a directed graph", SIAM Journal on
Computing 4, 1975, is the search without a bound of length; meeting in the middle is the usual way
with one.)
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from graph.amount_ratio import AmountRatio, next_bounds
from graph.by_start import search_starts
from graph.cycle_tails import tails_to
from graph.hops_found import checked_lengths, counts_found, hops_found
from graph.pattern_found import COMPLETE, Bounds, Found
from graph.transfer_list import Ints, TransferList, by_account
from graph.walk import first_from, grown, on_walk


def simple_cycles(
    transfers: TransferList,
    *,
    min_length: int = 3,
    max_length: int = 7,
    ratio: AmountRatio | None = None,
    bounds: Bounds = COMPLETE,
    threads: int = 2,
) -> Found:
    """Every cycle of different accounts with `min_length` to `max_length` hops, times disregarded.

    A cycle is a sequence of accounts, each paying the next and the last the first; it is found
    once, from its smallest account, however many transfers lie between the accounts. With a ratio
    there must be a choice of one transfer per hop for which every hop's amount, the first hop's
    after the last one's included, lies within the ratio of the hop's before it; as their product
    is 1, a range without 1 allows none. The transfers kept are one such choice; without a
    ratio, the first rows. In the order of length, then of the accounts.

    >>> rows = TransferList.of([(0, 1, 100), (1, 2, 90), (2, 0, 80), (1, 0, 5)])
    >>> found = simple_cycles(rows, min_length=2)
    >>> found.accounts["member"].to_lists(), found.transfers.to_lists()
    ([[0, 1], [0, 1, 2]], [[0, 3], [0, 1, 2]])
    >>> simple_cycles(rows, min_length=2, ratio=AmountRatio.parse("0.5:2")).count
    1

    Raises:
        ContractError: lengths that are not 2 <= min_length <= max_length <= 8.
    """
    checked_lengths(min_length, max_length)
    low, high = next_bounds(transfers, ratio)
    rows, several = _core_rows(transfers, with_amounts=ratio is not None)
    core, account = np.unique(
        np.concatenate([transfers.payer[rows], transfers.payee[rows]]), return_inverse=True
    )
    payer, payee = (np.asarray(side) for side in np.split(account, 2))
    straight, accounts = np.arange(len(rows)), len(core)
    out_offsets, _ = by_account(payer, straight, accounts)
    in_offsets, in_edge = by_account(payee, straight, accounts)
    edges = (out_offsets, payer, payee, transfers.amount[rows], low[rows], high[rows])
    incoming = (in_offsets, in_edge, payer[in_edge])
    # A choice of transfers that repeats a cycle is known only when both are there.
    store, lengths = bounds.store or several, (min_length, max_length)

    def kernel(first: int, past: int, scratch: Any, limit: int, per_start: int) -> Any:
        return _search(first, past, edges, incoming, scratch, lengths, limit, per_start, store)

    made: list[Ints] = []

    def scratch() -> Ints:
        made.append(np.zeros((3, accounts), dtype=np.int64))
        return made[-1]

    searched = search_starts(
        kernel, accounts, scratch, bounds, threads, lambda edge: int(payer[edge])
    )
    if bounds.store or several:
        found = hops_found("cycles", searched, transfers, rows, distinct=several)
        return found if bounds.store else found.counts_only()
    members = np.zeros(transfers.accounts, dtype=np.int64)
    members[core] = sum(each[2] for each in made)
    return counts_found("cycles", searched, members)


def _core_rows(transfers: TransferList, *, with_amounts: bool) -> tuple[Ints, bool]:
    """Rows that can be in a cycle, by payer and payee; and whether pairs have several rows.

    Both sides must be in one strong component. Of one pair's rows those stay that differ in what
    the rule looks at: the first one, or with amounts the first of each amount.
    """
    payer, payee = transfers.payer, transfers.payee
    shape = (transfers.accounts, transfers.accounts)
    pairs = csr_array((np.ones(len(payer), dtype=np.int8), (payer, payee)), shape=shape)
    _, component = connected_components(pairs, connection="strong")
    rows = np.flatnonzero((component[payer] == component[payee]) & (payer != payee))
    pair = payer[rows] * transfers.accounts + payee[rows]
    by_pair = np.lexsort((transfers.amount[rows], pair)) if with_amounts else _stable(pair)
    rows, pair = rows[by_pair], pair[by_pair]
    other_pair = np.ones(len(rows), dtype=bool)
    other_pair[1:] = np.diff(pair) != 0
    keep = other_pair.copy()
    if with_amounts:
        keep[1:] |= np.diff(transfers.amount[rows]) != 0
    return rows[keep], bool((keep != other_pair).any())


def _stable(keys: Ints) -> Ints:
    return np.argsort(keys, kind="stable")


@numba.njit(cache=True, nogil=True)
def _search(
    first: int,
    past: int,
    edges: Any,
    incoming: Any,
    scratch: Any,
    lengths: Any,
    limit: int,
    per_start: int,
    store: bool,
) -> Any:
    """Search the cycles whose smallest account is from `first` to `past` - 1.

    A record is a length and the edges. Returns records, how many of each length, and the starts
    that had more than `per_start`.
    """
    out_offsets, _, payee, amount, low, high = edges
    in_offsets, in_edge, in_from = incoming
    begin, count, members = scratch[0], scratch[1], scratch[2]
    shortest, longest = lengths
    records, used = np.empty(1024, dtype=np.int32), 0
    sizes = np.zeros(longest + 1, dtype=np.int64)
    partly, parts = np.empty(past - first, dtype=np.int64), 0
    walk, account = np.empty(longest + 1, dtype=np.int32), np.empty(longest + 1, dtype=np.int32)
    place = np.empty(longest + 1, dtype=np.int64)
    total = 0
    for start in range(first, past):
        if total > limit:
            break
        end = in_offsets[start + 1]
        into = first_from(in_from, in_offsets[start], end, start)
        leave = first_from(payee, out_offsets[start], out_offsets[start + 1], start)
        if into == end or leave == out_offsets[start + 1]:
            continue
        tails = np.empty((0, 4), dtype=np.int32)
        if longest > 2:
            tails = tails_to(start, edges, incoming, begin, count)
        room = min(per_start, limit + 1 - total)
        found, more = 0, False
        depth = 0
        account[0], place[0] = start, leave
        # The walk of no hops meets the tails that leave the start itself.
        at, reached = start, 0
        while depth >= 0 and not more:
            length = reached + 3
            if shortest <= length <= longest and count[at] > 0:
                if store and used + count[at] * (length + 1) > len(records):
                    records = grown(records, used + count[at] * (length + 1))
                for row in range(begin[at], begin[at] + count[at]):
                    one, two, three = tails[row, 1], tails[row, 2], tails[row, 3]
                    if reached > 0:
                        before, beginning = walk[reached - 1], walk[0]
                        if amount[one] < low[before] or amount[one] > high[before]:
                            continue
                    else:
                        beginning = one
                    if amount[beginning] < low[three] or amount[beginning] > high[three]:
                        continue
                    if on_walk(account, 1, reached, payee[one]):
                        continue
                    if on_walk(account, 1, reached, payee[two]):
                        continue
                    if found == room:
                        more = True
                        break
                    found += 1
                    sizes[length] += 1
                    if store:
                        records[used] = length
                        for hop in range(reached):
                            records[used + 1 + hop] = walk[hop]
                        records[used + length - 2] = one
                        records[used + length - 1] = two
                        records[used + length] = three
                        used += length + 1
                    else:
                        for hop in range(reached + 1):
                            members[account[hop]] += 1
                        members[payee[one]] += 1
                        members[payee[two]] += 1
            if reached == 1 and shortest == 2:
                edge = walk[0]
                for other in range(first_from(in_from, into, end, at), end):
                    if in_from[other] != at:
                        break
                    back = in_edge[other]
                    if amount[back] < low[edge] or amount[back] > high[edge]:
                        continue
                    if amount[edge] < low[back] or amount[edge] > high[back]:
                        continue
                    if found == room:
                        more = True
                        break
                    found += 1
                    sizes[2] += 1
                    if store:
                        if used + 3 > len(records):
                            records = grown(records, used + 3)
                        records[used], records[used + 1], records[used + 2] = 2, edge, back
                        used += 3
                    else:
                        members[start] += 1
                        members[at] += 1
            if reached > 0 and reached + 3 < longest:
                depth = reached
                place[depth] = first_from(payee, out_offsets[at], out_offsets[at + 1], start + 1)
            # The next walk: one more hop from the deepest account that has one left.
            while depth >= 0:
                at = account[depth]
                if place[depth] == out_offsets[at + 1]:
                    depth -= 1
                    continue
                edge = place[depth]
                place[depth] += 1
                at = payee[edge]
                if depth > 0:
                    before = walk[depth - 1]
                    if amount[edge] < low[before] or amount[edge] > high[before]:
                        continue
                    if on_walk(account, 1, depth, at):
                        continue
                reached = depth + 1
                walk[depth], account[reached] = edge, at
                break
        total += found
        if more and found == per_start:
            partly[parts] = start
            parts += 1
        for row in range(len(tails)):
            count[tails[row, 0]] = 0
    return records[:used], sizes, partly[:parts]
