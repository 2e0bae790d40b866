"""Statement entries and clearing records as legs: account numbers instead of names, one row each.

A leg's or record's id is its row id. Ids differ from load to load, so nothing that is kept may
depend on them.
"""

from __future__ import annotations

from data.store import Database

# Within one file the keys are unique, so duplicates are looked for only where two submitters state
# the same bank's day.
STATED_TWICE = """
select count(*) from (
  select 1 from entry_rows group by lake_date, bank_no having min(submitter) <> max(submitter)
)
"""
# One entry stated by two submitters for one date stands once; the smallest submitter's rules.
ONE_SUBMITTER = """(
  select * from entry_rows
  qualify row_number() over (
    partition by lake_date, bank_no, account_no, entry_no order by submitter) = 1
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
from clearing_rows c
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
    [(twice,)] = db.rows("days stated twice", STATED_TWICE)
    db.execute("legs", LEG.replace("{rows}", ONE_SUBMITTER if twice else "entry_rows"))
    db.execute("clearing records", CLEARED)
    db.execute("reversals", UNDONE)
