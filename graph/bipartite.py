"""Bipartite: several accounts that each pay each of several others within a window.

From each transfer, the payees of its payer and the payers of its payee in the window make a small
table of who pays whom; every maximal rectangle of it that holds the transfer is a maximal biclique
around it. The rectangles are the intersections of the table's rows, collected row by row (as the
closed sets of R. Wille's concept lattices, 1982; maximal bicliques as in Y. Zhang et al., "On
finding bicliques in bipartite graphs", BMC Bioinformatics 15, 2014). (One of the eight patterns of
E. Altman et al., "Realistic Synthetic Financial Transactions for Anti-Money Laundering Models",
NeurIPS 2023.)
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np

from graph.by_start import search_starts
from graph.pattern_found import COMPLETE, Bounds, Found, Ragged
from graph.rectangles import columns_of, payment_table, rectangles, rows_with
from graph.transfer_list import TransferList
from graph.walk import first_from, grown


def bipartite(
    transfers: TransferList,
    *,
    window_us: int | None = None,
    min_members: int = 2,
    bounds: Bounds = COMPLETE,
    threads: int = 2,
) -> Found:
    """Every largest pair of account sets, each of the one paying each of the other in a window.

    An instance begins with a transfer, in the order of time and rows, and holds every pair's first
    transfer from there on, the last at most `window_us` later. Both sets have `min_members` or
    more. It is a largest one: no account can be added to a set, neither in the window that begins
    with its first transfer nor in the one that ends with its last; and an earliest one: its first
    pair has no transfer before in that last window. So a set that pays again and again without a
    pause is found once, where it begins. An instance's size is the number of its accounts, its
    transfers stand in the order of time. In the order of the first payers, then of the first
    transfers. A bound's start is the first payer.

    >>> rows = TransferList.of([(0, 2, 9, 1), (1, 3, 9, 2), (0, 3, 9, 3), (1, 2, 9, 4)])
    >>> found = bipartite(rows, window_us=3)
    >>> found.accounts["payer"].to_lists(), found.accounts["payee"].to_lists()
    ([[0, 1]], [[2, 3]])

    Time is, for each transfer with enough counterparties on both sides, that of the transfers of
    the payers in the window; the rectangles of a table can be exponentially many in its rows.

    Raises:
        ContractError: no times.
    """
    out_offsets, out_row = transfers.outgoing
    in_offsets, in_row = transfers.incoming
    outgoing = (
        out_offsets,
        transfers.payee[out_row].astype(np.int32),
        transfers.tick[out_row],
        transfers.rank[out_row],
    )
    incoming = (
        in_offsets,
        transfers.payer[in_row].astype(np.int32),
        transfers.tick[in_row],
        transfers.rank[in_row],
    )
    deadline = transfers.deadlines(window_us, transfers.tick)

    def kernel(first: int, past: int, scratch: Any, limit: int, per_start: int) -> Any:
        return _search(
            first, past, outgoing, incoming, deadline, scratch, min_members, limit, per_start
        )

    def scratch() -> Any:
        return np.zeros((3, transfers.accounts), dtype=np.int32)

    searched = search_starts(
        kernel, transfers.accounts, scratch, bounds, threads, lambda payer: payer, size_at=2
    )
    offsets, values = _decoded(searched.records, int(searched.sizes.sum()))
    payers, payees, ranks = (
        Ragged.of_offsets(offsets[part], values[part, : offsets[part, -1]]) for part in range(3)
    )
    found = Found(
        "bipartite",
        len(payers),
        searched.sizes,
        {"payer": payers, "payee": payees},
        Ragged.of_offsets(offsets[2], transfers.order[ranks.values]),
        {
            role: np.bincount(lists.values, minlength=transfers.accounts)
            for role, lists in (("payer", payers), ("payee", payees))
        },
        searched.cut,
    )
    return found if bounds.store else found.counts_only()


@numba.njit(cache=True, nogil=True)
def _decoded(records: Any, count: int) -> Any:
    """Offsets and values of the payers, the payees and the ranks of records."""
    offsets = np.zeros((3, count + 1), dtype=np.int64)
    values = np.empty((3, len(records)), dtype=np.int64)
    lengths = np.empty(3, dtype=np.int64)
    place = 0
    for number in range(count):
        lengths[0], lengths[1] = records[place + 3], records[place + 4]
        lengths[2] = lengths[0] * lengths[1]
        begin = place + 5
        for part in range(3):
            offset, length = offsets[part, number], lengths[part]
            values[part, offset : offset + length] = records[begin : begin + length]
            offsets[part, number + 1] = offset + length
            begin += length
        place += records[place] + 1
    return offsets, values


@numba.njit(cache=True, nogil=True)
def _search(
    first: int,
    past: int,
    outgoing: Any,
    incoming: Any,
    deadline: Any,
    scratch: Any,
    members: int,
    limit: int,
    per_start: int,
) -> Any:
    """Search the instances whose first payer is from `first` to `past` - 1.

    A record is the first payer, the size, the numbers of payers and payees, these, and the ranks.
    Returns records, how many of each size, and the payers that had more than `per_start`.
    """
    out_offsets, payee, clock, rank = outgoing
    in_offsets, payer, in_clock, in_rank = incoming
    column = scratch[0]
    records, used = np.empty(1024, dtype=np.int32), 0
    sizes = np.zeros(8, dtype=np.int64)
    partly, parts = np.empty(past - first, dtype=np.int64), 0
    total = 0
    for start in range(first, past):
        if total > limit:
            break
        room, found, more = min(per_start, limit + 1 - total), 0, False
        for leaving in range(out_offsets[start], out_offsets[start + 1]):
            if more:
                break
            end, to = deadline[clock[leaving]], payee[leaving]
            paid = _different(payee, clock, leaving, out_offsets[start + 1], end, scratch[1])
            if len(paid) < members:
                continue
            own = first_from(in_rank, in_offsets[to], in_offsets[to + 1], rank[leaving])
            paying = _different(payer, in_clock, own, in_offsets[to + 1], end, scratch[1])
            if len(paying) < members:
                continue
            for number in range(len(paid)):
                column[paid[number]] = number + 1
            table, kept = payment_table(
                paying, outgoing, rank[leaving], end, column, len(paid), members
            )
            for account in paid:
                column[account] = 0
            if len(kept) < members:
                continue
            for rectangle in rectangles(table, members):
                payees = columns_of(rectangle, paid)
                payers = rows_with(rectangle, table, kept)
                if len(payers) < members:
                    continue
                ranks = _first_transfers(payers, payees, outgoing, rank[leaving], end, scratch)
                last = _clock_of(ranks[-1], payers, outgoing)
                if _paid_before(start, to, leaving, outgoing, deadline, last):
                    continue
                if _more(payers, payees, outgoing, deadline, last, scratch):
                    continue
                if _more(payees, payers, incoming, deadline, last, scratch):
                    continue
                if found == room:
                    more = True
                    break
                found += 1
                size = len(payers) + len(payees)
                if size >= len(sizes):
                    sizes = grown(sizes, size + 1)
                sizes[size] += 1
                needed = 5 + size + len(ranks)
                if used + needed > len(records):
                    records = grown(records, used + needed)
                records[used] = needed - 1
                records[used + 1], records[used + 2] = start, size
                records[used + 3], records[used + 4] = len(payers), len(payees)
                begin = used + 5
                records[begin : begin + len(payers)] = payers
                begin += len(payers)
                records[begin : begin + len(payees)] = payees
                records[begin + len(payees) : used + needed] = ranks
                used += needed
        total += found
        if more and found == per_start:
            partly[parts] = start
            parts += 1
    return records[:used], sizes, partly[:parts]


@numba.njit(cache=True, nogil=True)
def _different(account: Any, clock: Any, place: int, past: int, end: int, seen: Any) -> Any:
    """The different counterparties of a stretch up to a time, ascending."""
    until = place
    while until < past and clock[until] <= end:
        until += 1
    found, count = np.empty(until - place, dtype=np.int32), 0
    for each in range(place, until):
        if seen[account[each]] == 0:
            seen[account[each]] = 1
            found[count] = account[each]
            count += 1
    for number in range(count):
        seen[found[number]] = 0
    return np.sort(found[:count])


@numba.njit(cache=True, nogil=True)
def _first_transfers(
    payers: Any, payees: Any, outgoing: Any, soonest: int, end: int, scratch: Any
) -> Any:
    """The rank of each pair's first transfer from a rank on, ascending."""
    offsets, payee, clock, rank = outgoing
    wanted = scratch[1]
    ranks, count = np.empty(len(payers) * len(payees), dtype=np.int32), 0
    for account in payers:
        for each in payees:
            wanted[each] = 1
        past = offsets[account + 1]
        place = first_from(rank, offsets[account], past, soonest)
        while place < past and clock[place] <= end:
            if wanted[payee[place]]:
                wanted[payee[place]] = 0
                ranks[count] = rank[place]
                count += 1
            place += 1
    return np.sort(ranks)


