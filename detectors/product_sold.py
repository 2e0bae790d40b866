"""How one series of private products was sold: to how many, in what tickets, and to whom."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import ProductSplitting
from detectors.product_holders import PrivateHolders


@dataclass(frozen=True)
class Sold:
    """One series of private products as it was sold, and which lines it crosses.

    `counted` are the holders looked through, givers behind nominees among them; `most_direct` the
    most holders that one of its products shows by itself.
    """

    products: int
    counted: int
    most_direct: int
    through_others: int
    givers: int
    nominees: tuple[str, ...]
    small: frozenset[str]
    unfit: frozenset[str]
    too_many: bool
    amount_fen: int
    rows: pl.DataFrame
    paid: pl.DataFrame
    pooled: pl.DataFrame


def read_sold(
    settings: ProductSplitting, rows: pl.DataFrame, held: PrivateHolders, most: int, ticket: int
) -> Sold | None:
    """Hold one series against the lines of the law; None when it crosses none."""
    series = pl.col("series") == rows["series"][0]
    pooled, paid = held.pooled.filter(series), held.paid.filter(series)
    direct = rows.filter("direct")
    holders = set(rows.filter(~pl.col("passed_through"))["holder"]) | {
        f"party:{giver}" for giver in pooled["giver"]
    }
    parties = direct.filter(pl.col("holder_kind") == "party")
    by_party = parties.group_by("holder_id").agg(
        pl.col("most_fen").sum(), pl.col("unfit").any(), pl.col("rated").any()
    )
    small = set(by_party.filter(pl.col("most_fen") < ticket)["holder_id"])
    small_share = len(small) / max(by_party.height, 1)
    if len(small) < settings.minimum_small or small_share < settings.minimum_small_share:
        small = set()
    unfit = set(by_party.filter(pl.col("unfit").fill_null(False))["holder_id"])
    unfit_share = len(unfit) / max(by_party.filter("rated").height, 1)
    if len(unfit) < settings.minimum_unfit or unfit_share < settings.minimum_unfit_share:
        unfit = set()
    too_many = len(holders) > most
    shared = (
        pooled["giver"].n_unique() >= settings.minimum_small
        and pooled["holder_id"].n_unique() >= settings.minimum_nominees
    )
    if not (too_many or small or unfit or shared):
        return None
    nominees = set(pooled["holder_id"])
    chosen = direct
    if not too_many:
        chosen = parties.filter(pl.col("holder_id").is_in(list(small | unfit | nominees)))
    others = rows.filter(~pl.col("direct"), ~pl.col("same_manager"), ~pl.col("passed_through"))
    return Sold(
        products=direct["product_id"].n_unique(),
        counted=len(holders),
        most_direct=int(
            str(direct.group_by("product_id").agg(pl.col("holder").n_unique())["holder"].max() or 0)
        ),
        through_others=others["holder"].n_unique(),
        givers=pooled["giver"].n_unique(),
        nominees=tuple(sorted(nominees)),
        small=frozenset(small),
        unfit=frozenset(unfit),
        too_many=too_many,
        amount_fen=int(chosen["most_fen"].sum()),
        rows=rows if too_many else chosen,
        paid=paid
        if too_many
        else paid.filter(pl.col("holder_id").is_in(list(small | unfit | nominees))),
        pooled=pooled,
    )
