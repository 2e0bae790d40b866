"""What a party's payers have in common: one other party paid many of them just before.

What a payment is made of is taken from what came in last, within some hours, as in ``passing``. So
money is seen that comes from one party over several others to a third, whatever part of it each of
them keeps, and in whatever order they pay; and the same the other way, of a party's payees.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import polars as pl

from data.settings import Features
from pipelines.features.in_time import HOUR_US, InTime, share

Floats = npt.NDArray[np.float64]


@numba.njit(cache=True)
def _ways(
    events: Any, starts: Any, payer: Any, payee: Any, at: Any, amount: Any, limit: int,
    source: Any, middle: Any, sink: Any, fen: Any,
) -> int:  # fmt: skip
    """Write source, middle, sink and fen of all money that went on within the limit.

    Returns how many rows there are; those beyond the room of the last four are not written.
    """
    rows, room = 0, len(source)
    for party in range(len(starts) - 1):
        begin, end = starts[party], starts[party + 1]
        lots = np.empty(end - begin, dtype=np.int64)
        left = np.empty(end - begin, dtype=np.int64)
        held = 0
        for place in range(begin, end):
            transfer = events[place] >> 1
            if events[place] & 1:
                lots[held], left[held] = transfer, amount[transfer]
                held += 1
                continue
            wanted = amount[transfer]
            while wanted > 0 and held > 0:
                lot = lots[held - 1]
                if at[transfer] - at[lot] > limit:
                    held = 0
                    break
                taken = min(wanted, left[held - 1])
                known = payer[lot] >= 0 and payee[transfer] >= 0
                if known and payer[lot] != payee[transfer]:
                    if rows < room:
                        source[rows], middle[rows], sink[rows] = payer[lot], party, payee[transfer]
                        fen[rows] = taken
                    rows += 1
                wanted -= taken
                left[held - 1] -= taken
                if left[held - 1] == 0:
                    held -= 1
    return rows


def measure_sharing(flow: InTime, settings: Features) -> pl.DataFrame:
    """A frame by party_no: what came from one party over several payers, and went so to one.

    `shared_source_share` is the most that came from one and the same party over at least as many
    payers as make a shape, of all that came in, `payers_of_one_source` the most such payers;
    `shared_sink_share` and `payees_to_one_sink` the same of payees. A party without a payer
    has no share.
    """
    least = settings.shape_members
    pairs = (
        _read_ways(flow, settings.pass_on_hours[-1] * HOUR_US, least)
        .group_by("source", "middle", "sink")
        .agg(pl.col("fen").sum())
        .group_by("source", "sink")
        .agg(pl.len().alias("over"), pl.col("fen").sum())
        .filter(pl.col("over") >= least)
    )
    columns: dict[str, Any] = {"party_no": np.arange(flow.parties, dtype=np.int64)}
    for end, share_name, count_name, whole in (
        ("sink", "shared_source_share", "payers_of_one_source", flow.came_in),
        ("source", "shared_sink_share", "payees_to_one_sink", flow.went_out),
    ):
        most = pairs.group_by(end).agg(pl.col("fen").max(), pl.col("over").max())
        place = most[end].to_numpy()
        fen, over = np.zeros(flow.parties), np.zeros(flow.parties)
        fen[place], over[place] = most["fen"].to_numpy(), most["over"].to_numpy()
        columns[share_name], columns[count_name] = share(fen, whole), over
    return pl.DataFrame(columns).fill_nan(None)


def _read_ways(flow: InTime, limit_us: int, least: int) -> pl.DataFrame:
    """Columns source, middle, sink (party numbers) and fen; of pairs with at least so many rows."""
    told = flow.events, flow.starts, flow.payer, flow.payee, flow.at, flow.amount_fen, limit_us
    no_party, no_fen = np.empty(0, dtype=np.int32), np.empty(0, dtype=np.int64)
    rows = _ways(*told, no_party, no_party, no_party, no_fen)
    source, middle, sink = (np.empty(rows, dtype=np.int32) for _ in range(3))
    fen = np.empty(rows, dtype=np.int64)
    _ways(*told, source, middle, sink, fen)
    pair = source * np.int64(flow.parties) + sink
    pairs, times = np.unique(pair, return_counts=True)
    kept = np.isin(pair, pairs[times >= least])
    return pl.DataFrame(
        {"source": source[kept], "middle": middle[kept], "sink": sink[kept], "fen": fen[kept]}
    )
