"""One row a transfer, in the order of time, from matched entries and clearing records."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

from data.settings import Load
from data.store import Database
from pipelines.warehouse.legs import load_legs
from pipelines.warehouse.nearest import match_nearest
from pipelines.warehouse.references import match_references

# Transfers that are put together at a time; bounds the memory of their sort.
CHUNK_ROWS = 2_000_000

OPEN_UNITS = """
insert into unit
select out_id, in_id, cleared_id, booked_at, named,
  case when by_amount then 'amount_time'
    when cleared_id is not null and coalesce(out_id, in_id) is not null then 'match_no'
    else 'none' end
from open_item
"""
TRANSFER = """
create table transfer (
  transfer_no bigint, ref varchar, booked_at timestamp, business_date date,
  payer_account integer, payee_account integer, amount_fen bigint, channel varchar,
  purpose varchar, loan_id varchar, cash boolean, device varchar, out_entry varchar,
  in_entry varchar, match_no varchar, matched varchar, lacks varchar, status varchar
)
"""
# A returned payment may come back to the payer's own account under the same reference: then the
# clearing record or the payer's entry, not the incoming entry, names the payee.
PUT_TOGETHER = """
insert into transfer
with stated as (
  select coalesce(paid.booked_at, c.settled_at, got.booked_at) as booked_at,
    coalesce(paid.lake_date, c.lake_date, got.lake_date) as business_date,
    coalesce(paid.account, c.payer, got.counterparty, -1) as payer_account,
    case when got.account <> paid.account or paid.account is null and got.account <> c.payer
      then got.account
      else coalesce(c.payee, paid.counterparty, got.account, -1) end as payee_account,
    coalesce(c.amount_fen, paid.amount_fen, got.amount_fen) as amount_fen,
    coalesce(c.channel, paid.channel, got.channel) as channel,
    coalesce(paid.purpose, got.purpose, c.purpose) as purpose,
    coalesce(paid.loan_id, got.loan_id) as loan_id,
    coalesce(paid.cash, false) or coalesce(got.cash, false) as cash,
    coalesce(paid.device, got.device) as device,
    paid.entry as out_entry, got.entry as in_entry,
    coalesce(c.match_no, paid.match_no, got.match_no) as match_no, u.named, u.matched,
    u.cleared_id is not null as is_cleared,
    greatest(paid.amount_fen, got.amount_fen, c.amount_fen)
      > least(paid.amount_fen, got.amount_fen, c.amount_fen) as amounts_differ,
    case when coalesce(c.returned, false) then 'returned'
      when r1.leg_id is not null or r2.leg_id is not null then 'reversal'
      when o1.leg_id is not null or o2.leg_id is not null then 'reversed'
      else 'settled' end as status
  from unit u
  left join leg paid on paid.rowid = u.out_id
  left join leg got on got.rowid = u.in_id
  left join cleared c on c.rowid = u.cleared_id
  left join reversing r1 on r1.leg_id = u.out_id
  left join reversing r2 on r2.leg_id = u.in_id
  left join original o1 on o1.leg_id = u.out_id
  left join original o2 on o2.leg_id = u.in_id
  where u.booked_at >= $first and u.booked_at < $past
), ordered as (
  select *, coalesce(case when named then match_no end, out_entry, in_entry, match_no) as ref
  from stated
  order by booked_at, ref, business_date, out_entry nulls last, in_entry nulls last, amount_fen
)
select (select count(*) from transfer) + row_number() over (), ref, booked_at, business_date,
  payer_account, payee_account, amount_fen, channel, purpose, loan_id, cash, device, out_entry,
  in_entry, match_no, matched,
  concat_ws(';',
    case when out_entry is null and not cash then 'payer_entry' end,
    case when in_entry is null and not cash then 'payee_entry' end,
    case when not is_cleared and channel in ('cnaps_hvps', 'cnaps_beps', 'nucc', 'unionpay')
      then 'clearing' end,
    case when amounts_differ then 'amount' end,
    case when payer_account = -1 then 'payer' end,
    case when payee_account = -1 then 'payee' end),
  status
from ordered
"""
DAYS = "select booked_at::date, count(*) from unit group by 1 order by 1"


def load_transfers(db: Database, settings: Load) -> None:
    """Create transfer from entry_rows, clearing_rows and account_dim."""
    load_legs(db)
    match_references(db, settings.match_reference_days)
    match_nearest(db, settings)
    db.execute("units of open items", OPEN_UNITS)
    for kind in ("reversing", "original"):
        db.execute(
            f"{kind} entries",
            f"create temp table {kind} as select distinct {kind}_id as leg_id from undone",
        )
    db.execute("transfer", TRANSFER)
    for first, past in _chunks(db.rows("days of transfers", DAYS)):
        db.execute("transfers together", PUT_TOGETHER, {"first": first, "past": past})
    for name in ("unit", "open_item", "leg", "cleared", "undone", "reversing", "original"):
        db.execute(f"drop {name}", f"drop table if exists {name}")


def _chunks(days: list[tuple[date, int]]) -> list[tuple[date, date]]:
    """Spans of days, first and past the last, with at most CHUNK_ROWS unless one day has more."""
    firsts: list[date] = []
    rows = 0
    for day, count in days:
        if not firsts or rows + count > CHUNK_ROWS:
            firsts.append(day)
            rows = 0
        rows += count
    return list(pairwise([*firsts, date.max]))
