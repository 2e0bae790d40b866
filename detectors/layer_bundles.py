"""Bundles: one party's money goes to another through several strangers, a sum through each.

No single way says much. But where several strangers each take a sum from one party and pay nearly
all of it to one other within days, and most of what the two ends move goes that way, the sums were
split to pass unseen, often below the line from which banks report.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from data.settings import Layering
from detectors.context import Context
from detectors.evidence import yuan
from detectors.finding import Finding, Lookalike, Measure
from detectors.layer_case import layering_finding
from detectors.layer_sums import SUMS
from graph.amount_ratio import AmountRatio

CREATE_LEG = f"create or replace temp table bundle_leg as {SUMS}"
# Pairs of ends, with what goes between them through whoever pays little else.
PAIRS = """
with little as (
  select payer as party from bundle_leg group by payer having count(*) <= $payments
), way as (
  select i.payer as source, o.payee as sink, i.payee as middle, i.amount_fen as in_fen,
    o.amount_fen as out_fen
  from bundle_leg i
  semi join little l on l.party = i.payee
  join bundle_leg o on o.payer = i.payee
    and o.booked_at > i.booked_at and o.booked_at <= i.booked_at + to_hours($hours::integer)
    and o.amount_fen between $low * i.amount_fen and $high * i.amount_fen
  where o.payee <> i.payer
  qualify row_number() over (partition by i.ref, o.payee order by o.booked_at, o.ref) = 1
    and row_number() over (partition by o.ref, i.payer order by i.booked_at desc, i.ref) = 1
), pair as (
  select source, sink, count(distinct middle) as middles, count(*) as ways,
    sum(in_fen) as in_fen, sum(out_fen) as out_fen
  from way group by source, sink
  having count(distinct middle) >= $middles and count(*) >= $ways and sum(in_fen) >= $least
), paid as (
  select payer, sum(amount_fen) as fen from bundle_leg group by payer
), took as (
  select payee, sum(amount_fen) as fen from bundle_leg group by payee
)
select p.source, p.sink, p.ways,
  p.in_fen / o.fen as source_share, p.out_fen / i.fen as sink_share
from pair p
join paid o on o.payer = p.source
join took i on i.payee = p.sink
where p.in_fen >= $end * o.fen and p.out_fen >= $end * i.fen
order by p.source, p.sink
"""
LEGS = """
with middle as (
  select b.source, b.sink, i.payee as party, bool_or(i.payee_person) as person
  from bundle_pair b
  join bundle_leg i on i.payer = b.source
  join bundle_leg o on o.payer = i.payee and o.payee = b.sink and o.booked_at > i.booked_at
  group by b.source, b.sink, i.payee
)
select m.source, m.sink, m.party as middle, m.person, l.payer, l.payee, l.ref, l.booked_at,
  l.amount_fen
from middle m
join bundle_leg l on l.payer = m.source and l.payee = m.party
  or l.payer = m.party and l.payee = m.sink
order by m.source, m.sink, l.booked_at, l.ref
"""


@dataclass(frozen=True)
class Bundle:
    """Two ends by number, and the transfers between them: `rows` has middle, person, payer, payee,
    ref, booked_at, amount_fen.

    `ways` counts sums that went all the way; shares are of all large sums each end moves so.
    """

    source: int
    sink: int
    ways: int
    source_share: float
    sink_share: float
    rows: pl.DataFrame

    @property
    def amount_fen(self) -> int:
        """What set out."""
        return int(self.rows.filter(pl.col("payer") == self.source)["amount_fen"].sum())

    @property
    def middles(self) -> dict[int, bool]:
        """Those between, and which of them are natural persons."""
        return dict(self.rows.select("middle", "person").unique().sort("middle").iter_rows())


def read_bundles(context: Context, settings: Layering) -> list[Bundle]:
    """Find pairs of ends with bundles between them; needs the sides of payments and near ties."""
    db = context.db
    window = {"first": context.first_date(settings.window_days), "last": context.business_date}
    db.execute("legs of bundles", CREATE_LEG, {**window, "least": settings.least_leg_fen})
    ratio = AmountRatio.parse(settings.way_ratio)
    pairs = db.frame(
        "ends of bundles",
        PAIRS,
        {
            "payments": settings.middle_payments,
            "hours": settings.star_hours,
            "low": float(ratio.low),
            "high": float(ratio.high),
            "middles": settings.minimum_middles,
            "ways": settings.minimum_ways,
            "least": settings.minimum_bundle_fen,
            "end": settings.bundle_end_share,
        },
    )
    db.register("bundle_pair", pairs.to_arrow())
    legs = db.frame("rows of bundles", LEGS)
    db.unregister("bundle_pair")
    db.execute("drop bundle_leg", "drop table bundle_leg")
    return [
        Bundle(
            source, sink, ways, source_share, sink_share,
            legs.filter(pl.col("source") == source, pl.col("sink") == sink),
        )
        for source, sink, ways, source_share, sink_share in pairs.iter_rows()
    ]  # fmt: skip


def bundle_finding(context: Context, settings: Layering, bundle: Bundle) -> Finding:
    """Put one bundle into a finding of L1, about its source or, where nobody knows it, its sink."""
    subject, other = bundle.source, bundle.sink
    if subject < 0:
        subject, other = other, subject
    middles = bundle.middles
    share = min(bundle.source_share, bundle.sink_share)
    moved = yuan(bundle.amount_fen)
    hours = settings.star_hours
    roles = [(number, "nominee" if person else "shell") for number, person in middles.items()]
    return layering_finding(
        context,
        subject,
        bundle.rows,
        certainty=settings.confidence_least
        + settings.confidence_layers * min(len(middles) / settings.sure_layers, 1.0)
        + settings.confidence_shapes
        * (share - settings.bundle_end_share)
        / (1 - settings.bundle_end_share),
        amount_fen=bundle.amount_fen,
        measures={
            "parallel": Measure(len(middles), settings.minimum_middles, "parties"),
            "ways": Measure(bundle.ways, settings.minimum_ways, "transfers"),
            "end_share": Measure(round(share, 4), settings.bundle_end_share, "share"),
        },
        lookalikes=(
            Lookalike(
                "trade_of_its_own",
                share >= 1 - settings.doubtful_share,
                f"付出方大额付款的 {bundle.source_share:.0%}、收款方大额收款的 "
                f"{bundle.sink_share:.0%} 属于上述款项",
                f"this is {bundle.source_share:.0%} of the large sums that the one end pays, and "
                f"{bundle.sink_share:.0%} of those that the other takes",
            ),
        ),
        text=(
            f"{moved} 元分成多笔经 {len(middles)} 个无关联主体转给同一收款方，每笔在 {hours} 小时内"
            f"转出，共 {bundle.ways} 次",
            f"{moved} yuan went in parts through {len(middles)} strangers to one and the same "
            f"receiver, each part paid on within {hours} hours, {bundle.ways} times",
        ),
        roles=[*roles, (other, "organiser")],
    )
