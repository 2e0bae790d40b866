"""Stack: one bipartite layer on another, so that money goes through a layer in the middle.

Bipartite instances are joined where payees of the one are payers of the other. (One of the eight
patterns of E. Altman et al., "Realistic Synthetic Financial Transactions for Anti-Money Laundering
Models", NeurIPS 2023.)
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.amount_ratio import EVERYTHING, AmountRatio
from graph.amount_ratio import bounds as amount_bounds
from graph.bipartite import bipartite
from graph.by_start import search_starts
from graph.hop_times import TIES, Times, time_rule
from graph.pattern_found import COMPLETE, Bounds, Found, Ragged, counted
from graph.transfer_list import TransferList, by_account
from graph.walk import grown


def stack(
    transfers: TransferList,
    *,
    window_us: int | None = None,
    min_members: int = 2,
    times: Times = "strict",
    ratio: AmountRatio | None = None,
    bounds: Bounds = COMPLETE,
    threads: int = 2,
) -> Found:
    """Every pair of bipartite instances that share enough accounts in the middle, within a window.

    The middle accounts are payees of the first instance and payers of the second whose first
    payment out comes after (with `times` "ties": or at) their first payment in; there are at least
    `min_members`. The transfers are those to them in the first instance and from them in the
    second, the last at most `window_us` after the first; with a ratio the sum from them lies within
    it of the sum to them. An instance's size is the number of the middle accounts. In the order of
    the first instances, then of the second ones. A bound's start is the first instance, and holds
    for stacks: their layers are always searched completely.

    >>> first = [(0, 2, 9, 1), (0, 3, 9, 2), (1, 2, 9, 3), (1, 3, 9, 4)]
    >>> second = [(2, 4, 9, 5), (2, 5, 9, 6), (3, 4, 9, 7), (3, 5, 9, 8)]
    >>> rows = TransferList.of(first + second)
    >>> found = stack(rows, window_us=10)
    >>> [found.accounts[role].to_lists() for role in ("payer", "middle", "payee")]
    [[[0, 1]], [[2, 3]], [[4, 5]]]

    Time is that of the bipartite instances, and of the pairs that share an account.

    Raises:
        ContractError: no times.
    """
    layers = bipartite(transfers, window_us=window_us, min_members=min_members, threads=threads)
    payers, payees = layers.accounts["payer"], layers.accounts["payee"]
    owner = np.repeat(np.arange(len(payers)), payers.lengths)
    by_payer = by_account(payers.values, np.arange(len(owner)), transfers.accounts)
    sharing = (by_payer[0], owner[by_payer[1]])
    lists = (payees.starts, payees.ends, payees.values)
    moved = (
        layers.transfers.starts,
        layers.transfers.ends,
        transfers.rank[layers.transfers.values],
    )
    order = transfers.order
    facts = (
        transfers.payer[order], transfers.payee[order], transfers.tick[order],
        transfers.amount[order],
    )  # fmt: skip
    deadline = transfers.deadlines(window_us, transfers.tick)
    ties = time_rule(times, any_order=False) == TIES
    rules = (min_members, ties, EVERYTHING if ratio is None else ratio.parts)

    def kernel(first: int, past: int, scratch: Any, limit: int, per_start: int) -> Any:
        return _search(
            first, past, lists, sharing, moved, facts, deadline, scratch, rules, limit, per_start
        )

    def scratch() -> Any:
        counts = np.zeros(len(payers), dtype=np.int64)
        return counts, np.full((2, transfers.accounts), -1, dtype=np.int64)

    searched = search_starts(
        kernel, len(payers), scratch, bounds, threads, lambda layer: layer, size_at=3
    )
    first, second, middle, ranks = _decoded(searched.records, int(searched.sizes.sum()))
    above, below = layers.accounts["payer"], layers.accounts["payee"]
    accounts = {
        "payer": Ragged(above.starts[first], above.ends[first], above.values),
        "middle": Ragged.of_offsets(*middle),
        "payee": Ragged(below.starts[second], below.ends[second], below.values),
    }
    found = Found(
        "stack",
        len(first),
        searched.sizes,
        accounts,
        Ragged.of_offsets(ranks[0], order[ranks[1]]),
        {role: counted(lists, transfers.accounts) for role, lists in accounts.items()},
        searched.cut,
    )
    return found if bounds.store else found.counts_only()


@numba.njit(cache=True, nogil=True)
def _decoded(records: Any, count: int) -> Any:
    """First and second instances; offsets and values of the middle accounts and of the ranks."""
    first, second = np.empty(count, dtype=np.int64), np.empty(count, dtype=np.int64)
    offsets = np.zeros((2, count + 1), dtype=np.int64)
    values = np.empty((2, len(records)), dtype=np.int64)
    place = 0
    for number in range(count):
        first[number], second[number] = records[place + 1], records[place + 2]
        middle = records[place + 3]
        begin, length = place + 4, middle
        for part in range(2):
            offset = offsets[part, number]
            values[part, offset : offset + length] = records[begin : begin + length]
            offsets[part, number + 1] = offset + length
            begin += length
            length = records[place] - 3 - middle
        place += records[place] + 1
    middles = (offsets[0], values[0, : offsets[0, count]])
    return first, second, middles, (offsets[1], values[1, : offsets[1, count]])


@numba.njit(cache=True, nogil=True)
def _search(
    first: int,
    past: int,
    lists: Any,
    sharing: Any,
    moved: Any,
    facts: Any,
    deadline: Any,
    scratch: Any,
    rules: Any,
    limit: int,
    per_start: int,
) -> Any:
    """Search the stacks whose first instance is from `first` to `past` - 1.

    A record is the two instances, the number of middle accounts, these, and the ranks. Returns
    records, how many of each size, and the first instances that had more than `per_start`.
    """
    starts, ends, payees = lists
    offsets, layers = sharing
    members = rules[0]
    shared, times = scratch
    records, used = np.empty(1024, dtype=np.int32), 0
    sizes = np.zeros(8, dtype=np.int64)
    partly, parts = np.empty(past - first, dtype=np.int64), 0
    touched = np.empty(len(shared), dtype=np.int64)
    total = 0
    for layer in range(first, past):
        if total > limit:
            break
        room, found, more, count = min(per_start, limit + 1 - total), 0, False, 0
        for place in range(starts[layer], ends[layer]):
            account = payees[place]
            for each in range(offsets[account], offsets[account + 1]):
                if shared[layers[each]] == 0:
                    touched[count] = layers[each]
                    count += 1
                shared[layers[each]] += 1
        for other in np.sort(touched[:count]):
            enough = shared[other] >= members
            shared[other] = 0
            if more or not enough:
                continue
            middle, ranks = _between(layer, other, moved, facts, deadline, rules, times)
            if len(middle) < members:
                continue
            if found == room:
                more = True
                continue
            found += 1
            size = len(middle)
            if size >= len(sizes):
                sizes = grown(sizes, size + 1)
            sizes[size] += 1
            needed = 4 + size + len(ranks)
            if used + needed > len(records):
                records = grown(records, used + needed)
            records[used], records[used + 1] = needed - 1, layer
            records[used + 2], records[used + 3] = other, size
            records[used + 4 : used + 4 + size] = middle
            records[used + 4 + size : used + needed] = ranks
            used += needed
        total += found
        if more and found == per_start:
            partly[parts] = layer
            parts += 1
    return records[:used], sizes, partly[:parts]


@numba.njit(cache=True, nogil=True)
def _between(
    layer: int, other: int, moved: Any, facts: Any, deadline: Any, rules: Any, times: Any
) -> Any:
    """The middle accounts of two instances and the ranks of their transfers; none if a rule fails.

    `times` holds, per account, the first time paid and the first time paying: -1 outside a call.
    """
    starts, ends, rank = moved
    payer, payee, tick, amount = facts
    paid, pays = times
    for place in range(starts[layer], ends[layer]):
        account, at = payee[rank[place]], tick[rank[place]]
        if paid[account] < 0 or at < paid[account]:
            paid[account] = at
    for place in range(starts[other], ends[other]):
        account, at = payer[rank[place]], tick[rank[place]]
        if paid[account] >= 0 and (pays[account] < 0 or at < pays[account]):
            pays[account] = at
    _, ties, rule = rules
    length = ends[layer] - starts[layer] + ends[other] - starts[other]
    middle, ranks = np.empty(length, dtype=np.int32), np.empty(length, dtype=np.int32)
    used, coming, going = 0, 0, 0
    began, ended = len(tick), -1
    for part, side in ((layer, payee), (other, payer)):
        for place in range(starts[part], ends[part]):
            account, row = side[rank[place]], rank[place]
            late = pays[account] > paid[account] or (ties and pays[account] == paid[account])
            if paid[account] < 0 or pays[account] < 0 or not late:
                continue
            middle[used], ranks[used] = account, row
            used += 1
            began, ended = min(began, tick[row]), max(ended, tick[row])
            if part == layer:
                coming += amount[row]
            else:
                going += amount[row]
    for part, side in ((layer, payee), (other, payer)):
        for place in range(starts[part], ends[part]):
            paid[side[rank[place]]] = -1
            pays[side[rank[place]]] = -1
    if used == 0 or deadline[began] < ended:
        return middle[:0], ranks[:0]
    least, most = amount_bounds(coming, rule[0], rule[1], rule[2], rule[3])
    if not least <= going <= most:
        return middle[:0], ranks[:0]
    return np.unique(middle[:used]), np.unique(ranks[:used])
