"""The patterns of graph/ by their names, with one set of options; their instances as a frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal, cast, get_args

import numpy as np
import polars as pl
import pyarrow as pa

from data.errors import InputError
from graph.amount_ratio import AmountRatio
from graph.bipartite import bipartite
from graph.chains import chains
from graph.fans import fans
from graph.gather_scatter import gather_scatter
from graph.hop_times import Times
from graph.pattern_found import COMPLETE, Bounds, Found, Ragged
from graph.scatter_gather import scatter_gather
from graph.simple_cycles import simple_cycles
from graph.stack import stack
from graph.temporal_cycles import temporal_cycles
from graph.transfer_list import TransferList
from pipelines.transfer_file import NamedTransfers

Kind = Literal["cycles", "chains", "fan-in", "fan-out", "scatter-gather", "gather-scatter",
               "bipartite", "stack"]  # fmt: skip
KINDS: tuple[str, ...] = get_args(Kind)
Order = Literal["strict", "ties", "any", "none"]
ORDERS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "cycles": ("strict", "ties", "any", "none"),
        "chains": ("strict", "ties"),
        "scatter-gather": ("strict", "ties", "any"),
        "gather-scatter": ("strict", "ties"),
        "stack": ("strict", "ties"),
    }
)
FEWEST: Mapping[str, int] = MappingProxyType({"fan-in": 3, "fan-out": 3})
SEPARATOR = ";"
# With more lengths than these, lists are joined one by one.
FEW_LENGTHS = 16


@dataclass(frozen=True)
class Search:
    """What is looked for; None leaves a rule out, or takes the kind's own value.

    `window` is in microseconds, or in the list's own unit of time.
    """

    kind: Kind
    min_length: int = 3
    max_length: int = 6
    min_members: int | None = None
    window: int | None = None
    order: Order | None = None
    ratio: AmountRatio | None = None
    bounds: Bounds = COMPLETE


def find(transfers: TransferList, search: Search) -> Found:
    """Find all instances of a kind within its bounds.

    Cycles of a list without times, or with the order "none", are simple cycles of accounts. In
    other kinds of such a list all transfers are of one time.

    Raises:
        InputError: options that the kind does not have.
        ContractError: lengths or bounds that cannot be.
    """
    kind, order = search.kind, search.order
    allowed = ORDERS.get(kind, ())
    if order is not None and order not in allowed:
        known = ", ".join(allowed) or "none of them"
        raise InputError(f"{kind} knows no --order {order}; it knows {known}")
    timed = transfers.at is not None
    if kind == "cycles":
        return _cycles(transfers, search)
    if search.ratio is not None and kind in ("fan-in", "fan-out", "bipartite"):
        raise InputError(f"{kind} has no hops, so there is no --ratio; leave it out")
    if not timed:
        order = order or ("any" if "any" in allowed else "ties")
        transfers = replace(transfers, at=np.zeros(len(transfers), dtype=np.int64))
    # `none` is known to cycles alone.
    times = cast(Times, order or "strict")
    window, bounds = search.window, search.bounds
    members = search.min_members or FEWEST.get(kind, 2)
    if kind == "chains":
        return chains(
            transfers, min_length=search.min_length, max_length=search.max_length,
            window_us=window, times=times, ratio=search.ratio, bounds=bounds,
        )  # fmt: skip
    if kind in ("fan-in", "fan-out"):
        side: Literal["in", "out"] = "in" if kind == "fan-in" else "out"
        return fans(transfers, side, window_us=window, min_members=members, bounds=bounds)
    if kind == "bipartite":
        return bipartite(transfers, window_us=window, min_members=members, bounds=bounds)
    passes = {"scatter-gather": scatter_gather, "gather-scatter": gather_scatter, "stack": stack}
    return passes[kind](
        transfers, window_us=window, min_members=members, times=times, ratio=search.ratio,
        bounds=bounds,
    )  # fmt: skip


def _cycles(transfers: TransferList, search: Search) -> Found:
    shortest, longest = search.min_length, search.max_length
    if search.order == "none" or transfers.at is None:
        if search.window is not None:
            raise InputError("simple cycles disregard time, so there is no --window; leave it out")
        if search.order not in (None, "none"):
            raise InputError(f"the list has no column time for --order {search.order}")
        return simple_cycles(
            transfers, min_length=shortest, max_length=longest, ratio=search.ratio,
            bounds=search.bounds,
        )  # fmt: skip
    return temporal_cycles(
        transfers, min_length=shortest, max_length=longest, window_us=search.window,
        times=search.order or "strict", ratio=search.ratio, bounds=search.bounds,
    )  # fmt: skip


def instances(found: Found, named: NamedTransfers) -> pl.DataFrame:
    """A row per instance: per role the accounts' names, and its transfers.

    Those of a warehouse are references, those of a file its rows (from 1).
    """
    names = named.names.to_arrow()
    columns = {}
    for role, lists in _roles(found).items():
        offsets, accounts = lists.flat()
        columns[role] = pa.LargeListArray.from_arrays(offsets, names.take(pa.array(accounts)))
    offsets, rows = found.transfers.flat()
    shown = pa.array(rows + 1) if named.refs is None else named.refs.to_arrow().take(pa.array(rows))
    columns["transfer"] = pa.LargeListArray.from_arrays(offsets, shown)
    return pl.DataFrame(pl.from_arrow(pa.table(columns)))


def as_text(found: Found, named: NamedTransfers, *, rows: bool = True) -> pl.DataFrame:
    """The same with each list as one text, for CSV; without `rows` the accounts only.

    Raises:
        InputError: an account's name or a transfer's reference holds the separator.
    """
    for texts in (named.names, named.refs):
        if texts is not None and bool(texts.str.contains(SEPARATOR, literal=True).any()):
            raise InputError(
                f"a name or a reference holds {SEPARATOR!r}, which parts them in CSV; "
                "use --format parquet"
            )
    columns = {role: _joined(lists, named.names) for role, lists in _roles(found).items()}
    if rows:
        shown = named.refs
        if shown is None:
            shown = pl.Series(range(1, len(named.transfers) + 1)).cast(pl.String)
        columns["transfer"] = _joined(found.transfers, shown)
    return pl.DataFrame(columns)


def _roles(found: Found) -> Mapping[str, Ragged]:
    """The accounts of each role, each once in an instance."""
    if not found.kind.startswith("fan"):
        return found.accounts
    return {role: lists.distinct() for role, lists in found.accounts.items()}


def _joined(lists: Ragged, texts: pl.Series) -> pl.Series:
    """The texts that lists of numbers stand for, joined; lists of one length all at once."""
    offsets, numbers = lists.flat()
    lengths = lists.lengths
    if len(np.unique(lengths)) > FEW_LENGTHS:
        held = pl.Series(texts.gather(numbers)).to_arrow()
        return pl.Series(pl.from_arrow(pa.LargeListArray.from_arrays(offsets, held))).list.join(
            SEPARATOR
        )
    parts, places = [], []
    for length in np.unique(lengths):
        here = np.flatnonzero(lengths == length)
        table = numbers[offsets[here][:, None] + np.arange(length)]
        columns = [texts.gather(table[:, hop]).alias(str(hop)) for hop in range(length)]
        parts.append(pl.DataFrame(columns).select(
            pl.concat_str(pl.all(), separator=SEPARATOR).alias("text")
        ).to_series())  # fmt: skip
        places.append(here)
    if not parts:
        return pl.Series([], dtype=pl.String)
    whole = pl.concat(parts)
    order = np.argsort(np.concatenate(places), kind="stable")
    return whole if bool((np.diff(order) == 1).all()) else whole.gather(order)


def per_account(found: Found, named: NamedTransfers) -> pl.DataFrame:
    """How many instances hold each account, by role; accounts in none are left out."""
    parts = []
    for role, counts in found.per_account.items():
        held = np.flatnonzero(counts)
        account = named.names.gather(held)
        parts.append(pl.DataFrame({"account": account, "count": counts[held]}).select(
            "account", pl.lit(role).alias("role"), "count"
        ))  # fmt: skip
    return pl.concat(parts)
