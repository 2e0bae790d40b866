"""Crowds: several parties each pay the same many strangers within days, so that sums mix.

Two employers may share a worker, and neighbours a shop. But where several strangers each pay, on
days on which each pays many, the same parties that few others ever pay, they act together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

import networkx as nx
import polars as pl

from data.settings import Layering
from detectors.context import Context
from detectors.evidence import yuan
from detectors.finding import Finding, Lookalike, Measure
from detectors.layer_case import layering_finding
from detectors.layer_sums import STRANGERS

# Who pays whom on days on which they pay many, of those whom few pay.
CREATE_CROWD = f"""
create or replace temp table crowd_edge as
with edge as (
  select a.party as payer, b.party as payee, t.business_date as day
  {STRANGERS}
  group by all
), burst as (
  select payer, day from edge group by payer, day having count(*) between $shared and $payees
), kept as (
  select e.* from edge e semi join burst b on b.payer = e.payer and b.day = e.day
), few as (
  select e.payee from edge e semi join kept k on k.payee = e.payee
  group by e.payee having count(distinct e.payer) <= $payers
)
select k.payer, k.payee, k.day from kept k semi join few f on f.payee = k.payee
"""
PAIRS = """
select x.payer as one, y.payer as other
from crowd_edge x
join crowd_edge y on y.payee = x.payee and y.payer > x.payer
  and y.day between x.day - $days and x.day + $days
anti join near_tie n on n.one = x.payer and n.other = y.payer
group by x.payer, y.payer
having count(distinct x.payee) >= $shared
order by one, other
"""
ROWS = f"""
select a.party as payer, b.party as payee, a.person as payer_person, b.person as payee_person,
  t.ref, t.booked_at, t.amount_fen
{STRANGERS}
  and a.party in (select payer from crowd_payer)
  and exists (select 1 from crowd_edge e
    where e.payer = a.party and e.payee = b.party and e.day = t.business_date)
order by t.booked_at, t.ref
"""


@dataclass(frozen=True)
class Crowd:
    """Parties that pay, and those that at least `crowd_payers` of them pay, by number.

    `rows` are their transfers: payer, payee, payer_person, payee_person, ref, booked_at and
    amount_fen.
    """

    payers: tuple[int, ...]
    payees: tuple[int, ...]
    rows: pl.DataFrame

    @property
    def subject(self) -> int:
        """Who of them that are known pays most; below 0 when nobody known does."""
        known = self.rows.filter(pl.col("payer") >= 0).group_by("payer")
        sums = known.agg(pl.col("amount_fen").sum()).sort(
            "amount_fen", "payer", descending=[True, False]
        )
        return int(sums["payer"][0]) if sums.height else -1


def read_crowds(context: Context, settings: Layering) -> list[Crowd]:
    """Find the crowds of the window; needs the sides of payments and near ties."""
    db = context.db
    sums = {
        "first": context.first_date(settings.window_days),
        "last": context.business_date,
        "least": settings.least_crowd_fen,
    }
    db.execute(
        "who pays many at once",
        CREATE_CROWD,
        {
            **sums,
            "shared": settings.crowd_payees,
            "payees": settings.most_counterparties,
            "payers": settings.most_crowd_payers,
        },
    )
    shared = {"shared": settings.crowd_payees, "days": settings.star_hours // 24}
    graph = nx.Graph(db.rows("who pays the same", PAIRS, shared))
    payers = sorted(graph)
    db.register("crowd_payer", pl.DataFrame({"payer": payers}, {"payer": pl.Int64}).to_arrow())
    rows = db.frame("rows of crowds", ROWS, sums)
    db.unregister("crowd_payer")
    db.execute("drop crowd_edge", "drop table crowd_edge")
    crowds = [_crowd(settings, rows, set(members)) for members in nx.connected_components(graph)]
    return sorted(filter(None, crowds), key=lambda crowd: crowd.payers)


def _crowd(settings: Layering, rows: pl.DataFrame, members: set[int]) -> Crowd | None:
    """Keep whom at least so many of the members pay, and who pays enough of these.

    None where most of it repeats what the same two did days before: customers of one trade. But
    of many customers not nearly all pay all the same parties.
    """
    mine = rows.filter(pl.col("payer").is_in(list(members)))
    paid_by: dict[int, set[int]] = defaultdict(set)
    for payer, payee in mine.select("payer", "payee").unique().iter_rows():
        paid_by[payee].add(payer)
    payees = {payee for payee, some in paid_by.items() if len(some) >= settings.crowd_payers}
    payers = {
        payer
        for payer in members
        if sum(payer in paid_by[payee] for payee in payees) >= settings.crowd_payees
    }
    kept = mine.filter(
        pl.col("payer").is_in(list(payers)), pl.col("payee").is_in(list(payees - payers))
    )
    span = pl.col("booked_at").max().over("payer", "payee") - pl.col("booked_at").min().over(
        "payer", "payee"
    )
    lasting = kept.filter(span > timedelta(hours=settings.star_hours))
    pairs = kept.select("payer", "payee").n_unique()
    dense = len(payers) >= settings.dense_payers and (
        pairs >= settings.dense_share * len(payers) * len(payees - payers)
    )
    if (
        (lasting.height > settings.maximum_traded_share * kept.height and not dense)
        or len(payers) < settings.crowd_payers
        or len(payees) < settings.crowd_payees
        or int(kept["amount_fen"].sum()) < settings.minimum_crowd_fen
    ):
        return None
    return Crowd(tuple(sorted(payers)), tuple(sorted(payees - payers)), kept)


def crowd_finding(context: Context, settings: Layering, crowd: Crowd) -> Finding:
    """Put one crowd into a finding of L1, about who of them pays most."""
    amount = int(crowd.rows["amount_fen"].sum())
    full = crowd.rows.select("payer", "payee").n_unique()
    density = full / (len(crowd.payers) * len(crowd.payees))
    others = [number for number in (*crowd.payers, *crowd.payees) if number != crowd.subject]
    size = min(len(others) / settings.sure_star, 1.0)
    return layering_finding(
        context,
        crowd.subject,
        crowd.rows,
        certainty=settings.confidence_least
        + settings.confidence_layers * size
        + settings.confidence_shapes * density,
        amount_fen=amount,
        measures={
            "crowd_payers": Measure(len(crowd.payers), settings.crowd_payers, "parties"),
            "crowd_payees": Measure(len(crowd.payees), settings.crowd_payees, "parties"),
            "crowd_density": Measure(round(density, 4), None, "share"),
        },
        lookalikes=(
            Lookalike(
                "common_customers",
                density >= 1 - settings.doubtful_share,
                f"可能的付款关系中 {density:.0%} 实际发生",
                f"{density:.0%} of the pairs that there could be did pay",
            ),
        ),
        text=(
            f"{len(crowd.payers)} 个无关联主体在数日内各自向同样的 {len(crowd.payees)} 个主体付款，"
            f"共 {yuan(amount)} 元",
            f"{len(crowd.payers)} strangers each paid the same {len(crowd.payees)} parties within "
            f"days, {yuan(amount)} yuan in all",
        ),
        roles=[(number, context.front(number)) for number in others],
    )
