"""The least and the most of some money that can have come to each end, whatever the convention.

Any rule that says which fen leave an account is a flow in time: a transfer carries between nothing
and its amount of the money, an account keeps between nothing and its balance of it, and none is
lost. So the most that can have come to an end is the largest flow from the source to it through a
network with a node for each account and transfer; the least is what cannot have gone to the other
ends. Both are reached by some rule, and both are exact to the fen. Transfers of one instant keep
their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from graph.max_flow import Network
from graph.tracing import OUTSIDE, Transfers

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
SOURCE, SINK, NODES = 0, 1, 2
UNLIMITED = 1 << 62


@dataclass(frozen=True)
class Reach:
    """The transfers that can carry the money at all, by row, and the balances they leave behind.

    `payer_kept_fen` and `payee_kept_fen` are the accounts' balances right after the transfer.
    """

    rows: Ints
    payer_kept_fen: Ints
    payee_kept_fen: Ints


@dataclass(frozen=True)
class EndBounds:
    """What can have come to each end: an account (-1: outside), and fen at least and at most."""

    account: Ints
    lower_fen: Ints
    upper_fen: Ints


def reach(transfers: Transfers, from_accounts: Flags, origin: Flags, held_fen: Ints) -> Reach:
    """Find every transfer that can carry the money that some accounts paid.

    `origin` marks the rows, among those that leave these accounts, that paid it; `held_fen` is what
    each account holds before the first transfer. The money is not followed through the accounts it
    comes from: there it has come back. Time is linear in the transfers.
    """
    return Reach(
        *_reach(
            transfers.payer, transfers.payee, transfers.amount_fen, from_accounts, origin,
            held_fen.astype(np.int64),
        )
    )  # fmt: skip


def bounds(
    transfers: Transfers, from_accounts: Flags, reached: Reach, ends: Ints | None = None
) -> EndBounds:
    """Bound what came to each end, or to those asked for, from the accounts that paid it.

    >>> columns = [0, 1, 2, 2], [2, 2, 3, 4], [5, 5, 6, 4], [1, 2, 3, 4]
    >>> rows = Transfers(*map(np.array, columns))
    >>> source = np.array([True, False, False, False, False])
    >>> reached = reach(rows, source, rows.payer == 0, np.zeros(5, dtype=np.int64))
    >>> found = bounds(rows, source, reached)
    >>> [tuple(map(int, end)) for end in zip(found.account, found.lower_fen, found.upper_fen)]
    [(3, 1, 5), (4, 0, 4)]
    """
    payer, payee = transfers.payer[reached.rows], transfers.payee[reached.rows]
    amount = transfers.amount_fen[reached.rows]
    tail, head, capacity, end_account, end_node, end_capacity = _laid_out(
        payer, payee, amount, from_accounts, reached.payer_kept_fen, reached.payee_kept_fen
    )
    account, place = np.unique(end_account, return_inverse=True)
    nodes = NODES + 2 * len(payer)
    whole = Network.of(
        nodes + len(account),
        np.concatenate([tail, end_node, nodes + np.arange(len(account))]),
        np.concatenate([head, nodes + place, np.full(len(account), SINK)]),
        np.concatenate([capacity, end_capacity, np.full(len(account), UNLIMITED)]),
    )
    whole.push(SOURCE, SINK)
    asked = np.arange(len(account)) if ends is None else np.flatnonzero(np.isin(account, ends))
    lower, upper = (np.zeros(len(asked), dtype=np.int64) for _ in range(2))
    for number, end in enumerate(asked):
        # The arc from this end to the sink is closed both ways; what flows can only be rerouted.
        last = 2 * (len(tail) + len(end_node) + end)
        base = int(whole.room[last + 1])
        more, less = whole.copy(), whole.copy()
        for closed in (more, less):
            closed.room[last] = closed.room[last + 1] = 0
        upper[number] = base + more.push(SINK, nodes + int(end), from_sink=True)
        lower[number] = base - less.push(nodes + int(end), SINK)
    return EndBounds(account[asked].astype(np.int64), lower, upper)


@numba.njit(cache=True, nogil=True)
def _reach(payer: Any, payee: Any, amount: Any, mine: Any, origin: Any, opening: Any) -> Any:
    held = opening.copy()
    touched = np.zeros(len(held), dtype=np.bool_)
    rows = np.empty(1024, dtype=np.int64)
    kept = np.empty((2, 1024), dtype=np.int64)
    found = 0
    for row in range(len(amount)):
        source, target = payer[row], payee[row]
        if source == target:
            continue
        if source >= 0:
            held[source] = max(held[source] - amount[row], 0)
        if target >= 0:
            held[target] += amount[row]
        if source < 0 or amount[row] == 0:
            continue
        if mine[source]:
            if not origin[row] or (target >= 0 and mine[target]):
                continue
        elif not touched[source]:
            continue
        if target >= 0 and not mine[target]:
            touched[target] = True
        if found == len(rows):
            wider, deeper = np.empty(2 * found, np.int64), np.empty((2, 2 * found), np.int64)
            wider[:found], deeper[:, :found] = rows, kept
            rows, kept = wider, deeper
        rows[found], kept[0, found] = row, held[source]
        kept[1, found] = held[target] if target >= 0 else 0
        found += 1
    return rows[:found], kept[0, :found], kept[1, :found]


@numba.njit(cache=True, nogil=True)
def _laid_out(
    payer: Any, payee: Any, amount: Any, mine: Any, payer_kept: Any, payee_kept: Any
) -> Any:
    """The arcs of the network in time, and for each end its account and the node before it.

    Row r has the nodes 2 + 2r of its payer and 3 + 2r of its payee; an account's nodes follow each
    other by arcs of its balance. The source pays by nodes of its own.
    """
    count = len(amount)
    tail, head = np.empty(3 * count, np.int64), np.empty(3 * count, np.int64)
    capacity = np.empty(3 * count, np.int64)
    last = np.full(len(mine), -1, dtype=np.int64)
    kept = np.zeros(len(mine), dtype=np.int64)
    arcs = 0
    # A row is one end or reaches one account, which is one end later.
    end_account, end_node = np.empty(count, np.int64), np.empty(count, np.int64)
    end_capacity = np.empty(count, np.int64)
    ends = 0
    for row in range(count):
        source, target, node = payer[row], payee[row], NODES + 2 * row
        if mine[source]:
            tail[arcs], head[arcs], capacity[arcs] = SOURCE, node, amount[row]
        else:
            tail[arcs], head[arcs], capacity[arcs] = last[source], node, kept[source]
            last[source], kept[source] = node, payer_kept[row]
        arcs += 1
        tail[arcs], head[arcs], capacity[arcs] = node, node + 1, amount[row]
        arcs += 1
        if target < 0 or mine[target]:
            end_account[ends] = OUTSIDE if target < 0 else target
            end_node[ends], end_capacity[ends] = node + 1, amount[row]
            ends += 1
            continue
        if last[target] >= 0:
            tail[arcs], head[arcs], capacity[arcs] = last[target], node + 1, kept[target]
            arcs += 1
        last[target], kept[target] = node + 1, payee_kept[row]
    # What can lie in an account at the end is no more than its balance.
    for account in range(len(mine)):
        if last[account] < 0 or kept[account] == 0:
            continue
        end_account[ends], end_node[ends] = account, last[account]
        end_capacity[ends] = kept[account]
        ends += 1
    return (
        tail[:arcs], head[:arcs], capacity[:arcs],
        end_account[:ends], end_node[:ends], end_capacity[:ends],
    )  # fmt: skip
