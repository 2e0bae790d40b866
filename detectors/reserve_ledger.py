"""What a reserve account's ledger explains: fees carried over, and payments that made a hole."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

# Days after which a payment still carries over the fees that the ledger had shown.
CARRY_DAYS = 4
# How much more it may be, for the fees of the day itself.
CARRY_SLACK = 1.25


def carried_over(ledger: pl.DataFrame, spent: pl.DataFrame) -> pl.Series:
    """Which payments to own funds the ledger had shown as fees not yet carried over."""
    fees: dict[date, int] = {}
    for day, fen in ledger.group_by("ledger_date").agg(pl.col("fees_fen").sum()).iter_rows():
        for later in range(CARRY_DAYS + 1):
            on = day + timedelta(days=later)
            fees[on] = max(fees.get(on, 0), fen)
    rows = spent.select("own", "business_date", "amount_fen").iter_rows()
    return pl.Series(
        [own and fen <= CARRY_SLACK * fees.get(day, 0) for own, day, fen in rows], dtype=pl.Boolean
    )


def around_growth(
    ledger: pl.DataFrame, outgoing: pl.DataFrame, spent: pl.DataFrame, back: pl.DataFrame
) -> pl.DataFrame:
    """Payments that explain what the shortfall grew by and the circle's payments do not.

    On each such day, to parties that the registers do not know, or when the circle got nothing at
    all, to anyone: the one of that sum, or else the largest that fit into it.
    """
    growth = (
        ledger.with_columns(
            pl.col("shortfall_fen").diff().over("bank_no", "account_no").alias("growth")
        )
        .group_by("ledger_date")
        .agg(pl.col("growth").sum())
        .filter(pl.col("growth") > 0)
        .sort("ledger_date")
    )
    unknown = pl.col("other").is_null() | (pl.col("other") < 0)
    pool = outgoing.filter(~pl.col("own"), ~pl.col("other_reserve").fill_null(False))
    pool = pool.filter(unknown) if spent.height else pool
    chosen = [outgoing.clear()]
    for day, grown in growth.iter_rows():
        on = pl.col("business_date") == day
        came = int(back.filter(on)["amount_fen"].sum())
        rest = grown + came - int(spent.filter(on)["amount_fen"].sum())
        paid = pool.filter(on, pl.col("amount_fen") <= rest * 1.01)
        for row in paid.sort("amount_fen", "ref", descending=[True, False]).iter_rows(named=True):
            if row["amount_fen"] <= rest * 1.01 and rest > 0.01 * grown:
                chosen.append(paid.filter(pl.col("ref") == row["ref"]))
                rest -= row["amount_fen"]
    return pl.concat(chosen)
