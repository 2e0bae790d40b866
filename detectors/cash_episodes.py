"""Card payments and what came of them taken together: paid before or after, in parts or in one.

A circle is the merchants and payers-back that the same persons deal with. Within it a person's
payments both ways, without a long pause between them, are one episode.
"""

from __future__ import annotations

import networkx as nx
import polars as pl

from data.settings import ShamMerchant
from detectors.context import Context

# Merchants and who is close to them, where several persons pay the one and are paid by the other.
LINKS = """
select c.merchant, c.payer, count(distinct s.person) as persons
from card_close c
join (select distinct payee, person from card_sale where not acquirer) s on s.payee = c.merchant
join (select distinct payer, person from card_back) b on b.payer = c.payer and b.person = s.person
group by c.merchant, c.payer having count(distinct s.person) >= $persons
order by c.merchant, c.payer
"""
# Episodes in which nearly all that was paid to the circle's merchants came from its payers-back; a
# row for each pair of a payment and what came of it.
EPISODES = """
with movement as (
  select m.circle, s.person, s.ref, s.booked_at, s.amount_fen, true as sold, s.payee as party
  from card_sale s join card_circle m on m.party = s.payee and m.merchant where not s.acquirer
  union all
  select m.circle, b.person, b.ref, b.booked_at, b.amount_fen, false, b.payer
  from card_back b join card_circle m on m.party = b.payer and m.pays
), marked as (
  select *, coalesce(booked_at - lag(booked_at) over movements > to_hours($hours), true) as begins
  from movement window movements as (partition by circle, person order by booked_at, ref, sold)
), numbered as (
  select *, sum(begins::integer) over (
    partition by circle, person order by booked_at, ref, sold) as episode
  from marked
), summed as (
  select circle, person, episode, sum(amount_fen) filter (sold) as sold_fen,
    sum(amount_fen) filter (not sold) as back_fen
  from numbered group by circle, person, episode
), whole as (
  select circle, person, episode from summed
  where back_fen between $least_back * sold_fen and sold_fen
)
select s.party as merchant, b.party as payer, s.person, s.ref as sale_ref, s.booked_at as sold_at,
  s.amount_fen as sale_fen, b.ref as back_ref, b.booked_at as back_at, b.amount_fen as back_fen
from whole w
join numbered s on s.circle = w.circle and s.person = w.person and s.episode = w.episode and s.sold
join numbered b on b.circle = w.circle and b.person = w.person and b.episode = w.episode
  and not b.sold
order by back_at, back_ref, sold_at, sale_ref
"""


def read_episodes(context: Context, settings: ShamMerchant) -> pl.DataFrame:
    """Read the episodes of persons whose card payments came out of what a circle paid them.

    Columns merchant, payer, person (party numbers), sale_ref, sold_at, sale_fen, back_ref, back_at,
    back_fen; every payment of an episode stands beside every payment back. Reads card_sale,
    card_back and card_close.
    """
    db = context.db
    links = db.frame(
        "merchants and payers of the same persons",
        LINKS,
        {"persons": settings.minimum_shared_persons},
    )
    graph = nx.Graph()
    graph.add_edges_from(
        (("merchant", merchant), ("payer", payer))
        for merchant, payer in links.select("merchant", "payer").rows()
    )
    rows = [
        (number, party, side == "merchant", side == "payer")
        for number, members in enumerate(nx.connected_components(graph))
        for side, party in sorted(members)
    ]
    schema = {"circle": pl.Int64, "party": pl.Int64, "merchant": pl.Boolean, "pays": pl.Boolean}
    db.register("card_circle", pl.DataFrame(rows, schema=schema, orient="row").to_arrow())
    hours = {"hours": settings.return_hours, "least_back": settings.least_returned_share}
    found = db.frame("episodes of cards", EPISODES, hours)
    db.unregister("card_circle")
    return found