@numba.njit(cache=True, nogil=True)
def _clock_of(wanted: int, payers: Any, outgoing: Any) -> int:
    """The time of a transfer that one of the payers makes, by its rank."""
    offsets, _, clock, rank = outgoing
    for account in payers:
        place = first_from(rank, offsets[account], offsets[account + 1], wanted)
        if place < offsets[account + 1] and rank[place] == wanted:
            return int(clock[place])
    return -1


@numba.njit(cache=True, nogil=True)
def _paid_before(
    start: int, to: int, leaving: int, outgoing: Any, deadline: Any, last: int
) -> bool:
    """Whether the first pair has an earlier transfer in the window that ends with the last."""
    offsets, payee, clock, _ = outgoing
    place = leaving - 1
    while place >= offsets[start] and deadline[clock[place]] >= last:
        if payee[place] == to:
            return True
        place -= 1
    return False


@numba.njit(cache=True, nogil=True)
def _more(accounts: Any, others: Any, side: Any, deadline: Any, last: int, scratch: Any) -> bool:
    """Whether all of the accounts share a counterparty beyond the others in the last window."""
    offsets, counterparty, clock, _ = side
    seen, shared = scratch[1], scratch[2]
    everywhere = 0
    for number in range(len(accounts)):
        account = accounts[number]
        place = first_from(clock, offsets[account], offsets[account + 1], last + 1) - 1
        while place >= offsets[account] and deadline[clock[place]] >= last:
            other = counterparty[place]
            if seen[other] != number + 1 and shared[other] == number:
                seen[other] = number + 1
                shared[other] += 1
                everywhere += shared[other] == len(accounts)
            place -= 1
    for account in accounts:
        place = first_from(clock, offsets[account], offsets[account + 1], last + 1) - 1
        while place >= offsets[account] and deadline[clock[place]] >= last:
            seen[counterparty[place]] = 0
            shared[counterparty[place]] = 0
            place -= 1
    return bool(everywhere > len(others))
