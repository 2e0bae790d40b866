"""Which accounts make up one pool: those of one circle, or those that pay back each other's payers.

An account is a candidate of an institution when someone of its circle or staff holds it, when it
serves the institution, when a good part of its outflow goes to the circle, or when a candidate
passes its takings on to it. A candidate belongs to the pool when persons pay in at one account and
are paid at another (or the same) far more often than chance would have it. Accounts of no circle
are joined when the same is certain enough for a single pair of accounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

import networkx as nx
import polars as pl

from data.settings import FundPool
from data.store import Database
from detectors.context import Context
from detectors.pool_tables import PERSONS, lay_tables

# Kinds whose licence is to take money from many and pay many.
LICENSED_KINDS = ("insurer", "bank", "securities_firm", "clearing_house", "payment_institution")

# Whom an institution pays that never pays it: its staff, among others.
CANDIDATES = """
with paid as (
  select distinct c.institution_id, f.payee as party_no
  from circle_party c join pool_recent f on f.payer = c.party_no
  where c.own and f.payee_person
), paying as (
  select distinct c.institution_id, f.payer as party_no
  from circle_party c join pool_recent f on f.payee = c.party_no
  where c.own and f.payer_person
), near as (
  select institution_id, party_no from circle_party
  union
  select institution_id, party_no from paid anti join paying using (institution_id, party_no)
)
select n.institution_id, c.account
from near n join pool_collector c on c.party_no = n.party_no
union
select institution_id, account from pool_collector where institution_id is not null
order by 1, 2
"""
# Which candidates persons of the same group pay into, or are paid from, beyond chance. A person's
# account that few pay into counts only with the others: friends pay each other to and fro.
KEPT = """
with held as (
  select distinct g.pool, g.account, p.person, p.pays, m.alone
  from pool_candidate g
  join pool_person p on p.account = g.account
  join pool_size m on m.account = g.account
), inside as (
  select pool, person, count(*) as accounts, min(account) as account
  from held where pays group by pool, person
), outside as (
  select pool, person, count(*) as accounts, min(account) as account
  from held where not pays group by pool, person
), whole as (
  select pool, count(distinct person) filter (pays) as payers,
    count(distinct person) filter (not pays) as paid
  from held group by pool
), member as (
  select h.pool, h.account, count(*) filter (h.pays) as pays,
    count(*) filter (not h.pays) as is_paid,
    count(*) filter (h.pays and o.person is not null
      and (h.alone or o.accounts > 1 or o.account <> h.account))
    + count(*) filter (not h.pays and i.person is not null
      and (h.alone or i.accounts > 1 or i.account <> h.account)) as back
  from held h
  left join inside i on i.pool = h.pool and i.person = h.person
  left join outside o on o.pool = h.pool and o.person = h.person
  group by h.pool, h.account
)
select m.pool, m.account
from member m join whole w using (pool)
where m.back >= $least and m.back >= $share * (m.pays + m.is_paid)
  and m.back >= $lift * (m.pays * w.paid + m.is_paid * w.payers) / $persons
order by m.pool, m.account
"""
# Pairs of which the one pays back the other's payers, and surely so: by the bound on the tail of a
# Poisson number, chance would give such a pair once in $doubt worlds of as many pairs.
PAIRS = """
with degree as (
  select account, count(*) filter (pays) as pays, count(*) filter (not pays) as is_paid
  from pool_person group by account
), pair as (
  select i.account as collector, o.account as source, count(*)::double as back
  from pool_person i join pool_person o on o.person = i.person
  where i.pays and not o.pays
  group by i.account, o.account
  having count(*) >= $back
), held as (
  select p.*, c.pays * s.is_paid / $persons::double as chance, c.pays,
    (select count(*) filter (pays > 0) * count(*) filter (is_paid > 0) from degree) as pairs
  from pair p
  join degree c on c.account = p.collector
  join pool_size z on z.account = p.collector and z.registered
    and (z.alone or p.collector <> p.source)
  join degree s on s.account = p.source
)
select collector, source from held
where back >= $lift * chance and back >= $share * pays
  and back * ln(back / chance) - (back - chance) >= ln($doubt * pairs)
order by collector, source
"""
TRIMMED = """
with part as (
  select g.pool, g.account,
    coalesce((select sum(amount_fen) from pool_recent f
      where f.payee_account = g.account and f.payer_person), 0) as taken,
    coalesce((select sum(amount_fen) from pool_recent f
      where f.payer_account = g.account and f.payee_person), 0) as paid
  from pool_candidate g
)
select pool, account from part
qualify taken >= $least * sum(taken) over (partition by pool)
  and taken > 0 or paid >= $least * sum(paid) over (partition by pool) and paid > 0
order by pool, account
"""
# Collectors outside a group whose payers the group pays back, or whom it pays, surely more often
# than chance: the same bound, over the groups and the accounts.
GROWN = """
with inside as (
  select distinct g.pool, p.person from pool_candidate g join pool_person p using (account)
  where p.pays
), outside as (
  select distinct g.pool, p.person from pool_candidate g join pool_person p using (account)
  where not p.pays
), whole as (
  select g.pool, (select count(*) from inside i where i.pool = g.pool) as payers,
    (select count(*) from outside o where o.pool = g.pool) as paid
  from (select distinct pool from pool_candidate) g
), degree as (
  select account, count(*) filter (pays) as pays, count(*) filter (not pays) as is_paid
  from pool_person group by account
), met as (
  select o.pool, p.account, count(*) as back
  from pool_person p join outside o on o.person = p.person where p.pays group by all
  union all
  select i.pool, p.account, count(*)
  from pool_person p join inside i on i.person = p.person where not p.pays group by all
), held as (
  select m.pool, m.account, sum(m.back)::double as back,
    any_value(d.pays * w.paid + d.is_paid * w.payers) / $persons::double as chance,
    any_value(d.pays + d.is_paid) as persons, any_value(z.registered) as registered
  from met m
  join degree d on d.account = m.account
  join pool_size z on z.account = m.account
  join whole w on w.pool = m.pool
  anti join pool_candidate g on g.pool = m.pool and g.account = m.account
  group by m.pool, m.account
)
select pool, account from held
where back >= $back and back >= (case when registered then $share else $unknown end) * persons
  and back >= $lift * chance
  and back * ln(back / chance) - (back - chance) >= ln($doubt * (select count(*) from degree))
