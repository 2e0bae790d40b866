"""Who takes round lots from the public and pays the same people: schemes, by holders of accounts.

Collector and source of the payments may be different holders: a pair belongs together when the
source pays many of the collector's payers, far more of them than chance would give, and the payers
of all its collectors are a good part of those whom it pays; or it pays others returns on such lots
(``rated_sources``). Pairs that share a holder, or an
institution behind, are one scheme.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import networkx as nx
import polars as pl

from data.settings import IllegalFundraising
from detectors.context import Context, Institution
from detectors.pool_tables import CREATE_MATCHED, HELD_FOR_CLIENTS
from detectors.pooling import LICENSED_KINDS
from detectors.rated_sources import rated_sources

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
# Cash that a person drew, and that was paid in elsewhere within a day, to the fen the same lot,
# where no other drawing and no other deposit fits: it was handed over. Days join before hours do:
# a city draws one round sum thousands of times a year.
ADD_CASH = """
insert into raising_flow
with paid_in as (
  select t.transfer_no, t.booked_at, t.amount_fen, t.booked_at::date as day, s.holder, s.open
  from transfer t join raising_side s on s.account_id = t.payee_account
  where t.cash and t.payer_account < 0 and t.status = 'settled'
    and t.amount_fen % $lot = 0 and t.amount_fen >= $least
    and t.business_date between $first and $last
), drawn as (
  select t.transfer_no, t.booked_at, t.amount_fen, s.holder, s.person,
    unnest(range(t.booked_at::date, t.booked_at::date + $days + 1, interval 1 day))::date as day
  from transfer t join raising_side s on s.account_id = t.payer_account
  where t.cash and t.payee_account < 0 and t.status = 'settled'
    and t.amount_fen % $lot = 0 and t.amount_fen >= $least
    and t.business_date between $first - 1 and $last
), handed as (
  select p.transfer_no, p.booked_at, p.amount_fen, p.holder, p.open, d.person, d.holder as drawer
  from paid_in p
  join drawn d on d.amount_fen = p.amount_fen and d.day = p.day
    and p.booked_at between d.booked_at and d.booked_at + to_hours($hours::integer)
  qualify count(*) over (partition by p.transfer_no) = 1
    and count(*) over (partition by d.transfer_no) = 1
)
select true, transfer_no, booked_at, amount_fen, drawer, holder
from handed where open and person and drawer <> holder
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
# Lots that a scheme's holders take from payers of unknown holders, where nearly all lots of known
# payers are natural persons'.
UNKNOWN = """
with lots as (
  select m.scheme, a.holder as person, m.holder, a.person as is_person, t.transfer_no, t.ref,
    t.booked_at, t.amount_fen
  from scheme_member m
  join raising_side b on b.holder = m.holder
  join transfer t on t.payee_account = b.account_id
  join raising_side a on a.account_id = t.payer_account
  where t.status = 'settled' and t.amount_fen % $lot = 0 and t.amount_fen >= $least
    and t.business_date between $first and $last
    and not exists (
      select 1 from scheme_member o where o.scheme = m.scheme and o.holder = a.holder)
), alike as (
  select scheme from lots where person >= 0
  group by scheme
  having coalesce(sum(amount_fen) filter (is_person), 0) >= $alike * sum(amount_fen)
)
select l.scheme, true as incoming, l.person, l.holder, l.ref, l.booked_at, l.amount_fen,
  m.transfer_no is not null as matched, true as lot
from lots l semi join alike k on k.scheme = l.scheme
left join pool_matched m on m.transfer_no = l.transfer_no
where l.person < -1
order by l.scheme, l.booked_at, l.ref
"""
# All that a scheme's sources pay persons, payers or not.
PAID_OUT = """
select m.scheme, f.person, f.holder, t.ref, t.booked_at, t.amount_fen
from scheme_member m
join raising_flow f on f.holder = m.holder and not f.incoming
join transfer t on t.transfer_no = f.transfer_no
anti join scheme_member o on o.scheme = m.scheme and o.holder = f.person
order by m.scheme, t.booked_at, t.ref, f.person, f.holder
"""
# What a scheme's holders pay parties that are none of them.
SPENT = """
select m.scheme, b.party_no as payee, t.ref, t.booked_at, t.amount_fen
from scheme_member m
join account_dim a on a.party_no = m.holder
join transfer t on t.payer_account = a.account_id
join account_dim b on b.account_id = t.payee_account and b.party_no >= 0
anti join scheme_member o on o.scheme = m.scheme and o.holder = b.party_no
where t.status = 'settled' and t.business_date between $first and $last
order by m.scheme, t.booked_at, t.ref
"""
# What they hand on to one another.
FORWARDED = """
select m.scheme, o.holder, sum(t.amount_fen)::bigint as amount_fen
from scheme_member m
join account_dim a on a.party_no = m.holder
join transfer t on t.payer_account = a.account_id
join account_dim b on b.account_id = t.payee_account
join scheme_member o on o.scheme = m.scheme and o.holder = b.party_no and o.holder <> m.holder
where t.status = 'settled' and t.business_date between $first and $last
group by m.scheme, o.holder order by m.scheme, o.holder
"""


