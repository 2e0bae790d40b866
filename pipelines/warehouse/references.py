"""Matching by reference: the entries of both banks and the clearing record with one match_no.

A reference is trusted when it stands on at most one outgoing entry, one incoming entry and one
clearing record, all within some days; entries that reverse others are looked at apart, as they
often carry the reference of what they undo. What is complete becomes a unit: a transfer to be.
Everything else stays open, to be matched by amount, time and accounts.
"""

from __future__ import annotations

from data.store import Database

# Sides: 1 pays, 2 is paid, 3 is the clearing's.
REFERENCE = """
create temp table reference as
with record as (
  select match_no, reverses is not null as reversing, lake_date, rowid as record_id,
    case when outgoing then 1 else 2 end::utinyint as side
  from leg where match_no is not null
  union all
  select match_no, false, lake_date, rowid, 3 from cleared
)
select match_no, reversing, max(record_id) filter (side = 1) as out_id,
  max(record_id) filter (side = 2) as in_id, max(record_id) filter (side = 3) as cleared_id,
  count(*) filter (side = 1) <= 1 and count(*) filter (side = 2) <= 1
    and count(*) filter (side = 3) <= 1 and max(lake_date) - min(lake_date) <= $days as trusted
from record
group by match_no, reversing
"""
UNIT = """
create temp table unit as
select r.out_id, r.in_id, r.cleared_id, l.booked_at, not r.reversing as named,
  'match_no' as matched
from reference r
join leg l on l.rowid = r.out_id
where r.trusted and r.in_id is not null
"""
# What an open item knows of its payer and payee; the clearing record knows both. booked_at is what
# the transfer will have: the payer's time, else the clearing's, else the payee's.
OPEN = """
create temp table open_item as
select case when outgoing then rowid end as out_id, case when not outgoing then rowid end as in_id,
  null::bigint as cleared_id, false as named,
  coalesce(case when outgoing then account else counterparty end, -1) as payer,
  coalesce(case when outgoing then counterparty else account end, -1) as payee, amount_fen,
  booked_at as moment, booked_at, match_no, inside, false as returned, cash, entry as name
from leg
where match_no is null
"""
OPEN_REFERENCED = """
insert into open_item
with item as (
  select out_id, in_id, cleared_id, not reversing as named
  from reference where trusted and (out_id is null or in_id is null)
  union all
  select case when l.outgoing then l.rowid end, case when not l.outgoing then l.rowid end, null,
    false
  from leg l
  join reference r on r.match_no = l.match_no and r.reversing = (l.reverses is not null)
  where not r.trusted
  union all
  select null, null, c.rowid, false
  from cleared c
  join reference r on r.match_no = c.match_no and not r.reversing and not r.trusted
)
select i.out_id, i.in_id, i.cleared_id, i.named,
  coalesce(c.payer, case when l.outgoing then l.account else l.counterparty end, -1),
  coalesce(c.payee, case when l.outgoing then l.counterparty else l.account end, -1),
  coalesce(l.amount_fen, c.amount_fen), coalesce(l.booked_at, c.settled_at),
  case when i.out_id is null then coalesce(c.settled_at, l.booked_at) else l.booked_at end,
  coalesce(l.match_no, c.match_no), coalesce(l.inside, c.inside), coalesce(c.returned, false),
  coalesce(l.cash, false), coalesce(l.entry, c.match_no)
from item i
left join leg l on l.rowid = coalesce(i.out_id, i.in_id)
left join cleared c on c.rowid = i.cleared_id
"""


def match_references(db: Database, days: int) -> None:
    """Create unit with what the references complete, and open_item with the rest."""
    db.execute("references", REFERENCE, {"days": days})
    db.execute("units of references", UNIT)
    db.execute("open items", OPEN)
    db.execute("open items of references", OPEN_REFERENCED)
    db.execute("drop references", "drop table reference")
