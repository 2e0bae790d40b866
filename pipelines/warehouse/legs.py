"""Statement entries and clearing records as legs: account numbers instead of names, one row each.

A leg's or record's id is its row id. Ids differ from load to load, so nothing that is kept may
depend on them.
"""

from __future__ import annotations

from data.store import Database

# Within one file the keys are unique, so one record can stand twice only where a bank's day of
# booking is stated in several files: by another submitter, or with another business date.
STATED_TWICE = """
create or replace temp table stated_twice as
select bank_no, booked_at::date as booked_on
from entry_rows
group by bank_no, booked_at::date
having min(submitter) <> max(submitter) or min(lake_date) <> max(lake_date)
"""
# The same entry, booked at the same moment, counts once: the newest date's rules, then the smallest
# submitter's. So does one number that two submitters state for one date.
ONCE = """(
  select * from entry_rows e
  anti join stated_twice t on t.bank_no = e.bank_no and t.booked_on = e.booked_at::date
  union all
  select * from (
    select * from entry_rows e
    semi join stated_twice t on t.bank_no = e.bank_no and t.booked_on = e.booked_at::date
    qualify row_number() over (
      partition by bank_no, account_no, entry_no, booked_at order by lake_date desc, submitter) = 1
  )
  qualify row_number() over (
    partition by lake_date, bank_no, account_no, entry_no order by submitter) = 1
)"""
CLEARED_TWICE = """
select 1 from clearing_rows group by hash(match_no) having count(*) > 1 limit 1
"""
CLEARED_ONCE = """(
  select * from clearing_rows
  qualify row_number() over (
    partition by match_no, payer_bank_no, payer_account_no, payee_bank_no, payee_account_no,
      settled_at
    order by lake_date desc, submitter) = 1
)"""
LEG = """
create temp table leg as
select s.lake_date, s.direction = 'out' as outgoing, own.account_id as account,
  other.account_id as counterparty, s.amount_fen, s.booked_at,
  s.bank_no || ':' || s.account_no || ':' || s.entry_no as entry,
  s.bank_no || ':' || s.account_no || ':' || s.reversal_of as reverses,
  s.match_no, s.channel, s.cash, s.purpose, s.loan_id, s.device,
  own.bank_no = coalesce(other.bank_no, '') as inside
from {rows} s
join account_dim own on own.bank_no = s.bank_no and own.account_no = s.account_no
left join lone_number n
  on s.counterparty_bank_no is null and n.account_no = s.counterparty_account_no
left join account_dim other
  on other.bank_no = coalesce(s.counterparty_bank_no, n.bank_no, '')
  and other.account_no = s.counterparty_account_no
"""
CLEARED = """
create temp table cleared as
select c.lake_date, c.match_no, payer.account_id as payer, payee.account_id as payee,
  c.amount_fen, c.settled_at, c.channel, c.purpose, c.status = 'returned' as returned,
  payer.bank_no = payee.bank_no as inside, c.submitter
from {rows} c
join account_dim payer on payer.bank_no = c.payer_bank_no and payer.account_no = c.payer_account_no
join account_dim payee on payee.bank_no = c.payee_bank_no and payee.account_no = c.payee_account_no
"""
# Which entry undoes which: both of one account and of one amount. A part that goes back is a
# payment of its own.
UNDONE = """
create temp table undone as
with reversing as (
  select rowid as leg_id, account, reverses, amount_fen, outgoing from leg
  where reverses is not null
)
select r.leg_id as reversing_id, min_by(l.rowid, (l.booked_at, l.lake_date)) as original_id
from reversing r
join leg l on l.account = r.account and l.entry = r.reverses
  and l.amount_fen = r.amount_fen and l.outgoing <> r.outgoing
group by r.leg_id
"""


def load_legs(db: Database) -> None:
    """Create leg, cleared and undone from entry_rows, clearing_rows and account_dim."""
    db.execute("days stated twice", STATED_TWICE)
    twice = db.rows("days stated twice", "select 1 from stated_twice limit 1")
    db.execute("legs", LEG.replace("{rows}", ONCE if twice else "entry_rows"))
    twice = db.rows("records stated twice", CLEARED_TWICE)
    rows = CLEARED_ONCE if twice else "clearing_rows"
    db.execute("clearing records", CLEARED.replace("{rows}", rows))
    db.execute("drop days stated twice", "drop table stated_twice")
    db.execute("reversals", UNDONE)
