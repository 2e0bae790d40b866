"""Whether pay follows sales: runs of payments to many persons, beside the inflow before each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from statistics import mean, pstdev

import polars as pl

from data.settings import OfflineSales


@dataclass(frozen=True)
class Runs:
    """Payments to persons in runs, and how they move with new money and with repayments.

    `paid` are the payments; `persons` who got them, `runs` how often; `share` is what they come to
    per fen of new money; `varied` the share of persons whose pay changes from run to run (0 to 1;
    None with a single run). `sales_spread` is the coefficient of variation of new money from run to
    run, `spread_sales` and `spread_repaid` those of pay per new money and per repayment: the
    smaller is what pay follows; `between_persons` that of the mean pay from person to person.
    """

    paid: pl.DataFrame
    persons: int
    runs: int
    share: float
    varied: float | None
    sales_spread: float
    spread_sales: float
    spread_repaid: float
    between_persons: float

    @property
    def paid_fen(self) -> int:
        """The sum of the payments, in fen."""
        return int(self.paid["amount_fen"].sum())


def commission_runs(
    settings: OfflineSales, spent: pl.DataFrame, inflow: pl.DataFrame
) -> Runs | None:
    """Gather payments to persons into runs; None when no run has enough persons.

    A run is a stretch of days on which persons are paid, with fewer than `run_gap_days` between.
    `spent` has ref, booked_at, business_date, amount_fen, payee and person; `inflow` business_date,
    new_fen and repaid_fen.
    """
    pay = spent.filter("person", pl.col("amount_fen") <= settings.most_pay_fen)
    if pay.is_empty():
        return None
    days = _busy_days(settings, pay)
    gap = pl.col("business_date").diff().dt.total_days().fill_null(0)
    numbered = days.with_columns((gap > settings.run_gap_days).cum_sum().alias("run"))
    pay = pay.join(numbered, on="business_date").sort("booked_at", "ref")
    sizes = pay.group_by("run").agg(
        pl.col("payee").n_unique().alias("persons"),
        pl.col("amount_fen").sum(),
        pl.col("business_date").max().alias("ends"),
    )
    sizes = sizes.filter(pl.col("persons") >= settings.run_persons).sort("run")
    if sizes.is_empty():
        return None
    pay = pay.join(sizes.select("run"), on="run", how="semi")
    news, sales, repaid, before = [], [], [], None
    for run_fen, ends in sizes.select("amount_fen", "ends").iter_rows():
        since = inflow.filter(pl.col("business_date") <= ends)
        if before is not None:
            since = since.filter(pl.col("business_date") > before)
        news.append(float(since["new_fen"].sum()))
        sales.append(run_fen / max(int(since["new_fen"].sum()), 1))
        repaid.append(run_fen / max(int(since["repaid_fen"].sum()), 1))
        before = ends
    total = max(int(inflow["new_fen"].sum()), 1)
    return Runs(
        paid=pay.drop("run"),
        persons=pay["payee"].n_unique(),
        runs=sizes.height,
        share=int(pay["amount_fen"].sum()) / total,
        varied=_varied(settings, pay) if sizes.height > 1 else None,
        sales_spread=_spread(news),
        spread_sales=_spread(sales),
        spread_repaid=_spread(repaid),
        between_persons=_spread(
            pay.group_by("payee").agg(pl.col("amount_fen").mean())["amount_fen"].to_list()
        ),
    )


def _busy_days(settings: OfflineSales, pay: pl.DataFrame) -> pl.DataFrame:
    """The days on or next to which, the day before and after among them, a run's persons are paid.

    Rents and single bills lie between them.
    """
    near = pl.concat(
        [
            pay.select("payee", (pl.col("business_date") + timedelta(days=shift)).alias("day"))
            for shift in (-1, 0, 1)
        ]
    )
    busy = near.group_by("day").agg(pl.col("payee").n_unique().alias("persons"))
    busy = busy.filter(pl.col("persons") >= settings.run_persons)
    days = pay.select(pl.col("business_date").unique().sort())
    return days.filter(pl.col("business_date").is_in(busy["day"].implode()))


def _varied(settings: OfflineSales, pay: pl.DataFrame) -> float:
    """The share of persons, of those paid in several runs, whose pay is not nearly the same."""
    sums = pay.group_by("payee", "run").agg(pl.col("amount_fen").sum())
    by_person = sums.group_by("payee").agg(
        pl.len().alias("runs"),
        (pl.col("amount_fen").max() / pl.col("amount_fen").min()).alias("ratio"),
    )
    again = by_person.filter(pl.col("runs") > 1)
    changed = again.filter(pl.col("ratio") > 1 + settings.same_pay_share)
    return changed.height / again.height if again.height else 1.0


def _spread(values: list[float]) -> float:
    """The coefficient of variation; 0 of a single value."""
    return pstdev(values) / mean(values) if len(values) > 1 and mean(values) > 0 else 0.0
