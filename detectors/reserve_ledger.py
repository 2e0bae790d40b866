"""What a reserve account's ledger explains: fees carried over, and payments that made a hole."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from data.settings import ReserveMisuse


def carried_over(settings: ReserveMisuse, ledger: pl.DataFrame, spent: pl.DataFrame) -> pl.Series:
    """Which payments to own funds the ledger had shown as fees not yet carried over.

    They may come `carry_days` later, and be `carry_slack` times as large for the fees of the day
    itself. Returns a flag per row of `spent`.
    """
    fees: dict[date, int] = {}
    for day, fen in ledger.group_by("ledger_date").agg(pl.col("fees_fen").sum()).iter_rows():
        for later in range(settings.carry_days + 1):
            on = day + timedelta(days=later)
            fees[on] = max(fees.get(on, 0), fen)
    rows = spent.select("own", "business_date", "amount_fen").iter_rows()
    return pl.Series(
        [own and fen <= settings.carry_slack * fees.get(day, 0) for own, day, fen in rows],
        dtype=pl.Boolean,
    )


def shortfall_growth(ledger: pl.DataFrame) -> pl.DataFrame:
    """The days on which the shortfall of all accounts together grew: ledger_date, growth (fen)."""
    return (
        ledger.with_columns(
            pl.col("shortfall_fen").diff().over("bank_no", "account_no").alias("growth")
        )
        .group_by("ledger_date")
        .agg(pl.col("growth").sum())
        .filter(pl.col("growth") > 0)
        .sort("ledger_date")
    )


def paid_on_growth(
    settings: ReserveMisuse, ledger: pl.DataFrame, outgoing: pl.DataFrame
) -> pl.Series:
    """The circle's parties that are paid on days on which the shortfall grows, beyond chance.

    A settlement discharges what the firm owes a merchant and opens no hole.
    """
    grew = shortfall_growth(ledger)["ledger_date"]
    days = outgoing.select("other", "circle", "business_date").unique()
    paid_on = days["business_date"].unique()
    base = float(paid_on.is_in(grew.implode()).sum()) / max(paid_on.len(), 1)
    share = pl.col("business_date").is_in(grew.implode()).mean()
    least = max(settings.growth_days_share, settings.growth_lift * base)
    met = days.filter("circle").group_by("other").agg(share.alias("share"))
    return met.filter(pl.col("share") >= least)["other"].sort()


def around_growth(
    settings: ReserveMisuse,
    ledger: pl.DataFrame,
    outgoing: pl.DataFrame,
    spent: pl.DataFrame,
    back: pl.DataFrame,
) -> pl.DataFrame:
    """Payments that explain what the shortfall grew by and the circle's payments do not.

    On each such day the one payment, to anyone, of that very sum; or else the largest that fit into
    it to parties that the registers do not know; or else the smallest larger one to such a party,
    as a firm may show a part of the hole as items in transit. A payment to a known party outside
    the circle that merely fits is no evidence: merchants are settled every day. Returns rows of
    `outgoing`.
    """
    growth = shortfall_growth(ledger)
    least, same_sum = settings.growth_part, settings.same_sum_ratio
    unknown = pl.col("other").is_null() | (pl.col("other") < 0)
    pool = outgoing.filter(~pl.col("own"), ~pl.col("other_reserve").fill_null(False))
    pool = pool.join(spent, on="ref", how="anti")
    chosen = [outgoing.clear()]
    for day, grown in growth.iter_rows():
        on = pl.col("business_date") == day
        came = int(back.filter(on)["amount_fen"].sum())
        rest = grown + came - int(spent.filter(on)["amount_fen"].sum())
        if rest < least * grown:
            continue
        on_day = pool.filter(on).sort("amount_fen", "ref", descending=[True, False])
        paid = on_day.filter(pl.col("amount_fen").is_between(least * rest, same_sum * rest))
        same = paid.filter(pl.col("amount_fen") * same_sum >= rest).head(1)
        paid = same if same.height else paid.filter(unknown)
        paid = paid.filter(pl.col("amount_fen").cum_sum() <= same_sum * rest)
        if paid.is_empty():
            most = settings.hidden_growth_ratio * rest
            paid = on_day.filter(unknown, pl.col("amount_fen").is_between(rest, most)).tail(1)
        chosen.append(paid)
    return pl.concat(chosen)