@dataclass(frozen=True)
class Scheme:
    """Holders that raise money together, and their transfers with those who pay in round lots.

    `flow` has incoming, person, holder, ref, booked_at, amount_fen, matched (belongs to a loan) and
    lot (is a round lot); persons and holders below -1 are accounts that nobody registered.
    `paid_out` is what the holders pay any persons: person, holder, ref, booked_at, amount_fen.
    `behind` is the
    institution whose circle holds the accounts, or that the money went to; `taken_out` are payments
    to its circle (payee, ref, booked_at, amount_fen), `forwarded` what each holder got from the
    others, in fen.
    """

    holders: tuple[int, ...]
    flow: pl.DataFrame
    paid_out: pl.DataFrame
    behind: Institution | None
    taken_out: pl.DataFrame
    forwarded: Mapping[int, int]


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
    hours = settings.cash_hours
    within = {"hours": hours, "days": math.ceil(hours / 24)}
    db.execute("cash handed over", ADD_CASH, {**window, **lot, **within})
    db.execute("own transfers", OWN)
    db.execute("payers of lots", CREATE_PAYER, {**lot, "payers": settings.collector_payers})
    bounds = {
        "receivers": settings.pair_receivers,
        "back": settings.pair_back_share,
        "part": settings.pair_part,
        "covered": settings.minimum_covered_share,
        "lift": settings.minimum_lift,
    }
    pairs = {*db.rows("pairs of raising", PAIRS, bounds), *rated_sources(context, settings)}
    groups = _groups(context, sorted(pairs))
    rows = [(number, holder) for number, (_, held) in enumerate(groups) for holder in held]
    members = pl.DataFrame(rows, schema={"scheme": pl.Int64, "holder": pl.Int64}, orient="row")
    db.register("scheme_member", members.to_arrow())
    alike = {"alike": context.settings.detectors.unknown_like_share}
    flow = pl.concat(
        [
            db.frame("flow of schemes", FLOW, lot),
            db.frame("unknown payers of schemes", UNKNOWN, {**lot, **window, **alike}),
        ],
        how="vertical_relaxed",
    ).sort("scheme", "booked_at", "ref", "incoming", "person", "holder")
    paid_out = db.frame("paid by schemes", PAID_OUT)
    spent = db.frame("spent by schemes", SPENT, window)
    forwarded: dict[int, dict[int, int]] = defaultdict(dict)
    for number, holder, fen in db.rows("forwarded in schemes", FORWARDED, window):
        forwarded[number][holder] = fen
    db.unregister("scheme_member")
    for table in ("raising_side", "raising_flow", "raising_payer"):
        db.execute(f"drop {table}", f"drop table {table}")
    for (number,), mine in flow.group_by("scheme", maintain_order=True):
        behind, held = groups[int(str(number))]
        outgoing, paid = (
            rows.filter(pl.col("scheme") == number).drop("scheme") for rows in (spent, paid_out)
        )
        behind = behind or _reached(context, settings, outgoing)
        circle = list(context.closure(behind)) if behind else []
        taken_out = outgoing.filter(pl.col("payee").is_in(circle))
        yield Scheme(
            tuple(held), mine, paid, behind, taken_out,
            forwarded[int(str(number))],
        )  # fmt: skip


def _reached(
    context: Context, settings: IllegalFundraising, outgoing: pl.DataFrame
) -> Institution | None:
    """The institution whose circle got most of what holders paid out, if that is much of it."""
    got: dict[str, int] = defaultdict(int)
    known: dict[str, Institution] = {}
    for payee, fen in outgoing.group_by("payee").agg(pl.col("amount_fen").sum()).iter_rows():
        for institution in context.circles_of.get(payee, ()):
            if not (institution.licensed and institution.kind in LICENSED):
                got[institution.institution_id] += fen
                known[institution.institution_id] = institution
    best = max(got, key=lambda name: (got[name], name), default=None)
    least = settings.minimum_reached_share * int(outgoing["amount_fen"].sum())
    return known[best] if best is not None and got[best] >= least else None


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
