"""Bursts: many strangers who pay one party within days, and hardly anybody else, or are paid by it.

Customers come all through the year and are persons, or firms; suppliers and staff likewise. Where
persons and firms together, who have next to no other such sums, pay one party that takes hardly
anything at other times, accounts were lent to bring a sum together, or to take it apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import polars as pl

from data.settings import Layering
from detectors.context import Context
from detectors.evidence import fen, yuan
from detectors.finding import Finding, Lookalike, Measure
from detectors.layer_case import layering_finding
from detectors.layer_sums import LargeSums

SHAPES = {"in": ("收自", "took"), "out": ("付给", "paid")}


@dataclass(frozen=True)
class Burst:
    """One party by number, its side of the burst (in, out), and the transfers in it.

    `others` counts the strangers, `persons` those of them known as persons; `share` is what moved
    so of all that the party moved on that side in such sums, `alone_share` the part that the
    transfers with it are of all of the median stranger's.
    """

    hub: int
    side: str
    rows: pl.DataFrame
    others: int
    persons: int
    share: float
    alone_share: float


def read_bursts(settings: Layering, sums: LargeSums) -> list[Burst]:
    """Find them among the large sums between strangers, by party; first those who take."""
    found: dict[int, Burst] = {}
    for side in SHAPES:
        for burst in _bursts(settings, sums.rows, side):
            found.setdefault(burst.hub, burst)
    return [found[hub] for hub in sorted(found)]


def _lines(settings: Layering, side: str) -> tuple[int, float, float]:
    """The least strangers, share of what moves, and share of persons or firms on a side."""
    if side == "in":
        return settings.minimum_burst_in, settings.burst_in_share, settings.mixed_in_share
    return settings.minimum_burst_out, settings.burst_out_share, settings.mixed_out_share


def _bursts(settings: Layering, rows: pl.DataFrame, side: str) -> list[Burst]:
    least, least_share, mixed = _lines(settings, side)
    hub, other = ("payee", "payer") if side == "in" else ("payer", "payee")
    named = rows.select(
        "ref", "booked_at", "amount_fen", pl.col(hub).alias("hub"), pl.col(other).alias("other"),
        pl.col(f"{other}_person").alias("person"),
    ).with_columns(pl.len().over("other").alias("dealings"))  # fmt: skip
    some = named.filter(
        pl.col("hub") >= 0,
        pl.col("other").n_unique().over("hub").is_between(least, settings.most_transfers),
    ).sort("hub", "booked_at", "ref")
    # Stretches of days between pauses; a business goes on for longer.
    pause = pl.col("booked_at").diff().over("hub") > timedelta(hours=settings.pause_hours)
    stretch = ["hub", "stretch"]
    within = (
        some.with_columns(pause.fill_null(False).cum_sum().over("hub").alias("stretch"))
        .filter(
            pl.col("other").n_unique().over(stretch) >= least,
            pl.col("booked_at").max().over(stretch) - pl.col("booked_at").min().over(stretch)
            <= timedelta(hours=settings.burst_hours),
        )
        .with_columns(pl.len().over("hub", "amount_fen").alias("repeats"))
    )
    whole = some.group_by("hub").agg(pl.col("amount_fen").sum().alias("whole_fen"))
    strangers = within.group_by("hub", "other").agg(
        pl.col("person").any(), (pl.len() / pl.col("dealings").first()).alias("alone")
    )
    told = strangers.group_by("hub").agg(
        pl.len().alias("others"),
        (pl.col("person") & (pl.col("other") >= 0)).sum().alias("persons"),
        (~pl.col("person") & (pl.col("other") >= 0)).sum().alias("firms"),
        pl.col("alone").median().alias("alone_share"),
    )
    judged = (
        within.group_by("hub")
        .agg(
            pl.col("amount_fen").sum().alias("fen"),
            pl.col("repeats").max() / pl.len(),
        )
        .join(told, on="hub")
        .join(whole, on="hub")
        .with_columns((pl.col("fen") / pl.col("whole_fen")).alias("share"))
        .filter(
            pl.col("fen") >= settings.minimum_burst_fen,
            pl.col("share") >= least_share,
            pl.col("alone_share") >= settings.minimum_alone_share,
            pl.min_horizontal("persons", "firms")
            >= pl.max_horizontal(
                settings.least_of_each, mixed * (pl.col("persons") + pl.col("firms"))
            ),
            pl.col("repeats") <= settings.maximum_repeated_share,
        )
        .sort("hub")
    )  # fmt: skip
    return [
        Burst(
            row["hub"], side, within.filter(pl.col("hub") == row["hub"]).sort("booked_at", "ref"),
            row["others"], row["persons"], row["share"], row["alone_share"],
        )
        for row in judged.iter_rows(named=True)
    ]  # fmt: skip


def burst_finding(context: Context, settings: Layering, burst: Burst) -> Finding:
    """Put one burst into a finding of L1."""
    zh, en = SHAPES[burst.side]
    strangers, persons = burst.others, burst.persons
    amount, days = fen(burst.rows), settings.burst_hours // 24
    least, least_share, _ = _lines(settings, burst.side)
    size = min(burst.others / settings.sure_star, 1.0)
    return layering_finding(
        context,
        burst.hub,
        burst.rows,
        certainty=settings.confidence_least + settings.confidence_layers * size,
        amount_fen=amount,
        measures={
            "fan": Measure(burst.others, least, "parties"),
            "star_share": Measure(round(burst.share, 4), least_share, "share"),
            "alone_share": Measure(
                round(burst.alone_share, 4), settings.minimum_alone_share, "share"
            ),
        },
        lookalikes=(
            Lookalike(
                "customers_of_one_day",
                burst.alone_share >= 1 - settings.doubtful_share,
                f"对手方此类收付中与其往来的占 {burst.alone_share:.0%}（中位数）",
                f"{burst.alone_share:.0%} of the median stranger's dealings of such size are with "
                "it; customers deal with others too",
            ),
        ),
        text=(
            f"数段 {days} 日内{zh} {strangers} 个无关联主体（自然人 {persons} 名）大额款项，"
            f"共 {yuan(amount)} 元，占其同类款项的 {burst.share:.0%}",
            f"Within spans of {days} days it {en} {yuan(amount)} yuan in large sums "
            f"{'from' if burst.side == 'in' else 'to'} {strangers} strangers, {persons} persons "
            f"among them: {burst.share:.0%} of all such sums of its own",
        ),
        roles=[
            (number, context.front(number))
            for number in burst.rows["other"].unique().sort()
            if number != burst.hub
        ],
    )
