"""Go-betweens: natural persons who take from many strangers and pay nearly all of it on to others.

Firms buy from some and sell to others, and keep a margin; a person who does so, within days and
with next to nothing left, lends the account. The sums may be small.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import Layering
from detectors.context import Context
from detectors.evidence import fen, yuan
from detectors.finding import Finding, Lookalike, Measure
from detectors.layer_case import layering_finding
from detectors.layer_sums import SUMS

# Laid first, so that no plan joins the ties to all transfers twice.
CREATE_SUM = f"create or replace temp table between_sum as {SUMS}"
# What each natural person takes from strangers and pays others, and how long it stays on average:
# the difference of the mean times, weighted by the sums.
GO_BETWEENS = """
with took as (
  select payee as party, count(distinct payer) as others, sum(amount_fen) as fen,
    sum(amount_fen::double * epoch(booked_at)) as weight
  from between_sum where payee_person and payee >= 0
  group by payee having count(distinct payer) between $others and $most
), paid as (
  select payer as party, count(distinct payee) as others, sum(amount_fen) as fen,
    sum(amount_fen::double * epoch(booked_at)) as weight
  from between_sum where payer_person and payer >= 0
  group by payer having count(distinct payee) between $others and $most
), passed as (
  select party, i.fen::bigint as took_fen, i.others as payers, o.others as payees,
    (o.weight / o.fen - i.weight / i.fen) / 3600 as held_hours
  from took i join paid o using (party)
  where i.fen >= $whole and o.fen between $low * i.fen and $high * i.fen
), dealt as (
  select distinct p.party
  from passed p
  join between_sum i on i.payee = p.party
  join between_sum o on o.payer = p.party and o.payee = i.payer
)
select * from passed anti join dealt using (party)
where held_hours between 0 and $hours
order by party
"""
ROWS = """
select s.ref, s.booked_at, s.amount_fen, s.payer, s.payee
from between_sum s
where s.payer in (select unnest($parties)) or s.payee in (select unnest($parties))
order by s.booked_at, s.ref
"""


@dataclass(frozen=True)
class GoBetween:
    """A person by number, what went through, from how many to how many, and how long it stayed."""

    party: int
    rows: pl.DataFrame
    took_fen: int
    payers: int
    payees: int
    held_hours: float

    @property
    def paid_share(self) -> float:
        """What was paid on per fen taken."""
        return fen(self.rows.filter(pl.col("payer") == self.party)) / self.took_fen


def read_go_betweens(context: Context, settings: Layering) -> list[GoBetween]:
    """Find them, with all that they take from strangers and pay strangers in such sums.

    `payment_side` and `near_tie` must be laid.
    """
    db = context.db
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    db.execute(
        "sums between strangers", CREATE_SUM, {**window, "least": settings.least_between_fen}
    )
    found = db.rows(
        "go-betweens",
        GO_BETWEENS,
        {
            "others": settings.minimum_between,
            "most": settings.most_counterparties,
            "whole": settings.minimum_bundle_fen,
            "low": settings.least_between_share,
            "high": settings.maximum_passed_ratio,
            "hours": settings.held_hours,
        },
    )
    rows = db.frame("sums of go-betweens", ROWS, {"parties": [row[0] for row in found]})
    db.execute("drop between_sum", "drop table between_sum")
    return [
        GoBetween(
            party,
            rows.filter((pl.col("payer") == party) | (pl.col("payee") == party)),
            took,
            payers,
            payees,
            held,
        )
        for party, took, payers, payees, held in found
    ]


def go_between_finding(context: Context, settings: Layering, found: GoBetween) -> Finding:
    """Put one go-between into a finding of L1."""
    fewer, kept = min(found.payers, found.payees), 1 - found.paid_share
    lookalikes = (
        Lookalike(
            "trade_of_its_own",
            kept <= settings.doubtful_share / 2,
            f"留存其收款的 {kept:.1%}",
            f"{kept:.1%} of what was taken stays; trade keeps a margin",
        ),
    )
    took = yuan(found.took_fen)
    return layering_finding(
        context,
        found.party,
        found.rows,
        certainty=settings.confidence_least
        + settings.confidence_layers * min(fewer / settings.sure_star, 1.0),
        amount_fen=found.took_fen,
        measures={
            "fan": Measure(fewer, settings.minimum_between, "parties"),
            "paid_on_share": Measure(
                round(found.paid_share, 4), settings.least_between_share, "share"
            ),
            "held_hours": Measure(round(found.held_hours, 1), settings.held_hours, "hours"),
        },
        lookalikes=lookalikes,
        text=(
            f"以个人账户收自 {found.payers} 个无关联主体 {took} 元，并将其中 "
            f"{found.paid_share:.0%} 付给另外 {found.payees} 个无关联主体，"
            f"平均停留 {found.held_hours:.0f} 小时",
            f"A natural person took {took} yuan from {found.payers} unrelated parties and paid "
            f"{found.paid_share:.0%} of it on to {found.payees} others, "
            f"{found.held_hours:.0f} hours later on average",
        ),
    )
