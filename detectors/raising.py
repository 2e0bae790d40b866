"""Who takes round lots from the public and pays the same people: schemes, by holders of accounts.

Collector and source of the payments may be different holders: a pair belongs together when the
source pays many of the collector's payers, far more of them than chance would give, and the payers
of all its collectors are a good part of those whom it pays. Pairs that share a holder, or an
institution behind, are one scheme.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import networkx as nx
import polars as pl

from data.settings import IllegalFundraising
from detectors.context import Context, Institution
from detectors.pool_tables import CREATE_MATCHED, HELD_FOR_CLIENTS
from detectors.pooling import LICENSED_KINDS

# Their licence is to take the public's money.
LICENSED = (*LICENSED_KINDS, "asset_manager")

# A holder that is not known is another one for each account.
CREATE_SIDE = f"""
create or replace temp table raising_side as
select a.account_id, coalesce(nullif(a.party_no, -1), -2 - a.account_id) as holder,
  coalesce(p.kind = 'person', false) as person,
  a.role not in {HELD_FOR_CLIENTS}
    and not coalesce(list_contains($licensed, p.institution_id), false) as open
from account_dim a left join party_dim p on p.party_no = a.party_no
"""
# Transfers between persons and holders that are not licensed to hold their money, one row for each
# person. No condition compares the two sides: it would tempt the planner to join these first.
CREATE_FLOW = """
create or replace temp table raising_flow as
select true as incoming, t.transfer_no, t.booked_at, t.amount_fen, a.holder as person, b.holder
from transfer t
join raising_side a on a.account_id = t.payer_account and a.person
join raising_side b on b.account_id = t.payee_account and b.open
where t.status = 'settled' and t.amount_fen > 0 and t.business_date between $first and $last
union all
select false, t.transfer_no, t.booked_at, t.amount_fen, b.holder, a.holder
from transfer t
join raising_side a on a.account_id = t.payer_account and a.open
join raising_side b on b.account_id = t.payee_account and b.person
where t.status = 'settled' and t.amount_fen > 0 and t.business_date between $first and $last
"""
OWN = "delete from raising_flow where person = holder"
CREATE_PAYER = """
create or replace temp table raising_payer as
select holder, person, min(booked_at) as first_at
from raising_flow
where incoming and amount_fen % $lot = 0 and amount_fen >= $least
group by holder, person
qualify count(*) over (partition by holder) >= $payers
"""
# Persons that a source pays, of those who pay a collector; and how many chance would give.
PAIRS = """
with paid as (
  select holder as source, person, max(booked_at) as last_at
  from raising_flow where not incoming group by holder, person
), source as (
  select source, count(*) as persons from paid group by source
), collector as (
  select holder, count(*) as persons from raising_payer group by holder
), everyone as (
  select count(distinct person) as persons from raising_flow
), pair as (
  select c.holder, o.source, count(*) as persons
  from paid o
  join raising_payer c on c.person = o.person and o.last_at > c.first_at
  where o.source <> o.person
  group by c.holder, o.source
  having count(*) >= $receivers
)
select p.holder, p.source
from pair p
join collector c on c.holder = p.holder
join source s on s.source = p.source
cross join everyone e
where p.persons >= $back * c.persons and p.persons >= $part * s.persons
  and (p.holder = p.source
    or p.persons >= $lift * c.persons * s.persons / greatest(e.persons, 1))
qualify sum(p.persons) over (partition by p.source) >= $covered * s.persons
order by p.holder, p.source
"""
FLOW = """
with payer as (
  select distinct m.scheme, p.person
  from scheme_member m join raising_payer p on p.holder = m.holder
), dealt as (
  select m.scheme, f.transfer_no, f.incoming, f.person, f.holder
  from scheme_member m
  join raising_flow f on f.holder = m.holder
  join payer p on p.scheme = m.scheme and p.person = f.person
)
select b.scheme, b.incoming, b.person, b.holder, t.ref, t.booked_at, t.amount_fen,
  m.transfer_no is not null as matched,
  t.amount_fen % $lot = 0 and t.amount_fen >= $least as lot
