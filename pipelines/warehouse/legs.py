"""Statement entries and clearing records as legs: dense account numbers, one row an entry."""

from __future__ import annotations

from data.store import Database

# One entry stated by two submitters for one date stands once; the smallest submitter's rules.
# Within one file the keys are unique, so that is looked for only where two state a bank's day.
STATED_TWICE = """
select count(*) from (
  select 1 from entry_rows group by lake_date, bank_no having min(submitter) <> max(submitter)
)
"""

ENTRY_LEG = """
create temp table leg as
select (row_number() over () - 1) as leg_id, entry_rows.lake_date,
  entry_rows.direction = 'out' as outgoing, own.account_id as account,
  other.account_id as counterparty, entry_rows.amount_fen, entry_rows.booked_at,
  entry_rows.bank_no || ':' || entry_rows.account_no || ':' || entry_rows.entry_no as entry,
  entry_rows.match_no, entry_rows.channel, entry_rows.cash, entry_rows.purpose,
  entry_rows.loan_id, entry_rows.device
from {rows} as entry_rows
join seen_account as own
  on own.bank_no = entry_rows.bank_no and own.account_no = entry_rows.account_no
left join lone_number
  on entry_rows.counterparty_bank_no is null
  and lone_number.account_no = entry_rows.counterparty_account_no
left join seen_account as other
  on other.bank_no = coalesce(entry_rows.counterparty_bank_no, lone_number.bank_no, '')
  and other.account_no = entry_rows.counterparty_account_no
"""

ONE_SUBMITTER = """(
  select * from entry_rows
  qualify row_number() over (
    partition by lake_date, bank_no, account_no, entry_no order by submitter) = 1
)"""

CLEARING_LEG = """
create temp table cleared as
select (row_number() over () - 1) as cleared_id, clearing_rows.lake_date,
  clearing_rows.match_no, payer.account_id as payer, payee.account_id as payee,
  clearing_rows.amount_fen, clearing_rows.settled_at, clearing_rows.channel,
  clearing_rows.purpose, clearing_rows.status = 'returned' as returned
from clearing_rows
join seen_account as payer
  on payer.bank_no = clearing_rows.payer_bank_no
  and payer.account_no = clearing_rows.payer_account_no
join seen_account as payee
  on payee.bank_no = clearing_rows.payee_bank_no
  and payee.account_no = clearing_rows.payee_account_no
"""

REVERSING = """
select lake_date, bank_no || ':' || account_no || ':' as account_prefix,
  bank_no || ':' || account_no || ':' || entry_no as entry,
  bank_no || ':' || account_no || ':' || reversal_of as original, booked_at, amount_fen
from entry_rows where reversal_of is not null
"""

# Numbers whose bank the entries do not state, with the bank they were taken to be at: when the
# registers later say otherwise, the warehouse is built anew.
BANKLESS = """
select distinct entry_rows.counterparty_account_no as account_no,
  coalesce(lone_number.bank_no, '') as bank_no
from entry_rows
left join lone_number on lone_number.account_no = entry_rows.counterparty_account_no
where entry_rows.counterparty_bank_no is null and entry_rows.counterparty_account_no is not null
"""


def load_legs(db: Database) -> None:
    """Create leg, cleared, reversing_new and bankless_new from entry_rows and clearing_rows."""
    [(twice,)] = db.rows("days stated twice", STATED_TWICE)
    rows = ONE_SUBMITTER if twice else "entry_rows"
    db.execute("entry legs", ENTRY_LEG.replace("{rows}", rows))
    db.execute("clearing legs", CLEARING_LEG)
    db.execute("reversing entries", f"create temp table reversing_new as {REVERSING}")
    db.execute("numbers without bank", f"create temp table bankless_new as {BANKLESS}")
