"""Whether payers get fixed fractions of what they paid back, at fixed intervals or fixed terms.

A plan is a fraction that many payers share: a part of the principal paid again and again, or after
the same days, or all of it with a surplus at the end of a term. Fractions are taken of each earlier
payment and of all of them together, since a payer may have paid more than once.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import polars as pl

from data.settings import FixedReturns

DAY = 86_400_000_000  # microseconds
WHOLE = 1_000_000  # added to the number of a bin of surpluses; bins of parts stay far below


@dataclass(frozen=True)
class Returns:
    """The payments that follow a plan, and what was measured of them.

    `paid` has a row per payment that follows one: ref, person, booked_at, amount_fen, ratio, whole
    (principal and surplus at once). `plan_share` is their share of the payments to payers,
    `regular_share` the share of the intervals, in days, that are alike, `interval_days` the most
    usual one; `yearly_rate` is what the most usual plan comes to in a year.
    """

    paid: pl.DataFrame
    persons: int
    plan_share: float
    regular_share: float
    interval_days: int
    ratio: float
    yearly_rate: float

    @property
    def paid_fen(self) -> int:
        """What followed a plan, in fen."""
        return int(self.paid["amount_fen"].sum())


def fixed_returns(settings: FixedReturns, flow: pl.DataFrame) -> Returns | None:
    """Find the plans by which payers are paid back; None when no plan has enough payers.

    `flow` has a row per transfer: ref, booked_at, amount_fen, person (number of the payer) and
    incoming. Of each payer's payments the first `lots_per_person` are looked at.
    """
    came = (
        flow.filter("incoming")
        .sort("booked_at", "ref")
        .with_columns(
            pl.col("amount_fen").cum_sum().over("person").alias("sum_fen"),
            pl.int_range(pl.len()).over("person").alias("number"),
        )
        .filter(pl.col("number") < settings.lots_per_person)
        .select("person", pl.col("booked_at").alias("paid_at"), "amount_fen", "sum_fen")
    )
    went = (
        flow.filter(~pl.col("incoming"))
        .join(came, on="person", how="semi")
        .with_columns(
            pl.col("amount_fen")
            .sum()
            .over("person", pl.col("booked_at").dt.date())
            .alias("day_fen")
        )
    )
    met = went.join(came, on="person", suffix="_in").filter(pl.col("paid_at") < pl.col("booked_at"))
    if met.is_empty():
        return None
    met = met.with_columns(
        (pl.col("booked_at").dt.date() - pl.col("paid_at").dt.date()).dt.total_days().alias("lag")
    )
    columns = "ref", "person", "booked_at", "amount_fen", "paid_at", "lag"
    # Principal and return may be two payments of one day.
    ratios = pl.concat(
        [
            met.select(
                *columns,
                pl.col(base).alias("base_fen"),
                (pl.col(paid) / pl.col(base)).alias("ratio"),
            )
            for paid in ("amount_fen", "day_fen")
            for base in ("amount_fen_in", "sum_fen")
        ]
    )
    fits = (
        ratios.filter(
            pl.col("ratio").is_between(settings.least_part, settings.most_part)
            | pl.col("ratio").is_between(1 + settings.least_part, 1 + settings.most_surplus)
        )
        .with_columns((pl.col("ratio") > 1).alias("whole"))
        .with_columns(_bin(settings).alias("plan"))
    )
    kept = _plans(settings, fits)
    chosen = (
        _ranked(settings, fits, kept)
        .sort("rank", "paid_at", descending=[False, True])
        .unique("ref", keep="first", maintain_order=True)
    )
    again = pl.len().over("person", "rank") > 1
    timed = pl.col("person").n_unique().over("rank", "lag") >= settings.minimum_persons
    chosen = chosen.filter(pl.col("whole") | again | timed).sort("booked_at", "ref")
    if chosen.is_empty():
        return None
    judged = met.select("ref").unique().join(_neutral(flow, ratios), on="ref", how="anti")
    judged = pl.concat([judged, chosen.select("ref")]).unique()
    return _measured(settings, chosen, judged.height)


def _neutral(flow: pl.DataFrame, ratios: pl.DataFrame) -> pl.DataFrame:
    """Payments that speak neither for a plan nor against it.

    They are principal that comes back by itself, one sum paid to one person again and again, and
    what persons get who were paid before they first paid in: stakes from before the records.
    """
    went = flow.filter(~pl.col("incoming"))
    same = went.filter(pl.len().over("person", "amount_fen") > 1)
    first = flow.group_by("person").agg(
        pl.col("booked_at").filter("incoming").min().alias("paid_at"),
        pl.col("booked_at").filter(~pl.col("incoming")).min().alias("got_at"),
    )
    before = went.join(first.filter(pl.col("got_at") < pl.col("paid_at")), on="person", how="semi")
    principal = ratios.filter(pl.col("ratio") == 1)
    return pl.concat([rows.select("ref") for rows in (principal, same, before)]).unique()


def _ranked(settings: FixedReturns, fits: pl.DataFrame, kept: dict[int, int]) -> pl.DataFrame:
    """The rows that follow a kept plan, by its bin or but for rounding, with its `rank`."""
    if not kept:
        return fits.clear().with_columns(pl.lit(0, pl.Int64).alias("rank"))
    by_bin = fits.filter(pl.col("plan").is_in(list(kept))).with_columns(
        pl.col("plan").replace_strict(kept, return_dtype=pl.Int64).alias("rank")
    )
    usual = by_bin.group_by("rank", "whole").agg(pl.col("ratio").median().alias("usual"))
    due = pl.col("base_fen") * (pl.col("usual") - pl.col("whole").cast(pl.Int64))
    surplus = pl.col("base_fen") * (pl.col("ratio") - pl.col("whole").cast(pl.Int64))
    rounded = (
        fits.join(usual, on="whole")
        .filter(
            (surplus - due).abs()
            <= pl.min_horizontal(settings.rounding_fen, settings.rounding_share * due)
        )
        .drop("usual")
    )
    return pl.concat([by_bin, rounded.select(by_bin.columns)])


def _bin(settings: FixedReturns) -> pl.Expr:
    """The number of a ratio's bin, a fixed part of the ratio wide; of the surplus when whole."""
    size = pl.when("whole").then(pl.col("ratio") - 1).otherwise("ratio")
    number = (size.log() / math.log1p(settings.ratio_tolerance)).round().cast(pl.Int64)
    return number + pl.when("whole").then(WHOLE).otherwise(0)