order by pool, account
"""


def find_pools(context: Context, settings: FundPool) -> list[tuple[str | None, list[int]]]:
    """Find the groups worth judging: accounts, and the institution for whose sake they belong.

    Groups of institutions come before those of none; an account may stand in several. Leaves
    pool_flow as a table behind.
    """
    db = context.db
    licensed = {
        i.institution_id for i in context.institutions if i.licensed and i.kind in LICENSED_KINDS
    }
    lay_tables(context, settings, sorted(licensed))
    [(persons,)] = db.rows("persons", PERSONS)
    chance = {
        "lift": settings.minimum_lift,
        "share": settings.member_paid_back_share,
        "persons": max(persons, 1),
    }
    unknown = {"unknown": settings.unregistered_paid_back_share}
    sure = {**chance, "back": settings.minimum_paid_back, "doubt": settings.pair_doubt}
    firms = {i.institution_id for i in context.institutions} - licensed
    relays = db.rows(
        "relay pairs", "select account, centre, party_no from pool_relay order by 1, 2"
    )
    groups = _of_circles(context, settings, firms, relays, chance)
    graph = nx.Graph()
    graph.add_edges_from(db.rows("pairs", PAIRS, sure))
    graph.add_edges_from(row[:2] for row in relays if row[0] in graph or row[1] in graph)
    alone = sorted(sorted(each) for each in nx.connected_components(graph))
    grown = _grown(db, groups, {**sure, **unknown})
    numbered = {str(number): accounts for number, accounts in enumerate(alone)}
    large = {"least": settings.member_share}
    return [
        *sorted(_trimmed(db, grown, large).items()),
        *((None, accounts) for accounts in _trimmed(db, numbered, large).values()),
    ]


def _trimmed(
    db: Database, groups: dict[str, list[int]], large: dict[str, float]
) -> dict[str, list[int]]:
    """Leave out accounts that take and pay next to nothing of a group's money."""
    _register(db, groups)
    kept: dict[str, list[int]] = {}
    for name, account in db.rows("trimmed pools", TRIMMED, large):
        kept.setdefault(name, []).append(account)
    db.unregister("pool_candidate")
    return kept


def _grown(
    db: Database, groups: dict[str, list[int]], sure: dict[str, float]
) -> dict[str, list[int]]:
    """Add to each group the accounts that surely belong to it, whoever holds them."""
    _register(db, groups)
    found = {name: set(accounts) for name, accounts in groups.items()}
    for name, account in db.rows("grown pools", GROWN, sure):
        found[name].add(account)
    db.unregister("pool_candidate")
    return {name: sorted(accounts) for name, accounts in found.items()}


def _of_circles(
    context: Context,
    settings: FundPool,
    firms: set[str],
    relays: list[tuple[int, int, int]],
    chance: dict[str, float],
) -> dict[str, list[int]]:
    """The accounts that belong together for each institution's sake."""
    db = context.db
    context.register_closures("circle_party", firms)
    circles = {
        each.institution_id: context.closure(each)
        for each in context.institutions
        if each.institution_id in firms
    }
    found: dict[str, set[int]] = {}
    for name, account in db.rows("candidates", CANDIDATES):
        found.setdefault(name, set()).add(account)
    db.unregister("circle_party")
    centres: dict[int, set[int]] = defaultdict(set)
    feeders: dict[int, set[int]] = defaultdict(set)
    held: dict[int, set[int]] = defaultdict(set)
    for account, centre, party in relays:
        centres[account].add(centre)
        feeders[centre].add(account)
        held[party].add(centre)
    for name, circle in circles.items():
        inside = set().union(*(held[party] for party in held.keys() & circle.keys()))
        fed = set().union(*(feeders[centre] for centre in inside))
        if inside or name in found:
            found.setdefault(name, set()).update(inside, fed)
    for accounts in found.values():
        accounts.update(*(centres[account] for account in accounts & centres.keys()))
    kept = _kept(db, found, {**chance, "least": settings.member_paid_back})
    return {
        name: sorted(
            {*accounts}.union(*(feeders[centre] for centre in feeders.keys() & set(accounts)))
        )
        for name, accounts in kept.items()
    }


def _kept(
    db: Database, found: dict[str, set[int]], bound: dict[str, float]
) -> dict[str, list[int]]:
    """Keep the candidates that take part in paying persons back."""
    _register(db, found)
    groups: dict[str, list[int]] = {}
    for name, account in db.rows("members of pools", KEPT, bound):
        groups.setdefault(name, []).append(account)
    db.unregister("pool_candidate")
    return groups


def _register(db: Database, groups: Mapping[str, Collection[int]]) -> None:
    rows = [(name, account) for name in sorted(groups) for account in sorted(groups[name])]
    table = pl.DataFrame(rows, schema={"pool": pl.String, "account": pl.Int64}, orient="row")
    db.register("pool_candidate", table.to_arrow())
