"""Whether pay follows sales: runs of payments to many persons, beside the inflow before each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from statistics import mean, median, pstdev

import polars as pl

from data.settings import OfflineSales


@dataclass(frozen=True)
class Runs:
    """Payments to persons who are paid again and again, in runs, and what they move with.

    `paid` are the payments, and those to others on the same days; `persons` who are paid in more
    runs than one, `runs` how often; `share` is what these get per fen of new money; `swing` how
    much more the median person of them got in his best run than in his worst, or by his best
    payment than by his worst where that is less (0: the same).
    `spread_sales` and `spread_repaid` are the coefficients of variation from run to run of pay per
    new money and per repayment, of what came since the run before and until the run began: the
    smaller is what pay follows; `spread_pay` is that of pay itself, `between_persons` that of the
    mean pay from person to person.
    """

    paid: pl.DataFrame
    persons: int
    runs: int
    share: float
    swing: float
    spread_sales: float
    spread_repaid: float
    spread_pay: float
    between_persons: float

    @property
    def paid_fen(self) -> int:
        """The sum of the payments, in fen."""
        return int(self.paid["amount_fen"].sum())


def commission_runs(
    settings: OfflineSales, spent: pl.DataFrame, inflow: pl.DataFrame
) -> Runs | None:
    """Gather payments to persons into runs; None when there are not two runs with enough persons.

    A run is a stretch of days on which persons are paid, with fewer than `run_gap_days` between.
    Wages are paid once a month: persons who are paid once only are not looked at, but count where
    they are paid with the others, as do accounts of unknown holders. `spent` has ref, booked_at,
    business_date, amount_fen, payee, person and unknown; `inflow` business_date, new_fen and
    repaid_fen.
    """
    small = spent.filter(pl.col("amount_fen") <= settings.most_pay_fen)
    pay = _paid_again(settings, small.filter("person"))
    pay = _paid_again(
        settings, pay.join(_pay_days(settings, pay, small), on="business_date", how="anti")
    )
    if pay.is_empty():
        return None
    days = _busy_days(settings, pay)
    gap = pl.col("business_date").diff().dt.total_days().fill_null(0)
    numbered = days.with_columns((gap > settings.run_gap_days).cum_sum().alias("run"))
    pay = pay.join(numbered, on="business_date").sort("booked_at", "ref")
    sizes = pay.group_by("run").agg(
        pl.col("payee").n_unique().alias("persons"),
        pl.col("amount_fen").sum(),
        pl.col("business_date").min().alias("begins"),
    )
    sizes = sizes.filter(pl.col("persons") >= settings.run_persons).sort("run")
    if sizes.height < 2:
        return None
    sizes = _without_pay_day(settings, sizes, inflow)
    pay = pay.join(sizes.select("run"), on="run", how="semi")
    sales, repaid = _per_money(sizes, inflow, "new_fen"), _per_money(sizes, inflow, "repaid_fen")
    total = max(int(inflow["new_fen"].sum()), 1)
    beside = _beside(settings, pay, small)
    columns = ("ref", "booked_at", "amount_fen", "payer")
    return Runs(
        paid=pl.concat([pay.select(columns), beside.select(columns)]).sort("booked_at", "ref"),
        persons=pay["payee"].n_unique(),
        runs=sizes.height,
        share=int(pay["amount_fen"].sum()) / total,
        swing=min(_swing(pay, "run"), _swing(pay, "ref")),
        spread_sales=_spread(sales),
        spread_repaid=_spread(repaid),
        spread_pay=_spread(sizes["amount_fen"].to_list()),
        between_persons=_spread(
            pay.group_by("payee").agg(pl.col("amount_fen").mean())["amount_fen"].to_list()
        ),
    )


def pay_moves(
    settings: OfflineSales, runs: Runs | None, highest_share: float, *, met: bool = False
) -> bool:
    """Say whether runs of pay look like commissions: uneven, moving with new money, and at most so
    much of it.

    Where clients are `met`, pay that is a little uneven will do, and it need only vary little per
    new money.
    """
    if runs is None:
        return False
    # Of few persons or runs there must be more of the other, or chance makes them alike.
    enough = runs.persons >= settings.minimum_persons and (
        runs.persons * runs.runs >= settings.minimum_payments
    )
    return (
        enough
        and settings.lowest_share <= runs.share <= highest_share
        # What goes up and down by so much hangs on few cases, as what collectors of debts are paid.
        and runs.swing <= settings.most_swing
        and (_uneven(settings, runs) or (met and runs.swing >= settings.slight_swing))
        and (_follows(settings, runs) or (met and runs.spread_sales <= settings.most_spread))
    )


def _uneven(settings: OfflineSales, runs: Runs) -> bool:
    """Whether pay is as uneven as success; wages with a bonus are not."""
    return (
        runs.swing >= settings.sure_swing
        or (runs.swing >= settings.least_swing and runs.between_persons >= settings.least_uneven)
        # Pay that is steadier per new money than by itself moves with it, were it ever so little.
        or (
            runs.swing >= settings.slight_swing
            and runs.spread_sales <= settings.steadier_part * runs.spread_pay
        )
    )


def _follows(settings: OfflineSales, runs: Runs) -> bool:
    """Whether pay moves with new money, and not by itself or with repayments."""
    sales, repaid, pay = runs.spread_sales, runs.spread_repaid, runs.spread_pay
    if sales <= settings.sure_spread:
        return True
    if runs.runs >= settings.sure_runs and sales > settings.steady_part * pay:
        return False  # it stays the same while new money does not
    return (
        (sales <= settings.most_spread and sales <= settings.nearer_part * repaid)
        or sales <= settings.spread_part * repaid
        or sales <= min(settings.most_spread, repaid, settings.own_part * pay)
    )


def _per_money(sizes: pl.DataFrame, inflow: pl.DataFrame, column: str) -> list[float]:
    """Each run's pay per fen that came since the run before it began, until it began."""
    found, before = [], date.min
    for run_fen, begins in sizes.select("amount_fen", "begins").iter_rows():
        since = pl.col("business_date").is_between(before, begins, closed="left")
        found.append(run_fen / max(int(inflow.filter(since)[column].sum()), 1))
        before = begins
    return found


