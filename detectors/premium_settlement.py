"""What a collector of premiums still held after it settled with insurers: due, not passed on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from data.settings import PremiumMisuse
from detectors.evidence import fen


@dataclass(frozen=True)
class Settlement:
    """A collector's premiums, in fen, and what of them was due to insurers and stayed with it.

    `aged_fen` is older than a whole cycle of settlement; `left_fen` what was due when it last
    settled (or now, when it never did); `gone_fen` what it paid to others beyond its commission and
    other income: money that can no longer reach the insurer. `settlements` are the days on which
    it paid insurers. `kept_fen` are the premiums that were due, or spent, and reached no insurer
    and no payer again, the commission among them: it is earned on premiums that reach an insurer.
    """

    payers: int
    premium_fen: int
    commission_share: float
    aged_fen: int
    left_fen: int
    gone_fen: int
    settlements: int
    kept_fen: int

    @property
    def commission_fen(self) -> int:
        """What is left out as the collector's own."""
        return round(self.commission_share * self.premium_fen)

    @property
    def overdue_fen(self) -> int:
        """What surely stayed: older than a cycle, or due and spent on something else."""
        return max(self.aged_fen, min(self.left_fen, self.gone_fen), 0)


def settlement(settings: PremiumMisuse, flow: pl.DataFrame, today: date) -> Settlement:
    """Follow one collector's premiums to the insurers; the oldest are passed on first.

    `flow` has incoming, business_date, amount_fen, person, kind and other_insurer. Premiums given
    back to their payers count as passed on. A collector that insurers pay a commission keeps none
    of the premiums; any other may keep `commission_share`.
    """
    incoming, outgoing = (flow.filter(pl.col("incoming") == side) for side in (True, False))
    persons = pl.col("kind") == "person"
    premiums = incoming.filter(persons, ~pl.col("other_insurer"))
    payers = premiums.select("person").unique()
    back = outgoing.filter(persons).join(payers, on="person", how="semi")
    passed = outgoing.filter("other_insurer")
    elsewhere = outgoing.filter(~pl.col("other_insurer")).join(payers, on="person", how="anti")
    other_income = incoming.filter(~persons | pl.col("other_insurer"))
    paid_apart = not incoming.filter("other_insurer").is_empty()
    share = settings.paid_commission_share if paid_apart else settings.commission_share

    def left(until: date, cut_off: int) -> int:
        """What had come so many days before, less commission, and had not gone by the day's end."""
        came = premiums.filter(pl.col("business_date") <= until - timedelta(days=cut_off))
        went = fen(passed.filter(pl.col("business_date") <= until))
        went += fen(back.filter(pl.col("business_date") <= until))
        return round((1 - share) * fen(came)) - went

    days = passed["business_date"].unique().sort().to_list()
    taken = fen(premiums)
    reached = fen(passed) + fen(back)
    due = fen(premiums.filter(pl.col("business_date") <= today - timedelta(settings.cut_off_days)))
    spent = fen(elsewhere) - fen(other_income)
    gone = fen(elsewhere) - round(share * taken) - fen(other_income)
    return Settlement(
        payers=payers.height,
        premium_fen=taken,
        commission_share=share,
        aged_fen=max(left(today, settings.cycle_days), 0),
        left_fen=max(left(days[-1] if days else today, settings.cut_off_days), 0),
        gone_fen=max(gone, 0),
        settlements=len(days),
        kept_fen=max(due - reached, min(taken - reached, spent), 0),
    )