def _plans(settings: FixedReturns, fits: pl.DataFrame) -> dict[int, int]:
    """The bins of the plans with their ranks: each time the one that most payers left share."""
    times: dict[int, Counter[int]] = {}
    # Payers who get a part after as many days as others: they share it without its coming again.
    lags: dict[int, dict[int, set[int]]] = {}
    parts = fits.filter(~pl.col("whole")).select("plan", "lag", "person").unique()
    for plan, lag, person in parts.sort("plan", "lag", "person").iter_rows():
        for near in (plan - 1, plan, plan + 1):
            lags.setdefault(near, {}).setdefault(lag, set()).add(person)
    counted = fits.group_by("plan", "person").agg(pl.col("ref").n_unique()).sort("plan", "person")
    for plan, person, count in counted.iter_rows():
        times.setdefault(plan, Counter())[person] = count
    wide = {}
    for plan in times:
        near = times[plan] + times.get(plan - 1, Counter()) + times.get(plan + 1, Counter())
        # A part is a plan only when it comes again.
        least = 1 if plan > WHOLE // 2 else 2
        wide[plan] = {person for person, count in near.items() if count >= least}
        for timed in lags.get(plan, {}).values():
            if len(timed) >= settings.minimum_persons:
                wide[plan] |= timed
    kept: dict[int, int] = {}
    left = set().union(*wide.values())
    for rank in range(settings.plans):
        best = max(
            wide, key=lambda plan: (len(wide[plan] & left), plan > WHOLE // 2, -plan), default=None
        )
        if best is None or len(wide[best] & left) < settings.minimum_persons:
            break
        for plan in (best, best - 1, best + 1):
            kept.setdefault(plan, rank)
        left -= wide.pop(best)
    return kept


def _measured(settings: FixedReturns, chosen: pl.DataFrame, judged: int) -> Returns:
    """Measure the chosen payments; `judged` is how many payments could have followed a plan.

    What came once for a stake is held against the day of the stake, what came again against the
    time before.
    """
    stake = "person", "rank", "paid_at"
    steps = (
        chosen.with_columns(
            pl.when(pl.col("whole") | (pl.len().over(*stake) == 1))
            .then(pl.col("paid_at"))
            .otherwise(pl.col("booked_at").shift(1).over(*stake))
            .alias("before")
        )
        .filter(pl.col("before").is_not_null())
        .select(
            ((pl.col("booked_at") - pl.col("before")).dt.total_microseconds() / DAY)
            .round()
            .cast(pl.Int64)
            .alias("days"),
            "ratio",
            "whole",
        )
        .filter(pl.col("days") > 0)
    )
    days = steps["days"].to_list()
    regular, usual = alike(settings, days)
    # What is paid ahead comes within a day or so of the stake: it is for the time until the next.
    later = [each for each in days if each > settings.ahead_days]
    if usual <= settings.ahead_days:
        ahead = usual
        _, usual = alike(settings, later)
        if len(later) < settings.minimum_persons:
            usual = settings.ahead_for_days
            steps = steps.with_columns(pl.lit(usual).alias("days"))
        steps = steps.filter(pl.col("days") > ahead)
    near = steps.filter((pl.col("days") - usual).abs() <= _slack(settings, usual))
    ratio = float(str(near["ratio"].median() or 0.0)) if near.height else 0.0
    yearly = (ratio - 1 if ratio > 1 else ratio) * 365 / max(usual, 1)
    return Returns(
        paid=chosen.select("ref", "person", "booked_at", "amount_fen", "ratio", "whole"),
        persons=chosen["person"].n_unique(),
        plan_share=chosen.height / max(judged, 1),
        regular_share=regular,
        interval_days=usual,
        ratio=ratio,
        yearly_rate=yearly,
    )


def alike(settings: FixedReturns, days: list[int]) -> tuple[float, int]:
    """The share of intervals near one of the usual ones, and the most usual one, in days."""
    counts, held = Counter(days), 0
    usual: list[int] = []
    for _ in range(settings.intervals):
        near = {
            day: sum(n for other, n in counts.items() if abs(other - day) <= _slack(settings, day))
            for day in counts
        }
        if not near:
            break
        best = max(near, key=lambda day: (near[day], counts[day], -day))
        if usual and near[best] < settings.minimum_persons:
            break
        usual.append(best)
        held += near[best]
        slack = _slack(settings, best)
        counts = Counter({day: n for day, n in counts.items() if abs(day - best) > slack})
    return held / max(len(days), 1), usual[0] if usual else 0


def _slack(settings: FixedReturns, days: int) -> int:
    """The days by which an interval may differ: weekends, and months of other lengths."""
    return max(settings.slack_days, round(settings.slack_share * days)) if days > 6 else 0
