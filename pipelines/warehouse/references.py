"""Matching by reference: the entries of both banks and the clearing record with one match_no.

A reference is trusted when it stands on at most one outgoing entry, one incoming entry and one
clearing record, all within some days; entries that reverse others are looked at apart, as they
often carry the reference of what they undo. What is complete becomes a unit: a transfer to be.
Everything else stays open, to be matched by amount, time and accounts.
"""

from __future__ import annotations

from data.store import Database

REFERENCE = """
create temp table reference as
with record as (
  select match_no, reversal_of is not null as reversing, lake_date, rowid as leg_id,
    null::bigint as cleared_id, outgoing, booked_at as moment
  from leg where match_no is not null
  union all
  select match_no, false, lake_date, null, rowid, null, settled_at from cleared
)
select match_no, reversing, max(leg_id) filter (outgoing) as out_id,
  max(leg_id) filter (not outgoing) as in_id, max(cleared_id) as cleared_id,
  coalesce(max(moment) filter (outgoing), max(moment) filter (cleared_id is not null),
    max(moment)) as moment,
  count(*) filter (outgoing) <= 1 and count(*) filter (not outgoing) <= 1
    and count(cleared_id) <= 1 and max(lake_date) - min(lake_date) <= $days as trusted
from record
group by match_no, reversing
"""
UNIT = """
create temp table unit as
select out_id, in_id, cleared_id, moment, trusted and not reversing as named, 'match_no' as matched
from reference
where trusted and out_id is not null and in_id is not null
"""
# What an open item knows of its payer and payee; the clearing record knows both.
OPEN = """
create temp table open_item as
with item as (
  select out_id, in_id, cleared_id, not reversing as named
  from reference where trusted and (out_id is null or in_id is null)
  union all
  select case when l.outgoing then l.rowid end, case when not l.outgoing then l.rowid end, null,
    false
  from leg l
  left join reference r
    on r.match_no = l.match_no and r.reversing = (l.reversal_of is not null)
  where l.match_no is null or not r.trusted
  union all
  select null, null, c.rowid, false
  from cleared c
  join reference r on r.match_no = c.match_no and not r.reversing and not r.trusted
)
select i.out_id, i.in_id, i.cleared_id, i.named,
  coalesce(c.payer, case when l.outgoing then l.account else l.counterparty end, -1) as payer,
  coalesce(c.payee, case when l.outgoing then l.counterparty else l.account end, -1) as payee,
  coalesce(l.amount_fen, c.amount_fen) as amount_fen,
  coalesce(l.booked_at, c.settled_at) as moment, coalesce(l.match_no, c.match_no) as match_no,
  coalesce(l.inside, c.inside) as inside, coalesce(c.returned, false) as returned,
  coalesce(l.cash, false) as cash, coalesce(l.entry_no, c.match_no) as name
from item i
left join leg l on l.rowid = coalesce(i.out_id, i.in_id)
left join cleared c on c.rowid = i.cleared_id
"""


def match_references(db: Database, days: int) -> None:
    """Create unit with what the references complete, and open_item with the rest."""
    db.execute("references", REFERENCE, {"days": days})
    db.execute("units of references", UNIT)
    db.execute("open items", OPEN)
    db.execute("drop references", "drop table reference")