from dealt b
join transfer t on t.transfer_no = b.transfer_no
left join pool_matched m on m.transfer_no = b.transfer_no
anti join scheme_member o on o.scheme = b.scheme and o.holder = b.person
order by b.scheme, t.booked_at, t.ref, b.incoming, b.person, b.holder
"""
# All whom a scheme's sources pay, payers or not.
ALL_PAID = """
select m.scheme, count(distinct f.person) as persons
from scheme_member m join raising_flow f on f.holder = m.holder and not f.incoming
group by m.scheme order by m.scheme
"""


@dataclass(frozen=True)
class Scheme:
    """Holders that raise money together, and their transfers with those who pay in round lots.

    `flow` has incoming, person, holder, ref, booked_at, amount_fen, matched (belongs to a loan) and
    lot (is a round lot); holders below -1 are accounts that nobody registered. `paid` are
    all persons that the holders pay.
    """

    holders: tuple[int, ...]
    flow: pl.DataFrame
    paid: int
    behind: Institution | None


def read_schemes(context: Context, settings: IllegalFundraising) -> Iterator[Scheme]:
    """Read the transfers of every group of holders that could raise money from the public."""
    db = context.db
    days = context.settings.load.window_days
    window = {"first": context.first_date(days), "last": context.business_date}
    licensed = sorted(
        i.institution_id for i in context.institutions if i.licensed and i.kind in LICENSED
    )
    lot = {"lot": settings.lot_fen, "least": settings.minimum_lot_fen}
    db.execute("payments on loans", CREATE_MATCHED, window)
    db.execute("sides of raising", CREATE_SIDE, {"licensed": licensed})
    db.execute("raising flow", CREATE_FLOW, window)
    db.execute("own transfers", OWN)
    db.execute("payers of lots", CREATE_PAYER, {**lot, "payers": settings.collector_payers})
    bounds = {
        "receivers": settings.pair_receivers,
        "back": settings.pair_back_share,
        "part": settings.pair_part,
        "covered": settings.minimum_covered_share,
        "lift": settings.minimum_lift,
    }
    groups = _groups(context, db.rows("pairs of raising", PAIRS, bounds))
    rows = [(number, holder) for number, (_, held) in enumerate(groups) for holder in held]
    members = pl.DataFrame(rows, schema={"scheme": pl.Int64, "holder": pl.Int64}, orient="row")
    db.register("scheme_member", members.to_arrow())
    flow = db.frame("flow of schemes", FLOW, lot)
    paid = dict(db.rows("paid by schemes", ALL_PAID))
    db.unregister("scheme_member")
    for table in ("raising_side", "raising_flow", "raising_payer"):
        db.execute(f"drop {table}", f"drop table {table}")
    for (number,), mine in flow.group_by("scheme", maintain_order=True):
        behind, held = groups[int(str(number))]
        yield Scheme(tuple(held), mine, paid.get(int(str(number)), 0), behind)


def _groups(
    context: Context, pairs: list[tuple[int, int]]
) -> list[tuple[Institution | None, list[int]]]:
    """The holders of each scheme, with the institution whose circle they belong to, if any."""
    near = nearest_institutions(context, {holder for pair in pairs for holder in pair})
    graph = nx.Graph()
    graph.add_nodes_from(holder for pair in pairs for holder in pair)
    graph.add_edges_from(pairs)
    graph.add_edges_from(
        (holder, f"institution {behind.institution_id}") for holder, behind in near.items()
    )
    groups = []
    for members in nx.connected_components(graph):
        held = sorted(member for member in members if not isinstance(member, str))
        known = [near[holder] for holder in held if holder in near]
        known.sort(key=lambda each: (-known.count(each), each.institution_id))
        groups.append((known[0] if known else None, held))
    return sorted(groups, key=lambda each: each[1])


def nearest_institutions(context: Context, holders: set[int]) -> dict[int, Institution]:
    """The institution, not licensed to take the public's money, in whose circle each party is.

    Where a party is in several circles, the one with the fewest ties between; then by identifier.
    """
    near: dict[int, tuple[int, Institution]] = {}
    for institution in context.institutions:
        if institution.licensed and institution.kind in LICENSED:
            continue
        circle = context.closure(institution)
        for holder in holders & circle.keys():
            steps = len(circle[holder].chain)
            if holder not in near or steps < near[holder][0]:
                near[holder] = steps, institution
    return {holder: institution for holder, (_, institution) in near.items()}
