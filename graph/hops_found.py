"""Cycles and chains as they are returned: their records of edges as accounts and transfers."""

from __future__ import annotations

import numpy as np

from data.errors import ContractError
from graph.by_start import Searched
from graph.pattern_found import Found, Ragged, counted
from graph.transfer_list import Ints, TransferList

SHORTEST, LONGEST = 2, 8


def checked_lengths(min_length: int, max_length: int) -> None:
    """Refuse lengths that the searches are not made for.

    Raises:
        ContractError: not 2 <= min_length <= max_length <= 8.
    """
    if not SHORTEST <= min_length <= max_length <= LONGEST:
        raise ContractError(
            f"lengths {min_length} to {max_length}: they must lie within {SHORTEST} and {LONGEST}"
        )


def hops_found(
    kind: str,
    searched: Searched,
    transfers: TransferList,
    rows: Ints,
    *,
    closed: bool = True,
    distinct: bool = False,
) -> Found:
    """Put tables of edges together: shortest first, otherwise in their order.

    `rows` are the edges' rows of the list. A closed sequence has an account per hop, an open one
    also that of the last payee. With `distinct` the first of those with the same accounts stays,
    and each length is in the order of the accounts.
    """
    sizes = searched.sizes.copy()
    lists, hops, accounts = [], [], []
    for size, table in searched.by_size().items():
        used = rows[table]
        held = transfers.payer[used]
        if not closed:
            held = np.column_stack([held, transfers.payee[used[:, -1]]])
        if distinct:
            keep = _first_of_each(held)
            used, held = used[keep], held[keep]
            sizes[size] = len(keep)
        lists.append(np.full(len(used), size))
        hops.append(used.ravel())
        accounts.append(held.ravel())
    lengths = _joined(lists)
    members = Ragged.of_offsets(_offsets(lengths + (not closed)), _joined(accounts))
    return Found(
        kind,
        int(sizes.sum()),
        sizes,
        {"member": members},
        Ragged.of_offsets(_offsets(lengths), _joined(hops)),
        {"member": counted(members, transfers.accounts)},
        searched.cut,
    )


def counts_found(kind: str, searched: Searched, members: Ints) -> Found:
    """Counts without instances."""
    return Found(
        kind,
        int(searched.sizes.sum()),
        searched.sizes,
        {"member": Ragged.empty()},
        Ragged.empty(),
        {"member": members},
        searched.cut,
    )


def _first_of_each(accounts: Ints) -> Ints:
    order = np.lexsort(accounts.T[::-1])
    ordered = accounts[order]
    other = np.ones(len(order), dtype=bool)
    other[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return order[other]


def _offsets(lengths: Ints) -> Ints:
    offsets = np.zeros(len(lengths) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets


def _joined(parts: list[Ints]) -> Ints:
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
