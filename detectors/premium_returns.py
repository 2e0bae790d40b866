"""Premiums that an insurer gives back soon and nearly whole: policies that insure nothing."""

from __future__ import annotations

import polars as pl

from data.settings import PremiumMisuse


def returned_premiums(settings: PremiumMisuse, flow: pl.DataFrame) -> pl.DataFrame:
    """Match payments to persons with the premium that each gives back.

    A row per premium and the payment that returns it within `cycle_days`, up to `returned_part` of
    it more or less: person, ref, booked_at, amount_fen of the premium, and back_ref, back_at,
    back_fen. Sums that agree to the fen are left out: refunds of policies that their holders gave
    up. Each premium and each payment counts once. `flow` is as ``read_premiums`` gives it.
    """
    persons = flow.filter(pl.col("kind") == "person").select(
        "person", "incoming", "ref", "booked_at", "amount_fen"
    )
    came = persons.filter("incoming").drop("incoming")
    went = persons.filter(~pl.col("incoming")).select(
        "person",
        pl.col("ref").alias("back_ref"),
        pl.col("booked_at").alias("back_at"),
        pl.col("amount_fen").alias("back_fen"),
    )
    off = (pl.col("back_fen") / pl.col("amount_fen") - 1).abs()
    pairs = came.join(went, on="person").filter(
        pl.col("back_at") > pl.col("booked_at"),
        pl.col("back_at") - pl.col("booked_at") <= pl.duration(days=settings.cycle_days),
        off.is_between(0, settings.returned_part, closed="right"),
    )
    nearest = pairs.sort(off, "booked_at", "ref", "back_at", "back_ref")
    return (
        nearest.unique("back_ref", keep="first", maintain_order=True)
        .unique("ref", keep="first", maintain_order=True)
        .sort("back_at", "back_ref")
    )
