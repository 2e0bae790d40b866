"""The shapes that money takes in time: how many instances of each pattern hold a party.

Parties are the nodes, so that a shape drawn over several accounts of one party is seen whole.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import polars as pl

from data.settings import Features
from data.store import Database
from graph.amount_ratio import AmountRatio
from graph.pattern_found import Bounds, Found
from graph.transfer_list import TransferList
from pipelines.patterns import Kind, Search, find

HOUR_US = 3_600_000_000
# Left out is what hubs pay and are paid: between them nearly any shape comes about by chance, and
# the search grows with the squares of their counterparties.
TRANSFERS = """
with known as (
  select payer, payee, amount_fen, booked_at from feature_transfer where payer >= 0 and payee >= 0
), pays_many as (
  select payer from known group by payer having count(distinct payee) > $most
), paid_by_many as (
  select payee from known group by payee having count(distinct payer) > $most
)
select k.payer, k.payee, k.amount_fen, epoch_us(k.booked_at) as at
from known k
anti join pays_many p on p.payer = k.payer
anti join paid_by_many q on q.payee = k.payee
order by k.booked_at, k.payer, k.payee, k.amount_fen
"""
SHAPES: dict[str, Kind] = {
    "in_cycles": "cycles",
    "in_chains": "chains",
    "in_fans_in": "fan-in",
    "in_fans_out": "fan-out",
    "in_scatter_gather": "scatter-gather",
    "in_gather_scatter": "gather-scatter",
    "in_bipartite": "bipartite",
    "in_stacks": "stack",
}


def measure_shapes(db: Database, settings: Features) -> pl.DataFrame:
    """A frame by party_no: per kind the instances that hold a party, in whatever role.

    Windows, members and the bound of instances from one start are the settings'; what the bound
    cuts is not counted. Payments of a party to more payees than the settings allow, or to one with
    more payers, are no part of any shape.
    """
    rows = db.arrow("transfers between parties", TRANSFERS, {"most": settings.shape_counterparties})
    payer, payee, amount, at = (
        rows[name].to_numpy().astype(np.int64) for name in ("payer", "payee", "amount_fen", "at")
    )
    parties = int(max(payer.max(initial=-1), payee.max(initial=-1))) + 1
    listed = TransferList(payer, payee, amount, at, parties)
    columns = {"party_no": np.arange(parties, dtype=np.int64)}
    for name, kind in SHAPES.items():
        columns[name] = _held(find(listed, _search(kind, settings)), parties)
    return pl.DataFrame(columns)


def _search(kind: Kind, settings: Features) -> Search:
    alike = Fraction(str(settings.alike_from))
    # Round a cycle the sum shrinks by each fee, and is made up for where it closes.
    ratio = {"cycles": AmountRatio(alike, 1 / alike), "chains": AmountRatio(alike, Fraction(1))}
    return Search(
        kind,
        min_length=2 if kind == "cycles" else 3,
        max_length=settings.shape_hops,
        min_members=settings.shape_members,
        window=settings.shape_hours * HOUR_US,
        ratio=ratio.get(kind),
        bounds=Bounds(per_start=settings.shape_per_start, store=False),
    )


def _held(found: Found, parties: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Instances per party over all roles; of fans, windows count at their centre."""
    counts = np.zeros(parties, dtype=np.int64)
    for held in found.per_account.values():
        counts += held
    return counts
