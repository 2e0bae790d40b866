"""Networks of parties that only pass money on, and the shapes in which it goes through them."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
import polars as pl

from data.settings import Layering
from detectors.context import Context
from detectors.layer_sums import numbered
from detectors.layer_tables import ENDS, TRADED, read_hops
from detectors.near_ties import lay_near_ties
from graph.amount_ratio import AmountRatio
from graph.chains import chains
from graph.pattern_found import Bounds
from graph.scatter_gather import scatter_gather
from graph.temporal_cycles import temporal_cycles

HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class Network:
    """One network: its layers, the ends before and behind them, its transfers, and its shape.

    `layers` only pass money on; `sources` and `sinks` are other parties with the fen they put in
    or got. `depth` is how many layers follow each other on a chain, `parallel` how many lie side by
    side between one payer and one payee, `spread` how many one payer pays that pay at least as many
    others, `cycles` how many chains return to where they began; `cut` says that a search was cut
    short. Shares are of fen, `related_share` of layers.
    """

    layers: tuple[int, ...]
    sources: dict[int, int]
    sinks: dict[int, int]
    hops: pl.DataFrame
    depth: int
    parallel: int
    spread: int
    cycles: int
    cut: bool
    related_share: float
    traded_share: float

    @property
    def entered_fen(self) -> int:
        """What others put into the network; of a closed one, the largest sum that went round."""
        if self.sources:
            return sum(self.sources.values())
        by_payer = self.hops.group_by("payer").agg(pl.col("amount_fen").sum())
        return int(by_payer["amount_fen"].to_numpy().max(initial=0))

    @property
    def left_fen(self) -> int:
        """What others got out of it."""
        return sum(self.sinks.values()) if self.sinks else self.entered_fen


def read_networks(context: Context, settings: Layering) -> list[Network]:
    """Find every network of at least two layers, the smallest party number first."""
    db = context.db
    hops = read_hops(context, settings)
    db.register("layer_hop", hops.to_arrow())
    traded = db.frame("hops of lasting trade", TRADED, {"days": settings.trade_days})["ref"]
    ends = pl.concat(
        [
            hops.filter(~pl.col("payer_passes")).select(pl.col("payer").alias("party")),
            hops.filter(~pl.col("payee_passes")).select(pl.col("payee").alias("party")),
        ]
    )
    db.register("layer_end", ends.unique().to_arrow())
    totals = db.frame("turnover of ends", ENDS)
    for name in ("layer_hop", "layer_end"):
        db.unregister(name)
    for name in ("layer_transfer", "layer_passing"):
        db.execute(f"drop {name}", f"drop table {name}")
    lay_near_ties(context)
    ties = db.frame("near ties", "select one, other from near_tie order by one, other")
    return [
        _network(settings, hops, sorted(members), traded, ties)
        for members in _groups(settings, hops, totals)
    ]


def _groups(settings: Layering, hops: pl.DataFrame, totals: pl.DataFrame) -> list[set[int]]:
    """Layers that pay each other, or that lie side by side between the same two ends."""
    graph = nx.Graph()
    graph.add_edges_from(
        hops.filter("payer_passes", "payee_passes").select("payer", "payee").unique().rows()
    )
    part = settings.least_end_share
    came = _end_pairs(hops, "payee", "payer", totals, "out_fen", part)
    went = _end_pairs(hops, "payer", "payee", totals, "in_fen", part)
    beside = came.join(went, on="layer", suffix="_behind").group_by("end", "end_behind")
    for (_, _), rows in beside:
        layers = rows["layer"].unique().sort().to_list()
        if len(layers) >= settings.minimum_parallel:
            nx.add_path(graph, layers)
    paid = came.rename({"end": "payer", "layer": "payee"})
    wide = _spreads(hops.filter("payer_passes"), paid).filter(
        pl.col("spread") >= settings.minimum_spread
    )
    for _, rows in paid.join(wide, on="payer", how="semi").group_by("payer"):
        nx.add_path(graph, rows["payee"].unique().sort().to_list())
    groups = [set(each) for each in nx.connected_components(graph) if len(each) >= 2]
    return sorted(groups, key=min)


def _end_pairs(
    hops: pl.DataFrame, layer: str, end: str, totals: pl.DataFrame, total: str, part: float
) -> pl.DataFrame:
    """Which ends each layer deals with, where its kind is a good part of the end's business."""
    mine = hops.filter(
        pl.col(f"{layer}_passes"), ~pl.col(f"{end}_passes"), ~pl.col(f"{end}_holds")
    ).select(pl.col(layer).alias("layer"), pl.col(end).alias("end"), "amount_fen")
    joined = mine.join(totals, left_on="end", right_on="party")
    large = pl.col("amount_fen").sum().over("end") >= part * pl.col(total)
    return joined.filter(large).select("layer", "end").unique().sort("layer", "end")


