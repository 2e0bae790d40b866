"""Investment products and who holds them, as rows of their registers, and the keys they go by."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np
import polars as pl

from data.ledgers import PRODUCT
from simulator.rows import Array, Ints
from simulator.world import OFFERING, World


@dataclass(frozen=True)
class ProductRegister:
    """Products, and the positions in them, which are stated again on every day of the register."""

    ids: list[str]
    products: pl.DataFrame
    holdings: pl.DataFrame

    def tables(self, date: datetime.date) -> dict[str, pl.DataFrame]:
        """The register and the positions as of a date; without products there is neither."""
        if not self.ids:
            return {}
        held = self.holdings.with_columns(pl.lit(date).alias("as_of"))
        return {"product": self.products, "holding": held}

    def holding_key(self, world: World, ids: list[str], row: int) -> dict[str, str]:
        """What a position goes by, whatever the day: its holder and its product."""
        number = np.array([row])
        party, inner, product = (
            int(world.holdings.column(name, number)[0])
            for name in ("party", "of_product", "product")
        )
        return {
            "holder_kind": "party" if party >= 0 else "product",
            "holder_id": ids[party] if party >= 0 else self.ids[inner],
            "product_id": self.ids[product],
        }


def product_register(
    world: World, account_bank: pl.Series, account_no: pl.Series, ids: list[str]
) -> ProductRegister:
    """Write all products and positions down; identifiers say nothing about a product."""
    shuffled = world.rng.permutation(world.products.count) + 10_000
    numbers = [f"C{number:06d}" for number in shuffled.tolist()]
    return ProductRegister(
        numbers,
        _products(world, account_bank, account_no, ids, numbers),
        _holdings(world, ids, numbers),
    )


def _products(
    world: World, account_bank: pl.Series, account_no: pl.Series, ids: list[str], numbers: list[str]
) -> pl.DataFrame:
    rows = world.products.joined()
    parties = pl.Series("party", ids, dtype=pl.String)
    account = rows["account"].astype(np.int64)
    offerings = np.array(PRODUCT.column("offering").values, dtype=object)[rows["offering"]]
    return pl.DataFrame(
        [
            pl.Series("product_id", numbers, dtype=pl.String),
            parties.gather(rows["issuer"]).alias("issuer_party_id"),
            _known(rows["manager"], parties).alias("manager_party_id"),
            pl.Series("offering", offerings.tolist(), dtype=pl.String),
            _stated("risk_level", rows["risk"]),
            _stated("minimum_ticket_fen", rows["ticket"]),
            _stated("term_days", rows["term"]),
            pl.Series("promised_rate", rows["rate"]).set(pl.Series(rows["rate"] < 0), None),
            _known(account, account_no).alias("raise_account_no"),
            _known(account, account_bank).alias("raise_bank_no"),
        ]
    )


def _holdings(world: World, ids: list[str], numbers: list[str]) -> pl.DataFrame:
    rows = world.holdings.joined()
    frame = pl.DataFrame({name: values for name, values in rows.items()})
    whole = frame.group_by("party", "of_product", "product", maintain_order=True).agg(
        pl.col("cost").sum(), pl.col("value").sum(), pl.col("risk").first()
    )
    party = whole["party"].to_numpy().astype(np.int64)
    persons, products = (pl.Series(texts, dtype=pl.String) for texts in (ids, numbers))
    holder = pl.select(
        pl.when(pl.Series(party >= 0))
        .then(_known(party, persons))
        .otherwise(_known(whole["of_product"].to_numpy().astype(np.int64), products))
        .alias("holder_id")
    ).to_series()
    kinds = np.where(party >= 0, "party", "product").tolist()
    return pl.DataFrame(
        [
            pl.Series("holder_kind", kinds, dtype=pl.String),
            holder,
            products.gather(whole["product"]).alias("product_id"),
            whole["cost"].alias("cost_fen"),
            _stated("value_fen", whole["value"].to_numpy()),
            _stated("holder_risk_level", whole["risk"].to_numpy()),
        ]
    )


def issue(world: World, issuer: int, offering: str, **values: int | float) -> int:
    """Register one product of an issuer and return its row; what is not named is unknown."""
    return int(world.products.add(1, issuer=issuer, offering=OFFERING[offering], **values)[0])


def hold(
    world: World,
    product: int,
    *,
    party: Ints | int = -1,
    of_product: int = -1,
    cost: Ints | int,
    risk: Ints | int = -1,
) -> Ints:
    """Record positions of parties, or of a product, in a product; worth near what they cost."""
    paid = np.atleast_1d(np.asarray(cost, dtype=np.int64))
    value = (paid * world.rng.uniform(0.93, 1.12, len(paid))).astype(np.int64)
    return world.holdings.add(
        len(paid),
        product=product,
        party=party,
        of_product=of_product,
        cost=paid,
        value=value,
        risk=risk,
    )


def held_records(rows: Ints) -> list[tuple[str, int]]:
    """Positions as records of a scheme's truth."""
    return [("holding", row) for row in rows.tolist()]


def _known(numbers: Array, texts: pl.Series) -> pl.Series:
    if not len(numbers):
        return pl.Series(values=[], dtype=pl.String)
    return texts.gather(np.maximum(numbers, 0)).set(pl.Series(numbers < 0), None)


def _stated(name: str, numbers: Array) -> pl.Series:
    whole = pl.Series(name, np.asarray(numbers, dtype=np.int64))
    return whole.set(whole < 0, None)