def _without_pay_day(
    settings: OfflineSales, sizes: pl.DataFrame, inflow: pl.DataFrame
) -> pl.DataFrame:
    """The runs, without the one that hides how the others move: staff's wages, paid once a month.

    That is one in which few of the persons take part, or any, where as many others are left as
    show whether pay moves with new money.
    """
    most = sizes["persons"].to_numpy().max()
    whole = sizes.filter(pl.col("persons") > settings.pay_day_share * most)
    if whole.height >= 2:
        sizes = whole
    if sizes.height <= settings.sure_runs:
        return sizes
    choices = [sizes, *(sizes.filter(pl.col("run") != run) for run in sizes["run"])]
    spreads = [_spread(_per_money(runs, inflow, "new_fen")) for runs in choices]
    least = min(spreads)
    return choices[spreads.index(least)] if least <= settings.most_spread else sizes


def _beside(settings: OfflineSales, pay: pl.DataFrame, small: pl.DataFrame) -> pl.DataFrame:
    """Payments to others on the days of the runs, none larger than the runs' largest, where they
    are no more than the runs' own: else it is a pay day.

    Where what the runs pay is seldom a round sum, round ones are rents and bills.
    """
    odd = pl.col("amount_fen") % settings.round_fen != 0
    if pay.filter(odd).height > pay.height / 2:
        small = small.filter(odd)
    by_day = pay.group_by("business_date").agg(pl.len().alias("runs"))
    others = small.filter(pl.col("amount_fen") <= pay["amount_fen"].max())
    others = others.join(pay.select("payee").unique(), on="payee", how="anti")
    others = others.join(by_day, on="business_date")
    return others.filter(pl.len().over("business_date") <= pl.col("runs"))


def _paid_again(settings: OfflineSales, pay: pl.DataFrame) -> pl.DataFrame:
    """The payments to persons who are paid on days that lie further apart than a run is long."""
    first, last = pl.col("business_date").min(), pl.col("business_date").max()
    again = pay.group_by("payee").agg((last - first).dt.total_days().alias("days"))
    again = again.filter(pl.col("days") > settings.run_gap_days)
    return pay.join(again, on="payee", how="semi")


def _pay_days(settings: OfflineSales, pay: pl.DataFrame, small: pl.DataFrame) -> pl.DataFrame:
    """The days on which as many persons are paid who are paid but once, as who are paid again."""
    again = pay.select("payee", pl.lit(True).alias("again")).unique()
    paid = small.filter("person").select("business_date", "payee").unique()
    by_day = (
        paid.join(again, on="payee", how="left")
        .group_by("business_date")
        .agg(pl.col("again").sum(), pl.col("again").is_null().sum().alias("once"))
    )
    pay_days = (pl.col("once") >= pl.col("again")) & (pl.col("once") >= settings.run_persons)
    return by_day.filter(pay_days).select("business_date")


def _busy_days(settings: OfflineSales, pay: pl.DataFrame) -> pl.DataFrame:
    """The days on which, with the two days before and after them, a run's persons are paid.

    Rents and single bills lie between them.
    """
    near = pl.concat(
        [
            pay.select("payee", (pl.col("business_date") + timedelta(days=shift)).alias("day"))
            for shift in (-2, -1, 0, 1, 2)
        ]
    )
    busy = near.group_by("day").agg(pl.col("payee").n_unique().alias("persons"))
    busy = busy.filter(pl.col("persons") >= settings.run_persons)
    days = pay.select(pl.col("business_date").unique().sort())
    return days.filter(pl.col("business_date").is_in(busy["day"].implode()))


def _swing(pay: pl.DataFrame, over: str) -> float:
    """By how much the median person's best sum by `over`, runs or single payments, is above his
    worst; 0 when nobody has two."""
    sums = pay.group_by("payee", over).agg(pl.col("amount_fen").sum())
    by_person = sums.group_by("payee").agg(
        pl.len().alias("sums"),
        (pl.col("amount_fen").max() / pl.col("amount_fen").min() - 1).alias("swing"),
    )
    again = by_person.filter(pl.col("sums") > 1)["swing"].to_list()
    return median(again) if again else 0.0


def _spread(values: list[float]) -> float:
    """The coefficient of variation; 0 of a single value."""
    return pstdev(values) / mean(values) if len(values) > 1 and mean(values) > 0 else 0.0