def _network(
    settings: Layering,
    hops: pl.DataFrame,
    layers: list[int],
    traded: pl.Series,
    ties: pl.DataFrame,
) -> Network:
    from_layer = pl.col("payer_passes") & pl.col("payer").is_in(layers)
    to_layer = pl.col("payee_passes") & pl.col("payee").is_in(layers)
    mine = hops.filter(from_layer | to_layer)
    sources = _ends(mine.filter(~from_layer), "payer")
    sinks = _ends(mine.filter(~to_layer), "payee")
    known = mine.filter(pl.col("ref").is_in(traded.implode()))
    near = {*layers, *sources, *sinks}
    tied = ties.filter(pl.col("one").is_in(layers), pl.col("other").is_in(list(near)))
    depth, parallel, cycles, cut = _shape(settings, mine, set(layers))
    return Network(
        layers=tuple(layers),
        sources=sources,
        sinks=sinks,
        hops=mine,
        depth=depth,
        parallel=parallel,
        spread=int(
            _spreads(mine.filter(from_layer), mine.filter(to_layer))["spread"]
            .to_numpy()
            .max(initial=0)
        ),
        cycles=cycles,
        cut=cut,
        related_share=tied["one"].n_unique() / len(layers),
        traded_share=int(known["amount_fen"].sum()) / max(int(mine["amount_fen"].sum()), 1),
    )


def _spreads(hops: pl.DataFrame, paid: pl.DataFrame) -> pl.DataFrame:
    """How many layers each payer pays, of `paid` (payer, payee), if they pay at least as many.

    Who all spend their money in the same shop are customers. Columns payer and spread.
    """
    on = hops.select(pl.col("payer").alias("payee"), pl.col("payee").alias("next")).unique()
    return (
        paid.select("payer", "payee")
        .unique()
        .join(on, on="payee")
        .group_by("payer")
        .agg(pl.col("payee").n_unique().alias("spread"), pl.col("next").n_unique())
        .filter(pl.col("next") >= pl.col("spread"))
    )


def _ends(hops: pl.DataFrame, side: str) -> dict[int, int]:
    summed = hops.group_by(side).agg(pl.col("amount_fen").sum()).sort(side)
    return dict(summed.iter_rows())


def _shape(settings: Layering, hops: pl.DataFrame, layers: set[int]) -> tuple[int, int, int, bool]:
    """How deep and how wide the network is, how many cycles it holds, and whether that was cut."""
    parties, listed = numbered(hops)
    is_layer = np.isin(parties, sorted(layers))
    window, parts = settings.network_hours * HOUR_US, AmountRatio.parse(settings.hop_ratio)
    bounds = Bounds(instances=settings.most_instances, per_start=settings.most_per_start)
    lines = chains(listed, min_length=2, max_length=8, window_us=window, ratio=parts, bounds=bounds)
    rounds = temporal_cycles(
        listed, min_length=3, max_length=8, window_us=window, ratio=parts, closing=False,
        bounds=bounds,
    )  # fmt: skip
    wide = scatter_gather(listed, window_us=window, min_members=2, bounds=bounds)
    depth = max(
        (int(is_layer[members].sum()) for members in lines.accounts["member"].to_lists()),
        default=1,
    )
    parallel = max(
        (int(is_layer[middles].sum()) for middles in wide.accounts["middle"].to_lists()),
        default=1,
    )
    cut = any(found.cut is not None for found in (lines, rounds, wide))
    return depth, parallel, rounds.count, cut
