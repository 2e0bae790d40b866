"""Stars: one party that takes from many strangers within days, pays many, or does both in turn."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import Layering
from detectors.context import Context
from detectors.evidence import fen, yuan
from detectors.finding import Finding, Lookalike, Measure
from detectors.layer_case import layering_finding
from detectors.layer_sums import LargeSums
from graph.amount_ratio import AmountRatio
from graph.fans import fans
from graph.gather_scatter import gather_scatter
from graph.pattern_found import Bounds, Found

HOUR_US = 3_600_000_000
SHAPES = {
    "in": ("收自", "took from"),
    "out": ("付给", "paid"),
    "both": ("收自并随即付给", "took from, and paid on to,"),
}


@dataclass(frozen=True)
class Star:
    """One hub, the side on which it has many others (in, out, both), and its transfers with them.

    `others` counts the side with fewer; `share` is their part of all the hub's large transfers,
    `repeated_share` that of the commonest sum among them.
    """

    hub: int
    side: str
    rows: pl.DataFrame
    others: int
    share: float
    repeated_share: float


def read_stars(settings: Layering, sums: LargeSums) -> list[Star]:
    """Find natural persons with fans of strangers, and whoever gathers from many and scatters."""
    bounds = Bounds(instances=settings.most_instances, per_start=settings.most_per_start)
    hours = settings.star_hours * HOUR_US
    large = sums.of(settings.least_fan_fen)
    both = gather_scatter(
        sums.listed, window_us=hours, min_members=settings.minimum_gathered,
        ratio=AmountRatio.parse(settings.star_ratio), bounds=bounds,
    )  # fmt: skip
    members = settings.minimum_fan
    stars: dict[int, Star] = {}
    for side, found, rows in (
        ("both", both, sums.rows),
        ("in", fans(large.listed, "in", window_us=hours, min_members=members, bounds=bounds),
         large.rows),
        ("out", fans(large.listed, "out", window_us=hours, min_members=members, bounds=bounds),
         large.rows),
    ):  # fmt: skip
        for hub, kept in _hubs(found, rows, side).items():
            star = _star(settings, rows, hub, side, rows[sorted(kept)])
            if star is not None and hub not in stars:
                stars[hub] = star
    return [stars[hub] for hub in sorted(stars)]


def _hubs(found: Found, rows: pl.DataFrame, side: str) -> dict[int, set[int]]:
    """By hub the rows of all its windows."""
    payer, payee = rows["payer"].to_list(), rows["payee"].to_list()
    hubs: dict[int, set[int]] = {}
    for window in found.transfers.to_lists():
        first, last = window[0], window[-1]
        hub = payer[first] if side == "out" else payee[first]
        if side == "both" and hub != payer[last]:
            continue
        hubs.setdefault(hub, set()).update(window)
    return hubs


def _star(
    settings: Layering, rows: pl.DataFrame, hub: int, side: str, kept: pl.DataFrame
) -> Star | None:
    """Hold one hub against the lines; None for firms with fans only, and for a party's business.

    Who gathers and scatters deals with two layers; who deals with more has a trade.
    """
    came, went = rows.filter(pl.col("payee") == hub), rows.filter(pl.col("payer") == hub)
    mine = {"in": came, "out": went, "both": pl.concat([came, went])}[side]
    person = bool(came["payee_person"].any()) if came.height else bool(went["payer_person"].any())
    partners = set(came["payer"]) & set(went["payee"])
    sources = set(kept.filter(pl.col("payee") == hub)["payer"]) - partners
    sinks = set(kept.filter(pl.col("payer") == hub)["payee"]) - partners
    others = {"in": len(sources), "out": len(sinks), "both": min(len(sources), len(sinks))}[side]
    least = settings.minimum_gathered if side == "both" else settings.minimum_fan
    share = fen(kept) / max(fen(mine), 1)
    repeated = kept["amount_fen"].value_counts()["count"].to_numpy().max(initial=0) / kept.height
    dealt = len({*came["payer"], *went["payee"]})
    if (
        hub < 0
        or (side != "both" and not person)
        or (side == "both" and dealt > 2 * settings.most_counterparties)
        or others < least
        or fen(kept) < settings.minimum_fen
        or share < settings.minimum_star_share
        or repeated > settings.maximum_repeated_share
    ):
        return None
    return Star(hub, side, kept, others, share, repeated)


def star_finding(context: Context, settings: Layering, star: Star) -> Finding:
    """Put one star into a finding of L1."""
    taken = fen(star.rows.filter(pl.col("payee") == star.hub))
    amount = taken or fen(star.rows)
    zh, en = SHAPES[star.side]
    hours = settings.star_hours
    lookalikes = (
        Lookalike(
            "savings_circle",
            star.repeated_share <= settings.doubtful_share,
            f"最常见金额占 {star.repeated_share:.0%} 的笔数",
            f"{star.repeated_share:.0%} of the transfers are of the commonest sum",
        ),
        Lookalike(
            "trade_of_its_own",
            star.share >= 1 - settings.doubtful_share,
            f"上述款项占其大额收付的 {star.share:.0%}",
            f"these are {star.share:.0%} of its large transfers",
        ),
    )
    size = min(star.others / settings.sure_star, 1.0)
    return layering_finding(
        context,
        star.hub,
        star.rows,
        certainty=settings.confidence_least + settings.confidence_layers * size,
        amount_fen=amount,
        measures={
            "fan": Measure(
                star.others,
                settings.minimum_gathered if star.side == "both" else settings.minimum_fan,
                "parties",
            ),
            "star_share": Measure(round(star.share, 4), settings.minimum_star_share, "share"),
        },
        lookalikes=lookalikes,
        text=(
            f"在数段 {hours} 小时内{zh} {star.others} 个无关联主体大额款项，共 {yuan(amount)} 元",
            f"Within spans of {hours} hours it {en} {star.others} unrelated parties in "
            f"large sums, {yuan(amount)} yuan in all",
        ),
    )
