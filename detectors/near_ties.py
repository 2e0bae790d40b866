"""Who stands close to whom on the business date: tied directly, or led by the same party.

A closure starts from an institution; these pairs stand for every party, in one table, for detectors
that ask of thousands of pairs whether they are strangers.
"""

from __future__ import annotations

import polars as pl

from detectors.context import Context
from graph.ownership import CONTACTS, OFFICES

LEADING = ("shareholder", "controls", "legal_representative")


def near_ties(context: Context) -> pl.DataFrame:
    """Pairs of parties close to each other: columns one, other (party numbers), both ways, once.

    Close are: ownership of at least `ties.minimum_ownership`, control, offices, kin, a shared
    contact, and two parties that the same third one owns, controls or represents.
    """
    held = context.relations
    kinds = pl.Series(held.kinds, dtype=pl.String)
    ties = pl.DataFrame(
        {
            "one": held.start,
            "other": held.end,
            "kind": kinds.gather(held.kind) if len(held.kind) else pl.Series([], dtype=pl.String),
            "share": held.share,
        },
        schema={"one": pl.Int64, "other": pl.Int64, "kind": pl.String, "share": pl.Float64},
    )
    owned = pl.col("share").fill_nan(0.0) >= context.settings.ties.minimum_ownership
    counts = pl.col("kind").is_in(["controls", "kin", *OFFICES, *CONTACTS])
    ties = ties.filter(counts | ((pl.col("kind") == "shareholder") & owned))
    led = ties.filter(pl.col("kind").is_in(LEADING)).select("one", "other").unique()
    # A head of more parties is a registration agent, whose parties are strangers.
    largest = context.settings.ties.largest_contact_group
    led = led.filter(pl.len().over("one") <= largest)
    sisters = led.join(led, on="one", suffix="_sister").select(
        pl.col("other").alias("one"), pl.col("other_sister").alias("other")
    )
    direct = ties.select("one", "other")
    turned = direct.select(pl.col("other").alias("one"), pl.col("one").alias("other"))
    pairs = pl.concat([direct, turned, sisters]).filter(pl.col("one") != pl.col("other"))
    return pairs.unique().sort("one", "other")


def lay_near_ties(context: Context) -> None:
    """Lay the pairs as the temporary table near_tie (one, other), unless it is laid already."""
    context.once("near_tie", lambda: _lay(context))


def _lay(context: Context) -> None:
    context.db.register("_near_tie", near_ties(context).to_arrow())
    context.db.execute("near ties", "create or replace temp table near_tie as from _near_tie")
    context.db.unregister("_near_tie")
