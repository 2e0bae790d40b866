"""Policies that pay like deposits: premiums given back within months with a fixed surplus."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import FixedReturns, PremiumMisuse
from detectors.evidence import fen, yuan
from detectors.finding import Lookalike, Measure
from detectors.fixed_returns import fixed_returns
from detectors.unknown_payers import unknown_text


@dataclass(frozen=True)
class FixedYield:
    """What one party paid its policyholders back with a fixed surplus, and the premiums it took.

    `whole` are these payments, `premiums` all premiums of persons, `sold` those that were sold so:
    all, where many of them were given back, else those given back; `share` is the part of `whole`
    in what policyholders were paid; `fires` says that they are many enough.
    """

    whole: pl.DataFrame
    premiums: pl.DataFrame
    sold: pl.DataFrame
    share: float
    fires: bool

    @property
    def persons(self) -> int:
        """Policyholders who were paid so."""
        return self.whole["person"].n_unique()

    @property
    def taken_fen(self) -> int:
        """The premiums that were sold so."""
        return fen(self.sold)

    @property
    def shown(self) -> pl.DataFrame:
        """The premiums and what was given back: ref, booked_at."""
        return pl.concat(
            [self.sold.select("ref", "booked_at"), self.whole.select("ref", "booked_at")]
        )

    def measures(self, settings: PremiumMisuse) -> dict[str, Measure]:
        """How many got a surplus, and the share of such payments, beside their lines."""
        return {
            "surrenders": Measure(self.persons, settings.minimum_surrenders, "persons"),
            "surrender_share": Measure(
                round(self.share, 4), settings.minimum_surrender_share, "share"
            ),
        }

    def claims(self, settings: PremiumMisuse) -> Lookalike:
        """Whether claims are ruled out."""
        return Lookalike(
            "claims",
            self.share >= settings.sure_surrender_share,
            f"付给投保人的款项中 {self.share:.0%} 为固定溢价退保（理赔没有固定溢价）",
            f"{self.share:.0%} of what policyholders got are surrenders at a fixed surplus; "
            "claims have none",
        )

    def text(self) -> tuple[str, str]:
        """Chinese and English."""
        paid, taken = yuan(fen(self.whole)), yuan(self.taken_fen)
        zh, en = unknown_text(self.sold)
        return (
            f"数月内以固定溢价向 {self.persons} 名投保人退回 {paid} 元；如此出售的保费共 {taken} 元"
            f"{zh}",
            f"{self.persons} policyholders got {paid} yuan back within months, with a fixed "
            f"surplus; premiums of {taken} yuan were sold so{en}",
        )


def fixed_yield(plans: FixedReturns, settings: PremiumMisuse, flow: pl.DataFrame) -> FixedYield:
    """Hold what one party took from persons and paid them against the lines.

    `flow` is as ``read_premiums`` gives it, of one party.
    """
    persons = flow.filter(pl.col("kind") == "person")
    premiums = persons.filter("incoming")
    returns = fixed_returns(plans, persons)
    whole = returns.paid.filter("whole") if returns else premiums.clear()
    to_payers = persons.filter(~pl.col("incoming")).join(
        premiums.select("person").unique(), on="person", how="semi"
    )
    share = fen(whole) / max(fen(to_payers), 1)
    fires = (
        whole["person"].n_unique() >= settings.minimum_surrenders
        and share >= settings.minimum_surrender_share
    )
    returned = premiums.join(whole.select("person").unique(), on="person", how="semi")
    many = fen(returned) >= settings.alike_share * fen(premiums)
    return FixedYield(whole, premiums, premiums if many else returned, share, fires)
