"""Ways through strangers: a sum handed on several times within days, or brought back to its start.

Whoever hands it on may have other business beside. Each hop is a little less than the hop before,
and follows it; in a large province chance makes such ways too, above all through parties that pay
often. So a way counts only where chance would hardly make one like it among all large sums: every
party's payments being spread over the window, whatever it takes.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

import networkx as nx
import numpy as np
import numpy.typing as npt
import polars as pl

from data.settings import Layering
from detectors.context import Context
from detectors.evidence import yuan
from detectors.finding import Finding, Lookalike, Measure
from detectors.layer_case import layering_finding
from detectors.layer_sums import LargeSums
from graph.amount_ratio import AmountRatio
from graph.chains import chains
from graph.pattern_found import Bounds
from graph.temporal_cycles import temporal_cycles

Ints = npt.NDArray[np.int64]
HOUR_US = 3_600_000_000
# No pause counts as shorter.
SHORTEST_US = HOUR_US // 6
# Hops of one search; longer ways come together out of those that share transfers.
LONGEST = 8


@dataclass(frozen=True)
class Way:
    """Ways that share transfers: `rows` of all, in time; `first` are those that begin one.

    `hops` counts the transfers of the longest, `rounds` those that return to where they began.
    """

    rows: pl.DataFrame
    first: pl.DataFrame
    hops: int
    rounds: int

    @property
    def amount_fen(self) -> int:
        """What set out."""
        return int(self.first["amount_fen"].sum())

    @property
    def subject(self) -> int:
        """Who sent it out first; below 0 when nobody known did."""
        return int(self.first["payer"][0])


def read_ways(settings: Layering, sums: LargeSums) -> list[Way]:
    """Find chains and cycles of large sums between strangers, joined where they share transfers."""
    large = sums.of(settings.way_least_fen).rows
    pays = pl.len().over("payer").alias("pays")
    since = pl.col("booked_at").min().over("payer", "payee")
    lasting = pl.col("booked_at") - since > timedelta(days=settings.trade_days)
    takes = large.group_by("payee").agg(pl.len().alias("takes"))
    handing = (
        large.with_columns(pays)
        .filter(pl.col("pays") <= settings.way_payments, ~lasting)
        .join(takes, left_on="payer", right_on="payee", how="left", maintain_order="left")
        .with_columns(pl.col("takes").fill_null(0))
    )
    if handing.is_empty():
        return []
    listed = LargeSums(handing).listed
    bounds = Bounds(instances=settings.most_instances, per_start=settings.most_per_start)
    ratio, window = AmountRatio.parse(settings.way_ratio), settings.way_hours * HOUR_US
    lines = chains(
        listed, min_length=settings.way_hops, max_length=LONGEST, window_us=window, ratio=ratio,
        bounds=bounds,
    )  # fmt: skip
    rounds = temporal_cycles(
        listed, min_length=settings.round_hops, max_length=LONGEST, window_us=window, ratio=ratio,
        closing=False, bounds=bounds,
    )  # fmt: skip
    chance = Chance.of(float(ratio.low), large, handing)
    return _joined(
        handing,
        [way for way in lines.transfers.to_lists() if chance.of_line(way) <= settings.line_chance],
        _of_their_own(
            handing,
            [way for way in rounds.transfers.to_lists()
             if chance.of_round(way) <= settings.way_chance],
        ),
    )  # fmt: skip


def _of_their_own(rows: pl.DataFrame, rounds: list[list[int]]) -> list[list[int]]:
    """Leave out rounds over middlemen who bring others' money back to them as well.

    Whoever sends it so uses a service of theirs, such as turning credit into cash (R5).
    """
    payer = rows["payer"].to_list()
    middle = [frozenset(payer[row] for row in way[1:]) for way in rounds]
    starts: dict[frozenset[int], set[int]] = defaultdict(set)
    for way, members in zip(rounds, middle, strict=True):
        starts[members].add(payer[way[0]])
    return [way for way, members in zip(rounds, middle, strict=True) if len(starts[members]) == 1]


@dataclass(frozen=True)
class Chance:
    """How many ways like one chance would make, were each party's payments spread over the window.

    By row of the sums that are handed on: `at` (microseconds), `amount_fen`, how many large sums
    the payer `pays` and `takes`; `sorted_fen` are all large sums, `span_us` the time they take,
    `low` the least that a hop may be of the hop before.
    """

    at: Ints
    amount_fen: Ints
    pays: Ints
    takes: Ints
    sorted_fen: Ints
    span_us: int
    low: float

    @classmethod
    def of(cls, low: float, large: pl.DataFrame, handing: pl.DataFrame) -> Chance:
        """From all large sums, and those by parties that hand on."""
        at = handing["booked_at"].dt.timestamp("us").to_numpy()
        span = large["booked_at"].dt.timestamp("us")
        return cls(
            at, handing["amount_fen"].to_numpy(), handing["pays"].to_numpy(),
            handing["takes"].to_numpy(), np.sort(large["amount_fen"].to_numpy()),
            max(int(span[-1] - span[0]), HOUR_US), low,
        )  # fmt: skip

    def of_line(self, way: list[int]) -> float:
        """Lines of as many hops, each as soon after the last and as near it in sum."""
        expected = float(len(self.sorted_fen))
        for before, after in pairwise(way):
            most = self.amount_fen[before]
            within = np.searchsorted(self.sorted_fen, [self.low * most, most + 1])
            alike = float(within[1] - within[0]) / len(self.sorted_fen)
            gap = max(int(self.at[after] - self.at[before]), SHORTEST_US)
            expected *= min(float(self.pays[after]) * gap / self.span_us * alike, 1.0)
        return expected

    def of_round(self, way: list[int]) -> float:
        """Lines like it of which the last payment goes to who paid the first."""
        return self.of_line(way) * float(self.takes[way[0]]) / len(self.sorted_fen)


def _joined(rows: pl.DataFrame, lines: list[list[int]], rounds: list[list[int]]) -> list[Way]:
    """Join ways that share a transfer, or that begin with one party."""
    graph = nx.Graph()
    payer = rows["payer"].to_list()
    for way in (*lines, *rounds):
        nx.add_path(graph, way)
    starts: dict[int, list[int]] = defaultdict(list)
    begun = {row for way in (*lines, *rounds) for row in way[1:]}
    for way in (*lines, *rounds):
        if way[0] not in begun:
            starts[payer[way[0]]].append(way[0])
    for same in starts.values():
        nx.add_path(graph, same)
    # Each part by its earliest row.
    place = {row: min(part) for part in nx.connected_components(graph) for row in part}
    held: dict[int, list[list[int]]] = defaultdict(list)
    closed: dict[int, int] = defaultdict(int)
    for way in lines:
        held[place[way[0]]].append(way)
    for way in rounds:
        held[place[way[0]]].append(way)
        closed[place[way[0]]] += 1
    found = []
    for number, ways in sorted(held.items()):
        later = {row for way in ways for row in way[1:]}
        first = sorted({way[0] for way in ways} - later) or [min(way[0] for way in ways)]
        every = sorted({row for way in ways for row in way})
        found.append(Way(rows[every], rows[first], max(len(way) for way in ways), closed[number]))
    return found


def way_finding(context: Context, settings: Layering, way: Way) -> Finding:
    """Put joined ways into a finding of L1."""
    paid, took = way.rows["payer"], way.rows["payee"]
    between = sorted({*paid} & {*took} - {way.subject})
    last = sorted({*took} - {*paid} - {way.subject})
    person = dict(zip(took, way.rows["payee_person"], strict=True))
    roles = {number: "nominee" if person.get(number) else "shell" for number in between}
    roles |= dict.fromkeys(last, "beneficiary")
    repeated = 1 - way.rows.select("payer", "payee").n_unique() / way.rows.height
    lookalikes = (
        Lookalike(
            "lasting_trade",
            repeated <= settings.maximum_traded_share,
            f"{repeated:.0%} 的笔数是同一双方之间的重复付款",
            f"{repeated:.0%} of the transfers repeat one between the same two parties",
        ),
    )
    moved, hours = yuan(way.amount_fen), settings.way_hours
    zh_back = f"，其中 {way.rounds} 次回到起点" if way.rounds else ""
    en_back = f", and came back to its start {way.rounds} time(s)" if way.rounds else ""
    return layering_finding(
        context,
        way.subject,
        way.rows,
        certainty=settings.confidence_least
        + settings.confidence_layers * min(len(between) / settings.sure_layers, 1.0)
        + settings.confidence_shapes * (way.rounds > 0),
        amount_fen=way.amount_fen,
        measures={
            "hops": Measure(
                way.hops, settings.round_hops if way.rounds else settings.way_hops, "transfers"
            ),
            "layers": Measure(len(between), None, "parties"),
            "cycles": Measure(way.rounds, None, "chains"),
        },
        lookalikes=lookalikes,
        text=(
            f"{moved} 元在 {hours} 小时内由互无关联的主体逐笔转手，最多 {way.hops} 手，"
            f"每手略少于前一手{zh_back}",
            f"{moved} yuan were handed on between strangers within {hours} hours, up to "
            f"{way.hops} times, each sum a little less than the one before{en_back}",
        ),
        roles=sorted(roles.items()),
    )
