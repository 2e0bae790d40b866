"""What a reserve account's ledger explains: fees carried over, and payments that made a hole."""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

# Days after which a payment still carries over the fees that the ledger had shown.
CARRY_DAYS = 4
# How much more it may be, for the fees of the day itself.
CARRY_SLACK = 1.25
# Sums that differ by less are the same; payments that are a smaller part of a hole did not make it.
SAME = 1.01
LEAST_PART = 0.05


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

    On each such day the one payment, to anyone, of that very sum; or else the largest that fit into
    it to parties that the registers do not know. A payment to a known party outside the circle that
    merely fits is no evidence: merchants are settled every day.
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
    pool = pool.join(spent, on="ref", how="anti")
    chosen = [outgoing.clear()]
    for day, grown in growth.iter_rows():
        on = pl.col("business_date") == day
        came = int(back.filter(on)["amount_fen"].sum())
        rest = grown + came - int(spent.filter(on)["amount_fen"].sum())
        if rest < LEAST_PART * grown:
            continue
        paid = pool.filter(on, pl.col("amount_fen").is_between(LEAST_PART * rest, SAME * rest))
        paid = paid.sort("amount_fen", "ref", descending=[True, False])
        same = paid.filter(pl.col("amount_fen") * SAME >= rest).head(1)
        paid = same if same.height else paid.filter(unknown)
        chosen.append(paid.filter(pl.col("amount_fen").cum_sum() <= SAME * rest))
    return pl.concat(chosen)
