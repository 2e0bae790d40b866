"""What surrounds each suspect: whom it paid and was paid by, week by week, its days, its ties.

All of it is published with the run, so that whoever looks at a suspect needs no other store.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import polars as pl
import pyarrow as pa

from data.store import Database

# Counterparties that are told apart each way; what the others moved is added up.
TOLD_APART = 20
# Ties of a suspect and of those next to it, and what is shown of each; nearest first.
MOST_TIES = 60
# Whom more than so many share something with is no neighbour: a building, a service number.
MOST_SHARING = 30

COLUMNS: Mapping[str, Mapping[str, type[pl.DataType]]] = MappingProxyType(
    {
        "flow": {
            "party_id": pl.String, "direction": pl.String, "other": pl.String, "week": pl.Date,
            "transfers": pl.Int64, "amount_fen": pl.Int64,
        },
        "flow_rest": {
            "party_id": pl.String, "direction": pl.String, "others": pl.Int64,
            "transfers": pl.Int64, "amount_fen": pl.Int64,
        },
        "party_day": {
            "party_id": pl.String, "day": pl.Date, "in_fen": pl.Int64, "out_fen": pl.Int64,
        },
        "tie": {
            "party_id": pl.String, "distance": pl.Int64, "from_party": pl.String,
            "to_party": pl.String, "kind": pl.String, "share": pl.Float64, "valid_from": pl.Date,
            "valid_to": pl.Date,
        },
        "party_name": {
            "party_id": pl.String, "name": pl.String, "kind": pl.String, "division": pl.String,
        },
    }
)  # fmt: skip

# Between a suspect's accounts nothing moves; a counterparty is a party, or an account of nobody.
MOVED = """
create temp table moved as
with own as (
  select a.account_id, w.party_id
  from _suspect w
  join account_dim a on a.party_id = w.party_id
), both_ways as (
  select o.party_id, 'in' as direction, p.payer_account as other_account, p.business_date,
    p.count, p.amount_fen
  from own o
  join pair_day p on p.payee_account = o.account_id
  union all
  select o.party_id, 'out', p.payee_account, p.business_date, p.count, p.amount_fen
  from own o
  join pair_day p on p.payer_account = o.account_id
)
select b.party_id, b.direction, coalesce(a.party_id, a.bank_no || ':' || a.account_no, '?')
    as other, date_trunc('week', b.business_date)::date as week, b.business_date as day,
  b.count, b.amount_fen
from both_ways b
left join account_dim a on a.account_id = b.other_account
where a.party_id is distinct from b.party_id
"""
PLACED = """
create temp table placed as
select party_id, direction, other, sum(count)::bigint as transfers,
  sum(amount_fen)::bigint as amount_fen,
  row_number() over (
    partition by party_id, direction order by sum(amount_fen) desc, other) as place
from moved
group by party_id, direction, other
"""
FLOW = """
select m.party_id, m.direction, m.other, m.week, sum(m.count)::bigint as transfers,
  sum(m.amount_fen)::bigint as amount_fen
from moved m
join placed p on p.party_id = m.party_id and p.direction = m.direction and p.other = m.other
where p.place <= $told_apart
group by m.party_id, m.direction, m.other, m.week
order by m.party_id, m.direction, m.other, m.week
"""
FLOW_REST = """
select party_id, direction, count(*) as others, sum(transfers)::bigint as transfers,
  sum(amount_fen)::bigint as amount_fen
from placed
where place > $told_apart
group by party_id, direction
order by party_id, direction
"""
PARTY_DAY = """
select party_id, day,
  coalesce(sum(amount_fen) filter (direction = 'in'), 0)::bigint as in_fen,
  coalesce(sum(amount_fen) filter (direction = 'out'), 0)::bigint as out_fen
from moved
group by party_id, day
order by party_id, day
"""
TIES = """
with crowd as (
  select party, kind
  from (
    select from_party as party, kind from relation
    union all
    select to_party, kind from relation
  )
  where kind in ('same_address', 'same_device', 'same_phone')
  group by party, kind
  having count(*) > $most_sharing
), plain as (
  select r.from_party, r.to_party, r.kind, r.share, r.valid_from, r.valid_to
  from relation r
  anti join crowd c on c.party in (r.from_party, r.to_party) and c.kind = r.kind
), ends as (
  select from_party as near, to_party as far, * from plain
  union all
  select to_party, from_party, * from plain
), first_step as (
  select w.party_id, 1 as distance, e.*
  from _suspect w
  join ends e on e.near = w.party_id
), second_step as (
  select f.party_id, 2 as distance, e.*
  from (select distinct party_id, far from first_step) f
  join ends e on e.near = f.far
  where e.kind in ('shareholder', 'controls', 'legal_representative')
), both_steps as (
  select * from first_step
  union all
  select * from second_step
), nearest as (
  select party_id, min(distance) as distance, from_party, to_party, kind, share, valid_from,
    valid_to
  from both_steps
  group by party_id, from_party, to_party, kind, share, valid_from, valid_to
)
select party_id, distance, from_party, to_party, kind, share, valid_from, valid_to
from nearest
qualify row_number() over (
  partition by party_id
  order by distance, share desc nulls last, kind, from_party, to_party, valid_from) <= $most_ties
order by party_id, distance, from_party, to_party, kind, valid_from
"""
NAMES = """
select p.party_id, p.name, p.kind, p.division
from _named n
join party_dim p on p.party_id = n.party_id
order by p.party_id
"""


def read_surroundings(
    db: Database, suspects: Iterable[str], named: Iterable[str]
) -> dict[str, pl.DataFrame]:
    """Read the tables of COLUMNS for suspects, and the names of everyone in them and of `named`.

    `db` is the warehouse; `TOLD_APART`, `MOST_TIES` and `MOST_SHARING` bound what is read.
    """
    db.register("_suspect", pa.table({"party_id": pa.array(sorted(set(suspects)), pa.string())}))
    try:
        db.execute("moved around suspects", MOVED)
        db.execute("counterparties of suspects", PLACED)
        told = {"told_apart": TOLD_APART}
        found = {
            "flow": db.frame("flows of suspects", FLOW, told),
            "flow_rest": db.frame("other flows of suspects", FLOW_REST, told),
            "party_day": db.frame("days of suspects", PARTY_DAY),
            "tie": db.frame(
                "ties of suspects", TIES, {"most_ties": MOST_TIES, "most_sharing": MOST_SHARING}
            ),
        }
        for name in ("moved", "placed"):
            db.execute(f"drop {name}", f"drop table {name}")
    finally:
        db.unregister("_suspect")
    everyone = {*named, *found["flow"]["other"]}
    everyone.update(found["tie"]["from_party"], found["tie"]["to_party"])
    db.register("_named", pa.table({"party_id": pa.array(sorted(everyone), pa.string())}))
    try:
        found["party_name"] = db.frame("names around suspects", NAMES)
    finally:
        db.unregister("_named")
    return {name: found[name].cast(dict(columns)) for name, columns in COLUMNS.items()}  # type: ignore[arg-type]


def empty_surroundings() -> dict[str, pl.DataFrame]:
    """The tables without rows."""
    return {name: pl.DataFrame(schema=dict(columns)) for name, columns in COLUMNS.items()}
